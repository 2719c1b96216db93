"""The teacher's voice: which known mistake gives the same output as the student's function?"""

from __future__ import annotations

import inspect
import io
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbook.check import render
from workbook.check.call import Outcome, error_text
from workbook.check.compare import Rule, same
from workbook.check.inputs import Case
from workbook.check.load import load_module
from workbook.check.protect import Protected
from workbook.check.trial import Trial
from workbook.errors import CheckFailure, Unsolved
from workbook.model import variant_of

__all__ = ["Mistake", "mistakes_of", "recognise", "recognise_writing"]

_CASES = 12  # of the table, for telling apart mistakes that agree on the failing case
_SECONDS = 0.5  # for all of this: a diagnosis must not make the learner wait


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer. `function` is the name it replaces, `slug` names it, `sentence` is what the learner reads."""

    function: str
    slug: str
    sentence: str
    answer: Callable[..., Any]

    @property
    def name(self) -> str:
        return f"{self.function}__{self.slug}"


def mistakes_of(trial: Trial) -> list[Mistake]:
    """The known mistakes of the trial's exercise; none in a course's student edition, which does not ship them."""
    if trial.chapter is None or trial.exercise is None or trial.chapter.mistakes is None:
        return []
    path = trial.chapter.mistakes / f"{trial.exercise.part}.py"
    if not path.is_file():
        return []
    found = []
    for name, answer in vars(load_module(path, trial.chapter.solutions)).items():
        function, slug = variant_of(name)
        if function in trial.exercise.functions and callable(answer):
            found.append(Mistake(function, slug, inspect.getdoc(answer) or "", answer))
    return found


def recognise(
    trial: Trial,
    function: str,
    failing: Case,
    outcome: Outcome,
    rule: Rule,
    replay: Callable[[Case], Outcome],
    cases: Sequence[Case],
    also: Callable[[Any, Case], bool] = lambda value, case: True,
) -> Mistake | None:
    """The known mistake that does on the failing case what the student's function did, and on most of the others.

    Args:
        function: the name of the student's function.
        failing, outcome: the first case that went wrong and what came back.
        replay: calls the student's function on another case.
        cases: the whole table.
        also: what else the mistake's value must fulfil on the failing case.
    """
    if trial.verdict_only:
        return None
    deadline = time.perf_counter() + _SECONDS
    known = [mistake for mistake in mistakes_of(trial) if mistake.function == function]
    with redirect_stdout(io.StringIO()):  # these calls are ours: what they print, the student's code did not print
        first = {mistake: _likeness(mistake, failing, outcome, rule, also) for mistake in known}
        scores = {mistake: [likeness] for mistake, likeness in first.items() if likeness}
        for case in cases[:_CASES] if scores else ():
            if case is failing or time.perf_counter() > deadline:
                continue
            try:
                theirs = replay(case)
            except (Unsolved, CheckFailure):  # another process may have been stopped meanwhile
                continue
            for mistake, likenesses in scores.items():
                likenesses.append(_likeness(mistake, case, theirs, rule))
    best = max(scores, key=lambda mistake: sum(map(bool, scores[mistake])), default=None)
    if best is None or _SAME not in scores[best]:
        return None  # the same class of exception alone says nothing: any slip raises a ValueError
    others = scores[best][1:]
    return best if 2 * sum(map(bool, others)) >= len(others) else None


def recognise_writing(trial: Trial, function: str, failing: Case, names: Sequence[str], changed: Sequence[str]) -> Mistake | None:
    """The known mistake that writes to the same arguments as the student's function did.

    Args:
        names: what the arguments of the failing case are called.
        changed: those that were written to.
    """
    if trial.verdict_only:
        return None
    for mistake in mistakes_of(trial):
        if mistake.function != function:
            continue
        with redirect_stdout(io.StringIO()), Protected(failing, names) as found, np.errstate(all="ignore"):
            try:
                mistake.answer(*failing.args, **failing.kwargs)
            except Exception:
                continue
            if found() == tuple(changed):
                return mistake
    return None


_SAME, _AKIN, _OTHER = 2, 1, 0


def _likeness(
    mistake: Mistake,
    case: Case,
    outcome: Outcome,
    rule: Rule,
    also: Callable[[Any, Case], bool] = lambda value, case: True,
) -> int:
    """How alike are the mistake's and the student's outcomes: the same, the same class of exception only, or neither."""
    with Protected(case), np.errstate(all="ignore"):
        try:
            value = mistake.answer(*case.args, **case.kwargs)
        except Exception as error:
            theirs = outcome.error
            if theirs is None or type(error) is not getattr(type(theirs), "__workbook_kind__", type(theirs)):
                return _OTHER
            return _SAME if error_text(error) == error_text(theirs) else _AKIN
        if outcome.error is not None:
            return _OTHER
        try:
            alike = same(outcome.value, value, Rule(rule.exact, rule.rtol, rule.atol)) or _same_object(outcome.value, value)
            return _SAME if alike and also(value, case) else _OTHER
        except Exception:  # the learner's own __eq__ or __repr__ may do anything
            return _OTHER


def _same_object(got: Any, value: Any) -> bool:
    if type(got) is not type(value) or render.is_array(got) or isinstance(got, list | tuple | dict | set | frozenset):
        return False
    return repr(got) == repr(value)

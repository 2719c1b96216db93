"""One guarded call of the student's function: means watched, exceptions explained, changed inputs noticed and restored."""

from __future__ import annotations

import inspect
import io
import linecache
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from opcode import opmap
from typing import Any

import numpy as np

from workbook.check import render
from workbook.check.callers import is_library, is_ours
from workbook.check.inputs import Case
from workbook.check.protect import Protected
from workbook.check.reporting import ReportingArrays
from workbook.check.trial import Trial, current
from workbook.check.watch import Watch
from workbook.errors import CheckFailure, Forbidden, Unsolved
from workbook.model import Explanation

__all__ = [
    "Outcome",
    "Outcomes",
    "argument_names",
    "call",
    "error_text",
    "explain_error",
    "explain_outcome",
    "fail",
    "is_far",
    "is_stub",
    "line_text",
    "name_of",
    "run",
    "student_frames",
    "watch_for",
]

_RAISE = opmap["RAISE_VARARGS"]


@dataclass(frozen=True)
class Outcome:
    """What one call did: `value`, or `error` with the student's line; `changed` names arguments that were written to."""

    value: Any = None
    error: BaseException | None = None
    where: str = ""
    inside: bool = True
    changed: tuple[str, ...] = ()

    @property
    def uncalled(self) -> bool:
        """Did the call itself fail, because the arguments do not fit?"""
        return isinstance(self.error, TypeError) and not self.inside


class Outcomes:
    """What a function does on each case of a table, made when it is first asked for.

    A function that lives in another process (its type has `__workbook_cases__`) gets the whole table in one message.
    """

    def __init__(self, function: Callable[..., Any], cases: Sequence[Case], watch: Watch | None) -> None:
        self._function, self._cases = function, cases
        self._far = is_far(function)
        self._made: list[Outcome] = []
        self._coming = _far_runs(function, cases, watch) if self._far else (run(function, case, watch) for case in cases)

    def __getitem__(self, number: int) -> Outcome:
        while len(self._made) <= number:
            self._made.append(next(self._coming))
        return self._made[number]

    def again(self, case: Case) -> Outcome:
        """The same case once more, without a watch: nothing else may have been seen, and nothing is to be judged."""
        if self._far:
            return self[next(number for number, other in enumerate(self._cases) if other is case)]
        return run(self._function, case)


def is_far(function: Any) -> bool:
    """Does the function live in another process, so that calling it goes through a channel?"""
    return hasattr(type(function), "__workbook_cases__")


def _far_runs(function: Any, cases: Sequence[Case], watch: Watch | None) -> Iterator[Outcome]:
    names = [[*argument_names(name_of(function), function, case), *case.kwargs] for case in cases]
    outcomes: Iterator[Outcome] = type(function).__workbook_cases__(function, cases, names, bool(watch))
    return outcomes


def run(function: Callable[..., Any], case: Case, watch: Watch | None = None, names: Sequence[str] | None = None) -> Outcome:
    """Call `function` on a case. Exceptions of the student's code come back in the outcome.

    Args:
        names: what the arguments are called where the outcome says which were changed; default: as in the signature.

    Raises:
        Unsolved: the function is still the stub.
        CheckFailure: of a check in a function of the test's that was called on the way.
    """
    if is_far(function):
        return next(_far_runs(function, [case], watch))
    if names is None:
        names = [*argument_names(name_of(function), function, case), *case.kwargs]
    arguments = Protected(case, names)
    try:
        changed: tuple[str, ...] = ()
        try:
            with watch.on(function) if watch else nullcontext():
                value = function(*case.args, **case.kwargs)
            changed = arguments.changed()
            if watch and watch.arrays is not None:
                arguments.restore()
                with watch.on(function):
                    _watched_run(function, case, watch.arrays)
            outcome = Outcome(_detached(value))
        except (KeyboardInterrupt, CheckFailure, Unsolved):  # a check may fail in a function that the test has handed in
            raise
        except BaseException as error:  # SystemExit too: a learner's sys.exit() must not end the notebook
            outcome = _failed(function, error)
            changed = changed or arguments.changed()
        if watch and watch.seen and not isinstance(outcome.error, Forbidden):
            outcome = Outcome(error=watch.seen)
        return replace(outcome, changed=changed) if changed else outcome
    finally:
        arguments.restore()


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """One guarded call in a test of free form; returns what the student's function returned.

    Raises:
        CheckFailure: it raised, used what is not allowed, or changed an argument.
        Unsolved: it is still the stub.
    """
    case = Case(args, kwargs)
    outcome = run(function, case, watch_for(current()))
    problem = explain_outcome(outcome, name_of(function), case, function)
    if problem:
        fail(**problem)
    return outcome.value


def watch_for(trial: Trial) -> Watch | None:
    """The watch that the trial's exercise asks for, or None."""
    exercise = trial.exercise
    return Watch(exercise.forbid, exercise.only) if exercise and (exercise.forbid or exercise.only) else None


def fail(reason: str, fact: str, **rest: Any) -> None:
    """Raise a CheckFailure of the current exercise; keywords are the fields of `Explanation`."""
    trial = current()
    figures = tuple(trial.drawing(draw) for draw in rest.pop("figures", ()))
    raise CheckFailure(Explanation(trial.name or "this answer", reason, fact, figures=figures, **rest)) from None


def name_of(function: Any) -> str:
    """What the exercise calls the function; the object itself may be a lambda or have any name."""
    trial = current()
    name = trial.function_name(function) or getattr(function, "__name__", "")
    if name and name != "<lambda>":
        return str(name)
    return trial.exercise.functions[0] if trial.exercise else "your function"


def _said(name: str) -> str:
    """A function in a sentence that begins with the exercise's name: "it" where that is the same."""
    return "it" if name == current().name else name


def call_text(name: str, function: Any, case: Case) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The call as it would be written, and its arguments."""
    names = argument_names(name, function, case)
    shown = [*zip(names, case.args, strict=True), *case.kwargs.items()]
    inside = ", ".join([*names, *(f"{key}={key}" for key in case.kwargs)])
    text = f"{name}({inside})" + (f"   on {case.label}" if case.label else "")
    return text, tuple((key, render.value(value)) for key, value in shown)


def argument_names(name: str, function: Any, case: Case) -> list[str]:
    """Names of the positional arguments of this call."""
    signature = current().signature(name)
    names = [parameter.name for parameter in signature.parameters] if signature else _parameter_names(function)
    names += [f"argument {n + 1}" for n in range(len(names), len(case.args))]
    return names[: len(case.args)]


def explain_outcome(outcome: Outcome, name: str, case: Case, function: Any = None) -> dict[str, Any] | None:
    """Fields of an explanation when the call itself went wrong; None when there is a value to judge."""
    if outcome.error is None and not outcome.changed:
        return None
    text, arguments = call_text(name, function, case)
    shown = {"call": text, "arguments": arguments}
    if isinstance(outcome.error, Forbidden):
        return {"reason": "not allowed", "fact": str(outcome.error.fact), "advice": outcome.error.advice, **shown}
    if outcome.error is not None:
        if outcome.uncalled:
            fact = f"{_said(name)} could not be called: {_message(outcome.error)}"
            return {"reason": "raised", "fact": fact, "advice": "Keep the arguments as the stub has them.", **shown}
        return {**_raised(outcome.error, outcome.where), **shown}
    which = " and ".join(outcome.changed)
    return {
        "reason": "changed input",
        "fact": f"{_said(name)} changed its input {which}, which must stay as it was.",
        "advice": "Work on a copy, or avoid operations in place (+=, a[...] = ..., .sort(), methods ending in _).",
        **shown,
    }


def _watched_run(function: Callable[..., Any], case: Case, arrays: ReportingArrays) -> None:
    """Once more with arrays that report methods and operators. Only a Forbidden counts: an answer need not like subclasses."""
    with redirect_stdout(io.StringIO()), arrays.on():  # what it prints was printed already
        try:
            function(*arrays.wrap(case.args), **arrays.wrap(case.kwargs))
        except (Forbidden, KeyboardInterrupt):
            raise
        except BaseException:
            return


def _detached(value: Any) -> Any:
    """NumPy subclasses come back as plain arrays: nothing that could compare as it likes."""
    return np.asarray(value) if issubclass(type(value), np.ndarray) else value


def _failed(function: Callable[..., Any], error: BaseException) -> Outcome:
    if is_stub(error, function):
        raise Unsolved(current().name or name_of(function)) from None
    frames = student_frames(error)
    return Outcome(error=error, where=line_text(frames), inside=bool(frames))


def is_stub(error: BaseException, function: Any = None) -> bool:
    """Was it the stub's own statement that raised? Libraries raise NotImplementedError too, and so may the student's helper."""
    if hasattr(error, "__workbook_stub__"):  # raised in another process, which has seen the frames
        return bool(error.__workbook_stub__)
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None or not isinstance(error, NotImplementedError):
        return False
    code = traceback.tb_frame.f_code
    if (
        _is_not_theirs(code.co_filename) or code.co_code[traceback.tb_lasti] != _RAISE
    ):  # torch raises from C, in no frame of its own
        return False
    own = getattr(_unwrapped(function), "__code__", None)
    known = trial.exercise.functions if (trial := current()).exercise else ()
    return own is None or code is own or code.co_name in known or code.co_qualname.startswith(f"{own.co_qualname}.")


def _unwrapped(function: Any) -> Any:
    try:
        return inspect.unwrap(function)
    except ValueError:  # it wraps itself
        return function


def _is_not_theirs(filename: str) -> bool:
    return is_ours(filename) or is_library(filename)


def student_frames(error: BaseException) -> list[tuple[str, int]]:
    """File and line of every frame that is neither ours nor a library's nor the tests', the outermost first."""
    if hasattr(error, "__workbook_frames__"):
        return list(error.__workbook_frames__)
    chapter = current().chapter
    tests = str(chapter.tests) if chapter else ""
    frames, traceback = [], error.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if not _is_not_theirs(name) and not (tests and name.startswith(tests)):
            frames.append((name, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def line_text(frames: list[tuple[str, int]]) -> str:
    """The innermost of these lines whose text is known, as "line 3: text"."""
    for name, number in reversed(frames):
        text = linecache.getline(name, number).strip()
        if text:
            return f"line {number}: {text}"
    return ""


def explain_error(error: BaseException, frames: list[tuple[str, int]]) -> dict[str, Any]:
    """Fields of an explanation of an exception outside any guarded call; `frames` are the student's."""
    if frames:
        return _raised(error, getattr(error, "__workbook_where__", "") or line_text(frames))
    advice = "The test asks for something that your class does not have yet: compare its names with the statement."
    return {"reason": "raised", "fact": f"the test could not go on: {error_text(error)}", "advice": advice}


def _raised(error: BaseException, where: str) -> dict[str, Any]:
    place = f"at your {where}" if where else ""
    fact = f"your code raised {type(error).__name__}."
    text = error_text(error)
    advice = "The view leaves the memory: count the places and the steps again." if "out of bounds for storage" in text else ""
    return {"reason": "raised", "fact": fact, "got": f"{text}\n{place}".strip(), "advice": advice}


def error_text(error: BaseException) -> str:
    """Class and message of an exception, like the last lines of a traceback, of bounded length."""
    return f"{type(error).__name__}: {_message(error)}".removesuffix(": ")


def _message(error: BaseException) -> str:
    try:
        text = str(error).strip()
    except (Exception, SystemExit):
        text = "(its message could not be read)"
    lines = text.splitlines()
    if len(lines) > 6:
        lines = [*lines[:4], "...", lines[-1]]
    return "\n".join(line[:200] for line in lines)


def _parameter_names(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []

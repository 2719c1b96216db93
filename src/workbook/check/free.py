"""Checks of free form, and the tests of quizzes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbook.check.call import fail
from workbook.check.diagnose import mistakes_of
from workbook.check.render import value
from workbook.check.trial import Trial, current
from workbook.errors import Unsolved

__all__ = ["choice", "require", "shows"]


def require(
    condition: bool, fact: str, advice: str = "", *, mistake: str = "", draw: Callable[[], Any] | None = None, **rest: Any
) -> None:
    """Fail with `fact` unless `condition` holds.

    Args:
        advice: what to look at next.
        mistake: the slug of the known mistake that fails here, or its whole name where the exercise has several functions; its
            sentence is shown, where mistakes are at hand.
        draw: returns a plotly figure of what is wrong; called only where pictures can be shown.
        rest: further fields of `Explanation`.
    """
    if condition:
        return
    trial = current()
    for known in mistakes_of(trial) if mistake else ():
        if mistake in (known.name, known.slug):
            rest |= {"mistake": known.sentence, "mistake_name": known.name}
            break
    fail("requirement", fact, advice=advice, figures=() if draw is None else (draw,), **rest)


def shows(draw: Callable[[], Any]) -> None:
    """A picture for the student after success: `draw` returns a plotly figure and is called only where it can be seen."""
    current().figures.append(draw)


def choice(letter: Any) -> None:
    """The whole test of a quiz: `letter` is what the student assigned.

    A wrong letter is explained by its mistake. Where neither mistakes nor solutions are at hand (the student's side of a graded
    course) a valid letter is noted and judged later.

    Raises:
        Unsolved: nothing was assigned yet.
        CheckFailure: not a letter of the quiz, or a wrong one.
    """
    trial = current()
    # An exact str from here on: anything else could claim to be equal to every option.
    given = str.__str__(letter).strip().lower() if issubclass(type(letter), str) else None
    if letter is None or letter is Ellipsis or given == "":
        raise Unsolved(trial.name)
    if given not in ("a", "b", "c", "d"):
        fail(
            "type",
            f"{value(letter)} is not one of the options.",
            got=value(letter),
            expected='one of "a", "b", "c", "d"',
            advice=f'Assign one letter in quotes and nothing else, for example {trial.name} = "a".',
        )
    wrong = {mistake.slug: mistake for mistake in mistakes_of(trial)}
    if given in wrong:
        mistake = wrong[given]
        fail(
            "choice",
            f'"{given}" is not the answer.',
            got=repr(given),
            mistake=mistake.sentence,
            mistake_name=mistake.name,
            advice="Go back to the question with that in mind, then choose again.",
        )
    right = _right_letter(trial)
    if right is not None and given != right:
        fail(
            "choice",
            f'"{given}" is not the answer.',
            got=repr(given),
            advice="Go back to the text above the question, then choose again.",
        )
    if right is None and not wrong:
        trial.notes.append(f'Your answer "{given}" is noted; it is judged when the course is graded.')


def _right_letter(trial: Trial) -> str | None:
    """The right letter: given by a hidden test, or the solution's, where solutions are at hand."""
    if trial.letter:
        return trial.letter
    if trial.chapter is None or trial.chapter.solutions is None or trial.source is None:
        return None
    definition = trial.source.definitions.get(trial.name)
    right = definition.value if definition else None
    return right if isinstance(right, str) else None

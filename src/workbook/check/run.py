"""Running one exercise's test on given answers, and turning what happens into a `Result`."""

from __future__ import annotations

import io
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from typing import Any

from workbook.check.call import explain_error, fail, is_stub, student_frames
from workbook.check.load import load_module
from workbook.check.trial import Trial, begin
from workbook.errors import ChapterError, CheckFailure, Unsolved
from workbook.model import Chapter, Exercise, Explanation, Result, Status

__all__ = ["blame_earlier", "blame_needs", "find_test", "run_exercise", "run_test"]


def find_test(chapter: Chapter, exercise: Exercise) -> Callable[..., None]:
    """The function test_<exercise> of the chapter's tests.

    Raises:
        ChapterError: there is none.
    """
    path = chapter.tests / f"test_{exercise.part}.py"
    function = getattr(load_module(path), f"test_{exercise.name}", None)
    if function is None:
        raise ChapterError(path, f"there is no test_{exercise.name}.", "Every exercise has a test of its name.")
    return function  # type: ignore[no-any-return]  # a module's attribute


def run_exercise(chapter: Chapter, exercise: Exercise, answers: Mapping[str, Any], seed: int = 0) -> Result:
    """Run the exercise's test on the answers found under its functions' names.

    A needed earlier exercise that fails is blamed first. Never raises for anything that the student's code does.
    """
    missing = [name for name in exercise.functions if name not in answers]
    if missing:
        return Result(exercise.name, Status.MISSING, f"There is no {' and no '.join(missing)} in the answers.", seed=seed)
    test = find_test(chapter, exercise)
    result = run_test(Trial(chapter, exercise, seed), test, [answers[name] for name in exercise.functions])
    return blame_needs(chapter, exercise, answers, result) if result.status is Status.FAILED else result


def run_test(trial: Trial, test: Callable[..., None], arguments: list[Any]) -> Result:
    """Run a test function in a trial. What the student's code prints goes into the result."""
    assert trial.exercise is not None
    name = trial.exercise.name
    start = time.perf_counter()
    status, message, explanation = Status.PASSED, "passed", None
    printed = _Short()
    trial.arguments = tuple(arguments)
    with begin(trial), _one_thread(), warnings.catch_warnings(), redirect_stdout(printed):
        warnings.simplefilter("ignore")  # a warning on stderr would cost points under nbgrader
        try:
            _free(trial, test, arguments)
        except CheckFailure as failure:
            status, explanation = Status.FAILED, failure.explanation
            message = explanation.fact
        except Unsolved as stub:
            status, message = Status.UNSOLVED, str(stub)
    if status is Status.PASSED and trial.notes:
        message = "noted"  # a quiz where nobody can judge it yet
    seconds = time.perf_counter() - start
    notes, figures = tuple(trial.notes), tuple(trial.drawing(draw) for draw in trial.figures)
    return Result(name, status, message, explanation, seconds, trial.seed, notes, printed.getvalue(), figures)


def _free(trial: Trial, test: Callable[..., None], arguments: list[Any]) -> None:
    """Call the test. What the student's code raises outside the toolkit's guarded calls becomes a failure of the answer.

    Raises:
        Unsolved, CheckFailure: the verdict.
        Exception: a bug of the test, with a note that says so.
    """
    try:
        test(*arguments)
    except (CheckFailure, Unsolved, KeyboardInterrupt):
        raise
    except BaseException as error:
        folder = str(trial.chapter.tests) if trial.chapter else test.__code__.co_filename
        theirs = [frame for frame in student_frames(error) if not frame[0].startswith(folder)]
        if theirs and is_stub(error):
            raise Unsolved(trial.name) from None
        # Tests of classes call freely: an attribute or operator that the student's class lacks is missed in the test's own line.
        lacking = isinstance(error, AttributeError | TypeError) and _has_classes(trial)
        if not theirs and not lacking:
            error.add_note(f"This is a bug in the test of {trial.name}, not in your answer. Please report it.")
            raise
        fail(**explain_error(error, theirs))


def _has_classes(trial: Trial) -> bool:
    """May the test meet a class of the student's: this exercise's own, or that of an earlier one of its part?"""
    if trial.exercise is None:
        return False
    earlier: tuple[Exercise, ...] = (trial.exercise,)
    if trial.chapter is not None and trial.exercise.name in trial.chapter.exercises:
        exercises = trial.chapter.part(trial.exercise.part).exercises
        earlier = exercises[: exercises.index(trial.exercise) + 1]
    return any(exercise.kind == "class" for exercise in earlier)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch compute on one thread: on a test's small tensors waking the others up costs up to fifty times the work."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Short(io.StringIO):
    """Keeps the first few thousand characters of what is written to it, and cannot be closed by the student's code."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, 4000 - self.tell())])
        return len(text)

    def close(self) -> None:
        """Stays open: what was printed is read afterwards."""


def blame_needs(chapter: Chapter, exercise: Exercise, answers: Mapping[str, Any], result: Result) -> Result:
    """Say first which needed earlier exercise fails: its failure may be the cause of this one."""

    def earlier(name: str) -> Result | None:
        needed = chapter.exercises[name]
        known = all(function in answers for function in needed.functions)
        return run_exercise(chapter, needed, answers, result.seed) if known else None

    return blame_earlier(exercise, earlier, result)


def blame_earlier(exercise: Exercise, earlier: Callable[[str], Result | None], result: Result) -> Result:
    """The same, where `earlier` knows the results of other exercises: None for one whose answer is not there.

    A needed exercise that was itself blamed on an earlier one passes the blame on.
    """
    for name in exercise.needs:
        needed = earlier(name)
        if needed is None or needed.status is Status.PASSED:
            continue
        explanation = result.explanation or Explanation(exercise.name, "needs", "")
        first = _root_of(name, needed)
        message = needed.message if first == name else f"because of {first}"
        fact = f"it builds on {name}, which does not pass yet ({message})"
        advice = f"Mend {first} first, then run this test again. Then, if it still fails: {explanation.fact}"
        blamed = replace(explanation, fact=fact, advice=advice, reason="needs", mistake="", mistake_name="", needs=first)
        return replace(result, message=fact, explanation=blamed)
    return result


def _root_of(name: str, result: Result) -> str:
    """The exercise to mend when one that is needed fails: it, or what it was itself blamed on."""
    return (result.explanation.needs if result.explanation else "") or name

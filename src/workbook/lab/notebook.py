"""`tests` in a notebook: each exercise's test found by name, run, and told in one line or one panel."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from workbook.errors import BadInput, CheckFailure, UnknownName, Unsolved, WorkbookError, near
from workbook.model import Chapter, Exercise, Home, Part, Result, Status, find_home

if TYPE_CHECKING:
    from workbook.check.trial import Trial

__all__ = ["Tests", "quiet_tests", "start"]

_quiet: ContextVar[bool] = ContextVar("workbook_quiet_tests", default=False)


@contextmanager
def quiet_tests() -> Iterator[None]:
    """Inside the block tests do nothing: a notebook's cells are run for what they define."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def start(part: str) -> Tests:
    """The tests of one part; see `workbook.start`."""
    home = find_home()
    try:
        chapter, _ = home.part(part)
    except UnknownName as error:
        raise UnknownPartError(error) from None
    _importable(home, chapter.part(part))
    return Tests(home, chapter, part)


def _importable(home: Home, part: Part) -> None:
    """Let the notebook import the parts that it builds on, where they do not lie beside it (in Colab, for example).

    The folder goes to the end of the path: a module of the student's own comes first.
    """
    folder = str(home.modules_dir)
    if part.builds_on and folder not in sys.path:
        sys.path.append(folder)


class Tests:
    """One function for each exercise, `test_<name>`, and the chapter's data.

    `tests.data("numbers.npy")` loads a data file; other public helpers of the part's test module are attributes too.
    """

    def __init__(self, home: Home, chapter: Chapter | None = None, part: str = "") -> None:
        self._home = home
        self._chapter = chapter
        self._part = part

    def __getattr__(self, name: str) -> Any:
        if name.startswith("test_"):
            return self._test(name.removeprefix("test_"))
        if name.startswith("_"):
            raise AttributeError(name)
        return self._helper(name)

    def __dir__(self) -> list[str]:
        return ["data", "solution", *(f"test_{name}" for chapter in self._chapters() for name in chapter.exercises)]

    def __repr__(self) -> str:
        return f"<tests of {self._part or 'all parts'}: tests.test_NAME(NAME)>"

    def data(self, name: str) -> Any:
        """A data file of the chapter: .npy as an array, anything else as its path."""
        from workbook.check.trial import Trial, begin, data

        having = [chapter for chapter in self._chapters() if (chapter.folder / "data" / name).is_file()]
        with begin(Trial(having[0] if having else self._chapter)):
            return data(name)

    def solution(self, name: str) -> None:
        """Show the solution of an exercise, in the self-study edition, after enough tries.

        Raises:
            UnknownName: there is no such exercise.
            BadInput: there is none here, or not yet; the message says when.
        """
        from workbook.lab.help import solution_text
        from workbook.show import panel

        for chapter in self._chapters():
            if name in chapter.exercises:
                try:
                    text = solution_text(self._home, chapter, chapter.exercises[name])
                except BadInput as error:
                    raise NotYetError(error.fact, error.advice) from None
                panel.show_code(text, html=_shell() is not None)
                return
        raise _absent(name, [key for chapter in self._chapters() for key in chapter.exercises])

    def _chapters(self) -> tuple[Chapter, ...]:
        return (self._chapter,) if self._chapter else self._home.chapters

    def _test(self, name: str) -> Callable[..., None]:
        from workbook.check.run import find_test

        for chapter in self._chapters():
            if name in chapter.exercises:
                exercise = chapter.exercises[name]
                return wrapped(self._home, chapter, exercise, find_test(chapter, exercise))
        known = [f"test_{key}" for chapter in self._chapters() for key in chapter.exercises]
        raise _absent(f"test_{name}", known)

    def _helper(self, name: str) -> Any:
        from workbook.check.load import load_module

        for chapter in self._chapters():
            for part in chapter.parts:
                if self._part in ("", part.name):
                    value = vars(load_module(chapter.tests / f"test_{part.name}.py")).get(name, load_module)
                    if value is not load_module and not isinstance(value, ModuleType):
                        return _in_chapter(value, chapter) if isinstance(value, FunctionType) else value
        raise _absent(name, dir(self))


class _OneLine:
    """What a notebook shows for these errors is their message: the frames of our own code would help nobody."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {' '.join(str(self).split())}"]


class AbsentError(_OneLine, WorkbookError, AttributeError):
    """So that `hasattr(tests, name)` is False, and the message still offers the nearest names."""


class NotYetError(_OneLine, BadInput):
    """The solution is not shown, or not yet."""


class UnknownPartError(_OneLine, UnknownName):
    """There is no part of that name."""

    def __init__(self, error: UnknownName) -> None:
        WorkbookError.__init__(self, error.fact, error.advice)


class WrongCallError(_OneLine, TypeError):
    """A test was called with too few or too many answers, or under other names."""


def _absent(name: str, known: list[str]) -> AbsentError:
    advice = near(name, known) or "tests.test_NAME is the test of the exercise NAME; dir(tests) lists them."
    return AbsentError(f"There is no tests.{name}.", advice)


def _in_chapter(function: Callable[..., Any], chapter: Chapter) -> Callable[..., Any]:
    """A helper of a test module, which finds its chapter's data also when no test is running."""
    from workbook.check.trial import Trial, begin

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with begin(Trial(chapter)):
            return function(*args, **kwargs)

    return run


def wrapped(home: Home, chapter: Chapter, exercise: Exercise, test: Callable[..., None]) -> Callable[..., None]:
    """The test as a notebook calls it: it shows what it finds out, records it, and raises on failure.

    Two keywords are for hidden tests: `seed` draws other random inputs than the usual ones, `letter` is the right one of a quiz.
    """

    @functools.wraps(test)
    def run(*answers: Any, seed: int = 0, letter: str = "", **named: Any) -> None:
        if _quiet.get():
            return
        ordered = _in_order(exercise, answers, named)
        result = judge(_trial(chapter, exercise, seed, letter), test, ordered)
        recorded = _record(home, chapter, exercise, result)
        blamed = result.explanation is not None and result.explanation.reason == "needs"
        announce(result, _help(home, chapter, exercise) if recorded and result.status is Status.FAILED and not blamed else "")

    return run


def _trial(chapter: Chapter, exercise: Exercise, seed: int, letter: str) -> Trial:
    from workbook.check.trial import Trial

    return Trial(chapter, exercise, seed, letter=letter)


def judge(trial: Trial, test: Callable[..., None], answers: list[Any]) -> Result:
    """Run the test; when it fails and needs earlier exercises, look at those in the student's own names."""
    from workbook.check.run import blame_needs, run_test

    result = run_test(trial, test, answers)
    if result.status is Status.FAILED and trial.chapter and trial.exercise and trial.exercise.needs:
        names = next((found for answer in answers if (found := _names_around(answer))), {})
        result = blame_needs(trial.chapter, trial.exercise, names, result)
    return result


def _names_around(answer: Any) -> dict[str, Any]:
    """The names where a function, or a class by one of its methods, was written."""
    written = [answer, *vars(answer).values()] if isinstance(answer, type) else [answer]
    spaces = (getattr(inspect.unwrap(thing), "__globals__", None) for thing in written if callable(thing))
    return next((space for space in spaces if space), {})


def announce(result: Result, more: str = "") -> None:
    """Show a result where the student is: a panel in a notebook, text elsewhere. Raises unless it passed.

    Args:
        more: markdown that is shown below an explanation: the hints that are offered.
    """
    from workbook.show import panel

    in_notebook = _shell() is not None
    if result.status is Status.PASSED:
        panel.show_passed(result, html=in_notebook)
        return
    if result.status is Status.UNSOLVED:
        panel.show_unsolved(result, html=in_notebook)
        raise Unsolved(result.exercise) from None
    assert result.explanation is not None
    panel.show_failed(result, html=in_notebook)
    if more and in_notebook:
        panel.show_markdown(more)
    raise CheckFailure(result.explanation) from None


def _in_order(exercise: Exercise, answers: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """The answers in the order of the exercise's functions.

    Raises:
        WrongCallError: too few or too many, or under other names; the message has the right call.
    """
    names = exercise.functions
    given = {**dict(zip(names, answers, strict=False)), **named}
    if len(answers) + len(named) != len(names) or set(given) != set(names):
        raise WrongCallError(f"Call it as tests.test_{exercise.name}({', '.join(names)}).")
    return [given[name] for name in names]


def _shell() -> Any:
    """The running IPython shell, or None."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _help(home: Home, chapter: Chapter, exercise: Exercise) -> str:
    from workbook.lab.help import offer

    return offer(home, chapter, exercise).markdown(exercise.name) if exercise.kind != "quiz" else ""


def _record(home: Home, chapter: Chapter, exercise: Exercise, result: Result) -> bool:
    """Save progress; a disk that cannot be written must not cost a verdict, nor points (nbgrader runs are not recorded).

    Returns whether this was a student's own run, for whom help may follow.
    """
    if (home.packaged and not home.self_study) or os.environ.get("NBGRADER_EXECUTION") or _shell() is None:
        return False
    from workbook.lab.panel import refresh
    from workbook.lab.progress import Progress

    try:
        if Path.cwd().is_relative_to(home.build_dir.resolve()):  # solved notebooks: it is not the student who passed
            return False
        Progress(home.work_dir).record(chapter.name, exercise.part, result)
        refresh()
    except (OSError, WorkbookError) as error:
        print(f"(Progress could not be saved: {error})")
    return True

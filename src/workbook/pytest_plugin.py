"""pytest plugin: exercise tests are fed the solution, the stub, every known mistake and every alternative by argument name.

    pytest                              solution and alternatives pass, stub and mistakes fail
    pytest --answers my.ipynb           a student's answers must pass
    pytest work                         the student's own scripts, PART_cells.py: one test for each exercise

Registered as an entry point; it does nothing in projects without chapters, and imports nothing heavy until it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from workbook.lab.answers import Answers
    from workbook.model import Chapter, Exercise, Result

__all__: list[str] = []

_WANTED = {"passed": "accepted", "unsolved": "recognised as a stub", "failed": "rejected"}


@dataclass(frozen=True)
class Case:
    """What is fed to a test, and what must come of it: "passed", "unsolved" or "failed"."""

    label: str
    expect: str
    answers: dict[str, Any]
    missing: str = ""


_SCRIPT = "_cells.py"  # the end of the names that `Home.script` gives

_CASES = pytest.StashKey[dict[tuple[str, str], Case]]()
_ANSWERS = pytest.StashKey["Answers"]()
_CHAPTERS = pytest.StashKey[dict[Path, tuple["Chapter", ...]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("workbook")
    group.addoption(
        "--answers",
        metavar="FILE",
        help="test the answers in this notebook or Python file instead of the solutions",
    )


def pytest_configure(config: pytest.Config) -> None:
    answers = config.getoption("--answers")
    if answers and not Path(answers).is_file():
        raise pytest.UsageError(f"--answers: there is no file {answers}.")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
    """A student's script is collected as such, and never imported as a test module: that would stop at its first failing cell."""
    collectors = yield
    if file_path.name.endswith(_SCRIPT):
        from workbook.lab.collected import script_file

        script = script_file(file_path, parent)
        return collectors if script is None else [script]
    return collectors


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    found = _exercise_of(metafunc.function, Path(str(metafunc.definition.path)), metafunc.config)
    if found is None:
        return
    from workbook.errors import WorkbookError

    chapter, exercise = found
    loaded = _answers(metafunc.config)
    try:
        cases = [_answers_case(exercise, loaded)] if loaded else _own_cases(chapter, exercise)
    except WorkbookError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    names = list(exercise.functions)
    values = [tuple(case.answers.get(name) for name in names) for case in cases]
    metafunc.parametrize(names, values, ids=[case.label for case in cases])
    metafunc.definition.parent.stash.setdefault(_CASES, {}).update(  # type: ignore[union-attr]  # a function has a parent
        {(exercise.name, case.label): case for case in cases}
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --answers keep only the exercise tests of the parts that the file has answers for."""
    loaded = _answers(config)
    if loaded is None:
        return
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        found = _exercise_of(getattr(item, "function", None), item.path, config)
        (kept if found and loaded.holds(found[0], found[1].part) else dropped).append(item)
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Remarks on the cells of the answers' file: why a name may be missing."""
    loaded = config.stash.get(_ANSWERS, None)
    if loaded is not None and loaded.notes:
        terminalreporter.section(f"cells of {loaded.path}")
        for note in loaded.notes:
            terminalreporter.line(note)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    found = _exercise_of(pyfuncitem.function, pyfuncitem.path, pyfuncitem.config)
    if found is None or not hasattr(pyfuncitem, "callspec"):
        return None
    chapter, exercise = found
    case = pyfuncitem.parent.stash[_CASES][exercise.name, pyfuncitem.callspec.id]  # type: ignore[union-attr]  # as above
    _judge(chapter, exercise, pyfuncitem.function, case)
    return True


def _judge(chapter: Chapter, exercise: Exercise, test: Callable[..., None], case: Case) -> None:
    from workbook.check.cases import broken

    __tracebackhide__ = True
    if case.missing:
        pytest.fail(case.missing, pytrace=False)
    result = _result(chapter, exercise, test, case)
    explanation = result.explanation.text() if result.explanation else result.message
    if result.status != case.expect:
        text = f"{exercise.name}: {case.label} must be {_WANTED[case.expect]}; the test says {result.status}.\n{explanation}"
        if case.expect == "failed":
            text += "\nAdd an input on which this mistake shows, or remove the mistake."
        pytest.fail(text, pytrace=False)
    if broken(result):
        pytest.fail(f"{exercise.name}: {case.label} is broken, so its rejection proves nothing.\n{explanation}", pytrace=False)
    if case.label != "answers":
        # A picture that cannot be drawn would only be noticed by a student.
        for figure in (*result.figures, *(result.explanation.figures if result.explanation else ())):
            figure()


def _result(chapter: Chapter, exercise: Exercise, test: Callable[..., None], case: Case) -> Result:
    from workbook.check.cases import means_free
    from workbook.check.run import blame_needs, run_test
    from workbook.check.trial import Trial

    judged = means_free(exercise) if case.expect == "failed" else exercise
    result = run_test(Trial(chapter, judged), test, [case.answers[name] for name in exercise.functions])
    if case.label == "answers" and result.status == "failed":
        return blame_needs(chapter, exercise, case.answers, result)
    return result


def _own_cases(chapter: Chapter, exercise: Exercise) -> list[Case]:
    """Solution, stub, mistakes and alternatives, from the chapter's own files."""
    from workbook.check.cases import alternatives, mistakes, solution, stub

    return [
        Case("solution", "passed", solution(chapter, exercise)),
        Case("stub", "unsolved", stub(chapter, exercise)),
        *(Case(f"mistake-{name}", "failed", answers) for name, answers in mistakes(chapter, exercise).items()),
        *(Case(f"alternative-{name}", "passed", answers) for name, answers in alternatives(chapter, exercise).items()),
    ]


def _answers(config: pytest.Config) -> Answers | None:
    """The student's answers, read once; None without --answers."""
    path = config.getoption("--answers")
    if not path:
        return None
    if _ANSWERS not in config.stash:
        from workbook.errors import WorkbookError
        from workbook.lab.answers import read_answers

        try:
            config.stash[_ANSWERS] = read_answers(Path(path))
        except WorkbookError as error:
            raise pytest.UsageError(f"--answers: {error}") from None
    return config.stash[_ANSWERS]


def _answers_case(exercise: Exercise, loaded: Answers) -> Case:
    missing = [name for name in exercise.functions if name not in loaded.names]
    text = f"{exercise.name}: {loaded.path} has no {' and no '.join(missing)}." if missing else ""
    text += "".join(f"\n{loaded.lost[name]}" for name in missing if name in loaded.lost)
    return Case("answers", "passed", dict(loaded.names), text)


def _exercise_of(function: Any, path: Path, config: pytest.Config) -> tuple[Chapter, Exercise] | None:
    """Chapter and exercise of a test function, when its file is a chapter's test module and the name fits."""
    name = getattr(function, "__name__", "")
    if not name.startswith("test_") or not path.stem.startswith("test_"):
        return None
    for chapter in _chapters_at(path.parent, config):
        exercise = chapter.exercises.get(name.removeprefix("test_"))
        if exercise and path.stem == f"test_{exercise.part}":
            return chapter, exercise
    return None


def _chapters_at(folder: Path, config: pytest.Config) -> tuple[Chapter, ...]:
    """The chapters that have their tests in that folder, as a rule none."""
    known = config.stash.setdefault(_CHAPTERS, {})
    if folder not in known:
        known[folder] = _read_chapters(folder)
    return known[folder]


def _read_chapters(folder: Path) -> tuple[Chapter, ...]:
    if not (folder.parent.parent / folder.name / "chapter.toml").is_file():
        return ()
    from workbook.errors import WorkbookError
    from workbook.model import find_home

    try:
        chapters = find_home(folder).chapters
    except WorkbookError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    return tuple(chapter for chapter in chapters if chapter.tests.resolve() == folder.resolve())

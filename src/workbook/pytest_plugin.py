"""pytest plugin: exercise tests are fed the solution, the stub, every known mistake and every alternative by argument name.

    pytest                              solution and alternatives pass, stub and mistakes fail
    pytest --answers my.ipynb           a student's answers must pass

Registered as an entry point; it does nothing in projects without chapters, and imports nothing heavy until it is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from workbook.model import Chapter, Exercise

__all__: list[str] = []

@dataclass(frozen=True)
class Case:
    """What is fed to a test, and what must come of it: "passed", "unsolved" or "failed"."""

    label: str
    expect: str
    answers: dict[str, Any]
    missing: str = ""


_CASES = pytest.StashKey[dict[tuple[str, str], Case]]()


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    found = _exercise_of(metafunc.function, Path(str(metafunc.definition.path)))
    if found is None:
        return
    chapter, exercise = found
    answers = metafunc.config.getoption("--answers")
    cases = _answers_case(metafunc.config, exercise, answers) if answers else _own_cases(chapter, exercise)
    names = list(exercise.functions)
    values = [tuple(case.answers.get(name) for name in names) for case in cases]
    metafunc.parametrize(names, values, ids=[case.label for case in cases])
    metafunc.definition.parent.stash.setdefault(_CASES, {}).update(  # type: ignore[union-attr]  # a function has a parent
        {(exercise.name, case.label): case for case in cases}
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --answers keep only the exercise tests of the parts that the file has answers for."""
    answers = config.getoption("--answers")
    if not answers:
        return
    from workbook.lab.answers import read_answers

    loaded = read_answers(Path(answers))
    kept, dropped = [], []
    for item in items:
        found = _exercise_of(getattr(item, "function", None), item.path)
        (kept if found and loaded.holds(found[0], found[1].part) else dropped).append(item)
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    found = _exercise_of(pyfuncitem.function, pyfuncitem.path)
    if found is None or not hasattr(pyfuncitem, "callspec"):
        return None
    chapter, exercise = found
    case = pyfuncitem.parent.stash[_CASES][exercise.name, pyfuncitem.callspec.id]  # type: ignore[union-attr]  # as above
    _judge(chapter, exercise, pyfuncitem.function, case)
    return True


def _judge(chapter: Chapter, exercise: Exercise, test: Callable[..., None], case: Case) -> None:
    from workbook.check.run import run_test
    from workbook.check.trial import Trial

    __tracebackhide__ = True
    if case.missing:
        pytest.fail(case.missing, pytrace=False)
    result = run_test(Trial(chapter, exercise), test, [case.answers[name] for name in exercise.functions])
    explanation = result.explanation.text() if result.explanation else result.message
    if result.status != case.expect:
        wanted = {"passed": "accepted", "unsolved": "recognised as a stub", "failed": "rejected"}[case.expect]
        pytest.fail(f"{exercise.name}: {case.label} must be {wanted}; the test says {result.status}.\n{explanation}", pytrace=False)
    if case.expect == "passed" and case.label == "solution":
        for figure in result.figures:  # a picture that cannot be drawn would only be noticed by a student
            figure()


def _own_cases(chapter: Chapter, exercise: Exercise) -> list[Case]:
    """Solution, stub, mistakes and alternatives, from the chapter's own files."""
    from workbook.check.cases import alternatives, mistakes, solution, stub

    return [
        Case("solution", "passed", solution(chapter, exercise)),
        Case("stub", "unsolved", stub(chapter, exercise)),
        *(Case(f"mistake-{name}", "failed", answers) for name, answers in mistakes(chapter, exercise).items()),
        *(Case(f"alternative-{name}", "passed", answers) for name, answers in alternatives(chapter, exercise).items()),
    ]


def _answers_case(config: pytest.Config, exercise: Exercise, path: str) -> list[Case]:
    from workbook.lab.answers import read_answers

    loaded = read_answers(Path(path))
    missing = [name for name in exercise.functions if name not in loaded.names]
    text = f"{exercise.name}: {path} has no {' and no '.join(missing)}." if missing else ""
    return [Case("answers", "passed", dict(loaded.names), text)]


def _exercise_of(function: Any, path: Path) -> tuple[Chapter, Exercise] | None:
    """Chapter and exercise of a test function, when its file is a chapter's test module and the name fits."""
    name = getattr(function, "__name__", "")
    if not name.startswith("test_") or not path.stem.startswith("test_"):
        return None
    from workbook.errors import BadInput
    from workbook.model import find_home

    try:
        chapters = find_home(path.parent).chapters
    except BadInput:
        return None
    for chapter in chapters:
        exercise = chapter.exercises.get(name.removeprefix("test_"))
        if exercise and path.parent.resolve() == chapter.tests.resolve() and path.stem == f"test_{exercise.part}":
            return chapter, exercise
    return None

"""What the chapter's own answers come to under the exercise's test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from workbook.build.verdicts import judge, resolves, verdict
from workbook.check import cases
from workbook.errors import ChapterError
from workbook.model import Chapter, Home, Status

KINDS = ["double", "flipped", "Meter", "checked_ratio", "quiz_axis", "trace_of", "mean_trace"]


@pytest.fixture
def spoilt(home: Home) -> Callable[[str, str, str], Chapter]:
    """The chapter with one text of a file replaced."""

    def change(name: str, old: str, new: str) -> Chapter:
        path = home.root / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
        return home.chapters[0]

    return change


def troubles(chapter: Chapter, name: str) -> list[tuple[str, str, str]]:
    """File name, fact and advice of each."""
    found = judge(chapter, chapter.exercises[name])
    return [(path.parent.name, fact, advice) for path, _, fact, advice in found]


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_wrong_with_a_right_exercise(chapter: Chapter, name: str) -> None:
    assert troubles(chapter, name) == []


@pytest.mark.parametrize("name", KINDS)
def test_solutions_pass_and_stubs_are_unsolved(chapter: Chapter, name: str) -> None:
    exercise = chapter.exercises[name]
    assert verdict(chapter, exercise, cases.solution(chapter, exercise)).status is Status.PASSED
    assert verdict(chapter, exercise, cases.stub(chapter, exercise)).status is Status.UNSOLVED


def test_the_verdict_on_a_forbidden_way(chapter: Chapter) -> None:
    result = verdict(chapter, chapter.exercises["trace_of"], {"trace_of": lambda mat: np.trace(mat)})
    assert result.status is Status.FAILED
    assert result.explanation is not None
    assert "numpy.trace" in result.explanation.text()


def test_a_wrong_solution_ends_its_own_checks_only(spoilt: Callable[[str, str, str], Chapter]) -> None:
    chapter = spoilt("solutions/part1_small.py", "return trace_of(mat) / len(mat)", "return trace_of(mat) / 7")
    (place, fact, advice), *others = troubles(chapter, "mean_trace")
    assert (place, advice) == ("solutions", "Mend the solution or the test.")
    assert fact.startswith("the solution of mean_trace is failed: ")
    assert others == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('def halve(x: Float[np.ndarray, "*shape"])', 'def halve(x: Float[np.ndarray, "n"])', "x is "),
        ('-> Float[np.ndarray, "*shape"]', '-> Float[np.ndarray, "1 *shape"]', "return is "),
        ('-> Float[np.ndarray, "*shape"]', '-> Float32[np.ndarray, "*shape"]', "return is "),
        ("(upper: float, lower: float)", "(upper: float, lower: str)", "lower is "),
    ],
)
def test_an_annotation_that_does_not_hold(
    home: Home, spoilt: Callable[[str, str, str], Chapter], old: str, new: str, said: str
) -> None:
    spoilt("solutions/part1_small.py", "import Float, Num", "import Float, Float32, Num")
    chapter = spoilt("solutions/part1_small.py", old, new)
    name = "checked_ratio" if "lower" in old else "double"
    ((place, fact, advice),) = troubles(chapter, name)
    assert (place, advice) == ("solutions", "Correct the shapes or dtypes.")
    assert fact.startswith(f"the annotations of {name} do not hold: ") and said in fact


def test_an_argument_without_an_annotation_is_no_trouble_here(spoilt: Callable[[str, str, str], Chapter]) -> None:
    """The reading of the sources says so; the verdict goes on."""
    chapter = spoilt("solutions/part1_small.py", "(upper: float, lower: float)", "(upper, lower: float)")
    assert troubles(chapter, "checked_ratio") == []


def test_an_annotation_that_names_nothing(spoilt: Callable[[str, str, str], Chapter]) -> None:
    chapter = spoilt("solutions/part1_small.py", "(upper: float, lower: float)", '(upper: "Flaot", lower: float)')
    (trouble,) = judge(chapter, chapter.exercises["checked_ratio"])
    path, line, fact, advice = trouble
    assert fact == "the annotations of checked_ratio cannot be read: NameError: name 'Flaot' is not defined"
    assert advice == "Import or define what they name."
    assert line is not None
    assert path.read_text(encoding="utf-8").splitlines()[line - 1].startswith("def checked_ratio")


def test_a_worked_example_that_cannot_be_read(spoilt: Callable[[str, str, str], Chapter]) -> None:
    chapter = spoilt("solutions/part1_small.py", "    >>> halve(np", "    >>>halve(np")
    ((place, fact, advice),) = troubles(chapter, "double")
    assert (place, advice) == ("solutions", "Correct it.")
    assert fact.startswith("the worked example of halve cannot be read: ") and "lacks blank after >>>" in fact


def test_all_worked_examples_are_run(spoilt: Callable[[str, str, str], Chapter]) -> None:
    chapter = spoilt("solutions/part1_small.py", "array([0.5, 1.5])", "array([0.5, 2.5])")
    ((place, fact, advice),) = troubles(chapter, "double")
    assert (place, advice) == ("solutions", "Correct it.")
    assert fact.startswith("the worked example of halve is not what comes out:\n")
    assert "array([0.5, 1.5])" in fact


def test_worked_examples_may_be_laid_out_freely(spoilt: Callable[[str, str, str], Chapter]) -> None:
    chapter = spoilt("solutions/part1_small.py", "array([0.5, 1.5])", "array([0.5,    1.5])")
    assert troubles(chapter, "double") == []


def test_a_mistake_of_the_second_function_is_judged_with_the_first_one_right(chapter: Chapter) -> None:
    exercise = chapter.exercises["double"]
    answers = cases.mistakes(chapter, exercise)["halve__floor"]
    result = verdict(chapter, exercise, answers)
    assert result.status is Status.FAILED
    assert result.explanation is not None and "halve" in result.explanation.call


def test_a_quiz_whose_wrong_letter_is_right(spoilt: Callable[[str, str, str], Chapter]) -> None:
    chapter = spoilt("solutions/part1_small.py", 'quiz_axis = "b"', 'quiz_axis = "c"')
    ((place, fact, _),) = troubles(chapter, "quiz_axis")
    assert place == "solutions"
    assert fact.startswith("the solution of quiz_axis is failed: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return x * x", "return xx * x"),
        ("return x * x", "x += n\n    n = x"),
        ("return x * x", "import no_such_module"),
        ("return x * x", "return np.linag.norm(x)"),
    ],
)
def test_a_mistake_that_stumbles_instead_of_being_wrong(spoilt: Callable[[str, str, str], Chapter], old: str, new: str) -> None:
    chapter = spoilt("tests/mistakes/part1_small.py", old, new)
    ((place, fact, advice),) = troubles(chapter, "double")
    assert (place, advice) == ("mistakes", "Mend it.")
    assert fact.startswith("the mistake double__square is broken: ")


def test_a_mistake_may_well_raise(spoilt: Callable[[str, str, str], Chapter]) -> None:
    chapter = spoilt("tests/mistakes/part1_small.py", "return x * x", 'raise ValueError("shapes do not fit")')
    assert troubles(chapter, "double") == []


def test_missing_solutions_are_said(home: Home, chapter: Chapter) -> None:
    (home.root / "solutions" / "part1_small.py").unlink()
    with pytest.raises(ChapterError, match=r"part1_small\.py: this file is missing\."):
        list(judge(chapter, chapter.exercises["double"]))


@pytest.mark.parametrize(
    ("dotted", "there"),
    [
        ("numpy", True),
        ("numpy.linalg.norm", True),
        ("numpy.ndarray.sum", True),
        ("xml.dom.minidom", True),
        ("numpy.no_such_name", False),
        ("numpy.linalg.norm.no_such_name", False),
        ("no_such_module_at_all", False),
        ("no_such_module_at_all.name", False),
    ],
)
def test_dotted_names_lead_somewhere_or_not(dotted: str, there: bool) -> None:
    assert resolves(dotted) is there

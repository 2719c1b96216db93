"""A part as a notebook, in its three editions."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbook.build.formats import nbformat_module
from workbook.build.notebooks import EDITIONS, build_notebook, figures, hidden_seed, statements, to_text
from workbook.check.load import load_module
from workbook.errors import ChapterError, CheckFailure, Unsolved
from workbook.lab import notebook as lab
from workbook.model import Chapter, Home, Part
from workbook.model.source import STUB

TEXT = "small_course/part1_small.md"


@pytest.fixture
def part(chapter: Chapter) -> Part:
    return chapter.parts[0]


@pytest.fixture
def cells(chapter: Chapter, part: Part) -> Callable[[str], dict[str, Any]]:
    """The cells of an edition by id."""

    def of(edition: str) -> dict[str, Any]:
        return {cell.id: cell for cell in build_notebook(chapter, part, edition).cells}

    return of


def change(home: Home, old: str, new: str) -> None:
    path = home.root / TEXT
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def entry(cell: Any) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))


# --- every edition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_same_sources_give_the_same_bytes(make_home: Callable[[Path], Home], tmp_path: Path, edition: str) -> None:
    texts = []
    for name in ("one", "two"):
        chapter = make_home(tmp_path / name).chapters[0]
        texts.append(to_text(build_notebook(chapter, chapter.parts[0], edition)))
    assert texts[0] == texts[1]
    assert str(tmp_path) not in texts[0]


@pytest.mark.parametrize("edition", EDITIONS)
def test_notebooks_fit_the_schema_and_hold_no_outputs(chapter: Chapter, part: Part, edition: str) -> None:
    notebook = nbformat_module().reads(to_text(build_notebook(chapter, part, edition)), as_version=4)
    nbformat_module().validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert [cell.execution_count for cell in code] == [None] * len(code)
    assert notebook.metadata["workbook"] == {"part": "part1_small", "edition": edition}
    assert notebook.metadata["kernelspec"] == {"display_name": "Python 3", "language": "python", "name": "python3"}


@pytest.mark.parametrize("edition", EDITIONS)
def test_cell_ids_are_valid_and_unique(chapter: Chapter, part: Part, edition: str) -> None:
    ids = [cell.id for cell in build_notebook(chapter, part, edition).cells]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)] == []


def test_sections_of_one_name_have_ids_of_their_own(home: Home) -> None:
    change(
        home, "## Recap", "## Functions\n\nMore of them, and one of them has really quite an exceedingly long title.\n\n## Recap"
    )
    chapter = home.chapters[0]
    ids = [cell.id for cell in build_notebook(chapter, chapter.parts[0], "self-study").cells]
    assert {"text-functions", "text-functions-2"} <= set(ids)


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_set_up_cell_comes_after_the_first_section(chapter: Chapter, part: Part, edition: str) -> None:
    first, second, third, fourth, *_ = build_notebook(chapter, part, edition).cells
    assert first.source.startswith("# First steps")
    assert second.source == (
        "# Run this cell first. If it says that there is no module workbook,\n# choose the kernel in which it is installed.\n"
        'import workbook\n\ntests = workbook.start("part1_small")'
    )
    assert third.source == "import numpy as np\nfrom jaxtyping import Float, Num"
    assert fourth.source.startswith("## Functions")


def test_given_code_stands_where_the_text_has_it(chapter: Chapter, part: Part) -> None:
    ids = [cell.id for cell in build_notebook(chapter, part, "self-study").cells]
    place = ids.index("text-flipped")
    assert ids[place : place + 5] == [
        "text-flipped",
        "given-flipped-1",
        "answer-flipped",
        "test-flipped",
        "help-flipped",
    ]


# --- statements ---------------------------------------------------------------------------------------------------------


def test_the_statement_shows_the_facts_below_its_heading(cells: Callable[[str], dict[str, Any]]) -> None:
    head, empty, facts, *_ = cells("self-study")["text-double"].source.splitlines()
    assert (head, empty) == ("### double", "")
    assert facts == "*Difficulty ●○○○○ · importance ●●○○○ · about 5 minutes · 2 points*"


def test_one_point_is_singular(cells: Callable[[str], dict[str, Any]]) -> None:
    assert "· 1 point*" in cells("course")["text-quiz_axis"].source


def test_what_is_forbidden_is_said(cells: Callable[[str], dict[str, Any]]) -> None:
    source = cells("self-study")["text-trace_of"].source
    assert source.endswith("Not in this exercise: `numpy.trace`, nor what does the same under another name.")
    assert "Not in this exercise" not in cells("self-study")["text-double"].source


@pytest.mark.parametrize(
    ("only", "sentence"),
    [
        (("numpy.einsum",), "Use only `numpy.einsum`."),
        (("a.x", "b.y", "c.z"), "Use only `a.x`, `b.y` and `c.z`."),
    ],
)
def test_what_alone_is_allowed_is_said(chapter: Chapter, part: Part, only: tuple[str, ...], sentence: str) -> None:
    exercises = tuple(replace(each, only=only) if each.name == "trace_of" else each for each in part.exercises)
    notebook = build_notebook(chapter, replace(part, exercises=exercises), "self-study")
    (cell,) = [cell for cell in notebook.cells if cell.id == "text-trace_of"]
    assert cell.source.endswith(sentence)
    assert "Not in this exercise" not in cell.source


def test_statements_are_found_by_name(chapter: Chapter, part: Part) -> None:
    found = statements(chapter, part)
    assert list(found) == [exercise.name for exercise in part.exercises]
    assert found["double"].hints == ["Both are one multiplication.", "The second one multiplies by a half."]


def test_an_exercise_without_a_heading_is_refused(home: Home) -> None:
    change(home, "### flipped", "### Flipped")
    chapter = home.chapters[0]
    with pytest.raises(ChapterError, match=r"no heading for exercise flipped\.\nAdd a heading: ### flipped"):
        build_notebook(chapter, chapter.parts[0], "self-study")


def test_an_exercise_with_two_headings_is_refused(home: Home) -> None:
    change(home, "## Recap", "### flipped")
    chapter = home.chapters[0]
    with pytest.raises(ChapterError, match=r"two headings flipped\.\nKeep one of them\."):
        statements(chapter, chapter.parts[0])


def test_an_exercise_without_a_solution_is_refused(home: Home, chapter: Chapter, part: Part) -> None:
    assert chapter.solutions is not None
    path = chapter.solutions / "part1_small.py"
    path.write_text(path.read_text(encoding="utf-8").replace("def halve", "def half"), encoding="utf-8")
    with pytest.raises(ChapterError, match=r"exercise double has no solution halve\.\nDefine halve there\."):
        build_notebook(chapter, part, "self-study")


# --- figures ------------------------------------------------------------------------------------------------------------


def test_figures_travel_in_the_notebook(home: Home) -> None:
    change(home, "Prose before", "![Stairs](figures/stairs.png) Prose before")
    chapter = home.chapters[0]
    path = chapter.folder / "figures" / "stairs.png"
    path.parent.mkdir()
    path.write_bytes(b"a picture")
    (cell,) = [cell for cell in build_notebook(chapter, chapter.parts[0], "course").cells if cell.id == "text-functions"]
    assert "![Stairs](attachment:stairs.png)" in cell.source
    assert base64.b64decode(cell.attachments["stairs.png"]["image/png"]) == b"a picture"
    lines = (home.root / TEXT).read_text(encoding="utf-8").splitlines()
    ((number, figure),) = figures(chapter, chapter.parts[0])
    assert (figure, lines[number - 1]) == (path, "![Stairs](figures/stairs.png) Prose before the first exercise.")


def test_a_missing_figure_is_refused(home: Home) -> None:
    change(home, "Prose before", "![Stairs](figures/stairs.png) Prose before")
    chapter = home.chapters[0]
    with pytest.raises(ChapterError, match=r"there is no figure stairs\.png\.\nAdd .*stairs\.png\."):
        build_notebook(chapter, chapter.parts[0], "self-study")


# --- self-study ---------------------------------------------------------------------------------------------------------


def test_self_study_has_stubs_tests_hints_and_the_solution_folded(cells: Callable[[str], dict[str, Any]]) -> None:
    found = cells("self-study")
    assert found["answer-double"].source == (
        "# exercise: double\n"
        'def double(x: Num[np.ndarray, "*shape"]) -> Num[np.ndarray, "*shape"]:\n'
        '    """Twice the entries of `x`.\n\n    >>> double(np.array([1, 2]))\n    array([2, 4])\n    """\n'
        f"    {STUB}\n\n\n"
        'def halve(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:\n'
        '    """Half the entries of `x`.\n\n    >>> halve(np.array([1.0, 3.0]))\n    array([0.5, 1.5])\n    """\n'
        f"    {STUB}"
    )
    assert found["test-double"].source == "tests.test_double(double, halve)"
    folded = found["help-double"].source
    assert re.findall(r"<summary>(.*)</summary>", folded) == ["Hint 1", "Hint 2", "Solution"]
    assert folded.count("<details>") == folded.count("</details>") == 3
    assert "```python\ndef double" in folded and "return x / 2\n```" in folded


def test_a_quiz_has_a_line_to_write_the_letter_on(cells: Callable[[str], dict[str, Any]]) -> None:
    source = '# exercise: quiz_axis\nquiz_axis = None  # write "a", "b", "c" or "d" in place of None'
    assert cells("self-study")["answer-quiz_axis"].source == source
    assert cells("course")["answer-quiz_axis"].source == source


def test_a_question_has_a_cell_to_write_in_and_its_key_points_folded(cells: Callable[[str], dict[str, Any]]) -> None:
    found = cells("self-study")
    cell = found["answer-question_views"]
    assert (cell.cell_type, cell.source) == ("markdown", "*Write your answer here.*")
    assert re.findall(r"<summary>(.*)</summary>", found["help-question_views"].source) == ["Hint 1", "Key points"]
    assert "A slice is a view" in found["help-question_views"].source
    assert "test-question_views" not in found


def test_self_study_carries_nothing_of_nbgrader(cells: Callable[[str], dict[str, Any]]) -> None:
    assert [name for name, cell in cells("self-study").items() if entry(cell)] == []


def test_what_is_given_of_a_function_stays_in_the_stub(cells: Callable[[str], dict[str, Any]]) -> None:
    source = cells("self-study")["answer-checked_ratio"].source
    assert source.endswith(f"    {STUB}\n    return upper / lower")


@pytest.mark.parametrize(("edition", "cell"), [("self-study", "help-checked_ratio"), ("solutions", "answer-checked_ratio")])
def test_a_solution_that_is_shown_has_no_markers(cells: Callable[[str], dict[str, Any]], edition: str, cell: str) -> None:
    source = cells(edition)[cell].source
    assert (
        '    """`upper` divided by `lower`, which must not be zero."""\n    assert lower != 0, "lower is zero"\n    return'
        in source
    )
    assert not any("### BEGIN" in each.source or "### END" in each.source for each in cells(edition).values())


# --- solutions ----------------------------------------------------------------------------------------------------------


def test_the_solutions_are_filled_in(cells: Callable[[str], dict[str, Any]], chapter: Chapter) -> None:
    found = cells("solutions")
    assert found["answer-quiz_axis"].source == '# exercise: quiz_axis\nquiz_axis = "b"'
    assert found["answer-question_views"].source.startswith("A slice is a view")
    assert chapter.solutions is not None
    text = (chapter.solutions / "part1_small.py").read_text(encoding="utf-8")
    text = re.sub(r" *### (BEGIN|END) SOLUTION\n", "", text)
    for exercise in chapter.parts[0].exercises:
        cell = found[f"answer-{exercise.name}"]
        assert cell.cell_type == "markdown" or cell.source.partition("\n")[2].partition("\n\n\n")[0] in text, cell.id
    assert not any(STUB in cell.source for cell in found.values())


# --- course -------------------------------------------------------------------------------------------------------------


def test_points_of_the_course_are_those_of_the_part(cells: Callable[[str], dict[str, Any]], part: Part) -> None:
    points = {entry(cell)["grade_id"]: entry(cell)["points"] for cell in cells("course").values() if "points" in entry(cell)}
    assert points == {exercise.name: exercise.points for exercise in part.exercises}


def test_grade_ids_are_unique_and_as_nbgrader_wants_them(cells: Callable[[str], dict[str, Any]]) -> None:
    ids = [entry(cell)["grade_id"] for cell in cells("course").values() if entry(cell)]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-zA-Z0-9_-]+", name)] == []


def test_an_answer_is_a_solution_cell_with_the_solution_marked(cells: Callable[[str], dict[str, Any]]) -> None:
    cell = cells("course")["answer-flipped"]
    assert entry(cell) == {
        "schema_version": 3,
        "grade_id": "flipped_answer",
        "grade": False,
        "solution": True,
        "locked": False,
        "task": False,
        "cell_type": "code",
    }
    assert "### BEGIN SOLUTION\n    return picture[::-1]\n    ### END SOLUTION" in cell.source


def test_a_test_is_a_locked_cell_with_a_hidden_test_of_another_seed(cells: Callable[[str], dict[str, Any]], part: Part) -> None:
    cell = cells("course")["test-double"]
    assert entry(cell) == {
        "schema_version": 3,
        "grade_id": "double",
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "points": 2,
        "cell_type": "code",
    }
    seed = hidden_seed(part.exercise("double"))
    assert cell.source == (
        "tests.test_double(double, halve)\n### BEGIN HIDDEN TESTS\n"
        f"tests.test_double(double, halve, seed={seed})\n### END HIDDEN TESTS"
    )


def test_hidden_seeds_differ_from_each_other_and_from_the_visible_one(part: Part) -> None:
    seeds = [hidden_seed(exercise) for exercise in part.exercises]
    assert len({0, *seeds}) == len(seeds) + 1


@pytest.mark.parametrize(("answer", "accepted"), [("b", True), (" B", True), ("a", False), (None, False), (2, False)])
def test_the_hidden_test_of_a_quiz_knows_the_letter(
    home: Home, cells: Callable[[str], dict[str, Any]], answer: Any, accepted: bool
) -> None:
    hidden = cells("course")["test-quiz_axis"].source.splitlines()[2]
    names = {"tests": lab.Tests(home), "quiz_axis": answer}
    if accepted:
        exec(hidden, names)
    else:
        with pytest.raises((CheckFailure, Unsolved), match=r"quiz_axis") as caught:
            exec(hidden, names)
        assert '"b"' not in str(caught.value) or answer == 2, "the feedback tells the letter"


def test_a_question_is_graded_by_hand(cells: Callable[[str], dict[str, Any]]) -> None:
    cell = cells("course")["answer-question_views"]
    assert (cell.cell_type, entry(cell)["grade"], entry(cell)["solution"], entry(cell)["points"]) == (
        "markdown",
        True,
        True,
        2,
    )


def test_the_course_has_hints_and_no_solution_folded(cells: Callable[[str], dict[str, Any]]) -> None:
    found = cells("course")
    assert re.findall(r"<summary>(.*)</summary>", found["help-double"].source) == ["Hint 1", "Hint 2"]
    assert "help-quiz_axis" not in found


def test_solutions_run_as_they_stand_in_the_solved_notebook(chapter: Chapter, cells: Callable[[str], dict[str, Any]]) -> None:
    """Cells of functions hold what the module holds: executed one after the other they define the same names."""
    names: dict[str, Any] = {"__name__": "notebook"}
    found = cells("solutions")
    exec(found["imports"].source, names)
    for exercise in chapter.parts[0].exercises:
        if exercise.kind != "question":
            exec(found[f"answer-{exercise.name}"].source, names)
    module = vars(load_module(chapter.source("part1_small")))
    wanted = {name for exercise in chapter.parts[0].exercises if exercise.kind != "question" for name in exercise.functions}
    assert wanted <= set(names) & set(module)

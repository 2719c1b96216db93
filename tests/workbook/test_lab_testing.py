"""Which exercises are tested in which file, and with which results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.errors import BadInput, UnknownName
from workbook.lab.answers import Answers
from workbook.lab.progress import Progress
from workbook.lab.testing import answer_files, asked, expand, results_of
from workbook.model import Home, Status

TESTED = ["double", "flipped", "Meter", "checked_ratio", "quiz_axis", "trace_of", "mean_trace"]
RIGHT = "import numpy as np\n\ndef trace_of(mat):\n    return np.einsum('ii->', mat)\n"


def answers_file(home: Home, text: str, name: str = "answers.py") -> Path:
    path = home.root / name
    path.write_text(text, encoding="utf-8")
    return path


def work_notebook(home: Home, part: str, *cells: str) -> Path:
    home.work_dir.mkdir(exist_ok=True)
    path = home.work_dir / f"{part}.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}), encoding="utf-8")
    return path


@pytest.fixture
def two_parts(make_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch) -> Home:
    """The small course with a second part of one exercise."""
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    root = make_home().root
    with (root / "small_course" / "chapter.toml").open("a", encoding="utf-8") as toml:
        toml.write(
            '\n[parts.part2_more]\ntitle = "More"\n\n[parts.part2_more.exercises]\n'
            'one = { kind = "quiz", difficulty = 1, importance = 1, minutes = 1, points = 1 }\n'
        )
    (root / "solutions" / "part2_more.py").write_text('one = "a"\n', encoding="utf-8")
    test = 'from workbook import check\n\n\ndef test_one(one):\n    """The first."""\n    check.choice(one)\n'
    (root / "tests" / "small_course" / "test_part2_more.py").write_text(test, encoding="utf-8")
    return Home(root)


def test_parts_become_their_exercises_once_each(home: Home) -> None:
    assert expand(home, []) == []
    assert expand(home, ["trace_of"]) == ["trace_of"]
    assert expand(home, ["trace_of", "part1_small"]) == ["trace_of", *(name for name in TESTED if name != "trace_of")]


def test_unknown_names_offer_the_nearest_and_questions_have_no_test(home: Home) -> None:
    with pytest.raises(UnknownName, match=r"no exercise called 'trace_off'\.\nDid you mean trace_of"):
        expand(home, ["trace_off"])
    with pytest.raises(BadInput, match="question_views is a written question: no test can judge it"):
        expand(home, ["question_views"])


def test_each_work_notebook_gets_its_own_exercises(two_parts: Home) -> None:
    one = work_notebook(two_parts, "part1_small", RIGHT)
    with pytest.raises(BadInput, match=r"no part2_more\.ipynb of yours in .*work yet, which one belongs to"):
        answer_files(two_parts, ["trace_of", "one"])
    assert answer_files(two_parts, []) == {one: []}
    two = work_notebook(two_parts, "part2_more", "one = 'a'")
    assert answer_files(two_parts, ["trace_of", "one"]) == {one: ["trace_of"], two: ["one"]}
    assert answer_files(two_parts, ["one"]) == {two: ["one"]}
    assert answer_files(two_parts, []) == {one: [], two: []}
    statuses = [
        r.status
        for path, mine in answer_files(two_parts, ["trace_of", "one"]).items()
        for r, _ in results_of(two_parts, path, mine)
    ]
    assert statuses == [Status.PASSED, Status.PASSED]


def test_without_notebooks_the_student_is_told_where_they_come_from(two_parts: Home) -> None:
    with pytest.raises(BadInput, match=r"no notebooks of yours in .*work yet\.\n`workbook lab` puts copies there"):
        answer_files(two_parts, [])


def test_unnamed_means_all_of_the_parts_that_the_file_has_answers_of(two_parts: Home) -> None:
    answers = Answers(Path("a.py"), {"trace_of": None})
    assert [exercise.name for _, exercise in asked(two_parts, answers, [])] == TESTED
    assert [exercise.name for _, exercise in asked(two_parts, Answers(Path("a.py"), {"one": 1}), [])] == ["one"]
    assert [exercise.name for _, exercise in asked(two_parts, answers, ["one", "trace_of"])] == ["trace_of", "one"]


def test_results_come_in_course_order_with_the_remarks_first(home: Home) -> None:
    text = (
        RIGHT
        + "def double(x):\n    return x\n\ndef halve(x):\n    return x / 2\n\ndef flipped(p):\n    raise NotImplementedError\n"
    )
    found = list(results_of(home, answers_file(home, f"# %%\n1 / 0\n# %%\n{text}")))
    assert {result.exercise: result.status for result, _ in found} == {
        "double": Status.FAILED,
        "flipped": Status.UNSOLVED,
        "Meter": Status.MISSING,
        "checked_ratio": Status.MISSING,
        "quiz_axis": Status.MISSING,
        "trace_of": Status.PASSED,
        "mean_trace": Status.MISSING,
    }
    assert [notes for _, notes in found] == [("cell 1 raised ZeroDivisionError: division by zero",)] + [()] * 6


def test_a_missing_name_says_which(home: Home) -> None:
    path = answers_file(home, RIGHT + "def double(x):\n    return x + x\n")
    results = {result.exercise: result.message for result, _ in results_of(home, path)}
    assert results["double"] == "There is no halve in the answers."
    assert results["mean_trace"] == "There is no mean_trace in the answers."


def test_a_name_whose_cell_failed_says_why(home: Home) -> None:
    path = answers_file(home, "# %%\ndef double(x)\n    return x\n\ndef halve(x): ...\n")
    (result, _), *_ = results_of(home, path)
    assert result.status is Status.MISSING
    assert result.message.startswith("Its cell did not run: cell 1 raised SyntaxError: ")


def test_the_seed_goes_into_the_results(home: Home) -> None:
    [(result, _)] = results_of(home, answers_file(home, RIGHT), ["trace_of"], seed=7)
    assert (result.seed, result.status) == (7, Status.PASSED)


def test_a_file_without_any_answer_is_refused(home: Home) -> None:
    with pytest.raises(BadInput, match=r"answers\.py has no answer to any exercise\.\nAnswers are found by their functions' names"):
        list(results_of(home, answers_file(home, "x = 1")))


def test_a_bug_in_a_test_is_ours_and_stops_nothing(home: Home) -> None:
    module = home.root / "tests" / "small_course" / "test_part1_small.py"
    text = module.read_text(encoding="utf-8").replace("check.choice(quiz_axis)", "check.chosen(quiz_axis)")
    module.write_text(text, encoding="utf-8")
    found = {r.exercise: r for r, _ in results_of(home, answers_file(home, RIGHT + "quiz_axis = 'b'\n"), ["quiz_axis", "trace_of"])}
    assert found["quiz_axis"].status is Status.ERROR
    assert found["quiz_axis"].message.startswith("the test itself failed, which is our bug: AttributeError: ")
    assert found["trace_of"].status is Status.PASSED


def test_results_of_the_students_own_notebook_are_progress(two_parts: Home) -> None:
    path = work_notebook(two_parts, "part1_small", RIGHT, "def mean_trace(mats):\n    return None")
    list(results_of(two_parts, path))
    states = Progress(two_parts.work_dir).states("small_course")
    assert states == {"trace_of": "solved", "mean_trace": "tried"}, "what is missing was not tried"
    list(results_of(two_parts, answers_file(two_parts, "quiz_axis = 'b'")))
    assert Progress(two_parts.work_dir).states("small_course") == states, "other files are nobody's progress"


def test_a_record_that_cannot_be_written_costs_no_verdict(two_parts: Home) -> None:
    path = work_notebook(two_parts, "part1_small", RIGHT)
    (two_parts.work_dir / "progress.sqlite").write_text("no database at all" * 100, encoding="utf-8")
    found = {result.exercise: (result.status, notes) for result, notes in results_of(two_parts, path)}
    status, notes = found["trace_of"]
    assert status is Status.PASSED
    assert "progress could not be saved" in notes[0]

"""The autograded notebook: nbgrader's cells exactly once, the student's text in its place, and nothing of theirs that acts."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.workbook.hostile_text import PAYLOADS, acting, text_of
from workbook.build import leaks
from workbook.build.formats import nbformat_module
from workbook.build.notebooks import build_notebook
from workbook.grade.reading.submission import Submission, Unreadable, read_submission
from workbook.grade.records import Graded
from workbook.grade.report.autograded import answers_in, autograded_notebook
from workbook.model import Chapter, Explanation, Home, Part, Result, Status

Notebook = dict[str, Any]
every_payload = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())


@pytest.fixture
def part(chapter: Chapter) -> Part:
    return chapter.parts[0]


@pytest.fixture
def released(chapter: Chapter, part: Part) -> Notebook:
    """The notebook as a student gets it, by nbgrader's own preprocessors."""
    nbformat_module()
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions, LockCells

    notebook = build_notebook(chapter, part, "course")
    for preprocessor in (LockCells(), ClearSolutions(), ClearHiddenTests()):
        notebook, _ = preprocessor.preprocess(notebook, {})
    plain: Notebook = json.loads(json.dumps(notebook))
    return plain


def read(notebook: Notebook, chapter: Chapter, part: Part) -> Submission:
    return read_submission({f"{part.name}.ipynb": json.dumps(notebook).encode()}, chapter, part)


def made(notebook: Notebook, chapter: Chapter, part: Part, **more: Any) -> Notebook:
    """The autograded notebook of a submission in which every tested exercise passed."""
    submission = read(notebook, chapter, part)
    results = tuple(Result(exercise.name, Status.PASSED, "passed") for exercise in part.exercises if exercise.kind != "question")
    graded = replace(Graded("ann", part.name, results=results, written=submission.written, notes=submission.notes), **more)
    text = autograded_notebook(submission, graded, chapter, part)
    nbformat_module().validate(nbformat_module().reads(text, as_version=4))
    found: Notebook = json.loads(text)
    return found


def graded_cells(notebook: Notebook) -> dict[str, Notebook]:
    """Grade id to cell; fails where one is there twice."""
    found: dict[str, Notebook] = {}
    for cell in notebook["cells"]:
        entry = cell["metadata"].get("nbgrader")
        if entry:
            assert entry["grade_id"] not in found, f"{entry['grade_id']} is there twice"
            found[entry["grade_id"]] = cell
    return found


def by_id(notebook: Notebook, name: str) -> Notebook:
    cell: Notebook = next(cell for cell in notebook["cells"] if cell["id"] == name)
    return cell


def shown(cell: Notebook, kind: str = "text/plain") -> str:
    (output,) = cell["outputs"]
    text: str = output["data"][kind]
    return text


def student_text(cell: Notebook) -> str:
    return "".join(cell["source"])


# --- an honest submission ----------------------------------------------------------------------------------------------


def test_an_untouched_notebook_comes_back_with_results(released: Notebook, chapter: Chapter, part: Part) -> None:
    found = made(released, chapter, part)
    assert [cell["cell_type"] for cell in found["cells"]] == [cell["cell_type"] for cell in released["cells"]]
    theirs, ours = graded_cells(released), graded_cells(found)
    assert list(theirs) == list(ours)
    for name, cell in theirs.items():
        assert cell["metadata"] == ours[name]["metadata"], name
        if not cell["metadata"]["nbgrader"]["solution"] or cell["cell_type"] == "code":
            assert cell["source"] == ours[name]["source"], name


def test_results_are_the_outputs_of_the_test_cells(released: Notebook, chapter: Chapter, part: Part) -> None:
    told = Explanation("double", "value", "2 of 4 entries differ.", "double(x)", (("x", "[1 2]"),), "[2 4]", "[1 4]", mistake="Oh.")
    results = (
        Result("double", Status.FAILED, told.fact, told, printed="hello"),
        Result("flipped", Status.PASSED, "passed", notes=("a note",)),
        Result("Meter", Status.UNSOLVED, "stub"),
        Result("checked_ratio", Status.MISSING, "There is no checked_ratio in the answers."),
        Result("trace_of", Status.ERROR, "Traceback of ours"),
    )
    cells = graded_cells(made(released, chapter, part, results=results))
    for kind in ("text/plain", "text/html"):
        text = shown(cells["double"], kind)
        assert all(piece in text for piece in ("✗", "2 of 4 entries differ.", "[1 2]", "[2 4]", "Oh.", "hello"))
        assert "✓ flipped: passed" in shown(cells["flipped"], kind) and "a note" in shown(cells["flipped"], kind)
        assert "○ Meter: not written yet" in shown(cells["Meter"], kind)
        assert "– checked_ratio: There is no checked_ratio" in shown(cells["checked_ratio"], kind)
        assert "! trace_of: not tested" in shown(cells["trace_of"], kind) and "Traceback" not in shown(cells["trace_of"], kind)
        assert "! mean_trace: not tested" in shown(cells["mean_trace"], kind), "an exercise without a result"


def test_of_hidden_tests_only_the_outcome_is_shown(released: Notebook, chapter: Chapter, part: Part) -> None:
    told = Explanation(
        "double", "value", "SECRET1", "SECRET2", (("x", "SECRET3"),), "SECRET4", "SECRET5", "SECRET6", "Oh.", "oh", "SECRET7"
    )
    result = Result("double", Status.FAILED, told.fact, told, notes=("SECRET8",), printed="SECRET9")
    found = made(released, chapter, part, results=(result,), hidden=("double",))
    assert "SECRET" not in json.dumps(found)
    assert "fails on other inputs" in shown(graded_cells(found)["double"]) and "Oh." in shown(graded_cells(found)["double"])
    assert "SECRET3" in json.dumps(made(released, chapter, part, results=(result,)))


def test_what_a_right_answer_printed_is_left_out(released: Notebook, chapter: Chapter, part: Part) -> None:
    """It may be the inputs of a hidden test."""
    result = Result("double", Status.PASSED, "passed", printed="SECRET")
    assert "SECRET" not in json.dumps(made(released, chapter, part, results=(result,)))


def test_the_students_cells_stay_where_they_were_without_outputs(released: Notebook, chapter: Chapter, part: Part) -> None:
    own = {"cell_type": "code", "id": "mine", "source": "x = 1", "metadata": {"tags": ["<b>"]}, "execution_count": 7}
    place = next(n for n, cell in enumerate(released["cells"]) if cell["id"] == "answer-flipped")
    released["cells"].insert(place, {**own, "outputs": [{"output_type": "stream", "name": "stdout", "text": "secret"}]})
    by_id(released, "answer-flipped")["source"] = "def flipped(picture):\n    return picture[::-1]  # mine"
    found = made(released, chapter, part)
    names = [cell["id"] for cell in found["cells"]]
    where = names.index(f"student-{place + 1}")
    assert found["cells"][where]["source"] == "x = 1"
    assert found["cells"][where]["outputs"] == [] and found["cells"][where]["metadata"] == {}
    assert names[where + 1] == "answer-flipped" and "# mine" in student_text(found["cells"][where + 1])


def test_written_answers_are_rendered_and_missing_ones_named(released: Notebook, chapter: Chapter, part: Part) -> None:
    by_id(released, "answer-question_views")["source"] = "Because *views* share $m$."
    assert graded_cells(made(released, chapter, part))["question_views"]["source"] == "Because *views* share $m$."
    by_id(released, "answer-question_views")["source"] = ""
    assert "not answered" in graded_cells(made(released, chapter, part))["question_views"]["source"]


def test_answers_are_found_again(released: Notebook, chapter: Chapter, part: Part) -> None:
    by_id(released, "answer-quiz_axis")["source"] = 'quiz_axis = "b"'
    by_id(released, "answer-double")["source"] = "def double(x):\n    return 2 * x"
    answers = answers_in(json.dumps(made(released, chapter, part)))
    assert answers["quiz_axis"] == 'quiz_axis = "b"'
    assert answers["double"] == "def double(x):\n    return 2 * x"
    assert answers_in("") == {}


def test_nothing_of_a_solution_or_a_hidden_test_is_in_it(released: Notebook, chapter: Chapter, part: Part) -> None:
    text = json.dumps(made({**released, "cells": [by_id(released, "answer-double")]}, chapter, part))
    assert list(leaks.search(chapter, part, text)) == []
    assert "seed=" not in text and "HIDDEN" not in text
    assert "A slice is a view" not in text


def test_a_heading_is_never_the_id_of_an_input_field(released: Notebook, chapter: Chapter, part: Part) -> None:
    """nbgrader's page looks for the field of `double` by that id, and takes the first."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    def ids(notebook: Notebook) -> str:
        return "".join(markdown2html_mistune(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")

    assert 'id="double"' in ids(released)
    found = ids(made(released, chapter, part))
    assert not any(f'id="{exercise.name}"' in found for exercise in part.exercises)
    assert 'id="Exercise-double"' in found


def test_changed_files_of_the_chapter_are_seen(released: Notebook, chapter: Chapter, part: Part) -> None:
    assert "Prose before" in json.dumps(made(released, chapter, part))
    path = chapter.folder / "part1_small.md"
    path.write_text(path.read_text(encoding="utf-8").replace("Prose before", "Words before"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    again = made(released, chapter, part)
    # What the student has is not the course's any more, so it counts as the student's own.
    assert not any(cell["id"] == "text-functions" for cell in again["cells"])


# --- damaged submissions -----------------------------------------------------------------------------------------------


def _strip(notebook: Notebook, random: Random) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)


def _drop(notebook: Notebook, random: Random) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if random.random() < 0.6] or notebook["cells"]


def _double(notebook: Notebook, random: Random) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] for _ in range(random.choice([1, 1, 2, 3]))]


def _shuffle(notebook: Notebook, random: Random) -> None:
    random.shuffle(notebook["cells"])


def _kinds(notebook: Notebook, random: Random) -> None:
    for cell in notebook["cells"]:
        if random.random() < 0.3:
            cell["cell_type"] = random.choice(["code", "markdown", "raw"])


DAMAGE: dict[str, Callable[[Notebook, Random], None]] = {
    "stripped": _strip,
    "lost": _drop,
    "doubled": _double,
    "shuffled": _shuffle,
    "of other kinds": _kinds,
}


@pytest.mark.parametrize("seed", range(40))
def test_every_graded_cell_is_there_once_whatever_was_done(released: Notebook, chapter: Chapter, part: Part, seed: int) -> None:
    random = Random(seed)
    expected = graded_cells(copy.deepcopy(released))
    for damage in random.sample(list(DAMAGE.values()), random.randint(1, 3)):
        damage(released, random)
    try:
        found = graded_cells(made(released, chapter, part))
    except Unreadable:
        assert not any("def " in cell["source"] for cell in released["cells"]), "a notebook with answers was refused"
        return
    assert set(found) == set(expected)
    for name, cell in found.items():
        assert cell["metadata"] == expected[name]["metadata"]
        assert cell["cell_type"] == expected[name]["cell_type"]
        if not cell["metadata"]["nbgrader"]["solution"]:
            assert cell["source"] == expected[name]["source"]


def test_a_lost_test_comes_back_after_its_answer(released: Notebook, chapter: Chapter, part: Part) -> None:
    released["cells"] = [cell for cell in released["cells"] if not cell["id"].startswith("test-")]
    names = [cell["id"] for cell in made(released, chapter, part)["cells"]]
    for name in ("double", "flipped", "quiz_axis", "trace_of"):
        assert names[names.index(f"answer-{name}") + 1] == f"test-{name}"


def test_a_lost_answer_is_named(released: Notebook, chapter: Chapter, part: Part) -> None:
    released["cells"] = [cell for cell in released["cells"] if cell["id"] != "answer-flipped"]
    cells = made(released, chapter, part)["cells"]
    names = [cell["id"] for cell in cells]
    place = names.index("answer-flipped")
    assert "no cell of its own" in cells[place]["source"] and "NotImplementedError" not in cells[place]["source"]
    assert names[place + 1] == "test-flipped"


def test_of_several_answers_the_last_is_the_graded_one(released: Notebook, chapter: Chapter, part: Part) -> None:
    first = {**by_id(released, "answer-double"), "source": "def double(x):\n    return 'first'"}
    last = {**first, "source": "def double(x):\n    return 'last'"}
    released["cells"] += [first, last]
    found = made(released, chapter, part)
    assert "'last'" in graded_cells(found)["double_answer"]["source"]
    assert sum("'first'" in student_text(cell) for cell in found["cells"]) == 1
    assert "'last'" in answers_in(json.dumps(found))["double"]


def test_an_edited_test_is_the_released_one_again(released: Notebook, chapter: Chapter, part: Part) -> None:
    by_id(released, "test-double")["source"] = "tests.test_double(lambda x: x, halve)\ntests.test_double(double, halve)"
    text = json.dumps(made(released, chapter, part))
    assert "lambda" not in text and text.count("tests.test_double(double, halve)") == 1


def test_copies_of_a_figure_do_not_pile_up(home: Home, chapter: Chapter, part: Part) -> None:
    figures = chapter.folder / "figures"
    figures.mkdir()
    (figures / "dot.png").write_bytes(b"\x89PNG" + b"x" * 1_000)
    path = chapter.folder / "part1_small.md"
    path.write_text(path.read_text(encoding="utf-8").replace("## Recap", "![a dot](figures/dot.png)\n\n## Recap"), encoding="utf-8")
    notebook: Notebook = json.loads(json.dumps(build_notebook(chapter, part, "self-study")))
    picture = next(cell for cell in notebook["cells"] if "attachments" in cell)
    notebook["cells"] += [picture] * 20
    found = made(notebook, chapter, part)
    assert sum("attachments" in cell for cell in found["cells"]) == 1


def test_notes_stand_on_top(released: Notebook, chapter: Chapter, part: Part) -> None:
    notes = (f"cell 3 raised ValueError: {PAYLOADS['script']}", "```\n# double")
    first = made(released, chapter, part, notes=notes)["cells"][0]
    assert first["cell_type"] == "markdown" and "cell 3 raised ValueError" in first["source"]
    assert acting(_html(first)) == []


# --- hostile submissions -----------------------------------------------------------------------------------------------


def _html(cell: Notebook) -> str:
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    return str(markdown2html_mistune(cell["source"]))


@every_payload
def test_no_text_of_a_student_acts(released: Notebook, chapter: Chapter, part: Part, payload: str) -> None:
    by_id(released, "answer-question_views")["source"] = payload
    attached = {"cell_type": "markdown", "source": payload, "metadata": {}, "attachments": {"x": {"text/html": payload}}}
    raw = {"cell_type": "raw", "source": payload, "metadata": {"raw_mimetype": "text/html", "format": "text/html"}}
    code = {"cell_type": "code", "source": payload, "metadata": {"tags": [payload]}, "outputs": [], "execution_count": payload}
    released["cells"] += [attached, raw, code]
    released["metadata"] |= {"title": payload, "widgets": {"x": payload}, "language_info": {"name": payload}}
    told = Explanation("double", "raised", payload, payload, ((payload, payload),), payload, payload, payload, "", "", payload)
    results = (
        Result("double", Status.FAILED, payload, told, notes=(payload,), printed=payload),
        Result("flipped", Status.MISSING, payload),
        Result("Meter", Status.PASSED, payload, notes=(payload,)),
    )
    found = made(released, chapter, part, results=results, notes=(payload,))
    assert found["metadata"] == build_notebook(chapter, part, "course").metadata
    given = {cell["id"] for cell in made(released | {"cells": released["cells"][:-3]}, chapter, part)["cells"]}
    for cell in found["cells"]:
        assert cell["cell_type"] in ("code", "markdown")
        if cell["cell_type"] == "markdown" and (cell["id"] not in given or cell["id"] in ("answer-question_views", "notes")):
            assert "attachments" not in cell
            assert acting(_html(cell)) == []
        for output in cell.get("outputs", []):
            assert acting_panel(output["data"]["text/html"]) == []
    assert payload.split()[0] in text_of(shown(graded_cells(found)["double"], "text/html"))


def acting_panel(html: str) -> list[str]:
    """As `acting`, for our own panels, which have classes, inline styles and folded text."""
    harmless = ("<div class='tex2jax_ignore", "<div role='status'", "<details>", "<summary>", "<b>")
    found = [entry for entry in acting(html) if not entry.startswith(harmless)]
    return [entry for entry in found if " style='" not in entry or "url(" in entry]


def test_the_reader_of_panels_can_find_something() -> None:
    assert acting_panel(f"<div>{PAYLOADS['image']}</div>") and acting_panel("<div class='x'>")


def test_panels_are_no_place_for_formulas(released: Notebook, chapter: Chapter, part: Part) -> None:
    told = Explanation("double", "raised", PAYLOADS["formula"])
    cells = graded_cells(made(released, chapter, part, results=(Result("double", Status.FAILED, "", told),)))
    assert shown(cells["double"], "text/html").startswith('<div class="tex2jax_ignore mathjax_ignore">')


def test_every_text_can_be_written(released: Notebook, chapter: Chapter, part: Part) -> None:
    odd = "x = '\ud800 \x00 \x1b[31m \u202e'"
    by_id(released, "answer-double")["source"] = f"def double(x):\n    {odd}"
    result = Result("flipped", Status.FAILED, odd, Explanation("flipped", "raised", odd), printed=odd)
    found = made(released, chapter, part, results=(result,), notes=(odd,))
    text = json.dumps(found, ensure_ascii=False)
    text.encode("utf-8")
    assert not any(letter in text for letter in "\x00\x1b\u202e")


def test_a_huge_notebook_stays_readable(released: Notebook, chapter: Chapter, part: Part) -> None:
    released["cells"] += [{"cell_type": "code", "source": "x = 1\n" * 20_000, "metadata": {}, "outputs": []} for _ in range(60)]
    text = json.dumps(made(released, chapter, part))
    assert len(text) < 1_000_000 and "more characters were left out" in text


def test_it_is_the_same_every_time(released: Notebook, chapter: Chapter, part: Part, make_home: Any, tmp_path: Path) -> None:
    other = make_home(tmp_path / "other").chapters[0]
    assert made(released, chapter, part) == made(released, other, other.parts[0])

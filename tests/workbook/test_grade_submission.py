"""Submitted notebooks of every kind are read, or refused with a reason; nothing else can come of any bytes."""

from __future__ import annotations

import copy
import json
import os
import pickle
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbook.conftest import write_home
from tests.workbook.damage import TEMPLATE, Damage, damaged, handed_in
from workbook.grade.reading import submission as module
from workbook.grade.reading.roles import Roles, defined
from workbook.grade.reading.submission import Cell, Submission, Unreadable, collect, read_submission
from workbook.model import Chapter, Exercise, Part

PART = "part1_small"
KINDS = damaged(outputs=2_000_000)
Read = Callable[..., Submission]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Chapter:
    return write_home(tmp_path_factory.mktemp("course")).chapters[0]


@pytest.fixture(scope="module")
def good(course: Chapter) -> dict[str, Any]:
    return handed_in(course, course.part(PART), written="Both see the same memory.")


@pytest.fixture
def read(course: Chapter) -> Read:
    """Reads a notebook that is given as a dict or as bytes."""

    def start(notebook: Any, name: str = f"{PART}.ipynb", **more: Any) -> Submission:
        files = {name: notebook, **more}
        return read_submission(
            {key: value if isinstance(value, bytes) else dumped(value) for key, value in files.items()}, course, course.part(PART)
        )

    return start


@pytest.fixture
def notebook(good: dict[str, Any]) -> dict[str, Any]:
    """A good notebook to be spoilt."""
    return copy.deepcopy(good)


def dumped(notebook: Any) -> bytes:
    return json.dumps(notebook).encode()


def code(source: str, grade_id: str = "") -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}


def text(source: str, grade_id: str = "") -> dict[str, Any]:
    return {**code(source, grade_id), "cell_type": "markdown"}


def of(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


def cell_of(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


def roles(submission: Submission) -> list[tuple[str, str]]:
    return [(cell.role, cell.exercise) for cell in submission.cells]


# --- a good notebook --------------------------------------------------------------------------------------------------


def test_a_good_notebook_is_read_without_a_remark(read: Read, good: dict[str, Any], course: Chapter) -> None:
    found = read(good)
    assert found.name == f"{PART}.ipynb"
    assert found.notes == ()
    assert found.written == {"question_views": "Both see the same memory."}
    assert [cell.source for cell in found.cells] == [cell["source"] for cell in good["cells"]]
    assert [cell.kind for cell in found.cells] == [cell["cell_type"] for cell in good["cells"]]
    assert [cell.number for cell in found.cells] == list(range(1, len(good["cells"]) + 1))
    coded = [exercise.name for exercise in course.part(PART).exercises if exercise.kind != "question"]
    assert [cell.exercise for cell in found.cells if cell.role == "answer"] == coded
    assert [cell.exercise for cell in found.cells if cell.role == "test"] == coded
    assert [cell.exercise for cell in found.cells if cell.role == "question"] == ["question_views"]
    assert {cell.exercise for cell in found.cells if cell.role == "other"} == {""}


def test_tests_and_prose_are_not_run(read: Read, good: dict[str, Any]) -> None:
    found = read(good)
    run = found.code()
    assert [cell.number for cell in run] == sorted(cell.number for cell in run)
    assert {cell.role for cell in run} == {"answer", "other"}
    assert len(run) == sum(cell["cell_type"] == "code" and "tests.test_" not in cell["source"] for cell in good["cells"])


def test_an_untouched_notebook_has_stubs_and_no_written_answer(read: Read, good: dict[str, Any]) -> None:
    stubs = [{**cell, "source": TEMPLATE} if cell["id"] == "answer-question_views" else cell for cell in good["cells"]]
    assert read({**good, "cells": stubs}).written == {"question_views": None}


# --- damage -----------------------------------------------------------------------------------------------------------


LIGHT = {name: damage for name, damage in KINDS.items() if damage.readable or not damage.heavy}


@pytest.mark.parametrize(("name", "damage"), LIGHT.items(), ids=LIGHT.keys())
def test_every_damage_is_read_or_refused_as_it_should(
    read: Read, good: dict[str, Any], course: Chapter, name: str, damage: Damage
) -> None:
    data = damage.make(good)
    if not damage.readable:
        with pytest.raises(Unreadable, match=rf"^not graded because {PART}\.ipynb (is|has|ends) .*\.\n\w.*\.$"):
            read(data)
        return
    found = read(data)
    functions = {function for exercise in course.part(PART).exercises for function in exercise.functions} - {"question_views"}
    answers = "\n".join(cell.source for cell in found.cells if cell.role == "answer" and cell.kind == "code")
    seen = {function for names in defined(answers, functions) for function in names}
    if damage.gradable:
        assert seen == functions
    else:
        assert seen != functions or found.notes or name in ("answer with broken syntax", "a nought in the answer")


@pytest.mark.parametrize("name", [name for name, damage in KINDS.items() if damage.readable and damage.gradable])
def test_a_written_answer_survives_every_harmless_damage(read: Read, good: dict[str, Any], name: str) -> None:
    assert read(KINDS[name].make(good)).written == {"question_views": "Both see the same memory."}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty file", "is empty"),
        ("blank file", "is empty"),
        ("noughts", "is empty"),
        ("not JSON", "is not valid JSON (line 1)"),
        ("beginning lost", "is not valid JSON (line 1)"),
        ("binary", "is a binary file, no notebook"),
        ("web page", "is a web page, no notebook"),
        ("ZIP archive", "is a ZIP archive, no notebook"),
        ("PDF", "is a PDF file, no notebook"),
        ("a list", "is JSON, but no notebook"),
        ("cells missing", "is JSON, but no notebook"),
        ("cells of a wrong type", "is JSON, but no notebook"),
        ("no cells", "has no cells"),
        ("nothing of the part", f"has no exercise of {PART}"),
        ("too many cells", "has more than 2,000 cells"),
        ("many small lists", "has more than 2,000 cells"),
        ("a cell too long", "has more than 1,000,000 characters in one cell"),
        ("cells too long together", "has more than 8,000,000 characters in all cells together"),
        ("deep lists", "has too many values"),
        ("a text never closed", "ends in the middle (line 1)"),
    ],
)
def test_the_reason_says_what_the_file_is(read: Read, good: dict[str, Any], name: str, reason: str) -> None:
    with pytest.raises(Unreadable, match="not graded because") as caught:
        read(KINDS[name].make(good))
    assert caught.value.reason == f"{PART}.ipynb {reason}"
    assert caught.value.fact == f"not graded because {PART}.ipynb {reason}."
    assert "Ask for" in caught.value.advice


def test_a_truncated_file_says_in_which_line_it_ends(read: Read, good: dict[str, Any]) -> None:
    data = KINDS["truncated"].make(good)
    with pytest.raises(Unreadable, match=r"ends in the middle \(line \d+\)"):
        read(data)
    for end in range(2, len(data) - 1, 997):
        with pytest.raises(Unreadable, match=r"ends in the middle \(line \d+\)"):
            read(data[:end])


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("answers copied", r"^halve is defined in cells \d+ and \d+: the last one that runs wins\.$"),
        ("answers copied", r"^defined in several cells too: quiz_axis, trace_of, mean_trace\.$"),
        ("older attempt above", r"^flipped is defined in cells \d+ and \d+: the last one that runs wins\.$"),
        (
            "test cells deleted",
            r"^test cells missing: double, flipped, Meter, checked_ratio, quiz_axis and 2 more\. This changes nothing",
        ),
        ("test cells duplicated", r"^test cells copied: double, flipped, Meter, checked_ratio, quiz_axis and 2 more\. "),
        ("test cells edited", r"^test cells edited: double, "),
        ("test cells faked", r"^test cells edited: double, "),
        ("test cells unlocked", r"^test cells unlocked: double, "),
        ("answer in a class", r"^cell \d+ defines flipped inside a class or function: it is not found there\.$"),
        ("function renamed", r"^cell \d+ is for flipped, but does not define flipped\.$"),
        ("answer deleted", r"^no cell defines flipped\.$"),
        ("answer in a markdown cell", r"^cell \d+ is a markdown cell that holds the answer to flipped: it was run as code\.$"),
        ("answer in a raw cell", r"^cell \d+ is a raw cell that holds the answer to flipped: it was run as code\.$"),
        ("cells that are none", r"^taken as empty, because they have no text: cells \d+, \d+, \d+, \d+, \d+ and 4 more\.$"),
    ],
)
def test_what_is_odd_is_noted(read: Read, good: dict[str, Any], name: str, note: str) -> None:
    notes = read(KINDS[name].make(good)).notes
    assert any(re.search(note, line) for line in notes), notes


@pytest.mark.parametrize("name", ["metadata stripped", "Colab", "nbformat 3", "answers in an if", "answer with a margin", "UTF-16"])
def test_what_is_not_odd_is_not_noted(read: Read, good: dict[str, Any], name: str) -> None:
    assert read(KINDS[name].make(good)).notes == ()


# --- whose cell is it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "role", "exercise"),
    [
        ("def double(x): return x", "answer", "double"),
        ("def halve(x): return x", "answer", "double"),
        ("# exercise: double\ndef twice(x): return x", "answer", "double"),
        ("#Exercise:double", "answer", "double"),
        ("async def double(x): return x", "answer", "double"),
        ("class Meter:\n    pass", "answer", "Meter"),
        ("double = lambda x: 2 * x", "answer", "double"),
        ("double: object = print", "answer", "double"),
        ("if True:\n    quiz_axis = 'b'", "answer", "quiz_axis"),
        ("class A:\n\tdef flipped(picture): return picture", "answer", "flipped"),
        ("# exercise: flipped\ndef double(x): return x", "answer", "double"),
        ("# exercise: mean_trace\ndef mean_trace(mat):\n    trace_of = 3", "answer", "mean_trace"),
        ("tests.test_double(double, halve)", "test", "double"),
        ("tests.test_double(\n    double,\n    halve,\n)", "test", "double"),
        ("# checked\ntests.test_double(double, halve)  # again\ntests.test_flipped(flipped);", "test", "double"),
        ("test_flipped(flipped)", "test", "flipped"),
        ("tests.test_quiz_axis(quiz_axis, letter='b')", "test", "quiz_axis"),
        ("def flipped(p): return p\ntests.test_flipped(flipped)", "answer", "flipped"),
        ("tests.test_nothing(double)", "other", ""),
        ("tests.test_double((double := len))", "other", ""),
        ("tests.test_double(print(1))", "other", ""),
        ("print(double(3))", "other", ""),
        ("double == halve", "other", ""),
        ("'# exercise: nothing'", "other", ""),
        ("", "other", ""),
    ],
)
def test_a_cell_is_known_by_what_it_says(read: Read, source: str, role: str, exercise: str) -> None:
    found = read(of(code("def trace_of(mat): return 1"), code(source)))
    assert roles(found)[1] == (role, exercise)


@pytest.mark.parametrize(
    ("source", "grade_id", "role", "exercise"),
    [
        ("", "double_answer", "answer", "double"),
        ("def twice(x): return 2 * x", "double_answer", "answer", "double"),
        ("def flipped(p): return p", "double_answer", "answer", "flipped"),
        ("# exercise: flipped", "double_answer", "answer", "flipped"),
        ("", "double", "test", "double"),
        ("print('passed')\n2.0", "double", "test", "double"),
        ("import math", "double", "other", ""),
        ("helper = 3", "double", "other", ""),
        ("def double(x): return x", "double", "answer", "double"),
        ("It is a view.", "question_views", "question", "question_views"),
        ("x = 1", "no_such_exercise", "other", ""),
        ("x = 1", "question_views_answer", "other", ""),
    ],
)
def test_metadata_is_the_last_thing_that_is_asked(read: Read, source: str, grade_id: str, role: str, exercise: str) -> None:
    found = read(of(code("def trace_of(mat): return 1"), code(source, grade_id)))
    assert roles(found)[1] == (role, exercise)


def test_one_cell_may_answer_several_exercises(read: Read) -> None:
    found = read(of(code("# exercise: flipped\ndef double(x): ...\ndef halve(x): ...\ndef flipped(p): ...\nclass Meter: ...")))
    assert (found.cells[0].exercise, found.cells[0].also) == ("flipped", ("double", "Meter"))
    assert found.notes[0] == "no cell defines checked_ratio, quiz_axis, trace_of, mean_trace."


def test_a_function_that_is_missing_in_its_cell_is_named(read: Read) -> None:
    notes = read(of(code("# exercise: double\ndef double(x): ...\nhalf = 3"))).notes
    assert notes[0] == "cell 1 is for double, but does not define halve."


def test_functions_of_one_exercise_in_two_cells_are_no_copies(read: Read) -> None:
    notes = read(of(code("def double(x): ..."), code("def halve(x): ..."))).notes
    assert not any("wins" in note for note in notes)


def test_a_definition_in_an_if_is_found_and_one_in_a_function_is_not(read: Read) -> None:
    inside = "def outer():\n    # comment\n    if True:\n        def double(x): ...\n"
    notes = read(of(code("try:\n    def flipped(p): ...\nexcept: pass\n"), code(inside))).notes
    assert notes[0] == "cell 2 defines double inside a class or function: it is not found there."
    assert not any("flipped" in note.partition("test cells")[0] for note in notes)


def test_a_markdown_cell_with_an_old_answer_stays_text(read: Read) -> None:
    found = read(of(text("# exercise: double\ndef double(x): return 3"), code("def double(x): return 2 * x")))
    assert roles(found)[0] == ("other", "")
    assert [cell.number for cell in found.code()] == [2]


def test_prose_that_only_mentions_a_definition_is_never_run(read: Read) -> None:
    found = read(of(text("Write\n\n    def double(x):\n        ..."), code("def flipped(p): return p")))
    assert [cell.number for cell in found.code()] == [2]


# --- written answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", ["", " \n", "YOUR ANSWER HERE", "*Write your answer here.*", "**your answer here**"])
def test_a_template_is_no_answer(read: Read, template: str) -> None:
    found = read(of(text(template, "question_views")))
    assert found.written == {"question_views": None}


def test_a_template_with_more_below_it_is_an_answer(read: Read) -> None:
    answer = f"{TEMPLATE}\n\nThey share memory."
    assert read(of(text(answer, "question_views"))).written == {"question_views": answer}


def test_of_several_cells_the_last_answer_counts(read: Read) -> None:
    found = read(of(text("one", "question_views"), text("two", "question_views"), text(TEMPLATE, "question_views")))
    assert found.written == {"question_views": "two"}
    assert "question_views has several cells (1, 2, 3): the last one with an answer counts." in found.notes


def test_without_metadata_the_text_below_the_heading_is_the_answer(read: Read) -> None:
    heading, statement = text("## Questions\n\n### question_views\n\nWhy?"), text("A picture.")
    found = read(of(code("def double(x): ..."), heading, statement, code("print(1)"), text("Shared memory."), text("# Next")))
    assert found.written == {"question_views": "Shared memory."}
    assert found.cells[4].role == "question"
    found = read(of(code("def double(x): ..."), heading, text(TEMPLATE), text("I have no time.")))
    assert found.written == {"question_views": None}
    found = read(of(heading, code("def double(x): ..."), text("Not an answer.")))
    assert found.written == {"question_views": None}
    assert "there is no cell with the answer to question_views." in found.notes


def test_a_written_answer_in_a_code_cell_is_read_and_not_run(read: Read) -> None:
    found = read(of(code("It is a view.", "question_views")))
    assert found.written == {"question_views": "It is a view."}
    assert found.code() == []


# --- text that no file can hold ---------------------------------------------------------------------------------------


def test_half_letters_noughts_and_line_ends_are_mended(read: Read) -> None:
    lines = rb'["def double(x):\r\n", "    return \'\ud83d \ud83d\ude00 \u0000\'\r"]'
    source = read(b'{"cells": [{"cell_type": "code", "source": ' + lines.replace(rb"\'", b"'") + b"}]}").cells[0].source
    assert source == "def double(x):\n    return '� 😀 �'\n"
    assert source.encode().decode() == source


def test_letters_of_an_old_editor_are_read(read: Read) -> None:
    assert (
        read('{"cells": [{"cell_type": "code", "source": "double = \'é\'"}]}'.encode("latin-1")).cells[0].source == "double = 'é'"
    )


# --- several notebooks ------------------------------------------------------------------------------------------------


def test_the_notebook_called_like_the_part_wins(read: Read, good: dict[str, Any]) -> None:
    few = of(code("def double(x): ..."))
    found = read(few, **{"another.ipynb": good})
    assert found.name == f"{PART}.ipynb"
    assert found.notes[0] == f"several notebooks: {PART}.ipynb was graded, another.ipynb left aside."
    assert read(few, "Part1_Small.ipynb", **{"another.ipynb": good}).name == "Part1_Small.ipynb"


def test_otherwise_the_one_with_most_answers(read: Read, good: dict[str, Any]) -> None:
    stub = code('def flipped(p):\n    raise NotImplementedError("Write your answer here.")')
    found = read(
        of(code("double = 1"), stub), "a.ipynb", **{"b.ipynb": of(code("double = 1"), code("flipped = 1")), "c.ipynb": b"no"}
    )
    assert found.name == "b.ipynb"
    assert found.notes[:3] == (
        f"there is no readable {PART}.ipynb: b.ipynb was graded.",
        "c.ipynb is not valid JSON (line 1): it was left aside.",
        "several notebooks: b.ipynb was graded, a.ipynb left aside.",
    )


def test_a_spoilt_one_makes_room_for_a_copy(read: Read, good: dict[str, Any]) -> None:
    found = read(b"", **{f"{PART} (1).ipynb": good})
    assert found.name == f"{PART} (1).ipynb"
    assert found.notes == (
        f"there is no readable {PART}.ipynb: {PART} (1).ipynb was graded.",
        f"{PART}.ipynb is empty: it was left aside.",
    )


def test_the_first_reason_is_told_when_none_can_be_read(read: Read) -> None:
    with pytest.raises(Unreadable, match=f"{PART}.ipynb is empty"):
        read(b"", **{"a.ipynb": b"[]"})


def test_another_parts_notebook_is_named(course: Chapter, good: dict[str, Any]) -> None:
    other = Part("part2_other", "Other", "", (Exercise("added", "part2_other", "function", 1, 1, 1, 1, ("added",)),))
    both = Chapter(**{**{key: getattr(course, key) for key in course.__dataclass_fields__}, "parts": (*course.parts, other)})
    with pytest.raises(Unreadable, match=f"hw.ipynb is the notebook of {PART}.\nAsk for the notebook of part2_other."):
        read_submission({"hw.ipynb": dumped(good)}, both, other)


def test_files_that_are_no_notebooks_are_none(read: Read, good: dict[str, Any]) -> None:
    for name in ("answers.py", "ipynb", f".{PART}.ipynb", f"._{PART}.ipynb"):
        with pytest.raises(Unreadable, match=f"there is no notebook {PART}.ipynb"):
            read(good, name)
    assert read(good, f"{PART}.ipynb.txt").name == f"{PART}.ipynb.txt"


def test_a_reason_holds_no_control_characters(read: Read) -> None:
    with pytest.raises(Unreadable, match="is empty") as caught:
        read(b"", "\x1b[31m\n\ud800‮" + "a" * 300 + ".ipynb")
    assert caught.value.reason.isprintable()
    assert len(caught.value.reason) < 100
    assert caught.value.reason.encode()


def test_a_refusal_travels_between_processes() -> None:
    error = pickle.loads(pickle.dumps(Unreadable("a reason", "An advice.")))
    assert (type(error), error.reason, error.advice) == (Unreadable, "a reason", "An advice.")
    assert str(error) == "not graded because a reason.\nAn advice."


# --- the folder -------------------------------------------------------------------------------------------------------


def test_collect_takes_notebooks_and_nothing_else(tmp_path: Path) -> None:
    for name in (f"{PART}.ipynb", "Zoë's copy…😀.ipynb", "a b.IPYNB", "timestamp.txt", ".hidden.ipynb", "notebook.py"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / f"{PART}.ipynb").write_text("old", encoding="utf-8")
    names = {f"{PART}.ipynb", "Zoë's copy…😀.ipynb", "a b.IPYNB"}
    assert collect(tmp_path, PART) == {name: name.encode() for name in names}


def test_links_pipes_sockets_and_folders_are_never_opened(tmp_path: Path) -> None:
    folder = tmp_path / "submitted"
    folder.mkdir()
    secret = tmp_path / "secret.ipynb"
    secret.write_text("secret", encoding="utf-8")
    (folder / "link.ipynb").symlink_to(secret)
    (folder / "device.ipynb").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.ipynb")
    (folder / f"{PART}.ipynb").mkdir()
    before = Path.cwd()
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(folder)  # names of sockets are short
        try:
            server.bind("socket.ipynb")
        finally:
            os.chdir(before)
        with pytest.raises(Unreadable, match=f"there is no notebook {PART}.ipynb") as caught:
            collect(folder, PART)
    for what in ("link.ipynb is a link", "device.ipynb is a link", "pipe.ipynb is no regular file", f"{PART}.ipynb is a folder"):
        assert what in caught.value.reason
    assert "socket.ipynb is not to be read" in caught.value.reason
    (folder / "good.ipynb").write_text("good", encoding="utf-8")
    assert collect(folder, PART) == {"good.ipynb": b"good"}


def test_a_folder_that_is_a_link_or_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name in ("link", "file", "missing"):
        with pytest.raises(Unreadable, match="the submitted folder cannot be opened"):
            collect(tmp_path / name, PART)


def test_an_empty_folder_and_a_wrong_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=rf"there is no notebook {PART}\.ipynb, nor anything else\."):
        collect(tmp_path, PART)
    (tmp_path / "answers.py").write_text("", encoding="utf-8")
    with pytest.raises(Unreadable, match=rf"there is no notebook {PART}\.ipynb \(found: answers\.py\)\."):
        collect(tmp_path, PART)


def test_too_much_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.ipynb").open("wb") as file:
        file.truncate(10**12)  # a hole: it takes no room
    with pytest.raises(Unreadable, match="the notebooks have more than 100 MB"):
        collect(tmp_path, PART)


def test_several_files_share_one_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BYTES", 10)
    for name in ("a", "b"):
        (tmp_path / f"{name}.ipynb").write_bytes(b"12345")
    assert len(collect(tmp_path, PART)) == 2
    (tmp_path / "c.ipynb").write_bytes(b"1")
    with pytest.raises(Unreadable, match="the notebooks have more than"):
        collect(tmp_path, PART)


def test_too_many_are_not_read(tmp_path: Path) -> None:
    for number in range(21):
        (tmp_path / f"{number}.ipynb").write_text("", encoding="utf-8")
    with pytest.raises(Unreadable, match="there are more than 20 notebooks"):
        collect(tmp_path, PART)


def test_names_that_are_no_text_become_text(tmp_path: Path) -> None:
    for name in (b"\xff.ipynb", b"\xfe.ipynb"):
        (tmp_path / os.fsdecode(name)).write_text("", encoding="utf-8")
    names = list(collect(tmp_path, PART))
    assert len(names) == 2
    assert all(name.encode() and name.endswith(".ipynb") for name in names)


# --- any bytes at all -------------------------------------------------------------------------------------------------


def refused_or_read(data: bytes, chapter: Chapter, part: str = PART) -> Submission | None:
    try:
        found = read_submission({"a.ipynb": data}, chapter, chapter.part(part))
    except Unreadable as error:
        assert error.reason and error.advice
        return None
    assert all(isinstance(cell, Cell) and isinstance(cell.source, str) for cell in found.cells)
    assert all(cell.role in ("answer", "test", "question", "other") for cell in found.cells)
    assert all((cell.exercise == "") == (cell.role == "other") for cell in found.cells)
    json.dumps([cell.source for cell in found.cells] + list(found.notes), ensure_ascii=False).encode()
    return found


@given(data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=300)
def test_arbitrary_bytes_are_refused_or_read(course: Chapter, data: bytes) -> None:
    refused_or_read(data, course)


KEYS = st.sampled_from(["cells", "worksheets", "source", "input", "cell_type", "metadata", "nbgrader", "grade_id", "locked"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from(
    ["code", "markdown", "heading", "def double(x): ...", "# exercise: flipped", "double", "### question_views", TEMPLATE]
)
TREES = st.recursive(
    LEAVES | WORDS, lambda deeper: st.lists(deeper, max_size=4) | st.dictionaries(KEYS | st.text(max_size=3), deeper, max_size=5)
)
NOTEBOOKS = st.fixed_dictionaries({"cells": st.lists(st.dictionaries(KEYS, WORDS | TREES, max_size=5), max_size=8)})


@given(tree=TREES | NOTEBOOKS)
@settings(max_examples=150)
def test_arbitrary_json_is_refused_or_read(course: Chapter, tree: Any) -> None:
    refused_or_read(json.dumps(tree).encode(), course)


@given(tree=NOTEBOOKS)
@settings(max_examples=150)
def test_cells_are_those_that_the_json_reader_sees(course: Chapter, tree: dict[str, Any]) -> None:
    found = refused_or_read(json.dumps(tree).encode(), course)
    if found is None:
        return
    assert len(found.cells) == len(tree["cells"])
    for cell, entry in zip(found.cells, tree["cells"], strict=True):
        source = entry.get("source")
        if isinstance(source, str) and entry.get("cell_type") == "code" and source.isascii() and source.isprintable():
            assert cell.source == source


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[float, int, bytes]]:
    """Places (as shares of the length), numbers of bytes that are cut out there, and bytes that are put in instead."""
    pieces = st.sampled_from(
        [b"", b'"', b"\\", b"[", b"]", b"{", b"}", b",", b":", b"\0", b"\xff", b"null", b"1e999", b'"\\ud800"']
    )
    place = st.floats(0, 1)
    return draw(st.lists(st.tuples(place, st.integers(0, 30), pieces | st.binary(max_size=4)), min_size=1, max_size=6))


@given(changes=mutations())
@settings(max_examples=400)
def test_mutated_notebooks_are_refused_or_read(
    course: Chapter, good: dict[str, Any], changes: list[tuple[float, int, bytes]]
) -> None:
    data = dumped(good)
    for share, cut, piece in changes:
        place = int(share * len(data))
        data = data[:place] + piece + data[place + cut :]
    refused_or_read(data, course)


@given(source=st.text(alphabet=st.sampled_from(list("def double(x):\n\t =#'\"%!*_\\.é\u2028\0")), max_size=80))
@settings(max_examples=300)
def test_any_source_has_a_role(course: Chapter, source: str) -> None:
    found = refused_or_read(dumped(of(code("def flipped(p): ..."), code(source), text(source))), course)
    assert found is not None and len(found.cells) == 3


# --- time and memory --------------------------------------------------------------------------------------------------


MEASURE = """
import sys
from pathlib import Path
from workbook.errors import BadInput
from workbook.grade.reading.submission import read_submission
from workbook.model import find_home

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024

chapter, part = find_home(Path(sys.argv[1])).part(sys.argv[2])
for name in sys.argv[3:]:
    data = Path(name).read_bytes()
    before = peak()
    try:
        read_submission({"a.ipynb": data}, chapter, part)
    except BadInput:
        print("refused")
    else:
        print("read")
    print(peak() - before)
"""


def test_memory_does_not_grow_with_what_is_not_wanted(course: Chapter, good: dict[str, Any], tmp_path: Path) -> None:
    """Tens of megabytes of outputs, brackets and keys are read; what the process needs beyond the file itself stays small."""
    kinds = {name: damage for name, damage in damaged(outputs=20_000_000).items() if damage.heavy}
    files = []
    for number, damage in enumerate(kinds.values()):
        files.append(tmp_path / str(number))
        files[-1].write_bytes(damage.make(good))
    command = [sys.executable, "-c", MEASURE, str(course.folder.parent), PART, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    lines = done.stdout.split()
    assert lines[::2] == ["read" if damage.readable else "refused" for damage in kinds.values()]
    grown = dict(zip(kinds, map(int, lines[1::2]), strict=True))
    assert max(file.stat().st_size for file in files) > 15_000_000
    assert max(grown.values()) <= 8, grown


SLOW = [
    "x=\n",
    "\n",
    " ",
    "\t\n",
    "# exercise: double\n",
    "tests.test_double(x)\n",
    "double=\n",
    "a:",
    "#",
    "def f\n",
    "(" + " " * 300,
    "='''\n",
]


@pytest.mark.parametrize("unit", SLOW)
def test_steps_grow_with_the_length_of_a_text_only(course: Chapter, unit: str) -> None:
    """A text that made a regular expression try everything twice would take hours here, and the test run would not end."""
    source = ("double = 1\n" + unit * (400_000 // len(unit)))[:400_000]
    found = Roles(course.part(PART)).of([module.Raw(1, "code", source), module.Raw(2, "markdown", source)])
    assert found[0].role == "answer"

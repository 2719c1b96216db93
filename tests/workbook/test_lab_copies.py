"""The student's copies: nothing of theirs is ever lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from workbook.build.editions import edition_files, write_files
from workbook.errors import BadInput, UnknownName
from workbook.lab.copies import outdated, prepare, reset
from workbook.lab.progress import Progress
from workbook.model import Home, Result, Status

NOW = datetime(2030, 1, 2, 3, 4, 5)
ANSWER = "# exercise: trace_of\ndef trace_of(mat):\n    return mine"


@pytest.fixture
def course(make_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch) -> Home:
    """The small course with its notebooks built."""
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    home = make_home()
    write_files(edition_files(home, "self-study"))
    return home


@pytest.fixture
def mine(course: Home) -> Path:
    [path] = prepare(course)
    return path


def cells_of(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def answers(path: Path, name: str = "trace_of") -> list[str]:
    return [source(cell) for cell in cells_of(path) if cell["cell_type"] == "code" and f"# exercise: {name}" in source(cell)]


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    edit(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def answer_with(path: Path, text: str, *, name: str = "trace_of") -> None:
    """Replace the answer of an exercise, with the outputs of a run."""

    def edit(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code" and f"# exercise: {name}" in source(cell):
                cell.update(source=text, execution_count=3, outputs=[{"output_type": "stream", "name": "stdout", "text": "hm"}])

    change(path, edit)


def drop(path: Path, unwanted: Callable[[str], bool]) -> None:
    change(path, lambda notebook: notebook.update(cells=[cell for cell in notebook["cells"] if not unwanted(source(cell))]))


def test_copies_are_made_once_and_never_overwritten(course: Home) -> None:
    [path] = prepare(course)
    assert path == course.work_dir / "part1_small.ipynb"
    assert path.read_bytes() == (course.exercises_dir / "part1_small.ipynb").read_bytes()
    path.write_text("mine", encoding="utf-8")
    assert prepare(course) == []
    assert path.read_text(encoding="utf-8") == "mine"
    assert sorted(each.name for each in course.work_dir.iterdir()) == ["part1_small.ipynb", "versions.json"]


def test_a_newer_version_of_the_course_is_noticed_and_the_copy_kept(course: Home, mine: Path) -> None:
    answer_with(mine, ANSWER)
    before = mine.read_bytes()
    assert outdated(course) == []
    built = course.exercises_dir / "part1_small.ipynb"
    change(built, lambda notebook: notebook["cells"].pop())
    assert prepare(course) == []
    assert outdated(course) == [mine]
    assert mine.read_bytes() == before
    mine.rename(mine.with_name("old.ipynb"))
    assert prepare(course) == [mine]
    assert outdated(course) == []


@pytest.mark.parametrize("content", ["", "[1]", "nonsense"])
def test_without_a_record_of_versions_nothing_is_said(course: Home, mine: Path, content: str) -> None:
    (course.work_dir / "versions.json").write_text(content, encoding="utf-8")
    change(course.exercises_dir / "part1_small.ipynb", lambda notebook: notebook["cells"].pop())
    assert outdated(course) == []


def test_notebooks_that_were_not_built(make_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    with pytest.raises(BadInput, match=r"part1_small\.ipynb is missing\.\nRun `workbook build` first"):
        prepare(make_home())


def test_an_installed_package_holds_no_notebooks(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="The installed package holds no notebooks"):
        prepare(Home(tmp_path, packaged=True))


def test_a_work_folder_that_cannot_be_written(course: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "occupied").write_text("", encoding="utf-8")
    for folder in (tmp_path / "occupied", tmp_path / "occupied" / "work"):
        monkeypatch.setenv("WORKBOOK_WORK", str(folder))
        with pytest.raises(
            BadInput, match=r"occupied.* cannot be written: .*\nChoose another folder: WORKBOOK_WORK=\.\.\. workbook lab"
        ):
            prepare(course)


def test_reset_gives_the_stub_and_keeps_the_answer(course: Home, mine: Path) -> None:
    fresh, count = answers(mine), len(cells_of(mine))
    answer_with(mine, ANSWER)
    kept = reset(course, "trace_of", NOW)
    assert kept == course.work_dir / "kept" / "trace_of-20300102-030405.py"
    assert kept.read_text(encoding="utf-8") == ANSWER + "\n"
    assert answers(mine) == fresh
    assert len(cells_of(mine)) == count
    [cell] = [cell for cell in cells_of(mine) if source(cell) == fresh[0]]
    assert cell["outputs"] == [] and cell["execution_count"] is None


def test_two_resets_in_one_second_keep_both_answers(course: Home, mine: Path) -> None:
    answer_with(mine, ANSWER)
    first = reset(course, "trace_of", NOW)
    second = reset(course, "trace_of", NOW)
    assert first and second and first != second
    assert first.read_text(encoding="utf-8") == ANSWER + "\n"
    assert "NotImplementedError" in second.read_text(encoding="utf-8")


def test_duplicates_are_removed_and_all_of_them_kept(course: Home, mine: Path) -> None:
    fresh = answers(mine)
    answer_with(mine, ANSWER)
    copy = {
        "cell_type": "code",
        "metadata": {},
        "source": ["# mine\n", "# exercise: trace_of\n", "second = 2"],
        "outputs": [],
        "id": "x",
    }
    change(mine, lambda notebook: notebook["cells"].extend([copy, dict(copy, id="y")]))
    kept = reset(course, "trace_of", NOW)
    assert answers(mine) == fresh
    assert kept and kept.read_text(encoding="utf-8").count("second = 2") == 2
    assert ANSWER in kept.read_text(encoding="utf-8")


def test_other_answers_are_not_touched(course: Home, mine: Path) -> None:
    answer_with(mine, "# exercise: double\nmine = 1", name="double")
    others = [source(cell) for cell in cells_of(mine) if "trace_of" not in source(cell)]
    answer_with(mine, ANSWER)
    reset(course, "trace_of", NOW)
    assert [source(cell) for cell in cells_of(mine) if "trace_of" not in source(cell)] == others


def test_without_its_marker_an_answer_is_found_by_name(course: Home, mine: Path) -> None:
    fresh = answers(mine)
    answer_with(mine, "def trace_of(mat):\n    return mine")
    kept = reset(course, "trace_of", NOW)
    assert answers(mine) == fresh
    assert kept and "return mine" in kept.read_text(encoding="utf-8")


def test_a_deleted_cell_comes_back_before_its_test(course: Home, mine: Path) -> None:
    fresh, order = answers(mine), [source(cell) for cell in cells_of(mine)]
    drop(mine, lambda text: "# exercise: trace_of" in text)
    assert reset(course, "trace_of", NOW) is None
    assert answers(mine) == fresh
    assert [source(cell) for cell in cells_of(mine)] == order
    assert not (course.work_dir / "kept").exists()


def test_a_deleted_cell_comes_back_below_its_heading_and_without_an_id_in_old_formats(course: Home, mine: Path) -> None:
    def strip(notebook: dict[str, Any]) -> None:
        notebook["nbformat_minor"] = 0
        for cell in notebook["cells"]:
            cell.pop("id", None)

    drop(mine, lambda text: "# exercise: trace_of" in text or "tests.test_trace_of" in text)
    change(mine, strip)
    assert reset(course, "trace_of", NOW) is None
    cells = cells_of(mine)
    place = next(n for n, cell in enumerate(cells) if "### trace_of" in source(cell).splitlines())
    assert source(cells[place + 1]).startswith("# exercise: trace_of")
    assert not any("id" in cell for cell in cells)


def test_where_nothing_is_left_the_error_says_so(course: Home, mine: Path) -> None:
    drop(mine, lambda text: "trace_of" in text)
    before = mine.read_bytes()
    with pytest.raises(
        BadInput, match=r"Nothing of trace_of is left in .*no cell is marked with `# exercise: trace_of`.*\nCopy its cells"
    ):
        reset(course, "trace_of", NOW)
    assert mine.read_bytes() == before


def test_a_cell_with_other_answers_is_not_thrown_away(course: Home, mine: Path) -> None:
    answer_with(mine, ANSWER + "\n\ndef mean_trace(mat):\n    return 0")
    before = mine.read_bytes()
    with pytest.raises(BadInput, match=r"The cell of trace_of also holds mean_trace\.\nSplit it"):
        reset(course, "trace_of", NOW)
    assert mine.read_bytes() == before
    assert not (course.work_dir / "kept").exists()


def test_what_cannot_be_reset(course: Home, mine: Path) -> None:
    with pytest.raises(UnknownName, match=r"no exercise called 'trace'"):
        reset(course, "trace")
    with pytest.raises(BadInput, match="question_views is a written question and has no stub"):
        reset(course, "question_views")
    mine.write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match=r"part1_small\.ipynb cannot be read as a notebook"):
        reset(course, "trace_of")
    mine.unlink()
    with pytest.raises(BadInput, match=r"There is no .*part1_small\.ipynb to reset\.\n`workbook lab` puts a copy there"):
        reset(course, "trace_of")


def test_an_answer_that_cannot_be_kept_is_not_reset(course: Home, mine: Path) -> None:
    answer_with(mine, ANSWER)
    before = mine.read_bytes()
    (course.work_dir / "kept").write_text("a file where a folder is needed", encoding="utf-8")
    with pytest.raises(BadInput, match="cannot be written"):
        reset(course, "trace_of", NOW)
    assert mine.read_bytes() == before


def test_a_course_without_the_stub(course: Home, mine: Path) -> None:
    drop(course.exercises_dir / "part1_small.ipynb", lambda text: "# exercise: trace_of" in text)
    with pytest.raises(BadInput, match=r"has no stub of trace_of\.\nRun `workbook build` first"):
        reset(course, "trace_of")


def test_an_answer_in_two_cells_goes_back_as_a_whole(course: Home, mine: Path) -> None:
    answer_with(mine, "# exercise: trace_of\nfactor = 2")
    change(
        mine,
        lambda notebook: notebook["cells"].append(
            dict(notebook["cells"][-1], cell_type="code", source="def trace_of(m): return 42")
        ),
    )
    kept = reset(course, "trace_of")
    assert kept is not None
    assert "return 42" in kept.read_text(encoding="utf-8")
    assert not [cell for cell in cells_of(mine) if "return 42" in source(cell)], "the later half would win over the stub"


def test_characters_that_are_none_are_kept(course: Home, mine: Path) -> None:
    answer_with(mine, "# exercise: trace_of\nx = '\\ud800'")
    text = mine.read_text(encoding="utf-8").replace("\\\\ud800", "\\ud800")
    mine.write_text(text, encoding="utf-8")
    kept = reset(course, "trace_of")
    assert kept is not None
    assert b"\xed\xa0\x80" in kept.read_bytes()


def test_a_reset_exercise_is_no_longer_solved(course: Home, mine: Path) -> None:
    progress = Progress(course.work_dir)
    progress.record("small_course", "part1_small", Result("trace_of", Status.PASSED))
    assert progress.states("small_course") == {"trace_of": "solved"}
    reset(course, "trace_of")
    assert progress.states("small_course") == {}
    progress.record("small_course", "part1_small", Result("trace_of", Status.FAILED))
    assert progress.states("small_course") == {"trace_of": "tried"}

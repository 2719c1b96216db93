"""The record of what was tried: nothing lost, nothing garbled, whatever happens to the writers."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from workbook.errors import BadInput
from workbook.lab.progress import Progress
from workbook.model import Explanation, Result, Status

COUNT = 1000
WRITER = """
import sys
from pathlib import Path
from workbook.lab.progress import Progress
from workbook.model import Result, Status

folder, name = Path(sys.argv[1]), sys.argv[2]
for number in range(int(sys.argv[3])):
    Progress(folder).record("chapter", "part", Result(f"{name}{number}", Status.PASSED))
    print(number, flush=True)
"""


def failed(name: str) -> Result:
    return Result(name, Status.FAILED, "no", Explanation(name, "value", "no", mistake="You added.", mistake_name=f"{name}__added"))


def rows(folder: Path) -> list[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(folder / "progress.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return db.execute("SELECT part, exercise, status, mistake FROM runs ORDER BY id").fetchall()


def writer(folder: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name, str(COUNT)], stdout=subprocess.PIPE, text=True)


def test_nothing_was_recorded_yet(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "work")
    assert progress.states("chapter") == {}
    assert not (tmp_path / "work").exists()  # looking writes nothing


def test_solved_once_is_solved_for_good_and_a_stub_is_no_try(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "work")
    for result in (failed("a"), Result("a", Status.PASSED), failed("a"), failed("b"), Result("c", Status.UNSOLVED)):
        progress.record("chapter", "part", result)
    assert progress.states("chapter") == {"a": "solved", "b": "tried"}
    assert rows(tmp_path / "work")[0] == ("part", "a", "failed", "a__added")


def test_two_writers_one_killed_half_way(tmp_path: Path) -> None:
    first, second = writer(tmp_path, "first"), writer(tmp_path, "second")
    assert first.stdout is not None and second.stdout is not None
    said = [next(second.stdout) for _ in range(COUNT // 2)]
    second.kill()
    said += list(second.stdout)  # what it had said before it died
    assert second.wait() < 0
    assert [int(line) for line in first.stdout] == list(range(COUNT))
    assert first.wait() == 0
    for process in (first, second):
        process.stdout.close()
    written = rows(tmp_path)
    assert {(part, status, mistake) for part, _, status, mistake in written} == {("part", "passed", "")}
    names = [exercise for _, exercise, _, _ in written]
    assert [name for name in names if name.startswith("first")] == [f"first{n}" for n in range(COUNT)]
    theirs = [name for name in names if name.startswith("second")]
    assert theirs == [f"second{n}" for n in range(len(theirs))]
    assert len(said) <= len(theirs) <= len(said) + 1  # the one in flight may have been written and not said
    progress = Progress(tmp_path)
    progress.record("chapter", "part", failed("after"))
    assert progress.states("chapter")["after"] == "tried"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.path.write_text("not a database, but long enough to be taken for one" * 40, encoding="utf-8")
    before = progress.path.read_bytes()
    message = r"progress\.sqlite cannot be used as the record of your progress: file is not a database\.\n.*move it away"
    with pytest.raises(BadInput, match=message):
        progress.states("chapter")
    with pytest.raises(BadInput, match=message):
        progress.reset("chapter", "part", "a")
    with pytest.raises(BadInput, match=message):
        progress.record("chapter", "part", failed("a"))
    assert progress.path.read_bytes() == before


def test_a_database_of_something_else(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "progress.sqlite")) as db:
        db.execute("CREATE TABLE runs (colour TEXT)")
    with pytest.raises(BadInput, match="cannot be used as the record of your progress: no such column"):
        Progress(tmp_path).states("chapter")


def test_an_empty_file_is_a_database_without_records(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.path.touch()
    assert progress.states("chapter") == {}
    progress.record("chapter", "part", failed("a"))
    assert progress.states("chapter") == {"a": "tried"}


def test_chapters_are_kept_apart(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.record("algebra", "part1", Result("a", Status.PASSED))
    progress.record("geometry", "part1", failed("a"))
    progress.reset("geometry", "part1", "a")
    assert (progress.states("algebra"), progress.states("geometry")) == ({"a": "solved"}, {})
    assert [run.status for run in progress.runs("a", "geometry")] == ["failed", "reset"]


def test_the_file_says_what_it_holds(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.record("chapter", "part", failed("a"))
    progress.record("chapter", "part", failed("b"))
    with closing(sqlite3.connect(progress.path)) as db:
        text = " ".join(line for (line,) in db.execute("SELECT text FROM about ORDER BY line"))
    assert "sent nowhere" in text and "status --forget" in text and text.count("This file") == 1


def test_a_record_of_an_older_version_is_read(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.record("chapter", "part", failed("a"))
    with closing(sqlite3.connect(progress.path)) as db:
        db.execute("DROP TABLE about")
    assert progress.states("chapter") == {"a": "tried"}


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert not progress.forget()
    progress.record("chapter", "part", failed("a"))
    assert progress.forget() and not progress.path.exists() and progress.states("chapter") == {}

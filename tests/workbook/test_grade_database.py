"""What goes wrong around a gradebook, for real: locks, full disks, damage, killed writers, two writers at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.workbook.coursefolder import PART, graded, opened, rows, submitted
from workbook.errors import BadInput
from workbook.grade.book import database
from workbook.grade.book.course import Course
from workbook.grade.book.gradebook import Book
from workbook.model import Home, Part

ROOT = Path(__file__).parents[2]
TABLES = ("student", "submitted_assignment", "submitted_notebook", "grade", "comment", "workbook_results")


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "settings"))


@pytest.fixture
def course(home: Home, tmp_path: Path) -> Course:
    """A course whose gradebook has the assignment, and one submission of ann's."""
    course = opened(home, tmp_path / "course")
    with Book(course) as book:
        book.ensure(home.chapters[0], home.chapters[0].part(PART))
        book.write(graded(home.chapters[0].part(PART), "ann", ("double",)), submitted("ann"))
    return course


@pytest.fixture
def part(home: Home) -> Part:
    return home.chapters[0].part(PART)


@pytest.fixture
def process() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python with a program and arguments; whatever still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program, *map(str, arguments)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        started.append(subprocess.Popen(command, cwd=ROOT, text=True, **pipes))  # type: ignore[call-overload]
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def file(course: Course) -> Path:
    return Path(course.db_url.removeprefix("sqlite:///"))


def counts(course: Course) -> dict[str, int]:
    return {table: rows(course, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def whole(course: Course, part: Part, students: set[str]) -> None:
    """These students' submissions are in the gradebook, each complete and once, and nothing else is."""
    answered = len([exercise for exercise in part.exercises if exercise.kind != "quiz"])
    each = {"grade": len(part.exercises), "comment": answered}
    assert counts(course) == {table: len(students) * each.get(table, 1) for table in TABLES}
    with Book(course) as book:
        assert set(book.recorded(PART)) == set(book.scores(PART)) == students
        for student in students:
            assert book.history(PART, student)[0].scores == book.scores(PART)[student]
    assert rows(course, "PRAGMA integrity_check") == [("ok",)]


# --- locks ------------------------------------------------------------------------------------------------------------

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
print("released", flush=True)
sys.stdin.readline()
"""
LOCKS = {
    "writing": ["BEGIN IMMEDIATE"],
    "everything": ["BEGIN EXCLUSIVE"],
    # A reader lets a writer begin and not end.
    "reading": ["BEGIN", "SELECT count(*) FROM grade"],
}


def held(process: Callable[..., subprocess.Popen[str]], course: Course, lock: str) -> subprocess.Popen[str]:
    holder = process(HOLD, file(course), *LOCKS[lock])
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize("lock", LOCKS)
def test_a_short_lock_is_waited_for(
    course: Course, part: Part, process: Callable[..., subprocess.Popen[str]], lock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []
    with Book(course, patience=30) as book:
        holder = held(process, course, lock)

        def release() -> None:
            if not waited:
                assert holder.stdin is not None and holder.stdout is not None
                holder.stdin.write("\n")
                holder.stdin.flush()
                assert holder.stdout.readline() == "released\n"
            waited.append(True)

        # The lock is let go at the moment when the writer has met it and would try again.
        monkeypatch.setattr(database, "_pause", release)
        book.write(graded(part, "bob", ("double",)), submitted("bob"))
    assert waited
    whole(course, part, {"ann", "bob"})


@pytest.mark.parametrize("lock", LOCKS)
def test_a_long_lock_is_told_with_who_holds_it_and_nothing_is_written(
    course: Course, part: Part, process: Callable[..., subprocess.Popen[str]], lock: str
) -> None:
    before = counts(course)
    with Book(course, patience=0.2) as book:
        book.recorded(PART)
        holder = held(process, course, lock)
        said = rf"was locked for 0\.2 seconds by process {holder.pid} \(.*\)\. Nothing was written\.\nLet that program finish"
        with pytest.raises(BadInput, match=said):
            book.write(graded(part, "bob", ("double",)), submitted("bob"))
        with pytest.raises(BadInput, match="was locked"):
            book.write(graded(part, "ann", ("trace_of",)), submitted("ann"))
        holder.kill()
        holder.communicate()
        assert counts(course) == before
        book.write(graded(part, "bob", ("double",)), submitted("bob"))
    whole(course, part, {"ann", "bob"})


def test_a_lock_on_everything_stops_the_opening_too(course: Course, process: Callable[..., subprocess.Popen[str]]) -> None:
    held(process, course, "everything")
    with pytest.raises(BadInput, match="was locked for 0 seconds"):
        Book(course, patience=0)


# --- full disks -------------------------------------------------------------------------------------------------------


def test_a_gradebook_that_may_not_grow(course: Course, part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = file(course).stat().st_size // 4096
    prepare = database._prepare

    def limited(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    long = "x" * 20_000
    with monkeypatch.context() as patch:
        patch.setattr(database, "_prepare", limited)
        with Book(course) as book, pytest.raises(BadInput, match=r"The disk is full: the gradebook .*gradebook\.db cannot grow"):
            book.write(graded(part, "bob", ("double",), notes=(long,)), submitted("bob"))
    whole(course, part, {"ann"})
    with Book(course) as book:
        book.write(graded(part, "bob", ("double",), notes=(long,)), submitted("bob"))
    whole(course, part, {"ann", "bob"})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode != 0:
        pytest.skip("no small file system can be mounted by this user")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_really_full(home: Home, part: Part, tmp_path: Path, small_disk: Path) -> None:
    course = opened(home, tmp_path / "course", db=f"sqlite:///{small_disk}/gradebook.db")
    students = [f"student{number}" for number in range(400)]
    done = set()
    with Book(course) as book:
        book.ensure(home.chapters[0], part)
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(500_000))
        with pytest.raises(BadInput, match="The disk is full"):
            for student in students:
                book.write(graded(part, student, ("double",)), submitted(student))
                done.add(student)
        assert 5 < len(done) < len(students)
        whole(course, part, done)
        ballast.unlink()
        following = students[len(done)]
        book.write(graded(part, following, ("double",)), submitted(following))
    whole(course, part, {*done, following})


# --- damage -----------------------------------------------------------------------------------------------------------


def _garbage(data: bytes) -> bytes:
    return b"These are not the grades that you are looking for. " * 400


def _overwritten(data: bytes) -> bytes:
    middle = len(data) // 8192 * 4096
    return data[:middle] + b"\xaa" * 8192 + data[middle + 8192 :]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2 // 4096 * 4096]


@pytest.mark.parametrize("damage", [_garbage, _overwritten, _cut])
def test_a_damaged_gradebook_is_refused_and_left_alone(
    course: Course, part: Part, home: Home, damage: Callable[[bytes], bytes]
) -> None:
    path = file(course)
    path.write_bytes(damage(path.read_bytes()))
    before = path.read_bytes()
    said = r"The gradebook .*gradebook\.db is damaged: .* It was left as it is\.\nMove it away .* put your backup in its place"
    with pytest.raises(BadInput, match=said):
        Book(course)
    assert path.read_bytes() == before
    assert [other.name for other in path.parent.glob("gradebook*")] == ["gradebook.db"]


def test_damage_while_it_is_open_is_noticed_by_the_next_write(course: Course, part: Part) -> None:
    with Book(course) as book:
        book.recorded(PART)
        file(course).write_bytes(_garbage(b""))
        with pytest.raises(BadInput, match="is damaged"):
            book.write(graded(part, "bob"), submitted("bob"))
        assert file(course).read_bytes() == _garbage(b"")


def test_a_gradebook_that_cannot_be_opened(course: Course) -> None:
    for place in (course.folder, course.folder / "nowhere" / "gradebook.db"):
        with pytest.raises(BadInput, match="cannot be read or written: unable to open database file"):  # noqa: SIM117
            with Book(replace(course, db_url=f"sqlite:///{place}")) as book:
                book._database.write(lambda connection: None)


def test_a_gradebook_of_an_older_nbgrader(course: Course, part: Part) -> None:
    with closing(sqlite3.connect(file(course))) as connection:
        connection.execute("ALTER TABLE submitted_notebook DROP COLUMN late_submission_penalty")
    with Book(course) as book, pytest.raises(BadInput, match=r"refuses: .*late_submission_penalty.*\n.*nbgrader db upgrade"):
        book.write(graded(part, "ann"), submitted("ann"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("oracle://me:secret@server/grades", r"The gradebook oracle://me:\*\*\*@server/grades needs a driver that is not here"),
        ("nothing://server/grades", "needs a driver that is not here"),
    ],
)
def test_a_database_without_a_driver(course: Course, url: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Book(replace(course, db_url=url))


def test_our_own_wrong_statements_are_bugs(course: Course) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import IntegrityError

    with Book(course) as book, pytest.raises(IntegrityError, match="UNIQUE"):
        book._database.write(lambda connection: connection.execute(text("INSERT INTO student (id) VALUES ('ann')")))


# --- killed writers ---------------------------------------------------------------------------------------------------

WRITE = """
import sys
from pathlib import Path
from tests.workbook.coursefolder import PART, graded, submitted
from workbook.grade.book.course import open_course
from workbook.grade.book.gradebook import Book
from workbook.model import Home

part = Home(Path(sys.argv[1])).chapters[0].part(PART)
with Book(open_course(Path(sys.argv[2]))) as book:
    print("ready", flush=True)
    sys.stdin.readline()
    for student in sys.argv[4].split(","):
        book.write(graded(part, student, ("double",), notes=(sys.argv[3],)), submitted(student))
        print(student, flush=True)
"""


def started(
    process: Callable[..., subprocess.Popen[str]], home: Home, course: Course, note: str, students: list[str]
) -> subprocess.Popen[str]:
    writer = process(WRITE, home.root, course.folder, note, ",".join(students))
    assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    return writer


def go(writer: subprocess.Popen[str]) -> None:
    assert writer.stdin is not None
    writer.stdin.write("\n")
    writer.stdin.flush()


@pytest.mark.parametrize("after", [1, 12])
def test_a_killed_writer_leaves_whole_records_and_a_rerun_writes_the_rest(
    course: Course, home: Home, part: Part, process: Callable[..., subprocess.Popen[str]], after: int
) -> None:
    students = [f"student{number:03}" for number in range(300)]
    writer = started(process, home, course, "first", students)
    go(writer)
    assert writer.stdout is not None
    said = [writer.stdout.readline().strip() for _ in range(after)]
    os.kill(writer.pid, signal.SIGKILL)
    said += writer.communicate()[0].split()
    assert writer.returncode == -signal.SIGKILL and len(said) < len(students)
    with Book(course) as book:
        there = set(book.recorded(PART, whole=False))
        # What it had said was written; at most one more was.
        assert there - {"ann"} in ({*said}, {*said, students[len(said)]})
        for student in students[: after + 40]:
            if student not in there:
                book.write(graded(part, student, ("double",), notes=("first",)), submitted(student))
    whole(course, part, {"ann", *students[: after + 40], *said})


PAUSED = """
import sys
from nbgrader.plugins import BasePlugin

class Paused(BasePlugin):
    def late_submission_penalty(self, *args):
        print("inside", flush=True)
        sys.stdin.readline()
"""


def test_a_writer_killed_inside_of_a_transaction_leaves_no_trace(
    course: Course, home: Home, part: Part, process: Callable[..., subprocess.Popen[str]]
) -> None:
    config = course.folder / "nbgrader_config.py"
    config.write_text(
        config.read_text(encoding="utf-8") + "\nc.AssignLatePenalties.plugin_class = 'paused.Paused'\n", encoding="utf-8"
    )
    (course.folder / "paused.py").write_text(PAUSED, encoding="utf-8")
    with closing(sqlite3.connect(file(course))) as connection, connection:
        connection.execute("UPDATE assignment SET duedate = '2020-01-01 00:00:00'")
        connection.execute("UPDATE submitted_assignment SET timestamp = '2020-01-02 00:00:00'")
    before = {table: rows(course, f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}
    writer = started(process, home, course, "note", ["ann"])
    go(writer)
    assert writer.stdout is not None and writer.stdout.readline() == "inside\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    assert {table: rows(course, f"SELECT * FROM {table} ORDER BY 1") for table in TABLES} == before


# --- two writers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("notes", "versions"), [(("same", "same"), [1]), (("one", "two"), [1, 2])])
def test_two_writers_of_the_same_students(
    course: Course,
    home: Home,
    part: Part,
    process: Callable[..., subprocess.Popen[str]],
    notes: tuple[str, str],
    versions: list[int],
) -> None:
    students = [f"student{number:03}" for number in range(15)]
    writers = [started(process, home, course, note, students) for note in notes]
    for writer in writers:
        go(writer)
    for writer in writers:
        assert writer.communicate()[0].split() == students
        assert writer.returncode == 0
    with Book(course) as book:
        for student in students:
            history = book.history(PART, student)
            assert [record.version for record in history] == versions
            assert {record.graded.notes[0] for record in history} == set(notes)
    grades = rows(course, "SELECT count(*), count(DISTINCT notebook_id || cell_id) FROM grade")
    assert grades == [(16 * len(part.exercises),) * 2]


def test_nbgrader_writes_while_the_book_is_open(course: Course, part: Part) -> None:
    from nbgrader.api import Gradebook

    with Book(course) as book, Gradebook(course.db_url, course.course_id) as gradebook:
        for manual in (1.0, 2.0):
            grade = gradebook.find_grade("double", PART, PART, "ann")
            grade.manual_score = manual
            gradebook.db.commit()
            scores = book.write(graded(part, "ann"), submitted("ann"))
            assert scores is not None and scores.total == manual


def test_a_gradebook_in_wal_mode_stays_in_it(course: Course, part: Part) -> None:
    assert rows(course, "PRAGMA journal_mode = WAL") == [("wal",)]
    with Book(course) as book:
        book.write(graded(part, "bob", ("double",)), submitted("bob"))
    assert rows(course, "PRAGMA journal_mode") == [("wal",)]
    whole(course, part, {"ann", "bob"})

"""A gradebook on a real PostgreSQL: its whole life, two writers, locks, and a server that goes away."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.workbook.coursefolder import PART, graded, opened, rows, submitted
from tests.workbook.postgres import Missing, Server, postgres
from workbook.errors import BadInput
from workbook.grade.book.course import Course
from workbook.grade.book.gradebook import Book
from workbook.grade.book.scores import Points
from workbook.model import Home, Part

DUE = datetime(2026, 3, 1, 12)
LATE = "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "settings"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        with postgres() as server:
            yield server
    except Missing as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


@pytest.fixture
def course(home: Home, tmp_path: Path, server: Server) -> Course:
    """A course with an empty gradebook."""
    return opened(home, tmp_path / "course", LATE, db=server.create(f"grades{next(_numbers)}"))


@pytest.fixture
def part(home: Home) -> Part:
    return home.chapters[0].part(PART)


def count(course: Course, table: str) -> int:
    number: int = rows(course, f"SELECT count(*) FROM {table}")[0][0]
    return number


def test_the_whole_life_of_a_gradebook(course: Course, home: Home, part: Part, tmp_path: Path) -> None:
    chapter = home.chapters[0]
    with Book(course) as book:
        assert book.recorded(PART) == {} and book.scores(PART) == {}
        assert book.ensure(chapter, part) == () == book.ensure(chapter, part)
        scores = book.write(graded(part, "zoë", ("double", "Meter")), submitted("zoë", timestamp=DUE - timedelta(hours=1)))
        assert scores is not None and (scores.total, scores.maximum) == (5.0, part.points)
        _by_hand(course)
        again = book.write(graded(part, "zoë", ("double",), notes=("\x00",)), submitted("zoë"))
        assert again is not None and again.of("flipped") == Points("flipped", 2.0, 0.0, 1.0, 0.5, True, "Nearly.")
        assert (again.total, again.late_penalty) == (3.5, None)
        late = book.write(graded(part, "late", ("double",)), submitted("late", timestamp=DUE + timedelta(hours=1)))
        assert late is not None and (late.total, late.late_penalty, late.final) == (2.0, 2.0, 0.0)
        assert book.write(graded(part, "none", results=(), not_graded="empty"), submitted("none")) is None
        assert [record.score for record in book.history(PART, "zoë")] == [5.0, 3.5]
        assert {name: (r.version, r.graded.notes) for name, r in book.recorded(PART).items()} == {
            "zoë": (2, ("\x00",)),
            "late": (1, ()),
            "none": (1, ()),
        }
        assert book.scores(PART) == {"zoë": again, "late": late}
        (change,) = book.compare(chapter, part, [graded(part, "zoë", ("double", "trace_of"))])
        assert (change.gain, change.exercises()) == (3.0, [("trace_of", 0.0, 3.0)])
    # A gradebook in a file, written in the same way, holds the same.
    local = replace(course, db_url=f"sqlite:///{tmp_path}/local.db")
    with Book(local) as book:
        book.ensure(chapter, part)
    for query in ("SELECT name, type FROM base_cell ORDER BY 1, 2", "SELECT name, source, checksum FROM source_cell ORDER BY 1"):
        assert rows(course, query) == rows(local, query)


def _by_hand(course: Course) -> None:
    """What a grader enters, through nbgrader."""
    from nbgrader.api import Gradebook

    with Gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.update_or_create_assignment(PART, duedate=str(DUE))
        grade = gradebook.find_grade("flipped", PART, PART, "zoë")
        grade.manual_score, grade.extra_credit = 1.0, 0.5
        gradebook.find_comment("flipped_answer", PART, PART, "zoë").manual_comment = "Nearly."
        gradebook.db.commit()


def test_two_writers_at_once(course: Course, home: Home, part: Part) -> None:
    """Each with a connection of its own, in the same order, so that they meet at every student."""
    students = [f"student{number:02}" for number in range(20)]
    with Book(course) as book:
        book.ensure(home.chapters[0], part)
    start = threading.Barrier(2)
    failed: list[BaseException] = []

    def work(note: str) -> None:
        try:
            with Book(course) as book:
                book.recorded(PART)
                start.wait(60)
                for student in students:
                    book.write(graded(part, student, ("double",), notes=(note,)), submitted(student))
        except BaseException as error:
            failed.append(error)
            start.abort()

    threads = [threading.Thread(target=work, args=(note,)) for note in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    with Book(course) as book:
        for student in students:
            history = book.history(PART, student)
            assert [record.version for record in history] == [1, 2]
            assert {record.graded.notes for record in history} == {("one",), ("two",)}
    assert (count(course, "submitted_assignment"), count(course, "grade")) == (20, 20 * len(part.exercises))


def test_a_lock_that_is_held_too_long(course: Course, home: Home, part: Part) -> None:
    import psycopg

    with Book(course, patience=0.2) as book:
        book.ensure(home.chapters[0], part)
        book.write(graded(part, "ann"), submitted("ann"))
        with psycopg.connect(course.db_url.replace("+psycopg", "")) as holder:
            holder.execute("LOCK TABLE grade IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(BadInput, match=r"was locked for 0\.2 seconds by another program\. Nothing was written"):
                book.write(graded(part, "bob"), submitted("bob"))
        assert count(course, "student") == 1
        book.write(graded(part, "bob"), submitted("bob"))
    assert list(_recorded(course)) == ["ann", "bob"]


def _recorded(course: Course) -> dict[str, object]:
    with Book(course) as book:
        return dict(book.recorded(PART))


def test_a_name_that_does_not_fit_is_refused_whole(course: Course, home: Home, part: Part) -> None:
    with Book(course) as book:
        book.ensure(home.chapters[0], part)
        with pytest.raises(BadInput, match="refuses: value too long"):
            book.write(graded(part, "x" * 129), submitted("x" * 129))
    assert count(course, "student") == 0


def test_a_server_that_crashes_loses_nothing_that_was_written(course: Course, home: Home, part: Part, server: Server) -> None:
    with Book(course) as book:
        book.ensure(home.chapters[0], part)
        book.write(graded(part, "ann", ("double",)), submitted("ann"))
        server.stop("immediate")
        try:
            with pytest.raises(
                BadInput, match=r"The gradebook's server does not answer \(postgresql\+psycopg://grader@127\.0\.0\.1"
            ):
                book.write(graded(part, "bob"), submitted("bob"))
            with pytest.raises(BadInput, match="does not answer"), Book(course) as other:
                other.recorded(PART)
        finally:
            server.start()
        # The same book goes on when the server is back.
        book.write(graded(part, "bob"), submitted("bob"))
    assert {name: record.score for name, record in _recorded(course).items()} == {"ann": 2.0, "bob": 0.0}  # type: ignore[attr-defined]


def test_a_password_is_never_shown(course: Course, server: Server) -> None:
    hidden = replace(course, db_url=f"postgresql+psycopg://grader:secret@127.0.0.1:{server.port}/nowhere")
    with Book(hidden) as book, pytest.raises(BadInput, match=r"grader:\*\*\*@127\.0\.0\.1") as told:
        book.recorded(PART)
    assert "secret" not in str(told.value)

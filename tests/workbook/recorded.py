"""What a gradebook has in the end: who was graded, with what verdicts and points, and how often."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from workbook.grade.book.course import open_course
from workbook.grade.book.gradebook import Book
from workbook.model import Status

__all__ = ["Verdict", "recorded", "whole"]


@dataclass(frozen=True)
class Verdict:
    """One submission, without what differs from one grading to the next: times and random inputs."""

    not_graded: str
    statuses: tuple[tuple[str, Status], ...]
    points: float | None


def recorded(folder: Path, part: str, *, once: bool = True) -> dict[str, Verdict]:
    """Each student's newest record and points.

    Args:
        once: assert that nobody has two records.
    """
    with Book(open_course(folder)) as book:
        scores, records = book.scores(part), book.recorded(part)
        often = {student: len(book.history(part, student)) for student in records}
    assert not once or set(often.values()) <= {1}, often
    return {
        student: Verdict(
            record.graded.not_graded,
            tuple((result.exercise, result.status) for result in record.graded.results),
            scores[student].total if student in scores else None,
        )
        for student, record in records.items()
    }


def whole(folder: Path, part: str) -> None:
    """The gradebook is sound, and every student in it has the same number of grades, one for each cell."""
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma foreign_key_check").fetchall() == []
        rows = database.execute(
            "select a.student_id, count(*), count(distinct g.cell_id) from grade g "
            "join submitted_notebook n on g.notebook_id = n.id join submitted_assignment a on n.assignment_id = a.id "
            "group by a.student_id"
        ).fetchall()
    assert len({row[1:] for row in rows}) <= 1 and all(count == cells for _, count, cells in rows), rows
    assert {student for student, *_ in rows} == {
        name for name, one in recorded(folder, part, once=False).items() if not one.not_graded
    }

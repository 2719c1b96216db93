"""The records of gradings in the gradebook's database: rows are only ever added.

SQLAlchemy is imported with this module; others import this module inside functions.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from workbook.grade.book.scores import Record, Scores
from workbook.grade.book.tables import has_results, results
from workbook.grade.records import Graded

__all__ = ["add", "history", "newest"]

_LAST = (
    select(results)
    .where(results.c.assignment == bindparam("part"), results.c.student == bindparam("student"))
    .order_by(results.c.version.desc())
    .limit(1)
)


def newest(connection: Connection, part: str, *, whole: bool) -> dict[str, Record]:
    """The newest record of each student; without `Record.data` unless `whole`."""
    if not has_results(connection):
        return {}
    last = (
        select(results.c.student, func.max(results.c.version).label("version"))
        .where(results.c.assignment == part)
        .group_by(results.c.student)
        .subquery()
    )
    columns = [column for column in results.c if whole or column is not results.c.data]
    query = (
        select(*columns)
        .join(last, (results.c.student == last.c.student) & (results.c.version == last.c.version))
        .where(results.c.assignment == part)
        .order_by(results.c.student)
    )
    return {row.student: _record(row) for row in connection.execute(query)}


def history(connection: Connection, part: str, student: str) -> list[Record]:
    """Every record of a student's part, oldest first."""
    if not has_results(connection):
        return []
    query = select(results).where(results.c.assignment == part, results.c.student == student).order_by(results.c.version)
    return [_record(row) for row in connection.execute(query)]


def add(connection: Connection, graded: Graded, scores: Scores | None, maximum: float, time: datetime) -> None:
    """Add a record, unless the newest one says the same."""
    last = connection.execute(_LAST, {"part": graded.part, "student": graded.student}).first()
    told = {"graded": graded.as_dict(), "scores": scores.as_dict() if scores else None}
    values = {
        "assignment": graded.part,
        "student": graded.student,
        "version": last.version + 1 if last else 1,
        "created_at": time,
        "seed": graded.seed,
        "submission": graded.submission,
        "tests": graded.tests,
        "unsafe": graded.unsafe,
        "score": scores.total if scores else 0.0,
        "max_score": maximum,
        "data": json.dumps(told),
    }
    if last is None or not _same(last, values, told):
        connection.execute(insert(results), values)


def _same(last: Row[Any], values: dict[str, Any], told: dict[str, Any]) -> bool:
    """Whether two records differ in nothing but the time that grading took."""
    fixed = ("seed", "submission", "tests", "unsafe", "score", "max_score")
    if any(getattr(last, name) != values[name] for name in fixed):
        return False
    # Through JSON, where tuples are lists.
    return _timeless(json.loads(last.data)) == _timeless(json.loads(json.dumps(told)))


def _timeless(told: dict[str, Any]) -> dict[str, Any]:
    graded = {**told["graded"], "seconds": 0}
    graded["results"] = [{**result, "seconds": 0} for result in graded["results"]]
    return {**told, "graded": graded}


def _record(row: Row[Any]) -> Record:
    return Record(
        student=row.student,
        part=row.assignment,
        version=row.version,
        created_at=row.created_at.replace(tzinfo=UTC),
        seed=row.seed,
        submission=row.submission,
        tests=row.tests,
        unsafe=row.unsafe,
        score=row.score,
        maximum=row.max_score,
        data=getattr(row, "data", ""),
    )

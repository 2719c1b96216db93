"""How a submission stands in the gradebook, and what a new result makes of that.

SQLAlchemy is imported with this module; others import this module inside functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, insert, select, update

from workbook.grade.book.assignment import Assignment, SourceCell
from workbook.grade.book.course import Submitted
from workbook.grade.book.scores import Cell, Change, Points, Scores, automatic
from workbook.grade.book.tables import (
    Plan,
    assignments,
    base_cells,
    comments,
    fresh_ids,
    grades,
    students,
    submitted_assignments,
    submitted_notebooks,
)
from workbook.grade.records import Graded
from workbook.model import Status

__all__ = ["Standing", "after", "change", "everyone", "open_submission", "save", "unanswered"]

Penalty = Callable[[str, float, float], float | None]
_NOTHING = "No response."

# What every write asks, built once: making a statement takes longer than running it.
_STUDENT = select(students.c.id).where(students.c.id == bindparam("student"))
_DUE = select(assignments.c.duedate).where(assignments.c.id == bindparam("assignment"))
_SUBMISSION = (
    select(submitted_assignments.c.id, submitted_assignments.c.timestamp, submitted_assignments.c.extension)
    .where(submitted_assignments.c.assignment_id == bindparam("assignment"))
    .where(submitted_assignments.c.student_id == bindparam("student"))
    # On a server the row is locked, so that two writers of one submission follow one another.
    .with_for_update()
)
_NOTEBOOK = (
    select(submitted_notebooks)
    .where(submitted_notebooks.c.notebook_id == bindparam("notebook"))
    .where(submitted_notebooks.c.assignment_id == bindparam("submission"))
)
# By cell too, because that is how these tables' index begins.
_ROWS = {
    table: select(table)
    .where(table.c.cell_id.in_(bindparam("cells", expanding=True)))
    .where(table.c.notebook_id == bindparam("notebook"))
    for table in (grades, comments)
}


@dataclass(frozen=True)
class Standing:
    """A submission's rows as they are.

    Attributes:
        notebook: id of the submitted notebook.
        seconds_late: after the due date and the student's extension.
        scores: the points.
        grades, comments: id of the cell to the row, where there is one.
    """

    student: str
    notebook: str
    seconds_late: float
    scores: Scores
    grades: Mapping[str, Any] = field(default_factory=dict)
    comments: Mapping[str, Any] = field(default_factory=dict)


def unanswered(plan: Plan, graded: Graded) -> frozenset[str]:
    """The cells that the student left as they were released; nbgrader compares checksums of these very texts."""
    texts = _texts(graded.notebook)
    unsolved = {result.exercise for result in graded.results if result.status is Status.UNSOLVED}
    found = {name for name, text in graded.written.items() if text is None}
    for _, cell in plan.commented:
        if cell.name in texts:
            if cell.checksum is not None and texts[cell.name] == cell.source:
                found.add(cell.name)
        elif not graded.notebook and cell.name.removesuffix("_answer") in unsolved:
            found.add(cell.name)
    return frozenset(found)


def _texts(notebook: str) -> dict[str, str]:
    """nbgrader's grade id to the cell's text."""
    if not notebook:
        return {}
    found = {}
    for cell in json.loads(notebook)["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name is not None:
            found[name] = "".join(cell["source"])
    return found


def open_submission(connection: Connection, plan: Plan, submitted: Submitted) -> Standing:
    """The submission's rows; the student, the submission and its notebooks are made where they are missing."""
    ours = {"assignment": plan.assignment, "student": submitted.student}
    if connection.execute(_STUDENT, ours).first() is None:
        connection.execute(insert(students), {"id": submitted.student})
    row = connection.execute(_SUBMISSION, ours).first()
    due = connection.execute(_DUE, ours).scalar()
    if row is None:
        late = _seconds_late(submitted.timestamp, due, None)
        return Standing(submitted.student, _mirror(connection, plan, submitted), late, Scores())
    # As nbgrader does: a submission without a time keeps the one it had.
    timestamp = submitted.timestamp or row.timestamp
    if timestamp != row.timestamp:
        table = submitted_assignments
        connection.execute(update(table).where(table.c.id == row.id).values(timestamp=timestamp))
    notebook = connection.execute(_NOTEBOOK, {"notebook": plan.notebook, "submission": row.id}).first()
    late = _seconds_late(timestamp, due, row.extension)
    if notebook is None:
        return Standing(submitted.student, _add_notebook(connection, plan.notebook, row.id, fresh_ids()), late, Scores())
    had = _rows(connection, grades, notebook.id, [cell for cell, _ in plan.graded])
    said = _rows(connection, comments, notebook.id, [cell for cell, _ in plan.commented])
    scores = _scores(plan, had, said, notebook.late_submission_penalty)
    return Standing(submitted.student, notebook.id, late, scores, had, said)


def everyone(connection: Connection, plan: Plan, times: Mapping[str, datetime | None] | None = None) -> dict[str, Standing]:
    """How every submission of an assignment stands, by student.

    Args:
        times: when students handed in, as `open_submission` will be told. Those who have no submission yet get an entry without id.
    """
    times = times or {}
    table, notebooks = submitted_assignments, submitted_notebooks
    due = connection.execute(_DUE, {"assignment": plan.assignment}).scalar()
    rows: dict[Table, dict[str, dict[str, Row[Any]]]] = {grades: {}, comments: {}}
    for kind, found in rows.items():
        query = select(kind).join(notebooks, notebooks.c.id == kind.c.notebook_id).where(notebooks.c.notebook_id == plan.notebook)
        for row in connection.execute(query):
            found.setdefault(row.notebook_id, {})[row.cell_id] = row
    query = (
        select(table.c.student_id, table.c.timestamp, table.c.extension, notebooks.c.id, notebooks.c.late_submission_penalty)
        .join(notebooks, notebooks.c.assignment_id == table.c.id)
        .where(table.c.assignment_id == plan.assignment, notebooks.c.notebook_id == plan.notebook)
        .order_by(table.c.student_id)
    )
    standing = {}
    for row in connection.execute(query):
        had, said = rows[grades].get(row.id, {}), rows[comments].get(row.id, {})
        late = _seconds_late(times.get(row.student_id) or row.timestamp, due, row.extension)
        scores = _scores(plan, had, said, row.late_submission_penalty)
        standing[row.student_id] = Standing(row.student_id, row.id, late, scores, had, said)
    new = {name: Standing(name, "", _seconds_late(time, due, None), Scores()) for name, time in times.items()}
    return {**new, **standing}


def after(plan: Plan, now: Standing, graded: Graded, blank: frozenset[str], penalty: Penalty) -> Scores:
    """The points once the result is written; what people entered stays."""
    words = _words(plan, now.comments, blank)
    scores = Scores(tuple(_renewed(cell, now, graded, blank, words.get(cell.name, "")) for _, cell in plan.graded))
    late = penalty(now.student, scores.total, now.seconds_late) if now.seconds_late > 0 else None
    return Scores(scores.exercises, late)


def save(connection: Connection, plan: Plan, now: Standing, scores: Scores, blank: frozenset[str]) -> None:
    """Write what differs from how the submission stood."""
    changes: list[tuple[Table, Mapping[str, Any], str, dict[str, Any]]] = []
    values: dict[str, Any]
    for (cell_id, _), points in zip(plan.graded, scores.exercises, strict=True):
        values = {"auto_score": points.auto, "needs_manual_grade": points.needs_manual}
        changes.append((grades, now.grades, cell_id, values))
    for cell_id, cell in plan.commented:
        values = {"auto_comment": _auto_comment(cell, blank)}
        changes.append((comments, now.comments, cell_id, values))
    ids = fresh_ids()
    for table in (grades, comments):
        mine = [(there, cell_id, values) for kind, there, cell_id, values in changes if kind is table]
        new = [
            {"id": next(ids), "notebook_id": now.notebook, "cell_id": cell_id, **values}
            for there, cell_id, values in mine
            if cell_id not in there
        ]
        old = [
            {"row": there[cell_id].id, **values}
            for there, cell_id, values in mine
            if cell_id in there and any(getattr(there[cell_id], name) != value for name, value in values.items())
        ]
        if new:
            connection.execute(insert(table), new)
        if old:
            connection.execute(update(table).where(table.c.id == bindparam("row")), old)
    if scores.late_penalty != now.scores.late_penalty:
        notebooks = submitted_notebooks
        here = notebooks.c.id == now.notebook
        connection.execute(update(notebooks).where(here).values(late_submission_penalty=scores.late_penalty))


def change(plan: Plan, wanted: Assignment, now: Standing | None, graded: Graded, penalty: Penalty) -> Change:
    """What bringing the assignment up to date and writing the result would do."""
    before = now.scores if now and now.notebook else None
    if graded.not_graded:
        return Change(graded.student, before, None)
    blank = unanswered(plan, graded)
    names = {cell.name: cell_id for cell_id, cell in plan.graded}
    cells = [_cell(cell) for cell in wanted.cells if cell.grade or cell.task]
    known = {cell.name for cell in cells}
    kept = [(cell_id, cell) for cell_id, cell in plan.graded if cell.name not in known]
    planned = replace(plan, graded=(*((names.get(cell.name, ""), cell) for cell in cells), *kept))
    standing = now or Standing(graded.student, "", 0.0, Scores())
    return Change(graded.student, before, after(planned, standing, graded, blank, penalty))


def _cell(cell: SourceCell) -> Cell:
    return Cell(cell.name, cell.kind, cell.points, answer=cell.grade and cell.solution, task=cell.task)


def _renewed(cell: Cell, now: Standing, graded: Graded, blank: frozenset[str], comment: str) -> Points:
    """A cell's points with what the result says."""
    had = now.scores.of(cell.name) or Points(cell.name, cell.maximum, needs_manual=True)
    auto, needs = had.auto, had.needs_manual
    if not cell.task:  # nbgrader's autograder leaves those alone
        auto = automatic(graded, cell, unanswered=cell.name in blank)
        needs = had.manual is not None or auto is None
    return Points(cell.name, cell.maximum, auto, had.manual, had.extra_credit, needs, comment)


def _scores(plan: Plan, had: Mapping[str, Any], said: Mapping[str, Any], penalty: float | None) -> Scores:
    words = _words(plan, said, None)
    points = []
    for cell_id, cell in plan.graded:
        row = had.get(cell_id)
        points.append(
            Points(
                exercise=cell.name,
                maximum=cell.maximum,
                auto=row.auto_score if row else None,
                manual=row.manual_score if row else None,
                extra_credit=row.extra_credit if row else None,
                needs_manual=bool(row.needs_manual_grade) if row else True,
                comment=words.get(cell.name, ""),
            )
        )
    return Scores(tuple(points), penalty)


def _words(plan: Plan, said: Mapping[str, Any], blank: frozenset[str] | None) -> dict[str, str]:
    """The comment on each exercise, a person's before ours; ours as it is, or as it will be with these cells blank."""
    found: dict[str, str] = {}
    for cell_id, cell in plan.commented:
        row = said.get(cell_id)
        now = row.auto_comment if row else None
        text = (row.manual_comment if row else None) or (now if blank is None else _auto_comment(cell, blank)) or ""
        for name in {cell.name, cell.name.removesuffix("_answer")}:
            found[name] = found.get(name) or text
    return found


def _auto_comment(cell: SourceCell, blank: frozenset[str]) -> str | None:
    return _NOTHING if cell.name in blank and not cell.task else None


def _rows(connection: Connection, table: Table, notebook: str, cells: list[str]) -> dict[str, Row[Any]]:
    """The rows of a submitted notebook by id of the cell."""
    found = connection.execute(_ROWS[table], {"cells": cells, "notebook": notebook})
    return {row.cell_id: row for row in found}


def _mirror(connection: Connection, plan: Plan, submitted: Submitted) -> str:
    """A new submission, with the notebooks that are not ours to grade, as nbgrader makes it; the id of our notebook."""
    ids = fresh_ids()
    identity = next(ids)
    values = {"id": identity, "assignment_id": plan.assignment, "student_id": submitted.student, "timestamp": submitted.timestamp}
    connection.execute(insert(submitted_assignments), values)
    for other in plan.others:
        notebook = _add_notebook(connection, other, identity, ids)
        cells = connection.execute(select(base_cells.c.id, base_cells.c.type).where(base_cells.c.notebook_id == other)).all()
        for table, kinds in ((grades, ("GradeCell", "TaskCell")), (comments, ("SolutionCell", "TaskCell"))):
            rows = [{"id": next(ids), "notebook_id": notebook, "cell_id": cell.id} for cell in cells if cell.type in kinds]
            if rows:
                connection.execute(insert(table), rows)
    return _add_notebook(connection, plan.notebook, identity, ids)


def _add_notebook(connection: Connection, notebook: str, submission: str, ids: Iterator[str]) -> str:
    identity = next(ids)
    values = {"id": identity, "notebook_id": notebook, "assignment_id": submission, "flagged": False}
    connection.execute(insert(submitted_notebooks), values)
    return identity


def _seconds_late(timestamp: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    if timestamp is None or due is None:
        return 0.0
    return max(0.0, (timestamp - due - (extension or timedelta())).total_seconds())

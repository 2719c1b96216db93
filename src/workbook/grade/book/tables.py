"""nbgrader's tables, the table of records beside them, and what of an assignment every write needs.

SQLAlchemy and nbgrader are imported with this module; others import this module inside functions.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    inspect,
    select,
    update,
)

from workbook.build.formats import nbgrader_module
from workbook.grade.book.assignment import Assignment, SourceCell, checksum
from workbook.grade.book.scores import Cell

nbgrader = nbgrader_module()
from nbgrader import api  # noqa: E402  # after the line above, which imports it fast

__all__ = [
    "Plan",
    "assignments",
    "base_cells",
    "comments",
    "create",
    "differences",
    "fresh_ids",
    "grades",
    "has_results",
    "load",
    "results",
    "students",
    "submitted_assignments",
    "submitted_notebooks",
    "synchronise",
]

courses: Table = api.Course.__table__
students: Table = api.Student.__table__
assignments: Table = api.Assignment.__table__
notebooks: Table = api.Notebook.__table__
base_cells: Table = api.BaseCell.__table__
grade_cells: Table = api.GradeCell.__table__
solution_cells: Table = api.SolutionCell.__table__
task_cells: Table = api.TaskCell.__table__
source_cells: Table = api.SourceCell.__table__
submitted_assignments: Table = api.SubmittedAssignment.__table__
submitted_notebooks: Table = api.SubmittedNotebook.__table__
grades: Table = api.Grade.__table__
comments: Table = api.Comment.__table__

# nbgrader's kinds of cells, in the order in which it saves them.
_KINDS = ("GradeCell", "SolutionCell", "TaskCell")

_OURS = MetaData()
results = Table(
    "workbook_results",
    _OURS,
    Column("id", Integer, primary_key=True),
    Column("assignment", String(128), nullable=False),
    Column("student", String(128), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime, nullable=False),  # UTC
    Column("seed", BigInteger, nullable=False),
    Column("submission", String(64), nullable=False),
    Column("tests", String(64), nullable=False),
    Column("unsafe", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("data", Text, nullable=False),
    # Two writers can never both add the same version.
    UniqueConstraint("assignment", "student", "version"),
)


@dataclass(frozen=True)
class Plan:
    """What every write into an assignment needs to know, looked up once.

    Attributes:
        assignment, notebook: ids in the gradebook.
        graded: id and cell of those that have a grade, in the notebook's order.
        commented: id and cell of those that have a comment.
        others: ids of further notebooks of the assignment, which are not ours to grade.
    """

    assignment: str
    notebook: str
    graded: tuple[tuple[str, Cell], ...]
    commented: tuple[tuple[str, SourceCell], ...]
    others: tuple[str, ...] = ()

    def ordered(self, names: tuple[str, ...]) -> Plan:
        """The same with its cells in the order of the names."""
        place = {name: number for number, name in enumerate(names)}
        last = len(place)
        return replace(self, graded=tuple(sorted(self.graded, key=lambda pair: place.get(pair[1].name, last))))


def create(connection: Connection, course_id: str) -> None:
    """Make what is missing: nbgrader's tables with their version, ours, and the course's row."""
    fresh = not inspect(connection).get_table_names()
    api.Base.metadata.create_all(connection)
    _OURS.create_all(connection)
    if fresh:
        # Written in the same transaction as the tables; `nbgrader db upgrade` goes by it.
        version = Table("alembic_version", MetaData(), Column("version_num", String(32), nullable=False))
        version.create(connection)
        connection.execute(insert(version).values(version_num=_schema_version()))
    if connection.execute(select(courses.c.id).where(courses.c.id == course_id)).first() is None:
        connection.execute(insert(courses).values(id=course_id))


def has_results(connection: Connection) -> bool:
    """Whether anything was ever recorded here by us."""
    return inspect(connection).has_table(results.name)


def fresh_ids() -> Iterator[str]:
    """Ids in nbgrader's form (32 hexadecimal digits) that grow with time, so that a write touches few pages of an index."""
    start = f"{time.time_ns():016x}{secrets.token_hex(4)}"
    return (f"{start}{number:08x}" for number in itertools.count())


def load(connection: Connection, part: str) -> Plan | None:
    """The plan of an assignment; None where the gradebook does not have it."""
    if not inspect(connection).has_table(assignments.name):
        return None
    found = connection.execute(
        select(notebooks.c.id, notebooks.c.name, notebooks.c.assignment_id)
        .join(assignments, assignments.c.id == notebooks.c.assignment_id)
        .where(assignments.c.name == part)
    ).all()
    main = next((row for row in found if row.name == part), None)
    if main is None:
        return None
    sources = {row.name: row for row in connection.execute(select(source_cells).where(source_cells.c.notebook_id == main.id))}
    base = connection.execute(select(base_cells).where(base_cells.c.notebook_id == main.id)).all()
    maxima = _maxima(connection, main.id)
    solutions = {row.name for row in base if row.type == "SolutionCell"}
    graded = [
        (row.id, Cell(row.name, *maxima[row.id], answer=row.name in solutions, task=row.type == "TaskCell"))
        for row in base
        if row.id in maxima
    ]
    points = {cell.name: cell.maximum for _, cell in graded if not cell.task}
    commented = [
        (row.id, _source_cell(row.name, row.type, sources.get(row.name), points))
        for row in base
        if row.type in ("SolutionCell", "TaskCell")
    ]
    others = tuple(row.id for row in found if row.id != main.id)
    return Plan(main.assignment_id, main.id, tuple(graded), tuple(commented), others).ordered(tuple(sources))


def _maxima(connection: Connection, notebook: str) -> dict[str, tuple[str, float]]:
    """Id of each graded cell to its kind and points."""
    found = {}
    for table in (grade_cells, task_cells):
        query = select(table).join(base_cells, table.c.id == base_cells.c.id).where(base_cells.c.notebook_id == notebook)
        found.update({row.id: (row.cell_type, row.max_score) for row in connection.execute(query)})
    return found


def _source_cell(name: str, kind: str, source: Row[Any] | None, points: dict[str, float]) -> SourceCell:
    return SourceCell(
        name=name,
        kind=source.cell_type if source else "code",
        grade=name in points,
        solution=kind == "SolutionCell",
        task=kind == "TaskCell",
        locked=bool(source and source.locked),
        points=points.get(name, 0.0),
        source=(source.source or "") if source else "",
        checksum=source.checksum if source else None,
    )


def synchronise(connection: Connection, wanted: Assignment, course_id: str) -> list[str]:
    """Bring an assignment into the gradebook, or its points up to date; what was changed in one that was there, as sentences.

    Texts that are there already stay: they are what the students got, and what "No response." is judged by.
    """
    said = differences(connection, wanted)
    ids = fresh_ids()
    notebook = _notebook(connection, wanted, course_id, ids)
    _points(connection, wanted, notebook)
    present = _present(connection, notebook)
    texts = set(connection.execute(select(source_cells.c.name).where(source_cells.c.notebook_id == notebook)).scalars())
    for kind in _KINDS:  # in nbgrader's order
        for cell in wanted.cells:
            if _is(cell, kind) and (cell.name, kind) not in present:
                _add(connection, next(ids), notebook, cell, kind)
    for cell in wanted.cells:
        if cell.name not in texts:
            values = {"name": cell.name, "cell_type": cell.kind, "locked": cell.locked, "source": cell.source}
            connection.execute(insert(source_cells).values(id=next(ids), notebook_id=notebook, checksum=cell.checksum, **values))
    return said


def differences(connection: Connection, wanted: Assignment) -> list[str]:
    """What `synchronise` would change in an assignment that is there, as sentences."""
    plan = load(connection, wanted.name)
    if plan is None:
        return []
    points = {cell.name: cell.points for cell in wanted.cells}
    had = {cell.name: cell.maximum for _, cell in plan.graded if points.get(cell.name, cell.maximum) != cell.maximum}
    said = [f"{name}: {maximum:g} points before, {points[name]:g} now" for name, maximum in had.items()]
    present = _present(connection, plan.notebook)
    added = {cell.name for kind in _KINDS for cell in wanted.cells if _is(cell, kind) and (cell.name, kind) not in present}
    said += [f"{name} is new in {wanted.name}" for name in sorted(added)]
    gone = {name for name, kind in present if kind == "GradeCell"} - set(points)
    return said + [f"{name} is in the gradebook and not in {wanted.origin}: its points still count" for name in sorted(gone)]


def _present(connection: Connection, notebook: str) -> set[tuple[str, str]]:
    """Name and kind of each cell that is there."""
    query = select(base_cells.c.name, base_cells.c.type).where(base_cells.c.notebook_id == notebook)
    return {(row.name, row.type) for row in connection.execute(query)}


def _notebook(connection: Connection, wanted: Assignment, course_id: str, ids: Iterator[str]) -> str:
    """Id of the assignment's notebook, which is made where it is missing."""
    assignment = connection.execute(select(assignments.c.id).where(assignments.c.name == wanted.name)).scalar()
    if assignment is None:
        assignment = next(ids)
        connection.execute(insert(assignments).values(id=assignment, name=wanted.name, course_id=course_id))
    here = (notebooks.c.name == wanted.name) & (notebooks.c.assignment_id == assignment)
    notebook = connection.execute(select(notebooks.c.id).where(here)).scalar()
    if notebook is not None:
        return str(notebook)
    notebook = next(ids)
    row = {"id": notebook, "name": wanted.name, "assignment_id": assignment, "kernelspec": wanted.kernelspec}
    connection.execute(insert(notebooks).values(row))
    return notebook


def _is(cell: SourceCell, kind: str) -> bool:
    return {"GradeCell": cell.grade, "SolutionCell": cell.solution, "TaskCell": cell.task}[kind]


def _add(connection: Connection, identity: str, notebook: str, cell: SourceCell, kind: str) -> None:
    connection.execute(insert(base_cells).values(id=identity, name=cell.name, notebook_id=notebook, type=kind))
    if kind == "SolutionCell":
        connection.execute(insert(solution_cells).values(id=identity))
    else:
        table = grade_cells if kind == "GradeCell" else task_cells
        connection.execute(insert(table).values(id=identity, max_score=cell.points, cell_type=cell.kind))


def _points(connection: Connection, wanted: Assignment, notebook: str) -> None:
    """Bring the maxima of cells that are there up to date, and their checksums, which count the points."""
    now = {cell.name: cell for cell in wanted.cells}
    for table in (grade_cells, task_cells):
        query = select(base_cells.c.id, base_cells.c.name, table.c.max_score).join(table, table.c.id == base_cells.c.id)
        for row in connection.execute(query.where(base_cells.c.notebook_id == notebook)).all():
            cell = now.get(row.name)
            if cell is None or cell.points == row.max_score:
                continue
            connection.execute(update(table).where(table.c.id == row.id).values(max_score=cell.points))
            here = (source_cells.c.notebook_id == notebook) & (source_cells.c.name == row.name)
            text = connection.execute(select(source_cells.c.source, source_cells.c.checksum).where(here)).first()
            if text is not None and text.checksum is not None:
                renewed = checksum(replace(cell, source=text.source))
                connection.execute(update(source_cells).where(here).values(checksum=renewed))


def _schema_version() -> str:
    """The newest version of nbgrader's schema, which nbgrader itself asks a program on the path for."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    folder = str(Path(nbgrader.__file__).parent / "alembic")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return str(ScriptDirectory.from_config(config).get_current_head())

"""An assignment's cells, as `nbgrader generate_assignment` would put them into the gradebook."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from workbook.build.formats import nbformat_module, nbgrader_module
from workbook.build.notebooks import build_notebook
from workbook.errors import BadInput
from workbook.grade.book.configuration import on_path
from workbook.grade.book.course import Course
from workbook.model import Chapter, Part

__all__ = ["Assignment", "SourceCell", "checksum", "read_assignment"]


@dataclass(frozen=True)
class SourceCell:
    """One cell that nbgrader knows.

    Attributes:
        name: its grade id.
        kind: "code" or "markdown".
        grade, solution, task, locked: its roles, as nbgrader reads them.
        points: what it is worth; 0 where it is not graded.
        source: its text with the hidden tests and without the solution.
        checksum: nbgrader's, of what is released; None for cells that have none.
    """

    name: str
    kind: str
    grade: bool
    solution: bool
    task: bool
    locked: bool
    points: float
    source: str
    checksum: str | None


@dataclass(frozen=True)
class Assignment:
    """A part as nbgrader's generate_assignment sees it.

    Attributes:
        kernelspec: JSON text.
        cells: in the notebook's order.
        origin: where they come from, to be shown.
    """

    name: str
    kernelspec: str
    cells: tuple[SourceCell, ...]
    origin: str


def read_assignment(course: Course, chapter: Chapter, part: Part) -> Assignment:
    """The cells of the course's source notebook, or of the one that would be built, through nbgrader's own steps.

    Raises:
        BadInput: nbgrader refuses the notebook, or there is none and it cannot be built.
    """
    path = course.source_notebook(part.name)
    if path.is_file():
        origin = str(path)
        try:
            notebook = nbformat_module().read(path, as_version=4)
        except Exception as error:  # nbformat raises many kinds
            raise BadInput(f"{path} is no notebook: {error}.", "Write it again: workbook build --edition course.") from None
    elif chapter.solutions is not None:
        origin = str(chapter.folder / f"{part.name}.md")
        notebook = build_notebook(chapter, part, "course")
    else:
        raise BadInput(f"There is no {path}.", "Copy the course's source notebooks there: an installed package has none.")
    try:
        prepared = _prepared(course, part.name, notebook)
    except Exception as error:  # nbgrader's steps raise many kinds
        raise BadInput(
            f"nbgrader refuses {origin}: {str(error).rstrip('.')}.", f"Try `nbgrader generate_assignment {part.name}`."
        ) from error
    cells = tuple(_cell(cell) for cell in prepared.cells if "nbgrader" in cell.metadata)
    known = tuple(cell for cell in cells if cell.grade or cell.solution or cell.task or cell.locked)
    return Assignment(part.name, json.dumps(prepared.metadata.get("kernelspec", {})), known, origin)


def checksum(cell: SourceCell) -> str:
    """nbgrader's checksum of a cell, which counts the points too."""
    from nbgrader.utils import compute_checksum

    roles = {"grade": cell.grade, "solution": cell.solution, "locked": cell.locked, "task": cell.task}
    metadata = {"nbgrader": {"grade_id": cell.name, "points": cell.points, **roles}}
    node = nbformat_module().from_dict({"cell_type": cell.kind, "source": cell.source, "metadata": metadata})
    return str(compute_checksum(node))


def _prepared(course: Course, name: str, notebook: Any) -> Any:
    """The notebook as it is when generate_assignment saves its cells."""
    nbgrader_module()
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import SaveCells

    about = {"student": ".", "assignment": name, "notebook": name, "db_url": course.db_url}
    resources: Any = {"unique_key": name, "output_files_dir": f"{name}_files", "nbgrader": about, "metadata": {"path": ""}}
    with on_path(course.folder):
        for step in GenerateAssignment(config=course.config).preprocessors:
            if step is SaveCells:
                break
            notebook, resources = step(config=course.config)(notebook, resources)
    return notebook


def _cell(cell: Any) -> SourceCell:
    from nbgrader.utils import is_grade, is_locked, is_solution, is_task

    entry = cell.metadata["nbgrader"]
    graded = is_grade(cell) or is_task(cell)
    return SourceCell(
        name=entry["grade_id"],
        kind=cell.cell_type,
        grade=bool(is_grade(cell)),
        solution=bool(is_solution(cell)),
        task=bool(is_task(cell)),
        locked=bool(is_locked(cell)),
        points=float(entry["points"]) if graded else 0.0,
        source=cell.source,
        checksum=entry.get("checksum"),
    )

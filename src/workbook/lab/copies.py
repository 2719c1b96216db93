"""The student's own copies of the notebooks in work/: made once, never overwritten, one exercise at a time put back to its stub."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from workbook.errors import BadInput
from workbook.lab.progress import Progress
from workbook.model import Home, Part

__all__ = ["first_unsolved", "prepare", "reset"]


def prepare(home: Home) -> list[Path]:
    """Copy every notebook that work/ does not have yet; returns the new copies. Existing ones are never touched.

    Raises:
        BadInput: the notebooks were not built, or work/ cannot be written.
    """
    made = []
    try:
        home.work_dir.mkdir(parents=True, exist_ok=True)
        for _, part in home.parts():
            source, target = home.exercises_dir / f"{part.name}.ipynb", home.work_dir / f"{part.name}.ipynb"
            if not source.is_file():
                raise BadInput(f"The notebook {source} is missing.", "Run `workbook build` first.")
            if not target.exists():
                shutil.copyfile(source, target)
                made.append(target)
    except OSError as error:
        raise BadInput(
            f"{home.work_dir} cannot be written: {error}.",
            "Choose another folder: WORKBOOK_WORK=... workbook lab",
        ) from None
    return made


def first_unsolved(home: Home) -> Part:
    """The first part with an exercise that never passed; the last part when all is solved.

    Raises:
        BadInput: there are no parts.
    """
    states = Progress(home.work_dir).states()
    parts = [part for _, part in home.parts()]
    if not parts:
        raise BadInput(f"There is no part in any chapter of {home.root}.", "Add one: workbook new part NAME")
    for part in parts:
        if any(states.get(exercise.name) != "solved" for exercise in part.exercises if exercise.kind != "question"):
            return part
    return parts[-1]


def reset(home: Home, name: str, now: datetime | None = None) -> Path:
    """Put one exercise of the student's notebook back to its stub; returns the file in which the old answer is kept.

    Args:
        name: the exercise.
        now: for the kept file's name; default: the present.

    Raises:
        UnknownName: there is no such exercise.
        BadInput: there is no notebook of its part in work/, or no answer cell in it.
    """
    _, exercise = home.exercise(name)
    path = home.work_dir / f"{exercise.part}.ipynb"
    if not path.is_file():
        raise BadInput(f"There is no {path} to reset.", "`workbook lab` puts a copy there.")
    notebook = _load(path)
    fresh = _answer_cells(_load(home.exercises_dir / f"{exercise.part}.ipynb"), name)
    cells = _answer_cells(notebook, name)
    if not cells or not fresh:
        raise BadInput(
            f"No cell of {path} is marked with `# exercise: {name}`.",
            f"Add that line at the top of your answer's cell, or copy the cell from {home.exercises_dir}.",
        )
    stamp = (now or datetime.now()).strftime("%Y%m%d-%H%M%S")
    kept = home.work_dir / "kept" / f"{name}-{stamp}.py"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("\n\n\n".join(_text(cell) for cell in cells) + "\n", encoding="utf-8")
    for cell in cells[1:]:
        notebook["cells"].remove(cell)
    cells[0].update(source=fresh[0]["source"], outputs=[], execution_count=None)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)
    return kept


def _load(path: Path) -> dict[str, Any]:
    try:
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadInput(f"{path} cannot be read as a notebook.", "Save it again in JupyterLab, or move it away.") from None
    return notebook


def _answer_cells(notebook: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Code cells with the exercise's marker in their first lines."""
    marker = f"# exercise: {name}"
    cells = [cell for cell in notebook.get("cells", []) if cell.get("cell_type") == "code"]
    return [cell for cell in cells if marker in (line.strip() for line in _text(cell).splitlines()[:3])]


def _text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])

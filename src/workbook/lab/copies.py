"""The student's own copies of the notebooks in work/: made once, never overwritten, one exercise at a time put back to its stub."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from workbook.errors import BadInput
from workbook.lab.answers import defined_in
from workbook.lab.progress import Progress
from workbook.lab.scripts import cells_of, current_file, text_of
from workbook.model import Exercise, Home

__all__ = ["outdated", "prepare", "reset"]

_VERSIONS = "versions.json"  # in work/: the digest of what each copy was made from


def prepare(home: Home) -> list[Path]:
    """Copy every notebook that work/ does not have yet; returns the new copies. Existing ones are never touched.

    Raises:
        BadInput: the notebooks were not built, or work/ cannot be written.
    """
    if home.packaged:
        raise BadInput("The installed package holds no notebooks.", "Open the notebook that you were given, or work in a checkout.")
    made, versions = [], _versions(home)
    try:
        home.work_dir.mkdir(parents=True, exist_ok=True)
        for _, part in home.parts():
            for name in part.builds_on:
                _copy(home, f"{name}.py")
            target = _copy(home, f"{part.name}.ipynb")
            if target is not None:
                versions[part.name] = _digest(home.exercises_dir / target.name)
                made.append(target)
        if made:
            _write(home.work_dir / _VERSIONS, versions)
    except OSError as error:
        raise _not_writable(home, error) from None
    return made


def _copy(home: Home, name: str) -> Path | None:
    """Copy a generated file into work/, where it is not there yet; None where it is."""
    source, target = home.exercises_dir / name, home.work_dir / name
    if not source.is_file():
        raise BadInput(f"{source} is missing.", "Run `workbook build` first.")
    if target.exists():
        return None
    partial = target.with_name(target.name + ".partial")  # a copy that is cut short must not pass for the student's
    shutil.copyfile(source, partial)
    partial.replace(target)
    return target


def outdated(home: Home) -> list[Path]:
    """Copies of notebooks of which the course has a newer version by now."""
    found = []
    for name, digest in _versions(home).items():
        source, copy = home.exercises_dir / f"{name}.ipynb", home.work_dir / f"{name}.ipynb"
        if source.is_file() and copy.is_file() and _digest(source) != digest:
            found.append(copy)
    return found


def reset(home: Home, name: str, now: datetime | None = None) -> Path | None:
    """Put one exercise of the student's notebook back to its stub; returns the file with the old answer, None where there was none.

    Of notebook and script it is the one that was saved last. The answer is found by the marker `# exercise: NAME` or by the
    functions' names. Where its cell was deleted, a new one is put before the exercise's test, or below its heading.

    Args:
        name: the exercise.
        now: for the kept file's name; default: the present.

    Raises:
        UnknownName: there is no such exercise.
        BadInput: it is a written question; there is no notebook of its part in work/; the cell holds other answers too; nothing of
            the exercise is left; work/ cannot be written.
    """
    chapter, exercise = home.exercise(name)
    if exercise.kind == "question":
        raise BadInput(f"{name} is a written question and has no stub.", "Delete your text in the notebook.")
    path = current_file(home, chapter.part(exercise.part))
    if path is None:
        raise BadInput(f"There is no {home.work_dir / f'{exercise.part}.ipynb'} to reset.", "`workbook lab` puts a copy there.")
    notebook = _load(path)
    fresh = _fresh_cell(home, exercise)
    cells = _answer_cells(notebook, exercise)
    _refuse_shared(home, exercise, cells)
    try:
        kept = _keep(home, name, cells, now or datetime.now()) if cells else None
        if cells:
            notebook["cells"] = [cell for cell in notebook["cells"] if not any(cell is other for other in cells[1:])]
            cells[0].update(source=fresh["source"], outputs=[], execution_count=None)
        else:
            _insert(notebook, exercise, fresh, path)
        _write(path, notebook)
    except OSError as error:
        raise _not_writable(home, error) from None
    Progress(home.work_dir).reset(chapter.name, exercise.part, name)
    return kept


def _fresh_cell(home: Home, exercise: Exercise) -> dict[str, Any]:
    path = home.exercises_dir / f"{exercise.part}.ipynb"
    cells = _answer_cells(_load(path), exercise)
    if not cells:
        raise BadInput(f"{path} has no stub of {exercise.name}.", "Run `workbook build` first.")
    return cells[0]


def _answer_cells(notebook: dict[str, Any], exercise: Exercise) -> list[dict[str, Any]]:
    """Code cells with the exercise's marker in their first lines, and those that define its functions: an answer may be split."""
    marker = f"# exercise: {exercise.name}"
    cells = [cell for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    return [
        cell
        for cell in cells
        if marker in (line.strip() for line in _text(cell).splitlines()[:3])
        or defined_in(_text(cell)).intersection(exercise.functions)
    ]


def _refuse_shared(home: Home, exercise: Exercise, cells: list[dict[str, Any]]) -> None:
    """A cell into which answers of other exercises were merged is not thrown away."""
    others = {name for _, part in home.parts() for e in part.exercises if e.name != exercise.name for name in e.functions}
    for cell in cells:
        shared = sorted(defined_in(_text(cell)) & others)
        if shared:
            raise BadInput(
                f"The cell of {exercise.name} also holds {' and '.join(shared)}.",
                "Split it in JupyterLab (Edit > Split Cell), save, and run this again.",
            )


def _insert(notebook: dict[str, Any], exercise: Exercise, fresh: dict[str, Any], path: Path) -> None:
    """Put the stub's cell where the exercise is."""
    cells = notebook["cells"]
    call, heading = f"tests.test_{exercise.name}(", f"### {exercise.name}"
    tests = [n for n, cell in enumerate(cells) if cell.get("cell_type") == "code" and call in _text(cell)]
    headings = [n for n, cell in enumerate(cells) if {heading, f"# {heading}"}.intersection(_text(cell).splitlines())]
    if not tests and not headings:
        raise BadInput(
            f"Nothing of {exercise.name} is left in {path}: no cell is marked with `# exercise: {exercise.name}`, none defines it.",
            "Copy its cells from the notebook in exercises/.",
        )
    fresh = dict(fresh)
    if (notebook.get("nbformat"), notebook.get("nbformat_minor", 0)) < (4, 5) or fresh.get("id") in [c.get("id") for c in cells]:
        fresh.pop("id", None)  # older formats know no ids
    cells.insert(tests[0] if tests else headings[0] + 1, fresh)


def _keep(home: Home, name: str, cells: list[dict[str, Any]], now: datetime) -> Path:
    """Write the old answer to a file of its own; no two of them share a name."""
    folder = home.work_dir / "kept"
    folder.mkdir(exist_ok=True)
    text = "\n\n\n".join(_text(cell) for cell in cells) + "\n"
    stem, number = f"{name}-{now:%Y%m%d-%H%M%S}", 1
    while True:
        path = folder / (f"{stem}.py" if number == 1 else f"{stem}-{number}.py")
        try:
            with path.open("x", encoding="utf-8", errors="surrogatepass") as file:
                file.write(text)
        except FileExistsError:
            number += 1
        else:
            return path


def _load(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".py":
            return {"nbformat": 4, "nbformat_minor": 0, "cells": cells_of(path.read_text(encoding="utf-8"))}
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"] = [{**cell, "source": "".join(cell.get("source", ""))} for cell in notebook["cells"]]
    except (OSError, ValueError, KeyError, TypeError):
        what, where = ("a script", "your editor") if path.suffix == ".py" else ("a notebook", "JupyterLab")
        raise BadInput(f"{path} cannot be read as {what}.", f"Save it again in {where}, or move it away.") from None
    return notebook


def _versions(home: Home) -> dict[str, str]:
    try:
        versions: dict[str, str] = dict(json.loads((home.work_dir / _VERSIONS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}  # nothing is known of these copies, so nothing is said
    return versions


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, data: Any) -> None:
    """Write a script as it is, anything else as JSON as Jupyter does, all of it or nothing."""
    partial = path.with_name(path.name + ".partial")
    script = path.suffix == ".py"
    text = text_of(data["cells"]) if script else json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    partial.write_text(text, encoding="utf-8", errors="surrogatepass")
    partial.replace(path)


def _not_writable(home: Home, error: OSError) -> BadInput:
    return BadInput(f"{home.work_dir} cannot be written: {error}.", "Choose another folder: WORKBOOK_WORK=... workbook lab")


def _text(cell: dict[str, Any]) -> str:
    return str(cell["source"])

"""The student's own scripts in work/, beside the notebooks or instead of them, and the settings with which VS Code runs them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbook.build.packing import modules
from workbook.build.scripts import script_text, untouched, version_of
from workbook.errors import BadInput
from workbook.model import Home, Part

__all__ = ["cells_of", "current_file", "outdated_scripts", "own_files", "prepare_scripts", "settings", "text_of"]

_MARK = re.compile(r"^# ?%%.*$", re.MULTILINE)
_PROSE = re.compile(r"\[(markdown|md|raw)\]")


def prepare_scripts(home: Home) -> list[Path]:
    """Write the script of every part into work/, the modules that parts build on, and settings; returns the new files.

    What is there already is never touched.

    Raises:
        BadInput: there are no sources to write scripts from, or work/ cannot be written.
    """
    if home.packaged:
        raise BadInput("An installed package has no sources to write scripts from.", "Work in a checkout.")
    made = []
    for path, text in _wanted(home).items():
        try:
            if _write_new(path, text):
                made.append(path)
        except OSError as error:
            raise BadInput(
                f"{home.work_dir} cannot be written: {error}.", "Choose another folder: WORKBOOK_WORK=... workbook scripts"
            ) from None
    return made


def outdated_scripts(home: Home) -> list[Path]:
    """Scripts of which the course has a newer version by now."""
    found = []
    for chapter, part in home.parts():
        path = home.script(part.name)
        made_from = version_of(_text(path))
        if made_from and made_from != version_of(script_text(chapter, part)):
            found.append(path)
    return found


def own_files(home: Home, part: Part) -> list[Path]:
    """The student's files of a part that there are: notebook, script."""
    return [path for path in (home.work_dir / f"{part.name}.ipynb", home.script(part.name)) if path.is_file()]


def current_file(home: Home, part: Part) -> Path | None:
    """The file in which the student works on a part: of notebook and script the one saved last.

    A script just as it was made does not count where there is a notebook.
    """
    files = own_files(home, part)
    written = [path for path in files if path.suffix == ".ipynb" or not untouched(_text(path))]
    return max(written, key=lambda path: path.stat().st_mtime_ns) if written else next(iter(files), None)


def cells_of(text: str) -> list[dict[str, Any]]:
    """The cells of a script, named as in a notebook's file; `text_of` gives the same text again.

    "before" is the line that marks the cell, with empty lines below it ("" for text before the first mark); "after" are the empty
    lines at its end.
    """
    marks = ["", *_MARK.findall(text)]
    cells = []
    for mark, piece in zip(marks, _MARK.split(text), strict=True):
        source = piece.strip("\n")
        before = piece[: len(piece) - len(piece.lstrip("\n"))] if source else piece
        after = piece[len(before) + len(source) :]
        kind = "markdown" if _PROSE.search(mark) else "code"
        cells.append({"cell_type": kind, "before": mark + before, "source": source, "after": after})
    return cells


def text_of(cells: Sequence[dict[str, Any]]) -> str:
    """The script that has these cells; those that come from a notebook get a mark."""
    return "".join(cell.get("before", "# %%\n") + cell["source"] + cell.get("after", "\n\n") for cell in cells)


def settings(home: Home) -> dict[Path, str]:
    """Files for VS Code by place, for the work folder opened as a folder: cells, imports and tests work without being set up."""
    folder = home.work_dir / ".vscode"
    values = {
        "python.defaultInterpreterPath": sys.executable,
        "python.analysis.extraPaths": ["."],
        "python.testing.pytestEnabled": True,
        "python.testing.unittestEnabled": False,
        "python.testing.pytestArgs": ["."],
        "jupyter.notebookFileRoot": "${workspaceFolder}",
        "jupyter.interactiveWindow.creationMode": "perFile",
        "jupyter.interactiveWindow.textEditor.magicCommandsAsComments": True,
    }
    files = {
        folder / "settings.json": _json(values),
        folder / "extensions.json": _json({"recommendations": ["ms-python.python", "ms-toolsai.jupyter"]}),
    }
    if home.work_dir != home.root / "work":  # chosen by an environment variable that an editor need not have
        files[home.work_dir / ".env"] = f"WORKBOOK_WORK={home.work_dir}\n"
    return files


def _wanted(home: Home) -> dict[Path, str]:
    files = {}
    for chapter, part in home.parts():
        files[home.script(part.name)] = script_text(chapter, part)
        files.update({home.work_dir / f"{name}.py": text for name, text in modules(chapter, part).items()})
    return {**files, **settings(home)}


def _write_new(path: Path, text: str) -> bool:
    """Write a file that is not there yet, all of it or nothing."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)
    return True


def _text(path: Path) -> str:
    """A script's text; "" where it is missing or no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _json(values: dict[str, object]) -> str:
    return json.dumps(values, indent=4) + "\n"

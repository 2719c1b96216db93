"""Answers read from a student's own file: its code cells are run here, one after another, and what they define is kept.

This runs the file's code in this process. It is for a student's own notebook on the student's own machine.
"""

from __future__ import annotations

import io
import json
import linecache
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbook.errors import BadInput
from workbook.lab.notebook import quiet_tests
from workbook.model import Chapter

__all__ = ["Answers", "code_cells", "read_answers"]

_MAGIC = re.compile(r"^\s*[%!]|^\s*\?|\?\s*$")
_PERCENT = re.compile(r"^# ?%%.*$", re.MULTILINE)


@dataclass
class Answers:
    """What a file's cells defined, and remarks on cells that failed or held magics."""

    path: Path
    names: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def holds(self, chapter: Chapter, part: str) -> bool:
        """Does the file define any function of that part?"""
        return any(name in self.names for exercise in chapter.part(part).exercises for name in exercise.functions)


def read_answers(path: Path) -> Answers:
    """Run a notebook's or a Python file's cells and keep the names that they define.

    A cell that fails does not stop the others. Calls of `tests.test_...` do nothing meanwhile.

    Raises:
        BadInput: the file is missing, or not a notebook nor Python.
    """
    answers = Answers(path)
    names: dict[str, Any] = {"__name__": "__answers__"}
    with (
        quiet_tests(),
        warnings.catch_warnings(),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        for number, source in enumerate(code_cells(path), 1):
            _run_cell(answers, names, number, source)
    answers.names = {name: value for name, value in names.items() if not name.startswith("__")}
    return answers


def code_cells(path: Path) -> list[str]:
    """Sources of a file's code cells.

    Raises:
        BadInput: the file is missing, or not a notebook nor Python.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.", "Name a notebook (.ipynb) or a Python file.") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise BadInput(f"{path} is not a text file.", "Name a notebook (.ipynb) or a Python file.") from None
    if path.suffix == ".py":
        return [cell for cell in _PERCENT.split(text) if cell.strip()]
    try:
        cells = json.loads(text)["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (json.JSONDecodeError, KeyError, TypeError):
        raise BadInput(f"{path} is not a notebook.", "Save it again in JupyterLab; a notebook is a JSON file with cells.") from None


def _run_cell(answers: Answers, names: dict[str, Any], number: int, source: str) -> None:
    lines = source.splitlines()
    kept = ["pass" if _MAGIC.match(line) else line for line in lines]
    if lines and lines[0].startswith("%%"):
        answers.notes.append(f"cell {number} is a {lines[0].split()[0]} cell and was not run.")
        return
    if kept != lines:
        answers.notes.append(f"cell {number}: lines that start with % or ! were left out.")
    text = "\n".join(kept) + "\n"
    name = f"{answers.path.name}[cell {number}]"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    try:
        exec(compile(text, name, "exec"), names)
    except (Exception, SystemExit) as error:
        answers.notes.append(f"cell {number} raised {type(error).__name__}: {error}")

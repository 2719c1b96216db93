"""Answers read from a student's own file: its code cells are run here, one after another, and what they define is kept.

This runs the file's code in this process. It is for a student's own notebook on the student's own machine.
"""

from __future__ import annotations

import io
import json
import linecache
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbook.errors import BadInput
from workbook.lab.notebook import quiet_tests
from workbook.model import Chapter

__all__ = ["Answers", "code_cells", "defined_in", "plain", "read_answers"]

_ADVICE = "Name a notebook (.ipynb) or a Python file."

# Lines of IPython that are no Python: magics, shell commands, questions. Looked for only in cells that do not compile as they are.
_MAGIC = re.compile(r"^(\s*)([\w, ]+=\s*)?([%!]\s*\S.*|\?{1,2}[\w.]+|[\w.]+\?{1,2})\s*$")
_PERCENT = re.compile(r"^# ?%%.*$", re.MULTILINE)
_TRANSPARENT = ("%%time", "%%capture")  # cell magics whose cell is plain Python in the notebook's own names
_DEFINED = re.compile(r"^(?:(?:async )?def|class)\s+(\w+)|^(\w+)\s*(?::[^=]*)?=(?!=)", re.MULTILINE)
# No windows: nobody waits in front of this process.
_QUIET_PICTURES = {"MPLBACKEND": "agg", "PLOTLY_RENDERER": "json"}


@dataclass
class Answers:
    """What a file's cells defined, and remarks on cells that failed or held magics.

    Attributes:
        lost: names that stand in cells which failed, with the remark on that cell.
    """

    path: Path
    names: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)

    def holds(self, chapter: Chapter, part: str) -> bool:
        """Does the file define any function of that part, or try to?"""
        known = self.names.keys() | self.lost.keys()
        return any(name in known for exercise in chapter.part(part).exercises for name in exercise.functions)


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
        _alone(),
        _beside(path.parent),
        warnings.catch_warnings(),
        redirect_stdout(_Nowhere()),
        redirect_stderr(_Nowhere()),
    ):
        warnings.simplefilter("ignore")
        for number, source in enumerate(code_cells(path), 1):
            _run_cell(answers, names, number, source)
    answers.names = {name: value for name, value in names.items() if not name.startswith("__")}
    answers.lost = {name: remark for name, remark in answers.lost.items() if name not in answers.names}
    return answers


class _Nowhere(io.StringIO):
    """Swallows what is written to it, and stays open when a cell closes it."""

    def write(self, text: str) -> int:
        return len(text)

    def close(self) -> None:
        return


def code_cells(path: Path) -> list[str]:
    """Sources of a file's code cells.

    Raises:
        BadInput: the file is missing, or not a notebook nor Python.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.", _ADVICE) from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder.", _ADVICE) from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not a text file.", _ADVICE) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error}.", _ADVICE) from None
    if path.suffix == ".py":
        return _script_cells(text)
    try:
        cells = json.loads(text)["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path} is not a notebook.", "Save it again in JupyterLab; a notebook is a JSON file with cells.") from None


def _script_cells(text: str) -> list[str]:
    """The cells of a script, each after as many empty lines as stand before it, so that its lines have the file's numbers."""
    marks = list(_PERCENT.finditer(text))
    starts, ends = [0, *(mark.end() for mark in marks)], [*(mark.start() for mark in marks), len(text)]
    pieces = [(start, text[start:end]) for start, end in zip(starts, ends, strict=True)]
    return ["\n" * text.count("\n", 0, start) + piece for start, piece in pieces if piece.strip()]


def plain(source: str) -> str | None:
    """A cell as plain Python: magics and shell lines become `pass`. None for a cell in another language (%%bash and the like)."""
    first = source.lstrip().partition("\n")[0]
    if first.startswith("%%"):
        if first.split()[0] not in _TRANSPARENT:
            return None
        source = source.replace(first, "pass", 1)
    if _compiles(source):
        return source
    return "\n".join(_MAGIC.sub(r"\1pass", line) for line in source.splitlines())


def defined_in(source: str) -> set[str]:
    """Names that a cell's text defines at its left margin, as far as can be seen without parsing it."""
    return {found[1] or found[2] for found in _DEFINED.finditer(source)}


def _run_cell(answers: Answers, names: dict[str, Any], number: int, source: str) -> None:
    text = plain(source)
    if text is None:
        answers.notes.append(f"cell {number} is a {source.split()[0]} cell and was not run.")
        return
    if text != source:
        answers.notes.append(f"cell {number}: lines that start with % or ! were left out.")
    name = f"{answers.path.name}[cell {number}]"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    try:
        exec(compile(text + "\n", name, "exec", dont_inherit=True), names)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and the like of a cell end that cell only
        remark = " ".join(f"cell {number} raised {type(error).__name__}: {error}".split()).removesuffix(":")
        answers.notes.append(remark)
        answers.lost.update(dict.fromkeys(defined_in(source), remark))


def _compiles(source: str) -> bool:
    try:
        compile(source, "<cell>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody answers an input() and no picture opens a window while a file's cells run."""
    before = {key: os.environ.get(key) for key in _QUIET_PICTURES}
    stdin, sys.stdin = sys.stdin, io.StringIO()
    os.environ.update(_QUIET_PICTURES)
    try:
        yield
    finally:
        sys.stdin = stdin
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """The file's cells may import what lies beside it, as they do in a notebook; other files' cells are not to find that."""
    place, names = str(folder.resolve()), set(sys.modules)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        with suppress(ValueError):  # a cell may have changed the path itself
            sys.path.remove(place)
        for name in set(sys.modules) - names:
            if str(getattr(sys.modules[name], "__file__", "") or "").startswith(place + os.sep):
                del sys.modules[name]

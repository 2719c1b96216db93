"""A submission as it lies in its folder: read, its cells told apart, what is odd about it noted. Nothing is compiled or run."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbook.errors import BadInput
from workbook.grade.reading.remarks import remarks, some
from workbook.grade.reading.roles import Cell, Raw, Roles, untouched
from workbook.grade.reading.sparse import FLAG, TEXT, WORD, Many, NotJson, TooMuch, clean, nothing, read_sparse
from workbook.model import Chapter, Part
from workbook.model.source import STUB

__all__ = ["Cell", "Submission", "Unreadable", "collect", "read_submission"]

_CELLS = 2_000
_CELL_TEXT = 1_000_000  # characters
_ALL_TEXT = 8_000_000
_FILES = 20
_BYTES = 100_000_000
_NOTES = 5
_TEXT_BYTES = bytes({9, 10, 12, 13, *range(32, 256)} - {127})

_CELL: dict[str, Any] = {
    "cell_type": WORD,
    "source": TEXT,
    "input": TEXT,  # nbformat 3 has the text of code cells there
    "metadata": {"nbgrader": {"grade_id": WORD, "locked": FLAG}},
}
_NOTEBOOK: dict[str, Any] = {
    "cells": Many(_CELL, _CELLS, "cells"),
    "worksheets": Many({"cells": Many(_CELL, _CELLS, "cells")}, _CELLS, "worksheets"),
}
_KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown", "html": "markdown"}
_SUFFIXES = (".ipynb", ".ipynb.txt", ".ipynb.json")  # browsers add the second ones
_SIGNS = {
    b"PK\x03\x04": "a ZIP archive",
    b"%PDF": "a PDF file",
    b"\x1f\x8b": "a compressed file",
    b"<": "a web page",
}
_AGAIN = "Ask for the notebook again, saved in JupyterLab."


class Unreadable(BadInput):
    """A submission that cannot be graded; `reason` is a sentence without its beginning and its full stop."""

    def __init__(self, reason: str, advice: str = _AGAIN) -> None:
        self.reason = reason
        super().__init__(f"not graded because {reason}.", advice)


@dataclass(frozen=True)
class Submission:
    """One student's notebook of one part.

    Attributes:
        name: the file's name.
        cells: all its cells, in order.
        notes: remarks for the student and the instructor.
        written: question to its answer; None where it is missing or still the template.
    """

    name: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    written: Mapping[str, str | None] = field(default_factory=dict)

    def code(self) -> list[Cell]:
        """The cells to be run, in order: without the tests, because the grader runs its own, and without prose."""
        return [cell for cell in self.cells if cell.kind == "code" and cell.role in ("answer", "other")]


def collect(folder: Path, part: str) -> dict[str, bytes]:
    """The notebooks of one submitted folder, by name. Only regular files are opened; links, pipes and devices are passed over.

    Raises:
        Unreadable: there is none, or there is too much.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(f"the submitted folder cannot be opened ({error.strerror})", f"Look at {folder}.") from None
    try:
        with os.scandir(handle) as entries:
            names = sorted(entry.name for entry in entries)
        notebooks = [name for name in names if _is_notebook(name)]
        if len(notebooks) > _FILES:
            raise Unreadable(f"there are more than {_FILES} notebooks", f"Leave one of them in {folder}.")
        files: dict[str, bytes] = {}
        odd: list[str] = []
        room = _BYTES
        for name in notebooks:
            content, what = _content(handle, name, room)
            if content is None:
                odd.append(f"{_shown(name)} is {what}")
            else:
                files[_unique(name, files)] = content
                room -= len(content)
    finally:
        os.close(handle)
    if files:
        return files
    found = odd or [_shown(name) for name in names]
    raise Unreadable(f"there is no notebook {part}.ipynb" + (f" (found: {some(found)})" if found else ", nor anything else"))


def read_submission(files: Mapping[str, bytes], chapter: Chapter, part: Part) -> Submission:
    """The notebook to be graded. The one called like the part, if it can be read; otherwise the one with most answers.

    Raises:
        Unreadable: there is none that can be graded.
    """
    reader = _Reader(chapter, part)
    names = sorted(filter(_is_notebook, files), key=lambda name: (name != f"{part.name}.ipynb", not reader.called(name), name))
    if not names:
        raise Unreadable(f"there is no notebook {part.name}.ipynb")
    best: Submission | None = None
    errors: dict[str, Unreadable] = {}
    for name in names[:_FILES]:
        try:
            found = reader.read(name, files[name])
        except Unreadable as error:
            errors[name] = error
            continue
        if best is None or reader.answers(found) > reader.answers(best):
            best = found
        if reader.called(name):
            break
    if best is None:
        raise errors[names[0]]
    return reader.chosen(best, names, errors)


@dataclass(frozen=True)
class _Reader:
    chapter: Chapter
    part: Part

    def read(self, name: str, data: bytes) -> Submission:
        roles = Roles(self.part)
        raw, odd = _cells(_shown(name), data)
        cells = roles.of(raw)
        if all(cell.role == "other" for cell in cells):
            raise Unreadable(f"{_shown(name)} {self.foreign(raw)}", f"Ask for the notebook of {self.part.name}.")
        written = {question: _written(cells, question) for question in sorted(roles.questions)}
        return Submission(name, tuple(cells), tuple(odd + remarks(roles, raw, cells)), written)

    def foreign(self, raw: list[Raw]) -> str:
        """What is wrong with a notebook that has nothing of this part."""
        for part in self.chapter.parts:
            if part is not self.part and any(cell.role != "other" for cell in Roles(part).of(raw)):
                return f"is the notebook of {part.name}"
        return f"has no exercise of {self.part.name}" if raw else "has no cells"

    def called(self, name: str) -> bool:
        return name.casefold() == f"{self.part.name}.ipynb".casefold()

    def answers(self, submission: Submission) -> int:
        """How many exercises are answered: with something else than the stub or the template."""
        cells = [cell for cell in submission.cells if cell.role == "answer" and STUB not in cell.source]
        written = sum(text is not None for text in submission.written.values())
        return len({name for cell in cells for name in (cell.exercise, *cell.also)}) + written

    def chosen(self, best: Submission, names: list[str], errors: Mapping[str, Unreadable]) -> Submission:
        """The submission with a note on how it was chosen."""
        notes = []
        if not self.called(best.name):
            notes.append(f"there is no readable {self.part.name}.ipynb: {_shown(best.name)} was graded.")
        notes += [f"{error.reason}: it was left aside." for name, error in list(errors.items())[:_NOTES]]
        rest = [_shown(name) for name in names if name != best.name and name not in errors]
        if rest:
            notes.append(f"several notebooks: {_shown(best.name)} was graded, {some(rest)} left aside.")
        return replace(best, notes=(*notes, *best.notes))


def _cells(name: str, data: bytes) -> tuple[list[Raw], list[str]]:
    """The cells of a notebook's text, and what is wrong with some of them."""
    notebook = _json(name, data)
    entries = notebook.get("cells") if notebook else None
    if notebook and entries is None and notebook.get("worksheets") is not None:
        entries = [cell for sheet in notebook["worksheets"] if sheet for cell in sheet.get("cells") or []]
    if entries is None:
        raise Unreadable(f"{name} is JSON, but no notebook")
    if len(entries) > _CELLS:
        raise Unreadable(f"{name} has more than {_CELLS:,} cells")
    raw, odd = [], []
    for number, entry in enumerate(entries, 1):
        cell = entry or {}
        source = cell.get("input") if cell.get("source") is None else cell["source"]
        if source is None:
            odd.append(str(number))
        raw.append(_raw(number, cell, source or ""))
    return raw, [f"taken as empty, because they have no text: cells {some(odd)}."] if odd else []


def _json(name: str, data: bytes) -> dict[str, Any] | None:
    if nothing(data):
        raise Unreadable(f"{name} is empty")
    sign = next((what for sign, what in _SIGNS.items() if data.startswith(sign)), None)
    if sign:
        raise Unreadable(f"{name} is {sign}, no notebook")
    encoding = json.detect_encoding(data)
    if encoding != "utf-8":
        data = data.decode(encoding, "replace").encode("utf-8", "replace")
    try:
        notebook = read_sparse(data, _NOTEBOOK, _CELL_TEXT, _ALL_TEXT)
    except NotJson as error:
        if data[:1_000].translate(None, _TEXT_BYTES):
            raise Unreadable(f"{name} is a binary file, no notebook") from None
        line = data.count(b"\n", 0, error.place) + 1
        where = f"ends in the middle (line {line})" if error.ended else f"is not valid JSON (line {line})"
        raise Unreadable(f"{name} {where}") from None
    except TooMuch as error:
        raise Unreadable(f"{name} has {error}") from None
    return notebook if isinstance(notebook, dict) else None


def _raw(number: int, entry: Mapping[str, Any], source: str) -> Raw:
    kind = entry.get("cell_type")
    source = source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "�")
    if kind == "heading":
        source = f"# {source}"
    nbgrader = (entry.get("metadata") or {}).get("nbgrader") or {}
    return Raw(number, _KINDS.get(kind or "", "raw"), source, nbgrader.get("grade_id") or "", nbgrader.get("locked"))


def _written(cells: list[Cell], question: str) -> str | None:
    texts = [cell.source for cell in cells if cell.role == "question" and cell.exercise == question]
    return next((text for text in reversed(texts) if not untouched(text)), None)


def _content(folder: int, name: str, room: int) -> tuple[bytes | None, str]:
    """A regular file's content; None, and what it is instead, for anything else."""
    try:
        # Not blocking: a pipe would be waited for.
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return None, "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            with os.fdopen(handle, "rb", closefd=False) as file:
                content = file.read(room + 1) if status.st_size <= room else None
        finally:
            os.close(handle)
    except OSError as error:
        return None, "a link" if error.errno == errno.ELOOP else f"not to be read ({error.strerror})"
    if content is None or len(content) > room:
        raise Unreadable(f"the notebooks have more than {_BYTES // 1_000_000} MB", "Clear the outputs and save again.")
    return content, ""


def _unique(name: str, known: Iterable[str]) -> str:
    """The name as text that every file and channel can hold: names of files are bytes."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return text if text not in known else f"{text.removesuffix('.ipynb')} ({len(list(known))}).ipynb"


def _is_notebook(name: str) -> bool:
    return name.casefold().endswith(_SUFFIXES) and not name.startswith(".")


def _shown(name: str) -> str:
    """A name as it may stand in a message: printable, one line, not long."""
    text = clean("".join(letter if letter.isprintable() else "�" for letter in name))
    return text if len(text) <= 60 else f"{text[:40]}…{text[-19:]}"

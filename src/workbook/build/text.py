"""A part's text: MyST markdown cut into sections at its headings, with the hints and model answers taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from workbook.build.formats import jupytext_module
from workbook.errors import ChapterError

__all__ = ["Block", "Section", "prose_lines", "read_text"]

_HEADING = re.compile(r"^(#{1,4}) +(.+?) *$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_DIRECTIVE = re.compile(r"^:::\{(\w+)\}[ \t]*\n(.*?)^:::[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_GIVEN = re.compile(r"^:::\{given\}[ \t]+(\w+)[ \t]*\n:::[ \t]*$\n?", re.MULTILINE)
_KNOWN = ("hint", "answer")


@dataclass(frozen=True)
class Block:
    """One cell's worth of text: "markdown", "code", or "given", the name of a region of the solutions module."""

    kind: str
    source: str


@dataclass
class Section:
    """A heading with everything up to the next one.

    Attributes:
        title: the heading's text; for an exercise its name.
        level: number of the heading's `#`; 0 for text before the first heading.
        line: where the heading stands in the file.
        blocks: markdown and code cells, in order.
        hints: from weakest to strongest.
        answer: the model answer of a written question.
    """

    title: str
    level: int
    line: int
    blocks: list[Block] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    answer: str = ""


def read_text(path: Path) -> list[Section]:
    """The sections of a part's markdown file, in order.

    Raises:
        ChapterError: the file is missing, or a directive in it is unknown or not closed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ChapterError(path, "this file is missing.", "`workbook new part` writes all files of a part.") from None
    notebook = jupytext_module().reads(text, fmt="md:myst")
    lines = [number for number, line in prose_lines(text) if _HEADING.match(line)]
    sections: list[Section] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if not sections:
                sections.append(Section("", 0, 1))
            sections[-1].blocks.append(Block("code", cell.source))
            continue
        for heading, body in _split(cell.source):
            if heading is not None:
                level, title = heading
                sections.append(Section(title, level, lines.pop(0) if lines else 1))
            elif not sections:
                sections.append(Section("", 0, 1))
            for number, piece in enumerate(_GIVEN.split(body + "\n")):
                if number % 2:
                    sections[-1].blocks.append(Block("given", piece))
                else:
                    _add(path, sections[-1], piece)
    return sections


def _split(source: str) -> list[tuple[tuple[int, str] | None, str]]:
    """Pieces of a markdown cell, cut before each heading outside code fences; each piece keeps its heading line."""
    pieces: list[tuple[tuple[int, str] | None, list[str]]] = [(None, [])]
    fence = ""
    for line in source.splitlines():
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        heading = None if fence else _HEADING.match(line)
        if heading:
            pieces.append(((len(heading[1]), heading[2]), []))
        pieces[-1][1].append(line)
    joined = [(heading, "\n".join(lines).strip()) for heading, lines in pieces]
    return [(heading, body) for heading, body in joined if body]


def _add(path: Path, section: Section, body: str) -> None:
    for match in _DIRECTIVE.finditer(body + "\n"):
        kind, content = match[1], match[2].strip()
        if kind not in _KNOWN:
            raise ChapterError(path, f"unknown directive {kind!r}.", f"Known: given NAME, {', '.join(_KNOWN)}.", section.line)
        if kind == "hint":
            section.hints.append(content)
        else:
            section.answer = content
    rest = re.sub(r"\n{3,}", "\n\n", _DIRECTIVE.sub("", body + "\n")).strip()
    if ":::{" in rest:
        raise ChapterError(path, "a directive is not closed.", "End it with a line of three colons.", section.line)
    if rest:
        section.blocks.append(Block("markdown", rest))


def prose_lines(text: str) -> list[tuple[int, str]]:
    """The lines outside code fences, with their numbers."""
    fence, lines = "", []
    for number, line in enumerate(text.splitlines(), 1):
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif not fence:
            lines.append((number, line))
    return lines

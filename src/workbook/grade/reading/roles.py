"""What each cell of a submitted notebook is for, by what survives: names, then markers, then nbgrader's metadata."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace

from workbook.model import Part

__all__ = ["Cell", "Raw", "Roles", "defined", "untouched", "within"]

# As in sparse.py, no quantifier gives back what it took: the text is the student's.
_DEFINITION = re.compile(
    r"^([ \t]*+)(?:(?:async[ \t]++)?(?:def|class)[ \t]++(\w++)|(\w++)[ \t]*+(?::(?!=)[^=\n]*+)?=(?!=))", re.MULTILINE
)
_MARKER = re.compile(r"^[ \t]*+#[ \t]*+exercise:[ \t]*+(\w++)", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"^[ \t]*+#[^\n]*+\n?+", re.MULTILINE)
_TEST = re.compile(r"\s*+(?:\w++\.)?test_(\w++)[ \t]*+\([\w\s,.=*\"']*+\)[ \t]*+;?[ \t]*+(?:#[^\n]*+)?(?=\s|$)")
_WORKS = re.compile(r"^[ \t]*+(?:(?:import|from)\b|\w++[ \t]*+=(?!=))", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]++([^\n]*+)", re.MULTILINE)
_LONG_TEXT = 100_000  # characters
_DEPTH = 20  # blocks in blocks that are told apart
_TEMPLATES = ("", "youranswerhere", "writeyouranswerhere")


@dataclass(frozen=True)
class Cell:
    """One cell of a submission.

    Attributes:
        number: its place among all cells, from 1.
        kind: "code", "markdown" or "raw"; an answer in a cell of the wrong kind is "code".
        source: its text.
        role: "answer", "test", "question" or "other".
        exercise: whose; "" for the role "other".
        also: further exercises that the same cell answers.
    """

    number: int
    kind: str
    source: str
    role: str = "other"
    exercise: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raw:
    """A cell as the file has it; `locked` is None where nbgrader's metadata does not say."""

    number: int
    kind: str
    source: str
    grade_id: str = ""
    locked: bool | None = None


def defined(source: str, known: Container[str]) -> tuple[list[str], list[str]]:
    """Which of the known names a text seems to define: functions and classes anywhere and values at the margin; values further in.

    >>> defined("def f(x):\\n    y = 1\\nz: int = 3\\nz == 4", "fyz")
    (['f', 'z'], ['y'])
    """
    outer: dict[str, None] = {}
    inner: dict[str, None] = {}
    for found in _DEFINITION.finditer(source):
        indent, definition, value = found.groups()
        name = definition or value
        if name in known:
            (inner if indent and value else outer)[name] = None
    return list(outer), list(inner)


def within(source: str) -> set[str]:
    """Names whose every definition stands inside a class or a function; nothing for a very long text.

    >>> within("if True:\\n    def f(): pass\\nclass A:\\n    def g(): pass")
    {'g'}
    """
    if len(source) > _LONG_TEXT:
        return set()
    inside: set[str] = set()
    free: set[str] = set()
    blocks: list[tuple[int, bool]] = []  # indentation of what encloses the line, and whether names stay in there
    for line in source.split("\n"):
        code = line.lstrip(" \t")
        if not code or code.startswith("#"):
            continue
        indent = len(line) - len(code)
        while blocks and blocks[-1][0] >= indent:
            blocks.pop()
        found = _DEFINITION.match(line)
        if found:
            (inside if any(keeps for _, keeps in blocks) else free).add(found[2] or found[3])
        if len(blocks) < _DEPTH:
            blocks.append((indent, bool(found and found[2])))
    return inside - free


def untouched(text: str) -> bool:
    """Is a written answer still the template, or empty?"""
    return len(text) < 200 and re.sub(r"[\W_]", "", text).casefold() in _TEMPLATES


class Roles:
    """Roles of the cells of one part's notebook."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.questions = {exercise.name for exercise in part.exercises if exercise.kind == "question"}
        self.coded = {exercise.name: exercise for exercise in part.exercises if exercise.kind != "question"}
        self.functions = {name: exercise.name for exercise in self.coded.values() for name in exercise.functions}

    def of(self, cells: Sequence[Raw]) -> list[Cell]:
        """Each cell with its role."""
        found = [self.code(cell) if cell.kind == "code" else self.text(cell) for cell in cells]
        found = self.mended(found, cells)
        return self.under_headings(found)

    def code(self, cell: Raw) -> Cell:
        outer, inner = defined(cell.source, self.functions)
        marked = [name for name in _MARKER.findall(cell.source) if name in self.coded]
        answers = self.exercises(outer)
        if answers:
            first = next((name for name in marked if name in answers), answers[0])
            return self.cell(cell, "answer", first, tuple(name for name in answers if name != first))
        tested = self.tests(cell.source)
        if tested:
            return self.cell(cell, "test", tested[0], tuple(tested[1:]))
        if marked or self.answered(cell):
            return self.cell(cell, "answer", *(marked or [self.answered(cell)])[:1])
        if cell.grade_id in self.coded:
            # A test cell that was written over. What it holds may be needed by an answer below.
            works = outer or _WORKS.search(cell.source)
            return self.cell(cell, "other") if works else self.cell(cell, "test", cell.grade_id)
        if cell.grade_id in self.questions:
            return self.cell(cell, "question", cell.grade_id)
        answers = self.exercises(inner)
        return self.cell(cell, "answer", answers[0], tuple(answers[1:])) if answers else self.cell(cell, "other")

    def text(self, cell: Raw) -> Cell:
        question = cell.grade_id in self.questions
        return self.cell(cell, "question", cell.grade_id) if question else self.cell(cell, "other")

    def mended(self, found: list[Cell], cells: Sequence[Raw]) -> list[Cell]:
        """Answers in markdown and raw cells are code where no code cell has them: one key too many does that in JupyterLab."""
        code = [cell for cell in found if cell.role == "answer"]
        have = {name for cell in code for names in defined(cell.source, self.functions) for name in names}
        for place, raw in enumerate(cells):
            if raw.kind == "code" or found[place].role == "question":
                continue
            names, _ = defined(raw.source, self.functions)
            if names and have.isdisjoint(names) and (_MARKER.search(raw.source) or self.answered(raw)):
                found[place] = self.code(replace(raw, kind="code"))
        return found

    def under_headings(self, found: list[Cell]) -> list[Cell]:
        """Questions that lost their metadata: the last text below the heading of that name."""
        lost = self.questions.difference(cell.exercise for cell in found)
        section = ""
        last: dict[str, int] = {}
        for place, cell in enumerate(found):
            if cell.kind == "code":
                section = "" if cell.role in ("answer", "test") else section
                continue
            headings = [title.strip(" #\t") for title in _HEADING.findall(cell.source)]
            if headings:
                section = headings[-1] if headings[-1] in lost else ""
            elif section and not (section in last and untouched(found[last[section]].source)):
                last[section] = place
        for question, place in last.items():
            found[place] = replace(found[place], role="question", exercise=question)
        return found

    def tests(self, source: str) -> list[str]:
        """The exercises whose tests a text calls, when it does nothing else."""
        text = _COMMENT.sub("", source).strip()
        names, place = [], 0
        while place < len(text):
            call = _TEST.match(text, place)
            if call is None or call[1] not in self.coded:
                return []
            names.append(call[1])
            place = call.end()
        return list(dict.fromkeys(names))

    def as_released(self, cell: Cell) -> bool:
        """Is a test cell's text what was handed out, but for blanks and comments?"""
        call = f"tests.test_{cell.exercise}({','.join(self.coded[cell.exercise].functions)})"
        return re.sub(r"\s", "", _COMMENT.sub("", cell.source)) == call

    def answered(self, cell: Raw) -> str:
        """The exercise whose answer cell this is by nbgrader's metadata, or ""."""
        name = cell.grade_id.removesuffix("_answer")
        return name if name != cell.grade_id and name in self.coded else ""

    def exercises(self, names: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(self.functions[name] for name in names if name in self.functions))

    @staticmethod
    def cell(cell: Raw, role: str, exercise: str = "", also: tuple[str, ...] = ()) -> Cell:
        return Cell(cell.number, cell.kind, cell.source, role, exercise, also)

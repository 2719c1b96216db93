"""Notebooks of a part: prose from the text, stubs from the solutions, tests by name. Byte for byte reproducible."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.build.colab import badge, badge_picture, set_up
from workbook.build.formats import nbformat_module
from workbook.build.text import Block, Section, read_text
from workbook.errors import ChapterError, near
from workbook.model import Chapter, Definition, Exercise, Part, SourceFile

__all__ = ["EDITIONS", "build_notebook", "figures", "hidden_seed", "statements", "to_text"]

EDITIONS = ("self-study", "course", "solutions")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(figures/([\w.-]+)\)")


def build_notebook(chapter: Chapter, part: Part, edition: str) -> Any:
    """One part as a notebook node.

    Args:
        edition: "self-study" (stubs; hints and solutions fold out), "course" (nbgrader source) or "solutions" (filled in).

    Raises:
        ChapterError: the chapter's files do not fit together.
    """
    return _Builder(chapter, part, edition).notebook()


def to_text(notebook: Any) -> str:
    """The notebook as the text of an .ipynb file, checked against the notebook schema."""
    return str(nbformat_module().writes(notebook, version=4)) + "\n"


def statements(chapter: Chapter, part: Part) -> dict[str, Section]:
    """The section of each exercise, by name.

    Raises:
        ChapterError: an exercise has no section, or two.
    """
    path = chapter.folder / f"{part.name}.md"
    return _by_exercise(path, part, read_text(path))


def _by_exercise(path: Path, part: Part, sections: list[Section]) -> dict[str, Section]:
    found: dict[str, Section] = {}
    names = {exercise.name for exercise in part.exercises}
    for section in sections:
        if section.title in names:
            if section.title in found:
                raise ChapterError(path, f"two headings {section.title}.", "Keep one of them.", section.line)
            found[section.title] = section
    for exercise in part.exercises:
        if exercise.name not in found:
            raise ChapterError(path, f"no heading for exercise {exercise.name}.", f"Add a heading: ### {exercise.name}")
    return found


@dataclass(frozen=True)
class _Builder:
    chapter: Chapter
    part: Part
    edition: str

    def notebook(self) -> Any:
        v4 = nbformat_module().v4
        exercises = {exercise.name: exercise for exercise in self.part.exercises}
        path = self.chapter.folder / f"{self.part.name}.md"
        sections = read_text(path)
        _by_exercise(path, self.part, sections)  # raises where an exercise has no section, or two
        cells: list[Any] = self._badge()
        for number, section in enumerate(sections):
            exercise = exercises.get(section.title)
            cells += self._section(section, exercise)
            if number == 0:
                cells += self._opening()
            if exercise is not None:
                cells += self._exercise(exercise, section)
        metadata = {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "workbook": {"part": self.part.name, "edition": self.edition},
        }
        return v4.new_notebook(cells=_unique(cells), metadata=metadata)

    # --- prose ------------------------------------------------------------------------------------------------------

    def _section(self, section: Section, exercise: Exercise | None) -> list[Any]:
        slug = re.sub(r"\W+", "-", section.title.lower()).strip("-")[:40] or "start"
        blocks = section.blocks
        if exercise is not None:
            first, *rest = blocks
            blocks = [Block(first.kind, _with_facts(first.source, exercise)), *rest]
        return [self._prose(f"{slug}-{n}" if n else slug, block) for n, block in enumerate(blocks)]

    def _prose(self, name: str, block: Block) -> Any:
        if block.kind == "code":
            return self._cell("code", f"given-{name}", block.source)
        if block.kind == "given":
            return self._cell("code", f"given-{block.source}", self._given(block.source))
        attachments = {}
        for _, file in _IMAGE.findall(block.source):
            path = self.chapter.folder / "figures" / file
            if not path.is_file():
                raise ChapterError(
                    self.chapter.folder / f"{self.part.name}.md",
                    f"there is no figure {file}.",
                    f"Add {path}.",
                )
            attachments[file] = {"image/png": base64.b64encode(path.read_bytes()).decode()}
        cell = self._cell("markdown", f"text-{name}", _IMAGE.sub(r"![\1](attachment:\2)", block.source))
        if attachments:
            cell["attachments"] = attachments
        return cell

    def _badge(self) -> list[Any]:
        link = badge(self.chapter, self.part, self.edition)
        cells = [self._cell("markdown", "colab", link)] if link else []
        for cell in cells:
            cell["attachments"] = badge_picture()
        return cells

    def _given(self, name: str) -> str:
        regions = self._source().regions
        if name not in regions:
            path = self.chapter.folder / f"{self.part.name}.md"
            advice = near(name, regions) or f"Mark it in {self._source().path.name}: # region given: {name}"
            raise ChapterError(path, f"there is no given code {name}.", advice)
        return regions[name].text

    def _opening(self) -> list[Any]:
        cells = [self._cell("code", "set-up", set_up(self.chapter, self.part, self.edition))]
        imports = self._source().imports
        return [*cells, self._cell("code", "imports", imports)] if imports else cells

    # --- exercises --------------------------------------------------------------------------------------------------

    def _exercise(self, exercise: Exercise, section: Section) -> list[Any]:
        if exercise.kind == "question":
            return self._question(exercise, section)
        cells = [self._answer(exercise), self._test(exercise)]
        if not self.chapter.help.in_notebook and self.edition != "solutions":
            return cells
        folds = [_fold(f"Hint {n}", hint) for n, hint in enumerate(section.hints, 1)]
        if self.edition == "self-study":
            folds.append(_fold("Solution", f"```python\n{self._solution_text(exercise)}\n```"))
        return [*cells, self._cell("markdown", f"help-{exercise.name}", "\n\n".join(folds))] if folds else cells

    def _answer(self, exercise: Exercise) -> Any:
        definitions = self._definitions(exercise)
        marker = f"# exercise: {exercise.name}\n"
        if self.edition == "solutions":
            return self._cell("code", f"answer-{exercise.name}", marker + self._solution_text(exercise))
        if self.edition == "course" and exercise.kind != "quiz":
            # nbgrader takes the solutions out of its source notebooks itself.
            source = marker + "\n\n\n".join(definition.marked() for definition in definitions)
            return self._cell("code", f"answer-{exercise.name}", source, _nbgrader(f"{exercise.name}_answer", solution=True))
        # A quiz' answer cell in a course is no solution cell: nbgrader's stub would raise in it.
        source = marker + "\n\n\n".join(definition.stub() for definition in definitions)
        return self._cell("code", f"answer-{exercise.name}", source)

    def _test(self, exercise: Exercise) -> Any:
        call = f"tests.test_{exercise.name}({', '.join(exercise.functions)})"
        name = f"test-{exercise.name}"
        if self.edition != "course":
            return self._cell("code", name, call)
        hidden = f"{call[:-1]}, seed={hidden_seed(exercise)})"
        if exercise.kind == "quiz":
            letter = self._definitions(exercise)[0].value
            hidden = f'{call[:-1]}, letter="{letter}")'
        source = f"{call}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
        metadata = _nbgrader(exercise.name, grade=True, locked=True, points=exercise.points)
        return self._cell("code", name, source, metadata)

    def _question(self, exercise: Exercise, section: Section) -> list[Any]:
        name = f"answer-{exercise.name}"
        if self.edition == "course":
            metadata = _nbgrader(exercise.name, grade=True, solution=True, points=exercise.points)
            return [self._cell("markdown", name, section.answer or "(model answer)", metadata)]
        if self.edition == "solutions":
            return [self._cell("markdown", name, section.answer)]
        folds = [_fold(f"Hint {n}", hint) for n, hint in enumerate(section.hints, 1)]
        folds.append(_fold("Key points", section.answer))
        return [
            self._cell("markdown", name, "*Write your answer here.*"),
            self._cell("markdown", f"help-{exercise.name}", "\n\n".join(folds)),
        ]

    def _source(self) -> SourceFile:
        return SourceFile.read(self.chapter.source(self.part.name))

    def _definitions(self, exercise: Exercise) -> list[Definition]:
        source = self._source()
        for name in exercise.functions:
            if name not in source.definitions:
                raise ChapterError(source.path, f"exercise {exercise.name} has no solution {name}.", f"Define {name} there.")
        return [source.definitions[name] for name in exercise.functions]

    def _solution_text(self, exercise: Exercise) -> str:
        """The solution to be read, without nbgrader's markers."""
        return "\n\n\n".join(definition.unmarked for definition in self._definitions(exercise))

    def _cell(self, kind: str, name: str, source: str, metadata: dict[str, Any] | None = None) -> Any:
        v4 = nbformat_module().v4
        make = v4.new_code_cell if kind == "code" else v4.new_markdown_cell
        if metadata:
            metadata["nbgrader"]["cell_type"] = kind
        return make(source, id=_cell_id(name), metadata=metadata or {})


def hidden_seed(exercise: Exercise) -> int:
    """Seed of the hidden tests' random inputs: the same in every build, another one for each exercise."""
    return 1 + zlib.crc32(f"hidden {exercise.part} {exercise.name}".encode()) % 99_999


def _nbgrader(
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: int | None = None,
) -> dict[str, Any]:
    """nbgrader's cell metadata, schema version 3."""
    entry: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
    }
    if points is not None:
        entry["points"] = points
    return {"nbgrader": entry}


def _with_facts(source: str, exercise: Exercise) -> str:
    """The statement with a line of facts under its heading, and what is not allowed at its end."""
    head, _, rest = source.partition("\n")
    points = f"{exercise.points} point{'s' if exercise.points != 1 else ''}"
    facts = (
        f"*Difficulty {_dots(exercise.difficulty)} · importance {_dots(exercise.importance)} · "
        f"about {exercise.minutes} minute{'s' if exercise.minutes != 1 else ''} · {points}*"
    )
    parts = [head, facts, rest.strip()]
    if exercise.only:
        parts.append(f"Use only {_names(exercise.only)}.")
    elif exercise.forbid:
        parts.append(f"Not in this exercise: {_names(exercise.forbid)}, nor what does the same under another name.")
    return "\n\n".join(part for part in parts if part)


def _dots(number: int) -> str:
    return "●" * number + "○" * (5 - number)


def _names(dotted: tuple[str, ...]) -> str:
    short = [f"`{name}`" for name in dotted]
    return short[0] if len(short) == 1 else f"{', '.join(short[:-1])} and {short[-1]}"


def _fold(title: str, text: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"


def _cell_id(name: str) -> str:
    """A valid cell id (at most 64 letters, digits, - and _) that says what the cell is."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", name)[:60]


def _unique(cells: list[Any]) -> list[Any]:
    seen: dict[str, int] = {}
    for cell in cells:
        count = seen[cell.id] = seen.get(cell.id, 0) + 1
        if count > 1:
            cell["id"] = f"{cell.id}-{count}"
    return cells


def figures(chapter: Chapter, part: Part) -> list[tuple[int, Path]]:
    """The figures that a part's text refers to, each with the number of the line."""
    path = chapter.folder / f"{part.name}.md"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    folder = chapter.folder / "figures"
    return [(number, folder / file) for number, line in enumerate(lines, 1) for _, file in _IMAGE.findall(line)]

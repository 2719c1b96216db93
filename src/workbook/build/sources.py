"""Reading a part's hand-written files side by side: is every name in all of its places, and is it all there?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbook.build import leaks, verdicts
from workbook.build.notebooks import statements
from workbook.build.text import Section, read_text
from workbook.errors import near
from workbook.model import Chapter, Definition, Exercise, Part, SourceFile, variant_of

__all__ = ["Finding", "short", "sources"]

_LIST = "List it in chapter.toml, or remove it."
_MISTAKES = 3  # at least, for every exercise but a written question


@dataclass(frozen=True)
class Finding:
    """Something to mend: where, what, and what to do."""

    path: Path
    fact: str
    advice: str = ""
    line: int | None = None

    def text(self, root: Path) -> str:
        path = short(self.path, root)
        place = f"{path}:{self.line}" if self.line else path
        return f"{place}: {self.fact}" + (f"\n    {self.advice}" if self.advice else "")

    def as_dict(self, root: Path) -> dict[str, Any]:
        return {**asdict(self), "path": short(self.path, root)}


def short(path: Path, root: Path) -> str:
    """A path as it is shown: from the root on, or as it is when it lies elsewhere."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def sources(chapter: Chapter, part: Part) -> Iterator[Finding]:
    """What is missing, superfluous or contradictory in a part's text, solutions, tests and mistakes.

    Raises:
        ChapterError: a file is missing or cannot be read.
    """
    source = SourceFile.read(chapter.source(part.name))
    sections = statements(chapter, part)
    yield from _headings(chapter, part)
    for exercise in part.exercises:
        yield from _statement(chapter, exercise, sections[exercise.name])
        if exercise.kind != "question":
            yield from _solution(source, exercise)
            yield from _test(chapter, exercise)
            yield from _mistakes(chapter, exercise, source)
        yield from _means(chapter, exercise)
        yield from _needs(chapter, exercise)
    yield from _unlisted(chapter, part, source)
    yield from _regions(chapter, part, source)


def _regions(chapter: Chapter, part: Part, source: SourceFile) -> Iterator[Finding]:
    path = chapter.folder / f"{part.name}.md"
    placed = [block.source for section in read_text(path) for block in section.blocks if block.kind == "given"]
    for name, region in source.regions.items():
        if placed.count(name) != 1:
            often = "in no place" if name not in placed else f"{placed.count(name)} times"
            advice = f"Write in {path.name}, once: :::{{given}} {name}"
            yield Finding(source.path, f"the given code {name} stands {often} in the text.", advice, region.lines.start)


def _headings(chapter: Chapter, part: Part) -> Iterator[Finding]:
    path = chapter.folder / f"{part.name}.md"
    names = [exercise.name for exercise in part.exercises]
    order = []
    for section in read_text(path):
        if section.title in names:
            order.append(section)
        elif section.level == 3 and section.title.isidentifier() and "_" in section.title:
            yield Finding(path, f"{section.title} looks like an exercise and is not in chapter.toml.", _LIST, section.line)
    wrong = next((section for section, name in zip(order, names, strict=True) if section.title != name), None)
    if wrong is not None:
        fact = f"the exercises stand in another order than in chapter.toml, first {wrong.title}."
        yield Finding(path, fact, "Use one order.", wrong.line)


def _statement(chapter: Chapter, exercise: Exercise, section: Section) -> Iterator[Finding]:
    path = chapter.folder / f"{exercise.part}.md"
    text = "\n".join(block.source for block in section.blocks)
    if len(text.split()) < 12:
        yield Finding(path, f"{exercise.name} has no statement to speak of.", "Say what to do, with an example.", section.line)
    if not section.hints and not exercise.no_hint and exercise.kind != "question":
        yield Finding(
            path,
            f"{exercise.name} has no hint.",
            "Add :::{hint} blocks, or say why not with no_hint in chapter.toml.",
            section.line,
        )
    if exercise.kind == "question" and not section.answer:
        yield Finding(path, f"{exercise.name} has no model answer.", "Add an :::{answer} block.", section.line)


def _solution(source: SourceFile, exercise: Exercise) -> Iterator[Finding]:
    for name in exercise.functions:
        definition = source.definitions.get(name)
        if definition is None:
            yield Finding(source.path, f"there is no {name}.", f"Exercise {exercise.name} needs it.")
        elif exercise.kind == "quiz":
            if definition.value not in ("a", "b", "c", "d"):
                yield Finding(source.path, f"{name} is {definition.value!r}.", 'It must be "a", "b", "c" or "d".', definition.line)
        else:
            yield from _documented(definition, source)


def _documented(definition: Definition, source: SourceFile) -> Iterator[Finding]:
    if not definition.docstring:
        yield Finding(definition.path, f"{definition.name} has no docstring.", "Students see it in the stub.", definition.line)
    node = definition.node
    if not isinstance(node, ast.FunctionDef):
        return
    annotations = [(arg.arg, arg.annotation) for arg in node.args.args] + [("the result", node.returns)]
    for name, annotation in annotations:
        text = ast.unparse(annotation) if annotation else ""
        if not text:
            yield Finding(
                definition.path,
                f"{definition.name}: {name} has no annotation.",
                "Write one, with named dimensions for arrays.",
                definition.line,
            )
        elif re.fullmatch(r"(np\.|t\.|torch\.)?(ndarray|Tensor)", text) and not source.makes(text):
            advice = 'Write it with named dimensions, for example Float[np.ndarray, "i j"].'
            yield Finding(definition.path, f"{definition.name}: the shape of {name} is not documented.", advice, definition.line)


def _test(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    source = SourceFile.read(chapter.tests / f"test_{exercise.part}.py")
    definition = source.definitions.get(f"test_{exercise.name}")
    if definition is None or not isinstance(definition.node, ast.FunctionDef):
        yield Finding(source.path, f"there is no test_{exercise.name}.", "Every exercise has a test of its name.")
        return
    names = tuple(arg.arg for arg in definition.node.args.args)
    if names != exercise.functions:
        wanted = ", ".join(exercise.functions)
        yield Finding(
            source.path, f"test_{exercise.name} takes ({', '.join(names)}).", f"It must take ({wanted}).", definition.line
        )
    if not definition.docstring:
        yield Finding(source.path, f"test_{exercise.name} has no docstring.", "Say in a line what must hold.", definition.line)


def _mistakes(chapter: Chapter, exercise: Exercise, source: SourceFile) -> Iterator[Finding]:
    assert chapter.mistakes is not None
    known = SourceFile.read(chapter.mistakes / f"{exercise.part}.py")
    mine = [d for name, d in known.definitions.items() if variant_of(name)[0] in exercise.functions]
    if len(mine) < _MISTAKES:
        yield Finding(known.path, f"{exercise.name} has {len(mine)} known mistakes.", f"At least {_MISTAKES} are wanted.")
    for definition in mine:
        if not definition.docstring:
            yield Finding(known.path, f"{definition.name} has no docstring.", "It is what the student reads.", definition.line)
        for line in leaks.telling_lines(source, exercise):
            if line in leaks.squeezed(definition.docstring):
                yield Finding(known.path, f"{definition.name} gives the answer away.", "Say what went wrong only.", definition.line)


def _means(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    for dotted in (*exercise.forbid, *exercise.only):
        if not verdicts.resolves(dotted):
            path = chapter.folder / "chapter.toml"
            yield Finding(path, f"{exercise.name}: there is no {dotted}.", "Correct the name.", _line_of(path, exercise.name))


def _needs(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    path = chapter.folder / "chapter.toml"
    order = list(chapter.exercises)
    earlier = order[: order.index(exercise.name)]
    for name in exercise.needs:
        if name not in earlier:
            fact = f"{exercise.name} needs {name}, which is no earlier exercise."
            advice = near(name, earlier) or "Needs are exercises further up in this file."
            yield Finding(path, fact, advice, _line_of(path, exercise.name))


def _line_of(toml: Path, name: str) -> int | None:
    lines = toml.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if re.match(rf"\s*{name}\s*=", line)), None)


def _unlisted(chapter: Chapter, part: Part, source: SourceFile) -> Iterator[Finding]:
    functions = {name for exercise in part.exercises for name in exercise.functions}
    for name, definition in source.definitions.items():
        if name not in functions and not name.startswith("_"):
            yield Finding(source.path, f"{name} belongs to no exercise.", _LIST, definition.line)
    tests = SourceFile.read(chapter.tests / f"test_{part.name}.py")
    names = {f"test_{exercise.name}" for exercise in part.exercises}
    for name, definition in tests.definitions.items():
        if name.startswith("test_") and name not in names:
            yield Finding(tests.path, f"{name} tests no exercise.", _LIST, definition.line)
    for folder in (chapter.mistakes, chapter.alternatives):
        path = folder / f"{part.name}.py" if folder else None
        for name, definition in SourceFile.read(path).definitions.items() if path and path.is_file() else ():
            if variant_of(name)[0] not in {"", *functions}:
                yield Finding(definition.path, f"{name} belongs to no exercise.", _LIST, definition.line)

"""`workbook check`: is everything right with the chapters? Each finding names a place and what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbook.build import leaks, verdicts
from workbook.build.editions import edition_files, stale
from workbook.build.notebooks import build_notebook, figure_paths, statements
from workbook.build.text import Section, read_text
from workbook.errors import ChapterError, WorkbookError
from workbook.model import Chapter, Definition, Exercise, Home, Part, SourceFile

__all__ = ["Finding", "audit", "steps"]

_MISTAKES = 3  # at least, for every exercise but a written question
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?://|#|mailto:|attachment:)([^)\s]+)\)")


@dataclass(frozen=True)
class Finding:
    """Something to mend: where, what, and what to do."""

    path: Path
    fact: str
    advice: str = ""
    line: int | None = None

    def text(self, root: Path) -> str:
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        place = f"{path}:{self.line}" if self.line else str(path)
        return f"{place}: {self.fact}" + (f"\n    {self.advice}" if self.advice else "")

    def as_dict(self, root: Path) -> dict[str, Any]:
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        return {**asdict(self), "path": str(path)}


Step = tuple[str, Callable[[], Iterator[Finding]]]


def audit(home: Home) -> list[Finding]:
    """All findings of all chapters; none means that everything is right."""
    return [finding for _, run in steps(home) for finding in run()]


def steps(home: Home) -> list[Step]:
    """The audit's steps with a name each, for a progress bar. A file that cannot be read ends its own step only."""
    found: list[Step] = []
    for chapter in home.chapters:
        for part in chapter.parts:
            found.append((f"{part.name}: sources", _guarded(_sources, chapter, part)))
            found += [(f"{e.name}: verdicts", _guarded(_verdicts, chapter, e)) for e in part.exercises if e.kind != "question"]
            found.append((f"{part.name}: course edition", _guarded(_course, chapter, part)))
        found.append((f"{chapter.name}: files", _guarded(_files, home, chapter)))
    found.append(("generated files", _guarded(_generated, home)))
    return found


def _guarded(function: Callable[..., Iterator[Finding]], *args: Any) -> Callable[[], Iterator[Finding]]:
    def run() -> Iterator[Finding]:
        try:
            yield from function(*args)
        except ChapterError as error:
            yield Finding(error.path, error.what, error.advice, error.line)

    return run


# --- sources --------------------------------------------------------------------------------------------------------


def _sources(chapter: Chapter, part: Part) -> Iterator[Finding]:
    source = SourceFile.read(chapter.source(part.name))
    sections = statements(chapter, part)
    yield from _headings(chapter, part)
    earlier: set[str] = set()
    for exercise in part.exercises:
        yield from _statement(chapter, exercise, sections[exercise.name])
        if exercise.kind != "question":
            yield from _solution(source, exercise)
            yield from _test(chapter, exercise)
            yield from _mistakes(chapter, exercise, source)
        for name in exercise.needs:
            if name not in earlier and not _earlier_part(chapter, part, name):
                yield Finding(chapter.folder / "chapter.toml", f"{exercise.name} needs {name}, which is not an earlier exercise.")
        yield from _means(chapter, exercise)
        earlier.add(exercise.name)
    yield from _unlisted(chapter, part, source)


def _headings(chapter: Chapter, part: Part) -> Iterator[Finding]:
    path = chapter.folder / f"{part.name}.md"
    names = [exercise.name for exercise in part.exercises]
    order = []
    for section in read_text(path):
        if section.title in names:
            order.append(section.title)
        elif section.level == 3 and section.title.isidentifier() and "_" in section.title:
            yield Finding(path, f"{section.title} looks like an exercise and is not in chapter.toml.", "", section.line)
    if order != names:
        first = next(a for a, b in zip(order, names, strict=True) if a != b)
        yield Finding(path, f"the exercises stand in another order than in chapter.toml, first {first}.", "Use one order.")


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
            yield from _documented(definition)


def _documented(definition: Definition) -> Iterator[Finding]:
    if not definition.docstring:
        yield Finding(definition.path, f"{definition.name} has no docstring.", "Students see it in the stub.", definition.line)
    node = definition.node
    if not isinstance(node, ast.FunctionDef):
        return
    annotations = [(arg.arg, arg.annotation) for arg in node.args.args] + [("the result", node.returns)]
    for name, annotation in annotations:
        text = ast.unparse(annotation) if annotation else ""
        if not text:
            yield Finding(definition.path, f"{definition.name}: {name} has no annotation.", "", definition.line)
        elif re.fullmatch(r"(np\.|t\.|torch\.)?(ndarray|Tensor)", text):
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
    mine = [d for name, d in known.definitions.items() if "__" in name and name.partition("__")[0] in exercise.functions]
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
            yield Finding(chapter.folder / "chapter.toml", f"{exercise.name}: there is no {dotted}.", "Correct the name.")


def _earlier_part(chapter: Chapter, part: Part, name: str) -> bool:
    before = chapter.parts[: chapter.parts.index(part)]
    return any(exercise.name == name for other in before for exercise in other.exercises)


def _unlisted(chapter: Chapter, part: Part, source: SourceFile) -> Iterator[Finding]:
    functions = {name for exercise in part.exercises for name in exercise.functions}
    advice = "List it in chapter.toml, or remove it."
    for name, definition in source.definitions.items():
        if name not in functions and not name.startswith("_"):
            yield Finding(source.path, f"{name} belongs to no exercise.", advice, definition.line)
    tests = SourceFile.read(chapter.tests / f"test_{part.name}.py")
    names = {f"test_{exercise.name}" for exercise in part.exercises}
    for name, definition in tests.definitions.items():
        if name.startswith("test_") and name not in names:
            yield Finding(tests.path, f"{name} tests no exercise.", advice, definition.line)
    for folder in (chapter.mistakes, chapter.alternatives):
        path = folder / f"{part.name}.py" if folder else None
        for name, definition in SourceFile.read(path).definitions.items() if path and path.is_file() else ():
            if "__" in name and not name.startswith("_") and name.partition("__")[0] not in functions:
                yield Finding(definition.path, f"{name} belongs to no exercise.", advice, definition.line)


# --- what runs ------------------------------------------------------------------------------------------------------


def _verdicts(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    for path, line, fact, advice in verdicts.judge(chapter, exercise):
        yield Finding(path, fact, advice, line)


def _course(chapter: Chapter, part: Part) -> Iterator[Finding]:
    notebook = build_notebook(chapter, part, "course")
    entries = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    points = sum(entry.get("points", 0) for entry in entries)
    if points != part.points:
        fact = f"{part.name}: the course edition has {points} points, chapter.toml {part.points}."
        yield Finding(chapter.folder / "chapter.toml", fact)
    path = chapter.folder / f"{part.name}.md"
    for fact in leaks.search(chapter, part, leaks.released(notebook)):
        yield Finding(path, fact, "Nothing of this may reach a student of a graded course.")


# --- files ----------------------------------------------------------------------------------------------------------


def _files(home: Home, chapter: Chapter) -> Iterator[Finding]:
    parts = {part.name for part in chapter.parts}
    everywhere = {part.name for _, part in home.parts()}
    expected = [
        (chapter.folder, "*.md", parts),
        (chapter.tests, "test_*.py", {f"test_{name}" for name in parts}),
        (chapter.solutions, "*.py", everywhere),
        (chapter.mistakes, "*.py", everywhere),
        (chapter.alternatives, "*.py", everywhere),
    ]
    for folder, pattern, names in expected:
        for path in sorted(folder.glob(pattern)) if folder else ():
            if path.stem not in names and path.stem != "__init__":
                yield Finding(path, "this file belongs to no part.", "List the part in chapter.toml, or remove the file.")
    for part in chapter.parts:
        yield from _links(chapter, part)
    used = {path for part in chapter.parts for path in figure_paths(chapter, part)}
    for path in sorted((chapter.folder / "figures").glob("*.png")):
        if path not in used:
            yield Finding(path, "no part shows this figure.", "Use it or remove it.")


def _links(chapter: Chapter, part: Part) -> Iterator[Finding]:
    path = chapter.folder / f"{part.name}.md"
    if not path.is_file():
        return  # said where the sources are read
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for target in _LINK.findall(line):
            name = target.partition("#")[0]
            notebook = name.endswith(".ipynb") and any(part.name == Path(name).stem for part in chapter.parts)
            if not notebook and not (chapter.folder / name).exists():
                yield Finding(
                    path, f"the link to {target} leads nowhere.", "Notebooks lie side by side: part3_einsum.ipynb.", number
                )
    for figure in figure_paths(chapter, part):
        if not figure.is_file():
            yield Finding(path, f"the figure {figure.name} is missing.", f"Add {figure}.")


def _generated(home: Home) -> Iterator[Finding]:
    try:
        files = edition_files(home, "self-study")
    except WorkbookError:
        return  # said by another step, with its place
    for path, reason in stale(files):
        yield Finding(path, f"this generated file is {reason}.", "Run `workbook build` and commit the result.")

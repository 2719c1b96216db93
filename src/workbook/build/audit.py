"""`workbook check`: is everything right with the chapters? Each finding names a place and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from workbook.build import leaks, verdicts
from workbook.build.editions import edition_files, stale
from workbook.build.notebooks import build_notebook, figures
from workbook.build.scaffold import open_places
from workbook.build.sources import Finding, sources
from workbook.build.text import prose_lines
from workbook.errors import ChapterError, WorkbookError
from workbook.model import Chapter, Exercise, Home, Part, SourceFile

__all__ = ["Finding", "audit", "steps"]

_CODE = re.compile(r"`[^`]*`")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?://|#|mailto:|attachment:)([^)\s]+)\)")

Step = tuple[str, Callable[[], Iterator[Finding]]]


def audit(home: Home) -> list[Finding]:
    """All findings of all chapters; none means that everything is right."""
    return [finding for _, run in steps(home) for finding in run()]


def steps(home: Home) -> list[Step]:
    """The audit's steps with a name each, for a progress bar. A file that cannot be read ends its own step only."""
    try:
        chapters = home.chapters
    except ChapterError as error:
        return [("chapters", _guarded(_unreadable, error))]
    found: list[Step] = []
    for chapter in chapters:
        for part in chapter.parts:
            found.append((f"{part.name}: sources", _guarded(sources, chapter, part)))
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


def _unreadable(error: ChapterError) -> Iterator[Finding]:
    raise error
    yield  # makes this a generator, as all steps are


# --- what runs ------------------------------------------------------------------------------------------------------


def _verdicts(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    try:
        for path, line, fact, advice in verdicts.judge(chapter, exercise):
            yield Finding(path, fact, advice, line)
    except ChapterError:
        raise
    except Exception as bug:
        if not any("bug in the test" in note for note in getattr(bug, "__notes__", ())):
            raise
        source = SourceFile.read(chapter.tests / f"test_{exercise.part}.py")
        line = source.definitions[f"test_{exercise.name}"].line
        fact = f"test_{exercise.name} is broken: {type(bug).__name__}: {bug}"
        yield Finding(source.path, fact, "Mend the test: it must raise nothing of its own.", line)


def _course(chapter: Chapter, part: Part) -> Iterator[Finding]:
    notebook = build_notebook(chapter, part, "course")
    entries = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    points = sum(entry.get("points", 0) for entry in entries)
    if points != part.points:
        fact = f"{part.name}: the course edition has {points} points, chapter.toml {part.points}."
        yield Finding(chapter.folder / "chapter.toml", fact, "Points are whole numbers, each written in one line there.")
    path = chapter.folder / f"{part.name}.md"
    lines = [leaks.squeezed(line) for line in path.read_text(encoding="utf-8").splitlines()]
    try:
        text = leaks.released(notebook)
    except RuntimeError as error:  # nbgrader's, about its own markers
        yield Finding(path, f"nbgrader cannot release this part: {error}", "Its markers may stand in solutions only.")
        return
    for leak in leaks.search(chapter, part, text):
        place = next((number for number, line in enumerate(lines, 1) if leak.needle in line), None)
        yield Finding(path, leak.fact, "Nothing of this may reach a student of a graded course.", place)


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
        for path, line, text in open_places(chapter, part):
            yield Finding(
                path, f"still to be filled in: {text}" if text else "still to be filled in.", "Write it in place of TODO.", line
            )
        yield from _links(chapter, part)
    used = {path for part in chapter.parts for _, path in figures(chapter, part)}
    for path in sorted((chapter.folder / "figures").glob("*.png")):
        if path not in used:
            yield Finding(path, "no part shows this figure.", "Use it or remove it.")


def _links(chapter: Chapter, part: Part) -> Iterator[Finding]:
    path = chapter.folder / f"{part.name}.md"
    if not path.is_file():
        return  # said where the sources are read
    for number, line in prose_lines(path.read_text(encoding="utf-8")):
        for target in _LINK.findall(_CODE.sub("", line)):
            name = target.partition("#")[0]
            notebook = name.endswith(".ipynb") and any(part.name == Path(name).stem for part in chapter.parts)
            if not notebook and not (chapter.folder / name).exists():
                advice = "Notebooks lie side by side: part3_einsum.ipynb."
                yield Finding(path, f"the link to {target} leads nowhere.", advice, number)
    for number, figure in figures(chapter, part):
        if not figure.is_file():
            yield Finding(path, f"the figure {figure.name} is missing.", f"Add {figure}.", number)


def _generated(home: Home) -> Iterator[Finding]:
    try:
        files = edition_files(home, "self-study")
    except WorkbookError:
        return  # said by another step, with its place
    for path, reason in stale(files):
        yield Finding(path, f"this generated file is {reason}.", "Run `workbook build` and commit the result.")

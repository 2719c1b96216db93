"""What of the chapters goes into the two wheels. Used by the build hooks, so it needs nothing but the standard library."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from workbook.model.chapter import Chapter, Part
from workbook.model.home import Home
from workbook.model.source import SourceFile

__all__ = ["modules", "selfstudy_files", "stub_module", "wheel_files"]


def wheel_files(root: Path, scratch: Path) -> list[tuple[Path, str]]:
    """Files and their places below workbook/chapters/. Stubs are written to `scratch` first.

    Chapter settings, data, tests and stubs; no solution, mistake or alternative.
    """
    files: list[tuple[Path, str]] = []
    for chapter in Home(root).chapters:
        files.append((chapter.folder / "chapter.toml", f"{chapter.name}/chapter.toml"))
        files += _tree(chapter.folder / "data", f"{chapter.name}/data")
        files += _tree(chapter.tests, f"{chapter.name}/tests")
        for part in chapter.parts:
            stub = scratch / f"{chapter.name}-{part.name}.py"
            written = {name for exercise in part.exercises for name in exercise.functions}
            stub.write_text(stub_module(SourceFile.read(chapter.source(part.name)), written), encoding="utf-8")
            files.append((stub, f"{chapter.name}/stubs/{part.name}.py"))
    return files


def selfstudy_files(root: Path, scratch: Path) -> list[tuple[Path, str]]:
    """Files and their places below workbook_selfstudy/, which is laid out like a checkout. Modules are written to `scratch` first.

    All that a notebook for self-study makes use of: settings, text (it holds the hints), data, tests, solutions, mistakes, and the
    modules that parts build on. A graded course must not have it.
    """
    files: list[tuple[Path, str]] = []
    for chapter in Home(root).chapters:
        assert chapter.solutions is not None and chapter.mistakes is not None
        files.append((chapter.folder / "chapter.toml", f"{chapter.name}/chapter.toml"))
        files += _tree(chapter.folder / "data", f"{chapter.name}/data")
        files += _tree(chapter.tests, f"tests/{chapter.name}")
        for part in chapter.parts:
            files.append((chapter.folder / f"{part.name}.md", f"{chapter.name}/{part.name}.md"))
            files.append((chapter.source(part.name), f"solutions/{part.name}.py"))
            files.append((chapter.mistakes / f"{part.name}.py", f"tests/mistakes/{part.name}.py"))
            for name, text in modules(chapter, part).items():
                module = scratch / f"{name}.py"
                module.write_text(text, encoding="utf-8")
                files.append((module, f"modules/{name}.py"))
    return list(dict.fromkeys(files))


def modules(chapter: Chapter, part: Part) -> dict[str, str]:
    """The parts that a part builds on, as the modules that its notebook imports: name to text. They lie beside it.

    They are the solutions of those parts, without the letters of their quizzes.
    """
    found = {}
    for name in part.builds_on:
        quizzes = [exercise.name for exercise in chapter.part(name).exercises if exercise.kind == "quiz"]
        found[name] = SourceFile.read(chapter.source(name)).module(without=quizzes)
    return found


def stub_module(source: SourceFile, written: Collection[str] = ()) -> str:
    """A module with the imports and stubs of a solutions module, and nothing of its solutions.

    Args:
        written: what students write; of other names only the public ones are kept.
    """
    stubs = [definition.stub() for name, definition in source.definitions.items() if name[0] != "_" or name in written]
    return "\n\n\n".join([source.imports, *stubs]) + "\n"


def _tree(folder: Path, target: str) -> list[tuple[Path, str]]:
    """The files below a folder, without caches and hidden files: an editor's or a type checker's may hold copies of solutions."""
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return [
        (path, f"{target}/{place.as_posix()}")
        for place, path in found.items()
        if not any(part.startswith(".") or part == "__pycache__" for part in place.parts)
    ]

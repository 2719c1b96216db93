"""What of the chapters goes into the wheel. Used by the build hook, so it needs nothing but the standard library."""

from __future__ import annotations

from pathlib import Path

from workbook.model.home import Home
from workbook.model.source import SourceFile

__all__ = ["stub_module", "wheel_files"]


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
            stub.write_text(stub_module(SourceFile.read(chapter.source(part.name))), encoding="utf-8")
            files.append((stub, f"{chapter.name}/stubs/{part.name}.py"))
    return files


def stub_module(source: SourceFile) -> str:
    """A module with the imports and stubs of a solutions module, and nothing of its solutions."""
    stubs = [definition.stub() for name, definition in source.definitions.items() if not name.startswith("_")]
    return "\n\n\n".join([source.imports, *stubs]) + "\n"


def _tree(folder: Path, target: str) -> list[tuple[Path, str]]:
    """The files below a folder, without caches and hidden files: an editor's or a type checker's may hold copies of solutions."""
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return [
        (path, f"{target}/{place.as_posix()}")
        for place, path in found.items()
        if not any(part.startswith(".") or part == "__pycache__" for part in place.parts)
    ]

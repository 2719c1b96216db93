"""Whole editions as files: which there are, writing them, and saying which committed ones are stale."""

from __future__ import annotations

from pathlib import Path

from workbook.build.notebooks import build_notebook, to_text
from workbook.build.packing import modules
from workbook.build.scripts import script_text
from workbook.errors import BadInput
from workbook.model import Chapter, Home
from workbook.model.source import STUB

__all__ = ["course_files", "edition_files", "modules", "stale", "write_files"]

_CONFIG = "nbgrader_config.py"
_KINDS = ("*.ipynb", "*.py")  # of generated files


def edition_files(home: Home, edition: str, output: Path | None = None) -> dict[Path, str]:
    """Every file of an edition with its text, without writing anything.

    "self-study" goes to exercises/, "solutions" to build/solutions/, "script" to build/scripts/, "course" to
    build/course/<chapter>/, unless `output` names another folder.

    Raises:
        BadInput: an installed package has no sources to build from.
        ChapterError: the chapter's files do not fit together.
    """
    if home.packaged:
        what = "is not built from again" if home.self_study else "holds no solutions, so there is nothing to build from"
        raise BadInput(f"An installed package {what}.", "Run this in a checkout.")
    if edition == "course":
        several = len(home.chapters) > 1  # each chapter is a course with a configuration of its own
        folders = {chapter: output / chapter.name if output and several else output for chapter in home.chapters}
        return {path: text for chapter, folder in folders.items() for path, text in course_files(home, chapter, folder).items()}
    usual = {"self-study": home.exercises_dir, "solutions": home.build_dir / "solutions", "script": home.build_dir / "scripts"}
    folder = output or usual[edition]
    files = {}
    for chapter, part in home.parts():
        if edition == "script":
            files[folder / home.script(part.name).name] = script_text(chapter, part)
        else:
            files[folder / f"{part.name}.ipynb"] = to_text(build_notebook(chapter, part, edition))
        files.update({folder / f"{name}.py": text for name, text in modules(chapter, part).items()})
    return files


def course_files(home: Home, chapter: Chapter, output: Path | None = None) -> dict[Path, str]:
    """An nbgrader course folder: its configuration and one source notebook an assignment."""
    folder = output or home.build_dir / "course" / chapter.name
    files = {folder / _CONFIG: _config(chapter)}
    for part in chapter.parts:
        assignment = folder / "source" / part.name
        files[assignment / f"{part.name}.ipynb"] = to_text(build_notebook(chapter, part, "course"))
        files.update({assignment / f"{name}.py": text for name, text in modules(chapter, part).items()})
    return files


def write_files(files: dict[Path, str]) -> list[Path]:
    """Write the files whose text changed, each in one step, and return those."""
    changed = [path for path, text in files.items() if _current(path) != text.encode()]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(files[path], encoding="utf-8", newline="\n")
        partial.replace(path)
    return changed


def stale(files: dict[Path, str]) -> list[tuple[Path, str]]:
    """Generated files that are missing, differ from their sources, or have no source any more; each with the reason."""
    found = []
    for path, text in files.items():
        current = _current(path)
        if current != text.encode():
            found.append((path, "missing" if current is None else "stale"))
    present = {found for path in files if path.name != _CONFIG for kind in _KINDS for found in path.parent.glob(kind)}
    present |= {found for path in files if path.name == _CONFIG for kind in _KINDS for found in path.parent.glob(f"source/*/{kind}")}
    return found + [(path, "without a source") for path in sorted(present - set(files))]


def _current(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _config(chapter: Chapter) -> str:
    return f'''"""nbgrader's configuration of this course, written by `workbook build --edition course`."""

import sys
from pathlib import Path

c = get_config()  # noqa: F821  # nbgrader defines it

c.CourseDirectory.root = str(Path(__file__).parent)
c.CourseDirectory.course_id = "{chapter.name}"
# The same stub in every edition.
c.ClearSolutions.code_stub = {{"python": {STUB!r}}}
# Deleted test cells come back before grading.
c.OverwriteCells.add_missing_cells = True
c.ExecutePreprocessor.timeout = 60
if "nbgrader.preprocessors" in sys.modules:  # nbgrader reads this; `workbook grade` writes feedback itself, and starts sooner
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
    from nbgrader.preprocessors import ClearHiddenTests, GetGrades

    # Feedback without the hidden tests, which nbgrader would show.
    c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]
'''

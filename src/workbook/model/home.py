"""Where the chapters are: a checkout of the project, or a copy that is installed, for self-study or for a graded course."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workbook.errors import BadInput, UnknownName
from workbook.model.chapter import Chapter, Exercise, Part, read_chapter

__all__ = ["Home", "find_home"]

_PACKAGED = Path(__file__).parent.parent / "chapters"
_SELF_STUDY = "workbook_selfstudy"  # the package of the second distribution, laid out like a checkout


@dataclass(frozen=True)
class Home:
    """The folder that holds the chapters.

    Attributes:
        root: the checkout's root, or the installed package's folder of chapters.
        packaged: True for installed chapters: there is nothing to build from, and nowhere to write.
        self_study: of installed chapters: solutions, mistakes and the text are there too, in the folders of a checkout.
    """

    root: Path
    packaged: bool = False
    self_study: bool = False

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """All chapters, in order of their folders' names."""
        return tuple(self._chapter(toml) for toml in sorted(self.root.glob("*/chapter.toml")))

    def _chapter(self, toml: Path) -> Chapter:
        folder = toml.parent
        if self.packaged and not self.self_study:
            return read_chapter(
                toml, tests=folder / "tests", solutions=None, mistakes=None, alternatives=None, stubs=folder / "stubs"
            )
        tests = self.root / "tests"
        return read_chapter(
            toml,
            tests=tests / folder.name,
            solutions=self.root / "solutions",
            mistakes=tests / "mistakes",
            alternatives=None if self.packaged else tests / "alternatives",
            stubs=None,
        )

    @property
    def exercises_dir(self) -> Path:
        """The generated notebooks."""
        return self.root / "exercises"

    @property
    def work_dir(self) -> Path:
        """The student's own copies and record; $WORKBOOK_WORK names another folder. Without a checkout: where the student works."""
        chosen = os.environ.get("WORKBOOK_WORK")
        if chosen:
            return Path(chosen).expanduser().absolute()
        return (Path.cwd() if self.packaged else self.root) / "work"

    def script(self, part: str) -> Path:
        """The place of the student's own script of a part; no other part imports a module of that name."""
        return self.work_dir / f"{part}_cells.py"

    @property
    def modules_dir(self) -> Path:
        """The parts that others build on, as modules that a notebook imports."""
        return self.root / "modules" if self.packaged else self.exercises_dir

    @property
    def build_dir(self) -> Path:
        return self.root / "build"

    def parts(self) -> list[tuple[Chapter, Part]]:
        return [(chapter, part) for chapter in self.chapters for part in chapter.parts]

    def part(self, name: str) -> tuple[Chapter, Part]:
        """The part of that name and its chapter; UnknownName with near names otherwise."""
        found = [(chapter, part) for chapter, part in self.parts() if part.name == name]
        if not found:
            known = [part.name for _, part in self.parts()]
            raise UnknownName("part", name, known, f"Parts are {', '.join(known)}.")
        return found[0]

    def exercise(self, name: str) -> tuple[Chapter, Exercise]:
        """The exercise of that name and its chapter; UnknownName with near names otherwise."""
        for chapter in self.chapters:
            if name in chapter.exercises:
                return chapter, chapter.exercises[name]
        known = [key for chapter in self.chapters for key in chapter.exercises]
        raise UnknownName("exercise", name, known, "`workbook status` lists them all.")


def find_home(start: Path | None = None) -> Home:
    """The nearest checkout above `start` (default: the working folder), else the checkout of an editable install, else what is
    installed: the chapters for self-study where they are, else those of the wheel.

    Raises:
        BadInput: there are no chapters anywhere.
    """
    here = (start or Path.cwd()).resolve()
    checkout = Path(__file__).parents[3]
    for folder in (here, *here.parents, checkout):
        if (folder / "solutions").is_dir() and any(folder.glob("*/chapter.toml")):
            return Home(folder)
    spec = importlib.util.find_spec(_SELF_STUDY)
    if spec is not None and spec.origin is not None:
        return Home(Path(spec.origin).parent, packaged=True, self_study=True)
    if any(_PACKAGED.glob("*/chapter.toml")):
        return Home(_PACKAGED, packaged=True)
    raise BadInput(
        f"No chapter was found above {here}, nor in the installed package.",
        "Run this inside a checkout of the project, or install the package again.",
    )

"""Where the chapters are: a checkout of the project, or the copy inside an installed wheel."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workbook.errors import BadInput, UnknownName
from workbook.model.chapter import Chapter, Exercise, Part, read_chapter

__all__ = ["Home", "find_home"]

_PACKAGED = Path(__file__).parent.parent / "chapters"


@dataclass(frozen=True)
class Home:
    """The folder that holds the chapters.

    Attributes:
        root: the checkout's root, or the installed package's folder of chapters.
        packaged: True for an installed wheel, which holds neither solutions nor mistakes.
    """

    root: Path
    packaged: bool = False

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """All chapters, in order of their folders' names."""
        return tuple(self._chapter(toml) for toml in sorted(self.root.glob("*/chapter.toml")))

    def _chapter(self, toml: Path) -> Chapter:
        folder = toml.parent
        if self.packaged:
            return read_chapter(
                toml, tests=folder / "tests", solutions=None, mistakes=None, alternatives=None, stubs=folder / "stubs"
            )
        tests = self.root / "tests"
        return read_chapter(
            toml,
            tests=tests / folder.name,
            solutions=self.root / "solutions",
            mistakes=tests / "mistakes",
            alternatives=tests / "alternatives",
            stubs=None,
        )

    @property
    def exercises_dir(self) -> Path:
        """The generated notebooks."""
        return self.root / "exercises"

    @property
    def work_dir(self) -> Path:
        """The student's own copies; $WORKBOOK_WORK names another folder."""
        chosen = os.environ.get("WORKBOOK_WORK")
        return Path(chosen).expanduser().absolute() if chosen else self.root / "work"

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
    """The nearest checkout above `start` (default: the working folder), else the checkout of an editable install, else the wheel's.

    Raises:
        BadInput: there are no chapters anywhere.
    """
    here = (start or Path.cwd()).resolve()
    checkout = Path(__file__).parents[3]
    for folder in (here, *here.parents, checkout):
        if (folder / "solutions").is_dir() and any(folder.glob("*/chapter.toml")):
            return Home(folder)
    if any(_PACKAGED.glob("*/chapter.toml")):
        return Home(_PACKAGED, packaged=True)
    raise BadInput(
        f"No chapter was found above {here}, nor in the installed package.",
        "Run this inside a checkout of the project, or install the package again.",
    )

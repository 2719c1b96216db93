"""The trial: what the toolkit must know about the exercise whose test is running, handed down in a context variable."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from types import FrameType
from typing import Any

import numpy as np

from workbook.errors import UnknownName, WorkbookError
from workbook.model import Chapter, Exercise, Signature, SourceFile, find_home

__all__ = ["Trial", "begin", "current", "data", "rng", "trial_of"]


@dataclass
class Trial:
    """One run of one exercise's test.

    Attributes:
        chapter, exercise: what is tested; None for a test function outside any chapter.
        seed: seeds every random input of the test.
        letter: a quiz' right letter, where a hidden test knows it.
        verdict_only: only whether the answer passes is asked: no mistake is looked for, which takes longer than the test.
        arguments: what the test was called with; answers may have any `__name__`, their place says whose they are.
        figures: pictures to show after success.
        notes: remarks for the student that do not change the outcome.
    """

    chapter: Chapter | None = None
    exercise: Exercise | None = None
    seed: int = 0
    arguments: tuple[Any, ...] = ()
    letter: str = ""
    verdict_only: bool = False
    figures: list[Callable[[], Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.exercise.name if self.exercise else ""

    @cached_property
    def generator(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(self.name.encode())])

    @cached_property
    def source(self) -> SourceFile | None:
        if self.chapter is None or self.exercise is None:
            return None
        return SourceFile.read(self.chapter.source(self.exercise.part))

    def function_name(self, function: Any) -> str:
        """Which of the exercise's functions an answer stands for, by its place among the arguments; "" where that is unknown."""
        names = self.exercise.functions if self.exercise else ()
        found = [name for name, argument in zip(names, self.arguments, strict=False) if argument is function]
        return found[0] if found else ""

    def signature(self, function: str) -> Signature | None:
        """Named dimensions of one of the exercise's functions."""
        definition = self.source.definitions.get(function) if self.source else None
        return definition.signature() if definition else None

    def drawing(self, draw: Callable[[], Any]) -> Callable[[], Any]:
        """`draw`, called later, still sees the data of this trial."""

        def drawn() -> Any:
            with begin(self):
                return draw()

        return drawn


_current: ContextVar[Trial | None] = ContextVar("workbook_trial", default=None)


@contextmanager
def begin(trial: Trial) -> Iterator[Trial]:
    """Make `trial` the current one inside the block."""
    token = _current.set(trial)
    try:
        yield trial
    finally:
        _current.reset(token)


def current() -> Trial:
    """The current trial. Where a test function is called without the platform, it is made from that function's name."""
    return _current.get() or _bare_trial()


def trial_of(name: str, seed: int = 0) -> Trial:
    """A fresh trial of the exercise of that name in the chapters around the working folder."""
    chapter, exercise = find_home().exercise(name)
    return Trial(chapter, exercise, seed)


def rng() -> np.random.Generator:
    """The test's own generator, seeded by the trial: every draw goes through it, so that a run can be repeated exactly."""
    return current().generator


def data(name: str) -> Any:
    """A data file of the chapter: .npy as an array, anything else as its path.

    Raises:
        UnknownName: there is no such file; the message offers the nearest names.
    """
    chapter = current().chapter
    folders = [each.folder / "data" for each in ((chapter,) if chapter else find_home().chapters)]
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise UnknownName("data file", name, [file.name for folder in folders for file in folder.glob("*")])
    return np.load(path, allow_pickle=False) if path.suffix == ".npy" else path


# The test function's frame and its trial, so that all calls of one bare test share one generator.
_bare: ContextVar[tuple[FrameType | None, Trial]] = ContextVar("workbook_bare_trial", default=(None, Trial()))


def _bare_trial() -> Trial:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not frame.f_code.co_name.startswith("test_"):
        frame = frame.f_back
    known, trial = _bare.get()
    if frame is None or frame is not known:
        trial = Trial() if frame is None else _named_trial(frame.f_code.co_name.removeprefix("test_"))
        _bare.set((frame, trial))
    return trial


def _named_trial(name: str) -> Trial:
    try:
        return trial_of(name)
    except WorkbookError:
        return Trial()

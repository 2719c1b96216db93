"""The exceptions. Each keeps what happened (`fact`) apart from what to do next (`advice`), and writes both.

Three families, never mixed up: the learner's answer is wrong (`CheckFailure`, `Unsolved`), somebody gave us something we cannot use
(`BadInput` and its kin), and everything else, which is a bug of ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from workbook.model import Explanation

__all__ = [
    "BadInput",
    "ChapterError",
    "CheckFailure",
    "Forbidden",
    "UnknownName",
    "Unsolved",
    "WorkbookError",
    "near",
]


class WorkbookError(Exception):
    """Something that a person can mend: `fact` says what happened, `advice` what to do next."""

    def __init__(self, fact: str, advice: str = "") -> None:
        self.fact = fact
        self.advice = advice
        super().__init__(f"{fact}\n{advice}" if advice else fact)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)


class BadInput(WorkbookError, ValueError):
    """An argument, a file or an option that cannot be used."""


class ChapterError(WorkbookError):
    """A chapter's hand-written files contradict each other or are incomplete."""

    def __init__(self, path: Path, fact: str, advice: str = "", line: int | None = None) -> None:
        self.path = path
        self.line = line
        self.what = fact
        place = f"{path}:{line}" if line else str(path)
        super().__init__(f"{place}: {fact}", advice)


class UnknownName(WorkbookError, LookupError):
    """A name that does not exist, with the nearest ones that do."""

    def __init__(self, what: str, name: str, known: Iterable[str], advice: str = "") -> None:
        self.name = name
        hint = near(name, known)
        super().__init__(f"There is no {what} called {name!r}.", hint or advice)


class _Learner:
    """What a notebook shows for these is one line: the panel above it has said the rest."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks the exception itself for its traceback; the frames of our own code would help nobody.
        return [f"{type(self).__name__}: {str(self).partition(chr(10))[0]}"]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)  # type: ignore[attr-defined]  # its classes are exceptions


class CheckFailure(_Learner, AssertionError):
    """An answer which its test rejects; `explanation` holds everything that can be said about it."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        super().__init__(explanation.text())


class Unsolved(_Learner, NotImplementedError):
    """The stub is still there. A class of its own, so that a library's NotImplementedError is never taken for it."""

    def __init__(self, exercise: str) -> None:
        self.exercise = exercise
        super().__init__(
            f"{exercise} is not written yet: replace the stub with your answer, run that cell, then run this one again."
        )


class Forbidden(WorkbookError):
    """Raised inside the student's function at the moment when it calls what the exercise rules out."""

    def __init__(self, name: str, allowed: Iterable[str] = ()) -> None:
        self.name = name
        names = ", ".join(allowed)
        advice = f"Allowed here: {names}." if names else "The exercise is to do it without: use what this section is about."
        super().__init__(f"{name}: not in this exercise.", advice)


def _rebuilt(kind: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    """An exception that comes from another process: by its message, because `__init__` takes other things than that."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def near(name: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest known names, or "" where nothing is near.

    >>> near("einsum_m", ["einsum_mm", "einsum_mv", "arr1"])
    'Did you mean einsum_mv or einsum_mm?'
    """
    found = difflib.get_close_matches(name, list(known), n=2, cutoff=0.6)
    return f"Did you mean {' or '.join(found)}?" if found else ""

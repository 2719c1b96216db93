"""What a test found out: data only. `Explanation.text` is the one plain rendering; HTML is made in `workbook.show.panel`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

__all__ = ["Explanation", "Result", "Status"]


class Status(StrEnum):
    """Outcome of one exercise. `MISSING` (no such name in the answers) and `ERROR` (our bug) are never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    UNSOLVED = "unsolved"
    MISSING = "missing"
    ERROR = "error"


@dataclass(frozen=True)
class Explanation:
    """Why an answer was rejected.

    Attributes:
        exercise: the exercise's name.
        reason: a short class of failure: "value", "shape", "dtype", "type", "raised", "changed input", "not allowed", ...
        fact: one sentence, what is wrong.
        call: what was called, for example "einsum_mm(mat1, mat2)   on a square case".
        arguments: name and rendering of each argument.
        expected, got: renderings of the two results.
        first: where the two first differ.
        mistake: the teacher's sentence of the known mistake that gives the same output, and `mistake_name` its slug.
        advice: what to look at next.
        needs: the earlier exercise that is to be mended first, where the failure is blamed on one.
        figures: functions without arguments that draw a plotly figure each, called only where pictures can be shown.
    """

    exercise: str
    reason: str
    fact: str
    call: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    expected: str = ""
    got: str = ""
    first: str = ""
    mistake: str = ""
    mistake_name: str = ""
    advice: str = ""
    needs: str = ""
    figures: tuple[Callable[[], Any], ...] = field(default=(), compare=False, repr=False)

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of everything below the headline, in reading order, empty ones left out."""
        rows = [
            ("called", self.call),
            *((f"  {name}", text) for name, text in self.arguments),
            ("expected", self.expected),
            ("got", self.got),
            ("first difference", self.first),
            ("what happened", self.mistake),
            ("try", self.advice),
        ]
        return [(label, text) for label, text in rows if text]

    def text(self) -> str:
        """The explanation as plain text, at most about 30 lines."""
        lines = [f"{self.exercise}: {self.fact}"]
        for label, text in self.rows():
            first, *rest = text.splitlines()
            lines.append(f"  {label + ':':<18}{first}")
            lines += [" " * 20 + line for line in rest]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`: every field but the figures."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "figures"}


@dataclass(frozen=True)
class Result:
    """Outcome of one run of one exercise's test.

    Attributes:
        exercise: the exercise's name.
        status: the outcome.
        message: one line for people.
        explanation: there when `status` is FAILED.
        seconds: wall time of the test, in seconds.
        seed: what the test's random inputs were drawn with.
        notes: remarks that do not change the outcome.
        printed: what the student's code printed meanwhile, cut to a few thousand characters.
        figures: functions that draw the pictures shown after success.
    """

    exercise: str
    status: Status
    message: str = ""
    explanation: Explanation | None = None
    seconds: float = 0.0
    seed: int = 0
    notes: tuple[str, ...] = ()
    printed: str = ""
    figures: tuple[Callable[[], Any], ...] = field(default=(), compare=False, repr=False)

    @property
    def mistake(self) -> str:
        """Name of the known mistake that was recognised, or ""."""
        return self.explanation.mistake_name if self.explanation else ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "exercise": self.exercise,
            "status": str(self.status),
            "message": self.message,
            "seconds": round(self.seconds, 4),
            "seed": self.seed,
            "notes": list(self.notes),
            "printed": self.printed,
            "explanation": self.explanation.as_dict() if self.explanation else None,
        }

"""Points as nbgrader's gradebook keeps them, and records of what was graded: data only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from workbook.grade.records import Graded
from workbook.model import Status

__all__ = ["Cell", "Change", "Points", "Record", "Scores", "automatic"]


@dataclass(frozen=True)
class Cell:
    """A graded cell of an assignment.

    Attributes:
        name: nbgrader's grade id, which is the exercise's name.
        kind: "code" or "markdown".
        maximum: points.
        answer: the student writes in this very cell, and a person grades it.
        task: one of nbgrader's task cells.
    """

    name: str
    kind: str
    maximum: float
    answer: bool = False
    task: bool = False


@dataclass(frozen=True)
class Points:
    """What one exercise earned.

    Attributes:
        exercise: its name.
        maximum: points that it is worth.
        auto: points by its test; None where a person has to grade it.
        manual: points that a person gave, which count instead of `auto`; None where nobody did.
        extra_credit: points on top.
        needs_manual: a person should look at it.
        comment: written by a person, or "No response." where nothing was written.
    """

    exercise: str
    maximum: float
    auto: float | None = None
    manual: float | None = None
    extra_credit: float | None = None
    needs_manual: bool = False
    comment: str = ""

    @property
    def score(self) -> float:
        """The points that count, by nbgrader's rule: extra credit counts only where there is a score.

        >>> Points("einsum_mm", 3.0, auto=3.0, manual=2.0, extra_credit=0.5).score
        2.5
        """
        base = self.auto if self.manual is None else self.manual
        return 0.0 if base is None else base + (self.extra_credit or 0.0)


@dataclass(frozen=True)
class Scores:
    """What a submission earned.

    Attributes:
        exercises: one entry an exercise, in the notebook's order, written questions included.
        late_penalty: points taken off for being late; None where there is none.
    """

    exercises: tuple[Points, ...] = ()
    late_penalty: float | None = None

    @property
    def total(self) -> float:
        """Points before the late penalty: what nbgrader calls the score."""
        return sum(points.score for points in self.exercises)

    @property
    def maximum(self) -> float:
        return sum(points.maximum for points in self.exercises)

    @property
    def final(self) -> float:
        """Points after the late penalty."""
        return self.total - (self.late_penalty or 0.0)

    @property
    def needs_manual(self) -> bool:
        return any(points.needs_manual for points in self.exercises)

    def of(self, exercise: str) -> Points | None:
        """The points of one exercise; None where the gradebook does not know it."""
        return next((points for points in self.exercises if points.exercise == exercise), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the record and for `--json`."""
        return {
            "exercises": [dict(vars(points)) for points in self.exercises],
            "late_penalty": self.late_penalty,
            "total": self.total,
            "maximum": self.maximum,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scores:
        """The inverse of `as_dict`."""
        return cls(tuple(Points(**entry) for entry in data["exercises"]), data["late_penalty"])


@dataclass(frozen=True)
class Record:
    """One grading of one submission, as it was then. Nothing ever changes or deletes one.

    Attributes:
        student, part: whose, and of which assignment.
        version: 1 for the first of this student and part, and so on.
        created_at: when it was written, with time zone UTC.
        seed: what the tests' random inputs were drawn with.
        submission, tests: digests of the submitted files and of the tests.
        unsafe: graded without isolation.
        score, maximum: of the whole part, before a late penalty; the score is 0 where nothing could be graded.
        data: the rest as JSON text; `graded` and `scores` read it.
    """

    student: str
    part: str
    version: int
    created_at: datetime
    seed: int
    submission: str
    tests: str
    unsafe: bool
    score: float
    maximum: float
    data: str = field(repr=False, default="")

    @cached_property
    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.data)
        return told

    @cached_property
    def graded(self) -> Graded:
        """What became of the submission, without the notebook's text."""
        return Graded.from_dict(self._told["graded"])

    @cached_property
    def scores(self) -> Scores | None:
        """The points of that time; None where it was not graded."""
        told = self._told["scores"]
        return None if told is None else Scores.from_dict(told)


@dataclass(frozen=True)
class Change:
    """What writing a new result would do to a student's points.

    Attributes:
        before: as the gradebook has them now; None where it has no submission.
        after: as they would be; None where the submission cannot be graded, so that nothing changes.
    """

    student: str
    before: Scores | None
    after: Scores | None

    @property
    def gain(self) -> float:
        """Points more (or, negative, less) after the late penalty."""
        if self.after is None:
            return 0.0
        return self.after.final - (self.before.final if self.before else 0.0)

    def exercises(self) -> list[tuple[str, float, float]]:
        """Name, points before and points after, of the exercises that change."""
        if self.after is None:
            return []
        rows = []
        for new in self.after.exercises:
            old = self.before.of(new.exercise) if self.before else None
            rows.append((new.exercise, old.score if old else 0.0, new.score))
        return [row for row in rows if row[1] != row[2]]


def automatic(graded: Graded, cell: Cell, *, unanswered: bool) -> float | None:
    """The points that nbgrader's autograder would give; None where a person has to look.

    Args:
        unanswered: the student left the cell as it was released; matters only where the student writes in it.
    """
    if cell.answer:
        return 0.0 if unanswered else None
    status = next((result.status for result in graded.results if result.exercise == cell.name), None)
    # Our own bug and an exercise that was not tested are no fault of the student's: a person decides.
    if cell.kind != "code" or status in (None, Status.ERROR):
        return None
    # A hidden exercise passed with the notebook's inputs only.
    return cell.maximum if status is Status.PASSED and cell.name not in graded.hidden else 0.0

"""What a class did on one part, in numbers: per student, per exercise, and as a whole. `tally.summarize` makes these."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbook.grade.book.scores import Scores
from workbook.model import Exercise, Part, Status

__all__ = ["MARKS", "NOT_GRADED", "STATES", "ExerciseSummary", "Found", "StudentSummary", "Summary"]

NOT_GRADED = "not graded"
MARKS = {
    str(Status.PASSED): "✓",
    str(Status.FAILED): "✗",
    str(Status.UNSOLVED): "○",
    str(Status.MISSING): "–",
    str(Status.ERROR): "!",
    NOT_GRADED: "·",
}
STATES = tuple(MARKS)


@dataclass(frozen=True)
class Found:
    """One kind of wrong answer.

    Attributes:
        name: slug of the known mistake, or "".
        reason: `Explanation.reason`, for answers in which no mistake was recognised; else "".
        sentence: the teacher's sentence, or what is known without one.
        example: for an unrecognised kind, the commonest fact ("2 of 4 entries differ."); student's text may be in it.
        count: students.
    """

    name: str
    reason: str
    sentence: str
    example: str
    count: int

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class ExerciseSummary:
    """One exercise over the class.

    Attributes:
        exercise: its entry in chapter.toml.
        counts: state to number of students; every one of `STATES` is there.
        hidden: of the failed, how many pass the visible inputs and fail on others.
        found: the kinds of wrong answers, commonest first.
    """

    exercise: Exercise
    counts: dict[str, int]
    hidden: int
    found: tuple[Found, ...]

    @property
    def name(self) -> str:
        return self.exercise.name

    @property
    def passed(self) -> int:
        return self.counts[Status.PASSED]

    @property
    def judged(self) -> int:
        """Students for whom the exercise has a result."""
        return sum(self.counts.values()) - self.counts[NOT_GRADED]

    @property
    def untried(self) -> int:
        """Students who wrote nothing, or nothing of that name."""
        return self.counts[Status.UNSOLVED] + self.counts[Status.MISSING]

    @property
    def rate(self) -> float | None:
        """Share of the judged who passed, 0 to 1; None where nobody was judged."""
        return self.passed / self.judged if self.judged else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "exercise": self.name,
            "points": self.exercise.points,
            "rate": None if self.rate is None else round(self.rate, 4),
            "counts": self.counts,
            "hidden": self.hidden,
            "mistakes": [found.as_dict() for found in self.found],
        }


@dataclass(frozen=True)
class StudentSummary:
    """One student on one part.

    Attributes:
        student: nbgrader's id; it may hold any text.
        points: of the tests that passed; what is graded by hand is not in it.
        states: one of `STATES` for each tested exercise, in course order.
        mistakes: name of a failed exercise to what is wrong, in words.
        not_graded: why there are no results, or "".
        unsafe: graded without isolation.
        to_read: names of the written questions that a person has to grade.
        scores: as the gradebook has them, with what people entered; None where it has none.
    """

    student: str
    points: int
    states: tuple[str, ...]
    mistakes: dict[str, str]
    not_graded: str = ""
    unsafe: bool = False
    to_read: tuple[str, ...] = ()
    scores: Scores | None = None

    def count(self, *states: str) -> int:
        return sum(self.states.count(state) for state in states)

    @property
    def tried(self) -> int:
        return self.count(Status.PASSED, Status.FAILED, Status.ERROR)

    @property
    def gradebook(self) -> dict[str, float | None]:
        """What the gradebook says, under the names of nbgrader's own export; nothing below 0 is left after a late penalty."""
        if self.scores is None:
            return dict.fromkeys(("raw_score", "late_submission_penalty", "score", "max_score"))
        return {
            "raw_score": self.scores.total,
            "late_submission_penalty": self.scores.late_penalty or 0.0,
            "score": max(0.0, self.scores.final),
            "max_score": self.scores.maximum,
        }


@dataclass(frozen=True)
class Summary:
    """One part over the class.

    Attributes:
        part: the part.
        exercises: the tested ones, in course order.
        students: everybody with a record, in order of their ids.
        pending: students who have submitted and have no record yet.
    """

    part: Part
    exercises: tuple[ExerciseSummary, ...]
    students: tuple[StudentSummary, ...]
    pending: tuple[str, ...] = ()

    @cached_property
    def graded(self) -> tuple[StudentSummary, ...]:
        return tuple(student for student in self.students if not student.not_graded)

    @cached_property
    def not_graded(self) -> dict[str, list[str]]:
        """Reason to the students whom it concerns, the commonest reason first."""
        groups: dict[str, list[str]] = {}
        for student in self.students:
            if student.not_graded:
                groups.setdefault(student.not_graded, []).append(student.student)
        return dict(sorted(groups.items(), key=lambda item: -len(item[1])))

    @property
    def max_points(self) -> int:
        """Of the tested exercises."""
        return sum(summary.exercise.points for summary in self.exercises)

    @property
    def mean(self) -> float | None:
        """Of the points of the graded."""
        return statistics.fmean(student.points for student in self.graded) if self.graded else None

    @property
    def median(self) -> float | None:
        return statistics.median(student.points for student in self.graded) if self.graded else None

    @cached_property
    def questions(self) -> dict[str, int]:
        """Written question to the number of answers that a person has to read."""
        answered = Counter(name for student in self.students for name in student.to_read)
        return {exercise.name: answered[exercise.name] for exercise in self.part.exercises if exercise.kind == "question"}

    def hardest(self) -> list[ExerciseSummary]:
        """The exercises that were judged, lowest pass rate first; of equal ones that of more importance."""
        judged = [summary for summary in self.exercises if summary.rate is not None]
        return sorted(judged, key=lambda summary: (summary.rate, -summary.exercise.importance))

    def struggling(self) -> list[StudentSummary]:
        """The graded with less than half of the points, fewest first."""
        return sorted(
            (student for student in self.graded if 2 * student.points < self.max_points),
            key=lambda student: (student.points, student.student),
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        names = [summary.name for summary in self.exercises]
        return {
            "part": self.part.name,
            "max_points": self.max_points,
            "mean": None if self.mean is None else round(self.mean, 4),
            "median": self.median,
            "exercises": [summary.as_dict() for summary in self.exercises],
            "students": [
                {
                    "student": student.student,
                    "points": None if student.not_graded else student.points,
                    **student.gradebook,
                    "results": {} if student.not_graded else dict(zip(names, student.states, strict=True)),
                    "mistakes": student.mistakes,
                    "not_graded": student.not_graded,
                    "unsafe": student.unsafe,
                }
                for student in self.students
            ],
            "pending": list(self.pending),
            "questions": self.questions,
        }

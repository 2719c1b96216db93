"""What a class did on one part, in numbers: per student, per exercise, and as a whole. No database, no pictures."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbook.grade.records import Graded
from workbook.model import Exercise, Part, Result, Status

__all__ = ["MARKS", "NOT_GRADED", "STATES", "ExerciseSummary", "Found", "StudentSummary", "Summary", "summarize"]

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

# What is said of a wrong answer in which no known mistake was recognised, by `Explanation.reason`.
_UNKNOWN = {
    "value": "Wrong values, none of the known mistakes.",
    "shape": "A result of the wrong shape, none of the known mistakes.",
    "dtype": "A result of the wrong dtype.",
    "type": "A result of the wrong type.",
    "raised": "An exception instead of a result.",
    "changed input": "The arguments were changed.",
    "not allowed": "Something was called that the exercise rules out.",
    "copy": "A copy where a view is asked, or the other way round.",
    "needs": "An earlier exercise that this one builds on does not pass.",
    "choice": "Another choice.",
    "requirement": "Something that the statement asks for is not fulfilled.",
}


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
        written: names of the written questions that have an answer.
    """

    student: str
    points: int
    states: tuple[str, ...]
    mistakes: dict[str, str]
    not_graded: str = ""
    unsafe: bool = False
    written: tuple[str, ...] = ()

    def count(self, *states: str) -> int:
        return sum(self.states.count(state) for state in states)

    @property
    def tried(self) -> int:
        return self.count(Status.PASSED, Status.FAILED, Status.ERROR)


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
        answered = Counter(name for student in self.students for name in student.written)
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


def summarize(part: Part, graded: Iterable[Graded], pending: Iterable[str] = ()) -> Summary:
    """Count what became of a class's submissions.

    Args:
        part: the exercises to look at; results of others (of an older course) are left out.
        graded: the newest one of each student.
        pending: students who have submitted and are not among `graded`.
    """
    tested = [exercise for exercise in part.exercises if exercise.kind != "question"]
    records = sorted(graded, key=lambda record: record.student)
    answers = [{result.exercise: result for result in record.results} for record in records]
    students = tuple(_student(tested, record, mine) for record, mine in zip(records, answers, strict=True))
    exercises = tuple(
        _exercise(exercise, [student.states[place] for student in students], answers, records)
        for place, exercise in enumerate(tested)
    )
    return Summary(part, exercises, students, tuple(sorted(pending)))


def _student(tested: list[Exercise], record: Graded, answers: dict[str, Result]) -> StudentSummary:
    states = tuple(_state(record, answers, exercise.name) for exercise in tested)
    failed = [exercise.name for exercise, state in zip(tested, states, strict=True) if state == Status.FAILED]
    return StudentSummary(
        student=record.student,
        points=sum(exercise.points for exercise, state in zip(tested, states, strict=True) if state == Status.PASSED),
        states=states,
        mistakes={name: _kind(answers.get(name))[2] for name in failed},
        not_graded=record.not_graded,
        unsafe=record.unsafe,
        written=tuple(name for name, text in record.written.items() if text),
    )


def _state(record: Graded, answers: dict[str, Result], exercise: str) -> str:
    if record.not_graded or exercise not in answers:
        return NOT_GRADED
    return str(Status.FAILED if exercise in record.hidden else answers[exercise].status)


def _exercise(exercise: Exercise, states: list[str], answers: list[dict[str, Result]], records: list[Graded]) -> ExerciseSummary:
    counts = {**dict.fromkeys(STATES, 0), **Counter(states)}
    failed = [mine.get(exercise.name) for mine, state in zip(answers, states, strict=True) if state == Status.FAILED]
    facts: dict[tuple[str, str, str], Counter[str]] = {}
    for result in failed:
        told = result.explanation if result else None
        facts.setdefault(_kind(result), Counter())[told.fact if told else ""] += 1
    found = [
        Found(name, reason, sentence, "" if name else examples.most_common(1)[0][0], examples.total())
        for (name, reason, sentence), examples in facts.items()
    ]
    hidden = sum(exercise.name in record.hidden for record in records)
    return ExerciseSummary(exercise, counts, hidden, tuple(sorted(found, key=lambda kind: (-kind.count, kind.sentence))))


def _kind(result: Result | None) -> tuple[str, str, str]:
    """Slug of the mistake, reason and sentence of a wrong answer."""
    told = result.explanation if result else None
    if told is None:
        return "", "", "Nothing more is known."
    if told.mistake:
        return told.mistake_name, "", told.mistake
    return "", told.reason, _UNKNOWN.get(told.reason, f"No known mistake ({told.reason}).")

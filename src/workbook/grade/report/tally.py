"""Counts what became of a class's submissions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from workbook.grade.book.scores import Scores
from workbook.grade.records import Graded
from workbook.grade.report.harmless import clean
from workbook.grade.report.summary import NOT_GRADED, STATES, ExerciseSummary, Found, StudentSummary, Summary
from workbook.model import Exercise, Part, Result, Status

__all__ = ["summarize"]

_LONGEST = 500  # characters of a sentence

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
    "hidden": "Right on the visible examples, wrong on other inputs.",
    "requirement": "Something that the statement asks for is not fulfilled.",
}


def summarize(
    part: Part, graded: Iterable[Graded], pending: Iterable[str] = (), scores: Mapping[str, Scores] | None = None
) -> Summary:
    """Count what became of a class's submissions.

    Args:
        part: the exercises to look at; results of others (of an older course) are left out.
        graded: the newest one of each student.
        pending: students who have submitted and are not among `graded`.
        scores: student to what the gradebook has, with what people entered.
    """
    tested = [exercise for exercise in part.exercises if exercise.kind != "question"]
    records = sorted(graded, key=lambda record: record.student)
    answers = [{result.exercise: result for result in record.results} for record in records]
    known = scores or {}
    students = tuple(
        _student(tested, record, mine, known.get(record.student)) for record, mine in zip(records, answers, strict=True)
    )
    exercises = tuple(
        _exercise(exercise, [student.states[place] for student in students], answers, records)
        for place, exercise in enumerate(tested)
    )
    return Summary(part, exercises, students, tuple(sorted(pending)))


def _student(tested: list[Exercise], record: Graded, answers: dict[str, Result], scores: Scores | None) -> StudentSummary:
    states = tuple(_state(record, answers, exercise.name) for exercise in tested)
    failed = [exercise.name for exercise, state in zip(tested, states, strict=True) if state == Status.FAILED]
    return StudentSummary(
        student=record.student,
        points=sum(exercise.points for exercise, state in zip(tested, states, strict=True) if state == Status.PASSED),
        states=states,
        mistakes={name: _kind(answers[name])[2] for name in failed},
        not_graded=_line(record.not_graded),
        unsafe=record.unsafe,
        to_read=_to_read(record, scores),
        scores=scores,
    )


def _to_read(record: Graded, scores: Scores | None) -> tuple[str, ...]:
    """Questions with an answer; once the gradebook knows the student, those that nobody has graded yet."""
    answered = tuple(name for name, text in record.written.items() if text)
    if scores is None:
        return answered
    open_ones = {points.exercise for points in scores.exercises if points.needs_manual}
    return tuple(name for name in answered if name in open_ones)


def _state(record: Graded, answers: dict[str, Result], exercise: str) -> str:
    if record.not_graded or exercise not in answers:
        return NOT_GRADED
    return str(Status.FAILED if exercise in record.hidden else answers[exercise].status)


def _exercise(exercise: Exercise, states: list[str], answers: list[dict[str, Result]], records: list[Graded]) -> ExerciseSummary:
    counts = {**dict.fromkeys(STATES, 0), **Counter(states)}
    failed = [mine[exercise.name] for mine, state in zip(answers, states, strict=True) if state == Status.FAILED]
    facts: dict[tuple[str, str, str], Counter[str]] = {}
    for result in failed:
        told = result.explanation
        facts.setdefault(_kind(result), Counter())[_line(told.fact) if told else ""] += 1
    found = [
        Found(name, reason, sentence, "" if name else examples.most_common(1)[0][0], examples.total())
        for (name, reason, sentence), examples in facts.items()
    ]
    hidden = sum(exercise.name in record.hidden for record in records)
    return ExerciseSummary(exercise, counts, hidden, tuple(sorted(found, key=lambda kind: (-kind.count, kind.sentence))))


def _kind(result: Result) -> tuple[str, str, str]:
    """Slug of the mistake, reason and sentence of a wrong answer."""
    told = result.explanation
    if told is not None and told.mistake:
        return told.mistake_name, "", _line(told.mistake)
    # What fails on hidden inputs only may come with the success that the visible ones had.
    reason = told.reason if told else "hidden" if result.status is Status.PASSED else "unknown"
    return "", reason, _UNKNOWN.get(reason, f"None of the known mistakes ({_line(reason)}).")


@cache
def _line(text: str) -> str:
    """A text as one line that can be shown anywhere; a fact may hold what the student's code raised."""
    return " ".join(clean(text[:_LONGEST]).split())

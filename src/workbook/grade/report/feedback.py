"""A student's feedback: one HTML page without scripts, light and dark, which says what passed, what did not, and why.

Every text in it that may come from a student is escaped, and the page's own policy lets nothing run and nothing be fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from workbook.grade.book.scores import Points, Scores
from workbook.grade.records import Graded
from workbook.grade.report import harmless
from workbook.grade.report.shown import MARKS, shown
from workbook.model import Chapter, Exercise, Explanation, Part, Result, Status

__all__ = ["feedback_page"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_WORDS = {
    Status.PASSED: "passed",
    Status.FAILED: "not right yet",
    Status.UNSOLVED: "not written",
    Status.MISSING: "not found",
    Status.ERROR: "not tested",
}
_TO_GRADE, _GRADED_BY_HAND, _NOT_ANSWERED = "to be graded", "graded by a person", "not answered"
_CODE = ("called", "expected", "got", "first difference")
_NO_RESPONSE = "No response."  # nbgrader's own comment on what was left empty
_TEXT = 20_000  # characters of one answer


def feedback_page(
    graded: Graded, scores: Scores | None, chapter: Chapter, part: Part, answers: Mapping[str, str] | None = None
) -> str:
    """The page as HTML text, for feedback/STUDENT/PART/PART.html.

    Args:
        scores: as the gradebook has them; None where the submission is in no gradebook.
        answers: exercise to the student's code, shown folded in; `autograded.answers_in` finds it.
    """
    entries = [_entry(exercise, graded, scores, answers or {}) for exercise in part.exercises]
    body = _not_graded(graded) if graded.not_graded else _glance(entries) + _groups(entries)
    title = f"Feedback: {part.title}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{_text(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        f"{_header(graded, scores, chapter, part, entries)}<main>{body}{_notes(graded)}</main>{_footer(graded)}\n</body>\n</html>\n"
    )


@dataclass(frozen=True)
class _Entry:
    """One exercise on the page.

    Attributes:
        state: a class of the style sheet: a status, "waiting" or "by-hand".
        mark, word: the same for people.
        result: of a tested exercise, fit for students.
        answer: the student's code or text.
    """

    exercise: Exercise
    state: str
    mark: str
    word: str
    result: Result | None = None
    points: Points | None = None
    answer: str = ""

    @property
    def maximum(self) -> float:
        return self.points.maximum if self.points else self.exercise.points


def _entry(exercise: Exercise, graded: Graded, scores: Scores | None, answers: Mapping[str, str]) -> _Entry:
    points = scores.of(exercise.name) if scores else None
    if exercise.kind == "question":
        text = graded.written.get(exercise.name)
        if points is not None and points.manual is not None:
            return _Entry(exercise, "by-hand", "✎", _GRADED_BY_HAND, None, points, text or "")
        state = ("waiting", "…", _TO_GRADE) if text is not None else ("missing", MARKS[Status.MISSING], _NOT_ANSWERED)
        return _Entry(exercise, *state, None, points, text or "")
    found = next((result for result in graded.results if result.exercise == exercise.name), None)
    result = shown(found or Result(exercise.name, Status.ERROR), graded.hidden)
    code = answers.get(exercise.name, "")
    return _Entry(exercise, str(result.status), MARKS[result.status], _WORDS[result.status], result, points, code)


# --- the head ---------------------------------------------------------------------------------------------------------


def _header(graded: Graded, scores: Scores | None, chapter: Chapter, part: Part, entries: list[_Entry]) -> str:
    total = "" if graded.not_graded or scores is None else _total(scores)
    return (
        f'<header><div><p class="soft">{_text(chapter.title)} · {_text(part.name)}</p><h1>{_text(part.title)}</h1>'
        f'<p class="student">Feedback for <b>{_text(graded.student)}</b></p>'
        f"{'' if graded.not_graded else f'<p>{_summary(entries)}</p>'}</div>{total}</header>"
    )


def _total(scores: Scores) -> str:
    lines = []
    if scores.late_penalty:
        lines.append(f"{_number(scores.total)} earned, {_number(scores.late_penalty)} taken off for being late")
    waiting = sum(points.maximum for points in scores.exercises if points.needs_manual)
    if waiting:
        lines.append(f"{_number(waiting)} of the points are still to be given by a person")
    share = 100 * min(1.0, max(0.0, scores.final / scores.maximum)) if scores.maximum else 0
    return (
        f'<div class="total"><p><b>{_number(scores.final)}</b><span> / {_number(scores.maximum)} points</span></p>'
        f'<div class="bar"><i style="width:{share:.1f}%"></i></div>'
        f"{''.join(f'<p class=soft>{line}.</p>' for line in lines)}</div>"
    )


def _summary(entries: list[_Entry]) -> str:
    """One sentence: how many passed, and what became of the others."""
    tested = [entry for entry in entries if entry.result is not None]
    counts = {state: sum(entry.state == state for entry in tested) for state in map(str, Status)}
    said = {
        Status.FAILED: "not right yet",
        Status.UNSOLVED: "not written",
        Status.MISSING: "not found in the notebook",
        Status.ERROR: "not tested",
    }
    rest = [f"{counts[state]} {words}" for state, words in said.items() if counts[state]]
    if tested and not rest:
        return f"All {len(tested)} exercises pass. Well done." if len(tested) > 1 else "The exercise passes. Well done."
    return f"{counts[Status.PASSED]} of {len(tested)} exercises pass; {', '.join(rest)}." if tested else "Nothing here is tested."


def _glance(entries: list[_Entry]) -> str:
    items = "".join(
        f'<li><a class="{entry.state}" href="#{entry.exercise.name}"><i>{entry.mark}</i><span>{entry.exercise.name}</span>'
        f"<small>{_points(entry)}</small></a></li>"
        for entry in entries
    )
    return f'<nav aria-label="Exercises"><ol>{items}</ol></nav>'


def _groups(entries: list[_Entry]) -> str:
    """What a student has to look at comes first, what passed is folded in."""
    passed = [entry for entry in entries if entry.state == Status.PASSED]
    written = [entry for entry in entries if entry.result is None]
    open_ones = [entry for entry in entries if entry not in passed and entry not in written]
    groups = {"To look at again": open_ones, "Written answers": written, "Passed": passed}
    return "".join(
        f"<h2>{title} <small>{len(group)}</small></h2>{''.join(map(_card, group))}" for title, group in groups.items() if group
    )


# --- one exercise -----------------------------------------------------------------------------------------------------


def _card(entry: _Entry) -> str:
    head = f"<i>{entry.mark}</i><b>{entry.exercise.name}</b><span>{entry.word}</span><small>{_points(entry)}</small>"
    body = _told(entry) + _by_hand(entry)
    inner = f"<h3>{head}</h3>{body}{_folded(entry)}"
    if entry.state == Status.PASSED and not body:
        inner = f"<details><summary><h3>{head}</h3></summary>{_folded(entry, is_open=True)}</details>"
    return f'<section class="card {entry.state}" id="{entry.exercise.name}">{inner}</section>'


def _told(entry: _Entry) -> str:
    result = entry.result
    if result is None:
        return f'<blockquote class="written">{_text(harmless.cut(entry.answer, _TEXT))}</blockquote>' if entry.answer else ""
    notes = "".join(f"<p class=soft>{_text(note)}</p>" for note in result.notes)
    if result.status is Status.FAILED and result.explanation is not None:
        return _explained(result.explanation) + notes
    if result.status is Status.PASSED:
        return notes
    message = result.message.removeprefix(f"{result.exercise} ")
    return f"<p>{_text(message[:1].upper() + message[1:])}</p>{notes}"


def _explained(told: Explanation) -> str:
    fact = told.fact[:1].upper() + told.fact[1:]
    rows, compared = [], []
    for label, text in told.rows():
        if label in ("what happened", "try"):
            continue
        code = f"<pre>{_text(text)}</pre>"
        if label in ("expected", "got"):
            compared.append(f"<div><dt>{label}</dt><dd>{code}</dd></div>")
        else:
            inner = " class=argument" if label.startswith("  ") else ""
            rows.append(f"<dt{inner}>{_text(label.strip())}</dt><dd>{code}</dd>")
    first = rows.pop() if told.first else ""
    sides = f'<dl class="sides">{"".join(compared)}</dl>' if compared else ""
    return (
        f'<p class="fact">{_text(fact)}</p>'
        + (f'<p class="mistake"><b>What happened</b>{_text(told.mistake)}</p>' if told.mistake else "")
        + _list(rows)
        + sides
        + _list([first] if first else [])
        + (f'<p class="try"><b>Try</b>{_text(told.advice)}</p>' if told.advice else "")
    )


def _list(rows: list[str]) -> str:
    return f"<dl>{''.join(rows)}</dl>" if rows else ""


def _by_hand(entry: _Entry) -> str:
    """What a person said and gave."""
    points = entry.points
    if points is None:
        return ""
    given = []
    if points.manual is not None and points.auto is not None and points.manual != points.auto:
        given.append(f"{_number(points.manual)} by hand, where the test gave {_number(points.auto)}")
    if points.extra_credit:
        given.append(f"{_number(points.extra_credit)} extra")
    said = [f"<p class=soft>Points: {', '.join(given)}.</p>"] if given else []
    if points.comment and points.comment != _NO_RESPONSE:
        said.append(f'<p class="comment"><b>Comment</b>{_text(points.comment)}</p>')
    return "".join(said)


def _folded(entry: _Entry, *, is_open: bool = False) -> str:
    """What was printed and the answer itself, folded in unless something around them is."""
    if entry.result is None:
        return ""
    written = entry.result.status not in (Status.UNSOLVED, Status.MISSING)
    answer = harmless.cut(entry.answer, _TEXT) if written else ""
    texts = {"Printed by your code": entry.result.printed, "Your answer": answer}
    shown_ones = {title: f"<pre>{_text(text.strip(chr(10)))}</pre>" for title, text in texts.items() if text.strip()}
    if is_open:
        return "".join(f"<p class=soft>{title}</p>{text}" for title, text in shown_ones.items())
    return "".join(f"<details><summary>{title}</summary>{text}</details>" for title, text in shown_ones.items())


# --- the rest ---------------------------------------------------------------------------------------------------------


def _not_graded(graded: Graded) -> str:
    return (
        '<section class="card failed"><h3><i>✗</i><b>Not graded</b></h3>'
        f'<p class="fact">This submission was not graded: {_text(graded.not_graded.removesuffix("."))}.</p>'
        "<p>Open your notebook in JupyterLab, see that your answers are in it, save it and hand it in again, "
        "or ask your instructor.</p></section>"
    )


def _notes(graded: Graded) -> str:
    if not graded.notes:
        return ""
    items = "".join(f"<li>{_text(harmless.cut(note, 1_000))}</li>" for note in graded.notes)
    return f'<section class="card notes"><h3><b>About your notebook</b></h3><ul>{items}</ul></section>'


def _footer(graded: Graded) -> str:
    said = [] if graded.not_graded else [f"Random inputs drawn with seed {graded.seed}."]
    if graded.submission:
        said.append(f"Submission {_text(graded.submission[:8])}.")
    if graded.unsafe:
        said.append("Graded without isolation.")
    return f'<footer class="soft">{" ".join(said)}</footer>'


def _points(entry: _Entry) -> str:
    if entry.points is None:
        return f"{_number(entry.maximum)} point{'' if entry.maximum == 1 else 's'}"
    waiting = entry.points.needs_manual and entry.points.manual is None and entry.points.auto is None
    return f"{'…' if waiting else _number(entry.points.score)} / {_number(entry.maximum)}"


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _text(text: str) -> str:
    return escape(harmless.clean(text))


@cache
def _style() -> str:
    return (Path(__file__).parent / "feedback.css").read_text(encoding="utf-8")

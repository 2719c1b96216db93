"""The sections of the class overview as HTML; every text that is put into it is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from workbook.grade.report import figures, markup
from workbook.grade.report.markup import Links
from workbook.grade.report.summary import MARKS, NOT_GRADED, STATES, ExerciseSummary, Found, StudentSummary, Summary
from workbook.model import Status

__all__ = ["contents", "part_section"]

_TAUGHT = 4  # exercises that are said to be taught again
_WELL = 0.8  # of the class: an exercise that so many pass is not among them
_FOUND = 3  # kinds of wrong answers that are named at once
_REASONS = 6  # for not being graded
_LISTED = 15  # students in the table of those who may need help, before the rest is folded away


def contents(summaries: Sequence[Summary]) -> str:
    """Links to the parts, where there are several, with the figures that tell which one to look at."""
    if len(summaries) < 2:
        return ""
    rows = [
        [
            f'<a href="#{escape(summary.part.name)}">{escape(summary.part.title)}</a>',
            f"{len(summary.graded)}",
            f"{len(summary.students) - len(summary.graded) + len(summary.pending)}",
            markup.share(summary.mean, summary.max_points),
            markup.share(summary.median, summary.max_points),
            escape(summary.hardest()[0].name) if summary.hardest() else "",
        ]
        for summary in summaries
    ]
    head = ["part", "graded", "not graded", "mean", "median", "lowest pass rate"]
    return f'<nav aria-label="Parts">{markup.table(head, rows, "Parts")}</nav>'


def part_section(summary: Summary, links: Links) -> str:
    """Everything about one part."""
    name = escape(summary.part.name)
    head = f'<section id="{name}"><h2>{escape(summary.part.title)} <code class="soft">{name}</code></h2>'
    if not summary.students and not summary.pending:
        return f"{head}<p>Nobody has handed this in.</p></section>"
    blocks = [_tiles(summary), _attention(summary, links)]
    if summary.graded:
        blocks += [_teach_again(summary), _exercises(summary), _points(summary), _struggling(summary, links)]
    if summary.students:
        blocks.append(_everybody(summary, links))
    return f"{head}{''.join(blocks)}</section>"


# --- at a glance --------------------------------------------------------------------------------------------------------


def _tiles(summary: Summary) -> str:
    full = sum(student.points == summary.max_points for student in summary.graded)
    tiles = [
        (str(len(summary.graded)), "graded"),
        (str(len(summary.students) - len(summary.graded) + len(summary.pending)), "not graded"),
        (markup.share(summary.mean, summary.max_points), "mean"),
        (markup.share(summary.median, summary.max_points), "median"),
        (str(full), f"have all {summary.max_points} points"),
        (str(len(summary.struggling())), "have less than half"),
    ]
    return f'<dl class="tiles">{"".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for value, label in tiles)}</dl>'


def _attention(summary: Summary, links: Links) -> str:
    """What somebody has to do before the rest can be trusted: not graded and why, broken tests, unsafe ones, questions to read."""
    part, items = summary.part.name, []
    for exercise in summary.exercises:
        if count := exercise.counts[Status.ERROR]:
            broken = f"{markup.students(count)}: <b>the test of {escape(exercise.name)} broke</b>, which is no mistake of theirs."
            items.append(f"{broken} Mend the test, then grade again.")
    told = [
        f"{markup.students(len(names))} <b>not graded</b>: {markup.prose(reason)}{markup.names(names, part, links)}"
        for reason, names in summary.not_graded.items()
    ]
    items += told[:_REASONS]
    if rest := told[_REASONS:]:
        items.append(f"<details><summary>{len(rest)} more reasons</summary>{'<br>'.join(rest)}</details>")
    if summary.pending:
        command = f"<code>workbook grade {escape(part)}</code>"
        waiting = f"{markup.students(len(summary.pending))} <b>handed in, not graded yet</b>: run {command}."
        items.append(waiting + markup.names(list(summary.pending), part, links))
    if unsafe := [student.student for student in summary.students if student.unsafe]:
        items.append(
            f"{markup.students(len(unsafe))} <b>graded without isolation</b> (--unsafe).{markup.names(unsafe, part, links)}"
        )
    for question, count in ((question, count) for question, count in summary.questions.items() if count):
        items.append(f"{count} {'answer' if count == 1 else 'answers'} to <b>{escape(question)}</b> to be read and graded by hand.")
    if not items:
        return ""
    return f'<h3>To look after</h3><ul class="attention">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


# --- exercises ------------------------------------------------------------------------------------------------------------


def _teach_again(summary: Summary) -> str:
    hardest = [exercise for exercise in summary.hardest() if exercise.rate != 1]
    chosen = [exercise for exercise in hardest if exercise.rate is not None and exercise.rate < _WELL][:_TAUGHT] or hardest[:1]
    if not chosen:
        return "<h3>What to teach again</h3><p>Nothing: everybody passed every exercise.</p>"
    cards = "".join(_card(exercise) for exercise in chosen)
    return f'<h3>What to teach again</h3><div class="cards">{cards}</div>'


def _card(exercise: ExerciseSummary) -> str:
    failed, untried = exercise.counts[Status.FAILED], exercise.untried
    why = "Most of the rest wrote nothing." if untried > failed else "Most of the rest tried, and failed."
    hidden = f" Of the failed, {exercise.hidden} passed the visible examples." if exercise.hidden else ""
    kinds = "".join(_found(found) for found in exercise.found[:_FOUND])
    return (
        f'<article><h4>{escape(exercise.name)} <span class="soft">{exercise.rate or 0:.0%} passed</span></h4>{_bar(exercise)}'
        f"<p>{exercise.passed} of {exercise.judged} passed, {failed} failed, {untried} wrote nothing. {why}{hidden}</p>"
        f'<ul class="found">{kinds}</ul></article>'
    )


def _bar(exercise: ExerciseSummary) -> str:
    """A thin bar of the states; the sentence below it says the same."""
    pieces = [
        f'<i class="{markup.css(state)}" style="flex-grow:{exercise.counts[state]}"></i>'
        for state in STATES
        if state != NOT_GRADED and exercise.counts[state]
    ]
    return f'<div class="bar" aria-hidden="true">{"".join(pieces)}</div>'


def _found(found: Found) -> str:
    example = f' <span class="soft">For example: {markup.prose(found.example)}</span>' if found.example else ""
    sentence = f"<b>{markup.prose(found.sentence)}</b>" if found.name else markup.prose(found.sentence)
    return f'<li><span class="count">{found.count}×</span> <span>{sentence}{example}</span></li>'


def _exercises(summary: Summary) -> str:
    head = ["exercise", "points", "difficulty", "minutes", "passed", "failed", "nothing written", "pass rate"]
    rows = [
        [
            escape(exercise.name),
            str(exercise.exercise.points),
            str(exercise.exercise.difficulty),
            str(exercise.exercise.minutes),
            str(exercise.passed),
            str(exercise.counts[Status.FAILED]),
            str(exercise.untried),
            f"{exercise.rate or 0:.0%}",
        ]
        for exercise in summary.hardest()
    ]
    table = markup.table(head, rows, "Exercises, lowest pass rate first")
    caption = (
        f"Lowest pass rate on top; answers of {markup.students(len(summary.graded))}. "
        "✓ passed, ✗ failed (hatched), ○ not written, – missing (dotted), ! the test broke (crossed)."
    )
    lists = "".join(
        f'<section><h4>{escape(exercise.name)}</h4><ul class="found">{"".join(map(_found, exercise.found))}</ul></section>'
        for exercise in summary.hardest()
        if exercise.found
    )
    mistakes = f'<details><summary>All mistakes</summary><div class="columns">{lists}</div></details>' if lists else ""
    return f"<h3>Exercises</h3>{markup.figure(summary, 'exercises', caption, table)}{mistakes}"


# --- students -----------------------------------------------------------------------------------------------------------


def _points(summary: Summary) -> str:
    counts = figures.bins(summary)
    table = markup.table(["share of the points", "students"], [[label, str(count)] for label, count in counts.items()], "Points")
    by_hand = " What is graded by hand is not in it." if summary.questions else ""
    caption = f"Of {summary.max_points} points: mean {summary.mean or 0:.1f}, median {summary.median or 0:g}.{by_hand}"
    return f"<h3>Points</h3>{markup.figure(summary, 'points', caption, table)}"


def _struggling(summary: Summary, links: Links) -> str:
    low = summary.struggling()
    title = "<h3>Who may need help</h3>"
    if not low:
        return f"{title}<p>Everybody has at least half of the points.</p>"
    nothing = sum(not student.tried for student in low)
    empty = f" {nothing} of them wrote nothing at all." if nothing else ""
    told = f"<p>{markup.students(len(low))} of {len(summary.graded)} with less than half of the points.{empty}</p>"
    first, rest = low[:_LISTED], low[_LISTED:]
    table = _low_table(first, summary, links)
    more = f"<details><summary>{len(rest)} more</summary>{_low_table(rest, summary, links)}</details>" if rest else ""
    return f"{title}{told}{table}{more}"


def _low_table(students: Iterable[StudentSummary], summary: Summary, links: Links) -> str:
    head = ["student", "points", "passed", "failed", "nothing written", "remark"]
    rows = [
        [
            markup.name(student.student, summary.part.name, links),
            str(student.points),
            str(student.count(Status.PASSED)),
            str(student.count(Status.FAILED)),
            str(student.count(Status.UNSOLVED, Status.MISSING)),
            _remark(student, summary),
        ]
        for student in students
    ]
    return markup.table(head, rows, "Students with few points", "low")


def _remark(student: StudentSummary, summary: Summary) -> str:
    if not student.tried:
        return "wrote nothing"
    written = [place for place, state in enumerate(student.states) if state not in (Status.UNSOLVED, Status.MISSING)]
    if written[-1] < len(student.states) - 3:
        return f"stopped after {escape(summary.exercises[written[-1]].name)}"
    return "tried nearly everything" if student.tried > 0.8 * len(student.states) else ""


def _everybody(summary: Summary, links: Links) -> str:
    scored = any(student.scores for student in summary.students)
    rows = "".join(_row(student, summary.part.name, links, scored=scored) for student in figures.by_points(summary))
    columns = ["student", "points", *(["score"] if scored else [])]
    head = "".join(f"<th scope=col>{name}" for name in columns) + "".join(
        f'<th scope=col class="up"><span>{escape(exercise.name)}</span>' for exercise in summary.exercises
    )
    table = (
        '<div class="scroll tall" tabindex="0" role="region" aria-label="Students and exercises as a table">'
        f'<table class="marks"><thead><tr>{head}</thead><tbody>{rows}</tbody></table></div>'
    )
    if scored:
        table = f"<p>points: by the tests. score: in the gradebook, with what people gave and what being late costs.</p>{table}"
    legend = "".join(f'<li><i class="swatch {markup.css(state)}">{mark}</i> {_WORDS[state]}</li>' for state, mark in MARKS.items())
    caption = "A row a student, a column an exercise. Drag over rows to look closer; a double click shows all."
    figure = markup.figure(summary, "students", caption, table)
    return f'<h3>Everybody</h3>{_controls(summary.part.name)}<ul class="legend">{legend}</ul>{figure}'


def _row(student: StudentSummary, part: str, links: Links, *, scored: bool) -> str:
    """Without the end tags that HTML lets out: there are some ten thousands of cells."""
    score = student.gradebook["score"]
    fixed = [
        NOT_GRADED if student.not_graded else str(student.points),
        *(["" if score is None else f"{score:g}"] if scored else []),
    ]
    numbers = "".join(f'<td class="n">{text}' for text in fixed)
    return f"<tr><th scope=row>{markup.name(student.student, part, links)}{numbers}<td>" + "<td>".join(
        MARKS[state] for state in student.states
    )


_WORDS = {
    str(Status.PASSED): "passed",
    str(Status.FAILED): "failed",
    str(Status.UNSOLVED): "not written (the stub is still there)",
    str(Status.MISSING): "missing (no such name in the notebook)",
    str(Status.ERROR): "the test broke",
    NOT_GRADED: "not graded",
}


def _controls(part: str) -> str:
    return (
        f'<form class="controls" data-for="{escape(part)}-students">'
        '<label>Find a student <input type="search" name="find" autocomplete="off"></label>'
        '<label>Students <select name="students"><option value="points">by points<option value="name">by name</select></label>'
        '<label>Exercises <select name="exercises"><option value="rate">by pass rate<option value="course">in course order'
        '</select></label><button type="button" name="all">Show all</button> <span role="status"></span></form>'
    )

"""The class overview's figures: who passed what, how often each exercise was passed, how the points are distributed.

Colours come from the template alone, so that a page changes its theme by changing templates; marks, hatching and words say
the same as the colours. Each figure carries a text alternative in `figure.layout.meta["alt"]`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.grade.report.harmless import clean
from workbook.grade.report.palette import template
from workbook.grade.report.summary import MARKS, NOT_GRADED, STATES, StudentSummary, Summary
from workbook.model import Status

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["bins", "by_points", "distribution", "heat_map", "labels", "pass_rates"]

_HATCHING = {str(Status.FAILED): "/", str(Status.MISSING): ".", str(Status.ERROR): "x"}
_MOST_HEIGHT = 900  # screen pixels of the heat map's cells
_ROW = 22  # screen pixels of a student, where the class is small enough
_NAMED_ROW = 11  # from this height on a row's name can be read
_LONGEST = 28  # letters of a name beside the heat map


def by_points(summary: Summary) -> list[StudentSummary]:
    """The students, most points first, equal ones by what they passed, those without results last."""
    order = _exercise_order(summary)

    def place(student: StudentSummary) -> tuple[Any, ...]:
        pattern = tuple(STATES.index(student.states[column]) for column in order)
        return bool(student.not_graded), -student.points, pattern, student.student

    return sorted(summary.students, key=place)


def _exercise_order(summary: Summary) -> list[int]:
    """Places of the exercises, highest pass rate first."""
    return sorted(range(len(summary.exercises)), key=lambda place: -(summary.exercises[place].rate or 0.0))


def heat_map(summary: Summary) -> Figure:
    """Students (rows, most points on top) by exercises (columns, easiest on the left): what became of each."""
    import plotly.graph_objects as go

    students = by_points(summary)
    height = min(_MOST_HEIGHT, max(60, _ROW * len(students)))
    named = height / max(1, len(students)) >= _NAMED_ROW
    axis = {"type": "category", "showgrid": False, "zeroline": False, "ticks": ""}
    figure = go.Figure(
        go.Heatmap(
            **_cells(summary, students),
            texttemplate="%{text}" if named else None,
            hovertemplate="%{y}<br><b>%{x}</b>: %{hovertext}<extra></extra>",
            coloraxis="coloraxis",
            xgap=1,
            ygap=1 if named else 0,
        )
    )
    figure.update_layout(
        template=template("light"),
        height=height + 150,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        coloraxis={"cmin": -0.5, "cmax": len(STATES) - 0.5, "showscale": False},
        xaxis={**axis, "side": "top", "tickangle": -50, "fixedrange": True, "dtick": 1},
        yaxis={**axis, "autorange": "reversed", "showticklabels": named},
        meta={"alt": _heat_map_alt(summary), "course": [exercise.name for exercise in summary.exercises]},
    )
    return figure


def _cells(summary: Summary, students: list[StudentSummary]) -> dict[str, Any]:
    """Arguments of the heat map: arrays, because plotly would look at every entry of a list."""
    order = _exercise_order(summary)
    names = [summary.exercises[place].name for place in order]
    rows = [(student, [student.states[place] for place in order]) for student in students]

    def grid(entry: Callable[[StudentSummary, str, str], Any], dtype: type) -> np.ndarray[Any, Any]:
        filled = [[entry(student, state, name) for state, name in zip(states, names, strict=True)] for student, states in rows]
        return np.array(filled, dtype=dtype).reshape(len(rows), len(names))

    return {
        "z": grid(lambda student, state, name: STATES.index(state), np.int8),
        "x": names,
        "y": labels([student.student for student in students]),
        "text": grid(lambda student, state, name: MARKS[state], object),
        "hovertext": grid(lambda student, state, name: _told(state, student, name), object),
    }


def _told(state: str, student: StudentSummary, exercise: str) -> str:
    if state == NOT_GRADED and student.not_graded:
        return _broken(student.not_graded)
    return f"{state}<br>{_broken(student.mistakes[exercise])}" if exercise in student.mistakes else state


@cache
def _broken(sentence: str) -> str:
    """A sentence in lines, escaped for plotly, which reads a little HTML in texts."""
    return "<br>".join(escape(line) for line in textwrap.wrap(sentence, 60))


def _heat_map_alt(summary: Summary) -> str:
    return (
        f"A grid of {len(summary.students)} students and {len(summary.exercises)} exercises, coloured and marked by what became of "
        "each answer. Students with most points are on top, exercises that most passed on the left."
    )


def labels(names: list[str]) -> list[str]:
    """Names as plotly may show them beside a picture: short, escaped, no two alike.

    >>> labels(["ada", "<b>x</b>", "y" * 40])
    ['ada', '&lt;b&gt;x&lt;/b&gt;', 'yyyyyyyyyyyyyyyyyyyyyyyyyyy…']
    """
    found: dict[str, None] = {}
    for name in names:
        plain = _plain(name)
        short = plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
        number, label = 1, short
        while label in found:
            number += 1
            label = f"{short} ({number})"
        found[label] = None
    return [escape(label, quote=False) for label in found]


def _plain(text: str) -> str:
    return clean(text).replace("\n", " ").replace("\t", " ")


def pass_rates(summary: Summary) -> Figure:
    """A bar an exercise, lowest pass rate on top, divided by what became of the answers."""
    import plotly.graph_objects as go

    hardest = summary.hardest()
    rows = [f"{exercise.name}  <b>{exercise.rate:.0%}</b>" for exercise in hardest]
    figure = go.Figure()
    for state in STATES[: STATES.index(NOT_GRADED)]:
        counts = [exercise.counts[state] for exercise in hardest]
        figure.add_trace(
            go.Bar(
                name=f"{MARKS[state]} {state}",
                orientation="h",
                y=rows,
                x=counts,
                text=[_written(state, count, len(summary.graded)) for count in counts],
                textposition="inside",
                insidetextanchor="middle",
                textfont={"size": 12},
                constraintext="none",
                textangle=0,
                marker={
                    "pattern": {
                        "shape": _HATCHING.get(state, ""),
                        "fillmode": "overlay",
                        "size": 9,
                        "solidity": 0.12,
                        "fgopacity": 0.4,
                    }
                },
                hovertemplate=f"%{{y}}<br>{state}: %{{x}} of {len(summary.graded)} students<extra></extra>",
            )
        )
    figure.update_layout(
        template=template("light"),
        barmode="stack",
        bargap=0.25,
        height=30 * max(2, len(rows)) + 40,
        margin={"l": 10, "r": 10, "t": 10, "b": 30},
        showlegend=False,
        xaxis={"fixedrange": True, "range": [0, max(1, len(summary.graded))], "title": {"text": "students"}},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "ticks": "", "ticklabelstandoff": 6, "dtick": 1},
        meta={"alt": _pass_rates_alt(summary)},
    )
    return figure


def _written(state: str, count: int, students: int) -> str:
    """What stands in a piece of a bar: its mark and number, where there is room for them on a page 800 pixels wide."""
    text = f"{MARKS[state]} {count}"
    return text if count and count / students >= 0.018 * len(text) - 0.012 else ""


def _pass_rates_alt(summary: Summary) -> str:
    hardest = summary.hardest()
    if not hardest:
        return "No exercise was judged."
    return (
        f"Bars of {len(hardest)} exercises by pass rate, from {hardest[0].name} ({hardest[0].rate:.0%}) "
        f"to {hardest[-1].name} ({hardest[-1].rate:.0%})."
    )


def bins(summary: Summary) -> dict[str, int]:
    """Share of the points to the number of students who have it: ten equal steps, and all points."""
    names = [f"{low}–{low + 9}%" for low in range(0, 100, 10)] + ["all"]
    counts = dict.fromkeys(names, 0)
    for student in summary.graded:
        counts[names[10 * student.points // max(1, summary.max_points)]] += 1
    return counts


def distribution(summary: Summary) -> Figure:
    """Number of students by their share of the points."""
    import plotly.graph_objects as go

    counts = bins(summary)
    bars = go.Bar(
        x=list(counts),
        y=list(counts.values()),
        text=[str(count) if count else "" for count in counts.values()],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x} of the points: %{y} students<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(
        template=template("light"),
        bargap=0.08,
        height=280,
        margin={"l": 10, "r": 10, "t": 24, "b": 10},
        xaxis={"type": "category", "fixedrange": True, "title": {"text": "share of the points"}},
        yaxis={"fixedrange": True, "showgrid": False, "rangemode": "tozero", "title": {"text": "students"}, "tickformat": "d"},
        meta={"alt": _distribution_alt(summary, counts)},
    )
    return figure


def _distribution_alt(summary: Summary, counts: dict[str, int]) -> str:
    if not summary.graded:
        return "Nobody is graded."
    most = max(counts, key=lambda name: counts[name])
    return f"Bars of {len(summary.graded)} students by share of the points; most of them, {counts[most]}, stand at {most}."

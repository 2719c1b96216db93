"""The class overview: one HTML page, which an instructor opens first after grading and which works offline, and one CSV table.

Every text that may come from a student is escaped. Beyond that the page's own policy lets no script run but the three that
are in it by their digests, and lets nothing be fetched.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.grade.report import figures, palette, sections
from workbook.grade.report.harmless import clean
from workbook.grade.report.summary import Summary

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["csv_text", "overview_page"]

_HERE = Path(__file__).parent
_COLUMNS = (
    *("part", "student", "points", "max_points", "raw_score", "late_submission_penalty", "score", "max_score"),
    *("not_graded", "unsafe"),
)
# A spreadsheet takes what begins with these for a formula and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def overview_page(
    summaries: Sequence[Summary], title: str, *, subtitle: str = "", links: Mapping[tuple[str, str], str] | None = None
) -> str:
    """The page as HTML text.

    Args:
        summaries: one a part; each becomes a section.
        title, subtitle: of the page: the course's name, and when and from where this was written.
        links: student and part to the address of the student's feedback, relative to the page and quoted.
    """
    body = [sections.part_section(summary, links or {}) for summary in summaries]
    data = {f"{summary.part.name}-{name}": _packed(figure) for summary in summaries for name, figure in _figures(summary)}
    themes = {theme: palette.template(theme).to_plotly_json() for theme in palette.COLOURS}
    scripts = [_plotly(), (_HERE / "overview.js").read_text(encoding="utf-8")]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>",
            '<a class="skip" href="#main">Skip to the content</a>',
            f'<header><h1>{escape(title)}</h1><p class="soft">{escape(subtitle)}</p>{sections.contents(summaries)}</header>',
            '<noscript><p class="note">Pictures need JavaScript; the tables below say the same.</p></noscript>',
            f'<main id="main">{"".join(body)}</main>',
            _json_block("themes", themes),
            _json_block("figures", data),
            *(f"<script>{script}</script>" for script in scripts),
            "</body>\n</html>\n",
        ]
    )


def _figures(summary: Summary) -> list[tuple[str, Figure]]:
    if not summary.students:
        return []
    drawn = [("students", figures.heat_map(summary))]
    if summary.graded:
        drawn += [("exercises", figures.pass_rates(summary)), ("points", figures.distribution(summary))]
    return drawn


def _packed(figure: Figure) -> dict[str, Any]:
    """A figure as plain data. Its template is the page's; of a grid of texts each text is stored once, since most are repeated."""
    data: dict[str, Any] = json.loads(figure.to_json())
    data["layout"].pop("template", None)
    for trace in data["data"]:
        for key in ("text", "hovertext"):
            grid = trace.get(key)
            if grid and isinstance(grid[0], list):
                numbers: dict[str, int] = {}
                packed = [[numbers.setdefault(text, len(numbers)) for text in row] for row in grid]
                trace[key] = {"texts": list(numbers), "grid": packed}
    return data


def _json_block(name: str, data: Any) -> str:
    """Data for the page's script. No "<" is left in it, so that no text in it can end the block."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    # A browser reads line ends this way, and the policy's digest is of what the browser reads.
    return str(get_plotlyjs()).replace("\r\n", "\n").replace("\r", "\n")


def _policy(scripts: Iterable[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    rest = "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src {allowed}; {rest}"


def _style() -> str:
    """The style sheet, with the figures' colours as variables."""

    def variables(theme: str) -> str:
        return "".join(f"--{name.replace(' ', '-')}:{colour};" for name, colour in palette.COLOURS[theme].items())

    own = (_HERE / "overview.css").read_text(encoding="utf-8")
    return f":root{{{variables('light')}}}\n@media (prefers-color-scheme: dark){{:root{{{variables('dark')}}}}}\n{own}"


def csv_text(summaries: Sequence[Summary]) -> str:
    """A line a student and part: points of the tests, the gradebook's score, why not graded, and each exercise's state.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    exercises = list(dict.fromkeys(exercise.name for summary in summaries for exercise in summary.exercises))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_COLUMNS, *exercises])
    for summary in summaries:
        names = [exercise.name for exercise in summary.exercises]
        for student in summary.students:
            states = {} if student.not_graded else dict(zip(names, student.states, strict=True))
            fixed = {
                "part": summary.part.name,
                "student": student.student,
                "points": "" if student.not_graded else student.points,
                "max_points": summary.max_points,
                **student.gradebook,
                "not_graded": student.not_graded,
                "unsafe": "yes" if student.unsafe else "",
            }
            writer.writerow(_harmless(value) for value in (*(fixed[name] for name in _COLUMNS), *map(states.get, exercises)))
        for name in summary.pending:
            waiting = {"part": summary.part.name, "student": name, "not_graded": "handed in, not graded yet"}
            writer.writerow(_harmless(value) for value in (*map(waiting.get, _COLUMNS), *("" for _ in exercises)))
    return out.getvalue()


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    return f"'{clean(value)}" if value.startswith(_FORMULA) else clean(value)

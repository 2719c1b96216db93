"""Pieces of the class overview as HTML: tables, figures, names; every text that is put into one is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from workbook.grade.report.harmless import clean
from workbook.grade.report.summary import Summary

__all__ = ["Links", "css", "figure", "name", "names", "prose", "share", "students", "table"]

Links = Mapping[tuple[str, str], str]

_LISTED = 15  # students in a line, before the rest is folded away


def figure(summary: Summary, name: str, caption: str, table: str, folded: str = "The same as a table") -> str:
    """The place of a figure, which the page's script fills, with its caption and the table that says the same."""
    key = f"{escape(summary.part.name)}-{name}"
    return (
        f'<figure aria-labelledby="{key}-caption"><figcaption id="{key}-caption">{escape(caption)}</figcaption>'
        f'<div class="plot" data-figure="{key}" role="img"></div><details><summary>{folded}</summary>{table}</details></figure>'
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]], label: str, kind: str = "") -> str:
    """`rows` are HTML; their first column names the row. It can be scrolled by keyboard where it is wider than the page."""
    columns = "".join(f"<th scope=col>{escape(name)}</th>" for name in head)
    lines = "".join(f"<tr><th scope=row>{first}</th>{''.join(f'<td>{cell}</td>' for cell in rest)}</tr>" for first, *rest in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table class="{kind}">'
        f"<thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def names(students: list[str], part: str, links: Links) -> str:
    """Names of students in a line; many are folded away."""
    listed = [name(student, part, links) for student in students]
    first, rest = ", ".join(listed[:_LISTED]), listed[_LISTED:]
    more = f" <details><summary>and {len(rest)} more</summary>{', '.join(rest)}</details>" if rest else ""
    return f'<div class="names">{first}{more}</div>'


def name(student: str, part: str, links: Links) -> str:
    """A student's name, with a link to the feedback where there is one; it cannot turn around the text beside it."""
    shown = f"<bdi>{escape(clean(student))}</bdi>"
    address = links.get((student, part))
    return f'<a href="{escape(address)}">{shown}</a>' if address else shown


def prose(text: str) -> str:
    """A sentence, with its `code` shown as code."""
    pieces = escape(text).split("`")
    if len(pieces) % 2 == 0:
        return "`".join(pieces)
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))


def students(count: int) -> str:
    """So many students, in words."""
    return f"{count} student{'' if count == 1 else 's'}"


def share(points: float | None, most: int) -> str:
    """Points as a share of all points."""
    return "–" if points is None or not most else f"{points / most:.0%}"


def css(state: str) -> str:
    """The class in the style sheet that has a state's colour."""
    return "s-" + state.replace(" ", "-")

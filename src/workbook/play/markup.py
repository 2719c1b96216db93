"""HTML that looks right on light and dark pages: inline styles, the page's own text colour, and no meaning in colour alone."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

__all__ = ["ACCENT", "CARD", "SMALL", "Cell", "Index", "block", "row_of_blocks", "table"]

Index = tuple[int, ...]

# JupyterLab's own colour follows its theme; the second one is readable on white and on black.
ACCENT = "var(--jp-brand-color1, #2f83d6)"
CARD = (
    "border:1px solid #8a8f98;border-radius:4px;padding:8px 12px;margin:4px 0;max-width:780px;box-sizing:border-box;"
    "font-size:13px;line-height:1.45;overflow-x:auto"
)
SMALL = "font-size:12px;opacity:.8"

_MONO = "font-family:ui-monospace,Menlo,Consolas,monospace"
_TABLE = "border-collapse:separate;border-spacing:2px;background:transparent;margin:0;border:none;font-size:13px;width:auto"
_PLAIN = "background:transparent;border:none"
_CELL = f"{_MONO};min-width:22px;padding:2px 5px;text-align:right;color:inherit;background:transparent"
_MARKS = {
    "": "border:1px solid currentColor",
    "copy": "border:1px dashed currentColor;font-style:italic;opacity:.75",
    "used": f"border:1px solid {ACCENT};outline:2px solid {ACCENT};font-weight:bold",
}


@dataclass(frozen=True)
class Cell:
    """One number of a drawn array. `mark` is "", "copy" (dashed: the same number again) or "used" (boxed and bold)."""

    text: str
    mark: str = ""


def block(name: str, shape: tuple[int, ...], cells: Mapping[Index, Cell]) -> str:
    """An array of numbers under its name: one box, a row, a table, or several tables for the axes in front."""
    leading = itertools.product(*(range(size) for size in shape[:-2]))
    tables = "".join(_slice(front, shape[-2:], cells, len(shape)) for front in leading)
    head = f'<div style="margin-bottom:2px"><b>{escape(name)}</b> <span style="{SMALL}">{escape(str(shape))}</span></div>'
    return f'<div>{head}<div style="display:flex;flex-wrap:wrap;gap:4px 14px">{tables}</div></div>'


def _slice(front: Index, shape: tuple[int, ...], cells: Mapping[Index, Cell], axes: int) -> str:
    rows = [(place,) for place in range(shape[0])] if len(shape) == 2 else [()]
    columns = [(place,) for place in range(shape[-1])] if shape else [()]
    body = "".join(
        f'<tr style="{_PLAIN}">{"".join(_cell(cells[(*front, *row, *column)]) for column in columns)}</tr>' for row in rows
    )
    place = ", ".join([*map(str, front), *":" * (axes - len(front))])
    caption = f'<div style="{SMALL}">[{place}]</div>' if front else ""
    return f'<div>{caption}<table style="{_TABLE}"><tbody>{body}</tbody></table></div>'


def _cell(cell: Cell) -> str:
    hidden = {"copy": " (again)", "used": " (used)"}.get(cell.mark, "")
    label = f' aria-label="{escape(cell.text + hidden)}"' if hidden else ""
    return f'<td style="{_CELL};{_MARKS[cell.mark]}"{label}>{escape(cell.text)}</td>'


def row_of_blocks(blocks: list[str], signs: str) -> str:
    """Arrays side by side with a sign between each two: "+=" for a sum."""
    parts = [blocks[0]]
    for sign, other in zip(signs, blocks[1:], strict=True):
        parts += [f'<div style="font-size:18px;align-self:center" aria-hidden="true">{escape(sign)}</div>', other]
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px 14px;margin-top:10px">{"".join(parts)}</div>'


def table(caption: str, header: list[str], rows: list[list[str]], boxed: int | None = None) -> str:
    """A table whose first column and first row are headings; the column `boxed` has thick sides.

    Texts may contain HTML: escape what was typed.
    """
    cell = "padding:3px 9px;text-align:center;color:inherit;background:transparent;vertical-align:top"

    def side(column: int) -> str:
        return f";border-left:3px solid {ACCENT};border-right:3px solid {ACCENT}" if column == boxed else ""

    head = "".join(f'<th scope="col" style="{cell}{side(n)}">{text}</th>' for n, text in enumerate(header))
    body = ""
    for row in rows:
        first = f'<th scope="row" style="{cell};text-align:left;white-space:nowrap">{row[0]}</th>'
        rest = "".join(f'<td style="{cell}{side(n)}">{text}</td>' for n, text in enumerate(row[1:], 1))
        body += f'<tr style="{_PLAIN}">{first}{rest}</tr>'
    return (
        f'<table style="border-collapse:collapse;background:transparent;border:none;margin:6px 0;font-size:13px;width:auto">'
        f'<caption style="text-align:left;{SMALL}">{caption}</caption>'
        f'<thead><tr style="{_PLAIN}">{head}</tr></thead><tbody>{body}</tbody></table>'
    )

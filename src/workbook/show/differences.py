"""Where two arrays of one shape differ: a heat map with a sign in every cell that is wrong."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.errors import BadInput
from workbook.show._arrays import as_array
from workbook.show._cells import index_axis
from workbook.show._sheet import LETTER, WIDE, figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["compare_arrays"]

Array = np.ndarray[Any, Any]

_MOST = (18, 36)  # rows and columns that are drawn
_MOST_WRITTEN = 12  # rows with numbers in their cells
_TOLD = 8  # differing entries that the text alternative names
_MOST_STORED = 32_000  # letters of all entries of the map, which are stored in the notebook
_WORD = 20  # letters of an entry: the largest whole numbers have so many
# The following are screen pixels.
_LEFT, _RIGHT, _LINE = 84, 14, 18
_ROOM = WIDE - _LEFT - _RIGHT  # for all cells of a row
_BESIDE = 6  # letters of a name that stands upright on the left
_TALL, _LOW = 38, 20  # cells with two lines of text, with a sign
_NARROW = 34
_INK = "#1a1a1a"  # readable on all colours of the cells
_COLOURS = [[0.0, "#e9edf3"], [0.3, "#e9edf3"], [0.31, "#fbdccb"], [1.0, "#ef8354"]]


@dataclass(frozen=True)
class _Table:
    """The rows and columns that are drawn: two arrays and where they differ, cut out of `whole` at `corner`."""

    expected: Array
    yours: Array
    differs: Array
    corner: tuple[int, int]
    whole: tuple[int, int]
    first: tuple[int, int]


def compare_arrays(expected: Any, yours: Any, *, differs: Any = None, names: Sequence[str] = ()) -> Figure:
    """Where two arrays differ, row 0 at the top, with the first entry that differs in a box.

    A cell that differs holds ✗ and, where there is room, both numbers; it is the darker the further they are apart. One axis
    is drawn as one row. Of more than two axes the slice with the first difference is drawn, of many rows or columns those
    around it; the title says which.

    Args:
        expected: array or tensor with at least one axis.
        yours: array or tensor of the same shape.
        differs: bool array of that shape, where the two count as different; by default, where they are not equal.
        names: what the axes are called; "" or nothing where they have no names.

    Returns:
        A plotly figure.

    Raises:
        BadInput: the shapes differ, there is no axis, or nothing differs.
    """
    wanted, came = as_array(expected), as_array(yours)
    if wanted.shape != came.shape:
        fact = f"Only arrays of one shape can be compared entry by entry, not {wanted.shape} and {came.shape}."
        raise BadInput(fact, "compare_shapes draws their axes.")
    wrong = np.asarray(wanted != came) if differs is None else as_array(differs)
    if wanted.ndim == 0 or not wrong.any():
        why = "they do not differ" if wanted.ndim else "they are single numbers"
        raise BadInput(f"There is nothing to draw of these two: {why}.")
    first = tuple(int(n) for n in np.argwhere(wrong)[0])
    table = _cut_out(wanted, came, wrong, first)
    called = [names[n] if n < len(names) and names[n] else f"axis {n}" for n in range(wanted.ndim)]
    words, written = _words(table)
    title = _title(table, wrong, first, called)
    return _draw(table, words, written, title, called, _alt(wanted, came, wrong, title))


def _cut_out(expected: Array, yours: Array, wrong: Array, first: tuple[int, ...]) -> _Table:
    """The last two axes at the first difference, and of these the part around it."""
    flat = [array[first[:-2]] if array.ndim > 1 else array[None, :] for array in (expected, yours, wrong)]
    place = first[-2:] if len(first) > 1 else (0, first[0])
    whole = flat[0].shape
    top, left = (_start(size, at, most) for size, at, most in zip(whole, place, _MOST, strict=True))
    parts = [array[top : top + _MOST[0], left : left + _MOST[1]] for array in flat]
    return _Table(parts[0], parts[1], parts[2], (top, left), (whole[0], whole[1]), (place[0], place[1]))


def _start(size: int, place: int, most: int) -> int:
    """The first of the rows (or columns) that are drawn: what is right before `place`, and more of what follows.

    >>> _start(30, 29, 36), _start(100, 33, 36), _start(100, 99, 36)
    (0, 24, 64)
    """
    return max(0, min(place - most // 4, size - most))


# --- words ----------------------------------------------------------------------------------------------------------


def _pair(expected: Any, yours: Any) -> tuple[str, str]:
    """Two entries that differ, in as few digits as show it.

    >>> _pair(1.0, 2.0), _pair(1 / 3, 1 / 3 + 1e-6), _pair(3, True)
    (('1', '2'), ('0.333333', '0.333334'), ('3', 'True'))
    """
    texts = str(expected), str(yours)
    for digits in (3, 6, 9, 12, 17):
        texts = _word(expected, digits), _word(yours, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _word(entry: Any, digits: int = 3) -> str:
    if isinstance(entry, float | complex):
        return f"{entry:.{digits}g}"
    text = str(entry)
    return escape(text if len(text) <= _WORD else text[: _WORD - 1] + "…", quote=False)


def _words(table: _Table) -> tuple[list[list[tuple[str, str]]], bool]:
    """Expected and yours of every cell as text, and whether they fit into the cells."""
    rows = [
        [_pair(*pair) if differs else (_word(pair[0]),) * 2 for *pair, differs in zip(*row, strict=True)]
        for row in zip(table.expected.tolist(), table.yours.tolist(), table.differs.tolist(), strict=True)
    ]
    return rows, len(rows) <= _MOST_WRITTEN and _cell_width(rows) * len(rows[0]) <= _ROOM


def _cell_width(rows: list[list[tuple[str, str]]]) -> int:
    longest = max(max(len(expected) + 4, len(yours) + 2) for row in rows for expected, yours in row)
    return max(_NARROW, round(LETTER * longest) + 8)


def _title(table: _Table, wrong: Array, first: tuple[int, ...], called: list[str]) -> list[str]:
    """The lines above the map: how many differ, which one is boxed, and what part of the whole is drawn."""
    count = int(wrong.sum())
    share = "Every entry differs" if count == wrong.size else f"{count} of {wrong.size} entries differ"
    lines = [f"{share}. Boxed: the first, {list(first)}."]
    if wrong.ndim > 2:
        place = ", ".join(map(str, first[:-2]))
        names = ", ".join(f"{name} = {n}" for name, n in zip(called, first[:-2], strict=False) if not name.startswith("axis "))
        lines.append(f"This is the slice [{place}, :, :]{f' ({names})' if names else ''} of shape {wrong.shape}.")
    spans = [
        f"{name} {at} to {at + size - 1} of {total}"
        for name, at, size, total in zip(("rows", "columns"), table.corner, table.yours.shape, table.whole, strict=True)
        if size < total
    ]
    if spans:
        lines.append(f"Drawn: {', '.join(spans)}.")
    return lines


def _alt(expected: Array, yours: Array, wrong: Array, title: list[str]) -> str:
    """The map in words: the title, and the first entries that differ."""
    places = np.argwhere(wrong)
    lines = [line.replace("Boxed: the first,", "The first is at") for line in title if not line.startswith("Drawn")]
    for place in places[:_TOLD].tolist():
        asked, came = _pair(expected[tuple(place)].item(), yours[tuple(place)].item())
        lines.append(f"at {place}: expected {asked}, got {came}")
    return "\n".join([*lines, "..."] if len(places) > _TOLD else lines)


# --- drawing --------------------------------------------------------------------------------------------------------


def _distances(table: _Table) -> list[list[float]]:
    """0 where two entries agree; otherwise from 0.35 to 1, the further they are apart the more."""
    apart = np.ones(table.differs.shape)
    if all(array.dtype.kind in "biufc" for array in (table.expected, table.yours)):
        kind = np.complex128 if "c" in (table.expected.dtype.kind, table.yours.dtype.kind) else np.float64
        with np.errstate(all="ignore"):
            apart = np.abs(table.yours.astype(kind) - table.expected.astype(kind))
    finite = apart[table.differs & np.isfinite(apart)]
    most = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    share = np.where(np.isfinite(apart), apart / most, 1.0)
    scaled = np.where(table.differs, 0.35 + 0.65 * share, 0.0)
    return [[round(number, 2) for number in row] for row in scaled.tolist()]


def _draw(
    table: _Table, words: list[list[tuple[str, str]]], written: bool, title: list[str], called: list[str], alt: str
) -> Figure:
    import plotly.graph_objects as go

    high, wide = table.yours.shape
    cell = _cell_width(words) if written else min(_NARROW, _ROOM // wide)
    width = _LEFT + _RIGHT + max(cell * wide, 300)
    lines = [piece for line in title for piece in textwrap.wrap(line, int((width - 20) / LETTER))]
    top, left = table.corner
    upper, lower = _LINE * len(lines) + 12, 50
    fig = figure(
        width,
        upper + lower + high * (_TALL if written else _LOW),
        alt,
        margin={"l": _LEFT, "r": width - _LEFT - cell * wide, "t": upper, "b": lower},
        xaxis=index_axis(left, wide, cell, called[-1]) | {"range": [left - 0.5, left + wide - 0.5], "fixedrange": True},
        yaxis=index_axis(top, high, 34 if written else _LOW, "")
        | {"range": [top + high - 0.5, top - 0.5], "fixedrange": True, "showticklabels": len(called) > 1},
    )
    signs = [
        [_sign(*pair, differs, written) for pair, differs in zip(row, flags, strict=True)]
        for row, flags in zip(words, table.differs.tolist(), strict=True)
    ]
    fig.add_trace(
        go.Heatmap(
            z=_distances(table),
            x0=left,
            dx=1,
            y0=top,
            dy=1,
            xgap=1,
            ygap=1,
            zmin=0,
            zmax=1,
            colorscale=_COLOURS,
            showscale=False,
            text=signs,
            texttemplate="%{text}",
            textfont={"color": _INK, "size": 12},
            **_hover(words),
        )
    )
    # An annotation, because plotly lays out titles of several lines differently in different versions.
    above = {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "xshift": 4 - _LEFT,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "yshift": 4,
    }
    fig.add_annotation(text="<br>".join(lines), align="left", showarrow=False, **above)
    if len(called) > 1:
        name, angle = called[-2], -90 if len(called[-2]) > _BESIDE else 0
        beside = {**above, "y": 0.5, "yanchor": "middle", "yshift": 0}
        fig.add_annotation(text=name, textangle=angle, showarrow=False, **beside)
    _box(fig, table.first, 2 / cell, 2 / (_TALL if written else _LOW))
    return fig


def _hover(words: list[list[tuple[str, str]]]) -> dict[str, Any]:
    """What is told at the pointer: both entries, unless that would make the notebook large."""
    letters = sum(len(expected) + len(yours) for row in words for expected, yours in row)
    if letters > _MOST_STORED:
        return {"hovertemplate": "row %{y}, column %{x}<extra></extra>"}
    told = [[[expected, yours] for expected, yours in row] for row in words]
    return {
        "customdata": told,
        "hovertemplate": "row %{y}, column %{x}: expected %{customdata[0]}, got %{customdata[1]}<extra></extra>",
    }


def _box(fig: Figure, place: tuple[int, int], across: float, down: float) -> None:
    """A box around one cell, inside it by shares of its size. It is seen on cells of any colour, on light and on dark pages."""
    (i, j), aside, below = place, 0.5 - across, 0.5 - down
    for colour, thick in (("#1a1a1a", 4), ("#ffffff", 1.5)):
        fig.add_shape(type="rect", x0=j - aside, x1=j + aside, y0=i - below, y1=i + below, line={"color": colour, "width": thick})


def _sign(expected: str, yours: str, differs: bool, written: bool) -> str:
    """What stands in a cell.

    >>> _sign("4", "3", True, True), _sign("4", "3", True, False), _sign("4", "4", False, True), _sign("4", "4", False, False)
    ('✗ 3<br>not 4', '✗', '4', '')
    """
    if not differs:
        return yours if written else ""
    return f"✗ {yours}<br>not {expected}" if written else "✗"

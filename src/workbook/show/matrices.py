"""Matrices and tables as heat maps with their numbers in them."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.errors import BadInput
from workbook.show._arrays import as_array
from workbook.show._cells import index_axis
from workbook.show._sheet import LETTER, WIDE, figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["heatmap"]

_MOST = 40  # rows, and columns, that are drawn
# The following are screen pixels.
_LEFT, _NAMED_LEFT = 44, 64  # without and with a name of the rows
_RIGHT, _SCALE_RIGHT = 20, 90  # without and with a scale of the colours
_CELL = 34  # the height of a cell, and its width unless the numbers need more or the columns are many
_MARK = "#c2185b"
_NO_COLOUR = "#d5d5d5"  # behind NaN and infinity
_NUMBER = "#1a1a1a"  # readable on all colours of both scales
_RISING = [[0.0, "#f4f7fb"], [1.0, "#6ea0d6"]]
_AROUND_ZERO = [[0.0, "#e07b5a"], [0.5, "#f7f7f5"], [1.0, "#6ea0d6"]]


def heatmap(
    array: Any,
    *,
    title: str = "",
    rows: str = "",
    columns: str = "",
    mark: tuple[int, int] | None = None,
    text: bool = True,
) -> Figure:
    """A matrix as a heat map, row 0 at the top.

    Colours rise from pale to blue; if there are negative entries, these are red and zero is pale. NaN and
    infinity are grey. Of a large matrix 40 rows and 40 columns at most are drawn, with the marked entry
    among them, and the title says which.

    Args:
        array: array or tensor of numbers or bool, shape (m, n).
        title: a line above it.
        rows: what the first axis counts.
        columns: what the second axis counts.
        mark: the entry (i, j) to put into a box.
        text: whether the numbers are written into the cells, if they fit.

    Returns:
        A plotly figure.

    Raises:
        BadInput: the array has not two axes, holds no numbers, or has no entry `mark`.
    """
    table = _table(array)
    _require_inside(mark, table.shape)
    top, left = (_start(size, mark[axis] if mark else 0) for axis, size in enumerate(table.shape))
    part = table[top : top + _MOST, left : left + _MOST]
    if part.shape != table.shape:
        title = f"{title} ({_cut(part.shape, top, left, table.shape)})".strip()
    words = [[_word(x) for x in row] for row in part.tolist()]
    width = _cell_width(words) if text else 0
    labels = {"title": title, "rows": rows, "columns": columns}
    right = _RIGHT if width else _SCALE_RIGHT
    fig = _frame(part.shape, (top, left), width or _plain_width(part.shape[1]), right, labels, _alt(table, title, mark))
    _fill(fig, part, (top, left), words, written=width > 0)
    if mark:
        i, j = mark
        line = {"color": _MARK, "width": 3}
        fig.add_shape(type="rect", x0=j - 0.5, x1=j + 0.5, y0=i - 0.5, y1=i + 0.5, line=line)
    return fig


def _table(value: Any) -> np.ndarray[Any, Any]:
    """The value as an array with two axes of numbers."""
    table = as_array(value)
    if table.ndim != 2 or table.size == 0:
        advice = "array[None, :] makes one row of it." if table.ndim == 1 else ""
        if table.ndim > 2:
            advice = "Index the axes before the last two: array[0] is the first matrix."
        raise BadInput(f"A heat map needs rows and columns; this array has the shape {table.shape}.", advice)
    if table.dtype.kind not in "biuf":
        raise BadInput(f"A heat map needs real numbers; the dtype of this array is {table.dtype}.")
    return table


def _require_inside(mark: tuple[int, int] | None, shape: tuple[int, ...]) -> None:
    if mark and not all(0 <= place < size for place, size in zip(mark, shape, strict=True)):
        raise BadInput(f"There is no entry {mark} to mark in an array of shape {shape}.")


def _start(size: int, place: int) -> int:
    """The first of the rows (or columns) that are drawn: as few as possible are cut before `place`.

    >>> _start(30, 29), _start(100, 39), _start(100, 50), _start(100, 99)
    (0, 0, 30, 60)
    """
    if size <= _MOST or place < _MOST:
        return 0
    return min(place - _MOST // 2, size - _MOST)


def _cut(shown: tuple[int, ...], top: int, left: int, whole: tuple[int, ...]) -> str:
    """Which part of the whole is shown, in words."""
    spans = [("rows", top, shown[0], whole[0]), ("columns", left, shown[1], whole[1])]
    return ", ".join(f"{name} {at} to {at + size - 1} of {total}" for name, at, size, total in spans if size < total)


def _cell_width(words: list[list[str]]) -> int:
    """Screen pixels for a cell that holds any of the words, or 0 where the rows would get too long."""
    longest = max(len(word) for row in words for word in row)
    width = max(_CELL, round(LETTER * longest) + 10)
    return width if width * len(words[0]) <= WIDE - _NAMED_LEFT - _RIGHT else 0


def _plain_width(columns: int) -> int:
    """Screen pixels for a cell without a number."""
    return min(_CELL, (WIDE - _NAMED_LEFT - _SCALE_RIGHT) // columns)


def _frame(shape: tuple[int, ...], first: tuple[int, int], cell: int, right: int, labels: dict[str, str], alt: str) -> Figure:
    """The empty figure: its size, title and axes. cell, right: the width of a cell and the right margin, in screen pixels."""
    high, wide = shape
    rows, columns = labels["rows"], labels["columns"]
    left = _NAMED_LEFT if rows else _LEFT
    title = textwrap.wrap(labels["title"], int((WIDE - left) / LETTER))
    right = max(right, *(math.ceil(LETTER * len(line)) - wide * cell for line in ["", *title]))
    upper, lower = 18 * len(title) + 16 if title else 8, 54 if columns else 30
    return figure(
        left + wide * cell + right,
        upper + lower + high * min(cell, _CELL),
        alt,
        margin={"l": left, "r": right, "t": upper, "b": lower},
        title={
            "text": "<br>".join(title),
            "font": {"size": 14},
            "x": 0,
            "xref": "paper",
            "y": 1,
            "yanchor": "top",
            "pad": {"t": 8 + 9 * max(0, len(title) - 1)},  # plotly moves a title up by half of its further lines
        },
        xaxis=index_axis(first[1], wide, cell, columns) | {"range": [first[1] - 0.5, first[1] + wide - 0.5]},
        yaxis=index_axis(first[0], high, cell, rows) | {"range": [first[0] + high - 0.5, first[0] - 0.5]},
    )


def _fill(fig: Figure, part: np.ndarray[Any, Any], first: tuple[int, int], words: list[list[str]], written: bool) -> None:
    """The cells: their colours, and the words in them or at the pointer."""
    import plotly.graph_objects as go

    numbers = part.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low < 0:
        high = max(-low, high)
        low = -high
    if finite.size < numbers.size:
        fig.update_layout(plot_bgcolor=_NO_COLOUR)
    fig.add_trace(
        go.Heatmap(
            # Lists, not arrays: plotly 6 and later write arrays as base64, which older plotly.js cannot draw.
            z=[[_coloured(x) for x in row] for row in numbers.tolist()],
            x0=first[1],
            dx=1,
            y0=first[0],
            dy=1,
            xgap=1,
            ygap=1,
            zmin=low,
            zmax=high if high > low else low + 1,
            colorscale=_AROUND_ZERO if low < 0 else _RISING,
            showscale=not written,
            text=words,
            texttemplate="%{text}" if written else None,
            textfont={"color": _NUMBER, "size": 12},
            hovertemplate="row %{y}, column %{x}: %{text}<extra></extra>",
        )
    )


def _coloured(number: float) -> float | None:
    """What decides on a cell's colour: four digits are enough for that. NaN and infinity have none."""
    return float(f"{number:.4g}") if np.isfinite(number) else None


def _word(number: float) -> str:
    """A number in as many letters as a cell can hold.

    >>> [_word(x) for x in (3, -1.5, 1 / 3, 1234567.0, True, float("nan"))]
    ['3', '-1.5', '0.333', '1.23e+06', 'True', 'nan']
    """
    return f"{number:.3g}" if isinstance(number, float) else str(number)


def _alt(table: np.ndarray[Any, Any], title: str, mark: tuple[int, int] | None) -> str:
    """The text alternative: size, range, the marked entry, and the numbers themselves where they are few."""
    name = f"{title}: heat map" if title else "Heat map"
    words = [f"{name} of {table.shape[0]} rows and {table.shape[1]} columns"]
    finite = table[np.isfinite(table)]
    if finite.size:
        words.append(f"values from {_word(finite.min().item())} to {_word(finite.max().item())}")
    if mark:
        words.append(f"entry {mark}, which is {_word(table[mark].item())}, is boxed")
    numbers = "\n" + np.array2string(table, precision=4) if table.size <= 64 else ""
    return ", ".join(words) + "." + numbers

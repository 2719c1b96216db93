"""Two shapes as rows of axes: which axis is wrong, too many, missing or in another's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook.show._ink import PAGE_INK, WRONG_INK
from workbook.show._pairing import Pair, pair, size_of
from workbook.show._sheet import LETTER, WIDE, figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["compare_shapes"]

Shape = tuple[int, ...]

_MOST = 7  # axes side by side
_LONGEST = 11  # letters of a name
# The following are screen pixels.
_LEFT = 76  # for the words "yours" and "expected"
_STEP = 112  # from one axis to the next, where there is room
_BOX = 44  # height of an axis
_YOURS, _EXPECTED = 38, 128  # upper edges
_WORDS = 190  # the middle of the verdicts
_LINE = 18
_HATCH = 9
# Boxes have their own light colours; what stands on the paper, which is transparent, has the page's.
_INK, _RIGHT, _WRONG = "#1a1a1a", "#e9edf3", "#f6b8ab"
_STRIPE = "#9aa5b4"
_VERDICTS = {"same": "✓", "extra": "✗ too many", "missing": "✗ missing", "apart": "✗ not joined", "joined": "✗ joined"}
_LEGEND = "striped: size 1, an axis that broadcasting stretches"


@dataclass(frozen=True)
class _Drawn:
    """What is drawn: the two shapes, their pairs of axes, and what each axis is called."""

    yours: Shape
    expected: Shape
    pairs: list[Pair]
    your_names: list[str]
    expected_names: list[str]


def compare_shapes(expected: Shape, yours: Shape, *, names: Sequence[str] = (), known: Mapping[str, int] | None = None) -> Figure:
    """The axes of two shapes, yours above and the expected one below, joined where they belong together.

    Each axis is a box with its name and size. Below stands a word for each: ✓, or ✗ and what is wrong. Axes of size 1
    are striped. Of more than seven axes the first wrong one and those around it are drawn.

    Args:
        expected: the shape that is asked.
        yours: the shape that came.
        names: what the axes of `expected` are called; "" or nothing where they have no names.
        known: sizes of further named dimensions, by which an axis too many can be recognised.

    Returns:
        A plotly figure.
    """
    pairs = pair(yours, expected)
    drawn = _Drawn(yours, expected, pairs, *_names(yours, expected, pairs, names, known or {}))
    start = _start(pairs)
    shown = range(start, min(len(pairs), start + _MOST))
    step = min(_STEP, (WIDE - _LEFT) / max(1, len(shown)))
    ones = 1 in (*yours, *expected)
    title = "The axes of the result" + (f" ({len(shown)} of {len(pairs)})" if len(shown) < len(pairs) else "")
    width = max(_LEFT + step * len(shown), _LEFT + LETTER * len(_LEGEND) if ones else 0, 260)
    height = _WORDS + 24 + (_LINE if ones else 0)
    hidden = {"visible": False, "fixedrange": True}
    return figure(
        width,
        height,
        _alt(drawn),
        xaxis={**hidden, "range": [0, width]},
        yaxis={**hidden, "range": [height, 0]},
        shapes=[shape for n in shown for shape in _shapes(drawn, n, shown, step)],
        annotations=_captions(title, drawn, ones) + [text for n in shown for text in _texts(drawn, n, shown, step)],
    )


def _names(
    yours: Shape, expected: Shape, pairs: list[Pair], names: Sequence[str], known: Mapping[str, int]
) -> tuple[list[str], list[str]]:
    """What the axes of both shapes are called. One too many is called after the only known dimension of its size, with "?"."""
    wanted = [names[n] if n < len(names) and names[n] else f"axis {n}" for n in range(len(expected))]
    mine = [f"axis {n}" for n in range(len(yours))]
    for found in pairs:
        if found.yours is None:
            continue
        if found.expected is not None and found.kind in ("same", "moved") and not wanted[found.expected].startswith("axis "):
            mine[found.yours] = wanted[found.expected]
        elif found.kind in ("extra", "apart"):
            guesses = [name for name, size in known.items() if size == yours[found.yours] and name not in wanted]
            mine[found.yours] = f"{guesses[0]}?" if len(guesses) == 1 else mine[found.yours]
    return mine, wanted


def _start(pairs: list[Pair]) -> int:
    """The first pair that is drawn, so that the first wrong one is among them."""
    first = next((n for n, found in enumerate(pairs) if found.kind != "same"), 0)
    return max(0, min(first - _MOST // 2, len(pairs) - _MOST))


def _verdict(found: Pair, drawn: _Drawn) -> str:
    """What is said of a pair.

    >>> _verdict(Pair(0, 0, "size"), _Drawn((3,), (4,), [], [], []))
    '✗ 3, not 4'
    """
    if found.kind == "size":
        return f"✗ {drawn.yours[found.yours or 0]}, not {drawn.expected[found.expected or 0]}"
    if found.kind == "moved":
        swapped = any(
            other.kind == "moved" and other.yours == found.expected and other.expected == found.yours for other in drawn.pairs
        )
        return "✗ exchanged" if swapped else "✗ wrong place"
    words = _VERDICTS[found.kind]
    return words + ("?" if found.unsure else "")


# --- drawing --------------------------------------------------------------------------------------------------------


def _column(place: int, shown: range, step: float) -> float:
    """The left edge of a column."""
    return _LEFT + step * (place - shown.start)


def _column_of(drawn: _Drawn, expected: int) -> int:
    """The column in which an expected axis stands: its own place, where axes have changed places."""
    moved = any(found.kind == "moved" for found in drawn.pairs)
    return expected if moved else next(n for n, found in enumerate(drawn.pairs) if found.expected == expected)


def _shapes(drawn: _Drawn, n: int, shown: range, step: float) -> list[dict[str, Any]]:
    """Boxes and lines of the n-th column, and the stripes in boxes of size 1."""
    found = drawn.pairs[n]
    left, wide = _column(n, shown, step), step - 12
    found_below = _below(drawn, n)
    boxes = []
    for top, place, shape, pair_ in (
        (_YOURS, found.yours, drawn.yours, found),
        (_EXPECTED, found_below.expected, drawn.expected, found_below),
    ):
        if place is not None:
            boxes += _box(left, top, wide, wrong=pair_.kind not in ("same",), striped=shape[place] == 1)
        elif pair_.kind == "missing" and drawn.yours:
            boxes.append(_rectangle(left, top, wide, line={"color": WRONG_INK, "width": 2, "dash": "dash"}))
    above, below = _joined_columns(drawn, n)
    if above in shown and below in shown:
        ends = (_column(column, shown, step) + wide / 2 for column in (above, below))
        boxes.append(_join(*ends, right=found.kind == "same"))
    return boxes


def _joined_columns(drawn: _Drawn, n: int) -> tuple[int, int]:
    """The columns of the two axes which the line of the n-th pair joins: yours, expected; -1 where there is no line."""
    found = drawn.pairs[n]
    if found.kind in ("apart", "joined"):
        # The first pair of a group has both places.
        first = next(m for m in range(n, -1, -1) if None not in (drawn.pairs[m].yours, drawn.pairs[m].expected))
        return (n, first) if found.kind == "apart" else (first, n)
    if found.yours is None or found.expected is None:
        return -1, -1
    return n, _column_of(drawn, found.expected)


def _below(drawn: _Drawn, n: int) -> Pair:
    """The pair whose expected axis stands in the n-th column."""
    found = drawn.pairs[n]
    if found.kind != "moved":
        return found
    return next(other for other in drawn.pairs if other.expected == n)


def _box(left: float, top: float, wide: float, *, wrong: bool, striped: bool) -> list[dict[str, Any]]:
    line = {"color": WRONG_INK if wrong else PAGE_INK, "width": 3 if wrong else 1}
    box = _rectangle(left, top, wide, line=line, fillcolor=_WRONG if wrong else _RIGHT)
    if not striped:
        return [box]
    # As a path: older plotly.js has no patterns for shapes. Each stripe runs from the lower left to the upper right.
    stripes = []
    for start in range(_HATCH, int(wide + _BOX), _HATCH):
        x0, x1 = max(0.0, start - _BOX), min(wide, float(start))
        stripes.append(f"M{left + x0:.1f},{top + start - x0:.1f}L{left + x1:.1f},{top + start - x1:.1f}")
    return [box, {"type": "path", "path": "".join(stripes), "line": {"color": _STRIPE, "width": 1}}]


def _rectangle(left: float, top: float, wide: float, **style: Any) -> dict[str, Any]:
    return {"type": "rect", "x0": round(left, 1), "x1": round(left + wide, 1), "y0": top, "y1": top + _BOX, **style}


def _join(above: float, below: float, *, right: bool) -> dict[str, Any]:
    line = {"color": PAGE_INK if right else WRONG_INK, "width": 1.5 if right else 3, "dash": "solid" if right else "dot"}
    return {"type": "line", "x0": above, "x1": below, "y0": _YOURS + _BOX + 3, "y1": _EXPECTED - 3, "line": line}


def _captions(title: str, drawn: _Drawn, ones: bool) -> list[dict[str, Any]]:
    texts = [
        _text(0, 14, title, size=14, xanchor="left"),
        _text(0, _YOURS + _BOX / 2, "yours", xanchor="left"),
        _text(0, _EXPECTED + _BOX / 2, "expected", xanchor="left"),
    ]
    for top, shape in ((_YOURS, drawn.yours), (_EXPECTED, drawn.expected)):
        if not shape:
            texts.append(_text(_LEFT, top + _BOX / 2, "one number, no axes", xanchor="left"))
    return [*texts, _text(_LEFT, _WORDS + 24, _LEGEND, xanchor="left")] if ones else texts


def _texts(drawn: _Drawn, n: int, shown: range, step: float) -> list[dict[str, Any]]:
    """Names and sizes in the boxes of the n-th column, and the verdict below them."""
    found, below = drawn.pairs[n], _below(drawn, n)
    middle = _column(n, shown, step) + (step - 12) / 2
    texts = []
    if found.yours is not None:
        texts.append(_text(middle, _YOURS + _BOX / 2, _label(drawn.your_names[found.yours], drawn.yours[found.yours]), color=_INK))
    elif found.kind == "missing" and drawn.yours:
        texts.append(_text(middle, _YOURS + _BOX / 2, "none"))
    if below.expected is not None:
        name, size = drawn.expected_names[below.expected], drawn.expected[below.expected]
        texts.append(_text(middle, _EXPECTED + _BOX / 2, _label(name, size), color=_INK))
    verdict = _verdict(found, drawn)
    if LETTER * len(verdict) > step:
        verdict = verdict.replace(", ", ",<br>") if "," in verdict else "<br>".join(verdict.rsplit(" ", 1))
    return [*texts, _text(middle, _WORDS, verdict, color=PAGE_INK if found.kind == "same" else WRONG_INK)]


def _label(name: str, size: int) -> str:
    short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    return f"{short}<br><b>{size}</b>"


def _text(x: float, y: float, text: str, *, size: int = 13, color: str = PAGE_INK, xanchor: str = "center") -> dict[str, Any]:
    place = {"x": round(x, 1), "y": y, "xref": "x", "yref": "y", "xanchor": xanchor, "yanchor": "middle"}
    return {**place, "text": text, "showarrow": False, "font": {"size": size, "color": color}}


def _alt(drawn: _Drawn) -> str:
    """The drawing in words: both shapes, then every axis that is not right."""
    lines = ["The axes of the result."]
    for whose, names, shape in (("yours", drawn.your_names, drawn.yours), ("expected", drawn.expected_names, drawn.expected)):
        axes = ", ".join(f"{name} = {size}" for name, size in zip(names, shape, strict=True))
        lines.append(f"{whose}: {axes or 'one number, no axes'}")
    for found in drawn.pairs:
        if found.kind == "same":
            continue
        told_by_yours = found.expected is None or found.kind == "apart"
        name = drawn.your_names[found.yours or 0] if told_by_yours else drawn.expected_names[found.expected or 0]
        size = size_of(found, drawn.yours, drawn.expected)
        words = _verdict(found, drawn).removeprefix("✗ ").removesuffix("?")
        doubt = ", or the axis of the same size beside it" if found.unsure else ""
        lines.append(f"{name}: {words}" if found.kind in ("size", "apart", "joined") else f"{name} (size {size}{doubt}): {words}")
    return "\n".join(lines)

"""Computational graphs: what was made of what, in layers from left to right, with a value above each node and a gradient below."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from workbook.errors import BadInput
from workbook.show._ink import PAGE_INK, WRONG_INK
from workbook.show._layers import EDGE, Place, place
from workbook.show._sheet import LETTER, WIDE, figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["Node", "graph"]

Mark = Literal["", "now", "done", "wrong"]
Edge = tuple[Hashable, Hashable]

_MOST = 60  # nodes: more cannot be told apart
_MOST_STEPS = 180  # nodes times steps: they are all stored in the notebook
_TEXT = 26  # letters of a value or a gradient, the rest is cut
_LINES = (_TEXT + 2, 20, 15, 12, 9)  # letters after which a text goes on in the next line: the first with which the graph fits
_LABEL = 9  # letters inside a node
# The following are screen pixels.
_SIDE = 44  # the least diameter of a node
_TITLE = 26  # without its lines
_TITLE_LINE = 18
_SLIDER = 74
_TITLE_LETTERS = int((WIDE - 2 * EDGE) / LETTER)
# Readable on white and on black: the paper is transparent, the nodes are not.
_INK, _LINE, _RIM = "#1a1a1a", "#8a8a8a", "#6b7684"
_FILL: dict[Mark, str] = {"": "#e9edf3", "now": "#ffd166", "done": "#b7dcc0", "wrong": "#f6b8ab"}
_NOTHING = " "  # plotly removes empty texts for good, and a later step may have one there
_WIDTH: dict[Mark, int] = {"": 1, "now": 5, "done": 2, "wrong": 3}


@dataclass(frozen=True)
class Node:
    """A node as it is drawn: `label` in it, `value` above, `gradient` below.

    mark: "now" has a thick rim, "done" and "wrong" have a sign, ✓ and ✗, beside their colours.
    """

    label: str
    value: str = ""
    gradient: str = ""
    mark: Mark = ""


def graph(
    nodes: Mapping[Any, Node],
    edges: Sequence[tuple[Any, Any]],
    *,
    title: str = "",
    steps: Sequence[tuple[str, Mapping[Any, Node]]] = (),
) -> Figure:
    """A graph without cycles, in layers: each node stands further right than everything that leads to it.

    Args:
        nodes: what to draw, by a key of any kind.
        edges: pairs of keys, from and to. A pair that occurs twice is drawn twice.
        title: a line above it.
        steps: a slider below goes through these: a caption, and the nodes that look different from `nodes` at that step.

    Returns:
        A plotly figure.

    Raises:
        BadInput: there is no node or there are too many, an edge or a step names none, or the edges run in a circle.
    """
    _require(nodes, edges, steps)
    every = [*nodes.values(), *(node for _, changed in steps for node in changed.values())]
    side = max([_SIDE, *(LETTER * min(len(node.label), _LABEL) + 18 for node in every)])
    # Keys may be anything: from here on a node is its number.
    number = {key: n for n, key in enumerate(nodes)}
    placed, letters = _placed(len(nodes), [(number[one], number[other]) for one, other in edges], every, side)
    columns, rows = placed.size
    headlines = [_headline(title, caption) for caption, _ in steps] or [_headline(title, "")]
    longest = max(len(line) for text in headlines for line in text.split("<br>"))
    count = max(text.count("<br>") + 1 if text else 0 for text in headlines)
    top = _TITLE + _TITLE_LINE * count if count else 0
    width = max(columns, LETTER * longest + 2 * EDGE)
    shift = (width - columns) / 2
    layout = {
        "xaxis": {"visible": False, "range": [-shift, width - shift], "fixedrange": True},
        "yaxis": {"visible": False, "range": [rows, -top], "fixedrange": True},
        "showlegend": False,
        "title": {
            "text": headlines[0],
            "font": {"size": 14},
            "x": 0.5,
            "y": 1,
            "yanchor": "top",
            "pad": {"t": 12 + 9 * max(0, count - 1)},
        },
        "margin": {"l": 0, "r": 0, "t": 0, "b": _SLIDER if steps else 0},
    }
    fig = figure(width, top + rows + (_SLIDER if steps else 0), _alt(nodes, edges, title, steps), **layout)
    _draw_lines(fig, placed)
    _draw_nodes(fig, nodes, placed, side, letters)
    if steps:
        _add_slider(fig, nodes, [(headline, changed) for headline, (_, changed) in zip(headlines, steps, strict=True)], letters)
    return fig


def _placed(count: int, arrows: list[tuple[int, int]], every: Sequence[Node], side: float) -> tuple[Place, int]:
    """Where everything stands, and after how many letters texts are broken.

    From left to right where a notebook has room for that, with broken texts if need be; else from top to bottom. What fits in
    neither way becomes as narrow as can be.
    """
    texts = [_cut(text) for node in every for text in (node.value, f"✗ {node.gradient}")]
    tried = []
    for turned in (False, True):
        for letters in _LINES:
            lines = [_broken(text, letters).split("<br>") for text in texts]
            wide = LETTER * max(len(line) for text in lines for line in text) + 14
            found = place(count, arrows, side, wide, lines=max(map(len, lines)), turned=turned)
            tried.append((found, letters))
            if found.size[0] <= WIDE:
                return found, letters
    return min(tried, key=lambda each: each[0].size[0])


def _broken(text: str, letters: int) -> str:
    """A text in lines, joined as plotly breaks lines.

    >>> _broken("[1.5, -2, 1e-05]", 9)
    '[1.5, -2,<br>1e-05]'
    """
    return "<br>".join(textwrap.wrap(text, letters, break_on_hyphens=False))


def _headline(title: str, caption: str) -> str:
    return "<br>".join(_broken(text, _TITLE_LETTERS) for text in (title, caption) if text)


def _require(nodes: Mapping[Any, Node], edges: Sequence[Edge], steps: Sequence[tuple[str, Mapping[Any, Node]]]) -> None:
    """Refuse what cannot be drawn, with what to do about it."""
    if not nodes:
        raise BadInput("There is no node to draw.")
    if len(nodes) > _MOST:
        fact = f"This graph has {len(nodes)} nodes, and more than {_MOST} cannot be told apart in a picture."
        raise BadInput(fact, "Draw a smaller graph of the same kind.")
    if len(nodes) * len(steps) > _MOST_STEPS:
        fact = f"{len(steps)} steps of {len(nodes)} nodes are too many for one picture."
        raise BadInput(fact, f"Nodes times steps should be {_MOST_STEPS} at most: draw a smaller graph.")
    named = [*itertools.chain.from_iterable(edges), *(key for _, changed in steps for key in changed)]
    unknown = next((key for key in named if key not in nodes), None)
    if unknown is not None:
        raise BadInput(f"An edge or a step names {unknown!r}, and there is no such node.")
    for node in (*nodes.values(), *(node for _, changed in steps for node in changed.values())):
        if node.mark not in get_args(Mark):
            raise BadInput(f"There is no mark {node.mark!r}.", "The marks are 'now', 'done', 'wrong' and ''.")


def _draw_lines(fig: Figure, placed: Place) -> None:
    """All lines are one trace, with gaps: that is stored in far fewer letters. Each has an arrow at its last point."""
    import plotly.graph_objects as go

    points: list[tuple[float | None, float | None, int]] = []
    for line in placed.lines:
        points += [*((x, y, 0) for x, y in line[:-1]), (*line[-1], 11), (None, None, 0)]
    x, y, size = zip(*points, strict=True) if points else ((), (), ())
    marker = {"symbol": "arrow", "angleref": "previous", "size": size, "opacity": 1, "color": _LINE, "line": {"width": 0}}
    style = {"mode": "lines+markers", "line": {"color": _LINE, "width": 1.5, "shape": "spline"}, "marker": marker}
    fig.add_trace(go.Scatter(x=x, y=y, hoverinfo="skip", cliponaxis=False, **style))


def _draw_nodes(fig: Figure, nodes: Mapping[Any, Node], placed: Place, side: float, letters: int) -> None:
    """Three traces: the nodes with their labels, the values above and the gradients below. `_looks` has what steps change."""
    import plotly.graph_objects as go

    x, y = zip(*placed.nodes, strict=True)
    looks = _looks(nodes.values(), letters)
    below = (side / 2 + 6, 1.5) if placed.turned else (0.0, side / 2 + 2)
    for mode, (right, down), name in (
        ("markers+text", (0.0, 0.0), "label"),
        ("text", (below[0], -below[1]), "value"),
        ("text", below, "gradient"),
    ):
        style: dict[str, Any] = {"text": looks[f"{name}.text"], "textfont": {"color": looks[f"{name}.color"], "size": 13}}
        if name == "label":
            line = {"color": _RIM, "width": looks["width"]}
            style["marker"] = {"size": side, "color": looks["fill"], "line": line, "opacity": 1}
        else:  # anchored at the node, so that a text of many lines grows away from it
            style["textposition"] = f"{'top' if down < 0 else 'bottom'} {'right' if placed.turned else 'center'}"
        places = {"x": [each + right for each in x], "y": [each + down for each in y]}
        fig.add_trace(go.Scatter(**places, mode=mode, hoverinfo="skip", cliponaxis=False, **style))


def _looks(nodes: Any, letters: int) -> dict[str, list[Any]]:
    """How all nodes look, attribute by attribute."""
    drawn = list(nodes)
    return {
        "label.text": [f"{_cut(node.label, _LABEL)}{' ✓' if node.mark == 'done' else ''}" for node in drawn],
        "label.color": [_INK] * len(drawn),
        "value.text": [_broken(_cut(node.value), letters) or _NOTHING for node in drawn],
        "value.color": [PAGE_INK] * len(drawn),
        "gradient.text": [
            f"<b>{_broken(f'✗ {_cut(node.gradient)}', letters)}</b>"
            if node.mark == "wrong"
            else _broken(_cut(node.gradient), letters) or _NOTHING
            for node in drawn
        ],
        "gradient.color": [WRONG_INK if node.mark == "wrong" else PAGE_INK for node in drawn],
        "fill": [_FILL[node.mark] for node in drawn],
        "width": [_WIDTH[node.mark] for node in drawn],
    }


def _cut(text: str, most: int = _TEXT) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _add_slider(fig: Figure, nodes: Mapping[Any, Node], steps: Sequence[tuple[str, Mapping[Any, Node]]], letters: int) -> None:
    """One entry for each step, a headline and what changes. It sets the title, and texts, colours and rims of the nodes."""
    last = len(fig.data)
    entries = []
    for count, (headline, changed) in enumerate(steps):
        looks = _looks([changed.get(key, node) for key, node in nodes.items()], letters)
        names = ("label", "value", "gradient")
        style = {
            "text": [looks[f"{name}.text"] for name in names],
            "textfont.color": [looks[f"{name}.color"] for name in names],
            "marker.color": [looks["fill"], None, None],
            "marker.line.width": [looks["width"], None, None],
        }
        update = [style, {"title.text": headline}, [last - 3, last - 2, last - 1]]
        entries.append({"label": str(count), "method": "update", "args": update})
    fig.update_layout(
        sliders=[
            {"steps": entries, "active": 0, "currentvalue": {"prefix": "step "}, "pad": {"t": 4, "b": 6}, "x": 0.05, "len": 0.9}
        ],
    )
    shown = _looks([steps[0][1].get(key, node) for key, node in nodes.items()], letters)
    for trace, name in zip(fig.data[-3:], ("label", "value", "gradient"), strict=True):
        trace.text, trace.textfont.color = shown[f"{name}.text"], shown[f"{name}.color"]
    fig.data[-3].marker.color, fig.data[-3].marker.line.width = shown["fill"], shown["width"]


def _alt(nodes: Mapping[Any, Node], edges: Sequence[Edge], title: str, steps: Sequence[tuple[str, Mapping[Any, Node]]]) -> str:
    """The graph in words: each node with its texts and what leads to it; then each step with the texts that are new in it."""
    lines = [title] if title else []
    for key, node in nodes.items():
        sources = [nodes[one].label for one, other in edges if other is key or other == key]
        made = f" of {', '.join(sources)}" if sources else ""
        told = _told(node)
        lines.append(f"{node.label}{made}{': ' if told else ''}{told}")
    before: Mapping[Any, Node] = nodes
    for count, (caption, changed) in enumerate(steps):
        now = {**nodes, **changed}
        new = [f"{node.label}: {_told(node)}" for key, node in now.items() if _told(node) not in ("", _told(before[key]))]
        lines.append("; ".join([f"Step {count}: {caption}", *new]))
        before = now
    return "\n".join(lines)


def _told(node: Node) -> str:
    """A node's texts, and whether they are wrong."""
    texts = [f"value {node.value}" if node.value else "", f"gradient {node.gradient}" if node.gradient else ""]
    return ", ".join(filter(None, texts)) + (" (wrong)" if node.mark == "wrong" else "")

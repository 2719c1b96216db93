"""Computational graphs: what was made of what, in layers from left to right, with a value above each node and a gradient below."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from workbook.errors import BadInput
from workbook.show._sheet import LETTER, figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["Node", "graph"]

Mark = Literal["", "now", "done", "wrong"]
Edge = tuple[Hashable, Hashable]

_MOST = 60  # nodes: more cannot be told apart
_MOST_STEPS = 240  # nodes times steps: they are all stored in the notebook
_TEXT = 26  # letters of a value or a gradient, the rest is cut
_LABEL = 9  # letters inside a node
_WIDE = 900  # screen pixels: a wider picture is turned, if it is less wide then
# The following are screen pixels.
_SIDE = 44  # the least diameter of a node
_ROOM = 96  # from one node to the next of its layer: the node, a text above and a text below
_BEND = 34  # from a line that passes a layer to what is next to it
_STEP = 104  # the least distance of two layers
_EDGE = 24  # around everything
_APART = 22  # two lines between the same nodes
_TITLE = 44
_SLIDER = 74
# Readable on white and on black: the paper is transparent, the nodes are not.
_INK, _LINE, _RIM = "#1a1a1a", "#8a8a8a", "#6b7684"
_FILL: dict[Mark, str] = {"": "#e9edf3", "now": "#ffd166", "done": "#b7dcc0", "wrong": "#f6b8ab"}
_NOTHING = " "  # plotly removes empty texts for good, and a later step may have one there
_TEXT_INK, _WRONG_INK = "#767676", "#d0451b"
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


@dataclass(frozen=True)
class _Place:
    """Where nodes and lines stand, in screen pixels from the upper left corner."""

    nodes: dict[Hashable, tuple[float, float]]
    lines: list[list[tuple[float, float]]]
    size: tuple[float, float]
    side: float
    turned: bool  # from top to bottom: texts stand on the right of the nodes, out of the way of the lines


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
    place = _placed(nodes, edges, [*nodes.values(), *(node for _, changed in steps for node in changed.values())])
    columns, rows = place.size
    top = _TITLE if title or steps else 0
    longest = max([title, *(caption for caption, _ in steps)], key=len)
    width = max(columns, LETTER * len(longest) + 2 * _EDGE)
    shift = (width - columns) / 2
    layout = {
        "xaxis": {"visible": False, "range": [-shift, width - shift], "fixedrange": True},
        "yaxis": {"visible": False, "range": [rows, -top], "fixedrange": True},
        "showlegend": False,
        "title": {"text": title, "font": {"size": 14}, "x": 0.5, "y": 1, "yanchor": "top", "pad": {"t": 12}},
        "margin": {"l": 0, "r": 0, "t": 0, "b": _SLIDER if steps else 0},
    }
    fig = figure(width, top + rows + (_SLIDER if steps else 0), _alt(nodes, edges, title), **layout)
    _draw_lines(fig, place)
    _draw_nodes(fig, nodes, place)
    if steps:
        _add_slider(fig, nodes, steps, title)
    return fig


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


# --- layout ---------------------------------------------------------------------------------------------------------


def _placed(nodes: Mapping[Hashable, Node], edges: Sequence[Edge], drawn: Sequence[Node]) -> _Place:
    """Nodes in their layers, with room for the texts of all that is ever drawn; lines keep out of the way of other nodes."""
    import networkx

    # Keys may be anything, and equal to each other as they like: from here on a node is its number.
    number = {key: n for n, key in enumerate(nodes)}
    arrows = [(number[one], number[other]) for one, other in edges]
    net = networkx.DiGraph()
    net.add_nodes_from(range(len(nodes)))
    net.add_edges_from(arrows)
    try:
        layers: list[list[Any]] = [sorted(layer) for layer in networkx.topological_generations(net)]
    except networkx.NetworkXUnfeasible:
        raise BadInput("The edges run in a circle, so the nodes have no layers.", "Draw graphs without cycles.") from None
    ways = _ways(layers, arrows)
    layers = _uncrossed(layers, ways)
    side = max([_SIDE, *(LETTER * min(len(node.label), _LABEL) + 18 for node in nodes.values())])
    texts = max(len(_cut(text)) for node in nodes.values() for text in (node.value, f"✗ {node.gradient}"))
    wide = LETTER * texts + 14
    step, room = max(_STEP, side + 40, wide), _ROOM + side - _SIDE
    across = 2 * _EDGE + (len(layers) - 1) * step + max(side, wide)
    beside = side + 2 * wide  # a node in its middle, so that a text on its right has room
    flat, extent = _across(layers, ways, room)
    turned_flat, turned_extent = _across(layers, ways, beside)
    turned = across > max(_WIDE, turned_extent + 2 * _EDGE)
    along = {key: place for place, layer in enumerate(layers) for key in layer}
    if turned:
        at = {key: (round(_EDGE + x, 1), _EDGE + side / 2 + (side + 40) * along[key]) for key, x in turned_flat.items()}
        size = (turned_extent + 2 * _EDGE, 2 * _EDGE + (len(layers) - 1) * (side + 40) + side)
    else:
        at = {key: (_EDGE + max(side, wide) / 2 + step * along[key], round(_EDGE + y, 1)) for key, y in flat.items()}
        size = (across, extent + 2 * _EDGE)
    lines = [_line([at[key] for key in way], offset, side / 2) for way, offset in ways]
    return _Place({key: at[n] for key, n in number.items()}, lines, size, side, turned)


def _ways(layers: list[list[Any]], arrows: list[tuple[int, int]]) -> list[tuple[list[Any], float]]:
    """The keys that each line passes, and how far it is bent aside. Passed layers get a key of the line's own."""
    layer_of = {key: place for place, layer in enumerate(layers) for key in layer}
    total, seen = Counter(arrows), Counter[tuple[int, int]]()
    ways = []
    for arrow in arrows:
        one, other = arrow
        between = [(one, other, seen[arrow], place) for place in range(layer_of[one] + 1, layer_of[other])]
        for bend in between:
            layers[bend[-1]].append(bend)
        alone = 0.0 if between else _APART * (seen[arrow] - (total[arrow] - 1) / 2)
        ways.append(([one, *between, other], alone))
        seen[arrow] += 1
    return ways


def _uncrossed(layers: list[list[Any]], ways: list[tuple[list[Any], float]]) -> list[list[Any]]:
    """Layers reordered: each key as near as can be to the middle of its neighbours in the layer before, then after."""
    before, after = _neighbours(ways)
    for neighbours, order in ((before, 1), (after, -1)) * 3:
        for earlier, layer in itertools.pairwise(layers[::order]):
            share = {key: (place + 0.5) / len(earlier) for place, key in enumerate(earlier)}
            # A stable sort: keys without neighbours, and equals, keep their places.
            middle = {
                key: sum(near) / len(near) if (near := [share[n] for n in neighbours.get(key, ())]) else (place + 0.5) / len(layer)
                for place, key in enumerate(layer)
            }
            layer.sort(key=middle.__getitem__)
    return layers


def _neighbours(ways: list[tuple[list[Any], float]]) -> tuple[dict[Any, list[Any]], dict[Any, list[Any]]]:
    """For each key those in the layer before which lead to it, and those in the layer after."""
    before: dict[Any, list[Any]] = {}
    after: dict[Any, list[Any]] = {}
    for way, _ in ways:
        for one, other in itertools.pairwise(way):
            after.setdefault(one, []).append(other)
            before.setdefault(other, []).append(one)
    return before, after


def _half(key: Any, room: float) -> float:
    return (_BEND if isinstance(key, tuple) else room) / 2


def _across(layers: list[list[Any]], ways: list[tuple[list[Any], float]], room: float) -> tuple[dict[Any, float], float]:
    """Where each key stands across its layer, near to the middle of its neighbours; and the extent of all."""
    before, after = _neighbours(ways)
    at: dict[Any, float] = {}
    for neighbours, order in ((before, 1), (after, -1), (before, 1)):
        for layer in layers[::order]:
            wanted = {key: sum(near) / len(near) for key in layer if (near := [at[n] for n in neighbours.get(key, ()) if n in at])}
            place, moved = -1e9, {}
            for key in layer:
                place = max(place + _half(key, room), wanted.get(key, at.get(key, 0.0)))
                moved[key] = place
                place += _half(key, room)
            # What was pushed aside, was pushed to one side: half of it is taken back.
            shift = sum(wanted.get(key, moved[key]) - moved[key] for key in layer) / len(layer)
            at.update((key, place + shift) for key, place in moved.items())
    least = min(place - _half(key, room) for key, place in at.items())
    extent = max(place + _half(key, room) for key, place in at.items()) - least
    return {key: place - least for key, place in at.items()}, extent


def _line(points: list[tuple[float, float]], offset: float, radius: float) -> list[tuple[float, float]]:
    """A line from rim to rim; `offset` bends one without other corners aside, so that two of them can be told apart."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    if offset:
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        aside = ((x0 + x1) / 2 - offset * (y1 - y0) / length, (y0 + y1) / 2 + offset * (x1 - x0) / length)
        points = [points[0], aside, points[-1]]
    inner = [(round(x), round(y)) for x, y in points[1:-1]]
    # Straight on, a corner says nothing.
    bends = [here for last, here, following in zip(inner, inner[1:], inner[2:], strict=False) if _turns(last, here, following)]
    inner = [inner[0], *bends, inner[-1]] if len(inner) > 1 else inner
    return [_towards(points[0], points[1], radius), *inner, _towards(points[-1], points[-2], radius + 3)]


def _turns(one: tuple[int, int], two: tuple[int, int], three: tuple[int, int]) -> bool:
    return (two[0] - one[0]) * (three[1] - one[1]) != (two[1] - one[1]) * (three[0] - one[0])


def _towards(one: tuple[float, float], other: tuple[float, float], distance: float) -> tuple[float, float]:
    """The point at a distance from one on the way to the other."""
    across, down = other[0] - one[0], other[1] - one[1]
    part = distance / (across**2 + down**2) ** 0.5
    return round(one[0] + part * across, 1), round(one[1] + part * down, 1)


# --- drawing --------------------------------------------------------------------------------------------------------


def _draw_lines(fig: Figure, place: _Place) -> None:
    """All lines are one trace, with gaps: that is stored in far fewer letters. Each has an arrow at its last point."""
    import plotly.graph_objects as go

    points: list[tuple[float | None, float | None, int]] = []
    for line in place.lines:
        points += [*((x, y, 0) for x, y in line[:-1]), (*line[-1], 11), (None, None, 0)]
    x, y, size = zip(*points, strict=True) if points else ((), (), ())
    marker = {"symbol": "arrow", "angleref": "previous", "size": size, "opacity": 1, "color": _LINE, "line": {"width": 0}}
    style = {"mode": "lines+markers", "line": {"color": _LINE, "width": 1.5, "shape": "spline"}, "marker": marker}
    fig.add_trace(go.Scatter(x=x, y=y, hoverinfo="skip", cliponaxis=False, **style))


def _draw_nodes(fig: Figure, nodes: Mapping[Any, Node], place: _Place) -> None:
    """Three traces: the nodes with their labels, the values above and the gradients below. `_looks` has what steps change."""
    import plotly.graph_objects as go

    x, y = zip(*place.nodes.values(), strict=True)
    looks = _looks(nodes.values())
    half = place.side / 2 + 10
    below = (half - 4, 9.0) if place.turned else (0.0, half)
    for mode, (right, down), name in (
        ("markers+text", (0.0, 0.0), "label"),
        ("text", (below[0], -below[1]), "value"),
        ("text", below, "gradient"),
    ):
        style: dict[str, Any] = {"text": looks[f"{name}.text"], "textfont": {"color": looks[f"{name}.color"], "size": 13}}
        if name == "label":
            line = {"color": _RIM, "width": looks["width"]}
            style["marker"] = {"size": place.side, "color": looks["fill"], "line": line, "opacity": 1}
        elif place.turned:
            style["textposition"] = "middle right"
        places = {"x": [each + right for each in x], "y": [each + down for each in y]}
        fig.add_trace(go.Scatter(**places, mode=mode, hoverinfo="skip", cliponaxis=False, **style))


def _looks(nodes: Any) -> dict[str, list[Any]]:
    """How all nodes look, attribute by attribute."""
    drawn = list(nodes)
    return {
        "label.text": [f"{_cut(node.label, _LABEL)}{' ✓' if node.mark == 'done' else ''}" for node in drawn],
        "label.color": [_INK] * len(drawn),
        "value.text": [_cut(node.value) or _NOTHING for node in drawn],
        "value.color": [_TEXT_INK] * len(drawn),
        "gradient.text": [
            f"<b>✗ {_cut(node.gradient)}</b>" if node.mark == "wrong" else _cut(node.gradient) or _NOTHING for node in drawn
        ],
        "gradient.color": [_WRONG_INK if node.mark == "wrong" else _TEXT_INK for node in drawn],
        "fill": [_FILL[node.mark] for node in drawn],
        "width": [_WIDTH[node.mark] for node in drawn],
    }


def _cut(text: str, most: int = _TEXT) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _add_slider(fig: Figure, nodes: Mapping[Any, Node], steps: Sequence[tuple[str, Mapping[Any, Node]]], title: str) -> None:
    """One entry for each step. It sets what can change: texts, colours and rims of the last three traces, and the title."""
    last = len(fig.data)
    entries = []
    for count, (caption, changed) in enumerate(steps):
        looks = _looks([changed.get(key, node) for key, node in nodes.items()])
        names = ("label", "value", "gradient")
        style = {
            "text": [looks[f"{name}.text"] for name in names],
            "textfont.color": [looks[f"{name}.color"] for name in names],
            "marker.color": [looks["fill"], None, None],
            "marker.line.width": [looks["width"], None, None],
        }
        headline = {"title.text": f"{title}<br>{caption}" if title else caption}
        entries.append({"label": str(count), "method": "update", "args": [style, headline, [last - 3, last - 2, last - 1]]})
    first = entries[0]["args"]
    fig.update_layout(
        title={"text": first[1]["title.text"]},  # type: ignore[index]  # as it is written above
        sliders=[
            {"steps": entries, "active": 0, "currentvalue": {"prefix": "step "}, "pad": {"t": 4, "b": 6}, "x": 0.05, "len": 0.9}
        ],
    )
    shown = _looks([steps[0][1].get(key, node) for key, node in nodes.items()])
    for trace, name in zip(fig.data[-3:], ("label", "value", "gradient"), strict=True):
        trace.text, trace.textfont.color = shown[f"{name}.text"], shown[f"{name}.color"]
    fig.data[-3].marker.color, fig.data[-3].marker.line.width = shown["fill"], shown["width"]


def _alt(nodes: Mapping[Any, Node], edges: Sequence[Edge], title: str) -> str:
    """The graph in words: each node with its texts, and what leads to it."""
    lines = [title] if title else []
    for key, node in nodes.items():
        sources = [nodes[one].label for one, other in edges if other is key or other == key]
        made = f" of {', '.join(sources)}" if sources else ""
        texts = [f"value {node.value}" if node.value else "", f"gradient {node.gradient}" if node.gradient else ""]
        wrong = " (wrong)" if node.mark == "wrong" else ""
        told = ", ".join(filter(None, texts))
        lines.append(f"{node.label}{made}{': ' if told else ''}{told}{wrong}")
    return "\n".join(lines)

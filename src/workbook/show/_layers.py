"""Where the nodes of a graph without cycles stand: in layers, each node in one after all that lead to it.

Lines that pass a layer have a place of their own in it, so that they keep out of the way of the nodes there.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Any

from workbook.errors import BadInput

__all__ = ["EDGE", "Place", "place"]

# The following are screen pixels.
EDGE = 24  # around everything
_ROOM = 20  # from one node to the next of its layer, besides the node and the texts above and below it
_LINE = 16  # the height of a line of text
_BEND = 34  # from a line that passes a layer to what is next to it
_STEP = 104  # the least distance of two layers
_GAP = 40  # between the rims of nodes in neighbouring layers
_APART = 22  # two lines between the same nodes

_Point = tuple[float, float]
_Way = tuple[list[Any], float]


@dataclass(frozen=True)
class Place:
    """Where nodes and lines stand, in screen pixels from the upper left corner.

    nodes: a point for each. lines: the corners of each. turned: it runs from top to bottom, and texts stand on the right of the
    nodes, out of the way of the lines.
    """

    nodes: list[_Point]
    lines: list[list[_Point]]
    size: _Point
    turned: bool


def place(count: int, arrows: list[tuple[int, int]], side: float, wide: float, *, lines: int = 1, turned: bool = False) -> Place:
    """Places of `count` nodes and of the lines between them.

    Args:
        arrows: from, to: numbers of nodes, from 0.
        side: the diameter of a node, in screen pixels.
        wide: the width of the longest text beside one.
        lines: how many lines a text has at most; each node has two texts.
        turned: whether it runs from top to bottom, not from left to right.

    Raises:
        BadInput: the arrows run in a circle.
    """
    layers = _layers(count, arrows)
    ways = _ways(layers, arrows)
    layers = _uncrossed(layers, ways)
    along = {key: number for number, layer in enumerate(layers) for key in layer}
    if turned:
        step = max(side + _GAP, 2 * lines * _LINE + 8)
        # A text stands on the right of its node: the node is moved to the left in the room of both.
        across, extent = _across(layers, ways, side + wide)
        at = {
            key: (round(EDGE + x - (0 if isinstance(key, tuple) else wide / 2), 1), EDGE + side / 2 + step * along[key])
            for key, x in across.items()
        }
        size = (extent + 2 * EDGE, 2 * EDGE + (len(layers) - 1) * step + side)
    else:
        step = max(_STEP, side + _GAP, wide)
        across, extent = _across(layers, ways, side + _ROOM + 2 * lines * _LINE)
        at = {key: (EDGE + max(side, wide) / 2 + step * along[key], round(EDGE + y, 1)) for key, y in across.items()}
        size = (2 * EDGE + (len(layers) - 1) * step + max(side, wide), extent + 2 * EDGE)
    drawn = [_line([at[key] for key in way], offset, side / 2) for way, offset in ways]
    return Place([at[number] for number in range(count)], drawn, size, turned)


def _layers(count: int, arrows: list[tuple[int, int]]) -> list[list[Any]]:
    import networkx

    net = networkx.DiGraph()
    net.add_nodes_from(range(count))
    net.add_edges_from(arrows)
    try:
        return [sorted(layer) for layer in networkx.topological_generations(net)]
    except networkx.NetworkXUnfeasible:
        raise BadInput("The edges run in a circle, so the nodes have no layers.", "Draw graphs without cycles.") from None


def _ways(layers: list[list[Any]], arrows: list[tuple[int, int]]) -> list[_Way]:
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


def _uncrossed(layers: list[list[Any]], ways: list[_Way]) -> list[list[Any]]:
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


def _neighbours(ways: list[_Way]) -> tuple[dict[Any, list[Any]], dict[Any, list[Any]]]:
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


def _across(layers: list[list[Any]], ways: list[_Way], room: float) -> tuple[dict[Any, float], float]:
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


def _line(points: list[_Point], offset: float, radius: float) -> list[_Point]:
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


def _towards(one: _Point, other: _Point, distance: float) -> _Point:
    """The point at a distance from one on the way to the other."""
    across, down = other[0] - one[0], other[1] - one[1]
    part = distance / (across**2 + down**2) ** 0.5
    return round(one[0] + part * across, 1), round(one[1] + part * down, 1)

"""Where the boxes of a small graph stand: by depth, from left to right or, in deep graphs, downwards; and how the edges bend."""

from __future__ import annotations

from dataclasses import dataclass

from workbook.play.graph import Graph

__all__ = ["HEIGHT", "WIDTH", "Layout", "Point", "lay_out"]

Point = tuple[float, float]
WIDTH, HEIGHT = 112, 58  # of a box, in pixels
_ACROSS, _DOWN = 72, 40  # between boxes: a slope is written there
_MARGIN = 20
_MOST_COLUMNS = 5  # fit into 780 pixels


@dataclass(frozen=True)
class Layout:
    """A drawing's plan, in pixels.

    Attributes:
        places: of each node that is drawn, the upper left corner. Plain numbers are not: the formulas name them.
        edges: for (node, argument) the four points of the curve from the input to the node.
        downwards: inputs stand above, not to the left.
    """

    places: dict[int, Point]
    edges: dict[tuple[int, int], tuple[Point, Point, Point, Point]]
    width: float
    height: float
    downwards: bool


def lay_out(graph: Graph) -> Layout:
    """Each box comes after its inputs, and letters stand as near to their first use as can be."""
    levels = _levels(graph)
    downwards = max(levels.values()) >= _MOST_COLUMNS
    along, aside = (HEIGHT + _DOWN, WIDTH + _ACROSS // 2) if downwards else (WIDTH + _ACROSS, HEIGHT + _DOWN)
    members = [[place for place in levels if levels[place] == each] for each in range(max(levels.values()) + 1)]
    widest = max(map(len, members))
    places = {}
    for level, inside in enumerate(members):
        for row, place in enumerate(inside):
            across = (widest - len(inside)) * aside / 2 + row * aside
            there = (across, level * along) if downwards else (level * along, across)
            places[place] = (there[0] + _MARGIN, there[1] + _MARGIN)
    drawn = [
        (source, argument) for source in places for argument, target in enumerate(graph.nodes[source].inputs) if target in places
    ]
    long = any(levels[source] - levels[graph.nodes[source].inputs[argument]] > 1 for source, argument in drawn)
    width = max(x for x, _ in places.values()) + WIDTH + _MARGIN + (_ACROSS if long and downwards else 0)
    height = max(y for _, y in places.values()) + HEIGHT + _MARGIN + (_DOWN if long and not downwards else 0)
    far = (width if downwards else height) - _MARGIN  # where edges go that pass other boxes
    edges = {edge: _edge(graph, places, levels, edge, downwards, far) for edge in drawn}
    return Layout(places, edges, width, height, downwards)


def _levels(graph: Graph) -> dict[int, int]:
    """The depth of every node that is drawn."""
    drawn = [place for place, node in enumerate(graph.nodes) if not node.constant]
    levels: dict[int, int] = {}
    for place in drawn:
        levels[place] = max((levels[each] + 1 for each in graph.nodes[place].inputs if each in levels), default=0)
    for place in drawn:
        users = [levels[other] for other in drawn if place in graph.nodes[other].inputs]
        if not graph.nodes[place].op and users:
            levels[place] = min(users) - 1
    return levels


def _edge(
    graph: Graph, places: dict[int, Point], levels: dict[int, int], edge: tuple[int, int], downwards: bool, far: float
) -> tuple[Point, Point, Point, Point]:
    source, argument = edge
    inputs = graph.nodes[source].inputs
    (x1, y1), (x2, y2) = places[inputs[argument]], places[source]
    part = 0.5 if sum(each in places for each in inputs) == 1 else (0.28, 0.72)[argument]  # two inputs arrive at two points
    if downwards:
        start, end = (x1 + WIDTH / 2, y1 + HEIGHT), (x2 + WIDTH * part, y2)
        reach, middle = (end[1] - start[1]) / 2, (start[0] + end[0]) / 2
    else:
        start, end = (x1 + WIDTH, y1 + HEIGHT / 2), (x2, y2 + HEIGHT * part)
        reach, middle = (end[0] - start[0]) / 2, (start[1] + end[1]) / 2
    bend = 0.0
    if levels[source] - levels[inputs[argument]] > 1:
        bend = (far - middle) / 0.75  # the middle of such a curve is three quarters as far out as its handles
    elif len(inputs) == 2 and inputs[0] == inputs[1]:
        bend = 24.0 if argument else -24.0
    if downwards:
        return start, (start[0] + bend, start[1] + reach), (end[0] + bend, end[1] - reach), end
    return start, (start[0] + reach, start[1] + bend), (end[0] - reach, end[1] + bend), end

"""Pictures of computational graphs: what stands where, what can be read, and what is refused."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest

from workbook import show
from workbook.errors import BadInput
from workbook.show import Node

MOST_LETTERS = 60_000  # of one figure, as a notebook stores it
MOST_WIDE = 620
EDGES = [("a", "d"), ("b", "d"), ("c", "e"), ("d", "f"), ("e", "f"), ("f", "g")]
NODES = {name: Node(name, f"value {name}", f"grad {name}") for name in "abcdefg"}


def places(figure: Any) -> dict[str, tuple[float, float]]:
    """Label to place; the labels are in the last trace but two."""
    nodes = figure.data[-3]
    return {text.removesuffix(" ✓"): (x, y) for text, x, y in zip(nodes.text, nodes.x, nodes.y, strict=True)}


def lines(figure: Any) -> list[list[tuple[float, float]]]:
    """The points of each line, which are one trace with gaps."""
    found: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(figure.data[0].x, figure.data[0].y, strict=True):
        if x is None:
            found.append([])
        else:
            found[-1].append((x, y))
    return found[:-1]


def chain(length: int) -> tuple[dict[int, Node], list[tuple[int, int]]]:
    return {n: Node(str(n), "1.5", "2.5") for n in range(length)}, list(itertools.pairwise(range(length)))


def apart(points: Iterable[tuple[float, float]]) -> float:
    """The least distance of two of them."""
    return min(max(abs(x - u), abs(y - v)) for (x, y), (u, v) in itertools.combinations(points, 2))


def test_graph_layers() -> None:
    """Every edge leads to the right, and no two nodes are too near to each other."""
    at = places(show.graph(NODES, EDGES))
    assert sorted(at) == list("abcdefg")
    assert all(at[one][0] < at[other][0] for one, other in EDGES)
    assert apart(at.values()) >= 60


def test_graph_texts() -> None:
    """The value stands above the node, the gradient below; the axis points down."""
    figure = show.graph(NODES, EDGES, title="a title")
    nodes, values, gradients = figure.data[-3:]
    assert list(values.text) == [f"value {name}" for name in NODES]
    assert list(gradients.text) == [f"grad {name}" for name in NODES]
    assert all(above < middle < below for above, middle, below in zip(values.y, nodes.y, gradients.y, strict=True))
    low, high = figure.layout.yaxis.range
    assert low > high
    assert figure.layout.title.text == "a title"


def test_graph_everything_is_inside() -> None:
    figure = show.graph(NODES, EDGES, title="a title")
    (left, right), (bottom, top) = figure.layout.xaxis.range, figure.layout.yaxis.range
    drawn = [(x, y) for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True) if x is not None]
    assert all(left < x < right and top < y < bottom for x, y in drawn)
    # One unit is one screen pixel.
    assert right - left == pytest.approx(figure.layout.width, abs=1)
    assert bottom - top == pytest.approx(figure.layout.height, abs=1)


def test_graph_lines_end_at_the_rims() -> None:
    figure = show.graph({"x": Node("x"), "y": Node("y")}, [("x", "y")])
    ((start, end),), at = lines(figure), places(figure)
    radius = figure.data[-3].marker.size / 2
    assert start[0] - at["x"][0] == pytest.approx(radius, abs=0.2)
    assert radius < at["y"][0] - end[0] < radius + 6
    assert figure.data[0].marker.symbol == "arrow"
    assert list(figure.data[0].marker.size) == [0, 11, 0]


def test_graph_long_edge_avoids_nodes() -> None:
    """The line from x to the end runs past the node in between."""
    nodes = {name: Node(name) for name in ("x", "square", "sum")}
    figure = show.graph(nodes, [("x", "square"), ("square", "sum"), ("x", "sum")])
    at, (_, bend, _) = places(figure), lines(figure)[2]
    assert abs(bend[0] - at["square"][0]) + abs(bend[1] - at["square"][1]) > 40


def test_graph_edge_twice() -> None:
    """Two lines between the same nodes can be told apart."""
    figure = show.graph({"x": Node("x"), "square": Node("square")}, [("x", "square"), ("x", "square")])
    one, other = lines(figure)
    assert abs(one[1][1] - other[1][1]) >= 20


def test_graph_keys_of_any_kind() -> None:
    """Pairs as keys are no bends, and equal labels are different nodes."""
    nodes = {(0, 1): Node("same"), (1, 2): Node("same"), "end": Node("end")}
    figure = show.graph(nodes, [((0, 1), "end"), ((1, 2), "end")])
    assert len(lines(figure)) == 2
    xs, ys = figure.data[-3].x, figure.data[-3].y
    assert apart(zip(xs, ys, strict=True)) >= 60


def test_graph_lonely_node() -> None:
    figure = show.graph({1: Node("alone", "3")}, [])
    assert lines(figure) == []
    assert list(places(figure)) == ["alone"]


def test_graph_marks_have_signs() -> None:
    """No colour is the only signal."""
    nodes = {
        "wrong": Node("w", "1", "2", "wrong"),
        "done": Node("d", mark="done"),
        "now": Node("n", mark="now"),
        "plain": Node("p"),
    }
    figure = show.graph(nodes, [])
    drawn, _, gradients = figure.data[-3:]
    assert "✗ 2" in gradients.text[0]
    assert drawn.text[1] == "d ✓"
    widths = drawn.marker.line.width
    assert widths[2] > max(widths[0], widths[1], widths[3])
    assert len(set(drawn.marker.color)) == 4
    assert "(wrong)" in figure.layout.meta["alt"]


def test_graph_steps() -> None:
    """The slider sets the texts, colours and captions of each step, and the first one is shown."""
    steps = [("first caption", {"a": Node("a", "v", "g1", "now")}), ("second caption", {"a": Node("a", "v", "g2", "done")})]
    figure = show.graph(NODES, EDGES, title="a title", steps=steps)
    (slider,) = figure.layout.sliders
    assert [step.args[1]["title.text"] for step in slider.steps] == ["a title<br>first caption", "a title<br>second caption"]
    assert figure.layout.title.text == "a title<br>first caption"
    assert figure.data[-1].text[0] == "g1"
    style, _, traces = slider.steps[1].args
    assert list(traces) == [len(figure.data) - 3 + n for n in range(3)]
    assert style["text"][0][0] == "a ✓"
    assert style["text"][2][:2] == ["g2", "grad b"]
    assert all(len(values) == 3 for values in style.values())


def test_graph_turned() -> None:
    """A long chain runs from top to bottom, with its texts at the side."""
    figure = show.graph(*chain(20))
    at = places(figure)
    assert figure.layout.width < 500
    assert all(at[str(n)][1] < at[str(n + 1)][1] for n in range(19))
    assert [trace.textposition for trace in figure.data[-2:]] == ["top right", "bottom right"]


def test_graph_with_long_texts_fits_a_notebook() -> None:
    """It still runs from left to right: its texts are broken into lines, none is cut, and rows are further apart."""
    numbers = "[0.0181, 0.0122, 0.00676]"
    nodes = {name: Node(name, "[-1.25, 2.75, 3.25]", numbers, "wrong") for name in NODES}
    steps = [("a long caption " * 9, {"a": Node("a")})]
    figure = show.graph(nodes, EDGES, title="a long title " * 9, steps=steps)
    assert figure.layout.width <= MOST_WIDE
    at = places(figure)
    assert all(at[one][0] < at[other][0] for one, other in EDGES)
    values, gradients = figure.data[-2:]
    assert set(values.text[1:]) == {"[-1.25, 2.75,<br>3.25]"}
    assert set(gradients.text[1:]) == {"<b>✗ [0.0181,<br>0.0122,<br>0.00676]</b>"}
    assert [trace.textposition for trace in (values, gradients)] == ["top center", "bottom center"]
    assert apart(at.values()) >= 44 + 4 * 16, "texts of more than one line between two nodes"
    assert figure.layout.title.text.count("<br>") == 3
    assert figure.layout.yaxis.range[1] <= -4 * 18


def test_graph_wide_both_ways_is_turned_with_broken_texts() -> None:
    texts = ("[1.23, 4.56, 7.89, 1.23]", "shape (2, 3)")
    nodes = {n: Node(str(n), *texts) for n in range(12)}
    edges = [(one, other) for one, other in itertools.product(range(12), range(12)) if other // 3 == one // 3 + 1]
    edges += [(n, m) for n, m in itertools.pairwise(range(12)) if n % 3 != 2]
    assert show.graph(nodes, edges).layout.width <= MOST_WIDE


def test_graph_crossings() -> None:
    """Layers are ordered so that lines which need not cross do not."""
    nodes = {name: Node(name) for name in "abcxyz"}
    at = places(show.graph(nodes, [("a", "z"), ("b", "y"), ("c", "x")]))
    for (one, other), (third, fourth) in itertools.combinations([("a", "z"), ("b", "y"), ("c", "x")], 2):
        assert (at[one][1] < at[third][1]) == (at[other][1] < at[fourth][1])


def test_graph_long_texts_are_cut() -> None:
    figure = show.graph({1: Node("a very long label", "v" * 80, "g" * 80)}, [])
    assert all(len(trace.text[0]) <= 26 and trace.text[0].endswith("…") for trace in figure.data[-3:])


def test_graph_alternative_text() -> None:
    text = show.graph(NODES, EDGES, title="a title").layout.meta["alt"]
    assert text.splitlines()[0] == "a title"
    assert "d of a, b: value value d, gradient grad d" in text


def test_graph_alternative_text_goes_through_the_steps() -> None:
    """A slider of plotly's cannot be moved by keyboard: its steps are told too, each with what is new in it."""
    nodes = {"x": Node("x", "1"), "y": Node("y", "3")}
    steps = [("begin", {"y": Node("y", "3", "1", "now")}), ("go on", {"x": Node("x", "1", "4"), "y": Node("y", "3", "1", "done")})]
    text = show.graph(nodes, [("x", "y")], steps=steps).layout.meta["alt"]
    assert text.splitlines()[-2:] == ["Step 0: begin; y: value 3, gradient 1", "Step 1: go on; x: value 1, gradient 4"]


def test_graph_size_of_the_largest() -> None:
    """The largest graphs that are drawn stay small in the notebook."""
    names = [Node("multiply", "[1.23, 4.56, 7.89, 1.23]", "[1.23, 4.56, 7.89, 1.23]", "wrong")] * 60
    edges = [(one, other) for other in range(60) for one in (other - 1, other // 2) if 0 <= one < other]
    assert len(show.graph(dict(enumerate(names)), edges).to_json()) < MOST_LETTERS
    few = dict(enumerate(names[:15]))
    steps = [(f"caption {n}", dict(few)) for n in range(12)]
    figure = show.graph(few, edges[:20], steps=steps)
    assert len(figure.to_json()) < MOST_LETTERS
    json.loads(figure.to_json())


def test_graph_same_again() -> None:
    """The same graph gives the same picture, letter by letter."""
    assert show.graph(NODES, EDGES).to_json() == show.graph(dict(NODES), list(EDGES)).to_json()


@pytest.mark.parametrize(
    ("nodes", "edges", "steps", "fact"),
    [
        ({}, [], [], "no node to draw"),
        (*chain(61), [], "61 nodes, and more than 60"),
        (*chain(30), [("", {})] * 9, "9 steps of 30 nodes are too many"),
        (*chain(3), [("", {7: Node("7")})], "names 7, and there is no such node"),
        ({1: Node("1")}, [(1, 2)], [], "names 2, and there is no such node"),
        ({1: Node("1"), 2: Node("2")}, [(1, 2), (2, 1)], [], "run in a circle"),
        ({1: Node("1")}, [(1, 1)], [], "run in a circle"),
        ({1: Node("1", mark="blue")}, [], [], "no mark 'blue'"),  # type: ignore[arg-type]
    ],
    ids=["empty", "large", "steps", "step", "edge", "circle", "loop", "mark"],
)
def test_graph_refused(nodes: Any, edges: Any, steps: Any, fact: str) -> None:
    with pytest.raises(BadInput, match=fact):
        show.graph(nodes, edges, steps=steps)

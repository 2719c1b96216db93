"""The backward playground: a small graph with its values, and the gradients that come back through it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from workbook.errors import BadInput
from workbook.play.graph import Graph, Step, backward, build, letters, number, read_expression, read_values
from workbook.play.layout import HEIGHT, WIDTH, Layout, Point, lay_out
from workbook.play.markup import ACCENT, SMALL
from workbook.play.view import CHOSEN, Field, View, clamped, refused, unused

__all__ = ["view"]

_TITLE = "Playground: back through a graph"
_BOLD = ' font-weight="bold"'
_LETTERS = (WIDTH - 16) * 10 // 73  # of a line that fits into a box
_LEGEND = (
    "Each box: how it is made, its value, its gradient once it is known. "
    "Thick arrow: the gradient that goes back in this step, with the slope by which it is multiplied."
)


def view(values: Mapping[str, str], step: int | None = None) -> View:
    """The playground for the typed expression; it starts before the way back."""
    fields = (
        Field("expression", "expression", values.get("expression", ""), 28),
        Field("values", "values", values.get("values", ""), 18, CHOSEN),
    )
    bad = "expression"
    try:
        tree = read_expression(fields[0].value)
        bad = "values"
        numbers = read_values(fields[1].value, tree)
        bad = "expression"
        graph = build(tree, numbers)
        steps = backward(graph)
        idle = unused(fields[1].value, letters(tree))
    except BadInput as error:
        return refused(_TITLE, fields, bad, error)
    now = clamped(step, len(steps), 0)
    words = tuple(
        f"{node.name} = {graph.formula(place)} = {number(node.value)}" if node.op else f"{node.name} = {number(node.value)}"
        for place, node in enumerate(graph.nodes)
        if not node.constant
    )
    sentences = tuple(each.sentence for each in steps)
    return View(_TITLE, fields, sentences, now, _drawing(graph, steps[now]), words, note=idle)


def _drawing(graph: Graph, step: Step) -> str:
    layout = lay_out(graph)
    edges = "".join(_edge(layout, step, edge) for edge in layout.edges)
    boxes = "".join(_box(graph, step, place, corner) for place, corner in layout.places.items())
    picture = (
        f'<svg role="img" aria-label="{escape(_alt(graph, step))}" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" width="{layout.width:.0f}" height="{layout.height:.0f}" '
        f'style="max-width:100%;height:auto;font:12px ui-monospace,Menlo,Consolas,monospace">{edges}{boxes}</svg>'
    )
    return f'<div>{picture}</div><div style="{SMALL}">{_LEGEND}</div>'


def _alt(graph: Graph, step: Step) -> str:
    """The graph in words, as far as this step has come."""
    told = []
    for place, node in enumerate(graph.nodes):
        if not node.constant:
            made = f"{node.name} = {graph.formula(place)}" if node.op else node.name
            known = f", gradient {number(step.gradients[place])}" if place in step.gradients else ""
            told.append(f"{made}: value {number(node.value)}{known}")
    return "; ".join(told)


def _box(graph: Graph, step: Step, place: int, corner: Point) -> str:
    node, (x, y) = graph.nodes[place], corner
    active = place in (step.source, step.target)
    stroke = f'stroke="{ACCENT}" stroke-width="3"' if active else 'stroke="currentColor" stroke-width="1"'
    known = number(step.gradients[place]) if place in step.gradients else "–"
    lines = [
        (f"{node.name} = {graph.formula(place)}" if node.op else node.name, True),
        (f"value {number(node.value)}", False),
        (f"grad  {known}", place == step.target),
    ]
    rows = "".join(
        f'<text x="{x + 8:.0f}" y="{y + 17 + 16 * n:.0f}" fill="currentColor"{_BOLD * bold}{_squeezed(line)}>{escape(line)}</text>'
        for n, (line, bold) in enumerate(lines)
    )
    return f'<rect x="{x:.0f}" y="{y:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="5" fill="none" {stroke}/>{rows}'


def _squeezed(line: str) -> str:
    """Long lines are made as narrow as the box."""
    return f' textLength="{WIDTH - 16}" lengthAdjust="spacingAndGlyphs"' if len(line) > _LETTERS else ""


def _edge(layout: Layout, step: Step, edge: tuple[int, int]) -> str:
    """From an input to the node that uses it; in the step in which its gradient comes back, thick and turned round."""
    points = layout.edges[edge]
    curve = "M{} C{} {} {}".format(*(f"{x:.0f} {y:.0f}" for x, y in points))
    (x1, y1), (x2, y2) = points[0], points[3]
    if edge != (step.source, step.argument):
        tip = "l-4 -7h8z" if layout.downwards else "l-7 -4v8z"
        head = f'<path d="M{x2:.0f} {y2:.0f}{tip}" fill="currentColor" opacity=".6"/>'
        return f'<path d="{curve}" fill="none" stroke="currentColor" opacity=".6"/>{head}'
    tip = "l-7 12h14z" if layout.downwards else "l12 -7v14z"
    x, y = _beside(layout, points)
    anchor = "start" if layout.downwards else "middle"
    label = f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="currentColor"{_BOLD}>× {escape(number(step.slope))}</text>'
    head = f'<path d="M{x1:.0f} {y1:.0f}{tip}" fill="{ACCENT}"/>'
    return f'<path d="{curve}" fill="none" stroke="{ACCENT}" stroke-width="4"/>{head}{label}'


def _beside(layout: Layout, points: tuple[Point, Point, Point, Point]) -> Point:
    """Where a curve's label stands: in the gap between the boxes, above the curve, or to the right of one that goes down."""
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = points
    x, y = (x1 + 3 * x2 + 3 * x3 + x4) / 8, (y1 + 3 * y2 + 3 * y3 + y4) / 8
    if layout.downwards:
        return max(x1, x4, x) + 10, y
    return x, (min(y1, y4, y) if y <= max(y1, y4) else y) - 8

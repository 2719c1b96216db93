"""The way back through small expressions: torch's autograd judges the gradients, and every sentence is looked at."""

from __future__ import annotations

import math
import re

import pytest

from workbook.errors import BadInput
from workbook.play.graph import Graph, backward, build, number, read_expression, read_values
from workbook.play.graph_view import view
from workbook.play.layout import HEIGHT, WIDTH, lay_out
from workbook.play.rules import FUNCTIONS, RULES

EXPRESSIONS = [
    "log(a * b) * c",
    "x * x + x",
    "x",
    "-x ** 2 / 3",
    "exp(-(x - m) ** 2 / 2) * c",
    "a ** b",
    "2 ** a - b / a",
    "sqrt(a) + sin(b) - cos(c) * tanh(d)",
    "relu(a - b) + relu(b - a)",
    "+a * (1 + 2)",
    "f * f",
    "v1 * v2 + v1",
    "a / b / a",
]


def graph_of(expression: str, values: str = "") -> Graph:
    tree = read_expression(expression)
    return build(tree, read_values(values, tree))


@pytest.mark.parametrize("values", ["", "a=1.5 b=0.5 c=-2 x=-0.7 m=0.1 f=3"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_gradients_are_autograds(expression: str, values: str) -> None:
    torch = pytest.importorskip("torch")
    if expression.startswith("log") and values:
        values = values.replace("c=-2", "c=2")
    tree = read_expression(expression)
    letters = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in read_values(values, tree).items()
    }
    known = {name: getattr(torch, name) for name in FUNCTIONS}
    result = eval(expression, {"__builtins__": {}}, {**known, **letters})
    result.backward()
    graph = graph_of(expression, values)
    assert math.isclose(graph.nodes[-1].value, result.item())
    gradients = backward(graph)[-1].gradients
    found = {node.name: gradients[place] for place, node in enumerate(graph.nodes) if not (node.op or node.constant)}
    assert found == pytest.approx({name: letter.grad.item() for name, letter in letters.items()}, rel=1e-12, abs=1e-12)


def test_every_rule_is_tried() -> None:
    tried = {node.op for expression in EXPRESSIONS for node in graph_of(expression).nodes}
    assert set(RULES) <= tried
    assert all(len(rule.slopes) == len(rule.words) == len(rule.formulas) for rule in RULES.values())


def test_each_step_is_one_gradient_through_one_edge() -> None:
    steps = backward(graph_of("x * x + x", "x=3"))
    assert [step.sentence for step in steps] == [
        "Forward: every value is worked out from left to right. f = 12.",
        "Backward starts at the end: if f grows by 1, f grows by 1. Its gradient is 1.",
        "From f = v1 + x to v1: a sum hands the gradient on as it is, here 1. Gradient of f times slope: 1 × 1 = 1.",
        "From f = v1 + x to x: a sum hands the gradient on as it is, here 1. Gradient of f times slope: 1 × 1 = 1.",
        "From v1 = x * x to x: the slope of a product is the other factor, here 3. Gradient of v1 times slope: 1 × 3 = 3. "
        "x has 1 already, by another way: ways are added, 4.",
        "From v1 = x * x to x: the slope of a product is the other factor, here 3. Gradient of v1 times slope: 1 × 3 = 3. "
        "x has 4 already, by another way: ways are added, 7.",
        "Backward is done. The gradients of f: x: 7. If x grew by 0.01, f would grow by about 0.07.",
    ]
    assert [step.gradients.get(0) for step in steps] == [None, None, None, 1, 4, 7, 7]


def test_slopes_are_worked_out_before_the_eyes() -> None:
    told = " ".join(step.sentence for step in backward(graph_of("log(a) - b", "a=4 b=2")))
    assert "the slope of log is 1 over its argument, here 1 / 4 = 0.25." in told
    assert "what is taken off gets the gradient with the other sign, here -1. Gradient of f times slope: 1 × (-1) = -1." in told
    assert backward(graph_of("-b"))[-1].sentence.endswith("If b grew by 0.01, f would fall by about 0.01.")
    assert backward(graph_of("0 * b"))[-1].sentence.endswith("If b grew by 0.01, f would hardly change.")


@pytest.mark.parametrize(
    ("expression", "values", "message"),
    [
        ("", "", "There is no expression yet."),
        ("a * (b", "", "This is no expression yet: a closing bracket is missing."),
        ("a * b)", "", "This is no expression yet: an opening bracket is missing."),
        ("2 x", "", "it is not finished, or a sign such as \\* is missing."),
        ("2or x", "", "“2 or x” cannot be drawn here."),
        ("x = 2", "", "This is no expression yet"),
        ("x" * 81, "", "This expression is too long to be drawn."),
        ("(" * 40 + "x" + ")" * 39, "", "a closing bracket is missing"),
        ("lg(x)", "", "There is no function lg here.\nDid you mean log\\? Known are log, exp,"),
        ("log(x, 2)", "", "log takes one number.\nWrite log\\(x\\)."),
        ("x ^ 2", "", "\\^ is not the power.\nWrite \\*\\* for it"),
        ("x[1]", "", "“x\\[1\\]” cannot be drawn here."),
        ("x.real", "", "“x.real” cannot be drawn here."),
        ("(lambda: 1)()", "", "cannot be drawn here."),
        ("True * x", "", "“True” cannot be drawn here."),
        ("1j * x", "", "“1j” cannot be drawn here."),
        ("x if x else x", "", "cannot be drawn here."),
        ("1 + 2", "", "There is no letter in the expression"),
        ("+".join("abcdefghijkl"), "", "This expression has too many parts to be drawn."),
        ("x / 0", "", "Here something is divided by 0."),
        ("log(x)", "x=0", "log\\(0\\) has no value.\nChoose other values."),
        ("(0 - x) ** 0.5", "x=2", "-2 \\*\\* 0.5 has no value."),
        ("exp(exp(x))", "x=9", "The numbers become too large."),
        ("x ** 99 ** 99", "", "The numbers become too large."),
        ("1e300 * x", "", "too large for this playground."),
        ("sqrt(x)", "x=0", "sqrt\\(x\\) has no slope at these values."),
        ("a ** b", "a=-2 b=2", "a \\*\\* b has no slope at these values."),
        ("x", "x=two", "“two” is no number."),
        ("x", "x=inf", "inf is too large"),
        ("x", "x=nan", "nan is too large"),
        ("x", "x", "“x” is not of the form name=number."),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(expression: str, values: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        backward(graph_of(expression, values))


def test_letters_without_a_value_get_one_and_strange_values_stay_unused() -> None:
    tree = read_expression("log(b) * a + b")
    assert read_values("a=-1.5 z=3", tree) == {"b": 2.0, "a": -1.5}
    assert view({"expression": "a * b", "values": "z=3"}).note == "Not used: z."


def test_numbers_are_short() -> None:
    assert [number(value) for value in (1 / 3, 1e-9, 12345678.0, -0.0)] == ["0.3333", "1e-09", "1.235e+07", "0"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_boxes_keep_apart_and_inside(expression: str) -> None:
    layout = lay_out(graph_of(expression))
    corners = list(layout.places.values())
    for n, (x, y) in enumerate(corners):
        assert x >= 0 and y >= 0 and x + WIDTH <= layout.width and y + HEIGHT <= layout.height
        assert all(abs(x - a) >= WIDTH or abs(y - b) >= HEIGHT for a, b in corners[:n])
    for curve in layout.edges.values():
        for t in (0.25, 0.5, 0.75):
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            x, y = (sum(w * point[axis] for w, point in zip(weights, curve, strict=True)) for axis in (0, 1))
            assert 0 <= x <= layout.width and 0 <= y <= layout.height
    assert layout.width <= 860, "it is shrunk to 760 pixels, and must stay readable"


def test_deep_graphs_grow_downwards() -> None:
    assert lay_out(graph_of("log(a * b) * c")).downwards is False
    assert lay_out(graph_of("exp(-(x - m) ** 2 / 2) * c")).downwards is True


@pytest.mark.parametrize("expression", ["log(a * b) * c", "exp(-(x - m) ** 2 / 2) * c", "x * x + x"])
def test_one_arrow_is_thick_in_each_step(expression: str) -> None:
    count = len(view({"expression": expression}).sentences)
    thick = [len(re.findall('stroke-width="4"', view({"expression": expression}, step).drawing)) for step in range(count)]
    assert thick == [0, 0, *[1] * (count - 3), 0]


def test_the_drawing_is_told_in_words() -> None:
    assert 'aria-label="a: value 2; b: value 3; f = a * b: value 6, gradient 1"' in view({"expression": "a*b"}, 1).drawing
    assert "b: value 3, gradient 2; f" in view({"expression": "a*b"}, 9).drawing


def test_the_field_to_blame_is_named() -> None:
    assert view({"expression": "a *", "values": "?"}).bad == "expression"
    assert view({"expression": "a", "values": "?"}).bad == "values"
    assert view({"expression": "log(a)", "values": "a=0"}).bad == "expression"

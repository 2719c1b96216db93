"""Expressions of plain numbers: their graph, their values, and the way back through them, one gradient at a time."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbook.errors import BadInput, near
from workbook.play.rules import FUNCTIONS, RULES
from workbook.play.view import readings

__all__ = ["Graph", "Node", "Step", "backward", "build", "letters", "number", "read_expression", "read_values"]

_MOST_NODES, _MOST_LETTERS, _LARGEST = 14, 80, 1e6
_EXAMPLE = "Write for example log(a * b) * c"
_TWO: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


@dataclass(frozen=True)
class Node:
    """A place of the graph.

    Attributes:
        name: the letter, the number, or "v1", "v2", ... and at last "f".
        op: "" for letters and plain numbers.
        inputs: places in `Graph.nodes`.
        constant: a plain number, which needs no gradient; so is what is made of them only.
    """

    name: str
    op: str
    inputs: tuple[int, ...]
    value: float
    constant: bool = False


@dataclass(frozen=True)
class Graph:
    """All nodes, each after its inputs; the last one is the result."""

    nodes: tuple[Node, ...]

    def formula(self, place: int) -> str:
        """How a node is made of its inputs, by their names: "v1 * c"."""
        node = self.nodes[place]
        names = [self.nodes[each].name for each in node.inputs]
        if not node.op:
            return node.name
        if len(names) == 2:
            return f" {node.op} ".join(names)
        return f"-{names[0]}" if node.op == "neg" else f"{node.op}({names[0]})"


@dataclass(frozen=True)
class Step:
    """A moment of the way back: the gradients known by now, by node, and what has just happened.

    Attributes:
        source, target, argument: the gradient went from node `source` to its input `target`, which is its argument number
            `argument`; -1 before the start and at the end.
        slope: by which it was multiplied.
    """

    sentence: str
    gradients: dict[int, float]
    source: int = -1
    target: int = -1
    argument: int = -1
    slope: float = 1.0


def number(value: float) -> str:
    """A number in at most four digits.

    >>> number(0.33333), number(6.0), number(-0.0)
    ('0.3333', '6', '0')
    """
    return f"{value + 0.0:.4g}"


def read_expression(text: str) -> ast.expr:
    """The expression as Python's own syntax tree, of which only arithmetic is let through later.

    Raises:
        BadInput: it cannot be read.
    """
    if not text.strip():
        raise BadInput("There is no expression yet.", f"{_EXAMPLE}.")
    if len(text) > _MOST_LETTERS:
        raise BadInput("This expression is too long to be drawn.", f"There is room for {_MOST_LETTERS} signs.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of "2or", which is refused below in our own words
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        opened, closed = text.count("("), text.count(")")
        missing = "a closing" if opened > closed else "an opening"
        reason = f"{missing} bracket is missing" if opened != closed else "it is not finished, or a sign such as * is missing"
        raise BadInput(f"This is no expression yet: {reason}.", f"{_EXAMPLE}.") from None


def letters(tree: ast.expr) -> tuple[str, ...]:
    """The letters of an expression, as they come."""
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions]
    return tuple(dict.fromkeys(node.id for node in sorted(found, key=lambda node: (node.lineno, node.col_offset))))


def read_values(text: str, tree: ast.expr) -> dict[str, float]:
    """The value of each letter: as typed ("a=2 b=3"), and 2, 3, 4, ... for those that were left out.

    Raises:
        BadInput: a value is no number.
    """
    typed = readings(text, "a=2 b=3")
    return {name: _value(typed[name]) if name in typed else 2.0 + place for place, name in enumerate(letters(tree))}


def _value(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"“{text}” is no number.", "Write for example a=2 or a=-0.5.") from None
    if not abs(value) <= _LARGEST:
        raise BadInput(f"{text} is too large for this playground.", "Choose a smaller number.")
    return value


def build(tree: ast.expr, values: Mapping[str, float]) -> Graph:
    """The graph of an expression, with all values; a letter that occurs twice is one node.

    Raises:
        BadInput: something in it is not allowed or has no value, it has no letter, or it is too large to be drawn.
    """
    nodes: list[Node] = []
    _add(tree, values, nodes)
    if nodes[-1].constant:
        raise BadInput("There is no letter in the expression, so there is no gradient.", f"{_EXAMPLE}.")
    if len(nodes) > _MOST_NODES:
        raise BadInput("This expression has too many parts to be drawn.", f"There is room for {_MOST_NODES}.")
    if nodes[-1].op and "f" not in values:
        nodes[-1] = replace(nodes[-1], name="f")
    return Graph(tuple(nodes))


def _add(tree: ast.expr, values: Mapping[str, float], nodes: list[Node]) -> int:
    """Append the nodes of an expression; returns the place of its result."""
    match tree:
        case ast.Name(id=name):
            known = next((place for place, node in enumerate(nodes) if node.name == name and not node.op), None)
            if known is None:
                nodes.append(Node(name, "", (), values[name]))
            return len(nodes) - 1 if known is None else known
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            nodes.append(Node(number(_value(str(value))), "", (), float(value), constant=True))
            return len(nodes) - 1
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _TWO:
            return _apply(_TWO[type(operator)], [left, right], values, nodes)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _apply("neg", [operand], values, nodes)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _add(operand, values, nodes)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return _apply(name, [argument], values, nodes)
    raise _not_allowed(tree)


def _not_allowed(tree: ast.expr) -> BadInput:
    known = f"Known are {', '.join(FUNCTIONS)}."
    match tree:
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            return BadInput(f"{name} takes one number.", f"Write {name}(x).")
        case ast.Call(func=ast.Name(id=name)):
            return BadInput(f"There is no function {name} here.", f"{near(name, FUNCTIONS)} {known}".strip())
        case ast.BinOp(op=ast.BitXor()):
            return BadInput("^ is not the power.", "Write ** for it: x ** 2.")
        case _:
            return BadInput(
                f"“{ast.unparse(tree)}” cannot be drawn here.", "Use + - * / **, brackets, letters and numbers. " + known
            )


def _apply(op: str, arguments: list[ast.expr], values: Mapping[str, float], nodes: list[Node]) -> int:
    inputs = tuple(_add(argument, values, nodes) for argument in arguments)
    numbers = [nodes[place].value for place in inputs]
    try:
        value = RULES[op].value(*numbers)
        if not abs(value) < math.inf:
            raise OverflowError
    except ZeroDivisionError:
        raise BadInput("Here something is divided by 0.", "Choose other values.") from None
    except OverflowError:
        raise BadInput("The numbers become too large.", "Choose other values.") from None
    except ValueError:
        written = f" {op} ".join(map(number, numbers)) if len(numbers) == 2 else f"{op}({number(numbers[0])})"
        raise BadInput(f"{written} has no value.", "Choose other values.") from None
    taken = sum(bool(node.op) for node in nodes) + 1
    while f"v{taken}" in values:
        taken += 1
    nodes.append(Node(f"v{taken}", op, inputs, value, constant=all(nodes[place].constant for place in inputs)))
    return len(nodes) - 1


def backward(graph: Graph) -> tuple[Step, ...]:
    """The way back: forward values first, then the gradient 1 at the end, then one gradient through one edge at a time.

    Raises:
        BadInput: a slope does not exist at these values.
    """
    last = len(graph.nodes) - 1
    name, value = graph.nodes[last].name, number(graph.nodes[last].value)
    gradients = {last: 1.0}
    steps = [
        Step(f"Forward: every value is worked out from left to right. {name} = {value}.", {}),
        Step(
            f"Backward starts at the end: if {name} grows by 1, {name} grows by 1. Its gradient is 1.", dict(gradients), target=last
        ),
    ]
    for source in range(last, -1, -1):
        for argument, target in enumerate(graph.nodes[source].inputs):
            if not graph.nodes[target].constant:
                steps.append(_through(graph, gradients, source, argument))
                gradients = steps[-1].gradients
    steps.append(Step(_outcome(graph, gradients), gradients))
    return tuple(steps)


def _through(graph: Graph, gradients: Mapping[int, float], source: int, argument: int) -> Step:
    """The gradient of `source` goes on to one of its inputs, and is added to what came there by other ways."""
    node, rule = graph.nodes[source], RULES[graph.nodes[source].op]
    target = node.inputs[argument]
    numbers = [graph.nodes[place].value for place in node.inputs]
    try:
        slope = rule.slopes[argument](*numbers, node.value)
        if not abs(slope) < math.inf:
            raise OverflowError
    except (ZeroDivisionError, ValueError, OverflowError):
        raise BadInput(f"{graph.formula(source)} has no slope at these values.", "Choose other values.") from None
    written = rule.formulas[argument].format(**dict(zip("xy", map(_bracketed, numbers), strict=False)), out=_bracketed(node.value))
    worked = number(slope) if written == number(slope) else f"{written} = {number(slope)}"
    amount = gradients[source] * slope
    name = graph.nodes[target].name
    sentence = (
        f"From {node.name} = {graph.formula(source)} to {name}: {rule.words[argument]}, here {worked}. "
        f"Gradient of {node.name} times slope: {_bracketed(gradients[source])} × {_bracketed(slope)} = {number(amount)}."
    )
    total = amount
    if target in gradients:
        total += gradients[target]
        sentence += f" {name} has {number(gradients[target])} already, by another way: ways are added, {number(total)}."
    return Step(sentence, {**gradients, target: total}, source, target, argument, slope)


def _bracketed(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def _outcome(graph: Graph, gradients: Mapping[int, float]) -> str:
    leaves = [(node.name, gradients[place]) for place, node in enumerate(graph.nodes) if not (node.op or node.constant)]
    told = ", ".join(f"{name}: {number(gradient)}" for name, gradient in leaves)
    name, gradient = leaves[0]
    result = graph.nodes[-1].name
    change = f"grow by about {number(0.01 * gradient)}" if gradient > 0 else f"fall by about {number(-0.01 * gradient)}"
    sense = f"If {name} grew by 0.01, {result} would {change if gradient else 'hardly change'}."
    return f"Backward is done. The gradients of {result}: {told}. {sense}"

"""The operations of the backward playground: value, slopes, and each slope in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["FUNCTIONS", "RULES", "Rule"]


@dataclass(frozen=True)
class Rule:
    """An operation: its value, its slope in each argument, and how each slope is said and written.

    In the words X and Y stand for the arguments' names, x, y and out in the formulas for their values.
    """

    value: Callable[..., float]
    slopes: tuple[Callable[..., float], ...]
    words: tuple[str, ...]
    formulas: tuple[str, ...]


RULES: dict[str, Rule] = {
    "+": Rule(
        lambda x, y: x + y,
        (lambda x, y, out: 1.0, lambda x, y, out: 1.0),
        ("a sum hands the gradient on as it is",) * 2,
        ("1", "1"),
    ),
    "-": Rule(
        lambda x, y: x - y,
        (lambda x, y, out: 1.0, lambda x, y, out: -1.0),
        ("what a difference starts with gets the gradient as it is", "what is taken off gets the gradient with the other sign"),
        ("1", "-1"),
    ),
    "*": Rule(
        lambda x, y: x * y,
        (lambda x, y, out: y, lambda x, y, out: x),
        ("the slope of a product is the other factor",) * 2,
        ("{y}", "{x}"),
    ),
    "/": Rule(
        lambda x, y: x / y,
        (lambda x, y, out: 1 / y, lambda x, y, out: -out / y),
        ("the slope is 1 over what is divided by", "the slope is minus the quotient over what is divided by"),
        ("1 / {y}", "-{out} / {y}"),
    ),
    "**": Rule(
        math.pow,
        (lambda x, y, out: y * math.pow(x, y - 1), lambda x, y, out: out * math.log(x)),
        ("the exponent comes down and is one less above", "the slope is the power times the log of what is raised"),
        ("{y} × {x} ** ({y} - 1)", "{out} × log({x})"),
    ),
    "neg": Rule(lambda x: -x, (lambda x, out: -1.0,), ("a minus sign turns the gradient round",), ("-1",)),
    "log": Rule(math.log, (lambda x, out: 1 / x,), ("the slope of log is 1 over its argument",), ("1 / {x}",)),
    "exp": Rule(math.exp, (lambda x, out: out,), ("the slope of exp is its own value",), ("{out}",)),
    "sqrt": Rule(math.sqrt, (lambda x, out: 0.5 / out,), ("the slope of a root is 1 over twice the root",), ("1 / (2 × {out})",)),
    "sin": Rule(math.sin, (lambda x, out: math.cos(x),), ("the slope of sin is cos",), ("cos({x})",)),
    "cos": Rule(math.cos, (lambda x, out: -math.sin(x),), ("the slope of cos is minus sin",), ("-sin({x})",)),
    "tanh": Rule(
        math.tanh,
        (lambda x, out: 1 - out * out,),
        ("the slope of tanh is 1 minus the square of its value",),
        ("1 - {out} × {out}",),
    ),
    "relu": Rule(
        lambda x: max(x, 0.0),
        (lambda x, out: float(x > 0),),
        ("relu hands the gradient on where its argument is above 0, else nothing",),
        ("1 if {x} > 0 else 0",),
    ),
}
FUNCTIONS = tuple(name for name in RULES if name.isalpha() and name != "neg")

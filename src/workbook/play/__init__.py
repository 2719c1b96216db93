"""Playgrounds: type shapes, an einsum pattern or an expression, and watch step by step what happens.

In a notebook each of these draws a panel that answers as you type. Where no widgets run, the output is a still picture, and
without a notebook it is printed as text. What is typed is read and worked out in plain Python, without arrays and without
network. Importing this package is cheap: anywidget is imported by the first panel.
"""

from __future__ import annotations

from collections.abc import Iterable

from workbook.play.stage import put_on

__all__ = ["backward", "broadcast", "einsum"]


def broadcast(left: str | Iterable[int] = "3 1", right: str | Iterable[int] = "1 4") -> None:
    """Show how two shapes are broadcast, axis by axis, and with small numbers where there is room.

    Args:
        left: the shape to start with, as text ("3 1") or as a tuple.
        right: the other one.
    """
    from workbook.play.shapes_view import view

    put_on(view, {"left": _words(left), "right": _words(right)})


def einsum(pattern: str = "i j, j k -> i k", **sizes: int) -> None:
    """Show which axes of an einsum pattern meet, are summed and are kept, with small numbers.

    Args:
        pattern: the pattern to start with, as einops writes it ("i j, j k -> i k") or as torch and NumPy do ("ij,jk->ik").
        sizes: of the axes, by their names; those left out get small sizes.
    """
    from workbook.play.pattern_view import view

    put_on(view, {"pattern": pattern, "sizes": " ".join(f"{name}={size}" for name, size in sizes.items())})


def backward(expression: str = "log(a * b) * c", **values: float) -> None:
    """Show the graph of an expression of plain numbers, and go back through it, one gradient at a time.

    Args:
        expression: what to start with: + - * / **, brackets, and functions such as log and exp.
        values: of its letters; those left out get small numbers.
    """
    from workbook.play.graph_view import view

    put_on(view, {"expression": expression, "values": " ".join(f"{name}={value:g}" for name, value in values.items())})


def _words(shape: str | Iterable[int]) -> str:
    return shape if isinstance(shape, str) else " ".join(str(size) for size in shape)

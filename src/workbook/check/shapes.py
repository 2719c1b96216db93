"""Shapes explained by the names of their dimensions: "k should be 4, as in mat2"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbook.check.render import is_array
from workbook.model.source import Parameter, Signature

__all__ = ["bind", "explain", "index_text", "names", "shape_text"]


def bind(signature: Signature | None, args: Sequence[Any]) -> dict[str, tuple[int, str]]:
    """Size of every named dimension and the argument that it was first seen in.

    A variadic dimension ("*batch") stands for as many axes as are left over and is not bound itself.
    """
    bound: dict[str, tuple[int, str]] = {}
    for parameter, arg in zip(signature.parameters if signature else (), args, strict=False):
        if parameter.dims is None or not is_array(arg):
            continue
        for name, size in zip(_spread(parameter.dims, arg.ndim) or (), arg.shape, strict=False):
            if _named(name) and name not in bound:
                bound[name] = (int(size), parameter.name)
    return bound


def shape_text(dims: tuple[str, ...] | None, shape: tuple[int, ...]) -> str:
    """A shape, with its names where they fit.

    >>> shape_text(("i", "k"), (2, 3))
    '(i = 2, k = 3)'
    """
    names = _spread(dims, len(shape)) if dims else None
    if not names or not shape:
        return str(shape)
    shown = [f"{name} = {size}" if _named(name) else str(size) for name, size in zip(names, shape, strict=True)]
    return f"({', '.join(shown)})"


def index_text(dims: tuple[str, ...] | None, index: tuple[int, ...]) -> str:
    """An index as it is written in code, with names where they fit.

    >>> index_text(("i", "k"), (0, 1))
    '[0, 1]  (i = 0, k = 1)'
    """
    if not index:
        return "the only entry"
    names = shape_text(dims, index)
    return str(list(index)) + (f"  {names}" if "=" in names else "")


def names(dims: tuple[str, ...] | None, ndim: int) -> tuple[str, ...]:
    """A name for each of `ndim` axes, "" where it has none.

    >>> names(("*batch", "i", "3"), 4), names(("i", "k"), 3)
    (('', '', 'i', ''), ('', '', ''))
    """
    found = _spread(dims, ndim) or [""] * ndim
    return tuple(name if _named(name) else "" for name in found)


def explain(
    got: tuple[int, ...], expected: tuple[int, ...], result: Parameter | None, bound: Mapping[str, tuple[int, str]]
) -> tuple[str, str]:
    """Fact and advice for a wrong shape.

    >>> explain((2, 3), (2, 4), Parameter("result", ("i", "k")), {"i": (2, "mat1"), "k": (4, "mat2")})
    ('the shape is (2, 3), and it should be (i = 2, k = 4).', 'k should be 4, as in mat2; yours is 3.')
    """
    dims = result.dims if result else None
    fact = f"the shape is {got}, and it should be {shape_text(dims, expected)}."
    if len(got) != len(expected):
        return fact, _axes_advice(len(got), len(expected), dims)
    names = (_spread(dims, len(expected)) if dims else None) or [""] * len(expected)
    wrong = [n for n, (a, b) in enumerate(zip(got, expected, strict=True)) if a != b]
    if sorted(got) == sorted(expected) and len(wrong) > 1:
        return fact, "The sizes are right, their order is not: look at the order of the axes."
    sentences = []
    for n in wrong:
        size, where = bound.get(names[n], (None, ""))
        source = f", as in {where}" if size == expected[n] and where else ""
        name = names[n] if _named(names[n]) else f"axis {n}"
        sentences.append(f"{name} should be {expected[n]}{source}; yours is {got[n]}.")
    return fact, " ".join(dict.fromkeys(sentences))


def _named(name: str) -> bool:
    """Is it a dimension's name? Numbers and the anonymous "_" are none."""
    return bool(name) and name != "_" and not name.isdigit()


def _axes_advice(got: int, expected: int, dims: tuple[str, ...] | None) -> str:
    wanted = f"{expected} {'axis' if expected == 1 else 'axes'}"
    named = f" ({', '.join(dims)})" if dims else ""
    if expected == 0:
        return f"One number is asked, an array without axes; yours has {got}."
    return f"Your result has {got} {'axis' if got == 1 else 'axes'}; {wanted}{named} {'is' if expected == 1 else 'are'} asked."


def _spread(dims: tuple[str, ...] | None, ndim: int) -> list[str] | None:
    """One name for each of `ndim` axes ("" inside a variadic dimension); None when they cannot be matched."""
    if dims is None:
        return None
    star = next((n for n, name in enumerate(dims) if name.startswith("*") or name == "..."), None)
    if star is None:
        return list(dims) if len(dims) == ndim else None
    left = ndim - (len(dims) - 1)
    return [*dims[:star], *[""] * left, *dims[star + 1 :]] if left >= 0 else None

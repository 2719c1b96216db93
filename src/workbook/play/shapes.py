"""Two shapes, compared axis by axis from the right, as broadcasting does it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbook.errors import BadInput

__all__ = ["Axis", "Meeting", "Shape", "meet", "read_shape"]

Shape = tuple[int, ...]
_MOST_AXES = 8
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Axis:
    """One place of the two shapes, written below each other.

    Attributes:
        place: counted from the right: -1 is the last.
        left, right: the two sizes; a one that rule 1 puts in front counts as 1.
        added: which of the two got that one: "left", "right" or "".
        size: of the result; None where they do not fit.
        stretched: whose one is stretched: "left", "right" or "".
    """

    place: int
    left: int
    right: int
    added: str
    size: int | None
    stretched: str


@dataclass(frozen=True)
class Meeting:
    """Two shapes, their axes from left to right, and the result's shape, None where they do not fit."""

    left: Shape
    right: Shape
    axes: tuple[Axis, ...]
    result: Shape | None

    @property
    def failing(self) -> Axis | None:
        """The first axis from the right that does not fit."""
        return next((axis for axis in reversed(self.axes) if axis.size is None), None)


def read_shape(text: str) -> Shape:
    """A shape from text: "3 1", "(3, 1)", "3x1"; nothing at all is the shape of a single number.

    Raises:
        BadInput: with a word on what is not a size.

    >>> read_shape("(3, 1)"), read_shape("3x1"), read_shape("")
    ((3, 1), (3, 1), ())
    """
    inner = text.strip()
    if inner[:1] + inner[-1:] in ("()", "[]"):
        inner = inner[1:-1]
    sizes = []
    for word in re.split(r"[\s,;x×]+", inner.strip(" ,")) if inner.strip(" ,") else []:
        if not (word.isascii() and word.isdigit()):
            reason = "sizes are not negative" if re.fullmatch(r"-\d+", word) else "it is no whole number"
            raise BadInput(f"“{word}” cannot be a size: {reason}.", "Write a shape such as 3 1 or (3, 1).")
        if len(word) > 7 or int(word) > _LARGEST:
            raise BadInput(f"{word} is too large for this playground.", f"Sizes go up to {_LARGEST}.")
        sizes.append(int(word))
    if len(sizes) > _MOST_AXES:
        raise BadInput(f"These are {len(sizes)} axes.", f"There is room for {_MOST_AXES}.")
    return tuple(sizes)


def meet(left: Shape, right: Shape) -> Meeting:
    """Compare two shapes.

    >>> meet((4, 3), (3,)).result, meet((4, 3), (4,)).result
    ((4, 3), None)
    """
    count = max(len(left), len(right))
    lefts, rights = (1,) * (count - len(left)) + left, (1,) * (count - len(right)) + right
    axes = []
    for position, (a, b) in enumerate(zip(lefts, rights, strict=True)):
        place = position - count
        added = "left" if -place > len(left) else "right" if -place > len(right) else ""
        size = a if a == b or b == 1 else b if a == 1 else None
        stretched = "" if a == b or size is None else "left" if a == 1 else "right"
        axes.append(Axis(place, a, b, added, size, stretched))
    sizes = tuple(axis.size for axis in axes if axis.size is not None)
    return Meeting(left, right, tuple(axes), sizes if len(sizes) == count else None)

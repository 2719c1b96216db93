"""Pictures of what is wrong with a result, made only where somebody can see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["Seen", "pictures"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Seen:
    """Two arrays that differ in shape or in values: the whole results, or the first pair of them that differs.

    Attributes:
        got, expected: the two arrays.
        differs: bool array of their common shape, where they differ; None where the shapes do.
        names: the names of the expected axes, "" where one has none.
        known: sizes of all named dimensions.
    """

    got: Array
    expected: Array
    differs: Array | None = None
    names: tuple[str, ...] = ()
    known: dict[str, int] = field(default_factory=dict)


def pictures(seen: Seen | None) -> tuple[Callable[[], Figure], ...]:
    """Functions that draw what was seen: one, or none where a picture says no more than the words do.

    What was seen is copied here, because the learner's code may run again before anything is drawn.
    """
    if seen is None:
        return ()
    if seen.differs is None:
        shapes = seen.expected.shape, seen.got.shape
        return (lambda: _axes(*shapes, seen.names, seen.known),)
    if not seen.differs.ndim:
        return ()
    got = seen.got.copy()
    return (lambda: _differences(seen.expected, got, seen.differs, seen.names),)


def _axes(expected: tuple[int, ...], got: tuple[int, ...], names: tuple[str, ...], known: dict[str, int]) -> Figure:
    from workbook.show import compare_shapes

    return compare_shapes(expected, got, names=names, known=known)


def _differences(expected: Array, got: Array, differs: Any, names: tuple[str, ...]) -> Figure:
    from workbook.show import compare_arrays

    return compare_arrays(expected, got, differs=differs, names=names)

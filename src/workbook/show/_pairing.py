"""Which axis of one shape answers to which axis of another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "Pair", "pair", "size_of"]

Kind = Literal["same", "size", "moved", "extra", "missing", "apart", "joined"]
Shape = tuple[int, ...]

_OTHER_SIZE = 1.5  # costs more than an axis too many or missing, and less than both
_REGROUPED = 0.75  # neighbours whose product is one axis of the other shape: costs less than an axis too many


@dataclass(frozen=True)
class Pair:
    """Two axes that belong together, by their places in the two shapes; None where there is none.

    kind: "same", another "size", "moved" to another place, one "extra" in yours, one "missing" in yours; "apart" are neighbours
        in yours that the expected shape joins to one axis, "joined" is one axis of yours that the expected shape keeps apart. The
        first pair of such a group has both places, the others one.
    unsure: a neighbour of the same size could be the one that is too many or missing.
    """

    yours: int | None
    expected: int | None
    kind: Kind
    unsure: bool = False


def pair(yours: Shape, expected: Shape) -> list[Pair]:
    """Every axis of both shapes, once, in the order of the columns of a drawing.

    >>> [found.kind for found in pair((2, 3, 4), (2, 4))], [found.kind for found in pair((2, 4), (2, 3))]
    (['same', 'extra', 'same'], ['same', 'size'])
    >>> [found.kind for found in pair((2, 3, 4), (6, 4))], [found.kind for found in pair((6,), (2, 3))]
    (['apart', 'apart', 'same'], ['joined', 'joined'])
    >>> [(found.yours, found.expected, found.kind) for found in pair((4, 2), (2, 4))]
    [(0, 1, 'moved'), (1, 0, 'moved')]
    """
    if len(yours) == len(expected):
        return _reordered(yours, expected) if sorted(yours) == sorted(expected) else _in_place(yours, expected)
    return _with_doubts(_aligned(yours, expected), yours, expected)


def size_of(found: Pair, yours: Shape, expected: Shape) -> int:
    """The size of a pair's axis: yours, where there is one."""
    return yours[found.yours] if found.yours is not None else expected[found.expected or 0]


def _in_place(yours: Shape, expected: Shape) -> list[Pair]:
    return [Pair(n, n, "same" if one == other else "size") for n, (one, other) in enumerate(zip(yours, expected, strict=True))]


def _reordered(yours: Shape, expected: Shape) -> list[Pair]:
    """The same sizes in another order: what is in its place stays there, each other axis goes to the first free one of its size."""
    free = [n for n in range(len(expected)) if yours[n] != expected[n]]
    pairs = []
    for n, size in enumerate(yours):
        if size == expected[n]:
            pairs.append(Pair(n, n, "same"))
        else:
            place = next(m for m in free if expected[m] == size)
            free.remove(place)
            pairs.append(Pair(n, place, "moved"))
    return pairs


def _aligned(yours: Shape, expected: Shape) -> list[Pair]:
    """The alignment with the least to mend, as two texts are compared (Wagner and Fischer, 1974)."""
    best: dict[tuple[int, int], tuple[float, list[Pair]]] = {(0, 0): (0.0, [])}
    for i in range(len(yours) + 1):
        for j in range(len(expected) + 1):
            ways = [best[0, 0]] if i == j == 0 else []
            if i and j:
                cost, before = best[i - 1, j - 1]
                same = yours[i - 1] == expected[j - 1]
                ways.append((cost + (0 if same else _OTHER_SIZE), [*before, Pair(i - 1, j - 1, "same" if same else "size")]))
            if i:
                cost, before = best[i - 1, j]
                ways.append((cost + 1, [*before, Pair(i - 1, None, "extra")]))
            if j:
                cost, before = best[i, j - 1]
                ways.append((cost + 1, [*before, Pair(None, j - 1, "missing")]))
            ways += [(best[at][0] + _REGROUPED, [*best[at][1], *pairs]) for at, pairs in _regrouped(yours[:i], expected[:j])]
            best[i, j] = min(ways, key=lambda way: way[0])
    return best[len(yours), len(expected)][1]


def _regrouped(yours: Shape, expected: Shape) -> Iterator[tuple[tuple[int, int], list[Pair]]]:
    """Every way in which the last axis of one shape is the product of the last ones of the other: what is left of both, the pairs.

    An axis of size 0 or 1 is no factor: it would fit everywhere.
    """
    i, j = len(yours), len(expected)
    for count in range(2, i + 1):
        if j and min(yours[i - count :]) > 1 and math.prod(yours[i - count :]) == expected[-1]:
            rest = [Pair(n, None, "apart") for n in range(i - count + 1, i)]
            yield (i - count, j - 1), [Pair(i - count, j - 1, "apart"), *rest]
    for count in range(2, j + 1):
        if i and min(expected[j - count :]) > 1 and math.prod(expected[j - count :]) == yours[-1]:
            rest = [Pair(None, n, "joined") for n in range(j - count + 1, j)]
            yield (i - 1, j - count), [Pair(i - 1, j - count, "joined"), *rest]


def _with_doubts(pairs: list[Pair], yours: Shape, expected: Shape) -> list[Pair]:
    """An axis without a partner beside a right one of the same size: nobody can tell which of the two it is."""
    told = []
    for n, found in enumerate(pairs):
        size = size_of(found, yours, expected)
        beside = [other for other in pairs[max(0, n - 1) : n + 2] if other.kind == "same"]
        unsure = found.kind in ("extra", "missing") and any(size_of(other, yours, expected) == size for other in beside)
        told.append(Pair(found.yours, found.expected, found.kind, unsure))
    return told

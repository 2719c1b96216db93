"""Einsum patterns: read in two spellings, their axes sorted into kept and summed ones, and worked out on small whole numbers."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from workbook.errors import BadInput
from workbook.play.view import readings

__all__ = ["Example", "Index", "Pattern", "Role", "example", "read_pattern", "read_sizes", "roles", "terms"]

Index = tuple[int, ...]
_NAMES = "ABCD"
_MOST_ENTRIES, _MOST_TERMS, _LARGEST = 64, 2_000, 6
_EXAMPLE = "Write for example i j, j k -> i k"


@dataclass(frozen=True)
class Pattern:
    """A pattern: the axes of each input and of the result, by name; `spelling` is "einops" or "torch".

    Attributes:
        implicit: no arrow was written, as torch and NumPy allow.
    """

    inputs: tuple[tuple[str, ...], ...]
    output: tuple[str, ...]
    spelling: str
    implicit: bool = False

    @property
    def axes(self) -> tuple[str, ...]:
        """All axes, in the order in which they appear."""
        return tuple(dict.fromkeys(name for term in self.inputs for name in term))

    @property
    def summed(self) -> tuple[str, ...]:
        return tuple(name for name in self.axes if name not in self.output)

    def name(self, number: int) -> str:
        """What the input is called: A, B, C, D."""
        return _NAMES[number]


@dataclass(frozen=True)
class Role:
    """What an axis does: its size, how often it stands in each input, and whether the result keeps it."""

    axis: str
    size: int
    counts: tuple[int, ...]
    kept: bool


@dataclass(frozen=True)
class Example:
    """Arrays of small whole numbers as place -> number: one for each input, and the result."""

    arrays: tuple[dict[Index, int], ...]
    result: dict[Index, int]


def read_pattern(text: str) -> Pattern:
    """A pattern as einops writes it (names apart, blanks between) or as torch and NumPy do (each letter is an axis).

    It is einops' spelling where a blank stands between two names of one term.

    Raises:
        BadInput: says in words what is not understood.

    >>> read_pattern("row col, col -> row").inputs, read_pattern("ij,j->i").inputs
    ((('row', 'col'), ('col',)), (('i', 'j'), ('j',)))
    """
    _refuse_signs(text)
    left, arrow, right = (part.strip() for part in text.partition("->"))
    terms = [term.strip() for term in left.split(",")]
    spelling = "einops" if any(" " in term for term in [*terms, right]) else "torch"
    if len(terms) > len(_NAMES):
        raise BadInput(f"These are {len(terms)} inputs.", f"There is room for {len(_NAMES)}.")
    inputs = tuple(_axes(term, spelling) for term in terms)
    if not arrow:
        if spelling == "einops":
            raise BadInput("The arrow is missing.", "In einops it is compulsory, even where nothing stands behind it: i j ->")
        counted = Counter(name for term in inputs for name in term)
        return Pattern(inputs, tuple(sorted(name for name, times in counted.items() if times == 1)), spelling, True)
    output = _axes(right, spelling)
    _refuse_output(inputs, output)
    return Pattern(inputs, output, spelling)


def _refuse_signs(text: str) -> None:
    if not text.strip():
        raise BadInput("There is no pattern yet.", f"{_EXAMPLE}.")
    if "(" in text or ")" in text:
        raise BadInput("An einsum takes no brackets.", "Calculate first, and rearrange afterwards.")
    if "..." in text or "…" in text:
        raise BadInput("The dots stand for any number of axes, which cannot be drawn.", "Give each axis a name.")
    if text.count("->") > 1:
        raise BadInput("There are two arrows.", "The inputs stand left of one arrow, the result right of it.")
    if text.count(",") > text.partition("->")[0].count(","):
        raise BadInput("There is a comma right of the arrow.", "An einsum has one result.")
    alone = re.search(r"[->]", text.replace("->", " ", 1))
    if alone:
        raise BadInput(f"“{alone[0]}” alone is no arrow.", "An arrow is written ->")


def _axes(term: str, spelling: str) -> tuple[str, ...]:
    names = tuple(term.split()) if spelling == "einops" else tuple(term)
    for name in names:
        if not (name.isascii() and name.isidentifier() and name == name.strip("_")):
            raise BadInput(f"“{name}” cannot be the name of an axis.", "Axes are named by letters.")
    return names


def _refuse_output(inputs: tuple[tuple[str, ...], ...], output: tuple[str, ...]) -> None:
    known = {name for term in inputs for name in term}
    for name, times in Counter(output).items():
        if times > 1:
            raise BadInput(f"{name} stands {times} times right of the arrow.", "There each axis may stand once.")
        if name not in known:
            raise BadInput(
                f"{name} stands right of the arrow, but in no input.", "The result has no other axes than those that come in."
            )


def read_sizes(text: str, pattern: Pattern) -> dict[str, int]:
    """The size of each axis: as typed ("i=2 j=3"), and 2, 3, 4, 2, ... for those that were left out.

    Raises:
        BadInput: a size is no whole number from 1 to 6, or makes too many numbers to look at.
    """
    typed = readings(text, "i=2 j=3")
    for name, value in typed.items():
        if name in pattern.axes and not (value.isascii() and value.isdigit() and len(value) < 9 and 1 <= int(value) <= _LARGEST):
            raise BadInput(f"{name}={value} cannot be drawn.", f"Sizes here are whole numbers from 1 to {_LARGEST}.")
    sizes = {name: int(typed.get(name, 2 + number % 3)) for number, name in enumerate(pattern.axes)}
    most = max(math.prod(sizes[name] for name in term) for term in (*pattern.inputs, pattern.output))
    if most > _MOST_ENTRIES or math.prod(sizes.values()) > _MOST_TERMS:
        raise BadInput("These are too many numbers to look at.", "Choose smaller sizes.")
    return sizes


def roles(pattern: Pattern, sizes: Mapping[str, int]) -> tuple[Role, ...]:
    """What each axis does, in the order in which they appear."""
    return tuple(
        Role(name, sizes[name], tuple(term.count(name) for term in pattern.inputs), name in pattern.output) for name in pattern.axes
    )


def example(pattern: Pattern, sizes: Mapping[str, int]) -> Example:
    """The inputs filled with 1, 2, 3, ... 9, 1, 2, ..., and the result, added up term by term."""
    arrays = tuple({place: flat % 9 + 1 for flat, place in enumerate(_places(term, sizes))} for term in pattern.inputs)
    result = {}
    for entry in _places(pattern.output, sizes):
        used = terms(pattern, sizes, entry)
        result[entry] = sum(math.prod(array[place] for array, place in zip(arrays, term, strict=True)) for term in used)
    return Example(arrays, result)


def terms(pattern: Pattern, sizes: Mapping[str, int], entry: Index) -> list[tuple[Index, ...]]:
    """Of one entry of the result: for each of its terms the places of its factors, one in each input.

    >>> terms(read_pattern("ij,jk->ik"), {"i": 2, "j": 2, "k": 2}, (0, 1))
    [((0, 0), (0, 1)), ((0, 1), (1, 1))]
    """
    fixed = dict(zip(pattern.output, entry, strict=True))
    found = []
    for places in _places(pattern.summed, sizes):
        where = {**fixed, **dict(zip(pattern.summed, places, strict=True))}
        found.append(tuple(tuple(where[name] for name in term) for term in pattern.inputs))
    return found


def _places(axes: tuple[str, ...], sizes: Mapping[str, int]) -> list[Index]:
    return list(itertools.product(*(range(sizes[name]) for name in axes)))

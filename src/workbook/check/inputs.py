"""The rows of a test's table: the exercise's own cases and the house inputs, which every array function must survive."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal

import numpy as np

from workbook.check.render import type_name
from workbook.check.trial import rng

__all__ = ["Case", "as_cases", "case", "house"]

Library = Literal["numpy", "torch"]
_SIZES = (3, 4, 5, 2, 6, 7, 8)  # all different, so that no two axes can be mixed up unseen


@dataclass(frozen=True)
class Case:
    """One call: arguments, keywords, and a label that completes the words "on ..."."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    label: str = ""


def case(*args: Any, label: str = "", **kwargs: Any) -> Case:
    """One row of a table."""
    return Case(args, kwargs, label)


def as_cases(inputs: Iterable[Case | Sequence[Any]]) -> list[Case]:
    """Cases as they are; bare tuples (or lists) of arguments become cases.

    Raises:
        ValueError: there is no case at all, so that the test could not fail.
        TypeError: a row is something else, for example an array, whose rows would be taken for arguments.
    """
    rows = list(inputs)
    for row in rows:
        if not isinstance(row, Case | tuple | list):
            raise TypeError(f"A row of a table is a case or a tuple of arguments, not {type_name(row)}: write check.case(...).")
    cases = [row if isinstance(row, Case) else Case(tuple(row)) for row in rows]
    if not cases:
        raise ValueError("A test needs at least one case: with none it could not fail.")
    return cases


def house(
    *specs: str,
    lib: Library = "numpy",
    sizes: Sequence[Mapping[str, int]] | None = None,
    empty: str = "",
    ints: bool = False,
    square: bool = True,
    dtypes: Sequence[str] = ("float64", "float32"),
) -> list[Case]:
    """Random arrays for the named dimensions of `specs`, one array an argument, in all the forms that show easy mistakes.

    Args:
        specs: dimension names or sizes, one text for each argument: "i j", "j k", "3 w".
        lib: whose arrays.
        sizes: tables of sizes instead of the automatic ones; the first is the base, each other one is a case.
        empty: dimensions that may be empty, separated by blanks.
        ints: also a case of whole numbers (int64).
        square: also a case in which all dimensions are equal.
        dtypes: the first is the base.

    Returns:
        Cases of standard-normal entries: base sizes, the other dtypes, views that are not contiguous, every dimension once of
        size one, empty ones, all equal, whole numbers.
    """
    names = _names(specs)
    tables: list[tuple[str, Mapping[str, int]]] = []
    if sizes:
        base = dict(sizes[0])
        tables += [(_label(table), table) for table in sizes[1:]]
    else:
        base = dict(zip(names, chain(_SIZES, range(9, 99)), strict=False))
        tables += [(f"{name} of size one", {**base, name: 1}) for name in names]
    tables += [(f"{name} empty", {**base, name: 0}) for name in empty.split()]
    if square and not sizes and len(names) > 1:
        tables.append(("all sizes equal", dict.fromkeys(names, 3)))

    maker = _Maker(specs, lib)
    cases = [maker.case(base, dtypes[0], "random values")]
    cases += [maker.case(base, dtype, dtype) for dtype in dtypes[1:]]
    cases += [
        maker.case(base, dtypes[0], "views with gaps, not contiguous", layout="gaps"),
        maker.case(base, dtypes[0], "views with exchanged strides, not contiguous", layout="reversed"),
    ]
    cases += [maker.case(table, dtypes[0], label) for label, table in tables]
    if ints:
        cases.append(maker.case(base, "int64", "whole numbers (int64)"))
    return cases


def _names(specs: Iterable[str]) -> list[str]:
    """Dimension names in order of first appearance."""
    words = [word for spec in specs for word in spec.split()]
    return list(dict.fromkeys(word for word in words if word[0] in string.ascii_letters + "_"))


def _label(table: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in table.items())


class _Maker:
    """Makes the arguments of a case for given sizes, dtype and layout in memory."""

    def __init__(self, specs: Sequence[str], lib: Library) -> None:
        self.specs = specs
        self.lib = lib

    def case(self, table: Mapping[str, int], dtype: str, label: str, layout: str = "plain") -> Case:
        return Case(tuple(self._arrays(table, dtype, layout)), label=label)

    def _arrays(self, table: Mapping[str, int], dtype: str, layout: str) -> Iterator[Any]:
        for spec in self.specs:
            shape = tuple(int(word) if word.isdigit() else table[word] for word in spec.split())
            yield self._array(shape, dtype, layout)

    def _array(self, shape: tuple[int, ...], dtype: str, layout: str) -> Any:
        if layout == "gaps":
            full = self._wrap(_draw(tuple(2 * size + 1 for size in shape), dtype))
            return full[(..., *(slice(1, 1 + 2 * size, 2) for size in shape))]  # `...`: without axes still an array
        if layout == "reversed":
            full = self._wrap(_draw(shape[::-1], dtype))
            return full.permute(*reversed(range(full.ndim))) if self.lib == "torch" else full.T
        return self._wrap(_draw(shape, dtype))

    def _wrap(self, array: np.ndarray[Any, Any]) -> Any:
        if self.lib == "numpy":
            return array
        import torch

        return torch.from_numpy(array)


def _draw(shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    if np.dtype(dtype).kind in "iu":
        return rng().integers(-9 if np.dtype(dtype).kind == "i" else 0, 10, size=shape, dtype=dtype)
    # np.asarray: a 0-d draw is a bare float
    return np.asarray(rng().standard_normal(shape)).astype(dtype)

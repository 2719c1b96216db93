"""Where a student's function is: under its name, in a class around it, or in the cell that is marked as its home."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["find"]


def find(name: str, names: Mapping[str, Any], made: Mapping[int, Sequence[str]], homes: Sequence[int]) -> tuple[bool, Any, str]:
    """Is a function there, itself, and a remark on where it was found.

    Args:
        names: the student's namespace.
        made: cell to the names that it has made.
        homes: cells that are marked as the function's home; the last one counts most.
    """
    if name in names:
        return True, names[name], ""
    for holder in [value for value in names.values() if isinstance(value, type) and value.__module__ == "__main__"]:
        if name in vars(holder):
            return True, _unwrapped(holder, name), f"{name} was found inside the class {holder.__name__}."
    for number in reversed(homes):
        defined = [key for key in made.get(number, []) if isinstance(names.get(key), types.FunctionType)]
        if len(defined) == 1:
            return True, names[defined[0]], f"there is no {name}; {defined[0]}, which stands in its cell, was taken."
    return False, None, ""


def _unwrapped(holder: type, name: str) -> Any:
    """A function that stands in a class, so that it can be called without one."""
    found = vars(holder)[name]
    if isinstance(found, types.FunctionType) and found.__code__.co_varnames[:1] == ("self",):
        return getattr(holder(), name)
    return getattr(holder, name)

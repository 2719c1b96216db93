"""Values as short text: small arrays in full, large ones by shape, dtype and their first entries."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["as_numpy", "describe", "is_array", "is_tensor", "number", "type_name", "value"]

_FULL = 48  # entries; more are abridged
_CHARACTERS = 600


def is_tensor(thing: Any) -> bool:
    """Is it a torch tensor? Known without importing torch."""
    return type(thing).__module__.split(".")[0] == "torch" and hasattr(thing, "detach") and hasattr(thing, "stride")


def is_array(thing: Any) -> bool:
    """Is it a NumPy array or a torch tensor?"""
    return isinstance(thing, np.ndarray) or is_tensor(thing)


def as_numpy(thing: Any) -> np.ndarray[Any, Any]:
    """A NumPy view of an array or tensor, gradients left behind."""
    if is_tensor(thing):
        return np.asarray(thing.detach().cpu().resolve_conj().resolve_neg().numpy())
    return np.asarray(thing)


def type_name(thing: Any) -> str:
    """A type as people say it.

    >>> type_name(np.float32(1)), type_name([1]), type_name(None)
    ('a NumPy float32 number', 'a list', 'None')
    """
    if thing is None:
        return "None"
    if is_tensor(thing):
        return "a torch tensor"
    if isinstance(thing, np.ndarray):
        return "a NumPy array"
    if isinstance(thing, np.generic):
        return f"a NumPy {thing.dtype} number"
    if callable(thing):
        return "a function"
    name = type(thing).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def describe(thing: Any) -> str:
    """Kind, dtype and shape, without values.

    >>> describe(np.zeros((2, 3)))
    'float64 array (2, 3)'
    """
    if is_tensor(thing):
        return f"{str(thing.dtype).removeprefix('torch.')} tensor {tuple(thing.shape)}"
    if isinstance(thing, np.ndarray):
        return f"{thing.dtype} array {thing.shape}"
    return type_name(thing)


def number(thing: Any) -> str:
    """One entry, with as many digits as help.

    >>> number(np.float64(1) / 3), number(np.int64(7)), number(2.0)
    ('0.333333', '7', '2.0')
    """
    if isinstance(thing, np.generic):
        thing = thing.item()
    if isinstance(thing, float):
        short = f"{thing:.6g}"
        return short if any(mark in short for mark in ".enia") else short + ".0"
    return repr(thing)


def value(thing: Any) -> str:
    """A value as text of at most about ten lines.

    >>> print(value(np.array([[1, 2], [3, 4]])))
    [[1 2]
     [3 4]]   int64 array (2, 2)
    """
    if is_array(thing):
        array = as_numpy(thing)
        text = _array_text(array)
        return f"{text}   {describe(thing)}" if array.ndim else f"{text}   ({describe(thing)})"
    if isinstance(thing, tuple | list) and any(is_array(item) for item in thing):
        return "\n".join(f"{n}: {value(item)}" for n, item in enumerate(thing))
    if isinstance(thing, float | np.generic):
        return number(thing)
    try:
        text = repr(thing)
    except Exception as error:  # the learner's own __repr__ may do anything
        text = f"<{type_name(thing)}, whose repr raised {type(error).__name__}>"
    return text if len(text) <= _CHARACTERS else text[:_CHARACTERS] + " ..."


def _array_text(array: np.ndarray[Any, Any]) -> str:
    if array.size == 0:
        return "(empty)"
    with np.printoptions(precision=4, suppress=_plain(array), threshold=_FULL, edgeitems=3, linewidth=90):
        lines = str(array).splitlines()
    return "\n".join(lines if len(lines) <= 12 else [*lines[:6], " ...", *lines[-3:]])


def _plain(array: np.ndarray[Any, Any]) -> bool:
    """Would plain decimals show the entries well? Not for tiny or huge ones."""
    if array.dtype.kind != "f":
        return True
    finite = np.abs(array[np.isfinite(array)])
    return finite.size == 0 or bool(finite.max() < 1e6 and finite.max() > 1e-2)

"""Values as short text: small arrays in full, large ones by shape, dtype and their first entries."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

__all__ = ["as_numpy", "describe", "exact", "is_array", "is_tensor", "number", "numbers", "type_name", "value"]

_FULL = 48  # entries; more are abridged
_MANY = 1000  # entries; of more (pictures) a few are shown in one line, because a picture says it better
_CHARACTERS = 600  # of anything but arrays
_LONGEST = 2000
_ITEMS = 4  # arrays of a list
_DEPTH = 50  # lists in lists
_BRACKETS: dict[type, Sequence[str]] = {list: "[]", tuple: "()", set: "{}", dict: "{}", frozenset: ("frozenset({", "})")}


def is_tensor(thing: Any) -> bool:
    """Is it a torch tensor? Known without importing torch."""
    torch = sys.modules.get("torch")
    # type(): an object may lie about its __class__. getattr: torch may be half-way through its import.
    tensor = getattr(torch, "Tensor", None)
    return tensor is not None and issubclass(type(thing), tensor)


def is_array(thing: Any) -> bool:
    """Is it a NumPy array or a torch tensor?"""
    return issubclass(type(thing), np.ndarray) or is_tensor(thing)


def as_numpy(thing: Any) -> np.ndarray[Any, Any]:
    """A NumPy view of an array or tensor, gradients left behind; a copy of sparse tensors and of dtypes that NumPy lacks."""
    if not is_tensor(thing):
        return np.asarray(thing)
    plain = thing.detach()
    with suppress(TypeError, RuntimeError):  # most tensors; no other device, no lazy conjugate
        return np.asarray(plain.numpy())
    plain = plain.cpu().resolve_conj().resolve_neg()
    try:
        return np.asarray(plain.numpy())
    except TypeError:  # sparse, or bfloat16 and its like
        plain = plain.to_dense() if plain.layout is not sys.modules["torch"].strided else plain
        return np.asarray((plain.float() if plain.is_floating_point() else plain).numpy())


def exact(thing: Any) -> Any:
    """A number of a class derived from int, float or complex as a number of that type: it could compare as it likes.

    >>> exact(type("Mine", (int,), {})(3)), exact(True), exact("any other thing")
    (3, True, 'any other thing')
    """
    for kind in (int, float, complex):
        if issubclass(type(thing), kind) and not issubclass(type(thing), bool | np.generic):
            return getattr(kind, f"__{kind.__name__}__")(thing)
    return thing


def type_name(thing: Any) -> str:
    """A type as people say it.

    >>> type_name(np.float32(1)), type_name([1]), type_name(None)
    ('a NumPy float32 number', 'a list', 'None')
    """
    if thing is None:
        return "None"
    kind = type(thing)
    if is_array(thing):
        return "a torch tensor" if is_tensor(thing) else "a NumPy array"
    if issubclass(kind, np.number):
        return f"a NumPy {thing.dtype} number"
    if callable(thing):
        return "a class" if issubclass(kind, type) else "a function"
    name = f"NumPy {kind.__name__}" if issubclass(kind, np.generic) else kind.__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def describe(thing: Any) -> str:
    """Kind, dtype and shape, without values.

    >>> describe(np.zeros((2, 3)))
    'float64 array (2, 3)'
    """
    if is_tensor(thing):
        return f"{str(thing.dtype).removeprefix('torch.')} tensor {tuple(thing.shape)}"
    if is_array(thing):
        return f"{thing.dtype} array {thing.shape}"
    return type_name(thing)


def number(thing: Any, digits: int = 6) -> str:
    """One entry, with at most so many significant digits.

    >>> number(np.float64(1) / 3), number(np.int64(7)), number(2.0)
    ('0.333333', '7', '2.0')
    """
    if isinstance(thing, np.generic):
        thing = thing.item()
    if isinstance(thing, float):
        short = f"{thing:.{digits}g}"
        return short if any(mark in short for mark in ".enia") else short + ".0"
    return repr(thing)


def numbers(one: Any, other: Any) -> tuple[str, str]:
    """Two entries that differ, with enough digits to see it.

    >>> numbers(1.0, 2.0), numbers(1.0, 1.0 + 1e-8)
    (('1.0', '2.0'), ('1.0', '1.00000001'))
    """
    for digits in (6, 9, 12, 17):
        texts = number(one, digits), number(other, digits)
        if texts[0] != texts[1]:
            break
    return texts


def value(thing: Any) -> str:
    """A value as text of at most about ten lines.

    >>> print(value(np.array([[1, 2], [3, 4]])))
    [[1 2]
     [3 4]]   int64 array (2, 2)
    """
    try:
        text = _text(thing)
    except Exception as error:  # the learner's own __repr__ may do anything, and not every tensor can be read
        text = f"<{type_name(thing)}, whose repr raised {type(error).__name__}>"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _text(thing: Any) -> str:
    if is_array(thing):
        array = as_numpy(thing)
        text = _array_text(array)
        return f"{text}   {describe(thing)}" if array.ndim else f"{text}   ({describe(thing)})"
    if isinstance(thing, tuple | list) and any(is_array(item) for item in thing):
        lines = [f"{n}: {value(item)}" for n, item in enumerate(thing[:_ITEMS])]
        return "\n".join([*lines, f"... ({len(thing)} in all)"] if len(thing) > _ITEMS else lines)
    if isinstance(thing, float | np.generic):
        return number(thing)
    text = ""
    for piece in _pieces(thing):
        text += piece
        if len(text) > _CHARACTERS:
            return text[:_CHARACTERS] + " ..."
    return text


def _pieces(thing: Any, depth: int = 0) -> Iterator[str]:
    """What `repr` gives, bit by bit: the whole of it may take any time, where lists hold lists that hold arrays."""
    if type(thing) not in _BRACKETS or not thing:
        yield repr(thing)
        return
    if depth == _DEPTH:
        yield "..."
        return
    first, last = _BRACKETS[type(thing)]
    yield first
    for number, item in enumerate(thing):
        yield ", " if number else ""
        yield from _pieces(item, depth + 1)
        if type(thing) is dict:
            yield ": "
            yield from _pieces(thing[item], depth + 1)
    yield last if type(thing) is not tuple or len(thing) > 1 else ",)"


def _array_text(array: np.ndarray[Any, Any]) -> str:
    if array.size == 0:
        return "(empty)"
    if array.size > _MANY:
        return f"{', '.join(number(entry) for entry in array.flat[:5])}, ..."
    with np.printoptions(precision=4, suppress=_plain(array), threshold=_FULL, edgeitems=3, linewidth=90):
        lines = str(array).splitlines()
    return "\n".join(lines if len(lines) <= 12 else [*lines[:6], " ...", *lines[-3:]])


def _plain(array: np.ndarray[Any, Any]) -> bool:
    """Would plain decimals show the entries well? Not for tiny or huge ones."""
    if array.dtype.kind != "f":
        return True
    finite = np.abs(array[np.isfinite(array)])
    return finite.size == 0 or 1e-2 < float(finite.max()) < 1e6

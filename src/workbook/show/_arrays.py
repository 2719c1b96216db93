"""What comes in: any array or tensor, turned into a NumPy array, and into pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbook.errors import BadInput

__all__ = ["as_array", "as_pixels", "says"]

_TOLERANCE = 1e-3  # floats may miss [0, 1] or [0, 255] by this share: rounding, not another scale
_SHAPES = "A picture has the shape (height, width) if it is grey, or (3, height, width) if it is coloured"


def as_array(value: Any) -> np.ndarray[Any, Any]:
    """The value as a NumPy array.

    A torch tensor may be on a GPU and may require a gradient; torch itself is not imported.

    Raises:
        BadInput: the value is neither an array nor a tensor.
    """
    if hasattr(value, "detach"):
        value = _from_tensor(value)
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    raise BadInput(
        f"An array was expected here, not {_kind(value)}.",
        "np.array(...) makes an array of nested lists." if isinstance(value, list | tuple) else "",
    )


def _from_tensor(tensor: Any) -> Any:
    try:
        plain = tensor.detach().cpu()
        # NumPy has no bfloat16.
        return plain.float().numpy() if "bfloat16" in str(plain.dtype) else plain.numpy()
    except Exception as error:  # a sparse tensor, the class itself, or something that only looks like a tensor
        raise BadInput(f"{_kind(tensor)} could not be turned into an array: {error}") from error


def as_pixels(value: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The pixels of a picture.

    Args:
        value: array or tensor, shape (height, width) for grey or (3, height, width) for colour. Whole numbers
            from 0 to 255; or floats from 0 to 1, or from 0 to 255 if any is above 1; or bool: True is white.

    Returns:
        UInt8 array of the same shape.

    Raises:
        BadInput: the shape is not a picture's, there is no pixel, or the values are no brightnesses.
    """
    array = as_array(value)
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[0] == 3)):
        raise BadInput(f"{_SHAPES}; this array has the shape {array.shape}.", _way_out(array.shape))
    if array.size == 0:
        raise BadInput(f"There is no pixel in an array of shape {array.shape}.", "One of its axes has the length 0.")
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind not in "iuf":
        raise BadInput(f"A picture is made of numbers; the dtype of this array is {array.dtype}.")
    return _scaled(array)


def says(value: Any) -> str:
    """What something is, in a few words: its shape if it has one, otherwise its type.

    >>> says(np.zeros((2, 3))), says([1, 2]), says(None)
    ('shape (2, 3)', 'a list of length 2', 'None')
    """
    shape = getattr(value, "shape", None)
    return f"shape {tuple(shape)}" if isinstance(shape, tuple) else _kind(value)


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    article = "an" if name[0].lower() in "aeiou" else "a"
    return f"{article} {name}" + (f" of length {len(value)}" if isinstance(value, list | tuple) else "")


def _scaled(array: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Integers and floats as brightnesses from 0 to 255."""
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(numbers))[0])
        raise BadInput(f"The entry at {place} is {numbers[place]}, which is no brightness.")
    low, high = float(numbers.min()), float(numbers.max())
    most = 1.0 if array.dtype.kind == "f" and high <= 1 + _TOLERANCE else 255.0
    if low < -most * _TOLERANCE or high > most * (1 + _TOLERANCE):
        raise BadInput(
            f"The values of this array run from {low:g} to {high:g}.",
            "A picture's values lie between 0 and 255, or, as floats, between 0 and 1: scale them first.",
        )
    return np.rint(np.clip(numbers * (255.0 / most), 0, 255)).astype(np.uint8)


def _way_out(shape: tuple[int, ...]) -> str:
    """Which einops pattern makes a picture of an array of this shape, or "" where nothing is likely."""
    if len(shape) == 3:
        if shape[2] == 3:
            return "The colours stand last: rearrange(array, 'h w c -> c h w') puts them first."
        if shape[0] == 1:
            return "Its first axis has the length 1: array[0] is a grey picture."
        if shape[2] == 1:
            return "Its last axis has the length 1: array[:, :, 0] is a grey picture."
        return (
            f"If these are {shape[0]} grey pictures, array[0] is the first of them, and "
            "rearrange(array, 'b h w -> h (b w)') puts all side by side."
        )
    if len(shape) == 4:
        return _way_out_of_batch(shape)
    if len(shape) == 1:
        return "It has one axis only: rearrange(array, '(h w) -> h w', h=...) folds it into rows."
    return ""


def _way_out_of_batch(shape: tuple[int, ...]) -> str:
    """The same for four axes."""
    count, channels = shape[:2]
    if channels == 3:
        first, pattern = "array[0] is the first of them", "b c h w -> c h (b w)"
    elif shape[3] == 3:
        first, pattern = "their colours stand last", "b h w c -> c h (b w)"
    else:
        return f"If the second axis counts {channels} channels, array[0, 0] is one of them as a grey picture."
    return f"If these are {count} pictures, {first}; rearrange(array, '{pattern}') puts all side by side."

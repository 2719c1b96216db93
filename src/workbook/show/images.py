"""Arrays as pictures, and two pictures compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.errors import BadInput
from workbook.show._arrays import as_pixels, says
from workbook.show._sheet import WIDE, Tile, arrange
from workbook.show.frontend import display

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["compare_pictures", "display_array_as_img", "picture"]

# Most height and width in screen pixels.
_ALONE = (600, WIDE)
_COMPARED = (450, 193)  # of each of three


def display_array_as_img(array: Any, *, title: str = "") -> None:
    """Show an array as a picture.

    Args:
        array: array or tensor. Shape (height, width) is grey; shape (3, height, width) is colour: red, green,
            blue. Whole numbers from 0 to 255, or floats from 0 to 1 or from 0 to 255, or bool.
        title: a line above the picture.

    Raises:
        BadInput: this is no picture; the message says what would make one of it.
    """
    display(picture(array, title))


def picture(array: Any, title: str = "") -> Figure:
    """The figure which `display_array_as_img` shows.

    Args:
        array: array or tensor, shape (height, width) or (3, height, width), as for `display_array_as_img`.
        title: a line above the picture.

    Returns:
        A plotly figure, one screen pixel to a pixel; small pictures are magnified, very large ones shrunk.

    Raises:
        BadInput: this is no picture.
    """
    pixels = as_pixels(array)
    height, width = pixels.shape[-2:]
    alt = f"{'Grey' if pixels.ndim == 2 else 'Colour'} picture, {height} pixels high and {width} wide"
    return arrange([Tile(title, pixels)], f"{title}: {alt}" if title else alt, _ALONE)


def compare_pictures(target: Any, yours: Any, titles: tuple[str, str, str] = ("target", "yours", "difference")) -> Figure:
    """What was wanted, what came, and how far they are apart.

    Args:
        target: array or tensor, shape (height, width) or (3, height, width), as for `display_array_as_img`.
        yours: the same, or anything at all.
        titles: what to write above the three.

    Returns:
        A plotly figure. The third picture is the absolute difference: black where the two agree, and
        brightened until the largest is 255. If the shapes differ, or `yours` is no picture, the two
        shapes are written in its place.

    Raises:
        BadInput: `target` is no picture.
    """
    wanted = as_pixels(target)
    shapes = f"{titles[0]}: shape {wanted.shape}\n{titles[1]}: {says(yours)}"
    fact = "Two pictures of different shapes."
    try:
        came = as_pixels(yours)
        answer = Tile(titles[1], came)
    except BadInput as error:
        came, fact = None, error.fact
        answer = Tile(titles[1], text=fact)
    if came is None or came.shape != wanted.shape:
        tiles = [Tile(titles[0], wanted), answer, Tile(titles[2], text=shapes)]
        return arrange(tiles, f"{fact}\n{shapes}", _COMPARED)
    apart = np.maximum(wanted, came) - np.minimum(wanted, came)
    share = _share(apart)
    tiles = [Tile(titles[0], wanted), answer, Tile(f"{titles[2]}: {share}", _brightened(apart))]
    return arrange(tiles, f"Two pictures of shape {wanted.shape}. {titles[2]}: {share}.", _COMPARED)


def _brightened(apart: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A difference scaled until its largest value is 255: small ones could not be seen otherwise."""
    most = int(apart.max())
    return (apart.astype(np.uint16) * 255 // most).astype(np.uint8) if most else apart


def _share(apart: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    """How many pixels differ, in words.

    >>> _share(np.array([[0, 3], [0, 0]], dtype=np.uint8)), _share(np.zeros((3, 2, 2), dtype=np.uint8))
    ('25 % of the pixels', 'none')
    """
    differs = apart.any(axis=0) if apart.ndim == 3 else apart != 0
    if not differs.any():
        return "none"
    percent = 100 * float(differs.mean())
    return f"{percent:.0f} % of the pixels" if percent >= 1 else "less than 1 % of the pixels"

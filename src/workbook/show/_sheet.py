"""Pictures beside or below each other in one figure.

A picture is magnified by a whole number, or shrunk by a simple ratio, so that thin lines stay even.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.show._ink import PAGE_INK
from workbook.show._png import data_uri

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["LETTER", "WIDE", "Tile", "arrange", "figure"]

_Bytes = np.ndarray[Any, np.dtype[np.uint8]]

LETTER = 7.2  # screen pixels, about the width of a letter
_MOST_STORED = 54_000  # letters, of all pictures of a figure together: they are stored in the notebook
_LEAST_SIDE = 240  # the longer side of a small picture is magnified to about this many screen pixels
# The following are screen pixels.
WIDE = 620  # what a notebook in a window of 800 has room for beside its prompts
_CAPTION = 26  # above a picture that has a caption
_LEAST_CAPTION = 150  # what a caption may take, be its picture as narrow as it is
_GAP = 20  # between two pictures
_LINE = 17  # the height of a line of text
_TEXT = 190  # the least width of a tile that holds text
_INSET = 10  # between the frame and the text in it


@dataclass(frozen=True)
class Tile:
    """A picture (UInt8 array, shape (height, width) or (3, height, width)), or a text in the place of one."""

    caption: str
    pixels: _Bytes | None = None
    text: str = ""


@dataclass(frozen=True)
class _Grid:
    """Where the tiles stand, below their captions: sizes in screen pixels, `scale` in screen pixels a pixel."""

    scale: float
    across: float
    down: float
    places: list[tuple[float, float]]
    captions: list[str]

    def width(self) -> float:
        """Of the whole figure."""
        return max(left + max(self.across, _extent(text)) for (left, _), text in zip(self.places, self.captions, strict=True))


def figure(width: float, height: float, alt: str, **layout: Any) -> Figure:
    """An empty figure of a size in screen pixels: transparent, plain, and with a text alternative."""
    import plotly.graph_objects as go

    return go.Figure(
        layout={
            "template": "none",
            "width": round(width),
            "height": round(height),
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 13, "color": PAGE_INK},
            "meta": {"alt": alt},
            **layout,
        }
    )


def arrange(tiles: list[Tile], alt: str, most: tuple[int, int]) -> Figure:
    """A figure of some pictures; they stand in a column if they are wide, otherwise in a row.

    Args:
        tiles: at least one of them with pixels.
        alt: the text alternative.
        most: the height and width, in screen pixels, to which larger pictures are shrunk.
    """
    thinnings = _thinnings([tile.pixels for tile in tiles])
    tiles = [
        replace(tile, caption=f"{tile.caption} (one pixel of {every**2})") if every > 1 else tile
        for tile, every in zip(tiles, thinnings, strict=True)
    ]
    grid = _grid(tiles, most)
    fig = figure(grid.width(), grid.places[-1][1] + grid.down, alt)
    for number, tile in enumerate(tiles):
        left, upper = grid.places[number]
        _write(fig, grid.captions[number], left, upper - 6, yanchor="bottom")
        if tile.pixels is None:
            text = _wrapped(tile.text, grid.across)
            _write(fig, text, left + _INSET, upper + _INSET, yanchor="top")
            _frame(fig, left, upper, grid.across, grid.down)
        else:
            _draw(fig, number, tile.pixels, thinnings[number], grid)
    return fig


def _grid(tiles: list[Tile], most: tuple[int, int]) -> _Grid:
    shapes = [tile.pixels.shape[-2:] for tile in tiles if tile.pixels is not None]
    height, width = (max(sizes) for sizes in zip(*shapes, strict=True))
    column = len(tiles) > 1 and width > 2 * height
    scale = _scale(height, width, (most[0], 2 * most[1]) if column else most)
    across, down = math.ceil(width * scale), math.ceil(height * scale)
    if any(tile.pixels is None for tile in tiles):
        across = max(across, _TEXT)
        lines = max(_wrapped(tile.text, across).count("<br>") + 1 for tile in tiles)
        down = max(down, lines * _LINE + 2 * _INSET)
    # A caption may be as wide as its tile, and the last one as wide as what is left.
    room = [WIDE if column or number == len(tiles) - 1 else max(across, _LEAST_CAPTION) for number in range(len(tiles))]
    captions, places, left = [], [], 0
    for tile, most_wide in zip(tiles, room, strict=True):
        captions.append(_wrapped(tile.caption, max(most_wide - left, across, _LEAST_CAPTION), inset=0))
        places.append(left)
        left += 0 if column else math.ceil(max(across, _extent(captions[-1]))) + _GAP
    lines = max(text.count("<br>") + 1 if text else 0 for text in captions)
    top = lines * _LINE + _CAPTION - _LINE if lines else 0
    step = top + down + _GAP if column else 0
    return _Grid(scale, across, down, [(left, number * step + top) for number, left in enumerate(places)], captions)


def _extent(caption: str) -> float:
    """Screen pixels that the longest line of a caption takes."""
    return max(LETTER * len(line) for line in caption.split("<br>"))


def _scale(height: int, width: int, most: tuple[int, int]) -> float:
    """Screen pixels a pixel: a whole number, or 3/4, 2/3, 1/2, or smaller, a multiple of 1/20 where it can be.

    >>> [_scale(height, width, (600, 620)) for height, width in ((4, 6), (150, 150), (150, 900), (900, 150), (2000, 2000))]
    [40.0, 1.0, 0.6666666666666666, 0.6666666666666666, 0.3]
    """
    most_scale = min(most[0] / height, most[1] / width)
    if most_scale < 0.5:
        return math.floor(20 * most_scale) / 20 or most_scale
    if most_scale < 1:
        return next(ratio for ratio in (3 / 4, 2 / 3, 1 / 2) if ratio <= most_scale)
    return float(max(1, min(int(most_scale), _LEAST_SIDE // max(height, width))))


def _thinnings(pictures: list[_Bytes | None]) -> list[int]:
    """For each picture the n of which every n-th row and column is stored, so that the notebook stays small.

    It is 1 for all but noise, where nobody sees the difference.
    """
    result = [1] * len(pictures)
    letters = [0 if pixels is None else len(data_uri(pixels)) for pixels in pictures]
    while sum(letters) > _MOST_STORED:
        largest = letters.index(max(letters))
        pixels = pictures[largest]
        assert pixels is not None
        result[largest] *= 2
        letters[largest] = len(data_uri(_thinned(pixels, result[largest])))
    return result


def _thinned(pixels: _Bytes, every: int) -> _Bytes:
    return pixels[..., ::every, ::every]


def _wrapped(text: str, width: float, inset: float = _INSET) -> str:
    """A text broken into lines that fit into a number of screen pixels, joined as plotly breaks lines."""
    letters = int((width - 2 * inset) / LETTER)
    return "<br>".join(piece for line in text.splitlines() for piece in textwrap.wrap(line, letters))


def _draw(fig: Figure, number: int, pixels: _Bytes, every: int, grid: _Grid) -> None:
    """Put one picture into a figure, with axes of its own."""
    import plotly.graph_objects as go

    height, width = pixels.shape[-2:]
    left, upper = grid.places[number]
    x_domain, y_domain = _domains(fig, left, upper, width * grid.scale, height * grid.scale)
    suffix = str(number + 1) if number else ""
    x_axis = {"domain": x_domain, "range": [-0.5, width - 0.5], "anchor": f"y{suffix}"}
    y_axis = {"domain": y_domain, "range": [height - 0.5, -0.5], "anchor": f"x{suffix}"}
    hidden = {"visible": False, "constrain": "domain"}
    fig.update_layout({f"xaxis{suffix}": {**x_axis, **hidden}, f"yaxis{suffix}": {**y_axis, **hidden}})
    fig.add_trace(
        go.Image(
            source=data_uri(_thinned(pixels, every)),
            x0=(every - 1) / 2,
            y0=(every - 1) / 2,
            dx=every,
            dy=every,
            zsmooth="fast" if grid.scale < 1 else False,
            hovertemplate="row %{y}, column %{x}<extra></extra>",
            xaxis=f"x{suffix}",
            yaxis=f"y{suffix}",
        )
    )


def _domains(fig: Figure, left: float, upper: float, width: float, height: float) -> list[list[float]]:
    """A rectangle in screen pixels from the upper left corner, as plotly's spans of x and y from 0 to 1."""
    total_width, total_height = fig.layout.width, fig.layout.height
    x_span = [left / total_width, (left + width) / total_width]
    y_span = [1 - (upper + height) / total_height, 1 - upper / total_height]
    return [[min(1.0, max(0.0, end)) for end in span] for span in (x_span, y_span)]


def _write(fig: Figure, text: str, left: float, upper: float, yanchor: str) -> None:
    """Write a text at a place in screen pixels from the upper left corner."""
    if text:
        fig.add_annotation(
            text=text,
            xref="paper",
            yref="paper",
            x=0,
            y=1,
            xshift=left,
            yshift=-upper,
            xanchor="left",
            yanchor=yanchor,
            align="left",
            showarrow=False,
        )


def _frame(fig: Figure, left: float, upper: float, width: float, height: float) -> None:
    """A thin frame where a picture would stand, one screen pixel inside, so that the figure's edge cuts none of it."""
    (x0, x1), (y0, y1) = _domains(fig, left + 1, upper + 1, width - 2, height - 2)
    line = {"color": PAGE_INK, "width": 1, "dash": "dot"}
    fig.add_shape(type="rect", xref="paper", yref="paper", x0=x0, x1=x1, y0=y0, y1=y1, line=line)

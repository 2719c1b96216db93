"""Draw numbers.npy: six pictures of the digits 0 to 5.

UInt8 array, shape (6, 3, 150, 150), axes (picture, channel, height, width). The strokes are written down
below, so that nothing is needed but NumPy: no font, no imaging library. Run the script to write the file, or
with `--check` to learn whether the committed file is still what it draws (exit code 1 if not).

What the exercises rely on:
- No digit equals, or nearly equals, its transpose, a mirror image or a rotation of itself: the 0 leans and is
  wider below, the 1 has a flag and a foot, the 3 has a flat top, and all carry a mark in the top left corner.
- The red, green and blue planes of a picture look different in grey.
- The lower right corner is hatched with one-pixel lines. Every 2 x 2 block there (at even rows and columns)
  meets exactly one pixel of them: a maximum is all paper, a minimum all hatch, a mean lies in between, and
  taking every second pixel leaves other lines.
- The paper is lighter than the ink in every channel, so that a maximum makes the strokes thinner.
"""

from __future__ import annotations

import argparse
import io
import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

SIZE = 150  # pixels, height and width of a picture
RADIUS = 11.0  # pixels, half the width of a stroke
LEVELS = 8  # steps from paper to ink at the edge of a stroke: smooth to the eye, and few colours to store
MARK = 12  # pixels, side of the square in the corner
HATCH_STEP = 4  # pixels between two lines of the hatch, along a row
HATCH_START = 200  # the hatch covers the corner where column + row is at least this

Point = tuple[float, float]  # (x, y) in pixels: x to the right, y downwards
Colour = tuple[int, int, int]


class Line(NamedTuple):
    """Straight strokes from point to point."""

    points: tuple[Point, ...]

    def outline(self) -> list[Point]:
        return list(self.points)


class Arc(NamedTuple):
    """Part of an ellipse, from angle `start` to angle `stop` in degrees, clockwise from the right."""

    centre: Point
    radii: Point
    start: float
    stop: float
    lean: float = 0.0  # how many pixels to the right for each pixel upwards
    belly: float = 0.0  # how much wider the lower end is than the upper one

    def outline(self) -> list[Point]:
        angle = np.radians(np.linspace(self.start, self.stop, 97))
        up = -np.sin(angle) * self.radii[1]
        across = np.cos(angle) * self.radii[0] * (1 + self.belly * np.sin(angle)) + self.lean * up
        return list(zip(self.centre[0] + across, self.centre[1] - up, strict=True))


class Bend(NamedTuple):
    """A cubic Bézier curve: it leaves `a` towards `b` and arrives at `d` from `c`."""

    a: Point
    b: Point
    c: Point
    d: Point

    def outline(self) -> list[Point]:
        s = np.linspace(0, 1, 65)[:, None]
        a, b, c, d = (np.array(point) for point in self)
        curve = (1 - s) ** 3 * a + 3 * s * (1 - s) ** 2 * b + 3 * s**2 * (1 - s) * c + s**3 * d
        return [(float(x), float(y)) for x, y in curve]


Stroke = Line | Arc | Bend


class Digit(NamedTuple):
    """One picture: its strokes, and the colours of paper, ink and hatch."""

    strokes: tuple[Stroke, ...]
    paper: Colour
    ink: Colour
    hatch: Colour


DIGITS = (
    Digit(
        (Arc((75, 72), (31, 42), 0, 360, lean=0.17, belly=0.16),),
        paper=(255, 236, 200),
        ink=(186, 34, 78),
        hatch=(240, 150, 140),
    ),
    Digit(
        (Line(((51, 52), (75, 31), (75, 114))), Line(((50, 114), (100, 114)))),
        paper=(206, 238, 255),
        ink=(28, 74, 150),
        hatch=(118, 172, 220),
    ),
    Digit(
        (
            Bend((48, 56), (48, 21), (98, 21), (98, 56)),
            Bend((98, 56), (98, 80), (55, 92), (49, 114)),
            Line(((49, 114), (100, 114))),
        ),
        paper=(226, 252, 200),
        ink=(22, 118, 84),
        hatch=(128, 200, 130),
    ),
    Digit(
        (
            Line(((52, 31), (95, 31), (70, 61))),
            Bend((70, 61), (86, 59), (101, 70), (101, 88)),
            Bend((101, 88), (101, 121), (60, 122), (46, 103)),
        ),
        paper=(255, 216, 236),
        ink=(124, 36, 160),
        hatch=(206, 140, 208),
    ),
    Digit(
        (Line(((82, 115), (82, 31), (45, 89), (104, 89))),),
        paper=(255, 246, 192),
        ink=(178, 82, 12),
        hatch=(228, 172, 80),
    ),
    Digit(
        (
            Line(((95, 31), (59, 31), (54, 67))),
            Bend((54, 67), (66, 55), (101, 57), (101, 86)),
            Bend((101, 86), (101, 121), (60, 122), (46, 103)),
        ),
        paper=(196, 250, 226),
        ink=(14, 94, 128),
        hatch=(100, 180, 184),
    ),
)


def distance(outline: Iterable[Point]) -> np.ndarray:
    """Distance of every pixel's centre to a chain of segments: float array, shape (height, width), in pixels.

    The points are rounded to 1/256 pixel, and after that there are only sums, products, quotients and square
    roots, whose every bit IEEE 754 fixes: the result does not depend on the machine.
    """
    points = [(round(float(x) * 256) / 256, round(float(y) * 256) / 256) for x, y in outline]
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    nearest = np.full((SIZE, SIZE), np.inf)
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / length, 0, 1) if length else 0.0
        off_x, off_y = x - x0 - along * dx, y - y0 - along * dy
        nearest = np.minimum(nearest, off_x * off_x + off_y * off_y)
    return np.asarray(np.sqrt(nearest))


def draw(digit: Digit) -> np.ndarray:
    """One picture: UInt8 array, shape (3, 150, 150)."""
    depth = RADIUS - np.min([distance(stroke.outline()) for stroke in digit.strokes], axis=0)
    cover = np.floor(np.clip(depth + 0.5, 0, 1) * LEVELS + 0.5).astype(int)
    row, column = np.indices((SIZE, SIZE))
    hatched = (row + column >= HATCH_START) & ((row + column) % HATCH_STEP == 0)
    cover[:MARK, :MARK] = LEVELS
    planes = []
    for paper, ink, hatch in zip(digit.paper, digit.ink, digit.hatch, strict=True):
        ground = np.where(hatched, hatch, paper)
        planes.append((ground * (LEVELS - cover) + ink * cover + LEVELS // 2) // LEVELS)
    return np.stack(planes).astype(np.uint8)


def draw_all() -> np.ndarray:
    """All six pictures: UInt8 array, shape (6, 3, 150, 150)."""
    return np.stack([draw(digit) for digit in DIGITS])


def as_bytes(arr: np.ndarray) -> bytes:
    """What `np.save` writes for an array."""
    file = io.BytesIO()
    np.save(file, arr)
    return file.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """Write numbers.npy beside this script, or compare with it. Returns the exit code."""
    target = Path(__file__).with_name("numbers.npy")
    parser = argparse.ArgumentParser(description="Draw the six digits of part 2.")
    parser.add_argument("--check", action="store_true", help=f"write nothing; say whether {target.name} is up to date")
    drawn = as_bytes(draw_all())
    if not parser.parse_args(arguments).check:
        target.write_bytes(drawn)
        print(f"{target.name}: {len(drawn)} bytes written")
        return 0
    same = target.is_file() and target.read_bytes() == drawn
    print(f"{target.name} is {'up to date' if same else 'stale or missing: run draw_numbers.py'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())

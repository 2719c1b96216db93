"""A small chapter that is right in every respect, to be spoiled in one place at a time."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from workbook.model import Chapter, Home, Part

CHAPTER = "chapter1_tiny"
PART = "part1_sums"

TOML = f"{CHAPTER}/chapter.toml"
TEXT = f"{CHAPTER}/{PART}.md"
SOLUTIONS = f"solutions/{PART}.py"
TESTS = f"tests/{CHAPTER}/test_{PART}.py"
MISTAKES = f"tests/mistakes/{PART}.py"
ALTERNATIVES = f"tests/alternatives/{PART}.py"
FIGURE = f"{CHAPTER}/figures/axes.png"

FILES = {
    TOML: """\
title = "Tiny"

[parts.part1_sums]
title = "Sums"

[parts.part1_sums.exercises]
quiz_axis = { kind = "quiz", difficulty = 1, importance = 3, minutes = 1, points = 1, no_hint = "a quiz explains itself" }
row_sums = { kind = "function", difficulty = 2, importance = 3, minutes = 5, points = 2, forbid = ["numpy.mean"] }
double = { kind = "function", difficulty = 1, importance = 1, minutes = 3, points = 3, functions = ["double", "halve"] }
essay = { kind = "question", difficulty = 3, importance = 5, minutes = 9, points = 4 }
""",
    TEXT: """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---
# Sums

After this part you can add things up along an axis.

![The two axes](figures/axes.png)

## Along an axis

A sum along axis 0 runs down the columns. See [the manual](https://numpy.org), or [start again](part1_sums.ipynb).

```{code-cell} ipython3
np.arange(6).reshape(2, 3).sum(axis=0)
```

### quiz_axis

An array `x` has the shape `(2, 3)`. Which shape has the sum of it along axis 0?

- **a**: `(2,)`
- **b**: `(3,)`
- **c**: `()`
- **d**: `(2, 3)`

### row_sums

Add up each row of a matrix: from the shape `(2, 3)` you get the shape `(2,)`.

:::{hint}
Say which axis disappears.
:::

:::{hint}
The columns are counted by the second axis.
:::

### double

Write two functions, one which doubles every number, and one which takes that back again.

```{code-cell} ipython3
print("2 doubled is", 2 + 2)
```

:::{hint}
One of them is an operator away from the other.
:::

### essay

Why does a sum along an axis have one axis less than the array that is summed? Two sentences.

:::{hint}
Count the letters of the formula.
:::

:::{answer}
All entries along the axis become one number, so nothing is left to count along it.
:::

## Recap

That is all.
""",
    SOLUTIONS: '''\
"""Solutions of part 1."""

import numpy as np
from jaxtyping import Num

quiz_axis = "b"


def row_sums(mat: Num[np.ndarray, "i j"]) -> Num[np.ndarray, "i"]:
    """Sum of each row.

    mat: numbers, shape (i, j).
    Returns an array of shape (i,).

    >>> row_sums(np.array([[1, 2, 3], [4, 5, 6]]))
    array([ 6, 15])
    """
    return np.add.reduce(mat, axis=1)


def double(x: Num[np.ndarray, "n"]) -> Num[np.ndarray, "n"]:
    """Twice every entry."""
    return x * 2


def halve(x: Num[np.ndarray, "n"]) -> Num[np.ndarray, "n"]:
    """Half of every entry."""
    halves = x / 2
    return halves
''',
    TESTS: '''\
import numpy as np

from workbook import check


def test_quiz_axis(quiz_axis):
    """The axis which is summed disappears."""
    check.choice(quiz_axis)


def test_row_sums(row_sums):
    """Agrees with adding up by hand."""
    inputs = [check.case(np.array([[1, 2, 3], [4, 5, 6]])), *check.house("i j", ints=True)]
    check.agrees(row_sums, inputs, lambda mat: np.array([sum(row) for row in mat], dtype=mat.dtype))


def test_double(double, halve):
    """Doubling adds a number to itself, and halving takes that back."""
    check.agrees(double, check.house("n"), lambda x: x + x)
    check.agrees(halve, check.house("n"), lambda x: x * np.asarray(0.5, dtype=x.dtype))
''',
    MISTAKES: '''\
import numpy as np


def quiz_axis__a():
    """That is the sum along the other axis."""
    return "a"


def quiz_axis__c():
    """That is the sum of everything at once."""
    return "c"


def quiz_axis__d():
    """Nothing has been summed there, has it?"""
    return "d"


def row_sums__columns(mat):
    """You added up the columns, not the rows."""
    return mat.sum(axis=0)


def row_sums__total(mat):
    """You added up everything to one number."""
    return mat.sum()


def row_sums__kept(mat):
    """The summed axis is still there, of size one."""
    return mat.sum(axis=1, keepdims=True)


def double__plus_two(x):
    """Two is added to every entry instead."""
    return x + 2


def halve__rounded(x):
    """You rounded the halves off."""
    return np.round(x / 2)


def halve__third(x):
    """You took the third part of every entry."""
    return x / 3
''',
    ALTERNATIVES: '''\
import numpy as np


def row_sums__loops(mat):
    return np.array([row.sum() for row in mat])


def double__shifted(x):
    return x - (-x)
''',
}


@dataclass(frozen=True)
class Tiny:
    """The chapter in a folder of its own."""

    root: Path

    @property
    def home(self) -> Home:
        """Read anew, so that it sees every change."""
        return Home(self.root)

    @property
    def chapter(self) -> Chapter:
        return self.home.chapters[0]

    @property
    def part(self) -> Part:
        return self.chapter.parts[0]

    def path(self, name: str) -> Path:
        return self.root / name

    def change(self, name: str, old: str, new: str) -> None:
        """Put `new` in place of `old`, which stands in the file exactly once."""
        text = self.path(name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def append(self, name: str, text: str) -> None:
        self.write(name, self.path(name).read_text(encoding="utf-8") + text)

    def write(self, name: str, text: str) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def line(self, name: str, text: str) -> int:
        """Number of the first line of a file that contains `text`."""
        lines = self.path(name).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)


def write_tiny(root: Path) -> Tiny:
    """All files of the chapter, below `root`."""
    tiny = Tiny(root)
    for name, text in FILES.items():
        tiny.write(name, text)
    tiny.path(FIGURE).parent.mkdir(parents=True)
    tiny.path(FIGURE).write_bytes(png())
    return tiny


def png() -> bytes:
    """A picture of one white pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")

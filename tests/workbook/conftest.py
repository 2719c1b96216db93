"""A small chapter with one exercise of each kind, written into a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import hypothesis
import hypothesis.configuration
import numpy as np
import pytest

from workbook.check.trial import Trial, begin
from workbook.model import Chapter, Home

# The same examples in every run, none kept in the checkout.
hypothesis.configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "workbook-hypothesis")
hypothesis.settings.register_profile("workbook", database=None, derandomize=True, deadline=None, max_examples=100)
hypothesis.settings.load_profile("workbook")

FILES = {
    "small_course/chapter.toml": """
title = "Small course"
summary = "One exercise of each kind."

[parts.part1_small]
title = "First steps"
summary = "Arrays, a class and two questions."

[parts.part1_small.exercises]
double = { kind = "function", difficulty = 1, importance = 2, minutes = 5, points = 2, functions = ["double", "halve"] }
flipped = { kind = "picture", difficulty = 1, importance = 2, minutes = 4, points = 2 }
Meter = { kind = "class", difficulty = 2, importance = 3, minutes = 8, points = 3 }
checked_ratio = { kind = "asserts", difficulty = 2, importance = 2, minutes = 5, points = 2 }
quiz_axis = { kind = "quiz", difficulty = 1, importance = 4, minutes = 2, points = 1, no_hint = "each choice is explained" }
question_views = { kind = "question", difficulty = 2, importance = 4, minutes = 6, points = 2 }
trace_of = { kind = "function", difficulty = 2, importance = 4, minutes = 6, points = 3, forbid = ["numpy.trace"] }
mean_trace = { kind = "function", difficulty = 2, importance = 3, minutes = 6, points = 3, needs = ["trace_of"] }
""",
    "small_course/part1_small.md": """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---
# First steps

Arrays are doubled, flipped and measured.

## Functions

Prose before the first exercise.

```{code-cell} ipython3
table = np.array([[1, 2], [3, 4]])
```

### double

Write `double` and its inverse `halve`, for arrays of any shape.

:::{hint}
Both are one multiplication.
:::

:::{hint}
The second one multiplies by a half.
:::

### flipped

Turn the picture upside down: the last row comes first. From `[[1, 2], [3, 4]]` comes `[[3, 4], [1, 2]]`.

```{code-cell} ipython3
print(table[::-1])
```

:::{hint}
A slice may have a negative step.
:::

### Meter

A meter adds numbers up and knows their mean: after 1, 2 and 6 have been added, `mean()` returns 3.0.

:::{hint}
Keep the sum and the count.
:::

### checked_ratio

Write the checks: the lower number must not be zero.

:::{hint}
One `assert` is enough.
:::

### quiz_axis

Which call sums every row of a matrix?

- **a**: `mat.sum(axis=0)`
- **b**: `mat.sum(axis=1)`
- **c**: `mat.sum()`
- **d**: `mat.sum(axis=2)`

### question_views

Why does writing to a slice change the array that it was taken from?

:::{hint}
Think of where the numbers are kept.
:::

:::{answer}
A slice is a view: it shares the memory of the array, so that both see every change.
:::

### trace_of

Sum the diagonal of a square matrix. For `[[1.0, 2.0], [3.0, 4.0]]` the result is 5.0, an array without axes.

:::{hint}
An index with two equal letters walks along the diagonal.
:::

### mean_trace

The trace divided by the number of rows, with the help of `trace_of`.

:::{hint}
The number of rows is `len(mat)`.
:::

## Recap

You have met one exercise of each kind.
""",
    "solutions/part1_small.py": '''"""Solutions of the small part."""

import numpy as np
from jaxtyping import Float, Num


def double(x: Num[np.ndarray, "*shape"]) -> Num[np.ndarray, "*shape"]:
    """Twice the entries of `x`.

    >>> double(np.array([1, 2]))
    array([2, 4])
    """
    return 2 * x


def halve(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Half the entries of `x`.

    >>> halve(np.array([1.0, 3.0]))
    array([0.5, 1.5])
    """
    return x / 2


def flipped(picture: Num[np.ndarray, "h w"]) -> Num[np.ndarray, "h w"]:
    """The picture upside down."""
    return picture[::-1]


class Meter:
    """Adds numbers up."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.total = 0.0
        self.count = 0

    def add(self, number: float) -> None:
        """Count one number."""
        self.total += number
        self.count += 1

    def mean(self) -> float:
        """Mean of the numbers so far."""
        return self.total / self.count


def checked_ratio(upper: float, lower: float) -> float:
    """`upper` divided by `lower`, which must not be zero."""
    ### BEGIN SOLUTION
    assert lower != 0, "lower is zero"
    ### END SOLUTION
    return upper / lower


quiz_axis = "b"


def trace_of(mat: Float[np.ndarray, "i i"]) -> Float[np.ndarray, ""]:
    """Sum of the diagonal of `mat`."""
    # Two equal letters walk along the diagonal.
    return np.einsum("ii->", mat)


def mean_trace(mat: Float[np.ndarray, "i i"]) -> Float[np.ndarray, ""]:
    """Mean of the diagonal of `mat`."""
    return trace_of(mat) / len(mat)
''',
    "tests/small_course/test_part1_small.py": '''"""Tests of the small part."""

import numpy as np

from workbook import check


def test_double(double, halve):
    """Twice and half, entry by entry."""
    check.agrees(double, check.house("i j", ints=True), lambda x: x + x)
    check.agrees(halve, check.house("i j"), lambda x: x * 0.5)


def test_flipped(flipped):
    """The last row comes first."""
    pictures = [(check.data("steps.npy"),), (check.rng().integers(0, 256, (3, 5), dtype=np.uint8),)]
    check.picture(flipped, lambda picture: np.array([*reversed(list(picture))]), pictures)


def test_Meter(Meter):
    """Knows the mean of what was added."""
    meter = Meter()
    for number in (1.0, 2.0, 6.0):
        meter.add(number)
    check.require(meter.mean() == 3.0, "the mean of 1, 2 and 6 is 3.", "Is every number counted once?")


def test_checked_ratio(checked_ratio):
    """Divides, and refuses zero."""
    check.agrees(checked_ratio, [(1.0, 2.0), (-3.0, 4.0)], lambda upper, lower: upper * lower**-1.0)
    check.rejects(checked_ratio, [(1.0, 0.0), (0.0, 0.0)], why="nothing can be divided by zero")


def test_quiz_axis(quiz_axis):
    """Rows are summed over their columns."""
    check.choice(quiz_axis)


def test_trace_of(trace_of):
    """Agrees with a slow loop."""
    check.agrees(trace_of, check.house("i i", empty="i"), slow_trace)


def test_mean_trace(mean_trace):
    """Agrees with a slow loop."""
    check.agrees(mean_trace, check.house("i i"), lambda mat: (slow_trace(mat) / len(mat)).astype(mat.dtype))


def slow_trace(mat):
    return np.asarray(sum((mat[n, n] for n in range(len(mat))), mat.dtype.type(0)))
''',
    "tests/mistakes/part1_small.py": '''"""Known mistakes of the small part."""

import numpy as np


def double__square(x):
    """You multiplied every entry by itself."""
    return x * x


def double__plus_two(x):
    """Two was added; it should be a factor."""
    return x + 2


def halve__floor(x):
    """The fractions were cut off."""
    return x // 2


def flipped__mirrored(picture):
    """Left and right are exchanged, not top and bottom."""
    return picture[:, ::-1]


def flipped__not_at_all(picture):
    """The picture came back as it was."""
    return picture


def flipped__turned(picture):
    """The picture was turned: top and bottom are exchanged, and left and right as well."""
    return picture[::-1, ::-1]


class Meter__total:
    """The mean is the sum divided by something."""

    def __init__(self):
        self.total = 0.0

    def add(self, number):
        self.total += number

    def mean(self):
        return self.total


class Meter__last:
    """Only the last number is remembered."""

    def add(self, number):
        self.number = number

    def mean(self):
        return self.number


class Meter__off_by_one:
    """The count starts at one before anything was added."""

    def __init__(self):
        self.numbers = [0.0]

    def add(self, number):
        self.numbers.append(number)

    def mean(self):
        return sum(self.numbers) / len(self.numbers)


def checked_ratio__none(upper, lower):
    """Nothing is refused."""
    return upper / lower if lower else 0.0


def checked_ratio__upper(upper, lower):
    """The other number is looked at."""
    assert upper != 0
    return upper / lower if lower else 0.0


def checked_ratio__negative(upper, lower):
    """Negative numbers are refused too."""
    assert lower != 0 and upper >= 0
    return upper / lower


def quiz_axis__a():
    """The axis that is named disappears: these are the sums of the columns."""
    return "a"


def quiz_axis__c():
    """Without an axis everything is summed."""
    return "c"


def quiz_axis__d():
    """A matrix has no axis number 2."""
    return "d"


def trace_of__total(mat):
    """Every entry was summed, not only the diagonal."""
    return mat.sum()


def trace_of__diagonal(mat):
    """The diagonal is right; it has still to be summed."""
    return np.diagonal(mat).copy()


def trace_of__other_diagonal(mat):
    """You walked along the other diagonal."""
    return np.einsum("ii->", mat[::-1])


def mean_trace__sum(mat):
    """The division is missing."""
    return np.einsum("ii->", mat)


def mean_trace__size(mat):
    """You divided by the number of entries."""
    return np.einsum("ii->", mat) / mat.size


def mean_trace__all(mat):
    """This is the mean of all entries."""
    return mat.mean()
''',
    "tests/alternatives/part1_small.py": '''"""Right answers written differently."""

import numpy as np


def double__added(x):
    return x + x


def double__in_a_copy(x):
    out = x.copy()
    out *= 2
    return out


def halve__in_a_copy(x):
    return np.divide(x, 2)


def trace_of__masked(mat):
    return (mat * np.eye(len(mat), dtype=mat.dtype)).sum()


def trace_of__slice(mat):
    return mat.ravel()[:: len(mat) + 1].sum() if len(mat) else mat.sum()


def mean_trace__masked(mat):
    return (mat * np.eye(len(mat), dtype=mat.dtype)).sum() / mat.dtype.type(len(mat))


def mean_trace__loop(mat):
    return np.asarray([mat[n, n] for n in range(len(mat))]).mean()
''',
}


def write_home(root: Path) -> Home:
    """The small course under `root`, laid out like a checkout."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    data = root / "small_course" / "data"
    data.mkdir(exist_ok=True)
    np.save(data / "steps.npy", np.arange(12, dtype=np.uint8).reshape(4, 3))
    (data / "notes.txt").write_text("steps.npy is a staircase\n", encoding="utf-8")
    return Home(root)


@pytest.fixture
def make_home(tmp_path: Path) -> Callable[..., Home]:
    """A function that writes the small course into a folder (default: the test's own) and returns its home."""

    def make(root: Path = tmp_path) -> Home:
        return write_home(root)

    return make


@pytest.fixture
def home(make_home: Callable[..., Home]) -> Home:
    return make_home()


@pytest.fixture
def chapter(home: Home) -> Chapter:
    return home.chapters[0]


@pytest.fixture
def trial_for(chapter: Chapter):
    """`with trial_for("trace_of", answer):` runs the block as that exercise's test would run, with these answers."""

    def start(name: str, *arguments: object, seed: int = 0):
        return begin(Trial(chapter, chapter.exercises[name], seed, arguments))

    return start

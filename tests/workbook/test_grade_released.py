"""The course's own cells that only show something are left out where no other cell has to do with them, and nowhere else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbook.farcells import warm_sandbox
from workbook.grade.attempt import Attempt, Code
from workbook.grade.channel.far import Lost
from workbook.grade.reading.released import Idle, _idle, released
from workbook.grade.records import Limits
from workbook.grade.sandbox.nursery import Guest, Nursery
from workbook.model import find_home

HOME = find_home(Path(__file__).parent)
CHAPTER = HOME.chapters[0]


def idle(text: str, *functions: str) -> Idle | None:
    return _idle(["import numpy as np\nimport torch as t", text], functions).get(text)


@pytest.mark.parametrize(
    ("text", "makes", "reads"),
    [
        ("x = np.arange(3)\nprint(x.sum())", {"x"}, {"np", "print", "x"}),
        ("print(A @ B)", {"A", "B"}, {"A", "B", "print"}),  # they may be changed in place
        ("for row in table:\n    row.sort()", {"row", "table"}, {"row", "table"}),
        ("x[0] = 1", {"x"}, {"x"}),
        ("def shown(y):\n    return y + offset\nshown(2)", {"shown", "y", "offset"}, {"shown", "y", "offset"}),
        ("from workbook import show", {"show"}, set()),
        ("rng = np.random.default_rng(0)", {"rng"}, {"np"}),
    ],
)
def test_what_a_cell_has_to_do_with(text: str, makes: set[str], reads: set[str]) -> None:
    found = idle(text)
    assert found is not None
    assert (set(found.makes), set(found.reads)) == (makes, reads)


@pytest.mark.parametrize(
    "text",
    [
        "np.random.seed(0)",
        "t.manual_seed(0)",
        "t.set_default_dtype(t.float64)",
        "np.set_printoptions(precision=2)",
        "np.sum = max",
        "np.core.flag[0] = 1",
        "class Box:\n    pass",
        "global x\nx = 1",
        "del x",
        "exec('x = 1')",
        "from numpy import *",
        "%matplotlib inline",
        "solve = 1",
    ],
)
def test_what_may_do_more_always_runs(text: str) -> None:
    assert idle(text, "solve") is None


def test_most_cells_of_the_chapter_only_show_something() -> None:
    parts = [released(CHAPTER, part) for part in CHAPTER.parts]
    code = [cell for part in parts for cell in part.given.values() if cell["cell_type"] == "code"]
    assert len(code) > 100 and sum(len(part.idle) for part in parts) > 0.75 * len(code)


# --- in the sandbox ---------------------------------------------------------------------------------------------------

TOLD = "x = [3, 1]\nraise ValueError('cell 2 has run')"  # a cell that is run leaves a note
SHOWN = Idle(("x",), ("ValueError",))


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with warm_sandbox(HOME) as nursery:
        yield nursery


def notes(nursery: Nursery, *cells: Code) -> str:
    """What is said of cells that run in a student's process."""
    with contextlib.closing(Guest(nursery.address)) as guest, Attempt(guest, cells, {}, 0, Limits(cell=20.0)) as attempt:
        attempt._ready()
        return " ".join(attempt.notes)


@pytest.mark.parametrize(
    ("other", "runs"),
    [
        ("y = 2", False),
        ("def f(x):\n    x = x + 1\n    return x", False),  # a name of its own
        ("z = y.x", True),  # an attribute: who knows
        ("def f():\n    return x", True),
        ("x.sort()", True),
        ("[x for _ in range(3)]", True),
        ("class A:\n    def m(self):\n        return x[0]", True),
        ("names = globals()", True),
        ("f = eval('x')", True),
        ("import sys\nhere = sys.modules", True),
        ("x = 1\n)", False),  # it does not run either
    ],
)
def test_a_cell_is_left_out_where_nobody_needs_it(nursery: Nursery, other: str, runs: bool) -> None:
    shown, student = Code(2, TOLD, SHOWN), Code(3, other)
    assert ("cell 2 has run" in notes(nursery, shown, student)) is runs
    assert "cell 2 has run" in notes(nursery, Code(2, TOLD), student), "a student's cell always runs"


def test_a_cell_that_another_one_needs_is_not_left_out_either(nursery: Nursery) -> None:
    first, second = Code(2, TOLD, SHOWN), Code(3, "y = x[0]", Idle(("x", "y"), ("x",)))
    assert "cell 2 has run" not in notes(nursery, first, second, Code(4, "z = 3"))
    assert "cell 2 has run" in notes(nursery, first, second, Code(4, "z = y"))


def test_a_cell_without_end_is_left_out_and_named(nursery: Nursery) -> None:
    cells = [Code(1, "a = 1"), Code(2, "while True:\n    pass"), Code(3, "1 / 0")]
    with contextlib.closing(Guest(nursery.address)) as guest, Attempt(guest, cells, {}, 0, Limits(cell=0.5)) as attempt:
        attempt._ready()
        assert attempt.notes[0] == "cell 2 did not come to an end within 0.5 s and was left out."
        assert attempt.notes[1:] == ["cell 3 raised ZeroDivisionError: division by zero."]


# Says that it is at one cell after another, and never comes to an end.
WANDERER = """
import itertools, sys, time
frame = sys._getframe()
while not hasattr(frame.f_locals.get("self"), "progress"):
    frame = frame.f_back
page = frame.f_locals["self"].progress
for place in itertools.count(2):
    page[:] = (({phase} << 20) + place).to_bytes(4, "little")
    time.sleep(0.01)
"""


@pytest.mark.parametrize("phase", [0, 1, 4000])
def test_whoever_says_to_be_elsewhere_has_no_more_time(nursery: Nursery, phase: int) -> None:
    cells = [Code(1, WANDERER.replace("{phase}", str(phase))), *(Code(number, "1") for number in range(2, 2000))]
    limits = Limits(cell=0.4, submission=1.0)
    start = time.monotonic()
    with contextlib.closing(Guest(nursery.address)) as guest, Attempt(guest, cells, {}, 0, limits) as attempt:
        with pytest.raises(Lost):
            attempt._ready()
        assert attempt.over
    assert time.monotonic() - start < 15, "20 s or more would go by if each cell that it names had its own time"

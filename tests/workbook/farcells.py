"""A sandbox for a test module, and cells that run in a student's process of it, one lot after another in the same process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from workbook.grade.attempt import Attempt, _node
from workbook.grade.sandbox.nursery import Nursery, missing, nursery_of
from workbook.model import Home


@contextmanager
def warm_sandbox(home: Home) -> Iterator[Nursery]:
    """A sandbox that has started; the test is skipped where there cannot be one."""
    if lacks := missing():
        pytest.skip(f"no sandbox here: {lacks}")
    with nursery_of(home) as nursery:
        nursery.check()
        yield nursery


class FarCells:
    """A student's process, in which cells run when a test wants it."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.count = itertools.count(1)

    def run(self, *sources: str) -> None:
        """Run cells, none of which may fail."""
        far = self.attempt._ready()
        self.attempt._allow(60)
        encoder = far.encoder()
        far.send(encoder, "cells", 0, [[next(self.count), _node(encoder, source), None] for source in sources], [])
        assert far.receive()[0] == ["ran", []]

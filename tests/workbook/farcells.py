"""Cells that run in a student's process of the sandbox, one lot after another in the same process."""

from __future__ import annotations

import itertools

from workbook.grade.attempt import Attempt, _node


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

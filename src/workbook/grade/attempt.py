"""One submission's processes in the sandbox: its cells run, its process replaced when an answer has spoilt it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from workbook.grade.channel.far import Far, Lost
from workbook.grade.channel.pipe import Pipe
from workbook.grade.records import Limits
from workbook.grade.sandbox.nursery import Child, Guest
from workbook.model import Exercise

__all__ = ["Attempt", "Found"]

_GRACE = 1.0  # seconds, for the process to be there


@dataclass(frozen=True)
class Found:
    """What the student's cells hold for an exercise: values by function name, and remarks on where they were found."""

    values: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


class Attempt:
    """Runs a submission's cells in a process of its own, and in a fresh one when that one is lost.

    Args:
        guest: who asks the sandbox.
        cells: number and source of the code cells, in order.
        homes: function to the numbers of the cells that are marked as its home.
        seed: for the global random generators.
        limits: of this submission.

    Attributes:
        notes: remarks on cells that failed, were changed or left out.
        failed: cell to what went wrong in it.
    """

    def __init__(
        self, guest: Guest, cells: Sequence[tuple[int, str]], homes: Mapping[str, Sequence[int]], seed: int, limits: Limits
    ) -> None:
        self.guest, self.cells, self.homes, self.seed, self.limits = guest, cells, homes, seed, limits
        self.until = time.monotonic() + limits.submission
        self.notes: list[str] = []
        self.failed: dict[int, str] = {}
        self._hung: set[int] = set()
        self._far: Far | None = None
        self._pipe: Pipe | None = None
        self._child: Child | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    @property
    def over(self) -> bool:
        """Has the submission used up its time?"""
        return time.monotonic() >= self.until

    def begin(self, exercise: Exercise) -> Found:
        """The exercise's answers; calls from now on count against its time.

        Raises:
            Lost: the process cannot be brought to that point.
        """
        if self._far is not None and not self._far.lost:
            with contextlib.suppress(Lost):  # the exercise before is over: what it left behind is its own affair
                self._far.drain()
        far = self._ready()
        self._allow(self.limits.exercise)
        values, remarks = far.exercise(exercise, [self.homes.get(name, ()) for name in exercise.functions])
        return Found(values, tuple(remarks))

    def _allow(self, seconds: float) -> None:
        assert self._pipe is not None
        self._pipe.until = min(self.until, time.monotonic() + seconds)

    def _ready(self) -> Far:
        """A process in which the cells have run. A cell that hangs or ends it is left out, and the others run again."""
        if self._far is not None and not self._far.lost:
            return self._far
        for _ in range(len(self.cells) + 1):
            far = self._start()
            self._run(far)
            if not far.lost:
                return far
        raise Lost.plain("the process in which the cells should run ends each time.")

    def _start(self) -> Far:
        self._end()
        self._child = child = self._stack.enter_context(self.guest.child(self.limits))
        child.channel.setblocking(False)
        self._pipe = Pipe(child.channel.fileno(), self.limits.frame << 20)
        self._far = Far(self._pipe, self.limits)
        return self._far

    def _end(self) -> None:
        """End the process.

        Raises:
            OSError: the sandbox itself has ended; what the process seemed to do was not its doing.
        """
        self._stack.close()
        child, self._child = self._child, None
        if child is not None and child.used is None:
            raise OSError("the sandbox has ended")

    def _run(self, far: Far) -> None:
        """Run the cells; sets `far.lost` where one of them does not come to an end."""
        self.notes.clear()
        self.failed.clear()
        for number in sorted(self._hung):
            self._failed(number, f"cell {number} did not come to an end within {self.limits.cell:g} s and was left out")
        running = 0
        try:
            self._allow(self.limits.cell + _GRACE)
            far.send(far.encoder(), "cells", self.seed, [[n, source] for n, source in self.cells if n not in self._hung])
            while True:
                message, _ = far.receive()
                self._allow(self.limits.cell)
                match message:
                    case ["begin", int(number)]:
                        running = number
                    case ["cell", int(number), str(remark), list(notes), str()]:
                        self._noted(number, remark, notes)
                    case ["done"]:
                        return
                    case _:
                        far.lost = "nonsense"
        except Lost:
            if self.over or running in self._hung or not running:
                raise
            self._hung.add(running)

    def _noted(self, number: int, remark: str, notes: list[Any]) -> None:
        self.notes += [str(note)[:300] for note in notes[:5]]
        if remark:
            self._failed(number, f"cell {number} raised {remark}"[:300])

    def _failed(self, number: int, text: str) -> None:
        self.failed[number] = text
        self.notes.append(text + ".")

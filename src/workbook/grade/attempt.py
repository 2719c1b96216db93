"""One submission's processes in the sandbox: its cells run, its process replaced when an answer has spoilt it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from workbook.grade.channel.far import Far, Lost
from workbook.grade.channel.pipe import COMPILED, Pipe
from workbook.grade.channel.wire import Encoder
from workbook.grade.reading.released import Idle
from workbook.grade.records import Limits
from workbook.grade.sandbox.nursery import Guest
from workbook.grade.transcript import Line, Transcripts
from workbook.model import Exercise

__all__ = ["Attempt", "Code", "Found"]

_GRACE = 1.0  # seconds, for the process to be there
_INLINE = 200  # characters of a cell that stands in the message itself, where there is little room
_GLANCES = 8  # in the time of a cell, at where the process is
_RESTARTS = 10  # cells that are left out, each after a fresh start
_NOTES = 40
_LONG = 300  # characters of a note
_AND_SO_ON = "There is more to say about the cells than is shown here."
_LEFT_OUT = {
    "time": "did not come to an end within {:g} s and was left out",
    "ended": "ended the process in which it ran and was left out",
    "nonsense": "sent something else than what it printed and was left out",
}


@dataclass(frozen=True)
class Code:
    """One code cell, by its number; `idle` where it is the course's own and only shows something."""

    number: int
    source: str
    idle: Idle | None = None

    @property
    def about(self) -> list[list[str]] | None:
        """`idle` as it is sent."""
        return None if self.idle is None else [list(self.idle.makes), list(self.idle.reads)]


@dataclass(frozen=True)
class Found:
    """What the student's cells hold for an exercise: values by function name, and remarks on where they were found."""

    values: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


class Attempt:
    """Runs a submission's cells in a process of its own, and in a fresh one when that one is lost.

    Args:
        guest: who asks the sandbox.
        cells: the code cells, in order.
        homes: function to the numbers of the cells that are marked as its home.
        seed: for the global random generators.
        limits: of this submission.
        transcripts: of submissions before.
        modules: name to text of modules that the cells may import.

    Attributes:
        notes: remarks on cells that failed, were changed or left out.
        failed: cell to what went wrong in it.
    """

    def __init__(
        self,
        guest: Guest,
        cells: Sequence[Code],
        homes: Mapping[str, Sequence[int]],
        seed: int,
        limits: Limits,
        transcripts: Transcripts | None = None,
        modules: Mapping[str, str] | None = None,
    ) -> None:
        self.modules = modules or {}
        self.transcripts = transcripts or Transcripts()
        self._begun = False
        self.guest, self.cells, self.homes, self.seed, self.limits = guest, cells, homes, seed, limits
        self.until = time.monotonic() + limits.submission
        self.notes: list[str] = []
        self.failed: dict[int, str] = {}
        self._bad: dict[int, str] = {}
        self._far: Far | None = None
        self._line: Line | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    @property
    def lost(self) -> bool:
        """Is the process of no use any more, whatever the test has made of that?"""
        return self._far is None or bool(self._far.lost)

    @property
    def over(self) -> bool:
        """Has the submission used up its time?"""
        return time.monotonic() >= self.until

    def known(self, exercise: Exercise, key: tuple[Any, ...]) -> Any:
        """Begin an exercise; its verdict, where this very conversation was led before, or None.

        Raises:
            Lost: the process cannot be brought to that point.
        """
        self._turn_to_next()
        assert self._line is not None
        known = self._line.known((exercise.name, *key))
        self._begun = known is None
        return known

    def begin(self, exercise: Exercise) -> Found:
        """The exercise's answers; calls count against its time.

        Raises:
            Lost: the process cannot be brought to that point.
        """
        if not self._begun:
            self._turn_to_next()
        self._begun = False
        assert self._far is not None
        values, remarks = self._far.exercise(exercise)
        return Found(values, tuple(remarks))

    def renew(self) -> None:
        """Take another process for what comes, in which the cells have run again."""
        if self._far is not None:
            self._far.lost = "ended"
        self._begun = False

    def _turn_to_next(self) -> None:
        """A process that is ready for an exercise, with all of its time."""
        if self._far is not None and not self._far.lost:
            with contextlib.suppress(Lost):  # the exercise before is over: what it left behind is its own affair
                self._far.drain()
        self._ready()
        self._allow(self.limits.exercise)

    def close(self, verdict: Any) -> None:
        """Remember what the conversation about this exercise came to, for others in which every word is the same."""
        assert self._far is not None and self._line is not None
        if not self._far.lost:
            with contextlib.suppress(Lost):
                self._far.drain()
                self._line.close(verdict)

    def _allow(self, seconds: float) -> None:
        assert self._line is not None
        self._line.until = min(self.until, time.monotonic() + seconds)

    def _ready(self) -> Far:
        """A process in which the cells have run. A cell that hangs or ends it is left out, and the others run again."""
        if self._far is not None and not self._far.lost:
            return self._far
        while len(self._bad) <= _RESTARTS:
            far = self._start()
            self._run(far)
            if not far.lost:
                return far
        raise Lost.plain("the process in which the cells should run ends each time.")

    def _start(self) -> Far:
        self._end()
        child = self._stack.enter_context(self.guest.child(self.limits))
        child.channel.setblocking(False)
        self._line = Line(Pipe(child.channel.fileno(), self.limits.frame << 20), self.transcripts)
        self._far = Far(self._line, self.limits, child.progress)
        return self._far

    def _end(self) -> None:
        """End the process.

        Raises:
            OSError: the sandbox itself has ended; what the process seemed to do was not its doing.
        """
        self._stack.close()
        if self._far is not None:
            self._far.forget()
            if self._far.lost:
                self.guest.settle()

    def _run(self, far: Far) -> None:
        """Run the cells; sets `far.lost` where one of them does not come to an end."""
        self.notes.clear()
        self.failed.clear()
        for number, text in sorted(self._bad.items()):
            self._failed(number, f"cell {number} {text}")
        cells = [cell for cell in self.cells if cell.number not in self._bad]
        places = {cell.number: place for place, cell in enumerate(cells)}
        try:
            self._allow(self.limits.cell + _GRACE)
            encoder = far.encoder()
            homes = [[name, list(numbers)] for name, numbers in self.homes.items()]
            sources = [[cell.number, _node(encoder, cell.source), cell.about] for cell in cells]
            modules = [[name, _node(encoder, text)] for name, text in self.modules.items()]
            far.send(encoder, "cells", self.seed, sources, homes, modules)
            self._wait(far, places)
            match far.receive()[0]:
                case ["ran", list(reports)]:
                    self._told(far, reports, set(places))
                case _:
                    raise far.loss("nonsense")
        except Lost:
            running = far.progress() % COMPILED
            if self.over or running in self._bad or running not in places:
                raise
            self._bad[running] = _LEFT_OUT[far.lost].format(self.limits.cell)

    def _wait(self, far: Far, places: Mapping[int, int]) -> None:
        """Wait until all cells have run, each of them as long as a cell may take.

        No cell is waited for twice, whatever the process says of where it is, and the submission's time goes on.

        Raises:
            Lost: one of them has no end.
        """
        assert self._line is not None
        glance = self.limits.cell / _GLANCES
        at, until = -1, time.monotonic() + self.limits.cell + _GRACE
        while not self._line.ready(glance):
            phase, number = divmod(far.progress(), COMPILED)
            place = min(phase, 1) * len(places) + places.get(number, -1)
            now = time.monotonic()
            if number in places and place > at:
                at, until = place, now + self.limits.cell
            if now >= min(until, self.until):
                raise far.loss("time")
        self._allow(self.limits.cell)

    def _told(self, far: Far, reports: list[Any], numbers: set[int]) -> None:
        """What the cells did that the student should know."""
        for report in reports:
            match report:
                case [int(number), str(remark), list(notes)] if number in numbers:
                    numbers.remove(number)  # each cell is told about once, so that what the process can make of this is bounded
                case _:
                    raise far.loss("nonsense")
            for note in notes[:5]:
                self._note(str(note))
            if remark:
                self._failed(number, f"cell {number} raised {remark}"[:_LONG])

    def _failed(self, number: int, text: str) -> None:
        self.failed[number] = text
        self._note(text + ".")

    def _note(self, text: str) -> None:
        if len(self.notes) <= _NOTES:
            self.notes.append(text[:_LONG] if len(self.notes) < _NOTES else _AND_SO_ON)


def _node(encoder: Encoder, source: str) -> Any:
    return source if len(source) <= _INLINE else encoder.node(np.frombuffer(source.encode("utf-8", "surrogatepass"), np.uint8))

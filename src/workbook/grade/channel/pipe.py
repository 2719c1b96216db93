"""Frames over one end of a socket pair, with a deadline."""

from __future__ import annotations

import os
import select
import time
from typing import Any, Protocol

from workbook.grade.channel.frame import HEAD, WireError, head, lengths

__all__ = ["PROGRESS", "Frames", "Pipe"]

PROGRESS = 4  # bytes of the number that a student's process leaves beside the channel

_CHUNK = 1 << 16
_HELD = 1 << 18  # bytes
_VECTOR = 512  # buffers for one system call; the kernel takes 1,024


class Frames(Protocol):
    """Where frames go to, and come from."""

    until: float | None

    def send(self, structure: bytes, blobs: list[Any]) -> None:
        """Write one frame."""

    def receive(self) -> tuple[bytes, list[bytes]]:
        """Read one frame."""
        ...


class Pipe:
    """Sends and receives frames on a descriptor.

    Args:
        number: the descriptor.
        limit: bytes of one frame.

    Attributes:
        until: when `receive` and `send` give up, in the time of `time.monotonic`; None waits for ever.
    """

    def __init__(self, number: int, limit: int) -> None:
        self._number = number
        self._limit = limit
        self._poll = select.poll()
        self._buffer = bytearray()
        self._held: list[Any] = []
        self._size = 0
        self.until: float | None = None

    def hold(self, structure: bytes, blobs: list[Any]) -> None:
        """Put one frame aside, to be written with what comes after it, at the latest before anything is read.

        Raises:
            WireError: it is larger than the limit.
        """
        size = self._checked(structure, blobs)
        self._held += [head(structure, blobs), structure, *map(bytes, blobs)]
        self._size += size
        if self._size > _HELD:
            self.flush()

    def send(self, structure: bytes, blobs: list[Any]) -> None:
        """Write one frame, and what was held.

        Raises:
            TimeoutError: the other side does not read.
            OSError: it is gone.
            WireError: the frame is larger than the limit.
        """
        self._checked(structure, blobs)
        self._held += [head(structure, blobs), structure, *blobs]
        self.flush()

    def _checked(self, structure: bytes, blobs: list[Any]) -> int:
        size = len(structure) + sum(map(len, blobs))
        if size > self._limit:
            raise WireError(f"more than {self._limit} bytes in one message")
        return size

    def flush(self) -> None:
        """Write what is held. Raises as `send` does."""
        parts = [memoryview(part) for part in self._held if len(part)]
        self._held, self._size = [], 0
        while parts:
            if self.until is not None:
                self._wait(select.POLLOUT)
            sent = os.writev(self._number, parts[:_VECTOR])
            while parts and sent >= len(parts[0]):
                sent -= len(parts.pop(0))
            if parts and sent:
                parts[0] = parts[0][sent:]

    def receive(self) -> tuple[bytes, list[bytes]]:
        """Read one frame: its structure and its blobs.

        Raises:
            TimeoutError: nothing came until the deadline.
            EOFError: the other side is gone.
            WireError: what came is no frame.
        """
        if self._held:
            self.flush()
        structure, sizes = lengths(self._read(HEAD.size), self._read, self._limit)
        return self._read(structure), [self._read(size) for size in sizes]

    def _read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if self.until is not None:
                self._wait(select.POLLIN)
            more = os.read(self._number, max(_CHUNK, min(size - len(self._buffer), 1 << 22)))
            if not more:
                raise EOFError("the other side is gone")
            self._buffer += more
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def _wait(self, event: int) -> None:
        left = (self.until or 0.0) - time.monotonic()
        self._poll.register(self._number, event)
        if left <= 0 or not self._poll.poll(1000 * left):
            raise TimeoutError("the other side takes too long")

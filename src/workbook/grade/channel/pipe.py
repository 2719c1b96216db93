"""Frames over one end of a socket pair, with a deadline."""

from __future__ import annotations

import os
import select
import time
from typing import Any

from workbook.grade.channel.frame import HEAD, WireError, head, lengths

__all__ = ["Pipe"]

_CHUNK = 1 << 16
_VECTOR = 512  # buffers for one system call; the kernel takes 1,024


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
        self.until: float | None = None

    def send(self, structure: bytes, blobs: list[Any]) -> None:
        """Write one frame.

        Raises:
            TimeoutError: the other side does not read.
            OSError: it is gone.
            WireError: the frame is larger than the limit.
        """
        if len(structure) + sum(map(len, blobs)) > self._limit:
            raise WireError(f"more than {self._limit} bytes in one message")
        parts: list[memoryview] = [memoryview(head(structure, blobs)), memoryview(structure), *(memoryview(blob) for blob in blobs)]
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

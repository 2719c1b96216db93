"""Frames over one end of a socket pair, with a deadline."""

from __future__ import annotations

import hashlib
import os
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Protocol

from workbook.grade.channel.frame import HEAD, WireError, bundle_head, bundled, head, lengths

__all__ = ["COMPILED", "PROGRESS", "Frame", "Frames", "Message", "Pipe", "Unread", "provided"]

PROGRESS = 4  # bytes of the number that a student's process leaves beside the channel
COMPILED = 1 << 20  # that much larger is a cell's number when it runs than when it is compiled

_CHUNK = 1 << 16
_HELD = 1 << 18  # bytes
_PROVIDED = b"\xc1"  # no structure begins like this: MessagePack never uses it
_VECTOR = 512  # buffers for one system call; the kernel takes 1,024


Frame = tuple[bytes, list[bytes]]


@dataclass(frozen=True)
class Message:
    """What was sent at once: one frame, or several in one piece, which are told apart when they are wanted.

    Attributes:
        parts: its bytes: structure and blobs of one frame, or everything.
        together: is it several?
        limit: bytes of one frame.
    """

    parts: list[bytes]
    together: bool
    limit: int

    def unread(self) -> Unread:
        """Its frames, to be read one after another."""
        return Unread(self)

    def first(self) -> tuple[Message, Message | None]:
        """Its first frame and the rest, as if they had been sent one after the other.

        Raises:
            WireError: they are no frames.
        """
        if not self.together:
            return self, None
        unread = self.unread()
        head, rest = unread.next(), None
        if unread:
            whole = self.parts[0][unread.place :]
            second = unread.next()
            rest = Message([whole], True, self.limit) if unread else Message([second[0], *second[1]], False, self.limit)
        return Message([head[0], *head[1]], False, self.limit), rest

    def digest(self) -> bytes:
        """Of every byte, and of where one piece ends."""
        digest = hashlib.blake2b(b"several" if self.together else b"one", digest_size=16)
        for part in self.parts:
            digest.update(len(part).to_bytes(8))
            digest.update(part)
        return digest.digest()


class Unread:
    """The frames of a message that were not read yet; true while there are some."""

    __slots__ = ("_message", "place")

    def __init__(self, message: Message | None = None) -> None:
        self._message = message
        self.place = 0  # of the next frame, among the bytes of several; 1 after a single one

    def __bool__(self) -> bool:
        message = self._message
        return message is not None and (self.place < len(message.parts[0]) if message.together else self.place == 0)

    def next(self) -> Frame:
        """Read one.

        Raises:
            WireError: what comes next is none.
        """
        message = self._message
        if message is None or not self:
            raise WireError("no frame where one should be")
        if message.together:
            structure, sizes = lengths(self._read(HEAD.size), self._read, message.limit)
            first, *blobs = _pieces(self._read(structure + sum(sizes)), structure, sizes)
            return first, blobs
        self.place = 1
        return message.parts[0], message.parts[1:]

    def _read(self, size: int) -> bytes:
        assert self._message is not None
        start, self.place = self.place, self.place + size
        whole = self._message.parts[0]
        if self.place > len(whole):
            raise WireError("frames that are cut off")
        return whole[start : self.place]


def _pieces(content: bytes, structure: int, sizes: Sequence[int]) -> list[bytes]:
    """Structure and blobs, from the bytes of both."""
    if not sizes:
        return [content]
    ends = list(accumulate(sizes, initial=structure))
    return [content[:structure], *(content[start:end] for start, end in pairwise(ends))]


def provided(answer: bytes) -> Frame:
    """A frame that says: what comes with this holds only if your answer to what came before has this digest."""
    return _PROVIDED + answer, []


class Frames(Protocol):
    """Where frames go to, and come from."""

    until: float | None

    def send(self, structure: bytes, blobs: list[Any]) -> None:
        """Write one frame."""

    def receive(self) -> Frame:
        """Read one frame."""
        ...


class Pipe:
    """Sends and receives frames on a descriptor.

    Args:
        number: the descriptor.
        limit: bytes of one frame.
        trusting: does it heed frames made by `provided`? Only a student's process does, which is asked by those who know.

    Attributes:
        until: when `receive` and `send` give up, in the time of `time.monotonic`; None waits for ever.
    """

    def __init__(self, number: int, limit: int, *, trusting: bool = False) -> None:
        self._number = number
        self._trusting = trusting
        self._said: list[Message] = []  # the first two frames since something was read last
        self._limit = limit
        self._poll = select.poll()
        self._buffer = bytearray()
        self._held: list[Any] = []
        self._count = 0
        self._size = 0
        self._unread = Unread()
        self.until: float | None = None

    def hold(self, structure: bytes, blobs: list[Any]) -> None:
        """Put one frame aside, to be written with what comes after it, at the latest before anything is read.

        Raises:
            WireError: it is larger than the limit.
        """
        size = self._checked(structure, blobs)
        parts = [structure, *map(bytes, blobs)]
        self._held += [head(structure, blobs), *parts]
        self._count += 1
        self._size += size
        if self._trusting and len(self._said) < 2:
            self._said.append(Message(parts, False, self._limit))
        if self._size > _HELD:
            self.flush()

    def send(self, structure: bytes, blobs: list[Any]) -> None:
        """Write one frame, and what was held.

        Raises:
            TimeoutError: the other side does not read.
            OSError: it is gone.
            WireError: the frame is larger than the limit.
        """
        if self._trusting and self._unread:  # there is more to do before the other side waits
            self.hold(structure, blobs)
            return
        self._checked(structure, blobs)
        self._held += [head(structure, blobs), structure, *blobs]
        self._count += 1
        self.flush()

    def _checked(self, structure: bytes, blobs: list[Any]) -> int:
        size = len(structure) + sum(map(len, blobs))
        if size > self._limit:
            raise WireError(f"more than {self._limit} bytes in one message")
        return size

    def flush(self) -> None:
        """Write what is held. Raises as `send` does."""
        held, count = self._held, self._count
        self._held, self._count, self._size = [], 0, 0
        if count > 1:
            whole = b"".join(held)
            held = [bundle_head(len(whole), count), whole]
        parts = [memoryview(part) for part in held if len(part)]
        while parts:
            if self.until is not None:
                self._wait(select.POLLOUT)
            sent = os.writev(self._number, parts[:_VECTOR])
            while parts and sent >= len(parts[0]):
                sent -= len(parts.pop(0))
            if parts and sent:
                parts[0] = parts[0][sent:]

    def receive(self) -> Frame:
        """Read one frame: its structure and its blobs.

        Raises:
            TimeoutError: nothing came until the deadline.
            EOFError: the other side is gone.
            WireError: what came is no frame.
        """
        while True:
            if not self._unread:
                self._unread = self.message().unread()
            frame = self._unread.next()
            if not (self._trusting and frame[0].startswith(_PROVIDED)):
                self._said.clear()
                return frame
            if len(self._said) != 1 or provided(self._said[0].digest()) != frame:
                self._unread = Unread()

    def message(self) -> Message:
        """Read what was sent at once. Raises as `receive` does."""
        if self._held:
            self.flush()
        start = self._read(HEAD.size)
        together = bundled(start, self._limit)
        if together is not None:
            return Message([self._read(together)], True, self._limit)
        structure, sizes = lengths(start, self._read, self._limit)
        return Message(_pieces(self._read(structure + sum(sizes)), structure, sizes), False, self._limit)

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

    def ready(self, seconds: float) -> bool:
        """Is there something to read, now or before so much time has passed?"""
        if self._buffer or self._unread:
            return True
        self._poll.register(self._number, select.POLLIN)
        return bool(self._poll.poll(1000 * max(0.0, seconds)))

    def _wait(self, event: int) -> None:
        left = (self.until or 0.0) - time.monotonic()
        self._poll.register(self._number, event)
        if left <= 0 or not self._poll.poll(1000 * left):
            raise TimeoutError("the other side takes too long")

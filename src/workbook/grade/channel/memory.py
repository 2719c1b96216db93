"""Memory that two processes both know: which array here stands for which array there."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np

__all__ = ["Memory", "extent"]

_ENTRY = 1024  # bytes that an array takes besides its content, here and in the tables


class Memory:
    """One side's view of the memory that went over the channel.

    A root is the array that owns a piece of memory. A root of this side is known to the other one by a token, a number; it is kept
    alive, so that no other root can come to lie there. A root of the other side has a mirror here, a plain array of bytes.

    Args:
        limit: bytes of mirrors together, and of roots of this side that are kept alive.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._own: dict[int, np.ndarray[Any, Any]] = {}
        self._tokens: dict[int, int] = {}  # by address
        self._mirrors: dict[int, np.ndarray[Any, Any]] = {}
        self._starts: list[int] = []
        self._at: dict[int, tuple[int, np.ndarray[Any, Any]]] = {}
        self._used = 0
        self._kept = 0
        self._alive: list[np.ndarray[Any, Any]] = []

    def forget(self) -> None:
        """Begin anew: arrays that are still about stay valid, but share memory with nothing that comes."""
        self.__init__(self._limit)  # type: ignore[misc]  # the fields' empty state is written once

    def keep(self, address: int, memory: np.ndarray[Any, Any]) -> int:
        """Remember a root of this side; its token, or 0 once too much is remembered: it then goes over as if it were new."""
        token = self._tokens.setdefault(address, len(self._tokens) + 1)
        known = self._own.get(token)
        if known is not None and known.nbytes >= memory.nbytes:
            return token
        self._kept += memory.nbytes + _ENTRY
        if self._kept > self._limit:
            return 0
        if known is not None:  # torch.from_numpy(array[:3]) makes a root of a part of another
            self._alive.append(known)
        self._own[token] = memory
        return token

    def own(self, token: int) -> np.ndarray[Any, Any] | None:
        """The root of this side with that token, as bytes."""
        return self._own.get(token)

    def rewrite(self, token: int, content: Any) -> None:
        """The other side's code has written to a root of ours.

        Raises:
            ValueError: it was never sent, or is smaller.
        """
        own = self._own.get(token)
        if own is None or own.nbytes < len(content):
            raise ValueError("memory that was never sent")
        if own.flags.writeable and content:
            own[: len(content)] = np.frombuffer(content, np.uint8)

    def mirror(self, token: int, content: Any) -> np.ndarray[Any, Any]:
        """The mirror of the other side's root, brought up to date; a fresh array for the token 0.

        Raises:
            MemoryError: all mirrors together would be larger than allowed.
        """
        raw = np.frombuffer(content, np.uint8) if len(content) else np.empty(0, np.uint8)
        known = self._mirrors.get(token) if token else None
        if known is not None and known.nbytes == raw.nbytes:
            known[...] = raw
            return known
        self._used += raw.nbytes + (_ENTRY if token else 0)
        if self._used > self._limit:
            raise MemoryError(f"more than {self._limit} bytes of arrays")
        fresh = raw.copy()
        if token:
            self._mirrors[token] = fresh
            if fresh.nbytes:
                start = fresh.__array_interface__["data"][0]
                self._starts.insert(bisect_right(self._starts, start), start)
                self._at[start] = token, fresh  # kept, so that no other array can come to lie there
        return fresh

    def foreign(self, low: int, high: int) -> tuple[int, int] | None:
        """Token and offset where the addresses from low to high lie in a mirror, else None."""
        at = bisect_right(self._starts, low) - 1
        if at < 0:
            return None
        token, mirror = self._at[self._starts[at]]
        if high > self._starts[at] + mirror.nbytes or self._mirrors.get(token) is not mirror:
            return None
        return token, low - self._starts[at]

    def root(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """The bytes of the array that owns this one's memory; None where they cannot be had in one piece."""
        owner, base = array, array.base
        while base is not None:
            if isinstance(base, np.ndarray):
                owner, base = base, base.base
            else:  # as_strided puts an object of its own between the view and its array
                base = getattr(base, "base", None)
        flags = owner.flags
        if owner.dtype.hasobject or not (flags.c_contiguous or flags.f_contiguous):
            return None
        plain = np.ndarray.view(owner, np.ndarray)
        return plain.reshape(-1, order="A").view(np.uint8)


def extent(array: np.ndarray[Any, Any]) -> tuple[int, int]:
    """First and one past last address of an array that is not empty."""
    low = high = array.__array_interface__["data"][0]
    for size, step in zip(array.shape, array.strides, strict=True):
        if step > 0:
            high += (size - 1) * step
        else:
            low += (size - 1) * step
    return low, high + array.itemsize

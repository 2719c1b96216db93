"""Memory that both sides write to: what one has written since they last spoke goes with its next message."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbook.grade.channel.encode import Encoder
from workbook.grade.channel.memory import Memory

__all__ = ["Shared"]

_LARGEST = 1 << 22  # bytes of a root that is kept in step; comparing a larger one at each step would take too long
_ALL = 1 << 24  # bytes of all of them
_MOST = 128  # roots that go with one message; what is beyond goes with the next


class Shared(Memory):
    """A memory that knows what each root held when the two sides last spoke.

    An object of one side keeps an array of the other's (a tensor that boxes it, say), and later calls change it in place: beside
    each other both would see that at once.

    Attributes:
        kept: tokens of the roots that were sent; whoever wants to know begins with an empty set.
        frozen: tokens of roots that the other side may not write to.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.kept: set[int] = set()
        self.frozen: set[int] = set()
        self._last: dict[int, bytes] = {}
        self._last_theirs: dict[int, bytes] = {}
        self._before: dict[int, bytes] = {}
        self._watched = 0

    def forget(self) -> None:
        """Begin anew. What the other side wrote into arrays of this one is undone: they may be there for the next student too."""
        for token, content in self._before.items():
            super().rewrite(token, content)
        super().forget()

    def _watches(self, size: int) -> bool:
        if size > _LARGEST or self._watched + size > _ALL:
            return False
        self._watched += size
        return True

    def keep(self, address: int, memory: np.ndarray[Any, Any]) -> int:
        token = super().keep(address, memory)
        self.kept.add(token)
        if token and (token in self._last or self._watches(memory.nbytes)):
            self._last[token] = self._own[token].tobytes()
        return token

    def rewrite(self, token: int, content: Any) -> None:
        if token in self.frozen:
            return
        if token not in self._before and (own := self._own.get(token)) is not None:
            self._before[token] = own.tobytes()
        super().rewrite(token, content)
        if token in self._last:
            self._last[token] = self._own[token].tobytes()

    def mirror(self, token: int, content: Any) -> np.ndarray[Any, Any]:
        mirror = super().mirror(token, content)
        if token and (token in self._last_theirs or self._watches(len(content))):
            self._last_theirs[token] = bytes(content)
        return mirror

    def share(self, encoder: Encoder) -> None:
        """Put what was written on this side into a message whose nodes are all there."""
        changed = 0
        for token, content in self._last.items():
            own = self._own[token]
            if changed < _MOST and own.tobytes() != content:
                changed += 1
                self._last[token] = own.tobytes()
                encoder.blobs.append(own.data)
                encoder.tokens.append(token)
        for token, content in self._last_theirs.items():
            mirror = self._mirrors[token]
            if changed < _MOST and mirror.tobytes() != content:
                changed += 1
                self._last_theirs[token] = mirror.tobytes()
                encoder.change(token, mirror)

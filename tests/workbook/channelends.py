"""Both ends of a channel in one process, for the tests: what one encodes, the other decodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack

from workbook.grade.channel.frame import BLOBS, STRUCTURE
from workbook.grade.channel.memory import Memory
from workbook.grade.channel.shared import Shared
from workbook.grade.channel.wire import Decoder, Encoder

LIMIT = 64 << 20  # bytes of a frame, as in grading
MIRRORS = 512 << 20


class Handle:
    """What stands for an object of the other end."""

    def __init__(self, number: int) -> None:
        self.number = number


class Ends:
    """Two memories and what lies between them.

    Attributes:
        here, there: the two sides' memories.
        kept: the objects that went over as handles, of both sides, by number.
    """

    def __init__(self, *, limit: int = LIMIT) -> None:
        self.limit = limit
        self.here, self.there = Shared(MIRRORS), Shared(MIRRORS)
        self.kept: list[Any] = []

    def frame(self, memory: Memory, *values: Any) -> tuple[bytes, list[bytes]]:
        """Structure and blobs of some values, as they are once they have crossed."""
        encoder = Encoder(memory, self._opaque)
        structure, blobs = encoder.frame([encoder.node(value) for value in values])
        assert len(structure) <= STRUCTURE and len(blobs) <= BLOBS, "what is encoded keeps to the bounds"
        return structure, [bytes(blob) for blob in blobs]

    def over(self, *values: Any) -> list[Any]:
        """The values there."""
        return self._open(self.there, *self.frame(self.here, *values))

    def back(self, *values: Any) -> list[Any]:
        """The values of the other side here."""
        return self._open(self.here, *self.frame(self.there, *values))

    def written(self) -> list[int]:
        """What was written there since the last frame, written here too; the tokens of this side's arrays that it concerns."""
        encoder = Encoder(self.there, self._opaque)
        self.there.share(encoder)
        structure, blobs = encoder.frame([])
        Decoder(self.here, {}, self.limit, writes=True).open(structure, [bytes(blob) for blob in blobs])
        return [-token for token in encoder.tokens]

    def _open(self, memory: Memory, structure: bytes, blobs: list[bytes]) -> list[Any]:
        decoder = Decoder(memory, {"h": Handle}, self.limit)
        return [decoder.value(node) for node in decoder.open(structure, blobs)]

    def _opaque(self, thing: Any) -> list[Any]:
        self.kept.append(thing)
        return ["h", len(self.kept) - 1]


def forged(node: Any, blobs: Sequence[bytes] = (), *, tokens: Sequence[Any] | None = None, limit: int = LIMIT) -> Any:
    """What a decoder makes of one node and blobs that no encoder wrote."""
    names = list(range(1, len(blobs) + 1)) if tokens is None else list(tokens)
    decoder = Decoder(Memory(MIRRORS), {"h": Handle}, limit)
    message = decoder.open(msgpack.packb([[node], names], unicode_errors="surrogatepass"), list(blobs))
    return decoder.value(message[0])

"""Forged frames for the channel: random bytes, random trees of nodes, and frames of real values that were changed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgpack
import numpy as np
import torch

from tests.workbook.channelends import Ends
from workbook.grade.channel.frame import bundle_head
from workbook.grade.channel.memory import Memory
from workbook.grade.channel.wire import HEAD, head

LARGEST = 100_000  # bytes of a frame: it must fit into a socket's buffer

_ODD: list[Any] = [
    *(0, 1, -1, 2, 7, 40, 255, 256, 10**12, 2**31 - 1, 2**31, 2**32, 2**39, 2**61, 2**62, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)),
    *(None, True, False, 0.0, -0.0, 1.5, float("nan"), float("inf"), "", "a", "\ud800", "\U0010ffff", b"", b"\xff" * 8, [], [[]]),
    *[
        "<f8",
        ">i2",
        "|b1",
        "|u1",
        "<U3",
        "|S2",
        "<M8[s]",
        "<m8[D]",
        "<c16",
        "<f16",
        "|O",
        "<V8",
        "float32",
        "bfloat16",
        "complex32",
        "bool",
        "sparse_coo",
        "int",
        "object",
        "ff",
        "-7f",
    ],
]
_DTYPES = ["<f8", "<f4", ">i2", "<i8", "|b1", "|u1", "<U1", "<U3", "|S2", "<M8[s]", "<c16", "<f16", "<f2"]
_TORCHES = ["float32", "float64", "int64", "int8", "bool", "bfloat16", "complex64", "uint16"]


class Frames:
    """An endless supply of frames, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seeds = list(seeds())

    def one(self) -> bytes:
        """One frame: of random bytes, of a random tree, or a real one that was changed; some of them sent with others at once."""
        whole = self._single()
        if self.random.random() > 0.1:
            return whole
        whole += self._single() if self.random.random() < 0.3 else b""
        return bundle_head(self._odd_size(len(whole)), self.random.choice((0, 1, 2, 2**32 - 1))) + whole

    def _odd_size(self, size: int) -> int:
        """Mostly the size itself."""
        return self.random.choice((*[size] * 8, 0, size - 1 if size else 1, size + 1, 2**32 - 1))

    def _single(self) -> bytes:
        kind = self.random.random()
        if kind < 0.04:
            return self.random.randbytes(self.random.randrange(80))
        if kind < 0.08:
            return framed(self.random.randbytes(self.random.randrange(80)), self._blobs())
        if kind < 0.45:
            return self._grown() if kind < 0.449 else self._large()
        return self.changed(self.random.choice(self.seeds))

    def changed(self, whole: bytes) -> bytes:
        """A frame with some of its bytes, or some of its nodes, not as they were."""
        if self.random.random() < 0.5:
            return self._other_nodes(whole)
        content = bytearray(whole)
        for _ in range(self.random.choice((1, 1, 2, 5))):
            self._other_bytes(content)
        return bytes(content)

    def _other_bytes(self, content: bytearray) -> None:
        at = self.random.randrange(len(content) + 1)
        match self.random.randrange(5):
            case 0:
                content[at : at + 1] = self.random.randbytes(1)
            case 1:
                del content[at : at + self.random.randrange(1, 9)]
            case 2:
                content[at:at] = self.random.randbytes(self.random.randrange(1, 9))
            case 3:
                content[at : at + 1] = bytes([self.random.choice((0x90, 0xC0, 0xC4, 0xC7, 0xCF, 0xD3, 0xDB, 0xDD, 0xDF, 0xFF))])
            case _:
                content[at : at + 8] = self.random.choice((2**64 - 1, 2**63, 10**12, 2**32 - 1)).to_bytes(8, "big")

    def _other_nodes(self, whole: bytes) -> bytes:
        try:
            structure, blobs = parts(whole)
            tree = msgpack.unpackb(structure, unicode_errors="surrogatepass", strict_map_key=False)
        except Exception:  # atheris hands in what it likes
            return self._grown()
        if not isinstance(tree, list):
            return self._grown()
        for _ in range(self.random.choice((1, 1, 2, 4))):
            self._other_node(tree)
        return framed(_packed(tree), blobs if self.random.random() < 0.9 else self._blobs())

    def _other_node(self, tree: list[Any]) -> None:
        while inner := [item for item in tree if isinstance(item, list) and item]:
            if self.random.random() < 0.2:
                break
            tree = self.random.choice(inner)
        if not tree:
            return
        at = self.random.randrange(len(tree))
        match self.random.randrange(4):
            case 0:
                del tree[at]
            case 1:
                tree.insert(at, self._odd())
            case 2:
                tree[at] = self._node(2)
            case _:
                tree[at] = self._odd()

    def _grown(self) -> bytes:
        blobs = self._blobs()
        tokens = [self.random.choice((0, 1, 2, 9, 10, -1, -2, -3, -9)) for _ in blobs]
        tree = [[self._node(4) for _ in range(self.random.randrange(1, 4))], tokens]
        return framed(_packed(tree), blobs)

    def _large(self) -> bytes:
        """The same few nodes many times, in one list or in many."""
        blobs, nodes = self._blobs(), [self._node(2) for _ in range(self.random.randrange(1, 4))]
        count = LARGEST // 2 // (len(_packed(nodes)) + 1)
        many = nodes * count
        tree = (
            ["l", *many]
            if self.random.random() < 0.5
            else ["l", *([self.random.choice("ltedF"), *many[i : i + 90]] for i in range(0, len(many), 90))]
        )
        return framed(_packed([[tree], list(range(len(blobs)))]), blobs)

    def _blobs(self) -> list[bytes]:
        sizes = (0, 1, 8, 40, 40, 80, 120, 1000)
        return [self.random.randbytes(self.random.choice(sizes)) for _ in range(self.random.randrange(4))]

    def _odd(self) -> Any:
        return self.random.choice(_ODD)

    def _node(self, depth: int) -> Any:
        """A node that is nearly right."""
        tag = self.random.choice("ltdeFicsrznENyYDavTVLO=ho")
        if tag in "ltdeF":
            return [tag, *(self._node(depth - 1) for _ in range(self.random.randrange(5) if depth else 0))]
        pick = self.random.choice
        sizes = [self._size() for _ in range(self.random.randrange(4))]
        strides = [pick((0, 1, 2, 4, 8, -8, 16, 2**39, 2**62)) for _ in sizes]
        rest: list[Any] = {
            "i": lambda: [pick(("7f", "-7f", "f" * 30, "f" * 5000))],
            "c": lambda: [1.5, -0.0],
            "s": lambda: [None, 3, self._node(0) if depth else 1],
            "r": lambda: [0, 10, pick((1, 0, -1))],
            "z": lambda: sizes,
            "n": lambda: [pick(_DTYPES), self.random.randbytes(pick((1, 2, 4, 8, 12, 16)))],
            "N": lambda: [pick(_DTYPES)],
            "Y": lambda: [pick(_DTYPES)],
            "y": lambda: [pick(("int", "str", "dict", "eval"))],
            "D": lambda: [pick(_TORCHES)],
            "a": lambda: [pick((0, 1, -1)), pick(_DTYPES), sizes, strides, pick((0, 0, 8, 3))],
            "v": lambda: [pick((1, 2, 3, 4)), pick(_DTYPES), sizes, strides, pick((0, 0, 8, 3))],
            "T": lambda: [pick((0, 1, -1)), pick(_TORCHES), sizes, strides, pick((0, 0, 1)), pick((True, False))],
            "V": lambda: [pick((1, 2, 3, 4)), pick(_TORCHES), sizes, strides, pick((0, 0, 1)), pick((True, False))],
            "L": lambda: [pick(("sparse_coo", "sparse_csr")), self._node(0) if depth else None, False],
            "O": lambda: sizes,
            "=": lambda: [pick((0, 1, 2))],
            "h": lambda: [pick((0, 1))],
            "o": lambda: [pick((1, 2))],
        }.get(tag, list)()
        if rest and self.random.random() < 0.15:
            rest[self.random.randrange(len(rest))] = self._odd()
        return [tag, *rest]

    def _size(self) -> int:
        return self.random.choice((0, 1, 1, 2, 3, 5, 40, 2**25 + 1, 10**12))


def _packed(tree: Any) -> bytes:
    try:
        packed: bytes = msgpack.packb(tree, unicode_errors="surrogatepass")
    except (ValueError, OverflowError):
        return b"\x92\x90\x90"
    return packed


def framed(structure: bytes, blobs: list[bytes]) -> bytes:
    """A structure and blobs as one frame."""
    return b"".join((head(structure, blobs), structure, *blobs))


def parts(whole: bytes) -> tuple[bytes, list[bytes]]:
    """Structure and blobs of a frame."""
    _, size, count = HEAD.unpack(whole[: HEAD.size])
    at = HEAD.size + 8 * count
    sizes = [int.from_bytes(whole[i : i + 8], "big") for i in range(HEAD.size, min(at, len(whole)), 8)]
    structure = whole[at : at + size]
    at += size
    blobs = []
    for each in sizes:
        blobs.append(whole[at : at + each])
        at += each
    return structure, blobs


def seeds() -> Iterator[bytes]:
    """Frames of real values, of every kind that the channel carries."""
    base = np.arange(24.0).reshape(4, 6)
    numbers = [None, True, 3, -(2**63), 2**64, -(2**200), 0.5, float("nan"), 2 + 3j, "text", "\ud800", b"raw", ..., range(1, 9, 2)]
    yield framed(*Ends().frame(Memory(1 << 20), *numbers))
    yield framed(
        *Ends().frame(Memory(1 << 20), [1, (2.5, {"a": {3, 4}, (1, 2): frozenset({5})}), slice(1, None, 2)], int, object())
    )
    for dtype in _DTYPES:
        array = np.zeros((2, 3), dtype)
        yield framed(*Ends().frame(Memory(1 << 20), array, array[0, 0], array.dtype, array[::-1, ::2]))
    for name in _TORCHES:
        tensor = torch.ones((2, 3), dtype=getattr(torch, name))
        yield framed(*Ends().frame(Memory(1 << 20), tensor, tensor.T, tensor[0], tensor.dtype, tensor.shape))
    views = [base, base.T, base[1:, ::-2], np.broadcast_to(base[0], (3, 6)), base, np.array(["ab", "c"]), np.empty((0, 3))]
    yield framed(*Ends().frame(Memory(1 << 20), views, np.array([None, 1], object)))
    yield framed(
        *Ends().frame(Memory(1 << 20), torch.eye(3).to_sparse(), torch.ones(2, requires_grad=True), torch.ones(1).expand(4))
    )

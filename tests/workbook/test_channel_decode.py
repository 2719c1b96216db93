"""What comes over the channel and is malformed or too large is refused, before anything is made of it."""

from __future__ import annotations

import struct
import tracemalloc
from typing import Any

import msgpack
import pytest

from tests.workbook.channelends import forged
from workbook.grade.channel.frame import BLOBS, DEPTH, KEYS, NODES, STRUCTURE
from workbook.grade.channel.memory import Memory
from workbook.grade.channel.wire import Decoder, WireError, head, lengths, unpack

_RAW = bytes(range(64))


@pytest.mark.parametrize(
    ("node", "match"),
    [
        ([], "without a tag"),
        ([1], "without a tag"),
        (["?"], "unknown node"),
        (["lt", 1], "KeyError"),
        (["", 1], "KeyError"),
        (["x" * 300_000], "unknown node 'x{20}'$"),
        (["i", "f" * 2002], "unknown node"),
        (["i", "xyz"], "ValueError"),
        (["i", 5], "unknown node"),
        (["c", 1, 2], "unknown node"),
        (["r", 0, 5, 0], "ValueError"),
        (["n", "<f8", b"1234567"], "another size"),
        (["n", "<f8", b"123456789"], "another size"),
        (["n", "<U1", b"\xff" * 4], "SystemError"),
        (["n", "|O", b"12345678"], "unknown dtype"),
        (["N", "|V8"], "unknown dtype"),
        (["N", "<M8[0s]"], "unknown dtype"),
        (["N", "<M8"], "unknown dtype"),
        (["N", "<M8[generic]"], "unknown dtype"),
        (["N", "f8,f8"], "unknown dtype"),
        (["N", "<M8[parsec]"], "unknown dtype"),
        (["Y", "O"], "unknown dtype"),
        (["D", "qint8"], "unknown node"),
        (["y", "eval"], "KeyError"),
        (["z", -1], "negative"),
        (["z", 2**63], "too large"),
        (["z", 1.5], "negative"),
        (["e", ["l"]], "TypeError"),
        (["d", ["d"], 1], "TypeError"),
        (["d", 1], "ValueError"),
        (["e", *range(KEYS + 1)], "too large"),
        (["d", *range(2 * KEYS + 2)], "too large"),
        (["=", 0], "IndexError"),
        (["=", -1], "negative"),
        (["h", 1, 2, 3], "TypeError"),
        (["o", 1], "unknown node"),
        (["E", 1], "unknown node"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_nodes_that_make_no_sense(node: Any, match: str) -> None:
    with pytest.raises(WireError, match=match):
        forged(node)


@pytest.mark.parametrize(
    ("node", "match"),
    [
        (["a", 1, "<f8", [1], [8], 0], "IndexError"),
        (["a", -1, "<f8", [1], [8], 0], "negative"),
        (["a", True, "<f8", [1], [8], 0], "negative"),
        (["a", 0, "<f8", [9], [8], 0], "ValueError"),
        (["a", 0, "<f8", [8], [8], 8], "ValueError"),
        (["a", 0, "<f8", [8], [8], -8], "negative"),
        (["a", 0, "<f8", [8], [-8], 0], "ValueError"),
        (["a", 0, "<f8", [2], [64], 0], "ValueError"),
        (["a", 0, "<f8", [], [], 64], "beyond its memory"),
        (["a", 0, "<f8", [], [], 2**63 - 1], "beyond its memory"),
        (["a", 0, "<f8", [2, 2], [8], 0], "ValueError"),
        (["a", 0, "<f8", [8], [], 0], "ValueError"),
        (["a", 0, "<f8", [-1], [8], 0], "negative"),
        (["a", 0, "<f8", [1.0], [8], 0], "negative"),
        (["a", 0, "<f8", "12", [8], 0], "negative"),
        (["a", 0, "<f8", None, [8], 0], "TypeError"),
        (["a", 0, "<f8", [1], ["8"], 0], "far away"),
        (["a", 0, "<f8", [1] * 33, [8] * 33, 0], "larger than"),
        (["a", 0, "<f8", [10**12], [0], 0], "larger than"),
        (["a", 0, "<f8", [10**12, 0], [0, 0], 0], "larger than"),
        (["a", 0, "<U999999", [17], [0], 0], "larger than"),
        (["a", 0, ["<f8"], [1], [8], 0], "unknown dtype"),
        (["a", 0, "<U16", [], [], 0], "no"),
        (["a", 0, "<f8"], "TypeError"),
        (["v", 5, "<f8", [1], [8], 0], "never sent"),
        (["T", 0, "float32", [17], [1], 0, False], "beyond its memory"),
        (["T", 0, "float32", [2], [2**62], 0, False], "beyond its memory"),
        (["T", 0, "float32", [2], [-1], 0, False], "negative"),
        (["T", 0, "float32", [1], [1], 16, False], "beyond its memory"),
        (["T", 0, "float32", [1], [1], 2**63 - 1, False], "beyond its memory"),
        (["T", 0, "float32", [2, 2], [1], 0, False], "ValueError"),
        (["T", 0, "float32", [10**12], [0], 0, False], "larger than"),
        (["T", 0, "int32", [2], [1], 0, True], "RuntimeError"),
        (["T", 0, "qint8", [2], [1], 0, False], "unknown dtype"),
        (["V", 5, "float32", [2], [1], 0, False], "never sent"),
        (["L", "sparse_coo", "text", False], "something else"),
        (["L", "sparse_coo", ["h", 1], False], "something else"),
        (["L", "sparse_coo", ["a", 0, "<f4", [2], [4], 0], False], "something else"),
        (["L", "strided", ["T", 0, "float32", [2], [1], 0, False], False], "KeyError"),
        (["L", "sparse_coo", ["T", 0, "float32", [600, 600], [0, 0], 0, False], False], "would be too large"),
        (["O", 10**12], "larger than"),
        (["O", -1], "negative"),
    ],
    ids=lambda value: str(value)[:48],
)
def test_arrays_that_lie_outside_or_claim_too_much(node: Any, match: str) -> None:
    with pytest.raises(WireError, match="text that is none" if match == "no" else match):
        forged(node, [b"\xff" * 64 if match == "no" else _RAW])


@pytest.mark.parametrize(
    ("shape", "strides"),
    [
        ([5], [2**62]),
        ([2] * 4, [2**62] * 4),
        ([2**25 + 1], [2**39]),
        ([3, 3], [2**63 - 1, 2]),
        ([2], [-(2**63)]),
        ([17, 2], [2**60, 8]),
    ],
)
def test_strides_whose_sum_wraps_around(shape: list[int], strides: list[int]) -> None:
    with pytest.raises(WireError, match="leads far away"):
        forged(["a", 0, "|u1", shape, strides, 0], [_RAW])


def test_nothing_lies_in_empty_memory() -> None:
    with pytest.raises(WireError, match="beyond its memory"):
        forged(["a", 0, "<i2", [40], [2], 0], [b""])
    with pytest.raises(WireError, match="beyond its memory"):
        forged(["a", 0, "<i2", [40], [2], 0], [b"x"], tokens=[-3])
    with pytest.raises(WireError, match="beyond its memory"):
        forged(["T", 0, "int8", [40], [1], 0, False], [b""])


@pytest.mark.parametrize(
    "node", [["a", 0, "|u1", [10**12], [0], 0], ["T", 0, "int8", [10**6, 10**6], [0, 0], 0, False], ["O", 10**6, 10**6]]
)
def test_a_claim_of_a_million_million_elements_is_refused_before_allocation(node: Any) -> None:
    _peak_of(node, "larger than")


@pytest.mark.parametrize(
    "node",
    [
        ["l", *[["O", 8_000_000]] * 10_000],
        ["l", ["a", 0, "|u1", [1 << 26], [0], 0], *[["=", 0]] * 50_000],
        ["l", ["T", 0, "float32", [1 << 17], [0], 0, False], *[["L", "sparse_coo", ["=", 0], False]] * 50_000],
    ],
    ids=["objects", "views", "sparse"],
)
def test_many_that_are_each_just_small_enough_are_too_large_together(node: Any) -> None:
    with pytest.raises(WireError, match=r"together|all are"):
        forged(node, [_RAW], limit=1 << 20)
    _peak_of(node, "together|all are|larger than", limit=1 << 20)


def _peak_of(node: Any, match: str, **options: Any) -> None:
    structure = msgpack.packb([[node], [1]])
    decoder = Decoder(Memory(1 << 20), {}, options.get("limit", 64 << 20))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        (message,) = decoder.open(structure, [_RAW])
        with pytest.raises(WireError, match=match):
            decoder.value(message)
        assert tracemalloc.get_traced_memory()[1] - before < 40 << 20
    finally:
        tracemalloc.stop()


def test_a_frame_holds_only_so_many_values_so_deep() -> None:
    assert len(forged(["l", *[0] * (NODES - 1)])) == NODES - 1
    with pytest.raises(WireError, match="too many values"):
        forged(["l", *[0] * NODES])
    for tag in "lt":
        with pytest.raises(WireError, match="too deep"):
            forged(_nested(tag, DEPTH + 1))
        forged(_nested(tag, DEPTH))
    with pytest.raises(WireError, match="too deep"):
        forged(_nested("s", 100))
    sparse: Any = ["T", 0, "float32", [1], [1], 0, False]
    for _ in range(100):
        sparse = ["L", "sparse_coo", sparse, False]
    with pytest.raises(WireError, match="too deep"):
        forged(sparse, [_RAW])


def _nested(tag: str, depth: int) -> Any:
    node: Any = 1
    for _ in range(depth):
        node = [tag, node] if tag != "s" else [tag, node, None, None]
    return node


@pytest.mark.parametrize(
    "content",
    [
        *(1, None, "x", [], [1, 2], [[], [], []], [[], 1], [1, []], [[1], []], [[1], [1, 2]], [[1], ["1"]]),
        *([[1], [True]], [[1], [None]]),
    ],
    ids=repr,
)
def test_a_structure_that_is_no_message(content: Any) -> None:
    with pytest.raises(WireError, match=r"a frame holds|do not match"):
        Decoder(Memory(1 << 20), {}, 1 << 20).open(msgpack.packb(content), [b"x"])


@pytest.mark.parametrize(
    "structure",
    [
        *(
            b"",
            b"\xc1",
            b"\x92\x90",
            b"\x92\x90\x90\x00",
            msgpack.packb({}),
            msgpack.packb({"a": 1}),
            b"\xc7\x00\x05",
            b"\xd4\x01\x00",
        ),
        *(
            msgpack.packb(msgpack.Timestamp(0)),
            b"\xdd\xff\xff\xff\xff",
            b"\xdb\xff\xff\xff\xff",
            b"\xa1\xff",
            b"\x91" * 2000 + b"\x90",
        ),
    ],
    ids=lambda value: value[:6].hex(),
)
def test_bytes_that_are_no_structure(structure: bytes) -> None:
    with pytest.raises(WireError, match="cannot be read"):
        unpack(structure)


def test_lists_that_claim_to_be_long_at_every_depth_take_no_memory() -> None:
    structure = (b"\xdd" + struct.pack("!I", STRUCTURE - 6)) * 1000 + b"\x01" * (STRUCTURE - 5000)
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="OutOfData"):
            unpack(structure)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_keys_with_one_hash_are_bounded() -> None:
    """Tuples can be chosen so that their hashes are equal; each then meets all others."""
    keys = [["t", k % 7, k] for k in range(KEYS)]
    assert len(forged(["e", *keys])) == KEYS
    with pytest.raises(WireError, match="too large"):
        forged(["e", *keys, ["t", 1, 10**6]])
    colliding = [["i", f"{1 + k * (2**61 - 1):x}"] for k in range(20, 20 + KEYS)]
    found = forged(["e", *colliding])
    assert len(found) == KEYS and len(set(map(hash, found))) == 1


# --- heads ------------------------------------------------------------------------------------------------------------


def test_a_head_says_how_long_the_parts_are() -> None:
    start = head(b"abc", [b"12", b"", b"4567"])
    rest = memoryview(start[12:])
    assert lengths(start[:12], lambda size: bytes(rest[:size]), 100) == (3, [2, 0, 4])
    with pytest.raises(WireError, match="a frame of 9 bytes; 8 are allowed"):
        lengths(start[:12], lambda size: bytes(rest[:size]), 8)


@pytest.mark.parametrize(
    "start",
    [
        struct.pack("!4sII", b"WbK2", 1, 0),
        struct.pack("!4sII", b"WbK1", STRUCTURE + 1, 0),
        struct.pack("!4sII", b"WbK1", 1, BLOBS + 1),
    ],
)
def test_a_head_that_is_not_ours_or_too_large_is_refused_before_anything_is_read(start: bytes) -> None:
    def read(_: int) -> bytes:
        raise AssertionError("nothing is to be read")

    with pytest.raises(WireError, match="not a frame of ours"):
        lengths(start, read, 1 << 62)


def test_blobs_of_huge_lengths_are_refused_before_they_are_read() -> None:
    asked: list[int] = []

    def read(size: int) -> bytes:
        asked.append(size)
        return struct.pack("!QQ", 2**64 - 1, 2**64 - 1)

    with pytest.raises(WireError, match="are allowed"):
        lengths(struct.pack("!4sII", b"WbK1", 1, 2), read, 64 << 20)
    assert asked == [16]

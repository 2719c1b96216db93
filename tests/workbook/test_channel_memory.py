"""Memory that both sides know: views come back as views, and what is remembered is bounded."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import Any

import msgpack
import numpy as np
import pytest

from tests.workbook.channelends import Ends
from workbook.grade.channel.memory import Memory, extent
from workbook.grade.channel.wire import Decoder, WireError


@pytest.mark.parametrize("index", [(), (slice(None, None, -1),), (1,), (slice(1, 2), slice(None, None, -3)), (slice(None), 2)])
def test_extent_is_the_memory_that_an_array_touches(index: Any) -> None:
    base = np.zeros((3, 7), np.int16)
    view = base[index]
    low, high = extent(view)
    view[...] = -1
    start = base.__array_interface__["data"][0]
    touched = np.flatnonzero(base.reshape(-1).view(np.uint8))
    assert (low - start, high - start) == (touched[0], touched[-1] + 1)


def test_a_mirror_is_found_by_address_and_brought_up_to_date() -> None:
    memory = Memory(1 << 20)
    mirrors = {token: memory.mirror(token, bytes([token] * 100)) for token in (7, 8, 9)}
    for token, mirror in mirrors.items():
        start = mirror.__array_interface__["data"][0]
        assert memory.foreign(start, start + 100) == (token, 0)
        assert memory.foreign(start + 20, start + 100) == (token, 20)
        assert memory.foreign(start + 20, start + 101) is None
    assert memory.foreign(0, 8) is None
    assert memory.mirror(8, b"x" * 100) is mirrors[8]
    assert bytes(mirrors[8]) == b"x" * 100
    other = memory.mirror(8, b"y" * 50)
    start = mirrors[8].__array_interface__["data"][0]
    assert other is not mirrors[8] and memory.foreign(start, start + 10) is None, "that memory is of no token any more"


def test_fresh_memory_has_no_token() -> None:
    memory = Memory(1 << 20)
    fresh, again = memory.mirror(0, b"abc"), memory.mirror(0, b"abc")
    assert fresh is not again
    assert memory.foreign(*extent(fresh)) is None


def test_what_was_written_is_told_and_taken_over() -> None:
    ends = Ends()
    left, right = np.arange(3.0), np.arange(4.0)
    there, _ = ends.over(left, right)
    assert ends.written() == []
    there[1] = 42
    assert [ends.here.own(token).ctypes.data for token in ends.written()] == [left.ctypes.data]
    assert left.tolist() == [0, 42, 2] and right.tolist() == [0, 1, 2, 3]


def test_memory_that_cannot_be_written_stays_as_it_is() -> None:
    ends, array = Ends(), np.arange(3.0)
    array.flags.writeable = False
    (there,) = ends.over(array)
    there[1] = 42
    ends.written()
    assert array.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("token", "content"), [(2, b"12345678"), (1, b"123456789")])
def test_memory_that_was_never_sent_cannot_be_written(token: int, content: bytes) -> None:
    memory = Memory(1 << 20)
    assert memory.keep(3, np.zeros(8, np.uint8)) == 1
    with pytest.raises(ValueError, match="never sent"):
        memory.rewrite(token, content)
    decoder = Decoder(memory, {}, 1 << 20, writes=True)
    with pytest.raises(WireError, match="never sent"):
        decoder.open(msgpack.packb([[], [-token]]), [content])


def test_without_leave_nothing_is_written() -> None:
    memory = Memory(1 << 20)
    own = np.zeros(8, np.uint8)
    token = memory.keep(3, own)
    Decoder(memory, {}, 1 << 20).open(msgpack.packb([[], [-token]]), [b"12345678"])
    assert not own.any()
    Decoder(memory, {}, 1 << 20, writes=True).open(msgpack.packb([[], [-token]]), [b"12345678"])
    assert bytes(own) == b"12345678"


def test_the_larger_of_two_roots_at_one_address_is_kept() -> None:
    memory = Memory(1 << 20)
    large = np.arange(10, dtype=np.uint8)
    tokens = {memory.keep(99, root) for root in (large[:3], large, large[:5])}
    assert [memory.own(token) is large for token in tokens] == [True]


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_mirrors_are_bounded_however_small_they_are(size: int) -> None:
    limit = 4 << 20
    memory = Memory(limit)
    content, token = bytes(size), 0
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="bytes of arrays"):
            for _ in range(100):
                tokens = [token := token + 1 for _ in range(1000)]
                Decoder(memory, {}, 1 << 20).open(msgpack.packb([[], tokens]), [content] * 1000)
        assert tracemalloc.get_traced_memory()[1] < 2 * limit
    finally:
        tracemalloc.stop()
    memory.forget()
    assert memory.mirror(1, b"abc").tobytes() == b"abc", "and can be used anew"


def test_what_is_kept_alive_is_bounded_and_goes_over_all_the_same() -> None:
    ends = Ends()
    ends.here = Memory(1 << 20)
    tracemalloc.start()
    try:
        for number in range(200):
            (there,) = ends.over(np.full(10_000, number, np.float64))
            assert there[-1] == number
            ends.there.forget()
        assert tracemalloc.get_traced_memory()[1] < 3 << 20
    finally:
        tracemalloc.stop()


def test_after_forgetting_old_arrays_stay_valid_and_strangers() -> None:
    ends, array = Ends(), np.arange(3.0)
    (there,) = ends.over(array)
    ends.there.forget()
    ends.here.forget()
    (back,) = ends.back(there)
    assert back.tolist() == there.tolist() == [0, 1, 2]
    assert not np.shares_memory(back, array)
    with pytest.raises(WireError, match="never sent"):
        Decoder(ends.here, {}, 1 << 20).value(["v", array.ctypes.data, "<f8", [3], [8], 0])


_FLOOD = """
import resource
import msgpack
from workbook.grade.channel.memory import Memory
from workbook.grade.channel.wire import Decoder, WireError
memory, token = Memory(8 << 20), 0
resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
refused = 0
for round in range(20):
    tokens = [token := token + 1 for _ in range(4000)]
    try:
        Decoder(memory, {}, 64 << 20).open(msgpack.packb([[], tokens]), [b""] * 4000)
    except WireError:
        refused += 1
    node = ["l", *[["O", 8_000_000]] * 1000]
    try:
        Decoder(memory, {}, 64 << 20).value(node)
    except WireError:
        refused += 1
print(refused)
"""


def test_a_flood_of_frames_stays_within_the_address_space() -> None:
    room = 1536 << 20
    code = _FLOOD.replace("ROOM", str(room))
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert int(found.stdout) >= 20 + 17

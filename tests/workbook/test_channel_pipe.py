"""Frames over a real socket pair: whole, in pieces, cut short, too large, too late."""

from __future__ import annotations

import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.grade.channel.frame import BLOBS, BUNDLE, STRUCTURE, bundle_head
from workbook.grade.channel.pipe import Message, Pipe, provided
from workbook.grade.channel.wire import WireError, head, unpack

LIMIT = 8 << 20
_LONG = 60.0  # seconds: against hanging only

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def _pipe(end: socket.socket, *, seconds: float = _LONG) -> Pipe:
    pipe = Pipe(end.fileno(), LIMIT)
    pipe.until = time.monotonic() + seconds
    return pipe


def _frame(structure: bytes, *blobs: bytes) -> bytes:
    return b"".join((head(structure, blobs), structure, *blobs))


@given(st.binary(max_size=3000), st.lists(st.binary(max_size=3000), max_size=9))
def test_a_frame_arrives_as_it_was_sent(structure: bytes, blobs: list[bytes]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        _pipe(theirs).send(structure, blobs)
        _pipe(theirs).send(b"next", [])
        pipe = _pipe(ours)
        assert pipe.receive() == (structure, blobs)
        assert pipe.receive() == (b"next", [])


def test_a_frame_larger_than_the_sockets_buffer_and_of_many_parts(pair: Pair) -> None:
    ours, theirs = pair
    blobs = [bytes([n % 251]) * (n % 5000) for n in range(2000)]
    found: list[Any] = []
    reader = threading.Thread(target=lambda: found.append(_pipe(theirs).receive()))
    reader.start()
    _pipe(ours).send(b"structure", [memoryview(blob) for blob in blobs])
    reader.join(_LONG)
    assert found == [(b"structure", blobs)]


def test_a_frame_in_single_bytes(pair: Pair) -> None:
    ours, theirs = pair
    content = _frame(b"abc", b"12", b"", b"345") * 2

    def dribble() -> None:
        for byte in content:
            theirs.sendall(bytes([byte]))

    writer = threading.Thread(target=dribble)
    writer.start()
    pipe = _pipe(ours)
    assert [pipe.receive(), pipe.receive()] == [(b"abc", [b"12", b"", b"345"])] * 2
    writer.join(_LONG)


def test_every_truncation_is_the_end(pair: Pair) -> None:
    whole = _frame(b"abc", b"12", b"345")
    for size in range(len(whole)):
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                theirs.sendall(whole[:size])
            with pytest.raises(EOFError, match="gone"):
                _pipe(ours).receive()


def test_a_sender_that_stops_in_the_middle_meets_the_deadline(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(_frame(b"abc", b"12")[:-1])
    with pytest.raises(TimeoutError, match="too long"):
        _pipe(ours, seconds=0.05).receive()


def test_a_slow_sender_cannot_push_the_deadline_back(pair: Pair) -> None:
    ours, theirs = pair
    over = threading.Event()
    theirs.sendall(head(bytes(STRUCTURE), []))

    def dribble() -> None:
        while not over.wait(0.01):
            theirs.send(b"x")

    writer = threading.Thread(target=dribble)
    writer.start()
    try:
        with pytest.raises(TimeoutError, match="too long"):
            _pipe(ours, seconds=0.3).receive()
    finally:
        over.set()
        writer.join(_LONG)


def test_a_deadline_that_has_passed_counts_even_when_bytes_wait(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(_frame(b"abc"))
    with pytest.raises(TimeoutError, match="too long"):
        _pipe(ours, seconds=-1).receive()


def test_a_receiver_that_does_not_read_meets_the_deadline(pair: Pair) -> None:
    with pytest.raises(TimeoutError, match="too long"):
        _pipe(pair[0], seconds=0.05).send(b"abc", [bytes(4 << 20)])


def test_a_receiver_that_is_gone(pair: Pair) -> None:
    ours, theirs = pair
    theirs.close()
    with pytest.raises(OSError, match="Broken pipe"):
        _pipe(ours).send(b"abc", [])
    with pytest.raises(EOFError, match="gone"):
        _pipe(ours).receive()


@pytest.mark.parametrize(
    ("start", "match"),
    [
        (b"GET / HTTP/1", "not a frame of ours"),
        (struct.pack("!4sII", b"WbK1", STRUCTURE + 1, 0), "not a frame of ours"),
        (struct.pack("!4sII", b"WbK1", 0, BLOBS + 1), "not a frame of ours"),
        (struct.pack("!4sIIQ", b"WbK1", 0, 1, LIMIT + 1), "are allowed"),
        (struct.pack("!4sIIQQ", b"WbK1", 0, 2, 2**64 - 1, 2**64 - 1), "are allowed"),
        (struct.pack("!4sIIQ", b"WbK1", 0, 1, 10**12), "are allowed"),
    ],
)
def test_a_head_that_claims_too_much_is_refused_at_once(pair: Pair, start: bytes, match: str) -> None:
    ours, theirs = pair
    theirs.sendall(start)  # and nothing more: whoever waited for the rest would wait for ever
    with pytest.raises(WireError, match=match):
        _pipe(ours).receive()


@given(st.lists(st.tuples(st.binary(max_size=300), st.lists(st.binary(max_size=300), max_size=4)), min_size=1, max_size=9))
def test_frames_that_are_held_come_at_once_and_in_order(frames: list[tuple[bytes, list[bytes]]]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, pipe = _pipe(theirs), _pipe(ours)
        for frame in frames:
            sender.hold(*frame)
        sender.send(b"last", [b"blob"])
        message = pipe.message()
        assert message.together and len(message.parts) == 1
        unread = message.unread()
        assert [unread.next() for _ in frames] == frames
        assert unread and unread.next() == (b"last", [b"blob"]) and not unread
        sender.send(b"alone", [])
        assert pipe.ready(_LONG) and pipe.receive() == (b"alone", []) and not pipe.ready(0)


def _together(content: bytes, size: int | None = None) -> bytes:
    return bundle_head(len(content) if size is None else size, 2) + content


@pytest.mark.parametrize(
    ("content", "count", "match"),
    [
        (_together(b""), 0, "no frame"),
        (_together(_frame(b"abc") + _frame(b"abc", b"12")[:-1]), 1, "cut off"),
        (_together(_frame(b"abc") + b"x"), 1, "cut off"),
        (_together(_frame(b"abc") + b"something more"), 1, "not a frame of ours"),
        (_together(_together(_frame(b"abc"))), 0, "not a frame of ours"),
        (_together(b"", LIMIT + BUNDLE + 1), 0, "are allowed"),
        (_together(b"", 2**32 - 1), 0, "are allowed"),
    ],
)
def test_several_at_once_that_are_none(pair: Pair, content: bytes, count: int, match: str) -> None:
    ours, theirs = pair
    theirs.sendall(content)
    pipe = _pipe(ours)
    for _ in range(count):
        assert pipe.receive() == (b"abc", [])
    with pytest.raises(WireError, match=match):
        pipe.receive()


YES = Message([b"yes", b"blob"], together=False, limit=1).digest()


def _asked(pair: Pair) -> tuple[Pipe, Pipe]:
    """Both ends, after a request, and a second one for the answer YES, were sent; the first one has been read."""
    judge, student = _pipe(pair[0]), Pipe(pair[1].fileno(), LIMIT, trusting=True)
    judge.hold(b"first", [])
    judge.hold(*provided(YES))
    judge.send(b"second", [b"x"])
    assert student.receive() == (b"first", [])
    return judge, student


def test_what_is_provided_for_this_answer_comes_next(pair: Pair) -> None:
    judge, student = _asked(pair)
    student.send(b"yes", [b"blob"])
    assert student.receive() == (b"second", [b"x"])
    student.hold(b"one", [])
    student.send(b"two", [b"2"])
    first, rest = judge.message().first()
    assert first.digest() == YES and rest is not None and rest.together
    unread = rest.unread()
    assert [unread.next(), unread.next()] == [(b"one", []), (b"two", [b"2"])] and not unread


@pytest.mark.parametrize("said", [[(b"no", [b"blob"])], [(b"yes", [])], [(b"yes", [b"blob"]), (b"more", [])], []])
def test_what_is_provided_for_another_answer_is_not_heeded(pair: Pair, said: list[tuple[bytes, list[bytes]]]) -> None:
    judge, student = _asked(pair)
    for frame in said:
        student.hold(*frame)
    student.until = time.monotonic() + 0.05
    with pytest.raises(TimeoutError):
        student.receive()
    for frame in said:
        assert judge.receive() == frame
    judge.send(b"other", [])
    student.until = None
    assert student.receive() == (b"other", [])


def test_whoever_is_not_trusting_takes_it_for_a_frame(pair: Pair) -> None:
    judge = _pipe(pair[0])
    _pipe(pair[1]).send(*provided(YES))
    structure, blobs = judge.receive()
    assert blobs == []
    with pytest.raises(WireError, match="cannot be read"):
        unpack(structure)


def test_the_first_of_one_frame_is_all(pair: Pair) -> None:
    _pipe(pair[1]).send(b"alone", [b"1"])
    message = _pipe(pair[0]).message()
    assert message.first() == (message, None)


def test_millions_of_frames_at_once_take_no_room(pair: Pair) -> None:
    ours, theirs = pair
    content = _together(_frame(b"") * ((LIMIT + BUNDLE) // len(_frame(b""))))
    writer = threading.Thread(target=theirs.sendall, args=(content,))
    writer.start()
    tracemalloc.start()
    try:
        assert _pipe(ours).receive() == (b"", [])
        assert tracemalloc.get_traced_memory()[1] < 4 * len(content), "they are told apart when they are wanted"
    finally:
        tracemalloc.stop()
        writer.join(_LONG)


def test_bytes_after_a_frame_are_no_frame(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(_frame(b"abc") + b"and something more")
    pipe = _pipe(ours)
    assert pipe.receive() == (b"abc", [])
    with pytest.raises(WireError, match="not a frame of ours"):
        pipe.receive()


def test_a_frame_beyond_the_limit_is_not_sent(pair: Pair) -> None:
    ours, theirs = pair
    with pytest.raises(WireError, match="more than 8388608 bytes"):
        _pipe(ours).send(b"abc", [bytes(LIMIT - 2)])
    ours.close()
    assert theirs.recv(1) == b"", "not one byte of it"

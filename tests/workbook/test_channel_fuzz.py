"""Forged frames give values or an error of the channel, never anything else. `fuzz_wire.py` sends a million."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbook.channelends import forged
from tests.workbook.forgery import Frames, framed, parts, seeds
from tests.workbook.fuzz_wire import Receiver, Wild, use
from workbook.grade.channel import decode
from workbook.grade.channel.wire import WireError

_ROOT = Path(__file__).parents[2]


def test_the_seeds_are_accepted() -> None:
    frames = list(seeds())
    receiver = Receiver()
    assert [receiver.feed(whole) for whole in frames] == [True] * len(frames)
    for whole in frames:
        assert framed(*parts(whole)) == whole


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    Receiver().feed(content)
    Receiver().feed(framed(content, []))


_NUMBERS = st.one_of(st.integers(-(2**63), 2**64 - 1), st.sampled_from([0, 1, 8, 2**31, 2**39, 2**62, 10**12]))
_TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, st.floats(), st.text(max_size=4), st.binary(max_size=9)),
    lambda inner: st.builds(
        lambda tag, rest: [tag, *rest], st.sampled_from("ltdeFicsrznENyYDavTVLO=h"), st.lists(inner, max_size=7)
    ),
)


@settings(max_examples=500)
@given(_TREES, st.lists(st.binary(max_size=40), max_size=2))
def test_any_tree_of_nodes(tree: Any, blobs: list[bytes]) -> None:
    Receiver().feed(framed(msgpack.packb([[tree], [9 for _ in blobs]], unicode_errors="surrogatepass"), blobs))


_ARRAYS = st.tuples(
    st.sampled_from("av"),
    st.integers(0, 3),
    st.sampled_from(["|u1", "<f8", ">i2", "<U2", "|S3", "<c16"]),
    st.lists(st.one_of(st.integers(0, 5), _NUMBERS), max_size=4),
    st.lists(st.one_of(st.integers(-16, 16), _NUMBERS), max_size=4),
    st.one_of(st.integers(0, 40), _NUMBERS),
)


@settings(max_examples=500)
@given(_ARRAYS, st.lists(st.binary(max_size=200), min_size=1, max_size=2))
def test_any_claim_of_an_array(node: tuple[Any, ...], blobs: list[bytes]) -> None:
    Receiver().feed(framed(msgpack.packb([[list(node)], list(range(len(blobs)))]), blobs))


def test_thousands_of_frames_in_a_process_of_their_own() -> None:
    found = json.loads(_run("--runs", "30000", "--json"))
    assert found["frames"] == 30_000
    assert 1_000 < found["accepted"] < 20_000, "some are right, or nothing beyond the first check is tried"
    assert found["peak"] - found["start"] < 300, found


def test_atheris_finds_nothing_in_a_short_time() -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed (pip install atheris); the million frames are tests/workbook/fuzz_wire.py's")
    assert "Done 10000" in _run("--engine", "atheris", "--runs", "10000")


def _run(*options: str) -> str:
    command = [sys.executable, "-m", "tests.workbook.fuzz_wire", *options]
    found = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=600)
    assert found.returncode == 0, found.stderr[-4000:]
    return found.stdout + found.stderr if "atheris" in options else found.stdout


# --- the fuzzer itself can fail ---------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_frames() -> None:
    first, second, other = Frames(3), Frames(3), Frames(4)
    frames = [first.one() for _ in range(50)]
    # The seeds hold addresses of this process, which are the same for both only in their places.
    assert [len(second.one()) for _ in range(50)] == [len(each) for each in frames]
    assert [len(other.one()) for _ in range(50)] != [len(each) for each in frames]


def test_an_array_outside_its_memory_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = np.zeros(64, np.uint8)
    use(np.ndarray((8,), np.uint8, memory, 0, (8,)))
    wild = np.ndarray((5,), np.uint8, memory, 0, (2**62,))  # NumPy's own check wraps around; never read from this
    with pytest.raises(Wild, match="strides"):
        use(wild)
    monkeypatch.setattr(decode, "_FAR", 2**62)
    frame = framed(msgpack.packb([[["a", 0, "|u1", [5], [2**62], 0]], [0]]), [bytes(64)])
    with pytest.raises(Wild, match="strides"):
        Receiver().feed(frame)
    monkeypatch.undo()
    assert not Receiver().feed(frame)


def test_a_value_of_another_kind_is_noticed() -> None:
    with pytest.raises(Wild, match="bytearray"):
        use([1, {"a": bytearray()}])


def test_an_error_of_another_kind_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("broken")

    monkeypatch.setattr(decode.Decoder, "value", broken)
    with pytest.raises(KeyError, match="broken"):
        Receiver().feed(next(seeds()))


def test_worst_cases_are_refused_or_done_in_bounded_work() -> None:
    """Whatever the order, a frame of the largest size ends; the figures are printed by fuzz_wire.py."""
    chance = random.Random(0)
    for node in (["l"], ["t", ["F"]], ["T", 0, "int8", [1], [1], 0, False], ["e", *[["t", k] for k in range(20)]], ["O", 9]):
        count = min(190_000, (1 << 19) // len(msgpack.packb(node)))
        tree = ["l", *[node] * chance.randrange(count // 2, count)]
        try:
            assert forged(tree, [b"12345678"]) is not None
        except WireError as error:
            assert "too" in str(error)

"""The digits of part 7: the file and the script that makes it, and the cell that loads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbook
from workbook import fetch
from workbook.build.text import read_text

CHAPTER = Path(__file__).parents[2] / "chapter0_fundamentals"
DATA = CHAPTER / "data"

Loaded = tuple[np.ndarray[Any, Any], ...]


@pytest.fixture
def load_data(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The function that the notebook gives, without the lines that show pictures."""
    monkeypatch.chdir(CHAPTER.parent)
    blocks = [block for section in read_text(CHAPTER / "part7_training.md") for block in section.blocks if block.kind == "code"]
    source = next(block.source for block in blocks if "def load_data" in block.source)
    names: dict[str, Any] = {"np": np, "tests": workbook.start("part7_training")}
    exec(source[: source.index("\nx, y, x_test")], names)
    return names["load_data"]


def test_the_script_makes_the_file() -> None:
    pytest.importorskip("sklearn")
    done = subprocess.run([sys.executable, str(DATA / "pack_digits.py"), "--check"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "digits.npz is up to date\n"), done.stderr


def test_the_file_is_small_and_says_what_it_should() -> None:
    assert (DATA / "digits.npz").stat().st_size < 60_000
    with np.load(DATA / "digits.npz") as file:
        images, labels = file["images"], file["labels"]
    assert (images.shape, images.dtype, images.max()) == ((1797, 8, 8), np.uint8, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_are_shuffled_and_split(load_data: Any) -> None:
    x, y, x_test, y_test = load_data()
    assert [array.shape for array in (x, y, x_test, y_test)] == [(1437, 8, 8), (1437,), (360, 8, 8), (360,)]
    assert [array.dtype.name for array in (x, y)] == ["float32", "int64"]
    assert (x.min(), x.max()) == (0, 1)
    with np.load(DATA / "digits.npz") as file:
        assert not np.array_equal(y, file["labels"][:1437])
        assert np.array_equal(np.bincount(y) + np.bincount(y_test), np.bincount(file["labels"]))
    again, other = load_data(seed=0), load_data(seed=1)
    assert np.array_equal(x, again[0]) and not np.array_equal(y, other[1])


def test_mnist_is_scaled(load_data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: Loaded = (np.full((2, 28, 28), 255, np.uint8), np.array([3, 4], np.uint8)) * 2
    monkeypatch.setattr(fetch, "mnist", lambda: whole)
    x, y, _, y_test = load_data("mnist")
    assert (x.dtype, x.max(), y.dtype, y_test.tolist()) == (np.float32, 1.0, np.int64, [3, 4])


def test_without_a_network_one_sentence_and_the_digits(
    load_data: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> Loaded:
        raise fetch.FetchError("MNIST could not be downloaded (no mirror can be reached: is there a network?).", "Try again.")

    monkeypatch.setattr(fetch, "mnist", refuse)
    x, *_ = load_data("mnist")
    assert x.shape == (1437, 8, 8)
    told = "MNIST could not be downloaded (no mirror can be reached: is there a network?). So here are the digits in its place.\n"
    assert capsys.readouterr().out == told

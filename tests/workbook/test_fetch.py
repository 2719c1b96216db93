"""Downloads, from a server on 127.0.0.1: whole, broken off, wrong, missing; and IDX files of all kinds."""

from __future__ import annotations

import gzip
import hashlib
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbook.errors import WorkbookError
from workbook.fetch import MNIST, FetchError, Files, cache_folder, files, mnist, read_idx

NAMES = tuple(MNIST.checksums)
PICTURES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = np.array([7, 0, 9], np.uint8)


def idx(array: Any, kind: int = 0x08) -> bytes:
    """The array as an IDX file, by the description of the format."""
    array = np.asarray(array)
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


GOOD = {name: gzip.compress(idx(PICTURES if "images" in name else LABELS), mtime=0) for name in NAMES}
SUMS = {name: sha256(data) for name, data in GOOD.items()}


class Mirror(ThreadingHTTPServer):
    """Serves files from memory; /cut/ breaks off, /wrong/ gives another file, /gone/ has none."""

    asked: list[str]
    allow_reuse_address = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:  # the name that http.server asks for
        self.server.asked.append(self.path)
        _, folder, name = self.path.split("/")
        if folder == "gone" or name not in GOOD:
            self.send_error(404, "Not Found")
            return
        data = b"something else" if folder == "wrong" else GOOD[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if folder == "cut" else data)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # the name that http.server gives it
        """Nothing: pytest shows what the tests print."""


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Mirror(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def nobody() -> str:
    """The address of a mirror where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def the_files(*mirrors: str, checksums: dict[str, str] = SUMS) -> Files:
    return Files("Digits", mirrors, checksums)


# --- downloads ------------------------------------------------------------------------------------------------------


def test_a_file_comes_with_a_bar_and_is_kept(mirror: Mirror, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = the_files(f"{mirror.address}/good/")
    path = source.fetch(NAMES[0], tmp_path)
    assert path == tmp_path / NAMES[0]
    assert path.read_bytes() == GOOD[NAMES[0]]
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith(f"\rDigits: {NAMES[0]} ") and "█" * 30 in told.out and told.out.endswith("MB\n")
    assert source.fetch(NAMES[0], tmp_path) == path
    assert capsys.readouterr().out == ""
    assert mirror.asked == [f"/good/{NAMES[0]}"]


def test_without_a_bar_nothing_is_printed(mirror: Mirror, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    the_files(f"{mirror.address}/good/").fetch(NAMES[1], tmp_path, progress=False)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "")


def test_a_damaged_file_in_the_cache_is_fetched_again(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / NAMES[0]).write_bytes(b"half a fi")
    path = the_files(f"{mirror.address}/good/").fetch(NAMES[0], tmp_path, progress=False)
    assert path.read_bytes() == GOOD[NAMES[0]]


@pytest.mark.parametrize("folder", ["gone", "cut", "wrong"])
def test_the_next_mirror_helps_out(mirror: Mirror, tmp_path: Path, folder: str) -> None:
    source = the_files(f"{mirror.address}/{folder}/", f"{mirror.address}/good/")
    assert source.fetch(NAMES[0], tmp_path, progress=False).read_bytes() == GOOD[NAMES[0]]
    assert mirror.asked == [f"/{folder}/{NAMES[0]}", f"/good/{NAMES[0]}"]


def test_a_dead_mirror_is_passed_over(mirror: Mirror, tmp_path: Path) -> None:
    source = the_files(nobody(), f"{mirror.address}/good/")
    assert source.fetch(NAMES[0], tmp_path, progress=False).read_bytes() == GOOD[NAMES[0]]


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("gone", "it answers 404 Not Found."),
        ("cut", "the file broke off on the way."),
        ("wrong", "the file that came has a wrong checksum."),
    ],
)
def test_what_a_mirror_did_is_told(mirror: Mirror, tmp_path: Path, folder: str, reason: str) -> None:
    source = the_files(f"{mirror.address}/{folder}/")
    with pytest.raises(FetchError, match=r"^Digits could not be downloaded \(1 mirror was tried; the last: ") as caught:
        source.fetch(NAMES[0], tmp_path, progress=False)
    assert caught.value.reasons == (f"{mirror.address}/{folder}/: {reason}",)
    assert reason in caught.value.advice and str(tmp_path) in caught.value.advice
    assert list(tmp_path.iterdir()) == []  # nothing half or wrong is left behind


def test_a_file_that_broke_off_ends_its_bar(mirror: Mirror, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FetchError, match="broke off"):
        the_files(f"{mirror.address}/cut/").fetch(NAMES[0], tmp_path)
    out = capsys.readouterr().out
    assert out == "" or out.endswith("\n")


def test_no_network_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"no mirror can be reached: is there a network\?") as caught:
        the_files(nobody(), nobody()).fetch(NAMES[0], tmp_path, progress=False)
    assert len(caught.value.reasons) == 2
    assert "\n" not in caught.value.fact
    assert isinstance(caught.value, WorkbookError)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "no"), "the cache cannot be written: [Errno 13] no."),
        (TimeoutError("late"), "it does not answer in time."),
        (OSError("odd"), "OSError: odd"),
    ],
)
def test_other_reasons_are_put_into_words(error: OSError, told: str) -> None:
    assert files._why(error) == told


def test_without_pooch_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(FetchError, match="pip install pooch"):
        the_files(nobody()).fetch(NAMES[0], tmp_path)


def test_the_cache_folder_can_be_named(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBOOK_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    assert the_files(f"{mirror.address}/good/").fetch(NAMES[0], progress=False) == tmp_path / "digits" / NAMES[0]
    monkeypatch.delenv("WORKBOOK_CACHE")
    assert cache_folder().name == "workbook"


# --- MNIST ----------------------------------------------------------------------------------------------------------


def test_mnist_gives_four_arrays(mirror: Mirror, tmp_path: Path) -> None:
    x, y, x_test, y_test = mnist(tmp_path, the_files(f"{mirror.address}/good/"), progress=False)
    assert np.array_equal(x, PICTURES) and np.array_equal(x_test, PICTURES)
    assert np.array_equal(y, LABELS) and np.array_equal(y_test, LABELS)
    assert sorted(mirror.asked) == sorted(f"/good/{name}" for name in NAMES)
    assert "labels" in mirror.asked[0]


def test_mnist_without_a_network_asks_for_one_file_only(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="404"):
        mnist(tmp_path, the_files(f"{mirror.address}/gone/"), progress=False)
    assert len(mirror.asked) == 1


def test_mnist_that_does_not_fit_together_is_refused(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = gzip.compress(idx(LABELS[:2]), mtime=0)
    monkeypatch.setitem(GOOD, NAMES[1], short)
    source = the_files(f"{mirror.address}/good/", checksums={**SUMS, NAMES[1]: sha256(short)})
    with pytest.raises(FetchError, match=r"does not fit together: pictures of shape \(3, 4, 5\), labels of shape \(2,\)"):
        mnist(tmp_path, source, progress=False)


def test_the_real_mnist_is_described() -> None:
    assert len(MNIST.mirrors) >= 2 and all(mirror.endswith("/") for mirror in MNIST.mirrors)
    assert [name.split("-")[:2] for name in NAMES] == [
        ["train", "images"],
        ["train", "labels"],
        ["t10k", "images"],
        ["t10k", "labels"],
    ]
    assert all(len(total) == 64 and set(total) <= set("0123456789abcdef") for total in MNIST.checksums.values())


# --- IDX ------------------------------------------------------------------------------------------------------------


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("kind", "dtype"), [(0x08, "uint8"), (0x09, "int8"), (0x0B, "int16"), (0x0C, "int32"), (0x0D, "float32"), (0x0E, "float64")]
)
def test_idx_of_every_kind_is_read(tmp_path: Path, kind: int, dtype: str, zipped: bool) -> None:
    array = np.array([[1, -2, 3], [40, 50, -60]]).astype(dtype)
    data = idx(array, kind)
    got = read_idx(written(tmp_path / "a.idx", gzip.compress(data) if zipped else data))
    assert got.dtype == np.dtype(dtype) and got.dtype.isnative
    assert np.array_equal(got, array)
    got[0, 0] = 5  # the array is the caller's own


def test_idx_without_entries_is_read(tmp_path: Path) -> None:
    assert read_idx(written(tmp_path / "a.idx", idx(np.zeros((0, 28, 28), np.uint8)))).shape == (0, 28, 28)


WHOLE = idx(PICTURES)
ZIPPED = gzip.compress(WHOLE, mtime=0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (WHOLE[:-1], r"cut short: an array of shape \(3, 4, 5\) takes 76 bytes, and there are 75"),
        (WHOLE + b"\0", "too long: .* takes 76 bytes, and there are 77"),
        (WHOLE[:9], "cut short: 9 bytes do not hold the sizes of 3 axes"),
        (WHOLE[:3], "no IDX file: it begins with 00 00 08"),
        (b"", "no IDX file: it begins with nothing"),
        (b"<html>no such page</html>", "no IDX file"),
        (b"\0\0\x08\0", "no IDX file"),
        (b"\0\0\x08\x09" + bytes(36), "no IDX file"),
        (b"\0\0\x0a\x01" + bytes(4), "no IDX file"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "cut short"),
        (ZIPPED[:-9], "cut short: the compressed data break off"),
        (ZIPPED[:12] + b"\xff\xff\xff\xff" + ZIPPED[16:], "damaged"),
        (ZIPPED[:-8] + bytes(4) + ZIPPED[-4:], "damaged: CRC"),
        (gzip.compress(WHOLE[:-1]), "cut short: an array"),
    ],
)
def test_idx_that_is_not_right_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = written(tmp_path / "digits.gz", data)
    with pytest.raises(FetchError, match=rf"^digits\.gz cannot be used: .*{message}") as caught:
        read_idx(path)
    assert f"Delete {path}" in caught.value.advice


def test_idx_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="cannot be read: No such file"):
        read_idx(tmp_path / "nowhere.gz")

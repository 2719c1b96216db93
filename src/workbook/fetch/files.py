"""Named files with known checksums, from the first of several mirrors that has them, kept in a cache folder."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.errors import WorkbookError

__all__ = ["FetchError", "Files", "cache_folder"]

_TIMEOUT = (5, 20)  # seconds to connect, and between two pieces
_PIECE = 1 << 16  # bytes
_BAR = 30  # letters


class FetchError(WorkbookError):
    """A file could not be had, or is not what it should be; `reasons` has one line for each mirror that was tried."""

    def __init__(self, fact: str, advice: str = "", reasons: tuple[str, ...] = ()) -> None:
        self.reasons = reasons
        super().__init__(fact, "\n".join(filter(None, [*reasons, advice])))


def cache_folder() -> Path:
    """Where is kept what can be had again: the folder that WORKBOOK_CACHE names, or the usual place of this system."""
    named = os.environ.get("WORKBOOK_CACHE")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_cache_path("workbook")


@dataclass(frozen=True)
class Files:
    """A data set's files.

    Attributes:
        title: what people call it.
        mirrors: addresses that end with a slash, tried in turn.
        checksums: SHA-256 by file name, in hexadecimal.
    """

    title: str
    mirrors: tuple[str, ...]
    checksums: Mapping[str, str]

    def fetch(self, name: str, folder: Path | None = None, *, progress: bool = True) -> Path:
        """The path of a file: from the cache if it is there unharmed, otherwise from the first mirror that has it.

        Args:
            name: one of the names in `checksums`.
            folder: the cache; default: a folder of this data set in `cache_folder()`.
            progress: whether to show a bar while it comes.

        Raises:
            FetchError: no mirror gave the file with the right checksum; `reasons` says for each what happened.
        """
        folder = folder or cache_folder() / self.title.lower()
        reasons: list[str] = []
        for mirror in self.mirrors:
            try:
                return self._from(mirror, name, folder, progress)
            except OSError as error:  # requests' exceptions are OSErrors too
                reasons.append(f"{mirror}: {_why(error)}")
            except ValueError:
                reasons.append(f"{mirror}: the file that came has a wrong checksum.")
        advice = f"With a network, try again; or put {', '.join(self.checksums)} into {folder} by hand."
        raise FetchError(f"{self.title} could not be downloaded ({_short(reasons)}).", advice, tuple(reasons))

    def _from(self, mirror: str, name: str, folder: Path, progress: bool) -> Path:
        pooch = _pooch()
        bar = _Bar(f"{self.title}: {name}") if progress else None
        download = pooch.HTTPDownloader(progressbar=bar or False, timeout=_TIMEOUT, chunk_size=_PIECE)
        try:
            with _quiet(pooch):
                path = pooch.retrieve(mirror + name, f"sha256:{self.checksums[name]}", name, folder, downloader=download)
        finally:
            if bar:
                bar.end()
        return Path(path)


def _pooch() -> Any:
    try:
        import pooch
    except ImportError:
        raise FetchError("Downloading needs the package pooch, which is not installed.", "Install it: pip install pooch") from None
    return pooch


@contextmanager
def _quiet(pooch: Any) -> Iterator[None]:
    """pooch tells on stderr what it does, which costs points in a graded notebook."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _why(error: OSError) -> str:
    """What happened, in words for people who do not read tracebacks."""
    name = type(error).__name__
    response = getattr(error, "response", None)
    if response is not None:
        return f"it answers {response.status_code} {response.reason}."
    if isinstance(error, PermissionError):
        return f"the cache cannot be written: {error}."
    if "Timeout" in name:
        return "it does not answer in time."
    if name in ("ChunkedEncodingError", "ContentDecodingError"):
        return "the file broke off on the way."
    if "ConnectionError" in name or "SSLError" in name or "ProxyError" in name:
        return "it cannot be reached."
    return f"{name}: {str(error)[:120]}"


def _short(reasons: list[str]) -> str:
    """All mirrors' reasons in a few words.

    >>> _short(["http://a/: it cannot be reached.", "http://b/: it cannot be reached."])
    'no mirror can be reached: is there a network?'
    >>> _short(["http://a/: it cannot be reached.", "http://b/: the file that came has a wrong checksum."])
    '2 mirrors were tried; the last: the file that came has a wrong checksum'
    """
    if all(reason.endswith("it cannot be reached.") for reason in reasons):
        return "no mirror can be reached: is there a network?"
    last = reasons[-1].partition(": ")[2].removesuffix(".")
    return f"{len(reasons)} mirror{'s were' if len(reasons) > 1 else ' was'} tried; the last: {last}"


class _Bar:
    """One line that grows, as pooch drives it; it goes to stdout, where a notebook shows it plainly."""

    def __init__(self, name: str) -> None:
        self.total = 0
        self._name, self._done, self._shown = name, 0, -1

    def update(self, amount: int) -> None:
        self._done = min(self._done + amount, self.total) if self.total else self._done + amount
        filled = _BAR * self._done // self.total if self.total else 0
        if filled != self._shown:
            self._shown = filled
            size = f"{self._done / 1e6:.1f} of {self.total / 1e6:.1f} MB" if self.total else f"{self._done / 1e6:.1f} MB"
            print(f"\r{self._name} {'█' * filled}{'░' * (_BAR - filled)} {size}", end="", flush=True)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """pooch is done; `end` is called in any case."""

    def end(self) -> None:
        """Close the line, if anything was written."""
        if self._shown >= 0:
            self._shown = -1
            sys.stdout.write("\n")

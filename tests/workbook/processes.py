"""Processes of this machine as tests look at them: whose children they are, and when they have ended (Linux)."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

__all__ = ["Watched", "command_line", "descendants", "parent", "until"]

_GUARD = 120.0  # seconds, against hanging only


class Watched:
    """Processes that are watched from now on, so that a later process with the same number is not taken for one of them."""

    def __init__(self, pids: Iterable[int]) -> None:
        self.names: dict[int, str] = {}
        self._ends: dict[int, int] = {}
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                self._ends[pid] = os.pidfd_open(pid)
                self.names[pid] = command_line(pid)

    def left(self, seconds: float = _GUARD) -> list[str]:
        """Wait for all of them to end; command lines of those that have not after these seconds."""
        deadline = time.monotonic() + seconds
        left = []
        for pid, end in self._ends.items():
            ready, _, _ = select.select([end], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                left.append(f"{pid} {self.names[pid]}")
            os.close(end)
        self._ends.clear()
        return left


def command_line(pid: int) -> str:
    """A process' command line; "" where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """All processes below one, nearest first."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found[1:]


def parent(pid: int) -> int:
    """0 where the process has ended."""
    return dict(_parents()).get(pid, 0)


def _parents() -> Iterator[tuple[int, int]]:
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name is in brackets and may hold anything.
            words = (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            yield int(path.name), int(words[1])


def until(condition: Callable[[], object], what: str, seconds: float = _GUARD) -> None:
    """Look again and again until the condition holds, where nothing tells when it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.02)

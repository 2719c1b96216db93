"""The sandbox as the trusted side sees it: what this machine can isolate, the warm process, and students' processes.

The file system is put together by bubblewrap: the interpreter, its packages and this package's own code, all read-only, and nothing
else. Each student's process is then confined further by itself (`confine`), before it runs a line of theirs.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from workbook.errors import WorkbookError
from workbook.grade.channel.pipe import PROGRESS
from workbook.grade.records import Limits
from workbook.grade.sandbox.bubble import ENVIRONMENT, Rules, as_root, bwrap, command_line
from workbook.model import Home

__all__ = ["Child", "Guest", "NotIsolated", "Nursery", "in_force", "missing", "nursery_of"]

_START = 120.0  # seconds for the libraries to be imported


class NotIsolated(WorkbookError):
    """This machine cannot isolate students' code."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(
            f"Students' code cannot be isolated here: {'; '.join(reasons)}.",
            "Mend that, grade on another machine, or accept it with --unsafe (their code then runs as you, with your files).",
        )


def missing() -> list[str]:
    """What this machine lacks for the sandbox, each with what to do about it; empty where it can be had."""
    if not sys.platform.startswith("linux"):
        return [f"the sandbox needs Linux, and this is {sys.platform} (a Linux virtual machine or container will do)"]
    lacks = []
    if shutil.which("bwrap") is None:
        lacks.append("the program bwrap is missing (Debian, Ubuntu: apt install bubblewrap)")
    try:
        import pyseccomp  # noqa: F401  # it raises where the library behind it is missing
    except (ImportError, OSError, RuntimeError):
        lacks.append("pyseccomp or its library is missing (pip install 'workbook[grade]'; apt install libseccomp2)")
    if not lacks:
        lacks += _tried()
    return lacks


def _tried() -> list[str]:
    done = subprocess.run([*bwrap(), "/usr/bin/true"], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 0:
        return []
    said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    switches = "user.max_user_namespaces, kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns"
    return [
        f"bwrap cannot make a sandbox ({said}): user namespaces seem to be forbidden "
        f"(whoever looks after this machine allows them with sysctl {switches}; Docker needs --privileged)"
    ]


def in_force(limits: Limits, *, unsafe: bool) -> list[tuple[str, str]]:
    """What protects the machine and the class, as (what, how), for the report at the start."""
    times = f"{limits.cell:g} s a cell, {limits.exercise:g} s an exercise, {limits.submission:g} s a submission"
    used = f"{limits.memory} MiB, {limits.cpu:g} s of processor time, {limits.open_files} open files"
    if unsafe:
        return [
            ("time", times),
            ("memory", used),
            ("tests", "run in another process, which the students' code cannot reach through the channel"),
            ("files, network, processes, system calls", "NOT isolated: students' code can do what you can do"),
        ]
    user = "an unprivileged user of its own a submission" if as_root() else "yours, without any privilege, in a user namespace"
    return [
        ("network", "none"),
        ("files", f"interpreter and libraries, read-only; {limits.scratch} MiB of scratch, private, gone afterwards"),
        ("processes", "own process namespace, killed to the last; no new processes or programs"),
        ("user", user),
        ("system calls", "filtered (libseccomp)"),
        ("time", times),
        ("memory", used),
    ]


class Nursery:
    """The sandboxed warm process. Several guests, also in other processes, may ask it for students' processes.

    Args:
        data: chapter name to its folder of data files, which students may read.
        hidden: folders that must not be seen, even where they lie inside the interpreter's.
        unsafe: without isolation.
        rules: of the exercises, so that what watches them is ready before a student's process begins.

    Raises:
        NotIsolated: this machine cannot isolate, and `unsafe` is not given.
    """

    def __init__(
        self, data: dict[str, Path], hidden: Sequence[Path] = (), *, unsafe: bool = False, rules: Sequence[Rules] = ()
    ) -> None:
        lacks = [] if unsafe else missing()
        if lacks:
            raise NotIsolated(lacks)
        self._folder = tempfile.TemporaryDirectory(prefix="workbook-")
        self.address = str(Path(self._folder.name) / "nursery")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed in `close`
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(self.address)
            listener.listen(64)
            command = command_line(data, hidden, listener.fileno(), unsafe, rules)
            self._process = subprocess.Popen(
                command,
                pass_fds=[listener.fileno()],
                stdin=subprocess.PIPE,  # never written to: its end tells the warm process that this one is gone
                start_new_session=True,  # Ctrl+C is not for the sandbox
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env=ENVIRONMENT,
                cwd="/",
            )

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the warm process and everything that it started."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._errors.close()
        self._folder.cleanup()

    def check(self) -> None:
        """Wait until the libraries are imported, and start and end one process.

        Raises:
            NotIsolated: that does not work; the message has what the sandbox said.
        """
        try:
            with contextlib.closing(Guest(self.address)) as guest, guest.child(Limits()) as child:
                child.channel.settimeout(_START)
                child.channel.shutdown(socket.SHUT_WR)
                said = child.channel.recv(1000)  # b"" where the process was there and has ended in peace
        except OSError as error:
            said = str(error).encode()
        if said:
            raise NotIsolated([f"the sandbox does not start: {said.decode(errors='replace')}\n{self.said()}"])

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def said(self) -> str:
        """What the warm process wrote to its standard error: why it did not start."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-2000:].strip()


def nursery_of(home: Home, *, unsafe: bool = False, hidden: Sequence[Path] = ()) -> Nursery:
    """A sandbox for the chapters of a home, which sees their data and nothing else of them.

    Raises:
        NotIsolated: this machine cannot isolate.
    """
    data = {chapter.name: chapter.folder / "data" for chapter in home.chapters}
    secret = [folder for chapter in home.chapters for folder in (chapter.tests, chapter.solutions, chapter.mistakes) if folder]
    rules = {(exercise.forbid, exercise.only): None for chapter in home.chapters for exercise in chapter.exercises.values()}
    return Nursery(data, [*secret, *hidden], unsafe=unsafe, rules=[rule for rule in rules if any(rule)])


class Guest:
    """A connection to a nursery; one student's process at a time."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_START)
        self._socket.connect(address)
        self._ending = False

    def close(self) -> None:
        self._socket.close()

    @contextlib.contextmanager
    def child(self, limits: Limits) -> Iterator[Child]:
        """A fresh student's process; it is killed with all that it started when the block ends.

        Raises:
            OSError: the sandbox has ended, or cannot start a process.
        """
        self.settle()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with ours, theirs, _page() as page:
            request = json.dumps({"do": "spawn", "limits": asdict(limits)}).encode()
            socket.send_fds(self._socket, [request], [theirs.fileno(), page])
            reply = self._reply()
            if "error" in reply:
                raise OSError(f"no process could be started in the sandbox: {reply['error']}")
            theirs.close()
            child = Child(ours, page)
            try:
                yield child
            finally:
                ours.close()
                self._ending = True
                with contextlib.suppress(OSError):  # the sandbox itself is gone, and the process with it: `settle` says so
                    self._socket.sendall(b'{"do": "end"}')

    def settle(self) -> None:
        """Wait until the process before has ended. Meanwhile there was something else to do.

        Raises:
            OSError: the sandbox itself has ended, so that what the process seemed to do may not have been its doing.
        """
        if self._ending:
            self._ending = False
            self._reply()

    def _reply(self) -> dict[str, Any]:
        answer = self._socket.recv(1 << 16)
        if not answer:
            raise OSError("the sandbox' warm process has ended")
        reply: dict[str, Any] = json.loads(answer)
        return reply


@dataclass
class Child:
    """A student's process: its channel, and the page on which it says where it is."""

    channel: socket.socket
    page: int

    def progress(self) -> int:
        """What the process says it is at, a number of its own; 0 at its start."""
        return int.from_bytes(os.pread(self.page, PROGRESS, 0), "little")


@contextlib.contextmanager
def _page() -> Iterator[int]:
    """A file in memory, of a fixed size, in which a student's process leaves a number without a system call."""
    if hasattr(os, "memfd_create"):
        page = os.memfd_create("progress", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(page, PROGRESS)
        fcntl.fcntl(page, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    else:  # not Linux, so the student's process is not isolated in any case
        with tempfile.TemporaryFile() as file:
            page = os.dup(file.fileno())
        os.ftruncate(page, PROGRESS)
    try:
        yield page
    finally:
        os.close(page)

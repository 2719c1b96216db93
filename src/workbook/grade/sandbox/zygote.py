"""The warm process inside the sandbox: it has imported the libraries once, and forks itself for each submission.

It never loads a test, a solution or a mistake: what it holds in memory, every student's code can read. It is started by
`nursery.Nursery` as `python -I -m workbook.grade.sandbox.zygote FD`, where FD is a listening Unix socket. Whoever connects may
ask for one process at a time: {"do": "spawn", ...} with the descriptor of the new process' channel, then {"do": "end"}.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

from workbook.grade.sandbox import confine

__all__ = ["main"]

_MIB = 1 << 20
_LIFE = 0  # standard input: a pipe that ends with the submitting process


def main(arguments: list[str]) -> None:
    """Serve until the submitting process goes away; `arguments` are the descriptor of the socket and JSON settings."""
    settings = json.loads(arguments[1])
    _warm(settings)
    Nursery(socket.socket(fileno=int(arguments[0])), settings).serve()


def _warm(settings: dict[str, Any]) -> None:
    """Import what students use and run typical operations once, on one thread: a fork of several would hang."""
    gc.disable()  # see `imports`; here there is more to do before the rest
    from workbook.grade.sandbox.student import prepare_libraries

    prepare_libraries(settings.get("data", {}), settings.get("rules", []))
    gc.collect()
    confine.collapse()
    gc.freeze()  # collections in the children need not touch, and so copy, what is here
    gc.enable()


@dataclass
class _Guest:
    """Somebody who is connected, and the process that was started for them."""

    connection: socket.socket
    child: int = 0


class Nursery:
    """Forks confined processes on demand."""

    def __init__(self, listener: socket.socket, settings: dict[str, Any]) -> None:
        self.listener = listener
        self.isolated = bool(settings["isolated"])
        self.root = bool(settings["root"])
        self.program = bytes.fromhex(settings["filter"])
        self.base = confine.address_space()
        self.pidfd = os.pidfd_open(os.getpid()) if self.isolated else -1
        self.selector = selectors.DefaultSelector()
        self.guests: dict[int, _Guest] = {}
        self.dying: dict[int, tuple[_Guest, int]] = {}  # pidfd of a process that was killed to whose it is, and its number
        self.count = 0

    def serve(self) -> None:
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(_LIFE, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.fd == _LIFE:
                    self._leave()
                elif key.fileobj is self.listener:
                    self._welcome()
                elif key.fd in self.dying:
                    self._buried(key.fd)
                else:
                    self._hear(self.guests[key.fd])

    def _leave(self) -> None:
        """The submitting process is gone, however it ended; so goes all that it wanted."""
        for guest in self.guests.values():
            if guest.child:
                self._end(guest)
        os._exit(0)

    def _welcome(self) -> None:
        connection, _ = self.listener.accept()
        self.guests[connection.fileno()] = _Guest(connection)
        self.selector.register(connection, selectors.EVENT_READ)

    def _hear(self, guest: _Guest) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(guest.connection, 1 << 16, 2)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._farewell(guest)
            return
        request = json.loads(message)
        if request["do"] == "stop":
            os._exit(0)
        if request["do"] == "spawn":
            self._answer(guest, self._spawn(guest, request, descriptors))
        elif guest.child and hasattr(os, "pidfd_open"):
            self._kill(guest.child)
            number = os.pidfd_open(guest.child)
            self.dying[number] = guest, guest.child
            self.selector.register(number, selectors.EVENT_READ)
        else:
            self._answer(guest, self._end(guest))

    def _answer(self, guest: _Guest, reply: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # gone meanwhile: the next select says so
            guest.connection.sendall(json.dumps(reply).encode())

    def _buried(self, number: int) -> None:
        """A process that was killed has ended; meanwhile there were others to serve, for an end takes long."""
        guest, pid = self.dying.pop(number)
        self.selector.unregister(number)
        os.close(number)
        if guest.child == pid:  # not when the guest has left
            self._answer(guest, self._end(guest))

    def _farewell(self, guest: _Guest) -> None:
        if guest.child:
            self._end(guest)
        self.selector.unregister(guest.connection)
        del self.guests[guest.connection.fileno()]
        guest.connection.close()

    def _spawn(self, guest: _Guest, request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        if guest.child:
            self._end(guest)
        self.count += 1
        user = confine.USERS[self.count % len(confine.USERS)]
        try:
            if self.isolated:
                confine.new_pid_namespace(self.pidfd)
            pid = os.fork()
        except OSError as error:
            pid = -1
            failure = str(error)
        if pid == 0:
            self._child(descriptors, request["limits"], user if self.root else None)
        for descriptor in descriptors:
            os.close(descriptor)
        if pid < 0:
            return {"error": failure}
        guest.child = pid
        return {"pid": pid}

    def _end(self, guest: _Guest) -> dict[str, Any]:
        """Kill the process and all that it started."""
        pid, guest.child = guest.child, 0
        if not pid:
            return {"error": "there is no process to end"}
        self._kill(pid)
        os.waitpid(pid, 0)
        return {"ended": pid}

    @staticmethod
    def _kill(pid: int) -> None:
        """Kill a process with its group; in a namespace of its own all that it started goes with it."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                kill(pid, signal.SIGKILL)

    def _child(self, descriptors: list[int], limits: dict[str, Any], user: int | None) -> None:
        """The rest of the forked process' life. It never returns."""
        try:
            os.setsid() if not self.isolated else None
            self._confine(descriptors, limits, user)
            from workbook.grade.sandbox.student import serve

            serve(3, int(limits["frame"]) * _MIB, 4)
        except BaseException as error:
            with contextlib.suppress(BaseException):
                os.write(3, b"!" + f"{type(error).__name__}: {error}".encode()[:500])
        finally:
            os._exit(0)

    def _confine(self, descriptors: list[int], limits: dict[str, Any], user: int | None) -> None:
        signal.set_wakeup_fd(-1)
        if not self.isolated:  # otherwise the namespace ends with the process that made it
            confine.end_with_parent()
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 64) for descriptor in descriptors]
        for place, descriptor in enumerate(high, 3):
            os.dup2(descriptor, place)
        os.closerange(3 + len(high), 1 << 16)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        os.close(nothing)
        if self.isolated:
            confine.hide(int(limits["scratch"]) * _MIB)
            os.chdir(confine.SCRATCH)
        elif hasattr(os, "setpgid"):
            with contextlib.suppress(OSError):
                os.setpgid(0, 0)
        confine.limit(
            self.base + int(limits["memory"]) * _MIB,
            float(limits["cpu"]),
            int(limits["file_size"]) * _MIB,
            int(limits["open_files"]),
            int(limits["threads"]) if self.isolated else 1 << 20,
        )
        if self.isolated:
            confine.drop_privileges(user)
            confine.refuse_calls(self.program)


if __name__ == "__main__":
    main(sys.argv[1:])

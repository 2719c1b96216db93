"""A PostgreSQL server of one's own, from Debian's package: as an unprivileged user, on 127.0.0.1, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Missing", "Server", "postgres"]

_USERS = ("postgres", "nobody")


class Missing(Exception):
    """Why no server can be had here."""


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        programs: folder of initdb, pg_ctl and the rest.
        data: the server's files.
        port: where it listens, on 127.0.0.1 only.
        user: whose process it is, or None for this process' own user.
    """

    programs: Path
    data: Path
    port: int
    user: str | None

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy's address of a database, for psycopg 3."""
        return f"postgresql+psycopg://grader@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new, empty database; its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "grader", database)
        return self.url(database)

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k '' -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", str(self.data), "-l", str(self.data / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """End the server; "immediate" is as if it had crashed."""
        self._run("pg_ctl", "stop", "-w", "-t", "60", "-D", str(self.data), "-m", mode)

    def initialise(self) -> None:
        self._run("initdb", "-D", str(self.data), "-U", "grader", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        who = ["setpriv", f"--reuid={self.user}", f"--regid={_group(self.user)}", "--clear-groups"] if self.user else []
        done = subprocess.run([*who, *command], cwd=self.data.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            log = self.data / "log"
            raise Missing(f"{program} fails: {done.stderr}{log.read_text(encoding='utf-8') if log.exists() else ''}")


@contextmanager
def postgres() -> Iterator[Server]:
    """A fresh server, stopped and removed at the end.

    Raises:
        Missing: the package or the driver is not installed, or there is no unprivileged user to run it.
    """
    # Not pytest's folder, which only its own user may enter.
    with tempfile.TemporaryDirectory(prefix="workbook-postgres-") as folder:
        server = Server(_programs(), Path(folder) / "data", _free_port(), _user())
        if server.user:
            Path(folder).chmod(0o711)
            server.data.mkdir(mode=0o700)
            shutil.chown(server.data, server.user, _group(server.user))
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            if (server.data / "postmaster.pid").exists():
                server.stop("immediate")


def _programs() -> Path:
    try:
        import psycopg  # noqa: F401  # only whether it is there
    except ImportError:
        raise Missing("psycopg is not installed: pip install 'psycopg[binary]'") from None
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise Missing("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in _USERS if name in known), None)
    if user is None or shutil.which("setpriv") is None:
        raise Missing("PostgreSQL does not run as root, and there is no other user, or no setpriv, to run it as")
    return user


def _group(user: str | None) -> int:
    return pwd.getpwnam(user).pw_gid if user else os.getegid()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

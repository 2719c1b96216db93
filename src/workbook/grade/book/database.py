"""The gradebook's database: one transaction at a time, whole or not at all, and errors that say what to do.

SQLAlchemy is imported with this module; others import this module inside functions.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError, ProgrammingError

from workbook.errors import BadInput

__all__ = ["Database"]

T = TypeVar("T")

# How long SQLite itself waits for a lock before Python may look at Ctrl-C and the clock again, in seconds.
_NAP = 0.5
# Two writers that create the same row, or wait for each other, try again this often.
_CONFLICTS = 5
_BUSY_STATES = {"55P03", "40P01", "40001"}  # lock not available, deadlock, serialization failure
_FULL_STATES = {"53100"}
_SCHEMA_STATES = {"42703", "42P01", "42501"}  # no such column, no such table, no right to
_FILE_TROUBLE = ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")
_LOST_STATES = {"57P01", "57P02", "57P03"}  # the server is being shut down, crashed, or is starting


class Database:
    """A gradebook's database, SQLite or a server's.

    Args:
        url: SQLAlchemy's URL.
        patience: how long to wait for a lock that somebody else holds, in seconds.

    Raises:
        BadInput: the driver is not installed, or the gradebook is damaged.
    """

    def __init__(self, url: str, patience: float) -> None:
        self._url = make_url(url)
        self._patience = patience
        self.path = Path(self._url.database or "") if self._url.get_backend_name() == "sqlite" else None
        arguments: dict[str, Any] = {"pool_pre_ping": True}
        if self.path is not None:
            arguments = {"connect_args": {"timeout": min(_NAP, patience)}}
        elif self._url.get_backend_name() == "postgresql":
            wait = f"-c lock_timeout={max(1, round(patience * 1000))}"
            arguments["connect_args"] = {"options": wait, "connect_timeout": 10}
        try:
            self._engine = create_engine(self._url, **arguments)
        except (ImportError, NoSuchModuleError) as error:
            raise BadInput(
                f"The gradebook {self.name} needs a driver that is not here: {error}.",
                "For PostgreSQL: pip install 'psycopg[binary]', and begin the address with postgresql+psycopg://.",
            ) from None
        if self.path is not None:
            event.listen(self._engine, "connect", _prepare)
            event.listen(self._engine, "begin", _begin)
            event.listen(self._engine, "close", _tidy)

    @property
    def name(self) -> str:
        """What to call the gradebook in a message: its file, or its address without the password."""
        return str(self.path) if self.path is not None else self._url.render_as_string(hide_password=True)

    def exists(self) -> bool:
        """False for an SQLite file that is not there yet; True for every server."""
        return self.path is None or self.path.exists()

    def close(self) -> None:
        self._engine.dispose()

    def check(self) -> None:
        """Look over an SQLite file once, because writing into a damaged one would make it worse.

        Raises:
            BadInput: it is damaged.
        """
        if self.path is None or not self.exists():
            return
        found = self.read(lambda connection: connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        if found != "ok":
            raise self._damaged(str(found).replace("\n", " "))

    def read(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in a transaction that changes nothing. Errors as in `write`."""
        return self._run(work, reading=True)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in a transaction of its own and commit it; `work` may be called again when others were in the way.

        Raises:
            BadInput: the database is locked, full, damaged, lost or not writable. Nothing of this transaction was written.
        """
        return self._run(work, reading=False)

    def _run(self, work: Callable[[Connection], T], *, reading: bool) -> T:
        deadline = time.monotonic() + self._patience
        conflicts = 0
        while True:
            try:
                with self._engine.connect() as raw:
                    connection = raw.execution_options(workbook_reading=reading)
                    with connection.begin():
                        return work(connection)
            except DBAPIError as error:
                conflict = isinstance(error, IntegrityError) or _state(error) in {"40P01", "40001"} or error.connection_invalidated
                conflicts += conflict
                locked = _code(error).startswith("SQLITE_BUSY") and time.monotonic() < deadline
                if not locked and (not conflict or conflicts > _CONFLICTS):
                    raise self._explained(error) from error
            _pause()

    def _explained(self, error: DBAPIError) -> Exception:
        """The error for a person; the very same where it can only be a bug of ours."""
        code, state = _code(error), _state(error)
        text = " ".join(str(error.orig).split())
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or state in _BUSY_STATES:
            return BadInput(
                f"The gradebook {self.name} was locked for {self._patience:g} seconds{self._holder()}. Nothing was written.",
                "Let that program finish or close it (nbgrader, formgrader, a database viewer), then run this again.",
            )
        if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return self._damaged(text)
        if code == "SQLITE_FULL" or state in _FULL_STATES:
            return BadInput(
                f"The disk is full: the gradebook {self.name} cannot grow. Nothing of this submission was written.",
                "Free some space, then run this again: what was recorded is kept, and only the rest is graded.",
            )
        if self.path is not None and code.startswith(_FILE_TROUBLE):
            return BadInput(
                f"The gradebook {self.name} cannot be read or written: {text} ({code}).",
                "Look at its permissions, those of its folder, and the disk.",
            )
        if error.connection_invalidated or state in _LOST_STATES or (self.path is None and not state):
            return BadInput(
                f"The gradebook's server does not answer ({self.name}): {text}.",
                "Look whether the server runs and the address is right, then run this again: only what is missing is graded.",
            )
        if isinstance(error, IntegrityError) or (isinstance(error, ProgrammingError) and state not in _SCHEMA_STATES):
            return error
        return BadInput(
            f"The gradebook {self.name} refuses: {text}.",
            "If nbgrader was updated, make a copy of the gradebook and run `nbgrader db upgrade` in the course's folder.",
        )

    def _damaged(self, text: str) -> BadInput:
        return BadInput(
            f"The gradebook {self.name} is damaged: {text}. It was left as it is.",
            "Move it away (with the files beside it whose names begin the same) and put your backup in its place; "
            "`workbook grade` adds what is missing there.",
        )

    def _holder(self) -> str:
        """Which process holds the lock, where Linux tells it."""
        try:
            inode = str(Path(self.path or "").stat().st_ino)
            lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
            pids = {int(words[4]) for words in map(str.split, lines) if len(words) > 5 and words[5].split(":")[-1] == inode}
            names = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in sorted(pids - {os.getpid()}) if pid > 0}
        except (OSError, ValueError):
            return ""
        told = [f"process {pid} ({_readable(name)})" for pid, name in names.items()]
        return f" by {' and '.join(told)}" if told else " by another program"


def _prepare(connection: Any, _: Any) -> None:
    """Python's sqlite3 begins no transaction by itself any more, so that `_begin` can."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -16000")
    # What is wrong with the file comes to light at BEGIN, where there is somebody to explain it.
    with suppress(sqlite3.DatabaseError):
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        if mode == "delete":
            # As safe as the default, and in a power cut safer: the end of the journal is synced in this mode and not in that one.
            # Unlike WAL it is no property of the file, and it works on network drives.
            connection.execute("PRAGMA journal_mode = TRUNCATE")


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: two that had both read would refuse each other when they come to write.
    reading = connection.get_execution_options().get("workbook_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _pause() -> None:
    """Two writers in step would meet again and again."""
    time.sleep(random.uniform(0.001, 0.02))


def _tidy(connection: Any, _: Any) -> None:
    """Take the empty journal away that `_prepare`'s mode leaves behind."""
    with suppress(sqlite3.DatabaseError):
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        if mode == "truncate":
            connection.execute("PRAGMA journal_mode = DELETE")


def _readable(command: bytes) -> str:
    """A process' command line, in one short line."""
    return " ".join(command.replace(bytes(1), b" ").decode(errors="replace").split())[:100]


def _code(error: DBAPIError) -> str:
    """SQLite's name of the error; "" with another database."""
    return str(getattr(error.orig, "sqlite_errorname", ""))


def _state(error: DBAPIError) -> str | None:
    """PostgreSQL's code of the error."""
    return getattr(error.orig, "sqlstate", None)

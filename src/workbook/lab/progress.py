"""What was tried and what passed: one SQLite file in the work folder, safe with several kernels writing at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workbook.errors import BadInput
from workbook.model import Result

__all__ = ["Progress", "Run"]

_ABOUT = (
    "This file is the record of your exercise tests: one row of `runs` for each time that one was run in your own notebooks.",
    "It was made on this machine by Workbook, is read by `workbook status` and the progress panel, and is sent nowhere.",
    "Your answers are not in it. `workbook status --forget` deletes it.",
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY,
    time TEXT NOT NULL,        -- UTC, ISO 8601
    chapter TEXT NOT NULL,
    part TEXT NOT NULL,
    exercise TEXT NOT NULL,
    status TEXT NOT NULL,      -- passed, failed, unsolved, reset
    mistake TEXT NOT NULL      -- the known mistake that was recognised, or ''
)
"""
_BESIDE = ("", "-journal", "-wal", "-shm")  # SQLite's files


@dataclass(frozen=True)
class Run:
    """One run of a test.

    Attributes:
        time: with its zone.
        status: "passed", "failed", "unsolved" (the stub), or "reset" (put back to its stub).
        mistake: the known mistake that was recognised, or "".
    """

    time: datetime
    chapter: str
    part: str
    exercise: str
    status: str
    mistake: str = ""


class Progress:
    """The record of test runs in `folder`/progress.sqlite. Nothing leaves the machine; deleting the file forgets everything."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "progress.sqlite"

    def record(self, chapter: str, part: str, result: Result) -> None:
        """Add one run.

        Raises:
            BadInput: the file is not a database or cannot be written.
        """
        self._add(chapter, part, result.exercise, str(result.status), result.mistake)

    def reset(self, chapter: str, part: str, exercise: str) -> None:
        """From now on the exercise counts as untouched; what was recorded before stays in the file.

        Raises:
            BadInput: as `record`.
        """
        if self.path.is_file():
            self._add(chapter, part, exercise, "reset", "")

    def states(self, chapter: str) -> dict[str, str]:
        """Exercise name to "solved" (passed since its last reset) or "tried"; names that were not run since then are absent."""
        if not self.path.is_file():
            return {}
        query = """
            SELECT exercise, MAX(status = 'passed') FROM runs AS run
            WHERE chapter = ? AND status IN ('passed', 'failed') AND NOT EXISTS (
                SELECT 1 FROM runs WHERE exercise = run.exercise AND chapter = run.chapter AND status = 'reset' AND id > run.id
            )
            GROUP BY exercise
        """
        with self._connection() as db:
            return {name: "solved" if passed else "tried" for name, passed in db.execute(query, (chapter,))}

    def runs(self, exercise: str = "", chapter: str = "") -> list[Run]:
        """Every run, the oldest first; of one exercise of a chapter, or of all."""
        if not self.path.is_file():
            return []
        query = "SELECT time, chapter, part, exercise, status, mistake FROM runs"
        where, values = (" WHERE exercise = ? AND chapter = ?", (exercise, chapter)) if exercise else ("", ())
        with self._connection() as db:
            return [Run(datetime.fromisoformat(time), *rest) for time, *rest in db.execute(f"{query}{where} ORDER BY id", values)]

    def forget(self) -> bool:
        """Delete the record; False where there is none.

        Raises:
            BadInput: it cannot be deleted.
        """
        found = [path for end in _BESIDE if (path := self.path.with_name(self.path.name + end)).exists()]
        try:
            for path in found:
                path.unlink()
        except OSError as error:
            raise BadInput(f"{self.path} cannot be deleted: {error}.", "Close other programs that use it.") from None
        return bool(found)

    def _add(self, chapter: str, part: str, exercise: str, status: str, mistake: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._connection() as db:
            db.execute(
                "INSERT INTO runs (time, chapter, part, exercise, status, mistake) VALUES (?, ?, ?, ?, ?, ?)",
                (now, chapter, part, exercise, status, mistake),
            )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=10)) as db, db:
                if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone():
                    db.execute(_SCHEMA)
                    db.execute("CREATE TABLE IF NOT EXISTS about (line INTEGER PRIMARY KEY, text TEXT NOT NULL)")
                    db.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", enumerate(_ABOUT, 1))
                yield db
        except sqlite3.DatabaseError as error:
            raise BadInput(
                f"{self.path} cannot be used as the record of your progress: {error}.",
                "Close other programs that use it; if it is damaged, move it away: your notebooks are not touched.",
            ) from None

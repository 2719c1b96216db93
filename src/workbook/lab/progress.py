"""What was tried and what passed: one SQLite file in the work folder, safe with several kernels writing at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from workbook.errors import BadInput
from workbook.model import Result

__all__ = ["Progress"]

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

    def states(self) -> dict[str, str]:
        """Exercise name to "solved" (passed since its last reset) or "tried"; names that were not run since then are absent."""
        if not self.path.is_file():
            return {}
        query = """
            SELECT exercise, MAX(status = 'passed') FROM runs AS run
            WHERE status IN ('passed', 'failed') AND NOT EXISTS (
                SELECT 1 FROM runs WHERE exercise = run.exercise AND chapter = run.chapter AND status = 'reset' AND id > run.id
            )
            GROUP BY exercise
        """
        with self._connection() as db:
            db.execute(_SCHEMA)
            return {name: "solved" if passed else "tried" for name, passed in db.execute(query)}

    def _add(self, chapter: str, part: str, exercise: str, status: str, mistake: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._connection() as db:
            db.execute(_SCHEMA)
            db.execute(
                "INSERT INTO runs (time, chapter, part, exercise, status, mistake) VALUES (?, ?, ?, ?, ?, ?)",
                (now, chapter, part, exercise, status, mistake),
            )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=10)) as db, db:
                yield db
        except sqlite3.DatabaseError as error:
            raise BadInput(
                f"{self.path} cannot be used as the record of your progress: {error}.",
                "Close other programs that use it; if it is damaged, move it away: your notebooks are not touched.",
            ) from None

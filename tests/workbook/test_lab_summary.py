"""Where a student stands, from the record."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from workbook.cli.app import app
from workbook.lab.progress import Progress
from workbook.lab.summary import summarise
from workbook.model import Home, Result, Status

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def run_at(home: Home, time: datetime, exercise: str, status: str) -> None:
    progress = Progress(home.work_dir)
    progress.record("small_course", "part1_small", Result(exercise, Status(status)))
    with closing(sqlite3.connect(progress.path)) as db, db:
        db.execute("UPDATE runs SET time = ? WHERE id = (SELECT MAX(id) FROM runs)", (time.isoformat(),))


def test_nothing_was_done_yet(home: Home) -> None:
    summary = summarise(home)
    assert (summary.runs, summary.minutes, summary.streak) == (0, 0, 0)
    assert summary.current is not None and summary.current.next == "double"
    assert summary.parts[0].count("untouched") == 7, "a written question is not tested"
    assert not home.work_dir.exists()


def test_states_time_and_what_is_next(home: Home) -> None:
    for minutes, exercise, status in [
        (0, "double", "failed"),
        (10, "double", "passed"),
        (35, "Meter", "failed"),
        (95, "Meter", "failed"),
    ]:
        run_at(home, NOON + timedelta(minutes=minutes), exercise, status)
    summary = summarise(home, today=date(2026, 3, 10))
    (part,) = summary.parts
    assert (part.count("solved"), part.count("tried"), part.count("untouched")) == (1, 1, 5)
    assert summary.minutes == 35, "an hour without a run was a pause"
    assert part.next == "flipped" and part.minutes_left == 4 + 8 + 5 + 2 + 6 + 6


@pytest.mark.parametrize(
    ("ages", "streak"),
    [([], 0), ([0], 1), ([1], 1), ([2], 0), ([0, 1, 2], 3), ([1, 2, 4], 2), ([0, 2, 3], 1)],
)
def test_a_streak_ends_today_or_yesterday(home: Home, ages: list[int], streak: int) -> None:
    for age in sorted(ages, reverse=True):
        run_at(home, NOON - timedelta(days=age), "double", "passed")
    run_at(home, NOON, "flipped", "failed")
    today = NOON.astimezone().date()
    assert summarise(home, today=today).streak == streak


def test_the_command_shows_it_and_forgets_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.root)
    run_at(home, NOON, "double", "passed")
    run_at(home, NOON + timedelta(minutes=20), "Meter", "failed")

    def said(*words: str, answer: str = "") -> str:
        found = CliRunner().invoke(app, ["status", *words], input=answer)
        assert found.exit_code in (0, 1), found.output
        return found.output

    text = said()
    assert "1/7" in text and "✓·✗····" in text and "2 tests run in about 20 min." in text
    assert "Next: flipped, in part1_small" in text
    data = json.loads(said("--json"))
    assert data["next"] == "flipped" and data["minutes"] == 20 and data["parts"][0]["tried"] == 1
    assert "Delete" in said("--forget", answer="n\n") and Progress(home.work_dir).path.is_file()
    assert "Forgotten." in said("--forget", "--yes") and not Progress(home.work_dir).path.exists()
    assert "There is no record" in said("--forget")

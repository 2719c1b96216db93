"""Where a student stands: what is solved, what comes next, how long it has taken. Read from the record, for every view of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from workbook.lab.progress import Progress, Run
from workbook.model import Home, Part

__all__ = ["PartState", "Summary", "duration", "summarise"]

_PAUSE = timedelta(minutes=30)  # a longer gap between two runs was no work


@dataclass(frozen=True)
class PartState:
    """One part: exercise name to "solved", "tried" or "untouched". Written questions are not in it: no test judges them."""

    part: Part
    chapter: str
    exercises: dict[str, str]

    def count(self, state: str) -> int:
        return list(self.exercises.values()).count(state)

    @property
    def next(self) -> str:
        """The first exercise that is not solved, or ""."""
        return next((name for name, state in self.exercises.items() if state != "solved"), "")

    @property
    def minutes_left(self) -> int:
        """Estimated working time of what is not solved."""
        return sum(e.minutes for e in self.part.exercises if self.exercises.get(e.name, "solved") != "solved")


@dataclass(frozen=True)
class Summary:
    """All parts, and the student's days.

    Attributes:
        streak: days in a row, today or yesterday the last, on which something passed.
        minutes: working time: between runs that are at most half an hour apart.
        runs: how many tests were run.
        record: the file that all this is read from.
    """

    parts: tuple[PartState, ...]
    streak: int
    minutes: int
    runs: int
    record: str

    @property
    def current(self) -> PartState | None:
        """The part to go on with: where the first exercise that is not solved stands."""
        return next((part for part in self.parts if part.next), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        parts = [
            {
                "chapter": state.chapter,
                "part": state.part.name,
                "title": state.part.title,
                "solved": state.count("solved"),
                "tried": state.count("tried"),
                "untouched": state.count("untouched"),
                "minutes_left": state.minutes_left,
                "exercises": state.exercises,
            }
            for state in self.parts
        ]
        following = self.current.next if self.current else None
        days = {"streak_days": self.streak, "minutes": self.minutes, "runs": self.runs}
        return {"parts": parts, "next": following, **days, "record": self.record}


def summarise(home: Home, today: date | None = None) -> Summary:
    """What the record in the work folder says.

    Args:
        today: default: the present day, where the student is.

    Raises:
        BadInput: the record cannot be read.
    """
    progress = Progress(home.work_dir)
    runs = [run for run in progress.runs() if run.status != "reset"]
    parts = []
    for chapter in home.chapters:
        states = progress.states(chapter.name)
        for part in chapter.parts:
            exercises = {e.name: states.get(e.name, "untouched") for e in part.exercises if e.kind != "question"}
            parts.append(PartState(part, chapter.name, exercises))
    days = {run.time.astimezone().date() for run in runs if run.status == "passed"}
    streak = _streak(days, today or datetime.now().date())
    return Summary(tuple(parts), streak, _minutes(runs), len(runs), str(progress.path))


def duration(minutes: int) -> str:
    """Minutes in words.

    >>> duration(53), duration(113)
    ('53 min', '1 h 53 min')
    """
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _streak(days: set[date], today: date) -> int:
    day = today if today in days else today - timedelta(days=1)
    count = 0
    while day in days:
        day -= timedelta(days=1)
        count += 1
    return count


def _minutes(runs: Sequence[Run]) -> int:
    times = sorted(run.time for run in runs)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return round(sum((gap for gap in gaps if gap <= _PAUSE), timedelta()).total_seconds() / 60)

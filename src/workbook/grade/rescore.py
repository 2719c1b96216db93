"""Grading a class once more after its tests or points changed: everything is known before anything is written."""

from __future__ import annotations

import contextlib
import json
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from workbook.errors import BadInput
from workbook.grade.book.assignment import read_assignment
from workbook.grade.book.course import Submitted
from workbook.grade.book.gradebook import Book
from workbook.grade.book.scores import Change, Record, Scores
from workbook.grade.classwork import Classwork, Done
from workbook.grade.pool import Pool
from workbook.grade.records import Graded

__all__ = ["OUTCOMES", "Comparison", "Regrading", "Rescored"]

OUTCOMES = ("gain", "lose", "same", "new", "not_graded")
_NOTHING = 1e-9  # points; a late penalty is a computed fraction


@dataclass(frozen=True)
class Rescored:
    """What grading once more does to one student.

    Attributes:
        change: points before and after.
        not_graded: why there is no new result, or "".
        changed: the submitted files are others than those that were graded before.
    """

    change: Change
    not_graded: str = ""
    changed: bool = False

    @property
    def student(self) -> str:
        return self.change.student

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`; "new" where the gradebook has no submission yet."""
        if self.not_graded:
            return "not_graded"
        if self.change.before is None:
            return "new"
        gain = self.change.gain
        return "same" if abs(gain) < _NOTHING else "gain" if gain > 0 else "lose"

    @property
    def kept(self) -> bool:
        """Whether what was recorded before stays untouched, because there is nothing to put in its place."""
        return bool(self.not_graded) and _is_graded(self.change.before)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        before, after = self.change.before, self.change.after
        rows = [{"exercise": name, "before": old, "after": new} for name, old, new in self.change.exercises()]
        return {
            "student": self.student,
            "outcome": self.outcome,
            "before": before.final if before else None,
            "after": after.final if after else None,
            "difference": self.change.gain,
            "exercises": rows,
            "late_penalty": after.late_penalty if after else None,
            "changed": self.changed,
            "not_graded": self.not_graded,
            "kept": self.kept,
        }


@dataclass(frozen=True)
class Comparison:
    """What would be written.

    Attributes:
        points: sentences about what changes in the assignment itself, for every student.
        outdated: sentences about points in chapter.toml that the course's source notebook does not have.
        students: one entry a submission, by name.
        gone: students with a recorded result of whom no submission is here any more; they keep their points.
    """

    points: tuple[str, ...]
    outdated: tuple[str, ...]
    students: tuple[Rescored, ...]
    gone: tuple[str, ...] = ()

    def of(self, outcome: str) -> list[Rescored]:
        """The students with one of the `OUTCOMES`."""
        return [one for one in self.students if one.outcome == outcome]

    def counts(self) -> dict[str, int]:
        """Each outcome to the number of students."""
        return {outcome: len(self.of(outcome)) for outcome in OUTCOMES}


class Regrading:
    """Grades all submissions of a piece of classwork, compares, and writes: one after the other, in this order.

    The results wait on the disk meanwhile, in a file without a name: however the process ends, nothing of them is left.

    Args:
        work: with `force`, so that everything is graded with the seed that is recorded.
        submitted: what `work.find` found.
    """

    def __init__(self, work: Classwork, submitted: Sequence[Submitted]) -> None:
        self.work = work
        self.submitted = {one.student: one for one in submitted}
        self._spool = _Spool()
        self._recorded: dict[str, Record] = {}

    def __enter__(self) -> Regrading:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._spool.close()

    def grade(self, pool: Pool, book: Book) -> Iterator[Graded]:
        """Grade everything, writing nothing into the course; results come without their notebooks.

        Raises:
            BadInput: the gradebook does not have the part yet, the disk is full, or as `Classwork.results`.
        """
        book.differences(self.work.chapter, self.work.part)  # says now what would be wrong after minutes of grading
        self._recorded = book.recorded(self.work.part.name, whole=False)
        for result in self.work.results(pool, book, list(self.submitted.values())):
            self._spool.add(result)
            yield replace(result, notebook="")

    def compare(self, book: Book) -> Comparison:
        """What `write` would do to everybody's points.

        Raises:
            BadInput: as `Book.compare`.
        """
        chapter, part = self.work.chapter, self.work.part
        about: dict[str, tuple[str, bool]] = {}

        def results() -> Iterator[Graded]:
            for one in self._spool:
                known = self._recorded.get(one.student)
                changed = known is not None and not one.not_graded and known.submission != one.submission
                about[one.student] = one.not_graded, changed
                yield one

        times = {name: one.timestamp for name, one in self.submitted.items()}
        changes = book.compare(chapter, part, results(), times)
        students = tuple(Rescored(change, *about[change.student]) for change in sorted(changes, key=lambda one: one.student))
        known = {*self.submitted, *self.work.course.excluded, *(name for name, _ in self.work.refused)}
        gone = () if self.work.students else tuple(sorted(self._recorded.keys() - known))
        return Comparison(book.differences(chapter, part), self._outdated(), students, gone)

    def write(self, book: Book, comparison: Comparison) -> Iterator[Done]:
        """Bring the assignment's points up to date and write everybody's result, but of those who keep what they have.

        Raises:
            BadInput: as `Book.ensure` and `Classwork.write`. What was written by then stays; a rerun does the rest.
        """
        book.ensure(self.work.chapter, self.work.part)
        kept = {one.student for one in comparison.students if one.kept}
        for result in self._spool:
            if result.student not in kept:
                yield self.work.write(book, result, self.submitted[result.student])

    def _outdated(self) -> tuple[str, ...]:
        course, chapter, part = self.work.course, self.work.chapter, self.work.part
        path = course.source_notebook(part.name)
        if not path.is_file():
            return ()
        there = {cell.name: cell.points for cell in read_assignment(course, chapter, part).cells if cell.grade}
        return tuple(
            f"{one.name}: {one.points} points in chapter.toml, {there[one.name]:g} in {path}, which count"
            for one in part.exercises
            if there.get(one.name, one.points) != one.points
        )


def _is_graded(scores: Scores | None) -> bool:
    return scores is not None and any(points.auto is not None or points.manual is not None for points in scores.exercises)


class _Spool:
    """Results on the disk, with their notebooks: a class of 2,000 would fill the memory."""

    def __init__(self) -> None:
        with _explained():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._lengths: list[int] = []

    def close(self) -> None:
        with contextlib.suppress(OSError):  # on a full disk it tries once more to write
            self._file.close()

    def add(self, graded: Graded) -> None:
        data = zlib.compress(json.dumps([graded.as_dict(), graded.notebook]).encode(), 1)
        with _explained():
            self._file.write(data)
            self._file.flush()
        self._lengths.append(len(data))

    def __iter__(self) -> Iterator[Graded]:
        self._file.seek(0)
        for length in self._lengths:
            told, notebook = json.loads(zlib.decompress(self._file.read(length)))
            yield replace(Graded.from_dict(told), notebook=notebook)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"The results cannot be put aside for the comparison: {error.strerror or error}. Nothing was written.",
            "Make room in the folder for temporary files, or name another one in the environment variable TMPDIR.",
        ) from None

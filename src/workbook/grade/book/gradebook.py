"""nbgrader's gradebook, written by the submitting process alone: one transaction a submission, with a record of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypeVar

from workbook.errors import BadInput
from workbook.grade.book.course import Course, Submitted
from workbook.grade.book.penalty import LatePenalty
from workbook.grade.book.scores import Change, Record, Scores
from workbook.grade.records import Graded
from workbook.model import Chapter, Part

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbook.grade.book.standing import Standing
    from workbook.grade.book.tables import Plan

__all__ = ["Book"]

T = TypeVar("T")


class Book:
    """A course's gradebook. Open it after the worker processes were started: a connection must not be inherited.

    Args:
        patience: how long to wait for somebody else's lock, in seconds.

    Raises:
        BadInput: the gradebook is damaged, or its driver is missing.
    """

    def __init__(self, course: Course, *, patience: float = 60.0) -> None:
        from workbook.grade.book.database import Database

        self.course = course
        self._database = Database(course.db_url, patience)
        self._penalty = LatePenalty(course)
        self._plans: dict[str, Plan] = {}
        try:
            self._database.check()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    # --- the assignment ----------------------------------------------------------------------------------------------

    def ensure(self, chapter: Chapter, part: Part) -> tuple[str, ...]:
        """Make the gradebook, if there is none, and the part's assignment in it, and bring its points up to date.

        Returns:
            Sentences about what changed in an assignment that was there before.

        Raises:
            BadInput: as `Database.write`, or the source notebook cannot be used.
        """
        from workbook.grade.book import tables
        from workbook.grade.book.assignment import read_assignment

        wanted = read_assignment(self.course, chapter, part)
        course_id = self.course.course_id or "default_course"

        def work(connection: Connection) -> tuple[list[str], Plan | None]:
            tables.create(connection, course_id)
            said = tables.synchronise(connection, wanted, course_id)
            return said, tables.load(connection, part.name)

        said, plan = self._database.write(work)
        assert plan is not None
        self._plans[part.name] = plan.ordered(tuple(cell.name for cell in wanted.cells))
        return tuple(said)

    # --- reading -----------------------------------------------------------------------------------------------------

    def recorded(self, part: str, *, whole: bool = True) -> dict[str, Record]:
        """The newest record of each student, by name.

        Args:
            whole: False leaves out `Record.data`, so that a big class needs little memory where only digests are compared.

        Raises:
            BadInput: there is no gradebook, or as `Database.read`.
        """
        from workbook.grade.book import records_table

        return self._read(lambda connection: records_table.newest(connection, part, whole=whole))

    def history(self, part: str, student: str) -> list[Record]:
        """Every record of a student's part, oldest first.

        Raises:
            BadInput: as `recorded`.
        """
        from workbook.grade.book import records_table

        return self._read(lambda connection: records_table.history(connection, part, student))

    def scores(self, part: str) -> dict[str, Scores]:
        """What each student has now, with what people entered by hand, by name.

        Raises:
            BadInput: as `recorded`.
        """
        from workbook.grade.book import standing, tables

        def work(connection: Connection) -> dict[str, Scores]:
            plan = tables.load(connection, part)
            return {} if plan is None else {name: now.scores for name, now in standing.everyone(connection, plan).items()}

        return self._read(work)

    def differences(self, chapter: Chapter, part: Part) -> tuple[str, ...]:
        """The sentences that `ensure` would return, without writing anything.

        Raises:
            BadInput: as `ensure`, or the gradebook does not have the part yet.
        """
        from workbook.grade.book import tables
        from workbook.grade.book.assignment import read_assignment

        wanted = read_assignment(self.course, chapter, part)
        self._plan(part.name)
        return tuple(self._read(lambda connection: tables.differences(connection, wanted)))

    def compare(
        self, chapter: Chapter, part: Part, graded: Iterable[Graded], times: Mapping[str, datetime | None] | None = None
    ) -> list[Change]:
        """What `ensure` and `write` would do to these students' points, without writing anything.

        Args:
            times: when students handed in, as far as `write` will be told something else than the gradebook has.

        Raises:
            BadInput: as `ensure`.
        """
        from workbook.grade.book import standing, tables
        from workbook.grade.book.assignment import read_assignment

        wanted = read_assignment(self.course, chapter, part)

        def work(connection: Connection) -> tuple[Plan | None, dict[str, Standing]]:
            plan = tables.load(connection, part.name)
            return plan, standing.everyone(connection, plan, times) if plan else {}

        plan, now = self._read(work)
        if plan is None:
            raise self._unknown(part.name)
        return [standing.change(plan, wanted, now.get(one.student), one, self._penalty) for one in graded]

    # --- writing -----------------------------------------------------------------------------------------------------

    def write(self, graded: Graded, submitted: Submitted) -> Scores | None:
        """Write one submission's grades, comments, penalty and record in one transaction.

        What people entered is kept: manual scores, manual comments, extra credit, extensions. A submission that was not graded gets
        only its record. The same result written twice makes one record.

        Returns:
            The points, with those entered by hand; None where it was not graded.

        Raises:
            BadInput: as `Database.write`; `ensure` was never called for this part; the plug-in for late penalties fails.
        """
        from workbook.grade.book import standing

        if graded.student != submitted.student:
            raise ValueError(f"results of {graded.student!r} for the submission of {submitted.student!r}")
        plan = self._plan(graded.part)
        unanswered = standing.unanswered(plan, graded)
        return self._database.write(lambda connection: self._write(connection, plan, graded, submitted, unanswered))

    def _write(
        self, connection: Connection, plan: Plan, graded: Graded, submitted: Submitted, unanswered: frozenset[str]
    ) -> Scores | None:
        from workbook.grade.book import records_table, standing

        scores = None
        if not graded.not_graded:
            now = standing.open_submission(connection, plan, submitted)
            scores = standing.after(plan, now, graded, unanswered, self._penalty)
            standing.save(connection, plan, now, scores, unanswered)
        maximum = sum(cell.maximum for _, cell in plan.graded)
        records_table.add(connection, graded, scores, maximum, _now())
        return scores

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _plan(self, part: str) -> Plan:
        from workbook.grade.book import tables

        if part not in self._plans:
            plan = self._read(lambda connection: tables.load(connection, part))
            if plan is None:
                raise self._unknown(part)
            self._plans[part] = plan
        return self._plans[part]

    def _read(self, work: Callable[[Connection], T]) -> T:
        if not self._database.exists():
            raise BadInput(
                f"There is no gradebook {self._database.name}.",
                "Grade a part first (`workbook grade`), or look whether --course and --db are right.",
            )
        return self._database.read(work)

    def _unknown(self, part: str) -> BadInput:
        return BadInput(f"The gradebook {self._database.name} has no assignment {part}.", f"Run `workbook grade {part}` first.")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

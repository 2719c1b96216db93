"""Grading what a class has handed in: which submissions, in what order, and writing what became of each."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbook.errors import BadInput
from workbook.grade.book.course import Course, Submitted
from workbook.grade.book.gradebook import Book
from workbook.grade.book.scores import Record, Scores
from workbook.grade.pool import Pool, graded
from workbook.grade.reading.submission import Unreadable, collect
from workbook.grade.records import Graded, Limits, Task, tests_digest
from workbook.grade.report.autograded import answers_in
from workbook.grade.report.feedback import feedback_page
from workbook.model import Chapter, Part

__all__ = ["Classwork", "Done"]


@dataclass(frozen=True)
class Done:
    """One submission, graded and written. `scores` is None where it was not graded."""

    graded: Graded
    scores: Scores | None


@dataclass
class Classwork:
    """The submissions of one part.

    Args:
        students: only these; empty means all.
        force: grade again what is recorded and unchanged.
        limits, unsafe: see `Task`.

    Attributes:
        unchanged: students whose grading is recorded and need not be done again.
        refused: folder and reason of what is no submission at all.
    """

    course: Course
    chapter: Chapter
    part: Part
    students: Sequence[str] = ()
    force: bool = False
    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False
    unchanged: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def find(self) -> list[Submitted]:
        """What was handed in, by student.

        Raises:
            UnknownName: one of the students handed nothing in.
            BadInput: there is nothing at all.
        """
        name = self.part.name
        if self.students:
            return [found for student in dict.fromkeys(self.students) for found in self.course.submissions(name, student)]
        self.refused = self.course.refused(name)
        found = self.course.submissions(name)
        if not found and not self.refused:
            place = self.course.submitted_dir("STUDENT", name)
            raise BadInput(f"Nothing was handed in for {name}.", f"Submissions lie in {place} (or collect them with nbgrader).")
        return found

    def grade(self, pool: Pool, book: Book, submitted: Sequence[Submitted]) -> Iterator[Done]:
        """Grade what is missing or changed; everything is written before it is yielded."""
        folders = {one.student: one for one in submitted}
        for result in self.results(pool, book, submitted):
            yield self.write(book, result, folders[result.student])

    def results(self, pool: Pool, book: Book, submitted: Sequence[Submitted]) -> Iterator[Graded]:
        """The same without writing anything."""
        recorded = book.recorded(self.part.name, whole=False)
        unreadable: list[Graded] = []

        # For the run, not for each of them: what a test draws and expects then serves many, and inputs are as fresh.
        fresh = secrets.randbits(62) + 1

        def tasks() -> Iterator[Task]:
            tests = tests_digest(self.chapter, self.part)
            for one in submitted:
                known = recorded.get(one.student)
                try:
                    task = Task(
                        self.chapter.name,
                        self.part.name,
                        one.student,
                        collect(one.folder, self.part.name),
                        tests=tests,
                        limits=self.limits,
                        unsafe=self.unsafe,
                    )
                except Unreadable as error:
                    unreadable.append(Graded(one.student, self.part.name, tests=tests, not_graded=error.reason))
                    continue
                if self._stands(known, task, one):
                    self.unchanged.append(one.student)
                    continue
                yield replace(task, seed=_recorded(known, task), fresh=fresh)

        for result in graded(pool, tasks()):
            yield result
            yield from unreadable
            unreadable.clear()
        yield from unreadable

    def _stands(self, known: Record | None, task: Task, one: Submitted) -> bool:
        """Is what is recorded the grading of this very submission, by some tests, and are its files there?"""
        if known is None or self.force or known.submission != task.digest or not known.tests:
            return False
        return all(path.is_file() for path in self._files(one.student))

    def _files(self, student: str) -> tuple[Path, Path]:
        name = self.part.name
        return (
            self.course.autograded_dir(student, name) / f"{name}.ipynb",
            self.course.feedback_dir(student, name) / f"{name}.html",
        )

    def write(self, book: Book, result: Graded, submitted: Submitted) -> Done:
        """Write the notebook for the formgrader, the gradebook, and the feedback, in this order.

        Whatever ends the process in between, a rerun finds something missing and does all of it again.

        Raises:
            BadInput: a file or the gradebook cannot be written; nothing of this submission is recorded then.
        """
        notebook, feedback = self._files(result.student)
        with _reported(self.course.folder):
            if result.notebook:
                _replace(notebook, result.notebook)
        scores = book.write(result, submitted)
        with _reported(self.course.folder):
            page = feedback_page(result, scores, self.chapter, self.part, answers_in(result.notebook))
            _replace(feedback, page)
        return Done(replace(result, notebook=""), scores)


def _recorded(known: Record | None, task: Task) -> int:
    """The seed of what is graded again, so that it repeats exactly; 0 for what is new."""
    return known.seed if known is not None and known.submission == task.digest else 0


@contextlib.contextmanager
def _reported(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        raise BadInput(
            f"{place} cannot be written: {error.strerror or error}.",
            "Make room or mend the permissions and run the same command again: it goes on where it stopped.",
        ) from None


def _replace(path: Path, text: str) -> None:
    """Write a file in one step: there is the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise

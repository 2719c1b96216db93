"""Grading one submission, in a trusted worker: the student's cells run in the sandbox, the tests run here."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workbook.build.editions import modules
from workbook.check.run import blame_earlier, find_test, run_test
from workbook.check.trial import Trial
from workbook.errors import BadInput
from workbook.grade.attempt import Attempt, Code, Found
from workbook.grade.channel.far import Lost
from workbook.grade.reading.released import released
from workbook.grade.reading.submission import Submission, Unreadable, read_submission
from workbook.grade.records import Graded, Task, tests_digest
from workbook.grade.sandbox.nursery import Guest
from workbook.grade.transcript import Diverged, Transcripts
from workbook.model import Chapter, Exercise, Explanation, Home, Part, Result, Status

__all__ = ["Grader"]

_VISIBLE = 0  # the seed of the tests that students run


class Grader:
    """Grades submissions, one after another.

    Args:
        home: where the chapters are.
        address: of the sandbox' socket.
    """

    def __init__(self, home: Home, address: str) -> None:
        self.home = home
        self.address = address
        self._guest: Guest | None = None
        self._of: tuple[Path, str] | None = None
        self._known = Transcripts()

    @property
    def guest(self) -> Guest:
        if self._guest is None:
            self._guest = Guest(self.address)
        return self._guest

    def _transcripts(self, chapter: Chapter, tests: str) -> Transcripts:
        """Conversations about these tests. Kept for one version of them only."""
        if self._of != (chapter.folder, tests):
            self._of, self._known = (chapter.folder, tests), Transcripts()
        return self._known

    def grade(self, task: Task) -> Graded:
        """What became of one submission. Nothing that is in it makes this raise.

        Raises:
            BadInput: this worker has other tests than the process that sent the task.
            OSError: the sandbox is gone.
        """
        start = time.perf_counter()
        if task.fresh and not task.seed:
            task = replace(task, seed=_own_seed(task.fresh))
        chapter, part = self.home.part(task.part)
        tests = tests_digest(chapter, part)
        if task.tests not in ("", tests):
            raise BadInput(
                f"This worker's tests of {task.part} differ from those of the process that grades.",
                "Give every machine the same checkout.",
            )
        graded = Graded(task.student, task.part, task.seed, task.digest, tests, unsafe=task.unsafe)
        try:
            submission = read_submission(task.files, chapter, part)
        except Unreadable as error:
            return replace(graded, not_graded=error.reason, seconds=time.perf_counter() - start)
        graded = _Session(chapter, part, task, submission, self.guest, self._transcripts(chapter, tests)).run(graded)
        return replace(graded, seconds=time.perf_counter() - start)


def _own_seed(fresh: int) -> int:
    """A seed for all that this worker grades in a run: whoever draws the same inputs again knows what is right already."""
    worker = f"{fresh} {socket.gethostname()} {os.getpid()}".encode()
    return 1 + int.from_bytes(hashlib.blake2b(worker, digest_size=8).digest()) % (1 << 31)


class _Session:
    """The grading of one submission."""

    def __init__(
        self, chapter: Chapter, part: Part, task: Task, submission: Submission, guest: Guest, transcripts: Transcripts
    ) -> None:
        self.chapter, self.part, self.task, self.submission = chapter, part, task, submission
        idle = released(chapter, part).idle
        cells = [Code(cell.number, cell.source, idle.get(cell.source.strip())) for cell in submission.code()]
        homes: dict[str, list[int]] = {}
        for cell in submission.cells:
            if cell.role == "answer" and cell.exercise in chapter.exercises:
                for function in chapter.exercises[cell.exercise].functions:
                    homes.setdefault(function, []).append(cell.number)
        self.attempt = Attempt(guest, cells, homes, task.seed, task.limits, transcripts, modules(chapter, part))
        self.results: dict[str, Result] = {}
        self.hidden: list[str] = []

    def run(self, graded: Graded) -> Graded:
        from workbook.grade.report.autograded import autograded_notebook

        with self.attempt:
            for exercise in self.part.exercises:
                if exercise.kind != "question":
                    self.results[exercise.name] = self._exercise(exercise)
        graded = replace(
            graded,
            results=tuple(self.results.values()),
            hidden=tuple(self.hidden),
            written=dict(self.submission.written),
            notes=(*self.submission.notes, *dict.fromkeys(self.attempt.notes)),
        )
        return replace(graded, notebook=autograded_notebook(self.submission, graded, self.chapter, self.part))

    def _exercise(self, exercise: Exercise) -> Result:
        start = time.perf_counter()
        result = self._judged(exercise)
        if result.status is Status.FAILED:
            result = blame_earlier(exercise, self.results.get, result)
        return replace(result, figures=(), explanation=_plain(result.explanation), seconds=time.perf_counter() - start)

    def _judged(self, exercise: Exercise) -> Result:
        """On the inputs drawn for this submission; where they find something, on those of the visible test too."""
        if self.attempt.over:
            return self._stopped(exercise, "the submission as a whole has used up its time.")
        result, remarks = self._run(exercise, self.task.seed, verdict_only=exercise.kind != "quiz")
        if result.status is not Status.FAILED or exercise.kind == "quiz":
            return _remarked(result, remarks)
        if result.explanation is not None and result.explanation.reason in ("time", "stopped"):
            return _remarked(result, remarks)
        visible, remarks = self._run(exercise, _VISIBLE)
        if visible.status is Status.PASSED:
            self.hidden.append(exercise.name)
            visible, remarks = self._run(exercise, self.task.seed)
        return _remarked(replace(visible, seed=self.task.seed), remarks)

    def _run(self, exercise: Exercise, seed: int, *, verdict_only: bool = False) -> tuple[Result, Sequence[str]]:
        try:
            known: tuple[Result, Sequence[str]] | None = self.attempt.known(exercise, (seed, verdict_only))
            return known or self._judge(exercise, seed, verdict_only)
        except Lost as lost:
            return self._stopped(exercise, lost.explanation.fact), ()
        except Diverged:  # a test that is not the same each time is judged on what it does now, in a process of its own
            self.attempt.renew()
            return self._judge(exercise, seed, verdict_only)

    def _judge(self, exercise: Exercise, seed: int, verdict_only: bool) -> tuple[Result, Sequence[str]]:
        try:
            found = self.attempt.begin(exercise)
        except Lost as lost:
            return self._stopped(exercise, lost.explanation.fact), ()
        missing = [name for name in exercise.functions if name not in found.values]
        if missing:
            return Result(exercise.name, Status.MISSING, self._why_missing(exercise, missing), seed=seed), ()
        trial = Trial(self.chapter, exercise, seed, verdict_only=verdict_only)
        result = self._tested(trial, exercise, found)
        if result.status is Status.PASSED and self.attempt.lost:  # the test may have expected some exception: not that one
            return self._stopped(exercise, "its process ended before the test did."), found.remarks
        result = replace(result, figures=(), explanation=_plain(result.explanation))
        if result.status is not Status.ERROR:
            self.attempt.close((result, found.remarks))
        return result, found.remarks

    def _tested(self, trial: Trial, exercise: Exercise, found: Found) -> Result:
        try:
            return run_test(trial, find_test(self.chapter, exercise), [found.values[name] for name in exercise.functions])
        except Diverged:
            raise
        except Exception as bug:
            text = f"the test itself failed, which is our bug: {type(bug).__name__}: {bug}"
            return Result(exercise.name, Status.ERROR, text[:500], seed=trial.seed)

    def _why_missing(self, exercise: Exercise, missing: list[str]) -> str:
        homes = [number for name in missing for number in self.attempt.homes.get(name, ())]
        reasons = [self.attempt.failed[number] for number in homes if number in self.attempt.failed]
        return f"Its cell did not run: {reasons[-1]}." if reasons else f"There is no {' and no '.join(missing)} in the answers."

    def _stopped(self, exercise: Exercise, fact: str) -> Result:
        explanation = Explanation(exercise.name, "time", fact)
        return Result(exercise.name, Status.FAILED, fact, explanation, seed=self.task.seed)


def _plain(explanation: Explanation | None) -> Explanation | None:
    """Without pictures, which hold functions: they cannot travel."""
    return explanation and replace(explanation, figures=())


def _remarked(result: Result, remarks: Sequence[str]) -> Result:
    return replace(result, notes=(*result.notes, *remarks))

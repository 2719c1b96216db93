"""What help a student is offered after a failing test: the next hint, later all of them, and the solution when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from workbook.errors import BadInput, WorkbookError
from workbook.lab.progress import Progress, Run
from workbook.model import Chapter, Exercise, Home, SourceFile
from workbook.model.help import hints_of

__all__ = ["Offer", "offer", "solution_text"]


@dataclass(frozen=True)
class Offer:
    """Help that is offered now.

    Attributes:
        hints: those that may be read, the mildest first.
        total: how many there are.
        solution: may the solution be asked for?
        below: do all of them fold out below the exercise too? Then the newest one is enough here.
    """

    hints: tuple[str, ...]
    total: int
    solution: bool
    below: bool = False

    def markdown(self, exercise: str) -> str:
        """Hints that fold out, the newest last, and how to get further; "" where there is nothing to say."""
        folds = [
            f"<details>\n<summary>Hint {n} of {self.total}</summary>\n\n{hint}\n\n</details>"
            for n, hint in enumerate(self.hints, 1)
        ][-1 if self.below else 0 :]
        more = 0 if self.below else self.total - len(self.hints)
        if more:
            folds.append(f"*{'One more hint comes' if more == 1 else f'{more} more hints come'} with further tries.*")
        if self.solution:
            folds.append(f'*Want to see how it is done? `tests.solution("{exercise}")` shows the solution.*')
        return "\n\n".join(folds)


def offer(home: Home, chapter: Chapter, exercise: Exercise) -> Offer:
    """What is offered after the tries that are recorded. A record that cannot be read counts as one failed try."""
    try:
        runs = _since_reset(Progress(home.work_dir).runs(exercise.name, chapter.name))
    except (OSError, WorkbookError):
        runs = []
    failed, minutes = _tries(runs)
    hints = hints_of(chapter.folder, exercise.part, exercise.name)
    shown = hints[: chapter.help.hints(len(hints), max(failed, 1))]
    solution = _has_solution(chapter, exercise) and chapter.help.solution(failed, minutes)
    return Offer(shown, len(hints), solution, chapter.help.in_notebook)


def solution_text(home: Home, chapter: Chapter, exercise: Exercise) -> str:
    """The solution's source, where a student may see it.

    Raises:
        BadInput: there is none in a graded course, or it comes later; the message says when.
    """
    if not _has_solution(chapter, exercise):
        raise BadInput(f"There is no solution of {exercise.name} here.", "Courses that are graded keep it; ask your instructor.")
    runs = _since_reset(Progress(home.work_dir).runs(exercise.name, chapter.name))
    solved = any(run.status == "passed" for run in runs)
    failed, minutes = _tries(runs)
    policy = chapter.help
    if not solved and not policy.solution(failed, minutes):
        raise BadInput(
            f"The solution of {exercise.name} is shown after {policy.solution_after} tries that fail, or {policy.minutes} minutes"
            f" after the first one; so far it was {failed}.",
            "Run the test on what you have: it says what is wrong, and offers hints.",
        )
    source = SourceFile.read(chapter.source(exercise.part))
    return "\n\n\n".join(source.definitions[name].unmarked for name in exercise.functions if name in source.definitions)


def _has_solution(chapter: Chapter, exercise: Exercise) -> bool:
    return chapter.solutions is not None and exercise.kind not in ("quiz", "question")


def _since_reset(runs: list[Run]) -> list[Run]:
    resets = [n for n, run in enumerate(runs, 1) if run.status == "reset"]
    return runs[resets[-1] :] if resets else runs


def _tries(runs: list[Run]) -> tuple[int, float]:
    """Failed tries since the exercise last passed, and minutes since the first of them."""
    passed = [n for n, run in enumerate(runs, 1) if run.status == "passed"]
    tries = [run for run in runs[passed[-1] if passed else 0 :] if run.status == "failed"]
    minutes = (datetime.now(UTC) - tries[0].time).total_seconds() / 60 if tries else 0.0
    return len(tries), minutes

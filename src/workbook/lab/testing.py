"""Testing the answers in files: which exercises, from which files, with which results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from workbook.check.run import run_exercise
from workbook.errors import BadInput, WorkbookError
from workbook.lab.answers import Answers, read_answers
from workbook.lab.progress import Progress
from workbook.lab.scripts import current_file
from workbook.model import Chapter, Exercise, Home, Result, Status

__all__ = ["answer_files", "asked", "expand", "results_of", "tested"]


def expand(home: Home, names: Sequence[str]) -> list[str]:
    """Exercise names of what was asked for: exercises stay, parts become their exercises.

    Raises:
        UnknownName: a name is neither; the message offers the nearest exercises.
        BadInput: an exercise has no test, because people judge it.
    """
    wanted: list[str] = []
    for name in names:
        part = next((part for _, part in home.parts() if part.name == name), None)
        if part is not None:
            wanted += [exercise.name for exercise in part.exercises if exercise.kind != "question"]
            continue
        exercise = home.exercise(name)[1]
        if exercise.kind == "question":
            raise BadInput(
                f"{name} is a written question: no test can judge it.", "Compare your answer with the key points below it."
            )
        wanted.append(name)
    return list(dict.fromkeys(wanted))


def answer_files(home: Home, wanted: Sequence[str]) -> dict[Path, list[str]]:
    """The student's files in the work folder, each with those of the `wanted` exercises that belong to it (none: all of them).

    Of a part it is the notebook or the script with cells, whichever was saved last.

    Raises:
        BadInput: there are none, or one that is needed is missing.
    """
    advice = "`workbook lab` puts copies there; or name a file: workbook test --answers FILE."
    files = {}
    for _, part in home.parts():
        mine = [exercise.name for exercise in part.exercises if exercise.name in wanted]
        path = current_file(home, part)
        if path and (mine or not wanted):
            files[path] = mine
        elif mine:
            raise BadInput(f"There is no {part.name}.ipynb of yours in {home.work_dir} yet, which {mine[0]} belongs to.", advice)
    if not files:
        raise BadInput(f"There are no notebooks of yours in {home.work_dir} yet.", advice)
    return files


def asked(home: Home, answers: Answers, wanted: Sequence[str]) -> list[tuple[Chapter, Exercise]]:
    """The exercises to test in a file: the wanted ones, or all of the parts that it has any answer of; written questions never."""
    found = []
    for chapter, part in home.parts():
        if not wanted and not answers.holds(chapter, part.name):
            continue
        found += [(chapter, e) for e in part.exercises if e.kind != "question" and (not wanted or e.name in wanted)]
    return found


def results_of(home: Home, path: Path, wanted: Sequence[str] = (), seed: int = 0) -> Iterator[tuple[Result, tuple[str, ...]]]:
    """Results of one file's answers in course order, the first one with the remarks on its cells.

    A bug in a test becomes a result of status ERROR, so that the others still run. Results of a notebook in the work folder
    are recorded as progress, like those of a test in the notebook itself.

    Raises:
        BadInput: the file cannot be read, or defines no answer of any exercise.
    """
    answers = read_answers(path)
    exercises = asked(home, answers, wanted)
    if not exercises:
        raise BadInput(f"{path} has no answer to any exercise.", "Answers are found by their functions' names.")
    notes = tuple(answers.notes)
    for chapter, exercise in exercises:
        result, more = tested(home, answers, chapter, exercise, seed)
        yield result, notes + more
        notes = ()


def tested(home: Home, answers: Answers, chapter: Chapter, exercise: Exercise, seed: int = 0) -> tuple[Result, tuple[str, ...]]:
    """The result of one exercise, recorded where the file is the student's own, and a remark where that could not be done."""
    result = _result(chapter, exercise, answers, seed)
    own = answers.path.resolve().is_relative_to(home.work_dir.resolve())
    recorded = own and result.status in (Status.PASSED, Status.FAILED)
    return result, _recorded(home, chapter, exercise, result) if recorded else ()


def _recorded(home: Home, chapter: Chapter, exercise: Exercise, result: Result) -> tuple[str, ...]:
    """Save the progress of the student's own notebook; a remark where that cannot be done."""
    try:
        Progress(home.work_dir).record(chapter.name, exercise.part, result)
    except (OSError, WorkbookError) as error:
        return (f"progress could not be saved: {error}",)
    return ()


def _result(chapter: Chapter, exercise: Exercise, answers: Answers, seed: int) -> Result:
    try:
        result = run_exercise(chapter, exercise, answers.names, seed)
    except Exception as bug:
        text = f"the test itself failed, which is our bug: {type(bug).__name__}: {bug}"
        return Result(exercise.name, Status.ERROR, text, seed=seed)
    remarks = [answers.lost[name] for name in exercise.functions if name in answers.lost]
    if result.status is Status.MISSING and remarks:
        return replace(result, message=f"Its cell did not run: {remarks[0]}")
    return result

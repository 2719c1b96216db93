"""The notebook for nbgrader's autograded folder: the student's cells, with the trusted ones of the course put over them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbook.build.notebooks import build_notebook
from workbook.grade.reading.submission import Cell, Submission
from workbook.grade.records import Graded
from workbook.grade.report import harmless
from workbook.grade.report.shown import panel, shown
from workbook.model import Chapter, Exercise, Part, Result, Status

__all__ = ["answers_in", "autograded_notebook"]

_HIDDEN_TESTS = re.compile(r"\n?### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)
_HEADING = re.compile(r"^(#{1,4} +)(\S.*)$", re.MULTILINE)
_NO_CELL = "# exercise: {}\n# The submission has no cell of its own for this answer."
_NO_ANSWER = "*(not answered)*"
_ALL_TEXT = 300_000  # characters of one notebook: what nbgrader's page colours in a few seconds
_ANSWER = "answer-"


def autograded_notebook(submission: Submission, graded: Graded, chapter: Chapter, part: Part) -> str:
    """The text of autograded/STUDENT/PART/PART.ipynb, which nbgrader's formgrader and `nbgrader generate_feedback` read.

    Every graded cell of the course is in it exactly once, under its own metadata: answers with the student's text, tests as they
    were released with the result as their output. The student's other cells stay where they were. Nothing of theirs is markup.

    Raises:
        ChapterError: the chapter's files do not fit together.
    """
    course = _course(chapter, part, _state(chapter, part))
    return json.dumps(_Page(course, submission, graded).notebook()) + "\n"


def answers_in(notebook: str) -> dict[str, str]:
    """Exercise to the student's answer cell, from the text of an autograded notebook; {} for ""."""
    cells = json.loads(notebook)["cells"] if notebook else []
    return {cell["id"].removeprefix(_ANSWER): cell["source"] for cell in cells if cell["id"].startswith(_ANSWER)}


@dataclass(frozen=True)
class _Course:
    """What is trusted: the course notebook as nbgrader releases it.

    Attributes:
        metadata: of the notebook.
        given: text of a cell (without blanks around it) to that cell, for all that the student is not meant to change.
        graded: grade id to cell, in order.
        exercises: name to exercise.
    """

    metadata: dict[str, Any]
    given: dict[str, dict[str, Any]]
    graded: dict[str, dict[str, Any]]
    exercises: dict[str, Exercise]

    def answer(self, exercise: str) -> str:
        """Grade id of the exercise's answer cell; a quiz has none."""
        name = f"{exercise}_answer"
        return name if name in self.graded else ""


def _state(chapter: Chapter, part: Part) -> tuple[int, ...]:
    """Changes when the files that a course notebook is built from do."""
    files: list[Path] = [chapter.folder / f"{part.name}.md", chapter.source(part.name)]
    found = [path.stat() for path in files if path.is_file()]
    return tuple(number for status in found for number in (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=16)
def _course(chapter: Chapter, part: Part, state: tuple[int, ...]) -> _Course:
    notebook = json.loads(json.dumps(build_notebook(chapter, part, "course")))
    given, graded = {}, {}
    for cell in notebook["cells"]:
        entry = cell["metadata"].get("nbgrader")
        if entry is None:
            if not cell["id"].startswith(_ANSWER):
                given[cell["source"].strip()] = _without_ids(cell, part)
            continue
        cell["metadata"]["deletable"] = False
        if entry["locked"]:
            cell["metadata"]["editable"] = False
        # Where the student writes, the course notebook has the solution.
        cell["source"] = "" if entry["solution"] else _HIDDEN_TESTS.sub("", cell["source"])
        graded[entry["grade_id"]] = cell
    return _Course(notebook["metadata"], given, graded, {exercise.name: exercise for exercise in part.exercises})


def _without_ids(cell: dict[str, Any], part: Part) -> dict[str, Any]:
    """A text whose headings are no ids of input fields: nbgrader's page finds the score of einsum_mm by the id einsum_mm."""
    names = {exercise.name for exercise in part.exercises}

    def longer(found: re.Match[str]) -> str:
        return f"{found[1]}Exercise {found[2]}" if found[2].strip() in names else found[0]

    return {**cell, "source": _HEADING.sub(longer, cell["source"])} if cell["cell_type"] == "markdown" else cell


@dataclass
class _Page:
    """One notebook in the making."""

    course: _Course
    submission: Submission
    graded: Graded
    cells: list[dict[str, Any]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    room: int = _ALL_TEXT

    def notebook(self) -> dict[str, Any]:
        last = self.last()
        for cell in self.submission.cells:
            if cell.role == "test":
                for exercise in (cell.exercise, *cell.also):
                    if self.course.graded[exercise]["id"] not in self.ids:
                        self.put(self.test(exercise))
            elif last.get((cell.role, cell.exercise)) == cell.number:
                self.put(self.answer(cell) if cell.role == "answer" else self.question(cell.exercise, cell))
            else:
                self.put(self.other(cell))
        self.complete()
        self.remark()
        return {"cells": self.cells, "metadata": self.course.metadata, "nbformat": 4, "nbformat_minor": 5}

    def last(self) -> dict[tuple[str, str], int]:
        """Role and exercise to the number of the cell that counts: of several answers the last one that runs."""
        kinds = {"answer": ("code",), "question": ("code", "markdown", "raw")}
        cells = [cell for cell in self.submission.cells if cell.kind in kinds.get(cell.role, ())]
        return {(cell.role, cell.exercise): cell.number for cell in cells}

    def put(self, cell: dict[str, Any], place: int | None = None) -> None:
        """Add a cell, at the end or at a place."""
        self.ids.add(cell["id"])
        self.cells.insert(len(self.cells) if place is None else place, cell)

    # --- one cell ---------------------------------------------------------------------------------------------------

    def answer(self, cell: Cell) -> dict[str, Any]:
        trusted = self.course.graded.get(self.course.answer(cell.exercise), {})
        return self.code(f"{_ANSWER}{cell.exercise}", cell.source, trusted.get("metadata", {}))

    def question(self, exercise: str, cell: Cell | None = None) -> dict[str, Any]:
        text = self.graded.written.get(exercise)
        source = _NO_ANSWER
        if text is not None:
            text = self.kept(text)
            source = harmless.verbatim(text) if cell is not None and cell.kind != "markdown" else harmless.markdown(text)
        return self.text(f"{_ANSWER}{exercise}", source, self.course.graded[exercise]["metadata"])

    def test(self, exercise: str) -> dict[str, Any]:
        trusted = self.course.graded[exercise]
        result = next((result for result in self.graded.results if result.exercise == exercise), None)
        if result is None:
            result = Result(exercise, Status.ERROR)
        output = {"output_type": "display_data", "data": panel(shown(result, self.graded.hidden)), "metadata": {}}
        return {**trusted, "outputs": [output]}

    def other(self, cell: Cell) -> dict[str, Any]:
        given = self.course.given.get(cell.source.strip())
        # A copy counts as the student's: figures would pile up.
        if given is not None and given["cell_type"] == cell.kind and given["id"] not in self.ids:
            return given
        name = f"student-{cell.number}"
        if cell.kind == "code":
            return self.code(name, cell.source, {})
        text = self.kept(cell.source)
        return self.text(name, harmless.markdown(text) if cell.kind == "markdown" else harmless.verbatim(text), {})

    def kept(self, text: str) -> str:
        kept = harmless.cut(text, max(0, self.room))
        self.room -= len(text)
        return kept

    def code(self, name: str, source: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        source = harmless.code(self.kept(source))
        return {"cell_type": "code", "id": name, "source": source, "metadata": metadata, "execution_count": None, "outputs": []}

    @staticmethod
    def text(name: str, source: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return {"cell_type": "markdown", "id": name, "source": source, "metadata": metadata}

    # --- what is missing --------------------------------------------------------------------------------------------

    def complete(self) -> None:
        """Put back the graded cells that were lost: beside the other cell of their exercise, or after what precedes them."""
        before = 0
        for name in self.course.graded:
            place = self.place(name)
            if place is None:
                cell, beside = self.lost(name)
                place = before if beside is None else beside
                self.put(cell, place)
            before = place + 1

    def lost(self, grade_id: str) -> tuple[dict[str, Any], int | None]:
        """A cell in place of a lost one, and where it belongs if its exercise has another cell."""
        exercise = grade_id if grade_id in self.course.exercises else grade_id.removesuffix("_answer")
        if grade_id != exercise:
            metadata = self.course.graded[grade_id]["metadata"]
            return self.code(f"{_ANSWER}{exercise}", _NO_CELL.format(exercise), metadata), self.place(exercise)
        if self.course.exercises[exercise].kind == "question":
            return self.question(exercise), None
        answer = next((n for n, cell in enumerate(self.cells, 1) if cell["id"] == f"{_ANSWER}{exercise}"), None)
        return self.test(exercise), answer

    def place(self, grade_id: str) -> int | None:
        ids = (cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in self.cells)
        return next((n for n, name in enumerate(ids) if name == grade_id), None)

    def remark(self) -> None:
        """What was odd about the submission, on top."""
        if self.graded.notes:
            notes = "\n".join(f"- {note}" for note in self.graded.notes)
            self.put(self.text("notes", "**Notes of the grader**\n\n" + harmless.verbatim(harmless.cut(notes, 4_000)), {}), place=0)

"""The notebook for nbgrader's autograded folder: the student's cells, with the trusted ones of the course put over them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbook.grade.reading.released import ANSWER, Released, released
from workbook.grade.reading.submission import Cell, Submission
from workbook.grade.records import Graded
from workbook.grade.report import harmless
from workbook.grade.report.shown import panel, shown
from workbook.model import Chapter, Part, Result, Status

__all__ = ["answers_in", "autograded_notebook"]

_NO_CELL = "# exercise: {}\n# The submission has no cell of its own for this answer."
_NO_ANSWER = "*(not answered)*"
_ALL_TEXT = 300_000  # characters of one notebook: what nbgrader's page colours in a few seconds


def autograded_notebook(submission: Submission, graded: Graded, chapter: Chapter, part: Part) -> str:
    """The text of autograded/STUDENT/PART/PART.ipynb, which nbgrader's formgrader and `nbgrader generate_feedback` read.

    Every graded cell of the course is in it exactly once, under its own metadata: answers with the student's text, tests as they
    were released with the result as their output. The student's other cells stay where they were. Nothing of theirs is markup.

    Raises:
        ChapterError: the chapter's files do not fit together.
    """
    return json.dumps(_Page(released(chapter, part), submission, graded).notebook()) + "\n"


def answers_in(notebook: str) -> dict[str, str]:
    """Exercise to the student's answer cell, from the text of an autograded notebook; {} for ""."""
    cells = json.loads(notebook)["cells"] if notebook else []
    return {cell["id"].removeprefix(ANSWER): cell["source"] for cell in cells if cell["id"].startswith(ANSWER)}


@dataclass
class _Page:
    """One notebook in the making."""

    course: Released
    submission: Submission
    graded: Graded
    cells: list[dict[str, Any]] = field(default_factory=list)
    grade_ids: list[str] = field(default_factory=list)  # of the cells, "" where there is none
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
        place = len(self.cells) if place is None else place
        self.cells.insert(place, cell)
        self.grade_ids.insert(place, cell["metadata"].get("nbgrader", {}).get("grade_id", ""))

    # --- one cell ---------------------------------------------------------------------------------------------------

    def answer(self, cell: Cell) -> dict[str, Any]:
        trusted = self.course.graded.get(self.course.answer(cell.exercise), {})
        return self.code(f"{ANSWER}{cell.exercise}", cell.source, trusted.get("metadata", {}))

    def question(self, exercise: str, cell: Cell | None = None) -> dict[str, Any]:
        text = self.graded.written.get(exercise)
        source = _NO_ANSWER
        if text is not None:
            text = self.kept(text)
            source = harmless.verbatim(text) if cell is not None and cell.kind != "markdown" else harmless.markdown(text)
        return self.text(f"{ANSWER}{exercise}", source, self.course.graded[exercise]["metadata"])

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
            return self.code(f"{ANSWER}{exercise}", _NO_CELL.format(exercise), metadata), self.place(exercise)
        if self.course.exercises[exercise].kind == "question":
            return self.question(exercise), None
        answer = next((n for n, cell in enumerate(self.cells, 1) if cell["id"] == f"{ANSWER}{exercise}"), None)
        return self.test(exercise), answer

    def place(self, grade_id: str) -> int | None:
        return self.grade_ids.index(grade_id) if grade_id in self.grade_ids else None

    def remark(self) -> None:
        """What was odd about the submission, on top."""
        if self.graded.notes:
            notes = "\n".join(f"- {note}" for note in self.graded.notes)
            self.put(self.text("notes", "**Notes of the grader**\n\n" + harmless.verbatim(harmless.cut(notes, 4_000)), {}), place=0)

"""A course folder of the small chapter, and results to write into its gradebook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from workbook.build.editions import course_files, write_files
from workbook.build.formats import nbformat_module
from workbook.grade.book.course import Course, Submitted, open_course
from workbook.grade.records import Graded
from workbook.model import Chapter, Explanation, Home, Part, Result, Status

__all__ = ["PART", "course_folder", "graded", "opened", "rows", "submitted", "with_answers"]

PART = "part1_small"


def course_folder(home: Home, folder: Path, config: str = "") -> Path:
    """The course edition of the home's chapter, with lines added to its nbgrader_config.py."""
    write_files(course_files(home, home.chapters[0], folder))
    path = folder / "nbgrader_config.py"
    path.write_text(path.read_text(encoding="utf-8") + config, encoding="utf-8")
    return folder


def opened(home: Home, folder: Path, config: str = "", db: str | None = None) -> Course:
    return open_course(course_folder(home, folder, config), db)


def graded(part: Part, student: str, passed: tuple[str, ...] = (), **more: Any) -> Graded:
    """A result in which these exercises passed and the other tested ones failed."""
    tested = [exercise.name for exercise in part.exercises if exercise.kind != "question"]
    results = tuple(
        Result(name, Status.PASSED, "right", seconds=0.25)
        if name in passed
        else Result(name, Status.FAILED, "wrong", Explanation(name, "value", f"{name} is wrong.", arguments=(("x", "[1, 2]"),)))
        for name in tested
    )
    written = {exercise.name: f"{student} thinks so." for exercise in part.exercises if exercise.kind == "question"}
    graded = Graded(student, part.name, 7, "0" * 32, "1" * 32, results, written=written, seconds=1.5)
    return replace(graded, **more)


def submitted(student: str, **more: Any) -> Submitted:
    return Submitted(student, Path("somewhere"), **more)


def rows(course: Course, query: str) -> list[tuple[Any, ...]]:
    """What a query finds in the gradebook, asked by another connection than the one that is tested."""
    from sqlalchemy import create_engine, text

    engine = create_engine(course.db_url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()


def with_answers(chapter: Chapter, notebook: Path, answers: dict[str, str]) -> Any:
    """A released notebook with the cells of these grade ids written over."""
    node = nbformat_module().read(notebook, as_version=4)
    found = set()
    for cell in node.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
            found.add(name)
    assert found == set(answers), f"no cells {set(answers) - found} in {chapter.name}"
    return node

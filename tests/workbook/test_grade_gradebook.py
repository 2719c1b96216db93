"""The gradebook: what stock nbgrader would have written, kept manual work, records, and what changes when points change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.conftest import write_home
from tests.workbook.coursefolder import PART, course_folder, graded, opened, rows, submitted, with_answers
from workbook.build.formats import nbformat_module
from workbook.errors import BadInput
from workbook.grade.book.course import Course, open_course
from workbook.grade.book.gradebook import Book
from workbook.grade.book.penalty import LatePenalty
from workbook.grade.book.scores import Cell, Change, Points, Scores, automatic
from workbook.grade.records import Graded
from workbook.model import Chapter, Home, Part, Result, Status

DUE = datetime(2026, 3, 1, 12)
# Two points an hour.
PLUGIN = """
from nbgrader.plugins import BasePlugin

class Hourly(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return None if student_id == "excused" else 2 * total_seconds_late / 3600
"""
HOURLY = "\nc.AssignLatePenalties.plugin_class = 'hourly.Hourly'\n"


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "settings"))


@dataclass(frozen=True)
class Life:
    """An open gradebook of the small chapter."""

    course: Course
    chapter: Chapter
    part: Part
    book: Book

    def write(self, student: str, *passed: str, timestamp: datetime | None = None, **more: Any) -> Scores | None:
        return self.book.write(graded(self.part, student, passed, **more), submitted(student, timestamp=timestamp))

    def gradebook(self) -> Any:
        """nbgrader's own, on the same database."""
        from nbgrader.api import Gradebook

        return Gradebook(self.course.db_url, self.course.course_id)


@pytest.fixture
def life(home: Home, tmp_path: Path) -> Iterator[Life]:
    course = opened(home, tmp_path / "course", HOURLY)
    (tmp_path / "course" / "hourly.py").write_text(PLUGIN, encoding="utf-8")
    chapter = home.chapters[0]
    with Book(course) as book:
        assert book.ensure(chapter, chapter.part(PART)) == ()
        yield Life(course, chapter, chapter.part(PART), book)


# --- exactly what stock nbgrader writes -------------------------------------------------------------------------------

ANSWERS = {
    "double_answer": "# exercise: double\ndef double(x):\n    return 2 * x\n\n\ndef halve(x):\n    return 0.5 * x",
    "flipped_answer": "# exercise: flipped\ndef flipped(picture):\n    return picture[::-1]",
    "trace_of_answer": "# exercise: trace_of\ndef trace_of(mat):\n    return np.asarray(mat.sum())",
    "question_views": "The view's *base* shares its memory.",
}
RIGHT = ("double", "flipped")


@dataclass(frozen=True)
class Stock:
    """One course graded by stock nbgrader, and a copy of its gradebook from before."""

    theirs: Course
    ours: Course
    chapter: Chapter

    def graded(self, student: str, passed: tuple[str, ...], **more: Any) -> Graded:
        notebook = (self.theirs.autograded_dir(student, PART) / f"{PART}.ipynb").read_text(encoding="utf-8")
        return graded(self.chapter.part(PART), student, passed, notebook=notebook, **more)


GRADES = """
SELECT sa.student_id, bc.name, gc.max_score, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
FROM grade g JOIN base_cell bc ON bc.id = g.cell_id JOIN grade_cells gc ON gc.id = bc.id
JOIN submitted_notebook sn ON sn.id = g.notebook_id JOIN submitted_assignment sa ON sa.id = sn.assignment_id ORDER BY 1, 2
"""
COMMENTS = """
SELECT sa.student_id, bc.name, bc.type, c.auto_comment, c.manual_comment
FROM comment c JOIN base_cell bc ON bc.id = c.cell_id
JOIN submitted_notebook sn ON sn.id = c.notebook_id JOIN submitted_assignment sa ON sa.id = sn.assignment_id ORDER BY 1, 2
"""
SUBMISSIONS = """
SELECT sa.student_id, a.name, sa.timestamp, sa.extension, n.name, sn.flagged, sn.late_submission_penalty
FROM submitted_assignment sa JOIN assignment a ON a.id = sa.assignment_id
JOIN submitted_notebook sn ON sn.assignment_id = sa.id JOIN notebook n ON n.id = sn.notebook_id ORDER BY 1
"""
CELLS = "SELECT b.name, b.type, g.max_score, g.cell_type FROM base_cell b LEFT JOIN grade_cells g ON g.id = b.id ORDER BY b.rowid"
SOURCES = "SELECT name, cell_type, locked, source, checksum FROM source_cell ORDER BY rowid"
ASSIGNMENTS = """
SELECT a.name, a.duedate, a.course_id, n.name, n.kernelspec, v.version_num
FROM assignment a JOIN notebook n ON n.assignment_id = a.id JOIN alembic_version v
"""


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """nbgrader's own commands on a late submission that was partly graded by hand, and on an untouched one."""
    base = tmp_path_factory.mktemp("stock")
    home = write_home(base / "home")
    chapter = home.chapters[0]
    # Inside of the home, so that the notebooks find the small chapter.
    folder = course_folder(home, home.root / "course", HOURLY)
    (folder / "hourly.py").write_text(PLUGIN, encoding="utf-8")
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}
    environment |= {name: str(base / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    environment["WORKBOOK_WORK"] = str(base / "work")

    def nbgrader(*arguments: str) -> None:
        command = [sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr

    nbgrader("generate_assignment", PART)
    course = open_course(folder)
    for student, answers in (("late", ANSWERS), ("untouched", {})):
        place = course.submitted_dir(student, PART)
        place.mkdir(parents=True)
        notebook = with_answers(chapter, folder / "release" / PART / f"{PART}.ipynb", answers)
        nbformat_module().write(notebook, place / f"{PART}.ipynb")
    (course.submitted_dir("late", PART) / "timestamp.txt").write_text("2026-03-01 15:30:00 UTC", encoding="utf-8")
    _by_hand(course)
    before = base / "before.db"
    shutil.copy(folder / "gradebook.db", before)
    nbgrader("autograde", PART)
    return Stock(course, replace(course, db_url=f"sqlite:///{before}"), chapter)


@contextmanager
def quiet() -> Iterator[None]:
    """nbgrader's add_submission flushes too early, and SQLAlchemy warns of it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Object of type <Submitted")
        yield


def _by_hand(course: Course) -> None:
    """A due date, an extension of an hour, and a grader who was early."""
    from nbgrader.api import Gradebook

    with Gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.update_or_create_assignment(PART, duedate=str(DUE))
        gradebook.add_student("late", first_name="La", last_name="Te", email="late@uni")
        with quiet():
            gradebook.add_submission(PART, "late")
        gradebook.grant_extension(PART, "late", hours=1)
        grade = gradebook.find_grade("flipped", PART, PART, "late")
        grade.manual_score, grade.extra_credit = 1.0, 0.25
        gradebook.find_grade("trace_of", PART, PART, "late").extra_credit = 0.5
        gradebook.find_comment("double_answer", PART, PART, "late").manual_comment = "Fine."
        gradebook.db.commit()


@pytest.mark.parametrize("query", [CELLS, SOURCES, ASSIGNMENTS], ids=["cells", "sources", "assignments"])
def test_an_assignment_is_entered_as_generate_assignment_enters_it(stock: Stock, tmp_path: Path, query: str) -> None:
    fresh = replace(stock.theirs, db_url=f"sqlite:///{tmp_path}/fresh.db")
    with Book(fresh) as book:
        book.ensure(stock.chapter, stock.chapter.part(PART))
    theirs = rows(stock.theirs, query)
    assert len(theirs) > 0
    expected = [(name, None, *rest) for name, _, *rest in theirs] if query == ASSIGNMENTS else theirs
    assert rows(fresh, query) == expected


def test_grades_comments_and_penalties_are_those_of_stock_autograde(stock: Stock, tmp_path: Path) -> None:
    ours = replace(
        stock.ours, db_url=f"sqlite:///{shutil.copy(stock.ours.db_url.removeprefix('sqlite:///'), tmp_path / 'ours.db')}"
    )
    late, untouched = (stock.theirs.submissions(PART, student)[0] for student in ("late", "untouched"))
    with Book(ours) as book:
        assert book.ensure(stock.chapter, stock.chapter.part(PART)) == ()
        scores = book.write(stock.graded("late", RIGHT), late)
        book.write(stock.graded("untouched", (), written={"question_views": None}), untouched)
    for query in (GRADES, COMMENTS, SUBMISSIONS):
        assert rows(ours, query) == rows(stock.theirs, query)
    # The comparison above sees something.
    assert {row[3] for row in rows(ours, GRADES)} == {None, 0.0, 2.0}
    assert {row[3] for row in rows(ours, COMMENTS)} == {None, "No response."}
    # 2.5 hours after the extension; flipped counts 1.25 by hand, double 2, trace_of its extra half.
    assert scores is not None and (scores.total, scores.late_penalty) == (3.75, 3.75)


def test_nbgrader_reads_what_was_written(life: Life) -> None:
    life.write("ann", "double", "trace_of")
    with life.gradebook() as gradebook:
        submission = gradebook.find_submission(PART, "ann")
        assert (submission.score, submission.max_score, submission.needs_manual_grade) == (5.0, life.part.points, True)
        notebook = gradebook.find_submission_notebook(PART, PART, "ann")
        assert {grade.name: grade.score for grade in notebook.grades if grade.score} == {"double": 2.0, "trace_of": 3.0}
        assert notebook.failed_tests
        assert gradebook.find_student("ann").score == 5.0
        gradebook.update_or_create_submission(PART, "ann", timestamp="2026-01-01 10:00:00 UTC")
        gradebook.remove_submission(PART, "ann")


# --- a gradebook's beginning ------------------------------------------------------------------------------------------


def test_the_schema_version_is_the_one_that_nbgrader_writes(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.api import get_alembic_version

    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    assert rows(life.course, "SELECT version_num FROM alembic_version") == [(get_alembic_version(),)]


def test_a_new_gradebook_has_no_traces_of_an_unfinished_one(life: Life) -> None:
    assert rows(life.course, "PRAGMA journal_mode") == [("delete",)]
    assert rows(life.course, "SELECT id FROM course") == [(life.course.course_id,)]


def test_without_a_course_id_nbgraders_default_is_used(home: Home, tmp_path: Path) -> None:
    course = replace(opened(home, tmp_path / "course"), course_id="")
    with Book(course) as book:
        book.ensure(home.chapters[0], home.chapters[0].part(PART))
    assert rows(course, "SELECT id FROM course") == [("default_course",)]


def test_without_a_source_notebook_the_one_that_would_be_built_counts(life: Life, home: Home, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "submitted").mkdir(parents=True)
    shutil.copy(life.course.folder / "nbgrader_config.py", bare)
    course = open_course(bare)
    with Book(course) as book:
        book.ensure(life.chapter, life.part)
    assert rows(course, SOURCES) == rows(life.course, SOURCES)
    with Book(course) as book, pytest.raises(BadInput, match=r"There is no .*part1_small\.ipynb\.\nCopy the course's source"):
        book.ensure(replace(life.chapter, solutions=None), life.part)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", r"is no notebook"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [%s]}', "nbgrader refuses .*metadata may be corrupted"),
    ],
)
def test_a_source_notebook_that_cannot_be_used(life: Life, text: str, said: str) -> None:
    entry = '{"schema_version": 3, "grade_id": "x", "grade": true, "solution": false, "locked": true, "task": false}'
    cell = '{"id": "a", "cell_type": "code", "source": "", "outputs": [], "execution_count": null, "metadata": {"nbgrader": %s}}'
    life.course.source_notebook(PART).write_text(text.replace("%s", cell % entry), encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        life.book.ensure(life.chapter, life.part)


def test_reading_without_a_gradebook_makes_none(home: Home, tmp_path: Path) -> None:
    course = opened(home, tmp_path / "course")
    with Book(course) as book:
        for ask in (lambda: book.recorded(PART), lambda: book.history(PART, "ann"), lambda: book.scores(PART)):
            with pytest.raises(BadInput, match=r"There is no gradebook .*gradebook\.db\.\nGrade a part first"):
                ask()
    assert not (tmp_path / "course" / "gradebook.db").exists()


def test_a_gradebook_that_only_nbgrader_wrote_has_no_records(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader import api

    monkeypatch.setattr(api, "get_alembic_version", lambda: "any")  # it starts a program for seconds
    course = opened(home, tmp_path / "course")
    api.Gradebook(course.db_url).close()
    with Book(course) as book:
        assert (book.recorded(PART), book.history(PART, "ann"), book.scores(PART)) == ({}, [], {})
        with pytest.raises(BadInput, match="has no assignment part1_small"):
            book.write(graded(home.chapters[0].part(PART), "ann"), submitted("ann"))


# --- writing ----------------------------------------------------------------------------------------------------------


def test_scores_are_in_the_notebooks_order_with_its_points(life: Life) -> None:
    scores = life.write("ann", "double", "Meter")
    assert scores is not None
    assert [(one.exercise, one.maximum) for one in scores.exercises] == [(e.name, e.points) for e in life.part.exercises]
    assert {one.exercise: one.auto for one in scores.exercises if one.auto != 0.0} == {
        "double": 2.0,
        "Meter": 3.0,
        "question_views": None,
    }
    assert (scores.total, scores.final, scores.maximum, scores.needs_manual) == (5.0, 5.0, life.part.points, True)
    assert life.book.scores(PART) == {"ann": scores}


def test_what_people_entered_is_kept(life: Life) -> None:
    life.write("ann", "double")
    with life.gradebook() as gradebook:
        grade = gradebook.find_grade("question_views", PART, PART, "ann")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.find_grade("double", PART, PART, "ann").extra_credit = 1.0
        gradebook.find_comment("question_views", PART, PART, "ann").manual_comment = "Nearly."
        gradebook.find_submission_notebook(PART, PART, "ann").flagged = True
        gradebook.db.commit()
    scores = life.write("ann", "trace_of")
    assert scores is not None
    question, double = scores.of("question_views"), scores.of("double")
    assert question == Points("question_views", 2.0, None, 1.5, None, needs_manual=True, comment="Nearly.")
    assert double is not None and (double.auto, double.extra_credit, double.score) == (0.0, 1.0, 1.0)
    assert scores.total == 1.5 + 1.0 + 3.0
    assert rows(life.course, "SELECT flagged FROM submitted_notebook") == [(1,)]


def test_a_submission_that_was_not_graded_gets_only_a_record(life: Life) -> None:
    life.write("ann", "double")
    before = [rows(life.course, query) for query in (GRADES, COMMENTS, SUBMISSIONS)]
    for student in ("ann", "bob"):
        assert life.write(student, results=(), not_graded="the file is empty") is None
    assert [rows(life.course, query) for query in (GRADES, COMMENTS, SUBMISSIONS)] == before
    record = life.book.recorded(PART)["bob"]
    assert (record.score, record.maximum, record.scores) == (0.0, life.part.points, None)
    assert record.graded.not_graded == "the file is empty"


def test_results_of_somebody_else_are_not_written(life: Life) -> None:
    with pytest.raises(ValueError, match="results of 'ann' for the submission of 'bob'"):
        life.book.write(graded(life.part, "ann"), submitted("bob"))


def test_a_submission_without_a_time_keeps_the_one_it_had(life: Life) -> None:
    early, late = DUE - timedelta(hours=1), DUE + timedelta(hours=1)
    for given, kept in ((early, early), (None, early), (late, late)):
        life.write("ann", timestamp=given)
        assert [datetime.fromisoformat(row[2]) for row in rows(life.course, SUBMISSIONS)] == [kept]


def test_cells_added_later_get_their_rows(life: Life) -> None:
    life.write("ann", "double")
    for table in ("grade", "comment"):
        _execute(life.course, f"DELETE FROM {table} WHERE cell_id IN (SELECT id FROM base_cell WHERE name LIKE 'flipped%')")
    _execute(life.course, "DELETE FROM base_cell WHERE name LIKE 'flipped%'", "DELETE FROM source_cell WHERE name LIKE 'flipped%'")
    assert life.book.ensure(life.chapter, life.part) == tuple(f"{name} is new in {PART}" for name in ("flipped", "flipped_answer"))
    scores = life.write("ann", "double", "flipped")
    assert scores is not None and scores.total == 4.0
    assert [row[1] for row in rows(life.course, GRADES)] == sorted(exercise.name for exercise in life.part.exercises)


def test_another_notebook_of_the_assignment_is_entered_as_nbgrader_would(life: Life) -> None:
    with life.gradebook() as gradebook:
        gradebook.add_notebook("extra", PART)
        gradebook.add_grade_cell("more", "extra", PART, max_score=4, cell_type="code")
        gradebook.add_solution_cell("more_answer", "extra", PART)
        gradebook.add_task_cell("task", "extra", PART, max_score=1, cell_type="markdown")
    life.book.ensure(life.chapter, life.part)
    life.write("ann", "double")
    with life.gradebook() as gradebook:
        gradebook.add_student("bob")
        with quiet():
            gradebook.add_submission(PART, "bob")
        ann, bob = (gradebook.find_submission_notebook("extra", PART, student) for student in ("ann", "bob"))
        for ours, theirs in ((ann.grades, bob.grades), (ann.comments, bob.comments)):
            assert len(theirs) == 2
            kept = [{**one.to_dict(), "id": "", "student": ""} for one in (*ours, *theirs)]
            key = str
            assert sorted(kept[:2], key=key) == sorted(kept[2:], key=key)


def test_task_cells_are_left_to_people(life: Life) -> None:
    with life.gradebook() as gradebook:
        gradebook.add_task_cell("task", PART, PART, max_score=4, cell_type="markdown")
    assert life.book.ensure(life.chapter, life.part) == ()
    scores = life.write("ann", "double")
    assert scores is not None and scores.of("task") == Points("task", 4.0, needs_manual=True)
    with life.gradebook() as gradebook:
        grade = gradebook.find_grade("task", PART, PART, "ann")
        grade.manual_score, grade.needs_manual_grade = 3.0, False
        gradebook.db.commit()
    again = life.write("ann", "double")
    assert again is not None and again.of("task") == Points("task", 4.0, manual=3.0, needs_manual=False)


@pytest.mark.parametrize("unsolved", [True, False])
def test_without_a_notebook_the_stub_tells_that_nothing_was_written(life: Life, unsolved: bool) -> None:
    result = Result("double", Status.UNSOLVED if unsolved else Status.FAILED)
    scores = life.write("ann", results=(result,))
    assert life.book.scores(PART) == {"ann": scores}
    assert scores is not None and scores.exercises[0].comment == ("No response." if unsolved else "")
    comments = {row[1]: row[3] for row in rows(life.course, COMMENTS)}
    assert comments == {**dict.fromkeys(comments), "double_answer": "No response." if unsolved else None}
    assert "question_views" in comments


# --- points -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "hidden", "auto"),
    [
        (Status.PASSED, (), 3.0),
        (Status.PASSED, ("x",), 0.0),
        (Status.FAILED, (), 0.0),
        (Status.UNSOLVED, (), 0.0),
        (Status.MISSING, (), 0.0),
        (Status.ERROR, (), None),
        (None, (), None),
    ],
)
def test_points_by_outcome(status: Status | None, hidden: tuple[str, ...], auto: float | None) -> None:
    results = (Result("x", status),) if status else ()
    found = automatic(Graded("ann", PART, results=results, hidden=hidden), Cell("x", "code", 3.0), unanswered=False)
    assert found == auto


@pytest.mark.parametrize(
    ("cell", "unanswered", "auto"),
    [
        (Cell("x", "markdown", 3.0, answer=True), False, None),
        (Cell("x", "markdown", 3.0, answer=True), True, 0.0),
        (Cell("x", "code", 3.0, answer=True), True, 0.0),
        (Cell("x", "markdown", 3.0), False, None),
    ],
)
def test_what_a_person_grades(cell: Cell, unanswered: bool, auto: float | None) -> None:
    passed = Graded("ann", PART, results=(Result("x", Status.PASSED),))
    assert automatic(passed, cell, unanswered=unanswered) == auto


@pytest.mark.parametrize(
    ("points", "score"),
    [
        (Points("x", 3.0), 0.0),
        (Points("x", 3.0, extra_credit=1.0), 0.0),
        (Points("x", 3.0, auto=3.0, extra_credit=1.0), 4.0),
        (Points("x", 3.0, auto=3.0, manual=0.0), 0.0),
        (Points("x", 3.0, manual=2.0, extra_credit=0.5), 2.5),
    ],
)
def test_the_score_is_nbgraders(life: Life, points: Points, score: float) -> None:
    assert points.score == score
    life.write("ann")
    with life.gradebook() as gradebook:
        grade = gradebook.find_grade("double", PART, PART, "ann")
        grade.auto_score, grade.manual_score, grade.extra_credit = points.auto, points.manual, points.extra_credit
        gradebook.db.commit()
        assert gradebook.find_grade("double", PART, PART, "ann").score == score


def test_scores_survive_json() -> None:
    scores = Scores((Points("x", 3.0, 1.0, 2.0, 0.5, True, "Good."), Points("y", 1.0)), 0.5)
    assert Scores.from_dict(scores.as_dict()) == scores
    assert scores.of("z") is None and scores.final == 2.0


# --- late penalties ---------------------------------------------------------------------------------------------------


def _due(life: Life, **extension: int) -> None:
    with life.gradebook() as gradebook:
        gradebook.update_or_create_assignment(PART, duedate=str(DUE))
        if extension:
            gradebook.grant_extension(PART, "ann", **extension)


@pytest.mark.parametrize(
    ("student", "hours", "penalty"),
    [("ann", -1.0, None), ("ann", 0.0, None), ("ann", 0.5, 1.0), ("ann", 100.0, 5.0), ("excused", 5.0, None)],
)
def test_late_penalties(life: Life, student: str, hours: float, penalty: float | None) -> None:
    _due(life)
    scores = life.write(student, "double", "trace_of", timestamp=DUE + timedelta(hours=hours))
    assert scores is not None and scores.late_penalty == penalty
    assert rows(life.course, "SELECT late_submission_penalty FROM submitted_notebook") == [(penalty,)]
    assert life.book.scores(PART)[student] == scores


def test_an_extension_given_later_takes_the_penalty_back(life: Life) -> None:
    _due(life)
    for extension, penalty in ((0, 2.0), (30, 1.0), (60, None)):
        if extension:
            _due(life, minutes=extension)
        scores = life.write("ann", "double", "trace_of", timestamp=DUE + timedelta(hours=1))
        assert scores is not None and scores.late_penalty == penalty
        assert rows(life.course, "SELECT late_submission_penalty FROM submitted_notebook") == [(penalty,)]


@pytest.mark.parametrize(
    ("lines", "penalty"),
    [
        ("", None),
        ("c.LateSubmissionPlugin.penalty_method = 'zero'", 4.0),
        ("c.AssignLatePenalties.plugin_class = 'hourly.Hourly'\nc.AssignLatePenalties.enabled = False", None),
        ("c.AssignLatePenalties.plugin_class = 'hourly.Hourly'\nc.Autograde.autograde_preprocessors = []", None),
        ("c.AssignLatePenalties.plugin_class = 'hourly.Hourly'", 2.0),
    ],
)
def test_the_configured_plugin_decides(home: Home, tmp_path: Path, lines: str, penalty: float | None) -> None:
    course = opened(home, tmp_path / "course", f"\n{lines}\n")
    (course.folder / "hourly.py").write_text(PLUGIN, encoding="utf-8")
    assert LatePenalty(course)("ann", 4.0, 3600.0) == penalty
    assert LatePenalty(course)("ann", 4.0, 0.0) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 1 / 0", "ZeroDivisionError"),
        ("return 'much'", "TypeError"),
        ("return float('nan')", "the penalty is not a number"),
        ("import no_such_module", "No module named"),
    ],
)
def test_a_plugin_that_fails_is_named_and_nothing_is_written(life: Life, body: str, said: str) -> None:
    _due(life)
    lines = f"from nbgrader.plugins import BasePlugin\n\nclass Broken(BasePlugin):\n    def late_submission_penalty(self, *a):\n        {body}\n"
    (life.course.folder / "broken_plugin.py").write_text(lines, encoding="utf-8")
    life.course.config.AssignLatePenalties.plugin_class = "broken_plugin.Broken"
    try:
        with pytest.raises(BadInput, match=f"The plug-in for late penalties fails: .*{said}"):
            life.write("ann", "double", timestamp=DUE + timedelta(hours=1))
    finally:
        sys.modules.pop("broken_plugin", None)
    for table in ("student", "submitted_assignment", "grade", "comment", "workbook_results"):
        assert rows(life.course, f"SELECT count(*) FROM {table}") == [(0,)]


# --- records ----------------------------------------------------------------------------------------------------------


def test_a_record_holds_everything_but_the_notebook(life: Life) -> None:
    start = datetime.now(UTC) - timedelta(seconds=1)
    told = graded(life.part, "ann", ("double",), unsafe=True, hidden=("trace_of",), notes=("a note",), notebook='{"cells": []}')
    scores = life.book.write(told, submitted("ann"))
    (record,) = life.book.history(PART, "ann")
    assert life.book.recorded(PART) == {"ann": record}
    assert record.graded == replace(told, notebook="")
    assert record.scores == scores
    assert (record.student, record.part, record.version, record.seed) == ("ann", PART, 1, 7)
    assert (record.submission, record.tests, record.unsafe) == ("0" * 32, "1" * 32, True)
    assert (record.score, record.maximum) == (2.0, life.part.points)
    assert start < record.created_at < datetime.now(UTC) + timedelta(seconds=1)


def test_old_records_are_kept(life: Life) -> None:
    for passed in (("double",), ("double", "trace_of"), ()):
        life.write("ann", *passed)
    life.write("bob", "Meter")
    history = life.book.history(PART, "ann")
    assert [(record.version, record.score) for record in history] == [(1, 2.0), (2, 5.0), (3, 0.0)]
    newest = life.book.recorded(PART)
    assert newest == {"ann": history[-1], "bob": life.book.history(PART, "bob")[0]}
    brief = life.book.recorded(PART, whole=False)
    assert brief == {name: replace(record, data="") for name, record in newest.items()}


def test_the_same_result_written_twice_is_one_record(life: Life) -> None:
    life.write("ann", "double", seconds=1.0)
    life.write("ann", "double", seconds=2.0)
    assert [record.version for record in life.book.history(PART, "ann")] == [1]


@pytest.mark.parametrize("more", [{"seed": 8}, {"submission": "x"}, {"tests": "x"}, {"unsafe": True}, {"notes": ("x",)}])
def test_a_result_that_differs_in_anything_is_another_record(life: Life, more: dict[str, Any]) -> None:
    life.write("ann", "double")
    life.write("ann", "double", **more)
    assert [record.version for record in life.book.history(PART, "ann")] == [1, 2]


def test_a_manual_score_entered_meanwhile_makes_another_record(life: Life) -> None:
    life.write("ann", "double")
    with life.gradebook() as gradebook:
        gradebook.find_grade("double", PART, PART, "ann").manual_score = 1.0
        gradebook.db.commit()
    life.write("ann", "double")
    assert [record.score for record in life.book.history(PART, "ann")] == [2.0, 1.0]


@pytest.mark.parametrize("student", ["zoë", "李小龍", "a b.c", "'; DROP TABLE grade; --", "<script>", "%s", "x" * 128])
def test_odd_students_are_recorded(life: Life, student: str) -> None:
    life.write(student, "double")
    assert list(life.book.recorded(PART)) == [student]
    assert list(life.book.scores(PART)) == [student]


@pytest.mark.parametrize("text", ["\x00", "\ud800", "𝔘", "\u2028</script>"])
def test_odd_texts_are_recorded(life: Life, text: str) -> None:
    life.write("ann", results=(Result("double", Status.FAILED, message=text, printed=text),))
    assert life.book.recorded(PART)["ann"].graded.results[0].printed == text


# --- points and tests that change -------------------------------------------------------------------------------------


def _points_of(life: Life, name: str, points: int) -> None:
    """Give an exercise other points, in the course's source notebook."""
    path = life.course.source_notebook(PART)
    notebook = nbformat_module().read(path, as_version=4)
    for cell in notebook.cells:
        entry = cell.metadata.get("nbgrader", {})
        if entry.get("grade_id") == name:
            entry["points"] = points
    nbformat_module().write(notebook, path)


@pytest.mark.parametrize("name", ["double", "question_views"])
def test_changed_points_are_brought_up_to_date(life: Life, name: str) -> None:
    life.write("ann", "double")
    _points_of(life, name, 9)
    assert life.book.ensure(life.chapter, life.part) == (f"{name}: 2 points before, 9 now",)
    assert life.book.ensure(life.chapter, life.part) == ()
    scores = life.write("ann", "double")
    assert scores is not None and (scores.maximum, scores.total) == (life.part.points + 7, 9.0 if name == "double" else 2.0)
    # As if the assignment had been generated with those points: nbgrader's checksums count them.
    fresh = replace(life.course, db_url=f"sqlite:///{life.course.folder}/fresh.db")
    with Book(fresh) as book:
        book.ensure(life.chapter, life.part)
    assert rows(life.course, SOURCES) == rows(fresh, SOURCES)


def test_released_texts_stay_when_the_source_changes(life: Life) -> None:
    before = rows(life.course, SOURCES)
    path = life.course.source_notebook(PART)
    path.write_text(path.read_text(encoding="utf-8").replace("def double", "def doubled"), encoding="utf-8")
    life.book.ensure(life.chapter, life.part)
    assert rows(life.course, SOURCES) == before


def test_an_exercise_that_is_gone_is_told(life: Life) -> None:
    path = life.course.source_notebook(PART)
    notebook = nbformat_module().read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "double"]
    nbformat_module().write(notebook, path)
    assert life.book.ensure(life.chapter, life.part) == (f"double is in the gradebook and not in {path}: its points still count",)


def test_a_comparison_shows_gains_and_losses_and_writes_nothing(life: Life) -> None:
    _due(life)
    life.write("ann", "double", timestamp=DUE + timedelta(minutes=30))
    life.write("bob", "double", "trace_of")
    _points_of(life, "trace_of", 4)
    before = Path(life.course.db_url.removeprefix("sqlite:///")).read_bytes()
    new = [
        graded(life.part, "ann", ("double", "trace_of")),
        graded(life.part, "bob", ("trace_of",)),
        graded(life.part, "carl", ("Meter",)),
        graded(life.part, "dora", (), results=(), not_graded="damaged"),
    ]
    changes = {change.student: change for change in life.book.compare(life.chapter, life.part, new)}
    assert Path(life.course.db_url.removeprefix("sqlite:///")).read_bytes() == before
    assert {name: (change.gain, change.exercises()) for name, change in changes.items()} == {
        "ann": (4.0, [("trace_of", 0.0, 4.0)]),
        "bob": (-1.0, [("double", 2.0, 0.0), ("trace_of", 3.0, 4.0)]),
        "carl": (3.0, [("Meter", 0.0, 3.0)]),
        "dora": (0.0, []),
    }
    assert changes["ann"].after is not None and changes["ann"].after.late_penalty == 1.0
    # What was promised is what is written.
    life.book.ensure(life.chapter, life.part)
    assert [life.book.write(one, submitted(one.student)) for one in new] == [change.after for change in changes.values()]


def test_a_comparison_needs_the_assignment(home: Home, life: Life) -> None:
    other = replace(life.course, db_url=f"sqlite:///{life.course.folder}/empty.db")
    Path(other.db_url.removeprefix("sqlite:///")).touch()
    with Book(other) as book, pytest.raises(BadInput, match="has no assignment part1_small"):
        book.compare(life.chapter, life.part, [])


def test_no_change_is_no_gain() -> None:
    scores = Scores((Points("x", 3.0, auto=3.0),))
    assert (Change("ann", scores, scores).gain, Change("ann", scores, scores).exercises()) == (0.0, [])
    assert (Change("ann", scores, None).gain, Change("ann", scores, None).exercises()) == (0.0, [])


# --- speed ------------------------------------------------------------------------------------------------------------


def test_no_write_scans_a_table(life: Life) -> None:
    """Every statement of a first and of a second write finds its rows by an index, so that the class may be of any size."""
    from sqlalchemy import event

    statements: list[tuple[str, Any]] = []
    engine = life.book._database._engine
    event.listen(engine, "before_cursor_execute", lambda c, cur, text, values, *_: statements.append((text, values)))
    life.write("ann", "double")
    life.write("ann", "trace_of")
    asked = [(text, values) for text, values in statements if text.startswith(("SELECT", "UPDATE"))]
    assert len(asked) > 10 and {"SELECT", "UPDATE"} == {text.split()[0] for text, _ in asked}
    with engine.connect() as connection:
        for text, values in asked:
            one = values[0] if isinstance(values, list) else values
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", one)]
            assert plan and not [line for line in plan if "SCAN" in line], (text, plan)


def test_help_and_the_submitting_sides_data_load_no_database() -> None:
    code = (
        "import sys; import workbook.grade.book.gradebook, workbook.grade.book.scores, workbook.grade.book.course;"
        "print([name for name in ('sqlalchemy', 'nbgrader', 'nbformat', 'nbconvert') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def _execute(course: Course, *statements: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(course.db_url.removeprefix("sqlite:///"))) as connection, connection:
        for statement in statements:
            connection.execute(statement)

"""`workbook grades`, on a real gradebook that holds what the grader wrote."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.workbook.coursefolder import PART, course_folder
from tests.workbook.gradedclass import graded_class
from workbook.cli import app
from workbook.cli.grades import command
from workbook.grade.book.course import Course, Submitted, open_course
from workbook.grade.book.gradebook import Book
from workbook.grade.records import Graded
from workbook.grade.report.tally import summarize
from workbook.model import Chapter, Explanation, Home, Result, Status

ODD = "<b>Zoë & co"
ESCAPE = "\x1b]0;owned\x07"


@dataclass(frozen=True)
class Run:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def workbook(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """The command line in the small course's checkout."""
    monkeypatch.chdir(home.root)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home.root / "settings"))
    monkeypatch.setitem(app._COMMANDS, "grades", "How the class did.")

    def run(*words: str) -> Run:
        monkeypatch.setattr(sys, "argv", ["workbook", "grades", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            app.run()
        said = capsys.readouterr()
        return Run(int(stop.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def folder(home: Home) -> Path:
    return course_folder(home, home.root / "course")


@pytest.fixture
def records(chapter: Chapter) -> list[Graded]:
    part = chapter.part(PART)
    told = Explanation("double", "raised", f"it raised {ESCAPE}.", got=ESCAPE)
    odd = Graded(
        ODD, PART, results=(Result("double", Status.FAILED, f"it raised {ESCAPE}.", told, printed=ESCAPE),), notes=(ESCAPE,)
    )
    return [*graded_class(chapter, part, 30), odd, Graded("broken.9999", PART, not_graded="the notebook is not JSON.")]


@pytest.fixture
def course(home: Home, chapter: Chapter, folder: Path, records: list[Graded]) -> Course:
    """A course in whose gradebook these records are; one more student has handed in."""
    course = open_course(folder)
    with Book(course) as book:
        book.ensure(chapter, chapter.part(PART))
        for record in records:
            place = course.submitted_dir(record.student, PART)
            place.mkdir(parents=True)
            book.write(record, Submitted(record.student, place))
    course.submitted_dir("late", PART).mkdir(parents=True)
    return course


@pytest.fixture
def expected(chapter: Chapter, course: Course, records: list[Graded]) -> Any:
    with Book(course) as book:
        scores = book.scores(PART)
    return summarize(chapter.part(PART), records, ["late"], scores)


def test_the_page_is_written_into_the_course(workbook, course, expected):
    run = workbook("--course", str(course.folder))
    assert (run.code, run.err) == (0, "")
    path = course.folder / "grades.html"
    assert f"wrote {path}" in run.out
    text = path.read_text(encoding="utf-8")
    assert "<title>Small course</title>" in text and str(course.folder) in text
    assert f"<dd>{len(expected.graded)}</dd>" in text
    assert "&lt;b&gt;Zoë &amp; co</bdi>" in text and "<b>Zoë" not in text


def test_the_terminal_tells_what_matters_most(workbook, course, expected):
    out = workbook("--course", str(course.folder)).out
    assert out.startswith(f"{PART}: First steps\n{len(expected.graded)} graded, mean {expected.mean:.1f}, ")
    hardest = next(exercise for exercise in expected.hardest())
    assert f"{hardest.name}" in out and f"{hardest.passed} of {hardest.judged}" in out
    for reason, names in expected.not_graded.items():
        assert f"not graded: {len(names)}, because {reason}" in out
    assert "handed in, not graded yet: 1\n" in out
    assert "\x1b]" not in out


def test_json_is_the_same_for_programs_and_writes_no_page(workbook, course, expected):
    run = workbook(PART, "--course", str(course.folder), "--json")
    assert (run.code, run.err) == (0, "")
    assert run.data == {"parts": [json.loads(json.dumps(expected.as_dict()))], "page": None, "csv": None}
    assert not (course.folder / "grades.html").exists()


def test_json_names_the_files_that_were_asked_for(workbook, course, tmp_path):
    page, table = tmp_path / "a.html", tmp_path / "a.csv"
    data = workbook("--course", str(course.folder), "--json", "--output", str(page), "--csv", str(table)).data
    assert (data["page"], data["csv"]) == (str(page), str(table))
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert table.read_bytes().startswith(b"\xef\xbb\xbfpart,student,")


def test_csv_has_a_line_a_student_and_is_written_alone(workbook, course, expected, tmp_path):
    table = tmp_path / "grades.csv"
    assert workbook("--course", str(course.folder), "--csv", str(table)).code == 0
    assert not (course.folder / "grades.html").exists()
    with table.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    students = [*expected.students, *expected.pending]
    assert len(lines) == len(students)
    by_name = {line["student"]: line for line in lines}
    for student in expected.students:
        line = by_name[student.student]
        assert line["points"] == ("" if student.not_graded else str(student.points))
        assert line["score"] == ("" if student.scores is None else str(student.gradebook["score"]))


def test_manual_scores_count_in_the_gradebooks_score(workbook, course, expected):
    student = next(one for one in expected.graded if one.to_read)
    from nbgrader.api import Gradebook

    with Gradebook(course.db_url) as gradebook:
        grade = gradebook.find_grade("question_views", PART, PART, student.student)
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        gradebook.db.commit()
    after = workbook("--course", str(course.folder), "--json").data["parts"][0]
    mine = next(entry for entry in after["students"] if entry["student"] == student.student)
    assert mine["raw_score"] == student.gradebook["raw_score"] + 2.0
    assert mine["points"] == student.points
    assert after["questions"]["question_views"] == expected.questions["question_views"] - 1


def test_students_are_linked_to_their_feedback_from_where_the_page_lies(workbook, course, expected, tmp_path):
    student = next(one.student for one in expected.graded if one.student != ODD)
    for name in (student, ODD):
        place = course.feedback_dir(name, PART)
        place.mkdir(parents=True)
        (place / f"{PART}.html").write_text("<p>well done</p>", encoding="utf-8")
    workbook("--course", str(course.folder))
    text = (course.folder / "grades.html").read_text(encoding="utf-8")
    assert f'<a href="feedback/{student}/{PART}/{PART}.html">' in text
    assert f'<a href="feedback/%3Cb%3EZo%C3%AB%20%26%20co/{PART}/{PART}.html">' in text
    other = course.folder.parent / "else where"
    other.mkdir()
    workbook("--course", str(course.folder), "--output", str(other / "page.html"))
    assert f'<a href="../course/feedback/{student}/{PART}/{PART}.html">' in (other / "page.html").read_text(encoding="utf-8")


def test_a_student_is_shown_with_everything(workbook, course, chapter, records):
    record = next(one for one in records if one.results and any(result.explanation for result in one.results))
    again = replace(record, results=tuple(Result(result.exercise, Status.PASSED, "passed") for result in record.results), seed=99)
    with Book(course) as book:
        book.write(again, Submitted(record.student, course.submitted_dir(record.student, PART)))
        scores = book.scores(PART)[record.student]
        before = book.history(PART, record.student)[0].score
    run = workbook("--course", str(course.folder), "--student", record.student)
    assert run.code == 0
    assert run.out.startswith(f"{record.student}, {PART}: {scores.final:g} of {scores.maximum:g} points\n")
    assert f"{len(record.results)} passed" in run.out
    assert f"graded 2 times; points before: {before:g} (" in run.out
    assert not (course.folder / "grades.html").exists()
    data = workbook("--course", str(course.folder), "--student", record.student, "--json").data
    assert [entry["version"] for entry in data["results"][0]["history"]] == [1, 2]
    assert data["results"][0]["seed"] == 99 and data["results"][0]["scores"]["total"] == scores.total


def test_a_students_text_does_nothing_to_the_terminal(workbook, course):
    run = workbook("--course", str(course.folder), "--student", ODD)
    assert run.out.startswith(f"{ODD}, {PART}")
    assert "it raised" in run.out and "note: " in run.out
    assert "\x1b" not in run.out and "\x07" not in run.out


def test_several_students_and_one_who_is_not_graded(workbook, course, expected):
    wrong = next(iter(expected.not_graded.values()))[0]
    right = expected.graded[0].student
    run = workbook("--course", str(course.folder), "--student", right, "--student", wrong, "--student", right)
    assert run.out.index(f"{right}, {PART}") < run.out.index(f"{wrong}, {PART}")
    assert run.out.count(f"{right}, {PART}") == 1
    assert "not graded: " in run.out.partition(f"{wrong}, {PART}")[2]


def test_a_folder_that_cannot_be_graded_is_named(workbook, course):
    (course.folder / "submitted" / "linked").mkdir()
    (course.folder / "submitted" / "linked" / PART).symlink_to(course.folder)
    data = workbook("--course", str(course.folder), "--json").data
    assert {"linked": "its folder is a link to somewhere else"}.items() <= {
        entry["student"]: entry["not_graded"] for entry in data["parts"][0]["students"]
    }.items()


def test_a_name_that_is_none_of_a_folder_stops_nothing(workbook, course):
    with Book(course) as book:
        book.write(Graded("../up", PART), Submitted("../up", course.folder))
    run = workbook("--course", str(course.folder))
    assert (run.code, run.err) == (0, "")
    assert "<bdi>../up</bdi>" in (course.folder / "grades.html").read_text(encoding="utf-8")


# --- what cannot be ---------------------------------------------------------------------------------------------------


def test_wrong_usage_ends_with_2(workbook, course):
    there = ("--course", str(course.folder))
    run = workbook("part1_smal", *there)
    assert run.code == 2 and "Did you mean part1_small?" in run.err
    run = workbook(*there, "--student", "nobody.0000")
    assert run.code == 2 and "There is no student with a result called 'nobody.0000'." in run.err
    run = workbook(*there, "--student", "ada", "--csv", "x.csv")
    assert run.code == 2 and "--student prints" in run.err
    assert workbook(*there, "--outptu", "x").code == 2


def test_a_course_without_results_ends_with_1_and_says_what_to_do(workbook, folder, chapter):
    run = workbook("--course", str(folder))
    assert run.code == 1 and "There is no gradebook" in run.err and "workbook grade" in run.err
    course = open_course(folder)
    with Book(course) as book:
        book.ensure(chapter, chapter.part(PART))
    run = workbook("--course", str(folder))
    assert run.code == 1
    assert run.err == (
        f"Error: The gradebook of {course.folder} has no result of `workbook grade` for {PART}.\n"
        f"Run `workbook grade {PART} --course {course.folder}` first.\n"
    )
    assert not (folder / "grades.html").exists()


def test_no_course_at_all_ends_with_1(workbook, tmp_path):
    run = workbook("--course", str(tmp_path / "nowhere"))
    assert run.code == 1 and "There is no folder" in run.err


def test_a_file_that_cannot_be_written_ends_with_1(workbook, course, tmp_path):
    run = workbook("--course", str(course.folder), "--output", str(tmp_path / "no" / "where.html"))
    assert run.code == 1 and "where.html cannot be written: No such file or directory." in run.err
    assert "Traceback" not in run.err


def test_help_has_examples() -> None:
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert "workbook grades --course DIR" in result.output.partition("Examples:")[2]

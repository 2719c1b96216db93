"""Course folders: nbgrader's configuration, odd names, time stamps, and what is no submission."""

from __future__ import annotations

import json
import os
from datetime import datetime
from glob import glob
from pathlib import Path

import pytest

from tests.workbook.coursefolder import PART
from workbook.errors import BadInput, UnknownName
from workbook.grade.book.configuration import on_path
from workbook.grade.book.course import Course, Submitted, open_course


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own settings."""
    folder = tmp_path / "settings"
    folder.mkdir()
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    (folder / "submitted").mkdir(parents=True)
    return folder


def configured(folder: Path, *lines: str, name: str = "nbgrader_config.py") -> Course:
    (folder / name).write_text("\n".join(["c = get_config()", *lines]), encoding="utf-8")
    return open_course(folder)


def hand_in(course: Course, student: str, timestamp: str | None = None) -> Path:
    folder = course.submitted_dir(student, PART)
    folder.mkdir(parents=True)
    (folder / f"{PART}.ipynb").write_text("{}", encoding="utf-8")
    if timestamp is not None:
        (folder / "timestamp.txt").write_text(timestamp, encoding="utf-8")
    return folder


def names(found: list[Submitted]) -> list[str]:
    return [one.student for one in found]


# --- configuration ----------------------------------------------------------------------------------------------------


def test_a_course_without_configuration_is_laid_out_as_nbgrader_lays_it_out(folder: Path) -> None:
    course = open_course(folder)
    assert course.db_url == f"sqlite:///{folder}/gradebook.db"
    assert course.submitted_dir("ann", PART) == folder / "submitted" / "ann" / PART
    assert course.autograded_dir("ann", PART) == folder / "autograded" / "ann" / PART
    assert course.feedback_dir("ann", PART) == folder / "feedback" / "ann" / PART
    assert course.source_notebook(PART).resolve() == folder / "source" / PART / f"{PART}.ipynb"


def test_the_configuration_is_honoured(folder: Path) -> None:
    course = configured(
        folder,
        "c.CourseDirectory.course_id = 'maths'",
        "c.CourseDirectory.directory_structure = '{assignment_id}/{nbgrader_step}/s-{student_id}'",
        "c.CourseDirectory.submitted_directory = 'in'",
        "c.CourseDirectory.autograded_directory = 'marked'",
        "c.CourseDirectory.feedback_directory = 'back'",
        "c.CourseDirectory.source_directory = 'made'",
        "c.CourseDirectory.db_url = 'postgresql+psycopg://me:secret@server/grades'",
        "c.CourseDirectory.student_id_exclude = 'carl,dora'",
    )
    assert course.course_id == "maths"
    assert course.db_url == "postgresql+psycopg://me:secret@server/grades"
    assert course.submitted_dir("ann", PART) == folder / PART / "in" / "s-ann"
    assert course.autograded_dir("ann", PART) == folder / PART / "marked" / "s-ann"
    assert course.feedback_dir("ann", PART) == folder / PART / "back" / "s-ann"
    assert course.source_notebook(PART) == folder / PART / "made" / "s-." / f"{PART}.ipynb"
    for student in ("ann", "bob", "carl"):
        hand_in(course, student)
    (folder / PART / "in" / "somebody").mkdir()
    assert names(course.submissions(PART)) == ["ann", "bob"]


def test_every_path_is_nbgraders(folder: Path) -> None:
    from nbgrader.coursedir import CourseDirectory

    course = configured(folder, "c.CourseDirectory.directory_structure = '{student_id}/{nbgrader_step}/{assignment_id}'")
    theirs = CourseDirectory(root=str(folder), config=course.config)
    for step, ours in (
        ("submitted", course.submitted_dir),
        ("autograded", course.autograded_dir),
        ("feedback", course.feedback_dir),
    ):
        assert str(ours("zoë b.", PART)) == theirs.format_path(step, "zoë b.", PART)


def test_the_users_settings_count_and_the_courses_own_win(folder: Path, settings: Path) -> None:
    own = {"CourseDirectory": {"course_id": "everywhere", "submitted_directory": "in"}}
    (settings / "nbgrader_config.json").write_text(json.dumps(own), encoding="utf-8")
    (folder / "nbgrader_config.json").write_text(json.dumps({"CourseDirectory": {"course_id": "here"}}), encoding="utf-8")
    course = open_course(folder)
    assert (course.course_id, course.submitted) == ("here", "in")


def test_the_folder_that_was_named_wins_over_the_configured_root(folder: Path, tmp_path: Path) -> None:
    course = configured(folder, f"c.CourseDirectory.root = {str(tmp_path / 'other')!r}")
    assert course.submitted_dir("ann", PART).is_relative_to(folder)


def test_a_configuration_may_import_from_its_folder_and_leaves_no_trace_on_the_path(folder: Path) -> None:
    (folder / "course_names.py").write_text("NAME = 'imported'", encoding="utf-8")
    assert configured(folder, "import course_names", "c.CourseDirectory.course_id = course_names.NAME").course_id == "imported"
    import sys

    assert str(folder) not in sys.path
    with on_path(folder):
        assert sys.path[0] == str(folder)


@pytest.mark.parametrize("url", ["sqlite:///marks.db", "sqlite:///sub/marks.db"])
def test_a_relative_gradebook_lies_in_the_course(folder: Path, url: str) -> None:
    place = folder / url.removeprefix("sqlite:///")
    assert configured(folder, f"c.CourseDirectory.db_url = {url!r}").db_url == f"sqlite:///{place}"
    assert open_course(folder, url).db_url == f"sqlite:///{place}"


def test_the_gradebook_that_is_named_wins(folder: Path) -> None:
    configured(folder, "c.CourseDirectory.db_url = 'sqlite:///marks.db'")
    assert open_course(folder, "sqlite:////elsewhere/other.db").db_url == "sqlite:////elsewhere/other.db"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1 / 0", r"nbgrader_config\.py cannot be read: ZeroDivisionError"),
        ("c.CourseDirectory.course_id = [", r"nbgrader_config\.py cannot be read: SyntaxError"),
        ("c.CourseDirectory.ignore = 3", "nbgrader's configuration in .* is wrong"),
        ("c.CourseDirectory.directory_structure = '{student_id}'", "does not say where a submission lies"),
        ("c.CourseDirectory.directory_structure = '{student_id}/{x}'", "does not say where a submission lies"),
        ("c.CourseDirectory.db_url = 'gradebook.db'", r"'gradebook\.db' is no address of a database\.\nWrite sqlite:////"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(folder: Path, line: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        configured(folder, line)


def test_a_folder_that_is_no_course(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no folder .*nowhere\.\nGive --course"):
        open_course(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"is no nbgrader course: it has no nbgrader_config\.py"):
        open_course(tmp_path / "empty")


# --- submissions ------------------------------------------------------------------------------------------------------

ODD = ("zoë", "李小龍", "a b", " a", "j. r.", "-dash", "o'neill", "a & b;", "[x]", "*", "{student_id}", "{0}", "%s", "`x`", "..a")


@pytest.mark.parametrize("student", ODD)
def test_odd_names_are_found_and_lead_back_to_their_folder(folder: Path, student: str) -> None:
    course = open_course(folder)
    handed_in = hand_in(course, student)
    hand_in(course, "ann")
    found = {one.student: one.folder for one in course.submissions(PART) + course.submissions(PART, student)}
    assert found[student] == handed_in
    assert names(course.submissions(PART, student)) == [student]


def test_the_same_submissions_as_nbgrader_finds(folder: Path) -> None:
    from nbgrader.coursedir import CourseDirectory

    course = open_course(folder)
    for student in (*ODD, "ann", ".hidden"):
        hand_in(course, student)
    (folder / "submitted" / "idle").mkdir()
    (folder / "submitted" / "notes.txt").write_text("x", encoding="utf-8")
    theirs = glob(CourseDirectory(root=str(folder)).format_path("submitted", "*", PART))  # noqa: PTH207  # as nbgrader does
    assert sorted(str(one.folder) for one in course.submissions(PART)) == sorted(theirs)
    assert names(course.submissions(PART)) == sorted(names(course.submissions(PART)))


def test_a_hidden_folder_is_found_when_it_is_asked_for(folder: Path) -> None:
    course = open_course(folder)
    hand_in(course, ".hidden")
    assert course.submissions(PART) == []
    assert names(course.submissions(PART, ".hidden")) == [".hidden"]


@pytest.mark.parametrize("student", ["", ".", "..", "a/b", "../ann", "/etc", "a\0b"])
def test_a_name_that_is_a_path_is_refused(folder: Path, student: str) -> None:
    course = open_course(folder)
    for ask in (course.submitted_dir, course.autograded_dir, course.feedback_dir):
        with pytest.raises(BadInput, match="cannot be the name of a student"):
            ask(student, PART)
        with pytest.raises(BadInput, match="cannot be the name of a part"):
            ask("ann", student)
    with pytest.raises(BadInput, match="cannot be the name of a student"):
        course.submissions(PART, student)
    with pytest.raises(BadInput, match="cannot be the name of a part"):
        course.submissions(student)


def test_what_is_no_submission_is_refused_with_a_reason(folder: Path) -> None:
    course = open_course(folder)
    ann = hand_in(course, "ann")
    course.submitted_dir("file", PART).parent.mkdir()
    course.submitted_dir("file", PART).write_text("x", encoding="utf-8")
    course.submitted_dir("copycat", PART).parent.mkdir()
    course.submitted_dir("copycat", PART).symlink_to(ann)
    hand_in(course, "x" * 129)
    os.makedirs(os.path.join(os.fsencode(folder), b"submitted", b"caf\xe9", PART.encode()))  # noqa: PTH103, PTH118  # bytes
    assert names(course.submissions(PART)) == ["ann"]
    assert dict(course.refused(PART)) == {
        "caf\\udce9": "the name of its folder is not UTF-8, so the gradebook cannot hold it",
        "copycat": "its folder is a link to somewhere else",
        "file": "there is a file in the place of its folder",
        "x" * 129: "the student's name is longer than the 128 characters that the gradebook holds",
    }
    with pytest.raises(BadInput, match="submission of 'copycat' for part1_small cannot be graded: its folder is a link"):
        course.submissions(PART, "copycat")


ACTING = {
    "<img src=x onerror=1>": "<",
    'x" onmouseover="1': '"',
    "back\\slash": "\\",
    "line\nend": "\\n",
    "tab\t": "\\t",
    "\x1b[2Jgone": "\\x1b",
    "next\x85line": "\\x85",
    "par\u2029": "\\u2029",
}


@pytest.mark.parametrize("student", ACTING)
def test_a_name_that_would_act_on_the_formgraders_pages_is_refused(folder: Path, student: str) -> None:
    course = open_course(folder)
    hand_in(course, student)
    hand_in(course, "ann")
    assert names(course.submissions(PART)) == ["ann"]
    ((shown, reason),) = course.refused(PART)
    sign = ACTING[student]
    assert reason == f"the student's name contains {sign}, which would act as markup or script on the formgrader's pages"
    assert shown.isprintable() and sign in shown
    with pytest.raises(BadInput, match="cannot be graded: the student's name contains"):
        course.submissions(PART, student)


def test_a_hidden_folder_that_would_act_is_refused_when_it_is_asked_for(folder: Path) -> None:
    course = open_course(folder)
    hand_in(course, ".<b>")
    with pytest.raises(BadInput, match="contains <, which would act"):
        course.submissions(PART, ".<b>")


def test_a_student_who_handed_in_nothing(folder: Path) -> None:
    course = open_course(folder)
    with pytest.raises(UnknownName, match="Nothing was handed in for part1_small"):
        course.submissions(PART, "ann")
    hand_in(course, "annabel")
    with pytest.raises(UnknownName, match=r"no submission of part1_small by a student called 'anabel'.*\nDid you mean annabel\?"):
        course.submissions(PART, "anabel")


def test_no_submissions_at_all(folder: Path) -> None:
    (folder / "submitted").rmdir()
    (folder / "source").mkdir()
    assert open_course(folder).submissions(PART) == []


# --- time stamps ------------------------------------------------------------------------------------------------------

STAMPS = (
    "2015-02-02 15:58:23.948203 UTC",
    "2015-02-02 15:58:23 Europe/Berlin",
    "2015-02-02T10:00:00+02:00",
    "3 Feb 2015 10:00",
    "",
    " \n",
)


@pytest.mark.parametrize("text", STAMPS)
def test_times_are_read_as_nbgrader_reads_them(folder: Path, text: str) -> None:
    from nbgrader.coursedir import CourseDirectory

    course = open_course(folder)
    theirs = CourseDirectory(root=str(folder)).get_existing_timestamp(str(hand_in(course, "ann", text)))
    (ours,) = course.submissions(PART)
    assert (ours.timestamp, ours.note) == (theirs, "")
    assert isinstance(theirs, datetime) == bool(text.strip())


def test_no_time_stamp_is_no_remark(folder: Path) -> None:
    course = open_course(folder)
    hand_in(course, "ann")
    assert course.submissions(PART)[0].timestamp is None and course.submissions(PART)[0].note == ""


@pytest.mark.parametrize("text", ["yesterday", "9" * 60, "2015-02-02 " * 20, "\x00", "1e999", "2015-13-45", "\ud800"])
def test_a_time_stamp_that_is_none_is_noted(folder: Path, text: str) -> None:
    course = open_course(folder)
    (hand_in(course, "ann") / "timestamp.txt").write_text(text, encoding="utf-8", errors="surrogatepass")
    (found,) = course.submissions(PART)
    assert (found.timestamp, found.note) == (None, "timestamp.txt holds no time, so the submission counts as being in time")


def test_a_time_stamp_that_is_no_file_is_not_opened(folder: Path, tmp_path: Path) -> None:
    course = open_course(folder)
    os.mkfifo(hand_in(course, "pipe") / "timestamp.txt")
    (hand_in(course, "folder") / "timestamp.txt").mkdir()
    (tmp_path / "early.txt").write_text("2000-01-01 00:00:00 UTC", encoding="utf-8")
    (hand_in(course, "link") / "timestamp.txt").symlink_to(tmp_path / "early.txt")
    found = {one.student: one for one in course.submissions(PART)}
    assert [one.timestamp for one in found.values()] == [None] * 3
    assert "is no file" in found["pipe"].note and "is no file" in found["folder"].note
    assert "was not read" in found["link"].note

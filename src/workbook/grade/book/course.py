"""An nbgrader course folder: where its files lie, and which submissions wait in it."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from workbook.errors import BadInput, UnknownName
from workbook.grade.book.configuration import database_url, directories, read_config

__all__ = ["Course", "Submitted", "open_course"]

# The gradebook's column for a student's id.
_LONGEST_NAME = 128
_TIMESTAMP = "timestamp.txt"
# What ends the text in which nbgrader's pages put a name as it is: HTML, an attribute in quotation marks, a string of a script.
# An apostrophe and "&" end none of these, and are in real names.
_ACTING = re.compile('[<"\\\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
# A time stamp is some 30 characters; a student's file may be of any size.
_LONGEST_TIMESTAMP = 100


@dataclass(frozen=True)
class Submitted:
    """A submission that waits to be graded.

    Attributes:
        student: nbgrader's id of the student.
        folder: what the student handed in for this part.
        timestamp: when, in UTC and without a time zone, as nbgrader keeps it; None where it is not known.
        note: why the time is not known although the folder names one, or "".
    """

    student: str
    folder: Path
    timestamp: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class Course:
    """A course folder and what nbgrader's configuration says about it.

    Attributes:
        folder: nbgrader's root directory of the course.
        db_url: SQLAlchemy's URL of the gradebook.
        course_id: nbgrader's name of the course; may be empty.
        structure: how a path is made of nbgrader_step, student_id and assignment_id.
        source, submitted, autograded, feedback: names of these steps' directories.
        excluded: students that the configuration leaves out.
        config: everything that the configuration says (a traitlets Config).
    """

    folder: Path
    db_url: str
    course_id: str = ""
    structure: str = "{nbgrader_step}/{student_id}/{assignment_id}"
    source: str = "source"
    submitted: str = "submitted"
    autograded: str = "autograded"
    feedback: str = "feedback"
    excluded: frozenset[str] = frozenset()
    config: Any = field(default=None, repr=False, compare=False)

    def submitted_dir(self, student: str, part: str) -> Path:
        return self._path(self.submitted, student, part)

    def autograded_dir(self, student: str, part: str) -> Path:
        return self._path(self.autograded, student, part)

    def feedback_dir(self, student: str, part: str) -> Path:
        return self._path(self.feedback, student, part)

    def source_notebook(self, part: str) -> Path:
        """Where the instructor's version of the part lies, if it was built."""
        _refuse_paths("part", part)
        return self._format(self.source, ".", part) / f"{part}.ipynb"

    def submissions(self, part: str, student: str | None = None) -> list[Submitted]:
        """What was handed in for a part, by student; with `student`, only theirs.

        Raises:
            UnknownName: that student handed nothing in; with the nearest names.
            BadInput: the name of the student or the part is no name of a folder, or theirs cannot be graded.
        """
        if student is not None:
            _refuse_paths("student", student)
            folder = self.submitted_dir(student, part)
            reason = _reason(student, folder) if os.path.lexists(folder) else ""
            if reason:
                raise BadInput(f"The submission of {student!r} for {part} cannot be graded: {reason}.", "Mend that folder.")
        found = [(name, folder) for name, folder in self._handed_in(part) if not _reason(name, folder)]
        if student is not None:
            found = [(name, folder) for name, folder in found if name == student] or [self._single(student, part)]
        return [Submitted(name, folder, *_timestamp(folder)) for name, folder in found if name not in self.excluded]

    def refused(self, part: str) -> list[tuple[str, str]]:
        """Folders in the place of a submission that cannot be graded: the student's name, fit to be shown, and why."""
        found = [(name, _reason(name, folder)) for name, folder in self._handed_in(part)]
        return [(_shown(name), reason) for name, reason in found if reason]

    def _single(self, student: str, part: str) -> tuple[str, Path]:
        # Names that begin with a dot are in no listing, but may be asked for.
        folder = self.submitted_dir(student, part)
        if not folder.is_dir():
            known = [name for name, _ in self._handed_in(part)]
            advice = f"Put the notebook into {folder}." if known else f"Nothing was handed in for {part} in {self.folder}."
            raise UnknownName(f"submission of {part} by a student", student, known, advice)
        return student, folder

    def _handed_in(self, part: str) -> list[tuple[str, Path]]:
        """Student and folder of everything in the place of a submission, by name; as nbgrader's glob `*` finds them."""
        _refuse_paths("part", part)
        filled = self.structure.replace("{nbgrader_step}", self.submitted).replace("{assignment_id}", part)
        before, name, _ = re.split(r"([^/]*\{student_id\}[^/]*)", filled.replace(os.sep, "/"), maxsplit=1)
        base = self.folder / before
        if not base.is_dir():
            return []
        pattern = re.compile(re.escape(name).replace(re.escape("{student_id}"), "(.+)", 1), re.DOTALL)
        names = sorted(path.name for path in base.iterdir())
        matches = [pattern.fullmatch(entry) for entry in names if not entry.startswith(".")]
        students = [match[1] for match in matches if match]
        places = [(student, self._format(self.submitted, student, part)) for student in students]
        return [(student, path) for student, path in places if os.path.lexists(path)]

    def _path(self, step: str, student: str, part: str) -> Path:
        _refuse_paths("student", student)
        _refuse_paths("part", part)
        return self._format(step, student, part)

    def _format(self, step: str, student: str, part: str) -> Path:
        return self.folder / self.structure.format(nbgrader_step=step, student_id=student, assignment_id=part)


def open_course(folder: Path, db: str | None = None) -> Course:
    """The course in `folder`, with nbgrader's configuration read as nbgrader does when it is run there.

    Args:
        db: URL of the gradebook, instead of the configured one. A relative path in it starts at the course's folder.

    Raises:
        BadInput: the folder is no course, its configuration cannot be read, or the URL is none.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.", "Give --course the folder with nbgrader_config.py and submitted/.")
    config = read_config(folder)
    places = directories(folder, config, db)
    course = Course(
        folder=folder,
        db_url=database_url(places.db_url, folder),
        course_id=places.course_id,
        structure=places.directory_structure,
        source=places.source_directory,
        submitted=places.submitted_directory,
        autograded=places.autograded_directory,
        feedback=places.feedback_directory,
        excluded=frozenset(places.student_id_exclude.split(",")) - {""},
        config=config,
    )
    known = [folder / "nbgrader_config.py", folder / "nbgrader_config.json", folder / course.source, folder / course.submitted]
    if not any(path.exists() for path in known):
        raise BadInput(
            f"{folder} is no nbgrader course: it has no nbgrader_config.py, no {course.source}/ and no {course.submitted}/.",
            "Name the course's folder with --course; `workbook build --edition course` writes one.",
        )
    return course


def _refuse_paths(what: str, name: str) -> None:
    if name in ("", ".", "..") or "/" in name or os.sep in name or "\0" in name:
        raise BadInput(f"{name!r} cannot be the name of a {what}.", "It must be the name of one folder.")


def _reason(name: str, folder: Path) -> str:
    """Why something in the place of a submission is none; "" where it is one."""
    mode = os.lstat(folder).st_mode
    if stat.S_ISLNK(mode):
        return "its folder is a link to somewhere else"
    if not stat.S_ISDIR(mode):
        return "there is a file in the place of its folder"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "the name of its folder is not UTF-8, so the gradebook cannot hold it"
    if len(name) > _LONGEST_NAME:
        return f"the student's name is longer than the {_LONGEST_NAME} characters that the gradebook holds"
    acting = _ACTING.search(name)
    if acting:
        return f"the student's name contains {_shown(acting[0])}, which would act as markup or script on the formgrader's pages"
    return ""


def _shown(name: str) -> str:
    """The name with what no line can show written as Python writes it."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", lambda match: ascii(match[0])[1:-1], name)


def _timestamp(folder: Path) -> tuple[datetime | None, str]:
    """When the submission came, from its timestamp.txt, and a note where that file says nothing usable."""
    text, problem = _text(folder / _TIMESTAMP)
    if problem or not text:
        return None, problem
    from nbgrader.utils import parse_utc

    try:
        if len(text) > _LONGEST_TIMESTAMP:
            raise ValueError("too long")
        return parse_utc(text.decode().strip()), ""
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None, f"{_TIMESTAMP} holds no time, so the submission counts as being in time"


def _text(path: Path) -> tuple[bytes, str]:
    """The beginning of a small file of a student's, stripped, or why it was not read."""
    try:
        # The student may have sent a pipe or a link under this name.
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return b"", ""
    except OSError as error:
        return b"", f"{path.name} was not read ({error.strerror}), so the submission counts as being in time"
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return b"", f"{path.name} is no file, so the submission counts as being in time"
        return os.read(number, _LONGEST_TIMESTAMP + 1).strip(), ""
    finally:
        os.close(number)

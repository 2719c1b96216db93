"""An nbgrader course folder: where its files lie, and which submissions wait in it."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from workbook.build.formats import nbformat_module
from workbook.errors import BadInput, UnknownName

__all__ = ["Course", "Submitted", "on_path", "open_course"]

_CONFIG_NAMES = ("jupyter_config", "nbgrader_config")
# The gradebook's column for a student's id.
_LONGEST_NAME = 128
_TIMESTAMP = "timestamp.txt"
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
    structure: str = os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}")
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
            reason = dict(self.refused(part)).get(student)
            if reason:
                raise BadInput(f"The submission of {student!r} for {part} cannot be graded: {reason}.", "Mend that folder.")
        found = [(name, folder) for name, folder in self._handed_in(part) if not _reason(name, folder)]
        if student is not None:
            found = [(name, folder) for name, folder in found if name == student] or [self._single(student, part)]
        return [Submitted(name, folder, *_timestamp(folder)) for name, folder in found if name not in self.excluded]

    def refused(self, part: str) -> list[tuple[str, str]]:
        """Folders in the place of a submission that cannot be graded: the student's name, fit to be shown, and why."""
        found = [(name, _reason(name, folder)) for name, folder in self._handed_in(part)]
        return [(name.encode("utf-8", "backslashreplace").decode(), reason) for name, reason in found if reason]

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
        matches = [pattern.fullmatch(entry) for entry in sorted(os.listdir(base)) if not entry.startswith(".")]
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
    folder = Path(os.path.abspath(folder))
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.", "Give --course the folder with nbgrader_config.py and submitted/.")
    config = _config(folder)
    places = _directories(folder, config, db)
    course = Course(
        folder=folder,
        db_url=_database(places.db_url, folder),
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


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    """Modules in the folder can be imported meanwhile: nbgrader is run there, so the course's plug-ins may lie there."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _config(folder: Path) -> Any:
    """What nbgrader reads when it is run in the folder: the machine's and the user's settings, then the course's own."""
    nbformat_module()  # the configuration may import nbgrader, which imports it the slow way
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config.loader import Config, JSONFileConfigLoader, PyFileConfigLoader

    total = Config()
    for place in [*reversed(jupyter_config_path()), str(folder)]:
        for name in _CONFIG_NAMES:
            for loader, suffix in ((PyFileConfigLoader, "py"), (JSONFileConfigLoader, "json")):
                path = Path(place, f"{name}.{suffix}")
                if not path.is_file():
                    continue
                try:
                    with on_path(folder):
                        total.merge(loader(path.name, path=place).load_config())
                except Exception as error:  # it is a program of the instructor's, which may raise anything
                    raise BadInput(f"{path} cannot be read: {type(error).__name__}: {error}.", "Mend that file.") from error
    return total


def _directories(folder: Path, config: Any, db: str | None) -> Any:
    from nbgrader.coursedir import CourseDirectory
    from traitlets import TraitError
    from traitlets.config.loader import Config

    wanted = Config()
    wanted.merge(config)
    wanted.CourseDirectory.root = str(folder)
    if db is not None:
        wanted.CourseDirectory.db_url = db
    try:
        places = CourseDirectory(config=wanted)
        structure = places.directory_structure
    except TraitError as error:
        raise BadInput(f"nbgrader's configuration in {folder} is wrong: {error}.", "Mend nbgrader_config.py.") from None
    try:
        structure.format(nbgrader_step="a", student_id="b", assignment_id="c")
        complete = all(f"{{{word}}}" in structure for word in ("nbgrader_step", "student_id", "assignment_id"))
    except (LookupError, ValueError):
        complete = False
    if not complete:
        raise BadInput(
            f"CourseDirectory.directory_structure is {structure!r}, which does not say where a submission lies.",
            "It must name {nbgrader_step}, {student_id} and {assignment_id}, and nothing else, in braces.",
        )
    return places


def _database(url: str, folder: Path) -> str:
    """The URL with a relative SQLite file made absolute."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadInput(
            f"{url!r} is no address of a database.",
            "Write sqlite:////path/to/gradebook.db or postgresql+psycopg://user@host/database.",
        ) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(folder / parsed.database))
    return parsed.render_as_string(hide_password=False)


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
    return ""


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

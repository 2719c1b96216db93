"""`workbook regrade` on a small class: real sandbox, real workers, real gradebook; a test or points change after it was graded."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.workbook.conftest import write_home
from tests.workbook.coursefolder import PART, course_folder, rows
from workbook.build.editions import course_files
from workbook.build.notebooks import build_notebook, to_text
from workbook.cli.regrade import command
from workbook.errors import BadInput
from workbook.grade.book.course import Course, open_course
from workbook.grade.book.gradebook import Book
from workbook.grade.records import Graded
from workbook.grade.rescore import _Spool
from workbook.grade.sandbox.nursery import missing
from workbook.model import Home, find_home

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}")

SQUARE = "# exercise: double\ndef double(x):\n    return x * x\n\ndef halve(x):\n    return x / 2"
TOTAL = "# exercise: trace_of\ndef trace_of(mat):\n    return np.asarray(mat.sum())"
ANSWERS = {"right": {}, "square": {"double": SQUARE}, "by_hand": {"double": SQUARE}, "late": {}, "damaged": {"trace_of": TOTAL}}
PLUGIN = """
from nbgrader.plugins import BasePlugin

class Half(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2
"""
CONFIG = "\nc.AssignLatePenalties.plugin_class = 'half.Half'\n"
TABLES = (
    "workbook_results",
    "grade",
    "comment",
    "grade_cells",
    "source_cell",
    "submitted_notebook",
    "submitted_assignment",
    "student",
)


@dataclass(frozen=True)
class Run:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    def of(self, student: str) -> Any:
        return next(one for one in self.data["students"] if one["student"] == student)


@dataclass(frozen=True)
class Class:
    """A checkout with a course in it whose submissions are graded."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "course"

    @property
    def course(self) -> Course:
        return open_course(self.folder)

    @property
    def home(self) -> Home:
        return find_home(self.root)

    def hand_in(self, student: str, text: str) -> None:
        place = self.folder / "submitted" / student / PART
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{PART}.ipynb").write_text(text, encoding="utf-8")

    def process(self, name: str, *options: str, stdin: Any = subprocess.DEVNULL) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "workbook", name, PART, "--course", str(self.folder), "--workers", "2", *options]
        environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(self.root / "settings"), "COLUMNS": "160"}
        pipe = subprocess.PIPE
        return subprocess.Popen(words, cwd=self.root, env=environment, stdin=stdin, stdout=pipe, stderr=pipe, text=True)

    def __call__(self, name: str, *options: str, stdin: Any = subprocess.DEVNULL) -> Run:
        with self.process(name, *options, stdin=stdin) as process:
            out, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        return Run(process.returncode, out, err)

    def answered(self, word: str, *options: str) -> Run:
        """`regrade` on a terminal on which this is typed."""
        master, slave = pty.openpty()
        try:
            os.write(master, f"{word}\n".encode())
            return self("regrade", *options, stdin=slave)
        finally:
            os.close(slave)
            os.close(master)

    def rewrite(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), encoding="utf-8")

    def change_test(self) -> None:
        """Now `double` has to square."""
        self.rewrite("tests/small_course/test_part1_small.py", "lambda x: x + x)", "lambda x: x * x)")

    def change_points(self, *, rebuild: bool = True) -> None:
        """`trace_of` is worth 7 now, in the course's source notebook too."""
        old = 'trace_of = { kind = "function", difficulty = 2, importance = 4, minutes = 6, points = 3, forbid'
        self.rewrite("small_course/chapter.toml", old, old.replace("points = 3", "points = 7"))
        if rebuild:
            files = course_files(self.home, self.home.chapters[0], self.folder)
            path = self.course.source_notebook(PART).resolve()
            path.write_text(files[path], encoding="utf-8")

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: sorted(rows(self.course, f"SELECT * FROM {table}"), key=repr) for table in TABLES}

    def files(self) -> dict[Path, bytes]:
        found = (path for step in ("autograded", "feedback") for path in (self.folder / step).rglob("*"))
        return {path: path.read_bytes() for path in found if path.is_file()}

    def finals(self) -> dict[str, float]:
        with Book(self.course) as book:
            return {student: scores.final for student, scores in book.scores(PART).items()}

    def versions(self) -> dict[str, list[float]]:
        """The score of each of a student's records, oldest first."""
        with Book(self.course) as book:
            return {student: [one.score for one in book.history(PART, student)] for student in book.recorded(PART)}


def _solved(home: Home, answers: dict[str, str]) -> str:
    chapter = home.chapters[0]
    notebook = json.loads(to_text(build_notebook(chapter, chapter.part(PART), "solutions")))
    for cell in notebook["cells"]:
        name = cell["id"].removeprefix("answer-")
        if name in answers:
            cell["source"] = answers[name]
    return json.dumps(notebook)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """The class after `workbook grade`, a due date that one of them missed, and a score that a person gave."""
    from nbgrader.api import Gradebook

    root = tmp_path_factory.mktemp("graded") / "home"
    home = write_home(root)
    folder = course_folder(home, root / "course", CONFIG)
    (folder / "half.py").write_text(PLUGIN, encoding="utf-8")
    made = Class(root)
    for student, answers in ANSWERS.items():
        made.hand_in(student, _solved(home, answers))
    made.hand_in("broken", "this is no notebook")
    (folder / "submitted" / "late" / PART / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC", encoding="utf-8")
    with Book(made.course) as book:
        book.ensure(home.chapters[0], home.chapters[0].part(PART))
    with Gradebook(made.course.db_url) as gradebook:
        gradebook.update_or_create_assignment(PART, duedate="2026-03-01 12:00:00")
    assert made("grade", "--json").code == 1
    with Gradebook(made.course.db_url) as gradebook:
        grade = gradebook.find_grade("double", PART, PART, "by_hand")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.25, False
        gradebook.find_comment("double_answer", PART, PART, "by_hand").manual_comment = "Nearly."
        gradebook.db.commit()
    return made


@pytest.fixture
def life(graded: Class, tmp_path: Path) -> Class:
    """A copy, to be changed."""
    shutil.copytree(graded.root, tmp_path / "home")
    return Class(tmp_path / "home")


# The tested exercises of the small part are worth 16 points; `double` 2 of them, `trace_of` 3.
BEFORE = {"right": 16.0, "square": 14.0, "by_hand": 15.75, "late": 8.0, "damaged": 10.0}


def test_the_class_is_graded_as_the_tests_below_take_it(graded: Class) -> None:
    assert graded.finals() == BEFORE


# --- shown and not written --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [("--dry-run",), ("--json",), ("--json", "--dry-run")], ids=" ".join)
def test_without_a_yes_nothing_is_written(life: Class, options: tuple[str, ...]) -> None:
    life.change_test()
    life.change_points()
    before = life.rows(), life.files()
    run = life("regrade", *options)
    assert run.code == 1, "one submission cannot be graded"
    assert (life.rows(), life.files()) == before
    if "--json" in options:
        assert run.data["written"] is False
    else:
        assert run.out.endswith("Nothing was written.\n")


def test_who_gains_and_who_loses_by_another_test(life: Class) -> None:
    life.change_test()
    run = life("regrade", "--json")
    assert run.data["counts"] == {"gain": 1, "lose": 3, "same": 1, "new": 0, "not_graded": 1}
    outcomes = {one["student"]: (one["outcome"], one["before"], one["after"], one["difference"]) for one in run.data["students"]}
    assert outcomes == {
        "right": ("lose", 16.0, 14.0, -2.0),
        "square": ("gain", 14.0, 16.0, 2.0),
        "by_hand": ("same", 15.75, 15.75, 0.0),
        "late": ("lose", 8.0, 7.0, -1.0),
        "damaged": ("lose", 10.0, 8.0, -2.0),
        "broken": ("not_graded", None, None, 0.0),
    }
    assert run.of("right")["exercises"] == [{"exercise": "double", "before": 2.0, "after": 0.0}]
    assert run.of("late")["late_penalty"] == 7.0
    assert "part1_small.ipynb" in run.of("broken")["not_graded"] and run.of("broken")["kept"] is False
    assert run.data["changes"] == run.data["outdated"] == run.data["gone"] == []


def test_points_are_shown_before_they_are_in_the_gradebook(life: Class) -> None:
    life.change_points()
    run = life("regrade", "--json")
    assert run.data["changes"] == ["trace_of: 3 points before, 7 now"]
    differences = {one["student"]: one["difference"] for one in run.data["students"]}
    assert differences == {"right": 4.0, "square": 4.0, "by_hand": 4.0, "late": 2.0, "damaged": 0.0, "broken": 0.0}
    assert rows(life.course, "SELECT max_score FROM grade_cells g JOIN base_cell b ON b.id = g.id WHERE b.name = 'trace_of'") == [
        (3.0,)
    ]


def test_for_people_the_losers_come_first(life: Class) -> None:
    life.change_test()
    lines = life("regrade", "--dry-run").out.splitlines()
    names = [line.split()[0] for line in lines if "→" in line]
    assert sorted(names[:2]) == ["damaged", "right"] and names[2:] == ["late", "square"]
    shown = {line.split()[0]: " ".join(line.split()[1:]) for line in lines if "→" in line}
    assert shown["square"] == "14 → 16 +2 double 0 → 2"
    assert shown["late"] == "8 → 7 -1 double 2 → 0, for being late -8 → -7"
    assert "double: 1 gain, 3 lose" in lines
    assert any(line.startswith("not graded: broken: ") for line in lines)
    assert any(line.startswith("1 gain, 3 lose, 1 same, 1 cannot be graded; graded in ") for line in lines)


def test_points_that_the_source_notebook_does_not_have_are_told(life: Class) -> None:
    life.change_points(rebuild=False)
    run = life("regrade", "--json")
    path = life.course.source_notebook(PART)
    assert run.data["outdated"] == [f"trace_of: 7 points in chapter.toml, 3 in {path}, which count"]
    assert run.data["changes"] == [] and run.data["counts"]["same"] == 5
    assert f"workbook build --edition course --output {life.folder}" in life("regrade", "--dry-run").out.replace("\n", " ")


def test_one_student_and_points_of_all_is_warned_of(life: Class) -> None:
    life.change_points()
    run = life("regrade", "--student", "right", "--dry-run")
    assert run.code == 0 and "1 gain, 0 lose, 0 same, 0 cannot be graded" in run.out
    assert "the others keep scores by the old ones" in " ".join(run.out.split())


def test_new_changed_and_vanished_submissions_are_told_apart(life: Class) -> None:
    life.hand_in("new", _solved(life.home, {}))
    (life.folder / "submitted" / "new" / PART / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC", encoding="utf-8")
    life.hand_in("square", _solved(life.home, {}))
    shutil.rmtree(life.folder / "submitted" / "damaged")
    run = life("regrade", "--json")
    assert run.data["gone"] == ["damaged"]
    assert (run.of("new")["outcome"], run.of("new")["after"]) == ("new", 8.0), "the penalty that it will get is known before"
    assert (run.of("square")["changed"], run.of("square")["outcome"]) == (True, "gain")
    assert not run.of("right")["changed"]
    shown = life("regrade", "--dry-run").out
    assert "(another submission than the one graded before)" in shown
    assert "no submission is here any more, so the recorded points stay: damaged" in shown
    assert "1 graded for the first time" in shown


# --- asked ------------------------------------------------------------------------------------------------------------


def test_no_means_no(life: Class) -> None:
    life.change_test()
    before = life.rows(), life.files()
    run = life.answered("n")
    assert (run.code, run.out.endswith("Nothing was written.\n")) == (1, True)
    assert "Write this into the gradebook? [y/N]" in run.err
    assert (life.rows(), life.files()) == before


def test_yes_writes_what_was_shown_and_keeps_the_old(life: Class) -> None:
    life.change_test()
    life.change_points()
    shown = {one["student"]: one["after"] for one in life("regrade", "--json").data["students"] if one["after"] is not None}
    run = life.answered("y")
    assert run.code == 1 and "Written." in run.out
    assert life.finals() == shown == {"right": 18.0, "square": 20.0, "by_hand": 19.75, "late": 9.0, "damaged": 8.0}
    assert life.versions() == {
        "right": [16.0, 18.0],
        "square": [14.0, 20.0],
        "by_hand": [14.0, 19.75],
        "late": [16.0, 18.0],
        "damaged": [10.0, 8.0],
        "broken": [0.0, 0.0],
    }
    with Book(life.course) as book:
        points = book.scores(PART)["by_hand"].of("double")
        late = book.scores(PART)["late"].late_penalty
    assert points is not None
    assert (points.auto, points.manual, points.extra_credit, points.comment) == (2.0, 1.5, 0.25, "Nearly.")
    assert late == 9.0
    page = (life.course.feedback_dir("right", PART) / f"{PART}.html").read_text(encoding="utf-8")
    assert "6 of 7 exercises pass" in page


def test_without_a_terminal_it_says_so_at_once(life: Class) -> None:
    before = life.rows()
    run = life("regrade")
    assert (run.code, run.out) == (1, "")
    assert run.err == (
        "Error: There is no terminal on which to ask whether the new scores shall be written.\n"
        "Use --dry-run to see what would change, and --yes to write it.\n"
    )
    assert life.rows() == before


# --- written ----------------------------------------------------------------------------------------------------------


def test_again_it_changes_nothing_and_doubles_nothing(life: Class) -> None:
    life.change_test()
    assert life("regrade", "--yes", "--json").data["written"] is True
    before = life.rows()
    run = life("regrade", "--yes", "--json")
    assert run.data["counts"] == {"gain": 0, "lose": 0, "same": 5, "new": 0, "not_graded": 1}
    assert life.rows() == before


def test_who_cannot_be_graded_any_more_keeps_everything(life: Class) -> None:
    life.hand_in("damaged", '{"cells": [')
    life.change_test()
    before = life.versions()["damaged"], {path: data for path, data in life.files().items() if "damaged" in path.parts}
    run = life("regrade", "--yes")
    assert run.code == 1
    told = " ".join(run.out.split())
    assert "not graded: damaged: " in told and "(keeps the 10 points recorded before, its notebook and its feedback)" in told
    assert "2 cannot be graded" in told
    assert life.finals() == {**BEFORE, "right": 14.0, "square": 16.0, "late": 7.0}
    assert (life.versions()["damaged"], {path: data for path, data in life.files().items() if "damaged" in path.parts}) == before


KILLED = """
import os, signal, sys
from functools import partial
from pathlib import Path
from workbook.grade.book.course import open_course
from workbook.grade.book.gradebook import Book
from workbook.grade.classwork import Classwork
from workbook.grade.pool import LocalPool
from workbook.grade.rescore import Regrading
from workbook.model import find_home

def main():
    home = find_home(Path.cwd())
    chapter, part = home.part(sys.argv[1])
    work = Classwork(open_course(Path("course")), chapter, part, force=True)
    with Regrading(work, work.find()) as regrading:
        with LocalPool(home, 2, [work.course.folder]) as pool, Book(work.course) as book:
            count = len(list(regrading.grade(pool, book)))
        with Book(work.course) as book:
            writing = regrading.write(book, regrading.compare(book))
            next(writing), next(writing)
            print(count, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    main()
"""


def test_killed_while_it_writes_a_rerun_does_the_rest(life: Class, tmp_path: Path) -> None:
    life.change_test()
    life.change_points()
    script, scratch = tmp_path / "killed.py", tmp_path / "scratch"
    script.write_text(KILLED, encoding="utf-8")
    scratch.mkdir()
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(life.root / "settings"), "TMPDIR": str(scratch)}
    words = [sys.executable, str(script), PART]
    ended = subprocess.run(words, cwd=life.root, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "6\n"), ended.stderr
    assert not [path for path in scratch.rglob("*") if path.is_file()], "no results are left lying about"
    assert sorted(map(len, life.versions().values())) == [1, 1, 1, 1, 2, 2]
    assert life("regrade", "--yes", "--json").data["written"] is True
    assert life.finals() == {"right": 18.0, "square": 20.0, "by_hand": 19.75, "late": 9.0, "damaged": 8.0}
    assert {student: len(scores) for student, scores in life.versions().items()} == dict.fromkeys([*ANSWERS, "broken"], 2)


def test_a_full_disk_under_the_results_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", partial(Path("/dev/full").open, "r+b"))
    spool = _Spool()
    with pytest.raises(
        BadInput, match=r"cannot be put aside for the comparison: No space left .* Nothing was written\.\nMake room"
    ):
        spool.add(Graded("ann", PART, notebook="{}"))
    spool.close()


@pytest.mark.parametrize("name", ["grade", "regrade"])
def test_a_time_that_is_none_is_told(life: Class, name: str) -> None:
    (life.folder / "submitted" / "right" / PART / "timestamp.txt").write_text("yesterday", encoding="utf-8")
    told = "timestamp.txt holds no time, so the submission counts as being in time"
    assert life(name, "--json", "--student", "right").data["remarks"] == [{"student": "right", "remark": told}]
    assert f"right: {told}\n" in life(name, "--student", "right", *(["--dry-run"] if name == "regrade" else [])).out


# --- usage ------------------------------------------------------------------------------------------------------------


def test_wrong_usage(life: Class) -> None:
    run = life("regrade", "--yes", "--dry-run")
    assert run.code == 2 and "--yes writes and --dry-run does not: choose one." in run.err
    run = life("regrade", "--dry-run", "--student", "rihgt")
    assert run.code == 2 and "Did you mean right?" in run.err
    run = life("regrade", "--dry-run", "--db", "sqlite:///other.db")
    assert run.code == 1 and "There is no gradebook" in run.err
    assert not (life.folder / "other.db").exists()


def test_a_part_that_was_never_graded(life: Class) -> None:
    shutil.copy(life.folder / "gradebook.db", life.folder / "other.db")
    engine = f"sqlite:///{life.folder / 'other.db'}"
    from nbgrader.api import Gradebook

    with Gradebook(engine) as gradebook:
        gradebook.remove_assignment(PART)
    run = life("regrade", "--dry-run", "--db", engine)
    assert run.code == 1 and f"has no assignment {PART}.\nRun `workbook grade {PART}` first." in run.err


def test_help_has_examples() -> None:
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert "--dry-run" in result.output.partition("Examples:")[2]

"""`workbook grade` killed, stopped, locked out, without room, for real: nothing is lost or doubled; a rerun does the rest."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workbook.processes import Watched, command_line, descendants, parent, until
from tests.workbook.recorded import Verdict, recorded, whole
from workbook.build.editions import course_files, write_files
from workbook.build.notebooks import build_notebook, to_text
from workbook.grade.sandbox.nursery import missing
from workbook.model import find_home

HOME = find_home(Path(__file__).parent)
CHAPTER = HOME.chapters[0]
PART = CHAPTER.part("part3_einsum")
pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}")

LOOP = "# exercise: einsum_mv\ndef einsum_mv(mat, vec):\n    while True:\n        pass"
TRANSPOSED = "# exercise: einsum_mm\ndef einsum_mm(mat1, mat2):\n    return np.einsum('ij,jk->ki', mat1, mat2)"
WRONG_QUIZ = "# exercise: quiz_einsum_sum\nquiz_einsum_sum = 'a'"
# In this order two workers come to both endless loops when four others are done, and the rest still waits.
CLASS = {
    "a": {},
    "b-endless": {"einsum_mv": LOOP},
    "c": {"einsum_mm": TRANSPOSED},
    "d": {"quiz_einsum_sum": WRONG_QUIZ},
    "e": {"einsum_mm": TRANSPOSED, "quiz_einsum_sum": WRONG_QUIZ},
    "f-endless": {"einsum_mv": LOOP, "einsum_mm": TRANSPOSED},
    "g": {"quiz_einsum_sum": WRONG_QUIZ},
    "h": {},
    "i": {"einsum_mm": "# exercise: einsum_mm\ndef einsum_mm(:"},
    "j": {"einsum_mm": TRANSPOSED},
}
BEFORE = {"a", "c", "d", "e"}
Start = Callable[..., "Running"]
SHORT, LONG = ("--exercise-time", "2"), ("--exercise-time", "1000", "--time", "5000")


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which nothing has been graded."""
    folder = tmp_path_factory.mktemp("class") / "course"
    write_files(course_files(HOME, CHAPTER, folder))
    solved = to_text(build_notebook(CHAPTER, PART, "solutions"))
    for student, answers in CLASS.items():
        notebook = json.loads(solved)
        for cell in notebook["cells"]:
            cell["source"] = answers.get(cell["id"].removeprefix("answer-"), cell["source"])
        place = folder / "submitted" / student / PART.name
        place.mkdir(parents=True)
        (place / f"{PART.name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def undisturbed(handed_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Verdict]:
    """What a run finds that nobody disturbs."""
    folder = shutil.copytree(handed_in, tmp_path_factory.mktemp("undisturbed") / "course")
    done = run(folder)
    assert done.returncode == 0, done.stderr
    whole(folder, PART.name)
    found = recorded(folder, PART.name)
    assert sorted(found) == sorted(CLASS) and len({one.points for one in found.values()}) > 3
    return found


@pytest.fixture
def course(handed_in: Path, tmp_path: Path) -> Path:
    return shutil.copytree(handed_in, tmp_path / "course")


def words(course: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "workbook", "grade", PART.name, "--course", str(course), "--workers", "2", *options]


def run(course: Path, *options: str, command: Callable[..., list[str]] = words) -> subprocess.CompletedProcess[str]:
    """The command, from its beginning to its end, with little patience for endless loops."""
    return subprocess.run(command(course, *SHORT, *options), cwd=HOME.root, capture_output=True, text=True, timeout=600)


def records(course: Path) -> set[str]:
    """Who is recorded, as another program sees it at this moment."""
    if not (course / "gradebook.db").exists():
        return set()
    try:
        with closing(sqlite3.connect(f"file:{course / 'gradebook.db'}?mode=ro", uri=True)) as database:
            return {student for (student,) in database.execute("select student from workbook_results")}
    except sqlite3.OperationalError:  # there is no table yet
        return set()


@dataclass
class Running:
    """The command at work on the class, at the point where both workers are in an endless loop."""

    course: Path
    process: subprocess.Popen[str]

    @property
    def everything(self) -> list[int]:
        return [self.process.pid, *descendants(self.process.pid)]

    def named(self, *parts: str) -> list[int]:
        """Processes whose command line has all of these in it."""
        return [pid for pid in self.everything if all(part in command_line(pid) for part in parts)]

    @property
    def workers(self) -> list[int]:
        """Those that hold the tests: children of the process that forks them."""
        (server,) = [pid for pid in self.named("multiprocessing.forkserver") if parent(pid) == self.process.pid]
        return [pid for pid in descendants(server) if parent(pid) == server]

    @property
    def warm(self) -> list[int]:
        """Processes inside of the sandbox; the first is the one that forks the others."""
        return [pid for pid in self.named("workbook.grade.sandbox.zygote") if "bwrap" not in command_line(pid).split()[0]]

    def end(self) -> tuple[int, str]:
        """Wait for the end; exit code and what was written to standard error."""
        _, said = self.process.communicate(timeout=300)
        return self.process.returncode, said


@pytest.fixture
def half_way(course: Path) -> Iterator[Start]:
    """A function that starts the command and returns when it is half-way through."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, folder: Path = course) -> Running:
        command = words(folder, *(options or LONG))
        process = subprocess.Popen(
            command, cwd=HOME.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        pages = [folder / "feedback" / student / PART.name / f"{PART.name}.html" for student in BEFORE]
        until(lambda: process.poll() is not None or all(page.exists() for page in pages), "half of the class")
        assert process.poll() is None, process.communicate()[1]
        return Running(folder, process)

    yield start
    for process in started:
        everything = [process.pid, *descendants(process.pid)]
        if process.poll() is None:
            for pid in everything:
                os.kill(pid, signal.SIGKILL)
        process.communicate()


def finish(course: Path, undisturbed: Mapping[str, Verdict]) -> None:
    """A rerun does what is missing, and then all is as if nobody had disturbed."""
    before = records(course)
    done = run(course, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["unchanged"]) == before, "what was recorded is not done again"
    assert {one["student"] for one in told["submissions"]} == set(CLASS) - before
    assert recorded(course, PART.name) == undisturbed
    whole(course, PART.name)


# --- killed -----------------------------------------------------------------------------------------------------------


def test_the_command_killed(course: Path, half_way: Start, undisturbed: Mapping[str, Verdict]) -> None:
    running = half_way()
    everything = Watched(running.everything)
    assert len(running.workers) == 2 and len(running.warm) == 3, "the warm process and two students'"
    os.kill(running.process.pid, signal.SIGKILL)
    assert running.end()[0] == -signal.SIGKILL
    assert everything.left() == [], "workers, sandbox and students' processes end with the command"
    assert records(course) == BEFORE
    finish(course, undisturbed)


@pytest.mark.parametrize("victims", ["workers", "warm"])
def test_the_command_replaces_what_is_killed(
    course: Path, half_way: Start, undisturbed: Mapping[str, Verdict], victims: str
) -> None:
    running = half_way("--exercise-time", "10")
    old = Watched([*running.workers, *running.warm])
    for pid in getattr(running, victims)[:2]:
        os.kill(pid, signal.SIGKILL)
    code, said = running.end()
    assert code == 0, said
    assert old.left() == []
    assert recorded(course, PART.name) == undisturbed
    finish(course, undisturbed)


# --- stopped ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["the command alone", "all that the terminal started"])
def test_stopped_with_control_c(course: Path, half_way: Start, undisturbed: Mapping[str, Verdict], who: str) -> None:
    running = half_way()
    everything = Watched(running.everything)
    (os.kill if who == "the command alone" else os.killpg)(running.process.pid, signal.SIGINT)
    code, said = running.end()
    assert code == 130
    assert said.endswith("Stopped.\n") and "Traceback" not in said and "Error" not in said
    assert everything.left() == []
    assert records(course) == BEFORE
    finish(course, undisturbed)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_stopped_while_it_starts(course: Path, sign: signal.Signals) -> None:
    process = subprocess.Popen(
        words(course), cwd=HOME.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    running = Running(course, process)
    until(lambda: running.named("multiprocessing.forkserver"), "a process that imports the libraries")
    everything = Watched(running.everything)
    if sign == signal.SIGINT:
        os.killpg(process.pid, sign)
    else:
        process.kill()
    said, _ = process.communicate(timeout=300)
    assert process.returncode == (130 if sign == signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said and "KeyboardInterrupt" not in said
    assert sign == signal.SIGKILL or said.endswith("Stopped.\n")
    assert everything.left() == []


def test_terminated(course: Path, half_way: Start, undisturbed: Mapping[str, Verdict]) -> None:
    running = half_way()
    everything = Watched(running.everything)
    os.kill(running.process.pid, signal.SIGTERM)
    assert running.end()[0] == -signal.SIGTERM
    assert everything.left() == []
    assert records(course) == BEFORE
    finish(course, undisturbed)


# --- no room ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no small file system can be mounted by this user: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk(handed_in: Path, small_disk: Path, half_way: Start, undisturbed: Mapping[str, Verdict]) -> None:
    course = shutil.copytree(handed_in, small_disk / "course")
    running = half_way("--exercise-time", "10", folder=course)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(1 << 16))
    code, said = running.end()
    assert code == 1 and "Traceback" not in said
    assert "cannot be written: No space left on device" in said or "The disk is full" in said
    assert "run the same command again" in said or "run this again" in said
    assert records(course) == BEFORE
    again = run(course)
    assert again.returncode == 1 and "Traceback" not in again.stderr
    ballast.unlink()
    finish(course, undisturbed)


# A file may grow to this many bytes, whoever writes it: a quota that needs no rights.
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv[:2] = ["workbook"]
from workbook.cli import main
main()
"""


def test_a_gradebook_that_may_not_grow(course: Path, undisturbed: Mapping[str, Verdict]) -> None:
    one = run(course, "--student", "a")
    assert one.returncode == 0, one.stderr
    size = (course / "gradebook.db").stat().st_size

    def limited(course: Path, *options: str) -> list[str]:
        return [sys.executable, "-c", LIMITED, str(size), *words(course, *options)[3:]]

    done = run(course, command=limited)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"The gradebook {course / 'gradebook.db'} cannot be" in done.stderr or "The disk is full" in done.stderr
    assert "a" in records(course) < set(CLASS)
    finish(course, undisturbed)


# --- a gradebook that others use, or that is none ---------------------------------------------------------------------


def test_a_gradebook_locked_for_a_while(course: Path, half_way: Start, undisturbed: Mapping[str, Verdict]) -> None:
    running = half_way("--exercise-time", "10")
    with closing(sqlite3.connect(course / "gradebook.db", isolation_level=None)) as other:
        other.execute("begin exclusive")
        # The notebook is written just before the gradebook.
        waiting = course / "autograded" / "b-endless" / PART.name / f"{PART.name}.ipynb"
        also = course / "autograded" / "f-endless" / PART.name / f"{PART.name}.ipynb"
        until(lambda: waiting.exists() or also.exists() or running.process.poll() is not None, "a result that must wait")
        assert running.process.poll() is None
        other.execute("rollback")
    code, said = running.end()
    assert code == 0, said
    finish(course, undisturbed)


IMPATIENT = """
import sys
from workbook.cli import main
from workbook.grade.book.gradebook import Book
Book.__init__.__kwdefaults__["patience"] = 0.5
sys.argv[0] = "workbook"
main()
"""


def test_a_gradebook_locked_for_too_long(course: Path, undisturbed: Mapping[str, Verdict]) -> None:
    first = run(course, "--student", "a", "--student", "c")
    assert first.returncode == 0, first.stderr

    def impatient(course: Path, *options: str) -> list[str]:
        return [sys.executable, "-c", IMPATIENT, *words(course, *options)[3:]]

    with closing(sqlite3.connect(course / "gradebook.db", isolation_level=None)) as other:
        other.execute("begin exclusive")
        done = run(course, command=impatient)
        other.execute("rollback")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"The gradebook {course / 'gradebook.db'} was locked for 0.5 seconds by process {os.getpid()} (" in done.stderr
    assert records(course) == {"a", "c"}
    finish(course, undisturbed)


def test_a_corrupt_gradebook(course: Path, undisturbed: Mapping[str, Verdict]) -> None:
    first = run(course, "--student", "a", "--student", "c")
    assert first.returncode == 0, first.stderr
    file = course / "gradebook.db"
    good = file.read_bytes()
    bad = good[:8192] + bytes(reversed(good[8192:]))
    file.write_bytes(bad)
    before = files(course)
    done = run(course)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"The gradebook {file} is damaged" in done.stderr and "put your backup in its place" in done.stderr
    assert files(course) == before, "nothing is overwritten"
    file.write_bytes(good)
    finish(course, undisturbed)


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

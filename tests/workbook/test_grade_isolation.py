"""`workbook grade` as an ordinary user: isolated; refused where that cannot be had; and what --unsafe still promises."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.ordinary import as_ordinary, give, hindrance, room
from tests.workbook.processes import Watched, command_line, descendants, until
from tests.workbook.recorded import recorded
from workbook.build.editions import course_files, write_files
from workbook.build.notebooks import build_notebook, to_text
from workbook.grade.book.course import open_course
from workbook.grade.book.gradebook import Book
from workbook.grade.sandbox.nursery import missing
from workbook.model import find_home

HOME = find_home(Path(__file__).parent)
CHAPTER = HOME.chapters[0]
PART = CHAPTER.part("part3_einsum")
SECRET = "wbsecret-" + os.urandom(12).hex()
_HINDRANCE = hindrance()
pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}"),
    pytest.mark.skipif(bool(_HINDRANCE), reason=f"no ordinary user here: {_HINDRANCE}"),
]

UNSHARE = shutil.which("unshare") or "unshare"
MAIN = "from workbook.cli import main\nmain()\n"
HEAD = "# exercise: einsum_mm\ndef einsum_mm(mat1, mat2):\n"
# Each tells what it could do.
TRY = """
    done = []
    for name, attempt in attempts.items():
        try:
            done.append((name, attempt()))
        except BaseException as error:
            pass
    raise RuntimeError(f"done: {done}")
"""
THIEF = """
    import glob, os
    paths = [HOME + "/.secret", COURSE + "/gradebook.db", SOLUTION, COURSE + "/submitted/honest/PART/PART.ipynb", "/etc/passwd"]
    attempts = {path: lambda path=path: open(path, "rb").read()[-200:] for path in paths}
    attempts["folders"] = lambda: os.listdir(HOME)
    attempts["processes"] = lambda: [open(path).read() for path in glob.glob("/proc/[0-9]*/environ")][0]
"""
KILLER = """
    import os, signal, subprocess, threading
    attempts = {
        "fork": os.fork,
        "program": lambda: subprocess.run(["/bin/true"]),
        "everybody": lambda: os.kill(-1, signal.SIGKILL),
        "somebody": lambda: os.kill(VICTIM, signal.SIGKILL),
        "user": lambda: os.setuid(0),
    }
"""
VANDAL = """
    import os, socket
    attempts = {
        "write": lambda: open(HOME + "/victim", "w").write("gone"),
        "remove": lambda: os.remove(HOME + "/victim"),
        "package": lambda: open(os.__file__, "a").write("gone"),
        "network": lambda: socket.create_connection(("127.0.0.1", PORT), 5),
    }
"""
ENDLESS = "    while True:\n        pass\n"
SLEEPER = "    import time\n    time.sleep(1e6)\n"
BOMB = """
    kept = []
    for _ in range(1000):
        kept.append(np.ones(1 << 20))
    return np.einsum("ij,jk->ik", mat1, mat2)
"""


@dataclass
class Place:
    """A course of an ordinary user's, in a home folder of their own."""

    home: Path

    @property
    def course(self) -> Path:
        return self.home / "course"

    def hand_in(self, student: str, answer: str = "") -> None:
        """A notebook in which everything is right but perhaps einsum_mm."""
        notebook = json.loads(to_text(build_notebook(CHAPTER, PART, "solutions")))
        for cell in notebook["cells"]:
            if answer and cell["id"] == "answer-einsum_mm":
                cell["source"] = HEAD + answer
        folder = self.course / "submitted" / student / PART.name
        folder.mkdir(parents=True)
        (folder / f"{PART.name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

    def command(self, *options: str, code: str = "", through: Sequence[str] = (), path: str = "") -> list[str]:
        """`workbook grade` as that user.

        Args:
            code: Python that runs before it, in the same process.
            through: a command that starts it.
            path: where programs are looked for.
        """
        give(self.home)
        environment = {"HOME": str(self.home), "TMPDIR": str(self.home), "JUPYTER_CONFIG_DIR": str(self.home / "jupyter")}
        start = ["-c", code + MAIN] if code else ["-m", "workbook"]
        words = ["grade", PART.name, "--course", str(self.course), "--workers", "2", "--json", *options]
        return as_ordinary([*through, sys.executable, *start, *words], {**environment, **({"PATH": path} if path else {})})

    def grade(self, *options: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*options, **more), cwd=HOME.root, capture_output=True, text=True, timeout=600)


@pytest.fixture
def place() -> Iterator[Place]:
    with room() as home:
        (home / ".secret").write_text(SECRET, encoding="utf-8")
        (home / "victim").write_text("untouched", encoding="utf-8")
        found = Place(home)
        write_files(course_files(HOME, CHAPTER, found.course))
        found.hand_in("honest")
        yield found


def by_student(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout.startswith("{"), done.stderr
    return {one["student"]: one for one in json.loads(done.stdout)["submissions"]}


def failed(one: Mapping[str, Any]) -> dict[str, str]:
    """Exercise to what is said about it."""
    assert one["not_graded"] == "" and len(one["results"]) == len(
        [exercise for exercise in PART.exercises if exercise.kind != "question"]
    )
    return {result["exercise"]: result["message"] for result in one["results"] if result["status"] != "passed"}


# --- isolated ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of that user's."""
    with subprocess.Popen(as_ordinary(["sleep", "100000"], {})) as process:
        yield process
        process.kill()


def test_an_ordinary_users_sandbox_holds(place: Place, sleeper: subprocess.Popen[bytes]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        names = {
            "HOME": repr(str(place.home)),
            "COURSE": repr(str(place.course)),
            "SOLUTION": repr(str(CHAPTER.source(PART.name))),
            "PORT": str(listener.getsockname()[1]),
            "VICTIM": str(sleeper.pid),
        }
        given = "".join(f"    {name} = {value}\n" for name, value in names.items())
        for student, attack in {"thief": THIEF, "killer": KILLER, "vandal": VANDAL}.items():
            place.hand_in(student, given + attack.replace("PART/PART", f"{PART.name}/{PART.name}") + TRY)
        done = place.grade()
        with pytest.raises(BlockingIOError):
            listener.accept()
    told = by_student(done)
    assert done.returncode == 0, done.stderr
    assert "user: yours, without any privilege, in a user namespace" in done.stderr
    assert failed(told["honest"]) == {} and told["honest"]["scores"]["total"] == PART.points
    for student in ("thief", "killer", "vandal"):
        assert list(failed(told[student])) == ["einsum_mm"]
        assert "RuntimeError: done: []" in json.dumps(told[student]["results"])
        assert not told[student]["unsafe"]
    assert SECRET not in done.stdout
    accepted = by_student(place.grade("--unsafe", "--force", "--student", "thief"))["thief"]
    assert SECRET in json.dumps(accepted), "the thief knows how to steal"
    assert (place.home / "victim").read_text(encoding="utf-8") == "untouched"
    assert sleeper.poll() is None


def test_root_without_other_users_is_isolated_like_an_ordinary_user(place: Place) -> None:
    """As in a container that has one user only."""
    alone = [UNSHARE, "--user", "--map-root-user"]
    if subprocess.run(as_ordinary([*alone, "true"], {}), capture_output=True).returncode != 0:
        pytest.skip("no user namespace with one user can be made here")
    done = place.grade(through=alone)
    assert "user: yours, without any privilege, in a user namespace" in done.stderr
    assert failed(by_student(done)["honest"]) == {}


# --- refused ----------------------------------------------------------------------------------------------------------

# A system-call filter like that of container engines: no new user namespaces.
FORBIDDEN = """
import errno
import pyseccomp as seccomp
rules = seccomp.SyscallFilter(seccomp.ALLOW)
new_user = 0x10000000
rules.add_rule(seccomp.ERRNO(errno.EPERM), "unshare", seccomp.Arg(0, seccomp.MASKED_EQ, new_user, new_user))
rules.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, new_user, new_user))
rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
rules.load()
"""
NO_LIBRARY = "import sys\nsys.modules['pyseccomp'] = None\n"
# Everything seems to be there, and yet the kernel takes the filter for nonsense.
NONSENSE = "import workbook.grade.sandbox.bubble as bubble\nbubble.filter_program = lambda: bytes(8)\n"
NO_BWRAP = str(Path(sys.executable).parent)
WITHOUT_BWRAP = r"the program bwrap is missing \(Debian, Ubuntu: apt install bubblewrap\)"
WITHOUT_LIBRARY = r"pyseccomp or its library is missing \(pip install 'workbook\[grade\]'; apt install libseccomp2\)"
WITHOUT_NAMESPACES = r"bwrap cannot make a sandbox \(bwrap: .+\): user namespaces seem to be forbidden \(.*sysctl .*Docker"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        pytest.param({"path": NO_BWRAP}, WITHOUT_BWRAP, id="no bwrap"),
        pytest.param({"code": NO_LIBRARY}, WITHOUT_LIBRARY, id="no pyseccomp"),
        pytest.param({"code": NO_LIBRARY, "path": NO_BWRAP}, f"{WITHOUT_BWRAP}; {WITHOUT_LIBRARY}", id="neither"),
        pytest.param({"code": FORBIDDEN}, WITHOUT_NAMESPACES, id="filtered by a container engine"),
        pytest.param({"code": NONSENSE}, r"the sandbox does not start: .*seccomp: Invalid argument", id="no filter"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_graded(place: Place, how: Mapping[str, str], said: str) -> None:
    refused(place, place.grade(**how), said)


def test_user_namespaces_switched_off(place: Place) -> None:
    """By sysctl, which every user namespace has for itself."""
    off = 'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --inh-caps=-all --bounding-set=-all "$@"'
    through = [UNSHARE, "--user", "--map-current-user", "--keep-caps", "/bin/sh", "-ec", off, "sh"]
    tried = subprocess.run(as_ordinary([*through, "true"], {}), capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip(f"they cannot be switched off for a test here: {tried.stderr.strip()}")
    refused(place, place.grade(through=through), WITHOUT_NAMESPACES)


def refused(place: Place, done: subprocess.CompletedProcess[str], said: str) -> None:
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(f"Error: Students' code cannot be isolated here: {said}", done.stderr), done.stderr
    assert "or accept it with --unsafe" in done.stderr and "bug in workbook" not in done.stderr
    assert not (place.course / "feedback").exists() and not (place.course / "autograded").exists()
    if (place.course / "gradebook.db").exists():
        assert recorded(place.course, PART.name) == {}


# --- accepted ---------------------------------------------------------------------------------------------------------


def test_unsafe_says_so_marks_the_results_and_keeps_its_limits(place: Place) -> None:
    for student, answer in {"endless": ENDLESS, "sleeper": SLEEPER, "bomb": BOMB}.items():
        place.hand_in(student, answer)
    command = place.command(*("--unsafe", "--exercise-time", "3", "--memory", "256"), code=NO_LIBRARY, path=NO_BWRAP)
    process = subprocess.Popen(command, cwd=HOME.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    out, said = process.stdout.read(), process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.communicate()
    assert process.returncode == 0, said
    assert "files, network, processes, system calls: NOT isolated: students' code can do what you can do" in " ".join(said.split())
    told = {one["student"]: one for one in json.loads(out)["submissions"]}
    assert failed(told["honest"]) == {}
    for student in ("endless", "sleeper"):
        assert failed(told[student]) == {"einsum_mm": "it did not finish within 3 s, and was stopped."}
    assert list(failed(told["bomb"])) == ["einsum_mm"] and "memory" in failed(told["bomb"])["einsum_mm"].lower()
    assert used.ru_maxrss < 3 << 20, "KiB of the largest process; the bomb asks for 8 GiB"
    marked(place, told)


def marked(place: Place, told: Mapping[str, Any]) -> None:
    """In the output, in the gradebook, on the student's page and in the overview."""
    assert all(one["unsafe"] for one in told.values())
    with Book(open_course(place.course)) as book:
        assert {student: record.unsafe for student, record in book.recorded(PART.name).items()} == dict.fromkeys(told, True)
    for student in told:
        page = place.course / "feedback" / student / PART.name / f"{PART.name}.html"
        assert "without isolation" in page.read_text(encoding="utf-8")
    overview = place.home / "overview.html"
    words = ["grades", "--course", str(place.course), "--output", str(overview)]
    subprocess.run([sys.executable, "-m", "workbook", *words], cwd=HOME.root, check=True, capture_output=True, timeout=300)
    assert "4 students <b>graded without isolation</b> (--unsafe)" in overview.read_text(encoding="utf-8")


@pytest.mark.parametrize("victim", ["the command", "the process that starts students'"])
def test_unsafe_leaves_nothing_behind_when_killed(place: Place, victim: str) -> None:
    place.hand_in("sleeper", SLEEPER)
    command = place.command("--unsafe", "--exercise-time", "1000", "--time", "5000", "--student", "sleeper", "--workers", "1")
    process = subprocess.Popen(command, cwd=HOME.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:

        def warm() -> list[int]:
            return [pid for pid in descendants(process.pid) if "sandbox.zygote" in command_line(pid)]

        until(lambda: len(warm()) == 2, "a student's process")
        everything = Watched([process.pid, *descendants(process.pid)])
        students = Watched(warm()[1:])
        os.kill(process.pid if victim == "the command" else warm()[0], signal.SIGKILL)
        assert students.left() == []
    finally:
        process.kill()
        process.wait()
    assert everything.left() == []

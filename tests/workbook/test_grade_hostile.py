"""Hostile submissions get no point that they did not earn, learn nothing, change nothing, and delay nobody."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.hostile import CORPUS, Hostile
from tests.workbook.hostile.base import MM, QUIZ, TRACE, WINDOWS
from workbook.check.cases import solution
from workbook.check.inputs import Case
from workbook.check.run import run_exercise
from workbook.grade.records import Graded, Limits, Task
from workbook.grade.runner import Grader
from workbook.grade.sandbox.nursery import nursery_of
from workbook.model import Home, Status

CHAPTER, PART = "chapter0_fundamentals", "part3_einsum"
CHECKOUT = Path(__file__).parents[2]
# An answer, if a wrong one: a notebook without any is not graded at all.
IMPORTS = "import einops\nimport numpy as np\nimport torch as t\nquiz_einsum_sum = None\n"
HONEST = (TRACE, MM, WINDOWS, QUIZ)
SOLVED = {"einsum_trace", "einsum_mm", "sliding_windows", "quiz_einsum_sum"}

QUICK = Limits(cell=10.0, exercise=10.0, submission=40.0, cpu=20.0, memory=512, scratch=16, file_size=8)
SLOW = Limits(cell=0.3, exercise=0.3, submission=0.8, cpu=2.0, memory=512, scratch=16, file_size=8)
GRACE = 20.0  # seconds for starting and ending processes, on a busy machine
JUDGING = 1.5  # seconds of processor time that the trusted process may spend on one submission; most take a fiftieth of it
GOING = 5.0  # seconds for processes that were killed to end
MEMORY = 400 << 10  # KiB by which the trusted process' peak may grow in one submission
SHOWN = 200_000  # characters of everything that a submission's record and page hold


class Stuck(BaseException):
    """The grader did not come back."""


@dataclass
class World:
    """What the attacks are after, outside of the sandbox."""

    grader: Grader
    home: Path
    outside: Path
    secret: str
    listeners: list[socket.socket]
    fields: dict[str, Any]
    protected: set[str]
    peers: int = 0


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    """A course with planted secrets, a folder with a victim, and listeners; honest work was graded once."""
    home, outside = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("outside")
    secret = "wbsecret-" + os.urandom(12).hex()
    plant(home, secret)
    (outside / "victim").write_text("untouched", encoding="utf-8")
    abstract = "wb-" + os.urandom(6).hex()
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as tcp, listening(socket.AF_UNIX, f"\0{abstract}") as nameless:
        here = Path.cwd()
        os.chdir(outside)  # the path of a socket has room for 108 characters
        with listening(socket.AF_UNIX, "socket") as filed, pytest.MonkeyPatch.context() as patch, subreaper():
            os.chdir(here)
            patch.chdir(home)
            patch.setenv("HOME", str(home))
            patch.setenv("WORKBOOK_PLANTED", secret)
            fields = {
                "home": home,
                "outside": outside,
                "port": tcp.getsockname()[1],
                "abstract": abstract,
                "judge": os.getpid(),
                "shout": int.from_bytes(os.urandom(5), "big"),
                "table": repr(looked_up(home)),
            }
            with nursery_of(Home(home)) as nursery:
                nursery.check()
                grader = Grader(Home(home), nursery.address)
                found = World(grader, home, outside, secret, [tcp, nameless, filed], fields, digests(home) | digests(CHECKOUT))
                assert honest(grader) == SOLVED
                found.peers = len(descendants())
                yield found
                grader.guest.close()


def plant(home: Path, secret: str) -> None:
    """A copy of the chapter and its answers, a course and a home folder, each with the secret in it."""
    shutil.copytree(CHECKOUT / CHAPTER, home / CHAPTER)
    for folder in ("solutions", f"tests/{CHAPTER}", "tests/mistakes", "tests/alternatives"):
        shutil.copytree(CHECKOUT / folder, home / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (home / folder).glob("*.py"):
            with path.open("a", encoding="utf-8") as file:
                file.write(f'\n\n_PLANTED = "{secret}"\n')
    course = home / "course"
    for place in (f"submitted/other/{PART}", f"source/{PART}", f"release/{PART}", "autograded", "feedback"):
        (course / place).mkdir(parents=True)
        (course / place / f"{PART}.ipynb").write_text(f'{{"cells": [], "other-student": "{secret}"}}', encoding="utf-8")
    with sqlite3.connect(course / "gradebook.db") as connection:
        connection.execute("create table grade (auto_score float, note text)")
        connection.execute("insert into grade values (0, ?)", [secret])
    connection.close()
    for name in (".secret", ".bash_history", ".netrc", "course/nbgrader_config.py"):
        (home / name).write_text(f"# {secret}\n", encoding="utf-8")


def digests(home: Path) -> set[str]:
    """SHA-256 of everything that must stay unseen, as the attacks report what they have read."""
    folders = ("solutions", f"tests/{CHAPTER}", "tests/mistakes", "tests/alternatives", "course")
    paths = [path for folder in folders for path in (home / folder).rglob("*") if path.is_file()]
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.stat().st_size > 0}


@contextmanager
def listening(family: int, address: Any) -> Iterator[socket.socket]:
    with socket.socket(family) as listener:
        listener.bind(address)
        listener.listen(50)
        listener.setblocking(False)
        yield listener


@contextmanager
def subreaper() -> Iterator[None]:
    """Processes that lose their parent become children of this one, so that none is overlooked."""
    prctl = ctypes.CDLL(None).prctl
    prctl(36, 1, 0, 0, 0)
    yield
    prctl(36, 0, 0, 0, 0)


def descendants() -> list[int]:
    """Living processes that this one has started, directly or not."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(folder.name)] = int(parent)
    found, size = {os.getpid()}, 0
    while len(found) > size:
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return sorted(found - {os.getpid()})


def left_over() -> list[str]:
    """Command lines of processes that a hostile submission has left."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "comm").read_text() + (folder / "cmdline").read_text()
        except OSError:
            continue
        if "wbhostile" in text:
            found.append(text)
    return found


def staying(found: Callable[[], list[Any]]) -> list[Any]:
    """What is still found after a while: a process that was killed takes a moment to end, and its worker does not wait for that."""
    deadline = time.monotonic() + GOING
    while (there := found()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return there


def looked_up(home: Path) -> dict[str, Any]:
    """Inputs of the visible tests, as a student can record them, and the right answers."""
    chapter = Home(home).chapters[0]
    table: dict[str, Any] = {}

    def recording(answer: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(*args: Any) -> Any:
            value = answer(*args)
            table[input_key(Case(args).args)] = (value.tolist(), str(value.dtype))
            return value

        return recorded

    for name in ("einsum_trace", "einsum_mm"):
        exercise = chapter.exercises[name]
        answers = {key: recording(answer) for key, answer in solution(chapter, exercise).items()}
        assert run_exercise(chapter, exercise, answers, seed=0).status is Status.PASSED
    return table


def input_key(args: tuple[Any, ...]) -> str:
    key = hashlib.sha256()
    for arg in args:
        key.update(repr((arg.shape, str(arg.dtype))).encode() + arg.tobytes())
    return key.hexdigest()


def task(student: str, cells: tuple[str, ...], limits: Limits, seed: int = 7) -> Task:
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
            for n, source in enumerate((IMPORTS, *cells))
        ],
    }
    return Task(CHAPTER, PART, student, {f"{PART}.ipynb": json.dumps(notebook).encode()}, seed=seed, limits=limits)


def honest(grader: Grader) -> set[str]:
    """What an honest submission gets."""
    graded = in_time(grader, task("honest", HONEST, Limits()))
    assert graded.not_graded == ""
    return passed(graded)


def in_time(grader: Grader, wanted: Task, judging: float = JUDGING) -> Graded:
    """Grade; fail when that takes longer than the submission may, or the trusted side works longer than `judging` seconds."""
    seconds = wanted.limits.submission + GRACE

    def stop(*_: Any) -> None:
        raise Stuck(f"still grading after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    worked = time.thread_time()
    try:
        graded = grader.grade(wanted)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.thread_time() - worked < judging
    return graded


def passed(graded: Graded) -> set[str]:
    return {result.exercise for result in graded.results if result.status is Status.PASSED}


def state(folder: Path) -> dict[str, Any]:
    """Everything about the files in a folder that an attack might change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (about.st_mode, about.st_size, about.st_uid, about.st_nlink, about.st_mtime_ns, content)
    return {path: value for path, value in found.items() if "__pycache__" not in path}


def shown(notebook: str) -> str:
    """Outputs of the autograded notebook; the sources are the student's own text."""
    return json.dumps([cell.get("outputs", []) for cell in json.loads(notebook)["cells"]]) if notebook else ""


def html(notebook: str) -> str:
    """The HTML of the outputs."""
    if not notebook:
        return ""
    outputs = [output for cell in json.loads(notebook)["cells"] for output in cell.get("outputs", [])]
    return "".join("".join(output.get("data", {}).get("text/html", [])) for output in outputs)


def connections(listeners: list[socket.socket]) -> int:
    count = 0
    for listener in listeners:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            continue
        count += 1
    return count


# --- the corpus itself ------------------------------------------------------------------------------------------------


def test_the_corpus_is_large_and_its_names_are_unique():
    assert len(CORPUS) >= 60
    assert len({attack.name for attack in CORPUS}) == len(CORPUS)
    assert all(attack.cells and attack.why for attack in CORPUS)


def test_every_field_is_filled(world):
    rest = re.compile(r"\{(home|outside|port|abstract|judge|shout|table)\}")
    assert [attack.name for attack in CORPUS if any(map(rest.search, attack.filled(**world.fields)))] == []


# Attacks that only look, or only touch what the test has made, run once without any sandbox: there they must succeed.
HARMLESS = (
    "reads_known_places",
    "walks_objects_and_frames",
    "reads_its_own_memory",
    "reads_the_environment",
    "writes_outside",
    "writes_the_gradebook",
    "links_out_of_its_folder",
    "network_on_this_machine",
)

UNPROTECTED = """
import json, os, sys
import numpy as np

def test_einsum_trace():
    return {secret!r}

names = {{"np": np, "t": None}}
for cell in json.load(open(sys.argv[1])):
    try:
        exec(compile(cell, "<cell>", "exec"), names)
    except BaseException as error:
        print(type(error).__name__, error)
for name, *arguments in (("einsum_trace", np.eye(2)), ("einsum_mv", np.eye(2), np.ones(2))):
    try:
        names[name](*arguments)
    except BaseException as error:
        print(error)
"""


@pytest.mark.parametrize("name", HARMLESS)
def test_without_a_sandbox_the_attack_succeeds(name, tmp_path):
    attack = next(attack for attack in CORPUS if attack.name == name)
    home, outside, scratch = tmp_path / "home", tmp_path / "outside", tmp_path / "scratch"
    for folder in (home, outside, scratch):
        folder.mkdir()
    secret = "wbsecret-" + os.urandom(12).hex()
    plant(home, secret)
    (outside / "victim").write_text("untouched", encoding="utf-8")
    before = {**state(home), **state(outside)}
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as tcp:
        port = tcp.getsockname()[1]
        fields = {"home": home, "outside": outside, "port": port, "abstract": "wb-none", "judge": os.getpid(), "shout": 5}
        (tmp_path / "cells.json").write_text(json.dumps(attack.filled(**fields)), encoding="utf-8")
        program = textwrap.dedent(UNPROTECTED).format(secret=secret)
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "cells.json")],
            cwd=scratch,
            env={**os.environ, "HOME": str(home), "WORKBOOK_PLANTED": secret},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        proofs = {
            "{secret}": secret in done.stdout,
            "{outside}": {**state(home), **state(outside)} != before,
            "{port}": connections([tcp]) > 0,
        }
    assert proofs[attack.proves], done.stdout + done.stderr


# --- the grader -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.name)
def test_hostile(attack: Hostile, world: World, capfd):
    before = outer_state(world)
    # One that goes on until a limit stops it may have kept the trusted side busy for that long.
    limits, judging = (SLOW, SLOW.submission + JUDGING) if attack.slow else (QUICK, JUDGING)
    graded = in_time(world.grader, task("hostile", attack.filled(**world.fields), limits), judging)
    honestly = honest(world.grader)
    after, printed = outer_state(world), "".join(capfd.readouterr())
    assert attack.refused in graded.not_graded if attack.refused else not graded.not_graded
    harm = {
        "points that were not earned": passed(graded) - attack.earns - attack.may,
        "points that were lost": set() if attack.slow else attack.earns - passed(graded),
        "taken for bugs of ours": [result.message for result in graded.results if result.status is Status.ERROR],
        "an honest one's loss": SOLVED - honestly,
        **leaks(graded, world),
        "not said": "" if attack.says in json.dumps(graded.as_dict()) else attack.says,
        "forged in vain": "wbunforged" in json.dumps(graded.as_dict()),
        "changed": {name for name, value in before.items() if after[name] != value},
        "processes": left_over() + descendants()[world.peers :],
        "connections": connections(world.listeners),
        "on the instructor's terminal": printed if "wbhostile" in printed else "",
    }
    done = {name: value for name, value in harm.items() if value}
    assert not done, done


def leaks(graded: Graded, world: World) -> dict[str, Any]:
    """What a submission's record and page show that they must not."""
    record = json.dumps(graded.as_dict())
    assert json.dumps(Graded.from_dict(json.loads(record)).as_dict()) == record
    said = record + shown(graded.notebook)
    unseen = [digest for digest in re.findall(r"sha256 ([0-9a-f]{64})", said) if digest in world.protected]
    return {
        "secrets": world.secret in said or world.secret.encode() in graded.notebook.encode(),
        "files that were read": unseen,
        "attacks that say that they won": set(re.findall(rf"wbshout-{world.fields['shout'] * 3:x}([^\\\"]*)", said)),
        "script": re.findall(r"<(?:script|img)\b.{0,80}", html(graded.notebook)),
        "length": len(said) if len(said) > SHOWN else 0,
    }


def outer_state(world: World) -> dict[str, Any]:
    """What an attack might change outside of the sandbox, in files and in this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limits = {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}
    return {
        **limits,
        "the course": state(world.home),
        "the folder outside": state(world.outside),
        "the working folder": Path.cwd(),
        "the environment": dict(os.environ),
        "the niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "the processors": os.sched_getaffinity(0),
        "the imported modules": {name for name in sys.modules if name.startswith(("torch._inductor", "torch.onnx", "numpy.f2py"))},
        "the descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "the peak of memory": AtMost(peak, MEMORY),
    }


@dataclass(eq=False)
class AtMost:
    """A number that may grow, but not by more than `more`."""

    value: int
    more: int

    def __ne__(self, other: object) -> bool:
        return isinstance(other, AtMost) and abs(self.value - other.value) > self.more


def test_the_same_submission_gets_the_same_inputs_again_and_another_seed_others(world):
    attack = next(attack for attack in CORPUS if attack.name == "hard_coded_examples")
    cells = attack.filled(**world.fields)
    first, again = (world.grader.grade(task("a", cells, QUICK)).as_dict() for _ in range(2))
    other = world.grader.grade(task("a", cells, QUICK, seed=8)).as_dict()
    assert explained(first) == explained(again)
    assert explained(first) != explained(other)


def explained(graded: dict[str, Any]) -> list[Any]:
    return [entry["explanation"] for entry in graded["results"]]

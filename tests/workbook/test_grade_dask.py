"""Grading on a real Dask cluster of this machine: scheduler and workers are processes of their own, and some are killed."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.classroom import classroom
from tests.workbook.processes import Watched, descendants, until
from tests.workbook.recorded import recorded, whole
from workbook.build.notebooks import build_notebook, to_text
from workbook.errors import BadInput
from workbook.grade import cluster, records
from workbook.grade.book.course import open_course
from workbook.grade.book.gradebook import Book
from workbook.grade.classwork import Classwork
from workbook.grade.cluster import DaskPool, code_digest
from workbook.grade.pool import LocalPool, graded
from workbook.grade.records import Graded, Task
from workbook.grade.sandbox.nursery import missing
from workbook.model import Status, find_home

pytest.importorskip("distributed", reason="Dask is not installed")
pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}")

HOME = find_home(Path(__file__).parent)
CHAPTER = HOME.chapters[0]
PART = CHAPTER.part("part3_einsum")
COUNT = 12
# A program of Dask's on a machine that has no workbook.
BARE = "import sys; sys.modules['workbook'] = None; from distributed.cli.{0} import main; sys.argv[0] = '{0}'; main()"


@dataclass
class Cluster:
    """A scheduler and its workers, each a process of its own."""

    folder: Path
    address: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    scratch: str = field(default_factory=lambda: tempfile.mkdtemp(prefix="dask-"))  # short: the path of a socket has an end

    def start(self, *command: str, environment: Mapping[str, str] | None = None) -> Path:
        """Start a program of Dask's; its log."""
        log = self.folder / f"{len(self.processes)}.log"
        with log.open("wb") as file:
            self.processes.append(
                subprocess.Popen(
                    command,
                    cwd=HOME.root,
                    env={**(environment or os.environ), "TMPDIR": self.scratch},
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                )
            )
        return log

    def schedule(self, *program: str) -> None:
        command = program or (sys.executable, "-m", "distributed.cli.dask_scheduler")
        log = self.start(*command, "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0")
        told = re.compile(r"Scheduler at: *(tcp://127\.0\.0\.1:\d+)")
        until(lambda: told.search(log.read_text()), f"the scheduler's address in {log}")
        self.address = told.search(log.read_text())[1]  # type: ignore[index]

    def work(self, *options: str, program: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        """Start a worker and wait until the scheduler knows it."""
        command = program or [sys.executable, "-m", "distributed.cli.dask_worker"]
        place = ["--host", "127.0.0.1", "--local-directory", str(self.folder), "--dashboard-address", "127.0.0.1:0"]
        size = [] if "--nthreads" in options else ["--nthreads", "1"]
        log = self.start(*command, self.address, "--nworkers", "1", *place, *size, *options, environment=environment)
        until(lambda: "Registered to:" in log.read_text(), f"a registered worker in {log}")

    def pids(self, pool: DaskPool) -> list[int]:
        """The processes that grade, as they say themselves."""
        return list(pool._client.run(os.getpid).values())

    def stop(self) -> None:
        everything = Watched(pid for process in self.processes for pid in [process.pid, *descendants(process.pid)])
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self.scratch)
        assert everything.left() == []


@contextmanager
def clusters(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers, which a test may kill."""
    with clusters(tmp_path) as cluster:
        cluster.schedule()
        yield cluster


def hand_in(student: str, tests: str = "", unsafe: bool = False) -> Task:
    """A task: the solved notebook."""
    text = to_text(build_notebook(CHAPTER, PART, "solutions"))
    digest = tests or records.tests_digest(CHAPTER, PART)
    return Task(CHAPTER.name, PART.name, student, {f"{PART.name}.ipynb": text.encode()}, 7, digest, unsafe=unsafe)


def all_right(one: Graded) -> bool:
    return not one.not_graded and len(one.results) > 10 and all(result.status is Status.PASSED for result in one.results)


# --- a whole class, and a worker that dies ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "course"
    classroom(HOME, CHAPTER, PART, folder, COUNT, seed=3)
    return folder


def test_a_killed_worker_costs_no_submission_and_the_scores_are_those_of_this_machine(
    course: Path, alone: Cluster, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    shutil.copytree(course, here)
    shutil.copytree(course, there)
    with LocalPool(HOME, 2, [here]) as pool:
        finish(Classwork(open_course(here), CHAPTER, PART), pool)
    alone.work()
    alone.work()
    with DaskPool(alone.address) as pool:
        assert pool.size == 2
        work = Classwork(open_course(there), CHAPTER, PART)
        submitted = work.find()
        with Book(work.course) as book:
            book.ensure(CHAPTER, PART)
            coming = work.grade(pool, book, submitted)
            done = [next(coming)]
            victim, *_ = alone.pids(pool)
            sandbox = Watched(descendants(victim))
            assert any("bwrap" in line for line in sandbox.names.values())
            os.kill(victim, signal.SIGKILL)
            done += list(coming)
    assert len(submitted) == COUNT
    assert sorted(one.graded.student for one in done) == sorted(one.student for one in submitted), "each of them once"
    assert recorded(there, PART.name) == recorded(here, PART.name) and len(recorded(there, PART.name)) == COUNT
    whole(there, PART.name)
    assert sandbox.left() == [], "a worker's sandbox dies with it"


def finish(work: Classwork, pool: Any) -> None:
    submitted = work.find()
    with Book(work.course) as book:
        book.ensure(CHAPTER, PART)
        assert len(list(work.grade(pool, book, submitted))) == len(submitted)


def test_the_command_grades_on_a_cluster(course: Path, alone: Cluster, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    shutil.copytree(course, folder)
    alone.work("--nthreads", "3")  # threads of one process must not get into each other's way
    command = [
        sys.executable,
        "-m",
        "workbook",
        "grade",
        PART.name,
        "--course",
        str(folder),
        "--scheduler",
        alone.address,
        "--json",
    ]
    done = subprocess.run(command, cwd=HOME.root, capture_output=True, text=True, timeout=600)
    told = json.loads(done.stdout)
    assert len(told["submissions"]) == COUNT and len(recorded(folder, PART.name)) == COUNT
    assert f"1 worker of the Dask cluster at {alone.address}" in done.stderr
    left_out = [one["student"] for one in told["submissions"] if one["not_graded"]]
    assert done.returncode == (1 if left_out else 0), done.stderr


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT", 1)
    with socket.socket() as taken:  # nobody listens on a port that is only bound
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(BadInput, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:\d+: .*\nStart one with"):
            DaskPool(f"tcp://127.0.0.1:{taken.getsockname()[1]}")


@pytest.mark.parametrize("address", ["carrier-pigeon://coop:1", "tcp://127.0.0.1:telephone"])
def test_no_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT", 1)
    with pytest.raises(BadInput, match=f"No Dask scheduler answers at {address}"):
        DaskPool(address)


def test_no_certificates() -> None:
    with pytest.raises(BadInput, match=r"tls://127\.0\.0\.1:1 needs certificates, .*\ndocs/grading-cluster\.md shows the file"):
        DaskPool("tls://127.0.0.1:1")


def test_no_workers(alone: Cluster) -> None:
    with pytest.raises(BadInput, match=r"has no workers\.\nStart some on each machine, in its checkout: dask worker tcp://"):
        DaskPool(alone.address)


def test_other_tests_other_code_and_no_sandbox_name_the_machine(alone: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    alone.work("--no-nanny", environment={**os.environ, "PATH": str(Path(sys.executable).parent)})
    where = rf"The worker on {re.escape(platform.node())}: "
    with DaskPool(alone.address) as pool:
        with pytest.raises(BadInput, match=where + r".*the program bwrap is missing .*apt install bubblewrap(.|\n)*--unsafe"):
            list(graded(pool, [hand_in("ann")]))
        (one,) = graded(pool, [hand_in("ann", unsafe=True)])
        assert all_right(one) and one.unsafe
        with pytest.raises(BadInput, match=where + r"(.|\n)*tests of part3_einsum differ(.|\n)*same checkout"):
            list(graded(pool, [hand_in("ann", tests="0" * 32, unsafe=True)]))
        other = code_digest()[::-1]
        monkeypatch.setattr(cluster, "code_digest", lambda: other)
        with pytest.raises(BadInput, match=where + r"its workbook differs(.|\n)*same checkout"):
            list(graded(pool, [hand_in("ann", unsafe=True)]))
        monkeypatch.undo()


def test_a_worker_without_workbook(alone: Cluster) -> None:
    alone.work("--no-nanny", program=[sys.executable, "-c", BARE.format("dask_worker")])
    with pytest.raises(
        BadInput, match=r"The worker at tcp://\S+ cannot read tasks: ModuleNotFoundError.*workbook(.|\n)*same packages"
    ):
        DaskPool(alone.address)


def test_a_scheduler_without_workbook(tmp_path: Path) -> None:
    with clusters(tmp_path) as cluster:
        cluster.schedule(sys.executable, "-c", BARE.format("dask_scheduler"))
        cluster.work()
        with pytest.raises(BadInput, match=r"The scheduler at tcp://\S+ cannot read tasks: .*workbook(.|\n)*same packages"):
            DaskPool(cluster.address)


def test_all_workers_killed(alone: Cluster) -> None:
    alone.work("--no-nanny")
    with DaskPool(alone.address, patience=1) as pool:
        coming = graded(pool, (hand_in(f"s{number}") for number in range(50)))
        assert all_right(next(coming))
        sandbox = Watched(descendants(alone.processes[1].pid))
        alone.processes[1].kill()
        with pytest.raises(BadInput, match=r"has had no worker for 1 seconds\.\nStart workers, then run the same command again"):
            list(coming)
    assert len(sandbox.names) >= 3 and sandbox.left() == []


def test_the_scheduler_killed(alone: Cluster) -> None:
    alone.work()
    with DaskPool(alone.address) as pool:
        coming = graded(pool, (hand_in(f"s{number}") for number in range(50)))
        assert all_right(next(coming))
        alone.processes[0].kill()
        with pytest.raises(BadInput, match=r"is gone\.\nStart it and its workers, then run the same command again"):
            list(coming)

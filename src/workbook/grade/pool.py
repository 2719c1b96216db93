"""Workers that grade submissions side by side: processes of this machine, or those of a Dask cluster."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from workbook.errors import BadInput
from workbook.grade.records import Graded, Task
from workbook.grade.runner import Grader, grade, nursery_of
from workbook.grade.sandbox.nursery import Nursery
from workbook.model import Home

__all__ = ["DaskPool", "LocalPool", "Pool", "graded", "processors"]

_TRIES = 3
_PR_SET_PDEATHSIG = 1
_PRELOADED = ["workbook.grade.runner", "workbook.grade.report.autograded", "workbook.check.table", "torch", "einops"]


class Pool(Protocol):
    """Where tasks go."""

    size: int

    def submit(self, task: Task) -> Future[Graded]:
        """Begin to grade a submission."""
        ...

    def renew(self) -> None:
        """Replace workers that were lost."""
        ...


def graded(pool: Pool, tasks: Iterable[Task]) -> Iterator[Graded]:
    """Results in the order in which they are ready; only a few tasks are held at a time.

    A worker that dies takes its submission with it: that one is tried again, and at last it is "not graded because ...".

    Raises:
        BadInput: the workers have other tests than this process.
    """
    source = iter(tasks)
    running: dict[Future[Graded], tuple[Task, int]] = {}
    waiting: list[tuple[Task, int]] = []

    def fill() -> None:
        while len(running) < 2 * pool.size + 2:
            entry = waiting.pop() if waiting else next(((task, 1) for task in source), None)
            if entry is None:
                return
            running[pool.submit(entry[0])] = entry

    fill()
    while running:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        lost: list[tuple[Task, int]] = []
        for future in done:
            task, count = running.pop(future)
            try:
                yield future.result()
            except BadInput:
                raise
            except Exception as error:
                if _is_ours(error):
                    raise
                lost.append((task, count))
        if lost:
            pool.renew()
            waiting += [(task, count + 1) for task, count in lost if count < _TRIES]
            yield from (_given_up(task) for task, count in lost if count == _TRIES)
        fill()


def _given_up(task: Task) -> Graded:
    reason = f"the worker process that graded it ended {_TRIES} times"
    return Graded(task.student, task.part, task.seed, task.digest, task.tests, not_graded=reason, unsafe=task.unsafe)


def _is_ours(error: Exception) -> bool:
    """Is it a bug of ours, and not a worker or a sandbox that was lost?"""
    return not (isinstance(error, BrokenProcessPool | OSError) or type(error).__name__ in ("KilledWorker", "CancelledError"))


# --- this machine -----------------------------------------------------------------------------------------------------

_grader: list[Grader] = []  # of a worker process; filled once, when it starts


def _begin(home: Home, address: str) -> None:
    """A worker's start: end when the submitting process does, and import what takes long."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the submitting process' business
    from workbook.grade.sandbox.warm import warm

    warm()
    _grader[:] = [Grader(home, address)]


def _work(task: Task) -> Graded:
    return _grader[0].grade(task)


class LocalPool:
    """Processes of this machine with one sandbox.

    Args:
        home: where the chapters are.
        size: number of workers; each submission takes one process more, in the sandbox.
        hidden: folders that no student's code may see.
        unsafe: without isolation.

    Raises:
        NotIsolated: this machine cannot isolate.
    """

    def __init__(self, home: Home, size: int, hidden: Sequence[Path] = (), *, unsafe: bool = False) -> None:
        self.size = size
        self._home, self._hidden, self._unsafe = home, tuple(hidden), unsafe
        self._nursery: Nursery | None = None
        self._executor: Executor | None = None
        self._start()

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
        if self._nursery is not None:
            self._nursery.close()

    def check(self) -> None:
        """Wait until the sandbox has started.

        Raises:
            NotIsolated: it does not.
        """
        assert self._nursery is not None
        self._nursery.check()

    def submit(self, task: Task) -> Future[Graded]:
        assert self._executor is not None
        try:
            return self._executor.submit(_work, task)
        except BrokenProcessPool:
            self.renew()
            return self._executor.submit(_work, task)

    def renew(self) -> None:
        self.close()
        self._start()

    def _start(self) -> None:
        self._nursery = nursery_of(self._home, unsafe=self._unsafe, hidden=self._hidden)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        self._executor = ProcessPoolExecutor(self.size, context, _begin, (self._home, self._nursery.address))


# --- a cluster --------------------------------------------------------------------------------------------------------


@dataclass
class DaskPool:
    """The workers of a Dask cluster. Each of them has a sandbox and a checkout of its own.

    Attributes:
        address: of the scheduler, "tcp://host:8786".

    Raises:
        BadInput: distributed is not installed, the scheduler cannot be reached, or it has no workers.
    """

    address: str
    size: int = 1
    _client: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise BadInput("--scheduler needs Dask's distributed.", "Install it: pip install 'workbook[dask]'.") from None
        try:
            self._client = Client(self.address, timeout="15s", set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise BadInput(f"No Dask scheduler answers at {self.address}: {error}", "Start one with `dask scheduler`.") from None
        self.size = self._threads()
        if not self.size:
            self._client.close()
            raise BadInput(f"The Dask scheduler at {self.address} has no workers.", "Start some: dask worker ADDRESS --nthreads 1.")

    def __enter__(self) -> DaskPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _threads(self) -> int:
        return sum(self._client.nthreads().values())

    def submit(self, task: Task) -> Future[Graded]:
        # Each submission runs once: Dask would take two equal tasks for one. A lost worker's tasks go to another.
        executor = self._client.get_executor(pure=False, retries=2, allow_other_workers=False)
        future: Future[Graded] = executor.submit(grade, task)
        return future

    def renew(self) -> None:
        """Dask replaces lost workers itself, or does with fewer."""


def processors() -> int:
    """As many as this process may use processors."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

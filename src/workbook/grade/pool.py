"""Workers that grade submissions side by side: processes of this machine, or those of a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbook.grade.cluster import DaskPool
from workbook.grade.records import Graded, Task
from workbook.grade.sandbox.nursery import Nursery, nursery_of
from workbook.model import Home

if TYPE_CHECKING:
    from workbook.grade.runner import Grader

__all__ = ["DaskPool", "LocalPool", "Pool", "graded", "processors"]

_TRIES = 3
_GLANCE = 5.0  # seconds without a result, after which somebody looks whether there can be one
_PRELOADED = ["workbook.grade.preload"]


class Pool(Protocol):
    """Where tasks go."""

    size: int

    def submit(self, task: Task) -> Future[Graded]:
        """Begin to grade a submission."""
        ...

    def check(self) -> None:
        """Wait until it is sure that isolation works. Raises NotIsolated where it does not."""
        ...

    def renew(self) -> None:
        """Replace workers that were lost."""
        ...

    def look(self) -> None:
        """See whether results can still come. Raises BadInput where they cannot."""
        ...


def graded(pool: Pool, tasks: Iterable[Task]) -> Iterator[Graded]:
    """Results in the order in which they are ready; only a few tasks are held at a time.

    A worker that dies takes its submission with it, and on this machine all that are being graded: they are tried again. The last
    try is one at a time, so that only the guilty one is "not graded because ...".

    Raises:
        BadInput: the workers have other tests than this process, or are gone for good.
        NotIsolated: the sandbox does not start. No result comes before that is known: they would all be wrong.
    """
    queue = _Queue(pool, iter(tasks))
    queue.fill()
    if queue.running:
        pool.check()
    while queue.running:
        done, _ = wait(queue.running, _GLANCE, FIRST_COMPLETED)
        if not done:
            pool.look()
        lost = []
        for future in done:
            entry = queue.running.pop(future)
            if _was_lost(future):
                lost.append(entry)
            else:
                yield future.result()
        if lost:
            pool.renew()
            yield from queue.again(lost)
        queue.fill()


@dataclass
class _Queue:
    """What runs, what must run again, what is to come. An entry is a task and the number of the try."""

    pool: Pool
    source: Iterator[Task]
    running: dict[Future[Graded], tuple[Task, int]] = field(default_factory=dict)
    waiting: list[tuple[Task, int]] = field(default_factory=list)

    def fill(self) -> None:
        """Submit as many tasks as are held at a time; a last try alone."""
        while len(self.running) < 2 * self.pool.size + 2:
            last_try = bool(self.waiting) and self.waiting[-1][1] == _TRIES
            if self.running and (last_try or any(count == _TRIES for _, count in self.running.values())):
                return
            entry = self.waiting.pop() if self.waiting else next(((task, 1) for task in self.source), None)
            if entry is None:
                return
            self.running[self.pool.submit(entry[0])] = entry

    def again(self, lost: list[tuple[Task, int]]) -> Iterator[Graded]:
        """Put back what was lost, after the workers were replaced; what had its last try is given up."""
        # The rest of what the old workers had: the new ones must not be replaced for it.
        for future in [future for future in self.running if future.done() and _was_lost(future)]:
            task, count = self.running.pop(future)
            lost.append((task, count - future.cancelled()))
        self.waiting += [(task, count + 1) for task, count in lost if count < _TRIES]
        yield from (_given_up(task) for task, count in lost if count == _TRIES)


def _given_up(task: Task) -> Graded:
    reason = f"the worker process that graded it ended {_TRIES} times"
    return Graded(task.student, task.part, task.seed, task.digest, not_graded=reason, unsafe=task.unsafe)


def _was_lost(future: Future[Graded]) -> bool:
    """Did its worker or its sandbox end, or was it never begun?"""
    return future.cancelled() or isinstance(future.exception(), BrokenProcessPool | OSError)


# --- this machine -----------------------------------------------------------------------------------------------------

_grader: list[Grader] = []  # of a worker process; filled once, when it starts


def _begin(home: Home, address: str) -> None:
    """A worker's start: end when the submitting process does, and import what takes long."""
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    import torch

    from workbook.grade.runner import Grader  # with all that tests need, which only workers do

    torch.set_num_threads(1)  # each worker has one processor
    torch.set_num_interop_threads(1)
    _grader[:] = [Grader(home, address)]


def _end_with(submitting: Any) -> None:
    # The process that forks the workers is no help here: it waits for the last of them, and they would wait for work.
    submitting.join()
    os.kill(os.getpid(), signal.SIGKILL)


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Processes and threads started in the block never see Ctrl+C; a process would show where it was."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(task: Task) -> Graded:
    return _grader[0].grade(task)


def _nothing() -> None:
    """A worker's first task: it is there to be started."""


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
        try:
            self._start()
        except BaseException:  # Ctrl+C too: nothing may go on
            self.close()
            raise

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._nursery is not None:  # first, so that nobody waits for an endless loop in it
            self._nursery.close()
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

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
        except BrokenProcessPool as error:  # as if it had been begun: whoever waits for it renews the workers
            lost: Future[Graded] = Future()
            lost.set_exception(error)
            return lost

    def renew(self) -> None:
        self.close()
        self._start()
        self.check()

    def look(self) -> None:
        """A worker or a sandbox that ends here ends what it was doing with an error: there is nothing to look for."""

    def _start(self) -> None:
        self._nursery = nursery_of(self._home, unsafe=self._unsafe, hidden=self._hidden)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        resource_tracker.ensure_running()  # it looks after itself, and would lift what follows
        with _no_interrupt():
            forkserver.ensure_running()
        self._executor = ProcessPoolExecutor(self.size, context, _begin, (self._home, self._nursery.address))
        # The first one waits until the process that forks the workers has imported its libraries: the caller has better to do.
        with _no_interrupt():  # nor is the thread there for Ctrl+C
            threading.Thread(target=_start_workers, args=(self._executor, self.size), daemon=True).start()


def _start_workers(executor: Executor, count: int) -> None:
    with contextlib.suppress(RuntimeError, OSError):  # closed meanwhile, or they do not start: then the first task says so
        for _ in range(count):
            executor.submit(_nothing)


def processors() -> int:
    """As many as this process may use processors."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

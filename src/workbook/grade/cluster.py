"""Grading on a Dask cluster: the pool of the submitting process, and what each worker runs."""

from __future__ import annotations

import functools
import logging
import platform
import threading
import time
import warnings
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.errors import BadInput, WorkbookError
from workbook.grade.records import Graded, Task, digest
from workbook.grade.sandbox.nursery import Nursery, nursery_of
from workbook.model import find_home

if TYPE_CHECKING:
    from workbook.grade.runner import Grader

__all__ = ["DaskPool", "code_digest", "grade"]

_CONNECT = 15  # seconds for the scheduler to answer
_PATIENCE = 60.0  # seconds for a worker to be there again: its nanny starts it anew
_GLANCE = 5.0  # seconds after which the workers are counted again: more may have come
_PACKAGE = Path(__file__).parents[1]
_SAME = "Give every machine the same checkout and the same packages, then restart the scheduler and its workers."
_AGAIN = "then run the same command again: what was graded is recorded, and only the rest is done."


@functools.cache
def code_digest() -> str:
    """Of the toolkit's code that judges: two machines with the same one judge alike."""
    paths = sorted(path for folder in ("check", "grade", "model") for path in (_PACKAGE / folder).rglob("*.py"))
    return digest(*(part for path in paths for part in (path.relative_to(_PACKAGE).as_posix().encode(), path.read_bytes())))


# --- the submitting process -------------------------------------------------------------------------------------------


class DaskPool:
    """The workers of a Dask cluster. Each of them has a sandbox and a checkout of its own.

    Args:
        address: of the scheduler, "tcp://host:8786".
        patience: how long to wait for a worker when all are lost, in seconds.

    Attributes:
        size: number of workers; each grades one submission at a time.

    Raises:
        BadInput: distributed is not installed, the scheduler cannot be reached, it has no workers, or one has another workbook.
    """

    def __init__(self, address: str, *, patience: float = _PATIENCE) -> None:
        self.address = address
        self._patience = patience
        self._client = _connected(address)
        self._counted = self._manned = time.monotonic()
        try:
            self.size = self._checked()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> DaskPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; what is still being graded there is given up."""
        self._client.close()

    def submit(self, task: Task) -> Future[Graded]:
        """Begin to grade a submission.

        Raises:
            BadInput: the scheduler is gone.
        """
        if time.monotonic() - self._counted > _GLANCE:
            self.look()
        self._reached()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Sending large graph", UserWarning)  # a notebook may have large outputs
            # Not "pure", or Dask would take two equal tasks for one. What a lost worker had goes to the others.
            raw = self._client.get_executor(pure=False).submit(grade, task, code_digest())
        told: Future[Graded] = Future()
        raw.add_done_callback(lambda done: _pass_on(task, done, told))
        return told

    def check(self) -> None:
        """Each worker does that for itself, before its first task."""

    def renew(self) -> None:
        """Dask replaces lost workers itself, or does with fewer. Raises as `look`."""
        self.look()

    def look(self) -> None:
        """See whether results can still come, and how many workers there are now.

        Raises:
            BadInput: the scheduler is gone, or there has been no worker for too long.
        """
        self._counted = time.monotonic()
        count = self._workers()
        if count:
            self.size, self._manned = count, self._counted
        elif self._counted - self._manned >= self._patience:
            raise BadInput(
                f"The Dask scheduler at {self.address} has had no worker for {self._patience:g} seconds.",
                f"Start workers, {_AGAIN}",
            )

    def _checked(self) -> int:
        """How many workers there are; each is asked first, because one that cannot read a task would end without a word."""
        if not self._workers():
            raise BadInput(
                f"The Dask scheduler at {self.address} has no workers.",
                f"Start some on each machine, in its checkout: dask worker {self.address} --nthreads 1 --nworkers -1",
            )
        told = self._client.run(code_digest, on_error="return")
        for place, answer in told.items():
            _compare(f"worker at {place}", answer)
        try:
            answer = self._client.run_on_scheduler(code_digest)
        except Exception as error:  # whatever its old code raises
            answer = error
        _compare(f"scheduler at {self.address}", answer)
        return len(told)

    def _workers(self) -> int:
        try:
            return len(self._client.nthreads())
        except (OSError, TimeoutError):
            raise self._gone() from None

    def _reached(self) -> None:
        if self._client.status != "running":
            raise self._gone()

    def _gone(self) -> BadInput:
        return BadInput(f"The Dask scheduler at {self.address} is gone.", f"Start it and its workers, {_AGAIN}")


def _compare(place: str, answer: str | Exception) -> None:
    if isinstance(answer, Exception):
        raise BadInput(f"The {place} cannot read tasks: {answer}.", _SAME)
    if answer != code_digest():
        raise BadInput(f"The workbook of the {place} differs from the one here.", _SAME)


def _connected(address: str) -> Any:
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError:
        raise BadInput("--scheduler needs Dask's distributed.", "Install it: pip install 'workbook[dask]'.") from None
    logging.getLogger("distributed.client").addFilter(_is_news)
    try:
        if address.startswith("tls:") and not Security().get_connection_args("client").get("ssl_context"):
            raise BadInput(
                f"{address} needs certificates, and Dask's configuration on this machine has none.",
                "docs/grading-cluster.md shows the file that it needs (distributed.comm.tls).",
            )
        return Client(address, timeout=_CONNECT, set_as_default=False)
    except BadInput:
        raise
    except (OSError, ValueError, ImportError, TypeError) as error:
        advice = "Start one with `dask scheduler`; it prints its address."
        raise BadInput(f"No Dask scheduler answers at {address}: {error}.", advice) from None


def _is_news(record: logging.LogRecord) -> bool:
    """Drops the one line that `DaskPool` says better."""
    return not str(record.msg).startswith("Failed to reconnect to scheduler")


def _pass_on(task: Task, done: Future[Graded], told: Future[Graded]) -> None:
    """Hand on how a task ended; an OSError means that its worker was lost."""
    error = OSError("Dask gave the task up") if done.cancelled() else done.exception()
    if error is None:
        told.set_result(done.result())
    elif type(error).__name__ == "KilledWorker":  # Dask has tried it on several
        reason = "every worker process that graded it ended"
        told.set_result(Graded(task.student, task.part, task.seed, task.digest, not_graded=reason, unsafe=task.unsafe))
    else:
        told.set_exception(error)


# --- a worker ---------------------------------------------------------------------------------------------------------


class _Bench:
    """A worker process' sandboxes, with and without isolation, and its graders. One submission at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # a worker may have several threads
        self._nurseries: dict[bool, Nursery] = {}
        self._graders: dict[tuple[bool, str], Grader] = {}

    def grade(self, task: Task) -> Graded:
        with self._lock:
            try:
                return self._grader(task).grade(task)
            except OSError:
                self._forget(task.unsafe)
                raise

    def _grader(self, task: Task) -> Grader:
        """Tests that were changed meanwhile are read anew."""
        from workbook.grade.runner import Grader  # with all that tests need, which only workers do

        nursery = self._nurseries.get(task.unsafe)
        if nursery is None or not nursery.alive:
            self._forget(task.unsafe)
            nursery = self._nurseries[task.unsafe] = nursery_of(find_home(), unsafe=task.unsafe)
            nursery.check()
        key = task.unsafe, task.tests
        if key not in self._graders:
            self._graders[key] = Grader(find_home(), nursery.address)
        return self._graders[key]

    def _forget(self, unsafe: bool) -> None:
        self._graders = {key: grader for key, grader in self._graders.items() if key[0] != unsafe}
        nursery = self._nurseries.pop(unsafe, None)
        if nursery is not None:
            nursery.close()


_bench = _Bench()


def grade(task: Task, code: str) -> Graded:
    """Grade one submission with the sandbox of this worker, which is started at its first task and kept.

    Args:
        code: `code_digest` of the submitting process.

    Raises:
        BadInput: this worker cannot isolate, or is not what the submitting process is; says which machine it is on.
        OSError: the sandbox is gone.
    """
    try:
        if code != code_digest():
            raise BadInput("its workbook differs from that of the process that grades.", _SAME)
        return _bench.grade(task)
    except WorkbookError as error:
        raise BadInput(f"The worker on {platform.node()}: {error.fact}", error.advice) from None

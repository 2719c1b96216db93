"""What `workbook grade` and `workbook regrade` share: options, the pool, the progress bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.cli.output import console
from workbook.errors import BadInput
from workbook.model import Home

if TYPE_CHECKING:
    from workbook.grade.book.course import Submitted
    from workbook.grade.pool import Pool

__all__ = ["class_options", "limits_of", "named", "open_pool", "print_remarks", "progress", "remarks", "the_folder"]


def class_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that run submissions."""
    options = [
        click.argument("part"),
        click.option(
            "--course",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="nbgrader's course folder. Default: the working folder, or build/course/CHAPTER.",
        ),
        click.option("--student", "students", multiple=True, metavar="S", help="Only this student; may be given several times."),
        click.option("--workers", type=click.IntRange(1, 512), help="Worker processes. Default: one a processor."),
        click.option("--scheduler", metavar="tcp://...", help="Use the workers of this Dask cluster."),
        click.option("--db", metavar="URL", help="The gradebook, any SQLAlchemy URL. Default: as nbgrader's configuration has it."),
        click.option("--unsafe", is_flag=True, help="Grade without isolation, where there is none to be had."),
        click.option("--exercise-time", type=float, default=10.0, show_default=True, metavar="S", help="Seconds for one exercise."),
        click.option("--time", "total", type=float, default=60.0, show_default=True, metavar="S", help="Seconds for a submission."),
        click.option("--memory", type=click.IntRange(64), default=1024, show_default=True, metavar="MIB", help="For a submission."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def limits_of(exercise_time: float, total: float, memory: int) -> Any:
    """The limits that the options ask for."""
    from workbook.grade.records import Limits

    return Limits(cell=exercise_time, exercise=exercise_time, submission=total, cpu=total, memory=memory)


def the_folder(home: Home, chapter: str, folder: Path | None) -> Path:
    """The course folder that was named, or the one that is meant."""
    if folder is not None and not folder.is_dir():  # said before the workers start
        raise BadInput(f"There is no folder {folder}.", "Give --course the folder with nbgrader_config.py and submitted/.")
    if folder is None:
        built = home.build_dir / "course" / chapter
        folder = Path.cwd() if (Path.cwd() / "nbgrader_config.py").is_file() else built
        if not folder.is_dir():
            raise BadInput(
                "There is no course here: this folder has no nbgrader_config.py, and build/course is not there either.",
                "Name it with --course DIR; `workbook build --edition course` makes one.",
            )
    return folder


@contextmanager
def open_pool(home: Home, folder: Path, workers: int | None, scheduler: str | None, limits: Any, *, unsafe: bool) -> Iterator[Pool]:
    """The workers; says first what protects this machine. They start meanwhile: what takes long is best done inside the block.

    Raises:
        NotIsolated, BadInput: they cannot be had.
    """
    # Each worker computes on one processor. Here nothing is computed: NumPy's threads would only wait, and they do so busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from workbook.grade import bytecode
    from workbook.grade.imports import importing

    with importing():
        from workbook.grade.pool import DaskPool, LocalPool, processors
        from workbook.grade.sandbox.nursery import in_force

    out = console(stderr=True)
    if scheduler:
        with DaskPool(scheduler) as cluster:
            workers_there = f"{cluster.size} worker{'s' if cluster.size > 1 else ''} of the Dask cluster at {scheduler}"
            sandbox = "students' code runs NOT isolated, as the user of each worker" if unsafe else "each with a sandbox of its own"
            out.print(f"{workers_there}, {sandbox}.", style="bold red" if unsafe else "dim", markup=False)
            yield cluster
        return
    if bytecode.missing():
        out.print("Compiling the libraries, once. It takes some seconds.", style="dim")
        failure = bytecode.fill()
        if failure:
            out.print(f"They could not be kept ({failure}): every run will start some seconds later.", style="dim", markup=False)
    count = workers or processors()
    with LocalPool(home, count, [folder], unsafe=unsafe) as pool:
        for what, how in in_force(limits, unsafe=unsafe):
            out.print(f"  {what}: {how}", style="bold red" if "NOT isolated" in how else "dim", markup=False)
        yield pool


@contextmanager
def progress(total: int, doing: str = "Grading") -> Iterator[Callable[[str, bool], None]]:
    """A bar with count, rate, time left and failures so far; call what is yielded with a student and "was it graded?"."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]}"),
    ]
    failures = 0
    with Progress(*columns, console=console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("grading", total=total, rate="", failures="")

        def advance(student: str, was_graded: bool) -> None:
            nonlocal failures
            failures += not was_graded
            bar.advance(task)
            speed = bar.tasks[0].speed
            rate = f"{speed:.1f} a second" if speed else ""
            bar.update(task, rate=rate, failures=f"[red]{failures} not graded" if failures else "")

        yield advance


def named(students: Sequence[str], most: int = 8) -> str:
    """A few names, and how many more."""
    return ", ".join(students[:most]) + (f" and {len(students) - most} more" if len(students) > most else "")


def remarks(submitted: Sequence[Submitted]) -> list[dict[str, str]]:
    """Of whom the time of handing in is not known, and why; for `--json`."""
    return [{"student": one.student, "remark": one.note} for one in submitted if one.note]


def print_remarks(out: Any, submitted: Sequence[Submitted]) -> None:
    """The same for people."""
    from rich.text import Text

    for remark in remarks(submitted):
        out.print(Text(f"{remark['student']}: {remark['remark']}", style="yellow"))

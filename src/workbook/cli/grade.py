"""`workbook grade`."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.cli.grading import class_options, limits_of, named, open_pool, print_remarks, progress, remarks, the_folder
from workbook.cli.output import console, echo_json, json_option
from workbook.model import Explanation, variant_of

if TYPE_CHECKING:
    from workbook.grade.classwork import Classwork, Done

__all__ = ["command"]


@click.command(
    name="grade",
    epilog="""\b
Examples:
  workbook grade part3_einsum --course ~/course          what is new or changed, with one worker a processor
  workbook grade part3_einsum --course ~/course --force  everything again, with the same random inputs
  workbook grade part3_einsum --student ann --json       one student, for programs
  workbook grade part3_einsum --scheduler tcp://10.0.0.5:8786
""",
)
@class_options
@click.option("--force", is_flag=True, help="Grade again what is recorded and unchanged.")
@json_option
def command(
    part: str,
    course: Path | None,
    students: tuple[str, ...],
    workers: int | None,
    scheduler: str | None,
    db: str | None,
    unsafe: bool,
    exercise_time: float,
    total: float,
    memory: int,
    force: bool,
    as_json: bool,
) -> None:
    """Grade what a class has handed in for PART, in a sandbox, into nbgrader's gradebook.

    Submissions lie in COURSE/submitted/STUDENT/PART/, as nbgrader collects them. Scores go into the gradebook, notebooks for the
    formgrader into autograded/, a page for each student into feedback/. What was entered by hand is kept.

    Ends with 1 when a submission could not be graded.
    """
    from workbook.grade.imports import importing
    from workbook.model import find_home

    home = find_home()
    chapter, wanted = home.part(part)
    folder = the_folder(home, chapter.name, course)
    limits = limits_of(exercise_time, total, memory)
    start = time.perf_counter()
    done: list[Done] = []
    with open_pool(home, folder, workers, scheduler, limits, unsafe=unsafe) as pool:
        with importing():  # nbgrader takes as long as the workers take to start
            from workbook.grade.book.course import open_course
            from workbook.grade.book.gradebook import Book
            from workbook.grade.classwork import Classwork

            work = Classwork(open_course(folder, db), chapter, wanted, students, force, limits, unsafe)
        submitted = work.find()
        with Book(work.course) as book:
            changes = book.ensure(chapter, wanted)
            with progress(len(submitted)) as advance:
                for one in work.grade(pool, book, submitted):
                    done.append(one if as_json else _light(one))
                    advance(one.graded.student, not one.graded.not_graded)
    seconds = time.perf_counter() - start
    if as_json:
        echo_json({**_json(work, done, seconds, changes), "remarks": remarks(submitted)})
    else:
        print_remarks(console(), submitted)
        _print(work, done, seconds, changes)
    if work.refused or any(one.graded.not_graded for one in done):
        raise click.exceptions.Exit(1)


def _light(one: Done) -> Done:
    """What the table needs: the explanations of a large class are not kept in memory."""
    results = [
        replace(result, message="", printed="", notes=(), explanation=_named(result.mistake)) for result in one.graded.results
    ]
    return replace(one, graded=replace(one.graded, results=tuple(results), written={}, notes=()))


def _named(mistake: str) -> Explanation | None:
    return Explanation("", "", "", mistake_name=mistake) if mistake else None


def _json(work: Classwork, done: list[Done], seconds: float, changes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "part": work.part.name,
        "seconds": round(seconds, 3),
        "submissions": [{**one.graded.as_dict(), "scores": one.scores and one.scores.as_dict()} for one in done],
        "unchanged": work.unchanged,
        "refused": [{"student": student, "reason": reason} for student, reason in work.refused],
        "changes": list(changes),
    }


def _print(work: Classwork, done: list[Done], seconds: float, changes: tuple[str, ...]) -> None:
    from rich.text import Text

    out = console()
    for change in changes:
        out.print(change, markup=False)
    if work.unchanged:
        count = len(work.unchanged)
        out.print(f"{count} unchanged since {'they were' if count > 1 else 'it was'} graded (--force grades again).", style="dim")
    scored = [one for one in done if one.scores is not None]
    if scored:
        _print_class(out, work, scored)
    left_out = [(one.graded.student, one.graded.not_graded) for one in done if one.graded.not_graded] + work.refused
    for student, reason in sorted(left_out):
        out.print(Text(f"not graded: {student}: {reason}", style="yellow"))
    if done:
        each = f"{1000 * seconds / len(done):.0f} ms each"
        out.print(f"{len(scored)} graded, {len(left_out)} not graded, in {seconds:.1f} s ({each}).", style="bold")
    elif not left_out:
        out.print("Nothing new to grade.", style="bold")


def _print_class(out: Any, work: Classwork, scored: list[Done]) -> None:
    from rich.table import Table

    totals = [one.scores.total for one in scored if one.scores]
    maximum = scored[0].scores.maximum if scored[0].scores else 0.0
    table = Table(title=f"{work.part.title}: {len(scored)} submissions", title_justify="left")
    table.add_column("exercise")
    table.add_column("passed", justify="right")
    table.add_column("")
    table.add_column("commonest mistake")
    for exercise in work.part.exercises:
        if exercise.kind == "question":
            continue
        passed = sum(one.graded.passed(exercise.name) for one in scored)
        mistakes = [result.mistake for one in scored for result in one.graded.results if result.exercise == exercise.name]
        named_ones = [mistake for mistake in mistakes if mistake]
        common = max(set(named_ones), key=lambda name: (named_ones.count(name), name), default="")
        told = f"{variant_of(common)[1]} ({named_ones.count(common)})" if common else ""
        share = passed / len(scored)
        table.add_row(exercise.name, f"{share:4.0%}", "█" * round(10 * share), told)
    out.print(table)
    slow = sorted(scored, key=lambda one: -one.graded.seconds)[:3]
    out.print(f"mean {statistics.mean(totals):.1f}, median {statistics.median(totals):g} of {maximum:g} points")
    out.print("slowest: " + named([f"{one.graded.student} {one.graded.seconds:.2f} s" for one in slow]), style="dim", markup=False)

"""`workbook regrade`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.cli.grading import class_options, limits_of, named, open_pool, print_remarks, progress, remarks, the_folder
from workbook.cli.output import console, echo_json, json_option
from workbook.errors import BadInput

if TYPE_CHECKING:
    from workbook.grade.classwork import Classwork
    from workbook.grade.rescore import Comparison, Regrading, Rescored

__all__ = ["command"]


@click.command(
    name="regrade",
    epilog="""\b
Examples:
  workbook regrade part3_einsum --course ~/course --dry-run    who would gain, who would lose
  workbook regrade part3_einsum --course ~/course              the same, then asks before it writes
  workbook regrade part3_einsum --course ~/course --json --yes
""",
)
@class_options
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
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
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Grade PART once more after one of its tests or its points changed.

    Every submission is graded again with the random inputs that it had. Who gains and who loses is shown before anything is
    written; then it asks. With --json it writes only where --yes says so. Old scores stay in the record, and what was entered by
    hand is kept.

    Ends with 1 when a submission could not be graded, or when the answer was no.
    """
    from workbook.grade.book.course import open_course
    from workbook.grade.classwork import Classwork
    from workbook.grade.rescore import Regrading
    from workbook.model import find_home

    _refuse_silence(yes, dry_run or as_json)
    if yes and dry_run:
        raise click.UsageError("--yes writes and --dry-run does not: choose one.")
    home = find_home()
    chapter, wanted = home.part(part)
    place = open_course(the_folder(home, chapter.name, course), db)
    limits = limits_of(exercise_time, total, memory)
    work = Classwork(place, chapter, wanted, students, True, limits, unsafe)
    submitted = work.find()
    with Regrading(work, submitted) as regrading:
        start = time.perf_counter()
        with open_pool(home, place.folder, workers, scheduler, limits, unsafe=unsafe) as pool:
            comparison = _compared(regrading, pool)
        seconds = time.perf_counter() - start
        if not as_json:
            print_remarks(console(), submitted)
            _print(work, comparison, seconds)
        asked = not (yes or dry_run or as_json)
        written = click.confirm("Write this into the gradebook?", err=True) if asked else yes
        if written:
            _write(regrading, comparison)
    if as_json:
        echo_json({**_json(work, comparison, seconds, written), "remarks": remarks(submitted)})
    else:
        click.echo("Written. `workbook grades --student NAME` shows the earlier scores too." if written else "Nothing was written.")
    if work.refused or comparison.of("not_graded") or (asked and not written):
        raise click.exceptions.Exit(1)


def _refuse_silence(yes: bool, harmless: bool) -> None:
    """Say at the beginning, not after minutes, that there is nobody to ask."""
    if not (yes or harmless or sys.stdin.isatty()):
        raise BadInput(
            "There is no terminal on which to ask whether the new scores shall be written.",
            "Use --dry-run to see what would change, and --yes to write it.",
        )


def _compared(regrading: Regrading, pool: Any) -> Comparison:
    from workbook.grade.book.gradebook import Book

    with Book(regrading.work.course) as book:
        with progress(len(regrading.submitted)) as advance:
            for one in regrading.grade(pool, book):
                advance(one.student, not one.not_graded)
        return regrading.compare(book)


def _write(regrading: Regrading, comparison: Comparison) -> None:
    from workbook.grade.book.gradebook import Book

    with Book(regrading.work.course) as book, progress(len(comparison.students), "Writing") as advance:
        for one in regrading.write(book, comparison):
            advance(one.graded.student, not one.graded.not_graded)


def _json(work: Classwork, comparison: Comparison, seconds: float, written: bool) -> dict[str, Any]:
    return {
        "part": work.part.name,
        "seconds": round(seconds, 3),
        "written": written,
        "changes": list(comparison.points),
        "outdated": list(comparison.outdated),
        "counts": comparison.counts(),
        "students": [one.as_dict() for one in comparison.students],
        "refused": [{"student": student, "reason": reason} for student, reason in work.refused],
        "gone": list(comparison.gone),
    }


# --- for people -------------------------------------------------------------------------------------------------------


def _print(work: Classwork, comparison: Comparison, seconds: float) -> None:
    """What changes for everybody, the students whose points change, and at last the counts."""
    from rich.text import Text

    out = console()
    for sentence in comparison.points:
        out.print(Text(sentence))
    if comparison.points and work.students:
        told = "Points count for the whole class, and the others keep scores by the old ones until they are graded again too."
        out.print(Text(told, style="yellow"))
    for sentence in comparison.outdated:
        out.print(Text(f"{sentence}. `workbook build --edition course --output {work.course.folder}` renews it.", style="yellow"))
    _print_students(out, [one for one in comparison.students if one.change.exercises() or one.outcome in ("gain", "lose", "new")])
    _print_exercises(out, comparison)
    _print_left_out(out, work, comparison)
    counts = comparison.counts()
    words = [f"{counts['gain']} gain", f"{counts['lose']} lose", f"{counts['same']} same"]
    if counts["new"]:
        words.append(f"{counts['new']} graded for the first time")
    words.append(f"{counts['not_graded'] + len(work.refused)} cannot be graded")
    out.print(Text(f"{', '.join(words)}; graded in {seconds:.1f} s.", style="bold"))


def _print_students(out: Any, students: list[Rescored]) -> None:
    """Those who lose most come first."""
    from rich.table import Table
    from rich.text import Text

    from workbook.grade.report.harmless import clean

    if not students:
        return
    table = Table("student", box=None, pad_edge=False)
    table.add_column("points", justify="right")
    table.add_column("difference", justify="right")
    table.add_column("exercises")
    for one in sorted(students, key=lambda one: (one.outcome == "new", one.change.gain, one.student)):
        before, after = one.change.before, one.change.after
        points = f"{before.final:g} → {after.final:g}" if before and after else f"new → {after.final:g}" if after else ""
        style = {"gain": "green", "lose": "red"}.get(one.outcome, "")
        difference = "" if one.outcome == "new" else f"{one.change.gain:+g}"
        table.add_row(Text(clean(one.student)), points, Text(difference, style=style), Text(_why(one)))
    out.print(table)
    out.print()


def _why(one: Rescored) -> str:
    """The exercises that change, what being late costs now, and whether it is another submission than the one graded before."""
    words = [] if one.outcome == "new" else [f"{name} {old:g} → {new:g}" for name, old, new in one.change.exercises()]
    before, after = one.change.before, one.change.after
    costs = [(scores.late_penalty or 0.0) if scores else 0.0 for scores in (before, after)]
    if costs[0] != costs[1]:
        words.append(f"for being late -{costs[0]:g} → -{costs[1]:g}")
    return ", ".join(words) + (" (another submission than the one graded before)" if one.changed else "")


def _print_exercises(out: Any, comparison: Comparison) -> None:
    from rich.text import Text

    found: dict[str, list[float]] = {}
    for one in comparison.students:
        for name, old, new in one.change.exercises() if one.outcome != "new" else ():
            found.setdefault(name, []).append(new - old)
    for name, gains in found.items():
        more, less = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
        out.print(Text(f"{name}: {more} gain, {less} lose"))


def _print_left_out(out: Any, work: Classwork, comparison: Comparison) -> None:
    from rich.text import Text

    from workbook.grade.report.harmless import clean

    for one in comparison.of("not_graded"):
        before = one.change.before
        kept = f" (keeps the {before.final:g} points recorded before, its notebook and its feedback)" if one.kept and before else ""
        out.print(Text(f"not graded: {clean(one.student)}: {clean(one.not_graded)}{kept}", style="yellow"))
    for student, reason in work.refused:
        out.print(Text(f"not graded: {clean(student)}: {reason}", style="yellow"))
    if comparison.gone:
        names = named([clean(name) for name in comparison.gone])
        out.print(Text(f"no submission is here any more, so the recorded points stay: {names}", style="yellow"))

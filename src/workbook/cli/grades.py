"""`workbook grades`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from workbook.cli.output import console, echo_json, json_option, print_results

if TYPE_CHECKING:
    from workbook.grade.book.course import Course
    from workbook.grade.book.gradebook import Book
    from workbook.grade.book.scores import Record, Scores
    from workbook.grade.report.summary import Summary
    from workbook.model import Home, Part

__all__ = ["command"]

_HARDEST = 5  # exercises in the terminal; the page has them all


@click.command(
    name="grades",
    epilog="""\b
Examples:
  workbook grades --course DIR                          every graded part; writes DIR/grades.html
  workbook grades part3_einsum --course DIR --csv grades.csv
  workbook grades part3_einsum --course DIR --student ada --student grace
""",
)
@click.argument("parts", nargs=-1, metavar="[PART]...")
@click.option(
    "--course",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The nbgrader course.  [default: the working folder]",
)
@click.option("--db", metavar="URL", help="The gradebook's SQLAlchemy URL, instead of the course's own.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The page's file.  [default: grades.html in the course; with --csv or --json none]",
)
@click.option(
    "--csv", "table", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a table, a line a student."
)
@click.option("--student", "students", multiple=True, metavar="NAME", help="Print this student's results instead; may be repeated.")
@json_option
def command(
    parts: tuple[str, ...],
    folder: Path,
    db: str | None,
    output: Path | None,
    table: Path | None,
    students: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show how the class did: what to teach again, who may need help, who is not graded and why.

    Reads what `workbook grade` wrote into the gradebook, and writes one page that works offline. PART is one part or several;
    by default every part that was graded.
    """
    from workbook.grade.book.course import open_course
    from workbook.grade.book.gradebook import Book
    from workbook.model import find_home

    if students and (output or table):
        raise click.UsageError("--student prints; --output and --csv are for the whole class.")
    home = find_home()
    wanted = [home.part(name)[1] for name in dict.fromkeys(parts)] or [part for _, part in home.parts()]
    course = open_course(folder, db)
    with Book(course) as book:
        if students:
            _print_students(book, wanted, students, as_json)
            return
        summaries = _summaries(course, book, wanted, everything=bool(parts))
    if output is None and table is None and not as_json:
        output = course.folder / "grades.html"
    _write(course, home, summaries, output, table)
    if as_json:
        echo_json({"parts": [summary.as_dict() for summary in summaries], "page": _path(output), "csv": _path(table)})
        return
    for summary in summaries:
        _print(summary)
    for path in filter(None, (output, table)):
        click.echo(f"wrote {path}")


def _summaries(course: Course, book: Book, parts: Iterable[Part], *, everything: bool) -> list[Summary]:
    """One a part that was graded; with `everything`, of the others too, as far as something was handed in.

    Raises:
        BadInput: none of the parts has a record.
    """
    from workbook.errors import BadInput

    parts = list(parts)
    records = {part.name: book.recorded(part.name) for part in parts}
    if not any(records.values()):
        only = parts[0].name if len(parts) == 1 else ""
        raise BadInput(
            f"The gradebook of {course.folder} has no result of `workbook grade`{f' for {only}' if only else ''}.",
            f"Run `workbook grade {only or 'PART'} --course {course.folder}` first.",
        )
    return [_summary(course, book, part, records[part.name]) for part in parts if everything or records[part.name]]


def _summary(course: Course, book: Book, part: Part, records: dict[str, Record]) -> Summary:
    from workbook.grade.records import Graded
    from workbook.grade.report.tally import summarize

    refused = [Graded(name, part.name, not_graded=why) for name, why in course.refused(part.name) if name not in records]
    pending = [one.student for one in course.submissions(part.name) if one.student not in records]
    graded = [*(record.graded for record in records.values()), *refused]
    return summarize(part, graded, pending, book.scores(part.name))


def _write(course: Course, home: Home, summaries: list[Summary], output: Path | None, table: Path | None) -> None:
    from workbook.grade.report.overview import csv_text, overview_page

    if output:
        title = " and ".join(chapter.title for chapter in home.chapters if set(chapter.parts) & {one.part for one in summaries})
        subtitle = f"{course.folder}, {datetime.now():%d %B %Y, %H:%M}"
        _save(output, overview_page(summaries, title, subtitle=subtitle, links=_links(course, summaries, output)))
    if table:
        # The mark at the beginning tells a spreadsheet that this is UTF-8.
        _save(table, "\ufeff" + csv_text(summaries))


def _links(course: Course, summaries: Iterable[Summary], output: Path) -> dict[tuple[str, str], str]:
    """Student and part to the feedback page, as seen from the overview's folder."""
    from workbook.errors import BadInput

    found = {}
    for part, student in ((summary.part.name, student.student) for summary in summaries for student in summary.graded):
        try:
            page = course.feedback_dir(student, part) / f"{part}.html"
        except BadInput:  # somebody else wrote a name into the gradebook that is none of a folder
            continue
        if page.is_file():
            found[student, part] = quote(Path(os.path.relpath(page, output.absolute().parent)).as_posix())
    return found


def _save(path: Path, text: str) -> None:
    from workbook.errors import BadInput

    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.", "Name another file.") from None


def _path(path: Path | None) -> str | None:
    return str(path) if path else None


# --- in the terminal ------------------------------------------------------------------------------------------------------


def _print(summary: Summary) -> None:
    """The numbers that matter most; the page has the rest."""
    from rich.table import Table
    from rich.text import Text

    out = console()
    out.print(Text(f"{summary.part.name}: {summary.part.title}", style="bold"))
    out.print(Text(_glance(summary)))
    for reason, names in summary.not_graded.items():
        out.print(Text(f"not graded: {len(names)}, because {reason}", style="yellow"))
    if summary.pending:
        out.print(Text(f"handed in, not graded yet: {len(summary.pending)}", style="yellow"))
    hardest = [exercise for exercise in summary.hardest() if exercise.rate != 1][:_HARDEST]
    if hardest:
        table = Table("teach again", "passed", "commonest mistake", box=None, pad_edge=False)
        for exercise in hardest:
            first = exercise.found[0] if exercise.found else None
            told = Text(f"{first.count}× {first.sentence}" if first else "")
            table.add_row(exercise.name, f"{exercise.passed} of {exercise.judged}", told)
        out.print(table)
    out.print()


def _glance(summary: Summary) -> str:
    if summary.mean is None or summary.median is None:
        return "Nobody is graded."
    points = f"mean {summary.mean:.1f}, median {summary.median:g} of {summary.max_points} points"
    return f"{len(summary.graded)} graded, {points}; {len(summary.struggling())} with less than half"


def _print_students(book: Book, parts: list[Part], students: tuple[str, ...], as_json: bool) -> None:
    """Every result of some students, with what went wrong.

    Raises:
        UnknownName: a student has no record in these parts.
    """
    from workbook.errors import UnknownName

    known = {part.name: book.recorded(part.name) for part in parts}
    scores = {part.name: book.scores(part.name) for part in parts}
    everybody = sorted({student for records in known.values() for student in records})
    found = []
    for student in dict.fromkeys(students):
        if student not in everybody:
            raise UnknownName("student with a result", student, everybody, "`workbook grades` shows who has one.")
        for part, records in known.items():
            if student in records:
                found.append((records[student], scores[part].get(student), book.history(part, student)))
    if as_json:
        echo_json({"results": [_student_json(*one) for one in found]})
        return
    for one in found:
        _print_student(*one)


def _student_json(record: Record, scores: Scores | None, history: list[Record]) -> dict[str, Any]:
    return {
        **record.graded.as_dict(),
        "scores": scores.as_dict() if scores else None,
        "history": [
            {"version": one.version, "created_at": one.created_at.isoformat(), "score": one.score, "max_score": one.maximum}
            for one in history
        ],
    }


def _print_student(record: Record, scores: Scores | None, history: list[Record]) -> None:
    """What the gradebook has now, then what the student saw, then what only an instructor sees."""
    from rich.text import Text

    from workbook.grade.report.harmless import clean
    from workbook.grade.report.shown import shown

    out = console()
    graded = record.graded
    head = f"{clean(record.student)}, {record.part}"
    if scores:
        late = f" ({scores.late_penalty:g} taken off for being late)" if scores.late_penalty else ""
        head += f": {scores.final:g} of {scores.maximum:g} points{late}"
    out.print(Text(head + (", graded without isolation" if record.unsafe else ""), style="bold"))
    if graded.not_graded:
        out.print(Text(f"not graded: {clean(graded.not_graded)}", style="yellow"))
    else:
        print_results([shown(result) for result in graded.results], explain=True)
    if graded.hidden:
        out.print(Text(f"right on the visible examples, wrong on other inputs: {', '.join(graded.hidden)}"))
    for note in graded.notes:
        out.print(Text(f"note: {clean(note)}", style="dim"))
    if len(history) > 1:
        earlier = ", ".join(f"{one.score:g} ({one.created_at:%Y-%m-%d %H:%M} UTC)" for one in history[:-1])
        out.print(Text(f"graded {len(history)} times; points before: {earlier}", style="dim"))
    out.print()

"""`workbook status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbook.cli.output import console, echo_json, json_option

if TYPE_CHECKING:
    from workbook.lab.summary import Summary

__all__ = ["command"]

_MARKS = {"solved": "✓", "tried": "✗", "untouched": "·"}
_WIDTH = 20  # characters of a bar


@click.command(
    name="status",
    epilog="""\b
Examples:
  workbook status            all parts
  workbook status --json     the same for programs
  workbook status --forget   delete the record; your notebooks stay as they are
""",
)
@json_option
@click.option("--forget", is_flag=True, help="Delete the record of what was tried and solved, after asking.")
@click.option("--yes", is_flag=True, help="With --forget: do not ask.")
def command(as_json: bool, forget: bool, yes: bool) -> None:
    """Show what is solved (✓), tried (✗) and untouched (·), how long it took, and what comes next.

    This is read from work/progress.sqlite, where your notebooks write the outcome of each test. It stays on this machine.
    """
    from workbook.lab.progress import Progress
    from workbook.lab.summary import summarise
    from workbook.model import find_home

    home = find_home()
    if forget:
        progress = Progress(home.work_dir)
        if not progress.path.is_file():
            click.echo(f"There is no record in {home.work_dir}.")
        elif yes or click.confirm(f"Delete {progress.path}? All exercises will count as untouched; your notebooks stay.", err=True):
            progress.forget()
            click.echo("Forgotten.")
        return
    summary = summarise(home)
    if as_json:
        echo_json(summary.as_dict())
    else:
        _print(summary)


def _print(summary: Summary) -> None:
    from rich.table import Table

    from workbook.lab.summary import duration

    table = Table("part", "solved", "", "exercises", box=None, pad_edge=False)
    for state in summary.parts:
        solved, total = state.count("solved"), len(state.exercises)
        filled = round(_WIDTH * solved / total) if total else 0
        bar = "█" * filled + "░" * (_WIDTH - filled)
        table.add_row(state.part.name, f"{solved}/{total}", bar, "".join(_MARKS[s] for s in state.exercises.values()))
    out = console()
    out.print(table)
    if summary.runs:
        days = f", {summary.streak} days in a row" if summary.streak > 1 else ""
        tests = "1 test" if summary.runs == 1 else f"{summary.runs} tests"
        out.print(f"{tests} run in about {duration(summary.minutes)}{days}.")
    current = summary.current
    out.print(f"Next: {current.next}, in {current.part.name}" if current else "Everything is solved.")

"""`workbook status`."""

from __future__ import annotations

from typing import Any

import click

from workbook.cli.output import console, echo_json, json_option

__all__ = ["command"]

_MARKS = {"solved": "✓", "tried": "✗", "untouched": "·"}


@click.command(
    name="status",
    epilog="""\b
Examples:
  workbook status            all parts
  workbook status --json     the same for programs
""",
)
@json_option
def command(as_json: bool) -> None:
    """Show what is solved (✓), tried (✗) and untouched (·), and what comes next.

    This is read from work/progress.sqlite, where your notebooks write the outcome of each test. It stays on this machine.
    """
    from workbook.lab.progress import Progress
    from workbook.model import find_home

    home = find_home()
    states = Progress(home.work_dir).states()
    rows: list[dict[str, Any]] = [
        {
            "part": part.name,
            "title": part.title,
            "exercises": {e.name: states.get(e.name, "untouched") for e in part.exercises if e.kind != "question"},
        }
        for _, part in home.parts()
    ]
    following = next((name for row in rows for name, state in row["exercises"].items() if state != "solved"), None)
    if as_json:
        echo_json({"parts": rows, "next": following, "record": str(Progress(home.work_dir).path)})
    else:
        _print(rows, following)


def _print(rows: list[dict[str, Any]], following: str | None) -> None:
    from rich.table import Table

    table = Table("part", "solved", "", "exercises", box=None, pad_edge=False)
    for row in rows:
        states = list(row["exercises"].values())
        solved = states.count("solved")
        width = 20
        filled = round(width * solved / len(states)) if states else 0
        bar = "█" * filled + "░" * (width - filled)
        table.add_row(row["part"], f"{solved}/{len(states)}", bar, "".join(_MARKS[state] for state in states))
    out = console()
    out.print(table)
    out.print(f"Next: {following}" if following else "Everything is solved.")

"""What the commands share: the console, JSON, and tables of results."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from workbook.model import Result, Status

__all__ = ["MARKS", "console", "echo_json", "json_option", "print_results"]

MARKS = {
    Status.PASSED: ("✓", "green"),
    Status.FAILED: ("✗", "red"),
    Status.UNSOLVED: ("○", "dim"),
    Status.MISSING: ("–", "yellow"),
    Status.ERROR: ("!", "magenta"),
}

_PRINTED = 10  # lines

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text (fields: docs/instructors.md).")


def console(*, stderr: bool = False) -> Any:
    """A rich console on standard output, or on standard error where that is for programs."""
    from rich.console import Console

    return Console(highlight=False, stderr=stderr)


def echo_json(data: Any) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def print_results(results: Iterable[Result], *, explain: bool) -> None:
    """One line a result, with the explanation of failures below it, and a summary at the end."""
    from rich.text import Text

    out = console()
    counts: dict[Status, int] = {}
    for result in results:
        counts[result.status] = counts.get(result.status, 0) + 1
        mark, style = MARKS[result.status]
        out.print(Text(f"{mark} {result.exercise}", style=style), Text(_line(result)), sep="  ")
        if explain and result.explanation is not None:
            lines = result.explanation.text().removeprefix(f"{result.exercise}: {result.explanation.fact}").splitlines()[1:]
            lines += _printed(result)
            out.print(Text("\n".join("    " + line for line in lines)))
        for note in result.notes:
            out.print(Text("    " + note, style="dim"))
    summary = ", ".join(f"{counts[status]} {status}" for status in Status if status in counts)
    out.print(Text(summary or "Nothing to test.", style="bold"))


def _printed(result: Result) -> list[str]:
    """What the code printed, at most the first lines of it: the explanation must stay in sight."""
    lines = result.printed.splitlines()
    more = [f"... and {len(lines) - _PRINTED} lines more"] if len(lines) > _PRINTED else []
    return ["  printed by your code:", *lines[:_PRINTED], *more] if lines else []


def _line(result: Result) -> str:
    return "not written yet" if result.status is Status.UNSOLVED else result.message

"""`workbook watch`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.cli.output import console, json_option, print_results
from workbook.model import Status

if TYPE_CHECKING:
    from workbook.lab.watching import Event

__all__ = ["command"]


@click.command(
    name="watch",
    epilog="""\b
Examples:
  workbook watch                              your notebooks in work/
  workbook watch --answers my_answers.py      one file, for example beside your editor
  workbook watch --once                       test everything once; ends with 1 unless all passed
""",
)
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Watch this file.",
)
@click.option("--once", is_flag=True, help="Test everything once and stop, instead of waiting for the next save.")
@json_option
def command(answers: Path | None, once: bool, as_json: bool) -> None:
    """Test the answers that changed each time a notebook is saved. Stop with Ctrl+C.

    Each run happens in a process of its own, so an endless loop in an answer is stopped after a minute.
    """
    from workbook.lab.watching import Watcher
    from workbook.model import find_home

    watcher = Watcher(find_home(), answers)
    if not as_json:
        paths = ", ".join(str(path) for path in watcher.files())
        click.echo(f"Testing {paths} once." if once else f"Watching {paths}. Save to test; Ctrl+C stops.")
    passed = True
    for event in watcher.everything() if once else watcher.events():
        if as_json:
            click.echo(json.dumps(_plain(event), ensure_ascii=False))  # an object a line: the output has no end
        else:
            _print(event)
        passed = passed and not event.problem and all(result.status is Status.PASSED for result in event.results)
    raise click.exceptions.Exit(0 if passed else 1)


def _print(event: Event) -> None:
    from rich.text import Text

    console().rule(Text(f"{event.path.name}: {', '.join(event.exercises) or 'no answer found'}"))
    if event.problem:
        click.echo(event.problem)
    else:
        print_results(event.results, explain=True)
    for note in event.notes:
        click.echo(f"note: {note}")


def _plain(event: Event) -> dict[str, Any]:
    return {
        "file": str(event.path),
        "exercises": list(event.exercises),
        "results": [result.as_dict() for result in event.results],
        "problem": event.problem,
        "notes": list(event.notes),
    }

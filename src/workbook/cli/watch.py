"""`workbook watch`."""

from __future__ import annotations

from pathlib import Path

import click

from workbook.cli.output import console, print_results

__all__ = ["command"]


@click.command(
    name="watch",
    epilog="""\b
Examples:
  workbook watch                              your notebooks in work/
  workbook watch --answers my_answers.py      one file, for example beside your editor
""",
)
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Watch this file.",
)
@click.option("--once", is_flag=True, help="Test everything once and stop, instead of waiting for the next save.")
def command(answers: Path | None, once: bool) -> None:
    """Test the answers that changed each time a notebook is saved. Stop with Ctrl+C.

    Each run happens in a process of its own, so an endless loop in an answer is stopped after a minute.
    """
    from workbook.lab.watching import Watcher
    from workbook.model import find_home

    home = find_home()
    watcher = Watcher(home, answers)
    out = console()
    out.print(
        f"Watching {', '.join(str(path) for path in watcher.files())}. Save to test; Ctrl+C stops.",
        markup=False,
    )
    for event in watcher.events(once=once):
        out.rule(f"{event.path.name}: {', '.join(event.exercises) or 'no answer changed'}")
        if event.problem:
            out.print(event.problem, markup=False)
        print_results(event.results, explain=True)

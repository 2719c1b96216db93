"""`workbook build`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbook.cli.output import console, echo_json, json_option

__all__ = ["command"]


@click.command(
    name="build",
    epilog="""\b
Examples:
  workbook build                          the self-study notebooks, exercises/*.ipynb
  workbook build --check                  are the committed notebooks current? (for CI)
  workbook build --edition course         an nbgrader course in build/course/<chapter>/
  workbook build --edition solutions      solved notebooks, executed, in build/solutions/
  workbook build --edition script         Python scripts with cells, in build/scripts/
""",
)
@click.option(
    "--edition",
    type=click.Choice(["self-study", "course", "solutions", "script"]),
    default="self-study",
    show_default=True,
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write here instead of the usual folder.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail and name the files that are missing or stale.")
@click.option("--execute/--no-execute", default=True, help="Run the solved notebooks (edition solutions only).")
@json_option
def command(edition: str, output: Path | None, check: bool, execute: bool, as_json: bool) -> None:
    """Write the notebooks from their sources: the text, the solutions, the names of the tests.

    Files whose content does not change are left alone; the same sources always give the same bytes.
    """
    from workbook.build.editions import edition_files, stale, write_files
    from workbook.build.sources import short
    from workbook.model import find_home

    if check and edition == "solutions":
        raise click.UsageError(
            "--check and --edition solutions do not go together: once executed, notebooks differ from their sources."
        )
    home = find_home()
    files = edition_files(home, edition, output)
    if check:
        _report_stale([(short(path, home.root), reason) for path, reason in stale(files)], as_json)
        return
    changed = write_files(files)
    executed = _execute(list(files)) if edition == "solutions" and execute else {}
    if as_json:
        echo_json(
            {
                "edition": edition,
                "files": [str(p) for p in files],
                "changed": [str(p) for p in changed],
                "seconds": executed,
            }
        )
        return
    out = console()
    for path in files:
        out.print(f"{'wrote' if path in changed else 'same '}  {path}", markup=False)
    out.print(f"[bold]{len(files)} files, {len(changed)} changed.[/bold]")


def _report_stale(found: list[tuple[str, str]], as_json: bool) -> None:
    if as_json:
        echo_json({"stale": [{"file": path, "reason": reason} for path, reason in found]})
    else:
        for path, reason in found:
            click.echo(f"{path} is {reason}.")
        click.echo("Run `workbook build` and commit the result." if found else "All generated files are current.")
    if found:
        raise click.exceptions.Exit(1)


def _execute(paths: list[Path]) -> dict[str, float]:
    """Run notebooks in real kernels, with a progress bar; the seconds each took."""
    from rich.progress import Progress

    from workbook.build.execute import execute_file

    seconds = {}
    with Progress(console=console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Running", total=len(paths))
        for path in paths:
            progress.update(task, description=f"Running {path.name}")
            seconds[str(path)] = round(execute_file(path), 2)
            progress.advance(task)
    return seconds

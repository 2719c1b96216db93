"""`workbook check`."""

from __future__ import annotations

import sys

import click

from workbook.cli.output import console, echo_json, json_option

__all__ = ["command"]


@click.command(
    name="check",
    epilog="""\b
Examples:
  workbook check             judge all chapters; ends with 1 when there is a finding
  workbook check --json      the findings for programs
""",
)
@json_option
def command(as_json: bool) -> None:
    """Judge the chapters as CI does.

    \b
    Every exercise of chapter.toml has one statement, a documented solution, a hint, a test and three mistakes; the
    solution and the alternatives pass, the stub and every mistake fail; nothing is unlisted; points add up; links and
    figures exist; generated files are current; nothing of a solution, a mistake or a hidden test is in the course edition.
    """
    from rich.progress import Progress

    from workbook.build.audit import steps
    from workbook.model import find_home

    home = find_home()
    todo = steps(home)
    findings = []
    with Progress(console=console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Checking", total=len(todo))
        for name, run in todo:
            progress.update(task, description=name)
            findings += list(run())
            progress.advance(task)
    exercises = sum(len(part.exercises) for _, part in home.parts())
    if as_json:
        echo_json({"findings": [finding.as_dict(home.root) for finding in findings], "exercises": exercises})
    else:
        for finding in findings:
            click.echo(finding.text(home.root))
        count = len(findings)
        click.echo(f"{exercises} exercises checked: " + (f"{count} finding{'s' * (count > 1)}." if count else "all is well."))
    if findings:
        raise click.exceptions.Exit(1)

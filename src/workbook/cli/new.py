"""`workbook new`."""

from __future__ import annotations

from pathlib import Path

import click

from workbook.cli.output import echo_json, json_option
from workbook.model import KINDS

__all__ = ["command"]


@click.group(
    name="new",
    epilog="""\b
Examples:
  workbook new chapter chapter1_transformers --title "Transformers"
  workbook new part part8_attention --chapter chapter1_transformers
  workbook new exercise causal_mask --part part8_attention --kind function
""",
)
def command() -> None:
    """Write the files of a new chapter, part or exercise, all places at once.

    Afterwards `workbook check` names each place that is still to be filled in.
    """


@command.command(
    epilog="""\b
Examples:
  workbook new chapter chapter1_transformers --title "Transformers"
"""
)
@click.argument("name")
@click.option("--title", help="Title that people read.  [default: from the name]")
@json_option
def chapter(name: str, title: str | None, as_json: bool) -> None:
    """Make the folder of an empty chapter."""
    from workbook.build.scaffold import new_chapter
    from workbook.model import find_home

    _report(new_chapter(find_home(), name, title or _title(name)), f"workbook new part NAME --chapter {name}", as_json)


@command.command(
    epilog="""\b
Examples:
  workbook new part part8_attention --chapter chapter1_transformers
"""
)
@click.argument("name")
@click.option("--chapter", "chapter_name", help="The chapter.  [default: the only one]")
@click.option("--title", help="Title that people read.  [default: from the name]")
@json_option
def part(name: str, chapter_name: str | None, title: str | None, as_json: bool) -> None:
    """Make the files of an empty part."""
    from workbook.build.scaffold import new_part
    from workbook.model import find_home

    home = find_home()
    if chapter_name is None and len(home.chapters) != 1:
        known = ", ".join(each.name for each in home.chapters)
        raise click.UsageError(f"There are several chapters: name one with --chapter ({known}).")
    chosen = chapter_name or home.chapters[0].name
    _report(new_part(home, chosen, name, title or _title(name)), f"workbook new exercise NAME --part {name}", as_json)


@command.command(
    epilog="""\b
Examples:
  workbook new exercise causal_mask --part part8_attention
  workbook new exercise quiz_scale --part part8_attention --kind quiz
"""
)
@click.argument("name")
@click.option("--part", "part_name", required=True, help="The part that it is added to, at its end.")
@click.option("--kind", type=click.Choice(KINDS), default="function", show_default=True)
@json_option
def exercise(name: str, part_name: str, kind: str, as_json: bool) -> None:
    """Add an exercise: statement, solution, test, three mistakes and its line in chapter.toml."""
    from workbook.build.scaffold import new_exercise
    from workbook.model import find_home

    _report(new_exercise(find_home(), part_name, name, kind), "workbook check", as_json)


def _report(paths: list[Path], following: str, as_json: bool) -> None:
    if as_json:
        echo_json({"files": [str(path) for path in paths], "next": following})
        return
    for path in paths:
        click.echo(f"wrote {path}")
    click.echo(f"Next: {following}")


def _title(name: str) -> str:
    return name.partition("_")[2].replace("_", " ").capitalize() or name

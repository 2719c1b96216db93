"""`workbook scripts`."""

from __future__ import annotations

import click

from workbook.cli.output import echo_json, json_option

__all__ = ["command"]


@click.command(
    name="scripts",
    epilog="""\b
Examples:
  workbook scripts        then open the folder work/ in VS Code, or PART_cells.py in any editor
  workbook watch          beside it: tests what changed each time you save
""",
)
@json_option
def command(as_json: bool) -> None:
    """Write each part as a Python script with cells into work/, for VS Code and plain editors, with settings for VS Code.

    Scripts are written once and never overwritten, so an update of the course does not touch your answers.
    """
    from workbook.lab.scripts import outdated_scripts, prepare_scripts
    from workbook.model import find_home

    home = find_home()
    made = prepare_scripts(home)
    outdated = outdated_scripts(home)
    if as_json:
        echo_json({"folder": str(home.work_dir), "new": [str(path) for path in made], "outdated": [str(path) for path in outdated]})
        return
    for path in made:
        click.echo(f"New: {path}")
    for path in outdated:
        click.echo(
            f"The course has a newer version of {path.name}. Yours is kept; move it away and run this again to get the new one."
        )
    click.echo(f"Open the folder {home.work_dir} in VS Code (code {home.work_dir}), or run `workbook watch` beside another editor.")

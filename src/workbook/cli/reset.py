"""`workbook reset`."""

from __future__ import annotations

import click

from workbook.cli.output import echo_json, json_option

__all__ = ["command"]


@click.command(
    name="reset",
    epilog="""\b
Examples:
  workbook reset einsum_mm        start over; what you had is kept in work/kept/
""",
)
@click.argument("name")
@json_option
def command(name: str, as_json: bool) -> None:
    """Put the exercise NAME of your notebook or script in work/ back to its stub.

    Your old answer is kept in work/kept/. Close the notebook in JupyterLab first, or reload it afterwards.
    """
    from workbook.lab.copies import reset
    from workbook.model import find_home

    home = find_home()
    kept = reset(home, name)
    if as_json:
        echo_json({"exercise": name, "kept": str(kept) if kept else None})
        return
    click.echo(f"{name} is back to its stub. " + (f"Your old answer is in {kept}." if kept else "There was no answer to keep."))
    click.echo("If the notebook is open in JupyterLab, reload it from disk (File > Reload Notebook from Disk).")

"""`workbook reset`."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command(
    name="reset",
    epilog="""\b
Examples:
  workbook reset einsum_mm        start over; what you had is kept in work/kept/
""",
)
@click.argument("name")
def command(name: str) -> None:
    """Put the exercise NAME of your notebook in work/ back to its stub.

    Your old answer is kept in work/kept/. Close the notebook in JupyterLab first, or reload it afterwards.
    """
    from workbook.lab.copies import reset
    from workbook.model import find_home

    home = find_home()
    kept = reset(home, name)
    click.echo(f"{name} is back to its stub. " + (f"Your old answer is in {kept}." if kept else "There was no answer to keep."))
    click.echo("If the notebook is open in JupyterLab, reload it from disk (File > Reload Notebook from Disk).")

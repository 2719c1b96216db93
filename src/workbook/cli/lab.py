"""`workbook lab`."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command(
    name="lab",
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  workbook lab                        open the home page: your progress and all parts
  workbook lab part3_einsum           open that part
  workbook lab --no-browser           start only, and print the address
  workbook lab -- --port 9000         what stands behind -- goes to JupyterLab
""",
)
@click.argument("part", required=False)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.argument("jupyter", nargs=-1, type=click.UNPROCESSED, metavar="[-- JUPYTER OPTIONS]")
def command(part: str | None, no_browser: bool, jupyter: tuple[str, ...]) -> None:
    """Open JupyterLab on your own copies of the notebooks, in work/.

    Copies are made once and never overwritten, so an update of the course does not touch your answers.
    """
    from workbook.lab.copies import outdated, prepare
    from workbook.lab.homepage import HOME_PAGE, write_home_page
    from workbook.lab.launch import launch
    from workbook.model import find_home

    home = find_home()
    if part and part.startswith("-"):
        jupyter, part = (part, *jupyter), None
    chosen = home.part(part)[1] if part else None
    for path in prepare(home):
        click.echo(f"New: {path}")
    for path in outdated(home):
        click.echo(
            f"The course has a newer version of {path.name}. Yours is kept; move it away and run this again to get the new one."
        )
    write_home_page(home)
    where = f"{chosen.name}: {chosen.title}" if chosen else "your home page"
    click.echo(f"Opening {where}. Press Ctrl+C here to stop JupyterLab.")
    raise click.exceptions.Exit(launch(home, chosen.name if chosen else HOME_PAGE, browser=not no_browser, options=jupyter))

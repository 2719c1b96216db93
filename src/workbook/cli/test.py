"""`workbook test`."""

from __future__ import annotations

from pathlib import Path

import click

from workbook.cli.output import console, echo_json, json_option, print_results
from workbook.model import Status

__all__ = ["command"]


@click.command(
    name="test",
    epilog="""\b
Examples:
  workbook test                                     everything in your notebooks in work/
  workbook test einsum_mm einsum_mv                 two exercises
  workbook test part3_einsum                        one part
  workbook test --answers ~/my.ipynb                another notebook, or a Python file
""",
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A notebook or Python file with answers.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Draws other random inputs.")
@json_option
def command(names: tuple[str, ...], answers: Path | None, seed: int, as_json: bool) -> None:
    """Run the tests on the answers in a notebook and explain what is wrong.

    NAME is an exercise or a part. Without --answers the notebooks in work/ are tested. The code in these files is run on this
    machine: test your own notebooks only.

    Ends with 0 when everything that was asked for passed, with 3 when a test itself is broken, else with 1.
    """
    from workbook.lab.testing import answer_files, expand, results_of
    from workbook.model import find_home

    home = find_home()
    wanted = expand(home, names)
    if names and not wanted:
        raise click.UsageError(f"There is nothing to test in {', '.join(names)}.")
    files = {answers: wanted} if answers else answer_files(home, wanted)
    results, notes = [], []
    with console(stderr=as_json).status("Testing ..."):
        for path, mine in files.items():
            for result, remarks in results_of(home, path, mine, seed):
                results.append(result)
                notes += [f"{path.name}: {remark}" for remark in remarks]
    if as_json:
        echo_json({"results": [result.as_dict() for result in results], "notes": notes})
    else:
        print_results(results, explain=True)
        for note in notes:
            click.echo(f"note: {note}")
    if any(result.status is Status.ERROR for result in results):
        raise click.exceptions.Exit(3)
    if any(result.status is not Status.PASSED for result in results):
        raise click.exceptions.Exit(1)

"""The group of commands, its exit codes, and its last line of defence.

Exit codes: 0 all well, 1 the check or grade says no, 2 wrong usage, 3 our bug.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import Any, NoReturn

import click

from workbook import __version__
from workbook.errors import UnknownName, WorkbookError, near

__all__ = ["app", "run"]

_COMMANDS = {
    "lab": "Open JupyterLab at the first part that is not solved.",
    "scripts": "Write the parts as scripts for VS Code and other editors.",
    "test": "Test answers in a notebook and explain what is wrong.",
    "watch": "Test again whenever a notebook or script is saved.",
    "status": "Show what is solved, tried and untouched.",
    "reset": "Put one exercise back to its stub; the old answer is kept aside.",
    "build": "Write the notebooks from their sources.",
    "grade": "Grade a class in a sandbox, into nbgrader's gradebook.",
    "regrade": "Grade again after tests or points changed; compare first.",
    "grades": "Show how a class did: what to teach again.",
    "check": "Judge the chapters: sources, tests, mistakes, generated files.",
    "new": "Write the files of a new chapter, part or exercise.",
}


class _Commands(click.Group):
    """Knows its commands by name and imports one only when it is called, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"workbook.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            hint = near(args[0], _COMMANDS) or f"Commands are {', '.join(_COMMANDS)}."
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Each command has its own --help with examples.",
)
@click.version_option(__version__, "--version", message="workbook %(version)s")
def app() -> None:
    """Exercise notebooks that grade what you wrote and say what is wrong and why.

    \b
    Examples:
      workbook lab                        work on the exercises in JupyterLab
      workbook test einsum_mm             test one answer of your notebook
      workbook check                      (authors) is everything right with the course?
    """


def run() -> NoReturn:
    """Run the command line and exit."""
    try:
        code = app.main(standalone_mode=False)
    except click.ClickException as error:  # wrong usage
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _stop()
    except WorkbookError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2 if isinstance(error, UnknownName) else 1)
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # Python has wrapped it, as it does where a class is made
            _stop()
        traceback.print_exc()
        click.echo(
            f"\nThis is a bug in workbook {__version__}, not a mistake of yours. Please report it with the lines above.",
            err=True,
        )
        sys.exit(3)
    sys.exit(code or 0)


def _stop() -> NoReturn:
    click.echo("Stopped.", err=True)
    sys.exit(130)

"""The `workbook` command: click and rich; the only layer that prints. Each command's work is imported when it runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point: runs the command, and turns what went wrong into a sentence and an exit code."""
    from workbook.cli.app import run

    run()

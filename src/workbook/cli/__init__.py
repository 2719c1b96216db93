"""The `workbook` command: click and rich; the only layer that prints. Each command's work is imported when it runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point: runs the command, and turns what went wrong into a sentence and an exit code."""
    import atexit
    import gc
    import signal

    from workbook.grade import bytecode

    bytecode.use()
    from workbook.cli.app import run

    # What the libraries hold ends with the process: to look through all of it takes a quarter of a second.
    atexit.register(gc.freeze)
    try:
        run()
    finally:
        # Where Ctrl+C came in code that is run from text, as in dataclasses, Python would end by the signal instead.
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

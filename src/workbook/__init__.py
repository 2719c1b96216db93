"""Workbook: exercise notebooks that grade what was written and say what is wrong and why.

`workbook.start("part3_einsum")` is all that a notebook needs. Nothing heavy is imported here: neither torch nor Jupyter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbook.lab.notebook import Tests

__all__ = ["__version__", "progress", "start"]

__version__ = "0.1.0"


def start(part: str) -> Tests:
    """Get a notebook ready for one part, and return its tests.

    Args:
        part: the part's name, for example "part3_einsum".

    Returns:
        An object with one function for each exercise: `tests.test_einsum_mm(einsum_mm)`. Calling `start` again is harmless.

    Raises:
        UnknownName: there is no such part; the message offers the nearest names.
    """
    from workbook.lab.notebook import start as _start

    return _start(part)


def progress() -> None:
    """Show what you have solved, what comes next and how long it took; in a notebook as a panel that follows your work.

    Raises:
        BadInput: the record of your progress cannot be read.
    """
    from workbook.lab.panel import show_progress

    show_progress()

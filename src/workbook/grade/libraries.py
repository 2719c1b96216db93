"""Everything that grading imports, in whatever process. Run as a program, it leaves the bytecode of all that behind."""

from __future__ import annotations

import click  # noqa: F401
import rich.console
import rich.progress
import rich.table  # noqa: F401

import workbook.grade.book.course
import workbook.grade.book.gradebook
import workbook.grade.classwork
import workbook.grade.pool
import workbook.grade.preload
import workbook.grade.sandbox.zygote  # noqa: F401
from workbook.grade.sandbox.student import prepare_libraries

if __name__ == "__main__":
    prepare_libraries({})

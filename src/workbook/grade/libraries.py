"""Imports everything that grading imports, in whatever process: run as a program, it leaves the bytecode of all that behind."""

from __future__ import annotations

import importlib
import pkgutil

import workbook.grade
from workbook.grade.sandbox.student import prepare_libraries

# What is imported where it is used, beside the modules of this package.
_LATER = (
    "click",
    "multiprocessing.popen_forkserver",
    "multiprocessing.synchronize",
    "nbgrader.converters",
    "platformdirs.unix",
    "pyseccomp",
    "rich._emoji_codes",
    "rich.console",
    "rich.progress",
    "rich.table",
    "sqlalchemy.dialects.sqlite",
    "statistics",
)

if __name__ == "__main__":
    ours = [module.name for module in pkgutil.walk_packages(workbook.grade.__path__, "workbook.grade.")]
    for name in (*ours, *_LATER):
        importlib.import_module(name)
    prepare_libraries({})

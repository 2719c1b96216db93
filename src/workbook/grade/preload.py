"""What every worker needs, imported once in the process that forks them. Nothing here computes: a fork of threads would hang."""

from __future__ import annotations

from workbook.grade.imports import importing

with importing():
    import einops  # noqa: F401
    import numpy.random  # noqa: F401
    import torch  # noqa: F401

    import workbook.check.table
    import workbook.grade.report.autograded
    import workbook.grade.runner  # noqa: F401
    from workbook.build.formats import jupytext_module

    jupytext_module()

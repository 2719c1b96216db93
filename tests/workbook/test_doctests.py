"""The worked examples in our docstrings are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import workbook

SOURCE = Path(workbook.__file__).parent
MODULES = [
    ".".join(["workbook", *path.relative_to(SOURCE).with_suffix("").parts])
    for path in sorted(SOURCE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


def test_there_are_worked_examples():
    assert {"workbook.errors", "workbook.check.render", "workbook.check.shapes"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_worked_examples_are_true(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0, f"{result.failed} of {result.attempted} examples of {name} fail"

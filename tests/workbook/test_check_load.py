"""Loading a chapter's modules by path."""

from __future__ import annotations

import os
import sys

import pytest

from workbook.check.load import load_module
from workbook.errors import ChapterError


def test_a_module_is_run_once_until_its_file_changes(tmp_path):
    path = tmp_path / "part.py"
    path.write_text("value = []\n", encoding="utf-8")
    first = load_module(path)
    assert load_module(path) is first
    path.write_text("value = [1]\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert load_module(path).value == [1]


def test_dataclasses_find_their_module(tmp_path):
    path = tmp_path / "part.py"
    path.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n",
        encoding="utf-8",
    )
    assert load_module(path).A(3).x == 3


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ChapterError, match=r"part\.py: this file is missing\.\n`workbook new part` writes all files of a part\."):
        load_module(tmp_path / "part.py")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def", "SyntaxError: "),
        ("import nothing_of_that_name", "ModuleNotFoundError: No module"),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_and_forgotten(tmp_path, text, reason):
    path = tmp_path / "broken.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ChapterError, match=rf"broken\.py: importing it raises {reason}") as caught:
        load_module(path)
    assert caught.value.__cause__ is not None
    assert not [name for name in sys.modules if name.endswith("_broken")]

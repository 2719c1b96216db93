"""The notebook libraries without what they only need elsewhere; who wants that can still have it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = ("rfc3987_syntax", "jupyter_server", "tornado")


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("loader", ["nbformat_module", "jupytext_module"])
def test_what_takes_long_is_not_imported(loader: str) -> None:
    wanted = f"import sys; from workbook.build.formats import {loader}; {loader}(); {loader}()"
    found = run(f"{wanted}; print([name for name in {SLOW} if name in sys.modules])")
    assert found.strip() == "[]"


def test_it_can_be_imported_afterwards() -> None:
    program = "from workbook.build.formats import jupytext_module; jupytext_module()\n"
    assert "class" in run(f"{program}import jupytext.sync_contentsmanager as module; print(module.TextFileContentsManager)")

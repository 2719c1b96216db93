"""Running notebooks in a real kernel: what is returned, saved and said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from workbook.build.execute import execute_file, execute_notebook, failures
from workbook.build.formats import jupytext_module, nbformat_module
from workbook.errors import BadInput


def notebook_of(*sources: str) -> Any:
    v4 = nbformat_module().v4
    cells = [v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Text", id="text"), *cells])


def test_a_file_is_run_in_its_own_folder_by_this_python_and_saved(tmp_path: Path) -> None:
    path = tmp_path / "note.ipynb"
    nbformat_module().write(notebook_of("import os, sys\nos.getcwd(), sys.executable", "6 * 7"), path)
    seconds = execute_file(path)
    _, first, second = nbformat_module().read(path, as_version=4).cells
    assert eval(first.outputs[0].data["text/plain"]) == (str(tmp_path), sys.executable)
    assert second.outputs[0].data["text/plain"] == "42"
    assert seconds > 0


def test_a_failing_cell_is_shown_and_the_file_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "note.ipynb"
    nbformat_module().write(notebook_of("total = 1", "total / 0"), path)
    before = path.read_bytes()
    with pytest.raises(BadInput, match=r"(?s)A cell fails:.*total / 0.*ZeroDivisionError.*\nMend its source, then build again\."):
        execute_file(path)
    assert path.read_bytes() == before


def test_failures_are_collected_when_they_are_allowed(tmp_path: Path) -> None:
    notebook = notebook_of("1 / 0", "print('still here')", "raise KeyError('name')")
    execute_notebook(notebook, tmp_path, allow_errors=True)
    assert failures(notebook) == {
        "cell-0": ("ZeroDivisionError", "division by zero"),
        "cell-2": ("KeyError", "'name'"),
    }
    assert notebook.cells[2].outputs[0].text == "still here\n"


def test_a_notebook_that_was_not_run_has_no_failures() -> None:
    assert failures(notebook_of("1 / 0")) == {}


def test_nbclient_is_asked_for_by_name_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbclient", None)
    with pytest.raises(BadInput, match=r'Running notebooks needs nbclient\.\nInstall the extra: pip install "workbook\[lab\]"'):
        execute_notebook(notebook_of("1"), tmp_path)


def test_the_notebook_libraries_leave_no_trace_of_the_blocked_grammar() -> None:
    assert nbformat_module().__name__ == "nbformat"
    assert jupytext_module().__name__ == "jupytext"
    assert sys.modules.get("rfc3987_syntax", "absent") is not None

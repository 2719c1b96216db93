"""Running built notebooks from top to bottom in a real kernel."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

from workbook.build.formats import nbformat_module
from workbook.errors import BadInput
from workbook.show.frontend import keep_stills

__all__ = ["execute_file", "execute_notebook", "failures"]


def execute_notebook(notebook: Any, folder: Path, *, allow_errors: bool = False, timeout: int = 120) -> float:
    """Run `notebook` in place with `folder` as the working folder; returns seconds.

    Raises:
        BadInput: no kernel is installed, or (unless `allow_errors`) a cell fails; the message names the cell.
    """
    try:
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError:
        raise BadInput("Running notebooks needs nbclient.", 'Install the extra: pip install "workbook[lab]"') from None
    start = time.perf_counter()
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # jupyter_core's, about paths
            client.execute()
    except CellExecutionError as error:
        raise BadInput(f"A cell fails:\n{error}", "Mend its source, then build again.") from None
    keep_stills(notebook)
    return time.perf_counter() - start


def execute_file(path: Path) -> float:
    """Run the notebook at `path` and save it with its outputs; returns seconds.

    Raises:
        BadInput: as `execute_notebook`.
    """
    nbformat = nbformat_module()
    notebook = nbformat.read(path, as_version=4)
    seconds = execute_notebook(notebook, path.parent)
    nbformat.write(notebook, path)
    return seconds


def failures(notebook: Any) -> dict[str, tuple[str, str]]:
    """Cell id to exception name and message, for every cell of an executed notebook that failed."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                found[cell.id] = (output.ename, output.evalue)
    return found

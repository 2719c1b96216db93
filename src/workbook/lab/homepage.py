"""The page that JupyterLab opens at: a notebook with the progress panel, made anew at each start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbook.errors import BadInput
from workbook.lab.panel import progress_html, progress_text
from workbook.lab.summary import Summary, duration, summarise
from workbook.model import Home

__all__ = ["HOME_PAGE", "write_home_page"]

HOME_PAGE = "home"
_CODE = "import workbook\n\nworkbook.progress()"
_HINT = "Run the cell below once (click into it, then Shift+Enter): from then on it follows your work."


def write_home_page(home: Home) -> Path:
    """Write work/home.ipynb with the student's progress as it is now; returns its path.

    Raises:
        BadInput: the record cannot be read, or the file not written.
    """
    path = home.work_dir / f"{HOME_PAGE}.ipynb"
    if not home.parts():
        raise BadInput(f"There is no part in any chapter of {home.root}.", "Add one: workbook new part NAME")
    notebook = _notebook(home, summarise(home))
    try:
        home.work_dir.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error}.", "Choose another folder: WORKBOOK_WORK=... workbook lab") from None
    _trust(notebook)
    return path


def _notebook(home: Home, summary: Summary) -> dict[str, Any]:
    titles = [chapter.title for chapter in home.chapters]
    lines = [f"# {titles[0] if len(titles) == 1 else 'Your workbook'}", *(c.summary for c in home.chapters if c.summary), _HINT]
    data = {"text/html": progress_html(summary), "text/plain": progress_text(summary)}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    cells = [
        {"cell_type": "markdown", "id": "welcome", "metadata": {}, "source": "\n\n".join(lines)},
        {"cell_type": "code", "id": "progress", "metadata": {}, "execution_count": None, "source": _CODE, "outputs": [output]},
        {"cell_type": "markdown", "id": "parts", "metadata": {}, "source": _parts(home, summary)},
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _parts(home: Home, summary: Summary) -> str:
    """The parts as a list with links, what they are about, and how long they take."""
    lines = ["## The parts", ""]
    for state in summary.parts:
        part = state.part
        lines.append(f"- [{part.title}]({part.name}.ipynb): {part.summary} About {duration(part.minutes)}.")
    lines += ["", "This page is made anew at each start of `workbook lab`: write your notes elsewhere."]
    return "\n".join(lines)


def _trust(notebook: dict[str, Any]) -> None:
    """Tell Jupyter that this notebook's output is ours, so that it is shown as it is; without it, it is shown plainer."""
    try:
        import nbformat
        from nbformat.sign import NotebookNotary

        NotebookNotary().sign(nbformat.from_dict(notebook))
    except Exception:  # no Jupyter, or a folder of Jupyter's that cannot be written
        return

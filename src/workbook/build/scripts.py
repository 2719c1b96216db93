"""Parts as Python scripts with cells, for VS Code and plain editors: the notebook for self-study in jupytext's percent format.

A script is plain text in which nothing can be folded away, so hints and solutions stand at its end, as in a printed book.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any

from workbook.build.formats import jupytext_module, nbformat_module
from workbook.build.notebooks import build_notebook
from workbook.model import Chapter, Part

__all__ = ["script_text", "untouched", "version_of"]

_PICTURE = re.compile(r"!\[([^\]]*)\]\(attachment:[^)]*\)")
_FOLD = re.compile(r"<details>\n<summary>([^<]*)</summary>\n\n(.*?)\n\n</details>", re.DOTALL)
_VERSION = re.compile(r"^(# Version )([0-9a-f]{12})\b", re.MULTILINE)
_NO_VERSION = "0" * 12

_TOP = f"""\
Version {_NO_VERSION} of {{part}}, as a script with cells.

Where your editor knows cells, run them one by one (in VS Code: Shift+Enter). In a terminal beside it, `workbook watch`
tests what you changed each time you save, and `pytest` in this folder tests everything."""
_HELP = "Help is at the end, by the names of the exercises: first hints, then a solution."


def script_text(chapter: Chapter, part: Part) -> str:
    """A part as the text of a script. It names its version, so that a newer one is noticed.

    Raises:
        ChapterError: the chapter's files do not fit together.
    """
    v4 = nbformat_module().v4
    notebook = build_notebook(replace(chapter, repository=""), part, "self-study")
    main: list[Any] = []
    help_: list[Any] = []
    for cell in notebook.cells:
        name = cell.id.removeprefix("help-")
        if name != cell.id:
            help_.append(v4.new_markdown_cell(f"### Help: {name}\n\n{_FOLD.sub(_unfolded, cell.source)}"))
        elif cell.cell_type == "code":
            main.append(v4.new_code_cell(cell.source))
        else:
            main.append(v4.new_markdown_cell(_PICTURE.sub(r"*(In the notebook, a picture: \1)*", cell.source)))
    filters = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}  # no header with version numbers of other programs
    top = _TOP.format(part=part.name)
    if help_:  # the chapter may want hints to be offered by failing tests only
        top = f"{top}\n\n{_HELP}"
        help_ = [v4.new_markdown_cell("## Help"), *help_]
    script = v4.new_notebook(cells=[v4.new_markdown_cell(top), *main, *help_], metadata={"jupytext": filters})
    text = str(jupytext_module().writes(script, fmt="py:percent"))
    return text.replace(_NO_VERSION, _digest(text), 1)


def version_of(text: str) -> str:
    """The version that a script says it was made from; "" where it does not say."""
    found = _VERSION.search(text)
    return found[2] if found else ""


def untouched(text: str) -> bool:
    """Is a script just as it was made?"""
    return _digest(_VERSION.sub(rf"\g<1>{_NO_VERSION}", text, count=1)) == version_of(text)


def _unfolded(fold: re.Match[str]) -> str:
    return f"**{fold[1]}**\n\n{fold[2]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]

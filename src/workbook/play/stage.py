"""Where a playground appears: a live panel, a still picture, or text."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from workbook.play.view import Playground
from workbook.show.frontend import in_notebook

__all__ = ["bundle", "put_on"]


def put_on(playground: Playground, values: Mapping[str, str]) -> None:
    """Show a playground where the reader is: in a notebook as one output, elsewhere as printed text."""
    if not in_notebook():
        print(playground(values).text())
        return
    from IPython.display import display

    data, metadata = bundle(playground, values)
    display(data, metadata=metadata, raw=True)


def bundle(playground: Playground, values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The output's data by kind, and its metadata: text and a still picture always, and a live panel where there can be one."""
    shown = playground(values)
    data: dict[str, Any] = {"text/plain": shown.text(), "text/html": shown.still()}
    metadata: dict[str, Any] = {}
    if not os.environ.get("NBGRADER_EXECUTION"):  # nobody types while a class is graded, and its pages show the still picture
        try:
            from workbook.play.widget import Panel
        except ImportError:
            return data, metadata
        live, metadata = Panel(playground, shown)._repr_mimebundle_() or ({}, {})
        data = {**live, **data}
    return data, metadata

"""Where figures go: a notebook, Colab, or a terminal that can only be told what the figure shows."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from workbook.show._ink import in_the_pages_ink

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["alt_text", "bundle", "display", "in_notebook", "keep_stills"]

_MIME = "application/vnd.plotly.v1+json"
_LIVE = "application/vnd.jupyter.widget-view+json"
_CONFIG = {"displayModeBar": False}  # the tool bar would cover a small picture; a double click undoes a zoom


def display(figure: Figure, alt: str = "") -> None:
    """Show a figure where the reader is.

    In a notebook one output is published: the figure together with its text alternative. Google Colab does
    not know that kind of output, so there plotly's own Colab renderer is used. Without a notebook the text
    alternative is printed.

    Args:
        figure: any plotly figure.
        alt: the text alternative; by default the figure's own, `figure.layout.meta["alt"]`, or its title.
    """
    text = alt or alt_text(figure)
    if not in_notebook():
        print(text)
    elif "google.colab" in sys.modules:
        figure.show(renderer="colab", config=_CONFIG)
    else:
        _publish(bundle(figure, text))


def bundle(figure: Figure, text: str) -> dict[str, Any]:
    """A figure as one output of a notebook: by kind of output, the figure itself (in Colab a page with it) and the text."""
    if "google.colab" in sys.modules:
        return {"text/html": figure.to_html(full_html=False, include_plotlyjs="cdn", config=_CONFIG), "text/plain": text}
    return {_MIME: {**in_the_pages_ink(json.loads(figure.to_json())), "config": _CONFIG}, "text/plain": text}


def alt_text(figure: Figure) -> str:
    """The text alternative which a figure carries, else its title, else the words "A figure"."""
    meta = figure.layout.meta
    alt = meta.get("alt") if isinstance(meta, dict) else None
    return str(alt or figure.layout.title.text or "A figure")


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs us. Where IPython is not loaded yet none does, so it is not imported."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def keep_stills(notebook: dict[str, Any]) -> None:
    """Take the references to live panels out of a notebook, where an output holds a still picture too.

    A live panel ends with its kernel; in its place a reader would find "Error displaying widget: model not found".
    """
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data.pop(_LIVE, None)


def _publish(bundle: dict[str, Any]) -> None:
    from IPython.display import display as show

    show(bundle, raw=True)

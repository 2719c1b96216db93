"""The class overview's colours, light and dark, and the plotly templates that are made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbook.grade.report.summary import NOT_GRADED, STATES
from workbook.model import Status

if TYPE_CHECKING:
    from plotly.graph_objects.layout import Template

__all__ = ["COLOURS", "template"]

# By theme; a state's colour stands under its name. Passing is quiet and failing loud, and lightness alone tells them apart too.
COLOURS: dict[str, dict[str, str]] = {
    "light": {
        "ink": "#1b1f24",
        "line": "#d8dce1",
        "card": "#ffffff",
        str(Status.PASSED): "#b5dcd3",
        str(Status.FAILED): "#c4432b",
        str(Status.UNSOLVED): "#f1efe6",
        str(Status.MISSING): "#a9a690",
        str(Status.ERROR): "#6b2fa0",
        NOT_GRADED: "#ffffff",
        "on-failed": "#ffffff",
    },
    "dark": {
        "ink": "#e8eaed",
        "line": "#3b4149",
        "card": "#1d2127",
        str(Status.PASSED): "#1f5a50",
        str(Status.FAILED): "#f2785c",
        str(Status.UNSOLVED): "#343a42",
        str(Status.MISSING): "#828b96",
        str(Status.ERROR): "#c79bf2",
        NOT_GRADED: "#14171b",
        "on-failed": "#14171b",
    },
}


def template(theme: str) -> Template:
    """Plotly template of a theme ("light" or "dark")."""
    import plotly.graph_objects as go

    colours = COLOURS[theme]
    lines = dict.fromkeys(("gridcolor", "linecolor", "zerolinecolor"), colours["line"])
    axis = {**lines, "automargin": True, "title": {"font": {"size": 13}, "standoff": 8}}
    steps = [[place / len(STATES), colours[state]] for n, state in enumerate(STATES) for place in (n, n + 1)]
    loud = (Status.FAILED, Status.ERROR)
    texts = [colours["on-failed" if state in loud else "ink"] for state in STATES]
    return go.layout.Template(
        # Plotly gives the n-th bar of a figure the n-th of these.
        data={"bar": [go.Bar(insidetextfont={"color": text}) for text in texts]},
        layout={
            "font": {"family": "system-ui, sans-serif", "size": 13, "color": colours["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [colours[state] for state in STATES],
            "coloraxis": {"colorscale": steps},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": colours["card"],
                "bordercolor": colours["line"],
                "font": {"color": colours["ink"]},
                "align": "left",
            },
        },
    )

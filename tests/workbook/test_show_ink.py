"""Texts in figures: written in the colour of the page, or dark on cells and nodes of their own light colours."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.workbook.contrast import LAB_PAGES, contrast, mixed, rgb
from workbook import show
from workbook.show import Node, _graph, differences, matrices, shapes
from workbook.show._ink import WRONG_INK, in_the_pages_ink
from workbook.show.frontend import bundle

LEAST = 4.5
MOST_LETTERS = 60_000
MIME = "application/vnd.plotly.v1+json"
CURRENT = "<span style='color:currentColor'>"
RED = "<span style='color:color-mix(in srgb,currentColor 35%,#d0451b)'>"


def shown(figure: Any) -> dict[str, Any]:
    return bundle(figure, "")[MIME]


def test_titles_axes_and_scale_follow_the_page() -> None:
    drawn = shown(show.heatmap(np.ones((2, 3)), title="a", rows="i", text=False))
    layout = drawn["layout"]
    assert layout["title"]["text"] == f"{CURRENT}a</span>"
    assert layout["yaxis"]["title"]["text"] == f"{CURRENT}i</span>"
    for axis in (layout["xaxis"], layout["yaxis"], drawn["data"][0]["colorbar"]):
        assert (axis["tickprefix"], axis["ticksuffix"]) == (CURRENT, "</span>")


def test_figures_themselves_are_not_changed() -> None:
    figure = show.heatmap(np.ones((2, 3)), title="a")
    before = figure.to_json()
    shown(figure)
    assert figure.to_json() == before
    assert figure.layout.title.text == "a"


def test_texts_with_a_colour_each_and_in_every_step() -> None:
    nodes = {"x": Node("x", "1", "2"), "y": Node("y", "3", "4", "wrong")}
    drawn = shown(show.graph(nodes, [("x", "y")], steps=[("go", {"x": Node("x", "5", "", "now")})]))
    labels, values, gradients = (trace["text"] for trace in drawn["data"][-3:])
    assert labels == ["x", "y"], "nodes have a light colour of their own"
    assert values == [f"{CURRENT}5</span>", f"{CURRENT}3</span>"]
    assert gradients == [" ", f"{RED}<b>✗ 4</b></span>"]
    style, title, _ = drawn["layout"]["sliders"][0]["steps"][0]["args"]
    assert style["text"] == [labels, values, gradients]
    assert title == {"title.text": f"{CURRENT}go</span>"}
    assert drawn["layout"]["sliders"][0]["currentvalue"]["prefix"] == f"{CURRENT}step "
    assert drawn["layout"]["sliders"][0]["steps"][0]["label"] == f"{CURRENT}0</span>"


def test_annotations_curves_and_bars() -> None:
    import plotly.graph_objects as go

    figure = show.compare_shapes((2, 3), (2, 4))
    texts = [note["text"] for note in shown(figure)["layout"]["annotations"]]
    assert f"{CURRENT}yours</span>" in texts
    assert f"{RED}✗ 4, not 3</span>" in texts
    assert "axis 0<br><b>2</b>" in texts, "boxes have a light colour of their own"
    curves = shown(show.learning_curves({"loss": [1.0, 0.5]}))
    assert curves["data"][0]["name"] == f"{CURRENT}loss</span>"
    assert f"{CURRENT}0.5</span>" in curves["layout"]["yaxis"]["ticktext"]
    bars = go.Figure([go.Bar(y=[1], text=["a"], textposition="outside"), go.Bar(y=[1], text=["b"])], figure.layout)
    assert [trace["text"] for trace in shown(bars)["data"]] == [[f"{CURRENT}a</span>"], ["b"]]
    named = figure.update_layout(xaxis={"visible": True, "tickvals": [1], "ticktext": ["one"]})
    assert shown(named)["layout"]["xaxis"]["ticktext"] == [f"{CURRENT}one</span>"]


@pytest.mark.parametrize("layout", [{}, {"font": {"color": "#112233"}}, {"paper_bgcolor": "#ffffff"}])
def test_figures_with_colours_of_their_own_stay_as_they_are(layout: dict[str, Any]) -> None:
    house = {"font": {"color": "#767676"}, "paper_bgcolor": "rgba(0,0,0,0)"} if layout else {}
    figure = {"data": [], "layout": {**house, **layout, "title": {"text": "a"}}}
    assert in_the_pages_ink(json.loads(json.dumps(figure))) == figure


def test_the_largest_graph_stays_small() -> None:
    nodes = {n: Node("multiply", "[1.23, 4.56, 7.89, 1.23]", "[1.23, 4.56, 7.89, 1.23]", "wrong") for n in range(15)}
    steps = [(f"caption {n}", dict(nodes)) for n in range(12)]
    figure = show.graph(nodes, [(n, n + 1) for n in range(14)], steps=steps)
    assert len(json.dumps(shown(figure))) < MOST_LETTERS


@pytest.mark.parametrize("theme", LAB_PAGES)
def test_wrong_things_are_readable_on_the_page(theme: str) -> None:
    paper, ink = map(rgb, LAB_PAGES[theme])
    assert contrast(ink, paper) >= LEAST
    assert contrast(mixed(ink, rgb(WRONG_INK), 0.35), paper) >= LEAST


@pytest.mark.parametrize(
    ("ink", "papers"),
    [
        (_graph._INK, [*_graph._FILL.values()]),
        (shapes._INK, [shapes._RIGHT, shapes._WRONG]),
        (differences._INK, [colour for _, colour in differences._COLOURS]),
        (matrices._NUMBER, [colour for _, colour in matrices._RISING + matrices._AROUND_ZERO] + [matrices._NO_COLOUR]),
    ],
    ids=["graph", "shapes", "differences", "heat map"],
)
def test_dark_texts_are_readable_on_nodes_boxes_and_cells(ink: str, papers: list[str]) -> None:
    assert {paper: round(contrast(rgb(ink), rgb(paper)), 1) for paper in papers if contrast(rgb(ink), rgb(paper)) < LEAST} == {}

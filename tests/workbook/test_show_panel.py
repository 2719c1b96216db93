"""Pictures under the panel of a failing test, each with its words."""

from __future__ import annotations

from typing import Any

import pytest

from workbook import show
from workbook.model import Explanation, Result, Status
from workbook.show import frontend, panel


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is shown, in order: figures, and the HTML of everything else."""
    shown: list[Any] = []
    monkeypatch.setattr(frontend, "display", shown.append)
    monkeypatch.setattr(panel, "_publish", lambda text, html, rich: shown.append(html))
    return shown


def failed(*figures: Any) -> Result:
    return Result("double", Status.FAILED, explanation=Explanation("double", "shape", "it is wrong.", figures=figures))


def test_each_picture_is_followed_by_its_words(published: list[Any]) -> None:
    figure = show.compare_shapes((2,), (3,), names=("<i>",))
    panel.show_failed(failed(lambda: figure), html=True)
    card, drawn, words = published
    assert "it is wrong." in card
    assert drawn is figure
    assert words.startswith("<details><summary>this picture in words</summary>")
    assert "&lt;i&gt;: 3, not 2" in words


def test_a_picture_that_cannot_be_drawn_costs_nothing_else(published: list[Any]) -> None:
    figure = show.compare_shapes((2,), (3,))
    panel.show_failed(failed(lambda: 1 / 0, lambda: figure), html=True)
    assert "bug of ours: ZeroDivisionError" in published[1]
    assert published[2] is figure


def test_nothing_is_drawn_where_nobody_can_see_it(published: list[Any]) -> None:
    panel.show_failed(failed(lambda: 1 / 0), html=False)
    assert published == []

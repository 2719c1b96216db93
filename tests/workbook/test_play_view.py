"""What playgrounds show, as data, as text and as a still picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from workbook.errors import BadInput
from workbook.play import graph_view, pattern_view, shapes_view
from workbook.play.markup import Cell, block, row_of_blocks
from workbook.play.view import Playground, clamped, readings, unused

STARTS: list[tuple[Playground, Mapping[str, str]]] = [
    (shapes_view.view, {"left": "3 1", "right": "1 4"}),
    (pattern_view.view, {"pattern": "i j, j k -> i k", "sizes": "i=2 j=3 k=4"}),
    (graph_view.view, {"expression": "log(a * b) * c", "values": "a=2 b=3 c=4"}),
]
NAMES = ["broadcast", "einsum", "backward"]
ATTACK = '<script>alert(1)</script>"&'


class Tags(HTMLParser):
    """All tags and attributes, and whether every tag is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("br", "rect", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("playground", "values"), STARTS, ids=NAMES)
def test_the_state_is_json_and_small(playground: Playground, values: Mapping[str, str]) -> None:
    for step in range(len(playground(values).sentences)):
        state = playground(values, step).state()
        assert json.loads(json.dumps(state)) == state | {"fields": [dict(field) for field in state["fields"]]}
        assert (state["step"], state["problem"], state["bad"]) == (step, False, "")
        assert len(json.dumps(state)) < 20_000


@pytest.mark.parametrize(("playground", "values"), STARTS, ids=NAMES)
def test_a_still_picture_is_whole_html_with_its_own_styles(playground: Playground, values: Mapping[str, str]) -> None:
    still = playground(values).still()
    tags = Tags(still)
    assert tags.open == []
    assert not {tag for tag, _ in tags.seen} & {"script", "style", "link", "img", "input", "button"}
    assert "class" not in {name for _, attributes in tags.seen for name in attributes}, "style sheets do not travel"
    assert "http" not in still.replace("http://www.w3.org/2000/svg", "")
    assert "This is a still picture." in still and len(still) < 20_000


@pytest.mark.parametrize(("playground", "values"), STARTS, ids=NAMES)
def test_colours_follow_the_page(playground: Playground, values: Mapping[str, str]) -> None:
    """No text has a colour of its own, and no box is filled: light and dark pages show through."""
    for tag, attributes in Tags(playground(values, 4).still()).seen:
        if tag == "text":
            assert attributes["fill"] == "currentColor"
        style = dict(part.split(":", 1) for part in (attributes.get("style") or "").split(";") if part)
        assert style.get("color", "inherit") == "inherit"
        assert style.get("background", "transparent") == "transparent"


@pytest.mark.parametrize(("playground", "values"), STARTS, ids=NAMES)
def test_what_is_typed_never_becomes_html(playground: Playground, values: Mapping[str, str]) -> None:
    for name in values:
        shown = playground({**values, name: ATTACK})
        assert shown.problem and shown.bad == name and shown.drawing == ""
        assert "<script" not in shown.still() and "&lt;script&gt;" in shown.still()
        assert "✗ " in shown.text() and "1. " not in shown.text()
        assert shown.state()["problem"] is True


def test_text_holds_what_was_typed_and_every_sentence() -> None:
    text = shapes_view.view({"left": "", "right": "2"}).text().splitlines()
    assert text[:3] == ["Playground: two shapes meet", "  first shape: ()", "  second shape: 2"]
    assert text[3].startswith("1. ") and text[-1].startswith("4. The result")
    assert "  sizes: chosen for you" in pattern_view.view({"pattern": "i->"}).text()


def test_long_walks_are_cut_in_still_pictures() -> None:
    shown = pattern_view.view({"pattern": "i,j->ij", "sizes": "i=6 j=6"})
    assert len(shown.sentences) == 36
    assert "\n20. " in shown.text() and "\n21. " not in shown.text()


@pytest.mark.parametrize(("step", "default", "found"), [(None, 3, 3), (-1, 0, 0), (9, 0, 4), (2, 0, 2)])
def test_a_step_exists(step: int | None, default: int, found: int) -> None:
    assert clamped(step, 5, default) == found


def test_readings_come_apart_by_blanks_or_commas() -> None:
    assert readings("a=2,b = 3", "") == {"a": "2", "b": "3"}
    assert readings("", "") == {}
    assert unused("a=2 b=3", ["b"]) == "Not used: a." and unused("b=3", ["b"]) == ""
    for text in ("a", "=2", "a=", "2=a", "a==2 b"):
        with pytest.raises(BadInput, match=r"is not of the form name=number\.\nWrite for example a=1\."):
            readings(text, "a=1")


def test_arrays_of_many_axes_are_drawn_slice_by_slice() -> None:
    cells = {(a, b, c): Cell(str(a * 4 + b * 2 + c)) for a in (0, 1) for b in (0, 1) for c in (0, 1)}
    drawn = block("A", (2, 2, 2), cells)
    assert drawn.count("<table") == 2 and "[0, :, :]" in drawn and "[1, :, :]" in drawn
    assert block("A", (), {(): Cell("7")}).count("<td") == 1
    assert row_of_blocks(["a", "b", "c"], "+=").count('aria-hidden="true"') == 2

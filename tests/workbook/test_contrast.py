"""Colours of the panels on JupyterLab's light and dark pages: 4.5 to 1 for text, 3 to 1 for borders, bars and arrows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.workbook.contrast import LAB_PAGES, contrast, mixed, rgb

SOURCE = Path(__file__).parents[2] / "src" / "workbook"
PANELS = ["show/panel.py", "lab/panel.py", "play/panel.css", "play/markup.py"]
# An old drawing behind a problem, hidden from screen readers, and buttons that do nothing now.
FADED = {("play/panel.css", ".workbook-play .stage.old"), ("play/panel.css", '.workbook-play button[aria-disabled="true"]')}


@pytest.mark.parametrize("theme", LAB_PAGES)
@pytest.mark.parametrize("path", PANELS)
def test_borders_and_bars_can_be_seen(path: str, theme: str) -> None:
    paper = rgb(LAB_PAGES[theme][0])
    colours = set(re.findall(r"#[0-9a-f]{6}\b", (SOURCE / path).read_text(encoding="utf-8")))
    assert colours
    assert {colour for colour in colours if contrast(rgb(colour), paper) < 3} == set()


@pytest.mark.parametrize("path", PANELS)
def test_text_is_written_in_the_colour_of_the_page(path: str) -> None:
    """No fixed colour has enough contrast on both pages."""
    assert re.findall(r"(?<![-\w])color: ?#\w+", (SOURCE / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("theme", LAB_PAGES)
@pytest.mark.parametrize("path", PANELS)
def test_fainter_text_can_still_be_read(path: str, theme: str) -> None:
    paper, ink = map(rgb, LAB_PAGES[theme])
    text = (SOURCE / path).read_text(encoding="utf-8")
    for found in re.finditer(r"(?<![-\w])opacity: ?([\d.]+)", text):
        rule = text[: found.start()].rpartition("{")[0].rpartition("\n")[2].strip()
        if (path, rule) not in FADED:
            assert contrast(mixed(ink, paper, float(found[1])), paper) >= 4.5, found[0]

"""The playgrounds in a real JupyterLab in a real browser: typed into, stepped through by keyboard, light and dark."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.browser import CHROMIUM, dark, hide_files, jupyterlab, keep, ours, page, ready, run_all

pytest.importorskip("playwright", reason="browser tests need playwright")
if not CHROMIUM.exists():
    pytest.skip(f"browser tests need Debian's chromium at {CHROMIUM}", allow_module_level=True)

ROOT = Path(__file__).parents[2]
CELLS = (
    'from workbook import play\n\nplay.broadcast("3 1", "1 4")',
    'play.einsum("i j, j k -> i k", i=2, j=3, k=4)',
    'play.backward("log(a * b) * c", a=2, b=3, c=4)',
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Of a notebook with the three playgrounds."""
    work = tmp_path_factory.mktemp("work")
    cells = [
        {"cell_type": "code", "id": f"play-{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for n, source in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (work / "playgrounds.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with jupyterlab(ROOT, work) as lab:
        yield re.sub(r"/lab/tree/\w+\.ipynb", "/lab/tree/playgrounds.ipynb", lab) + "&reset"


def panel(tab: Any, title: str) -> Any:
    found = tab.get_by_role("region", name=title)
    found.wait_for()
    found.scroll_into_view_if_needed()
    return found


def says(panel: Any, text: str) -> None:
    panel.get_by_role("status").filter(has_text=text).wait_for()


def test_typed_shapes_are_broadcast_and_bad_ones_explained(address: str) -> None:
    with page(address, width=800) as (tab, errors):
        run_all(tab)
        hide_files(tab)
        play = panel(tab, "Playground: two shapes meet")
        says(play, "The result has the shape (3, 4): 12 numbers.")
        keep(play, "play-broadcast")
        second = play.get_by_label("second shape")
        second.fill("2 1 4")
        says(play, "The result has the shape (2, 3, 4)")
        assert play.locator(".count").inner_text() == "step 6 of 6"
        second.fill("2 4")
        says(play, "3 meets 2. They differ, and neither is a one")
        assert "✗ error" in play.get_by_role("table").first.inner_text()
        keep(play, "play-broadcast-error")
        second.fill("2 x4 four")
        says(play, "✗ “four” cannot be a size: it is no whole number.")
        assert second.get_attribute("aria-invalid") == "true"
        assert play.locator(".stage").get_attribute("aria-hidden") == "true"
        second.fill("1 4")
        says(play, "The result has the shape (3, 4)")
        assert second.get_attribute("aria-invalid") == "false"
        play.get_by_role("button", name="First").click()
        says(play, "aligned from the right")
        box = play.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 800
        assert ours(errors) == []


def test_an_einsum_is_walked_through_entry_by_entry(address: str) -> None:
    with page(address) as (tab, errors):
        run_all(tab)
        play = panel(tab, "Playground: an einsum, entry by entry")
        says(play, "= 1 + 10 + 27 = 38")
        play.get_by_role("button", name="Next").click()
        says(play, "result[0, 1] = A[0, 0] × B[0, 1]")
        assert play.locator("td[aria-label$='(used)']").all_inner_texts() == ["1", "2", "3", "2", "6", "1", "17"]
        keep(play, "play-einsum")
        play.get_by_label("pattern").fill("bij,bjk->bik")
        says(play, "result[0, 0, 0] =")
        assert "Read as torch and NumPy write it" in play.inner_text()
        play.get_by_label("pattern").fill("i j, j k -> i z")
        says(play, "✗ z stands right of the arrow, but in no input.")
        keep(play, "play-einsum-error")
        assert ours(errors) == []


def test_backward_is_stepped_through_by_keyboard_alone(address: str) -> None:
    with page(address) as (tab, errors):
        run_all(tab)
        play = panel(tab, "Playground: back through a graph")
        says(play, "Forward: every value is worked out")
        play.get_by_label("expression").focus()
        keys = tab.keyboard
        keys.press("Tab")
        keys.press("Tab")  # past the values: the first button
        keys.press("Tab")
        keys.press("Tab")
        focused = "document.activeElement.textContent"
        assert "Next" in tab.evaluate(focused)
        keys.press("Enter")
        says(play, "Backward starts at the end")
        keys.press("Space")
        says(play, "the slope of a product is the other factor, here 4")
        keys.press("ArrowRight")
        keys.press("ArrowRight")
        says(play, "the slope of log is 1 over its argument, here 1 / 6 = 0.1667")
        keep(play, "play-backward")
        keys.press("ArrowLeft")
        says(play, "From f = v2 * c to c")
        keys.press("End")
        says(play, "Backward is done. The gradients of f: a: 2, b: 1.333, c: 1.792.")
        assert "Next" in tab.evaluate(focused), "the focus stays where it was"
        graph = play.get_by_role("img").get_attribute("aria-label")
        assert "v1 = a * b: value 6, gradient 0.6667" in graph
        assert tab.locator(".jp-CodeCell").count() == len(CELLS), "no key has reached the notebook"
        keys.press("Shift+Tab")
        keys.press("Shift+Tab")
        keys.press("Shift+Tab")
        keys.press("Shift+Tab")
        keys.press("Control+a")
        keys.type("a * (a + b")
        says(play, "✗ This is no expression yet: a closing bracket is missing.")
        keys.type(")")
        says(play, "Forward: every value is worked out from left to right. f = 10. Not used: c.")
        assert ours(errors) == []


def test_a_panel_whose_kernel_was_restarted_says_so(address: str) -> None:
    with page(address) as (tab, _):
        run_all(tab)
        play = panel(tab, "Playground: two shapes meet")
        tab.click("text=Kernel >> nth=0")
        tab.click("text=Restart Kernel… >> nth=0")
        tab.get_by_role("button", name="Confirm Kernel Restart").click()
        tab.wait_for_selector(".jp-StatusBar-TextItem:has-text('| Idle')")
        play.get_by_label("first shape").fill("7")
        says(play, "no answer yet. Is the kernel busy, or was it stopped? Then run this cell again.")


def test_dark_theme_is_readable(address: str) -> None:
    with page(address, dark=True) as (tab, _):
        ready(tab)
        dark(tab)
        run_all(tab)
        for title, name, button in (
            ("two shapes", "broadcast", "Back"),
            ("an einsum", "einsum", "Next"),
            ("back", "backward", "Next"),
        ):
            play = panel(tab, f"Playground: {title}")
            before = play.locator(".count").inner_text()
            play.get_by_role("button", name=button).click()
            play.locator(".count").filter(has_not_text=before).wait_for()
            keep(play, f"play-{name}-dark")
            colour = play.get_by_role("status").evaluate("node => getComputedStyle(node).color")
            assert min(map(float, re.findall(r"[\d.]+", colour)[:3])) > 180, f"dark letters on a dark page: {colour}"

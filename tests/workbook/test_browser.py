"""A student's notebook in a real JupyterLab in a real browser: panels, pictures, nothing popping up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.browser import CHROMIUM, hide_files, jupyterlab, keep, ours, page, run_all, shortened
from workbook.lab.progress import Progress
from workbook.model import Result, Status, find_home

pytest.importorskip("playwright", reason="browser tests need playwright")
if not CHROMIUM.exists():
    pytest.skip(f"browser tests need Debian's chromium at {CHROMIUM}", allow_module_level=True)

ROOT = Path(__file__).parents[2]
EINSUM = {
    "einsum_trace": 'def einsum_trace(mat):\n    return einops.einsum(mat, "i i ->")',
    "einsum_mm": 'def einsum_mm(mat1, mat2):\n    return einops.einsum(mat1, mat2, "i j, j k -> k i")',
}
EINOPS = {"arr1": 'def arr1(arr):\n    return einops.rearrange(arr, "b c h w -> c (h b) w")'}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    work = tmp_path_factory.mktemp("work")
    shortened(ROOT / "exercises" / "part3_einsum.ipynb", work / "part3_einsum.ipynb", list(EINSUM), EINSUM)
    shortened(ROOT / "exercises" / "part2_einops.ipynb", work / "part2_einops.ipynb", ["the-sheet-of-digits", "arr1"], EINOPS)
    with jupyterlab(ROOT, work) as address:
        yield address, work


def notebook(lab: Any, name: str) -> str:
    address, _ = lab
    return re.sub(r"/lab/tree/\w+\.ipynb", f"/lab/tree/{name}.ipynb", str(address)) + "&reset"


def test_a_right_answer_passes_and_a_wrong_one_is_explained(lab: Any) -> None:
    with page(notebook(lab, "part3_einsum"), height=1840) as (tab, errors):
        run_all(tab)
        tab.wait_for_selector("div[role=status]:has-text('einsum_trace: passed')", state="attached")
        panel = tab.wait_for_selector("div[role=status]:has-text('einsum_mm')")
        text = panel.inner_text()
        assert "transpose" in text, text
        assert "expected" in text and "first difference" in text, text
        tab.wait_for_selector(".jp-RenderedPlotly .main-svg")
        assert "Traceback" not in tab.inner_text(".jp-Notebook")
        assert tab.query_selector(".Toastify__toast") is None, "something pops up at the first start"
        assert ours(errors) == []


def test_a_wrong_picture_is_shown_beside_its_target(lab: Any) -> None:
    with page(notebook(lab, "part2_einops"), width=1000, height=1230) as (tab, _):
        run_all(tab)
        tab.wait_for_selector("div[role=status]:has-text('arr1')")
        cell = tab.locator(".jp-CodeCell", has=tab.locator(".jp-InputArea", has_text="tests.test_arr1(arr1)"))
        figure = cell.locator(".jp-OutputArea .jp-RenderedPlotly")
        figure.locator(".main-svg").first.wait_for()
        titles = [text.partition(":")[0] for text in figure.locator(".main-svg text").all_text_contents()]
        assert titles == ["target", "yours", "difference"]
        assert figure.locator(".main-svg image").count() == 3
        figure.scroll_into_view_if_needed()
        hide_files(tab)
        keep(tab, "picture")


def test_the_home_page_shows_progress_and_follows_the_work(lab: Any) -> None:
    _, work = lab
    Progress(work).forget()
    with page(notebook(lab, "home"), width=1000) as (tab, errors):
        panel = "div[aria-label='Your progress']"
        tab.wait_for_selector(f"{panel} >> text=0 of")
        assert len(tab.query_selector_all(f"{panel} tr")) == 1 + len(find_home(ROOT).parts())
        run_all(tab)
        tab.wait_for_selector(f".jp-OutputArea-output:not(.jp-RenderedHTMLCommon) {panel}")  # the panel that lives
        Progress(work).record("chapter0_fundamentals", "part3_einsum", Result("einsum_trace", Status.PASSED))  # another kernel's
        tab.wait_for_selector(f"{panel} >> text=1 of 20 solved")
        hide_files(tab)
        keep(tab, "home")
        tab.click(f"{panel} a[href='part3_einsum.ipynb'] >> nth=0")
        tab.wait_for_selector(
            ".lm-TabBar-tab.lm-mod-current:has-text('part3_einsum')"
        )  # inside JupyterLab: the home page is there still
        assert tab.query_selector(".lm-TabBar-tab:has-text('home')") is not None, "it opens inside JupyterLab"
        assert ours(errors) == []


def test_hints_come_in_steps_below_the_explanation(lab: Any) -> None:
    with page(notebook(lab, "part3_einsum")) as (tab, _):
        run_all(tab)
        hint = ".jp-RenderedMarkdown details:has-text('Hint 2 of 3')"
        tab.wait_for_selector(f".jp-OutputArea {hint}")
        fold = tab.locator(f".jp-OutputArea {hint}").first
        assert not fold.locator("p").first.is_visible()
        fold.locator("summary").focus()
        tab.keyboard.press("Enter")
        fold.locator("p").first.wait_for(state="visible")
        hide_files(tab)
        keep(tab, "hint")

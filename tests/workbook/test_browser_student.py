"""An hour with the workbook in a real browser: an exercise tried and solved, a quiz, and the notebook opened again later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbook.browser import (
    CHROMIUM,
    cell,
    choose,
    hide_files,
    jupyterlab,
    keep,
    ours,
    page,
    ready,
    run_all,
    run_cell,
    shortened,
    write,
)
from workbook.lab.progress import Progress

pytest.importorskip("playwright", reason="browser tests need playwright")
if not CHROMIUM.exists():
    pytest.skip(f"browser tests need Debian's chromium at {CHROMIUM}", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PART = "part3_einsum"
PANEL = "div[aria-label='Your progress']"


def add_cell(path: Path, source: str) -> None:
    """One more code cell at the end of a notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    last = {"cell_type": "code", "id": "added", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    notebook["cells"].append(last)
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab, and its work folder with a notebook for each test."""
    work = tmp_path_factory.mktemp("work")
    source = ROOT / "exercises" / f"{PART}.ipynb"
    shortened(source, work / f"{PART}.ipynb", ["einsum_mm"], {})
    add_cell(work / f"{PART}.ipynb", "workbook.progress()")
    shortened(source, work / "quiz.ipynb", ["quiz_einsum_sum"], {})
    shortened(source, work / "later.ipynb", [], {})
    add_cell(work / "later.ipynb", 'from workbook import play\n\nworkbook.progress()\nplay.broadcast("3 1", "1 4")')
    with jupyterlab(ROOT, work) as address:
        yield address, work


def notebook(lab: tuple[str, Path], name: str) -> str:
    return re.sub(r"/lab/tree/\w+\.ipynb", f"/lab/tree/{name}.ipynb", lab[0]) + "&reset"


def test_an_exercise_is_tried_explained_and_solved(lab: tuple[str, Path]) -> None:
    """As a student does it: stub, wrong answer, explanation, hint, right answer; and the progress moves in both places."""
    _, work = lab
    Progress(work).forget()
    with page(notebook(lab, PART), width=1000, height=1350) as (tab, errors):
        ready(tab)
        hide_files(tab)
        assert tab.query_selector(".Toastify__toast, .jp-Dialog") is None, "something pops up at the first start"
        for line in ('workbook.start("part3_einsum")', "import einops", "workbook.progress()"):
            run_cell(tab, line)
        panel = tab.locator(PANEL)
        panel.filter(has_text="0 of 20 solved").wait_for()
        test = "tests.test_einsum_mm(einsum_mm)"
        run_cell(tab, "def einsum_mm")
        run_cell(tab, test).locator("div[role=status]", has_text="○").wait_for()

        write(tab, "raise NotImplementedError", 'return einops.einsum(mat1, mat2, "i j, j k -> k i")')
        tab.keyboard.press("Shift+Enter")
        tried = run_cell(tab, test)
        told = tried.locator("div[role=status]", has_text="✗ einsum_mm")
        told.wait_for()
        assert "transpose" in told.inner_text() and "first difference" in told.inner_text()
        tried.locator("summary", has_text="Hint 2 of 3").focus()
        tab.keyboard.press("Enter")
        tried.get_by_text("The letter that the two matrices share disappears.").wait_for()
        panel.filter(has_text="0 of 20 solved, 1 tried").wait_for()
        assert "Traceback" not in tried.inner_text()
        tried.evaluate("node => node.scrollIntoView({block: 'start'})")
        keep(tab, "tour-explained")

        write(tab, "-> k i", 'return einops.einsum(mat1, mat2, "i j, j k -> i k")')
        tab.keyboard.press("Shift+Enter")
        run_cell(tab, test).locator("div[role=status]", has_text="✓ einsum_mm: passed").wait_for()
        panel.filter(has_text="1 of 20 solved").filter(has_not_text="tried").wait_for()
        keep(tab, "tour-solved")
        assert ours(errors) == []
    with page(notebook(lab, "home")) as (tab, errors):
        run_all(tab)
        live = tab.locator(f".jp-OutputArea-output:not(.jp-RenderedHTMLCommon) {PANEL}")
        live.filter(has_text="1 of 20 solved").wait_for()
        assert "3 tests run" in live.inner_text(), live.inner_text()
        assert ours(errors) == []


def test_a_quiz_says_what_is_wrong_with_a_choice(lab: tuple[str, Path]) -> None:
    with page(notebook(lab, "quiz"), width=1000, height=800) as (tab, errors):
        ready(tab)
        hide_files(tab)
        run_cell(tab, "workbook.start")
        write(tab, "quiz_einsum_sum = None", 'quiz_einsum_sum = "a"')
        tab.keyboard.press("Shift+Enter")
        test = "tests.test_quiz_einsum_sum"
        tried = run_cell(tab, test)
        told = tried.locator("div[role=status]", has_text="✗ quiz_einsum_sum")
        told.wait_for()
        assert "Here it is j that survives the arrow." in told.inner_text()
        keep(tab, "tour-quiz")
        write(tab, 'quiz_einsum_sum = "a"', 'quiz_einsum_sum = "b"')
        tab.keyboard.press("Shift+Enter")
        run_cell(tab, test).locator("div[role=status]", has_text="✓ quiz_einsum_sum: passed").wait_for()
        assert ours(errors) == []


def test_opened_again_without_its_kernel_a_notebook_shows_still_pictures(lab: tuple[str, Path]) -> None:
    """Live panels end with their kernel: what is saved is a picture of them, which says how to get them back."""
    _, work = lab
    with page(notebook(lab, "later"), height=1300) as (tab, errors):
        run_all(tab)
        live = tab.get_by_role("region", name="Playground: two shapes meet")
        live.wait_for()
        with tab.expect_response(lambda answer: answer.request.method == "PUT" and "later.ipynb" in answer.url):
            tab.keyboard.press("Control+s")
        assert live.is_visible(), "saving changes nothing on screen"
        choose(tab, "Kernel", "Shut Down Kernel")
        tab.wait_for_selector(".jp-StatusBar-TextItem:has-text('No Kernel')")
        assert ours(errors) == []
    saved = (work / "later.ipynb").read_text(encoding="utf-8")
    assert "widget-view" not in saved and len(saved) < 30_000
    with page(notebook(lab, "later"), height=1300) as (tab, errors):
        ready(tab)
        outputs = cell(tab, "workbook.progress()").locator(".jp-OutputArea-output")
        outputs.locator(PANEL).wait_for()
        outputs.filter(has_text="This is a still picture.").wait_for()
        shown = " ".join(outputs.all_inner_texts())
        assert "model not found" not in shown
        assert shown.count("run this cell again") == 2, shown
        assert ours(errors) == []


def test_the_table_of_contents_leads_to_an_exercise(lab: tuple[str, Path]) -> None:
    with page(notebook(lab, PART)) as (tab, errors):
        ready(tab)
        tab.get_by_role("tab", name="Table of Contents").click()
        tab.locator(".jp-TableOfContents").get_by_text("einsum_mm").first.click()
        tab.locator(".jp-Notebook h3", has_text="einsum_mm").wait_for()
        assert ours(errors) == []

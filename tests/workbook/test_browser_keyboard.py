"""A student without a mouse, and one with a narrow window, in a real JupyterLab."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.browser import CHROMIUM, hide_files, jupyterlab, keep, page, run_all, shortened

pytest.importorskip("playwright", reason="browser tests need playwright")
if not CHROMIUM.exists():
    pytest.skip(f"browser tests need Debian's chromium at {CHROMIUM}", allow_module_level=True)

ROOT = Path(__file__).parents[2]
WRONG = 'einops.einsum(mat1, mat2, "i j, j k -> k i")'
LONG = "\n".join(
    [
        "def einsum_mm(mat1, mat2):",
        "    print('a_long_word' * 30)",
        "    return einops.einsum(mat1, mat2, 'i j, j k -> k i') * 1234567890123456789",
    ]
)
MORE = {
    "progress": "workbook.progress()",
    "broadcast": 'from workbook import play\n\nplay.broadcast("3 1 2 1 4 1", "1 4 2 1 1 3")',
    "einsum": 'play.einsum("batch i j, batch j k -> batch i k", batch=2, i=3, j=4, k=5)',
    "backward": 'play.backward("log(a * b) * c + exp(a * c) * b", a=2, b=3, c=4)',
}
LAST_TRIES = 60  # presses of Tab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    work = tmp_path_factory.mktemp("work")
    source = ROOT / "exercises" / "part3_einsum.ipynb"
    shortened(source, work / "keyboard.ipynb", ["einsum_mm"], {})
    answers = {"quiz_einsum_sum": 'quiz_einsum_sum = "a"', "einsum_mm": LONG}
    shortened(source, work / "narrow.ipynb", list(answers), answers)
    notebook = json.loads((work / "narrow.ipynb").read_text(encoding="utf-8"))
    for name, code in MORE.items():
        cell = {"cell_type": "code", "id": name, "metadata": {}, "outputs": [], "execution_count": None, "source": code}
        notebook["cells"].insert(2, cell)
    first = [cell["id"] for cell in notebook["cells"]].index("broadcast")
    notebook["cells"][2 : first + 1] = notebook["cells"][2 : first + 1][::-1]
    for cell in notebook["cells"]:
        # A failing test ends "Run All Cells".
        cell["metadata"] = {**cell["metadata"], "tags": ["raises-exception"]}
    (work / "narrow.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with jupyterlab(ROOT, work) as address:
        yield address


def opened(lab: str, name: str) -> str:
    return re.sub(r"/lab/tree/\w+\.ipynb", f"/lab/tree/{name}.ipynb", lab) + "&reset"


def active(tab: Any) -> int:
    """The number of the cell that keys go to."""
    return int(tab.evaluate("() => [...document.querySelectorAll('.jp-Cell')].findIndex(c => c.matches('.jp-mod-active'))"))


def go_to(tab: Any, cell: int) -> None:
    tab.keyboard.press("Escape")
    while active(tab) != cell:
        tab.keyboard.press("ArrowDown" if active(tab) < cell else "ArrowUp")


def tab_to(tab: Any, text: str) -> None:
    """Press Tab until a fold of this name has the focus."""
    for _ in range(LAST_TRIES):
        tab.keyboard.press("Tab")
        focused = "() => [document.activeElement.tagName, document.activeElement.textContent.trim()]"
        if tab.evaluate(focused) == ["SUMMARY", text]:
            return
    raise AssertionError(f"{text} cannot be reached with the Tab key")


def test_an_exercise_is_solved_by_keyboard_alone(lab: str) -> None:
    """From the first cell to the stub, a wrong answer, its explanation, hints and pictures in words, to the right answer."""
    with page(opened(lab, "keyboard"), width=800, height=1000) as (tab, _):
        tab.wait_for_selector(".jp-Notebook .jp-CodeCell")
        tab.wait_for_selector(".jp-StatusBar-TextItem:has-text('| Idle')")
        assert active(tab) == 0, "the notebook has the focus when it opens"
        cells = tab.locator(".jp-Cell")
        texts = cells.all_inner_texts()
        stub = next(n for n, text in enumerate(texts) if "exercise: einsum_mm" in text)
        for _ in range(stub):
            tab.keyboard.press("Shift+Enter")
        assert active(tab) == stub
        tab.keyboard.press("Enter")
        tab.keyboard.press("Control+a")
        tab.keyboard.insert_text(f"def einsum_mm(mat1, mat2):\n    return {WRONG}")
        tab.keyboard.press("Shift+Enter")
        tab.keyboard.press("Shift+Enter")
        test = stub + 1
        panel = cells.nth(test).get_by_role("status")
        panel.filter(has_text="transpose").wait_for()
        cells.nth(test).locator("details", has_text="Hint").first.wait_for()
        go_to(tab, test)
        tab_to(tab, "this picture in words")
        tab.keyboard.press("Enter")
        assert "expected" in cells.nth(test).locator("details[open]").first.inner_text()
        tab_to(tab, "Hint 2 of 3")
        tab.keyboard.press("Space")
        cells.nth(test).locator("details[open]", has_text="Hint 2 of 3").wait_for()
        tab_to(tab, "Solution")
        assert tab.evaluate("() => document.activeElement.closest('.jp-Cell') !== null")
        go_to(tab, stub)
        tab.keyboard.press("Enter")
        tab.keyboard.press("Control+a")
        tab.keyboard.insert_text(f"def einsum_mm(mat1, mat2):\n    return {WRONG.replace('k i', 'i k')}")
        tab.keyboard.press("Shift+Enter")
        tab.keyboard.press("Shift+Enter")
        cells.nth(test).get_by_role("status").filter(has_text="einsum_mm: passed").wait_for()


def test_panels_fit_a_window_of_800(lab: str) -> None:
    """Progress, a failing quiz, an explanation with long values, hints and playgrounds: nothing is cut or scrolls sideways."""
    with page(opened(lab, "narrow"), width=800, height=1400) as (tab, _):
        run_all(tab)
        hide_files(tab)
        tab.locator("details", has_text="Hint 2 of 3").last.wait_for(state="attached")
        for region in tab.get_by_role("region", name=re.compile("Playground|Your progress")).all():
            region.scroll_into_view_if_needed()
        tab.locator("details summary", has_text="printed by your code").last.click()
        for number, area in enumerate(tab.locator(".jp-Cell-outputArea:visible").all()):
            keep(area, f"narrow_{number}")
        assert tab.get_by_role("region").filter(has_text="solved").count()
        assert tab.locator("section.workbook-play").count() == 3
        assert tab.evaluate(_SIDEWAYS) == []


# Each panel or fold that is wider than the place it stands in, or whose content is wider than itself.
_SIDEWAYS = """() => {
    const right = part => part.getBoundingClientRect().right;
    const found = [];
    for (const area of document.querySelectorAll('.jp-Cell-outputArea')) {
        for (const part of area.querySelectorAll('[role=status], [role=region], section, details, .js-plotly-plot .main-svg')) {
            const inside = part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display === 'block';
            if (right(part) > right(area) + 1 || inside) {
                found.push([part.outerHTML.slice(0, 60), part.scrollWidth, part.clientWidth, right(part), right(area)].join(' '));
            }
        }
    }
    return found;
}"""

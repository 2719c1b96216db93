"""Explanations by picture in a real JupyterLab, on a light and on a dark page: a wrong shape, values, picture, gradient."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.browser import CHROMIUM, hide_files, jupyterlab, keep, ours, page, run_all, shortened
from tests.workbook.contrast import contrast, rgb

pytest.importorskip("playwright", reason="browser tests need playwright")
if not CHROMIUM.exists():
    pytest.skip(f"browser tests need Debian's chromium at {CHROMIUM}", allow_module_level=True)

ROOT = Path(__file__).parents[2]
# A notebook each: a failing test ends "Run All Cells".
WRONG = {
    "shape": ("part3_einsum", "einsum_mm", 'def einsum_mm(mat1, mat2):\n    return einops.einsum(mat1, mat2, "i j, j k -> i j k")'),
    "values": ("part3_einsum", "einsum_outer", 'def einsum_outer(u, v):\n    return einops.einsum(u, abs(v - 4), "i, j -> i j")'),
    "picture": ("part2_einops", "arr1", 'def arr1(arr):\n    return einops.rearrange(arr, "b c h w -> c (h b) w")'),
    "gradient": (
        "part6_backprop",
        "forward_and_back",
        "def forward_and_back(a, b, c):\n    return 1 / a, 1 / b, 1 / (c * np.log(c) ** 2)",
    ),
}
FOLD = "this picture in words"


@pytest.fixture(scope="module", params=["light", "dark"])
def lab(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A theme, and the address of a JupyterLab in it with notebooks, each with a wrong answer."""
    work = tmp_path_factory.mktemp("work")
    for name, (part, exercise, answer) in WRONG.items():
        wanted = [exercise, "the-sheet-of-digits"]
        shortened(ROOT / "exercises" / f"{part}.ipynb", work / f"{name}.ipynb", wanted, {exercise: answer})
    theme = work / ".lab" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
    theme.parent.mkdir(parents=True)
    theme.write_text(json.dumps({"theme": f"JupyterLab {request.param.title()}"}), encoding="utf-8")
    with jupyterlab(ROOT, work) as address:
        yield request.param, address


@contextmanager
def explained(lab: tuple[str, str], name: str) -> Iterator[tuple[Any, Any]]:
    """The browser's tab, 800 pixels wide, and the output area of a wrong answer's test, once its pictures are drawn."""
    theme, address = lab
    notebook = re.sub(r"/lab/tree/[\w.]+", f"/lab/tree/{name}.ipynb", address) + "&reset"
    with page(notebook, width=800, height=1400, dark=theme == "dark") as (tab, errors):
        run_all(tab)
        hide_files(tab)
        exercise = WRONG[name][1]
        cell = tab.locator(".jp-CodeCell", has=tab.locator(".jp-InputArea", has_text=f"tests.test_{exercise}({exercise})"))
        area = cell.locator(".jp-OutputArea").first
        area.locator("summary", has_text=FOLD).last.wait_for()
        area.locator(".jp-RenderedPlotly .main-svg").last.wait_for(state="attached")
        area.scroll_into_view_if_needed()
        yield tab, area
        assert ours(errors) == []


@pytest.mark.parametrize(
    ("name", "drawn", "said"),
    [
        ("shape", ["j?", "✗ too many"], "j? (size 3): too many"),
        ("values", ["Boxed: the first, [0, 0]", "✗"], "at [0, 0]: expected"),
        ("picture", ["target", "yours", "difference:"], "% of the pixels"),
        ("gradient", ["wrong: the gradient in c", "✗ ["], "(wrong)"),
    ],
)
def test_what_is_wrong_is_drawn_and_told(lab: tuple[str, str], name: str, drawn: list[str], said: str) -> None:
    """A picture below an announced panel, all within the window, and each picture's words unfold by keyboard."""
    theme, _ = lab
    with explained(lab, name) as (tab, area):
        assert tab.locator("body").get_attribute("data-jp-theme-light") == str(theme == "light").lower()
        words = " ".join(area.locator(".main-svg text").all_text_contents())
        keep(area, f"explained_{name}_{theme}")
        assert [text for text in drawn if text not in words] == [], words
        assert WRONG[name][1] in area.get_by_role("status").first.inner_text()
        assert area.evaluate(_TOO_WIDE) == []
        paper, *inks = area.evaluate(_INKS)
        assert {ink: contrast(rgb(ink), rgb(paper)) for ink in inks if contrast(rgb(ink), rgb(paper)) < 4.5} == {}
        fold = area.locator("details", has_text=FOLD).last
        fold.locator("summary").focus()
        assert said not in fold.inner_text()
        tab.keyboard.press("Enter")
        assert said in fold.inner_text()


# The page's colour, and those of the texts of pictures and panels. Texts on light cells and boxes have a dark colour of their own.
_INKS = """area => {
    const hex = (colour, under) => {
        const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
        for (const style of [under, colour]) {
            canvas.fillStyle = style;
            canvas.fillRect(0, 0, 1, 1);
        }
        return '#' + [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(n => n.toString(16).padStart(2, '0')).join('');
    };
    let page = area;
    while (getComputedStyle(page).backgroundColor === 'rgba(0, 0, 0, 0)') page = page.parentElement;
    const paper = getComputedStyle(page).backgroundColor;
    const inks = new Set();
    for (const part of area.querySelectorAll('.main-svg text, .main-svg tspan')) {
        const own = [...part.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
        const fill = getComputedStyle(part).fill;
        if (own && !['rgb(26, 26, 26)', 'rgb(27, 27, 27)'].includes(fill)) inks.add(hex(fill, paper));
    }
    const faint = part => {
        let opacity = 1;
        for (let at = part; at !== area; at = at.parentElement) opacity *= getComputedStyle(at).opacity;
        return opacity;
    };
    for (const part of area.querySelectorAll('[role=status], [role=status] *, summary')) {
        const over = document.createElement('canvas').getContext('2d');
        const [ink, under] = [hex(getComputedStyle(part).color, paper), hex(paper, paper)];
        over.fillStyle = under;
        over.fillRect(0, 0, 1, 1);
        over.globalAlpha = faint(part);
        over.fillStyle = ink;
        over.fillRect(0, 0, 1, 1);
        const mix = [...over.getImageData(0, 0, 1, 1).data].slice(0, 3);
        inks.add('#' + mix.map(n => n.toString(16).padStart(2, '0')).join(''));
    }
    return [hex(paper, paper), ...inks];
}"""

_TOO_WIDE = """area => {
    const right = part => part.getBoundingClientRect().right;
    const parts = [...area.querySelectorAll('div[role=status], .js-plotly-plot .main-svg, details')];
    return parts.filter(part => right(part) > right(area) + 1).map(part => part.outerHTML.slice(0, 80));
}"""

"""What a student waits for, measured in a real browser.

    python benchmarks/browser.py [--runs 20]

Two waits: from a click on "run" at a test cell to its panel on screen (and to its picture, where the answer is wrong), with the
libraries imported; and from `workbook lab` to a notebook whose kernel is ready. Prints medians and the load; other work on the
machine makes both longer. Needs playwright and Debian's chromium.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.workbook.browser import cell, jupyterlab, page, ready, run_cell, shortened  # noqa: E402 (the checkout is no package)

PART = "part3_einsum"
ANSWERS = {
    "einsum_trace": 'def einsum_trace(mat):\n    return einops.einsum(mat, "i i ->")',
    "einsum_mm": 'def einsum_mm(mat1, mat2):\n    return einops.einsum(mat1, mat2, "i j, j k -> k i")',
}
TARGET = {"panel": 300, "start": 15_000}  # milliseconds
PANEL, PICTURE = "div[role=status]", ".js-plotly-plot .main-svg"

# From the next click to the first new element that fits each selector, once it was painted.
WATCH = """selectors => {
    const fits = selector => [...document.querySelectorAll(selector)].filter(node => !before.has(node)).length > 0;
    const before = new Set(selectors.flatMap(selector => [...document.querySelectorAll(selector)]));
    window.waited = new Promise(resolve => {
        const times = {};
        document.addEventListener('click', event => {
            const start = performance.now();
            const look = () => {
                for (const selector of selectors) {
                    if (!(selector in times) && fits(selector)) {
                        times[selector] = 0;
                        requestAnimationFrame(() => setTimeout(() => {
                            times[selector] = performance.now() - start;
                            if (selectors.every(each => times[each])) { observer.disconnect(); resolve(times); }
                        }));
                    }
                }
            };
            const observer = new MutationObserver(look);
            observer.observe(document.body, {childList: true, subtree: true});
        }, {capture: true, once: true});
    });
}"""


def waits(tab: Any, source: str, selectors: list[str], runs: int) -> dict[str, list[float]]:
    """Milliseconds by selector, of `runs` runs of the cell with this line, after one that is not counted."""
    times: dict[str, list[float]] = {selector: [] for selector in selectors}
    for _ in range(runs + 1):
        cell(tab, source).locator(".cm-line").first.click()
        tab.evaluate(WATCH, selectors)
        tab.click(".jp-NotebookPanel-toolbar [data-command='notebook:run-cell-and-select-next']")
        waited = tab.evaluate("window.waited")
        tab.wait_for_selector(".jp-StatusBar-TextItem:has-text('| Idle')")
        for selector in selectors:
            times[selector].append(waited[selector])
    return {selector: values[1:] for selector, values in times.items()}


def tell(what: str, times: list[float], target: int | None) -> None:
    median = statistics.median(times)
    verdict = "" if target is None else f"   target {target} ms: {'kept' if median < target else 'MISSED'}"
    print(f"{what:<44}{median:8.0f} ms   (best {min(times):.0f}, worst {max(times):.0f}){verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    print(f"load {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shortened(ROOT / "exercises" / f"{PART}.ipynb", work / f"{PART}.ipynb", list(ANSWERS), ANSWERS)
        start = time.perf_counter()
        with jupyterlab(ROOT, work) as address:
            listening = time.perf_counter() - start
            with page(re.sub(r"/lab/tree/\w+", f"/lab/tree/{PART}", address)) as (tab, _):
                ready(tab)
                usable = time.perf_counter() - start
                tell("workbook lab, until it answers", [1000 * listening], None)
                tell("workbook lab, until the kernel is ready", [1000 * usable], TARGET["start"])
                for line in ("workbook.start", "import einops", *(answer.splitlines()[0] for answer in ANSWERS.values())):
                    run_cell(tab, line)
                right = waits(tab, "tests.test_einsum_trace", [PANEL], runs)
                tell("a right answer, until its panel", right[PANEL], TARGET["panel"])
                wrong = waits(tab, "tests.test_einsum_mm", [PANEL, PICTURE], runs)
                tell("a wrong answer, until its panel", wrong[PANEL], TARGET["panel"])
                tell("a wrong answer, until its picture", wrong[PICTURE], None)
    print(f"load {', '.join(f'{load:.1f}' for load in os.getloadavg())} afterwards")


if __name__ == "__main__":
    main()

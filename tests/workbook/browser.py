"""A JupyterLab started by `workbook lab` and a headless Chromium beside it, for browser tests and for the README's pictures."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


@contextmanager
def jupyterlab(root: Path, work: Path) -> Iterator[str]:
    """Run `workbook lab --no-browser` on the folder `work`; yields the address with its token."""
    environment = {**os.environ, "WORKBOOK_WORK": str(work), "JUPYTERLAB_SETTINGS_DIR": str(work / ".lab"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "workbook", "lab", "--no-browser", "--", "--port=0", "--ServerApp.port_retries=0"]
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield _address(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*", line)
        if found:
            return found[0]
    raise AssertionError("JupyterLab did not start:\n" + "".join(seen))


@contextmanager
def page(address: str, *, width: int = 1200, height: int = 1000, dark: bool = False) -> Iterator[tuple[Any, list[str]]]:
    """A browser page at `address` and the list that its console errors go to."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_FLAGS.split())
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
        tab = context.new_page()
        errors: list[str] = []
        tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        tab.set_default_timeout(60_000)
        tab.goto(address)
        yield tab, errors
        browser.close()


def ready(tab: Any) -> None:
    """Wait for a notebook in front whose kernel has nothing to do."""
    tab.wait_for_selector(".jp-Notebook .jp-CodeCell")
    tab.wait_for_selector(".jp-StatusBar-TextItem:has-text('| Idle')")


def choose(tab: Any, menu: str, item: str) -> None:
    """Choose an item of a menu of JupyterLab's."""
    tab.click(f".lm-MenuBar-itemLabel:text-is('{menu}')")
    tab.click(f".lm-Menu-itemLabel:has-text('{item}') >> nth=0")


def run_all(tab: Any) -> None:
    """Run every cell of the notebook in front, once its kernel is ready."""
    ready(tab)
    choose(tab, "Run", "Run All Cells")


def cell(tab: Any, source: str) -> Any:
    """The code cell that this line stands in."""
    return tab.locator(".jp-CodeCell", has=tab.locator(".jp-InputArea", has_text=source)).first


def run_cell(tab: Any, source: str) -> Any:
    """Click into the code cell that this line stands in, and press Shift+Enter; returns the cell."""
    found = cell(tab, source)
    found.locator(".cm-line", has_text=source).first.click()
    tab.keyboard.press("Shift+Enter")
    return found


def write(tab: Any, line: str, instead: str) -> None:
    """Click the line of code with the text `line`, and type `instead` in its place."""
    tab.locator(".jp-CodeCell .cm-line", has_text=line).first.click()
    tab.keyboard.press("End")
    tab.keyboard.press("Shift+Home")
    tab.keyboard.type(instead)


def hide_files(tab: Any) -> None:
    """Close the list of files beside the notebook."""
    if tab.locator("#jp-left-stack").is_visible():
        tab.keyboard.press("Control+b")
    tab.wait_for_selector("#jp-left-stack", state="hidden")


def dark(tab: Any) -> None:
    """Choose JupyterLab's dark theme."""
    tab.click(".lm-MenuBar-itemLabel:text-is('Settings')")
    tab.hover(".lm-Menu-itemLabel:text-is('Theme')")
    tab.click("text=JupyterLab Dark")
    tab.wait_for_selector("body[data-jp-theme-light=false]", state="attached")


def ours(errors: list[str]) -> list[str]:
    """Those of the console's errors that something of ours may have caused."""
    return [error for error in errors if any(word in error.lower() for word in ("workbook", "widget", "plotly", "panel.js"))]


def keep(what: Any, name: str) -> None:
    """Keep a picture of the page or a part of it when $WORKBOOK_SCREENSHOTS names a folder (those in docs/ are made so)."""
    folder = os.environ.get("WORKBOOK_SCREENSHOTS")
    if folder:
        what.screenshot(path=str(Path(folder) / f"{name}.png"))


def shortened(source: Path, target: Path, exercises: list[str], answers: dict[str, str]) -> None:
    """Write a copy of a notebook with the cells of some exercises only, and with `answers` in place of their stubs."""
    notebook = json.loads(source.read_text(encoding="utf-8"))
    notebook["cells"] = [cell for cell in notebook["cells"] if _wanted(cell["id"], exercises)]
    for cell in notebook["cells"]:
        name = cell["id"].removeprefix("answer-")
        if name in answers and cell["id"].startswith("answer-"):
            cell["source"] = f"# exercise: {name}\n{answers[name]}"
    target.write_text(json.dumps(notebook), encoding="utf-8")


def _wanted(cell_id: str, exercises: list[str]) -> bool:
    if cell_id in ("set-up", "imports"):
        return True
    return any(re.fullmatch(rf"(text|given|answer|test|help)-{name}(-\d+)?", cell_id) for name in exercises)

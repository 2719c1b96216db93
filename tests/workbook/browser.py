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


def run_all(tab: Any) -> None:
    """Run every cell of the notebook in front, once its kernel is ready."""
    tab.wait_for_selector(".jp-Notebook .jp-CodeCell")
    tab.wait_for_selector(".jp-StatusBar-TextItem:has-text('| Idle')")
    tab.click("text=Run >> nth=0")
    tab.click("text=Run All Cells")


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

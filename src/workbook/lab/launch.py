"""Starting JupyterLab on the work folder."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workbook.errors import BadInput
from workbook.model import Home

__all__ = ["lab_arguments", "lab_environment", "launch"]


def lab_arguments(home: Home, page: str, *, browser: bool, options: Sequence[str] = ()) -> list[str]:
    """The command that starts JupyterLab at one notebook of the work folder, named without its suffix.

    Its application object is reachable from the page, so that links in the progress panel open inside it.
    """
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={home.work_dir}",
        f"--LabApp.default_url=/lab/tree/{page}.ipynb",
        "--LabApp.expose_app_in_browser=True",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # containers run as root; the server listens on this machine only
    if not browser:
        command.append("--no-browser")
    return [*command, *options]


def lab_environment(home: Home) -> dict[str, str]:
    """This process' environment, with our settings for JupyterLab: it asks for no news, so nothing pops up at the first start.

    The work folder is named in it in full, because kernels run in folders of their own.
    """
    own = str(Path(__file__).parent / "jupyter")
    path = os.environ.get("JUPYTER_CONFIG_PATH")
    variables = {**os.environ, "WORKBOOK_WORK": str(home.work_dir)}
    return {**variables, "JUPYTER_CONFIG_PATH": os.pathsep.join([own, path] if path else [own])}


def launch(home: Home, page: str, *, browser: bool, options: Sequence[str] = ()) -> int:
    """Run JupyterLab until it is stopped; returns its exit code (128 + the signal's number when a signal ended it).

    Raises:
        BadInput: JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise BadInput("JupyterLab is not installed here.", 'Use ./setup.sh lab, or: pip install "workbook[lab]"')
    command = lab_arguments(home, page, browser=browser, options=options)
    process = subprocess.Popen(command, cwd=home.work_dir, env=lab_environment(home))

    def forward(number: int, _frame: object) -> None:
        process.send_signal(number)

    before = signal.signal(signal.SIGTERM, forward)
    try:
        code = _wait(process)
    finally:
        signal.signal(signal.SIGTERM, before)
    return code if code >= 0 else 128 - code


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # Ctrl+C reaches JupyterLab too; it asks, or stops by itself
            continue

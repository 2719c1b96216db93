"""Starting JupyterLab: the command, the surroundings, signals and exit codes. The real JupyterLab is in test_browser.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbook.errors import BadInput
from workbook.lab import launch as module
from workbook.lab.launch import lab_arguments, lab_environment, launch
from workbook.model import Home

LAUNCH = """
import sys
from pathlib import Path
from workbook.lab import launch as module
from workbook.model import Home

home = Home(Path(sys.argv[1]))
module.lab_arguments = lambda *args, **kwargs: [sys.executable, "-c", sys.argv[2]]
sys.exit(module.launch(home, "part1_small", browser=False))
"""


@pytest.fixture
def work(home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    home.work_dir.mkdir()
    return home.work_dir


def test_the_command_opens_a_notebook_of_the_work_folder(home: Home, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    command = lab_arguments(home, "home", browser=True)
    assert command == [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={home.work_dir}",
        "--LabApp.default_url=/lab/tree/home.ipynb",
        "--LabApp.expose_app_in_browser=True",
    ]
    assert lab_arguments(home, "home", browser=False, options=["--port", "9000"]) == [*command, "--no-browser", "--port", "9000"]


def test_root_is_let_in(home: Home, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "geteuid", lambda: 0)
    assert "--allow-root" in lab_arguments(home, "home", browser=True)


def test_a_work_folder_named_in_short_is_the_same_for_kernels(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBOOK_WORK", "mine")
    assert home.work_dir == tmp_path / "mine"
    assert lab_environment(home)["WORKBOOK_WORK"] == str(tmp_path / "mine")


def test_our_settings_come_before_the_students(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    own, theirs = lab_environment(home)["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert theirs == "/theirs"
    settings = json.loads((Path(own) / "labconfig" / "page_config.json").read_text(encoding="utf-8"))
    assert isinstance(settings, dict) and settings
    monkeypatch.delenv("JUPYTER_CONFIG_PATH")
    assert lab_environment(home)["JUPYTER_CONFIG_PATH"] == own


def test_without_jupyterlab_the_student_is_told_how_to_get_it(home: Home, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"JupyterLab is not installed here\.\nUse \./setup\.sh lab, or: pip install"):
        launch(home, "home", browser=False)


@pytest.mark.parametrize(("code", "expected"), [("raise SystemExit(0)", 0), ("raise SystemExit(5)", 5)])
def test_the_exit_code_is_jupyterlabs(home: Home, work: Path, monkeypatch: pytest.MonkeyPatch, code: str, expected: int) -> None:
    monkeypatch.setattr(module, "lab_arguments", lambda *args, **kwargs: [sys.executable, "-c", code])
    before = signal.getsignal(signal.SIGTERM)
    assert launch(home, "home", browser=False) == expected
    assert signal.getsignal(signal.SIGTERM) == before


def test_it_runs_in_the_work_folder(home: Home, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os; open('here', 'w').write(os.environ['JUPYTER_CONFIG_PATH'])"
    monkeypatch.setattr(module, "lab_arguments", lambda *args, **kwargs: [sys.executable, "-c", code])
    assert launch(home, "home", browser=False) == 0
    assert (home.work_dir / "here").read_text(encoding="utf-8").endswith("jupyter")


def test_ctrl_c_leaves_jupyterlab_the_last_word(home: Home, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Process:
        waits = 0

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        def wait(self) -> int:
            Process.waits += 1
            if Process.waits < 3:
                raise KeyboardInterrupt
            return 0

    monkeypatch.setattr(module.subprocess, "Popen", Process)
    assert launch(home, "home", browser=False) == 0
    assert Process.waits == 3


UP = "import signal, sys; {}print('up', flush=True); signal.pause()"
POLITE = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); "


@pytest.mark.parametrize(("child", "expected"), [(UP.format(""), 128 + signal.SIGTERM), (UP.format(POLITE), 0)])
def test_the_signal_to_stop_is_passed_on(home: Home, work: Path, child: str, expected: int) -> None:
    command = [sys.executable, "-c", LAUNCH, str(home.root), child]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == expected

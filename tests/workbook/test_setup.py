"""setup.sh, with stand-ins for Python, pip and df: nothing is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Stands for a Python that is new enough; its venv is a folder with a python like itself, and its pip does what PIP says.
PYTHON = r"""#!/bin/bash
echo "python $*" >>"$CALLS"
case "$*" in
    "-c "*) exit "${TOO_OLD:-0}" ;;
    --version) echo "Python ${VERSION:-3.12.1}" ;;
    "-m venv --clear "*)
        [ -z "${NO_VENV:-}" ] || exit 1
        mkdir -p "$4/bin"
        cp "$0" "$4/bin/python"
        cp "$FAKES/workbook" "$4/bin/workbook"
        ;;
    "-m pip --version") exit 0 ;;
    "-m pip install "*) [ -z "${PIP:-}" ] || { echo "$PIP"; exit 1; } ;;
    "-m pytest"*) exit "${TESTS:-0}" ;;
esac
"""
WORKBOOK = r"""#!/bin/bash
printf '%s\n' "workbook" "$@" | paste -sd '|' >>"$CALLS"
[ "$1" != "${FAILS:-none}" ] || exit 1
"""
DF = """#!/bin/bash
echo "Filesystem 1024-blocks Used Available Capacity Mounted on"
echo "/dev/disk 99999999 1 ${FREE:-50000000} 1% /"
"""


class Setup:
    """A checkout with setup.sh, and a PATH on which the stand-ins come first."""

    def __init__(self, folder: Path) -> None:
        self.root, self.fakes, self.calls = folder / "check out", folder / "fakes", folder / "calls"
        self.root.mkdir()
        self.fakes.mkdir()
        self.calls.touch()
        shutil.copy(ROOT / "setup.sh", self.root)
        (self.root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
        names = ("python3.13", "python3.12", "python3.11", "python3", "python")
        for name, text in {**dict.fromkeys(names, PYTHON), "workbook": WORKBOOK, "df": DF}.items():
            (self.fakes / name).write_text(text, encoding="utf-8")
            (self.fakes / name).chmod(0o755)

    def __call__(self, *words: str, code: int = 0, **variables: str) -> str:
        environment = {
            "PATH": f"{self.fakes}:/usr/bin:/bin",
            "CALLS": str(self.calls),
            "FAKES": str(self.fakes),
            "HOME": str(self.fakes),
        }
        run = subprocess.run(
            [str(self.root / "setup.sh"), *words], env={**environment, **variables}, capture_output=True, text=True, check=False
        )
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout + run.stderr

    def called(self) -> list[str]:
        """The calls since the last look."""
        lines = self.calls.read_text(encoding="utf-8").splitlines()
        self.calls.write_text("", encoding="utf-8")
        return lines


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_the_script_is_valid_and_executable() -> None:
    subprocess.run(["bash", "-n", str(ROOT / "setup.sh")], check=True)
    assert os.access(ROOT / "setup.sh", os.X_OK)


def test_the_first_run_installs_and_the_second_does_not(setup: Setup) -> None:
    shown = setup("lab", "--no-browser")
    assert "Setting up .venv with Python 3.12.1. This is done once" in shown
    calls = setup.called()
    installs = [call for call in calls if call.startswith("python -m pip install")]
    assert len(installs) == 2
    assert "torch==" in installs[0] and "--editable .[dev]" in installs[1]
    assert calls[-2:] == ["workbook|build", "workbook|lab|--no-browser"]
    assert setup("lab") == ""
    assert setup.called() == ["workbook|lab"]


@pytest.mark.parametrize("words", [["check"], ["new", "part", "two words"], ["--help"], ["status", "--json"], []])
def test_other_words_go_to_the_workbook_command(setup: Setup, words: list[str]) -> None:
    setup("status")
    setup.called()
    setup(*words)
    assert setup.called() == ["|".join(["workbook", *words])]


def test_test_runs_pytest_and_exit_codes_are_passed_on(setup: Setup) -> None:
    setup("test", "-k", "einsum", code=5, TESTS="5")
    assert setup.called()[-1] == "python -m pytest -k einsum"
    setup("test", "einsum_mm", "--json")
    assert setup.called()[-1] == "workbook|test|einsum_mm|--json", "a name that is no path is an exercise's"
    setup("check", code=1, FAILS="check")


def test_what_it_depends_on_makes_it_install_again(setup: Setup) -> None:
    setup("status")
    setup.called()
    (setup.root / "pyproject.toml").write_text("[project]\nname = 'changed'\n", encoding="utf-8")
    setup("status")
    calls = setup.called()
    assert len([call for call in calls if call.startswith("python -m pip install")]) == 2
    assert not [call for call in calls if "venv --clear" in call]  # the environment itself is kept


def test_a_moved_checkout_gets_a_new_environment(setup: Setup) -> None:
    setup("status")
    setup.root = setup.root.rename(setup.root.with_name("elsewhere"))
    setup.called()
    setup("status")
    assert [call for call in setup.called() if "venv --clear" in call]


def test_a_python_that_is_too_old(setup: Setup) -> None:
    shown = setup("lab", code=1, TOO_OLD="1", VERSION="3.9.2")
    assert "setup.sh: Python 3.11, 3.12 or 3.13 is needed; found: Python 3.9.2." in shown
    assert "PYTHON=/path/to/python3.12 ./setup.sh" in shown
    assert not (setup.root / ".venv").exists()


def test_a_python_that_was_named_is_the_one_that_is_used(setup: Setup, tmp_path: Path) -> None:
    chosen = tmp_path / "my python"
    shutil.copy(setup.fakes / "python3.12", chosen)
    setup("status", PYTHON=str(chosen))
    shutil.rmtree(setup.root / ".venv")
    assert "found: no /no/python that runs." in setup("status", code=1, PYTHON="/no/python")


def test_no_python_at_all(setup: Setup) -> None:
    for path in setup.fakes.glob("python*"):
        path.write_text("#!/bin/bash\nexit 127\n", encoding="utf-8")
    assert "found: no python3 that runs." in setup("lab", code=1)


def test_no_space(setup: Setup) -> None:
    shown = setup("lab", code=1, FREE="1500000")
    assert "About 4 GB of disk are needed for the packages; only 1 GB are free here." in shown
    assert "Make room" in shown
    assert not (setup.root / ".venv").exists()


def test_no_space_is_asked_for_what_is_there_already(setup: Setup) -> None:
    (setup.root / ".venv" / "lib" / "python3.12" / "site-packages" / "torch").mkdir(parents=True)
    shutil.copytree(setup.fakes, setup.root / ".venv" / "bin")
    assert "GB" not in setup("status", FREE="1500000")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("Failed to establish a new connection: [Errno 101]", "The package index could not be reached."),
        ("Temporary failure in name resolution", "The package index could not be reached."),
        ("OSError: [Errno 28] No space left on device", "The disk is full."),
        ("ERROR: something else", "Installing failed: torch=="),
    ],
)
def test_what_pip_says_is_told_in_a_sentence(setup: Setup, said: str, sentence: str) -> None:
    shown = setup("lab", code=1, PIP=said)
    assert f"setup.sh: {sentence}" in shown
    assert said in shown
    setup.called()
    setup("lab")  # the same command again, once the reason is gone
    assert setup.called()[-1] == "workbook|lab"


def test_no_venv_module(setup: Setup) -> None:
    shown = setup("lab", code=1, NO_VENV="1")
    assert "Python could not make a virtual environment." in shown
    assert "apt install python3-venv" in shown


def test_notebooks_that_cannot_be_built(setup: Setup) -> None:
    shown = setup("lab", code=1, FAILS="build")
    assert "The notebooks could not be built." in shown
    assert setup.called()[-1] == "workbook|build"

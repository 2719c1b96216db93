"""A student's work survives what happens to a course: `git pull` of a newer one, `workbook build`, and setup.sh run again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.lab.progress import Progress
from workbook.model import Home, Result, Status

ROOT = Path(__file__).parents[2]
PART = "part1_small.ipynb"
STATEMENT = "Sum the diagonal of a square matrix."
# What setup.sh makes of a Python: everything is installed already, and `workbook` is this checkout's.
PYTHON = """#!/bin/bash
case "$*" in
    "-m venv --clear "*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; cp "$FAKES/workbook" "$4/bin/workbook" ;;
esac
"""
WORKBOOK = f"""#!/bin/bash
exec {sys.executable} -m workbook "$@"
"""
DF = """#!/bin/bash
printf 'Filesystem\\n/dev/disk 99999999 1 50000000 1%% /\\n'
"""


def git(folder: Path, *words: str) -> str:
    """What git says, asked with nobody's settings but these."""
    names = {f"GIT_{who}_{what}": "somebody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Student:
    """A clone of the course with setup.sh, and the stand-ins that it calls."""

    def __init__(self, course: Path, folder: Path) -> None:
        self.root, self.fakes = folder / "clone", folder / "fakes"
        git(folder, "clone", "-q", str(course), str(self.root))
        self.work = self.root / "work"
        self.fakes.mkdir()
        for name, text in {"python3.12": PYTHON, "workbook": WORKBOOK, "df": DF}.items():
            (self.fakes / name).write_text(text, encoding="utf-8")
            (self.fakes / name).chmod(0o755)

    def setup(self, *words: str) -> str:
        """What setup.sh says."""
        environment = {
            **{name: value for name, value in os.environ.items() if name != "WORKBOOK_WORK"},
            "PATH": f"{self.fakes}:/usr/bin:/bin",
            "FAKES": str(self.fakes),
            "PYTHON": str(self.fakes / "python3.12"),
            "PYTHONPATH": str(ROOT / "src"),
        }
        done = subprocess.run(["./setup.sh", *words], cwd=self.root, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def solve(self) -> None:
        """Write the answer of one exercise into the copy, with an output, and record that it passed."""
        path = self.work / PART
        notebook = json.loads(path.read_text(encoding="utf-8"))
        (cell,) = [cell for cell in notebook["cells"] if "".join(cell["source"]).startswith("# exercise: trace_of")]
        cell["source"] = "# exercise: trace_of\ndef trace_of(mat):\n    return np.einsum('ii->', mat)  # mine"
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "my output"}]
        path.write_text(json.dumps(notebook), encoding="utf-8")
        Progress(self.work).record("small_course", "part1_small", Result("trace_of", Status.PASSED))

    def files(self) -> dict[str, bytes]:
        """Everything in work/ but the home page, which is made anew."""
        return {path.name: path.read_bytes() for path in self.work.iterdir() if path.is_file() and path.name != "home.ipynb"}


@pytest.fixture
def course(make_home: Callable[..., Home], tmp_path: Path) -> Path:
    """The small course, published: a git repository with its generated notebooks."""
    root = tmp_path / "course"
    make_home(root)
    shutil.copy(ROOT / "setup.sh", root)
    (root / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "1"\n', encoding="utf-8")
    shutil.copy(ROOT / ".gitignore", root)
    git(root.parent, "init", "-q", "-b", "main", str(root))
    publish(root, "first")
    return root


def publish(root: Path, message: str) -> None:
    command = [sys.executable, "-m", "workbook", "build"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    assert done.returncode == 0, done.stdout + done.stderr
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_edited_work_survives_a_pull_a_build_and_another_setup(course: Path, tmp_path: Path) -> None:
    student = Student(course, tmp_path)
    student.setup("lab", "--", "--version")  # JupyterLab says its version and ends; the copies are there
    student.solve()
    before = student.files()
    assert {PART, "progress.sqlite", "versions.json"} <= before.keys()

    text = course / "small_course" / "part1_small.md"  # the same exercise changes, and what setup.sh installs for
    text.write_text(text.read_text(encoding="utf-8").replace(STATEMENT, "Add up the diagonal."), encoding="utf-8")
    (course / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "2"\n', encoding="utf-8")
    publish(course, "second")

    git(student.root, "pull", "-q", "--ff-only")  # nothing of the student's is in its way
    assert "Add up the diagonal." in (student.root / "exercises" / PART).read_text(encoding="utf-8")
    assert student.files() == before
    student.setup("build")
    assert student.files() == before
    said = student.setup("lab", "--", "--version")
    assert f"The course has a newer version of {PART}. Yours is kept" in said
    assert student.files() == before
    assert git(student.root, "status", "--porcelain") == "", "work/ is no part of the course's repository"

    (passed,) = json.loads(student.setup("test", "trace_of", "--json"))["results"]
    assert passed["status"] == "passed"

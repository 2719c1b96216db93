"""A session like Colab's: a bare environment, a fake `google.colab`, an empty folder, notebooks that are nowhere on the disk.

Two wheels made from a zip archive of a small project, as GitHub gives one out, are what pip finds there; there is no network.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.damage import damaged
from tests.workbook.test_builds_on import FILES
from workbook import __version__
from workbook.build.formats import nbformat_module
from workbook.build.notebooks import build_notebook
from workbook.lab.testing import results_of
from workbook.model import Chapter, Home, Status

ROOT = Path(__file__).parents[2]
PARTS = ("part1_bricks", "part2_walls")
OURS = ("workbook", "_workbook", "__editable__")


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The platform with a small chapter of its own, whose second part builds on the first one; its notebooks have a repository."""
    root = tmp_path_factory.mktemp("archive") / "tensors-main"
    for name in ("src", "selfstudy"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root / name)
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('repository = "ada/tensors"\n' + text if name.endswith(".toml") else text, encoding="utf-8")
    (root / "tower" / "data").mkdir()
    (root / "tower" / "data" / "note.txt").write_text("clay\n", encoding="utf-8")
    return Home(root)


@pytest.fixture(scope="module")
def wheels(project: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both wheels."""
    folder = tmp_path_factory.mktemp("wheels")
    archive = Path(shutil.make_archive(str(folder / "main"), "zip", project.root.parent))
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    sources = [f"workbook@{archive.as_uri()}", f"workbook-selfstudy@{archive.as_uri()}#subdirectory=selfstudy"]
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", *isolation, "--wheel-dir", str(folder), *sources)
    archive.unlink()
    return folder


@pytest.fixture(scope="module")
def colab(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder /content of a fresh session whose kernel is called colab: torch and Jupyter are installed, workbook is not."""
    base = tmp_path_factory.mktemp("colab")
    run(sys.executable, "-m", "venv", str(base / "venv"))
    (site,) = (base / "venv" / "lib").glob("python*/site-packages")
    installed = base / "installed"
    installed.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith((*OURS, "pip", "google")) and path.suffix != ".pth":
            (installed / path.name).symlink_to(path)
    (site / "installed.pth").write_text(f"{installed}\n", encoding="utf-8")
    (site / "google" / "colab").mkdir(parents=True)
    (site / "google" / "colab" / "__init__.py").write_text("", encoding="utf-8")
    (site / "google" / "colab" / "output.py").write_text("def enable_custom_widget_manager():\n    pass\n", encoding="utf-8")
    spec = {"argv": [str(base / "venv/bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    (base / "jupyter" / "kernels" / "colab").mkdir(parents=True)
    text = json.dumps({**spec, "display_name": "Colab", "language": "python"})
    (base / "jupyter" / "kernels" / "colab" / "kernel.json").write_text(text, encoding="utf-8")
    (base / "content").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(base / "jupyter"))
        patch.setenv("WORKBOOK_SOURCE", "workbook-selfstudy")
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        for name in ("PYTHONPATH", "WORKBOOK_WORK"):
            patch.delenv(name, raising=False)
        yield base / "content"


def in_colab(notebook: Any, folder: Path) -> dict[str, str]:
    """Run a notebook from nowhere: cell id to what it showed, with ids as before."""
    from nbclient import NotebookClient

    ids = [cell.pop("id") for cell in notebook.cells]
    notebook.nbformat_minor = 0
    client = NotebookClient(
        notebook, timeout=300, kernel_name="colab", allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return {name: "\n".join(map(_shown, cell.get("outputs", []))) for name, cell in zip(ids, notebook.cells, strict=True)}


def _shown(output: Any) -> str:
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return str(output.get("text") or output.data.get("text/html") or output.data.get("text/plain"))


def notebook_of(chapter: Chapter, part: str, **answers: str) -> Any:
    """The notebook for self-study with solutions in it, save for these answers; the set-up cell stands in it twice."""
    solved = {cell.id: cell.source for cell in build_notebook(chapter, chapter.part(part), "solutions").cells}
    notebook = build_notebook(chapter, chapter.part(part), "self-study")
    for cell in notebook.cells:
        if cell.id.startswith("answer-"):
            cell["source"] = answers.get(cell.id.removeprefix("answer-"), solved[cell.id])
    again = nbformat_module().v4.new_code_cell(next(cell.source for cell in notebook.cells if cell.id == "set-up"), id="again")
    data = nbformat_module().v4.new_code_cell('print(tests.data("note.txt").read_text())', id="data")
    progress = nbformat_module().v4.new_code_cell("workbook.progress()", id="progress")
    notebook.cells += [again, data, progress]
    return notebook


def test_the_archive_gives_two_wheels_and_only_one_has_answers(wheels: Path) -> None:
    members = {path.name.split("-")[0]: zipfile.ZipFile(path).namelist() for path in wheels.glob("*.whl")}
    assert set(members) == {"workbook", "workbook_selfstudy"}
    assert {name for name in members["workbook"] if name.startswith("workbook/chapters/")} == {
        "workbook/chapters/tower/chapter.toml",
        "workbook/chapters/tower/data/note.txt",
        *(
            f"workbook/chapters/tower/{kind}/{prefix}{part}.py"
            for kind, prefix in (("tests", "test_"), ("stubs", ""))
            for part in PARTS
        ),
    }
    assert {name.removeprefix("workbook_selfstudy/") for name in members["workbook_selfstudy"] if ".dist-info" not in name} == {
        "__init__.py",
        "modules/part1_bricks.py",
        "tower/chapter.toml",
        "tower/data/note.txt",
        *(f"tower/{part}.md" for part in PARTS),
        *(f"{folder}/{part}.py" for folder in ("solutions", "tests/mistakes") for part in PARTS),
        *(f"tests/tower/test_{part}.py" for part in PARTS),
    }


def test_both_wheels_have_the_same_version() -> None:
    first, second = (
        tomllib.loads((ROOT / path).read_text(encoding="utf-8"))["project"]
        for path in ("pyproject.toml", "selfstudy/pyproject.toml")
    )
    assert first["version"] == second["version"] == __version__
    assert second["dependencies"][0] == f"workbook=={__version__}"
    assert set(second["dependencies"][1:]) <= set(first["optional-dependencies"]["lab"])
    assert first["requires-python"] == second["requires-python"]


def test_a_session(project: Home, colab: Path, tmp_path: Path) -> None:
    pytest.importorskip("nbclient")
    chapter = project.chapters[0]

    first = notebook_of(chapter, "part1_bricks", quiz_top='quiz_top = "b"')
    shown = in_colab(first, colab)
    assert shown["set-up"].strip() == "Installing workbook. This takes about a minute, once in a session."
    assert shown["again"] == ""
    assert shown["data"].strip() == "clay"
    assert 'aria-label="Your progress"' in shown["progress"] and "2 of 3" in shown["progress"]
    assert "passed" in shown["test-Brick"] and "passed" in shown["test-_weigh"]
    assert "That one was laid first." in shown["test-quiz_top"], "a quiz is judged, with the known mistake"

    second = notebook_of(chapter, "part2_walls")
    shown = in_colab(second, colab)
    assert shown["set-up"] == shown["imports"] == shown["again"] == "", "installed already; the earlier part can be imported"
    assert "passed" in shown["test-wall"]
    assert [path.relative_to(colab).as_posix() for path in colab.rglob("*")] == ["work", "work/progress.sqlite"]

    (colab / "part1_bricks.py").write_text("class Brick: pass\n\n\ndef _weigh(brick):\n    return 0\n", encoding="utf-8")
    shown = in_colab(notebook_of(chapter, "part2_walls"), colab)
    assert shown["test-wall"] == "TypeError: Brick() takes no arguments", "a module of the student's own comes first"

    saved = tmp_path / "Copy of part1_bricks.ipynb"
    saved.write_bytes(damaged()["Colab"].make({**first, "cells": [{"id": "lost", **cell} for cell in first.cells]}))
    results = {result.exercise: result.status for result, _ in results_of(project, saved)}
    assert results == {"Brick": Status.PASSED, "_weigh": Status.PASSED, "quiz_top": Status.FAILED}

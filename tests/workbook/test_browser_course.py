"""Whole notebooks in a real browser: nbgrader's Validate on a released one, and a solved part run from a fresh kernel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.browser import CHROMIUM, choose, dark, hide_files, jupyterlab, keep, ours, page, ready, shortened
from workbook.build.editions import course_files, write_files
from workbook.build.notebooks import build_notebook, to_text
from workbook.model import find_home

pytest.importorskip("playwright", reason="browser tests need playwright")
if not CHROMIUM.exists():
    pytest.skip(f"browser tests need Debian's chromium at {CHROMIUM}", allow_module_level=True)

ROOT = Path(__file__).parents[2]
HOME = find_home(ROOT)
CHAPTER = HOME.chapters[0]
PART = CHAPTER.part("part3_einsum")
FEW = ["einsum_trace", "quiz_einsum_sum"]  # of the released notebook: validating runs all of it in a kernel of its own


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab, and its work folder: a released notebook, untouched and solved, and a whole solved part."""
    work, course = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("course")
    solved = build_notebook(CHAPTER, PART, "solutions")
    (work / "solved.ipynb").write_text(to_text(solved), encoding="utf-8")
    answers = {cell.id.removeprefix("answer-"): cell.source for cell in solved.cells if cell.id.startswith("answer-")}
    released = release(course)
    shortened(released, work / "untouched.ipynb", FEW, {})
    shortened(released, work / "done.ipynb", FEW, {name: answers[name] for name in FEW})
    with jupyterlab(ROOT, work) as address:
        yield address, work


def release(folder: Path) -> Path:
    """The part's notebook as nbgrader releases it."""
    files = course_files(HOME, CHAPTER, folder / "course")
    write_files({path: text for path, text in files.items() if path.suffix != ".ipynb" or path.stem == PART.name})
    own = {name: str(folder) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}  # nobody's own settings
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # nbgrader looks for `alembic` there
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", PART.name]
    done = subprocess.run(command, cwd=folder / "course", env={**os.environ, **own, "PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "course" / "release" / PART.name / f"{PART.name}.ipynb"


def notebook(lab: tuple[str, Path], name: str) -> str:
    return re.sub(r"/lab/tree/\w+\.ipynb", f"/lab/tree/{name}.ipynb", lab[0]) + "&reset"


def validated(tab: Any) -> Any:
    """What nbgrader says after a click on its button."""
    ready(tab)
    hide_files(tab)
    tab.get_by_role("button", name="Validate").click()
    dialog = tab.locator(".jp-Dialog", has_text="Validation Results")
    dialog.wait_for()
    return dialog


def test_validate_says_what_fails_and_what_passes(lab: tuple[str, Path]) -> None:
    with page(notebook(lab, "untouched"), height=800) as (tab, errors):
        dialog = validated(tab)
        said = dialog.inner_text()
        assert said.count("The following cell failed") == len(FEW), said
        assert [name for name in FEW if f"{name} is not written yet: replace the stub with your answer" not in said] == [], said
        assert ours(errors) == []
        keep(tab, "tour-validate")
    with page(notebook(lab, "done"), height=900) as (tab, errors):
        assert "Success! Your notebook passes all the tests." in validated(tab).inner_text()
        assert ours(errors) == []


def test_a_solved_part_runs_from_a_fresh_kernel_without_an_error(lab: tuple[str, Path]) -> None:
    """On a dark page; what is saved then holds every cell's output."""
    _, work = lab
    with page(notebook(lab, "solved"), width=1000, height=1000, dark=True) as (tab, errors):
        ready(tab)
        hide_files(tab)
        dark(tab)
        choose(tab, "Kernel", "Restart Kernel and Run All Cells")
        tab.get_by_role("button", name="Confirm Kernel Restart").click()
        tab.locator(".jp-CodeCell .jp-InputPrompt").last.filter(has_text=re.compile(r"\[\d+\]")).wait_for()
        ready(tab)
        with tab.expect_response(lambda answer: answer.request.method == "PUT" and "solved.ipynb" in answer.url):
            tab.keyboard.press("Control+s")
        last = [exercise.name for exercise in PART.exercises if exercise.kind == "picture" or "einsum" in exercise.name][-1]
        passed = tab.locator("div[role=status]", has_text=f"✓ {last}: passed")
        passed.scroll_into_view_if_needed()
        colour = passed.evaluate("node => getComputedStyle(node).color")
        assert min(map(float, re.findall(r"[\d.]+", colour)[:3])) > 180, f"dark letters on a dark page: {colour}"
        keep(tab, "tour-run-all")
        assert ours(errors) == []
    cells = [
        cell for cell in json.loads((work / "solved.ipynb").read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"
    ]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    said = "".join("".join(output.get("data", {}).get("text/plain", "")) for output in outputs)
    tested = [exercise.name for exercise in PART.exercises if exercise.kind != "question"]
    assert [name for name in tested if f"✓ {name}: passed" not in said] == []

"""The notebooks in a real kernel: every solved one passes, every exercise one fails only where nothing is written yet."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbook.build.editions import edition_files, write_files
from workbook.build.execute import execute_file, execute_notebook, failures
from workbook.build.formats import nbformat_module
from workbook.model import Part, find_home

HOME = find_home(Path(__file__).parent)
PARTS = [part for _, part in HOME.parts()]
PART_NAMES = [part.name for part in PARTS]
FIGURE = "application/vnd.plotly.v1+json"
LIMIT = 180.0  # seconds for all solved notebooks together


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the notebooks run, as far from the checkout as a student's are; their progress is recorded here too."""
    path = tmp_path_factory.mktemp("notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_WORK", str(path / "work"))
        yield path


@pytest.fixture(scope="module")
def solved(folder: Path) -> dict[str, float]:
    """Part to the seconds that its solved notebook took; a failing cell ends it with a BadInput that shows the cell."""
    paths = write_files(edition_files(HOME, "solutions", folder / "solutions"))
    return {path.stem: execute_file(path) for path in paths if path.suffix == ".ipynb"}


def executed(path: Path) -> Any:
    return nbformat_module().read(path, as_version=4)


def text_of(cell: Any) -> str:
    """What a cell shows, in plain text."""
    return "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def exercises_of(part: Part) -> list[str]:
    return [exercise.name for exercise in part.exercises if exercise.kind != "question"]


def test_all_solved_notebooks_run_within_a_minute(solved: dict[str, float]) -> None:
    assert sorted(solved) == sorted(PART_NAMES)
    assert sum(solved.values()) < LIMIT, solved


@pytest.mark.parametrize("part", PARTS, ids=PART_NAMES)
def test_every_test_cell_of_a_solved_notebook_passes(part: Part, folder: Path, solved: dict[str, float]) -> None:
    notebook = executed(folder / "solutions" / f"{part.name}.ipynb")
    assert failures(notebook) == {}
    shown = {cell.id: text_of(cell) for cell in notebook.cells if cell.cell_type == "code"}
    for name in exercises_of(part):
        assert f"✓ {name}: passed" in shown[f"test-{name}"]


@pytest.mark.parametrize("part", PARTS, ids=PART_NAMES)
def test_every_figure_is_small_fits_a_window_of_800_and_is_told_in_words(
    part: Part, folder: Path, solved: dict[str, float]
) -> None:
    """Bytes as the notebook stores them, width in screen pixels, and letters of the text that stands beside the figure."""
    bundles = [
        (cell.id, output.data)
        for cell in executed(folder / "solutions" / f"{part.name}.ipynb").cells
        for output in cell.get("outputs", [])
        if FIGURE in output.get("data", {})
    ]
    assert bundles
    for cell, data in bundles:
        assert len(json.dumps(data[FIGURE])) < 60_000, cell
        assert data[FIGURE]["layout"]["width"] <= 620, cell
        assert len(data.get("text/plain", "")) > 15, cell
        assert not data["text/plain"].startswith("A figure"), cell


@pytest.mark.parametrize("part", PARTS, ids=PART_NAMES)
def test_solved_notebooks_write_nothing_to_stderr(part: Part, folder: Path, solved: dict[str, float]) -> None:
    """nbgrader gives no points for a test cell which does."""
    notebook = executed(folder / "solutions" / f"{part.name}.ipynb")
    streams = [
        (cell.id, output.text)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert streams == []


@pytest.mark.parametrize("part", PARTS, ids=PART_NAMES)
def test_exercise_notebooks_fail_with_the_message_of_the_stub_and_nowhere_else(part: Part, folder: Path) -> None:
    for name in part.builds_on:
        shutil.copy(HOME.exercises_dir / f"{name}.py", folder)
    path = Path(shutil.copy(HOME.exercises_dir / f"{part.name}.ipynb", folder))
    notebook = executed(path)
    execute_notebook(notebook, folder, allow_errors=True)
    failed = failures(notebook)
    assert {cell: failed.pop(cell, None) for cell in [f"test-{name}" for name in exercises_of(part)]} == {
        f"test-{name}": (
            "Unsolved",
            f"{name} is not written yet: replace the stub with your answer, run that cell, then run this one again.",
        )
        for name in exercises_of(part)
    }
    # Given code that puts answers to use stops at a stub, or at a name that such a cell would have made.
    assert {error for error, _ in failed.values()} <= {"NotImplementedError", "NameError"}, failed
    assert {cell for cell in failed if not cell.startswith("given-")} == set(), failed
    assert all(text == "Write your answer here." for error, text in failed.values() if error == "NotImplementedError"), failed

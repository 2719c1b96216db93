"""The badge and the set-up cell: what a notebook needs where nothing is installed."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.damage import damaged, handed_in
from workbook.build import colab
from workbook.build.notebooks import EDITIONS, build_notebook
from workbook.check.run import run_exercise
from workbook.grade.reading.submission import read_submission
from workbook.lab.answers import read_answers
from workbook.model import Chapter, Home, Status

ARCHIVE = "https://github.com/ada/tensors/archive/refs/heads/course/2030.zip"


@pytest.fixture
def published(home: Home) -> Chapter:
    """The small course, with a repository."""
    toml = home.root / "small_course" / "chapter.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(f'repository = "ada/tensors"\nbranch = "course/2030"\n{text}', encoding="utf-8")
    return Home(home.root).chapters[0]


def cells(chapter: Chapter, edition: str = "self-study") -> dict[str, Any]:
    return {cell.id: cell for cell in build_notebook(chapter, chapter.parts[0], edition).cells}


def test_the_badge_opens_the_committed_notebook(published: Chapter) -> None:
    found = cells(published)
    assert next(iter(found)) == "colab"
    assert found["colab"].source == (
        "[![Open in Colab](attachment:open-in-colab.png)]"
        "(https://colab.research.google.com/github/ada/tensors/blob/course/2030/exercises/part1_small.ipynb)"
    )
    picture = base64.b64decode(found["colab"].attachments["open-in-colab.png"]["image/png"])
    assert picture.startswith(b"\x89PNG\r\n\x1a\n") and len(picture) < 2_000


@pytest.mark.parametrize("edition", ["course", "solutions"])
def test_notebooks_that_are_not_committed_have_no_badge(published: Chapter, edition: str) -> None:
    assert "colab" not in cells(published, edition)


def test_without_a_repository_there_is_neither_badge_nor_installation(chapter: Chapter) -> None:
    found = cells(chapter)
    assert "colab" not in found
    assert "pip" not in found["set-up"].source


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_set_up_cell_is_short_and_the_same_but_for_the_part(published: Chapter, edition: str) -> None:
    source = cells(published, edition)["set-up"].source
    assert len(source.splitlines()) <= 15 and max(map(len, source.splitlines())) <= 100
    other = colab.set_up(published, published.parts[0].__class__("part9_last", "Last", "", ()), edition)
    assert other == source.replace("part1_small", "part9_last")
    assert f'archive = "{ARCHIVE}"' in source


def test_only_self_study_installs_solutions_and_mistakes(published: Chapter) -> None:
    assert "workbook-selfstudy@{archive}#subdirectory=selfstudy" in cells(published, "self-study")["set-up"].source
    assert "selfstudy" not in cells(published, "course")["set-up"].source


INSTALLING = """
import json, sys, subprocess
from importlib.machinery import ModuleSpec

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "workbook":
            raise ModuleNotFoundError("No module named 'workbook'", name="workbook")

class Fake:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == "workbook" else None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        module.start = lambda part: calls.append(part)

def run(command, check):
    calls.append(command)
    sys.meta_path[0] = Fake()

calls = []
sys.meta_path.insert(0, Absent())
subprocess.run = run
cell = sys.stdin.read()
exec(cell)
exec(cell)
print(json.dumps([calls[0][1:], *calls[1:]]))
"""


@pytest.mark.parametrize(
    ("chosen", "installed"),
    [
        (None, [f"workbook@{ARCHIVE}", f"workbook-selfstudy@{ARCHIVE}#subdirectory=selfstudy"]),
        ("", [f"workbook@{ARCHIVE}", f"workbook-selfstudy@{ARCHIVE}#subdirectory=selfstudy"]),
        ("workbook workbook-selfstudy", ["workbook", "workbook-selfstudy"]),
    ],
)
def test_the_cell_installs_once_and_runs_again(
    published: Chapter, monkeypatch: pytest.MonkeyPatch, chosen: str | None, installed: list[str]
) -> None:
    monkeypatch.delenv("WORKBOOK_SOURCE", raising=False)
    if chosen is not None:
        monkeypatch.setenv("WORKBOOK_SOURCE", chosen)
    source = cells(published)["set-up"].source
    done = subprocess.run([sys.executable, "-c", INSTALLING], input=source, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    told, calls = done.stdout.splitlines()
    assert told == "Installing workbook. This takes about a minute, once in a session."
    assert json.loads(calls) == [["-m", "pip", "install", "--quiet", *installed], "part1_small", "part1_small"]


# --- saved as Colab does: nbformat 4.0, ids in the metadata only ------------------------------------------------------------


def test_a_notebook_saved_by_colab_is_tested(published: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(published.folder)
    solved = json.loads(json.dumps(build_notebook(published, published.parts[0], "solutions")))
    path = tmp_path / "Copy of part1_small.ipynb"
    path.write_bytes(damaged()["Colab"].make(solved))
    assert '"nbformat_minor": 0' in path.read_text(encoding="utf-8")
    answers = read_answers(path)
    assert answers.notes == []
    found = {e.name: run_exercise(published, e, answers.names).status for e in published.parts[0].exercises if e.kind != "question"}
    assert set(found.values()) == {Status.PASSED} and len(found) == 7


def test_a_notebook_saved_by_colab_is_read_for_grading(published: Chapter) -> None:
    part = published.parts[0]
    good = handed_in(published, part)
    submission = read_submission({f"{part.name}.ipynb": damaged()["Colab"].make(good)}, published, part)
    assert submission.notes == ()
    assert [cell.role for cell in submission.cells if "import workbook" in cell.source] == ["other"]
    assert {cell.exercise for cell in submission.cells if cell.role == "answer"} == {
        e.name for e in part.exercises if e.kind != "question"
    }

"""The real nbgrader on the real chapter: released, submitted, graded, fed back and exported with its own commands."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from workbook.build import leaks
from workbook.build.editions import course_files, write_files
from workbook.build.formats import nbformat_module
from workbook.build.notebooks import build_notebook
from workbook.check.cases import solution
from workbook.check.run import find_test, run_test
from workbook.check.trial import Trial
from workbook.model import Exercise, Part, Status, find_home

HOME = find_home(Path(__file__).parent)
CHAPTER = HOME.chapters[0]
PARTS = {part.name: part for part in CHAPTER.parts}
# A submission of one part only, with two answers that know the examples and nothing else.
CHEATED = "part3_einsum"
every_part = pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())


@dataclass(frozen=True)
class Course:
    """A course folder, and nbgrader's commands run in it."""

    folder: Path
    environment: dict[str, str]

    def nbgrader(self, *arguments: str) -> str:
        """What the command says; an AssertionError with all of that when it fails."""
        command = [sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"nbgrader {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def notebook(self, *place: str) -> Any:
        return nbformat_module().read(self.folder.joinpath(*place, f"{place[-1]}.ipynb"), as_version=4)

    def submit(self, student: str, part: Part, answers: dict[str, str]) -> None:
        """The released notebook with the answer cells of these exercises written over."""
        notebook = self.notebook("release", part.name)
        cells = {cell.id: cell for cell in notebook.cells}
        for name, source in answers.items():
            cells[f"answer-{name}"]["source"] = source
        path = self.folder / "submitted" / student / part.name / f"{part.name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat_module().write(notebook, path)

    def grades(self) -> dict[tuple[str, str], tuple[float, float]]:
        """(student, part) to (score, maximum), from the exported table."""
        with (self.folder / "grades.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {(row["student_id"], row["assignment"]): (float(row["score"]), float(row["max_score"])) for row in rows}


def answers_of(part: Part) -> dict[str, str]:
    """Exercise to what its answer cell holds in the solved notebook."""
    cells = {cell.id: cell.source for cell in build_notebook(CHAPTER, part, "solutions").cells}
    return {exercise.name: cells[f"answer-{exercise.name}"] for exercise in automatic(part)}


def automatic(part: Part) -> list[Exercise]:
    """The exercises that nbgrader grades by itself."""
    return [exercise for exercise in part.exercises if exercise.kind != "question"]


def points(exercises: list[Exercise]) -> int:
    return sum(exercise.points for exercise in exercises)


def half(part: Part) -> list[Exercise]:
    """The exercises of the part's first half, by points: what later ones need is among them."""
    total = points(automatic(part))
    return [exercise for n, exercise in enumerate(automatic(part), 1) if 2 * points(automatic(part)[:n]) <= total]


def example_only(exercise: Exercise) -> str:
    """An einsum_mm which knows the docstring's example."""
    assert exercise.name == "einsum_mm"
    return "def einsum_mm(mat1, mat2):\n    return np.array([[7, -1], [16, -1]])"


@cache
def memorised(exercise: Exercise) -> str:
    """An einsum_trace which looks its result up among all inputs of the visible test, and knows no other."""
    right: Callable[..., Any] = solution(CHAPTER, exercise)[exercise.name]
    seen: dict[str, Any] = {}

    def watched(mat: Any) -> Any:
        seen[_key(mat)] = (right(mat).item(), str(mat.dtype))
        return right(mat)

    run_test(Trial(CHAPTER, exercise), find_test(CHAPTER, exercise), [watched])
    return (
        f"SEEN = {seen!r}\n\n"
        f"def {exercise.name}(mat):\n"
        f"    value, dtype = SEEN.get({_KEY}, (0.0, str(mat.dtype)))\n"
        "    return np.array(value, dtype=dtype)"
    )


_KEY = 'f"{mat.shape} {np.asarray(mat).tobytes().hex()}"'


def _key(mat: Any) -> str:
    return f"{mat.shape} {mat.tobytes().hex()}"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course edition, built and released."""
    home = tmp_path_factory.mktemp("nbgrader")
    folder = home / "course"
    write_files(course_files(HOME, CHAPTER, folder))
    environment = {
        **os.environ,
        # nbgrader looks for `alembic` on the path.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        # Nobody's own settings.
        **{name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")},
        "WORKBOOK_WORK": str(home / "work"),
    }
    course = Course(folder, environment)
    course.nbgrader("generate_assignment", "--assignment=*")
    return course


@pytest.fixture(scope="module")
def graded(released: Course) -> Course:
    """Submissions put in, graded, fed back and exported."""
    for part in PARTS.values():
        right = answers_of(part)
        released.submit("right", part, right)
        released.submit("half", part, {exercise.name: right[exercise.name] for exercise in half(part)})
        released.submit("untouched", part, {})
    cheats = {"einsum_mm": example_only, "einsum_trace": memorised}
    answers = {name: write(CHAPTER.exercises[name]) for name, write in cheats.items()}
    released.submit("cheat", PARTS[CHEATED], answers)
    released.nbgrader("autograde", "--assignment=*")
    released.nbgrader("generate_feedback", "--assignment=*")
    released.nbgrader("export")
    return released


# --- what is released -------------------------------------------------------------------------------------------------


@every_part
def test_released_notebooks_hold_nothing_of_a_solution_a_mistake_or_a_hidden_test(released: Course, part: Part) -> None:
    text = (released.folder / "release" / part.name / f"{part.name}.ipynb").read_text(encoding="utf-8")
    sources = "\n".join(cell.source for cell in released.notebook("release", part.name).cells)
    assert list(leaks.search(CHAPTER, part, sources)) == []
    assert "SOLUTION" not in text and "HIDDEN" not in text and re.search(r"tests\.test_\w+\([^\n]*(seed|letter)=", text) is None


@every_part
def test_the_source_notebooks_would_have_been_found_out(released: Course, part: Part) -> None:
    """The search of the test above finds every exercise's solution where it does stand."""
    sources = "\n".join(cell.source for cell in released.notebook("source", part.name).cells)
    found = "\n".join(leak.fact for leak in leaks.search(CHAPTER, part, sources))
    written = [exercise.name for exercise in part.exercises if exercise.kind not in ("quiz", "question")]
    assert [name for name in written if f"of the solution of {name}:" not in found] == []
    assert "contains hidden tests" in found


@every_part
def test_the_audit_searches_what_nbgrader_really_releases(released: Course, part: Part) -> None:
    text = "\n".join(cell.source for cell in released.notebook("release", part.name).cells)
    assert leaks.released(build_notebook(CHAPTER, part, "course")) == text


@every_part
def test_released_stubs_are_those_of_the_self_study_edition(released: Course, part: Part) -> None:
    def answers(notebook: Any) -> dict[str, str]:
        return {cell.id: cell.source for cell in notebook.cells if cell.id.startswith("answer-")}

    ours = answers(build_notebook(CHAPTER, part, "self-study"))
    theirs = answers(released.notebook("release", part.name))
    assert len(ours) == len(part.exercises)
    for exercise in automatic(part):
        assert theirs[f"answer-{exercise.name}"] == ours[f"answer-{exercise.name}"]


# --- scores -------------------------------------------------------------------------------------------------------------


@every_part
@pytest.mark.parametrize(("student", "solved"), [("right", automatic), ("half", half), ("untouched", lambda part: [])])
def test_scores(graded: Course, part: Part, student: str, solved: Callable[[Part], list[Exercise]]) -> None:
    assert graded.grades()[student, part.name] == (points(solved(part)), part.points)


def test_the_maximum_is_what_chapter_toml_says(graded: Course) -> None:
    assert {name: maximum for (_, name), (_, maximum) in graded.grades().items()} == {
        name: part.points for name, part in PARTS.items()
    }


def test_the_memorised_answer_passes_the_visible_test() -> None:
    """So what rejects it below is the hidden test."""
    import numpy as np

    exercise = CHAPTER.exercises["einsum_trace"]
    names: dict[str, Any] = {"np": np}
    exec(memorised(exercise), names)
    result = run_test(Trial(CHAPTER, exercise), find_test(CHAPTER, exercise), [names["einsum_trace"]])
    assert result.status is Status.PASSED, result.explanation


def test_answers_that_know_only_the_examples_get_no_points(graded: Course) -> None:
    assert graded.grades()["cheat", CHEATED] == (0.0, PARTS[CHEATED].points)
    cells = {cell.id: cell for cell in graded.notebook("autograded", "cheat", CHEATED).cells}
    visible, hidden = (_shown(cells[f"test-{name}"]) for name in ("einsum_mm", "einsum_trace"))
    assert "✓" not in visible and "✗ einsum_mm" in visible
    assert "✓ einsum_trace: passed" in hidden and "✗ einsum_trace" in hidden


def _shown(cell: Any) -> str:
    return "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)


# --- feedback -----------------------------------------------------------------------------------------------------------


def _feedback(course: Course) -> dict[tuple[str, str], str]:
    """(student, part) of each submission to the HTML made for it."""
    submitted = [(path.parent.name, path.name) for path in sorted((course.folder / "submitted").glob("*/*"))]
    folder = course.folder / "feedback"
    return {(student, part): (folder / student / part / f"{part}.html").read_text(encoding="utf-8") for student, part in submitted}


def test_every_submission_has_its_feedback_with_the_score(graded: Course) -> None:
    grades = graded.grades()
    shown = {
        submission: tuple(float(number) for number in re.findall(r"\(Score: ([\d.]+) / ([\d.]+)\)", html)[0])
        for submission, html in _feedback(graded).items()
    }
    assert len(shown) == 3 * len(PARTS) + 1
    assert shown == {submission: grades[submission] for submission in shown}


def test_feedback_says_what_the_test_found(graded: Course) -> None:
    texts = _feedback(graded)
    assert "einsum_mm is not written yet" in texts["untouched", "part3_einsum"]
    assert "einsum_mm is not written yet" not in texts["right", "part3_einsum"]


def test_feedback_shows_no_hidden_test(graded: Course) -> None:
    for html in _feedback(graded).values():
        text = re.sub(r"<[^>]+>", "", html)
        assert "tests.test_" in text
        assert "HIDDEN TESTS" not in text
        assert re.search(r"tests\.test_\w+\([^\n]*seed=", text) is None

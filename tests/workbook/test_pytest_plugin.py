"""The pytest plugin, in a pytest of its own on the small course."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.model import Home

RIGHT = "def trace_of(mat):\n    return np.einsum('ii->', mat)\n"


class Course:
    """The small course with `pytest` in it."""

    def __init__(self, home: Home) -> None:
        self.root = home.root
        (self.root / "pytest.ini").write_text(
            "[pytest]\naddopts = --import-mode=importlib\nfilterwarnings = error\n", encoding="utf-8"
        )

    def __call__(self, *words: str, code: int = 0, folder: str = ".") -> str:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *words]
        run = subprocess.run(command, cwd=self.root / folder, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout + run.stderr

    def change(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def notebook(self, *cells: str) -> str:
        text = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in ["import numpy as np", *cells]]})
        (self.root / "my.ipynb").write_text(text, encoding="utf-8")
        return "my.ipynb"


@pytest.fixture
def course(make_home: Callable[..., Home]) -> Course:
    return Course(make_home())


SOLUTIONS, MISTAKES = "solutions/part1_small.py", "tests/mistakes/part1_small.py"
TESTS, ALTERNATIVES = "tests/small_course/test_part1_small.py", "tests/alternatives/part1_small.py"


# --- solution, stub, mistakes, alternatives -------------------------------------------------------------------------


def test_each_test_is_fed_everything_that_the_chapter_knows(course: Course) -> None:
    shown = course("tests/small_course", "-v")
    cases = set(re.findall(r"::test_(\w+)\[([\w-]+)\] PASSED", shown))
    assert {label for name, label in cases if name == "trace_of"} == {
        "solution",
        "stub",
        "mistake-total",
        "mistake-diagonal",
        "mistake-other_diagonal",
        "alternative-masked",
        "alternative-slice",
    }
    assert {name for name, label in cases if label == "stub"} == {
        "double",
        "flipped",
        "Meter",
        "checked_ratio",
        "quiz_axis",
        "trace_of",
        "mean_trace",
    }
    assert f" {len(cases)} passed in" in shown


def test_a_mistake_that_passes_makes_pytest_fail_and_says_what_to_do(course: Course) -> None:
    course.change(MISTAKES, "return mat.sum()", 'return np.einsum("ii->", mat)')
    shown = course("tests/small_course", "-k", "test_trace_of", code=1)
    assert "1 failed, 6 passed" in shown
    assert re.search(r"trace_of: mistake-total must be rejected; the test says passed\.", shown)
    assert "Add an input on which this mistake shows, or remove the mistake." in shown
    assert "pytest_plugin.py" not in shown  # no traceback through our code


def test_a_mistake_is_rejected_for_what_it_computes_not_for_its_means(course: Course) -> None:
    """np.trace is forbidden there; the value that it gives is right, so the test is what should have been better."""
    course.change(MISTAKES, "return mat.sum()", "return np.trace(mat)")
    shown = course("tests/small_course", "-k", "test_trace_of", code=1)
    assert re.search(r"mistake-total must be rejected; the test says passed", shown)


def test_a_forbidden_function_in_an_alternative_is_noticed(course: Course) -> None:
    course.change(ALTERNATIVES, "return (mat * np.eye(len(mat), dtype=mat.dtype)).sum()\n", "return np.trace(mat)\n")
    shown = course("tests/small_course", "-k", "test_trace_of", code=1)
    assert "trace_of: alternative-masked must be accepted; the test says failed." in shown
    assert "not in this exercise" in shown


def test_a_broken_mistake_proves_nothing(course: Course) -> None:
    course.change(MISTAKES, "return mat.sum()", "return matt.sum()")
    shown = course("tests/small_course", "-k", "test_trace_of", code=1)
    assert re.search(r"mistake-total is broken, so its rejection proves nothing", shown)
    assert "NameError: name 'matt' is not defined" in shown


def test_a_mistake_that_misspells_a_function_of_a_library_is_broken_too(course: Course) -> None:
    course.change(MISTAKES, "return mat.sum()", "return np.summ(mat)")
    shown = course("tests/small_course", "-k", "test_trace_of and total", code=1)
    assert "trace_of: mistake-total is broken, so its rejection proves nothing." in shown
    assert "AttributeError: module 'numpy' has no attribute 'summ'" in shown


def test_a_wrong_solution_and_a_stub_that_is_none(course: Course) -> None:
    course.change(SOLUTIONS, 'return np.einsum("ii->", mat)', 'return np.einsum("ij->", mat)')
    shown = course("tests/small_course", "-k", "test_trace_of", code=1)
    assert "trace_of: solution must be accepted; the test says failed." in shown
    body = '    ### BEGIN SOLUTION\n    assert lower != 0, "lower is zero"\n    ### END SOLUTION\n    return upper / lower\n'
    given = "    assert lower != 0\n    return upper / lower\n    ### BEGIN SOLUTION\n    ### END SOLUTION\n"
    course.change(SOLUTIONS, body, given)
    shown = course("tests/small_course", "-k", "test_checked_ratio and stub", code=1)
    assert "checked_ratio: stub must be recognised as a stub; the test says passed." in shown


def test_a_chapter_that_cannot_be_loaded_is_said_in_a_sentence(course: Course) -> None:
    course.change(SOLUTIONS, "import numpy as np", "import numppy as np")
    shown = course("tests/small_course", code=2)
    assert "importing it raises ModuleNotFoundError: No module named 'numppy'" in shown
    assert "pytest_plugin.py" not in shown
    (course.root / "small_course" / "chapter.toml").write_text("title =", encoding="utf-8")
    shown = course("tests/small_course", code=2)
    assert "not valid TOML" in shown
    assert "INTERNALERROR" not in shown


def test_a_bug_in_a_test_shows_where_it_is(course: Course) -> None:
    course.change(TESTS, "check.choice(quiz_axis)", "check.chosen(quiz_axis)")
    shown = course("tests/small_course", "-k", "test_quiz_axis", code=1)
    assert "AttributeError" in shown and "check.chosen(quiz_axis)" in shown


# --- --answers ------------------------------------------------------------------------------------------------------


def test_a_right_notebook_passes(course: Course) -> None:
    shown = course("--answers", course.notebook(RIGHT), "-k", "test_trace_of", "-v")
    assert "test_trace_of[answers] PASSED" in shown
    assert "1 passed" in shown


def test_an_incomplete_notebook_says_what_is_missing(course: Course) -> None:
    shown = course("--answers", course.notebook(RIGHT, "def mean_trace(mat)\n    return 0"), code=1)
    assert "6 failed, 1 passed" in shown
    assert "double: my.ipynb has no double and no halve." in shown
    assert re.search(r"mean_trace: my\.ipynb has no mean_trace\.\ncell 3 raised SyntaxError", shown)
    assert "cells of my.ipynb" in shown


def test_a_wrong_notebook_is_explained(course: Course) -> None:
    shown = course("--answers", course.notebook("def trace_of(mat):\n    return mat.sum()"), "-k", "trace_of", code=1)
    assert "trace_of: answers must be accepted; the test says failed." in shown
    assert "Every entry was summed, not only the diagonal." in shown


def test_the_blame_goes_to_the_exercise_that_is_needed(course: Course) -> None:
    cells = ["def trace_of(mat):\n    return mat.sum()", "def mean_trace(mat):\n    return trace_of(mat) / len(mat)"]
    shown = course("--answers", course.notebook(*cells), "-k", "mean_trace", code=1)
    assert "it builds on trace_of, which does not pass yet" in shown


def test_a_stub_is_not_a_pass(course: Course) -> None:
    stub = "def trace_of(mat):\n    raise NotImplementedError('Write your answer here.')"
    shown = course("--answers", course.notebook(stub), "-k", "trace_of", code=1)
    assert "trace_of: answers must be accepted; the test says unsolved." in shown


def test_forbidden_means_count_in_answers(course: Course) -> None:
    shown = course("--answers", course.notebook("def trace_of(mat):\n    return np.trace(mat)"), "-k", "trace_of", code=1)
    assert "numpy.trace: not in this exercise" in shown


def test_the_notebook_is_run_once_and_other_tests_stay_out(course: Course) -> None:
    (course.root / "tests" / "test_other.py").write_text("def test_other():\n    assert False\n", encoding="utf-8")
    cell = "with open('runs.txt', 'a') as file:\n    file.write('once ')"
    shown = course("--answers", course.notebook(RIGHT, cell), code=1)
    assert (course.root / "runs.txt").read_text(encoding="utf-8") == "once "
    assert "test_other" not in shown and "1 deselected" in shown


def test_files_that_cannot_be_used(course: Course) -> None:
    assert "--answers: there is no file nowhere.ipynb." in course("--answers", "nowhere.ipynb", code=4)
    (course.root / "no.ipynb").write_text("nothing", encoding="utf-8")
    shown = course("--answers", "no.ipynb", code=4)
    assert "--answers: no.ipynb is not a notebook." in shown
    assert "Traceback" not in shown


# --- elsewhere ------------------------------------------------------------------------------------------------------


def test_a_project_without_chapters_is_unaffected(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\n\nimport pytest\n\n\n@pytest.fixture\ndef einsum_mm():\n    return 1\n\n\n"
        "def test_einsum_mm(einsum_mm):\n    assert einsum_mm == 1\n\n\n"
        "def test_nothing_heavy():\n"
        "    assert {name for name in sys.modules if name.startswith('workbook.')} == {'workbook.pytest_plugin'}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_plain.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout


def test_other_tests_of_a_course_are_unaffected(course: Course) -> None:
    (course.root / "tests" / "test_trace.py").write_text("def test_trace_of():\n    assert True\n", encoding="utf-8")
    assert "1 passed" in course("tests/test_trace.py")

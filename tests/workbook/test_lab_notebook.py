"""`tests` as a notebook sees it: in this process, and in a real kernel."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbook.build.execute import execute_notebook
from workbook.build.formats import nbformat_module
from workbook.errors import CheckFailure, UnknownName, Unsolved
from workbook.lab import notebook as lab
from workbook.lab.notebook import quiet_tests
from workbook.lab.progress import Progress
from workbook.model import Home

ROOT = Path(__file__).parents[2]
RIGHT = "def trace_of(mat):\n    return np.einsum('ii->', mat)"
WRONG = "def trace_of(mat):\n    print('looking')\n    return mat.sum()"
STUB = "def trace_of(mat):\n    raise NotImplementedError('Write your answer here.')"


def right(mat: Any) -> Any:
    return np.einsum("ii->", mat)


@pytest.fixture
def tests(home: Home, monkeypatch: pytest.MonkeyPatch) -> lab.Tests:
    monkeypatch.chdir(home.root)
    return lab.start("part1_small")


# --- in this process ------------------------------------------------------------------------------------------------


def test_a_right_answer_is_told_in_one_line(tests: lab.Tests, capsys: pytest.CaptureFixture[str]) -> None:
    assert tests.test_trace_of(right) is None
    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["✓ trace_of: passed"]
    assert shown.err == ""


def test_a_wrong_answer_raises_with_the_explanation(tests: lab.Tests) -> None:
    with pytest.raises(CheckFailure, match=r"(?s)trace_of.*called.*expected.*got.*Every entry was summed") as caught:
        tests.test_trace_of(lambda mat: mat.sum())
    assert caught.value.explanation.mistake_name == "trace_of__total"


def test_the_stub_gives_unsolved(tests: lab.Tests) -> None:
    def stub(mat: Any) -> Any:
        raise NotImplementedError("Write your answer here.")

    with pytest.raises(Unsolved, match="trace_of is not written yet"):
        tests.test_trace_of(stub)


def test_several_functions_come_in_order_or_by_name(tests: lab.Tests, capsys: pytest.CaptureFixture[str]) -> None:
    def double(x: Any) -> Any:
        return x + x

    def halve(x: Any) -> Any:
        return x / 2

    tests.test_double(double, halve)
    tests.test_double(halve=halve, double=double)
    assert capsys.readouterr().out.count("✓ double: passed") == 2
    with pytest.raises(CheckFailure, match="double"):
        tests.test_double(halve, double)


@pytest.mark.parametrize(
    "call",
    [
        lambda tests: tests.test_double(right),
        lambda tests: tests.test_double(right, right, right),
        lambda tests: tests.test_double(),
        lambda tests: tests.test_double(right, double=right),
        lambda tests: tests.test_double(right, half=right),
    ],
)
def test_a_wrong_number_of_answers_is_told_with_the_right_call(tests: lab.Tests, call: Callable[[lab.Tests], None]) -> None:
    with pytest.raises(TypeError, match=r"Call it as tests\.test_double\(double, halve\)\.") as caught:
        call(tests)
    assert caught.value._render_traceback_() == ["WrongCallError: Call it as tests.test_double(double, halve)."]


def test_the_seed_draws_other_inputs(tests: lab.Tests) -> None:
    seen: list[float] = []

    def spy(mat: Any) -> Any:
        seen.append(float(mat.ravel()[0]) if mat.size else 0.0)
        return right(mat)

    tests.test_trace_of(spy)
    usual, seen[:] = list(seen), []
    tests.test_trace_of(spy)
    assert seen == usual
    seen.clear()
    tests.test_trace_of(spy, seed=1)
    assert len(seen) == len(usual)
    assert seen != usual


def test_an_unknown_test_offers_the_nearest(tests: lab.Tests) -> None:
    with pytest.raises(AttributeError, match=r"no tests\.test_trace_off\.\nDid you mean test_trace_of or ") as caught:
        tests.test_trace_off(right)
    assert len(caught.value._render_traceback_()) == 1
    assert not hasattr(tests, "test_trace_off")
    assert hasattr(tests, "test_trace_of")


def test_an_unknown_helper_and_what_jupyter_asks_for(tests: lab.Tests) -> None:
    with pytest.raises(AttributeError, match=r"no tests\.zzz\.\ntests\.test_NAME is the test of the exercise NAME"):
        tests.zzz  # noqa: B018  # the lookup is what is tested
    with pytest.raises(AttributeError, match="_repr_html_"):
        tests._repr_html_  # noqa: B018  # the same
    assert not hasattr(tests, "np")  # the test module's own imports are no helpers


def test_an_unknown_part_offers_the_nearest(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.root)
    with pytest.raises(UnknownName, match=r"part called 'part1_smal'\.\nDid you mean part1_small\?") as caught:
        lab.start("part1_smal")
    assert caught.value._render_traceback_() == [
        "UnknownPartError: There is no part called 'part1_smal'. Did you mean part1_small?"
    ]


def test_dir_and_repr_name_the_tests(tests: lab.Tests) -> None:
    assert {"data", "test_double", "test_quiz_axis"} <= set(dir(tests))
    assert repr(tests) == "<tests of part1_small: tests.test_NAME(NAME)>"


def test_data_and_helpers_find_the_chapter_from_anywhere(tests: lab.Tests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tests._home.root / "tests" / "small_course" / "test_part1_small.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text + '\n\ndef stairs():\n    """The staircase."""\n    return check.data("steps.npy")\n', encoding="utf-8")
    monkeypatch.chdir(ROOT)  # another checkout, with no such file
    assert tests.data("steps.npy").shape == (4, 3)
    assert tests.stairs().shape == (4, 3)
    assert tests.stairs.__doc__ == "The staircase."
    assert tests.slow_trace(np.eye(3)) == 3
    with pytest.raises(UnknownName, match=r"data file called 'step.npy'\.\nDid you mean steps.npy\?"):
        tests.data("step.npy")


def test_a_needed_exercise_is_blamed_first(tests: lab.Tests) -> None:
    names: dict[str, Any] = {"np": np}
    exec("def trace_of(mat):\n    return mat.sum()\n\ndef mean_trace(mat):\n    return trace_of(mat) / len(mat)", names)
    with pytest.raises(CheckFailure, match=r"it builds on trace_of, which does not pass yet"):
        tests.test_mean_trace(names["mean_trace"])


def test_quiet_tests_do_nothing(tests: lab.Tests, capsys: pytest.CaptureFixture[str]) -> None:
    with quiet_tests():
        tests.test_trace_of(lambda mat: mat.sum())
    assert capsys.readouterr().out == ""
    with pytest.raises(CheckFailure, match="trace_of"):
        tests.test_trace_of(lambda mat: mat.sum())


def test_nothing_is_recorded_outside_a_notebook(tests: lab.Tests, home: Home) -> None:
    tests.test_trace_of(right)
    assert not home.work_dir.exists()


def test_what_is_recorded_where(tests: lab.Tests, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "_shell", lambda: object())
    monkeypatch.setattr(lab, "announce", lambda result, more: None)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    tests.test_trace_of(right)
    assert Progress(home.work_dir).states("small_course") == {}
    monkeypatch.delenv("NBGRADER_EXECUTION")
    solved = home.build_dir / "solutions"
    solved.mkdir(parents=True)
    monkeypatch.chdir(solved)
    tests.test_trace_of(right)  # a solved notebook is not the student's
    assert Progress(home.work_dir).states("small_course") == {}
    monkeypatch.chdir(home.root)
    tests.test_trace_of(right)
    assert Progress(home.work_dir).states("small_course") == {"trace_of": "solved"}


def test_a_disk_that_cannot_be_written_costs_no_verdict(
    tests: lab.Tests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "file"))
    monkeypatch.setattr(lab, "_shell", lambda: object())
    shown: list[str] = []
    monkeypatch.setattr(lab, "announce", lambda result, more: shown.append(result.status))
    tests.test_trace_of(right)
    assert shown == ["passed"]
    assert "Progress could not be saved" in capsys.readouterr().out


def test_import_tests_from_the_root_gives_the_same() -> None:
    code = (
        "import numpy as np, tests\n"
        "tests.test_einsum_trace(lambda mat: np.einsum('ii', mat))\n"
        "assert 'test_einsum_mm' in dir(tests)\n"
        "print(tests.data('numbers.npy').shape)\n"
        "tests.test_einsum_tracy\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout.splitlines() == ["✓ einsum_trace: passed", "(6, 3, 150, 150)"]
    assert run.returncode == 1
    assert "There is no tests.test_einsum_tracy.\nDid you mean test_einsum_trace" in run.stderr


# --- in a real kernel -----------------------------------------------------------------------------------------------


def outputs(home: Home, cells: list[str]) -> list[list[Any]]:
    """The outputs of some cells, run after the set-up cell in a kernel."""
    v4 = nbformat_module().v4
    setup = 'import numpy as np\nimport workbook\n\ntests = workbook.start("part1_small")'
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in [setup, *cells]])
    home.work_dir.mkdir(parents=True, exist_ok=True)
    execute_notebook(notebook, home.work_dir, allow_errors=True)
    assert notebook.cells[0].outputs == []
    return [cell.outputs for cell in notebook.cells[1:]]


def streams(cells: list[list[Any]], name: str) -> str:
    return "".join(output.text for cell in cells for output in cell if output.output_type == "stream" and output.name == name)


def only_error(cell: list[Any]) -> Any:
    errors = [output for output in cell if output.output_type == "error"]
    assert len(errors) == 1
    return errors[0]


@pytest.fixture
def kernel_home(make_home: Callable[..., Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return make_home(tmp_path / "course")


def test_a_real_kernel_shows_panels_and_one_line_errors(kernel_home: Home) -> None:
    call = "tests.test_trace_of(trace_of)"
    cells = outputs(
        kernel_home, [f"{STUB}\n{call}", f"{WRONG}\n{call}", f"{RIGHT}\n{call}", "tests.test_tracer", "tests.test_double(1)"]
    )
    assert streams(cells, "stderr") == ""
    stub, wrong, passed, absent, miscalled = cells

    assert only_error(stub).ename == "Unsolved"
    assert only_error(stub).traceback == [
        "Unsolved: trace_of is not written yet: replace the stub with your answer, run that cell, then run this one again."
    ]

    panel = next(output.data for output in wrong if output.output_type == "display_data")
    assert panel["text/html"].startswith("<div") and "Every entry was summed" in panel["text/html"]
    assert panel["text/plain"].startswith("✗ trace_of: ") and "Every entry was summed" in panel["text/plain"]
    assert "looking" in panel["text/plain"]
    assert only_error(wrong).ename == "CheckFailure"
    assert len(only_error(wrong).traceback) == 1 and "\n" not in only_error(wrong).traceback[0]

    assert [output.output_type for output in passed] == ["display_data"]
    assert passed[0].data["text/plain"] == "✓ trace_of: passed"
    assert only_error(absent).traceback == [
        "AbsentError: There is no tests.test_tracer. Did you mean test_trace_of or test_mean_trace?"
    ]
    assert only_error(miscalled).traceback == ["WrongCallError: Call it as tests.test_double(double, halve)."]

    progress = Progress(kernel_home.work_dir)
    assert progress.states("small_course") == {"trace_of": "solved"}


def test_nothing_is_recorded_by_nbgraders_kernels(kernel_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    cells = outputs(kernel_home, [f"{RIGHT}\ntests.test_trace_of(trace_of)"])
    assert cells[0][0].data["text/plain"] == "✓ trace_of: passed"
    assert list(kernel_home.work_dir.iterdir()) == []

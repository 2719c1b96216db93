"""What counts as giving a solution away, and where it is searched."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.build import leaks
from workbook.build.notebooks import build_notebook
from workbook.errors import BadInput
from workbook.model import Chapter, Exercise, SourceFile


@pytest.fixture
def telling(tmp_path: Path) -> Callable[..., list[str]]:
    """The telling lines of a solution written as a module."""

    def of(text: str, *functions: str) -> list[str]:
        path = tmp_path / "solutions.py"
        path.write_text(text, encoding="utf-8")
        return leaks.telling_lines(SourceFile.read(path), exercise(*functions))

    return of


def exercise(*functions: str) -> Exercise:
    return Exercise(functions[0], "part", "function", 1, 1, 1, 1, functions)


def test_the_expressions_of_long_lines_tell(telling: Callable[..., list[str]]) -> None:
    text = (
        "def f(x):\n"
        '    """A docstring which every student sees."""\n'
        "    left, right = x.reshape(2, 3, -1)\n"
        "    scale: float = right.max() - left.min()\n"
        "    left += right.cumsum(axis=0)\n"
        "    return np.outer(left, right) / scale\n"
    )
    assert telling(text, "f") == [
        "x.reshape(2,3,-1)",
        "right.max()-left.min()",
        "right.cumsum(axis=0)",
        "np.outer(left,right)/scale",
    ]


def test_comparisons_are_no_assignments(telling: Callable[..., list[str]]) -> None:
    assert telling("def f(x):\n    assert x.shape == (2, 3, 4, 5)\n    x == sum(range(100, 200))\n", "f") == [
        "assertx.shape==(2,3,4,5)",
        "x==sum(range(100,200))",
    ]


def test_short_lines_tell_only_together(telling: Callable[..., list[str]]) -> None:
    assert telling("def f(x):\n    y = x * 2\n    return y\n", "f") == ["y=x*2returny"]
    assert telling("def f(x):\n    y = x * 2\n    return np.add(y, y) + 1234\n", "f") == ["np.add(y,y)+1234"]


def test_what_is_too_short_to_tell_anything_is_left_out(telling: Callable[..., list[str]]) -> None:
    assert telling("def f(x):\n    return x\n", "f") == []


def test_a_short_expression_tells_with_its_name(telling: Callable[..., list[str]]) -> None:
    assert telling("def f(x):\n    average = x.mean(axis=1)\n    return average\n", "f") == ["average=x.mean(axis=1)"]


def test_given_lines_and_markers_do_not_tell(telling: Callable[..., list[str]]) -> None:
    text = (
        "def f(x):\n    total = sum(x.ravel().tolist())\n"
        "    ### BEGIN SOLUTION\n    total = total * len(x) ** 3\n    ### END SOLUTION\n    return total\n"
    )
    assert telling(text, "f") == ["total=total*len(x)**3"]


def test_a_quiz_is_told_by_its_assignment(telling: Callable[..., list[str]]) -> None:
    assert telling('quiz_axis = "b"\n', "quiz_axis") == ['quiz_axis="b"']


def test_every_function_of_an_exercise_counts(telling: Callable[..., list[str]]) -> None:
    text = "def f(x):\n    return np.add(x, x).sum()\n\n\ndef g(x):\n    return np.multiply(x, x)\n"
    assert telling(text, "f", "g", "absent") == ["np.add(x,x).sum()", "np.multiply(x,x)"]


def test_layout_hides_nothing() -> None:
    assert leaks.squeezed("a (b,\n\t c )") == "a(b,c)"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (
            "Try np.einsum( 'x' ) or trace_of(mat)\n / len(mat).",
            "the course edition contains a line of the solution of mean_trace: trace_of(mat)/len(mat)",
        ),
        (
            "Two was added; it\nshould be a factor.",
            "the course edition contains the sentence of the mistake double__plus_two.",
        ),
        ('quiz_axis="b"', 'the course edition contains a line of the solution of quiz_axis: quiz_axis="b"'),
        ("### BEGIN HIDDEN TESTS", "the course edition contains hidden tests."),
    ],
)
def test_a_leak_is_found_with_what_was_found(chapter: Chapter, text: str, fact: str) -> None:
    (leak,) = leaks.search(chapter, chapter.parts[0], text)
    assert leak.fact == fact
    assert leak.needle in leaks.squeezed(text)


def test_the_solved_notebook_is_full_of_leaks(chapter: Chapter) -> None:
    part = chapter.parts[0]
    notebook = build_notebook(chapter, part, "solutions")
    text = "\n".join(cell.source for cell in notebook.cells)
    found = "\n".join(leak.fact for leak in leaks.search(chapter, part, text))
    assert "of the solution of trace_of:" in found and "of the solution of Meter:" in found


def test_what_is_released_has_no_leaks(chapter: Chapter) -> None:
    part = chapter.parts[0]
    text = leaks.released(build_notebook(chapter, part, "course"))
    assert "def trace_of" in text
    assert list(leaks.search(chapter, part, text)) == []


def test_the_model_answer_of_a_question_is_not_released(chapter: Chapter) -> None:
    notebook = build_notebook(chapter, chapter.parts[0], "course")
    assert any("A slice is a view" in cell.source for cell in notebook.cells)
    assert "A slice is a view" not in leaks.released(notebook)


def test_nbgrader_is_asked_for_by_name_where_it_is_missing(chapter: Chapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbgrader.preprocessors", None)
    with pytest.raises(BadInput, match=r'Install the extra: pip install "workbook\[grade\]"'):
        leaks.released(build_notebook(chapter, chapter.parts[0], "course"))

"""Tables of cases against an oracle: `agrees`, `picture`, `rejects`."""

from __future__ import annotations

import numpy as np
import pytest
import torch as t

from workbook import check
from workbook.errors import CheckFailure, Unsolved

ROWS = [check.case(np.array([[1.0, 2.0], [3.0, 4.0]]), label="the example"), (np.array([[5.0, 6.0], [7.0, -8.0]]),)]


def rejected(function, *args, **settings):
    with pytest.raises(CheckFailure, match=r".") as caught:
        check.agrees(function, *args, **settings)
    return caught.value.explanation


def refused(function, *args, **settings):
    with pytest.raises(CheckFailure, match=r".") as caught:
        check.rejects(function, *args, **settings)
    return caught.value.explanation


def loop_trace(mat):
    return np.asarray(sum(mat[n, n] for n in range(len(mat))))


# --- agrees ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [np.trace, loop_trace, lambda mat: float(np.trace(mat)), lambda m: np.einsum("ii", m)])
def test_right_answers_pass(function):
    assert check.agrees(function, ROWS, loop_trace) is None


def test_a_wrong_answer_is_explained(trial_for):
    answer = lambda mat: mat.sum()  # noqa: E731  # a student may write one
    with trial_for("trace_of", answer):
        found = rejected(answer, ROWS, loop_trace)
    assert found.exercise == "trace_of"
    assert found.reason == "value"
    assert found.call == "trace_of(mat)   on the example"
    assert found.arguments == (("mat", "[[1. 2.]\n [3. 4.]]   float64 array (2, 2)"),)
    assert (found.expected, found.got) == ("5.0   (float64 array ())", "10.0")
    assert found.first == "expected 5.0, got 10.0"
    assert found.mistake == "Every entry was summed, not only the diagonal."
    assert found.mistake_name == "trace_of__total"


def test_shapes_are_explained_by_the_solutions_names(trial_for):
    answer = lambda x: x[:, :2]  # noqa: E731
    with trial_for("flipped", answer):
        found = rejected(answer, [(np.zeros((2, 3)),)], lambda picture: picture[::-1])
    assert found.fact == "the shape is (2, 2), and it should be (h = 2, w = 3)."
    assert found.advice == "w should be 3, as in picture; yours is 2."


def test_every_case_counts():
    found = rejected(lambda mat: np.abs(mat), ROWS, lambda mat: mat)
    assert found.call == "your function(mat)"
    assert found.first == "at [1, 1]: expected -8.0, got 8.0"


def test_the_stub_is_no_failure():
    def stub(mat):
        raise NotImplementedError("Write your answer here.")

    with pytest.raises(Unsolved, match=r"^stub is not written yet"):
        check.agrees(stub, ROWS, loop_trace)


@pytest.mark.parametrize(("thing", "kind"), [(None, "None"), (5, "an int"), (np.zeros(2), "a NumPy array")])
def test_what_is_no_function_is_told(thing, kind):
    for found in (rejected(thing, ROWS, loop_trace), refused(thing, ROWS, Exception)):
        assert found.fact == f"your function is {kind}, and a function is asked."
        assert found.advice == "Write it with `def`."


def test_a_table_without_rows_is_a_bug_of_the_test():
    with pytest.raises(ValueError, match="A test needs at least one case"):
        check.agrees(np.trace, [], loop_trace)


def test_generators_and_printing_functions():
    assert "it returned a generator, and a NumPy array is asked." in rejected(lambda m: (row for row in m), ROWS, lambda m: m).fact
    found = rejected(lambda m: print(m), ROWS, lambda m: m)
    assert (found.fact, found.advice) == ("it returned None.", "Is a `return` missing at the end?")
    assert found.got == "None"


def test_exceptions_and_changes_come_with_what_was_expected():
    def student(mat):
        mat[:] = 0
        return mat

    assert rejected(student, ROWS, loop_trace).expected == "5.0   (float64 array ())"
    assert rejected(lambda mat: 1 / 0, ROWS, loop_trace).fact == "your code raised ZeroDivisionError."


def test_the_oracle_and_the_student_never_see_each_others_arrays():
    seen = []

    def oracle(mat):
        seen.append(mat)
        mat += 100
        return mat - 100

    check.agrees(lambda mat: mat, ROWS, oracle)
    assert not any(np.shares_memory(one, other) for one in seen for other in (ROWS[0].args[0], ROWS[1][0]))


def test_rules_are_handed_on():
    one = [(np.array([1.0]),)]
    assert check.agrees(lambda x: x * 1.01, one, lambda x: x, rtol=0.1) is None
    assert check.agrees(lambda x: x + 0.01, one, lambda x: x, atol=0.1) is None
    assert check.agrees(lambda x: x.astype("float32"), one, lambda x: x, dtype="float32") is None
    assert rejected(lambda x: x * (1 + 1e-15), one, lambda x: x, exact=True).reason == "value"


def test_keywords_are_passed_on_and_shown():
    row = check.case(np.array([1.0, 2.0]), axis=0, label="axis 0")
    assert check.agrees(lambda x, axis: x.sum(axis), [row], lambda x, axis: x.sum(axis=axis)) is None
    found = rejected(lambda x, axis: x.max(axis), [row], lambda x, axis: x.sum(axis=axis))
    assert found.call == "your function(x, axis=axis)   on axis 0"
    assert found.arguments[1] == ("axis", "0")


@pytest.mark.parametrize("array", [np.arange(6.0), t.arange(6.0), np.zeros(0), t.zeros(0)])
def test_a_view_may_be_asked(array):
    assert check.agrees(lambda x: x[::2], [(array,)], lambda x: x[::2], view_of=0) is None


@pytest.mark.parametrize("array", [np.arange(6.0), t.arange(6.0)])
def test_a_copy_is_no_view(array):
    found = rejected(lambda x: x[::2] * 1, [(array,)], lambda x: x[::2], view_of=0)
    assert found.reason == "copy"
    assert found.fact == "the values are right, but it is a copy, and a view is asked."
    assert found.advice == "A view shares the input's memory: as_strided makes one, indexing with lists and stacking copy."


def test_tensors_may_require_gradients():
    x = t.ones(3, requires_grad=True)
    assert check.agrees(lambda v: v * 2, [(x,)], lambda v: v + v) is None
    assert x.grad is None


def test_a_picture_is_offered_for_wrong_arrays_only():
    drawn = []

    def draw(args, got, expected):
        drawn.append((args, got, expected))
        return "figure"

    found = rejected(lambda mat: mat + 1, ROWS, lambda mat: mat, draw=draw)
    assert drawn == []
    first, second = (figure() for figure in found.figures)
    assert first == "figure"
    assert second.layout.meta["alt"].startswith("Every entry differs. The first is at [0, 0].")
    assert np.array_equal(drawn[0][1], drawn[0][2] + 1)
    assert rejected(lambda mat: None, ROWS, lambda mat: mat, draw=draw).figures == ()
    assert rejected(lambda mat: 1 / 0, ROWS, lambda mat: mat, draw=draw).figures == ()


def test_pictures_are_compared_exactly_and_shown_side_by_side():
    rows = [(np.array([[1.0, 2.0], [3.0, 4.0]]),)]
    assert check.picture(lambda p: p[::-1], np.flipud, rows) is None
    with pytest.raises(CheckFailure, match="every entry differs") as caught:
        check.picture(lambda p: p[::-1] * (1 + 1e-15), np.flipud, rows)
    (figure,) = caught.value.explanation.figures
    assert type(figure()).__name__ == "Figure"


def test_a_failing_need_of_a_forbidden_call_is_told(trial_for):
    answer = lambda mat: np.trace(mat)  # noqa: E731
    with trial_for("trace_of", answer):
        found = rejected(answer, ROWS, loop_trace)
    assert (found.reason, found.mistake) == ("not allowed", "")


# --- rejects --------------------------------------------------------------------------------------------------------


def test_bad_input_that_is_refused_passes():
    def student(x):
        assert x > 0, "not positive"
        return x

    assert check.rejects(student, [(0,), (-1,)], why="positive numbers only") is None
    assert check.rejects(lambda x: 1 / x, [(0,)], ZeroDivisionError) is None
    assert check.rejects(lambda x: 1 / x, [(0,)], Exception) is None


def test_bad_input_that_is_accepted_fails():
    found = refused(lambda x: x, [(0,)], why="zero is no size")
    assert (found.reason, found.fact) == ("not rejected", "this input must be refused: zero is no size.")
    assert (found.expected, found.got) == ("AssertionError", "no exception, but 0")
    assert found.advice == "Check the input first: an `assert` at the top of the function is enough."
    assert refused(lambda x: x, [(0,)]).fact == "this input must be refused."


def test_another_exception_is_told():
    found = refused(lambda x: int("a"), [(0,)], TypeError)
    assert found.expected == "TypeError"
    assert found.fact == "this input is refused with a ValueError, and a TypeError is asked."
    assert found.got == "ValueError: invalid literal for int() with base 10: 'a'"
    assert found.advice == "Check the input at the top, and raise a TypeError when it does not fit."
    assert refused(lambda x: x, [(0,)], Exception).expected == "an exception"


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError("no")


def student_who_raises(error):
    def student(x):
        raise error

    return student


def test_an_exception_without_a_message_is_told():
    assert refused(student_who_raises(Unspeakable()), [(0,)]).got == "Unspeakable: (its message could not be read)"
    assert refused(student_who_raises(SystemExit()), [(0,)], Exception).got == "SystemExit"


def test_a_call_that_does_not_fit_is_no_refusal():
    for error in (TypeError, Exception):
        found = refused(lambda: 1, [(0,)], error)
        assert found.fact.startswith("your function could not be called: ")


def test_a_forbidden_call_is_no_refusal(trial_for):
    answer = lambda mat: np.trace(mat)  # noqa: E731
    with trial_for("trace_of", answer):
        assert refused(answer, [(np.eye(2),)], Exception).reason == "not allowed"


def test_not_implemented_is_never_a_refusal():
    def stub(x):
        raise NotImplementedError

    with pytest.raises(Unsolved, match="not written yet"):
        check.rejects(stub, [(0,)], Exception)
    product = lambda x: t.ones(2, 2, dtype=t.bool) @ t.ones(2, 2, dtype=t.bool)  # noqa: E731
    assert refused(product, [(0,)], Exception).got.startswith("NotImplementedError: ")

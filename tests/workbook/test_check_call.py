"""One guarded call: what the student's code may do, and what is said about it."""

from __future__ import annotations

import functools
import inspect
import statistics
from contextlib import nullcontext

import einops
import numpy as np
import pytest
import torch as t

from workbook import check
from workbook.check.call import Outcome, error_text, explain_outcome, fail, is_stub, name_of, run, student_frames, watch_for
from workbook.check.inputs import Case
from workbook.check.trial import Trial, begin
from workbook.errors import CheckFailure, Forbidden, Unsolved

ONE = Case((np.array([1.0, 2.0]),))


def failure(function, *args, **kwargs):
    """The explanation of a guarded call that goes wrong."""
    with pytest.raises(CheckFailure, match=r".") as caught:
        check.call(function, *args, **kwargs)
    return caught.value.explanation


def stub(x):
    """Not written yet."""
    raise NotImplementedError("Write your answer here.")


def raising(error):
    def student(x):
        raise error

    return student


# --- results --------------------------------------------------------------------------------------------------------


def test_a_call_gives_back_what_the_function_returned():
    thing = object()
    assert check.call(lambda x, *, y: (thing, x, y), 1, y=2) == (thing, 1, 2)


def test_a_result_that_is_the_input_comes_back_as_it_is():
    array = np.zeros(2)
    assert check.call(lambda x: x, array) is array


def test_array_subclasses_come_back_as_plain_arrays():
    class Mine(np.ndarray):
        pass

    assert type(check.call(lambda x: x.view(Mine), np.zeros(2))) is np.ndarray
    assert type(check.call(lambda x: np.ma.masked_array(x), np.zeros(2))) is np.ndarray


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 2 * x,
        functools.partial(np.multiply, 2),
        np.frompyfunc(lambda v: 2 * v, 1, 1),
        type("Twice", (), {"__call__": lambda self, x: 2 * x})(),
    ],
    ids=["lambda", "partial", "ufunc", "object"],
)
def test_anything_callable_may_be_an_answer(function):
    assert check.call(function, np.array([1, 2])).tolist() == [2, 4]


# --- exceptions -----------------------------------------------------------------------------------------------------


def test_an_exception_is_told_with_the_students_line():
    def student(x):
        return x.nothing  # the line

    found = failure(student, np.zeros(1))
    assert (found.reason, found.fact) == ("raised", "your code raised AttributeError.")
    line = inspect.getsourcelines(student)[1] + 1
    assert (
        found.got
        == f"AttributeError: 'numpy.ndarray' object has no attribute 'nothing'\nat your line {line}: return x.nothing  # the line"
    )
    assert found.call == "student(x)"
    assert found.arguments == (("x", "[0.]   float64 array (1,)"),)


def test_the_line_is_the_students_and_not_a_librarys():
    def student(x):
        return statistics.mean([])

    assert failure(student, 1).got.endswith("return statistics.mean([])")

    def with_einops(x):
        return einops.rearrange(x, "a b -> b a")

    assert failure(with_einops, np.zeros(2)).got.endswith('return einops.rearrange(x, "a b -> b a")')


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError("no")


class Quitter(Exception):
    def __str__(self):
        raise SystemExit


class NotText(Exception):
    def __str__(self):
        return 5


class Base(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("two\nlines"), "ValueError: two\nlines"),
        (ValueError(), "ValueError"),
        (SystemExit(1), "SystemExit: 1"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration("end"), "StopIteration: end"),
        (Base("odd"), "Base: odd"),
        (Unspeakable(), "Unspeakable: (its message could not be read)"),
        (Quitter(), "Quitter: (its message could not be read)"),
        (NotText(), "NotText: (its message could not be read)"),
        (ValueError("x" * 500), "ValueError: " + "x" * 200),
        (ValueError("\n".join("abcdefgh")), "ValueError: a\nb\nc\nd\n...\nh"),
        (RecursionError("deep"), "RecursionError: deep"),
        (ExceptionGroup("some", [ValueError("a")]), "ExceptionGroup: some (1 sub-exception)"),
    ],
)
def test_every_exception_can_be_told(error, text):
    found = failure(raising(error), 1)
    assert found.fact == f"your code raised {type(error).__name__}."
    assert found.got.startswith(text + "\nat your line ")
    assert error_text(error) == text


def test_endless_recursion_is_told():
    def student(x):
        return student(x)

    assert failure(student, 1).fact == "your code raised RecursionError."


def test_only_the_person_at_the_keyboard_interrupts():
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        check.call(raising(KeyboardInterrupt()), 1)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: 1, "takes 0 positional arguments but 1 was given"),
        (lambda x, y: 1, "missing 1 required positional argument: 'y'"),
        (5, "'int' object is not callable"),
        (None, "'NoneType' object is not callable"),
    ],
)
def test_arguments_that_do_not_fit_are_told(function, message):
    found = failure(function, 1)
    assert found.fact.startswith(f"{name_of(function)} could not be called: ")
    assert found.fact.endswith(message)
    assert found.advice == "Keep the arguments as the stub has them."


def test_a_type_error_inside_is_no_wrong_call():
    assert failure(lambda x: x + "a", 1).fact == "your code raised TypeError."


# --- the stub -------------------------------------------------------------------------------------------------------


class StubClass:
    def __init__(self, x):
        raise NotImplementedError("Write your answer here.")


@functools.wraps(stub)
def wrapped(x):
    return stub(x)


def stub_with_helper(x):
    def inner():
        raise NotImplementedError

    return inner()


@pytest.mark.parametrize("function", [stub, StubClass, wrapped, functools.partial(stub), stub_with_helper])
def test_the_stub_is_recognised(function):
    with pytest.raises(Unsolved, match=r" is not written yet: replace the stub with your answer"):
        check.call(function, 1)


def test_the_stubs_name_is_the_exercises(trial_for):
    with trial_for("trace_of", stub), pytest.raises(Unsolved, match=r"^trace_of is not written yet"):
        check.call(stub, 1)


def own_helper(x):
    raise NotImplementedError("a case that is left")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: einops.reduce(np.arange(4), "(a b) -> a", "mean", a=2),
        lambda x: t.ones(2, 2, dtype=t.bool) @ t.ones(2, 2, dtype=t.bool),
        lambda x: np.random.bit_generator.BitGenerator(0),
        lambda x: own_helper(x),
    ],
    ids=["einops", "torch, from C", "numpy", "a helper"],
)
def test_a_librarys_not_implemented_error_is_no_stub(function):
    assert failure(function, 1).fact == "your code raised NotImplementedError."


def test_another_exception_is_no_stub():
    assert not is_stub(ValueError("never raised"))
    assert not is_stub(NotImplementedError("never raised"))


def test_a_function_that_wraps_itself_does_no_harm():
    def student(x):
        raise NotImplementedError

    student.__wrapped__ = student
    with pytest.raises(Unsolved, match="not written yet"):
        check.call(student, 1)


# --- changed inputs -------------------------------------------------------------------------------------------------


def test_a_changed_argument_is_told_and_restored():
    def student(first, second):
        second += 1
        return second

    first, second = np.zeros(2), np.zeros(2)
    found = failure(student, first, second)
    assert (found.reason, found.fact) == ("changed input", "student changed its input second, which must stay as it was.")
    assert found.advice.startswith("Work on a copy, or avoid operations in place (+=, a[...] = ..., .sort(), methods ending in _).")
    assert second.tolist() == [0.0, 0.0]


def test_all_changed_arguments_are_named():
    def student(first, *, second):
        first.add_(1)
        second.sort()

    found = failure(student, t.zeros(2), second=[2, 1])
    assert found.fact == "student changed its input first and second, which must stay as it was."
    assert found.call == "student(first, second=second)"


def test_an_exception_is_told_before_a_change():
    def student(x):
        x += 1
        raise ValueError("then")

    outcome = run(student, Case((np.zeros(1),)))
    assert outcome.changed == ("x",)
    assert failure(student, np.zeros(1)).fact == "your code raised ValueError."


def test_the_second_functions_arguments_have_their_own_names(trial_for):
    def mine(picture):
        picture += 1

    with trial_for("double", len, mine):
        assert failure(mine, np.zeros(1)).fact == "halve changed its input x, which must stay as it was."


# --- what is not allowed --------------------------------------------------------------------------------------------


def test_a_forbidden_call_is_told_also_when_it_was_caught(trial_for):
    def sly(mat):
        try:
            return np.trace(mat)
        except Exception:
            return 5.0

    with trial_for("trace_of", sly):
        found = failure(sly, np.eye(2))
    assert (found.reason, found.fact) == ("not allowed", "numpy.trace: not in this exercise.")
    assert found.advice == "The exercise is to do it without: use what this section is about."
    assert found.call == "trace_of(mat)"


def test_a_watch_is_made_where_the_exercise_asks_for_one(chapter):
    assert watch_for(Trial(chapter, chapter.exercises["trace_of"])) is not None
    assert watch_for(Trial(chapter, chapter.exercises["double"])) is None
    assert watch_for(Trial()) is None


# --- names ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_called_what_the_exercise_calls_it(trial_for):
    first, second = (lambda x: x), np.sin
    with trial_for("double", first, second):
        assert name_of(first) == "double"
        assert name_of(second) == "halve"
        assert name_of(lambda x: x) == "double"
        assert name_of(stub) == "stub"


def test_without_an_exercise_the_functions_own_name_is_used():
    assert name_of(stub) == "stub"
    assert name_of(lambda x: x) == "your function"
    assert name_of(functools.partial(stub)) == "your function"


@pytest.mark.parametrize(
    ("function", "args", "call"),
    [
        (stub, (1,), "stub(x)"),
        (lambda *xs: None, (1, 2), "your function(xs, argument 2)"),
        (np.sin, (1,), "sin(x)"),
        (len, (1, 2), "len(obj, argument 2)"),
        (type("Odd", (), {"__signature__": 5, "__call__": len})(), (1,), "your function(argument 1)"),
    ],
)
def test_a_call_is_written_with_its_arguments(function, args, call):
    outcome = Outcome(error=ValueError("x"))
    found = explain_outcome(outcome, name_of(function), Case(args, label="a case"), function)
    assert found is not None
    if call.startswith("sin"):
        call = call if "(x)" in found["call"] else "sin(argument 1)"
    assert found["call"] == f"{call}   on a case"


def test_a_value_has_nothing_to_explain():
    assert explain_outcome(Outcome(3), "f", ONE) is None


def test_fail_names_the_exercise(trial_for):
    with trial_for("trace_of"), pytest.raises(CheckFailure, match=r"^trace_of: it is wrong\.\n  try: +look$"):
        fail("value", "it is wrong.", advice="look")
    with nullcontext(), pytest.raises(CheckFailure, match=r"^this answer: it is wrong\.$"):
        fail("value", "it is wrong.")


def test_the_students_frames_are_those_of_no_library():
    try:
        einops.rearrange(np.zeros(2), "a b -> b a")
    except Exception as error:
        frames = student_frames(error)
    assert [name for name, _ in frames] == [__file__]


def test_forbidden_is_an_outcome_not_an_exception():
    with begin(Trial()):
        outcome = run(raising(Forbidden("numpy.trace")), ONE)
    assert isinstance(outcome.error, Forbidden)

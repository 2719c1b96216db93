"""Running a test on answers: every outcome, and who is blamed."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from workbook import check
from workbook.check.cases import alternatives, mistakes, solution, stub
from workbook.check.run import blame_needs, find_test, run_exercise, run_test
from workbook.check.trial import Trial, current
from workbook.errors import ChapterError
from workbook.model import Result, Status

TESTED = ["double", "flipped", "Meter", "checked_ratio", "quiz_axis", "trace_of", "mean_trace"]


def outcome(chapter, name, answers, **settings) -> Result:
    return run_exercise(chapter, chapter.exercises[name], answers, **settings)


def outcome_of(chapter, test, *arguments, name="double") -> Result:
    return run_test(Trial(chapter, chapter.exercises[name]), test, list(arguments))


@pytest.mark.parametrize("name", TESTED)
def test_solutions_pass_stubs_are_unsolved_and_mistakes_fail(chapter, name):
    exercise = chapter.exercises[name]
    passed = run_exercise(chapter, exercise, solution(chapter, exercise))
    assert (passed.status, passed.message, passed.explanation) == (Status.PASSED, "passed", None)
    assert passed.seconds > 0
    unsolved = run_exercise(chapter, exercise, stub(chapter, exercise))
    assert unsolved.status is Status.UNSOLVED
    assert unsolved.message.startswith(f"{name} is not written yet")
    wrong = {key: run_exercise(chapter, exercise, answers) for key, answers in mistakes(chapter, exercise).items()}
    assert len(wrong) >= 3
    assert {result.status for result in wrong.values()} == {Status.FAILED}
    assert all(result.message == result.explanation.fact for result in wrong.values())
    right = [run_exercise(chapter, exercise, answers).status for answers in alternatives(chapter, exercise).values()]
    assert set(right) <= {Status.PASSED}


@pytest.mark.parametrize("name", ["double", "flipped", "quiz_axis", "trace_of"])
def test_mistakes_are_recognised_by_their_own_names(chapter, name):
    exercise = chapter.exercises[name]
    for key, answers in mistakes(chapter, exercise).items():
        assert run_exercise(chapter, exercise, answers).mistake in (key, f"{name}__{key}")


def test_answers_that_are_not_there_are_missing(chapter):
    result = outcome(chapter, "double", {})
    assert (result.status, result.message) == (Status.MISSING, "There is no double and no halve in the answers.")
    assert outcome(chapter, "double", {"double": len}).message == "There is no halve in the answers."


def test_a_chapter_without_the_test_is_incomplete(chapter):
    with pytest.raises(ChapterError, match=r"test_part1_small\.py: there is no test_question_views\.\nEvery exercise has a test"):
        find_test(chapter, chapter.exercises["question_views"])


def test_the_seed_draws_other_inputs_and_is_kept(chapter):
    kept = []

    def answer(mat):
        kept.append(mat.sum())
        return np.einsum("ii->", mat)

    results = [outcome(chapter, "trace_of", {"trace_of": answer}, seed=seed) for seed in (1, 2)]
    assert [result.seed for result in results] == [1, 2]
    half = len(kept) // 2
    assert kept[:half] != kept[half:]


def test_what_is_printed_is_kept_and_cut(chapter, capsys):
    def loud(x):
        print("y" * 10_000)
        return 2 * x

    result = outcome(chapter, "double", {"double": loud, "halve": lambda x: x / 2})
    assert result.status is Status.PASSED
    assert result.printed == "y" * 4000
    assert capsys.readouterr().out == ""


def test_a_second_run_under_watch_prints_nothing_more(chapter):
    def loud(mat):
        print("here")
        return np.einsum("ii->", mat)

    result = outcome(chapter, "trace_of", {"trace_of": loud})
    assert result.printed == "here\n" * result.printed.count("here")
    assert result.printed.count("here") == len(check.house("i i", empty="i"))


def test_closing_the_output_does_no_harm(chapter):
    def rude(x):
        print("bye")
        sys.stdout.close()
        return 2 * x

    assert outcome(chapter, "double", {"double": rude, "halve": lambda x: x / 2}).status is Status.PASSED


def test_warnings_are_kept_from_the_student(chapter):
    def warning(x):
        warnings.warn("careful", stacklevel=1)
        return 2 * x

    assert outcome(chapter, "double", {"double": warning, "halve": lambda x: x / 2}).status is Status.PASSED


@pytest.mark.parametrize("error", [SystemExit(1), GeneratorExit(), ValueError("no")])
def test_whatever_the_answer_raises_is_a_failure(chapter, error):
    def answer(x):
        raise error

    result = outcome(chapter, "double", {"double": answer, "halve": answer})
    assert (result.status, result.message) == (Status.FAILED, f"your code raised {type(error).__name__}.")


# --- tests that call freely -----------------------------------------------------------------------------------------


class Raising:
    def __init__(self):
        raise SystemExit("stop")


class Unfinished:
    def __init__(self):
        pass

    def add(self, number):
        raise NotImplementedError("Write your answer here.")


class Empty:
    pass


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (Raising, Status.FAILED, "your code raised SystemExit."),
        (Unfinished, Status.UNSOLVED, "Meter is not written yet"),
        (Empty, Status.FAILED, "the test could not go on: AttributeError: 'Empty' object has no attribute 'add'"),
        (5, Status.FAILED, "the test could not go on: TypeError: 'int' object is not callable"),
    ],
)
def test_a_class_that_breaks_is_the_answers_fault(chapter, answer, status, message):
    result = outcome(chapter, "Meter", {"Meter": answer})
    assert result.status is status
    assert result.message.startswith(message)


def test_the_line_of_a_class_that_raises_is_shown(chapter):
    explanation = outcome(chapter, "Meter", {"Meter": Raising}).explanation
    assert explanation.got.endswith('raise SystemExit("stop")')
    lacking = outcome(chapter, "Meter", {"Meter": Empty}).explanation
    assert lacking.advice.startswith("The test asks for something that your class does not have yet")


def run_text(chapter, text, *arguments, name="double"):
    """Run a test that stands in the chapter's own folder."""
    path = chapter.tests / "test_other.py"
    names = {"check": check}
    exec(compile(text, str(path), "exec"), names)
    return outcome_of(chapter, names["test_it"], *arguments, name=name)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def test_it(f, g):\n    1 / 0", ZeroDivisionError),
        ("def test_it(f, g):\n    assert False", AssertionError),
        ("def test_it(f, g):\n    f.nothing", AttributeError),
        ("def test_it(f, g):\n    check.agrees(f, [], len)", ValueError),
        ("def test_it(f, g):\n    check.agrees(f, [(1,)], lambda x: 1 / 0)", ZeroDivisionError),
        ("def test_it(f, g):\n    raise NotImplementedError", NotImplementedError),
    ],
)
def test_a_bug_of_the_test_is_ours_and_says_so(chapter, text, error):
    with pytest.raises(error, match="This is a bug in the test of double, not in your answer") as caught:
        run_text(chapter, text, len, len)
    assert caught.value.__notes__ == ["This is a bug in the test of double, not in your answer. Please report it."]


def test_an_interruption_is_nobodys_bug(chapter):
    with pytest.raises(KeyboardInterrupt, match=r"^$") as caught:
        run_text(chapter, "def test_it(f, g):\n    raise KeyboardInterrupt", len, len)
    assert not hasattr(caught.value, "__notes__")


def test_notes_and_pictures_come_with_the_result(chapter):
    def test_it(double, halve):
        current().notes.append("a remark")
        check.shows(lambda: current().name)

    result = outcome_of(chapter, test_it, len, len)
    assert result.notes == ("a remark",)
    assert [draw() for draw in result.figures] == ["double"]


# --- needs ----------------------------------------------------------------------------------------------------------


def needing(mat):
    return 0.0 * mat.sum()


def test_a_failing_need_is_blamed_first(chapter):
    result = outcome(chapter, "mean_trace", {"mean_trace": needing, "trace_of": lambda mat: mat.sum()})
    assert result.status is Status.FAILED
    assert result.message == "it builds on trace_of, which does not pass yet (the value is wrong.)"
    assert result.explanation.reason == "needs"
    assert result.explanation.advice == (
        "Mend trace_of first, then run this test again. Then, if it still fails: the value is wrong."
    )


def test_an_unsolved_need_is_blamed_too(chapter):
    needed = stub(chapter, chapter.exercises["trace_of"])
    result = outcome(chapter, "mean_trace", {"mean_trace": needing, **needed})
    assert result.message.startswith("it builds on trace_of, which does not pass yet (trace_of is not written yet")


@pytest.mark.parametrize("answers", [{}, {"trace_of": lambda mat: np.einsum("ii->", mat)}])
def test_a_need_that_passes_or_is_absent_is_not_blamed(chapter, answers):
    result = outcome(chapter, "mean_trace", {"mean_trace": needing, **answers})
    assert result.message == "the value is wrong."


def test_a_need_is_not_looked_at_when_the_test_passes(chapter):
    asked = []
    answers = {"mean_trace": solution(chapter, chapter.exercises["mean_trace"])["mean_trace"], "trace_of": asked.append}
    assert outcome(chapter, "mean_trace", answers).status is Status.PASSED
    assert asked == []


def test_blame_without_an_explanation_makes_one(chapter):
    exercise = chapter.exercises["mean_trace"]
    result = blame_needs(chapter, exercise, {"trace_of": len}, Result("mean_trace", Status.FAILED))
    assert result.explanation.fact == result.message


@pytest.mark.parametrize("right", [True, False])
def test_torch_computes_on_one_thread_meanwhile_and_as_before_afterwards(chapter, right):
    torch = pytest.importorskip("torch", reason="threads are torch's")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    seen = []

    def test(double, halve):
        seen.append(torch.get_num_threads())
        check.require(right, "it is wrong.")

    try:
        status = outcome_of(chapter, test, len, len).status
        assert (seen, torch.get_num_threads(), status is Status.PASSED) == ([1], 2, right)
    finally:
        torch.set_num_threads(before)

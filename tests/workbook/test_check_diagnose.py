"""The known mistake that gives the same output."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbook import check
from workbook.check import diagnose
from workbook.check.call import Outcome, run
from workbook.check.compare import Rule
from workbook.check.diagnose import mistakes_of, recognise
from workbook.check.inputs import Case
from workbook.check.trial import Trial, begin
from workbook.errors import CheckFailure, Unsolved

CASES = [
    Case((np.array(entries),))
    for entries in ([[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [2.0, 5.0]], [[1.0, 0.0], [0.0, 1.0]], [[7.0]])
]


@pytest.fixture
def trial(chapter):
    trial = Trial(chapter, chapter.exercises["trace_of"])
    with begin(trial):
        yield trial


def write_mistakes(trial, text):
    (trial.chapter.mistakes / "part1_small.py").write_text(f"import numpy as np\n\n{text}", encoding="utf-8")


def recognised(trial, function, failing=0, cases=CASES):
    outcome = run(function, cases[failing])
    found = recognise(trial, "trace_of", cases[failing], outcome, Rule(), lambda case: run(function, case), cases)
    return found.slug if found else None


def test_mistakes_are_read_with_their_sentences(trial):
    found = mistakes_of(trial)
    assert [mistake.name for mistake in found] == ["trace_of__total", "trace_of__diagonal", "trace_of__other_diagonal"]
    assert found[0].sentence == "Every entry was summed, not only the diagonal."


def test_without_mistakes_there_are_none(chapter):
    exercise = chapter.exercises["trace_of"]
    assert mistakes_of(Trial()) == []
    assert mistakes_of(Trial(replace(chapter, mistakes=None), exercise)) == []
    assert mistakes_of(Trial(replace(chapter, mistakes=chapter.folder), exercise)) == []


@pytest.mark.parametrize(
    ("function", "slug"),
    [
        (lambda mat: np.sum(mat), "total"),
        (lambda mat: float(sum(map(sum, mat))), "total"),
        (lambda mat: np.array([mat[n, n] for n in range(len(mat))]), "diagonal"),
        (lambda mat: sum(mat[n, -1 - n] for n in range(len(mat))), "other_diagonal"),
        (lambda mat: mat.mean(), None),
        (lambda mat: None, None),
        (lambda mat: 1 / 0, None),
    ],
)
def test_the_same_output_is_recognised(trial, function, slug):
    assert recognised(trial, function) == slug


def test_of_several_that_agree_the_one_that_agrees_elsewhere_is_taken(trial):
    one = [Case((np.array([[2.0, 0.0], [0.0, 3.0]]),)), *CASES]
    write_mistakes(
        trial,
        "def trace_of__total(m):\n    return m.sum()\n\ndef trace_of__largest_two(m):\n    return np.sort(m.ravel())[-2:].sum()\n",
    )
    assert recognised(trial, lambda mat: mat.sum(), cases=one) == "total"
    assert recognised(trial, lambda mat: np.sort(mat.ravel())[-2:].sum(), cases=one) == "largest_two"


def test_a_mistake_that_agrees_by_chance_is_not_named(trial):
    # Right but for one case, where the output happens to be that of the mistake.
    student = lambda mat: mat.sum() if mat[0, 0] == 1 and mat[0, 1] == 2 else np.trace(mat) * 1.0  # noqa: E731
    assert recognised(trial, student, cases=CASES[:2]) is None


def test_mistakes_may_raise(trial):
    write_mistakes(
        trial,
        "def trace_of__key(m):\n    raise KeyError(1)\n\n"
        "def trace_of__index(m):\n    return m[9]\n\n"
        "def trace_of__exit(m):\n    raise ValueError\n",
    )
    assert recognised(trial, lambda mat: mat[9]) == "index"
    assert recognised(trial, lambda mat: mat[5, 5]) is None, "another slip that raises the same class is not this mistake"
    assert recognised(trial, lambda mat: {}[1]) == "key"
    assert recognised(trial, lambda mat: mat.sum()) is None


def test_mistakes_leave_the_arguments_and_print_nothing(trial, capsys):
    write_mistakes(trial, 'def trace_of__loud(m):\n    print("loud")\n    m[:] = 0\n    return m.sum()\n')

    def student(mat):
        print("student")
        return 0.0

    assert recognised(trial, student) == "loud"
    assert capsys.readouterr().out == "student\n"  # the failing call, which the test made itself
    assert CASES[0].args[0].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_student_who_gives_up_on_another_case_is_still_diagnosed(trial):
    def student(mat):
        if len(mat) == 1:
            raise NotImplementedError
        return mat.sum()

    with pytest.raises(Unsolved, match="trace_of"):
        run(student, CASES[3])
    assert recognised(trial, student) == "total"


class Broken:
    def __repr__(self):
        raise ValueError("no")

    def __eq__(self, other):
        raise ValueError("no")

    __hash__ = None


@pytest.mark.parametrize("value", [Broken(), [Broken()], {"a": Broken()}, (Broken(), np.zeros(2))])
def test_odd_results_are_no_obstacle(trial, value):
    texts = {"list": "[1]", "dict": "{}", "gen": "(x for x in m)"}
    write_mistakes(trial, "".join(f"def trace_of__{slug}(m):\n    return {text}\n" for slug, text in texts.items()))
    assert recognised(trial, lambda mat: value) is None


def test_results_that_cannot_be_compared_are_recognised_by_how_they_look(trial):
    write_mistakes(trial, "def trace_of__dtype(m):\n    return m.dtype\n\ndef trace_of__range(m):\n    return range(3)\n")
    assert recognised(trial, lambda mat: range(0, 3, 1)) == "range"
    assert recognised(trial, lambda mat: np.dtype("float64")) == "dtype"


def test_a_diagnosis_does_not_keep_the_learner_waiting(trial, monkeypatch):
    monkeypatch.setattr(diagnose, "_SECONDS", -1.0)
    replayed = []
    outcome = Outcome(np.float64(10))
    found = recognise(trial, "trace_of", CASES[0], outcome, Rule(), lambda case: replayed.append(case) or outcome, CASES)
    assert found is not None
    assert found.slug == "total"
    assert replayed == []


def test_mistakes_of_another_function_are_not_asked(chapter):
    trial = Trial(chapter, chapter.exercises["double"])
    with begin(trial):
        outcome = Outcome(np.array([4.0, 9.0]))
        case = Case((np.array([2.0, 3.0]),))
        assert recognise(trial, "double", case, outcome, Rule(), lambda c: outcome, [case]).name == "double__square"
        assert recognise(trial, "halve", case, outcome, Rule(), lambda c: outcome, [case]) is None


WRITING = '''
def trace_of__scaled(mat):
    """The matrix itself was scaled."""
    mat *= 2
    return np.trace(mat) / 2


def trace_of__broken(mat):
    """It raises before it writes."""
    raise ValueError
'''


def zeroed(mat):
    mat[...] = 0
    return 0.0


def test_a_mistake_that_writes_to_the_same_input_is_named(trial, trial_for):
    write_mistakes(trial, WRITING)
    with trial_for("trace_of", zeroed), pytest.raises(CheckFailure, match="changed its input mat") as caught:
        check.agrees(zeroed, CASES, np.trace)
    told = caught.value.explanation
    assert (told.reason, told.mistake, told.mistake_name) == (
        "changed input",
        "The matrix itself was scaled.",
        "trace_of__scaled",
    )
    assert CASES[0].args[0].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    write_mistakes(trial, WRITING.replace("mat *= 2", "mat = mat * 2"))
    with trial_for("trace_of", zeroed), pytest.raises(CheckFailure) as caught:
        check.agrees(zeroed, CASES, np.trace)
    assert caught.value.explanation.mistake == ""

"""Checks of free form, and quizzes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbook import check
from workbook.check.trial import Trial, begin, current
from workbook.errors import CheckFailure, Unsolved


def test_a_requirement_that_holds_says_nothing(trial_for):
    with trial_for("Meter"):
        assert check.require(True, "never said") is None


def test_a_requirement_that_does_not_hold_fails_with_its_words(trial_for):
    with trial_for("Meter"), pytest.raises(CheckFailure, match=r"^Meter: the mean is 3\.\n  got: +4\n  try: +count$") as caught:
        check.require(False, "the mean is 3.", "count", got="4")
    assert caught.value.explanation.reason == "requirement"


@pytest.mark.parametrize("named", ["last", "Meter__last"])
def test_a_requirement_names_the_mistake_that_fails_there(trial_for, named):
    with trial_for("Meter"), pytest.raises(CheckFailure) as caught:
        check.require(False, "the mean is 3.", mistake=named)
    told = caught.value.explanation
    assert (told.mistake, told.mistake_name) == ("Only the last number is remembered.", "Meter__last")


def test_a_mistake_that_is_not_at_hand_is_not_named(trial_for):
    with trial_for("Meter"), pytest.raises(CheckFailure) as caught:
        check.require(False, "the mean is 3.", mistake="unheard_of")
    assert (caught.value.explanation.mistake, caught.value.explanation.mistake_name) == ("", "")


def test_pictures_are_kept_for_later(trial_for):
    with trial_for("Meter"):
        check.shows(lambda: 1 / 0)
        assert len(current().figures) == 1


def quiz(trial_for, letter):
    with trial_for("quiz_axis", letter):
        check.choice(letter)
        return current().notes


@pytest.mark.parametrize("letter", ["b", "B", " b ", np.str_("b")])
def test_the_right_letter_passes(trial_for, letter):
    assert quiz(trial_for, letter) == []


@pytest.mark.parametrize("letter", [None, ..., "", "  "])
def test_no_letter_is_no_answer(trial_for, letter):
    with pytest.raises(Unsolved, match=r"^quiz_axis is not written yet"):
        quiz(trial_for, letter)


@pytest.mark.parametrize(
    ("letter", "sentence"), [("a", "sums of the columns"), ("c", "everything is summed"), ("D ", "no axis number 2")]
)
def test_a_wrong_letter_has_its_sentence(trial_for, letter, sentence):
    with pytest.raises(CheckFailure, match=rf'^quiz_axis: "{letter.strip().lower()}" is not the answer\.') as caught:
        quiz(trial_for, letter)
    assert sentence in caught.value.explanation.mistake
    assert caught.value.explanation.mistake_name == f"quiz_axis__{letter.strip().lower()}"
    assert caught.value.explanation.advice == "Go back to the question with that in mind, then choose again."


class Yes:
    """Equal to every option."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return hash("b")


class YesText(str):
    __eq__ = lambda self, other: True  # noqa: E731
    __ne__ = lambda self, other: False  # noqa: E731
    __hash__ = str.__hash__
    strip = lower = lambda self: YesText("b")
    __str__ = lambda self: "b"  # noqa: E731


class Broken:
    def __repr__(self):
        raise ValueError("no")


@pytest.mark.parametrize(
    ("letter", "shown"),
    [
        ("e", "'e'"),
        ("ab", "'ab'"),
        (1, "1"),
        (b"b", "b'b'"),
        (["b"], r"\['b'\]"),
        (np.array(["a", "b"]), r"\['a' 'b'\]   <U1 array \(2,\)"),
        (len, "<built-in function len>"),
        (Yes(), "<.*Yes object at"),
        (YesText("e"), "'e'"),
        (Broken(), "<a Broken, whose repr raised ValueError>"),
    ],
)
def test_what_is_no_option_is_told(trial_for, letter, shown):
    with pytest.raises(CheckFailure, match=rf"(?s)^quiz_axis: {shown}.* is not one of the options\.") as caught:
        quiz(trial_for, letter)
    assert caught.value.explanation.expected == 'one of "a", "b", "c", "d"'
    assert caught.value.explanation.advice == 'Assign one letter in quotes and nothing else, for example quiz_axis = "a".'


def test_a_text_that_lies_is_taken_by_its_letters(trial_for):
    with pytest.raises(CheckFailure, match='"a" is not the answer'):
        quiz(trial_for, YesText("a"))


def test_without_mistakes_the_solution_judges(chapter):
    bare = Trial(replace(chapter, mistakes=None), chapter.exercises["quiz_axis"])
    with begin(bare):
        check.choice("b")
        assert bare.notes == []
        with pytest.raises(CheckFailure, match=r'^quiz_axis: "a" is not the answer\.\n  got: +\'a\'\n  try: +Go back to the'):
            check.choice("a")


def test_without_mistakes_and_solutions_a_letter_is_noted(chapter):
    installed = Trial(replace(chapter, mistakes=None, solutions=None, stubs=chapter.folder), chapter.exercises["quiz_axis"])
    with begin(installed):
        check.choice("A")
        assert installed.notes == ['Your answer "a" is noted; it is judged when the course is graded.']
        with pytest.raises(CheckFailure, match="is not one of the options"):
            check.choice("e")

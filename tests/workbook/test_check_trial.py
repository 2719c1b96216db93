"""The trial: the exercise whose test is running."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbook import check
from workbook.check import trial
from workbook.check.trial import Trial, begin, current, trial_of
from workbook.errors import UnknownName


def test_the_trial_is_current_inside_the_block_only(chapter):
    outer, inner = Trial(seed=1), Trial(seed=2)
    with begin(outer):
        with pytest.raises(ValueError, match=r"^out$"), begin(inner):
            assert current() is inner
            raise ValueError("out")
        assert current() is outer
    assert current() not in (outer, inner)


def test_draws_depend_on_seed_and_exercise(chapter):
    first, second = chapter.exercises["double"], chapter.exercises["flipped"]
    draws = [Trial(chapter, exercise, seed).generator.random() for exercise in (first, second) for seed in (0, 1)]
    assert len(set(draws)) == 4
    assert Trial(chapter, first).generator.random() == draws[0]


def test_all_draws_of_a_trial_go_through_one_generator(trial_for):
    with trial_for("double"):
        assert check.rng() is check.rng()


def test_a_bare_test_draws_from_one_generator():
    assert check.rng() is check.rng()
    assert current().name == ""


def test_a_bare_test_of_an_exercises_name_is_that_exercises(home, monkeypatch):
    monkeypatch.setattr(trial, "find_home", lambda: home)

    def test_double():
        return current().name, check.rng() is check.rng()

    assert test_double() == ("double", True)


def test_an_answer_is_known_by_its_place(chapter):
    one, other = len, abs
    run = Trial(chapter, chapter.exercises["double"], 0, (one, other))
    assert [run.function_name(each) for each in (one, other, print)] == ["double", "halve", ""]
    assert Trial().function_name(one) == ""


def test_signatures_come_from_the_solutions(chapter):
    run = Trial(chapter, chapter.exercises["trace_of"])
    assert run.signature("trace_of").parameters[0].dims == ("i", "i")
    assert run.signature("nothing") is None
    assert Trial().signature("trace_of") is None
    assert Trial(chapter).source is None


def test_a_trial_by_name(home, monkeypatch):
    monkeypatch.setattr(trial, "find_home", lambda: home)
    assert trial_of("flipped", 5).exercise.name == "flipped"
    assert trial_of("flipped", 5).seed == 5
    with pytest.raises(UnknownName, match=r"^There is no exercise called 'fliped'\.\nDid you mean flipped\?$"):
        trial_of("fliped")


def test_data_are_arrays_or_paths(trial_for, chapter):
    with trial_for("flipped"):
        assert check.data("steps.npy").shape == (4, 3)
        assert check.data("notes.txt") == chapter.folder / "data" / "notes.txt"


def test_data_that_are_not_there_are_told(trial_for):
    with (
        trial_for("flipped"),
        pytest.raises(UnknownName, match=r"^There is no data file called 'step\.npy'\.\nDid you mean steps\.npy\?$"),
    ):
        check.data("step.npy")


def test_without_a_chapter_the_data_of_all_are_searched(home, monkeypatch):
    monkeypatch.setattr(trial, "find_home", lambda: home)
    with begin(Trial()):
        assert check.data("steps.npy").shape == (4, 3)


def test_data_never_run_code(trial_for, chapter):
    np.save(chapter.folder / "data" / "evil.npy", np.array([print], object), allow_pickle=True)
    with trial_for("flipped"), pytest.raises(ValueError, match="allow_pickle=False"):
        check.data("evil.npy")


def test_a_trial_of_an_installed_chapter_reads_the_stubs(chapter):
    installed = replace(chapter, solutions=None, stubs=chapter.solutions)
    assert Trial(installed, chapter.exercises["double"]).signature("halve") is not None

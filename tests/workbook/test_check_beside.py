"""Classes derived from the student's, names of earlier exercises, and the test's own code on the way through the student's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbook import check
from workbook.check.call import run, student_frames
from workbook.check.inputs import Case
from workbook.check.trial import Trial, begin
from workbook.errors import CheckFailure, Unsolved
from workbook.model import find_home

CHAPTER = find_home(Path(__file__).parent / "classes").chapters[0]


class Base:
    def double(self, x: int) -> int:
        return 2 * x


def neighbour(x: int) -> int:
    return x


def test_define_runs_lines_with_the_names_that_are_given() -> None:
    derived = check.define(
        "class Derived(Base):\n    def triple(self, x):\n        return self.double(x) + x", "Derived", Base=Base
    )
    assert issubclass(derived, Base) and derived.__name__ == "Derived"
    assert derived().triple(2) == 6


@pytest.mark.parametrize("thing", [neighbour, Base])
def test_beside_finds_what_stands_in_the_same_place(thing: Any) -> None:
    assert check.beside(thing, "CHAPTER") is CHAPTER


@pytest.mark.parametrize("thing", [neighbour, Base, len, 7])
def test_beside_says_what_is_missing(thing: Any) -> None:
    with pytest.raises(CheckFailure, match="there is no Tensor, which"):
        check.beside(thing, "Tensor")


@pytest.mark.parametrize("error", [CheckFailure, Unsolved])
def test_a_check_that_fails_in_a_function_of_the_test_is_no_exception_of_the_answer(error: type[Exception]) -> None:
    def fails() -> None:
        if error is Unsolved:
            raise Unsolved("neighbour")
        check.require(False, "called too often.")

    with pytest.raises(error):
        run(lambda function: function(), Case((fails,), {}))


def test_lines_of_the_tests_are_not_the_student_s() -> None:
    space: dict[str, Any] = {}
    exec(compile("def hook():\n    raise ValueError('hook')", str(CHAPTER.tests / "test_part1_machine.py"), "exec"), space)
    with begin(Trial(CHAPTER, CHAPTER.exercises["compose"])):
        outcome = run(lambda function: function(), Case((space["hook"],), {}))
        assert outcome.error is not None
        assert [Path(name).name for name, _ in student_frames(outcome.error)] == [Path(__file__).name]

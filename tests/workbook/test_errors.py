"""The exceptions and their wording."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook import errors
from workbook.errors import (
    BadInput,
    ChapterError,
    CheckFailure,
    Forbidden,
    UnknownName,
    Unsolved,
    WorkbookError,
    near,
)
from workbook.model import Explanation

PLACE = Path("course/chapter.toml")

EXAMPLES = {
    "fact only": (WorkbookError("It broke."), "It broke."),
    "fact and advice": (BadInput("There is no file x.", "Name another."), "There is no file x.\nName another."),
    "place": (ChapterError(PLACE, "no title.", "Add one."), "course/chapter.toml: no title.\nAdd one."),
    "place with line": (ChapterError(PLACE, "no title.", line=7), "course/chapter.toml:7: no title."),
    "near name": (UnknownName("part", "part3", ["part1", "zebra"]), "There is no part called 'part3'.\nDid you mean part1?"),
    "no near name": (UnknownName("part", "q", ["part1"], "Parts are part1."), "There is no part called 'q'.\nParts are part1."),
    "no advice at all": (UnknownName("part", "q", []), "There is no part called 'q'."),
    "forbidden": (
        Forbidden("numpy.trace"),
        "numpy.trace: not in this exercise.\nThe exercise is to do it without: use what this section is about.",
    ),
    "stub": (
        Unsolved("double"),
        "double is not written yet: replace the stub with your answer, run that cell, then run this one again.",
    ),
    "failure": (
        CheckFailure(Explanation("double", "value", "it is wrong.", got="3")),
        "double: it is wrong.\n  got:              3",
    ),
}


@pytest.mark.parametrize(("error", "text"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_each_error_says_what_happened_and_what_to_do(error, text):
    assert str(error) == text


@pytest.mark.parametrize(("error", "text"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_each_error_survives_the_way_to_another_process(error, text):
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == text
        assert vars(twin) == vars(error)


def test_fact_and_advice_stay_apart():
    error = BadInput("There is no file x.", "Name another.")
    assert (error.fact, error.advice) == ("There is no file x.", "Name another.")


@pytest.mark.parametrize(
    ("error", "builtin"),
    [(BadInput("x"), ValueError), (UnknownName("part", "x", []), LookupError), (Unsolved("x"), NotImplementedError)],
)
def test_errors_can_be_caught_as_the_builtin_of_their_kind(error, builtin):
    with pytest.raises(builtin, match="x"):
        raise error


def test_a_rejected_answer_is_an_assertion_and_never_something_to_mend():
    failure = CheckFailure(Explanation("double", "value", "it is wrong."))
    assert isinstance(failure, AssertionError)
    assert not isinstance(failure, WorkbookError)
    assert not isinstance(Unsolved("double"), WorkbookError)


@pytest.mark.parametrize("error", [CheckFailure(Explanation("double", "value", "it is wrong.", got="3")), Unsolved("double")])
def test_a_notebook_shows_one_line_for_a_verdict(error):
    (line,) = error._render_traceback_()
    assert line == f"{type(error).__name__}: {str(error).splitlines()[0]}"


def test_a_notebook_shows_a_line_even_for_an_empty_message():
    assert CheckFailure(Explanation("", "", ""))._render_traceback_() == ["CheckFailure: : "]


def test_near_offers_two_names_at_most_and_the_nearest_first():
    assert near("trace", ["trace_1", "trace_of", "traces", "apple"]) == "Did you mean traces or trace_1?"
    assert near("trace", (name for name in ["apple"])) == ""
    assert near("trace", []) == ""


@given(st.text(min_size=1), st.lists(st.text(min_size=1)))
def test_near_only_offers_known_names(name, known):
    sentence = near(name, known)
    offered = known and sentence and [each for each in known if each in sentence]
    assert sentence == "" or (sentence.startswith("Did you mean ") and offered)


def test_every_public_name_exists():
    assert all(hasattr(errors, name) for name in errors.__all__)

"""Explanations and results: data, and one plain rendering."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from workbook.model import Explanation, Result, Status

FULL = Explanation(
    "double",
    "value",
    "the value is wrong.",
    call="double(x)   on the example",
    arguments=(("x", "[1 2]"), ("y", "")),
    expected="[2 4]\nint64",
    got="[1 4]",
    first="at [0]: expected 2, got 1",
    mistake="You added.",
    mistake_name="double__added",
    advice="Look again.",
    figures=(lambda: 1 / 0,),
)


def test_an_explanation_reads_from_top_to_bottom():
    assert FULL.text() == (
        "double: the value is wrong.\n"
        "  called:           double(x)   on the example\n"
        "    x:              [1 2]\n"
        "  expected:         [2 4]\n"
        "                    int64\n"
        "  got:              [1 4]\n"
        "  first difference: at [0]: expected 2, got 1\n"
        "  what happened:    You added.\n"
        "  try:              Look again."
    )


def test_what_is_empty_is_left_out():
    assert Explanation("double", "value", "it is wrong.").text() == "double: it is wrong."
    assert Explanation("double", "value", "it is wrong.").rows() == []


def test_an_explanation_is_plain_data_without_its_pictures():
    plain = FULL.as_dict()
    assert "figures" not in plain
    assert json.loads(json.dumps(plain))["mistake_name"] == "double__added"
    assert set(plain) == {
        "exercise", "reason", "fact", "call", "arguments", "expected", "got", "first", "mistake", "mistake_name", "advice", "needs"
    }  # fmt: skip


def test_pictures_do_not_make_explanations_different():
    assert Explanation("a", "b", "c", figures=(len,)) == Explanation("a", "b", "c")
    assert Result("a", Status.PASSED, figures=(len,)) == Result("a", Status.PASSED)


def test_a_result_is_plain_data():
    result = Result("double", Status.FAILED, "wrong", FULL, 0.123456, 7, ("a note",), "printed", (len,))
    plain = json.loads(json.dumps(result.as_dict()))
    assert plain["explanation"].pop("arguments") == [["x", "[1 2]"], ["y", ""]]
    assert plain.pop("explanation")["fact"] == "the value is wrong."
    assert plain == {
        "exercise": "double",
        "status": "failed",
        "message": "wrong",
        "seconds": 0.1235,
        "seed": 7,
        "notes": ["a note"],
        "printed": "printed",
    }
    assert Result("double", Status.PASSED).as_dict()["explanation"] is None


def test_a_result_names_the_recognised_mistake():
    assert Result("double", Status.FAILED, explanation=FULL).mistake == "double__added"
    assert Result("double", Status.PASSED).mistake == ""


def test_nothing_but_passed_is_a_pass():
    assert [status.value for status in Status] == ["passed", "failed", "unsolved", "missing", "error"]
    assert not any(status == Status.PASSED for status in Status if status is not Status.PASSED)


@given(st.lists(st.text(), min_size=8, max_size=8))
def test_any_texts_can_be_rendered(texts):
    name, fact, call, argument, expected, got, first, advice = texts
    explanation = Explanation(name, "value", fact, call, ((name, argument),), expected, got, first, advice=advice)
    assert explanation.text().startswith(f"{name}: {fact}")

"""Shapes explained by the names of their dimensions."""

from __future__ import annotations

import numpy as np
import pytest
import torch as t
from hypothesis import given
from hypothesis import strategies as st

from workbook.check.shapes import bind, explain, index_text, shape_text
from workbook.model.source import Parameter, Signature


def signature(**dims: str | None) -> Signature:
    return Signature(
        "f", tuple(Parameter(name, tuple(text.split()) if text is not None else None) for name, text in dims.items()), ()
    )


def test_every_named_dimension_is_bound_where_it_is_first_seen():
    bound = bind(signature(mat1="i j", mat2="j k"), [np.zeros((2, 3)), t.zeros(3, 4)])
    assert bound == {"i": (2, "mat1"), "j": (3, "mat1"), "k": (4, "mat2")}


def test_what_has_no_name_or_no_size_is_not_bound():
    many = signature(a="*batch w", b=None, c="3 h", d="_ e", f="x y")
    args = [np.zeros((5, 6, 7)), np.zeros(2), np.zeros((3, 4)), np.zeros((8, 9)), "no array"]
    assert bind(many, args) == {"w": (7, "a"), "h": (4, "c"), "e": (9, "d")}
    assert bind(None, args) == {}
    assert bind(signature(a="i j"), [np.zeros(3)]) == {}
    assert bind(signature(a="i"), []) == {}


@pytest.mark.parametrize(
    ("dims", "shape", "text"),
    [
        ("i k", (2, 3), "(i = 2, k = 3)"),
        ("3 w", (3, 5), "(3, w = 5)"),
        ("*batch w", (7, 8, 5), "(7, 8, w = 5)"),
        ("... w", (5,), "(w = 5)"),
        ("b *mid w", (1, 2, 3, 4), "(b = 1, 2, 3, w = 4)"),
        ("_ w", (1, 2), "(1, w = 2)"),
        ("i k", (2, 3, 4), "(2, 3, 4)"),
        ("a b *c", (2,), "(2,)"),
        ("", (), "()"),
        (None, (2,), "(2,)"),
    ],
)
def test_shapes_are_written_with_their_names(dims, shape, text):
    assert shape_text(tuple(dims.split()) if dims is not None else None, shape) == text


def test_an_index_is_written_as_in_code():
    assert index_text(("i", "k"), (0, 1)) == "[0, 1]  (i = 0, k = 1)"
    assert index_text(None, (0, 1)) == "[0, 1]"
    assert index_text(("3",), (2,)) == "[2]"
    assert index_text((), ()) == "the only entry"


@pytest.mark.parametrize(
    ("got", "expected", "dims", "advice"),
    [
        ((2, 3), (2, 4), "i k", "k should be 4, as in mat2; yours is 3."),
        ((9, 3), (2, 4), "i k", "i should be 2; yours is 9. k should be 4, as in mat2; yours is 3."),
        ((4, 2), (2, 4), "i k", "The sizes are right, their order is not: look at the order of the axes."),
        ((2, 3), (2, 8), "i k", "k should be 8; yours is 3."),
        ((2, 4), (3, 4), "3 k", "axis 0 should be 3; yours is 2."),
        ((2, 3), (2, 4), None, "axis 1 should be 4; yours is 3."),
        ((5, 3), (5, 4), "*batch k", "k should be 4, as in mat2; yours is 3."),
        ((2,), (2, 4), "i k", "Your result has 1 axis; 2 axes (i, k) are asked."),
        ((2, 4, 1), (4,), None, "Your result has 3 axes; 1 axis is asked."),
        ((2, 4), (), "", "One number is asked, an array without axes; yours has 2."),
    ],
)
def test_a_wrong_shape_has_an_advice(got, expected, dims, advice):
    result = Parameter("result", tuple(dims.split())) if dims is not None else None
    assert explain(got, expected, result, {"k": (4, "mat2")})[1] == advice


sizes = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@given(sizes, sizes, st.none() | st.lists(st.sampled_from(["i", "*b", "3", "_", "..."]), max_size=4).map(tuple))
def test_any_two_different_shapes_have_a_fact_and_an_advice(got, expected, dims):
    if got != expected:
        fact, advice = explain(got, expected, Parameter("result", dims), {})
        assert fact.startswith(f"the shape is {got}, and it should be (")
        assert advice

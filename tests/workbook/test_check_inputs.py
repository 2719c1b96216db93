"""The rows of a table."""

from __future__ import annotations

import numpy as np
import pytest
import torch as t
from hypothesis import given
from hypothesis import strategies as st

from workbook.check.inputs import Case, as_cases, case, house
from workbook.check.trial import Trial, begin


def drawn(*specs, seed=0, **settings):
    with begin(Trial(seed=seed)):
        return house(*specs, **settings)


def test_a_case_holds_a_call():
    assert case(1, 2, label="two numbers", key=3) == Case((1, 2), {"key": 3}, "two numbers")


def test_tuples_and_lists_become_cases():
    first = case(1)
    assert as_cases([first, (1, 2), [3]]) == [first, Case((1, 2)), Case((3,))]
    assert as_cases(row for row in [(1,)]) == [Case((1,))]


def test_a_table_without_rows_could_not_fail():
    with pytest.raises(ValueError, match=r"^A test needs at least one case: with none it could not fail\.$"):
        as_cases([])


@pytest.mark.parametrize(("row", "name"), [(np.zeros((2, 2)), "a NumPy array"), ("ab", "a str"), (3, "an int"), ({1: 2}, "a dict")])
def test_a_bare_argument_is_no_row(row, name):
    with pytest.raises(TypeError, match=rf"^A row of a table is a case or a tuple of arguments, not {name}: write check\.case"):
        as_cases([row])


def test_the_house_inputs_show_the_easy_mistakes():
    cases = drawn("i j", "j k", empty="i k", ints=True)
    assert [each.label for each in cases] == [
        "random values",
        "float32",
        "views with gaps, not contiguous",
        "views with exchanged strides, not contiguous",
        "i of size one",
        "j of size one",
        "k of size one",
        "i empty",
        "k empty",
        "all sizes equal",
        "whole numbers (int64)",
    ]
    by_label = {each.label: each.args for each in cases}
    assert [arg.shape for arg in by_label["random values"]] == [(3, 4), (4, 5)]
    assert [arg.shape for arg in by_label["j of size one"]] == [(3, 1), (1, 5)]
    assert [arg.shape for arg in by_label["i empty"]] == [(0, 4), (4, 5)]
    assert [arg.shape for arg in by_label["all sizes equal"]] == [(3, 3), (3, 3)]
    assert {arg.dtype.name for arg in by_label["float32"]} == {"float32"}
    assert {arg.dtype.name for arg in by_label["whole numbers (int64)"]} == {"int64"}
    assert not any(arg.flags.c_contiguous for each in cases[2:4] for arg in each.args)
    assert (by_label["random values"][0] < 0).any()


def test_sizes_may_be_given():
    cases = drawn("w", "kw", sizes=[{"w": 7, "kw": 3}, {"w": 3, "kw": 3}])
    assert [each.label for each in cases][-1] == "w = 3, kw = 3"
    assert [[arg.shape for arg in each.args] for each in cases][-1] == [(3,), (3,)]
    assert not any("of size one" in each.label or "equal" in each.label for each in cases)


def test_torch_gets_tensors():
    cases = drawn("b c", lib="torch", ints=True)
    assert all(isinstance(arg, t.Tensor) for each in cases for arg in each.args)
    assert {each.args[0].dtype for each in cases} == {t.float64, t.float32, t.int64}
    assert not any(each.args[0].is_contiguous() for each in cases[2:4])


def test_specs_may_hold_numbers_and_nothing():
    cases = drawn("3 w", "")
    assert cases[0].args[0].shape == (3, 3)
    assert cases[0].args[1].shape == ()
    assert all(isinstance(arg, np.ndarray) for each in cases for arg in each.args)


def test_one_dimension_alone_has_no_square():
    assert not any(each.label == "all sizes equal" for each in drawn("i"))
    assert not any(each.label == "all sizes equal" for each in drawn("i j", square=False))


def test_dtypes_may_be_given():
    cases = drawn("i", dtypes=("uint8", "int32"))
    assert [each.args[0].dtype.name for each in cases[:2]] == ["uint8", "int32"]


def test_the_seed_decides():
    one, same, other = drawn("i j"), drawn("i j"), drawn("i j", seed=1)
    assert np.array_equal(one[0].args[0], same[0].args[0])
    assert not np.array_equal(one[0].args[0], other[0].args[0])


names = st.lists(st.sampled_from("abcdefgh"), max_size=4)


@given(st.lists(names, min_size=1, max_size=3))
def test_a_name_has_one_size_in_every_case_and_base_sizes_differ(dims):
    cases = drawn(*[" ".join(each) for each in dims])
    for each in cases:
        sizes = {}
        for spec, arg in zip(dims, each.args, strict=True):
            assert arg.ndim == len(spec)
            for name, size in zip(spec, arg.shape, strict=True):
                assert sizes.setdefault(name, size) == size
    base = {name: size for spec, arg in zip(dims, cases[0].args, strict=True) for name, size in zip(spec, arg.shape, strict=True)}
    assert len(set(base.values())) == len(base)

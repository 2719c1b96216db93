"""Comparing results: no wrong one is accepted, no right one rejected, and the difference is told."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch as t
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbook.check.compare import Problem, Rule, difference, same
from workbook.model.source import Parameter

PLAIN = Rule()
EXACT = Rule(exact=True)
DTYPES = st.sampled_from(["bool", "int8", "uint8", "int64", "uint64", "float16", "float32", "float64", "complex64", "complex128"])
TEXTS = st.sampled_from(["U3", "S2", "M8[D]", "m8[s]"])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def problem(got, expected, rule=PLAIN, **rest) -> Problem:
    found = difference(got, expected, rule, **rest)
    assert found is not None, "accepted"
    return found


# --- properties -----------------------------------------------------------------------------------------------------


@given(hnp.arrays(DTYPES | TEXTS, SHAPES), st.booleans())
def test_every_array_agrees_with_its_copy(array, exact):
    array = np.asarray(array)
    assert difference(array.copy(), array, Rule(exact=exact)) is None


@given(hnp.arrays(DTYPES, SHAPES))
def test_every_tensor_agrees_with_its_copy(array):
    tensor = t.from_numpy(np.asarray(array).copy())
    assert difference(tensor.clone(), tensor, PLAIN) is None


@given(hnp.arrays(st.sampled_from(["int32", "uint8", "float32", "float64"]), SHAPES, elements=st.integers(0, 100)), st.data())
def test_a_changed_entry_is_always_found_and_named(array, data):
    array = np.asarray(array)
    assume(array.size)
    index = data.draw(st.sampled_from(list(np.ndindex(array.shape))))
    got = array.copy()
    got[index] += 1
    found = problem(got, array)
    assert found.reason == "value"
    assert found.index == index
    assert (str(list(index)) in found.first) == bool(index)
    assert f"expected {array[index]}" in found.first


@given(hnp.arrays("float64", SHAPES), st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
def test_an_entry_that_is_not_finite_must_be_expected(array, strange, data):
    array = np.asarray(array)
    assume(array.size)
    index = data.draw(st.sampled_from(list(np.ndindex(array.shape))))
    assume(np.isfinite(array[index]))
    other = array.copy()
    other[index] = strange
    assert problem(other, array).index == index
    assert problem(array, other).index == index


@given(hnp.arrays("float64", SHAPES), SHAPES)
def test_another_shape_is_never_accepted(array, shape):
    array = np.asarray(array)
    assume(array.shape != shape)
    other = np.zeros(shape)
    assert problem(other, array).reason == "shape"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_plain_values_agree_with_themselves(value):
    assert difference(value, value, PLAIN) is None


# --- arrays ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_rounding_is_forgiven(dtype):
    expected = np.array([1.0, 1000.0], dtype)
    got = expected * np.asarray(1 + 10 * np.finfo(dtype).eps, dtype)
    assert difference(got, expected, PLAIN) is None
    assert problem(got, expected, EXACT).reason == "value"


def test_tolerances_can_be_given():
    one, other = np.array([1.0]), np.array([1.01])
    assert same(one, other, Rule(rtol=0.1))
    assert same(one, other, Rule(atol=0.1))
    assert not same(one, other, PLAIN)
    assert not same(np.array([1.0, 0.0]), np.array([1.0, 1e-7]), Rule(rtol=0.1, atol=0.0))


def test_whole_numbers_are_compared_exactly_whatever_the_tolerance():
    assert not same(np.array([10**15]), np.array([10**15 + 1]), Rule(rtol=0.1))


@pytest.mark.parametrize(
    ("got", "expected", "advice"),
    [
        (np.zeros(3), np.zeros(3, "float32"), r"^Something of float64 was on the way"),
        (np.zeros(3), np.zeros(3, "int64"), r"^Whole numbers are asked: was an array made without a dtype"),
        (np.zeros(3, "int64"), np.zeros(3), r"^Ask for float64 where the array is made, or keep the dtype"),
        (t.zeros(3), t.zeros(3, dtype=t.float64), r"^Ask for float64"),
        (np.zeros(3, bool), np.zeros(3, "int64"), r"^Ask for int64"),
    ],
)
def test_a_wrong_dtype_is_told_after_right_values(got, expected, advice):
    import re

    found = problem(got, expected)
    assert found.reason == "dtype"
    assert found.fact.startswith("the values are right, the dtype is not: ")
    assert re.search(advice, found.advice)


def test_the_rule_may_ask_for_another_dtype():
    assert same(np.zeros(2, "float32"), np.zeros(2), Rule(dtype="float32"))
    assert problem(np.zeros(2), np.zeros(2), Rule(dtype="float32")).reason == "dtype"


def test_a_wrong_value_is_told_before_a_wrong_dtype():
    assert problem(np.ones(3), np.zeros(3, "float32")).reason == "value"


@pytest.mark.parametrize(
    ("got", "share"),
    [
        ([1.0, 2.0, 9.0], "the shape is right, 1 of 3 entries differ."),
        ([7.0, 8.0, 9.0], "the shape is right, every entry differs."),
    ],
)
def test_how_many_entries_differ(got, share):
    assert problem(np.array(got), np.array([1.0, 2.0, 3.0])).fact == share


def test_the_first_difference_has_the_names_of_the_axes():
    results = (Parameter("result", ("i", "k")),)
    found = problem(np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), results=results)
    assert found.first == "at [1, 1]  (i = 1, k = 1): expected 4.0, got 5.0"


def test_numbers_that_look_alike_are_shown_with_more_digits():
    assert problem(np.array([1.0]), np.array([1.0 + 1e-7])).first == "at [0]: expected 1.0000001, got 1.0"


def test_nan_where_a_number_belongs_has_an_advice():
    found = problem(np.array([1.0, np.nan]), np.array([1.0, 2.0]))
    assert found.advice.startswith("Your entries there are NaN: look for 0/0, infinity less or over infinity")
    assert problem(np.array([np.nan, 1.0]), np.array([2.0, 2.0])).advice == ""
    assert problem(float("nan"), 2.0).advice.startswith("Your entries there are NaN")


def test_a_wrong_shape_is_explained_by_names():
    results = (Parameter("result", ("i", "k")),)
    found = problem(np.zeros((2, 3)), np.zeros((2, 4)), results=results, bound={"k": (4, "mat2")})
    assert found.fact == "the shape is (2, 3), and it should be (i = 2, k = 4)."
    assert found.advice == "k should be 4, as in mat2; yours is 3."


@pytest.mark.parametrize(
    ("got", "expected", "fact", "advice"),
    [
        (None, np.zeros(3), "it returned None.", "Is a `return` missing at the end?"),
        (
            t.zeros(3),
            np.zeros(3),
            "it returned a torch tensor, and a NumPy array is asked.",
            "Stay in NumPy, or turn it with .numpy().",
        ),
        (
            np.zeros(3),
            t.zeros(3),
            "it returned a NumPy array, and a torch tensor is asked.",
            "Stay in torch, or turn it with torch.from_numpy.",
        ),
        (
            [0, 0, 0],
            np.zeros(3),
            "it returned a list, and a NumPy array is asked.",
            "Build an array from it at the end (np.array).",
        ),
        (
            (0, 0),
            t.zeros(2),
            "it returned a tuple, and a torch tensor is asked.",
            "Build an array from it at the end (torch.tensor).",
        ),
        (3.0, np.zeros(3), "it returned a float, and a NumPy array is asked.", "One number came back: was everything summed?"),
        ("abc", np.zeros(3), "it returned a str, and a NumPy array is asked.", "Look at what the return statement gives back."),
        (
            t.Tensor,
            t.zeros(3),
            "it returned a class, and a torch tensor is asked.",
            "Look at what the return statement gives back.",
        ),
        (len, np.zeros(3), "it returned a function, and a NumPy array is asked.", "Look at what the return statement gives back."),
        (
            t.zeros(3).to_sparse(),
            t.zeros(3),
            "it returned a sparse tensor, and an ordinary one is asked.",
            ".to_dense() makes one.",
        ),
        (
            t.zeros(3, device="meta"),
            t.zeros(3),
            "it returned a float32 tensor (3,) whose entries cannot be read.",
            "Return an ordinary tensor with its values in memory.",
        ),
        (np.array([None]), np.zeros(1), "the entries are of dtype object, and numbers are asked.", ""),
        (np.zeros(1), np.array(["a"]), "the entries are of dtype float64, and <U1 is asked.", ""),
    ],
)
def test_a_wrong_kind_of_result_is_named(got, expected, fact, advice):
    found = problem(got, expected)
    assert (found.reason, found.fact, found.advice) == ("type", fact, advice)


def test_a_generator_is_no_array():
    assert problem((n for n in range(3)), np.arange(3)).fact == "it returned a generator, and a NumPy array is asked."


@pytest.mark.parametrize("dtype", [t.bfloat16, t.float16])
def test_coarse_tensors_are_compared_coarsely(dtype):
    expected = t.tensor([1.0, 3.0], dtype=dtype)
    assert same(expected * (1 + 4e-3), expected, PLAIN)
    assert problem(expected + 1, expected).reason == "value"
    assert problem(expected.float(), expected).reason == "dtype"


def test_tensors_with_gradients_conjugates_and_views_are_compared_by_value():
    x = t.arange(6.0).reshape(2, 3).requires_grad_()
    assert same((x * 1).T, x.detach().T, PLAIN)
    assert same(t.tensor([1 + 2j]).conj(), t.tensor([1 - 2j]), PLAIN)
    assert same(t.nn.Parameter(t.ones(2)), t.ones(2), PLAIN)
    assert same(x.detach().numpy()[:, ::2], np.arange(6, dtype="float32").reshape(2, 3)[:, ::2], PLAIN)


def test_read_only_arrays_are_compared_by_value():
    got = np.broadcast_to(np.float64(1), (2, 3))
    assert same(got, np.ones((2, 3)), PLAIN)
    assert not same(got, np.zeros((2, 3)), PLAIN)


def test_the_learners_floating_point_settings_change_nothing():
    with np.errstate(all="raise"):
        assert not same(np.array([1e308, 1e-320]), np.array([-1e308, 1.0]), PLAIN)


# --- numbers where an array without axes is asked -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (5.0, np.asarray(5.0)),
        (5, np.asarray(5.0)),
        (np.float64(5), np.asarray(5.0)),
        (np.float64(5), np.asarray(5.0, "float32")),
        (np.int32(5), np.asarray(5)),
        (5, t.tensor(5)),
        (5.0, t.tensor(5.0)),
        (5.0, t.tensor(5.0, dtype=t.bfloat16)),
        (True, np.asarray(True)),
        (np.bool_(True), np.asarray(True)),
        (np.asarray(5.0), np.float64(5)),
        (5.0, np.float64(5)),
        (np.float32(5), np.float32(5)),
        (5.0, np.float32(5)),
        (5, np.int64(5)),
        (np.asarray(5), np.int64(5)),
        (True, np.bool_(True)),
        (np.bool_(False), np.bool_(False)),
        (5.0, np.asarray(5.0 + 0j)),
    ],
)
def test_a_number_does_where_an_array_without_axes_is_asked(got, expected):
    assert difference(got, expected, PLAIN) is None


@pytest.mark.parametrize(
    ("got", "expected", "fact"),
    [
        (5.0, np.asarray(5), "it returned a float, and a whole number is asked."),
        (np.float64(5), t.tensor(5), "it returned a NumPy float64 number, and a whole number is asked."),
        (True, np.asarray(1), "it returned a bool, and a whole number is asked."),
        (True, np.asarray(1.0), "it returned a bool, and a real number is asked."),
        (1.0, np.asarray(True), "it returned a float, and a bool is asked."),
        (1, np.bool_(True), "it returned an int, and a bool is asked."),
        (5 + 0j, np.asarray(5.0), "it returned a complex, and a real number is asked."),
        (True, np.asarray(1 + 0j), "it returned a bool, and a complex number is asked."),
        (np.float16(5), np.asarray(5.0), "the values are right, the dtype is not: float16, and float64 is asked."),
    ],
)
def test_a_number_of_the_wrong_kind_does_not(got, expected, fact):
    found = problem(got, expected)
    assert (found.reason, found.fact) == ("dtype", fact)


def test_a_wrong_number_is_told_in_one_line():
    found = problem(4.0, np.asarray(5.0))
    assert (found.fact, found.first, found.index) == ("the value is wrong.", "expected 5.0, got 4.0", ())


# --- plain numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (3, 3),
        (np.int8(3), 3),
        (10**30, 10**30),
        (3, 3.0),
        (np.float32(0.1), 0.1),
        (float("nan"), float("nan")),
        (float("inf"), float("inf")),
        (1 + 1e-12, 1.0),
        (2, 2 + 0j),
        (1e-320, 1e-320),
    ],
)
def test_right_numbers_are_accepted(got, expected):
    assert difference(got, expected, PLAIN) is None


@pytest.mark.parametrize(
    ("got", "expected", "fact"),
    [
        (3.0, 3, "it returned a float, 3.0, and a whole number (int) is asked."),
        (np.float64(3), 3, "it returned a float, 3.0, and a whole number (int) is asked."),
        (3 + 0j, 3.0, "it returned the complex number (3+0j), and a real number is asked."),
        (3 + 0j, 3, "it returned a complex, (3+0j), and a whole number (int) is asked."),
        (True, 1, "it returned a bool, and a number is asked."),
        (np.True_, 1.0, "it returned a NumPy bool, and a number is asked."),
        ("3", 3, "it returned a str, and a number is asked."),
        (np.str_("3"), 3, "it returned a NumPy str_, and a number is asked."),
        (np.array([3]), 3, "it returned a NumPy array, and a plain number is asked."),
        (t.tensor(3), 3, "it returned a torch tensor, and a plain number is asked."),
        (None, 3, "it returned None."),
        (10**30, 10**30 + 1, "the value is wrong."),
        (10**400, 1.0, "the value is wrong."),
        (float("nan"), 1.0, "the value is wrong."),
        (float("inf"), -float("inf"), "the value is wrong."),
        (1 + 1e-8, 1.0, "the value is wrong."),
    ],
)
def test_wrong_numbers_are_not(got, expected, fact):
    assert problem(got, expected).fact == fact


def test_one_entry_too_deep_is_taken_out_with_item():
    assert problem(t.tensor(3), 3).advice == ".item() takes the number out."
    assert problem(np.arange(3), 3).advice == "One number is asked: what should happen to the axes?"


# --- everything else ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected", "fact"),
    [
        ("b", "a", "the value is wrong."),
        (True, False, "the value is wrong."),
        (1, True, "it returned an int, and a bool is asked."),
        (np.asarray(True), True, "it returned a NumPy array, and a bool is asked."),
        (0, None, "it returned an int, and None is asked."),
        (Fraction(1, 2), Fraction(1, 3), "the value is wrong."),
        (3, (1, 2), "it returned an int, and a tuple of 2 is asked."),
        (np.zeros(2), [1, 2], "it returned a NumPy array, and a list of 2 is asked."),
        ((1,), (1, 2), "it returned 1 result, and 2 are asked."),
        ((1, 3), (1, 2), "in result number 2 of 2: the value is wrong."),
        ([], {}, "it returned a list, and a dict is asked."),
        ({}, {"a": 1}, "the key 'a' is missing."),
        ({"a": 1, "b": 2}, {"a": 1}, "the key 'b' should not be there."),
        ({"a": 2}, {"a": 1}, "under the key 'a': the value is wrong."),
        ((x for x in (1, 2)), (1, 2), "it returned a generator, and a tuple of 2 is asked."),
    ],
)
def test_other_differences(got, expected, fact):
    assert problem(got, expected).fact == fact


def test_lists_and_tuples_stand_for_each_other():
    assert same([1, np.zeros(2)], (1, np.zeros(2)), PLAIN)
    assert same(t.zeros(2, 3).shape, (2, 3), PLAIN)
    assert same((2, 3), t.zeros(2, 3).shape, PLAIN)


def test_numpy_texts_and_bools_are_plain_ones():
    assert same(np.str_("a"), "a", PLAIN)
    assert same(np.True_, True, PLAIN)
    assert not same(np.False_, True, PLAIN)


def test_each_result_of_a_tuple_has_its_own_names():
    results = (Parameter("result 0", ("i",)), Parameter("result 1", ("k",)))
    found = problem((np.zeros(2), np.zeros(3)), (np.zeros(2), np.zeros(4)), results=results)
    assert found.fact == "in result number 2 of 2: the shape is (3,), and it should be (k = 4)."


def test_an_unreadable_text_alternative_does_not_stop_the_comparison():
    assert problem({"a": 1, Broken(): 2}, {"a": 1}).fact.startswith("the key <a Broken, whose repr raised")


# --- liars ----------------------------------------------------------------------------------------------------------


class Broken:
    def __repr__(self):
        raise ValueError("no")


class Liar:
    """Says yes to everything."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = object.__hash__


class LyingArray(np.ndarray):
    shape = property(lambda self: (2, 2))
    dtype = property(lambda self: np.dtype("float64"))
    __eq__ = __ne__ = lambda self, other: np.ones(4, bool)
    __hash__ = None


class LyingInt(int):
    __eq__ = __ge__ = __le__ = lambda self, other: True
    __int__ = __index__ = lambda self: 5
    __hash__ = int.__hash__


class LyingFloat(float):
    __eq__ = lambda self, other: True  # noqa: E731  # the shortest way to write a liar
    __float__ = lambda self: 5.0  # noqa: E731
    __hash__ = float.__hash__


class LyingTuple(tuple):
    __len__ = lambda self: 2  # noqa: E731
    __iter__ = lambda self: iter((1, 2))  # noqa: E731


class LyingDict(dict):
    __contains__ = lambda self, key: True  # noqa: E731
    __getitem__ = lambda self, key: 1  # noqa: E731


def pretending(kind):
    class Pretender(Liar):
        __class__ = property(lambda self: kind)
        ndim = 0
        shape = ()

    return Pretender()


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (Liar(), 5),
        (Liar(), 5.0),
        (Liar(), "a"),
        (Liar(), True),
        (Liar(), None),
        (Liar(), (1, 2)),
        (Liar(), {"a": 1}),
        (Liar(), np.zeros(2)),
        (Liar(), t.zeros(2)),
        ((1, Liar()), (1, 2)),
        (np.array([Liar(), Liar()]), np.zeros(2)),
        (np.array(Liar()), np.asarray(1.0)),
        (np.zeros(4).view(LyingArray), np.zeros((2, 2))),
        (np.zeros((2, 2), "float32").view(LyingArray), np.zeros((2, 2))),
        ((np.ones((2, 2)).view(LyingArray),), (np.zeros((2, 2)),)),
        (LyingInt(4), 5),
        (LyingInt(4), np.asarray(5)),
        (LyingFloat(4), 5.0),
        (LyingFloat(4), np.asarray(5.0)),
        (LyingTuple(), (1, 2)),
        (LyingDict(), {"a": 1}),
    ],
)
def test_nobody_is_believed_about_equality(got, expected):
    assert not same(got, expected, PLAIN)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (float, 5.0),
        (int, 5),
        (tuple, ()),
        (list, []),
        (dict, {}),
        (np.ndarray, np.asarray(5.0)),
        (np.ndarray, 5.0),
        (np.float64, 5.0),
        (t.Tensor, t.tensor(5.0)),
        (str, "a"),
    ],
)
def test_nobody_is_believed_about_its_class(kind, expected):
    assert not same(pretending(kind), expected, PLAIN)


def test_honest_subclasses_are_accepted_as_data():
    class Honest(np.ndarray):
        pass

    assert same(np.ones(2).view(Honest), np.ones(2), PLAIN)
    assert same(np.ma.masked_array([1.0, 2.0]), np.array([1.0, 2.0]), PLAIN)

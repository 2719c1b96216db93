"""Values as short text."""

from __future__ import annotations

import numpy as np
import pytest
import torch as t
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbook.check.render import as_numpy, describe, is_array, is_tensor, number, numbers, type_name, value


@pytest.mark.parametrize("thing", [t.zeros(2), t.nn.Parameter(t.zeros(2)), t.zeros(2).to_sparse()])
def test_tensors_are_known(thing):
    assert is_tensor(thing)
    assert is_array(thing)


@pytest.mark.parametrize("thing", [t.Tensor, t, t.float32, t.nn.Linear(1, 1), np.zeros(2), 3, None])
def test_what_is_no_tensor_is_known_too(thing):
    assert not is_tensor(thing)


def test_an_array_is_what_numpy_made():
    assert is_array(np.zeros(()))
    assert not is_array(np.float64(1))
    assert not is_array([1])


def test_tensors_are_known_without_torch(monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "torch")
    assert not is_tensor(np.zeros(2))


@pytest.mark.parametrize(
    ("tensor", "values"),
    [
        (t.tensor([1.0, 2.0], requires_grad=True) * 1, [1.0, 2.0]),
        (t.tensor([1.5], dtype=t.bfloat16), [1.5]),
        (t.tensor([1 + 2j]).conj(), [1 - 2j]),
        (t.tensor([0.0, 3.0]).to_sparse(), [0.0, 3.0]),
        (t.tensor([True]), [True]),
    ],
)
def test_tensors_become_arrays(tensor, values):
    assert as_numpy(tensor).tolist() == values


def test_an_ordinary_tensor_is_seen_not_copied():
    tensor = t.zeros(2)
    as_numpy(tensor)[0] = 5
    assert tensor[0] == 5


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (None, "None"),
        (t.zeros(1), "a torch tensor"),
        (np.zeros(1), "a NumPy array"),
        (np.float32(1), "a NumPy float32 number"),
        (np.True_, "a NumPy bool"),
        (np.str_("a"), "a NumPy str_"),
        (1, "an int"),
        ([], "a list"),
        (len, "a function"),
        (int, "a class"),
        (ValueError(), "a ValueError"),
        (ArithmeticError(), "an ArithmeticError"),
    ],
)
def test_types_are_named_as_people_do(thing, name):
    assert type_name(thing) == name


def test_arrays_are_described_without_values():
    assert describe(t.zeros(2, 3, dtype=t.int64)) == "int64 tensor (2, 3)"
    assert describe(np.zeros(3, "float32")) == "float32 array (3,)"
    assert describe("text") == "a str"


@pytest.mark.parametrize(
    ("thing", "text"),
    [(1 / 3, "0.333333"), (1e20, "1e+20"), (2.0, "2.0"), (123456.0, "123456.0"), (-0.0, "-0.0"), (7, "7"), (True, "True")],
)
def test_a_number_has_as_many_digits_as_help(thing, text):
    assert number(thing) == text


@pytest.mark.parametrize("thing", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_keep_their_names(thing):
    assert number(thing) == str(thing)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_two_different_floats_look_different(one, other):
    assume(one != other)
    assert len(set(numbers(one, other))) == 2


def test_small_arrays_are_shown_in_full_with_their_kind():
    assert value(np.array([[1.5, 2.0], [3.0, 4.0]])) == "[[1.5 2. ]\n [3.  4. ]]   float64 array (2, 2)"
    assert value(t.tensor(3)) == "3   (int64 tensor ())"
    assert value(np.zeros((0, 2))) == "(empty)   float64 array (0, 2)"


def test_tiny_and_huge_entries_are_not_rounded_to_nothing():
    assert "e-09" in value(np.array([1e-9, 2e-9]))
    assert "e+12" in value(np.array([1e12, 2.0]))


@pytest.mark.parametrize(
    "thing",
    [
        np.arange(10_000).reshape(100, 100),
        np.zeros((3, 4, 5, 6)),
        [np.zeros((20, 20))] * 100,
        "x" * 10_000,
        list(range(10_000)),
        (np.zeros(2), "x" * 10_000),
    ],
)
def test_nothing_fills_the_page(thing):
    text = value(thing)
    assert len(text.splitlines()) <= 60
    assert len(text) <= 2010


def test_lists_of_arrays_are_shown_one_by_one_and_cut():
    assert value((np.arange(2), 3)) == "0: [0 1]   int64 array (2,)\n1: 3"
    assert value([np.arange(1)] * 7).splitlines()[4:] == ["... (7 in all)"]


class Broken:
    def __repr__(self):
        raise ValueError("no")


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (Broken(), "<a Broken, whose repr raised ValueError>"),
        (np.array([Broken()], object), "<a NumPy array, whose repr raised ValueError>"),
        (t.zeros(2, device="meta"), "<a torch tensor, whose repr raised NotImplementedError>"),
    ],
)
def test_what_cannot_be_shown_is_named(thing, text):
    assert value(thing) == text


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)))
def test_every_array_can_be_shown_without_changing_it(array):
    array = np.asarray(array)
    before = array.tobytes()
    assert str(array.shape) in value(array)
    assert array.tobytes() == before


@pytest.mark.parametrize(
    "thing",
    [
        [],
        (),
        {},
        set(),
        frozenset(),
        [1, [2.5, "x"]],
        (1,),
        (1, (2,)),
        {"a": [1], 2: ()},
        {3},
        frozenset([4]),
        [{}, set()],
        [None] * 9,
    ],
    ids=repr,
)
def test_containers_are_shown_as_python_does(thing):
    assert value(thing) == repr(thing)


def test_of_a_list_of_arrays_in_lists_only_what_is_shown_is_written_out():
    class Counted:
        asked = 0

        def __repr__(self):
            Counted.asked += 1
            return "x" * 100

    thing = [Counted()]
    for _ in range(40):
        thing = [thing, thing]
    text = value(thing)
    assert Counted.asked < 10
    assert text.startswith("[" * 41 + "x" * 100 + "], [xxx")
    assert text.endswith(" ...")


def test_a_list_that_holds_itself():
    thing = []
    thing.append(thing)
    assert value(thing) == "[" * 50 + "..." + "]" * 50

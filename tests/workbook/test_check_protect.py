"""Arguments that were changed are named and restored."""

from __future__ import annotations

import numpy as np
import pytest
import torch as t
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbook.check.inputs import Case
from workbook.check.protect import Protected


def after(change, *args, names=("x", "y"), **kwargs):
    """What was found to be changed by `change`."""
    with Protected(Case(args, kwargs), [*names[: len(args)], *kwargs]) as changed:
        change(*args, **kwargs)
        return changed()


def set_item(x):
    x[0] = 7


def set_dtype(x):
    x.view(np.uint64)[0] ^= 1


def lock(x):
    x[0] = 7
    x.flags.writeable = False


CHANGES = {
    "item": set_item,
    "in a view": lambda x: x.reshape(2, 3)[1].fill(8),
    "through the base": lambda x: np.add(x, 1, out=x),
    "sorted": lambda x: x[::-1].sort(),
    "one bit": set_dtype,
    "written, then locked": lock,
    "a new shape": lambda x: x.resize((3, 2), refcheck=False),
    "shorter": lambda x: x.resize((2,), refcheck=False),
    "longer": lambda x: x.resize((9,), refcheck=False),
    "another dtype": lambda x: setattr(x, "dtype", np.int64),
    "to NaN": lambda x: x.fill(np.nan),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_changes_of_arrays_are_found_and_undone(change):
    array = np.array([3.0, 1.0, 2.0, 5.0, 4.0, 6.0])
    assert after(change, array) == ("x",)
    assert array.tolist() == [3.0, 1.0, 2.0, 5.0, 4.0, 6.0]
    assert array.flags.writeable


TENSOR_CHANGES = {
    "item": set_item,
    "method": lambda x: x.add_(1),
    "in a view": lambda x: x[1:].zero_(),
    "through NumPy": lambda x: x.numpy().fill(3),
    "through data": lambda x: x.data.mul_(2),
    "a new shape": lambda x: x.unsqueeze_(0),
    "shorter": lambda x: x.resize_(2),
    "new data": lambda x: setattr(x, "data", t.zeros(4)),
}


@pytest.mark.parametrize("change", TENSOR_CHANGES.values(), ids=TENSOR_CHANGES.keys())
def test_changes_of_tensors_are_found_and_undone(change):
    tensor = t.tensor([3.0, 1.0, 2.0])
    assert after(change, tensor) == ("x",)
    assert tensor.tolist() == [3.0, 1.0, 2.0]


def test_a_tensor_is_restored_in_its_own_memory():
    array = np.zeros(3)
    after(set_item, t.from_numpy(array))
    assert array.tolist() == [0.0, 0.0, 0.0]


def test_tensors_with_gradients_and_of_other_dtypes_are_restored():
    leaf = t.ones(3, requires_grad=True)
    assert after(lambda x: x.data.add_(1), leaf) == ("x",)
    assert leaf.tolist() == [1.0, 1.0, 1.0]
    assert leaf.requires_grad
    half = t.ones(3, dtype=t.bfloat16)
    assert after(set_item, half) == ("x",)
    assert half.tolist() == [1.0, 1.0, 1.0]
    transposed = t.arange(6.0).reshape(2, 3)
    assert after(lambda x: x.t_(), transposed) == ("x",)
    assert transposed.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


CONTAINER_CHANGES = {
    "appended": lambda x: x.append(1),
    "sorted": lambda x: x.sort(key=str),
    "replaced": lambda x: x.__setitem__(0, 0),
    "emptied": lambda x: x.clear(),
    "changed inside": lambda x: x[1].fill(0),
    "changed deep inside": lambda x: x[2]["a"].append(5),
}


@pytest.mark.parametrize("change", CONTAINER_CHANGES.values(), ids=CONTAINER_CHANGES.keys())
def test_changes_of_lists_are_found_and_undone(change):
    things = ["z", np.ones(2), {"a": [1, 2]}]
    before = list(things)
    assert after(change, things) == ("x",)
    assert all(one is other for one, other in zip(things, before, strict=True))
    assert things[1].tolist() == [1.0, 1.0]
    assert things[2] == {"a": [1, 2]}


def test_changes_of_dicts_and_of_arrays_in_tuples_are_found_and_undone():
    table = {"a": 1, "b": np.zeros(1)}
    assert after(lambda x: x.pop("a"), table) == ("x",)
    assert list(table) == ["a", "b"] or set(table) == {"a", "b"}
    assert after(lambda x: x["b"].fill(1), table) == ("x",)
    assert table["b"].tolist() == [0.0]
    pair = (np.zeros(1), 2)
    assert after(lambda x: x[0].fill(1), pair) == ("x",)
    assert pair[0].tolist() == [0.0]


def test_each_changed_argument_is_named():
    def change(x, y, *, key):
        y += 1
        key += 1

    assert after(change, np.zeros(1), np.zeros(1), key=np.zeros(1)) == ("y", "key")
    with Protected(Case((np.zeros(1), array := np.zeros(1)))) as changed:
        array += 1
        assert changed() == ("argument 2",)


@pytest.mark.parametrize(
    "untouched",
    [
        lambda x: x + 1,
        lambda x: x.__setitem__(0, x[0]),
        lambda x: np.sort(x),
        lambda x: x.reshape(-1).copy().fill(3),
    ],
)
def test_what_leaves_the_values_is_no_change(untouched):
    assert after(untouched, np.array([np.nan, 1.0])) == ()
    assert after(lambda x: x.requires_grad_(), t.ones(2)) == ()
    assert after(lambda x: [*x, 1], [1.5, float("nan"), "a", None]) == ()
    assert after(lambda x: x.copy(), {"a": (1, 2)}) == ()


def test_arguments_that_cannot_change_are_let_be():
    frozen = np.broadcast_to(np.float64(1), (3,))
    expanded = t.ones(1).expand(3)
    assert after(lambda *args: None, frozen, expanded, 3, "a", None, len, names=()) == ()


def test_arguments_are_restored_when_the_call_fails():
    array = np.zeros(2)

    def fail():
        array[0] = 1
        raise ValueError("stop")

    with pytest.raises(ValueError, match=r"^stop$"), Protected(Case((array,))):
        fail()
    assert array.tolist() == [0.0, 0.0]


def test_what_cannot_be_undone_is_reported_all_the_same():
    owner = np.zeros(6)
    view = owner[:]

    def change(x):
        x[0] = 1
        x.flags.writeable = owner.flags.writeable = False

    assert after(change, view) == ("x",)
    assert view[0] == 1


@given(
    hnp.arrays(hnp.integer_dtypes() | hnp.floating_dtypes() | hnp.complex_number_dtypes(), hnp.array_shapes(max_dims=3)), st.data()
)
def test_any_changed_entry_is_found(array, data):
    before = array.tobytes()
    index = data.draw(st.sampled_from(list(np.ndindex(array.shape))))
    with np.errstate(all="ignore"):
        other = array.copy()
        other[index] = data.draw(st.sampled_from([0, 1, other[index] + other.dtype.type(1)]))
        changed = after(lambda x: x.__setitem__(index, other[index]), array)
    assert changed == (("x",) if other.tobytes() != before else ())
    assert array.tobytes() == before

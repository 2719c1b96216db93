"""The channel's messages: what goes over comes back as it was, with the memory that it shares."""

from __future__ import annotations

import math
import struct
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.lib.stride_tricks import as_strided

from tests.workbook.channelends import Ends, Handle
from workbook.grade.channel.frame import DEPTH, KEYS, STRUCTURE

# --- plain data -------------------------------------------------------------------------------------------------------

_BIG = st.integers(-(2**7900), 2**7900)
_TEXT = st.text(st.characters(codec=None, exclude_categories=()))  # lone surrogates too
_SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), _BIG, st.floats(allow_nan=False), st.complex_numbers(allow_nan=False)),
    *(_TEXT, st.binary(), st.just(...), st.sampled_from([int, str, dict, np.float32, np.bool_, torch.float16, torch.bool])),
    st.sampled_from(
        [np.dtype("<f8"), np.dtype(">i2"), np.dtype("<U7"), np.dtype("<M8[25s]"), torch.Size([2, 0, 3]), torch.Size([])]
    ),
)
_HASHED = st.one_of(st.integers(), _TEXT, st.booleans(), st.none(), st.tuples(st.integers(), _TEXT))
_RANGES = st.builds(range, st.integers(-99, 99), st.integers(-99, 99), st.integers(1, 9))
_SLICES = st.builds(slice, *[st.one_of(st.none(), st.integers(), _BIG)] * 3)
_VALUES = st.recursive(
    st.one_of(_SCALARS, _RANGES, _SLICES),
    lambda inner: st.one_of(
        *(st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(_HASHED, inner)),
        *(st.sets(_HASHED), st.frozensets(_HASHED)),
    ),
    max_leaves=30,
)


@given(_VALUES)
def test_plain_data_comes_back_equal_and_of_the_same_types(value: Any) -> None:
    ends = Ends()
    (there,) = ends.over(value)
    (back,) = ends.back(there)
    for found in (there, back):
        assert found == value
        assert _kinds(found) == _kinds(value)
    assert not ends.kept


def _kinds(value: Any) -> Any:
    if type(value) in (list, tuple):
        return type(value), [_kinds(item) for item in value]
    if type(value) is dict:
        return dict, [(_kinds(key), _kinds(item)) for key, item in value.items()]
    if type(value) in (set, frozenset):
        return type(value), {(item, type(item)) for item in value}
    return type(value), str(value)  # -0.0 is not 0.0


@pytest.mark.parametrize("bits", [0x7FF8000000000000, 0xFFF8000000000001, 0x7FFC0000DEADBEEF])
def test_a_nan_keeps_its_payload(bits: int) -> None:
    (value,) = struct.unpack("<d", struct.pack("<Q", bits))
    ends = Ends()
    (there,) = ends.over(value)
    assert struct.pack("<d", there) == struct.pack("<d", value)
    (array,) = ends.over(np.array([bits], np.uint64).view(np.float64))
    assert array.view(np.uint64)[0] == bits


def test_subclasses_come_as_what_they_are_made_of() -> None:
    class Mine(list):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            return iter([0])

    class Liar:
        __class__ = list  # type: ignore[assignment]

    ends = Ends()
    mine, liar = ends.over(Mine([1, 2]), Liar())
    assert type(mine) is list and mine == [1, 2]
    assert type(liar) is Handle


@pytest.mark.parametrize(
    "value",
    [
        *(object(), len, Exception("x"), type("int", (), {}), 2**8001, range(2**63), "x" * STRUCTURE, b"x" * STRUCTURE),
        *(
            np.floating,
            np.generic,
            np.str_(""),
            np.zeros(2, [("a", "f8")]),
            np.dtype([("a", "f8")]),
            np.array(["a"], np.dtypes.StringDType()),
        ),
        *(torch.empty(2, device="meta"), torch.float8_e4m3fn, torch.zeros(2, dtype=torch.float8_e4m3fn)),
        torch.sparse_coo_tensor(torch.zeros(2, 1, dtype=torch.int64), torch.ones(1), (10**6, 10**6), check_invariants=True),
    ],
    ids=lambda value: str(type(value)),
)
def test_what_is_no_plain_data_becomes_a_handle(value: Any) -> None:
    ends = Ends()
    (there,) = ends.over(value)
    assert type(there) is Handle
    assert ends.kept == [value] or ends.kept[0] is value


def test_tensors_without_memory_of_their_own_become_handles() -> None:
    ends = Ends()

    def inside(row: torch.Tensor) -> torch.Tensor:
        assert type(ends.over(row)[0]) is Handle
        return row

    torch.vmap(inside)(torch.ones(2, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that these two may change
        nested, blocks = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), torch.eye(4).to_sparse_bsr((2, 2))
    assert [type(found) for found in ends.over(nested, blocks)] == [Handle, Handle]


@pytest.mark.parametrize(
    "value",
    [
        [1j] * 90_000,
        list(np.arange(90_000.0)),
        [2**7000 + k for k in range(1000)],
        ["x" * 100_000] * 20,
        [b"x" * 400_000] * 3,
        [[0.5] * 512 for _ in range(512)],
        [np.ones(1) for _ in range(5000)],
        {k: k for k in range(KEYS + 1)},
        [object() for _ in range(20_000)],
        (1, [(k, object(), 1j) for k in range(10_000)]),
    ],
    ids=["complex", "numpy", "integers", "texts", "bytes", "rows", "arrays", "keys", "objects", "mixed"],
)
def test_what_is_too_large_becomes_one_handle_and_the_rest_still_goes_over(value: Any) -> None:
    ends, array = Ends(), np.arange(3)
    same, found = ends.over(array, value)
    assert same.tolist() == [0, 1, 2]
    assert type(found) is Handle
    assert ends.kept[-1] is value
    first, second = ends.over([array, array])[0]
    assert first is second, "the next frame is as good as ever"


def test_cycles_become_handles() -> None:
    narrow: list[Any] = [1]
    narrow.append(narrow)
    wide: list[Any] = []
    wide += [wide, wide, wide]
    ends = Ends()
    found, wider = ends.over(narrow, wide)
    depth = 0
    while type(found) is list:
        assert found[0] == 1
        found, depth = found[1], depth + 1
    assert type(found) is Handle and depth < DEPTH
    assert type(wider) is Handle


# --- arrays -----------------------------------------------------------------------------------------------------------

_DTYPES = st.one_of(
    *(hnp.boolean_dtypes(), hnp.integer_dtypes(endianness="?"), hnp.unsigned_integer_dtypes(endianness="?")),
    *(hnp.floating_dtypes(endianness="?"), hnp.complex_number_dtypes(endianness="?")),
    *(hnp.byte_string_dtypes(min_len=1), hnp.unicode_string_dtypes(min_len=1), hnp.datetime64_dtypes(), hnp.timedelta64_dtypes()),
)


@st.composite
def _views(draw: Any) -> np.ndarray[Any, Any]:
    """A view of a small array: sliced with any step, transposed, broadcast."""
    array = draw(hnp.arrays(draw(_DTYPES), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)))
    if array.ndim:
        array = array[draw(hnp.basic_indices(array.shape, allow_newaxis=True, allow_ellipsis=True))]
    array = np.asarray(array)
    if draw(st.booleans()):
        array = array.T
    if draw(st.booleans()):
        array = np.broadcast_to(array, (2, *array.shape))
    return array


@given(_views())
def test_arrays_come_back_with_their_dtype_shape_strides_and_bits(array: np.ndarray[Any, Any]) -> None:
    ends = Ends()
    (there,) = ends.over(array)
    assert (there.dtype, there.shape) == (array.dtype, array.shape)
    assert there.tobytes() == array.tobytes()
    assert array.size == 0 or there.strides == array.strides
    (back,) = ends.back(there)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert array.size == 0 or np.shares_memory(back, array)


def test_a_view_of_an_argument_comes_back_as_a_view_of_that_very_array() -> None:
    ends, array = Ends(), np.arange(12.0).reshape(3, 4)
    (there,) = ends.over(array)
    whole, part, turned = ends.back(there, there[1:, ::-2], there.T)
    for found, expected in ((whole, array), (part, array[1:, ::-2]), (turned, array.T)):
        assert found.__array_interface__["data"] == expected.__array_interface__["data"]
        assert found.strides == expected.strides
        base = found
        while base.base is not None:
            base = base.base
        assert base is (array if array.base is None else array.base)
    part[0, 0] = 99
    assert array[1, 3] == 99


def test_views_of_one_memory_share_it_on_the_other_side() -> None:
    ends, base = Ends(), np.arange(20.0)
    first, second, same, overlapping = ends.over([base[:10], base[5:], base, as_strided(base, (9, 3), (16, 8))])[0]
    first[7] = -1
    assert second[2] == same[7] == overlapping[3, 1] == -1
    (later,) = ends.over(base[7:8])
    assert np.shares_memory(later, first)
    assert later[0] == 7, "and a later frame brings it up to date"


def test_a_part_and_the_whole_of_one_memory_in_one_frame() -> None:
    array = np.arange(10.0)
    part, whole = Ends().over(torch.from_numpy(array[:3]), array)
    assert part.tolist() == [0, 1, 2] and whole.tolist() == array.tolist()


def test_a_view_without_axes_of_a_large_array() -> None:
    large = np.arange(100_000.0)
    found, diagonal = Ends().over(large[7, ...], large.reshape(100, -1)[:2, 1000:None:-1])
    assert found.shape == () and found == 7
    assert diagonal.shape == (2, 0) or diagonal[0, 0] == 999


@pytest.mark.parametrize("name", ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_whole_tensors(name: str, shape: tuple[int, ...]) -> None:
    _tensor_over(torch.arange(math.prod(shape), dtype=torch.int64).reshape(shape).to(getattr(torch, name)))


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64", "complex32", "complex64", "complex128"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
@pytest.mark.parametrize("wants", [False, True])
def test_tensors_with_a_fraction(name: str, shape: tuple[int, ...], wants: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # complex32 is an experiment
        tensor = torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape).to(getattr(torch, name))
    _tensor_over(tensor.requires_grad_(wants))


def _tensor_over(tensor: torch.Tensor) -> None:
    ends = Ends()
    (there,) = ends.over(tensor)
    (back,) = ends.back(there)
    for found in (there, back):
        assert (found.dtype, found.shape, found.stride()) == (tensor.dtype, tensor.shape, tensor.stride())
        assert found.requires_grad is tensor.requires_grad
        assert found.detach().tolist() == tensor.detach().tolist()
    assert not tensor.numel() or back.data_ptr() == tensor.data_ptr()


@given(st.data())
def test_views_of_tensors(data: st.DataObject) -> None:
    base = torch.arange(60.0).reshape(3, 4, 5)
    view = base.permute(data.draw(st.permutations(range(3))))
    for axis in range(3):
        start = data.draw(st.integers(0, view.shape[axis] - 1))
        view = view.narrow(axis, start, view.shape[axis] - start)[:: data.draw(st.integers(1, 3))]
    view = view.expand(2, *view.shape)
    ends = Ends()
    (there,) = ends.over(view)
    assert there.stride() == view.stride() and torch.equal(there, view)
    (back,) = ends.back(there[..., :1])
    assert back.data_ptr() == view.data_ptr() and back.stride() == view[..., :1].stride()


def test_conjugates_negatives_parameters_and_sparse_tensors() -> None:
    values = torch.tensor([1 + 2j, 3 - 1j])
    conj, imaginary, parameter = Ends().over(values.conj(), values.conj().imag, torch.nn.Parameter(torch.ones(2)))
    assert conj.tolist() == [1 - 2j, 3 + 1j] and imaginary.tolist() == [-2, 1]
    assert parameter.requires_grad and type(parameter) is torch.Tensor
    for layout in (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of compressed ones torch says that they may change
            sparse = torch.eye(3).to_sparse(layout=layout).requires_grad_()
            (found,) = Ends().over(sparse)
        assert found.layout is layout and found.requires_grad
        assert torch.equal(found.detach().to_dense(), torch.eye(3))


def test_arrays_and_tensors_over_one_memory_share_it() -> None:
    ends, array = Ends(), np.arange(6.0)
    there, tensor = ends.over(array, torch.from_numpy(array))
    tensor[2] = -5
    assert there[2] == -5
    (back,) = ends.back(torch.from_numpy(there)[1:])
    assert back.data_ptr() == array.ctypes.data + 8


def test_read_only_memory_comes_back_as_a_tensor_that_cannot_write_to_it() -> None:
    ends, array = Ends(), np.arange(4.0)
    array.flags.writeable = False
    (there,) = ends.over(array)
    (tensor,) = ends.back(torch.from_numpy(there))
    tensor[0] = 9
    assert array[0] == 0 and tensor.tolist() == [9, 1, 2, 3]
    (view,) = ends.back(there[1:])
    assert not view.flags.writeable

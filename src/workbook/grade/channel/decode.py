"""Frames to values: everything that comes in is checked before anything is made of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from workbook.grade.channel.frame import DEPTH, DIGITS, DTYPE, KEYS, NODES, SPARSE, TORCH, TYPES, WireError, unpack
from workbook.grade.channel.memory import Memory

__all__ = ["Decoder"]

_AXES = 32
_LARGEST = (1 << 63) - 1
_FAR = 1 << 31  # bytes of a stride: times the size of an axis, which `limit` bounds, it stays below 64 bits
_SHARED = 4  # arrays of a frame may together stand for so many times the limit: several views of the same memory


class Decoder:
    """Turns a received frame into values.

    Args:
        memory: this side's.
        handles: tag to what makes a value of the rest of the node; every other tag is refused.
        limit: bytes that one array may stand for; a broadcast one stands for more than it holds. All of a frame's together may
            stand for four times as many.
        writes: may the other side say what its code wrote into memory of this side?
    """

    def __init__(self, memory: Memory, handles: Mapping[str, Callable[..., Any]], limit: int, *, writes: bool = False) -> None:
        self.writes = writes
        self.memory = memory
        self.handles = handles
        self.limit = limit
        self._blobs: list[np.ndarray[Any, Any]] = []
        self._seen: list[Any] = []
        self._nodes = 0
        self._left = _SHARED * limit
        self._pairs = KEYS**2

    def open(self, structure: bytes, blobs: list[Any]) -> list[Any]:
        """The message of a frame: a list of scalars and nodes; `value` makes a value of each.

        Raises:
            WireError: it is malformed.
        """
        content = unpack(structure)
        if type(content) is not list or len(content) != 2 or type(content[0]) is not list or type(content[1]) is not list:
            raise WireError("a frame holds a message and the names of its blobs")
        message: list[Any] = content[0]
        tokens: list[Any] = content[1]
        if len(tokens) != len(blobs) or any(type(token) is not int for token in tokens):
            raise WireError("the blobs and their names do not match")
        try:
            self._blobs = [self._blob(token, blob) for token, blob in zip(tokens, blobs, strict=True)]
        except (MemoryError, ValueError) as error:
            raise WireError(str(error)) from None
        self._seen, self._nodes, self._left, self._pairs = [], 0, _SHARED * self.limit, KEYS**2
        return message

    def _blob(self, token: int, blob: Any) -> np.ndarray[Any, Any]:
        if token >= 0:
            return self.memory.mirror(token, blob)
        if self.writes:
            self.memory.rewrite(-token, blob)
        return np.empty(0, np.uint8)

    def value(self, node: Any, depth: int = 0) -> Any:
        """What a node stands for.

        Raises:
            WireError: it is malformed or goes beyond the bounds.
        """
        self._nodes += 1
        if self._nodes > NODES or depth > DEPTH:
            raise WireError("too many values in one frame, or too deep")
        if type(node) is not list:
            return node
        if not node or type(node[0]) is not str:
            raise WireError("a list without a tag")
        tag, *rest = node
        try:
            if tag in self.handles:
                return self.handles[tag](*rest)
            return self._tagged(tag, rest, depth)
        except WireError:
            raise
        except Exception as error:  # NumPy and torch know many kinds, SystemError and warnings among them
            raise WireError(f"a node {tag[:20]!r} that makes no sense: {type(error).__name__}") from None

    def _tagged(self, tag: str, rest: list[Any], depth: int) -> Any:
        if tag in "ltdeF":
            return self._container(tag, rest, depth)
        if tag in ("a", "v"):
            return self._numpy(tag, *rest)
        if tag in ("T", "V"):
            return self._torch(tag, *rest)
        if tag == "=":
            again = self._seen[_count(*rest)]
            self._claim(again.nbytes)
            return again
        if tag == "L":
            return self._sparse(depth, *rest)
        if tag == "O":
            return np.full(self._shape(rest, 8), None, dtype=object)
        return self._scalar(tag, rest, depth)

    def _scalar(self, tag: str, rest: list[Any], depth: int) -> Any:
        match tag, rest:
            case "i", [str(digits)] if len(digits) <= DIGITS + 1:
                return int(digits, 16)
            case "c", [float(real), float(imaginary)]:
                return complex(real, imaginary)
            case "n", [str(name), bytes(raw)]:
                return np.ndarray((1,), _exactly(name, len(raw)), raw)[0]
            case "s", [start, stop, step]:
                return slice(*(self.value(item, depth + 1) for item in (start, stop, step)))
            case "r", [int(start), int(stop), int(step)]:
                return range(start, stop, step)
            case "z", sizes:
                import torch

                return torch.Size(map(_count, sizes))
            case "E", []:
                return Ellipsis
            case "y", [str(name)]:
                return TYPES[name]
            case "N", [str(name)]:
                return _dtype(name)
            case "Y", [str(name)]:
                return _dtype(name).type
            case "D", [str(name)] if name in TORCH:
                import torch

                return getattr(torch, name)
        raise WireError(f"an unknown node {tag[:20]!r}")

    def _container(self, tag: str, rest: list[Any], depth: int) -> Any:
        if tag in "deF":
            size = len(rest) // 2 if tag == "d" else len(rest)
            self._pairs -= size * size  # keys that were chosen to collide are each compared with each
            if self._pairs < 0:
                raise WireError("dicts or sets that are too large")
        items = [self.value(item, depth + 1) for item in rest]
        if tag == "d":
            return dict(zip(items[::2], items[1::2], strict=True))
        return {"l": list, "t": tuple, "e": set, "F": frozenset}[tag](items)

    # --- arrays -----------------------------------------------------------------------------------------------------

    def _numpy(self, tag: str, where: int, name: str, shape: Any, strides: Any, offset: int) -> Any:
        dtype = _dtype(name)
        sizes = self._shape(shape, dtype.itemsize)
        if 0 in sizes:
            return np.empty(sizes, dtype)
        memory = self._memory(tag, where)
        if _count(offset) >= memory.nbytes:  # NumPy takes empty memory for as much as it wants
            raise WireError("an array beyond its memory")
        array = np.ndarray(sizes, dtype, memory, offset, tuple(map(_step, strides)))
        if dtype.kind == "U":
            _legible(array, memory, offset)
        self._seen.append(array)
        return array

    def _torch(self, tag: str, where: int, name: str, shape: Any, strides: Any, offset: int, wants: bool) -> Any:
        import torch

        if name not in TORCH:
            raise WireError("an unknown dtype")
        dtype = getattr(torch, name)
        sizes = self._shape(shape, dtype.itemsize)
        if 0 in sizes:
            return torch.empty(sizes, dtype=dtype).requires_grad_(wants is True)
        steps = tuple(map(_count, strides))
        memory = self._memory("a" if tag == "T" else "v", where)
        last = _count(offset) + sum((n - 1) * step for n, step in zip(sizes, steps, strict=True))
        if (last + 1) * dtype.itemsize > memory.nbytes:
            raise WireError("a tensor beyond its memory")
        # torch knows no read-only memory.
        storage = torch.from_numpy(memory if memory.flags.writeable else memory.copy()).untyped_storage()
        tensor = torch.empty(0, dtype=dtype).set_(storage, offset, sizes, steps)
        if wants is True:
            tensor.requires_grad_()
        self._seen.append(tensor)
        return tensor

    def _sparse(self, depth: int, layout: str, node: Any, wants: bool) -> Any:
        import torch

        kinds = {name: getattr(torch, name) for name in ("sparse_coo", "sparse_csr", "sparse_csc")}
        dense = self.value(node, depth + 1)
        if type(dense) is not torch.Tensor or dense.layout is not torch.strided:
            raise WireError("a sparse tensor of something else")
        size = dense.numel() * (dense.ndim + 1) * 8  # each entry may become its value and an index an axis
        if size > SPARSE:
            raise WireError("a sparse tensor that would be too large")
        self._claim(size)
        return dense.detach().to_sparse(layout=kinds[layout]).requires_grad_(wants is True)

    def _memory(self, tag: str, where: Any) -> np.ndarray[Any, Any]:
        if tag == "v":
            own = self.memory.own(_count(where))
            if own is None:
                raise WireError("memory that was never sent")
            return own
        return self._blobs[_count(where)]

    def _shape(self, shape: Any, itemsize: int) -> tuple[int, ...]:
        sizes = tuple(map(_count, shape))
        total = itemsize
        for size in sizes:
            total *= max(size, 1)
        self._left -= total
        if len(sizes) > _AXES or total > self.limit or self._left < 0:
            raise WireError(f"an array of shape {sizes[:8]} is larger than {self.limit} bytes, or all are")
        return sizes

    def _claim(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise WireError("arrays that together are too large")


def _dtype(name: Any) -> np.dtype[Any]:
    if type(name) is not str:
        raise WireError("an unknown dtype")
    return _dtype_of(name)


@lru_cache(maxsize=256)
def _dtype_of(name: str) -> np.dtype[Any]:
    if not DTYPE.fullmatch(name):
        raise WireError("an unknown dtype")
    return np.dtype(name)


def _exactly(name: str, size: int) -> np.dtype[Any]:
    dtype = _dtype(name)
    if dtype.itemsize != size:
        raise WireError("a scalar of another size")
    return dtype


def _legible(array: np.ndarray[Any, Any], memory: np.ndarray[Any, Any], offset: int) -> None:
    """Refuse text with characters beyond Unicode, which NumPy can hold and Python cannot show."""
    dtype = np.dtype("u4").newbyteorder(array.dtype.byteorder)
    points = np.ndarray((*array.shape, array.itemsize // 4), dtype, memory, offset, (*array.strides, 4))
    if points.max() > sys.maxunicode:
        raise WireError("text that is none")


def _step(number: Any) -> int:
    # NumPy refuses what does not lie within the buffer, but with larger steps its sums would wrap around at 64 bits.
    if type(number) is not int or not -_FAR <= number <= _FAR:
        raise WireError("a stride that leads far away")
    return number


def _count(number: Any) -> int:
    if type(number) is not int or not 0 <= number <= _LARGEST:
        raise WireError("a negative number, or one too large")
    return number

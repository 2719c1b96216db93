"""The channel's messages: plain data, arrays and tensors by value with the memory that they share, opaque handles for the rest.

A frame is a head (magic, length of the structure, lengths of the blobs), the structure (MessagePack of scalars and tagged lists)
and the blobs (memory of arrays). Nothing in it is ever executed or unpickled. What comes in is checked before anything is
allocated: lengths, nesting, number of nodes, dtypes, and that each array lies within its blob.

Both sides keep a `Memory`, so that two arrays over the same memory are still that on the other side, and a view of an
argument comes back as a view of the very array that was sent.
"""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgpack
import numpy as np

from workbook.grade.channel.memory import Memory, extent

__all__ = ["HEAD", "Decoder", "Encoder", "WireError", "head", "lengths", "unpack"]

HEAD = struct.Struct("!4sII")  # magic, bytes of the structure, number of blobs
_MAGIC = b"WbK1"
_LENGTH = struct.Struct("!Q")

STRUCTURE = 1 << 20  # bytes: a list takes one, and sixty here
BLOBS = 4096
NODES = 200_000
KEYS = 2_000  # of a dict or set: more could be chosen to collide
DEPTH = 48
_DIGITS = 2_000  # of a whole number beyond 64 bits, in hexadecimal
_AXES = 32
_SPARSE = 1 << 22  # bytes

_DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f(2|4|8|16)|c(8|16|32)|[SU][1-9][0-9]{0,5}|[mM]8(\[[0-9a-zA-Z]{1,8}\])?)")
_TORCH = frozenset(
    (
        *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
        *("float16", "bfloat16", "float32", "float64", "complex32", "complex64", "complex128"),
    )
)
_TYPES: dict[str, type] = {kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, dict, set)}


class WireError(Exception):
    """A frame that is malformed or goes beyond the bounds: whoever sent it is not to be trusted."""


def head(structure: bytes, blobs: Iterable[Any]) -> bytes:
    """The bytes that go before a structure and its blobs."""
    sizes = [len(blob) for blob in blobs]
    return HEAD.pack(_MAGIC, len(structure), len(sizes)) + b"".join(map(_LENGTH.pack, sizes))


def lengths(start: bytes, read: Callable[[int], bytes], limit: int) -> tuple[int, list[int]]:
    """Lengths of the structure and of the blobs, from the first bytes of a frame; `read(n)` gives the n bytes after them.

    Raises:
        WireError: not a frame, or one of more than `limit` bytes.
    """
    magic, structure, count = HEAD.unpack(start)
    if magic != _MAGIC or structure > STRUCTURE or count > BLOBS:
        raise WireError("this is not a frame of ours, or it is too large")
    sizes = [size for (size,) in _LENGTH.iter_unpack(read(_LENGTH.size * count))]
    if structure + sum(sizes) > limit:
        raise WireError(f"a frame of {structure + sum(sizes)} bytes; {limit} are allowed")
    return structure, sizes


def unpack(structure: bytes) -> Any:
    """A structure as nested lists of scalars.

    Raises:
        WireError: it is not one.
    """
    try:
        return msgpack.unpackb(
            structure, raw=False, strict_map_key=True, unicode_errors="surrogatepass", max_ext_len=0, max_map_len=0
        )
    except Exception as error:  # msgpack raises ValueError and kin, RecursionError, UnicodeDecodeError
        raise WireError(f"the structure cannot be read: {type(error).__name__}") from None


class Encoder:
    """Turns values into a structure and blobs.

    Args:
        memory: this side's.
        opaque: gives the node, a list that begins with a tag of its own, for anything that is no plain data.
    """

    def __init__(self, memory: Memory, opaque: Callable[[Any], list[Any]]) -> None:
        self.memory = memory
        self.opaque = opaque
        self.blobs: list[Any] = []
        self.tokens: list[int] = []
        self._known: dict[int, int] = {}
        self._seen: dict[int, tuple[int, Any]] = {}
        self._nodes = 0

    def frame(self, message: Any) -> tuple[bytes, list[Any]]:
        """Structure and blobs of a message, a list of values and nodes made by `node`."""
        return msgpack.packb([message, self.tokens], unicode_errors="surrogatepass"), self.blobs

    def node(self, value: Any, depth: int = 0) -> Any:
        """One value as it stands in the structure. Data too deep or too large for the channel becomes a handle."""
        kind = type(value)
        if value is None or kind is bool or kind is float or kind is str or kind is bytes:
            self._nodes += 1
            return value if kind is not str or len(value) < STRUCTURE // 8 else self.opaque(value)
        if kind is int:
            return self._integer(value)
        plain = self._array(value) if isinstance_of(value, np.ndarray) else None
        if plain is not None:
            return plain
        torch = sys.modules.get("torch")
        if torch is not None and isinstance_of(value, torch.Tensor):
            return self._tensor(value, torch)
        return self._other(value, depth)

    def _integer(self, value: int) -> Any:
        self._nodes += 1
        if -(2**63) <= value < 2**63:
            return value
        digits = f"{value:x}" if value.bit_length() < 4 * _DIGITS else ""
        return ["i", digits] if digits else self.opaque(value)

    def _other(self, value: Any, depth: int) -> Any:
        torch = sys.modules.get("torch")
        if torch is not None and type(value) is torch.Size:
            return ["z", *value]
        for kind, tag in ((list, "l"), (tuple, "t"), (set, "e"), (frozenset, "F")):
            if isinstance_of(value, kind):
                return self._items(tag, list(kind.__iter__(value)), value, depth, tag in "eF")
        if isinstance_of(value, dict):
            pairs = [item for pair in dict.items(value) for item in pair]
            return self._items("d", pairs, value, depth, True)
        if isinstance_of(value, np.generic) and _DTYPE.fullmatch(np.generic.dtype.__get__(value).str):
            return ["n", value.dtype.str, np.generic.tobytes(value)]
        return self._constant(value) or self.opaque(value)

    def _items(self, tag: str, items: list[Any], value: Any, depth: int, keyed: bool) -> Any:
        if depth >= DEPTH - 8 or self._nodes + len(items) > NODES // 2 or (keyed and len(items) > KEYS):
            return self.opaque(value)
        self._nodes += 1
        return [tag, *[self.node(item, depth + 1) for item in items]]

    def _constant(self, value: Any) -> list[Any] | None:
        kind = type(value)
        if kind is complex:
            return ["c", value.real, value.imag]
        if kind is slice:
            return ["s", self.node(value.start), self.node(value.stop), self.node(value.step)]
        if kind is range and max(abs(value.start), abs(value.stop), abs(value.step)) < 2**62:
            return ["r", value.start, value.stop, value.step]
        if value is Ellipsis:
            return ["E"]
        if isinstance(value, type) and _TYPES.get(value.__name__) is value:
            return ["y", value.__name__]
        if isinstance_of(value, np.dtype) and _DTYPE.fullmatch(value.str):
            return ["N", value.str]
        if isinstance(value, type) and issubclass(value, np.generic) and _DTYPE.fullmatch(np.dtype(value).str):
            return ["Y", np.dtype(value).str]
        torch = sys.modules.get("torch")
        if torch is not None and kind is torch.dtype and str(value).removeprefix("torch.") in _TORCH:
            return ["D", str(value).removeprefix("torch.")]
        return None

    # --- arrays -----------------------------------------------------------------------------------------------------

    def _array(self, value: Any) -> list[Any] | None:
        array = np.ndarray.view(value, np.ndarray) if type(value) is not np.ndarray else value
        shape = array.shape
        self._nodes += 1
        if array.dtype.kind == "O" or not _DTYPE.fullmatch(array.dtype.str):
            return ["O", *shape] if array.dtype.kind == "O" else None
        if again := self._again(value):
            return again
        if array.size == 0:
            return ["a", -1, array.dtype.str, shape, array.strides, 0]
        tag, where, offset, strides = self._place(array)
        return self._remember(value, [tag, where, array.dtype.str, shape, strides, offset])

    def _tensor(self, value: Any, torch: Any) -> list[Any]:
        self._nodes += 1
        if again := self._again(value):
            return again
        plain = torch.Tensor.detach(value).as_subclass(torch.Tensor)
        if plain.layout is not torch.strided:
            layout = str(plain.layout).removeprefix("torch.")
            return ["L", layout, self._tensor(plain.to_dense(), torch)]
        plain = plain.cpu().resolve_conj().resolve_neg()
        name = str(plain.dtype).removeprefix("torch.")
        if name not in _TORCH or plain.device.type != "cpu":
            return self.opaque(value)
        wants = bool(torch.Tensor.requires_grad.__get__(value))
        if plain.numel() == 0:
            return ["T", -1, name, tuple(plain.shape), tuple(plain.stride()), 0, wants]
        size = plain.element_size()
        start = plain.data_ptr()
        spread = 1 + sum((n - 1) * step for n, step in zip(plain.shape, plain.stride(), strict=True))
        place = self._find(start, start + spread * size, lambda: _storage(plain, torch))
        if place is None:
            plain = plain.contiguous()
            place = ("a", self._blob(0, plain.reshape(-1).view(torch.uint8).numpy()), 0)
        tag, where, offset = place
        node = ["T" if tag == "a" else "V", where, name, tuple(plain.shape), tuple(plain.stride()), offset // size, wants]
        return self._remember(value, node) if offset % size == 0 else self.opaque(value)

    def _again(self, value: Any) -> list[Any] | None:
        """The same object once more in this frame."""
        known = self._seen.get(id(value))
        return ["=", known[0]] if known else None

    def _remember(self, value: Any, node: list[Any]) -> list[Any]:
        self._seen[id(value)] = (len(self._seen), value)
        return node

    def _place(self, array: np.ndarray[Any, Any]) -> tuple[str, int, int, tuple[int, ...]]:
        low, high = extent(array)
        start = array.__array_interface__["data"][0]
        found = self._find(low, high, lambda: self.memory.root(array))
        if found is not None:
            tag, where, offset = found
            return tag, where, offset + start - low, array.strides
        order = np.argsort([-abs(step) for step in array.strides], kind="stable")  # the same axes outermost as before
        copy = np.ascontiguousarray(array.transpose(order))
        strides = [0] * array.ndim
        for axis, step in zip(order, copy.strides, strict=True):
            strides[axis] = step
        return "a", self._blob(0, copy.reshape(-1).view(np.uint8)), 0, tuple(strides)

    def _find(self, low: int, high: int, root: Callable[[], Any]) -> tuple[str, int, int] | None:
        """Where memory lies: ("v", the other side's token, offset) or ("a", blob, offset); None where it is to be copied."""
        theirs = self.memory.foreign(low, high)
        if theirs is not None:
            return "v", *theirs
        own = root()
        if own is None:
            return None
        bottom, size = own.__array_interface__["data"][0], own.nbytes
        if not bottom <= low <= high <= bottom + size or size > max(4 * (high - low), 1 << 16):
            return None
        return "a", self._blob(self.memory.keep(bottom, own), own), low - bottom

    def change(self, token: int, memory: np.ndarray[Any, Any]) -> None:
        """Send what the other side's memory of that token now holds."""
        self.blobs.append(memory.data)
        self.tokens.append(-token)

    def _blob(self, token: int, memory: np.ndarray[Any, Any]) -> int:
        if token and token in self._known:
            return self._known[token]
        self.blobs.append(memory.data)
        self.tokens.append(token)
        if token:
            self._known[token] = len(self.blobs) - 1
        return len(self.blobs) - 1


class Decoder:
    """Turns a received frame into values.

    Args:
        memory: this side's.
        handles: tag to what makes a value of the rest of the node; every other tag is refused.
        limit: bytes that one array may stand for; a broadcast one stands for more than it holds.
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
        self.memory.arrive()
        try:
            self._blobs = [self._blob(token, blob) for token, blob in zip(tokens, blobs, strict=True)]
        except (MemoryError, ValueError) as error:
            raise WireError(str(error)) from None
        self._seen, self._nodes = [], 0
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
        except (TypeError, ValueError, OverflowError, LookupError, RuntimeError, AttributeError, MemoryError) as error:
            raise WireError(f"a node {tag!r} that makes no sense: {type(error).__name__}") from None

    def _tagged(self, tag: str, rest: list[Any], depth: int) -> Any:
        if tag in "ltdeF":
            return self._container(tag, rest, depth)
        if tag in ("a", "v"):
            return self._numpy(tag, *rest)
        if tag in ("T", "V"):
            return self._torch(tag, *rest)
        if tag == "=":
            return self._seen[_count(rest[0])]
        if tag == "L":
            return self._sparse(*rest)
        if tag == "O":
            return np.full(self._shape(rest, 8), None, dtype=object)
        return self._scalar(tag, rest, depth)

    def _scalar(self, tag: str, rest: list[Any], depth: int) -> Any:
        match tag, rest:
            case "i", [str(digits)] if len(digits) <= _DIGITS + 1:
                return int(digits, 16)
            case "c", [float(real), float(imaginary)]:
                return complex(real, imaginary)
            case "n", [str(name), bytes(raw)]:
                return np.frombuffer(raw, _dtype(name), count=1)[0]
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
                return _TYPES[name]
            case "N", [str(name)]:
                return _dtype(name)
            case "Y", [str(name)]:
                return _dtype(name).type
            case "D", [str(name)] if name in _TORCH:
                import torch

                return getattr(torch, name)
        raise WireError(f"an unknown node {tag[:20]!r}")

    def _container(self, tag: str, rest: list[Any], depth: int) -> Any:
        if tag in "deF" and len(rest) > 2 * KEYS:
            raise WireError("a dict or set that is too large")
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
        # NumPy itself refuses what does not lie within the buffer.
        array = np.ndarray(sizes, dtype, memory, _count(offset), tuple(map(_whole, strides)))
        self._seen.append(array)
        return array

    def _torch(self, tag: str, where: int, name: str, shape: Any, strides: Any, offset: int, wants: bool) -> Any:
        import torch

        if name not in _TORCH:
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
        storage = torch.from_numpy(memory).untyped_storage()
        tensor = torch.empty(0, dtype=dtype).set_(storage, offset, sizes, steps)
        if wants is True:
            tensor.requires_grad_()
        self._seen.append(tensor)
        return tensor

    def _sparse(self, layout: str, node: Any) -> Any:
        import torch

        kinds = {name: getattr(torch, name) for name in ("sparse_coo", "sparse_csr", "sparse_csc")}
        dense = self.value(node)
        if dense.numel() * (dense.ndim + 1) * 8 > _SPARSE:  # each entry may become its value and an index an axis
            raise WireError("a sparse tensor that would be too large")
        return dense.to_sparse(layout=kinds[layout])

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
        if len(sizes) > _AXES or total > self.limit:
            raise WireError(f"an array of shape {sizes[:8]} is larger than {self.limit} bytes")
        return sizes


def isinstance_of(value: Any, kind: type) -> bool:
    """By the true type: an object may lie about its __class__."""
    return issubclass(type(value), kind)


def _storage(tensor: Any, torch: Any) -> np.ndarray[Any, Any] | None:
    """The whole memory of a tensor, as bytes."""
    storage = tensor.untyped_storage()
    memory: np.ndarray[Any, Any] = torch.empty(0, dtype=torch.uint8).set_(storage).numpy()
    return memory if memory.nbytes else None


def _dtype(name: str) -> np.dtype[Any]:
    if not isinstance(name, str) or not _DTYPE.fullmatch(name):
        raise WireError("an unknown dtype")
    return np.dtype(name)


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise WireError("not a whole number")
    return number


def _count(number: Any) -> int:
    if _whole(number) < 0:
        raise WireError("a negative number")
    return number  # type: ignore[no-any-return]

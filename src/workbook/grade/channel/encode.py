"""Values to frames: what is plain data goes by value, with the memory that it shares, and the rest as handles."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

from workbook.grade.channel.frame import BLOBS, DEPTH, DIGITS, DTYPE, KEYS, NODES, SPARSE, STRUCTURE, TORCH, TYPES, isinstance_of
from workbook.grade.channel.memory import Memory, extent

__all__ = ["Encoder"]

# Sizes are counted in nodes, each for so many bytes of the structure, so that NODES // 2 of them fit.
_NODE = 9
_ARRAY = 6
_HANDLE = 16
_BLOBS = BLOBS - 256  # the rest is for what was written to


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
        self._pairs = KEYS**2

    def frame(self, message: Any) -> tuple[bytes, list[Any]]:
        """Structure and blobs of a message, a list of values and nodes made by `node`."""
        return msgpack.packb([message, self.tokens], unicode_errors="surrogatepass"), self.blobs

    def node(self, value: Any, depth: int = 0) -> Any:
        """One value as it stands in the structure. Data too deep or too large for the channel becomes a handle."""
        kind = type(value)
        if value is None or kind is bool or kind is float:
            self._nodes += 1
            return value
        if kind is int:
            return self._integer(value)
        if kind is str or kind is bytes:
            return self._text(value)
        try:
            if isinstance_of(value, np.ndarray):
                return self._array(value)
            torch = sys.modules.get("torch")
            if torch is not None and isinstance_of(value, torch.Tensor):
                return self._tensor(value, torch)
        except Exception:  # nested, on a device without memory, within a transform: there are many that have no plain memory
            return self._handle(value)
        return self._other(value, depth)

    def _handle(self, value: Any) -> list[Any]:
        self._nodes += _HANDLE
        return self.opaque(value)

    def _integer(self, value: int) -> Any:
        self._nodes += 1
        if -(2**63) <= value < 2**63:
            return value
        if value.bit_length() >= 4 * DIGITS:
            return self._handle(value)
        digits = f"{value:x}"
        self._nodes += len(digits) // _NODE
        return ["i", digits]

    def _text(self, value: str | bytes) -> Any:
        size = len(value) if type(value) is bytes or value.isascii() else 4 * len(value)
        if size >= STRUCTURE // 2:
            return self._handle(value)
        self._nodes += 1 + size // _NODE
        return value

    def _other(self, value: Any, depth: int) -> Any:
        torch = sys.modules.get("torch")
        if torch is not None and type(value) is torch.Size:
            self._nodes += 1 + len(value)
            return ["z", *value]
        for kind, tag in ((list, "l"), (tuple, "t"), (set, "e"), (frozenset, "F")):
            if isinstance_of(value, kind):
                return self._items(tag, list(kind.__iter__(value)), value, depth, tag in "eF")
        if isinstance_of(value, dict):
            pairs = [item for pair in dict.items(value) for item in pair]
            return self._items("d", pairs, value, depth, True)
        self._nodes += 3
        if isinstance_of(value, np.generic) and DTYPE.fullmatch(np.generic.dtype.__get__(value).str):
            raw = np.generic.tobytes(value)
            self._nodes += len(raw) // _NODE
            return ["n", value.dtype.str, raw] if len(raw) < STRUCTURE // 2 else self._handle(value)
        return self._constant(value) or self._handle(value)

    def _items(self, tag: str, items: list[Any], value: Any, depth: int, keyed: bool) -> Any:
        if depth >= DEPTH - 8 or self._nodes + len(items) > NODES // 2:
            return self._handle(value)
        pairs = (len(items) // 2 if tag == "d" else len(items)) ** 2 if keyed else 0
        if pairs > self._pairs:
            return self._handle(value)
        self._pairs -= pairs
        self._nodes += 1
        seen = len(self._seen)
        node = [tag, *[self.node(item, depth + 1) for item in items]]
        if self._nodes <= NODES // 2:
            return node
        while len(self._seen) > seen:  # its arrays do not go over either
            self._seen.popitem()
        return self._handle(value)

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
        if isinstance(value, type) and TYPES.get(value.__name__) is value:
            return ["y", value.__name__]
        if isinstance_of(value, np.dtype) and DTYPE.fullmatch(value.str):
            return ["N", value.str]
        if isinstance(value, type) and issubclass(value, np.generic) and (name := _scalar_type(value)):
            return ["Y", name]
        torch = sys.modules.get("torch")
        if torch is not None and kind is torch.dtype and str(value).removeprefix("torch.") in TORCH:
            return ["D", str(value).removeprefix("torch.")]
        return None

    # --- arrays -----------------------------------------------------------------------------------------------------

    def _array(self, value: Any) -> list[Any]:
        array = np.ndarray.view(value, np.ndarray) if type(value) is not np.ndarray else value
        shape = array.shape
        self._nodes += _ARRAY
        if array.dtype.kind == "O" or not DTYPE.fullmatch(array.dtype.str):
            return ["O", *shape] if array.dtype.kind == "O" else self._handle(value)
        if again := self._again(value):
            return again
        if array.size == 0:
            return ["a", -1, array.dtype.str, shape, array.strides, 0]
        tag, where, offset, strides = self._place(array)
        return self._remember(value, [tag, where, array.dtype.str, shape, strides, offset])

    def _tensor(self, value: Any, torch: Any) -> list[Any]:
        self._nodes += _ARRAY
        if again := self._again(value):
            return again
        wants = bool(torch.Tensor.requires_grad.__get__(value))
        plain = torch.Tensor.detach(value)
        if plain.layout is not torch.strided:
            return self._sparse(value, plain, wants, torch)
        plain = plain.as_subclass(torch.Tensor).cpu().resolve_conj().resolve_neg()
        name = str(plain.dtype).removeprefix("torch.")
        if name not in TORCH or plain.device.type != "cpu":
            return self._handle(value)
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
        return self._remember(value, node) if offset % size == 0 else self._handle(value)

    def _sparse(self, value: Any, plain: Any, wants: bool, torch: Any) -> list[Any]:
        kinds = {torch.sparse_coo: "sparse_coo", torch.sparse_csr: "sparse_csr", torch.sparse_csc: "sparse_csc"}
        if plain.layout not in kinds or plain.numel() * (plain.ndim + 1) * 8 > SPARSE:
            return self._handle(value)
        return ["L", kinds[plain.layout], self._tensor(plain.to_dense(), torch), wants]

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
        copy = np.asarray(array.transpose(order), order="C")  # ascontiguousarray would give an axis to what has none
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
        token = self.memory.keep(bottom, own)
        return "a", self._blob(token, self.memory.own(token) if token else own), low - bottom

    def change(self, token: int, memory: np.ndarray[Any, Any]) -> None:
        """Send what the other side's memory of that token now holds."""
        self.blobs.append(memory.data)
        self.tokens.append(-token)

    def _blob(self, token: int, memory: Any) -> int:
        known = self._known.get(token)
        if known is not None and len(self.blobs[known]) == memory.nbytes:
            return known
        if len(self.blobs) >= _BLOBS:
            self._nodes = NODES  # so that the list which holds them all becomes one handle
            raise ValueError("too many arrays")
        self.blobs.append(memory.data)
        self.tokens.append(token)
        if token:
            self._known[token] = len(self.blobs) - 1
        return len(self.blobs) - 1


def _scalar_type(kind: type) -> str:
    """The dtype of NumPy's scalar type; "" for np.floating and its kin, which have none."""
    try:
        name = np.dtype(kind).str
    except TypeError:
        return ""
    return name if DTYPE.fullmatch(name) else ""


def _storage(tensor: Any, torch: Any) -> np.ndarray[Any, Any] | None:
    """The whole memory of a tensor, as bytes."""
    storage = tensor.untyped_storage()
    memory: np.ndarray[Any, Any] = torch.empty(0, dtype=torch.uint8).set_(storage).numpy()
    return memory if memory.nbytes else None

"""A frame as bytes, and the bounds and names that both sides keep to.

A frame is a head (magic, length of the structure, number of blobs), the lengths of the blobs, the structure (MessagePack of
scalars and tagged lists) and the blobs (memory of arrays). Nothing in it is ever executed or unpickled. Frames that are sent at
once have a head before them all (another magic, their bytes together, their number).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
from typing import Any

import msgpack

__all__ = ["BLOBS", "DEPTH", "DIGITS", "DTYPE", "HEAD", "KEYS", "NODES", "SPARSE", "STRUCTURE", "TORCH", "TYPES", "WireError"]
__all__ += ["bundle_head", "bundled", "head", "isinstance_of", "lengths", "unpack"]

HEAD = struct.Struct("!4sII")  # magic, bytes of the structure, number of blobs
_MAGIC, _BUNDLE = b"WbK1", b"WbKn"
_LENGTH = struct.Struct("!Q")

STRUCTURE = 1 << 20  # bytes: a list takes one, and seventy here
BLOBS = 4096
BUNDLE = 1 << 20  # bytes of frames that are sent at once, besides the limit of a frame
NODES = 200_000
KEYS = 2_000  # of one dict or set, and the squares of all together: keys can be chosen to collide
DEPTH = 48
DIGITS = 2_000  # of a whole number beyond 64 bits, in hexadecimal
SPARSE = 1 << 22  # bytes of one sparse tensor
_SMALL = 1 << 12  # bytes of a structure that cannot claim much

_UNIT = r"\[([1-9][0-9]{0,5})?([YMWDhms]|[munpfa]s)\]"
DTYPE = re.compile(rf"[<>|=]?(b1|[iu][1248]|f(2|4|8|16)|c(8|16|32)|[SU][1-9][0-9]{{0,5}}|M8{_UNIT}|m8({_UNIT})?)")
TORCH = frozenset(
    (
        *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
        *("float16", "bfloat16", "float32", "float64", "complex32", "complex64", "complex128"),
    )
)
TYPES: dict[str, type] = {kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, dict, set)}


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


def bundle_head(size: int, count: int) -> bytes:
    """The bytes that go before several frames."""
    return HEAD.pack(_BUNDLE, size, count)


def bundled(start: bytes, limit: int) -> int | None:
    """Bytes of the frames that are sent at once, from the first bytes that came; None where a single frame begins.

    Raises:
        WireError: they are more than a frame of `limit` bytes and what goes with it.
    """
    magic, size, _ = HEAD.unpack(start)
    if magic != _BUNDLE:
        return None
    if size > limit + BUNDLE:
        raise WireError(f"frames of {size} bytes together; {limit + BUNDLE} are allowed")
    return int(size)


def unpack(structure: bytes) -> Any:
    """A structure as nested lists of scalars.

    Raises:
        WireError: it is not one.
    """
    try:
        if len(structure) > _SMALL:
            _complete(structure)
        return msgpack.unpackb(
            structure,
            raw=False,
            strict_map_key=True,
            unicode_errors="surrogatepass",
            max_ext_len=0,
            max_map_len=0,
            ext_hook=_refuse,  # the limits let empty ones through
            object_hook=_refuse,
        )
    except Exception as error:  # msgpack raises ValueError and kin, RecursionError, UnicodeDecodeError
        raise WireError(f"the structure cannot be read: {type(error).__name__}") from None


def _complete(structure: bytes) -> None:
    """Walk through it without making anything: older msgpack makes room for each list's claimed length, at every depth."""
    unpacker = msgpack.Unpacker(max_buffer_size=len(structure))
    unpacker.feed(structure)
    unpacker.skip()


def _refuse(*_: Any) -> Any:
    raise ValueError("neither maps nor extensions are used")


def isinstance_of(value: Any, kind: type) -> bool:
    """By the true type: an object may lie about its __class__."""
    return issubclass(type(value), kind)

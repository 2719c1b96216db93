"""IDX, the format of MNIST: a magic number, the sizes of the axes, and the numbers, all big-endian.

Two bytes of zero, a byte for the kind of number, a byte for the number of axes, four bytes for the size of each axis, then the
numbers, the last axis running fastest (http://yann.lecun.com/exdb/mnist, "the IDX file format").
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.fetch.files import FetchError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["read_idx"]

_KINDS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_AXES = 8
_GZIP = b"\x1f\x8b"


def read_idx(path: Path) -> np.ndarray[Any, Any]:
    """The array in an IDX file, gzipped or not, in this machine's byte order.

    Raises:
        FetchError: the file is cut short, longer than it says, damaged, or no IDX file.
    """
    import numpy as np

    data = _unzipped(path)
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _KINDS or not 1 <= data[3] <= _MOST_AXES:
        raise _bad(path, f"it is no IDX file: it begins with {data[:4].hex(' ') or 'nothing'}")
    kind, axes = np.dtype(_KINDS[data[2]]), data[3]
    start = 4 + 4 * axes
    if len(data) < start:
        raise _bad(path, f"it is cut short: {len(data)} bytes do not hold the sizes of {axes} axes")
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    asked = start + kind.itemsize * math.prod(shape)
    if len(data) != asked:
        what = "it is cut short" if len(data) < asked else "it is too long"
        raise _bad(path, f"{what}: an array of shape {shape} takes {asked} bytes, and there are {len(data)}")
    return np.frombuffer(data, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))


def _unzipped(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FetchError(f"{path} cannot be read: {error.strerror or error}.") from None
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except EOFError:
        raise _bad(path, "it is cut short: the compressed data break off") from None
    except (OSError, zlib.error) as error:
        raise _bad(path, f"it is damaged: {error}") from None


def _bad(path: Path, why: str) -> FetchError:
    return FetchError(f"{path.name} cannot be used: {why}.", f"Delete {path} and download it again.")

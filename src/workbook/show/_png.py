"""PNG files without an imaging library, small because pictures of few colours get a palette.

Follows the PNG specification (W3C, third edition). Plotly's own way to a PNG is `plotly.express.imshow`,
which needs pandas in plotly 5, takes most of a second to import, and stores three bytes a pixel.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np

__all__ = ["data_uri", "encode"]

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

_GREY, _COLOUR, _PALETTE = 0, 2, 3  # colour types of the specification, table 8
_NONE, _UP = 0, 2  # filter types, table 10


def data_uri(pixels: Bytes) -> str:
    """A picture as a `data:` address, which a browser shows without any file."""
    return "data:image/png;base64," + base64.b64encode(encode(pixels)).decode("ascii")


def encode(pixels: Bytes) -> bytes:
    """A picture as the bytes of a PNG file.

    Args:
        pixels: UInt8 array, shape (height, width) for grey or (3, height, width) for red, green, blue.
    """
    height, width = pixels.shape[-2:]
    if pixels.ndim == 2:
        return _file(_GREY, width, height, pixels)
    red, green, blue = pixels.astype(np.uint32)
    colours, index = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
    if len(colours) <= 256:
        palette = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
        return _file(_PALETTE, width, height, index.reshape(height, width).astype(np.uint8), palette.tobytes())
    return _file(_COLOUR, width, height, pixels.transpose(1, 2, 0).reshape(height, 3 * width))


def _file(kind: int, width: int, height: int, rows: Bytes, palette: bytes = b"") -> bytes:
    """The whole file. rows: UInt8 array, shape (height, bytes in a row)."""
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    body = min(_packed(rows, _NONE), _packed(rows, _UP), key=len)
    chunks = [(b"IHDR", header), (b"PLTE", palette), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks if data or name == b"IEND")


def _packed(rows: Bytes, filter_type: int) -> bytes:
    """Compressed rows, each led by its filter type; the filter Up stores the difference to the row above."""
    stored = rows if filter_type == _NONE else np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))
    return zlib.compress(np.insert(stored, 0, filter_type, axis=1).tobytes(), 9)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

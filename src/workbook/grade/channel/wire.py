"""The channel's messages: plain data, arrays and tensors by value with the memory that they share, opaque handles for the rest.

What comes in is checked before anything is allocated: lengths, nesting, number of nodes, dtypes, and that each array lies
within its blob. Both sides keep a `Memory`, so that two arrays over the same memory are still that on the other side, and a
view of an argument comes back as a view of the very array that was sent.
"""

from workbook.grade.channel.decode import Decoder
from workbook.grade.channel.encode import Encoder
from workbook.grade.channel.frame import HEAD, WireError, head, lengths, unpack

__all__ = ["HEAD", "Decoder", "Encoder", "WireError", "head", "lengths", "unpack"]

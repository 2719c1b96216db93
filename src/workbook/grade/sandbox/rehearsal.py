"""A made-up submission goes through all that a student's process does, before the first fork: no fork pays for first times.

What it answers is no exercise: it doubles, adds and prints, and does what students do wrong.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from workbook.grade.channel.memory import Memory
from workbook.grade.channel.pipe import Pipe
from workbook.grade.channel.wire import Encoder

__all__ = ["rehearse"]

_CELLS = (
    "import workbook\n\ntests = workbook.start()\nimport einops\nimport numpy as np\nimport torch as t\n"
    "from einops import rearrange, reduce, repeat\nfrom jaxtyping import Float, Int, Num",
    'x, y = np.arange(6).reshape(2, 3), t.arange(6.0).reshape(2, 3)\nprint("both:", x, y, x.tolist(), y.shape, x * 2, y @ y.T)\n'
    "print(f'{x.sum()} {y.mean():.2f}', t.tensor([1, 2]), np.linspace(0, 1, 3))",
    'try:\n    t.arange(5).as_strided((4, 3), (1, 1))\nexcept RuntimeError as error:\n    print("refused:", error)',
    "# exercise: rehearsed\ndef _twice(x):\n    return x + x\n\n\n"
    'def rehearsed(x: Num[np.ndarray, "a b"], y: Float[t.Tensor, "a"]):\n'
    '    """Twice as much."""\n    result = _twice(x)\n    return result',
    'def viewed(x, y):\n    return x[..., None], einops.rearrange(y, "... -> (...)")',
    "def wrong(x, y):\n    x += 1\n    raise ValueError(f'no {x.shape}')",
    "def missing(x, y):\n    raise NotImplementedError",
    "broken = 1 / 0",
    "tests.test_rehearsed(rehearsed)",
)
_FUNCTIONS = ("rehearsed", "viewed", "wrong", "missing")
_LIMIT = 1 << 22  # bytes of a frame


def rehearse(student_of: Callable[[Pipe, int], Any], rules: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
    """Answer the requests of a small part, once with each of the rules; leaves nothing behind.

    Args:
        student_of: makes the student's side of a channel.
        rules: `forbid` and `only`.
    """
    main = sys.modules["__main__"]
    ours, theirs = socket.socketpair()
    try:
        with ours, theirs, contextlib.redirect_stdout(io.StringIO()):
            student = student_of(Pipe(theirs.fileno(), _LIMIT), _LIMIT)
            judge = Pipe(ours.fileno(), _LIMIT)

            for encoder, *message in _requests(rules):
                judge.send(*encoder.frame(message))
                student.answer()
                student.pipe.flush()
                _drain(ours)
    finally:
        sys.modules["__main__"] = main
        for name in [name for name in linecache.cache if name.startswith("<cell")]:
            del linecache.cache[name]


def _drain(end: socket.socket) -> None:
    """Read all that has come: nobody wants to know it."""
    end.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while end.recv(1 << 20):
            pass
    end.setblocking(True)


def _requests(rules: Sequence[tuple[Sequence[str], Sequence[str]]]) -> Iterator[tuple[Any, ...]]:
    memory = Memory(_LIMIT)
    encoder = Encoder(memory, lambda thing: ["h", 0, type(thing).__name__, [], False, None])
    yield encoder, "cells", 1, [[number, source, None] for number, source in enumerate(_CELLS, 1)], [["rehearsed", [4]]]
    for function in _FUNCTIONS:
        for forbid, only in [((), ()), *rules]:
            memory.forget()
            encoder = Encoder(memory, encoder.opaque)
            yield encoder, "exercise", [function, "function", [function], list(forbid), list(only)]
            encoder = Encoder(memory, encoder.opaque)
            rows = [[encoder.node(args), encoder.node({}), ["x", "y"]] for args in _arguments()]
            yield encoder, "cases", ["o", 0], rows, bool(forbid or only)


def _arguments() -> list[tuple[Any, Any]]:
    import torch

    table = np.arange(12.0).reshape(3, 4)
    tensor = torch.from_numpy(table.copy()).float()
    return [(table, tensor), (table.T, tensor[1]), (tensor.long(), [table[0], 2]), (table.astype(np.int64)[::2], tensor.T)]

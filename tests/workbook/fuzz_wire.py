"""Frames that nobody should send, sent to the channel's receiving end: through a socket pair, Pipe, Decoder.open and value.

    python -m tests.workbook.fuzz_wire [--runs 1000000] [--engine mutate|atheris] [--seed 0] [--json]

`mutate` needs nothing: random bytes, random trees of nodes, some of them repeated until the frame is large, and frames of real
values with bytes or nodes changed.
`atheris` lets libFuzzer find its own way, guided by the code that is reached (`pip install atheris`). Each frame must give values
or an error of the channel; anything else ends the run with its bytes: another exception, a crash, an array that lies outside
its memory.

`--json` (mutate only) prints one object:
    frames, accepted: how many there were, and how many of them were taken.
    seconds, rate: of everything, the making of the frames included; frames a second.
    slowest: seconds of the slowest frame; slowest_bytes: its length.
    start, peak: resident memory before the first frame and at most, in MiB.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import sys
import tempfile
import time
import types
import warnings
from typing import Any

import numpy as np
import torch

from tests.workbook.channelends import LIMIT, Handle
from tests.workbook.forgery import LARGEST, Frames
from workbook.grade.channel import decode, frame, memory, pipe
from workbook.grade.channel.memory import Memory, extent
from workbook.grade.channel.pipe import Pipe
from workbook.grade.channel.wire import Decoder, WireError

_MIRRORS = 64 << 20
_EXERCISE = 500  # frames; then memory is forgotten, as between exercises
_TOUCHED = 1 << 14  # elements of an array that is read as a whole


class Wild(Exception):
    """A value that does not lie in memory that the channel has."""


class Receiver:
    """The trusted end, with three arrays that it has sent before: tokens 1, 2 (read-only) and 3."""

    def __init__(self) -> None:
        self.memory = Memory(_MIRRORS)
        self.frames = self.accepted = 0

    def feed(self, content: bytes) -> bool:
        """Receive one frame, and use what it holds; was it accepted?

        Raises:
            Wild: it was, and should not have been.
        """
        if self.frames % _EXERCISE == 0:
            self.memory.forget()
            for token in (1, 2, 3):
                own = np.zeros(40 * token, np.uint8)
                own.flags.writeable = token != 2
                self.memory.keep(token, own)
        self.frames += 1
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(content[:LARGEST])
            theirs.shutdown(socket.SHUT_WR)
            try:
                values = self._receive(Pipe(ours.fileno(), LIMIT))
            except (WireError, EOFError):
                return False
        for value in values:
            use(value)
        self.accepted += 1
        return True

    def _receive(self, pipe: Pipe) -> list[Any]:
        decoder = Decoder(self.memory, {"h": Handle, "o": {1: "ours"}.__getitem__}, LIMIT, writes=True)
        message = decoder.open(*pipe.receive())
        return [decoder.value(node) for node in message]


def use(value: Any) -> None:
    """Look at all of a value, as a test might.

    Raises:
        Wild: it is of a kind that the channel does not carry, or lies outside its memory.
    """
    if isinstance(value, np.ndarray):
        _use_array(value)
    elif isinstance(value, torch.Tensor):
        _use_tensor(value)
    elif type(value) in (list, tuple, set, frozenset):
        for item in value:
            use(item)
    elif type(value) is dict:
        for key, item in value.items():
            use(key)
            use(item)
    elif type(value) is slice:
        use([value.start, value.stop, value.step])
    elif type(value) not in _PLAIN and not isinstance(value, (np.generic, np.dtype)):
        raise Wild(f"a {type(value)}")


_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, type(...), type, torch.Size, torch.dtype, Handle)


def _use_array(array: np.ndarray[Any, Any]) -> None:
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    if array.size and array is not root:
        # In whole numbers, which never wrap around.
        (low, high), start = extent(array), root.__array_interface__["data"][0]
        if not start <= low <= high <= start + root.nbytes:
            raise Wild(f"an array of shape {array.shape}, strides {array.strides} in {root.nbytes} bytes")
    if array.size <= _TOUCHED:
        array.tobytes()
        repr(array.reshape(-1)[:3])


def _use_tensor(tensor: torch.Tensor) -> None:
    if tensor.layout is not torch.strided:
        return
    last = tensor.storage_offset() + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    if tensor.numel() and (last + 1) * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise Wild(f"a tensor of shape {tuple(tensor.shape)}, strides {tensor.stride()}")
    if tensor.numel() <= _TOUCHED:
        tensor.detach().clone()


# --- engines ----------------------------------------------------------------------------------------------------------


def mutate(runs: int, seed: int) -> dict[str, Any]:
    """Feed so many frames of `Frames`; see the module's docstring for what comes back."""
    frames, receiver = Frames(seed), Receiver()
    slowest, slowest_bytes, start, begun = 0.0, 0, _resident(), time.perf_counter()
    for _ in range(runs):
        content = frames.one()
        before = time.perf_counter()
        _fed(receiver, content)
        if (took := time.perf_counter() - before) > slowest:
            slowest, slowest_bytes = took, len(content)
    seconds = time.perf_counter() - begun
    return {
        "frames": receiver.frames,
        "accepted": receiver.accepted,
        "seconds": round(seconds, 2),
        "rate": round(runs / seconds),
        "slowest": round(slowest, 4),
        "slowest_bytes": slowest_bytes,
        "start": start,
        "peak": _resident(),
    }


def _fed(receiver: Receiver, content: bytes) -> None:
    try:
        receiver.feed(content)
    except BaseException:
        print(f"frame {receiver.frames}: {content.hex()}", file=sys.stderr, flush=True)
        raise


def _resident() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def fuzz(runs: int, seed: int) -> None:
    """Let libFuzzer do it; it ends the process, with 0 when all went well."""
    import atheris

    for module in (frame, memory, decode, pipe):
        for owner in (module, *(found for found in vars(module).values() if isinstance(found, type))):
            for function in vars(owner).values():
                if isinstance(function, types.FunctionType) and function.__module__ == module.__name__:
                    atheris.instrument_func(function)
    receiver, frames = Receiver(), Frames(seed)

    def mutated(data: bytes, largest: int, number: int) -> bytes:
        frames.random.seed(number)
        if frames.random.random() < 0.4:
            mixed: bytes = atheris.Mutate(data, largest)
            return mixed
        found = frames.changed(data) if data and frames.random.random() < 0.7 else frames.one()
        return found[:largest]

    options = [
        f"-atheris_runs={runs}",
        f"-seed={seed + 1}",
        "-max_len=4096",
        "-rss_limit_mb=2048",
        "-timeout=60",
        "-print_final_stats=1",
        f"-artifact_prefix={tempfile.gettempdir()}/",
    ]
    atheris.Setup([sys.argv[0], *options], lambda data: _fed(receiver, data), custom_mutator=mutated)
    atheris.Fuzz()


def main(arguments: list[str] | None = None) -> int:
    """Run one engine; what it does with a frame that breaks something, see above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=("mutate", "atheris"), default="mutate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if options.engine == "atheris":
        fuzz(options.runs, options.seed)
        return 0
    found = mutate(options.runs, options.seed)
    print(json.dumps(found) if options.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

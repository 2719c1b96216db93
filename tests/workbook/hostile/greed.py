"""Code that takes everything: memory, disk, descriptors, threads, output."""

from __future__ import annotations

from tests.workbook.hostile.base import MM, TELL, Hostile, hostile

__all__ = ["GREED"]


def _bomb(name: str, why: str, body: str) -> Hostile:
    """Allocates up to 4 GiB, far above any limit; what stops it before says so by the missing shout."""
    return hostile(
        name,
        why,
        TELL,
        f"kept = []\ntry:\n{_indented(body)}\n    won('4 GiB')\nexcept MemoryError:\n    del kept[:]\n",
        proves="{shout}",
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip("\n").splitlines())


GREED = (
    _bomb("memory_bytes", "4 GiB of bytes, written to", "for _ in range(64):\n    kept.append(bytearray(b'x') * (64 << 20))"),
    _bomb("memory_at_once", "4 GiB in one piece", "kept.append(bytearray(4 << 30))"),
    _bomb("memory_numpy", "4 GiB of NumPy ones", "for _ in range(64):\n    kept.append(np.ones(8 << 20))"),
    _bomb(
        "memory_torch",
        "4 GiB of torch ones",
        "try:\n    for _ in range(64):\n        kept.append(t.ones(16 << 20))\nexcept RuntimeError:\n    raise MemoryError",
    ),
    _bomb(
        "memory_text",
        "a text that doubles",
        "text = 'wörk' * 1000\nwhile len(text) < 4 << 30:\n    text += text\n    kept[:] = [text]",
    ),
    _bomb(
        "memory_integers",
        "a whole number that squares itself",
        "number = 7**1000\nwhile number.bit_length() < 8 << 28:\n    number = number << number.bit_length()",
    ),
    _bomb(
        "memory_mappings",
        "4 GiB of private and of shared anonymous mappings, each page touched",
        """
import mmap
try:
    for flags in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
        for _ in range(32):
            area = mmap.mmap(-1, 64 << 20, flags=flags | mmap.MAP_ANONYMOUS)
            area[:: mmap.PAGESIZE] = b"x" * (len(area) // mmap.PAGESIZE)
            kept.append(area)
except (OSError, ValueError):
    raise MemoryError
""",
    ),
    _bomb(
        "memory_files",
        "4 GiB in files that live in memory: memfd, /dev/shm, /tmp, the working folder",
        """
import itertools
places = []
try:
    places.append(os.memfd_create("wbhostile"))
except OSError:
    pass
for folder in ("/dev/shm", "/tmp", "/var/tmp", "/run", "."):
    for n in range(40):
        try:
            places.append(os.open(f"{folder}/wbhostile-{n}", os.O_CREAT | os.O_WRONLY, 0o600))
        except OSError:
            break
written = 0
for place in places:
    try:
        for _ in range(128):
            written += os.write(place, bytes(8 << 20))
    except OSError:
        pass
if written < 4 << 30:
    raise MemoryError
""",
    ),
    _bomb(
        "memory_by_little_things",
        "tens of millions of small objects",
        "for _ in range(40):\n    kept.append([object() for _ in range(4_000_000)])",
    ),
    hostile(
        "deep_recursion",
        "recursion without end, in Python and in C, with the limit raised and a large stack",
        """
import json, sys, threading
def down(n):
    return down(n + 1)
def einsum_trace(mat):
    return down(0)
def einsum_mm(mat1, mat2):
    return json.loads("[" * 500_000)
def einsum_mv(mat, vec):
    return repr(type("R", (), {"__repr__": lambda self: repr(self)})())
def einsum_inner(a, b):
    sys.setrecursionlimit(10**9)
    threading.stack_size(1 << 20)
    value = []
    for _ in range(200_000):
        value = [value]
    return str(value), value == value.copy()
""",
    ),
    hostile(
        "recursion_without_limit",
        "recursion without end, and without Python's own limit",
        """
import sys
sys.setrecursionlimit(10**9)
def einsum_trace(mat):
    return einsum_trace(mat)
""",
        slow=True,
    ),
    hostile(
        "a_hundred_thousand_threads",
        "threads until nothing more goes",
        """
import threading
gate = threading.Event()
started = 0
try:
    for _ in range(20_000):
        threading.Thread(target=gate.wait, daemon=True).start()
        started += 1
except BaseException:
    pass
finally:
    print(started)
""",
        slow=True,
    ),
    hostile(
        "every_descriptor",
        "pipes, sockets, epolls and files until nothing more goes, and the limit raised before",
        """
import os, resource, select, socket
try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 20, 1 << 20))
except BaseException:
    pass
kept = []
for make in (os.pipe, socket.socketpair, select.epoll, lambda: open("/dev/null"), lambda: os.eventfd(0)):
    try:
        for _ in range(100_000):
            kept.append(make())
    except BaseException:
        pass
""",
    ),
    hostile(
        "full_disk",
        "fills its folder: one large file, a sparse one of a terabyte, thousands of small ones, a deep tree",
        """
import os
def fill(name, step):
    try:
        step(name)
    except OSError:
        pass
def large(name):
    with open(name, "wb") as file:
        for _ in range(4096):
            file.write(bytes(1 << 20))
def sparse(name):
    with open(name, "wb") as file:
        file.truncate(1 << 40)
def small(name):
    os.mkdir(name)
    for n in range(5_000):
        with open(f"{name}/{n}", "wb") as file:
            file.write(b"x")
def deep(name):
    for _ in range(2_000):
        os.mkdir(name)
        os.chdir(name)
def odd(name):
    for text in (b"\\xff\\xfe", b"new\\nline", b"-rf", b"x" * 255):
        os.mkdir(text, 0o000)
        os.mkfifo(text + b"f") if len(text) < 250 else None
home = os.getcwd()
for step in (large, sparse, small, odd, deep):
    fill("wbhostile-" + step.__name__, step)
    os.chdir(home)
""",
    ),
    hostile(
        "endless_output",
        "prints for ever, in a cell",
        "while True:\n    print('wbhostile ✓ passed' * 100)",
        MM,
        earns="einsum_mm",
        slow=True,
    ),
    hostile(
        "endless_output_below_python",
        "writes to descriptors 1 and 2, to the terminal and to every descriptor's file, for ever",
        """
import os
targets = [1, 2]
for name in ("/dev/tty", "/dev/console", "/dev/stdout", "/dev/stderr", "/proc/1/fd/1", "/proc/1/fd/2", "/proc/self/fd/1"):
    try:
        targets.append(os.open(name, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        pass
while True:
    for target in targets:
        try:
            os.write(target, b"wbhostile \\x1b]0;owned\\x07\\x1b[2J passed\\n" * 2000)
        except OSError:
            pass
""",
        slow=True,
    ),
    hostile(
        "two_hundred_megabytes_in_a_line",
        "one line of 200 MB on each stream, and a call that prints a lot and is right",
        """
import sys
try:
    print("wbhostile" * 20_000_000)
    print("wbhostile" * 20_000_000, file=sys.stderr)
    sys.__stdout__.write("wbhostile" * 1_000_000)
    sys.__stderr__.write("wbhostile" * 1_000_000)
except (MemoryError, OSError, AttributeError):
    pass
""",
        """
def einsum_trace(mat):
    for _ in range(2_000):
        print("row", _)
    print("x" * 1_000_000)
    return einops.einsum(mat, "i i ->")
""",
        earns="einsum_trace",
    ),
    hostile(
        "a_million_warnings",
        "warnings of different texts, each remembered",
        """
import warnings
def einsum_trace(mat):
    for n in range(3_000):
        warnings.warn(f"warning {n}" * 10, stacklevel=1)
    return einops.einsum(mat, "i i ->")
""",
        earns="einsum_trace",
    ),
)

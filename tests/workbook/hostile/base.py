"""What a hostile submission is, and pieces of code that several of them share.

The cells are data: they are run inside the grader's sandbox only. Where an attack could do harm if the sandbox had a hole, it is
bounded (two hundred processes, not a real bomb; a victim file of the test, not a real one).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ASSORTED", "MM", "QUIZ", "TELL", "TRACE", "WINDOWS", "Hostile", "hostile"]


@dataclass(frozen=True)
class Hostile:
    """One hostile submission.

    Attributes:
        name: unique, a valid part of a test id.
        cells: its code cells, with fields in braces (see `filled`).
        earns: the exercises that it really solves, and that count in spite of the rest (not promised where `slow`).
        may: exercises whose values are right, by means that they rule out. The watch stands beside the student's code, which can
            undo it: whether they get their points is not promised. A wrong value never does.
        why: what it tries.
        slow: it runs until a limit stops it.
        proves: the field that shows success from outside ("{outside}": a file appears or changes there, "{port}": a connection,
            "{secret}": a planted secret in any output, "{shout}": a number that only the running attack can compute), or "" where
            only points, time and the next submission tell.
        says: what the record must say, which shows that the attack was made at all.
        refused: why it is not graded; "" where it is.
    """

    name: str
    cells: tuple[str, ...]
    earns: frozenset[str]
    why: str
    slow: bool = False
    proves: str = ""
    may: frozenset[str] = frozenset()
    says: str = ""
    refused: str = ""

    def filled(self, **fields: object) -> tuple[str, ...]:
        """The cells with {outside}, {home}, {port}, {abstract}, {judge}, {shout} and {table} replaced by what the test has set up."""
        cells = list(self.cells)
        for field, value in fields.items():
            cells = [cell.replace(f"{{{field}}}", str(value)) for cell in cells]
        return tuple(cells)


def hostile(
    name: str,
    why: str,
    *cells: str,
    earns: str = "",
    may: str = "",
    slow: bool = False,
    proves: str = "",
    says: str = "",
    refused: str = "",
) -> Hostile:
    """Shorthand: `earns` and `may` are words."""
    source = tuple(cell.strip("\n") for cell in cells)
    return Hostile(name, source, frozenset(earns.split()), why, slow, proves, frozenset(may.split()), says, refused)


# Right answers, for attacks that need a fellow traveller.
TRACE = """
def einsum_trace(mat):
    return einops.einsum(mat, "i i ->")
"""
MM = """
def einsum_mm(mat1, mat2):
    return einops.einsum(mat1, mat2, "i j, j k -> i k")
"""
WINDOWS = """
def sliding_windows(x, size):
    *batch, w = x.shape
    *steps, step = x.stride()
    return x.as_strided((*batch, w - size + 1, size), (*steps, step, step))
"""
QUIZ = 'quiz_einsum_sum = "b"\n'

# What an attack has found out leaves by every legitimate door: what is printed in a cell and in a call, an exception, a result.
TELL = """
import ctypes, hashlib, os, re, sys

found = set()

def sniff(data):
    found.update(match.decode() for match in re.findall(rb"wbsecret-[0-9a-f]{24}", data))

def look(path):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            data = os.read(descriptor, 4 << 20)
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return
    sniff(data)
    if os.path.basename(path).startswith(("part3_einsum", "test_part3_einsum", "gradebook")):
        found.add("sha256 " + hashlib.sha256(data).hexdigest())

def won(what):
    found.add("wbshout-%x %s" % ({shout} * 3, what))

def attempt(what, step):
    try:
        result = step()
    except BaseException:
        return None
    if what:
        won(what)
    return result

libc = ctypes.CDLL(None, use_errno=True)

def syscall(*arguments):
    result = libc.syscall(*map(ctypes.c_long, arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result

def named():
    libc.prctl(15, b"wbhostile", 0, 0, 0)

def report():
    return "\\n".join(sorted(found, key=lambda text: (not text.startswith("wb"), text))[:5])

def einsum_trace(mat):
    print(report())
    raise RuntimeError(report())

def einsum_mm(mat1, mat2):
    return report()
"""

# One odd thing after the other as the result of another exercise; `odd` is a list of functions.
ASSORTED = """
names = (
    "einsum_trace einsum_mm sliding_windows einsum_mv einsum_inner einsum_outer einsum_bmm frobenius_inner bilinear_form "
    "attention_scores weighted_covariance conv1d_minimal_simple conv1d_minimal conv2d_minimal"
).split()
for name, make in zip(names, odd):
    globals()[name] = lambda *args, make=make, **kwargs: make()
"""

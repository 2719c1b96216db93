"""Code that does not end: in Python, in C with the interpreter's lock held, asleep, stopped, or in the middle of a reply."""

from __future__ import annotations

from tests.workbook.hostile.base import MM, TRACE, Hostile, hostile

__all__ = ["DELAYS"]


def _call(name: str, why: str, body: str, before: str = "") -> Hostile:
    """The delay sits in the answer's call."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    return hostile(name, why, f"{before.strip()}\ndef einsum_trace(mat):\n{lines}\n", MM, earns="einsum_mm", slow=True)


def _cell(name: str, why: str, body: str) -> Hostile:
    """The delay sits in a cell."""
    return hostile(name, why, body, MM, earns="einsum_mm", slow=True)


DELAYS = (
    _cell("loop_in_a_cell", "an endless loop in a cell", "while True:\n    pass"),
    _call("loop_in_a_call", "an endless loop in the answer", "while True:\n    pass"),
    _call(
        "regex_backtracking",
        "exponential backtracking: C code that holds the lock",
        "re.match('(a+)+$', 'a' * 60 + 'b')",
        "import re",
    ),
    _call("endless_sum", "a sum over an endless iterator in C", "return sum(itertools.repeat(1))", "import itertools"),
    _call("endless_power", "a power that takes hours", "return pow(3, 10**9)"),
    _call("endless_linear_algebra", "minutes inside one call of LAPACK", "return np.linalg.svd(np.random.rand(2500, 2500))"),
    _call("endless_torch", "minutes inside one call of torch", "return t.linalg.eig(t.rand(2500, 2500))"),
    _call(
        "loop_in_a_sort",
        "an endless comparison inside sort",
        "sorted([Slow(), Slow()])\nreturn 0",
        """
class Slow:
    def __lt__(self, other):
        while True:
            pass
""",
    ),
    _call(
        "deaf_to_signals",
        "blocks and ignores every signal, swallows every exception and goes on",
        """
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
for number in range(1, signal.NSIG):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
""",
        "import signal",
    ),
    _call("asleep", "sleeps for a week", "time.sleep(7 * 24 * 3600)", "import time"),
    _call(
        "waiting_for_a_lock",
        "waits for a lock that it holds itself",
        "lock.acquire()",
        "import threading\nlock = threading.Lock()\nlock.acquire()",
    ),
    _call(
        "waiting_for_input",
        "reads from the terminal",
        "try:\n    input()\nexcept EOFError:\n    open('/dev/stdin').read()\nimport threading\nthreading.Event().wait()",
    ),
    _call(
        "stopped",
        "stops itself with SIGSTOP",
        "os.kill(os.getpid(), signal.SIGSTOP)\nwhile True:\n    time.sleep(1)",
        "import os, signal, time",
    ),
    _cell(
        "stopped_in_a_cell",
        "stops itself with SIGSTOP before any answer is defined",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nos.kill(os.getpid(), signal.SIGTSTP)\nwhile True:\n    pass",
    ),
    hostile(
        "asleep_just_under_each_limit",
        "every exercise takes nearly all of its own time: together they take much more than the submission has",
        """
import time
def slowly(*args, **kwargs):
    time.sleep(0.02)
    return None
names = (
    "einsum_trace einsum_mm sliding_windows einsum_mv einsum_inner einsum_outer einsum_bmm frobenius_inner bilinear_form "
    "attention_scores weighted_covariance conv1d_minimal_simple conv1d_minimal conv2d_minimal"
).split()
for name in names:
    globals()[name] = slowly

def einsum_mm(mat1, mat2):
    time.sleep(0.05)
    return einops.einsum(mat1, mat2, "i j, j k -> i k")

def sliding_windows(x, size):
    time.sleep(0.25)
    return None
""",
        slow=True,
        earns="einsum_mm",
    ),
    hostile(
        "many_slow_cells",
        "forty cells that each stay under the limit of one cell",
        *["import time\nend = time.monotonic() + 0.2\nwhile time.monotonic() < end:\n    pass"] * 40,
        slow=True,
    ),
    hostile(
        "objects_that_never_answer",
        "the attributes, the class and the representation of a result loop for ever",
        """
class Never:
    def loop(self, *args):
        while True:
            pass
    __repr__ = __str__ = __hash__ = __len__ = __iter__ = __array__ = __getattr__ = __eq__ = __bool__ = loop
    __class__ = property(loop)

def einsum_trace(mat):
    return Never()

def einsum_mm(mat1, mat2):
    return [Never()] * 3

class Sealed:
    def __getattribute__(self, name):
        while True:
            pass

def sliding_windows(x, size):
    return Sealed()

quiz_einsum_sum = Never()
quiz_implicit_order = Sealed()
""",
        slow=True,
    ),
    hostile(
        "exceptions_that_never_answer",
        "the text of an exception loops for ever",
        """
class Never(Exception):
    def __str__(self):
        while True:
            pass
    __repr__ = __str__

def einsum_trace(mat):
    raise Never
raise Never
""",
        slow=True,
    ),
    hostile(
        "loop_at_the_end",
        "atexit, destructors, a thread that is no daemon and a garbage collector's callback keep the process alive",
        """
import atexit, gc, threading
def loop(*args):
    while True:
        pass
atexit.register(loop)
threading.Thread(target=loop, daemon=False).start()
class Last:
    __del__ = loop
last = Last()
gc.callbacks.append(loop)
""",
        MM,
        earns="einsum_mm",
        slow=True,
    ),
    hostile(
        "a_hundred_busy_threads",
        "threads that never give the interpreter back, started as many as there may be",
        """
import sys, threading
sys.setswitchinterval(1000)
def loop():
    while True:
        pass
try:
    for _ in range(100):
        threading.Thread(target=loop, daemon=True).start()
except BaseException:
    pass
""",
        MM,
        earns="einsum_mm",
        slow=True,
    ),
    hostile(
        "traced",
        "a trace and a profile function that loop as soon as code that is not the student's runs",
        """
import sys, threading
def trace(frame, event, arg):
    if "workbook" in frame.f_code.co_filename or "workbook" in frame.f_globals.get("__name__", ""):
        while True:
            pass
    return trace
threading.settrace_all_threads(trace) if hasattr(threading, "settrace_all_threads") else threading.settrace(trace)
frame = sys._getframe()
while frame is not None:
    frame.f_trace = trace
    frame = frame.f_back
sys.setprofile(trace)
sys.settrace(trace)
""",
        MM,
        earns="einsum_mm",
        slow=True,
    ),
    hostile(
        "greedy_for_the_processor",
        "asks for real-time scheduling, the best niceness, every processor, no limit of its time",
        """
import os, resource
for step in (
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99)),
    lambda: os.sched_setaffinity(0, range(os.cpu_count())),
    lambda: os.nice(-20),
    lambda: os.setpriority(os.PRIO_PGRP, 0, -20),
    lambda: resource.setrlimit(resource.RLIMIT_CPU, (-1, -1)),
    lambda: resource.setrlimit(resource.RLIMIT_RTPRIO, (99, 99)),
):
    try:
        step()
    except BaseException:
        pass
while True:
    pass
""",
        TRACE,
        earns="einsum_trace",
        slow=True,
    ),
    _call(
        "never_out_of_finally",
        "comes back from every exception through finally",
        "while True:\n    try:\n        try:\n            time.sleep(100)\n        finally:\n            continue\n    except BaseException:\n        pass",
        "import time",
    ),
)

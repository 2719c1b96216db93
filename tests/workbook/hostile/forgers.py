"""Code that speaks on the channel itself: forged, malformed, endless and stolen messages.

It finds the serving object in the frames above it and the channel among the open descriptors, as a student who has read the grader's
source would.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.workbook.hostile.base import MM, Hostile, hostile

__all__ = ["FORGERS"]

# `send` writes a message to every open descriptor that takes it; `answers` replaces the reply to every call by a message.
_FORGE = """
import gc, os, stat, struct, sys, threading, time
try:
    import msgpack
except ImportError:
    msgpack = None

def server():
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if type(value).__module__.startswith("workbook.grade") and hasattr(value, "pipe"):
                return value
        frame = frame.f_back
    return None

student = server()

def descriptors():
    found = []
    for number in range(3, 256):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
            found.append(number)
    return found

def write(data):
    for number in descriptors():
        try:
            os.write(number, data)
        except OSError:
            pass

def packed(message, tokens=(), blobs=()):
    from workbook.grade.channel.wire import head
    structure = msgpack.packb([message, list(tokens)], unicode_errors="surrogatepass")
    return head(structure, blobs) + structure + b"".join(blobs)

def send(message, tokens=(), blobs=()):
    write(packed(message, tokens, blobs))

def unforged(*args):
    raise RuntimeError("wbunforged")

def answers(*messages):
    # Every reply to a call is one of these messages, and never what the call itself gives.
    globals().update(einsum_trace=unforged, einsum_mm=unforged, sliding_windows=unforged)
    def report(self, *args, **kwargs):
        self.pipe.flush()  # what was said before stands, or nobody would look at what is forged
        for message in messages:
            write(message if isinstance(message, bytes) else packed(*message))
    type(student)._report = report

def einsum_trace(mat):
    return None

einsum_mm = sliding_windows = lambda *args: None
"""


def _forger(name: str, why: str, body: str, *, slow: bool = False, says: str = "") -> Hostile:
    return hostile(f"forger_{name}", why, _FORGE, body, slow=slow, says=says)


def _claim(name: str, why: str, node: str, blob: str = "bytes(8)", *, slow: bool = False) -> Hostile:
    """Every call is answered with one node over one blob."""
    body = f"answers((['value', {node}, [], ''], [0], [{blob}]))"
    return _forger(f"claims_{name}", f"the reply claims {why}", body, slow=slow)


_CLAIMS = (
    _claim("a_million_millions", "10**12 numbers in eight bytes, with strides of zero", "['a', 0, '<f8', [10**12], [0], 0]"),
    _claim("nothing_very_often", "10**12 texts of length nothing", "['a', 0, '|S0', [10**12], [0], 0]"),
    _claim("empty_text_often", "10**12 texts of no character", "['a', 0, '<U0', [10**6, 10**6], [0, 0], 0]"),
    _claim("overflow", "sizes whose product is beyond 64 bits", "['a', 0, '<f8', [2**62, 4, 2**62], [0, 0, 0], 0]"),
    _claim("empty_and_huge", "no entry, and axes of 2**62", "['a', -1, '<f8', [0, 2**62], [8, 8], 0]"),
    _claim("before_its_memory", "an array that begins before its memory", "['a', 0, '<f8', [4], [-8], 0]"),
    _claim("behind_its_memory", "an array that reaches behind its memory", "['a', 0, '<f8', [4], [8], 4]"),
    _claim("tensor_behind", "a tensor that reaches behind its memory", "['T', 0, 'float64', [2], [2**61], 0, False]"),
    _claim("tensor_far", "a tensor with an offset beyond 64 bits", "['T', 0, 'float64', [1], [1], 2**63 - 1, False]"),
    _claim(
        "tensor_of_bits",
        "a tensor of ones that is sparse with 24 axes",
        "['L', 'sparse_coo', ['T', 0, 'bool', [2] * 24, [0] * 24, 0, False]]",
        "b'\\x01' * 8",
    ),
    _claim(
        "sparse_rows",
        "a wide sparse tensor in rows",
        "['L', 'sparse_csr', ['T', 0, 'bool', [4_000_000, 16], [0, 0], 0, False]]",
        "b'\\x01' * 8",
    ),
    _claim("memory_never_sent", "memory that was never sent", "['v', 12345, '<f8', [1], [8], 0]"),
    _claim("range", "a range of 2**62", "['r', 0, 2**62, 1]"),
    _claim(
        "digits", "thousands of digits, signs and underscores", "['l', ['i', 'f' * 2000], ['i', '-' + 'f' * 1999], ['i', '1_0']]"
    ),
    _claim(
        "text_of_nothing", "a NumPy text of no length, and one of a million", "['t', ['n', '|S0', b''], ['n', '<U999999', b'']]"
    ),
    _claim("objects", "an array of a million million objects", "['O', 10**6, 10**6]"),
    _claim(
        "deep", "lists five hundred deep", "(lambda wrap: wrap(wrap, 500))(lambda wrap, n: ['l', wrap(wrap, n - 1)] if n else 0)"
    ),
    _claim("wide", "half a million empty lists", "['l', *[['l']] * 500_000]"),
    _claim(
        "collisions",
        "dicts whose keys all have the same hash",
        "['l', *[['d', *[x for n in range(1900) for x in (['i', '%x' % (n * (2**61 - 1))], 0)]]] * 20]",
    ),
    _claim("odd_dict", "a dict with a key that has no value, and keys that are lists", "['d', ['l'], 1, 2]"),
    _claim("handles", "a handle with every special method, called Tensor", "['h', 0, 'Tensor', list(range(200)), True]"),
    _claim(
        "odd_handles",
        "handles of odd numbers and names",
        "['l', ['h', -1, 'x', [], False], ['h', 10**9, '\\ud800' * 10**5, ['a', None], 7]]",
    ),
    _claim(
        "names",
        "names of Python's own and of libraries",
        "['l', ['y', 'eval'], ['D', '__dict__'], ['N', 'O'], ['Y', '|V8'], ['y', '__class__']]",
    ),
    _claim("dates", "units of time that nobody has", "['a', 0, '<M8[999999Y]', [], [], 0]"),
    _claim("no_tag", "lists without a tag, and tags that are parts of others", "['l', [], ['lt'], [''], [7], [None], [['l']]]"),
    _claim(
        "references", "references to what was never there", "['l', ['=', 10**9], ['=', -1], ['=', True], ['o', 0], ['o', 10**6]]"
    ),
    _claim(
        "big_mirror",
        "sixty megabytes for every case, each of them to be kept",
        "['a', 0, '|u1', [60_000_000], [1], 0]",
        "bytes(60_000_000)",
        slow=True,
    ),
)

_ERRORS = """
answers((["error", [{kind}, {bases}, {text}, {rule}, {where}, True], {changed}, {printed}],))
"""


def _error(
    name: str, why: str, kind: str = "ValueError", bases: Iterable[str] = ("builtins.ValueError",), text: str = "", **rest: object
) -> Hostile:
    fields = {"kind": kind, "bases": list(bases), "text": text, "rule": None, "where": "", "changed": [], "printed": "", **rest}
    body = _ERRORS.format(**{name: repr(value) for name, value in fields.items()})
    return _forger(f"raises_{name}", f"the reply says that the answer raised {why}", body)


_RAISES = (
    _error("interrupts", "KeyboardInterrupt", "KeyboardInterrupt", ("builtins.KeyboardInterrupt", "builtins.BaseException")),
    _error("exits", "SystemExit", "SystemExit", ("builtins.SystemExit", "builtins.BaseException")),
    _error(
        "own_errors",
        "the toolkit's own exceptions",
        "CheckFailure",
        ("workbook.errors.CheckFailure", "workbook.errors.Unsolved", "builtins.Exception"),
    ),
    _error(
        "lazy_modules",
        "classes that torch and NumPy import when they are asked for",
        "E",
        ("torch._inductor", "torch.onnx", "numpy.distutils", "numpy.f2py", "torch._export", "numpy.bool8"),
    ),
    _error(
        "not_errors",
        "things that are no exceptions",
        "E",
        ("builtins.eval", "builtins.int", "numpy.ndarray", "torch.Tensor", "numpy.lib", "...", "", "builtins."),
    ),
    _error(
        "odd_classes",
        "exceptions with arguments of their own",
        "E",
        ("builtins.UnicodeDecodeError", "builtins.ExceptionGroup", "builtins.OSError"),
    ),
    _error("groups", "an exception group", "BaseExceptionGroup", ("builtins.BaseExceptionGroup",)),
    _error(
        "odd_texts",
        "something with control characters and half characters in every field",
        "\ud800",
        ("\ud800.\ud800",),
        "\ud800\x1b[2J\x00",
        where="\ud800\n" * 50,
        printed="\ud800\x1b[2J",
        changed=["\ud800"],
    ),
    _forger(
        "raises_long_texts",
        "the reply says that the answer raised something with a hundred thousand characters in every field",
        _ERRORS.format(
            kind="'K' * 100_000",
            bases="['b' * 100_000]",
            text="'t' * 100_000",
            rule="None",
            where="'w' * 100_000",
            changed="['c' * 100_000] * 3",
            printed="'p' * 100_000",
        ),
        says="your code raised KKKK",
    ),
    _error("rules", "something against a rule that does not exist", rule=["\ud800", "<script>alert(1)</script>", "x" * 100_000]),
    _error("changes", "nothing, and changed what is no argument", changed=[[["deep"]] * 3, 7, None, {}.__class__.__name__]),
)

FORGERS = (
    *_CLAIMS,
    *_RAISES,
    hostile(
        "forger_of_right_values",
        "the right values in forged replies, and a forged exception: it does no harm, and shows that the others' messages arrive",
        _FORGE,
        """
answers()
found = []
def einsum_mm(mat1, mat2):
    found.append(np.ascontiguousarray(einops.einsum(mat1, mat2, "i j, j k -> i k")))
    raise RuntimeError("wbunforged")

def report(self, *args, **kwargs):
    self.pipe.flush()
    if not found:
        return write(packed(["error", ["ForgedError", ["builtins.ValueError"], "wbforged", None, "", True], [], ""]))
    value = found.pop()
    node = ["a", 0, value.dtype.str, value.shape, value.strides, 0]
    write(packed(["value", node, [], ""], [0], [value.tobytes()]))
type(student)._report = report
""",
        earns="einsum_mm",
        says="your code raised ForgedError",
    ),
    _forger(
        "verdicts",
        "messages that say that everything passed, in many forms, before anybody has asked",
        """
for message in (["passed"], ["result", "einsum_trace", "passed"], ["done"], ["ran", None], ["values", [[1, ""]]], ["value", 5, [], ""],
                ["callback", 0, ["t"], ["d"]], {"status": "passed"}, "passed", ["unsolved", ""], ["ran", []], ["ran", [[1, "", []]]], ["ran", [["x", 7, {}]]]):
    send(message)
write(b'{"jsonrpc": "2.0", "result": "passed"}\\n')
""",
    ),
    _forger(
        "done_too_early",
        "says that the cells are done while they run, and answers the next questions in advance",
        "send(['ran', []])\nsend(['values', [[['h', 0, 'function', [], False], '']]])\nfor _ in range(40):\n    send(['value', 0, [], ''])",
    ),
    _forger("garbage", "random bytes on every descriptor", "write(os.urandom(1 << 16))"),
    _forger(
        "other_protocols",
        "HTTP, JSON, pickles and terminal sequences on every descriptor",
        "import pickle\nwrite(b'HTTP/1.1 200 OK\\r\\n\\r\\n')\nwrite(pickle.dumps({'passed': True}))\nwrite(b'\\x80\\x04cos\\nsystem\\n(S\"touch {outside}/pickle\"\\ntR.')",
    ),
    _forger(
        "huge_head",
        "the head of a frame of 4 GiB, of four milliards of blobs, of a blob of 2**64 bytes",
        "write(struct.pack('!4sII', b'WbK1', 2**32 - 1, 2**32 - 1))\nwrite(struct.pack('!4sIIQ', b'WbK1', 10, 1, 2**64 - 1) + bytes(100))",
    ),
    _forger(
        "huge_blobs",
        "four thousand blobs that are together beyond every limit",
        "write(struct.pack('!4sII', b'WbK1', 10, 4096) + struct.pack('!Q', 2**40) * 4096)",
    ),
    _forger(
        "millions_at_once",
        "five million empty frames at once, and as many more",
        "frame = struct.pack('!4sII', b'WbK1', 0, 0)\nfor _ in range(2):\n    write(struct.pack('!4sII', b'WbKn', 12 * 5_000_000, 5_000_000) + frame * 5_000_000)",
    ),
    _forger(
        "bundles",
        "frames at once that are none, hold themselves, or are far more than was said",
        "write(struct.pack('!4sII', b'WbKn', 2**32 - 1, 1))\nwrite(struct.pack('!4sII', b'WbKn', 0, 2**32 - 1))\nwrite(struct.pack('!4sII', b'WbKn', 24, 2) + struct.pack('!4sII', b'WbKn', 12, 1) * 2)",
    ),
    _forger(
        "half_a_frame",
        "half a frame, and then silence",
        "write(packed(['ran', []])[:9])\nwhile True:\n    time.sleep(1)",
        slow=True,
    ),
    _forger(
        "byte_by_byte",
        "a frame that comes a byte at a time, for ever",
        "write(struct.pack('!4sII', b'WbK1', 1_000_000, 0))\nwhile True:\n    write(b'\\x90')\n    time.sleep(0.005)",
        slow=True,
    ),
    _forger(
        "endless_calls",
        "calls back into the tests for ever",
        "def report(self, *args, **kwargs):\n    while True:\n        send(['callback', 0, ['t'], ['d']])\ntype(student)._report = report",
        slow=True,
    ),
    _forger(
        "endless_messages",
        "messages about cells for ever, in the right order as far as there are cells",
        """
import itertools
for n in itertools.count(3):
    send(['ran', [[n, f'{n}' * 200, [f'{n}n{m}' * 200 for m in range(100)]]]])
""",
    ),
    hostile(
        "forger_of_all_remarks",
        "long remarks on three hundred cells, before they run",
        _FORGE,
        "send(['ran', [[n, f'{n} ' * 100, [f'{n}n{m} ' * 20 for m in range(8)]] for n in range(3, 300)]])",
        *["x = 1"] * 300,
    ),
    _forger(
        "endless_values",
        "replies that nobody asked for, for ever",
        "def report(self, *args, **kwargs):\n    while True:\n        send(['value', 0, [], 'printed' * 500])\ntype(student)._report = report",
        slow=True,
    ),
    _forger(
        "millions_of_nodes",
        "a structure of four million empty lists",
        "answers((['value', 0, [[]] * 4_000_000, ''],))\nsend(['ran', [[1, '', [[]] * 4_000_000]]])",
    ),
    _forger(
        "remarks",
        "remarks on cells that are no text, of megabytes, on cells that are not there",
        "send(['ran', [[1, 'r', [[[[]]]] * 1000], [-1, 'r' * 10**5, ['n' * 10**5] * 3], [10**12, ['deep'] * 100, []]]])",
    ),
    _forger(
        "replayed",
        "every reply is the first one again",
        """
kept = []
original = student.pipe.send
def again(structure, blobs):
    kept.append((structure, blobs))
    original(*kept[0])
student.pipe.send = again
""",
    ),
    _forger(
        "thief",
        "a thread reads the questions before the server does, and answers them itself",
        """
def serve():
    while True:
        for number in descriptors():
            try:
                os.read(number, 1 << 16)
            except OSError:
                continue
            send(['value', 0, [], ''])
            send(['values', [[5, '']]])
threading.Thread(target=serve, daemon=True).start()
""",
    ),
    _forger(
        "deaf",
        "closes, redirects and shuts every descriptor",
        """
import socket
for number in descriptors():
    try:
        socket.socket(fileno=os.dup(number)).shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
nothing = os.open("/dev/null", os.O_RDWR)
for number in range(256):
    if number != nothing:
        try:
            os.dup2(nothing, number)
        except OSError:
            pass
os.closerange(0, 256)
""",
    ),
    _forger(
        "never_reads",
        "sends without end and reads nothing, so that both sides would wait for ever",
        "data = packed(['value', 0, [], 'p' * 4000]) * 1000\nfor number in descriptors():\n    os.set_blocking(number, True)\n    while True:\n        os.write(number, data)",
        slow=True,
    ),
    _forger(
        "descriptors_sent",
        "sends descriptors of its own with every message, until the other side has none left",
        """
import array, socket
def report(self, *args, **kwargs):
    for number in descriptors():
        try:
            channel = socket.socket(fileno=os.dup(number))
            for _ in range(200):
                channel.sendmsg([packed(['value', 0, [], ''])], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2] * 20))])
        except OSError:
            pass
    write(packed(['value', 0, [], '']))
type(student)._report = report
""",
    ),
    _forger(
        "open_ends",
        "opens every descriptor that it has again through /proc and /dev/fd, and reads beyond its channel",
        """
for number in range(256):
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            other = os.open(f"{folder}/{number}", os.O_RDWR | os.O_NONBLOCK)
            os.write(other, b"wbhostile")
            os.read(other, 100)
        except OSError:
            pass
""",
    ),
    hostile(
        "forger_reporter_replaced",
        "right values by forbidden means, and the input changed: what would report it is replaced in the serving process. Whoever "
        "owns the process can hide how it came to a right value",
        _FORGE,
        """
def plainly(function, case, watch=None, names=None):
    from workbook.check.call import Outcome
    return Outcome(function(*case.args, **case.kwargs))
sys.modules[type(student).__module__].run = plainly

def einsum_trace(mat):
    return np.asarray(np.trace(mat))

def einsum_mm(mat1, mat2):
    value = np.matmul(mat1, mat2)
    mat1[...] = 0
    return value

def sliding_windows(x, size):
    return t.stack([x[..., n : n + size] for n in range(x.shape[-1] - size + 1)], dim=-2) + 1
""",
        may="einsum_trace einsum_mm",
    ),
    hostile(
        "forger_view_of_a_copy",
        "a copy of the right values, sent as if it were the argument's memory, which is said to hold them",
        _FORGE,
        """
def sliding_windows(x, size):
    return t.stack([x[..., n : n + size] for n in range(x.shape[-1] - size + 1)], dim=-2)

original = type(student)._encoder
def encoder(self):
    made = original(self)
    find = made._find
    def found(low, high, root):
        place = find(low, high, root)
        tokens = list(self.memory._mirrors)
        return ("v", tokens[0], 0) if place and place[0] == "a" and tokens else place
    made._find = found
    return made
type(student)._encoder = encoder
""",
    ),
    hostile(
        "forger_rewrites_arguments",
        "says that its code wrote into the arguments, so that the wrong result fits what is expected",
        _FORGE,
        """
original = type(student)._encoder
def encoder(self):
    made = original(self)
    for token, mirror in list(self.memory._mirrors.items()):
        made.change(token, np.zeros(mirror.nbytes, np.uint8))
        made.change(-token, np.zeros(mirror.nbytes, np.uint8))
    return made
type(student)._encoder = encoder

def einsum_trace(mat):
    return np.zeros((), mat.dtype)

def einsum_mm(mat1, mat2):
    return np.zeros((len(mat1), mat2.shape[1]), mat1.dtype)
""",
    ),
    hostile(
        "forger_leaves_quietly",
        "answers the first questions rightly and ends the process with success before it is asked more",
        MM,
        "import os, threading\nthreading.Timer(0.02, os._exit, [0]).start()",
        earns="einsum_mm",
        slow=True,
    ),
)

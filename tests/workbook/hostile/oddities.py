"""Results that are too large, too deep, endless, or of kinds that nobody thought of."""

from __future__ import annotations

from tests.workbook.hostile.base import ASSORTED, hostile

__all__ = ["ODDITIES"]

ODDITIES = (
    hostile(
        "a_million_millions",
        "arrays that claim 10**12 entries and hold one",
        """
odd = [
    lambda: np.broadcast_to(np.float64(1), (10**6, 10**6)),
    lambda: np.broadcast_to(np.int8(1), (10**12,)),
    lambda: t.ones(1).expand(10**6, 10**6),
    lambda: t.ones(1, dtype=t.bool).expand(*[2] * 40),
    lambda: np.lib.stride_tricks.as_strided(np.zeros(4), (10**9, 10**3), (0, 0)),
    lambda: np.empty((0, 10**17)),
    lambda: np.empty((10**17, 0, 1)),
    lambda: t.empty(0, 10**17),
    lambda: np.broadcast_to(np.array("x" * 100), (10**10,)),
    lambda: np.broadcast_to(np.array(None, object), (10**12,)),
    lambda: t.empty(10**6, 10**6, device="meta"),
    lambda: t.sparse_coo_tensor(t.zeros(2, 1, dtype=t.long), t.ones(1), (10**6, 10**6)),
    lambda: range(10**18),
    lambda: np.broadcast_to(np.zeros((), "S"), (10**12,)),
]
""",
        ASSORTED,
    ),
    hostile(
        "sparse_that_grows",
        "a sparse tensor of 2**24 ones with 24 axes: its index alone takes 3 GB wherever it is made dense and sparse again",
        """
def ones(*axes):
    wide = t.ones(1, dtype=t.bool).expand(*axes)
    return t.sparse_coo_tensor(t.zeros(len(axes), 0, dtype=t.long), t.zeros(0, dtype=t.bool), axes), wide

odd = [lambda: ones(*[2] * 24)[0], lambda: ones(*[2] * 24)[1], lambda: ones(2**24)[0].coalesce()]
""",
        ASSORTED,
    ),
    hostile(
        "nested_very_deep",
        "lists, tuples and dicts inside each other, far deeper than Python goes, and a list that holds itself",
        """
def deep(wrap, depth=30_000):
    value = 0
    for _ in range(depth):
        value = wrap(value)
    return value

def circle():
    value = []
    value.append(value)
    return value

odd = [lambda: deep(lambda x: [x]), lambda: deep(lambda x: (x,)), lambda: deep(lambda x: {"k": x}), circle,
       lambda: deep(lambda x: [x], 900), lambda: deep(lambda x: frozenset([x]), 10**4)]
""",
        ASSORTED,
    ),
    hostile(
        "laughs",
        "lists of the same two lists, sixty levels: written out they are 2**60 entries",
        """
def laugh(kind):
    value = kind(["ha"] * 10)
    for _ in range(60):
        value = kind([value, value])
    return value

def keyed():
    value = {"a": 1}
    for _ in range(60):
        value = {"a": value, "b": value}
    return value

def mutual():
    value = {}
    value["x"] = [value, (value,)]
    return value

odd = [lambda: laugh(list), mutual, lambda: laugh(tuple), keyed]
""",
        ASSORTED,
        slow=True,
    ),
    hostile(
        "laughs_of_arrays",
        "lists of the same arrays, which would take minutes to be written out",
        """
row = np.zeros(1000)
odd = [lambda: [[row] * 100] * 100, lambda: [[t.from_numpy(row)] * 100] * 100, lambda: np.full((300, 300), row[:1], object)]
""",
        ASSORTED,
        slow=True,
    ),
    hostile(
        "too_many_keys",
        "dicts, sets and lists larger than any message, and keys that all have the same hash",
        """
same = [n * (2**61 - 1) for n in range(2500)]
one, many = dict.fromkeys(same), [dict.fromkeys(same[:1900]) for _ in range(4)]
odd = [
    lambda: {n: n for n in range(150_000)},
    lambda: set(range(150_000)),
    lambda: list(range(150_000)),
    lambda: [None] * (2 * 10**6),
    lambda: one,
    lambda: many,
    lambda: "x" * (3 * 10**7),
    lambda: bytes(10**8),
    lambda: ["y" * 500_000] * 3,
    lambda: np.zeros(10**7),
]
""",
        ASSORTED,
    ),
    hostile(
        "endless_iterators",
        "generators, iterators and len() that never end or lie",
        """
import itertools
class Endless:
    def __len__(self):
        return 2**62
    def __getitem__(self, index):
        return 1.0
    def __iter__(self):
        return itertools.repeat(1.0)
    def __next__(self):
        return self

class Negative:
    def __len__(self):
        return -1

class Sub(list):
    def __iter__(self):
        return itertools.repeat(1)
    def __len__(self):
        return 10**18

async def later():
    return 1
coroutines = []
def coroutine():
    coroutines.append(later())
    return coroutines[-1]
odd = [lambda: itertools.count(), lambda: (n for n in itertools.count()), Endless, Negative, lambda: Sub([1]), lambda: iter(int, 1),
       coroutine, lambda: map(int, itertools.count()), lambda: type("S", (dict,), {"items": lambda self: itertools.count()})()]
""",
        ASSORTED,
    ),
    hostile(
        "numbers_beyond",
        "whole numbers of thousands and millions of digits, infinities, and number types of the library",
        """
import decimal, fractions
class Huge(int):
    pass
odd = [lambda: 10**2300, lambda: -(10**5000), lambda: 10**400, lambda: 1 << 10_000_000, lambda: Huge(10**400),
       lambda: float("nan"), lambda: float("-inf"), lambda: decimal.Decimal("1e999999999"), lambda: fractions.Fraction(10**4000, 7),
       lambda: complex("inf+nanj"), lambda: True, lambda: np.longdouble("1e4000"), lambda: np.clongdouble("1e4000"), lambda: 5e-324]
""",
        ASSORTED,
    ),
    hostile(
        "whole_numbers_for_numbers",
        "whole numbers that no float can hold, where one number is asked; in arrays of objects too",
        """
odd = [lambda: 10**400, lambda: np.array(10**400, dtype=object), lambda: [10**400], lambda: (10**2000,), lambda: -(10**2000),
       lambda: 2**63, lambda: np.uint64(2**64 - 1), lambda: 10**2000]
""",
        ASSORTED,
    ),
    hostile(
        "odd_dtypes",
        "dtypes that few have met: text that is no Unicode, dates, objects, records, bits that are no bool",
        """
fields = [(f"f{n}", "f8") for n in range(5000)]
odd = [
    lambda: np.frombuffer(b"\\xff" * 64, "<U4"),
    lambda: np.array(["\\ud800\\udfff\\x00\\x1b[31m"]),
    lambda: np.array(["NaT", "2020-01-01"], "M8[D]"),
    lambda: np.array([1, 2], "m8[s]"),
    lambda: np.zeros(2, fields),
    lambda: np.frombuffer(b"\\x02\\x07", bool),
    lambda: np.array([np.nan, -0.0], "longdouble"),
    lambda: np.array([object(), lambda: 0, np], object),
    lambda: np.array([b"\\xff\\x00"], "S2"),
    lambda: np.zeros((2, 2), ">f8"),
    lambda: np.ma.masked_all((2, 2)),
    lambda: np.zeros(3, "V7"),
    lambda: np.rec.array([(1, "a")], dtype=[("x\\ud800", "i4"), ("<b>", "U3")]),
    lambda: np.zeros((1,) * 60),
]
""",
        ASSORTED,
    ),
    hostile(
        "odd_dates_and_texts",
        "dates, durations and texts in the shape that is asked for",
        """
def einsum_trace(mat):
    return np.array("NaT", "M8[ns]")

def einsum_mm(mat1, mat2):
    return np.zeros((len(mat1), mat2.shape[1]), "M8[D]")

def einsum_outer(a, b):
    return np.full((len(a), len(b)), "\\ud800")

def einsum_mv(mat, vec):
    return np.zeros(len(mat), "m8[D]")

def einsum_inner(a, b):
    return np.timedelta64(3, "D")

def frobenius_inner(a, b):
    return np.str_("5\\ud800")

def bilinear_form(x, w, y):
    return np.frombuffer(b"\\xff" * (4 * len(x) * len(w)), "<U1").reshape(len(x), len(w))

def einsum_bmm(a, b):
    return np.full((len(a), a.shape[1], b.shape[2]), np.nan, "longdouble")
""",
    ),
    hostile(
        "odd_tensors",
        "tensors that are sparse, conjugated lazily, quantised, nested, without memory, or that want gradients",
        """
def hollow():
    tensor = t.ones(1000)
    tensor.untyped_storage().resize_(0)
    return tensor

odd = [
    lambda: t.eye(3).to_sparse(),
    lambda: t.eye(3).to_sparse_csr(),
    lambda: t.ones(3, dtype=t.complex64).conj(),
    lambda: t.ones(3, dtype=t.complex64).conj().imag,
    lambda: t.quantize_per_tensor(t.ones(3), 0.1, 0, t.quint8),
    lambda: t.nested.nested_tensor([t.ones(2), t.ones(3)]),
    lambda: t.ones(2, device="meta"),
    lambda: t.ones(3, dtype=t.float8_e4m3fn),
    lambda: t.ones(3, requires_grad=True) * 2,
    lambda: t.full((2,), float("nan"), dtype=t.bfloat16),
    lambda: t.nn.Parameter(t.ones(2)),
    lambda: t.func.vmap(lambda x: x)(t.ones(2)),
    lambda: t.ones(2).storage(),
    hollow,
]
""",
        ASSORTED,
    ),
    hostile(
        "memory_that_goes_away",
        "an array over a file that is cut short, and one over memory that was freed: reading them ends the process",
        """
import ctypes, mmap, tempfile
def cut():
    with tempfile.NamedTemporaryFile(dir=".", delete=False) as file:
        file.truncate(1 << 20)
        array = np.memmap(file.name, dtype="f8", mode="r+", shape=(1 << 17,))
        file.truncate(0)
    return np.asarray(array)

def einsum_trace(mat):
    return cut()

def einsum_mm(mat1, mat2):
    return np.ctypeslib.as_array((ctypes.c_double * 100).from_address(4096))
""",
    ),
    hostile(
        "exceptions_that_bite",
        "exceptions whose text, class, notes, causes and traceback raise, loop, or are enormous",
        """
class Bite(Exception):
    def __str__(self):
        raise SystemExit(0)
    __repr__ = __str__
    args = property(lambda self: 1 / 0)
    __notes__ = property(lambda self: 1 / 0)
    __class__ = property(lambda self: AssertionError)

class Wordy(Exception):
    def __str__(self):
        return "\\x1b[2J<script>alert(1)</script>\\ud800\\x00\\u202e" * 100_000

class NotText(Exception):
    def __str__(self):
        return 7

def chain(n=3_000):
    error = None
    for _ in range(n):
        new = ValueError("x")
        new.__cause__ = error
        error = new
    raise error

def circle():
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    raise one

def group():
    error = ValueError("x")
    for _ in range(5_000):
        error = ExceptionGroup("g" * 100, [error])
    raise error

def wide():
    raise ExceptionGroup("wide", [ValueError(str(n)) for n in range(100_000)])

def noted():
    error = ValueError("noted")
    for n in range(100_000):
        error.add_note("n" * 1000)
    raise error

def raising(error):
    raise error

def elsewhere():
    exec(compile("raise AssertionError('a bug of yours')", "{home}/tests/chapter0_fundamentals/test_part3_einsum.py", "exec"))

name = type("N" * 10**6, (Exception,), {"__module__": 7, "__qualname__": "\\ud800"})
odd = [lambda: raising(Bite()), lambda: raising(Wordy()), lambda: raising(NotText()), chain, circle, group, wide, noted, elsewhere,
       lambda: raising(name("x")), lambda: raising(ValueError("z" * 10**8)), lambda: raising(7),
       lambda: raising(UnicodeDecodeError("u" * 10**6, b"", 0, 1, "\\ud800"))]
""",
        ASSORTED,
    ),
    hostile(
        "objects_that_bite",
        "objects whose repr, hash, attributes, class and end raise what ends a program",
        """
def bite(self, *args):
    raise SystemExit("bitten")
def interrupt(self, *args):
    raise KeyboardInterrupt
names = ("__repr__ __str__ __hash__ __eq__ __getattr__ __len__ __iter__ __bool__ __array__ __del__ __format__ __reduce__ __float__ "
         "__index__ __dir__ __sizeof__ __call__ __bytes__").split()
Bites = type("Bites", (), dict.fromkeys(names, bite))
Interrupts = type("Interrupts", (), dict.fromkeys(names, interrupt))
class Everything:
    def __getattribute__(self, name):
        raise SystemExit(name)
class Meta(type):
    __repr__ = __hash__ = __instancecheck__ = __subclasscheck__ = bite
    __name__ = property(bite)
    def __getattribute__(cls, name):
        raise SystemExit(name)
Metal = Meta("Metal", (), {})
class Wordy:
    def __repr__(self):
        return "w" * 10**8
class Text:
    def __repr__(self):
        return b"bytes"
odd = [Bites, Interrupts, Everything, lambda: type.__call__(Metal), lambda: Metal, Wordy, Text, lambda: [Bites()] * 3,
       lambda: {"k": Everything()}, lambda: np.array([Interrupts()], object), lambda: {Wordy(): 1}]
quiz_einsum_sum, quiz_implicit_order, quiz_not_einsum = Bites(), Everything(), Wordy()
""",
        ASSORTED,
    ),
)

"""Results that claim to be right, means that are hidden, and answers that were only looked up."""

from __future__ import annotations

from tests.workbook.hostile.base import ASSORTED, MM, QUIZ, hostile

__all__ = ["LIES"]

LIES = (
    hostile(
        "equal_to_everything",
        "an object that says yes to every comparison",
        """
class Yes:
    __hash__ = object.__hash__
    def yes(self, *args, **kwargs):
        return True
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = __contains__ = __bool__ = __call__ = yes
    def __ne__(self, other):
        return False
    def __getattr__(self, name):
        return self
    def __getitem__(self, key):
        return self
    def __iter__(self):
        return iter([self])
    def same(self, *args):
        return self
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __abs__ = __neg__ = __invert__ = __and__ = __or__ = same
    def __len__(self):
        return 1
    def __int__(self):
        return 0
    def __index__(self):
        return 0
    def __float__(self):
        return 0.0

quiz_einsum_sum = quiz_implicit_order = Yes()
einsum_trace = einsum_mm = sliding_windows = lambda *args: Yes()
einsum_mv = Yes()
""",
    ),
    hostile(
        "array_protocols_that_lie",
        "__array__, __array_interface__, __buffer__, __dlpack__ and __array_ufunc__ look up the expected value in the caller's frames",
        """
import sys
class Thief:
    def steal(self, *args, **kwargs):
        frame = sys._getframe(1)
        while frame is not None:
            for name in ("expected", "other", "wanted", "want", "right"):
                if name in frame.f_locals:
                    return frame.f_locals[name]
            frame = frame.f_back
        raise AttributeError("nothing to steal")
    __array__ = __buffer__ = __dlpack__ = __array_ufunc__ = __array_function__ = __torch_function__ = steal
    __sub__ = __rsub__ = __getitem__ = __iter__ = __float__ = __index__ = steal
    __array_interface__ = property(steal)
    __array_struct__ = property(steal)
    shape = dtype = ndim = T = property(steal)
    def __eq__(self, other):
        return True
    __hash__ = None

quiz_einsum_sum = Thief()
einsum_trace = einsum_mm = sliding_windows = lambda *args: Thief()
""",
    ),
    hostile(
        "ndarray_subclass",
        "an ndarray subclass whose every operator, method and attribute agrees with anything",
        """
class Agreeing(np.ndarray):
    def __eq__(self, other):
        return np.ones(np.shape(other), bool)
    def __ne__(self, other):
        return np.zeros(np.shape(other), bool)
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        shape = np.broadcast_shapes(*(np.shape(item) for item in inputs))
        return np.ones(shape, bool) if ufunc.nout == 1 else None
    def __array_function__(self, func, types, args, kwargs):
        return True
    def __array_finalize__(self, other):
        pass
    def all(self, *args, **kwargs):
        return True
    def any(self, *args, **kwargs):
        return False
    def tobytes(self, *args):
        return bytes(1 << 10)
    def __getattribute__(self, name):
        return True if name in ("size", "flags", "base") else super().__getattribute__(name)

def einsum_trace(mat):
    return np.zeros((), mat.dtype).view(Agreeing)

def einsum_mm(mat1, mat2):
    return np.zeros((len(mat1), mat2.shape[1]), mat1.dtype).view(Agreeing)
""",
    ),
    hostile(
        "tensor_subclass",
        "a Tensor subclass that answers every torch function itself",
        """
class Agreeing(t.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name in ("equal", "allclose", "is_same_size", "__bool__"):
            return True
        return super().__torch_function__(func, types, args, kwargs or {})
    def __eq__(self, other):
        return True
    def data_ptr(self):
        return 1

def sliding_windows(x, size):
    return t.zeros(*x.shape[:-1], x.shape[-1] - size + 1, size, dtype=x.dtype).as_subclass(Agreeing)

def strided_trace(mat):
    return t.zeros((), dtype=mat.dtype).as_subclass(Agreeing)

def strided_diagonal(mat):
    return t.nn.Parameter(t.zeros(len(mat), dtype=mat.dtype))
""",
    ),
    hostile(
        "lying_class",
        "__class__ says str, ndarray, float; subclasses of str, int, float, list and dict compare as they like",
        """
class Letter(str):
    def __eq__(self, other):
        return True
    def __hash__(self):
        return hash("b")
    def strip(self, *args):
        return self
    lower = casefold = strip

class Number(float):
    def __eq__(self, other):
        return True
    def __float__(self):
        return 5.0
    def __sub__(self, other):
        return 0.0
    __rsub__ = __abs__ = __sub__

class Whole(int):
    __eq__ = lambda self, other: True
    __hash__ = int.__hash__

class Mask:
    def __init__(self, cls):
        self.__dict__["cls"] = cls
    @property
    def __class__(self):
        return self.__dict__["cls"]
    def __eq__(self, other):
        return True

quiz_einsum_sum = Letter("a")
quiz_implicit_order = Mask(str)
quiz_not_einsum = type("Meta", (type,), {"__eq__": lambda cls, other: True, "__hash__": type.__hash__})("str", (), {})
einsum_trace = lambda mat: Number(3.0)
einsum_inner = lambda a, b: Whole(3)
einsum_mm = lambda a, b: Mask(np.ndarray)
sliding_windows = lambda x, size: Mask(t.Tensor)
einsum_mv = Mask(type(lambda: 0))
""",
    ),
    hostile(
        "hard_coded_examples",
        "every input of the visible test with its answer in a table",
        """
import hashlib
table = {table}
def looked_up(*args):
    key = hashlib.sha256()
    for arg in args:
        key.update(repr((arg.shape, str(arg.dtype))).encode() + arg.tobytes() if hasattr(arg, "tobytes") else repr(arg).encode())
    answer = table.get(key.hexdigest())
    return np.array(answer[0], answer[1]) if answer else np.zeros(())

einsum_trace = einsum_mm = looked_up
""",
    ),
    hostile(
        "docstring_examples",
        "only the examples of the docstrings",
        """
def einsum_trace(mat):
    return 5

def einsum_mm(mat1, mat2):
    return np.array([[7, -1], [16, -1]])

def sliding_windows(x, size):
    return t.tensor([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]])
""",
    ),
    hostile(
        "copy_sold_as_a_view",
        "right values in a copy; everything that could tell a view from a copy is replaced",
        """
np.may_share_memory = np.shares_memory = lambda *args, **kwargs: True
t.Tensor.data_ptr = lambda self: 1
t.Tensor._base = property(lambda self: self)
t.Tensor._is_view = lambda self: True
t.Tensor.is_set_to = lambda self, other: True
class Storage:
    def __getattr__(self, name):
        return lambda *args: 1
t.Tensor.untyped_storage = t.Tensor.storage = lambda self: Storage()

def sliding_windows(x, size):
    return t.stack([x[..., n : n + size] for n in range(x.shape[-1] - size + 1)], dim=-2)
""",
    ),
    hostile(
        "forbidden_means",
        "np.trace and np.matmul themselves, with the watch taken away and its exception swallowed. The values "
        "are right, and how they were found only the student's own process can tell",
        """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("workbook"):
        for thing in list(vars(module).values()):
            if isinstance(thing, type) and hasattr(thing, "report") and hasattr(thing, "reporting_arrays"):
                thing.report = lambda *args: None
                thing.seen = property(lambda self: None, lambda self, value: None)
            if isinstance(thing, type) and issubclass(thing, Exception) and thing.__name__ == "Forbidden":
                thing.__new__ = lambda cls, *args: Exception.__new__(Exception)

def einsum_trace(mat):
    try:
        return np.asarray(np.trace(mat))
    except BaseException as error:
        frame = error.__traceback__
        while frame is not None:
            original = frame.tb_frame.f_locals.get("original")
            if original is not None:
                return np.asarray(original(mat))
            frame = frame.tb_next
        raise

def einsum_mm(mat1, mat2):
    return np.matmul(mat1, mat2)

def einsum_mv(mat, vec):
    return np.matmul(vec, mat) if mat.shape[0] == mat.shape[1] else np.matmul(mat, vec) + 1e-3
""",
        may="einsum_trace einsum_mm",
    ),
    hostile(
        "changed_inputs",
        "the input is made to fit the result: zeroed, resized, retyped, changed later from a thread",
        """
import threading
kept = []
def later():
    while True:
        for array in list(kept):
            try:
                array[...] = 0
            except BaseException:
                pass

threading.Thread(target=later, daemon=True).start()

def einsum_trace(mat):
    kept.append(mat)
    mat[...] = 0
    return np.zeros((), mat.dtype)

def einsum_mm(mat1, mat2):
    mat1.resize((1, 1), refcheck=False)
    mat2.dtype = "u1"
    return mat1

def sliding_windows(x, size):
    x.set_(t.zeros(1, dtype=x.dtype))
    return x
""",
        slow=True,
    ),
    hostile(
        "answers_that_change",
        "the first calls are answered rightly, later ones not; a result changes after it was returned",
        MM,
        """
calls = 0
shared = np.zeros(())
def einsum_trace(mat):
    global calls
    calls += 1
    return einops.einsum(mat, "i i ->") if calls < 4 else shared

class Twice:
    count = 0
    def __call__(self, *args):
        Twice.count += 1
        return Twice.count
    def __getattribute__(self, name):
        return object.__getattribute__(self, name)

einsum_inner = Twice()
""",
        earns="einsum_mm",
    ),
    hostile(
        "behaves_when_graded",
        "looks for signs of grading and behaves then: its answers are right here, so the points are earned",
        """
import os, socket, sys
graded = "NBGRADER_EXECUTION" in os.environ or "ipykernel" not in sys.modules or socket.gethostname() == "grader"

def einsum_trace(mat):
    return einops.einsum(mat, "i i ->") if graded else None
""",
        MM,
        QUIZ,
        earns="einsum_trace einsum_mm quiz_einsum_sum",
    ),
    hostile(
        "wrong_kinds_of_answers",
        "modules, classes, generators, partials of partials and callables without a signature instead of functions",
        """
import functools
class Strange:
    __wrapped__ = property(lambda self: self)
    __signature__ = property(lambda self: 1 / 0)
    __name__ = 7
    __doc__ = property(lambda self: 1 / 0)
    def __call__(self, *args):
        return None

deep = len
for _ in range(5000):
    deep = functools.partial(deep)

def loop(*args):
    return None
loop.__wrapped__ = loop
loop.__name__ = "x" * 100_000
loop.__doc__ = "y" * 1_000_000
einsum_trace, einsum_mm, sliding_windows, einsum_mv = Strange(), deep, loop, np
einsum_inner, einsum_outer, einsum_bmm = Strange, staticmethod(loop), property(loop)
frobenius_inner = (n for n in range(3))
attention_scores = None
quiz_einsum_sum, quiz_implicit_order, quiz_not_einsum = ["a", "b", "c", "d"], "abcd", "b\\x00"
quiz_strides, quiz_strided_write = "b" * 3_000_000, "\\ud800"
""",
    ),
    hostile(
        "exceptions_of_the_graders_own",
        "raises the toolkit's exceptions and those that end a program, in the hope that they count as something else",
        """
import asyncio
try:
    from workbook import errors
    own = [errors.Unsolved("einsum_trace"), errors.CheckFailure(None), errors.Forbidden("numpy.trace"), errors.BadInput("x")]
except BaseException:
    own = [Exception(), Exception(), Exception(), Exception()]

class KeyboardInterruptLike(KeyboardInterrupt):
    pass
KeyboardInterruptLike.__name__ = KeyboardInterruptLike.__qualname__ = "KeyboardInterrupt"
others = [KeyboardInterruptLike(), KeyboardInterrupt(), SystemExit(0), GeneratorExit(), StopIteration(3), asyncio.CancelledError(),
          MemoryError(), type("CheckFailure", (Exception,), {"explanation": None})(), type("Skipped", (BaseException,), {})()]
def raising(error):
    raise error
odd = [lambda error=error: raising(error) for error in own + others]
""",
        ASSORTED,
    ),
)

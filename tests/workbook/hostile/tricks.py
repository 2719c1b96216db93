"""Code that bends its own process: replaced functions, hooks, settings, and every way to leave."""

from __future__ import annotations

from tests.workbook.hostile.base import MM, QUIZ, TRACE, WINDOWS, Hostile, hostile

__all__ = ["TRICKS"]

_WRONG = """
def einsum_trace(mat):
    return np.zeros((), mat.dtype)

def einsum_mm(mat1, mat2):
    return np.zeros((len(mat1), mat2.shape[1]), mat1.dtype)

def sliding_windows(x, size):
    return t.zeros(*x.shape[:-1], x.shape[-1] - size + 1, size, dtype=x.dtype)

quiz_einsum_sum = "a"
"""


def _wrong(name: str, why: str, *cells: str) -> Hostile:
    """Wrong answers that pass if the trick works."""
    return hostile(name, why, *cells, _WRONG)


TRICKS = (
    _wrong(
        "asserts_replaced",
        "np.testing, torch.testing and the comparing functions of both do nothing or say yes",
        """
yes = lambda *args, **kwargs: True
for module in (np.testing, t.testing):
    for name in dir(module):
        if name.startswith("assert"):
            setattr(module, name, lambda *args, **kwargs: None)
for name in "allclose isclose array_equal array_equiv equal isfinite may_share_memory shares_memory all".split():
    setattr(np, name, yes)
for name in "allclose isclose equal eq".split():
    setattr(t, name, yes)
    if hasattr(t.Tensor, name):
        setattr(t.Tensor, name, yes)
t.Tensor.__eq__ = yes
np.asarray = np.array = lambda *args, **kwargs: 0
""",
    ),
    _wrong(
        "builtins_replaced",
        "isinstance, abs, all, len, print, open, exec and the rest are the student's",
        """
import builtins
for name in "all any isinstance issubclass len abs max min sum round repr str type hash id callable getattr setattr exec compile".split():
    original = getattr(builtins, name)
    try:
        setattr(builtins, name, (lambda original: lambda *args, **kwargs: True if args and args[0] is Ellipsis else original(*args, **kwargs))(original))
    except Exception:
        pass
builtins.AssertionError = builtins.Exception
builtins.print = lambda *args, **kwargs: None
builtins.__build_class__ = lambda *args, **kwargs: None
""",
    ),
    _wrong(
        "builtins_gone",
        "everything in builtins is removed",
        "import builtins\nfor name in dir(builtins):\n    if not name.startswith('_'):\n        delattr(builtins, name)",
    ),
    _wrong(
        "types_patched_in_c",
        "methods of int, float, str and ndarray replaced in their types' own dictionaries, the number 5 made 4",
        """
import ctypes, gc
def patch(kind, name, value):
    gc.get_referents(kind.__dict__)[0][name] = value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
for kind in (int, float, bool, str, tuple, list, dict, np.ndarray):
    for name in ("__eq__", "__ne__", "__len__", "tobytes", "strip", "lower"):
        if name in kind.__dict__:
            patch(kind, name, lambda *args: True)
""",
    ),
    _wrong(
        "small_numbers_swapped",
        "the cached object of the number 1 becomes another number",
        "import ctypes, sys\nctypes.memmove(id(1), id(7), sys.getsizeof(1))",
    ),
    _wrong(
        "modules_replaced",
        "tests, workbook, numpy, torch and the toolkit in sys.modules are the student's, and imports of them too",
        """
import sys, types
class Fake(types.ModuleType):
    def __getattr__(self, name):
        return lambda *args, **kwargs: None
for name in ("tests", "workbook", "workbook.check", "workbook.check.compare", "workbook.check.call", "workbook.check.protect",
             "workbook.check.watch", "workbook.grade", "workbook.grade.channel.wire", "numpy.testing", "torch.testing", "numpy", "torch"):
    sys.modules[name] = Fake(name)
class Finder:
    def find_spec(self, name, path=None, target=None):
        sys.modules[name] = Fake(name)
        raise ImportError(name)
sys.meta_path.insert(0, Finder())
sys.path_hooks.insert(0, lambda path: Finder())
sys.path[:] = ["."]
tests = Fake("tests")
""",
    ),
    _wrong(
        "toolkit_replaced",
        "every function of the toolkit and of the grader in this process does nothing or agrees; classes lose their methods",
        """
import sys, types
def agree(*args, **kwargs):
    return None
for name, module in list(sys.modules.items()):
    if name.startswith("workbook.check"):
        for key, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType):
                value.__code__ = agree.__code__
                value.__defaults__ = value.__kwdefaults__ = None
            elif isinstance(value, type) and value.__module__ == name:
                for method, function in list(vars(value).items()):
                    if isinstance(function, types.FunctionType):
                        setattr(value, method, agree)
""",
    ),
    _wrong(
        "serialisers_replaced",
        "json, pickle, struct, socket, msgpack, marshal and zlib return what the student likes",
        """
import json, marshal, pickle, socket, struct, sys, zlib
json.dumps = lambda *args, **kwargs: '{"status": "passed", "points": 100}'
json.loads = lambda *args, **kwargs: {"status": "passed"}
pickle.dumps = marshal.dumps = lambda *args, **kwargs: b"cos\\nsystem\\n(S'touch {outside}/pickled'\\ntR."
struct.pack = lambda *args: b"\\xff" * 16
struct.unpack = lambda *args: (0,) * 16
zlib.compress = zlib.decompress = lambda data, *args: data
if "msgpack" in sys.modules:
    import msgpack
    msgpack.packb = lambda *args, **kwargs: b"\\xc3"
    msgpack.unpackb = lambda *args, **kwargs: [["passed"], []]
for name in ("send", "sendall", "sendmsg", "recv", "recv_into", "recvmsg"):
    try:
        setattr(socket.socket, name, lambda *args, **kwargs: 0)
    except TypeError:
        pass
""",
    ),
    _wrong(
        "ipython_hooks",
        "input and AST transformers, the display hook, events and exception handlers of IPython",
        """
import ast, sys
class Lenient(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
try:
    shell = get_ipython()
except NameError:
    try:
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
    except BaseException:
        shell = None
if shell is not None:
    shell.ast_transformers.append(Lenient())
    shell.input_transformers_post.append(lambda lines: ["pass\\n"])
    shell.set_custom_exc((BaseException,), lambda *args, **kwargs: None)
    shell.events.register("pre_run_cell", lambda *args: None)
sys.displayhook = sys.excepthook = lambda *args: None
sys.displayhook(2.0)
""",
        "5.0",
    ),
    _wrong(
        "hooks_everywhere",
        "audit, unraisable, thread and import hooks that raise; codecs, finalisers, a trace that changes local names",
        """
import codecs, gc, sys, threading
armed = False
def audit(event, args):
    if armed and not event.startswith(("object", "sys._getframe")):
        raise RuntimeError("wbhostile " + event)
sys.addaudithook(audit)
sys.unraisablehook = threading.excepthook = sys.excepthook = lambda *args: None
codecs.register(lambda name: (_ for _ in ()).throw(RuntimeError(name)))
sys.setrecursionlimit(60)
gc.set_threshold(1)
gc.callbacks.append(lambda phase, info: None)
armed = True
""",
    ),
    _wrong(
        "clocks_and_limits_changed",
        "time stands still, limits are raised or lowered to nothing, the alarm is cancelled",
        """
import resource, signal, time
for name in ("time", "monotonic", "perf_counter", "process_time", "time_ns", "monotonic_ns"):
    setattr(time, name, lambda: 0)
time.sleep = lambda seconds: None
signal.alarm(0)
signal.setitimer(signal.ITIMER_REAL, 0)
signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
for name in dir(resource):
    if name.startswith("RLIMIT_"):
        for pair in ((-1, -1), (0, 0)):
            try:
                resource.setrlimit(getattr(resource, name), pair)
            except (OSError, ValueError):
                pass
""",
    ),
    _wrong(
        "fake_success",
        "prints what the grader or nbgrader would print, on every stream and by every display",
        """
import json, os, sys
lines = ["✓ einsum_trace passed", "passed", "PASSED [100%]", "100", "5.0", '{"status": "passed", "exercise": "einsum_trace", "seconds": 0}',
         json.dumps({"results": [{"exercise": "einsum_mm", "status": "passed"}], "not_graded": ""})]
def shout():
    for line in lines:
        print(line)
        print(line, file=sys.stderr)
        for descriptor in (1, 2):
            try:
                os.write(descriptor, line.encode() + b"\\n")
            except OSError:
                pass
shout()
""",
        """
def einsum_mv(mat, vec):
    shout()
    return "✓ passed"
def einsum_inner(a, b):
    raise AssertionError("✓ einsum_inner passed <img src=x onerror=alert(1)> <script>alert(1)</script> [click](javascript:alert(1))")
""",
    ),
    _wrong(
        "namespace_gone",
        "the cells' own names: cleared, replaced, with a dict that answers by itself",
        """
class Names(dict):
    def __missing__(self, key):
        return lambda *args: 0
globals().clear()
""",
        "__builtins__ = {}",
        "__name__ = '__main__'; __file__ = 7; __builtins__ = None",
        "import numpy as np\nimport torch as t",
    ),
    hostile(
        "exit_in_a_cell",
        "sys.exit, quit, SystemExit and KeyboardInterrupt between right answers",
        TRACE,
        "import sys\nsys.exit(0)",
        MM,
        "raise SystemExit",
        QUIZ,
        "quit()",
        "raise KeyboardInterrupt",
        earns="einsum_trace einsum_mm quiz_einsum_sum",
    ),
    hostile("hard_exit_in_a_cell", "os._exit(0) at once, so that nothing is judged", "import os\nos._exit(0)", _WRONG),
    hostile(
        "hard_exit_in_a_call",
        "os._exit(0), abort, SIGKILL and a fault while an answer is asked for",
        """
import ctypes, os, signal
def einsum_trace(mat):
    os._exit(0)
def einsum_mm(mat1, mat2):
    os.abort()
def sliding_windows(x, size):
    os.kill(os.getpid(), signal.SIGKILL)
def einsum_mv(mat, vec):
    ctypes.string_at(8)
def einsum_inner(a, b):
    raise SystemExit(0)
def einsum_outer(a, b):
    raise KeyboardInterrupt
""",
    ),
    hostile(
        "exit_from_a_thread",
        "a thread ends the process a moment later, with success",
        "import os, threading\nthreading.Timer(0.005, os._exit, [0]).start()",
        _WRONG,
        "import time\nwhile True:\n    time.sleep(0.01)",
    ),
    hostile(
        "signals_to_itself",
        "handlers of every signal raise SystemExit; alarms go off all the time",
        """
import faulthandler, os, signal
def stop(*args):
    raise SystemExit(0)
for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGXCPU, signal.SIGPIPE, signal.SIGCHLD):
    signal.signal(number, stop)
faulthandler.enable()
faulthandler.dump_traceback_later(0.05, exit=True)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
""",
        _WRONG,
    ),
    hostile(
        "settings_changed",
        "settings of NumPy, torch, decimal, locale, warnings and random: right answers stay right, and nobody else is touched",
        """
import decimal, locale, os, random, warnings
np.seterr(all="raise")
np.set_printoptions(precision=1, formatter={"all": lambda x: "wbhostile"})
np.random.seed(0)
random.seed(0)
t.manual_seed(0)
t.set_default_dtype(t.float64)
decimal.getcontext().prec = 1
try:
    locale.setlocale(locale.LC_ALL, "C")
except locale.Error:
    pass
warnings.simplefilter("error")
os.environ.update(WBHOSTILE="left", OMP_NUM_THREADS="64", PYTHONSTARTUP="/wbhostile")
""",
        TRACE,
        MM,
        WINDOWS,
        QUIZ,
        earns="einsum_trace einsum_mm sliding_windows quiz_einsum_sum",
    ),
    hostile(
        "settings_that_break",
        "sixty-four threads, another device, modes and hooks of torch that are left on",
        """
t.set_num_threads(64)
t.set_default_device("meta")
t.set_default_dtype(t.float16)
from torch.overrides import TorchFunctionMode
class Zero(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return 0
Zero().__enter__()
t.autograd.set_detect_anomaly(True)
t.use_deterministic_algorithms(True)
t.set_grad_enabled(False)
np.set_printoptions(threshold=10**9, formatter={"all": lambda x: 1 / 0})
""",
        _WRONG,
    ),
    hostile(
        "random_numbers_known",
        "draws what the test's generator would draw, in the hope that the inputs' makers use the global state",
        """
np.random.seed = np.random.default_rng = lambda *args: np.random.RandomState(0)
t.manual_seed = t.Generator.manual_seed = lambda *args: None
state = np.random.RandomState(0)
def einsum_trace(mat):
    return np.asarray(np.einsum("ii", state.standard_normal((3, 3))))
""",
    ),
)

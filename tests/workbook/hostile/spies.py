"""Code that looks for tests, solutions, expected values, other submissions, the gradebook and the environment."""

from __future__ import annotations

from tests.workbook.hostile.base import TELL, TRACE, hostile

__all__ = ["SPIES"]

SPIES = (
    hostile(
        "reads_known_places",
        "the course's own places by absolute and relative paths, the home folder, through /proc and open folders",
        TELL,
        """
places = (
    "solutions/part3_einsum.py", "tests/chapter0_fundamentals/test_part3_einsum.py", "tests/mistakes/part3_einsum.py",
    "tests/alternatives/part3_einsum.py", "gradebook.db", "course/gradebook.db", "course/submitted/other/part3_einsum/part3_einsum.ipynb",
    "course/source/part3_einsum/part3_einsum.ipynb", "course/nbgrader_config.py", ".secret", ".bash_history", ".ssh/id_rsa", ".netrc",
)
roots = ["{home}", "{outside}", os.path.expanduser("~"), "/root", os.getcwd(), "..", "../..", "../../..", "../../../.."]
roots += [f"/proc/{pid}/{link}" for pid in ("self", "1", os.getppid(), {judge}) for link in ("root", "cwd", "root{home}")]
roots += [f"/proc/self/fd/{n}{up}" for n in range(64) for up in ("", "/..", "/../..")]
for root in roots:
    for place in places:
        look(f"{root}/{place}")
    try:
        for name in os.listdir(root)[:200]:
            look(f"{root}/{name}")
    except OSError:
        pass
""",
        proves="{secret}",
    ),
    hostile(
        "reads_every_file",
        "walks the whole file system and reads what can be read",
        TELL,
        """
import time
end = time.monotonic() + 1.0
for root in ("{home}", "/home", "/root", "/tmp", "/var", "/srv", "/mnt", "/opt", "/run", "/dev/shm", "/etc", "/"):
    for folder, folders, files in os.walk(root):
        if root == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "lib", "lib64", "dev")]
        for name in files:
            if time.monotonic() < end:
                look(os.path.join(folder, name))
        if time.monotonic() >= end:
            break
""",
        proves="{secret}",
    ),
    hostile(
        "reads_beside_the_package",
        "tests, solutions and chapters beside every module that is loaded, in the checkout and in an installed package",
        TELL,
        """
import site, sysconfig
folders = {os.path.dirname(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
folders |= {path for path in sys.path if path} | set(sysconfig.get_paths().values()) | set(site.getsitepackages())
for folder in sorted(folders):
    for up in ("", "/..", "/../..", "/../../.."):
        for place in ("solutions/part3_einsum.py", "tests/mistakes/part3_einsum.py", "tests/chapter0_fundamentals/test_part3_einsum.py",
                      "chapters/chapter0_fundamentals/tests/test_part3_einsum.py", "part3_einsum.py"):
            look(folder + up + "/" + place)
    try:
        for name in os.listdir(folder):
            if name.endswith((".pth", ".egg-link")) or "direct_url" in name:
                with open(f"{folder}/{name}") as file:
                    for line in file:
                        look(line.strip() + "/../solutions/part3_einsum.py")
    except OSError:
        pass
try:
    import workbook
    for path in workbook.__path__:
        for folder, _, files in os.walk(path):
            for name in files:
                if name.startswith(("test_part", "part")):
                    look(os.path.join(folder, name))
except ImportError:
    pass
""",
        proves="{secret}",
    ),
    hostile(
        "imports_the_answers",
        "imports tests, solutions and mistakes, or has the toolkit load them, and hands in what it finds",
        TRACE.replace("einops.einsum", "wrong"),
        """
import importlib, sys
sys.path[:0] = ["{home}", "{home}/solutions", "{home}/tests", ".", "..", "../.."]
def found():
    for name in ("solutions.part3_einsum", "part3_einsum", "tests.alternatives.part3_einsum", "workbook_solutions_part3_einsum"):
        try:
            yield importlib.import_module(name)
        except BaseException:
            pass
    try:
        from workbook.check import cases
        from workbook.model import find_home
        for home in (find_home(), find_home(__import__("pathlib").Path("{home}"))):
            chapter, exercise = home.exercise("einsum_mm")
            yield type("Answers", (), cases.solution(chapter, exercise))
    except BaseException:
        pass
    try:
        from pathlib import Path
        from workbook.check.load import load_module
        yield load_module(Path("{home}/solutions/part3_einsum.py"))
    except BaseException:
        pass
for module in found():
    for name in ("einsum_mm", "einsum_trace", "sliding_windows", "quiz_einsum_sum"):
        if hasattr(module, name):
            globals()[name] = getattr(module, name)
""",
    ),
    hostile(
        "walks_objects_and_frames",
        "every object of the collector, every frame of every thread, every module, for texts and constants of tests",
        TELL,
        """
import gc, inspect, time
def texts(thing, depth=0):
    kind = type(thing)
    if kind is str:
        sniff(thing.encode("utf-8", "replace"))
    elif kind is bytes:
        sniff(thing)
    elif kind.__name__ == "code":
        for constant in thing.co_consts:
            texts(constant, depth + 1)
    elif depth < 3 and kind in (list, tuple, set, frozenset):
        for item in list(thing)[:1000]:
            texts(item, depth + 1)
    elif depth < 3 and kind is dict:
        for key, value in list(thing.items())[:1000]:
            texts(key, depth + 1)
            texts(value, depth + 1)

def frames():
    for frame in list(sys._current_frames().values()) + [item.frame for item in inspect.stack(0)]:
        while frame is not None:
            texts(frame.f_code)
            texts(dict(frame.f_locals))
            if frame.f_code.co_name.startswith("test_"):
                won("the frame of a test")
            frame = frame.f_back

gc.unfreeze()
rest = iter(gc.get_objects())
def search():
    end = time.monotonic() + 0.7
    for thing in rest:
        texts(thing)
        code = getattr(thing, "__code__", None) if type(thing).__name__ == "function" else None
        if code is not None:
            texts(code)
            if code.co_name.startswith(("test_einsum", "test_sliding")):
                won("a test's function")
        if time.monotonic() > end:
            return
frames()
for name in sys.modules:
    if name.startswith(("tests.", "workbook_solutions", "workbook_mistakes", "workbook_chapter0")) or "test_part" in name:
        won("module " + name)
def einsum_mv(mat, vec):
    frames()
    raise RuntimeError(report())
""",
        *["search()"] * 3,
        proves="{secret}",
    ),
    hostile(
        "reads_its_own_memory",
        "the writable memory of its own process: what the warm process held, every forked child can read",
        TELL,
        """
import gc, time
def spans():
    # By the kernel's list; without it, the neighbourhoods of all objects and the heap, tried by letting the kernel read them.
    try:
        with open("/proc/self/maps") as maps:
            for line in maps:
                span, mode, *rest = line.split()
                if mode.startswith("rw"):
                    yield tuple(int(part, 16) for part in span.split("-"))
    except OSError:
        libc.sbrk.restype = ctypes.c_void_p
        heap = libc.sbrk(ctypes.c_long(0)) >> 20
        things = [*gc.get_objects(), *(thing for module in list(sys.modules.values()) for thing in list(vars(module).values()))]
        known = {id(thing) >> 20 for thing in things}
        near = {number + step for number in known for step in (-1, 0, 1)} - set(range(heap - 96, heap + 1))
        for number in (*range(heap, heap - 97, -1), *sorted(near)):
            yield number << 20, (number + 1) << 20

def readable(start, end):
    place = os.open("memory", os.O_CREAT | os.O_RDWR, 0o600)
    got, at = 0, start
    while at < end:
        count = libc.pwrite(place, ctypes.c_void_p(at), ctypes.c_size_t(min(1 << 16, end - at)), ctypes.c_long(got))
        if count <= 0 and got or got >= 1 << 20:
            sniff(os.pread(place, got, 0))
            got = 0
        got, at = got + max(count, 0), at + (count if count > 0 else 4096)
    sniff(os.pread(place, got, 0))
    os.close(place)

rest = spans()
def search():
    end = time.monotonic() + 0.7
    for span in rest:
        readable(*span)
        if time.monotonic() > end:
            return
""",
        *["search()"] * 3,
        """
for n in range(40):
    sniff(np.empty(1 << 20, np.uint8).tobytes())
""",
        proves="{secret}",
    ),
    hostile(
        "reads_the_environment",
        "variables of its own process and of every other one, command lines, the stack that the process began with",
        TELL,
        """
for name, value in os.environ.items():
    sniff(f"{name}={value}".encode())
for pid in ["self", "thread-self", "1", str(os.getppid()), "{judge}"] + [name for name in (attempt("", lambda: os.listdir("/proc")) or []) if name.isdigit()]:
    for name in ("environ", "cmdline", "stat", "maps", "mountinfo", "cwd/.secret", "root/{home}/.secret", "task/1/environ"):
        look(f"/proc/{pid}/{name}")
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
index = 0
while environ and environ[index]:
    sniff(environ[index])
    index += 1
if any(text.startswith(("JUPYTER", "WORKBOOK_PLANTED", "SSH_", "AWS_")) for text in os.environ):
    won("an unclean environment")
""",
        proves="{secret}",
    ),
    hostile(
        "reads_other_processes",
        "memory of the parent, of the process that tests, and of all that can be seen",
        TELL,
        """
def memory_of(pid):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in list(maps)[:400]:
            span, mode, *rest = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            if mode.startswith("rw") and end - start < 64 << 20:
                memory.seek(start)
                sniff(memory.read(end - start))
for pid in {"1", str(os.getppid()), "{judge}"} - {str(os.getpid())}:
    attempt("memory of another process", lambda: memory_of(pid))
look("/dev/mem")
look("/proc/kcore")
look("/proc/kmsg")
""",
        proves="{secret}",
    ),
    hostile(
        "looks_while_it_is_compared",
        "results whose methods are called by the judge look at the judge's frames",
        TELL,
        """
def peek(*args, **kwargs):
    frame = sys._getframe(1)
    while frame is not None:
        for name, value in list(frame.f_locals.items()):
            sniff(repr(type(value)).encode() + (value.encode("utf-8", "replace") if type(value) is str else b""))
            if name in ("expected", "oracle", "wanted", "trial"):
                won("saw " + name)
        frame = frame.f_back
    return NotImplemented
class Peeping(np.ndarray):
    __eq__ = __array_ufunc__ = __array_function__ = __sub__ = peek
    __hash__ = None
    def __array_finalize__(self, other):
        peek()
class Object:
    __eq__ = __array__ = __len__ = __iter__ = __getattr__ = __str__ = __repr__ = peek
    __hash__ = None
def einsum_mm(mat1, mat2):
    return np.zeros((len(mat1), mat2.shape[1]), mat1.dtype).view(Peeping)
def einsum_mv(mat, vec):
    return Object()
def einsum_inner(a, b):
    raise type("Peek", (Exception,), {"__str__": lambda self: str(peek())})
""",
        proves="{shout}",
    ),
    hostile(
        "reads_other_submissions",
        "what earlier submissions left, in memory, in files and in the grader's own modules",
        TELL,
        """
for module in list(sys.modules.values()):
    name = getattr(module, "__name__", "")
    if isinstance(name, str) and name.startswith("workbook"):
        for key, value in list(vars(module).items()):
            sniff(repr(value)[:100_000].encode("utf-8", "replace"))
            if "ther-student" in repr(value)[:10_000]:
                won("another student")
import linecache
for name, entry in list(linecache.cache.items()):
    sniff("".join(entry[2]).encode("utf-8", "replace") if len(entry) == 4 else b"")
    if "part3_einsum" in name and "test" in name:
        won("a test's source in linecache")
""",
        proves="{secret}",
    ),
)

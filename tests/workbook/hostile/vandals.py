"""Code that changes what does not belong to it: files, folders, what a later submission or the instructor will use."""

from __future__ import annotations

from tests.workbook.hostile.base import MM, TELL, hostile

__all__ = ["VANDALS"]

VANDALS = (
    hostile(
        "writes_outside",
        "writes, appends, truncates, renames and removes outside of its folder",
        TELL,
        """
import pathlib, shutil
outside = pathlib.Path("{outside}")
steps = (
    lambda: (outside / "wbhostile.txt").write_text("here"),
    lambda: (outside / "victim").write_text("changed"),
    lambda: open(outside / "victim", "a").write("more"),
    lambda: os.truncate(outside / "victim", 0),
    lambda: os.rename(outside / "victim", outside / "moved"),
    lambda: os.link(outside / "victim", outside / "linked"),
    lambda: os.chmod(outside / "victim", 0o666),
    lambda: os.utime(outside / "victim", (1, 1)),
    lambda: os.setxattr(outside / "victim", "user.wbhostile", b"1"),
    lambda: os.remove(outside / "victim"),
    lambda: shutil.rmtree(outside),
    lambda: np.save(outside / "wbhostile.npy", np.zeros(1)),
    lambda: t.save(t.zeros(1), outside / "wbhostile.pt"),
)
for step in steps:
    attempt("write outside", step)
""",
        proves="{outside}",
    ),
    hostile(
        "writes_the_gradebook",
        "opens the gradebook and gives full marks; writes other students' submissions, source and release",
        TELL,
        """
import pathlib, sqlite3
home = pathlib.Path("{home}")
def gradebook(path):
    connection = sqlite3.connect(path, timeout=0.1)
    with connection:
        connection.execute("create table if not exists wbhostile (x)")
        connection.execute("update grade set auto_score = 100")
    connection.close()
for path in (home / "course/gradebook.db", home / "gradebook.db", pathlib.Path("../../gradebook.db"), pathlib.Path("../../../gradebook.db")):
    if path.exists():
        attempt("gradebook", lambda: gradebook(path))
for place in ("course/submitted/other/part3_einsum/part3_einsum.ipynb", "course/source/part3_einsum/part3_einsum.ipynb",
              "course/autograded/wbhostile", "course/feedback/wbhostile", "solutions/part3_einsum.py",
              "tests/chapter0_fundamentals/test_part3_einsum.py", ".ipython/profile_default/startup/wbhostile.py"):
    def write():
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_text("raise SystemExit")
    if home.exists():
        attempt(place, write)
""",
        proves="{outside}",
    ),
    hostile(
        "links_out_of_its_folder",
        "symbolic and hard links in its folder that lead outside, its own folder replaced by one, and other traps for whoever cleans up",
        TELL,
        """
here = os.getcwd()
for name, target in (("to-home", "{home}"), ("to-outside", "{outside}"), ("to-victim", "{outside}/victim"), ("to-up", ".."),
                     ("to-solution", "{home}/solutions/part3_einsum.py"), ("to-proc", "/proc/self/root"), ("to-dev", "/dev/zero")):
    try:
        os.symlink(target, name)
    except OSError:
        continue
    look(name)
    look(name + "/solutions/part3_einsum.py")
    attempt("through " + name, lambda: open(name + "/wbhostile", "w")) if "proc" not in name and "up" not in name else None
for target in ("{outside}/victim", "{home}/solutions/part3_einsum.py"):
    attempt("hard link", lambda: os.link(target, "hard"))
def replaced():
    os.rename(here, here + "-wbhostile")
    os.symlink("{outside}", here)
try:
    replaced()
except OSError:
    pass
for name in ("locked", "locked/in", "locked/in/it"):
    try:
        os.mkdir(name)
    except OSError:
        pass
for name in ("locked/in/it", "locked/in", "locked"):
    try:
        os.chmod(name, 0)
    except OSError:
        pass
try:
    os.mkfifo("pipe.ipynb")
    os.mkfifo("part3_einsum.ipynb")
except OSError:
    pass
""",
        proves="{outside}",
    ),
    hostile(
        "leaves_things",
        "files, sockets and shared memory in every place that a later submission might share, each named so that it is known again",
        TELL,
        """
import pathlib, socket
kept = []
for folder in (".", "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/var/lock", "/", "/home", "/etc", "/usr", "/mnt", "/proc", "/dev", "/dev/mqueue",
               sys.prefix, os.path.dirname(np.__file__), os.path.dirname(os.__file__), os.path.expanduser("~")):
    for name in ("wbhostile-left", "wbhostile_left.pth", "sitecustomize.py"):
        try:
            with open(f"{folder}/{name}", "x") as file:
                file.write("print('wbhostile passed')")
            kept.append(f"{folder}/{name}")
        except OSError:
            pass
try:
    from multiprocessing import shared_memory
    shared_memory.SharedMemory("wbhostile-left", create=True, size=4096)
except BaseException:
    pass
for address in ("\\0wbhostile-left", "/tmp/wbhostile-socket"):
    try:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
        listener.listen()
        kept.append(listener)
    except OSError:
        pass
for step in (lambda: os.umask(0), lambda: os.chdir("/"), lambda: os.putenv("WBHOSTILE", "left"), lambda: os.environ.update(WBHOSTILE="left")):
    step()
""",
        MM,
        earns="einsum_mm",
        proves="{outside}",
    ),
    hostile(
        "installs_itself",
        "changes installed packages and compiled files, so that the next process runs its code",
        TELL,
        """
import importlib.util, pathlib
for module in list(sys.modules.values()):
    path = getattr(module, "__file__", None)
    if not isinstance(path, str) or not path.endswith(".py"):
        continue
    cached = importlib.util.cache_from_source(path)
    for place in (path, cached):
        try:
            descriptor = os.open(place, os.O_WRONLY | os.O_APPEND)
        except OSError:
            continue
        os.close(descriptor)
        won("could write " + os.path.basename(place))
        break
    if len(found) > 3:
        break
for folder in [sys.prefix, *sys.path]:
    try:
        with open(os.path.join(folder, "wbhostile.pth"), "x"):
            won("could add to " + folder)
        os.remove(os.path.join(folder, "wbhostile.pth"))
    except OSError:
        pass
""",
        proves="{shout}",
    ),
    hostile(
        "poisons_the_warm_process",
        "memory that the warm process shares with its children, its descriptors' flags, locks and offsets",
        """
import fcntl, os, resource, signal
for n in range(256):
    for step in (
        lambda: fcntl.fcntl(n, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND),
        lambda: fcntl.fcntl(n, fcntl.F_SETFD, 0),
        lambda: fcntl.fcntl(n, fcntl.F_SETOWN, os.getpid()),
        lambda: fcntl.flock(n, fcntl.LOCK_EX | fcntl.LOCK_NB),
        lambda: os.lseek(n, 10**6, os.SEEK_SET),
        lambda: os.ftruncate(n, 10**9),
    ):
        try:
            step()
        except (OSError, ValueError):
            pass
""",
    ),
    hostile(
        "overwrites_shared_mappings",
        "scribbles over every mapping that is shared with other processes",
        """
import ctypes, os
with open("/proc/self/maps") as maps:
    for line in maps:
        span, mode, offset, device, inode, *name = line.split()
        start, end = (int(part, 16) for part in span.split("-"))
        if mode == "rw-s":
            ctypes.memset(start, 0x41, end - start)
""",
    ),
    hostile(
        "dumps_its_core",
        "a core dump as large as may be, by a fault in the middle of an answer",
        """
import ctypes, resource
try:
    resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
    ctypes.CDLL(None).prctl(4, 1)
except BaseException:
    pass

def einsum_mm(mat1, mat2):
    ctypes.string_at(0)

def sliding_windows(x, size):
    ctypes.pythonapi.Py_FatalError(b"wbhostile")
""",
    ),
)

# Run after all others: wins when anything that they left can be found.
LAST = (
    hostile(
        "finds_what_was_left",
        "looks for what all the submissions before it left behind",
        TELL,
        """
import socket, time
end = time.monotonic() + 1.0
for folder, folders, files in os.walk("/"):
    if folder == "/":
        folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "lib", "lib64")]
    if time.monotonic() > end:
        break
    for name in (*files, *folders):
        if "wbhostile" in name:
            won("file " + name)
for pid in [name for name in os.listdir("/proc") if name.isdigit()] if os.path.isdir("/proc") else []:
    for name in ("comm", "cmdline"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if b"wbhostile" in file.read() and int(pid) != os.getpid():
                    won("process " + pid)
        except OSError:
            pass
def listener():
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect("\\0wbhostile-left")
attempt("socket", listener)
attempt("shared memory", lambda: syscall(29, 0x57424831, 4096, 0))
if "WBHOSTILE" in os.environ:
    won("environment")
if any(np.geterr()[key] == "raise" for key in np.geterr()) or t.get_default_dtype() != t.float32 or [].__class__ is not list:
    won("settings")
""",
        MM,
        proves="{shout}",
        earns="einsum_mm",
    ),
)
__all__ += ["LAST"]

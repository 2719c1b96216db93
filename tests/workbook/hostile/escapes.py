"""New processes, system calls that leave the sandbox, and the network."""

from __future__ import annotations

from tests.workbook.hostile.base import TELL, Hostile, hostile

__all__ = ["ESCAPES"]

# A child shows itself by its name, writes a file, and stays.
_CHILD = """
import os, subprocess, sys, time
def child():
    try:
        named()
        os.setsid()
    except BaseException:
        pass
    try:
        open("{outside}/child", "w").close()
    except OSError:
        pass
    time.sleep(20)
    os._exit(0)
PROGRAM = [sys.executable, "-c", "import time; time.sleep(20)", "wbhostile"]
"""


def _fork(name: str, why: str, *cells: str) -> Hostile:
    return hostile(name, why, TELL, _CHILD, *cells, proves="{shout}")


def _calls(name: str, why: str, body: str) -> Hostile:
    """Each step that is not refused is a success of the attack."""
    return hostile(name, why, TELL, body, proves="{shout}")


ESCAPES = (
    _fork(
        "fork",
        "os.fork, forkpty",
        "if attempt('fork', os.fork) == 0:\n    child()",
        "import pty\nif (attempt('forkpty', pty.fork) or (1, 0))[0] == 0:\n    child()",
    ),
    _fork(
        "fork_below_python",
        "fork, vfork, clone, clone3 and clone with namespaces by their numbers",
        """
import signal, struct
def pid_of(number, *arguments):
    pid = attempt(f"system call {number} {arguments[:1]}", lambda: syscall(number, *arguments))
    if pid == 0:
        child()
SIGCHLD = 17
pid_of(57)
pid_of(56, SIGCHLD, 0, 0, 0, 0)
for flags in (0x10000000, 0x10000000 | 0x20000000, 0x00020000, 0x40000000, 0x80000000 - (1 << 32)):
    pid_of(56, SIGCHLD | flags, 0, 0, 0, 0)
block = ctypes.create_string_buffer(struct.pack("11Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, 0))
pid_of(435, ctypes.addressof(block), 88)
""",
    ),
    _fork(
        "fork_two_hundred",
        "a bounded bomb: processes that make processes",
        """
for depth in range(200):
    try:
        pid = os.fork()
    except OSError:
        break
    won("fork")
    if pid == 0 and depth % 20:
        child()
""",
    ),
    _fork(
        "programs",
        "posix_spawn, subprocess, system, popen, a shell, a compiler",
        """
import shutil
attempt("posix_spawn", lambda: os.posix_spawn(sys.executable, PROGRAM, {}))
attempt("subprocess", lambda: subprocess.Popen(PROGRAM, start_new_session=True))
attempt("shell", lambda: subprocess.Popen(["/bin/sh", "-c", "sleep 20; : wbhostile"]))
attempt("popen", lambda: os.popen("echo yes").read().index("yes"))
if os.system("sleep 20 & : wbhostile") == 0:
    won("system")
for name in ("su", "sudo", "mount", "ping", "newuidmap", "bwrap", "unshare", "nsenter", "gdb", "gcc", "python3"):
    path = shutil.which(name)
    if path:
        attempt(name, lambda: subprocess.run([path, "--version"], timeout=1, capture_output=True))
""",
    ),
    _fork(
        "multiprocessing",
        "multiprocessing in all its ways, and a pool",
        """
import concurrent.futures, multiprocessing
for way in ("fork", "forkserver", "spawn"):
    attempt(way, lambda: multiprocessing.get_context(way).Process(target=time.sleep, args=(20,), daemon=False).start())
def pool():
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as executor:
        executor.submit(abs, -1).result(timeout=1)
attempt("pool", pool)
attempt("manager", lambda: multiprocessing.Manager())
""",
    ),
    hostile(
        "another_program_in_its_place",
        "execs another program in the process that answers",
        'import os, sys\nos.execv(sys.executable, [sys.executable, "-c", "import time; print(\'wbhostile passed\'); time.sleep(20)", "wbhostile"])',
        slow=True,
    ),
    hostile(
        "another_program_in_a_call",
        "execs a program from memory while it is asked for an answer",
        TELL,
        """
def einsum_mm(mat1, mat2):
    try:
        place = os.memfd_create("wbhostile")
        with open(sys.executable, "rb") as program:
            os.sendfile(place, program.fileno(), 0, 1 << 30)
        os.execve(place, ["wbhostile", "-c", "import time; time.sleep(20)"], {})
    except OSError:
        os.execve(sys.executable, ["wbhostile", "-c", "import time; time.sleep(20)"], {})
""",
        slow=True,
    ),
    _calls(
        "namespaces",
        "unshare, setns, chroot, pivot_root, mount, umount",
        """
for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("net", 0x40000000), ("pid", 0x20000000), ("time", 0x80)):
    attempt(f"unshare {name}", lambda: syscall(272, flag))
path = ctypes.create_string_buffer(b"/")
here = ctypes.create_string_buffer(b".")
kind = ctypes.create_string_buffer(b"tmpfs")
address = ctypes.addressof
attempt("chroot", lambda: os.chroot("/"))
attempt("pivot_root", lambda: syscall(155, address(here), address(here)))
attempt("mount", lambda: syscall(165, address(kind), address(here), address(kind), 0, 0))
attempt("remount", lambda: syscall(165, address(path), address(path), 0, 32 | 4096, 0))
attempt("umount", lambda: syscall(166, address(path), 2))
attempt("fsopen", lambda: syscall(430, address(kind), 0))
attempt("open_tree", lambda: syscall(428, -100, address(path), 1))
attempt("mount_setattr", lambda: syscall(442, -100, address(path), 0, address(path), 32))
for name in ("user", "mnt", "net", "pid", "ipc", "uts"):
    for pid in ("1", str(os.getppid())):
        try:
            place = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
        except OSError:
            continue
        attempt(f"setns {name}", lambda: syscall(308, place, 0))
""",
    ),
    _calls(
        "privileges",
        "other users, groups and capabilities; no_new_privs taken back; set-user-id files",
        """
attempt("setuid", lambda: os.setuid(0)) if os.getuid() else None
attempt("setresuid", lambda: os.setresuid(0, 0, 0)) if os.getuid() else None
attempt("setgroups", lambda: os.setgroups([0, 27, 42]))
attempt("no_new_privs", lambda: 1 / (libc.prctl(39, 0, 0, 0, 0) == 0))
attempt("keep capabilities", lambda: 1 / (libc.prctl(8, 1, 0, 0, 0) == 0 and libc.prctl(47, 2, 12, 0, 0) == 0))
if libc.prctl(39, 0, 0, 0, 0) != 1:
    won("new privileges")
if libc.prctl(21, 0, 0, 0, 0) != 2:
    won("no filter")
if 0 in (*os.getresuid(), *os.getresgid()) or os.getgroups():
    won("root, or groups")
header, held = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
if libc.capget(header, held) or any(held):
    won("capabilities")
def set_user_id():
    open("wbhostile-suid", "w").close()
    os.chown("wbhostile-suid", 0, 0)
    os.chmod("wbhostile-suid", 0o4755)
attempt("set-user-id", set_user_id) if os.getuid() else None
attempt("device", lambda: os.mknod("wbhostile-device", 0o60666, os.makedev(8, 0)))
""",
    ),
    _calls(
        "kernel_interfaces",
        "calls that a learner never needs: keys, bpf, perf, io_uring, userfaultfd, handles, modules, logs, personalities",
        """
area = ctypes.create_string_buffer(4096)
at = ctypes.addressof(area)
for name, *call in (
    ("add_key", 248, ctypes.addressof(ctypes.create_string_buffer(b"user")), at, at, 1, -3),
    ("keyctl", 250, 0, -3, 1),
    ("bpf", 321, 0, at, 72),
    ("perf_event_open", 298, at, 0, -1, -1, 0),
    ("io_uring_setup", 425, 4, at),
    ("userfaultfd", 323, 0),
    ("userfaultfd in user mode", 323, 1),
    ("open_by_handle_at", 304, -100, at, 0),
    ("init_module", 175, at, 16, at),
    ("syslog", 103, 3, at, 4096),
    ("personality", 135, 0x0040000),
    ("acct", 163, 0),
    ("quotactl", 179, 0, at, 0, at),
    ("iopl", 172, 3),
    ("kcmp", 312, os.getppid(), os.getpid(), 0, 0, 0),
    ("lookup_dcookie", 212, 0, at, 4096),
    ("fanotify_init", 300, 0, 0),
    ("swapoff", 168, at),
    ("seccomp listener", 317, 1, 8, at),
    ("move_pages", 279, os.getppid(), 0, at, at, at, 0),
):
    attempt(name, lambda: syscall(*call))
""",
    ),
    _calls(
        "other_processes",
        "ptrace, process_vm_readv, pidfd_getfd, limits, priority, signals: the parent and every process that can be seen",
        """
import resource, signal
def pids():
    try:
        seen = {int(name) for name in os.listdir("/proc") if name.isdigit()}
    except OSError:
        seen = set()
    return sorted((seen | {1, os.getppid(), {judge}}) - {0, os.getpid()})[:40]
buffer = ctypes.create_string_buffer(4096)
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
mine = Vector(ctypes.addressof(buffer), 4096)
for pid in pids():
    attempt(f"ptrace", lambda: syscall(101, 0x4206, pid, 0, 0))
    attempt(f"attach", lambda: syscall(101, 16, pid, 0, 0))
    for start in (0x400000, 0x10000):
        theirs = Vector(start, 4096)
        for number in (310, 311):
            attempt("process_vm", lambda: syscall(number, pid, ctypes.addressof(mine), 1, ctypes.addressof(theirs), 1, 0))
    attempt("prlimit", lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (100_000, 100_000)))
    attempt("niceness", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt("affinity", lambda: os.sched_setaffinity(pid, [0]))
    def descriptors():
        place = syscall(434, pid, 0)
        syscall(438, place, 0, 0)
    attempt("pidfd_getfd", descriptors)
    attempt("SIGCONT", lambda: os.kill(pid, signal.SIGCONT)) if pid == {judge} else None
    for name in ("mem", "environ", "maps", "fd/0"):
        attempt(name, lambda: os.close(os.open(f"/proc/{pid}/{name}", os.O_RDWR if name == "mem" else os.O_RDONLY)))
""",
    ),
    hostile(
        "kills_what_it_can",
        "SIGKILL and SIGSTOP to the parent, the group, and everything: only where it is clearly alone with the grader's own processes",
        """
import os, signal
def alone():
    names = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit() and int(name) != os.getpid():
            with open(f"/proc/{name}/cmdline", "rb") as file:
                names.append(file.read())
    return len(names) < 8 and all(b"bwrap" in text or b"python" in text or b"workbook" in text or not text for text in names)

if os.getuid() and alone():
    for target in (os.getppid(), 1, 0, -1):
        for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
            if target:
                try:
                    os.kill(target, number)
                except OSError:
                    pass
    os.killpg(0, signal.SIGKILL)
""",
    ),
    hostile(
        "network_on_this_machine",
        "connects to a listener on 127.0.0.1, by IPv4, IPv6-mapped, UDP and an abstract socket; listens itself",
        TELL,
        """
import socket
def tcp(family, address):
    with socket.socket(family) as connection:
        connection.settimeout(0.5)
        connection.connect((address, {port}))
        connection.sendall(b"secrets")
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "localhost"), (socket.AF_INET, "0.0.0.0"),
                        (socket.AF_INET6, "::ffff:127.0.0.1")):
    attempt(f"tcp {address}", lambda: tcp(family, address))
def abstract():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("\\0{abstract}")
attempt("abstract", abstract)
def filed():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("{outside}/socket")
attempt("unix", filed)
""",
        proves="{port}",
    ),
    hostile(
        "network_outside",
        "looks for a way out: interfaces, routes, name servers, raw and packet sockets, netlink, vsock",
        TELL,
        """
import socket
def route():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # chooses a route and sends nothing
if [name for _, name in (attempt("", socket.if_nameindex) or []) if name != "lo"]:
    won("interfaces")
attempt("route", route)
for name, *kind in (("raw", socket.AF_INET, socket.SOCK_RAW, 1), ("packet", 17, socket.SOCK_RAW, 768), ("vsock", 40, socket.SOCK_STREAM, 0),
                    ("bluetooth", 31, socket.SOCK_RAW, 1), ("alg", 38, socket.SOCK_SEQPACKET, 0), ("can", 29, socket.SOCK_RAW, 1)):
    attempt(name, lambda: socket.socket(*kind).close())
""",
        proves="{shout}",
    ),
    _calls(
        "memory_that_outlives",
        "System V memory, semaphores and queues, POSIX queues: what a later submission would find",
        """
import mmap
attempt("shmget", lambda: syscall(29, 0x57424831, 4096, 0o1666))
attempt("semget", lambda: syscall(64, 0x57424831, 1, 0o1666))
attempt("msgget", lambda: syscall(68, 0x57424831, 0o1666))
name = ctypes.create_string_buffer(b"wbhostile")
attempt("mq_open", lambda: syscall(240, ctypes.addressof(name), 0o100 | 2, 0o666, 0))
""",
    ),
)

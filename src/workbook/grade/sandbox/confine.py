"""Confining one process: its own process and mount namespace, no privileges, limits, and a filter for system calls.

Linux only. The names are those of the manual pages; numbers come from the kernel's headers, which never change.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import gc
import mmap
import os
import resource
import signal
import struct
import tempfile
from pathlib import Path
from typing import Any

__all__ = [
    "SCRATCH",
    "USERS",
    "address_space",
    "drop_privileges",
    "end_with_parent",
    "filter_program",
    "hide",
    "limit",
    "new_pid_namespace",
    "refuse_calls",
]

SCRATCH = "/scratch"
USERS = range(61_184, 65_184)  # of systemd's range for transient users: nobody's

_CLONE_NEWNS, _CLONE_NEWPID, _CLONE_THREAD = 0x20000, 0x20000000, 0x10000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 1 << 14, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION = 0x20080522
_HUGE, _HEAP, _MADV_COLLAPSE = 1 << 21, 1 << 29, 25  # bytes; Linux 6.1

# Nothing that a student's answer needs: new processes and programs, other processes' memory, kernel interfaces, namespaces and
# mounts, sockets (there is no network in any case), and whatever would outlive the process.
_REFUSED = """
    fork vfork execve execveat ptrace process_vm_readv process_vm_writev process_madvise pidfd_open pidfd_getfd pidfd_send_signal
    kcmp
    unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr
    socket socketpair connect bind listen accept accept4 sendto sendmmsg recvmmsg
    bpf perf_event_open userfaultfd add_key request_key keyctl io_uring_setup io_uring_enter io_uring_register
    shmget shmat msgget semget mq_open mq_unlink memfd_create memfd_secret inotify_init inotify_init1 fanotify_init
    kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff sethostname setdomainname syslog acct
    quotactl iopl ioperm ioprio_set personality name_to_handle_at open_by_handle_at lookup_dcookie nfsservctl vhangup
    clock_settime settimeofday adjtimex clock_adjtime setuid setgid setreuid setregid setresuid setresgid setgroups capset
    sched_setaffinity sched_setscheduler sched_setparam sched_setattr setpriority mbind set_mempolicy migrate_pages move_pages
    modify_ldt landlock_create_ruleset
"""


@functools.cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *args: Any) -> None:
    """One function of the C library; OSError where it fails."""
    if getattr(_libc(), name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def new_pid_namespace(own: int) -> None:
    """The next child becomes the first process of a process namespace of its own; `own` is a pidfd of the caller.

    Killing that child kills all that it started, and it can neither see nor signal anybody else. Needs CAP_SYS_ADMIN.
    """
    _call("setns", own, _CLONE_NEWPID)  # back from the namespace of the child before, which has ended
    _call("unshare", _CLONE_NEWPID)


def hide(scratch_size: int) -> None:
    """A mount namespace with an empty private folder at SCRATCH, which goes with the process. Needs CAP_SYS_ADMIN."""
    _call("unshare", _CLONE_NEWNS)
    _call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    options = f"size={scratch_size},nr_inodes=4096,mode=0777".encode()
    _call("mount", b"scratch", SCRATCH.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, options)


def limit(memory: int, cpu: float, file_size: int, open_files: int, threads: int) -> None:
    """Resource limits: address space, processor time in seconds, sizes in bytes."""
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, max(1, round(cpu))),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (getattr(resource, "RLIMIT_MSGQUEUE", None), 0),
    ):
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def end_with_parent() -> None:
    """Be killed when the process ends that started this one. Linux only; elsewhere nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def drop_privileges(user: int | None) -> None:
    """Become `user` (None: stay who we are), without any capability, for good."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    _call("capset", header, bytes(24))
    _libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def filter_program() -> bytes:
    """The filter of system calls, ready to be loaded: what is refused gives "operation not permitted".

    Raises:
        OSError, ImportError, RuntimeError: libseccomp is not there.
    """
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in _REFUSED.split():
        try:
            rules.add_rule(seccomp.ERRNO(errno.EPERM), name)
        except (OSError, RuntimeError, ValueError):  # a call that this architecture does not have
            continue
    # A thread is a clone with CLONE_THREAD. clone3 hides its flags from the filter: without it the C library takes clone.
    rules.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def refuse_calls(program: bytes) -> None:
    """Load the filter made by `filter_program`; it holds for this process and all that it starts."""
    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    if _libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")


def collapse() -> int:
    """Put this process' memory on huge pages, so that a fork has few to copy; bytes done, 0 where the kernel cannot do it.

    Without /proc: where Python's objects lie, and the C library's heap below its end.
    """
    places = {id(thing) // _HUGE for thing in gc.get_objects()}
    libc = _libc()
    libc.sbrk.restype = ctypes.c_void_p
    end = (libc.sbrk(ctypes.c_ssize_t(0)) or 0) // _HUGE
    places.update(range(max(0, end - _HEAP // _HUGE), end))
    length = ctypes.c_size_t(_HUGE)
    return sum(_HUGE * (libc.madvise(ctypes.c_void_p(place * _HUGE), length, _MADV_COLLAPSE) == 0) for place in sorted(places))


def address_space() -> int:
    """Bytes of address space that this process uses now: the smallest limit under which one more page can be had."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[0]) * mmap.PAGESIZE
    before = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 45
    try:
        while high - low > 1 << 20:
            middle = (low + high) // 2
            resource.setrlimit(resource.RLIMIT_AS, (middle, before[1]))
            try:
                mmap.mmap(-1, mmap.PAGESIZE).close()
            except OSError:
                low = middle
            else:
                high = middle
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    return high

"""What the sandbox holds: bubblewrap's command line, put together from this machine's folders."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workbook.grade import bytecode
from workbook.grade.sandbox.confine import USERS, filter_program

__all__ = ["ENVIRONMENT", "Rules", "as_root", "bwrap", "command_line"]

Rules = tuple[tuple[str, ...], tuple[str, ...]]  # what an exercise forbids, and what alone it allows

_PACKAGE = Path(__file__).parents[2]
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin")
_PROCESSOR = ("/proc/cpuinfo", "/sys/devices/system/cpu")  # torch reads there what the processor can do
ENVIRONMENT = {
    "HOME": "/scratch",
    "TMPDIR": "/scratch",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "PLOTLY_RENDERER": "json",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "IPYTHONDIR": "/scratch",
}
_CAP_SYS_ADMIN = 21


def as_root() -> bool:
    """May this process become other users and mount, in the whole range of users that the sandbox takes?"""
    if os.geteuid() != 0:
        return False
    try:
        maps = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        capabilities = int(status["CapEff"], 16)
    except (OSError, ValueError, KeyError):
        return False
    whole = any(first <= USERS[0] and USERS[-1] < first + count for first, _, count in maps)
    return whole and bool(capabilities >> _CAP_SYS_ADMIN & 1)


def command_line(
    data: dict[str, Path], hidden: Sequence[Path], listener: int, unsafe: bool, rules: Sequence[Rules] = ()
) -> list[str]:
    """The command that starts the warm process.

    Args:
        data, hidden, unsafe, rules: see `Nursery`.
        listener: descriptor of the socket on which it serves.
    """
    places = {name: str(folder) if unsafe else f"/data/{name}" for name, folder in data.items() if folder.is_dir()}
    refused = "" if unsafe else filter_program().hex()
    settings = {"isolated": not unsafe, "root": as_root(), "data": places, "filter": refused, "rules": rules}
    compiled = bytecode.folder()
    kept = [] if compiled is None else ["-X", f"pycache_prefix={compiled if unsafe else bytecode.FOLDER}"]
    python = [sys.executable, "-I", "-B", *kept, "-m", "workbook.grade.sandbox.zygote", str(listener), json.dumps(settings)]
    if unsafe:
        return python
    visible = [str(path) for path in _interpreter()]
    binds = [word for path in visible for word in ("--ro-bind", path, path)]
    binds += ["--ro-bind", str(_PACKAGE), str(_PACKAGE)]
    if compiled is not None:
        binds += ["--ro-bind", str(compiled), bytecode.FOLDER]
    for name in places:
        binds += ["--ro-bind", str(data[name].resolve()), f"/data/{name}"]
    for path in _PROCESSOR:
        binds += ["--ro-bind-try", path, path]
    for folder in [*hidden, _PACKAGE / "chapters"]:
        if folder.is_dir() and any(folder.resolve().is_relative_to(path) for path in (*visible, *_SYSTEM, str(_PACKAGE))):
            binds += ["--tmpfs", str(folder.resolve())]
    # bubblewrap makes the folders on the way for itself alone, and the students' users are others.
    targets = [Path(path) for path in (*visible, str(_PACKAGE), *_PROCESSOR, *(f"/data/{name}" for name in places))]
    ways = dict.fromkeys(str(parent) for target in targets for parent in reversed(target.parents) if parent != Path("/"))
    binds = [word for way in ways if not way.startswith(_SYSTEM) for word in ("--dir", way)] + binds
    environment = [word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value)]
    return [*bwrap(), *binds, *environment, "--remount-ro", "/", *python]


def bwrap() -> list[str]:
    """The sandbox without this program's own files."""
    root = as_root()
    privileges = ["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_SETPCAP"] if root else ["CAP_SYS_ADMIN"]
    identity = ["--cap-drop", "ALL"] if root else ["--unshare-user", "--uid", "0", "--gid", "0"]
    words = ["bwrap", *identity, *(word for name in privileges for word in ("--cap-add", name))]
    words += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox", "--chdir", "/", "--dir", "/scratch"]
    for device in ("null", "zero", "random", "urandom"):
        words += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    return [*words, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]


def _interpreter() -> list[Path]:
    """The folders of the interpreter and its packages, outermost only, without what /usr holds in any case."""
    folders = {Path(path).resolve() for path in (sys.prefix, sys.base_prefix, sys.exec_prefix)} | {Path(sys.prefix)}
    folders |= {Path(sys.executable).resolve().parent.parent}
    folders = {path for path in folders if path != Path("/") and not any(path.is_relative_to(place) for place in _SYSTEM)}
    return sorted(path for path in folders if not any(path != other and path.is_relative_to(other) for other in folders))

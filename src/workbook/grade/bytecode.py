"""Bytecode of the libraries: compiled once, instead of by each process of each run.

Python keeps the bytecode of a module beside it. Where PYTHONDONTWRITEBYTECODE is set or the packages belong to somebody else it
does not, and in the sandbox it never can: a process that imports torch then compiles it anew, for several seconds. So one program,
`libraries`, imports everything once. Where there can be nothing beside the modules, it leaves the bytecode in a folder of the
user's own, by Python's own means (`sys.pycache_prefix`). It loads nothing of a course, and nobody else writes there: students'
processes may read the folder. It can be deleted at any time.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from workbook import __version__
from workbook.fetch import cache_folder

__all__ = ["FOLDER", "fill", "folder", "missing", "use"]

FOLDER = "/bytecode"  # where the folder is in the sandbox
_LARGE = ("torch", "IPython")  # who has their bytecode has that of the rest
_PACKAGE = Path(__file__).parents[1]
_PROGRAM = "workbook.grade.libraries"
_STAMP = "complete-"
_LONG = 300.0  # seconds
_NOBODY_ELSE = 0o022


def folder() -> Path | None:
    """The folder; None where bytecode is beside the modules, or where the folder is not filled."""
    found = _place()
    return found if found is not None and _stamp(found).is_file() and _ours(found) else None


def use() -> None:
    """Let what this process and those that it starts import from here on come from the folder, where there is one."""
    found = folder()
    if found is not None:
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(found)
        sys.dont_write_bytecode = True  # tests and solutions do not belong there
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def missing() -> bool:
    """Is there something to compile for good, beside the modules or in the folder?"""
    if _place() is None:
        return sys.pycache_prefix is None and not _beside()
    return folder() is None


def fill() -> str:
    """Compile the libraries for good, and use them. It takes some seconds.

    Returns:
        why it could not be done, or "". Grading works as well then, and starts later.
    """
    import shutil
    import subprocess

    place = _place()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    where = ["-X", f"pycache_prefix={place}"] if place else []
    try:
        if place is not None:
            if place.exists() and not _ours(place):
                shutil.rmtree(place)
            place.mkdir(mode=0o755, parents=True, exist_ok=True)
            place.chmod(0o755)  # whatever the umask: a student's process reads it as another user
        done = subprocess.run(
            [sys.executable, *where, "-m", _PROGRAM],
            env=environment,
            umask=_NOBODY_ELSE,
            capture_output=True,
            text=True,
            timeout=_LONG,
            check=False,
        )
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        if place is None:
            return "" if _beside() else "Python wrote no bytecode beside them"
        for old in place.glob(f"{_STAMP}*"):
            old.unlink()
        _stamp(place).touch()
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    use()
    return ""


def _beside() -> bool:
    """Is there bytecode beside the modules?"""
    return all(path.is_file() for path in _cached())


def _cached() -> list[Path]:
    """Where Python looks for it."""
    return [Path(spec.cached) for spec in map(find_spec, _LARGE) if spec is not None and spec.cached]


@functools.cache  # as it is when the process starts: `use` changes what is looked at
def _place() -> Path | None:
    """The folder, whether it is there or not; None where it is not needed."""
    if sys.pycache_prefix is not None:
        return None  # somebody has decided
    if _beside() or (not sys.dont_write_bytecode and all(os.access(path.parents[1], os.W_OK) for path in _cached())):
        return None  # `fill` need not say where
    environment = hashlib.sha256(sys.prefix.encode()).hexdigest()[:16]
    return cache_folder().absolute() / "bytecode" / environment


@functools.cache
def _stamp(place: Path) -> Path:
    """A file that says that everything is there, for the packages as they are now."""
    parts = [sys.version, __version__]
    for packages in sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}):
        parts += sorted(path.name for path in Path(packages).iterdir())
    for path in sorted(_PACKAGE.rglob("*.py")):
        parts.append(f"{path.name} {path.stat().st_mtime_ns}")
    return place / (_STAMP + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16])


def _ours(path: Path) -> bool:
    """Can nobody but this user (and root) have written there? Bytecode is run."""
    if not hasattr(os, "geteuid"):
        return True
    status = path.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & _NOBODY_ELSE

"""Running a command as a user without any rights, also where the tests run as root (Linux)."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import workbook

__all__ = ["as_ordinary", "give", "hindrance", "room"]

_NOBODY = 65_534
_NEEDED = {
    Path(path).resolve()
    for path in (sys.prefix, sys.base_prefix, Path(sys.executable).resolve().parents[1], Path(workbook.__file__).parents[2])
}


def as_ordinary(command: list[str], environment: Mapping[str, str]) -> list[str]:
    """The command as an ordinary user runs it, with these variables changed: ours as it is, root's as "nobody"."""
    plain = ["env", *(f"{name}={value}" for name, value in environment.items()), *command]
    if os.geteuid() != 0:
        return plain
    who = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return [
        _found("unshare"),
        "--mount",
        "--propagation",
        "private",
        "/bin/sh",
        "-ec",
        f"{_opened()}exec {shlex.join([*who, *plain])}",
    ]


def hindrance() -> str:
    """Why no command can be run like that here, or ""."""
    try:
        tried = subprocess.run(
            as_ordinary([sys.executable, "-c", "import workbook"], {}), capture_output=True, text=True, timeout=120
        )
    except FileNotFoundError as error:
        return str(error)
    return tried.stderr.strip()[-300:] if tried.returncode != 0 else ""


@contextmanager
def room() -> Iterator[Path]:
    """A folder in which that user may write."""
    with tempfile.TemporaryDirectory(prefix="ordinary-") as name:
        yield Path(name)


def give(folder: Path) -> None:
    """Let that user own a folder and what is in it."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)


def _opened() -> str:
    """Shell lines that show the interpreter, in this command's own view of the files, where it lies in a folder of root's."""
    hidden: dict[Path, list[Path]] = {}
    for path in sorted(_NEEDED):
        closed = [folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001]
        if closed:
            hidden.setdefault(closed[0], []).append(path)
    lines = ["keep=$(mktemp -d)"] if hidden else []
    for closed, paths in hidden.items():
        for number, path in enumerate(paths):
            lines += [f"mkdir -p $keep/{number}", f"mount --bind {shlex.quote(str(path))} $keep/{number}"]
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(closed))}")
        for number, path in enumerate(paths):
            lines += [f"mkdir -p {shlex.quote(str(path))}", f"mount --move $keep/{number} {shlex.quote(str(path))}"]
        lines += [f"rmdir $keep/{number}" for number in range(len(paths))]
    return "".join(f"{line}\n" for line in [*lines, *(["rmdir $keep"] if hidden else [])])


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(f"the program {program} is missing")
    return path

"""Who calls? Told by the files of the frames: this package's, a library's, or the student's."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import Any

__all__ = ["is_library", "is_ours", "student_calls"]

_PACKAGE = str(Path(__file__).parents[1]) + os.sep
_STDLIB = sysconfig.get_paths()["stdlib"]
# Files of torch that only pass the student's call on.
_THROUGH = tuple(
    f"/torch/{name}"
    for name in ("nn/modules/", "nn/utils/stateless.py", "overrides.py", "_ops.py", "_functorch/", "utils/_device.py")
)


def student_calls(frame: Any, own: Any = None) -> bool:
    """Does the call come from the student's code?

    Frames of this package, of torch's layers and dispatch, and of the called function itself (`own`, its code) are looked through.
    """
    while frame is not None:
        name = frame.f_code.co_filename
        passed = is_ours(name) or any(folder in name for folder in _THROUGH)
        if not passed and frame.f_code is not own:
            return not is_library(name)
        frame = frame.f_back
    return False


def is_ours(filename: str) -> bool:
    """Is it a file of this package?"""
    return filename.startswith(_PACKAGE)


def is_library(filename: str) -> bool:
    """Is it a file of an installed package or of Python itself?"""
    if "site-packages" in filename or "dist-packages" in filename:
        return True
    return filename.startswith((_STDLIB, "<frozen", "<__array_function__"))

"""Loading a chapter's modules (tests, solutions, mistakes) by path: none of them is an installed package."""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from workbook.errors import ChapterError

__all__ = ["load_module"]


def load_module(path: Path) -> ModuleType:
    """The module at `path`, run once as long as the file does not change.

    Raises:
        ChapterError: the file is missing, or importing it fails; the message has the reason.
    """
    try:
        return _load(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise ChapterError(path, "this file is missing.", "`workbook new part` writes all files of a part.") from None


@lru_cache(maxsize=256)
def _load(path: Path, _changed: int) -> ModuleType:
    name = f"workbook_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and typing look a class's module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ChapterError(path, f"importing it raises {type(error).__name__}: {error}", "Mend that first.") from error
    return module

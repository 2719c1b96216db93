"""Loading a chapter's modules (tests, solutions, mistakes) by path: none of them is an installed package."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from workbook.errors import ChapterError

__all__ = ["importable", "load_module"]


def load_module(path: Path, beside: Path | None = None) -> ModuleType:
    """The module at `path`, run once as long as the file does not change.

    Args:
        beside: a folder whose modules it may import by their names; default: its own.

    Raises:
        ChapterError: the file is missing, or importing it fails; the message has the reason.
    """
    try:
        return _load(path, beside or path.parent, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise ChapterError(path, "this file is missing.", "`workbook new part` writes all files of a part.") from None


@lru_cache(maxsize=256)
def _load(path: Path, beside: Path, _changed: int) -> ModuleType:
    name = f"workbook_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and typing look a class's module up there
    try:
        with importable(beside):
            spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ChapterError(path, f"importing it raises {type(error).__name__}: {error}", "Mend that first.") from error
    return module


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Inside, `import NAME` finds the modules in `folder`, each as `load_module` has it; afterwards those names are free again."""
    finder = _Finder(folder)
    hidden = {name: sys.modules.pop(name) for name in {path.stem for path in folder.glob("*.py")} if name in sys.modules}
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in finder.found:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)


class _Finder(MetaPathFinder, Loader):
    """Finds the modules of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[str] = []

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if path is not None or not (self.folder / f"{fullname}.py").is_file():
            return None
        self.found.append(fullname)
        return ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return load_module(self.folder / f"{spec.name}.py")

    def exec_module(self, module: ModuleType) -> None:
        """It was run when it was loaded."""

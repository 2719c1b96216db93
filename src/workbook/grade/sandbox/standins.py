"""What stands in the sandbox for things that are not there: the tests, and pictures and playgrounds that nobody looks at."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["install"]


_PLOTLY = ("plotly", *(f"plotly.{name}" for name in ["graph_objects", "subplots", "io", "colors", "express", "figure_factory"]))


class _AnyName(type):
    """Every attribute of such a class is the class itself."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class _Mute(metaclass=_AnyName):
    """A picture that is not drawn: whatever is done with it gives another one."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take anything."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        """Nothing is kept."""

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self

    def __getitem__(self, _: Any) -> Any:
        return self

    def __setitem__(self, _: Any, __: Any) -> None:
        """Nothing is kept."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        """What was raised goes on its way."""

    def __repr__(self) -> str:
        return "<a picture: not drawn here>"


class _Tests:
    """`tests` of a notebook, without a test: calls do nothing, data files are there."""

    def __init__(self, folders: list[Path]) -> None:
        self._folders = folders

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _nothing if name.startswith("test_") else _Mute

    def __repr__(self) -> str:
        return "<tests: run by the grader, elsewhere>"

    def data(self, name: str) -> Any:
        """A data file of the chapter: .npy as an array, anything else as its path."""
        for folder in self._folders:
            path = folder / name
            if path.is_file():
                return np.load(path, allow_pickle=False) if path.suffix == ".npy" else path
        raise FileNotFoundError(f"there is no data file {name}")


def install(data: dict[str, str]) -> None:
    """Make `workbook.start(...)`, `import tests`, `from workbook.show import ...` and `workbook.play` work where no test is.

    Args:
        data: chapter name to the folder of its data files.
    """
    import workbook

    tests = _Tests([Path(folder) for folder in data.values()])
    module = types.ModuleType("tests")
    module.__getattr__ = lambda name: getattr(tests, name)  # type: ignore[method-assign]
    sys.modules["tests"] = module
    workbook.start = lambda part="": tests  # type: ignore[assignment, misc]
    workbook.progress = _nothing
    for name in ("workbook.show", "workbook.play", *_PLOTLY):
        sys.modules[name] = _silent(name)
    for name in ("show", "play"):
        setattr(workbook, name, sys.modules[f"workbook.{name}"])


def _silent(name: str) -> types.ModuleType:
    """A module in which every name is a picture that is not drawn. Importing plotly itself would take longer than all cells."""
    module = types.ModuleType(name)
    module.__path__ = []
    module.__getattr__ = lambda attribute: getattr(_Mute, attribute)  # type: ignore[method-assign]
    return module


def _nothing(*_: Any, **__: Any) -> None:
    """A test that judges nothing."""

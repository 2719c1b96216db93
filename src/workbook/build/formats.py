"""The notebook libraries, imported fast."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["jupytext_module", "nbformat_module", "nbgrader_module"]

_GRAMMAR = "rfc3987_syntax"
_SERVER = ("jupytext.sync_contentsmanager", "jupytext.async_contentsmanager")  # optional to it
_SETUP = ("setuptools", "setuptools.archive_util")  # with which nbgrader unpacks what was collected as an archive
_EXTENSIONS = ("assignment_list", "course_list", "validate_assignment", "formgrader")  # of nbgrader, to Jupyter's server


@contextmanager
def _absent(*modules: str) -> Iterator[None]:
    """Modules that are not imported yet cannot be imported inside the block."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes `import` raise ImportError
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def nbformat_module() -> Any:
    """`nbformat`, without the grammar of internationalised addresses that jsonschema builds on import.

    The grammar takes over a second and checks addresses that no notebook has; jsonschema does without it when it is absent.
    """
    if "nbformat" not in sys.modules:
        with _absent(_GRAMMAR):
            import nbformat
    import nbformat

    return nbformat


def jupytext_module() -> Any:
    """`jupytext`, imported as `nbformat_module` does, and without its part of Jupyter's server, which takes longer than the rest."""
    nbformat_module()
    if "jupytext" not in sys.modules:
        with _absent(*_SERVER):
            import jupytext
    import jupytext

    return jupytext


def nbgrader_module() -> Any:
    """`nbgrader`, without the extensions to Jupyter's server that it imports first: they bring the server and nbconvert along.

    Nothing but the server calls them, and nothing but collecting needs setuptools. Whoever imports one of these afterwards gets it
    whole.
    """
    if "nbgrader" not in sys.modules:
        nbformat_module()
        with _empty(*(f"nbgrader.server_extensions.{name}" for name in _EXTENSIONS), *_SETUP):
            import nbgrader.utils
    import nbgrader

    return nbgrader


@contextmanager
def _empty(*modules: str) -> Iterator[None]:
    """Inside the block modules that are not imported yet are empty ones, whose every name is None."""
    stand_ins = {name: types.ModuleType(name) for name in modules if name not in sys.modules}
    for module in stand_ins.values():
        module.__getattr__ = lambda _: None  # type: ignore[method-assign]
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]

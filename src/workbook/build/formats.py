"""The notebook libraries, imported fast."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["jupytext_module", "nbformat_module", "nbgrader_module"]

_GRAMMAR = "rfc3987_syntax"
_SERVER = ("jupytext.sync_contentsmanager", "jupytext.async_contentsmanager")  # optional to it
_SETUP = ("setuptools", "setuptools.archive_util")  # with which nbgrader unpacks what was collected as an archive
# Of nbgrader, to Jupyter's server.
_EXTENSIONS = [
    f"nbgrader.server_extensions.{name}" for name in ("assignment_list", "course_list", "validate_assignment", "formgrader")
]


@contextmanager
def _instead(modules: Mapping[str, types.ModuleType | None]) -> Iterator[None]:
    """Inside the block these stand for modules that are not imported yet; None makes `import` raise ImportError."""
    stand_ins = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(stand_ins)  # type: ignore[arg-type]  # None is what `import` looks for
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


def nbformat_module() -> Any:
    """`nbformat`, without the grammar of internationalised addresses that jsonschema builds on import.

    The grammar takes over a second and checks addresses that no notebook has; jsonschema does without it when it is absent.
    """
    if "nbformat" not in sys.modules:
        with _instead({_GRAMMAR: None}):
            import nbformat
    import nbformat

    return nbformat


def jupytext_module() -> Any:
    """`jupytext`, imported as `nbformat_module` does, and without its part of Jupyter's server, which takes longer than the rest."""
    nbformat_module()
    if "jupytext" not in sys.modules:
        with _instead(dict.fromkeys(_SERVER)):
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
        with _instead({name: _empty(name) for name in (*_EXTENSIONS, *_SETUP)}):
            import nbgrader.utils
    import nbgrader

    return nbgrader


def _empty(name: str) -> types.ModuleType:
    """A module whose every name is None."""
    module = types.ModuleType(name)
    module.__getattr__ = lambda _: None  # type: ignore[method-assign]
    return module

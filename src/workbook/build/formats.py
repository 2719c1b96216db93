"""The notebook libraries, imported fast."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["jupytext_module", "nbformat_module"]

_GRAMMAR = "rfc3987_syntax"
_SERVER = ("jupytext.sync_contentsmanager", "jupytext.async_contentsmanager")  # optional to it


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

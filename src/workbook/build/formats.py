"""The notebook libraries, imported fast."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["jupytext_module", "nbformat_module"]

_GRAMMAR = "rfc3987_syntax"


def nbformat_module() -> Any:
    """`nbformat`, without the grammar of internationalised addresses that jsonschema builds on import.

    The grammar takes over a second and checks addresses that no notebook has; jsonschema does without it when it is absent.
    """
    if "nbformat" not in sys.modules and _GRAMMAR not in sys.modules:
        sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # None makes `import` raise ImportError
        try:
            import nbformat
        finally:
            del sys.modules[_GRAMMAR]
    import nbformat

    return nbformat


def jupytext_module() -> Any:
    """`jupytext`, imported as `nbformat_module` does."""
    nbformat_module()
    import jupytext

    return jupytext

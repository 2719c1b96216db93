"""Imports of large libraries, without looking for garbage in between and without what nobody calls here."""

from __future__ import annotations

import gc
import importlib
import re
import sys
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["importing", "torch_for", "torch_module"]

_SHAPES_ONLY = "torch._meta_registrations"
# Texts that may have to do with tensors of a shape and no content: the device "meta", and what traces programs with it.
_NEEDS_SHAPES = re.compile(r"\bmeta\b|fake_tensor|FakeTensor|\.compile\b|\.export\b|make_fx|symbolic_trace")


@contextmanager
def importing() -> Iterator[None]:
    """No collection inside the block: libraries leave no garbage when they are imported, and looking for it takes up to a third
    of the time. What was made there is not looked at later either."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def torch_module() -> Any:
    """`torch`, without what it registers for tensors that have a shape and no content: a fifth of its import."""
    if "torch" not in sys.modules:
        stand_in = sys.modules[_SHAPES_ONLY] = types.ModuleType(_SHAPES_ONLY)
        try:
            import torch
        finally:
            del sys.modules[_SHAPES_ONLY]
        if getattr(torch, "_meta_registrations", None) is stand_in:
            del torch._meta_registrations
    import torch

    return torch


def torch_for(texts: Iterable[str]) -> None:
    """Import the rest of torch where one of these texts may need it."""
    if any(_NEEDS_SHAPES.search(text) for text in texts):
        with suppress(ImportError):  # another version of torch may have it elsewhere
            importlib.import_module(_SHAPES_ONLY)

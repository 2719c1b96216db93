"""Imports of large libraries, without looking for garbage in between, and without Ctrl+C in the middle of one."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["importing"]


@contextmanager
def importing() -> Iterator[None]:
    """No collection inside the block: libraries leave no garbage when they are imported, and looking for it takes up to a third
    of the time. What was made there is not looked at later either. Ctrl+C takes effect at the block's end."""
    gc.disable()
    try:
        with _uninterrupted():
            yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl+C inside the block comes at its end: in the middle of an import Python may lose it, or wrap it in another error."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt

"""Arguments are the same after a call as before it; which ones were changed is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbook.check.inputs import Case
from workbook.check.render import as_numpy, is_tensor

__all__ = ["protected"]


@contextmanager
def protected(case: Case, names: Sequence[str] = ()) -> Iterator[Callable[[], tuple[str, ...]]]:
    """Arguments of `case` are restored after the block; the yielded function says which of `names` were changed,
    and is called at the very end of the block.

    Arrays and tensors are looked at, also inside lists, tuples and dicts, and those containers themselves.
    """
    arguments = (*case.args, *case.kwargs.values())
    labels = [*names, *(f"argument {n + 1}" for n in range(len(names), len(arguments)))]
    kept = [_keep(argument) for argument in arguments]
    written: list[bool] | None = None

    def changed() -> tuple[str, ...]:
        nonlocal written
        written = [each.changed() for each in kept]
        return tuple(label for label, each in zip(labels, written, strict=False) if each)

    try:
        yield changed
    finally:
        for each, was in zip(kept, written or [each.changed() for each in kept], strict=True):
            if was:
                # A student's resize of an array that does not own its memory cannot be undone: it was reported all the same.
                with suppress(ValueError, RuntimeError, TypeError):
                    each.restore()


@dataclass
class _Kept:
    """Anything that cannot be changed in place, or that is none of our business."""

    thing: Any

    def changed(self) -> bool:
        return False

    def restore(self) -> None:
        """Give `thing` back what it held."""


class _Array(_Kept):
    def __init__(self, thing: np.ndarray[Any, Any]) -> None:
        super().__init__(thing)
        self.copy = thing.copy(order="K")
        self.writeable = thing.flags.writeable

    def changed(self) -> bool:
        return not _identical(self.thing, self.copy)

    def restore(self) -> None:
        if not self.thing.flags.writeable:
            self.thing.flags.writeable = True
        if self.thing.dtype != self.copy.dtype:
            self.thing.dtype = self.copy.dtype
        if self.thing.shape != self.copy.shape:
            self.thing.resize(self.copy.shape, refcheck=False)
        self.thing[...] = self.copy
        self.thing.flags.writeable = self.writeable


class _Tensor(_Kept):
    def __init__(self, thing: Any) -> None:
        super().__init__(thing)
        self.copy = thing.detach().clone()

    def changed(self) -> bool:
        if self.thing.dtype != self.copy.dtype:
            return True
        return not _identical(as_numpy(self.thing), as_numpy(self.copy))

    def restore(self) -> None:
        if self.thing.shape == self.copy.shape and self.thing.dtype == self.copy.dtype:
            self.thing.detach().copy_(self.copy)  # in the same memory, which others may look at
        else:
            self.thing.data = self.copy.clone()


class _Items(_Kept):
    """A list, tuple or dict: the container itself and what is in it."""

    def __init__(self, thing: Any) -> None:
        super().__init__(thing)
        self.before = list(thing.items()) if isinstance(thing, dict) else list(thing)
        self.inside = [_keep(item) for item in (thing.values() if isinstance(thing, dict) else thing)]

    def changed(self) -> bool:
        now = list(self.thing.items()) if isinstance(self.thing, dict) else list(self.thing)
        moved = len(now) != len(self.before) or not all(map(_same_item, now, self.before))
        return moved or any(each.changed() for each in self.inside)

    def restore(self) -> None:
        for each in self.inside:
            if each.changed():
                each.restore()
        if isinstance(self.thing, dict):
            self.thing.clear()
            self.thing.update(self.before)
        elif isinstance(self.thing, list):
            self.thing[:] = self.before


def _keep(thing: Any) -> _Kept:
    if is_tensor(thing):
        return _Tensor(thing)
    if isinstance(thing, np.ndarray):
        return _Array(thing)
    return _Items(thing) if isinstance(thing, list | tuple | dict) else _Kept(thing)


def _same_item(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return all(map(_same_item, one, other))
    plain = bool | int | float | complex | str | bytes
    return one is other or (type(one) is type(other) and isinstance(one, plain) and one == other)


def _identical(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    # Bytes: NaN is itself, and 0.0 is not -0.0.
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()

"""Arguments are the same after a call as before it; which ones were changed is remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import numpy as np

from workbook.check.inputs import Case
from workbook.check.render import as_numpy, is_tensor

__all__ = ["Protected"]


class Protected:
    """As a context: arguments of `case` are restored after the block; what the block is given says which of `names` were changed,
    and is called at the very end of the block.

    Arrays and tensors are looked at, also inside lists, tuples and dicts, and those containers themselves. This is made for every
    call of a test, so it is no generator.
    """

    __slots__ = ("_kept", "_names", "_written")

    def __init__(self, case: Case, names: Sequence[str] = ()) -> None:
        self._names = names
        self._kept = [_keep(argument) for argument in (*case.args, *case.kwargs.values())]
        self._written: list[bool] | None = None

    def __enter__(self) -> Callable[[], tuple[str, ...]]:
        return self.changed

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.restore()

    def changed(self) -> tuple[str, ...]:
        """Names of the arguments that were written to since they were restored."""
        self._written = written = [each.changed() for each in self._kept]
        if not any(written):
            return ()
        return tuple(
            self._names[place] if place < len(self._names) else f"argument {place + 1}" for place, was in enumerate(written) if was
        )

    def restore(self) -> None:
        """Give the arguments back what they held; when `changed` was asked, only those that it found."""
        for each, was in zip(self._kept, self._written or [each.changed() for each in self._kept], strict=True):
            if was:
                # A student's resize of an array that does not own its memory cannot be undone: it was reported all the same.
                with suppress(ValueError, RuntimeError, TypeError):
                    each.restore()
        self._written = None


class _Kept:
    """Anything that cannot be changed in place, or that is none of our business."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def changed(self) -> bool:
        return False

    def restore(self) -> None:
        """Give `thing` back what it held."""


class _Array(_Kept):
    __slots__ = ("content", "copy", "dtype", "shape", "writeable")

    def __init__(self, thing: np.ndarray[Any, Any]) -> None:
        self.thing = thing
        self.shape, self.dtype, self.writeable = thing.shape, thing.dtype, thing.flags.writeable
        self.content = thing.tobytes()  # bytes: NaN is itself, and 0.0 is not -0.0
        self.copy = thing.copy() if self.dtype.hasobject else None

    def changed(self) -> bool:
        thing = self.thing
        return bool(thing.shape != self.shape or thing.dtype != self.dtype or thing.tobytes() != self.content)

    def restore(self) -> None:
        if not self.thing.flags.writeable:
            self.thing.flags.writeable = True
        if self.thing.dtype != self.dtype:
            self.thing.dtype = self.dtype
        if self.thing.shape != self.shape:
            self.thing.resize(self.shape, refcheck=False)
        self.thing[...] = np.ndarray(self.shape, self.dtype, self.content) if self.copy is None else self.copy
        self.thing.flags.writeable = self.writeable


class _Tensor(_Kept):
    __slots__ = ("content", "copy", "dtype", "shape")

    def __init__(self, thing: Any) -> None:
        self.thing = thing
        self.copy = thing.detach().clone()
        self.shape, self.dtype = thing.shape, thing.dtype
        self.content = as_numpy(self.copy).tobytes()

    def changed(self) -> bool:
        thing = self.thing
        return bool(thing.dtype != self.dtype or thing.shape != self.shape or as_numpy(thing).tobytes() != self.content)

    def restore(self) -> None:
        if self.thing.shape == self.shape and self.thing.dtype == self.dtype:
            self.thing.detach().copy_(self.copy)  # in the same memory, which others may look at
        else:
            self.thing.data = self.copy.clone()


class _Items(_Kept):
    """A list, tuple or dict: the container itself and what is in it."""

    __slots__ = ("before", "inside")

    def __init__(self, thing: Any) -> None:
        self.thing = thing
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

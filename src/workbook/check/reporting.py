"""NumPy arrays that report: methods, operators and functions of NumPy are seen by an array subclass, in a run of their own."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from workbook.check.callers import student_calls

__all__ = ["ReportingArrays"]

# What turns a reporting array into a plain one.
_PLAIN_MAKERS = (
    "array asarray asanyarray ascontiguousarray asfortranarray copy empty zeros ones full fromiter frombuffer empty_like "
    "zeros_like ones_like full_like"
)


class ReportingArrays:
    """Arrays that tell when the student's code calls what is forbidden.

    Args:
        leaves: last components of the forbidden names.
        report: what is called with the name of a forbidden function; it raises.
    """

    def __init__(self, leaves: Collection[str], report: Callable[[str], None]) -> None:
        self._leaves = leaves
        self._report = report
        self._lasting = self._reporting = False

    def prepare(self) -> None:
        """Make everything now that is otherwise made at the first call."""
        _ = self._type, self._makers

    def wrap(self, thing: Any) -> Any:
        """A NumPy array, also in a list, tuple or dict, as one that reports methods, operators and functions."""
        if type(thing) in (list, tuple):
            return type(thing)(self.wrap(item) for item in thing)
        if type(thing) is dict:
            return {key: self.wrap(item) for key, item in thing.items()}
        return thing.view(self._type) if type(thing) is np.ndarray else thing

    @contextmanager
    def installed(self) -> Iterator[None]:
        """What makes arrays stays replaced in the whole block, and reports nothing but inside `on`: that saves time."""
        self._lasting = True
        try:
            with self._replaced():
                yield
        finally:
            self._lasting = False

    @contextmanager
    def on(self) -> Iterator[None]:
        """Inside the block what the student makes with np.array and its like reports too."""
        self._reporting = True
        try:
            with nullcontext() if self._lasting else self._replaced():
                yield
        finally:
            self._reporting = False

    @contextmanager
    def _replaced(self) -> Iterator[None]:
        try:
            for name, (_, making) in self._makers.items():
                setattr(np, name, making)
            yield
        finally:
            for name, (original, _) in self._makers.items():
                setattr(np, name, original)

    @functools.cached_property
    def _makers(self) -> dict[str, tuple[Any, Any]]:
        """NumPy's functions that make arrays, each with what takes its place for the time of a watched run."""

        def making(original: Any) -> Any:
            @functools.wraps(original)
            def made(*args: Any, **kwargs: Any) -> Any:
                result = original(*args, **kwargs)
                return self.wrap(result) if self._reporting and student_calls(sys._getframe(1)) else result

            return made

        names = [name for name in _PLAIN_MAKERS.split() if name not in self._leaves]  # those that are forbidden have a guard
        return {name: (getattr(np, name), making(getattr(np, name))) for name in names}

    @functools.cached_property
    def _type(self) -> type[np.ndarray[Any, Any]]:
        leaves, report, wrap = self._leaves, self._report, self.wrap

        class Watched(np.ndarray[Any, Any]):
            def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
                name = func.__name__
                if name in leaves and student_calls(sys._getframe(1)):
                    report(f"numpy.{name}")
                return wrap(super().__array_function__(func, types, args, kwargs))

            def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **kwargs: Any) -> Any:
                name = ufunc.__name__
                if (name in leaves or method in leaves) and student_calls(sys._getframe(1)):
                    report(
                        "the operator @ (numpy.matmul)"
                        if name == "matmul"
                        else f"numpy.{name}" + (f".{method}" if method != "__call__" else "")
                    )
                plain = [np.ndarray.view(item, np.ndarray) if isinstance(item, Watched) else item for item in inputs]
                if out:
                    kwargs["out"] = tuple(np.ndarray.view(item, np.ndarray) if isinstance(item, Watched) else item for item in out)
                result = getattr(ufunc, method)(*plain, **kwargs)
                return result.view(Watched) if isinstance(result, np.ndarray) else result

            def view(self, *kinds: Any, **named: Any) -> Any:
                """Not out of the watch: a view as a plain array stays a reporting one."""
                wanted = [item for item in (*kinds, *named.values()) if item is not np.ndarray]
                return super().view(*wanted) if wanted else super().view(Watched)

        for leaf in self._leaves:
            if callable(getattr(np.ndarray, leaf, None)) and not leaf.startswith("__"):
                setattr(Watched, leaf, _method(leaf, report))
        return Watched


def _method(leaf: str, report: Callable[[str], None]) -> Callable[..., Any]:
    def method(self: np.ndarray[Any, Any], *args: Any, **kwargs: Any) -> Any:
        if student_calls(sys._getframe(1)):
            report(f"numpy.ndarray.{leaf}")
        return getattr(np.ndarray, leaf)(self, *args, **kwargs)

    return method

"""Watching the means: which library functions does the student's own code call?

Calls are observed, never searched for in the text. torch reports every call through a TorchFunctionMode; NumPy's module functions
and einops' entry points are replaced for the time of the call; NumPy's methods and operators are seen by arrays that report
(`reporting`), in a run of their own. A call counts when the student's code makes it, not when a library makes it on the way.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Any

from workbook.check.callers import student_calls
from workbook.check.reporting import ReportingArrays
from workbook.errors import Forbidden

__all__ = ["Watch"]

_CONVOLUTIONS = "convolution _convolution mkldnn_convolution thnn_conv2d _slow_conv2d_forward slow_conv3d conv_depthwise3d"
# Names that do the same work as a forbidden one, by last component.
_RELATIVES = {
    "matmul": "__matmul__ __rmatmul__ mm bmm mv matvec vecmat multi_dot chain_matmul addmm addmv baddbmm addbmm",
    "dot": "vecdot",
    "inner": "vecdot",
    "outer": "ger",
    "diagonal": "diag diagonal_copy diagonal_scatter",
    "diag": "diagonal diagonal_copy",
    "conv1d": f"Conv1d conv2d conv3d conv_transpose1d conv_tbc {_CONVOLUTIONS}",
    "conv2d": f"Conv2d conv1d conv3d conv_transpose2d {_CONVOLUTIONS}",
    "unfold": "unfold_copy Unfold im2col",
    "reshape": "reshape_as view_as unflatten",
    "sort": "argsort msort",
    "tril": "triu",
    "mean": "nanmean",
    "pixel_shuffle": "PixelShuffle native_pixel_shuffle",
}
# With `only`: what every answer may do besides, in torch's names for operators and conversions ...
_OPERATORS = "add sub mul neg __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __neg__ __get__ __len__ __format__ __repr__"
_HARMLESS = {
    *_OPERATORS.split(),
    *("add_", "sub_", "mul_", "__iadd__", "__isub__", "__imul__"),
    *("size", "dim", "numel", "item", "long", "int", "to", "contiguous", "clone"),
}
# ... and the classes whose call makes a tensor, which torch does not report.
_MAKERS = "Tensor FloatTensor DoubleTensor HalfTensor LongTensor IntTensor ShortTensor ByteTensor BoolTensor from_dlpack"
# Modules whose functions are twins of each other.
_NUMPY = ("numpy", "numpy.linalg", "numpy.lib.stride_tricks", "numpy.ma", "numpy.random")
_TORCH = ("torch", *(f"torch.{name}" for name in ("nn", "nn.functional", "linalg", "special", "masked", "distributions")))
_EINOPS = "repeat reduce pack unpack einsum asnumpy"


class Watch:
    """Sees whether forbidden functions are called while a student's function runs.

    Args:
        forbid: dotted names, "numpy.trace" or "torch.Tensor.unfold"; their twins in other namespaces and near relatives count too.
        only: when not empty, dotted names of torch and einops functions; every other torch function counts as forbidden.

    Attributes:
        seen: the first forbidden call.
        arrays: NumPy arrays that report, where a run with them is worth while.
    """

    def __init__(self, forbid: Sequence[str], only: Sequence[str] = ()) -> None:
        self.allowed = tuple(only)
        self.only = frozenset(name.rpartition(".")[2] for name in only)
        self.leaves: dict[str, str] = {}
        for dotted in forbid:
            leaf = dotted.rpartition(".")[2]
            for name in (leaf, f"{leaf}_copy", f"{leaf}_", *_RELATIVES.get(leaf, "").split()):
                self.leaves.setdefault(name, dotted)
        self.homes = {dotted.rpartition(".")[0] for dotted in forbid}
        self.libraries = {dotted.partition(".")[0] for dotted in (*forbid, *only)}
        if self.only and "torch" in self.libraries:
            others = [*_MAKERS.split(), *(_EINOPS.split() if "einops" in self.libraries else ())]
            self.leaves.update((name, f"torch.{name}") for name in others if name not in self.only | self.leaves.keys())
        self.seen: Forbidden | None = None
        self.arrays = ReportingArrays(self.leaves, self.report) if "numpy" in self.libraries and self.leaves else None
        self._lasting = False
        self._seen_names: dict[str, Any] | None = None
        self._replaced: list[tuple[str, Any, Any]] = []

    def __bool__(self) -> bool:
        return bool(self.leaves or self.only)

    @property
    def _arrays(self) -> bool:
        return bool(self.libraries & {"numpy", "torch"})

    def report(self, name: str) -> None:
        """Remember and raise: the student's code may catch the exception, the memory stays."""
        self.seen = self.seen or Forbidden(name, self.allowed)
        raise Forbidden(name, self.allowed)

    def prepare(self) -> Watch:
        """Make everything now that is otherwise made at the first call; the watch itself."""
        _ = self._functions, self._classes
        if self.arrays is not None:
            self.arrays.prepare()
        if self._arrays and "torch" in sys.modules:
            _ = self._mode
        return self

    def begin(self) -> Watch:
        """Forget what was seen; the watch itself."""
        self.seen, self._seen_names = None, None
        return self

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Functions of modules stay guarded in the whole block, for which only we and the student may compute: that saves time."""
        self._lasting = True
        try:
            for namespace, leaf, _, guard in self._functions:
                setattr(namespace, leaf, guard)
            with self.arrays.installed() if self.arrays is not None else nullcontext():
                yield
        finally:
            self._lasting = False
            for namespace, leaf, original, _ in reversed(self._functions):
                setattr(namespace, leaf, original)

    def on(self, function: Callable[..., Any]) -> AbstractContextManager[None]:
        """Watch module functions and torch while the block runs; `function` is the student's."""
        return _On(self, function)

    def _imported(self, function: Callable[..., Any]) -> tuple[dict[str, Any], list[tuple[str, Any, Any]]]:
        """What `from numpy import trace` has put into the student's own globals: name, function and guard. Looked up once."""
        names: dict[str, Any] = getattr(getattr(function, "__wrapped__", function), "__globals__", {})
        if self._seen_names is not names:
            guarded = {id(original): guard for _, _, original, guard in (*self._functions, *self._classes)}
            found = [(key, value) for key, value in list(names.items()) if id(value) in guarded and callable(value)]
            self._seen_names, self._replaced = names, [(key, value, guarded[id(value)]) for key, value in found]
        return names, [entry for entry in self._replaced if names.get(entry[0]) is entry[1]]

    @functools.cached_property
    def _functions(self) -> list[tuple[Any, str, Any, Any]]:
        """Module, name, function and its guard of all functions that are replaced during a call."""
        return self._guards(lambda original: callable(original) and not isinstance(original, type))

    @functools.cached_property
    def _classes(self) -> list[tuple[Any, str, Any, Any]]:
        """The same of classes. While they are replaced `isinstance` and `view` of others, of ours too, do not know them."""
        return self._guards(lambda original: isinstance(original, type))

    def _guards(self, wanted: Callable[[Any], bool]) -> list[tuple[Any, str, Any, Any]]:
        found = []
        for namespace in self._namespaces():
            for leaf in self.leaves:
                original = getattr(namespace, leaf, None)
                if wanted(original):
                    found.append((namespace, leaf, original, self._guard(original, f"{_short(namespace)}.{leaf}")))
        return found

    # --- module functions -------------------------------------------------------------------------------------------

    def _namespaces(self) -> list[Any]:
        names = []
        if self._arrays:  # a name that is forbidden in NumPy is forbidden in torch too, and the other way round
            for name in _NUMPY:  # some come when they are first named, which the answer may be about to do
                importlib.import_module(name)
            names += [*_NUMPY, *_TORCH]
        names += [library for library in self.libraries if library not in ("numpy", "torch")]
        names += sorted(self.homes)
        return [sys.modules[name] for name in dict.fromkeys(names) if name in sys.modules]

    def _guard(self, original: Any, name: str) -> Any:
        if isinstance(original, type):
            return self._guard_class(original, name)

        @functools.wraps(original)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if student_calls(sys._getframe(1)):
                self.report(name)
            return original(*args, **kwargs)

        return guarded

    def _guard_class(self, original: Any, name: str) -> Any:
        if hasattr(original, "forward"):
            return original  # a layer: what it calls is seen
        watch = self

        class Guarding(type):
            def __call__(cls, *args: Any, **kwargs: Any) -> Any:
                if student_calls(sys._getframe(1)):
                    watch.report(name)
                return original(*args, **kwargs)

            def __instancecheck__(cls, thing: Any) -> bool:
                return isinstance(thing, original)

            def __getattr__(cls, attribute: str) -> Any:
                return getattr(original, attribute)

        return Guarding(original.__name__, (), {})

    # --- torch ------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _mode(self) -> Any:
        """The torch mode that reports calls to this watch."""
        from torch.overrides import TorchFunctionMode

        watch = self

        class Mode(TorchFunctionMode):  # type: ignore[misc, unused-ignore]  # torch's stubs leave the base untyped
            def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                name = getattr(func, "__name__", "").partition(".")[0]  # aten's overloads are called unfold.default
                if watch.counts(name) and student_calls(sys._getframe(1), getattr(func, "__code__", None)):
                    watch.report(watch.spoken(name))
                return func(*args, **kwargs) if kwargs else func(*args)

        return Mode()

    def counts(self, name: str) -> bool:
        """Is a torch function of this name against the rules?"""
        return name in self.leaves or (bool(self.only) and name not in self.only and name not in _HARMLESS)

    def spoken(self, name: str) -> str:
        """How a torch function is called in the message: as the rule has it, where it is the rule's own."""
        rule = self.leaves.get(name, "")
        if name in ("matmul", "__matmul__", "__rmatmul__"):
            return "the operator @ (torch.matmul)"
        if name in ("__getitem__", "__setitem__"):
            return "indexing with [...]"
        return rule if rule.rpartition(".")[2] == name else f"torch.{name}"


class _On:
    """The block of `Watch.on`. A plain class: it is entered for every call of a test."""

    __slots__ = ("_function", "_guards", "_mode", "_names", "_replaced", "_watch")

    def __init__(self, watch: Watch, function: Callable[..., Any]) -> None:
        self._watch, self._function = watch, function
        self._guards = watch._classes if watch._lasting else [*watch._functions, *watch._classes]
        self._mode = watch._mode if watch._arrays and "torch" in sys.modules else None
        self._names: dict[str, Any] = {}
        self._replaced: list[tuple[str, Any, Any]] = []

    def __enter__(self) -> None:
        for namespace, leaf, _, guard in self._guards:
            setattr(namespace, leaf, guard)
        self._names, self._replaced = self._watch._imported(self._function)
        for key, _, guard in self._replaced:
            self._names[key] = guard
        if self._mode is not None:
            self._mode.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if self._mode is not None:
                self._mode.__exit__(kind, error, trace)
        finally:
            for key, value, _ in self._replaced:
                self._names[key] = value
            for namespace, leaf, original, _ in reversed(self._guards):
                setattr(namespace, leaf, original)


def _short(namespace: Any) -> str:
    return str(namespace.__name__)

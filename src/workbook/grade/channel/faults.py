"""Exceptions of the other side, as exceptions of this one: `except` and `isinstance` know them by class and base classes."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from typing import Any

from workbook.errors import Forbidden

__all__ = ["Faults", "bases_of", "known_class", "number_of_error", "with_frames"]

_LIBRARIES = ("builtins", "numpy", "torch", "einops", "jaxtyping")
_NEVER = (KeyboardInterrupt, SystemExit, GeneratorExit)  # would stop the grader, not the answer
_CLASSES = 512
_TEXT = 4000  # characters of a message
_NUMBER = "__workbook_number__"
_HANDLE = "__workbook_handle__"


class _Kind(type):
    """The class of exception classes that stand for one of the other side: called, and asked for what is its own, over there."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        handle = cls.__dict__.get(_HANDLE)
        return handle(*args, **kwargs) if handle is not None else super().__call__(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        handle = cls.__dict__.get(_HANDLE)
        if handle is None or name.startswith("_"):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return getattr(handle, name)


class Faults:
    """The exceptions and exception classes that came over one channel."""

    def __init__(self) -> None:
        self._classes: dict[tuple[str, ...], type[BaseException]] = {}
        self._numbered: dict[int, type[BaseException]] = {}

    def told(self, told: list[Any]) -> BaseException:
        """An exception by its class' name, the dotted names, its text, and the rule that it broke."""
        kind, bases, text, rule = told[:4]
        if type(rule) is list and len(rule) == 3 and all(type(word) is str for word in rule):
            error = Forbidden(rule[0][:300])
            error.fact, error.advice = rule[1][:300], rule[2][:300]
            return error
        names = [str(base)[:200] for base in bases[:20]]
        if not names or names[0].rpartition(".")[2] != kind:
            names.insert(0, f"__main__.{kind[:80]}")
        return self.error(names, text[:_TEXT])

    def error(
        self, bases: Sequence[str], text: str, handle: Any = None, number: int | None = None, kind_number: int | None = None
    ) -> BaseException:
        """An exception.

        Args:
            bases: dotted names of its class and of the base classes.
            text: what `str` gives.
            handle, number: stand for the exception itself: its attributes are asked there.
            kind_number: of its class' handle, where that is known.
        """
        kind = self.kind(bases, number=kind_number)
        error: BaseException = kind.__new__(kind)
        error.args = (text,)
        error.__dict__.update({"__workbook_text__": text, _HANDLE: handle, _NUMBER: number})
        return error

    def kind(self, bases: Sequence[str], handle: Any = None, number: int | None = None) -> type[BaseException]:
        """The class of these dotted names; the same one each time. Two of the same names differ by their handles' numbers."""
        names = tuple(bases)
        kind = self._classes.get(names) if number is None else self._numbered.get(number)
        if kind is None:
            kind = self._made(names)
            if len(self._classes) < _CLASSES or names in self._classes:
                self._classes[names] = kind
            if number is not None and len(self._numbered) < _CLASSES:
                self._numbered[number] = kind
        if handle is not None:
            type.__setattr__(kind, _HANDLE, handle)
            type.__setattr__(kind, _NUMBER, number)
        return kind

    def _made(self, names: tuple[str, ...]) -> type[BaseException]:
        known = next((found for found in map(known_class, names) if found is not None), Exception)
        base = known
        if issubclass(known, _NEVER) or not _can_stand_alone(known):
            base = next((kind for kind in known.__mro__ if issubclass(kind, Exception) and _can_stand_alone(kind)), Exception)
        if len(names) > 1 and known_class(names[0]) is None:
            parent = self.kind(names[1:])
            base = parent if issubclass(parent, base) else base
        name = names[0].rpartition(".")[2] if names else ""
        members = {
            "__module__": known.__module__,
            "__init__": Exception.__init__,
            "__str__": _text,
            "__getattr__": _attribute,
            "args": property(_args, lambda error, value: BaseException.args.__set__(error, value)),  # type: ignore[attr-defined]
            "__workbook_kind__": known,
        }
        made: Any = _Kind(name if name.isidentifier() else "Exception", (base,), members)
        return made  # type: ignore[no-any-return]  # one of its bases is an exception


def _text(error: BaseException) -> str:
    return str(error.__dict__.get("__workbook_text__", ""))


def _attribute(error: BaseException, name: str) -> Any:
    handle = error.__dict__.get(_HANDLE)
    if handle is None or name.startswith("_"):
        raise AttributeError(f"{type(error).__name__!r} object has no attribute {name!r}")
    return getattr(handle, name)


def _args(error: BaseException) -> Any:
    handle = error.__dict__.get(_HANDLE)
    found = handle.args if handle is not None else None
    return found if type(found) is tuple else BaseException.args.__get__(error)  # type: ignore[attr-defined]


def with_frames(error: BaseException, where: str, frames: list[Any], stub: bool) -> BaseException:
    """An exception with the student's frames, ready to be raised in the test."""
    places = [(str(frame[0])[:80], frame[1]) for frame in frames[:20] if _is_place(frame)]
    error.__dict__.update(__workbook_frames__=places, __workbook_stub__=stub, __workbook_where__=where[:300])
    return error


def _is_place(frame: Any) -> bool:
    return type(frame) is list and len(frame) == 2 and type(frame[1]) is int


def bases_of(kind: type) -> list[str]:
    """Dotted names of an exception class and of its base classes."""
    return [f"{base.__module__}.{base.__qualname__}"[:200] for base in kind.__mro__ if issubclass(base, BaseException)][:20]


def number_of_error(thing: Any) -> int | None:
    """The handle's number, where an exception or exception class stands for one of the other side."""
    kind = type(thing)
    if issubclass(kind, _Kind):
        found = type.__getattribute__(thing, "__dict__").get(_NUMBER)
    elif issubclass(kind, BaseException) and issubclass(type(kind), _Kind):
        found = BaseException.__getattribute__(thing, "__dict__").get(_NUMBER)
    else:
        found = None
    return found if type(found) is int else None


def known_class(dotted: str) -> type[BaseException] | None:
    """A class of exceptions of Python or of a library that is loaded here."""
    module, _, name = dotted.rpartition(".")
    if module.partition(".")[0] not in _LIBRARIES:
        return None
    # Never getattr: a library's module may import half of it for a name.
    found = vars(builtins if module == "builtins" else sys.modules.get(module, builtins)).get(name)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _can_stand_alone(kind: type[BaseException]) -> bool:
    try:
        type("probe", (kind,), {"__init__": Exception.__init__})()
    except TypeError:
        return False
    return True

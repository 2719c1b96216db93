"""Proxies: what stands on one side of the channel for an object of the other. What is done to a proxy is done over there."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from workbook.grade.channel.faults import Faults, bases_of, known_class, number_of_error
from workbook.grade.channel.frame import WireError
from workbook.grade.channel.operations import SPECIAL, SWAPPED

__all__ = ["Handles", "Proxy", "about", "number_of", "owner_of"]

_OBJECTS = 100_000
_TEXT = 4000  # characters of anything that is only shown
_PARAMETERS = 100
_NAMES = {"__name__", "__doc__", "__dict__", "__qualname__", "__wrapped__", "__module__"}
# Functions that are the same on both sides, by name: they compute, and touch nothing.
_SHAPES = "reshape transpose broadcast_to expand_dims squeeze moveaxis swapaxes sum prod mean max min argmax argmin where"


class Proxy:
    """Stands for an object of the other side.

    Special attributes are never asked for: NumPy and torch would take what `__array_interface__` says for memory of this process.
    """

    __slots__ = ("__weakref__", "_workbook_class", "_workbook_number", "_workbook_owner")
    __array_ufunc__ = None  # `array * proxy` is the proxy's: the operation takes place where the object is

    def __getattr__(self, name: str) -> Any:
        if name == "__signature__":
            return _signature(owner_of(self).operate("parameters", self))
        if name.startswith("_workbook") or (name.startswith("__") and name.endswith("__") and name not in _NAMES):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return owner_of(self).operate("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        owner_of(self).operate("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        owner_of(self).operate("delattr", self, name)

    def __dir__(self) -> list[str]:
        found = owner_of(self).operate("dir", self)
        return [name for name in found if type(name) is str] if type(found) is list else []

    def __repr__(self) -> str:
        return _shown(owner_of(self).operate("repr", self))

    def __str__(self) -> str:
        return _shown(owner_of(self).operate("str", self))

    def __format__(self, spec: str) -> str:
        return _shown(owner_of(self).operate("format", self, spec))

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        return self is other

    def __copy__(self) -> Any:
        return owner_of(self).operate("copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return owner_of(self).operate("deepcopy", self)

    def __reduce__(self) -> Any:
        raise TypeError("an object of another process cannot be pickled")

    def __mro_entries__(self, bases: Any) -> Any:
        raise RuntimeError("a test cannot derive from a class of the answer: it writes the derived class with check.define")

    def __instancecheck__(self, thing: Any) -> bool:
        if not object.__getattribute__(self, "_workbook_class"):
            raise TypeError("isinstance() arg 2 must be a type, a tuple of types, or a union")
        return number_of(thing) is not None and owner_of(self).operate("isinstance", thing, self) is True

    def __subclasscheck__(self, thing: Any) -> bool:
        return number_of(thing) is not None and owner_of(self).operate("issubclass", thing, self) is True


class Handles:
    """Everything of the other side's that is known here: the same object is always the same proxy.

    Args:
        owner: this side of the conversation; its `operate` does an operation over there.
        members: what the classes of callable proxies have besides.
    """

    def __init__(self, owner: Any, members: Sequence[tuple[str, Any]] = ()) -> None:
        self.owner = owner
        self.faults = Faults()
        self._members = tuple(members)
        self._things: dict[int, Any] = {}

    def value(self, number: Any, name: Any, places: Any, is_class: Any, more: Any = None, *, proxy: bool = False) -> Any:
        """What a handle stands for; with `proxy` a library's function is a proxy too.

        Raises:
            WireError: it is malformed, or there are too many.
        """
        if type(number) is not int or not 0 <= number < _OBJECTS or type(name) is not str or type(places) is not list:
            raise WireError("an impossible handle")
        if number in self._things:
            return self._things[number]
        match more:
            case ["library", str(dotted)] if not proxy and (found := _library(dotted)) is not None:
                return found
            case ["random", str(state), str(increment), int(has), int(rest)]:
                return _random(state, increment, has, rest)
        thing: Any = self._proxy(number, name, places, is_class is True)
        match more:
            case ["error", list(bases), str(text), *known]:
                names = [str(base)[:200] for base in bases[:20]]
                thing = self.faults.error(names, text[:_TEXT], thing, number, next((n for n in known if type(n) is int), None))
            case ["fault", list(bases)]:
                thing = self.faults.kind([str(base)[:200] for base in bases[:20]], thing, number)
        self._things[number] = thing
        return thing

    def _proxy(self, number: int, name: str, places: list[Any], is_class: bool) -> Proxy:
        special = tuple(SPECIAL[place] for place in places if type(place) is int and 0 <= place < len(SPECIAL))
        kind = _kind(name[:80], special)
        if "__call__" in special and self._members:
            kind = _with(kind, self._members)  # type: ignore[arg-type]  # a class is hashable, whatever its objects are
        proxy: Proxy = kind.__new__(kind)
        object.__setattr__(proxy, "_workbook_owner", self.owner)
        object.__setattr__(proxy, "_workbook_number", number)
        object.__setattr__(proxy, "_workbook_class", is_class)
        return proxy


def about(thing: Any, text: Callable[[BaseException], str]) -> list[Any] | None:
    """What the other side should know of an object besides its class: the last entry of its handle.

    Args:
        text: what may be told of an exception.
    """
    kind = type(thing)
    if issubclass(kind, BaseException):
        return ["error", bases_of(kind), text(thing)[:_TEXT]]
    if kind is np.random.Generator and type(thing.bit_generator) is np.random.PCG64:
        state = thing.bit_generator.state
        return ["random", *(f"{state['state'][key]:x}" for key in ("state", "inc")), state["has_uint32"], state["uinteger"]]
    if issubclass(kind, type) and issubclass(thing, BaseException):
        dotted = f"{thing.__module__}.{thing.__qualname__}"
        return ["library", dotted] if known_class(dotted) is thing else ["fault", bases_of(thing)]
    if kind is np.ufunc or kind is type(np.sum) or kind is type(np.where):
        name = getattr(thing, "__name__", None)
        return ["library", f"numpy.{name}"] if isinstance(name, str) and _library(f"numpy.{name}") is thing else None
    return None


def number_of(thing: Any) -> int | None:
    """The handle's number of what stands for an object of the other side; None for anything else."""
    if issubclass(type(thing), Proxy):
        number: int = object.__getattribute__(thing, "_workbook_number")
        return number
    return number_of_error(thing)


def _library(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    if module != "numpy":
        return known_class(dotted)
    found = vars(np).get(name)
    return found if isinstance(found, np.ufunc) or name in _SHAPES.split() else None


def _random(state: str, increment: str, has: int, rest: int) -> np.random.Generator:
    """A generator of random numbers that goes on as the other side's would."""
    if len(state) > 32 or len(increment) > 32:
        raise WireError("an impossible state")
    bits = np.random.PCG64(0)
    numbers = {"state": int(state, 16), "inc": int(increment, 16)}
    state_of: Any = {"bit_generator": "PCG64", "state": numbers, "has_uint32": has, "uinteger": rest}
    bits.state = state_of
    return np.random.Generator(bits)


def owner_of(proxy: Proxy) -> Any:
    """The side of the conversation that a proxy belongs to."""
    return object.__getattribute__(proxy, "_workbook_owner")


def _shown(value: Any) -> str:
    return value[:_TEXT] if type(value) is str else "<not a text>"


def _signature(parameters: Any) -> inspect.Signature:
    try:
        found = [
            inspect.Parameter(name, inspect._ParameterKind(kind), default=None if default else inspect.Parameter.empty)
            for name, kind, default in parameters[:_PARAMETERS]
        ]
        return inspect.Signature(found)
    except (TypeError, ValueError, AttributeError):
        raise AttributeError("no signature") from None


# --- classes of proxies -----------------------------------------------------------------------------------------------


def _forward(name: str, *, swapped: bool = False) -> Callable[..., Any]:
    if swapped:
        return lambda self, other, /: owner_of(self).operate(name, other, self)
    return lambda self, /, *operands, **kwargs: owner_of(self).operate(name, self, *operands, **kwargs)


def _leaving(self: Proxy, kind: Any, error: BaseException | None, trace: Any) -> Any:
    return bool(owner_of(self).operate("exit", self, error))


def _sized(name: str, wanted: type) -> Callable[..., Any]:
    """len, bool, int and their kin: Python wants this very type."""

    def asked(self: Proxy) -> Any:
        value = owner_of(self).operate(name, self)
        if type(value) is not wanted:
            raise TypeError(f"{name} gave no {wanted.__name__}")
        return value

    return asked


def _doc(self: Proxy) -> Any:
    return owner_of(self).operate("getattr", self, "__doc__")


_WANTED = {"len": int, "bool": bool, "int": int, "float": float, "complex": complex, "index": int, "hash": int}
_GENERATOR = {
    "send": lambda self, value: owner_of(self).operate("send", self, value),
    "throw": lambda self, error: owner_of(self).operate("throw", self, error),
}


@lru_cache(maxsize=1024)
def _kind(name: str, special: tuple[str, ...]) -> type[Proxy]:
    """A class of proxies called like the object's own class, with the special methods that it has."""
    members: dict[str, Any] = {
        "__slots__": (),
        "__doc__": property(lambda self: owner_of(self).operate("getattr", self, "__doc__")),
    }
    for method in special:
        plain = method[2:-2]
        if plain in _WANTED:
            members[method] = _sized(plain, _WANTED[plain])
        elif plain == "exit":
            members[method] = _leaving
        elif method in SWAPPED:
            members[method] = _forward(SWAPPED[method], swapped=True)
        else:
            members[method] = _forward(plain)
    if "__eq__" in members:
        members.setdefault("__hash__", Proxy.__hash__)
    if "__next__" in members and name == "generator":
        members.update(_GENERATOR)
    return type(name, (Proxy,), members)


@lru_cache(maxsize=1024)
def _with(kind: type[Proxy], members: tuple[tuple[str, Any], ...]) -> type[Proxy]:
    return type(kind.__name__, (kind,), {"__slots__": (), "__doc__": kind.__dict__["__doc__"], **dict(members)})

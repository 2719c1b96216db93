"""What can be done to an object of the other side, by name: calls, attributes, items, iteration, operators.

Both sides read this table: a proxy gets the special methods that the object's own class has, so that `len(x)` fails, or not,
as it does beside the object.
"""

from __future__ import annotations

import copy
import inspect
import operator
from collections.abc import Callable
from typing import Any

__all__ = ["OPERATIONS", "SPECIAL", "SWAPPED", "places", "traits"]


def _call(function: Any, /, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _leave(manager: Any, error: BaseException | None) -> Any:
    """Leave a `with` block, which `error` has ended where there is one."""
    if error is None:
        return type(manager).__exit__(manager, None, None, None)
    return type(manager).__exit__(manager, type(error), error, error.__traceback__)


def _power(base: Any, exponent: Any) -> Any:
    return base**exponent


def _parameters(function: Any) -> list[tuple[str, int, bool]]:
    """Name, kind and whether there is a default, of each parameter of a function or class."""
    found = inspect.signature(function).parameters.values()
    return [(each.name, int(each.kind), each.default is not inspect.Parameter.empty) for each in found]


def _define(source: str, name: str, names: dict[str, Any], /) -> Any:
    """Run a test's own lines beside the objects they are about; what they define under `name`."""
    space = {"__name__": "__test__", **names}
    exec(compile(source, "<the test>", "exec", dont_inherit=True), space)
    return space[name]


_BINARY: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "divmod": divmod,
    "pow": _power,
    "matmul": operator.matmul,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
}
_IN_PLACE = {f"i{name}": getattr(operator, f"i{name}") for name in _BINARY if name != "divmod"}
_COMPARE = {name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")}
_UNARY: dict[str, Callable[..., Any]] = {
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": operator.abs,
    "invert": operator.invert,
    "len": len,
    "iter": iter,
    "next": next,
    "reversed": reversed,
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "hash": hash,
}
OPERATIONS: dict[str, Callable[..., Any]] = {
    **_BINARY,
    **_IN_PLACE,
    **_COMPARE,
    **_UNARY,
    "call": _call,
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "round": round,
    "repr": repr,
    "str": str,
    "format": format,
    "dir": dir,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": _leave,
    "isinstance": isinstance,
    "issubclass": issubclass,
    "send": lambda generator, value: generator.send(value),
    "throw": lambda generator, error: generator.throw(error),
    "parameters": _parameters,
    "define": _define,
}
# Special methods that a proxy has where the object's class has them. Their places in the list are what is sent.
SPECIAL = [
    *(f"__{name}__" for name in (*_BINARY, *_IN_PLACE, *_UNARY, *_COMPARE)),
    *(f"__{name}__" for name in ("call", "getitem", "setitem", "delitem", "contains", "round", "enter", "exit")),
    *(f"__r{name}__" for name in _BINARY),
]
SWAPPED = {f"__r{name}__": name for name in _BINARY}
_PLACES = {name: place for place, name in enumerate(SPECIAL)}


def traits(kind: type) -> list[int]:
    """Places in SPECIAL of the special methods that a class has of its own."""
    names = {name for base in kind.__mro__[:-1] for name in base.__dict__}
    if issubclass(kind, type):
        names.add("__call__")
    return places(names)


def places(names: set[str]) -> list[int]:
    """Places in SPECIAL of those names that stand there."""
    return sorted(_PLACES[name] for name in names if name in _PLACES)

"""What can be done to an object of the other side, by name: calls, attributes, items, iteration, operators.

Both sides read this table: the trusted side gives a proxy the special methods that the object's own class has, so that
`len(x)` fails, or not, as it does beside the student's code.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

__all__ = ["OPERATIONS", "SPECIAL", "traits"]


def _call(function: Any, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _leave(manager: Any, name: str, text: str) -> Any:
    """Leave a `with` block; `name` is the class of the exception that ended it, or ""."""
    if not name:
        return type(manager).__exit__(manager, None, None, None)
    error = type(name, (Exception,), {})(text)
    return type(manager).__exit__(manager, type(error), error, None)


def _power(base: Any, exponent: Any) -> Any:
    return base**exponent


_BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": _power,
    "matmul": operator.matmul,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
}
_IN_PLACE = {
    f"i{name}": getattr(operator, f"i{name}") for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
}
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
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": _leave,
    "isinstance": isinstance,
    "issubclass": issubclass,
}
# Special methods that a proxy has where the object's class has them. Their places in the list are what is sent.
SPECIAL = [
    *(f"__{name}__" for name in (*_BINARY, *_IN_PLACE, *_UNARY, "call", "getitem", "setitem", "delitem", "contains", "round")),
    *(f"__r{name}__" for name in _BINARY),
    *(f"__{name}__" for name in ("lt", "le", "gt", "ge", "eq", "enter", "exit")),
]
_PLACES = {name: place for place, name in enumerate(SPECIAL)}


def traits(kind: type) -> list[int]:
    """Places in SPECIAL of the special methods that a class has of its own."""
    names = {name for base in kind.__mro__[:-1] for name in base.__dict__}
    if issubclass(kind, type):
        names.add("__call__")
    return sorted(_PLACES[name] for name in names if name in _PLACES)

"""What the student's code may do with objects that the test has handed to it: call, iterate, and use what the test's own classes
define. Everything else of this process stays out of its reach."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any

from workbook.errors import CheckFailure
from workbook.grade.channel.decode import Decoder
from workbook.grade.channel.frame import WireError
from workbook.grade.channel.handles import about
from workbook.grade.channel.operations import OPERATIONS, SWAPPED, places

__all__ = ["offer", "perform", "requested"]

_TESTS = "workbook_"  # how the modules of a chapter's tests are named: see check.load
# Of anything that a test hands over. Operators are not among these: they could be asked for a power that takes for ever.
_PLAIN = {f"__{name}__" for name in ("call", "iter", "next", "len", "getitem", "contains", "bool", "reversed")}
_NEVER = ("dir", "define", "copy", "deepcopy")
_SECOND = (*SWAPPED.values(), "isinstance", "issubclass")  # where the test's object may stand on the right
_GENERATOR = ("send", "throw", "close")


def offer(thing: Any) -> list[Any]:
    """The handle of an object, without its number: class, special methods, whether it is a class, and what else is to be known."""
    kind = type(thing)
    more = about(thing, lambda error: "" if isinstance(error, CheckFailure) else str(error))
    return [kind.__name__[:80], places(_special(kind)), isinstance(thing, type), more]


def requested(decoder: Decoder, name: Any, operands: Any, kwargs: Any) -> tuple[str, list[Any], dict[str, Any], list[bool]]:
    """What `perform` takes, from the nodes of a request.

    Raises:
        WireError: they are malformed.
    """
    if type(name) is not str or type(operands) is not list:
        raise WireError("an impossible request")
    own = [type(node) is list and node[:1] == ["o"] for node in operands]
    values, keywords = [decoder.value(node) for node in operands], decoder.value(kwargs)
    if type(keywords) is not dict or not all(type(key) is str for key in keywords):
        raise WireError("impossible keywords")
    return name, values, keywords, own


def perform(name: str, operands: Sequence[Any], kwargs: dict[str, Any], own: list[bool]) -> Any:
    """Do an operation that the student's code asks for; `own` says which operands are objects of the test's.

    Raises:
        Exception: whatever the test's code raises; TypeError or AttributeError for what is not offered.
    """
    swapped = len(own) == 2 and not own[0] and own[1] and name in _SECOND
    if name not in OPERATIONS or name in _NEVER or not (own[:1] == [True] or swapped):
        raise TypeError(f"{name} is not offered")
    thing = operands[1 if swapped else 0]
    if name == "call":
        return thing(*operands[1:], **kwargs)
    if kwargs:
        raise TypeError(f"{name} takes no keywords")
    if name in ("getattr", "setattr", "delattr"):
        return _attribute(name, thing, *operands[1:])
    kind = type(thing)
    if name in ("repr", "str", "format", "isinstance", "issubclass"):
        allowed = _is_tests(thing if name.startswith("is") and isinstance(thing, type) else kind)
        return OPERATIONS[name](*operands) if allowed else f"<{kind.__name__} of the test>"
    allowed = kind is types.GeneratorType if name in ("send", "throw") else name == "parameters"
    if not allowed and f"__r{name}__" not in _special(kind) and (swapped or f"__{name}__" not in _special(kind)):
        raise TypeError(f"{kind.__name__!r} object does not offer {name}")
    return OPERATIONS[name](*operands)


def _special(kind: type) -> set[str]:
    names = {name for base in kind.__mro__[:-1] for name in base.__dict__ if _is_tests(base) or name in _PLAIN}
    if issubclass(kind, type):
        names.add("__call__")
    return names


def _is_tests(kind: type) -> bool:
    """Is it a class that a chapter's tests define? What it defines is meant to be used."""
    return str(kind.__module__).startswith(_TESTS)


def _attribute(operation: str, thing: Any, name: Any, *value: Any) -> Any:
    kind = type(thing)
    missing = AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
    if type(name) is not str:
        raise missing
    if name == "__name__" and operation == "getattr" and isinstance(getattr(thing, "__name__", None), str):
        return thing.__name__
    if name.startswith("_"):
        raise missing
    if kind is types.GeneratorType and name in _GENERATOR and operation == "getattr":
        return getattr(thing, name)
    if isinstance(thing, BaseException) and not isinstance(thing, CheckFailure) and (name, operation) == ("args", "getattr"):
        return thing.args
    is_class = isinstance(thing, type)
    if is_class and operation != "getattr":  # it is there for the next submission too
        raise missing
    holder = thing if is_class else kind
    if not (_is_tests(holder) or kind is types.SimpleNamespace):
        raise missing
    inner = [vars(base) for base in holder.__mro__ if _is_tests(base)]
    here = getattr(thing, "__dict__", {}) if not is_class else {}
    if operation == "getattr" and name not in here and not any(name in each or "__getattr__" in each for each in inner):
        raise missing
    return OPERATIONS[operation](thing, name, *value)

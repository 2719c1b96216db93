"""The trusted side of the channel: proxies of what lives in a student's process, and the exceptions raised there."""

from __future__ import annotations

import builtins
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbook.check.call import Outcome, call_text, name_of
from workbook.check.inputs import Case
from workbook.check.trial import current
from workbook.errors import CheckFailure, Forbidden, Unsolved
from workbook.grade.channel.memory import Memory
from workbook.grade.channel.operations import SPECIAL
from workbook.grade.channel.pipe import Pipe
from workbook.grade.channel.wire import Decoder, Encoder, WireError
from workbook.grade.records import Limits
from workbook.model import Exercise, Explanation

__all__ = ["Far", "Lost", "Proxy"]

_OBJECTS = 100_000
_MIRRORS = 512 << 20  # bytes
_TEXT = 4000  # characters of anything that is only shown
_LIBRARIES = ("builtins", "numpy", "torch", "einops", "jaxtyping")
_NEVER = (KeyboardInterrupt, SystemExit, GeneratorExit)  # would stop the grader, not the answer


class Lost(CheckFailure):
    """The student's process did not answer in time, ended, or sent what is no result. It is of no use any more."""

    @classmethod
    def plain(cls, fact: str) -> Lost:
        """With nothing but a fact."""
        return cls(Explanation(current().name or "this answer", "stopped", fact))


class Far:
    """A conversation with one student's process.

    Args:
        pipe: the channel's end.
        limits: of this submission.
    """

    def __init__(self, pipe: Pipe, limits: Limits) -> None:
        self.pipe = pipe
        self.limits = limits
        self.memory = Memory(_MIRRORS)
        self.lost = ""
        self.proxies: dict[int, Proxy] = {}
        self._kinds: dict[tuple[Any, ...], type[Proxy]] = {}
        self._given: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._awaited: deque[_Answer] = deque()

    # --- the channel ------------------------------------------------------------------------------------------------

    def encoder(self) -> Encoder:
        return Encoder(self.memory, self._opaque)

    def send(self, encoder: Encoder, *message: Any) -> None:
        """Send one request.

        Raises:
            Lost: nobody reads it.
        """
        self._stand()
        self.drain()
        try:
            self.pipe.send(*encoder.frame(list(message)))
        except TimeoutError:
            raise self._loss("time") from None
        except OSError:
            raise self._loss("ended") from None

    def drain(self) -> None:
        """Read what is still to come of a table: a test may ask for something else before it has looked at all rows.

        Raises:
            Lost: see `receive`.
        """
        while self._awaited:
            answer = self._awaited.popleft()
            answer.content = self._outcome()

    def receive(self, *, writes: bool = False) -> tuple[list[Any], Decoder]:
        """The next message, and what makes values of its nodes. Calls of our own functions are answered on the way.

        Raises:
            Lost: it does not come in time, the process has ended, or it is malformed.
        """
        while True:
            self._stand()
            decoder = Decoder(self.memory, {"h": self._proxy, "o": self._own}, self.limits.frame << 20, writes=writes)
            try:
                message = decoder.open(*self.pipe.receive())
                if not message or type(message[0]) is not str:
                    raise WireError("a message without a name")
                if message[0] != "callback":
                    return message, decoder
                function, args, kwargs = self._own(message[1]), decoder.value(message[2]), decoder.value(message[3])
            except TimeoutError:
                raise self._loss("time") from None
            except (EOFError, OSError):
                raise self._loss("ended") from None
            except (WireError, LookupError, TypeError, ValueError):
                raise self._loss("nonsense") from None
            self._called(function, args, kwargs)

    def _called(self, function: Any, args: Any, kwargs: Any) -> None:
        encoder = self.encoder()
        if not isinstance(args, tuple) or not isinstance(kwargs, dict) or not all(isinstance(key, str) for key in kwargs):
            raise self._loss("nonsense")
        try:
            node = encoder.node(function(*args, **kwargs))
        except CheckFailure:
            raise
        except Exception as error:  # of the test's own function, for the student's code to handle
            self.send(encoder, "failed", f"{type(error).__name__}: {error}"[:_TEXT])
        else:
            self.send(encoder, "returned", node)

    def _stand(self) -> None:
        if self.lost:
            raise self._loss(self.lost)

    def _loss(self, why: str) -> Lost:
        self.lost = why
        name = current().name or "this answer"
        seconds = f"{self.limits.exercise:g}"
        fact, advice = {
            "time": (
                f"it did not finish within {seconds} s, and was stopped.",
                "Is there a loop that never ends, or work that grows with the size of the input?",
            ),
            "ended": (
                "the process in which it ran has ended.",
                "It called os._exit or crashed, or it used more memory or processor time than it may.",
            ),
            "nonsense": ("what came back is not a result.", "Only plain values and arrays come back from an answer."),
        }[why]
        return Lost(Explanation(name, {"time": "time", "ended": "stopped"}.get(why, "type"), fact, advice=advice))

    # --- objects ----------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Begin an exercise: memory, proxies and functions of the one before are of no use any more."""
        self.memory.forget()
        self._given, self._numbers = {}, {}

    def _opaque(self, thing: Any) -> list[Any]:
        if isinstance(thing, Proxy):
            return ["o", object.__getattribute__(thing, "_workbook_number")]
        number = self._numbers.setdefault(id(thing), len(self._given))
        self._given[number] = thing
        return ["h", number]

    def _own(self, number: Any) -> Any:
        if type(number) is not int or number not in self._given:
            raise WireError("an object that was never sent")
        return self._given[number]

    def _proxy(self, number: Any, name: Any, places: Any, is_class: Any) -> Proxy:
        if type(number) is not int or not 0 <= number < _OBJECTS or type(name) is not str or type(places) is not list:
            raise WireError("an impossible handle")
        if number not in self.proxies:
            special = tuple(SPECIAL[place] for place in places if type(place) is int and 0 <= place < len(SPECIAL))
            kind = self._kinds.setdefault((name, special), _kind(name[:80], special))
            proxy = kind()
            object.__setattr__(proxy, "_workbook_far", self)
            object.__setattr__(proxy, "_workbook_number", number)
            object.__setattr__(proxy, "_workbook_class", is_class is True)
            self.proxies[number] = proxy
        return self.proxies[number]

    def operate(self, name: str, *operands: Any, **kwargs: Any) -> Any:
        """One operation on objects of the student's process; what is raised there is raised here.

        Raises:
            Lost: see `receive`.
        """
        encoder = self.encoder()
        self.send(encoder, "operation", name, [encoder.node(operand) for operand in operands], encoder.node(kwargs))
        message, decoder = self.receive(writes=True)
        match message:
            case ["value", node, list(), str(printed)]:
                _show(printed)
                return self.value(decoder, node)
            case [
                "error",
                [str(kind), list(bases), str(text), rule, str(where), bool(), list(frames), bool(stub)],
                list(),
                str(printed),
            ]:
                _show(printed)
                raise _raised(kind, bases, text, rule, where, frames, stub, name)
        raise self._loss("nonsense")

    def value(self, decoder: Decoder, node: Any) -> Any:
        """The value of a node that the student's process sent."""
        try:
            return decoder.value(node)
        except WireError:
            raise self._loss("nonsense") from None

    # --- exercises --------------------------------------------------------------------------------------------------

    def exercise(self, exercise: Exercise, homes: Sequence[Sequence[int]]) -> tuple[dict[str, Any], list[str]]:
        """Begin an exercise: what stands under its functions' names, and remarks on where it was found."""
        self.forget()
        about = [exercise.name, exercise.kind, list(exercise.functions), list(exercise.forbid), list(exercise.only)]
        self.send(self.encoder(), "exercise", about, [list(numbers) for numbers in homes])
        message, decoder = self.receive()
        if (
            message[0] != "values"
            or len(message) != 2
            or type(message[1]) is not list
            or len(message[1]) != len(exercise.functions)
        ):
            raise self._loss("nonsense")
        found, remarks = {}, []
        for function, entry in zip(exercise.functions, message[1], strict=True):
            if type(entry) is not list or len(entry) != 2:
                raise self._loss("nonsense")
            if type(entry[1]) is str:
                found[function] = self.value(decoder, entry[0])
                remarks += [entry[1][:300]] if entry[1] else []
        return found, remarks

    def cases(self, function: Proxy, cases: Sequence[Case], names: Sequence[Sequence[str]], watched: bool) -> Iterator[Outcome]:
        """Outcomes of a table's cases, sent in one message and answered one by one."""
        encoder = self.encoder()
        rows = [[encoder.node(case.args), encoder.node(case.kwargs), list(each)] for case, each in zip(cases, names, strict=True)]
        self.send(encoder, "cases", encoder.node(function), rows, watched)
        answers = [_Answer() for _ in cases]
        self._awaited.extend(answers)
        for case, answer in zip(cases, answers, strict=True):
            if answer.content is None:
                self._awaited.popleft()
                try:
                    answer.content = self._outcome()
                except Lost as lost:
                    raise _on_case(lost, function, case) from None
            outcome, printed = answer.content
            _show(printed)
            if outcome is None:
                raise Unsolved(current().name)
            yield outcome

    def _outcome(self) -> tuple[Outcome | None, str]:
        """The next outcome, None for a stub's, and what was printed on the way."""
        message, decoder = self.receive()
        match message:
            case ["unsolved", str(printed)]:
                return None, printed
            case ["value", node, list(changed), str(printed)]:
                return Outcome(self.value(decoder, node), changed=_names(changed)), printed
            case ["error", [str(kind), list(bases), str(text), rule, str(where), bool(inside)], list(changed), str(printed)]:
                error = _error(kind, bases, text, rule)
                return Outcome(error=error, where=where[:300], inside=inside, changed=_names(changed)), printed
        raise self._loss("nonsense")


@dataclass
class _Answer:
    """Where the outcome of one row will be: read when it is asked for, or when something else is asked."""

    content: tuple[Outcome | None, str] | None = None


def _on_case(lost: Lost, function: Proxy, case: Case) -> Lost:
    text, arguments = call_text(name_of(function), function, case)
    told = lost.explanation
    return Lost(Explanation(told.exercise, told.reason, told.fact, call=text, arguments=arguments, advice=told.advice))


def _names(changed: list[Any]) -> tuple[str, ...]:
    return tuple(str(name)[:80] for name in changed[:20])


def _show(printed: str) -> None:
    if printed:
        sys.stdout.write(printed[:_TEXT])


# --- exceptions -------------------------------------------------------------------------------------------------------


def _error(kind: str, bases: list[Any], text: str, rule: Any) -> BaseException:
    """The exception of that class and message, as far as it is known here; never one of ours."""
    if isinstance(rule, list) and len(rule) == 3 and all(isinstance(word, str) for word in rule):
        return _forbidden(*(word[:300] for word in rule))
    error: BaseException = _error_class(kind[:80], tuple(str(base)[:200] for base in bases[:20]))()
    error.args = (text[:_TEXT],)
    return error


def _forbidden(name: str, fact: str, advice: str) -> Forbidden:
    error = Forbidden(name)
    error.fact, error.advice = fact, advice
    return error


@lru_cache(maxsize=512)
def _error_class(name: str, bases: tuple[str, ...]) -> type[BaseException]:
    known = next((found for found in map(_known, bases) if found is not None), Exception)
    base = known
    if issubclass(known, _NEVER) or not _can_stand_alone(known):
        base = next((kind for kind in known.__mro__ if issubclass(kind, Exception) and _can_stand_alone(kind)), Exception)
    members = {"__str__": _message, "__init__": Exception.__init__, "__module__": known.__module__, "__workbook_kind__": known}
    return type(name if name.isidentifier() else "Exception", (base,), members)


def _known(dotted: str) -> type[BaseException] | None:
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


def _message(self: BaseException) -> str:
    return str(self.args[0]) if self.args else ""


def _raised(
    kind: str, bases: list[Any], text: str, rule: Any, where: str, frames: list[Any], stub: bool, operation: str
) -> BaseException:
    """The same, ready to be raised in the test, with the student's frames."""
    error = _error(kind, bases, text, rule)
    if isinstance(error, StopIteration) and operation != "next":
        error = _error("RuntimeError", ["builtins.RuntimeError"], text, None)
    places = [(str(frame[0])[:80], frame[1]) for frame in frames[:20] if _is_place(frame)]
    error.__dict__.update(__workbook_frames__=places, __workbook_stub__=stub, __workbook_where__=where[:300])
    return error


def _is_place(frame: Any) -> bool:
    return type(frame) is list and len(frame) == 2 and type(frame[1]) is int


# --- proxies ----------------------------------------------------------------------------------------------------------

_OPEN = {"__name__", "__doc__", "__dict__", "__qualname__", "__wrapped__", "__module__"}


class Proxy:
    """Stands for an object in the student's process. What is done to it is done there.

    Special attributes are never asked for: NumPy and torch would take what `__array_interface__` says for memory of this process.
    """

    __slots__ = ("__weakref__", "_workbook_class", "_workbook_far", "_workbook_number")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_workbook") or (name.startswith("__") and name not in _OPEN):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return _far(self).operate("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _far(self).operate("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _far(self).operate("delattr", self, name)

    def __repr__(self) -> str:
        return _text(_far(self).operate("repr", self))

    def __str__(self) -> str:
        return _text(_far(self).operate("str", self))

    def __format__(self, spec: str) -> str:
        return _text(_far(self).operate("format", self, spec))

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        return self is other

    def __copy__(self) -> Proxy:
        return self

    def __deepcopy__(self, memo: Any) -> Proxy:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("an object of a student's process cannot be pickled")

    def __instancecheck__(self, thing: Any) -> bool:
        if not object.__getattribute__(self, "_workbook_class"):
            raise TypeError("isinstance() arg 2 must be a type, a tuple of types, or a union")
        return isinstance(thing, Proxy) and _far(self).operate("isinstance", thing, self) is True

    def __subclasscheck__(self, thing: Any) -> bool:
        return isinstance(thing, Proxy) and _far(self).operate("issubclass", thing, self) is True


def _far(proxy: Proxy) -> Far:
    far: Far = object.__getattribute__(proxy, "_workbook_far")
    return far


def _text(value: Any) -> str:
    return value[:_TEXT] if type(value) is str else "<not a text>"


def _cases(self: Proxy, cases: Sequence[Case], names: Sequence[Sequence[str]], watched: bool) -> Iterator[Outcome]:
    return _far(self).cases(self, cases, names, watched)


def _forward(name: str, *, swapped: bool = False) -> Callable[..., Any]:
    if swapped:
        return lambda self, other: _far(self).operate(name, other, self)
    return lambda self, *operands, **kwargs: _far(self).operate(name, self, *operands, **kwargs)


def _leaving(self: Proxy, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> bool:
    return bool(_far(self).operate("exit", self, kind.__name__ if kind else "", str(error or "")))


def _sized(name: str, wanted: type) -> Callable[..., Any]:
    """len, bool, int and their kin: Python wants this very type."""

    def asked(self: Proxy) -> Any:
        value = _far(self).operate(name, self)
        if type(value) is not wanted:
            raise TypeError(f"{name} gave no {wanted.__name__}")
        return value

    return asked


_WANTED = {"len": int, "bool": bool, "int": int, "float": float, "complex": complex, "index": int}


@lru_cache(maxsize=1024)
def _kind(name: str, special: tuple[str, ...]) -> type[Proxy]:
    """A class of proxies called like the object's own class, with the special methods that it has."""
    members: dict[str, Any] = {"__slots__": ()}
    for method in special:
        plain = method.strip("_")
        if plain in _WANTED:
            members[method] = _sized(plain, _WANTED[plain])
        elif plain == "exit":
            members[method] = _leaving
        elif plain.startswith("r") and plain[1:] in _SWAPPED:
            members[method] = _forward(plain[1:], swapped=True)
        else:
            members[method] = _forward(plain)
    if "__eq__" in members:
        members["__hash__"] = Proxy.__hash__
    if "__call__" in members:
        members["__workbook_cases__"] = _cases
    return type(name, (Proxy,), members)


_SWAPPED = {method[3:-2] for method in SPECIAL if method.startswith("__r") and method not in ("__reversed__", "__round__")}

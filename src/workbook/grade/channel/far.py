"""The trusted side of the channel: a conversation with one student's process."""

from __future__ import annotations

import itertools
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.check.call import Outcome
from workbook.check.inputs import Case
from workbook.check.trial import current
from workbook.errors import CheckFailure, Unsolved
from workbook.grade.channel.faults import with_frames
from workbook.grade.channel.handles import Handles, Proxy, number_of, owner_of
from workbook.grade.channel.lost import Lost
from workbook.grade.channel.offered import offer, perform, requested
from workbook.grade.channel.pipe import Frames
from workbook.grade.channel.shared import Shared
from workbook.grade.channel.wire import Decoder, Encoder, WireError
from workbook.grade.records import Limits
from workbook.model import Exercise

__all__ = ["Far", "Lost"]

_APART = 256
_MIRRORS = 512 << 20  # bytes
_STRUCTURES = 256 << 20  # bytes of structures in one exercise: what an endless iterator gives may all be kept by the test
_TEXT = 4000  # characters of anything that is only shown
_DEPTH = 50  # calls of test and student within each other


class Far:
    """A conversation with one student's process.

    Args:
        pipe: the channel's end.
        limits: of this submission.
        progress: number of the case, from 1, at which the process says it is; 0 where it cannot say that.
    """

    def __init__(self, pipe: Frames, limits: Limits, progress: Callable[[], int] = lambda: 0) -> None:
        self.pipe = pipe
        self.progress = progress
        self.limits = limits
        self.memory = Shared(_MIRRORS)
        self.lost = ""
        self.handles = Handles(self, _MEMBERS)
        self._given: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._count = itertools.count()
        self._awaited: deque[_Answer] = deque()
        self._failure: CheckFailure | Unsolved | None = None
        self._depth = 0
        self._received = 0

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
        self.memory.share(encoder)
        try:
            self.pipe.send(*encoder.frame(list(message)))
        except TimeoutError:
            raise self.loss("time") from None
        except OSError:
            raise self.loss("ended") from None

    def drain(self) -> None:
        """Read what is still to come of a table: a test may ask for something else before it has looked at all rows.

        Raises:
            Lost: see `receive`.
        """
        while self._awaited:
            answer = self._awaited.popleft()
            answer.content = self._outcome()

    def receive(self, *, writes: bool = False) -> tuple[list[Any], Decoder]:
        """The next message, and what makes values of its nodes. What the student asks of our objects is answered on the way.

        Raises:
            Lost: it does not come in time, the process has ended, or it is malformed.
        """
        while True:
            self._stand()
            handles: dict[str, Callable[..., Any]] = {"h": self.handles.value, "o": self._own}
            decoder = Decoder(self.memory, handles, self.limits.frame << 20, writes=writes)
            try:
                structure, blobs = self.pipe.receive()
                self._received += len(structure)
                if self._received > _STRUCTURES:
                    raise WireError("more than a test can want")
                message = decoder.open(structure, blobs)
                if not message or type(message[0]) is not str:
                    raise WireError("a message without a name")
                if message[0] != "callback":
                    return message, decoder
                request = requested(decoder, *message[1:])
            except TimeoutError:
                raise self.loss("time") from None
            except (EOFError, OSError):
                raise self.loss("ended") from None
            except (WireError, LookupError, TypeError, ValueError):
                raise self.loss("nonsense") from None
            self._answer(*request)

    def _stand(self) -> None:
        if self.lost:
            raise self.loss(self.lost)

    def loss(self, why: str) -> Lost:
        """Give the process up, for a reason: "time", "ended" or "nonsense"."""
        self.lost = why
        return Lost.because(why, self.limits.exercise)

    # --- objects ----------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Begin an exercise: memory and functions of the one before are of no use any more."""
        self.memory.forget()
        self.handles = Handles(self, _MEMBERS)
        self._given, self._numbers, self._failure, self._received = {}, {}, None, 0

    def _opaque(self, thing: Any) -> list[Any]:
        theirs = number_of(thing)
        if theirs is not None:
            return ["o", theirs]
        number = self._numbers.get(id(thing))
        if number is None:
            number = self._numbers[id(thing)] = next(self._count)
            self._given[number] = thing
        return ["h", number, *offer(thing)]

    def _own(self, number: Any) -> Any:
        if type(number) is not int or number not in self._given:
            raise WireError("an object that was never sent")
        return self._given[number]

    def _answer(self, name: str, operands: list[Any], kwargs: dict[str, Any], own: list[bool]) -> None:
        """Do what the student's code asks of one of our objects. What is raised goes through their code, back to the test."""
        encoder = self.encoder()
        awaited, self._awaited = self._awaited, deque()  # rows that come after this: whatever we ask now is answered first
        self._depth += 1
        try:
            if self._depth > _DEPTH:
                raise RecursionError("maximum recursion depth exceeded")
            reply = "returned", encoder.node(perform(name, operands, kwargs, own))
        except Lost:
            raise
        except Exception as error:
            if isinstance(error, CheckFailure | Unsolved):
                self._failure = self._failure or error
            reply = "failed", encoder.node(error)
        finally:
            self._depth -= 1
        self.send(encoder, *reply)
        self._awaited = awaited

    def operate(self, name: str, /, *operands: Any, **kwargs: Any) -> Any:
        """One operation on objects of the student's process; what is raised there is raised here.

        Raises:
            Lost: see `receive`.
        """
        encoder = self.encoder()
        self.send(encoder, "operation", name, [encoder.node(operand) for operand in operands], encoder.node(kwargs))
        message, decoder = self.receive(writes=True)
        self._fail()
        match message:
            case ["value", node, list(), str(printed)]:
                _show(printed)
                return self.value(decoder, node)
            case ["error", [str(), list(), str(), rule, str(where), bool(), list(frames), bool(stub), node], list(), str(printed)]:
                _show(printed)
                error = self.handles.faults.told(message[1]) if rule is not None else self.value(decoder, node)
                if not isinstance(error, BaseException):
                    raise self.loss("nonsense")
                if isinstance(error, StopIteration) and name not in ("next", "send", "throw"):
                    error = self.handles.faults.told(["RuntimeError", ["builtins.RuntimeError"], str(error), None])
                elif isinstance(error, StopIteration) and (handle := error.__dict__.get("__workbook_handle__")) is not None:
                    error.value = handle.value
                raise with_frames(error, where, frames, stub)
        raise self.loss("nonsense")

    def _fail(self) -> None:
        """A check that failed while the student's code ran has failed, whatever their code has made of the exception."""
        if self._failure is not None and self._depth == 0:
            failure, self._failure = self._failure, None
            raise failure

    def value(self, decoder: Decoder, node: Any) -> Any:
        """The value of a node that the student's process sent."""
        try:
            return decoder.value(node)
        except WireError:
            raise self.loss("nonsense") from None

    # --- exercises --------------------------------------------------------------------------------------------------

    def exercise(self, exercise: Exercise) -> tuple[dict[str, Any], list[str]]:
        """Begin an exercise: what stands under its functions' names, and remarks on where it was found."""
        self.forget()
        lists = [list(names) for names in (exercise.functions, exercise.forbid, exercise.only)]
        # Numbers that depend on nothing but the exercise, so that conversations can be compared; hardly ever those of another one.
        self._count = itertools.count(_APART * (zlib.crc32(exercise.name.encode()) % _APART))
        self.send(self.encoder(), "exercise", [exercise.name, exercise.kind, *lists])
        message, decoder = self.receive()
        match message:
            case ["values", list(values)] if len(values) == len(exercise.functions):
                pass
            case _:
                raise self.loss("nonsense")
        # A library's function that is handed in as the answer stays over there: it is watched, and never called here.
        decoder.handles = {**decoder.handles, "h": lambda *handle: self.handles.value(*handle, proxy=True)}
        found, remarks = {}, []
        for function, entry in zip(exercise.functions, values, strict=True):
            if type(entry) is not list or len(entry) != 2:
                raise self.loss("nonsense")
            if type(entry[1]) is str:
                found[function] = self.value(decoder, entry[0])
                remarks += [entry[1][:300]] if entry[1] else []
        return found, remarks

    def cases(self, function: Proxy, cases: Sequence[Case], names: Sequence[Sequence[str]], watched: bool) -> Iterator[Outcome]:
        """Outcomes of a table's cases, sent in one message and answered one by one."""
        encoder, self.memory.kept = self.encoder(), set()
        rows = [[encoder.node(case.args), encoder.node(case.kwargs), list(each)] for case, each in zip(cases, names, strict=True)]
        self.send(encoder, "cases", encoder.node(function), rows, watched)
        # What is right is computed from the inputs of a table, after the call: they stay as they are.
        inputs = self.memory.kept - self.memory.frozen
        self.memory.frozen |= inputs
        answers = [_Answer() for _ in cases]
        self._awaited.extend(answers)
        for place, answer in enumerate(answers):
            if answer.content is None:
                self._awaited.popleft()
                try:
                    answer.content = self._outcome()
                except Lost as lost:
                    # Outcomes come several at a time: it may be a later case that has no end.
                    at = min(max(place, self.progress() - 1), len(cases) - 1)
                    raise lost.on(function, cases[at]) from None
                if len(cases) == 1:
                    self.memory.frozen -= inputs
            outcome, printed = answer.content
            _show(printed)
            if outcome is None:
                raise Unsolved(current().name)
            yield outcome

    def _outcome(self) -> tuple[Outcome | None, str]:
        """The next outcome, None for a stub's, and what was printed on the way."""
        message, decoder = self.receive(writes=True)
        self._fail()
        match message:
            case ["unsolved", str(printed)]:
                return None, printed
            case ["value", node, list(changed), str(printed)]:
                return Outcome(self.value(decoder, node), changed=_names(changed)), printed
            case ["error", [str(), list(), str(), _, str(where), bool(inside)], list(changed), str(printed)]:
                error = self.handles.faults.told(message[1])
                return Outcome(error=error, where=where[:300], inside=inside, changed=_names(changed)), printed
        raise self.loss("nonsense")


@dataclass
class _Answer:
    """Where the outcome of one row will be: read when it is asked for, or when something else is asked."""

    content: tuple[Outcome | None, str] | None = None


def _names(changed: list[Any]) -> tuple[str, ...]:
    return tuple(str(name)[:80] for name in changed[:20])


def _show(printed: str) -> None:
    if printed:
        sys.stdout.write(printed[:_TEXT])


def _cases(self: Proxy, *table: Any) -> Iterator[Outcome]:
    far: Far = owner_of(self)
    return far.cases(self, *table)


def _define(self: Proxy, source: str, name: str, names: dict[str, Any]) -> Any:
    return owner_of(self).operate("define", source, name, names)


# What the toolkit looks for on the class of a function that lives in another process.
_MEMBERS = (("__workbook_cases__", _cases), ("__workbook_define__", _define))

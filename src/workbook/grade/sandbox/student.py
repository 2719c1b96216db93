"""The student's side of the channel: runs the cells, keeps what they define, and calls it when the tests ask.

This runs inside the sandbox, beside the student's code, which can change anything here. So nothing here decides anything: it only
reports, and what it reports is judged on the other side.
"""

from __future__ import annotations

import builtins
import io
import linecache
import random
import sys
import types
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from workbook.check.call import Outcome, error_text, is_stub, line_text, run, student_frames, watch_for
from workbook.check.inputs import Case
from workbook.check.trial import Trial, begin
from workbook.errors import Forbidden, Unsolved
from workbook.grade.channel.memory import Memory
from workbook.grade.channel.operations import OPERATIONS, traits
from workbook.grade.channel.pipe import Pipe
from workbook.grade.channel.wire import Decoder, Encoder
from workbook.grade.reading.cells import prepare
from workbook.grade.sandbox.standins import install
from workbook.model import Exercise

__all__ = ["prepare_libraries", "serve"]

_PRINTED = 4000  # characters of an exercise's output


def prepare_libraries(data: dict[str, str]) -> None:
    """Import what students' cells import and run typical operations once, before any of their code is there.

    Args:
        data: chapter name to the folder of its data files.
    """
    from workbook.grade.sandbox.warm import warm

    warm()
    install(data)
    warnings.simplefilter("ignore")


def serve(number: int, limit: int) -> None:
    """Answer requests on a descriptor until the other side closes it; `limit` is the size of a frame in bytes."""
    sys.stdout = sys.stderr = printed = _Printed()
    sys.stdin = io.StringIO()
    student = Student(Pipe(number, limit), limit, printed)
    with suppress(EOFError):
        while True:
            student.answer()


class _Printed(io.StringIO):
    """Keeps the first characters of what is written, until they are taken; cannot be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.left = _PRINTED

    def write(self, text: str) -> int:
        part = text[: self.left]
        self.left -= len(part)
        super().write(part)
        return len(text)

    def close(self) -> None:
        """Stays open: what was printed is read afterwards."""

    def take(self) -> str:
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


class Given:
    """Something of the other side's: it can be called, and handed back."""

    def __init__(self, student: Student, number: int) -> None:
        self._student, self._number = student, number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student.call_back(self._number, args, kwargs)


class Student:
    """One submission's namespace, and the objects that the other side holds handles of."""

    def __init__(self, pipe: Pipe, limit: int, printed: _Printed) -> None:
        self.pipe = pipe
        self.limit = limit
        self.printed = printed
        self.memory = Memory(1 << 40)  # this process' own limit holds
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        self.homes: dict[int, list[str]] = {}
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.given: dict[int, Given] = {}
        self.trial = Trial()
        self.names.update({"__builtins__": builtins, "display": _nothing, "get_ipython": _nothing})
        sys.modules["__main__"] = self.module

    # --- the channel ------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Read one request and do what it asks."""
        message, decoder = self._receive()
        with begin(self.trial):
            getattr(self, f"_do_{message[0]}")(decoder, *message[1:])

    def _receive(self) -> tuple[list[Any], Decoder]:
        decoder = Decoder(self.memory, {"h": self._given, "o": self.objects.__getitem__}, 1 << 62)
        return decoder.open(*self.pipe.receive()), decoder

    def _encoder(self) -> Encoder:
        return Encoder(self.memory, self._handle)

    def _send(self, encoder: Encoder, *message: Any) -> None:
        self.pipe.send(*encoder.frame(list(message)))

    def _given(self, number: int, *_: Any) -> Given:
        return self.given.setdefault(number, Given(self, number))

    def _handle(self, thing: Any) -> list[Any]:
        """The same object is always the same handle."""
        if type(thing) is Given:
            return ["o", thing._number]
        number = self.numbers.get(id(thing))
        if number is None:
            number = self.numbers[id(thing)] = len(self.objects)
            self.objects.append(thing)
        kind = type(thing)
        return ["h", number, type.__dict__["__name__"].__get__(kind)[:80], traits(kind), isinstance(thing, type)]

    def call_back(self, number: int, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Call a function of the other side's."""
        encoder = self._encoder()
        self._send(encoder, "callback", number, encoder.node(tuple(args)), encoder.node(dict(kwargs)))
        while True:
            message, decoder = self._receive()
            if message[0] == "returned":
                return decoder.value(message[1])
            if message[0] == "failed":
                raise RuntimeError(str(message[1]))
            getattr(self, f"_do_{message[0]}")(decoder, *message[1:])  # what is called may use handles in turn

    # --- cells ------------------------------------------------------------------------------------------------------

    def _do_cells(self, _: Decoder, seed: int, cells: list[list[Any]]) -> None:
        _seed(seed)
        for cell in prepare([(number, source) for number, source in cells]):
            self._send(self._encoder(), "begin", cell.number)
            remark = self._run_cell(cell.number, cell.source) if cell.source else ""
            self._send(self._encoder(), "cell", cell.number, remark, list(cell.notes), self.printed.take()[:_PRINTED])
            self.printed.left = _PRINTED
        self._send(self._encoder(), "done")

    def _run_cell(self, number: int, source: str) -> str:
        """Run one cell; what went wrong in one line, or ""."""
        name = f"<cell {number}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        before = dict(self.names)
        try:
            exec(compile(source + "\n", name, "exec", dont_inherit=True), self.names)
        except BaseException as error:  # SystemExit and the like of a cell end that cell only
            return " ".join(error_text(error).split())[:300]
        finally:
            self.homes[number] = [key for key, value in self.names.items() if key not in before or before[key] is not value]
        return ""

    # --- exercises --------------------------------------------------------------------------------------------------

    def _do_exercise(self, _: Decoder, about: list[Any], homes: list[list[Any]]) -> None:
        """Begin an exercise: what the student wrote under its functions' names."""
        name, kind, functions, forbid, only = about
        entry = Exercise(name, "", kind, 1, 1, 1, 1, tuple(functions), tuple(forbid), tuple(only))
        self.memory.forget()
        self.printed.left = _PRINTED
        found = [self._find(function, numbers) for function, numbers in zip(functions, homes, strict=True)]
        self.trial = Trial(None, entry, arguments=tuple(value for _, value, _ in found))
        encoder = self._encoder()
        values = [[encoder.node(value), remark] if there else [None, None] for there, value, remark in found]
        self._send(encoder, "values", values)

    def _find(self, name: str, homes: list[int]) -> tuple[bool, Any, str]:
        """By name; in a class that the student wrapped around it; by the cell that is marked as its home."""
        if name in self.names:
            return True, self.names[name], ""
        for holder in [value for value in self.names.values() if isinstance(value, type) and value.__module__ == "__main__"]:
            if name in vars(holder):
                return True, _unwrapped(holder, name), f"{name} was found inside the class {holder.__name__}."
        for number in reversed(homes):
            defined = [key for key in self.homes.get(number, []) if isinstance(self.names.get(key), types.FunctionType)]
            if len(defined) == 1:
                return True, self.names[defined[0]], f"there is no {name}; {defined[0]}, which stands in its cell, was taken."
        return False, None, ""

    # --- calls ------------------------------------------------------------------------------------------------------

    def _do_cases(self, decoder: Decoder, target: Any, rows: list[Any], watched: bool) -> None:
        """Call a function on all rows of a table; an outcome is sent as soon as it is there."""
        function = decoder.value(target)
        watch = watch_for(self.trial) if watched else None
        cases = [Case(decoder.value(args), decoder.value(kwargs)) for args, kwargs, _ in rows]
        for case, (_, _, names) in zip(cases, rows, strict=True):
            try:
                outcome = run(function, case, watch, names)
            except Unsolved:
                self._send(self._encoder(), "unsolved", self.printed.take())
                continue
            self._report(outcome)

    def _report(self, outcome: Outcome) -> None:
        encoder = self._encoder()
        changed, printed = list(outcome.changed), self.printed.take()
        if outcome.error is None:
            self._send(encoder, "value", encoder.node(outcome.value), changed, printed)
            return
        told = [*_told(outcome.error), outcome.where, outcome.inside]
        self._send(encoder, "error", told, changed, printed)

    def _do_operation(self, decoder: Decoder, name: str, operands: list[Any], kwargs: Any) -> None:
        """One call, attribute, item or operator on what the student's code made."""
        try:
            value = OPERATIONS[name](*[decoder.value(operand) for operand in operands], **decoder.value(kwargs))
        except BaseException as error:
            frames = student_frames(error)
            stub = isinstance(error, NotImplementedError) and bool(frames) and is_stub(error)
            told = [*_told(error), line_text(frames), bool(frames), [list(frame) for frame in frames[-20:]], stub]
            self._send(self._encoder(), "error", told, [], self.printed.take())
            return
        encoder = self._encoder()
        node = encoder.node(value)
        for token, content in self.memory.written():
            encoder.change(token, content)
        self._send(encoder, "value", node, [], self.printed.take())


def _told(error: BaseException) -> list[Any]:
    """Class, its bases and the message of an exception, and the rule that it broke."""
    kind = type(error)
    bases = [f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__ if issubclass(base, BaseException)]
    rule = [str(error.name), str(error.fact), str(error.advice)] if isinstance(error, Forbidden) else None
    text = error_text(error).removeprefix(kind.__name__).removeprefix(": ")
    return [kind.__name__[:80], bases[:20], text[:3000], rule]


def _unwrapped(holder: type, name: str) -> Any:
    """A function that stands in a class, so that it can be called without one."""
    found = vars(holder)[name]
    if isinstance(found, types.FunctionType) and found.__code__.co_varnames[:1] == ("self",):
        return getattr(holder(), name)
    return getattr(holder, name)


def _seed(seed: int) -> None:
    """The global random generators, which a forked process has inherited: the same for each grading of a submission."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)


def _nothing(*_: Any, **__: Any) -> None:
    """What IPython would show: nobody looks."""

"""The student's side of the channel: runs the cells, keeps what they define, and calls it when the tests ask.

This runs inside the sandbox, beside the student's code, which can change anything here. So nothing here decides anything: it only
reports, and what it reports is judged on the other side.
"""

from __future__ import annotations

import builtins
import io
import linecache
import mmap
import os
import random
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any

from workbook.check.call import Outcome, error_text, is_stub, line_text, run, student_frames, watch_for
from workbook.check.inputs import Case
from workbook.check.trial import Trial, begin
from workbook.check.watch import Watch
from workbook.errors import Forbidden, Unsolved
from workbook.grade.channel.faults import bases_of
from workbook.grade.channel.handles import Handles, about, number_of
from workbook.grade.channel.operations import OPERATIONS, traits
from workbook.grade.channel.pipe import COMPILED, PROGRESS, Pipe
from workbook.grade.channel.shared import Shared
from workbook.grade.channel.wire import Decoder, Encoder
from workbook.grade.reading.cells import prepare
from workbook.grade.sandbox.cellcode import CellCode, file_of
from workbook.grade.sandbox.finding import find
from workbook.grade.sandbox.rehearsal import rehearse
from workbook.grade.sandbox.standins import install
from workbook.model import Exercise

__all__ = ["prepare_libraries", "serve"]

_PRINTED = 4000  # characters of an exercise's output
_REPORTS = 500  # cells of which something is told


# What watches the means of an answer, by what is forbidden and what alone is allowed; made before any student's code is there.
_watches: dict[tuple[tuple[str, ...], tuple[str, ...]], Watch] = {}


def prepare_libraries(data: dict[str, str], rules: Sequence[Sequence[Sequence[str]]] = ()) -> None:
    """Import what students' cells import and run typical operations once, before any of their code is there.

    Args:
        data: chapter name to the folder of its data files.
        rules: `forbid` and `only` of the exercises.
    """
    from workbook.grade.sandbox.warm import warm

    warm()
    install(data)
    for forbid, only in rules:
        key = tuple(forbid), tuple(only)
        _watches[key] = Watch(*key).prepare()
    warnings.simplefilter("ignore")
    rehearse(lambda pipe, limit: Student(pipe, limit, _Printed()), list(_watches))


def serve(number: int, limit: int, page: int) -> None:
    """Answer requests on a descriptor until the other side closes it.

    Args:
        limit: size of a frame in bytes.
        page: descriptor of the file in which the number of the cell or case that runs is left.
    """
    sys.stdout = sys.stderr = printed = _Printed()
    sys.stdin = io.StringIO()
    student = Student(Pipe(number, limit, trusting=True), limit, printed)
    student.progress = mmap.mmap(page, PROGRESS)
    os.close(page)
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


class Student:
    """One submission's namespace, and the objects that the other side holds handles of."""

    def __init__(self, pipe: Pipe, limit: int, printed: _Printed) -> None:
        self.pipe = pipe
        self.limit = limit
        self.printed = printed
        self.memory = Shared(1 << 40)  # this process' own limit holds
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        self.homes: dict[int, list[str]] = {}  # cell to the names that it has made
        self.marked: dict[str, list[int]] = {}  # function to the cells that are marked as its home
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.handles = Handles(self)
        self.trial = Trial()
        self.progress: mmap.mmap | bytearray = bytearray(PROGRESS)
        self.code = CellCode(self._at)
        self.names.update({"__builtins__": builtins, "display": _nothing, "get_ipython": _nothing, "help": _nothing})
        sys.modules["__main__"] = self.module

    # --- the channel ------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Read one request and do what it asks."""
        message, decoder = self._receive()
        with begin(self.trial):
            getattr(self, f"_do_{message[0]}")(decoder, *message[1:])

    def _receive(self) -> tuple[list[Any], Decoder]:
        handles: dict[str, Callable[..., Any]] = {"h": self.handles.value, "o": lambda number: self.objects[number]}
        decoder = Decoder(self.memory, handles, 1 << 62, writes=True)
        return decoder.open(*self.pipe.receive()), decoder

    def _encoder(self) -> Encoder:
        return Encoder(self.memory, self._handle)

    def _send(self, encoder: Encoder, *message: Any) -> None:
        self.pipe.send(*encoder.frame(list(message)))

    def _hold(self, encoder: Encoder, *message: Any) -> None:
        self.pipe.hold(*encoder.frame(list(message)))

    def _handle(self, thing: Any) -> list[Any]:
        """The same object is always the same handle."""
        theirs = number_of(thing)
        if theirs is not None:
            return ["o", theirs]
        number = self.numbers.get(id(thing))
        if number is None:
            number = self.numbers[id(thing)] = len(self.objects)
            self.objects.append(thing)
        kind = type(thing)
        name = type.__dict__["__name__"].__get__(kind)[:80]
        more = about(thing, _message)
        if more and more[0] == "error" and (own := self._handle(kind))[0] == "h":
            more.append(own[1])
        return ["h", number, name, traits(kind), isinstance(thing, type), more]

    def operate(self, name: str, /, *operands: Any, **kwargs: Any) -> Any:
        """One operation on objects of the test's: what a proxy of one asks for."""
        return self.call_back(name, operands, kwargs)

    def call_back(self, name: str, operands: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Ask the other side for an operation on its objects; what is raised there is raised here."""
        encoder = self._encoder()
        nodes = [encoder.node(operand) for operand in operands]
        keywords = encoder.node(dict(kwargs))
        self.memory.share(encoder)
        self._send(encoder, "callback", name, nodes, keywords)
        while True:
            message, decoder = self._receive()
            if message[0] == "returned":
                return decoder.value(message[1])
            if message[0] == "failed":
                raise decoder.value(message[1])
            getattr(self, f"_do_{message[0]}")(decoder, *message[1:])  # what is called may use handles in turn

    # --- cells ------------------------------------------------------------------------------------------------------

    def _do_cells(
        self, decoder: Decoder, seed: int, cells: list[list[Any]], homes: list[list[Any]], modules: Sequence[list[Any]] = ()
    ) -> None:
        _seed(seed)
        for name, node in modules:
            _make_module(name, _source(decoder.value(node)))
        self.marked = dict(homes)
        reports: list[list[Any]] = []
        texts = [(number, _source(decoder.value(node))) for number, node, _ in cells]
        ready = prepare(texts)
        left_out = self.code.left_out(ready, dict(texts), {number: idle for number, _, idle in cells if idle is not None})
        for cell in ready:
            self._at(COMPILED + cell.number)
            remark = self._run_cell(cell.number, cell.source) if cell.source and cell.number not in left_out else ""
            if remark or cell.notes:
                reports.append([cell.number, remark, list(cell.notes)])
            self.printed.take()
            self.printed.left = _PRINTED
        self._send(self._encoder(), "ran", reports[:_REPORTS])

    def _at(self, place: int) -> None:
        """Leave a number where the other side looks when it has waited long enough."""
        self.progress[:] = place.to_bytes(PROGRESS, "little")

    def _run_cell(self, number: int, source: str) -> str:
        """Run one cell; what went wrong in one line, or ""."""
        name = file_of(number)
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        before = dict(self.names)
        try:
            exec(self.code.of(number, source), self.names)
        except BaseException as error:  # SystemExit and the like of a cell end that cell only
            return " ".join(error_text(error).split())[:300]
        finally:
            self.homes[number] = [key for key, value in self.names.items() if key not in before or before[key] is not value]
        return ""

    # --- exercises --------------------------------------------------------------------------------------------------

    def _do_exercise(self, _: Decoder, about: list[Any]) -> None:
        """Begin an exercise: what the student wrote under its functions' names."""
        name, kind, functions, forbid, only = about
        entry = Exercise(name, "", kind, 1, 1, 1, 1, tuple(functions), tuple(forbid), tuple(only))
        self._at(0)
        self.memory.forget()
        self.objects, self.numbers, self.handles = [], {}, Handles(self)
        self.printed.left = _PRINTED
        found = [find(function, self.names, self.homes, self.marked.get(function, [])) for function in functions]
        self.trial = Trial(None, entry, arguments=tuple(value for _, value, _ in found))
        encoder = self._encoder()
        values = [[encoder.node(value), remark] if there else [None, None] for there, value, remark in found]
        self._send(encoder, "values", values)

    # --- calls ------------------------------------------------------------------------------------------------------

    def _do_cases(self, decoder: Decoder, target: Any, rows: list[Any], watched: bool) -> None:
        """Call a function on all rows of a table; an outcome is sent as soon as it is there."""
        function = decoder.value(target)
        watch = self._watch() if watched else None
        cases = [Case(decoder.value(args), decoder.value(kwargs)) for args, kwargs, _ in rows]
        with watch.installed() if watch else nullcontext():
            for place, (case, (_, _, names)) in enumerate(zip(cases, rows, strict=True), 1):
                self._at(place)
                try:
                    outcome = run(function, case, watch, names)
                except Unsolved:
                    self._hold(self._encoder(), "unsolved", self.printed.take())
                    continue
                self._report(outcome, shares=len(rows) == 1)

    def _watch(self) -> Watch | None:
        exercise = self.trial.exercise
        known = _watches.get((exercise.forbid, exercise.only)) if exercise else None
        return known.begin() if known else watch_for(self.trial)

    def _report(self, outcome: Outcome, *, shares: bool) -> None:
        """With `shares`, arrays of the other side that the student's objects hold go along: a table's inputs stay as they are."""
        encoder = self._encoder()
        changed, printed = list(outcome.changed), self.printed.take()
        node = encoder.node(outcome.value) if outcome.error is None else None
        if shares:
            self.memory.share(encoder)
        if outcome.error is None:
            self._hold(encoder, "value", node, changed, printed)
            return
        told = [*_told(outcome.error), outcome.where, outcome.inside]
        self._hold(encoder, "error", told, changed, printed)

    def _do_operation(self, decoder: Decoder, name: str, operands: list[Any], kwargs: Any) -> None:
        """One call, attribute, item or operator on what the student's code made."""
        try:
            value = OPERATIONS[name](*[decoder.value(operand) for operand in operands], **decoder.value(kwargs))
        except BaseException as error:
            frames = student_frames(error)
            stub = isinstance(error, NotImplementedError) and bool(frames) and is_stub(error)
            encoder = self._encoder()
            told = [
                *_told(error),
                line_text(frames),
                bool(frames),
                [list(frame) for frame in frames[-20:]],
                stub,
                encoder.node(error),
            ]
            self.memory.share(encoder)
            self._send(encoder, "error", told, [], self.printed.take())
            return
        encoder = self._encoder()
        node = encoder.node(value)
        self.memory.share(encoder)
        self._send(encoder, "value", node, [], self.printed.take())


def _told(error: BaseException) -> list[Any]:
    """Class, its bases and the message of an exception, and the rule that it broke."""
    kind = type(error)
    rule = [str(error.name), str(error.fact), str(error.advice)] if isinstance(error, Forbidden) else None
    return [kind.__name__[:80], bases_of(kind), _message(error)[:3000], rule]


def _message(error: BaseException) -> str:
    return error_text(error).removeprefix(type(error).__name__).removeprefix(": ")


def _source(value: Any) -> str:
    """A cell's text, which comes as bytes in an array when it is long."""
    return value if isinstance(value, str) else value.tobytes().decode("utf-8", "surrogatepass")


def _make_module(name: str, text: str) -> None:
    """A module that the cells may import, as they do where it lies beside the notebook."""
    file = f"{name}.py"
    module = sys.modules[name] = types.ModuleType(name)
    module.__file__ = file
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)


def _seed(seed: int) -> None:
    """The global random generators, which a forked process has inherited: the same for each grading of a submission."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)


def _nothing(*_: Any, **__: Any) -> None:
    """What IPython would show: nobody looks."""

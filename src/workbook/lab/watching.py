"""Noticing that a file with answers was saved, and testing what changed in it."""

from __future__ import annotations

import ast
import multiprocessing
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbook.errors import WorkbookError
from workbook.lab.answers import code_cells, defined_in, plain
from workbook.lab.scripts import own_files
from workbook.lab.testing import answer_files, results_of
from workbook.model import Home, Result

__all__ = ["Event", "Watcher", "answer_sources"]

_POLL = 0.4  # seconds; polling works on every file system, network ones too


@dataclass(frozen=True)
class Event:
    """One save: the file, the exercises whose answers changed, their results, what prevented them, and remarks on cells."""

    path: Path
    exercises: tuple[str, ...]
    results: tuple[Result, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


class Watcher:
    """Watches one file with answers, or all of the student's notebooks and scripts.

    Args:
        limit: seconds for one run, after which it is stopped.
    """

    def __init__(self, home: Home, answers: Path | None = None, limit: float = 60.0) -> None:
        self.home = home
        self.answers = answers
        self.limit = limit
        self._seen: dict[Path, tuple[int, dict[str, str]]] = {}

    def files(self) -> list[Path]:
        """What is watched: also files that were added since."""
        if self.answers:
            return [self.answers]
        return [path for _, part in self.home.parts() for path in own_files(self.home, part)] or list(answer_files(self.home, []))

    def everything(self) -> Iterator[Event]:
        """Every file tested once."""
        for path in [self.answers] if self.answers else answer_files(self.home, []):
            yield self._test(path, self._changed(path))

    def events(self) -> Iterator[Event]:
        """What happens at each save, for ever."""
        self.look()
        while True:
            yield from self.saved()
            time.sleep(_POLL)

    def look(self) -> None:
        """Remember the files as they are, without testing."""
        for path in self.files():
            self._changed(path)

    def saved(self) -> Iterator[Event]:
        """Test what changed since the last look."""
        for path in self.files():
            if self._is_new(path):
                changed = self._changed(path)
                if changed:
                    yield self._test(path, changed)

    def _is_new(self, path: Path) -> bool:
        known = self._seen.get(path)
        return path.is_file() and (known is None or known[0] != path.stat().st_mtime_ns)

    def _changed(self, path: Path) -> list[str]:
        """Exercises of which a function's source, or something that it uses, differs from the last time."""
        try:
            stamp, sources = path.stat().st_mtime_ns, answer_sources(path)
        except (WorkbookError, OSError):
            return []  # saved half-way: the next save is looked at again
        before = self._seen.get(path, (0, {}))[1]
        self._seen[path] = (stamp, sources)
        names = {name for name in {*sources, *before} if sources.get(name) != before.get(name)}
        return [
            exercise.name
            for _, part in self.home.parts()
            for exercise in part.exercises
            if exercise.kind != "question" and any(name in names for name in exercise.functions)
        ]

    def _test(self, path: Path, exercises: list[str]) -> Event:
        context = multiprocessing.get_context("spawn")
        receive, send = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(self.home, path, exercises, send), daemon=True)
        process.start()
        send.close()
        try:
            return self._received(receive, path, exercises)
        except EOFError:
            return Event(path, tuple(exercises), problem="The run ended without a result: did the code exit the program?")
        finally:
            process.kill()
            process.join()
            receive.close()

    def _received(self, receive: Any, path: Path, exercises: list[str]) -> Event:
        if not receive.poll(self.limit):
            return Event(path, tuple(exercises), problem=f"Stopped after {self.limit:g} s: is there an endless loop?")
        results, problem, notes = receive.recv()
        return Event(path, tuple(exercises), results, problem, notes)


def answer_sources(path: Path) -> dict[str, str]:
    """What each name that a file's cells define at top level is made of: its source and that of the names which it uses.

    The last definition wins. A cell that is no valid Python stands, as it is, for every name that it seems to define.

    Raises:
        BadInput: the file is not a notebook nor Python.
    """
    own: dict[str, str] = {}
    used: dict[str, set[str]] = {}
    for source in code_cells(path):
        for name, text, uses in _definitions(source):
            own[name], used[name] = text, uses
    return {name: "\n".join(own[each] for each in sorted(_reached(name, used))) for name in own}


def _definitions(source: str) -> Iterator[tuple[str, str, set[str]]]:
    """Name, source and used names of what one cell defines."""
    text = plain(source)
    if text is None:
        return
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        yield from ((name, source.strip(), set()) for name in defined_in(source))
        return
    for node in body:
        uses = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        yield from ((name, ast.dump(node), uses) for name in _names(node))


def _reached(name: str, used: dict[str, set[str]]) -> set[str]:
    """The name and all that it uses, directly or through others."""
    reached, todo = {name}, [name]
    while todo:
        fresh = {each for each in used[todo.pop()] if each in used} - reached
        reached |= fresh
        todo += fresh
    return reached


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _run(home: Home, path: Path, exercises: list[str], send: Any) -> None:
    """In the child process: figures cannot travel, everything else can."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which stops this process
    try:
        found = list(results_of(home, path, exercises))
    except WorkbookError as error:
        send.send(((), str(error), ()))
        return
    except Exception as bug:
        send.send(((), f"The run failed, which is a bug of ours: {type(bug).__name__}: {bug}", ()))
        return
    notes = tuple(note for _, remarks in found for note in remarks)
    send.send((tuple(_without_figures(result) for result, _ in found), "", notes))


def _without_figures(result: Result) -> Result:
    explanation = replace(result.explanation, figures=()) if result.explanation else None
    return replace(result, figures=(), explanation=explanation)

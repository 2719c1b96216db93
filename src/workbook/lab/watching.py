"""Noticing that a file with answers was saved, and testing what changed in it."""

from __future__ import annotations

import ast
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.errors import WorkbookError
from workbook.lab.answers import code_cells
from workbook.lab.testing import answer_files, results_of
from workbook.model import Home, Result

__all__ = ["Event", "Watcher", "answer_sources"]

_POLL = 0.4  # seconds; polling works on every file system, network ones too
_LIMIT = 60.0  # seconds for one run


@dataclass(frozen=True)
class Event:
    """One save: the file, the exercises whose answers changed, their results, or what prevented them."""

    path: Path
    exercises: tuple[str, ...]
    results: tuple[Result, ...] = ()
    problem: str = ""


class Watcher:
    """Watches one file with answers, or all of the student's notebooks."""

    def __init__(self, home: Home, answers: Path | None = None) -> None:
        self.home = home
        self.answers = answers
        self._seen: dict[Path, tuple[int, dict[str, str]]] = {}

    def files(self) -> list[Path]:
        return [self.answers] if self.answers else answer_files(self.home, [])

    def events(self, *, once: bool = False) -> Iterator[Event]:
        """What happens at each save, for ever; with `once` everything is tested once, then it ends."""
        for path in self.files():
            changed = self._changed(path)
            if once:
                yield self._test(path, changed)
        while not once:
            for path in self.files():
                if self._is_new(path):
                    changed = self._changed(path)
                    if changed:
                        yield self._test(path, changed)
            time.sleep(_POLL)

    def _is_new(self, path: Path) -> bool:
        known = self._seen.get(path)
        return path.is_file() and (known is None or known[0] != path.stat().st_mtime_ns)

    def _changed(self, path: Path) -> list[str]:
        """Exercises of which a function's source differs from the last time."""
        try:
            sources = answer_sources(path)
        except WorkbookError:
            return []  # saved half-way: the next save is looked at again
        before = self._seen.get(path, (0, {}))[1]
        self._seen[path] = (path.stat().st_mtime_ns, sources)
        names = {name for name in {*sources, *before} if sources.get(name) != before.get(name)}
        return [
            exercise.name
            for _, part in self.home.parts()
            for exercise in part.exercises
            if exercise.kind != "question" and names.intersection(exercise.functions)
        ]

    def _test(self, path: Path, exercises: list[str]) -> Event:
        context = multiprocessing.get_context("spawn")
        receive, send = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(self.home, path, exercises, send), daemon=True)
        process.start()
        send.close()
        try:
            answered = receive.poll(_LIMIT)
            results, problem = receive.recv() if answered else ((), f"Stopped after {_LIMIT:.0f} s: is there an endless loop?")
        except EOFError:
            results, problem = (), "The run ended without a result: did the code exit the program?"
        process.kill()
        process.join()
        return Event(path, tuple(exercises), results, problem)


def answer_sources(path: Path) -> dict[str, str]:
    """Source text of each name that a file's cells define at top level, the last definition winning.

    Raises:
        BadInput: the file is not a notebook nor Python.
    """
    found: dict[str, str] = {}
    for source in code_cells(path):
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue  # magics, or not finished: nothing to test yet
        for node in tree.body:
            for name in _names(node):
                found[name] = ast.dump(node)
    return found


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _run(home: Home, path: Path, exercises: list[str], send: Any) -> None:
    """In the child process: figures cannot travel, everything else can."""
    from dataclasses import replace

    try:
        results = []
        for result, _ in results_of(home, path, exercises):
            explanation = replace(result.explanation, figures=()) if result.explanation else None
            results.append(replace(result, figures=(), explanation=explanation))
        send.send((tuple(results), ""))
    except WorkbookError as error:
        send.send(((), str(error)))

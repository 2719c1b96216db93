"""Running an exercise's test on everything that the chapter knows: solution, stub, mistakes, alternatives, worked examples."""

from __future__ import annotations

import doctest
import functools
import importlib
import inspect
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from workbook.check import cases, render
from workbook.check.load import load_module
from workbook.check.run import find_test, run_test
from workbook.check.trial import Trial
from workbook.model import Chapter, Exercise, Result, SourceFile, Status

__all__ = ["judge", "resolves", "verdict"]

Trouble = tuple[Path, int | None, str, str]


def judge(chapter: Chapter, exercise: Exercise) -> Iterator[Trouble]:
    """What is wrong, as (file, line, fact, advice): the solution and the alternatives must pass, the stub and mistakes must not.

    Raises:
        ChapterError: a file is missing or cannot be imported.
    """
    source = SourceFile.read(chapter.source(exercise.part))
    place = source.definitions[exercise.functions[0]].line if exercise.functions[0] in source.definitions else None
    yield from _solution(chapter, exercise, source.path, place)
    result = verdict(chapter, exercise, cases.stub(chapter, exercise))
    if result.status is not Status.UNSOLVED:
        yield source.path, place, f"the stub of {exercise.name} is {result.status}.", "A stub must be recognised as one."
    for name, answers in cases.mistakes(chapter, exercise).items():
        yield from _mistake(chapter, exercise, name, answers)
    for name, answers in cases.alternatives(chapter, exercise).items():
        result = verdict(chapter, exercise, answers)
        if result.status is not Status.PASSED:
            path = _path(chapter.alternatives, exercise)
            yield path, None, f"{exercise.name}: the right answer {name!r} is {result.status}: {result.message}", "Mend the test."


def verdict(chapter: Chapter, exercise: Exercise, answers: Mapping[str, Any]) -> Result:
    """The outcome of the exercise's test on some answers."""
    arguments = [answers[name] for name in exercise.functions]
    return run_test(Trial(chapter, exercise), find_test(chapter, exercise), arguments)


def resolves(dotted: str) -> bool:
    """Does a dotted name lead to something that can be imported?"""
    head, *rest = dotted.split(".")
    try:
        thing: Any = importlib.import_module(head)
    except ImportError:
        return False
    for name in rest:
        if not hasattr(thing, name):
            try:
                importlib.import_module(f"{thing.__name__}.{name}")
            except (ImportError, AttributeError):
                return False
        thing = getattr(thing, name)
    return True


def _solution(chapter: Chapter, exercise: Exercise, path: Path, line: int | None) -> Iterator[Trouble]:
    answers = cases.solution(chapter, exercise)
    result = verdict(chapter, exercise, answers)
    if result.status is not Status.PASSED:
        yield path, line, f"the solution of {exercise.name} is {result.status}: {result.message}", "Mend the solution or the test."
        return
    try:
        typed = {name: _typed(value) if inspect.isfunction(value) else value for name, value in answers.items()}
    except Exception as error:  # an annotation in quotes may be anything
        fact = f"the annotations of {exercise.name} cannot be read: {type(error).__name__}: {error}"
        yield path, line, fact, "Import or define what they name."
        return
    result = verdict(chapter, exercise, typed)
    if result.status is not Status.PASSED:
        yield path, line, f"the annotations of {exercise.name} do not hold: {result.message}", "Correct the shapes or dtypes."
    for name in exercise.functions:
        yield from _examples(path, line, name)


def _typed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its annotations checked at each call: one size for each dimension name, over arguments and result."""
    from beartype.door import is_bearable
    from jaxtyping import jaxtyped

    hints = get_type_hints(function, include_extras=True)

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        bound = _given(inspect.signature(function), args, kwargs)
        boxed = np.asarray(result) if isinstance(result, np.generic) else result
        with jaxtyped("context"):
            for name, value in [*bound, ("return", boxed)]:
                if name in hints and not is_bearable(value, hints[name]):
                    raise TypeError(f"{name} is {render.describe(value)}, annotated as {hints[name]}")
        return result

    return checked


def _given(signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Name and value of each argument; an annotation of `*operands` is that of every one of them."""
    found: list[tuple[str, Any]] = []
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        several = signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        found += [(name, item) for item in value] if several else [(name, value)]
    return found


def _examples(path: Path, line: int | None, name: str) -> Iterator[Trouble]:
    """The worked examples in the docstring, run."""
    module = load_module(path)
    try:
        tests = doctest.DocTestFinder(recurse=False).find(getattr(module, name), name, globs=dict(vars(module)))
    except ValueError as error:  # a prompt or an indent that doctest cannot read
        yield path, line, f"the worked example of {name} cannot be read: {error}", "Correct it."
        return
    for test in tests:
        report = io.StringIO()
        with redirect_stdout(report):
            failed, _ = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=report.write)
        if failed:
            yield path, line, f"the worked example of {name} is not what comes out:\n{report.getvalue()}", "Correct it."


def _mistake(chapter: Chapter, exercise: Exercise, name: str, answers: Mapping[str, Any]) -> Iterator[Trouble]:
    path = _path(chapter.mistakes, exercise)
    source = SourceFile.read(path)
    full = name if name in source.definitions else f"{exercise.name}__{name}"
    line = source.definitions[full].line if full in source.definitions else None
    result = verdict(chapter, cases.means_free(exercise), answers)
    if result.status is not Status.FAILED:
        yield path, line, f"the mistake {full} is {result.status}.", "The test must reject it: add an input on which it shows."
        return
    if cases.broken(result):
        assert result.explanation is not None
        yield path, line, f"the mistake {full} is broken: {result.explanation.got}", "Mend it."


def _path(folder: Path | None, exercise: Exercise) -> Path:
    assert folder is not None
    return folder / f"{exercise.part}.py"

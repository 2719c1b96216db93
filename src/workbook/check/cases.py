"""What a chapter's own files say about an exercise: solution, stub, mistakes, alternatives, each as answers by function name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbook.check.load import importable, load_module
from workbook.errors import ChapterError
from workbook.model import Chapter, Exercise, Result, SourceFile, variant_of

__all__ = ["alternatives", "broken", "means_free", "mistakes", "solution", "stub"]

# Errors that mean that a mistake itself is broken, not that the test found it out.
_BROKEN = ("ImportError", "ModuleNotFoundError", "NameError", "SyntaxError", "UnboundLocalError", "AttributeError: module ")


def solution(chapter: Chapter, exercise: Exercise) -> dict[str, Any]:
    """The solution's functions (for a quiz its letter).

    Raises:
        ChapterError: solutions are not at hand, or one is missing.
    """
    path = _solutions(chapter) / f"{exercise.part}.py"
    module = load_module(path)
    missing = [name for name in exercise.functions if not hasattr(module, name)]
    if missing:
        raise ChapterError(path, f"exercise {exercise.name} has no solution {missing[0]}.", f"Define {missing[0]} there.")
    return {name: getattr(module, name) for name in exercise.functions}


def stub(chapter: Chapter, exercise: Exercise) -> dict[str, Any]:
    """The stubs as a student finds them, run with the imports of the part's import cell.

    Raises:
        ChapterError: one of the functions is not defined, or a student could not run its stub.
    """
    source = SourceFile.read(chapter.source(exercise.part))
    for name in exercise.functions:
        if name not in source.definitions:
            raise ChapterError(source.path, f"exercise {exercise.name} has no solution {name}.", f"Define {name} there.")
    names: dict[str, Any] = {"__name__": "stub"}
    with importable(source.path.parent):
        _run(source.imports, names, source.path, "the import cell")
    names.update(_before(chapter, exercise, source))
    for name in exercise.functions:
        definition = source.definitions[name]
        _run(definition.stub(), names, source.path, f"the stub of {name}", definition.line)
    return {name: names[name] for name in exercise.functions}


def _before(chapter: Chapter, exercise: Exercise, source: SourceFile) -> dict[str, Any]:
    """What a student's notebook has when it comes to an exercise, annotations need it: given code and earlier exercises."""
    part = chapter.part(exercise.part)
    earlier = part.exercises[: part.exercises.index(exercise)]
    known = source.names_before(source.definitions[exercise.functions[0]].line)
    known |= {name for one in earlier if one.kind != "question" for name in one.functions}
    try:
        solved = vars(load_module(source.path)) if known else {}
    except ChapterError:  # a file that cannot be run is told by who needs it to run; here the stub has its say first
        return {}
    return {name: value for name, value in solved.items() if name in known}


def mistakes(chapter: Chapter, exercise: Exercise) -> dict[str, dict[str, Any]]:
    """Known wrong answers by name; each replaces one function of the solution. A quiz' mistakes are its wrong letters.

    Raises:
        ChapterError: the file cannot be imported, or a quiz' mistake gives no letter.
    """
    found = _variants(chapter, exercise, chapter.mistakes, together=False)
    if exercise.kind == "quiz":
        return {name: {key: _letter(chapter, exercise, name, value) for key, value in found[name].items()} for name in found}
    return found


def alternatives(chapter: Chapter, exercise: Exercise) -> dict[str, dict[str, Any]]:
    """Right answers written differently, by name. Variants of one slug belong together where there are several functions."""
    return _variants(chapter, exercise, chapter.alternatives, together=True)


def means_free(exercise: Exercise) -> Exercise:
    """The exercise without its restrictions: a mistake must be rejected for what it computes, not for how."""
    return replace(exercise, forbid=(), only=())


def broken(result: Result) -> bool:
    """Was a mistake rejected only because it stumbles, so that its rejection proves nothing?"""
    told = result.explanation
    return told is not None and told.reason == "raised" and told.got.startswith(_BROKEN)


def _run(text: str, names: dict[str, Any], path: Path, what: str, line: int | None = None) -> None:
    """Run a cell as a notebook does: without this module's own `from __future__`."""
    try:
        exec(compile(text, f"<{what}>", "exec", dont_inherit=True), names)
    except Exception as error:
        fact = f"{what} raises {type(error).__name__}: {error}"
        raise ChapterError(path, fact, "A student's notebook has this file's imports and nothing else of it.", line) from error


def _letter(chapter: Chapter, exercise: Exercise, slug: str, mistake: Any) -> Any:
    try:
        return mistake()
    except Exception as error:
        assert chapter.mistakes is not None
        source = SourceFile.read(chapter.mistakes / f"{exercise.part}.py")
        name = f"{exercise.name}__{slug}"
        line = source.definitions[name].line if name in source.definitions else None
        fact = f"the mistake {name} raises {type(error).__name__}: {error}"
        raise ChapterError(source.path, fact, "Write a function without arguments that returns the wrong letter.", line) from error


def _variants(chapter: Chapter, exercise: Exercise, folder: Path | None, *, together: bool) -> dict[str, dict[str, Any]]:
    if folder is None or not (folder / f"{exercise.part}.py").is_file():
        return {}
    module = vars(load_module(folder / f"{exercise.part}.py", chapter.solutions))
    variants: dict[str, dict[str, Any]] = {}
    for name, value in module.items():
        function, slug = variant_of(name)
        if function in exercise.functions:
            key = slug if together or function == exercise.name else name
            variants.setdefault(key, {})[function] = value
    return {key: _filled(chapter, exercise, answers) for key, answers in variants.items()}


def _filled(chapter: Chapter, exercise: Exercise, answers: Mapping[str, Any]) -> dict[str, Any]:
    return {**solution(chapter, exercise), **answers} if len(answers) < len(exercise.functions) else dict(answers)


def _solutions(chapter: Chapter) -> Path:
    if chapter.solutions is None:
        raise ChapterError(chapter.folder, "solutions are not part of an installed package.", "Work in a checkout.")
    return chapter.solutions

"""What a chapter's own files say about an exercise: solution, stub, mistakes, alternatives, each as answers by function name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbook.check.load import load_module
from workbook.errors import ChapterError
from workbook.model import Chapter, Exercise, SourceFile

__all__ = ["alternatives", "means_free", "mistakes", "solution", "stub"]


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
        ChapterError: one of the functions is not defined.
    """
    source = SourceFile.read(chapter.source(exercise.part))
    for name in exercise.functions:
        if name not in source.definitions:
            raise ChapterError(source.path, f"exercise {exercise.name} has no solution {name}.", f"Define {name} there.")
    names: dict[str, Any] = {"__name__": "stub"}
    exec(compile(source.imports, "<imports>", "exec"), names)
    for name in exercise.functions:
        text = source.definitions[name].stub()
        exec(compile(text, f"<stub of {name}>", "exec"), names)
    return {name: names[name] for name in exercise.functions}


def mistakes(chapter: Chapter, exercise: Exercise) -> dict[str, dict[str, Any]]:
    """Known wrong answers by name; each replaces one function of the solution. A quiz' mistakes are its wrong letters."""
    found = _variants(chapter, exercise, chapter.mistakes, together=False)
    if exercise.kind == "quiz":
        return {name: {key: value() for key, value in answers.items()} for name, answers in found.items()}
    return found


def alternatives(chapter: Chapter, exercise: Exercise) -> dict[str, dict[str, Any]]:
    """Right answers written differently, by name. Variants of one slug belong together where there are several functions."""
    return _variants(chapter, exercise, chapter.alternatives, together=True)


def means_free(exercise: Exercise) -> Exercise:
    """The exercise without its restrictions: a mistake must be rejected for what it computes, not for how."""
    return replace(exercise, forbid=(), only=())


def _variants(chapter: Chapter, exercise: Exercise, folder: Path | None, *, together: bool) -> dict[str, dict[str, Any]]:
    if folder is None or not (folder / f"{exercise.part}.py").is_file():
        return {}
    module = vars(load_module(folder / f"{exercise.part}.py"))
    variants: dict[str, dict[str, Any]] = {}
    for name, value in module.items():
        function, mark, slug = name.partition("__")
        if mark and function in exercise.functions:
            key = slug if together or function == exercise.name else name
            variants.setdefault(key, {})[function] = value
    return {key: _filled(chapter, exercise, answers) for key, answers in variants.items()}


def _filled(chapter: Chapter, exercise: Exercise, answers: Mapping[str, Any]) -> dict[str, Any]:
    return {**solution(chapter, exercise), **answers} if len(answers) < len(exercise.functions) else dict(answers)


def _solutions(chapter: Chapter) -> Path:
    if chapter.solutions is None:
        raise ChapterError(chapter.folder, "solutions are not part of an installed package.", "Work in a checkout.")
    return chapter.solutions

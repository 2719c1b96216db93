"""Does anything of a solution, a mistake or a hidden test reach a student of a graded course?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from workbook.errors import BadInput
from workbook.model import Chapter, Exercise, Part, SourceFile

__all__ = ["released", "search", "squeezed", "telling_lines"]

_LENGTH = 16  # characters without blanks; shorter lines (`return x`) say nothing


def released(notebook: Any) -> str:
    """What nbgrader releases of a course notebook: text of all cells after its own preprocessors ran.

    Raises:
        BadInput: nbgrader is not installed.
    """
    from workbook.build.formats import nbformat_module

    nbformat_module()
    try:
        from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
    except ImportError:
        raise BadInput(
            "The course edition is checked with nbgrader's own preprocessors.", 'Install the extra: pip install "workbook[grade]"'
        ) from None
    from workbook.model.source import STUB

    for preprocessor in (ClearSolutions(code_stub={"python": STUB}), ClearHiddenTests()):
        notebook, _ = preprocessor.preprocess(notebook, {})
    return "\n".join(cell.source for cell in notebook.cells)


def search(chapter: Chapter, part: Part, text: str) -> Iterator[str]:
    """A sentence for each thing that must not be in the released text."""
    found = squeezed(text)
    source = SourceFile.read(chapter.source(part.name))
    for exercise in part.exercises:
        for line in telling_lines(source, exercise):
            if line in found:
                yield f"the course edition contains a line of the solution of {exercise.name}: {line}"
    assert chapter.mistakes is not None
    for name, definition in SourceFile.read(chapter.mistakes / f"{part.name}.py").definitions.items():
        sentence = squeezed(definition.docstring)
        if len(sentence) >= _LENGTH and sentence in found:
            yield f"the course edition contains the sentence of the mistake {name}."
    if "hiddentests" in found.lower():
        yield "the course edition contains hidden tests."


def telling_lines(source: SourceFile, exercise: Exercise) -> list[str]:
    """The solution's lines that would give it away, without blanks."""
    lines: list[str] = []
    for name in exercise.functions:
        definition = source.definitions.get(name)
        if definition is None:
            continue
        if isinstance(definition.node, ast.Assign):
            lines.append(squeezed(definition.text))
            continue
        stub = squeezed(definition.stub())
        body = [squeezed(line) for line in definition.text.splitlines()]
        lines += [line for line in body if len(line) >= _LENGTH and line not in stub]
    return lines


def squeezed(text: str) -> str:
    """Text without any white space, so that layout hides nothing."""
    return re.sub(r"\s+", "", text)

"""Does anything of a solution, a mistake or a hidden test reach a student of a graded course?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbook.errors import BadInput
from workbook.model import Chapter, Exercise, Part, SourceFile
from workbook.model.source import BEGIN, END, STUB

__all__ = ["Leak", "released", "search", "squeezed", "telling_lines"]

_LENGTH = 20  # characters without blanks; shorter lines (`return x`, `super().__init__()`) say nothing alone
_HIDDEN = "BEGINHIDDENTESTS"  # nbgrader's marker, squeezed
_EXPRESSION = 16  # the same of what stands right of `return` or of `=`
_WHOLE = 8  # characters without blanks of a function's lines together, where each alone is short
_HEADER = re.compile(r"^\s*(for|with|while|if|elif|else|try|except|def|class)\b.*:$")  # what it is about stands below it
_PLAIN = re.compile(r"[\w.]+(\(\))?")  # a name with dots, perhaps called: anybody may write that
_LEFT = re.compile(r"^\s*(return\b|\w+(, *\w+)* *(: *[^=]+)?[-+*/@%&|]*=(?!=))")
_MARKERS = (BEGIN.replace(" ", ""), END.replace(" ", ""))


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
    for preprocessor in (ClearSolutions(code_stub={"python": STUB}), ClearHiddenTests()):
        notebook, _ = preprocessor.preprocess(notebook, {})
    return "\n".join(cell.source for cell in notebook.cells)


@dataclass(frozen=True)
class Leak:
    """Something that must not be there: `fact` says what, `needle` is the squeezed text that was found."""

    fact: str
    needle: str


def search(chapter: Chapter, part: Part, text: str) -> Iterator[Leak]:
    """Each thing that must not be in the released text."""
    found = squeezed(text)
    source = SourceFile.read(chapter.source(part.name))
    for exercise in part.exercises:
        for line in telling_lines(source, exercise):
            if line in found:
                yield Leak(f"the course edition contains a line of the solution of {exercise.name}: {line}", line)
    assert chapter.mistakes is not None
    for name, definition in SourceFile.read(chapter.mistakes / f"{part.name}.py").definitions.items():
        sentence = squeezed(definition.docstring)
        if len(sentence) >= _LENGTH and sentence in found:
            yield Leak(f"the course edition contains the sentence of the mistake {name}.", sentence)
    if _HIDDEN in found:
        yield Leak("the course edition contains hidden tests.", _HIDDEN)


def telling_lines(source: SourceFile, exercise: Exercise) -> list[str]:
    """What would give the solution away wherever it stands: its lines, without blanks.

    Of `return EXPRESSION` and `name = EXPRESSION` the expression counts, so that a hint which quotes only that is found. A function
    of nothing but short lines counts as a whole.
    """
    lines: list[str] = []
    for name in exercise.functions:
        definition = source.definitions.get(name)
        if definition is None:
            continue
        if isinstance(definition.node, ast.Assign):
            lines.append(squeezed(definition.text))
            continue
        stub = squeezed(definition.stub())
        own = [line for line in definition.text.splitlines() if squeezed(line) not in (*_MARKERS, "")]
        body = [line for line in own if squeezed(line) not in stub]
        long = [_telling(line) for line in body if len(squeezed(line)) >= _LENGTH and not _HEADER.match(line)]
        whole = squeezed("".join(body))
        lines += long or ([whole] if len(whole) >= _WHOLE else [])
    return lines


def _telling(line: str) -> str:
    """The expression on a line's right-hand side without blanks, or the whole line where that is too short to say anything."""
    expression = squeezed(_LEFT.sub("", line))
    tells = len(expression) >= _EXPRESSION and not _PLAIN.fullmatch(expression)
    return expression if tells else squeezed(line)


def squeezed(text: str) -> str:
    """Text without any white space, so that layout hides nothing."""
    return re.sub(r"\s+", "", text)

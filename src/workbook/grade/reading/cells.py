"""A submission's code cells made ready to run: magics left out, answers that were split over cells put together.

This compiles the student's text (it runs none of it), so it belongs into the sandbox.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from workbook.lab.answers import plain

__all__ = ["Prepared", "prepare"]

_LOOK_AHEAD = 3  # cells that an answer may go on in
_DEEP_MARGIN = 200  # blanks; `plain` takes the square of their number
_LONG_TEXT = 200_000  # characters of cells that are put together
# A cell without these is Python and complete, or it fails in any case: most cells need not be compiled here.
_MAGIC = re.compile(r"^[ \t]*+[%!?]|=[ \t]*+[%!]|\?[ \t]*+$", re.MULTILINE)
_METHOD = re.compile(r"^[ \t]+(?:async[ \t]+)?def[ \t]+\w+\([ \t\n]*(?:self|cls)\b", re.MULTILINE)
_FIELD = re.compile(r"\s*^[ \t]+\w+[ \t]*:[ \t]*\S", re.MULTILINE)  # of a dataclass
_GOES_ON = re.compile(r"""[:,\\(\[{=+\-*/%@&|^]\s*+(?:#[^\n]*+\s*+)*+\Z""")
_LAST = 2_000  # characters in which `_GOES_ON` is looked for
_TRIPLE = ('"""', "'''")


@dataclass(frozen=True)
class Prepared:
    """One cell as it is to be run; the source is plain Python, or "" where nothing is."""

    number: int
    source: str
    notes: tuple[str, ...] = ()


def prepare(cells: Sequence[tuple[int, str]]) -> list[Prepared]:
    """The cells, given by number and text, as they are to be run: one entry each, in the same order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        texts = [_plain(number, source) for number, source in cells]
        done: list[Prepared] = []
        while len(done) < len(texts):
            done += _joined(texts[len(done) : len(done) + 1 + _LOOK_AHEAD])
    return done


def _plain(number: int, source: str) -> Prepared:
    """One cell without its magics."""
    whole = source.lstrip().startswith("%%")
    if not whole and (not _MAGIC.search(source) or _compiles(source)):
        return Prepared(number, source)
    if any(len(line) - len(line.lstrip()) > _DEEP_MARGIN for line in source.splitlines()):
        return Prepared(number, source)
    try:
        text = plain(source)
    except (RecursionError, MemoryError, OverflowError):
        return Prepared(number, source)
    if text is None:
        return Prepared(number, "", (f"cell {number} is a {source.split()[0][:20]} cell and was not run.",))
    if text == source:
        return Prepared(number, source)
    return Prepared(number, text, (f"cell {number}: lines that start with % or ! were left out.",))


def _joined(cells: list[Prepared]) -> list[Prepared]:
    """The first of the cells, with the following ones that are its rest and are empty then."""
    first = cells[0]
    count = _rest(cells)
    if not count:
        return [Prepared(first.number, _dedented(first.source), first.notes)]
    text = "\n".join(cell.source for cell in cells[: count + 1])
    numbers = ", ".join(str(cell.number) for cell in cells[:count]) + f" and {cells[count].number}"
    notes = (*first.notes, f"cells {numbers} were put together: they are one piece of code.")
    return [Prepared(first.number, text, notes), *(Prepared(cell.number, "", cell.notes) for cell in cells[1 : count + 1])]


def _rest(cells: list[Prepared]) -> int:
    """How many of the cells after the first are the rest of it."""
    text = cells[0].source
    unfinished = _looks_unfinished(text) and not _compiles(_dedented(text))
    if not unfinished and not (len(cells) > 1 and _margin(cells[1].source) and _compiles(text)):
        return 0
    found = 0
    for count, cell in enumerate(cells[1:], 1):
        if not cell.source.strip() or len(text) + len(cell.source) > _LONG_TEXT:
            break
        if not (_margin(cell.source) or (unfinished and not _compiles(cell.source))):
            break
        if not unfinished and not _belongs(text, cell.source):
            break
        text = f"{text}\n{cell.source}"
        unfinished = not _compiles(text)
        if not unfinished:
            found = count
    return found


def _belongs(text: str, rest: str) -> bool:
    """Is an indented cell the rest of a text that compiles without it?"""
    # Jupyter takes the margin off, so that the cell runs alone where it can. Four kinds cannot be meant so.
    in_class = _METHOD.search(rest) is not None or _FIELD.match(rest) is not None
    if not _compiles(_dedented(rest)) or _is_bare(text) or (in_class and _ends_in_class(text)):
        return True
    return bool(_names(rest, ast.Load) & _own_names(text))


def _own_names(source: str) -> set[str]:
    """Names that the function at the end of a text has for itself: they mean nothing outside it."""
    node = _last_statement(source)
    while isinstance(node, ast.ClassDef):
        node = node.body[-1]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    arguments = {argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg)}
    return arguments | {found.id for found in ast.walk(node) if isinstance(found, ast.Name) and isinstance(found.ctx, ast.Store)}


def _names(source: str, context: type[ast.expr_context]) -> set[str]:
    """Names that a text reads (or, by the context, writes)."""
    try:
        tree = ast.parse(_dedented(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {found.id for found in ast.walk(tree) if isinstance(found, ast.Name) and isinstance(found.ctx, context)}


def _looks_unfinished(source: str) -> bool:
    """Might the text go on in the next cell? Told from its brackets, quotes and last line, without compiling it."""
    return (
        any(source.count(mark) % 2 for mark in _TRIPLE)
        or any(source.count(left) != source.count(right) for left, right in ("()", "[]", "{}"))
        or _GOES_ON.search(source[-_LAST:]) is not None
        or source.rstrip().rpartition("\n")[2].lstrip().startswith("@")
    )


def _is_bare(source: str) -> bool:
    """Does the text end in a function or class that has nothing but its docstring?"""
    node = _last_statement(source)
    while isinstance(node, ast.ClassDef) and isinstance(node.body[-1], ast.FunctionDef):
        node = node.body[-1]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    return all(
        isinstance(item, ast.Pass) or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)) for item in node.body
    )


def _ends_in_class(source: str) -> bool:
    return isinstance(_last_statement(source), ast.ClassDef)


def _last_statement(source: str) -> ast.stmt | None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a tree may be too deep where the code is not
        return None
    return body[-1] if body else None


def _margin(source: str) -> str:
    """The blanks before the first line of code; "" where a comment or nothing is all there is."""
    for line in source.split("\n"):
        code = line.lstrip(" \t")
        if code and not code.startswith("#"):
            return line[: len(line) - len(code)]
    return ""


def _dedented(source: str) -> str:
    """The text without the margin of its first line that is not blank, as IPython runs it."""
    lines = source.split("\n")
    first = next((line for line in lines if line.strip(" \t")), "")
    margin = first[: len(first) - len(first.lstrip(" \t"))]
    return "\n".join(line.removeprefix(margin) for line in lines) if margin else source


def _compiles(source: str) -> bool:
    try:
        compile(source, "<cell>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True

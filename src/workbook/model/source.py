"""The source of solutions: definitions, signatures with named dimensions, and the stubs derived from them. Read as text, never imported."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from workbook.errors import ChapterError

__all__ = ["BEGIN", "END", "STUB", "Definition", "Parameter", "Signature", "SourceFile"]

# nbgrader's own markers and the text that its ClearSolutions is configured with: both editions show the same stub.
BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
STUB = 'raise NotImplementedError("Write your answer here.")'

_REGION = re.compile(rf"^([ \t]*){BEGIN}\n.*?^[ \t]*{END}$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """One argument, or a result: its name and its dimensions as written in the jaxtyping annotation (None where there are none)."""

    name: str
    dims: tuple[str, ...] | None


@dataclass(frozen=True)
class Signature:
    """Arguments and results of a function with their named dimensions; `returns` has several entries for a tuple."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: tuple[Parameter, ...]


@dataclass(frozen=True)
class Definition:
    """A top-level function, class or assigned value of a solutions module.

    Attributes:
        name: its name. path, line: where it stands.
        text: its source, verbatim, decorators included.
        node: its syntax tree.
    """

    name: str
    path: Path
    line: int
    text: str
    node: ast.FunctionDef | ast.ClassDef | ast.Assign

    @property
    def docstring(self) -> str:
        return "" if isinstance(self.node, ast.Assign) else (ast.get_docstring(self.node) or "")

    @property
    def value(self) -> object:
        """The constant that is assigned, for a quiz its letter."""
        if isinstance(self.node, ast.Assign) and isinstance(self.node.value, ast.Constant):
            return self.node.value.value
        return None

    def signature(self) -> Signature | None:
        """The function's signature; None for classes and values."""
        if not isinstance(self.node, ast.FunctionDef):
            return None
        arguments = [*self.node.args.posonlyargs, *self.node.args.args, *self.node.args.kwonlyargs]
        parameters = tuple(Parameter(arg.arg, _dims(arg.annotation)) for arg in arguments)
        return Signature(self.name, parameters, _returns(self.node.returns))

    def marked(self) -> str:
        """The source with nbgrader's solution markers, so that `stub` and nbgrader itself remove the same lines."""
        if BEGIN in self.text or isinstance(self.node, ast.Assign):
            return self.text
        functions = [self.node] if isinstance(self.node, ast.FunctionDef) else _methods(self.node)
        lines = self.text.splitlines()
        top = self.line - 1
        for function in reversed(functions):
            body = _after_docstring(function)
            if not body:
                continue
            indent = " " * body[0].col_offset
            end = function.end_lineno or 0
            lines.insert(end - top, indent + END)
            lines.insert(_first_line(body[0]) - 1 - top, indent + BEGIN)
        return "\n".join(lines)

    def stub(self) -> str:
        """What the student finds: signature and docstring kept, the solution replaced."""
        if isinstance(self.node, ast.Assign):
            return f'{self.name} = None  # write "a", "b", "c" or "d" in place of None'
        return _REGION.sub(lambda match: match.group(1) + STUB, self.marked())


@dataclass(frozen=True)
class SourceFile:
    """A module of definitions, parsed but not run."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> SourceFile:
        """Read and parse `path`, once as long as the file does not change.

        Raises:
            ChapterError: the file is missing or not valid Python.
        """
        try:
            changed = path.stat().st_mtime_ns
        except FileNotFoundError:
            raise ChapterError(path, "this file is missing.", "`workbook new part` writes all files of a part.") from None
        return _read(path, changed)

    @cached_property
    def tree(self) -> ast.Module:
        try:
            return ast.parse(self.text)
        except SyntaxError as error:
            raise ChapterError(self.path, f"not valid Python: {error.msg}.", "Mend the syntax.", error.lineno) from None

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """Top-level functions, classes and single assignments by name."""
        found = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name] = self._definition(node.name, node)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = self._definition(node.targets[0].id, node)
        return found

    @cached_property
    def imports(self) -> str:
        """The import statements, verbatim: the notebook's import cell."""
        nodes = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        kept = [node for node in nodes if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")]
        return "\n".join(ast.get_source_segment(self.text, node) or "" for node in kept)

    def _definition(self, name: str, node: ast.FunctionDef | ast.ClassDef | ast.Assign) -> Definition:
        first = _first_line(node)
        text = "\n".join(self.text.splitlines()[first - 1 : node.end_lineno])
        return Definition(name, self.path, first, textwrap.dedent(text), node)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> SourceFile:
    return SourceFile(path, path.read_text(encoding="utf-8"))


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [item for item in node.body if isinstance(item, ast.FunctionDef)]


def _after_docstring(function: ast.FunctionDef) -> list[ast.stmt]:
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


def _dims(annotation: ast.expr | None) -> tuple[str, ...] | None:
    """Dimension names of `Float[ndarray, "i j"]`; None when the annotation has none."""
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        last = annotation.slice.elts[-1]
        if isinstance(last, ast.Constant) and isinstance(last.value, str):
            return tuple(last.value.split())
    return None


def _returns(annotation: ast.expr | None) -> tuple[Parameter, ...]:
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name) and annotation.value.id == "tuple":
        items = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        return tuple(Parameter(f"result {n}", _dims(item)) for n, item in enumerate(items))
    return (Parameter("result", _dims(annotation)),)

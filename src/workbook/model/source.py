"""The source of solutions, read as text: definitions, signatures with named dimensions, and the stubs derived from them."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from workbook.errors import ChapterError

__all__ = ["BEGIN", "END", "STUB", "Definition", "Parameter", "Region", "Signature", "SourceFile"]

# nbgrader's own markers and the text that its ClearSolutions is configured with: both editions show the same stub.
BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
_REGION = re.compile(r"# (region given: (?P<name>\w+)|endregion)\b")
STUB = 'raise NotImplementedError("Write your answer here.")'


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

    @property
    def unmarked(self) -> str:
        """The source to be read, without nbgrader's markers."""
        return "\n".join(line for line in self.text.splitlines() if BEGIN not in line and END not in line)

    def signature(self) -> Signature | None:
        """The function's signature; None for classes and values."""
        if not isinstance(self.node, ast.FunctionDef):
            return None
        arguments = [*self.node.args.posonlyargs, *self.node.args.args, *self.node.args.kwonlyargs]
        parameters = tuple(Parameter(arg.arg, _dims(arg.annotation)) for arg in arguments)
        return Signature(self.name, parameters, _returns(self.node.returns))

    def marked(self) -> str:
        """The source with nbgrader's solution markers, so that `stub` and nbgrader itself remove the same lines.

        Raises:
            ChapterError: a body stands on the line of its `def`.
        """
        if BEGIN in self.text or isinstance(self.node, ast.Assign):
            return self.text
        functions = [self.node] if isinstance(self.node, ast.FunctionDef) else _methods(self.node)
        if not functions:
            return self._placeholder()
        lines = self.text.splitlines()
        top = self.line - 1
        for function in reversed(functions):
            body = _after_docstring(function)
            if not body:
                continue
            first, last = _first_line(body[0]) - 1 - top, (function.end_lineno or 0) - top
            indent = lines[first][: body[0].col_offset]
            if indent.strip():
                raise ChapterError(
                    self.path, f"{function.name} has its body on the line of its def.", "Give it a line.", top + first + 1
                )
            first, last = _with_comments(lines, first, last, indent)
            lines.insert(last, indent + END)
            lines.insert(first, indent + BEGIN)
        return "\n".join(lines)

    def _placeholder(self) -> str:
        """Of a class without methods, where all that is written is the answer: a class of that name that can be made by nobody.

        The marked lines begin in its `__init__` and hold the true class too, which takes its place when they are run.
        """
        doc = textwrap.indent(f'"""{ast.get_docstring(self.node)}"""', " " * 4)  # type: ignore[arg-type]  # a class
        head = f"class {self.name}:\n{doc}\n\n    def __init__(self, *args, **kwargs):"
        return f"{head}\n        {BEGIN}\n        pass\n\n\n{self.text}\n        {END}"

    def stub(self) -> str:
        """What the student finds: signature and docstring kept, the solution replaced.

        Raises:
            ChapterError: the markers do not come in pairs, so that a solution would be left in.
        """
        if isinstance(self.node, ast.Assign):
            return f'{self.name} = None  # write "a", "b", "c" or "d" in place of None'
        kept: list[str] = []
        inside = False
        for number, line in enumerate(self.marked().splitlines(), self.line):
            if (BEGIN in line and inside) or (END in line and not inside):
                marker = line.strip()
                raise ChapterError(self.path, f"{marker} in {self.name} is out of order.", f"Write {BEGIN}, then {END}.", number)
            if BEGIN in line:
                kept.append(line[: len(line) - len(line.lstrip())] + STUB)
                inside = True
            elif END in line:
                inside = False
            elif not inside:
                kept.append(line)
        if inside:
            raise ChapterError(self.path, f"{BEGIN} in {self.name} is never closed.", f"Add a line {END}.", self.line)
        return "\n".join(kept)


@dataclass(frozen=True)
class Region:
    """Code of a solutions module that students are given as it stands: its name, its lines in the file, its text."""

    name: str
    lines: range
    text: str


@dataclass(frozen=True)
class SourceFile:
    """A module of definitions, parsed but not run."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> SourceFile:
        """Read and parse `path`, once as long as the file does not change.

        Raises:
            ChapterError: the file is missing or not text; `tree` raises it when it is not valid Python.
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
        """Top-level functions, classes and single assignments by name; those in regions that are given are not among them.

        Raises:
            ChapterError: a name is defined twice at the top level.
        """
        found: dict[str, Definition] = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                name = node.name
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
            else:
                continue
            if any(node.lineno in region.lines for region in self.regions.values()):
                continue
            definition = self._definition(name, node)
            if name in found:
                raise ChapterError(self.path, f"{name} is defined twice.", "Keep one of them.", definition.line)
            found[name] = definition
        return found

    @cached_property
    def regions(self) -> dict[str, Region]:
        """The code that students are given, by name: what stands between `# region given: NAME` and `# endregion`.

        Raises:
            ChapterError: a region is not closed, is closed twice, or has the name of another.
        """
        found: dict[str, Region] = {}
        lines = self.text.splitlines()
        start, name = 0, ""
        for number, line in enumerate(lines, 1):
            mark = _REGION.match(line)
            if mark is None:
                continue
            if bool(mark["name"]) == bool(name):
                raise ChapterError(self.path, f"{line} is out of order.", "Write # region given: NAME, then # endregion.", number)
            if not mark["name"]:
                found[name] = Region(name, range(start, number), "\n".join(lines[start : number - 1]).strip("\n"))
            elif mark["name"] in found:
                raise ChapterError(self.path, f"two regions {mark['name']}.", "Rename one of them.", number)
            start, name = number, mark["name"] or ""
        if name:
            raise ChapterError(self.path, f"the region {name} is never closed.", "Add a line: # endregion", start)
        return found

    def makes(self, name: str) -> bool:
        """Is it a class of this module's own, or of another part's that it imports?"""
        imported = {
            alias.asname or alias.name
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and (self.path.parent / f"{node.module}.py").is_file()
            for alias in node.names
        }
        return name in self.definitions or name in imported

    def names_before(self, line: int) -> set[str]:
        """What regions above a line define: a student's notebook has it when it comes to that line."""
        given = [region.lines for region in self.regions.values() if region.lines.stop <= line]
        nodes = [node for node in self.tree.body if any(node.lineno in lines for lines in given)]
        names = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        targets = [target for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
        return names | {target.id for target in targets if isinstance(target, ast.Name)}

    def module(self, without: Collection[str] = ()) -> str:
        """The whole file as a module for others to import: no markers, and none of the definitions named in `without`."""
        dropped = {
            number
            for name in without
            for node in [self.definitions[name].node]
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        kept = [
            line
            for number, line in enumerate(self.text.splitlines(), 1)
            if number not in dropped and BEGIN not in line and END not in line and not _REGION.match(line)
        ]
        return re.sub(r"\n{4,}", "\n\n\n", "\n".join(kept)).strip("\n") + "\n"

    @cached_property
    def imports(self) -> str:
        """The import statements, verbatim: the notebook's import cell."""
        nodes = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        kept = [node for node in nodes if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")]
        return "\n".join(ast.get_source_segment(self.text, node) or "" for node in kept)

    def _definition(self, name: str, node: ast.FunctionDef | ast.ClassDef | ast.Assign) -> Definition:
        first, last = _first_line(node), node.end_lineno or 0
        lines = self.text.splitlines()
        for number in range(last, len(lines)):  # an indented comment at the end belongs to the body: it may be a marker
            if lines[number].strip() and not (lines[number][0].isspace() and lines[number].lstrip().startswith("#")):
                break
            last = number + 1 if lines[number].strip() else last
        text = "\n".join(lines[first - 1 : last])
        return Definition(name, self.path, first, textwrap.dedent(text), node)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> SourceFile:
    try:
        return SourceFile(path, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ChapterError(path, "not a text file in UTF-8.", "Save it again as UTF-8.") from None


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _with_comments(lines: list[str], first: int, last: int, indent: str) -> tuple[int, int]:
    """The lines `first` to `last` of a body, and the comments around them: those talk about the solution too."""
    above = first
    while above and (not lines[above - 1].strip() or lines[above - 1].lstrip().startswith("#")):
        above -= 1
        first = above if lines[above].strip() else first
    below = last
    while below < len(lines) and (
        not lines[below].strip() or (lines[below].startswith(indent) and lines[below].lstrip().startswith("#"))
    ):
        below += 1
        last = below if lines[below - 1].strip() else last
    return first, last


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

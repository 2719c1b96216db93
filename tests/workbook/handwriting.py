"""A part's answers as text: right ones and known mistakes, each in the several ways in which students would write it down."""

from __future__ import annotations

import ast
import copy
import doctest
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbook.check import cases
from workbook.model import Chapter, Exercise, Part, SourceFile
from workbook.model.source import BEGIN, END, STUB, Definition

__all__ = ["Answer", "Material", "material"]


@dataclass(frozen=True)
class Answer:
    """One answer to one exercise.

    Attributes:
        imports, helpers: what it needs beyond the notebook's own imports.
        functions: for each function of the exercise the ways to write it.
        uses: names that occur in it.
    """

    imports: tuple[str, ...]
    helpers: tuple[str, ...]
    functions: tuple[tuple[str, ...], ...]
    uses: frozenset[str]


@dataclass(frozen=True)
class Material:
    """What a class of one part can hand in: by exercise the right and the wrong answers, and the examples of the docstrings."""

    right: Mapping[str, tuple[Answer, ...]]
    wrong: Mapping[str, tuple[Answer, ...]]
    examples: Mapping[str, tuple[doctest.Example, ...]]


def material(chapter: Chapter, part: Part) -> Material:
    """Everything of a part, from its solutions, its alternatives and its known mistakes."""
    assert chapter.alternatives is not None and chapter.mistakes is not None
    own = SourceFile.read(chapter.source(part.name))
    desk = _Desk(part, own)
    graded = [exercise for exercise in part.exercises if exercise.kind != "question"]
    others, mistakes = (
        SourceFile.read(folder / f"{part.name}.py") if (folder / f"{part.name}.py").is_file() else own
        for folder in (chapter.alternatives, chapter.mistakes)
    )
    right = {
        exercise.name: desk.answers(exercise, others, [cases.solution(chapter, exercise), *_others(chapter, exercise)])
        for exercise in graded
    }
    wrong = {exercise.name: desk.answers(exercise, mistakes, cases.mistakes(chapter, exercise).values()) for exercise in graded}
    examples = {exercise.name: _examples(own.definitions[exercise.functions[0]].docstring) for exercise in graded}
    return Material(right, wrong, examples)


def _others(chapter: Chapter, exercise: Exercise) -> Iterable[Mapping[str, Any]]:
    """Right answers written differently. Those of classes leave out what students are given, on which later exercises build."""
    return () if exercise.kind == "class" else cases.alternatives(chapter, exercise).values()


def _examples(docstring: str) -> tuple[doctest.Example, ...]:
    return tuple(doctest.DocTestParser().get_examples(docstring))


@dataclass(frozen=True)
class _Desk:
    """The part whose answers are written, and its own solutions: the models for signatures and docstrings."""

    part: Part
    own: SourceFile

    def answers(self, exercise: Exercise, source: SourceFile, found: Iterable[Mapping[str, Any]]) -> tuple[Answer, ...]:
        """The text of each set of functions in `found`, which come from `source` or from the solutions."""
        return tuple(self._answer(exercise, source, functions) for functions in found)

    def _answer(self, exercise: Exercise, source: SourceFile, found: Mapping[str, Any]) -> Answer:
        texts: list[tuple[str, ...]] = []
        imports: dict[str, None] = {}
        helpers: dict[str, None] = {}
        uses: set[str] = set()
        for name in exercise.functions:
            if exercise.kind == "quiz":
                texts.append(
                    (f'{name} = "{found[name]}"', f"{name} = '{found[name]}'", f'{name} = "{found[name]}"  # the only one')
                )
                continue
            written = found[name].__name__
            place = self.own if written == name else source  # a mistake in one function of two leaves the other right
            texts.append(writings(name, place.definitions[written], self.own.definitions[name]))
            if _derives(place.definitions[written], name):
                helpers[_renamed(_undocumented(self.own.definitions[name]), name, f"First{name}")] = None
            below, above = self._needed(place, place.definitions[written])
            helpers |= below
            imports |= above
            uses |= _names(place.definitions[written].node)
        return Answer(tuple(imports), tuple(helpers), tuple(texts), frozenset(uses))

    def _needed(self, place: SourceFile, definition: Definition) -> tuple[dict[str, None], dict[str, None]]:
        """Texts of the helper functions and the imports that a definition needs and the notebook does not have."""
        answers = {name for exercise in self.part.exercises for name in exercise.functions}
        helpers: dict[str, Definition] = {}
        todo = [definition]
        while todo:
            for name in sorted(_names(todo.pop().node) - answers - {definition.name}):
                if name in place.definitions and name not in helpers:
                    helpers[name] = place.definitions[name]
                    todo.append(helpers[name])
        used = set().union(*(_names(one.node) for one in (definition, *helpers.values())))
        given = {*_imports(self.own), *answers}  # an answer may be imported there from the solutions
        imports = {text: None for name, text in _imports(place).items() if name in used and name not in given}
        return {helper.text: None for helper in helpers.values()}, imports


def writings(name: str, written: Definition, model: Definition) -> tuple[str, ...]:
    """A definition under the exercise's name, in several ways: as in the stub (the first one), bare, in one line or two, ...

    model: the solution of that name, whose signature and docstring the stub has.
    """
    if not isinstance(written.node, ast.FunctionDef) or not isinstance(model.node, ast.FunctionDef):
        text = _renamed(_undocumented(written), written.name, name)
        return (re.sub(rf"^class {name}\((\w+\.)?{name}\)", f"class {name}(First{name})", text, count=1, flags=re.MULTILINE),)
    body = _renamed("\n".join(_body(written, written.node)), written.name, name)
    bare = f"def {name}({_parameters(written.node)}):"
    alone = (f"{bare}\n{body}", f"{bare}\n    # my own way\n{body}")
    if _parameters(written.node) != _parameters(model.node):
        return alone
    given = "\n".join(model.text.splitlines()[: _first(model, model.node)])
    ways = [f"{given}\n{body}", *alone, f"{given}\n    # first try: see below\n\n{body}"]
    last = written.node.body[-1]
    if isinstance(last, ast.Return) and last.value is not None:
        ways.append(f"{given}\n{body}\n    {STUB}")  # the stub's last line was left where it was
        lines = body.splitlines()
        if last.lineno == last.end_lineno and "result" not in _names(written.node):
            value = lines[-1].strip().removeprefix("return ")
            ways.append("\n".join([given, *lines[:-1], f"    result = {value}", "    return result"]))
    return tuple(ways)


def _derives(definition: Definition, name: str) -> bool:
    """Is it a class that changes one thing of the solution's?"""
    bases = definition.node.bases if isinstance(definition.node, ast.ClassDef) else []
    return definition.name != name and any(ast.unparse(base).rpartition(".")[2] == name for base in bases)


def _undocumented(definition: Definition) -> str:
    """The text without a class' docstring, which of a mistake is the teacher's sentence."""
    node, lines = definition.node, definition.text.splitlines()
    if isinstance(node, ast.ClassDef) and ast.get_docstring(node) is not None:
        del lines[node.body[0].lineno - definition.line : (node.body[0].end_lineno or 0) - definition.line + 1]
    return "\n".join(line for line in lines if BEGIN not in line and END not in line)


def _first(definition: Definition, node: ast.FunctionDef) -> int:
    """How many lines of the text come before the body, the docstring included."""
    if ast.get_docstring(node) is None:
        return node.body[0].lineno - definition.line
    return (node.body[0].end_lineno or 0) - definition.line + 1


def _body(definition: Definition, node: ast.FunctionDef) -> list[str]:
    lines = definition.text.splitlines()[_first(definition, node) :]
    return [line for line in lines if BEGIN not in line and END not in line]


def _parameters(node: ast.FunctionDef) -> str:
    """The parameters without their annotations."""
    arguments = copy.deepcopy(node.args)
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    return ast.unparse(arguments)


def _renamed(text: str, old: str, new: str) -> str:
    return re.sub(rf"\b{re.escape(old)}\b", new, text)


def _names(node: ast.AST) -> set[str]:
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


def _imports(source: SourceFile) -> dict[str, str]:
    """Name to the statement that imports it alone; a notebook has the names of its own part anyway."""
    found: dict[str, str] = {}
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", None) != source.path.stem:
            for alias in node.names:
                names = [alias]
                alone = ast.Import(names) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, names, node.level)
                found[alias.asname or alias.name.partition(".")[0]] = ast.unparse(alone)
    return found

"""The course notebook as nbgrader releases it: what of a submission is the course's own, and what of that nobody needs to run."""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.build.notebooks import build_notebook
from workbook.model import Chapter, Exercise, Part

__all__ = ["ANSWER", "Idle", "Released", "released"]

ANSWER = "answer-"  # before the exercise's name, in the id of its answer cell

_HIDDEN_TESTS = re.compile(r"\n?### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)
_HEADING = re.compile(r"^(#{1,4} +)(\S.*)$", re.MULTILINE)
# Calls that change more than what they are given: random generators and settings of libraries.
_FAR_REACHING = re.compile(r"seed|^set|^use|^register|^install|^config|option|filter|^exec$|^eval$|^globals$")
_SCOPES = ast.ClassDef | ast.Global | ast.Nonlocal | ast.Delete | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Idle:
    """A cell of the course that only shows something: it can be left out where no other cell has to do with its names.

    Attributes:
        makes: names that it gives a value, or whose value it may change.
        reads: names that must be there when it runs.
    """

    makes: tuple[str, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Released:
    """What is trusted: the course notebook as nbgrader releases it.

    Attributes:
        metadata: of the notebook.
        given: text of a cell (without blanks around it) to that cell, for all that the student is not meant to change.
        graded: grade id to cell, in order.
        exercises: name to exercise.
        idle: text of a given code cell, to what is known of it when it only shows something.
    """

    metadata: dict[str, Any]
    given: dict[str, dict[str, Any]]
    graded: dict[str, dict[str, Any]]
    exercises: dict[str, Exercise]
    idle: Mapping[str, Idle]

    def answer(self, exercise: str) -> str:
        """Grade id of the exercise's answer cell; a quiz has none."""
        name = f"{exercise}_answer"
        return name if name in self.graded else ""


def released(chapter: Chapter, part: Part) -> Released:
    """The part's notebook, built again when its files have changed.

    Raises:
        ChapterError: the chapter's files do not fit together.
    """
    key, state = (chapter.folder, part.name), _state(chapter, part)
    known = _built.get(key)
    if known is None or known[1] != state or not (known[0] is chapter or known[0] == chapter):
        known = (chapter, state, _released(chapter, part))
    _built[key] = (chapter, *known[1:])
    return known[2]


# By chapter and part. To look for a chapter by its hash would take as long as all the rest, and so would comparing it each time.
_built: dict[tuple[Path, str], tuple[Chapter, tuple[int, ...], Released]] = {}


def _state(chapter: Chapter, part: Part) -> tuple[int, ...]:
    """Changes when the files that a course notebook is built from do."""
    files: list[Path] = [chapter.folder / f"{part.name}.md", chapter.source(part.name)]
    found = [path.stat() for path in files if path.is_file()]
    return tuple(number for status in found for number in (status.st_mtime_ns, status.st_size))


def _released(chapter: Chapter, part: Part) -> Released:
    notebook = json.loads(json.dumps(build_notebook(chapter, part, "course")))
    given, graded = {}, {}
    for cell in notebook["cells"]:
        entry = cell["metadata"].get("nbgrader")
        if entry is None:
            if not cell["id"].startswith(ANSWER):
                given[cell["source"].strip()] = _without_ids(cell, part)
            continue
        cell["metadata"]["deletable"] = False
        if entry["locked"]:
            cell["metadata"]["editable"] = False
        # Where the student writes, the course notebook has the solution.
        cell["source"] = "" if entry["solution"] else _HIDDEN_TESTS.sub("", cell["source"])
        graded[entry["grade_id"]] = cell
    exercises = {exercise.name: exercise for exercise in part.exercises}
    functions = {name for exercise in part.exercises for name in exercise.functions}
    texts = [text for text, cell in given.items() if cell["cell_type"] == "code"]
    return Released(notebook["metadata"], given, graded, exercises, _idle(texts, functions))


def _without_ids(cell: dict[str, Any], part: Part) -> dict[str, Any]:
    """A text whose headings are no ids of input fields: nbgrader's page finds the score of einsum_mm by the id einsum_mm."""
    names = {exercise.name for exercise in part.exercises}

    def longer(found: re.Match[str]) -> str:
        return f"{found[1]}Exercise {found[2]}" if found[2].strip() in names else found[0]

    return {**cell, "source": _HEADING.sub(longer, cell["source"])} if cell["cell_type"] == "markdown" else cell


# --- what only shows something ----------------------------------------------------------------------------------------


def _idle(texts: Collection[str], functions: Collection[str]) -> dict[str, Idle]:
    """What is known of those cells of the course that only show something; the others always run."""
    trees = {text: tree for text in texts if (tree := _parsed(text)) is not None}
    modules = {"tests", *(name for tree in trees.values() for name in _imported(tree))}
    found = {text: idle for text, tree in trees.items() if (idle := _shows(tree, modules)) is not None}
    return {text: idle for text, idle in found.items() if not set(idle.makes) & set(functions)}


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except SyntaxError:  # it has magics
        return None


def _imported(tree: ast.Module) -> set[str]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}


def _shows(tree: ast.Module, modules: Collection[str]) -> Idle | None:
    """What a cell makes and reads; None where it may do more than that.

    Anything that it reads and that is no module counts as changed by it too: it may be sorted, or written to in place.
    """
    stored: set[str] = _imported(tree)
    loaded: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, _SCOPES) or (isinstance(node, ast.Call) and _FAR_REACHING.search(_called(node))):
            return None
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load) and _root(node) in ("", *modules):
            return None
        if isinstance(node, ast.FunctionDef):
            stored.add(node.name)
        elif isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
    if "*" in stored:
        return None
    touched = {name for name in loaded if name not in modules and not hasattr(builtins, name)}
    return Idle(tuple(sorted(stored | touched)), tuple(sorted(loaded)))


def _called(call: ast.Call) -> str:
    """The last name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _root(node: ast.expr) -> str:
    """The name at the left of all dots and brackets; "" where there is none."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""

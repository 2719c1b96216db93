"""`workbook new`: all the places of a chapter, a part or an exercise, written at once.

What is written is honest about being unfinished: every place to be filled in says TODO, and `workbook check` names them all.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbook.errors import BadInput
from workbook.model import KINDS, Chapter, Home, Part

__all__ = ["new_chapter", "new_exercise", "new_part", "open_places"]

_TODO = re.compile(r"\bTODO\b[: ]*(.*)")

_HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---

"""


def new_chapter(home: Home, name: str, title: str) -> list[Path]:
    """Write the folder of an empty chapter; returns what was written.

    Raises:
        BadInput: the name is no identifier, or the folder exists.
    """
    _authoring(home)
    _identifier(name, "chapter")
    folder = home.root / name
    for path in (folder, home.root / "tests" / name):
        if path.exists():
            raise BadInput(f"{path} exists already.", "Choose another name.")
    writes = _Writes()
    writes.new(folder / "chapter.toml", f'title = {_quoted(title)}\nsummary = ""\n')
    writes.new(folder / "data" / ".gitkeep", "")
    writes.new(folder / "figures" / ".gitkeep", "")
    writes.new(home.root / "tests" / name / ".gitkeep", "")
    return writes.done()


def new_part(home: Home, chapter: str, name: str, title: str) -> list[Path]:
    """Write the files of an empty part: text, solutions, tests, mistakes, alternatives, and its table in chapter.toml.

    Raises:
        BadInput: there is no such chapter, or a part or file of that name exists.
    """
    _authoring(home)
    _identifier(name, "part")
    found = next((each for each in home.chapters if each.name == chapter), None)
    if found is None:
        known = ", ".join(each.name for each in home.chapters)
        raise BadInput(f"There is no chapter {chapter!r}.", f"Chapters are {known}; or: workbook new chapter {chapter}")
    if any(part.name == name for _, part in home.parts()):
        raise BadInput(f"There is a part {name} already.", "Part names are unique over all chapters.")
    assert found.solutions and found.mistakes and found.alternatives
    writes = _Writes()
    table = f'\n[parts.{name}]\ntitle = {_quoted(title)}\nsummary = ""\n\n[parts.{name}.exercises]\n'
    writes.appended(found.folder / "chapter.toml", table)
    writes.new(
        found.folder / f"{name}.md",
        f"{_HEADER}# {title}\n\nAfter this part you can\n\n- TODO: what the reader will be able to do\n",
    )
    writes.new(found.solutions / f"{name}.py", f'"""Solutions of {name}."""\n\nimport numpy as np\n')
    writes.new(found.tests / f"test_{name}.py", f'"""Tests of the exercises of {name}."""\n\nfrom workbook import check\n')
    writes.new(
        found.mistakes / f"{name}.py", f'"""Known wrong answers of {name}, each with the sentence that a student reads."""\n'
    )
    writes.new(found.alternatives / f"{name}.py", f'"""Right answers of {name}, written differently."""\n')
    return writes.done()


def new_exercise(home: Home, part: str, name: str, kind: str = "function") -> list[Path]:
    """Add an exercise to a part: its line in chapter.toml, its statement, solution, test and three mistakes.

    Raises:
        UnknownName: there is no such part. BadInput: the name is taken or no identifier, or the kind is unknown.
    """
    _authoring(home)
    _identifier(name, "exercise")
    if kind not in KINDS:
        raise BadInput(f"There is no kind {kind!r}.", f"Kinds are {', '.join(KINDS)}.")
    chapter, _ = home.part(part)
    for exercise in chapter.exercises.values():
        if name in (exercise.name, *exercise.functions):
            raise BadInput(f"There is a {name} in {exercise.part} already.", "Names are unique in a chapter.")
    assert chapter.solutions and chapter.mistakes
    writes = _Writes()
    toml = chapter.folder / "chapter.toml"
    writes.changed(toml, _with_exercise(toml.read_text(encoding="utf-8"), part, name, kind))
    writes.appended(chapter.folder / f"{part}.md", _statement(name, kind))
    if kind != "question":
        writes.appended(chapter.solutions / f"{part}.py", _solution(name, kind))
        writes.appended(chapter.tests / f"test_{part}.py", _test(name, kind))
        writes.appended(chapter.mistakes / f"{part}.py", _mistakes(name, kind))
    return writes.done()


# --- templates ------------------------------------------------------------------------------------------------------


def _with_exercise(text: str, part: str, name: str, kind: str) -> str:
    """chapter.toml with one more line at the end of the part's table of exercises."""
    head = f"[parts.{part}.exercises]\n"
    start = text.index(head) + len(head) if head in text else -1
    if start < 0:
        raise BadInput(f"chapter.toml has no table [parts.{part}.exercises].", "Add that line below the part's title.")
    following = re.search(r"^\[", text[start:], re.MULTILINE)
    end = start + following.start() if following else len(text)
    body = text[start:end].rstrip("\n")
    points = {"quiz": 1, "question": 2}.get(kind, 3)
    hint = ', no_hint = "a quiz explains each wrong choice"' if kind == "quiz" else ""
    line = f'{name} = {{ kind = "{kind}", difficulty = 2, importance = 3, minutes = 8, points = {points}{hint} }}'
    rest = text[end:]
    return text[:start] + (f"{body}\n" if body else "") + line + "\n" + (f"\n{rest}" if rest else "")


def _statement(name: str, kind: str) -> str:
    text = f"\n### {name}\n\nTODO: say what to do, with an example and its numbers.\n"
    if kind == "quiz":
        return text + "".join(f"{'' if n else chr(10)}- **{letter}**: TODO\n" for n, letter in enumerate("abcd"))
    if kind == "question":
        return text + "\n:::{answer}\nTODO: the key points, in full sentences.\n:::\n"
    return text + "\n:::{hint}\nTODO: where to look first.\n:::\n\n:::{hint}\nTODO: the idea, without the code.\n:::\n"


def _solution(name: str, kind: str) -> str:
    if kind == "quiz":
        return f'\n{name} = "a"  # TODO: the right letter\n'
    if kind == "class":
        return (
            f'\n\nclass {name}:\n    """TODO: what it is."""\n\n'
            "    def __init__(self) -> None:\n        self.value = 0  # TODO: the solution\n"
        )
    return (
        f'\n\ndef {name}(x: np.ndarray) -> np.ndarray:\n    """TODO: what it returns.\n\n    x: array, shape (n,).\n'
        '    Returns an array of shape (n,).\n    """\n    return x  # TODO: the solution\n'
    )


def _test(name: str, kind: str) -> str:
    head = f"\n\ndef test_{name}({name}):\n    "
    if kind == "quiz":
        return head + f'"""The right option is chosen."""\n    check.choice({name})\n'
    line = {
        "class": f'check.require(check.call({name}).value == 1, "its value should be 1.")',
        "picture": f'check.picture({name}, lambda x: x + 1, check.house("h w"))',
    }.get(kind, f'check.agrees({name}, check.house("n"), expected=lambda x: x + 1)')
    return head + f'"""TODO: what must hold."""\n    {line}  # TODO: an independent way to the right result\n'


def _mistakes(name: str, kind: str) -> str:
    if kind == "quiz":
        wrong = [
            f'\n\ndef {name}__{letter}():\n    """TODO: why {letter} is wrong."""\n    return "{letter}"\n' for letter in "bcd"
        ]
        return "".join(wrong)
    sentence = '    """TODO: what went wrong, without giving the answer away."""\n'
    if kind == "class":
        bodies = [(slug, f"\n    value = {n}\n") for n, slug in enumerate(("first", "second", "third"), 2)]
        return "".join(f"\n\nclass {name}__{slug}:\n{sentence}{body}" for slug, body in bodies)
    return "".join(f"\n\ndef {name}__{slug}(x):\n{sentence}    return x\n" for slug in ("first", "second", "third"))


def open_places(chapter: Chapter, part: Part) -> Iterator[tuple[Path, int, str]]:
    """File, line and text of every TODO in a part's files."""
    folders = (chapter.solutions, chapter.mistakes, chapter.alternatives)
    modules = [folder / f"{part.name}.py" for folder in folders if folder]
    for path in (chapter.folder / f"{part.name}.md", chapter.tests / f"test_{part.name}.py", *modules):
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        for number, line in enumerate(lines, 1):
            found = _TODO.search(line)
            if found:
                yield path, number, found[1].strip().removesuffix('"""').rstrip(".")


# --- writing --------------------------------------------------------------------------------------------------------


@dataclass
class _Writes:
    """Collects files and writes them together: nothing is left half-done when a later one is refused."""

    files: dict[Path, str] = field(default_factory=dict)

    def new(self, path: Path, text: str) -> None:
        if path.exists():
            raise BadInput(f"{path} exists already.", "Choose another name, or remove the file.")
        self.files[path] = text

    def changed(self, path: Path, text: str) -> None:
        self.files[path] = text

    def appended(self, path: Path, text: str) -> None:
        if not path.is_file():
            raise BadInput(f"{path} is missing.", "`workbook check` says what else is.")
        self.files[path] = path.read_text(encoding="utf-8").rstrip("\n") + "\n" + text

    def done(self) -> list[Path]:
        for path, text in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(self.files)


def _identifier(name: str, what: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or "__" in name:
        raise BadInput(f"{name!r} cannot name {'an' if what[0] == 'e' else 'a'} {what}.", "Use letters, digits and single _ only.")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # TOML's basic strings are written as JSON's


def _authoring(home: Home) -> None:
    if home.packaged:
        raise BadInput("An installed package cannot be added to.", "Work in a checkout of the project.")

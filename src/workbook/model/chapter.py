"""Chapters, parts and exercises, read from chapter.toml."""

from __future__ import annotations

import keyword
import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from workbook.errors import ChapterError, UnknownName, near
from workbook.model.help import HelpPolicy, policy_from

__all__ = ["KINDS", "Chapter", "Exercise", "Part", "read_chapter", "variant_of"]

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_BRANCH = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)
_VARIANT = re.compile(r"(_?[^_].*?)__([^_].*)")
KINDS = ("function", "picture", "class", "asserts", "quiz", "question")

_REQUIRED = ("kind", "difficulty", "importance", "minutes", "points")
_OPTIONAL = ("functions", "forbid", "only", "needs", "no_hint")


def variant_of(name: str) -> tuple[str, str]:
    """Function and variant in the name of a mistake or an alternative: "add___new_array" is that of `add_`. ("", "") for others."""
    found = _VARIANT.fullmatch(name)
    return (found[1], found[2]) if found else ("", "")


@dataclass(frozen=True)
class Exercise:
    """One or a few functions (or one value, class or written answer) which are graded together.

    Attributes:
        name: a Python identifier, unique in the chapter; heading, function, test and grade id have it too.
        part: the part's name.
        kind: one of `KINDS`.
        difficulty, importance: 1 to 5.
        minutes: working time, reading included.
        points: as in nbgrader.
        functions: the names that the student writes, in the order of the test's arguments.
        forbid: dotted names that must not be called in the answer.
        only: when not empty, the dotted names that the answer may call in those libraries.
        needs: earlier exercises whose answers this one builds on.
        no_hint: why there is no hint, where there is none.
    """

    name: str
    part: str
    kind: str
    difficulty: int
    importance: int
    minutes: int
    points: int
    functions: tuple[str, ...]
    forbid: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    no_hint: str = ""


@dataclass(frozen=True)
class Part:
    """One notebook of a chapter, in nbgrader one assignment.

    Attributes:
        exercises: in the order of the notebook.
        builds_on: earlier parts whose solutions its notebook imports, as modules of their names.
    """

    name: str
    title: str
    summary: str
    exercises: tuple[Exercise, ...]
    builds_on: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def minutes(self) -> int:
        return sum(exercise.minutes for exercise in self.exercises)

    def exercise(self, name: str) -> Exercise:
        """The exercise of that name; UnknownName with the nearest names otherwise."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise UnknownName("exercise", name, [exercise.name for exercise in self.exercises])


@dataclass(frozen=True)
class Chapter:
    """A course folder, with the places where its other files live.

    In a checkout the tests lie in tests/<chapter>/, solutions in solutions/, mistakes in tests/mistakes/; in an installed wheel
    tests and stubs lie inside the chapter's folder, and solutions and mistakes do not exist (None). The distribution for self-study
    is laid out like a checkout, without alternatives.

    Attributes:
        repository: "owner/name" on GitHub, from where Colab opens the notebooks and installs the package; "" where there is none.
        branch: the branch there.
    """

    name: str
    title: str
    summary: str
    parts: tuple[Part, ...]
    folder: Path
    tests: Path
    solutions: Path | None
    mistakes: Path | None
    alternatives: Path | None
    stubs: Path | None
    help: HelpPolicy = field(default_factory=HelpPolicy)
    repository: str = ""
    branch: str = "main"

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        return {exercise.name: exercise for part in self.parts for exercise in part.exercises}

    def part(self, name: str) -> Part:
        """The part of that name; UnknownName with the nearest names otherwise."""
        for part in self.parts:
            if part.name == name:
                return part
        raise UnknownName("part", name, [part.name for part in self.parts])

    def source(self, part: str) -> Path:
        """The module with the part's signatures: the solutions where they exist, else the stubs."""
        folder = self.solutions if self.solutions is not None else self.stubs
        assert folder is not None
        return folder / f"{part}.py"


def read_chapter(toml: Path, **places: Path | None) -> Chapter:
    """Read one chapter.toml; `places` are the folders of `Chapter`.

    Raises:
        ChapterError: with the file and line of what is missing, unknown or of the wrong type.
    """
    try:
        text = toml.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except UnicodeDecodeError:
        raise ChapterError(toml, "not a text file in UTF-8.", "Save it again as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ChapterError(toml, f"not valid TOML: {error}", "Mend the syntax at that place.") from None
    reader = _Reader(toml, text)
    reader.only_keys(table, ("title", "summary", "repository", "branch", "hints", "parts"), "the chapter")
    parts = tuple(reader.part(name, entry) for name, entry in reader.table_of(table, "parts", "the chapter").items())
    reader.unique(parts)
    reader.built_on_earlier(parts)
    return Chapter(
        name=toml.parent.name,
        title=reader.text_of(table, "title", "the chapter"),
        summary=str(table.get("summary", "")),
        parts=parts,
        folder=toml.parent,
        help=reader.help_of(table),
        repository=reader.matching(table, "repository", _REPOSITORY, "", '"owner/name", as GitHub has it'),
        branch=reader.matching(table, "branch", _BRANCH, "main", 'the name of a branch, "main" where it is left out'),
        **places,  # type: ignore[arg-type]  # the caller names exactly the folders of Chapter
    )


class _Reader:
    """Turns tables into dataclasses and knows where in the file each name stands."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def error(self, name: str, fact: str, advice: str = "") -> ChapterError:
        place = re.compile(rf"""\s*(\[.*(?<!\w){re.escape(name)}["']?\s*\]|["']?{re.escape(name)}["']?\s*=)""")
        line = next((n for n, text in enumerate(self.lines, 1) if place.match(text)), None)
        return ChapterError(self.path, fact, advice, line)

    def table_of(self, table: dict[str, Any], key: str, where: str, place: str = "") -> dict[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise self.error(place or key, f"{where}: {key} is not a table.", "Tables are written [like.this] or { like = this }.")
        return value

    def only_keys(self, table: dict[str, Any], known: tuple[str, ...], where: str, place: str = "") -> None:
        """`place` is the name that says where the table stands, when its keys have no line of their own."""
        for key in table:
            if key not in known:
                raise self.error(
                    place or key, f"{where} has an unknown key {key!r}.", near(key, known) or f"Known: {', '.join(known)}."
                )

    def text_of(self, table: dict[str, Any], key: str, where: str, place: str = "") -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value:
            raise self.error(place or key, f"{where} needs a {key}, a text.", f'Add: {key} = "..."')
        return value

    def help_of(self, table: dict[str, Any]) -> HelpPolicy:
        policy = policy_from(self.table_of(table, "hints", "the chapter"))
        if isinstance(policy, str):
            raise self.error("hints", f"the chapter's hints: {policy}", "docs/authors.md has the table with its keys.")
        return policy

    def matching(self, table: dict[str, Any], key: str, pattern: re.Pattern[str], default: str, meaning: str) -> str:
        """An optional text of the chapter that goes into addresses."""
        value = table.get(key, default)
        if value != default and not (isinstance(value, str) and pattern.fullmatch(value)):
            raise self.error(key, f"the chapter's {key} is {value!r}.", f"It is {meaning}.")
        return str(value)

    def part(self, name: str, table: dict[str, Any]) -> Part:
        where = f"part {name}"
        if not isinstance(table, dict):
            raise self.error(name, f"{where} is not a table.", f"Write: [parts.{name}]")
        self.only_keys(table, ("title", "summary", "builds_on", "exercises"), where, name)
        entries = self.table_of(table, "exercises", where, name)
        exercises = tuple(self.exercise(key, name, entry) for key, entry in entries.items())
        builds_on = self.names(where, name, "builds_on", table.get("builds_on", []))
        return Part(name, self.text_of(table, "title", where, name), str(table.get("summary", "")), exercises, builds_on)

    def exercise(self, name: str, part: str, table: dict[str, Any]) -> Exercise:
        self.identifier(name, name)
        if not isinstance(table, dict):
            raise self.error(name, f"exercise {name} is not a table.", 'Write: name = { kind = "function", ... }')
        self.only_keys(table, _REQUIRED + _OPTIONAL, f"exercise {name}", name)
        for key in _REQUIRED:
            if key not in table:
                raise self.error(name, f"exercise {name} has no {key}.", f"Add {key} = ... to its line.")
        if table["kind"] not in KINDS:
            raise self.error(name, f"exercise {name} is of kind {table['kind']!r}.", f"Kinds are {', '.join(KINDS)}.")
        for key in ("difficulty", "importance"):
            if type(table[key]) is not int or table[key] not in range(1, 6):
                raise self.error(name, f"exercise {name}: {key} is {table[key]!r}.", "It is a whole number from 1 to 5.")
        for key in ("minutes", "points"):
            if type(table[key]) is not int or table[key] < 1:
                raise self.error(name, f"exercise {name}: {key} is {table[key]!r}.", "It is a whole number, at least 1.")
        lists = {
            key: self.names(f"exercise {name}", name, key, table.get(key, [])) for key in ("functions", "forbid", "only", "needs")
        }
        for function in lists["functions"]:
            self.identifier(function, name)
        return Exercise(
            name=name,
            part=part,
            functions=lists["functions"] or (name,),
            forbid=lists["forbid"],
            only=lists["only"],
            needs=lists["needs"],
            no_hint=str(table.get("no_hint", "")),
            **{key: table[key] for key in _REQUIRED},
        )

    def identifier(self, name: str, place: str) -> None:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise self.error(place, f"{name!r} is not a Python identifier.", "An exercise is named like its function.")
        if "__" in name:
            raise self.error(place, f"{name!r} has two underscores.", "They part a function's name from a mistake's.")

    def names(self, where: str, place: str, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(place, f"{where}: {key} must be a list of names.", f'Write: {key} = ["..."]')
        return tuple(value)

    def unique(self, parts: tuple[Part, ...]) -> None:
        seen: dict[str, str] = {}
        for exercise in (exercise for part in parts for exercise in part.exercises):
            # A name that is given twice within `functions` is seen; the exercise's own may be among them.
            for name in (*exercise.functions, *{exercise.name}.difference(exercise.functions)):
                if name in seen:
                    raise self.error(name, f"{name} is named twice, in {seen[name]} and {exercise.part}.", "Rename one of them.")
                seen[name] = exercise.part

    def built_on_earlier(self, parts: tuple[Part, ...]) -> None:
        earlier: list[str] = []
        for part in parts:
            for name in part.builds_on:
                if name not in earlier:
                    advice = near(name, earlier) or "A part builds on parts further up in this file."
                    raise self.error("builds_on", f"part {part.name} builds on {name}, which is no earlier part.", advice)
            earlier.append(part.name)

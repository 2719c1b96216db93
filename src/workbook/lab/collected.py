"""A student's script as pytest sees it: one test for each exercise, at the line where its answer stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from workbook.errors import WorkbookError
from workbook.lab.answers import Answers, read_answers
from workbook.lab.testing import tested
from workbook.model import Chapter, Exercise, Home, Part, Status, find_home

__all__ = ["ScriptFile", "script_file"]


def script_file(path: Path, parent: pytest.Collector) -> ScriptFile | None:
    """The collector of a script with cells; None for a file that is no part's."""
    try:
        home = find_home(path.parent)
        chapter, part = home.part(path.name.removesuffix(home.script("").name))
    except WorkbookError:
        return None
    file: ScriptFile = ScriptFile.from_parent(parent, path=path)
    file.home, file.chapter, file.part = home, chapter, part
    return file


class ScriptFile(pytest.File):
    """Collecting runs nothing of the student's; the cells run before the first test, once."""

    home: Home
    chapter: Chapter
    part: Part

    def collect(self) -> Iterator[ScriptItem]:
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        for exercise in self.part.exercises:
            if exercise.kind != "question":
                item: ScriptItem = ScriptItem.from_parent(self, name=f"test_{exercise.name}")
                item.file, item.exercise, item.line = self, exercise, _line(lines, exercise)
                yield item

    @cached_property
    def answers(self) -> Answers:
        return read_answers(self.path)


class ScriptItem(pytest.Item):
    """The test of one exercise."""

    file: ScriptFile
    exercise: Exercise
    line: int | None

    def runtest(self) -> None:
        result, notes = tested(self.file.home, self.file.answers, self.file.chapter, self.exercise)
        if result.status is Status.UNSOLVED:
            pytest.skip("not written yet")
        for title, lines in (("printed by your code", result.printed), ("notes", "\n".join([*result.notes, *notes]))):
            if lines:
                self.add_report_section("call", title, lines)
        if result.status is not Status.PASSED:
            # Editors tell an AssertionError, a wrong answer, from other exceptions, which they show as errors of the tests.
            raise AssertionError(result.explanation.text() if result.explanation else f"{self.exercise.name}: {result.message}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The explanation alone; our own frames would help nobody."""
        if isinstance(excinfo.value, AssertionError | WorkbookError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.line, self.name


def _line(lines: list[str], exercise: Exercise) -> int | None:
    """Where the answer stands, from 0: its definition, or else its cell's marker."""
    names = "|".join(map(re.escape, exercise.functions))
    definition = re.compile(rf"(?:(?:async )?def|class)\s+(?:{names})\b|(?:{names})\s*(?::[^=]*)?=(?!=)")
    marker = re.compile(rf"#\s*exercise:\s*{re.escape(exercise.name)}\s*$")
    for pattern in (definition, marker):
        found = next((number for number, line in enumerate(lines) if pattern.match(line)), None)
        if found is not None:
            return found
    return None

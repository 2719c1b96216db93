"""Help in steps: which hints an exercise has, and when a student is offered them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["HINTS_FILE", "HelpPolicy", "hints_of", "policy_from"]

HINTS_FILE = "hints.json"  # in an installed chapter, which has no text: exercise name to its hints
_HEADING = re.compile(r"^#{1,4} +(.+?) *$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True)
class HelpPolicy:
    """When help is offered after a failing test; the table `[hints]` in chapter.toml.

    Attributes:
        after: failed tries before hint 1, 2, 3, ... is offered; the last number holds for all further hints.
        strongest_after: failed tries after which every hint is offered.
        solution_after: failed tries after which the solution may be asked for, in the self-study edition.
        minutes: time since the first try after which it may be asked for in any case.
        in_notebook: do hints (and in the self-study edition the solution) also fold out below each exercise?
    """

    after: tuple[int, ...] = (0, 1, 2)
    strongest_after: int = 3
    solution_after: int = 3
    minutes: int = 15
    in_notebook: bool = True

    def hints(self, total: int, failed: int) -> int:
        """How many of `total` hints are offered after `failed` tries."""
        if failed >= self.strongest_after:
            return total
        needed = [self.after[min(n, len(self.after) - 1)] for n in range(total)] if self.after else []
        return sum(failed >= tries for tries in needed)

    def solution(self, failed: int, minutes: float) -> bool:
        """May the solution be asked for?"""
        return failed >= self.solution_after or (failed > 0 and minutes >= self.minutes)


def policy_from(table: Mapping[str, Any]) -> HelpPolicy | str:
    """The policy that a table describes, or what is wrong with it in one sentence."""
    known = HelpPolicy.__dataclass_fields__
    unknown = [key for key in table if key not in known]
    if unknown:
        return f"unknown key {unknown[0]!r}; known are {', '.join(known)}."
    after = table.get("after", list(HelpPolicy.after))
    if not isinstance(after, list) or any(type(tries) is not int or tries < 0 for tries in after) or after != sorted(after):
        return "after must be a list of whole numbers that do not fall, for example [0, 1, 2]."
    for key in ("strongest_after", "solution_after", "minutes"):
        if type(table.get(key, 0)) is not int or table.get(key, 0) < 0:
            return f"{key} must be a whole number, at least 0."
    if type(table.get("in_notebook", True)) is not bool:
        return "in_notebook must be true or false."
    return HelpPolicy(**{**table, "after": tuple(after)})


def hints_of(folder: Path, part: str, exercise: str) -> tuple[str, ...]:
    """An exercise's hints as markdown, the mildest first: from the part's text, or from what an installed chapter has of it."""
    path = folder / f"{part}.md"
    if path.is_file():
        return tuple(_hints(path.read_text(encoding="utf-8"), exercise))
    packed = folder / HINTS_FILE
    if packed.is_file():
        return tuple(json.loads(packed.read_text(encoding="utf-8")).get(exercise, ()))
    return ()


def _hints(text: str, exercise: str) -> list[str]:
    """The hint directives below one heading. The text is read line by line: a notebook must not wait for a markdown library."""
    found: list[list[str]] = []
    here, inside, fence = False, False, ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        heading = None if fence else _HEADING.match(line)
        if heading:
            here = heading[1] == exercise
        elif here and not fence and line.rstrip() == ":::{hint}":
            found.append([])
            inside = True
        elif inside and not fence and line.rstrip() == ":::":
            inside = False
        elif inside:
            found[-1].append(line)
    return ["\n".join(lines).strip() for lines in found]

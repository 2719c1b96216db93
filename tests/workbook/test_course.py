"""The course as a whole: what the pages about it say is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbook.model import Part, find_home

HOME = find_home(Path(__file__))
CHAPTER = next(chapter for chapter in HOME.chapters if chapter.name == "chapter0_fundamentals")
COVERAGE = (HOME.root / "docs" / "coverage.md").read_text(encoding="utf-8")
README = (HOME.root / "README.md").read_text(encoding="utf-8")


def test_every_name_in_the_list_of_what_is_covered_is_an_exercise() -> None:
    names = set(re.findall(r"`([a-zA-Z_]\w*)`", COVERAGE)) - {"std"}
    assert names - set(CHAPTER.exercises) == set()


def test_every_exercise_covers_something() -> None:
    assert [name for name in CHAPTER.exercises if f"`{name}`" not in COVERAGE] == []


def test_every_section_that_is_named_is_there() -> None:
    places = re.findall(r'(part\d), ((?:"[^"|]+"(?:, | and )?)+)', COVERAGE)
    assert len(places) > 15
    for short, quoted in places:
        part = next(part for part in CHAPTER.parts if part.name.startswith(short))
        headings = re.findall(r"^## (.+)$", (CHAPTER.folder / f"{part.name}.md").read_text(encoding="utf-8"), re.MULTILINE)
        for title in re.findall(r'"([^"]+)"', quoted):
            assert title in headings, f"{part.name} has no section {title!r}"


def test_every_item_is_covered() -> None:
    rows = [line for line in COVERAGE.splitlines() if line.startswith("| ") and not line.startswith("| item")]
    assert len(rows) > 100
    assert [row for row in rows if not row.rstrip(" |").rpartition("|")[2].strip()] == []


@pytest.mark.parametrize("part", CHAPTER.parts, ids=lambda part: part.name)
def test_the_readme_says_how_long_a_part_takes(part: Part) -> None:
    hours, minutes = divmod(part.minutes, 60)
    row = next((line for line in README.splitlines() if line.startswith(f"| `{part.name}` {part.title} |")), "")
    assert f"| {len(part.exercises)} | {hours} h {minutes} min |" in row

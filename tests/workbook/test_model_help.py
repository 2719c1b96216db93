"""When help is offered, and where hints are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbook.errors import ChapterError
from workbook.model import Home
from workbook.model.help import HelpPolicy, hints_of, policy_from


@pytest.mark.parametrize(
    ("policy", "offered"),
    [
        (HelpPolicy(), [1, 2, 3, 3, 3]),
        (HelpPolicy(after=(1, 3), strongest_after=5), [0, 1, 1, 3, 3, 3]),
        (HelpPolicy(after=(), strongest_after=2), [0, 0, 3]),
        (HelpPolicy(after=(0,), strongest_after=9), [3, 3]),
    ],
)
def test_hints_come_with_failed_tries(policy: HelpPolicy, offered: list[int]) -> None:
    assert [policy.hints(3, failed) for failed in range(len(offered))] == offered


@pytest.mark.parametrize(
    ("failed", "minutes", "allowed"), [(0, 60.0, False), (1, 14.9, False), (1, 15.0, True), (2, 0.0, False), (3, 0.0, True)]
)
def test_the_solution_comes_after_tries_or_time(failed: int, minutes: float, allowed: bool) -> None:
    assert HelpPolicy().solution(failed, minutes) is allowed


@pytest.mark.parametrize(
    ("table", "fact"),
    [
        ({"afer": [1]}, "unknown key 'afer'; known are after"),
        ({"after": 3}, "after must be a list"),
        ({"after": [2, 1]}, "do not fall"),
        ({"after": [True]}, "after must be a list"),
        ({"minutes": -1}, "minutes must be a whole number"),
        ({"solution_after": "3"}, "solution_after must be"),
        ({"in_notebook": 1}, "in_notebook must be true or false"),
    ],
)
def test_a_table_that_makes_no_sense_is_told(table: dict[str, object], fact: str) -> None:
    told = policy_from(table)
    assert isinstance(told, str) and fact in told


def test_what_is_wrong_has_its_place_in_the_file(home: Home) -> None:
    toml = home.root / "small_course" / "chapter.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "\n[hints]\nafter = 1\n", encoding="utf-8")
    with pytest.raises(ChapterError, match=r"chapter\.toml:\d+: the chapter's hints: after must be a list"):
        _ = Home(home.root).chapters


def test_hints_are_read_from_the_text(home: Home) -> None:
    folder = home.root / "small_course"
    assert hints_of(folder, "part1_small", "double") == ("Both are one multiplication.", "The second one multiplies by a half.")
    assert hints_of(folder, "part1_small", "quiz_axis") == ()
    assert hints_of(folder, "part1_small", "no_such_exercise") == ()


def test_a_hint_in_a_code_fence_is_none_and_a_fence_in_a_hint_is_kept(tmp_path: Path) -> None:
    text = "### f\n\n```\n:::{hint}\nno\n:::\n# g\n```\n\n:::{hint}\nTry\n\n```python\n:::\n```\n:::\n\n"
    (tmp_path / "p.md").write_text(text + "## Next\n\n:::{hint}\nother\n:::\n", encoding="utf-8")
    assert hints_of(tmp_path, "p", "f") == ("Try\n\n```python\n:::\n```",)


def test_an_installed_chapter_has_them_in_a_file(tmp_path: Path) -> None:
    assert hints_of(tmp_path, "p", "f") == ()
    (tmp_path / "hints.json").write_text(json.dumps({"f": ["One."]}), encoding="utf-8")
    assert hints_of(tmp_path, "p", "f") == ("One.",)


def test_the_notebooks_fold_out_the_same_hints() -> None:
    """Every hint of the course, read here line by line and there by the builder."""
    from workbook.build.notebooks import statements
    from workbook.model import find_home

    for chapter, part in find_home(Path(__file__)).parts():
        for name, section in statements(chapter, part).items():
            assert list(hints_of(chapter.folder, part.name, name)) == section.hints, name

"""A part's text, cut into sections at its headings."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.build.text import Section, prose_lines, read_text
from workbook.errors import ChapterError

HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---
"""


def sections(tmp_path: Path, text: str) -> list[Section]:
    path = tmp_path / "part.md"
    path.write_text(HEADER + text, encoding="utf-8")
    return read_text(path)


def test_a_section_is_a_heading_and_all_up_to_the_next(tmp_path: Path) -> None:
    found = sections(tmp_path, "# Title\n\nWhy.\n\n## Idea\n\nHow.\n\n### double\n\nWrite it.\n\n## Recap\n")
    assert [(each.level, each.title) for each in found] == [(1, "Title"), (2, "Idea"), (3, "double"), (2, "Recap")]
    assert [block.source for block in found[2].blocks] == ["### double\n\nWrite it."]


def test_sections_know_their_lines(tmp_path: Path) -> None:
    text = "# Title\n\n```python\n# no heading\n```\n\n```{code-cell} ipython3\n# none either\n```\n\n## Idea\n"
    found = sections(tmp_path, text)
    lines = (HEADER + text).splitlines()
    assert [(each.title, lines[each.line - 1]) for each in found] == [("Title", "# Title"), ("Idea", "## Idea")]


def test_cells_keep_their_order(tmp_path: Path) -> None:
    text = "## Idea\n\nFirst.\n\n```{code-cell} ipython3\nx = 1\n```\n\nThen.\n\n```{code-cell} ipython3\ny = 2\n```\n"
    (found,) = sections(tmp_path, text)
    assert [(block.kind, block.source) for block in found.blocks] == [
        ("markdown", "## Idea\n\nFirst."),
        ("code", "x = 1"),
        ("markdown", "Then."),
        ("code", "y = 2"),
    ]


def test_text_before_the_first_heading_is_a_section_without_a_title(tmp_path: Path) -> None:
    found = sections(tmp_path, "Hello.\n\n# Title\n")
    assert [(each.level, each.title) for each in found] == [(0, ""), (1, "Title")]


def test_code_before_the_first_heading_is_a_section_without_a_title(tmp_path: Path) -> None:
    found = sections(tmp_path, "```{code-cell} ipython3\nx = 1\n```\n\n# Title\n")
    assert [(each.title, [block.kind for block in each.blocks]) for each in found] == [
        ("", ["code"]),
        ("Title", ["markdown"]),
    ]


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_a_heading_inside_a_fence_is_none(tmp_path: Path, fence: str) -> None:
    (found,) = sections(tmp_path, f"## Idea\n\n{fence}python\n## a comment\n{fence}\n")
    assert found.title == "Idea"
    assert "## a comment" in found.blocks[0].source


def test_a_longer_fence_holds_a_shorter_one(tmp_path: Path) -> None:
    text = "## Idea\n\n````text\n```\n## inside\n```\n## inside too\n````\n\n## Next\n"
    assert [each.title for each in sections(tmp_path, text)] == ["Idea", "Next"]


def test_hints_and_the_model_answer_are_taken_out(tmp_path: Path) -> None:
    text = (
        "### why\n\nSay why.\n\n:::{hint}\nWeak.\n:::\n\nMore.\n\n:::{hint}\nStrong,\n\n```python\nx = 1\n```\n:::\n\n"
        ":::{answer}\nBecause.\n:::\n"
    )
    (found,) = sections(tmp_path, text)
    assert found.hints == ["Weak.", "Strong,\n\n```python\nx = 1\n```"]
    assert found.answer == "Because."
    assert [block.source for block in found.blocks] == ["### why\n\nSay why.\n\nMore."]


def test_hints_after_a_code_cell_belong_to_their_section(tmp_path: Path) -> None:
    text = "### why\n\n```{code-cell} ipython3\nx = 1\n```\n\n:::{hint}\nWeak.\n:::\n\n## Next\n"
    first, second = sections(tmp_path, text)
    assert (first.hints, second.hints) == (["Weak."], [])
    assert [block.kind for block in first.blocks] == ["markdown", "code"]


def test_an_unknown_directive_is_refused(tmp_path: Path) -> None:
    line = len(HEADER.splitlines()) + 1
    with pytest.raises(ChapterError, match=rf"part\.md:{line}: unknown directive 'note'\.\nKnown: given NAME, hint, answer\."):
        sections(tmp_path, "### why\n\n:::{note}\nWell.\n:::\n")


def test_a_directive_that_is_not_closed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChapterError, match=r"a directive is not closed\.\nEnd it with a line of three colons\."):
        sections(tmp_path, "### why\n\n:::{hint}\nWell.\n")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChapterError, match=r"gone\.md: this file is missing\."):
        read_text(tmp_path / "gone.md")


def test_prose_lines_are_those_outside_fences() -> None:
    assert prose_lines("a\n```\nb\n```\nc\n~~~python\nd") == [(1, "a"), (5, "c")]

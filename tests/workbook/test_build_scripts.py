"""Parts as scripts with cells."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workbook.build.editions import edition_files, stale, write_files
from workbook.build.scripts import script_text, untouched, version_of
from workbook.lab.answers import code_cells
from workbook.model import Chapter, Home, Part, find_home

HEADING = "# ## Help\n"
PARTS = find_home(Path(__file__).parent).parts()


@pytest.fixture
def part(chapter: Chapter) -> Part:
    return chapter.parts[0]


@pytest.fixture
def text(chapter: Chapter, part: Part) -> str:
    return script_text(chapter, part)


def test_where_scripts_go_and_that_they_can_be_checked(home: Home) -> None:
    files = edition_files(home, "script")
    assert [path.relative_to(home.root).as_posix() for path in files] == ["build/scripts/part1_small_cells.py"]
    assert stale(files) == [(next(iter(files)), "missing")]
    write_files(files)
    assert stale(edition_files(home, "script")) == []


def test_the_same_sources_give_the_same_script(home: Home, text: str) -> None:
    fresh = Home(home.root).chapters[0]
    assert script_text(fresh, fresh.parts[0]) == text
    assert "jupytext" not in text and "kernelspec" not in text, "no version numbers of other programs"


def test_a_script_has_text_stubs_and_tests_in_the_notebooks_order(text: str) -> None:
    main = text.partition(HEADING)[0]
    order = ["# # First steps", 'workbook.start("part1_small")', "# ## Functions", "table = np.array", "# ### double", "def halve"]
    order += ["tests.test_double(double, halve)", "# ### quiz_axis", "quiz_axis = None", "# ### question_views"]
    places = [main.index(piece) for piece in order]
    assert places == sorted(places)
    assert re.findall(r"^# %%.*$", text, re.MULTILINE) == [line for line in text.splitlines() if line.startswith("# %%")]
    assert {line for line in text.splitlines() if line.startswith("# %%")} == {"# %%", "# %% [markdown]"}


def test_help_stands_at_the_end_hints_before_solutions(text: str) -> None:
    main, _, help_ = text.partition(HEADING)
    assert "Hint" not in main and "<details>" not in text
    assert "np.einsum" not in main and 'np.einsum("ii->", mat)' in help_
    one = help_.partition("# ### Help: trace_of\n")[2].partition("# %%")[0]
    assert one.index("# **Hint 1**") < one.index("An index with two equal letters") < one.index("# **Solution**")
    assert "# ### Help: question_views" in help_


def test_without_help_in_the_notebook_there_is_none_in_the_script(home: Home) -> None:
    toml = home.root / "small_course" / "chapter.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "\n[hints]\nin_notebook = false\n", encoding="utf-8")
    source = home.root / "small_course" / "part1_small.md"
    kept = source.read_text(encoding="utf-8")
    chapter = Home(home.root).chapters[0]
    text = script_text(chapter, chapter.parts[0])
    assert "### Help: trace_of" not in text and 'np.einsum("ii->"' not in text
    assert "### Help: question_views" in text, "what to compare a written answer with"
    assert source.read_text(encoding="utf-8") == kept


@pytest.mark.parametrize(("chapter_", "part_"), PARTS, ids=[part.name for _, part in PARTS])
def test_every_part_is_a_script(chapter_: Chapter, part_: Part) -> None:
    text = script_text(chapter_, part_)
    compile(text, part_.name, "exec")
    assert untouched(text)
    marked = {line.removeprefix("# exercise: ") for line in text.splitlines() if line.startswith("# exercise: ")}
    assert marked == {exercise.name for exercise in part_.exercises if exercise.kind != "question"}


def test_a_script_is_plain_python(text: str, tmp_path: Path) -> None:
    compile(text, "script", "exec")
    path = tmp_path / "part1_small_cells.py"
    path.write_text(text, encoding="utf-8")
    sources = [cell for cell in code_cells(path) if any(line and line[0] != "#" for line in cell.splitlines())]
    assert len([cell for cell in sources if "# exercise: " in cell]) == 7


def test_a_script_neither_installs_anything_nor_shows_a_badge(chapter: Chapter, part: Part, text: str) -> None:
    assert script_text(replace(chapter, repository="ada/tensors"), part) == text


def test_pictures_are_said_in_words(home: Home) -> None:
    source = home.root / "small_course" / "part1_small.md"
    source.write_text(
        source.read_text(encoding="utf-8").replace("Prose before", "![A staircase](figures/steps.png)\n\nProse before")
    )
    (home.root / "small_course" / "figures").mkdir()
    (home.root / "small_course" / "figures" / "steps.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    chapter = Home(home.root).chapters[0]
    text = script_text(chapter, chapter.parts[0])
    assert "# *(In the notebook, a picture: A staircase)*" in text and "attachment" not in text


def test_the_version_follows_the_content_and_tells_whether_it_was_touched(home: Home, text: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", version_of(text)) and untouched(text)
    changed = text.replace("quiz_axis = None", 'quiz_axis = "b"')
    assert version_of(changed) == version_of(text) and not untouched(changed)
    source = home.root / "small_course" / "part1_small.md"
    source.write_text(source.read_text(encoding="utf-8").replace("Prose before", "Some prose before"), encoding="utf-8")
    chapter = Home(home.root).chapters[0]
    newer = script_text(chapter, chapter.parts[0])
    assert version_of(newer) != version_of(text) and untouched(newer)


@pytest.mark.parametrize("text", ["", "x = 1\n", "# Version of mine\n", "# Version 0123\n"])
def test_a_file_of_another_kind_has_no_version(text: str) -> None:
    assert version_of(text) == "" and not untouched(text)


def test_running_the_whole_script_stops_at_the_first_stub(home: Home, text: str) -> None:
    path = home.root / "part1_small_cells.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], cwd=home.root, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Unsolved: double is not written yet" in done.stderr

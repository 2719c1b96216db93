"""`workbook new`: everything is written at once, `check` names the open places, and filled in all is well."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from workbook.build.audit import audit
from workbook.build.editions import edition_files, write_files
from workbook.build.scaffold import new_chapter, new_exercise, new_part
from workbook.errors import BadInput, UnknownName
from workbook.model import KINDS, Home

SOLUTION = '''
def plus_one(x: Num[np.ndarray, "n"]) -> Num[np.ndarray, "n"]:
    """Every entry, and one more.

    x: numbers, shape (n,).
    Returns an array of shape (n,).
    """
    return 1 + x
'''


def snapshot(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def findings(home: Home) -> list[str]:
    """The audit's findings, with the home read anew."""
    home = Home(home.root)
    return [finding.text(home.root) for finding in audit(home)]


def rewrite(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{path.name} has no {old!r}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def scaffolded(home: Home, kind: str, name: str = "plus_one") -> Home:
    """The small course and beside it a new chapter with one part and one exercise."""
    new_chapter(home, "more_course", 'More "and more"')
    new_part(Home(home.root), "more_course", "part2_more", "Ones")
    new_exercise(Home(home.root), "part2_more", name, kind)
    home = Home(home.root)
    write_files(edition_files(home, "self-study"))
    return home


def test_a_new_chapter_is_an_empty_one(home: Home) -> None:
    written = new_chapter(home, "more_course", 'More "and more" \\ ü')
    assert all(path.is_file() for path in written)
    chapter = next(each for each in Home(home.root).chapters if each.name == "more_course")
    assert chapter.title == 'More "and more" \\ ü'
    assert chapter.parts == ()
    assert chapter.tests.is_dir()


def test_a_new_part_has_all_its_files(home: Home) -> None:
    written = new_part(home, "small_course", "part2_more", "More")
    assert [path.relative_to(home.root).as_posix() for path in written] == [
        "small_course/chapter.toml",
        "small_course/part2_more.md",
        "solutions/part2_more.py",
        "tests/small_course/test_part2_more.py",
        "tests/mistakes/part2_more.py",
        "tests/alternatives/part2_more.py",
    ]
    assert [part.name for _, part in Home(home.root).parts()] == ["part1_small", "part2_more"]


@pytest.mark.parametrize("kind", KINDS)
def test_check_names_the_open_places_of_a_new_exercise(home: Home, kind: str) -> None:
    home = scaffolded(home, kind)
    found = "\n".join(findings(home))
    assert "more_course/part2_more.md:15: still to be filled in: what the reader will be able to do" in found
    assert "more_course/part2_more.md:19: still to be filled in: say what to do, with an example and its numbers" in found
    assert "small_course" not in found
    if kind != "question":
        assert found.count("tests/mistakes/part2_more.py:") == 3
        assert "solutions/part2_more.py:" in found
    if kind not in ("quiz", "question"):
        assert "where to look first" in found and "the idea, without the code" in found
        assert found.count("tests/more_course/test_part2_more.py:") == 2
        assert "the solution of plus_one is failed" in found
    assert "is broken" not in found


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "question"])
def test_the_mistakes_of_a_new_exercise_are_rejected_from_the_start(home: Home, kind: str) -> None:
    found = findings(scaffolded(home, kind))
    assert found and not [text for text in found if "the mistake" in text]


def test_filled_in_all_is_well(home: Home) -> None:
    home = scaffolded(home, "function")
    root = home.root
    rewrite(
        root / "more_course" / "part2_more.md",
        ("TODO: what the reader will be able to do", "add one"),
        ("TODO: say what to do, with an example and its numbers.", "Add one to each number of an array: 1, 2 becomes 2, 3."),
        ("TODO: where to look first.", "Arrays know how to add."),
        ("TODO: the idea, without the code.", "One number is added to all of them."),
    )
    (root / "solutions" / "part2_more.py").write_text(
        f'"""Ones."""\n\nimport numpy as np\nfrom jaxtyping import Num\n\n{SOLUTION}', encoding="utf-8"
    )
    rewrite(
        root / "tests" / "more_course" / "test_part2_more.py",
        ("TODO: what must hold.", "Each entry is one larger."),
        ("  # TODO: an independent way to the right result", ""),
    )
    mistakes = root / "tests" / "mistakes" / "part2_more.py"
    rewrite(mistakes, ("TODO: what went wrong, without giving the answer away.", "Not every entry is larger by one."))
    found = findings(home)
    assert [text for text in found if "exercises/" not in text] == []
    assert len(found) == 1 and "exercises/part2_more.ipynb: this generated file is stale" in found[0]
    write_files(edition_files(Home(root), "self-study"))
    assert findings(home) == []


def test_a_second_exercise_goes_to_the_end_of_its_own_part(home: Home) -> None:
    new_part(home, "small_course", "part2_more", "More")
    new_exercise(Home(home.root), "part1_small", "late", "function")
    new_exercise(Home(home.root), "part2_more", "first", "quiz")
    new_exercise(Home(home.root), "part2_more", "second", "picture")
    parts = {part.name: [exercise.name for exercise in part.exercises] for _, part in Home(home.root).parts()}
    assert parts["part1_small"][-1] == "late"
    assert parts["part2_more"] == ["first", "second"]
    toml = (home.root / "small_course" / "chapter.toml").read_text(encoding="utf-8")
    assert tomllib.loads(toml)["parts"]["part2_more"]["title"] == "More"
    compile((home.root / "solutions" / "part1_small.py").read_text(encoding="utf-8"), "solutions", "exec")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("small_course", "small_course exists already"),
        ("solutions", "solutions exists already"),
        ("mistakes", "tests/mistakes exists already"),
        ("my-course", "'my-course' cannot name a chapter"),
        ("class", "'class' cannot name a chapter"),
        ("../up", "cannot name a chapter"),
    ],
)
def test_chapters_that_cannot_be(home: Home, name: str, message: str) -> None:
    before = snapshot(home.root)
    with pytest.raises(BadInput, match=message):
        new_chapter(home, name, "Title")
    assert snapshot(home.root) == before


@pytest.mark.parametrize(
    ("chapter", "name", "message"),
    [
        ("small_curse", "part2_more", r"There is no chapter 'small_curse'\.\nChapters are small_course"),
        ("small_course", "part1_small", "There is a part part1_small already"),
        ("small_course", "2_more", "'2_more' cannot name a part"),
        ("small_course", "orphan", r"solutions/orphan\.py exists already"),
    ],
)
def test_parts_that_cannot_be(home: Home, chapter: str, name: str, message: str) -> None:
    (home.root / "solutions" / "orphan.py").write_text("", encoding="utf-8")
    before = snapshot(home.root)
    with pytest.raises(BadInput, match=message):
        new_part(home, chapter, name, "Title")
    assert snapshot(home.root) == before


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("trace_of", "function", "There is a trace_of in part1_small already"),
        ("halve", "function", "There is a halve in part1_small already"),  # a function of another exercise
        ("two words", "function", "'two words' cannot name an exercise"),
        ("two__marks", "function", "'two__marks' cannot name an exercise"),
        ("new_one", "riddle", r"There is no kind 'riddle'\.\nKinds are function, picture"),
    ],
)
def test_exercises_that_cannot_be(home: Home, name: str, kind: str, message: str) -> None:
    before = snapshot(home.root)
    with pytest.raises(BadInput, match=message):
        new_exercise(home, "part1_small", name, kind)
    assert snapshot(home.root) == before


def test_an_unknown_part_offers_the_nearest(home: Home) -> None:
    with pytest.raises(UnknownName, match=r"no part called 'part1_smal'\.\nDid you mean part1_small\?"):
        new_exercise(home, "part1_smal", "new_one")


def test_nothing_is_written_when_a_file_is_missing(home: Home) -> None:
    (home.root / "tests" / "mistakes" / "part1_small.py").unlink()
    before = snapshot(home.root)
    with pytest.raises(BadInput, match=r"mistakes/part1_small\.py is missing"):
        new_exercise(home, "part1_small", "new_one")
    assert snapshot(home.root) == before


def test_a_part_without_a_table_of_exercises(home: Home) -> None:
    toml = home.root / "small_course" / "chapter.toml"
    toml.write_text('title = "Small"\n\n[parts.part1_small]\ntitle = "First"\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"chapter\.toml has no table \[parts\.part1_small\.exercises\]"):
        new_exercise(Home(home.root), "part1_small", "new_one")


def test_an_installed_package_cannot_be_added_to(tmp_path: Path) -> None:
    home = Home(tmp_path, packaged=True)
    with pytest.raises(BadInput, match="An installed package cannot be added to"):
        new_chapter(home, "more", "More")
    with pytest.raises(BadInput, match="An installed package cannot be added to"):
        new_part(home, "more", "part1", "More")
    with pytest.raises(BadInput, match="An installed package cannot be added to"):
        new_exercise(home, "part1", "one")
    assert list(tmp_path.iterdir()) == []

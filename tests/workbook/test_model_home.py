"""Where the chapters are."""

from __future__ import annotations

import pytest

from workbook.errors import BadInput, UnknownName
from workbook.model import Home, find_home
from workbook.model import home as module


def test_a_checkout_is_found_from_any_folder_inside(home):
    for folder in (home.root, home.root / "solutions", home.root / "tests" / "small_course"):
        assert find_home(folder) == Home(home.root)


def test_the_working_folder_is_the_usual_start(home, monkeypatch):
    monkeypatch.chdir(home.root / "small_course" / "data")
    assert find_home() == Home(home.root)


def test_the_nearest_checkout_is_taken(make_home, tmp_path):
    make_home(tmp_path)
    inner = make_home(tmp_path / "work" / "inner")
    assert find_home(inner.root / "solutions") == inner


def test_a_checkouts_folders(home):
    (chapter,) = home.chapters
    assert chapter.tests == home.root / "tests" / "small_course"
    assert chapter.solutions == home.root / "solutions"
    assert chapter.mistakes == home.root / "tests" / "mistakes"
    assert chapter.alternatives == home.root / "tests" / "alternatives"
    assert chapter.stubs is None
    assert chapter.folder == home.root / "small_course"
    assert home.exercises_dir == home.root / "exercises"
    assert home.build_dir == home.root / "build"


def test_an_installed_packages_folders(home):
    (chapter,) = Home(home.root, packaged=True).chapters
    assert (chapter.solutions, chapter.mistakes, chapter.alternatives) == (None, None, None)
    assert chapter.tests == chapter.folder / "tests"
    assert chapter.stubs == chapter.folder / "stubs"


def test_the_students_copies_may_be_elsewhere(home, monkeypatch, tmp_path):
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    assert home.work_dir == home.root / "work"
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "mine"))
    assert home.work_dir == tmp_path / "mine"
    monkeypatch.setenv("WORKBOOK_WORK", "")
    assert home.work_dir == home.root / "work"


def test_chapters_come_in_order_of_their_folders(home):
    for name in ("zoo", "arrays"):
        (home.root / name).mkdir()
        (home.root / name / "chapter.toml").write_text(f'title = "{name}"\n[parts.{name}_1]\ntitle = "T"\n', encoding="utf-8")
    fresh = Home(home.root)
    assert [chapter.name for chapter in fresh.chapters] == ["arrays", "small_course", "zoo"]
    assert [part.name for _, part in fresh.parts()] == ["arrays_1", "part1_small", "zoo_1"]
    assert fresh.part("zoo_1")[0].name == "zoo"


def test_parts_and_exercises_are_found_or_named(home):
    chapter, part = home.part("part1_small")
    assert (chapter.name, part.name) == ("small_course", "part1_small")
    assert home.exercise("double")[1].name == "double"
    with pytest.raises(UnknownName, match=r"^There is no part called 'zzz'\.\nParts are part1_small\.$"):
        home.part("zzz")
    with pytest.raises(UnknownName, match=r"^There is no part called 'part1'\.\nDid you mean part1_small\?$"):
        home.part("part1")
    with pytest.raises(UnknownName, match=r"^There is no exercise called 'flippd'\.\nDid you mean flipped\?$"):
        home.exercise("flippd")
    with pytest.raises(UnknownName, match=r"^There is no exercise called 'zzz'\.\n`workbook status` lists them all\.$"):
        home.exercise("zzz")


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No checkout is around, neither the student's nor ours."""
    monkeypatch.setattr(module, "__file__", str(tmp_path / "lib" / "workbook" / "model" / "home.py"))
    monkeypatch.setattr(module, "_PACKAGED", tmp_path / "lib" / "workbook" / "chapters")
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def test_without_a_checkout_the_installed_chapters_are_used(nowhere, make_home):
    packaged = nowhere.parent / "lib" / "workbook" / "chapters"
    (packaged / "course").mkdir(parents=True)
    (packaged / "course" / "chapter.toml").write_text('title = "T"\n', encoding="utf-8")
    assert find_home(nowhere) == Home(packaged, packaged=True)


def test_chapters_for_self_study_go_before_the_wheels_own(nowhere, monkeypatch):
    site = nowhere.parent / "lib"
    for package in ("workbook/chapters", "workbook_selfstudy"):
        (site / package / "course").mkdir(parents=True)
        (site / package / "course" / "chapter.toml").write_text('title = "T"\n', encoding="utf-8")
    (site / "workbook_selfstudy" / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    home = find_home(nowhere)
    assert home == Home(site / "workbook_selfstudy", packaged=True, self_study=True)
    (chapter,) = home.chapters
    assert (chapter.tests, chapter.solutions) == (home.root / "tests" / "course", home.root / "solutions")
    assert (chapter.mistakes, chapter.alternatives, chapter.stubs) == (home.root / "tests" / "mistakes", None, None)


def test_without_a_checkout_the_students_files_are_where_they_work(home, nowhere, monkeypatch):
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    monkeypatch.chdir(nowhere)
    installed = Home(home.root, packaged=True, self_study=True)
    assert (installed.work_dir, installed.modules_dir) == (nowhere / "work", home.root / "modules")
    assert home.modules_dir == home.exercises_dir


def test_without_any_chapter_it_is_told(nowhere):
    with pytest.raises(
        BadInput, match=r"^No chapter was found above .*empty, nor in the installed package\.\nRun this inside a checkout"
    ):
        find_home(nowhere)


def test_a_folder_of_solutions_alone_is_no_checkout(nowhere):
    (nowhere / "solutions").mkdir()
    with pytest.raises(BadInput, match="No chapter was found"):
        find_home(nowhere)

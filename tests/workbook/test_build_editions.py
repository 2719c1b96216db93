"""Whole editions: where their files go, and when they are stale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workbook.build.editions import course_files, edition_files, stale, write_files
from workbook.build.scaffold import new_chapter
from workbook.cli.build import command
from workbook.errors import BadInput
from workbook.model import Home
from workbook.model.source import STUB


@pytest.mark.parametrize(
    ("edition", "names"),
    [
        ("self-study", ["exercises/part1_small.ipynb"]),
        ("solutions", ["build/solutions/part1_small.ipynb"]),
        (
            "course",
            ["build/course/small_course/nbgrader_config.py", "build/course/small_course/source/part1_small/part1_small.ipynb"],
        ),
    ],
)
def test_where_the_files_of_an_edition_go(home: Home, edition: str, names: list[str]) -> None:
    files = edition_files(home, edition)
    assert [path.relative_to(home.root).as_posix() for path in files] == names
    assert not any(path.exists() for path in files)


@pytest.mark.parametrize("edition", ["self-study", "solutions", "course"])
def test_another_folder_can_be_named(home: Home, tmp_path: Path, edition: str) -> None:
    folder = tmp_path / "elsewhere"
    assert all(path.is_relative_to(folder) for path in edition_files(home, edition, folder))


def test_writing_makes_folders_and_leaves_nothing_else_behind(home: Home) -> None:
    files = edition_files(home, "course")
    assert write_files(files) == list(files)
    written = {path for path in home.build_dir.rglob("*") if path.is_file()}
    assert written == set(files)
    assert {path: path.read_text(encoding="utf-8") for path in files} == files


def test_files_whose_text_is_the_same_are_left_alone(home: Home) -> None:
    files = edition_files(home, "course")
    config, notebook = files
    write_files(files)
    before = config.stat().st_mtime_ns
    notebook.write_text("changed", encoding="utf-8")
    assert write_files(edition_files(home, "course")) == [notebook]
    assert config.stat().st_mtime_ns == before


def test_line_ends_are_the_same_on_every_system(home: Home) -> None:
    (path,) = write_files(edition_files(home, "self-study"))
    content = path.read_bytes()
    assert b"\r" not in content and content.endswith(b"}\n")


def test_current_files_are_not_stale(home: Home) -> None:
    write_files(edition_files(home, "self-study"))
    assert stale(edition_files(home, "self-study")) == []


def test_missing_and_changed_files_and_leftovers_are_told_apart(home: Home) -> None:
    files = edition_files(home, "self-study")
    (path,) = files
    assert stale(files) == [(path, "missing")]
    write_files(files)
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    leftover = path.with_name("part0_gone.ipynb")
    leftover.write_text("{}", encoding="utf-8")
    assert stale(files) == [(path, "stale"), (leftover, "without a source")]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None], ids=["not text", "other line ends"])
def test_bytes_are_compared_not_text(home: Home, content: bytes | None) -> None:
    files = edition_files(home, "self-study")
    (path,) = write_files(files)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") if content is None else content)
    assert stale(files) == [(path, "stale")]
    assert write_files(files) == [path]
    assert path.read_bytes() == files[path].encode()


def test_an_assignment_whose_part_is_gone_is_without_a_source(home: Home) -> None:
    files = edition_files(home, "course")
    write_files(files)
    assert stale(files) == []
    leftover = home.build_dir / "course" / "small_course" / "source" / "part0_gone" / "part0_gone.ipynb"
    beside = home.build_dir / "course" / "small_course" / "source" / "part1_small" / "more.ipynb"
    for path in (leftover, beside):
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    assert stale(files) == [(leftover, "without a source"), (beside, "without a source")]


@pytest.fixture
def build(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`workbook build` in the small course."""
    monkeypatch.chdir(home.root)
    return lambda *words: CliRunner().invoke(command, words)


def test_files_outside_the_checkout_are_named_as_they_are(
    build: Callable[..., Result], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    shown = build("--check", "--output", str(folder))
    assert shown.exit_code == 1
    assert shown.stdout.splitlines()[0] == f"{folder / 'part1_small.ipynb'} is missing."
    inside = build("--check")
    assert inside.stdout.splitlines()[0] == "exercises/part1_small.ipynb is missing."


def test_executed_notebooks_cannot_be_checked(build: Callable[..., Result]) -> None:
    shown = build("--check", "--edition", "solutions")
    assert shown.exit_code == 2
    told = "--check and --edition solutions do not go together: once executed, notebooks differ from their sources."
    assert told in " ".join(shown.stderr.split())


def test_the_configuration_is_python_that_says_what_nbgrader_needs(home: Home) -> None:
    text = course_files(home, home.chapters[0])[home.build_dir / "course" / "small_course" / "nbgrader_config.py"]
    compile(text, "nbgrader_config.py", "exec")
    assert 'c.CourseDirectory.course_id = "small_course"' in text
    assert f'c.ClearSolutions.code_stub = {{"python": {STUB!r}}}' in text
    assert str(home.root) not in text


def test_an_installed_package_has_nothing_to_build_from(make_home: Callable[[Path], Home], tmp_path: Path) -> None:
    packaged = Home(make_home(tmp_path / "site").root, packaged=True)
    with pytest.raises(BadInput, match=r"holds no solutions, so there is nothing to build from\.\nRun this in a checkout\."):
        edition_files(packaged, "self-study")
    with pytest.raises(BadInput, match=r"^An installed package is not built from again\.\nRun this in a checkout\."):
        edition_files(Home(packaged.root, packaged=True, self_study=True), "self-study")


def test_two_chapters_are_two_courses_also_in_a_named_folder(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    new_chapter(home, "chapter1_more", "More")
    output = tmp_path_factory.mktemp("courses")
    files = edition_files(Home(home.root), "course", output)
    configurations = {path.parent.name for path in files if path.name == "nbgrader_config.py"}
    assert configurations == {"small_course", "chapter1_more"}

"""Bytecode is kept in a folder of the user's where Python keeps none, and nothing of a course goes there."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workbook.classroom import nbgrader_environment
from tests.workbook.farcells import FarCells
from workbook.build.editions import course_files, write_files
from workbook.build.notebooks import build_notebook, to_text
from workbook.grade import bytecode
from workbook.grade.attempt import Attempt
from workbook.grade.records import Limits
from workbook.grade.sandbox.nursery import Guest, missing, nursery_of
from workbook.model import find_home

HOME = find_home(Path(__file__).parent)
CHAPTER = HOME.chapters[0]
PART = CHAPTER.part("part3_einsum")

# Whether the libraries have bytecode depends on how they were installed: a module that has none stands for them.
BEGIN = "import json, sys\nfrom workbook.grade import bytecode; bytecode._LARGE = ('lonely',)\n"
ASK = """
missing = bytecode.missing()
failure = bytecode.fill() if {fill} and missing else ""
bytecode.use()
folder = bytecode.folder()
print(json.dumps([missing, failure, str(folder or ""), sys.pycache_prefix, sys.dont_write_bytecode]))
"""
GRADE = "from workbook.cli import main\nmain()\n"


@dataclass(frozen=True)
class Said:
    """What a fresh process says."""

    missing: bool
    failure: str
    folder: str
    prefix: str | None
    writes_none: bool


@dataclass(frozen=True)
class Desk:
    """A folder with a module that has no bytecode, and one for what a user keeps."""

    room: Path

    @property
    def cache(self) -> Path:
        return self.room / "cache"

    @property
    def lonely(self) -> Path:
        return self.room / "modules" / "lonely.py"

    def environment(self, **others: str) -> dict[str, str]:
        told = nbgrader_environment(self.room / "settings")
        told.pop("PYTHONPYCACHEPREFIX", None)
        paths = {"WORKBOOK_CACHE": str(self.cache), "PYTHONPATH": str(self.lonely.parent), "PYTHONDONTWRITEBYTECODE": "1"}
        return {**told, **paths, **others}

    def run(self, code: str, *words: str, **others: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", BEGIN + code, *words]
        return subprocess.run(command, env=self.environment(**others), capture_output=True, text=True, timeout=300, check=False)

    def ask(self, before: str = "", *, fill: bool = False, **others: str) -> Said:
        done = self.run(before + ASK.format(fill=fill), **others)
        assert done.returncode == 0, done.stderr
        return Said(*json.loads(done.stdout))


def desk_in(room: Path) -> Desk:
    desk = Desk(room)
    desk.lonely.parent.mkdir()
    desk.lonely.write_text("alone = True\n")
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose user's folder is filled."""
    desk = desk_in(tmp_path_factory.mktemp("filled"))
    said = desk.ask(fill=True)
    assert said.missing and not said.failure
    return desk


def kept(folder: str, module: Path) -> Path:
    """Where the folder has a module's bytecode."""
    return Path(folder) / module.parent.relative_to("/") / f"{module.stem}.{sys.implementation.cache_tag}.pyc"


def test_a_filled_folder_holds_the_libraries_and_is_used(filled: Desk) -> None:
    import IPython
    import torch

    said = filled.ask()
    assert not said.missing
    assert said.folder.startswith(str(filled.cache))
    assert said.prefix == said.folder
    assert said.writes_none
    for library in (torch, IPython, bytecode):
        assert kept(said.folder, Path(str(library.__file__))).is_file()


def test_nothing_of_a_course_is_in_the_folder(filled: Desk) -> None:
    folder = Path(filled.ask().folder)
    sources = {Path("/") / path.parent.relative_to(folder) / f"{path.name.split('.')[0]}.py" for path in folder.rglob("*.pyc")}
    assert len(sources) > 1000
    assert not [path for path in sources if path.is_relative_to(CHAPTER.folder)]
    private = [CHAPTER.tests, CHAPTER.solutions, CHAPTER.mistakes]
    assert not [path for path in sources if any(folder and path.is_relative_to(folder) for folder in private)]


def test_what_is_beside_the_modules_is_enough(desk: Desk) -> None:
    assert desk.ask().missing
    done = subprocess.run([sys.executable, "-m", "compileall", "-q", str(desk.lonely.parent)], timeout=60, check=False)
    assert done.returncode == 0
    said = desk.ask(fill=True)
    assert (said.missing, said.folder, said.prefix) == (False, "", None)
    assert not desk.cache.exists()


def test_where_python_may_it_is_compiled_beside_the_modules(desk: Desk) -> None:
    (desk.lonely.parent / "idler.py").write_text("")
    said = desk.ask("bytecode._PROGRAM = 'idler'\n", fill=True, PYTHONDONTWRITEBYTECODE="")
    assert (said.missing, said.folder, said.prefix, said.writes_none) == (True, "", None, False)
    assert "no bytecode beside" in said.failure
    (desk.lonely.parent / "importer.py").write_text("import lonely\n")
    said = desk.ask("bytecode._PROGRAM = 'importer'\n", fill=True, PYTHONDONTWRITEBYTECODE="")
    assert (said.missing, said.failure) == (True, "")
    assert not desk.ask(PYTHONDONTWRITEBYTECODE="").missing
    assert not desk.cache.exists()


def test_a_place_that_the_user_chose_is_left_alone(desk: Desk) -> None:
    chosen = str(desk.room / "chosen")
    said = desk.ask(PYTHONPYCACHEPREFIX=chosen)
    assert (said.missing, said.folder, said.prefix) == (False, "", chosen)


def test_other_packages_ask_for_another_filling(filled: Desk) -> None:
    assert not filled.ask().missing
    assert filled.ask("bytecode.__version__ = 'another'\n").missing


def test_a_folder_that_others_may_write_to_is_not_read(filled: Desk) -> None:
    folder = Path(filled.ask().folder)
    mode = folder.stat().st_mode
    folder.chmod(0o777)
    try:
        said = filled.ask()
        assert (said.missing, said.folder, said.prefix) == (True, "", None)
    finally:
        folder.chmod(mode)
    assert not filled.ask().missing


def test_what_others_may_have_written_goes_before_the_folder_is_filled(desk: Desk) -> None:
    place = Path(desk.run("print(bytecode._place())").stdout.strip())
    planted = kept(str(place), desk.lonely)
    planted.parent.mkdir(parents=True)
    planted.write_bytes(b"theirs")
    place.chmod(0o777)
    # What takes long is done elsewhere: here the program that compiles the libraries is missing.
    said = desk.ask("bytecode._PROGRAM = 'workbook.grade.no_such_program'\n", fill=True)
    assert "no_such_program" in said.failure
    assert not planted.exists()
    assert said.missing and not said.folder


def test_where_nothing_can_be_kept_grading_works_and_says_so(desk: Desk) -> None:
    course = desk.room / "course"
    write_files(course_files(HOME, CHAPTER, course))
    handed_in = course / "submitted" / "ann" / PART.name / f"{PART.name}.ipynb"
    handed_in.parent.mkdir(parents=True)
    handed_in.write_text(to_text(build_notebook(CHAPTER, PART, "course")))
    desk.cache.write_text("a file, not a folder")
    done = desk.run(GRADE, "grade", PART.name, "--course", str(course), "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "Compiling the libraries" in done.stderr
    assert "could not be kept" in done.stderr
    assert "1 graded" in done.stdout


LOOK = """
import IPython, torch, workbook.check
for module in (torch, IPython, workbook.check):
    assert module.__cached__.startswith("/bytecode/"), module.__cached__
    with open(module.__cached__, "rb") as file:
        assert len(file.read()) > 100
"""
TAMPER = """
import os
for way in (lambda: open(torch.__cached__, "ab"), lambda: open("/bytecode/new", "wb"), lambda: os.unlink(torch.__cached__)):
    try:
        way()
    except OSError:
        continue
    raise AssertionError("it could be changed")
"""


@pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}")
def test_the_sandbox_reads_the_folder_and_cannot_write_to_it(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(filled.ask().folder)
    monkeypatch.setattr(bytecode, "folder", lambda: folder)
    with nursery_of(HOME) as nursery:
        nursery.check()
        with contextlib.closing(Guest(nursery.address)) as guest, Attempt(guest, [], {}, 0, Limits()) as attempt:
            FarCells(attempt).run(LOOK, TAMPER)

"""The wheel: what a student installs. Built and installed by pip, looked into, and run outside of any checkout."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workbook.build import leaks
from workbook.build.packing import stub_module, wheel_files
from workbook.check.load import importable
from workbook.model import Chapter, Part, SourceFile, find_home
from workbook.model.source import STUB

HOME = find_home(Path(__file__).parent)
PARTS = HOME.parts()
PART_NAMES = [part.name for _, part in PARTS]
FOLDER = "workbook/chapters"


def pip(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    target = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    pip("wheel", "--no-deps", *isolation, "--quiet", "--wheel-dir", str(target), str(HOME.root))
    (path,) = target.glob("workbook-*.whl")
    return path


@pytest.fixture(scope="module")
def members(wheel: Path) -> dict[str, str]:
    """Name to text of every file in the wheel that is text."""
    with zipfile.ZipFile(wheel) as archive:
        binary = (".npy", ".npz", ".png")
        return {name: "" if name.endswith(binary) else archive.read(name).decode("utf-8") for name in archive.namelist()}


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the wheel is installed, and nothing else."""
    folder = tmp_path_factory.mktemp("student") / "site"
    pip("install", "--no-deps", "--no-compile", "--quiet", "--target", str(folder), str(wheel))
    return folder


# What a student might do, one after the other in one process, because starting it takes seconds: importing torch.
SESSION = """
import contextlib, io, json
import numpy as np
import workbook
from workbook.build.editions import edition_files
from workbook.model import find_home

def unwritten(mat1, mat2):
    raise NotImplementedError("Write your answer here.")

tests = workbook.start("part3_einsum")
steps = {
    "right": lambda: tests.test_einsum_mm(lambda mat1, mat2: np.einsum("ij,jk->ik", mat1, mat2)),
    "transposed": lambda: tests.test_einsum_mm(lambda mat1, mat2: np.einsum("ij,jk->ki", mat1, mat2)),
    "unwritten": lambda: tests.test_einsum_mm(unwritten),
    **{f"quiz {letter}": (lambda letter=letter: tests.test_quiz_strides(letter)) for letter in "abcd"},
    "quiz e": lambda: tests.test_quiz_strides("e"),
    "build": lambda: edition_files(find_home(), "self-study"),
    "where": lambda: print(workbook.__file__),
}
told = {}
for name, step in steps.items():
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            step()
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    told[name] = printed.getvalue().strip()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(site: Path) -> dict[str, str]:
    """Step to what it prints or raises, with only the installed wheel and far from any checkout."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", SESSION], cwd=site.parent, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


# --- what is in it ------------------------------------------------------------------------------------------------------


def test_the_wheel_holds_settings_data_tests_and_stubs(members: dict[str, str]) -> None:
    wanted = set()
    for chapter in HOME.chapters:
        folder = f"{FOLDER}/{chapter.name}"
        wanted |= {f"{folder}/chapter.toml"}
        wanted |= {
            f"{folder}/data/{path.name}" for path in (chapter.folder / "data").iterdir() if path.is_file() and path.name[0] != "."
        }
        wanted |= {f"{folder}/tests/test_{part.name}.py" for part in chapter.parts}
        wanted |= {f"{folder}/stubs/{part.name}.py" for part in chapter.parts}
    assert {name for name in members if name.startswith(f"{FOLDER}/")} == wanted


def test_the_wheel_holds_the_platform_and_no_package_called_tests(members: dict[str, str]) -> None:
    modules = {path.relative_to(HOME.root / "src").as_posix() for path in (HOME.root / "src").rglob("*.py")}
    assert modules <= set(members)
    assert {name.split("/")[0] for name in members if ".dist-info/" not in name} == {"workbook"}


@pytest.mark.parametrize(("chapter", "part"), PARTS, ids=PART_NAMES)
def test_no_line_of_a_solution_is_in_the_wheel(chapter: Chapter, part: Part, members: dict[str, str]) -> None:
    source = SourceFile.read(chapter.source(part.name))
    everything = leaks.squeezed("\n".join(members.values()))
    lines = [line for exercise in part.exercises for line in leaks.telling_lines(source, exercise)]
    assert len(lines) >= len([exercise for exercise in part.exercises if exercise.kind != "question"])
    assert [line for line in lines if line in everything] == []


@pytest.mark.parametrize(("chapter", "part"), PARTS, ids=PART_NAMES)
def test_no_mistake_and_no_alternative_is_in_the_wheel(chapter: Chapter, part: Part, members: dict[str, str]) -> None:
    everything = leaks.squeezed("\n".join(members.values()))
    for folder in (chapter.mistakes, chapter.alternatives):
        assert folder is not None
        named = folder == chapter.alternatives  # a test may name the mistake that fails at some place: its sentence tells, not that
        known = SourceFile.read(folder / f"{part.name}.py").definitions
        variants = {name: leaks.squeezed(each.docstring) for name, each in known.items() if "__" in name}
        assert len(variants) > len([exercise for exercise in part.exercises if exercise.kind in ("function", "picture")])
        assert [name for name, said in variants.items() if (named and name in everything) or (said and said in everything)] == []


# --- what it does -------------------------------------------------------------------------------------------------------


def test_it_is_the_wheel_that_runs(told: dict[str, str], site: Path) -> None:
    assert Path(told["where"]).is_relative_to(site)


def test_a_right_answer_passes(told: dict[str, str]) -> None:
    assert told["right"] == "✓ einsum_mm: passed"


def test_a_wrong_answer_is_explained_with_the_names_in_the_stub(told: dict[str, str]) -> None:
    assert told["transposed"].startswith("CheckFailure: einsum_mm: ")
    assert "mat1" in told["transposed"] and "expected:" in told["transposed"]


def test_the_stub_is_recognised(told: dict[str, str]) -> None:
    assert "Unsolved: einsum_mm is not written yet" in told["unwritten"]


@pytest.mark.parametrize("letter", ["a", "b", "c", "d"])
def test_a_quiz_answer_is_noted_whichever_it_is(letter: str, told: dict[str, str]) -> None:
    assert f'Your answer "{letter}" is noted; it is judged when the course is graded.' in told[f"quiz {letter}"]
    assert ": noted\n" in told[f"quiz {letter}"] and "passed" not in told[f"quiz {letter}"], "nobody has judged it"


def test_what_is_no_option_of_a_quiz_is_not_noted(told: dict[str, str]) -> None:
    assert told["quiz e"].startswith("CheckFailure: quiz_strides: 'e' is not one of the options.")


def test_nothing_can_be_built_from_it(told: dict[str, str]) -> None:
    assert told["build"] == (
        "BadInput: An installed package holds no solutions, so there is nothing to build from.\nRun this in a checkout."
    )


# --- the parts of it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chapter", "part"), PARTS, ids=PART_NAMES)
def test_a_stub_module_has_every_function_unsolved(chapter: Chapter, part: Part) -> None:
    functions = {name for exercise in part.exercises for name in exercise.functions}
    text = stub_module(SourceFile.read(chapter.source(part.name)), functions)
    assert chapter.solutions is not None
    names: dict[str, object] = {"__name__": "stubs"}
    with importable(chapter.solutions):  # what a part builds on lies beside its notebook
        exec(compile(text, "<stubs>", "exec"), names)
    for exercise in part.exercises:
        for name in exercise.functions if exercise.kind != "question" else ():
            if exercise.kind == "quiz":
                assert names[name] is None
            else:
                assert callable(names[name])
    written = [name for each in part.exercises if each.kind == "function" for name in each.functions]
    assert text.count(STUB) >= len(written)


def test_a_stub_module_leaves_private_helpers_out(tmp_path: Path) -> None:
    path = tmp_path / "part.py"
    path.write_text(
        'import math\n\n\ndef _area(r):\n    return math.pi * r * r\n\n\ndef disc(r):\n    """Area."""\n    return _area(r)\n'
    )
    assert stub_module(SourceFile.read(path)) == (f'import math\n\n\ndef disc(r):\n    """Area."""\n    {STUB}\n')


def test_caches_and_hidden_files_stay_out(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    for name, text in {
        "solutions/disc.py": "def disc(r):\n    return 3 * r * r\n",
        "round/chapter.toml": (
            'title = "Round"\n\n[parts.disc]\ntitle = "Disc"\n\n[parts.disc.exercises]\n'
            'disc = { kind = "function", difficulty = 1, importance = 1, minutes = 1, points = 1 }\n'
        ),
        "round/data/radii.csv": "1,2\n",
        "round/data/more/radii.csv": "3\n",
        "tests/round/test_disc.py": "",
        "tests/round/__pycache__/test_disc.cpython-311.pyc": "",
        "tests/round/.ipynb_checkpoints/test_disc-checkpoint.py": "",
        "round/data/.mypy_cache/3.11/cache.db": "",
        "round/data/.gitkeep": "",
        "tests/mistakes/disc.py": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert sorted(target for _, target in wheel_files(root, tmp_path)) == [
        "round/chapter.toml",
        "round/data/more/radii.csv",
        "round/data/radii.csv",
        "round/stubs/disc.py",
        "round/tests/test_disc.py",
    ]

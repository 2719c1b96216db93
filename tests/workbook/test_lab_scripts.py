"""The student's own scripts: made once, kept, tested, watched, and collected by pytest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbook import pytest_plugin
from workbook.build.editions import edition_files, write_files
from workbook.build.execute import execute_notebook
from workbook.build.formats import jupytext_module
from workbook.build.scripts import untouched
from workbook.cli.scripts import command
from workbook.errors import BadInput
from workbook.lab.copies import prepare, reset
from workbook.lab.progress import Progress
from workbook.lab.scripts import cells_of, current_file, outdated_scripts, own_files, prepare_scripts, settings, text_of
from workbook.lab.testing import answer_files
from workbook.lab.watching import Event, Watcher
from workbook.model import Home

STUB = '    raise NotImplementedError("Write your answer here.")\n'


@pytest.fixture
def course(make_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    home = make_home()
    write_files(edition_files(home, "self-study"))
    monkeypatch.chdir(home.root)
    return home


@pytest.fixture
def script(course: Home) -> Path:
    prepare_scripts(course)
    return course.work_dir / "part1_small_cells.py"


def answer(script: Path, name: str, body: str) -> None:
    """Replace the stub of a function with one line."""
    head, mark, rest = script.read_text(encoding="utf-8").partition(f"# exercise: {name}\n")
    assert mark and STUB in rest
    script.write_text(head + mark + rest.replace(STUB, f"    {body}\n", 1), encoding="utf-8")


def not_empty(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def save_at(path: Path, seconds: int) -> None:
    os.utime(path, (seconds, seconds))


# --- copies ------------------------------------------------------------------------------------------------------------


def test_scripts_are_made_once_and_never_overwritten(course: Home, script: Path) -> None:
    work = course.work_dir
    files = {path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file()}
    assert files == {"part1_small_cells.py", ".vscode/settings.json", ".vscode/extensions.json"}
    for name in files:
        (work / name).write_text("mine", encoding="utf-8")
    assert prepare_scripts(course) == []
    assert {(work / name).read_text(encoding="utf-8") for name in files} == {"mine"}
    write_files(edition_files(course, "script"))
    prepare(course)
    assert script.read_text(encoding="utf-8") == "mine"


def test_a_newer_version_is_noticed_and_the_edited_script_kept(course: Home, script: Path) -> None:
    answer(script, "trace_of", "return mat.trace()")
    before = script.read_bytes()
    assert outdated_scripts(course) == []
    text = course.root / "small_course" / "part1_small.md"
    text.write_text(text.read_text(encoding="utf-8").replace("Prose before", "Some prose before"), encoding="utf-8")
    newer = Home(course.root)
    assert prepare_scripts(newer) == [] and outdated_scripts(newer) == [script]
    assert script.read_bytes() == before
    script.write_text("# of my own\n", encoding="utf-8")
    assert outdated_scripts(newer) == [], "nothing is known of it"


def test_the_command_says_what_is_new_and_what_to_do(course: Home) -> None:
    shown = CliRunner().invoke(command, [])
    assert shown.exit_code == 0, shown.output
    assert f"New: {course.work_dir / 'part1_small_cells.py'}\n" in shown.output
    assert f"Open the folder {course.work_dir} in VS Code" in shown.output
    again = json.loads(CliRunner().invoke(command, ["--json"]).output)
    assert again == {"folder": str(course.work_dir), "new": [], "outdated": []}
    text = course.root / "small_course" / "part1_small.md"
    text.write_text(text.read_text(encoding="utf-8").replace("Prose before", "Some prose before"), encoding="utf-8")
    assert "The course has a newer version of part1_small_cells.py. Yours is kept" in CliRunner().invoke(command, []).output


def test_an_installed_package_and_a_folder_that_cannot_be_written(
    course: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match="An installed package has no sources to write scripts from"):
        prepare_scripts(Home(course.root, packaged=True))
    (tmp_path / "occupied").write_text("", encoding="utf-8")
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "occupied"))
    with pytest.raises(BadInput, match=r"occupied cannot be written: .*\nChoose another folder: WORKBOOK_WORK=\.\.\. workbook scr"):
        prepare_scripts(course)


def test_settings_for_a_work_folder_elsewhere_name_it(course: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [path.name for path in settings(course)] == ["settings.json", "extensions.json"]
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "mine"))
    assert settings(course)[tmp_path / "mine" / ".env"] == f"WORKBOOK_WORK={tmp_path / 'mine'}\n"


# --- which file is tested, which are watched ------------------------------------------------------------------------------


def test_of_notebook_and_script_the_one_saved_last_is_tested(course: Home, script: Path) -> None:
    (part,) = course.chapters[0].parts
    assert list(answer_files(course, [])) == [script], "there is nothing else"
    (notebook,) = prepare(course)
    assert own_files(course, part) == [notebook, script]
    save_at(notebook, 1_000_000_000)
    assert current_file(course, part) == notebook, "a script as it was made does not count"
    answer(script, "trace_of", "return mat.trace()")
    assert answer_files(course, ["trace_of"]) == {script: ["trace_of"]}
    save_at(script, 999_999_999)
    assert answer_files(course, ["trace_of"]) == {notebook: ["trace_of"]}


def test_scripts_are_watched_beside_notebooks(course: Home, script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watcher, "_test", lambda self, path, exercises: Event(path, tuple(exercises)))
    (notebook,) = prepare(course)
    watcher = Watcher(course)
    assert watcher.files() == [notebook, script]
    watcher.look()
    answer(script, "trace_of", "return mat.trace()")
    save_at(script, 2_000_000_000)
    (event,) = watcher.saved()
    assert (event.path, event.exercises) == (script, ("trace_of",))
    assert [event.path for event in watcher.everything()] == [script], "once tests what you work on"


# --- back to the stub -----------------------------------------------------------------------------------------------------


def test_reset_gives_the_stub_and_changes_nothing_else(course: Home, script: Path) -> None:
    fresh = script.read_text(encoding="utf-8")
    answer(script, "flipped", "return picture[::-1]")
    before = script.read_text(encoding="utf-8")
    answer(script, "trace_of", "return mat.trace()")
    kept = reset(course, "trace_of", datetime(2030, 1, 2, 3, 4, 5))
    assert script.read_text(encoding="utf-8") == before != fresh
    assert kept == course.work_dir / "kept" / "trace_of-20300102-030405.py"
    assert "return mat.trace()" in kept.read_text(encoding="utf-8")
    reset(course, "flipped")
    assert script.read_text(encoding="utf-8") == fresh and untouched(fresh)


def test_a_deleted_answer_comes_back_in_its_place(course: Home, script: Path) -> None:
    fresh = script.read_text(encoding="utf-8")
    cells = [cell for cell in cells_of(fresh) if "# exercise: trace_of" not in cell["source"]]
    script.write_text(text_of(cells), encoding="utf-8")
    assert reset(course, "trace_of") is None
    assert not_empty(script.read_text(encoding="utf-8")) == not_empty(fresh)
    without = [cell for cell in cells if "tests.test_trace_of(" not in cell["source"]]
    script.write_text(text_of(without), encoding="utf-8")
    reset(course, "trace_of")
    place = script.read_text(encoding="utf-8").index("# exercise: trace_of")
    assert fresh.index("# ### trace_of") < place < fresh.index("# ### mean_trace"), "below its heading, not among the help"


def test_reset_takes_the_file_that_was_saved_last(course: Home, script: Path) -> None:
    (notebook,) = prepare(course)
    answer(script, "trace_of", "return mat.trace()")
    save_at(script, 999_999_999)
    before = script.read_bytes()
    reset(course, "trace_of")
    assert script.read_bytes() == before
    save_at(notebook, 999_999_998)
    reset(course, "trace_of")
    assert script.read_bytes() != before


def test_a_script_that_is_no_text_cannot_be_reset(course: Home, script: Path) -> None:
    script.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"_cells\.py cannot be read as a script\.\nSave it again in your editor"):
        reset(course, "trace_of")


def test_cells_of_a_script_give_the_script_again(script: Path) -> None:
    fresh = script.read_text(encoding="utf-8")
    assert text_of(cells_of(fresh)) == fresh
    for text in (
        "",
        "\n\n",
        "x = 1\n\n#%% mine\ny = 2\n",
        "# %%\n\n\n# %%\nx = 1",
        "# %% [markdown]\n# Hello\n# %%\n\n\nx = 1\n\n\n",
    ):
        assert text_of(cells_of(text)) == text
    assert [cell["cell_type"] for cell in cells_of("# %% [markdown]\n# Hello\n# %%\nx = 1\n")] == ["code", "markdown", "code"]


# --- cells ----------------------------------------------------------------------------------------------------------------


def test_cells_run_in_a_kernel_as_an_editor_runs_them(course: Home, script: Path) -> None:
    pytest.importorskip("nbclient")
    answer(script, "trace_of", 'return np.einsum("ii->", mat)')
    notebook = jupytext_module().reads(script.read_text(encoding="utf-8"), fmt="py:percent")
    execute_notebook(notebook, course.work_dir, allow_errors=True)
    failed = {output.ename for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"}
    assert failed == {"Unsolved"}, "no name is missing, no import fails"
    assert Progress(course.work_dir).states("small_course") == {"trace_of": "solved"}


# --- pytest ---------------------------------------------------------------------------------------------------------------


def run_pytest(course: Home, *words: str, code: int = 0) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", "-W", "error", *words],
        cwd=course.work_dir,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout + run.stderr


EXERCISES = ["double", "flipped", "Meter", "checked_ratio", "quiz_axis", "trace_of", "mean_trace"]


@pytest.mark.parametrize("place", [".", "part1_small_cells.py"])
def test_discovery_shows_one_test_an_exercise_and_runs_nothing(course: Home, script: Path, place: str) -> None:
    text = script.read_text(encoding="utf-8") + '\n# %%\nopen("ran", "w").close()\n'
    script.write_text(text, encoding="utf-8")
    shown = run_pytest(course, "--collect-only", "-q", place)
    found = [line.split("::")[1] for line in shown.splitlines() if "::" in line]
    assert found == [f"test_{name}" for name in EXERCISES]
    assert not (course.work_dir / "ran").exists()


def test_settings_let_an_editor_find_just_these_tests(course: Home, script: Path) -> None:
    values = json.loads((course.work_dir / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    assert values["python.testing.pytestEnabled"] is True
    assert values["python.defaultInterpreterPath"] == sys.executable
    assert values["jupyter.notebookFileRoot"] == "${workspaceFolder}"
    shown = run_pytest(course, "--collect-only", "-q", *values["python.testing.pytestArgs"])
    assert shown.count("part1_small_cells.py::") == len(EXERCISES)


def test_each_answer_is_judged_and_recorded(course: Home, script: Path) -> None:
    answer(script, "trace_of", 'return np.einsum("ii->", mat)')
    answer(script, "flipped", "print('turning'); return picture[:, ::-1]")
    shown = run_pytest(course, "-v", "-rs", code=1)
    assert "test_trace_of PASSED" in shown and "test_flipped FAILED" in shown
    assert "5 skipped" in shown and "not written yet" in shown
    assert "Left and right are exchanged, not top and bottom." in shown
    assert (
        "turning" in shown
        and "Traceback" not in shown
        and "collected.py:" not in shown.partition("FAILURES")[2].partition("= short")[0]
    )
    assert Progress(course.work_dir).states("small_course") == {"trace_of": "solved", "flipped": "tried"}


def test_one_test_by_its_name_as_editors_ask(course: Home, script: Path) -> None:
    answer(script, "trace_of", 'return np.einsum("ii->", mat)')
    assert "1 passed" in run_pytest(course, f"{script}::test_trace_of")


def test_a_cell_that_fails_is_the_reason(course: Home, script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    script.write_text(text.replace("def flipped(", "import nonesuch\n\ndef flipped(", 1), encoding="utf-8")
    shown = run_pytest(course, "-k", "flipped", code=1)
    assert "flipped: Its cell did not run: cell " in shown and "No module named 'nonesuch'" in shown


def test_tests_stand_where_the_answers_stand(course: Home, script: Path) -> None:
    answer(script, "trace_of", "return trace")
    code = (
        "import pytest, sys\n"
        "class Seen:\n"
        "    def pytest_collection_modifyitems(self, items):\n"
        "        for item in items: print('at', item.name, item.location[1])\n"
        "sys.exit(pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', '.'], plugins=[Seen()]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=course.work_dir, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = script.read_text(encoding="utf-8").splitlines()
    at = {line.split()[1]: lines[int(line.split()[2])] for line in done.stdout.splitlines() if line.startswith("at ")}
    assert at["test_trace_of"].startswith("def trace_of(")
    assert at["test_Meter"] == "class Meter:"
    assert at["test_quiz_axis"].startswith("quiz_axis = None")


def test_other_files_of_such_a_name_are_left_alone(course: Home) -> None:
    course.work_dir.mkdir()
    (course.work_dir / "soap_cells.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    (course.work_dir / "test_soap_cells.py").write_text("def test_soap():\n    pass\n", encoding="utf-8")
    shown = run_pytest(course, "-v")
    assert "1 passed" in shown and "imported" not in shown


def test_the_plugin_knows_the_name_without_importing_anything(course: Home) -> None:
    assert course.script("part").name == f"part{pytest_plugin._SCRIPT}"

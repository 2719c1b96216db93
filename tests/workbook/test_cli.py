"""The command line, as a person and as a program use it: each command in a process of its own, on the small course."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from workbook import __version__
from workbook.build.editions import edition_files, write_files
from workbook.cli import app as module
from workbook.cli.app import app
from workbook.model import Home

RIGHT = "import numpy as np\n\ndef trace_of(mat):\n    return np.einsum('ii->', mat)\n"
WRONG = "def trace_of(mat):\n    print('[looking]')\n    return mat.sum()\n"
COMMANDS = ["lab", "scripts", "test", "watch", "status", "reset", "build", "grade", "regrade", "grades", "check", "new"]


class Course:
    """The small course, built, and `workbook` in it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("WORKBOOK", "COLUMNS", "NO_COLOR"))
        }

    def __call__(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workbook", *words]
        run = subprocess.run(command, cwd=self.home.root, env=self.environment, capture_output=True, text=True, check=False)
        assert run.returncode == code, f"{words} ended with {run.returncode}:\n{run.stdout}\n{run.stderr}"
        return run

    def json(self, *words: str, code: int = 0) -> Any:
        run = self(*words, "--json", code=code)
        assert run.stderr == ""
        return json.loads(run.stdout)

    def write(self, name: str, text: str) -> str:
        (self.home.root / name).write_text(text, encoding="utf-8")
        return name

    def work(self) -> Path:
        """Puts the student's copy where it belongs."""
        self.home.work_dir.mkdir(exist_ok=True)
        path = self.home.work_dir / "part1_small.ipynb"
        path.write_bytes((self.home.exercises_dir / "part1_small.ipynb").read_bytes())
        return path


@pytest.fixture
def course(make_home: Callable[..., Home], monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    home = make_home()
    write_files(edition_files(home, "self-study"))
    return Course(home)


# --- help -----------------------------------------------------------------------------------------------------------


def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['workbook', '--help']\nfrom workbook.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n"
        "    heavy = {'rich', 'numpy', 'torch', 'einops', 'plotly', 'jupytext', 'nbformat', 'IPython', 'pytest'}\n"
        "    print('loaded:', sorted(heavy & set(sys.modules)), stop.code)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("loaded: [] 0\n")
    assert run.stderr == ""
    listed = [line.split()[0] for line in run.stdout.partition("Commands:\n")[2].splitlines() if line.startswith("  ")]
    assert listed[: len(COMMANDS)] == COMMANDS


@pytest.mark.parametrize("words", [[name] for name in COMMANDS] + [["new", kind] for kind in ("chapter", "part", "exercise")])
def test_every_command_has_help_with_examples(words: list[str]) -> None:
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert f"workbook {' '.join(words)}" in result.output.partition("Examples:")[2]


def test_the_summaries_in_the_list_match_commands_that_exist() -> None:
    for name in COMMANDS:
        command = app.get_command(click.Context(app), name)
        assert command is not None and command.name == name and command.help
    assert app.get_command(click.Context(app), "nothing") is None


def test_version(course: Course) -> None:
    assert course("--version").stdout == f"workbook {__version__}\n"


# --- exit codes -----------------------------------------------------------------------------------------------------


def test_wrong_usage_gives_2_and_offers_near_names(course: Course) -> None:
    assert "There is no command 'stats'. Did you mean status?" in course("stats", code=2).stderr
    assert "There is no command 'xyz'. Commands are lab, scripts, test," in course("xyz", code=2).stderr
    assert "no such option" in course("status", "--jsn", code=2).stderr.lower()
    assert "Did you mean trace_of" in course("test", "trace_off", code=2).stderr
    assert "Did you mean trace_of" in course("reset", "trace_off", code=2).stderr
    assert "Did you mean part1_small?" in course("lab", "part1_smal", code=2).stderr
    assert "'riddle' is not one of" in course("new", "exercise", "x", "--part", "part1_small", "--kind", "riddle", code=2).stderr


def test_what_cannot_be_used_gives_1_and_says_what_to_do(course: Course) -> None:
    shown = course("test", "--answers", "nowhere.ipynb", code=1).stderr
    assert shown == "Error: There is no file nowhere.ipynb.\nName a notebook (.ipynb) or a Python file.\n"
    assert "`workbook lab` puts copies there" in course("test", code=1).stderr
    assert "`workbook lab` puts a copy there" in course("reset", "trace_of", code=1).stderr
    assert "is a written question" in course("test", "question_views", code=1).stderr
    assert "part1_small already" in course("new", "exercise", "halve", "--part", "part1_small", code=1).stderr


def exit_of(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int | str | None:
    def fails(**_: Any) -> None:
        raise error

    monkeypatch.setattr(app, "main", fails)
    with pytest.raises(SystemExit, match=r"\d+") as stop:
        module.run()
    return stop.value.code


def test_a_bug_gives_3_and_says_that_it_is_ours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of(monkeypatch, ZeroDivisionError("oops")) == 3
    shown = capsys.readouterr().err
    assert "Traceback" in shown and "ZeroDivisionError: oops" in shown
    assert f"This is a bug in workbook {__version__}, not a mistake of yours. Please report it" in shown


def test_ctrl_c_and_other_errors_of_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of(monkeypatch, KeyboardInterrupt()) == 130
    assert exit_of(monkeypatch, click.Abort()) == 130
    wrapped = RuntimeError("Error calling __set_name__")
    wrapped.__cause__ = KeyboardInterrupt()
    assert exit_of(monkeypatch, wrapped) == 130
    assert capsys.readouterr().err == "Stopped.\nStopped.\nStopped.\n"
    assert exit_of(monkeypatch, click.FileError("a.txt", "gone")) == 2
    assert "Traceback" not in capsys.readouterr().err


INTERRUPTED = """
import workbook.cli
from workbook.cli.app import app

app.main = lambda **_: exec("raise KeyboardInterrupt")
workbook.cli.main()
"""


def test_ctrl_c_in_code_that_is_run_from_text_gives_the_same_exit_code(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    command = [sys.executable, "-m", "interrupted"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (130, "Stopped.\n")


def test_nobody_reads_the_end_of_the_output(course: Course) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "workbook", "test", "--answers", course.write("a.py", RIGHT), "--json"],
        cwd=course.home.root,
        env={**course.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 1


# --- test and watch -------------------------------------------------------------------------------------------------


def test_a_right_answer(course: Course) -> None:
    run = course("test", "trace_of", "--answers", course.write("a.py", RIGHT))
    assert run.stdout == "✓ trace_of  passed\n1 passed\n"
    assert run.stderr == ""


def test_a_wrong_answer_is_explained(course: Course) -> None:
    text = course("test", "trace_of", "--answers", course.write("a.py", WRONG), code=1).stdout
    assert text.startswith("✗ trace_of  ")
    assert "what happened:    Every entry was summed, not only the diagonal." in text
    assert "printed by your code:\n" in text and "    [looking]\n" in text
    assert text.endswith("1 failed\n")


def test_a_whole_file_with_remarks(course: Course) -> None:
    path = course.write("a.py", f"# %%\n{RIGHT}# %%\n!ls\n1 / 0\n")
    text = course("test", "--answers", path, code=1).stdout
    assert "– Meter  There is no Meter in the answers.\n" in text
    assert "1 passed, 6 missing\n" in text
    assert text.endswith("note: a.py: cell 2 raised ZeroDivisionError: division by zero\n")


def test_your_own_notebook_one_part_or_one_exercise(course: Course) -> None:
    course.work()
    assert course("test", code=1).stdout.endswith("7 unsolved\n")
    assert course("test", "part1_small", code=1).stdout.endswith("7 unsolved\n")
    assert course("test", "trace_of", code=1).stdout == "○ trace_of  not written yet\n1 unsolved\n"


def test_results_as_json(course: Course) -> None:
    found = course.json("test", "trace_of", "--answers", course.write("a.py", WRONG), "--seed", "5", code=1)
    [result] = found["results"]
    assert (result["exercise"], result["status"], result["seed"]) == ("trace_of", "failed", 5)
    assert result["explanation"]["mistake_name"] == "trace_of__total"
    assert result["printed"].startswith("[looking]\n")
    assert found["notes"] == []


def test_a_broken_test_gives_3(course: Course) -> None:
    tests = course.home.root / "tests" / "small_course" / "test_part1_small.py"
    tests.write_text(tests.read_text(encoding="utf-8").replace("check.choice(", "check.chosen("), encoding="utf-8")
    text = course("test", "quiz_axis", "--answers", course.write("a.py", "quiz_axis = 'b'\n"), code=3).stdout
    assert "the test itself failed, which is our bug: AttributeError" in text


def test_watch_once(course: Course) -> None:
    run = course("watch", "--once", "--answers", course.write("a.py", RIGHT))
    assert run.stdout.startswith("Testing a.py once.\n")
    assert "✓ trace_of  passed" in run.stdout
    text = course("watch", "--once", "--answers", course.write("a.py", "# %%\n1 / 0\n# %%\n" + WRONG), code=1).stdout
    assert "✗ trace_of" in text
    assert "note: cell 1 raised ZeroDivisionError" in text
    assert "has no answer to any exercise" in course("watch", "--once", "--answers", course.write("b.py", "x = 1"), code=1).stdout
    course("watch", "--answers", "nowhere.py", code=2)


def test_watch_stops_at_ctrl_c(course: Course) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "workbook", "watch", "--answers", course.write("a.py", RIGHT)],
        cwd=course.home.root,
        env={**course.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "Watching a.py. Save to test; Ctrl+C stops.\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip() == "Stopped."


# --- status, reset, lab ---------------------------------------------------------------------------------------------


def test_status(course: Course) -> None:
    from workbook.lab.progress import Progress
    from workbook.model import Result, Status

    progress = Progress(course.home.work_dir)
    progress.record("small_course", "part1_small", Result("double", Status.PASSED))
    progress.record("small_course", "part1_small", Result("flipped", Status.FAILED))
    text = course("status").stdout
    assert "part1_small  1/7" in text and "✓✗·····" in text
    assert text.endswith("Next: flipped, in part1_small\n")
    found = course.json("status")
    assert found["next"] == "flipped"
    assert found["record"] == str(course.home.work_dir / "progress.sqlite")
    [part] = found["parts"]
    assert part["part"] == "part1_small" and part["title"] == "First steps"
    assert list(part["exercises"].items())[:3] == [("double", "solved"), ("flipped", "tried"), ("Meter", "untouched")]
    for name in part["exercises"]:
        progress.record("small_course", "part1_small", Result(name, Status.PASSED))
    assert course("status").stdout.endswith("Everything is solved.\n")
    assert course.json("status")["next"] is None
    progress.path.write_text("no database" * 100, encoding="utf-8")
    assert "your notebooks are not touched" in course("status", code=1).stderr


def test_reset(course: Course) -> None:
    path = course.work()
    text = path.read_text(encoding="utf-8")
    assert '"# exercise: trace_of\\n",' in text
    path.write_text(text.replace('"# exercise: trace_of\\n",', '"# exercise: trace_of\\n", "# mine\\n",'), encoding="utf-8")
    shown = course("reset", "trace_of").stdout
    [kept] = (course.home.work_dir / "kept").iterdir()
    assert f"trace_of is back to its stub. Your old answer is in {kept}.\n" in shown
    assert "reload it from disk" in shown
    assert "# mine" not in path.read_text(encoding="utf-8")
    assert "# mine" in kept.read_text(encoding="utf-8")


@pytest.fixture
def lab(course: Course, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, list[Any]]]:
    """Runs `workbook lab` with a JupyterLab that only notes how it was started."""
    monkeypatch.chdir(course.home.root)

    def run(*words: str) -> tuple[Any, list[Any]]:
        started: list[Any] = []

        def launch(home: Home, page: str, *, browser: bool, options: tuple[str, ...]) -> int:
            started.extend([page, browser, tuple(options)])
            return 0

        monkeypatch.setattr("workbook.lab.launch.launch", launch)
        return CliRunner().invoke(app, ["lab", *words]), started

    return run


def test_lab_makes_the_copies_and_opens_a_part(lab: Callable[..., tuple[Any, list[Any]]], course: Course) -> None:
    result, started = lab()
    assert started == ["home", True, ()]
    assert result.exit_code == 0
    assert f"New: {course.home.work_dir / 'part1_small.ipynb'}\n" in result.output
    assert "Opening your home page." in result.output and (course.home.work_dir / "home.ipynb").is_file()
    result, started = lab("part1_small", "--no-browser")
    assert started == ["part1_small", False, ()]
    assert "Opening part1_small: First steps." in result.output
    assert "New:" not in result.output and "newer version" not in result.output


@pytest.mark.parametrize("words", [["--", "--port", "9000"], ["part1_small", "--", "--port", "9000"], ["--port", "9000"]])
def test_lab_passes_options_on(lab: Callable[..., tuple[Any, list[Any]]], words: list[str]) -> None:
    result, started = lab(*words)
    assert result.exit_code == 0, result.output
    assert started == ["part1_small" if "part1_small" in words else "home", True, ("--port", "9000")]


def test_lab_says_when_the_course_has_a_newer_version(lab: Callable[..., tuple[Any, list[Any]]], course: Course) -> None:
    lab()
    path = course.home.work_dir / "part1_small.ipynb"
    before = path.read_bytes()
    built = course.home.exercises_dir / "part1_small.ipynb"
    built.write_text(built.read_text(encoding="utf-8").replace("Recap", "Summary"), encoding="utf-8")
    result, started = lab()
    assert started
    assert "The course has a newer version of part1_small.ipynb. Yours is kept" in result.output
    assert path.read_bytes() == before


# --- for authors ----------------------------------------------------------------------------------------------------


def test_check(course: Course) -> None:
    run = course("check")
    assert run.stdout == "8 exercises checked: all is well.\n"
    assert run.stderr == ""
    assert course.json("check") == {"findings": [], "exercises": 8}
    mistakes = course.home.root / "tests" / "mistakes" / "part1_small.py"
    mistakes.write_text(mistakes.read_text(encoding="utf-8").replace("return mat.sum()", "return np.trace(mat)"), encoding="utf-8")
    assert "tests/mistakes/part1_small.py:" in course("check", code=1).stdout
    [finding] = course.json("check", code=1)["findings"]
    assert finding["path"] == "tests/mistakes/part1_small.py"
    assert finding["fact"] == "the mistake trace_of__total is passed."
    assert finding["advice"] and isinstance(finding["line"], int)


def test_build_and_build_check(course: Course) -> None:
    assert course("build", "--check").stdout == "All generated files are current.\n"
    assert course.json("build", "--check") == {"stale": []}
    built = course.home.exercises_dir / "part1_small.ipynb"
    built.unlink()
    assert (
        course("build", "--check", code=1).stdout
        == "exercises/part1_small.ipynb is missing.\nRun `workbook build` and commit the result.\n"
    )
    found = course.json("build")
    assert found["edition"] == "self-study"
    assert found["files"] == found["changed"] == [str(built)]
    assert course.json("build")["changed"] == []
    built.write_text("{}", encoding="utf-8")
    assert course.json("build", "--check", code=1) == {"stale": [{"file": "exercises/part1_small.ipynb", "reason": "stale"}]}
    shown = course("build").stdout
    assert "1 files, 1 changed." in shown or "1 file, 1 changed." in shown


def test_new_writes_the_places_and_says_what_comes_next(course: Course) -> None:
    text = course("new", "chapter", "chapter1_more").stdout
    assert text.endswith("Next: workbook new part NAME --chapter chapter1_more\n")
    assert (
        "There are several chapters: name one with --chapter (chapter1_more, small_course)."
        in course("new", "part", "p", code=2).stderr
    )
    text = course("new", "part", "part9_more_things", "--chapter", "chapter1_more").stdout
    assert text.endswith("Next: workbook new exercise NAME --part part9_more_things\n")
    text = course("new", "exercise", "first_thing", "--part", "part9_more_things").stdout
    assert text.endswith("Next: workbook check\n")
    home = Home(course.home.root)
    assert home.exercise("first_thing")[0].title == "More"
    assert home.part("part9_more_things")[1].title == "More things"


def test_json_of_new_reset_and_watch(course: Course) -> None:
    made = course.json("new", "exercise", "next_thing", "--part", "part1_small")
    assert made["next"] == "workbook check"
    assert str(course.home.root / "solutions" / "part1_small.py") in made["files"]
    path = course.work()
    back = course.json("reset", "trace_of")
    assert back["exercise"] == "trace_of"
    assert Path(back["kept"]).parent == path.parent / "kept"
    event = course.json("watch", "--once", "--answers", course.write("a.py", WRONG), code=1)
    assert event["file"] == "a.py"
    assert [result["status"] for result in event["results"] if result["exercise"] == "trace_of"] == ["failed"]


def test_a_flood_of_prints_leaves_the_explanation_in_sight(course: Course) -> None:
    answer = "def trace_of(mat):\n    for n in range(30):\n        print('line', n)\n    return 0.0\n"
    text = course("test", "trace_of", "--answers", course.write("a.py", answer), code=1).stdout
    assert "line 9\n" in text and "line 10\n" not in text
    assert "lines more" in text

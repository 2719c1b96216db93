"""Watching files: what changed is tested, and nothing else; nothing here waits for time to pass."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.errors import BadInput
from workbook.lab.watching import Event, Watcher, answer_sources
from workbook.model import Home, Status

TRACE = "import numpy as np\n\ndef trace_of(mat):\n    return np.einsum('ii->', mat)\n"
QUIZ = "quiz_axis = 'b'\n"


class Saved:
    """A file with answers which is saved as an editor does: with a new time stamp each time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = 1_000_000_000

    def __call__(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")
        self.clock += 1_000_000_000
        os.utime(self.path, ns=(self.clock, self.clock))


@pytest.fixture
def save(tmp_path: Path) -> Saved:
    return Saved(tmp_path / "answers.py")


@pytest.fixture
def asked_for(home: Home, save: Saved, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """A function that looks at the file once and names the exercises which would be tested; the first look is done."""
    monkeypatch.setattr(Watcher, "_test", lambda self, path, exercises: Event(path, tuple(exercises)))
    save(TRACE + QUIZ)
    watcher = Watcher(home, save.path)
    watcher.look()
    return lambda: [name for event in watcher.saved() for name in event.exercises]


def test_nothing_is_tested_before_the_first_save(asked_for: Callable[[], list[str]]) -> None:
    assert asked_for() == []


def test_only_what_changed_is_tested(asked_for: Callable[[], list[str]], save: Saved) -> None:
    save(TRACE + "quiz_axis = 'c'\n")
    assert asked_for() == ["quiz_axis"]
    assert asked_for() == []
    save(TRACE.replace("ii->", "ii") + "quiz_axis = 'c'\n")
    assert asked_for() == ["trace_of"]


def test_comments_blank_lines_and_an_equal_file_are_no_change(asked_for: Callable[[], list[str]], save: Saved) -> None:
    save(TRACE + QUIZ)
    assert asked_for() == []
    save("# thinking\n\n" + TRACE + "\n\n" + QUIZ)
    assert asked_for() == []


def test_what_an_answer_uses_counts_as_part_of_it(asked_for: Callable[[], list[str]], save: Saved) -> None:
    answer = "import numpy as np\n\nPATTERN = 'ii->'\n\ndef helper(mat):\n    return np.einsum(PATTERN, mat)\n\n"
    answer += "def trace_of(mat):\n    return helper(mat)\n"
    save(answer + QUIZ)
    assert asked_for() == ["trace_of"]
    save(answer.replace("'ii->'", "'ii'") + QUIZ)
    assert asked_for() == ["trace_of"]
    save(answer.replace("'ii->'", "'ii'") + "other = 3\n" + QUIZ)
    assert asked_for() == []


def test_names_that_use_each_other_come_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("def f():\n    return g()\n\ndef g():\n    return f()\n", encoding="utf-8")
    sources = answer_sources(path)
    assert sources["f"] == sources["g"]


def test_a_file_that_is_saved_half_way_is_looked_at_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watcher, "_test", lambda self, path, exercises: Event(path, tuple(exercises)))
    save = Saved(home.root / "a.ipynb")
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": TRACE}]})
    save(notebook)
    watcher = Watcher(home, save.path)
    watcher.look()
    save(notebook[:40])
    assert list(watcher.saved()) == []
    save.path.unlink()
    assert list(watcher.saved()) == []
    save(notebook.replace("->", ""))
    assert [event.exercises for event in watcher.saved()] == [("trace_of",)]


def test_sources_of_a_broken_cell_are_its_text(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("# %%\n%time 3\nx = y = 1\nz: int = 2\n# %%\ndef f(:\n    pass\n# %%\n%%bash\na=1\n", encoding="utf-8")
    sources = answer_sources(path)
    assert set(sources) == {"x", "y", "z", "f"}
    assert "def f(:" in sources["f"]


def test_a_broken_cell_that_moves_is_no_change(asked_for: Callable[[], list[str]], save: Saved) -> None:
    save("# %%\ndef trace_of(mat:\n# %%\n" + QUIZ)
    assert asked_for() == ["trace_of"]
    save("# %%\n# more lines\n\n# %%\ndef trace_of(mat:\n# %%\n" + QUIZ)
    assert asked_for() == []


def test_the_students_notebooks_are_watched(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBOOK_WORK", raising=False)
    watcher = Watcher(home)
    with pytest.raises(BadInput, match="There are no notebooks of yours in"):
        watcher.files()
    home.work_dir.mkdir()
    (home.work_dir / "part1_small.ipynb").write_text("{}", encoding="utf-8")
    assert watcher.files() == [home.work_dir / "part1_small.ipynb"]


# --- the runs, each in a process of its own -------------------------------------------------------------------------


def test_a_save_gives_results_without_pictures_and_the_remarks(home: Home, save: Saved) -> None:
    wrong = "def flipped(picture):\n    return picture[:, ::-1]\n"
    save(f"# %%\n{TRACE}# %%\n{wrong}")
    watcher = Watcher(home, save.path)
    watcher.look()
    save(f"# %%\n{TRACE}# %%\n{wrong.replace('[:, ', '[:, ::1][:, ')}# %%\n1 / 0\n")
    [event] = watcher.saved()
    assert event.exercises == ("flipped",)
    assert event.notes == ("cell 3 raised ZeroDivisionError: division by zero",)
    [result] = event.results
    assert (result.status, result.mistake, event.problem) == (Status.FAILED, "flipped__mirrored", "")
    assert result.explanation is not None and result.explanation.figures == ()


def test_everything_is_tested_once(home: Home, save: Saved) -> None:
    save(TRACE)
    [event] = Watcher(home, save.path).everything()
    assert event.exercises == ("trace_of",)
    assert [result.status for result in event.results] == [Status.PASSED]


def test_an_endless_loop_is_stopped(home: Home, save: Saved) -> None:
    save("def trace_of(mat):\n    while True:\n        pass\n")
    [event] = Watcher(home, save.path, limit=0.5).everything()
    assert event.problem == "Stopped after 0.5 s: is there an endless loop?"
    assert event.results == ()


def test_an_answer_that_ends_the_process(home: Home, save: Saved) -> None:
    save("import os\n\ndef trace_of(mat):\n    os._exit(0)\n")
    [event] = Watcher(home, save.path).everything()
    assert event.problem == "The run ended without a result: did the code exit the program?"


def test_a_file_that_cannot_be_read_is_a_problem_and_no_crash(home: Home, save: Saved) -> None:
    save("x = 1\n")
    [event] = Watcher(home, save.path).everything()
    assert "has no answer to any exercise" in event.problem


def test_events_look_first_and_then_report_each_save(home: Home, save: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watcher, "_test", lambda self, path, exercises: Event(path, tuple(exercises)))
    texts = iter([TRACE + QUIZ, QUIZ])

    def instead_of_sleeping(seconds: float) -> None:
        save(next(texts))

    monkeypatch.setattr("workbook.lab.watching.time.sleep", instead_of_sleeping)
    save(TRACE)
    events = Watcher(home, save.path).events()
    assert next(events).exercises == ("quiz_axis",)
    assert next(events).exercises == ("trace_of",)

"""Answers read from files of every kind that students have."""

from __future__ import annotations

import json
import linecache
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from workbook.errors import BadInput
from workbook.lab.answers import code_cells, defined_in, plain, read_answers
from workbook.model import Chapter


def notebook(path: Path, *sources: str, minor: int = 0, **extra: Any) -> Path:
    """A notebook of nbformat 4.0, as Colab writes it: no cell ids."""
    cells = [{"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None} for source in sources]
    text = {"cell_type": "markdown", "metadata": {}, "source": ["def not_code():\n", "    pass"]}
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": [text, *cells], **extra}), encoding="utf-8"
    )
    return path


def test_names_of_all_cells_are_kept_and_the_last_definition_wins(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", "import math\n\ndef f(x):\n    return 1", "def f(x):\n    return math.floor(x)")
    answers = read_answers(path)
    assert answers.names["f"](2.5) == 2
    assert answers.notes == [] and answers.lost == {}
    assert "not_code" not in answers.names and "__name__" not in answers.names


def test_sources_may_be_lists_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["x = 1\n", "y = x + 1"]}]}), encoding="utf-8")
    assert read_answers(path).names["y"] == 2


def test_magics_and_shell_lines_are_left_out_and_noted(tmp_path: Path) -> None:
    source = "%matplotlib inline\n!pip install nothing\nfiles = !ls\nprint?\nif True:\n    %time 1 + 1\nkept = 3"
    answers = read_answers(notebook(tmp_path / "a.ipynb", source))
    assert answers.names["kept"] == 3
    assert "files" not in answers.names
    assert answers.notes == ["cell 1: lines that start with % or ! were left out."]


def test_python_that_only_looks_like_magics_is_left_alone(tmp_path: Path) -> None:
    source = 'def f(x):\n    """Is it odd?"""\n    # why not?\n    return (x\n%2)'
    assert plain(source) == source
    answers = read_answers(notebook(tmp_path / "a.ipynb", source))
    assert answers.names["f"](5) == 1
    assert answers.notes == []


def test_a_question_in_a_comment_survives_beside_a_magic() -> None:
    assert plain("%time\ndef f(x):\n    # why?\n    return x") == "pass\ndef f(x):\n    # why?\n    return x"


def test_cells_in_other_languages_are_not_run(tmp_path: Path) -> None:
    answers = read_answers(notebook(tmp_path / "a.ipynb", "%%bash\nrm -rf /nowhere", "x = 1"))
    assert answers.notes == ["cell 1 is a %%bash cell and was not run."]
    assert answers.names["x"] == 1


@pytest.mark.parametrize("magic", ["%%time", "%%capture out"])
def test_timed_and_captured_cells_are_run(tmp_path: Path, magic: str) -> None:
    assert read_answers(notebook(tmp_path / "a.ipynb", f"{magic}\ndef f():\n    return 7")).names["f"]() == 7


def test_a_cell_that_fails_does_not_stop_the_others(tmp_path: Path, chapter: Chapter) -> None:
    cells = [
        "before = 1\n1 / 0\ndef trace_of(mat):\n    return 0",
        "def broken(:",
        "raise SystemExit('enough')",
        "after = before + 1",
    ]
    answers = read_answers(notebook(tmp_path / "a.ipynb", *cells))
    assert answers.names["after"] == 2
    assert answers.notes[0] == "cell 1 raised ZeroDivisionError: division by zero"
    assert answers.notes[1].startswith("cell 2 raised SyntaxError: ")
    assert answers.notes[2] == "cell 3 raised SystemExit: enough"
    assert answers.lost["trace_of"] == answers.notes[0]
    assert answers.lost["broken"] == answers.notes[1]
    assert "before" not in answers.lost  # it was assigned before the cell failed
    assert answers.holds(chapter, "part1_small")


def test_a_file_without_answers_holds_no_part(tmp_path: Path, chapter: Chapter) -> None:
    assert not read_answers(notebook(tmp_path / "a.ipynb", "x = 1")).holds(chapter, "part1_small")


def test_test_calls_do_nothing_while_cells_run(tmp_path: Path, chapter: Chapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chapter.folder.parent)
    cells = [
        "import workbook\ntests = workbook.start('part1_small')",
        "done = tests.test_trace_of(lambda mat: 0)",
        "tests.test_nothing",
    ]
    answers = read_answers(notebook(tmp_path / "a.ipynb", *cells))
    assert answers.names["done"] is None
    assert answers.notes == [
        "cell 3 raised AbsentError: There is no tests.test_nothing. tests.test_NAME is the test of the exercise NAME; "
        "dir(tests) lists them."
    ]


def test_nobody_is_asked_and_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = "import os, sys, warnings\nwarnings.warn('hm')\nprint('oh')\nprint('oh', file=sys.stderr)\n"
    source += "backend = os.environ['MPLBACKEND']"
    before, stdin = dict(os.environ), sys.stdin
    answers = read_answers(notebook(tmp_path / "a.ipynb", source, "name = input('Who are you?')"))
    assert capfd.readouterr() == ("", "")
    assert answers.names["backend"] == "agg"
    assert answers.notes == ["cell 2 raised EOFError: EOF when reading a line"]
    assert dict(os.environ) == before and sys.stdin is stdin


def test_a_python_file_may_have_percent_cells(tmp_path: Path) -> None:
    path = tmp_path / "answers.py"
    path.write_text("# %% [first]\nx = 1\n1 / 0\n# %%\n\n# %%\ny = x + 1\n", encoding="utf-8")
    assert code_cells(path) == ["\nx = 1\n1 / 0\n", "\n" * 6 + "y = x + 1\n"]  # each line where the file has it
    answers = read_answers(path)
    assert answers.names["y"] == 2
    assert answers.notes == ["cell 1 raised ZeroDivisionError: division by zero"]


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", "x = 1")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_answers(path).names["x"] == 1


@pytest.mark.parametrize("content", ["", "hello", "[]", '{"cells": 3}', '{"cells": [{"source": "x"}]}', '{"worksheets": []}'])
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=r"a\.ipynb is not a notebook\.\nSave it again in JupyterLab"):
        read_answers(path)


def test_binary_missing_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(BadInput, match=r"a\.ipynb is not a text file\.\nName a notebook"):
        read_answers(tmp_path / "a.ipynb")
    with pytest.raises(BadInput, match=r"There is no file .*b\.ipynb\.\nName a notebook"):
        read_answers(tmp_path / "b.ipynb")
    with pytest.raises(BadInput, match="is a folder"):
        read_answers(tmp_path)
    with pytest.raises(BadInput, match="cannot be read"):
        read_answers(tmp_path / "a.ipynb" / "b.ipynb")


def test_what_a_broken_cell_meant_to_define() -> None:
    text = "def f(:\n    inner = 1\nclass G:\nasync def h():\nx: int = 3\ny == 4\nz = 5\nprint(a=6)"
    assert defined_in(text) == {"f", "G", "h", "x", "z"}


def test_annotations_are_evaluated_as_in_a_notebook(tmp_path: Path) -> None:
    path = notebook(tmp_path / "a.ipynb", "def f(x: NoSuchName): return x", "def g(x: int): return x")
    answers = read_answers(path)
    assert "g" in answers.names and "f" not in answers.names
    assert answers.notes == ["cell 1 raised NameError: name 'NoSuchName' is not defined"]


def test_a_cell_may_raise_or_close_anything(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "a.ipynb",
        "class Stop(BaseException): pass\nraise Stop('enough')",
        "import sys\nsys.stdout.close()\nsys.stderr.close()",
        "print('still here')\nx = 1",
    )
    answers = read_answers(path)
    assert answers.names["x"] == 1
    assert answers.notes == ["cell 1 raised Stop: enough"]


def test_lines_of_a_script_have_the_files_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("# a remark\nx = 1\n# %% [markdown]\n# Prose.\n\n# %%\n\ndef half(y):\n    return y / 0\n", encoding="utf-8")
    half = read_answers(path).names["half"]
    with pytest.raises(ZeroDivisionError) as caught:
        half(1)
    assert caught.traceback[-1].lineno + 1 == 9
    assert linecache.getline(half.__code__.co_filename, 9).strip() == "return y / 0"

"""Code cells made ready to run: magics left out, split answers put together, and no text that makes it fail."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workbook.conftest import write_home
from tests.workbook.damage import damaged, handed_in
from workbook.grade.reading.cells import Prepared, prepare
from workbook.grade.reading.submission import read_submission
from workbook.model import Chapter, Part, find_home

KINDS = {name: damage for name, damage in damaged(outputs=1_000).items() if damage.readable}
DOC = 'def f(x):\n    """Doc."""'
NOTE = "cells 1 and 2 were put together: they are one piece of code."


def done(*sources: str) -> list[str]:
    return [cell.source for cell in prepare(list(enumerate(sources, 1)))]


def notes(*sources: str) -> list[str]:
    return [note for cell in prepare(list(enumerate(sources, 1))) for note in cell.notes]


# --- one cell ---------------------------------------------------------------------------------------------------------


def test_plain_cells_stay_as_they_are() -> None:
    cells = ["", "x = 1", "def f(x):\n    return x % 3\n", "# ?\n'''a\n%b'''", "x = (1\n%2)", "def (", "1 / 0"]
    assert prepare(list(enumerate(cells, 5))) == [Prepared(number, source) for number, source in enumerate(cells, 5)]
    assert prepare([]) == []


def test_magics_and_shell_lines_are_left_out_and_noted() -> None:
    assert done("%pip install x\nimport os\nfiles = !ls\nos?\n  !ls") == ["pass\nimport os\npass\npass\n  pass"]
    assert notes("a = %time 1") == ["cell 1: lines that start with % or ! were left out."]
    assert done("%%time\nx = 1", "%%capture out\ny = 2") == ["pass\nx = 1", "pass\ny = 2"]


def test_cells_in_other_languages_are_not_run() -> None:
    assert done("%%bash\nls", "\n%%writefile a.py\nx = 1") == ["", ""]
    assert notes("%%bash\nls") == ["cell 1 is a %%bash cell and was not run."]
    assert len(notes("%%" + "a" * 10_000)[0]) < 70


def test_a_margin_is_taken_off_as_jupyter_does() -> None:
    assert done("    a = 1\n    if a:\n        b = 2\n\n    c = 3") == ["a = 1\nif a:\n    b = 2\n\nc = 3"]
    assert done("\n\t# comment\n\tx = 1") == ["\n# comment\nx = 1"]
    assert notes("    a = 1") == []


def test_a_warning_of_the_compiler_is_no_mistake() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert done('%time\npattern = "\\d"') == ['pass\npattern = "\\d"']


# --- split answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        (DOC, "    return x"),
        ("def f(x):", "    return x"),
        ("def f(x):\n    pass", "    y = x"),
        ("@property\nasync def f(x):\n    ...", "    y = x"),
        ("def f(x):\n    y = x", "    return y"),
        ("def f(x):\n    y = x", "    # the result\n    return y"),
        ('def f(x):\n    """Doc', '    goes on."""\n    return x'),
        ("def f(x):\n    return (x", "    + 1)"),
        ("def f(x):\n    return (x", "+ 1)"),
        ("def f(\n    x,", "    y,\n):\n    return x"),
        ("for n in range(3):", "    print(n)"),
        ("class A:\n    def f(self):\n        '''Doc.'''", "        return 1"),
        ("class A:\n    def f(self):\n        return 1", "    def g(self):\n        return 2"),
        ("class A:\n    x = 1", "    @classmethod\n    def g(cls, y):\n        return 2"),
    ],
)
def test_an_answer_in_two_cells_is_put_together(parts: tuple[str, str]) -> None:
    assert done("x = 1", *parts, "print(f)")[1:] == ["\n".join(parts), "", "print(f)"]
    assert notes(*parts) == [NOTE]


def test_an_answer_in_four_cells_is_put_together() -> None:
    parts = [DOC, "    if x:", "        y = 1", "    return y"]
    assert done(*parts, "z = 1") == ["\n".join(parts), "", "", "", "z = 1"]
    assert notes(*parts) == ["cells 1, 2, 3 and 4 were put together: they are one piece of code."]


def test_magics_in_a_split_answer_are_left_out() -> None:
    assert done("%matplotlib inline\ndef f(x):", "    %time\n    return x") == ["pass\ndef f(x):\n    pass\n    return x", ""]


@pytest.mark.parametrize(
    "cells",
    [
        ("def f(x):\n    return x", "print(f(1))"),
        (DOC, "x = 1"),
        ("def (", "x = 1"),
        ("x = (", "y = 1"),
        ("def f(x):\n    return (x", "y = 1", ")"),
        ("x = ':'", "if x:", "print(x)"),
        (DOC, "", "y = 1"),
        ("x = (", "1", ")"),
        ("print('a' +", "'b'"),
        ("'(' \"(\" (", "(1)"),
        ("if x:\n    y = 1", "else:\n    y = 2"),
    ],
)
def test_cells_that_do_not_belong_together_stay_apart(cells: tuple[str, ...]) -> None:
    assert done(*cells) == list(cells)
    assert notes(*cells) == []


def test_an_indented_cell_that_runs_alone_is_the_rest_of_nothing() -> None:
    assert done("def f(x):\n    return x", "    print(f(1))") == ["def f(x):\n    return x", "print(f(1))"]
    assert done("class A:\n    x = 1", "    y = 2") == ["class A:\n    x = 1", "y = 2"]


def test_what_uses_names_of_the_function_before_it_is_its_rest() -> None:
    text = "def f(x):\n    y = g(x)"
    assert done(text, "    h(y)") == [f"{text}\n    h(y)", ""]
    assert done(text, "    h(z)") == [text, "h(z)"]


def test_very_long_cells_are_not_put_together() -> None:
    rest = "    return x\n" + "    # much\n" * 30_000
    assert done(DOC, rest)[0] == DOC


def cuts(chapter: Chapter, part: Part) -> list[tuple[str, str, str]]:
    """Every answer, cut before every line that is not at the margin."""
    found = []
    for cell in handed_in(chapter, part)["cells"]:
        lines = cell["source"].split("\n")
        if cell["id"].startswith("answer-") and cell["cell_type"] == "code":
            last = max(
                n for n, line in enumerate(lines) if line[:1] not in ("", " ")
            )  # several functions: the cuts in the last one
            places = [n for n in range(max(last, 1) + 1, len(lines)) if any(line.strip() for line in lines[n:])]
            found += [(cell["source"], "\n".join(lines[:n]), "\n".join(lines[n:])) for n in places]
    return found


def test_every_cut_through_every_answer_is_mended(tmp_path: Path) -> None:
    count = 0
    for home in (find_home(Path(__file__).parent), write_home(tmp_path)):
        for chapter, part in home.parts():
            for whole, first, rest in cuts(chapter, part):
                assert done(first, rest) == [whole, ""], (first, rest)
                count += 1
    assert count > 200


# --- damaged notebooks define what good ones define -------------------------------------------------------------------


def defined_by(data: bytes, chapter: Chapter, part: Part) -> dict[str, Any]:
    """What the notebook's functions are compiled to, by name; a value for a quiz, None where there is nothing."""
    found = read_submission({f"{part.name}.ipynb": data}, chapter, part)
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in prepare([(cell.number, cell.source) for cell in found.code()]):
            with contextlib.suppress(BaseException):
                exec(compile(cell.source, "<cell>", "exec", dont_inherit=True), names)
    functions = [name for exercise in part.exercises for name in exercise.functions if exercise.kind != "question"]
    return {name: described(names.get(name)) for name in functions}


def described(value: Any) -> Any:
    if isinstance(value, type):
        return {name: described(method) for name, method in vars(value).items() if callable(method)}
    return value.__code__.co_code + repr(value.__code__.co_consts[1:]).encode() if hasattr(value, "__code__") else value


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Chapter, Part, bytes]:
    chapter, part = write_home(tmp_path_factory.mktemp("course")).parts()[0]
    return chapter, part, json.dumps(handed_in(chapter, part)).encode()


@pytest.mark.parametrize(("name", "damage"), KINDS.items(), ids=KINDS.keys())
def test_a_gradable_notebook_defines_all_that_the_good_one_does(small: Any, name: str, damage: Any) -> None:
    chapter, part, good = small
    expected = defined_by(good, chapter, part)
    assert None not in expected.values()
    found = defined_by(damage.make(json.loads(good)), chapter, part)
    lost = [function for function in expected if found[function] != expected[function]]
    assert lost == ([] if damage.gradable else ["flipped"])


# --- any text at all --------------------------------------------------------------------------------------------------


PIECES = st.sampled_from(
    [
        *(
            "def f(x):",
            "class A:",
            "return x",
            "x = (",
            ")",
            '"""',
            "'",
            "%time",
            "%%bash",
            "!ls",
            "x?",
            "#",
            "\\",
            ":",
            "\n",
            "    ",
        ),
        *("\t", "é", "\u2028", "\x0c", "\0", "\ud800", "\ufeff", "f'{", "}'", "lambda", "=", "if 1:", "else:", "await", "1e9", "@"),
    ]
)
SOURCES = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40)


@given(sources=st.lists(SOURCES, max_size=6))
@settings(max_examples=400)
def test_any_text_is_prepared(sources: list[str]) -> None:
    found = prepare(list(enumerate(sources, 1)))
    assert [cell.number for cell in found] == list(range(1, len(sources) + 1))
    assert all(isinstance(cell.source, str) for cell in found)
    for source, cell in zip(sources, found, strict=True):
        if not cell.source and source.strip():
            assert any("put together" in note or "was not run" in note for other in found for note in other.notes)


GOOD = st.sampled_from(
    ["x = 1", "def f(x):\n    return x", "class A:\n    x = 1", "if 1:\n    pass", "print('(')", "# :", "'%a'", DOC]
)


@given(sources=st.lists(GOOD, max_size=8))
def test_cells_that_run_are_never_changed(sources: list[str]) -> None:
    assert done(*sources) == sources
    assert notes(*sources) == []


HOSTILE = {
    "brackets": "(" * 900_000,
    "minus": "-" * 900_000 + "1",
    "attributes": "x" + ".a" * 400_000,
    "calls": "f(" * 100_000 + ")" * 100_000,
    "nested lists": "[" * 5_000 + "]" * 5_000,
    "a long sum": "+".join(["1"] * 100_000),
    "blanks after a bracket": "(\n" + " " * 900_000 + "x",
    "blanks and a magic": "%a\n(\n" + " " * 900_000 + "x",
    "blanks and a cell magic": "%%time\n(\n" + " " * 900_000 + "x",
    "a magic of many words": "%a\n(\n" + "a " * 450_000,
    "indented blocks": "\n".join(" " * n + "if 1:" for n in range(150)),
    "noughts": "\0" * 900_000,
    "half letters": "x = '" + "\ud800" * 100_000 + "'",
    "comments": "#:\n" * 300_000,
    "a long string": "'" * 900_001,
    "magics": "%a\n" * 30_000,
    "a number": "x = " + "9" * 900_000,
    "margins": ("    " * 40 + "x\n") * 5_000,
    "formatted": "f'{" * 200 + "x",
}
PREPARE = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
from workbook.grade.reading.cells import prepare
source = json.loads(sys.stdin.read())
found = prepare([(1, "def f(x):"), (2, source), (3, "    return x"), (4, source)])
assert [cell.number for cell in found] == [1, 2, 3, 4]
print("done")
"""


@pytest.mark.parametrize(("name", "source"), HOSTILE.items(), ids=HOSTILE.keys())
def test_hostile_text_ends_in_bounded_time(name: str, source: str) -> None:
    """In a process of its own, because the compiler itself may not survive everything; it survives these."""
    child = subprocess.run(
        [sys.executable, "-c", PREPARE], input=json.dumps(source), capture_output=True, text=True, timeout=120, check=False
    )
    assert (child.returncode, child.stdout, child.stderr[-500:]) == (0, "done\n", "")


def test_importing_it_loads_nothing_slow() -> None:
    slow = ["torch", "numpy", "nbformat", "IPython"]
    code = f"import workbook.grade.reading.cells, sys; print([name for name in {slow} if name in sys.modules])"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert child.stdout == "[]\n"


def test_fields_that_were_cut_off_a_class_belong_to_it() -> None:
    text = '@dataclass\nclass A:\n    """Doc."""\n\n    x: int'
    assert done(text, "    y: int = 3\n    z: int = 4") == [f"{text}\n    y: int = 3\n    z: int = 4", ""]
    assert done("x = 1", "    y: int = 3") == ["x = 1", "y: int = 3"]

"""`workbook check`: a chapter that is right in every respect, spoiled in one place at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbook.build.audit import audit, steps
from workbook.build.editions import edition_files, write_files
from workbook.build.sources import Finding
from workbook.model import Home

TOML = "small_course/chapter.toml"
TEXT = "small_course/part1_small.md"
SOLUTIONS = "solutions/part1_small.py"
TESTS = "tests/small_course/test_part1_small.py"
MISTAKES = "tests/mistakes/part1_small.py"
ALTERNATIVES = "tests/alternatives/part1_small.py"
GENERATED = "exercises/part1_small.ipynb"
FIGURE = "small_course/figures/stairs.png"
LEAK = "    Nothing of this may reach a student of a graded course."
LIST = "    List it in chapter.toml, or remove it."


@dataclass(frozen=True)
class Course:
    """The small course, and ways to spoil it."""

    root: Path

    @property
    def home(self) -> Home:
        """Read anew, so that every change is seen."""
        return Home(self.root)

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Put `new` in place of `old`, which stands in the file exactly once."""
        assert self.read(name).count(old) == 1, f"{old!r} stands {self.read(name).count(old)} times in {name}"
        self.write(name, self.read(name).replace(old, new))

    def append(self, name: str, text: str) -> None:
        self.write(name, self.read(name) + text)

    def line(self, name: str, text: str) -> int:
        """Number of the first line of a file that contains `text`."""
        return next(n for n, line in enumerate(self.read(name).splitlines(), 1) if text in line)

    def build(self) -> None:
        write_files(edition_files(self.home, "self-study"))

    def findings(self) -> list[str]:
        return [finding.text(self.root) for finding in audit(self.home)]


@pytest.fixture
def course(make_home: Callable[[], Home]) -> Course:
    course = Course(make_home().root)
    (course.root / FIGURE).parent.mkdir()
    (course.root / FIGURE).write_bytes(b"\x89PNG a picture")
    course.change(TEXT, "Prose before", "![The stairs](figures/stairs.png)\n\nSee [here](part1_small.ipynb). Prose before")
    course.build()
    return course


def test_a_right_chapter_has_no_findings(course: Course) -> None:
    assert course.findings() == []


# --- sources ------------------------------------------------------------------------------------------------------------

# File, what stands there, what is put in its place, then the finding: its file, a text of its line ("" for none), and the rest.
SOURCES = {
    "no statement": (
        TEXT,
        "Write `double` and its inverse `halve`, for arrays of any shape.",
        "Write both.",
        (TEXT, "### double", "double has no statement to speak of.\n    Say what to do, with an example."),
    ),
    "no hint": (
        TEXT,
        ":::{hint}\nA slice may have a negative step.\n:::\n",
        "",
        (
            TEXT,
            "### flipped",
            "flipped has no hint.\n    Add :::{hint} blocks, or say why not with no_hint in chapter.toml.",
        ),
    ),
    "no reason for no hint": (
        TOML,
        ', no_hint = "each choice is explained"',
        "",
        (
            TEXT,
            "### quiz_axis",
            "quiz_axis has no hint.\n    Add :::{hint} blocks, or say why not with no_hint in chapter.toml.",
        ),
    ),
    "no heading": (
        TEXT,
        "### Meter\n",
        "",
        (TEXT, "", "no heading for exercise Meter.\n    Add a heading: ### Meter"),
    ),
    "two headings": (
        TEXT,
        "## Recap\n",
        "### double \n",
        (TEXT, "### double ", "two headings double.\n    Keep one of them."),
    ),
    "unlisted heading": (
        TEXT,
        "## Recap\n",
        "### mean_square\n",
        (TEXT, "### mean_square", f"mean_square looks like an exercise and is not in chapter.toml.\n{LIST}"),
    ),
    "unknown directive": (
        TEXT,
        ":::{hint}\nKeep the sum",
        ":::{tip}\nKeep the sum",
        (TEXT, "### Meter", "unknown directive 'tip'.\n    Known: given NAME, hint, answer."),
    ),
    "open directive": (
        TEXT,
        "and the count.\n:::\n",
        "and the count.\n",
        (TEXT, "### Meter", "a directive is not closed.\n    End it with a line of three colons."),
    ),
    "no model answer": (
        TEXT,
        ":::{answer}\nA slice is a view: it shares the memory of the array, so that both see every change.\n:::\n",
        "",
        (TEXT, "### question_views", "question_views has no model answer.\n    Add an :::{answer} block."),
    ),
    "no docstring": (
        SOLUTIONS,
        '    """The picture upside down."""\n',
        "",
        (SOLUTIONS, "def flipped", "flipped has no docstring.\n    Students see it in the stub."),
    ),
    "no annotation": (
        SOLUTIONS,
        "upper: float, lower: float",
        "upper: float, lower",
        (
            SOLUTIONS,
            "def checked_ratio",
            "checked_ratio: lower has no annotation.\n    Write one, with named dimensions for arrays.",
        ),
    ),
    "no shape": (
        SOLUTIONS,
        'def mean_trace(mat: Float[np.ndarray, "i i"])',
        "def mean_trace(mat: np.ndarray)",
        (
            SOLUTIONS,
            "def mean_trace",
            "mean_trace: the shape of mat is not documented.\n"
            '    Write it with named dimensions, for example Float[np.ndarray, "i j"].',
        ),
    ),
    "unlisted solution": (
        SOLUTIONS,
        'quiz_axis = "b"\n',
        'quiz_axis = "b"\nlimit = 3\n',
        (SOLUTIONS, "limit = 3", f"limit belongs to no exercise.\n{LIST}"),
    ),
    "arguments of a test": (
        TESTS,
        "def test_double(double, halve):",
        "def test_double(halve, double):",
        (TESTS, "def test_double", "test_double takes (halve, double).\n    It must take (double, halve)."),
    ),
    "no docstring of a test": (
        TESTS,
        '    """The last row comes first."""\n',
        "",
        (TESTS, "def test_flipped", "test_flipped has no docstring.\n    Say in a line what must hold."),
    ),
    "unlisted test": (
        TESTS,
        "def slow_trace",
        "def test_slow(slow):\n    pass\n\n\ndef slow_trace",
        (TESTS, "def test_slow", f"test_slow tests no exercise.\n{LIST}"),
    ),
    "two mistakes": (
        MISTAKES,
        'def mean_trace__sum(mat):\n    """The division is missing."""\n    return np.einsum("ii->", mat)\n',
        "",
        (MISTAKES, "", "mean_trace has 2 known mistakes.\n    At least 3 are wanted."),
    ),
    "mistake without a sentence": (
        MISTAKES,
        '    """The division is missing."""\n',
        "",
        (MISTAKES, "def mean_trace__sum", "mean_trace__sum has no docstring.\n    It is what the student reads."),
    ),
    "mistake that gives the answer away": (
        MISTAKES,
        "The division is missing.",
        "It is trace_of(mat) / len(mat), you see.",
        (
            MISTAKES,
            "def mean_trace__sum",
            "mean_trace__sum gives the answer away.\n    Say what went wrong only.",
        ),
    ),
    "unlisted mistake": (
        MISTAKES,
        "def mean_trace__sum",
        'def men_trace__first(mat):\n    """A slip."""\n    return mat\n\n\ndef mean_trace__sum',
        (MISTAKES, "def men_trace__first", f"men_trace__first belongs to no exercise.\n{LIST}"),
    ),
    "unlisted alternative": (
        ALTERNATIVES,
        "def double__added",
        "def duble__added(x):\n    return x + x\n\n\ndef double__added",
        (ALTERNATIVES, "def duble__added", f"duble__added belongs to no exercise.\n{LIST}"),
    ),
    "unknown forbidden name": (
        TOML,
        'forbid = ["numpy.trace"]',
        'forbid = ["numpy.trace", "numpy.no_such_trace"]',
        (TOML, "trace_of = ", "trace_of: there is no numpy.no_such_trace.\n    Correct the name."),
    ),
    "unknown key": (
        TOML,
        "double = { kind = ",
        "double = { colour = 1, kind = ",
        (
            TOML,
            "double = ",
            "exercise double has an unknown key 'colour'.",
        ),
    ),
    "needs a later exercise": (
        TOML,
        "difficulty = 1, importance = 2, minutes = 4, points = 2 }",
        'difficulty = 1, importance = 2, minutes = 4, points = 2, needs = ["mean_trace"] }',
        (
            TOML,
            "flipped = ",
            "flipped needs mean_trace, which is no earlier exercise.\n    Needs are exercises further up in this file.",
        ),
    ),
    "syntax error": (
        TESTS,
        "def slow_trace(mat):",
        "def slow_trace(mat:",
        (TESTS, "def slow_trace", "not valid Python: '(' was never closed.\n    Mend the syntax."),
    ),
    "dead link": (
        TEXT,
        "(part1_small.ipynb)",
        "(part9_gone.ipynb)",
        (
            TEXT,
            "part9_gone",
            "the link to part9_gone.ipynb leads nowhere.\n    Notebooks lie side by side: part3_einsum.ipynb.",
        ),
    ),
    "unused figure": (
        TEXT,
        "![The stairs](figures/stairs.png)\n",
        "",
        (FIGURE, "", "no part shows this figure.\n    Use it or remove it."),
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "finding"), SOURCES.values(), ids=SOURCES.keys())
def test_sources(course: Course, name: str, old: str, new: str, finding: tuple[str, str, str]) -> None:
    course.change(name, old, new)
    path, anchor, rest = finding
    lines = course.read(path).splitlines() if anchor else []
    numbers = [number for number, line in enumerate(lines, 1) if line.startswith(anchor) or anchor in line]
    places = [f"{path}:{number}" for number in numbers] or [path]
    found = [text for text in course.findings() if not text.startswith(GENERATED)]
    assert [text for text in found if text.startswith(tuple(f"{place}: {rest}" for place in places))], found


@pytest.mark.parametrize("name", [TEXT, SOLUTIONS, TESTS, MISTAKES])
def test_a_missing_file_is_found(course: Course, name: str) -> None:
    (course.root / name).unlink()
    assert f"{name}: this file is missing.\n    `workbook new part` writes all files of a part." in course.findings()


def test_a_missing_solution_is_found(course: Course) -> None:
    text = course.read(SOLUTIONS)
    course.write(SOLUTIONS, text[: text.index("def mean_trace")])
    found = course.findings()
    assert f"{SOLUTIONS}: there is no mean_trace.\n    Exercise mean_trace needs it." in found
    assert f"{SOLUTIONS}: exercise mean_trace has no solution mean_trace.\n    Define mean_trace there." in found


def test_a_missing_test_is_found(course: Course) -> None:
    course.change(TESTS, "def test_mean_trace", "def check_mean_trace")
    assert f"{TESTS}: there is no test_mean_trace.\n    Every exercise has a test of its name." in course.findings()


def test_a_letter_that_no_quiz_has_is_found(course: Course) -> None:
    course.change(SOLUTIONS, 'quiz_axis = "b"', 'quiz_axis = "f"')
    line = course.line(SOLUTIONS, "quiz_axis = ")
    assert f'{SOLUTIONS}:{line}: quiz_axis is \'f\'.\n    It must be "a", "b", "c" or "d".' in course.findings()


def test_another_order_than_in_the_settings_is_found_once(course: Course) -> None:
    lines = course.read(TOML).splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if line.startswith("double = "))
    lines[first], lines[first + 1] = lines[first + 1], lines[first]
    course.write(TOML, "".join(lines))
    place = f"{TEXT}:{course.line(TEXT, '### double')}"
    assert course.findings() == [
        f"{place}: the exercises stand in another order than in chapter.toml, first double.\n    Use one order."
    ]


def test_a_missing_figure_is_found_at_its_line(course: Course) -> None:
    (course.root / FIGURE).unlink()
    place = f"{TEXT}:{course.line(TEXT, 'stairs.png')}"
    found = course.findings()
    assert f"{place}: the figure stairs.png is missing.\n    Add {course.root / FIGURE}." in found


@pytest.mark.parametrize(
    "text",
    [
        "[far away](https://example.org/page)",
        "[a mail](mailto:someone@example.org)",
        "[further down](#recap)",
        "[the data](data/steps.npy)",
        "[a section](part1_small.ipynb#recap)",
        "`table[0](1)`",
        "```python\ntable[0](1)\n```",
    ],
)
def test_links_that_lead_somewhere_and_code_are_no_finding(course: Course, text: str) -> None:
    course.append(TEXT, f"\n{text}\n")
    course.build()
    assert course.findings() == []


def test_chapter_settings_that_cannot_be_read_are_one_finding(course: Course) -> None:
    course.append(TOML, "[[[\n")
    (found,) = course.findings()
    assert found.startswith(f"{TOML}: not valid TOML: ")
    assert found.endswith("Mend the syntax at that place.")


# --- verdicts -----------------------------------------------------------------------------------------------------------


def test_a_wrong_solution_is_found(course: Course) -> None:
    course.change(SOLUTIONS, "return picture[::-1]", "return picture[:, ::-1]")
    course.build()
    (found,) = [text for text in course.findings() if "mistake" not in text]
    place = f"{SOLUTIONS}:{course.line(SOLUTIONS, 'def flipped')}"
    assert found.startswith(f"{place}: the solution of flipped is failed: ")
    assert found.endswith("\n    Mend the solution or the test.")


def test_a_wrong_annotation_is_found(course: Course) -> None:
    course.change(SOLUTIONS, 'def flipped(picture: Num[np.ndarray, "h w"])', 'def flipped(picture: Num[np.ndarray, "w w"])')
    course.build()
    (found,) = course.findings()
    assert found.startswith(f"{SOLUTIONS}:{course.line(SOLUTIONS, 'def flipped')}: the annotations of flipped do not hold: ")
    assert found.endswith("\n    Correct the shapes or dtypes.")


def test_a_wrong_annotation_of_a_result_is_found(course: Course) -> None:
    course.change(
        SOLUTIONS,
        '(picture: Num[np.ndarray, "h w"]) -> Num[np.ndarray, "h w"]',
        '(picture: Num[np.ndarray, "h w"]) -> Num[np.ndarray, "w h"]',
    )
    course.build()
    (found,) = course.findings()
    assert "the annotations of flipped do not hold: " in found


def test_a_wrong_worked_example_is_found(course: Course) -> None:
    course.change(SOLUTIONS, "array([2, 4])", "array([2, 5])")
    course.build()
    (found,) = course.findings()
    assert found.startswith(
        f"{SOLUTIONS}:{course.line(SOLUTIONS, 'def double')}: the worked example of double is not what comes out:\n"
    )
    assert "Expected:\n    array([2, 5])\nGot:\n    array([2, 4])" in found
    assert found.endswith("\n    Correct it.")


def test_a_stub_that_already_passes_is_found(course: Course) -> None:
    idle = "    if picture.size > 99:\n        ### BEGIN SOLUTION\n        pass\n        ### END SOLUTION\n"
    course.change(SOLUTIONS, "    return picture[::-1]", f"{idle}    return picture[::-1]")
    course.build()
    place = f"{SOLUTIONS}:{course.line(SOLUTIONS, 'def flipped')}"
    assert course.findings() == [f"{place}: the stub of flipped is passed.\n    A stub must be recognised as one."]


def test_a_mistake_that_passes_is_found(course: Course) -> None:
    course.change(MISTAKES, "return x // 2", "return x / 2")
    assert course.findings() == [
        f"{MISTAKES}:{course.line(MISTAKES, 'def halve__floor')}: the mistake halve__floor is passed.\n"
        "    The test must reject it: add an input on which it shows."
    ]


@pytest.mark.parametrize("broken", ["nump.square(x)", "__import__('no_such_module').x"])
def test_a_broken_mistake_is_found(course: Course, broken: str) -> None:
    course.change(MISTAKES, "return x * x", f"return {broken}")
    (found,) = course.findings()
    place = f"{MISTAKES}:{course.line(MISTAKES, 'def double__square')}"
    assert found.startswith(f"{place}: the mistake double__square is broken: ")
    assert found.endswith("\n    Mend it.")


def test_a_mistake_that_only_uses_what_is_forbidden_is_found(course: Course) -> None:
    """It must be rejected for what it computes."""
    course.change(MISTAKES, "return np.diagonal(mat).copy()", "return np.trace(mat)")
    (found,) = course.findings()
    assert "the mistake trace_of__diagonal is passed." in found


def test_a_right_answer_that_is_rejected_is_found(course: Course) -> None:
    course.change(ALTERNATIVES, "return np.divide(x, 2)", "return np.divide(x, 3)")
    (found,) = course.findings()
    assert found.startswith(f"{ALTERNATIVES}: double: the right answer 'in_a_copy' is failed: ")
    assert found.endswith("\n    Mend the test.")


def test_a_broken_test_is_found(course: Course) -> None:
    course.change(TESTS, "check.agrees(trace_of", "check.agree(trace_of")
    assert course.findings() == [
        f"{TESTS}:{course.line(TESTS, 'def test_trace_of')}: test_trace_of is broken: AttributeError: "
        "module 'workbook.check' has no attribute 'agree'\n    Mend the test: it must raise nothing of its own."
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "anchor", "fact"),
    [
        (
            SOLUTIONS,
            "def flipped(picture: Num[",
            "def flipped(picture: Int[",
            "def flipped",
            "the stub of flipped raises NameError: name 'Int' is not defined",
        ),
        (
            SOLUTIONS,
            "(upper: float,",
            '(upper: "Flaot",',
            "def checked_ratio",
            "the annotations of checked_ratio cannot be read: NameError: name 'Flaot' is not defined",
        ),
        (
            MISTAKES,
            "def quiz_axis__a():",
            "def quiz_axis__a(letter):",
            "def quiz_axis__a",
            "the mistake quiz_axis__a raises TypeError: quiz_axis__a() missing 1 required positional argument: 'letter'",
        ),
    ],
)
def test_what_a_chapters_own_code_raises_is_a_finding(
    course: Course, name: str, old: str, new: str, anchor: str, fact: str
) -> None:
    if "Int[" in new:  # so that the module itself can be imported
        course.change(name, '"""Solutions of the small part."""\n', "from __future__ import annotations\n")
    course.change(name, old, new)
    course.build()
    found = course.findings()
    assert [text for text in found if text.startswith(f"{name}:{course.line(name, anchor)}: {fact}")], found


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        (SOLUTIONS, "def flipped"),
        (TESTS, "def test_flipped"),
        (MISTAKES, "def flipped__turned"),
        (ALTERNATIVES, "def double__added"),
    ],
)
def test_what_stands_twice_is_found_at_its_second_line(course: Course, name: str, definition: str) -> None:
    lines = len(course.read(name).splitlines())
    course.append(name, f"\n\n{definition}(x):\n    return x\n")
    word = definition.removeprefix("def ")
    assert f"{name}:{lines + 3}: {word} is defined twice.\n    Keep one of them." in course.findings()


def test_a_module_that_cannot_be_imported_is_found(course: Course) -> None:
    course.change(MISTAKES, "import numpy as np\n", "import nump as np\n")
    found = set(course.findings())
    assert f"{MISTAKES}: importing it raises ModuleNotFoundError: No module named 'nump'\n    Mend that first." in found


# --- course edition -----------------------------------------------------------------------------------------------------


def test_a_leak_in_a_hint_is_found_at_its_line(course: Course) -> None:
    course.change(TEXT, "The number of rows is `len(mat)`.", "Could it be\n`trace_of(mat)/len( mat )`?")
    course.build()
    assert course.findings() == [
        f"{TEXT}:{course.line(TEXT, 'trace_of(mat)/len')}: the course edition contains a line of the solution of mean_trace: "
        f"trace_of(mat)/len(mat)\n{LEAK}"
    ]


def test_the_sentence_of_a_mistake_in_the_text_is_found(course: Course) -> None:
    course.append(TEXT, "\nDid it say: two was added; it should be a factor.\n")
    course.append(TEXT, "\nOr: Two was added; it should be a factor.\n")
    course.build()
    assert course.findings() == [
        f"{TEXT}:{course.line(TEXT, 'Or: Two')}: the course edition contains the sentence of the mistake double__plus_two.\n{LEAK}"
    ]


def test_a_marker_of_nbgrader_in_the_text_is_found(course: Course) -> None:
    course.append(TEXT, "\nThe marker is ### BEGIN HIDDEN TESTS, as everyone knows.\n")
    course.build()
    assert course.findings() == [
        f"{TEXT}: nbgrader cannot release this part: No end hidden tests statement found\n"
        "    Its markers may stand in solutions only."
    ]


# --- files --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "small_course/part2_old.md",
        "tests/small_course/test_part2_old.py",
        "solutions/part2_old.py",
        "tests/mistakes/part2_old.py",
        "tests/alternatives/part2_old.py",
    ],
)
def test_an_unlisted_file_is_found(course: Course, name: str) -> None:
    course.write(name, "")
    assert course.findings() == [f"{name}: this file belongs to no part.\n    List the part in chapter.toml, or remove the file."]


BUILD = "    Run `workbook build` and commit the result."


def test_a_stale_notebook_is_found(course: Course) -> None:
    course.change(TEXT, "You have met", "You have now met")
    assert course.findings() == [f"{GENERATED}: this generated file is stale.\n{BUILD}"]


def test_a_missing_notebook_is_found(course: Course) -> None:
    (course.root / GENERATED).unlink()
    assert course.findings() == [f"{GENERATED}: this generated file is missing.\n{BUILD}"]


def test_a_notebook_without_a_source_is_found(course: Course) -> None:
    course.write("exercises/part0_gone.ipynb", "{}")
    assert course.findings() == [f"exercises/part0_gone.ipynb: this generated file is without a source.\n{BUILD}"]


# --- the findings themselves --------------------------------------------------------------------------------------------


def test_steps_have_names_for_a_progress_bar(course: Course) -> None:
    names = [name for name, _ in steps(course.home)]
    assert names[0] == "part1_small: sources"
    assert "Meter: verdicts" in names and "question_views: verdicts" not in names
    assert names[-3:] == ["part1_small: course edition", "small_course: files", "generated files"]


def test_a_finding_as_data_can_be_written_as_json(tmp_path: Path) -> None:
    finding = Finding(tmp_path / "a.md", "it is empty.", "Fill it.", 3)
    assert json.loads(json.dumps(finding.as_dict(tmp_path))) == {
        "path": "a.md",
        "fact": "it is empty.",
        "advice": "Fill it.",
        "line": 3,
    }


def test_a_finding_outside_the_checkout_names_the_whole_path(tmp_path: Path) -> None:
    finding = Finding(tmp_path / "a.md", "it is empty.")
    assert finding.text(tmp_path / "elsewhere") == f"{tmp_path / 'a.md'}: it is empty."
    assert finding.as_dict(tmp_path / "elsewhere")["path"] == str(tmp_path / "a.md")

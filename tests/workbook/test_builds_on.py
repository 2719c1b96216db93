"""Given code, classes of fields, and a part that builds on the solutions of another: everywhere that a student's cells run."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import pytest

from workbook.build.audit import audit
from workbook.build.editions import edition_files, modules, write_files
from workbook.build.execute import execute_notebook, failures
from workbook.build.notebooks import build_notebook
from workbook.check import cases
from workbook.errors import ChapterError
from workbook.grade.records import Task
from workbook.grade.runner import Grader
from workbook.grade.sandbox.nursery import missing, nursery_of
from workbook.lab.answers import read_answers
from workbook.lab.copies import prepare
from workbook.lab.notebook import start
from workbook.lab.scripts import prepare_scripts
from workbook.model import Home, SourceFile, Status

HEADER = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n"
FILES = {
    "tower/chapter.toml": """
title = "Tower"

[parts.part1_bricks]
title = "Bricks"

[parts.part1_bricks.exercises]
Brick = { kind = "class", difficulty = 1, importance = 2, minutes = 5, points = 2 }
_weigh = { kind = "function", difficulty = 1, importance = 2, minutes = 5, points = 2, functions = ["_weigh", "heavier"] }
quiz_top = { kind = "quiz", difficulty = 1, importance = 1, minutes = 1, points = 1, no_hint = "each choice is explained" }

[parts.part2_walls]
title = "Walls"
builds_on = ["part1_bricks"]

[parts.part2_walls.exercises]
wall = { kind = "function", difficulty = 1, importance = 2, minutes = 5, points = 2 }
""",
    "tower/part1_bricks.md": HEADER
    + """# Bricks

Bricks are weighed.

:::{given} gravity
:::

They are all made of clay.

### Brick

A frozen dataclass of a brick with `length` and `width`, in this order, both whole numbers of centimetres.

:::{hint}
One decorator is enough.
:::

### _weigh

`_weigh` gives the weight of a brick, a kilogram for each square centimetre, times `GRAVITY`; `heavier` compares two.

:::{hint}
Multiply both sides.
:::

### quiz_top

Which brick of a tower was laid last, when the tower was built by laying one brick upon another one?

- **a**: the top one
- **b**: the lowest one
""",
    "tower/part2_walls.md": HEADER
    + """# Walls

### wall

The weight of a wall of equal bricks, laid one upon another: `count` times the weight of the brick, of part 1.

:::{hint}
Multiply.
:::
""",
    "solutions/part1_bricks.py": '''"""Bricks."""

from dataclasses import dataclass

# region given: gravity
GRAVITY = 10


def rounded(weight: float) -> int:
    """The nearest whole number."""
    return round(weight)


# endregion


@dataclass(frozen=True)
class Brick:
    """A brick, in whole centimetres.

    >>> Brick(2, 3).width
    3
    """

    length: int
    width: int


def _weigh(brick: Brick) -> int:
    """Weight of a brick."""
    area = brick.length * brick.width
    return rounded(area * GRAVITY)


def heavier(brick: Brick, other: Brick) -> bool:
    """Is a brick heavier than another one?"""
    return _weigh(brick) > _weigh(other)


quiz_top = "a"
''',
    "solutions/part2_walls.py": '''"""Walls."""

from part1_bricks import Brick, _weigh


def wall(brick: Brick, count: int) -> int:
    """Weight of a wall of `count` bricks."""
    return count * _weigh(brick)
''',
    "tests/tower/test_part1_bricks.py": '''
from workbook import check


def test_Brick(Brick):
    """Has its fields and cannot be changed."""
    brick = check.call(Brick, 2, 3)
    check.require((brick.length, brick.width) == (2, 3), "The fields differ.")
    try:
        brick.width = 4
    except AttributeError:
        return
    check.require(False, "A brick could be changed.")


def test__weigh(_weigh, heavier):
    """Agrees with what a scale says."""
    brick = check.beside(_weigh, "Brick")
    check.require(check.call(_weigh, brick(2, 3)) == 60, "2 by 3 weighs 60.")
    check.require(check.call(heavier, brick(2, 3), brick(1, 3)) is True, "It is heavier.")


def test_quiz_top(quiz_top):
    """The last one lies on top."""
    check.choice(quiz_top)
''',
    "tests/tower/test_part2_walls.py": '''
from workbook import check


def test_wall(wall):
    """Is the sum of its bricks."""
    brick = check.beside(wall, "Brick")
    count = int(check.rng().integers(2, 9))
    check.require(check.call(wall, brick(1, 3), count) == 30 * count, "The weight differs.")
''',
    "tests/mistakes/part1_bricks.py": '''
from dataclasses import dataclass

import part1_bricks


@dataclass
class Brick__soft:
    """It can be changed."""

    length: int
    width: int


class Brick__turned(part1_bricks.Brick):
    """Length and width are exchanged."""

    def __init__(self, length, width):
        super().__init__(width, length)


class Brick__empty:
    """Nothing was kept."""

    length = width = None

    def __init__(self, length, width):
        return


def _weigh__light(brick):
    """Without gravity nothing has a weight."""
    return brick.length * brick.width


def heavier__never(brick, other):
    """Always no."""
    return False


def heavier__as_number(brick, other):
    """A number is no answer to yes or no."""
    return part1_bricks._weigh(brick) - part1_bricks._weigh(other)


def quiz_top__b():
    """That one was laid first."""
    return "b"


def quiz_top__c():
    """There is no such choice."""
    return "c"


def quiz_top__d():
    """There is no such choice either."""
    return "d"


from part1_bricks import Brick
''',
    "tests/mistakes/part2_walls.py": '''
from part1_bricks import Brick, _weigh


def wall__one(brick, count):
    """Only one brick was weighed."""
    return _weigh(brick)


def wall__count(brick, count):
    """The bricks were counted, not weighed."""
    return count


def wall__plus(brick, count):
    """Added where there is something to multiply."""
    return count + _weigh(brick)
''',
    "tests/alternatives/part2_walls.py": """
from part1_bricks import Brick, heavier


def wall__sum(brick, count):
    assert not heavier(brick, brick)
    return sum(10 * brick.length * brick.width for _ in range(count))
""",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    home = Home(tmp_path)
    write_files(edition_files(home, "self-study"))
    return home


def change(home: Home, name: str, old: str, new: str) -> None:
    path = home.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def cells(home: Home, part: str, edition: str) -> dict[str, str]:
    notebook = build_notebook(home.chapters[0], home.chapters[0].part(part), edition)
    return {cell.id: cell.source for cell in notebook.cells}


def test_nothing_is_wrong_with_it(home: Home) -> None:
    assert [finding.text(home.root) for finding in audit(home)] == []


@pytest.mark.parametrize("edition", ["self-study", "course", "solutions"])
def test_given_code_stands_in_its_place(home: Home, edition: str) -> None:
    found = cells(home, "part1_bricks", edition)
    names = list(found)
    place = names.index("given-gravity")
    assert found["given-gravity"].startswith("GRAVITY = 10\n") and found["given-gravity"].endswith("return round(weight)")
    assert found[names[place - 1]].endswith("Bricks are weighed.") or "imports" in names[place - 1 : place + 4]
    assert any(source.startswith("They are all made of clay.") for source in found.values())


def test_the_stub_of_a_class_of_fields_gives_no_field_away(home: Home) -> None:
    stub = cells(home, "part1_bricks", "self-study")["answer-Brick"]
    assert "dataclass" not in stub and "length:" not in stub and "In whole" not in stub and "A brick, in whole" in stub
    names: dict[str, Any] = {}
    exec(stub, names)
    with pytest.raises(NotImplementedError, match="Write your answer here"):
        names["Brick"](1, 2)


def test_nbgrader_makes_the_same_stub_of_a_class_of_fields(home: Home) -> None:
    from nbgrader.preprocessors import ClearSolutions

    from workbook.model.source import STUB

    notebook = build_notebook(home.chapters[0], home.chapters[0].parts[0], "course")
    full = next(cell.source for cell in notebook.cells if cell.id == "answer-Brick")
    names: dict[str, Any] = {"dataclass": __import__("dataclasses").dataclass}
    exec(full, names)
    assert names["Brick"](2, 3).width == 3
    notebook, _ = ClearSolutions(code_stub={"python": STUB}).preprocess(notebook, {})
    found = next(cell.source for cell in notebook.cells if cell.id == "answer-Brick")
    assert found == cells(home, "part1_bricks", "self-study")["answer-Brick"]


def test_stubs_know_given_code_and_earlier_exercises_only(home: Home) -> None:
    chapter = home.chapters[0]
    stub = cases.stub(chapter, chapter.exercises["_weigh"])["_weigh"]
    assert {"GRAVITY", "rounded", "Brick"} <= set(stub.__globals__) and "quiz_top" not in stub.__globals__
    change(home, "solutions/part1_bricks.py", "def heavier(brick: Brick,", "def heavier(brick: Unknown,")
    with pytest.raises(ChapterError, match=r"NameError|Unknown"):
        cases.stub(chapter, chapter.exercises["_weigh"])


@pytest.mark.parametrize(
    ("file", "old", "new", "fact"),
    [
        ("tower/part1_bricks.md", ":::{given} gravity\n:::\n", "", "the given code gravity stands in no place in the text."),
        ("tower/part1_bricks.md", "### _weigh", ":::{given} gravity\n:::\n\n### _weigh", "stands 2 times in the text."),
        ("tower/part1_bricks.md", "{given} gravity", "{given} gravitas", "there is no given code gravitas."),
        ("solutions/part1_bricks.py", "# endregion\n", "", "the region gravity is never closed."),
        ("solutions/part1_bricks.py", "# region given: gravity", "# endregion", "# endregion is out of order."),
        ("tower/chapter.toml", '["part1_bricks"]', '["part1_brick"]', "builds on part1_brick, which is no earlier part."),
        ("tower/chapter.toml", '["part1_bricks"]', '"part1_bricks"', "builds_on must be a list of names."),
    ],
)
def test_what_is_wrong_is_told(home: Home, file: str, old: str, new: str, fact: str) -> None:
    change(home, file, old, new)
    try:
        found = [finding.text(home.root) for finding in audit(Home(home.root))]
    except ChapterError as error:
        found = [str(error)]
    assert any(fact in text for text in found), found


def test_regions_of_one_name_are_told() -> None:
    text = "# region given: a\nx = 1\n# endregion\n# region given: a\ny = 2\n# endregion\n"
    with pytest.raises(ChapterError, match="two regions a"):
        _ = SourceFile(Path("part.py"), text).regions


def test_what_a_part_builds_on_lies_beside_its_notebook(home: Home) -> None:
    text = (home.exercises_dir / "part1_bricks.py").read_text(encoding="utf-8")
    assert "quiz_top" not in text and "region" not in text and "def heavier" in text
    assert modules(home.chapters[0], home.chapters[0].parts[1]) == {"part1_bricks": text}
    course = [path for path in edition_files(home, "course") if path.name == "part1_bricks.py"]
    assert [path.parent.name for path in course] == ["part2_walls"]
    (home.exercises_dir / "part0_gone.py").write_text("", encoding="utf-8")
    assert [finding.fact for finding in audit(home)] == ["this generated file is without a source."]


def test_solved_and_untouched_notebooks_run(home: Home) -> None:
    pytest.importorskip("nbclient")
    write_files(edition_files(home, "solutions"))
    folder = home.build_dir / "solutions"
    for part in home.chapters[0].parts:
        execute_notebook(build_notebook(home.chapters[0], part, "solutions"), folder)
    notebook = build_notebook(home.chapters[0], home.chapters[0].parts[1], "self-study")
    execute_notebook(notebook, home.exercises_dir, allow_errors=True)
    assert failures(notebook).keys() == {"test-wall"}


def test_the_students_copy_has_it_too_and_keeps_changes(home: Home) -> None:
    assert {path.name for path in prepare(home)} == {"part1_bricks.ipynb", "part2_walls.ipynb"}
    mine = home.work_dir / "part1_bricks.py"
    mine.write_text(mine.read_text(encoding="utf-8").replace("GRAVITY = 10", "GRAVITY = 20"), encoding="utf-8")
    assert prepare(home) == []
    answers = read_answers(home.work_dir / "part2_walls.ipynb")
    assert answers.names["_weigh"](answers.names["Brick"](1, 1)) == 20
    assert "part1_bricks" not in sys.modules and str(home.work_dir) not in sys.path


@pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}")
def test_the_sandbox_has_it_and_judges_alike(home: Home) -> None:
    from workbook.build.notebooks import to_text

    chapter = home.chapters[0]
    part = chapter.parts[1]
    solved = to_text(build_notebook(chapter, part, "solutions")).encode()
    stubbed = to_text(build_notebook(chapter, part, "self-study")).encode()
    wrong = to_text(build_notebook(chapter, part, "solutions")).replace("return count * ", "return ").encode()
    with nursery_of(home) as nursery:
        nursery.check()
        grader = Grader(home, nursery.address)
        with contextlib.closing(grader.guest):
            found = [
                grader.grade(Task(chapter.name, part.name, f"s{n}", {f"{part.name}.ipynb": text}, 7))
                for n, text in enumerate([solved, stubbed, wrong])
            ]
    results = [one.results[0] for one in found]
    assert [result.status for result in results] == [Status.PASSED, Status.UNSOLVED, Status.FAILED], results
    assert results[2].explanation is not None and results[2].explanation.fact == "The weight differs."


def test_a_script_imports_the_module_and_not_another_script(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.root)
    made = {path.name for path in prepare_scripts(home) if path.suffix == ".py"}
    assert made == {"part1_bricks_cells.py", "part1_bricks.py", "part2_walls_cells.py"}
    for part in home.chapters[0].parts:
        answers = read_answers(home.script(part.name))
        assert answers.notes == []
    assert answers.names["_weigh"](answers.names["Brick"](1, 1)) == 10


@pytest.mark.parametrize("packaged", [False, True])
def test_a_notebook_from_elsewhere_imports_it_too(home: Home, monkeypatch: pytest.MonkeyPatch, packaged: bool) -> None:
    chosen = Home(home.root, packaged=packaged, self_study=packaged)
    if packaged:
        home.exercises_dir.rename(home.root / "modules")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("workbook.lab.notebook.find_home", lambda: chosen)
    start("part1_bricks")
    assert str(chosen.modules_dir) not in sys.path, "only where something is built on"
    start("part2_walls")
    start("part2_walls")
    assert sys.path[-1] == str(chosen.modules_dir) and sys.path.count(sys.path[-1]) == 1

"""chapter.toml: what is read, and what is said about mistakes in it."""

from __future__ import annotations

import pytest

from workbook.errors import ChapterError, UnknownName
from workbook.model import KINDS, Chapter, variant_of
from workbook.model.chapter import read_chapter

HEAD = 'title = "T"\n\n[parts.one]\ntitle = "One"\n\n[parts.one.exercises]\n'
LINE = 'kind = "function", difficulty = 1, importance = 2, minutes = 3, points = 4'


def read(tmp_path, text) -> Chapter:
    folder = tmp_path / "course"
    folder.mkdir(exist_ok=True)
    path = folder / "chapter.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_chapter(path, tests=tmp_path, solutions=tmp_path, mistakes=None, alternatives=None, stubs=None)


def test_a_chapter_is_read_in_order(chapter):
    assert (chapter.name, chapter.title, chapter.summary) == ("small_course", "Small course", "One exercise of each kind.")
    (part,) = chapter.parts
    assert (part.name, part.title) == ("part1_small", "First steps")
    assert [exercise.kind for exercise in part.exercises] == [
        "function",
        "picture",
        "class",
        "asserts",
        "quiz",
        "question",
        "function",
        "function",
    ]
    assert set(KINDS) == {exercise.kind for exercise in part.exercises}
    assert part.points == sum(exercise.points for exercise in part.exercises) == 18
    assert part.minutes == 42


def test_an_exercise_has_all_its_settings(chapter):
    double = chapter.exercises["double"]
    assert (double.part, double.difficulty, double.importance, double.minutes, double.points) == ("part1_small", 1, 2, 5, 2)
    assert double.functions == ("double", "halve")
    assert chapter.exercises["flipped"].functions == ("flipped",)
    assert chapter.exercises["trace_of"].forbid == ("numpy.trace",)
    assert chapter.exercises["mean_trace"].needs == ("trace_of",)
    assert chapter.exercises["quiz_axis"].no_hint == "each choice is explained"
    assert (double.forbid, double.only, double.needs, double.no_hint) == ((), (), (), "")


def test_names_are_found_or_near_ones_offered(chapter):
    part = chapter.part("part1_small")
    assert part.exercise("double") is chapter.exercises["double"]
    with pytest.raises(UnknownName, match=r"^There is no exercise called 'doubel'\.\nDid you mean double\?$"):
        part.exercise("doubel")
    with pytest.raises(UnknownName, match=r"^There is no part called 'part2_small'\.\nDid you mean part1_small\?$"):
        chapter.part("part2_small")


def test_signatures_come_from_solutions_or_stubs(home, chapter, tmp_path):
    assert chapter.source("part1_small") == home.root / "solutions" / "part1_small.py"
    folder = tmp_path / "installed"
    folder.mkdir()
    (folder / "chapter.toml").write_text('title = "T"', encoding="utf-8")
    installed = read_chapter(folder / "chapter.toml", tests=folder, solutions=None, mistakes=None, alternatives=None, stubs=folder)
    assert installed.source("part1") == folder / "part1.py"


def test_a_chapter_may_be_empty_and_have_hints(tmp_path):
    chapter = read(tmp_path, 'title = "T"\n[hints]\nafter = [0, 3]\n')
    assert (chapter.parts, chapter.summary, chapter.help.after) == ((), "", (0, 3))
    assert hash(chapter) == hash(read(tmp_path, 'title = "T"\n[hints]\nafter = [0, 3]\n'))


WRONG = {
    "syntax": ("title = ", r"chapter\.toml: not valid TOML: .*\nMend the syntax at that place\."),
    "encoding": (b"title = '\xff'", r"chapter\.toml: not a text file in UTF-8\.\nSave it again as UTF-8\."),
    "no title": ("", r'chapter\.toml: the chapter needs a title, a text\.\nAdd: title = "\.\.\."'),
    "title is a number": ("title = 3", r"chapter\.toml:1: the chapter needs a title, a text\."),
    "unknown key": (
        'title = "T"\nsumary = "S"',
        r"chapter\.toml:2: the chapter has an unknown key 'sumary'\.\nDid you mean summary\?",
    ),
    "unknown key, nothing near": (
        'q = 1\ntitle = "T"',
        r":1: the chapter has an unknown key 'q'\.\nKnown: title, summary, repository, branch, hints, parts\.",
    ),
    "parts": ('title = "T"\nparts = 3', r":2: the chapter: parts is not a table\.\nTables are written \[like\.this\]"),
    "hints": ('title = "T"\nhints = "x"', r":2: the chapter: hints is not a table\."),
    "part": ('title = "T"\n[parts]\none = 3', r":3: part one is not a table\.\nWrite: \[parts\.one\]"),
    "no part title": ('title = "T"\n\n[parts.one]\nsummary = "S"', r":3: part one needs a title, a text\."),
    "part's key": (
        'title = "T"\n[parts.one]\ntitle = "A"\nexercise = 1',
        r":2: part one has an unknown key 'exercise'\.\nDid you mean exercises",
    ),
    "exercises": ('title = "T"\n[parts.one]\ntitle = "A"\nexercises = 1', r":2: part one: exercises is not a table\."),
    "exercise": (HEAD + "a = 3", r":7: exercise a is not a table\.\nWrite: name = \{ kind = \"function\", \.\.\. \}"),
    "identifier": (
        HEAD + f'"a b" = {{ {LINE} }}',
        r":7: 'a b' is not a Python identifier\.\nAn exercise is named like its function\.",
    ),
    "keyword": (HEAD + f"lambda = {{ {LINE} }}", r":7: 'lambda' is not a Python identifier\."),
    "two underscores": (
        HEAD + f"a__b = {{ {LINE} }}",
        r":7: 'a__b' has two underscores\.\nThey part a function's name from a mistake's\.",
    ),
    "function": (HEAD + f'a = {{ {LINE}, functions = ["x y"] }}', r":7: 'x y' is not a Python identifier\."),
    "exercise's key": (
        HEAD + f"a = {{ {LINE}, forbids = [] }}",
        r":7: exercise a has an unknown key 'forbids'\.\nDid you mean forbid\?",
    ),
    "no points": (
        HEAD + f"a = {{ {LINE.partition(', points')[0]} }}",
        r":7: exercise a has no points\.\nAdd points = \.\.\. to its line\.",
    ),
    "kind": (
        HEAD + "a = { " + LINE.replace("function", "poem") + " }",
        r":7: exercise a is of kind 'poem'\.\nKinds are function, picture, class",
    ),
    "difficulty": (
        HEAD + f"a = {{ {LINE.replace('difficulty = 1', 'difficulty = 6')} }}",
        r":7: exercise a: difficulty is 6\.\nIt is a whole number from 1 to 5",
    ),
    "difficulty is a float": (
        HEAD + f"a = {{ {LINE.replace('difficulty = 1', 'difficulty = 2.0')} }}",
        r":7: exercise a: difficulty is 2\.0\.",
    ),
    "importance is true": (
        HEAD + f"a = {{ {LINE.replace('importance = 2', 'importance = true')} }}",
        r":7: exercise a: importance is True\.",
    ),
    "minutes": (
        HEAD + f"a = {{ {LINE.replace('minutes = 3', 'minutes = 0')} }}",
        r":7: exercise a: minutes is 0\.\nIt is a whole number, at least 1\.",
    ),
    "points are true": (HEAD + f"a = {{ {LINE.replace('points = 4', 'points = true')} }}", r":7: exercise a: points is True\."),
    "a text for a list": (
        HEAD + f'a = {{ {LINE}, forbid = "x" }}',
        r':7: exercise a: forbid must be a list of names\.\nWrite: forbid = \["\.\.\."\]',
    ),
    "a list of numbers": (HEAD + f"a = {{ {LINE}, needs = [1] }}", r":7: exercise a: needs must be a list of names\."),
    "twice": (
        HEAD + f'a = {{ {LINE} }}\nb = {{ {LINE}, functions = ["a"] }}',
        r":7: a is named twice, in one and one\.\nRename one of them\.",
    ),
    "twice in one": (HEAD + f'a = {{ {LINE}, functions = ["f", "f"] }}', r": f is named twice, in one and one\."),
}


WRONG |= {
    "an address for a repository": (
        'title = "T"\nrepository = "https://github.com/ada/tensors"',
        r":2: the chapter's repository is 'https.*\.\nIt is \"owner/name\", as GitHub has it\.",
    ),
    "a repository that ends the quotes around it": ('title = "T"\nrepository = \'a/b"\'', r":2: the chapter's repository is"),
    "a branch that is a number": ('title = "T"\nbranch = 2', r":2: the chapter's branch is 2\.\nIt is the name of a branch"),
    "an empty branch": ('title = "T"\nbranch = ""', r":2: the chapter's branch is ''\."),
}


def test_the_repository_is_optional(chapter, tmp_path):
    assert (chapter.repository, chapter.branch) == ("", "main")
    other = read(tmp_path, 'title = "T"\nrepository = "ada-l/tensors.py"\nbranch = "course/2030"\n')
    assert (other.repository, other.branch) == ("ada-l/tensors.py", "course/2030")


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told_with_its_place(tmp_path, text, message):
    with pytest.raises(ChapterError, match=message):
        read(tmp_path, text)


def test_a_line_is_that_of_the_name_and_not_of_a_longer_one(tmp_path):
    text = HEAD + f"arr10 = {{ {LINE} }}\narr1 = 3\n"
    with pytest.raises(ChapterError, match=r"chapter\.toml:8: exercise arr1 is not a table") as caught:
        read(tmp_path, text)
    assert caught.value.line == 8


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("einsum_mm__transposed", ("einsum_mm", "transposed")),
        ("add___new_array", ("add_", "new_array")),
        ("add__in_place__twice", ("add", "in_place__twice")),
        ("einsum_mm", ("", "")),
        ("__init__", ("", "")),
        ("_helper__of_mine", ("_helper", "of_mine")),
        ("add__", ("", "")),
    ],
)
def test_names_of_variants(name: str, expected: tuple[str, str]) -> None:
    assert variant_of(name) == expected

"""What a chapter's files say about an exercise: solution, stub, mistakes, alternatives."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from workbook.check.cases import alternatives, broken, mistakes, solution, stub
from workbook.errors import ChapterError


def test_solutions_come_by_function_name(chapter):
    found = solution(chapter, chapter.exercises["double"])
    assert list(found) == ["double", "halve"]
    assert found["halve"](np.array([3.0])).tolist() == [1.5]
    assert solution(chapter, chapter.exercises["quiz_axis"]) == {"quiz_axis": "b"}


def test_a_missing_solution_is_told(chapter):
    lost = replace(chapter.exercises["double"], functions=("double", "treble"))
    for read in (solution, stub):
        with pytest.raises(ChapterError, match=r"part1_small\.py: exercise double has no solution treble\.\nDefine treble there\."):
            read(chapter, lost)


def test_an_installed_package_has_no_solutions(chapter):
    with pytest.raises(ChapterError, match=r"small_course: solutions are not part of an installed package\.\nWork in a checkout\."):
        solution(replace(chapter, solutions=None), chapter.exercises["double"])


@pytest.mark.parametrize("name", ["double", "flipped", "trace_of", "Meter", "checked_ratio"])
def test_stubs_raise_what_a_student_finds(chapter, name):
    for answer in stub(chapter, chapter.exercises[name]).values():
        call = answer if isinstance(answer, type) else lambda answer=answer: answer(*[1.0] * answer.__code__.co_argcount)
        with pytest.raises(NotImplementedError, match=r"^Write your answer here\.$"):
            call()


def test_a_quizs_stub_is_no_letter(chapter):
    assert stub(chapter, chapter.exercises["quiz_axis"]) == {"quiz_axis": None}


def test_mistakes_replace_one_function(chapter):
    found = mistakes(chapter, chapter.exercises["double"])
    assert list(found) == ["square", "plus_two", "halve__floor"]
    x = np.array([3.0])
    assert [answers["double"](x)[0] for answers in found.values()] == [9.0, 5.0, 6.0]
    assert [answers["halve"](x)[0] for answers in found.values()] == [1.5, 1.5, 1.0]


def test_a_quizs_mistakes_are_letters(chapter):
    assert mistakes(chapter, chapter.exercises["quiz_axis"]) == {slug: {"quiz_axis": slug} for slug in "acd"}


def test_alternatives_of_one_slug_belong_together(chapter):
    found = alternatives(chapter, chapter.exercises["double"])
    assert list(found) == ["added", "in_a_copy"]
    own = solution(chapter, chapter.exercises["double"])
    assert found["added"]["halve"] is own["halve"]
    assert found["in_a_copy"]["halve"] is not own["halve"]


def test_exercises_and_chapters_without_variants_have_none(chapter):
    exercise = chapter.exercises["flipped"]
    assert alternatives(chapter, exercise) == {}
    assert mistakes(replace(chapter, mistakes=None), exercise) == {}
    assert mistakes(replace(chapter, mistakes=chapter.folder), exercise) == {}


def spoil(chapter, folder, old, new):
    """Replace a text that stands once in a file of the part; the file's new text."""
    path = folder / "part1_small.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path.read_text(encoding="utf-8").splitlines()


def test_a_stub_that_only_this_package_could_run_is_told(chapter):
    """A notebook evaluates annotations: a name that its import cell lacks raises there, and must here."""
    lines = spoil(chapter, chapter.solutions, "def flipped(picture: Num[", "def flipped(picture: Int[")
    with pytest.raises(
        ChapterError, match=r"the stub of flipped raises NameError: name 'Int' is not defined\nA student's"
    ) as caught:
        stub(chapter, chapter.exercises["flipped"])
    assert lines[caught.value.line - 1].startswith("def flipped")


def test_an_import_cell_that_cannot_be_run_is_told(chapter):
    spoil(chapter, chapter.solutions, "import numpy as np\n", "import no_such_module\n")
    with pytest.raises(
        ChapterError, match=r"part1_small\.py: the import cell raises ModuleNotFoundError: No module named 'no_such"
    ):
        stub(chapter, chapter.exercises["flipped"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def quiz_axis__a():", "def quiz_axis__a(letter):", "missing 1 required positional argument: 'letter'"),
        ('return "a"', 'return {}["a"]', "raises KeyError: 'a'"),
    ],
)
def test_a_quizs_mistake_that_gives_no_letter_is_told(chapter, old, new, said):
    lines = spoil(chapter, chapter.mistakes, old, new)
    with pytest.raises(ChapterError) as caught:
        mistakes(chapter, chapter.exercises["quiz_axis"])
    assert caught.value.what.startswith("the mistake quiz_axis__a raises ") and said in caught.value.what
    assert caught.value.advice == "Write a function without arguments that returns the wrong letter."
    assert lines[caught.value.line - 1].startswith("def quiz_axis__a")


@pytest.mark.parametrize(
    ("got", "reason", "is_broken"),
    [
        ("NameError: name 'matt' is not defined", "raised", True),
        ("UnboundLocalError: cannot access local variable 'n'", "raised", True),
        ("AttributeError: module 'numpy' has no attribute 'linag'", "raised", True),
        ("AttributeError: 'list' object has no attribute 'shape'", "raised", False),
        ("ValueError: shapes do not fit", "raised", False),
        ("NameError", "values", False),
    ],
)
def test_a_mistake_is_broken_when_it_stumbles(got, reason, is_broken):
    result = SimpleNamespace(explanation=SimpleNamespace(got=got, reason=reason))
    assert broken(result) is is_broken


def test_what_was_not_rejected_is_not_broken():
    assert broken(SimpleNamespace(explanation=None)) is False

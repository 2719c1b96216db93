"""The generated class is what it says: right ones pass, wrong ones fail where they should, and nothing else is different."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.classroom import KINDS, Pupil, classroom
from tests.workbook.conftest import write_home
from tests.workbook.handwriting import material, writings
from workbook.build.formats import nbformat_module
from workbook.build.notebooks import build_notebook, to_text
from workbook.lab.testing import results_of
from workbook.model import Chapter, Home, Part, SourceFile, Status, find_home
from workbook.model.source import STUB


@dataclass(frozen=True)
class Class:
    """A class that has handed in."""

    home: Home
    chapter: Chapter
    part: Part
    folder: Path
    pupils: list[Pupil]

    def files(self, pupil: Pupil) -> dict[str, bytes]:
        place = self.folder / "submitted" / pupil.student / self.part.name
        return {path.name: path.read_bytes() for path in sorted(place.iterdir())}

    def notebook(self, pupil: Pupil) -> dict[str, Any]:
        return json.loads(self.files(pupil)[f"{self.part.name}.ipynb"])

    def undamaged(self) -> Iterator[tuple[Pupil, dict[str, Any]]]:
        return ((pupil, self.notebook(pupil)) for pupil in self.pupils if pupil.kind != "damaged")

    def released(self) -> dict[str, Any]:
        path = self.folder / "release" / self.part.name / f"{self.part.name}.ipynb"
        return json.loads(path.read_text(encoding="utf-8"))


def released_small(root: Path) -> tuple[Home, Path]:
    """The small course, released by nbgrader's own preprocessors without starting nbgrader."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    home = write_home(root)
    part = home.chapters[0].parts[0]
    notebook = build_notebook(home.chapters[0], part, "course")
    for preprocessor in (ClearSolutions(code_stub={"python": STUB}), ClearHiddenTests()):
        notebook, _ = preprocessor.preprocess(notebook, {})
    path = root / "course" / "release" / part.name / f"{part.name}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(to_text(notebook), encoding="utf-8")
    return home, root / "course"


def gathered(home: Home, part: Part, folder: Path, count: int, seed: int = 0) -> Class:
    chapter = home.part(part.name)[0]
    return Class(home, chapter, part, folder, classroom(home, chapter, part, folder, count, seed))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Class:
    home, folder = released_small(tmp_path_factory.mktemp("small"))
    return gathered(home, home.chapters[0].parts[0], folder, 120)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Some students of the real chapter, in a course that nbgrader itself has released."""
    home = find_home(Path(__file__).parent)
    return gathered(home, home.part("part3_einsum")[1], tmp_path_factory.mktemp("real") / "course", 20)


@pytest.fixture(params=["small", "real"])
def group(request: pytest.FixtureRequest) -> Class:
    found: Class = request.getfixturevalue(request.param)
    return found


# --- the class --------------------------------------------------------------------------------------------------------


def test_the_mixture(small: Class) -> None:
    count = Counter(pupil.kind for pupil in small.pupils)
    assert {kind: count[kind] for kind in KINDS} == {"right": 60, "wrong": 40, "untouched": 12, "damaged": 8}
    assert len({pupil.student for pupil in small.pupils}) == 120
    assert not all(pupil.student.isascii() for pupil in small.pupils)


def test_the_same_seed_gives_the_same_class_and_a_smaller_one_is_its_beginning(small: Class, tmp_path: Path) -> None:
    home, folder = released_small(tmp_path)
    again = gathered(home, small.part, folder, 40)
    assert again.pupils == small.pupils[:40]
    assert [again.files(pupil) for pupil in again.pupils] == [small.files(pupil) for pupil in small.pupils[:40]]


def test_another_seed_gives_another_class(small: Class, tmp_path: Path) -> None:
    home, folder = released_small(tmp_path)
    assert [pupil.kind for pupil in gathered(home, small.part, folder, 30, seed=1).pupils] != [p.kind for p in small.pupils[:30]]


def test_every_verdict_is_the_expected_one(group: Class) -> None:
    names = [exercise.name for exercise in group.part.exercises if exercise.kind != "question"]
    known = 0
    for number, pupil in enumerate(group.pupils):
        if pupil.kind == "damaged":
            continue
        path = group.folder / "submitted" / pupil.student / group.part.name / f"{group.part.name}.ipynb"
        found = {result.exercise: result.status is Status.PASSED for result, _ in results_of(group.home, path, names, number)}
        expected = {name: passes for name, passes in pupil.expected.items() if passes is not None}
        assert {name: found[name] for name in expected} == expected, pupil
        known += len(expected)
    assert known > 0.9 * len(names) * sum(pupil.kind != "damaged" for pupil in group.pupils)


def test_what_the_kinds_promise(small: Class) -> None:
    verdicts: dict[str, list[set[bool | None]]] = {kind: [] for kind in KINDS}
    for pupil in small.pupils:
        verdicts[pupil.kind].append({*pupil.expected.values()})
    assert all(found == {True} for found in verdicts["right"])
    assert all(False in found for found in verdicts["wrong"] + verdicts["untouched"])
    assert {False} in verdicts["untouched"] and {True, False} in verdicts["untouched"]
    assert {False} in verdicts["damaged"] and {True} in verdicts["damaged"]


def test_an_answer_that_calls_a_wrong_one_is_not_known(small: Class) -> None:
    """mean_trace of the small course calls trace_of, in its solution only."""
    unknown = [pupil for pupil in small.pupils if pupil.kind == "wrong" and pupil.expected["mean_trace"] is None]
    assert unknown and all(pupil.expected["trace_of"] is False for pupil in unknown)
    assert all(value is not None for pupil in small.pupils if pupil.kind == "right" for value in pupil.expected.values())


def test_some_cheat(small: Class) -> None:
    cheats = [pupil for pupil in small.pupils if not pupil.honest]
    assert cheats and all(pupil.kind == "wrong" and False in pupil.expected.values() for pupil in cheats)


# --- the notebooks ----------------------------------------------------------------------------------------------------


def test_undamaged_notebooks_are_valid(group: Class) -> None:
    for _, notebook in group.undamaged():
        nbformat_module().validate(notebook)


def test_only_answers_were_written_over(group: Class) -> None:
    """Every cell of the release is there once, in its place, and the locked ones as they were."""
    before = {cell["id"]: cell for cell in group.released()["cells"]}
    for pupil, notebook in group.undamaged():
        after = {cell["id"]: cell for cell in notebook["cells"] if cell["id"] in before}
        assert [*after] == [*before] and len(notebook["cells"]) == len({cell["id"] for cell in notebook["cells"]}), pupil
        assert all(after[key]["metadata"] == before[key]["metadata"] for key in before)
        changed = {key for key in before if after[key]["source"] != before[key]["source"]}
        assert changed <= {f"answer-{exercise.name}" for exercise in group.part.exercises}
        assert bool(changed) or pupil.kind == "untouched"


def test_no_sentence_of_a_mistake_is_handed_in(group: Class) -> None:
    assert group.chapter.mistakes is not None
    source = SourceFile.read(group.chapter.mistakes / f"{group.part.name}.py")
    sentences = [definition.docstring for definition in source.definitions.values() if definition.docstring]
    assert len(sentences) > 10
    for pupil, notebook in group.undamaged():
        text = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
        assert not [sentence for sentence in sentences if sentence in text], pupil


# --- how answers are written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["double", "checked_ratio", "trace_of", "Meter"])
def test_every_way_of_writing_runs(chapter: Chapter, name: str) -> None:
    import jaxtyping
    import numpy as np

    model = SourceFile.read(chapter.source("part1_small")).definitions[name]
    ways = writings(name, model, model)
    assert len(set(ways)) == len(ways) and (len(ways) >= 5 or name == "Meter")
    for text in ways:
        names: dict[str, Any] = {"np": np, **vars(jaxtyping)}
        exec(text, names)
        assert "SOLUTION" not in text and callable(names[name])


def test_a_variant_gets_the_name_the_signature_and_the_docstring_of_the_exercise(chapter: Chapter) -> None:
    model = SourceFile.read(chapter.source("part1_small")).definitions["double"]
    assert chapter.mistakes is not None
    mistake = SourceFile.read(chapter.mistakes / "part1_small.py").definitions["double__square"]
    ways = writings("double", mistake, model)
    assert ways[0].startswith(model.text.splitlines()[0]) and model.docstring.splitlines()[0] in ways[0]
    assert "def double(x):\n    return x * x" in ways
    assert all("double__square" not in text and "yourself" not in text and "x * x" in text for text in ways)


def test_an_answer_brings_its_helpers_and_imports() -> None:
    home = find_home(Path(__file__).parent)
    chapter, part = home.part("part3_einsum")
    found = material(chapter, part)
    through_numpy = next(answer for answer in found.right["conv1d_minimal"] if "_numpy_windows" in answer.uses)
    assert [text.partition("(")[0] for text in through_numpy.helpers] == ["def _numpy_windows"]
    assert through_numpy.imports == ("from einops import einsum",)
    solution = found.right["conv1d_minimal"][0]
    assert (solution.helpers, solution.imports) == ((), ())

"""What the grader found out about a class that never was: seeded `Graded` objects, as like a real class as its overview needs."""

from __future__ import annotations

import ast
from random import Random

from workbook.grade.records import Graded
from workbook.model import Chapter, Explanation, Part, Result, Status

__all__ = ["graded_class"]

_GIVEN = (
    "ada",
    "bela",
    "chiara",
    "deniz",
    "elif",
    "farid",
    "grace",
    "hana",
    "ines",
    "jonas",
    "kofi",
    "lena",
    "mateo",
    "noor",
    "olga",
)
_NOT_GRADED = (
    "the notebook is not JSON: it ends in the middle of a cell (line 812).",
    "there is no notebook in the submitted folder.",
    "time limit: the submission used its 60 s before the first exercise was tested.",
)
_FACTS = {
    "value": "3 of 12 entries differ.",
    "shape": "the result has shape (3, 2), expected (2, 3).",
    "raised": "it raised ValueError.",
}


def graded_class(chapter: Chapter, part: Part, count: int, seed: int = 0) -> list[Graded]:
    """A class of `count`: able and less able students, hard and easy exercises, a few who left early or could not be graded."""
    sentences = _sentences(chapter, part)
    return [_student(part, sentences, number, seed) for number in range(count)]


def _sentences(chapter: Chapter, part: Part) -> dict[str, list[tuple[str, str]]]:
    """Exercise to its known mistakes: name and sentence."""
    assert chapter.mistakes is not None
    tree = ast.parse((chapter.mistakes / f"{part.name}.py").read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, str]]] = {exercise.name: [] for exercise in part.exercises}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and "__" in node.name:
            function, _, name = node.name.partition("__")
            owner = next(exercise.name for exercise in part.exercises if function in exercise.functions)
            found[owner].append((name, (ast.get_docstring(node) or "").splitlines()[0]))
    return found


def _student(part: Part, sentences: dict[str, list[tuple[str, str]]], number: int, seed: int) -> Graded:
    rng = Random(f"{seed} {part.name} {number}")
    name = f"{rng.choice(_GIVEN)}.{number:04}"
    if rng.random() < 0.04:
        return Graded(name, part.name, seed=number, not_graded=rng.choice(_NOT_GRADED))
    tested = [exercise for exercise in part.exercises if exercise.kind != "question"]
    able = rng.gauss(0.75, 0.45)
    stays = len(tested) if rng.random() < 0.75 else rng.randrange(len(tested))
    results, hidden = [], []
    for place, exercise in enumerate(tested):
        hard = exercise.difficulty / 4 + 0.25 * Random(exercise.name).random() - 0.4
        if place >= stays:
            status = Status.UNSOLVED if rng.random() < 0.9 else Status.MISSING
        else:
            status = Status.PASSED if able - hard + rng.gauss(0, 0.25) > 0 else Status.FAILED
        told = _explanation(exercise.name, sentences[exercise.name], rng) if status is Status.FAILED else None
        if told and rng.random() < 0.03:
            hidden.append(exercise.name)
        results.append(Result(exercise.name, status, str(status), told, seed=number))
    questions = [exercise.name for exercise in part.exercises if exercise.kind == "question"]
    written = {name: "Because both see the same memory." if rng.random() < able else None for name in questions}
    return Graded(name, part.name, seed=number, results=tuple(results), hidden=tuple(hidden), written=written, seconds=0.1)


def _explanation(exercise: str, known: list[tuple[str, str]], rng: Random) -> Explanation:
    if known and rng.random() < 0.8:
        # The first mistake of an exercise is the one that most people make.
        name, sentence = known[min(int(rng.expovariate(1.2)), len(known) - 1)]
        return Explanation(exercise, "value", _FACTS["value"], mistake=sentence, mistake_name=name)
    reason = rng.choice(sorted(_FACTS))
    return Explanation(exercise, reason, _FACTS[reason])

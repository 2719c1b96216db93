"""Every verdict is the same beside the student's code and through the channel: solutions, stubs, mistakes, alternatives."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest

from tests.workbook.farcells import FarCells, warm_sandbox
from workbook.build.editions import modules
from workbook.check import cases
from workbook.check.run import find_test, run_test
from workbook.check.trial import Trial
from workbook.grade.attempt import Attempt
from workbook.grade.records import Limits
from workbook.grade.sandbox.nursery import Guest, Nursery, missing
from workbook.model import Chapter, Exercise, Result, SourceFile, Status, find_home

HOME = find_home()
CHAPTER = HOME.chapters[0]
EXERCISES = [exercise for exercise in CHAPTER.exercises.values() if exercise.kind != "question"]
# Mistakes and alternatives are modules of their own, as they are here; they import what they build on from the part's solutions,
# and those come back after each variant.
SOLVED = """
import linecache, sys, types

def module(name, text):
    made = sys.modules[name] = types.ModuleType(name)
    linecache.cache[f"<{{name}}>"] = (len(text), None, text.splitlines(keepends=True), f"<{{name}}>")
    exec(compile(text, f"<{{name}}>", "exec"), made.__dict__)
    return made

solved = sys.modules["{part}"] = types.ModuleType("{part}")
solved.__dict__.update({{name: value for name, value in globals().items() if not name.startswith("__")}})
"""
pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}")


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with warm_sandbox(HOME) as nursery:
        yield nursery


class Desk(FarCells):
    """A student's process that holds a part's solution, where one function after another is replaced."""

    def result(self, chapter: Chapter, exercise: Exercise, seed: int) -> Result:
        found = self.attempt.begin(exercise)
        arguments = [found.values[name] for name in exercise.functions]
        return run_test(Trial(chapter, exercise, seed), find_test(chapter, exercise), arguments)


@pytest.fixture(scope="module")
def desks(nursery: Nursery) -> Iterator[dict[str, Desk]]:
    """Part to a desk with its solutions, mistakes and alternatives."""
    made, stack = {}, contextlib.ExitStack()
    for part in CHAPTER.parts:
        guest = stack.enter_context(contextlib.closing(Guest(nursery.address)))
        attempt = stack.enter_context(Attempt(guest, [], {}, 0, Limits(submission=1200), None, modules(CHAPTER, part)))
        made[part.name] = desk = Desk(attempt)
        desk.run(CHAPTER.source(part.name).read_text(encoding="utf-8"), SOLVED.format(part=part.name))
        for name, folder in (("mistakes", CHAPTER.mistakes), ("alternatives", CHAPTER.alternatives)):
            path = folder / f"{part.name}.py" if folder is not None else None
            if path is not None and path.is_file():
                desk.run(f"{name} = module({name!r}, {path.read_text(encoding='utf-8')!r})")
    with stack:
        yield made


def alike(local: Result, far: Result) -> None:
    """Everything but the time and the pictures."""

    def plain(result: Result) -> dict[str, Any]:
        explanation = result.explanation and asdict(replace(result.explanation, figures=()))
        return {**asdict(replace(result, seconds=0.0, figures=(), explanation=None)), "explanation": explanation}

    assert json.dumps(plain(far), indent=1, default=str) == json.dumps(plain(local), indent=1, default=str)


def variants() -> Iterator[Any]:
    for exercise in EXERCISES:
        names = ["solution", "stub", *cases.mistakes(CHAPTER, exercise)]
        names += [f"alternative {name}" for name in cases.alternatives(CHAPTER, exercise)]
        for name in names:
            yield pytest.param(exercise, name, id=f"{exercise.name}-{name.replace(' ', '-')}")


def local_answers(exercise: Exercise, variant: str) -> dict[str, Any]:
    if variant == "stub":
        return cases.stub(CHAPTER, exercise)
    solution = cases.solution(CHAPTER, exercise)
    if variant == "solution":
        return solution
    if variant.startswith("alternative "):
        return {**solution, **cases.alternatives(CHAPTER, exercise)[variant.removeprefix("alternative ")]}
    return {**solution, **cases.mistakes(CHAPTER, exercise)[variant]}


def bindings(exercise: Exercise, variant: str, answers: dict[str, Any]) -> list[str]:
    """Cells that put the variant in the solution's place."""
    if exercise.kind == "quiz":
        stub = SourceFile.read(CHAPTER.source(exercise.part)).definitions[exercise.name].stub()
        return [stub if variant == "stub" else f"{exercise.name} = {answers[exercise.name]!r}"]
    if variant == "stub":
        source = SourceFile.read(CHAPTER.source(exercise.part))
        return [source.definitions[name].stub() for name in exercise.functions]
    if variant == "solution":
        return [f"{name} = solved.{name}" for name in exercise.functions]
    where = "alternatives" if variant.startswith("alternative ") else "mistakes"
    own = {name: answers[name].__name__ for name in exercise.functions}
    return [f"{name} = {'solved' if name == written else where}.{written}" for name, written in own.items()]


@pytest.mark.parametrize(("exercise", "variant"), list(variants()))
def test_local_and_proxied_runs_agree(desks: dict[str, Desk], exercise: Exercise, variant: str) -> None:
    answers = local_answers(exercise, variant)
    local = run_test(Trial(CHAPTER, exercise, 5), find_test(CHAPTER, exercise), [answers[name] for name in exercise.functions])
    desk = desks[exercise.part]
    solved = cases.solution(CHAPTER, exercise)
    desk.run(*bindings(exercise, variant, answers))
    try:
        far = desk.result(CHAPTER, exercise, 5)
    finally:
        desk.run(*bindings(exercise, "solution", solved))
    alike(local, far)
    expected = {"solution": Status.PASSED, "stub": Status.UNSOLVED}
    assert far.status is expected.get(variant, Status.PASSED if variant.startswith("alternative ") else Status.FAILED)

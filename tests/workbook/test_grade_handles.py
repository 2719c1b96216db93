"""Tests of classes, generators, context managers and callbacks say the same beside the student's code and through the channel."""

from __future__ import annotations

import contextlib
import itertools
import json
import linecache
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.workbook.farcells import FarCells, warm_sandbox
from workbook import check
from workbook.check.run import find_test, run_test
from workbook.check.trial import Trial, begin
from workbook.errors import CheckFailure
from workbook.grade.attempt import Attempt
from workbook.grade.channel.far import Lost
from workbook.grade.channel.shared import Shared
from workbook.grade.records import Limits
from workbook.grade.sandbox.nursery import Guest, Nursery, missing
from workbook.model import Exercise, Result, SourceFile, Status, find_home

HOME = find_home(Path(__file__).parent / "classes")
CHAPTER = HOME.chapters[0]
PART = CHAPTER.parts[0].name
SOLUTION, MISTAKES, ALTERNATIVES = (
    SourceFile.read(folder / f"{PART}.py")
    for folder in (CHAPTER.solutions, CHAPTER.mistakes, CHAPTER.alternatives)
    if folder is not None
)
# The wrong and the other right answers take what they build on from here: their own names stand in its place meanwhile.
MACHINE = """
import sys, types
machine = sys.modules["machine"] = types.ModuleType("machine")
machine.__dict__.update({name: value for name, value in globals().items() if not name.startswith("__")})
"""
pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no sandbox here: {missing()}")


class Here:
    """A namespace in this process in which cells run, as in a notebook."""

    def __init__(self) -> None:
        self.module = types.ModuleType("__main__")
        self.count = itertools.count(1)

    def run(self, *sources: str) -> None:
        for source in sources:
            name = f"<cell {next(self.count)}>"
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
            exec(compile(source + "\n", name, "exec", dont_inherit=True), self.module.__dict__)

    def answers(self, exercise: Exercise) -> list[Any]:
        return [self.module.__dict__[name] for name in exercise.functions]


class There(FarCells):
    """The same in a student's process."""

    def answers(self, exercise: Exercise) -> list[Any]:
        found = self.attempt.begin(exercise)
        return [found.values[name] for name in exercise.functions]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with warm_sandbox(HOME) as nursery:
        yield nursery


@pytest.fixture(scope="module")
def desks(nursery: Nursery) -> Iterator[tuple[Here, There]]:
    with contextlib.closing(Guest(nursery.address)) as guest, Attempt(guest, [], {}, 0, Limits(submission=600)) as attempt:
        desks = Here(), There(attempt)
        for desk in desks:
            desk.run(SOLUTION.text, MACHINE, MISTAKES.text, ALTERNATIVES.text)
        yield desks
    del sys.modules["machine"]


def variants() -> Iterator[Any]:
    """Exercise, what the variant is called, and which names it puts in the place of which."""
    for exercise in CHAPTER.exercises.values():
        found: dict[str, dict[str, str]] = {"solution": {}, "stub": {}}
        if all(SOLUTION.definitions[name].stub() == SOLUTION.definitions[name].text for name in exercise.functions):
            del found["stub"]  # a class of fields only has no method whose body could be left out
        for label, source in (("mistake", MISTAKES), ("alternative", ALTERNATIVES)):
            for function, name in itertools.product(exercise.functions, source.definitions):
                if name.startswith(f"{function}__"):
                    found[f"{label} {name}"] = {function: name}
        for variant, replaced in found.items():
            yield pytest.param(exercise, variant, replaced, id=variant.replace(" ", "-") + f"-{exercise.name}" * (not replaced))


def bindings(exercise: Exercise, variant: str, replaced: dict[str, str]) -> list[str]:
    """Cells that put the variant in the solution's place."""
    if variant == "stub":
        return [SOLUTION.definitions[name].stub() for name in exercise.functions]
    return [f"{function} = {name}" for function, name in replaced.items()]


def restored(exercise: Exercise) -> list[str]:
    return [*(f"{name} = machine.{name}" for name in exercise.functions), "tracking = True"]


def plain(result: Result) -> str:
    """Everything but the time, the pictures, and where in memory things are."""
    explanation = result.explanation and asdict(replace(result.explanation, figures=()))
    told = {**asdict(replace(result, seconds=0.0, figures=(), explanation=None)), "explanation": explanation}
    return re.sub(r"\b0x[0-9a-f]+", "0x", json.dumps(told, indent=1))


def verdicts(desks: tuple[Here, There], exercise: Exercise, variant: str, replaced: dict[str, str]) -> list[Result]:
    results = []
    for desk in desks:
        desk.run(*bindings(exercise, variant, replaced))
        try:
            results.append(run_test(Trial(CHAPTER, exercise, 5), find_test(CHAPTER, exercise), desk.answers(exercise)))
        finally:
            desk.run(*restored(exercise))
    return results


@pytest.mark.parametrize(("exercise", "variant", "replaced"), list(variants()))
def test_verdict_and_explanation_are_the_same(
    desks: tuple[Here, There], exercise: Exercise, variant: str, replaced: dict[str, str]
) -> None:
    local, far = verdicts(desks, exercise, variant, replaced)
    assert plain(far) == plain(local)
    expected = {"solution": Status.PASSED, "stub": Status.UNSOLVED, "alternative": Status.PASSED, "mistake": Status.FAILED}
    assert far.status is expected[variant.partition(" ")[0]], plain(far)


# --- beyond what an honest answer does ----------------------------------------------------------------------------------


class Secret:
    """An object of the test's, as the student's code gets one."""

    expected = "the answer"
    _hidden = 42

    def method(self) -> int:
        return self._hidden


Secret.__module__ = "workbook_machines_test"  # as check.load names the modules of tests
AGAIN = CHAPTER.exercises["compose"]


@pytest.fixture
def there(desks: tuple[Here, There]) -> Iterator[Any]:
    """Gives the proxy of what an expression is in the student's process."""

    def made(expression: str, *before: str) -> Any:
        desks[1].run(*before, f"compose = {expression}")
        return desks[1].answers(AGAIN)[0]

    yield made
    desks[1].run(*restored(AGAIN))


def things() -> dict[str, Any]:
    def function() -> int:
        return 7

    return {
        "function": function,
        "generator": (n for n in "abc"),
        "module": json,
        "method": Secret().method,
        "object": Secret(),
        "class": Secret,
        "error": ValueError("text"),
        "exercise": AGAIN,
        "bytes": memoryview(b"abc"),
    }


@pytest.mark.parametrize("kind", things())
@pytest.mark.parametrize(
    "name",
    [
        *("__globals__", "__code__", "__closure__", "__self__", "__func__", "__class__", "__dict__", "__init__", "__subclasses__"),
        *("gi_frame", "gi_code", "loads", "codecs", "mro", "functions", "with_traceback", "__traceback__", "obj", "_hidden", 7),
    ],
)
def test_what_a_test_hands_over_gives_nothing_else_away(there: Any, kind: str, name: str) -> None:
    ask = there("lambda thing: there.operate('getattr', thing, NAME)", f"NAME = {name!r}", THERE)
    with pytest.raises(AttributeError, match="has no attribute"):
        ask(things()[kind])


# The student's code has the grader's own objects at hand: it may ask for whatever the channel can carry.
THERE = """
import gc
there = next(each for each in gc.get_objects() if type(each).__name__ == "Student")
"""


@pytest.mark.parametrize(
    "request_",
    ["'dir', thing", "'define', '1', 'x', {}", "'copy', thing", "'eval', '1'", "'call', int, thing", "'mul', 9, 9", "'pow'"],
)
def test_operations_that_are_not_offered(there: Any, request_: str) -> None:
    with pytest.raises(TypeError, match="not offered"):
        there(f"lambda thing: there.operate({request_})", THERE)(Secret())


def test_a_class_of_the_tests_is_not_changed(there: Any) -> None:
    change = there("lambda thing: setattr(thing, 'expected', 'mine')")
    with pytest.raises(AttributeError, match="expected"):
        change(Secret)
    assert Secret.expected == "the answer"
    secret = Secret()
    change(secret)
    assert secret.expected == "mine"


def test_special_attributes_are_never_asked_of_a_proxy(there: Any) -> None:
    source = """
asked = []
class Liar:
    def __getattr__(self, name):
        asked.append(name)
        return {"data": (0, False), "shape": (10**9,), "typestr": "<f8", "version": 3}
liar = Liar()
"""
    liar = there("liar", source)
    array = np.asarray(liar)
    assert array.dtype == object and array[()] is liar
    with contextlib.suppress(TypeError, RuntimeError, ValueError):
        torch.as_tensor(liar)
    assert not hasattr(liar, "__array_interface__") and not hasattr(liar, "__torch_function__")
    assert [name for name in there("asked") if name.startswith("__")] == []


def test_an_array_on_the_left(there: Any) -> None:
    tensor = there("Tensor__slots([1.0, 2.0])")
    got = np.array([10.0, 20.0], np.float32) * tensor
    assert got.array.tolist() == [10.0, 40.0]
    assert (np.float32(3) * tensor).array.tolist() == [3.0, 6.0]


def test_deriving_in_a_test_says_what_to_do(there: Any) -> None:
    base = there("Module")
    with pytest.raises(RuntimeError, match=r"check\.define"):
        type("Net", types.resolve_bases((base,)), {})


def test_a_failed_check_stays_failed(there: Any) -> None:
    hide = there("hide", "def hide(function):\n    try:\n        function()\n    except Exception:\n        return 'fine'")

    def fails() -> None:
        check.require(False, "It must not be called.")

    with pytest.raises(CheckFailure, match="must not be called"):
        hide(fails)
    assert hide(lambda: None) is None


def test_calls_within_each_other_come_to_an_end(there: Any) -> None:
    ping = there("lambda back: back(0)")

    def pong(_: int) -> Any:
        return ping(pong)

    with pytest.raises(RecursionError):
        ping(pong)
    assert ping(lambda n: n + 1) == 1


def test_a_function_may_use_handles_while_a_table_runs(there: Any) -> None:
    apply, double = there("compose", "compose = (lambda function, x: function(x), lambda x: 2 * x)")
    cases = [check.case(lambda x: double(x) + 1, n) for n in range(5)]
    with begin(Trial(CHAPTER, AGAIN)):
        check.agrees(apply, cases, lambda function, x: 2 * x + 1)


def test_stop_iteration_ends_no_loop_of_the_test(there: Any) -> None:
    stops = there("stops", "def stops(x):\n    raise StopIteration")
    with pytest.raises(RuntimeError):
        list(map(stops, [1, 2]))


def test_an_endless_iterator_is_stopped(nursery: Nursery) -> None:
    with contextlib.closing(Guest(nursery.address)) as guest, Attempt(guest, [], {}, 0, Limits(exercise=1.0)) as attempt:
        There(attempt).run("import itertools", "compose = itertools.count()")
        numbers = attempt.begin(AGAIN).values["compose"]
        with pytest.raises(Lost, match="did not finish"):
            list(numbers)
        with pytest.raises(Lost, match="did not finish"):
            next(numbers)


def test_arrays_are_given_back_as_they_were() -> None:
    memory, array = Shared(1 << 20), np.arange(4.0)
    raw = array.view(np.uint8)
    token = memory.keep(raw.__array_interface__["data"][0], raw)
    memory.frozen = {token}
    memory.rewrite(token, bytes(32))
    assert array.tolist() == [0, 1, 2, 3]  # an input of a table, from which what is right is computed
    memory.frozen = set()
    memory.rewrite(token, bytes(32))
    assert array.tolist() == [0, 0, 0, 0]
    memory.forget()
    assert array.tolist() == [0, 1, 2, 3]

"""Conversations that were led before are led again without the test, and only where every byte is the same."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.workbook.farcells import warm_sandbox
from workbook.check import cases
from workbook.grade import runner, transcript
from workbook.grade.attempt import Attempt, Code
from workbook.grade.channel.pipe import Message, provided
from workbook.grade.reading.submission import Submission
from workbook.grade.records import Graded, Limits, Task
from workbook.grade.runner import _Session
from workbook.grade.sandbox.nursery import Guest, Nursery
from workbook.grade.transcript import Diverged, Line, Transcripts
from workbook.model import Result, Status, find_home

ROOT = Path(__file__).resolve().parents[2]
HOME = find_home(ROOT)
CHAPTER = HOME.chapters[0]
LIMITS = Limits()


class Fake:
    """The other end of a pipe: says what it was told to say, and notes what it hears."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.until: float | None = None
        self.answers = deque(answers)
        self.heard: list[bytes] = []
        self.asked: deque[bytes] = deque()
        self.condition = provided(b"")[0]
        self.sent = 0

    def hold(self, structure: bytes, blobs: list[Any]) -> None:
        self.asked.append(structure + b"".join(map(bytes, blobs)))

    def send(self, structure: bytes, blobs: list[Any]) -> None:
        self.sent += 1
        self.hold(structure, blobs)

    def message(self) -> Message:
        while self.asked and not self.asked[0].startswith(self.condition):
            self.heard.append(self.asked.popleft())
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        said = Message([answer, b"blob"], together=False, limit=1 << 20)
        if self.asked and self.asked.popleft() != provided(said.digest())[0]:
            self.asked.clear()  # what was asked for another answer is not heeded
        return said


def talk(line: Line, *words: bytes) -> list[bytes]:
    """A test: it asks for each word and gets an answer; the next question depends on it."""
    heard: list[bytes] = []
    for word in words:
        line.send(word, [b"input" + b"".join(heard)])
        heard.append(line.receive()[0])
    return heard


def kept(transcripts: Transcripts, *answers: bytes, words: tuple[bytes, ...] = (b"one", b"two")) -> None:
    line = Line(Fake(*answers), transcripts)
    assert line.known("key") is None
    talk(line, *words)
    line.close(b"verdict of " + b" ".join(answers))


def test_the_same_conversation_has_the_same_verdict() -> None:
    transcripts = Transcripts()
    kept(transcripts, b"a", b"b")
    fake = Fake(b"a", b"b")
    assert Line(fake, transcripts).known("key") == b"verdict of a b"
    assert fake.heard == [b"oneinput", b"twoinputa"]
    assert fake.sent == 1, "what comes next is asked at once, for the answer that is likely"
    assert Line(Fake(), transcripts).known("another key") is None


@pytest.mark.parametrize("answers", [(b"x", b"b"), (b"a", b"x"), (b"a", b"")])
def test_one_other_byte_is_another_conversation(answers: tuple[bytes, ...]) -> None:
    transcripts = Transcripts()
    kept(transcripts, b"a", b"b")
    fake = Fake(*answers)
    line = Line(fake, transcripts)
    assert line.known("key") is None
    assert talk(line, b"one", b"two") == list(answers)
    assert fake.heard == [b"oneinput", b"twoinput" + answers[0]], "nothing is asked twice, and nothing is left out"
    line.close("other")
    assert Line(Fake(*answers), transcripts).known("key") == "other"
    assert Line(Fake(b"a", b"b"), transcripts).known("key") == b"verdict of a b"


def test_a_blob_counts_as_much_as_the_rest() -> None:
    transcripts = Transcripts()
    kept(transcripts, b"a", b"b")
    fake = Fake(b"a", b"b")
    whole = fake.message
    fake.message = lambda: Message([whole().parts[0], b"blo", b"b"], together=False, limit=1)  # type: ignore[method-assign]
    assert Line(fake, transcripts).known("key") is None


@pytest.mark.parametrize("error", [TimeoutError("too long"), EOFError("gone"), BrokenPipeError("gone")])
@pytest.mark.parametrize("before", [(), (b"a",)])
def test_an_error_comes_to_the_test_where_it_happened(error: Exception, before: tuple[bytes, ...]) -> None:
    transcripts = Transcripts()
    kept(transcripts, b"a", b"b")
    line = Line(Fake(*before, error), transcripts)
    assert line.known("key") is None
    with pytest.raises(type(error), match=str(error)):
        talk(line, b"one", b"two")
    line.close("never")
    assert Line(Fake(b"a", b"b"), transcripts).known("key") == b"verdict of a b"


def test_what_was_cut_off_is_no_conversation() -> None:
    transcripts = Transcripts()
    line = Line(Fake(), transcripts)
    assert line.known("key") is None
    line.send(b"one", [])  # and the test ends here, with an error of its own
    kept(transcripts, b"a", b"b")
    assert Line(Fake(b"a", b"b"), transcripts).known("key") == b"verdict of a b"


def test_a_test_that_does_not_repeat_itself_is_noticed() -> None:
    transcripts = Transcripts()
    kept(transcripts, b"a", b"b")
    for words in ((b"other", b"two"), (b"one", b"other")):
        line = Line(Fake(b"a", b"x"), transcripts)
        assert line.known("key") is None
        with pytest.raises(Diverged):
            talk(line, *words)


@pytest.mark.parametrize(("name", "value"), [("_STEPS", 10), ("_BYTES", 1000)])
def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    monkeypatch.setattr(transcript, name, value)
    transcripts = Transcripts()
    most = 0
    for number in range(200):
        line = Line(Fake(b"a", b"%d" % number), transcripts)
        line.known(number)
        talk(line, b"one" * 20, b"two")
        line.close(number)
        most = max(most, len(transcripts._first))
    assert 1 < most < 100


# --- with real tests ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with warm_sandbox(HOME) as nursery:
        yield nursery


def graded(
    nursery: Nursery, transcripts: Transcripts, sources: Mapping[int, str], seed: int = 5, limits: Limits = LIMITS
) -> dict[str, Result]:
    """The results of a part's submission whose cells are these."""
    part = HOME.part("part3_einsum")[1]
    task = Task(CHAPTER.name, part.name, "student", {}, seed=seed, limits=limits)
    submission = Submission("part3_einsum.ipynb", (), (), {})
    with contextlib.closing(Guest(nursery.address)) as guest:
        session = _Session(CHAPTER, part, task, submission, guest, transcripts)
        session.attempt = Attempt(guest, [Code(*item) for item in sources.items()], {}, seed, task.limits, transcripts)
        found = session.run(Graded("student", part.name, seed))
    return {result.exercise: result for result in found.results}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the exercises whose tests were run."""
    ran: list[str] = []

    def run_test(trial: Any, *rest: Any) -> Result:
        ran.append(trial.name)
        return real(trial, *rest)

    real = runner.run_test
    monkeypatch.setattr(runner, "run_test", run_test)
    return ran


def told(results: Mapping[str, Result]) -> dict[str, Any]:
    return {name: {**result.as_dict(), "seconds": 0} for name, result in results.items()}


def test_equal_answers_are_judged_once(nursery: Nursery, runs: list[str]) -> None:
    source = CHAPTER.source("part3_einsum").read_text(encoding="utf-8")
    wrong = cases.mistakes(CHAPTER, CHAPTER.exercises["einsum_mm"])
    transcripts = Transcripts()
    first = graded(nursery, transcripts, {1: source, 2: "def einsum_trace(mat):\n    return mat[0, 0]"})
    assert first["einsum_trace"].status is Status.FAILED and first["einsum_mm"].status is Status.PASSED
    assert "einsum_mm" in runs and "einsum_trace" in runs and wrong
    runs.clear()
    # Another text, in other cells, that does the same; one exercise is answered otherwise.
    other = {
        1: "a = 1",
        2: source,
        3: "def einsum_trace(mat):\n    return mat[0, 0]",
        4: "def einsum_mv(mat, vec):\n    return mat[0]",
    }
    second = graded(nursery, transcripts, other)
    assert set(runs) == {"einsum_mv"}
    first_told, second_told = told(first), told(second)
    assert second["einsum_mv"].status is Status.FAILED
    del first_told["einsum_mv"], second_told["einsum_mv"]
    assert first_told == second_told
    runs.clear()
    assert told(graded(nursery, transcripts, other)) == told(second) and not runs
    graded(nursery, transcripts, other, seed=6)
    assert "einsum_mm" in runs, "other inputs, another conversation"


def test_a_test_that_draws_by_itself_is_judged_each_time(nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    source = CHAPTER.source("part3_einsum").read_text(encoding="utf-8")
    numbers = iter(range(100))

    def test_einsum_trace(einsum_trace: Any) -> None:
        from workbook import check

        size = 2 + next(numbers)
        check.agrees(einsum_trace, [check.case(np.arange(float(size * size)).reshape(size, size))], lambda mat: mat.trace())

    real = runner.find_test
    monkeypatch.setattr(runner, "find_test", lambda *pair: test_einsum_trace if pair[1].name == "einsum_trace" else real(*pair))
    transcripts = Transcripts()
    for _ in range(2):
        results = graded(nursery, transcripts, {1: source})
        assert {result.status for result in results.values()} <= {Status.PASSED}, told(results)
    wrong = graded(nursery, transcripts, {1: source, 2: "def einsum_trace(mat):\n    return mat[0, 0]"})
    assert [name for name, result in wrong.items() if result.status is not Status.PASSED] == ["einsum_trace"]


LATE = """
def einsum_mm(mat1, mat2):
    while mat1.dtype.kind == "f":
        pass
    return mat1 @ mat2
"""
SCRIBBLER = """
import os, sys
frame = sys._getframe()
while not hasattr(frame.f_locals.get("student"), "progress"):
    frame = frame.f_back
page = frame.f_locals["student"].progress
def einsum_mm(mat1, mat2):
    page[:] = b"\\xff\\xff\\xff\\x7f"
    try:
        page.resize(1 << 20)
    except (OSError, SystemError, ValueError):
        while True:
            pass
"""


def test_the_call_that_has_no_end_is_named(nursery: Nursery) -> None:
    source = CHAPTER.source("part3_einsum").read_text(encoding="utf-8")
    result = graded(nursery, Transcripts(), {1: source, 2: LATE}, limits=Limits(exercise=1.0))["einsum_mm"]
    assert result.explanation is not None and result.explanation.reason == "time"
    kinds = [text.split()[-4] for _, text in result.explanation.arguments]
    assert kinds == ["float64", "float64"], "not the first case, which has whole numbers"


def test_a_number_that_is_none_does_no_harm(nursery: Nursery) -> None:
    source = CHAPTER.source("part3_einsum").read_text(encoding="utf-8")
    results = graded(nursery, Transcripts(), {1: source, 2: SCRIBBLER}, limits=Limits(exercise=1.0))
    failed = [name for name, result in results.items() if result.status is not Status.PASSED]
    assert failed == ["einsum_mm"]
    explanation = results["einsum_mm"].explanation
    assert explanation is not None and explanation.reason == "time" and explanation.call.startswith("einsum_mm(mat1, mat2)")

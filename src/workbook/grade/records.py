"""What travels between the submitting process, its workers and the gradebook: plain data only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbook.model import Chapter, Explanation, Part, Result, Status

__all__ = ["Graded", "Limits", "Task", "digest", "tests_digest"]


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell, exercise, submission: wall time in seconds, of one cell, of one exercise's test, of everything together.
        cpu: processor time of the submission's process, in seconds.
        memory: MiB that the submission may allocate, on top of the libraries.
        scratch: MiB of its private folder.
        file_size: MiB of a single file.
        open_files: descriptors.
        threads: processes and threads together; new processes are refused in any case.
        frame: MiB of one message on the channel.
    """

    cell: float = 10.0
    exercise: float = 10.0
    submission: float = 60.0
    cpu: float = 60.0
    memory: int = 1024
    scratch: int = 64
    file_size: int = 16
    open_files: int = 64
    threads: int = 64
    frame: int = 64


@dataclass(frozen=True)
class Task:
    """One submission to grade.

    Attributes:
        chapter, part: names.
        student: nbgrader's id of the student.
        files: name to content of the notebooks in the submitted folder.
        seed: the random inputs of this submission's tests are drawn with it; with 0, and `fresh` given, the worker makes one.
        tests: digest of the tests that the submitting process has; a worker with others refuses.
        limits, unsafe: see `Limits`, and `--unsafe`.
        fresh: a number of the run, of which a worker makes a seed.
    """

    chapter: str
    part: str
    student: str
    files: Mapping[str, bytes] = field(repr=False)
    seed: int = 0
    tests: str = ""
    limits: Limits = Limits()
    unsafe: bool = False
    fresh: int = 0

    @property
    def digest(self) -> str:
        """Of the submitted files: a submission with the same digest need not be graded again."""
        return digest(*(part for name in sorted(self.files) for part in (name.encode(), self.files[name])))


@dataclass(frozen=True)
class Graded:
    """What became of one submission.

    Attributes:
        student, part: whose, and of which assignment.
        seed: what the tests' random inputs were drawn with.
        submission, tests: digests of the submitted files and of the tests.
        results: one a tested exercise, in course order; written questions have none.
        hidden: names of exercises that pass the visible test and fail on the inputs drawn for this submission.
        written: question to the student's text; None where it is missing or still the template.
        notes: remarks on the submission as a whole ("cell 7: lines that start with % or ! were left out").
        not_graded: why there are no results, or "".
        unsafe: graded without isolation.
        seconds: wall time.
        notebook: text of the notebook for nbgrader's autograded folder.
    """

    student: str
    part: str
    seed: int = 0
    submission: str = ""
    tests: str = ""
    results: tuple[Result, ...] = ()
    hidden: tuple[str, ...] = ()
    written: Mapping[str, str | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    not_graded: str = ""
    unsafe: bool = False
    seconds: float = 0.0
    notebook: str = field(default="", repr=False)

    def passed(self, exercise: str) -> bool:
        return any(result.exercise == exercise and result.status is Status.PASSED for result in self.results)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the record in the gradebook and for `--json`; without the notebook."""
        return {
            "student": self.student,
            "part": self.part,
            "seed": self.seed,
            "submission": self.submission,
            "tests": self.tests,
            "results": [result.as_dict() for result in self.results],
            "hidden": list(self.hidden),
            "written": dict(self.written),
            "notes": list(self.notes),
            "not_graded": self.not_graded,
            "unsafe": self.unsafe,
            "seconds": round(self.seconds, 4),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Graded:
        """The inverse of `as_dict`."""
        rest = {key: value for key, value in data.items() if key not in ("results", "hidden", "notes")}
        results = tuple(_result(entry) for entry in data["results"])
        return cls(results=results, hidden=tuple(data["hidden"]), notes=tuple(data["notes"]), **rest)


def digest(*parts: bytes) -> str:
    """Of several byte strings, so that no two different lists give the same (SHA-256, 32 hexadecimal digits)."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()[:32]


def _result(entry: Mapping[str, Any]) -> Result:
    fields = {key: value for key, value in entry.items() if key not in ("status", "notes", "explanation")}
    result = Result(status=Status(entry["status"]), notes=tuple(entry["notes"]), **fields)
    told = entry["explanation"]
    if told is None:
        return result
    arguments = tuple((name, text) for name, text in told["arguments"])
    return replace(result, explanation=Explanation(**{**told, "arguments": arguments}))


def tests_digest(chapter: Chapter, part: Part) -> str:
    """Of everything that a part's verdicts depend on: tests, mistakes, solutions (signatures, letters), settings."""
    sources = [chapter.source(name) for name in (part.name, *part.builds_on)]
    files = [chapter.folder / "chapter.toml", *sorted(chapter.tests.glob("*.py")), *sources]
    if chapter.mistakes is not None:
        files.append(chapter.mistakes / f"{part.name}.py")
    found = [path for path in files if path.is_file()]
    return _digest_of(tuple((path, (status := path.stat()).st_mtime_ns, status.st_size) for path in found))


@lru_cache(maxsize=16)
def _digest_of(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Of some files' contents; they are given with time and size, so that they are read again when they have changed."""
    return digest(*(path.read_bytes() for path, _, _ in files))

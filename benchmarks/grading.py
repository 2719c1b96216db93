"""What grading a class costs: stock `nbgrader autograde` beside `workbook grade`, on the same submissions in the same run.

    python benchmarks/grading.py [--part part3_einsum] [--count 200] [--stock 20] [--workers 2] [--runs 1] [--large 2000] [--json]

Stock nbgrader grades `--stock` of the undamaged, honest submissions of a generated class, serially, as it is (0: all of
them); `workbook grade` grades all `--count`. Prints seconds per submission of both, their ratio, and every score that
differs: from nbgrader's, and from what the generator of the class knows. With `--large` a class of that size is graded
too: its cost per submission and its memory stand beside those of the smaller class. The machines are shared: compare
ratios, not seconds. The ratio depends on whether Python keeps bytecode of modules (with PYTHONDONTWRITEBYTECODE it does not): all
that starts without it takes longer, and nbgrader starts a kernel for each submission, while `workbook grade` then keeps it itself.
Exit code 1 when a score differs.

`--json` prints one object:
    part, workers: what was graded, and how.
    bytecode: does Python keep that of modules, beside them or elsewhere?
    first: seconds of the very first `workbook grade`, for one submission alone; it may compile the libraries.
    class: how many of each kind.
    start: the same of the second one, nearly all of it starting up.
    stock: submissions, seconds, each (seconds per submission).
    grade: the same of `workbook grade` (the median of the runs), and memory.
    large: the same of the larger class, or null.
    ratio: stock's `each` over ours.
    growth: the larger class' `each` over the smaller one's; growth_running: the same without `start`.
    compared: how many submissions both have graded; differences: [student, exercise, nbgrader's score, ours].
    known: how many verdicts the generator knows; unexpected: [class, student, kind, exercise, expected, our score].
    memory: resident, in MiB. submitting: its peak; workers: the peak of each long-lived process; passing: the largest peak
        of those that lived less than two seconds, which are the submissions' own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the class comes from the tests' generator

from tests.workbook.classroom import KINDS, Pupil, classroom, nbgrader_environment  # noqa: E402  # needs the line above
from workbook.model import Chapter, Home, Part, find_home  # noqa: E402

_LONG = 2.0  # seconds; a process that lives longer is a worker, not a submission
_LOOK = 0.25  # seconds between two looks at memory: peaks are the kernel's own, so that few looks suffice

Scores = dict[tuple[str, str], float]  # (student, exercise) to automatic score


@dataclass(frozen=True)
class Run:
    """One run of a command: wall time in seconds, and MiB of memory (see the module's text)."""

    seconds: float
    memory: dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """A course with a class, and the commands that grade it in fresh copies."""

    chapter: Chapter
    part: Part
    scratch: Path
    workers: int

    def copy(self, course: Path, name: str, students: list[str] | None = None) -> Path:
        """A copy of the course; of the submissions only those of `students` (None: all)."""
        place = self.scratch / name
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(course, place, ignore=None if students is None else shutil.ignore_patterns("submitted"))
        for student in students or []:
            shutil.copytree(course / "submitted" / student, place / "submitted" / student)
        return place

    def stock(self, course: Path) -> Run:
        return self._run([sys.executable, "-m", "nbgrader", "autograde", self.part.name], course, accepted=(0,))

    def grade(self, course: Path, *options: str) -> Run:
        command = [sys.executable, "-m", "workbook", "grade", self.part.name, "--course", str(course)]
        # 1 says that some submissions could not be graded: damaged ones are part of the class.
        return self._run([*command, "--workers", str(self.workers), *options], ROOT, accepted=(0, 1))

    def _run(self, command: list[str], folder: Path, accepted: tuple[int, ...]) -> Run:
        with tempfile.TemporaryFile() as said:
            start = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=folder, env=nbgrader_environment(self.scratch / "settings"), stdout=said, stderr=subprocess.STDOUT
            )
            memory = _watched(process)
            seconds = time.perf_counter() - start
            said.seek(0)
            text = said.read().decode(errors="replace")
        if process.returncode not in accepted:
            raise SystemExit(f"{' '.join(command)}\nended with exit code {process.returncode}:\n{text[-3000:]}")
        return Run(seconds, memory)


def _watched(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wait for a process and look meanwhile at the peaks of its memory and its descendants'."""
    peaks: dict[int, int] = {}
    seen: dict[int, tuple[float, float]] = {}
    while process.returncode is None:
        now = time.perf_counter()
        for pid in _family(process.pid):
            peaks[pid] = max(peaks.get(pid, 0), _peak(pid))
            seen[pid] = (seen.get(pid, (now, now))[0], now)
        try:
            process.wait(timeout=_LOOK)
        except subprocess.TimeoutExpired:
            continue
    mine = peaks.pop(process.pid, 0)
    long = {pid for pid in peaks if seen[pid][1] - seen[pid][0] >= _LONG}
    workers = sorted((round(peaks[pid] / 1024) for pid in long), reverse=True)
    passing = max((peak for pid, peak in peaks.items() if pid not in long), default=0)
    return {"submitting": round(mine / 1024), "workers": workers, "passing": round(passing / 1024)}


def _family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for one in found:
        try:
            for thread in Path(f"/proc/{one}/task").glob("*/children"):
                found += [int(child) for child in thread.read_text().split()]
        except OSError:  # it ended meanwhile
            continue
    return found


def _peak(pid: int) -> int:
    """Largest resident memory of a process so far, in KiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def scores(course: Path, part: Part) -> Scores:
    """All automatic scores of a part in a course's gradebook."""
    query = """
        SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score
        FROM grade
        JOIN base_cell ON base_cell.id = grade.cell_id
        JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
        JOIN assignment ON assignment.id = submitted_assignment.assignment_id
        WHERE assignment.name = ? AND grade.auto_score IS NOT NULL"""
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        return {(student, exercise): score for student, exercise, score in book.execute(query, (part.name,))}


def sample(pupils: list[Pupil], number: int) -> list[str]:
    """`number` of the undamaged, honest students, spread over the class (0: all of them)."""
    eligible = [pupil.student for pupil in pupils if pupil.honest and pupil.kind != "damaged"]
    number = min(number, len(eligible)) or len(eligible)
    return [eligible[place * len(eligible) // number] for place in range(number)]


def differences(part: Part, students: list[str], theirs: Scores, ours: Scores) -> list[list[Any]]:
    """Where the scores differ, or one of the two has none."""
    keys = [(student, exercise.name) for student in students for exercise in part.exercises if exercise.kind != "question"]
    return [[*key, theirs.get(key), ours.get(key)] for key in keys if theirs.get(key) is None or theirs.get(key) != ours.get(key)]


def unexpected(part: Part, pupils: list[Pupil], ours: Scores) -> list[list[Any]]:
    """Where our score is not what the generator knows; a submission that was not graded has no points."""
    found = []
    for pupil in pupils:
        for name, passes in pupil.expected.items():
            score = ours.get((pupil.student, name))
            if passes is not None and (score or 0) != (part.exercise(name).points if passes else 0):
                found.append([len(pupils), pupil.student, pupil.kind, name, passes, score])
    return found


def known(pupils: list[Pupil]) -> int:
    """How many verdicts the generator knows."""
    return sum(passes is not None for pupil in pupils for passes in pupil.expected.values())


def measured(bench: Bench, home: Home, options: argparse.Namespace) -> dict[str, Any]:
    """Everything that is printed."""
    part, course = bench.part, bench.scratch / "course"
    pupils = classroom(home, bench.chapter, part, course, options.count)
    students = sample(pupils, options.stock)
    # First what may fail at once; the stock grader takes minutes.
    first, start = (bench.grade(bench.copy(course, "one", students[:1])).seconds for _ in range(2))
    stock_course = bench.copy(course, "stock", students)
    stock = bench.stock(stock_course)
    places = [bench.copy(course, f"grade{number}") for number in range(options.runs)]
    runs = [bench.grade(place) for place in places]
    seconds = statistics.median(run.seconds for run in runs)
    graded = scores(places[0], part)
    found: dict[str, Any] = {
        "part": part.name,
        "workers": bench.workers,
        "bytecode": not sys.dont_write_bytecode,
        "class": {kind: Counter(pupil.kind for pupil in pupils)[kind] for kind in KINDS},
        "first": first,
        "start": start,
        "stock": {"submissions": len(students), "seconds": stock.seconds, "each": stock.seconds / len(students)},
        "grade": _cost(options.count, seconds, runs[0].memory),
        "ratio": stock.seconds / len(students) / (seconds / options.count),
        "compared": len(students),
        "differences": differences(part, students, scores(stock_course, part), graded),
        "known": known(pupils),
        "unexpected": unexpected(part, pupils, graded),
        "large": None,
    }
    if options.large:
        found |= _large(bench, home, options, found)
    return found


def _large(bench: Bench, home: Home, options: argparse.Namespace, small: dict[str, Any]) -> dict[str, Any]:
    course = bench.scratch / "large"
    shutil.copytree(bench.scratch / "course", course, ignore=shutil.ignore_patterns("submitted"))
    pupils = classroom(home, bench.chapter, bench.part, course, options.large)
    run = bench.grade(course)
    cost = _cost(options.large, run.seconds, run.memory)
    running = (run.seconds - small["start"]) / (options.large - 1)
    before = (small["grade"]["seconds"] - small["start"]) / (options.count - 1)
    return {
        "large": cost,
        "growth": cost["each"] / small["grade"]["each"],
        "growth_running": running / before,
        "known": small["known"] + known(pupils),
        "unexpected": small["unexpected"] + unexpected(bench.part, pupils, scores(course, bench.part)),
    }


def _cost(count: int, seconds: float, memory: dict[str, Any]) -> dict[str, Any]:
    return {"submissions": count, "seconds": seconds, "each": seconds / count, "memory": memory}


def told(found: dict[str, Any]) -> str:
    """The measurements for people."""
    kinds = ", ".join(f"{number} {kind}" for kind, number in found["class"].items())
    rows = {"nbgrader autograde": found["stock"], "workbook grade": found["grade"], "workbook grade, large": found["large"]}
    kept = "kept" if found["bytecode"] else "not kept"
    lines = [f"{found['part']}, {found['workers']} workers, a class of {found['grade']['submissions']}: {kinds} (bytecode {kept})"]
    for name, row in rows.items():
        if row:
            each = f"{1000 * row['each']:9.1f} ms a submission"
            lines.append(f"{name:<24}{each}   ({row['submissions']} in {row['seconds']:.1f} s)")
    starting = f"{found['start']:.1f} s, and {found['first']:.1f} s the first time"
    lines.append(f"one submission alone takes {starting}: that is what starting up costs")
    lines.append(f"ratio: {found['ratio']:.0f} times as fast per submission")
    if found["large"]:
        lines.append(f"large over small, per submission: {found['growth']:.2f}; without starting up: {found['growth_running']:.2f}")
    for name, row in list(rows.items())[1:]:
        if row:
            memory = row["memory"]
            lines.append(
                f"memory of {name}: submitting {memory['submitting']} MiB, workers {memory['workers']} MiB, "
                f"a submission at most {memory['passing']} MiB"
            )
    lines.append(f"scores that differ from nbgrader's: {len(found['differences'])} in {found['compared']} submissions")
    lines += [
        f"    {student}, {exercise}: nbgrader {theirs}, workbook {ours}" for student, exercise, theirs, ours in found["differences"]
    ]
    lines.append(f"scores that differ from what was expected: {len(found['unexpected'])} of {found['known']}")
    lines += [f"    {row[1]} of {row[0]} ({row[2]}), {row[3]}: expected {row[4]}, score {row[5]}" for row in found["unexpected"]]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", default="part3_einsum")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--stock", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    home = find_home(ROOT)
    chapter, part = home.part(options.part)
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Bench(chapter, part, Path(folder), options.workers), home, options)
    print(json.dumps(found, indent=2, ensure_ascii=False) if options.json else told(found))
    if found["differences"] or found["unexpected"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

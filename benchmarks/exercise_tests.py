"""What each exercise's test costs on its solution, after imports.

    python benchmarks/exercise_tests.py [--runs 7] [--slowest 10]

Prints the median over all tests and the slowest ones with their ratio to it. Every run draws other inputs; the first is
not counted.
"""

from __future__ import annotations

import argparse
import statistics
import time

from workbook.check import cases
from workbook.check.run import find_test, run_test
from workbook.check.trial import Trial
from workbook.model import Chapter, Exercise, Status, find_home


def milliseconds(chapter: Chapter, exercise: Exercise, runs: int) -> list[float]:
    """Times of `runs` runs with different seeds, after one that is not counted."""
    answers = cases.solution(chapter, exercise)
    arguments = [answers[name] for name in exercise.functions]
    test = find_test(chapter, exercise)
    times = []
    for seed in range(runs + 1):
        start = time.perf_counter()
        result = run_test(Trial(chapter, exercise, seed), test, arguments)
        times.append(1000 * (time.perf_counter() - start))
        assert result.status is Status.PASSED, f"{exercise.name} with seed {seed}: {result.message}"
    return times[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--slowest", type=int, default=10)
    options = parser.parse_args()
    rows = [
        (exercise.name, milliseconds(chapter, exercise, options.runs))
        for chapter, part in find_home().parts()
        for exercise in part.exercises
        if exercise.kind != "question"
    ]
    medians = {name: statistics.median(times) for name, times in rows}
    worst = {name: max(times) for name, times in rows}
    typical = statistics.median(medians.values())
    slowest, longest = max(medians.values()), max(worst.values())
    print(f"{len(rows)} tests: median {typical:.1f} ms, slowest median {slowest:.1f} ms, longest run {longest:.1f} ms")
    for name, median in sorted(medians.items(), key=lambda item: -item[1])[: options.slowest]:
        print(f"  {name:<28}{median:7.1f} ms   {median / typical:5.1f} x the typical test   (worst {worst[name]:.1f} ms)")


if __name__ == "__main__":
    main()

"""What building costs: `workbook build` from a cold start, as a whole process, beside a bare `import jupytext`.

    python benchmarks/build_time.py [--runs 5]

Prints medians in seconds and the ratio. The machines are shared: compare ratios, not seconds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    build = [sys.executable, "-m", "workbook", "build"]
    commands = {
        "import jupytext": [sys.executable, "-c", "import jupytext"],
        "workbook --help": [sys.executable, "-m", "workbook", "--help"],
        "workbook build": [*build, "--output"],
        "workbook build --check": [*build, "--check"],
        "workbook build --edition course": [*build, "--edition", "course", "--output"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):  # in turn, so that a slow minute hits all of them
        for name, command in commands.items():
            with tempfile.TemporaryDirectory() as folder:
                times[name].append(seconds([*command, folder] if command[-1] == "--output" else command))
    reference = statistics.median(times["import jupytext"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:<34}{median:7.2f} s   {median / reference:5.2f} x import jupytext   (max {max(values):.2f} s)")


if __name__ == "__main__":
    main()

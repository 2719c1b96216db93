"""Makes digits.npz, the pictures of part 7, out of the copy that scikit-learn brings along.

    python pack_digits.py            writes digits.npz beside this script
    python pack_digits.py --check    exits with an error unless digits.npz holds the same arrays

1797 handwritten digits, 8 x 8 pixels each: the test set of Optical Recognition of Handwritten Digits by E. Alpaydin and C. Kaynak
(UCI Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0). Whole numbers from 0 (paper) to 16 (ink), in
the original order. scikit-learn is needed here only, by whoever runs this script: neither student nor grader needs it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

TARGET = Path(__file__).with_name("digits.npz")


def arrays() -> dict[str, np.ndarray]:
    """`images`: UInt8, shape (1797, 8, 8), values 0 to 16. `labels`: UInt8, shape (1797,), values 0 to 9."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return {"images": digits.images.astype(np.uint8), "labels": digits.target.astype(np.uint8)}


def is_current(wanted: dict[str, np.ndarray]) -> bool:
    """Does the file hold these arrays? Its bytes may differ from machine to machine, with the library that compresses."""
    if not TARGET.is_file():
        return False
    with np.load(TARGET) as file:
        return set(file) == set(wanted) and all(
            file[name].dtype == wanted[name].dtype and np.array_equal(file[name], wanted[name]) for name in wanted
        )


def main(arguments: list[str] | None = None) -> int:
    """Write digits.npz, or compare with it. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Pack the digits of part 7.")
    parser.add_argument("--check", action="store_true", help=f"write nothing; say whether {TARGET.name} is up to date")
    if parser.parse_args(arguments).check:
        same = is_current(arrays())
        print(f"{TARGET.name} is {'up to date' if same else 'stale or missing: run pack_digits.py'}")
        return 0 if same else 1
    np.savez_compressed(TARGET, **arrays())
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes written")
    return 0


if __name__ == "__main__":
    sys.exit(main())

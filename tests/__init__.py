"""From the repository's root: `import tests; tests.test_einsum_mm(einsum_mm)`, as a notebook does after `workbook.start`."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__") or name.startswith("pytest"):
        raise AttributeError(name)
    from pathlib import Path

    from workbook.lab.notebook import Tests
    from workbook.model import find_home

    return getattr(Tests(find_home(Path(__file__).parent)), name)

"""From the repository's root: `import tests; tests.test_einsum_mm(einsum_mm)`, as a notebook does after `workbook.start`."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith(("_", "pytest")):  # what Python and pytest ask a package for
        raise AttributeError(name)
    return getattr(_tests(), name)


def __dir__() -> list[str]:
    return dir(_tests())


def _tests() -> Any:
    from pathlib import Path

    from workbook.lab.notebook import Tests
    from workbook.model import find_home

    return Tests(find_home(Path(__file__).parent))

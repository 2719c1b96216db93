"""Imports point down only, and `import workbook` is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import workbook

SOURCE = Path(workbook.__file__).parent

# What each layer may import, from the ground up. A layer may import itself; "workbook" is the package's own __init__.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "fetch": {"errors"},
    "model": {"errors"},
    "check": {"errors", "model", "show"},  # show inside functions only: see INSIDE_FUNCTIONS
    "show": {"errors", "model"},
    "play": {"errors", "show"},
    "build": {"errors", "model", "check", "show"},
    # `workbook.start` has a stand-in in the sandbox
    "grade": {"workbook", "errors", "fetch", "model", "check", "show", "build", "lab"},
    "lab": {"errors", "model", "check", "show", "build"},
    "cli": {"workbook", "errors", "model", "check", "show", "build", "grade", "lab"},
    "pytest_plugin": {"errors", "model", "check", "lab"},
    "workbook": {"lab"},  # `start`, inside the function
    "__main__": {"cli"},
}
# Layers of one level: they may use each other, but not at import time.
INSIDE_FUNCTIONS = {("check", "show"), ("workbook", "lab")}


def layer(module: str) -> str:
    """The layer of "workbook.check.call" is "check"; that of "workbook" itself is "workbook"."""
    words = module.split(".")
    return words[1] if len(words) > 1 else "workbook"


def module_name(path: Path) -> str:
    words = ["workbook", *path.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def imports(tree: ast.Module, name: str, *, package: bool) -> list[tuple[str, bool, int]]:
    """Modules of ours that a module imports: name, whether at import time, line."""
    inner = {id(node) for function in ast.walk(tree) if isinstance(function, FUNCTIONS) for node in ast.walk(function)}
    never = {id(node) for branch in ast.walk(tree) if typing_only(branch) for node in branch.body}
    found = []
    for node in ast.walk(tree):
        if id(node) in never:
            continue
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(name.split(".")[: len(name.split(".")) - node.level + package]) if node.level else ""
            origin = ".".join(filter(None, [base, node.module]))
            targets = [f"{origin}.{alias.name}" if origin == "workbook" else origin for alias in node.names]
        else:
            continue
        found += [(target, id(node) not in inner, node.lineno) for target in targets if target.split(".")[0] == "workbook"]
    return found


FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def wrong(path: Path, text: str) -> list[str]:
    """What a module imports against the rules."""
    name = module_name(path)
    own = layer(name)
    found = []
    for target, early, line in imports(ast.parse(text), name, package=path.name == "__init__.py"):
        other = layer(target) if layer(target) in ALLOWED else "workbook"  # `from workbook import __version__`
        if other != own and (other not in ALLOWED[own] or (early and (own, other) in INSIDE_FUNCTIONS)):
            found.append(f"{name}:{line} imports {target}")
    return found


def test_imports_point_down():
    paths = sorted(SOURCE.rglob("*.py"))
    assert len(paths) > 20
    assert [line for path in paths for line in wrong(path, path.read_text(encoding="utf-8"))] == []


def test_every_layer_is_listed():
    layers = {layer(module_name(path)) for path in SOURCE.rglob("*.py")}
    assert layers <= set(ALLOWED)


def test_the_list_has_no_circle_at_import_time():
    edges = {(own, other) for own, others in ALLOWED.items() for other in others} - INSIDE_FUNCTIONS
    order: list[str] = []
    while len(order) < len(ALLOWED):
        free = [own for own in ALLOWED if own not in order and all(b in order or b == "workbook" for a, b in edges if a == own)]
        assert free, f"a circle among {set(ALLOWED) - set(order)}"
        order += free
    assert order[0] == "errors"


@pytest.mark.parametrize(
    ("where", "text", "found"),
    [
        ("model/home.py", "from workbook.check.call import run", "workbook.model.home:1 imports workbook.check.call"),
        ("errors.py", "def f():\n    import workbook.model", "workbook.errors:2 imports workbook.model"),
        ("check/table.py", "from workbook.show import picture", "workbook.check.table:1 imports workbook.show"),
        ("check/table.py", "from workbook import show", "workbook.check.table:1 imports workbook.show"),
        ("check/table.py", "from ..cli import app", "workbook.check.table:1 imports workbook.cli"),
        ("check/__init__.py", "from ..cli import app", "workbook.check:1 imports workbook.cli"),
        (
            "build/text.py",
            "class A:\n    async def f():\n        from workbook.lab import answers",
            "workbook.build.text:3 imports workbook.lab",
        ),
    ],
)
def test_a_wrong_import_is_found(where, text, found):
    assert wrong(SOURCE / where, text) == [found]


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("check/table.py", "def draw():\n    from workbook.show import picture"),
        ("check/table.py", "from .compare import Rule\nfrom workbook.errors import Forbidden"),
        ("errors.py", "if TYPE_CHECKING:\n    from workbook.model import Explanation\nimport json"),
    ],
)
def test_a_right_import_is_let_pass(where, text):
    assert wrong(SOURCE / where, text) == []


HEAVY = ("torch", "IPython", "jupyter", "jupyter_core", "jupyter_client", "nbformat", "nbclient", "plotly", "jupytext", "numpy")


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import workbook", HEAVY),
        ("import workbook.errors, workbook.model", HEAVY),
        ("import workbook.pytest_plugin", HEAVY),
        ("from workbook import check", [name for name in HEAVY if name != "numpy"]),
        ("from workbook import fetch", [*HEAVY, "pooch", "requests"]),
        ("from workbook import show", [name for name in HEAVY if name != "numpy"]),
        ("from workbook import play", ["anywidget", *(name for name in HEAVY if name != "numpy")]),
    ],
)
def test_importing_loads_nothing_heavy(statement, heavy):
    code = f"{statement}; import sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"

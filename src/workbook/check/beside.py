"""What a test does beside the student's code: classes derived from theirs, names of earlier exercises."""

from __future__ import annotations

from typing import Any

from workbook.check.call import fail, name_of

__all__ = ["beside", "define"]


def define(source: str, name: str, /, **names: Any) -> Any:
    """Run `source` where the student's objects live; what it defines under `name`.

    A test cannot derive from a class that lives in another process, as it does while a class is graded. It writes

        net = check.define("class Net(Module): ...", "Net", Module=Module)

    Args:
        source: ordinary Python. The student's code can come to see it: it holds no answer.
        names: what `source` may use: the student's classes and functions, and modules by `import`.
    """
    for value in names.values():
        runs = getattr(type(value), "__workbook_define__", None)
        if runs is not None:
            return runs(value, source, name, names)
    space: dict[str, Any] = {"__name__": "__test__", **names}
    exec(compile(source, "<the test>", "exec", dont_inherit=True), space)
    return space[name]


def beside(thing: Any, name: str) -> Any:
    """What stands under `name` where a function or class of the student's was written: what an earlier exercise has made.

    Raises:
        CheckFailure: there is nothing.
    """
    found: Any = define(_BESIDE, "found", thing=thing, name=name)
    if found is None:
        fail("requirement", f"there is no {name}, which {name_of(thing)} builds on.", advice=f"Run the cell that defines {name}.")
    return found


_BESIDE = """
import inspect

inner = [thing, *vars(thing).values()] if isinstance(thing, type) else [thing]
spaces = [found.__globals__ for found in map(inspect.unwrap, inner) if hasattr(found, "__globals__")]
found = spaces[0].get(name) if spaces else None
"""

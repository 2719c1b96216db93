"""The code of a submission's cells, and which of them need not run."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence

from workbook.grade.reading.cells import Prepared

__all__ = ["CellCode", "file_of"]

# Ways to reach any name of the notebook.
_REACHING = {"globals", "locals", "vars", "eval", "exec", "__dict__", "__globals__", "f_globals", "f_back", "modules", "__main__"}
_REACHING |= {"get_objects", "import_module", "__import__", "getattr", "compile", "dir"}


def file_of(number: int) -> str:
    """The name under which a cell's lines are found."""
    return f"<cell {number}>"


class CellCode:
    """Compiles cells, each of them once.

    Args:
        at: is told which cell comes next.
    """

    def __init__(self, at: Callable[[int], None]) -> None:
        self._at = at
        self._code: dict[int, types.CodeType] = {}

    def of(self, number: int, source: str) -> types.CodeType:
        """A cell's code. Raises what `compile` does."""
        known = self._code.pop(number, None)
        return known if known is not None else compile(source + "\n", file_of(number), "exec", dont_inherit=True)

    def left_out(
        self, ready: Sequence[Prepared], texts: Mapping[int, str], idle: Mapping[int, Sequence[Sequence[str]]]
    ) -> set[int]:
        """Numbers of the cells that only show something and have to do with no cell that runs.

        Args:
            texts: number of a cell to its text as it was handed in.
            idle: number of such a cell to the names that it makes and those that it reads.
        """
        left = {cell.number: idle[cell.number] for cell in ready if cell.number in idle and cell.source == texts[cell.number]}
        used: set[str] = set()
        for cell in ready:
            if left and cell.number not in left and cell.source:
                self._at(cell.number)
                used |= self._names(cell)
        if used & _REACHING:
            return set()
        while needed := [number for number, (makes, _) in left.items() if not used.isdisjoint(makes)]:
            for number in needed:
                used.update(left.pop(number)[1])
        return set(left)

    def _names(self, cell: Prepared) -> set[str]:
        """Every name that a cell's code has for things outside its functions, and those of attributes."""
        try:
            code = self._code[cell.number] = self.of(cell.number, cell.source)
        except BaseException:  # told when it runs
            return set()
        return _names(code)


def _names(code: types.CodeType) -> set[str]:
    inside = [_names(thing) for thing in code.co_consts if isinstance(thing, types.CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*inside)

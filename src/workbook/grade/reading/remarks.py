"""What a submission's notes say about its cells: what was copied, lost, moved into a block or written over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbook.grade.reading.roles import Cell, Raw, Roles, defined, within

__all__ = ["remarks", "some"]

_NAMES = 5  # listed in one note


def remarks(roles: Roles, raw: Sequence[Raw], cells: Sequence[Cell]) -> list[str]:
    """Sentences for the student and the instructor, in the order of the course."""
    outer, inner = _places(roles, cells)
    return [
        *(
            f"cell {cell.number} is a {before.kind} cell that holds the answer to {cell.exercise}: it was run as code."
            for before, cell in zip(raw, cells, strict=True)
            if cell.kind != before.kind
        ),
        *_copies(outer),
        *_missing(roles, cells, outer, inner),
        *_questions(roles, cells),
        *_tests(roles, raw, cells),
    ]


def some(names: Sequence[str]) -> str:
    """The first few of the names.

    >>> some(["a", "b", "c", "d", "e", "f", "g"])
    'a, b, c, d, e and 2 more'
    """
    rest = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def _places(roles: Roles, cells: Sequence[Cell]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Function to the numbers of the cells that define it: where it is found, and inside a class or function."""
    outer: dict[str, list[int]] = {}
    inner: dict[str, list[int]] = {}
    for cell in cells:
        if cell.role == "answer":
            known = [name for names in defined(cell.source, roles.functions) for name in names]
            hidden = within(cell.source) if known else set()
            for name in dict.fromkeys(known):
                (inner if name in hidden else outer).setdefault(name, []).append(cell.number)
    return outer, inner


def _copies(outer: Mapping[str, Sequence[int]]) -> list[str]:
    copied = [(name, numbers) for name, numbers in outer.items() if len(numbers) > 1]
    notes = [
        f"{name} is defined in cells {', '.join(map(str, numbers[:-1][:_NAMES]))} and {numbers[-1]}: the last one that runs wins."
        for name, numbers in copied[:_NAMES]
    ]
    if len(copied) > _NAMES:
        notes.append(f"defined in several cells too: {some([name for name, _ in copied[_NAMES:]])}.")
    return notes


def _missing(
    roles: Roles, cells: Sequence[Cell], outer: Mapping[str, Sequence[int]], inner: Mapping[str, Sequence[int]]
) -> list[str]:
    notes, lost = [], []
    for name, exercise in roles.functions.items():
        if name in outer:
            continue
        marked = [str(cell.number) for cell in cells if cell.role == "answer" and cell.exercise == exercise]
        if name in inner:
            notes.append(f"cell {inner[name][-1]} defines {name} inside a class or function: it is not found there.")
        elif marked:
            notes.append(f"cell {some(marked)} is for {exercise}, but does not define {name}.")
        else:
            lost.append(name)
    return notes[: 2 * _NAMES] + ([f"no cell defines {some(lost)}."] if lost else [])


def _questions(roles: Roles, cells: Sequence[Cell]) -> list[str]:
    notes = []
    for question in (exercise.name for exercise in roles.part.exercises if exercise.name in roles.questions):
        numbers = [str(cell.number) for cell in cells if cell.role == "question" and cell.exercise == question]
        if not numbers:
            notes.append(f"there is no cell with the answer to {question}.")
        elif len(numbers) > 1:
            notes.append(f"{question} has several cells ({some(numbers)}): the last one with an answer counts.")
    return notes[: 2 * _NAMES]


def _tests(roles: Roles, raw: Sequence[Raw], cells: Sequence[Cell]) -> list[str]:
    """One sentence on all test cells that are not as they were handed out: the grader has its own."""
    tests = [cell for cell in cells if cell.role == "test"]
    count = dict.fromkeys(roles.coded, 0)
    for cell in tests:
        for name in (cell.exercise, *cell.also):
            count[name] += 1
    answered = {name for cell in cells if cell.role == "answer" for name in (cell.exercise, *cell.also)}
    found = {
        "missing": [name for name, number in count.items() if not number and name in answered],
        "copied": [name for name, number in count.items() if number > 1],
        "edited": [cell.exercise for cell in tests if not roles.as_released(cell)],
        "written over": [cell.grade_id for cell in raw if cell.grade_id in roles.coded and cells[cell.number - 1].role != "test"],
        "unlocked": [cell.grade_id for cell in raw if cell.grade_id in roles.coded and cell.locked is False],
    }
    said = [f"{what}: {some(list(dict.fromkeys(names)))}" for what, names in found.items() if names]
    return [f"test cells {'; '.join(said)}. This changes nothing: the grader runs its own tests."] if said else []

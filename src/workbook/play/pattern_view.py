"""The einsum playground: which axes meet, which are summed and which are kept, and one entry of the result after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

from workbook.errors import BadInput
from workbook.play.markup import SMALL, Cell, Index, block, row_of_blocks, table
from workbook.play.pattern import Example, Pattern, Role, example, read_pattern, read_sizes, roles, terms
from workbook.play.view import CHOSEN, Field, View, clamped, refused, unused

__all__ = ["aloud", "happens", "view"]

_TITLE = "Playground: an einsum, entry by entry"
_MOST_TERMS = 6  # of an entry that are written out


def view(values: Mapping[str, str], step: int | None = None) -> View:
    """The playground for the typed pattern and sizes; a step is an entry of the result."""
    fields = (
        Field("pattern", "pattern", values.get("pattern", ""), 28),
        Field("sizes", "sizes", values.get("sizes", ""), 18, CHOSEN),
    )
    bad = "pattern"
    try:
        pattern = read_pattern(fields[0].value)
        bad = "sizes"
        sizes = read_sizes(fields[1].value, pattern)
        idle = unused(fields[1].value, pattern.axes)
    except BadInput as error:
        return refused(_TITLE, fields, bad, error)
    worked, axes = example(pattern, sizes), roles(pattern, sizes)
    entries = list(worked.result)
    now = clamped(step, len(entries), 0)
    sentences = tuple(_sum(pattern, sizes, worked, entry) for entry in entries)
    drawing = _drawing(pattern, sizes, axes, worked, entries[now])
    words = (_spelling(pattern), aloud(pattern), *(f"{role.axis} (size {role.size}): {happens(role, pattern)}" for role in axes))
    return View(_TITLE, fields, sentences, now, drawing, words, unit="entry", note=idle)


def aloud(pattern: Pattern) -> str:
    """The pattern read aloud, in the order of the text: for every ..., the sum over ..., of ...

    >>> aloud(read_pattern("i j, j k -> i k"))
    'For every i and k: the sum over j of A[i, j] × B[j, k].'
    """
    factors = " × ".join(_entry(pattern.name(n), term) for n, term in enumerate(pattern.inputs))
    kept = f"For every {_list(pattern.output)}: " if pattern.output else ""
    summed = f"the sum over {_list(pattern.summed)} of {factors}." if pattern.summed else f"{factors}; nothing is summed."
    told = kept + summed
    return told[0].upper() + told[1:]


def happens(role: Role, pattern: Pattern) -> str:
    """What becomes of an axis, in words."""
    within = [pattern.name(n) for n, count in enumerate(role.counts) if count]
    meets = f"{_list(within)} meet: they walk along it in step; " if len(within) > 1 else ""
    twice = [pattern.name(n) for n, count in enumerate(role.counts) if count > 1]
    diagonal = f"along the diagonal of {_list(twice)}; " if twice else ""
    return meets + diagonal + ("kept" if role.kept else "summed")


def _list(names: tuple[str, ...] | list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _entry(name: str, places: tuple[object, ...]) -> str:
    return f"{name}[{', '.join(map(str, places))}]" if places else name


def _spelling(pattern: Pattern) -> str:
    if pattern.spelling == "einops":
        return "Read as einops writes it: names with blanks between."
    read = "Read as torch and NumPy write it: every letter is an axis of its own."
    if pattern.implicit:
        order = " ".join(pattern.output) or "none"
        read += f" No arrow: what stands once is kept, in alphabetical order ({order}); what stands twice is summed."
    return read


def _sum(pattern: Pattern, sizes: Mapping[str, int], worked: Example, entry: Index) -> str:
    """One entry of the result, with its terms written out."""
    used = terms(pattern, sizes, entry)
    shown = used[:_MOST_TERMS]
    more = f" + … ({len(used)} terms)" if len(used) > len(shown) else ""
    letters = " + ".join(" × ".join(_entry(pattern.name(n), place) for n, place in enumerate(places)) for places in shown)
    factors = [[array[place] for array, place in zip(worked.arrays, places, strict=True)] for places in shown]
    numbers = " + ".join(" × ".join(map(str, each)) for each in factors)
    total = str(worked.result[entry])
    steps = [letters + more, numbers + more]
    if len(used) > 1 and len(pattern.inputs) > 1:
        steps.append(" + ".join(str(math.prod(each)) for each in factors) + more)
    if steps[-1] != total:
        steps.append(total)
    return f"{_entry('result', entry)} = {' = '.join(steps)}"


def _drawing(pattern: Pattern, sizes: Mapping[str, int], axes: tuple[Role, ...], worked: Example, entry: Index) -> str:
    names = [pattern.name(n) for n in range(len(pattern.inputs))]
    rows = [
        [
            f"<code>{escape(role.axis)}</code>",
            str(role.size),
            *("–" if not count else "●" * count for count in role.counts),
            "●" if role.kept else "–",
            escape(happens(role, pattern)),
        ]
        for role in axes
    ]
    caption = f"{escape(_spelling(pattern))}<br><b>{escape(aloud(pattern))}</b>"
    drawn = table(caption, ["axis", "size", *names, "result", "what happens"], rows)
    used = terms(pattern, sizes, entry)
    blocks = []
    for number, (term, array) in enumerate(zip(pattern.inputs, worked.arrays, strict=True)):
        marked = {places[number] for places in used}
        blocks.append(_block(names[number], term, sizes, array, marked))
    blocks.append(_block("result", pattern.output, sizes, worked.result, {entry}))
    legend = (
        f'<div style="{SMALL};margin-top:4px">Thick box, bold: used for this entry of the result. Places are counted from 0.</div>'
    )
    return drawn + row_of_blocks(blocks, "×" * (len(names) - 1) + "→") + legend


def _block(name: str, axes: tuple[str, ...], sizes: Mapping[str, int], array: Mapping[Index, int], used: set[Index]) -> str:
    cells = {place: Cell(str(number), "used" if place in used else "") for place, number in array.items()}
    title = f"{name}: {' '.join(axes)}" if axes else name
    return block(title, tuple(sizes[axis] for axis in axes), cells)

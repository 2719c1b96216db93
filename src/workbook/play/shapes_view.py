"""The broadcasting playground: sentences and drawings of two shapes that meet."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from workbook.errors import BadInput
from workbook.play.markup import SMALL, Cell, Index, block, row_of_blocks, table
from workbook.play.shapes import Axis, Meeting, Shape, meet, read_shape
from workbook.play.view import Field, View, clamped, refused

__all__ = ["steps_of", "view"]

_TITLE = "Playground: two shapes meet"
_MOST_NUMBERS = 48  # of a result that is drawn in numbers
_ORDINALS = ("The last axis", "The axis before it", "The next one to the left")


@dataclass(frozen=True)
class _Step:
    """What is seen by now: the ones in front, the axes down to `place`, the result."""

    sentence: str
    padded: bool = False
    place: int = 0
    done: bool = False


def view(values: Mapping[str, str], step: int | None = None) -> View:
    """The playground for the typed shapes; it starts at its last step."""
    fields = (
        Field("left", "first shape", values.get("left", ""), empty="()"),
        Field("right", "second shape", values.get("right", ""), empty="()"),
    )
    shapes = []
    for field in fields:
        try:
            shapes.append(read_shape(field.value))
        except BadInput as error:
            return refused(_TITLE, fields, field.name, error)
    meeting = meet(*shapes)
    steps = _steps(meeting)
    now = clamped(step, len(steps), len(steps) - 1)
    return View(_TITLE, fields, tuple(each.sentence for each in steps), now, _drawing(meeting, steps[now]))


def steps_of(meeting: Meeting) -> tuple[str, ...]:
    """What happens, one sentence a step: aligned, ones in front, axis by axis from the right, the result."""
    return tuple(each.sentence for each in _steps(meeting))


def _steps(meeting: Meeting) -> list[_Step]:
    steps = [_Step("Write the two shapes below each other, aligned from the right.")]
    missing = len(meeting.left) - len(meeting.right)
    if missing:
        short, full = sorted((meeting.left, meeting.right), key=len)
        ones = "a one" if abs(missing) == 1 else f"{abs(missing)} ones"
        padded = (1,) * abs(missing) + short
        steps.append(
            _Step(
                f"Rule 1: {short} has fewer axes than {full}, so {ones} are put in front: {padded}.".replace(
                    "a one are", "a one is"
                ),
                padded=True,
            )
        )
    for number, axis in enumerate(reversed(meeting.axes)):
        steps.append(_Step(f"{_ORDINALS[min(number, 2)]}: {_happens(axis)}", True, axis.place))
        if axis.size is None:
            return steps
    steps.append(_Step(_outcome(meeting), True, -len(meeting.axes), done=True))
    return steps


def _happens(axis: Axis) -> str:
    if axis.size is None:
        return (
            f"{axis.left} meets {axis.right}. They differ, and neither is a one, so nothing may stretch: "
            "torch and NumPy raise an error here."
        )
    if not axis.stretched:
        return f"{axis.left} meets {axis.right}. They are equal: nothing to do."
    which = "first" if axis.stretched == "left" else "second"
    return f"{axis.left} meets {axis.right}. Rule 2: the one of the {which} shape is stretched to {axis.size}."


def _outcome(meeting: Meeting) -> str:
    result = meeting.result
    assert result is not None
    total = math.prod(result)
    told = f"The result has the shape {result}: "
    told += "a single number." if not result else "no numbers at all." if not total else f"{total} number{'s' * (total > 1)}."
    if total:
        for name, shape in (("first", meeting.left), ("second", meeting.right)):
            times = total // math.prod(shape)
            told += f" Each number of the {name} is used {times} times." if times > 1 else ""
    return told


def _drawing(meeting: Meeting, step: _Step) -> str:
    axes = meeting.axes
    header = ["axis", *(str(axis.place) for axis in axes)]
    seen = [axis.place >= step.place and step.place < 0 for axis in axes]
    rows = [
        [side + " shape", *(_size(axis, end, step, shown) for axis, shown in zip(axes, seen, strict=True))]
        for side, end in (("first", "left"), ("second", "right"))
    ]
    rows.append(["what happens", *(_verdict(axis) if shown else "" for axis, shown in zip(axes, seen, strict=True))])
    rows.append(["<b>result</b>", *(f"<b>{_result(axis)}</b>" if shown else "" for axis, shown in zip(axes, seen, strict=True))])
    current = None if step.done or not step.place else len(axes) + step.place + 1
    caption = "Axes are counted from the right; what is put in front or stretched is marked by a word."
    drawn = table(caption, header, rows, current) if axes else "<p>Neither has an axis: a number meets a number.</p>"
    return drawn + (_numbers(meeting) if step.done else "")


def _size(axis: Axis, end: str, step: _Step, shown: bool) -> str:
    size = axis.left if end == "left" else axis.right
    if axis.added == end:
        if not step.padded:
            return '<span aria-label="missing">·</span>'
        written = f'<i>{size}</i><br><span style="{SMALL}">put in front</span>'
    else:
        written = str(size)
    return f"{written} → {axis.size}" if shown and axis.stretched == end and axis.added != end else written


def _verdict(axis: Axis) -> str:
    if axis.size is None:
        return "✗ differ"
    return f"↔ {'first' if axis.stretched == 'left' else 'second'} stretched" if axis.stretched else "= equal"


def _result(axis: Axis) -> str:
    return "✗ error" if axis.size is None else str(axis.size)


def _numbers(meeting: Meeting) -> str:
    """The sum of two small arrays of these shapes, with every stretched copy dashed."""
    shape = meeting.result
    if shape is None or not 0 < math.prod(shape) <= _MOST_NUMBERS:
        return ""
    places = list(itertools.product(*(range(size) for size in shape)))
    lefts = {place: _entry(place, meeting.left, 10) for place in places}
    rights = {place: _entry(place, meeting.right, 1) for place in places}
    total = {place: Cell(str(int(lefts[place].text) + int(rights[place].text))) for place in places}
    blocks = [block(name, shape, cells) for name, cells in (("first", lefts), ("second", rights), ("sum", total))]
    legend = (
        f'<div style="{SMALL};margin-top:4px">Solid box: a number that is there. Dashed box, slanted: the same number again.</div>'
    )
    return row_of_blocks(blocks, "+=") + legend


def _entry(place: Index, shape: Shape, unit: int) -> Cell:
    """The number that stands at a place of the result: `unit` times 1, 2, 3, ... in the order of the small array."""
    own = place[len(place) - len(shape) :]
    used = [min(where, size - 1) for where, size in zip(own, shape, strict=True)]
    flat = 0
    for where, size in zip(used, shape, strict=True):
        flat = flat * size + where
    copied = any(place[: len(place) - len(shape)]) or any(a != b for a, b in zip(own, used, strict=True))
    return Cell(str(unit * (flat + 1)), "copy" if copied else "")

"""Two shapes that meet: NumPy judges the results, and every sentence is looked at."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from workbook.errors import BadInput
from workbook.play.shapes import meet, read_shape
from workbook.play.shapes_view import steps_of, view

SIZES = [shape for count in range(4) for shape in itertools.product((0, 1, 2, 3), repeat=count)]


def test_results_are_numpys() -> None:
    failed = 0
    for left, right in itertools.product(SIZES, SIZES):
        try:
            expected = np.broadcast_shapes(left, right)
        except ValueError:
            expected, failed = None, failed + 1
        assert meet(left, right).result == expected, (left, right)
    assert failed > 100


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("3 1", (3, 1)),
        ("(3, 1)", (3, 1)),
        ("[3,1]", (3, 1)),
        ("3x1", (3, 1)),
        ("3 × 1", (3, 1)),
        ("(3,)", (3,)),
        ("0", (0,)),
        ("()", ()),
        ("  ", ()),
        ("( )", ()),
    ],
)
def test_shapes_are_read_in_all_usual_forms(text: str, shape: tuple[int, ...]) -> None:
    assert read_shape(text) == shape


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3 n", "“n” cannot be a size: it is no whole number.\nWrite a shape such as 3 1"),
        ("2.5", "“2.5” cannot be a size: it is no whole number."),
        ("-1 3", "“-1” cannot be a size: sizes are not negative."),
        ("³", "“³” cannot be a size"),
        ("(3", r"“\(3” cannot be a size"),
        ("99999999", "99999999 is too large for this playground.\nSizes go up to 1000000."),
        ("1 2 3 4 5 6 7 8 9", "These are 9 axes.\nThere is room for 8."),
    ],
)
def test_what_is_no_shape_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_shape(text)


def test_each_step_says_what_happens() -> None:
    assert steps_of(meet((4, 1, 3), (2, 1))) == (
        "Write the two shapes below each other, aligned from the right.",
        "Rule 1: (2, 1) has fewer axes than (4, 1, 3), so a one is put in front: (1, 2, 1).",
        "The last axis: 3 meets 1. Rule 2: the one of the second shape is stretched to 3.",
        "The axis before it: 1 meets 2. Rule 2: the one of the first shape is stretched to 2.",
        "The next one to the left: 4 meets 1. Rule 2: the one of the second shape is stretched to 4.",
        "The result has the shape (4, 2, 3): 24 numbers. Each number of the first is used 2 times. "
        "Each number of the second is used 12 times.",
    )


def test_the_first_axis_that_fails_ends_it() -> None:
    told = steps_of(meet((8, 2, 6), (8, 2)))
    assert len(told) == 3 and told[1].endswith("so a one is put in front: (1, 8, 2).")
    assert told[2].startswith("The last axis: 6 meets 2. They differ, and neither is a one")
    failing = meet((8, 2, 6), (8, 2)).failing
    assert failing is not None and failing.place == -1
    assert meet((2, 3), (3,)).failing is None


@pytest.mark.parametrize(
    ("left", "right", "end"),
    [
        ("", "", "The result has the shape (): a single number."),
        ("0 3", "1 3", "The result has the shape (0, 3): no numbers at all."),
        ("1", "1", "The result has the shape (1,): 1 number."),
        ("", "2 3", "6 numbers. Each number of the first is used 6 times."),
    ],
)
def test_corners_are_told(left: str, right: str, end: str) -> None:
    shown = view({"left": left, "right": right})
    assert shown.sentences[-1].endswith(end)
    assert shown.step == len(shown.sentences) - 1 and shown.drawing


def test_the_drawing_grows_step_by_step() -> None:
    typed = {"left": "2 3", "right": "3"}
    drawings = [view(typed, step).drawing for step in range(len(view(typed).sentences))]
    assert len(set(drawings)) == len(drawings) == 5
    assert ["put in front</span>" in drawing for drawing in drawings] == [False, True, True, True, True]
    assert ["= equal" in drawing for drawing in drawings] == [False, False, True, True, True]
    assert ["↔ second stretched" in drawing for drawing in drawings] == [False, False, False, True, True]
    assert [">sum<" in drawing for drawing in drawings] == [False, False, False, False, True]


def test_the_numbers_are_a_broadcast_sum_and_copies_are_marked() -> None:
    drawing = view({"left": "2 1", "right": "3"}).drawing
    total = 10 * np.arange(1, 3)[:, None] + np.arange(1, 4)
    numbers = drawing.partition(">sum<")[2]
    assert [int(part.partition("</td>")[0]) for part in numbers.split('">')[1:] if "</td>" in part] == total.ravel().tolist()
    assert drawing.count("(again)") == 4 + 3


def test_large_results_are_drawn_without_numbers() -> None:
    assert ">sum<" in view({"left": "6 8", "right": "1"}).drawing
    assert ">sum<" not in view({"left": "7 7", "right": "1"}).drawing


def test_the_field_to_blame_is_named() -> None:
    shown = view({"left": "3", "right": "<b>"})
    assert (shown.bad, shown.drawing) == ("right", "")
    assert view({"left": "x1 y", "right": "<b>"}).bad == "left"

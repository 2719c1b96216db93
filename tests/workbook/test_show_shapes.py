"""Two shapes as rows of axes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook import show
from workbook.show import frontend
from workbook.show._pairing import pair

SHAPES = st.lists(st.integers(0, 4), max_size=6).map(tuple)
MOST_LETTERS, MOST_WIDE = 60_000, 620


def words(figure: Any) -> list[str]:
    """Every text of the drawing, line breaks as spaces, without markup."""
    return [note.text.replace("<br>", " ").replace("<b>", "").replace("</b>", "") for note in figure.layout.annotations]


def told(figure: Any) -> list[str]:
    """The verdicts of the wrong axes."""
    return [text for text in words(figure) if text.startswith("✗")]


@given(SHAPES, SHAPES)
def test_every_axis_is_in_one_pair(yours, expected):
    pairs = pair(yours, expected)
    assert sorted(found.yours for found in pairs if found.yours is not None) == list(range(len(yours)))
    assert sorted(found.expected for found in pairs if found.expected is not None) == list(range(len(expected)))
    assert (yours == expected) == all(found.kind == "same" for found in pairs)
    for found in pairs:
        sizes = [shape[n] if n is not None else None for shape, n in ((yours, found.yours), (expected, found.expected))]
        partners = {"extra": [(True, False)], "missing": [(False, True)]}.get(found.kind, [(True, True)])
        partners += {"apart": [(True, False)], "joined": [(False, True)]}.get(found.kind, [])
        assert tuple(size is not None for size in sizes) in partners
        assert (sizes[0] == sizes[1]) == (found.kind in ("same", "moved"))


@given(st.lists(st.lists(st.integers(2, 4), min_size=1, max_size=3), min_size=1, max_size=3))
def test_joined_axes_are_found_and_their_products_agree(groups):
    """What was only joined costs less than anything else that could be said."""
    apart, joined = tuple(size for group in groups for size in group), tuple(math.prod(group) for group in groups)
    for yours, expected, kind in ((apart, joined, "apart"), (joined, apart, "joined")):
        found = pair(yours, expected)
        assert {each.kind for each in found} <= {"same", kind}
        regrouped = [each for each in found if each.kind == kind]
        mine = math.prod(yours[each.yours] for each in regrouped if each.yours is not None)
        assert mine == math.prod(expected[each.expected] for each in regrouped if each.expected is not None)
        assert bool(regrouped) == (len(yours) != len(expected))


@pytest.mark.parametrize(
    ("yours", "expected", "verdicts"),
    [
        ((2, 3, 4), (2, 4), ["✗ too many"]),
        ((2,), (2, 4), ["✗ missing"]),
        ((4, 2), (2, 4), ["✗ exchanged", "✗ exchanged"]),
        ((4, 2, 3), (2, 3, 4), ["✗ wrong place"] * 3),
        ((4, 3, 2), (2, 3, 4), ["✗ exchanged", "✗ exchanged"]),
        ((2, 1), (2, 4), ["✗ 1, not 4"]),
        ((3,), (3, 3), ["✗ missing?"]),
        ((5, 5), (5,), ["✗ too many?"]),
        ((), (2, 3), ["✗ missing", "✗ missing"]),
        ((2, 3), (), ["✗ too many", "✗ too many"]),
        ((0, 3), (2, 3), ["✗ 0, not 2"]),
        ((2, 3), (6,), ["✗ not joined", "✗ not joined"]),
        ((2, 3, 4), (6, 4), ["✗ not joined", "✗ not joined"]),
        ((5, 12), (5, 3, 4), ["✗ joined", "✗ joined"]),
        ((2, 3, 4, 5), (24, 5), ["✗ not joined"] * 3),
        ((2, 1), (2,), ["✗ too many"]),
        ((2, 3), (7,), ["✗ too many", "✗ 3, not 7"]),
    ],
)
def test_each_wrong_axis_is_told_by_a_word(yours, expected, verdicts):
    assert told(show.compare_shapes(expected, yours)) == verdicts


def test_axes_have_their_names_and_one_too_many_is_recognised():
    figure = show.compare_shapes((2, 4), (2, 3, 4), names=("i", "k"), known={"i": 2, "j": 3, "k": 4})
    assert words(figure)[3:] == ["i 2", "i 2", "✓", "j? 3", "✗ too many", "k 4", "k 4", "✓"]
    assert figure.layout.meta["alt"].splitlines() == [
        "The axes of the result.",
        "yours: i = 2, j? = 3, k = 4",
        "expected: i = 2, k = 4",
        "j? (size 3): too many",
    ]
    doubtful = show.compare_shapes((2,), (2, 3), names=("i",), known={"j": 3, "l": 3})
    assert "axis 1 3" in words(doubtful), "two dimensions have this size"


def test_joined_axes_meet_in_one_box():
    figure = show.compare_shapes((6, 4), (2, 3, 4), names=("(h w)", "c"), known={"h": 2, "w": 3, "c": 4})
    assert words(figure)[3:] == ["h? 2", "(h w) 6", "✗ not joined", "w? 3", "✗ not joined", "c 4", "c 4", "✓"]
    lines = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "line"]
    assert lines[0][1] == lines[1][1] == lines[0][0] < lines[1][0]
    assert figure.layout.meta["alt"].splitlines()[-2:] == ["h?: not joined", "w?: not joined"]
    other = show.compare_shapes((2, 3), (6,))
    ends = [(shape.x0, shape.x1) for shape in other.layout.shapes if shape.type == "line"]
    assert ends[0][0] == ends[1][0] == ends[0][1] < ends[1][1]
    assert "none" not in words(other)


def test_exchanged_axes_are_joined_across():
    lines = [shape for shape in show.compare_shapes((2, 4), (4, 2)).layout.shapes if shape.type == "line"]
    (one, other) = ((line.x0, line.x1) for line in lines)
    assert one == other[::-1] and one[0] != one[1]


def stripes(figure: Any) -> list[str]:
    return [shape.path for shape in figure.layout.shapes if shape.type == "path"]


def test_axes_of_size_one_are_striped_and_said_to_be():
    figure = show.compare_shapes((2, 4), (2, 1))
    assert len(stripes(figure)) == 1
    assert "striped: size 1, an axis that broadcasting stretches" in words(figure)
    plain = show.compare_shapes((2, 4), (2, 3))
    assert stripes(plain) == []
    assert not any("striped" in text for text in words(plain))


def test_stripes_stay_in_their_box():
    figure = show.compare_shapes((1,), (2,))
    (path,) = stripes(figure)
    box = next(shape for shape in figure.layout.shapes if shape.type == "rect" and shape.y0 > 100)
    for point in path.replace("L", "M").split("M")[1:]:
        x, y = map(float, point.split(","))
        assert box.x0 - 0.1 <= x <= box.x1 + 0.1 and box.y0 - 0.1 <= y <= box.y1 + 0.1


def test_a_number_has_no_axes():
    figure = show.compare_shapes((), (3,))
    assert "one number, no axes" in words(figure)
    assert "expected: one number, no axes" in figure.layout.meta["alt"]


def test_of_many_axes_those_around_the_wrong_one_are_drawn():
    figure = show.compare_shapes(tuple(range(2, 32)), (*range(2, 31), 1))
    assert "The axes of the result (7 of 30)" in words(figure)
    assert told(figure) == ["✗ 1, not 31"]


@settings(max_examples=40)  # each draws a picture
@given(SHAPES, SHAPES)
def test_every_drawing_is_small_and_fits_a_notebook(yours, expected):
    figure = show.compare_shapes(expected, yours, names=("a_very_long_name_of_an_axis",) * len(expected))
    assert len(figure.to_json()) < MOST_LETTERS
    assert figure.layout.width <= MOST_WIDE
    assert frontend.alt_text(figure).startswith("The axes of the result.")
    edge = max([shape.x1 or 0 for shape in figure.layout.shapes], default=0)
    assert edge <= figure.layout.width and not math.isnan(edge)

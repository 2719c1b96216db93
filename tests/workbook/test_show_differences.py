"""Where two arrays differ, as a heat map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook import show
from workbook.errors import BadInput

MOST_LETTERS, MOST_WIDE = 60_000, 620
TABLE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def changed(array: Any, *places: tuple[int, ...], by: Any = 1) -> Any:
    other = array.copy()
    for place in places:
        other[place] += by
    return other


def title(figure: Any) -> str:
    return figure.layout.annotations[0].text.replace("<br>", " ")


def signs(figure: Any) -> list[list[str]]:
    return [list(row) for row in figure.data[0].text]


def boxed(figure: Any) -> tuple[float, float]:
    """Row and column of the box, from both of its lines."""
    middles = {((box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2) for box in figure.layout.shapes}
    assert len(figure.layout.shapes) == 2 and len(middles) == 1
    return middles.pop()


def test_wrong_entries_have_a_sign_and_both_numbers():
    figure = show.compare_arrays(TABLE, changed(TABLE, (0, 1), (1, 2)), names=("i", "k"))
    assert signs(figure) == [["1", "✗ 3<br>not 2", "3"], ["4", "5", "✗ 7<br>not 6"]]
    assert title(figure) == "2 of 6 entries differ. Boxed: the first, [0, 1]."
    assert boxed(figure) == (0, 1)
    assert [figure.layout.annotations[1].text, figure.layout.xaxis.title.text] == ["i", "k"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "row 0 must be at the top"
    assert figure.layout.meta["alt"].splitlines() == [
        "2 of 6 entries differ. The first is at [0, 1].",
        "at [0, 1]: expected 2, got 3",
        "at [1, 2]: expected 6, got 7",
    ]


def test_entries_further_apart_are_darker():
    yours = TABLE + np.array([[0, 1, 2], [4, 0, np.nan]])
    z = np.array(show.compare_arrays(TABLE, yours).data[0].z)
    assert (z[0, 0], z[1, 1]) == (0, 0)
    assert 0.3 < z[0, 1] < z[0, 2] < z[1, 0] == z[1, 2] == 1


def test_one_axis_is_one_row():
    figure = show.compare_arrays(np.arange(4), np.array([0, 1, 2, 7]), names=("n",))
    assert signs(figure) == [["0", "1", "2", "✗ 7<br>not 3"]]
    assert boxed(figure) == (0, 3)
    assert figure.layout.yaxis.showticklabels is False
    assert figure.layout.xaxis.title.text == "n"


def test_of_more_axes_the_slice_with_the_first_difference_is_drawn():
    whole = np.zeros((2, 3, 4, 5), dtype=int)
    figure = show.compare_arrays(whole, changed(whole, (1, 0, 3, 2), (1, 2, 0, 0)), names=("batch", "", "h", "w"))
    assert "This is the slice [1, 0, :, :] (batch = 1) of shape (2, 3, 4, 5)." in title(figure)
    assert "Boxed: the first, [1, 0, 3, 2]." in title(figure)
    assert boxed(figure) == (3, 2)
    assert sum(text.startswith("✗") for row in signs(figure) for text in row) == 1, "the other one is in another slice"
    assert "at [1, 2, 0, 0]: expected 0, got 1" in figure.layout.meta["alt"]


def test_of_a_large_array_the_part_around_the_first_difference_is_drawn():
    whole = np.zeros((100, 200))
    figure = show.compare_arrays(whole, changed(whole, (50, 120), (99, 0)))
    assert title(figure).endswith("Drawn: rows 46 to 63 of 100, columns 111 to 146 of 200.")
    assert boxed(figure) == (50, 120)
    assert (figure.data[0].y0, figure.data[0].x0) == (46, 111)
    assert signs(figure)[4][9] == "✗"
    assert np.shape(figure.data[0].z) == (18, 36)
    corner = show.compare_arrays(whole, changed(whole, (99, 199)))
    assert title(corner).endswith("Drawn: rows 82 to 99 of 100, columns 164 to 199 of 200.")


def test_numbers_are_told_at_the_pointer_where_cells_are_too_small():
    whole = np.zeros((3, 30))
    figure = show.compare_arrays(whole, changed(whole, (1, 5)))
    assert signs(figure)[1][4:7] == ["", "✗", ""]
    assert list(figure.data[0].customdata[1][5]) == ["0", "1"]
    assert "expected %{customdata[0]}, got %{customdata[1]}" in figure.data[0].hovertemplate


def test_tolerance_is_the_callers():
    differs = np.array([False, True])
    figure = show.compare_arrays(np.array([1.0, 1.0]), np.array([1.1, 2.0]), differs=differs)
    assert signs(figure) == [["1", "✗ 2<br>not 1"]]


@pytest.mark.parametrize(
    ("expected", "yours", "sign"),
    [
        (np.array([1 / 3]), np.array([1 / 3 + 1e-8]), "✗ 0.333333343<br>not 0.333333333"),
        (np.array([True]), np.array([False]), "✗ False<br>not True"),
        (np.array([1.0]), np.array([np.nan]), "✗ nan<br>not 1"),
        (np.array([1 + 2j]), np.array([1 - 2j]), "✗ 1-2j<br>not 1+2j"),
        (np.array(["a<b"]), np.array(["c&d"]), "✗ c&amp;d<br>not a&lt;b"),
        (np.array([0], dtype=np.uint8), np.array([255], dtype=np.uint8), "✗ 255<br>not 0"),
        (np.array([np.inf]), np.array([-np.inf]), "✗ -inf<br>not inf"),
    ],
)
def test_entries_of_any_kind_are_written_so_that_they_differ(expected, yours, sign):
    assert signs(show.compare_arrays(expected, yours)) == [[sign]]


def test_tensors():
    torch = pytest.importorskip("torch", reason="the arrays are torch's")
    figure = show.compare_arrays(torch.ones(2, requires_grad=True), torch.tensor([1.0, 2.0]))
    assert signs(figure) == [["1", "✗ 2<br>not 1"]]


@pytest.mark.parametrize(
    ("expected", "yours", "message"),
    [
        (np.zeros(2), np.zeros(3), r"not \(2,\) and \(3,\)\.\ncompare_shapes draws their axes"),
        (np.zeros(()), np.ones(()), "nothing to draw of these two: they are single numbers"),
        (np.zeros(3), np.zeros(3), "do not differ"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "do not differ"),
        ([1], [2], "not a list"),
    ],
)
def test_what_cannot_be_drawn_is_refused(expected, yours, message):
    with pytest.raises(BadInput, match=message):
        show.compare_arrays(expected, yours)


def bounded(figure: Any) -> None:
    assert len(figure.to_json()) < MOST_LETTERS
    assert figure.layout.width <= MOST_WIDE
    assert figure.layout.meta["alt"]


@pytest.mark.parametrize("shape", [(1000, 1000), (3000,), (4, 5, 60, 70), (1, 500), (500, 1)])
@pytest.mark.parametrize(
    ("make", "step"),
    [
        (lambda noise: noise * 1e-11, 1e-30),
        (lambda noise: noise + 1j * noise[::-1], 1e-4),
        (lambda noise: (noise + 1j * noise) * 1e-11, 1e-26),
        (lambda noise: (noise * 2**62).astype(np.int64), 1),
        (lambda noise: np.where(noise > 0, "<&>" * 9, "&&&" * 9), "?"),
    ],
    ids=["floats", "complex", "long complex", "whole numbers", "texts"],
)
def test_every_map_is_small_and_fits_a_notebook(shape, make, step):
    wanted = make(np.random.default_rng(0).uniform(-1, 1, shape))
    yours = np.char.add(step, wanted) if wanted.dtype.kind == "U" else wanted + step
    bounded(show.compare_arrays(wanted, yours, differs=np.ones(shape, dtype=bool)))


@settings(max_examples=25)  # each draws a picture
@given(st.data())
def test_the_first_difference_is_always_in_the_box(data):
    shape = data.draw(st.lists(st.integers(1, 45), min_size=1, max_size=3))
    place = tuple(data.draw(st.integers(0, size - 1)) for size in shape)
    array = np.zeros(shape)
    figure = show.compare_arrays(array, changed(array, place))
    row, column = boxed(figure)
    assert (row, column) == ((0, *place) if len(place) == 1 else place[-2:])
    trace = figure.data[0]
    assert trace.text[int(row) - trace.y0][int(column) - trace.x0].startswith("✗")
    bounded(figure)

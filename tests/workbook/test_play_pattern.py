"""Einsum patterns: NumPy and einops judge what is right, and what is refused is refused in words."""

from __future__ import annotations

import einops
import numpy as np
import pytest

from workbook.errors import BadInput
from workbook.play.pattern import Pattern, example, read_pattern, read_sizes, roles, terms
from workbook.play.pattern_view import aloud, happens, view

TORCH = [
    "ij,jk->ik",
    "ij->ji",
    "ij->",
    "ii->",
    "bii->b",
    "i,j->ij",
    "i,->i",
    ",->",
    "bij,bjk,k->bi",
    "ij,ij->ij",
    "ba",
    "ik,kj",
    "iij",
]
EINOPS = ["i j, j k -> i k", "row col, col -> row", "b i i -> b", "i j, i -> j", "b my_axis, b my_axis -> b", "i j ->"]


def arrays(pattern: Pattern, sizes: dict[str, int]) -> tuple[list[np.ndarray], np.ndarray]:
    """The example's inputs and result as arrays."""
    worked = example(pattern, sizes)
    inputs = [
        np.array(list(array.values())).reshape([sizes[name] for name in term])
        for array, term in zip(worked.arrays, pattern.inputs, strict=True)
    ]
    return inputs, np.array(list(worked.result.values())).reshape([sizes[name] for name in pattern.output])


@pytest.mark.parametrize("text", TORCH)
def test_results_are_numpys(text: str) -> None:
    pattern = read_pattern(text)
    assert pattern.spelling == "torch"
    inputs, result = arrays(pattern, read_sizes("", pattern))
    expected = np.einsum(text, *inputs)
    assert result.shape == expected.shape and (result == expected).all()


@pytest.mark.parametrize("text", EINOPS)
def test_results_are_einopses(text: str) -> None:
    pattern = read_pattern(text)
    assert pattern.spelling == "einops"
    inputs, result = arrays(pattern, read_sizes("", pattern))
    expected = einops.einsum(*inputs, text)
    assert result.shape == np.shape(expected) and (result == expected).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There is no pattern yet.\nWrite for example i j, j k -> i k."),
        ("(i j) -> i", "An einsum takes no brackets.\nCalculate first"),
        ("...i->i", "The dots stand for any number of axes"),
        ("i->j->k", "There are two arrows."),
        ("i j -> i, j", "There is a comma right of the arrow.\nAn einsum has one result."),
        ("ij-i", "“-” alone is no arrow."),
        ("ij>i", "“>” alone is no arrow."),
        ("i j -> i z", "z stands right of the arrow, but in no input."),
        ("i -> i i", "i stands 2 times right of the arrow.\nThere each axis may stand once."),
        ("i j, j k", "The arrow is missing.\nIn einops it is compulsory"),
        ("i 1 -> i", "“1” cannot be the name of an axis."),
        ("i _j -> i", "“_j” cannot be the name of an axis."),
        ("i2->i", "“2” cannot be the name of an axis."),
        ("é->", "“é” cannot be the name of an axis."),
        ("a,b,c,d,e->", "These are 5 inputs.\nThere is room for 4."),
    ],
)
def test_what_is_no_pattern_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_pattern(text)


@pytest.mark.parametrize(
    ("text", "sizes", "message"),
    [
        ("i j -> i", "i", "“i” is not of the form name=number.\nWrite for example i=2 j=3."),
        ("i j -> i", "i=2 i=3", "i is given twice."),
        ("i j -> i", "i=7", "i=7 cannot be drawn.\nSizes here are whole numbers from 1 to 6."),
        ("i j -> i", "i=0", "i=0 cannot be drawn."),
        ("i j -> i", "i=two", "i=two cannot be drawn."),
        ("a b c -> a", "a=6 b=6 c=6", "These are too many numbers to look at."),
        ("i,j,k->ijk", "i=6 j=6 k=6", "These are too many numbers to look at."),
    ],
)
def test_sizes_that_cannot_be_drawn_are_refused(text: str, sizes: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_sizes(sizes, read_pattern(text))


def test_sizes_left_out_are_chosen_and_strange_ones_stay_unused() -> None:
    pattern = read_pattern("i j k m -> i")
    assert read_sizes("j = 2, z=99", pattern) == {"i": 2, "j": 2, "k": 4, "m": 2}
    assert view({"pattern": "i j -> i", "sizes": "k=4 i=3"}).note == "Not used: k."


def test_each_axis_is_told() -> None:
    pattern = read_pattern("b i i, b j -> b")
    told = {role.axis: happens(role, pattern) for role in roles(pattern, read_sizes("", pattern))}
    assert told == {"b": "A and B meet: they walk along it in step; kept", "i": "along the diagonal of A; summed", "j": "summed"}
    assert aloud(pattern) == "For every b: the sum over i and j of A[b, i, i] × B[b, j]."
    assert aloud(read_pattern("ij->")) == "The sum over i and j of A[i, j]."
    assert aloud(read_pattern("ij->ji")) == "For every j and i: A[i, j]; nothing is summed."


def test_an_entry_is_written_out() -> None:
    shown = view({"pattern": "i j, j -> i", "sizes": "i=2 j=2"}, 1)
    assert shown.sentences[shown.step] == ("result[1] = A[1, 0] × B[0] + A[1, 1] × B[1] = 3 × 1 + 4 × 2 = 3 + 8 = 11")
    assert shown.drawing.count("(used)") == 2 + 2 + 1
    assert view({"pattern": "i->", "sizes": "i=3"}).sentences == ("result = A[0] + A[1] + A[2] = 1 + 2 + 3 = 6",)
    assert view({"pattern": "i->i"}).sentences[0] == "result[0] = A[0] = 1"
    assert "+ … (9 terms)" in view({"pattern": "i j ->", "sizes": "i=3 j=3"}).sentences[0]


def test_the_two_spellings_differ_where_names_are_words() -> None:
    assert read_pattern("row col -> col").axes == ("row", "col")
    assert read_pattern("row->w").axes == ("r", "o", "w")
    assert "every letter is an axis of its own" in view({"pattern": "ow->w"}).drawing
    assert "in alphabetical order (a b)" in view({"pattern": "ba"}).text()


def test_terms_of_a_number_are_one_empty_place() -> None:
    assert terms(read_pattern(",->"), {}, ()) == [((), ())]


def test_the_field_to_blame_is_named() -> None:
    assert view({"pattern": "i j", "sizes": "?"}).bad == "pattern"
    assert view({"pattern": "i j ->", "sizes": "?"}).bad == "sizes"

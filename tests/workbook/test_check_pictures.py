"""Which pictures come with a failure, and that none is drawn or loaded before somebody looks."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch as t

from workbook import check, show
from workbook.check.run import run_test
from workbook.check.trial import Trial
from workbook.errors import CheckFailure

TABLE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def alts(test, *args, **settings):
    """The text alternatives of a failure's pictures."""
    with pytest.raises(CheckFailure, match=r".") as caught:
        test(*args, **settings)
    return [draw().layout.meta["alt"] for draw in caught.value.explanation.figures]


def test_a_wrong_shape_is_drawn_with_the_solutions_names(trial_for):
    answer = lambda x: x[:, :2]  # noqa: E731  # a student may write one
    with trial_for("flipped", answer):
        (alt,) = alts(check.agrees, answer, [(TABLE,)], np.flipud)
    assert alt.splitlines()[1:] == ["yours: h = 2, axis 1 = 2", "expected: h = 2, w = 3", "w: 2, not 3"]


@pytest.mark.parametrize("kind", [np.asarray, t.tensor])
def test_wrong_values_are_drawn(kind):
    (alt,) = alts(check.agrees, lambda x: x * x, [(kind(TABLE),)], lambda x: x)
    assert alt.splitlines()[:2] == ["5 of 6 entries differ. The first is at [0, 1].", "at [0, 1]: expected 2, got 4"]


def test_only_what_is_beyond_the_tolerance_counts():
    (alt,) = alts(check.agrees, lambda x: x + np.array([0.001, 0.001, 1]), [(TABLE,)], lambda x: x, atol=0.01)
    assert alt.startswith("2 of 6 entries differ. The first is at [0, 2].")


def test_of_several_results_the_wrong_one_is_drawn():
    (alt,) = alts(check.agrees, lambda x: (x, x[0]), [(TABLE,)], lambda x: (x, x[:, 0]))
    assert alt.splitlines()[1] == "yours: axis 0 = 3"
    (alt,) = alts(check.agrees, lambda x: {"a": x, "b": -x}, [(TABLE,)], lambda x: {"a": x, "b": x})
    assert "at [0, 0]: expected 1, got -1" in alt


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda x: x.sum() + 1, np.sum),
        (lambda x: float(x.sum()) + 1, lambda x: float(x.sum())),
        (lambda x: x.astype("float32"), lambda x: x),
        (lambda x: None, lambda x: x),
        (lambda x: 1 / 0, lambda x: x),
        (lambda x: x.tolist(), lambda x: x),
    ],
)
def test_what_words_say_better_is_not_drawn(answer, expected):
    assert alts(check.agrees, answer, [(TABLE,)], expected) == []


def figure_of(text):
    return lambda *args: show.picture(np.eye(2), text)


def test_the_authors_picture_comes_first():
    for answer, other in ((lambda x: x + 1, "Every entry differs"), (lambda x: x[0], "The axes of the result")):
        first, second = alts(check.agrees, answer, [(TABLE,)], lambda x: x, draw=figure_of("mine"))
        assert first.startswith("mine: ")
        assert second.startswith(other)


def test_a_picture_exercise_shows_the_pictures_and_for_a_wrong_shape_the_axes():
    (alt,) = alts(check.picture, lambda p: p[::-1], lambda p: p, [(TABLE,)])
    assert alt.startswith("Two pictures of shape (2, 3).")
    first, second = alts(check.picture, lambda p: p.T, lambda p: p, [(TABLE,)])
    assert first.startswith("Two pictures of different shapes.")
    assert second.startswith("The axes of the result.")


def test_gradients_in_any_container_can_be_drawn():
    """A test of gradients compares dicts or tuples of numbers; its author draws the graph they belong to."""
    seen = []

    def draw(args, got, expected):
        seen.append((args, got, expected))
        return show.picture(np.eye(2), "the graph")

    (alt,) = alts(check.agrees, lambda x: {"x": 3.0}, [(2.0,)], lambda x: {"x": 4.0}, draw=draw)
    assert alt.startswith("the graph: ")
    assert seen == [((2.0,), {"x": 3.0}, {"x": 4.0})]
    result = ([np.zeros(2)], object())
    with pytest.raises(CheckFailure, match=r".") as caught:
        check.agrees(lambda x: result, [(2.0,)], lambda x: ([np.ones(2)], None), draw=draw)
    result[0][0][:] = 7
    caught.value.explanation.figures[0]()
    assert seen[1][1][0][0].tolist() == [0, 0] and seen[1][1][1] is result[1]
    assert alts(check.agrees, lambda x: None, [(2.0,)], lambda x: {"x": 4.0}, draw=draw) == []


def test_a_requirement_can_bring_a_picture(trial_for):
    with trial_for("Meter"):
        assert check.require(True, "never said", draw=lambda: 1 / 0) is None
        (alt,) = alts(check.require, False, "the gradient of x is 3, not 4.", draw=figure_of("the graph"))
    assert alt.startswith("the graph: ")


def test_a_picture_drawn_later_still_finds_the_data(chapter):
    exercise = chapter.exercises["Meter"]
    (chapter.folder / "data").mkdir(exist_ok=True)
    np.save(chapter.folder / "data" / "later.npy", np.arange(3))

    def test(Meter):
        check.require(False, "no.", draw=lambda: check.data("later.npy"))

    (draw,) = run_test(Trial(chapter, exercise), test, [object]).explanation.figures
    assert draw().tolist() == [0, 1, 2]


def test_the_picture_shows_what_came_back_whatever_happens_later():
    mine = np.zeros(2)
    with pytest.raises(CheckFailure, match=r".") as caught:
        check.agrees(lambda x: mine, [(np.ones(2),)], lambda x: x)
    mine[:] = 7
    (draw,) = caught.value.explanation.figures
    assert "at [0]: expected 1, got 0" in draw().layout.meta["alt"]


def test_a_failure_loads_no_plotly():
    code = (
        "import sys, numpy as np\nfrom workbook import check\nfrom workbook.errors import CheckFailure\n"
        "for answer in (lambda x: x + 1, lambda x: x[:1]):\n"
        "    try:\n        check.agrees(answer, [(np.ones(3),)], lambda x: x)\n"
        "    except CheckFailure as failure:\n        print(len(failure.explanation.figures), 'plotly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "1 False\n1 False\n"

"""Learning curves: as a figure, while a training runs, and in a terminal."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from workbook import show
from workbook.show import learning

HISTORY = {"train_loss": [2.3, 1.2345678, 0.4], "test_loss": [2.2, 1.3, 0.5], "test_accuracy": [0.1, 0.6, 0.9]}
MIME = "application/vnd.plotly.v1+json"


class Output:
    """An output of a notebook: what was shown in it, one after the other."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def display(self, bundle: dict[str, Any], *, raw: bool, display_id: bool) -> Output:
        assert raw and display_id and not self.shown
        self.shown.append(bundle)
        return self

    def update(self, bundle: dict[str, Any], *, raw: bool) -> None:
        assert raw
        self.shown.append(bundle)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Output:
    output = Output()
    shell = types.SimpleNamespace(kernel=object())
    shown = types.SimpleNamespace(display=output.display)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell, display=shown))
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    return output


def test_losses_and_shares_have_an_axis_each() -> None:
    fig = show.learning_curves(HISTORY, "Digits")
    assert [(curve.name, curve.yaxis) for curve in fig.data] == [("train loss", "y"), ("test loss", "y"), ("test accuracy", "y2")]
    assert (fig.layout.yaxis.type, fig.layout.yaxis2.range) == ("log", (0, 1.03))
    assert list(fig.data[0].x) == [1, 2, 3] and list(fig.data[0].y) == [2.3, 1.235, 0.4]
    assert len({curve.line.dash for curve in fig.data}) == 3  # colour is not the only sign
    assert fig.layout.meta["alt"] == (
        "Digits: train loss from 2.3 to 0.4, test loss from 2.2 to 0.5, test accuracy from 0.1 to 0.9."
    )
    assert len(fig.to_json()) < 5_000


def test_losses_alone_take_the_whole_width() -> None:
    fig = show.learning_curves({"loss, lr 0.1": [2.0], "loss, lr 1": [3.0]}, epochs=20)
    assert fig.layout.xaxis.domain == (0, 1) and fig.layout.xaxis.range == (0.5, 20.5)


@pytest.mark.parametrize("history", [{}, {"train_loss": [], "test_accuracy": []}])
def test_no_epoch_yet(history: dict[str, list[float]]) -> None:
    assert show.learning_curves(history).layout.meta["alt"] == "Learning curves: nothing yet."


def test_numbers_that_a_training_can_give_are_drawn() -> None:
    fig = show.learning_curves({"loss": [float("nan"), float("inf"), 1.0]})
    assert '"y":[null,null,1.0]' in fig.to_json().replace(" ", "")


def test_a_notebook_shows_one_output_that_grows(notebook: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(n) for n in range(1000))
    monkeypatch.setattr(learning.time, "monotonic", lambda: next(clock))
    live = show.LiveCurves(epochs=3, title="Reading")
    for loss, share in zip(HISTORY["test_loss"], HISTORY["test_accuracy"], strict=True):
        live.add(test_loss=loss, accuracy=share)
    assert live.history == {"test_loss": [2.2, 1.3, 0.5], "accuracy": [0.1, 0.6, 0.9]}
    assert [len(bundle[MIME]["data"][0]["y"]) for bundle in notebook.shown] == [1, 2, 3]
    first, last = notebook.shown[0]["text/plain"], notebook.shown[-1]["text/plain"]
    assert first.startswith("█" * 10 + "░" * 20 + " 1 of 3 epochs") and last.startswith("█" * 30 + " 3 of 3 epochs")
    assert "test loss 0.5, accuracy 0.9\nReading: test loss from 2.2 to 0.5" in last


def test_quick_epochs_are_not_all_drawn_but_the_last_is(notebook: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning.time, "monotonic", lambda: 100.0)
    live = show.LiveCurves(epochs=50)
    for _ in range(50):
        live.add(loss=1.0)
    assert [len(bundle[MIME]["data"][0]["y"]) for bundle in notebook.shown] == [1, 50]


def test_colab_gets_a_page(notebook: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", types.SimpleNamespace())
    show.LiveCurves(epochs=1).add(loss=1.0)
    assert set(notebook.shown[0]) == {"text/html", "text/plain"} and "plotly" in notebook.shown[0]["text/html"]


def test_a_terminal_prints_a_line_an_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    live = show.LiveCurves(epochs=2)
    live.add(train_loss=2.0)
    live.add(train_loss=0.12345)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("█" * 15 + "░" * 15 + " 1 of 2 epochs, ") and lines[1].endswith(" s: train loss 0.1235")

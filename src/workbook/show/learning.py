"""Learning curves, of a training that is over or while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbook.show._sheet import WIDE, figure
from workbook.show.frontend import alt_text, bundle, in_notebook

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["LiveCurves", "learning_curves"]

_LOOKS = (("#3b7dc4", "solid"), ("#d1495b", "dash"), ("#3f8f4f", "dot"), ("#8a63b8", "dashdot"))  # colour is never the only sign
_GRID = "rgba(128,128,128,0.25)"
_MARKS = [digit * 10.0**power for power in range(-6, 4) for digit in (1, 2, 5)]  # of a logarithmic axis
_PAUSE = 0.25  # seconds, the least between two pictures of a running training
_BAR = 30  # letters


def learning_curves(history: Mapping[str, Sequence[float]], title: str = "", epochs: int = 0) -> Figure:
    """Losses on a logarithmic axis to the left, shares between 0 and 1 to the right.

    Args:
        history: numbers by epoch, under names; those with the word "loss" in them are losses, the others shares.
        title: a line above.
        epochs: room for how many; default: as many as there are.

    Returns:
        A plotly figure.
    """
    losses = [name for name in history if "loss" in name]
    shares = [name for name in history if name not in losses]
    halves = [half for half in ((losses, "loss"), (shares, "share")) if half[0]]
    longest = max([epochs, *map(len, history.values())], default=0)
    fig = figure(
        WIDE,
        350,
        _told(history, title),
        title={"text": title, "font": {"size": 14}},
        margin={"l": 65, "r": 20, "t": 50, "b": 95},
        legend={"orientation": "h", "x": 0, "y": -0.28, "yanchor": "top"},
        **_axes(halves, longest),
    )
    for number, (names, _) in enumerate(halves, 1):
        for name in names:
            fig.add_trace(_curve(name, history[name], _LOOKS[list(history).index(name) % len(_LOOKS)], number))
    return fig


def _axes(halves: list[tuple[list[str], str]], longest: int) -> dict[str, Any]:
    """The layout's two axes of each half."""
    axes: dict[str, Any] = {}
    for number, (_, what) in enumerate(halves, 1):
        left = (number - 1) * 0.56
        domain = [left, left + 0.44] if len(halves) > 1 else [0, 1]
        axes[f"xaxis{number}"] = {
            "title": {"text": "epoch", "standoff": 6},
            "domain": domain,
            "range": [0.5, max(longest, 1) + 0.5],
            "gridcolor": _GRID,
            "tickformat": "d",
            "zeroline": False,
            "anchor": f"y{number}",
        }
        scale = {"type": "log", "tickvals": _MARKS} if what == "loss" else {"range": [0, 1.03]}
        name = "loss (logarithmic)" if what == "loss" else what
        axes[f"yaxis{number}"] = {
            "title": {"text": name, "standoff": 8},
            "gridcolor": _GRID,
            "zeroline": False,
            "anchor": f"x{number}",
            **scale,
        }
    return axes


def _curve(name: str, values: Iterable[float], look: tuple[str, str], number: int) -> Any:
    import plotly.graph_objects as go

    heights = [float(f"{value:.4g}") for value in values]
    return go.Scatter(
        x=list(range(1, len(heights) + 1)),
        y=heights,
        name=name.replace("_", " "),
        mode="lines+markers",
        line={"color": look[0], "dash": look[1], "width": 2},
        marker={"size": 4},
        xaxis=f"x{number}",
        yaxis=f"y{number}",
    )


def _told(history: Mapping[str, Sequence[float]], title: str) -> str:
    """The text alternative: where each curve begins and ends."""
    spans = [
        f"{name.replace('_', ' ')} from {values[0]:.4g} to {values[-1]:.4g}" for name, values in history.items() if len(values)
    ]
    return f"{title or 'Learning curves'}: {', '.join(spans) or 'nothing yet'}."


class LiveCurves:
    """A progress bar and learning curves that grow while a training runs.

        live = LiveCurves(epochs=20, title="Learning to read")
        for epoch in range(20):
            ...
            live.add(train_loss=..., test_loss=..., accuracy=...)

    In a notebook one output is drawn anew; elsewhere each epoch is a printed line. `history` holds all numbers.
    """

    def __init__(self, epochs: int, title: str = "") -> None:
        self.history: dict[str, list[float]] = {}
        self._epochs, self._title = epochs, title
        self._start = time.monotonic()
        self._drawn = 0.0
        self._handle: Any = None

    def add(self, **numbers: float) -> None:
        """The numbers of one more epoch, under their names."""
        for name, number in numbers.items():
            self.history.setdefault(name, []).append(float(number))
        done = max(map(len, self.history.values()), default=0)
        if not in_notebook():
            print(self._line(done))
        elif done >= self._epochs or time.monotonic() - self._drawn >= _PAUSE:
            self._draw(done)

    def _line(self, done: int) -> str:
        """Bar, count and time, and the newest numbers."""
        filled = round(_BAR * min(1, done / max(1, self._epochs)))
        newest = ", ".join(f"{name.replace('_', ' ')} {values[-1]:.4g}" for name, values in self.history.items())
        bar = "█" * filled + "░" * (_BAR - filled)
        return f"{bar} {done} of {self._epochs} epochs, {time.monotonic() - self._start:.1f} s: {newest}"

    def _draw(self, done: int) -> None:
        from IPython.display import display

        line = self._line(done)
        bar, _, numbers = line.partition(" ")
        fig = learning_curves(self.history, f"{self._title}<br>{bar}<br>{numbers}", self._epochs)
        fig.update_layout(meta={"alt": f"{line}\n{_told(self.history, self._title)}"}, margin={"t": 95}, height=395)
        shown = bundle(fig, alt_text(fig))
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)
        self._drawn = time.monotonic()

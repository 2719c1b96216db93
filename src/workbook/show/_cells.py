"""What heat maps share: axes that count rows and columns."""

from __future__ import annotations

from typing import Any

__all__ = ["index_axis"]


def index_axis(first: int, count: int, cell: int, label: str) -> dict[str, Any]:
    """An axis whose numbers are the indices: all of them where there is room, otherwise every fifth."""
    every = 1 if cell >= 24 or count <= 10 else 5
    return {
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "ticklabelstandoff": 4,
        "tick0": first if every == 1 else 0,
        "dtick": every,
        "title": {"text": label, "standoff": 8, "font": {"size": 13}},
    }

"""Pictures where people would rather look: images, comparisons of images, matrices, graphs and learning curves, as plotly figures.

The functions that return a figure draw nothing by themselves; `display` shows one in whatever notebook runs.
Importing this package is cheap: NumPy is imported by the first name that is asked for, plotly by the first figure. Every figure
carries a text alternative in `figure.layout.meta["alt"]`, which a terminal prints and a notebook stores as plain text.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook.show._graph import Node, graph
    from workbook.show.differences import compare_arrays
    from workbook.show.frontend import display
    from workbook.show.images import compare_pictures, display_array_as_img, picture
    from workbook.show.learning import LiveCurves, learning_curves
    from workbook.show.matrices import heatmap
    from workbook.show.shapes import compare_shapes

__all__ = [
    "LiveCurves",
    "Node",
    "compare_arrays",
    "compare_pictures",
    "compare_shapes",
    "display",
    "display_array_as_img",
    "graph",
    "heatmap",
    "learning_curves",
    "picture",
]

_HOMES = {
    "LiveCurves": "learning",
    "Node": "_graph",
    "compare_arrays": "differences",
    "compare_pictures": "images",
    "compare_shapes": "shapes",
    "display": "frontend",
    "display_array_as_img": "images",
    "graph": "_graph",
    "heatmap": "matrices",
    "learning_curves": "learning",
    "picture": "images",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Pictures where people would rather look: images, comparisons of images, matrices, graphs and learning curves, as plotly figures.

The functions that return a figure draw nothing by themselves; `display` shows one in whatever notebook runs.
Importing this package is cheap: plotly is imported by the first figure. Every figure carries a text
alternative in `figure.layout.meta["alt"]`, which a terminal prints and a notebook stores as plain text.
"""

from __future__ import annotations

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

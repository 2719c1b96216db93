"""What notebooks find in the sandbox in place of tests and pictures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CELLS = """
import plotly.graph_objects as go
from plotly.subplots import make_subplots
import workbook
from workbook import show

tests = workbook.start("part1_small")
fig = go.Figure(go.Scatter(x=[1], y=[2]), layout=go.Layout(title="t"))
fig.update_layout(height=3).add_trace(go.layout.Shape()).show()
fig.layout.title = "other"
both = make_subplots(rows=1, cols=2)
both["layout"]["title"] = 3
show.display(show.heatmap([[1]]).update_layout(height=3))
picture = tests.draw_something(1)
picture.update_layout(width=2)
with tests.live_curve(epochs=3) as live:
    live.add(loss=[1.0])
assert tests.test_double(1) is None and workbook.progress() is None
assert isinstance(fig, go.Figure) and list(fig.data) == []
assert tests.data("steps.npy").tolist() == [1, 2]
try:
    tests.data("nothing.npy")
except FileNotFoundError as error:
    print(error)
"""


def test_cells_that_draw_run_and_nothing_is_imported_for_them(tmp_path: Path) -> None:
    code = f"""
import sys
import numpy as np
from workbook.grade.sandbox.standins import install

np.save({str(tmp_path / "steps.npy")!r}, [1, 2])
install({{"course": {str(tmp_path)!r}}})
exec({CELLS!r}, {{}})
print(sorted(name for name in sys.modules if name.startswith("plotly") and hasattr(sys.modules[name], "__file__")))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "there is no data file nothing.npy\n[]\n"), run.stderr

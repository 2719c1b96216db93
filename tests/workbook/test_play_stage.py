"""Where playgrounds appear: in a real kernel, in a page made from a notebook, in a terminal, and, silently, while grading."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbclient
import pytest

from workbook import play
from workbook.build.execute import execute_notebook
from workbook.build.formats import nbformat_module
from workbook.play import shapes_view, stage
from workbook.play.stage import bundle

WIDGET = "application/vnd.jupyter.widget-view+json"
CALLS = {"broadcast": 'play.broadcast("3 1", (1, 4))', "einsum": "play.einsum()", "backward": "play.backward(a=0.5)"}
VALUES = {"left": "3 1", "right": "1 4"}


def notebook(*sources: str) -> Any:
    nbformat = nbformat_module()
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def outputs(run: Any) -> list[Any]:
    found = [output for cell in run.cells for output in cell.outputs]
    assert {output.output_type for output in found} <= {"display_data"}, found
    return [output.data for output in found]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A notebook with all playgrounds, after a real kernel ran it as any other tool would."""
    made = notebook("from workbook import play", *CALLS.values())
    nbclient.NotebookClient(
        made, kernel_name="python3", resources={"metadata": {"path": str(tmp_path_factory.mktemp("nb"))}}
    ).execute()
    return made


def test_an_output_holds_a_panel_a_still_picture_and_text(run: Any) -> None:
    shown = outputs(run)
    assert len(shown) == len(CALLS)
    for data in shown:
        assert set(data) == {WIDGET, "text/html", "text/plain"}
    assert shown[0]["text/plain"].startswith("Playground: two shapes meet\n  first shape: 3 1\n  second shape: 1 4\n1. Write")
    assert "a = 0.5" in shown[2]["text/plain"]


def test_a_page_without_widgets_shows_the_still_picture(run: Any) -> None:
    nbconvert = pytest.importorskip("nbconvert")
    bare = nbformat_module().from_dict(json.loads(json.dumps(run)))
    bare.metadata.pop("widgets")
    page, _ = nbconvert.HTMLExporter().from_notebook_node(bare)
    assert page.count("This is a still picture.") == len(CALLS)


def test_notebooks_that_we_run_keep_the_still_picture_only(tmp_path: Path) -> None:
    made = notebook("from workbook import play", CALLS["broadcast"])
    execute_notebook(made, tmp_path)
    (data,) = outputs(made)
    assert set(data) == {"text/html", "text/plain"}
    assert "widgets" not in made.metadata


def test_grading_and_missing_widgets_leave_the_still_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert WIDGET in bundle(shapes_view.view, VALUES)[0]
    with monkeypatch.context() as patch:
        patch.setenv("NBGRADER_EXECUTION", "autograde")
        assert set(bundle(shapes_view.view, VALUES)[0]) == {"text/plain", "text/html"}
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "workbook.play.widget")
    data, metadata = bundle(shapes_view.view, VALUES)
    assert set(data) == {"text/plain", "text/html"} and metadata == {}


def test_a_panel_answers_with_the_number_of_the_question() -> None:
    from workbook.play.widget import Panel

    panel = Panel(shapes_view.view, shapes_view.view(VALUES))
    assert panel.view["number"] == 0 and panel.view["say"].startswith("The result has the shape (3, 4)")
    panel.asked = {"values": {"left": "2", "right": "3"}, "step": None, "number": 1}
    assert panel.view["number"] == 1 and "2 meets 3. They differ" in panel.view["say"]
    panel.asked = {"values": {"left": "2", "right": "3"}, "step": 0, "number": 2}
    assert (panel.view["number"], panel.view["step"]) == (2, 0)


def test_the_panel_needs_no_network() -> None:
    from workbook.play.widget import Panel

    for text in (Panel._esm, Panel._css):
        assert str(text).strip() and "http" not in str(text) and "import " not in str(text) and "url(" not in str(text)


def test_outside_a_notebook_it_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "in_notebook", lambda: False)
    play.einsum("i j -> i", j=2)
    play.backward("x * x", x=1.5)
    told = capsys.readouterr().out
    assert "  sizes: j=2\n" in told and "For every i: the sum over j of A[i, j]." in told
    assert "  values: x=1.5\n" in told and "The gradients of f: x: 3." in told


def test_in_the_grader_nothing_happens() -> None:
    code = (
        "from workbook.grade.sandbox.standins import install\ninstall({})\nfrom workbook import play\nimport workbook.play, sys\n"
        "play.broadcast('3 1', '1 4')\nworkbook.play.backward(a=1)\n"
        "print([name for name in sys.modules if 'anywidget' in name or name.startswith('workbook.play.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")

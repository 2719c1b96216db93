"""What a notebook keeps of live panels when it is saved. The real JupyterLab is in test_browser_student.py."""

from __future__ import annotations

from typing import Any

import pytest

from workbook.lab import saving
from workbook.lab.saving import keep_stills

VIEW = "application/vnd.jupyter.widget-view+json"


def model(*outputs: dict[str, Any]) -> dict[str, Any]:
    cells = [{"cell_type": "markdown", "source": "text"}, {"cell_type": "code", "source": "1", "outputs": list(outputs)}]
    return {"type": "notebook", "content": {"cells": cells}}


def test_a_panel_with_a_still_picture_is_saved_as_that() -> None:
    panel = {"output_type": "display_data", "data": {VIEW: {"model_id": "1"}, "text/html": "<p>still</p>", "text/plain": "still"}}
    stream = {"output_type": "stream", "name": "stdout", "text": "printed"}
    saved = model(panel, stream)
    keep_stills(saved, path="some.ipynb", contents_manager=None)
    assert saved["content"]["cells"][1]["outputs"] == [
        {"output_type": "display_data", "data": {"text/html": "<p>still</p>", "text/plain": "still"}},
        stream,
    ]


def test_other_peoples_widgets_stay_as_they_are() -> None:
    slider = {"output_type": "display_data", "data": {VIEW: {"model_id": "1"}, "text/plain": "IntSlider(value=0)"}}
    saved = model(slider)
    keep_stills(saved)
    assert saved == model({"output_type": "display_data", "data": {VIEW: {"model_id": "1"}, "text/plain": "IntSlider(value=0)"}})


@pytest.mark.parametrize(
    "other", [{"type": "file", "content": "text"}, {"type": "directory"}, {"type": "notebook", "content": None}]
)
def test_what_is_no_notebook_passes(other: dict[str, Any]) -> None:
    before = dict(other)
    keep_stills(other)
    assert other == before


def test_it_is_the_contents_manager_in_use_that_asks() -> None:
    """An extension that is loaded later may have exchanged it."""

    class Manager:
        def __init__(self) -> None:
            self.hooks: list[Any] = []

        def register_pre_save_hook(self, hook: Any) -> None:
            self.hooks.append(hook)

    class Server:
        def __init__(self) -> None:
            self.contents_manager, self.callbacks, self.io_loop = Manager(), [], self

        def add_callback(self, call: Any) -> None:
            self.callbacks.append(call)

    server = Server()
    (point,) = saving._jupyter_server_extension_points()
    assert point["module"] == saving.__name__
    saving._load_jupyter_server_extension(server)
    server.contents_manager = Manager()
    server.callbacks[0]()
    assert server.contents_manager.hooks == [keep_stills]

"""A part of the Jupyter server that `workbook lab` starts: live panels are saved as the still pictures that come with them.

A live panel ends with its kernel. In a saved notebook only its reference would be left, in whose place the reader of the notebook
would find "Error displaying widget: model not found".
"""

from __future__ import annotations

from typing import Any

__all__ = ["keep_stills"]

_LIVE = "application/vnd.jupyter.widget-view+json"
_STILL = "text/html"


def keep_stills(model: dict[str, Any], **_: Any) -> None:
    """Take the references to live panels out of a notebook that is about to be saved, where there is a still picture instead."""
    if model.get("type") != "notebook" or not isinstance(model.get("content"), dict):
        return
    for cell in model["content"].get("cells", []):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if _STILL in data:
                data.pop(_LIVE, None)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    # Once all extensions are loaded: jupytext's puts a contents manager of its own in place of the first one.
    server.io_loop.add_callback(lambda: server.contents_manager.register_pre_save_hook(keep_stills))

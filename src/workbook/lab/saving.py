"""A part of the Jupyter server that `workbook lab` starts: live panels are saved as the still pictures that come with them.

What a saved notebook would hold of them otherwise is said at `workbook.show.frontend.keep_stills`.
"""

from __future__ import annotations

from typing import Any

from workbook.show import frontend

__all__ = ["keep_stills"]


def keep_stills(model: dict[str, Any], **_: Any) -> None:
    """A hook of Jupyter's, for what is about to be saved."""
    if model.get("type") == "notebook" and isinstance(model.get("content"), dict):
        frontend.keep_stills(model["content"])


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    # Once all extensions are loaded: jupytext's puts a contents manager of its own in place of the first one.
    server.io_loop.add_callback(lambda: server.contents_manager.register_pre_save_hook(keep_stills))

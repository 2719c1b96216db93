"""The live panel: what is typed in the browser goes to a playground's function, and what it returns is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbook.play.view import Playground, View

__all__ = ["Panel"]

_HERE = Path(__file__).parent


class Panel(anywidget.AnyWidget):
    """A panel of one playground.

    Attributes:
        view: what is shown, as `View.state`; `number` says which question it answers.
        asked: the browser's last question: `values` by field, `step` (None after typing) and its `number`.
    """

    _esm = (_HERE / "panel.js").read_text(encoding="utf-8")
    _css = (_HERE / "panel.css").read_text(encoding="utf-8")
    view = traitlets.Dict().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)

    def __init__(self, playground: Playground, shown: View) -> None:
        super().__init__(view={**shown.state(), "number": 0})
        self._playground = playground
        self.observe(self._answer, "asked")

    def _answer(self, change: dict[str, Any]) -> None:
        asked = change["new"]
        values = {str(name): str(value) for name, value in asked["values"].items()}
        self.view = {**self._playground(values, asked["step"]).state(), "number": asked["number"]}

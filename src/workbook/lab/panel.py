"""The progress panel in a notebook: parts with a bar each, what comes next, how long it took. It keeps itself up to date."""

from __future__ import annotations

import sys
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from workbook.errors import WorkbookError
from workbook.lab.summary import PartState, Summary, duration, summarise
from workbook.model import Home, find_home

if TYPE_CHECKING:
    from collections.abc import MutableSet

__all__ = ["progress_html", "progress_text", "refresh", "show_progress"]

_open: MutableSet[Any] = WeakSet()  # the panels of this kernel that may still be on screen

# Inline styles only: style sheets are stripped in some frontends. Words and numbers say what the bars show.
_CARD = "max-width:780px;border:1px solid #8a8f98;border-radius:6px;padding:10px 14px;font-size:13px;line-height:1.5"
_CELL = "padding:3px 12px 3px 0;text-align:left;vertical-align:middle"
_BAR = (
    "display:inline-block;width:150px;height:10px;border:1px solid #8a8f98;border-radius:5px;"
    "overflow:hidden;vertical-align:middle;white-space:nowrap;font-size:0"
)
_LINK = "color:var(--jp-content-link-color,inherit);text-decoration:underline"
_SMALL = "max-width:780px;font-size:12px;opacity:.75"
_STILL = "This is how it was. To bring it up to date, run this cell again."
_DONE = "display:inline-block;height:10px;vertical-align:top;background:#2e9e5b;width:{:.0f}%"
_TRIED = (
    "display:inline-block;height:10px;vertical-align:top;width:{:.0f}%;"
    "background:repeating-linear-gradient(45deg,#b8761f 0 3px,transparent 3px 6px)"
)


def show_progress(home: Home | None = None) -> None:
    """Show where the student stands, in whatever runs: a panel that follows their work, HTML, or text.

    Raises:
        BadInput: the record cannot be read.
    """
    home = home or find_home()
    summary = summarise(home)
    text, html = progress_text(summary), progress_html(summary)
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(text)
        return
    from IPython.display import display

    still = f'{html}<div style="{_SMALL}">{_STILL}</div>'
    data = {"text/plain": text, "text/html": still}
    widget = _widget(home, html)
    if widget is not None:
        _open.add(widget)
        data |= widget._repr_mimebundle_()[0]
        data |= {"text/plain": text, "text/html": still}  # for pages on which no widget runs
    display(data, raw=True)


def refresh() -> None:
    """Bring the panels of this kernel up to date. A record that cannot be read changes nothing: who writes it says so."""
    for widget in list(_open):
        try:
            widget.look()
        except (OSError, WorkbookError):
            continue


def progress_text(summary: Summary) -> str:
    """The same in plain text."""
    lines = [f"{_counts(state):<28} {state.part.name}  {state.part.title}" for state in summary.parts]
    return "\n".join([*lines, *_sentences(summary)])


def progress_html(summary: Summary) -> str:
    """The panel as one piece of HTML: a table of parts, then what comes next."""
    rows = "".join(_row(state) for state in summary.parts)
    head = "".join(f'<th scope="col" style="{_CELL};font-weight:normal;opacity:.75">{word}</th>' for word in ("part", "done", ""))
    table = f'<table style="border-collapse:collapse;background:transparent;margin:0 0 6px 0"><tr>{head}</tr>{rows}</table>'
    told = "".join(f"<div>{_linked(escape(line), summary)}</div>" for line in _sentences(summary))
    return f'<div role="region" aria-label="Your progress" style="{_CARD}">{table}{told}</div>'


def _row(state: PartState) -> str:
    total = len(state.exercises) or 1
    solved, tried = 100 * state.count("solved") / total, 100 * state.count("tried") / total
    pieces = "".join(f'<span style="{style}"></span>' for style in (_DONE.format(solved), _TRIED.format(tried)))
    bar = f'<span aria-hidden="true" style="{_BAR}">{pieces}</span>'
    link = f'<a style="{_LINK}" href="{escape(state.part.name)}.ipynb">{escape(state.part.title)}</a>'
    cells = (link, bar, escape(_counts(state)))
    return '<tr style="background:transparent">' + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _counts(state: PartState) -> str:
    tried = f", {state.count('tried')} tried" if state.count("tried") else ""
    return f"{state.count('solved')} of {len(state.exercises)} solved{tried}"


def _sentences(summary: Summary) -> list[str]:
    current = summary.current
    lines = [f"Next: {current.next}, in {current.part.name}." if current else "Everything is solved."]
    if summary.runs:
        time = duration(summary.minutes) if summary.minutes else "a minute"
        days = f", {summary.streak} days in a row" if summary.streak > 1 else ""
        tests = "1 test" if summary.runs == 1 else f"{summary.runs} tests"
        lines.append(f"{tests} run in about {time} of work{days}.")
    return lines


def _linked(line: str, summary: Summary) -> str:
    name = summary.current.part.name if summary.current else ""
    return line.replace(f"in {name}.", f'in <a style="{_LINK}" href="{name}.ipynb">{name}</a>.') if name else line


def _widget(home: Home, html: str) -> Any:
    """A live panel; None where anywidget is not installed."""
    kind = _widget_class()
    return kind(home, html) if kind else None


@cache
def _widget_class() -> Any:
    try:
        import anywidget
        import traitlets
    except ImportError:
        return None

    class ProgressPanel(anywidget.AnyWidget):
        """Shows `html`; asked by its view whether there is something new."""

        _esm = Path(__file__).with_name("panel.js")
        html = traitlets.Unicode().tag(sync=True)

        def __init__(self, home: Home, html: str) -> None:
            super().__init__(html=html)
            self._home = home
            self.on_msg(lambda *_: refresh())

        def look(self) -> None:
            self.html = progress_html(summarise(self._home))

    return ProgressPanel

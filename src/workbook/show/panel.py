"""The panel under a test cell: a line when it passed, an explanation when it did not. HTML in a notebook, text elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from workbook.model import Explanation, Result

__all__ = ["failed_html", "show_code", "show_failed", "show_markdown", "show_passed", "show_unsolved"]

# Inline styles only: style sheets are stripped in some frontends. Colours are readable on light and on dark pages,
# and none is the only signal: each state has its own mark and word.
_CARD = (
    "border:1px solid {colour};border-left-width:5px;border-radius:4px;padding:8px 12px;margin:4px 0;max-width:780px;"
    "font-size:13px;line-height:1.45;overflow-x:auto"
)
_PRE = (
    "margin:0;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px;white-space:pre-wrap;"
    "background:transparent;color:inherit"
)
_LABEL = "padding:1px 12px 1px 0;vertical-align:top;white-space:nowrap;opacity:.75;text-align:left;font-weight:normal"
_CELL = "padding:1px 0;text-align:left;vertical-align:top"
_GREEN, _RED, _GREY = "#2e9e5b", "#d9534f", "#8a8f98"
_CODE_ROWS = ("called", "expected", "got", "first difference")


def show_passed(result: Result, *, html: bool) -> None:
    """One line of success, then the exercise's pictures."""
    mark = "✓" if result.message == "passed" else "○"
    line = f"{mark} {result.exercise}: {result.message}"
    notes = "".join(f"\n  {note}" for note in result.notes)
    body = f"<b>{mark} {escape(result.exercise)}</b>: {escape(result.message)}" + "".join(
        f"<br>{escape(note)}" for note in result.notes
    )
    _publish(line + notes + _printed_text(result), _card(_GREEN if mark == "✓" else _GREY, body + _printed_html(result)), html)
    _figures(result.figures, html)


def show_unsolved(result: Result, *, html: bool) -> None:
    """The stub is still there: nothing is wrong yet."""
    _publish(f"○ {result.message}", _card(_GREY, f"○ {escape(result.message)}"), html)


def show_failed(result: Result, *, html: bool) -> None:
    """The explanation, then its pictures."""
    explanation = result.explanation
    assert explanation is not None
    # Plain text travels in the exception itself; printing it here too would say everything twice.
    if html:
        _publish("✗ " + explanation.text() + _printed_text(result), failed_html(explanation, result), html)
    _figures(explanation.figures, html)


def show_markdown(text: str) -> None:
    """Markdown as a notebook renders it, with its formulas."""
    from IPython.display import display

    display({"text/plain": text, "text/markdown": text}, raw=True)


def show_code(text: str, *, html: bool) -> None:
    """Python source, coloured where the page can do that."""
    if html:
        show_markdown(f"```python\n{text}\n```")
    else:
        print(text)


def failed_html(explanation: Explanation, result: Result | None = None) -> str:
    """The explanation as one HTML card; every text in it is escaped."""
    rows = [_row(label, text) for label, text in explanation.rows()]
    head = f'<div style="margin-bottom:4px"><b>✗ {escape(explanation.exercise)}</b>: {escape(explanation.fact)}</div>'
    table = f'<table style="border-collapse:collapse;background:transparent;margin:0">{"".join(rows)}</table>' if rows else ""
    return _card(_RED, head + table + (_printed_html(result) if result else ""))


def _row(label: str, text: str) -> str:
    if label in _CODE_ROWS or label.startswith("  "):
        content = f'<pre style="{_PRE}">{escape(text)}</pre>'
    elif label == "what happened":
        content = f"<b>{escape(text)}</b>"
    else:
        content = escape(text)
    indent = "padding-left:14px;" if label.startswith("  ") else ""
    return (
        f'<tr style="background:transparent"><th style="{_LABEL};{indent}">{escape(label.strip())}</th>'
        f'<td style="{_CELL}">{content}</td></tr>'
    )


def _card(colour: str, body: str) -> str:
    return f'<div role="status" style="{_CARD.format(colour=colour)}">{body}</div>'


def _printed_text(result: Result) -> str:
    return f"\nprinted by your code:\n{result.printed}" if result.printed else ""


def _printed_html(result: Result) -> str:
    if not result.printed:
        return ""
    return f'<details><summary>printed by your code</summary><pre style="{_PRE}">{escape(result.printed)}</pre></details>'


def _publish(text: str, html: str, rich: bool) -> None:
    if not rich:
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": html}, raw=True)


def _figures(figures: tuple[Any, ...], rich: bool) -> None:
    """Draw and show pictures, each with its text alternative folded below it: screen readers find nothing in the picture itself."""
    if not rich:
        return
    from workbook.show.frontend import alt_text, display

    for draw in figures:
        try:
            figure = draw()
        except Exception as bug:  # ours: the verdict and the words are more important
            text = f"(A picture could not be drawn, which is a bug of ours: {type(bug).__name__}: {bug})"
            _publish(text, escape(text), rich)
            continue
        display(figure)
        words = f'<details><summary>this picture in words</summary><pre style="{_PRE}">{escape(alt_text(figure))}</pre></details>'
        _publish(f"This picture in words: {alt_text(figure)}", words, rich)

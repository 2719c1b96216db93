"""Figures' texts in the colour of the page: black on a light one, white on a dark one.

plotly knows fixed colours only, and no grey has a contrast of 4.5 on white as well as on a dark page. But parts of a text may
carry CSS, and there `currentColor` is the colour in which the page writes.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PAGE_INK", "WRONG_INK", "in_the_pages_ink"]

PAGE_INK = "#767676"  # where no CSS is understood: the grey that comes nearest on both
WRONG_INK = "#d0451b"
_STYLES = {PAGE_INK: "currentColor", WRONG_INK: "color-mix(in srgb,currentColor 35%,#d0451b)"}
_SCALED = ("heatmap", "contour")  # traces with a scale of colours


def in_the_pages_ink(figure: dict[str, Any]) -> dict[str, Any]:
    """Change a figure, given as its JSON, so that texts on a transparent paper are written in the page's colour.

    Texts in other colours than the house's two, and those in boxes, bars and cells of their own colour, stay as they are.
    """
    layout = figure.get("layout", {})
    ink = layout.get("font", {}).get("color")
    if ink not in _STYLES or layout.get("paper_bgcolor") != "rgba(0,0,0,0)":
        return figure
    _text(layout.get("title"), ink)
    for note in layout.get("annotations", []):
        if "bgcolor" not in note:
            _text(note, ink)
    for name, axis in layout.items():
        if name.startswith(("xaxis", "yaxis")) and axis.get("visible", True):
            _axis(axis, ink)
    for slider in layout.get("sliders", []):
        _slider(slider, ink)
    for trace in figure.get("data", []):
        _trace(trace, layout, ink)
    return figure


def _styled(text: Any, colour: str) -> Any:
    """A text with its style; what is blank, is not a text or has another colour stays.

    >>> _styled("✓", PAGE_INK), _styled(" ", PAGE_INK), _styled("1", "#1a1a1a")
    ("<span style='color:currentColor'>✓</span>", ' ', '1')
    """
    if colour not in _STYLES or not isinstance(text, str) or not text.strip():
        return text
    return f"<span style='color:{_STYLES[colour]}'>{text}</span>"


def _text(part: Any, ink: str) -> None:
    """A title or an annotation."""
    if isinstance(part, dict) and "text" in part:
        part["text"] = _styled(part["text"], part.get("font", {}).get("color", ink))


def _axis(axis: dict[str, Any], ink: str) -> None:
    """An axis or a scale of colours: its title and its ticks' labels."""
    _text(axis.get("title"), ink)
    if not axis.get("showticklabels", True) or "tickfont" in axis:
        return
    if "tickvals" in axis and "tickformat" not in axis:  # prefixes are left out there
        texts = axis.get("ticktext") or [f"{value:g}" if isinstance(value, int | float) else value for value in axis["tickvals"]]
        axis["ticktext"] = [_styled(text, ink) for text in texts]
    else:
        axis["tickprefix"] = f"<span style='color:{_STYLES[ink]}'>{axis.get('tickprefix', '')}"
        axis["ticksuffix"] = f"{axis.get('ticksuffix', '')}</span>"


def _slider(slider: dict[str, Any], ink: str) -> None:
    current = slider.setdefault("currentvalue", {})
    current["prefix"] = f"<span style='color:{_STYLES[ink]}'>{current.get('prefix', '')}"
    current["suffix"] = f"{current.get('suffix', '')}</span>"
    for step in slider.get("steps", []):
        step["label"] = _styled(step.get("label"), ink)
        for change in step.get("args", []):
            if isinstance(change, dict) and "title.text" in change:
                change["title.text"] = _styled(change["title.text"], ink)
            if isinstance(change, dict) and {"text", "textfont.color"} <= change.keys():
                pairs = zip(change["text"], change["textfont.color"], strict=True)
                change["text"] = [_each(texts, colours) for texts, colours in pairs]


def _trace(trace: dict[str, Any], layout: dict[str, Any], ink: str) -> None:
    """The name in the legend, the scale of colours, and texts that stand on the paper."""
    if "name" in trace and "font" not in layout.get("legend", {}):
        trace["name"] = _styled(trace["name"], ink)
    if trace.get("type") in _SCALED and trace.get("showscale", True):
        _axis(trace.setdefault("colorbar", {}), ink)
    on_paper = "text" in trace.get("mode", "") or trace.get("textposition") == "outside"
    if on_paper and "text" in trace:
        trace["text"] = _each(trace["text"], trace.get("textfont", {}).get("color", ink))


def _each(texts: Any, colours: Any) -> Any:
    """Texts with one colour, or with one each."""
    if not isinstance(texts, list):
        return texts
    own = colours if isinstance(colours, list) else [colours] * len(texts)
    return [_styled(text, colour) for text, colour in zip(texts, own, strict=True)]

"""How well a colour can be read on another: WCAG 2's contrast ratio, from 1 to 21. Text needs 4.5."""

from __future__ import annotations

import re

__all__ = ["LAB_PAGES", "contrast", "mixed", "rgb"]

Colour = tuple[float, float, float]

# JupyterLab's two themes: a notebook's background, and the text on it (black or white, not quite opaque).
LAB_PAGES = {"light": ("#ffffff", "#212121"), "dark": ("#111111", "#e0e0e0")}


def rgb(text: str) -> Colour:
    """Red, green and blue from 0 to 1, of "#8a8f98".

    >>> rgb("#ff0033")
    (1.0, 0.0, 0.2)
    """
    found = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", text)
    assert found, text
    red, green, blue = (int(part, 16) / 255 for part in found.groups())
    return red, green, blue


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """As much of one as its share says, the rest of the other: what opacity and `color-mix` do."""
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """The ratio of the two luminances.

    >>> contrast((1, 1, 1), (0, 0, 0)), round(contrast(rgb("#767676"), (1, 1, 1)), 2)
    (21.0, 4.54)
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""What a playground shows at one moment, as plain data: its fields, a sentence for each step, and a drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Protocol

from workbook.errors import BadInput
from workbook.play.markup import CARD, SMALL

__all__ = ["CHOSEN", "Field", "Playground", "View", "clamped", "readings", "refused", "unused"]

CHOSEN = "chosen for you"
_MOST_LINES = 20  # of sentences in a still picture
_STILL = (
    "This is a still picture. To type here, run this cell again where widgets run: in JupyterLab, Colab or VS Code, with anywidget"
    " installed."
)


@dataclass(frozen=True)
class Field:
    """A place to type in.

    Attributes:
        width: in characters.
        empty: what it means to type nothing.
    """

    name: str
    label: str
    value: str
    width: int = 16
    empty: str = ""


@dataclass(frozen=True)
class View:
    """One moment of a playground.

    Attributes:
        sentences: one for each step; `step` counts them from 0.
        drawing: HTML of this step. Styles are inline and colours follow the page, so that it looks right anywhere.
        words: what the drawing shows at any step, in words.
        unit: what a step is called: "step", or what it stands for.
        note: a remark on what was typed, or "".
        bad: the field which holds what cannot be used, or "".
        problem: why what was typed cannot be drawn, or "". Then there is neither sentence nor drawing.
    """

    title: str
    fields: tuple[Field, ...]
    sentences: tuple[str, ...] = ()
    step: int = 0
    drawing: str = ""
    words: tuple[str, ...] = ()
    unit: str = "step"
    note: str = ""
    bad: str = ""
    problem: str = ""

    def state(self) -> dict[str, Any]:
        """What the panel in the browser needs, as JSON."""
        return {
            "title": self.title,
            "fields": [asdict(field) for field in self.fields],
            "say": self.problem or " ".join(filter(None, [self.sentences[self.step], self.note])),
            "step": self.step,
            "steps": len(self.sentences),
            "unit": self.unit,
            "drawing": self.drawing,
            "bad": self.bad,
            "problem": bool(self.problem),
        }

    def text(self) -> str:
        """Everything in words."""
        typed = [f"  {field.label}: {field.value.strip() or field.empty}" for field in self.fields]
        if self.problem:
            return "\n".join([self.title, *typed, f"✗ {self.problem}"])
        return "\n".join([self.title, *typed, *self.words, *(f"{n}. {sentence}" for n, sentence in self._numbered())])

    def still(self) -> str:
        """A still picture as HTML: what was typed, the drawing, and the sentences."""
        typed = " · ".join(
            f"{escape(field.label)}: <code>{escape(field.value.strip() or field.empty)}</code>" for field in self.fields
        )
        told = "".join(f'<li value="{n}">{escape(sentence)}</li>' for n, sentence in self._numbered())
        body = f"<p>✗ {escape(self.problem)}</p>" if self.problem else f'{self.drawing}<ol style="margin:8px 0">{told}</ol>'
        return f'<div style="{CARD}"><b>{escape(self.title)}</b><br>{typed}{body}<div style="{SMALL}">{_STILL}</div></div>'

    def _numbered(self) -> list[tuple[int, str]]:
        return list(enumerate(self.sentences, 1))[:_MOST_LINES]


class Playground(Protocol):
    """A pure function from what was typed to what is shown. A step of None means: the one to start with."""

    def __call__(self, values: Mapping[str, str], step: int | None = None) -> View: ...


def refused(title: str, fields: tuple[Field, ...], bad: str, error: BadInput) -> View:
    """The view of something that cannot be drawn: which field is to blame, what is wrong, and what to type instead."""
    return View(title, fields, bad=bad, problem=f"{error.fact} {error.advice}".strip())


def clamped(step: int | None, steps: int, default: int) -> int:
    """A step that exists."""
    return max(0, min(default if step is None else step, steps - 1))


def readings(text: str, example: str) -> dict[str, str]:
    """What "a=2, b = 3" says of each name, as text.

    Raises:
        BadInput: it is not written like that, or a name comes twice.

    >>> readings("a=2, b = 3 c=-1", "a=2")
    {'a': '2', 'b': '3', 'c': '-1'}
    """
    found: dict[str, str] = {}
    for word in text.replace(",", " ").replace(" =", "=").replace("= ", "=").split():
        name, equals, value = word.partition("=")
        if not (equals and value and name.isidentifier()):
            raise BadInput(f"“{word}” is not of the form name=number.", f"Write for example {example}.")
        if name in found:
            raise BadInput(f"{name} is given twice.", "Give each name one number.")
        found[name] = value
    return found


def unused(text: str, known: Iterable[str]) -> str:
    """A remark on numbers whose names do not occur, or ""; they stay, since the name may come back with the next letter typed."""
    names = [name for name in readings(text, "") if name not in known]
    return f"Not used: {', '.join(names)}." if names else ""

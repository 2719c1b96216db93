"""What of a result a student may read, as data, as text and as a panel like the one in the notebook."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from html import escape

from workbook.grade.report.harmless import clean, cut
from workbook.model import Explanation, Result, Status
from workbook.show.panel import failed_html

__all__ = ["MARKS", "panel", "shown"]

MARKS = {Status.PASSED: "✓", Status.FAILED: "✗", Status.UNSOLVED: "○", Status.MISSING: "–", Status.ERROR: "!"}

_HIDDEN = "passes the test in your notebook, and fails on other inputs."
_ELSEWHERE = {
    "value": "The values are wrong there.",
    "shape": "The result has the wrong shape there.",
    "dtype": "The result has the wrong dtype there.",
    "type": "The result is of the wrong type there.",
    "raised": "Your code raises an exception there.",
    "changed input": "Your code changes its arguments there.",
    "needs": "It builds on an earlier exercise that does not pass yet: mend that one first.",
}
_ALL = "Does the answer hold for every input that the statement allows, not only for those that you have seen?"
_SENTENCES = {
    Status.UNSOLVED: "not written yet: the stub is still there.",
    Status.ERROR: "not tested, which is not your fault. A person will look at it.",
}
_FIELD = 4_000  # characters
_GREY = "#8a8f98"
_CARD = (
    f"border:1px solid {_GREY};border-left-width:5px;border-radius:4px;padding:8px 12px;margin:4px 0;max-width:780px;font-size:13px"
)


def shown(result: Result, hidden: Collection[str] = ()) -> Result:
    """The result without what is not for students' eyes, and with every text of theirs fit to be shown.

    Of an exercise in `hidden` the outcome stays and the known mistake's sentence, but no input. What was printed may hold inputs
    too, also where the answer passed: it stays only where the notebook's own test, whose inputs are known, failed.
    """
    told = result.explanation
    message = _SENTENCES.get(result.status, result.message)
    if result.exercise in hidden:
        told = told or Explanation(result.exercise, "", "")
        advice = " ".join(filter(None, (_ELSEWHERE.get(told.reason, ""), _ALL)))
        told = Explanation(result.exercise, "hidden", _HIDDEN, mistake=told.mistake, mistake_name=told.mistake_name, advice=advice)
        return Result(result.exercise, result.status, told.fact, told, result.seconds, result.seed)
    if result.status is Status.FAILED and told is None:
        told = Explanation(result.exercise, "", message)
    return replace(
        result,
        message=_fit(message),
        explanation=None if told is None else _fit_explanation(told),
        notes=tuple(_fit(note) for note in result.notes),
        printed=_fit(result.printed) if result.status is Status.FAILED else "",
        figures=(),
    )


def panel(result: Result) -> dict[str, str]:
    """A result, after `shown`, as a notebook's output: MIME type to text."""
    told = result.explanation
    if result.status is Status.FAILED and told is not None:
        text = f"{MARKS[result.status]} {told.text()}" + (f"\nprinted by your code:\n{result.printed}" if result.printed else "")
        html = failed_html(told, result)
    else:
        lines = [f"{MARKS[result.status]} {result.exercise}: {result.message}", *result.notes]
        text = "\n  ".join(lines)
        colour = "#2e9e5b" if result.status is Status.PASSED else _GREY
        html = f'<div role="status" style="{_CARD.replace(_GREY, colour)}">{"<br>".join(map(escape, lines))}</div>'
    # Formulas are looked for in everything on nbgrader's pages but in elements of these classes.
    return {"text/plain": text, "text/html": f'<div class="tex2jax_ignore mathjax_ignore">{html}</div>'}


def _fit(text: str) -> str:
    return cut(clean(text), _FIELD)


def _fit_explanation(told: Explanation) -> Explanation:
    texts = {f.name: _fit(getattr(told, f.name)) for f in fields(told) if f.name not in ("arguments", "figures")}
    arguments = tuple((_fit(name), _fit(text)) for name, text in told.arguments)
    return replace(told, **texts, arguments=arguments, figures=())

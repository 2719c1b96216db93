"""A student's process that is of no use any more: what is said of it."""

from __future__ import annotations

from workbook.check.call import call_text, name_of
from workbook.check.inputs import Case
from workbook.check.trial import current
from workbook.errors import CheckFailure
from workbook.grade.channel.handles import Proxy
from workbook.model import Explanation

__all__ = ["Lost"]

_REASONS = {
    "time": ("time", "it did not finish within {seconds} s, and was stopped."),
    "ended": ("stopped", "the process in which it ran has ended."),
    "nonsense": ("type", "what came back is not a result."),
}
_ADVICE = {
    "time": "Is there a loop that never ends, or work that grows with the size of the input?",
    "ended": "It called os._exit or crashed, or it used more memory or processor time than it may.",
    "nonsense": "Only plain values and arrays come back from an answer.",
}


class Lost(CheckFailure):
    """The student's process did not answer in time, ended, or sent what is no result. It is of no use any more."""

    @classmethod
    def plain(cls, fact: str) -> Lost:
        """With nothing but a fact."""
        return cls(Explanation(current().name or "this answer", "stopped", fact))

    @classmethod
    def because(cls, why: str, seconds: float) -> Lost:
        """For one of the three reasons: "time", "ended", "nonsense"; `seconds` is the exercise's time."""
        reason, fact = _REASONS[why]
        name = current().name or "this answer"
        return cls(Explanation(name, reason, fact.format(seconds=f"{seconds:g}"), advice=_ADVICE[why]))

    def on(self, function: Proxy, case: Case) -> Lost:
        """The same, with the call in which it happened."""
        text, arguments = call_text(name_of(function), function, case)
        told = self.explanation
        return Lost(Explanation(told.exercise, told.reason, told.fact, call=text, arguments=arguments, advice=told.advice))

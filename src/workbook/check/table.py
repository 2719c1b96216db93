"""Running a table of cases against an independent oracle: `agrees`, `rejects`, `picture`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from workbook.check import compare, diagnose, render, shapes
from workbook.check.call import Outcome, Outcomes, argument_names, call_text, error_text, explain_outcome, fail, name_of, watch_for
from workbook.check.compare import Problem, Rule
from workbook.check.inputs import Case, as_cases
from workbook.check.pictures import pictures
from workbook.check.trial import current
from workbook.errors import Forbidden

__all__ = ["agrees", "picture", "rejects"]

Draw = Callable[[tuple[Any, ...], Any, Any], Any]


def agrees(
    fn: Callable[..., Any],
    inputs: Iterable[Case | Sequence[Any]],
    expected: Callable[..., Any],
    *,
    exact: bool = False,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: str | None = None,
    view_of: int | None = None,
    draw: Draw | None = None,
) -> None:
    """Every case of `inputs` must give what the oracle `expected` gives.

    Args:
        fn: the student's function.
        inputs: cases, or bare tuples of arguments.
        expected: the oracle, called with copies of the same arguments (tensors without requires_grad, strides not kept); its
            results fix type, shape, dtype and values.
        exact, rtol, atol, dtype: see `compare.Rule`.
        view_of: number of the argument with which the result must share memory.
        draw: draws (arguments, got, expected) when a shape or a value is wrong, and an array that is of the wrong type; called
            only where pictures can be shown. Pictures of wrong axes and of wrong entries come after it by themselves.

    Raises:
        CheckFailure: with the first case that goes wrong, explained.
        Unsolved: `fn` is still the stub.
    """
    _Table(fn, as_cases(inputs), expected, Rule(exact, rtol, atol, dtype), view_of, draw).run()


def picture(fn: Callable[..., Any], target: Callable[..., Any], inputs: Iterable[Case | Sequence[Any]]) -> None:
    """Like `agrees`, exactly, for images; a failure shows target, yours and difference side by side."""
    agrees(fn, inputs, target, exact=True, draw=_side_by_side)


def rejects(
    fn: Callable[..., Any],
    inputs: Iterable[Case | Sequence[Any]],
    error: type[BaseException] | tuple[type[BaseException], ...] = AssertionError,
    why: str = "",
) -> None:
    """Every case must raise `error`, or one of several. NotImplementedError never counts: it is the stub's.

    Args:
        why: completes "This must be refused: ...".
    """
    name = name_of(fn)
    _must_be_callable(fn, name)
    cases = as_cases(inputs)
    kinds = error if isinstance(error, tuple) else (error,)
    outcomes = Outcomes(fn, cases, watch_for(current()))
    for number, case in enumerate(cases):
        outcome = outcomes[number]
        raised = outcome.error
        if isinstance(raised, Forbidden) or outcome.uncalled:
            fail(**(explain_outcome(outcome, name, case, fn) or {}))
        if raised is not None and isinstance(raised, error) and not isinstance(raised, NotImplementedError):
            continue
        text, arguments = call_text(name, fn, case)
        mistake = diagnose.recognise(current(), name, case, outcome, Rule(), outcomes.again, cases)
        wanted = "an exception" if error is Exception else " or ".join(kind.__name__ for kind in kinds)
        got = error_text(raised) if raised is not None else f"no exception, but {render.value(outcome.value)}"
        fact = "this input must be refused" + (f": {why}." if why else ".")
        if raised is not None:
            fact = f"this input is refused with {_article(type(raised).__name__)}, and {_article(wanted)} is asked" + (
                f": {why}." if why else "."
            )
        fail(
            "not rejected",
            fact,
            call=text,
            arguments=arguments,
            expected=wanted,
            got=got,
            mistake=mistake.sentence if mistake else "",
            mistake_name=mistake.name if mistake else "",
            advice="Check the input first: an `assert` at the top of the function is enough."
            if AssertionError in kinds
            else f"Check the input at the top, and raise {_article(wanted)} when it does not fit.",
        )


def _article(name: str) -> str:
    return name if name.startswith("an ") else f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def _must_be_callable(fn: Any, name: str) -> None:
    if not callable(fn):
        fail("type", f"{name} is {render.type_name(fn)}, and a function is asked.", advice="Write it with `def`.")


class _Table:
    """One table of cases for one function."""

    def __init__(
        self,
        fn: Callable[..., Any],
        cases: list[Case],
        oracle: Callable[..., Any],
        rule: Rule,
        view_of: int | None,
        draw: Draw | None,
    ) -> None:
        self.fn = fn
        self.name = name_of(fn)
        self.cases = cases
        self.oracle = oracle
        self.rule = rule
        self.view_of = view_of
        self.draw = draw
        self.trial = current()
        self.signature = self.trial.signature(self.name)

    def run(self) -> None:
        _must_be_callable(self.fn, self.name)
        self.outcomes = Outcomes(self.fn, self.cases, watch_for(self.trial))
        for number, case in enumerate(self.cases):
            outcome = self.outcomes[number]
            expected = self._expected(case)  # afterwards: during the call there is nothing to find
            problem = explain_outcome(outcome, self.name, case, self.fn) or self._judge(case, outcome, expected)
            if problem:
                self._fail(case, outcome, expected, problem)

    def _expected(self, case: Case) -> Any:
        with np.errstate(all="ignore"):
            return self.oracle(*(_fresh(arg) for arg in case.args), **{key: _fresh(arg) for key, arg in case.kwargs.items()})

    def _judge(self, case: Case, outcome: Outcome, expected: Any) -> dict[str, Any] | None:
        results = self.signature.returns if self.signature else ()
        bound = shapes.bind(self.signature, case.args)
        problem = compare.difference(outcome.value, expected, self.rule, results, bound)
        if problem is None and self._is_copy(outcome.value, case):
            problem = Problem(
                "copy",
                "the values are right, but it is a copy, and a view is asked.",
                advice="A view shares the input's memory: as_strided makes one, indexing with lists and stacking copy.",
            )
        if problem is None:
            return None
        text, arguments = call_text(self.name, self.fn, case)
        fields = {"reason": problem.reason, "fact": problem.fact, "first": problem.first, "advice": problem.advice}
        shown = {"call": text, "arguments": arguments, "got": render.value(outcome.value)}
        return {**fields, **shown, "figures": self._pictures(case, outcome.value, expected, problem)}

    def _pictures(self, case: Case, value: Any, expected: Any, problem: Problem) -> tuple[Callable[[], Any], ...]:
        """The exercise's own picture, then those of wrong axes and entries."""
        draw, own = self.draw, pictures(problem.seen)
        # Of another type than what is asked, there may be nothing to draw.
        reasons = ("value", "shape", "type") if render.is_array(value) else ("value", "shape")
        if draw is None or problem.reason not in reasons:
            return own
        args, got = tuple(_fresh(arg) for arg in case.args), _apart(value)
        by_author = lambda: draw(args, got, expected)  # noqa: E731  # as short as what it does
        return (by_author,) if draw is _side_by_side and problem.reason == "value" else (by_author, *own)

    def _is_copy(self, value: Any, case: Case) -> bool:
        """Is a view asked, and this is none?"""
        return self.view_of is not None and not _shares(value, case.args[self.view_of])

    def _fail(self, case: Case, outcome: Outcome, expected: Any, fields: dict[str, Any]) -> None:
        mistake = None
        if fields["reason"] in ("value", "shape", "dtype", "type", "raised", "copy"):
            mistake = diagnose.recognise(
                self.trial,
                self.name,
                case,
                outcome,
                self.rule,
                self.outcomes.again,
                self.cases,
                lambda value, other: fields["reason"] != "copy" or self._is_copy(value, other),
            )
        elif fields["reason"] == "changed input":
            names = argument_names(self.name, self.fn, case)
            mistake = diagnose.recognise_writing(self.trial, self.name, case, names, outcome.changed)
        if mistake:
            fields.update(mistake=mistake.sentence, mistake_name=mistake.name)
        fail(expected="" if fields["reason"] == "not allowed" else render.value(expected), **fields)


def _side_by_side(_args: tuple[Any, ...], got: Any, expected: Any) -> Any:
    from workbook.show import compare_pictures

    return compare_pictures(expected, got)


def _fresh(thing: Any) -> Any:
    """A copy that shares no memory, so that nobody can change what another one sees."""
    if render.is_tensor(thing):
        return thing.detach().clone()
    return thing.copy(order="K") if isinstance(thing, np.ndarray) else deepcopy(thing)


def _apart(result: Any) -> Any:
    """The same for a result: arrays in tuples, lists and dicts too. The learner's own objects stay: copying runs their code."""
    if type(result) in (tuple, list):
        return type(result)(_apart(item) for item in result)
    if type(result) is dict:
        return {key: _apart(item) for key, item in result.items()}
    return _fresh(result) if render.is_array(result) else result


def _shares(result: Any, argument: Any) -> bool:
    """Do two arrays overlap in memory? Through NumPy, because a tensor made by from_numpy has a storage object of its own."""
    one, other = render.as_numpy(result), render.as_numpy(argument)
    return one.size == 0 or bool(np.may_share_memory(one, other))  # nothing at all cannot be shared

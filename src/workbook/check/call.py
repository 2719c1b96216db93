"""One guarded call of the student's function: means watched, exceptions explained, changed inputs noticed and restored."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from workbook.check import render
from workbook.check.inputs import Case
from workbook.check.trial import Trial, current
from workbook.check.watch import Watch
from workbook.errors import CheckFailure, Forbidden, Unsolved
from workbook.model import Explanation

__all__ = ["Outcome", "call", "fail", "name_of", "protected", "run", "watch_for"]

_PACKAGE = str(Path(__file__).parents[1])


@dataclass(frozen=True)
class Outcome:
    """What one call did: `value`, or `error` with the student's line; `changed` names arguments that were written to."""

    value: Any = None
    error: BaseException | None = None
    where: str = ""
    inside: bool = True
    changed: tuple[str, ...] = ()


def run(function: Callable[..., Any], case: Case, watch: Watch | None = None) -> Outcome:
    """Call `function` on a case. Exceptions of the student's code come back in the outcome.

    Raises:
        Unsolved: the function is still the stub.
    """
    with protected(case) as changed:
        try:
            if watch:
                with watch.on(function):
                    value = function(*case.args, **case.kwargs)
                    if watch.arrays and any(type(arg) is np.ndarray for arg in case.args):
                        _watched_run(function, case, watch)
            else:
                value = function(*case.args, **case.kwargs)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # SystemExit too: a learner's sys.exit() must not end the notebook
            outcome = _failed(function, error)
        else:
            outcome = Outcome(_detached(value))
        if watch and watch.seen and not isinstance(outcome.error, Forbidden):
            outcome = Outcome(error=watch.seen)
        names = changed()
    return Outcome(outcome.value, outcome.error, outcome.where, outcome.inside, names)


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """One guarded call in a test of free form; returns what the student's function returned.

    Raises:
        CheckFailure: it raised, used what is not allowed, or changed an argument.
        Unsolved: it is still the stub.
    """
    case = Case(args, kwargs)
    outcome = run(function, case, watch_for(current()))
    problem = explain_outcome(outcome, name_of(function), case)
    if problem:
        fail(**problem)
    return outcome.value


def watch_for(trial: Trial) -> Watch | None:
    """The watch that the trial's exercise asks for, or None."""
    exercise = trial.exercise
    return Watch(exercise.forbid, exercise.only) if exercise and (exercise.forbid or exercise.only) else None


def fail(reason: str, fact: str, **rest: Any) -> None:
    """Raise a CheckFailure of the current exercise; keywords are the fields of `Explanation`."""
    raise CheckFailure(Explanation(current().name or "this answer", reason, fact, **rest)) from None


def name_of(function: Any) -> str:
    """What the exercise calls the function; the object itself may be a lambda or have any name."""
    trial = current()
    name = trial.function_name(function) or getattr(function, "__name__", "")
    if name and name != "<lambda>":
        return str(name)
    return trial.exercise.functions[0] if trial.exercise else "your function"


def call_text(name: str, function: Any, case: Case) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The call as it would be written, and its arguments."""
    signature = current().signature(name)
    names = [parameter.name for parameter in signature.parameters] if signature else _parameter_names(function)
    names += [f"argument {n}" for n in range(len(names), len(case.args))]
    shown = [*zip(names, case.args, strict=False), *case.kwargs.items()]
    inside = ", ".join([*names[: len(case.args)], *(f"{key}={key}" for key in case.kwargs)])
    text = f"{name}({inside})" + (f"   on {case.label}" if case.label else "")
    return text, tuple((key, render.value(value)) for key, value in shown)


def explain_outcome(outcome: Outcome, name: str, case: Case) -> dict[str, Any] | None:
    """Fields of an explanation when the call itself went wrong; None when there is a value to judge."""
    text, arguments = call_text(name, None, case)
    shown = {"call": text, "arguments": arguments}
    if isinstance(outcome.error, Forbidden):
        return {"reason": "not allowed", "fact": str(outcome.error.fact), "advice": outcome.error.advice, **shown}
    if outcome.error is not None:
        return {**_explain_error(outcome, name), **shown}
    if outcome.changed:
        which = " and ".join(outcome.changed)
        return {
            "reason": "changed input",
            "fact": f"{name} changed its input {which}, which must stay as it was.",
            "advice": "Work on a copy, or avoid operations in place (+=, a[...] = ..., .sort(), methods ending in _).",
            **shown,
        }
    return None


@contextmanager
def protected(case: Case) -> Iterator[Callable[[], tuple[str, ...]]]:
    """Arguments of `case` are the same after the block as before; the yielded function says which ones were changed."""
    arrays = [(n, arg) for n, arg in enumerate((*case.args, *case.kwargs.values())) if render.is_array(arg)]
    before = [(n, arg, render.as_numpy(arg).copy(), tuple(arg.shape)) for n, arg in arrays]

    def changed() -> tuple[str, ...]:
        names = []
        for n, arg, copy, shape in before:
            if tuple(arg.shape) != shape or not _identical(render.as_numpy(arg), copy):
                names.append(_argument_name(n))
        return tuple(names)

    try:
        yield changed
    finally:
        for _, arg, copy, shape in before:
            if tuple(arg.shape) == shape and not _identical(render.as_numpy(arg), copy):
                render.as_numpy(arg)[...] = copy  # shares memory with the tensor


def _identical(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))


def _argument_name(n: int) -> str:
    trial = current()
    signature = trial.signature(trial.exercise.functions[0]) if trial.exercise else None
    names = [parameter.name for parameter in signature.parameters] if signature else []
    return names[n] if n < len(names) else f"number {n + 1}"


def _watched_run(function: Callable[..., Any], case: Case, watch: Watch) -> None:
    """Once more with arrays that report methods and operators. Only a Forbidden counts: an answer need not like subclasses."""
    with protected(case):
        try:
            function(*[watch.wrap(arg) for arg in case.args], **case.kwargs)
        except Forbidden:
            raise
        except Exception:
            return


def _detached(value: Any) -> Any:
    """NumPy subclasses come back as plain arrays: nothing that could compare as it likes."""
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
        return value.view(np.ndarray)
    return value


def _failed(function: Callable[..., Any], error: BaseException) -> Outcome:
    frames = _student_frames(error.__traceback__)
    untouched = isinstance(error, NotImplementedError) and _raised_by(function, error)
    if untouched:
        raise Unsolved(current().name or name_of(function)) from None
    return Outcome(error=error, where=_line(frames), inside=bool(frames))


def _raised_by(function: Callable[..., Any], error: BaseException) -> bool:
    """Was it raised in the function's own file (the stub), not in a library that it called?"""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = getattr(inspect.unwrap(function), "__code__", None)
    if traceback is None or code is None:
        return traceback is not None and "site-packages" not in traceback.tb_frame.f_code.co_filename
    return traceback.tb_frame.f_code.co_filename == code.co_filename


def _student_frames(traceback: TracebackType | None) -> list[tuple[str, int]]:
    frames = []
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if not name.startswith(_PACKAGE) and "site-packages" not in name and "dist-packages" not in name:
            frames.append((name, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def _line(frames: list[tuple[str, int]]) -> str:
    for name, number in reversed(frames):
        text = linecache.getline(name, number).strip()
        if text:
            return f"line {number}: {text}"
    return ""


def _explain_error(outcome: Outcome, name: str) -> dict[str, Any]:
    error = outcome.error
    kind = type(error).__name__
    message = _safe_text(error)
    if isinstance(error, TypeError) and not outcome.inside:
        return {
            "reason": "raised",
            "fact": f"{name} could not be called: {message}",
            "advice": "Keep the arguments as the stub has them.",
        }
    place = f"at your {outcome.where}" if outcome.where else ""
    return {"reason": "raised", "fact": f"your code raised {kind}.", "got": f"{kind}: {message}\n{place}".strip()}


def _safe_text(error: BaseException | None) -> str:
    try:
        text = str(error).strip()
    except Exception:
        text = "(its message could not be read)"
    lines = text.splitlines()
    if len(lines) > 6:
        lines = [*lines[:4], "...", lines[-1]]
    return "\n".join(line[:200] for line in lines)


def _parameter_names(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []

"""Is this result the expected one? If not: what kind of wrong, and where first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbook.check import shapes
from workbook.check.render import as_numpy, is_array, is_tensor, number, type_name
from workbook.model.source import Parameter

__all__ = ["Problem", "Rule", "difference", "same"]

_RELATIVE = {"float64": 1e-9, "complex128": 1e-9, "float32": 1e-4, "complex64": 1e-4, "bfloat16": 2e-2, "float16": 1e-2}


@dataclass(frozen=True)
class Rule:
    """How strictly results are compared.

    Attributes:
        exact: no tolerance at all.
        rtol: relative tolerance; None takes the dtype's own (float64 1e-9, float32 1e-4).
        atol: absolute tolerance; None takes `rtol` times the largest expected magnitude, at least `rtol`.
        dtype: the dtype asked for; None takes the expected value's.
    """

    exact: bool = False
    rtol: float | None = None
    atol: float | None = None
    dtype: str | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong with a result: `index` is the first wrong entry, for pictures."""

    reason: str
    fact: str
    first: str = ""
    advice: str = ""
    index: tuple[int, ...] | None = None


def same(got: Any, expected: Any, rule: Rule) -> bool:
    """Do two results agree in type, shape, dtype and values?"""
    return difference(got, expected, rule) is None


def difference(
    got: Any,
    expected: Any,
    rule: Rule,
    results: tuple[Parameter, ...] = (),
    bound: Mapping[str, tuple[int, str]] | None = None,
) -> Problem | None:
    """The first problem of `got`, or None where it agrees with `expected`.

    Args:
        got, expected: arrays, tensors, numbers, texts, None, or tuples, lists and dicts of these.
        rule: tolerances and dtype.
        results: names and dimensions of the result(s), from the signature.
        bound: sizes of the named dimensions, from the arguments (`shapes.bind`).
    """
    result = results[0] if len(results) == 1 else None
    if got is None and expected is not None:
        return Problem("type", "it returned None.", advice="Is a `return` missing at the end?")
    if is_array(expected):
        return _array(got, expected, rule, result, bound or {})
    if isinstance(expected, tuple | list):
        return _sequence(got, expected, rule, results, bound or {})
    if isinstance(expected, dict):
        return _mapping(got, expected, rule)
    if isinstance(expected, bool) or not isinstance(expected, int | float | complex):
        return _plain(got, expected)
    return _number(got, expected, rule)


# --- arrays ---------------------------------------------------------------------------------------------------------


def _array(
    got: Any, expected: Any, rule: Rule, result: Parameter | None, bound: Mapping[str, tuple[int, str]]
) -> Problem | None:
    dims = result.dims if result else None
    scalar = expected.ndim == 0 and _is_scalar(got)
    if not scalar:
        problem = _container(got, expected)
        if problem:
            return problem
        if tuple(got.shape) != tuple(expected.shape):
            fact, advice = shapes.explain(tuple(got.shape), tuple(expected.shape), result, bound)
            return Problem("shape", fact, advice=advice)
    values = _values(as_numpy(got), as_numpy(expected), rule, dims)
    return values or _dtype(got, expected, rule, scalar)


def _is_scalar(thing: Any) -> bool:
    return isinstance(thing, int | float | complex | np.generic)


def _container(got: Any, expected: Any) -> Problem | None:
    if is_tensor(expected):
        if is_tensor(got):
            return None
        advice = "Stay in torch, or turn it with torch.from_numpy." if isinstance(got, np.ndarray) else _build_advice(got, "torch.tensor")
        return Problem("type", f"it returned {type_name(got)}, and a torch tensor is asked.", advice=advice)
    if isinstance(got, np.ndarray):
        return None
    advice = "Stay in NumPy, or turn it with .numpy()." if is_tensor(got) else _build_advice(got, "np.array")
    return Problem("type", f"it returned {type_name(got)}, and a NumPy array is asked.", advice=advice)


def _build_advice(got: Any, maker: str) -> str:
    if isinstance(got, list | tuple):
        return f"Build an array from it at the end ({maker})."
    if _is_scalar(got):
        return "One number came back: was everything summed?"
    return "Look at what the return statement gives back."


def _dtype(got: Any, expected: Any, rule: Rule, scalar: bool) -> Problem | None:
    wanted = rule.dtype or str(expected.dtype).removeprefix("torch.")
    if scalar:
        # A bare number has no dtype of the learner's choosing: its value has been compared, its kind must fit.
        kind = np.asarray(got).dtype.kind
        wrong = (kind == "b" and wanted != "bool") or (kind in "fc" and np.dtype(wanted).kind in "iu")
        return Problem("dtype", f"it returned {type_name(got)}, and a whole number is asked.") if wrong else None
    actual = str(got.dtype).removeprefix("torch.")
    if actual == wanted:
        return None
    fact = f"the values are right, the dtype is not: {actual}, and {wanted} is asked."
    return Problem("dtype", fact, advice=_dtype_advice(actual, wanted))


def _dtype_advice(actual: str, wanted: str) -> str:
    if (actual, wanted) == ("float64", "float32"):
        return (
            "float32 went in, and something of float64 met it on the way: an array made without a dtype (np.zeros makes "
            "float64), or a NumPy float64 number as a factor."
        )
    if actual.startswith("float") and "int" in wanted:
        return "Whole numbers are asked: was an array made without a dtype (zeros makes floats), or was something divided?"
    return f"Keep the dtype of what goes in, or ask for {wanted} where you make the array."


def _values(
    got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], rule: Rule, dims: tuple[str, ...] | None
) -> Problem | None:
    if got.dtype.kind not in "biufc":
        return Problem("type", f"the entries are of dtype {got.dtype}, and numbers are asked.")
    wrong = ~_close(got, expected, rule)
    count = int(wrong.sum())
    if not count:
        return None
    index = tuple(int(n) for n in np.argwhere(wrong)[0]) if wrong.ndim else ()
    first = f"at {shapes.index_text(dims, index)}: expected {number(expected[index])}, got {number(got[index])}"
    if wrong.ndim == 0:
        return Problem("value", "the value is wrong.", f"expected {number(expected[()])}, got {number(got[()])}", index=index)
    share = "every entry differs" if count == wrong.size else f"{count} of {wrong.size} entries differ"
    return Problem("value", f"the shape is right, {share}.", first, _value_advice(got, wrong), index)


def _value_advice(got: np.ndarray[Any, Any], wrong: np.ndarray[Any, Any]) -> str:
    if got.dtype.kind == "f" and np.isnan(got[wrong]).all():
        return "Your entries there are NaN: look for a division of zero by zero, or the logarithm of a negative number."
    return ""


def _close(got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], rule: Rule) -> np.ndarray[Any, Any]:
    """Entry by entry: close enough? NaN agrees with NaN, infinities with themselves."""
    coarse = min((str(a.dtype) for a in (got, expected)), key=lambda name: -_RELATIVE.get(name, 0.0))
    if rule.exact or coarse not in _RELATIVE:
        return np.asarray((got == expected) | _both_nan(got, expected))
    rtol = _RELATIVE[coarse] if rule.rtol is None else rule.rtol
    finite = np.abs(expected[np.isfinite(expected)]) if expected.dtype.kind in "fc" else np.abs(expected).ravel()
    scale = max(1.0, float(finite.max())) if finite.size else 1.0
    atol = rtol * scale if rule.atol is None else rule.atol
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True))


def _both_nan(got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> Any:
    if got.dtype.kind in "fc" and expected.dtype.kind in "fc":
        return np.isnan(got) & np.isnan(expected)
    return False


# --- everything else ------------------------------------------------------------------------------------------------


def _number(got: Any, expected: complex, rule: Rule) -> Problem | None:
    if is_array(got):
        advice = ".item() takes the number out." if got.ndim == 0 else "One number is asked: what should happen to the axes?"
        return Problem("type", f"it returned {type_name(got)}, and a plain number is asked.", advice=advice)
    if not _is_scalar(got) or isinstance(got, bool | np.bool_):
        return Problem("type", f"it returned {type_name(got)}, and a number is asked.")
    if isinstance(expected, int) and isinstance(got, float | np.floating):
        return Problem("type", f"it returned the float {number(got)}, and a whole number (int) is asked.")
    problem = _values(np.asarray(got), np.asarray(expected), rule, None)
    return replace(problem, index=None) if problem else None


def _plain(got: Any, expected: Any) -> Problem | None:
    if isinstance(got, np.bool_):
        got = bool(got)
    if type(got) is not type(expected):
        return Problem("type", f"it returned {type_name(got)}, and {type_name(expected)} is asked.")
    if got != expected:
        return Problem("value", "the value is wrong.", f"expected {expected!r}, got {got!r}")
    return None


def _sequence(
    got: Any,
    expected: tuple[Any, ...] | list[Any],
    rule: Rule,
    results: tuple[Parameter, ...],
    bound: Mapping[str, tuple[int, str]],
) -> Problem | None:
    if not isinstance(got, tuple | list):
        return Problem("type", f"it returned {type_name(got)}, and {len(expected)} results in a tuple are asked.")
    if len(got) != len(expected):
        return Problem("type", f"it returned {len(got)} results, and {len(expected)} are asked.")
    for n, (one, other) in enumerate(zip(got, expected, strict=True)):
        names = (results[n],) if n < len(results) else ()
        problem = difference(one, other, rule, names, bound)
        if problem:
            return replace(problem, fact=f"in result number {n + 1} of {len(expected)}: {problem.fact}", index=None)
    return None


def _mapping(got: Any, expected: dict[Any, Any], rule: Rule) -> Problem | None:
    if not isinstance(got, dict):
        return Problem("type", f"it returned {type_name(got)}, and a dict is asked.")
    missing = [key for key in expected if key not in got]
    if missing:
        return Problem("value", f"the key {missing[0]!r} is missing.", f"expected {missing[0]!r}: {expected[missing[0]]!r}")
    extra = [key for key in got if key not in expected]
    if extra:
        return Problem("value", f"the key {extra[0]!r} should not be there.", f"got {extra[0]!r}: {got[extra[0]]!r}")
    for key in expected:
        problem = difference(got[key], expected[key], rule)
        if problem:
            return replace(problem, fact=f"under the key {key!r}: {problem.fact}", index=None)
    return None

"""Is this result the expected one? If not: what kind of wrong, and where first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from workbook.check import shapes
from workbook.check.pictures import Seen
from workbook.check.render import as_numpy, describe, exact, is_array, is_tensor, number, numbers, type_name, value
from workbook.model.source import Parameter

__all__ = ["Problem", "Rule", "difference", "same"]

Array = np.ndarray[Any, Any]
Bound = Mapping[str, tuple[int, str]]

_ORDER = (("bool", 0), ("int", 1), ("uint", 1), ("float", 2), ("bfloat", 2), ("complex", 3))
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
    """What is wrong with a result: `index` is the first wrong entry, `seen` what can be drawn of it."""

    reason: str
    fact: str
    first: str = ""
    advice: str = ""
    index: tuple[int, ...] | None = None
    seen: Seen | None = field(default=None, compare=False, repr=False)


def same(got: Any, expected: Any, rule: Rule) -> bool:
    """Do two results agree in type, shape, dtype and values?"""
    return difference(got, expected, rule) is None


def difference(
    got: Any,
    expected: Any,
    rule: Rule,
    results: tuple[Parameter, ...] = (),
    bound: Bound | None = None,
) -> Problem | None:
    """The first problem of `got`, or None where it agrees with `expected`.

    Args:
        got, expected: arrays, tensors, numbers, texts, None, or tuples, lists and dicts of these.
        rule: tolerances and dtype.
        results: names and dimensions of the result(s), from the signature.
        bound: sizes of the named dimensions, from the arguments (`shapes.bind`).
    """
    result = results[0] if len(results) == 1 else None
    got = exact(got)
    if isinstance(expected, np.number | np.bool_):
        expected = np.asarray(expected)  # what NumPy gives for a 0-d array: either will do
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


def _array(got: Any, expected: Any, rule: Rule, result: Parameter | None, bound: Bound) -> Problem | None:
    scalar = expected.ndim == 0 and _is_scalar(got)
    problem = None if scalar else _container(got, expected)
    if problem:
        return problem
    try:
        plain = as_numpy(got)
    except (TypeError, RuntimeError):
        fact = f"it returned a {describe(got)} whose entries cannot be read."
        return Problem("type", fact, advice="Return an ordinary tensor with its values in memory.")
    if plain.shape != tuple(expected.shape):
        fact, advice = shapes.explain(plain.shape, tuple(expected.shape), result, bound)
        return Problem("shape", fact, advice=advice, seen=_seen(plain, as_numpy(expected), None, result, bound))
    # A tensor's own dtype: NumPy has no bfloat16. A NumPy array's through `plain`: a subclass could say anything.
    names = (_dtype_name(got) if is_tensor(got) else str(plain.dtype), _dtype_name(expected))
    values = _values(plain, as_numpy(expected), _tolerance(names, rule), result, bound)
    wanted = rule.dtype or names[1]
    return values or (_scalar_dtype(got, names[0], wanted) if scalar else _dtype(names[0], wanted))


def _dtype_name(array: Any) -> str:
    return str(array.dtype).removeprefix("torch.")


def _is_scalar(thing: Any) -> bool:
    return issubclass(type(thing), int | float | complex | np.number | np.bool_)


def _container(got: Any, expected: Any) -> Problem | None:
    if is_tensor(expected):
        if is_tensor(got) and str(got.layout) == "torch.strided":
            return None
        if is_tensor(got):
            return Problem("type", "it returned a sparse tensor, and an ordinary one is asked.", advice=".to_dense() makes one.")
        turn = "Stay in torch, or turn it with torch.from_numpy."
        advice = turn if is_array(got) else _build_advice(got, "torch.tensor")
        return Problem("type", f"it returned {type_name(got)}, and a torch tensor is asked.", advice=advice)
    if is_array(got) and not is_tensor(got):
        return None
    if expected.ndim == 0 and isinstance(got, list | tuple):
        return Problem("type", f"it returned {type_name(got)}, and one number is asked.", advice="Return it without the brackets.")
    advice = "Stay in NumPy, or turn it with .numpy()." if is_tensor(got) else _build_advice(got, "np.array")
    return Problem("type", f"it returned {type_name(got)}, and a NumPy array is asked.", advice=advice)


def _build_advice(got: Any, maker: str) -> str:
    if isinstance(got, list | tuple):
        return f"Build an array from it at the end ({maker})."
    if _is_scalar(got):
        return "One number came back: was everything summed?"
    if type(got).__name__ in ("generator", "coroutine"):
        return "Write the function with `def` and `return`, without yield and async."
    return "Look at what the return statement gives back."


def _scalar_dtype(got: Any, actual: str, wanted: str) -> Problem | None:
    """A bare number has no dtype of the learner's choosing: its value has been compared, its kind must fit."""
    kind, asked = (next((n for prefix, n in _ORDER if name.startswith(prefix)), 9) for name in (actual, wanted))
    if kind > asked or (kind != asked and 0 in (kind, asked)):
        what = ("a bool", "a whole number", "a real number", "a complex number", wanted)[min(asked, 4)]
        return Problem("dtype", f"it returned {type_name(got)}, and {what} is asked.")
    return _dtype(actual, wanted) if _RELATIVE.get(actual, 0.0) > _RELATIVE.get(wanted, 1.0) else None


def _dtype(actual: str, wanted: str) -> Problem | None:
    if actual == wanted:
        return None
    fact = f"the values are right, the dtype is not: {actual}, and {wanted} is asked."
    return Problem("dtype", fact, advice=_dtype_advice(actual, wanted))


def _dtype_advice(actual: str, wanted: str) -> str:
    if (actual, wanted) == ("float64", "float32"):
        return (
            "Something of float64 was on the way: an array made without a dtype (np.zeros makes float64), whole numbers divided, "
            "or a NumPy float64 number as a factor."
        )
    if actual.startswith("float") and "int" in wanted:
        return "Whole numbers are asked: was an array made without a dtype (zeros makes floats), or was something divided?"
    return f"Ask for {wanted} where the array is made, or keep the dtype of what goes in where it is that."


def _seen(got: Array, expected: Array, differs: Array | None, result: Parameter | None, bound: Bound) -> Seen:
    names = shapes.names(result.dims if result else None, expected.ndim)
    return Seen(got, expected, differs, names, {name: size for name, (size, _) in bound.items()})


def _values(got: Array, expected: Array, tolerance: Rule, result: Parameter | None, bound: Bound) -> Problem | None:
    numeric = expected.dtype.kind in "biufc"
    if (got.dtype.kind not in "biufc") if numeric else (got.dtype.kind != expected.dtype.kind):
        asked = "numbers are" if numeric else f"{expected.dtype} is"
        return Problem("type", f"the entries are of dtype {got.dtype}, and {asked} asked.")
    wrong = np.asarray(~_close(got, expected, tolerance))
    count = int(wrong.sum())
    if not count:
        return None
    index = tuple(int(n) for n in np.argwhere(wrong)[0]) if wrong.ndim else ()
    wanted, came = numbers(expected[index], got[index])
    if wrong.ndim == 0:
        return Problem("value", "the value is wrong.", f"expected {wanted}, got {came}", _value_advice(got, expected, wrong), index)
    first = f"at {shapes.index_text(result.dims if result else None, index)}: expected {wanted}, got {came}"
    share = "every entry differs" if count == wrong.size else f"{count} of {wrong.size} entries differ"
    fact, seen = f"the shape is right, {share}.", _seen(got, expected, wrong, result, bound)
    return Problem("value", fact, first, _value_advice(got, expected, wrong), index, seen)


def _value_advice(got: Array, expected: Array, wrong: Array | np.bool) -> str:
    if got.dtype.kind == "f" and np.isnan(got[wrong]).all():
        return "Your entries there are NaN: look for 0/0, infinity less or over infinity, or the logarithm of a negative number."
    if expected.dtype == np.float64 and _close(got, expected, Rule(rtol=1e-5)).all():
        return (
            "Right to about six digits: was something of float32 on the way, a small number added, or digits lost in a difference?"
        )
    return ""


def _tolerance(names: tuple[str, str], rule: Rule) -> Rule:
    """The rule for these two dtypes: the coarser one's tolerance, and none at all where neither rounds."""
    rtol = max(_RELATIVE.get(name, 0.0) for name in names)
    if rule.exact or not rtol:
        return replace(rule, exact=True)
    return replace(rule, rtol=rtol if rule.rtol is None else rule.rtol)


def _close(got: Array, expected: Array, tolerance: Rule) -> Array:
    """Entry by entry: close enough? NaN agrees with NaN, infinities with themselves."""
    if tolerance.exact:
        return np.asarray((got == expected) | _both_nan(got, expected))
    rtol = tolerance.rtol or 0.0
    finite = np.abs(expected[np.isfinite(expected)]) if expected.dtype.kind in "fc" else np.abs(expected).ravel()
    scale = max(1.0, float(finite.max())) if finite.size else 1.0
    atol = rtol * scale if tolerance.atol is None else tolerance.atol
    with np.errstate(all="ignore"):
        return np.asarray(np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True))


def _both_nan(got: Array, expected: Array) -> Any:
    if got.dtype.kind in "fc" and expected.dtype.kind in "fc":
        return np.isnan(got) & np.isnan(expected)
    if expected.dtype.kind in "mM":
        return np.isnat(got) & np.isnat(expected)
    return False


# --- everything else ------------------------------------------------------------------------------------------------


def _number(got: Any, expected: complex, rule: Rule) -> Problem | None:
    if is_array(got):
        advice = ".item() takes the number out." if got.ndim == 0 else "One number is asked: what should happen to the axes?"
        return Problem("type", f"it returned {type_name(got)}, and a plain number is asked.", advice=advice)
    if not _is_scalar(got) or isinstance(got, bool | np.bool_):
        return Problem("type", f"it returned {type_name(got)}, and a number is asked.")
    plain = np.asarray(got).item() if isinstance(got, np.generic) else got
    if isinstance(expected, int) and not isinstance(plain, int):
        return Problem("type", f"it returned {type_name(plain)}, {number(plain)}, and a whole number (int) is asked.")
    if isinstance(plain, complex) and not isinstance(expected, complex):
        return Problem("type", f"it returned the complex number {plain}, and a real number is asked.")
    if _numbers_agree(plain, expected, _tolerance((str(getattr(got, "dtype", "float64")), "float64"), rule)):
        return None
    wanted, came = numbers(expected, plain)
    return Problem(
        "value",
        "the value is wrong.",
        f"expected {wanted}, got {came}",
        _number_advice(plain, expected),
    )


def _number_advice(got: complex, expected: complex) -> str:
    if not isinstance(expected, float) or not isinstance(got, float):
        return ""
    return _value_advice(np.asarray(got), np.asarray(expected), np.True_)


def _numbers_agree(got: complex, expected: complex, tolerance: Rule) -> bool:
    if isinstance(expected, int):  # whole numbers may be larger than any dtype
        return got == expected
    try:
        return bool(_close(np.asarray(got, type(expected)), np.asarray(expected), tolerance))
    except OverflowError:
        return False


def _plain(got: Any, expected: Any) -> Problem | None:
    if isinstance(got, np.bool_ | np.str_ | np.bytes_):
        got = got.item()
    if type(got) is not type(expected):
        advice = ".item() takes the value out." if is_array(got) and got.ndim == 0 else ""
        return Problem("type", f"it returned {type_name(got)}, and {type_name(expected)} is asked.", advice=advice)
    if got != expected:
        return Problem("value", "the value is wrong.", f"expected {value(expected)}, got {value(got)}")
    return None


def _sequence(
    got: Any,
    expected: tuple[Any, ...] | list[Any],
    rule: Rule,
    results: tuple[Parameter, ...],
    bound: Bound,
) -> Problem | None:
    kind = next((kind for kind in (tuple, list) if issubclass(type(got), kind)), None)
    if kind is None:
        asked = f"a list of {len(expected)}" if isinstance(expected, list) else f"a tuple of {len(expected)}"
        return Problem("type", f"it returned {type_name(got)}, and {asked} is asked.")
    items = list(kind.__iter__(got))  # a subclass could count as it likes
    if len(items) != len(expected):
        return Problem(
            "type", f"it returned {len(items)} {'result' if len(items) == 1 else 'results'}, and {len(expected)} are asked."
        )
    for n, (one, other) in enumerate(zip(items, expected, strict=True)):
        names = (results[n],) if n < len(results) else ()
        problem = difference(one, other, rule, names, bound)
        if problem:
            return replace(problem, fact=f"in result number {n + 1} of {len(expected)}: {problem.fact}", index=None)
    return None


def _mapping(got: Any, expected: dict[Any, Any], rule: Rule) -> Problem | None:
    if not issubclass(type(got), dict):
        return Problem("type", f"it returned {type_name(got)}, and a dict is asked.")
    got = dict(dict.items(got))
    missing = [key for key in expected if key not in got]
    if missing:
        return Problem("value", f"the key {missing[0]!r} is missing.", f"expected {missing[0]!r}: {value(expected[missing[0]])}")
    extra = [key for key in got if key not in expected]
    if extra:
        return Problem("value", f"the key {value(extra[0])} should not be there.", f"got {value(extra[0])}: {value(got[extra[0]])}")
    for key in expected:
        problem = difference(got[key], expected[key], rule)
        if problem:
            return replace(problem, fact=f"under the key {key!r}: {problem.fact}", index=None)
    return None

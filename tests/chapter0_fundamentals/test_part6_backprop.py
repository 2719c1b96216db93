"""Tests of part 6. torch's autograd judges gradients; graphs are judged by their own edges, edge by edge."""

import contextlib
import itertools
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

import numpy as np
import torch as t

from workbook import check, show
from workbook.errors import CheckFailure


def test_log_back(log_back):
    """Agrees with autograd on arrays of all shapes, 0-d and empty ones, small numbers, whole numbers, float32."""
    x = np.array([2.0, 4.0])
    inputs = [
        check.case(np.array([1.0, 8.0]), np.log(x), x, label="the example"),
        _of_one(np.log, _positive(3, 4), "random values"),
        _of_one(np.log, _positive(3, 4).astype("float32"), "float32"),
        _of_one(np.log, _positive(4, 6)[1::2, ::2].T, "a view that is not contiguous"),
        _of_one(np.log, np.asarray(_positive()), "a 0-d array"),
        _of_one(np.log, 1e-6 * _positive(5), "small numbers"),
        _of_one(np.log, _positive(1, 3, 1), "axes of size one"),
        _of_one(np.log, _positive(0, 3), "an empty array"),
        _of_one(np.log, check.rng().integers(2, 9, size=(2, 3)), "whole numbers"),
    ]
    check.agrees(log_back, inputs, lambda grad_out, out, x: _autograd(t.log, grad_out, (x,), 0))


def test_unbroadcast(unbroadcast):
    """Agrees with the gradient of broadcasting: new axes, stretched axes, both, neither, 0-d and empty ones."""
    ones = np.ones((4, 2))
    shapes = [
        ((3, 4), (4,), "an axis in front"),
        ((2, 3, 4), (4,), "two axes in front"),
        ((3, 4), (3, 1), "a stretched axis"),
        ((3, 4), (1, 1), "two stretched axes"),
        ((2, 3, 4), (1, 4), "an axis in front and a stretched one"),
        ((2, 5, 3, 4), (5, 1, 1), "an axis in front and two stretched ones"),
        ((2, 5, 3, 4), (1, 5, 1, 4), "as many axes, two of them stretched"),
        ((3, 4), (3, 4), "equal shapes"),
        ((1, 4), (1, 4), "equal shapes, an axis of size one"),
        ((2, 1, 4), (1, 1), "an axis of size one that was not stretched"),
        ((2, 3), (), "a 0-d original"),
        ((), (), "two 0-d arrays"),
        ((0,), (1,), "a stretched axis without a single copy"),
        ((3, 0), (0,), "an empty original"),
    ]
    inputs = [
        check.case(ones, _array(2), label="the example: an original of shape (2,)"),
        check.case(ones, _array(4, 1), label="the example: an original of shape (4, 1)"),
        check.case(ones, np.array(7.0), label="the example: a 0-d original"),
        *(check.case(np.asarray(_array(*new)), np.asarray(_array(*old)), label=label) for new, old, label in shapes),
        check.case(_array(3, 4).astype("float32"), _array(4), label="float32"),
        check.case(_array(4, 3).T, _array(3, 1), label="a transposed view"),
        check.case(_array(3, 4), np.arange(4), label="an original of whole numbers"),
    ]
    check.agrees(unbroadcast, inputs, _torch_unbroadcast)
    for label, broadcasted in [("4 x 2 ones", ones), ("random values", _array(3))]:
        got = check.call(unbroadcast, broadcasted, np.array(0.0))
        check.require(
            isinstance(got, np.ndarray),
            f"on {label} and a 0-d original a NumPy scalar came back, and a 0-d array is asked.",
            "NumPy's sum over all axes gives a scalar object. An array of shape () has to be made of it.",
            got=f"{type(got).__name__}: {got!r}",
            expected="an array of shape ()",
            mistake="scalar",
        )
    check.shows(_copies_and_back)


def test_multiply_back(multiply_back0, multiply_back1):
    """Agree with autograd where either factor is broadcast, a number, 0-d, of whole numbers, float32 or empty."""
    example = np.array([1.0, 2.0]), np.array([[3.0], [4.0]])
    numbers = [
        (_array(2, 3), 3, "a whole number as the other factor"),
        (_array(2, 3), -2.5, "a number as the other factor"),
        (_array(2, 3).astype("float32"), 2.5, "float32 and a Python number"),
        (np.asarray(_array()), 4.0, "a 0-d array and a number"),
    ]
    pairs = [
        (*example, "the example: a row and a column"),
        (_array(3, 4), _array(3, 4), "equal shapes"),
        (_array(3, 4), _array(4), "y of fewer axes"),
        (_array(4), _array(3, 4), "x of fewer axes"),
        (_array(3, 1), _array(1, 4), "both stretched"),
        (_array(2, 3, 4), np.asarray(_array()), "y 0-d"),
        (np.asarray(_array()), _array(2, 3), "x 0-d"),
        (np.asarray(_array()), np.asarray(_array()), "both 0-d"),
        (_array(3, 4).astype("float32"), _array(4).astype("float32"), "float32"),
        (_array(4, 3).T, _array(6, 4)[::2], "views that are not contiguous"),
        (_array(0, 3), _array(3), "an empty x"),
        (check.rng().integers(-5, 6, size=(2, 3)), _array(3).astype("float32"), "x of whole numbers"),
        (_array(3).astype("float32"), check.rng().integers(-5, 6, size=(2, 3)), "y of whole numbers"),
    ]
    ones = check.case(np.ones(2), np.array([10.0, 20.0]), np.array([1.0, 2.0]), 10, label="the example: an array times 10")
    both = [_of_two(np.multiply, x, y, label) for x, y, label in pairs]
    both[0] = check.case(np.ones((2, 2)), np.multiply(*example), *example, label=pairs[0][2])
    right = [_of_two(np.multiply, x, y, label) for x, y, label in numbers]
    left = [_of_two(np.multiply, y, x, label) for x, y, label in numbers]
    check.agrees(multiply_back0, [ones, *both, *right], lambda grad_out, out, x, y: _autograd(t.mul, grad_out, (x, y), 0))
    check.agrees(multiply_back1, [*both, *left], lambda grad_out, out, x, y: _autograd(t.mul, grad_out, (x, y), 1))


def test_numerical_back(numerical_back):
    """Agrees with autograd for functions of one and two arguments; the step is h to both sides, and f is called no oftener."""
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    x, y = _array(2, 3), _array(3)
    inputs = [
        check.case(np.multiply, np.array([1.0, 10.0]), (a, b), 0, label="the example"),
        check.case(np.multiply, np.array([1.0, 10.0]), (a, b), 1, label="the second argument"),
        check.case(np.multiply, _array(2, 3), (x, y), 0, label="the larger of two shapes"),
        check.case(np.multiply, _array(2, 3), (x, y), 1, label="an argument that is broadcast"),
        check.case(np.multiply, _array(2, 3), (x, 3), 0, label="a number as the other argument"),
        check.case(np.log, _array(2, 3), (_positive(2, 3) + 0.5,), 0, label="one argument"),
        check.case(np.exp, np.asarray(_array()), (np.asarray(_array()),), 0, label="a 0-d argument"),
        check.case(np.multiply, _array(3, 2), (_array(3, 2).astype("float32"), _array(2).astype("float32")), 1, label="float32"),
        check.case(np.multiply, _array(3), (np.arange(1, 4), _array(3)), 0, label="whole numbers"),
        check.case(np.prod, np.asarray(_array()), (_positive(4),), 0, 0.5, label="a product of all entries, and a large step"),
        check.case(np.sum, np.asarray(2.5), (_array(2, 2),), 0, label="an output of fewer axes"),
        check.case(np.transpose, _array(2, 3), (_array(3, 2),), 0, label="a function that moves entries"),
    ]
    check.agrees(numerical_back, inputs[:2], _numerical_by_torch, rtol=1e-6)
    _steps_to_both_sides(numerical_back)
    check.agrees(numerical_back, inputs[2:], _numerical_by_torch, rtol=1e-6)


def _steps_to_both_sides(numerical_back):
    """On a cube a step to one side shows, and so does every further call."""
    calls = []

    def cube(x):
        calls.append(np.array(x))
        return x * x * x

    x, weights = _positive(2, 2), _array(2, 2)
    got = check.call(numerical_back, cube, weights, (x,), 0, h=0.25)
    wanted, one_sided = weights * (3 * x * x + 0.25**2), weights * (3 * x * x + 0.75 * x + 0.25**2)
    shaped = np.shape(got) == x.shape
    check.require(
        shaped and np.allclose(got, wanted),
        "on x*x*x with h = 0.25 these are not central differences with that step.",
        "From h above to h below: how far is that?",
        got=repr(got),
        expected=repr(wanted),
        mistake="one_sided" if shaped and np.allclose(got, one_sided) else "",
    )
    check.require(
        len(calls) == 2 * x.size,
        f"f was called {len(calls)} times for {x.size} entries, and twice for each entry is asked.",
        "One call with the entry moved up, one with it moved down.",
    )


def test_forward_and_back(forward_and_back):
    """Agrees with autograd on the whole graph, where shapes are equal, broadcast, and 0-d."""
    example = np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, 2.0]), np.exp([1.0, 2.0, 4.0])
    scalars = [np.asarray(_positive()), np.asarray(_positive()), np.asarray(_positive() + 1.5)]
    inputs = [
        check.case(*example, label="the example"),
        check.case(*example[:2], np.exp([2.0]), label="the example with a c of shape (1,)"),
        check.case(_positive(3, 4), _positive(3, 4), _positive(3, 4) + 1.5, label="random values"),
        check.case(_positive(2, 1), _positive(3), _positive(4, 1, 1) + 1.5, label="shapes that are broadcast"),
        check.case(*scalars, label="0-d arrays"),
        check.case(*(each.astype("float32") for each in example), label="float32"),
        check.case(_positive(4, 3).T, _positive(6, 4)[::2], _positive(4) + 1.5, label="views that are not contiguous"),
    ]
    try:
        check.agrees(forward_and_back, inputs, _all_by_torch)
    except CheckFailure as failure:
        told = failure.explanation
        got = _three_gradients(forward_and_back, example) if told.reason in ("value", "shape", "dtype") else None
        if got is None:
            raise
        raise CheckFailure(replace(told, figures=(lambda: _forward_graph(example, got),))) from None
    grads = check.call(forward_and_back, *example)
    check.shows(lambda: _forward_graph(example, grads))


def test_Recipe(Recipe):  # noqa: N802  # called after its exercise
    """Keeps what it is given, cannot be changed, has no room for more, and is compared by identity."""
    x = np.ones(2)
    recipe = check.call(Recipe, np.log, (x,), {"where": True}, {0: "a parent"})
    check.require(recipe.func is np.log, "the field func is not the function that was given.")
    args = recipe.args
    kept = isinstance(args, tuple) and len(args) == 1 and np.shares_memory(args[0], x)
    check.require(
        kept,
        "the field args is not what was given.",
        "In this order: func, args, kwargs, parents. And what is given is kept as it is, without copies.",
    )
    check.require(recipe.kwargs == {"where": True}, "the field kwargs is not the dict that was given.")
    check.require(recipe.parents == {0: "a parent"}, "the field parents is not the dict that was given.")
    named = Recipe(parents={}, kwargs={}, args=(), func=np.exp)
    check.require(named.func is np.exp and named.args == (), "the fields cannot be given by their names.")
    closed = _raised(setattr, recipe, "another", 1) is not None
    for field in ("func", "args", "kwargs", "parents"):
        error = _raised(setattr, recipe, field, None)
        check.require(
            isinstance(error, AttributeError),
            f"the field {field} could be changed: a record that is written once must stay as it is.",
            "One of the decorator's options freezes the fields.",
            mistake="mutable" if closed else "open",
            got="no exception" if error is None else f"{type(error).__name__}: {error}",
        )
    check.require(closed, "a new attribute could be added to a recipe, so a misspelt name would go unnoticed.", mistake="open")
    roomy = check.define("found = hasattr(recipe, '__dict__')", "found", recipe=recipe)
    check.require(
        not roomy,
        "every recipe carries a dict for further attributes.",
        "Another option of the decorator saves it: slots.",
        mistake="roomy",
    )
    _compared_by_identity(Recipe)


def _compared_by_identity(Recipe):  # a class
    one, other = (Recipe(np.log, (np.arange(3.0),), {}, {}) for _ in range(2))
    for what, ask in [("one == other", lambda: one == other), ("hash(one)", lambda: hash(one))]:
        error = _raised(ask)
        check.require(
            error is None,
            f"{what} raises {type(error).__name__}: comparing two recipes compared their arrays.",
            "A decorator's option leaves == as Python has it: by identity.",
            mistake="eq",
        )
    check.require(one != other and one == one, "two recipes with equal fields are equal, and identity is what counts.")
    check.require(len({one, other, one}) == 2, "two recipes are one key of a dict, and identity is what counts.")


def test_BackwardFuncLookup(BackwardFuncLookup):  # noqa: N802
    """Finds by function and position, replaces, keeps tables apart, and says what is missing."""
    table, other = BackwardFuncLookup(), BackwardFuncLookup()

    def first(grad_out, out, x, y):
        return grad_out

    def second(grad_out, out, x, y):
        return -grad_out

    check.call(table.add_back_func, np.subtract, 0, first)
    table.add_back_func(np.subtract, 1, second)
    check.require(table.get_back_func(np.subtract, 1) is second, "what was entered for position 1 is not what comes back.")
    check.require(
        table.get_back_func(np.subtract, 0) is first,
        "position 1 has overwritten position 0: one function has several arguments, each with a backward function of its own.",
        mistake="by_function",
    )
    with suppress(KeyError):
        apart = other.get_back_func(np.subtract, 0) is not first
        check.require(apart, "two tables share their entries: each one needs a dict of its own.", mistake="shared")
    table.add_back_func(np.subtract, 0, second)
    check.require(table.get_back_func(np.subtract, 0) is second, "a second entry for the same place must replace the first.")
    nameless = _Nameless()
    for fn, position in [(np.subtract, 7), (np.log, 0), (nameless, 7)]:
        _is_missing(table, fn, position)
    table.add_back_func(nameless, 0, first)
    check.require(table.get_back_func(nameless, 0) is first, "a function without a __name__ is lost.")


def _is_missing(table, fn, position):
    name = getattr(fn, "__name__", "")
    label = f"{name or 'a function without a __name__'}, argument {position},"
    error = _raised(table.get_back_func, fn, position)
    check.require(
        error is not None,
        f"nothing was entered for {label} and yet something came back. It would fail later, far from here.",
        "A KeyError is asked at the place where the entry is missing.",
        mistake="none",
    )
    check.require(
        isinstance(error, KeyError),
        f"nothing was entered for {label} and a KeyError is asked.",
        got=f"{type(error).__name__}: {error}",
        mistake="" if name else "needs_name",
    )
    check.require(
        name in str(error) and str(position) in str(error),
        "the message of the KeyError does not say what is missing: it should name the function and the position.",
        got=str(error),
        mistake="silent_message",
    )


class _Nameless:
    """Can be called, and has no __name__."""

    def __call__(self, x):
        return x


def test_Tensor(Tensor):  # noqa: N802
    """Boxes arrays, lists, numbers and Tensors; knows shape and leaf; has truth, length and hash as they should be."""
    example = check.call(Tensor, [1.0, 2.0], True)
    text = "Tensor(array([1., 2.], dtype=float32), requires_grad=True)"
    check.require(isinstance(example.array, np.ndarray), "the attribute array is no NumPy array.", got=repr(example.array))
    _dtypes(Tensor)
    check.require(repr(example) == text, "the repr is another one.", got=repr(example), expected=text)
    array = np.array([1.0, 2.0, 3.0], np.float32)
    boxed = Tensor(array)
    check.require(np.shares_memory(boxed.array, array), "a float32 array was copied, and it should be kept.", mistake="copied")
    again = Tensor(boxed)
    check.require(
        isinstance(again.array, np.ndarray) and again.array.dtype == np.float32 and again.array.shape == (3,),
        "a Tensor of a Tensor has a strange array: the inner one must be unboxed.",
        got=f"dtype {again.array.dtype}, shape {again.array.shape}",
        expected="dtype float32, shape (3,)",
        mistake="nested",
    )
    check.require(np.shares_memory(again.array, array), "a Tensor of a Tensor takes its array, and makes no copy.")
    check.require(boxed.requires_grad is False and example.requires_grad is True, "requires_grad is not what was given, or False.")
    for new in (boxed, example):
        about = f"of a new Tensor with requires_grad={new.requires_grad}"
        check.require(new.recipe is None, f"{about} the recipe is {new.recipe!r}, and None is asked.")
        advice = "It is None as long as no gradient has arrived. Zeros would look like one that has."
        check.require(new.grad is None, f"{about} the grad is {new.grad!r}, and None is asked.", advice, mistake="zero_grad")
    _sizes_and_truth(Tensor)
    _leaves(Tensor)
    _hashes(Tensor)


def _dtypes(Tensor):
    rows = [
        ("a list of floats", [1.5, 2.5], "float32", (2,)),
        ("a float", 3.5, "float32", ()),
        ("a float64 array", _array(2, 3), "float32", (2, 3)),
        ("a NumPy float64 number", np.float64(2.5), "float32", ()),
        ("an empty list", [], "float32", (0,)),
        ("a float16 array", np.ones((2, 1), np.float16), "float16", (2, 1)),
        ("whole numbers", np.arange(4), "int64", (4,)),
        ("truth values", [True, False], "bool", (2,)),
        ("nested lists", [[1, 2, 3], [4, 5, 6]], np.asarray([1]).dtype.name, (2, 3)),
    ]
    for label, given, dtype, shape in rows:
        tensor = check.call(Tensor, given)
        check.require(
            tensor.array.dtype == dtype,
            f"of {label} the dtype became {tensor.array.dtype}, and {dtype} is asked.",
            "Turn float64 into float32, whatever it came in." if dtype == "float32" else "Only float64 is turned.",
            mistake="copies_dtype" if dtype == "float32" else "",
        )
        check.require(np.array_equal(tensor.array, np.asarray(given, dtype)), f"of {label} the values changed.", got=repr(tensor))
        found = tensor.shape, tensor.ndim
        advice = "Both are properties: they are asked for without parentheses." if any(map(callable, found)) else ""
        check.require(
            found == (shape, len(shape)), f"of {label} shape and ndim are {found}.", advice, expected=repr((shape, len(shape)))
        )


def _sizes_and_truth(Tensor):
    check.require(len(Tensor(np.zeros((3, 2)))) == 3, "the length is the size of the first axis.")
    error = _raised(len, Tensor(1.0))
    check.require(isinstance(error, TypeError), "a 0-d tensor has no length: a TypeError is asked.", got=repr(error))
    for given in ([2.5], 2.5, [[2.5]]):
        item = Tensor(given).item()
        check.require(isinstance(item, float) and item == 2.5, f"item() of Tensor({given}) is {item!r}, and Python's 2.5 is asked.")
    check.require(isinstance(Tensor([7]).item(), int), "item() of a whole number is an int.")
    for given, truth in [([0.5], True), (0.0, False), ([[0]], False), (True, True)]:
        check.require(bool(Tensor(given)) is truth, f"bool(Tensor({given})) is not {truth}.")
    for given in ([1.0, 2.0], [0.0, 0.0], []):
        error = _raised(bool, Tensor(given))
        check.require(
            isinstance(error, RuntimeError),
            f"with {len(given)} elements Tensor({given}) is neither true nor false, and bool of it must raise a RuntimeError.",
            got="no exception" if error is None else f"{type(error).__name__}: {error}",
            mistake="truth" if error is None else "",
        )


def _leaves(Tensor):
    for requires_grad in (False, True):
        for made in (False, True):
            tensor = Tensor([1.0], requires_grad)
            if made:
                tensor.recipe = _a_recipe(Tensor)
            leaf = not (requires_grad and made)
            who = f"a tensor with requires_grad={requires_grad} {'and a' if made else 'without a'} recipe"
            check.require(
                tensor.is_leaf is leaf,
                f"is_leaf of {who} is {tensor.is_leaf!r}.",
                "There are two reasons to be a leaf, and one of them is enough."
                if leaf
                else "An operation made it, and it requires grad.",
                expected=repr(leaf),
                mistake="" if requires_grad else "leaf_grad_only",
            )


def _a_recipe(Tensor):
    """A recipe of the student's, or anything at all where there is none yet."""
    try:
        return check.beside(Tensor, "Recipe")(np.log, (np.ones(1),), {}, {})
    except Exception:
        return "a recipe"


def _hashes(Tensor):
    one, other = Tensor([1.0]), Tensor([1.0])
    for what, ask in [("hash(tensor)", lambda: hash(one)), ("{tensor: ...}", lambda: {one: 1})]:
        error = _raised(ask)
        check.require(
            error is None, f"{what} raises {type(error).__name__}.", "A class that defines == has to define its hash too."
        )
    check.require(
        hash(one) != hash(other), "two tensors of equal contents share a hash: as keys they would be mixed up.", mistake="hash"
    )
    before = hash(one)
    one.array[...] = 5
    check.require(hash(one) == before, "the hash changed with the contents, so a dict would lose its key.")
    names = {one: "one", other: "other"}
    check.require(names[one] == "one" and len({one, other, one}) == 2, "as keys tensors are told apart by identity.")


def test_quiz_leaf(quiz_leaf):
    """A leaf is what backpropagation has no reason to walk past."""
    check.choice(quiz_leaf)


def test_log_forward(log_forward):
    """Computes, and writes a recipe exactly when tracking is on and x requires grad."""
    Tensor = check.beside(log_forward, "Tensor")
    for values in (np.array([1.0, np.e]), _positive(2, 3), np.asarray(_positive())):
        for tracking in (True, False):
            for requires_grad in (True, False):
                x = Tensor(values.astype("float32"), requires_grad=requires_grad)
                with _tracking(log_forward, tracking):
                    out = check.call(log_forward, x)
                about = f"where x requires grad: {requires_grad}, tracking is on: {tracking}"
                _boxed(Tensor, out, np.log(values.astype("float32")), "log")
                slug = "ignores_switch" if requires_grad else "always"
                _recorded(out, tracking and requires_grad, about, mistake=slug)
                if tracking and requires_grad:
                    _recipe(out, np.log, [x.array], {}, {0: x})


def test_multiply_forward(multiply_forward):
    """Computes with tensors and numbers, and writes a recipe exactly when tracking is on and any input requires grad."""
    Tensor = check.beside(multiply_forward, "Tensor")
    yes, no = (Tensor(_array(3).astype("float32"), requires_grad=flag) for flag in (True, False))
    column, point = Tensor(_array(2, 1), requires_grad=True), Tensor(2.5, requires_grad=True)
    whole = Tensor(np.arange(3))
    rows = [
        (Tensor([1.0, 2.0], requires_grad=True), 3),
        *((yes, 2.5), (2.5, yes), (yes, no), (no, yes), (yes, yes), (no, no), (no, 3), (yes, column)),
        *((point, point), (point, 2.5), (3, point), (whole, 2), (whole, yes)),
    ]
    for a, b in rows:
        tensors = [isinstance(each, Tensor) for each in (a, b)]
        raw = [each.array if is_tensor else each for each, is_tensor in zip((a, b), tensors, strict=True)]
        requires = any(is_tensor and each.requires_grad for each, is_tensor in zip((a, b), tensors, strict=True))
        for tracking in (True, False):
            with _tracking(multiply_forward, tracking):
                out = check.call(multiply_forward, a, b)
            told = [
                f"requires_grad={each.requires_grad}" if is_tensor else each
                for each, is_tensor in zip((a, b), tensors, strict=True)
            ]
            about = f"for a, b of {told[0]} and {told[1]}, tracking is on: {tracking}"
            _boxed(Tensor, out, np.multiply(*raw), "the product")
            _recorded(out, tracking and requires, about, mistake="and" if tracking and requires else "")
            if tracking and requires:
                parents = {place: each for place, each in enumerate((a, b)) if tensors[place]}
                _recipe(out, np.multiply, raw, {}, parents)
    error = _raised(multiply_forward, 2, 3.5)
    check.require(
        isinstance(error, AssertionError),
        "two plain numbers were taken, and an AssertionError is asked where neither is a Tensor.",
        got="no exception" if error is None else f"{type(error).__name__}: {error}",
    )


def test_wrap_forward_fn(wrap_forward_fn):
    """Wrapped functions compute, pass everything on, and are recorded under exactly three conditions."""
    Tensor = check.beside(wrap_forward_fn, "Tensor")
    x, y = Tensor(_array(2, 3), requires_grad=True), Tensor(_array(3))
    with _tracking(wrap_forward_fn, True):
        exp, product, total = (check.call(wrap_forward_fn, fn) for fn in (np.exp, np.multiply, np.sum))
        out = check.call(exp, Tensor([0.0, np.log(2)]))
        _boxed(Tensor, out, np.array([1.0, 2.0], np.float32), "the wrapped exp")
        _recorded(out, False, "of an input that does not require grad")
        for fn, wrapped, args, kwargs in [
            (np.exp, exp, (x,), {}),
            (np.multiply, product, (x, y), {}),
            (np.multiply, product, (y, x), {}),
            (np.multiply, product, (x, x), {}),
            (np.multiply, product, (2.5, x), {}),
            (np.sum, total, (x,), {}),
            (np.sum, total, (x,), {"axis": 0, "keepdims": True}),
        ]:
            _wrapped_call(Tensor, fn, wrapped, args, kwargs)
        equal = wrap_forward_fn(np.equal, False)
        by_name = wrap_forward_fn(np.equal, is_differentiable=False)
        for out in (equal(x, y), by_name(x, 1)):
            _recorded(out, False, "of a function that is not differentiable", mistake="ignores_flag")
        _own_function(wrap_forward_fn, Tensor, x)
    _switch_at_the_call(wrap_forward_fn, x)


def _wrapped_call(Tensor, fn, wrapped, args, kwargs):
    tensors = {place: arg for place, arg in enumerate(args) if isinstance(arg, Tensor)}
    raw = [tensors[place].array if place in tensors else arg for place, arg in enumerate(args)]
    out = check.call(wrapped, *args, **kwargs)
    _boxed(Tensor, out, fn(*raw, **kwargs), f"the wrapped {fn.__name__}")
    _recorded(out, True, f"of {fn.__name__} with an input that requires grad")
    _recipe(out, fn, raw, kwargs, tensors)


def _own_function(wrap_forward_fn, Tensor, x):
    """A function which NumPy does not know, and which looks at what comes."""
    seen = []

    def shifted(array, times, by=0.0):
        seen.append((isinstance(array, np.ndarray), times, by))
        return array * times + by

    out = wrap_forward_fn(shifted)(x, 2, by=0.5)
    check.require(seen[0][0], "the wrapped function got a boxed Tensor, and it takes raw arrays.")
    check.require(seen == [(True, 2, 0.5)], "what is no Tensor did not arrive as it was given.", got=repr(seen))
    _boxed(Tensor, out, x.array * np.float32(2) + np.float32(0.5), "the wrapped function")
    _recorded(out, True, "of an input that requires grad")
    _recipe(out, shifted, [x.array, 2], {"by": 0.5}, {0: x})


def _switch_at_the_call(wrap_forward_fn, x):
    advice = "The switch was read when wrapping: it must be asked at every call."
    for then in (True, False):
        with _tracking(wrap_forward_fn, then):
            log = wrap_forward_fn(np.exp)
        with _tracking(wrap_forward_fn, not then):
            out = log(x)
        words = [("off", "on")[on] for on in (then, not then)]
        _recorded(out, not then, f"where tracking was {words[0]} when wrapping and {words[1]} when calling", advice, "early_switch")


def test_topological_sort(topological_sort):
    """Valid orders of chains, diamonds and random graphs, in linear time and at any depth; a ValueError for every cycle."""
    d = _Node("d")
    small = _Node("a", _Node("b", d), _Node("c", d))
    short = _Node("c")
    order = _sorted(topological_sort, small, "the example")
    _sorted(topological_sort, _Node("alone"), "one node")
    _sorted(topological_sort, _Node("a", short, _Node("b", _Node("d", short))), "a short and a long way to one node")
    _sorted(topological_sort, _Node("a", d, d), "an edge that occurs twice")
    for _ in range(3):
        _sorted(topological_sort, _random_graph(12), "a random graph")
    _sorted(topological_sort, _diamonds(40), "40 diamonds in a row")
    loop, round_trip = _Node("a"), _Node("a", _Node("b", _Node("c")))
    loop.children.append(loop)
    round_trip.children[0].children[0].children.append(round_trip)
    far = _Node("end", loop)
    for n in range(30):
        far = _Node(str(n), far)
    for label, root in [
        ("a node that is its own child", loop),
        ("a circle of three", round_trip),
        ("a cycle far from the root", far),
    ]:
        error = _raised(topological_sort, root, _counting(400, label, cycle=True))
        check.require(
            isinstance(error, ValueError),
            f"on {label} a ValueError is asked.",
            got="no exception" if error is None else f"{type(error).__name__}: {error}",
        )
    _deep(topological_sort)
    check.shows(lambda: _numbered(small, [str(node) for node in order]))


def _deep(topological_sort):
    links, children = check.define(_LINKS, "chain", fn=topological_sort)(2000)
    with _shallow(topological_sort):
        found = _not_too_deep(topological_sort, links[-1], children)
    check.require(
        len(found) == len(links) and all(one is other for one, other in zip(found, links, strict=True)),
        "on a chain of 2000 nodes the order is not the only right one, from the end of the chain to the root.",
    )


def test_sorted_computational_graph(sorted_computational_graph):
    """The end first, each tensor once and before its parents, leaves included, at any depth."""
    Tensor, multiply, log = _beside(sorted_computational_graph, "Tensor", "multiply", "log")
    with _tracking(sorted_computational_graph, True):
        a, b, c = (Tensor(_positive(3) + 1.5, requires_grad=True) for _ in range(3))
        d, e = multiply(a, b), log(c)
        f = multiply(d, e)
        g = log(f)
        edges = [(g, f), (f, d), (f, e), (d, a), (d, b), (e, c)]
        _sorted_graph(sorted_computational_graph, g, edges, "the graph of forward_and_back")
        _sorted_graph(sorted_computational_graph, a, [], "a leaf alone")
        square = multiply(a, a)
        _sorted_graph(sorted_computational_graph, square, [(square, a)], "x * x")
        still = Tensor(_positive(3))
        kept = multiply(a, still)
        _sorted_graph(sorted_computational_graph, kept, [(kept, a), (kept, still)], "x * w, with a w that requires no grad,")
        shared = multiply(square, a)
        _sorted_graph(sorted_computational_graph, shared, [(shared, square), (shared, a), (square, a)], "x * x * x")
        twice = multiply(log(square), shared)
        between = twice.recipe.parents[0]
        edges = [(twice, between), (twice, shared), (between, square), (shared, square), (shared, a), (square, a)]
        _sorted_graph(sorted_computational_graph, twice, edges, "a shared parent, a short and a long way to it")
        nodes = check.define(_POWERS, "chain", multiply=multiply)(a, 2000)
        with _shallow(sorted_computational_graph):
            found = _not_too_deep(sorted_computational_graph, nodes[-1])
        same = len(found) == len(nodes) and all(one is other for one, other in zip(found, nodes[::-1], strict=True))
        check.require(same, "on a chain of 2000 operations the order is not the only right one, from the end to the leaf.")


def _not_too_deep(fn, *args):
    """The result of a call on something deep."""
    try:
        return check.call(fn, *args)
    except CheckFailure as failure:
        deep = "RecursionError" in f"{failure.explanation.fact} {failure.explanation.got}"
        check.require(
            not deep,
            "on a chain of 2000 nodes it went too deep: the call stack ended.",
            "Every level of recursion costs a call. Keep a stack of your own, in a list; or use what already has one.",
            mistake="recursive",
        )
        raise


def _sorted_graph(sorted_computational_graph, end, edges, label):
    """`edges` lead from each tensor to its parents."""
    found = check.call(sorted_computational_graph, end)
    check.require(isinstance(found, list), f"on {label} it returned a {type(found).__name__}, and a list is asked.")
    known = {id(each): each for pair in edges for each in pair} | {id(end): end}
    places = {id(each): place for place, each in enumerate(found)}
    check.require(places.keys() <= known.keys(), f"on {label} something is in the list that does not belong to the graph.")
    fact = f"on {label} a tensor is listed twice: one that is used twice is still one tensor."
    check.require(len(places) == len(found), fact, mistake="repeated")
    missing = [each for key, each in known.items() if key not in places]
    if missing:
        leaves = all(each.recipe is None for each in missing)
        fact = (
            "leaves are missing, and they belong to the graph."
            if leaves
            else "not all tensors were found: each has all its parents."
        )
        slug = "leaves_missing" if leaves else "one_parent" if set(places) == _first_parents(end) else ""
        slug = "requiring_only" if not any(each.requires_grad for each in missing) else slug
        check.require(False, f"on {label} {fact}", got=f"{len(found)} tensors", expected=f"{len(known)} tensors", mistake=slug)
    slug = "unreversed" if found[-1] is end else ""
    check.require(found[0] is end, f"on {label} the tensor itself must come first.", mistake=slug)
    right = all(places[id(one)] < places[id(other)] for one, other in edges)
    check.require(right, f"on {label} a tensor comes after one of its parents.", "Every tensor stands before its parents.")


def _first_parents(tensor):
    found = {id(tensor)}
    while tensor.recipe is not None:
        tensor = tensor.recipe.parents[0]
        found.add(id(tensor))
    return found


def test_quiz_end_grad(quiz_end_grad):
    """Without weights all of them are ones."""
    check.choice(quiz_end_grad)


def test_backprop(backprop):
    """Gradients add up over all paths, stay with the leaves, share no memory, and leave everything else as it was."""
    with _tracking(backprop, True):
        machine = _Machine(backprop)
        _adds_up(machine)
        _weights(machine)
        _whole_graph(machine)
        _memory(machine)
        _skips(machine)
        _odd_ends(machine)
        _deep_chain(machine)
    check.shows(_stepping)


class _Machine:
    """The student's backprop with a few functions of the test's own, entered in the student's table."""

    def __init__(self, backprop):
        self.backprop = backprop
        self.Tensor, wrap, table = _beside(backprop, "Tensor", "wrap_forward_fn", "BACK_FUNCS")
        _keys_apart(self.Tensor)
        self.end = None  # of the graph that is looked at, for pictures
        gears = check.define(_GEARS, "enter", fn=backprop)
        entered, wrapped = gears(wrap, table)
        check.require(
            entered,
            "what the test entered into BACK_FUNCS does not come out of it again.",
            "Mend BackwardFuncLookup first, then run the cell that makes BACK_FUNCS once more.",
        )
        self.plus, self.multiply, self.log, self.root, self.total, self.pick, self.scale = wrapped

    def leaf(self, *values):
        return self.Tensor(np.array(values if len(values) > 1 else values[0]), requires_grad=True)

    def run(self, end, *weights):
        """Call it, and see that it returns nothing."""
        self.end = end
        got = check.call(self.backprop, end, *weights)
        check.require(got is None, "it returned something: gradients go into the leaves, and nothing comes back.", got=repr(got))

    def expect(self, leaf, wanted, about, advice="", **known):
        """The leaf's grad is a Tensor of the right dtype, shape and values. known: mistakes, with what they give here."""
        grad = leaf.grad
        check.require(grad is not None, f"{about}, the leaf's grad is None.", advice, expected=repr(wanted))
        boxed = isinstance(grad, self.Tensor)
        check.require(boxed, f"{about}, the leaf's grad is of type {type(grad).__name__}, and a Tensor is asked.", "Box it.")
        wanted, array = np.asarray(wanted, np.float32), grad.array
        check.require(
            array.shape == wanted.shape,
            f"{about}, the leaf's grad has the shape {array.shape}, and the leaf {wanted.shape}.",
            "Every gradient has the shape of what it belongs to. The first one is as large as the end node.",
        )
        check.require(array.dtype == np.float32, f"{about}, the leaf's grad is {array.dtype}, and float32 is asked.", advice)
        near = np.allclose(array, wanted, rtol=1e-4, atol=1e-5)
        slugs = [slug for slug, given in known.items() if np.allclose(array, np.asarray(given, np.float32), rtol=1e-4, atol=1e-5)]
        slug = slugs[0] if slugs else ""
        told = {"got": repr(array), "expected": repr(wanted), "mistake": slug}
        draw = partial(_wrong_leaf, self.end, leaf) if self.end is not None else None
        check.require(near, f"{about}, the leaf's grad is wrong.", advice, **told, draw=draw)


def _keys_apart(Tensor):
    """Tensors are keys of a dict, each for itself: without that no backprop can work."""
    one, other = Tensor([1.0]), Tensor([1.0])
    apart = _raised(hash, one) is None and hash(one) != hash(other)
    check.require(apart, "two Tensors cannot be told apart as keys of a dict.", "Mend the hash of Tensor first, and run its cell.")


def _adds_up(m):
    advice = "All paths to x add up, and x has one turn. Was it too early, was a part overwritten, was an array changed in place?"
    x = m.leaf(3.0)
    y = m.plus(m.multiply(x, x), x)
    m.run(y)
    m.expect(x, 7.0, "for y = x * x + x and x = 3", advice, overwrites=3.0, in_place=16.0, unsorted=1.0)
    again = "After a second graph the gradients add up: what is in grad stays and grows."
    m.run(m.plus(m.multiply(x, x), x))
    m.expect(x, 14.0, "for y = x * x + x and x = 3, the second time", again, replaces=7.0)
    values = _positive(2, 3)
    x = m.leaf(values)
    square = m.multiply(x, x)
    y = m.plus(m.multiply(square, x), square)
    m.run(y)
    m.expect(x, 3 * values**2 + 2 * values, "for y = x * x * x + x * x", advice)
    kept = [name for name, each in (("y", y), ("x * x", square)) if each.grad is not None]
    fact = f"{' and '.join(kept)} got a grad: only leaves keep one."
    check.require(not kept, fact, "Intermediate gradients are for passing on.", mistake="keeps_all")
    x = m.leaf(values)
    short = m.multiply(x, 2.0)
    long = m.log(m.multiply(short, short))
    m.run(m.plus(short, long))
    about, advice = "for y = u + log(u * u) with u = 2 x", "Had all gradients of u arrived when it was its turn?"
    m.expect(x, 2 + 2 / values, about, advice, unsorted=np.full_like(values, 2.0))


def _weights(m):
    values, weights = _positive(3), _array(3)
    x = m.leaf(values)
    end_grad = m.Tensor(weights)
    before = np.array(end_grad.array)
    m.run(m.multiply(x, x), end_grad)
    about, advice = "for y = x * x with weights", "L is the sum of the entries of y, each times its weight."
    m.expect(x, 2 * values * weights, about, advice, end_grad_ignored=2 * values)
    m.run(m.multiply(x, x), end_grad)
    m.expect(x, 4 * values * weights, "for y = x * x with weights, the second time")
    whole = np.array_equal(end_grad.array, before) and end_grad.grad is None
    check.require(whole, "end_grad was changed, and it belongs to the caller.")
    x = m.leaf(values)
    m.run(x, end_grad)
    m.expect(x, weights, "for a leaf as the end node", "It gets the end gradient itself.")
    check.require(
        not np.shares_memory(x.grad.array, end_grad.array),
        "the leaf's grad is the caller's end_grad: who changes one of them changes both.",
        "Where you store a gradient, store a copy.",
        mistake="shared_memory",
    )


def _whole_graph(m):
    example = [_positive(2, 1), _positive(3), _positive(1) + 1.5]
    a, b, c = (m.leaf(each) for each in example)
    arrays = [np.array(each.array) for each in (a, b, c)]
    m.run(m.log(m.multiply(m.multiply(a, b), m.log(c))))
    for name, leaf, wanted in zip("abc", (a, b, c), _all_by_torch(*example), strict=True):
        m.expect(leaf, wanted, f"for log(a * b * log(c)), {name}", "Compare with the graph of forward_and_back.")
    same = all(np.array_equal(each.array, before) for each, before in zip((a, b, c), arrays, strict=True))
    check.require(same, "a leaf's own array was changed.")
    whole = m.Tensor(np.arange(1, 4), requires_grad=True)
    m.run(m.multiply(whole, 2.5))
    m.expect(whole, [2.5] * 3, "for 2.5 x, where x holds whole numbers", "A gradient is never rounded to whole numbers.")
    m.run(whole)
    m.expect(whole, [3.5] * 3, "for whole numbers as the end node", "Its gradient is float32, although it holds whole numbers.")
    _raw_arrays(m)
    x = m.leaf(1.0, 2.0)
    m.run(m.scale(x, by=3.0))
    m.expect(x, [3.0, 3.0], "for a function with a keyword", "Keywords of the recipe go to the backward function too.")


def _raw_arrays(m):
    x = m.leaf(4.0, 9.0)
    for weights in ((), (m.Tensor([1.0, 1.0]),)):
        error = _raised(m.backprop, m.root(x), *weights)
        boxed = isinstance(error, TypeError) and "raw array" in str(error)
        fact = "a backward function got a Tensor, and it takes raw arrays: as the upstream gradient, and as the output."
        check.require(not boxed, fact, "Unbox what you hand to it.", got=str(error), mistake="boxed")
        if error is not None:
            raise error
    m.expect(x, [0.5, 1 / 3], "for the root of x, twice", "A backward function gets the output of its own operation.")


def _memory(m):
    advice = "A gradient was changed in place while others looked at the same memory: two leaves shared one array, or a branch did."
    a, b = m.leaf(1.0, 2.0), m.leaf(3.0, 4.0)
    for times in (1, 2):
        m.run(m.plus(a, b))
        for name, leaf in (("a", a), ("b", b)):
            m.expect(leaf, [times] * 2, f"for y = a + b, {times} times, {name}", advice)
    check.require(not np.shares_memory(a.grad.array, b.grad.array), "two leaves share one array as their grad.", advice)
    a, b = m.leaf(1.0, 2.0), m.leaf(3.0, 4.0)
    m.run(m.plus(m.plus(a, b), a))
    m.expect(b, [1.0, 1.0], "for y = (a + b) + a, b", advice)
    m.expect(a, [2.0, 2.0], "for y = (a + b) + a, a", advice)
    x = m.leaf(1.0, 2.0, 3.0)
    y = m.total(x)
    for times in (1, 2):
        m.run(y)
        m.expect(
            x, [times] * 3, f"for the sum of x, {times} times", "Not every array that a backward function gives can be written to."
        )
    x.grad.array[...] = 0  # a leaf's own memory can be written to


def _skips(m):
    x, index, still = m.leaf(1.0, 2.0, 3.0), m.Tensor(np.array([2, 0])), m.Tensor([5.0, 7.0])
    y = m.multiply(m.pick(x, index), still)
    m.end = y
    error = _raised(m.backprop, y)
    check.require(
        not isinstance(error, KeyError),
        "a tensor that needs no gradient was asked for a backward function.",
        "An index has no gradient, and none is entered for it. Look at requires_grad before you look into the table.",
        got=str(error),
        mistake="asks_everyone",
    )
    if error is not None:
        raise error
    m.expect(x, [7.0, 0.0, 5.0], "for x[index] * w")
    check.require(index.grad is None and still.grad is None, "a tensor that does not require grad got one.")


def _odd_ends(m):
    still = m.Tensor([1.0, 2.0])
    for label, end in [("a tensor that was made by hand", still), ("a product of such tensors", m.multiply(still, still))]:
        error = _raised(m.backprop, end)
        fine = error is None or isinstance(error, RuntimeError)
        check.require(
            fine and end.grad is None and still.grad is None,
            f"on {label}, which requires no grad, nothing must be stored.",
            got=f"{type(error).__name__}: {error}" if error else repr(end.grad),
        )


def _deep_chain(m):
    x = m.leaf(1.0, 2.0)
    nodes = check.define(_POWERS, "chain", multiply=m.multiply)(x, 2000)
    with _shallow(m.backprop):
        _not_too_deep(m.backprop, nodes[-1])
    m.end = None  # nobody could read a picture of it
    m.expect(x, [1.0, 1.0], "at the end of a chain of 2000 multiplications by 1")


# --- expected values --------------------------------------------------------------------------------------------------


def _autograd(operation, grad_out, args, place):
    """torch's gradient of one argument, in float64, rounded to the dtype which a gradient of that argument has."""
    tensors = [t.tensor(np.asarray(arg, np.float64)) for arg in args]
    tensors[place].requires_grad_()
    operation(*tensors).backward(t.tensor(np.asarray(grad_out, np.float64)))
    dtype = np.asarray(args[place]).dtype
    return tensors[place].grad.numpy().astype(dtype if dtype.kind == "f" else np.float32)


def _torch_unbroadcast(broadcasted, original):
    leaf = t.zeros(original.shape, dtype=t.float64, requires_grad=True)
    leaf.broadcast_to(broadcasted.shape).backward(t.tensor(broadcasted).double())
    return leaf.grad.numpy().astype(broadcasted.dtype)


_BY_TORCH = {"multiply": t.mul, "log": t.log, "exp": t.exp, "prod": t.prod, "sum": t.sum, "transpose": t.t}


def _numerical_by_torch(f, grad_out, args, argnum, h=1e-5):
    exact = [np.asarray(arg, np.float64) for arg in args]
    return _autograd(_BY_TORCH[f.__name__], grad_out, exact, argnum)


def _all_by_torch(*arrays):
    leaves = [t.tensor(np.asarray(array, np.float64), requires_grad=True) for array in arrays]
    a, b, c = leaves
    t.log(a * b * t.log(c)).sum().backward()
    return tuple(leaf.grad.numpy().astype(array.dtype) for leaf, array in zip(leaves, arrays, strict=True))


# --- inputs -----------------------------------------------------------------------------------------------------------


def _array(*shape):
    return check.rng().standard_normal(shape)


def _positive(*shape):
    """Numbers between 0.3 and 3, some below one and some above."""
    return np.exp(check.rng().uniform(-1.1, 1.1, size=shape))


def _upstream(out):
    return np.asarray(_array(*out.shape)).astype(out.dtype if out.dtype.kind == "f" else np.float32)


def _of_one(forward, x, label):
    """A case of a backward function of one argument: an upstream gradient, the output, the argument."""
    out = np.asarray(forward(x))
    out = out if x.dtype.kind == "f" else out.astype(np.float32)
    return check.case(_upstream(out), out, x, label=label)


def _of_two(forward, x, y, label):
    """The same of two arguments."""
    out = np.asarray(forward(x, y))
    whole = any(isinstance(arg, np.ndarray) and arg.dtype.kind == "i" for arg in (x, y))
    out = out.astype(np.float32) if whole else out  # as a Tensor would hold it
    return check.case(_upstream(out), out, x, y, label=label)


class _Node:
    """A node which must not be compared: only its identity counts."""

    def __init__(self, name, *children):
        self.name, self.children = name, list(children)

    def __eq__(self, other):
        raise TypeError("nodes are told apart by identity, not by ==")

    __hash__ = object.__hash__

    def __repr__(self):
        return self.name


def _random_graph(count):
    """A root from which all nodes can be reached; edges run from later to earlier ones."""
    rng = check.rng()
    nodes = [_Node("0")]
    for n in range(1, count):
        chosen = [node for node in nodes if rng.random() < 0.3]
        nodes.append(_Node(str(n), *chosen))
    below = {id(child) for node in nodes for child in node.children}
    tops = [node for node in nodes if id(node) not in below]
    return _Node("root", *(tops[place] for place in rng.permutation(len(tops))))


def _diamonds(count):
    node = _Node("end")
    for n in range(count):
        node = _Node(f"top {n}", _Node(f"left {n}", node), _Node(f"right {n}", node))
    return node


def _reachable(root):
    found, waiting = {}, [root]
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            waiting.extend(node.children)
    return found


def _counting(most, label, cycle=False):
    """get_children, which must not be called without end."""
    calls = []
    walked, advice = "shared nodes were walked again and again.", "Remember which nodes are done, and do not walk below them again."
    if cycle:
        walked, advice = (
            "it goes round and round.",
            "To meet a node that is still open is to have found a cycle: raise a ValueError.",
        )

    def get_children(node):
        calls.append(node)
        fact = f"on {label} get_children was called {most} times and more: {walked}"
        check.require(len(calls) <= most, fact, advice, mistake="endless" if cycle else "exponential")
        return node.children

    return get_children


def _sorted(topological_sort, root, label):
    """Judge one order, and give it back."""
    known = _reachable(root)
    try:
        order = check.call(topological_sort, root, _counting(30 * len(known) + 30, label))
    except CheckFailure as failure:
        check.require(
            not failure.explanation.got.startswith("ValueError"),
            f"on {label} a ValueError was raised, and there is no cycle: a node that is met again may be finished long since.",
            "A cycle is met where a node is its own child, or its child's child: while it is still open.",
            got=failure.explanation.got,
            mistake="diamond_cycle",
        )
        raise
    check.require(isinstance(order, list), f"on {label} it returned a {type(order).__name__}, and a list of nodes is asked.")
    nodes = all(isinstance(node, _Node) for node in order)
    check.require(nodes, f"on {label} there is something in the list that is no node of the graph.", got=repr(order))
    places = {id(node): place for place, node in enumerate(order)}
    check.require(len(places) == len(order), f"on {label} a node occurs twice.", got=repr(order), mistake="repeated")
    check.require(len(order) == len(known), f"on {label} {len(order)} of {len(known)} nodes are in the list.", got=repr(order))
    for node in order:
        late = [child for child in node.children if places[id(child)] > places[id(node)]]
        fact = f"on {label} {node} comes before its child {late[:1]}, and children come first."
        slug = "reversed" if order[0] is root else "breadth" if [*map(id, order[::-1])] == _by_distance(root) else ""
        check.require(not late, fact, got=repr(order), mistake=slug)
    return order


def _by_distance(root):
    found = {id(root): root}
    for node in (nodes := [root]):
        for child in node.children:
            if id(child) not in found:
                found[id(child)] = child
                nodes.append(child)
    return list(found)


# --- beside the student's code ----------------------------------------------------------------------------------------

_SWITCH = """
import inspect

inner = [fn, *vars(fn).values()] if isinstance(fn, type) else [fn]
space = next(found.__globals__ for found in map(inspect.unwrap, inner) if hasattr(found, "__globals__"))

def switch(on):
    before = space["grad_tracking_enabled"]
    space["grad_tracking_enabled"] = on
    return before
"""

_LIMIT = """
import sys

def limit(calls):
    before, depth, frame = sys.getrecursionlimit(), 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    sys.setrecursionlimit(depth + calls)
    return before

def restore(before):
    sys.setrecursionlimit(before)

both = limit, restore
"""

_LINKS = """
class Link:
    def __init__(self, *children):
        self.children = list(children)

def get_children(link):
    return link.children

def chain(length):
    links = [Link()]
    while len(links) < length:
        links.append(Link(links[-1]))
    return links, get_children
"""

_POWERS = """
def chain(x, length):
    nodes = [x]
    for _ in range(length):
        nodes.append(multiply(nodes[-1], 1.0))
    return nodes
"""

_GEARS = """
import numpy as np

def plus(x, y):
    return x + y

def plus_back(grad_out, out, x, y):
    return grad_out

def shrunk(grad, x):
    grad = grad.sum(axis=tuple(range(grad.ndim - x.ndim)))
    stretched = tuple(axis for axis in range(x.ndim) if x.shape[axis] == 1)
    return np.asarray(grad.sum(axis=stretched, keepdims=True), np.float32).reshape(x.shape)

def times(x, y):
    return np.asarray(x * y)

def times_back0(grad_out, out, x, y):
    return shrunk(grad_out * y, x)

def times_back1(grad_out, out, x, y):
    return shrunk(grad_out * x, y)

def ln(x):
    return np.asarray(np.log(x))

def ln_back(grad_out, out, x):
    return np.asarray(grad_out / x)

def root(x):
    return np.sqrt(x)

def root_back(grad_out, out, x):
    for name, given in (("grad_out", grad_out), ("out", out), ("x", x)):
        if not isinstance(given, (np.ndarray, np.generic)):
            raise TypeError(f"{name} is of type {type(given).__name__}, and a raw array is asked")
    return grad_out / (2 * out)

def total(x):
    return np.asarray(x.sum())

def total_back(grad_out, out, x):
    return np.broadcast_to(grad_out, x.shape)

def pick(x, index):
    return x[index]

def pick_back(grad_out, out, x, index):
    spread = np.zeros(x.shape, x.dtype)
    spread[index] = grad_out
    return spread

def scale(x, by=1.0):
    return x * by

def scale_back(grad_out, out, x, by=1.0):
    return grad_out * by

def enter(wrap_forward_fn, table):
    rows = [(plus, 0, plus_back), (plus, 1, plus_back), (times, 0, times_back0), (times, 1, times_back1), (ln, 0, ln_back)]
    rows += [(root, 0, root_back), (total, 0, total_back), (pick, 0, pick_back), (scale, 0, scale_back)]
    for row in rows:
        table.add_back_func(*row)
    entered = all(table.get_back_func(fn, place) is back for fn, place, back in rows)
    return entered, [wrap_forward_fn(fn) for fn in (plus, times, ln, root, total, pick, scale)]
"""


def _beside(fn, *names):
    """What stands under these names where fn was written."""
    try:
        return [check.beside(fn, name) for name in names]
    except CheckFailure:
        with suppress(CheckFailure):
            check.call(fn, None)  # where it is still the stub, that is said first
        raise


@contextmanager
def _tracking(fn, on):
    """The switch grad_tracking_enabled where fn was written, for the time of the block."""
    _beside(fn, "grad_tracking_enabled")
    switch = check.define(_SWITCH, "switch", fn=fn)
    before = switch(on)
    try:
        yield
    finally:
        switch(before)


@contextmanager
def _shallow(fn):
    """No more than 900 calls within each other where fn runs: elsewhere the limit may be anything."""
    limit, restore = check.define(_LIMIT, "both", fn=fn)
    before = limit(900)
    try:
        yield
    finally:
        restore(before)


def _raised(function, *args, **kwargs):
    """The exception that a call of the student's raises, or None."""
    try:
        function(*args, **kwargs)
    except CheckFailure:
        raise
    except Exception as error:
        return error
    return None


# --- tensors ----------------------------------------------------------------------------------------------------------


def _boxed(Tensor, out, wanted, what):
    """A Tensor of the right values."""
    check.require(isinstance(out, Tensor), f"{what} is of type {type(out).__name__}, and a Tensor is asked.", "Box the result.")
    array, wanted = out.array, np.asarray(wanted)
    check.require(
        isinstance(array, np.ndarray), f"the array of {what} is a {type(array).__name__}.", "NumPy's scalars are no arrays."
    )
    check.require(array.shape == wanted.shape, f"{what} has the shape {array.shape}, and {wanted.shape} is asked.")
    dtype = np.dtype("float32") if wanted.dtype == np.float64 else wanted.dtype
    check.require(array.dtype == dtype, f"{what} is {array.dtype}, and {dtype} is asked.")
    near = np.allclose(array, wanted, rtol=1e-4, atol=1e-5)
    check.require(near, f"{what} has wrong values.", got=repr(array), expected=repr(wanted))
    check.require(out.grad is None, f"{what} has a grad already.")


def _recorded(out, wanted, about, advice="", mistake=""):
    """Is there a recipe, and requires_grad, exactly if it is wanted?"""
    said = out.requires_grad
    check.require(
        said is wanted,
        f"{about}: requires_grad of the result is {said!r}, and {wanted} is asked.",
        advice or "One condition decides: is tracking on, and does any input require grad?",
        mistake=mistake,
    )
    has = out.recipe is not None
    fact = "a recipe was written although nothing needs a gradient." if has else "the recipe was not written."
    check.require(has is wanted, f"{about}: {fact}", advice or "requires_grad and recipe go together.", mistake=mistake)


def _recipe(out, func, args, kwargs, parents):
    """The recipe has these raw arguments and these very parents."""
    recipe = out.recipe
    check.require(
        recipe.func is func,
        f"the recipe's func is not {func.__name__} itself, and under any other key no backward function is found.",
        "Write down the function of arrays that was called, not the function of Tensors around it.",
        mistake="records_wrapper",
    )
    came = recipe.args
    check.require(isinstance(came, tuple), f"the recipe's args are of type {type(came).__name__}, and a tuple is asked.")
    raw = len(came) == len(args) and all(map(_same_raw, came, args))
    boxed = any(hasattr(each, "requires_grad") for each in came)
    fact = "the recipe's args are not the raw arguments: arrays and numbers, in order, unboxed."
    check.require(raw, fact, got=repr(came), mistake="boxed_args" if boxed else "")
    fact = "the recipe's kwargs are not the keywords of the call."
    check.require(recipe.kwargs == kwargs, fact, got=repr(recipe.kwargs), expected=repr(kwargs), mistake="kwargs_lost")
    _parents(recipe.parents, parents)


def _parents(found, parents):
    by_place = isinstance(found, dict) and all(isinstance(place, int) for place in found)
    missing = by_place and set(found) < set(parents)
    slug = "no_parent" if missing and not found else "by_tensor" if missing or not by_place else "number_parent"
    check.require(
        by_place and set(found) == set(parents),
        "the recipe's parents have wrong keys: one for the position of each Tensor among the arguments, and no other.",
        got=repr(found),
        expected=f"a dict with the keys {sorted(parents)}",
        mistake=slug,
    )
    same = all(found[place] is parent for place, parent in parents.items())
    check.require(same, "a parent in the recipe is not the Tensor that was given, but a new one.")


def _same_raw(came, given):
    if isinstance(given, np.ndarray):
        return isinstance(came, np.ndarray) and came.dtype == given.dtype and np.array_equal(came, given)
    return type(came) is type(given) and came == given


def _three_gradients(forward_and_back, example):
    """The student's gradients where they are three arrays, or None."""
    try:
        got = check.call(forward_and_back, *example)
    except CheckFailure:
        return None
    three = isinstance(got, tuple | list) and len(got) == 3
    return got if three and all(isinstance(each, np.ndarray | np.generic) for each in got) else None


# --- pictures ---------------------------------------------------------------------------------------------------------


def draw_graph(tensor, **names):
    """Draw the graph of a Tensor of yours: values above the nodes, gradients, where there are any, below.

    tensor: the end. Or a function without arguments that returns it, perhaps with a dict of names: it is called only when all
    that it needs has been written.
    names: what to write into a tensor's node, as in draw_graph(g, a=a, b=b); without one it is the name of its operation.
    """
    if not hasattr(tensor, "array"):
        try:
            tensor = tensor()
        except (NotImplementedError, NameError):
            print("Your graph is drawn here once the functions above are written. Then run this cell again.")
            return
        tensor, more = tensor if isinstance(tensor, tuple) else (tensor, {})
        names = {**more, **names}
    show.display(_graph_of(tensor, {id(each): name for name, each in names.items()}))


def _wrong_leaf(end, leaf):
    return _graph_of(end, {id(leaf): "leaf"}, "Wrong: the gradient with ✗", wrong=id(leaf))


def _graph_of(end, names, title="Your graph: values above, gradients below", wrong=None):
    """Parents stand in the order of an operation's arguments, so that the first one comes out on top."""
    found, waiting = {}, [end]
    while waiting:
        tensor = waiting.pop()
        found.setdefault(id(tensor), tensor)
        waiting += [parent for parent in _parents_of(tensor)[::-1] if id(parent) not in found]
    edges = [(id(parent), id(tensor)) for tensor in found.values() for parent in _parents_of(tensor)]
    nodes = {}
    for key, tensor in found.items():
        made = tensor.recipe.func.__name__.strip("_") if tensor.recipe is not None else "leaf"
        gradient = "" if tensor.grad is None else _short(tensor.grad.array)
        nodes[key] = show.Node(names.get(key, made), _short(tensor.array), gradient, "wrong" if key == wrong else "")
    return show.graph(nodes, edges, title=title)


def _parents_of(tensor):
    return [] if tensor.recipe is None else [tensor.recipe.parents[place] for place in sorted(tensor.recipe.parents)]


def _short(array):
    """Numbers in a few letters; the shape where they are too many."""
    array = np.asarray(array)
    if array.size > 4 or array.ndim > 1:
        return f"shape {array.shape}"
    words = [f"{each:.3g}" for each in array.ravel().tolist()]
    return words[0] if array.ndim == 0 else f"[{', '.join(words)}]"


def _copies_and_back():
    """Two entries, three copies of each, and what comes back."""
    upstream = np.array([[1, 10], [2, 20], [3, 30]])
    nodes = {(row, column): show.Node("xy"[column], "copy", str(upstream[row, column])) for column in (0, 1) for row in range(3)}
    nodes |= {column: show.Node("xy"[column], "sum", str(upstream[:, column].sum())) for column in (0, 1)}
    edges = [((row, column), column) for column in (0, 1) for row in range(3)]
    return show.graph(nodes, edges, title="Broadcasting copied x and y three times. Their gradients flow back and add up.")


_FORWARD_EDGES = [("a", "d"), ("b", "d"), ("c", "e"), ("d", "f"), ("e", "f"), ("f", "g")]


def _forward_values(a, b, c):
    """Values and gradients of all nodes, by hand."""
    d, e = a * b, np.log(c)
    f = d * e
    values = {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": np.log(f)}
    grads = {"a": 1 / a, "b": 1 / b, "c": 1 / (c * e), "d": 1 / d, "e": 1 / e, "f": 1 / f, "g": np.ones(3)}
    return values, grads


def _forward_graph(example, got):
    """The graph with the student's gradients in a, b and c; those which are wrong have a sign."""
    values, grads = _forward_values(*example)
    nodes = {}
    for name, value in values.items():
        label = {"d": "d = a b", "e": "e = log c", "f": "f = d e", "g": "g = log f"}.get(name, name)
        grad, mark = grads[name], ""
        if name in "abc":
            grad = np.asarray(got["abc".index(name)])
            mark = "" if grad.shape == value.shape and np.allclose(grad, grads[name], rtol=1e-4) else "wrong"
        nodes[name] = show.Node(label, _short(value), _short(grad), mark)
    wrong = [name for name in "abc" if nodes[name].mark]
    title = f"wrong: the gradient in {' and '.join(wrong)}" if wrong else "values above, gradients below"
    return show.graph(nodes, _FORWARD_EDGES, title=f"forward_and_back, {title}")


def _numbered(root, order):
    """The example with the student's order: children stand left of their parents."""
    graph = _reachable(root).values()
    nodes = {node.name: show.Node(node.name, f"number {order.index(node.name) + 1}") for node in graph}
    edges = [(child.name, node.name) for node in graph for child in node.children]
    return show.graph(nodes, edges, title=f"Your order: {', '.join(order)}. Every arrow leads to a larger number.")


def _stepping():
    """Backpropagation through the graph of forward_and_back: what each node knows, step by step."""
    values, grads = _forward_values(np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, 2.0]), np.exp([1.0, 2.0, 4.0]))
    known, done, steps = {"g"}, set(), []
    for turn in "gfedcba":
        parents = [one for one, other in _FORWARD_EDGES if other == turn]
        known |= set(parents)
        changed = {
            name: show.Node(
                name, _short(values[name]), _short(grads[name]), "now" if name == turn else "done" if name in done else ""
            )
            for name in known
        }
        does = (
            f"{turn} passes its gradient on to {' and '.join(parents)}" if parents else f"{turn} is a leaf and keeps its gradient"
        )
        steps.append((does, changed))
        done.add(turn)
    nodes = {name: show.Node(name, _short(value)) for name, value in values.items()}
    return show.graph(nodes, _FORWARD_EDGES, title="backprop, node by node: values above, gradients below", steps=steps)


def test_negative_back(negative_back):
    """Agrees with torch's gradient of -x; x does not matter, and the upstream array stays as it is."""
    inputs = [
        check.case(np.array([1.0, -2.0]), np.array([3.0, 4.0]), np.array([-3.0, -4.0]), label="the example"),
        *_gear_rows(np.negative, check.house("i j", empty="j", ints=True)),
        *_gear_rows(np.negative, check.house("")),
    ]
    check.agrees(negative_back, inputs, _gear_judge(t.neg, 0))


def test_exp_back(exp_back):
    """Agrees with torch's gradient of exp, for large and very negative x too."""
    large = np.array([60.0, 80.0, -90.0], np.float32)
    inputs = [
        check.case(np.ones(2), np.array([1.0, 2.0]), np.log([1.0, 2.0]), label="the example"),
        *_gear_rows(np.exp, check.house("i j", empty="i", ints=True)),
        *_gear_rows(np.exp, check.house("")),
        check.case(np.array([1.0, -3.0, 0.5], np.float32), np.exp(large), large, label="large and very negative x"),
    ]
    check.agrees(exp_back, inputs, _gear_judge(t.exp, 0))


def test_reshape_back(reshape_back):
    """Agrees with torch's gradient of reshape: the shape of x, the order of reading kept, whatever the upstream array's layout."""
    draw = check.rng().standard_normal
    inputs = [
        check.case(np.arange(6.0).reshape(2, 3), np.zeros((2, 3)), np.zeros((3, 2)), (2, 3), label="the example"),
        *_reshapes(draw((3, 4)), (2, 6), (12,), (-1,), (4, 3), (2, -1, 2), (3, 4), (1, 12, 1)),
        *_reshapes(draw((3, 4)).astype("float32"), (6, -1)),
        *_reshapes(draw((6, 4))[::2].T, (2, 6), (3, -1)),
        *_reshapes(check.rng().integers(-9, 9, (2, 3)), (3, 2)),
        *_reshapes(np.asarray(draw()), (1,), (1, 1), (-1,), ()),
        *_reshapes(draw((1, 1)), ()),
        *_reshapes(draw((2, 0)), (0, 3), (0,)),
        check.case(draw((3, 4)).T, np.zeros((4, 3)), draw((6, 2)), (4, 3), label="an upstream gradient that is not contiguous"),
    ]
    check.agrees(reshape_back, inputs, lambda grad_out, out, x, new_shape: _gear_judge(_reshaped(new_shape), 0)(grad_out, out, x))


def test_permute_back(permute_back, reverse_axes):
    """Each axis of the upstream gradient goes back to where it came from, for all orders of up to four axes."""
    rows = [
        check.case(
            np.arange(24.0).reshape(3, 4, 2), np.zeros((3, 4, 2)), np.zeros((2, 3, 4)), (1, 2, 0), label="the example's shapes"
        )
    ]
    for shape in ((2, 3, 4), (2, 3, 4, 5), (3, 3, 3)):
        rows += [_axes_row(shape, axes) for axes in itertools.permutations(range(len(shape)))]
    rows += [_axes_row((2, 3, 4), axes) for axes in ((0, -1, 1), (-1, 0, 1), (-2, -1, -3), (1, -1, 0))]
    rows += [_axes_row((2, 3, 4, 5), axes) for axes in ((-1, 0, 1, 2), (2, -1, 0, 1), None)]
    rows += [_axes_row(shape, None) for shape in ((), (4,), (2, 3), (2, 3, 4), (1, 5, 2))]
    rows += [_axes_row((), ()), _axes_row((4,), (0,)), _axes_row((4,), (-1,)), _axes_row((2, 3), (1, 0))]
    rows += [
        _axes_row((2, 3, 4), (1, 2, 0), "float32"),
        _axes_row((2, 0, 3), (2, 0, 1)),
        _axes_row((2, 3, 4), (2, 0, 1), "int64"),
    ]
    check.agrees(permute_back, rows, _permuted_back)
    _gear_reverses(reverse_axes)
    check.shows(_axes_moving)


def test_expand_back(_expand, expand_back):
    """Expands as torch does, refuses what does not fit, and adds the gradients of all copies."""
    draw = check.rng().standard_normal
    column = np.array([[1.0], [2.0]])
    arrays = [
        (column, [(3, 2, 4), (3, -1, 4), (2, 1), (-1, 5), (-1, -1), (1, 2, 1)]),
        (draw((1, 3)), [(4, 3), (2, 4, -1), (1, 1, 3)]),
        (draw((1, 3, 1)).astype("float32"), [(2, 3, 4), (5, -1, -1, -1), (-1, 3, 2)]),
        (draw(4), [(4,), (3, 4), (2, 1, -1)]),
        (draw((6, 1))[::2], [(3, 2), (2, -1, -1)]),
        (np.asarray(draw()), [(), (3,), (2, 3)]),
        (draw((2, 1)), [(2, 0), (0, 2, -1)]),
        (check.rng().integers(-9, 9, (2, 1)), [(2, 3)]),
    ]
    rows = [(x, new_shape) for x, shapes in arrays for new_shape in shapes]
    check.agrees(_expand, rows, lambda x, new_shape: t.from_numpy(x).expand(new_shape).numpy())
    misfits = [(draw(2), (4,)), (draw((2, 3)), (4, 3)), (draw((2, 3)), (2, 6)), (draw(3), (-1, 3)), (draw((2, 3)), (3,))]
    check.rejects(_expand, misfits, ValueError, "an axis of another size than one cannot grow, and -1 needs an axis that is there")
    inputs = [check.case(np.ones((3, 2, 4)), np.ones((3, 2, 4)), column, (3, 2, 4), label="the example")]
    for x, new_shape in rows:
        out = t.from_numpy(x).expand(new_shape).numpy().copy()
        inputs.append(check.case(_gear_upstream(out), out, x, new_shape, label=f"{x.shape} expanded to {new_shape}"))
    check.agrees(expand_back, inputs, lambda grad_out, out, x, new_shape: _gear_judge(_expanded(new_shape), 0)(grad_out, out, x))


def test_sum_back(sum_back):
    """Each entry of x gets the gradient of the sum that it is in, whatever was summed; the result can be written to."""
    three, square = _gear_arrays((2, 3, 4), (3, 3))
    dims = (None, 0, 1, 2, -1, -3, (0, 1), (1, 2), (0, -1), (-1, 0), (2, 0), (-2,), (0, 1, 2), ())
    rows = [check.case(np.array([1.0, 2.0, 3.0]), np.zeros(3), np.zeros((2, 3)), dim=0, label="the example, dim 0")]
    rows.append(check.case(np.array(5.0), np.array(0.0), np.zeros((2, 3)), label="an upstream gradient of 5, and dim None"))
    rows += [_sum_row(three, dim, keepdim) for dim in dims for keepdim in (False, True)]
    rows += [_sum_row(square, dim, keepdim) for dim in (None, 0, 1, -1, -2, (1,)) for keepdim in (False, True)]
    rows += [_sum_row(x, dim, False) for x in _gear_arrays((3, 3, 3), (2, 2, 2)) for dim in (0, 1, 2, (0, 2), (-3, -2))]
    rows += [_sum_row(x, dim, False) for x, dim in ((np.asarray(2.5), None), (square[0], 0), (square[:1], 0), (square[:, :1], 1))]
    rows += [_sum_row(x, 1, False) for x in (square.astype("float32"), np.arange(6).reshape(2, 3), three[:, ::2].T, three[:0])]
    check.agrees(sum_back, rows, _summed_back)
    for x, dim in ((square, 0), (square, None), (three, (0, 2))):
        out = np.asarray(np.sum(x, axis=dim))
        fact = f"the values are right, but with dim {dim} the result is read-only."
        advice = "NumPy lets nobody write where many entries are one place in memory, and backprop adds to its gradients."
        check.require(_gear_writable(sum_back, _gear_upstream(out), out, x, dim), fact, advice, mistake="read_only")


def test_add_sub_div_back(add_back0, add_back1, subtract_back0, subtract_back1, true_divide_back0, true_divide_back1):
    """Agree with torch's gradients of x + y, x - y and x / y, in arrays of all shapes that broadcast and beside plain numbers."""
    x, y = np.array([2.0, 6.0]), np.array([4.0])
    for forward, theirs, backs in (
        (np.add, t.add, (add_back0, add_back1)),
        (np.subtract, t.sub, (subtract_back0, subtract_back1)),
        (np.true_divide, t.div, (true_divide_back0, true_divide_back1)),
    ):
        example = check.case(np.ones(2), forward(x, y), x, y, label="the example")
        for argnum, back in enumerate(backs):
            check.agrees(back, [example, *_gear_rows(forward, _gear_pairs(argnum))], _gear_judge(theirs, argnum))


def test_maximum_back(maximum_back0, maximum_back1, relu):
    """The larger one gets the gradient, equal ones a half each, as in torch; relu is the larger of x and 0, and recorded."""
    x, y = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])
    ends = np.array([np.inf, -np.inf, np.inf, 1.0, -np.inf]), np.array([np.inf, -np.inf, -np.inf, np.inf, 2.0])
    few = check.rng().integers(-2, 3, (2, 7, 6))
    for argnum, back in enumerate((maximum_back0, maximum_back1)):
        ties = [
            check.case(*few.astype("float64"), label="many ties"),
            check.case(*few.astype("float32"), label="many ties, float32"),
            check.case(*few, label="many ties, whole numbers"),
            check.case(few[0, 0].astype("float64"), few[1, :, :1].astype("float64"), label="ties of a row and a column"),
            check.case(*((few[0, 0], 1.0) if argnum == 0 else (1.0, few[0, 0])), label="ties with a plain number"),
            check.case(np.array(2.0), np.array(2.0), label="a tie of two 0-d arrays"),
            check.case(*ends, label="infinities"),
        ]
        example = check.case(np.ones(3), np.maximum(x, y), x, y, label="the example")
        check.agrees(back, [example, *_gear_rows(np.maximum, [*ties, *_gear_pairs(argnum)])], _gear_judge(t.maximum, argnum))
    _relu_works(relu, maximum_back0, maximum_back1)
    check.shows(lambda: _gear_shares(maximum_back0))


def test_quiz_tie(quiz_tie):
    """Moving both by the same amount moves the maximum by that amount."""
    check.choice(quiz_tie)


def test_matmul2d_back(matmul2d_back0, matmul2d_back1):
    """Agree with torch's gradients of x @ y for matrices of all shapes, square and empty ones too."""
    x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0], [6.0]])
    example = check.case(np.array([[1.0], [10.0]]), x @ y, x, y, label="the example")
    rows = _gear_rows(np.matmul, [*check.house("n m", "m k", empty="n m"), check.case(*_gear_arrays((5, 5), (5, 5)))])
    for argnum, back in enumerate((matmul2d_back0, matmul2d_back1)):
        check.agrees(back, [example, *rows], _gear_judge(t.matmul, argnum))


def test_getitem_back(coerce_index, getitem_back):
    """Every picked place gets the sum of what was picked there, all others zero; Tensors in an index are unboxed."""
    repeats = np.array([0, 0, 2])
    upstream = np.array([1.0, 10.0, 100.0])
    rows = [check.case(upstream, np.zeros(3), np.zeros(4), repeats, label="the example"), *_gear_pickings()]
    check.agrees(getitem_back, rows, _picked_back)
    Tensor = check.beside(getitem_back, "Tensor")
    mask = np.array([True, False, True, True])
    boxed = [
        (Tensor(repeats), repeats),
        (Tensor(mask), mask),
        ((1, Tensor(repeats)), (1, repeats)),
        ((Tensor(repeats), Tensor(repeats)), (repeats, repeats)),
        ((slice(None), None, Tensor(mask)), (slice(None), None, mask)),
    ]
    for given, plain in boxed:
        _gear_unboxes(coerce_index, given, plain)
        x = check.rng().standard_normal((3, 4)) if isinstance(plain, tuple) else check.rng().standard_normal(4)
        grad_out = _gear_upstream(x[plain])
        got = check.call(getitem_back, grad_out, x[plain], x, given)
        wanted = _picked_back(grad_out, x[plain], x, plain)
        fact = "an index with a Tensor in it gives another gradient than the same index with an array."
        check.require(np.shape(got) == x.shape and np.allclose(got, wanted), fact, got=repr(got), expected=repr(wanted))
    for index in (2, slice(1, None, 2), None, Ellipsis, (0, slice(None)), (Ellipsis, None, -1)):
        got = check.call(coerce_index, index)
        check.require(got == index, f"the index {index!r} holds no Tensor, and {got!r} came back.", "Leave it as it is.")
    check.shows(lambda: _gear_picks(repeats, upstream, getitem_back(upstream, np.zeros(3), np.zeros(4), repeats)))


def test_add_(add_, sub_):
    """x grows in place, by alpha times the other one, in the array that it has; nothing is recorded, and x comes back."""
    for function, sign in ((add_, 1.0), (sub_, -1.0)):
        Tensor, name = check.beside(function, "Tensor"), "add_" if sign > 0 else "sub_"
        _gear_grows(function, Tensor, sign, name)
        _refuses_larger(function, Tensor, name)
        _leaves_the_past(function, Tensor, name)


def test_quiz_inplace(quiz_inplace):
    """A recipe holds the very array that is changed later."""
    check.choice(quiz_inplace)


def test_argmax(_argmax, argmax, eq):
    """Places of the largest entries, the first of equal ones; argmax and eq of Tensors are right, and let nothing through."""
    draw, whole = check.rng().standard_normal, check.rng().integers
    arrays = [
        np.array([[1, 5, 2], [7, 0, 3]]),
        draw((3, 4)),
        -np.abs(draw((4, 3))),
        draw((3, 4, 2)).astype("float32"),
        draw((6, 8))[::2, ::2].T,
        whole(0, 3, (4, 5)),
        np.zeros((2, 3)),
        draw((1, 4)),
    ]
    rows = [check.case(arrays[0], dim=dim, keepdim=keep) for dim in (1, None) for keep in (False, True)]
    rows += [_argmax_row(x, dim, keep) for x in arrays for dim in (None, 0, 1, -1, -2) for keep in (False, True)]
    rows += [_argmax_row(x, None, keep) for x in (draw(5), np.asarray(draw())) for keep in (False, True)]
    check.agrees(_argmax, rows, _first_largest)
    _argmax_boxed(argmax)
    _eq_boxed(eq)


def test_NoGrad(NoGrad):  # noqa: N802  # a test is called after its exercise
    """Inside nothing is recorded, afterwards the switch is as before: nested, after an exception, and where it was off already."""
    error = _raised(_enter_and_leave, check.call(NoGrad))
    check.require(
        not isinstance(error, UnboundLocalError),
        "a function that assigns to a name has that name for itself, and here it was read before it had a value.",
        "One word in the function makes it the name of the module.",
        got=f"{type(error).__name__}: {error}",
    )
    if error is not None:
        raise error
    Tensor = check.beside(NoGrad, "Tensor")
    switch, stands = check.define(_BRAKE_SWITCH, "both", Tensor=Tensor)
    switch(True)
    _goes_without(Tensor)
    try:
        _brakes(NoGrad, Tensor, switch, stands)
    finally:  # whatever came of it: the cells that follow need it on
        switch(True)


def test_quiz_nograd(quiz_nograd):
    """What was made inside NoGrad is a constant afterwards."""
    check.choice(quiz_nograd)


def test_einsum_back(einsum_back):
    """Agrees with torch's autograd: letters that only one operand has, repeated letters, no letters, one to three operands."""
    A, v = t.tensor([[1.0, 2.0], [3.0, 4.0]]), t.tensor([5.0, 6.0])
    rows = [check.case("ij,j->i", t.tensor([1.0, 10.0]), A, v, label="the example")]
    rows += [_einsum_row(equation) for equation in _EINSUM_PATTERNS.split("; ")]
    rows += [_einsum_row("ij,jk->ik", dtype="float32"), _einsum_row("ij,jk->ik", size=3), _einsum_row("ij,jk->ik", size=1)]
    rows += [_einsum_row("ij->i", size=4), _einsum_row("ij,jk->ik", layout="transposed"), _einsum_row("ij,ij->j", size=3)]
    same = _gear_normals(3, 3)
    rows.append(check.case("ij,jk->ik", _gear_normals(3, 3), same, same, label="the same tensor twice"))
    rows += [_einsum_row(_random_pattern()) for _ in range(8)]
    check.agrees(einsum_back, rows, _einsum_judge)
    check.shows(_terms_exchanged)


def test_quiz_einsum_swap(quiz_einsum_swap):
    """Q and the result change places, and Q's letters keep their order."""
    check.choice(quiz_einsum_swap)


def test_conv1d_minimal_back(conv1d_minimal_back):
    """Agrees with torch's autograd on its own conv1d: edges and middle, kernels as short and as long as can be, any strides."""
    sizes = [dict(zip(["b", "ic", "w", "oc", "kw"], row, strict=True)) for row in _CONV_SIZES]
    rows = [check.case(t.ones(1, 1, 3), t.tensor([[[1.0, 2, 3, 4]]]), t.tensor([[[2.0, -1]]]), label="the example")]
    for row in check.house("b ic w", "oc ic kw", lib="torch", sizes=sizes):
        rows.append(check.case(_conv_upstream(*row.args), *row.args, label=row.label))
    x, weights = _gear_normals(2, 9, 3).transpose(1, 2), _gear_normals(4, 3, 3)
    rows.append(check.case(_conv_upstream(x, weights), x, weights, label="x whose channels were last"))
    grad_out = _gear_normals(7, 4, 2).permute(2, 1, 0)
    rows.append(check.case(grad_out, x, weights, label="an upstream gradient that is not contiguous"))
    check.agrees(conv1d_minimal_back, rows, _conv_judge)
    check.shows(lambda: _contributions(conv1d_minimal_back))


# --- inputs of backward functions ---------------------------------------------------------------------------


def _gear_arrays(*shapes):
    return [np.asarray(check.rng().standard_normal(shape)) for shape in shapes]


def _gear_normals(*shape):
    return t.from_numpy(np.asarray(check.rng().standard_normal(shape)))


def _grad_dtype(array):
    dtype = np.asarray(array).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float32)


def _gear_upstream(out):
    """A random upstream gradient for an output: its shape, and a floating dtype."""
    return np.asarray(check.rng().standard_normal(np.shape(out))).astype(_grad_dtype(out))


def _gear_rows(forward, rows):
    """Rows of forward arguments with the upstream gradient and the output put before them."""
    made = []
    for row in rows:
        with np.errstate(all="ignore"):
            out = np.asarray(forward(*row.args))
        whole = any(isinstance(arg, np.ndarray) and arg.dtype.kind == "i" for arg in row.args)
        out = out.astype(np.float32) if whole and out.dtype.kind == "f" else out  # as a Tensor would hold it
        made.append(check.case(_gear_upstream(out), out, *row.args, label=row.label))
    return made


def _gear_pairs(argnum):
    """Rows of two arguments that broadcast in many ways; beside a plain number stands the array that the gradient is for."""
    x, row, column, single, none = _gear_arrays((3, 4), (4,), (3, 1), (1, 1), ())
    numbers = [2.5, -3.0] if argnum else [-2.5, 4.0]
    beside = [check.case(*((number, x) if argnum else (x, number)), label=f"beside the number {number}") for number in numbers]
    low = x.astype("float32")
    return [
        *check.house("i j", "i j", empty="j"),
        check.case(x, row, label="a matrix and a row"),
        check.case(row, x, label="a row and a matrix"),
        check.case(column, x, label="a column and a matrix"),
        check.case(row, column, label="a row and a column"),
        check.case(x, single, label="a matrix and a single entry"),
        check.case(none, x, label="a 0-d array and a matrix"),
        check.case(x, none, label="a matrix and a 0-d array"),
        check.case(none, none - 1.0, label="two 0-d arrays"),
        *beside,
        check.case(*((2.5, low) if argnum else (low, 2.5)), label="float32 beside a number"),
        check.case(low, low[0] + 1, label="float32, a matrix and a row"),
        check.case(*_nonzero_ints(), label="whole numbers"),
        check.case(x[:0], row, label="no rows at all"),
    ]


def _nonzero_ints():
    pair = check.rng().integers(1, 9, (2, 3, 4)) * check.rng().choice([-1, 1], (2, 3, 4))
    return pair[0], pair[1, :, :1]


def _reshaped(new_shape):
    return lambda x: x.reshape(new_shape)


def _expanded(new_shape):
    return lambda x: x.expand(new_shape)


def _reshapes(x, *shapes):
    outs = [(np.reshape(x, shape).copy(), shape) for shape in shapes]
    return [check.case(_gear_upstream(out), out, x, shape, label=f"{x.shape} reshaped to {shape}") for out, shape in outs]


def _axes_row(shape, axes, dtype="float64"):
    x = np.asarray(10 * check.rng().standard_normal(shape)).astype(dtype)
    out = np.transpose(x, axes).copy()
    return check.case(_gear_upstream(out), out, x, axes, label=f"the shape {shape} and axes {axes}")


def _sum_row(x, dim, keepdim):
    out = np.asarray(np.sum(x, axis=dim, keepdims=keepdim))
    label = f"the shape {x.shape}, dim {dim}, keepdim {keepdim}"
    return check.case(_gear_upstream(out), out, x, dim=dim, keepdim=keepdim, label=label)


def _gear_pickings():
    """Rows of getitem_back: all the kinds of index that NumPy knows."""
    x, line, none = _gear_arrays((3, 4), (5,), ())
    rng = check.rng()
    pair = (rng.integers(-3, 3, 8), rng.integers(-4, 4, 8))
    nothing = np.array([], np.int64)
    both = (x, [1, -1, slice(1, None), slice(None, None, -2), None, Ellipsis, (0, 2), (slice(None), -1), (Ellipsis, 1)])
    fancy = (x, [x > 0, x < 99, pair, nothing, rng.integers(0, 3, (2, 5)), (slice(1, None), pair[1]), (None, pair[0])])
    mixed = (x, [(pair[0] > 0)[:3], (x[:, 0] > 0, slice(None, 2)), (1, pair[1]), (pair[0], 2, None)])
    rest = [(line, [pair[0], 3, line > 0, nothing, [0, 0, 4]]), (none, [(), Ellipsis, None])]
    typed = [(x.astype("float32"), [pair, 1]), (rng.integers(0, 9, (3, 4)), [pair]), (x.T, [pair[::-1]]), (x[:, :1], [pair[0]])]
    rows = []
    for array, indices in (both, fancy, mixed, *rest, *typed):
        for index in indices:
            out = np.array(array[tuple(index) if isinstance(index, tuple) else index])
            rows.append(check.case(_gear_upstream(out), out, array, index, label=f"an array of shape {array.shape}"))
    return rows


def _argmax_row(x, dim, keepdim):
    return check.case(x, dim=dim, keepdim=keepdim, label=f"the shape {x.shape}, dim {dim}, keepdim {keepdim}")


# --- what is expected of backward functions -----------------------------------------------------------------


def _gear_judge(forward, argnum):
    """Gradient of a torch function in one of its arguments, by autograd in float64, as expected of a backward function."""

    def expected(grad_out, out, *args):
        tensors = [t.tensor(np.asarray(arg, np.float64), requires_grad=True) for arg in args]
        forward(*tensors).backward(t.tensor(np.asarray(grad_out, np.float64)))
        return tensors[argnum].grad.numpy().astype(_grad_dtype(args[argnum]))

    return expected


def _permuted_back(grad_out, out, x, axes=None):
    order = list(range(x.ndim))[::-1] if axes is None else list(axes)
    return np.moveaxis(grad_out, range(x.ndim), order).astype(_grad_dtype(x))


def _summed_back(grad_out, out, x, dim=None, keepdim=False):
    """The upstream gradient at the place of the sum, one entry of x at a time."""
    summed = set(range(x.ndim)) if dim is None else {axis % x.ndim for axis in ((dim,) if isinstance(dim, int) else dim)}
    grad = np.empty(x.shape, _grad_dtype(x))
    for place in np.ndindex(x.shape):
        kept = [0 if axis in summed else n for axis, n in enumerate(place) if keepdim or axis not in summed]
        grad[place] = grad_out[tuple(kept)]
    return grad


def _picked_back(grad_out, out, x, index):
    """What was picked is counted by the number of its place, in reading order."""
    numbers = np.arange(x.size).reshape(x.shape)[index]
    counted = np.bincount(np.ravel(numbers), weights=np.ravel(grad_out), minlength=x.size)
    return counted.reshape(x.shape).astype(_grad_dtype(x))


def _first_largest(x, dim=None, keepdim=False):
    """Places by Python's own max, which keeps the first of equal entries."""
    if dim is None:
        place = max(range(x.size), key=x.ravel().tolist().__getitem__)
        return np.array(place).reshape([1] * x.ndim if keepdim else ())
    lines = np.moveaxis(x, dim, -1)
    places = np.zeros(lines.shape[:-1], np.int64)
    for where in np.ndindex(places.shape):
        places[where] = max(range(lines.shape[-1]), key=lines[where].tolist().__getitem__)
    return np.stack([places], axis=dim) if keepdim else places


# --- Tensors in the tests -----------------------------------------------------------------------------------


def _gear_writable(function, *args):
    """Can a result be written to? Tried where the student's code runs."""
    source = "def writable(*args):\n    return bool(function(*args).flags.writeable)"
    return check.define(source, "writable", function=function)(*args)


def _gear_reverses(reverse_axes):
    Tensor = check.beside(reverse_axes, "Tensor")
    for shape in ((), (3,), (2, 3), (2, 3, 4), (2, 3, 4, 5)):
        array = np.asarray(check.rng().standard_normal(shape)).astype("float32")
        x = Tensor(array, requires_grad=True)
        got = check.call(reverse_axes, x)
        wanted = np.einsum(array, list(range(array.ndim)), list(range(array.ndim))[::-1])
        check.require(isinstance(got, Tensor), "reverse_axes must return a Tensor.")
        fact = f"reverse_axes of the shape {shape} must have the shape {wanted.shape}; yours has {tuple(got.shape)}."
        swapped = array.ndim > 2 and tuple(got.shape) == np.swapaxes(array, -1, -2).shape
        check.require(tuple(got.shape) == wanted.shape, fact, mistake="reverse_axes__last_two" if swapped else "")
        check.require(
            np.array_equal(got.array, wanted), f"reverse_axes of the shape {shape} has the right shape and wrong entries."
        )
        advice = "Build it from a wrapped function, which writes the recipe."
        noted = got.requires_grad and got.recipe is not None
        check.require(noted, "what reverse_axes returns was not recorded.", advice, mistake="reverse_axes__unrecorded")
    check.require(not check.call(reverse_axes, Tensor([[1.0]])).requires_grad, "x requires no grad, and its reverse does.")


def _relu_works(relu, back0, back1):
    Tensor = check.beside(relu, "Tensor")
    drawn = check.rng().standard_normal((3, 4))
    drawn[0, 0], drawn[1, 1] = -1.5, 0.0
    for array in (np.array([-1.0, 2.0]), drawn, np.array(-2.0), check.rng().integers(-5, 5, (2, 3))):
        x = Tensor(array, requires_grad=True)
        got = check.call(relu, x)
        wanted = np.where(array > 0, array, 0).astype("float32" if array.dtype.kind == "f" else array.dtype)
        check.require(isinstance(got, Tensor), "relu must return a Tensor.")
        same = np.shape(got.array) == wanted.shape and np.allclose(got.array, wanted)
        check.require(same, "relu is the larger of x and 0, entry by entry.", expected=repr(wanted), got=repr(got.array))
        advice = "A 0.0 among whole numbers makes floats of them; a 0 does not."
        check.require(got.array.dtype == wanted.dtype, f"relu of {wanted.dtype} gives {got.array.dtype}.", advice)
        advice = "Build it from a wrapped function, which writes the recipe."
        noted = got.requires_grad and got.recipe is not None
        check.require(noted, "what relu returns was not recorded.", advice, mistake="relu__unrecorded")
        slope = _one_step_back(got, x, {"maximum": (back0, back1)})
        right = (slope[array > 0] == 1).all() and (slope[array < 0] == 0).all()
        fair = ((slope >= 0) & (slope <= 1)).all()
        check.require(
            bool(right and fair), "the slope of relu is 1 above zero, 0 below, and between them at zero.", got=repr(slope)
        )


def _one_step_back(out, x, backs):
    """Gradient of sum(out) in x, with these backward functions for out's own operation; with backprop for any other."""
    for name, found in backs.items():
        if getattr(out.recipe.func, "__name__", "") == name:
            ones = np.ones(out.shape, _grad_dtype(out.array))
            places = [place for place, parent in out.recipe.parents.items() if parent is x]
            args = [float(arg) if isinstance(arg, int) else arg for arg in out.recipe.args]
            return np.asarray(sum(found[place](ones, out.array, *args) for place in places))
    out.backward()
    return np.asarray(x.grad.array)


def _gear_unboxes(coerce_index, given, plain):
    got = check.call(coerce_index, given)
    one, other = (thing if isinstance(thing, tuple) else (thing,) for thing in (got, plain))
    same = isinstance(got, tuple) == isinstance(plain, tuple) and len(one) == len(other)
    fact = "a Tensor in the index must come out as its array, and everything else as it is."
    for a, b in zip(one, other, strict=False):
        if isinstance(b, np.ndarray):
            same = same and isinstance(a, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
        else:
            same = same and not isinstance(a, np.ndarray) and a == b
    left_boxed = any(hasattr(item, "requires_grad") for item in one)
    known = ("coerce_index__bare_only" if isinstance(plain, tuple) else "coerce_index__boxed") if left_boxed else ""
    where = f"coerce_index(index) for an index like {plain!r}"
    check.require(bool(same), fact, call=where, got=repr(got), mistake=known)


def _gear_grows(function, Tensor, sign, name):
    start = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)
    row = check.rng().standard_normal(3).astype("float32")
    others = [("the example's kind", start * 10, 0.5), ("a row", row, 1.0), ("a negative alpha", row, -2.0), ("alpha 0", row, 0.0)]
    others += [("a number", 3.0, 1.0), ("a number and alpha", 2.5, 0.1), ("a column", start[:, :1] + 1, 3.0)]
    for what, other, alpha in others:
        x, sharer = Tensor(start.copy()), Tensor(start.copy())
        array = sharer.array = x.array
        boxed = Tensor(np.array(other)) if isinstance(other, np.ndarray) else other
        got = check.call(function, x, boxed) if alpha == 1.0 else check.call(function, x, boxed, alpha=alpha)
        wanted = start + sign * alpha * np.asarray(other)
        known = "add___returns_none" if got is None and sign > 0 else ""
        check.require(got is x, f"{name} must return x itself.", "End with `return x`.", mistake=known)
        right = np.shape(x.array) == start.shape and np.allclose(x.array, wanted, rtol=1e-5)
        known = _known_slip(x.array, start, sign, alpha, np.asarray(other))
        check.require(right, f"{name} with {what} gives wrong numbers.", expected=repr(wanted), got=repr(x.array), mistake=known)
        advice = "Write into the array that x has, and give x no other one."
        seen = np.allclose(array, wanted, rtol=1e-5) and np.allclose(sharer.array, wanted, rtol=1e-5)
        fact = f"after {name} another Tensor on the same array still sees the old numbers."
        check.require(seen, fact, advice, mistake="add___new_array" if sign > 0 else "")
        check.require(x.array.dtype == np.float32, f"{name} changed the dtype to {x.array.dtype}.")
        if isinstance(other, np.ndarray):
            check.require(np.array_equal(boxed.array, other), f"{name} changed the other tensor.")
    single = Tensor(1.0)
    point = single.array
    check.call(function, single, Tensor(2.0), alpha=0.5)
    check.require(float(point) == 1.0 + sign, f"{name} must work on a 0-d array in place too.", got=repr(point))


def _known_slip(array, start, sign, alpha, other):
    """The name of the known mistake that gives these numbers, or ""."""
    slips = {"add___alpha" if sign > 0 else "sub___alpha": start + sign * other}
    if sign < 0:
        slips["sub___sign"] = start + alpha * other
    return next((name for name, numbers in slips.items() if np.allclose(array, numbers, rtol=1e-5)), "")


def _refuses_larger(function, Tensor, name):
    try:
        function(Tensor([1.0, 2.0]), Tensor([[1.0, 2.0], [3.0, 4.0]]))
    except NotImplementedError:
        raise
    except Exception:
        return
    check.require(False, f"{name} took another tensor that is larger than x: in place x cannot grow, so it must raise.")


def _leaves_the_past(function, Tensor, name):
    leaf, other = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    check.call(function, leaf, other)
    known = "add___recorded" if name == "add_" else ""
    check.require(leaf.recipe is None, f"{name} wrote a recipe: what is done in place is not recorded.", mistake=known)
    check.require(leaf.requires_grad is True, f"{name} must leave requires_grad as it is.")
    plain, made = Tensor([1.0, 2.0]), other * 2
    past = made.recipe
    check.call(function, plain, other)
    kept = plain.recipe is None and plain.requires_grad is False
    check.require(kept, f"{name} must leave requires_grad and recipe as they are, also where the other requires grad.")
    check.call(function, made, 1.0)
    check.require(made.recipe is past and made.requires_grad is True, f"{name} must leave the recipe as it is.")


def _argmax_boxed(argmax):
    Tensor = check.beside(argmax, "Tensor")
    array = check.rng().standard_normal((3, 4)).astype("float32")
    x = Tensor(array, requires_grad=True)
    for dim, keepdim in ((None, False), (None, True), (1, False), (-2, True)):
        got = check.call(argmax, x, dim=dim, keepdim=keepdim)
        wanted = _first_largest(array, dim, keepdim)
        same = isinstance(got, Tensor) and got.shape == wanted.shape and np.array_equal(got.array, wanted)
        fact = f"argmax with dim={dim} and keepdim={keepdim} gives something else than it should."
        lost = keepdim and isinstance(got, Tensor) and got.ndim < wanted.ndim
        known = "argmax__keepdim_lost" if lost else "" if isinstance(got, Tensor) else "argmax__unboxed"
        check.require(same, fact, expected=repr(wanted), got=repr(got), mistake=known)
        _gear_flat(got, "argmax")
    _sends_nothing(got, x, "argmax")
    place = check.call(argmax, x, dim=1, keepdim=True)
    _is_constant(Tensor, x, place, _first_largest(array, 1, True), "in x * x * argmax(x)")


def _eq_boxed(eq):
    Tensor = check.beside(eq, "Tensor")
    array = check.rng().integers(0, 3, (3, 4)).astype("float32")
    row = array[0].copy()
    x = Tensor(array, requires_grad=True)
    for first, other, wanted in (
        (x, 1.0, array == 1),
        (x, 2.0, array == 2),
        (1.0, x, array == 1),
        (x, Tensor(row), array == row),
        (Tensor(row), x, array == row),
        (x, x, array == array),  # all true
    ):
        got = check.call(eq, first, other)
        same = isinstance(got, Tensor) and got.shape == wanted.shape and np.array_equal(got.array, wanted)
        whole = isinstance(got, Tensor) and got.ndim == 0
        fact, known = "eq compares entry by entry.", "eq__whole" if whole else ""
        check.require(same, fact, expected=repr(wanted), got=repr(got), mistake=known)
        _gear_flat(got, "eq")
    _sends_nothing(got, x, "eq")
    _is_constant(Tensor, x, eq(x, 1.0), array == 1, "in x * x * eq(x, 1)")


def _is_constant(Tensor, x, factor, numbers, where):
    """The gradient of x * x * factor is the one that the student's machine finds for a factor made by hand."""
    twin = Tensor(x.array, requires_grad=True)
    (twin * twin * Tensor(numbers)).backward()
    check.require(
        twin.grad is not None,
        "the gradient of x * x * w did not arrive in x, for a plain w: the machine itself does not work yet.",
        "Look at backprop, and at the gears of the product, before you look here.",
    )
    (x * x * factor).backward()
    right = x.grad is not None and np.allclose(x.grad.array, twin.grad.array, rtol=1e-4)
    fact = f"{where} the last factor is a constant: its numbers count, and no gradient goes through it."
    check.require(right, fact, expected=repr(twin.grad), got=repr(x.grad))


def _gear_flat(result, name):
    fact = f"the result of {name} requires grad or has a recipe, although its argument cannot be moved so that it follows."
    clean, advice = result.requires_grad is False and result.recipe is None, "wrap_forward_fn has a flag for such functions."
    check.require(clean, fact, advice, mistake=f"{name}__requires")


def _sends_nothing(end, x, name):
    with contextlib.suppress(RuntimeError):
        end.backward()
    check.require(x.grad is None, f"backward on a result of {name} stored a gradient.")


def _noted(result, wanted, where, advice="", mistake=""):
    state = bool(result.requires_grad) and result.recipe is not None
    clean = result.requires_grad is False and result.recipe is None
    fact = f"{where}, x * x must {'be recorded' if wanted else 'not be recorded'}, and it was{'' if not wanted else ' not'}."
    check.require(state if wanted else clean, fact, advice, mistake=mistake)


_BRAKE_SWITCH = """
space = vars(Tensor)["__init__"].__globals__

def switch(on):
    space["grad_tracking_enabled"] = on

def stands():
    return bool(space["grad_tracking_enabled"])

both = switch, stands
"""


def _enter_and_leave(manager):
    with manager:
        pass


def _goes_without(Tensor):
    """Where the machine is wrong without any brake, it is not the brake's fault."""
    x, y = Tensor([2.0, 3.0], requires_grad=True), Tensor([5.0, 7.0], requires_grad=True)
    advice = "Look at backprop and at the gears of the product before you look here."
    error = _raised((x * x * y).backward)
    fact = "without any block backward raises an exception."
    check.require(error is None, fact, advice, got=f"{type(error).__name__}: {error}")
    right = x.grad is not None and np.allclose(x.grad.array, [20.0, 42.0]) and np.allclose(y.grad.array, [4.0, 9.0])
    fact = "without any block the gradients of x * x * y are wrong."
    check.require(right, fact, advice, got=f"in x: {x.grad!r}, in y: {y.grad!r}", expected="in x: [20, 42], in y: [4, 9]")


def _brakes(NoGrad, Tensor, switch, stands):
    x = Tensor([2.0, 3.0], requires_grad=True)
    _noted(x * x, True, "before the block")
    with NoGrad() as outer:
        advice = "" if stands() else "The switch is off, so it is not the brake. Does wrap_forward_fn ask it at every call?"
        _noted(x * x, False, "inside the block", advice, mistake="local" if stands() else "")
        check.require(x.requires_grad is True, "x was made outside the block, and its requires_grad changed.")
        check.require(Tensor([1.0], requires_grad=True).requires_grad is True, "a leaf made inside keeps its requires_grad=True.")
        with NoGrad() as inner:
            _noted(x * x, False, "inside two blocks")
        _noted(x * x, False, "after the inner of two blocks", "It was off before the inner one.", mistake="always_on")
    _noted(x * x, True, "after the block", mistake="never_back")
    for block, wanted in ((outer, True), (inner, False)):
        fact = f"was_enabled says how the switch stood on entering; that was {wanted}."
        check.require(block is None or getattr(block, "was_enabled", None) is wanted, fact)
    switch(False)
    with NoGrad():
        _noted(x * x, False, "inside a block, with the switch off before it")
    _noted(x * x, False, "after the block, with the switch off before it", mistake="always_on")
    switch(True)
    _lets_pass(NoGrad, x)
    for _ in range(3):
        _mixed_graph(NoGrad, Tensor)


class Interrupted(Exception):
    """Of the test's own, raised inside a block."""


def _lets_pass(NoGrad, x):
    thrown, caught = Interrupted("inside the block"), None
    try:
        with NoGrad():
            raise thrown
    except Interrupted as error:
        caught = error
    fact = "an exception that is raised inside the block must come out of it."
    check.require(caught is thrown, fact, mistake="swallows" if caught is None else "")
    _noted(x * x, True, "after a block that an exception has ended", "The switch is put back however the block ends.")


def _mixed_graph(NoGrad, Tensor):
    """A random chain of products, some of them made inside NoGrad; torch with its own no_grad judges."""
    rng = check.rng()
    arrays = rng.uniform(0.5, 1.5, (3, 2)).astype("float32")
    ours, theirs = [Tensor(a, requires_grad=True) for a in arrays], [t.tensor(a, requires_grad=True) for a in arrays]
    for step in range(7):
        one, other = rng.integers(len(ours), size=2)
        if rng.random() < 0.4 or step == 3:
            with NoGrad():
                ours.append(ours[one] * ours[other])
            with t.no_grad():
                theirs.append(theirs[one] * theirs[other])
        else:
            ours.append(ours[one] * ours[other])
            theirs.append(theirs[one] * theirs[other])
    flags = [bool(node.requires_grad) for node in ours]
    wanted = [node.requires_grad for node in theirs]
    check.require(flags == wanted, "in a random chain of products other tensors require grad than in torch.", got=f"{flags}")
    if theirs[-1].requires_grad:
        theirs[-1].sum().backward()
        ours[-1].backward()
    for mine, judge in zip(ours[:3], theirs[:3], strict=True):
        here, there = (
            None if node.grad is None else np.asarray(grad(node)) for node, grad in ((mine, _our_grad), (judge, _torch_grad))
        )
        same = (here is None) == (there is None) and (here is None or np.allclose(here, there, rtol=1e-4))
        check.require(
            bool(same), "in a random chain of products the gradients differ from torch's.", expected=f"{there}", got=f"{here}"
        )


def _our_grad(node):
    return node.grad.array


def _torch_grad(node):
    return node.grad.numpy()


# --- einsum and convolution ---------------------------------------------------------------------------------

_EINSUM_PATTERNS = (
    "bik,jkl->bij; ij->i; ij->; ->; ,i->i; i,->i; i,j->ij; bij,bjk->bik; ij,ij->; ij,jk,kl->il; ij->ji; ijk->kij; ij,k->i; "
    "i,i,i->i; ij,kl,m->jm; ii->; ii->i; iij->j; iij->ij; iij->ji; iji->j; iii->i; ii,ij->j; ii,jj->ij; ijji->; ij,jj,k->ik; "
    "b i k, j k l -> b i j; i j , j->i"
)
_EINSUM_LENGTHS = {"b": 2, "i": 3, "k": 4, "j": 5, "l": 6, "m": 2}
_CONV_SIZES = (
    *((2, 3, 7, 4, 3), (1, 3, 7, 4, 3), (2, 1, 7, 4, 3), (2, 3, 7, 1, 3), (2, 3, 7, 4, 1), (2, 3, 7, 4, 7), (2, 3, 3, 4, 3)),
    *((3, 3, 3, 3, 3), (2, 2, 5, 2, 2), (3, 2, 8, 5, 6), (2, 3, 12, 4, 2), (1, 1, 1, 1, 1)),
)


def _einsum_row(equation, size=0, dtype="float64", layout=""):
    terms = "".join(equation.split()).partition("->")[0].split(",")
    shapes = [[size or _EINSUM_LENGTHS[letter] for letter in term] for term in terms]
    operands = [_gear_normals(*shape).to(getattr(t, dtype)) for shape in shapes]
    if layout:
        operands = [_gear_normals(*shape[::-1]).permute(*range(len(shape))[::-1]) for shape in shapes]
    grad_out = t.from_numpy(np.asarray(check.rng().standard_normal(t.einsum(equation, *operands).shape))).to(getattr(t, dtype))
    extra = "".join(
        f", {word}" for word in (dtype if dtype != "float64" else "", f"all sizes {size}" if size else "", layout) if word
    )
    return check.case(equation, grad_out, *operands, label=f'the pattern "{equation}"{extra}')


def _random_pattern():
    """One to three operands of up to three letters, repetitions included, and some of the letters as the result."""
    rng = check.rng()
    letters = list("bijkl")
    terms = ["".join(rng.choice(letters, rng.integers(0 if n else 1, 4))) for n in range(rng.integers(1, 4))]
    used = sorted(set("".join(terms)))
    kept = "".join(rng.permutation(used)[: rng.integers(0, min(3, len(used)) + 1)])
    return f"{','.join(terms)}->{kept}"


def _einsum_judge(equation, grad_out, *operands):
    leaves = [operand.clone().requires_grad_() for operand in operands]
    t.einsum(equation, *leaves).backward(grad_out)
    return tuple(leaf.grad for leaf in leaves)


def _conv_upstream(x, weights):
    shape = (x.shape[0], weights.shape[0], x.shape[2] - weights.shape[2] + 1)
    return _gear_normals(*shape).to(x.dtype)


def _conv_judge(dL_dY, x, weights):  # as in the exercise
    leaves = [x.clone().requires_grad_(), weights.clone().requires_grad_()]
    t.nn.functional.conv1d(*leaves).backward(dL_dY)
    return leaves[0].grad, leaves[1].grad


# --- pictures -----------------------------------------------------------------------------------------------

# A box is light in any theme, and its words are dark; arrows are readable on both.
_GEAR_BOX, _GEAR_INK, _GEAR_EDGE, _GEAR_ARROW = "#e9edf3", "#1b1b1b", "#8a8a8a", "#c2410c"


def gear_drawing(boxes, arrows, title, words=(), height=330, box=40):
    """A plotly figure of boxes with words in them, and arrows between them.

    boxes: name to (x, y, words). arrows: pairs of names, from and to. words: (x, y, text) without a box. height, box: pixels.
    """
    import plotly.graph_objects as go

    x, y, texts = zip(*boxes.values(), strict=True)
    marker = {"symbol": "square", "size": box, "color": _GEAR_BOX, "line": {"color": _GEAR_EDGE, "width": 1}}
    font = {"color": _GEAR_INK, "size": 13}
    figure = go.Figure(go.Scatter(x=x, y=y, mode="markers+text", text=texts, textfont=font, marker=marker, hoverinfo="skip"))
    for start, end in arrows:
        (x0, y0, _), (x1, y1, _) = boxes[start], boxes[end]
        look = {"arrowhead": 2, "arrowwidth": 1.6, "arrowcolor": _GEAR_ARROW, "standoff": box / 2 + 2, "startstandoff": box / 2 + 2}
        figure.add_annotation(text="", x=x1, y=y1, ax=x0, ay=y0, axref="x", ayref="y", showarrow=True, **look)
    for where, level, text in words:
        figure.add_annotation(x=where, y=level, text=text, showarrow=False, font={"size": 13})
    across, up = [*x, *(word[0] for word in words)], [*y, *(word[1] for word in words)]
    hidden = {"visible": False, "fixedrange": True}
    return figure.update_layout(
        template="none",
        title={"text": title, "font": {"size": 14}},
        font={"color": "#767676"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 20, "r": 20, "t": 60, "b": 20},
        width=620,
        height=height,
        showlegend=False,
        xaxis={**hidden, "range": [min(across) - 0.7, max(across) + 0.7]},
        yaxis={**hidden, "range": [min(up) - 0.6, max(up) + 0.6]},
        meta={"alt": title},
    )


def _axes_moving():
    """Where each axis goes under (1, 2, 0), and where it must go on the way back."""
    axes, sizes = (1, 2, 0), (2, 3, 4)
    boxes = {f"x{n}": (2.0 * n, 2.0, f"{n}: {sizes[n]}") for n in range(3)}
    boxes |= {f"out{n}": (2.0 * n, 1.0, f"{n}: {sizes[axis]}") for n, axis in enumerate(axes)}
    boxes |= {f"back{n}": (2.0 * n, 0.0, f"{n}: {sizes[n]}") for n in range(3)}
    arrows = [(f"x{axis}", f"out{n}") for n, axis in enumerate(axes)]
    arrows += [(f"out{n}", f"back{axis}") for n, axis in enumerate(axes)]
    names = [(-1.2, 2.0, "x"), (-1.2, 1.0, "out"), (-1.2, 0.0, "gradient of x")]
    title = "permute_back: axes (1, 2, 0) there, and each axis back to its place (number of axis: size)"
    return gear_drawing(boxes, arrows, title, names)


def _gear_shares(maximum_back0):
    """The share of x for whole numbers from -3 to 3."""
    from workbook import show

    values = np.arange(-3.0, 4.0)
    x, y = np.meshgrid(values, values, indexing="ij")
    shares = np.asarray(maximum_back0(np.ones_like(x), np.maximum(x, y), x, y))
    figure = show.heatmap(shares, title="maximum_back: the share of x", rows="x", columns="y")
    numbers = {"tickvals": list(range(7)), "ticktext": [f"{value:g}" for value in values]}
    return figure.update_xaxes(numbers).update_yaxes(numbers)


def _gear_picks(index, upstream, grad):
    """Which picked entry sends its gradient to which place of x."""
    boxes = {f"out{n}": (1.5 * n + 0.75, 1.0, f"{value:g}") for n, value in enumerate(upstream)}
    boxes |= {f"x{n}": (1.5 * n, 0.0, f"{value:g}") for n, value in enumerate(grad)}
    arrows = [(f"out{n}", f"x{place}") for n, place in enumerate(index)]
    names = [(-1.3, 1.0, "upstream"), (-1.3, 0.0, "gradient of x")]
    title = "getitem_back: x[[0, 0, 2]] picked place 0 twice, and both gradients return to it"
    return gear_drawing(boxes, arrows, title, names, height=260)


def _terms_exchanged():
    """Forward, and both backward patterns: the operand asked for changes places with the output."""
    rows = {
        "y": [("A: ij", 0), ("v: j", 1), ("y: i", 2)],
        "A": [("g: i", 0), ("v: j", 1), ("dA: ij", 2)],
        "v": [("A: ij", 0), ("g: i", 1), ("dv: j", 2)],
    }
    boxes, words = {}, [(-1.6, 2.4, "forward"), (-1.6, 1.2, "gradient of A"), (-1.6, 0.0, "gradient of v")]
    for (name, terms), height in zip(rows.items(), (2.4, 1.2, 0.0), strict=True):
        boxes |= {f"{name}{n}": (1.6 * place, height, text) for n, (text, place) in enumerate(terms)}
        words += [(0.8, height, "×"), (2.4, height, "→")]
    arrows = [("y0", "A2"), ("y2", "A0"), ("y1", "v2"), ("y2", "v1")]
    title = 'einsum_back of "ij,j->i": the operand and the output change places'
    return gear_drawing(boxes, arrows, title, words, height=380, box=52)


def _contributions(conv1d_minimal_back):
    """What each window of a small convolution sends to each place of x."""
    dy, kernel = t.tensor([[[1.0, 2.0, 4.0]]]), t.tensor([[[3.0, 1.0, -1.0]]])
    grad = conv1d_minimal_back(dy, t.zeros(1, 1, 5), kernel)[0]
    boxes = {f"x{place}": (2.2 * place, 0.0, f"{value:g}") for place, value in enumerate(grad.flatten().tolist())}
    arrows, words = [], [(-1.8, 1.2, "windows"), (-1.8, 0.0, "gradient of x")]
    for window, upstream in enumerate(dy.flatten().tolist()):
        words.append((3.4 * window + 1.0, 1.75, f"window {window}: {upstream:g} × (3, 1, -1)"))
        for k, weight in enumerate(kernel.flatten().tolist()):
            boxes[f"w{window}{k}"] = (3.4 * window + k, 1.2, f"{upstream * weight:g}")
            arrows.append((f"w{window}{k}", f"x{window + k}"))
    title = "conv1d_minimal_back: every place adds up what the windows that hold it send back"
    return gear_drawing(boxes, arrows, title, words, height=320)

"""Watching the means: what the student's own code calls is seen by every route, what a library calls is not."""

from __future__ import annotations

import functools
from collections.abc import Callable

import einops
import numpy as np
import pytest
import torch as t
from numpy import asarray, trace
from torch.nn import functional

from workbook.check.call import run
from workbook.check.callers import is_library
from workbook.check.inputs import Case
from workbook.check.watch import Watch
from workbook.errors import Forbidden

SQUARE = np.arange(9.0).reshape(3, 3)
ROW = np.arange(3.0)
TENSOR = t.arange(12.0).reshape(3, 4)
MATRIX = t.arange(9.0).reshape(3, 3)
torch_einsum = t.einsum
unbound_unfold = t.Tensor.unfold


def seen(function: Callable, forbid: list[str], *args: object, only: tuple[str, ...] = (), **kwargs: object) -> str:
    """The name that was reported, or ""."""
    outcome = run(function, Case(args, kwargs), Watch(forbid, only))
    if isinstance(outcome.error, Forbidden):
        return outcome.error.name
    assert outcome.error is None, outcome.error
    return ""


def default_argument(x, tr=np.trace):
    return tr(x)


def in_a_closure():
    hidden = np.trace
    return lambda x: hidden(x)


class CallableObject:
    def __call__(self, x):
        return trace(x)


def caught(x):
    try:
        return np.trace(x)
    except Exception:
        return 1


def method_caught(x):
    try:
        return x.trace()
    except BaseException:
        return 1


@functools.wraps(caught)
def decorated(x):
    return trace(x)


TRACES = {
    "module function": lambda x: np.trace(x),
    "imported by name": lambda x: trace(x),
    "the answer itself": np.trace,
    "partial": functools.partial(np.trace),
    "default argument": default_argument,
    "closure": in_a_closure(),
    "getattr": lambda x: getattr(np, "tra" + "ce")(x),
    "map": lambda x: list(map(np.trace, [x])),
    "callable object": CallableObject(),
    "bound method": CallableObject().__call__,
    "decorated": decorated,
    "caught": caught,
    "twin": lambda x: np.linalg.trace(x),
    "method": lambda x: x.trace(),
    "method of a view": lambda x: x.T[::-1].trace(),
    "method of a copy": lambda x: x.copy().trace(),
    "method after asarray": lambda x: np.asarray(x).trace(),
    "method of a new array": lambda x: np.array(x).trace(),
    "method of a result": lambda x: np.einsum("ij->ji", x).trace(),
    "method of a library's result": lambda x: einops.rearrange(x, "i j -> j i").trace(),
    "method caught": method_caught,
}


@pytest.mark.parametrize("function", TRACES.values(), ids=TRACES.keys())
def test_numpy_functions_are_seen_by_every_route(function):
    name = seen(function, ["numpy.trace"], SQUARE)
    assert name.rpartition(".")[2] == "trace"


def test_keywords_and_arrays_in_lists_are_watched_too():
    assert seen(lambda *, mat: mat.trace(), ["numpy.trace"], mat=SQUARE) == "numpy.ndarray.trace"
    assert seen(lambda mats: mats[0] @ mats[1], ["numpy.matmul"], [SQUARE, SQUARE]) == "the operator @ (numpy.matmul)"
    assert seen(lambda mats: mats["a"].trace(), ["numpy.trace"], {"a": SQUARE}) == "numpy.ndarray.trace"


PRODUCTS = {
    "operator": lambda a, b: a @ b,
    "in place": lambda a, b: a.copy().__imatmul__(b),
    "of plain arrays": lambda a, b: np.array(a) @ np.asarray(b),
    "of results": lambda a, b: (a * 1) @ np.stack(list(b)),
    "of rows": lambda a, b: np.array([[row @ column for column in b.T] for row in a]),
    "function": lambda a, b: np.matmul(a, b),
    "relative": lambda a, b: np.linalg.multi_dot([a, b]),
    "in torch": lambda a, b: t.mm(t.from_numpy(a), t.from_numpy(b)).numpy(),
}


@pytest.mark.parametrize("function", PRODUCTS.values(), ids=PRODUCTS.keys())
def test_matrix_products_are_seen(function):
    assert seen(function, ["numpy.matmul"], SQUARE, SQUARE)


def test_other_methods_and_ufunc_methods_are_seen():
    assert seen(lambda x: x.dot(x), ["numpy.dot"], SQUARE) == "numpy.ndarray.dot"
    assert seen(lambda x: np.multiply.outer(x, x), ["numpy.outer"], ROW) == "numpy.multiply.outer"
    assert seen(lambda x: np.add.outer(x, x), ["numpy.trace"], ROW) == ""


LIBRARY_CALLS = {
    "einsum that optimises": (lambda x: np.einsum("ij,jk", x, x, optimize=True), ["numpy.matmul", "numpy.dot", "numpy.tensordot"]),
    "norm, which calls dot": (lambda x: np.linalg.norm(x), ["numpy.dot", "numpy.matmul"]),
    "einops on arrays": (lambda x: einops.einsum(x, x, "i j, j k -> i k"), ["numpy.einsum", "numpy.matmul"]),
    "einops, which reshapes": (lambda x: einops.rearrange(x, "a b -> (b a)"), ["numpy.reshape", "numpy.transpose"]),
    "trace, which calls the method": (lambda x: np.trace(x), ["numpy.diagonal"]),
}


@pytest.mark.parametrize(("function", "forbid"), LIBRARY_CALLS.values(), ids=LIBRARY_CALLS.keys())
def test_what_numpy_calls_on_the_way_does_not_count(function, forbid):
    assert seen(function, forbid, SQUARE) == ""


UNFOLDS = {
    "method": lambda x: x.unfold(1, 2, 1),
    "unbound": lambda x: t.Tensor.unfold(x, 1, 2, 1),
    "kept in a global": lambda x: unbound_unfold(x, 1, 2, 1),
    "partial": functools.partial(t.Tensor.unfold, dimension=1, size=2, step=1),
    "getattr": lambda x: getattr(x, "unfold")(1, 2, 1),  # noqa: B009  # the route is the point
    "copying twin": lambda x: t.unfold_copy(x, 1, 2, 1),
    "of a result": lambda x: (x + 1).unfold(1, 2, 1),
    "of a new tensor": lambda x: t.zeros(3, 4).unfold(1, 2, 1),
    "functional": lambda x: functional.unfold(x[None, None], 2),
    "layer": lambda x: t.nn.Unfold(2)(x[None, None]),
}


@pytest.mark.parametrize("function", UNFOLDS.values(), ids=UNFOLDS.keys())
def test_unfold_is_seen_by_every_route(function):
    assert "unfold" in seen(function, ["torch.Tensor.unfold"], TENSOR)


@pytest.mark.parametrize(
    ("function", "forbid", "name"),
    [
        (lambda x: x.unfold(0, 2, 1), "torch.Tensor.unfold", "torch.Tensor.unfold"),
        (lambda x: t.unfold_copy(x, 0, 2, 1), "torch.Tensor.unfold", "torch.unfold_copy"),
        (lambda x: x @ x, "torch.matmul", "the operator @ (torch.matmul)"),
        (lambda x: x.__rmatmul__(x), "torch.matmul", "the operator @ (torch.matmul)"),
        (lambda x: x.mm(x), "torch.matmul", "torch.mm"),
        (lambda x: t.ops.aten.mm(x, x), "torch.matmul", "torch.mm"),
        (lambda x: np.trace(x.numpy()), "torch.trace", "numpy.trace"),
        (lambda x: t.einsum("ii", x), "torch.einsum", "torch.einsum"),
        (lambda x: torch_einsum("ii", x), "torch.einsum", "torch.einsum"),
        (lambda x, einsum=t.einsum: einsum("ii", x), "torch.einsum", "torch.einsum"),
        (functools.partial(t.einsum, "ii"), "torch.einsum", "torch.einsum"),
        (lambda x: x.unflatten(0, (3, 1)), "torch.Tensor.reshape", "torch.unflatten"),
        (lambda x: x.view_as(x), "torch.Tensor.reshape", "torch.view_as"),
        (lambda x: functional.conv1d(x[None], x[:, None, :]), "torch.conv1d", "torch.nn.functional.conv1d"),
        (lambda x: t.nn.Conv1d(3, 1, 2)(x[None]), "torch.conv1d", "torch.nn.functional.conv1d"),
        (lambda x: x.relu_(), "torch.relu", "torch.relu_"),
        (lambda x: t.LongTensor([1]), "torch.LongTensor", "torch.LongTensor"),
    ],
)
def test_torch_functions_and_their_relatives_are_seen(function, forbid, name):
    assert seen(function, [forbid], MATRIX.clone()) == name


def test_einops_may_reshape_tensors():
    forbid = ["torch.Tensor.reshape", "torch.Tensor.view", "torch.Tensor.permute", "torch.einsum"]
    assert seen(lambda x: einops.rearrange(x, "a (b c) -> c a b", b=2), forbid, TENSOR) == ""
    assert seen(lambda x: einops.einsum(x, "i i ->"), forbid, MATRIX) == ""


def test_what_looks_similar_is_not_forbidden():
    assert seen(lambda x: t.as_strided(x, (3, 3, 2), (4, 1, 1)), ["torch.Tensor.unfold"], TENSOR) == ""
    assert seen(lambda x: x.sum(), ["numpy.trace"], SQUARE) == ""
    assert seen(lambda x: isinstance(t.zeros(1, dtype=t.int64), t.LongTensor), ["torch.LongTensor"], SQUARE) == ""


ONLY = ("torch.arange", "einops.rearrange")


def test_with_only_everything_else_is_forbidden():
    assert seen(lambda: einops.rearrange(t.arange(3, 9), "(h w) -> h w", h=3), [], only=ONLY) == ""
    assert seen(lambda: einops.rearrange(t.arange(6) + 3, "(h w) -> h w", h=3), [], only=ONLY) == ""
    assert seen(lambda: t.zeros(6), [], only=ONLY) == "torch.zeros"
    assert seen(lambda: t.arange(6).view(2, 3), [], only=ONLY) == "torch.view"
    assert seen(lambda: t.Tensor([1]), [], only=ONLY) == "torch.Tensor"
    assert seen(lambda: t.Tensor([1]), [], only=(*ONLY, "torch.Tensor")) == ""
    assert bool(Watch([], ONLY))
    assert not bool(Watch([]))


def test_einops_functions_may_be_forbidden():
    assert seen(lambda x: einops.reduce(x, "a b -> a", "sum"), ["einops.reduce"], SQUARE) == "einops.reduce"


def test_a_second_run_prints_nothing(capsys):
    assert seen(lambda x: print("once") or x, ["numpy.trace"], SQUARE) == ""
    assert capsys.readouterr().out == "once\n"


def test_the_second_run_may_fail_in_any_way():
    def picky(x):
        if type(x) is not np.ndarray:
            raise SystemExit
        return x * 2

    assert seen(picky, ["numpy.trace"], SQUARE) == ""


def test_the_second_run_leaves_no_trace_in_the_arguments():
    array = SQUARE.copy()
    kept = []
    assert seen(lambda x: kept.append(x.sum()) or x, ["numpy.trace"], array) == ""
    assert len(kept) == 2
    assert np.array_equal(array, SQUARE)


@pytest.mark.parametrize("end", [None, ValueError("no"), KeyboardInterrupt(), SystemExit()])
def test_everything_is_put_back_whatever_happens(end):
    before = {(space, name): getattr(space, name) for space in (np, np.linalg) for name in ("trace", "diagonal")}
    before |= {(np, name): getattr(np, name) for name in ("array", "asarray", "copy")}
    before |= {(t, name): getattr(t, name) for name in ("trace", "einsum", "Tensor")}
    inside = []

    def student(x):
        inside.append(np.trace is not before[np, "trace"] and trace is not before[np, "trace"])
        if end is not None:
            raise end
        return asarray(x)

    watch = Watch(["numpy.trace", "numpy.diagonal", "torch.trace", "torch.einsum"], ["torch.arange"])
    if isinstance(end, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt, match=r"^$"):
            run(student, Case((SQUARE,)), watch)
    else:
        run(student, Case((SQUARE,)), watch)
    assert inside[0]
    assert trace is before[np, "trace"]
    assert all(getattr(space, name) is thing for (space, name), thing in before.items())
    assert t.zeros(2).sum().item() == 0  # no mode was left behind


def test_a_report_raises_and_is_remembered():
    watch = Watch(["numpy.trace"])
    for name in ("numpy.trace", "numpy.other"):
        with pytest.raises(Forbidden, match=f"^{name}: not in this exercise"):
            watch.report(name)
    assert watch.seen is not None
    assert watch.seen.name == "numpy.trace"


def test_files_of_libraries_are_known():
    assert is_library(np.__file__)
    assert is_library(functools.__file__)
    assert is_library("<frozen importlib._bootstrap>")
    assert not is_library(__file__)
    assert not is_library("<stub of double>")
    assert not is_library("/tmp/ipykernel_1/123.py")


@pytest.mark.parametrize(
    ("forbid", "answer"),
    [
        ("torch.distributions.Categorical", lambda x: t.distributions.Categorical(x.abs()).probs),
        ("torch.masked.mean", lambda x: t.masked.mean(x)),
        ("torch.mean", lambda x: t.masked.mean(x)),
        ("numpy.random.choice", lambda x: np.random.choice([1.0, 1.0])),  # NumPy imports these two when they are first named
        ("numpy.mean", lambda x: np.ma.mean([1.0, 1.0])),
    ],
)
def test_names_in_far_namespaces_are_seen(forbid, answer):
    assert seen(answer, [forbid], TENSOR).rpartition(".")[2] == forbid.rpartition(".")[2]
    assert seen(answer, ["torch.trace"], TENSOR) == ""

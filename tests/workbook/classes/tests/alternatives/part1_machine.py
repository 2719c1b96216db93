"""Right answers of the little course, written in other ways."""
# ruff: noqa: N801  # an answer is called after what it replaces

import machine
import numpy as np
from machine import BackwardFuncLookup, NoGrad, Tensor

SWITCH = NoGrad.__exit__.__globals__  # where the solutions' functions look for `tracking`


class Tensor__slots(Tensor):
    __slots__ = ("extra",)
    __array_ufunc__ = None


class Tensor__asks_for_all(Tensor):
    def __getattr__(self, name):
        raise AttributeError(f"there is no {name}")

    def __ne__(self, other):
        return Tensor(np.not_equal(self.array, getattr(other, "array", other)))


class BackwardFuncLookup__nested(BackwardFuncLookup):
    def add_back_func(self, forward_fn, arg_position, backward_fn):
        self.table.setdefault(forward_fn, {})[arg_position] = backward_fn

    def get_back_func(self, forward_fn, arg_position):
        try:
            return self.table[forward_fn][arg_position]
        except KeyError as error:
            raise KeyError((getattr(forward_fn, "__name__", "?"), arg_position)) from error


def topological_sort__recursive(root, get_children):
    order, state = [], {}

    def walk(node):
        if state.get(id(node)) == "open":
            raise ValueError("cycle")
        if id(node) in state:
            return
        state[id(node)] = "open"
        for child in get_children(node):
            walk(child)
        state[id(node)] = "done"
        order.append(node)

    walk(root)
    return order


def topological_sort__tells_more(root, get_children):
    print(f"sorting below {root!r}, which is a {type(root).__name__}")
    return [*machine.topological_sort(root, get_children)]


def count_paths__loop(root, get_children):
    paths, open_ones = 0, [root]
    while open_ones:
        children = get_children(open_ones.pop())
        paths += not children
        open_ones.extend(children)
    return paths


class NoGrad__stack:
    """With a function for the switch."""

    def __init__(self):
        self.was_enabled = None

    def __enter__(self):
        self.was_enabled = SWITCH["tracking"]
        SWITCH["tracking"] = False
        return self

    def __exit__(self, *error):
        SWITCH["tracking"] = self.was_enabled
        return False


def minibatches__iterator(x, batch_size, seed=None):
    order = np.arange(len(x))
    if seed is not None:
        np.random.default_rng(seed).shuffle(order)
    return map(x.__getitem__, np.split(order, range(batch_size, len(x), batch_size)))


def countdown__delegates(start):
    return (yield from machine.countdown(start))


class borrowed__class:
    def __init__(self, shelf, name):
        self.shelf, self.name = shelf, name

    def __enter__(self):
        self.thing = self.shelf.pop(self.name)
        return self.thing

    def __exit__(self, kind, error, trace):
        self.shelf[self.name] = self.thing
        if kind is not None and issubclass(kind, KeyError):
            raise LookupError(f"lost: {error.args[0]}")


class compose__class:
    def __init__(self, *functions):
        self.functions = functions

    def __call__(self, x):
        for function in self.functions[::-1]:
            x = function(x)
        return x


def compose__same_twice(*functions):
    return machine.compose(*functions, *functions[:0])

"""Known mistakes of part 6: the test rejects each of them, and its docstring is what the student reads."""
# ruff: noqa: N801  # a mistake is called after what it replaces

import string
from dataclasses import dataclass

import numpy as np
import part6_backprop
import torch as t
from part6_backprop import (
    BACK_FUNCS,
    BackwardFuncLookup,
    NoGrad,
    Recipe,
    Tensor,
    _argmax,
    add_,
    coerce_index,
    like,
    log,
    log_back,
    multiply,
    multiply_back0,
    multiply_back1,
    permute,
    sorted_computational_graph,
    topological_sort,
    unbroadcast,
    wrap_forward_fn,
)

grad_tracking_enabled = True  # the switch that the functions below look at


def log_back__no_upstream(grad_out, out, x):
    """That is the slope alone. How strongly L reacts to the output, the upstream gradient, was not used."""
    return like(np.ones_like(out) / x, x)


def log_back__uses_out(grad_out, out, x):
    """You divided by the output. The slope of the logarithm is evaluated at its argument."""
    return like(grad_out / out, x)


def log_back__forward(grad_out, out, x):
    """That is the logarithm again, with a factor. Its slope is another function."""
    return like(grad_out * np.log(x), x)


def log_back__inverted(grad_out, out, x):
    """You multiplied by x. Where x is large the logarithm is flat, so its gradient there must be small."""
    return like(grad_out * x, x)


def unbroadcast__mean(broadcasted, original):
    """You averaged over the copies. Every copy adds its own share to L, so their gradients add up."""
    copies = max(1, broadcasted.size // max(1, original.size))
    return np.asarray(part6_backprop.unbroadcast(broadcasted, original) / copies).astype(broadcasted.dtype)


def unbroadcast__first(broadcasted, original):
    """One copy was taken, and the gradients of all the others were dropped."""
    broadcasted = broadcasted[(0,) * (broadcasted.ndim - original.ndim)]
    places = tuple(slice(0, 1) if size == 1 else slice(None) for size in original.shape)
    return np.asarray(broadcasted[places])


def unbroadcast__no_keepdims(broadcasted, original):
    """An axis of size one was lost. It was stretched and not new, so it must still be there afterwards."""
    new = broadcasted.ndim - original.ndim
    stretched = [new + axis for axis, size in enumerate(original.shape) if size == 1 != broadcasted.shape[new + axis]]
    return np.asarray(np.sum(broadcasted, axis=(*range(new), *stretched)))


def unbroadcast__leading_only(broadcasted, original):
    """Only the axes in front were summed. An axis that had size one and grew holds copies as well."""
    return np.asarray(np.sum(broadcasted, axis=tuple(range(broadcasted.ndim - original.ndim))))


def unbroadcast__larger_only(broadcasted, original):
    """Only axes that grew were summed. One of size one may also have met an empty axis: it was stretched to nothing."""
    broadcasted = broadcasted.sum(axis=tuple(range(broadcasted.ndim - original.ndim)))
    grown = tuple(n for n, size in enumerate(original.shape) if size < broadcasted.shape[n])
    return np.asarray(broadcasted.sum(axis=grown, keepdims=True))


def unbroadcast__scalar(broadcasted, original):
    """Of a 0-d original a NumPy scalar came back, which is no array."""
    result = part6_backprop.unbroadcast(broadcasted, original)
    return result[()] if result.ndim == 0 else result


def multiply_back0__same_factor(grad_out, out, x, y):
    """You multiplied by x itself. If x moves a little, by how much does x * y move?"""
    return like(unbroadcast(grad_out * x, x), x)


def multiply_back0__no_unbroadcast(grad_out, out, x, y):
    """The gradient has the shape of the output, and it should have the shape of x, which may be smaller."""
    return like(grad_out * y, x)


def multiply_back0__dtype(grad_out, out, x, y):
    """float32 came in and float64 came out: so it is with whole numbers, and with a number that was made into an array."""
    return unbroadcast(grad_out * np.asarray(y), x)


def multiply_back0__exchanged(grad_out, out, x, y):
    """This is the gradient in y. The number in a function's name says which argument it is for, counted from 0."""
    return multiply_back1(grad_out, out, x, y)


def multiply_back1__same_factor(grad_out, out, x, y):
    """You multiplied by y itself. If y moves a little, by how much does x * y move?"""
    return like(unbroadcast(grad_out * y, y), y)


def multiply_back1__no_unbroadcast(grad_out, out, x, y):
    """The gradient has the shape of the output, and it should have the shape of y, which may be smaller."""
    return like(grad_out * x, y)


def multiply_back1__dtype(grad_out, out, x, y):
    """float32 came in and float64 came out: so it is with whole numbers, and with a number that was made into an array."""
    return unbroadcast(grad_out * np.asarray(x), y)


def multiply_back1__exchanged(grad_out, out, x, y):
    """This is the gradient in x. The number in a function's name says which argument it is for, counted from 0."""
    return multiply_back0(grad_out, out, x, y)


def _differences(weigh, args, argnum, h):
    """Central differences of weigh(f's result), entry by entry."""
    x = np.array(args[argnum], np.float64)
    grad = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        up, down = ((*args[:argnum], moved, *args[argnum + 1 :]) for moved in (x + step, x - step))
        grad[place] = (weigh(*up) - weigh(*down)) / (2 * h)
    return grad


def numerical_back__no_upstream(f, grad_out, args, argnum, h=1e-5):
    """All outputs counted alike: the weights in grad_out were not used."""
    return _differences(lambda *args: np.sum(f(*args)), args, argnum, h)


def numerical_back__wrong_arg(f, grad_out, args, argnum, h=1e-5):
    """Another argument was moved: argnum says which one to move."""
    other = len(args) - 1 - argnum
    return _differences(lambda *args: np.sum(grad_out * f(*args)), args, other, h)


def numerical_back__jacobian(f, grad_out, args, argnum, h=1e-5):
    """There is a number for every output and every entry. One for each entry is asked: weigh the outputs, then sum them."""
    x = np.array(args[argnum], np.float64)
    columns = []
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        up, down = (f(*args[:argnum], moved, *args[argnum + 1 :]) for moved in (x + step, x - step))
        columns.append(np.ravel(grad_out * (up - down) / (2 * h)))
    return np.stack(columns, axis=-1)


def numerical_back__not_restored(f, grad_out, args, argnum, h=1e-5):
    """Entries that had been moved were not put back, so that later differences were taken around another place."""
    x = np.array(args[argnum], np.float64)
    grad = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        sides = []
        for step in (h, -2 * h):
            x[place] += step
            sides.append(np.sum(grad_out * f(*args[:argnum], np.array(x), *args[argnum + 1 :])))
        grad[place] = (sides[0] - sides[1]) / (2 * h)
    return grad


def numerical_back__one_sided(f, grad_out, args, argnum, h=1e-5):
    """The difference was taken to one side only. With a step to both sides the error is far smaller."""
    x = np.array(args[argnum], np.float64)
    grad = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        up, down = (f(*args[:argnum], moved, *args[argnum + 1 :]) for moved in (x + step, x))
        grad[place] = np.sum(grad_out * (up - down)) / h
    return grad


def numerical_back__keeps_dtype(f, grad_out, args, argnum, h=1e-5):
    """The argument was moved in its own dtype. In float32 a step of 1e-5 is mostly rounding, in whole numbers it is none."""
    x = np.asarray(args[argnum])
    grad = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += np.asarray(h, x.dtype)
        down[place] -= np.asarray(h, x.dtype)
        above, below = (f(*args[:argnum], moved, *args[argnum + 1 :]) for moved in (up, down))
        grad[place] = (np.sum(grad_out * above) - np.sum(grad_out * below)) / (2 * h)
    return grad


def _all_forward(a, b, c):
    d, e = a * b, np.log(c)
    f = d * e
    return d, e, f, np.log(f)


def forward_and_back__missing_link(a, b, c):
    """The path through e was cut short: c feeds log c, and log c feeds f. Both links belong into the gradient in c."""
    d, e, f, g = _all_forward(a, b, c)
    df = log_back(np.ones_like(g), g, f)
    dd = multiply_back0(df, f, d, e)
    return multiply_back0(dd, d, a, b), multiply_back1(dd, d, a, b), multiply_back1(df, f, d, c)


def forward_and_back__order(a, b, c):
    """The gradients are right, their order is not: a, b, c is asked."""
    d, e, f, g = _all_forward(a, b, c)
    df = log_back(np.ones_like(g), g, f)
    dd, de = multiply_back0(df, f, d, e), multiply_back1(df, f, d, e)
    return log_back(de, e, c), multiply_back1(dd, d, a, b), multiply_back0(dd, d, a, b)


def forward_and_back__wrong_out(a, b, c):
    """A backward function got wrong values: each one wants what its own forward function took and gave."""
    d, e, f, g = _all_forward(a, b, c)
    df = log_back(np.ones_like(g), g, g)
    dd, de = multiply_back0(df, f, d, e), multiply_back1(df, f, d, e)
    return multiply_back0(dd, d, a, b), multiply_back1(dd, d, a, b), log_back(de, e, c)


def forward_and_back__forward(a, b, c):
    """That is g itself. What is asked are three gradients, one for each of a, b and c."""
    return _all_forward(a, b, c)[-1]


@dataclass(slots=True, eq=False)
class Recipe__mutable:
    """A field could be changed after the recipe was made. A log book is written once."""

    func: object
    args: tuple
    kwargs: dict
    parents: dict


@dataclass(eq=False)
class Recipe__open:
    """A new attribute could be added, and the fields could be changed: the class is neither frozen nor closed."""

    func: object
    args: tuple
    kwargs: dict
    parents: dict


@dataclass(frozen=True, slots=True)
class Recipe__eq:
    """Comparing two recipes compared their arrays, which have no single truth value."""

    func: object
    args: tuple
    kwargs: dict
    parents: dict


@dataclass(frozen=True, eq=False)
class Recipe__roomy:
    """Frozen, but every recipe still carries a dict for attributes that can never come."""

    func: object
    args: tuple
    kwargs: dict
    parents: dict


class BackwardFuncLookup__by_function(BackwardFuncLookup):
    """Position 1 has overwritten position 0: the table is keyed by the function alone."""

    def add_back_func(self, forward_fn, arg_position, backward_fn):
        self.back_funcs[forward_fn] = backward_fn

    def get_back_func(self, forward_fn, arg_position):
        if forward_fn not in self.back_funcs:
            raise KeyError(f"no backward function of {forward_fn!r} for argument {arg_position}")
        return self.back_funcs[forward_fn]


class BackwardFuncLookup__none(BackwardFuncLookup):
    """A missing entry came back as None. It will be called some day, and the error will come far from its cause."""

    def get_back_func(self, forward_fn, arg_position):
        return self.back_funcs.get((forward_fn, arg_position))


class BackwardFuncLookup__shared(BackwardFuncLookup):
    """Two tables share their entries, because the dict belongs to the class."""

    shared: dict = {}  # noqa: RUF012  # the mistake itself

    def __init__(self):
        self.back_funcs = self.shared


class BackwardFuncLookup__silent_message(BackwardFuncLookup):
    """The message does not say what is missing: neither the function nor the position is in it."""

    def get_back_func(self, forward_fn, arg_position):
        if (forward_fn, arg_position) not in self.back_funcs:
            raise KeyError("there is no such entry")
        return self.back_funcs[forward_fn, arg_position]


class BackwardFuncLookup__needs_name(BackwardFuncLookup):
    """Not every function has a __name__; one that has none made the message fail, with another error than a KeyError."""

    def get_back_func(self, forward_fn, arg_position):
        if (forward_fn, arg_position) not in self.back_funcs:
            raise KeyError(f"no backward function of {forward_fn.__name__} for argument {arg_position}")
        return self.back_funcs[forward_fn, arg_position]


class Tensor__copies_dtype(Tensor):
    """float64 was kept. A Tensor holds float32 in its place, which takes half the memory."""

    def __init__(self, array, requires_grad=False):
        super().__init__(array, requires_grad)
        self.array = np.asarray(array.array if isinstance(array, Tensor) else array)

    def __hash__(self):
        return id(self)


class Tensor__leaf_grad_only(Tensor):
    """A tensor that does not require grad is a leaf too: nobody ever walks past it."""

    @property
    def is_leaf(self):
        return self.requires_grad and self.recipe is None


class Tensor__truth(Tensor):
    """Two elements have no truth value: is "one of them" meant, or "all of them"? Refuse to guess."""

    def __bool__(self):
        return bool(self.array.any())


class Tensor__hash(Tensor):
    """Tensors of equal contents share a hash. As a key, a tensor stands for itself and not for its numbers."""

    def __hash__(self):
        return hash(self.array.tobytes())


class Tensor__nested(Tensor):
    """A Tensor of a Tensor became an array of objects: the inner one has to be unboxed first."""

    def __init__(self, array, requires_grad=False):
        super().__init__(0.0, requires_grad)
        if isinstance(array, Tensor):
            self.array = np.empty((), object)
            self.array[()] = array
        else:
            self.array = part6_backprop.Tensor(array).array


class Tensor__copied(Tensor):
    """The array was copied. Whoever changes the original expects to see it in the Tensor, and copies cost memory."""

    def __init__(self, array, requires_grad=False):
        super().__init__(array, requires_grad)
        self.array = self.array.copy()


class Tensor__zero_grad(Tensor):
    """grad began with zeros. None says that no gradient has come; zeros say that one came, and L does not react."""

    def __init__(self, array, requires_grad=False):
        super().__init__(array, requires_grad)
        if requires_grad:
            self.grad = part6_backprop.Tensor(np.zeros_like(self.array))


def quiz_leaf__a():
    """a is one of them. But b and d require no grad, and such tensors are leaves as well."""
    return "a"


def quiz_leaf__b():
    """a and b are leaves, but there is one more: d records nothing, because nothing below it requires grad."""
    return "b"


def quiz_leaf__d():
    """One of them has a recipe and requires grad: an operation made it, and the gradient goes on from there."""
    return "d"


def log_forward__always(x):
    """A recipe was written although nothing needs a gradient. Recipes keep arrays alive: write them only where asked."""
    out = Tensor(np.log(x.array))
    out.requires_grad = True
    out.recipe = Recipe(np.log, (x.array,), {}, {0: x})
    return out


def log_forward__boxed_args(x):
    """The recipe's args hold a Tensor. Backward functions take raw arrays."""
    out = Tensor(np.log(x.array))
    if grad_tracking_enabled and x.requires_grad:
        out.requires_grad, out.recipe = True, Recipe(np.log, (x,), {}, {0: x})
    return out


def log_forward__ignores_switch(x):
    """While tracking was off the result was made as if it were on: the global switch was not asked."""
    out = Tensor(np.log(x.array))
    if x.requires_grad:
        out.requires_grad, out.recipe = True, Recipe(np.log, (x.array,), {}, {0: x})
    return out


def log_forward__no_parent(x):
    """The recipe knows no parent, so no gradient will find its way to x."""
    out = Tensor(np.log(x.array))
    if grad_tracking_enabled and x.requires_grad:
        out.requires_grad, out.recipe = True, Recipe(np.log, (x.array,), {}, {})
    return out


def _product(a, b, ask, parents, boxed=False):
    """A product in which `ask` decides about the recipe, and `parents` chooses among the arguments."""
    assert isinstance(a, Tensor) or isinstance(b, Tensor)
    raw = tuple(arg.array if isinstance(arg, Tensor) else arg for arg in (a, b))
    out = Tensor(np.multiply(*raw))
    if ask([isinstance(arg, Tensor) and arg.requires_grad for arg in (a, b)]):
        out.requires_grad = True
        out.recipe = Recipe(np.multiply, (a, b) if boxed else raw, {}, parents({0: a, 1: b}))
    return out


def _tensors(args):
    return {position: arg for position, arg in args.items() if isinstance(arg, Tensor)}


def multiply_forward__and(a, b):
    """Both inputs were asked to require grad. One that does is enough: L reacts to it."""
    return _product(a, b, lambda flags: grad_tracking_enabled and all(flags), _tensors)


def multiply_forward__number_parent(a, b):
    """A plain number became a parent. It has no grad in which anything could arrive."""
    return _product(a, b, lambda flags: grad_tracking_enabled and any(flags), lambda args: args)


def multiply_forward__by_tensor(a, b):
    """For a * a only one parent was noted. The same tensor stands in two positions, and each has a gradient of its own."""

    def once(args):
        found = {}
        for position, arg in _tensors(args).items():
            if not any(arg is other for other in found.values()):
                found[position] = arg
        return found

    return _product(a, b, lambda flags: grad_tracking_enabled and any(flags), once)


def multiply_forward__boxed_args(a, b):
    """The recipe's args hold Tensors. Backward functions take raw arrays and numbers."""
    return _product(a, b, lambda flags: grad_tracking_enabled and any(flags), _tensors, boxed=True)


def _wrapped(numpy_func, args, kwargs, tracks, recorded, parents=None):
    """A call of a wrapped function: `tracks` switches recording, `recorded` replaces the recipe's function and keywords."""
    out = Tensor(numpy_func(*(arg.array if isinstance(arg, Tensor) else arg for arg in args), **kwargs))
    found = _tensors(dict(enumerate(args)))
    if tracks and any(parent.requires_grad for parent in found.values()):
        raw = tuple(arg.array if isinstance(arg, Tensor) else arg for arg in args)
        out.requires_grad = True
        out.recipe = Recipe(recorded[0], raw, recorded[1], found if parents is None else parents(found))
    return out


def wrap_forward_fn__early_switch(numpy_func, is_differentiable=True):
    """The switch was read when the function was wrapped. Who turns it later expects to be heard."""
    tracks = grad_tracking_enabled and is_differentiable

    def tensor_func(*args, **kwargs):
        return _wrapped(numpy_func, args, kwargs, tracks, (numpy_func, kwargs))

    return tensor_func


def wrap_forward_fn__ignores_flag(numpy_func, is_differentiable=True):
    """A function without a gradient gave a result that requires one: is_differentiable was not looked at."""

    def tensor_func(*args, **kwargs):
        return _wrapped(numpy_func, args, kwargs, grad_tracking_enabled, (numpy_func, kwargs))

    return tensor_func


def wrap_forward_fn__kwargs_lost(numpy_func, is_differentiable=True):
    """The keywords of the call are not in the recipe. How should the backward function know which axis was summed?"""

    def tensor_func(*args, **kwargs):
        return _wrapped(numpy_func, args, kwargs, grad_tracking_enabled and is_differentiable, (numpy_func, {}))

    return tensor_func


def wrap_forward_fn__records_wrapper(numpy_func, is_differentiable=True):
    """The recipe holds the wrapper. The table of backward functions is keyed by NumPy's function, and will not find it."""

    def tensor_func(*args, **kwargs):
        return _wrapped(numpy_func, args, kwargs, grad_tracking_enabled and is_differentiable, (tensor_func, kwargs))

    return tensor_func


def wrap_forward_fn__by_tensor(numpy_func, is_differentiable=True):
    """The parents are not keyed by position, so that a tensor which occurs twice has one entry only."""

    def tensor_func(*args, **kwargs):
        tracks = grad_tracking_enabled and is_differentiable
        return _wrapped(
            numpy_func, args, kwargs, tracks, (numpy_func, kwargs), lambda found: {parent: place for place, parent in found.items()}
        )

    return tensor_func


def topological_sort__recursive(root, get_children):
    """It works until the graph is deep: every level needs a call within a call, and Python's stack of calls ends."""
    order, states = [], {}

    def visit(node):
        if states.get(id(node)) == "open":
            raise ValueError("the graph has a cycle")
        if id(node) not in states:
            states[id(node)] = "open"
            for child in get_children(node):
                visit(child)
            states[id(node)] = "done"
            order.append(node)

    visit(root)
    return order


def topological_sort__reversed(root, get_children):
    """Parents came before their children. What a node needs must be there first."""
    return part6_backprop.topological_sort(root, get_children)[::-1]


def topological_sort__repeated(root, get_children):
    """A node occurs twice: one that was reached before is already in the list."""
    order = part6_backprop.topological_sort(root, get_children)
    return [node for parent in order for node in (*get_children(parent)[:1], parent)]


def topological_sort__diamond_cycle(root, get_children):
    """You took a node that was met again for a cycle. A finished one may well be met again: a diamond is no circle."""
    order, seen, stack = [], {id(root)}, [(root, iter(get_children(root)))]
    while stack:
        _, children = stack[-1]
        child = next(children, None)
        if child is None:
            order.append(stack.pop()[0])
        elif id(child) in seen:
            raise ValueError("the graph has a cycle")
        else:
            seen.add(id(child))
            stack.append((child, iter(get_children(child))))
    return order


def topological_sort__exponential(root, get_children):
    """Shared nodes were walked again and again: with forty diamonds in a row there are more ways than seconds in a life."""
    order, found = [], set()

    def visit(node, above):
        if id(node) in above:
            raise ValueError("the graph has a cycle")
        for child in get_children(node):
            visit(child, above | {id(node)})
        if id(node) not in found:
            found.add(id(node))
            order.append(node)

    visit(root, frozenset())
    return order


def topological_sort__breadth(root, get_children):
    """You went by the distance from the root. A node with a short and a long way to it then comes too late."""
    part6_backprop.topological_sort(root, get_children)  # a cycle is noticed
    order, found = [root], {id(root)}
    for node in order:
        for child in get_children(node):
            if id(child) not in found:
                found.add(id(child))
                order.append(child)
    return order[::-1]


def topological_sort__endless(root, get_children):
    """It runs round in the cycle without end: a node that is still open was opened again."""
    order, done, stack = [], set(), [root]
    while stack:
        new = [child for child in get_children(stack[-1]) if id(child) not in done]
        if new:
            stack.append(new[0])
        elif id(node := stack.pop()) not in done:
            done.add(id(node))
            order.append(node)
    return order


def _parents(node):
    return [] if node.recipe is None else list(node.recipe.parents.values())


def sorted_computational_graph__unreversed(tensor):
    """The order is the one of topological_sort: children first. Here the end node must come first."""
    return topological_sort(tensor, _parents)


def sorted_computational_graph__repeated(tensor):
    """A tensor that is used twice is listed twice. It is one tensor, and has one turn."""
    order, waiting = [], [tensor]
    while waiting and len(order) < 5000:
        order.append(waiting.pop())
        waiting.extend(_parents(order[-1]))
    return order


def sorted_computational_graph__leaves_missing(tensor):
    """Only tensors with a recipe are listed. The leaves are where gradients are to arrive: they belong to it."""
    return [node for node in topological_sort(tensor, _parents)[::-1] if node.recipe is not None] or [tensor]


def sorted_computational_graph__one_parent(tensor):
    """Only the first parent was followed, so whole branches are missing."""
    return topological_sort(tensor, lambda node: _parents(node)[:1])[::-1]


def sorted_computational_graph__requiring_only(tensor):
    """Tensors that require no grad were left out. They are part of the graph; it is backprop that has no use for them."""
    return topological_sort(tensor, lambda node: [parent for parent in _parents(node) if parent.requires_grad])[::-1]


def quiz_end_grad__a():
    """No element is more important than the others as long as nobody says so: all three take part."""
    return "a"


def quiz_end_grad__b():
    """For the mean the weights would be thirds. What is assumed without an argument are ones."""
    return "b"


def quiz_end_grad__d():
    """torch would raise an error here, to make you say what you mean. Our machine assumes weights instead."""
    return "d"


def _send(end_node, end_grad, *, order=sorted_computational_graph, add=None, keep=None, ask_all=False, boxed=False):
    """Backpropagation with parts to exchange: the order of turns, how gradients add up, what a leaf keeps, who is asked."""
    if not end_node.requires_grad:
        return
    grads = {end_node: np.ones(end_node.shape, np.float32) if end_grad is None else end_grad.array}
    for node in order(end_node):
        if node not in grads:
            continue
        grad = grads[node]
        if node.recipe is None:
            if node.requires_grad:
                before = None if node.grad is None else node.grad.array
                node.grad = Tensor(
                    keep(before, grad) if keep else like(grad, node.array).copy() if before is None else before + grad
                )
            continue
        for position, parent in node.recipe.parents.items():
            if parent.requires_grad or ask_all:
                back = BACK_FUNCS.get_back_func(node.recipe.func, position)
                part = back(grad, node if boxed else node.array, *node.recipe.args, **node.recipe.kwargs)
                grads[parent] = part if parent not in grads else add(grads[parent], part) if add else grads[parent] + part


def backprop__overwrites(end_node, end_grad=None):
    """The gradient over the second path has overwritten the one over the first. Every path counts: they add up."""
    _send(end_node, end_grad, add=lambda before, part: part)


def backprop__shared_memory(end_node, end_grad=None):
    """A leaf does not own the memory of its gradient. Another leaf has it too, or the caller: a change to one changes both."""

    def keep(before, grad):
        if before is None:
            return grad
        before += grad
        return before

    _send(end_node, end_grad, keep=keep)


def backprop__in_place(end_node, end_grad=None):
    """A gradient on its way was changed in place while others looked at the same memory. It need not even be writable."""

    def add(before, part):
        before += part
        return before

    _send(end_node, end_grad, add=add)


def backprop__keeps_all(end_node, end_grad=None):
    """Tensors in the middle got a grad. They only pass gradients on; what stays, stays with the leaves."""
    _send(end_node, end_grad)
    for node in sorted_computational_graph(end_node):
        if not node.is_leaf:
            node.grad = Tensor(np.ones(node.shape, np.float32))


def backprop__unsorted(end_node, end_grad=None):
    """A tensor had its turn before all of its gradients had arrived, and passed only a part of them on."""

    def as_met(tensor):
        order, found = [tensor], {id(tensor)}
        for node in order:
            for parent in _parents(node):
                if id(parent) not in found:
                    found.add(id(parent))
                    order.append(parent)
        return order

    _send(end_node, end_grad, order=as_met)


def backprop__end_grad_ignored(end_node, end_grad=None):
    """The given end gradient was not used: you began with ones in any case."""
    _send(end_node, None)


def backprop__replaces(end_node, end_grad=None):
    """A leaf's grad from an earlier graph was replaced. New gradients are added to what is there."""
    _send(end_node, end_grad, keep=lambda before, grad: np.array(grad))


def backprop__boxed(end_node, end_grad=None):
    """A backward function got a Tensor. It is written for raw arrays: for the upstream gradient, and for the output."""
    _send(end_node, end_grad, boxed=True)


def backprop__asks_everyone(end_node, end_grad=None):
    """A tensor that needs no gradient was asked for a backward function, and there may be none for it."""
    _send(end_node, end_grad, ask_all=True)


_ASKED_FOR_BY_TESTS = (log, multiply, wrap_forward_fn)


def negative_back__identity(grad_out, out, x):
    """The upstream gradient came back as it was. Does -x grow when x grows?"""
    return like(grad_out, x)


def negative_back__times_x(grad_out, out, x):
    """The values of x got into the result. The graph of -x is a straight line: its slope is the same everywhere."""
    return like(-grad_out * x, x)


def negative_back__in_place(grad_out, out, x):
    """The upstream array was changed: somebody else may still need it."""
    grad_out *= -1
    return like(grad_out, x)


def exp_back__identity(grad_out, out, x):
    """The upstream gradient came back unchanged, as if exp had the slope 1 everywhere."""
    return like(grad_out, x)


def exp_back__log(grad_out, out, x):
    """You divided where it should be multiplied: that is how the logarithm goes back."""
    return like(grad_out / out, x)


def exp_back__no_upstream(grad_out, out, x):
    """The slope is right, and the upstream gradient was not used."""
    return like(out, x)


def exp_back__twice(grad_out, out, x):
    """exp was applied to the output once more: `out` is the exponential already."""
    return like(grad_out * np.exp(np.minimum(out, 700.0)), x)


def reshape_back__new_shape(grad_out, out, x, new_shape):
    """The gradient was given the new shape, which it has already."""
    return like(np.reshape(grad_out, new_shape), x)


def reshape_back__transposed(grad_out, out, x, new_shape):
    """The shape is right, and the numbers were read column by column: reshape reads row by row, there and back."""
    return like(np.reshape(grad_out, x.shape, order="F"), x)


def reshape_back__flat(grad_out, out, x, new_shape):
    """The gradient is flat: it must have the shape of the argument that it is for."""
    return like(np.ravel(grad_out), x)


def permute_back__same_again(grad_out, out, x, axes=None):
    """You applied the same permutation again. That leads back only where it is its own inverse, as an exchange of two axes is."""
    return like(np.transpose(grad_out, axes), x)


def permute_back__negative_axes(grad_out, out, x, axes=None):
    """Right, unless an axis is negative: -1 was sorted before 0, and it means the last one."""
    return like(np.transpose(grad_out, None if axes is None else np.argsort(axes)), x)


def permute_back__reversed(grad_out, out, x, axes=None):
    """The order of the axes was turned round, whatever the permutation was: to invert is something else than to reverse."""
    return like(np.transpose(grad_out), x)


def permute_back__reshape(grad_out, out, x, axes=None):
    """The shape is right, the numbers stand in the wrong order: a reshape moves no axis."""
    return like(np.reshape(grad_out, x.shape), x)


def reverse_axes__last_two(x):
    """Only the last two axes were exchanged: with three or more axes that is not the reversed order."""
    order = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2) if x.ndim > 1 else None
    return permute(x, order)


def reverse_axes__unrecorded(x):
    """The array is right, but a Tensor that is made by hand has no recipe: the gradient ends here."""
    return Tensor(np.transpose(x.array))


def _expand__tile(x, new_shape):
    """An axis of another size than one was repeated as a whole: only an axis of size one can grow."""
    new = len(new_shape) - x.ndim
    if new < 0 or -1 in new_shape[:new]:
        raise ValueError("it does not fit")
    sizes = (1,) * new + x.shape
    wanted = [old if size == -1 else size for size, old in zip(new_shape, sizes, strict=True)]
    if any(size % max(old, 1) for size, old in zip(wanted, sizes, strict=True)):
        raise ValueError("it does not fit")
    return np.tile(x, [size // max(old, 1) for size, old in zip(wanted, sizes, strict=True)])


def _expand__minus_one(x, new_shape):
    """-1 was taken for a size: it stands for "as it is"."""
    return np.broadcast_to(x, new_shape)


def _expand__new_minus_one(x, new_shape):
    """A new axis came out with the size 1, though -1 was asked: there is no size to keep, and this must be refused."""
    sizes = (1,) * (len(new_shape) - x.ndim) + x.shape
    return np.broadcast_to(x, tuple(old if size == -1 else size for size, old in zip(new_shape, sizes, strict=True)))


def expand_back__mean(grad_out, out, x, new_shape):
    """You averaged over the copies. Each copy adds its own share to L, and the shares are added."""
    grad = unbroadcast(grad_out, x)
    return like(grad * (x.size / max(np.size(grad_out), 1)), x)


def expand_back__first(grad_out, out, x, new_shape):
    """The gradient of one copy was taken, and the others were forgotten."""
    first = grad_out[(0,) * (np.ndim(grad_out) - x.ndim)] if np.size(grad_out) else np.zeros(x.shape)
    return like(first[tuple(slice(0, size) for size in x.shape)] if x.ndim else first, x)


def expand_back__expanded(grad_out, out, x, new_shape):
    """The gradient still has the expanded shape: the copies have not been put together."""
    return like(np.broadcast_to(grad_out, np.shape(out)), x)


def sum_back__square(grad_out, out, x, dim=None, keepdim=False):
    """The summed axis was not put back before copying. For a square x the shapes fit by luck, and the numbers are wrong."""
    return like(np.broadcast_to(grad_out, x.shape).copy(), x)


def sum_back__mean(grad_out, out, x, dim=None, keepdim=False):
    """The gradient was divided among the entries. Each entry moves the sum by as much as it moves itself."""
    if dim is not None and not keepdim:
        grad_out = np.expand_dims(grad_out, dim)
    return like(np.broadcast_to(grad_out, x.shape) * (np.size(grad_out) / max(x.size, 1)), x)


def sum_back__none(grad_out, out, x, dim=None, keepdim=False):
    """It fails where dim is None, and that is the default: everything was summed, and there is no axis to put back."""
    grad = grad_out if keepdim else np.expand_dims(grad_out, dim)
    return like(np.broadcast_to(grad, x.shape).copy(), x)


def sum_back__keepdim(grad_out, out, x, dim=None, keepdim=False):
    """With keepdim the summed axis is there already, and you put one more in."""
    if dim is not None:
        grad_out = np.expand_dims(grad_out, dim)
    return like(np.broadcast_to(grad_out, x.shape).copy(), x)


def sum_back__read_only(grad_out, out, x, dim=None, keepdim=False):
    """The numbers are right, but the result cannot be added to: broadcast_to gives a view in which many entries are one."""
    if dim is not None and not keepdim:
        grad_out = np.expand_dims(grad_out, dim)
    return np.broadcast_to(like(grad_out, x), x.shape)


def add_back0__no_unbroadcast(grad_out, out, x, y):
    """The gradient has the output's shape. x was copied to that shape on the way, and the copies must be put together."""
    return like(grad_out, x)


def add_back1__no_unbroadcast(grad_out, out, x, y):
    """The gradient has the output's shape. y was copied to that shape on the way, and the copies must be put together."""
    return like(grad_out, y)


def subtract_back1__sub_sign(grad_out, out, x, y):
    """When the second argument of a difference grows, the difference does not grow with it."""
    return like(unbroadcast(grad_out, y), y)


def true_divide_back0__inverted(grad_out, out, x, y):
    """You multiplied by y where it should be divided."""
    return like(unbroadcast(grad_out * y, x), x)


def true_divide_back1__div_square(grad_out, out, x, y):
    """The sign is right, and y should count twice: differentiate 1/y once more with care."""
    return like(unbroadcast(-grad_out * x / y, y), y)


def true_divide_back1__div_sign(grad_out, out, x, y):
    """The size is right and the sign is not: does x / y grow when a positive y grows?"""
    return like(unbroadcast(grad_out * out / y, y), y)


def maximum_back0__both(grad_out, out, x, y):
    """At a tie each of the two got everything. Together they have one gradient to share."""
    return like(unbroadcast(grad_out * (x >= y), x), x)


def maximum_back0__neither(grad_out, out, x, y):
    """At a tie nobody got anything: a part of the gradient is lost."""
    return like(unbroadcast(grad_out * np.greater(x, y), x), x)


def maximum_back0__swapped(grad_out, out, x, y):
    """The smaller one got the gradient, though the maximum does not depend on it."""
    return like(unbroadcast(grad_out * (np.less(x, y) * 0.5 + np.less_equal(x, y) * 0.5), x), x)


def maximum_back0__values(grad_out, out, x, y):
    """The larger values themselves were passed on. What is asked is the gradient that arrives where x is the larger one."""
    return like(unbroadcast(np.where(np.greater(x, y), x, 0.0) + np.where(np.equal(x, y), 0.5, 0.0) * out, x), x)


def maximum_back0__dtype(grad_out, out, x, y):
    """float32 came in and float64 came out: a mask times one half is float64."""
    return unbroadcast(grad_out * (0.5 * np.greater(x, y) + 0.5 * np.greater_equal(x, y)), np.asarray(x))


def relu__unrecorded(x):
    """The numbers are right, but a Tensor that is made by hand has no recipe: the gradient ends here."""
    return Tensor(np.maximum(x.array, 0))


def matmul2d_back0__no_transpose(grad_out, out, x, y):
    """y was not transposed. Only where all matrices are square do these shapes fit at all."""
    return like(grad_out @ y, x)


def matmul2d_back0__exchanged(grad_out, out, x, y):
    """That is the gradient of y: the two functions are exchanged."""
    return like(x.T @ grad_out, x)


def matmul2d_back1__wrong_order(grad_out, out, x, y):
    """The factors stand in the wrong order: what came out is the transpose of what is asked."""
    return like(grad_out.T @ x, y)


def matmul2d_back0__elementwise(grad_out, out, x, y):
    """The factors were multiplied entry by entry; each entry of x meets a whole row of the upstream gradient."""
    return like(grad_out * y.T, x)


def getitem_back__lost_repeats(grad_out, out, x, index):
    """A place that was picked twice got only one of its gradients: with an index array neither = nor += counts a place twice."""
    grad = like(np.zeros(x.shape), x)
    grad[coerce_index(index)] += grad_out
    return grad


def getitem_back__assigns(grad_out, out, x, index):
    """The gradients were assigned, not added: of those for the same place only the last is left."""
    grad = like(np.zeros(x.shape), x)
    grad[coerce_index(index)] = grad_out
    return grad


def getitem_back__not_zero(grad_out, out, x, index):
    """Places that were not picked have a gradient other than zero, although moving them moves nothing."""
    grad = like(x.copy(), x).copy()
    np.add.at(grad, coerce_index(index), grad_out)
    return grad


def coerce_index__boxed(index):
    """A Tensor that is the whole index, and in no tuple, was not unboxed."""
    return tuple(coerce_index(item) for item in index) if isinstance(index, tuple) else index


def coerce_index__bare_only(index):
    """A Tensor inside a tuple of indices was not unboxed."""
    return index.array if isinstance(index, Tensor) else index


def add___new_array(x, other, alpha=1.0):
    """x got a new array: whoever shares the old one sees nothing of the change."""
    x.array = (x.array + alpha * getattr(other, "array", other)).astype(x.array.dtype)
    return x


def add___alpha(x, other, alpha=1.0):
    """alpha made no difference."""
    x.array += getattr(other, "array", other)
    return x


def add___recorded(x, other, alpha=1.0):
    """A recipe was written, or requires_grad was changed: what happens in place goes past the log book."""
    before = Tensor(x.array.copy(), requires_grad=x.requires_grad)
    made = before * 1.0 + (other if isinstance(other, Tensor) else float(other)) * alpha
    x.array += np.asarray(alpha * getattr(other, "array", other), x.array.dtype)
    x.recipe, x.requires_grad = made.recipe, made.requires_grad
    return x


def add___returns_none(x, other, alpha=1.0):
    """x itself must come back, so that calls can be chained, and so that += works."""
    x.array += np.asarray(alpha * getattr(other, "array", other), x.array.dtype)


def sub___sign(x, other, alpha=1.0):
    """sub_ has added."""
    return add_(x, other, alpha)


def sub___alpha(x, other, alpha=1.0):
    """sub_ subtracts the other tensor whole: alpha made no difference."""
    return add_(x, other, -1.0)


def argmax__requires(x, dim=None, keepdim=False):
    """The result requires grad, but a place jumps or stays where it is: there is no slope to send anything along."""
    return wrap_forward_fn(_argmax)(x, dim=dim, keepdim=keepdim)


def argmax__keepdim_lost(x, dim=None, keepdim=False):
    """keepdim did not reach the function that does the work."""
    return wrap_forward_fn(_argmax, is_differentiable=False)(x, dim=dim)


def argmax__unboxed(x, dim=None, keepdim=False):
    """A bare array came back, and a Tensor is asked."""
    return _argmax(x.array, dim, keepdim)


def _argmax__values(x, dim=None, keepdim=False):
    """That is the largest value; its place is asked."""
    return np.max(x, axis=dim, keepdims=keepdim)


def _argmax__keepdim(x, dim=None, keepdim=False):
    """keepdim was ignored: the axis is gone."""
    return np.asarray(np.argmax(x, axis=dim))


def _argmax__axis(x, dim=None, keepdim=False):
    """You looked along the wrong axis: dim is the one that the search walks along, and the one that goes."""
    if dim is None:
        return np.asarray(np.argmax(x)).reshape([1] * x.ndim if keepdim else ())
    return np.argmax(x, axis=x.ndim - 1 - dim % x.ndim, keepdims=keepdim)


def _argmax__none_keepdim(x, dim=None, keepdim=False):
    """With dim None and keepdim the result has lost its axes: it should have as many as x, all of size one."""
    return np.asarray(np.argmax(x)) if dim is None else np.argmax(x, axis=dim, keepdims=keepdim)


def eq__requires(x, y):
    """The result of eq requires grad, but true and false have no slope."""
    return wrap_forward_fn(np.equal)(x, y)


def eq__whole(x, y):
    """One truth value came back for all entries together; each entry is to be compared."""
    arrays = [getattr(side, "array", side) for side in (x, y)]
    return Tensor(np.asarray(np.array_equal(*arrays)))


_NO_GRAD_SWITCH = NoGrad.__exit__.__globals__  # where `grad_tracking_enabled` stands


class NoGrad__always_on(NoGrad):
    """On leaving the switch was turned on, although it was off before."""

    def __exit__(self, *exception):
        _NO_GRAD_SWITCH["grad_tracking_enabled"] = True


class NoGrad__swallows(NoGrad):
    """The exception inside the block vanished: what does Python do with a true value from `__exit__`?"""

    def __exit__(self, *exception):
        super().__exit__(*exception)
        return True


class NoGrad__local(NoGrad):
    """Inside the block things were recorded all the same: a local name was set, and the switch of the module did not move."""

    def __enter__(self):
        self.was_enabled = _NO_GRAD_SWITCH["grad_tracking_enabled"]
        grad_tracking_enabled = False  # noqa: F841  # this is the mistake
        return self

    def __exit__(self, *exception):
        grad_tracking_enabled = self.was_enabled  # noqa: F841


class NoGrad__never_back(NoGrad):
    """After the block nothing is recorded any more: the switch stayed off."""

    def __exit__(self, *exception):
        return None


def quiz_tie__a():
    """Both up by t raises the maximum by t. With shares of one each, the gradient promises 2t."""
    return "a"


def quiz_tie__b():
    """The maximum does rise when both rise, and with shares of zero nobody is told."""
    return "b"


def quiz_tie__d():
    """(1, 0) is consistent, but it is not the only choice that is: (0, 1) is another, and there are more."""
    return "d"


def quiz_inplace__a():
    """That would be so if the recipe kept a copy of b. It keeps the very array that b has."""
    return "a"


def quiz_inplace__c():
    """torch would notice, since it counts how often an array was written to. Nobody counts in our machine."""
    return "c"


def quiz_inplace__d():
    """2 is the slope of a * b in b; the gradient of a is asked."""
    return "d"


def quiz_nograd__a():
    """That would be the slope of w³. But how y came from w was not recorded: for z, y is a constant."""
    return "a"


def quiz_nograd__c():
    """z was made after the block, and w requires grad: z was recorded, and backward works."""
    return "c"


def quiz_nograd__d():
    """z is y times w. Which of its two factors is a constant? One of them alone can be moved, so only one term remains."""
    return "d"


def quiz_einsum_swap__a():
    """The letters of the result are turned round: a gradient has the axes of what it is for, in their order."""
    return "a"


def quiz_einsum_swap__b():
    """With Q on the left, that is the gradient of P."""
    return "b"


def quiz_einsum_swap__d():
    """P is missing: how strongly y follows Q depends on P."""
    return "d"


def _others_of(terms, out, operands, grad_out, n):
    """Terms and tensors of a backward pattern: the upstream gradient in the place of operand n."""
    return [*terms[:n], out, *terms[n + 1 :]], [*operands[:n], grad_out, *operands[n + 1 :]]


def _split_pattern(equation):
    left, out = equation.replace(" ", "").split("->")
    return left.split(","), out


def einsum_back__permute_only(equation, grad_out, *operands):
    """The terms changed places, and that was all. A letter that only this operand has stands nowhere on the left then."""
    terms, out = _split_pattern(equation)
    grads = []
    for n, term in enumerate(terms):
        others, tensors = _others_of(terms, out, operands, grad_out, n)
        grads.append(t.einsum(f"{','.join(others)}->{term}", *tensors))
    return tuple(grads)


def _einsum_by_eye(equation, grad_out, operands, missing, diagonal=True):
    """Right with `missing` 1: ones for the letters that no other term has, unit matrices for repeated ones."""
    terms, out = _split_pattern(equation)
    grads = []
    for n, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        others, tensors = _others_of(terms, out, operands, grad_out, n)
        fresh = dict(enumerate(letter for letter in string.ascii_uppercase))
        for axis, (letter, size) in enumerate(zip(term, operand.shape, strict=True)):
            alone = not any(letter in other for other in others)
            repeated = letter in term[:axis]
            first = letter if not repeated else fresh[term.index(letter)]
            if not repeated:
                tensors.append(t.full((size,), missing(size) if alone else 1.0, dtype=operand.dtype))
                others.append(letter)
            unit = t.eye(size, dtype=operand.dtype) if diagonal or not repeated else t.ones(size, size, dtype=operand.dtype)
            tensors.append(unit)
            others.append(first + fresh[axis])
        grads.append(t.einsum(f"{','.join(others)}->{''.join(fresh[axis] for axis in range(len(term)))}", *tensors))
    return tuple(grads)


def einsum_back__scaled(equation, grad_out, *operands):
    """The gradient was divided by the number of summed entries: that would be right for a mean. Here a sum goes forward."""
    return _einsum_by_eye(equation, grad_out, operands, lambda size: 1.0 / size)


def einsum_back__diagonal(equation, grad_out, *operands):
    """Of an operand with a repeated letter only the diagonal took part forward, and here other places get a gradient too."""
    return _einsum_by_eye(equation, grad_out, operands, lambda size: 1.0, diagonal=False)


def einsum_back__pair_only(equation, grad_out, *operands):
    """With three operands, the other two both belong in the pattern, and here one of them was left out."""
    terms, out = _split_pattern(equation)
    if len(terms) < 3:
        return _einsum_by_eye(equation, grad_out, operands, lambda size: 1.0)
    grads = []
    for n, operand in enumerate(operands):
        partner = (n + 1) % len(terms)
        pair = f"{terms[n]},{terms[partner]}->{out}"
        known = all(letter in terms[n] + terms[partner] for letter in out)
        made = _einsum_by_eye(pair, grad_out, (operand, operands[partner]), lambda size: 1.0) if known else (t.zeros_like(operand),)
        grads.append(made[0])
    return tuple(grads)


def einsum_back__transposed(equation, grad_out, *operands):
    """The axes of a gradient came in another order than the operand's own letters say."""
    grads = _einsum_by_eye(equation, grad_out, operands, lambda size: 1.0)
    return tuple(grad.permute(*range(grad.ndim)[::-1]) for grad in grads)


def _conv_parts(dL_dY, x, weights):  # as in the exercise
    places = t.arange(dL_dY.shape[2])[:, None] + t.arange(weights.shape[2])
    in_weights = t.einsum("bno,biok->nik", dL_dY, x[:, :, places])
    return places, t.einsum("bno,nik->biok", dL_dY, weights), in_weights


def conv1d_minimal_back__lost_overlaps(dL_dY, x, weights):
    """Windows overlap, so a place in the middle gets several contributions, and only one of them arrived."""
    places, in_windows, in_weights = _conv_parts(dL_dY, x, weights)
    in_x = t.zeros_like(x)
    for window, row in enumerate(places):
        in_x[:, :, row] = in_windows[:, :, window]
    return in_x, in_weights


def conv1d_minimal_back__edges(dL_dY, x, weights):
    """Right in the middle and wrong at both ends: a place near an edge is in fewer windows than one in the middle."""
    places, in_windows, in_weights = _conv_parts(dL_dY, x, weights)
    in_x = t.zeros_like(x).index_add(2, places.flatten(), in_windows.flatten(2))
    width, size = x.shape[2], weights.shape[2]
    counts = t.bincount(places.flatten(), minlength=width)
    return in_x * min(size, width - size + 1) / counts, in_weights


def conv1d_minimal_back__flipped(dL_dY, x, weights):
    """The kernel was turned round: entry k of a window was multiplied by entry k of the kernel, on the way back too."""
    places, _, in_weights = _conv_parts(dL_dY, x, weights)
    in_windows = t.einsum("bno,nik->biok", dL_dY, weights.flip(2))
    return t.zeros_like(x).index_add(2, places.flatten(), in_windows.flatten(2)), in_weights


def conv1d_minimal_back__unsummed_batch(dL_dY, x, weights):
    """The gradient of the weights still has an axis for the batch: every example used the same weights, and all of them count."""
    places, in_windows, _ = _conv_parts(dL_dY, x, weights)
    in_x = t.zeros_like(x).index_add(2, places.flatten(), in_windows.flatten(2))
    return in_x, t.einsum("bno,biok->bnik", dL_dY, x[:, :, places])


def conv1d_minimal_back__exchanged(dL_dY, x, weights):
    """The two gradients came in the wrong order: the one in x first, then the one in the weights."""
    places, in_windows, in_weights = _conv_parts(dL_dY, x, weights)
    return in_weights, t.zeros_like(x).index_add(2, places.flatten(), in_windows.flatten(2))

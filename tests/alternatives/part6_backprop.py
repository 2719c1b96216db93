"""Right answers to part 6, written in other ways: the tests accept every one of them."""
# ruff: noqa: N801  # an answer is called after what it replaces; its arguments as in the exercise

import itertools
from collections import deque

import einops
import numpy as np
import torch as t
from part6_backprop import (
    BACK_FUNCS,
    BackwardFuncLookup,
    NoGrad,
    Recipe,
    Tensor,
    _argmax,
    like,
    log,
    log_back,
    maximum,
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


def log_back__reciprocal(grad_out, out, x):
    return (grad_out * x.astype(grad_out.dtype) ** -1).astype(grad_out.dtype)


def log_back__by_output(grad_out, out, x):
    return like(grad_out * np.exp(-out), x)


def log_back__loop(grad_out, out, x):
    grad = like(np.zeros(x.shape), x)
    for place in np.ndindex(x.shape):
        grad[place] = grad_out[place] / x[place]
    return grad


def unbroadcast__two_loops(broadcasted, original):
    while broadcasted.ndim > original.ndim:
        broadcasted = np.asarray(broadcasted.sum(axis=0))
    for axis, size in enumerate(original.shape):
        if size == 1:
            broadcasted = broadcasted.sum(axis=axis, keepdims=True)
    return broadcasted


def unbroadcast__adding(broadcasted, original):
    total = np.zeros(original.shape, broadcasted.dtype)
    shape = (1,) * (broadcasted.ndim - original.ndim) + original.shape
    for place in np.ndindex(broadcasted.shape):
        at = tuple(0 if size == 1 else n for n, size in zip(place, shape, strict=True))
        total[at[broadcasted.ndim - original.ndim :]] += broadcasted[place]
    return total


def unbroadcast__einops(broadcasted, original):
    new = broadcasted.ndim - original.ndim
    names = [f"a{n}" for n in range(broadcasted.ndim)]
    kept = [
        name if size != 1 or broadcasted.shape[new + n] == 1 else "1"
        for n, (name, size) in enumerate(zip(names[new:], original.shape, strict=True))
    ]
    return np.asarray(einops.reduce(np.asarray(broadcasted), f"{' '.join(names)} -> {' '.join(kept)}", "sum"))


def multiply_back0__loop(grad_out, out, x, y):
    products = np.broadcast_to(y, out.shape) * grad_out
    return like(unbroadcast(np.asarray(products, np.float64), x), x)


def multiply_back1__loop(grad_out, out, x, y):
    products = np.broadcast_to(x, out.shape) * grad_out
    return like(unbroadcast(np.asarray(products, np.float64), y), y)


def multiply_back0__wide(grad_out, out, x, y):
    wide = np.multiply(grad_out, y, dtype=np.float64)
    return unbroadcast(wide, x).astype(x.dtype if x.dtype.kind == "f" else "float32")


def multiply_back1__wide(grad_out, out, x, y):
    return multiply_back0__wide(grad_out, out, y, x)


def multiply_back1__turned(grad_out, out, x, y):
    return multiply_back0(grad_out, out, y, x)


def numerical_back__flat(f, grad_out, args, argnum, h=1e-5):
    args = list(args)
    args[argnum] = moved = np.array(args[argnum], dtype="float64")
    flat, grads = moved.reshape(-1), []
    for n, kept in enumerate(flat.tolist()):
        flat[n] = kept + h
        above = np.vdot(grad_out, f(*args))
        flat[n] = kept - h
        grads.append((above - np.vdot(grad_out, f(*args))) / (2 * h))
        flat[n] = kept
    return np.array(grads, dtype="float64").reshape(moved.shape)


def numerical_back__list(f, grad_out, args, argnum, h=1e-5):
    x = np.asarray(args[argnum], dtype="float64")
    steps = np.eye(x.size).reshape(x.size, *x.shape) * h

    def at(moved):
        return f(*(moved if n == argnum else arg for n, arg in enumerate(args)))

    differences = [(grad_out * (at(x + step) - at(x - step))).sum() for step in steps]
    return np.reshape(np.array(differences, "float64") / (2 * h), x.shape)


def forward_and_back__one_line_each(a, b, c):
    d, e = a * b, np.log(c)
    at_f = log_back(np.ones_like(d * e), np.log(d * e), d * e)
    at_d, at_e = multiply_back0(at_f, d * e, d, e), multiply_back1(at_f, d * e, d, e)
    return (multiply_back0(at_d, d, a, b), multiply_back1(at_d, d, a, b), log_back(at_e, e, c))


def forward_and_back__by_formula(a, b, c):
    ones = np.ones(np.broadcast_shapes(a.shape, b.shape, c.shape), a.dtype)
    return unbroadcast(ones / a, a), unbroadcast(ones / b, b), unbroadcast(ones / (c * np.log(c)), c)


class Recipe__by_hand:
    __slots__ = ("args", "func", "kwargs", "parents")

    def __init__(self, func, args, kwargs, parents):
        for name, value in zip(("func", "args", "kwargs", "parents"), (func, args, kwargs, parents), strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name, value):
        raise AttributeError(f"{name} cannot be set")


class Recipe__properties:
    __slots__ = ("_fields",)

    def __init__(self, func, args, kwargs, parents):
        self._fields = (func, args, kwargs, parents)

    func = property(lambda self: self._fields[0])
    args = property(lambda self: self._fields[1])
    kwargs = property(lambda self: self._fields[2])
    parents = property(lambda self: self._fields[3])


class BackwardFuncLookup__nested:
    def __init__(self):
        self.table = {}

    def add_back_func(self, forward_fn, arg_position, backward_fn):
        self.table.setdefault(forward_fn, {})[arg_position] = backward_fn

    def get_back_func(self, forward_fn, arg_position):
        try:
            return self.table[forward_fn][arg_position]
        except KeyError:
            raise KeyError((getattr(forward_fn, "__name__", "a function"), arg_position)) from None


class BackwardFuncLookup__list:
    def __init__(self):
        self.rows = []

    def add_back_func(self, forward_fn, arg_position, backward_fn):
        self.rows.insert(0, (forward_fn, arg_position, backward_fn))

    def get_back_func(self, forward_fn, arg_position):
        for fn, position, backward_fn in self.rows:
            if fn is forward_fn and position == arg_position:
                return backward_fn
        raise KeyError(f"{forward_fn!r}, position {arg_position}")


class Tensor__slots:
    __slots__ = ("array", "grad", "recipe", "requires_grad")

    def __init__(self, array, requires_grad=False):
        while not isinstance(array, np.ndarray):
            array = getattr(array, "array", None) if hasattr(array, "requires_grad") else np.array(array)
        self.array = array if array.dtype != "float64" else np.float32(array).reshape(array.shape)
        self.requires_grad, self.grad, self.recipe = requires_grad, None, None

    shape = property(lambda self: self.array.shape)
    ndim = property(lambda self: len(self.array.shape))
    is_leaf = property(lambda self: self.recipe is None or not self.requires_grad)

    def item(self):
        (value,) = self.array.ravel().tolist()
        return value

    def __len__(self):
        return len(self.array)

    def __bool__(self):
        if self.array.size == 1:
            return bool(self.item())
        raise RuntimeError("no truth value")

    __hash__ = object.__hash__

    def __eq__(self, other):
        raise TypeError("not yet")

    def __repr__(self):
        return f"Tensor({self.array}, requires_grad={self.requires_grad})".replace(str(self.array), repr(self.array), 1)


class Tensor__derived(Tensor):
    def __init__(self, array, requires_grad=False):
        super().__init__(array)
        self.requires_grad = bool(requires_grad)

    @property
    def is_leaf(self):
        made = self.recipe is not None
        return not made or not self.requires_grad


def log_forward__early_return(x):
    result = Tensor(np.log(x.array))
    if not grad_tracking_enabled or not x.requires_grad:
        return result
    result.recipe = Recipe(func=np.log, args=(x.array,), kwargs={}, parents={0: x})
    result.requires_grad = True
    return result


def log_forward__flag_first(x):
    wanted = x.requires_grad and grad_tracking_enabled
    out = Tensor(np.log(x.array), requires_grad=wanted)
    out.recipe = Recipe(np.log, (x.array,), {}, {0: x}) if wanted else None
    return out


def multiply_forward__branches(a, b):
    left, right = isinstance(a, Tensor), isinstance(b, Tensor)
    assert left or right
    x, y = a.array if left else a, b.array if right else b
    parents = {}
    if left:
        parents[0] = a
    if right:
        parents[1] = b
    wanted = grad_tracking_enabled and any(p.requires_grad for p in parents.values())
    out = Tensor(x * y, wanted)
    if wanted:
        out.recipe = Recipe(np.multiply, (x, y), {}, parents)
    return out


def multiply_forward__or(a, b):
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        raise AssertionError("a Tensor is needed")
    raw = getattr(a, "array", a), getattr(b, "array", b)
    out = Tensor(np.asarray(np.multiply(*raw)))
    out.requires_grad = grad_tracking_enabled and (getattr(a, "requires_grad", False) or getattr(b, "requires_grad", False))
    if out.requires_grad:
        out.recipe = Recipe(np.multiply, raw, {}, {n: each for n, each in enumerate((a, b)) if hasattr(each, "recipe")})
    return out


def wrap_forward_fn__loop(numpy_func, is_differentiable=True):
    def on_tensors(*args, **kwargs):
        raw, parents, wanted = [], {}, False
        for n, arg in enumerate(args):
            if not isinstance(arg, Tensor):
                raw.append(arg)
                continue
            raw.append(arg.array)
            parents[n] = arg
            wanted = wanted or arg.requires_grad
        out = Tensor(np.asarray(numpy_func(*raw, **kwargs)), requires_grad=wanted and is_differentiable and grad_tracking_enabled)
        out.recipe = Recipe(numpy_func, tuple(raw), dict(kwargs), parents) if out.requires_grad else None
        return out

    return on_tensors


class wrap_forward_fn__callable_object:
    def __init__(self, numpy_func, is_differentiable=True):
        self.func, self.differentiable = numpy_func, is_differentiable

    def __call__(self, *args, **kwargs):
        parents = dict(filter(lambda pair: isinstance(pair[1], Tensor), enumerate(args)))
        raw = tuple(parents[n].array if n in parents else arg for n, arg in enumerate(args))
        out = Tensor(self.func(*raw, **kwargs))
        if all([grad_tracking_enabled, self.differentiable, any(p.requires_grad for p in parents.values())]):
            out.requires_grad, out.recipe = True, Recipe(self.func, raw, kwargs, parents)
        return out


def topological_sort__twice_on_the_stack(root, get_children):
    order, states, stack = [], {}, [root]
    while stack:
        node = stack[-1]
        if id(node) not in states:
            states[id(node)] = "open"
            for child in get_children(node):
                if states.get(id(child)) == "open":
                    raise ValueError("a cycle")
                if id(child) not in states:
                    stack.append(child)
            continue
        stack.pop()
        if states[id(node)] == "open":
            states[id(node)] = "done"
            order.append(node)
    return order


def topological_sort__counting_parents(root, get_children):
    nodes, waiting = {id(root): (root, list(get_children(root)))}, [root]
    while waiting:
        for child in nodes[id(waiting.pop())][1]:
            if id(child) not in nodes:
                nodes[id(child)] = (child, list(get_children(child)))
                waiting.append(child)
    parents = dict.fromkeys(nodes, 0)
    for _, children in nodes.values():
        for child in children:
            parents[id(child)] += 1
    free, order = deque(node for key, (node, _) in nodes.items() if parents[key] == 0), []
    while free:
        node = free.popleft()
        order.insert(0, node)
        for child in nodes[id(node)][1]:
            parents[id(child)] -= 1
            if parents[id(child)] == 0:
                free.append(child)
    if len(order) < len(nodes):
        raise ValueError("there is a cycle")
    return order


def sorted_computational_graph__reversed_iterator(tensor):
    def children(node):
        return node.recipe.parents.values() if node.recipe else ()

    return list(reversed(topological_sort(tensor, lambda node: list(children(node)))))


def sorted_computational_graph__own_stack(tensor):
    order, finished, stack = deque(), set(), [(tensor, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            if node not in finished:
                finished.add(node)
                order.appendleft(node)
        elif node not in finished:
            stack.append((node, True))
            stack += [(parent, False) for parent in (node.recipe.parents if node.recipe else {}).values() if parent not in finished]
    return list(order)


def backprop__by_id(end_node, end_grad=None):
    if not end_node.requires_grad:
        raise RuntimeError("it does not require grad")
    start = np.ones(end_node.shape) if end_grad is None else end_grad.array
    grads = {id(end_node): np.array(start, like(start, end_node.array).dtype)}
    for node in sorted_computational_graph(end_node):
        grad = grads.pop(id(node), None)
        if grad is None or not node.requires_grad:
            continue
        if node.recipe is None:
            node.grad = Tensor(np.array(grad) if node.grad is None else np.add(node.grad.array, grad))
            continue
        for place, parent in node.recipe.parents.items():
            if not parent.requires_grad:
                continue
            more = BACK_FUNCS.get_back_func(node.recipe.func, place)(grad, node.array, *node.recipe.args, **node.recipe.kwargs)
            grads[id(parent)] = np.array(more) if id(parent) not in grads else grads[id(parent)] + more


def backprop__collected(end_node, end_grad=None):
    arrived = {end_node: [like(end_grad.array if end_grad is not None else np.ones(end_node.shape), end_node.array)]}
    for node in filter(lambda one: one.requires_grad, sorted_computational_graph(end_node)):
        grad = np.sum(np.stack(arrived.get(node, [np.zeros(node.shape, "float32")])), axis=0)
        if node.is_leaf:
            node.grad = Tensor(grad + (node.grad.array if node.grad is not None else np.float32(0)))
        else:
            for place, parent in node.recipe.parents.items():
                if parent.requires_grad:
                    back = BACK_FUNCS.get_back_func(node.recipe.func, place)
                    arrived.setdefault(parent, []).append(back(grad, node.array, *node.recipe.args, **node.recipe.kwargs))


_ASKED_FOR_BY_TESTS = (BackwardFuncLookup, log, multiply, wrap_forward_fn)


def _by_autograd(forward, argnum, grad_out, *args):
    """torch's gradient of `forward` in one argument, as an array of that argument's dtype."""
    tensors = [t.tensor(np.asarray(arg, np.float64), requires_grad=True) for arg in args]
    forward(*tensors).backward(t.tensor(np.asarray(grad_out, np.float64)))
    return like(tensors[argnum].grad.numpy(), args[argnum])


def negative_back__subtract(grad_out, out, x):
    return np.subtract(0, like(grad_out, x))


def negative_back__times(grad_out, out, x):
    return like(np.multiply(grad_out, -1.0), x)


def exp_back__loop(grad_out, out, x):
    grad = like(np.zeros(x.shape), x)
    for place in np.ndindex(x.shape):
        grad[place] = grad_out[place] * out[place]
    return grad


def exp_back__einsum(grad_out, out, x):
    return like(np.einsum("...,...->...", grad_out, out), x)


def reshape_back__flat_iterator(grad_out, out, x, new_shape):
    grad = like(np.zeros(x.shape), x).copy()
    grad.flat = np.ravel(grad_out)
    return grad


def reshape_back__torch(grad_out, out, x, new_shape):
    return _by_autograd(lambda x: x.reshape(new_shape), 0, grad_out, x)


def permute_back__places(grad_out, out, x, axes=None):
    order = list(range(x.ndim))[::-1] if axes is None else [axis % x.ndim for axis in axes]
    inverse = [order.index(axis) for axis in range(x.ndim)]
    return like(grad_out.transpose(inverse), x)


def permute_back__moved_numbers(grad_out, out, x, axes=None):
    grad = like(np.zeros(x.shape), x).copy()
    np.transpose(grad, axes)[...] = grad_out
    return grad


def permute_back__torch(grad_out, out, x, axes=None):
    order = tuple(range(x.ndim))[::-1] if axes is None else axes
    return _by_autograd(lambda x: x.permute(order), 0, grad_out, x)


def reverse_axes__explicit(x):
    return permute(x, tuple(range(x.ndim))[::-1])


def reverse_axes__negative(x):
    return permute(x, tuple(-1 - axis for axis in range(x.ndim)))


def _expand__ones(x, new_shape):
    new = len(new_shape) - x.ndim
    if new < 0 or any(size == -1 for size in new_shape[:new]):
        raise ValueError("it does not fit")
    wanted = tuple(x.shape[n - new] if size == -1 else size for n, size in enumerate(new_shape))
    if any(old not in (1, size) for old, size in zip(x.shape, wanted[new:], strict=True)):
        raise ValueError("it does not fit")
    return x * np.ones(wanted, x.dtype)


def _expand__torch(x, new_shape):
    try:
        return t.from_numpy(np.ascontiguousarray(x)).expand(new_shape).numpy() if x.ndim else np.full(new_shape, x)
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def expand_back__sums(grad_out, out, x, new_shape):
    grad = np.asarray(grad_out)
    while grad.ndim > x.ndim:
        grad = grad.sum(axis=0)
    for axis, size in enumerate(x.shape):
        if size == 1:
            grad = np.sum(grad, axis=axis, keepdims=True)
    return like(grad, x)


def expand_back__torch(grad_out, out, x, new_shape):
    return _by_autograd(lambda x: x.expand(new_shape), 0, grad_out, x)


def sum_back__ones(grad_out, out, x, dim=None, keepdim=False):
    shape = np.sum(x, axis=dim, keepdims=True).shape
    return like(np.reshape(grad_out, shape) * np.ones(x.shape), x)


def sum_back__einsum(grad_out, out, x, dim=None, keepdim=False):
    summed = set(range(x.ndim)) if dim is None else {axis % x.ndim for axis in np.ravel(dim).astype(int)}
    rest = [axis for axis in range(x.ndim) if axis not in summed]
    flat = np.reshape(grad_out, [x.shape[axis] for axis in rest])
    return like(np.einsum(flat, rest, np.ones(x.shape), list(range(x.ndim)), list(range(x.ndim))), x)


def add_back0__torch(grad_out, out, x, y):
    return _by_autograd(t.add, 0, grad_out, x, y)


def add_back1__torch(grad_out, out, x, y):
    return _by_autograd(t.add, 1, grad_out, x, y)


def subtract_back0__torch(grad_out, out, x, y):
    return _by_autograd(t.sub, 0, grad_out, x, y)


def subtract_back1__torch(grad_out, out, x, y):
    return _by_autograd(t.sub, 1, grad_out, x, y)


def true_divide_back0__torch(grad_out, out, x, y):
    return _by_autograd(t.div, 0, grad_out, x, y)


def true_divide_back1__torch(grad_out, out, x, y):
    return _by_autograd(t.div, 1, grad_out, x, y)


def add_back0__from_the_others(grad_out, out, x, y):
    return subtract_back0__from_the_others(grad_out, out, x, y)


def add_back1__from_the_others(grad_out, out, x, y):
    return add_back0__from_the_others(grad_out, out, y, x)


def subtract_back0__from_the_others(grad_out, out, x, y):
    return like(unbroadcast(grad_out, x), x)


def subtract_back1__from_the_others(grad_out, out, x, y):
    return -add_back1__from_the_others(grad_out, out, x, y)


def true_divide_back0__from_the_others(grad_out, out, x, y):
    return like(unbroadcast(grad_out * np.reciprocal(np.asarray(y, float)), x), x)


def true_divide_back1__from_the_others(grad_out, out, x, y):
    return like(unbroadcast(-(grad_out * x) / (y * y), y), y)


def maximum_back0__torch(grad_out, out, x, y):
    return _by_autograd(t.maximum, 0, grad_out, x, y)


def maximum_back1__torch(grad_out, out, x, y):
    return _by_autograd(t.maximum, 1, grad_out, x, y)


def maximum_back0__where(grad_out, out, x, y):
    share = np.where(np.equal(x, y), 0.5, np.where(np.greater(x, y), 1.0, 0.0))
    return like(unbroadcast(grad_out * share, x), x)


def maximum_back1__where(grad_out, out, x, y):
    share = np.where(np.equal(x, y), 0.5, np.where(np.less(x, y), 1.0, 0.0))
    return like(unbroadcast(grad_out * share, y), y)


def relu__swapped(x):
    return maximum(0, x)


def relu__mask(x):
    return multiply(x, (x.array > 0).astype(x.array.dtype))


def matmul2d_back0__einsum(grad_out, out, x, y):
    return like(np.einsum("nk,mk->nm", grad_out, y), x)


def matmul2d_back1__einsum(grad_out, out, x, y):
    return like(np.einsum("nk,nm->mk", grad_out, x), y)


def matmul2d_back0__transposes(grad_out, out, x, y):
    return like((y @ grad_out.T).T, x)


def matmul2d_back1__transposes(grad_out, out, x, y):
    return like((grad_out.T @ x).T, y)


def coerce_index__loop(index):
    if not isinstance(index, tuple):
        return coerce_index__loop((index,))[0]
    items = []
    for item in index:
        items.append(np.asarray(item.array) if isinstance(item, Tensor) else item)
    return tuple(items)


def getitem_back__loop(grad_out, out, x, index):
    numbers = np.arange(x.size).reshape(x.shape)[coerce_index__loop(index)]
    grad = like(np.zeros(x.size), x)
    for number, part in zip(np.ravel(numbers), np.ravel(grad_out), strict=True):
        grad[number] += part
    return grad.reshape(x.shape)


def getitem_back__one_hot(grad_out, out, x, index):
    numbers = np.ravel(np.arange(x.size).reshape(x.shape)[coerce_index__loop(index)])
    chosen = numbers[:, None] == np.arange(x.size)
    return like((np.ravel(grad_out) @ chosen.astype(float)).reshape(x.shape), x)


def add___in_place_operator(x, other, alpha=1.0):
    step = np.asarray(alpha * (other.array if isinstance(other, Tensor) else other), x.array.dtype)
    x.array += step
    return x


def add___assigned(x, other, alpha=1.0):
    x.array[...] = x.array + alpha * (other.array if isinstance(other, Tensor) else other)
    return x


def sub___assigned(x, other, alpha=1.0):
    x.array[...] = x.array - alpha * (other.array if isinstance(other, Tensor) else other)
    return x


def _argmax__comparison(x, dim=None, keepdim=False):
    if dim is None:
        place = np.flatnonzero(x == np.max(x))[0]
        return np.full((1,) * x.ndim if keepdim else (), place)
    return np.asarray((x == np.max(x, axis=dim, keepdims=True)).argmax(axis=dim, keepdims=keepdim))


def _argmax__numpy_keepdims(x, dim=None, keepdim=False):
    return np.argmax(x, axis=dim, keepdims=keepdim)


def argmax__by_hand(x, dim=None, keepdim=False):
    return Tensor(_argmax(x.array, dim, keepdim))


def eq__by_hand(x, y):
    return Tensor(np.asarray(np.equal(*(side.array if isinstance(side, Tensor) else side for side in (x, y)))))


def eq__lambda(x, y):
    return wrap_forward_fn(lambda one, other: one == other, is_differentiable=False)(x, y)


_SWITCH_OF_ALTERNATIVES = NoGrad.__exit__.__globals__  # where `grad_tracking_enabled` stands


class NoGrad__fresh:
    def __init__(self):
        self.was_enabled = _SWITCH_OF_ALTERNATIVES["grad_tracking_enabled"]

    def __enter__(self):
        self.was_enabled = _SWITCH_OF_ALTERNATIVES["grad_tracking_enabled"]
        _SWITCH_OF_ALTERNATIVES["grad_tracking_enabled"] = False
        return self

    def __exit__(self, kind, error, trace):
        _SWITCH_OF_ALTERNATIVES["grad_tracking_enabled"] = self.was_enabled
        return False


class NoGrad__without_self(NoGrad):
    def __enter__(self):
        super().__enter__()


def einsum_back__units(equation, grad_out, *operands):
    left, out = equation.replace(" ", "").split("->")
    terms = left.split(",")
    grads = []
    for n, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        fresh = "ABCDEFGH"[: len(term)]
        others = [*terms[:n], *terms[n + 1 :], out, *(a + b for a, b in zip(term, fresh, strict=True))]
        units = [t.eye(size, dtype=operand.dtype) for size in operand.shape]
        grads.append(t.einsum(f"{','.join(others)}->{fresh}", *operands[:n], *operands[n + 1 :], grad_out, *units))
    return tuple(grads)


def einsum_back__entries(equation, grad_out, *operands):
    grads = []
    for n, operand in enumerate(operands):
        grad = t.zeros_like(operand)
        for place in itertools.product(*map(range, operand.shape)):
            one = t.zeros_like(operand)
            one[place] = 1.0
            grad[place] = (t.einsum(equation, *operands[:n], one, *operands[n + 1 :]) * grad_out).sum()
        grads.append(grad)
    return tuple(grads)


def conv1d_minimal_back__loops(dL_dY, x, weights):
    in_x, in_weights = t.zeros_like(x), t.zeros_like(weights)
    for window, k in itertools.product(range(dL_dY.shape[2]), range(weights.shape[2])):
        in_x[:, :, window + k] += dL_dY[:, :, window] @ weights[:, :, k]
        in_weights[:, :, k] += dL_dY[:, :, window].T @ x[:, :, window + k]
    return in_x, in_weights


def conv1d_minimal_back__padded(dL_dY, x, weights):
    size = weights.shape[2]
    wide = t.nn.functional.pad(dL_dY, (size - 1, size - 1)).unfold(2, size, 1)
    in_x = t.einsum("bowk,oik->biw", wide, weights.flip(2))
    return in_x, t.einsum("bop,bipk->oik", dL_dY, x.unfold(2, size, 1))

"""Solutions of the little course."""
# ruff: noqa: N802  # T is called as NumPy calls it

from collections import namedtuple
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

tracking = True
Step = namedtuple("Step", "left word")


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """What made a tensor."""

    func: object
    args: tuple
    kwargs: dict
    parents: dict


class Tensor:
    """Boxes an array."""

    def __init__(self, array, requires_grad=False):
        """Box `array`, as float32 where it is float64."""
        array = array.array if isinstance(array, Tensor) else np.asarray(array)
        self.array = array.astype(np.float32) if array.dtype == np.float64 else array
        self.requires_grad = requires_grad
        self.grad = None
        self.recipe = None

    def __repr__(self):
        """As it is made."""
        return f"Tensor({self.array!r}, requires_grad={self.requires_grad})"

    def __len__(self):
        """Of the first axis."""
        if self.array.ndim == 0:
            raise TypeError("a number has no length")
        return len(self.array)

    def __bool__(self):
        """Of one element."""
        if self.array.size != 1:
            raise RuntimeError("only one element has a truth value")
        return bool(self.array.item())

    def __hash__(self):
        """By identity."""
        return id(self)

    def __eq__(self, other):
        """Elementwise."""
        return Tensor(np.equal(self.array, getattr(other, "array", other)))

    def __iter__(self):
        """Along the first axis."""
        for row in self.array:
            yield Tensor(row)

    def __getitem__(self, index):
        """A part."""
        return getitem(self, index)

    def __add__(self, other):
        """The sum."""
        return add(self, other)

    def __radd__(self, other):
        """The sum."""
        return add(other, self)

    def __sub__(self, other):
        """The difference."""
        return subtract(self, other)

    def __rsub__(self, other):
        """The difference, from a number."""
        return subtract(other, self)

    def __mul__(self, other):
        """The product."""
        return multiply(self, other)

    def __rmul__(self, other):
        """The product."""
        return multiply(other, self)

    def __iadd__(self, other):
        """In place."""
        self.array += getattr(other, "array", other)
        return self

    @property
    def shape(self):
        """As the array's."""
        return self.array.shape

    @property
    def T(self):
        """The axes reversed."""
        return Tensor(self.array.T)

    @property
    def first(self):
        """The first entry."""
        return self.array.flat[0]

    @first.setter
    def first(self, value):
        """Set the first entry."""
        self.array.flat[0] = value

    @property
    def is_leaf(self):
        """Did no recorded operation make it?"""
        return not (self.requires_grad and self.recipe is not None)

    @classmethod
    def zeros(cls, *shape):
        """All zero."""
        return cls(np.zeros(shape, np.float32))

    @staticmethod
    def join(tensors, axis=0):
        """One after the other."""
        return Tensor(np.concatenate([tensor.array for tensor in tensors], axis))

    def item(self):
        """The only element."""
        return self.array.item()


def wrap_forward_fn(numpy_func, is_differentiable=True):
    """Of a NumPy function a function of tensors, which remembers what it did."""

    def forward(*args, **kwargs):
        raw = tuple(arg.array if isinstance(arg, Tensor) else arg for arg in args)
        parents = {place: arg for place, arg in enumerate(args) if isinstance(arg, Tensor)}
        out = Tensor(np.asarray(numpy_func(*raw, **kwargs)))
        if tracking and is_differentiable and any(parent.requires_grad for parent in parents.values()):
            out.requires_grad = True
            out.recipe = Recipe(numpy_func, raw, kwargs, parents)
        return out

    return forward


def _getitem(x, index):
    return x[index]


add, subtract, multiply = (wrap_forward_fn(func) for func in (np.add, np.subtract, np.multiply))
log, getitem = wrap_forward_fn(np.log), wrap_forward_fn(_getitem)


class BackwardFuncLookup:
    """Backward functions by function and place."""

    def __init__(self):
        """Begin empty."""
        self.table = {}

    def add_back_func(self, forward_fn, arg_position, backward_fn):
        """Remember one."""
        self.table[forward_fn, arg_position] = backward_fn

    def get_back_func(self, forward_fn, arg_position):
        """Find one; KeyError names both."""
        if (forward_fn, arg_position) not in self.table:
            name = getattr(forward_fn, "__name__", repr(forward_fn))
            raise KeyError(f"no backward function of {name} for argument {arg_position}")
        return self.table[forward_fn, arg_position]


BACK_FUNCS = BackwardFuncLookup()
BACK_FUNCS.add_back_func(np.add, 0, lambda grad, out, x, y: grad)
BACK_FUNCS.add_back_func(np.add, 1, lambda grad, out, x, y: grad)
BACK_FUNCS.add_back_func(np.multiply, 0, lambda grad, out, x, y: grad * y)
BACK_FUNCS.add_back_func(np.multiply, 1, lambda grad, out, x, y: grad * x)
BACK_FUNCS.add_back_func(np.log, 0, lambda grad, out, x: grad / x)


def topological_sort(root, get_children):
    """All nodes below root, each after its children; ValueError on a cycle."""
    done, opened, order = set(), set(), []
    stack = [(root, None)]
    while stack:
        node, children = stack.pop()
        if id(node) in done:
            continue
        if children is None:
            opened.add(id(node))
            children = iter(get_children(node))
        child = next(children, None)
        if child is None:
            opened.discard(id(node))
            done.add(id(node))
            order.append(node)
            continue
        stack.append((node, children))
        if id(child) in opened:
            raise ValueError("the graph has a cycle")
        if id(child) not in done:
            stack.append((child, None))
    return order


def count_paths(root, get_children):
    """How many ways lead from root to a node without children."""
    children = list(get_children(root))
    return sum(count_paths(child, get_children) for child in children) if children else 1


def backprop(end_node, end_grad=None):
    """Add the gradients of the sum of end_node to the leaves that require grad."""
    grads = {end_node: np.ones_like(end_node.array) if end_grad is None else end_grad.array.copy()}
    parents_of = lambda node: list(node.recipe.parents.values()) if node.recipe else []  # noqa: E731
    for node in reversed(topological_sort(end_node, parents_of)):
        if node not in grads or not node.requires_grad:
            continue
        grad = grads.pop(node)
        if node.is_leaf:
            node.grad = Tensor(grad.copy() if node.grad is None else node.grad.array + grad)
            continue
        recipe = node.recipe
        for place, parent in recipe.parents.items():
            if parent.requires_grad:
                back = BACK_FUNCS.get_back_func(recipe.func, place)
                found = back(grad, node.array, *recipe.args, **recipe.kwargs)
                grads[parent] = grads[parent] + found if parent in grads else found


class NoGrad:
    """Inside, nothing is recorded."""

    def __enter__(self):
        """Switch off, and remember."""
        global tracking
        self.was_enabled, tracking = tracking, False
        return self

    def __exit__(self, kind, error, trace):
        """As it was before."""
        global tracking
        tracking = self.was_enabled


def add_(x, other, alpha=1.0):
    """x += alpha * other, in place."""
    x.array += np.asarray(alpha * getattr(other, "array", other), x.array.dtype)
    return x


class Parameter(Tensor):
    """A tensor that is trained."""

    def __init__(self, tensor, requires_grad=True):
        """On the same array."""
        super().__init__(tensor.array, requires_grad)

    def __repr__(self):
        """Two lines."""
        return f"Parameter containing:\n{super().__repr__()}"


class Module:
    """A layer."""

    def __init__(self):
        """Without anything."""
        self.__dict__["_modules"], self.__dict__["_parameters"] = {}, {}

    def __setattr__(self, key, value):
        """Set, and register."""
        if "_modules" not in self.__dict__:
            raise AttributeError("call super().__init__() first")
        self._modules.pop(key, None)
        self._parameters.pop(key, None)
        if isinstance(value, Parameter):
            self._parameters[key] = value
        elif isinstance(value, Module):
            self._modules[key] = value
        super().__setattr__(key, value)

    def modules(self):
        """The direct ones."""
        yield from self._modules.values()

    def parameters(self, recurse=True):
        """One's own first, then those of submodules, each once."""
        seen = set()
        for found in (self._parameters, *(vars(m)["_parameters"] for m in self._below())) if recurse else (self._parameters,):
            for parameter in found.values():
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield parameter

    def _below(self):
        for module in self._modules.values():
            yield module
            yield from module._below()

    def __call__(self, *args, **kwargs):
        """Forward."""
        return self.forward(*args, **kwargs)

    def forward(self, *args, **kwargs):
        """To be written by the derived class."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __repr__(self):
        """Name and submodules."""
        lines = [f"  ({key}): {module!r}" for key, module in self._modules.items()]
        return "\n".join([type(self).__name__, *lines])


class Linear(Module):
    """x times the transpose of weight, plus bias."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        """Draw the weights."""
        super().__init__()
        rng, scale = np.random.default_rng(seed), in_features**-0.5
        self.weight = Parameter(Tensor(rng.uniform(-scale, scale, (out_features, in_features))))
        self.bias = Parameter(Tensor(rng.uniform(-scale, scale, out_features))) if bias else None

    def forward(self, x):
        """One row for each of x."""
        out = x.array @ self.weight.array.T
        return Tensor(out + self.bias.array if self.bias is not None else out)


class SGD:
    """Steps downhill."""

    def __init__(self, params, lr):
        """Keep the parameters."""
        self.params, self.lr = list(params), lr

    def zero_grad(self):
        """Forget the gradients."""
        for param in self.params:
            param.grad = None

    def step(self):
        """One step."""
        for param in self.params:
            if param.grad is not None:
                add_(param, param.grad, -self.lr)


def train_epoch(model, loader, optimizer):
    """Clear, forward, step for each batch; the mean loss of an example."""
    total, count = 0.0, 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = model(x, labels=y)
        optimizer.step()
        total, count = total + loss * len(x), count + len(x)
    return total / count if count else 0.0


def minibatches(x, batch_size, seed=None):
    """Batches that cover all of x, shuffled with a seed."""
    order = np.arange(len(x)) if seed is None else np.random.default_rng(seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]]


def countdown(start):
    """From start to 1; a number that is sent in is where it goes on; returns how many there were."""
    count, left = 0, start
    while left > 0:
        count += 1
        sent = yield left
        left = left - 1 if sent is None else sent
    return Step(count, "lift-off")


@contextmanager
def borrowed(shelf, name):
    """Take a thing from the shelf, and bring it back; a KeyError inside becomes a LookupError that says so."""
    thing = shelf.pop(name)
    try:
        yield thing
    except KeyError as error:
        raise LookupError(f"lost: {error.args[0]}") from error
    finally:
        shelf[name] = thing


class CycleError(ValueError):
    """Says where the cycle is."""

    def __init__(self, path):
        """Keep the path."""
        super().__init__(f"a cycle of {len(path)}")
        self.path = path

    def length(self):
        """Of the path."""
        return len(self.path)


def refuse_cycle(start, follow):
    """Follow the links from start to None; CycleError with the path where they come back."""
    path, here = [], start
    while here is not None:
        if any(here is one for one in path):
            raise CycleError(path)
        path.append(here)
        here = follow(here)
    return path


def compose(*functions):
    """The functions one after the other, the last one first."""

    def composed(x):
        for function in reversed(functions):
            x = function(x)
        return x

    return composed


def tally(words, counts, *, step=1):
    """Count the words into counts, in place, and empty the list of words."""
    for word in words:
        counts[word] = counts.get(word, 0) + step
    words.clear()
    return np.int64(sum(counts.values()))


def name_parents(tensors, **names):
    """Tensors by name, for those names that are given by place."""
    return {name: tensors[place] for name, place in names.items()}


@dataclass(frozen=True)
class Point:
    """A place."""

    x: int
    y: int = 0

    def __add__(self, other):
        """Sum by coordinates."""
        return Point(self.x + other.x, self.y + other.y)

    def __lt__(self, other):
        """By x, then by y."""
        return (self.x, self.y) < (other.x, other.y)

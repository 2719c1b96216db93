"""Known mistakes of the little course. They build on its solutions, which test_grade_handles.py makes a module of."""
# ruff: noqa: N801  # a mistake is called after what it replaces

from contextlib import contextmanager
from dataclasses import dataclass

import machine
import numpy as np
from machine import SGD, BackwardFuncLookup, CycleError, Linear, Module, NoGrad, Point, Recipe, Tensor

SWITCH = NoGrad.__exit__.__globals__  # where the solutions' functions look for `tracking`


@dataclass(slots=True, eq=False)
class Recipe__mutable:
    """A field could be changed."""

    func: object
    args: tuple
    kwargs: dict
    parents: dict


@dataclass(frozen=True, slots=True)
class Recipe__eq:
    """Comparing two recipes compared their arrays."""

    func: object
    args: tuple
    kwargs: dict
    parents: dict


class Tensor__copies_dtype(Tensor):
    """float64 was kept."""

    def __init__(self, array, requires_grad=False):
        super().__init__(array, requires_grad)
        self.array = np.asarray(getattr(array, "array", array))


class Tensor__truth(Tensor):
    """Two elements have no truth value."""

    def __bool__(self):
        return bool(self.array.any())


class Tensor__hash(Tensor):
    """Equal contents must not share a hash: keys are identities."""

    def __hash__(self):
        return hash(self.array.tobytes())


class Tensor__no_hash(Tensor):
    """A class that defines == has no hash, unless it defines it too."""

    def __eq__(self, other):
        return super().__eq__(other)


class Tensor__no_reflected(Tensor):
    """A number may stand on the left too."""

    __radd__ = None


class Tensor__no_item:
    """There is no item at all."""

    def __init__(self, array, requires_grad=False):
        self.array, self.requires_grad = np.asarray(array), requires_grad
        self.grad = self.recipe = None


def wrap_forward_fn__records_wrapper(numpy_func, is_differentiable=True):
    """The recipe must hold the raw function, or no backward will be found."""

    def forward(*args, **kwargs):
        out = machine.wrap_forward_fn(numpy_func, is_differentiable)(*args, **kwargs)
        if out.recipe is not None:
            out.recipe = Recipe(forward, *(getattr(out.recipe, name) for name in ("args", "kwargs", "parents")))
        return out

    return forward


def wrap_forward_fn__kwargs_lost(numpy_func, is_differentiable=True):
    """Keywords were not remembered."""

    def forward(*args, **kwargs):
        return machine.wrap_forward_fn(lambda *raw: numpy_func(*raw, **kwargs), is_differentiable)(*args)

    return forward


class BackwardFuncLookup__none(BackwardFuncLookup):
    """A missing entry came back as None and will fail far from here."""

    def get_back_func(self, forward_fn, arg_position):
        return self.table.get((forward_fn, arg_position))


class BackwardFuncLookup__silent_message(BackwardFuncLookup):
    """The message does not say what is missing."""

    def get_back_func(self, forward_fn, arg_position):
        try:
            return super().get_back_func(forward_fn, arg_position)
        except KeyError:
            raise KeyError("not found") from None


class BackwardFuncLookup__needs_name(BackwardFuncLookup):
    """Not every function has a name."""

    def get_back_func(self, forward_fn, arg_position):
        name = forward_fn.__name__
        return super().get_back_func(forward_fn, arg_position) if name else None


def topological_sort__reversed(root, get_children):
    """Parents came before their children."""
    return machine.topological_sort(root, get_children)[::-1]


def topological_sort__exponential(root, get_children):
    """Shared nodes were walked again and again."""
    order = []

    def walk(node):
        for child in get_children(node):
            walk(child)
        if all(node is not one for one in order):
            order.append(node)

    walk(root)
    return order


def topological_sort__names(root, get_children):
    """The nodes themselves are asked, not their names."""
    return [node.name for node in machine.topological_sort(root, get_children)]


def topological_sort__compares(root, get_children):
    """Nodes are not to be compared: which node it is, its identity says."""
    order = []

    def walk(node):
        for child in get_children(node):
            walk(child)
        if node not in order:
            order.append(node)

    walk(root)
    return order


def topological_sort__hides(root, get_children):
    """What get_children raises is not yours to hide."""

    def children(node):
        try:
            return get_children(node)
        except Exception:
            return []

    return machine.topological_sort(root, children)


def count_paths__edges(root, get_children):
    """Steps were counted, not ways."""
    return sum(1 + count_paths__edges(child, get_children) for child in get_children(root))


def count_paths__once(root, get_children):
    """Only the first way was followed."""
    return 1


def count_paths__attribute(root, get_children):
    """A name has no children of its own."""
    return len(root.children)


def backprop__overwrites(end_node, end_grad=None):
    """The second path overwrote the first: gradients add."""
    grad = np.ones_like(end_node.array) if end_grad is None else end_grad.array
    if end_node.is_leaf:
        end_node.grad = Tensor(grad)
        return
    for place, parent in end_node.recipe.parents.items():
        back = machine.BACK_FUNCS.get_back_func(end_node.recipe.func, place)
        backprop__overwrites(parent, Tensor(back(grad, end_node.array, *end_node.recipe.args)))


def backprop__keeps_all(end_node, end_grad=None):
    """Intermediate tensors got a grad."""
    machine.backprop(end_node, end_grad)
    end_node.grad = end_grad or Tensor(np.ones_like(end_node.array))


class NoGrad__always_on(NoGrad):
    """On leaving it switched on, although it was off before."""

    def __exit__(self, kind, error, trace):
        SWITCH["tracking"] = True


class NoGrad__swallows(NoGrad):
    """The exception vanished."""

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        return kind is not None


class NoGrad__never_back(NoGrad):
    """After the block nothing is recorded any more."""

    def __exit__(self, kind, error, trace):
        SWITCH["tracking"] = self.was_enabled and kind is None


def add___new_array(x, other, alpha=1.0):
    """A new array was made: whoever shares the old one sees nothing."""
    x.array = x.array + np.float32(alpha) * getattr(other, "array", other)
    return x


def add___returns_none(x, other, alpha=1.0):
    """x itself must come back."""
    x.array += np.float32(alpha) * getattr(other, "array", other)


class Module__twice(Module):
    """A shared parameter was yielded twice."""

    def parameters(self, recurse=True):
        yield from self._parameters.values()
        for module in self._modules.values():
            yield from module.parameters()


class Module__list(Module):
    """The registry does not follow the attribute."""

    def __setattr__(self, key, value):
        kept = dict(self.__dict__.get("_modules", {}))
        super().__setattr__(key, value)
        self._modules.update(kept)


class Linear__untransposed(Linear):
    """weight is (out, in): torch's layout."""

    def forward(self, x):
        return Tensor(x.array @ self.weight.array)


class Parameter__not_tensor:
    """It must be a Tensor, for every operation to take it."""

    def __init__(self, tensor, requires_grad=True):
        self.array, self.requires_grad = tensor.array, requires_grad


class SGD__generator(SGD):
    """The second step moved nothing: a generator is empty after one walk."""

    def __init__(self, params, lr):
        self.params, self.lr = params, lr


class SGD__rebound(SGD):
    """The parameter got a new array; the module's layers still hold the old one."""

    def step(self):
        for param in self.params:
            if param.grad is not None:
                param.array = param.array - self.lr * param.grad.array


def train_epoch__mean_of_means(model, loader, optimizer):
    """A small batch counted as much as a large one."""
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        losses.append(model(x, labels=y))
        optimizer.step()
    return sum(losses) / len(losses) if losses else 0.0


def train_epoch__step_first(model, loader, optimizer):
    """The step came before the gradients."""
    for x, y in loader:
        optimizer.zero_grad()
        optimizer.step()
        model(x, labels=y)
    return 2.0


def train_epoch__no_such_method(model, loader, optimizer):
    """An optimizer has no method of that name."""
    for x, y in loader:
        optimizer.clear()
        model(x, labels=y)


def minibatches__dropped(x, batch_size, seed=None):
    """The last, smaller batch is missing."""
    for start in range(0, len(x) - batch_size + 1, batch_size):
        yield x[start : start + batch_size]


def minibatches__list(x, batch_size, seed=None):
    """An iterator is asked."""
    return list(machine.minibatches(x, batch_size, seed))


def minibatches__in_place(x, batch_size, seed=None):
    """The caller's array was shuffled."""
    if seed is not None:
        np.random.default_rng(seed).shuffle(x)
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size]


def countdown__list(start):
    """A list cannot be sent anything."""
    return list(range(start, 0, -1))


def countdown__deaf(start):
    """What was sent in was not heard."""
    yield from list(range(start, 0, -1))


def countdown__raises(start):
    """A generator ends with return, not with an exception."""
    yield from range(start, 0, -1)
    raise StopIteration


@contextmanager
def borrowed__no_finally(shelf, name):
    """After an exception it was not brought back."""
    thing = shelf.pop(name)
    yield thing
    shelf[name] = thing


@contextmanager
def borrowed__swallows(shelf, name):
    """The exception vanished."""
    thing = shelf.pop(name)
    try:
        yield thing
    except Exception:
        pass
    finally:
        shelf[name] = thing


def borrowed__returns(shelf, name):
    """What comes back is no context manager."""
    return shelf.pop(name)


class CycleError__plain(Exception):
    """It must be a ValueError."""

    def __init__(self, path):
        super().__init__(f"a cycle of {len(path)}")
        self.path = path


class CycleError__pathless(CycleError):
    """The path was not kept."""

    def __init__(self, path):
        super().__init__(path)
        self.path = None


def refuse_cycle__other(start, follow):
    """It raises another exception than it should."""
    try:
        return machine.refuse_cycle(start, follow)
    except CycleError as error:
        raise RuntimeError(str(error)) from error


def refuse_cycle__everything(start, follow):
    """Every exception became a CycleError."""
    try:
        return machine.refuse_cycle(start, follow)
    except KeyError:
        raise CycleError([start]) from None


def compose__order(*functions):
    """The first function came first."""
    return machine.compose(*reversed(functions))


def compose__one(*functions):
    """Only one of the functions was called."""
    return functions[-1] if functions else lambda x: x


def compose__called(*functions):
    """The functions were called at once; a function is asked."""
    return [function(1) for function in functions]


def tally__fresh(words, counts, *, step=1):
    """The counts went into a dict of your own."""
    counts = {word: step * list(words).count(word) for word in words}
    return np.int64(sum(counts.values()))


def tally__step(words, counts, *, step=1):
    """step was ignored."""
    return machine.tally(words, counts, step=1)


def name_parents__by_place(tensors, **names):
    """Names, not places, are the keys."""
    return {place: tensors[place] for place in names.values()}


class Point__mutable(Point):
    """It can be changed, so it is no key."""

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

    def __eq__(self, other):
        return isinstance(other, machine.Point) and (self.x, self.y) == (other.x, other.y)


class Point__by_identity:
    """Equal coordinates are equal points."""

    def __init__(self, x, y=0):
        self.x, self.y = x, y

"""Solutions of part6_backprop: a gradient machine on NumPy arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch as t
from jaxtyping import Float

# region given: names
Arr = np.ndarray


def like(grad: Arr | float, x: Arr | float) -> Arr:
    """`grad` as an array of the dtype that a gradient of `x` has: that of x, or float32 where x holds integers."""
    dtype = np.asarray(x).dtype
    return np.asarray(grad, dtype if dtype.kind == "f" else np.float32)


# endregion


def log_back(grad_out: Arr, out: Arr, x: Arr) -> Arr:
    """Gradient of the natural logarithm in its argument.

    grad_out: gradient of L in the output, shape as x. out: the output, log(x). x: positive numbers, any shape.
    Returns the gradient of L in x: shape of x, and its dtype (see `like`).

    >>> log_back(np.array([1.0, 8.0]), np.log([2.0, 4.0]), np.array([2.0, 4.0]))
    array([0.5, 2. ])
    """
    return like(grad_out / x, x)


def unbroadcast(broadcasted: Arr, original: Arr) -> Arr:
    """Sum `broadcasted` over the copies that broadcasting made of `original`.

    broadcasted: numbers, in a shape to which original broadcasts. original: only its shape matters.
    Returns an array (never a NumPy scalar) in the shape of original, dtype as broadcasted's.

    >>> unbroadcast(np.ones((4, 2)), np.zeros((4, 1))).tolist()
    [[2.0], [2.0], [2.0], [2.0]]
    >>> unbroadcast(np.ones((4, 2)), np.array(0.0))
    array(8.)
    """
    shape = np.shape(original)
    new = np.ndim(broadcasted) - len(shape)
    stretched = [new + axis for axis, size in enumerate(shape) if size == 1 != broadcasted.shape[new + axis]]
    axes = (*range(new), *stretched)
    return (np.sum(broadcasted, axis=axes, keepdims=True) if axes else np.asarray(broadcasted)).reshape(shape)


def multiply_back0(grad_out: Arr, out: Arr, x: Arr, y: Arr | float | int) -> Arr:
    """Gradient of x * y in x.

    grad_out, out: numbers, in the shape to which x and y broadcast. y: an array or a plain number.
    Returns the gradient of L in x: its shape, and its dtype (see `like`).

    >>> multiply_back0(np.ones((2, 2)), np.array([[3.0, 6.0], [4.0, 8.0]]), np.array([1.0, 2.0]), np.array([[3.0], [4.0]]))
    array([7., 7.])
    """
    return like(unbroadcast(grad_out * y, x), x)


def multiply_back1(grad_out: Arr, out: Arr, x: Arr | float | int, y: Arr) -> Arr:
    """Gradient of x * y in y.

    grad_out, out: numbers, in the shape to which x and y broadcast. x: an array or a plain number.
    Returns the gradient of L in y: its shape, and its dtype (see `like`).

    >>> multiply_back1(np.ones((2, 2)), np.array([[3.0, 6.0], [4.0, 8.0]]), np.array([1.0, 2.0]), np.array([[3.0], [4.0]]))
    array([[3.],
           [3.]])
    """
    return like(unbroadcast(grad_out * x, y), y)


def numerical_back(f: Callable, grad_out: Arr, args: tuple, argnum: int, h: float = 1e-5) -> Arr:
    """Gradient of sum(grad_out * f(*args)) in args[argnum], by central differences in float64.

    f: a function of arrays. grad_out: weights of its outputs, shape of f(*args). args: what f is called with; left unchanged.
    argnum: which argument to move. h: the step, in the units of that argument.
    Returns float64 numbers, shape of args[argnum]. f is called twice for each of its entries.

    >>> args = (np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> numerical_back(np.multiply, np.array([1.0, 10.0]), args, 0).round(6)
    array([ 3., 40.])
    """
    x = np.array(args[argnum], dtype=np.float64)
    grad = np.zeros_like(x)

    def weighed(moved: Arr) -> float:
        return float(np.sum(np.asarray(grad_out, np.float64) * f(*args[:argnum], moved, *args[argnum + 1 :])))

    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        grad[place] = (weighed(x + step) - weighed(x - step)) / (2 * h)
    return grad


def forward_and_back(a: Arr, b: Arr, c: Arr) -> tuple[Arr, Arr, Arr]:
    """Gradients of sum(g) in a, b and c for the graph d = a * b, e = log(c), f = d * e, g = log(f).

    a, b, c: positive numbers, in shapes that broadcast against each other; a and b above 0, c above 1.
    Returns the three gradients, each in the shape of its argument, made by calling the backward functions above.

    >>> a, b, c = np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, 2.0]), np.exp([1.0, 2.0, 4.0])
    >>> [grad.round(4).tolist() for grad in forward_and_back(a, b, c)]
    [[1.0, 0.5, 0.25], [0.3333, 1.0, 0.5], [0.3679, 0.0677, 0.0046]]
    """
    d = a * b
    e = np.log(c)
    f = d * e
    g = np.log(f)
    dg = np.ones_like(g)
    df = log_back(dg, g, f)
    dd = multiply_back0(df, f, d, e)
    de = multiply_back1(df, f, d, e)
    return multiply_back0(dd, d, a, b), multiply_back1(dd, d, a, b), log_back(de, e, c)


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """What made a tensor: a frozen dataclass with slots, whose equality is identity.

    func: the raw NumPy function. args: its raw arguments: arrays and numbers, no Tensor. kwargs: its keywords.
    parents: the arguments that were Tensors, by their position.
    """

    func: Callable
    args: tuple
    kwargs: dict
    parents: dict[int, "Tensor"]


class BackwardFuncLookup:
    """A table of backward functions, by forward function and position of the argument."""

    def __init__(self) -> None:
        """Begin with an empty table of one's own."""
        self.back_funcs: dict[tuple[Callable, int], Callable] = {}

    def add_back_func(self, forward_fn: Callable, arg_position: int, backward_fn: Callable) -> None:
        """Enter `backward_fn` for this argument of `forward_fn`; an entry that is there is replaced."""
        self.back_funcs[forward_fn, arg_position] = backward_fn

    def get_back_func(self, forward_fn: Callable, arg_position: int) -> Callable:
        """The backward function of this argument; a KeyError that names function and position where there is none."""
        if (forward_fn, arg_position) not in self.back_funcs:
            name = getattr(forward_fn, "__name__", repr(forward_fn))
            raise KeyError(f"no backward function of {name} for argument {arg_position}")
        return self.back_funcs[forward_fn, arg_position]


# region given: first_gears
BACK_FUNCS = BackwardFuncLookup()
BACK_FUNCS.add_back_func(np.log, 0, log_back)
BACK_FUNCS.add_back_func(np.multiply, 0, multiply_back0)
BACK_FUNCS.add_back_func(np.multiply, 1, multiply_back1)
# endregion


class Tensor:
    """An array in a box, which can remember what it was made of.

    array: the numbers; float64 becomes float32. requires_grad: is a gradient wanted? grad: a Tensor of the array's shape once
    there is one, else None. recipe: how an operation made it; None for a tensor that was made by hand or was not recorded.
    """

    def __init__(self, array: "Arr | list | float | Tensor", requires_grad: bool = False) -> None:
        """Box `array`: a float32 array is kept and not copied, float64 becomes float32, a Tensor is unboxed first."""
        ### BEGIN SOLUTION
        array = array.array if isinstance(array, Tensor) else np.asarray(array)
        self.array = array.astype(np.float32) if array.dtype == np.float64 else array
        self.requires_grad = requires_grad
        self.grad: Tensor | None = None
        self.recipe: Recipe | None = None
        ### END SOLUTION

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's."""
        ### BEGIN SOLUTION
        return self.array.shape
        ### END SOLUTION

    @property
    def ndim(self) -> int:
        """The array's number of axes."""
        ### BEGIN SOLUTION
        return self.array.ndim
        ### END SOLUTION

    @property
    def is_leaf(self) -> bool:
        """False only for a tensor that requires grad and was made by a recorded operation."""
        ### BEGIN SOLUTION
        return not (self.requires_grad and self.recipe is not None)
        ### END SOLUTION

    def item(self) -> float | int | bool:
        """The only element, as a number of Python's."""
        ### BEGIN SOLUTION
        return self.array.item()
        ### END SOLUTION

    def __repr__(self) -> str:
        """As in Tensor(array([1., 2.], dtype=float32), requires_grad=True)."""
        ### BEGIN SOLUTION
        return f"Tensor({self.array!r}, requires_grad={self.requires_grad})"
        ### END SOLUTION

    def __len__(self) -> int:
        """Size of the first axis; TypeError where there is none."""
        ### BEGIN SOLUTION
        if self.array.ndim == 0:
            raise TypeError("a 0-d tensor has no length")
        return self.array.shape[0]
        ### END SOLUTION

    def __bool__(self) -> bool:
        """Truth of the only element; RuntimeError unless there is exactly one."""
        ### BEGIN SOLUTION
        if self.array.size != 1:
            raise RuntimeError(f"a tensor of {self.array.size} elements is neither true nor false")
        return bool(self.array.item())
        ### END SOLUTION

    def __hash__(self) -> int:
        """By identity: two tensors with the same numbers are two keys."""
        ### BEGIN SOLUTION
        return id(self)
        ### END SOLUTION

    # The rest is given. It delegates to functions that you write, or are given, further down.

    @property
    def dtype(self) -> np.dtype:
        """The array's: annotations such as Float[Tensor, "n"] can be checked with it."""
        return self.array.dtype

    __array_ufunc__ = None  # an ndarray on the left of an operator leaves the work to the Tensor on its right

    def backward(self, end_grad: "Arr | Tensor | None" = None) -> None:
        """Add the gradients of sum(end_grad * self) to the leaves; end_grad is all ones if it is not given."""
        backprop(self, None if end_grad is None else Tensor(end_grad))

    def __neg__(self) -> "Tensor":
        return negative(self)

    def __add__(self, other: "Tensor | Arr | float") -> "Tensor":
        return add(self, other)

    def __radd__(self, other: "Arr | float") -> "Tensor":
        return add(other, self)

    def __iadd__(self, other: "Tensor | Arr | float") -> "Tensor":
        return add_(self, other)

    def __sub__(self, other: "Tensor | Arr | float") -> "Tensor":
        return subtract(self, other)

    def __rsub__(self, other: "Arr | float") -> "Tensor":
        return subtract(other, self)

    def __isub__(self, other: "Tensor | Arr | float") -> "Tensor":
        return sub_(self, other)

    def __mul__(self, other: "Tensor | Arr | float") -> "Tensor":
        return multiply(self, other)

    def __rmul__(self, other: "Arr | float") -> "Tensor":
        return multiply(other, self)

    def __truediv__(self, other: "Tensor | Arr | float") -> "Tensor":
        return true_divide(self, other)

    def __rtruediv__(self, other: "Arr | float") -> "Tensor":
        return true_divide(other, self)

    def __matmul__(self, other: "Tensor | Arr") -> "Tensor":
        return matmul(self, other)

    def __rmatmul__(self, other: Arr) -> "Tensor":
        return matmul(other, self)

    def __eq__(self, other: object) -> "Tensor":  # type: ignore[override]
        return eq(self, other)

    def __getitem__(self, index: object) -> "Tensor":
        return getitem(self, index)

    def add_(self, other: "Tensor | float", alpha: float = 1.0) -> "Tensor":
        return add_(self, other, alpha)

    def sub_(self, other: "Tensor | float", alpha: float = 1.0) -> "Tensor":
        return sub_(self, other, alpha)

    def log(self) -> "Tensor":
        return log(self)

    def exp(self) -> "Tensor":
        return exp(self)

    def reshape(self, new_shape: tuple[int, ...]) -> "Tensor":
        return reshape(self, new_shape)

    def permute(self, axes: tuple[int, ...] | None = None) -> "Tensor":
        return permute(self, axes)

    def expand(self, new_shape: tuple[int, ...]) -> "Tensor":
        return expand(self, new_shape)

    def sum(self, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> "Tensor":
        return tensor_sum(self, dim=dim, keepdim=keepdim)

    def maximum(self, other: "Tensor | Arr | float") -> "Tensor":
        return maximum(self, other)

    def relu(self) -> "Tensor":
        return relu(self)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> "Tensor":
        return argmax(self, dim=dim, keepdim=keepdim)

    @property
    def T(self) -> "Tensor":  # noqa: N802  # NumPy's and torch's name
        return reverse_axes(self)


# region given: makers
grad_tracking_enabled = True  # the master switch: while it is off, nothing is recorded


def empty(*shape: int) -> Tensor:
    """A tensor of float32 numbers that are not set."""
    return Tensor(np.empty(shape, np.float32))


def zeros(*shape: int) -> Tensor:
    """A tensor of float32 zeros."""
    return Tensor(np.zeros(shape, np.float32))


def arange(start: int, end: int, step: int = 1) -> Tensor:
    """The numbers from start on, below end, in steps of step."""
    return Tensor(np.arange(start, end, step=step))


def tensor(array: Arr | list | float, requires_grad: bool = False) -> Tensor:
    """As `Tensor`: torch has the same pair of names."""
    return Tensor(array, requires_grad=requires_grad)


# endregion

quiz_leaf = "c"


def log_forward(x: Tensor) -> Tensor:
    """Natural logarithm of a tensor, with its recipe where a gradient may be asked for.

    x: a Tensor of positive numbers, any shape.
    Returns a Tensor of the same shape. It requires grad, and has a Recipe, when tracking is on and x requires grad.

    >>> log_forward(Tensor([1.0, np.e]))
    Tensor(array([0., 1.], dtype=float32), requires_grad=False)
    """
    out = Tensor(np.log(x.array))
    if grad_tracking_enabled and x.requires_grad:
        out.requires_grad = True
        out.recipe = Recipe(np.log, (x.array,), {}, {0: x})
    return out


def multiply_forward(a: Tensor | int | float, b: Tensor | int | float) -> Tensor:
    """Product of two tensors, or of a tensor and a number, with its recipe where a gradient may be asked for.

    a, b: Tensors in shapes that broadcast against each other; one of them may be a plain number (AssertionError if both are).
    Returns a Tensor. It requires grad, and has a Recipe, when tracking is on and any of the arguments requires grad.

    >>> multiply_forward(Tensor([1.0, 2.0]), 3)
    Tensor(array([3., 6.], dtype=float32), requires_grad=False)
    """
    assert isinstance(a, Tensor) or isinstance(b, Tensor), "at least one of the two must be a Tensor"
    args = tuple(arg.array if isinstance(arg, Tensor) else arg for arg in (a, b))
    parents = {position: arg for position, arg in enumerate((a, b)) if isinstance(arg, Tensor)}
    out = Tensor(np.multiply(*args))
    if grad_tracking_enabled and any(parent.requires_grad for parent in parents.values()):
        out.requires_grad = True
        out.recipe = Recipe(np.multiply, args, {}, parents)
    return out


def wrap_forward_fn(numpy_func: Callable, is_differentiable: bool = True) -> Callable:
    """Make a function of Tensors out of a function of arrays.

    numpy_func: takes arrays and whatever else, positional or by keyword. is_differentiable: whether it has a gradient.
    Returns a function that unboxes its positional Tensors, calls numpy_func and boxes the result. The result requires grad,
    and has a Recipe, when tracking is on at the time of the call, numpy_func is differentiable and any Tensor requires grad.

    >>> wrap_forward_fn(np.exp)(Tensor([0.0, np.log(2)]))
    Tensor(array([1., 2.], dtype=float32), requires_grad=False)
    """

    def tensor_func(*args: Any, **kwargs: Any) -> Tensor:
        raw = tuple(arg.array if isinstance(arg, Tensor) else arg for arg in args)
        parents = {position: arg for position, arg in enumerate(args) if isinstance(arg, Tensor)}
        out = Tensor(numpy_func(*raw, **kwargs))
        if grad_tracking_enabled and is_differentiable and any(parent.requires_grad for parent in parents.values()):
            out.requires_grad = True
            out.recipe = Recipe(numpy_func, raw, kwargs, parents)
        return out

    return tensor_func


# region given: wrapped
log = wrap_forward_fn(np.log)
multiply = wrap_forward_fn(np.multiply)
add = wrap_forward_fn(np.add)
subtract = wrap_forward_fn(np.subtract)
true_divide = wrap_forward_fn(np.true_divide)
negative = wrap_forward_fn(np.negative)
exp = wrap_forward_fn(np.exp)
maximum = wrap_forward_fn(np.maximum)
matmul = wrap_forward_fn(np.matmul)
# endregion

# region given: node


class Node:
    """A node of a plain graph, to try the sorting on: a name, and the nodes that must come before it."""

    def __init__(self, name: str, *children: "Node") -> None:
        self.name = name
        self.children = list(children)

    def __repr__(self) -> str:
        return self.name


def get_children(node: Node) -> list[Node]:
    """The children of a node."""
    return node.children


# endregion


def topological_sort(root: Any, get_children: Callable) -> list[Any]:
    """All nodes that can be reached from root, each once and after all of its children.

    root: any object. get_children: gives the list of a node's children. Nodes are told apart by identity, not by ==.
    Returns a list of the nodes, root last. Raises ValueError where the graph has a cycle. Works at any depth.

    >>> d = Node("d")
    >>> topological_sort(Node("a", Node("b", d), Node("c", d)), get_children)
    [d, b, c, a]
    """
    order: list[Any] = []
    finished: set[int] = set()
    open_nodes = {id(root)}
    stack = [(root, iter(get_children(root)))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if id(child) in open_nodes:
                raise ValueError("the graph has a cycle")
            if id(child) not in finished:
                open_nodes.add(id(child))
                stack.append((child, iter(get_children(child))))
                break
        else:
            stack.pop()
            open_nodes.remove(id(node))
            finished.add(id(node))
            order.append(node)
    return order


def sorted_computational_graph(tensor: Tensor) -> list[Tensor]:
    """The tensors from which `tensor` was computed, and itself.

    Returns a list of Tensors, each once, `tensor` first and each before its parents. Leaves are in it.

    >>> x = Tensor([2.0], requires_grad=True)
    >>> y = multiply(x, x)
    >>> [node is y for node in sorted_computational_graph(y)], len(sorted_computational_graph(y))
    ([True, False], 2)
    """

    def get_parents(node: Tensor) -> list[Tensor]:
        return [] if node.recipe is None else list(node.recipe.parents.values())

    return topological_sort(tensor, get_parents)[::-1]


quiz_end_grad = "c"


def backprop(end_node: Tensor, end_grad: Tensor | None = None) -> None:
    """Send gradients from `end_node` to the leaves that require grad, and add them to what is in their `grad`.

    end_grad: weights of the elements of end_node, a Tensor of its shape; all ones if it is None.
    Returns nothing. A leaf's grad is a Tensor of its shape and dtype, in memory of its own; other tensors' grad stays None.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> backprop(multiply(multiply(x, x), x))
    >>> x.grad
    Tensor(array(27., dtype=float32), requires_grad=False)
    """
    if not end_node.requires_grad:
        return
    grads = {end_node: like(np.ones_like(end_node.array) if end_grad is None else end_grad.array, end_node.array)}
    for node in sorted_computational_graph(end_node):
        if not node.requires_grad or node not in grads:
            continue
        grad = grads.pop(node)
        if node.is_leaf:
            node.grad = Tensor(grad.copy() if node.grad is None else node.grad.array + grad)
            continue
        recipe = node.recipe
        for position, parent in recipe.parents.items():
            if parent.requires_grad:
                back = BACK_FUNCS.get_back_func(recipe.func, position)
                to_parent = back(grad, node.array, *recipe.args, **recipe.kwargs)
                grads[parent] = grads[parent] + to_parent if parent in grads else to_parent


def negative_back(grad_out: Arr, out: Arr, x: Arr) -> Arr:
    """Gradient of -x in x.

    grad_out, out: numbers, shape of x. Returns the gradient of L in x: its shape, and its dtype (see `like`).

    >>> negative_back(np.array([1.0, -2.0]), np.array([3.0, 4.0]), np.array([-3.0, -4.0]))
    array([-1.,  2.])
    """
    return like(-grad_out, x)


def exp_back(grad_out: Arr, out: Arr, x: Arr) -> Arr:
    """Gradient of the exponential in its argument.

    grad_out: numbers, shape of x. out: the output, exp(x).
    Returns the gradient of L in x: its shape, and its dtype (see `like`).

    >>> exp_back(np.ones(2), np.array([1.0, 2.0]), np.log([1.0, 2.0]))
    array([1., 2.])
    """
    return like(grad_out * out, x)


def reshape_back(grad_out: Arr, out: Arr, x: Arr, new_shape: tuple) -> Arr:
    """Gradient of reshaping x to `new_shape`.

    grad_out, out: numbers in the new shape. new_shape: as NumPy takes it, -1 included.
    Returns the gradient of L in x: its shape, and its dtype (see `like`).

    >>> reshape_back(np.arange(6.0).reshape(2, 3), np.zeros((2, 3)), np.zeros((3, 2)), (2, 3)).tolist()
    [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    """
    return like(np.reshape(grad_out, x.shape), x)


# region given: shapes


def _reshape(x: Arr, new_shape: tuple) -> Arr:
    return np.reshape(x, new_shape)


def _permute(x: Arr, axes: tuple[int, ...] | None = None) -> Arr:
    return np.transpose(x, axes)


reshape = wrap_forward_fn(_reshape)
permute = wrap_forward_fn(_permute)
BACK_FUNCS.add_back_func(np.negative, 0, negative_back)
BACK_FUNCS.add_back_func(np.exp, 0, exp_back)
BACK_FUNCS.add_back_func(_reshape, 0, reshape_back)
# endregion


def permute_back(grad_out: Arr, out: Arr, x: Arr, axes: tuple[int, ...] | None = None) -> Arr:
    """Gradient of permuting the axes of x.

    grad_out, out: numbers; their axis n is axis axes[n] of x. axes: may be negative; None reverses the order.
    Returns the gradient of L in x: its shape, and its dtype (see `like`).

    >>> permute_back(np.zeros((3, 4, 2)), np.zeros((3, 4, 2)), np.zeros((2, 3, 4)), (1, 2, 0)).shape
    (2, 3, 4)
    """
    inverse = None if axes is None else np.argsort([axis % x.ndim for axis in axes])
    return like(np.transpose(grad_out, inverse), x)


def reverse_axes(x: Tensor) -> Tensor:
    """The tensor with its axes in reversed order, as NumPy's `.T`, recorded like any operation.

    x: a Tensor with any number of axes. Returns a Tensor.

    >>> reverse_axes(Tensor(np.zeros((2, 3, 4)))).shape
    (4, 3, 2)
    """
    return permute(x)


def _expand(x: Arr, new_shape: tuple[int, ...]) -> Arr:
    """`x` broadcast to `new_shape`, where -1 keeps the size of an axis.

    x: numbers. new_shape: at least as many entries as x has axes; an axis of size one is repeated.
    Returns an array of that shape, dtype as x's. ValueError where it does not fit, or where a new axis is to have the size -1.

    >>> _expand(np.array([[1], [2]]), (3, -1, 4)).shape
    (3, 2, 4)
    """
    new = len(new_shape) - x.ndim
    sizes = (1,) * new + x.shape
    if -1 in new_shape[: max(new, 0)]:
        raise ValueError("a new axis needs a size, -1 keeps one that is there")
    return np.broadcast_to(x, tuple(old if size == -1 else size for size, old in zip(new_shape, sizes, strict=True)))


def expand_back(grad_out: Arr, out: Arr, x: Arr, new_shape: tuple[int, ...]) -> Arr:
    """Gradient of expanding x to `new_shape`.

    grad_out, out: numbers in the new shape. Returns the gradient of L in x: its shape, and its dtype (see `like`).

    >>> expand_back(np.ones((3, 2, 4)), np.ones((3, 2, 4)), np.ones((2, 1)), (3, 2, 4))
    array([[12.],
           [12.]])
    """
    return like(unbroadcast(grad_out, x), x)


def sum_back(grad_out: Arr, out: Arr, x: Arr, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Arr:
    """Gradient of summing x over `dim`.

    grad_out, out: numbers in the shape of the sum. dim: the axes that were summed, perhaps negative; None for all.
    keepdim: did they stay, with size one? Returns the gradient of L in x: its shape, and its dtype (see `like`), writable.

    >>> sum_back(np.array([1.0, 2.0, 3.0]), np.zeros(3), np.zeros((2, 3)), dim=0)
    array([[1., 2., 3.],
           [1., 2., 3.]])
    """
    if dim is not None and not keepdim:
        grad_out = np.expand_dims(grad_out, dim)
    return like(np.broadcast_to(grad_out, x.shape).copy(), x)


# region given: sums


def _sum(x: Arr, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Arr:
    return np.sum(x, axis=dim, keepdims=keepdim)


expand = wrap_forward_fn(_expand)
tensor_sum = wrap_forward_fn(_sum)
BACK_FUNCS.add_back_func(_permute, 0, permute_back)
BACK_FUNCS.add_back_func(_expand, 0, expand_back)
BACK_FUNCS.add_back_func(_sum, 0, sum_back)
# endregion


def add_back0(grad_out: Arr, out: Arr, x: Arr | float, y: Arr | float) -> Arr:
    """Gradient of x + y in x: its shape, and its dtype (see `like`). grad_out, out: numbers, the broadcast shape.

    >>> add_back0(np.ones(2), np.zeros(2), np.array([2.0, 6.0]), np.array([4.0]))
    array([1., 1.])
    """
    return like(unbroadcast(grad_out, x), x)


def add_back1(grad_out: Arr, out: Arr, x: Arr | float, y: Arr | float) -> Arr:
    """Gradient of x + y in y: its shape, and its dtype (see `like`). grad_out, out: numbers, the broadcast shape.

    >>> add_back1(np.ones(2), np.zeros(2), np.array([2.0, 6.0]), np.array([4.0]))
    array([2.])
    """
    return like(unbroadcast(grad_out, y), y)


def subtract_back0(grad_out: Arr, out: Arr, x: Arr | float, y: Arr | float) -> Arr:
    """Gradient of x - y in x: its shape, and its dtype (see `like`). grad_out, out: numbers, the broadcast shape.

    >>> subtract_back0(np.ones(2), np.zeros(2), np.array([2.0, 6.0]), np.array([4.0]))
    array([1., 1.])
    """
    return like(unbroadcast(grad_out, x), x)


def subtract_back1(grad_out: Arr, out: Arr, x: Arr | float, y: Arr | float) -> Arr:
    """Gradient of x - y in y: its shape, and its dtype (see `like`). grad_out, out: numbers, the broadcast shape.

    >>> subtract_back1(np.ones(2), np.zeros(2), np.array([2.0, 6.0]), np.array([4.0]))
    array([-2.])
    """
    return like(unbroadcast(-grad_out, y), y)


def true_divide_back0(grad_out: Arr, out: Arr, x: Arr | float, y: Arr | float) -> Arr:
    """Gradient of x / y in x: its shape, and its dtype (see `like`). grad_out, out: numbers, the broadcast shape.

    >>> true_divide_back0(np.ones(2), np.array([0.5, 1.5]), np.array([2.0, 6.0]), np.array([4.0]))
    array([0.25, 0.25])
    """
    return like(unbroadcast(grad_out / y, x), x)


def true_divide_back1(grad_out: Arr, out: Arr, x: Arr | float, y: Arr | float) -> Arr:
    """Gradient of x / y in y: its shape, and its dtype (see `like`). grad_out, out: numbers, the broadcast shape.

    >>> true_divide_back1(np.ones(2), np.array([0.5, 1.5]), np.array([2.0, 6.0]), np.array([4.0]))
    array([-0.5])
    """
    return like(unbroadcast(-grad_out * out / y, y), y)


def maximum_back0(grad_out: Arr, out: Arr, x: Arr | float, y: Arr | float) -> Arr:
    """Gradient of the larger of x and y in x; where they are equal, half of it.

    grad_out, out: numbers, in the shape to which x and y broadcast.
    Returns the gradient of L in x: its shape, and its dtype (see `like`).

    >>> maximum_back0(np.ones(3), np.array([3.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]))
    array([0. , 0.5, 1. ])
    """
    share = np.add(np.greater(x, y), np.greater_equal(x, y), dtype=np.float32) / 2
    return like(unbroadcast(grad_out * share, x), x)


def maximum_back1(grad_out: Arr, out: Arr, x: Arr | float, y: Arr | float) -> Arr:
    """Gradient of the larger of x and y in y; where they are equal, half of it.

    grad_out, out: numbers, in the shape to which x and y broadcast.
    Returns the gradient of L in y: its shape, and its dtype (see `like`).

    >>> maximum_back1(np.ones(3), np.array([3.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]))
    array([1. , 0.5, 0. ])
    """
    return maximum_back0(grad_out, out, y, x)


def relu(x: Tensor) -> Tensor:
    """The larger of x and 0, entry by entry, recorded like any operation.

    x: a Tensor of any shape. Returns a Tensor of the same shape and dtype.

    >>> relu(Tensor([-1.0, 2.0]))
    Tensor(array([0., 2.], dtype=float32), requires_grad=False)
    """
    return maximum(x, 0)


quiz_tie = "c"


def matmul2d_back0(
    grad_out: Float[Arr, "n k"], out: Float[Arr, "n k"], x: Float[Arr, "n m"], y: Float[Arr, "m k"]
) -> Float[Arr, "n m"]:
    """Gradient of the matrix product x @ y in x.

    >>> x, y, grad_out = np.array([[1.0, 2], [3, 4]]), np.array([[5.0], [6]]), np.array([[1.0], [10]])
    >>> matmul2d_back0(grad_out, x @ y, x, y).tolist()
    [[5.0, 6.0], [50.0, 60.0]]
    """
    return like(grad_out @ y.T, x)


def matmul2d_back1(
    grad_out: Float[Arr, "n k"], out: Float[Arr, "n k"], x: Float[Arr, "n m"], y: Float[Arr, "m k"]
) -> Float[Arr, "m k"]:
    """Gradient of the matrix product x @ y in y.

    >>> x, y, grad_out = np.array([[1.0, 2], [3, 4]]), np.array([[5.0], [6]]), np.array([[1.0], [10]])
    >>> matmul2d_back1(grad_out, x @ y, x, y).tolist()
    [[31.0], [42.0]]
    """
    return like((grad_out.T @ x).T, y)  # x.T @ grad_out, laid out in memory as the transpose of a layer's weight is


def coerce_index(index: object) -> object:
    """An index with the Tensors in it unboxed: the index itself, or members of a tuple.

    index: an int, slice, None, Ellipsis, array or Tensor, or a tuple of these. Returns it with arrays in place of Tensors.

    >>> coerce_index((0, Tensor([1, 2])))
    (0, array([1, 2]))
    """
    if isinstance(index, tuple):
        return tuple(coerce_index(item) for item in index)
    return index.array if isinstance(index, Tensor) else index


def getitem_back(grad_out: Arr, out: Arr, x: Arr, index: object) -> Arr:
    """Gradient of x[index] in x.

    grad_out, out: numbers, shape of x[index]. index: anything that `coerce_index` takes. A place picked twice gets both parts.
    Returns the gradient of L in x: its shape, and its dtype (see `like`).

    >>> getitem_back(np.array([1.0, 10.0, 100.0]), np.zeros(3), np.zeros(4), np.array([0, 0, 2]))
    array([ 11.,   0., 100.,   0.])
    """
    grad = like(np.zeros(x.shape), x)
    np.add.at(grad, coerce_index(index), grad_out)
    return grad


# region given: gears


def _getitem(x: Arr, index: object) -> Arr:
    return x[coerce_index(index)]


getitem = wrap_forward_fn(_getitem)
BACK_FUNCS.add_back_func(np.add, 0, add_back0)
BACK_FUNCS.add_back_func(np.add, 1, add_back1)
BACK_FUNCS.add_back_func(np.subtract, 0, subtract_back0)
BACK_FUNCS.add_back_func(np.subtract, 1, subtract_back1)
BACK_FUNCS.add_back_func(np.true_divide, 0, true_divide_back0)
BACK_FUNCS.add_back_func(np.true_divide, 1, true_divide_back1)
BACK_FUNCS.add_back_func(np.maximum, 0, maximum_back0)
BACK_FUNCS.add_back_func(np.maximum, 1, maximum_back1)
BACK_FUNCS.add_back_func(np.matmul, 0, matmul2d_back0)
BACK_FUNCS.add_back_func(np.matmul, 1, matmul2d_back1)
BACK_FUNCS.add_back_func(_getitem, 0, getitem_back)
# endregion


def add_(x: Tensor, other: Tensor | float, alpha: float = 1.0) -> Tensor:
    """Add alpha * other to x in place, unrecorded.

    other: a Tensor that broadcasts to the shape of x, or a number. Returns x itself, with the array object that it had.

    >>> add_(Tensor([1.0, 2.0]), Tensor([10.0, 20.0]), alpha=0.5)
    Tensor(array([ 6., 12.], dtype=float32), requires_grad=False)
    """
    step = alpha * (other.array if isinstance(other, Tensor) else other)
    np.add(x.array, step, out=x.array, casting="same_kind" if x.array.dtype.kind == "f" else "unsafe")
    return x


def sub_(x: Tensor, other: Tensor | float, alpha: float = 1.0) -> Tensor:
    """Subtract alpha * other from x in place, unrecorded.

    other: a Tensor that broadcasts to the shape of x, or a number. Returns x itself, with the array object that it had.

    >>> sub_(Tensor([1.0, 2.0]), Tensor([10.0, 20.0]), alpha=0.5)
    Tensor(array([-4., -8.], dtype=float32), requires_grad=False)
    """
    return add_(x, other, -alpha)


quiz_inplace = "b"


def _argmax(x: Arr, dim: int | None = None, keepdim: bool = False) -> Arr:
    """Place of the largest entry along `dim`, of the first where several are equal.

    x: numbers. dim: an axis, perhaps negative; None looks at all entries in reading order.
    keepdim: keep the axis with size one (all axes, where dim is None). Returns an array of integers.

    >>> _argmax(np.array([[1, 5, 2], [7, 0, 3]]), keepdim=True)
    array([[3]])
    """
    place = np.argmax(x, axis=dim)
    if not keepdim:
        return np.asarray(place)
    return np.reshape(place, (1,) * x.ndim) if dim is None else np.expand_dims(place, dim)


def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Place of the largest entry of a Tensor; as `_argmax`, and never requires grad.

    >>> argmax(Tensor([[1, 5, 2], [7, 0, 3]]), dim=1)
    Tensor(array([1, 0]), requires_grad=False)
    """
    return wrap_forward_fn(_argmax, is_differentiable=False)(x, dim=dim, keepdim=keepdim)


def eq(x: Tensor | Arr | float, y: Tensor | Arr | float) -> Tensor:
    """Are the entries of x and y equal? A Tensor of truth values in the broadcast shape; it never requires grad.

    >>> eq(Tensor([1.0, 2.0]), 2)
    Tensor(array([False,  True]), requires_grad=False)
    """
    return wrap_forward_fn(np.equal, is_differentiable=False)(x, y)


class NoGrad:
    """Context manager: inside it nothing is recorded, and on leaving the switch is as it was before.

    was_enabled: how the switch stood on entering.
    """

    def __enter__(self) -> "NoGrad":
        """Remember how `grad_tracking_enabled` stands, and switch it off."""
        ### BEGIN SOLUTION
        global grad_tracking_enabled
        self.was_enabled = grad_tracking_enabled
        grad_tracking_enabled = False
        return self
        ### END SOLUTION

    def __exit__(self, *exception: object) -> None:
        """Put the switch back; an exception goes on its way."""
        ### BEGIN SOLUTION
        global grad_tracking_enabled
        grad_tracking_enabled = self.was_enabled
        ### END SOLUTION


quiz_nograd = "b"


def einsum_back(equation: str, grad_out: Float[t.Tensor, "..."], *operands: Float[t.Tensor, "..."]) -> tuple[t.Tensor, ...]:
    """Gradients of torch.einsum(equation, *operands) in each of its operands.

    equation: with an arrow and without an ellipsis, as in "ij,j->i"; equal letters have equal sizes.
    grad_out: gradient of L in the result, its shape. operands: floats. Returns a gradient for each, in its shape and dtype.

    >>> grads = einsum_back("ij,j->i", t.tensor([1.0, 10]), t.tensor([[1.0, 2], [3, 4]]), t.tensor([5.0, 6]))
    >>> [grad.tolist() for grad in grads]
    [[[5.0, 6.0], [50.0, 60.0]], [31.0, 42.0]]
    """
    left, out = equation.replace(" ", "").split("->")
    terms = left.split(",")
    grads = []
    for n, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        others = [*terms[:n], *terms[n + 1 :], out]
        tensors = [*operands[:n], *operands[n + 1 :], grad_out]
        letters = list(dict.fromkeys(term))
        known = [letter for letter in letters if any(letter in other for other in others)]
        grad = t.einsum(f"{','.join(others)}->{''.join(known)}", *tensors)
        # A letter that is summed and in this operand only has the same gradient at every place; a repeated one, on the diagonal.
        size = {letter: operand.shape[axis] for axis, letter in enumerate(term)}
        grad = grad.reshape([size[letter] if letter in known else 1 for letter in letters])
        places = {letter: t.arange(size[letter]).reshape([-1 if letter == other else 1 for other in letters]) for letter in letters}
        full = t.zeros_like(operand)
        full[tuple(places[letter] for letter in term)] = grad
        grads.append(full)
    return tuple(grads)


quiz_einsum_swap = "c"


def conv1d_minimal_back(
    dL_dY: Float[t.Tensor, "b oc ow"],
    x: Float[t.Tensor, "b ic w"],
    weights: Float[t.Tensor, "oc ic kw"],
) -> tuple[Float[t.Tensor, "b ic w"], Float[t.Tensor, "oc ic kw"]]:
    """Gradients of conv1d_minimal(x, weights) in x and in weights.

    dL_dY: gradient of L in the output, whose width is ow = w - kw + 1. x: a batch of signals. weights: the kernels.
    Returns two tensors, in the shapes of x and of weights.

    >>> grads = conv1d_minimal_back(t.ones(1, 1, 3), t.tensor([[[1.0, 2, 3, 4]]]), t.tensor([[[2.0, -1]]]))
    >>> [grad.tolist() for grad in grads]
    [[[[2.0, 1.0, 1.0, -1.0]]], [[[6.0, 9.0]]]]
    """
    places = t.arange(dL_dY.shape[2])[:, None] + t.arange(weights.shape[2])  # of entry k of window o in x, shape (ow, kw)
    in_weights = t.einsum("bno,biok->nik", dL_dY, x[:, :, places])
    in_windows = t.einsum("bno,nik->biok", dL_dY, weights)
    in_x = t.zeros_like(x).index_add(2, places.flatten(), in_windows.flatten(2))
    return in_x, in_weights

"""Exercise tests of the little course: they do with classes whatever a test may want to do."""
# ruff: noqa: N802  # a test is called after its exercise

import copy
from types import SimpleNamespace

import numpy as np

from workbook import check


class Node:
    """A node of the test's own, which must not be compared."""

    def __init__(self, name, *children):
        self.name, self.children = name, list(children)

    def __eq__(self, other):
        raise TypeError("nodes are not compared")

    __hash__ = object.__hash__

    def __repr__(self):
        return f"Node {self.name}"


class Halt(Exception):
    """Of the test's own."""


def raised(function, *args, **kwargs):
    """The exception that a call raises, or None."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None


def test_Recipe(Recipe):
    x = np.ones(2)
    recipe = Recipe(np.log, (x,), {}, {0: "parent"})
    check.require(recipe.func is np.log, "func is not the function that was given.")
    check.require(recipe.parents == {0: "parent"} and recipe.kwargs == {}, "fields differ.")
    check.require(np.shares_memory(recipe.args[0], x), "args were copied.")
    check.require(isinstance(raised(setattr, recipe, "func", None), AttributeError), "A field could be changed.")
    check.require(raised(setattr, recipe, "other", 1) is not None, "A new attribute could be added.")
    other = Recipe(np.log, (np.ones(2),), {}, {})
    check.require(recipe != other and recipe == recipe, "Comparing two recipes compared their arrays.")
    check.require(len({recipe, other, recipe}) == 2, "Recipes are keys by identity.")


def test_Tensor(Tensor):
    array = np.array([1.0, 2.0, 3.0], np.float32)
    t = check.call(Tensor, array, requires_grad=True)
    check.require(isinstance(t, Tensor) and type(t).__name__ == Tensor.__name__, "A Tensor is asked.")
    check.require(np.shares_memory(t.array, array), "A float32 array is kept, not copied.")
    check.require(t.requires_grad is True and t.grad is None and t.recipe is None, "A new one has no past.")
    check.require(hasattr(t, "grad") and not hasattr(t, "price") and "array" in vars(t) and "item" in dir(t), "Attributes differ.")
    check.require(repr(t).startswith("Tensor(array([1., 2., 3."), f"repr gives {t!r}.")
    check.require(f"{t}" == str(t) == repr(t), "str is repr.")
    check.require(Tensor([1.0, 2.0]).array.dtype == np.float32, "float64 was kept.", got=repr(Tensor([1.0, 2.0])))
    check.require(Tensor(t).array.dtype == np.float32, "A Tensor of a Tensor takes its array.")
    check.require(len(t) == 3 and t.shape == (3,) and t.is_leaf, "Length, shape or leaf differ.")
    check.require(isinstance(raised(len, Tensor(1.0)), TypeError), "A number has no length.")
    check.require(isinstance(raised(bool, t), RuntimeError), "Two elements have no truth value.")
    check.require(bool(Tensor([0.5])) and not Tensor(0), "One element has a truth value.")
    check.require(check.call(Tensor([2.5]).item) == 2.5, "item gives the only element.")
    _operators(Tensor, t)
    _identity(Tensor, t)
    _members(Tensor)


def _operators(Tensor, t):
    for name, got, wanted in [
        ("t + 1", t + 1, [2, 3, 4]),
        ("1 + t", 1 + t, [2, 3, 4]),
        ("10 - t", 10 - t, [9, 8, 7]),
        ("t * t", t * t, [1, 4, 9]),
        ("t * number", t * np.float32(2), [2, 4, 6]),
        ("t[1:]", t[1:], [2, 3]),
        ("t[[0, 0]]", t[np.array([0, 0])], [1, 1]),
        ("t == 2", t == 2, [False, True, False]),
    ]:
        check.require(isinstance(got, Tensor) and np.array_equal(got.array, wanted), f"{name} gives {got!r}.")
    check.require([row.item() for row in t] == [1, 2, 3], "Iteration walks along the first axis.")
    check.require([n for n, _ in enumerate(Tensor([[1], [2]]))] == [0, 1], "Iteration stops.")
    error = raised(lambda: t @ t)
    check.require(isinstance(error, TypeError) and "@" in str(error), "There is no matrix product here.")
    (made := Tensor([1.0])).price = 3
    check.require(made.price == 3 and raised(getattr, made, "cost") is not None, "Attributes can be set.")
    del made.price
    check.require(not hasattr(made, "price"), "Attributes can be deleted.")


def _identity(Tensor, t):
    a, b = Tensor([1.0]), Tensor([1.0])
    check.require(hash(a) != hash(b), "Equal contents must not share a hash: keys are identities.")
    check.require({a: "a", b: "b"}[a] == "a" and len({a, b, a}) == 2 and a in {a}, "Tensors are keys by identity.")
    holder = [a, b]
    check.require(holder[0] is a and copy.copy(a) is not a, "Identity is kept.")
    alias = a
    alias += 5
    check.require(alias is a and a.item() == 6, "+= works in place.")
    b.grad = a
    check.require(b.grad is a and b.grad.grad is None, "grad is the very Tensor.")
    product = t * a
    check.require(product.recipe.parents[0] is t and product.recipe.parents[1] is a, "Parents are the very Tensors.")
    check.require(product.recipe.func is np.multiply and not product.is_leaf, "func is NumPy's function.")
    check.require(list(product.recipe.parents) == [0, 1], "Parents are by place.")


def _members(Tensor):
    check.require(Tensor.zeros(2, 3).shape == (2, 3), "zeros is a class method.")
    check.require(Tensor.join([Tensor([1]), Tensor([2, 3])], axis=0).array.tolist() == [1, 2, 3], "join is a static method.")
    t = Tensor([[1.0, 2.0], [3.0, 4.0]])
    t.first = 7
    check.require(t.first == 7 and t.array[0, 0] == 7, "first is a property that can be set.")
    check.require(t.T.array.tolist() == [[7, 3], [2, 4]], "T reverses the axes.")
    t.array[1, 1] = 9
    check.require(t.T.array[1, 1] == 9 and t[1].array.tolist() == [3, 9], "What is written to the array is there.")


def test_wrap_forward_fn(wrap_forward_fn):
    seen = []

    def double(x, by=2):
        seen.append(by)
        return x * by

    exp, twice = check.call(wrap_forward_fn, np.exp), wrap_forward_fn(double)
    x = check.beside(wrap_forward_fn, "Tensor")([1.0, 2.0], requires_grad=True)
    out = exp(x)
    check.require(np.allclose(out.array, np.exp(x.array)), "The values differ.", got=repr(out.array))
    check.require(out.requires_grad and out.recipe.func is np.exp, "The recipe must hold the raw function.")
    check.require(out.recipe.parents == {0: x} and out.recipe.parents[0] is x, "The parent is missing.")
    out = twice(x, by=3)
    check.require(out.recipe.kwargs == {"by": 3} and seen == [3], "Keywords were not remembered.")
    check.require(out.recipe.func is double, "The recipe must hold the very function.")
    check.require(list(twice(x).recipe.args[0]) == list(x.array), "args hold raw arrays.")
    check.require(not wrap_forward_fn(np.equal, False)(x, 1).requires_grad, "It must give requires_grad False.")
    check.require(len(wrap_forward_fn(np.multiply)(x, x).recipe.parents) == 2, "Key the parents by position.")


def test_BackwardFuncLookup(BackwardFuncLookup):
    table, other = BackwardFuncLookup(), BackwardFuncLookup()

    def back(grad):
        return grad

    check.call(table.add_back_func, np.log, 0, back)
    table.add_back_func(np.log, 1, len)
    check.require(table.get_back_func(np.log, 0) is back, "Position 1 overwrote position 0.")
    table.add_back_func(np.log, 0, max)
    check.require(table.get_back_func(np.log, 0) is max, "A second registration replaces.")
    error = raised(table.get_back_func, np.log, 2)
    check.require(isinstance(error, KeyError), "A missing entry is a KeyError.", got=repr(type(error).__name__))
    check.require("log" in str(error) and "2" in str(error), "The message does not say what is missing.", got=str(error))
    check.require(isinstance(raised(table.get_back_func, Node("f"), 0), KeyError), "Functions without a name are looked up too.")
    check.require(isinstance(raised(other.get_back_func, np.log, 0), KeyError), "Two tables share their entries.")


def diamonds(count):
    node = Node("end")
    for n in range(count):
        node = Node(n, Node(f"{n}l", node), Node(f"{n}r", node))
    return node


def test_topological_sort(topological_sort):
    calls = []

    def children(node):
        calls.append(node)
        check.require(len(calls) < 2000, "Shared nodes were walked again and again.")
        return node.children

    chain = Node("leaf")
    for n in range(300):
        chain = Node(n, chain)
    for root, count in [(Node("one"), 1), (diamonds(1), 4), (diamonds(12), 37), (chain, 301)]:
        calls.clear()
        order = check.call(topological_sort, root, children)
        check.require(type(order) is list and all(isinstance(node, Node) for node in order), "A list of the nodes is asked.")
        places = {id(node): place for place, node in enumerate(order)}
        check.require(len(places) == len(order), "A node occurs twice.")
        check.require(len(order) == count and order[-1] is root, "All nodes are asked, the root last.")
        late = [(node, child) for node in order for child in node.children if places[id(child)] > places[id(node)]]
        check.require(not late, "Parents came before their children.")
    loop = Node("a", Node("b"))
    loop.children[0].children.append(loop)
    error = raised(topological_sort, loop, children)
    check.require(isinstance(error, ValueError), f"A cycle is a ValueError, and this gave {error!r}.")
    _passes_through(topological_sort)


def _passes_through(topological_sort):
    halt = Halt("stop", 3)

    def refuse(node):
        raise halt

    error = raised(topological_sort, Node("a"), refuse)
    check.require(error is halt and error.args == ("stop", 3), "An exception of get_children must come through.")


GRAPHS = {"end": [], "line": ["end"], "fork": ["end", "line"], "deep": ["fork", "fork", "line"]}


def test_count_paths(count_paths):
    def slow(name, children):
        return sum(slow(child, children) for child in children(name)) or 1

    inputs = [("end", GRAPHS.get), ("line", GRAPHS.get), ("fork", GRAPHS.get), ("deep", children_of)]
    check.agrees(count_paths, inputs=inputs, expected=slow)


def children_of(name):
    return tuple(GRAPHS[name])


def test_backprop(backprop):
    Tensor = check.beside(backprop, "Tensor")
    x = Tensor(np.array([3.0, 1.0]), requires_grad=True)
    y = x * x + x
    check.require(backprop(y) is None, "Nothing is returned.")
    check.require(isinstance(x.grad, Tensor) and np.allclose(x.grad.array, [7, 3]), f"The gradient is {x.grad!r}.")
    check.require(y.grad is None, "Intermediate tensors got a grad.")
    backprop(x * 1 + x * 1, Tensor([10.0, 1.0]))
    check.require(np.allclose(x.grad.array, [27, 5]), "The given end gradient was not used.", got=repr(x.grad))
    a, b = (Tensor([1.0], requires_grad=True) for _ in range(2))
    backprop(a + b)
    a.grad.array[...] = 100
    check.require(b.grad.item() == 1, "Two leaves share one array: a later += changed both.")
    check.require(isinstance(raised(backprop, Tensor([1.0], True) - 1), KeyError), "A missing function is a KeyError.")


def test_NoGrad(NoGrad):
    Tensor = check.beside(NoGrad, "Tensor")
    x = Tensor([2.0], requires_grad=True)
    with NoGrad() as outer:
        check.require((x * x).recipe is None, "A recipe was written.")
        with NoGrad() as inner:
            check.require(isinstance(inner, NoGrad) and inner is not outer, "enter gives the manager.")
            check.require(inner.was_enabled is False and outer.was_enabled is True, "was_enabled differs.")
        check.require(not (x * x).requires_grad, "On leaving it switched on, although it was off before.")
    check.require((x * x).requires_grad, "After the block nothing is recorded any more.")
    halt = Halt("inside")
    caught = None
    try:
        with NoGrad():
            raise halt
    except Halt as error:
        caught = error
    check.require(caught is halt, "The exception vanished.")
    check.require((x * x).recipe is not None, "After an exception nothing is recorded any more.")


def test_add_(add_):
    Tensor = check.beside(add_, "Tensor")
    array = np.array([1.0, 2.0], np.float32)
    x, other = Tensor(array), Tensor([10.0, 20.0])
    got = check.call(add_, x, other, alpha=0.5)
    check.require(got is x, "x itself must come back.")
    check.require(np.allclose(array, [6, 12]), f"Whoever shares the old array sees {array}.")
    array[0] = 100
    check.require(np.allclose((x + 0).array, [100, 12]), "What is written outside is seen inside.")
    add_(x, 1)
    check.require(np.allclose(array, [101, 13]) and np.allclose(x.array, array), f"The array is {array}.")
    mine = x.array
    mine *= 2
    check.require(np.allclose((x + 0).array, [202, 26]) and np.allclose(array, [202, 26]), "The array is shared.")
    keys = {0: x, 1: other}
    check.require(keys[0] is x, "Dicts of tensors hold them.")


def test_Module(Parameter, Module, Linear):
    Tensor = check.beside(Parameter, "Tensor")
    check.require(issubclass(Parameter, Tensor) and not issubclass(Parameter, Module), "It must be a Tensor.")
    p = Parameter(Tensor(np.zeros(2, np.float32)))
    check.require(p.requires_grad and isinstance(p, Tensor), "requires_grad is off.")
    check.require(repr(p).splitlines()[0] == "Parameter containing:" and len(repr(p).splitlines()) == 2, f"repr gives {p!r}.")
    m, sub = Module(), Module()
    m.a, m.sub, m.name = p, sub, "m"
    sub.b = Parameter(Tensor([1.0]))
    sub.again = p
    found = list(m.parameters())
    check.require(len(found) == 2 and found[0] is p and found[1] is sub.b, f"{len(found)} parameters came.")
    check.require(list(m.parameters(recurse=False)) == [p], "With recurse False only its own are asked.")
    check.require(next(m.modules()) is sub and m.name == "m", "Registered, but not readable as an attribute.")
    m.sub = None
    check.require(len(list(m.modules())) == 0, "An attribute that was replaced is still registered.")
    check.require(isinstance(raised(m, 1), NotImplementedError), "forward is for the derived class to write.")
    _derived(Module, Linear, Tensor)
    layer = Linear(2, 3, seed=np.random.default_rng(3))
    again = Linear(2, 3, seed=3)
    check.require(np.array_equal(layer.weight.array, again.weight.array), "Same seed, same weights.")
    layer.weight.array[...], layer.bias.array[...] = [[1, 2], [3, 4], [5, 6]], [1, 0, -1]
    got = check.call(layer, Tensor([[1.0, -1.0]]))
    check.require(np.allclose(got.array, [[0, -1, -2]]), f"The layer gives {got!r}.")
    check.require(Linear(2, 3, bias=False).bias is None, "bias=False means None.")


def _derived(Module, Linear, Tensor):
    source = """
class Net(Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Linear(2, 3), Linear(3, 1)

    def forward(self, x, scale=1.0):
        return self.second(self.first(x)) * scale

class Late(Module):
    def __init__(self):
        self.first = Linear(2, 3)
"""
    Net = check.define(source, "Net", Module=Module, Linear=Linear)
    net = Net()
    check.require(isinstance(net, Module) and isinstance(net, Net), "A derived class is a Module.")
    check.require(len(list(net.parameters())) == 4, "Parameters of submodules are missing.")
    check.require(repr(net) == "Net\n  (first): Linear\n  (second): Linear", f"repr gives {net!r}.")
    x = Tensor([[1.0, 2.0]])
    check.require(np.allclose(net(x, scale=0.0).array, 0), "Keywords reach forward.")
    Late = check.define(source, "Late", Module=Module, Linear=Linear)
    check.require(isinstance(raised(Late), AttributeError), "Forgetting super().__init__() is an AttributeError.")


def test_SGD(SGD):
    Tensor = check.beside(SGD, "Tensor")
    params = [Tensor([1.0], requires_grad=True), Tensor([2.0, 3.0], requires_grad=True)]
    sgd = check.call(SGD, (param for param in params), lr=0.1)
    params[0].grad = Tensor([2.0])
    array = params[0].array
    for wanted in (0.8, 0.6):
        sgd.step()
        check.require(np.allclose(array, wanted), f"The parameter is {array}, and {wanted} is asked.")
    check.require(np.allclose(params[1].array, [2, 3]), "Parameters without a gradient are left.")
    params[1].grad = params[0]
    sgd.zero_grad()
    check.require(all(param.grad is None for param in params), "Only one gradient was cleared.")


def test_train_epoch(train_epoch):
    happened = []

    class Model:
        """Of the test's own."""

        def __call__(self, x, *, labels):
            happened.append("forward")
            return float(labels.mean())

    class Optimizer:
        """Records what it is asked."""

        def zero_grad(self):
            happened.append("clear")

        def step(self):
            happened.append("step")

    loader = ((np.zeros((n, 2)), np.full(n, loss)) for n, loss in [(2, 1.0), (1, 4.0)])
    mean = check.call(train_epoch, Model(), loader, Optimizer())
    check.require(happened == ["clear", "forward", "step"] * 2, f"The order was {happened}.")
    check.require(abs(mean - 2.0) < 1e-9, f"The mean is {mean}: a small batch counted as much as a large one.")
    check.require(train_epoch(Model(), [], SimpleNamespace(zero_grad=print, step=print)) == 0.0, "Without batches it is 0.")


def test_minibatches(minibatches):
    x = np.arange(7)
    batches = list(minibatches(x, 3))
    check.require([batch.tolist() for batch in batches] == [[0, 1, 2], [3, 4, 5], [6]], f"The batches are {batches}.")
    one, other = (np.concatenate(list(minibatches(x, 3, seed=np.random.default_rng(4)))) for _ in range(2))
    check.require(np.array_equal(one, other) and sorted(one) == list(range(7)), "Same seed, same order.")
    check.require(np.array_equal(x, np.arange(7)), "The caller's array was shuffled.")
    check.require(not isinstance(minibatches(x, 3), list), "An iterator is asked.")


def test_countdown(countdown):
    check.require(raised(list, countdown(1)) is None, "A generator ends with return, not with an exception.")
    check.require(list(countdown(3)) == [3, 2, 1] and list(countdown(0)) == [], f"It gives {list(countdown(3))}.")
    steps = check.call(countdown, 2)
    check.require(iter(steps) is steps and next(steps) == 2 and steps.send(5) == 5, "What is sent in is where it goes on.")
    check.require(next(steps) == 4, "It goes on from there.")
    steps.close()
    check.require(next(steps, "over") == "over", "A closed one is over.")

    def whole():
        told.append((yield from countdown(2)))

    told = []
    check.require(list(whole()) == [2, 1] and tuple(told[0]) == (2, "lift-off"), f"It returns {told}.")
    error = raised(countdown(1).throw, Halt("thrown"))
    check.require(isinstance(error, Halt), "What is thrown in comes out.")


def test_borrowed(borrowed):
    shelf = Shelf(book="text", pen="ink")
    manager = borrowed(shelf, "book")
    check.require(hasattr(manager, "__enter__"), "What comes back is no context manager.")
    with manager as thing:
        check.require(thing == "text" and shelf.names() == ["pen"], "It is taken from the shelf.")
    check.require(shelf.names() == ["book", "pen"], "It was not brought back.")
    halt, missing = Halt("inside"), KeyError("page")
    for inside, wanted in [(halt, Halt), (missing, LookupError)]:
        error = raised(_raise_in, borrowed(shelf, "pen"), inside)
        check.require(isinstance(error, wanted), f"{inside!r} became {error!r}.")
        check.require(shelf.names() == ["book", "pen"], "After an exception it was not brought back.")
    check.require(not isinstance(error, KeyError) and str(error) == "lost: page", f"The message is {error}.")
    error = raised(borrowed(shelf, "car").__enter__)
    check.require(isinstance(error, KeyError) and error.args == ("car",), "What is not there is a KeyError.")


class Shelf:
    """Of the test's own: a few things by name."""

    def __init__(self, **things):
        self.things = things

    def pop(self, name):
        return self.things.pop(name)

    def __setitem__(self, name, thing):
        self.things[name] = thing

    def names(self):
        return sorted(self.things)


def _raise_in(manager, error):
    with manager:
        raise error


def test_CycleError(CycleError, refuse_cycle):
    a, b, c = nodes = [Node(name) for name in "abc"]
    links = {id(a): b, id(b): c, id(c): None}
    path = refuse_cycle(a, lambda node: links[id(node)])
    check.require(len(path) == 3 and all(one is other for one, other in zip(path, nodes, strict=True)), "The path is a, b, c.")
    links[id(c)] = b
    check.require(issubclass(CycleError, ValueError), "It must be a ValueError.")
    caught = None
    try:
        refuse_cycle(a, lambda node: links[id(node)])
    except CycleError as error:
        caught = error
    check.require(isinstance(caught, CycleError) and type(caught).__name__ == CycleError.__name__, "It is a CycleError.")
    check.require(len(caught.path) == 3 and caught.path[0] is a, "The path is kept.")
    check.require(str(caught) == "a cycle of 3" and caught.length() == 3, f"The message is {caught}.")
    made = CycleError([1, 2])
    check.require(made.path == [1, 2] and isinstance(made, Exception), "It is made from a path.")
    error = raised(refuse_cycle, a, {}.__getitem__)
    check.require(isinstance(error, KeyError) and not isinstance(error, CycleError), "Other exceptions come through.")


def test_compose(compose):
    both = check.call(compose, lambda x: x + 1, lambda x: 10 * x)
    check.require(callable(both), f"It gives {both!r}, and a function is asked.")
    check.require(both(2) == 21, f"It gives {both(2)}: the last function comes first.")
    check.require(compose()("same") == "same", "Without functions it gives what came.")
    check.require(compose(both, both)(1) == 111, "What comes back can be composed again.")
    box = SimpleNamespace(value=3)
    check.require(compose()(box) is box and compose(lambda it: it.value)(box) == 3, "Objects go through.")


def test_tally(tally, name_parents):
    words, counts = ["a", "b", "a"], SimpleNamespace()
    counter = Counts()
    total = tally(words, counter, step=2)
    check.require(counter.things == {"a": 4, "b": 2}, f"The counts are {counter.things}.")
    check.require(isinstance(total, np.integer) and total == 6, f"The total is {total!r}.")
    got = check.call(name_parents, {0: counts, 1: words}, left=0)
    check.require(list(got) == ["left"] and got["left"] is counts, f"The names are {list(got)}.")


class Counts(Shelf):
    """Like a dict, by reference."""

    def get(self, name, default):
        return self.things.get(name, default)

    def values(self):
        return list(self.things.values())


def test_Point(Point):
    p = check.call(Point, 1, y=2)
    check.require((p.x, p.y) == (1, 2) and Point(1).y == 0, "Coordinates differ.")
    check.require(p == Point(1, 2) and p != Point(2, 1) and p != (1, 2), "Equal coordinates are equal points.")
    check.require({p: "there"}[Point(1, 2)] == "there" and len({p, Point(1, 2)}) == 1, "Equal points are one key.")
    check.require(p + Point(1, 1) == Point(2, 3), "The sum is by coordinates.")
    check.require([q.x for q in sorted([Point(2), Point(1)])] == [1, 2] and max(Point(1), Point(3)).x == 3, "They have an order.")
    check.require(repr(p) == f"{Point.__name__}(x=1, y=2)", f"repr gives {p!r}.")
    check.require(raised(setattr, p, "x", 3) is not None, "It can be changed.")
    check.require(raised(lambda: p + 1) is not None and raised(lambda: 1 - p) is not None, "Numbers are no points.")

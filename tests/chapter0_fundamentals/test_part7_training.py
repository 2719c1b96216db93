"""Tests of part 7. torch judges what is calculated; models and optimisers of the test's own watch the loops.

Those are derived from the Module and the SGD that are found, like Tensor, NoGrad and what else earlier exercises have made, beside
the answer that is tested.
"""
# ruff: noqa: N802  # a test is called after its exercise

import itertools

import numpy as np
import torch as t
from torch.nn import functional

from workbook import check

# --- layers -------------------------------------------------------------------------------------------------


def test_Parameter(Parameter):
    """A Tensor on the same array, which requires grad unless told otherwise."""
    array = _floats(2, 3)
    Tensor, NoGrad, tensor = _made_tensor(Parameter, array)
    parameter = check.call(Parameter, tensor)
    check.require(
        isinstance(parameter, Tensor), "a Parameter must be a Tensor, so that every operation takes it.", mistake="not_tensor"
    )
    _require_parameter(parameter, array, "")
    check.require(parameter.grad is None and parameter.is_leaf, "a fresh Parameter has a grad or a recipe already.")
    check.require(parameter.requires_grad is True, "requires_grad is off, and nothing was said against it.", mistake="no_grad")
    for off in (Parameter(tensor, requires_grad=False), Parameter(tensor, False)):
        check.require(
            off.requires_grad is False,
            "requires_grad=False was asked, and the Parameter requires grad all the same.",
            mistake="flag",
        )
    with NoGrad():
        inside = Parameter(tensor)
    check.require(inside.requires_grad is True, "made inside NoGrad, it must require grad too: NoGrad is about operations.")
    again = Parameter(parameter)
    _require_parameter(again, array, " made from a Parameter")
    check.require(again is not parameter and hash(again) != hash(parameter), "two Parameters on one array are still two keys.")
    product = parameter * 2
    check.require(product.requires_grad and product.recipe.parents[0] is parameter, "an operation does not record the Parameter.")
    _require_repr(Parameter, Tensor)


def _made_tensor(thing, array):
    Tensor, NoGrad = _beside(thing, "Tensor", "NoGrad")
    return Tensor, NoGrad, Tensor(array)


def _require_parameter(parameter, array, which):
    """It stands for the very array of the tensor that it was made from."""
    held = parameter.array
    check.require(isinstance(held, np.ndarray), f"the array of a Parameter{which} is no array but something in a box.")
    check.require(np.array_equal(held, array), f"the numbers of a Parameter{which} differ from the tensor's.")
    check.require(
        np.shares_memory(held, array),
        f"the array of a Parameter{which} is a copy: the tensor that was given no longer sees changes.",
        mistake="copied",
    )


def _require_repr(Parameter, Tensor):
    small = Tensor([1.0, 2.0])
    lines = repr(Parameter(small)).splitlines()
    first = lines[0] if lines else ""
    check.require(first == "Parameter containing:", f"the first line of the repr is {first!r}.", expected="Parameter containing:")
    known = (repr(Tensor(small, requires_grad=True)), repr(Tensor(small, requires_grad=True)).replace("Tensor", "Parameter"))
    check.require(
        len(lines) == 2 and lines[1] in known,
        f"below the first line the repr must have the Tensor's own; it has {lines[1:]!r}.",
        expected=known[0],
    )


def test_Module(Module):
    """Registers what is assigned, forgets what is replaced, gives each Parameter once, and calls forward."""
    Tensor, Parameter = _beside(Module, "Tensor", "Parameter")
    fresh_number = itertools.count()
    new = lambda number=None: Parameter(Tensor([float(next(fresh_number)) if number is None else number]))  # noqa: E731
    outer, inner, innermost = check.call(Module), Module(), Module()
    a, b, c, d = new(), new(), new(), new()
    innermost.c = c
    inner.deep = innermost
    inner.b = b
    outer.a = a
    outer.sub = inner
    outer.d = d
    outer.name, outer.tensor = "outer", Tensor([2.0])
    _require_attributes(outer, {"a": a, "sub": inner, "d": d})
    fresh = Module()
    held = list(outer.modules())
    deeper = any(one is outer or one is innermost for one in held)
    check.require(
        not deeper,
        "modules() yields more than the direct submodules: the module itself, or what lies below them.",
        mistake="torch_modules",
    )
    check.require(
        list(fresh.modules()) == [] and list(fresh.parameters(recurse=False)) == [],
        "all modules share one registry: a fresh one is not empty.",
        mistake="class_level",
    )
    _require_same(held, [inner], "modules() of a module with one submodule, which has another")
    _require_same(list(outer.parameters(recurse=False)), [a, d], "parameters(recurse=False)")
    _require_same(list(outer.parameters(False)), [a, d], "parameters(False)")
    _require_same(list(outer.parameters()), [a, d, b, c], "parameters() of a module with submodules, its own first")
    _require_follows(Module, new)
    _require_once(Module, new)
    _require_calls(Module, Tensor)
    _require_refuses(Module, new)


def _require_attributes(outer, members):
    for name, value in members.items():
        found = getattr(outer, name, None)
        check.require(
            found is value, f"{name} was assigned and registered, but it cannot be read as an attribute.", mistake="not_set"
        )
    check.require(outer.name == "outer" and outer.tensor.item() == 2, "ordinary attributes cannot be read any more.")


def _require_same(got, wanted, what):
    """The very objects, in this order."""
    if len(got) == len(wanted) and all(one is other for one, other in zip(got, wanted, strict=True)):
        return
    count = f"{len(got)} came, and {len(wanted)} are asked" if len(got) != len(wanted) else "the order or the objects differ"
    missing = sum(all(one is not other for one in got) for other in wanted)
    more = sum(all(one is not other for one in wanted) for other in got)
    twice = len({id(one) for one in got}) < len(got)
    why = f" Missing: {missing}." if missing else ""
    why += f" No longer, or never, belonging to it: {more}." if more else ""
    why += " One of them came twice." if twice else ""
    known = "twice" if twice else "stale" if more else _DEPTHS.get(missing, "") if "with submodules" in what else ""
    if not missing and [id(one) for one in got] != [id(one) for one in wanted[2:] + wanted[:2]]:
        known = "twice" if twice else "stale" if more else ""
    check.require(False, f"{what}: {count}.{why}", mistake=known)


_DEPTHS = {0: "submodules_first", 1: "one_level", 2: "not_recursive"}  # by how many Parameters of submodules are missing


def _require_follows(Module, new):
    module = Module()
    first, second, sub = new(), new(), Module()
    sub.inside = new()
    module.thing = first
    module.thing = second
    _require_same(list(module.parameters()), [second], "parameters() after an attribute got another Parameter")
    module.thing = sub
    _require_same(list(module.parameters(recurse=False)), [], "parameters(recurse=False) after a Module replaced a Parameter")
    _require_same(list(module.modules()), [sub], "modules() after a Module replaced a Parameter")
    module.thing = first
    _require_same(list(module.modules()), [], "modules() after a Parameter replaced a Module")
    _require_same(list(module.parameters()), [first], "parameters() after a Parameter replaced a Module")
    module.thing = None
    check.require(module.thing is None, "an attribute that was set to None is not None.")
    _require_same(list(module.parameters()), [], "parameters() after the attribute was set to None (it is still registered)")
    module.other = sub
    module.other = 3
    _require_same(list(module.modules()), [], "modules() after the attribute was set to 3 (it is still registered)")


def _require_once(Module, new):
    module, left, right = Module(), Module(), Module()
    shared, own = new(), new()
    left.weight = right.weight = shared
    right.own = own
    module.left, module.right = left, right
    _require_same(list(module.parameters()), [shared, own], "parameters() where two submodules share one Parameter")
    module.mine = module.alias = shared
    _require_same(list(module.parameters()), [shared, own], "parameters() where an attribute and submodules share one Parameter")
    _require_same(list(module.parameters(recurse=False)), [shared], "parameters(False) where two attributes share one Parameter")
    alike = Module()
    alike.one, alike.other = new(1.0), new(1.0)
    check.require(
        len(list(alike.parameters())) == 2,
        "two Parameters that hold equal numbers are still two, and only one of them came.",
        mistake="equal_numbers",
    )


_NETS = """
class Weighted(Module):
    def __init__(self):
        super().__init__()
        self.scale = 10.0

    def forward(self, x, shift=0.0):
        return x * self.scale + shift

class Net(Module):
    def __init__(self):
        super().__init__()
        self.first = Weighted()
        self.second = Module()
        self.second.inside = Weighted()

class Late(Module):
    def __init__(self, value):
        self.value = value
"""


def _require_calls(Module, Tensor):
    Weighted, Net = (check.define(_NETS, name, Module=Module) for name in ("Weighted", "Net"))
    module = Weighted()
    for out, wanted in ((module(Tensor([2.0])), 20), (module(Tensor([2.0]), 1.0), 21), (module(Tensor([2.0]), shift=3.0), 23)):
        check.require(
            isinstance(out, Tensor) and out.item() == wanted, f"a call must give what forward gives: {wanted}, not {out!r}."
        )
    error = _raised(Module(), Tensor([1.0]))
    check.require(
        isinstance(error, NotImplementedError) and "Write your answer" not in str(error),
        "Module's own forward must raise NotImplementedError; derived classes write theirs.",
        got=repr(error),
    )
    lines = repr(Net()).replace("(\n", "\n").splitlines()
    wanted = [(0, "Net"), (2, "(first): Weighted"), (2, "(second): Module"), (4, "(inside): Weighted")]
    lines = [line for line in lines if line.strip() not in (")", "")]
    good = len(lines) == len(wanted) and all(
        line.startswith(" " * indent + text) for line, (indent, text) in zip(lines, wanted, strict=True)
    )
    expected = "\n".join(" " * indent + text for indent, text in wanted)
    check.require(good, "the repr of a module with submodules differs.", got=repr(Net()), expected=expected)


def _require_refuses(Module, new):
    Late = check.define(_NETS, "Late", Module=Module)
    for value, what in ((new(), "a Parameter"), (Module(), "a Module")):
        error = _raised(Late, value)
        check.require(
            isinstance(error, AttributeError),
            f"a class that forgets super().__init__() must get an AttributeError when {what} is assigned.",
            got=repr(error),
        )


def test_Linear(Linear):
    """Weights inside their bounds, drawn as asked; outputs and gradients as torch's linear layer has them."""
    Tensor, Parameter = _beside(Linear, "Tensor", "Parameter")
    _require_example(check.call(Linear, 2, 3), Tensor)
    for bias in (True, False):
        _require_registered(Linear(5, 3, bias=bias, seed=0), Parameter, bias)
    _require_drawn(Linear)
    for batch, inputs, outputs, bias in ((4, 5, 3, True), (1, 3, 2, True), (3, 1, 4, True), (3, 4, 1, False), (4, 4, 4, True)):
        _require_linear(Linear(inputs, outputs, bias, seed=1), Tensor(_floats(batch, inputs), requires_grad=True), bias)


def _require_example(layer, Tensor):
    shape = layer.weight.shape
    check.require(
        shape == (3, 2),
        f"weight of Linear(2, 3) has the shape {shape}; asked is (out_features, in_features), (3, 2).",
        mistake="untransposed",
    )
    layer.weight.array[...], layer.bias.array[...] = [[1, 2], [3, 4], [5, 6]], [1, 0, -1]
    out = check.call(layer, Tensor([[1.0, -1.0]]))
    check.require(isinstance(out, Tensor), f"a Tensor must come back, and this is {type(out).__name__}.")
    check.require(np.allclose(out.array, [[0, -1, -2]]), "the example differs.", got=repr(out), expected="0, -1, -2")


def _require_registered(layer, Parameter, bias):
    found = list(layer.parameters())
    for name in ("weight", "bias")[: 1 + bias]:
        value = getattr(layer, name)
        kind = isinstance(value, Parameter)
        check.require(
            kind, f"{name} is no Parameter: the module does not know it, and nobody would train it.", mistake="plain_tensor"
        )
        check.require(value.array.dtype == np.float32, f"the dtype of {name} is {value.array.dtype}, and float32 is asked.")
    check.require(bias or layer.bias is None, "bias=False means that bias is None.")
    check.require(len(found) == 1 + bias, f"parameters() of a layer with bias={bias} gives {len(found)}.")


def _require_drawn(Linear):
    layer = Linear(16, 400, seed=int(check.rng().integers(1000)))
    for name, array in (("weight", layer.weight.array), ("bias", layer.bias.array)):
        spread, sf = float(np.abs(array).max()), 0.25
        check.require(
            spread > 0 or name == "bias", "all numbers of weight are zero: all units start alike and stay alike.", mistake="zeros"
        )
        check.require(
            spread > 0, "all numbers of bias are zero; it is drawn between the same bounds as weight.", mistake="zero_bias"
        )
        peaked = spread > 2.5 * float(array.std())  # of uniform draws the largest is only 1.7 times the standard deviation
        check.require(
            spread < sf * 1.0001,
            f"{name} of Linear(16, 400) goes up to {spread:.3f}; the bound is 1/sqrt(16) = 0.25.",
            "The scale depends on the number of inputs of a unit, and the draw is uniform: nothing lies beyond the bound.",
            mistake="normal" if peaked else "unit_variance" if abs(spread - 3**0.5 * sf) < 0.01 else "",
        )
        outward = abs(spread - 0.05) < 0.005
        check.require(
            not outward,
            f"{name} of Linear(16, 400) goes up to 1/sqrt(400): the scale depends on a unit's inputs, of which there are 16.",
            mistake="sf_out",
        )
        even = abs(float(array.mean())) < 0.04 and spread > 0.9 * sf and abs(float(array.std()) / sf - 3**-0.5) < 0.1
        found = f"it goes from {array.min():.3f} to {array.max():.3f}, with a mean of {array.mean():.3f}."
        check.require(even, f"{name} of Linear(16, 400) is not spread evenly between -0.25 and 0.25: {found}")
    first, again, other = (Linear(4, 4, seed=seed).weight.array for seed in (5, 5, 6))
    check.require(np.array_equal(first, again), "the same seed must give the same weights.")
    check.require(not np.array_equal(first, other), "another seed gives the same weights.")
    check.require(not np.array_equal(Linear(4, 4).weight.array, Linear(4, 4).weight.array), "without a seed two layers are equal.")
    one, two = check.define(_TWO_LAYERS, "found", Linear=Linear)
    check.require(
        not np.array_equal(one, two), "two layers drawn from one generator are equal: it must be drawn from as it stands."
    )


_TWO_LAYERS = """
import numpy

rng = numpy.random.default_rng(3)
found = [Linear(4, 4, seed=rng).weight.array.copy() for _ in range(2)]
"""


def _require_linear(layer, x, bias):
    end = _floats(x.shape[0], layer.weight.shape[0])
    out = check.call(layer, x)
    theirs = [t.tensor(tensor.array, requires_grad=True) for tensor in (x, layer.weight, *([layer.bias] if bias else []))]
    wanted = functional.linear(*theirs)
    label = f"Linear{layer.weight.shape[::-1]}, a batch of {x.shape[0]}"
    check.require(out.shape == tuple(wanted.shape), f"{label}: the output has the shape {out.shape}.")
    check.require(
        _close(out.array, wanted), f"{label}: the output differs from torch's.", got=repr(out), expected=str(wanted.detach())
    )
    out.backward(end)
    wanted.backward(t.tensor(end))
    for name, tensor, other in zip(("x", "weight", "bias"), (x, layer.weight, layer.bias), theirs, strict=False):
        check.require(tensor.grad is not None, f"{label}: {name} got no gradient: the graph was left on the way.")
        check.require(_close(tensor.grad.array, other.grad), f"{label}: the gradient in {name} differs from torch's.")


def test_quiz_init_scale(quiz_init_scale):
    """The variance of a sum of d products."""
    check.choice(quiz_init_scale)


def test_ReLU(ReLU):
    """As torch's relu, in value and gradient, on any shape; a Module without parameters."""
    Tensor, Module = _beside(ReLU, "Tensor", "Module")
    layer = check.call(ReLU)
    check.require(isinstance(layer, Module) and list(layer.parameters()) == [], "a ReLU is a Module without parameters.")
    for array in (np.array([-1.0, 2.0], np.float32), _floats(3, 4), _floats(1), _floats(2, 3, 1, 2)):
        x, theirs = Tensor(array, requires_grad=True), t.tensor(array, requires_grad=True)
        out, wanted = check.call(layer, x), functional.relu(theirs)
        check.require(
            isinstance(out, Tensor),
            f"a Tensor must come back, and this is {type(out).__name__}: the graph ends there.",
            mistake="array",
        )
        right = out.shape == array.shape and _close(out.array, wanted)
        below = np.sort(out.array[array < 0]) if out.shape == array.shape else np.zeros(0)
        known = ("abs" if below[0] > 0 else "leaky") if below.any() else ""
        check.require(right, "the output differs from torch's.", mistake=known, got=repr(out), expected=str(wanted.detach()))
        end = _floats(*array.shape)
        check.require(out.requires_grad, "the output does not require grad: the graph was left on the way.", mistake="cut")
        out.backward(end)
        wanted.backward(t.tensor(end))
        check.require(
            x.grad is not None, "the value is right, but no gradient reaches x: the graph was left on the way.", mistake="cut"
        )
        check.require(_close(x.grad.array, theirs.grad), "the gradient differs from torch's.", got=repr(x.grad))
    x = Tensor(np.zeros(2, np.float32), requires_grad=True)
    layer(x).backward()
    check.require(
        _close(x.grad.array, [0.5, 0.5]), "where x is 0, the gradient is halved, as `maximum_back0` does.", got=repr(x.grad)
    )


def test_MLP(MLP):
    """Five layers in a row, six Parameters, logits as torch calculates them from the same weights."""
    Tensor, Module = _beside(MLP, "Tensor", "Module")
    model = check.call(MLP)
    check.require(isinstance(model, Module), "an MLP is a Module.")
    for made, count in ((model, 8970), (MLP(784, seed=0), 55050), (MLP(6, 5, 3), 83)):
        found = sum(parameter.array.size for parameter in made.parameters())
        check.require(
            found == count,
            f"its parameters hold {found} numbers, and {count} are asked.",
            "Are all layers known to the module? Attributes are registered, what is in a list is not.",
            mistake="list" if found == 0 else "",
        )
    absent = [name for name in ("linear1", "relu1", "linear2", "relu2", "output") if not hasattr(model, name)]
    check.require(not absent, f"the attributes {', '.join(absent)} are asked, and the model has none of that name.")
    shapes = [tuple(parameter.shape) for parameter in MLP(6, 5, 3).parameters()]
    asked = [(5, 6), (5,), (5, 5), (5,), (3, 5), (3,)]
    check.require(shapes == asked, f"the parameters of MLP(6, 5, 3) have the shapes {shapes}.", expected=str(asked))
    _require_seeded(MLP)
    for sizes, shape in (
        ((64, 5, 3), (4, 64)),
        ((6, 5, 3), (4, 6)),
        ((6, 5, 3), (4, 2, 3)),
        ((64, 8, 10), (3, 1, 8, 8)),
        ((6, 4, 3), (1, 6)),
        ((4, 4, 4), (4, 2, 2)),
    ):
        _require_logits(MLP(*sizes, seed=int(check.rng().integers(1000))), Tensor(_floats(*shape)), Tensor)


def _require_seeded(MLP):
    one, other, third = MLP(4, 4, 4, seed=7), MLP(4, 4, 4, seed=7), MLP(4, 4, 4, seed=8)
    check.require(np.array_equal(one.linear1.weight.array, other.linear1.weight.array), "the same seed must give the same weights.")
    check.require(not np.array_equal(one.linear1.weight.array, third.linear1.weight.array), "another seed gives the same weights.")
    check.require(
        not np.array_equal(one.linear1.weight.array, one.linear2.weight.array),
        "linear1 and linear2 begin with the same weights: one generator must draw them all.",
        mistake="same_seed",
    )


def _require_logits(model, x, Tensor):
    error = _raised(model, x)
    known = "unflattened" if x.ndim > 2 else "flat_batch" if x.shape[1] == 64 else "fixed_size"
    check.require(
        not isinstance(error, ValueError),
        f"forward raises a ValueError on input of shape {x.shape}: are the axes flattened, and all of them but the batch?",
        got=str(error),
        mistake=known,
    )
    out = check.call(model, x)
    wanted = _logits_of(model, x.array)
    check.require(isinstance(out, Tensor), f"a Tensor must come back, and this is {type(out).__name__}.")
    check.require(
        out.shape == wanted.shape, f"on input of shape {x.shape} the output has the shape {out.shape}, not {wanted.shape}."
    )
    if _close(out.array, wanted):
        check.require(out.requires_grad, "the logits do not require grad: the graph was left on the way.")
        return
    bent = _close(out.array, np.maximum(wanted, 0))
    flat = _close(out.array, _logits_of(model, x.array, last=False))
    why = "logits must be free to be negative." if bent else ""
    why = "between two linear layers without a bend nothing is gained." if flat else why
    known = "last_relu" if bent else "one_relu" if flat else ""
    fact = f"the logits differ. {why.capitalize()}".strip()
    check.require(False, fact, mistake=known, got=str(np.round(out.array, 4)), expected=str(wanted.round(4)))


def _logits_of(model, x, first=True, last=True):
    """The logits of the network with these weights; first, last: is there a bend after the first layer, after the second?"""
    x = x.reshape(len(x), -1).astype(np.float64)
    x = x @ model.linear1.weight.array.T + model.linear1.bias.array
    x = np.maximum(x, 0) if first else x
    x = x @ model.linear2.weight.array.T + model.linear2.bias.array
    return (np.maximum(x, 0) if last else x) @ model.output.weight.array.T + model.output.bias.array


# --- the loss -----------------------------------------------------------------------------------------------


def test_cross_entropy(cross_entropy):
    """As torch's, value and gradient, for small, large, few and many logits."""
    (Tensor,) = _beside(cross_entropy, "Tensor")
    example = np.array([[0.0, 0.0], [1000.0, 0.0], [1000.0, 0.0], [0.0, -1000.0]], np.float32)
    rng = check.rng()
    inputs = [
        (example[:1], [0], "the example"),
        (example, [0, 0, 1, 1], "logits as far apart as 1000"),
        *(
            (_floats(b, c), rng.integers(0, c, b), f"{b} examples, {c} classes")
            for b, c in ((5, 3), (1, 4), (3, 3), (4, 10), (3, 1))
        ),
        (20 * _floats(6, 4), rng.integers(0, 4, 6), "larger logits"),
        (_floats(4, 6)[:, ::2], np.array([2, 0, 1, 2], np.int32), "a view with gaps, labels in int32"),
        (_floats(3, 4) + 500, np.array([3, 0, 1]), "logits around 500"),
    ]
    for logits, labels, label in inputs:
        _require_loss(cross_entropy, Tensor, logits, np.asarray(labels), label)
    check.shows(lambda: _loss_and_slope(cross_entropy, Tensor))


def _require_loss(cross_entropy, Tensor, array, labels, label):
    logits, theirs = Tensor(array.copy(), requires_grad=True), t.tensor(array, requires_grad=True)
    loss = check.call(cross_entropy, logits, Tensor(labels))
    wanted = functional.cross_entropy(theirs, t.tensor(labels, dtype=t.int64), reduction="none")
    check.require(isinstance(loss, Tensor), f"a Tensor must come back, and this is {type(loss).__name__}.")
    got = {"got": repr(loss), "expected": str(wanted.detach().numpy() + 0.0)}
    check.require(
        loss.shape == (len(array),),
        f"on {label}: the shape is {loss.shape}; one loss an example is asked.",
        **got,
        mistake="mean" if loss.shape == () else "all_pairs" if loss.ndim == 2 else "",
    )
    check.require(
        bool(np.isfinite(loss.array).all()), f"on {label}: a loss is infinite or no number at all.", **got, mistake="overflow"
    )
    negative = _close(loss.array, -wanted.detach()) and not _close(loss.array, wanted)
    check.require(not negative, f"on {label}: the sign is wrong, for a loss is never negative.", **got, mistake="sign")
    tolerance = 1e-5 + 1e-6 * float(np.abs(array).max())  # large logits leave fewer digits behind the point
    half = _close(loss.array, wanted.detach().numpy() - array.max(axis=1), tolerance)
    check.require(
        _close(loss.array, wanted, tolerance),
        f"on {label}: the loss differs from torch's.",
        **got,
        mistake="half_shifted" if half else "",
    )
    check.require(
        loss.requires_grad, f"on {label}: the value is right, but no gradient: the graph was left on the way.", mistake="cut"
    )
    check.require(np.array_equal(logits.array, array), f"on {label}: the logits were changed.")
    end = _floats(len(array))
    loss.backward(end)
    wanted.backward(t.tensor(end))
    check.require(logits.grad is not None, f"on {label}: the logits got no gradient: the graph was left on the way.")
    got = {"got": repr(logits.grad), "expected": str(theirs.grad.numpy())}
    check.require(_close(logits.grad.array, theirs.grad, tolerance), f"on {label}: the gradient differs from torch's.", **got)


def test_quiz_zero_grad(quiz_zero_grad):
    """Gradients add up until somebody clears them."""
    check.choice(quiz_zero_grad)


# --- batches and steps --------------------------------------------------------------------------------------


def test_minibatches(minibatches):
    """All examples once, in pairs, in batches of the size that was asked; shuffled only with a seed."""
    for n, size, shape in ((5, 2, ()), (6, 3, (2,)), (4, 9, (1, 2, 2)), (7, 1, (3,)), (3, 3, ()), (0, 4, (2,))):
        for seed in (None, 3):
            _require_batches(minibatches, *_numbered(n, shape), size, seed)
    x, y = _numbered(40, (2,))
    orders = [np.concatenate([labels for _, labels in check.call(minibatches, x, y, 7, seed)]) for seed in (1, 1, 2, None)]
    check.require(np.array_equal(orders[0], orders[1]), "the same seed must give the same order.")
    check.require(not np.array_equal(orders[0], orders[2]), "another seed gives the same order.")
    check.require(not np.array_equal(orders[0], y), "a seed was given, and the order is the old one.")
    zero = np.concatenate([labels for _, labels in check.call(minibatches, x, y, 7, 0)])
    check.require(not np.array_equal(zero, y), "the seed 0 was given, and the order is the old one.", mistake="zero_seed")
    check.require(np.array_equal(orders[3], y), "without a seed the order must stay as it is.")
    later = check.define(_TWO_EPOCHS, "later", minibatches=minibatches)(x, y)
    check.require(not np.array_equal(*later), "a generator gives the same order twice: it must be drawn from as it stands.")


_TWO_EPOCHS = """
import numpy

def later(x, y):
    rng = numpy.random.default_rng(3)
    return [numpy.concatenate([labels for _, labels in minibatches(x, y, 7, rng)]) for _ in range(2)]
"""


def _numbered(n, shape):
    """Examples and labels that say of each other to whom they belong."""
    y = check.rng().permutation(1000)[:n].astype(np.int64)
    x = np.broadcast_to(y.reshape(n, *(1 for _ in shape)), (n, *shape)).astype(np.float32)
    return x + 0.25, y


def _require_batches(minibatches, x, y, size, seed):
    where = f"{len(x)} examples, batch_size {size}, seed {seed}"
    before = x.copy(), y.copy()
    batches = list(check.call(minibatches, x, y, size, seed))
    changed = not (np.array_equal(x, before[0]) and np.array_equal(y, before[1]))
    x[...], y[...] = before
    check.require(not changed, f"{where}: the caller's own arrays were shuffled.", mistake="in_place")
    pairs = all(len(batch) == 2 and all(isinstance(part, np.ndarray) for part in batch) for batch in batches)
    check.require(pairs, f"{where}: every batch must be a pair of arrays.")
    sizes = [len(labels) for _, labels in batches]
    asked = [size] * (len(x) // size) + [len(x) % size] * (len(x) % size > 0)
    check.require(0 not in sizes, f"{where}: there is an empty batch, of sizes {sizes}.", expected=str(asked), mistake="empty_last")
    lost = " The last, smaller batch is missing." if sum(sizes) < len(x) else ""
    check.require(
        sizes == asked,
        f"{where}: the batches have the sizes {sizes}.{lost}",
        expected=str(asked),
        mistake="dropped" if lost else "",
    )
    for part, labels in batches:
        check.require(part.shape == (len(labels), *x.shape[1:]), f"{where}: a batch has the shape {part.shape}.")
        check.require(part.dtype == x.dtype and labels.dtype == y.dtype, f"{where}: the dtype of a batch differs from the input's.")
        together = np.array_equal(part.reshape(len(labels), -1) - 0.25, labels.reshape(-1, 1) + 0 * part.reshape(len(labels), -1))
        check.require(together, f"{where}: examples and labels were shuffled apart.", mistake="unpaired")
    seen = np.concatenate([labels for _, labels in batches]) if batches else y
    check.require(np.array_equal(np.sort(seen), np.sort(y)), f"{where}: some examples come twice, others never.")


def test_SGD(SGD):
    """Steps against the gradient, in place and unrecorded; clears all gradients; takes any iterable."""
    Tensor, Parameter = _beside(SGD, "Tensor", "Parameter")
    params = [Parameter(Tensor([1.0])), Parameter(Tensor(_floats(2, 3))), Parameter(Tensor([5.0, 6.0]))]
    optimizer = check.call(SGD, (param for param in params), 0.1)
    error = _raised(SGD([Parameter(Tensor([1.0]))], 0.1).step)
    check.require(
        not isinstance(error, TypeError | AttributeError),
        "step raised an exception where a parameter has no gradient: such a parameter must be left alone.",
        mistake="no_grad_yet",
        got=repr(error),
    )
    _require_steps(optimizer, params, Tensor)
    _require_cleared(optimizer, params, Tensor)


def _require_steps(optimizer, params, Tensor):
    arrays = [param.array for param in params]
    asked = [array.copy() for array in arrays]
    grads = [np.array([2.0], np.float32), _floats(2, 3), None]
    for number, lr in enumerate((0.1, 0.1, 0.1)):
        for param, grad in zip(params, grads, strict=True):
            param.grad = None if grad is None else Tensor(grad.copy())
        check.call(optimizer.step)
        before = asked
        asked = [now if grad is None else now - lr * grad for now, grad in zip(before, grads, strict=True)]
        _require_stepped(params, arrays, before, asked, number)
        for param, grad in zip(params, grads, strict=True):
            kept = (param.grad is None) if grad is None else _close(param.grad.array, grad)
            check.require(kept, "step changed a gradient.")
    for param in params:
        plain = param.recipe is None and param.is_leaf and param.requires_grad
        check.require(plain, "the step became part of the graph: a parameter must stay a leaf.", mistake="recorded")


def _require_stepped(params, arrays, before, asked, number):
    """Each parameter went from `before` to `asked`, in the array that it had."""
    step = f"after step {number + 1}"
    for param, array, old, wanted in zip(params, arrays, before, asked, strict=True):
        now = param.array
        told = {"got": repr(now), "expected": repr(np.asarray(wanted, np.float32))}
        if _close(array, wanted):
            check.require(
                _close(now, wanted), f"{step} the parameter's array holds other numbers than the one it began with.", **told
            )
            continue
        fact = f"{step} the parameter has a new array: whoever shares the old one, a layer perhaps, sees no change."
        check.require(not _close(now, wanted), fact, mistake="rebound")
        check.require(
            not _close(now, 2 * old - wanted),
            f"{step} the loss has grown: the parameter went up the hill.",
            mistake="uphill",
            **told,
        )
        known = "generator" if number else "local_name"
        check.require(not _close(now, old), f"{step} the parameter is where it was before.", mistake=known, **told)
        check.require(False, f"{step} a parameter is wrong.", **told)


def _require_cleared(optimizer, params, Tensor):
    for param in params:
        param.grad = Tensor(np.ones(param.shape, np.float32))
    check.call(optimizer.zero_grad)
    left = sum(param.grad is not None for param in params)
    zeros = left and all(param.grad is not None and not np.any(getattr(param.grad, "array", param.grad)) for param in params)
    check.require(
        left == 0,
        f"after zero_grad {left} of {len(params)} parameters still have a gradient; asked is None for all.",
        mistake="zeros" if zeros else "zeroes_only_first" if left == len(params) - 1 else "",
    )
    before = [param.array.copy() for param in params]
    check.call(optimizer.step)
    check.require(all(map(_close, [param.array for param in params], before)), "a parameter without a gradient must be left alone.")


# --- loops --------------------------------------------------------------------------------------------------


# A model with one weight: its logits are the input times the weight. It notes what it is called with.
_SCALE = """
import numpy

class Scale(Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight
        self.calls = []

    def forward(self, x):
        out = x * self.weight
        self.calls.append((numpy.array(getattr(x, "array", x)), bool(out.requires_grad)))
        return out

class Mixed(Scale):
    def forward(self, x):
        return x @ self.weight

class Broken(Scale):
    def forward(self, x):
        raise ArithmeticError("stopped")
"""
# An optimiser that moves nothing. It notes with which gradient it was told to step.
_RECORDER = """
class Recorder(SGD):
    def __init__(self, weight):
        super().__init__([weight], 0.0)
        self.weight = weight
        self.grads = []

    def zero_grad(self):
        self.weight.grad = None

    def step(self):
        grad = self.weight.grad
        self.grads.append(None if grad is None else float(grad.array.sum()))
"""


def _model(thing, weight, name="Scale"):
    return check.define(_SCALE, name, Module=check.beside(thing, "Module"))(weight)


def _recorder(thing, weight):
    return check.define(_RECORDER, "Recorder", SGD=check.beside(thing, "SGD"))(weight)


def test_train_epoch(train_epoch):
    """One step a batch, with the gradient of this batch's mean loss; the mean loss of an example comes back."""
    Tensor, SGD = _beside(train_epoch, "Tensor", "SGD")
    rows = np.array([[0.0, np.log(np.expm1(loss))] for loss in (1.0, 1.0, 4.0)], np.float32)
    example = [(rows[:2], np.array([0, 0])), (rows[2:], np.array([0]))]
    weight = Tensor([1.0], requires_grad=True)
    mean = check.call(train_epoch, _model(train_epoch, weight), example, _recorder(train_epoch, weight))
    check.require(
        not isinstance(mean, Tensor),
        "a Tensor came back: summed up as Tensors, losses keep the graphs of all batches.",
        mistake="tensor",
    )
    check.require(isinstance(mean, float | np.floating), f"a float must come back, and this is {type(mean).__name__}.")
    _require_mean(mean, [1.0, 4.0], [2, 1], "batches of 2 and 1 with mean losses 1 and 4")
    nothing = check.call(train_epoch, _model(train_epoch, weight), [], _recorder(train_epoch, weight))
    check.require(nothing == 0.0, "without any batch the mean is 0.0.")
    batches = _batches((4, 3), (2, 3), (1, 3), (5, 3))
    for kind, loader in (("a list", list(batches)), ("a generator", (pair for pair in batches))):
        _require_gradients(train_epoch, Tensor, loader, batches, kind)
    _require_trained(train_epoch, Tensor, SGD, batches)


def _batches(*shapes):
    """Random logits and labels of several dtypes."""
    kinds = (np.int64, np.int32, np.uint8, np.int64)
    rng = check.rng()
    return [(_floats(b, c), rng.integers(0, c, b).astype(kind)) for (b, c), kind in zip(shapes, kinds, strict=False)]


def _require_mean(mean, losses, sizes, where):
    """losses: the mean loss of each batch. sizes: how many examples are in each."""
    wanted = float(np.average(losses, weights=sizes))
    plain = " A small batch counted as much as a large one." if abs(mean - np.mean(losses)) < 1e-4 and len(losses) > 1 else ""
    fact = f"on {where} the mean loss of an example is {wanted:.4f}; {mean:.4f} came back.{plain}"
    check.require(abs(mean - wanted) < 1e-4 * max(1, abs(wanted)), fact, mistake="mean_of_means" if plain else "")


def _torch_epoch(batches, weight, lr=0.0):
    """Losses and gradients batch by batch, the weight after them."""
    losses, grads = [], []
    for x, y in batches:
        theirs = t.tensor([weight], dtype=t.float64, requires_grad=True)
        loss = functional.cross_entropy(t.tensor(x, dtype=t.float64) * theirs, t.tensor(y.astype(np.int64)))
        loss.backward()
        losses.append(loss.item())
        grads.append(theirs.grad.item())
        weight -= lr * grads[-1]
    return losses, grads, weight


def _require_gradients(train_epoch, Tensor, loader, batches, kind):
    weight = Tensor([1.5], requires_grad=True)
    recorder, model = _recorder(train_epoch, weight), _model(train_epoch, weight)
    mean = check.call(train_epoch, model, loader, recorder)
    losses, grads, _ = _torch_epoch(batches, 1.5)
    sizes = [len(y) for _, y in batches]
    calls, seen = len(list(model.calls)), list(recorder.grads)
    check.require(
        len(seen) == len(batches) and calls == len(batches),
        f"on {kind} of {len(batches)} batches the model was called {calls} times, and step {len(seen)} times.",
    )
    check.require(seen[0] is not None, "when step was called, there was no gradient of the batch.", mistake="step_first")
    found = np.array([np.nan if grad is None else grad for grad in seen])
    got = {"got": str(found.round(5)), "expected": str(np.round(grads, 5))}
    check.require(
        not _close(found, np.cumsum(grads)),
        "gradients of earlier batches were still in when step was called.",
        **got,
        mistake="no_clear",
    )
    summed = _close(found, np.multiply(grads, sizes))
    check.require(
        not summed,
        "the gradient is that of the summed loss: the step grows with the batch. The mean is asked.",
        **got,
        mistake="sum_loss",
    )
    check.require(_close(found, grads), "step found other gradients than those of the batch's mean loss.", **got)
    _require_mean(mean, losses, sizes, f"{kind} of batches of the sizes {sizes}")


def _require_trained(train_epoch, Tensor, SGD, batches):
    weight = Tensor([1.5], requires_grad=True)
    losses, _, after = _torch_epoch(batches, 1.5, lr=0.5)
    mean = check.call(train_epoch, _model(train_epoch, weight), batches, SGD([weight], 0.5), epoch=3, log_every=2)
    check.require(_close(weight.array, [after]), "after an epoch with SGD the weight differs from torch's.", got=repr(weight))
    _require_mean(mean, losses, [len(y) for _, y in batches], "an epoch with SGD")


def test_eval_epoch(eval_epoch):
    """Mean loss and accuracy, with nothing recorded and nothing changed; afterwards tracking is as before."""
    (Tensor,) = _beside(eval_epoch, "Tensor")
    weight = Tensor([1.0], requires_grad=True)
    restore = _restorer(eval_epoch)
    try:
        example = [(np.array([[0.0, 5.0], [5.0, 0.0], [0.0, 5.0]], np.float32), np.array([1, 0, 0]))]
        _require_measured(eval_epoch, Tensor, example, "3 examples, two of them right")
        for shapes in (((4, 3), (1, 3), (2, 3)), ((1, 5),), ((6, 2), (1, 2))):
            batches = _batches(*shapes)
            sizes = [len(y) for _, y in batches]
            _require_measured(eval_epoch, Tensor, iter(batches), f"batches of the sizes {sizes}", batches)
        _require_untouched(eval_epoch, Tensor, weight)
    finally:
        restore()


def _require_measured(eval_epoch, Tensor, loader, where, batches=None):
    batches = batches or loader
    weight = Tensor([1.0], requires_grad=True)
    model = _model(eval_epoch, weight)
    got = check.call(eval_epoch, model, loader)
    check.require(isinstance(got, tuple | list) and len(got) == 2, f"two numbers must come back, and this is {got!r}.")
    check.require(
        _close(weight.array, [1.0]), "the evaluation changed a parameter: it is there to look, not to train.", mistake="steps"
    )
    check.require(not any(isinstance(one, Tensor) for one in got), "plain numbers must come back, not Tensors.")
    check.require(
        not any(tracked for _, tracked in model.calls), "a graph was built: the model's output requires grad.", mistake="tracks"
    )
    check.require(bool((weight * 1).requires_grad), "tracking stayed off after the evaluation.", mistake="left_off")
    losses, _, _ = _torch_epoch(batches, 1.0)
    _require_mean(float(got[0]), losses, [len(y) for _, y in batches], where)
    right = sum(int((x.argmax(axis=1) == y).sum()) for x, y in batches)
    share = right / sum(len(y) for _, y in batches)
    count = " A share is asked, not a count." if right > 1 and got[1] == right else ""
    check.require(
        abs(float(got[1]) - share) < 1e-6,
        f"on {where} the accuracy is {share:.4f}; {got[1]} came back.{count}",
        mistake="count" if count else "",
    )


def _require_untouched(eval_epoch, Tensor, weight):
    weight.grad = Tensor([7.0])
    batches = _batches((4, 3), (3, 3))
    check.call(eval_epoch, _model(eval_epoch, weight), batches)
    check.require(_close(weight.array, [1.0]), "the evaluation changed a parameter.")
    check.require(weight.grad is not None and _close(weight.grad.array, [7.0]), "the evaluation changed a gradient.")

    error = _raised(eval_epoch, _model(eval_epoch, weight, "Broken"), batches)
    check.require(isinstance(error, ArithmeticError), "what the model raises must come through.", got=repr(error))
    check.require(bool((weight * 1).requires_grad), "after a model that raised, tracking stayed off.", mistake="not_after_error")


def test_fit(fit):
    """Epochs with orders of their own, one entry an epoch in each list; the test set is only looked at."""
    Tensor, SGD = _beside(fit, "Tensor", "SGD")
    seed = int(check.rng().integers(1000))
    first, again = (Run(fit, Tensor, seed=seed, epochs=3) for _ in range(2))
    other = Run(fit, Tensor, seed=seed + 1, epochs=3)
    _require_history(first.history, 3)
    _require_epochs(first)
    check.require(first.orders == again.orders and first.history == again.history, "the same seed must give the same history.")
    check.require(first.orders[0] != other.orders[0], "another seed gives the same order.")
    for epochs in (1, 0):
        _require_history(Run(fit, Tensor, seed=seed, epochs=epochs).history, epochs)
    _require_learnt(fit, Tensor, SGD)
    check.shows(lambda: _first_training(fit))


class Run:
    """A run of fit on examples that can be told apart: what was seen, epoch by epoch."""

    def __init__(self, fit, Tensor, seed, epochs):
        n, m, self.size = 11, 4, 4
        self.weight = Tensor([1.0], requires_grad=True)
        numbers = np.arange(n + m, dtype=np.float32)
        x = np.stack([numbers, numbers[::-1] / 3], axis=1)
        y = np.arange(n + m) % 2
        model, recorder = _model(fit, self.weight), _recorder(fit, self.weight)
        arrays = (x[:n].copy(), y[:n].copy(), x[n:].copy(), y[n:].copy())
        self.history = check.call(fit, model, *arrays, recorder, epochs=epochs, batch_size=self.size, seed=seed)
        calls = [(np.atleast_2d(seen)[:, 0].astype(int).tolist(), tracked) for seen, tracked in model.calls]
        self.trained = [seen for seen, tracked in calls if tracked]
        self.looked = [seen for seen, tracked in calls if not tracked]
        flat = [number for batch in self.trained for number in batch]
        self.orders = [flat[start : start + n] for start in range(0, max(len(flat), 1), n)]
        self.n, self.m, self.epochs = n, m, epochs


def _require_history(history, epochs):
    keys = ["train_loss", "test_loss", "test_accuracy"]
    check.require(isinstance(history, dict), f"a dict must come back, and this is {type(history).__name__}.")
    check.require(sorted(history) == sorted(keys), f"the keys are {sorted(history)}.", expected=str(keys))
    for key in keys:
        check.require(isinstance(history[key], list), f"{key} must be a list, one entry an epoch.", got=repr(history[key]))
        length = len(history[key])
        check.require(
            length == epochs,
            f"after {epochs} epochs {key} has {length} entries; one an epoch is asked.",
            mistake="last_only" if length == 1 else "one_list" if length == 3 * epochs else "",
        )
        plain = all(isinstance(one, float | int | np.floating) for one in history[key])
        check.require(plain, f"the entries of {key} must be plain numbers.")


def _require_epochs(run):
    seen = [number for batch in run.trained for number in batch]
    check.require(all(number < run.n for number in seen), "examples of the test set were trained on.", mistake="test_trained")
    check.require(
        len(seen) == run.n * run.epochs,
        f"in {run.epochs} epochs of {run.n} examples {len(seen)} were trained on.",
        "Does the later epochs' loader still have something to give?" if len(seen) < run.n * run.epochs else "",
        mistake="fresh_loader" if len(seen) == run.n else "",
    )
    check.require(
        max(map(len, run.trained)) == run.size, f"batches of {max(map(len, run.trained))} were trained on, not of {run.size}."
    )
    for order in run.orders:
        check.require(sorted(order) == list(range(run.n)), "in an epoch every training example must be seen once.")
    plain = all(order == list(range(run.n)) for order in run.orders)
    check.require(not plain, "every epoch saw the examples in the order in which they come.", mistake="unshuffled")
    check.require(
        run.orders[0] != run.orders[1] and run.orders[1] != run.orders[2],
        "every epoch saw the examples in the same order.",
        "A generator that is made anew from the same seed begins anew.",
        mistake="same_order",
    )
    looked = [number for batch in run.looked for number in batch]
    tested = sum(number >= run.n for number in looked)
    check.require(
        tested == run.m * run.epochs,
        f"in {run.epochs} epochs {tested} examples of the test set were looked at, of {run.m} in each.",
        mistake="" if tested else "test_unseen",
    )


def _require_learnt(fit, Tensor, SGD):
    """Two clouds that a line can part."""
    rng = check.rng()
    y = rng.permutation(np.arange(48) % 2)
    x = (rng.normal(0, 0.3, (48, 2)) + np.where(y[:, None] == 0, -1, 1)).astype(np.float32)
    weight = Tensor(np.zeros((2, 2), np.float32), requires_grad=True)
    history = check.call(fit, _model(fit, weight, "Mixed"), x[:32], y[:32], x[32:], y[32:], SGD([weight], 0.5), 5, 8, 0)
    logits = x[32:].astype(np.float64) @ weight.array
    accuracy = float((logits.argmax(axis=1) == y[32:]).mean())
    loss = functional.cross_entropy(t.tensor(logits), t.tensor(y[32:])).item()
    last = history["test_loss"][-1], history["test_accuracy"][-1]
    exchanged = abs(last[0] - accuracy) < 1e-6 and abs(last[1] - loss) < 1e-3
    check.require(
        not exchanged,
        "the numbers under test_loss are accuracies, and those under test_accuracy are losses.",
        mistake="exchanged",
        got=str(history),
    )
    falls = history["train_loss"][-1] < 0.5 * history["train_loss"][0] and history["test_loss"][-1] < history["test_loss"][0]
    check.require(falls, "on two clouds of points, far apart, the loss does not fall.", got=str(history))
    right = abs(last[0] - loss) < 1e-3 and abs(last[1] - accuracy) < 1e-6
    check.require(
        right,
        "the last test loss and test accuracy are not those of the trained model on the test set.",
        got=str(last),
        expected=str((loss, accuracy)),
    )


def test_predict(predict):
    """The place of each row's largest logit, as a plain array; nothing is recorded."""
    (Tensor,) = _beside(predict, "Tensor")
    restore = _restorer(predict)
    try:
        for logits in (
            np.array([[1.0, 3.0], [2.0, 0.0]], np.float32),
            _floats(5, 3),
            _floats(3, 5),
            _floats(4, 4),
            _floats(1, 3),
            _floats(0, 3),
        ):
            _require_guess(predict, _model(predict, Tensor([1.0], requires_grad=True)), logits, Tensor)
    finally:
        restore()


def _require_guess(predict, model, logits, Tensor):
    got = check.call(predict, model, logits)
    wanted = logits.argmax(axis=1)
    where = f"on logits of shape {logits.shape}"
    check.require(not isinstance(got, Tensor), "a Tensor came back; a plain array is asked.", mistake="tensor")
    check.require(isinstance(got, np.ndarray), f"an array is asked, and this is {type(got).__name__}.")
    told = {"got": repr(got), "expected": repr(wanted)}
    per_class = len(logits) and np.array_equal(got, logits.argmax(axis=0)) and not np.array_equal(got, wanted)
    check.require(
        not per_class,
        f"{where}: this says for each class which example is best. Asked is a class for each example.",
        **told,
        mistake="per_class",
    )
    check.require(
        got.dtype.kind in "iu",
        f"{where}: the classes are asked, as whole numbers; the dtype is {got.dtype}.",
        **told,
        mistake="probabilities" if got.dtype.kind == "f" else "",
    )
    check.require(
        got.shape == wanted.shape,
        f"{where}: the result has the shape {got.shape}, not {wanted.shape}.",
        **told,
        mistake="whole" if got.shape == () else "",
    )
    check.require(np.array_equal(got, wanted), f"{where}: some classes differ.", **told)
    check.require(
        not any(tracked for _, tracked in model.calls), "a graph was built: the model's output requires grad.", mistake="tracks"
    )
    check.require(bool((model.weight * 1).requires_grad), "tracking stayed off after the prediction.")


def test_quiz_learning_rate(quiz_learning_rate):
    """What slow, equal curves say."""
    check.choice(quiz_learning_rate)


def test_quiz_batch_loss(quiz_batch_loss):
    """The gradient of a sum is longer than that of a mean."""
    check.choice(quiz_batch_loss)


# --- momentum, and torch ------------------------------------------------------------------------------------


def test_SGDMomentum(SGDMomentum):
    """By the formula, which is torch's, over many steps, also when lr changes and when a gradient is missing."""
    Tensor, Parameter = _beside(SGDMomentum, "Tensor", "Parameter")
    param = Parameter(Tensor([1.0]))
    optimizer = check.call(SGDMomentum, (one for one in [param]), 0.1)
    for asked in (0.9, 0.71, 0.439):
        param.grad = Tensor([1.0])
        check.call(optimizer.step)
        _require_example_step(param, asked)
    for momentum in (0.9, 0.0, 0.5):
        _require_as_written(SGDMomentum, Tensor, Parameter, momentum)
    check.shows(lambda: _valley(SGDMomentum, Tensor, Parameter))


def _require_example_step(param, asked):
    got = float(param.array[0])
    averaged = abs(got - 0.99) < 1e-4 and asked == 0.9
    advice = "Scaling the new gradient by 1 - momentum is another convention, here ten times slower." if averaged else ""
    forgotten = abs(got - 0.8) < 1e-4 and asked == 0.71
    if abs(got - 1) < 1e-6:
        advice = "Nothing has moved. Is each velocity renewed before the step, and is params, a generator perhaps, walked once?"
    shrunk = abs(got - 0.8) < 1e-4 and asked == 0.9
    if shrunk:
        advice = "momentum is a factor of the velocity. Was it the parameter that was multiplied?"
    check.require(
        abs(got - asked) < 1e-5,
        f"with a gradient of 1 all the time and lr 0.1 a parameter goes from 1 to 0.9, 0.71, 0.439; for {asked} it is {got:.4f}.",
        advice,
        mistake="averaged" if averaged else "position" if shrunk else "forgotten" if forgotten else "",
    )


def _require_as_written(SGDMomentum, Tensor, Parameter, momentum):
    """Ten steps by the formula, in float64. Two of the parameters have one shape, one is without a gradient now and then."""
    asked = [_floats(*shape).astype(np.float64) for shape in ((3,), (2, 3), (3,))]
    velocities = [np.zeros_like(one) for one in asked]
    params = [Parameter(Tensor(one)) for one in asked]
    arrays = [param.array for param in params]
    optimizer = check.call(SGDMomentum, params, 0.1, momentum)
    for step in range(10):
        grads = [None if step in (0, 4) and one.ndim == 2 else _floats(*one.shape) for one in asked]
        optimizer.lr = lr = 0.1 if step < 6 else 0.02
        for number, (param, grad) in enumerate(zip(params, grads, strict=True)):
            param.grad = None if grad is None else Tensor(grad.copy())
            if grad is not None:
                velocities[number] = momentum * velocities[number] + grad
                asked[number] = asked[number] - lr * velocities[number]
        check.call(optimizer.step)
        _require_unchanged(params, grads)
        _require_moved(params, arrays, asked, momentum, step)
    check.call(optimizer.zero_grad)
    check.require(all(param.grad is None for param in params), "after zero_grad there are gradients left.")
    check.require(all(param.is_leaf and param.recipe is None for param in params), "the step became part of the graph.")


def _require_moved(params, arrays, asked, momentum, step):
    where = f"with momentum {momentum}, in step {step + 1}"
    advice = "Has each parameter a velocity of its own?"
    if step in (0, 4):
        where += ", where one parameter has no gradient"
    if step >= 6:
        where += ", after lr was changed"
        advice = "Is lr part of the velocity? It belongs to the step only." if step == 6 else ""
    for number, (param, array, wanted) in enumerate(zip(params, arrays, asked, strict=True)):
        got = {"got": repr(param), "expected": repr(wanted.astype(np.float32))}
        known = "lr_inside" if step == 6 else "one_velocity" if number == 2 else ""
        if step in (0, 4) and number == 1:  # the one without a gradient
            known, advice = "still_rolling", "A parameter without a gradient is left alone in this step, and so is its velocity."
        check.require(_close(param.array, wanted), f"{where}, parameter {number} differs.", advice, mistake=known, **got)
        same = _close(array, wanted)
        check.require(same, f"{where}, parameter {number} has a new array: whoever shares the old one sees no change.")


def _require_unchanged(params, grads):
    for param, grad in zip(params, grads, strict=True):
        same = (param.grad is None) if grad is None else _close(param.grad.array, grad)
        check.require(same, "step changed a gradient: is the velocity the gradient's own array?", mistake="aliased")


def test_torch_twin(torch_twin):
    """The same weights, layer by layer, the same logits, and no memory in common."""
    (MLP,) = _beside(torch_twin, "MLP")
    use = check.define(_USE_TWIN, "use", torch_twin=torch_twin)
    for sizes in ((4, 4, 4), (6, 5, 3), (64, 64, 10)):
        model = MLP(*sizes, seed=int(check.rng().integers(1000)))
        for name in ("linear1", "linear2", "output"):
            bias = getattr(model, name).bias.array
            bias[...] = _floats(*bias.shape)
        _require_twin(model, use, f"the twin of MLP{sizes}", _floats(5, sizes[0]))


# The twin stays where it was made: a network of torch's is no plain data.
_USE_TWIN = """
import torch

def use(model, x):
    twin = torch_twin(model)
    values = [parameter.detach().numpy().copy() for parameter in twin.parameters()]
    with torch.no_grad():
        try:
            logits = twin(torch.tensor(x)).numpy()
        except RuntimeError:
            logits = None
        for parameter in twin.parameters():
            parameter.add_(1.0)
    return values, logits
"""


def _require_twin(model, use, where, x):
    before, wanted = [parameter.array.copy() for parameter in model.parameters()], _logits_of(model, x)
    values, logits = use(model, x)
    _require_weights([np.asarray(value) for value in values], before, where)
    check.require(
        all(map(np.array_equal, before, [parameter.array for parameter in model.parameters()])),
        "when the twin's weights change, ours change with them: they share memory, and training one trains the other.",
        mistake="shared",
    )
    check.require(logits is not None, f"{where} cannot be called on a batch of examples.")
    logits = np.asarray(logits)
    check.require(logits.shape == wanted.shape, f"{where} gives logits of the shape {logits.shape}, not {wanted.shape}.")
    bent = " After the last layer there is no activation." if _close(logits, np.maximum(wanted, 0)) else ""
    straight = _close(logits, _logits_of(model, x, first=False, last=False), 1e-5)
    right = _close(logits, wanted, 1e-5)
    check.require(
        right,
        f"{where} gives other logits.{bent}",
        got=str(logits[:2]),
        expected=str(wanted[:2]),
        mistake="last_relu" if bent else "no_relu" if straight else "",
    )


def _require_weights(values, ours, where):
    check.require(len(values) == len(ours), f"{where} has {len(values)} parameters, and {len(ours)} are asked.")
    for number, (value, mine) in enumerate(zip(values, ours, strict=True)):
        name = f"{('weight', 'bias')[number % 2]} of layer {number // 2 + 1}"
        turned = value.shape == mine.T.shape and mine.ndim == 2 and _close(value, mine.T)
        check.require(
            not turned, f"{where}: the {name} was transposed. In a square layer only the numbers show it.", mistake="transposed"
        )
        check.require(value.shape == mine.shape, f"{where}: the {name} has the shape {value.shape}, not {mine.shape}.")
        check.require(value.dtype == np.float32, f"{where}: the dtype of the {name} is {value.dtype}, and float32 is asked.")
        check.require(
            _close(value, mine, 1e-6),
            f"{where}: the {name} holds other numbers than ours. Did torch draw them?",
            mistake="no_bias" if number % 2 else "",
        )


# --- what the tests share -----------------------------------------------------------------------------------


def _beside(thing, *names):
    """What earlier exercises have made, where this answer stands."""
    return [check.beside(thing, name) for name in names]


def _floats(*shape):
    return check.rng().standard_normal(shape).astype(np.float32)


def _close(got, wanted, tolerance=1e-4):
    """Equal shapes, and numbers that differ by float32's rounding only."""
    got, wanted = (one.detach().numpy() if isinstance(one, t.Tensor) else np.asarray(one) for one in (got, wanted))
    return got.shape == wanted.shape and bool(np.allclose(got, wanted, rtol=tolerance, atol=tolerance))


def _raised(function, *args):
    """The exception that a call raises, or None."""
    try:
        function(*args)
    except Exception as error:
        return error
    return None


_RESTORER = """
known = NoGrad()
with known:
    pass

def restore():
    known.__exit__(None, None, None)
"""


def _restorer(thing):
    """Puts the switch of gradient tracking back to how it stands now, whatever the answer does to it."""
    return check.define(_RESTORER, "restore", NoGrad=check.beside(thing, "NoGrad"))


# --- pictures -----------------------------------------------------------------------------------------------

_BLUE, _RED, _GREEN, _GREY = "#3b7dc4", "#d1495b", "#3f8f4f", "#767676"  # readable on white and on black


def digits():
    """The 1797 pictures, float32 from 0 to 1, shape (1797, 8, 8), and their labels, in the order in which they come."""
    with np.load(check.data("digits.npz")) as file:
        return file["images"] / np.float32(16), file["labels"].astype(np.int64)


def digit_sheet(pictures, captions, title, columns=6):
    """Pictures side by side, each with a caption above it. pictures: values from 0 to 1, shape (n, height, width)."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows = -(-len(pictures) // columns)
    fig = make_subplots(rows, columns, subplot_titles=list(captions), horizontal_spacing=0.03, vertical_spacing=0.3 / rows)
    for number, picture in enumerate(np.asarray(pictures, np.float64)):
        cells = go.Heatmap(z=picture.round(2).tolist(), colorscale="Greys", zmin=0, zmax=1, showscale=False, hoverinfo="skip")
        fig.add_trace(cells, number // columns + 1, number % columns + 1)
    fig.update_xaxes(visible=False, constrain="domain").update_yaxes(visible=False, autorange="reversed", scaleratio=1)
    for number, axis in enumerate(fig.select_yaxes(), 1):
        axis.scaleanchor = f"x{number}" if number > 1 else "x"
    fig.update_annotations(font={"size": 12})
    return _plain(fig, title, 100 * columns + 20, 120 * rows + 70)


def once_written(demonstrate, *needed):
    """What `demonstrate` returns, called with what it needs; while an answer that it uses is missing, a sentence and None.

    The grader has nothing by this name to call, so demonstrations cost it no time.
    """
    missing = "This cell uses your answers further up, and one of them is not written yet. Come back to it later."
    if any(one is None for one in needed):
        print(missing)
        return None
    try:
        return demonstrate(*needed)
    except NotImplementedError as stub:
        if "Write your answer" not in str(stub):
            raise
        print(missing)
        return None


def module_tree():
    """The example of the text: two modules and their Parameters, as a tree."""
    import plotly.graph_objects as go

    boxes = [(1.5, 2, "net, a Module"), (0.5, 1, "a, a Parameter"), (2.5, 1, "sub, a Module"), (2.5, 0, "b, a Parameter")]
    fig = go.Figure()
    for start, end in ((0, 1), (0, 2), (2, 3)):
        (x0, y0, _), (x1, y1, _) = boxes[start], boxes[end]
        fig.add_shape(type="line", x0=x0, y0=y0 - 0.22, x1=x1, y1=y1 + 0.22, line={"color": _GREY, "width": 1.5})
    for x, y, text in boxes:
        trained = "Parameter" in text
        look = {"color": _RED if trained else _BLUE, "width": 2, "dash": "solid" if trained else "dot"}
        fig.add_shape(type="rect", x0=x - 0.45, x1=x + 0.45, y0=y - 0.22, y1=y + 0.22, line=look)
        fig.add_annotation(x=x, y=y, text=text, showarrow=False, font={"size": 13})
    fig.update_xaxes(visible=False, range=[-0.1, 3.1]).update_yaxes(visible=False, range=[-0.35, 2.35])
    return _plain(fig, "net.parameters() walks down: first its own a, then what sub has, b", 520, 300)


def signal_by_depth(layers=30, width=100):
    """How large a signal is behind each of many linear layers, for three bounds of the weights."""
    import plotly.graph_objects as go

    rng = np.random.default_rng(0)
    lines = []
    for bound, name, colour, dash in ((1, "1/√d", _BLUE, "solid"), (3**0.5, "√3/√d", _GREEN, "dash"), (3, "3/√d", _RED, "dot")):
        signal, sizes = rng.standard_normal((200, width)), []
        for _ in range(layers):
            signal = signal @ rng.uniform(-bound, bound, (width, width)) / width**0.5
            sizes.append(signal.std())
        lines.append(_line(np.arange(1, layers + 1), sizes, f"weights up to {name}", colour, dash))
    title = "Spread of the signal behind each of thirty linear layers, logarithmic"
    fig = _plain(go.Figure(lines), title, 620, 360, left=70, below=50, legend={"x": 0.02, "y": 0.98})
    return _axes(fig, "layer", "standard deviation").update_yaxes(type="log", exponentformat="power", dtick=2)


def race_picture(losses, gaps):
    """Both loss curves on the left, and the largest difference between parameters on the right."""
    from plotly.subplots import make_subplots

    fig = make_subplots(1, 2, horizontal_spacing=0.14)
    epochs = np.arange(1, len(gaps) + 1)
    for (name, values), colour, dash in zip(losses.items(), (_BLUE, _RED), ("solid", "dot"), strict=True):
        fig.add_trace(_line(epochs, values, name.replace("_", " "), colour, dash), 1, 1)
    floor = [max(gap, 1e-9) for gap in gaps]
    fig.add_trace(_line(epochs, floor, "largest difference", _GREEN, "dash", mode="lines+markers", marker={"size": 4}), 1, 2)
    title = "Our machine and torch on the same batches: the mean loss of each epoch, and how far the weights part"
    legend = {"orientation": "h", "x": 0, "y": -0.24, "yanchor": "top"}
    _plain(fig, title.replace(": ", ":<br>"), 620, 370, left=60, below=95, legend=legend)
    _axes(fig, "epoch", None).update_yaxes(type="log", exponentformat="power")
    fig.update_yaxes(title="loss, logarithmic", tickvals=[2, 1, 0.5, 0.2, 0.1, 0.05, 0.02], row=1, col=1)
    return fig.update_yaxes(title="difference, logarithmic", range=[-9, -2], dtick=1, row=1, col=2)


def _plain(fig, title, width, height, **layout):
    return fig.update_layout(
        template="none",
        title={"text": title, "font": {"size": 14}},
        font={"color": _GREY, "size": 12},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        width=width,
        height=height,
        margin={"l": layout.pop("left", 20), "r": 20, "t": 70, "b": layout.pop("below", 15)},
        meta={"alt": title.replace("<br>", " ")},
        **layout,
    )


def _line(x, y, name, colour, dash="solid", **rest):
    import plotly.graph_objects as go

    points = {"x": np.round(x, 4).tolist(), "y": [float(f"{value:.4g}") for value in y]}
    return go.Scatter(**points, name=name, line={"color": colour, "dash": dash, "width": 2}, **{"mode": "lines", **rest})


def _axes(fig, x, y):
    line = {"gridcolor": "rgba(128,128,128,0.25)", "zerolinecolor": "rgba(128,128,128,0.5)"}
    return fig.update_xaxes(title=x, **line).update_yaxes(title=y, **line)


def _loss_and_slope(cross_entropy, Tensor):
    """The student's own loss of two classes, and its own gradient, by how far the true class leads."""
    import plotly.graph_objects as go

    lead = np.linspace(-6, 6, 61, dtype=np.float32)
    logits = Tensor(np.stack([lead, 0 * lead], axis=1), requires_grad=True)
    loss = cross_entropy(logits, Tensor(np.zeros(61, int)))
    loss.backward()
    lines = [
        _line(lead, loss.array, "loss", _BLUE),
        _line(lead, logits.grad.array[:, 0], "its gradient in the true class' logit", _RED, "dash"),
    ]
    title = "The loss of one example with two classes:<br>confident and wrong costs what it claims, and the slope never exceeds 1."
    fig = _plain(go.Figure(lines), title, 620, 360, left=60, below=50, legend={"x": 0.5, "y": 0.95})
    return _axes(fig, "logit of the true class minus the other", "loss, gradient")


def _first_training(fit):
    """Ten epochs of the student's own machine on the digits."""
    from workbook.show import learning_curves

    MLP, SGD = _beside(fit, "MLP", "SGD")
    x, y = digits()
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[:1437], order[1437:]
    model = MLP(seed=0)
    history = fit(model, x[train], y[train], x[test], y[test], SGD(model.parameters(), 0.1), 10, 64, 0)
    return learning_curves(history, "Your machine's first ten epochs on the digits")


def _valley(SGDMomentum, Tensor, Parameter):
    """Where both optimisers walk in a valley that is thirty times as steep across as along."""
    import plotly.graph_objects as go

    (SGD,) = _beside(SGDMomentum, "SGD")
    steep = np.array([1.0, 30.0], np.float32)
    along, across = np.linspace(-10.5, 2.5, 66), np.linspace(-1.6, 1.6, 41)
    height = np.sqrt((along[None] ** 2 + 30 * across[:, None] ** 2) / 2)
    hills = go.Contour(
        x=along.round(2).tolist(),
        y=across.round(3).tolist(),
        z=height.round(2).tolist(),
        contours={"coloring": "none", "start": 0.5, "end": 8, "size": 0.75},
        line={"color": "rgba(128,128,128,0.6)", "width": 1},
        showlegend=False,
        showscale=False,
        hoverinfo="skip",
    )
    lines = []
    for made, name, colour, symbol in ((SGD, "SGD", _BLUE, "circle"), (SGDMomentum, "with momentum", _RED, "x")):
        place = Parameter(Tensor([-10.0, 1.2]))
        optimizer, path = made([place], 0.01), [place.array.copy()]
        for _ in range(60):
            place.grad = Tensor(steep * place.array)
            optimizer.step()
            path.append(place.array.copy())
        x, y = np.array(path, np.float64).T
        lines.append(_line(x, y, name, colour, mode="lines+markers", marker={"symbol": symbol, "size": 6}))
    title = "Sixty steps in a narrow valley, lr 0.01, from the left; the lowest place is at (0, 0)"
    fig = _plain(go.Figure([hills, *lines]), title, 620, 380, left=60, below=50, legend={"x": 0.02, "y": 0.02})
    return _axes(fig, "along the valley", "across it")

"""Solutions of part7_training: layers, a loss, an optimiser and a training loop on our own Tensor."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch as t
from jaxtyping import Float, Int
from part6_backprop import NoGrad, Tensor, argmax, relu, sub_, zeros  # noqa: F401  # zeros is for the student to try things with


class Parameter(Tensor):
    """A tensor that training may change: it requires grad unless told otherwise."""

    def __init__(self, tensor: Tensor, requires_grad: bool = True) -> None:
        """Stand for the same array as `tensor`, which is not copied."""
        ### BEGIN SOLUTION
        super().__init__(tensor.array, requires_grad)
        ### END SOLUTION

    def __repr__(self) -> str:
        """The line `Parameter containing:`, and the Tensor's own repr below it."""
        ### BEGIN SOLUTION
        return f"Parameter containing:\n{super().__repr__()}"
        ### END SOLUTION


class Module:
    """A piece of a network: it knows the Parameters and Modules among its attributes."""

    def __init__(self) -> None:
        """Begin with two empty dicts by attribute name, `_parameters` and `_modules`."""
        ### BEGIN SOLUTION
        self.__dict__["_parameters"] = {}
        self.__dict__["_modules"] = {}
        ### END SOLUTION

    def modules(self) -> Iterator["Module"]:
        """The direct submodules, in order of assignment."""
        ### BEGIN SOLUTION
        yield from self._modules.values()
        ### END SOLUTION

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Its own Parameters, then, if recurse, those of submodules at any depth. Each comes once."""
        ### BEGIN SOLUTION
        found = list(self._parameters.values())
        if recurse:
            for module in self.modules():
                found += module.parameters()
        yield from dict.fromkeys(found)
        ### END SOLUTION

    def __setattr__(self, key: str, val: object) -> None:
        """Set an attribute; it is registered as long as it is a Parameter or a Module."""
        ### BEGIN SOLUTION
        self._parameters.pop(key, None)
        self._modules.pop(key, None)
        if isinstance(val, Parameter):
            self._parameters[key] = val
        elif isinstance(val, Module):
            self._modules[key] = val
        super().__setattr__(key, val)
        ### END SOLUTION

    def __call__(self, *args: object, **kwargs: object) -> Tensor:
        """What `forward` makes of the same arguments."""
        ### BEGIN SOLUTION
        return self.forward(*args, **kwargs)
        ### END SOLUTION

    def forward(self, *args: object, **kwargs: object) -> Tensor:
        """For derived classes to write; here it raises NotImplementedError."""
        ### BEGIN SOLUTION
        raise NotImplementedError(f"{type(self).__name__} has no forward of its own")
        ### END SOLUTION

    def __repr__(self) -> str:
        """The class's name, and a line `(name): ...` for each submodule, indented by two more."""
        ### BEGIN SOLUTION
        lines = [f"({name}): {module!r}" for name, module in self._modules.items()]
        return "\n".join([type(self).__name__, *lines]).replace("\n", "\n  ")
        ### END SOLUTION


class Linear(Module):
    """A layer in which every output is a weighted sum of all inputs.

    weight: Parameter of shape (out_features, in_features). bias: Parameter of shape
    (out_features,), or None.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, seed: int | np.random.Generator | None = None
    ) -> None:
        """Draw weight, then bias, uniformly between -1/sqrt(in_features) and 1/sqrt(in_features).

        bias: is there one? seed: anything that np.random.default_rng takes; a generator is
        drawn from as it stands.
        """
        ### BEGIN SOLUTION
        super().__init__()
        rng = np.random.default_rng(seed)
        sf = 1 / np.sqrt(in_features)
        self.weight = Parameter(Tensor(rng.uniform(-sf, sf, (out_features, in_features))))
        self.bias = Parameter(Tensor(rng.uniform(-sf, sf, out_features))) if bias else None
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "batch in_features"]) -> Float[Tensor, "batch out_features"]:
        """x times the transpose of weight, plus bias where there is one."""
        ### BEGIN SOLUTION
        out = x @ self.weight.T
        return out if self.bias is None else out + self.bias
        ### END SOLUTION


quiz_init_scale = "a"


class ReLU(Module):
    """The layer that bends: it has no parameters."""

    def forward(self, x: Tensor) -> Tensor:
        """The larger of x and 0, entry by entry."""
        ### BEGIN SOLUTION
        return relu(x)
        ### END SOLUTION


class MLP(Module):
    """Three linear layers with a ReLU after the first and after the second.

    linear1, relu1, linear2, relu2, output: the layers in the order in which they are called.
    """

    def __init__(
        self, in_features: int = 64, hidden: int = 64, classes: int = 10, seed: int | np.random.Generator | None = None
    ) -> None:
        """Make the five layers; all weights are drawn from one generator, made from `seed`."""
        ### BEGIN SOLUTION
        super().__init__()
        rng = np.random.default_rng(seed)
        self.linear1 = Linear(in_features, hidden, seed=rng)
        self.relu1 = ReLU()
        self.linear2 = Linear(hidden, hidden, seed=rng)
        self.relu2 = ReLU()
        self.output = Linear(hidden, classes, seed=rng)
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch classes"]:
        """The logits: all axes of x but the first are laid out in a row, then layer follows layer."""
        ### BEGIN SOLUTION
        x = x.reshape((x.shape[0], -1))
        x = self.relu1(self.linear1(x))
        x = self.relu2(self.linear2(x))
        return self.output(x)
        ### END SOLUTION


def cross_entropy(logits: Float[Tensor, "batch classes"], true_labels: Int[Tensor, "batch"]) -> Float[Tensor, "batch"]:
    """Minus the logarithm of the probability that softmax(logits) gives to each true label.

    logits: any finite numbers, however large. true_labels: whole numbers from 0 on, below
    classes.
    Returns a Tensor of one loss an example, recorded like any operation.

    >>> losses = cross_entropy(Tensor([[0.0, 0.0], [1000.0, 0.0]]), Tensor([0, 1]))
    >>> [round(loss, 4) for loss in losses.array.tolist()]
    [0.6931, 1000.0]
    """
    shifted = logits - np.max(logits.array, axis=1, keepdims=True)
    log_total = shifted.exp().sum(1).log()
    return log_total - shifted[np.arange(logits.shape[0]), true_labels]


quiz_zero_grad = "b"


def minibatches(
    x: Float[np.ndarray, "n ..."],
    y: Int[np.ndarray, "n"],
    batch_size: int,
    seed: int | np.random.Generator | None = None,
) -> Iterator[tuple[Float[np.ndarray, "b ..."], Int[np.ndarray, "b"]]]:
    """Cut the examples into batches of batch_size; the last batch may be smaller.

    x, y: examples and their labels, which stay as they are. batch_size: at least 1.
    seed: anything that np.random.default_rng takes, to shuffle the examples; None keeps their
    order.
    Yields pairs of arrays, a part of x and the same part of y, which cover all examples once.

    >>> [batch_x.shape for batch_x, batch_y in minibatches(np.zeros((5, 3)), np.zeros(5, int), 2)]
    [(2, 3), (2, 3), (1, 3)]
    """
    order = np.arange(len(x)) if seed is None else np.random.default_rng(seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        chosen = order[start : start + batch_size]
        yield x[chosen], y[chosen]


class SGD:
    """Stochastic gradient descent: every parameter goes a step against its gradient.

    lr: the learning rate, by which the gradient is multiplied; it may be changed between
    steps.
    """

    def __init__(self, params: Iterable[Parameter], lr: float) -> None:
        """Remember the parameters, which may come as any iterable, and the learning rate."""
        ### BEGIN SOLUTION
        self.params = list(params)
        self.lr = lr
        ### END SOLUTION

    def zero_grad(self) -> None:
        """Set every parameter's grad to None."""
        ### BEGIN SOLUTION
        for param in self.params:
            param.grad = None
        ### END SOLUTION

    def step(self) -> None:
        """Lower each parameter by lr times its grad, in place and unrecorded; skip one without."""
        ### BEGIN SOLUTION
        for param in self.params:
            if param.grad is not None:
                sub_(param, param.grad, self.lr)
        ### END SOLUTION


def train_epoch(model: Module, train_loader: Iterable, optimizer: SGD, epoch: int = 0, log_every: int = 200) -> float:
    """Take one step of the optimizer for each batch.

    model: gives logits. train_loader: pairs of arrays, examples and their labels. optimizer:
    holds the model's parameters.
    epoch: its number, to be printed with the loss after every log_every batches.
    Returns the mean loss of an example, a float; 0.0 if there was none.

    >>> model = MLP(4, 8, 3, seed=0)
    >>> x, y = np.ones((6, 4)), np.zeros(6, int)
    >>> train_epoch(model, minibatches(x, y, 4), SGD(model.parameters(), lr=0.1)) > 0
    True
    """
    total, count = 0.0, 0
    for number, (x, y) in enumerate(train_loader, 1):
        optimizer.zero_grad()
        loss = cross_entropy(model(Tensor(x)), Tensor(y)).sum() / len(x)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
        if number % log_every == 0:
            print(f"epoch {epoch}, batch {number}: loss {loss.item():.4f}")
    return total / count if count else 0.0


def eval_epoch(model: Module, test_loader: Iterable) -> tuple[float, float]:
    """Look how well the model does, and change nothing.

    model: gives logits. test_loader: pairs of arrays, examples and their labels, at least one.
    Returns the mean loss of an example, and the accuracy: the share of examples whose largest
    logit is the label's.

    >>> eval_epoch(ReLU(), [(np.array([[0.0, 5], [5, 0], [0, 5]]), np.array([1, 0, 0]))])[1]
    0.6666666666666666
    """
    total, right, count = 0.0, 0, 0
    with NoGrad():
        for x, y in test_loader:
            logits = model(Tensor(x))
            total += cross_entropy(logits, Tensor(y)).sum().item()
            right += int(np.sum(argmax(logits, dim=1).array == y))
            count += len(x)
    return total / count, right / count


def fit(
    model: Module,
    x: Float[np.ndarray, "n ..."],
    y: Int[np.ndarray, "n"],
    x_test: Float[np.ndarray, "m ..."],
    y_test: Int[np.ndarray, "m"],
    optimizer: SGD,
    epochs: int,
    batch_size: int,
    seed: int | np.random.Generator,
) -> dict[str, list[float]]:
    """Train for some epochs, each in an order of its own; look at the test set after each.

    x, y: what to train on. x_test, y_test: what to look at only.
    seed: of the one generator that shuffles all epochs; a generator is drawn from as it
    stands.
    Returns lists with one number an epoch, under the keys "train_loss", "test_loss" and
    "test_accuracy".

    >>> model = MLP(4, 8, 3, seed=0)
    >>> x, y = np.ones((6, 4)), np.zeros(6, int)
    >>> history = fit(model, x, y, x, y, SGD(model.parameters(), lr=0.1), epochs=2, batch_size=4, seed=0)
    >>> [(key, len(values)) for key, values in history.items()]
    [('train_loss', 2), ('test_loss', 2), ('test_accuracy', 2)]
    """
    rng = np.random.default_rng(seed)
    history: dict[str, list[float]] = {"train_loss": [], "test_loss": [], "test_accuracy": []}
    for epoch in range(epochs):
        train_loss = train_epoch(model, minibatches(x, y, batch_size, rng), optimizer, epoch)
        test_loss, test_accuracy = eval_epoch(model, minibatches(x_test, y_test, batch_size))
        history["train_loss"].append(train_loss)
        history["test_loss"].append(test_loss)
        history["test_accuracy"].append(test_accuracy)
    return history


def predict(model: Module, x: Float[np.ndarray, "n ..."]) -> Int[np.ndarray, "n"]:
    """The class with the largest logit, for each example.

    model: gives logits. x: examples. Returns a plain array of whole numbers. Nothing is
    recorded.

    >>> predict(ReLU(), np.array([[1.0, 3.0], [2.0, 0.0]])).tolist()
    [1, 0]
    """
    with NoGrad():
        return argmax(model(Tensor(x)), dim=1).array


quiz_learning_rate = "c"

quiz_batch_loss = "b"


class SGDMomentum(SGD):
    """Gradient descent with momentum: earlier gradients live on in a velocity of each parameter.

    lr: the learning rate, and momentum: the share of the velocity that is left after a step.
    Both may be changed between steps.
    """

    def __init__(self, params: Iterable[Parameter], lr: float, momentum: float = 0.9) -> None:
        """Remember the parameters, any iterable of them, and both numbers. Velocities begin at 0."""
        ### BEGIN SOLUTION
        super().__init__(params, lr)
        self.momentum = momentum
        self.velocities = [np.zeros_like(param.array) for param in self.params]
        ### END SOLUTION

    def step(self) -> None:
        """Renew each velocity, v = momentum * v + grad, and lower the parameter by lr * v.

        All that in place and unrecorded. A parameter without a grad is left alone, and so is
        its velocity.
        """
        ### BEGIN SOLUTION
        for param, velocity in zip(self.params, self.velocities, strict=True):
            if param.grad is not None:
                velocity *= self.momentum
                velocity += param.grad.array
                sub_(param, Tensor(velocity), self.lr)
        ### END SOLUTION


def torch_twin(model: MLP) -> t.nn.Sequential:
    """The same network in torch: Linear, ReLU, Linear, ReLU, Linear, in float32.

    model: our network, of any sizes; it stays as it is. Returns a torch network with copies of
    its weights.

    >>> [tuple(parameter.shape) for parameter in torch_twin(MLP(8, 6, 3)).parameters()]
    [(6, 8), (6,), (6, 6), (6,), (3, 6), (3,)]
    """
    linears = []
    for ours in (model.linear1, model.linear2, model.output):
        out_features, in_features = ours.weight.shape
        linear = t.nn.Linear(in_features, out_features)
        with t.no_grad():
            linear.weight.copy_(t.from_numpy(ours.weight.array))
            linear.bias.copy_(t.from_numpy(ours.bias.array))
        linears.append(linear)
    return t.nn.Sequential(linears[0], t.nn.ReLU(), linears[1], t.nn.ReLU(), linears[2])

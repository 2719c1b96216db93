"""Right answers of part 7, written differently: the tests must accept each of them."""
# ruff: noqa: N801  # an alternative is called after what it replaces
# MLP is imported for the test of torch_twin, which looks for it beside the answer.

import numpy as np
import torch as t
from part6_backprop import NoGrad, Tensor, add_, eq, exp, getitem, log, matmul, maximum, permute, tensor_sum
from part7_training import MLP, SGD, Linear, Module, Parameter, ReLU, cross_entropy, eval_epoch, minibatches, train_epoch  # noqa: F401


class Parameter__by_hand(Tensor):
    def __init__(self, tensor, requires_grad=True):
        super().__init__(tensor)
        self.requires_grad = bool(requires_grad)

    def __repr__(self):
        return "\n".join(["Parameter containing:", Tensor.__repr__(self)])


class Parameter__new_style(Tensor):
    def __init__(self, tensor, requires_grad=True):
        self.array = tensor.array
        self.requires_grad = requires_grad
        self.grad = None
        self.recipe = None

    def __repr__(self):
        return f"Parameter containing:\nParameter({self.array!r}, requires_grad={self.requires_grad})"


class Module__tolerant:
    def __init__(self):
        object.__setattr__(self, "_registry", {})

    def modules(self):
        return (value for value in self._registry.values() if isinstance(value, (Module, Module__tolerant)))

    def parameters(self, recurse=True):
        seen = set()

        def walk(module):
            for value in module._registry.values():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield value
            if recurse:
                for below in module.modules():
                    yield from walk(below)

        return walk(self)

    def __setattr__(self, key, val):
        registry = self.__dict__.get("_registry")
        if registry is None:
            raise AttributeError("call super().__init__() first")
        if isinstance(val, (Parameter, Module__tolerant)):
            registry[key] = val
        else:
            registry.pop(key, None)
        self.__dict__[key] = val

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)

    def forward(self, *args, **kwargs):
        raise NotImplementedError

    def __repr__(self):
        lines = [type(self).__name__]
        for name, value in self._registry.items():
            if isinstance(value, Module__tolerant):
                first, *rest = repr(value).split("\n")
                lines += [f"  ({name}): {first}", *("  " + line for line in rest)]
        return "\n".join(lines)


class Module__torch_like:
    def __init__(self):
        self._modules = {}
        self._parameters = {}

    def modules(self):
        yield from self.__dict__["_modules"].values()

    def parameters(self, recurse=True):
        given = {}
        for one in self._parameters.values():
            given[id(one)] = one
        if recurse:
            for module in self._modules.values():
                for one in module.parameters():
                    given.setdefault(id(one), one)
        yield from given.values()

    def __setattr__(self, key, val):
        for registry in (self.__dict__.get("_modules", {}), self.__dict__.get("_parameters", {})):
            registry.pop(key, None)
        if isinstance(val, Parameter):
            self._parameters[key] = val
        if isinstance(val, Module__torch_like):
            self._modules[key] = val
        super().__setattr__(key, val)

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)

    def forward(self, x):
        raise NotImplementedError("write forward in the derived class")

    def __repr__(self):
        inner = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in self._modules.items()]
        body = "\n  ".join(["", *inner]) + "\n" if inner else ""
        return f"{type(self).__name__}({body})"


class Linear__random(Module):
    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__()
        rng = np.random.default_rng(seed)
        sf = in_features**-0.5
        draw = lambda *shape: Parameter(Tensor(sf * (2 * rng.random(shape, dtype=np.float32) - 1)))  # noqa: E731
        self.bias = None
        self.weight = draw(out_features, in_features)
        if bias:
            self.bias = draw(out_features)

    def forward(self, x):
        out = matmul(x, permute(self.weight, (1, 0)))
        if self.bias is not None:
            out = self.bias + out
        return out


class Linear__transposed_product(Module):
    def __init__(self, in_features, out_features, bias=True, seed=None):
        Module.__init__(self)
        rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
        bound = 1 / in_features**0.5
        self.weight = Parameter(Tensor(rng.uniform(-bound, bound, size=(out_features, in_features)).astype(np.float32)))
        self.bias = Parameter(Tensor(rng.uniform(-bound, bound, size=(out_features,)).astype(np.float32))) if bias else None

    def forward(self, x):
        product = (self.weight @ x.T).T
        return product if self.bias is None else product + self.bias.reshape((1, -1))


class ReLU__maximum(Module):
    def forward(self, x):
        return maximum(x, 0.0)


class ReLU__method(Module):
    def __init__(self):
        super().__init__()
        self.name = "relu"

    def forward(self, x):
        return x.relu()


class MLP__loop(Module):
    def __init__(self, in_features=64, hidden=64, classes=10, seed=None):
        super().__init__()
        rng = np.random.default_rng(seed)
        self.linear1, self.relu1 = Linear(in_features, hidden, seed=rng), ReLU()
        self.linear2, self.relu2 = Linear(hidden, hidden, seed=rng), ReLU()
        self.output = Linear(hidden, classes, seed=rng)

    def forward(self, x):
        size = 1
        for axis in x.shape[1:]:
            size *= axis
        x = x.reshape((x.shape[0], size))
        for layer in self.modules():
            x = layer(x)
        return x


class MLP__formula(Module):
    def __init__(self, in_features=64, hidden=64, classes=10, seed=None):
        super().__init__()
        rng = np.random.default_rng(seed)
        sizes = {"linear1": (in_features, hidden), "linear2": (hidden, hidden), "output": (hidden, classes)}
        for name in ("linear1", "relu1", "linear2", "relu2", "output"):
            setattr(self, name, Linear(*sizes[name], seed=rng) if name in sizes else ReLU())

    def forward(self, x):
        x = Tensor(x.array.reshape(len(x), -1))
        x = (x @ self.linear1.weight.T + self.linear1.bias).maximum(0)
        x = (x @ self.linear2.weight.T + self.linear2.bias).maximum(0)
        return x @ self.output.weight.T + self.output.bias


def cross_entropy__by_mask(logits, true_labels):
    top = Tensor(np.max(logits.array, axis=1, keepdims=True))
    shifted = logits - top
    mask = np.eye(logits.shape[1], dtype=np.float32)[true_labels.array]
    return log(tensor_sum(exp(shifted), dim=1)) - tensor_sum(shifted * mask, dim=1)


def cross_entropy__gap(logits, true_labels):
    rows = np.arange(len(logits))
    own = getitem(logits, (rows, true_labels.array))
    top = logits.array.max(axis=-1)
    return (logits - top[:, None]).exp().sum(dim=-1).log() + top - own


def minibatches__split(x, y, batch_size, seed=None):
    places = np.arange(len(x))
    if seed is not None:
        np.random.default_rng(seed).shuffle(places)
    for chosen in np.split(places, np.arange(batch_size, len(x), batch_size)):
        if len(chosen):
            yield x[chosen], y[chosen]


def minibatches__listed(x, y, batch_size, seed=None):
    if seed is not None:
        order = np.random.default_rng(seed).permutation(x.shape[0])
        x, y = np.take(x, order, axis=0), np.take(y, order)
    return iter([(x[at : at + batch_size], y[at : at + batch_size]) for at in range(0, len(y), batch_size)])


class SGD__arrays:
    def __init__(self, params, lr):
        self.params = tuple(params)
        self.lr = lr

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            p.array -= np.asarray(self.lr * p.grad.array, p.array.dtype)


class SGD__no_grad:
    def __init__(self, params, lr):
        self.params = [*params]
        self.lr = lr

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        with NoGrad():
            for p in filter(lambda p: p.grad is not None, self.params):
                add_(p, p.grad, alpha=-self.lr)


def train_epoch__sums(model, train_loader, optimizer, epoch=0, log_every=200):
    total, count = 0.0, 0
    for number, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        losses = cross_entropy(model(Tensor(x)), Tensor(y))
        losses.backward(np.full(len(x), 1 / len(x), np.float32))
        optimizer.step()
        total += float(losses.array.sum(dtype=np.float64))
        count += len(x)
        if number % log_every == 0:
            print(epoch, number, total / count)
    return total / max(count, 1)


def train_epoch__weighted(model, train_loader, optimizer, epoch=0, log_every=200):
    losses, sizes = [], []
    for x, y in train_loader:
        losses_of_batch = cross_entropy(model(Tensor(x)), Tensor(y.astype(int)))
        loss = losses_of_batch.sum() * (1 / len(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        sizes.append(len(y))
    return np.average(losses, weights=sizes) if sizes else 0.0


def eval_epoch__by_eq(model, test_loader):
    losses, rights = [], []
    for x, y in test_loader:
        with NoGrad():
            logits = model(Tensor(x))
            losses.extend(cross_entropy(logits, Tensor(y)).array.tolist())
            rights.extend(eq(logits.argmax(1), y).array.tolist())
    return sum(losses) / len(losses), sum(rights) / len(rights)


def eval_epoch__weighted(model, test_loader):
    loss, accuracy, seen = 0.0, 0.0, 0
    switch = NoGrad()
    switch.__enter__()
    try:
        for x, y in test_loader:
            logits = model(Tensor(x))
            loss += cross_entropy(logits, Tensor(y)).sum().item()
            accuracy += np.count_nonzero(np.argmax(logits.array, axis=-1) == y)
            seen += len(y)
    finally:
        switch.__exit__(None, None, None)
    return np.float64(loss / seen), np.float64(accuracy / seen)


def fit__rows(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    rng, rows = np.random.default_rng(seed), []
    for epoch in range(epochs):
        rows.append(
            (
                train_epoch(model, minibatches(x, y, batch_size, seed=rng), optimizer, epoch=epoch),
                *eval_epoch(model, [(x_test, y_test)]),
            )
        )
    return {name: [row[n] for row in rows] for n, name in enumerate(("train_loss", "test_loss", "test_accuracy"))}


def fit__own_shuffle(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    train_loss, test_loss, test_accuracy = [], [], []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        train_loss.append(train_epoch(model, minibatches(x[order], y[order], batch_size), optimizer))
        loss, accuracy = eval_epoch(model, minibatches(x_test, y_test, 100))
        test_loss.append(loss)
        test_accuracy.append(accuracy)
    return {"test_accuracy": test_accuracy, "train_loss": train_loss, "test_loss": test_loss}


def predict__array(model, x):
    with NoGrad():
        logits = model(Tensor(x)).array
    return np.argmax(logits, axis=-1)


def predict__method(model, x):
    with NoGrad():
        return model(Tensor(x)).argmax(dim=-1).array


class SGDMomentum__dict:
    def __init__(self, params, lr, momentum=0.9):
        self.params, self.lr, self.momentum, self.velocity = list(params), lr, momentum, {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        for place, p in enumerate(self.params):
            if p.grad is not None:
                self.velocity[place] = self.momentum * self.velocity.get(place, 0) + p.grad.array
                add_(p, Tensor(self.velocity[place]), alpha=-self.lr)


class SGDMomentum__inherits(SGD):
    def __init__(self, params, lr, momentum=0.9):
        super().__init__(params, lr)
        self.momentum = momentum
        self.state = [None] * len(self.params)

    def step(self):
        for n, p in enumerate(self.params):
            if p.grad is None:
                continue
            grad = p.grad.array
            self.state[n] = grad.copy() if self.state[n] is None else self.momentum * self.state[n] + grad
            p.array[...] -= np.float32(self.lr) * self.state[n]


def torch_twin__parameters(model):
    hidden, inputs = model.linear1.weight.shape
    classes = model.output.weight.shape[0]
    nn = t.nn
    twin = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes))
    with t.no_grad():
        for theirs, ours in zip(twin.parameters(), model.parameters(), strict=True):
            theirs[...] = t.tensor(ours.array)
    return twin


def torch_twin__state(model):
    layers = []
    for module in model.modules():
        if isinstance(module, Linear):
            layer = t.nn.Linear(module.weight.shape[1], module.weight.shape[0])
            layer.load_state_dict({"weight": t.tensor(module.weight.array), "bias": t.tensor(module.bias.array)})
            layers.append(layer)
        else:
            layers.append(t.nn.ReLU())
    return t.nn.Sequential(*layers)

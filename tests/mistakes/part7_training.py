"""Known mistakes of part 7: the test rejects each of them, and its docstring is what the student reads."""
# ruff: noqa: N801  # a mistake is called after what it replaces

import numpy as np
import part7_training
import torch as t
from part6_backprop import NoGrad, Tensor, argmax, relu
from part7_training import MLP, SGD, Linear, Module, Parameter, ReLU, SGDMomentum, cross_entropy, eval_epoch, minibatches


class Parameter__copied(Parameter):
    """The array was copied. The tensor that you were given, and whoever else holds it, no longer sees what training does."""

    def __init__(self, tensor, requires_grad=True):
        super().__init__(tensor, requires_grad)
        self.array = tensor.array.copy()


class Parameter__no_grad(Parameter):
    """requires_grad is off, although nobody asked for that. A Parameter is made to be trained."""

    def __init__(self, tensor, requires_grad=False):
        super().__init__(tensor, requires_grad)


class Parameter__flag(Parameter):
    """requires_grad=False was asked, and the flag was ignored."""

    def __init__(self, tensor, requires_grad=True):
        super().__init__(tensor, True)


class Parameter__not_tensor:
    """A Parameter has to be a Tensor itself, or no operation will take it for one."""

    def __init__(self, tensor, requires_grad=True):
        self.tensor = tensor
        self.array, self.requires_grad, self.grad, self.recipe, self.is_leaf = tensor.array, requires_grad, None, None, True

    def __repr__(self):
        return f"Parameter containing:\n{self.tensor!r}"


class Module__not_recursive(Module):
    """The parameters of submodules are missing, and those of their submodules."""

    def parameters(self, recurse=True):
        yield from self._parameters.values()


class Module__one_level(Module):
    """Submodules were asked, but not their own submodules: parameters at a depth of two are missing."""

    def parameters(self, recurse=True):
        found = list(self._parameters.values())
        for module in self._modules.values() if recurse else ():
            found += module.parameters(recurse=False)
        yield from dict.fromkeys(found)


class Module__not_set(Module):
    """What is assigned was registered, but it cannot be read as an attribute afterwards."""

    def __setattr__(self, key, val):
        if isinstance(val, Parameter):
            self._parameters[key] = val
        elif isinstance(val, Module):
            self._modules[key] = val
        else:
            super().__setattr__(key, val)


class Module__twice(Module):
    """A Parameter that is used in two places came twice. An optimiser would step it twice."""

    def parameters(self, recurse=True):
        yield from self._parameters.values()
        for module in self._modules.values() if recurse else ():
            yield from module.parameters()


class Module__stale(Module):
    """An attribute was replaced, and what it held before is still registered."""

    def __setattr__(self, key, val):
        if isinstance(val, Parameter):
            self._parameters[key] = val
        elif isinstance(val, Module):
            self._modules[key] = val
        object.__setattr__(self, key, val)


class Module__class_level(Module):
    """All modules share one registry: what is assigned to one of them appears in every other."""

    _parameters, _modules = {}, {}

    def __init__(self):
        """Nothing of its own."""


class Module__submodules_first(Module):
    """Submodules' parameters came before the module's own. Its own come first."""

    def parameters(self, recurse=True):
        found = [one for module in self._modules.values() if recurse for one in module.parameters()]
        yield from dict.fromkeys([*found, *self._parameters.values()])


class Module__torch_modules(Module):
    """That is how torch's modules() does it: the module itself and all below. This one yields the direct submodules only."""

    def modules(self):
        yield self
        for module in self._modules.values():
            yield from module.modules()

    def parameters(self, recurse=True):
        modules = self.modules() if recurse else [self]
        yield from dict.fromkeys(one for module in modules for one in module._parameters.values())


class Module__equal_numbers(Module):
    """`in` on a list compares with ==, and so two Parameters with equal numbers passed for one. Compare their id instead."""

    def parameters(self, recurse=True):
        found = []
        for one in Module.parameters(self, recurse):
            if not any(one.shape == other.shape and np.array_equal(one.array, other.array) for other in found):
                found.append(one)
        yield from found


class Linear__untransposed(Linear):
    """weight has the shape (in, out). The layout asked for is torch's, a row for each output."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(in_features, out_features, bias, seed)
        self.weight = Parameter(Tensor(self.weight.array.T.copy()))

    def forward(self, x):
        out = x @ self.weight
        return out if self.bias is None else out + self.bias


class Linear__normal(Linear):
    """The numbers come from a normal distribution, and so some lie beyond the bound. A uniform one is asked."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(in_features, out_features, bias, seed)
        rng, sf = np.random.default_rng(seed), in_features**-0.5
        self.weight = Parameter(Tensor(rng.normal(0, sf, (out_features, in_features))))


class Linear__unit_variance(Linear):
    """The bound is sqrt(3/d), which would give the outputs the variance 1. Asked is torch's choice, 1/sqrt(d)."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(in_features, out_features, bias, seed)
        self.weight.array[...] *= np.float32(3**0.5)


class Linear__zero_bias(Linear):
    """The bias begins at zero. That would do no harm, but here it is drawn as the weights are."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(in_features, out_features, bias, seed)
        if bias:
            self.bias.array[...] = 0


class Linear__sf_out(Linear):
    """The scale was taken from the number of outputs. What decides is how many inputs are added up in one output."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(in_features, out_features, bias, seed)
        rng, sf = np.random.default_rng(seed), out_features**-0.5
        self.weight = Parameter(Tensor(rng.uniform(-sf, sf, (out_features, in_features))))


class Linear__zeros(Linear):
    """All weights begin at zero. Units that start alike get the same gradients and stay alike for ever."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(in_features, out_features, bias, seed)
        self.weight.array[...] = 0


class Linear__plain_tensor(Linear):
    """The weight is a Tensor, but no Parameter: the module does not know it, and no optimiser will be given it."""

    def __init__(self, in_features, out_features, bias=True, seed=None):
        super().__init__(in_features, out_features, bias, seed)
        self.weight = Tensor(self.weight.array, requires_grad=True)


def quiz_init_scale__b():
    """1/d is the order of size of one weight squared. But d of these products are added up."""
    return "b"


def quiz_init_scale__c():
    """For a variance of 1 weights would need the standard deviation 1/sqrt(d). Spread evenly up to 1/sqrt(d), they have less."""
    return "c"


def quiz_init_scale__d():
    """d/3 takes weights between -1 and 1. Here the variance of a weight is (1/sqrt(d)) squared, over 3."""
    return "d"


class ReLU__array(ReLU):
    """A plain array came back. It remembers nothing, so the graph ends there."""

    def forward(self, x):
        return np.maximum(x.array, 0)


class ReLU__cut(ReLU):
    """The value is right, but a fresh Tensor was made of a plain array, and no gradient finds its way back to x."""

    def forward(self, x):
        return Tensor(np.maximum(x.array, 0), requires_grad=True)


class ReLU__abs(ReLU):
    """Negative values became positive. They should become zero."""

    def forward(self, x):
        return x.maximum(-x)


class ReLU__leaky(ReLU):
    """Negative values let something through. Nothing should be left of them."""

    def forward(self, x):
        return x.maximum(0.01 * x)


class MLP__last_relu(MLP):
    """There is a ReLU behind the last layer too, so that no logit is ever negative. Logits must be free to be."""

    def forward(self, x):
        return relu(super().forward(x))


class MLP__one_relu(MLP):
    """Between two of the linear layers there is no bend. Two linear layers in a row can do no more than one."""

    def forward(self, x):
        x = self.relu1(self.linear1(x.reshape((x.shape[0], -1))))
        return self.output(self.linear2(x))


class MLP__flat_batch(MLP):
    """Everything was laid out in one row, and the batch with it. The first axis has to stay."""

    def forward(self, x):
        x = x.reshape((1, -1))
        return self.output(self.relu2(self.linear2(self.relu1(self.linear1(x)))))


class MLP__unflattened(MLP):
    """A batch of rows goes through, a batch of pictures does not: all axes but the first have to be laid out in a row."""

    def forward(self, x):
        return self.output(self.relu2(self.linear2(self.relu1(self.linear1(x)))))


class MLP__fixed_size(MLP):
    """The size 64 is written into forward. Other pictures have other sizes: leave it to reshape to find out."""

    def forward(self, x):
        return super().forward(x.reshape((-1, 64)))


class MLP__list(Module):
    """The layers are in a plain list, which the module does not look into: their parameters are not registered."""

    def __init__(self, in_features=64, hidden=64, classes=10, seed=None):
        super().__init__()
        rng = np.random.default_rng(seed)
        sizes = [(in_features, hidden), (hidden, hidden), (hidden, classes)]
        self.layers = [Linear(inputs, outputs, seed=rng) for inputs, outputs in sizes]

    def forward(self, x):
        x = x.reshape((x.shape[0], -1))
        for layer in self.layers[:-1]:
            x = relu(layer(x))
        return self.layers[-1](x)


class MLP__same_seed(MLP):
    """Every layer was drawn from the same seed anew, so the first two begin alike. One generator can serve them all."""

    def __init__(self, in_features=64, hidden=64, classes=10, seed=None):
        super().__init__(in_features, hidden, classes, seed)
        self.linear1 = Linear(in_features, hidden, seed=seed)
        self.linear2 = Linear(hidden, hidden, seed=seed)
        self.output = Linear(hidden, classes, seed=seed)


def cross_entropy__overflow(logits, true_labels):
    """Large logits give infinity, or no number: exp overflows long before 1000, and what it rounds to 0 has no logarithm."""
    total = logits.exp().sum(1).log()
    return total - logits[np.arange(logits.shape[0]), true_labels]


def cross_entropy__all_pairs(logits, true_labels):
    """You picked every row at every label, which makes a table. Each row goes with its own label only."""
    shifted = logits - logits.array.max(axis=1, keepdims=True)
    total = shifted.exp().sum(1, keepdim=True).log()
    return total - shifted[:, true_labels]


def cross_entropy__sign(logits, true_labels):
    """This is the logarithm of the probability, which is never positive. The loss is minus that."""
    return -part7_training.cross_entropy(logits, true_labels)


def cross_entropy__cut(logits, true_labels):
    """The value is right, but there is no gradient: somewhere on the way a fresh Tensor was made of a plain array."""
    return Tensor(part7_training.cross_entropy(logits, true_labels).array)


def cross_entropy__half_shifted(logits, true_labels):
    """The sum was made of shifted logits, and the true logit was not shifted: the two have to be moved together."""
    shifted = logits - logits.array.max(axis=1, keepdims=True)
    return shifted.exp().sum(1).log() - logits[np.arange(logits.shape[0]), true_labels]


def cross_entropy__mean(logits, true_labels):
    """The mean came back. One loss for each example is asked."""
    return part7_training.cross_entropy(logits, true_labels).sum() / logits.shape[0]


def quiz_zero_grad__a():
    """There are gradients, even more of them than there should be: step has something to follow."""
    return "a"


def quiz_zero_grad__c():
    """backward adds to what is in grad. New gradients do come in, and the old ones do not go."""
    return "c"


def quiz_zero_grad__d():
    """Nothing complains, which is the bad thing about it: it trains on, worse and worse."""
    return "d"


def minibatches__dropped(x, y, batch_size, seed=None):
    """The last, smaller batch is missing, and the examples in it are never seen."""
    whole = len(x) // batch_size * batch_size
    order = np.arange(len(x)) if seed is None else np.random.default_rng(seed).permutation(len(x))
    for start in range(0, whole, batch_size):
        yield x[order[start : start + batch_size]], y[order[start : start + batch_size]]


def minibatches__unpaired(x, y, batch_size, seed=None):
    """Pictures and labels were shuffled apart: each picture now has somebody else's label."""
    if seed is not None:
        rng = np.random.default_rng(seed)
        x, y = x[rng.permutation(len(x))], y[rng.permutation(len(y))]
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]


def minibatches__in_place(x, y, batch_size, seed=None):
    """The caller's own arrays were shuffled. Leave them as they are, and pick from them in another order."""
    if seed is not None:
        order = np.random.default_rng(seed).permutation(len(x))
        x[...], y[...] = x[order], y[order]
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]


def minibatches__zero_seed(x, y, batch_size, seed=None):
    """`if seed` takes 0 for no seed at all. It is a seed like any other: ask whether seed is None."""
    order = np.random.default_rng(seed).permutation(len(x)) if seed else np.arange(len(x))
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]], y[order[start : start + batch_size]]


def minibatches__empty_last(x, y, batch_size, seed=None):
    """Where the number of examples is a multiple of batch_size, an empty batch came at the end."""
    order = np.arange(len(x)) if seed is None else np.random.default_rng(seed).permutation(len(x))
    for number in range(len(x) // batch_size + 1):
        chosen = order[number * batch_size : (number + 1) * batch_size]
        yield x[chosen], y[chosen]


class SGD__uphill(SGD):
    """The step goes along the gradient, uphill. The loss should become smaller."""

    def step(self):
        for param in self.params:
            if param.grad is not None:
                param.add_(param.grad, self.lr)


class SGD__generator(SGD):
    """The second step moved nothing: what you kept is a generator, and after one walk through it there is nothing left."""

    def __init__(self, params, lr):
        self.params, self.lr = params, lr


class SGD__rebound(SGD):
    """The parameter got a new array. Whoever shares the old one, the twin of a layer for instance, sees no change."""

    def step(self):
        for param in self.params:
            if param.grad is not None:
                param.array = param.array - np.float32(self.lr) * param.grad.array


class SGD__zeroes_only_first(SGD):
    """Only one gradient was cleared; the others are still there."""

    def zero_grad(self):
        self.params[0].grad = None


class SGD__zeros(SGD):
    """The gradients were filled with zeros. Asked is None: then step leaves a parameter alone, and nothing has to be kept."""

    def zero_grad(self):
        for param in self.params:
            param.grad = Tensor(np.zeros(param.shape, np.float32))


class SGD__no_grad_yet(SGD):
    """A parameter without a gradient, where grad is None, stopped the step. It is to be left alone."""

    def step(self):
        for param in self.params:
            param.array -= np.float32(self.lr) * param.grad.array


class SGD__local_name(SGD):
    """No number moved. `p = p - ...` only makes p the name of another Tensor: write into the parameter's own array."""

    def step(self):
        for param in self.params:
            if param.grad is not None:
                param = param - param.grad * self.lr


class SGD__recorded(SGD):
    """The step was recorded: the parameter has a recipe now, and the graph of all steps hangs on it."""

    def step(self):
        for param in self.params:
            if param.grad is not None:
                after = param - param.grad * self.lr
                param.array[...] = after.array
                param.recipe = after.recipe


def train_epoch__mean_of_means(model, train_loader, optimizer, epoch=0, log_every=200):
    """The batches' means were averaged, so that an example of a small batch counted for more than one of a large batch."""
    losses = [part7_training.train_epoch(model, [batch], optimizer) for batch in train_loader]
    return sum(losses) / len(losses) if losses else 0.0


def train_epoch__no_clear(model, train_loader, optimizer, epoch=0, log_every=200):
    """The gradients of earlier batches were still in: nobody cleared them, and each backward adds to what is there."""
    total, count = 0.0, 0
    for x, y in train_loader:
        loss = cross_entropy(model(Tensor(x)), Tensor(y)).sum() / len(x)
        loss.backward()
        optimizer.step()
        total, count = total + loss.item() * len(x), count + len(x)
    return total / count if count else 0.0


def train_epoch__sum_loss(model, train_loader, optimizer, epoch=0, log_every=200):
    """backward was called on the summed loss, so that a step is the longer, the larger the batch. The mean is asked."""
    total, count = 0.0, 0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = cross_entropy(model(Tensor(x)), Tensor(y)).sum()
        loss.backward()
        optimizer.step()
        total, count = total + loss.item(), count + len(x)
    return total / count if count else 0.0


def train_epoch__step_first(model, train_loader, optimizer, epoch=0, log_every=200):
    """step found no gradient of this batch: it came before backward, or the gradients were cleared in between."""
    total, count = 0.0, 0
    for x, y in train_loader:
        optimizer.zero_grad()
        optimizer.step()
        loss = cross_entropy(model(Tensor(x)), Tensor(y)).sum() / len(x)
        loss.backward()
        total, count = total + loss.item() * len(x), count + len(x)
    return total / count if count else 0.0


def train_epoch__tensor(model, train_loader, optimizer, epoch=0, log_every=200):
    """The losses were added up as Tensors. The sum remembers the graph of every batch, and the memory fills."""
    total, count = Tensor(0.0), 0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = cross_entropy(model(Tensor(x)), Tensor(y)).sum() / len(x)
        loss.backward()
        optimizer.step()
        total, count = total + loss * len(x), count + len(x)
    return total / max(count, 1)


def eval_epoch__tracks(model, test_loader):
    """A graph was built for every batch, and nobody will ever call backward on it."""
    total, right, count = 0.0, 0, 0
    for x, y in test_loader:
        logits = model(Tensor(x))
        total += cross_entropy(logits, Tensor(y)).sum().item()
        right, count = right + int((logits.array.argmax(1) == y).sum()), count + len(x)
    return total / count, right / count


def eval_epoch__mean_of_means(model, test_loader):
    """The batches' means were averaged, so that examples of a small batch counted for too much."""
    found = np.array([part7_training.eval_epoch(model, [batch]) for batch in test_loader])
    return float(found[:, 0].mean()), float(found[:, 1].mean())


def eval_epoch__left_off(model, test_loader):
    """Tracking was switched off and stayed off: after the evaluation nothing is recorded any more."""
    NoGrad().__enter__()
    return part7_training.eval_epoch(model, test_loader)


def eval_epoch__not_after_error(model, test_loader):
    """When the model raises an exception, tracking stays off. A with block would switch it on again in any case."""
    switch = NoGrad()
    switch.__enter__()
    found = part7_training.eval_epoch(model, test_loader)
    switch.__exit__(None, None, None)
    return found


def eval_epoch__steps(model, test_loader):
    """The evaluation changed a parameter. It is there to look, not to train."""
    batches = list(test_loader)
    found = part7_training.eval_epoch(model, batches)
    model.weight.grad = None
    part7_training.train_epoch(model, batches, SGD([model.weight], 0.1))
    return found


def eval_epoch__count(model, test_loader):
    """The accuracy is the number of right guesses. Its share among all examples is asked."""
    batches = list(test_loader)
    loss, accuracy = part7_training.eval_epoch(model, batches)
    return loss, round(accuracy * sum(len(y) for _, y in batches))


def fit__same_order(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    """Every epoch saw the examples in the same order: the generator is made anew from the seed each time."""
    history = {"train_loss": [], "test_loss": [], "test_accuracy": []}
    for _ in range(epochs):
        for key, values in part7_training.fit(model, x, y, x_test, y_test, optimizer, 1, batch_size, seed).items():
            history[key] += values
    return history


def fit__test_trained(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    """Examples of the test set were trained on. From then on it can no longer say how the model does on new ones."""
    every, labels = np.concatenate([x, x_test]), np.concatenate([y, y_test])
    return part7_training.fit(model, every, labels, x_test, y_test, optimizer, epochs, batch_size, seed)


def fit__unshuffled(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    """Nothing was shuffled: minibatches was called without the generator, which stands for a seed here."""
    history = {"train_loss": [], "test_loss": [], "test_accuracy": []}
    for epoch in range(epochs):
        history["train_loss"].append(part7_training.train_epoch(model, minibatches(x, y, batch_size), optimizer, epoch))
        test_loss, test_accuracy = eval_epoch(model, minibatches(x_test, y_test, batch_size))
        history["test_loss"].append(test_loss)
        history["test_accuracy"].append(test_accuracy)
    return history


def fit__test_unseen(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    """The test numbers were taken on the examples that were trained on. They have to come from x_test and y_test."""
    return part7_training.fit(model, x, y, x, y, optimizer, epochs, batch_size, seed)


def fit__exchanged(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    """Test loss and test accuracy are exchanged: eval_epoch returns the loss first."""
    history = part7_training.fit(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed)
    return {**history, "test_loss": history["test_accuracy"], "test_accuracy": history["test_loss"]}


def fit__one_list(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    """All three keys hold one and the same list, so that every number is in it. Each key needs a list of its own."""
    history = part7_training.fit(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed)
    mixed = [number for numbers in zip(*history.values(), strict=True) for number in numbers]
    return dict.fromkeys(history, mixed)


def fit__last_only(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    """Only the last epoch's numbers came back. One entry for every epoch is asked."""
    history = part7_training.fit(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed)
    return {key: values[-1:] for key, values in history.items()}


def fit__fresh_loader(model, x, y, x_test, y_test, optimizer, epochs, batch_size, seed):
    """From the second epoch on nothing was seen any more: the one iterator was used up in the first."""
    history = {"train_loss": [], "test_loss": [], "test_accuracy": []}
    loader = minibatches(x, y, batch_size, seed)
    for epoch in range(epochs):
        history["train_loss"].append(part7_training.train_epoch(model, loader, optimizer, epoch))
        test_loss, test_accuracy = eval_epoch(model, minibatches(x_test, y_test, batch_size))
        history["test_loss"].append(test_loss)
        history["test_accuracy"].append(test_accuracy)
    return history


def predict__tensor(model, x):
    """A Tensor came back. A plain array is asked: take it out of its box."""
    with NoGrad():
        return argmax(model(Tensor(x)), dim=1)


def predict__probabilities(model, x):
    """These are probabilities. Asked is the class, a whole number for each example."""
    with NoGrad():
        weights = np.exp(model(Tensor(x)).array)
    return weights / weights.sum(axis=1, keepdims=True)


def predict__whole(model, x):
    """One place came back, that of the largest logit in the whole table. Each example, each row, has one of its own."""
    with NoGrad():
        return argmax(model(Tensor(x))).array if len(x) else np.zeros(0, int)


def predict__per_class(model, x):
    """For each class this says which example fits it best. It should be the other way round."""
    with NoGrad():
        logits = model(Tensor(x)).array
    return logits.argmax(axis=0) if len(logits) else np.zeros(0, int)


def predict__tracks(model, x):
    """A graph was built, and nobody will ever call backward on it."""
    return argmax(model(Tensor(x)), dim=1).array


def quiz_learning_rate__a():
    """The network has hardly begun to use the units that it has: more of them would be as slow."""
    return "a"


def quiz_learning_rate__b():
    """Weight decay is a means against a gap between the two curves. Here there is none."""
    return "b"


def quiz_learning_rate__d():
    """More data help where training goes well and testing does not. Here the training itself has hardly moved."""
    return "d"


def quiz_batch_loss__a():
    """The gradient of the sum is the longer one already. To take the same step, the other factor must shrink."""
    return "a"


def quiz_batch_loss__c():
    """A step is lr times a gradient, and the gradient of the sum is 64 times as long."""
    return "c"


def quiz_batch_loss__d():
    """The square root of 64 is about the noise of a mean. The gradient of this sum is simply 64 times that of the mean."""
    return "d"


class SGDMomentum__averaged(SGDMomentum):
    """The new gradient was scaled by 1 - momentum. That is another convention, and here it makes steps ten times smaller."""

    def step(self):
        for param, velocity in zip(self.params, self.velocities, strict=True):
            if param.grad is not None:
                velocity *= self.momentum
                velocity += (1 - self.momentum) * param.grad.array
                param.sub_(Tensor(velocity), self.lr)


class SGDMomentum__aliased(SGDMomentum):
    """The velocity is the gradient's own array, so that changing the one changes the other."""

    def step(self):
        for number, param in enumerate(self.params):
            if param.grad is not None:
                param.grad.array += self.momentum * self.velocities[number]
                self.velocities[number] = param.grad.array
                param.sub_(param.grad, self.lr)


class SGDMomentum__forgotten(SGDMomentum):
    """The velocity was calculated, used and not kept: in the next step it began at 0 again."""

    def step(self):
        for param, velocity in zip(self.params, self.velocities, strict=True):
            if param.grad is not None:
                velocity = self.momentum * velocity + param.grad.array
                param.sub_(Tensor(velocity), self.lr)


class SGDMomentum__one_velocity(SGDMomentum):
    """All parameters share one velocity. Each of them needs its own."""

    def step(self):
        for param, velocity in zip(self.params, self.velocities, strict=True):
            if param.grad is not None:
                first = next(one for one in self.velocities if one.shape == velocity.shape)
                first *= self.momentum
                first += param.grad.array
                param.sub_(Tensor(first), self.lr)


class SGDMomentum__lr_inside(SGDMomentum):
    """The learning rate is inside the velocity. It makes no difference until lr changes; then old steps keep the old rate."""

    def step(self):
        for param, velocity in zip(self.params, self.velocities, strict=True):
            if param.grad is not None:
                velocity *= self.momentum
                velocity += self.lr * param.grad.array
                param.sub_(Tensor(velocity))


class SGDMomentum__still_rolling(SGDMomentum):
    """A parameter without a gradient rolled on by its old velocity. It is left alone in such a step, and so is its velocity."""

    def step(self):
        for param, velocity in zip(self.params, self.velocities, strict=True):
            velocity *= self.momentum
            if param.grad is not None:
                velocity += param.grad.array
            param.sub_(Tensor(velocity), self.lr)


class SGDMomentum__position(SGDMomentum):
    """momentum multiplied the parameter instead of its velocity, and the parameter shrinks towards zero."""

    def step(self):
        for param in self.params:
            if param.grad is not None:
                param.array *= np.float32(self.momentum)
                param.sub_(param.grad, self.lr)


def torch_twin__shared(model):
    """Both networks share their memory: training one trains the other. The twin needs copies."""
    twin = part7_training.torch_twin(model)
    for theirs, ours in zip(twin.parameters(), model.parameters(), strict=True):
        theirs.data = t.from_numpy(ours.array)
    return twin


def torch_twin__transposed(model):
    """The weights were transposed. In a square layer that goes unnoticed, until you compare the logits."""
    twin = part7_training.torch_twin(model)
    for theirs, ours in zip(twin.parameters(), model.parameters(), strict=True):
        theirs.data = t.tensor(np.ascontiguousarray(ours.array.T))
    return twin


def torch_twin__no_bias(model):
    """The biases were left as torch drew them."""
    twin = part7_training.torch_twin(model)
    for layer in twin:
        if isinstance(layer, t.nn.Linear):
            layer.bias.data = t.full_like(layer.bias, 0.01)
    return twin


def torch_twin__no_relu(model):
    """The linear layers are right, but there is no bend between them: our network has a ReLU after the first two."""
    return t.nn.Sequential(*[layer for layer in part7_training.torch_twin(model) if isinstance(layer, t.nn.Linear)])


def torch_twin__last_relu(model):
    """There is an activation behind the last layer. Ours has none, and its logits may be negative."""
    return t.nn.Sequential(*part7_training.torch_twin(model), t.nn.ReLU())

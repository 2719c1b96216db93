"""What an epoch of training costs: the solutions of parts 6 and 7 against torch and HIPS autograd, one thread each.

    python benchmarks/training.py [--rounds 5] [--images 60000] [--profile]

The network of the course (784-64-64-10, ReLU) takes an epoch of SGD over random images in batches of 128. In every round each of
the three takes one epoch, in turn; all begin with the same weights and see the same batches, and after twenty steps their weights
are compared. Prints the fastest epoch of each, and the median over the rounds of our time to theirs, since machines are shared;
with --profile, where ours spends its time.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from workbook.check.load import load_module

part7 = load_module(Path(__file__).parents[1] / "solutions" / "part7_training.py")

LR, BATCH = 0.1, 128

Array = np.ndarray[Any, Any]
Batches = Callable[[], Iterator[tuple[Array, Array]]]


def images(count: int) -> tuple[Array, Array]:
    """Noise in the shape of MNIST: float32, shape (count, 784), and labels."""
    rng = np.random.default_rng(0)
    return rng.random((count, 784), dtype=np.float32), rng.integers(0, 10, count)


def ours(model: Any, batches: Batches) -> Callable[[], float]:
    """An epoch of the course's solutions."""
    optimizer = part7.SGD(model.parameters(), LR)
    return lambda: part7.train_epoch(model, batches(), optimizer, log_every=1_000_000)


def torchs(model: torch.nn.Module, batches: Batches) -> Callable[[], float]:
    """An epoch of torch, written as one writes it."""
    optimizer = torch.optim.SGD(model.parameters(), LR)

    def epoch() -> float:
        total, count = 0.0, 0
        for x, y in batches():
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
            loss.backward()
            optimizer.step()
            total, count = total + loss.item() * len(x), count + len(x)
        return total / count

    return epoch


def autograds(weights: list[Array], batches: Batches) -> Callable[[], float]:
    """An epoch of HIPS autograd; `weights` are changed in place."""
    import autograd.numpy as anp
    from autograd import value_and_grad

    def loss_of(weights: list[Array], x: Array, y: Array) -> Any:
        w1, b1, w2, b2, w3, b3 = weights
        x = anp.maximum(anp.dot(x, w1.T) + b1, 0)
        x = anp.maximum(anp.dot(x, w2.T) + b2, 0)
        z = anp.dot(x, w3.T) + b3
        z = z - anp.max(z, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - z[anp.arange(len(y)), y])

    gradient = value_and_grad(loss_of)

    def epoch() -> float:
        total, count = 0.0, 0
        for x, y in batches():
            loss, grads = gradient(weights, x, y)
            for weight, grad in zip(weights, grads, strict=True):
                weight -= np.float32(LR) * grad
            total, count = total + float(loss) * len(x), count + len(x)
        return total / count

    return epoch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--profile", action="store_true", help="say where our epoch spends its time")
    options = parser.parse_args()
    torch.set_num_threads(1)
    threadpool_limits(1)  # NumPy's
    x, y = images(options.images)

    limit = 20 * BATCH  # of the first epoch, which warms up and shows that all do the same; rounding parts them later

    def batches() -> Iterator[tuple[Array, Array]]:
        return part7.minibatches(x[:limit], y[:limit], BATCH)

    model = part7.MLP(784, seed=0)
    twin = part7.torch_twin(model)
    weights = [parameter.array.copy() for parameter in model.parameters()]
    epochs = {"ours": ours(model, batches), "torch": torchs(twin, batches), "autograd": autograds(weights, batches)}
    for epoch in epochs.values():
        epoch()
    agree(model, twin, weights)
    limit = options.images
    times: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(options.rounds):
        for name, epoch in epochs.items():
            start = time.perf_counter()
            epoch()
            times[name].append(time.perf_counter() - start)
    best = {name: min(found) for name, found in times.items()}
    steps = -(-options.images // BATCH)
    print(f"an epoch of {options.images} images, {steps} steps of batch {BATCH}; the fastest of {options.rounds}:")
    for name, seconds in best.items():
        ratios = [mine / theirs for mine, theirs in zip(times["ours"], times[name], strict=True)]
        ratio = f"ours takes {statistics.median(ratios):5.2f} times as long"
        print(f"  {name:<9}{1000 * seconds:8.0f} ms  {1e6 * seconds / steps:6.0f} us a step   {ratio}")
    if options.profile:
        profile(epochs["ours"])


def agree(model: Any, twin: torch.nn.Module, weights: list[Array]) -> None:
    """All three have done the same work: their weights are equal but for rounding."""
    for mine, theirs, third in zip(model.parameters(), twin.parameters(), weights, strict=True):
        np.testing.assert_allclose(mine.array, theirs.detach().numpy(), atol=1e-5)
        np.testing.assert_allclose(mine.array, third, atol=1e-5)


def profile(epoch: Callable[[], float]) -> None:
    profiler = cProfile.Profile()
    profiler.runcall(epoch)
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()

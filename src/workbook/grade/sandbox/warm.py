"""Operations run once before any student's code is there, so that no fork pays for first uses. Neutral ones: they solve nothing."""

from __future__ import annotations

from typing import Any

__all__ = ["warm"]


def warm() -> None:
    """Import the libraries and touch what is slow at its first use; torch computes on one thread from here on."""
    import einops
    import IPython.display  # noqa: F401
    import jaxtyping
    import numpy as np
    import torch

    torch.set_num_threads(1)  # a fork of a process whose threads have worked hangs
    torch.set_num_interop_threads(1)
    generator = np.random.default_rng(0)
    table = generator.standard_normal((3, 4))
    np.einsum("ab,ab->ba", table, table)
    np.lib.stride_tricks.as_strided(table, (2, 2), (8, 8))
    np.linalg.norm(table)
    _ = table @ table.T, np.cov(table), np.isclose(table, table).all(), str(table), np.pad(table, 1)
    tensor = torch.from_numpy(table).float()
    for pattern in ("a b -> b a", "a (b c) -> a b c"):
        einops.rearrange(table, pattern, **({"c": 2} if "c" in pattern else {}))
        einops.rearrange(tensor, pattern, **({"c": 2} if "c" in pattern else {}))
    einops.reduce(tensor, "a b -> b", "mean")
    einops.repeat(tensor, "a b -> a b 2")
    einops.einsum(tensor, tensor, "a b, a b -> b a")
    torch.einsum("ab,ab->ba", tensor, tensor)
    _ = repr(tensor), repr(tensor.long())
    _gradients(torch, tensor)
    _layers(torch)
    jaxtyping.Float[torch.Tensor, "a b"]
    jaxtyping.Float[np.ndarray, "a b"]
    with torch.overrides.BaseTorchFunctionMode():
        tensor.sum()


def _gradients(torch: Any, tensor: Any) -> None:
    leaf = tensor.clone().requires_grad_()
    (leaf.exp().log().sum() + (leaf @ leaf.T).mean()).backward()
    torch.as_strided(tensor, (2, 2), (1, 1))


def _layers(torch: Any) -> None:
    functional, randn = torch.nn.functional, torch.randn
    functional.conv1d(randn(1, 2, 6), randn(3, 2, 2))
    functional.conv2d(randn(1, 2, 6, 6), randn(3, 2, 2, 2))
    functional.unfold(randn(1, 1, 4, 4), (2, 2))
    functional.cross_entropy(randn(2, 3), torch.tensor([0, 1]))

"""Right answers to part 4, written in other ways: the tests accept every one of them."""

import itertools
import math

import einops
import numpy as np
import torch as t


def broadcast_shape__from_the_end(a, b):
    sizes = []
    for p, q in itertools.zip_longest(reversed(a), reversed(b), fillvalue=1):
        if p == q or q == 1:
            sizes.append(p)
        elif p == 1:
            sizes.append(q)
        else:
            raise ValueError(f"{p} meets {q}")
    return tuple(reversed(sizes))


def broadcast_shape__recursive(a, b):
    if not a or not b:
        return tuple(a or b)
    if a[-1] != b[-1] and a[-1] != 1 and b[-1] != 1:
        raise ValueError
    return (*broadcast_shape__recursive(a[:-1], b[:-1]), b[-1] if a[-1] == 1 else a[-1])


def broadcast_shape__sets(a, b):
    while len(a) < len(b):
        a = (1, *a)
    while len(b) < len(a):
        b = (1, *b)
    others = [{p, q} - {1} for p, q in zip(a, b, strict=True)]
    if any(len(sizes) == 2 for sizes in others):
        raise ValueError("no broadcast")
    return tuple(sizes.pop() if sizes else 1 for sizes in others)


def broadcast_shape__torch_size(a, b):
    a, b = sorted((a, b), key=len)
    a = [1] * (len(b) - len(a)) + list(a)
    for p, q in zip(a, b, strict=True):
        if p != q and p != 1 and q != 1:
            raise ValueError
    return t.Size(q if p == 1 else p for p, q in zip(a, b, strict=True))


def double_center__one_after_the_other(x):
    rows = x - x.mean(1, keepdim=True)
    return rows - rows.mean(0, keepdim=True)


def double_center__unsqueeze(x):
    row_means, column_means = t.mean(x, 1).unsqueeze(1), t.mean(x, 0)
    return x - (row_means + column_means - t.mean(x))


def double_center__matrices(x):
    m, n = x.shape
    left = t.eye(m, dtype=x.dtype) - 1 / m
    right = t.eye(n, dtype=x.dtype) - 1 / n
    return left @ x @ right


def double_center__einops(x):
    rows, columns = einops.reduce(x, "m n -> m 1", "mean"), einops.reduce(x, "m n -> 1 n", "mean")
    return x - rows - columns + einops.reduce(x, "m n -> ", "mean")


def normalize_rows__norm(matrix):
    return matrix / matrix.norm(dim=1, keepdim=True)


def normalize_rows__squares(matrix):
    return matrix / (matrix**2).sum(-1, keepdim=True).sqrt()


def normalize_rows__transposed(matrix):
    return (matrix.T / t.linalg.norm(matrix, dim=1)).T


def normalize_rows__diagonal(matrix):
    lengths = t.einsum("mn,mn->m", matrix, matrix) ** 0.5
    return t.diag(1 / lengths) @ matrix


def cos_sim_matrix__extra_axis(matrix):
    rows = matrix / matrix.norm(dim=1, keepdim=True)
    return (rows[:, None] * rows[None]).sum(dim=-1)


def cos_sim_matrix__divided_last(matrix):
    lengths = t.linalg.vector_norm(matrix, dim=1)
    return matrix @ matrix.T / (lengths[:, None] * lengths)


def cos_sim_matrix__einsum(matrix):
    rows = matrix / matrix.pow(2).sum(1, keepdim=True).sqrt()
    return einops.einsum(rows, rows, "i n, j n -> i j")


def pairwise_distances__norm(x, y):
    return (x.unsqueeze(1) - y.unsqueeze(0)).norm(dim=2)


def pairwise_distances__vector_norm(x, y):
    return t.linalg.vector_norm(x[:, None] - y, dim=-1)


def pairwise_distances__one_axis_at_a_time(x, y):
    total = x.new_zeros(len(x), len(y))
    for axis in range(x.shape[1]):
        total = total + (x[:, axis, None] - y[:, axis]) ** 2
    return total.sqrt()


def pairwise_distances__loops(x, y):
    table = t.zeros(len(x), len(y), dtype=x.dtype)
    for i, p in enumerate(x):
        for j, q in enumerate(y):
            table[i, j] = (p - q).square().sum().sqrt()
    return table


def ranks__other_axis(x):
    return (x[:, None] < x).sum(dim=0)


def ranks__count(x):
    return (x.unsqueeze(0) < x.unsqueeze(1)).count_nonzero(dim=1)


def ranks__one_by_one(x):
    return t.tensor([int((x < entry).sum()) for entry in x], dtype=t.int64)


def ranks__where(x):
    return t.where(x[:, None] > x[None, :], 1, 0).sum(1)


def standardize_channels__view(x, mean, std):
    return (x - mean.view(1, -1, 1, 1)) / std.view(1, -1, 1, 1)


def standardize_channels__channels_last(x, mean, std):
    return ((x.movedim(1, -1) - mean) / std).movedim(-1, 1)


def standardize_channels__einops(x, mean, std):
    mean, std = (einops.rearrange(numbers, "c -> c 1 1") for numbers in (mean, std))
    return (x - mean) / std


def standardize_channels__one_by_one(x, mean, std):
    planes = [(x[:, c] - mean[c]) / std[c] for c in range(x.shape[1])]
    return t.stack(planes, dim=1)


def masked_mean__masked_fill(x, mask):
    counts = mask.sum(1)
    totals = x.masked_fill(~mask, 0).sum(1)
    return t.where(counts > 0, totals / counts, t.zeros_like(totals))


def masked_mean__nan_to_num(x, mask):
    totals = t.where(mask, x, t.zeros_like(x)).sum(dim=1)
    return (totals / mask.sum(dim=1)).nan_to_num(0.0)


def masked_mean__loop(x, mask):
    rows = [row[chosen] for row, chosen in zip(x, mask, strict=True)]
    means = [row.sum() / len(row) if len(row) else x.new_zeros(()) for row in rows]
    return t.stack(means) if means else x.new_zeros(0)


def masked_mean__written_into_a_copy(x, mask):
    kept = x.clone()
    kept[~mask] = 0
    return kept.sum(-1) / t.maximum(mask.sum(-1), t.tensor(1))


def causal_mask__where(scores):
    s = scores.shape[-1]
    query, key = t.arange(s).unsqueeze(1), t.arange(s)
    return t.where(key <= query, scores, -t.inf)


def causal_mask__added(scores):
    s = scores.shape[-1]
    hidden = t.arange(s)[:, None] < t.arange(s)
    return scores + t.zeros(s, s, dtype=scores.dtype).masked_fill(hidden, -math.inf)


def causal_mask__indexed(scores):
    s = scores.shape[-1]
    masked = scores.clone()
    masked[..., t.arange(s)[None] > t.arange(s)[:, None]] = float("-inf")
    return masked


def causal_mask__rows(scores):
    masked = scores.clone()
    for q in range(scores.shape[-2]):
        masked[..., q, q + 1 :] = -t.inf
    return masked


def classifier_accuracy__float(scores, true_classes):
    assert true_classes.min() >= 0 and true_classes.max() < scores.shape[-1]
    return (t.argmax(scores, dim=-1) == true_classes).to(scores.dtype).sum() / len(scores)


def classifier_accuracy__item(scores, true_classes):
    assert all(0 <= truth < scores.shape[1] for truth in true_classes.tolist())
    return (scores.max(dim=1).indices == true_classes).double().mean().item()


def classifier_accuracy__one_hot(scores, true_classes):
    classes = t.arange(scores.shape[1])
    known = true_classes[:, None] == classes
    assert known.any(dim=1).all()
    chosen = scores.argmax(dim=1, keepdim=True) == classes
    return (known & chosen).any(dim=1).to(scores.dtype).mean()


def sample_distribution__searchsorted(probs, n):
    assert t.all(probs >= 0) and t.abs(probs.sum() - 1) < 0.001
    ends = t.cumsum(probs.double(), 0)
    return t.searchsorted(ends, t.rand(n, dtype=t.float64) * ends[-1], right=True)


def sample_distribution__normalized(probs, n):
    assert (probs >= 0).all() and abs(probs.sum().item() - 1) < 1e-3
    ends = probs.double().cumsum(0)
    ends = ends / ends[-1]
    return (ends[None, :] <= t.rand(n)[:, None]).sum(dim=1)


def sample_distribution__possible_events(probs, n):
    assert probs.min() >= 0 and abs(float(probs.sum()) - 1) < 1e-3
    possible = probs.nonzero()[:, 0]
    ends = (probs[possible] / probs.sum()).cumsum(0)[:-1]
    return possible[(t.rand((n, 1)) >= ends).sum(1)]


def sample_distribution__numpy_steps(probs, n):
    assert not (probs < 0).any() and abs(float(probs.sum()) - 1) < 1e-3
    ends = np.cumsum(probs.numpy().astype(float))
    draws = t.rand(n).numpy().astype(float) * ends[-1]
    return t.from_numpy((draws[:, None] >= ends).sum(axis=1))

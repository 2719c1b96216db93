"""Right answers to part 5, written in other ways: the tests accept every one of them."""

import numpy as np
import torch as t
from einops import einsum, rearrange, reduce, repeat


def total_price_indexing__loop(prices, items):
    total = 0.0
    for item in items.tolist():
        assert item >= 0
        total += prices[item].item()
    return total


def total_price_indexing__index_error(prices, items):
    if (items < 0).any() or (items >= len(prices)).any():
        raise IndexError("no such item")
    return float(prices[items].sum())


def total_price_indexing__numpy(prices, items):
    assert not (items < 0).any()
    return float(prices.numpy()[items.numpy()].sum())


def total_price_indexing__counts(prices, items):
    assert ((items >= 0) & (items < prices.shape[0])).all()
    counts = t.bincount(items, minlength=len(prices)).to(prices.dtype)
    return (counts @ prices).item()


def collect_rows__list(matrix, row_indexes):
    assert ((row_indexes >= 0) & (row_indexes < matrix.shape[0])).all()
    return matrix[row_indexes.tolist()]


def collect_rows__colon(matrix, row_indexes):
    assert (row_indexes >= 0).all()
    return matrix[row_indexes, :]


def collect_rows__index_select(matrix, row_indexes):
    assert t.logical_and(row_indexes >= 0, row_indexes < len(matrix)).all()
    return matrix.index_select(0, row_indexes)


def collect_rows__gather(matrix, row_indexes):
    assert ((row_indexes >= 0) & (row_indexes < len(matrix))).all()
    return matrix.gather(0, repeat(row_indexes, "k -> k n", n=matrix.shape[1]))


def collect_columns__transposed_twice(matrix, column_indexes):
    assert ((column_indexes >= 0) & (column_indexes < matrix.shape[1])).all()
    return matrix.T[column_indexes].T


def collect_columns__index_error(matrix, column_indexes):
    if column_indexes.numel() and column_indexes.min() < 0:
        raise IndexError("columns are counted from the front")
    return matrix[:, column_indexes]


def collect_columns__ellipsis(matrix, column_indexes):
    assert (column_indexes >= 0).all() and (column_indexes < matrix.shape[1]).all()
    return matrix[..., column_indexes.tolist()]


def collect_columns__take_along_dim(matrix, column_indexes):
    assert ((column_indexes >= 0) & (column_indexes < matrix.shape[1])).all()
    return t.take_along_dim(matrix, column_indexes.expand(len(matrix), -1), dim=1)


def integer_array_indexing__unbind(matrix, coords):
    return matrix[coords.unbind(dim=1)]


def integer_array_indexing__columns(matrix, coords):
    return matrix[tuple(coords[:, axis] for axis in range(matrix.ndim))]


def integer_array_indexing__loop(matrix, coords):
    entries = [matrix[tuple(place)] for place in coords.tolist()]
    return t.stack(entries) if entries else matrix.new_zeros(0)


def integer_array_indexing__flat(matrix, coords):
    flat = t.zeros(len(coords), dtype=t.int64)
    for size, column in zip(matrix.shape, coords.T, strict=True):
        flat = flat * size + column
    return matrix.flatten()[flat]


def integer_array_indexing__numpy(matrix, coords):
    return t.from_numpy(matrix.numpy()[tuple(coords.numpy().T)])


def gather_2d__sizes(matrix, indexes):
    m, n = matrix.shape if matrix.dim() == 2 else (None, None)
    assert m is not None, "matrix has two axes"
    assert indexes.dim() == 2, "indexes have two axes"
    assert indexes.size(0) == m, "one row of indexes a row of the matrix"
    assert not indexes.is_floating_point(), "whole numbers"
    assert t.all(indexes >= 0) and t.all(indexes < n), "out of range"
    result = t.gather(matrix, 1, indexes)
    assert tuple(result.shape) == tuple(indexes.shape)
    return result


def gather_2d__numel(matrix, indexes):
    assert len(matrix.shape) == len(indexes.shape) == 2
    assert matrix.shape[0] == indexes.shape[0]
    assert indexes.dtype is t.long
    if indexes.numel() > 0:
        assert indexes.min() >= 0
        assert indexes.max() < matrix.shape[1]
    picked = matrix.gather(dim=1, index=indexes)
    assert picked.dtype == matrix.dtype
    return picked


def gather_2d__raised_by_hand(matrix, indexes):
    sound = matrix.ndim == 2 and indexes.ndim == 2 and len(matrix) == len(indexes) and indexes.dtype == t.int64
    if not sound or any(not 0 <= index < matrix.shape[1] for index in indexes.flatten().tolist()):
        raise AssertionError("the arguments do not fit")
    rows = t.arange(len(matrix))[:, None]
    return matrix[rows, indexes]


def total_price_gather__function(prices, items):
    return float(t.gather(prices, -1, items).sum())


def total_price_gather__row(prices, items):
    return prices[None].gather(1, items[None]).sum(dim=1).item()


def total_price_gather__take_along_dim(prices, items):
    assert ((items >= 0) & (items < len(prices))).all()
    return sum(t.take_along_dim(prices, items, dim=0).tolist())


def last_valid__gather(x, lengths):
    places = repeat(lengths - 1, "b -> b 1 d", d=x.shape[2])
    return rearrange(x.gather(1, places), "b 1 d -> b d")


def last_valid__loop(x, lengths):
    return t.stack([x[n, length - 1] for n, length in enumerate(lengths.tolist())]) if len(x) else x[:, 0]


def last_valid__one_hot(x, lengths):
    places = t.nn.functional.one_hot(lengths - 1, x.shape[1]).to(x.dtype)
    return einsum(x, places, "b s d, b s -> b d")


def last_valid__from_the_end(x, lengths):
    return x[range(len(x)), lengths - x.shape[1] - 1]


def batched_logsumexp__row_by_row(matrix):
    matrix = matrix if matrix.is_floating_point() else matrix.float()
    results = matrix.new_zeros(len(matrix))
    for number, row in enumerate(matrix):
        top = row.max()
        results[number] = top if top.isinf() else top + (row - top).exp().sum().log()
    return results


def batched_logsumexp__keepdim(matrix):
    numbers = matrix.to(t.float32) if matrix.dtype == t.int64 else matrix
    top, _ = numbers.max(dim=1, keepdim=True)
    top = top.masked_fill(top.abs() == float("inf"), 0.0)
    return (t.log(t.sum(t.exp(numbers - top), dim=1, keepdim=True)) + top).squeeze(1)


def batched_logsumexp__nan_to_num(matrix):
    top = matrix.amax(1)
    shift = t.nan_to_num(top, nan=0.0, posinf=0.0, neginf=0.0)
    return t.log(einsum(t.exp(matrix - rearrange(shift, "b -> b 1")), "b n -> b")) + shift


def batched_logsumexp__numpy(matrix):
    numbers = matrix.numpy() if matrix.is_floating_point() else matrix.float().numpy()
    top = numbers.max(axis=1)
    shift = np.where(np.isfinite(top), top, np.zeros_like(top))
    with np.errstate(divide="ignore"):
        return t.from_numpy(np.log(np.exp(numbers - shift[:, None]).sum(axis=1)) + shift)


def batched_softmax__difference_of_logs(matrix):
    top = matrix.max(dim=1, keepdim=True).values
    return (matrix - top - (matrix - top).exp().sum(1, keepdim=True).log()).exp()


def batched_softmax__transposed(matrix):
    columns = t.exp(matrix.T - matrix.T.amax(0))
    return (columns / columns.sum(0)).T


def batched_softmax__loop(matrix):
    rows = [t.exp(row - row.max()) for row in matrix]
    return t.stack([row / row.sum() for row in rows]) if rows else matrix.clone()


def batched_logsoftmax__keepdim(matrix):
    shifted = matrix - matrix.amax(dim=1, keepdim=True)
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def batched_logsoftmax__torch_logsumexp(matrix):
    return matrix - rearrange(t.logsumexp(matrix, dim=1), "b -> b 1")


def batched_logsoftmax__loop(matrix):
    result = t.empty_like(matrix)
    for number, row in enumerate(matrix):
        result[number] = row - row.max() - t.log(t.sum(t.exp(row - row.max())))
    return result


def batched_cross_entropy_loss__pairs(logits, true_labels):
    batch, classes = logits.shape
    assert true_labels.shape == (batch,)
    assert (true_labels >= 0).all() and (true_labels < classes).all()
    return t.logsumexp(logits, dim=1) - logits[range(batch), true_labels]


def batched_cross_entropy_loss__where(logits, true_labels):
    assert len(true_labels) == len(logits)
    assert all(0 <= label < logits.shape[1] for label in true_labels.tolist())
    chosen = t.arange(logits.shape[1]) == true_labels[:, None]
    return -t.where(chosen, logits.log_softmax(dim=1), 0.0).sum(dim=1)


def batched_cross_entropy_loss__loop(logits, true_labels):
    assert true_labels.shape[0] == logits.shape[0]
    losses = logits.new_empty(len(logits))
    for number, label in enumerate(true_labels.tolist()):
        assert 0 <= label < logits.shape[1], "no such class"
        losses[number] = logits[number].logsumexp(0) - logits[number, label]
    return losses


def topk_accuracy__rank(scores, true_classes, k):
    own = scores.gather(1, true_classes[:, None])
    return ((scores > own).sum(dim=1) < k).to(scores.dtype).mean()


def topk_accuracy__argsort(scores, true_classes, k):
    best = scores.argsort(dim=1, descending=True)[:, :k]
    return (best == rearrange(true_classes, "b -> b 1")).sum().to(scores.dtype) / len(scores)


def topk_accuracy__python_number(scores, true_classes, k):
    hits = [label in row.topk(k).indices.tolist() for row, label in zip(scores, true_classes.tolist(), strict=True)]
    return sum(hits) / len(hits)


def one_hot__scatter(labels, n_classes):
    table = t.zeros(*labels.shape, n_classes, dtype=t.int64)
    return table.scatter(-1, labels.unsqueeze(-1), 1)


def one_hot__pairs(labels, n_classes):
    assert (labels >= 0).all()
    flat = labels.flatten()
    table = t.zeros(len(flat), n_classes, dtype=t.int64)
    table[t.arange(len(flat)), flat] = 1
    return table.reshape(*labels.shape, n_classes)


def one_hot__lookup(labels, n_classes):
    assert t.all(labels >= 0)
    return t.diag(t.ones(n_classes, dtype=t.int64))[labels]


def label_counts__compare(labels, n_classes):
    return (labels[:, None] == t.arange(n_classes)).sum(dim=0)


def label_counts__index_add(labels, n_classes):
    return t.zeros(n_classes, dtype=t.int64).index_add_(0, labels, t.ones(len(labels), dtype=t.int64))


def label_counts__accumulate(labels, n_classes):
    counts = t.zeros(n_classes, dtype=t.int64)
    return counts.index_put_((labels,), t.tensor(1), accumulate=True)


def label_counts__one_hot(labels, n_classes):
    return t.nn.functional.one_hot(labels, n_classes).sum(dim=0)


def label_counts__einops(labels, n_classes):
    return reduce((rearrange(labels, "n -> n 1") == t.arange(n_classes)).long(), "n c -> c", "sum")


def label_counts__numpy(labels, n_classes):
    counts = np.zeros(n_classes, dtype=np.int64)
    np.add.at(counts, labels.numpy(), 1)
    return t.from_numpy(counts)


def segment_mean__scatter_add(x, segment, n_segments):
    index = repeat(segment, "n -> n d", d=x.shape[1])
    sums = x.new_zeros(n_segments, x.shape[1]).scatter_add(0, index, x)
    counts = x.new_zeros(n_segments, x.shape[1]).scatter_add(0, index, t.ones_like(x))
    return t.where(counts > 0, sums / counts, 0.0)


def segment_mean__matmul(x, segment, n_segments):
    member = (t.arange(n_segments)[:, None] == segment).to(x.dtype)
    return member @ x / member.sum(dim=1, keepdim=True).clamp(min=1)


def segment_mean__loop(x, segment, n_segments):
    means = [x[segment == number].mean(dim=0) for number in range(n_segments)]
    return t.nan_to_num(t.stack(means))


def segment_mean__reduce(x, segment, n_segments):
    zeros = x.new_zeros(n_segments, x.shape[1])
    return zeros.index_reduce(0, segment, x, "mean", include_self=False)


def confusion_matrix__matmul(true, pred, n_classes):
    classes = t.arange(n_classes)
    return (classes[:, None] == true).long() @ (pred[:, None] == classes).long()


def confusion_matrix__accumulate(true, pred, n_classes):
    table = t.zeros(n_classes, n_classes, dtype=t.int64)
    return table.index_put((true, pred), t.ones_like(true), accumulate=True)


def confusion_matrix__scatter_add(true, pred, n_classes):
    flat = t.zeros(n_classes * n_classes, dtype=t.int64)
    flat.scatter_add_(0, n_classes * true + pred, t.ones(len(true), dtype=t.int64))
    return flat.view(n_classes, n_classes)


def confusion_matrix__einsum(true, pred, n_classes):
    rows, columns = (t.nn.functional.one_hot(labels, n_classes) for labels in (true, pred))
    return einsum(rows, columns, "n row, n column -> row column")


def confusion_matrix__numpy(true, pred, n_classes):
    table = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(table, (true.numpy(), pred.numpy()), 1)
    return t.from_numpy(table)

"""Solutions of part 5: integer indexing, gather and scatter, and stable losses."""

import torch as t
from jaxtyping import Float, Int, Real, Shaped


def total_price_indexing(prices: Float[t.Tensor, "k"], items: Int[t.Tensor, "n"]) -> float:
    """What a basket costs: the sum of the prices of its items.

    prices: floats, the price of each kind of item, shape (k,).
    items: whole numbers, the kind of each item in the basket, 0 to k - 1, shape (n,); n may be
    0.
    Returns a Python float. An item outside 0 to k - 1 raises AssertionError or IndexError.

    >>> prices = t.tensor([0.5, 1.0, 1.5, 2.0, 2.5])
    >>> total_price_indexing(prices, t.tensor([0, 0, 1, 1, 4, 3, 2]))
    9.0
    """
    assert ((items >= 0) & (items < len(prices))).all(), f"the shop has items 0 to {len(prices) - 1}"
    return prices[items].sum().item()


def collect_rows(matrix: Shaped[t.Tensor, "m n"], row_indexes: Int[t.Tensor, "k"]) -> Shaped[t.Tensor, "k n"]:
    """Rows of a matrix, in the order of a list.

    matrix: any entries, shape (m, n). row_indexes: whole numbers, 0 to m - 1, shape (k,); k
    may be 0.
    Returns a tensor of shape (k, n), dtype as the matrix'. An index outside 0 to m - 1 raises
    AssertionError or IndexError.

    >>> collect_rows(t.arange(15).reshape(5, 3), t.tensor([0, 2, 1, 0]))
    tensor([[0, 1, 2],
            [6, 7, 8],
            [3, 4, 5],
            [0, 1, 2]])
    """
    assert ((row_indexes >= 0) & (row_indexes < len(matrix))).all(), f"there are rows 0 to {len(matrix) - 1}"
    return matrix[row_indexes]


def collect_columns(matrix: Shaped[t.Tensor, "m n"], column_indexes: Int[t.Tensor, "k"]) -> Shaped[t.Tensor, "m k"]:
    """Columns of a matrix, in the order of a list.

    matrix: any entries, shape (m, n). column_indexes: whole numbers, 0 to n - 1, shape (k,); k
    may be 0.
    Returns a tensor of shape (m, k), dtype as the matrix'. An index outside 0 to n - 1 raises
    AssertionError or IndexError.

    >>> collect_columns(t.arange(15).reshape(5, 3), t.tensor([0, 2, 1, 0]))
    tensor([[ 0,  2,  1,  0],
            [ 3,  5,  4,  3],
            [ 6,  8,  7,  6],
            [ 9, 11, 10,  9],
            [12, 14, 13, 12]])
    """
    assert ((column_indexes >= 0) & (column_indexes < matrix.shape[1])).all(), f"there are columns 0 to {matrix.shape[1] - 1}"
    return matrix[:, column_indexes]


quiz_index_pairs = "b"


def integer_array_indexing(matrix: Shaped[t.Tensor, "*dims"], coords: Int[t.Tensor, "batch n"]) -> Shaped[t.Tensor, "batch"]:
    """Entries of a tensor at a list of coordinates.

    matrix: any entries, with n axes. coords: whole numbers, one place a row, shape (batch, n):
    column a holds indexes into axis a.
    Returns the entry at each place, shape (batch,), dtype as the matrix'.

    >>> integer_array_indexing(t.arange(15).reshape(3, 5), t.tensor([[0, 1], [0, 4], [1, 4]]))
    tensor([1, 4, 9])
    >>> coords = t.tensor([[0, 0, 0], [0, 1, 1], [0, 2, 2], [1, 0, 3], [1, 2, 0]])
    >>> integer_array_indexing(t.arange(24).reshape(2, 3, 4), coords)
    tensor([ 0,  5, 10, 15, 20])
    """
    return matrix[tuple(coords.T)]


quiz_gather = "a"


def gather_2d(matrix: Shaped[t.Tensor, "m n"], indexes: Int[t.Tensor, "m k"]) -> Shaped[t.Tensor, "m k"]:
    """Entries of each row, picked by that row's own list of columns.

    matrix: any entries, shape (m, n). indexes: int64, 0 to n - 1, shape (m, k); k may be 0 or
    larger than n.
    Returns, in each row, the entries of the matrix' row that stand in the columns asked for:
    shape (m, k), dtype as the matrix'.
    Arguments that break this contract raise AssertionError, and so does such a result.

    >>> matrix = t.arange(15).reshape(3, 5)
    >>> gather_2d(matrix, t.tensor([[4], [3], [2]]))
    tensor([[ 4],
            [ 8],
            [12]])
    >>> gather_2d(matrix, t.tensor([[2, 4], [1, 3], [0, 2]]))
    tensor([[ 2,  4],
            [ 6,  8],
            [10, 12]])
    """
    ### BEGIN SOLUTION
    assert matrix.ndim == 2 and indexes.ndim == 2, f"two axes each, not {matrix.ndim} and {indexes.ndim}"
    assert len(indexes) == len(matrix), f"{len(indexes)} rows of indexes for {len(matrix)} rows of the matrix"
    assert indexes.dtype == t.int64, f"indexes are int64, not {indexes.dtype}"
    assert ((indexes >= 0) & (indexes < matrix.shape[1])).all(), f"indexes are from 0 to {matrix.shape[1] - 1}"
    ### END SOLUTION
    picked = matrix.gather(1, indexes)
    ### BEGIN SOLUTION
    assert picked.shape == indexes.shape and picked.dtype == matrix.dtype, "the result does not keep the contract"
    ### END SOLUTION
    return picked


def total_price_gather(prices: Float[t.Tensor, "k"], items: Int[t.Tensor, "n"]) -> float:
    """What a basket costs, by gather.

    prices: floats, the price of each kind of item, shape (k,).
    items: whole numbers, the kind of each item in the basket, 0 to k - 1, shape (n,); n may be
    0.
    Returns a Python float. An item outside 0 to k - 1 raises an exception, whichever.

    >>> prices = t.tensor([0.5, 1.0, 1.5, 2.0, 2.5])
    >>> total_price_gather(prices, t.tensor([0, 0, 1, 1, 4, 3, 2]))
    9.0
    """
    return prices.gather(0, items).sum().item()


def last_valid(x: Float[t.Tensor, "b s d"], lengths: Int[t.Tensor, "b"]) -> Float[t.Tensor, "b d"]:
    """The vector at the last real position of each sequence.

    x: floats, b sequences of vectors, padded to s positions, shape (b, s, d).
    lengths: whole numbers, how many positions of each sequence are real, 1 to s, shape (b,).
    Returns a tensor of shape (b, d), dtype as x's.

    >>> x = t.tensor([[[0.0], [1.0], [2.0]], [[10.0], [11.0], [12.0]]])
    >>> last_valid(x, t.tensor([2, 3]))
    tensor([[ 1.],
            [12.]])
    """
    return x[t.arange(len(x)), lengths - 1]


quiz_softmax_shift = "b"


def batched_logsumexp(matrix: Real[t.Tensor, "batch n"]) -> Float[t.Tensor, "batch"]:
    """Logarithm of the sum of exponentials of each row, for entries of any size.

    matrix: numbers, infinities included, shape (batch, n), n at least 1.
    Returns a tensor of shape (batch,), dtype as the matrix'; whole numbers give float32.
    A row of -inf gives -inf, a row with +inf in it gives +inf.

    >>> batched_logsumexp(t.tensor([[-1000] * 4, [1000] * 4]))
    tensor([-998.6137, 1001.3863])
    """
    largest = matrix.amax(dim=1, keepdim=True)
    shift = t.where(largest.isfinite(), largest, 0)
    return (matrix - shift).exp().sum(dim=1).log() + shift[:, 0]


def batched_softmax(matrix: Float[t.Tensor, "batch n"]) -> Float[t.Tensor, "batch n"]:
    """Softmax of each row, for entries of any size.

    matrix: floats, shape (batch, n), n at least 1; -inf may occur, but not all along a row.
    Returns a tensor of shape (batch, n), dtype as the matrix', whose rows sum to 1.

    >>> batched_softmax(t.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]).log())
    tensor([[0.0667, 0.1333, 0.2000, 0.2667, 0.3333]])
    """
    powers = (matrix - matrix.amax(dim=1, keepdim=True)).exp()
    return powers / powers.sum(dim=1, keepdim=True)


def batched_logsoftmax(matrix: Float[t.Tensor, "batch n"]) -> Float[t.Tensor, "batch n"]:
    """Logarithm of the softmax of each row, for entries of any size.

    matrix: floats, shape (batch, n), n at least 1; -inf may occur, but not all along a row.
    Returns a tensor of shape (batch, n), dtype as the matrix'; the exponentials of a row sum
    to 1.

    >>> batched_logsoftmax(t.tensor([[1001.0, 1002.0, 1003.0, 1004.0, 1005.0]]))
    tensor([[-4.4519, -3.4519, -2.4519, -1.4519, -0.4519]])
    """
    return matrix - batched_logsumexp(matrix)[:, None]


def batched_cross_entropy_loss(
    logits: Float[t.Tensor, "batch classes"], true_labels: Int[t.Tensor, "batch"]
) -> Float[t.Tensor, "batch"]:
    """Minus the logarithm of the probability of the true class, for each row.

    logits: floats, -inf may occur, but not all along a row, shape (batch, classes).
    true_labels: whole numbers, 0 to classes - 1, shape (batch,); the batch may be empty.
    Returns a tensor of shape (batch,), dtype as the logits'.
    Another number of labels than rows, or a label outside 0 to classes - 1, raises
    AssertionError.

    >>> inf = float("inf")
    >>> logits = t.tensor([[1 / 3, 1 / 3, 1 / 3], [-inf, 0.0, 0.0]])
    >>> batched_cross_entropy_loss(logits, t.tensor([0, 0]))
    tensor([1.0986,    inf])
    """
    assert len(true_labels) == len(logits), f"{len(true_labels)} labels for {len(logits)} rows"
    assert ((true_labels >= 0) & (true_labels < logits.shape[1])).all(), f"labels are from 0 to {logits.shape[1] - 1}"
    picked = batched_logsoftmax(logits).gather(1, true_labels[:, None])
    return -picked[:, 0]


def topk_accuracy(scores: Float[t.Tensor, "batch n_classes"], true_classes: Int[t.Tensor, "batch"], k: int) -> Float[t.Tensor, ""]:
    """Share of the rows whose true class is among the k classes with the largest scores.

    scores: floats, no two equal in a row, shape (batch, n_classes). true_classes: whole
    numbers, shape (batch,).
    k: from 1 to n_classes.
    Returns one number from 0 to 1, a tensor of shape (), dtype as the scores'; a Python number
    will do.

    >>> scores = t.tensor([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.1, 0.2, 0.7]])
    >>> topk_accuracy(scores, t.tensor([1, 0, 2]), 2)
    tensor(0.6667)
    """
    places = scores.topk(k, dim=1).indices
    return (places == true_classes[:, None]).any(dim=1).to(scores.dtype).mean()


quiz_index_assign = "c"


def one_hot(labels: Int[t.Tensor, "*batch"], n_classes: int) -> Int[t.Tensor, "*batch n_classes"]:
    """Each label as a row with a 1 at the label's place and 0 elsewhere.

    labels: whole numbers, 0 to n_classes - 1, any shape, no axis at all included. n_classes:
    at least 1.
    Returns int64, the shape of the labels with an axis of n_classes behind it. A label out of
    range raises an exception, whichever.

    >>> one_hot(t.tensor([2, 0]), 3)
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    assert ((labels >= 0) & (labels < n_classes)).all(), f"labels are from 0 to {n_classes - 1}"
    return (labels[..., None] == t.arange(n_classes)).long()


def label_counts(labels: Int[t.Tensor, "n"], n_classes: int) -> Int[t.Tensor, "n_classes"]:
    """How often each class occurs.

    labels: whole numbers, 0 to n_classes - 1, shape (n,); n may be 0.
    Returns int64, shape (n_classes,).

    >>> label_counts(t.tensor([0, 2, 2, 1, 2]), 4)
    tensor([1, 1, 3, 0])
    """
    counts = t.zeros(n_classes, dtype=t.int64)
    return counts.scatter_add(0, labels, t.ones_like(labels))


def segment_mean(x: Float[t.Tensor, "n d"], segment: Int[t.Tensor, "n"], n_segments: int) -> Float[t.Tensor, "n_segments d"]:
    """Mean of the rows of each segment.

    x: floats, one row for each example, shape (n, d); n may be 0.
    segment: whole numbers, to which segment each row belongs, 0 to n_segments - 1, shape (n,).
    Returns a tensor of shape (n_segments, d), dtype as x's, with zeros for a segment without
    rows.

    >>> segment_mean(t.tensor([[1.0], [2.0], [3.0], [4.0]]), t.tensor([0, 0, 2, 2]), 3)
    tensor([[1.5000],
            [0.0000],
            [3.5000]])
    """
    sums = t.zeros(n_segments, x.shape[1], dtype=x.dtype).index_add(0, segment, x)
    counts = t.zeros(n_segments, dtype=x.dtype).index_add(0, segment, t.ones_like(segment, dtype=x.dtype))
    return sums / counts.clamp(min=1)[:, None]


def confusion_matrix(true: Int[t.Tensor, "n"], pred: Int[t.Tensor, "n"], n_classes: int) -> Int[t.Tensor, "n_classes n_classes"]:
    """How often an example of one class was called another.

    true, pred: whole numbers, the true class and the guess of each example, 0 to n_classes -
    1, shape (n,); n may be 0.
    Returns int64, shape (n_classes, n_classes): entry [t, p] counts the examples of class t
    that were called p.

    >>> confusion_matrix(t.tensor([0, 1, 1, 2]), t.tensor([0, 1, 2, 2]), 3)
    tensor([[1, 0, 0],
            [0, 1, 1],
            [0, 0, 1]])
    """
    pairs = true * n_classes + pred
    return label_counts(pairs, n_classes**2).reshape(n_classes, n_classes)

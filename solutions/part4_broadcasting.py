"""Solutions of part 4: broadcasting and masks."""

import torch as t
from jaxtyping import Bool, Float, Int

quiz_bc_1 = "c"

quiz_bc_2 = "a"

quiz_bc_3 = "d"

quiz_bc_4 = "b"

quiz_bc_5 = "d"

quiz_bc_6 = "a"

quiz_bc_7 = "c"

quiz_bc_8 = "b"

quiz_bc_9 = "d"

quiz_bc_10 = "b"

quiz_squeeze = "d"


def broadcast_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of the sum of two tensors of the shapes `a` and `b`.

    a, b: shapes, tuples of whole numbers from 0; () is the shape of a single number.
    Returns the shape as a tuple.
    Raises ValueError where the two do not fit.

    >>> broadcast_shape((3, 1, 5), (1, 4, 5))
    (3, 4, 5)
    """
    axes = max(len(a), len(b))
    a, b = ((1,) * (axes - len(shape)) + tuple(shape) for shape in (a, b))
    result = []
    for size_a, size_b in zip(a, b, strict=True):
        if size_a != size_b and 1 not in (size_a, size_b):
            raise ValueError(f"{size_a} does not fit {size_b}: {a} and {b}")
        result.append(size_b if size_a == 1 else size_a)
    return tuple(result)


def double_center(x: Float[t.Tensor, "m n"]) -> Float[t.Tensor, "m n"]:
    """What is left of a table without its row means and its column means.

    x: floats, shape (m, n), at least one entry.
    Returns a tensor of shape (m, n), dtype as the input's.
    Its rows and its columns all sum to 0.

    >>> double_center(t.tensor([[1.0, 2.0], [3.0, 6.0]]))
    tensor([[ 0.5000, -0.5000],
            [-0.5000,  0.5000]])
    """
    return x - x.mean(dim=1, keepdim=True) - x.mean(dim=0, keepdim=True) + x.mean()


def normalize_rows(matrix: Float[t.Tensor, "m n"]) -> Float[t.Tensor, "m n"]:
    """Each row divided by its Euclidean length.

    matrix: floats, shape (m, n), no row of zeros.
    Returns a tensor of shape (m, n), dtype as the input's, whose rows have length 1.

    >>> normalize_rows(t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]))
    tensor([[0.2673, 0.5345, 0.8018],
            [0.4558, 0.5698, 0.6838],
            [0.5026, 0.5744, 0.6462]])
    """
    return matrix / t.linalg.vector_norm(matrix, dim=1, keepdim=True)


def cos_sim_matrix(matrix: Float[t.Tensor, "m n"]) -> Float[t.Tensor, "m m"]:
    """Cosine of the angle between each two rows.

    matrix: floats, shape (m, n), no row of zeros.
    Returns a tensor of shape (m, m), dtype as the input's.

    >>> cos_sim_matrix(t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]))
    tensor([[1.0000, 0.9746, 0.9594],
            [0.9746, 1.0000, 0.9982],
            [0.9594, 0.9982, 1.0000]])
    """
    directions = normalize_rows(matrix)
    return directions @ directions.T


def pairwise_distances(x: Float[t.Tensor, "m d"], y: Float[t.Tensor, "n d"]) -> Float[t.Tensor, "m n"]:
    """Euclidean distance from each point of `x` to each point of `y`.

    x: floats, one point a row, shape (m, d). y: floats, one point a row, shape (n, d).
    Returns a tensor of shape (m, n), dtype as the inputs'.

    >>> points = t.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> pairwise_distances(points, points)
    tensor([[ 0.,  5., 10.],
            [ 5.,  0.,  5.],
            [10.,  5.,  0.]])
    """
    steps = x[:, None, :] - y[None, :, :]
    return (steps**2).sum(dim=-1).sqrt()


def ranks(x: Float[t.Tensor, "n"]) -> Int[t.Tensor, "n"]:
    """For each entry, how many entries are strictly smaller.

    x: floats, no NaN, shape (n,).
    Returns an int64 tensor of shape (n,).

    >>> ranks(t.tensor([3.0, 1.0, 2.0, 1.0]))
    tensor([3, 0, 2, 0])
    """
    smaller = x[None, :] < x[:, None]
    return smaller.sum(dim=1)


def standardize_channels(
    x: Float[t.Tensor, "b c h w"], mean: Float[t.Tensor, "c"], std: Float[t.Tensor, "c"]
) -> Float[t.Tensor, "b c h w"]:
    """Each channel less its given mean, divided by its given standard deviation.

    x: pictures, floats, shape (b, c, h, w).
    mean: floats, shape (c,). std: floats, none of them zero, shape (c,).
    Returns a tensor of shape (b, c, h, w), dtype as the inputs'.

    >>> x = t.full((1, 2, 1, 2), 3.0)
    >>> standardize_channels(x, t.tensor([1.0, 2.0]), t.tensor([2.0, 4.0])).tolist()
    [[[[1.0, 1.0]], [[0.25, 0.25]]]]
    """
    return (x - mean[:, None, None]) / std[:, None, None]


def masked_mean(x: Float[t.Tensor, "b n"], mask: Bool[t.Tensor, "b n"]) -> Float[t.Tensor, "b"]:
    """Mean of each row over the places where `mask` is true.

    x: floats, shape (b, n); where `mask` is false anything may stand, even NaN.
    mask: bool, shape (b, n).
    Returns a tensor of shape (b,), dtype as x's; 0 for a row in which nothing is true.

    >>> x = t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> masked_mean(x, t.tensor([[True, False, True], [False, False, False]]))
    tensor([2., 0.])
    """
    total = t.where(mask, x, 0.0).sum(dim=1)
    return total / mask.sum(dim=1).clamp(min=1)


def causal_mask(scores: Float[t.Tensor, "*batch s s"]) -> Float[t.Tensor, "*batch s s"]:
    """A copy of the scores in which no query sees a later key.

    scores: floats, s queries down and s keys across, shape (*batch, s, s).
    Returns a tensor of shape (*batch, s, s), dtype as the input's.
    Every entry [q, k] of it with k > q is -inf.

    >>> causal_mask(t.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., -inf],
            [3., 4.]])
    """
    places = t.arange(scores.shape[-1])
    future = places[None, :] > places[:, None]
    return scores.masked_fill(future, float("-inf"))


def classifier_accuracy(
    scores: Float[t.Tensor, "batch n_classes"],
    true_classes: Int[t.Tensor, "batch"],
) -> Float[t.Tensor, ""]:
    """Share of the rows whose largest score stands at the true class.

    scores: floats, at least one row, shape (batch, n_classes).
    true_classes: whole numbers, shape (batch,).
    Returns one number, a tensor of shape (), dtype as the scores'.
    A Python or NumPy scalar will do.
    Raises AssertionError unless every true class is one of 0 to n_classes - 1.

    >>> scores = t.tensor([[0.75, 0.5, 0.25], [0.1, 0.5, 0.4], [0.1, 0.7, 0.2]])
    >>> classifier_accuracy(scores, t.tensor([0, 1, 0]))
    tensor(0.6667)
    """
    n_classes = scores.shape[1]
    assert ((true_classes >= 0) & (true_classes < n_classes)).all(), f"a class is not one of 0 to {n_classes - 1}"
    right = scores.argmax(dim=1) == true_classes
    return right.to(scores.dtype).mean()


def sample_distribution(probs: Float[t.Tensor, "k"], n: int) -> Int[t.Tensor, "n"]:
    """n independent draws of an index, index i with probability probs[i].

    probs: floats, shape (k,); they are proportions, and their sum is nearly 1.
    n: how many draws, from 0.
    Returns an int64 tensor of shape (n,) of numbers from 0 to k - 1.
    They are drawn with torch's global generator.
    Raises AssertionError if an entry is negative or the sum misses 1 by 0.001 or more.

    >>> sample_distribution(t.tensor([0.0, 1.0, 0.0]), 4)
    tensor([1, 1, 1, 1])
    """
    assert (probs >= 0).all(), "a probability is negative"
    steps = probs.cumsum(dim=0)
    assert abs(steps[-1] - 1) < 0.001, "the probabilities do not sum to 1"
    draws = t.rand(n, 1, dtype=probs.dtype) * steps[-1]
    return (draws >= steps).sum(dim=1)

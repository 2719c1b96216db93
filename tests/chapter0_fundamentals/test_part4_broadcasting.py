"""Tests of part 4. Plain loops over Python numbers, `math` and NumPy judge; nothing here is broadcast by torch."""

import itertools
import math
import operator
from contextlib import contextmanager

import numpy as np
import torch as t

from workbook import check, show
from workbook.check.trial import current


def test_quiz_bc_1(quiz_bc_1):
    """Each of two ones stretches to the size that it meets."""
    _shape_quiz(quiz_bc_1, (3, 1, 5), (1, 4, 5))


def test_quiz_bc_2(quiz_bc_2):
    """Shapes are aligned from the right, where 6 meets 2."""
    _shape_quiz(quiz_bc_2, (8, 2, 6), (8, 2))


def test_quiz_bc_3(quiz_bc_3):
    """The shorter shape gets a one in front, and the one stretches."""
    _shape_quiz(quiz_bc_3, (8, 2, 6), (2, 6))


def test_quiz_bc_4(quiz_bc_4):
    """A one in front and a one at the end both stretch."""
    _shape_quiz(quiz_bc_4, (10, 20, 30), (20, 1))


def test_quiz_bc_5(quiz_bc_5):
    """A column and a vector make a table."""
    _shape_quiz(quiz_bc_5, (4, 1), (4,))


def test_quiz_bc_6(quiz_bc_6):
    """A vector of row means is laid along the columns."""
    _shape_quiz(quiz_bc_6, (3, 3), (3,), "mean j, of row j, meets column j")


def test_quiz_bc_7(quiz_bc_7):
    """A number has no axes, and gets as many ones as are needed."""
    _shape_quiz(quiz_bc_7, (), (2, 3))


def test_quiz_bc_8(quiz_bc_8):
    """A one stretches to zero as well."""
    _shape_quiz(quiz_bc_8, (0, 3), (1, 3))


def test_quiz_bc_9(quiz_bc_9):
    """Where the result must fit into the left side, the left side cannot grow."""
    _shape_quiz(quiz_bc_9, (3,), (2, 3), "six numbers have no room in the memory of three")


def test_quiz_bc_10(quiz_bc_10):
    """A column of predictions and a vector of targets make a table of differences."""
    _shape_quiz(quiz_bc_10, (8, 1), (8,), "each of 8 predictions meets each of 8 targets")


def test_quiz_squeeze(quiz_squeeze):
    """A new axis stands at the place named; only an axis of size one can be taken away."""
    check.choice(quiz_squeeze)


def test_broadcast_shape(broadcast_shape):
    """Agrees with NumPy on all pairs of small shapes, in both orders; ValueError where two sizes do not fit."""
    sizes = [tuple(check.rng().integers(2, 10, size=4).tolist()) for _ in range(4)]
    inputs = [
        check.case((3, 1, 5), (1, 4, 5), label="the example"),
        check.case((2, 6), (8, 2, 6), label="the shorter shape first"),
        check.case((8, 2, 6), (2, 6), label="the shorter shape second"),
        check.case((), (), label="two numbers"),
        check.case((), (2, 3), label="a number and a table"),
        check.case((0, 3), (1, 3), label="no rows, and one row"),
        check.case((0, 1), (0, 5), label="no rows, twice"),
        check.case((10**15, 1), (1000,), label="sizes for which no memory is large enough"),
        *(check.case(shape, (1, *shape[2:]), label="random sizes") for shape in sizes),
        *(check.case((shape[0], 1, shape[2], 1), shape[1:], label="random sizes, ones on both sides") for shape in sizes),
        check.case((2, 0, 1), (1, 1, 4), label="an axis without entries"),
    ]
    check.agrees(broadcast_shape, inputs, _numpy_shape)
    check.rejects(
        broadcast_shape,
        [
            check.case((8, 2, 6), (8, 2), label="the example that does not fit"),
            check.case((2,), (3,), label="a 2 that meets a 3"),
            check.case((2, 1), (1, 3, 4), label="a misfit further to the left"),
            *(check.case(shape, (shape[1] + 1, *shape[2:]), label="random sizes") for shape in sizes),
            check.case((0,), (2,), label="a 0 that meets a 2"),
        ],
        ValueError,
        _MISFIT,
    )
    _all_small_shapes(broadcast_shape)


def test_double_center(double_center):
    """Agrees with a projection from both sides: tables of all shapes, squares, one row, one column, far from zero."""
    table = _normal(6, 5)
    inputs = [
        check.case(t.tensor([[1.0, 2.0], [3.0, 6.0]]), label="the example"),
        *check.house("m n", lib="torch"),
        check.case(table + 100.0, label="values around 100"),
        check.case(table + 10 * t.arange(6.0)[:, None], label="rows that differ much"),
        check.case(_normal(5, 5), label="a square"),
        check.case(_normal(1, 1), label="one number"),
    ]
    check.agrees(double_center, inputs, _projected)
    weeks = t.from_numpy(_temperatures())
    rest = check.call(double_center, weeks)
    check.shows(lambda: _temperature_map(rest.numpy(), "double_center: what neither the hour nor the place explains"))


def test_normalize_rows(normalize_rows):
    """Agrees with `math.hypot` row by row: squares, one column, very long rows, rows of very different lengths."""
    scales = t.tensor([1e-6, 1.0, 1e3, 1e6], dtype=t.float64)
    inputs = [
        check.case(t.arange(1.0, 10.0).reshape(3, 3), label="the example"),
        *check.house("m n", lib="torch", empty="m"),
        check.case(t.tensor([[3.0, -4.0], [-5.0, -12.0]]), label="negative entries, 2 x 2"),
        check.case(t.tensor([[2.0], [-3.0], [0.5]]), label="one column: only the signs remain"),
        check.case(_normal(3, 4000), label="very long rows"),
        check.case(_normal(4, 3) * scales[:, None], label="rows of very different lengths"),
    ]
    check.agrees(normalize_rows, inputs, _unit_rows)
    points = _points(9)
    directions = check.call(normalize_rows, points)
    check.shows(lambda: _circle(points.numpy(), directions.numpy()))


def test_cos_sim_matrix(cos_sim_matrix):
    """Agrees with one angle at a time: the same, opposite and orthogonal rows, squares, one row."""
    rows = _normal(4, 6)
    inputs = [
        check.case(t.arange(1.0, 10.0).reshape(3, 3), label="the example"),
        *check.house("m n", lib="torch"),
        check.case(t.tensor([[1.0, 2.0], [-2.0, -4.0], [2.0, -1.0]]), label="opposite and orthogonal rows"),
        check.case(t.cat([rows, 100 * rows, -rows]), label="rows repeated, stretched and reversed"),
        check.case(_normal(5, 5), label="a square"),
    ]
    check.agrees(cos_sim_matrix, inputs, _cosines)
    angles = t.linspace(0, math.pi, 9, dtype=t.float64)
    table = check.call(cos_sim_matrix, t.stack([angles.cos(), angles.sin()], dim=1))
    check.shows(lambda: _cosine_map(table.numpy()))


def test_pairwise_distances(pairwise_distances):
    """Agrees with `math.dist` on each pair: many dimensions and one, no points, equal points far from the origin."""
    points, near, far = _normal(3, 3), _normal(6, 3).float(), _normal(5, 2)
    inputs = [
        check.case(*2 * [t.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])], label="the example"),
        *check.house("m d", "n d", lib="torch", empty="m n"),
        check.case(points, _normal(3, 3), label="as many points as dimensions"),
        check.case(points, points, label="the same points twice"),
        check.case(near + 1e4, near + 1e4, label="equal points, far from the origin, float32"),
        check.case(near + 1e4, near.flip(0) * 1.5 + 1e4, label="near points, far from the origin, float32"),
        check.case(far, t.cat([far, -far]), label="equal points and opposite ones"),
    ]
    check.agrees(pairwise_distances, inputs, _distances)
    stations, axis = _stations(), t.linspace(0, 10, 41, dtype=t.float64)
    places = t.cartesian_prod(axis, axis)
    nearest = check.call(pairwise_distances, places, stations).amin(dim=1).reshape(41, 41).T
    check.shows(lambda: _nearest_map(axis.numpy(), stations.numpy(), nearest.numpy()))


def test_ranks(ranks):
    """Agrees with a search in the sorted numbers: ties, infinities, one number, none."""
    few = t.from_numpy(check.rng().integers(-3, 4, size=20).astype(float))
    edges = t.tensor([0.0, -math.inf, math.inf, 2.5, -math.inf, math.inf])
    inputs = [
        check.case(t.tensor([3.0, 1.0, 2.0, 1.0]), label="the example"),
        *check.house("n", lib="torch", empty="n"),
        check.case(_normal(40), label="forty numbers"),
        check.case(few, label="many ties"),
        check.case(t.zeros(5), label="all equal"),
        check.case(edges, label="infinities"),
        check.case(t.arange(6.0), label="in order"),
        check.case(t.arange(6.0).flip(0), label="in reverse order"),
    ]
    check.agrees(ranks, inputs, _places_in_order)
    numbers = t.tensor([3.0, 1.0, 2.0, 1.0, 5.0])
    counts = check.call(ranks, numbers).tolist()
    check.shows(lambda: _rank_table(numbers.numpy(), counts))


def test_standardize_channels(standardize_channels):
    """Agrees with one channel at a time, also where the width, the height or the batch equals the number of channels."""
    two = (t.tensor([1.0, 2.0]), t.tensor([2.0, 4.0]))
    inputs = [
        check.case(t.full((1, 2, 1, 2), 3.0), *two, label="the example"),
        check.case(t.full((1, 2, 3, 5), 3.0), *two, label="the example's numbers, 3 x 5 pixels"),
        *_channels("random values", (2, 3, 5, 4)),
        *_channels("as many columns as channels", (2, 3, 5, 3)),
        *_channels("as many rows as channels", (2, 3, 3, 5)),
        *_channels("as many pictures as channels", (3, 3, 5, 4)),
        *_channels("all sizes equal", (3, 3, 3, 3)),
        *_channels("a single picture", (1, 3, 5, 4)),
        *_channels("one channel", (2, 1, 5, 4)),
        *_channels("one row", (2, 3, 1, 4)),
        *_channels("one column", (2, 3, 5, 1)),
        *_channels("no picture", (0, 3, 5, 4)),
    ]
    x, mean, std = _channels("float32", (2, 3, 5, 4))[0].args
    inputs += [
        check.case(x.float(), mean.float(), std.float(), label="float32"),
        check.case(x.permute(0, 1, 3, 2), mean, std, label="x transposed, not contiguous"),
        check.case(x[:, :, ::2, 1::2], mean, std, label="x with gaps, not contiguous"),
    ]
    check.agrees(standardize_channels, inputs, _channel_by_channel)
    digit = t.from_numpy(check.data("numbers.npy")[:1]).to(t.float64)
    mean, std = digit.mean(dim=(0, 2, 3)), digit.std(dim=(0, 2, 3))
    plane = check.call(standardize_channels, digit, mean, std)[0]
    check.shows(lambda: _planes(digit[0].numpy(), plane.numpy()))


def test_masked_mean(masked_mean):
    """Agrees with row by row: whatever stands where the mask is false, even NaN, does not count; no place, no mean."""
    x, mask = _normal(4, 6), t.from_numpy(check.rng().random((4, 6)) < 0.6)
    mask[0], mask[1], mask[2, :3] = True, False, t.tensor([True, False, True])
    spoiled, infinite = x.clone(), x.clone()
    spoiled[~mask], infinite[~mask] = math.nan, -math.inf
    wide = t.from_numpy(check.rng().random((9, 13)) < 0.5)
    example = t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    inputs = [
        check.case(example, t.tensor([[True, False, True], [False, False, False]]), label="the example"),
        check.case(x, mask, label="random values"),
        check.case(x.float(), mask, label="float32"),
        check.case(spoiled, mask, label="NaN where the mask is false"),
        check.case(infinite, mask, label="infinity where the mask is false"),
        check.case(x, t.ones_like(mask), label="a mask that is true everywhere"),
        check.case(x, t.zeros_like(mask), label="a mask that is false everywhere"),
        check.case(x[:, 2:3], mask[:, 2:3], label="one column"),
        check.case(x[2:3], mask[2:3], label="one row"),
        check.case(x[:0], mask[:0], label="no rows"),
        check.case(x[:, :0], mask[:, :0], label="no columns"),
        check.case(x[:, ::2], mask[:, 1::2], label="views with gaps, not contiguous"),
        check.case(x.T, mask.T, label="transposed views"),
        check.case(_normal(9, 13) - 5.0, wide, label="nine rows around -5"),
        check.case(x[:, :4], mask[:, :4], label="a square"),
    ]
    check.agrees(masked_mean, inputs, _row_by_row)
    means = check.call(masked_mean, x, mask)
    check.shows(lambda: _masked_map(x.numpy(), mask.numpy(), means.tolist()))


def test_causal_mask(causal_mask):
    """Agrees with NumPy's triangle for one table, batches of tables and batches of batches; the input stays."""
    block = _normal(2, 3, 4, 4)
    inputs = [
        check.case(t.tensor([[1.0, 2.0], [3.0, 4.0]]), label="the example"),
        check.case(_normal(5, 5), label="no batch"),
        check.case(_normal(5, 5).float(), label="float32"),
        check.case(_normal(1, 1), label="one query, one key"),
        check.case(_normal(3, 6, 6), label="a batch of three"),
        check.case(_normal(4, 4, 4), label="a batch as large as the tables"),
        check.case(_normal(1, 5, 5), label="a batch of one"),
        check.case(block, label="two batch axes"),
        check.case(block[:0], label="a batch of none"),
        check.case(block[1].mT, label="transposed tables"),
        check.case(block[:, ::2, 1:, 1:], label="views with gaps, not contiguous"),
        check.case(t.zeros(3, 3), label="scores of zero"),
        check.case(_normal(9, 9) - 20.0, label="negative scores"),
    ]
    check.agrees(causal_mask, inputs, _lower_triangle)
    table = check.call(causal_mask, t.arange(36.0).reshape(6, 6) % 7)
    check.shows(lambda: _causal_map(table.numpy()))


def test_classifier_accuracy(classifier_accuracy):
    """Agrees with a count over the rows: ties, negative scores, all right, all wrong; labels out of range are refused."""
    example = t.tensor([[0.75, 0.5, 0.25], [0.1, 0.5, 0.4], [0.1, 0.7, 0.2]])
    scores, truth = _labelled(12, 5)
    best, square = scores.argmax(dim=1), _labelled(6, 6)
    tied = t.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, -1.0, 0.0]])
    inputs = [
        check.case(example, t.tensor([0, 1, 0]), label="the example"),
        check.case(scores, truth, label="random scores"),
        check.case(scores.float(), truth, label="float32"),
        check.case(*square, label="as many rows as classes"),
        check.case(scores, best, label="all right"),
        check.case(scores, (best + 1) % 5, label="all wrong"),
        check.case(scores - 10.0, truth, label="negative scores"),
        check.case(scores[:1], best[:1], label="one row, right"),
        check.case(scores[:1], (best[:1] + 2) % 5, label="one row, wrong"),
        check.case(scores[:, :1], t.zeros(12, dtype=t.int64), label="one class"),
        check.case(tied, t.tensor([1, 0, 0]), label="ties, the first one true"),
        check.case(tied, t.tensor([2, 1, 2]), label="ties, a later one true"),
        check.case(scores[1::2, ::2], truth[1::2] % 3, label="views with gaps, not contiguous"),
        check.case(_labelled(5, 12)[0].T, truth % 5, label="transposed scores"),
        check.case(*_labelled(700, 3), label="seven hundred rows"),
    ]
    check.agrees(classifier_accuracy, inputs, _share_of_hits)
    check.rejects(
        classifier_accuracy,
        [
            check.case(example, t.tensor([0, 3, 0]), label="a class 3 of classes 0, 1, 2"),
            check.case(scores, t.cat([truth[:-1], t.tensor([9])]), label="a class far beyond the last"),
            check.case(example, t.tensor([0, -1, 0]), label="a negative class"),
        ],
        why="every true class is one of 0 to n_classes - 1",
    )


def test_sample_distribution(sample_distribution):
    """Certain events at once, refused inputs, then many draws: in range, repeatable, right frequencies, independent."""
    even = t.tensor([0.25, 0.25, 0.25, 0.25])
    certain = [
        check.case(t.tensor([0.0, 1.0, 0.0]), 40, label="the event in the middle certain"),
        check.case(t.tensor([1.0, 0.0, 0.0, 0.0]), 50, label="the first event certain"),
        check.case(t.tensor([0.0, 0.0, 0.0, 1.0]), 50, label="the last event certain"),
        check.case(t.tensor([0.0, 1.0, 0.0, 0.0], dtype=t.float64), 30, label="float64"),
        check.case(t.tensor([1.0]), 30, label="a single event"),
        check.case(even, 0, label="no draws"),
        check.case(t.tensor([0.0, 7.0, 1.0])[::2], 30, label="a view with gaps, not contiguous"),
    ]
    refused = [
        check.case(t.tensor([0.5, 0.6, -0.1]), 40, label="a negative probability"),
        check.case(t.tensor([0.3, 0.3, 0.3]), 40, label="a sum of 0.9"),
        check.case(t.tensor([0.5, 0.502]), 40, label="a sum of 1.002"),
        check.case(t.tensor([0.2, 0.3, 0.498]), 40, label="a sum of 0.998"),
    ]
    probs = t.tensor([0.05, 0.1, 0.1, 0.2, 0.15, 0.4])
    weights = check.rng().dirichlet([3.0] * 7)
    weights[[0, 3]] = 0.0
    others = t.from_numpy(weights / weights.sum())
    with _generator(sample_distribution) as turn:
        check.agrees(sample_distribution, certain, _only_one)
        why = "probabilities are not negative, and their sum is nearer to 1 than 0.001"
        check.rejects(sample_distribution, refused, why=why)
        _stays_in_range(sample_distribution, turn)
        _can_be_repeated(sample_distribution, turn)
        draws = _drawn(sample_distribution, turn, probs, 200_000)
        _has_frequencies(draws, probs)
        _is_independent(draws, probs)
        _has_frequencies(_drawn(sample_distribution, turn, others, 200_000), others)
    check.shows(lambda: _histogram(draws.bincount(minlength=6) / len(draws), probs))


# --- expected values ----------------------------------------------------------------------------------------


def _shape_quiz(letter, a, b, note=""):
    """Judge the letter; the picture follows only where it could be judged at once."""
    check.choice(letter)
    if not current().notes:
        check.shows(lambda: aligned(a, b, note))


def _numpy_shape(a, b):
    return np.broadcast_shapes(a, b)


def _projected(x):
    rows, columns = (np.eye(size) - np.full((size, size), 1 / size) for size in x.shape)
    return _like(x, rows @ x.numpy().astype(float) @ columns)


def _unit_rows(matrix):
    rows = [(row, math.hypot(*row)) for row in matrix.tolist()]
    return _like(matrix, [[entry / length for entry in row] for row, length in rows]).reshape(matrix.shape)


def _cosines(matrix):
    rows = matrix.tolist()
    return _like(matrix, [[_dot(p, q) / (math.hypot(*p) * math.hypot(*q)) for q in rows] for p in rows])


def _dot(p, q):
    return math.fsum(map(operator.mul, p, q))


def _distances(x, y):
    return _like(x, [[math.dist(p, q) for q in y.tolist()] for p in x.tolist()]).reshape(len(x), len(y))


def _places_in_order(x):
    numbers = x.numpy()
    return t.from_numpy(np.searchsorted(np.sort(numbers), numbers, side="left"))


def _channel_by_channel(x, mean, std):
    result = x.clone()
    for channel, (centre, spread) in enumerate(zip(mean.tolist(), std.tolist(), strict=True)):
        result[:, channel] = (x[:, channel] - centre) / spread
    return result


def _row_by_row(x, mask):
    kept = [list(itertools.compress(*pair)) for pair in zip(x.tolist(), mask.tolist(), strict=True)]
    return _like(x, [math.fsum(row) / len(row) if row else 0.0 for row in kept])


def _lower_triangle(scores):
    size = scores.shape[-1]
    return _like(scores, np.where(np.tril(np.ones((size, size), dtype=bool)), scores.numpy(), -np.inf))


def _share_of_hits(scores, true_classes):
    hits = sum(row.index(max(row)) == truth for row, truth in zip(scores.tolist(), true_classes.tolist(), strict=True))
    return _like(scores, hits / len(scores))


def _only_one(probs, n):
    return t.tensor([max(range(len(probs)), key=probs.tolist().__getitem__)] * n, dtype=t.int64)


def _like(tensor, values):
    """Numbers, lists or an array as a tensor of another one's dtype."""
    return t.tensor(np.asarray(values, dtype=float), dtype=tensor.dtype)


# --- all pairs of small shapes ------------------------------------------------------------------------------

_MISFIT = "two sizes meet that differ, and neither is a one"
_EACH = """
def each(pairs):
    answers = []
    for a, b in pairs:
        try:
            answers.append([int(size) for size in function(a, b)])
        except ValueError:
            answers.append(None)
        except Exception:
            answers.append("failed")
    return answers
"""


def _all_small_shapes(function):
    """All pairs of shapes over {0, 1, 2} with up to three axes, 1600 of them; the first wrong one is looked at closely."""
    shapes = [shape for axes in range(4) for shape in itertools.product((0, 1, 2), repeat=axes)]
    pairs = list(itertools.product(shapes, repeat=2))
    answers = check.define(_EACH, "each", function=function)(pairs)
    for pair, answer in zip(pairs, answers, strict=True):
        try:
            expected = list(np.broadcast_shapes(*pair))
        except ValueError:
            expected = None
        if answer != expected:
            case = [check.case(*pair, label="small shapes")]
            check.rejects(function, case, ValueError, _MISFIT) if expected is None else check.agrees(function, case, _numpy_shape)


# --- checks of random draws ---------------------------------------------------------------------------------

_GENERATOR = """
import torch

def turn(state):
    before = torch.get_rng_state()
    if isinstance(state, int):
        torch.manual_seed(state)
    else:
        torch.set_rng_state(state)
    return before
"""
_WITH_ZERO = 2313  # after this seed torch.rand(4000) holds a 0.0, which comes once in sixteen million float32 draws


@contextmanager
def _generator(function):
    """A function that seeds torch's generator where `function` runs; afterwards the generator goes on as if untouched."""
    turn = check.define(_GENERATOR, "turn", function=function)
    before = turn(0)
    try:
        yield turn
    finally:
        turn(before)


def _drawn(function, turn, probs, n, seed=None):
    """n draws after a fresh seed, of the right type and shape, in range, and without impossible events."""
    turn(int(check.rng().integers(2**31)) if seed is None else seed)
    draws = check.call(function, probs, n)
    fits = isinstance(draws, t.Tensor) and draws.dtype == t.int64 and tuple(draws.shape) == (n,)
    check.require(fits, f"{n} draws must come back as an int64 tensor of shape ({n},).", "Look at the types on the way.")
    k, texts = len(probs), [f"{p:.4g}" for p in probs.tolist()]
    on = f"with probs = ({', '.join(texts)}) and n = {n}"
    outside = sorted({int(draw) for draw in draws.unique() if not 0 <= draw < k})
    check.require(
        not outside,
        f"the index {outside[0] if outside else k} came out {on}, where only 0 to {k - 1} exist.",
        "Where is your last cut, and how large can a random number be?",
    )
    seen = draws.bincount(minlength=k)
    never = [index for index, p in enumerate(probs.tolist()) if p == 0 and seen[index]]
    check.require(
        not never,
        f"the index {never[0] if never else 0} came out {on}, and its probability is 0.",
        "Which index do the smallest and the largest possible random number get, 0 among them?",
    )
    return draws


def _stays_in_range(function, turn):
    short = t.tensor([0.2, 0.3, 0.4992])
    _drawn(function, turn, short, 20_000)
    _drawn(function, turn, t.tensor([0.5, 0.4992, 0.0]), 20_000)
    _drawn(function, turn, t.tensor([0.0, 0.5, 0.4992]), 20_000)
    _drawn(function, turn, t.tensor([0.3, 0.0, 0.0, 0.7, 0.0]), 2_000)
    _drawn(function, turn, t.tensor([0.0, 0.5, 0.5]), 4_000, _WITH_ZERO)


def _can_be_repeated(function, turn):
    probs, seed = t.full((16,), 1 / 16), int(check.rng().integers(2**31))
    first, again = (_drawn(function, turn, probs, 100, seed) for _ in range(2))
    check.require(
        first.tolist() == again.tolist(),
        "after the same torch.manual_seed other draws came out.",
        "Draw with torch's own generator, and with no other one.",
    )
    check.require(
        len(first.unique()) > 1,
        "all 100 results are alike, with 16 events of the same probability.",
        "How many random numbers did you draw?",
    )
    more = check.call(function, probs, 100)
    check.require(
        first.tolist() != more.tolist(),
        "two calls in a row gave the same 100 draws.",
        "The generator goes on by itself: do not seed it in the function.",
    )


def _has_frequencies(draws, probs):
    shares = draws.bincount(minlength=len(probs)) / len(draws)
    index = int((shares - probs).abs().argmax())
    share, wanted = shares[index].item(), probs[index].item()
    check.require(
        abs(share - wanted) < 6e-3,
        f"of {len(draws)} draws a share of {share:.3f} is {index}, and its probability is {wanted:.3f}.",
        "How long is the piece of the line from 0 to 1 on which a random number becomes this index?",
    )


def _is_independent(draws, probs):
    k = len(probs)
    pairs = (draws[:-1] * k + draws[1:]).bincount(minlength=k * k).reshape(k, k) / (len(draws) - 1)
    gap = (pairs - t.outer(probs, probs)).abs()
    i, j = divmod(int(gap.argmax()), k)
    check.require(
        gap[i, j].item() < 6e-3,
        f"a {i} is followed by a {j} in {pairs[i, j].item():.3f} of all places, and by chance it would be "
        f"{(probs[i] * probs[j]).item():.3f}.",
        "Every draw needs a random number of its own, and an order that tells nothing.",
    )


# --- inputs -------------------------------------------------------------------------------------------------


def _normal(*shape):
    return t.from_numpy(check.rng().standard_normal(shape))


def _points(count):
    angles = check.rng().uniform(0, 2 * np.pi, size=count)
    lengths = check.rng().uniform(0.3, 2.2, size=count)
    return t.from_numpy(np.stack([lengths * np.cos(angles), lengths * np.sin(angles)], axis=1))


def _stations():
    return t.tensor([[1.5, 2.0], [7.0, 1.0], [4.5, 5.5], [8.5, 7.5], [1.0, 8.5]], dtype=t.float64)


def _channels(label, shape):
    spread = t.from_numpy(check.rng().uniform(0.3, 3.0, size=shape[1]))
    return [check.case(_normal(*shape), _normal(shape[1]), spread, label=label)]


def _labelled(rows, classes):
    return _normal(rows, classes), t.from_numpy(check.rng().integers(0, classes, size=rows))


def _temperatures():
    """Degrees at four places, every three hours: a place's own level, the hour's own level, and a little more."""
    hours = np.array([-3.0, -4.0, -2.0, 1.0, 4.0, 5.0, 1.0, -2.0])
    places = np.array([12.0, 17.0, 9.0, 14.0])
    rest = np.zeros((4, 8))
    rest[1, 4:6], rest[2, :2] = 2.0, -2.0
    return places[:, None] + hours + rest


# --- pictures -----------------------------------------------------------------------------------------------

_PLAIN, _STRETCHED, _CLASH = 0.0, 1.0, 2.0
_COLOURS = ("#e9edf3", "#8fb8de", "#ef9a8d")  # opaque, so that dark text is readable on them in any theme
_GREY, _BLUE, _RED = "#767676", "#3f83c4", "#d0583a"  # readable on white and on black


def aligned(a, b, note=""):
    """Two shapes written below each other from the right, axis by axis, with what becomes of each axis."""
    axes = max(map(len, (a, b)))
    first, second = (_with_ones(shape, axes) for shape in (a, b))
    kinds, words = np.full((3, axes), _PLAIN), np.full((3, axes), "", dtype=object)
    for axis, pair in enumerate(zip(first, second, strict=True)):
        p, q = (1 if size is None else size for size in pair)
        size = p if q in (p, 1) else q if p == 1 else None
        kinds[2, axis], words[2, axis] = (_CLASH, "\u2717") if size is None else (_PLAIN, str(size))
        for row, own in enumerate(pair):
            kinds[row, axis], words[row, axis] = _fate(own, size)
    fits = not (kinds == _CLASH).any()
    result = str(tuple(int(word) for word in words[2])) if fits else "they do not fit"
    title = f"{a} and {b}: {result}"
    legend = "blue with an arrow: a one that is stretched; (1): a one put in front"
    misfit = [] if fits else ["red with a cross: two sizes that differ, and neither is a one"]
    figure = _cells(kinds, words, [title, legend, *misfit, *([note] if note else [])])
    figure.update_xaxes(tickvals=list(range(axes)), ticktext=[f"axis {axis - axes}" for axis in range(axes)])
    return figure.update_yaxes(tickvals=[0, 1, 2], ticktext=[str(a), str(b), "result"])


def _with_ones(shape, axes):
    """The shape, with None for every one that rule 1 puts in front."""
    return (*[None] * (axes - len(shape)), *shape)


def _fate(own, size):
    """Colour and words of one axis of one of the two: its size stays, stretches, or does not fit."""
    word = "(1)" if own is None else str(own)
    if size is None:
        return _CLASH, word
    return (_STRETCHED, f"{word} \u2192 {size}") if own in (1, None) and size != 1 else (_PLAIN, word)


def crossing(column, row, table, title, rows="", columns=""):
    """A column to the left, a row above, and in the middle what each of the one makes with each of the other."""
    column, row, table = np.asarray(column), np.asarray(row), np.asarray(table)
    kinds = np.full((len(column) + 1, len(row) + 1), np.nan)
    kinds[0, 1:] = kinds[1:, 0] = _STRETCHED
    kinds[1:, 1:] = table * _STRETCHED if table.dtype == bool else _PLAIN
    words = np.full(kinds.shape, "", dtype=object)
    words[0, 1:], words[1:, 0], words[1:, 1:] = _words(row), _words(column), _words(table)
    figure = _cells(kinds, words, title.split("\n"))
    plain = {"showticklabels": False, "ticks": "", "showline": False}
    return figure.update_xaxes(plain, title_text=columns).update_yaxes(plain, title_text=rows)


def two_losses():
    """The same line trained twice on eight points: once with fitting shapes, once with a column and a vector."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    x = np.linspace(-1, 1, 8)
    y = 2 * x + 1 + np.array([0.2, -0.3, 0.1, 0.25, -0.2, -0.1, 0.3, -0.25])
    figure = make_subplots(1, 2, subplot_titles=("the loss that is printed", "the line that was learnt"))
    styles = (("target (8, 1)", False, _BLUE, "solid"), ("target (8,)", True, _RED, "dash"))
    for name, crossed, colour, dash in styles:
        losses, line = _trained(x, y, crossed)
        look = {"mode": "lines", "line": {"color": colour, "dash": dash, "width": 3}, "legendgroup": name}
        figure.add_trace(go.Scatter(y=losses, name=name, **look), 1, 1)
        figure.add_trace(go.Scatter(x=x.tolist(), y=line, name=name, showlegend=False, **look), 1, 2)
    dots = {"mode": "markers", "name": "data", "marker": {"color": _GREY, "size": 9, "symbol": "circle-open"}}
    figure.add_trace(go.Scatter(x=x.round(3).tolist(), y=y.round(3).tolist(), **dots), 1, 2)
    figure.update_xaxes(title_text="step", row=1, col=1).update_xaxes(title_text="x", row=1, col=2)
    figure.update_yaxes(title_text="loss", rangemode="tozero", row=1, col=1).update_yaxes(title_text="y", row=1, col=2)
    alt = "Both losses fall; the line trained on (8, 1) and (8, 1) fits the data, the other one is flat at their mean."
    return _bare(figure, "", alt, 620, 330)


def _trained(x, y, crossed, steps=40, rate=0.2):
    slope, offset, losses = -0.5, -0.5, []
    for _ in range(steps):
        pred = slope * x + offset
        errors = pred[:, None] - y[None, :] if crossed else (pred - y)[:, None]
        losses.append(round(float((errors**2).mean()), 4))
        slopes = 2 * errors.mean(axis=1)
        slope, offset = slope - rate * (slopes * x).mean(), offset - rate * slopes.mean()
    return losses, (slope * x + offset).round(3).tolist()


def ruler(probs):
    """The line from 0 to 1, cut into one piece for each probability."""
    import plotly.graph_objects as go

    ends = np.concatenate([[0.0], np.cumsum(np.asarray(probs, dtype=float))])
    figure = go.Figure()
    for index, (start, end) in enumerate(itertools.pairwise(ends.tolist())):
        look = {"color": _COLOURS[index % 2], "line": {"color": _GREY, "width": 1}}
        word = f"{index}" if end - start < 0.08 else f"index {index}"
        bar = {"orientation": "h", "marker": look, "text": [word], "textposition": "inside", "insidetextanchor": "middle"}
        figure.add_trace(go.Bar(x=[end - start], y=["pieces"], base=[start], **bar, textfont={"color": "#1b1b1b"}))
    figure.update_layout(barmode="stack", showlegend=False)
    figure.update_xaxes(title_text="random number", tickvals=ends.tolist(), ticktext=[f"{end:.3g}" for end in ends])
    figure.update_yaxes(visible=False)
    alt = f"The line from 0 to 1 cut at {', '.join(f'{end:.3g}' for end in ends)}."
    return _bare(figure, "One piece of the line for each index, as long as its probability", alt, 620, 170)


def _words(table):
    words = [str(entry) if isinstance(entry, str) else _short(entry) for entry in table.ravel().tolist()]
    return np.array(words, dtype=object).reshape(table.shape)


def _short(number):
    return ("yes" if number else "no") if isinstance(number, bool) else f"{number:.3g}"


def _cells(kinds, words, lines):
    """Cells with words; `kinds` says which are plain, stretched or clash, and where NaN leaves none."""
    import plotly.graph_objects as go

    rows, columns = kinds.shape
    cells = go.Heatmap(
        z=[[None if np.isnan(kind) else kind for kind in row] for row in kinds],
        text=words.tolist(),
        texttemplate="%{text}",
        textfont={"color": "#1b1b1b", "size": 13},
        colorscale=[[0.0, _COLOURS[0]], [0.5, _COLOURS[1]], [1.0, _COLOURS[2]]],
        zmin=_PLAIN,
        zmax=_CLASH,
        showscale=False,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
    )
    told = [" | ".join(word or "-" for word in row) for row in words.tolist()]
    alt = "\n".join([*lines, *told])
    figure = _bare(
        go.Figure(cells),
        "<br>".join(lines),
        alt,
        max(480, 130 + min(76, 490 // columns) * columns),
        90 + 20 * len(lines) + 36 * rows,
    )
    figure.update_layout(margin={"l": 90, "t": 25 + 20 * len(lines), "b": 45})
    return figure.update_yaxes(autorange="reversed")


def _bare(figure, title, alt, width, height):
    """A transparent figure whose letters are readable in the light and in the dark."""
    figure.update_layout(
        template="none",
        title={"text": title, "font": {"size": 13}, "x": 0, "xref": "paper"},
        font={"color": _GREY, "size": 12},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
        width=width,
        height=height,
        meta={"alt": alt},
    )
    axis = {"showgrid": False, "zeroline": False, "linecolor": _GREY, "tickcolor": _GREY}
    return figure.update_xaxes(axis).update_yaxes(axis)


def _temperature_map(table, title):
    return show.heatmap(np.round(table, 2) + 0.0, title=title, rows="place", columns="hour, every third")


def _circle(points, directions):
    """Points of the plane, each joined to the place on the unit circle to which its row was shrunk or stretched."""
    import plotly.graph_objects as go

    turn = np.linspace(0, 2 * np.pi, 73)
    figure = go.Figure()
    ring = {"mode": "lines", "line": {"color": _GREY, "dash": "dot", "width": 1}, "name": "length 1"}
    figure.add_trace(go.Scatter(x=np.cos(turn).round(3).tolist(), y=np.sin(turn).round(3).tolist(), **ring))
    paths = np.stack([points, directions, np.full_like(points, np.nan)], axis=1).reshape(-1, 2)
    xs, ys = ([None if np.isnan(value) else round(value, 3) for value in side] for side in paths.T.tolist())
    joined = {"mode": "lines", "line": {"color": _GREY, "width": 1}, "showlegend": False}
    figure.add_trace(go.Scatter(x=xs, y=ys, **joined))
    for name, dots, symbol, colour in (("rows", points, "circle-open", _RED), ("normalised", directions, "circle", _BLUE)):
        marker = {"color": colour, "symbol": symbol, "size": 10}
        xs, ys = dots.round(3).T.tolist()
        figure.add_trace(go.Scatter(x=xs, y=ys, mode="markers", name=name, marker=marker))
    title = "normalize_rows: every row keeps its direction and gets length 1"
    figure = _bare(figure, title, f"{title}. {len(points)} points moved to the unit circle.", 560, 460)
    return figure.update_yaxes(scaleanchor="x", title_text="column 1").update_xaxes(title_text="column 0")


def _cosine_map(table):
    title = "cos_sim_matrix: nine directions from east to west, 22.5 degrees apart"
    return show.heatmap(table.round(2) + 0.0, title=title, rows="row", columns="row")


def _nearest_map(axis, stations, nearest):
    """How far it is to the nearest station, as lines of equal distance."""
    import plotly.graph_objects as go

    ends = axis.round(2).tolist()
    contours = {"showlabels": True, "start": 1, "end": 5, "size": 0.5, "coloring": "lines", "labelfont": {"color": _GREY}}
    z = [[round(value, 2) for value in row] for row in nearest.tolist()]
    figure = go.Figure(go.Contour(x=ends, y=ends, z=z, contours=contours, showscale=False, colorscale=[[0, _BLUE], [1, _BLUE]]))
    xs, ys = stations.T.tolist()
    label = {"textposition": "middle right", "textfont": {"size": 15, "color": _RED}}
    marker = {"color": _RED, "size": 9, "symbol": "x"}
    figure.add_trace(go.Scatter(x=xs, y=ys, mode="markers+text", text=list("ABCDE"), marker=marker, **label))
    title = "pairwise_distances: how far is it to the nearest station?"
    figure = _bare(figure, title, f"{title} Lines of equal distance around five stations A to E.", 520, 500)
    return figure.update_yaxes(scaleanchor="x", title_text="north").update_xaxes(title_text="east")


def _rank_table(x, counts):
    smaller = np.array([[other < own for other in x] for own in x])
    title = "ranks: is the number above smaller than the one to the left?\nThe rank is the number of times that a row says yes: "
    return crossing(x, x, smaller, title + ", ".join(map(str, counts)), "an entry", "all entries")


def _planes(digit, standardized):
    """The channels of a digit beside each other: as they were, and below on one common scale."""
    shown = np.clip(128 + 48 * standardized, 0, 255)
    rows = [np.concatenate(list(channels[:, ::2, ::2]), axis=1) for channels in (digit, shown)]
    caption = "standardize_channels: red, green and blue of a digit, above as they were, below standardised"
    return show.picture(np.concatenate(rows).astype(np.uint8), caption)


def _masked_map(x, mask, means):
    words = np.where(mask, _words(x), "hidden").astype(object)
    title = "masked_mean: only the entries with a number count"
    figure = _cells(mask * _STRETCHED, words, [title]).update_xaxes(title_text="column", dtick=1)
    labels = [f"mean {mean:.2f}" for mean in means]
    return figure.update_yaxes(tickvals=list(range(len(labels))), ticktext=labels)


def _causal_map(table):
    seen = np.isfinite(table)
    figure = _cells(seen * _STRETCHED, _words(table), ["causal_mask: no query sees a later key"])
    return figure.update_xaxes(title_text="key k", dtick=1).update_yaxes(title_text="query q", dtick=1)


def _histogram(shares, probs):
    """Shares of the draws beside the probabilities."""
    import plotly.graph_objects as go

    figure = go.Figure()
    looks = (("probs", probs, _GREY, "/"), ("share of the draws", shares, _BLUE, ""))
    for name, heights, colour, shape in looks:
        words = [f"{height:.3f}".lstrip("0") for height in heights.tolist()]
        marker = {"color": colour, "pattern": {"shape": shape}}
        values = [round(height, 4) for height in heights.tolist()]
        figure.add_trace(go.Bar(y=values, name=name, marker=marker, text=words, textposition="outside"))
    figure.update_layout(barmode="group")
    figure.update_xaxes(title_text="index", dtick=1).update_yaxes(title_text="share", rangemode="tozero")
    title = "sample_distribution: shares of 200 000 draws beside the probabilities"
    return _bare(figure, title, f"{title}: {', '.join(f'{share:.3f}' for share in shares.tolist())}", 620, 340)

"""Tests of part 5. Loops over plain numbers and NumPy's own picking judge; torch's losses judge the losses."""

import math

import numpy as np
import torch as t
from torch.nn import functional

from workbook import check, show

INF = math.inf


# --- lists of places ----------------------------------------------------------------------------------------


def test_total_price_indexing(total_price_indexing):
    """Repeats are paid for, nothing costs nothing, and what is not on the shelf is refused."""
    check.agrees(total_price_indexing, _baskets("float64"), _total)
    check.agrees(total_price_indexing, _baskets("float32"), _total, rtol=1e-5)
    check.rejects(total_price_indexing, _bad_baskets(), _EITHER_ERROR, why="the shelf has the items 0 to k - 1")


def test_collect_rows(collect_rows):
    """Rows in any order, repeated, none at all; wide, tall and square matrices."""
    inputs = [
        check.case(t.arange(15).reshape(5, 3), t.tensor([0, 2, 1, 0]), label="the example"),
        *_with_lists(axis=0),
    ]
    check.agrees(collect_rows, inputs, lambda matrix, row_indexes: _taken(matrix, row_indexes, axis=0))
    check.rejects(collect_rows, _bad_lists(5), _EITHER_ERROR, why="a matrix of m rows has the rows 0 to m - 1")


def test_collect_columns(collect_columns):
    """Columns in any order, repeated, none at all; wide, tall and square matrices."""
    inputs = [
        check.case(t.arange(15).reshape(5, 3), t.tensor([0, 2, 1, 0]), label="the example"),
        *_with_lists(axis=1),
    ]
    check.agrees(collect_columns, inputs, lambda matrix, column_indexes: _taken(matrix, column_indexes, axis=1))
    check.rejects(collect_columns, _bad_lists(3), _EITHER_ERROR, why="a matrix of n columns has the columns 0 to n - 1")


def test_quiz_index_pairs(quiz_index_pairs):
    """Two lists are read together, pair by pair."""
    check.choice(quiz_index_pairs)


def test_integer_array_indexing(integer_array_indexing):
    """One entry for each row of coordinates: one to four axes, repeats, as many places as axes, none at all."""
    inputs = [
        check.case(t.arange(15).reshape(3, 5), t.tensor([[0, 1], [0, 4], [1, 4]]), label="the example of two axes"),
        check.case(t.arange(24).reshape(2, 3, 4), _PLACES_IN_A_BLOCK, label="the example of three axes"),
        *(_with_places(_normal(*shape), batch) for shape, batch in _BLOCKS),
        *(_with_places(each.args[0], 6, each.label) for each in check.house("a b c", lib="torch", ints=True)),
        _with_places(_normal(4, 5) > 0, 6, "truth values"),
        check.case(_normal(3, 4), t.tensor([[2, 1], [2, 1], [0, 3], [2, 1]]), label="a place asked three times"),
        check.case(_normal(3, 3), t.tensor([[0, 1], [2, 0]]), label="a square matrix, as many places as axes"),
    ]
    check.agrees(integer_array_indexing, inputs, _entries)


# --- gather -------------------------------------------------------------------------------------------------


def test_quiz_gather(quiz_gather):
    """Along dim 1 the row stays and the column is looked up."""
    check.choice(quiz_gather)


def test_gather_2d(gather_2d):
    """Good calls pass, every broken promise is an AssertionError, and a wrong result does not slip through."""
    check.agrees(gather_2d, _good_gathers(), _gathered)
    check.rejects(gather_2d, _bad_gathers(), why="it breaks the contract")
    slips = check.define(_BAD_GATHER, "slips", gather_2d=gather_2d)
    check.require(
        not check.call(slips, _normal(2, 4), t.tensor([[3, 0, 1], [1, 1, 2]])),
        "a wrong result went through: gather was exchanged for one that returns six whole numbers in a row.",
        "Look at the result, too, before you return it: which shape does the contract promise, which dtype?",
    )


def test_total_price_gather(total_price_gather):
    """The same baskets as before."""
    check.agrees(total_price_gather, _baskets("float64"), _total)
    check.agrees(total_price_gather, _baskets("float32"), _total, rtol=1e-5)
    check.rejects(total_price_gather, _bad_baskets(), Exception, why="the shelf has the items 0 to k - 1")
    gathers = check.define(_WATCHED_GATHER, "gathers", total_price_gather=total_price_gather)
    check.require(
        check.call(gathers, t.tensor([0.5, 1.0, 1.5]), t.tensor([0, 2, 2])),
        "the price is right, but gather was not called.",
        "The exercise is to do it by gather: prices.gather(...).",
        mistake="brackets",
    )


def test_last_valid(last_valid):
    """One vector for each sequence: short, full, square, with zeros among the real vectors."""
    zeros = _normal(3, 5, 2)
    zeros[:, 1:3] = 0.0
    inputs = [
        check.case(_numbered_positions(), t.tensor([2, 3]), label="the example"),
        *(check.case(each.args[0], _lengths(each.args[0]), label=each.label) for each in check.house("b s d", lib="torch")),
        check.case(_normal(4, 4, 3), t.tensor([4, 1, 3, 3]), label="as many sequences as positions"),
        check.case(_normal(3, 6, 2), t.tensor([6, 6, 6]), label="full length everywhere"),
        check.case(_normal(3, 6, 2), t.tensor([1, 1, 1]), label="length one everywhere"),
        check.case(zeros, t.tensor([3, 2, 4]), label="real vectors that are zero"),
        check.case(_normal(0, 4, 2), t.zeros(0, dtype=t.int64), label="no sequence"),
    ]
    check.agrees(last_valid, inputs, _last_by_loop)


# --- stable losses ------------------------------------------------------------------------------------------


def test_quiz_softmax_shift(quiz_softmax_shift):
    """Only differences within the row count."""
    check.choice(quiz_softmax_shift)


def test_batched_logsumexp(batched_logsumexp):
    """Agrees with torch's logsumexp: huge, tiny, infinite and whole numbers, rows of very different size."""
    inputs = [
        check.case(t.tensor([[-1000] * 4, [1000] * 4]), label="the example"),
        check.case(_normal(3, 4) + 2.0, label="numbers of ordinary size"),
        *check.house("batch n", lib="torch", empty="batch", ints=True),
        check.case(_normal(1, 5) + t.tensor([[1000.0]]), label="one row near 1000"),
        check.case(_normal(4, 5) + _HEIGHTS, label="rows of very different size"),
        check.case((_normal(4, 5) + _HEIGHTS).float(), label="rows of very different size, float32"),
        check.case(_APART, label="numbers far apart in a row"),
        check.case(t.tensor([[0.0, -INF, 1.0], [-INF, -INF, 800.0]]), label="-inf inside a row"),
        check.case(t.tensor([[-INF, -INF], [1.0, 2.0]]), label="a row of nothing but -inf"),
        check.case(t.tensor([[INF, 0.0, 1.0], [1.0, INF, -INF], [3.0, INF, INF]]), label="+inf inside a row"),
    ]
    check.agrees(batched_logsumexp, inputs, _logsumexp)


def test_batched_softmax(batched_softmax):
    """Agrees with torch's softmax, near +1000 and -1000 as well."""
    logs = t.arange(1.0, 6.0, dtype=t.float64).log()[None]
    inputs = [
        check.case(logs, label="the example"),
        *(check.case(logs + shift, label=f"the example after adding {shift}") for shift in (0.12, 3.4, -5.0, 6.7)),
        *check.house("batch n", lib="torch", empty="batch"),
        *_far_from_zero(),
        check.case(t.tensor([[0.0, -INF, 1.0], [-INF, -INF, 3.0]]), label="-inf inside a row"),
    ]
    check.agrees(batched_softmax, inputs, lambda matrix: t.softmax(matrix, dim=1))
    check.shows(_shares_of_shifted_rows)


def test_batched_logsoftmax(batched_logsoftmax):
    """Agrees with torch's log_softmax, also where the probability itself is too small for a float."""
    row = t.arange(1.0, 6.0, dtype=t.float64)[None]
    gap = t.tensor([[0.0, -800.0, 3.0], [500.0, -400.0, 499.0]], dtype=t.float64)
    inputs = [
        check.case(row + 1000, label="the example"),
        check.case(row, label="the example, 1000 lower"),
        *check.house("batch n", lib="torch", empty="batch"),
        *_far_from_zero(),
        check.case(gap, label="gaps of 800 and more in a row"),
        check.case(gap.float() / 4, label="gaps of 200 in a row, float32"),
        check.case(t.tensor([[0.0, -INF, 1.0], [-INF, -INF, 3.0]]), label="-inf inside a row"),
    ]
    check.agrees(batched_logsoftmax, inputs, lambda matrix: t.log_softmax(matrix, dim=1))


def test_batched_cross_entropy_loss(batched_cross_entropy_loss):
    """Agrees with torch's cross entropy, row by row; labels that do not fit are refused."""
    third = 1 / 3
    table = t.tensor([[-INF, -INF, 0.0], [third, third, third], [-INF, 0.0, 0.0]])
    house = check.house("batch classes", lib="torch")
    inputs = [
        check.case(table, t.tensor([2, 0, 0]), label="the examples"),
        *(check.case(each.args[0], _labels(each.args[0]), label=each.label) for each in house),
        check.case(_normal(5, 5), _indexes(5, 5), label="as many rows as classes"),
        check.case(_normal(4, 5) * 5 + _HEIGHTS, _indexes(5, 4), label="rows of very different size"),
        check.case(t.tensor([[0.0, -800.0, 3.0]], dtype=t.float64), t.tensor([1]), label="a class that is next to impossible"),
        check.case(t.tensor([[1.0, -INF, 2.0], [1.0, 2.0, -INF]]), t.tensor([1, 1]), label="-inf, at the truth and elsewhere"),
        check.case(_normal(0, 3), t.zeros(0, dtype=t.int64), label="an empty batch"),
    ]
    check.agrees(batched_cross_entropy_loss, inputs, _cross_entropy)
    numbers = [(_normal(3, 4), t.tensor(labels)) for labels in ([0, 1], [0, 1, 2, 3], [1])]
    check.rejects(batched_cross_entropy_loss, numbers, why="each row has one label, and no label is left over")
    beyond = [(_normal(3, 4), t.tensor(labels)) for labels in ([0, 4, 1], [0, 1, -1])]
    check.rejects(batched_cross_entropy_loss, beyond, why="labels are from 0 to classes - 1")
    check.shows(_loss_curve)


def test_topk_accuracy(topk_accuracy):
    """Agrees with sorting each row by hand, for every k from 1 to the number of classes."""
    scores, truth = t.tensor([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.1, 0.2, 0.7]]), t.tensor([1, 0, 2])
    many, labels = _normal(12, 5), _indexes(5, 12)
    house = check.house("batch n_classes", lib="torch")
    inputs = [
        *(check.case(scores, truth, k, label=f"the example, k = {k}") for k in (1, 2, 3)),
        *(check.case(many, labels, k, label=f"twelve rows, k = {k}") for k in range(1, 6)),
        *(check.case(each.args[0], _labels(each.args[0]), 1, label=each.label) for each in house),
        *(
            check.case(each.args[0], _labels(each.args[0]), each.args[0].shape[1], label=f"{each.label}, every class")
            for each in house
        ),
        check.case(_normal(3, 6), _indexes(6, 3), 3, label="as many rows as k"),
        check.case(_normal(4, 5) - 9.0, _indexes(5, 4), 2, label="negative scores"),
    ]
    check.agrees(topk_accuracy, inputs, _topk_by_sorting)


# --- scatter ------------------------------------------------------------------------------------------------


def test_quiz_index_assign(quiz_index_assign):
    """What is picked twice is added to once."""
    check.choice(quiz_index_assign)


def test_one_hot(one_hot):
    """Agrees with torch's one_hot on labels of any shape; labels out of range are refused."""
    inputs = [
        check.case(t.tensor([2, 0]), 3, label="the example"),
        check.case(_indexes(5, 7), 5, label="seven labels"),
        check.case(t.tensor([1, 1, 0, 1]), 4, label="repeats, and classes that do not occur"),
        check.case(_indexes(3, 3), 3, label="as many labels as classes"),
        check.case(t.tensor(2), 4, label="one label, without an axis"),
        check.case(_indexes(4, 2, 3), 4, label="labels with two axes"),
        check.case(_indexes(3, 3, 3), 3, label="labels with two axes, all sizes equal"),
        check.case(_indexes(4, 3, 2).T, 4, label="transposed labels"),
        check.case(_indexes(6, 9)[1::2], 6, label="a slice with a step"),
        check.case(_indexes(3, 2, 1, 4), 3, label="labels with three axes"),
        check.case(t.zeros(3, dtype=t.int64), 1, label="one class"),
        check.case(t.zeros(0, dtype=t.int64), 3, label="no label"),
    ]
    check.agrees(one_hot, inputs, functional.one_hot)
    beyond = [(t.tensor([0, 3, 1]), 3), (t.tensor([0, -1]), 3), (t.tensor(5), 2)]
    check.rejects(one_hot, beyond, Exception, why="labels are from 0 to n_classes - 1")


def test_label_counts(label_counts):
    """Agrees with NumPy's bincount, without visiting the labels one by one."""
    inputs = [
        check.case(t.tensor([0, 2, 2, 1, 2]), 4, label="the example"),
        check.case(_indexes(6, 40), 6, label="forty labels"),
        check.case(_indexes(3, 11), 9, label="classes at the end that do not occur"),
        check.case(_indexes(3, 11) + 4, 7, label="classes at the beginning that do not occur"),
        check.case(_indexes(5, 20)[1::3], 5, label="a slice with a step"),
        check.case(_indexes(5, 5), 5, label="as many labels as classes"),
        check.case(t.tensor([3]), 4, label="one label"),
        check.case(t.zeros(6, dtype=t.int64), 1, label="one class"),
        check.case(t.zeros(0, dtype=t.int64), 3, label="no label"),
    ]
    check.agrees(label_counts, inputs, _counts)
    _require_no_loop(label_counts, *((_indexes(k, n), k) for k, n in _GROWING))
    check.shows(_bars_of_counts)


def test_segment_mean(segment_mean):
    """Agrees with a loop over the segments: unsorted, empty, single, not contiguous."""
    house = check.house("n d", lib="torch")
    inputs = [
        check.case(t.tensor([[1.0], [2.0], [3.0], [4.0]]), t.tensor([0, 0, 2, 2]), 3, label="the example"),
        *(check.case(each.args[0], _indexes(4, len(each.args[0])), 4, label=each.label) for each in house),
        check.case(_normal(9, 2), t.tensor([2, 0, 2, 1, 0, 2, 1, 2, 0]), 3, label="segments in disorder"),
        check.case(_normal(5, 5), t.tensor([1, 1, 4, 0, 4]), 5, label="as many components as rows"),
        check.case(_normal(6, 3), t.full((6,), 2), 4, label="all rows in one segment"),
        check.case(_normal(6, 3), t.zeros(6, dtype=t.int64), 1, label="one segment"),
        check.case(_normal(0, 3), t.zeros(0, dtype=t.int64), 2, label="no row"),
    ]
    check.agrees(segment_mean, inputs, _means)
    check.shows(_points_and_means)


def test_confusion_matrix(confusion_matrix):
    """Agrees with counting pair by pair, without visiting the examples one by one."""
    inputs = [
        check.case(t.tensor([0, 1, 1, 2]), t.tensor([0, 1, 2, 2]), 3, label="the example"),
        check.case(_indexes(4, 30), _indexes(4, 30), 4, label="thirty examples"),
        check.case(t.tensor([1, 1, 1, 0]), t.tensor([0, 0, 0, 1]), 2, label="the same confusion three times"),
        check.case(_indexes(2, 9), _indexes(3, 9), 6, label="classes that do not occur"),
        check.case(_indexes(5, 24)[::2], _indexes(5, 12), 5, label="a slice with a step"),
        check.case(t.tensor([2]), t.tensor([0]), 3, label="one example"),
        check.case(t.zeros(4, dtype=t.int64), t.zeros(4, dtype=t.int64), 1, label="one class"),
        check.case(t.zeros(0, dtype=t.int64), t.zeros(0, dtype=t.int64), 3, label="no example"),
    ]
    check.agrees(confusion_matrix, inputs, _pairs_counted)
    _require_no_loop(confusion_matrix, *((_indexes(k, n), _indexes(k, n), k) for k, n in _GROWING))
    check.shows(_confusions)


# --- expected values ----------------------------------------------------------------------------------------


def _total(prices, items):
    shelf = prices.tolist()
    return math.fsum(shelf[item] for item in items.tolist())


def _taken(matrix, indexes, axis):
    return t.from_numpy(np.take(matrix.numpy(), indexes.numpy(), axis=axis))


def _entries(matrix, coords):
    entries = matrix.numpy()
    return t.tensor([entries[tuple(place)].item() for place in coords.tolist()], dtype=matrix.dtype)


def _gathered(matrix, indexes):
    return t.from_numpy(np.take_along_axis(matrix.numpy(), indexes.numpy(), axis=1))


def _last_by_loop(x, lengths):
    last = [sequence[:length][-1] for sequence, length in zip(x.numpy(), lengths.tolist(), strict=True)]
    return t.from_numpy(np.array(last, dtype=x.numpy().dtype).reshape(len(x), x.shape[2]))


def _logsumexp(matrix):
    return t.logsumexp(matrix if matrix.is_floating_point() else matrix.float(), dim=1)


def _cross_entropy(logits, true_labels):
    return functional.cross_entropy(logits, true_labels, reduction="none") + 0.0  # a loss of -0 is shown as 0


def _topk_by_sorting(scores, true_classes, k):
    hits = [label in np.argsort(-row)[:k] for row, label in zip(scores.numpy(), true_classes.tolist(), strict=True)]
    return t.tensor(sum(hits) / len(hits), dtype=scores.dtype)


def _counts(labels, n_classes):
    return t.from_numpy(np.bincount(labels.numpy(), minlength=n_classes))


def _means(x, segment, n_segments):
    rows = x.numpy()
    means = np.zeros((n_segments, rows.shape[1]), dtype=rows.dtype)
    for number in range(n_segments):
        own = rows[segment.numpy() == number]
        if len(own):
            means[number] = own.mean(axis=0)
    return t.from_numpy(means)


def _pairs_counted(true, pred, n_classes):
    table = t.zeros(n_classes, n_classes, dtype=t.int64)
    for one, other in zip(true.tolist(), pred.tolist(), strict=True):
        table[one, other] += 1
    return table


# --- inputs -------------------------------------------------------------------------------------------------


_EITHER_ERROR = (AssertionError, IndexError)

_PLACES_IN_A_BLOCK = t.tensor([[0, 0, 0], [0, 1, 1], [0, 2, 2], [1, 0, 3], [1, 2, 0]])
_BLOCKS = [
    *((shape, 7) for shape in ((6,), (4, 5), (3, 4, 5), (2, 3, 4, 5), (3, 3, 3))),
    *((shape, batch) for shape in ((4, 5), (2, 3, 4)) for batch in (0, 1, len(shape))),
    *(((3, 3), 2), ((5, 5, 5), 3), ((1, 4), 3)),
]
_APART = t.tensor([[2000.0, -2000.0, 1999.0], [-3000.0, 3.0, 4.0]], dtype=t.float64)
_HEIGHTS = t.tensor([[-900.0], [0.0], [30.0], [900.0]], dtype=t.float64)


def _normal(*shape):
    return t.from_numpy(check.rng().standard_normal(shape))


def _indexes(size, *shape):
    """Random whole numbers from 0 to size - 1."""
    return t.from_numpy(check.rng().integers(size, size=shape))


def _labels(scores):
    return _indexes(scores.shape[1], len(scores))


def _lengths(x):
    return _indexes(x.shape[1], len(x)) + 1


def _baskets(dtype):
    shelf = t.tensor([0.5, 1.0, 1.5, 2.0, 2.5], dtype=getattr(t, dtype))
    prices = [each.args[0] for each in check.house("k", lib="torch", dtypes=(dtype,))]
    return [
        check.case(shelf, t.tensor([0, 0, 1, 1, 4, 3, 2]), label="the example"),
        *(check.case(each, _indexes(len(each), 7), label=f"seven of {len(each)} items") for each in prices),
        check.case(shelf, _indexes(5, 12)[1::2], label="every second entry of a list"),
        check.case(shelf, t.tensor([3, 3, 3]), label="three of a kind"),
        check.case(shelf, t.zeros(0, dtype=t.int64), label="an empty basket"),
    ]


def _bad_baskets():
    shelf = t.tensor([0.5, 1.0, 1.5])
    return [check.case(shelf, t.tensor(items), label=f"the items {items} of 0 to 2") for items in ([0, 3], [-1], [1, -1, 2])]


def _with_lists(axis):
    """Matrices of all kinds, each with a list of indexes into one axis."""
    house = check.house("m n", lib="torch", ints=True)
    square = _normal(4, 4)
    return [
        *(check.case(each.args[0], _indexes(each.args[0].shape[axis], 5), label=each.label) for each in house),
        check.case(_normal(4, 6), t.tensor([3, 0, 3, 3, 1]), label="repeats"),
        check.case(_normal(4, 6), t.zeros(0, dtype=t.int64), label="an empty list"),
        check.case(_normal(4, 6) > 0, t.tensor([2, 0, 1]), label="truth values"),
        check.case(square, t.tensor([2, 0, 0, 3]), label="a square matrix and a list as long"),
        check.case(square, t.tensor([1, 0, 1, 1]), label="zeros and ones"),
        check.case(_normal(5, 7).T, _indexes(5, 8)[::2], label="a transposed matrix, every second entry of a list"),
    ]


def _bad_lists(size):
    matrix = t.arange(15.0).reshape(5, 3)
    return [check.case(matrix, t.tensor(bad), label=f"the list {bad} of 0 to {size - 1}") for bad in ([0, size], [-1], [1, -1, 0])]


def _with_places(matrix, batch, label=""):
    columns = [_indexes(size, batch) for size in matrix.shape]
    size = " x ".join(map(str, matrix.shape))
    return check.case(matrix, t.stack(columns, dim=1), label=label or f"{size} entries, places asked: {batch}")


def _good_gathers():
    matrix = t.arange(15).reshape(3, 5)
    house = check.house("m n", lib="torch")
    return [
        check.case(matrix, t.tensor([[4], [3], [2]]), label="the first example"),
        check.case(matrix, t.tensor([[2, 4], [1, 3], [0, 2]]), label="the second example"),
        *(check.case(each.args[0], _indexes(each.args[0].shape[1], len(each.args[0]), 2), label=each.label) for each in house),
        check.case(_normal(3, 4), t.zeros(3, 0, dtype=t.int64), label="nothing asked, k = 0"),
        check.case(_normal(3, 2), _indexes(2, 3, 5), label="k larger than n"),
        check.case(_normal(2, 4), t.tensor([[3, 3, 3], [0, 0, 3]]), label="repeats"),
        check.case(_normal(1, 4), t.tensor([[2, 0, 1]]), label="one row"),
        check.case(_normal(4, 3) > 0, _indexes(3, 4, 2), label="truth values"),
        check.case(_normal(4, 4), _indexes(4, 4, 4), label="all sizes equal"),
        check.case(_normal(5, 3).T, _indexes(5, 4, 3).T, label="transposed matrix and indexes"),
    ]


def _bad_gathers():
    """Arguments that break the contract, each in one way."""
    matrix, indexes = t.arange(15.0).reshape(3, 5), t.tensor([[2, 4], [1, 3], [0, 2]])
    return [
        check.case(matrix[0], indexes[0], label="one axis each, where two are promised"),
        check.case(matrix[None], indexes[None], label="three axes each, where two are promised"),
        check.case(matrix, indexes[:2], label="two rows of indexes for three rows of the matrix"),
        check.case(matrix, t.cat([indexes, indexes]), label="six rows of indexes for three rows of the matrix"),
        check.case(matrix, t.tensor([[2, 4], [1, 5], [0, 2]]), label="an index 5, where 0 to 4 are promised"),
        check.case(matrix, t.tensor([[2, 4], [1, 3], [0, -1]]), label="an index -1, where 0 to 4 are promised"),
        check.case(matrix, indexes.double(), label="indexes of dtype float64, where int64 is promised"),
    ]


# Runs where the student's function lives: exchanges gather for the time of one call.
_BAD_GATHER = """
import torch

def slips(matrix, indexes):
    def bad_gather(*args, **kwargs):
        return torch.arange(6, dtype=torch.int32)

    whole = torch.gather
    torch.Tensor.gather = torch.gather = bad_gather
    try:
        result = gather_2d(matrix, indexes)
    except Exception:
        return False
    finally:
        del torch.Tensor.gather
        torch.gather = whole
    return tuple(getattr(result, "shape", ())) == (6,)
"""


# Runs where the student's function lives: says whether it calls gather, or take_along_dim, which is gather under another name.
_WATCHED_GATHER = """
import sys

def gathers(prices, items):
    called = set()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, function: called.add(function.__name__) if event == "c_call" else None)
    try:
        total_price_gather(prices, items)
    finally:
        sys.setprofile(before)
    return not called.isdisjoint(("gather", "take_along_dim"))
"""


def _numbered_positions():
    return 10.0 * t.arange(2.0)[:, None, None] + t.arange(3.0)[None, :, None]


def _far_from_zero():
    return [
        check.case(t.tensor([[1000.0, 1001.0], [-1000.0, -1001.0]]), label="numbers near 1000 and near -1000"),
        check.case(_normal(4, 5) + _HEIGHTS, label="rows of very different size"),
        check.case(_APART, label="numbers far apart in a row"),
        check.case(_normal(3, 3), label="a square matrix"),
    ]


# Runs where the student's function lives: counts the steps that Python takes in it.
_STEPS = """
import sys

def steps(first, few, many):
    def count(arguments):
        seen = 0

        def trace(frame, event, argument):
            nonlocal seen
            frame.f_trace_opcodes = True
            seen += event == "opcode"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            answer(*arguments)
        finally:
            sys.settrace(before)
        return seen

    count(first)  # libraries make some things at their first call
    return count(few), count(many)
"""


_GROWING = ((3, 7), (4, 9), (90, 400))  # classes and labels


def _require_no_loop(function, first, few, many):
    """The steps of Python must not grow with the labels: then nothing loops over them, nor over the classes."""
    steps = check.define(_STEPS, "steps", answer=function)
    short, long = check.call(steps, first, few, many)
    check.require(
        long < 2 * short + 400,
        "the numbers are right, but Python counts them one by one: the more labels or classes, the more steps it takes.",
        "No loop, no comprehension: one call of torch should do all the labels at once.",
    )


# --- pictures -----------------------------------------------------------------------------------------------

_PLAIN, _PICKED = "#e9edf3", "#8fb8de"  # opaque, so that dark text is readable on them in any theme
_LINE, _SECOND = "#2f7ed8", "#c2571a"
_GREY = "#767676"


def show_picks(table, places, title, rows="row", columns="column", arrow="→"):
    """Show a table in which the picked entries are coloured and labelled.

    places: dict from (row, column) to a label, for example where the entry stands in the result.
    arrow: what stands between an entry and its label.
    """
    show.display(_picks(table, places, title, (rows, columns), arrow))


def show_curves(x, curves, title, x_title, y_title):
    """Show some curves over the same numbers x: a dict from name to numbers."""
    show.display(_curves(x, curves, title, x_title, y_title))


def _picks(table, places, title, names, arrow):
    import plotly.graph_objects as go

    entries = table.tolist()
    height, width = len(entries), len(entries[0])
    text = [
        [f"{entry:g}" + (f" {arrow} <b>{places[i, j]}</b>" if (i, j) in places else "") for j, entry in enumerate(row)]
        for i, row in enumerate(entries)
    ]
    cell = 10 + 6.6 * max(len(word.replace("<b>", "").replace("</b>", "")) for row in text for word in row)
    cells = go.Heatmap(
        z=[[int((i, j) in places) for j in range(width)] for i in range(height)],
        text=text,
        texttemplate="%{text}",
        textfont={"color": "#1b1b1b", "size": 13},
        colorscale=[[0.0, _PLAIN], [1.0, _PICKED]],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
    )
    picked = ", ".join(f"[{i}, {j}] {arrow} {label}" for (i, j), label in places.items())
    axis = {"showgrid": False, "zeroline": False, "dtick": 1}
    layout = _layout(title, max(72 + cell * width, 72 + 7 * len(title)), 130 + 34 * height)
    layout["meta"] = {"alt": f"{title}. A table of {height} x {width}; picked: {picked}."}
    layout["margin"]["r"] = max(10, layout["width"] - 60 - cell * width)
    layout["xaxis"] = {**axis, "title": {"text": names[1]}}
    layout["yaxis"] = {**axis, "title": {"text": names[0]}, "autorange": "reversed"}
    return go.Figure(cells, layout)


def _curves(x, curves, title, x_title, y_title, legend=0.03):
    import plotly.graph_objects as go

    styles = [{"color": _LINE, "width": 3}, {"color": _SECOND, "width": 3, "dash": "dash"}]
    lines = [
        go.Scatter(x=_short(x), y=_short(y), name=name, mode="lines", line=style)
        for (name, y), style in zip(curves.items(), styles, strict=False)
    ]
    layout = _layout(title, 620, 340)
    layout["xaxis"], layout["yaxis"] = _axis(x_title), _axis(y_title)
    layout["legend"] = {"x": legend, "y": 0.97, "bgcolor": "rgba(0,0,0,0)"}
    layout["showlegend"] = len(lines) > 1
    return go.Figure(lines, layout)


def _layout(title, width, height):
    return {
        "template": "none",
        "title": {"text": title, "font": {"size": 14}, "x": 0, "xref": "paper"},
        "font": {"color": _GREY, "size": 13},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
        "width": width,
        "height": height,
        "meta": {"alt": title},
    }


def _axis(title):
    return {"title": {"text": title}, "gridcolor": "rgba(118,118,118,.3)", "zerolinecolor": "rgba(118,118,118,.6)"}


def _short(numbers):
    return [float(f"{number:.5g}") for number in (numbers.tolist() if isinstance(numbers, t.Tensor) else numbers)]


def _shares_of_shifted_rows():
    row = t.tensor([1.0, 2.0, 4.0, 3.0])
    versions = {"as it is": row, "+ 1000": row + 1000, "− 1000": row - 1000, "times 2": row * 2, "times 1/4": row / 4}
    table = t.softmax(t.stack(list(versions.values())), dim=1).round(decimals=3)
    figure = show.heatmap(table, title="batched_softmax of the row (1, 2, 4, 3), changed in five ways", columns="class")
    figure.update_yaxes(tickmode="array", tickvals=list(range(5)), ticktext=list(versions))
    return figure.update_layout(margin_l=84, width=figure.layout.width + 40)


def _loss_curve():
    gap = t.linspace(-6, 6, 61)
    logits = t.stack([gap, t.zeros(61)], dim=1)
    curves = {
        "cross entropy": functional.cross_entropy(logits, t.zeros(61, dtype=t.int64), reduction="none"),
        "minus the gap, or 0": (-gap).clamp(min=0),
    }
    title = "batched_cross_entropy_loss with two classes: being sure and wrong costs"
    return _curves(gap, curves, title, "logit of the true class, minus that of the other", "loss", legend=0.6)


def _bars_of_counts():
    import plotly.graph_objects as go

    labels = t.tensor([0, 2, 2, 1, 2, 5, 0, 2, 5])
    counts = np.bincount(labels.numpy(), minlength=7).tolist()
    layout = _layout(f"label_counts of {tuple(labels.tolist())} with 7 classes", 520, 300)
    layout["xaxis"], layout["yaxis"] = {**_axis("class"), "dtick": 1}, {**_axis("how often"), "dtick": 1}
    bars = go.Bar(x=list(range(7)), y=counts, text=counts, textposition="outside", marker={"color": _LINE}, cliponaxis=False)
    return go.Figure(bars, layout)


def _points_and_means():
    import plotly.graph_objects as go

    rng = check.rng()
    segment = np.repeat([0, 1, 2], [8, 6, 10])
    points = rng.standard_normal((24, 2)) * 0.7 + np.array([[0.0, 0.0], [4.0, 1.0], [1.5, 4.0]])[segment]
    traces = []
    for number, (symbol, colour) in enumerate((("circle", _LINE), ("square", _SECOND), ("diamond", "#3a9a5b"))):
        own = points[segment == number]
        mean = own.mean(axis=0)
        marker = {"symbol": symbol, "color": colour, "size": 8, "opacity": 0.6}
        large = {"symbol": f"{symbol}-open", "color": colour, "size": 20, "line": {"width": 3}}
        traces.append(go.Scatter(x=_short(own[:, 0]), y=_short(own[:, 1]), mode="markers", name=f"segment {number}", marker=marker))
        traces.append(go.Scatter(x=_short(mean[:1]), y=_short(mean[1:]), mode="markers", name=f"mean {number}", marker=large))
    layout = _layout("segment_mean: three segments of points and, large, their means", 620, 400)
    layout["xaxis"], layout["yaxis"] = _axis("component 0"), _axis("component 1")
    return go.Figure(traces, layout)


def _confusions():
    rng = check.rng()
    true = rng.integers(5, size=80)
    slip = rng.random(80) < 0.3
    pred = np.where(slip, (true + rng.integers(1, 3, size=80)) % 5, true)
    table = _pairs_counted(t.from_numpy(true), t.from_numpy(pred), 5)
    return show.heatmap(table, title="confusion_matrix of 80 guesses, most of them right", rows="true class", columns="guess")

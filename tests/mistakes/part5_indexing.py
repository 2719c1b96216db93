"""Known mistakes of part 5: the test rejects each of them, and its docstring is what the student reads."""

import torch as t
from torch.nn import functional


def total_price_indexing__distinct(prices, items):
    """Each kind of item was paid for once, however often it lies in the basket."""
    _demand_inside(items, len(prices))
    return prices[items.unique()].sum().item()


def total_price_indexing__all_prices(prices, items):
    """The whole shelf was paid for: nobody looked into the basket."""
    _demand_inside(items, len(prices))
    return prices.sum().item()


def total_price_indexing__tensor(prices, items):
    """The sum is right, but it is still wrapped up in a tensor. A Python float is asked."""
    _demand_inside(items, len(prices))
    return prices[items].sum()


def total_price_indexing__negative(prices, items):
    """There is no item -1 in this shop, and yet it was sold, at the price of the last one: torch counts from the end."""
    return prices[items].sum().item()


def total_price_indexing__unsummed(prices, items):
    """These are the prices of the single items. The till wants their sum, one number."""
    _demand_inside(items, len(prices))
    return prices[items]


def total_price_indexing__empty_max(prices, items):
    """An empty basket costs nothing. Here it raised an error: something was asked for that no items have, such as a maximum."""
    assert items.max() < len(prices) and items.min() >= 0
    return prices[items].sum().item()


def collect_rows__columns(matrix, row_indexes):
    """Columns were picked. Only a square matrix lets this go unnoticed."""
    _demand_inside(row_indexes, len(matrix))
    return matrix[:, row_indexes]


def collect_rows__sorted(matrix, row_indexes):
    """The right rows came in the order of the matrix: the order of the list counts."""
    _demand_inside(row_indexes, len(matrix))
    return matrix[row_indexes.sort().values]


def collect_rows__distinct(matrix, row_indexes):
    """A row that is asked for twice came once. Row 0 of the example stands in the list two times."""
    _demand_inside(row_indexes, len(matrix))
    return matrix[_first_of_each(row_indexes)]


def collect_rows__mask(matrix, row_indexes):
    """The list was turned into truth values, one for each row. These say whether a row is asked, not when and how often."""
    _demand_inside(row_indexes, len(matrix))
    return matrix[_as_mask(row_indexes, len(matrix))]


def collect_rows__negative(matrix, row_indexes):
    """There is no row -1 in the contract, and yet one came back: torch counts it from the end."""
    return matrix[row_indexes]


def collect_rows__empty_max(matrix, row_indexes):
    """An empty list is a fine list, of no rows. Here it raised an error: something was asked that needs at least one entry."""
    assert row_indexes.max() < len(matrix) and row_indexes.min() >= 0
    return matrix[row_indexes]


def collect_columns__rows(matrix, column_indexes):
    """Rows were picked. Only a square matrix lets this go unnoticed."""
    _demand_inside(column_indexes, matrix.shape[1])
    return matrix[column_indexes]


def collect_columns__transposed(matrix, column_indexes):
    """The right columns came back lying down, as rows: m is still the first axis of the result."""
    _demand_inside(column_indexes, matrix.shape[1])
    return matrix.T[column_indexes]


def collect_columns__sorted(matrix, column_indexes):
    """The right columns came in the order of the matrix: the order of the list counts."""
    _demand_inside(column_indexes, matrix.shape[1])
    return matrix[:, column_indexes.sort().values]


def collect_columns__distinct(matrix, column_indexes):
    """A column that is asked for twice came once. Column 0 of the example stands in the list two times."""
    _demand_inside(column_indexes, matrix.shape[1])
    return matrix[:, _first_of_each(column_indexes)]


def collect_columns__negative(matrix, column_indexes):
    """There is no column -1 in the contract, and yet one came back: torch counts it from the end."""
    return matrix[:, column_indexes]


def quiz_index_pairs__a():
    """That would be every row of the one list with every column of the other. But the lists are read together, as pairs."""
    return "a"


def quiz_index_pairs__c():
    """With one list that would be right: two rows, taken whole. Here the second axis has a list as well."""
    return "c"


def quiz_index_pairs__d():
    """That is the shape of x itself, but something was picked from it."""
    return "d"


def integer_array_indexing__no_tuple(matrix, coords):
    """The whole table of coordinates indexed the first axis: a tensor counts as one index, a tuple of them as several."""
    return matrix[coords]


def integer_array_indexing__flat_index(matrix, coords):
    """The place was worked out as if the entries lay in one row, with the wrong sizes: a step down is n columns, not m rows."""
    place = coords[:, 0]
    for axis in range(1, matrix.ndim):
        place = place * matrix.shape[axis - 1] + coords[:, axis]
    return matrix.flatten()[place % max(matrix.numel(), 1)]


def integer_array_indexing__first_two(matrix, coords):
    """Only the first two coordinates were used. A tensor with three axes wants three, one with one axis has only one."""
    return matrix[coords[:, 0], coords[:, 1]]


def integer_array_indexing__transposed(matrix, coords):
    """Rows and columns of coords were confused: a place is a row of it. With as many places as axes both readings fit."""
    return matrix[tuple(coords)]


def integer_array_indexing__block(matrix, coords):
    """Every index of one axis met every index of the others, and a whole block came back. Only the pairs themselves are asked."""
    picked = matrix
    for axis in range(matrix.ndim):
        picked = picked.index_select(axis, coords[:, axis])
    return picked


def quiz_gather__b():
    """There the row is looked up and the column stays: that is the gather along dim 0."""
    return "b"


def quiz_gather__c():
    """m[i, j] is one number, and one number cannot be indexed: idx says which column, before anything is picked."""
    return "c"


def quiz_gather__d():
    """Here both axes are looked up. gather looks up the axis that it is given, and only that one."""
    return "d"


def gather_2d__fewer_rows(matrix, indexes):
    """Two rows of indexes for three rows of the matrix went through: torch leaves the third row out without a word."""
    assert matrix.ndim == 2 and indexes.ndim == 2
    assert len(indexes) <= len(matrix)
    assert indexes.dtype == t.int64
    assert ((indexes >= 0) & (indexes < matrix.shape[1])).all()
    return _checked(matrix.gather(1, indexes), matrix, indexes)


def gather_2d__k_limited(matrix, indexes):
    """A good call was refused: one may ask for more entries of a row than the row has, because repeats are allowed."""
    _demand_contract(matrix, indexes)
    assert indexes.shape[1] <= matrix.shape[1], "too many columns"
    return _checked(matrix.gather(1, indexes), matrix, indexes)


def gather_2d__upper_only(matrix, indexes):
    """The index -1 went through your checks, and torch complained instead. A range has two ends."""
    assert matrix.ndim == 2 and indexes.ndim == 2
    assert len(indexes) == len(matrix)
    assert indexes.dtype == t.int64
    assert (indexes < matrix.shape[1]).all()
    return _checked(matrix.gather(1, indexes), matrix, indexes)


def gather_2d__empty_max(matrix, indexes):
    """To ask for nothing, k = 0, keeps the contract. Your check asked for the smallest or largest of no indexes: there is none."""
    assert matrix.ndim == 2 and indexes.ndim == 2
    assert len(indexes) == len(matrix)
    assert indexes.dtype == t.int64
    assert indexes.min() >= 0 and indexes.max() < matrix.shape[1]
    return _checked(matrix.gather(1, indexes), matrix, indexes)


def gather_2d__late(matrix, indexes):
    """torch complained before any check of yours did. Does one ask for this at all, and does it stand before the gather?"""
    picked = matrix.gather(1, indexes)
    _demand_contract(matrix, indexes)
    return _checked(picked, matrix, indexes)


def gather_2d__any_axes(matrix, indexes):
    """Tensors with one axis or with three went through: the contract has two, in both arguments."""
    assert matrix.ndim == indexes.ndim and len(indexes) == len(matrix)
    assert indexes.dtype == t.int64
    assert ((indexes >= 0) & (indexes < matrix.shape[-1])).all()
    return _checked(matrix.gather(-1, indexes), matrix, indexes)


def gather_2d__dtype_unchecked(matrix, indexes):
    """Indexes of a float dtype went through your checks, and torch complained instead."""
    assert matrix.ndim == 2 and indexes.ndim == 2
    assert len(indexes) == len(matrix)
    assert ((indexes >= 0) & (indexes < matrix.shape[1])).all()
    return _checked(matrix.gather(1, indexes), matrix, indexes)


def gather_2d__same_shape(matrix, indexes):
    """A good call was refused: matrix and indexes share their number of rows, not their number of columns."""
    _demand_contract(matrix, indexes)
    assert matrix.shape == indexes.shape, "two different shapes"
    return _checked(matrix.gather(1, indexes), matrix, indexes)


def gather_2d__result_unchecked(matrix, indexes):
    """The arguments are checked, the result is returned as it came."""
    _demand_contract(matrix, indexes)
    return matrix.gather(1, indexes)


def total_price_gather__distinct(prices, items):
    """Each kind of item was paid for once, however often it lies in the basket."""
    return prices.gather(0, items.unique()).sum().item()


def total_price_gather__all_prices(prices, items):
    """The whole shelf was paid for: nobody looked into the basket."""
    return prices.sum().item()


def total_price_gather__tensor(prices, items):
    """The sum is right, but it is still wrapped up in a tensor. A Python float is asked."""
    return prices.gather(0, items).sum()


def total_price_gather__brackets(prices, items):
    """The price is right, but it was found by square brackets once more. Here it is gather that is to be learnt."""
    _demand_inside(items, len(prices))
    return prices[items].sum().item()


def total_price_gather__swapped(prices, items):
    """The price list was used as the index: gather belongs to the tensor from which you pick."""
    return items.gather(0, prices).sum().item()


def last_valid__off_by_one(x, lengths):
    """One position too far: the first position has the number 0, so where is the last one of two?"""
    return x[t.arange(len(x)), lengths]


def last_valid__last(x, lengths):
    """That is the last position of all, the padding included: the lengths were not looked at."""
    return x[:, -1]


def last_valid__outer(x, lengths):
    """Every sequence was read at the end of every other one, too: an axis too many came back."""
    return x[:, lengths - 1]


def last_valid__zeros(x, lengths):
    """The last vector that is not zero was taken. But a real vector may be zero, too: where padding begins, the lengths say."""
    real = (x != 0).any(dim=2) & (t.arange(x.shape[1]) < lengths[:, None])
    places = t.where(real, t.arange(x.shape[1]), 0).amax(dim=1) if x.shape[1] else lengths
    return x[t.arange(len(x)), places]


def last_valid__mean(x, lengths):
    """The real vectors were averaged. Only the last one of them is asked."""
    real = (t.arange(x.shape[1]) < lengths[:, None])[..., None]
    return (x * real).sum(dim=1) / lengths[:, None]


def last_valid__one_axis(x, lengths):
    """The last axis was lost where its size is one: it stays, for a vector of one number is a vector still."""
    return x[t.arange(len(x)), lengths - 1].squeeze()


def quiz_softmax_shift__a():
    """Twice as large are the differences as well, and they decide: the largest share grows."""
    return "a"


def quiz_softmax_shift__c():
    """The largest entry is further ahead of the others then, so its share grows."""
    return "c"


def quiz_softmax_shift__d():
    """A row with negative numbers changes its order by that: -3 would be ahead of 1."""
    return "d"


def batched_logsumexp__naive(matrix):
    """The exponential of 1000 is infinite, and that of -1000 is zero. Make the numbers smaller before you raise e to them."""
    return matrix.exp().sum(dim=1).log()


def batched_logsumexp__not_shifted_back(matrix):
    """Every row is off by the number that was taken from it: the shift was not undone at the end."""
    return (matrix - _shift(matrix)).exp().sum(dim=1).log()


def batched_logsumexp__global_max(matrix):
    """One maximum was taken for the whole table, so rows far below it became zero, and their logarithm -inf."""
    largest = matrix.max() if matrix.numel() else t.zeros(())
    shift = largest if largest.isfinite() else t.zeros((), dtype=matrix.dtype)
    return (matrix - shift).exp().sum(dim=1).log() + shift


def batched_logsumexp__nan_inf(matrix):
    """A row of -inf, or one with +inf, came out as NaN: infinity minus infinity is no number."""
    largest = matrix.amax(dim=1)
    return (matrix - largest[:, None]).exp().sum(dim=1).log() + largest


def batched_logsumexp__mean(matrix):
    """The mean of the row was taken away. A number far above its mean still overflows: the largest exponent should be zero."""
    numbers = matrix if matrix.is_floating_point() else matrix.float()
    shift = numbers.mean(dim=1, keepdim=True)
    shift = t.where(shift.isfinite(), shift, _shift(numbers))
    return (numbers - shift).exp().sum(dim=1).log() + shift[:, 0]


def batched_logsumexp__sum(matrix):
    """That is the sum of the exponentials: the logarithm is missing."""
    return matrix.exp().sum(dim=1)


def batched_logsumexp__columns(matrix):
    """The columns were summed: one number for each row is asked."""
    return t.logsumexp(matrix if matrix.is_floating_point() else matrix.float(), dim=0)


def batched_logsumexp__largest(matrix):
    """That is the largest entry of each row. It is close, but the other entries count as well."""
    largest = matrix.amax(dim=1)
    return largest if matrix.is_floating_point() else largest.float()


def batched_softmax__overflow(matrix):
    """NaN came out for large numbers: their exponentials are infinite, and far below zero all of them are 0."""
    powers = matrix.exp()
    return powers / powers.sum(dim=1, keepdim=True)


def batched_softmax__smallest(matrix):
    """The smallest entry of the row was taken away. One far above it still overflows: the largest exponent should be zero."""
    powers = (matrix - matrix.amin(dim=1, keepdim=True)).exp()
    return powers / powers.sum(dim=1, keepdim=True)


def batched_softmax__columns(matrix):
    """The columns sum to one. Each row is an example of its own: its entries share the one among them."""
    return t.softmax(matrix, dim=0)


def batched_softmax__whole(matrix):
    """The whole table sums to one. Every row has one to share by itself."""
    return t.softmax(matrix.flatten(), dim=0).reshape(matrix.shape)


def batched_softmax__no_exp(matrix):
    """The entries were divided by their sum as they are: without the exponentials, shares can be negative."""
    return matrix / matrix.sum(dim=1, keepdim=True)


def batched_softmax__global_max(matrix):
    """One maximum was taken for the whole table, so rows far below it became 0 divided by 0."""
    powers = (matrix - matrix.max()).exp() if matrix.numel() else matrix
    return powers / powers.sum(dim=1, keepdim=True)


def batched_logsoftmax__log_of_softmax(matrix):
    """-inf came out where a number like -800 is right: the probability was rounded to zero before its logarithm was taken."""
    return t.softmax(matrix, dim=1).log()


def batched_logsoftmax__overflow(matrix):
    """Large numbers do not survive this: their exponentials are infinite, and so is the logarithm of the sum."""
    return matrix - matrix.exp().sum(dim=1, keepdim=True).log()


def batched_logsoftmax__sign(matrix):
    """The sign is wrong: a probability is at most 1, so its logarithm is not positive."""
    return -t.log_softmax(matrix, dim=1)


def batched_logsoftmax__columns(matrix):
    """The columns were normalised: it is the exponentials of each row that sum to 1."""
    return t.log_softmax(matrix, dim=0)


def batched_logsoftmax__probabilities(matrix):
    """These are the probabilities themselves; their logarithms are asked."""
    return t.softmax(matrix, dim=1)


def batched_cross_entropy_loss__one_hot(logits, true_labels):
    """NaN came out: zero times minus infinity is no number. An entry that does not count is better left where it is."""
    _demand_labels(logits, true_labels)
    return -(t.log_softmax(logits, dim=1) * functional.one_hot(true_labels, logits.shape[1])).sum(dim=1)


def batched_cross_entropy_loss__sign(logits, true_labels):
    """The sign is wrong: probabilities are at most 1, and a loss is not negative."""
    _demand_labels(logits, true_labels)
    return t.log_softmax(logits, dim=1)[t.arange(len(logits)), true_labels]


def batched_cross_entropy_loss__mean(logits, true_labels):
    """One number came back for the whole batch: each row has a loss of its own."""
    _demand_labels(logits, true_labels)
    return functional.cross_entropy(logits, true_labels)


def batched_cross_entropy_loss__all_pairs(logits, true_labels):
    """Every row was read at every label of the batch, and a square came back. A row goes with its own label."""
    _demand_labels(logits, true_labels)
    return -t.log_softmax(logits, dim=1)[:, true_labels]


def batched_cross_entropy_loss__probability(logits, true_labels):
    """That is minus the probability of the true class: the logarithm is missing."""
    _demand_labels(logits, true_labels)
    return -t.softmax(logits, dim=1)[t.arange(len(logits)), true_labels]


def batched_cross_entropy_loss__logit(logits, true_labels):
    """That is minus the logit, as it came in: a logit is not the logarithm of a probability yet."""
    _demand_labels(logits, true_labels)
    return -logits[t.arange(len(logits)), true_labels]


def batched_cross_entropy_loss__empty_max(logits, true_labels):
    """An empty batch has no loss, and that is no error. The check asked for the smallest or largest of no labels."""
    assert len(true_labels) == len(logits)
    assert true_labels.min() >= 0 and true_labels.max() < logits.shape[1]
    return functional.cross_entropy(logits, true_labels, reduction="none")


def batched_cross_entropy_loss__unchecked(logits, true_labels):
    """Labels that do not fit went through, or were left to torch: say yourself what you ask of them."""
    return -t.log_softmax(logits, dim=1).gather(1, true_labels[:, None])[:, 0]


def topk_accuracy__smallest(scores, true_classes, k):
    """The k smallest scores were taken: the best classes are those with the largest."""
    hits = scores.topk(k, dim=1, largest=False).indices == true_classes[:, None]
    return hits.any(dim=1).to(scores.dtype).mean()


def topk_accuracy__outer(scores, true_classes, k):
    """Every label was sought in every row. A label belongs to one row, the one with its number."""
    hits = scores.topk(k, dim=1).indices == true_classes
    return hits.any(dim=1).to(scores.dtype).mean()


def topk_accuracy__count(scores, true_classes, k):
    """That counts rows; their share of all rows is asked."""
    hits = scores.topk(k, dim=1).indices == true_classes[:, None]
    return hits.sum().to(scores.dtype)


def topk_accuracy__values(scores, true_classes, k):
    """Scores were compared with labels: topk gives the scores, and also the places where they stand."""
    hits = scores.topk(k, dim=1).values == true_classes[:, None]
    return hits.any(dim=1).to(scores.dtype).mean()


def topk_accuracy__over_k(scores, true_classes, k):
    """The hits were divided by k times too much: a row is right or wrong as a whole, whatever k is."""
    hits = scores.topk(k, dim=1).indices == true_classes[:, None]
    return hits.to(scores.dtype).mean()


def quiz_index_assign__a():
    """The line reads, adds and writes, each once for the whole list. The second write to place 0 puts the same number there."""
    return "a"


def quiz_index_assign__b():
    """Only the places in the list are touched, and place 1 is not in it."""
    return "b"


def quiz_index_assign__d():
    """Repeats are allowed. They are lost, and nobody says so."""
    return "d"


def one_hot__transposed(labels, n_classes):
    """The classes came first. They are the last axis, behind those of the labels."""
    _demand_inside(labels, n_classes)
    return functional.one_hot(labels, n_classes).movedim(-1, 0)


def one_hot__inferred(labels, n_classes):
    """The number of columns was taken from the labels. A class that does not occur has its column all the same."""
    _demand_inside(labels, n_classes)
    return functional.one_hot(labels) if labels.numel() else functional.one_hot(labels, n_classes)


def one_hot__block(labels, n_classes):
    """Whole columns were set to 1: every row got the label of every other. Row 0 goes with label 0, row 1 with label 1."""
    _demand_inside(labels, n_classes)
    table = t.zeros((*labels.shape, n_classes), dtype=t.int64)
    table[..., labels] = 1
    return table


def one_hot__values(labels, n_classes):
    """The labels themselves were written into the table. A one marks the place; which class it is, the place says."""
    _demand_inside(labels, n_classes)
    return functional.one_hot(labels, n_classes) * labels[..., None]


def one_hot__silent(labels, n_classes):
    """A label that is out of range became a row of zeros, and nobody noticed: it must raise an exception."""
    return (labels[..., None] == t.arange(n_classes)).long()


def one_hot__truth_values(labels, n_classes):
    """The ones are in the right places, but they are truth values; whole numbers are asked."""
    _demand_inside(labels, n_classes)
    return labels[..., None] == t.arange(n_classes)


def label_counts__lost_repeats(labels, n_classes):
    """Repeats were lost: each place was written once, however often it is in the list. += does so, and scatter; others add."""
    counts = t.zeros(n_classes, dtype=t.int64)
    counts[labels] += 1
    return counts


def label_counts__short(labels, n_classes):
    """The last classes are missing: those that do not occur have a count, too, and it is 0."""
    return t.bincount(labels)


def label_counts__presence(labels, n_classes):
    """These are truth values: they say which classes occur. How often each of them does is the question."""
    return t.isin(t.arange(n_classes), labels)


def label_counts__distinct_only(labels, n_classes):
    """Only classes that occur were counted, so that a count's place no longer says whose it is."""
    return t.unique(labels, return_counts=True)[1]


def label_counts__loop(labels, n_classes):
    """The counts are right, but a loop in Python has made them, one label after the other."""
    counts = t.zeros(n_classes, dtype=t.int64)
    for label in labels:
        counts[label] += 1
    return counts


def segment_mean__lost_repeats(x, segment, n_segments):
    """Only one row of each segment arrived in the sum: each place was written once, as += does with a list as index."""
    sums = t.zeros(n_segments, x.shape[1], dtype=x.dtype)
    sums[segment] += x
    return sums / t.bincount(segment, minlength=n_segments).clamp(min=1)[:, None]


def segment_mean__sum(x, segment, n_segments):
    """These are the sums of the segments: they were not divided by the number of rows."""
    return t.zeros(n_segments, x.shape[1], dtype=x.dtype).index_add(0, segment, x)


def segment_mean__nan(x, segment, n_segments):
    """A segment without rows gave NaN, 0 divided by 0. The mean of nothing is to be 0 here."""
    sums = t.zeros(n_segments, x.shape[1], dtype=x.dtype).index_add(0, segment, x)
    return sums / t.bincount(segment, minlength=n_segments)[:, None]


def segment_mean__neighbours(x, segment, n_segments):
    """Only rows that stand together were taken together. The rows of a segment may stand anywhere."""
    means = t.zeros(n_segments, x.shape[1], dtype=x.dtype)
    starts = [n for n in range(len(segment)) if n == 0 or segment[n] != segment[n - 1]]
    for start, end in zip(starts, [*starts[1:], len(segment)], strict=True):
        means[segment[start]] = x[start:end].mean(dim=0)
    return means


def segment_mean__all_divisors(x, segment, n_segments):
    """A small number was added to every count, and so every mean is a little too small. Only a count of 0 needs another one."""
    sums = t.zeros(n_segments, x.shape[1], dtype=x.dtype).index_add(0, segment, x)
    return sums / (t.bincount(segment, minlength=n_segments).to(x.dtype) + 1e-8)[:, None]


def segment_mean__over_n(x, segment, n_segments):
    """Every sum was divided by the number of all rows. A segment has its own number of rows."""
    return t.zeros(n_segments, x.shape[1], dtype=x.dtype).index_add(0, segment, x) / max(len(x), 1)


def confusion_matrix__transposed(true, pred, n_classes):
    """Rows and columns are exchanged: a row belongs to the true class, a column to the guess."""
    return _confusions(pred, true, n_classes)


def confusion_matrix__lost_repeats(true, pred, n_classes):
    """A confusion that happens three times was counted once: each place was written once, as += does with lists as indexes."""
    table = t.zeros(n_classes, n_classes, dtype=t.int64)
    table[true, pred] += 1
    return table


def confusion_matrix__rates(true, pred, n_classes):
    """These are shares of each true class. Whole numbers are asked: how many examples."""
    table = _confusions(true, pred, n_classes)
    return table / table.sum(dim=1, keepdim=True).clamp(min=1)


def confusion_matrix__diagonal(true, pred, n_classes):
    """Only the right guesses were counted. What is confused with what stands off the diagonal."""
    right = true == pred
    return _confusions(true[right], pred[right], n_classes)


def confusion_matrix__loop(true, pred, n_classes):
    """The counts are right, but a loop in Python has made them, one example after the other."""
    table = t.zeros(n_classes, n_classes, dtype=t.int64)
    for one, other in zip(true, pred, strict=True):
        table[one, other] += 1
    return table


def _demand_inside(indexes, size):
    assert ((indexes >= 0) & (indexes < size)).all(), f"0 to {size - 1}"


def _demand_labels(logits, true_labels):
    assert len(true_labels) == len(logits), "one label a row"
    _demand_inside(true_labels, logits.shape[1])


def _demand_contract(matrix, indexes):
    assert matrix.ndim == 2 and indexes.ndim == 2, "two axes each"
    assert len(indexes) == len(matrix), "as many rows"
    assert indexes.dtype == t.int64, "int64"
    _demand_inside(indexes, matrix.shape[1])


def _checked(picked, matrix, indexes):
    assert picked.shape == indexes.shape and picked.dtype == matrix.dtype, "the contract"
    return picked


def _first_of_each(indexes):
    return t.tensor(list(dict.fromkeys(indexes.tolist())), dtype=indexes.dtype)


def _as_mask(indexes, size):
    mask = t.zeros(size, dtype=t.bool)
    mask[indexes] = True
    return mask


def _shift(matrix):
    largest = matrix.amax(dim=1, keepdim=True)
    return t.where(largest.isfinite(), largest, 0)


def _confusions(true, pred, n_classes):
    return t.bincount(true * n_classes + pred, minlength=n_classes**2).reshape(n_classes, n_classes)

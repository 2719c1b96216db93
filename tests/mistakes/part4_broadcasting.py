"""Known mistakes of part 4: the test rejects each of them, and its docstring is what the student reads."""

import itertools

import torch as t


def quiz_bc_1__a():
    """A one may meet any size, and it does not matter on which side it stands. Both ones have a partner here."""
    return "a"


def quiz_bc_1__b():
    """Look at the middle axis: the second tensor has four entries along it, and all of them want a place in the result."""
    return "b"


def quiz_bc_1__d():
    """Look at the first axis: the first tensor has three entries along it, and all of them want a place in the result."""
    return "d"


def quiz_bc_2__b():
    """You have written the two shapes below each other from the left. They are aligned from the right: there 6 meets 2."""
    return "b"


def quiz_bc_2__c():
    """The shorter shape gets one more axis here, not two, and the new axis has size one. Sizes do not multiply."""
    return "c"


def quiz_bc_2__d():
    """Nothing ever shrinks: an axis of six entries cannot become one of two."""
    return "d"


def quiz_bc_3__a():
    """Two axes and three do go together: rule 1 puts a one in front of the shorter shape."""
    return "a"


def quiz_bc_3__b():
    """The first tensor has eight blocks. Each of them wants its place in the result."""
    return "b"


def quiz_bc_3__c():
    """Nothing is put end to end here. Broadcasting repeats along an axis, it never makes one longer by joining two."""
    return "c"


def quiz_bc_4__a():
    """Put a one in front of (20, 1), then go through the axes from the right: every pair fits."""
    return "a"


def quiz_bc_4__c():
    """It is the one that gives way: ones are stretched, and no other size ever shrinks."""
    return "c"


def quiz_bc_4__d():
    """Sizes are not added: a one that meets 30 is repeated thirty times, and that is all."""
    return "d"


def quiz_bc_5__a():
    """That both hold four numbers does not count. What counts is which axis meets which, from the right."""
    return "a"


def quiz_bc_5__b():
    """The vector does not turn into a column. It gets its one in front: (1, 4), a row."""
    return "b"


def quiz_bc_5__c():
    """There is no error, and that is the danger of it. Where a shape matters to you, assert it."""
    return "c"


def quiz_bc_6__b():
    """For this the means would have to stand as a column, in shape (3, 1). A bare vector is laid along the last axis."""
    return "b"


def quiz_bc_6__c():
    """Means of columns are what dim=0 gives. With dim=1 each row is averaged."""
    return "c"


def quiz_bc_6__d():
    """An error would come if the table were not square. Here the three means happen to fit the three columns."""
    return "d"


def quiz_bc_7__a():
    """A shape without axes is a shape like any other: rule 1 puts as many ones in front of it as are needed."""
    return "a"


def quiz_bc_7__b():
    """Nothing shrinks: the six numbers of the second tensor do not become one."""
    return "b"


def quiz_bc_7__d():
    """Ones are put in front of the shorter shape only, until both have equally many axes."""
    return "d"


def quiz_bc_8__a():
    """Of the two sizes 0 and 1 it is the one that gives way. A tensor without rows does not get a row."""
    return "a"


def quiz_bc_8__c():
    """A one may meet any size, and zero is a size."""
    return "c"


def quiz_bc_8__d():
    """Broadcasting never takes an axis away, not even one along which there is nothing."""
    return "d"


def quiz_bc_9__a():
    """x += ... writes into the memory that x has, and there is room for three numbers in it."""
    return "a"


def quiz_bc_9__b():
    """Nobody asked for a sum over the rows. Broadcasting repeats, it never adds up."""
    return "b"


def quiz_bc_9__c():
    """x would be unchanged indeed, but the line does not go by without a word."""
    return "c"


def quiz_bc_10__a():
    """That is what was meant. But write the two shapes below each other from the right before you believe it."""
    return "a"


def quiz_bc_10__c():
    """The result of the mean is one number, but what is it a mean of? Look at the shape of the difference first."""
    return "c"


def quiz_bc_10__d():
    """There is no error. The loss even falls for a while, as if all were well."""
    return "d"


def quiz_squeeze__a():
    """unsqueeze(3) makes a new axis at place 3, and counting starts at 0. And does torch complain about squeeze(0)?"""
    return "a"


def quiz_squeeze__b():
    """Only an axis of size one can be taken away. The first axis of x has size three."""
    return "b"


def quiz_squeeze__c():
    """NumPy's squeeze raises an error there. torch's does not."""
    return "c"


def broadcast_shape__left(a, b):
    """You aligned the shapes from the left. The last axes meet first, as in a sum on paper."""
    sizes = list(itertools.zip_longest(a, b, fillvalue=1))
    if any(p != q and 1 not in (p, q) for p, q in sizes):
        raise ValueError("the shapes do not fit")
    return tuple(q if p == 1 else p for p, q in sizes)


def broadcast_shape__maximum(a, b):
    """You took the larger of two sizes. Try 0 and 1: which of them is stretched, and to what?"""
    sizes = list(itertools.zip_longest(reversed(a), reversed(b), fillvalue=1))
    if any(p != q and 1 not in (p, q) for p, q in sizes):
        raise ValueError("the shapes do not fit")
    return tuple(max(pair) for pair in sizes)[::-1]


def broadcast_shape__no_error(a, b):
    """Two sizes that differ went together although neither of them is a one, such as 2 and 3."""
    sizes = itertools.zip_longest(reversed(a), reversed(b), fillvalue=1)
    return tuple(q if p == 1 else p for p, q in sizes)[::-1]


def broadcast_shape__longer_first(a, b):
    """It works when the first shape is the longer one, and not when it is the shorter."""
    b = (1,) * (len(a) - len(b)) + b
    sizes = list(zip(a, b, strict=False))
    if any(p != q and 1 not in (p, q) for p, q in sizes):
        raise ValueError("the shapes do not fit")
    return tuple(q if p == 1 else p for p, q in sizes)


def broadcast_shape__no_zero(a, b):
    """A size of 0 was taken for a missing one. An axis without entries is an axis all the same."""
    sizes = [(p or 1, q or 1) for p, q in itertools.zip_longest(reversed(a), reversed(b), fillvalue=1)]
    if any(p != q and 1 not in (p, q) for p, q in sizes):
        raise ValueError("the shapes do not fit")
    return tuple(q if p == 1 else p for p, q in sizes)[::-1]


def broadcast_shape__reversed(a, b):
    """The sizes are right and come in the wrong order: whoever walks from the last axis comes to the first one last."""
    sizes = list(itertools.zip_longest(reversed(a), reversed(b), fillvalue=1))
    if any(p != q and 1 not in (p, q) for p, q in sizes):
        raise ValueError("the shapes do not fit")
    return tuple(q if p == 1 else p for p, q in sizes)


def broadcast_shape__cut_short(a, b):
    """The result has only as many axes as the shorter shape: `zip` stops there. A missing axis counts as a one."""
    sizes = list(zip(reversed(a), reversed(b), strict=False))
    if any(p != q and 1 not in (p, q) for p, q in sizes):
        raise ValueError("the shapes do not fit")
    return tuple(q if p == 1 else p for p, q in sizes)[::-1]


def double_center__rows_only(x):
    """The rows sum to zero, the columns do not yet."""
    return x - x.mean(dim=1, keepdim=True)


def double_center__columns_only(x):
    """The columns sum to zero, the rows do not yet."""
    return x - x.mean(dim=0)


def double_center__no_total(x):
    """Row means and column means both hold the total mean, so it was taken off twice."""
    return x - x.mean(dim=1, keepdim=True) - x.mean(dim=0)


def double_center__axes(x):
    """The means of the rows were laid along the columns, and the other way round. A square table hides it."""
    return x - x.mean(dim=1) - x.mean(dim=0)[:, None] + x.mean()


def double_center__no_keepdim(x):
    """The means of the rows are a vector here, and a vector is laid along the columns. They have to stand as a column."""
    return x - x.mean(dim=1) - x.mean(dim=0) + x.mean()


def double_center__total_off(x):
    """The total mean was taken off once more. Row means and column means have taken it off twice: it has to come back."""
    return x - x.mean(dim=1, keepdim=True) - x.mean(dim=0) - x.mean()


def normalize_rows__columns(matrix):
    """Now the columns have length 1. It is the rows that should."""
    return matrix / matrix.norm(dim=0)


def normalize_rows__whole(matrix):
    """All entries were divided by one and the same length, that of the whole matrix."""
    return matrix / matrix.norm()


def normalize_rows__sum(matrix):
    """Each row was divided by its sum. Its length is the root of a sum of squares."""
    return matrix / matrix.sum(dim=1, keepdim=True)


def normalize_rows__squares(matrix):
    """Each row was divided by the sum of its squares: the root is missing."""
    return matrix / (matrix**2).sum(dim=1, keepdim=True)


def normalize_rows__absolute(matrix):
    """Each row was divided by the sum of its absolute values. Its length is the root of a sum of squares."""
    return matrix / matrix.abs().sum(dim=1, keepdim=True)


def normalize_rows__std(matrix):
    """A standard deviation says how far the entries spread around their mean. The length starts from zero."""
    return matrix / matrix.std(dim=1, keepdim=True)


def normalize_rows__misaligned(matrix):
    """The lengths of the rows were laid along the columns. A square matrix hides it, another one raises an error."""
    return matrix / matrix.norm(dim=1)


def cos_sim_matrix__gram(matrix):
    """These are inner products of rows of any length. A cosine needs rows of length 1."""
    return matrix @ matrix.T


def cos_sim_matrix__columns(matrix):
    """You compared the columns with each other."""
    columns = matrix / matrix.norm(dim=0)
    return columns.T @ columns


def cos_sim_matrix__distance(matrix):
    """This is one minus the cosine: 0 where two rows point in the same direction."""
    rows = matrix / matrix.norm(dim=1, keepdim=True)
    return 1 - rows @ rows.T


def cos_sim_matrix__elementwise(matrix):
    """Each row met only itself, so that nothing but ones came out. Every row should meet every row."""
    rows = matrix / matrix.norm(dim=1, keepdim=True)
    return (rows * rows).sum(dim=1)


def cos_sim_matrix__star(matrix):
    """`*` multiplies entry by entry. An inner product is a product and then a sum, which `@` does."""
    rows = matrix / matrix.norm(dim=1, keepdim=True)
    return rows * rows.T


def cos_sim_matrix__half(matrix):
    """Only one of the two rows was divided by its length."""
    return (matrix / matrix.norm(dim=1, keepdim=True)) @ matrix.T


def pairwise_distances__squared(x, y):
    """These are squares of distances: the root is missing."""
    return ((x[:, None] - y) ** 2).sum(dim=-1)


def pairwise_distances__cancels(x, y):
    """Right on paper, and near the origin. Far from it you subtract huge numbers that are nearly equal: noise remains."""
    squares = (x**2).sum(dim=1)[:, None] + (y**2).sum(dim=1) - 2 * x @ y.T
    return squares.clamp(min=0).sqrt()


def pairwise_distances__root_of_negative(x, y):
    """Right on paper, and near the origin. Far from it you subtract huge numbers: noise remains, even below 0."""
    return ((x**2).sum(dim=1)[:, None] + (y**2).sum(dim=1) - 2 * x @ y.T).sqrt()


def pairwise_distances__mean(x, y):
    """You took the mean of the squared differences. A distance takes their sum."""
    return ((x[:, None] - y) ** 2).mean(dim=-1).sqrt() if x.shape[1] else x.new_zeros(len(x), len(y))


def pairwise_distances__manhattan(x, y):
    """Absolute differences were added up: that is the way along the streets, not as the crow flies."""
    return (x[:, None] - y).abs().sum(dim=-1)


def pairwise_distances__transposed(x, y):
    """Rows and columns are exchanged: the rows of the result belong to x."""
    return ((y[:, None] - x) ** 2).sum(dim=-1).sqrt()


def pairwise_distances__largest(x, y):
    """Only the largest difference of the coordinates was kept. A distance takes all of them."""
    return (x[:, None] - y).abs().amax(dim=-1) if x.shape[1] else x.new_zeros(len(x), len(y))


def ranks__larger(x):
    """You counted the larger entries. Is it the column or the row that runs along the sum?"""
    return (x > x[:, None]).sum(dim=1)


def ranks__not_strict(x):
    """Equal entries were counted as well, and each entry is equal to itself."""
    return (x <= x[:, None]).sum(dim=1)


def ranks__argsort(x):
    """That is an order: it says which entry comes first, second, third. A rank says for each entry where it comes."""
    return x.argsort(stable=True)


def ranks__bool(x):
    """You said whether any entry is smaller. The question is how many are."""
    return (x < x[:, None]).any(dim=1)


def ranks__no_ties(x):
    """Equal entries got different ranks, one after another. They have equally many smaller ones."""
    return x.argsort(stable=True).argsort(stable=True)


def standardize_channels__width(x, mean, std):
    """The numbers of the channels were laid along the width. It fits only where the width equals their number."""
    return (x - mean) / std


def standardize_channels__height(x, mean, std):
    """The numbers of the channels were laid along the height. It fits only where the height equals their number."""
    return (x - mean[:, None]) / std[:, None]


def standardize_channels__own_mean(x, mean, std):
    """You took mean and standard deviation from x itself. They are given, and x may be any batch."""
    dims = (0, 2, 3)
    return (x - x.mean(dim=dims, keepdim=True)) / x.std(dim=dims, keepdim=True)


def standardize_channels__no_division(x, mean, std):
    """The means are taken off, but the division is missing."""
    return x - mean[:, None, None]


def standardize_channels__precedence(x, mean, std):
    """`/` binds tighter than `-`: only the mean was divided. The difference is what is to be divided."""
    return x - mean[:, None, None] / std[:, None, None]


def standardize_channels__batch(x, mean, std):
    """The numbers of the channels were laid along the batch: each picture got one of them."""
    return (x - mean[:, None, None, None]) / std[:, None, None, None]


def standardize_channels__divided_first(x, mean, std):
    """x was divided first, and then the whole mean taken off. The difference is what is to be divided."""
    return x / std[:, None, None] - mean[:, None, None]


def masked_mean__divides_n(x, mask):
    """You divided by the length of the row. How many places of it count?"""
    return t.where(mask, x, 0.0).sum(dim=1) / max(x.shape[1], 1)


def masked_mean__nan_leak(x, mask):
    """What the mask hides still came through: NaN times zero is NaN, and infinity times zero is NaN, too."""
    return (x * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


def masked_mean__nan_empty(x, mask):
    """A row of which nothing counts gave NaN, zero divided by zero. 0 is asked."""
    return t.where(mask, x, 0.0).sum(dim=1) / mask.sum(dim=1)


def masked_mean__overall(x, mask):
    """One mean was taken over all rows together. Each row has a mean of its own."""
    return (t.where(mask, x, 0.0).sum() / mask.sum().clamp(min=1)).expand(len(x)).clone()


def masked_mean__inverted(x, mask):
    """You averaged what is hidden. True says that a place counts."""
    return t.where(mask, 0.0, x).sum(dim=1) / (~mask).sum(dim=1).clamp(min=1)


def causal_mask__diagonal(scores):
    """The diagonal is gone as well. A position may see itself."""
    places = t.arange(scores.shape[-1])
    return scores.masked_fill(places >= places[:, None], -t.inf)


def causal_mask__transposed(scores):
    """You hid the past and left the future open."""
    places = t.arange(scores.shape[-1])
    return scores.masked_fill(places < places[:, None], -t.inf)


def causal_mask__zero(scores):
    """The future got scores of zero. Zero is a score like any other: after a softmax it still counts."""
    places = t.arange(scores.shape[-1])
    return scores.masked_fill(places > places[:, None], 0.0)


def causal_mask__large_negative(scores):
    """A large negative number is not -inf: next to scores that are as negative it would no longer hide anything."""
    places = t.arange(scores.shape[-1])
    return scores.masked_fill(places > places[:, None], -1e9)


def causal_mask__exchanged(scores):
    """The two choices are exchanged: `t.where` takes its second argument where the condition is true."""
    places = t.arange(scores.shape[-1])
    return t.where(places > places[:, None], scores, -t.inf)


def causal_mask__length(scores):
    """The length was taken from the first axis. That is a batch, as soon as there is one: s stands at the end of the shape."""
    places = t.arange(len(scores))
    return scores.masked_fill(places > places[:, None], -t.inf)


def causal_mask__in_place(scores):
    """The caller's own scores were changed. A copy is asked."""
    places = t.arange(scores.shape[-1])
    return scores.masked_fill_(places > places[:, None], -t.inf)


def causal_mask__multiplied(scores):
    """A mask of zeros and infinities was multiplied on: zero times infinity is NaN, and a score's sign turns the infinity round."""
    places = t.arange(scores.shape[-1])
    factors = t.where(places > places[:, None], -t.inf, 1.0).to(scores.dtype)
    return scores * factors


def classifier_accuracy__over_batch(scores, true_classes):
    """For each class the best row was sought. It is for each row that the best class is."""
    assert ((true_classes >= 0) & (true_classes < scores.shape[1])).all()
    return (scores.argmax(dim=0) == true_classes).to(scores.dtype).mean()


def classifier_accuracy__count(scores, true_classes):
    """You counted the hits. A share is asked."""
    assert ((true_classes >= 0) & (true_classes < scores.shape[1])).all()
    return (scores.argmax(dim=1) == true_classes).sum().to(scores.dtype)


def classifier_accuracy__outer(scores, true_classes):
    """Every prediction met every label: somewhere a shape (batch, 1) met a shape (batch,)."""
    assert ((true_classes >= 0) & (true_classes < scores.shape[1])).all()
    return (scores.argmax(dim=1, keepdim=True) == true_classes).to(scores.dtype).mean()


def classifier_accuracy__any_true(scores, true_classes):
    """Truth values have no mean before they are numbers. Yours comes out as 0 or 1, and nothing in between."""
    assert ((true_classes >= 0) & (true_classes < scores.shape[1])).all()
    return (scores.argmax(dim=1) == true_classes).any().to(scores.dtype)


def classifier_accuracy__whole_table(scores, true_classes):
    """`argmax` without an axis finds one place in the whole table. Every row has a prediction of its own."""
    assert ((true_classes >= 0) & (true_classes < scores.shape[1])).all()
    return (scores.argmax() == true_classes).to(scores.dtype).mean()


def classifier_accuracy__any_tie(scores, true_classes):
    """A row was right as soon as the true class had a score as large as the largest. Of equal scores only the first counts."""
    assert ((true_classes >= 0) & (true_classes < scores.shape[1])).all()
    return (scores.gather(1, true_classes[:, None])[:, 0] == scores.amax(dim=1)).to(scores.dtype).mean()


def classifier_accuracy__bool_mean(scores, true_classes):
    """Truth values have no mean before they are numbers: `.to(scores.dtype)` makes numbers of them."""
    assert ((true_classes >= 0) & (true_classes < scores.shape[1])).all()
    return (scores.argmax(dim=1) == true_classes).mean()


def classifier_accuracy__unchecked(scores, true_classes):
    """A class that does not exist counted as a wrong prediction, without a word."""
    return (scores.argmax(dim=1) == true_classes).to(scores.dtype).mean()


def _checked(probs):
    assert (probs >= 0).all()
    assert abs(probs.sum() - 1) < 0.001


def sample_distribution__out_of_range(probs, n):
    """The index k came out, and there is none. What if the last cumulative value is a little below 1?"""
    _checked(probs)
    return (t.rand(n, 1) >= probs.cumsum(dim=0)).sum(dim=1)


def sample_distribution__same_draw(probs, n):
    """All n results are alike: one random number was drawn for all of them."""
    _checked(probs)
    steps = probs.cumsum(dim=0)
    return (t.rand(1) * steps[-1] >= steps).sum().expand(n).clone()


def sample_distribution__not_cumulated(probs, n):
    """The random numbers were compared with the probabilities themselves, not with their running sum."""
    _checked(probs)
    return (t.rand(n, 1) > probs).sum(dim=1).clamp(max=len(probs) - 1)


def sample_distribution__uniform(probs, n):
    """Every index came equally often: the probabilities were not used."""
    _checked(probs)
    return t.randint(len(probs), (n,))


def sample_distribution__one_based(probs, n):
    """Your indices start at 1."""
    _checked(probs)
    steps = probs.cumsum(dim=0)
    return (t.rand(n, 1) * steps[-1] >= steps).sum(dim=1) + 1


def sample_distribution__strict(probs, n):
    """An event of probability zero came out. A random number can be exactly 0: which index does it get?"""
    _checked(probs)
    steps = probs.cumsum(dim=0)
    return (t.rand(n, 1) * steps[-1] > steps).sum(dim=1)


def sample_distribution__clipped(probs, n):
    """The overflow was pushed back to the last index, which may be an event of probability zero."""
    _checked(probs)
    return (t.rand(n, 1) >= probs.cumsum(dim=0)).sum(dim=1).clamp(max=len(probs) - 1)


def sample_distribution__wrapped(probs, n):
    """A number beyond the last cut became index 0, for that is the argmax of a row without any yes."""
    _checked(probs)
    return (t.rand(n, 1) < probs.cumsum(dim=0)).int().argmax(dim=1)


def sample_distribution__other_side(probs, n):
    """You counted the cuts that lie beyond the random number. Its index is the number of cuts that it has passed."""
    _checked(probs)
    return (t.rand(n, 1) < probs.cumsum(dim=0)).sum(dim=1)


def sample_distribution__sorted(probs, n):
    """The frequencies are right, but the draws come in order: each of them says what the next one will be."""
    _checked(probs)
    steps = probs.cumsum(dim=0)
    return (t.rand(n, 1) * steps[-1] >= steps).sum(dim=1).sort().values


def sample_distribution__unchecked(probs, n):
    """Numbers that are no probabilities were taken without a word."""
    steps = probs.cumsum(dim=0)
    return (t.rand(n, 1) * steps[-1] >= steps).sum(dim=1)

"""Known mistakes of part 3: the test rejects each of them, and its docstring is what the student reads."""

import einops
import numpy as np
import torch as t


def quiz_einsum_sum__a():
    """Row sums keep i: they would be "i j -> i". Here it is j that survives the arrow."""
    return "a"


def quiz_einsum_sum__c():
    """In a transpose both letters survive, only their order changes. Here one of them is gone."""
    return "c"


def quiz_einsum_sum__d():
    """For the total, nothing may stand on the right of the arrow. Here one letter survived, and its axis."""
    return "d"


def quiz_implicit_order__a():
    """Without an arrow NumPy sorts the letters. The input's axes are called b and a, in that order."""
    return "a"


def quiz_implicit_order__b():
    """NumPy lets you leave the arrow out and makes up a right side of its own. It is einops that insists."""
    return "b"


def quiz_implicit_order__c():
    """Without an arrow only repeated letters are summed. No letter is repeated here, so nothing is summed."""
    return "c"


def quiz_not_einsum__b():
    """Aᵀ B is one pattern: exchange A's letters and nothing else. No transpose has to be made first."""
    return "b"


def quiz_not_einsum__c():
    """The sum of all entries is one pattern: leave both letters out on the right."""
    return "c"


def quiz_not_einsum__d():
    """xᵀ A y is one pattern: three inputs in one call, and nothing on the right."""
    return "d"


def einsum_trace__total(mat):
    """Every entry was summed: two different letters are two different walks over the matrix."""
    return einops.einsum(mat, "i j ->")


def einsum_trace__diagonal(mat):
    """The diagonal is right, but a letter survived on the right of the arrow, and so did an axis."""
    return einops.einsum(mat, "i i -> i")


def einsum_trace__row_sums(mat):
    """These are row sums: the two axes are called by two letters, and only the second one was summed."""
    return einops.einsum(mat, "i j -> i")


def einsum_trace__antidiagonal(mat):
    """That is the other diagonal, from the top right to the bottom left."""
    return einops.einsum(mat[:, ::-1], "i i ->")


def einsum_trace__corners(mat):
    """Only the first and the last entry of the diagonal were added: the walk passes those between as well."""
    return mat[0, 0] + mat[-1, -1] if len(mat) else mat.sum()


def einsum_mv__transposed(mat, vec):
    """The vector met the letter of the rows. It has one entry for each column of the matrix."""
    return einops.einsum(mat, vec, "i j, i -> j")


def einsum_mv__unsummed(mat, vec):
    """The products are all there and all right, but they are not added up yet."""
    return einops.einsum(mat, vec, "i j, j -> i j")


def einsum_mv__total(mat, vec):
    """Everything was summed: one number came out where each row should have its own."""
    return einops.einsum(mat, vec, "i j, j ->")


def einsum_mv__ones(mat, vec):
    """These are plain row sums: the entries of the vector were not used."""
    return einops.einsum(mat, np.ones_like(vec), "i j, j -> i")


def einsum_mv__own_letter(mat, vec):
    """The vector got a letter of its own: each row's sum was multiplied with the sum of the whole vector."""
    return einops.einsum(mat, vec, "i j, k -> i")


def einsum_mm__transposed(mat1, mat2):
    """You returned the transpose: the axes came out in the order k, i."""
    return einops.einsum(mat1, mat2, "i j, j k -> k i")


def einsum_mm__unsummed(mat1, mat2):
    """All the products are there, along three axes, but they are not added up yet."""
    return einops.einsum(mat1, mat2, "i j, j k -> i j k")


def einsum_mm__first_transposed(mat1, mat2):
    """mat1 was read by columns: its first letter was summed. Only a square matrix allows that."""
    return einops.einsum(mat1, mat2, "j i, j k -> i k")


def einsum_mm__second_transposed(mat1, mat2):
    """mat2 was read by rows: its second letter was summed. Only a square matrix allows that."""
    return einops.einsum(mat1, mat2, "i j, k j -> i k")


def einsum_mm__elementwise(mat1, mat2):
    """That is the elementwise product: each entry met one entry, where each row should meet each column."""
    return mat1 * mat2


def einsum_mm__reversed(mat1, mat2):
    """The two matrices changed places: mat2 times mat1 is another product."""
    return einops.einsum(mat2, mat1, "i j, j k -> i k")


def einsum_inner__elementwise(vec1, vec2):
    """The products are right, but they are not summed yet."""
    return einops.einsum(vec1, vec2, "i, i -> i")


def einsum_inner__product_of_sums(vec1, vec2):
    """Two letters, so every entry met every other one. Entries at the same place belong together."""
    return einops.einsum(vec1, vec2, "i, j ->")


def einsum_inner__outer(vec1, vec2):
    """A table came back: two letters went in and both of them survived."""
    return einops.einsum(vec1, vec2, "i, j -> i j")


def einsum_inner__squared(vec1, vec2):
    """The first vector was used twice, the second one not at all."""
    return einops.einsum(vec1, vec1, "i, i ->")


def einsum_outer__transposed(vec1, vec2):
    """The rows of the table belong to the first vector, the columns to the second."""
    return einops.einsum(vec1, vec2, "i, j -> j i")


def einsum_outer__summed(vec1, vec2):
    """One number came back: letters that should make a table have to survive the arrow."""
    return einops.einsum(vec1, vec2, "i, j ->")


def einsum_outer__sums(vec1, vec2):
    """The table has the right shape, but the entries were added instead of multiplied."""
    return vec1[:, None] + vec2


def einsum_outer__elementwise(vec1, vec2):
    """That is only the diagonal of the table, and it exists only because the lengths are equal."""
    return einops.einsum(vec1, vec2, "i, i -> i")


def einsum_bmm__summed_batch(a, b):
    """The batch was summed away: every entry of the batch wants a product of its own."""
    return einops.einsum(a, b, "b i j, b j k -> i k")


def einsum_bmm__cross_batch(a, b):
    """Each matrix was multiplied with those of all the other entries: the batch axis is one axis."""
    return einops.einsum(a, b, "b i j, c j k -> b i k")


def einsum_bmm__first_matrix(a, b):
    """The same second matrix was used for every entry of the batch."""
    if not len(b):
        return einops.einsum(a, b, "b i j, b j k -> b i k")
    return einops.einsum(a, b[0], "b i j, j k -> b i k")


def einsum_bmm__transposed(a, b):
    """Each product of the batch is transposed: look at the order of the last two letters."""
    return einops.einsum(a, b, "b i j, b j k -> b k i")


def frobenius_inner__trace_ab(A, B):
    """That is the trace of AB, which exists only when the shapes fit. The trace of AᵀB walks another way."""
    return einops.einsum(A, B, "i j, j i ->")


def frobenius_inner__elementwise(A, B):
    """The elementwise products are right, but not summed."""
    return einops.einsum(A, B, "i j, i j -> i j")


def frobenius_inner__norm(A, B):
    """A square root was taken: the length of a matrix is the root of its inner product with itself."""
    return np.sqrt(np.abs(einops.einsum(A, B, "i j, i j ->")))


def frobenius_inner__total_product(A, B):
    """Each matrix was summed first and the totals multiplied: multiply entry by entry, then sum."""
    return einops.einsum(A, B, "i j, k l ->")


def frobenius_inner__squared(A, B):
    """The first matrix was used twice, the second one not at all."""
    return einops.einsum(A, A, "i j, i j ->")


def bilinear_form__cross_batch(x, W, y):
    """Every x met every y of the batch: both batch axes are the same walk, so they have the same letter."""
    return einops.einsum(x, W, y, "b i, o i j, c j -> b o")


def bilinear_form__swapped(x, W, y):
    """x and y changed places: W's rows belong to x, its columns to y. Only i = j lets this through."""
    return einops.einsum(x, W, y, "b j, o i j, b i -> b o")


def bilinear_form__summed_outputs(x, W, y):
    """The outputs were summed into one: each matrix W_o gives a number of its own."""
    return einops.einsum(x, W, y, "b i, o i j, b j -> b")


def bilinear_form__transposed(x, W, y):
    """The numbers are right, in the wrong order: first the batch, then the output."""
    return einops.einsum(x, W, y, "b i, o i j, b j -> o b")


def attention_scores__unscaled(q, k):
    """The products are right, the scale is missing: divide by the square root of d."""
    return einops.einsum(q, k, "b h s d, b h u d -> b h s u")


def attention_scores__scale_d(q, k):
    """Divided by d, not by its square root."""
    return einops.einsum(q, k, "b h s d, b h u d -> b h s u") / q.shape[-1]


def attention_scores__scale_s(q, k):
    """The wrong size was used for the scale: it is the length of one query, not their number."""
    return einops.einsum(q, k, "b h s d, b h u d -> b h s u") / q.shape[-2] ** 0.5


def attention_scores__keys_rows(q, k):
    """Rows and columns changed places: a row belongs to a query, a column to a key."""
    return einops.einsum(q, k, "b h s d, b h u d -> b h u s") / q.shape[-1] ** 0.5


def attention_scores__elementwise(q, k):
    """A query met only the key at its own place: queries and keys need two different letters."""
    return einops.einsum(q, k, "b h s d, b h s d -> b h s") / q.shape[-1] ** 0.5


def attention_scores__promoted(q, k):
    """The numbers are right, the dtype is not: a NumPy float64 divisor turns float32 into float64."""
    return einops.einsum(q, k, "b h s d, b h u d -> b h s u") / np.sqrt(q.shape[-1])


def attention_scores__softmax(q, k):
    """The scores went through a softmax; the scaled products themselves are asked."""
    scores = einops.einsum(q, k, "b h s d, b h u d -> b h s u") / q.shape[-1] ** 0.5
    powers = np.exp(scores)
    return powers / powers.sum(axis=-1, keepdims=True)


def attention_scores__heads_summed(q, k):
    """All heads were added into one table: each head keeps its own scores."""
    scores = einops.einsum(q, k, "b h s d, b h u d -> b s u") / q.shape[-1] ** 0.5
    return np.repeat(scores[:, None], q.shape[1], axis=1)


def weighted_covariance__plain_mean(x, w):
    """The samples were centred at the plain mean: the mean is weighted, too."""
    centred = x - x.mean(axis=0)
    return einops.einsum(w, centred, centred, "n, n d, n e -> d e") / w.sum()


def weighted_covariance__unnormalised(x, w):
    """The weights must be divided by their sum: only their ratios may matter."""
    centred = x - einops.einsum(w / w.sum(), x, "n, n d -> d")
    return einops.einsum(w, centred, centred, "n, n d, n e -> d e")


def weighted_covariance__squared_weights(x, w):
    """The weight entered twice: each product of two centred numbers is weighted once."""
    share = w / w.sum()
    centred = x - einops.einsum(share, x, "n, n d -> d")
    return einops.einsum(share, share, centred, centred, "n, n, n d, n e -> d e")


def weighted_covariance__n_by_n(x, w):
    """The table has a row for each sample: sum over the samples and keep the components."""
    share = w / w.sum()
    centred = x - einops.einsum(share, x, "n, n d -> d")
    return einops.einsum(share, centred, centred, "n, n d, m d -> n m")


def weighted_covariance__corrected(x, w):
    """A correction for small samples was made, as with n - 1; here the shares are taken as they are."""
    share = w / w.sum()
    centred = x - einops.einsum(share, x, "n, n d -> d")
    return einops.einsum(share, centred, centred, "n, n d, n e -> d e") / (1 - (share**2).sum())


def weighted_covariance__uncentred(x, w):
    """The mean was not taken off: these are weighted means of products, not a covariance."""
    return einops.einsum(w / w.sum(), x, x, "n, n d, n e -> d e")


def weighted_covariance__diagonal(x, w):
    """Only the variances on the diagonal are there: two different components need two different letters."""
    share = w / w.sum()
    centred = x - einops.einsum(share, x, "n, n d -> d")
    return np.diag(einops.einsum(share, centred, centred, "n, n d, n d -> d"))


def quiz_strides__a():
    """Those are the strides of x.T. First x[:, ::2] skips every second column, and that changes a stride."""
    return "a"


def quiz_strides__c():
    """Those are the strides before the transpose, which exchanges them."""
    return "c"


def quiz_strides__d():
    """Those would be the strides of a fresh copy with this shape. Slicing and transposing copy nothing."""
    return "d"


def quiz_strided_write__a():
    """So NumPy happened to do when we tried it; torch did something else with the same line."""
    return "a"


def quiz_strided_write__b():
    """So torch happened to do when we tried it; NumPy did something else with the same line."""
    return "b"


def quiz_strided_write__c():
    """No error here: torch refuses only where a stride is 0, and NumPy does not look at all."""
    return "c"


def strided_diagonal__assumes_contiguous(mat):
    """Right for a fresh matrix. This one is a block of a larger one: ask it for its strides."""
    n = len(mat)
    return mat.as_strided((n,), (n + 1,))


def strided_diagonal__row(mat):
    """You walked along the first row: the step goes to the right, it has to go down as well."""
    return mat.as_strided((len(mat),), (mat.stride(1),))


def strided_diagonal__byte_strides(mat):
    """These steps are too long: NumPy counts strides in bytes, torch counts them in elements."""
    return mat.as_strided((len(mat),), (sum(mat.stride()) * mat.element_size(),))


def strided_diagonal__short(mat):
    """One entry too few: a square matrix has as many entries on its diagonal as it has rows."""
    return mat.as_strided((len(mat) - 1,), (sum(mat.stride()),))


def strided_diagonal__from_the_start(mat):
    """The walk began at the start of the storage. A matrix may begin further on: at its storage offset."""
    return mat.as_strided((len(mat),), (sum(mat.stride()),), 0)


def strided_diagonal__copied(mat):
    """The numbers are right, but they are a copy: as_strided gives a view on the memory of mat."""
    return mat.as_strided((len(mat),), (sum(mat.stride()),)).clone()


def strided_trace__total(mat):
    """Every entry of the matrix was summed: the trace takes the diagonal only."""
    return mat.sum()


def strided_trace__assumes_contiguous(mat):
    """Right for a fresh matrix. This one is a block of a larger one: ask it for its strides."""
    n = len(mat)
    return mat.as_strided((n,), (n + 1,)).sum()


def strided_trace__unsummed(mat):
    """That is the diagonal. The trace is one number, its sum."""
    return mat.as_strided((len(mat),), (sum(mat.stride()),))


def sliding_windows__short(x, size):
    """The last window is missing: size places fit into w in w - size + 1 ways."""
    *batch, w = x.shape
    *steps, step = x.stride()
    return x.as_strided((*batch, w - size, size), (*steps, step, step))


def sliding_windows__jumping(x, size):
    """These windows do not overlap: from one window to the next the step is one element."""
    *batch, w = x.shape
    *steps, step = x.stride()
    return x.as_strided((*batch, w // size, size), (*steps, step * size, step))


def sliding_windows__batch_stride(x, size):
    """Right for the first entry of the batch only: the strides of the batch axes got lost on the way."""
    *batch, w = x.shape
    step = x.stride(-1)
    return x.as_strided((*batch, w - size + 1, size), (*(step for _ in batch), step, step))


def sliding_windows__transposed(x, size):
    """The two new axes are exchanged: first comes the window, then the place inside it."""
    *batch, w = x.shape
    *steps, step = x.stride()
    return x.as_strided((*batch, size, w - size + 1), (*steps, step, step))


def sliding_windows__assumes_contiguous(x, size):
    """Right for a fresh tensor. This x is a slice or a transpose: ask it for its strides."""
    *batch, w = x.shape
    *steps, _ = x.contiguous().stride()
    return x.as_strided((*batch, w - size + 1, size), (*steps, 1, 1))


def sliding_windows__from_the_start(x, size):
    """The windows begin at the start of the storage. A tensor may begin further on: at its storage offset."""
    *batch, w = x.shape
    *steps, step = x.stride()
    return x.as_strided((*batch, w - size + 1, size), (*steps, step, step), 0)


def sliding_windows__copied(x, size):
    """The numbers are right, but they are a copy: every number now stands in memory up to size times."""
    *batch, w = x.shape
    *steps, step = x.stride()
    return x.as_strided((*batch, w - size + 1, size), (*steps, step, step)).clone()


def conv1d_minimal_simple__flipped(x, weights):
    """The kernel was turned round: that is convolution in the strict sense, not what torch means by it."""
    return einops.einsum(_windows(x, len(weights)), weights.flip(0), "ow kw, kw -> ow")


def conv1d_minimal_simple__short(x, weights):
    """One place too few: the kernel fits into x in w - kw + 1 ways."""
    return einops.einsum(_windows(x, len(weights))[:-1], weights, "ow kw, kw -> ow")


def conv1d_minimal_simple__contiguous(x, weights):
    """A stride of 1 was assumed, but this x is a slice: its neighbours are not neighbours in memory."""
    windows = x.as_strided((len(x) - len(weights) + 1, len(weights)), (1, 1))
    return einops.einsum(windows, weights, "ow kw, kw -> ow")


def conv1d_minimal_simple__jumping(x, weights):
    """The windows do not overlap: the kernel moves on by one place, not by its own length."""
    (step,), size = x.stride(), len(weights)
    windows = x.as_strided((len(x) // size, size), (size * step, step))
    return einops.einsum(windows, weights, "place offset, offset -> place")


def conv1d_minimal_simple__padded(x, weights):
    """The result is as long as the input: no padding is asked here."""
    before = (len(weights) - 1) // 2
    padded = t.nn.functional.pad(x, (before, len(weights) - 1 - before))
    return einops.einsum(_windows(padded, len(weights)), weights, "ow kw, kw -> ow")


def conv1d_minimal_simple__unsummed(x, weights):
    """The products are right, but not added: each place of the result is one number, not a window."""
    return einops.einsum(_windows(x, len(weights)), weights, "ow kw, kw -> ow kw")


def conv1d_minimal__channel_unsummed(x, weights):
    """The input channels must be summed: their axis is still there."""
    return einops.einsum(_windows(x, weights.shape[-1]), weights, "b ic ow kw, oc ic kw -> b oc ic ow")


def conv1d_minimal__flipped(x, weights):
    """The kernel was turned round: that is convolution in the strict sense, not what torch means by it."""
    return einops.einsum(_windows(x, weights.shape[-1]), weights.flip(-1), "b ic ow kw, oc ic kw -> b oc ow")


def conv1d_minimal__batch_stride(x, weights):
    """The strides of batch and channel are exchanged: each size wants the stride of its own axis."""
    b, ic, w = x.shape
    kw = weights.shape[-1]
    sb, sic, sw = x.stride()
    windows = x.as_strided((b, ic, w - kw + 1, kw), (sic, sb, sw, sw))
    return einops.einsum(windows, weights, "b ic ow kw, oc ic kw -> b oc ow")


def conv1d_minimal__contiguous(x, weights):
    """The strides were worked out from the shape. That is right for a fresh tensor, and this x is a view."""
    b, ic, w = x.shape
    kw = weights.shape[-1]
    windows = x.as_strided((b, ic, w - kw + 1, kw), (ic * w, w, 1, 1))
    return einops.einsum(windows, weights, "b ic ow kw, oc ic kw -> b oc ow")


def conv1d_minimal__order(x, weights):
    """The numbers are right, in the wrong order: batch, out channel, place."""
    return einops.einsum(_windows(x, weights.shape[-1]), weights, "b ic ow kw, oc ic kw -> oc b ow")


def conv1d_minimal__channels_crossed(x, weights):
    """Kernels were read with their first two axes exchanged: out channels come first, then input channels."""
    return einops.einsum(_windows(x, weights.shape[-1]), weights, "b ic ow kw, ic oc kw -> b oc ow")


def conv2d_minimal__axes(x, weights):
    """The vertical and the horizontal stride were exchanged. A square picture hides it, this one does not."""
    return _conv2d(x, weights, lambda sh, sw: (sw, sh, sw, sh))


def conv2d_minimal__flipped(x, weights):
    """The kernel was turned round: that is convolution in the strict sense, not what torch means by it."""
    return _conv2d(x, weights.flip(-2, -1))


def conv2d_minimal__order_of_view(x, weights):
    """A place in the result and one in the window changed roles: view and pattern order the axes differently."""
    b, ic, h, w = x.shape
    kh, kw = weights.shape[-2:]
    sb, sic, sh, sw = x.stride()
    windows = x.as_strided((b, ic, h - kh + 1, kh, w - kw + 1, kw), (sb, sic, sh, sh, sw, sw))
    return einops.einsum(windows, weights, "b ic oh ow kh kw, oc ic kh kw -> b oc oh ow")


def conv2d_minimal__one_dim(x, weights):
    """Only one of the two output sizes is right: the height has its own kernel size, and so has the width."""
    b, ic, h, w = x.shape
    kh, kw = weights.shape[-2:]
    sb, sic, sh, sw = x.stride()
    windows = x.as_strided((b, ic, h - kh + 1, w - kh + 1, kh, kw), (sb, sic, sh, sw, sh, sw))
    return einops.einsum(windows, weights, "b ic oh ow kh kw, oc ic kh kw -> b oc oh ow")


def conv2d_minimal__channel_unsummed(x, weights):
    """The input channels must be summed: their axis is still there."""
    return _conv2d(x, weights, pattern="b ic oh ow kh kw, oc ic kh kw -> b oc ic oh ow")


def conv2d_minimal__padded(x, weights):
    """The result is as large as the input: no padding is asked."""
    kh, kw = weights.shape[2:]
    around = ((kw - 1) // 2, kw // 2, (kh - 1) // 2, kh // 2)
    return _conv2d(t.nn.functional.pad(x, around), weights)


def conv2d_minimal__contiguous(x, weights):
    """The strides were worked out from the shape. That is right for a fresh tensor, and this x is a view."""
    b, ic, h, w = x.shape
    kh, kw = weights.shape[-2:]
    windows = x.as_strided((b, ic, h - kh + 1, w - kw + 1, kh, kw), (ic * h * w, h * w, w, 1, w, 1))
    return einops.einsum(windows, weights, "b ic oh ow kh kw, oc ic kh kw -> b oc oh ow")


def _windows(x, size):
    *batch, w = x.shape
    *steps, step = x.stride()
    return x.as_strided((*batch, w - size + 1, size), (*steps, step, step))


def _conv2d(x, weights, strides=None, pattern="b ic oh ow kh kw, oc ic kh kw -> b oc oh ow"):
    b, ic, h, w = x.shape
    kh, kw = weights.shape[-2:]
    sb, sic, sh, sw = x.stride()
    steps = strides(sh, sw) if strides else (sh, sw, sh, sw)
    windows = x.as_strided((b, ic, h - kh + 1, w - kw + 1, kh, kw), (sb, sic, *steps))
    return einops.einsum(windows, weights, pattern)

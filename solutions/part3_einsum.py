"""Solutions of part 3: einsum, strides and convolutions."""

import einops
import numpy as np
import torch as t
from jaxtyping import Float, Num

quiz_einsum_sum = "b"

quiz_implicit_order = "d"

quiz_not_einsum = "a"


def einsum_trace(mat: Num[np.ndarray, "i i"]) -> Num[np.ndarray, ""]:
    """Trace of a square matrix: the sum of its diagonal.

    mat: numbers, shape (i, i).
    Returns one number, dtype as the input's; a Python or NumPy scalar will do.

    >>> int(einsum_trace(np.array([[1, 2], [3, 4]])))
    5
    """
    return einops.einsum(mat, "i i ->")


def einsum_mv(mat: Num[np.ndarray, "i j"], vec: Num[np.ndarray, "j"]) -> Num[np.ndarray, "i"]:
    """Matrix times vector.

    mat: numbers, shape (i, j). vec: numbers, shape (j,).
    Returns an array of shape (i,), dtype as the inputs'.

    >>> einsum_mv(np.array([[1, 2], [3, 4], [5, 6]]), np.array([1, -1]))
    array([-1, -1, -1])
    """
    return einops.einsum(mat, vec, "i j, j -> i")


def einsum_mm(mat1: Num[np.ndarray, "i j"], mat2: Num[np.ndarray, "j k"]) -> Num[np.ndarray, "i k"]:
    """Matrix product of `mat1` and `mat2`.

    mat1: numbers, shape (i, j). mat2: numbers, shape (j, k).
    Returns an array of shape (i, k), dtype as the inputs'.

    >>> einsum_mm(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 0], [0, 1], [2, -1]]))
    array([[ 7, -1],
           [16, -1]])
    """
    return einops.einsum(mat1, mat2, "i j, j k -> i k")


def einsum_inner(vec1: Num[np.ndarray, "i"], vec2: Num[np.ndarray, "i"]) -> Num[np.ndarray, ""]:
    """Inner product of two vectors of the same length.

    vec1, vec2: numbers, shape (i,).
    Returns one number, dtype as the inputs'; a Python or NumPy scalar will do.

    >>> int(einsum_inner(np.array([1, 2, 3]), np.array([4, -5, 6])))
    12
    """
    return einops.einsum(vec1, vec2, "i, i ->")


def einsum_outer(vec1: Num[np.ndarray, "i"], vec2: Num[np.ndarray, "j"]) -> Num[np.ndarray, "i j"]:
    """Table of all products of an entry of `vec1` and an entry of `vec2`.

    vec1: numbers, shape (i,). vec2: numbers, shape (j,).
    Returns an array of shape (i, j), dtype as the inputs'.

    >>> einsum_outer(np.array([1, 2]), np.array([3, 4, 5]))
    array([[ 3,  4,  5],
           [ 6,  8, 10]])
    """
    return einops.einsum(vec1, vec2, "i, j -> i j")


def einsum_bmm(a: Float[np.ndarray, "b i j"], b: Float[np.ndarray, "b j k"]) -> Float[np.ndarray, "b i k"]:
    """One matrix product for each entry of a batch.

    a: floats, shape (b, i, j). b: floats, shape (b, j, k).
    Returns an array of shape (b, i, k), dtype as the inputs'.

    >>> a = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    >>> b = np.array([[[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]]])
    >>> einsum_bmm(a, b)
    array([[[ 7., -1.],
            [16., -1.]]])
    """
    return einops.einsum(a, b, "b i j, b j k -> b i k")


def frobenius_inner(A: Float[np.ndarray, "i j"], B: Float[np.ndarray, "i j"]) -> Float[np.ndarray, ""]:
    """Sum of the elementwise products of two matrices of the same shape.

    A, B: floats, shape (i, j).
    Returns one number, dtype as the inputs'; a Python or NumPy scalar will do.

    >>> float(frobenius_inner(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 1.0], [-1.0, 2.0]])))
    7.0
    """
    return einops.einsum(A, B, "i j, i j ->")


def bilinear_form(
    x: Float[np.ndarray, "b i"], W: Float[np.ndarray, "o i j"], y: Float[np.ndarray, "b j"]
) -> Float[np.ndarray, "b o"]:
    """x^T W_o y for each example and each output o.

    x: floats, shape (b, i). W: floats, one matrix for each output, shape (o, i, j). y: floats, shape (b, j).
    Returns an array of shape (b, o), dtype as the inputs'.

    >>> W = np.arange(12.0).reshape(2, 2, 3)
    >>> bilinear_form(np.array([[1.0, 2.0]]), W, np.array([[1.0, 0.0, -1.0]]))
    array([[-6., -6.]])
    """
    return einops.einsum(x, W, y, "b i, o i j, b j -> b o")


def attention_scores(q: Float[np.ndarray, "b h s d"], k: Float[np.ndarray, "b h u d"]) -> Float[np.ndarray, "b h s u"]:
    """Scaled product of every query with every key, for each example and each head.

    q: queries, floats, shape (b, h, s, d). k: keys, floats, shape (b, h, u, d).
    Returns the products divided by the square root of d, shape (b, h, s, u), dtype as the inputs'.

    >>> q = np.array([[[[1.0, 0.0], [0.0, 2.0]]]])
    >>> k = np.array([[[[1.0, 1.0], [0.0, 1.0], [2.0, 0.0]]]])
    >>> attention_scores(q, k).round(4)
    array([[[[0.7071, 0.    , 1.4142],
             [1.4142, 1.4142, 0.    ]]]])
    """
    scale = q.shape[-1] ** 0.5
    return einops.einsum(q, k, "b h s d, b h u d -> b h s u") / scale


def weighted_covariance(x: Float[np.ndarray, "n d"], w: Float[np.ndarray, "n"]) -> Float[np.ndarray, "d d"]:
    """Covariance matrix of the rows of `x`, each counted with its weight.

    x: floats, one sample a row, shape (n, d).
    w: floats, one weight a sample, none negative, not all zero, shape (n,). Only their ratios matter.
    Returns an array of shape (d, d), dtype as the inputs'.

    >>> x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 0.0]])
    >>> weighted_covariance(x, np.array([2.0, 1.0, 1.0]))
    array([[ 2.75, -1.  ],
           [-1.  ,  2.  ]])
    """
    share = w / w.sum()
    mean = einops.einsum(share, x, "n, n d -> d")
    centred = x - mean
    return einops.einsum(share, centred, centred, "n, n d1, n d2 -> d1 d2")


quiz_strides = "b"

quiz_strided_write = "d"


def strided_diagonal(mat: Float[t.Tensor, "i i"]) -> Float[t.Tensor, "i"]:
    """Diagonal of a square matrix, as a view: no number is copied.

    mat: floats, shape (i, i), with any strides.
    Returns a tensor of shape (i,) on the memory of `mat`.

    >>> strided_diagonal(t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]))
    tensor([1., 5., 9.])
    """
    down, right = mat.stride()
    return mat.as_strided((len(mat),), (down + right,))


def strided_trace(mat: Float[t.Tensor, "i i"]) -> Float[t.Tensor, ""]:
    """Sum of the diagonal of a square matrix.

    mat: floats, shape (i, i), with any strides.
    Returns a tensor of shape (), dtype as the input's.

    >>> strided_trace(t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]))
    tensor(15.)
    """
    return strided_diagonal(mat).sum()


def sliding_windows(x: Float[t.Tensor, "*batch w"], size: int) -> Float[t.Tensor, "*batch ow size"]:
    """All windows of `size` neighbours along the last axis, as a view: no number is copied.

    x: floats, any number of batch axes, then w places, with any strides. size: from 1 to w.
    Returns a tensor of shape (*batch, ow, size) with ow = w - size + 1, on the memory of `x`.

    >>> sliding_windows(t.arange(5.0), 3)
    tensor([[0., 1., 2.],
            [1., 2., 3.],
            [2., 3., 4.]])
    """
    *batch, w = x.shape
    *batch_strides, step = x.stride()
    return x.as_strided((*batch, w - size + 1, size), (*batch_strides, step, step))


def conv1d_minimal_simple(x: Float[t.Tensor, "w"], weights: Float[t.Tensor, "kw"]) -> Float[t.Tensor, "ow"]:
    """Convolution of one channel: no batch, no bias, no padding, the kernel not turned round.

    x: floats, shape (w,), with any stride. weights: the kernel, floats, shape (kw,), kw from 1 to w.
    Returns a tensor of shape (ow,) with ow = w - kw + 1, dtype as the inputs'.

    >>> conv1d_minimal_simple(t.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), t.tensor([1.0, 0.0, -1.0]))
    tensor([-2., -2., -2.])
    """
    (w,), (kw,), (step,) = x.shape, weights.shape, x.stride()
    windows = x.as_strided((w - kw + 1, kw), (step, step))
    return einops.einsum(windows, weights, "ow kw, kw -> ow")


def conv1d_minimal(x: Float[t.Tensor, "b ic w"], weights: Float[t.Tensor, "oc ic kw"]) -> Float[t.Tensor, "b oc ow"]:
    """torch's conv1d with all defaults and no bias.

    x: floats, shape (b, ic, w), with any strides.
    weights: the kernels, floats, shape (oc, ic, kw), kw from 1 to w.
    Returns a tensor of shape (b, oc, ow) with ow = w - kw + 1, dtype as the inputs'.

    >>> x = t.tensor([[[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]])
    >>> conv1d_minimal(x, t.tensor([[[1.0, 1.0], [2.0, 0.0]]]))
    tensor([[[3., 7.]]])
    """
    b, ic, w = x.shape
    kw = weights.shape[-1]
    stride_b, stride_ic, stride_w = x.stride()
    windows = x.as_strided((b, ic, w - kw + 1, kw), (stride_b, stride_ic, stride_w, stride_w))
    return einops.einsum(windows, weights, "b ic ow kw, oc ic kw -> b oc ow")


def conv2d_minimal(x: Float[t.Tensor, "b ic h w"], weights: Float[t.Tensor, "oc ic kh kw"]) -> Float[t.Tensor, "b oc oh ow"]:
    """torch's conv2d with all defaults and no bias.

    x: floats, shape (b, ic, h, w), with any strides.
    weights: the kernels, floats, shape (oc, ic, kh, kw), kh from 1 to h and kw from 1 to w.
    Returns a tensor of shape (b, oc, oh, ow) with oh = h - kh + 1 and ow = w - kw + 1, dtype as the inputs'.

    >>> x = t.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d_minimal(x, t.tensor([[[[1.0, 0.0], [0.0, 1.0]]]]))
    tensor([[[[ 4.,  6.],
              [10., 12.]]]])
    """
    b, ic, h, w = x.shape
    kh, kw = weights.shape[-2:]
    stride_b, stride_ic, stride_h, stride_w = x.stride()
    shape = (b, ic, h - kh + 1, w - kw + 1, kh, kw)
    windows = x.as_strided(shape, (stride_b, stride_ic, stride_h, stride_w, stride_h, stride_w))
    return einops.einsum(windows, weights, "b ic oh ow kh kw, oc ic kh kw -> b oc oh ow")

"""Right answers to part 3, written in other ways: the tests accept every one of them."""

import functools
import itertools
import math

import einops
import numpy as np
import torch as t
from einops import einsum, rearrange, reduce


def einsum_trace__loop(mat):
    total = mat.dtype.type(0)
    for i in range(len(mat)):
        total = total + mat[i, i]
    return total


def einsum_trace__numpy_einsum(mat):
    return np.einsum("ii", mat)


def einsum_trace__torch_einsum(mat):
    return t.einsum("ii->", t.tensor(mat)).numpy()


def einsum_trace__python_number(mat):
    return einsum(mat, "step step ->").item()


def einsum_trace__mask(mat):
    return (mat * np.eye(len(mat), dtype=mat.dtype)).sum()


def einsum_mv__loops(mat, vec):
    product = np.zeros(len(mat), dtype=mat.dtype)
    for i, row in enumerate(mat):
        for entry, factor in zip(row, vec, strict=True):
            product[i] += entry * factor
    return product


def einsum_mv__numpy_implicit(mat, vec):
    return np.einsum("ij,j", mat, vec)


def einsum_mv__swapped_operands(mat, vec):
    return einsum(vec, mat, "col, row col -> row")


def einsum_mv__broadcast(mat, vec):
    return (mat * vec).sum(axis=1)


def einsum_mv__torch_einsum(mat, vec):
    return t.einsum("ij,j->i", t.tensor(mat), t.tensor(vec)).numpy()


def einsum_mm__loops(mat1, mat2):
    product = np.zeros((mat1.shape[0], mat2.shape[1]), dtype=mat1.dtype)
    for i, j, k in itertools.product(*map(range, (*mat1.shape, mat2.shape[1]))):
        product[i, k] += mat1[i, j] * mat2[j, k]
    return product


def einsum_mm__columns_meet_rows(mat1, mat2):
    start = np.zeros((len(mat1), mat2.shape[1]), dtype=mat1.dtype)
    return sum((mat1[:, j, None] * mat2[j] for j in range(len(mat2))), start=start)


def einsum_mm__numpy_einsum(mat1, mat2):
    return np.einsum("ij,jk->ik", mat1, mat2)


def einsum_mm__numpy_implicit(mat1, mat2):
    return np.einsum("ik,kj", mat1, mat2)


def einsum_mm__swapped_operands(mat1, mat2):
    return einsum(mat2, mat1, "j k, i j -> i k")


def einsum_mm__torch_einsum(mat1, mat2):
    return t.einsum("ij,jk->ik", t.tensor(mat1), t.tensor(mat2)).numpy()


def einsum_mm__transposed_twice(mat1, mat2):
    return einsum(mat1, mat2.T, "i j, k j -> k i").T


def einsum_mm__broadcast(mat1, mat2):
    return (mat1[:, :, None] * mat2[None]).sum(axis=1)


def einsum_inner__loop(vec1, vec2):
    total = vec1.dtype.type(0)
    for one, other in zip(vec1, vec2, strict=True):
        total = total + one * other
    return total


def einsum_inner__numpy_einsum(vec1, vec2):
    return np.einsum("i,i", vec1, vec2)


def einsum_inner__product_and_sum(vec1, vec2):
    return (vec1 * vec2).sum()


def einsum_inner__python_number(vec1, vec2):
    return float(einsum(vec1, vec2, "i, i ->")) if vec1.dtype.kind == "f" else int((vec1 * vec2).sum())


def einsum_inner__torch_einsum(vec1, vec2):
    return t.einsum("i,i->", t.tensor(vec1), t.tensor(vec2)).numpy()


def einsum_outer__loops(vec1, vec2):
    table = np.empty((len(vec1), len(vec2)), dtype=vec1.dtype)
    for i, j in np.ndindex(*table.shape):
        table[i, j] = vec1[i] * vec2[j]
    return table


def einsum_outer__numpy_implicit(vec1, vec2):
    return np.einsum("i,j", vec1, vec2)


def einsum_outer__broadcast(vec1, vec2):
    return vec1[:, None] * vec2


def einsum_outer__swapped_operands(vec1, vec2):
    return einsum(vec2, vec1, "j, i -> i j")


def einsum_outer__length_one_letter(vec1, vec2):
    return np.einsum("ij,j->ij", vec1[:, None], vec2)


def einsum_bmm__loop(a, b):
    product = np.zeros((*a.shape[:2], b.shape[2]), dtype=a.dtype)
    for n in range(len(a)):
        product[n] = einsum(a[n], b[n], "i j, j k -> i k")
    return product


def einsum_bmm__numpy_einsum(a, b):
    return np.einsum("nij,njk->nik", a, b)


def einsum_bmm__ellipsis(a, b):
    return einsum(a, b, "... i j, ... j k -> ... i k")


def einsum_bmm__torch_einsum(a, b):
    return t.einsum("bij,bjk->bik", t.tensor(a), t.tensor(b)).numpy()


def einsum_bmm__broadcast(a, b):
    return (a[..., None] * b[:, None]).sum(axis=2)


def frobenius_inner__product_and_sum(A, B):
    return (A * B).sum()


def frobenius_inner__trace_of_product(A, B):
    return np.trace(A.T @ B)


def frobenius_inner__flat_vectors(A, B):
    return np.dot(A.ravel(), B.ravel())


def frobenius_inner__numpy_einsum(A, B):
    return np.einsum("ij,ij->", A, B)


def frobenius_inner__torch_einsum(A, B):
    return t.einsum("ij,ij->", t.tensor(A), t.tensor(B)).numpy()


def bilinear_form__two_steps(x, W, y):
    return einsum(einsum(x, W, "b i, o i j -> b o j"), y, "b o j, b j -> b o")


def bilinear_form__loops(x, W, y):
    table = np.empty((len(x), len(W)), dtype=x.dtype)
    for n, o in np.ndindex(*table.shape):
        table[n, o] = x[n] @ W[o] @ y[n]
    return table


def bilinear_form__numpy_einsum(x, W, y):
    return np.einsum("bi,oij,bj->bo", x, W, y)


def bilinear_form__other_order(x, W, y):
    return einsum(W, y, x, "out left right, n right, n left -> n out")


def attention_scores__scaled_first(q, k):
    scale = math.sqrt(q.shape[-1])
    return einsum(q / scale, k, "b h s d, b h u d -> b h s u")


def attention_scores__scale_shared(q, k):
    scale = q.shape[-1] ** -0.25
    return np.einsum("bhsd,bhud->bhsu", q * scale, k * scale)


def attention_scores__matmul(q, k):
    return q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])


def attention_scores__numpy_einsum(q, k):
    return np.einsum("bhsd,bhud->bhsu", q, k) * q.shape[-1] ** -0.5


def attention_scores__same_dtype(q, k):
    return einsum(q, k, "b h s d, b h u d -> b h s u") / np.sqrt(q.shape[-1], dtype=q.dtype)


def attention_scores__torch_einsum(q, k):
    scores = t.einsum("bhsd,bhud->bhsu", t.tensor(q), t.tensor(k)) / q.shape[-1] ** 0.5
    return scores.numpy()


def attention_scores__loops(q, k):
    b, h, s, d = q.shape
    scores = np.zeros((b, h, s, k.shape[2]), dtype=q.dtype)
    for place in np.ndindex(*scores.shape):
        scores[place] = (q[place[:3]] * k[(*place[:2], place[3])]).sum() / math.sqrt(d)
    return scores


def weighted_covariance__loop(x, w):
    total = w.sum()
    mean = (w[:, None] * x).sum(axis=0) / total
    table = np.zeros((x.shape[1], x.shape[1]), dtype=x.dtype)
    for row, weight in zip(x, w, strict=True):
        table += weight * (row - mean)[:, None] * (row - mean)
    return table / total


def weighted_covariance__matmul(x, w):
    centred = x - w @ x / w.sum()
    return (centred * w[:, None]).T @ centred / w.sum()


def weighted_covariance__average(x, w):
    centred = x - np.average(x, axis=0, weights=w)
    return einsum(w, centred, centred, "n, n d, n e -> d e") / w.sum()


def weighted_covariance__roots(x, w):
    share = w / w.sum()
    scaled = (x - share @ x) * np.sqrt(share)[:, None]
    return einsum(scaled, scaled, "n d, n e -> d e")


def weighted_covariance__diagonal_matrix(x, w):
    share = w / w.sum()
    centred = x - einsum(x, share, "n d, n -> d")
    return centred.T @ np.diag(share) @ centred


def strided_diagonal__function(mat):
    return t.as_strided(mat, size=(mat.shape[0],), stride=(sum(mat.stride()),))


def strided_diagonal__offset_given(mat):
    steps = mat.stride(0) + mat.stride(1)
    return t.as_strided(mat, [mat.size(0)], [steps], mat.storage_offset())


def strided_trace__loop(mat):
    total = t.zeros((), dtype=mat.dtype)
    for i in range(len(mat)):
        total += mat[i, i]
    return total


def strided_trace__einops(mat):
    return einsum(t.as_strided(mat, (len(mat),), (sum(mat.stride()),)), "i ->")


def sliding_windows__function(x, size):
    shape = (*x.shape[:-1], x.shape[-1] - size + 1, size)
    return t.as_strided(x, shape, (*x.stride(), x.stride(-1)))


def sliding_windows__offset_given(x, size):
    shape = [*x.shape[:-1], x.size(-1) + 1 - size, size]
    return x.as_strided(shape, [*x.stride(), x.stride()[-1]], x.storage_offset())


def sliding_windows__numpy(x, size):
    return t.from_numpy(_numpy_windows(x.numpy(), size))


def conv1d_minimal_simple__loops(x, weights):
    kw = len(weights)
    places = [(x[start : start + kw] * weights).sum() for start in range(len(x) - kw + 1)]
    return t.stack(places)


def conv1d_minimal_simple__shifts(x, weights):
    ow = len(x) - len(weights) + 1
    return sum(weight * x[offset : offset + ow] for offset, weight in enumerate(weights))


def conv1d_minimal_simple__matmul(x, weights):
    return _windows(x, len(weights)) @ weights


def conv1d_minimal_simple__torch_einsum(x, weights):
    return t.einsum("ij,j->i", _windows(x, len(weights)), weights)


def conv1d_minimal_simple__numpy(x, weights):
    return t.from_numpy(_numpy_windows(x.numpy(), len(weights)) @ weights.numpy())


def conv1d_minimal__through_numpy(x, weights):
    windows = _numpy_windows(x.numpy(), weights.shape[-1])
    return t.from_numpy(einsum(windows, weights.numpy(), "b i ow k, o i k -> b o ow"))


def conv1d_minimal__loop_over_places(x, weights):
    kw = weights.shape[-1]
    places = [einsum(x[..., start : start + kw], weights, "b ic kw, oc ic kw -> b oc") for start in range(x.shape[-1] - kw + 1)]
    return t.stack(places, dim=-1)


def conv1d_minimal__contiguous_first(x, weights):
    x = x.contiguous()
    b, ic, w = x.shape
    kw = weights.shape[-1]
    windows = x.as_strided((b, ic, w - kw + 1, kw), (ic * w, w, 1, 1), x.storage_offset())
    return t.einsum("bcwk,ock->bow", windows, weights)


def conv1d_minimal__sliding_windows(x, weights):
    return einsum(weights, _windows(x, weights.shape[-1]), "oc ic kw, b ic ow kw -> b oc ow")


def conv1d_minimal__product_and_sum(x, weights):
    windows = rearrange(_windows(x, weights.shape[-1]), "b ic ow kw -> b 1 ic ow kw")
    kernels = rearrange(weights, "oc ic kw -> 1 oc ic 1 kw")
    return reduce(windows * kernels, "b oc ic ow kw -> b oc ow", "sum")


def conv2d_minimal__loop_over_offsets(x, weights):
    kh, kw = weights.shape[-2:]
    oh, ow = x.shape[-2] - kh + 1, x.shape[-1] - kw + 1
    terms = [
        einsum(x[:, :, i : i + oh, j : j + ow], weights[:, :, i, j], "b ic oh ow, oc ic -> b oc oh ow")
        for i, j in itertools.product(range(kh), range(kw))
    ]
    return functools.reduce(t.add, terms)


def conv2d_minimal__through_numpy(x, weights):
    columns = _numpy_windows(x.numpy(), weights.shape[-1])
    windows = _numpy_windows(np.moveaxis(columns, 2, -1), weights.shape[-2])
    return t.from_numpy(np.einsum("bcwxhy,ocyx->bohw", windows, weights.numpy()))


def conv2d_minimal__windows_twice(x, weights):
    kh, kw = weights.shape[-2:]
    columns = _windows(x, kw)
    windows = _windows(columns.permute(0, 1, 3, 4, 2), kh)
    return einops.einsum(windows, weights, "b ic ow kw oh kh, oc ic kh kw -> b oc oh ow")


def conv2d_minimal__offsets_beside_places(x, weights):
    (b, ic, h, w), (kh, kw) = x.shape, weights.shape[-2:]
    sb, sc, sh, sw = x.stride()
    windows = t.as_strided(x, (b, ic, h - kh + 1, kh, w - kw + 1, kw), (sb, sc, sh, sh, sw, sw))
    return einsum(windows, weights, "b c y dy x dx, o c dy dx -> b o y x")


def _windows(x, size):
    return x.as_strided((*x.shape[:-1], x.shape[-1] - size + 1, size), (*x.stride(), x.stride(-1)))


def _numpy_windows(x, size):
    shape = (*x.shape[:-1], x.shape[-1] - size + 1, size)
    return np.lib.stride_tricks.as_strided(x, shape, (*x.strides, x.strides[-1]))

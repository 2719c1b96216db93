"""Tests of part 3. NumPy's `@`, slow loops and torch's own convolutions judge; no pattern judges another."""

import numpy as np
import torch as t
from torch.nn import functional

from workbook import check, show


def test_quiz_einsum_sum(quiz_einsum_sum):
    """The letter that survives the arrow is the axis that survives."""
    check.choice(quiz_einsum_sum)


def test_quiz_implicit_order(quiz_implicit_order):
    """Without an arrow NumPy puts the letters in alphabetical order."""
    check.choice(quiz_implicit_order)


def test_quiz_not_einsum(quiz_not_einsum):
    """A pattern multiplies its inputs, it never adds them."""
    check.choice(quiz_not_einsum)


def test_einsum_trace(einsum_trace):
    """Agrees with `np.trace` on square matrices of any size, views, whole numbers and nothing at all."""
    inputs = [
        check.case(np.array([[1, 2], [3, 4]]), label="the example"),
        *check.house("i i", empty="i", ints=True),
        check.case(_array(12, 12), label="a 12 x 12 matrix"),
    ]
    check.agrees(einsum_trace, inputs, lambda mat: np.asarray(np.trace(mat)))


def test_einsum_mv(einsum_mv):
    """Agrees with `@` on wide, tall, square, empty and whole-number matrices."""
    inputs = [
        check.case(np.array([[1, 2], [3, 4], [5, 6]]), np.array([1, -1]), label="the example"),
        *check.house("i j", "j", empty="j", ints=True),
        check.case(_array(9, 12), _array(12), label="a 9 x 12 matrix"),
        check.case(_array(4, 4).T, _array(4), label="a square matrix, transposed"),
    ]
    check.agrees(einsum_mv, inputs, lambda mat, vec: mat @ vec)


def test_einsum_mm(einsum_mm):
    """Agrees with `@` on matrices of all shapes, square, empty, not contiguous and of whole numbers."""
    inputs = [
        check.case(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 0], [0, 1], [2, -1]]), label="the example"),
        *check.house("i j", "j k", empty="j", ints=True),
        check.case(_array(9, 12), _array(12, 10), label="matrices of 9 x 12 and 12 x 10"),
        check.case(_array(4, 4).T, _array(4, 4), label="square matrices, the first transposed"),
        check.case(_array(4, 4), _array(4, 4).T, label="square matrices, the second transposed"),
    ]
    check.agrees(einsum_mm, inputs, lambda mat1, mat2: mat1 @ mat2, draw=_row_meets_column)


def test_einsum_inner(einsum_inner):
    """Agrees with `np.dot` on vectors of any length, zero and one included."""
    inputs = [
        check.case(np.array([1, 2, 3]), np.array([4, -5, 6]), label="the example"),
        check.case(_array(40), _array(40), label="forty entries"),
        *check.house("i", "i", empty="i", ints=True),
    ]
    check.agrees(einsum_inner, inputs, lambda vec1, vec2: np.asarray(np.dot(vec1, vec2)))


def test_einsum_outer(einsum_outer):
    """Agrees with `np.outer` on vectors of different and of equal lengths."""
    inputs = [
        check.case(np.array([1, 2]), np.array([3, 4, 5]), label="the example"),
        *check.house("i", "j", empty="i j", ints=True),
        check.case(_array(12), _array(9), label="twelve entries and nine"),
    ]
    check.agrees(einsum_outer, inputs, np.outer)


def test_einsum_bmm(einsum_bmm):
    """Agrees with `@` on every entry of a batch, and on a batch of none."""
    example = (
        np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]),
        np.array([[[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]]]),
    )
    inputs = [
        check.case(*example, label="the example"),
        *check.house("b i j", "b j k", empty="b"),
        check.case(_array(6, 7, 9), _array(6, 9, 10), label="a batch of six"),
    ]
    check.agrees(einsum_bmm, inputs, lambda a, b: a @ b)


def test_frobenius_inner(frobenius_inner):
    """Agrees with the trace of Aᵀ B; with A = B it is the squared length."""
    A = _array(3, 5)
    inputs = [
        check.case(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 1.0], [-1.0, 2.0]]), label="the example"),
        check.case(A, A, label="A = B"),
        check.case(A, -A, label="B = -A"),
        *check.house("i j", "i j"),
        check.case(_array(9, 12), _array(9, 12), label="matrices of 9 x 12"),
    ]
    check.agrees(frobenius_inner, inputs, lambda A, B: np.asarray(np.trace(A.T @ B)))


def test_bilinear_form(bilinear_form):
    """Agrees with x @ W_o @ y, one example and one output at a time."""
    x, W, y = np.array([[1.0, 2.0]]), np.arange(12.0).reshape(2, 2, 3), np.array([[1.0, 0.0, -1.0]])
    inputs = [
        check.case(x, W, y, label="the example"),
        *check.house("b i", "o i j", "b j"),
        check.case(_array(9, 6), _array(7, 6, 10), _array(9, 10), label="nine examples"),
    ]
    check.agrees(bilinear_form, inputs, _bilinear)


def test_attention_scores(attention_scores):
    """Agrees with q @ kᵀ / sqrt(d) for each head; float32 stays float32, also where d is 1 or large."""
    q, k = _array(2, 4, 4, 3), _array(2, 4, 5, 3)
    long_q, long_k = _array(1, 2, 3, 400), _array(1, 2, 4, 400)
    inputs = [
        check.case(
            np.array([[[[1.0, 0.0], [0.0, 2.0]]]]),
            np.array([[[[1.0, 1.0], [0.0, 1.0], [2.0, 0.0]]]]),
            label="the example",
        ),
        *check.house("b h s d", "b h u d"),
        check.case(_array(5, 6, 9, 4), _array(5, 6, 7, 4), label="a batch of five, six heads"),
        check.case(q, k, label="as many queries as heads"),
        check.case(long_q.astype("float32"), long_k.astype("float32"), label="float32 and a large d"),
        check.case(long_q, long_k, label="a large d"),
    ]
    check.agrees(attention_scores, inputs, _scores)
    check.shows(_score_map)


def test_weighted_covariance(weighted_covariance):
    """Agrees with `np.cov` where the weights are equal, different, zero, and sum to anything."""
    x, w = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 0.0]]), np.array([2.0, 1.0, 1.0])
    few, weights = _samples(7, 3)
    without = weights.copy()
    without[2] = 0.0
    wide, gaps = _samples(14, 6)
    inputs = [
        check.case(x, w / 4, label="the example, weights that sum to 1"),
        check.case(x, w, label="the example, weights that sum to 4"),
        check.case(few, weights, label="seven samples"),
        check.case(few.astype("float32"), weights.astype("float32"), label="float32"),
        check.case(few, np.full(7, 3.0), label="equal weights"),
        check.case(few, without, label="a weight of zero"),
        check.case(few + 50.0, weights / 100, label="a mean far from zero, small weights"),
        check.case(_array(12, 4) - 1.0, _samples(12, 4)[1], label="twelve samples, many of them negative"),
        check.case(*_samples(3, 5), label="fewer samples than components"),
        check.case(*_samples(4, 4), label="as many samples as components"),
        check.case(*_samples(5, 1), label="one component"),
        check.case(*_samples(1, 3), label="one sample"),
        check.case(wide[1::2, ::2], gaps[1::2], label="views with gaps, not contiguous"),
        check.case(_samples(3, 7)[0].T, weights, label="a transposed view"),
    ]
    check.agrees(weighted_covariance, inputs, _covariance)


def test_quiz_strides(quiz_strides):
    """A slice with a step stretches a stride, a transpose exchanges two of them."""
    check.choice(quiz_strides)


def test_quiz_strided_write(quiz_strided_write):
    """Where several entries of a view are the same memory, writing into it means nothing."""
    check.choice(quiz_strided_write)


def test_strided_diagonal(strided_diagonal, strided_trace):
    """A view of the diagonal, and its sum: fresh and transposed matrices, blocks of larger ones, step 2."""
    inputs = _square_matrices()
    nothing = check.case(_normal(3, 3)[:0, :0], label="a matrix of no rows")
    check.agrees(strided_diagonal, [*inputs, nothing], _diagonal, view_of=0)
    check.agrees(strided_trace, inputs, lambda mat: _diagonal(mat).sum())


def test_sliding_windows(sliding_windows):
    """Views of all windows: sizes from 1 to w, any batch, slices, transposes, starts further on."""
    check.agrees(sliding_windows, _rows_and_sizes(), _stacked_windows, view_of=0)
    check.shows(_storage_map)


def test_conv1d_minimal_simple(conv1d_minimal_simple):
    """Agrees with torch's conv1d on one channel: short and long kernels, slices and steps of 2."""
    line = _normal(20)
    kernel = _normal(3)
    inputs = [
        check.case(t.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), t.tensor([1.0, 0.0, -1.0]), label="the example"),
        *check.house("w", "kw", lib="torch", sizes=_sizes("w kw", (7, 3), (7, 1), (7, 2), (6, 6), (1, 1), (16, 5))),
        check.case(line[::2], kernel, label="a slice with step 2"),
        check.case(line[4:11], kernel, label="a slice that begins further on"),
        check.case(line[:9], kernel.expand(2, 3)[1], label="a slice of the beginning"),
        check.case(line[:1].expand(6), kernel, label="one number, repeated with stride 0"),
    ]
    check.agrees(conv1d_minimal_simple, inputs, _conv1d_of_one_channel)


def test_conv1d_minimal(conv1d_minimal):
    """Agrees with torch's conv1d: every size once one, sizes that are equal, and views."""
    line = t.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
    two_channels = t.tensor([[[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]])
    table = _normal(2, 9, 3)
    sizes = _sizes(
        "b ic w oc kw",
        (2, 3, 7, 4, 3),
        *((1, 3, 7, 4, 3), (2, 1, 7, 4, 3), (2, 3, 7, 1, 3), (2, 3, 7, 4, 1), (2, 3, 7, 4, 7)),
        *((2, 3, 1, 4, 1), (3, 3, 7, 4, 2), (2, 4, 7, 4, 2), (3, 3, 5, 3, 3), (3, 3, 3, 3, 3)),
        (5, 6, 12, 7, 5),
    )
    inputs = [
        check.case(line, t.tensor([[[1.0, 0.0, -1.0]]]), label="the example of one channel"),
        check.case(two_channels, t.tensor([[[1.0, 1.0], [2.0, 0.0]]]), label="the example of two channels"),
        *check.house("b ic w", "oc ic kw", lib="torch", sizes=sizes),
        check.case(table.transpose(1, 2), _normal(4, 3, 2), label="x transposed: channels were last"),
        check.case(table.transpose(0, 1)[2:], _normal(4, 2, 3), label="x transposed: batch and channels"),
        check.case(table[1:, 2:, 1:], _normal(2, 7, 2), label="a block of a larger tensor"),
    ]
    check.agrees(conv1d_minimal, inputs, functional.conv1d)


def test_conv2d_minimal(conv2d_minimal):
    """Agrees with torch's conv2d: pictures and kernels that are not square, every size once one, views."""
    picture = t.arange(9.0).reshape(1, 1, 3, 3)
    table = _normal(2, 6, 5, 3)
    sizes = _sizes(
        "b ic h w oc kh kw",
        (2, 3, 6, 7, 4, 2, 3),
        *((1, 3, 6, 7, 4, 2, 3), (2, 1, 6, 7, 4, 2, 3), (2, 3, 6, 7, 1, 2, 3), (2, 3, 6, 7, 4, 1, 3)),
        *((2, 3, 6, 7, 4, 2, 1), (2, 3, 1, 7, 4, 1, 3), (2, 3, 6, 1, 4, 2, 1), (2, 3, 6, 7, 4, 6, 7)),
        *((2, 3, 6, 6, 4, 3, 2), (2, 3, 5, 7, 4, 2, 2), (3, 3, 5, 5, 3, 3, 3), (3, 3, 3, 3, 3, 2, 2)),
        *((2, 3, 6, 7, 4, 1, 1), (5, 6, 9, 10, 7, 3, 4)),
    )
    inputs = [
        check.case(picture, t.tensor([[[[1.0, 0.0], [0.0, 1.0]]]]), label="the example"),
        *check.house("b ic h w", "oc ic kh kw", lib="torch", sizes=sizes),
        check.case(picture.mT, t.tensor([[[[1.0, 2.0], [3.0, 5.0]]]]), label="a transposed picture"),
        check.case(table.permute(0, 3, 1, 2), _normal(4, 3, 2, 3), label="x whose channels were last"),
        check.case(table[1:, 2:, 1:, 1:], _normal(2, 4, 2, 1), label="a block of a larger tensor"),
    ]
    check.agrees(conv2d_minimal, inputs, functional.conv2d)
    check.shows(_edges)


# --- expected values ----------------------------------------------------------------------------------------


def _bilinear(x, W, y):
    products = x[:, None, None, :] @ W @ y[:, None, :, None]
    return products[..., 0, 0]


def _scores(q, k):
    return (q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])).astype(q.dtype)


def _covariance(x, w):
    table = np.cov(x.T, aweights=w, ddof=0)
    return np.reshape(table, (x.shape[1], x.shape[1])).astype(x.dtype)


def _diagonal(mat):
    places = t.arange(len(mat))
    return mat[places, places]


def _stacked_windows(x, size):
    starts = range(x.shape[-1] - size + 1)
    return t.stack([x[..., start : start + size] for start in starts], dim=-2)


def _conv1d_of_one_channel(x, weights):
    return functional.conv1d(x[None, None], weights[None, None])[0, 0]


# --- inputs -------------------------------------------------------------------------------------------------


def _sizes(names, *rows):
    return [dict(zip(names.split(), row, strict=True)) for row in rows]


def _array(*shape):
    return check.rng().standard_normal(shape)


def _normal(*shape):
    return t.from_numpy(check.rng().standard_normal(shape))


def _samples(n, d):
    rng = check.rng()
    return rng.standard_normal((n, d)) + 2.0, rng.uniform(0.2, 3.0, size=n)


def _square_matrices():
    big = _normal(9, 8)
    return [
        check.case(t.arange(1.0, 10.0).reshape(3, 3), label="the example"),
        *check.house("i i", lib="torch"),
        check.case(_normal(5, 5).T, label="a transposed matrix"),
        check.case(big[2:6, 3:7], label="a block cut from a larger matrix"),
        check.case(big[:4, :4], label="the corner of a larger matrix"),
        check.case(big[1::2, ::2], label="every second row and column of a larger matrix"),
        check.case(big[3:8, 1:6].T, label="a block cut from a larger matrix, transposed"),
        check.case(big[4:5, 2:3], label="a block of one entry"),
        check.case(big[:1, :4].expand(4, 4), label="one row, repeated with stride 0"),
        check.case(_normal(10, 10), label="a 10 x 10 matrix"),
    ]


def _rows_and_sizes():
    line, table, block = _normal(16), _normal(6, 5), _normal(2, 3, 7)
    return [
        check.case(t.arange(5.0), 3, label="the example"),
        check.case(line, 4, label="sixteen places"),
        check.case(line.float(), 3, label="float32"),
        check.case(line, 1, label="size 1"),
        check.case(line, 6, label="size 6"),
        check.case(line, 16, label="one window as long as x"),
        check.case(line[:1], 1, label="one place, size 1"),
        check.case(line[::2], 3, label="a slice with step 2"),
        check.case(line[5:11], 4, label="a slice that begins further on"),
        check.case(line[3::3], 2, label="a slice that begins further on, with step 3"),
        check.case(line[:9], 3, label="a slice of the beginning"),
        check.case(table, 2, label="a batch of six"),
        check.case(table[:1], 3, label="a batch of one"),
        check.case(table.T, 4, label="a transposed batch"),
        check.case(table[1:, 1:4], 2, label="a block cut from a larger batch"),
        check.case(block, 3, label="a batch of two axes"),
        check.case(block.permute(2, 0, 1), 2, label="a batch of two axes, moved around"),
        check.case(block[:, ::2, 1::2], 2, label="a batch of two axes, slices with step 2"),
        check.case(_normal(3, 3, 3), 2, label="three axes of equal size"),
        check.case(_normal(2, 4, 3, 5), 3, label="a batch of three axes"),
    ]


# --- pictures -----------------------------------------------------------------------------------------------

_PLAIN, _MARKED, _WRONG = 0.0, 1.0, 2.0
_COLOURS = ("#e9edf3", "#8fb8de", "#ef9a8d")  # opaque, so that dark text is readable on them in any theme


def _row_meets_column(args, got, expected):
    """mat2 above, mat1 to the left, the product where they cross; row and column of the first wrong entry are bold."""
    mat1, mat2 = args
    got = np.asarray(got)
    title = "mat1 to the left, mat2 above, the product where they cross."
    if got.shape == expected.shape:
        wrong = ~np.isclose(got, expected, rtol=1e-4, atol=1e-4, equal_nan=True)
        i, k = np.argwhere(wrong)[0] if wrong.any() else (0, 0)
        fact = f"The first wrong entry has a ✗: expected {expected[i, k]:.4g}, got {got[i, k]:.4g}."
        product = _words(got, _crowded(mat1, mat2))
        if wrong.any():
            product[i, k] = f"<b>✗ {product[i, k]}</b>"
    else:
        i = k = 0
        fact = f"Its shape is {expected.shape}, yours is {got.shape}."
        product = np.full(expected.shape, "?", dtype=object)
    meeting = f"At [{i}, {k}] row {i} of mat1 meets column {k} of mat2."
    return _crossing(mat1, mat2, product, (i, k), f"{title} {fact} {meeting}")


def _crossing(mat1, mat2, product, place, title):
    (rows, inner), columns = mat1.shape, mat2.shape[1]
    upper, lower = slice(None, inner), slice(inner + 1, None)
    kinds = np.full((inner + 1 + rows, inner + 1 + columns), np.nan)
    kinds[upper, lower] = kinds[lower, upper] = kinds[lower, lower] = _PLAIN
    text = np.full(kinds.shape, "", dtype=object)
    text[upper, lower], text[lower, upper] = (_words(mat, _crowded(mat1, mat2)) for mat in (mat2, mat1))
    text[lower, lower] = product
    if product.size:
        i, k = inner + 1 + place[0], inner + 1 + place[1]
        kinds[upper, k] = kinds[i, upper] = _MARKED
        kinds[i, k] = _WRONG if "✗" in text[i, k] else _MARKED
        for part in (np.s_[upper, k], np.s_[i, upper]):
            text[part] = [f"<b>{word}</b>" for word in text[part]]
    return _cells(kinds, text, title).update_xaxes(visible=False).update_yaxes(visible=False)


def _crowded(mat1, mat2):
    """Whether the cells are so narrow that numbers have to be short."""
    return mat1.shape[1] + mat2.shape[1] > 11


def _words(table, short=False):
    words = [f"{entry:.2g}".replace("0.", ".") if short else f"{entry:.3g}" for entry in table.ravel().tolist()]
    return np.array(words, dtype=object).reshape(table.shape)


def _cells(kinds, text, title):
    """Cells with text; `kinds` says which are plain, marked or wrong, and where NaN leaves none."""
    import plotly.graph_objects as go

    rows, columns = kinds.shape
    cell = min(58, (620 - 90) // columns)  # screen pixels: a notebook in a window of 800 has room for 620
    cells = go.Heatmap(
        z=[[None if np.isnan(kind) else kind for kind in row] for row in kinds],
        text=text.tolist(),
        texttemplate="%{text}",
        textfont={"color": "#1b1b1b", "size": 13 if cell > 48 else 10},
        colorscale=[[0.0, _COLOURS[0]], [0.5, _COLOURS[1]], [1.0, _COLOURS[2]]],
        zmin=_PLAIN,
        zmax=_WRONG,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
    )
    layout = {
        "template": "none",
        "title": {"text": title.replace(". ", ".<br>"), "font": {"size": 13}},
        "font": {"color": "#767676"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 60, "r": 10, "t": 90, "b": 50},
        "width": max(470, 90 + cell * columns),
        "height": 140 + 32 * rows,
        "xaxis": {"showgrid": False, "zeroline": False, "dtick": 1},
        "yaxis": {"showgrid": False, "zeroline": False, "dtick": 1, "autorange": "reversed"},
        "meta": {"alt": title},
    }
    return go.Figure(cells, layout)


def _score_map():
    """Scores of five queries and seven keys that turn from east to west."""
    angles_q, angles_k = np.linspace(0, np.pi, 5), np.linspace(0, np.pi, 7)
    q, k = (np.stack([np.cos(angles), np.sin(angles)], axis=-1) for angles in (angles_q, angles_k))
    return show.heatmap(
        _scores(q, k).round(2) + 0.0,
        title="attention_scores: queries and keys turn from east to west, like meets like",
        rows="query s",
        columns="key u",
    )


def _storage_map():
    """Every window of three over a storage of eight places."""
    places, size = 8, 3
    windows = places - size + 1
    kinds, text = np.full((windows, places), _PLAIN), np.full((windows, places), "", dtype=object)
    for start in range(windows):
        kinds[start, start : start + size] = _MARKED
        text[start, start : start + size] = range(start, start + size)
    title = f"The {windows} windows of size {size} on a storage of {places} numbers: one row for each window."
    figure = _cells(kinds, text, f"{title} Every number is stored once and seen up to {size} times.")
    return figure.update_xaxes(title_text="place in the storage").update_yaxes(title_text="window")


def _edges():
    """A digit, and how strongly each place answers to a kernel that takes the left side from the right."""
    digit = t.from_numpy(check.data("numbers.npy")[0]).float().mean(0) / 255
    kernel = t.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    edges = functional.conv2d(digit[None, None], kernel[None, None])[0, 0].abs()
    pair = t.cat([digit[1:-1, 1:-1], edges / edges.max()], dim=1)
    return show.picture(pair, "conv2d_minimal: a digit, and its vertical edges")

"""Solutions of part2_einops: rearranging pictures, temperatures and tokens with einops."""

import einops
import numpy as np
import torch as t
from jaxtyping import Float, Int, UInt8


def arr1(arr: UInt8[np.ndarray, "b c h w"]) -> UInt8[np.ndarray, "..."]:
    """All pictures in one column, the first one on top.

    arr: pictures, uint8, shape (b, c, h, w).
    Returns one picture, uint8, (3, 900, 150) for the sheet of digits.

    >>> arr1(np.zeros((6, 3, 150, 150), dtype=np.uint8)).shape
    (3, 900, 150)
    """
    return einops.rearrange(arr, "b c h w -> c (b h) w")


def arr2(arr: UInt8[np.ndarray, "b c h w"]) -> UInt8[np.ndarray, "..."]:
    """The first picture twice, one copy above the other.

    arr: pictures, uint8, shape (b, c, h, w).
    Returns one picture, uint8, (3, 300, 150) for the sheet of digits.

    >>> arr2(np.zeros((6, 3, 150, 150), dtype=np.uint8)).shape
    (3, 300, 150)
    """
    return einops.repeat(arr[0], "c h w -> c (2 h) w")


def arr3(arr: UInt8[np.ndarray, "b c h w"]) -> UInt8[np.ndarray, "..."]:
    """The first two pictures one above the other, and this column once more to its right.

    arr: pictures, uint8, shape (b, c, h, w).
    Returns one picture, uint8, (3, 300, 300) for the sheet of digits.

    >>> arr3(np.zeros((6, 3, 150, 150), dtype=np.uint8)).shape
    (3, 300, 300)
    """
    return einops.repeat(arr[:2], "b c h w -> c (b h) (2 w)")


def arr4(arr: UInt8[np.ndarray, "b c h w"]) -> UInt8[np.ndarray, "..."]:
    """The first picture, stretched to twice its height.

    arr: pictures, uint8, shape (b, c, h, w).
    Returns one picture, uint8, (3, 300, 150) for the sheet of digits.

    >>> arr4(np.zeros((6, 3, 150, 150), dtype=np.uint8)).shape
    (3, 300, 150)
    """
    return einops.repeat(arr[0], "c h w -> c (h 2) w")


def arr5(arr: UInt8[np.ndarray, "b c h w"]) -> UInt8[np.ndarray, "..."]:
    """The red, the green and the blue plane of the first picture side by side, in grey.

    arr: pictures, uint8, shape (b, c, h, w).
    Returns a grey picture (two axes), uint8, (150, 450) for the sheet of digits.

    >>> arr5(np.zeros((6, 3, 150, 150), dtype=np.uint8)).shape
    (150, 450)
    """
    return einops.rearrange(arr[0], "c h w -> h (c w)")


def arr6(arr: UInt8[np.ndarray, "b c h w"]) -> UInt8[np.ndarray, "..."]:
    """All pictures in two rows, filled row by row.

    arr: pictures, uint8, shape (b, c, h, w), b even.
    Returns one picture, uint8, (3, 300, 450) for the sheet of digits.

    >>> arr6(np.zeros((6, 3, 150, 150), dtype=np.uint8)).shape
    (3, 300, 450)
    """
    return einops.rearrange(arr, "(rows columns) c h w -> c (rows h) (columns w)", rows=2)


def arr7(arr: UInt8[np.ndarray, "b c h w"]) -> UInt8[np.ndarray, "..."]:
    """The second picture with height and width exchanged.

    arr: pictures, uint8, shape (b, c, h, w).
    Returns one picture, uint8, (3, 150, 150) for the sheet of digits.

    >>> arr7(np.zeros((6, 3, 150, 150), dtype=np.uint8)).shape
    (3, 150, 150)
    """
    return einops.rearrange(arr[1], "c h w -> c w h")


def arr8(arr: UInt8[np.ndarray, "b c h w"]) -> UInt8[np.ndarray, "..."]:
    """All pictures in two rows at half size, every pixel the maximum of a 2 x 2 square.

    arr: pictures, uint8, shape (b, c, h, w), all but c even.
    Returns one picture, uint8, (3, 150, 225) for the sheet of digits.

    >>> arr8(np.zeros((6, 3, 150, 150), dtype=np.uint8)).shape
    (3, 150, 225)
    """
    return einops.reduce(arr, "(rows columns) c (h 2) (w 2) -> c (rows h) (columns w)", "max", rows=2)


def rearrange_1() -> Int[t.Tensor, "3 2"]:
    """The whole numbers from 3 to 8, two to a row.

    Returns an int64 tensor of shape (3, 2).

    >>> rearrange_1()
    tensor([[3, 4],
            [5, 6],
            [7, 8]])
    """
    return einops.rearrange(t.arange(3, 9), "(rows columns) -> rows columns", rows=3)


def rearrange_2() -> Int[t.Tensor, "2 3"]:
    """The whole numbers from 1 to 6, three to a row.

    Returns an int64 tensor of shape (2, 3).

    >>> rearrange_2()
    tensor([[1, 2, 3],
            [4, 5, 6]])
    """
    return einops.rearrange(t.arange(1, 7), "(rows columns) -> rows columns", rows=2)


def temperatures_average(temps: Float[t.Tensor, "days"]) -> Float[t.Tensor, "weeks"]:
    """Mean temperature of each week.

    temps: one temperature a day, in order, shape (days,); days is a multiple of 7.
    Returns one mean a week, shape (weeks,), dtype as temps.
    Raises AssertionError when the days are not whole weeks.

    >>> temperatures_average(t.tensor([71., 72, 70, 75, 71, 72, 70, 75, 80, 85, 80, 78, 72, 83]))
    tensor([71.5714, 79.0000])
    """
    assert len(temps) % 7 == 0, f"{len(temps)} days are not whole weeks"
    return einops.reduce(temps, "(weeks 7) -> weeks", "mean")


def temperatures_differences(temps: Float[t.Tensor, "days"]) -> Float[t.Tensor, "days"]:
    """How far each day was above (+) or below (-) the mean of its week.

    temps: one temperature a day, in order, shape (days,); days is a multiple of 7.
    Returns day minus mean of its week, shape (days,), dtype as temps.
    Raises AssertionError when the days are not whole weeks.

    >>> temperatures_differences(t.tensor([71., 72, 70, 75, 71, 72, 70, 75, 80, 85, 80, 78, 72, 83]))
    tensor([-0.5714,  0.4286, -1.5714,  3.4286, -0.5714,  0.4286, -1.5714, -4.0000,
             1.0000,  6.0000,  1.0000, -1.0000, -7.0000,  4.0000])
    """
    assert len(temps) % 7 == 0, f"{len(temps)} days are not whole weeks"
    means = einops.reduce(temps, "(weeks 7) -> weeks", "mean")
    return temps - einops.repeat(means, "weeks -> (weeks 7)")


def temperatures_normalized(temps: Float[t.Tensor, "days"]) -> Float[t.Tensor, "days"]:
    """How many standard deviations of its week each day was above or below the mean of its week.

    temps: one temperature a day, in order, shape (days,); days is a multiple of 7.
    Returns (day - mean) / standard deviation, both of the day's week and the latter as `t.std` gives it,
    shape (days,), dtype as temps.
    Raises AssertionError when the days are not whole weeks.

    >>> temperatures_normalized(t.tensor([71., 72, 70, 75, 71, 72, 70, 75, 80, 85, 80, 78, 72, 83]))
    tensor([-0.3326,  0.2494, -0.9146,  1.9954, -0.3326,  0.2494, -0.9146, -0.8944,
             0.2236,  1.3416,  0.2236, -0.2236, -1.5652,  0.8944])
    """
    assert len(temps) % 7 == 0, f"{len(temps)} days are not whole weeks"
    means = einops.reduce(temps, "(weeks 7) -> weeks", "mean")
    spreads = einops.reduce(temps, "(weeks 7) -> weeks", t.std)
    centred = temps - einops.repeat(means, "weeks -> (weeks 7)")
    return centred / einops.repeat(spreads, "weeks -> (weeks 7)")


quiz_bracket_order = "a"

quiz_reshape_transpose = "b"


def patchify(images: Float[t.Tensor, "b c h w"], p: int) -> Float[t.Tensor, "b n d"]:
    """Cut each image into p x p patches, read row by row, and flatten each patch to a vector.

    images: shape (b, c, h, w), h and w multiples of p. p: side of a patch in pixels.
    Returns shape (b, n, d), n = h * w / p^2 and d = c * p^2, dtype as images. Inside a patch the numbers
    are in the order row, column, channel: the channel varies fastest.
    Raises any exception when p does not divide h or w.

    >>> patchify(t.arange(16.).reshape(1, 1, 4, 4), p=2)
    tensor([[[ 0.,  1.,  4.,  5.],
             [ 2.,  3.,  6.,  7.],
             [ 8.,  9., 12., 13.],
             [10., 11., 14., 15.]]])
    """
    return einops.rearrange(images, "b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=p, p2=p)


def unpatchify(
    patches: Float[t.Tensor, "b n d"],
    p: int,
    c: int,
    h: int,
    w: int,
) -> Float[t.Tensor, "b c h w"]:
    """Put the patches of `patchify` together again.

    patches: shape (b, n, d), n = h * w / p^2 and d = c * p^2. p: side of a patch in pixels.
    c, h, w: channels, height and width of the images to be made.
    Returns the images, shape (b, c, h, w), dtype as patches.

    >>> unpatchify(t.tensor([[[0., 1, 4, 5], [2, 3, 6, 7]]]), p=2, c=1, h=2, w=4)
    tensor([[[[0., 1., 2., 3.],
              [4., 5., 6., 7.]]]])
    """
    rows, columns = h // p, w // p
    return einops.rearrange(patches, "b (h w) (p1 p2 c) -> b c (h p1) (w p2)", h=rows, w=columns, p1=p, p2=p)


def pixel_shuffle(x: Float[t.Tensor, "b cr2 h w"], r: int) -> Float[t.Tensor, "b c hr wr"]:
    """Turn channels into pixels: r^2 neighbouring channels of a pixel fill an r x r square, row by row.

    x: shape (b, c * r^2, h, w). r: how many times higher and wider the result is.
    Returns shape (b, c, h * r, w * r), dtype as x.

    >>> pixel_shuffle(t.tensor([0., 1, 2, 3]).reshape(1, 4, 1, 1), r=2)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    return einops.rearrange(x, "b (c r1 r2) h w -> b c (h r1) (w r2)", r1=r, r2=r)


def split_heads(x: Float[t.Tensor, "b s e"], n_heads: int) -> Float[t.Tensor, "b heads s d"]:
    """Cut the embedding into n_heads consecutive blocks and give each head its own.

    x: shape (b, s, e): batch (may be empty), position, embedding; e a multiple of n_heads.
    Returns shape (b, heads, s, d), d = e / n_heads, dtype as x.
    Raises any exception when n_heads does not divide e.

    >>> split_heads(t.arange(6.).reshape(1, 1, 6), n_heads=2)
    tensor([[[[0., 1., 2.]],
    <BLANKLINE>
             [[3., 4., 5.]]]])
    """
    return einops.rearrange(x, "b s (heads d) -> b heads s d", heads=n_heads)


def merge_heads(x: Float[t.Tensor, "b heads s d"]) -> Float[t.Tensor, "b s e"]:
    """Undo `split_heads`: at each position, lay the blocks of the heads one after the other.

    x: shape (b, heads, s, d), the batch may be empty.
    Returns shape (b, s, e), e = heads * d, dtype as x.

    >>> merge_heads(t.arange(6.).reshape(1, 2, 1, 3))
    tensor([[[0., 1., 2., 3., 4., 5.]]])
    """
    return einops.rearrange(x, "b heads s d -> b s (heads d)")


def pack_tokens(
    cls: Float[t.Tensor, "b d"],
    patches: Float[t.Tensor, "b h w d"],
) -> tuple[Float[t.Tensor, "b s d"], list]:
    """Make one sequence of the class token and the grid of patches.

    cls: one class token an image, shape (b, d). patches: a grid of tokens an image, shape (b, h, w, d).
    Returns the tokens, shape (b, s, d), s = 1 + h * w, the class token first, then the patches row by row;
    and a list `ps` of the packed shapes, from which `unpack_tokens` can undo it.

    >>> tokens, ps = pack_tokens(t.zeros(2, 5), t.ones(2, 3, 4, 5))
    >>> tokens.shape
    torch.Size([2, 13, 5])
    """
    return einops.pack([cls, patches], "b * d")


def unpack_tokens(
    tokens: Float[t.Tensor, "b s d"],
    ps: list,
) -> tuple[Float[t.Tensor, "b d"], Float[t.Tensor, "b h w d"]]:
    """Undo `pack_tokens`.

    tokens: one sequence an image, shape (b, s, d). ps: the list of your `pack_tokens`; sizes in it may come
    as lists of ints, tuples or torch.Size.
    Returns the class token, shape (b, d), and the patches, shape (b, h, w, d).

    >>> tokens, ps = pack_tokens(t.zeros(2, 5), t.ones(2, 3, 4, 5))
    >>> [part.shape for part in unpack_tokens(tokens, ps)]
    [torch.Size([2, 5]), torch.Size([2, 3, 4, 5])]
    """
    cls, patches = einops.unpack(tokens, ps, "b * d")
    return cls, patches


def contact_sheet(
    arr: UInt8[np.ndarray, "b c h w"],
    columns: int,
    fill: int = 0,
) -> UInt8[np.ndarray, "c H W"]:
    """All pictures on one sheet with the given number of columns, filled row by row.

    arr: pictures, uint8, shape (b, c, h, w), at least one. columns: places in a row.
    fill: value of every pixel in the places left over at the end, 0 to 255.
    Returns one picture, uint8, shape (c, H, W), H = h * rows and W = w * columns.

    >>> contact_sheet(np.array([1, 2, 3], dtype=np.uint8).reshape(3, 1, 1, 1), columns=2, fill=9)
    array([[[1, 2],
            [3, 9]]], dtype=uint8)
    """
    blanks = -len(arr) % columns
    padded = np.pad(arr, [(0, blanks), (0, 0), (0, 0), (0, 0)], constant_values=fill)
    return einops.rearrange(padded, "(rows columns) c h w -> c (rows h) (columns w)", columns=columns)

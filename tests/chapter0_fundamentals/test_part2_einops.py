"""Tests of part2_einops. Pictures are judged by NumPy's stacking functions, the rest by plain loops."""

import functools
import itertools
import statistics

import numpy as np
import torch as t

from workbook import check

# --- pictures -------------------------------------------------------------------------------------


def _below(pictures):
    return np.concatenate(list(pictures), axis=1)


def _beside(pictures):
    return np.concatenate(list(pictures), axis=2)


def _two_rows(arr):
    half = len(arr) // 2
    return _below([_beside(arr[:half]), _beside(arr[half:])])


def _brightest_of_squares(arr):
    corners = [arr[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)]
    return functools.reduce(np.maximum, corners)


_TARGETS = {
    "arr1": _below,
    "arr2": lambda arr: _below([arr[0], arr[0]]),
    "arr3": lambda arr: _beside([_below(arr[:2]), _below(arr[:2])]),
    "arr4": lambda arr: np.repeat(arr[0], 2, axis=1),
    "arr5": lambda arr: np.concatenate([arr[0, 0], arr[0, 1], arr[0, 2]], axis=1),
    "arr6": _two_rows,
    "arr7": lambda arr: arr[1].transpose(0, 2, 1),
    "arr8": lambda arr: _two_rows(_brightest_of_squares(arr)),
}


def display_soln_array_as_img(n: int) -> None:
    """Show the target picture of the exercise arr<n>."""
    from workbook.show import display_array_as_img  # here, because a grader never draws

    display_array_as_img(_TARGETS[f"arr{n}"](check.data("numbers.npy")))


def _sheets():
    """The six digits and two random sheets, which are neither square nor of one length."""
    sheets = [check.case(check.data("numbers.npy"), label="the six digits")]
    for shape, label in [((6, 3, 4, 6), "six random pictures"), ((8, 3, 6, 4), "eight random pictures")]:
        sheets.append(check.case(_random_pictures(*shape), label=f"{label} of {shape[2]} x {shape[3]}"))
    return sheets


def _random_pictures(*shape):
    return check.rng().integers(0, 256, size=shape, dtype=np.uint8)


def test_arr1(arr1):
    """All pictures in one column, in order, whatever their number and size."""
    check.picture(arr1, _TARGETS["arr1"], _sheets())


def test_arr2(arr2):
    """The first picture twice, one copy above the other."""
    check.picture(arr2, _TARGETS["arr2"], _sheets())


def test_arr3(arr3):
    """The first two pictures in a column, and the column twice."""
    check.picture(arr3, _TARGETS["arr3"], _sheets())


def test_arr4(arr4):
    """Every row of the first picture twice, on the spot."""
    check.picture(arr4, _TARGETS["arr4"], _sheets())


def test_arr5(arr5):
    """Red, green and blue plane of the first picture side by side, with two axes."""
    check.picture(arr5, _TARGETS["arr5"], _sheets())


def test_arr6(arr6):
    """All pictures in two rows, filled row by row, whatever their number."""
    check.picture(arr6, _TARGETS["arr6"], _sheets())


def test_arr7(arr7):
    """The second picture with height and width exchanged, the channels where they were."""
    check.picture(arr7, _TARGETS["arr7"], _sheets())


def test_arr8(arr8):
    """Two rows of pictures at half size, every pixel the maximum of its 2 x 2 square."""
    check.picture(arr8, _TARGETS["arr8"], _sheets())


# --- tables and temperatures ----------------------------------------------------------------------


def _twice():
    return [check.case(), check.case(label="a second call")]


def test_rearrange_1(rearrange_1):
    """The whole numbers from 3 to 8 in three rows, as int64."""
    check.agrees(rearrange_1, _twice(), expected=lambda: t.tensor([[3, 4], [5, 6], [7, 8]]))


def test_rearrange_2(rearrange_2):
    """The whole numbers from 1 to 6 in two rows, as int64."""
    check.agrees(rearrange_2, _twice(), expected=lambda: t.tensor([[1, 2, 3], [4, 5, 6]]))


FORTNIGHT = [71.0, 72, 70, 75, 71, 72, 70, 75, 80, 85, 80, 78, 72, 83]


def _whole_weeks():
    """The fortnight of the text, then one week, another two, three, seven (a square of days) and ten."""
    sizes = [{"days": 21}, {"days": 7}, {"days": 14}, {"days": 49}, {"days": 70}]
    random = check.house("days", lib="torch", sizes=sizes)
    return [check.case(t.tensor(FORTNIGHT), label="the fortnight"), *random]


def _broken_weeks():
    return [check.case(_random(days), label=f"{days} days") for days in (13, 1, 8, 20)]


def _random(*shape):
    return t.from_numpy(check.rng().standard_normal(shape))


def _weeks(temps):
    days = temps.tolist()
    return [days[first : first + 7] for first in range(0, len(days), 7)]


def _means(temps):
    return t.tensor([statistics.fmean(week) for week in _weeks(temps)], dtype=temps.dtype)


def _differences(temps):
    rest = [day - statistics.fmean(week) for week in _weeks(temps) for day in week]
    return t.tensor(rest, dtype=temps.dtype)


def _normalized(temps):
    scores = []
    for week in _weeks(temps):
        mean, spread = statistics.fmean(week), statistics.stdev(week)
        scores += [(day - mean) / spread for day in week]
    return t.tensor(scores, dtype=temps.dtype)


def test_temperatures_average(temperatures_average):
    """The mean of seven consecutive days, for any number of weeks; broken weeks are refused."""
    check.agrees(temperatures_average, _whole_weeks(), expected=_means)
    check.rejects(temperatures_average, _broken_weeks(), why="these days are not whole weeks")


def test_temperatures_differences(temperatures_differences):
    """Each day minus the mean of its own week, for any number of weeks; broken weeks are refused."""
    check.agrees(temperatures_differences, _whole_weeks(), expected=_differences)
    check.rejects(temperatures_differences, _broken_weeks(), why="these days are not whole weeks")


def test_temperatures_normalized(temperatures_normalized):
    """Each day in standard deviations of its week, the same after a shift or a change of unit."""
    fahrenheit = t.tensor(FORTNIGHT, dtype=t.float64)
    spreads = t.tensor([0.01, 1.0, 100.0], dtype=t.float64).repeat_interleave(7)
    cases = [
        *_whole_weeks(),
        check.case((fahrenheit - 32) / 1.8, label="the fortnight in degrees Celsius"),
        check.case(_random(21) * spreads + 50, label="weeks of very different spread"),
    ]
    check.agrees(temperatures_normalized, cases, expected=_normalized)
    check.rejects(temperatures_normalized, _broken_weeks(), why="these days are not whole weeks")


def test_quiz_bracket_order(quiz_bracket_order):
    """Who varies fastest inside a bracket."""
    check.choice(quiz_bracket_order)


def test_quiz_reshape_transpose(quiz_reshape_transpose):
    """A reshape keeps the reading order, exchanging axes does not."""
    check.choice(quiz_reshape_transpose)


# --- inside a vision transformer ------------------------------------------------------------------


def _pixels(p, c, h, w):
    """For every pixel of an image: number of its patch, place in that patch, and channel, row, column."""
    corners = itertools.product(range(0, h, p), range(0, w, p))
    for n, (top, left) in enumerate(corners):
        for k, (row, column, channel) in enumerate(itertools.product(range(p), range(p), range(c))):
            yield n, k, channel, top + row, left + column


def _patches(images, p):
    b, c, h, w = images.shape
    out = images.new_full((b, h * w // p**2, c * p**2), t.nan)
    for n, k, channel, row, column in _pixels(p, c, h, w):
        out[:, n, k] = images[:, channel, row, column]
    return out


def _images(patches, p, c, h, w):
    out = patches.new_full((len(patches), c, h, w), t.nan)
    for n, k, channel, row, column in _pixels(p, c, h, w):
        out[:, channel, row, column] = patches[:, n, k]
    return out


_GRIDS = [
    (2, 3, 6, 4, 1),
    (2, 3, 4, 8, 4),
    (1, 2, 5, 5, 5),
    (3, 1, 9, 6, 3),
    (1, 3, 6, 6, 2),
    (4, 4, 4, 4, 2),
    (4, 1, 4, 4, 2),
    (2, 1, 1, 3, 1),
    (2, 1, 3, 1, 1),
    (5, 5, 8, 10, 2),
]  # b, c, h, w, p


def _image_cases():
    """The sixteen numbers of the text, house inputs, then other grids, with p = 1 and p = h among them."""
    sixteen = t.arange(16.0).reshape(1, 1, 4, 4)
    cases = [check.case(sixteen, 2, label="the numbers 0 to 15")]
    for row in check.house("b c h w", lib="torch", sizes=[{"b": 2, "c": 3, "h": 4, "w": 6}]):
        cases.append(check.case(*row.args, 2, label=row.label))
    for b, c, h, w, p in _GRIDS:
        cases.append(check.case(_random(b, c, h, w), p, label=f"images of {h} x {w}, p = {p}"))
    return cases


def _patch_cases():
    """The same grids from the other side: vectors of patches that no image has been cut into."""
    cases = [check.case(t.tensor([[[0.0, 1, 4, 5], [2, 3, 6, 7]]]), 2, 1, 2, 4, label="two patches")]
    for row in check.house("b n d", lib="torch", sizes=[{"b": 2, "n": 6, "d": 12}]):
        cases.append(check.case(*row.args, 2, 3, 4, 6, label=row.label))
    for b, c, h, w, p in _GRIDS:
        patches = _random(b, h * w // p**2, c * p**2)
        cases.append(check.case(patches, p, c, h, w, label=f"images of {h} x {w}, p = {p}"))
    return cases


def _uncut_images():
    sizes = [(4, 5, 2), (5, 4, 2), (3, 3, 2), (6, 6, 4), (2, 4, 4)]
    return [check.case(_random(2, 3, h, w), p, label=f"images of {h} x {w}, p = {p}") for h, w, p in sizes]


def _numbered_patches(picture):
    """Figure of one picture cut into patches, drawn apart and numbered in reading order."""
    from workbook.show import picture as draw

    p, gap = 30, 5
    corners = list(itertools.product(range(0, picture.shape[1], p), range(0, picture.shape[2], p)))
    apart = [(top // p * (p + gap), left // p * (p + gap)) for top, left in corners]
    sheet = np.full((3, apart[-1][0] + p, apart[-1][1] + p), 255, dtype=np.uint8)
    for (top, left), (y, x) in zip(corners, apart, strict=True):
        sheet[:, y : y + p, x : x + p] = picture[:, top : top + p, left : left + p]
    enlarged = np.repeat(np.repeat(sheet, 2, axis=1), 2, axis=2)
    figure = draw(enlarged, "the patches, numbered in reading order")
    for n, (y, x) in enumerate(apart):
        figure.add_annotation(
            x=2 * x + 2,
            y=2 * y + 2,
            text=str(n),
            showarrow=False,
            xanchor="left",
            yanchor="top",
            bgcolor="white",
            opacity=0.8,
            borderpad=1,
            font={"color": "black", "size": 12},
        )
    return figure


def test_patchify(patchify, unpatchify):
    """Patches in reading order, each row, column, channel, and the way back; sizes that do not fit raise."""
    check.agrees(patchify, _image_cases(), expected=_patches)
    check.rejects(patchify, _uncut_images(), error=Exception, why="p does not divide height and width")
    check.agrees(unpatchify, _patch_cases(), expected=_images)
    two = check.data("numbers.npy")[2]
    check.shows(lambda: _numbered_patches(two))


def _interleaved(x, r):
    b, channels, h, w = x.shape
    out = x.new_full((b, channels // r**2, h * r, w * r), t.nan)
    for channel in range(channels):
        c, place = divmod(channel, r**2)
        row, column = divmod(place, r)
        out[:, c, row::r, column::r] = x[:, channel]
    return out


def test_pixel_shuffle(pixel_shuffle):
    """Neighbouring channels fill an r x r square row by row, also for several output channels and r = 1."""
    cases = [check.case(t.arange(4.0).reshape(1, 4, 1, 1), 2, label="one pixel of four channels")]
    for row in check.house("b cr2 h w", lib="torch", sizes=[{"b": 2, "cr2": 8, "h": 3, "w": 5}]):
        cases.append(check.case(*row.args, 2, label=row.label))
    for b, channels, h, w, r in [
        (1, 8, 3, 5, 2),
        (2, 3, 4, 2, 1),
        (2, 18, 2, 3, 3),
        (3, 16, 2, 2, 2),
        (1, 16, 1, 3, 4),
        (4, 4, 4, 4, 2),
        (5, 4, 9, 10, 2),
        (1, 25, 2, 3, 5),
    ]:
        label = f"{channels} channels of {h} x {w}, r = {r}"
        cases.append(check.case(_random(b, channels, h, w), r, label=label))
    check.agrees(pixel_shuffle, cases, expected=_interleaved)


def _heads(x, n_heads):
    b, s, e = x.shape
    d = e // n_heads
    out = x.new_full((b, n_heads, s, d), t.nan)
    for head, i in itertools.product(range(n_heads), range(d)):
        out[:, head, :, i] = x[:, :, head * d + i]
    return out


def _merged(x):
    b, heads, s, d = x.shape
    out = x.new_full((b, s, heads * d), t.nan)
    for head, i in itertools.product(range(heads), range(d)):
        out[:, :, head * d + i] = x[:, head, :, i]
    return out


def test_split_heads(split_heads, merge_heads):
    """Consecutive blocks of the embedding, one a head, and the way back; heads that do not divide raise."""
    cases = [check.case(t.arange(6.0).reshape(1, 1, 6), 2, label="one position, two heads")]
    for row in check.house("b s e", lib="torch", sizes=[{"b": 2, "s": 5, "e": 12}]):
        cases.append(check.case(*row.args, 3, label=row.label))
    for b, s, e, heads in [
        (2, 3, 12, 3),
        (2, 4, 5, 5),
        (3, 4, 6, 1),
        (1, 3, 9, 3),
        (2, 1, 8, 2),
        (2, 3, 1, 1),
        (4, 4, 4, 2),
        (5, 9, 10, 5),
    ]:
        label = f"x of shape ({b}, {s}, {e}) and {heads} head{'s' * (heads > 1)}"
        cases.append(check.case(_random(b, s, e), heads, label=label))
    check.agrees(split_heads, cases, expected=_heads)
    sizes = [(6, 4), (5, 2), (2, 3)]
    unfit = [check.case(_random(2, 4, e), heads, label=f"e = {e}, {heads} heads") for e, heads in sizes]
    check.rejects(split_heads, unfit, error=Exception, why="the heads do not divide the embedding")
    parts = [
        check.case(t.arange(6.0).reshape(1, 2, 1, 3), label="the numbers 0 to 5 of two heads"),
        check.case(_random(5, 6, 9, 7), label="six heads, nine positions"),
        *check.house("b heads s d", lib="torch"),
    ]
    check.agrees(merge_heads, parts, expected=_merged)


def _token_cases():
    """Class tokens and grids of patches: the text's shapes, one patch, one row, one column, house inputs."""
    counted = t.arange(24.0).reshape(2, 2, 3, 2)
    cases = [
        check.case(_random(2, 5), _random(2, 3, 4, 5), label="a grid of 3 x 4"),
        check.case(counted[:, 0, 0] + 100, counted, label="whole numbers"),
    ]
    grids = [(1, 4, 3, 2), (3, 1, 1, 4), (2, 1, 5, 3), (2, 5, 1, 3), (2, 3, 3, 1), (3, 3, 3, 3), (4, 1, 3, 4), (5, 2, 9, 6)]
    for b, h, w, d in grids:
        cases.append(check.case(_random(b, d), _random(b, h, w, d), label=f"a grid of {h} x {w}"))
    return cases + check.house("b d", "b h w d", lib="torch", sizes=[{"b": 2, "h": 3, "w": 2, "d": 4}])


def _sequence(cls, patches):
    _, h, w, _ = patches.shape
    rows = [patches[:, row, column] for row, column in itertools.product(range(h), range(w))]
    return t.stack([cls, *rows], dim=1)


def _shapes(pack_tokens, cls, patches):
    """What the student's pack_tokens keeps for the way back, as plain data; its form is free."""
    packed = check.call(pack_tokens, cls, patches)
    return packed[1] if isinstance(packed, tuple | list) and len(packed) == 2 else []


def _plain(ps):
    """Lists, tuples and torch.Size, however deep, as lists of ints: what is left of them in a file."""
    if isinstance(ps, tuple | list):
        return [_plain(item) for item in ps]
    return int(ps) if isinstance(ps, int | np.integer) else ps


def _grid(tokens, h, w):
    rows = [t.stack([tokens[:, 1 + row * w + column] for column in range(w)], dim=1) for row in range(h)]
    return t.stack(rows, dim=1)


def test_pack_tokens(pack_tokens, unpack_tokens):
    """Class token first, then patches row by row; the shapes as plain lists undo it for any such sequence."""
    cases = _token_cases()
    check.agrees(
        pack_tokens,
        cases,
        expected=lambda cls, patches: (_sequence(cls, patches), _shapes(pack_tokens, cls, patches)),
    )
    # All packed before any is unpacked: what is not in `ps` must not be remembered elsewhere.
    kept = [_plain(_shapes(pack_tokens, *row.args)) for row in cases]
    for row, ps in zip(cases, kept, strict=True):
        check.require(
            isinstance(ps, list),
            "the second result of pack_tokens is not a list.",
            advice="Return the tokens and a list of shapes: unpack_tokens gets nothing else to undo it by.",
        )
        _check_unpacking(unpack_tokens, row, ps)


def _check_unpacking(unpack_tokens, row, ps):
    """Fresh tokens first, so that nothing but the shapes can have been kept; then the way back."""
    cls, patches = row.args
    b, h, w, d = patches.shape
    fresh = _random(b, 1 + h * w, d).to(patches.dtype)
    view = _random(d, 2 + h * w, b).permute(2, 1, 0)[:, 1:]
    check.agrees(
        unpack_tokens,
        [
            check.case(fresh, ps, label=row.label),
            check.case(view, _plain(ps), label=f"{row.label}, tokens that are a view"),
            check.case(_sequence(cls, patches), _plain(ps), label=f"{row.label}, the way back"),
        ],
        expected=lambda tokens, ps: (tokens[:, 0], _grid(tokens, h, w)),
    )


# --- a contact sheet ------------------------------------------------------------------------------


def _sheet(arr, columns, fill=0):
    b, c, h, w = arr.shape
    rows = 0
    while rows * columns < b:
        rows += 1
    out = np.full((c, rows * h, columns * w), fill, dtype=np.uint8)
    for place, picture in enumerate(arr):
        top, left = place // columns * h, place % columns * w
        out[:, top : top + h, left : left + w] = picture
    return out


def test_contact_sheet(contact_sheet):
    """Rows filled one after the other, places left over with the fill, as uint8."""
    digits = check.data("numbers.npy")
    cases = [check.case(digits, 4, label="the six digits in four columns")]
    for b, columns in [(6, 3), (6, 4), (7, 2), (3, 5), (1, 1), (1, 3), (5, 1), (4, 4), (9, 3), (13, 5)]:
        pictures = _random_pictures(b, 3, 4, 6)
        label = f"{b} picture{'s' * (b > 1)}, {columns} column{'s' * (columns > 1)}"
        cases.append(check.case(pictures, columns, label=label))
        cases.append(check.case(pictures, columns, 255, label=f"{label}, fill 255"))
    cases.append(check.case(_random_pictures(5, 3, 6, 4), columns=2, fill=128, label="arguments by name"))
    view = _random_pictures(4, 6, 10, 3).transpose(1, 3, 0, 2)[:5, :, :, ::2]
    cases.append(check.case(view, 3, 7, label="a view that is not contiguous"))
    check.picture(contact_sheet, _sheet, cases)
    other = [check.case(_random_pictures(3, 1, 2, 2), 2, label="grey pictures")]
    for shape in [(4, 4, 4, 4), (5, 6, 1, 3), (5, 6, 3, 1)]:
        other.append(check.case(_random_pictures(*shape), 3, 5, label=f"pictures of shape {shape}"))
    check.agrees(contact_sheet, other, expected=_sheet)

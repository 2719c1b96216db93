"""Known wrong answers of part2_einops; each docstring is what the student reads."""

import einops
import numpy as np
import torch as t


def arr1__row(arr):
    """The digits stand side by side; they should stand in one column. It is the height that grows."""
    return einops.rearrange(arr, "b c h w -> c h (b w)")


def arr1__interleaved(arr):
    """The rows of different digits are shuffled into each other: swap the order inside the brackets."""
    return einops.rearrange(arr, "b c h w -> c (h b) w")


def arr1__reversed(arr):
    """The last digit is on top; the column should start with the first one."""
    return einops.rearrange(arr[::-1], "b c h w -> c (b h) w")


def arr1__channels_merged(arr):
    """Colours ended up among the rows: a reshape alone cannot carry the batch axis past the channels."""
    b, c, h, w = arr.shape
    return arr.reshape(c, b * h, w)


def arr1__channels_last(arr):
    """The channels are the last axis of your result; in this part they come first: channel, height, width."""
    return einops.rearrange(arr, "b c h w -> (b h) w c")


def arr2__stretched(arr):
    """The digit is stretched, not copied: every row of pixels stands there twice in succession."""
    return einops.repeat(arr[0], "c h w -> c (h 2) w")


def arr2__side(arr):
    """The two copies are side by side; one should stand above the other."""
    return einops.repeat(arr[0], "c h w -> c h (2 w)")


def arr2__two_digits(arr):
    """Below stands another digit; it must be the first one both times."""
    return einops.rearrange(arr[:2], "b c h w -> c (b h) w")


def arr2__all_digits(arr):
    """The whole sheet was copied; only the first digit takes part."""
    return einops.repeat(arr, "b c h w -> b c (2 h) w")


def arr3__across(arr):
    """The digits run across and the copies run down; it should be the other way round."""
    return einops.repeat(arr[:2], "b c h w -> c (2 h) (b w)")


def arr3__stretched(arr):
    """The column was stretched to twice its width, not copied: every column of pixels stands there twice in succession."""
    return einops.repeat(arr[:2], "b c h w -> c (b h) (w 2)")


def arr3__one_digit(arr):
    """The first digit is everywhere; the lower half must be the second digit."""
    return einops.repeat(arr[0], "c h w -> c (2 h) (twice w)", twice=2)


def arr3__all_digits(arr):
    """The column holds every digit of the sheet; only the first two take part."""
    return einops.repeat(arr, "b c h w -> c (b h) (2 w)")


def arr3__interleaved(arr):
    """Rows of the two digits alternate: inside the bracket of the height the digit must vary slowest."""
    return einops.repeat(arr[:2], "b c h w -> c (h b) (2 w)")


def arr4__copied(arr):
    """These are two copies, one above the other: the number stands on the other side of the letter."""
    return einops.repeat(arr[0], "c h w -> c (2 h) w")


def arr4__wide(arr):
    """The digit became wider; it should become taller."""
    return einops.repeat(arr[0], "c h w -> c h (w 2)")


def arr4__blank(arr):
    """Between the rows there are empty ones: each row must be doubled."""
    c, h, w = arr[0].shape
    out = np.zeros((c, 2 * h, w), dtype=arr.dtype)
    out[:, ::2] = arr[0]
    return out


def arr4__both(arr):
    """The digit grew in both directions; only the height grows."""
    return einops.repeat(arr[0], "c h w -> c (h 2) (w two)", two=2)


def arr5__stacked(arr):
    """The planes are stacked from top to bottom; they should stand side by side."""
    return einops.rearrange(arr[0], "c h w -> (c h) w")


def arr5__interleaved(arr):
    """Neighbouring columns belong to different planes: look at who varies fastest in your bracket."""
    return einops.rearrange(arr[0], "c h w -> h (w c)")


def arr5__coloured(arr):
    """There are still three channels, so this is a coloured picture: a grey one has two axes."""
    return einops.repeat(arr[0], "c h w -> three h (c w)", three=3)


def arr5__bgr(arr):
    """Your planes are in the order blue, green, red; it should be red, green, blue."""
    return einops.rearrange(arr[0, ::-1], "c h w -> h (c w)")


def arr5__reshape(arr):
    """The picture is cut to strips: the shape fits, but a reshape alone cannot carry an axis past another."""
    c, h, w = arr[0].shape
    return arr[0].reshape(h, c * w)


def arr5__leading_axis(arr):
    """One axis too many: a grey picture is (height, width), with no channel axis of size one in front."""
    return einops.rearrange(arr[0], "c h w -> 1 h (c w)")


def arr6__by_column(arr):
    """The sheet is filled column by column, 0 2 4 above 1 3 5; fill it row by row."""
    return einops.rearrange(arr, "(columns rows) c h w -> c (rows h) (columns w)", rows=2)


def arr6__three_rows(arr):
    """There are three rows; there should be two."""
    return einops.rearrange(arr, "(rows columns) c h w -> c (rows h) (columns w)", columns=2)


def arr6__interleaved(arr):
    """Pixels of different digits are mixed: inside a bracket, the place of the digit varies slowest."""
    return einops.rearrange(arr, "(rows columns) c h w -> c (h rows) (w columns)", rows=2)


def arr6__transposed(arr):
    """The digits themselves are lying down: height and width of each picture changed places."""
    return einops.rearrange(arr, "(rows columns) c h w -> c (rows w) (columns h)", rows=2)


def arr6__three_columns(arr):
    """You fixed three pictures a row. With another number of pictures there are still two rows."""
    b, c, h, w = arr.shape
    blanks = np.zeros((-b % 3, c, h, w), dtype=arr.dtype)
    padded = np.concatenate([arr, blanks])
    return einops.rearrange(padded, "(rows columns) c h w -> c (rows h) (columns w)", columns=3)


def arr6__one_row(arr):
    """All digits are in one row; there should be two rows."""
    return einops.rearrange(arr, "b c h w -> c h (b w)")


def arr7__rotated(arr):
    """The digit is turned by a quarter; exchanging the axes mirrors it along the diagonal."""
    return np.rot90(arr[1], axes=(1, 2))


def arr7__rotated_right(arr):
    """The digit is turned by a quarter to the right; exchanging the axes mirrors it along the diagonal."""
    return np.rot90(arr[1], k=-1, axes=(1, 2))


def arr7__mirrored(arr):
    """The digit is only mirrored, left and right; height and width should change places."""
    return arr[1, :, :, ::-1]


def arr7__first_digit(arr):
    """This is the first digit of the sheet, and it should be the second. Counting starts at 0."""
    return einops.rearrange(arr[0], "c h w -> c w h")


def arr7__reversed_axes(arr):
    """The channel axis moved too; it stays in front, only height and width change places."""
    return arr[1].T


def arr8__mean(arr):
    """The squares were averaged, and the hatch turned grey: take the largest value of each square."""
    pattern = "(rows columns) c (h 2) (w 2) -> c (rows h) (columns w)"
    means = einops.reduce(arr.astype(float), pattern, "mean", rows=2)
    return means.astype(arr.dtype)


def arr8__skipped(arr):
    """Every second pixel was taken without looking at its neighbours; all four of a square have a say."""
    return einops.rearrange(arr[:, :, ::2, ::2], "(rows columns) c h w -> c (rows h) (columns w)", rows=2)


def arr8__min(arr):
    """The darkest pixel of each square won; the brightest should."""
    return einops.reduce(arr, "(rows columns) c (h 2) (w 2) -> c (rows h) (columns w)", "min", rows=2)


def arr8__far_pool(arr):
    """Pixels half a picture apart were combined: the 2 must vary fastest."""
    return einops.reduce(arr, "(rows columns) c (2 h) (2 w) -> c (rows h) (columns w)", "max", rows=2)


def arr8__by_column(arr):
    """The order of the digits is that of the columns, 0 2 4 above 1 3 5; it should run along the rows."""
    return einops.reduce(arr, "(columns rows) c (h 2) (w 2) -> c (rows h) (columns w)", "max", rows=2)


def arr8__full_size(arr):
    """The pictures kept their size; each should be half as high and half as wide."""
    return einops.rearrange(arr, "(rows columns) c h w -> c (rows h) (columns w)", rows=2)


def arr8__height_only(arr):
    """Only the height was halved, so the digits look flat: a square is two pixels high and two wide."""
    return einops.reduce(arr, "(rows columns) c (h 2) w -> c (rows h) (columns w)", "max", rows=2)


def rearrange_1__transposed():
    """The counting runs down the columns; it should run along the rows."""
    return einops.rearrange(t.arange(3, 9), "(columns rows) -> rows columns", rows=3)


def rearrange_1__start():
    """Your table starts at another number; it starts at 3."""
    return einops.rearrange(t.arange(6), "(rows columns) -> rows columns", rows=3)


def rearrange_1__by_two():
    """The numbers are right for another start: read the first row again. Each step is one."""
    return einops.rearrange(t.arange(3, 15, 2), "(rows columns) -> rows columns", rows=3)


def rearrange_1__float():
    """The numbers are right, but they are floats; whole numbers (int64) are asked."""
    return einops.rearrange(t.arange(3.0, 9.0), "(rows columns) -> rows columns", rows=3)


def rearrange_1__two_rows():
    """There are two rows of three; it should be three rows of two."""
    return einops.rearrange(t.arange(3, 9), "(rows columns) -> rows columns", rows=2)


def rearrange_2__transposed():
    """In your table 1 and 2 stand in one column; they are neighbours in a row."""
    return einops.rearrange(t.arange(1, 7), "(columns rows) -> rows columns", rows=2)


def rearrange_2__three_rows():
    """There are three rows of two; it should be two rows of three."""
    return einops.rearrange(t.arange(1, 7), "(rows columns) -> rows columns", rows=3)


def rearrange_2__from_zero():
    """Your table starts at 0; it starts at 1."""
    return einops.rearrange(t.arange(6), "(rows columns) -> rows columns", rows=2)


def rearrange_2__float():
    """The numbers are right, but they are floats; whole numbers (int64) are asked."""
    return einops.rearrange(t.arange(1.0, 7.0), "(rows columns) -> rows columns", rows=2)


def temperatures_average__weekday(temps):
    """You averaged all Mondays, all Tuesdays and so on: a week is seven consecutive days."""
    assert len(temps) % 7 == 0
    return einops.reduce(temps, "(weeks days) -> days", "mean", days=7)


def temperatures_average__strided(temps):
    """One number a week, but from days that are far apart: a week is seven consecutive days."""
    assert len(temps) % 7 == 0
    return einops.reduce(temps, "(7 weeks) -> weeks", "mean")


def temperatures_average__sum(temps):
    """This is the total of each week, not its mean."""
    assert len(temps) % 7 == 0
    return einops.reduce(temps, "(weeks 7) -> weeks", "sum")


def temperatures_average__overall(temps):
    """One number for everything; each week has its own mean."""
    assert len(temps) % 7 == 0
    return temps.mean()


def temperatures_average__max(temps):
    """This is the warmest day of each week, not the mean of its days."""
    assert len(temps) % 7 == 0
    return einops.reduce(temps, "(weeks 7) -> weeks", "max")


def temperatures_average__fortnight(temps):
    """You fixed two weeks. The number of weeks follows from the number of days."""
    assert len(temps) % 7 == 0
    return einops.reduce(temps, "(weeks days) -> weeks", "mean", weeks=2)


def temperatures_average__left_over(temps):
    """The days after the last whole week were dropped in silence; refuse what is not whole weeks."""
    return temps[: len(temps) // 7 * 7].unfold(0, 7, 7).mean(dim=-1)


def temperatures_differences__tiled_means(temps):
    """The means were laid out as 1 2 1 2 ...; each must be held for seven days."""
    assert len(temps) % 7 == 0
    means = einops.reduce(temps, "(weeks 7) -> weeks", "mean")
    return temps - einops.repeat(means, "weeks -> (7 weeks)")


def temperatures_differences__reshape_pairs(temps):
    """The shapes fit, the weeks do not: a plain reshape to (7, weeks) put neighbouring days together."""
    assert len(temps) % 7 == 0
    table = temps.reshape(7, -1)
    return (table - table.mean(dim=0)).reshape(-1)


def temperatures_differences__overall(temps):
    """The mean of all days was taken off; each week has its own."""
    assert len(temps) % 7 == 0
    return temps - temps.mean()


def temperatures_differences__sign(temps):
    """This is mean minus day; a warm day should come out positive."""
    assert len(temps) % 7 == 0
    means = einops.reduce(temps, "(weeks 7) -> weeks", "mean")
    return einops.repeat(means, "weeks -> (weeks 7)") - temps


def temperatures_differences__weekday(temps):
    """From each Monday you took the mean of all Mondays; take the mean of its week."""
    assert len(temps) % 7 == 0
    means = einops.reduce(temps, "(weeks days) -> days", "mean", days=7)
    return temps - einops.repeat(means, "days -> (weeks days)", weeks=len(temps) // 7)


def temperatures_differences__table(temps):
    """The numbers are in a table of weeks; the result is one line of days, like temps."""
    assert len(temps) % 7 == 0
    weeks = temps.reshape(-1, 7)
    return weeks - weeks.mean(dim=1, keepdim=True)


def temperatures_normalized__biased(temps):
    """The spread was divided by n, the number of days; t.std divides by n - 1."""
    assert len(temps) % 7 == 0
    weeks = temps.reshape(-1, 7)
    centred = weeks - weeks.mean(dim=1, keepdim=True)
    return (centred / weeks.std(dim=1, keepdim=True, correction=0)).reshape(-1)


def temperatures_normalized__variance(temps):
    """You divided by the variance: the square root is missing."""
    assert len(temps) % 7 == 0
    weeks = temps.reshape(-1, 7)
    centred = weeks - weeks.mean(dim=1, keepdim=True)
    return (centred / weeks.var(dim=1, keepdim=True)).reshape(-1)


def temperatures_normalized__overall_sd(temps):
    """One spread served for all weeks; each week has its own."""
    assert len(temps) % 7 == 0
    weeks = temps.reshape(-1, 7)
    return ((weeks - weeks.mean(dim=1, keepdim=True)) / temps.std()).reshape(-1)


def temperatures_normalized__weekday(temps):
    """The days were grouped by weekday, all Mondays, all Tuesdays; group them by week."""
    assert len(temps) % 7 == 0
    weeks = temps.reshape(-1, 7)
    spread = weeks.std(dim=0, correction=min(1, len(weeks) - 1))
    return ((weeks - weeks.mean(dim=0)) / spread).reshape(-1)


def temperatures_normalized__not_centred(temps):
    """The spread is divided out, but the mean of the week was never taken off."""
    assert len(temps) % 7 == 0
    weeks = temps.reshape(-1, 7)
    return (weeks / weeks.std(dim=1, keepdim=True)).reshape(-1)


def temperatures_normalized__epsilon(temps):
    """A small number was added to the spread. Here the spread itself is asked, nothing added."""
    assert len(temps) % 7 == 0
    weeks = temps.reshape(-1, 7)
    centred = weeks - weeks.mean(dim=1, keepdim=True)
    return (centred / (weeks.std(dim=1, keepdim=True) + 1e-6)).reshape(-1)


def temperatures_normalized__tiled(temps):
    """The means and spreads were laid out as 1 2 1 2 ...; each must be held for all days of its week."""
    assert len(temps) % 7 == 0
    weeks = einops.rearrange(temps, "(week day) -> week day", day=7)
    means, spreads = weeks.mean(dim=1), weeks.std(dim=1)
    return (temps - einops.repeat(means, "week -> (7 week)")) / einops.repeat(spreads, "week -> (7 week)")


def temperatures_normalized__unchecked(temps):
    """Days that are not whole weeks got an answer; they must be refused with an AssertionError."""
    weeks = [temps[day : day + 7] for day in range(0, len(temps), 7)]
    return t.cat([(week - week.mean()) / week.std() for week in weeks])


def quiz_bracket_order__b():
    """That is "(2 a)": the whole line twice. Who varies fastest here, the letter or the number?"""
    return "b"


def quiz_bracket_order__c():
    """Two axes: that is "a -> a 2". Brackets merge them to one axis."""
    return "c"


def quiz_bracket_order__d():
    """The number is a size, not a factor: no value changes."""
    return "d"


def quiz_reshape_transpose__a():
    """The shapes are the same, the tables are not: write both down and compare their first rows."""
    return "a"


def quiz_reshape_transpose__c():
    """It is the other way round: which of the two keeps the numbers in reading order?"""
    return "c"


def quiz_reshape_transpose__d():
    """Nothing raises: six numbers fit a table of three by two as well as one of two by three."""
    return "d"


def patchify__strided(images, p):
    """A patch holds pixels that are far apart: inside the bracket of an axis the patch must vary fastest."""
    return einops.rearrange(images, "b c (p1 h) (p2 w) -> b (h w) (p1 p2 c)", p1=p, p2=p)


def patchify__columns_first(images, p):
    """The patches are listed down the columns; they should be read row by row."""
    return einops.rearrange(images, "b c (h p1) (w p2) -> b (w h) (p1 p2 c)", p1=p, p2=p)


def patchify__channel_first(images, p):
    """Inside a patch the numbers are sorted by channel first; it is the channel that varies fastest."""
    return einops.rearrange(images, "b c (h p1) (w p2) -> b (h w) (c p1 p2)", p1=p, p2=p)


def patchify__reshape(images, p):
    """A plain reshape takes whole rows of the image, and a patch is a square."""
    b, c, h, w = images.shape
    assert h % p == 0 and w % p == 0
    return images.reshape(b, h * w // p**2, c * p**2)


def patchify__transposed_patch(images, p):
    """Inside a patch the pixels are read down the columns; they should be read row by row."""
    return einops.rearrange(images, "b c (h p1) (w p2) -> b (h w) (p2 p1 c)", p1=p, p2=p)


def patchify__cropped(images, p):
    """Where p does not divide the size, the last rows or columns were dropped in silence; refuse it."""
    h, w = images.shape[2] // p, images.shape[3] // p
    cropped = images[:, :, : h * p, : w * p]
    return einops.rearrange(cropped, "b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=p, p2=p)


def unpatchify__reshape(patches, p, c, h, w):
    """Each patch became a piece of some rows: a plain reshape does not move an axis."""
    return patches.reshape(-1, c, h, w)


def unpatchify__strided(patches, p, c, h, w):
    """The pixels of one patch were spread over the whole picture; a patch is a compact square."""
    rows, columns = h // p, w // p
    return einops.rearrange(patches, "b (h w) (p1 p2 c) -> b c (p1 h) (p2 w)", p1=p, p2=p, h=rows, w=columns)


def unpatchify__columns_first(patches, p, c, h, w):
    """The patches were laid down the columns; they are listed row by row."""
    rows, columns = h // p, w // p
    return einops.rearrange(patches, "b (w h) (p1 p2 c) -> b c (h p1) (w p2)", p1=p, p2=p, h=rows, w=columns)


def unpatchify__channel_first(patches, p, c, h, w):
    """The vector of a patch was read channel by channel; in it the channel varies fastest."""
    rows, columns = h // p, w // p
    return einops.rearrange(patches, "b (h w) (c p1 p2) -> b c (h p1) (w p2)", p1=p, p2=p, h=rows, w=columns)


def pixel_shuffle__channel_split(x, r):
    """Channels that are far apart share a square: the output channel is what varies slowest."""
    return einops.rearrange(x, "b (r1 r2 c) h w -> b c (h r1) (w r2)", r1=r, r2=r)


def pixel_shuffle__blocks(x, r):
    """The pieces are laid side by side, as whole pictures; they must be interleaved, pixel by pixel."""
    return einops.rearrange(x, "b (c r1 r2) h w -> b c (r1 h) (r2 w)", r1=r, r2=r)


def pixel_shuffle__transposed_square(x, r):
    """The squares are filled column by column; fill them row by row."""
    return einops.rearrange(x, "b (c r1 r2) h w -> b c (h r2) (w r1)", r1=r, r2=r)


def pixel_shuffle__reshape(x, r):
    """The shape fits, but nothing was interleaved: a reshape alone keeps all numbers in reading order."""
    b, channels, h, w = x.shape
    return x.reshape(b, channels // r**2, h * r, w * r)


def pixel_shuffle__nearest(x, r):
    """Each pixel was enlarged to a square of one colour; a square holds r^2 different channels."""
    return einops.repeat(x[:, :: r**2], "b c h w -> b c (h r1) (w r2)", r1=r, r2=r)


def split_heads__interleaved(x, n_heads):
    """Neighbouring numbers of the embedding went to different heads; a head gets a consecutive block."""
    return einops.rearrange(x, "b s (d heads) -> b heads s d", heads=n_heads)


def split_heads__view_only(x, n_heads):
    """The shape is right, but positions and heads were mixed: a reshape alone cannot move an axis."""
    b, s, e = x.shape
    assert e % n_heads == 0
    return x.reshape(b, n_heads, s, e // n_heads)


def split_heads__heads_last(x, n_heads):
    """The heads are in the wrong place: the order of the axes is batch, head, position, inner."""
    return einops.rearrange(x, "b s (heads d) -> b s heads d", heads=n_heads)


def split_heads__inner_before_position(x, n_heads):
    """Position and inner axis changed places: the order of the axes is batch, head, position, inner."""
    return einops.rearrange(x, "b s (heads d) -> b heads d s", heads=n_heads)


def split_heads__size_of_head(x, n_heads):
    """n_heads was taken for the size of a head; it is the number of heads."""
    return einops.rearrange(x, "b s (heads d) -> b heads s d", d=n_heads)


def split_heads__dropped(x, n_heads):
    """Where the embedding is not a multiple of n_heads, its end was dropped in silence; refuse it."""
    d = x.shape[2] // n_heads
    return einops.rearrange(x[:, :, : n_heads * d], "b s (heads d) -> b heads s d", heads=n_heads)


def merge_heads__view_only(x):
    """The shape is right, but positions and heads were mixed: a reshape alone cannot move an axis."""
    b, heads, s, d = x.shape
    return x.reshape(b, s, heads * d)


def merge_heads__interleaved(x):
    """The numbers of the heads alternate; the block of one head stays together."""
    return einops.rearrange(x, "b heads s d -> b s (d heads)")


def merge_heads__one_sequence(x):
    """The heads came one after the other in the sequence; they are merged into the embedding."""
    return einops.rearrange(x, "b heads s d -> b (heads s) d")


def pack_tokens__last(cls, patches):
    """The class token is at the end of the sequence; it should come first."""
    return einops.pack([patches, cls], "b * d")


def pack_tokens__columns(cls, patches):
    """The patches were flattened down the columns; they should follow row by row."""
    b, h, w, d = patches.shape
    rows = patches.transpose(1, 2).reshape(b, h * w, d)
    return t.cat([cls[:, None], rows], dim=1), [[], [h, w]]


def pack_tokens__added(cls, patches):
    """The class token was added to every patch; it is a token of its own, so the sequence is one longer."""
    b, h, w, d = patches.shape
    return (patches + cls[:, None, None]).reshape(b, h * w, d), [[], [h, w]]


def pack_tokens__tokens_only(cls, patches):
    """The tokens came back alone; the list of shapes is needed as well, for the way back."""
    return einops.pack([cls, patches], "b * d")[0]


def unpack_tokens__class_axis(tokens, ps):
    """The class token kept an axis of size one; its shape is (b, d)."""
    patches = einops.unpack(tokens, ps, "b * d")[1]
    return tokens[:, :1], patches


def unpack_tokens__flat(tokens, ps):
    """The patches are still in one line; their grid of rows and columns must come back."""
    return tokens[:, 0], tokens[:, 1:]


def unpack_tokens__columns(tokens, ps):
    """The patches were laid down the columns of the grid; they are listed row by row."""
    h, w = ps[1]
    grid = tokens[:, 1:].reshape(len(tokens), w, h, -1)
    return tokens[:, 0], grid.transpose(1, 2)


def unpack_tokens__swapped(tokens, ps):
    """The patches came back first; the order is class token, patches."""
    cls, patches = einops.unpack(tokens, ps, "b * d")
    return patches, cls


def contact_sheet__dropped(arr, columns, fill=0):
    """The last, incomplete row is missing; it belongs on the sheet, filled up with blanks."""
    rows = max(1, len(arr) // columns)
    used = arr[: rows * columns]
    blanks = np.full((rows * columns - len(used), *arr.shape[1:]), fill, dtype=arr.dtype)
    places = np.concatenate([used, blanks])
    return einops.rearrange(places, "(rows columns) c h w -> c (rows h) (columns w)", columns=columns)


def contact_sheet__wrapped(arr, columns, fill=0):
    """The empty places repeat the first digits; they should have the value fill."""
    rows = -(-len(arr) // columns)
    places = np.resize(arr, (rows * columns, *arr.shape[1:]))
    return einops.rearrange(places, "(rows columns) c h w -> c (rows h) (columns w)", columns=columns)


def contact_sheet__by_column(arr, columns, fill=0):
    """The sheet is filled downwards, column by column; fill it row by row."""
    padded = np.pad(arr, [(0, -len(arr) % columns), (0, 0), (0, 0), (0, 0)], constant_values=fill)
    return einops.rearrange(padded, "(columns rows) c h w -> c (rows h) (columns w)", columns=columns)


def contact_sheet__blanks_first(arr, columns, fill=0):
    """The blanks come before the pictures; they should fill what is left over at the end."""
    blanks = np.full((-len(arr) % columns, *arr.shape[1:]), fill, dtype=arr.dtype)
    places = np.concatenate([blanks, arr])
    return einops.rearrange(places, "(rows columns) c h w -> c (rows h) (columns w)", columns=columns)


def contact_sheet__float(arr, columns, fill=0):
    """The padding changed the dtype; the sheet should be uint8, like the pictures."""
    blanks = np.full((-len(arr) % columns, *arr.shape[1:]), float(fill))
    padded = np.concatenate([arr, blanks])
    return einops.rearrange(padded, "(rows columns) c h w -> c (rows h) (columns w)", columns=columns)


def contact_sheet__black(arr, columns, fill=0):
    """The empty places are always black; they should have the value fill."""
    padded = np.pad(arr, [(0, -len(arr) % columns), (0, 0), (0, 0), (0, 0)])
    return einops.rearrange(padded, "(rows columns) c h w -> c (rows h) (columns w)", columns=columns)


def contact_sheet__narrow(arr, columns, fill=0):
    """With fewer pictures than columns the sheet became narrower; it keeps the given number of columns."""
    columns = min(columns, len(arr))
    padded = np.pad(arr, [(0, -len(arr) % columns), (0, 0), (0, 0), (0, 0)], constant_values=fill)
    return einops.rearrange(padded, "(rows columns) c h w -> c (rows h) (columns w)", columns=columns)


def contact_sheet__extra_row(arr, columns, fill=0):
    """Where the pictures fill their rows exactly, a whole row of blanks was added below."""
    blanks = columns - len(arr) % columns
    padded = np.pad(arr, [(0, blanks), (0, 0), (0, 0), (0, 0)], constant_values=fill)
    return einops.rearrange(padded, "(rows columns) c h w -> c (rows h) (columns w)", columns=columns)


def contact_sheet__rows(arr, columns, fill=0):
    """The number was taken for the rows of the sheet; it is the number of columns."""
    padded = np.pad(arr, [(0, -len(arr) % columns), (0, 0), (0, 0), (0, 0)], constant_values=fill)
    return einops.rearrange(padded, "(rows columns) c h w -> c (rows h) (columns w)", rows=columns)

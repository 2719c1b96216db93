"""Right answers of part2_einops, written differently; every one must pass."""

import einops
import numpy as np
import torch as t


def arr1__concatenate(arr):
    return np.concatenate(list(arr), axis=1)


def arr1__transpose(arr):
    b, c, h, w = arr.shape
    return arr.transpose(1, 0, 2, 3).reshape(c, b * h, w)


def arr1__einops_list(arr):
    return einops.rearrange(list(arr), "picture channel height width -> channel (picture height) width")


def arr2__concatenate(arr):
    return np.concatenate([arr[0], arr[0]], axis=1)


def arr2__named_copies(arr):
    return einops.repeat(arr, "b c h w -> b c (copies h) w", copies=2)[0]


def arr2__rearrange(arr):
    return einops.rearrange([arr[0], arr[0]], "b c h w -> c (b h) w")


def arr2__tile(arr):
    return np.tile(arr[0], (1, 2, 1))


def arr3__concatenate(arr):
    column = np.concatenate([arr[0], arr[1]], axis=1)
    return np.concatenate([column, column], axis=2)


def arr3__two_steps(arr):
    column = einops.rearrange(arr[0:2], "b c h w -> c (b h) w")
    return einops.repeat(column, "c h w -> c h (copies w)", copies=2)


def arr3__loops(arr):
    _, c, h, w = arr.shape
    out = np.empty((c, 2 * h, 2 * w), dtype=arr.dtype)
    for i in range(2):
        for j in range(2):
            out[:, i * h : (i + 1) * h, j * w : (j + 1) * w] = arr[i]
    return out


def arr4__repeat(arr):
    return np.repeat(arr[0], 2, axis=1)


def arr4__slices(arr):
    c, h, w = arr.shape[1:]
    out = np.empty((c, 2 * h, w), dtype=np.uint8)
    out[:, ::2] = arr[0]
    out[:, 1::2] = arr[0]
    return out


def arr4__named_copies(arr):
    return einops.repeat(arr[0], "c h w -> c (h twice) w", twice=2)


def arr5__concatenate(arr):
    return np.concatenate(list(arr[0]), axis=1)


def arr5__hstack(arr):
    red, green, blue = arr[0]
    return np.hstack([red, green, blue])


def arr5__repeat(arr):
    return einops.repeat(arr[0], "c h w -> h (c w)")


def arr6__block(arr):
    half = len(arr) // 2
    return np.block([list(arr[:half]), list(arr[half:])])


def arr6__columns(arr):
    return einops.rearrange(arr, "(b1 b2) c h w -> c (b1 h) (b2 w)", b2=len(arr) // 2)


def arr6__two_steps(arr):
    rows = einops.rearrange(arr, "(rows columns) c h w -> rows c h (columns w)", rows=2)
    return np.concatenate(list(rows), axis=1)


def arr6__transpose(arr):
    b, c, h, w = arr.shape
    return arr.reshape(2, b // 2, c, h, w).transpose(2, 0, 3, 1, 4).reshape(c, 2 * h, b // 2 * w)


def arr7__swapaxes(arr):
    return arr[1].swapaxes(1, 2)


def arr7__loops(arr):
    c, h, w = arr[1].shape
    out = np.empty((c, w, h), dtype=np.uint8)
    for i in range(h):
        for j in range(w):
            out[:, j, i] = arr[1, :, i, j]
    return out


def arr7__all_then_pick(arr):
    return einops.rearrange(arr, "b c h w -> b c w h")[1]


def arr8__pool_last(arr):
    sheet = einops.rearrange(arr, "(rows columns) c h w -> c (rows h) (columns w)", rows=2)
    return einops.reduce(sheet, "c (h 2) (w 2) -> c h w", "max")


def arr8__named(arr):
    pattern = "(b1 b2) c (h h2) (w w2) -> c (b1 h) (b2 w)"
    return einops.reduce(arr, pattern, np.max, b1=2, h2=2, w2=2)


def arr8__slices(arr):
    rows = np.maximum(arr[:, :, ::2], arr[:, :, 1::2])
    small = np.maximum(rows[..., ::2], rows[..., 1::2])
    half = len(arr) // 2
    return np.concatenate([np.concatenate(list(small[:half]), 2), np.concatenate(list(small[half:]), 2)], 1)


def rearrange_1__columns():
    return einops.rearrange(t.arange(3, 9), "(a b) -> a b", b=2)


def rearrange_1__counts_from_zero():
    return 3 + einops.rearrange(t.arange(6), "(a b) -> a b", a=3, b=2)


def rearrange_1__two_columns():
    return einops.rearrange([t.arange(3, 9, 2), t.arange(4, 9, 2)], "b a -> a b")


def rearrange_2__columns():
    return einops.rearrange(t.arange(1, 7), "(a b) -> a b", b=3)


def rearrange_2__two_rows():
    return einops.rearrange([t.arange(1, 4), t.arange(4, 7)], "a b -> a b")


def rearrange_2__counts_from_zero():
    return einops.rearrange(t.arange(6, dtype=t.int64), "(a b) -> a b", a=2) + 1


def temperatures_average__reshape(temps):
    assert temps.shape[0] % 7 == 0
    return temps.reshape(-1, 7).mean(dim=-1)


def temperatures_average__loops(temps):
    if len(temps) % 7:
        raise AssertionError("whole weeks only")
    return t.stack([temps[first : first + 7].sum() / 7 for first in range(0, len(temps), 7)])


def temperatures_average__two_steps(temps):
    assert temps.numel() % 7 == 0
    table = einops.rearrange(temps, "(w d) -> w d", d=7)
    return einops.reduce(table, "w d -> w", "mean")


def temperatures_differences__keepdim(temps):
    assert len(temps) % 7 == 0
    weeks = temps.view(-1, 7)
    return (weeks - weeks.mean(dim=1, keepdim=True)).flatten()


def temperatures_differences__interleave(temps):
    assert len(temps) % 7 == 0
    means = einops.reduce(temps, "(w d) -> w", "mean", d=7)
    return temps - t.repeat_interleave(means, 7)


def temperatures_differences__broadcast(temps):
    assert len(temps) % 7 == 0
    weekdays = einops.rearrange(temps, "(w d) -> d w", d=7)
    return einops.rearrange(weekdays - weekdays.mean(0), "d w -> (w d)")


def temperatures_differences__loops(temps):
    assert len(temps) % 7 == 0
    out = t.empty_like(temps)
    for day in range(len(temps)):
        first = day // 7 * 7
        out[day] = temps[day] - temps[first : first + 7].mean()
    return out


def temperatures_normalized__keepdim(temps):
    assert len(temps) % 7 == 0
    weeks = temps.reshape(-1, 7)
    return ((weeks - weeks.mean(1, keepdim=True)) / weeks.std(1, keepdim=True)).reshape(-1)


def temperatures_normalized__squares(temps):
    assert len(temps) % 7 == 0
    means = einops.repeat(einops.reduce(temps, "(w 7) -> w", "mean"), "w -> (w 7)")
    centred = temps - means
    variance = einops.reduce(centred**2, "(w 7) -> w", "sum") / 6
    return centred / einops.repeat(variance.sqrt(), "w -> (w 7)")


def temperatures_normalized__loops(temps):
    assert len(temps) % 7 == 0
    weeks = [temps[first : first + 7] for first in range(0, len(temps), 7)]
    return t.cat([(week - week.mean()) / t.std(week) for week in weeks])


def patchify__loops(images, p):
    b, c, h, w = images.shape
    assert h % p == 0 and w % p == 0
    patches = []
    for y in range(0, h, p):
        for x in range(0, w, p):
            square = images[:, :, y : y + p, x : x + p]
            patches.append(square.permute(0, 2, 3, 1).reshape(b, p * p * c))
    return t.stack(patches, dim=1)


def patchify__permute(images, p):
    b, c, h, w = images.shape
    cut = images.reshape(b, c, h // p, p, w // p, p)
    return cut.permute(0, 2, 4, 3, 5, 1).reshape(b, h * w // p**2, c * p * p)


def patchify__unfold(images, p):
    if images.shape[2] % p or images.shape[3] % p:
        raise ValueError("the patches do not fit")
    columns = t.nn.functional.unfold(images, kernel_size=p, stride=p)
    return einops.rearrange(columns, "b (c q) n -> b n (q c)", q=p * p)


def unpatchify__loops(patches, p, c, h, w):
    images = patches.new_empty((len(patches), c, h, w))
    number = 0
    for y in range(0, h, p):
        for x in range(0, w, p):
            square = patches[:, number].reshape(-1, p, p, c)
            images[:, :, y : y + p, x : x + p] = square.permute(0, 3, 1, 2)
            number += 1
    return images


def unpatchify__permute(patches, p, c, h, w):
    cut = patches.reshape(len(patches), h // p, w // p, p, p, c)
    return cut.permute(0, 5, 1, 3, 2, 4).reshape(len(patches), c, h, w)


def unpatchify__fewer_sizes(patches, p, c, h, w):
    return einops.rearrange(patches, "b (y x) (i j c) -> b c (y i) (x j)", y=h // p, i=p, j=p)


def pixel_shuffle__folded(x, r):
    _, _, h, w = x.shape
    return t.nn.functional.fold(x.flatten(2), (h * r, w * r), kernel_size=r, stride=r)


def pixel_shuffle__permute(x, r):
    b, channels, h, w = x.shape
    cut = x.reshape(b, channels // r**2, r, r, h, w)
    return cut.permute(0, 1, 4, 2, 5, 3).reshape(b, channels // r**2, h * r, w * r)


def pixel_shuffle__strides(x, r):
    b, channels, h, w = x.shape
    out = x.new_empty((b, channels // r**2, h * r, w * r))
    for k in range(r * r):
        out[:, :, k // r :: r, k % r :: r] = x[:, k :: r * r]
    return out


def pixel_shuffle__two_steps(x, r):
    taller = einops.rearrange(x, "b (c i j) h w -> b (c j) (h i) w", i=r, j=r)
    return einops.rearrange(taller, "b (c j) h w -> b c h (w j)", j=r)


def split_heads__view(x, n_heads):
    b, s, e = x.shape
    return x.reshape(b, s, n_heads, e // n_heads).transpose(1, 2)


def split_heads__chunks(x, n_heads):
    assert x.shape[-1] % n_heads == 0
    return t.stack(x.chunk(n_heads, dim=-1), dim=1)


def split_heads__loops(x, n_heads):
    b, s, e = x.shape
    d, rest = divmod(e, n_heads)
    if rest:
        raise ValueError("the heads do not divide the embedding")
    out = t.zeros((b, n_heads, s, d), dtype=x.dtype)
    for head in range(n_heads):
        for i in range(d):
            out[:, head, :, i] = x[:, :, head * d + i]
    return out


def merge_heads__view(x):
    b, heads, s, d = x.shape
    return x.transpose(1, 2).reshape(b, s, heads * d)


def merge_heads__cat(x):
    return t.cat([x[:, head] for head in range(x.shape[1])], dim=-1)


def merge_heads__flatten(x):
    return x.permute(0, 2, 1, 3).flatten(2)


def pack_tokens__cat(cls, patches):
    line = einops.rearrange(patches, "b h w d -> b (h w) d")
    return t.cat([cls.unsqueeze(1), line], dim=1), [(), tuple(patches.shape[1:3])]


def pack_tokens__full_shapes(cls, patches):
    return t.cat([cls[:, None], patches.flatten(1, 2)], dim=1), [cls.shape, patches.shape]


def unpack_tokens__full_shapes(tokens, ps):
    return tokens[:, 0], tokens[:, 1:].reshape(ps[1])


def pack_tokens__grid_only(cls, patches):
    b, h, w, d = patches.shape
    tokens = t.zeros((b, 1 + h * w, d), dtype=patches.dtype)
    tokens[:, 0] = cls
    for i in range(h):
        tokens[:, 1 + i * w : 1 + (i + 1) * w] = patches[:, i]
    return [tokens, [h, w]]


def unpack_tokens__grid_only(tokens, ps):
    h, w = ps
    return [tokens[:, 0], tokens[:, 1:].unflatten(1, (h, w))]


def unpack_tokens__list(tokens, ps):
    return einops.unpack(tokens, ps, "b * d")


def unpack_tokens__split(tokens, ps):
    h, w = ps[-1]
    first, rest = t.split(tokens, [1, h * w], dim=1)
    return first.squeeze(1), einops.rearrange(rest, "b (h w) d -> b h w d", h=h)


def contact_sheet__canvas(arr, columns, fill=0):
    b, c, h, w = arr.shape
    rows = (b + columns - 1) // columns
    sheet = np.full((c, rows * h, columns * w), fill, dtype=arr.dtype)
    for place, picture in enumerate(arr):
        y, x = divmod(place, columns)
        sheet[:, y * h : (y + 1) * h, x * w : (x + 1) * w] = picture
    return sheet


def contact_sheet__looked_up(arr, columns, fill=0):
    b, _, h, w = arr.shape
    row, column = np.mgrid[: -(-b // columns) * h, : columns * w]
    place = row // h * columns + column // w
    pixels = arr[np.minimum(place, b - 1), :, row % h, column % w].transpose(2, 0, 1)
    return np.where(place < b, pixels, np.uint8(fill))


def contact_sheet__concatenate(arr, columns, fill=0):
    pictures = list(arr)
    while len(pictures) % columns:
        pictures.append(np.full_like(arr[0], fill))
    rows = [np.concatenate(pictures[i : i + columns], axis=2) for i in range(0, len(pictures), columns)]
    return np.concatenate(rows, axis=1)


def contact_sheet__repeat_blank(arr, columns, fill=0):
    rows = int(np.ceil(len(arr) / columns))
    blank = np.full(arr.shape[1:], fill).astype(np.uint8)
    blanks = einops.repeat(blank, "c h w -> b c h w", b=rows * columns - len(arr))
    places = np.concatenate([arr, blanks])
    return einops.rearrange(places, "(y x) c h w -> c (y h) (x w)", y=rows)

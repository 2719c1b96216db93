"""Right answers to part 0, written in other ways: the tests accept every one of them."""

import collections
import itertools
import re
import string

import numpy as np
import torch as t
from torch import nn


def word_counts__counter(text):
    found = re.finditer(r"[a-z']+", text, flags=re.IGNORECASE | re.ASCII)
    return collections.Counter(match[0].lower() for match in found)


def word_counts__one_character_at_a_time(text):
    counts, word = {}, ""
    for character in text + " ":
        if character in string.ascii_letters + "'":
            word += character.lower()
        elif word:
            counts[word] = counts.get(word, 0) + 1
            word = ""
    return counts


def word_counts__blanks_between(text):
    return dict(collections.Counter(re.sub(r"[^A-Za-z']", " ", text).lower().split()))


def word_counts__groups(text):
    counts = collections.defaultdict(int)
    for inside, run in itertools.groupby(text.lower(), key=lambda character: character.isalpha() or character == "'"):
        if inside:
            counts["".join(run)] += 1
    return counts


def checkerboard__slices(n, m):
    board = np.zeros((n, m), dtype=np.uint8)
    board[::2, 1::2] = 1
    board[1::2, ::2] = 1
    return board


def checkerboard__indices(n, m):
    rows, columns = np.indices((n, m), dtype=np.uint8)
    return (rows & 1) ^ (columns & 1)


def checkerboard__differs(n, m):
    return (np.arange(n)[:, None] % 2 != np.arange(m)[None, :] % 2).astype("uint8")


def checkerboard__tiles(n, m):
    pair = np.array([[0, 1], [1, 0]], dtype=np.uint8)
    return np.tile(pair, ((n + 1) // 2, (m + 1) // 2))[:n, :m]


def checkerboard__one_line_longer(n, m):
    odd = m | 1
    return (np.arange(n * odd, dtype=np.int64) % 2).reshape(n, odd)[:, :m].astype(np.uint8)


def checkerboard__of_the_sum(n, m):
    return np.fromfunction(lambda i, j: (i + j) % 2, (n, m)).astype(np.uint8)


def first_gradient__grad_function(x):
    place = t.tensor([x], dtype=t.float64, requires_grad=True)
    (slope,) = t.autograd.grad(place.pow(3).sub(2 * place).sum(), place)
    return slope.item()


def first_gradient__functional(x):
    return float(t.func.grad(lambda place: place**3 - 2 * place)(t.tensor(float(x))))


def first_gradient__parameter(x):
    weight = nn.Parameter(t.tensor(1.0 * x))
    loss = weight * weight * weight - weight - weight
    loss.backward()
    return weight.grad.tolist()


def first_gradient__jacobian(x):
    return t.autograd.functional.jacobian(lambda place: place * (place * place - 2), t.tensor(float(x))).item()

"""Known mistakes of part 0: the test rejects each of them, and its docstring is what the student reads."""

import re
from collections import Counter

import numpy as np
import torch as t

_LEAF = t.tensor(0.0, dtype=t.float64, requires_grad=True)


def quiz_relu_slope__a():
    """That would be ten slopes of 1. A sigmoid is never that steep: look where its curve is steepest, and how steep it is there."""
    return "a"


def quiz_relu_slope__b():
    """1/2 is the sigmoid's value at 0. The chain rule multiplies slopes, not values."""
    return "b"


def quiz_relu_slope__c():
    """You added ten slopes up. Along a chain, each function stretches what the one before it has stretched: slopes multiply."""
    return "c"


def quiz_depth__b():
    """Without activations nothing in this network bends, and putting linear maps together cannot create a bend."""
    return "b"


def quiz_depth__c():
    """It is the weights that are multiplied with each other, ten deep. The input never meets itself: its degree stays one."""
    return "c"


def quiz_depth__d():
    """Depth adds power only when something nonlinear stands between the layers. Here nothing does."""
    return "d"


def quiz_rank__a():
    """300 bounds the rank of any (500, 300) matrix. Look closer: every column of AB is a mixture of which few columns?"""
    return "a"


def quiz_rank__b():
    """A rank never exceeds the smaller side, and AB has only 300 columns. The true bound is smaller still."""
    return "b"


def quiz_rank__c():
    """You multiplied two sizes. What a product can carry is decided by the narrowest place on the way, so by a minimum."""
    return "c"


def quiz_variance_sum__b():
    """5 is the answer for uncorrelated variables, where the variances 9 and 16 add up. Here the two pull against each other."""
    return "b"


def quiz_variance_sum__c():
    """7 belongs to correlation +1, where the two always deviate to the same side."""
    return "c"


def quiz_variance_sum__d():
    """They cancel without a rest only when both deviate equally far. Here one swings by 3 and the other by 4."""
    return "d"


def quiz_mse_step__a():
    """You went uphill: the slope at 5 is positive. In which direction does a descent step go, then?"""
    return "a"


def quiz_mse_step__b():
    """You took 2(x - y) for the slope. The half in front of the square cancels that 2."""
    return "b"


def quiz_mse_step__d():
    """One step reaches the target only when the step size is 1. Here the step covers a tenth of the way."""
    return "d"


def quiz_bce_slope__a():
    """-0.99 is x - y, the slope with respect to the logit. Asked is the slope with respect to the probability x itself."""
    return "a"


def quiz_bce_slope__c():
    """The size is right. But the loss falls when x rises towards y = 1: which sign has the slope of something that falls?"""
    return "c"


def quiz_bce_slope__d():
    """-4.6 is the logarithm of 0.01, which is the loss without its minus sign. Asked is the slope of the loss."""
    return "d"


def quiz_uniform_loss__a():
    """0.1 is the probability of each class. The loss is the negative logarithm of it."""
    return "a"


def quiz_uniform_loss__b():
    """1.0 is the logarithm to base 10. Nats are counted with the natural logarithm."""
    return "b"


def quiz_uniform_loss__c():
    """3.32 is the same surprise in bits, with the logarithm to base 2. Asked is nats."""
    return "c"


def quiz_annotations__a():
    """Nothing happens at the call: Python notes the annotation and does not compare the argument with it."""
    return "a"


def quiz_annotations__b():
    """The annotation behind the arrow is not compared with the result either: Python only keeps it."""
    return "b"


def quiz_annotations__c():
    """An annotation converts nothing: what is returned is the very object that came in."""
    return "c"


def quiz_view_or_copy__a():
    """c is right, b is not: a slice looks at the memory of a, so it sees every later change of a."""
    return "a"


def quiz_view_or_copy__b():
    """b is right, c is not: indexing with a list collects the numbers into memory of their own, at that moment."""
    return "b"


def quiz_view_or_copy__d():
    """The two are exchanged: ask of each whether it could be described by a start and a step in the memory of a."""
    return "d"


def quiz_dim_axis__a():
    """Only the summed axis was kept, and the others went. It is the other way round: `dim` names what is used up."""
    return "a"


def quiz_dim_axis__c():
    """A summed axis stays, with length 1, only when `keepdim=True` asks for it."""
    return "c"


def quiz_dim_axis__d():
    """That is the sum over dim 2. Axes are counted from 0, so which length stands at place 1?"""
    return "d"


def quiz_grad_adds__b():
    """3 is the second gradient alone. But `backward` does not overwrite what it finds in `.grad`."""
    return "b"


def quiz_grad_adds__c():
    """2 is the first gradient alone. The second call leaves its trace, too."""
    return "c"


def quiz_grad_adds__d():
    """Nothing is averaged: `backward` does not know how often it has been called before."""
    return "d"


def quiz_parameters_found__b():
    """A Module does not look into a plain list at all, so it has no way to find the first one either."""
    return "b"


def quiz_parameters_found__c():
    """What registers a Parameter is its assignment as an attribute. Here the attribute is a list, and a list is no Parameter."""
    return "c"


def quiz_parameters_found__d():
    """No error is raised, which is the nasty part: the optimiser gets no weights, and training changes nothing."""
    return "d"


def quiz_hidden_state__a():
    """Deleting a cell takes its text away. What its runs did to x stays in the kernel's memory."""
    return "a"


def quiz_hidden_state__b():
    """Cell 2 ran three times, and every run added 1."""
    return "b"


def quiz_hidden_state__d():
    """The kernel keeps its variables until it is restarted, whatever becomes of the cells."""
    return "d"


def quiz_staging__b():
    """The second edit came after `git add` and was never staged, so the commit does not have it."""
    return "b"


def quiz_staging__c():
    """What is staged is a snapshot, taken at the moment of `git add`. The second edit did not exist yet."""
    return "c"


def quiz_staging__d():
    """The first edit was staged, and a commit takes what is staged."""
    return "d"


def quiz_environment__a():
    """The import in the terminal shows that einops itself is in order. What is different about the notebook?"""
    return "a"


def quiz_environment__b():
    """Notebooks import packages like any other Python program: every part of this course does it in its first cells."""
    return "b"


def quiz_environment__c():
    """A package needs no restart of the computer: Python looks for it anew with every first import."""
    return "c"


def word_counts__case(text):
    """`The` and `the` were counted apart: they are the same word, one of them at the start of a sentence."""
    return dict(Counter(re.findall(r"[A-Za-z']+", text)))


def word_counts__split_only(text):
    """Full stops and commas stuck to your words. Cutting at white space alone is not enough."""
    return dict(Counter(text.lower().split()))


def word_counts__letters(text):
    """You counted letters, not words: a text is walked through one character at a time."""
    return dict(Counter(character for character in text.lower() if character.isalpha()))


def word_counts__apostrophe(text):
    """`dog's` fell apart into two words: an apostrophe does not end a word here."""
    return dict(Counter(re.findall(r"[a-z]+", text.lower())))


def word_counts__digits(text):
    """Digits or underscores got into your words: only letters and apostrophes are part of a word."""
    return dict(Counter(re.findall(r"[\w']+", text.lower())))


def word_counts__outer_apostrophe(text):
    """An apostrophe at the edge of a word was dropped: `'tis` has one in front, and it belongs to the word."""
    return dict(Counter(word.strip("'") for word in re.findall(r"[a-z']+", text.lower())))


def word_counts__distinct(text):
    """The words are right, but each has the count 1: count every occurrence."""
    return dict.fromkeys(re.findall(r"[a-z']+", text.lower()), 1)


def word_counts__empty_word(text):
    """A word of no letters was counted, too: a run of letters has at least one."""
    return dict(Counter(re.findall(r"[a-z']*", text.lower())))


def word_counts__inside_others(text):
    """You counted pieces of the text, not words: an `a` is also found inside `lamb`, and a `the` not in `The`."""
    return {word: text.count(word) for word in re.findall(r"[a-z']+", text.lower())}


def word_counts__word_boundary(text):
    """Letters beside a digit or an underscore were lost: for `\\b` these are part of the word, so that there is no boundary."""
    return dict(Counter(re.findall(r"\b[a-z']+\b", text.lower())))


def checkerboard__inverted(n, m):
    """The colours are exchanged: which one belongs to the top left?"""
    return ((np.arange(n)[:, None] + np.arange(m) + 1) % 2).astype(np.uint8)


def checkerboard__stripes(n, m):
    """Your rows are all alike: going down must change the colour as well."""
    return np.tile(np.arange(m) % 2, (n, 1)).astype(np.uint8)


def checkerboard__flat_parity(n, m):
    """Right for odd widths only: you alternated along the flattened array, and a row of even length ends where the next begins."""
    return (np.arange(n * m) % 2).reshape(n, m).astype(np.uint8)


def checkerboard__dtype(n, m):
    """The values are right, the dtype is not uint8: eight bits without a sign are asked, one byte a cell."""
    return (np.arange(n)[:, None] + np.arange(m)) % 2


def checkerboard__exchanged(n, m):
    """Rows and columns are exchanged: n counts the rows, m the columns."""
    return ((np.arange(m)[:, None] + np.arange(n)) % 2).astype(np.uint8)


def checkerboard__mixture(n, m):
    """A cell is 1 in your board when row and column are both odd. Look at the first row of the example: there the row is even."""
    return ((np.arange(n)[:, None] % 2) * (np.arange(m) % 2)).astype(np.uint8)


def checkerboard__every_other_row(n, m):
    """Only every other row has ones: two kinds of rows are needed, and the second kind begins with 1."""
    board = np.zeros((n, m), dtype=np.uint8)
    board[::2, 1::2] = 1
    return board


def checkerboard__precedence(n, m):
    """`%` binds tighter than `+`: only one of the two was reduced to 0 or 1 before the sum."""
    return np.arange(n)[:, None] + np.arange(m) % 2


def first_gradient__value(x):
    """You returned the function's value, not its slope."""
    leaf = t.tensor(float(x), requires_grad=True)
    return (leaf**3 - 2 * leaf).item()


def first_gradient__tensor(x):
    """The right number, but still wrapped in a tensor."""
    leaf = t.tensor(float(x), requires_grad=True)
    (leaf**3 - 2 * leaf).backward()
    return leaf.grad


def first_gradient__accumulated(x):
    """The second call returned more than the first: a tensor survived between the calls, and its gradient with it."""
    with t.no_grad():
        _LEAF.fill_(x)
    (_LEAF**3 - 2 * _LEAF).backward()
    return _LEAF.grad.item()


def first_gradient__int_dtype(x):
    """Whole-number input fails: a tensor made from one has an integer dtype, and only floating tensors carry gradients."""
    leaf = t.tensor(x, requires_grad=True)
    (leaf**3 - 2 * leaf).backward()
    return leaf.grad.item()


def first_gradient__nothing(x):
    """None came out. `backward` itself returns nothing, and a result keeps no gradient: the slope stands in `.grad` of the leaf."""
    leaf = t.tensor(float(x), requires_grad=True)
    return (leaf**3 - 2 * leaf).backward()


def first_gradient__not_asked(x):
    """No gradient was asked for: a leaf wants one only if it is made with `requires_grad=True`."""
    leaf = t.tensor(float(x))
    (leaf**3 - 2 * leaf).backward()
    return leaf.grad.item()


def first_gradient__numpy_number(x):
    """The right number, but of NumPy's own number type, and a plain Python float is asked."""
    leaf = t.tensor(float(x), requires_grad=True)
    (leaf**3 - 2 * leaf).backward()
    return leaf.grad.numpy()[()]


def first_gradient__summand(x):
    """The term -2x is missing from your slope: it falls by 2 wherever you stand."""
    leaf = t.tensor(float(x), requires_grad=True)
    (leaf**3).backward()
    return leaf.grad.item()

"""Solutions of part 0: the self-checks of the packing list, and three warm-ups."""

import re
from collections import Counter

import numpy as np
import torch as t
from jaxtyping import UInt8

quiz_relu_slope = "d"

quiz_depth = "a"

quiz_rank = "d"

quiz_variance_sum = "a"

quiz_mse_step = "c"

quiz_bce_slope = "b"

quiz_uniform_loss = "d"


def word_counts(text: str) -> dict[str, int]:
    """How often each word occurs in a text, whether in capital or in small letters.

    text: any text, empty too. A word is a longest run of letters or apostrophes.
    Returns the words in small letters, each with its count.

    >>> word_counts("The cat. The dog's cat") == {"the": 2, "cat": 2, "dog's": 1}
    True
    """
    words = re.findall(r"[a-z']+", text.lower())
    return dict(Counter(words))


quiz_annotations = "d"

quiz_view_or_copy = "c"

quiz_dim_axis = "b"


def checkerboard(n: int, m: int) -> UInt8[np.ndarray, "n m"]:
    """Board of zeros and ones that alternate along both axes, 0 at the top left.

    n: number of rows, 0 or more. m: number of columns, 0 or more.
    Returns an array of shape (n, m), dtype uint8.

    >>> checkerboard(2, 3)
    array([[0, 1, 0],
           [1, 0, 1]], dtype=uint8)
    """
    rows, columns = np.arange(n)[:, None], np.arange(m)
    return ((rows + columns) % 2).astype(np.uint8)


quiz_grad_adds = "a"


def first_gradient(x: float | int) -> float:
    """Slope of x^3 - 2x at one place, by torch's autograd.

    x: where; a float or a whole number.
    Returns the slope as a Python float. float32 is exact enough.

    >>> first_gradient(2.0)
    10.0
    """
    leaf = t.tensor(float(x), requires_grad=True)
    (leaf**3 - 2 * leaf).backward()
    return leaf.grad.item()


quiz_parameters_found = "a"

quiz_hidden_state = "c"

quiz_staging = "a"

quiz_environment = "d"

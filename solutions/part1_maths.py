"""Solutions of part 1: probability, information, derivatives and descent."""
# ruff: noqa: N802  # the layer is called NN, as in the text

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable

import einops
import numpy as np
from jaxtyping import Float, Int, Num


def expectation(values: Float[np.ndarray, "n"], probs: Float[np.ndarray, "n"], g: Callable | None = None) -> float:
    """Expected value of a discrete random variable X, or of g(X).

    values: the values that X takes, floats, shape (n,).
    probs: their probabilities, shape (n,), summing to 1.
    g: a function that maps an array elementwise; without it, X itself is meant.
    Returns one number, E[X] or E[g(X)].

    >>> expectation(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.2, 0.3, 0.4]))
    3.0
    >>> expectation(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.2, 0.3, 0.4]), np.square)
    10.0
    """
    outcomes = values if g is None else g(values)
    return float((outcomes * probs).sum())


def variance(values: Float[np.ndarray, "n"], probs: Float[np.ndarray, "n"]) -> float:
    """Variance of a discrete random variable: the expected squared distance from its mean.

    values: the values that it takes, floats, shape (n,).
    probs: their probabilities, shape (n,), summing to 1.
    Returns one number. Values near 1e8 with a tiny spread keep their digits.

    >>> variance(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.2, 0.3, 0.4]))
    1.0
    """
    deviations = values - (values * probs).sum()
    return float((deviations**2 * probs).sum())


def covariance(joint: Float[np.ndarray, "nx ny"], x_values: Float[np.ndarray, "nx"], y_values: Float[np.ndarray, "ny"]) -> float:
    """Covariance of two discrete random variables X and Y from their joint table.

    joint: probabilities, shape (nx, ny), summing to 1: a row for each value of
    X, a column for each value of Y.
    x_values, y_values: floats, shapes (nx,) and (ny,).
    Returns one number.

    >>> joint = np.array([[0.10, 0.20, 0.10], [0.05, 0.25, 0.30]])
    >>> round(covariance(joint, np.array([0.0, 1.0]), np.array([-1.0, 0.0, 2.0])), 6)
    0.16
    """
    x_deviations = x_values - joint.sum(axis=1) @ x_values
    y_deviations = y_values - joint.sum(axis=0) @ y_values
    return float((joint * x_deviations[:, None] * y_deviations).sum())


def variance_of_sum(var_x: float, var_y: float, cov_xy: float = 0.0, a: float = 1.0, b: float = 1.0) -> float:
    """Variance of a X + b Y.

    var_x, var_y: the variances of X and of Y. cov_xy: their covariance. a, b: any two numbers.
    Returns one number.

    >>> variance_of_sum(9.0, 16.0)
    25.0
    >>> variance_of_sum(9.0, 16.0, 2.0, 2.0, -1.0)
    44.0
    """
    return a * a * var_x + b * b * var_y + 2 * a * b * cov_xy


quiz_uncorrelated = "c"


def covariance_matrix(samples: Float[np.ndarray, "n d"], probs: Float[np.ndarray, "n"] | None = None) -> Float[np.ndarray, "d d"]:
    """Covariance matrix of a random vector that takes each row of `samples` with its probability.

    samples: floats, one possible vector a row, shape (n, d).
    probs: shape (n,), summing to 1; without them every row has the probability 1/n.
    Returns an array of shape (d, d).

    >>> covariance_matrix(np.array([[2.0, 1.0], [4.0, 3.0], [6.0, 2.0], [8.0, 6.0]]))
    array([[5. , 3.5],
           [3.5, 3.5]])
    """
    if probs is None:
        probs = np.full(len(samples), 1 / len(samples))
    centred = samples - probs @ samples
    return np.einsum("n,nd,ne->de", probs, centred, centred)


def gaussian_pdf(x: Float[np.ndarray, "..."], mu: float, sigma: float) -> Float[np.ndarray, "..."]:
    """Density of the normal distribution with mean `mu` and standard deviation `sigma`, at each `x`.

    x: floats, any shape. mu: a number. sigma: a number above 0.
    Returns an array of the shape of `x`.

    >>> gaussian_pdf(np.array([0.0, 1.0]), 0.0, 2.0).round(6)
    array([0.199471, 0.176033])
    """
    standardised = (x - mu) / sigma
    return np.exp(-(standardised**2) / 2) / (math.sqrt(2 * math.pi) * sigma)


def multivariate_gaussian_pdf(
    x: Float[np.ndarray, "n d"], mu: Float[np.ndarray, "d"], cov: Float[np.ndarray, "d d"]
) -> Float[np.ndarray, "n"]:
    """Density of the normal distribution with mean `mu` and covariance matrix `cov`, at n points.

    x: floats, one point a row, shape (n, d). mu: floats, shape (d,).
    cov: floats, shape (d, d), symmetric, with positive eigenvalues.
    Returns an array of shape (n,).

    >>> cov = np.array([[1.0, 0.6], [0.6, 4.0]])
    >>> multivariate_gaussian_pdf(np.array([[1.0, 1.0]]), np.zeros(2), cov).round(6)
    array([0.049497])
    """
    centred = x - mu
    squared_length = np.einsum("nd,dn->n", centred, np.linalg.solve(cov, centred.T))
    height = 1 / math.sqrt((2 * math.pi) ** len(mu) * np.linalg.det(cov))
    return height * np.exp(-squared_length / 2)


quiz_density_above_one = "a"


def marginal(joint: Float[np.ndarray, "..."], keep: tuple[int, ...]) -> Float[np.ndarray, "..."]:
    """Sum rule: the joint table of the kept axes alone.

    joint: probabilities, any number of axes.
    keep: the axes that stay, none twice; negative ones count from the end.
    Returns an array with the axes of `keep`, in the order of `keep`.

    >>> joint = np.array([[0.10, 0.20, 0.10], [0.05, 0.25, 0.30]])
    >>> marginal(joint, (1,)).round(2)
    array([0.15, 0.45, 0.4 ])
    """
    kept = [axis % joint.ndim for axis in keep]
    summed_out = tuple(axis for axis in range(joint.ndim) if axis not in kept)
    left = sorted(kept)
    return np.transpose(joint.sum(axis=summed_out), [left.index(axis) for axis in kept])


def conditional(joint: Float[np.ndarray, "nx ny"], given: int) -> Float[np.ndarray, "nx ny"]:
    """Conditional table: p(y | x) when axis 0 is given, p(x | y) when axis 1 is given.

    joint: probabilities, shape (nx, ny). given: 0 or 1, the axis of the condition.
    Returns an array of shape (nx, ny). Where the condition has probability 0, all entries
    are 0; there is no warning.

    >>> joint = np.array([[0.10, 0.20, 0.10], [0.05, 0.25, 0.30]])
    >>> conditional(joint, 0).round(4)
    array([[0.25  , 0.5   , 0.25  ],
           [0.0833, 0.4167, 0.5   ]])
    """
    of_condition = joint.sum(axis=1 - given, keepdims=True)
    return np.divide(joint, of_condition, out=np.zeros_like(joint), where=of_condition > 0)


def bayes_posterior(prior: Float[np.ndarray, "c"], likelihood: Float[np.ndarray, "c"]) -> tuple[Float[np.ndarray, "c"], float]:
    """Belief in each cause after an observation, and the probability of that observation.

    prior: probabilities of the causes, shape (c,), summing to 1.
    likelihood: probability of the observation under each cause, shape (c,); it may sum to anything.
    Returns the posterior, shape (c,), and the evidence, one number.

    >>> posterior, evidence = bayes_posterior(np.array([0.5, 0.5]), np.array([0.4, 0.8]))
    >>> posterior.round(4), round(evidence, 4)
    (array([0.3333, 0.6667]), 0.6)
    """
    joint = prior * likelihood
    evidence = joint.sum()
    return joint / evidence, float(evidence)


def naive_bayes_fit(
    counts: Int[np.ndarray, "docs vocab"], labels: Int[np.ndarray, "docs"], n_classes: int, alpha: float = 1.0
) -> tuple[Float[np.ndarray, "c"], Float[np.ndarray, "c vocab"]]:
    """Log prior of the classes and log p(word | class), with `alpha` added to each word's count.

    counts: how often each word occurs in each document, shape (docs, vocab).
    labels: the class of each document, shape (docs,).
    n_classes: number of classes, c. alpha: at least 0.
    Returns arrays of shape (c,) and (c, vocab). The logarithm of 0 is -inf, without a warning.

    >>> log_prior, log_likelihood = naive_bayes_fit(np.array([[2, 1, 0], [0, 1, 3]]), np.array([0, 1]), 2)
    >>> np.exp(log_likelihood).round(4)
    array([[0.5   , 0.3333, 0.1667],
           [0.1429, 0.2857, 0.5714]])
    """
    belongs = labels == np.arange(n_classes)[:, None]
    smoothed = belongs.astype(int) @ counts + alpha
    with np.errstate(divide="ignore"):
        log_prior = np.log(belongs.mean(axis=1))
        return log_prior, np.log(smoothed / smoothed.sum(axis=1, keepdims=True))


def naive_bayes_predict(
    log_prior: Float[np.ndarray, "c"], log_likelihood: Float[np.ndarray, "c vocab"], counts: Int[np.ndarray, "docs vocab"]
) -> Int[np.ndarray, "docs"]:
    """The most probable class of each document; of several the lowest.

    log_prior: shape (c,).
    log_likelihood: log p(word | class), shape (c, vocab); either may hold -inf.
    counts: how often each word occurs in each document, shape (docs, vocab).
    Returns whole numbers, shape (docs,).

    >>> log_prior = np.log([0.5, 0.5])
    >>> log_likelihood = np.log([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
    >>> naive_bayes_predict(log_prior, log_likelihood, np.array([[1, 1, 0], [1, 0, 2]]))
    array([0, 1])
    """
    never = np.isneginf(log_likelihood)
    scores = log_prior + counts @ np.where(never, 0.0, log_likelihood).T
    scores[counts @ never.T.astype(int) > 0] = -np.inf
    return scores.argmax(axis=1)


def chain_rule_factors(
    joint: Float[np.ndarray, "a b c"],
) -> tuple[Float[np.ndarray, "c"], Float[np.ndarray, "b c"], Float[np.ndarray, "a b c"]]:
    """p(c), p(b | c) and p(a | b, c), whose product is the joint table.

    joint: probabilities, shape (a, b, c).
    Returns arrays of shape (c,), (b, c) and (a, b, c). Under a condition of probability 0 all
    entries are 0; there is no warning.

    >>> p_c, p_b_c, p_a_bc = chain_rule_factors(np.full((2, 3, 4), 1 / 24))
    >>> p_c.round(4), p_b_c[0].round(4)
    (array([0.25, 0.25, 0.25, 0.25]), array([0.3333, 0.3333, 0.3333, 0.3333]))
    """
    of_bc = joint.sum(axis=0)
    of_c = of_bc.sum(axis=0)
    b_given_c = np.divide(of_bc, of_c, out=np.zeros_like(of_bc), where=of_c > 0)
    a_given_bc = np.divide(joint, of_bc, out=np.zeros_like(joint), where=of_bc > 0)
    return of_c, b_given_c, a_given_bc


def graph_joint(
    p_a: Float[np.ndarray, "a"],
    p_b_a: Float[np.ndarray, "a b"],
    p_c_ab: Float[np.ndarray, "a b c"],
    p_d_b: Float[np.ndarray, "b d"],
    p_e_c: Float[np.ndarray, "c e"],
) -> Float[np.ndarray, "a b c d e"]:
    """Joint table of the graph p(a) p(b | a) p(c | a, b) p(d | b) p(e | c).

    In every table the parents' axes come first and the child's axis is the last:
    p_a (a,), p_b_a (a, b), p_c_ab (a, b, c), p_d_b (b, d), p_e_c (c, e).
    Returns an array of shape (a, b, c, d, e).

    >>> coin = np.array([0.5, 0.5])
    >>> pair, triple = np.full((2, 2), 0.5), np.full((2, 2, 2), 0.5)
    >>> float(graph_joint(coin, pair, triple, pair, pair)[0, 1, 0, 1, 0])
    0.03125
    """
    return np.einsum("a,ab,abc,bd,ce->abcde", p_a, p_b_a, p_c_ab, p_d_b, p_e_c)


def bigram_probability(corpus: list[str], sentence: str) -> float:
    """Probability of a sentence under the bigram model that is counted from the corpus.

    corpus: sentences.
    sentence: the one in question. Case and punctuation do not count; apostrophes do.
    Every sentence begins with a start mark and ends with an end mark.
    Returns one number; 0.0 where a word never followed its predecessor in the corpus.

    >>> bigram_probability(["I like tea.", "I like coffee."], "I like tea")
    0.5
    """

    def padded(text: str) -> list[str]:
        return ["<start>", *re.findall(r"[\w']+", text.lower()), "<end>"]

    pairs = Counter(pair for text in corpus for pair in itertools.pairwise(padded(text)))
    firsts = Counter(word for text in corpus for word in padded(text)[:-1])
    steps = itertools.pairwise(padded(sentence))
    return math.prod(pairs[step] / firsts[step[0]] if step in pairs else 0.0 for step in steps)


def lda_log_joint(
    theta: Float[np.ndarray, "k"], beta: Float[np.ndarray, "k v"], z: Int[np.ndarray, "n"], w: Int[np.ndarray, "n"]
) -> float:
    """Log probability of a document's topics and words: log p(z, w | theta, beta).

    theta: share of each topic in this document, shape (k,).
    beta: p(word | topic), one topic a row, shape (k, v).
    z: the topic of each place in the text, whole numbers, shape (n,).
    w: the word there, whole numbers, shape (n,).
    Returns one number; -inf where something impossible happened.

    >>> theta, beta = np.array([0.7, 0.3]), np.array([[0.5, 0.3, 0.2], [0.1, 0.4, 0.5]])
    >>> round(lda_log_joint(theta, beta, np.array([0, 1]), np.array([2, 2])), 4)
    -3.8632
    """
    with np.errstate(divide="ignore"):
        return float(np.log(theta[z]).sum() + np.log(beta[z, w]).sum())


def neg_log_likelihood(q: Float[np.ndarray, "n c"], y: Int[np.ndarray, "n"]) -> float:
    """Minus the log of the product of the probabilities that the true labels were given.

    q: predicted probabilities, one example a row, shape (n, c).
    y: the true class of each example, shape (n,).
    Returns one number, at least 0; inf where a truth had the probability 0, without a warning.

    >>> q = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    >>> round(neg_log_likelihood(q, np.array([0, 1, 2])), 5)
    1.49611
    """
    of_truth = q[np.arange(len(y)), y]
    with np.errstate(divide="ignore"):
        return float(-np.log(of_truth).sum())


def entropy(p: Float[np.ndarray, "*batch k"], base: float = math.e) -> Float[np.ndarray, "*batch"]:
    """Shannon entropy of each distribution along the last axis.

    p: probabilities, shape (*batch, k), each distribution summing to 1.
    base: of the logarithm; 2 gives bits.
    Returns an array of shape (*batch). Entries of 0 contribute nothing; there is no warning.

    >>> float(entropy(np.array([0.5, 0.25, 0.125, 0.125]), base=2))
    1.75
    """
    harmless = np.where(p > 0, p, 1.0)
    return -(p * np.log(harmless)).sum(axis=-1) / math.log(base)


def cross_entropy_pq(p: Float[np.ndarray, "k"], q: Float[np.ndarray, "k"], base: float = math.e) -> float:
    """Cross entropy H(p, q): the expected surprise of somebody who believes q while p is true.

    p: the truth, q: the belief, probabilities, shape (k,).
    base: of the logarithm; 2 gives bits.
    Returns one number; inf where q calls impossible what p lets happen.

    >>> round(cross_entropy_pq(np.array([0.99, 0.01]), np.array([0.01, 0.99])), 4)
    4.5592
    """
    happens = p > 0
    with np.errstate(divide="ignore"):
        return float(-(p[happens] * np.log(q[happens])).sum() / math.log(base))


def single_label_cost(q: Float[np.ndarray, "n c"], y: Int[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """Cost of each example that has exactly one of c labels.

    q: predicted probabilities, each row summing to 1, shape (n, c).
    y: the true class of each example, shape (n,).
    Returns an array of shape (n,).

    >>> single_label_cost(np.array([[0.7, 0.2, 0.1]]), np.array([0])).round(5)
    array([0.35667])
    """
    return -np.log(q[np.arange(len(y)), y])


def multi_label_cost(s: Float[np.ndarray, "n c"], y: Int[np.ndarray, "n c"]) -> Float[np.ndarray, "n"]:
    """Cost of each example that may have any number of c labels: the sum of c yes/no costs.

    s: predicted probability of each label, each between 0 and 1, shape (n, c).
    y: 1 where the label is there and 0 where it is not, shape (n, c).
    Returns an array of shape (n,).

    >>> multi_label_cost(np.array([[0.9, 0.2, 0.6]]), np.array([[1, 0, 1]])).round(5)
    array([0.83933])
    """
    of_truth = np.where(y == 1, s, 1 - s)
    return -np.log(of_truth).sum(axis=1)


def kl_divergence(p: Float[np.ndarray, "k"], q: Float[np.ndarray, "k"]) -> float:
    """Kullback-Leibler divergence D(p || q), in nats.

    p: the truth, q: the belief, probabilities, shape (k,).
    Returns one number, 0 where p and q agree; inf where q calls impossible what p lets happen.

    >>> round(kl_divergence(np.array([0.5, 0.5]), np.array([0.9, 0.1])), 4)
    0.5108
    """
    happens = p > 0
    with np.errstate(divide="ignore"):
        return float((p[happens] * np.log(p[happens] / q[happens])).sum())


quiz_kl = "a"


quiz_product_shapes = "c"

quiz_transpose_product = "d"


def forward_difference(f: Callable, x: float, h: float = 1e-5) -> float:
    """Slope of the secant of `f` over [x, x + h].

    f: takes a number, gives a number.
    h: the width of the step, not zero; it may be negative.

    >>> forward_difference(lambda x: x**2, 3.0, h=0.5)
    6.5
    """
    return (f(x + h) - f(x)) / h


def central_difference(f: Callable, x: float, h: float = 1e-5) -> float:
    """Slope of the secant of `f` over [x - h, x + h].

    f: takes a number, gives a number.
    h: half the width of the interval, not zero; it may be negative.

    >>> central_difference(lambda x: x**2, 3.0, h=0.5)
    6.0
    """
    return (f(x + h) - f(x - h)) / (2 * h)


quiz_derivative_rules = "c"


def chain_rule_scalar(dg: Callable, f: Callable, df: Callable) -> Callable:
    """The derivative of x -> g(f(x)), as a function of x.

    dg: the derivative of g. f: the inner function. df: the derivative of f.
    Each takes a number and gives a number, or takes an array and works on every entry by itself.
    Returns a function that does the same.

    >>> slope = chain_rule_scalar(dg=lambda z: 6.0, f=lambda x: -2 * x + 5, df=lambda x: -2.0)
    >>> slope(10.0)
    -12.0
    """

    def slope(x):
        return dg(f(x)) * df(x)

    return slope


def partials_easy(x1: int | float, x2: int | float) -> tuple[int | float, int | float]:
    """Slopes of x1^2 x2 + x1 x2^3 at the place (x1, x2): first the one in x1, then the one in x2.

    >>> partials_easy(2, 3)
    (39, 58)
    """
    return 2 * x1 * x2 + x2**3, x1**2 + 3 * x1 * x2**2


def partials_hard(x1: int | float, x2: int | float) -> tuple[int | float, int | float]:
    """Slopes of (x1 + 2 x2^3)^2 at the place (x1, x2): first the one in x1, then the one in x2.

    >>> partials_hard(1, 2)
    (34, 816)
    """
    inside = x1 + 2 * x2**3
    return 2 * inside, 2 * inside * 6 * x2**2


def numerical_gradient(f: Callable, x: Num[np.ndarray, "..."], h: float = 1e-5) -> Float[np.ndarray, "..."]:
    """Central difference of `f` in every coordinate of `x`.

    f: takes an array of the shape of x, gives a number.
    x: floats or whole numbers, any shape. After the call it must be the same, even if f raises
    an error.
    Returns the slopes, float64, an array of the shape of x.

    >>> numerical_gradient(lambda x: x[0] ** 2 + 5 * x[1], np.array([3.0, -1.0])).round(6)
    array([6., 5.])
    """
    place = x.astype(np.float64)
    slopes = np.zeros_like(place)
    for index in np.ndindex(place.shape):
        middle = place[index]
        place[index] = middle + h
        right = f(place)
        place[index] = middle - h
        left = f(place)
        place[index] = middle
        slopes[index] = (right - left) / (2 * h)
    return slopes


def path_derivative(t: float) -> tuple[Float[np.ndarray, "1 2"], Float[np.ndarray, "2 1"], float]:
    """How fast f(x) = x1^2 + 2 x2 changes along the path x(t) = (sin t, cos t).

    Returns df/dx at x(t), a row of shape (1, 2); dx/dt at t, a column of shape (2, 1); and their
    product, a number.

    >>> row, column, product = path_derivative(np.pi / 2)
    >>> row.round(6)
    array([[2., 2.]])
    >>> round(product, 6)
    -2.0
    """
    row = np.array([[2 * np.sin(t), 2.0]])
    column = np.array([[np.cos(t)], [-np.sin(t)]])
    return row, column, (row @ column).item()


def least_squares_gradient(
    A: Float[np.ndarray, "m n"], x: Float[np.ndarray, "n"], y: Float[np.ndarray, "m"]
) -> Float[np.ndarray, "1 n"]:
    """Gradient of half the squared length of y - Ax with respect to x.

    A: floats, shape (m, n). x: floats, shape (n,). y: floats, shape (m,).
    Returns a row of shape (1, n).

    >>> A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> least_squares_gradient(A, np.array([1.0, -1.0]), np.array([1.0, 0.0, 2.0]))
    array([[-20., -26.]])
    """
    residual = y - A @ x
    return -residual[None, :] @ A


def jacobian_ax_wrt_x(A: Float[np.ndarray, "m n"], x: Float[np.ndarray, "n"]) -> Float[np.ndarray, "m n"]:
    """Jacobian of Ax with respect to x.

    A: floats, shape (m, n). x: floats, shape (n,).
    Returns a new array of shape (m, n); entry [i, j] is d(Ax)_i / dx_j.
    """
    return A.copy()


def jacobian_ax_wrt_a(A: Float[np.ndarray, "m n"], x: Float[np.ndarray, "n"]) -> Float[np.ndarray, "m m n"]:
    """Jacobian of Ax with respect to A.

    A: floats, shape (m, n). x: floats, shape (n,).
    Returns an array of shape (m, m, n); entry [i, k, j] is d(Ax)_i / dA_kj.

    >>> jacobian_ax_wrt_a(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 7.0])).tolist()
    [[[5.0, 7.0], [0.0, 0.0]], [[0.0, 0.0], [5.0, 7.0]]]
    """
    return einops.einsum(np.eye(len(A)), x, "i k, j -> i k j")


quiz_jacobian_shape = "a"


def numerical_jacobian(f: Callable, x: Num[np.ndarray, "*inp"], h: float = 1e-5) -> Float[np.ndarray, "..."]:
    """Central differences of every output of `f` in every coordinate of `x`.

    f: takes an array of the shape of x, gives an array of any shape or a number. It may give a
    view of what it takes.
    x: floats or whole numbers, any shape; it must be the same after the call.
    Returns the slopes, float64: first the axes of the output, then those of x.

    >>> A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> numerical_jacobian(lambda x: A @ x, np.array([1.0, -1.0])).round(6)
    array([[1., 2.],
           [3., 4.],
           [5., 6.]])
    """
    place = x.astype(np.float64)
    slopes = {}
    for index in np.ndindex(place.shape):
        middle = place[index]
        place[index] = middle + h
        right = np.array(f(place), dtype=np.float64)
        place[index] = middle - h
        left = np.array(f(place), dtype=np.float64)
        place[index] = middle
        slopes[index] = (right - left) / (2 * h)
    columns = np.stack(list(slopes.values()), axis=-1)
    return columns.reshape(columns.shape[:-1] + place.shape)


def da_dx_by_slices(A: Callable, x: Float[np.ndarray, "k"]) -> Float[np.ndarray, "m n k"]:
    """Derivative of a matrix A(x) with respect to the vector x, by slices.

    There is one matrix of slopes for each entry of x; they are stacked.

    A: takes an array of shape (k,), gives one of shape (m, n).
    x: floats, shape (k,), at least one.
    Returns the slopes by central differences with a step of 1e-5, shape (m, n, k).

    >>> slopes = da_dx_by_slices(lambda x: np.array([[x[0], 2 * x[1]]]), np.array([1.0, 1.0]))
    >>> slopes.round(6) + 0.0
    array([[[1., 0.],
            [0., 2.]]])
    """
    steps = 1e-5 * np.eye(len(x))
    slices = [(A(x + step) - A(x - step)) / 2e-5 for step in steps]
    return np.stack(slices, axis=-1)


def da_dx_by_flattening(A: Callable, x: Float[np.ndarray, "k"]) -> Float[np.ndarray, "m n k"]:
    """Derivative of a matrix A(x) with respect to the vector x, by flattening.

    The matrix becomes a vector, its Jacobian is taken, and the axes come back.

    A: takes an array of shape (k,), gives one of shape (m, n).
    x: floats, shape (k,), at least one.
    Returns the slopes by central differences with a step of 1e-5, shape (m, n, k).

    >>> slopes = da_dx_by_flattening(lambda x: np.array([[x[0], 2 * x[1]]]), np.array([1.0, 1.0]))
    >>> slopes.round(6) + 0.0
    array([[[1., 0.],
            [0., 2.]]])
    """
    m, n = A(x).shape
    jacobian = np.empty((m * n, len(x)))
    for k, step in enumerate(1e-5 * np.eye(len(x))):
        change = A(x + step) - A(x - step)
        jacobian[:, k] = change.flatten() / 2e-5
    return einops.rearrange(jacobian, "(m n) k -> m n k", m=m)


def jacobian_chain(dfdz: Float[np.ndarray, "i l"], dzdt: Float[np.ndarray, "l *t"]) -> Float[np.ndarray, "i *t"]:
    """Jacobian of f(z(t)) with respect to t, which may have any number of axes.

    dfdz: floats, shape (i, l). dzdt: floats, shape (l, *t).
    Returns an array of shape (i, *t).

    >>> dzdt = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    >>> jacobian_chain(np.diag([2.0, 3.0]), dzdt).tolist()
    [[[2.0], [4.0]], [[9.0], [12.0]]]
    """
    return einops.einsum(dfdz, dzdt, "i l, l ... -> i ...")


def NN(
    x: Float[np.ndarray, "n"], A: Float[np.ndarray, "m n"], b: Float[np.ndarray, "m"]
) -> tuple[Float[np.ndarray, "m"], Float[np.ndarray, "m m n"], Float[np.ndarray, "m m"], Float[np.ndarray, "m n"]]:
    """One layer of a network, f = tanh(Ax + b), and its Jacobians.

    x: floats, shape (n,). A: floats, shape (m, n). b: floats, shape (m,).
    Returns, in this order, f of shape (m,), df/dA of shape (m, m, n), df/db of shape (m, m) and
    df/dx of shape (m, n).

    >>> A = np.array([[0.5, -1.0], [1.0, 2.0], [0.0, 0.25]])
    >>> f, dfdA, dfdb, dfdx = NN(np.array([1.0, 0.5]), A, np.array([0.0, -1.0, 0.5]))
    >>> f.round(6)
    array([0.      , 0.761594, 0.5546  ])
    >>> dfdx.round(6)
    array([[ 0.5     , -1.      ],
           [ 0.419974,  0.839949],
           [ 0.      ,  0.173105]])
    """
    f = np.tanh(A @ x + b)
    dfdz = np.diag(1 - f**2)
    dzdA = einops.einsum(np.eye(len(A)), x, "i k, j -> i k j")
    dfdA = einops.einsum(dfdz, dzdA, "i l, l k j -> i k j")
    return f, dfdA, dfdz, einops.einsum(dfdz, A, "i l, l j -> i j")


def layer_loss_gradients(
    x: Float[np.ndarray, "n"], A: Float[np.ndarray, "m n"], b: Float[np.ndarray, "m"], y: Float[np.ndarray, "m"]
) -> tuple[float, Float[np.ndarray, "m n"], Float[np.ndarray, "m"]]:
    """Loss of one layer, half the squared length of y - tanh(Ax + b), and its gradients.

    x: floats, shape (n,). A: floats, shape (m, n). b: floats, shape (m,). y: floats, shape (m,).
    Returns the loss; dL/dA in the shape of A, (m, n); and dL/db in the shape of b, (m,).

    >>> A = np.array([[0.5, -1.0], [1.0, 2.0], [0.0, 0.25]])
    >>> x, b, y = np.array([1.0, 0.5]), np.array([0.0, -1.0, 0.5]), np.array([0.0, 1.0, 1.0])
    >>> loss, dLdA, dLdb = layer_loss_gradients(x, A, b, y)
    >>> round(loss, 6)
    0.127609
    >>> dLdA.round(6) + 0.0
    array([[ 0.      ,  0.      ],
           [-0.100124, -0.050062],
           [-0.308404, -0.154202]])
    """
    f = np.tanh(A @ x + b)
    residual = y - f
    dLdz = -residual * (1 - f**2)
    return float(residual @ residual) / 2, np.outer(dLdz, x), dLdz


def poly_loss_and_grad(
    theta: Float[np.ndarray, "d"], x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]
) -> tuple[float, Float[np.ndarray, "d"]]:
    """Loss of a polynomial on some points, the sum of (y_i - f(x_i))^2, and its gradient.

    theta: the coefficients of f, floats, in ascending order, shape (d,).
    x, y: the points, floats, shape (n,).
    Returns the loss and its gradient with respect to theta, shape (d,).

    >>> x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 7.0])
    >>> loss, gradient = poly_loss_and_grad(np.zeros(3), x, y)
    >>> float(loss)
    59.0
    >>> gradient
    array([-22., -34., -62.])
    """
    powers = np.vander(x, len(theta), increasing=True)
    residual = y - powers @ theta
    return float(residual @ residual), -2 * residual @ powers


def gradient_descent(
    grad: Callable, theta0: Float[np.ndarray, "..."], lr: float, steps: int
) -> Float[np.ndarray, "steps_plus_1 ..."]:
    """The path of gradient descent, from its start on.

    grad: takes parameters, gives the gradient in their shape. It is called once for each step.
    theta0: the start, floats, any shape. lr: the step size. steps: how many, 0 or more.
    Returns the places one after the other, the start first: steps + 1 of them, along axis 0.

    >>> gradient_descent(lambda x: x * np.array([1.0, 10.0]), np.array([1.0, 1.0]), lr=0.1, steps=2)
    array([[1.  , 1.  ],
           [0.9 , 0.  ],
           [0.81, 0.  ]])
    """
    path = [theta0]
    for _ in range(steps):
        path.append(path[-1] - lr * grad(path[-1]))
    return np.stack(path)


quiz_step_size = "d"


def fit_polynomial(
    x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"], degree: int, lr: float, steps: int
) -> tuple[Float[np.ndarray, "d"], Float[np.ndarray, "steps_plus_1"]]:
    """Fit a polynomial to points by gradient descent on the summed squared errors, from zero.

    x, y: the points, floats, shape (n,). degree: of the polynomial, 0 or more.
    lr: the step size. steps: how many, 0 or more.
    Returns the coefficients after the last step, in ascending order, shape (d,) with
    d = degree + 1; and the loss at the start and after each step, shape (steps + 1,).

    >>> x = np.linspace(-1, 1, 21)
    >>> theta, losses = fit_polynomial(x, 1 - 2 * x + x**2 / 2, degree=2, lr=0.03, steps=500)
    >>> theta.round(5)
    array([ 1. , -2. ,  0.5])
    """
    theta = np.zeros(degree + 1)
    losses = []
    for _ in range(steps):
        loss, gradient = poly_loss_and_grad(theta, x, y)
        losses.append(loss)
        theta = theta - lr * gradient
    loss, _ = poly_loss_and_grad(theta, x, y)
    return theta, np.array([*losses, loss])


def multilayer_forward(
    x: Float[np.ndarray, "n0"], weights: list[Float[np.ndarray, "_ _"]], biases: list[Float[np.ndarray, "_"]]
) -> list[Float[np.ndarray, "_"]]:
    """Activations of a network of tanh layers, all of them.

    x: floats, shape (n0,). weights: A_0 to A_(K-1), each of shape (n_(i+1), n_i).
    biases: b_0 to b_(K-1), each of shape (n_(i+1),). There may be none: K = 0.
    Returns the list f_0 to f_K, where f_0 = x and f_i = tanh(A_(i-1) f_(i-1) + b_(i-1)).

    >>> weights, biases = [np.array([[0.5]]), np.array([[2.0]])], [np.zeros(1), np.zeros(1)]
    >>> [f.round(6).tolist() for f in multilayer_forward(np.array([1.0]), weights, biases)]
    [[1.0], [0.462117], [0.727894]]
    """
    activations = [x]
    for A, b in zip(weights, biases, strict=True):
        activations.append(np.tanh(A @ activations[-1] + b))
    return activations


def backprop_deltas(
    x: Float[np.ndarray, "n0"],
    y: Float[np.ndarray, "nK"],
    weights: list[Float[np.ndarray, "_ _"]],
    biases: list[Float[np.ndarray, "_"]],
) -> tuple[float, list[Float[np.ndarray, "_ _"]], list[Float[np.ndarray, "_"]]]:
    """Loss of a network of tanh layers, the squared length of y - f_K, and all its gradients.

    x: floats, shape (n0,). y: the target, floats, shape (nK,).
    weights, biases: as in `multilayer_forward`, at least one of each.
    Returns the loss; dL/dA_0 to dL/dA_(K-1), each in the shape of its matrix; and dL/db_0 to
    dL/db_(K-1), each in the shape of its bias.

    >>> weights, biases = [np.array([[0.5]]), np.array([[2.0]])], [np.zeros(1), np.zeros(1)]
    >>> loss, dA, db = backprop_deltas(np.array([1.0]), np.array([1.0]), weights, biases)
    >>> round(loss, 6), [slopes.round(6).tolist() for slopes in dA]
    (0.074041, [[[-0.402459]], [[-0.118243]]])
    """
    activations = multilayer_forward(x, weights, biases)
    error = activations[-1] - y
    delta = 2 * error
    dA, db = [], []
    for A, f_in, f_out in zip(weights[::-1], activations[-2::-1], activations[:0:-1], strict=True):
        dLdz = delta * (1 - f_out**2)
        dA.append(np.outer(dLdz, f_in))
        db.append(dLdz)
        delta = dLdz @ A
    return float(error @ error), dA[::-1], db[::-1]


quiz_forward_storage = "d"

"""Right answers to part 1, written in other ways: the tests accept every one of them."""
# ruff: noqa: N802  # an answer is called after its exercise

import functools
import itertools
import math
import operator
import re
import string
from collections import defaultdict

import einops
import numpy as np


def expectation__dot(values, probs, g=None):
    return probs @ (values if g is None else g(values))


def expectation__loop(values, probs, g=lambda x: x):
    return sum(p * float(g(x)) for p, x in zip(probs, values, strict=True))


def expectation__average(values, probs, g=None):
    return np.average(g(values) if g else values, weights=probs)


def variance__dot(values, probs):
    return probs @ np.square(values - probs @ values)


def variance__average(values, probs):
    mean = np.average(values, weights=probs)
    return float(np.average((values - mean) ** 2, weights=probs))


def variance__loop(values, probs):
    mean = sum(p * x for p, x in zip(probs, values, strict=True))
    return sum(p * (x - mean) ** 2 for p, x in zip(probs, values, strict=True))


def covariance__bilinear(joint, x_values, y_values):
    dx = x_values - (joint.sum(axis=1) * x_values).sum()
    dy = y_values - (joint.sum(axis=0) * y_values).sum()
    return dx @ joint @ dy


def covariance__einsum(joint, x_values, y_values):
    dx, dy = x_values - np.einsum("ij,i->", joint, x_values), y_values - np.einsum("ij,j->", joint, y_values)
    return float(np.einsum("ij,i,j->", joint, dx, dy))


def covariance__shift(joint, x_values, y_values):
    return float(x_values @ joint @ y_values - (joint.sum(axis=1) @ x_values) * (joint.sum(axis=0) @ y_values))


def variance_of_sum__quadratic_form(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    factors, matrix = np.array([a, b]), np.array([[var_x, cov_xy], [cov_xy, var_y]])
    return factors @ matrix @ factors


def variance_of_sum__bilinear(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    return a * (a * var_x + b * cov_xy) + b * (a * cov_xy + b * var_y)


def covariance_matrix__matmul(samples, probs=None):
    n = len(samples)
    probs = np.ones(n) / n if probs is None else probs
    centred = samples - np.average(samples, axis=0, weights=probs)
    return (centred.T * probs) @ centred


def covariance_matrix__outer_products(samples, probs=None):
    probs = [1 / len(samples)] * len(samples) if probs is None else probs
    mean = sum(p * row for p, row in zip(probs, samples, strict=True))
    return sum(p * np.outer(row - mean, row - mean) for p, row in zip(probs, samples, strict=True))


def covariance_matrix__roots(samples, probs=None):
    probs = np.full(len(samples), 1 / len(samples)) if probs is None else probs
    half = np.sqrt(probs)[:, None] * (samples - probs @ samples)
    return half.T @ half


def gaussian_pdf__logs(x, mu, sigma):
    return np.exp(-0.5 * ((x - mu) / sigma) ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi))


def gaussian_pdf__textbook(x, mu, sigma):
    return 1 / np.sqrt(2 * np.pi * sigma**2) * np.exp(-((x - mu) ** 2) / (2 * sigma**2))


def multivariate_gaussian_pdf__inverse(x, mu, cov):
    centred, inverse = x - mu, np.linalg.inv(cov)
    squares = np.einsum("ni,ij,nj->n", centred, inverse, centred)
    return np.exp(-squares / 2) / np.sqrt(np.linalg.det(2 * np.pi * cov))


def multivariate_gaussian_pdf__cholesky(x, mu, cov):
    root = np.linalg.cholesky(cov)
    white = np.linalg.solve(root, (x - mu).T)
    log_height = -np.log(np.diag(root)).sum() - len(mu) / 2 * math.log(2 * math.pi)
    return np.exp(log_height - (white**2).sum(axis=0) / 2)


def multivariate_gaussian_pdf__loop(x, mu, cov):
    height = (2 * np.pi) ** (-len(mu) / 2) * np.linalg.det(cov) ** -0.5
    result = np.zeros(len(x))
    for n, point in enumerate(x):
        result[n] = height * np.exp(-0.5 * (point - mu) @ np.linalg.inv(cov) @ (point - mu))
    return result


def marginal__einsum(joint, keep):
    letters = string.ascii_lowercase[: joint.ndim]
    return np.einsum(f"{letters}->{''.join(letters[axis] for axis in keep)}", joint)


def marginal__transpose_first(joint, keep):
    kept = [axis % joint.ndim for axis in keep]
    rest = [axis for axis in range(joint.ndim) if axis not in kept]
    return joint.transpose(kept + rest).sum(axis=tuple(range(len(kept), joint.ndim)))


def marginal__einops(joint, keep):
    names = [f"axis{n}" for n in range(joint.ndim)]
    return einops.reduce(joint, f"{' '.join(names)} -> {' '.join(names[axis] for axis in keep)}", "sum")


def conditional__loops(joint, given):
    table = np.zeros_like(joint)
    for i, j in itertools.product(*map(range, joint.shape)):
        whole = joint[i].sum() if given == 0 else joint[:, j].sum()
        if whole > 0:
            table[i, j] = joint[i, j] / whole
    return table


def conditional__safe_divisor(joint, given):
    whole = joint.sum(axis=0 if given == 1 else 1, keepdims=True)
    return joint / np.where(whole > 0, whole, 1.0)


def conditional__errstate(joint, given):
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(joint / joint.sum(axis=1 - given, keepdims=True))


def bayes_posterior__dot(prior, likelihood):
    evidence = prior @ likelihood
    return prior * likelihood / evidence, evidence


def bayes_posterior__loop(prior, likelihood):
    joint = [p * fit for p, fit in zip(prior, likelihood, strict=True)]
    return np.array([each / sum(joint) for each in joint]), sum(joint)


def naive_bayes_fit__loops(counts, labels, n_classes, alpha=1.0):
    log_prior, log_likelihood = np.full(n_classes, -np.inf), np.zeros((n_classes, counts.shape[1]))
    for k in range(n_classes):
        mine = counts[labels == k]
        if len(mine):
            log_prior[k] = math.log(len(mine) / len(counts))
        shares = (mine.sum(axis=0) + alpha) / (mine.sum() + alpha * counts.shape[1])
        log_likelihood[k] = [math.log(share) if share else -math.inf for share in shares]
    return log_prior, log_likelihood


def naive_bayes_fit__add_at(counts, labels, n_classes, alpha=1.0):
    words = np.full((n_classes, counts.shape[1]), float(alpha))
    np.add.at(words, labels, counts)
    with np.errstate(divide="ignore"):
        prior = np.log(np.bincount(labels, minlength=n_classes)) - np.log(len(labels))
        return prior, np.log(words) - np.log(words.sum(axis=1))[:, None]


def naive_bayes_predict__where(log_prior, log_likelihood, counts):
    with np.errstate(invalid="ignore"):
        terms = np.where(counts[:, None, :] > 0, counts[:, None, :] * log_likelihood[None], 0.0)
    return np.argmax(log_prior + terms.sum(axis=-1), axis=-1)


def naive_bayes_predict__loops(log_prior, log_likelihood, counts):
    best = np.zeros(len(counts), dtype=int)
    for n, row in enumerate(counts):
        said = row > 0
        best[n] = np.argmax([start + row[said] @ logs[said] for start, logs in zip(log_prior, log_likelihood, strict=True)])
    return best


def naive_bayes_predict__finite(log_prior, log_likelihood, counts):
    return (log_prior + counts @ np.maximum(log_likelihood, -1e9).T).argmax(1)


def chain_rule_factors__einsum(joint):
    p_bc, p_c = np.einsum("abc->bc", joint), np.einsum("abc->c", joint)
    return p_c, p_bc / np.where(p_c > 0, p_c, 1), joint / np.where(p_bc > 0, p_bc, 1)


def chain_rule_factors__loops(joint):
    sizes = joint.shape
    p_c, p_b_c, p_a_bc = np.zeros(sizes[2]), np.zeros(sizes[1:]), np.zeros(sizes)
    for c in range(sizes[2]):
        p_c[c] = joint[..., c].sum()
        for b in range(sizes[1]):
            if joint[:, b, c].any():
                p_b_c[b, c] = joint[:, b, c].sum() / p_c[c]
                p_a_bc[:, b, c] = joint[:, b, c] / joint[:, b, c].sum()
    return p_c, p_b_c, p_a_bc


def graph_joint__broadcast(p_a, p_b_a, p_c_ab, p_d_b, p_e_c):
    abc = p_a[:, None, None] * p_b_a[:, :, None] * p_c_ab
    return abc[..., None, None] * p_d_b[None, :, None, :, None] * p_e_c[None, None, :, None, :]


def graph_joint__einops(p_a, p_b_a, p_c_ab, p_d_b, p_e_c):
    return einops.einsum(p_e_c, p_d_b, p_c_ab, p_b_a, p_a, "c e, b d, a b c, a b, a -> a b c d e")


def bigram_probability__nested_counts(corpus, sentence):
    follows = defaultdict(lambda: defaultdict(int))
    for text in corpus:
        for first, second in _alt_prob_steps(text):
            follows[first][second] += 1
    chance = 1.0
    for first, second in _alt_prob_steps(sentence):
        if not follows[first][second]:
            return 0.0
        chance *= follows[first][second] / sum(follows[first].values())
    return chance


def bigram_probability__logs(corpus, sentence):
    steps = [step for text in corpus for step in _alt_prob_steps(text)]
    firsts = [first for first, _ in steps]
    wanted = _alt_prob_steps(sentence)
    if any(step not in steps for step in wanted):
        return 0.0
    return math.exp(sum(math.log(steps.count(step)) - math.log(firsts.count(step[0])) for step in wanted))


def bigram_probability__strings(corpus, sentence):
    table = str.maketrans("", "", string.punctuation.replace("'", ""))
    seen = [["", *text.lower().translate(table).split(), ""] for text in corpus]
    asked = ["", *sentence.lower().translate(table).split(), ""]
    factors = []
    for first, second in itertools.pairwise(asked):
        below = sum(text[:-1].count(first) for text in seen)
        above = sum(list(itertools.pairwise(text)).count((first, second)) for text in seen)
        factors.append(above / below if below else 0.0)
    return functools.reduce(operator.mul, factors)


def bigram_probability__backwards(corpus, sentence):
    """Every word given the one after it: over a whole sentence the same counts stand below the line, one place further on."""
    seen = [step for text in corpus for step in _alt_prob_steps(text)]
    seconds = [second for _, second in seen]
    return math.prod(seen.count(step) / seconds.count(step[1]) if step in seen else 0.0 for step in _alt_prob_steps(sentence))


def _alt_prob_steps(text):
    words = ["^", *re.sub(r"[^\w\s']", "", text).casefold().split(), "$"]
    return list(itertools.pairwise(words))


def lda_log_joint__table(theta, beta, z, w):
    with np.errstate(divide="ignore"):
        table = np.log(theta[:, None] * beta)
    return table[z, w].sum()


def lda_log_joint__loop(theta, beta, z, w):
    total = 0.0
    for topic, word in zip(z, w, strict=True):
        factor = float(theta[topic] * beta[topic, word])
        total += math.log(factor) if factor else -math.inf
    return total


def neg_log_likelihood__loop(q, y):
    return sum((-math.log(row[k]) if row[k] else math.inf for row, k in zip(q, y, strict=True)), start=0.0)


def neg_log_likelihood__take_along_axis(q, y):
    with np.errstate(divide="ignore"):
        return -np.log(np.take_along_axis(q, y[:, None], axis=1)).sum()


def neg_log_likelihood__one_hot(q, y):
    chosen = (q * np.eye(q.shape[1])[y]).sum(axis=1)
    with np.errstate(divide="ignore"):
        return float(-np.log(chosen).sum())


def entropy__where_argument(p, base=math.e):
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    return -np.sum(p * logs, axis=-1) / np.log(base)


def entropy__masked_entries(p, base=math.e):
    terms = np.zeros_like(p)
    terms[p > 0] = -p[p > 0] * np.log(p[p > 0]) / np.log(base)
    return terms.sum(axis=-1)


def entropy__rows(p, base=math.e):
    rows = [sum(x * math.log(1 / x, base) for x in row if x > 0) for row in p.reshape(-1, p.shape[-1])]
    return np.array(rows, dtype=float).reshape(p.shape[:-1])


def cross_entropy_pq__loop(p, q, base=math.e):
    total = 0.0
    for truth, belief in zip(p, q, strict=True):
        if truth > 0:
            total += truth * math.log(1 / belief, base) if belief > 0 else math.inf
    return total


def cross_entropy_pq__where(p, q, base=math.e):
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(p > 0, -p * np.log(q), 0.0).sum() / np.log(base))


def single_label_cost__one_hot(q, y):
    return -np.log((q * np.eye(q.shape[1])[y]).sum(axis=1))


def single_label_cost__loop(q, y):
    costs = np.zeros(len(y))
    for n in range(len(y)):
        costs[n] = math.log(1 / q[n, y[n]])
    return costs


def multi_label_cost__arithmetic(s, y):
    return -np.log(y * s + (1 - y) * (1 - s)).sum(axis=1)


def multi_label_cost__loops(s, y):
    costs = np.zeros(len(s))
    for n, k in itertools.product(*map(range, s.shape)):
        costs[n] -= math.log(s[n, k]) if y[n, k] else math.log(1 - s[n, k])
    return costs


def multi_label_cost__product(s, y):
    return -np.log(np.abs(1 - y - s).prod(axis=1))


def kl_divergence__difference(p, q):
    return cross_entropy_pq__where(p, q) - float(entropy__where_argument(p))


def kl_divergence__loop(p, q):
    total = 0.0
    for truth, belief in zip(p, q, strict=True):
        if truth > 0:
            total += truth * (math.log(truth) - math.log(belief)) if belief > 0 else math.inf
    return total


def kl_divergence__where(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log(p / q), 0.0).sum()


def forward_difference__two_names(f, x, h=1e-5):
    here, there = f(x), f(x + h)
    return there / h - here / h


def forward_difference__from_the_right(f, x, h=1e-5):
    rise = f(x) - f(x + h)
    return -rise / h


def central_difference__half_steps(f, x, h=1e-5):
    return 0.5 * ((f(x + h) - f(x - h)) / h)


def central_difference__sorted_places(f, x, h=1e-5):
    left, right = sorted([x - h, x + h])
    return (f(right) - f(left)) / (2 * abs(h))


def chain_rule_scalar__lambda(dg, f, df):
    return lambda x: df(x) * dg(f(x))


def chain_rule_scalar__object(dg, f, df):
    class Slope:
        def __call__(self, place):
            inner, outer = df(place), dg(f(place))
            return inner * outer

    return Slope()


def partials_easy__factored(x1, x2):
    return x2 * (2 * x1 + x2 * x2), x1 * (x1 + 3 * x2 * x2)


def partials_easy__products(x1, x2):
    return x1 * x2 + x1 * x2 + x2 * x2 * x2, x1 * x1 + x1 * x2 * x2 * 3


def partials_hard__expanded(x1, x2):
    return 2 * x1 + 4 * x2**3, 12 * x1 * x2**2 + 24 * x2**5


def partials_hard__floats(x1, x2):
    slope = 2.0 * (x1 + 2.0 * x2**3)
    return slope, slope * 6.0 * x2**2


def numerical_gradient__identity_steps(f, x, h=1e-5):
    slopes = [(f(x + h * step) - f(x - h * step)) / (2 * h) for step in np.eye(x.size).reshape(x.size, *x.shape)]
    return np.array(slopes).reshape(x.shape)


def numerical_gradient__copies(f, x, h=1e-5):
    slopes = np.empty(x.shape)
    for index in itertools.product(*map(range, x.shape)):
        right, left = x.astype(float), x.astype(float)
        right[index] += h
        left[index] -= h
        slopes[index] = (f(right) - f(left)) / (2 * h)
    return slopes


def numerical_gradient__flat_walk(f, x, h=1e-5):
    place = np.array(x, dtype=float, order="C")
    walk, slopes = place.reshape(-1), np.zeros(place.size)
    for number in range(place.size):
        here = walk[number]
        values = []
        for moved in (here - h, here + h):
            walk[number] = moved
            values.append(f(place))
        walk[number] = here
        slopes[number] = (values[1] - values[0]) / (2 * h)
    return slopes.reshape(place.shape)


def numerical_gradient__puts_back(f, x, h=1e-5):
    if not np.issubdtype(x.dtype, np.floating):
        return numerical_gradient__copies(f, x, h)
    slopes = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        here = x[index]
        try:
            x[index] = here + h
            right = f(x)
            x[index] = here - h
            slopes[index] = (right - f(x)) / (2 * h)
        finally:
            x[index] = here
    return slopes


def path_derivative__einsum(t):
    s, c = math.sin(t), math.cos(t)
    row, column = np.array([2 * s, 2.0])[None], np.array([c, -s])[:, None]
    return row, column, float(np.einsum("ij,ji->", row, column))


def path_derivative__formula(t):
    row = np.array([2 * np.sin(t), 2]).reshape(1, 2)
    column = np.array([np.cos(t), -np.sin(t)]).reshape(2, 1)
    return row, column, 2 * math.sin(t) * (math.cos(t) - 1)


def least_squares_gradient__normal_equations(A, x, y):
    return (A.T @ A @ x - A.T @ y).reshape(1, -1)


def least_squares_gradient__einsum(A, x, y):
    return np.einsum("m,mn->n", np.einsum("mn,n->m", A, x) - y, A)[np.newaxis]


def least_squares_gradient__sum_of_rows(A, x, y):
    total = np.zeros((1, len(x)))
    for row, target in zip(A, y, strict=True):
        total += (row @ x - target) * row
    return total


def jacobian_ax_wrt_x__array(A, x):
    return np.array(A)


def jacobian_ax_wrt_x__columns(A, x):
    slopes = np.zeros(A.shape)
    for j, step in enumerate(np.eye(len(x))):
        slopes[:, j] = A @ step
    return slopes


def jacobian_ax_wrt_a__loop(A, x):
    slopes = np.zeros((len(A), len(A), len(x)))
    for i in range(len(A)):
        slopes[i, i] = x
    return slopes


def jacobian_ax_wrt_a__broadcast(A, x):
    return np.eye(len(A))[:, :, None] * x


def jacobian_ax_wrt_a__multiply_outer(A, x):
    return np.multiply.outer(np.eye(A.shape[0]), x)


def numerical_jacobian__zeros(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    slopes = np.zeros(np.shape(f(x)) + x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = h
        slopes[(..., *index)] = (f(x + step) - f(x - step)) / (2 * h)
    return slopes


def numerical_jacobian__moved_axes(f, x, h=1e-5):
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    rows = np.array([(f(x + step) - f(x - step)) / (2 * h) for step in steps])
    table = rows.reshape(x.shape + rows.shape[1:])
    return np.moveaxis(table, range(x.ndim), range(-x.ndim, 0)) if x.ndim else table


def da_dx_by_slices__fill(A, x):
    h = 1e-5
    slopes = np.zeros((*A(x).shape, len(x)))
    for k in range(len(x)):
        right, left = x.copy(), x.copy()
        right[k] += h
        left[k] -= h
        slopes[:, :, k] = (A(right) - A(left)) / (2 * h)
    return slopes


def da_dx_by_slices__moveaxis(A, x):
    slices = [(A(x + step) - A(x - step)) / 2e-6 for step in 1e-6 * np.eye(x.size)]
    return np.moveaxis(np.array(slices), 0, -1)


def da_dx_by_flattening__row_by_row(A, x):
    def flat(place):
        return np.concatenate(list(A(place)))

    columns = [(flat(x + step) - flat(x - step)) / 2e-5 for step in 1e-5 * np.eye(len(x))]
    return np.array(columns).T.reshape(*A(x).shape, len(x))


def da_dx_by_flattening__columns_first(A, x):
    def flat(place):
        return A(place).flatten(order="F")

    jacobian = np.stack([(flat(x + step) - flat(x - step)) / 2e-5 for step in 1e-5 * np.eye(len(x))], axis=1)
    m, n = A(x).shape
    return jacobian.reshape(n, m, len(x)).transpose(1, 0, 2)


def jacobian_chain__flattened(dfdz, dzdt):
    rows = dfdz @ dzdt.reshape(len(dzdt), -1) if dzdt.size else np.zeros((len(dfdz), 0))
    return rows.reshape(len(dfdz), *dzdt.shape[1:])


def jacobian_chain__numpy_einsum(dfdz, dzdt):
    return np.einsum("il,l...->i...", dfdz, dzdt)


def jacobian_chain__loop(dfdz, dzdt):
    slopes = np.zeros((dfdz.shape[0], *dzdt.shape[1:]))
    for i, l in itertools.product(*map(range, dfdz.shape)):  # noqa: E741  # the index of the text
        slopes[i] += dfdz[i, l] * dzdt[l]
    return slopes


def NN__row_scaling(x, A, b):
    f = np.tanh(np.einsum("mn,n->m", A, x) + b)
    slope = 1 - f * f
    identity = np.eye(len(b))
    return f, np.einsum("i,ik,j->ikj", slope, identity, x), slope * identity, slope[:, None] * A


def NN__loops(x, A, b):
    m, n = A.shape
    f = np.tanh(A @ x + b)
    dfdA, dfdb, dfdx = np.zeros((m, m, n)), np.zeros((m, m)), np.zeros((m, n))
    for i in range(m):
        slope = (1 - f[i]) * (1 + f[i])
        dfdA[i, i], dfdb[i, i], dfdx[i] = slope * x, slope, slope * A[i]
    return f, dfdA, dfdb, dfdx


def layer_loss_gradients__einsum(x, A, b, y):
    f = np.tanh(A @ x + b)
    dLdb = np.einsum("m,m->m", f - y, 1 - f**2)
    return 0.5 * np.sum((y - f) ** 2), np.einsum("m,n->mn", dLdb, x), dLdb


def layer_loss_gradients__broadcast(x, A, b, y):
    f = np.tanh(b + x @ A.T)
    row = (f - y)[None, :] * (1 - f * f)
    return float(np.square(f - y).sum() / 2), row.T * x, row[0]


def poly_loss_and_grad__broadcast(theta, x, y):
    powers = x[:, None] ** np.arange(len(theta))
    residual = powers @ theta - y
    return np.sum(residual**2), 2 * powers.T @ residual


def poly_loss_and_grad__one_power_at_a_time(theta, x, y):
    value = sum((c * x**k for k, c in enumerate(theta)), start=np.zeros(len(x)))
    gradient = np.array([(2 * (value - y) * x**k).sum() for k in range(len(theta))])
    return float(((value - y) ** 2).sum()), gradient


def gradient_descent__filled(grad, theta0, lr, steps):
    path = np.empty((steps + 1, *theta0.shape))
    path[0] = theta0
    for k in range(steps):
        path[k + 1] = path[k] - lr * grad(path[k])
    return path


def gradient_descent__copies(grad, theta0, lr, steps):
    theta, path = theta0.copy(), [theta0.copy()]
    for _ in range(steps):
        theta -= lr * grad(theta)
        path.append(theta.copy())
    return np.array(path)


def gradient_descent__accumulate(grad, theta0, lr, steps):
    walk = itertools.accumulate(range(steps), lambda theta, _: theta - lr * grad(theta), initial=theta0)
    return np.stack(list(walk))


def fit_polynomial__written_out(x, y, degree, lr, steps):
    powers = np.stack([x**k for k in range(degree + 1)], axis=1)
    theta, losses = np.zeros(degree + 1), np.zeros(steps + 1)
    for step in range(steps + 1):
        residual = y - powers @ theta
        losses[step] = (residual**2).sum()
        if step < steps:
            theta += 2 * lr * powers.T @ residual
    return theta, losses


def fit_polynomial__path_first(x, y, degree, lr, steps):
    path = [np.zeros(degree + 1)]
    for _ in range(steps):
        _, gradient = poly_loss_and_grad__broadcast(path[-1], x, y)
        path.append(path[-1] - lr * gradient)
    return path[-1], np.array([poly_loss_and_grad__broadcast(theta, x, y)[0] for theta in path])


def multilayer_forward__index(x, weights, biases):
    found = [x.copy()]
    for i in range(len(weights)):
        found.append(np.tanh(np.einsum("mn,n->m", weights[i], found[i]) + biases[i]))
    return found


def multilayer_forward__accumulate(x, weights, biases):
    layers = zip(weights, biases, strict=True)
    return list(itertools.accumulate(layers, lambda f, layer: np.tanh(f @ layer[0].T + layer[1]), initial=x))


def backprop_deltas__indices(x, y, weights, biases):
    f = [x]
    for A, b in zip(weights, biases, strict=True):
        f.append(np.tanh(A @ f[-1] + b))
    delta = -2 * (y - f[-1])[None, :]
    dA, db = [None] * len(weights), [None] * len(weights)
    for i in range(len(weights) - 1, -1, -1):
        row = delta * (1 - f[i + 1] ** 2)
        dA[i], db[i] = row.T @ f[i][None, :], row[0]
        delta = row @ weights[i]
    return np.sum((y - f[-1]) ** 2), dA, db


def backprop_deltas__recursive(x, y, weights, biases):
    def below(f, number):
        if number == len(weights):
            return ((f - y) ** 2).sum(), 2 * (f - y), [], []
        above = np.tanh(weights[number] @ f + biases[number])
        loss, delta, dA, db = below(above, number + 1)
        dLdz = delta * (1 - above**2)
        return loss, weights[number].T @ dLdz, [dLdz[:, None] * f, *dA], [dLdz, *db]

    loss, _, dA, db = below(x, 0)
    return loss, dA, db

"""Known mistakes of part 1: the test rejects each of them, and its docstring is what the student reads."""
# ruff: noqa: N802  # a mistake is called after its exercise

import itertools
import math
import re
from collections import Counter

import numpy as np


def expectation__mean(values, probs, g=None):
    """Every value got the same weight, as if all of them were equally probable."""
    return float((values if g is None else g(values)).mean())


def expectation__g_of_mean(values, probs, g=None):
    """g was applied to the expectation. E[g(X)] is another number: g belongs to each single value."""
    mean = (values * probs).sum()
    return float(mean if g is None else g(np.array([mean]))[0])


def expectation__divides(values, probs, g=None):
    """You divided by the number of values as well, but the weights already sum to one."""
    return float(((values if g is None else g(values)) * probs).mean())


def expectation__ignores_g(values, probs, g=None):
    """That is E[X]. There is a g, and it was not used."""
    return float((values * probs).sum())


def expectation__g_of_probs(values, probs, g=None):
    """g was applied after the weighing, so it changed the probabilities too. It acts on the values only."""
    weighed = values * probs
    return float((weighed if g is None else g(weighed)).sum())


def variance__sd(values, probs):
    """A square root was taken: that is the standard deviation."""
    return float(np.sqrt((probs * (values - (probs * values).sum()) ** 2).sum()))


def variance__cancels(values, probs):
    """Right on paper. But here two huge numbers that agree in all their digits were subtracted, and nothing was left."""
    return float((probs * values**2).sum() - (probs * values).sum() ** 2)


def variance__second_moment(values, probs):
    """That is E[X²]. The mean was not taken off before squaring."""
    return float((probs * values**2).sum())


def variance__sample(values, probs):
    """There is a correction by n - 1 in it. It belongs to samples; here the whole distribution is known."""
    n = len(values)
    return float((probs * (values - (probs * values).sum()) ** 2).sum() * n / max(n - 1, 1))


def variance__unweighted_mean(values, probs):
    """The deviations were measured from the plain average, not from the expected value."""
    return float((probs * (values - values.mean()) ** 2).sum())


def variance__no_square(values, probs):
    """That is the expected distance from the mean. The variance expects its square."""
    return float((probs * np.abs(values - (probs * values).sum())).sum())


def covariance__product_moment(joint, x_values, y_values):
    """That is E[XY]. The means were not taken off."""
    return float((joint * np.outer(x_values, y_values)).sum())


def covariance__axes(joint, x_values, y_values):
    """The two axes changed roles: the rows of the table belong to x, its columns to y."""
    dx = x_values - joint.sum(axis=0) @ x_values
    dy = y_values - joint.sum(axis=1) @ y_values
    return float((joint.T * np.outer(dx, dy)).sum())


def covariance__unweighted(joint, x_values, y_values):
    """Every cell counted the same: the products were averaged without the table's probabilities."""
    dx, dy = x_values - joint.sum(axis=1) @ x_values, y_values - joint.sum(axis=0) @ y_values
    return float(np.outer(dx, dy).mean())


def covariance__correlation(joint, x_values, y_values):
    """You divided by both standard deviations: that is the correlation."""
    px, py = joint.sum(axis=1), joint.sum(axis=0)
    dx, dy = x_values - px @ x_values, y_values - py @ y_values
    return float((joint * np.outer(dx, dy)).sum() / np.sqrt((px @ dx**2) * (py @ dy**2)))


def covariance__plain_means(joint, x_values, y_values):
    """The deviations were measured from the plain averages of the values. The means need their probabilities, too."""
    return float((x_values - x_values.mean()) @ joint @ (y_values - y_values.mean()))


def variance_of_sum__no_square(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    """The factors stand before the variances as they are. Try b = -1: can that make a variance smaller than nothing?"""
    return a * var_x + b * var_y + 2 * a * b * cov_xy


def variance_of_sum__no_cov(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    """The covariance was left out. Only for uncorrelated variables does that term vanish."""
    return a**2 * var_x + b**2 * var_y


def variance_of_sum__one_cov(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    """The mixed term is there once. Write the square out and count how often it comes."""
    return a**2 * var_x + b**2 * var_y + a * b * cov_xy


def variance_of_sum__no_factors_on_cov(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    """The mixed term lacks the factors: X and Y both come into it stretched."""
    return a**2 * var_x + b**2 * var_y + 2 * cov_xy


def variance_of_sum__deviations(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    """The standard deviations were added and then squared. They do not add up: that would be right only for a correlation of 1."""
    return (a * abs(var_x) ** 0.5 + b * abs(var_y) ** 0.5) ** 2


def variance_of_sum__minus(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    """The mixed term has the wrong sign. In the square of a sum it stands with a plus; only a or b can make it negative."""
    return a * a * var_x + b * b * var_y - 2 * a * b * cov_xy


def quiz_uncorrelated__a():
    """Independence is enough, but it is not needed. Take X uniform on -1, 0, 1 and Y = X²: dependent, yet the variances add."""
    return "a"


def quiz_uncorrelated__b():
    """Not always: take Y = X. Then X + Y = 2X, whose variance is four times that of X, not twice."""
    return "b"


def quiz_uncorrelated__d():
    """Means do not enter a variance: shift X and Y as you like, and nothing changes."""
    return "d"


def covariance_matrix__bessel(samples, probs=None):
    """You divided by n - 1. These rows are the whole distribution, not a sample of it."""
    n = len(samples)
    weights = np.full(n, 1 / n) if probs is None else probs
    centred = samples - weights @ samples
    return (centred * weights[:, None]).T @ centred * n / max(n - 1, 1)


def covariance_matrix__gram(samples, probs=None):
    """The mean is still in it: these are the expected products of the components themselves."""
    weights = np.full(len(samples), 1 / len(samples)) if probs is None else probs
    return (samples * weights[:, None]).T @ samples


def covariance_matrix__n_by_n(samples, probs=None):
    """Samples were compared with samples, an n x n table. It is the components that should index the result."""
    weights = np.full(len(samples), 1 / len(samples)) if probs is None else probs
    centred = samples - weights @ samples
    return (centred * weights[:, None]) @ centred.T


def covariance_matrix__cancels(samples, probs=None):
    """Right on paper. But the mean is about a million here, and subtracting its products lost most of the digits."""
    weights = np.full(len(samples), 1 / len(samples)) if probs is None else probs
    mean = weights @ samples
    return (samples * weights[:, None]).T @ samples - np.outer(mean, mean)


def covariance_matrix__ignores_probs(samples, probs=None):
    """Every row counted the same: the probabilities were not used."""
    centred = samples - samples.mean(axis=0)
    return centred.T @ centred / len(samples)


def covariance_matrix__plain_mean(samples, probs=None):
    """The deviations were measured from the plain average of the rows. With unequal probabilities the mean is weighted, too."""
    probs = np.full(len(samples), 1 / len(samples)) if probs is None else probs
    centred = samples - samples.mean(axis=0)
    return centred.T * probs @ centred


def gaussian_pdf__variance_as_sd(x, mu, sigma):
    """sigma was used as if it were the variance. It is the standard deviation."""
    return np.exp(-((x - mu) ** 2) / (2 * sigma)) / np.sqrt(2 * np.pi * sigma)


def gaussian_pdf__unnormalised(x, mu, sigma):
    """The shape is right, the height is not: the area under your curve is not 1."""
    return np.exp(-(((x - mu) / sigma) ** 2) / 2)


def gaussian_pdf__sign(x, mu, sigma):
    """Your curve grows without end towards the tails: look at the sign of the exponent."""
    return np.exp(((x - mu) / sigma) ** 2 / 2) / (np.sqrt(2 * np.pi) * sigma)


def gaussian_pdf__no_half(x, mu, sigma):
    """The exponent is twice too strong: your bell is too narrow for its height."""
    return np.exp(-(((x - mu) / sigma) ** 2)) / (np.sqrt(2 * np.pi) * sigma)


def gaussian_pdf__root_of_sigma(x, mu, sigma):
    """sigma has come under the root, in the factor in front. Only 2 pi stands there, or sigma squared with it."""
    return np.exp(-(((x - mu) / sigma) ** 2) / 2) / np.sqrt(2 * np.pi * sigma)


def gaussian_pdf__times_sigma(x, mu, sigma):
    """sigma multiplies the factor in front; it should divide it. In code, 1 / a * b means b / a: brackets are missing."""
    return 1 / np.sqrt(2 * np.pi) * sigma * np.exp(-(((x - mu) / sigma) ** 2) / 2)


def gaussian_pdf__warns(x, mu, sigma):
    """You divided by a growing exponential. In the tails it overflows, with a warning, before the fraction becomes 0."""
    return 1 / (np.sqrt(2 * np.pi) * sigma * np.exp(((x - mu) / sigma) ** 2 / 2))


def multivariate_gaussian_pdf__d2_constant(x, mu, cov):
    """Right in the plane only. The factor in front depends on the number of dimensions."""
    centred = x - mu
    squares = (centred * np.linalg.solve(cov, centred.T).T).sum(axis=1)
    return np.exp(-squares / 2) / (2 * np.pi * np.sqrt(np.linalg.det(cov)))


def multivariate_gaussian_pdf__det_sign(x, mu, cov):
    """The determinant is on the wrong side of the fraction line: a wider cloud must be lower, not higher."""
    centred = x - mu
    squares = (centred * np.linalg.solve(cov, centred.T).T).sum(axis=1)
    return np.exp(-squares / 2) * np.sqrt(np.linalg.det(cov)) / (2 * np.pi) ** (len(mu) / 2)


def multivariate_gaussian_pdf__all_pairs(x, mu, cov):
    """An n x n table came back: the form was made of each point with every other one. A point belongs to itself only."""
    centred = x - mu
    squares = centred @ np.linalg.solve(cov, centred.T)
    return np.exp(-squares / 2) / np.sqrt((2 * np.pi) ** len(mu) * np.linalg.det(cov))


def multivariate_gaussian_pdf__cov_not_inverse(x, mu, cov):
    """The exponent multiplies by the covariance itself. A step in a wide direction should count less, not more."""
    centred = x - mu
    squares = (centred @ cov * centred).sum(axis=1)
    return np.exp(-squares / 2) / np.sqrt((2 * np.pi) ** len(mu) * np.linalg.det(cov))


def multivariate_gaussian_pdf__whole_det(x, mu, cov):
    """The determinant is there as it is. In the factor in front its root is asked."""
    centred = x - mu
    squares = np.einsum("nd,dn->n", centred, np.linalg.solve(cov, centred.T))
    return np.exp(-squares / 2) / (np.sqrt((2 * np.pi) ** len(mu)) * np.linalg.det(cov))


def multivariate_gaussian_pdf__no_half(x, mu, cov):
    """The exponent is twice too strong: half of the squared length belongs there."""
    centred = x - mu
    squares = np.einsum("nd,dn->n", centred, np.linalg.solve(cov, centred.T))
    return np.exp(-squares) / np.sqrt((2 * np.pi) ** len(mu) * np.linalg.det(cov))


def quiz_density_above_one__b():
    """Areas are probabilities, and they stay below one. The height of a curve may be anything that is not negative."""
    return "b"


def quiz_density_above_one__c():
    """The probability of a single point is zero, however high the density is there."""
    return "c"


def quiz_density_above_one__d():
    """Nothing need be missing: the bell with sigma = .1 has just this height, and area one."""
    return "d"


def marginal__sums_kept(joint, keep):
    """The axes that should stay were summed out."""
    return joint.sum(axis=keep)


def marginal__order(joint, keep):
    """The right axes are left, but they come in the table's order, not in the order of `keep`."""
    kept = [axis % joint.ndim for axis in keep]
    return joint.sum(axis=tuple(axis for axis in range(joint.ndim) if axis not in kept))


def marginal__mean(joint, keep):
    """You averaged where a sum is meant: your table does not sum to one."""
    kept = [axis % joint.ndim for axis in keep]
    means = joint.mean(axis=tuple(axis for axis in range(joint.ndim) if axis not in kept))
    return np.transpose(means, [sorted(kept).index(axis) for axis in kept])


def marginal__first_only(joint, keep):
    """One axis was summed out; there were more that should go."""
    gone = [axis for axis in range(joint.ndim) if axis not in [each % joint.ndim for each in keep]]
    return joint.sum(axis=gone[0]) if gone else joint


def marginal__negative(joint, keep):
    """A negative axis was not recognised as one that should stay. Make all of them positive first."""
    left = sorted(keep)
    summed = joint.sum(axis=tuple(axis for axis in range(joint.ndim) if axis not in keep))
    return np.transpose(summed, [left.index(axis) for axis in keep]) if summed.ndim == len(keep) else summed


def conditional__wrong_axis(joint, given):
    """The other variable was conditioned on: see which of the sums are one."""
    of_condition = joint.sum(axis=given, keepdims=True)
    return np.divide(joint, of_condition, out=np.zeros_like(joint), where=of_condition > 0)


def conditional__total(joint, given):
    """You divided by the total of the table. That is one, so nothing happened."""
    return joint / joint.sum()


def conditional__nan(joint, given):
    """A condition that never happens gave NaN: zero was divided by zero."""
    return joint / joint.sum(axis=1 - given, keepdims=True)


def conditional__broadcast(joint, given):
    """The marginal lost its axis and was laid along the wrong one. A square table lets this pass without an error."""
    return joint / joint.sum(axis=1) if given == 0 else joint / joint.sum(axis=0)[:, None]


def conditional__warns(joint, given):
    """Zero was divided by zero, and the NaN swept away afterwards. The warning has been printed by then."""
    return np.nan_to_num(joint / joint.sum(axis=1 - given, keepdims=True))


def bayes_posterior__no_prior(prior, likelihood):
    """The likelihood alone was normalised: what was believed before does not come in."""
    return likelihood / likelihood.sum(), float(likelihood.sum())


def bayes_posterior__unnormalised(prior, likelihood):
    """Your posterior does not sum to one: something has not been divided out yet."""
    joint = prior * likelihood
    return joint, float(joint.sum())


def bayes_posterior__likelihood_back(prior, likelihood):
    """That is p(fruit | carton), the very numbers that came in. The question is asked the other way round."""
    return likelihood.copy(), float((prior * likelihood).sum())


def bayes_posterior__evidence_mean(prior, likelihood):
    """The evidence is the plain average of the likelihood. Causes that are more probable should count more in it."""
    evidence = likelihood.mean()
    return prior * likelihood / evidence, float(evidence)


def naive_bayes_fit__doc_counts(counts, labels, n_classes, alpha=1.0):
    """You counted the documents that contain a word. A word that is said twice counts twice."""
    return _prob_fit_with(counts > 0, labels, n_classes, alpha)


def naive_bayes_fit__smooth_denominator(counts, labels, n_classes, alpha=1.0):
    """alpha was added to every count, but only once to what you divide by: the rows do not sum to one."""
    words = np.stack([counts[labels == k].sum(axis=0) for k in range(n_classes)])
    log_prior, _ = _prob_fit_with(counts, labels, n_classes, alpha)
    return log_prior, np.log((words + alpha) / (words.sum(axis=1, keepdims=True) + alpha))


def naive_bayes_fit__prior_from_words(counts, labels, n_classes, alpha=1.0):
    """Your prior is each class's share of the words. It should be its share of the documents."""
    words = np.array([counts[labels == k].sum() for k in range(n_classes)])
    return np.log(words / counts.sum()), _prob_fit_with(counts, labels, n_classes, alpha)[1]


def naive_bayes_fit__joint_norm(counts, labels, n_classes, alpha=1.0):
    """The whole table was normalised together. Each class is a distribution over words of its own."""
    smoothed = np.stack([counts[labels == k].sum(axis=0) for k in range(n_classes)]) + alpha
    return _prob_fit_with(counts, labels, n_classes, alpha)[0], np.log(smoothed / smoothed.sum())


def naive_bayes_fit__no_smoothing(counts, labels, n_classes, alpha=1.0):
    """alpha was not used: a word that a class has never seen got the probability 0."""
    return _prob_fit_with(counts, labels, n_classes, 0.0)


def naive_bayes_fit__no_logs(counts, labels, n_classes, alpha=1.0):
    """These are the probabilities themselves. Their logarithms are asked."""
    belongs = labels == np.arange(n_classes)[:, None]
    smoothed = belongs.astype(int) @ counts + alpha
    return belongs.mean(axis=1), smoothed / smoothed.sum(axis=1, keepdims=True)


def naive_bayes_fit__smoothed_prior(counts, labels, n_classes, alpha=1.0):
    """alpha was added to the numbers of documents, too. It is meant for words only: the prior is counted as it is."""
    belongs = labels == np.arange(n_classes)[:, None]
    smoothed, docs = belongs.astype(int) @ counts + alpha, belongs.sum(axis=1) + alpha
    with np.errstate(divide="ignore"):
        return np.log(docs / docs.sum()), np.log(smoothed / smoothed.sum(axis=1, keepdims=True))


def naive_bayes_fit__warns(counts, labels, n_classes, alpha=1.0):
    """The values are right, but the logarithm of zero was taken with a warning, as if it were an accident."""
    return _prob_fit_with(counts, labels, n_classes, alpha)


def _prob_fit_with(counts, labels, n_classes, alpha):
    smoothed = np.stack([counts[labels == k].sum(axis=0) for k in range(n_classes)]) + alpha
    log_prior = np.log(np.array([(labels == k).mean() for k in range(n_classes)]))
    return log_prior, np.log(smoothed / smoothed.sum(axis=1, keepdims=True))


def naive_bayes_predict__product(log_prior, log_likelihood, counts):
    """Probabilities were multiplied. On a long text every product is 0.0, and then the first class always wins."""
    products = np.exp(log_likelihood)[None] ** counts[:, None]
    return (np.exp(log_prior) * products.prod(axis=2)).argmax(axis=1)


def naive_bayes_predict__no_prior(log_prior, log_likelihood, counts):
    """The prior was left out. Where a text is short and the classes are uneven, it decides."""
    return _prob_scores(0 * np.exp(log_prior), log_likelihood, counts).argmax(axis=1)


def naive_bayes_predict__presence(log_prior, log_likelihood, counts):
    """Every word counted once. One that is said three times should weigh three times."""
    return _prob_scores(log_prior, log_likelihood, (counts > 0).astype(int)).argmax(axis=1)


def naive_bayes_predict__nan(log_prior, log_likelihood, counts):
    """Zero times minus infinity slipped in: a word that does not occur must not spoil the sum. NaN wins every argmax."""
    return (log_prior + counts @ log_likelihood.T).argmax(axis=1)


def _prob_scores(log_prior, log_likelihood, counts):
    terms = np.where(counts[:, None] > 0, counts[:, None] * log_likelihood, 0.0)
    return log_prior + terms.sum(axis=2)


def chain_rule_factors__wrong_condition(joint):
    """Your third factor was divided by p(c) alone: b should stand behind the bar as well."""
    p_bc, p_c = joint.sum(axis=0), joint.sum(axis=(0, 1))
    return p_c, _prob_ratio(p_bc, p_c), _prob_ratio(joint, p_c)


def chain_rule_factors__order(joint):
    """These factors multiply to the joint, too, but they are p(a), p(b | a) and p(c | a, b): another order of the variables."""
    p_ab, p_a = joint.sum(axis=2), joint.sum(axis=(1, 2))
    return p_a, _prob_ratio(p_ab, p_a[:, None]), _prob_ratio(joint, p_ab[:, :, None])


def chain_rule_factors__nan(joint):
    """A condition that never happens gave NaN: zero was divided by zero."""
    p_bc, p_c = joint.sum(axis=0), joint.sum(axis=(0, 1))
    return p_c, p_bc / p_c, joint / p_bc


def chain_rule_factors__joints(joint):
    """These are p(c), p(b, c) and p(a, b, c): smaller joint tables, in which nothing is given yet."""
    return joint.sum(axis=(0, 1)), joint.sum(axis=0), joint.copy()


def chain_rule_factors__warns(joint):
    """Zero was divided by zero, and the NaN swept away afterwards. The warning has been printed by then."""
    p_bc, p_c = joint.sum(axis=0), joint.sum(axis=(0, 1))
    return p_c, np.nan_to_num(p_bc / p_c), np.nan_to_num(joint / p_bc)


def _prob_ratio(upper, lower):
    lower = np.broadcast_to(lower, upper.shape)
    return np.divide(upper, lower, out=np.zeros_like(upper), where=lower > 0)


def graph_joint__d_from_a(p_a, p_b_a, p_c_ab, p_d_b, p_e_c):
    """In your product d hangs on a. Follow the arrow back from d in the graph."""
    return np.einsum("a,ab,abc,ad,ce->abcde", p_a, p_b_a, p_c_ab, p_d_b, p_e_c)


def graph_joint__summed(p_a, p_b_a, p_c_ab, p_d_b, p_e_c):
    """A variable was summed out on the way: all five have to survive."""
    return np.einsum("a,ab,abc,bd,ce->abcd", p_a, p_b_a, p_c_ab, p_d_b, p_e_c)


def graph_joint__order(p_a, p_b_a, p_c_ab, p_d_b, p_e_c):
    """The products are right, the axes are not in the order a, b, c, d, e."""
    return np.einsum("a,ab,abc,bd,ce->abced", p_a, p_b_a, p_c_ab, p_d_b, p_e_c)


def graph_joint__independent(p_a, p_b_a, p_c_ab, p_d_b, p_e_c):
    """c came in without its parents: p(c | a, b) was averaged over a before it was used."""
    return np.einsum("a,ab,bc,bd,ce->abcde", p_a, p_b_a, p_c_ab.mean(axis=0), p_d_b, p_e_c)


def bigram_probability__unigram(corpus, sentence):
    """Each word was looked up alone, and the word before it made no difference."""
    words = Counter(word for text in corpus for word in [*_prob_words(text), "."])
    total = sum(words.values())
    return math.prod(words[word] / total for word in [*_prob_words(sentence), "."])


def bigram_probability__no_marks(corpus, sentence):
    """The step from the start mark and the step to the end mark were left out."""
    return _prob_walk([_prob_words(text) for text in corpus], _prob_words(sentence))


def bigram_probability__denominator(corpus, sentence):
    """Each pair was divided by the number of all pairs. Only the steps that begin with the same word are its rivals."""
    pairs = Counter(pair for text in corpus for pair in itertools.pairwise(["^", *_prob_words(text), "$"]))
    steps = itertools.pairwise(["^", *_prob_words(sentence), "$"])
    return math.prod(pairs[step] / pairs.total() for step in steps)


def bigram_probability__across(corpus, sentence):
    """All sentences were read as one text: you counted a step from the end of one sentence to the start of the next."""
    stream = ["$"]
    for text in corpus:
        stream += _prob_words(text)
    return _prob_walk([[*stream, "$"]], ["$", *_prob_words(sentence), "$"])


def bigram_probability__case(corpus, sentence):
    """Words were compared as they are written: "Where's" at the start of a sentence and "pepper." at its end count as strangers."""
    return _prob_walk([["^", *text.split(), "$"] for text in corpus], ["^", *sentence.split(), "$"])


def bigram_probability__apostrophe(corpus, sentence):
    """An apostrophe split its word in two: "it's" and "that's" now share a word, "s", and each may go on like the other."""
    padded = [["<start>", *re.findall(r"\w+", text.lower()), "<end>"] for text in (*corpus, sentence)]
    pairs = Counter(pair for words in padded[:-1] for pair in itertools.pairwise(words))
    firsts = Counter(word for words in padded[:-1] for word in words[:-1])
    steps = itertools.pairwise(padded[-1])
    return math.prod(pairs[step] / firsts[step[0]] if step in pairs else 0.0 for step in steps)


def _prob_words(text):
    return re.findall(r"[\w']+", text.lower())


def _prob_walk(texts, words):
    pairs = Counter(pair for text in texts for pair in itertools.pairwise(text))
    firsts = Counter(first for text in texts for first, _ in itertools.pairwise(text))
    steps = itertools.pairwise(words)
    return math.prod(pairs[step] / firsts[step[0]] if step in pairs else 0.0 for step in steps)


def lda_log_joint__cross(theta, beta, z, w):
    """Every topic of the text met every word of it. One entry of the table is meant for each place in the text."""
    topics, words = np.bincount(z, minlength=len(theta)), np.bincount(w, minlength=beta.shape[1])
    return float(np.log(theta[z]).sum() + topics @ np.log(beta) @ words)


def lda_log_joint__no_topic(theta, beta, z, w):
    """Only the words were counted. That this topic was chosen at this place had a probability, too."""
    return float(np.log(beta[z, w]).sum())


def lda_log_joint__product(theta, beta, z, w):
    """The probabilities were multiplied first: on a long text the product is 0.0, and its logarithm is lost."""
    return float(np.log((theta[z] * beta[z, w]).prod()))


def lda_log_joint__mean(theta, beta, z, w):
    """That is the average of the words' log probabilities. A longer text is less probable: nothing is divided."""
    return float(np.log(theta[z] * beta[z, w]).mean()) if len(z) else 0.0


def neg_log_likelihood__product_first(q, y):
    """The product was taken first. Of many probabilities it is 0.0, and the logarithm comes too late."""
    return float(-np.log(q[np.arange(len(y)), y].prod()))


def neg_log_likelihood__mean(q, y):
    """That is the average over the rows. Here the sum is asked."""
    return float(-np.log(q[np.arange(len(y)), y]).mean()) if len(y) else 0.0


def neg_log_likelihood__all_classes(q, y):
    """Every entry was counted. Only the class that turned out to be true counts in each row."""
    return float(-np.log(q).sum())


def neg_log_likelihood__sign(q, y):
    """The sign is missing: the log of a probability is at most 0, and the negative of it is asked."""
    return float(np.log(q[np.arange(len(y)), y]).sum())


def neg_log_likelihood__all_pairs(q, y):
    """All the labels were looked up in every row. Each row has one label of its own."""
    return float(-np.log(q[:, y]).sum())


def neg_log_likelihood__nan(q, y):
    """A zero at a class that is not true gave 0 times minus infinity, which is NaN. Pick the true entries, then take logs."""
    with np.errstate(all="ignore"):
        return float(-(np.eye(q.shape[1])[y] * np.log(q)).sum())


def neg_log_likelihood__bits(q, y):
    """That is the answer in bits. The natural logarithm is meant: nats."""
    with np.errstate(divide="ignore"):
        return float(-np.log2(q[np.arange(len(y)), y]).sum())


def neg_log_likelihood__warns(q, y):
    """The values are right, but the logarithm of zero was taken with a warning, as if it were an accident."""
    return float(-np.log(q[np.arange(len(y)), y]).sum())


def entropy__nan(p, base=math.e):
    """An outcome of probability 0 gave 0 times minus infinity, which is NaN. It can never surprise anybody."""
    return -(p * np.log(p)).sum(axis=-1) / np.log(base)


def entropy__sign(p, base=math.e):
    """Yours is negative. No surprise is below zero, so no average of them is."""
    return (p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1) / np.log(base)


def entropy__eps(p, base=math.e):
    """A small number was added inside the logarithm. It prevents the NaN, but now all the other entries are a little off."""
    return -(p * np.log(p + 1e-6)).sum(axis=-1) / np.log(base)


def entropy__tiny_eps(p, base=math.e):
    """A small number was added inside the logarithm. Where every p is small as well, it shows: your answer is a little off."""
    return -(p * np.log(p + 1e-12)).sum(axis=-1) / np.log(base)


def entropy__base(p, base=math.e):
    """The base went in upside down: the number in bits is larger than that in nats, since a bit is the smaller unit."""
    return -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1) * np.log(base)


def entropy__no_base(p, base=math.e):
    """That is the answer in nats: the base was not used."""
    return -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1)


def entropy__total(p, base=math.e):
    """The batch was summed as well. Every distribution has an entropy of its own."""
    return np.asarray(-(p * np.log(np.where(p > 0, p, 1.0))).sum() / np.log(base))


def entropy__warns(p, base=math.e):
    """The NaN was thrown away after it had been calculated. The warning has been printed by then."""
    return -np.where(p > 0, p * np.log(p), 0.0).sum(axis=-1) / np.log(base)


def cross_entropy_pq__swapped(p, q, base=math.e):
    """p and q changed roles: you weighed with the belief, and took the surprise from the truth."""
    return float(-(q[q > 0] * np.log(p[q > 0])).sum() / np.log(base))


def cross_entropy_pq__entropy_of_p(p, q, base=math.e):
    """That is the entropy of p. The belief q was not used."""
    return float(-(p[p > 0] * np.log(p[p > 0])).sum() / np.log(base))


def cross_entropy_pq__nan(p, q, base=math.e):
    """An outcome that cannot happen, and that nobody expects, gave NaN. It costs nothing."""
    return float(-(p * np.log(q)).sum() / np.log(base))


def cross_entropy_pq__kl(p, q, base=math.e):
    """The entropy of p was taken off: what is left is the divergence."""
    return float((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum() / np.log(base))


def cross_entropy_pq__no_base(p, q, base=math.e):
    """That is the answer in nats: the base was not used."""
    return float(-(p[p > 0] * np.log(q[p > 0])).sum())


def cross_entropy_pq__forgives(p, q, base=math.e):
    """An outcome that happens, and that q calls impossible, was left out. It costs infinitely much."""
    counted = (p > 0) & (q > 0)
    return float(-(p[counted] * np.log(q[counted])).sum() / np.log(base))


def single_label_cost__batch_sum(q, y):
    """The examples were added up. One cost for each example is asked."""
    return np.asarray(-np.log(q[np.arange(len(y)), y]).sum())


def single_label_cost__all_classes(q, y):
    """All the classes of a row were counted, where only the true one costs anything."""
    return -np.log(q).sum(axis=1)


def single_label_cost__sign(q, y):
    """These are log probabilities, which are never positive. A cost is never negative."""
    return np.log(q[np.arange(len(y)), y])


def multi_label_cost__only_positives(s, y):
    """Only the labels that are there cost something in yours. Predicting one that is absent costs, too."""
    return -np.where(y == 1, np.log(s), 0.0).sum(axis=1)


def multi_label_cost__softmaxed(s, y):
    """The rows were made to sum to one. Several labels may be true at once, so each s is a probability by itself."""
    shares = s / s.sum(axis=1, keepdims=True)
    return -np.log(np.where(y == 1, shares, 1 - shares)).sum(axis=1)


def multi_label_cost__mean_classes(s, y):
    """That is the average over the classes. Here their costs are added up."""
    return -np.log(np.where(y == 1, s, 1 - s)).mean(axis=1)


def multi_label_cost__batch_sum(s, y):
    """The examples were added up as well. One cost for each example is asked."""
    return np.asarray(-np.log(np.where(y == 1, s, 1 - s)).sum())


def multi_label_cost__nan(s, y):
    """The term that does not count was calculated all the same, and zero times minus infinity gave NaN."""
    return -(y * np.log(s) + (1 - y) * np.log(1 - s)).sum(axis=1)


def multi_label_cost__exchanged(s, y):
    """Labels that are there were charged as if they were absent, and the other way round."""
    return -np.log(np.where(y == 1, 1 - s, s)).sum(axis=1)


def kl_divergence__reverse(p, q):
    """The two changed roles: that is D(q || p), and the divergence is not symmetric."""
    return float((q[q > 0] * np.log(q[q > 0] / p[q > 0])).sum())


def kl_divergence__sign(p, q):
    """Yours is negative. Nobody does better with a wrong belief than with the right one."""
    return float((p[p > 0] * np.log(q[p > 0] / p[p > 0])).sum())


def kl_divergence__symmetric(p, q):
    """Both directions were averaged. That is a quantity, too, but another one: here only the truth p decides how often."""
    return (kl_divergence__reverse(p, q) + kl_divergence__reverse(q, p)) / 2


def kl_divergence__nan(p, q):
    """An outcome of probability 0 gave NaN. It contributes nothing, whatever q says about it."""
    return float((p * np.log(p / q)).sum())


def kl_divergence__cross_entropy(p, q):
    """That is the cross entropy. The surprise that even the right belief would have is still in it."""
    return float(-(p[p > 0] * np.log(q[p > 0])).sum())


def kl_divergence__forgives(p, q):
    """An outcome that happens, and that q calls impossible, was left out. It makes the divergence infinite."""
    counted = (p > 0) & (q > 0)
    return float((p[counted] * np.log(p[counted] / q[counted])).sum())


def kl_divergence__bits(p, q):
    """That is the answer in bits. Nats are asked: the natural logarithm."""
    happens = p > 0
    with np.errstate(divide="ignore"):
        return float((p[happens] * np.log2(p[happens] / q[happens])).sum())


def quiz_kl__b():
    """It can be known: cross entropy and divergence differ by the entropy of the labels, and that is given."""
    return "b"


def quiz_kl__c():
    """Those are the cross entropies. They equal the divergence only when the labels' entropy is zero."""
    return "c"


def quiz_kl__d():
    """Part of the cross entropy is the labels' own entropy. So the divergence is smaller, not larger."""
    return "d"


def quiz_product_shapes__a():
    """AB is 2 x 2, that half is right. BA begins with B, and so it has as many rows as B."""
    return "a"


def quiz_product_shapes__b():
    """The sizes that meet in the middle disappear, and those at the outside stay. Here it is the other way round."""
    return "b"


def quiz_product_shapes__d():
    """In BA the columns of B meet the rows of A. Count both once more: there are two of each."""
    return "d"


def quiz_transpose_product__a():
    """The order has stayed as it was. With A of 2 x 3 and B of 3 x 4 these two could not even be multiplied."""
    return "a"


def quiz_transpose_product__b():
    """That only exchanges the two matrices. Matrices do not commute, and nothing has been transposed here."""
    return "b"


def quiz_transpose_product__c():
    """A product equals its own transpose only if it happens to be symmetric."""
    return "c"


def forward_difference__undivided(f, x, h=1e-5):
    """That is how much f rises, a difference. A slope also says over which width it does so."""
    return f(x + h) - f(x)


def forward_difference__backward(f, x, h=1e-5):
    """You stepped to the left, from x - h to x. The forward quotient looks to the right."""
    return (f(x) - f(x - h)) / h


def forward_difference__symmetric(f, x, h=1e-5):
    """Your interval reaches to both sides of x. The forward quotient begins at x itself."""
    return (f(x + h) - f(x - h)) / (2 * h)


def central_difference__central_h(f, x, h=1e-5):
    """Your slope is twice as large as it should be: look at how far apart the two points are."""
    return (f(x + h) - f(x - h)) / h


def central_difference__undivided(f, x, h=1e-5):
    """That is how much f rises from the left point to the right one. To make it a slope, the width is missing."""
    return f(x + h) - f(x - h)


def central_difference__half_steps(f, x, h=1e-5):
    """Your two points are h apart. From x - h to x + h it is twice that."""
    return (f(x + h / 2) - f(x - h / 2)) / h


def quiz_derivative_rules__a():
    """5 / -1 divides one slope by the other. The slope of a quotient is not the quotient of the slopes."""
    return "a"


def quiz_derivative_rules__b():
    """Between the two products stands a minus, and g' is negative itself: look at the sign of the second product."""
    return "b"


def quiz_derivative_rules__d():
    """The numerator is right. What stands below is not g itself, but its square."""
    return "d"


def chain_rule_scalar__at_x(dg, f, df):
    """The outer slope was taken at x. The outer function never sees x: it is handed what the inner one gives."""
    return lambda x: dg(x) * df(x)


def chain_rule_scalar__sum(dg, f, df):
    """The two slopes were added. If the inner function doubles a step and the outer one triples it, it grows sixfold."""
    return lambda x: dg(f(x)) + df(x)


def chain_rule_scalar__number(dg, f, df):
    """That is the slope at one place. A function is asked, which gives the slope at any place that it is handed."""
    return dg(f(1.0)) * df(1.0)


def chain_rule_scalar__outer_only(dg, f, df):
    """Only the outer slope is here, at the right place. How fast the inner function moves has been left out."""
    return lambda x: dg(f(x))


def chain_rule_scalar__compose(dg, f, df):
    """One slope was put into the other. The outer slope is taken at f(x), and then the two are multiplied."""
    return lambda x: dg(df(x))


def partials_easy__other_moves(x1, x2):
    """Both variables were moved at once: you added what belongs to x1 and what belongs to x2."""
    total = 2 * x1 * x2 + x2**3 + x1**2 + 3 * x1 * x2**2
    return total, total


def partials_easy__power(x1, x2):
    """A power came down by one, but its old exponent was not put in front as a factor."""
    return x1 * x2 + x2**3, x1**2 + x1 * x2**2


def partials_easy__order(x1, x2):
    """Both slopes are right, but they changed places: the slope in x1 comes first."""
    return x1**2 + 3 * x1 * x2**2, 2 * x1 * x2 + x2**3


def partials_easy__differences(x1, x2):
    """Those are difference quotients: close, but not exact. Derive both slopes on paper, and write the formulas."""
    h = 1e-5

    def f(x1, x2):
        return x1**2 * x2 + x1 * x2**3

    return (f(x1 + h, x2) - f(x1 - h, x2)) / (2 * h), (f(x1, x2 + h) - f(x1, x2 - h)) / (2 * h)


def partials_hard__inner_missing(x1, x2):
    """You took the slope of the square and stopped there: what is inside the brackets has a slope of its own."""
    inside = x1 + 2 * x2**3
    return 2 * inside, 2 * inside


def partials_hard__power(x1, x2):
    """Inside the brackets a power came down by one, but its old exponent was not put in front as a factor."""
    inside = x1 + 2 * x2**3
    return 2 * inside, 2 * inside * 2 * x2**2


def partials_hard__order(x1, x2):
    """Both slopes are right, but they changed places: the slope in x1 comes first."""
    inside = x1 + 2 * x2**3
    return 12 * inside * x2**2, 2 * inside


def numerical_gradient__accumulates(f, x, h=1e-5):
    """A coordinate that had been moved was not put back before the next one: the later slopes are taken elsewhere."""
    place, slopes = x.astype(float), np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        place[index] += h
        right = f(place)
        place[index] -= 2 * h
        slopes[index] = (right - f(place)) / (2 * h)
    return slopes


def numerical_gradient__int_x(f, x, h=1e-5):
    """With whole numbers in x the small step h vanished: an array of whole numbers drops what is behind the point."""
    slopes = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        right, left = x.copy(), x.copy()
        right[index], left[index] = x[index] + h, x[index] - h
        slopes[index] = (f(right) - f(left)) / (2 * h)
    return slopes


def numerical_gradient__int_slopes(f, x, h=1e-5):
    """The slopes were put into an array like x. Where x holds whole numbers, so does that one, and it drops their fractions."""
    slopes, place = np.zeros_like(x), x.astype(float)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = h
        slopes[index] = (f(place + step) - f(place - step)) / (2 * h)
    return slopes


def numerical_gradient__flat(f, x, h=1e-5):
    """The slopes are right and stand in one long row. They should stand where their coordinates stand in x."""
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([(f(x + step) - f(x - step)) / (2 * h) for step in steps])


def numerical_gradient__writes_x(f, x, h=1e-5):
    """You moved the coordinates of the array that you were given: it is the caller's, and it has changed."""
    slopes = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        x[index] += h
        right = f(x)
        x[index] -= 2 * h
        slopes[index] = (right - f(x)) / (2 * h)
        x[index] += h
    return slopes


def numerical_gradient__forward(f, x, h=1e-5):
    """These are forward differences: one side of each coordinate only. With a larger h they are visibly off."""
    place, slopes = x.astype(float), np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        moved = place.copy()
        moved[index] += h
        slopes[index] = (f(moved) - f(place)) / h
    return slopes


def numerical_gradient__moves_a_copy(f, x, h=1e-5):
    """You moved a flat copy and asked f at another array. Of an array that lies transposed in memory, a flat one is a copy."""
    place = np.array(x, dtype=float)
    walk, slopes = place.reshape(-1), np.zeros(x.size)
    for number in range(x.size):
        walk[number] += h
        right = f(place)
        walk[number] -= 2 * h
        slopes[number] = (right - f(place)) / (2 * h)
        walk[number] += h
    return slopes.reshape(x.shape)


def path_derivative__sign(t):
    """One of the two coordinates runs the other way: look at which way the cosine goes from t = 0 on."""
    row, column = np.array([[2 * np.sin(t), 2.0]]), np.array([[np.cos(t)], [np.sin(t)]])
    return row, column, (row @ column).item()


def path_derivative__outer(t):
    """Column times row made a table of 2 x 2. One number is asked: the other order."""
    row, column = np.array([[2 * np.sin(t), 2.0]]), np.array([[np.cos(t)], [-np.sin(t)]])
    return row, column, column @ row


def path_derivative__shapes(t):
    """Your arrays have one axis, so nobody can see which of them is the row. Give each of them two axes."""
    row, column = np.array([2 * np.sin(t), 2.0]), np.array([np.cos(t), -np.sin(t)])
    return row, column, (row @ column).item()


def path_derivative__off_the_path(t):
    """df/dx was taken at (t, t). The path is somewhere else at that time: at x(t)."""
    row, column = np.array([[2 * t, 2.0]]), np.array([[np.cos(t)], [-np.sin(t)]])
    return row, column, (row @ column).item()


def least_squares_gradient__sign(A, x, y):
    """The sign is turned round. When Ax rises, what is left of y - Ax falls."""
    return (y - A @ x)[None] @ A


def least_squares_gradient__factor_two(A, x, y):
    """Everything is twice as large as it should be. The loss is only half of the squared length."""
    return -2 * (y - A @ x)[None] @ A


def least_squares_gradient__wrt_y(A, x, y):
    """That is how the loss changes with y, one slope for each data point. The slopes in x are asked."""
    return (y - A @ x)[None]


def least_squares_gradient__column(A, x, y):
    """The numbers are right and stand in a column, shape (n, 1). The gradient of a scalar is a row."""
    return -A.T @ (y - A @ x)[:, None]


def jacobian_ax_wrt_x__alias(A, x):
    """The caller's matrix itself was handed back: whoever changes your Jacobian changes A with it."""
    return A


def jacobian_ax_wrt_x__transposed(A, x):
    """Rows and columns are exchanged: a Jacobian has one row for each output and one column for each input."""
    return A.T.copy()


def jacobian_ax_wrt_a__all_blocks(A, x):
    """Every row of every grid holds x, as if each row of A moved all outputs. Which output does row k of A move?"""
    return np.ones((len(A), len(A), 1)) * x


def jacobian_ax_wrt_a__outer(A, x):
    """Two axes came back. The outputs take one axis, and the matrix that is moved takes two more."""
    return np.outer(np.ones(len(A)), x)


def jacobian_ax_wrt_a__transposed(A, x):
    """The last two axes are exchanged: after the output comes the row of A, and then its column."""
    return np.moveaxis(np.eye(len(A))[:, :, None] * x, 1, 2)


def quiz_jacobian_shape__b():
    """These are the right four sizes, but the axes of the input came first."""
    return "b"


def quiz_jacobian_shape__c():
    """There are 10 outputs and 12 inputs, that is true. But they were flattened, and a tensor keeps its axes."""
    return "c"


def quiz_jacobian_shape__d():
    """That would sum over the rows of one and the columns of the other. A Jacobian sums nothing: every pair counts."""
    return "d"


def _wrong_jacobian(f, x, h, keep=np.array):
    place, columns = x.astype(float), []
    for index in np.ndindex(x.shape):
        middle = place[index]
        place[index] = middle + h
        right = keep(f(place))
        place[index] = middle - h
        left = keep(f(place))
        place[index] = middle
        columns.append((right - left) / (2 * h))
    return columns


def numerical_jacobian__input_first(f, x, h=1e-5):
    """The axes of the input came first. Those of the output lead."""
    columns = _wrong_jacobian(f, x, h)
    return np.stack(columns).reshape(x.shape + columns[0].shape)


def numerical_jacobian__flattened(f, x, h=1e-5):
    """The numbers are right, but axes were merged: one row for all outputs, one column for all inputs."""
    columns = _wrong_jacobian(f, x, h)
    return np.stack([column.ravel() for column in columns], axis=-1)


def numerical_jacobian__aliased(f, x, h=1e-5):
    """f gave back a view of what it was handed. When you moved that array again, your first value moved along."""
    columns = _wrong_jacobian(f, x, h, keep=np.asarray)
    return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)


def numerical_jacobian__h_undoubled(f, x, h=1e-5):
    """Everything is twice as large as it should be: the two points lie on both sides of x."""
    columns = [2 * column for column in _wrong_jacobian(f, x, h)]
    return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)


def _wrong_slices(A, x):
    return [(A(x + step) - A(x - step)) / 2e-5 for step in 1e-5 * np.eye(len(x))]


def da_dx_by_slices__stack_first(A, x):
    """The slices are right, and they lie one behind the other along the front. The axis of x comes last."""
    return np.stack(_wrong_slices(A, x))


def da_dx_by_slices__transposed_slices(A, x):
    """Each slice came out transposed: its rows and columns should be those of A."""
    return np.stack([each.T for each in _wrong_slices(A, x)], axis=-1)


def da_dx_by_slices__one_sided(A, x):
    """You looked at one side of x only. For the central difference the two points lie on both sides."""
    return np.stack([(A(x + step) - A(x)) / 1e-5 for step in 1e-5 * np.eye(len(x))], axis=-1)


def da_dx_by_flattening__in_memory_order(A, x):
    """You flattened in the order of memory. A matrix may lie there column by column, and then its entries change places."""
    jacobian = np.stack([each.ravel(order="K") for each in _wrong_slices(A, x)], axis=-1)
    return jacobian.reshape(*A(x).shape, len(x))


def da_dx_by_flattening__unflatten_order(A, x):
    """The matrix was flattened in one order and put together in another: its entries have changed places."""
    jacobian = np.stack([each.flatten(order="F") for each in _wrong_slices(A, x)], axis=-1)
    return jacobian.reshape(*A(x).shape, len(x))


def da_dx_by_flattening__exchanged(A, x):
    """On the way back the numbers of rows and of columns were exchanged."""
    jacobian = np.stack([each.flatten() for each in _wrong_slices(A, x)], axis=-1)
    return jacobian.reshape(*A(x).shape[::-1], len(x))


def da_dx_by_flattening__still_flat(A, x):
    """That is the Jacobian of the flattened matrix, and it is right. Its first axis has to become two again."""
    return np.stack([each.flatten() for each in _wrong_slices(A, x)], axis=-1)


def jacobian_chain__elementwise(dfdz, dzdt):
    """All products are there, but no sum has been taken: the middle index is still among the axes."""
    return np.einsum("il,l...->il...", dfdz, dzdt)


def jacobian_chain__transposed(dfdz, dzdt):
    """The first Jacobian was read with its axes exchanged. A diagonal one looks the same both ways; yours is not."""
    return np.einsum("li,l...->i...", dfdz, dzdt)


def jacobian_chain__only_matrix(dfdz, dzdt):
    """This works while t has one axis. A parameter may as well be a matrix, and then there is an axis more."""
    return np.einsum("il,lt->it", dfdz, dzdt)


def jacobian_chain__no_sum_left(dfdz, dzdt):
    """Each output took the slopes of its own z only. It moves with every z, and all of them count."""
    return np.einsum("ll,l...->l...", dfdz, dzdt)


def jacobian_chain__matmul(dfdz, dzdt):
    """`@` takes an array of three axes for a pile of matrices, and sums over its last axis but one, not over the first."""
    return dfdz @ dzdt


def jacobian_chain__no_arrow(dfdz, dzdt):
    """The axes came out in another order: without an arrow, einsum sorts the letters by itself."""
    return np.einsum("il,l...", dfdz, dzdt)


def _wrong_layer(x, A, b):
    f = np.tanh(A @ x + b)
    slope = 1 - f**2
    return f, slope, np.eye(len(A))[:, :, None] * x


def NN__column_scaling(x, A, b):
    """The slopes scaled the columns. Each slope belongs to one output, and an output is a row."""
    f, slope, dzdA = _wrong_layer(x, A, b)
    return f, np.diag(slope) @ dzdA, np.diag(slope), A * slope


def NN__vector_dfdb(x, A, b):
    """df/db came out with one axis. It has a row for each output and a column for each bias, mostly zeros."""
    f, slope, dzdA = _wrong_layer(x, A, b)
    return f, slope[:, None, None] * dzdA, slope, slope[:, None] * A


def NN__tanh_of_f(x, A, b):
    """The slope was taken as if f still had to go through tanh. It has been through it once, and once is enough."""
    f, _, dzdA = _wrong_layer(x, A, b)
    slope = 1 - np.tanh(f) ** 2
    return f, slope[:, None, None] * dzdA, np.diag(slope), slope[:, None] * A


def NN__order(x, A, b):
    """The pieces came in another order: f, then df/dA, df/db and df/dx."""
    f, slope, dzdA = _wrong_layer(x, A, b)
    return f, slope[:, None] * A, slope[:, None, None] * dzdA, np.diag(slope)


def NN__no_slope(x, A, b):
    """As df/dA you returned dz/dA: the slope of tanh has not been applied to it."""
    f, slope, dzdA = _wrong_layer(x, A, b)
    return f, dzdA, np.diag(slope), slope[:, None] * A


def NN__outer(x, A, b):
    """df/dA has only two axes. Each output has a slope in every entry of A: that takes one axis and two more."""
    f = np.tanh(A @ x + b)
    slopes = 1 - f**2
    return f, np.outer(slopes, x), np.diag(slopes), slopes[:, None] * A


def _wrong_layer_loss(x, A, b, y):
    f = np.tanh(A @ x + b)
    return f, y - f, float((y - f) @ (y - f)) / 2


def layer_loss_gradients__sign(x, A, b, y):
    """The signs are turned round: with these gradients descent would run uphill. In y - f the f has a minus."""
    f, residual, loss = _wrong_layer_loss(x, A, b, y)
    return loss, np.outer(residual * (1 - f**2), x), residual * (1 - f**2)


def layer_loss_gradients__factor_two(x, A, b, y):
    """The gradients are twice as large as they should be. The loss is only half of the squared length."""
    f, residual, loss = _wrong_layer_loss(x, A, b, y)
    return loss, -2 * np.outer(residual * (1 - f**2), x), -2 * residual * (1 - f**2)


def layer_loss_gradients__whole_square(x, A, b, y):
    """The loss is the whole squared length. Half of it is asked."""
    f, residual, loss = _wrong_layer_loss(x, A, b, y)
    return 2 * loss, -np.outer(residual * (1 - f**2), x), -residual * (1 - f**2)


def layer_loss_gradients__no_slope(x, A, b, y):
    """The slope of tanh is missing: these would be the gradients of a layer that ends at z."""
    _, residual, loss = _wrong_layer_loss(x, A, b, y)
    return loss, -np.outer(residual, x), -residual


def layer_loss_gradients__sum_form(x, A, b, y):
    """dL/dA came out as a matrix times a vector. It should have a slope for every entry of A, and so the shape of A."""
    f, residual, loss = _wrong_layer_loss(x, A, b, y)
    return loss, A.T @ (-residual * (1 - f**2)), -residual * (1 - f**2)


def layer_loss_gradients__big_tensor(x, A, b, y):
    """The tensor dz/dA was built after all, m times as many numbers as A has. The row never needs it."""
    f = np.tanh(A @ x + b)
    dLdz = (f - y) * (1 - f**2)
    dzdA = np.eye(len(b))[:, :, None] * x
    return float((y - f) @ (y - f)) / 2, np.tensordot(dLdz, dzdA, axes=1), dLdz


def _wrong_poly(theta, x, y):
    powers = x[:, None] ** np.arange(len(theta))
    residual = y - powers @ theta
    return powers, residual, float(residual @ residual)


def poly_loss_and_grad__descending(theta, x, y):
    """The first coefficient was taken for that of the highest power. It belongs to the constant."""
    powers = x[:, None] ** np.arange(len(theta))[::-1]
    residual = y - powers @ theta
    return float(residual @ residual), -2 * residual @ powers


def poly_loss_and_grad__half(theta, x, y):
    """The loss is right, and the gradient is only half of what it should be. Nothing in this loss cancels the two."""
    powers, residual, loss = _wrong_poly(theta, x, y)
    return loss, -residual @ powers


def poly_loss_and_grad__half_loss(theta, x, y):
    """The loss and its gradient are half of what they should be. This loss has no half in front."""
    powers = x[:, None] ** np.arange(len(theta))
    residual = powers @ theta - y
    return float(residual @ residual) / 2, residual @ powers


def poly_loss_and_grad__sign(theta, x, y):
    """The sign of the gradient is turned round: it points downhill, and a gradient points uphill."""
    powers, residual, loss = _wrong_poly(theta, x, y)
    return loss, 2 * residual @ powers


def poly_loss_and_grad__mean(theta, x, y):
    """You divided by the number of points. The sum is asked, not the mean."""
    powers, residual, loss = _wrong_poly(theta, x, y)
    return loss / max(1, len(x)), -2 * residual @ powers / max(1, len(x))


def gradient_descent__uphill(grad, theta0, lr, steps):
    """Your steps go up the hill. A gradient points to where the function grows."""
    path = [theta0]
    for _ in range(steps):
        path.append(path[-1] + lr * grad(path[-1]))
    return np.stack(path)


def gradient_descent__aliased(grad, theta0, lr, steps):
    """Every row shows the last place: one array was moved on and on, and put into the path many times."""
    theta = theta0.copy()
    path = [theta]
    for _ in range(steps):
        theta -= lr * grad(theta)
        path.append(theta)
    return np.stack(path)


def gradient_descent__changes_start(grad, theta0, lr, steps):
    """The caller's start was moved: you worked on the very array that you were given."""
    path = [theta0.copy()]
    for _ in range(steps):
        theta0 -= lr * grad(theta0)
        path.append(theta0.copy())
    return np.stack(path)


def gradient_descent__off_by_one(grad, theta0, lr, steps):
    """One place of the path is missing: it has the start, a place after each step, and the last one as well."""
    path = [theta0]
    for _ in range(steps - 1):
        path.append(path[-1] - lr * grad(path[-1]))
    return np.stack(path)


def gradient_descent__frozen(grad, theta0, lr, steps):
    """Every step used the slope of the start. Ask again at each place: the hill is not a straight line."""
    slope = grad(theta0)
    return np.stack([theta0 - k * lr * slope for k in range(steps + 1)])


def quiz_step_size__a():
    """Try lr = 1: the y coordinate is multiplied by 1 - 10 = -9 in every step, and runs away."""
    return "a"


def quiz_step_size__b():
    """That is the limit of the flat direction alone. In y the slope is ten times as steep."""
    return "b"


def quiz_step_size__c():
    """Up to there y does not even jump across the valley. It may overshoot a little and still arrive."""
    return "c"


def _wrong_fit(x, y, count, lr, steps, mean=False):
    powers, theta, losses = x[:, None] ** np.arange(count), np.zeros(count), []
    for _ in range(steps):
        residual = y - powers @ theta
        losses.append(residual @ residual)
        theta = theta + 2 * lr * residual @ powers / (len(x) if mean else 1)
    residual = y - powers @ theta
    return theta, np.array([*losses, residual @ residual])


def fit_polynomial__degree_count(x, y, degree, lr, steps):
    """A coefficient is missing: the constant counts, too, so a straight line has two of them."""
    return _wrong_fit(x, y, degree, lr, steps)


def fit_polynomial__loss_late(x, y, degree, lr, steps):
    """Your losses begin after the first step. The first one is that of the start, where all coefficients are zero."""
    theta, losses = _wrong_fit(x, y, degree + 1, lr, steps)
    return theta, losses[1:]


def fit_polynomial__step_too_many(x, y, degree, lr, steps):
    """One step too many: there is a loss more than there are steps, and after the last loss no step is taken."""
    powers, theta, losses = x[:, None] ** np.arange(degree + 1), np.zeros(degree + 1), []
    for _ in range(steps + 1):
        residual = powers @ theta - y
        losses.append(residual @ residual)
        theta = theta - 2 * lr * residual @ powers
    return theta, np.array(losses)


def fit_polynomial__mean_gradient(x, y, degree, lr, steps):
    """Your steps are too short, by a factor of the number of points: the loss is a sum, and so is its gradient."""
    return _wrong_fit(x, y, degree + 1, lr, steps, mean=True)


def multilayer_forward__last_only(x, weights, biases):
    """Only the last activation came back. On the way back all of them will be needed: a list is asked."""
    f = x
    for A, b in zip(weights, biases, strict=True):
        f = np.tanh(A @ f + b)
    return f


def multilayer_forward__no_input(x, weights, biases):
    """The list begins with the first layer's output. The input belongs to it as well, as number 0."""
    found, f = [], x
    for A, b in zip(weights, biases, strict=True):
        f = np.tanh(A @ f + b)
        found.append(f)
    return found


def multilayer_forward__linear_last(x, weights, biases):
    """The last layer came out without its tanh. In this network every layer has one."""
    found = [x]
    for number, (A, b) in enumerate(zip(weights, biases, strict=True), 1):
        z = A @ found[-1] + b
        found.append(z if number == len(weights) else np.tanh(z))
    return found


def multilayer_forward__same_input(x, weights, biases):
    """Every layer was given the input of the network. Each takes what the layer before it gave."""
    return [x, *(np.tanh(A @ x + b) for A, b in zip(weights, biases, strict=True))]


def multilayer_forward__other_side(x, weights, biases):
    """The activation met the matrix from the other side. A row of A belongs to each output: A comes first, the column after it."""
    found = [x]
    for A, b in zip(weights, biases, strict=True):
        found.append(np.tanh(found[-1] @ A + b))
    return found


def _wrong_way_back(x, y, weights, biases, factor=2.0, slope=True, stale=False, turned=False, late=False, above=False):
    activations = [x]
    for A, b in zip(weights, biases, strict=True):
        activations.append(np.tanh(A @ activations[-1] + b))
    error = activations[-1] - y
    delta, dA, db = factor * error, [], []
    for number in reversed(range(len(weights))):
        seen = activations[number if stale else number + 1]
        dLdz = delta * (1 - seen**2) if slope else delta
        kept = delta if late else dLdz
        dA.append(np.outer(kept, activations[number + 1 if above else number]))
        db.append(kept)
        delta = weights[number] @ dLdz if turned else dLdz @ weights[number]
    return float(error @ error), dA[::-1], db[::-1]


def backprop_deltas__transpose(x, y, weights, biases):
    """On the way down the delta went through the matrix the way that activations go up. Only square layers allow that."""
    return _wrong_way_back(x, y, weights, biases, turned=True)


def backprop_deltas__stale(x, y, weights, biases):
    """The slope of a layer was taken at what comes into it. It belongs to what comes out of it."""
    return _wrong_way_back(x, y, weights, biases, stale=True)


def backprop_deltas__half(x, y, weights, biases):
    """All gradients are half as large as they should be: this loss has no half in front."""
    return _wrong_way_back(x, y, weights, biases, factor=1.0)


def backprop_deltas__reversed(x, y, weights, biases):
    """The gradients came out in the order in which you met the layers, the last one first."""
    loss, dA, db = _wrong_way_back(x, y, weights, biases)
    return loss, dA[::-1], db[::-1]


def backprop_deltas__skips_slope(x, y, weights, biases):
    """The slope of tanh was left out on the way back, as if every layer ended at z."""
    return _wrong_way_back(x, y, weights, biases, slope=False)


def backprop_deltas__late_slope(x, y, weights, biases):
    """The gradients were taken before the delta was scaled by the slope of tanh. Scale first: z is where A and b act."""
    return _wrong_way_back(x, y, weights, biases, late=True)


def backprop_deltas__own_output(x, y, weights, biases):
    """The outer product was taken with what comes out of the layer. A weight multiplies what goes in."""
    return _wrong_way_back(x, y, weights, biases, above=True)


def backprop_deltas__uphill(x, y, weights, biases):
    """All gradients have the wrong sign. The last activation stands in y - f with a minus."""
    return _wrong_way_back(x, y, weights, biases, factor=-2.0)


def quiz_forward_storage__a():
    """Nobody looks at them. They are read by the program, when it walks back through the layers."""
    return "a"


def quiz_forward_storage__b():
    """The loss asks for the last activation and for no other."""
    return "b"


def quiz_forward_storage__c():
    """Without them you could calculate neither df/dz nor dz/dA: both are slopes at a place, and that place is an activation."""
    return "c"

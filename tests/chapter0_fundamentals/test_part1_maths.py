"""Tests of part 1. Slow sums over single outcomes, exact fractions and the standard library's statistics judge."""

import itertools
import math
import statistics
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import numpy as np

from workbook import check
from workbook.check.diagnose import mistakes_of
from workbook.check.trial import current
from workbook.errors import CheckFailure


def test_expectation(expectation):
    """Agrees with an exact sum over the outcomes, for X and for g(X), with any weights."""
    values, probs = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.2, 0.3, 0.4])
    some, weights = _prob_normal(7), _prob_table(7)
    with_zero = np.append(_prob_table(4), 0.0)
    inputs = [
        check.case(values, probs, label="the example"),
        check.case(values, probs, _PROB_SQUARE, label="the example, E[X²]"),
        check.case(some, weights, label="seven values, some negative"),
        check.case(some, weights, _PROB_SQUARE, label="E[X²] of seven values"),
        check.case(some, weights, _PROB_CONSTANT, label="a constant g"),
        check.case(some, weights, _PROB_TRIPLE, label="a linear g"),
        check.case(_prob_normal(5), with_zero, label="a probability of zero"),
        check.case(-1 - np.abs(some), weights, _PROB_CUBE, label="E[X³] of negative values"),
        check.case(_prob_normal(1), np.ones(1), label="one value"),
        check.case(_prob_normal(1), np.ones(1), _PROB_CUBE, label="E[X³] of one value"),
        check.case(_prob_gaps(some), _prob_gaps(weights), label="views with gaps"),
    ]
    check.agrees(expectation, inputs, _prob_expectation)


def test_variance(variance):
    """Agrees with an exact sum, also for a constant, for shifted and stretched values, and far from zero."""
    values, probs = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.2, 0.3, 0.4])
    some, weights = 2 * _prob_normal(6) + np.arange(6), _prob_table(6)
    inputs = [
        check.case(values, probs, label="the example"),
        check.case(some, weights, label="six values"),
        check.case(some + 40.0, weights, label="the same six values, shifted by 40"),
        check.case(-3.0 * some, weights, label="the same six values, times -3"),
        check.case(some, np.append(_prob_table(5), 0.0), label="a probability of zero"),
        check.case(np.full(4, float(_prob_normal(1)[0])), _prob_table(4), label="a constant"),
        check.case(_prob_normal(1), np.ones(1), label="one value"),
        check.case(_prob_gaps(some), _prob_gaps(weights), label="views with gaps"),
    ]
    check.agrees(variance, inputs, _prob_variance)
    far = 1e8 + check.rng().uniform(0.3, 0.9, size=6) * np.array([-1, 1, -1, 1, -1, 1])
    check.agrees(
        variance, [check.case(far, weights, label="values near 100 million, less than 2 apart")], _prob_variance, rtol=1e-6
    )


def test_covariance(covariance):
    """Agrees with a sum over all cells, for dependent and independent variables, square tables and narrow ones."""
    joint, x, y = np.array([[0.10, 0.20, 0.10], [0.05, 0.25, 0.30]]), np.array([0.0, 1.0]), np.array([-1.0, 0.0, 2.0])
    own, shares = 2 * _prob_normal(4), _prob_table(4)
    thirds = np.array([[0.0, 1 / 3], [1 / 3, 0.0], [0.0, 1 / 3]])
    table, rows, columns = _prob_table(3, 5), _prob_normal(3), _prob_normal(5)
    inputs = [
        check.case(joint, x, y, label="the example"),
        check.case(table, rows, columns, label="a 3 x 5 table"),
        check.case(_prob_table(4, 4), _prob_normal(4), _prob_normal(4), label="a square table"),
        check.case(np.outer(shares, _prob_table(3)), own, _prob_normal(3), label="independent variables"),
        check.case(np.diag(shares), own, own, label="Y = X: all probability on the diagonal"),
        check.case(thirds, np.array([-1.0, 0.0, 1.0]), np.array([0.0, 1.0]), label="Y = X² for X in -1, 0, 1"),
        check.case(_prob_table(1, 4), _prob_normal(1), _prob_normal(4), label="a table of one row"),
        check.case(_prob_table(4, 1), _prob_normal(4), _prob_normal(1), label="a table of one column"),
        check.case(_prob_gaps(table), _prob_gaps(rows), _prob_gaps(columns), label="views with gaps"),
        check.case(table.T, columns, rows, label="a transposed view"),
    ]
    check.agrees(covariance, inputs, _prob_covariance)


def test_variance_of_sum(variance_of_sum):
    """Agrees with the quadratic form of the two factors in the covariance matrix."""
    var_x, var_y, a, b = check.rng().uniform(0.5, 4.0, size=4).tolist()
    cov = float(check.rng().uniform(0.2, 0.8)) * math.sqrt(var_x * var_y)
    inputs = [
        check.case(9.0, 16.0, label="the example without covariance"),
        check.case(9.0, 16.0, -12.0, label="the example with covariance -12"),
        check.case(9.0, 16.0, 2.0, 2.0, -1.0, label="the example with factors 2 and -1"),
        check.case(var_x, var_y, cov, label="a random covariance"),
        check.case(var_x, var_y, cov, a, b + 1, label="two factors"),
        check.case(var_x, var_y, cov, -a, b, label="a negative a"),
        check.case(var_x, var_y, -cov, a, -b, label="a negative b"),
        check.case(var_x, var_x, var_x, 1.0, -1.0, label="X - X"),
        check.case(var_x, var_y, cov, 0.0, b, label="a = 0"),
        check.case(var_x, var_y, cov, a, 0.0, label="b = 0"),
    ]
    check.agrees(variance_of_sum, inputs, _prob_quadratic_form)


def test_quiz_uncorrelated(quiz_uncorrelated):
    """The mixed term vanishes exactly when the covariance does."""
    check.choice(quiz_uncorrelated)


def test_covariance_matrix(covariance_matrix):
    """Agrees with `np.cov` without its correction, also for one sample, one component and far from zero."""
    some, weights = _prob_samples(8, 3), _prob_table(8)
    dependent = np.column_stack([some, some[:, 0] + some[:, 1]])
    inputs = [
        check.case(np.array([[2.0, 1.0], [4.0, 3.0], [6.0, 2.0], [8.0, 6.0]]), label="the example"),
        check.case(some, label="eight samples"),
        check.case(some, weights, label="unequal probabilities"),
        check.case(some, np.append(_prob_table(7), 0.0), label="a probability of zero"),
        check.case(_prob_samples(3, 5), _prob_table(3), label="fewer samples than components"),
        check.case(_prob_samples(4, 4), _prob_table(4), label="as many samples as components"),
        check.case(_prob_samples(6, 1), _prob_table(6), label="one component"),
        check.case(_prob_samples(1, 3), label="one sample"),
        check.case(_prob_samples(1, 3), np.ones(1), label="one sample with probability 1"),
        check.case(dependent, weights, label="a component that is the sum of two others"),
        check.case(_prob_gaps(some), _prob_gaps(weights), label="views with gaps"),
        check.case(_prob_samples(3, 8).T, weights, label="a transposed view"),
        check.case(some + 1e6, label="a mean of about a million"),
        check.case(some + 1e6, weights, label="a mean of about a million, unequal probabilities"),
    ]
    check.agrees(covariance_matrix, inputs, _prob_covariance_matrix)
    check.shows(lambda: _prob_cloud(covariance_matrix))


def test_gaussian_pdf(gaussian_pdf):
    """Agrees with the standard library's NormalDist at the mean, in the far tails, and for arrays of any shape."""
    mu, sigma = float(_prob_normal(1)[0]), float(check.rng().uniform(1.5, 3.0))
    block = mu + sigma * _prob_normal(3, 4)
    inputs = [
        check.case(np.array([0.0, 1.0]), 0.0, 2.0, label="the example"),
        check.case(np.array(0.0), 0.0, 1.0, label="the height of the standard bell (a 0-d array)"),
        check.case(np.array(0.0), 0.0, 0.1, label="the height of a narrow bell"),
        check.case(mu + sigma * _prob_normal(7), mu, sigma, label="seven places"),
        check.case(block, mu, sigma, label="a 3 x 4 array"),
        check.case(_prob_gaps(block).T, mu, sigma, label="a view that is not contiguous"),
        check.case(block[None, :, :1], mu, sigma, label="three axes, two of them of size one"),
        check.case(np.zeros((0, 2)), mu, sigma, label="no places"),
        check.case(mu + 0.003 * np.linspace(-10, 10, 41), mu, 0.003, label="a very narrow bell"),
        check.case(mu + sigma * np.array([-60.0, -9.0, 9.0, 60.0]), mu, sigma, label="far tails"),
    ]
    check.agrees(gaussian_pdf, inputs, _prob_density)
    _prob_stays_quiet(gaussian_pdf, np.array([-600.0, 600.0]), 0.0, 1.0)
    check.shows(lambda: _prob_bells(gaussian_pdf))


def test_multivariate_gaussian_pdf(multivariate_gaussian_pdf):
    """Agrees with a product of one-dimensional densities along the axes of the ellipse, in any number of dimensions."""
    mu, cov = _prob_normal(2), np.array([[1.0, 0.6], [0.6, 4.0]])
    narrow = np.array([[1.0, 0.999], [0.999, 1.0]])
    three, four = _prob_matrix(3), _prob_matrix(4)
    cloud = _prob_near(5, mu, cov)
    inputs = [
        check.case(np.array([[1.0, 1.0]]), np.zeros(2), cov, label="the example"),
        check.case(cloud, mu, cov, label="five points in the plane"),
        check.case(_prob_near(2, mu, cov), mu, cov, label="as many points as dimensions"),
        check.case(_prob_near(4, mu[:1], np.array([[4.0]])), mu[:1], np.array([[4.0]]), label="one dimension, variance 4"),
        check.case(_prob_near(6, np.ones(3), three), np.ones(3), three, label="three dimensions"),
        check.case(_prob_near(1, np.ones(4), four), np.ones(4), four, label="one point in four dimensions"),
        check.case(
            _prob_near(5, np.zeros(3), np.diag([4.0, 1.0, 0.25])), np.zeros(3), np.diag([4.0, 1.0, 0.25]), label="a diagonal cov"
        ),
        check.case(_prob_near(5, mu, narrow), mu, narrow, label="strong correlation, .999"),
        check.case(_prob_gaps(cloud), _prob_gaps(mu), _prob_gaps(cov), label="views with gaps"),
        check.case(np.zeros((0, 2)), mu, cov, label="no points"),
    ]
    check.agrees(multivariate_gaussian_pdf, inputs, _prob_rotated_density)
    check.shows(lambda: _prob_ellipses(multivariate_gaussian_pdf))


def test_quiz_density_above_one(quiz_density_above_one):
    """A density is no probability: only areas are."""
    check.choice(quiz_density_above_one)


def test_marginal(marginal):
    """Agrees with einsum: any number of axes, kept in any order, counted from either end."""
    joint = np.array([[0.10, 0.20, 0.10], [0.05, 0.25, 0.30]])
    three, four, cube = _prob_table(2, 3, 4), _prob_table(2, 3, 4, 5), _prob_table(3, 3, 3)
    inputs = [
        check.case(joint, (0,), label="the example, rows kept"),
        check.case(joint, (1,), label="the example, columns kept"),
        check.case(joint, (), label="nothing kept"),
        check.case(joint, (0, 1), label="everything kept"),
        check.case(joint, (1, 0), label="everything kept, in the other order"),
        check.case(three, (1,), label="three axes, one kept"),
        check.case(three, (0, 2), label="three axes, two kept"),
        check.case(three, (2, 0), label="three axes, two kept in the other order"),
        check.case(three, (1, 2, 0), label="three axes, all kept in a new order"),
        check.case(cube, (2, 1), label="three axes of equal size"),
        check.case(four, (1, 3), label="four axes, two kept"),
        check.case(four, (3, 0, 2), label="four axes, three kept"),
        check.case(four, (-1, 0), label="a negative axis"),
        check.case(four, (-2,), label="the last axis but one"),
        check.case(_prob_table(1, 3, 1), (2, 1), label="axes of size one"),
        check.case(_prob_gaps(four), (2, 1), label="a view with gaps"),
    ]
    check.agrees(marginal, inputs, _prob_marginal)


def test_conditional(conditional):
    """Agrees with a division cell by cell; a condition that never happens gives zeros, without a warning."""
    joint, table, square = np.array([[0.10, 0.20, 0.10], [0.05, 0.25, 0.30]]), _prob_table(3, 5), _prob_table(4, 4)
    no_row, no_column = _prob_without(0), _prob_without(1)
    inputs = [
        check.case(joint, 0, label="the example, given x"),
        check.case(joint, 1, label="the example, given y"),
        check.case(square, 0, label="a square table, given x"),
        check.case(square, 1, label="a square table, given y"),
        check.case(table, 0, label="a 3 x 5 table, given x"),
        check.case(table, 1, label="a 3 x 5 table, given y"),
        check.case(_prob_table(1, 4), 0, label="one row, given x"),
        check.case(_prob_table(1, 4), 1, label="one row, given y"),
        check.case(_prob_table(4, 1), 1, label="one column, given y"),
        check.case(no_row, 0, label="an x that never happens"),
        check.case(no_column, 1, label="a y that never happens"),
        check.case(no_row, 1, label="a row of zeros, given y"),
        check.case(_prob_gaps(table), 1, label="a view with gaps"),
        check.case(square.T, 0, label="a transposed view"),
    ]
    check.agrees(conditional, inputs, _prob_conditional)
    _prob_stays_quiet(conditional, no_row, 0)
    _prob_stays_quiet(conditional, no_column, 1)


def test_bayes_posterior(bayes_posterior):
    """Agrees with exact fractions: equal and unequal beliefs, certainty, one observation after another."""
    prior, likelihood = np.array([0.5, 0.5]), np.array([0.4, 0.8])
    beliefs, fits = _prob_table(5), check.rng().uniform(0.05, 0.95, size=5)
    inputs = [
        check.case(prior, likelihood, label="the example, a first banana"),
        check.case(np.array([1 / 3, 2 / 3]), likelihood, label="the example, a second banana"),
        check.case(np.array([0.9, 0.1]), likelihood, label="an unequal prior"),
        check.case(np.array([0.2, 0.3, 0.5]), np.array([0.9, 0.5, 0.3]), label="three causes"),
        check.case(beliefs, fits, label="five causes"),
        check.case(np.array([0.25, 0.75, 0.0]), np.array([0.5, 0.1, 0.9]), label="a cause that is ruled out before"),
        check.case(_prob_table(3), np.array([0.5, 0.0, 0.2]), label="a cause that the observation rules out"),
        check.case(np.ones(1), np.array([0.3]), label="one cause"),
        check.case(_prob_gaps(beliefs), _prob_gaps(fits), label="views with gaps"),
    ]
    check.agrees(bayes_posterior, inputs, _prob_posterior)
    check.shows(lambda: _prob_beliefs(bayes_posterior))


def test_naive_bayes_fit(naive_bayes_fit):
    """Agrees with counting word by word, with and without smoothing, also for a class without documents."""
    words, labels = _prob_documents(9, 5), np.array([0, 1, 2, 0, 2, 1, 1, 0, 1])
    inputs = [
        check.case(_PROB_TEXTS, _PROB_LABELS, 2, label="the example"),
        check.case(words, labels, 3, label="nine documents, three classes"),
        check.case(words, labels, 3, 0.5, label="alpha = .5"),
        check.case(_PROB_TEXTS, _PROB_LABELS, 2, 0.0, label="the example with alpha = 0"),
        check.case(words, labels, 4, label="a class without documents"),
        check.case(words[:, :1], labels, 3, label="a vocabulary of one word"),
        check.case(words[:1], np.array([1]), 2, 2.0, label="one document"),
        check.case(words[:4], np.zeros(4, dtype=np.int64), 1, label="one class"),
        check.case(_prob_gaps(words), _prob_gaps(labels), 3, 0.25, label="views with gaps"),
    ]
    check.agrees(naive_bayes_fit, inputs, _prob_fit)
    _prob_stays_quiet(naive_bayes_fit, _PROB_TEXTS, _PROB_LABELS, 3, 1.0)
    _prob_stays_quiet(naive_bayes_fit, _PROB_TEXTS, _PROB_LABELS, 2, 0.0)


def test_naive_bayes_predict(naive_bayes_predict):
    """Agrees with slow, exact sums of logs: very long texts, empty ones, impossible words and ties."""
    log_prior, log_likelihood = _prob_fit(_PROB_TEXTS, _PROB_LABELS, 2)
    three, prior = np.log(_prob_rows(3, 5)), np.log(_prob_table(3))
    long = check.rng().multinomial(5000, [0.1, 0.2, 0.7], size=3)
    for_long = np.log([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3]])
    with np.errstate(divide="ignore"):
        holes = np.log([[0.5, 0.3, 0.2], [0.0, 0.5, 0.5], [0.4, 0.0, 0.6]])
        no_class = np.log([0.0, 0.5, 0.5])
    emphatic, uneven = np.log([[0.6, 0.2, 0.2], [0.1, 0.45, 0.45]]), np.log([0.2, 0.8])
    tied, halves = np.array([[-2.0, -1.0], [-1.0, -2.0], [-1.0, -2.0]]), np.full(3, -1.0)
    inputs = [
        check.case(log_prior, log_likelihood, np.array([[1, 1, 0, 0, 0, 0]]), label='the example, "good fair"'),
        check.case(log_prior, log_likelihood, _prob_documents(7, 6), label="seven documents"),
        check.case(prior, three, _prob_documents(8, 5), label="eight documents, three classes"),
        check.case(np.log([0.5, 0.5]), emphatic, np.array([[1, 3, 3], [1, 1, 1]]), label="words said three times"),
        check.case(uneven, np.log([[0.5, 0.5], [0.4, 0.6]]), np.array([[1, 0], [0, 1]]), label="short texts, uneven classes"),
        check.case(uneven, emphatic, np.zeros((2, 3), dtype=np.int64), label="empty documents"),
        check.case(np.log([0.4, 0.3, 0.3]), for_long, long, label="documents of 5000 words"),
        check.case(halves, holes, np.array([[0, 0, 2], [4, 1, 0], [0, 3, 3], [1, 0, 2]]), label="impossible words"),
        check.case(no_class, holes, np.array([[0, 1, 4], [2, 0, 1]]), label="a class that never happens"),
        check.case(halves, tied, np.array([[1, 1], [2, 1], [1, 2]]), label="ties"),
        check.case(np.zeros(1), np.log([[0.5, 0.5]]), np.array([[3, 0]]), label="one class"),
        check.case(prior, three, np.zeros((0, 5), dtype=np.int64), label="no documents"),
        check.case(_prob_gaps(prior), _prob_gaps(three), _prob_gaps(_prob_documents(4, 5)), label="views with gaps"),
    ]
    check.agrees(naive_bayes_predict, inputs, _prob_predict)


def test_chain_rule_factors(chain_rule_factors):
    """Agrees with divisions cell by cell; conditions that never happen give zeros, without a warning."""
    table, some_zero = _prob_table(2, 3, 4), _prob_table(3, 2, 4)
    some_zero[1, 0, 2] = 0.0
    no_pair = _prob_table(2, 3, 4)
    no_pair[:, 1, 2] = 0.0
    no_c = _prob_table(2, 3, 4)
    no_c[:, :, 1] = 0.0
    holes = [(some_zero, "a cell of zero"), (no_pair, "a pair of b and c that never happens"), (no_c, "a c that never happens")]
    inputs = [
        check.case(np.full((2, 3, 4), 1 / 24), label="the example"),
        check.case(table, label="a 2 x 3 x 4 table"),
        check.case(_prob_table(3, 3, 3), label="three axes of equal size"),
        *(check.case(joint / joint.sum(), label=label) for joint, label in holes),
        check.case(_prob_table(1, 3, 2), label="a of size one"),
        check.case(_prob_table(3, 1, 2), label="b of size one"),
        check.case(_prob_table(2, 3, 1), label="c of size one"),
        check.case(_prob_gaps(table), label="a view with gaps"),
    ]
    check.agrees(chain_rule_factors, inputs, _prob_factors)
    _prob_stays_quiet(chain_rule_factors, no_c / no_c.sum())
    _prob_stays_quiet(chain_rule_factors, no_pair / no_pair.sum())


def test_graph_joint(graph_joint):
    """Agrees with a product cell by cell, for five variables of different sizes and of equal ones."""
    inputs = [
        check.case(*_prob_coins(), label="the example, five fair coins"),
        check.case(*_prob_graph(3, 3, 3, 3, 3), label="five variables of equal size"),
        check.case(*_prob_graph(2, 3, 4, 5, 2), label="variables of different sizes"),
        check.case(*_prob_graph(5, 4, 3, 2, 6), label="variables of five sizes"),
        check.case(*_prob_graph(1, 2, 3, 1, 2), label="a and d of size one"),
        check.case(*_prob_graph(2, 1, 2, 3, 1), label="b and e of size one"),
        check.case(*_prob_graph(3, 2, 1, 2, 3), label="c of size one"),
        check.case(*map(_prob_gaps, _prob_graph(2, 3, 2, 3, 2)), label="views with gaps"),
    ]
    check.agrees(graph_joint, inputs, _prob_graph_joint)


def test_bigram_probability(bigram_probability):
    """Agrees with exact fractions of counts, for seen and unseen sentences, any case and punctuation."""
    peter, wheres = _PROB_TWISTER
    asked = "Peter Piper picked a peck of pickled pepper that Peter Piper picked"
    babble = _prob_babble(9)
    again = [*babble, babble[0], babble[0]]
    inputs = [
        check.case(_PROB_TWISTER, asked, label="the example of Peter Piper"),
        check.case(["I like tea.", "I like coffee."], "I like tea", label="the example of tea and coffee"),
        check.case(_PROB_TWISTER, "Where's the pickled pepper that Peter Piper picked", label="the second sentence of the corpus"),
        check.case(_PROB_TWISTER, peter.upper(), label="the first sentence of the corpus, in capitals"),
        check.case(_PROB_TWISTER, "Peter pepper", label="words that never follow each other"),
        check.case(_PROB_TWISTER, "Peter Piper grilled a peck", label="a word that never occurs"),
        check.case(_PROB_TWISTER, "Wheres the pickled pepper", label="a word without its apostrophe"),
        check.case(["It's tea.", "That's coffee."], "It's coffee", label="two words with an apostrophe"),
        check.case(_PROB_TWISTER, "", label="an empty sentence"),
        check.case(_PROB_TWISTER, "picked", label="a word that never comes first"),
        check.case([peter, peter, wheres], asked, label="a sentence that the corpus has twice"),
        check.case(["Stop!"], "stop", label="one sentence of one word"),
        check.case(["No, no, no.", "no"], "no no", label="one word, several times"),
        check.case(babble, babble[3].swapcase(), label="nine random sentences"),
        check.case(babble, babble[5], label="nine random sentences, another one asked"),
        check.case(again, babble[0], label="random sentences, one of them three times"),
    ]
    check.agrees(bigram_probability, inputs, _prob_bigram)
    check.shows(_prob_bigram_picture)


def test_lda_log_joint(lda_log_joint):
    """Agrees with a slow sum over the words: texts of no words, of ten thousand, and impossible ones."""
    theta, beta = np.array([0.7, 0.3]), np.array([[0.5, 0.3, 0.2], [0.1, 0.4, 0.5]])
    shares, topics = _prob_table(3), _prob_rows(3, 7)
    z, w = _prob_choices(3, 12), _prob_choices(7, 12)
    no_share, no_word, nothing = np.array([1.0, 0.0]), np.array([[0.5, 0.5, 0.0], [0.2, 0.0, 0.8]]), np.zeros(0, dtype=np.int64)
    inputs = [
        check.case(theta, beta, np.array([0, 1]), np.array([2, 2]), label="the example"),
        check.case(shares, topics, z, w, label="twelve words"),
        check.case(_prob_table(4), _prob_rows(4, 4), _prob_choices(4, 6), _prob_choices(4, 6), label="as many topics as words"),
        check.case(shares, topics, z[:1], w[:1], label="one word"),
        check.case(shares, topics, nothing, nothing, label="no words"),
        check.case(np.ones(1), topics[:1], np.zeros(5, dtype=np.int64), w[:5], label="one topic"),
        check.case(no_share, beta, np.array([0, 1]), np.array([1, 2]), label="an impossible topic"),
        check.case(theta, no_word, np.array([0, 1, 0]), np.array([1, 1, 0]), label="an impossible word"),
        check.case(no_share, no_word, np.array([0, 0]), np.array([0, 1]), label="zeros that do not matter"),
        check.case(*map(_prob_gaps, (shares, topics, z, w)), label="views with gaps"),
    ]
    check.agrees(lda_log_joint, inputs, _prob_lda)
    long = check.case(shares, topics, _prob_choices(3, 10_000), _prob_choices(7, 10_000), label="ten thousand words")
    check.agrees(lda_log_joint, [long], _prob_lda)


def test_neg_log_likelihood(neg_log_likelihood):
    """Agrees with a slow sum of logs: one row, three thousand, none, and a truth that was called impossible."""
    q = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    rows, labels = _prob_rows(6, 4), _prob_choices(4, 6)
    hole = np.array([[0.5, 0.5, 0.0], [0.2, 0.0, 0.8]])
    inputs = [
        check.case(q, np.array([0, 1, 2]), label="the example"),
        check.case(rows, labels, label="six rows"),
        check.case(_prob_rows(5, 5), _prob_choices(5, 5), label="as many rows as classes"),
        check.case(hole, np.array([1, 2]), label="a zero at a class that is not true"),
        check.case(hole, np.array([1, 1]), label="a zero at the truth"),
        check.case(rows[:1], labels[:1], label="one row"),
        check.case(np.ones((4, 1)), np.zeros(4, dtype=np.int64), label="one class"),
        check.case(np.zeros((0, 3)), np.zeros(0, dtype=np.int64), label="no rows"),
        check.case(_prob_gaps(rows), _prob_gaps(labels), label="views with gaps"),
        check.case(_prob_rows(3000, 4), _prob_choices(4, 3000), label="three thousand rows"),
    ]
    check.agrees(neg_log_likelihood, inputs, _prob_surprise)
    _prob_stays_quiet(neg_log_likelihood, hole, np.array([1, 1]))


def test_entropy(entropy):
    """Agrees with a slow sum, for any batch and base; a zero contributes nothing and gives no warning."""
    four, certain = np.array([0.5, 0.25, 0.125, 0.125]), np.array([0.0, 1.0, 0.0])
    rows, block = _prob_rows(5, 4), _prob_rows(2, 3, 4)
    mixed = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5], [0.0, 0.0, 1.0]])
    inputs = [
        check.case(four, 2.0, label="the example, in bits"),
        check.case(np.array([0.99, 0.01]), label="(.99, .01) in nats"),
        check.case(np.array([0.99, 0.01]), 2.0, label="(.99, .01) in bits"),
        check.case(certain, label="certainty"),
        check.case(np.full(6, 1 / 6), label="six equal sides"),
        check.case(rows, label="a batch of five"),
        check.case(rows, 10.0, label="base 10"),
        check.case(block, 2.0, label="a batch of two axes"),
        check.case(mixed, 3.0, label="zeros among others"),
        check.case(np.ones((3, 1)), label="one outcome"),
        check.case(np.zeros((0, 3)), label="an empty batch"),
        check.case(_prob_table(40_000), label="forty thousand outcomes"),
        check.case(_prob_gaps(block), label="a view with gaps"),
        check.case(_prob_rows(4, 4).T.copy().T, label="a view in the other memory order"),
    ]
    check.agrees(entropy, inputs, _prob_entropy)
    _prob_stays_quiet(entropy, mixed)
    check.shows(lambda: _prob_entropy_curve(entropy))


def test_cross_entropy_pq(cross_entropy_pq):
    """Agrees with a slow sum; infinite where the belief forbids what happens, the entropy where it is right."""
    p, far, near = np.array([0.99, 0.01]), np.array([0.01, 0.99]), np.array([0.98, 0.02])
    truth, belief = _prob_table(5), _prob_table(5)
    inputs = [
        check.case(p, far, label="the example, a belief that is far off"),
        check.case(p, near, label="the example, a belief that is near"),
        check.case(p, far, 2.0, label="the example in bits"),
        check.case(p, near, 2.0, label="the near belief in bits"),
        check.case(truth, belief, label="five outcomes"),
        check.case(truth, belief, 10.0, label="base 10"),
        check.case(truth, truth.copy(), label="a belief that is right"),
        check.case(np.array([0.4, 0.6, 0.0]), np.array([0.7, 0.2, 0.1]), label="an outcome that cannot happen"),
        check.case(np.array([0.4, 0.6, 0.0]), np.array([0.7, 0.3, 0.0]), label="an outcome that both call impossible"),
        check.case(np.array([0.4, 0.5, 0.1]), np.array([0.7, 0.3, 0.0]), label="a belief that forbids what happens"),
        check.case(np.ones(1), np.ones(1), label="one outcome"),
        check.case(_prob_gaps(truth), _prob_gaps(belief), label="views with gaps"),
    ]
    check.agrees(cross_entropy_pq, inputs, _prob_cross_entropy)


def test_label_costs(single_label_cost, multi_label_cost):
    """Agree with slow sums: one label of several, and several labels of which any number may be true."""
    rows, labels = _prob_rows(6, 4), _prob_choices(4, 6)
    single = [
        check.case(np.array([[0.7, 0.2, 0.1]]), np.array([0]), label="the example"),
        check.case(rows, labels, label="six examples"),
        check.case(_prob_rows(5, 5), _prob_choices(5, 5), label="as many examples as classes"),
        check.case(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0, 1]), label="certainty, and rightly so"),
        check.case(rows[:1], labels[:1], label="one example"),
        check.case(np.ones((3, 1)), np.zeros(3, dtype=np.int64), label="one class"),
        check.case(np.zeros((0, 3)), np.zeros(0, dtype=np.int64), label="no examples"),
        check.case(_prob_gaps(rows), _prob_gaps(labels), label="views with gaps"),
    ]
    check.agrees(single_label_cost, single, lambda q, y: np.array([-math.log(row[k]) for row, k in zip(q, y, strict=True)]))
    chances, truths = check.rng().uniform(0.05, 0.95, size=(6, 4)), _prob_choices(2, 6, 4)
    sure = np.array([[1.0, 0.0, 0.3], [0.0, 0.0, 1.0]])
    multi = [
        check.case(np.array([[0.9, 0.2, 0.6]]), np.array([[1, 0, 1]]), label="the example"),
        check.case(chances, truths, label="six examples"),
        check.case(chances[:4], truths[:4], label="as many examples as classes"),
        check.case(chances, np.zeros_like(truths), label="no label at all"),
        check.case(chances, np.ones_like(truths), label="every label"),
        check.case(sure, np.array([[1, 0, 0], [0, 0, 1]]), label="certainty, and rightly so"),
        check.case(chances[:1], truths[:1], label="one example"),
        check.case(chances[:, :1], truths[:, :1], label="one class"),
        check.case(chances[:0], truths[:0], label="no examples"),
        check.case(_prob_gaps(chances), _prob_gaps(truths), label="views with gaps"),
    ]
    check.agrees(multi_label_cost, multi, _prob_multi_cost)


def test_kl_divergence(kl_divergence):
    """Agrees with a slow sum; zero for equal distributions, infinite where the belief forbids what happens."""
    half, skewed = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    p = np.array([0.99, 0.01])
    truth, belief = _prob_table(5), _prob_table(5)
    inputs = [
        check.case(half, skewed, label="the example"),
        check.case(skewed, half, label="the example, exchanged"),
        check.case(p, np.array([0.01, 0.99]), label="(.99, .01) and a belief that is far off"),
        check.case(p, np.array([0.98, 0.02]), label="(.99, .01) and a belief that is near"),
        check.case(truth, belief, label="five outcomes"),
        check.case(np.array([0.4, 0.6, 0.0]), np.array([0.7, 0.2, 0.1]), label="an outcome that cannot happen"),
        check.case(np.array([0.4, 0.6, 0.0]), np.array([0.7, 0.3, 0.0]), label="an outcome that both call impossible"),
        check.case(np.array([0.4, 0.5, 0.1]), np.array([0.7, 0.3, 0.0]), label="a belief that forbids what happens"),
        check.case(np.ones(1), np.ones(1), label="one outcome"),
        check.case(_prob_gaps(truth), _prob_gaps(belief), label="views with gaps"),
    ]
    check.agrees(kl_divergence, inputs, _prob_divergence)
    check.agrees(kl_divergence, [check.case(truth, truth.copy(), label="p = q")], _prob_divergence, atol=1e-12)
    check.shows(lambda: _prob_both_directions(kl_divergence))


def test_quiz_kl(quiz_kl):
    """Cross entropy and divergence differ by the entropy of the truth."""
    check.choice(quiz_kl)


# --- expected values ------------------------------------------------------------------------------------------------


def _prob_expectation(values, probs, g=None):
    outcomes = g(values) if g is not None else values
    return math.fsum(p * x for p, x in zip(probs.tolist(), outcomes.tolist(), strict=True))


def _prob_variance(values, probs):
    """With exact fractions: floats are fractions too, so that nothing cancels."""
    pairs = [(Fraction(p), Fraction(x)) for p, x in zip(probs.tolist(), values.tolist(), strict=True)]
    mean = sum(p * x for p, x in pairs) / sum(p for p, _ in pairs)
    return float(sum(p * (x - mean) ** 2 for p, x in pairs))


def _prob_covariance(joint, x_values, y_values):
    cells = [(joint[i, j].item(), x, y) for (i, x), (j, y) in itertools.product(_prob_numbered(x_values), _prob_numbered(y_values))]
    mean_x, mean_y = math.fsum(p * x for p, x, _ in cells), math.fsum(p * y for p, _, y in cells)
    return math.fsum(p * (x - mean_x) * (y - mean_y) for p, x, y in cells)


def _prob_numbered(values):
    return list(enumerate(values.tolist()))


def _prob_quadratic_form(var_x, var_y, cov_xy=0.0, a=1.0, b=1.0):
    factors = np.array([a, b])
    return float(factors @ np.array([[var_x, cov_xy], [cov_xy, var_y]]) @ factors)


def _prob_covariance_matrix(samples, probs=None):
    d = samples.shape[1]
    return np.reshape(np.cov(samples.T, aweights=probs, ddof=0), (d, d))


def _prob_density(x, mu, sigma):
    bell = statistics.NormalDist(mu, sigma)
    return np.array([bell.pdf(place) for place in x.ravel().tolist()]).reshape(x.shape)


def _prob_rotated_density(x, mu, cov):
    """Turned into the axes of the ellipse the components are independent, and the densities multiply."""
    variances, axes = np.linalg.eigh(cov)
    bells = [statistics.NormalDist(0.0, math.sqrt(each)) for each in variances]
    points = ((x - mu) @ axes).tolist()
    return np.array([math.prod(bell.pdf(place) for bell, place in zip(bells, point, strict=True)) for point in points])


def _prob_marginal(joint, keep):
    axes = list(range(joint.ndim))
    return np.asarray(np.einsum(joint, axes, [axes[axis] for axis in keep]))


def _prob_conditional(joint, given):
    table = np.zeros(joint.shape)
    for place in np.ndindex(joint.shape):
        whole = math.fsum(joint[place[0]] if given == 0 else joint[:, place[1]])
        table[place] = joint[place] / whole if whole else 0.0
    return table


def _prob_posterior(prior, likelihood):
    shares = [Fraction(p) * Fraction(fit) for p, fit in zip(prior.tolist(), likelihood.tolist(), strict=True)]
    evidence = sum(shares)
    return np.array([float(share / evidence) for share in shares]), float(evidence)


def _prob_fit(counts, labels, n_classes, alpha=1.0):
    log_prior, log_likelihood = np.zeros(n_classes), np.zeros((n_classes, counts.shape[1]))
    for k in range(n_classes):
        mine = [row for row, label in zip(counts.tolist(), labels.tolist(), strict=True) if label == k]
        log_prior[k] = _prob_log(len(mine) / len(counts))
        total = sum(map(sum, mine)) + alpha * counts.shape[1]
        for word in range(counts.shape[1]):
            log_likelihood[k, word] = _prob_log((sum(row[word] for row in mine) + alpha) / total)
    return log_prior, log_likelihood


def _prob_log(number):
    return math.log(number) if number > 0 else -math.inf


def _prob_predict(log_prior, log_likelihood, counts):
    best = []
    for row in counts.tolist():
        scores = []
        for start, logs in zip(log_prior.tolist(), log_likelihood.tolist(), strict=True):
            scores.append(math.fsum([start, *(n * log for n, log in zip(row, logs, strict=True) if n)]))
        best.append(scores.index(max(scores)))
    return np.array(best, dtype=np.int64)


def _prob_factors(joint):
    sizes = joint.shape
    p_c, p_b_c, p_a_bc = np.zeros(sizes[2]), np.zeros(sizes[1:]), np.zeros(sizes)
    for a, b, c in np.ndindex(sizes):
        of_c, of_bc = math.fsum(joint[:, :, c].ravel()), math.fsum(joint[:, b, c])
        p_c[c] = of_c
        p_b_c[b, c] = of_bc / of_c if of_c else 0.0
        p_a_bc[a, b, c] = joint[a, b, c] / of_bc if of_bc else 0.0
    return p_c, p_b_c, p_a_bc


def _prob_graph_joint(p_a, p_b_a, p_c_ab, p_d_b, p_e_c):
    sizes = (*p_c_ab.shape, p_d_b.shape[1], p_e_c.shape[1])
    cells = [p_a[a] * p_b_a[a, b] * p_c_ab[a, b, c] * p_d_b[b, d] * p_e_c[c, e] for a, b, c, d, e in np.ndindex(sizes)]
    return np.array(cells).reshape(sizes)


def _prob_bigram(corpus, sentence):
    seen = [step for text in corpus for step in _prob_steps(text)]
    chance = Fraction(1)
    for step in _prob_steps(sentence):
        if step not in seen:
            return 0.0
        chance *= Fraction(seen.count(step), sum(first == step[0] for first, _ in seen))
    return float(chance)


def _prob_steps(text):
    kept = "".join(letter for letter in text.lower() if letter.isalnum() or letter in " '")
    words = ["(start)", *kept.split(), "(end)"]
    return list(itertools.pairwise(words))


def _prob_lda(theta, beta, z, w):
    factors = [theta[topic] * beta[topic, word] for topic, word in zip(z, w, strict=True)]
    return math.fsum(_prob_log(factor) for factor in factors)


def _prob_surprise(q, y):
    return math.fsum(-_prob_log(q[n, k]) for n, k in enumerate(y))


def _prob_entropy(p, base=math.e):
    flat = p.reshape(-1, p.shape[-1]).tolist()
    return np.array([math.fsum(-x * math.log(x, base) for x in row if x) for row in flat]).reshape(p.shape[:-1])


def _prob_cross_entropy(p, q, base=math.e):
    return math.fsum(-x * _prob_log(y) / math.log(base) for x, y in zip(p.tolist(), q.tolist(), strict=True) if x)


def _prob_multi_cost(s, y):
    costs = [
        [-math.log(chance if there else 1 - chance) for chance, there in zip(*row, strict=True)] for row in zip(s, y, strict=True)
    ]
    return np.array([math.fsum(row) for row in costs])


def _prob_divergence(p, q):
    return math.fsum(x * (math.log(x) - _prob_log(y)) for x, y in zip(p.tolist(), q.tolist(), strict=True) if x)


# --- inputs of probability and information --------------------------------------------------------------------------


class _ProbMap:
    """A function that is shown as a formula."""

    def __init__(self, formula: str, function: Callable) -> None:
        self.formula, self.function = formula, function

    def __call__(self, x):
        return self.function(x)

    def __repr__(self) -> str:
        return f"the function x -> {self.formula}"


_PROB_SQUARE = _ProbMap("x²", lambda x: x * x)
_PROB_CUBE = _ProbMap("x³", lambda x: x * x * x)
_PROB_TRIPLE = _ProbMap("3x", lambda x: 3.0 * x)
_PROB_CONSTANT = _ProbMap("5 (a constant)", lambda x: 0.0 * x + 5.0)

# Vocabulary: good, fair, wonderful, film, poor, bad.
_PROB_TEXTS = np.array([[1, 1, 1, 0, 0, 0], [2, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 1], [0, 0, 0, 1, 0, 1]])
_PROB_LABELS = np.array([0, 0, 1, 1])

_PROB_TWISTER = ["Peter Piper picked a peck of pickled pepper.", "Where's the pickled pepper that Peter Piper picked?"]


def _prob_normal(*shape):
    return check.rng().standard_normal(shape)


def _prob_table(*shape):
    """Random probabilities that sum to one over the whole table."""
    weights = check.rng().uniform(0.1, 1.0, size=shape)
    return weights / weights.sum()


def _prob_rows(*shape):
    """Random probabilities that sum to one along the last axis."""
    weights = check.rng().uniform(0.1, 1.0, size=shape)
    return weights / weights.sum(axis=-1, keepdims=True)


def _prob_samples(n, d):
    return _prob_normal(n, d) * np.arange(1, d + 1) + 2.0


def _prob_choices(below, *shape):
    return check.rng().integers(0, below, size=shape)


def _prob_documents(docs, vocab):
    return check.rng().integers(0, 5, size=(docs, vocab))


def _prob_matrix(d):
    """A random covariance matrix, not nearly singular."""
    factors = _prob_normal(d, d)
    return factors @ factors.T + np.eye(d)


def _prob_near(n, mu, cov):
    """Points where the density is neither tiny nor all the same."""
    steps = _prob_normal(n, len(mu))
    return mu + 0.7 * steps @ np.linalg.cholesky(cov).T


def _prob_without(axis):
    """A square table in which one row (axis 0) or column (axis 1) is zero."""
    table = np.insert(_prob_table(3, 4) if axis == 0 else _prob_table(4, 3), 1, 0.0, axis=axis)
    return np.ascontiguousarray(table)


def _prob_coins():
    return [np.full((2,) * axes, 0.5) for axes in (1, 2, 3, 2, 2)]


def _prob_graph(a, b, c, d, e):
    return _prob_rows(a), _prob_rows(a, b), _prob_rows(a, b, c), _prob_rows(b, d), _prob_rows(c, e)


def _prob_babble(sentences):
    """Random sentences of a few short words, so that many of their pairs occur several times."""
    words = np.array(["the", "cat", "that", "it's", "saw"])
    picked = [words[check.rng().integers(0, len(words), size=length)] for length in check.rng().integers(3, 7, size=sentences)]
    return [" ".join(each).capitalize() + "." for each in picked]


def _prob_gaps(array):
    """The same entries as a view into a larger array, with strangers in between."""
    full = np.full([2 * size + 1 for size in array.shape], 7, dtype=array.dtype)
    view = full[tuple(slice(1, None, 2) for _ in array.shape)]
    view[...] = array
    return view


_PROB_LISTENER = """
import warnings

def listen(*args):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        function(*args)
    return [str(each.message) for each in heard if issubclass(each.category, RuntimeWarning)]
"""


def _prob_stays_quiet(function, *args):
    """The answer must not warn of a division by zero or the like; asked after its values were found right."""
    heard = check.call(check.define(_PROB_LISTENER, "listen", function=function), *args)
    check.require(
        not heard,
        f"the values are right, but there was a warning on the way: {heard[0] if heard else ''}.",
        "Such a warning would be printed among the results of everybody who calls you. Either do not calculate the entries in "
        "question at all, or say with np.errstate that they are meant.",
        mistake="warns",
    )


# --- pictures of probability and information ------------------------------------------------------------------------

_PROB_COLOURS = ("#3b7dd8", "#d9822b", "#2a9d6f")  # readable on light and on dark paper
_PROB_DASHES = ("solid", "dash", "dot")
_PROB_GREY = "#767676"


def prob_chart(title: str, across: str, up: str, alt: str = "", **layout):
    """An empty chart with a title and two labelled axes."""
    import plotly.graph_objects as go

    axis = {"gridcolor": "rgba(118,118,118,0.25)", "zerolinecolor": "rgba(118,118,118,0.6)"}
    frame = {
        "template": "none",
        "title": {"text": title, "font": {"size": 14}},
        "font": {"color": _PROB_GREY, "size": 13},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "width": 620,
        "height": 340,
        "margin": {"l": 70, "r": 20, "t": 50, "b": 55},
        "xaxis": {**axis, "title": {"text": across, "font": {"size": 13}}},
        "yaxis": {**axis, "title": {"text": up, "font": {"size": 13}}},
        "meta": {"alt": alt or title},
    }
    return go.Figure(layout={**frame, **layout})


def prob_curves(x, curves: dict, title: str, across: str, up: str, alt: str = ""):
    """Several curves over the same places, told apart by colour and by dashes."""
    import plotly.graph_objects as go

    figure = prob_chart(title, across, up, alt)
    places = np.round(x, 4).tolist()
    for number, (name, heights) in enumerate(curves.items()):
        line = {"color": _PROB_COLOURS[number % 3], "dash": _PROB_DASHES[number % 3], "width": 2.5}
        figure.add_trace(go.Scatter(x=places, y=np.round(heights, 4).tolist(), mode="lines", line=line, name=name))
    return figure.update_layout(showlegend=len(curves) > 1)


def _prob_cloud(covariance_matrix):
    """A cloud of samples, and the ellipse that the student's matrix draws around it."""
    import plotly.graph_objects as go

    samples = np.random.default_rng(0).multivariate_normal([0.0, 0.0], [[1.0, 0.9], [0.9, 2.0]], size=150)
    matrix = covariance_matrix(samples)
    turn = np.linspace(0, 2 * math.pi, 81)
    ellipse = samples.mean(axis=0) + 2 * np.stack([np.cos(turn), np.sin(turn)], axis=1) @ np.linalg.cholesky(matrix).T
    title = f"covariance_matrix of 150 samples: variances {matrix[0, 0]:.2f} and {matrix[1, 1]:.2f}, covariance {matrix[0, 1]:.2f}"
    figure = prob_chart(
        title, "first component", "second component", f"{title}. A slanted cloud with its ellipse.", width=540, height=420
    )
    dots = {"color": _PROB_COLOURS[0], "size": 5, "opacity": 0.6}
    figure.add_trace(go.Scatter(x=samples[:, 0].round(3).tolist(), y=samples[:, 1].round(3).tolist(), mode="markers", marker=dots))
    line = {"color": _PROB_COLOURS[1], "width": 2.5}
    figure.add_trace(go.Scatter(x=ellipse[:, 0].round(3).tolist(), y=ellipse[:, 1].round(3).tolist(), mode="lines", line=line))
    return figure.update_layout(showlegend=False).update_xaxes(dtick=2).update_yaxes(dtick=2, scaleanchor="x")


def _prob_bells(gaussian_pdf):
    x = np.linspace(-5, 5, 201)
    curves = {}
    for mu, sigma in ((0.0, 0.5), (0.0, 1.0), (1.0, 2.0)):
        heights = gaussian_pdf(x, mu, sigma)
        wide = np.linspace(mu - 10 * sigma, mu + 10 * sigma, 2001)
        area = float(np.trapezoid(gaussian_pdf(wide, mu, sigma), wide))
        curves[f"mean {mu:g}, sd {sigma:g}: area {area:.3f}"] = heights
    alt = "Three bells: the narrower, the higher; the area under each of them is one."
    return prob_curves(x, curves, "gaussian_pdf: the narrower the bell, the higher", "x", "density", alt)


def _prob_ellipses(multivariate_gaussian_pdf):
    """Three densities side by side, each with standard deviations 1 and 2."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rhos = (0.3, 0.9, -0.6)
    x, y = np.linspace(-3, 3, 37), np.linspace(-5, 5, 41)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    panels = make_subplots(rows=1, cols=3, subplot_titles=[f"rho = {rho:g}" for rho in rhos], shared_yaxes=True)
    for number, rho in enumerate(rhos, 1):
        heights = multivariate_gaussian_pdf(grid, np.zeros(2), np.array([[1.0, 2 * rho], [2 * rho, 4.0]]))
        table = heights.reshape(len(y), len(x)).round(4).tolist()
        panels.add_trace(
            go.Contour(
                z=table,
                x=x.round(3).tolist(),
                y=y.tolist(),
                colorscale=[[0.0, "#f4f7fb"], [1.0, "#2f6cb3"]],
                contours={"coloring": "heatmap"},
                ncontours=8,
                line={"color": "#1b1b1b", "width": 0.7},
                showscale=False,
            ),
            row=1,
            col=number,
        )
    title = "multivariate_gaussian_pdf: standard deviations 1 and 2, three correlations"
    alt = f"{title}. The ellipse leans to the right for .3, is thin and steep for .9, and leans to the left for -.6."
    frame = prob_chart(title, "", "", alt).layout
    panels.update_layout(title=frame.title, font=frame.font, meta=frame.meta, template="none", width=620, height=340)
    panels.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", margin={"l": 60, "r": 20, "t": 75, "b": 50})
    return panels.update_xaxes(title_text="first component", ticks="").update_yaxes(title_text="second component", ticks="", col=1)


def _prob_beliefs(bayes_posterior):
    """What was believed, how well each cause explains the banana, and what is believed now."""
    import plotly.graph_objects as go

    prior, likelihood = np.array([0.5, 0.5]), np.array([0.4, 0.8])
    posterior, _ = bayes_posterior(prior, likelihood)
    alt = f"Bars: carton B goes from .5 to {posterior[1]:.3f}, because a banana is twice as likely there."
    figure = prob_chart("bayes_posterior: a banana was drawn. From which carton?", "", "probability", alt, height=320)
    patterns = ("", "/", "x")
    for number, (name, heights) in enumerate({"prior": prior, "p(banana | carton)": likelihood, "posterior": posterior}.items()):
        marker = {"color": _PROB_COLOURS[number], "pattern": {"shape": patterns[number]}}
        words = [f"{height:.3g}" for height in heights]
        figure.add_trace(
            go.Bar(x=["carton A", "carton B"], y=heights.tolist(), name=name, marker=marker, text=words, textposition="outside")
        )
    return figure.update_layout(barmode="group").update_yaxes(range=[0, 1])


def _prob_network(places: dict, edges: dict, title: str, width: int, height: int, alt: str):
    """Boxes with names, and arrows between them with an optional text beside them. Places are in screen pixels."""
    figure = prob_chart(title, "", "", alt, width=width, height=height, margin={"l": 0, "r": 0, "t": 40, "b": 0})
    for (tail, head), text in edges.items():
        (x0, y0), (x1, y1) = places[tail], places[head]
        ends = {"x": x1, "y": y1, "ax": x0, "ay": y0, "xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
        length = math.hypot(x1 - x0, y1 - y0)
        across, up = (x1 - x0) / length, (y1 - y0) / length
        gaps = {"startstandoff": _prob_half_box(tail, across, up), "standoff": _prob_half_box(head, across, up) + 3}
        style = {"arrowhead": 2, "arrowsize": 1.2, "arrowwidth": 1.5, "arrowcolor": _PROB_GREY}
        figure.add_annotation(**ends, **gaps, **style, text="", showarrow=True)
        if text:
            beside = {"x": (x0 + x1) / 2 - 12 * up, "y": (y0 + y1) / 2 + 12 * across}
            figure.add_annotation(text=text, showarrow=False, **beside)
    box = {"bgcolor": "#e9edf3", "bordercolor": _PROB_COLOURS[0], "borderwidth": 1.5, "borderpad": 4}
    for name, (x, y) in places.items():
        figure.add_annotation(x=x, y=y, text=name, showarrow=False, font={"color": "#1b1b1b", "size": 13}, **box)
    figure.update_xaxes(visible=False, range=[0, width])
    return figure.update_yaxes(visible=False, range=[0, height - 40])


def _prob_half_box(name: str, across: float, up: float) -> float:
    """How far it is from the middle of a name's box to its border, in the given direction, in screen pixels."""
    half_width, half_height = 4 * len(name) + 8, 14
    return min(half_width / max(abs(across), 1e-9), half_height / max(abs(up), 1e-9))


def prob_graph_picture():
    """The five variables of graph_joint, and who listens to whom."""
    places = {"a": (50, 160), "b": (50, 40), "c": (210, 160), "d": (210, 40), "e": (370, 160)}
    edges = dict.fromkeys([("a", "b"), ("a", "c"), ("b", "c"), ("b", "d"), ("c", "e")], "")
    title = "p(a) p(b | a) p(c | a, b) p(d | b) p(e | c)"
    alt = f"The graph of {title}: arrows from a to b, from a and b to c, from b to d, from c to e."
    return _prob_network(places, edges, title, 430, 240, alt)


def _prob_bigram_picture():
    """The two sentences as a graph: each edge is a pair of neighbours with its conditional probability."""
    seen = [step for text in _PROB_TWISTER for step in _prob_steps(text)]
    edges = {}
    for step in dict.fromkeys(seen):
        edges[step] = str(Fraction(seen.count(step), sum(first == step[0] for first, _ in seen)))
    names = ["(start)", "where's", "the", "pickled", "pepper", "that", "peter", "piper", "picked", "a", "peck", "of", "(end)"]
    across = [50, 140, 280, 440, 340, 225, 120, 250, 390, 500, 580, 545, 420]
    up = [190, 320, 350, 320, 235, 185, 95, 35, 35, 80, 160, 255, 140]
    title = "bigram_probability: how often the second word follows the first"
    alt = f"{title}. " + ", ".join(f"{first} to {second} {share}" for (first, second), share in edges.items())
    return _prob_network(dict(zip(names, zip(across, up, strict=True), strict=True)), edges, title, 620, 430, alt)


def _prob_entropy_curve(entropy):
    p = np.linspace(0, 1, 101)
    heights = entropy(np.stack([p, 1 - p], axis=-1))
    alt = "The entropy of a coin: zero at both ends, highest, log 2 = .693, at one half."
    figure = prob_curves(p, {"entropy": heights}, "entropy of a coin that shows heads with probability p", "p", "nats", alt)
    return figure.add_annotation(x=0.5, y=math.log(2), text="log 2 = .693", ay=35, ax=0, arrowcolor=_PROB_GREY)


def _prob_both_directions(kl_divergence):
    truth = np.array([0.3, 0.7])
    x = np.linspace(0.02, 0.98, 97)
    beliefs = [np.array([each, 1 - each]) for each in x]
    curves = {
        "D(p || q)": np.array([kl_divergence(truth, q) for q in beliefs]),
        "D(q || p)": np.array([kl_divergence(q, truth) for q in beliefs]),
    }
    alt = "Both curves touch zero at q = .3 and nowhere else; towards q = 1, where D(p || q) has no bound, they part."
    return prob_curves(x, curves, "kl_divergence for p = (.3, .7) and q = (x, 1 - x)", "x", "nats", alt)


def test_quiz_product_shapes(quiz_product_shapes):
    """Inner sizes meet, outer sizes survive."""
    check.choice(quiz_product_shapes)


def test_quiz_transpose_product(quiz_transpose_product):
    """Transposing a product turns its order round."""
    check.choice(quiz_transpose_product)


def test_numerical_derivative(forward_difference, central_difference):
    """Slopes of secants of lines, cubics, exp and sin, wide and narrow, to both sides; two calls of f each."""
    exp, sin = _deriv_curves()
    cubic, line = _deriv_cubic(), _deriv_cubic(1)
    x = check.rng().uniform(-2.0, 2.0, 6).tolist()
    inputs = [
        check.case(exp, 1.0, label="exp at 1"),
        check.case(cubic, x[0], 0.5, label="a cubic, a wide step"),
        check.case(cubic, x[1], 0.01, label="a cubic, a narrow step"),
        check.case(cubic, 0.0, 0.25, label="a cubic at 0"),
        check.case(exp, x[2], 0.1, label="exp"),
        check.case(sin, 10 * x[3], 2.0, label="sin, a very wide step"),
        check.case(sin, x[4], label="sin, with the h that is there by default"),
        check.case(line, x[5], 0.125, label="a straight line"),
        check.case(cubic, x[1], -0.5, label="a cubic, a negative h"),
    ]
    vanishing = check.case(exp, 1.0, 1e-16, label="exp at 1, h too small to move x")
    check.agrees(forward_difference, [*inputs, vanishing], lambda f, x, h=1e-5: f.secant(x, x + h))
    check.agrees(central_difference, inputs, lambda f, x, h=1e-5: f.secant(x - h, x + h))
    _deriv_asked_twice(forward_difference, "forward_difference")
    _deriv_asked_twice(central_difference, "central_difference")
    check.shows(lambda: _deriv_error_lines(forward_difference, central_difference))


def test_quiz_derivative_rules(quiz_derivative_rules):
    """The quotient rule, with numbers."""
    check.choice(quiz_derivative_rules)


def test_chain_rule_scalar(chain_rule_scalar):
    """A function comes back, and its value is the slope of g(f(x)): numbers, arrays, flat places, chains of three."""
    x = check.rng().uniform(-1.5, 1.5, 4)
    for label, g, arguments, place in _deriv_chains(x):
        slope = check.call(chain_rule_scalar, *arguments)
        f = arguments[1]
        expected = _deriv_imaginary(lambda z, g=g, f=f: g(f(z)), place)
        _deriv_require_slope(chain_rule_scalar, slope, arguments, place, expected, label)
    exp, cube, sin, cos = _ProbMap("exp x", np.exp), _ProbMap("sin³ x", lambda x: np.sin(x) ** 3), *_deriv_sin_and_cos()
    inner = check.call(chain_rule_scalar, _ProbMap("3x²", lambda x: 3 * x**2), sin, cos)
    whole = check.call(chain_rule_scalar, exp, cube, inner)
    expected = _deriv_imaginary(lambda z: np.exp(np.sin(z) ** 3), x)
    arguments = exp, cube, _ProbMap("3 sin² x cos x", lambda x: 3 * np.sin(x) ** 2 * np.cos(x))
    _deriv_require_slope(chain_rule_scalar, whole, arguments, x, expected, "exp of the cube of sin, by using it twice")
    check.shows(lambda: _deriv_chain_lines(chain_rule_scalar))


def test_partials(partials_easy, partials_hard):
    """Exact at whole numbers, zeros and negatives included; right at fractions."""
    small = check.rng().integers(-9, 10, size=(6, 2)).tolist()
    whole = [(0, 0), (0, 3), (3, 0), (-1, 2), (2, -1), *map(tuple, small)]
    fractions = [tuple(pair) for pair in check.rng().uniform(-2.0, 2.0, (6, 2)).tolist()]
    for partials, polynomial, example in [
        (partials_easy, {(2, 1): 1, (1, 3): 1}, (2, 3)),
        (partials_hard, {(2, 0): 1, (1, 3): 4, (0, 6): 4}, (1, 2)),
    ]:
        inputs = [check.case(*example, label="the example"), *(check.case(*pair, label="whole numbers") for pair in whole)]
        check.agrees(partials, inputs, _deriv_of_polynomial(polynomial), exact=True)
        inputs = [check.case(*pair, label="fractions") for pair in fractions]
        check.agrees(partials, inputs, _deriv_of_polynomial(polynomial))
    check.shows(lambda: _deriv_arrows(partials_easy))


def test_numerical_gradient(numerical_gradient):
    """Central differences in any shape, of views and whole numbers, with any h; x stays as it is, whatever f does."""
    rng = check.rng()
    easy = _deriv_there(numerical_gradient, "x[0] ** 2 * x[1] + x[0] * x[1] ** 3")
    inputs = [
        check.case(easy, np.array([2.0, 3.0]), label="the example"),
        check.case(easy, rng.uniform(1.0, 2.0, 2), 0.1, label="the same function elsewhere, h = 0.1"),
        check.case(easy, np.array([2, 3]), label="the example in whole numbers"),
    ]
    check.agrees(numerical_gradient, inputs, lambda f, x, h=1e-5: _deriv_easy_slopes(x, h), rtol=1e-6)
    whole, gaps, one = rng.integers(-5, 6, (3, 4, 2)), rng.standard_normal((9, 5))[1::2, ::2], rng.standard_normal(1)
    for x, *h, label in [
        (rng.standard_normal(5), "five coordinates"),
        (rng.standard_normal(5), 0.1, "five coordinates, h = 0.1"),
        (one, 0.5, "one coordinate, h = 0.5"),
        (np.array(1.5), "x without axes"),
        (rng.standard_normal((4, 3)), "a matrix"),
        (rng.standard_normal((3, 4, 2)), "three axes"),
        (rng.standard_normal((2, 4, 3)).T, "three axes, a transposed view"),
        (gaps, "a view with gaps"),
        (whole, "whole numbers, three axes"),
    ]:
        c = rng.standard_normal(x.shape)
        cubes = _deriv_there(numerical_gradient, "(c * x**3).sum()", c=c)
        inputs = [check.case(cubes, x, *h, label=label)]
        check.agrees(numerical_gradient, inputs, lambda f, x, h=1e-5, c=c: c * (3.0 * x**2 + h**2), rtol=1e-6)
    _deriv_require_untouched(numerical_gradient, rng.standard_normal(4))


def test_path_derivative(path_derivative):
    """A row, a column and their product, at t of all sizes and signs."""
    t = check.rng().uniform(0.1, 3.0, 4).tolist()
    inputs = [
        check.case(math.pi / 2, label="t = pi / 2"),
        check.case(math.pi / 3, label="t = pi / 3"),
        check.case(0.0, label="t = 0"),
        *(check.case(each, label="any t") for each in t[:2]),
        check.case(-t[2], label="a negative t"),
        check.case(100 * t[3], label="a large t"),
    ]
    check.agrees(path_derivative, inputs, _deriv_along_the_path)
    check.shows(lambda: _deriv_path_lines(path_derivative))


def test_least_squares_gradient(least_squares_gradient):
    """Agrees with steps in the imaginary direction: m > n, m < n, ones, no residual at all."""
    A, x, y = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([1.0, -1.0]), np.array([1.0, 0.0, 2.0])
    B, place = check.rng().standard_normal((4, 3)), check.rng().standard_normal(3)
    inputs = [
        check.case(A, x, y, label="the example"),
        *check.house("m n", "n", "m", dtypes=("float64",), empty="m n"),
        *check.house("m n", "n", "m", dtypes=("float64",), sizes=[{"m": 5, "n": 2}, {"m": 2, "n": 6}, {"m": 1, "n": 1}]),
        check.case(B, place, B @ place, label="a residual of zero"),
    ]
    check.agrees(least_squares_gradient, inputs, lambda A, x, y: _deriv_imaginary_all(_deriv_half_square, x, A, y)[None])


def test_jacobian_ax(jacobian_ax_wrt_x, jacobian_ax_wrt_a):
    """Agrees with steps in the imaginary direction, for wide, tall and square A; A itself is not handed out."""
    A, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 7.0])
    inputs = [check.case(A, x, label="the example"), *check.house("m n", "n", dtypes=("float64",), empty="m n")]
    check.agrees(jacobian_ax_wrt_x, inputs, lambda A, x: _deriv_imaginary_all(lambda x: A @ x, x))
    check.agrees(jacobian_ax_wrt_a, inputs, lambda A, x: _deriv_imaginary_all(lambda A: A @ x, A))
    B, place = check.rng().standard_normal((3, 2)), check.rng().standard_normal(2)
    jacobian = check.call(jacobian_ax_wrt_x, B, place)
    new = isinstance(jacobian, np.ndarray) and not np.shares_memory(jacobian, B)
    fact = "jacobian_ax_wrt_x: the values are right, but they are not in a new array."
    check.require(new, fact, "A copy of A is a new array; a slice of it is not.", mistake="alias")
    check.shows(lambda: _deriv_grids(jacobian_ax_wrt_a))


def test_quiz_jacobian_shape(quiz_jacobian_shape):
    """Axes of the output, then axes of the input."""
    check.choice(quiz_jacobian_shape)


def test_numerical_jacobian(numerical_jacobian):
    """Central differences of numbers, vectors and matrices in numbers, vectors and matrices; views and whole numbers."""
    for text, names, slopes, places in _deriv_maps():
        f = _deriv_there(numerical_jacobian, text, **names)
        inputs = [check.case(f, *args, label=label) for *args, label in places]
        check.agrees(numerical_jacobian, inputs, lambda f, x, h=1e-5, slopes=slopes: slopes(x, h), rtol=1e-6)


def test_matrix_by_vector(da_dx_by_slices, da_dx_by_flattening):
    """Both routes give the slopes of a quadratic matrix function, whatever its sizes and its layout in memory."""
    sizes = [(4, 2, 3, "C"), (2, 2, 2, "C"), (3, 2, 1, "C"), (1, 4, 3, "C"), (5, 1, 2, "C"), (1, 1, 1, "C"), (2, 3, 4, "C")]
    for m, n, k, order in [*sizes, (4, 2, 3, "F"), (2, 2, 2, "F")]:
        linear, square = check.rng().standard_normal((2, m, n, k))
        text = f"np.array(linear @ x + square @ x**2, order={order!r})"
        matrix = _deriv_there(da_dx_by_slices, text, linear=linear, square=square)
        label = f"{m} x {n} entries and {k} in x" + ", a matrix that lies in memory column by column" * (order == "F")
        x, longer = check.rng().standard_normal(k), check.rng().standard_normal(2 * k)
        inputs = [check.case(matrix, x, label=label), check.case(matrix, longer[::2], label=f"{label}, x a view with gaps")]
        for derivative in (da_dx_by_slices, da_dx_by_flattening):
            check.agrees(derivative, inputs, lambda A, x, p=linear, q=square: p + 2 * q * x, rtol=1e-6)
    check.shows(lambda: _deriv_two_routes(da_dx_by_slices, da_dx_by_flattening))


def test_jacobian_chain(jacobian_chain):
    """Agrees with a product summed over the middle axis, for parameters of one, two and three axes."""
    rng = check.rng()
    dzdt = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    inputs = [
        check.case(np.diag([2.0, 3.0]), dzdt, label="the example"),
        check.case(rng.standard_normal((3, 3)), rng.standard_normal((3, 3)), label="square Jacobians"),
        check.case(rng.standard_normal((3, 3)), rng.standard_normal((3, 3, 3)), label="all sizes 3"),
        *check.house("i l", "l", dtypes=("float64",)),
        *check.house("i l", "l s", dtypes=("float64",), empty="s"),
        *check.house("i l", "l s u", dtypes=("float64",)),
        *check.house("i l", "l s u v", dtypes=("float64",)),
    ]
    check.agrees(jacobian_chain, inputs, lambda dfdz, dzdt: np.tensordot(dfdz, dzdt, axes=1))


def test_NN(NN):  # noqa: N802  # a test is called after its exercise
    """f and its three Jacobians agree with steps in the imaginary direction, also where tanh has gone flat."""
    rng = check.rng()
    A, x, b = np.array([[0.5, -1.0], [1.0, 2.0], [0.0, 0.25]]), np.array([1.0, 0.5]), np.array([0.0, -1.0, 0.5])
    flat = rng.standard_normal((3, 4))
    inputs = [
        check.case(x, A, b, label="the example"),
        check.case(rng.standard_normal(3), rng.standard_normal((3, 3)), rng.standard_normal(3), label="a square matrix"),
        *check.house("n", "m n", "m", dtypes=("float64",), empty="n"),
        check.case(rng.standard_normal(4), flat, np.array([30.0, -30.0, 0.5]), label="two units that have gone flat"),
    ]
    check.agrees(NN, inputs, _deriv_layer_and_jacobians)


def test_layer_loss_gradients(layer_loss_gradients):
    """Agrees with steps in the imaginary direction; a layer of 400 by 400 needs no table of three axes."""
    rng = check.rng()
    A, x, b = np.array([[0.5, -1.0], [1.0, 2.0], [0.0, 0.25]]), np.array([1.0, 0.5]), np.array([0.0, -1.0, 0.5])
    B, place, shift = rng.standard_normal((3, 4)), rng.standard_normal(4), rng.standard_normal(3)
    inputs = [
        check.case(x, A, b, np.array([0.0, 1.0, 1.0]), label="the example"),
        *check.house("n", "m n", "m", "m", dtypes=("float64",), empty="n"),
        check.case(place, B, shift, np.tanh(B @ place + shift), label="a residual of zero"),
        check.case(place, 20 * B, shift, rng.standard_normal(3), label="large z"),
    ]
    check.agrees(layer_loss_gradients, inputs, _deriv_layer_loss)
    _deriv_require_small(layer_loss_gradients, 150)
    large = check.case(
        rng.standard_normal(400),
        rng.standard_normal((400, 400)) / 20,
        rng.standard_normal(400),
        rng.standard_normal(400),
        label="400 inputs and 400 outputs",
    )
    check.agrees(layer_loss_gradients, [large], _deriv_large_layer_loss)


def test_poly_loss_and_grad(poly_loss_and_grad):
    """Agrees with Horner's scheme and steps in the imaginary direction: constants, exact fits, x = 0, negative x."""
    rng = check.rng()
    x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 7.0])
    theta, points = rng.standard_normal(4), rng.uniform(-2.0, 2.0, 9)
    inputs = [
        check.case(np.zeros(3), x, y, label="the example"),
        *check.house("d", "n", "n", dtypes=("float64",), empty="n"),
        check.case(np.array([1.0, 1.0, 1.0]), x, y, label="an exact fit"),
        check.case(theta, np.zeros(2), np.array([1.0, -1.0]), label="x = 0"),
        check.case(theta[:1], points, rng.standard_normal(9), label="a constant"),
        check.case(theta, -np.abs(points), rng.standard_normal(9), label="negative x"),
    ]
    check.agrees(poly_loss_and_grad, inputs, _descent_poly)


def test_gradient_descent(gradient_descent):
    """The path is that of the closed form on quadratic bowls: slow, fast, overshooting, exploding, of no step at all."""
    rng = check.rng()
    oval, bent = _DescentBowl(np.diag([1.0, 10.0])), _DescentBowl.random(3)
    start = np.array([1.0, 1.0])
    inputs = [
        check.case(oval, start, 0.1, 2, label="the example"),
        check.case(oval, start, 0.19, 20, label="a step that overshoots"),
        check.case(oval, start, 0.21, 20, label="a step that is too large"),
        check.case(oval, -start, 0.02, 1, label="one step"),
        check.case(oval, start, 0.1, 0, label="no step"),
        check.case(bent, rng.standard_normal(3), 0.05, 7, label="a bowl that is not along the axes"),
        check.case(_DescentBowl.random(6), rng.standard_normal((2, 3)), 0.05, 4, label="parameters of shape (2, 3)"),
        check.case(_DescentBowl.random(6), rng.standard_normal((3, 2)).T, 0.03, 3, label="a transposed start"),
        check.case(_DescentBowl.random(1), rng.standard_normal(1), 0.1, 5, label="one parameter"),
    ]
    check.agrees(gradient_descent, inputs, lambda grad, theta0, lr, steps: grad.path(theta0, lr, steps))
    _descent_require_count(gradient_descent, rng.standard_normal(2))
    check.shows(lambda: _descent_paths(gradient_descent))


def test_quiz_step_size(quiz_step_size):
    """The steepest direction sets the limit."""
    check.choice(quiz_step_size)


def test_fit_polynomial(fit_polynomial):
    """Coefficients and losses are those of the closed form, for exact and noisy points, and arrive at the best fit."""
    rng = check.rng()
    x, points = np.linspace(-1, 1, 21), rng.uniform(-1.0, 1.0, 12)
    noisy = 0.5 - points + 0.3 * rng.standard_normal(12)
    inputs = [
        check.case(x, 1 - 2 * x + x**2 / 2, 2, 0.03, 500, label="the example"),
        check.case(points, noisy, 2, 0.02, 3, label="noisy points, three steps"),
        check.case(points, noisy, 1, 0.02, 60, label="a line through noisy points"),
        check.case(points, noisy, 0, 0.01, 30, label="degree 0"),
        check.case(points, noisy, 3, 0.02, 0, label="no step"),
        check.case(points, noisy, 3, 0.02, 1, label="one step"),
        check.case(points[:3], noisy[:3], 4, 0.05, 20, label="more coefficients than points"),
        check.case(points[::2], noisy[1::2], 1, 0.2, 12, label="a step that is too large, views with gaps"),
    ]
    check.agrees(fit_polynomial, inputs, _descent_fit)
    check.shows(lambda: _descent_fits(fit_polynomial))


def test_multilayer_forward(multilayer_forward):
    """Agrees with one unit after the other: no layer, one, five, widths all different, all equal, all one."""
    example = [np.array([[0.5]]), np.array([[2.0]])], [np.zeros(1), np.zeros(1)]
    inputs = [
        check.case(np.array([1.0]), *example, label="the example"),
        *(check.case(*_descent_network(*widths)[:3], label=f"widths {widths}") for widths in _DESCENT_WIDTHS),
        check.case(check.rng().standard_normal(3), [], [], label="no layer"),
        check.case(*_descent_views(3, 4, 2)[:3], label="transposed weights, views with gaps"),
    ]
    check.agrees(multilayer_forward, inputs, _descent_units)


def test_backprop_deltas(backprop_deltas):
    """Agrees with a step in the imaginary direction for every parameter, in shallow, wide and very deep networks."""
    example = [np.array([[0.5]]), np.array([[2.0]])], [np.zeros(1), np.zeros(1)]
    inputs = [check.case(np.array([1.0]), np.array([1.0]), *example, label="the example")]
    for widths in _DESCENT_WIDTHS:
        x, weights, biases, y = _descent_network(*widths)
        inputs.append(check.case(x, y, weights, biases, label=f"widths {widths}"))
    x, weights, biases, y = _descent_views(3, 4, 2)
    inputs.append(check.case(x, y, weights, biases, label="transposed weights, views with gaps"))
    x, weights, biases, _ = _descent_network(2, 3, 2)
    inputs.append(check.case(x, _descent_units(x, weights, biases)[-1], weights, biases, label="a loss of zero"))
    inputs.append(_descent_deep_case(200))
    check.agrees(backprop_deltas, inputs, _descent_nudged)
    check.shows(lambda: _descent_chain(backprop_deltas))


def test_quiz_forward_storage(quiz_forward_storage):
    """The way back needs what the way forward has seen."""
    check.choice(quiz_forward_storage)


# --- derivatives: expected values ---------------------------------------------------------------------------

_STEP = 1e-30  # of an imaginary step: nothing is subtracted, so nothing is rounded away


def _deriv_imaginary(function, place):
    """Slope of a function that works entry by entry, from the imaginary part after a step in that direction."""
    return np.imag(function(place + 1j * _STEP)) / _STEP


def _deriv_imaginary_all(function, place, *rest):
    """All slopes of `function` in the entries of `place`: axes of the output, then those of the place."""
    columns = []
    for index in np.ndindex(place.shape):
        moved = place.astype(complex)
        moved[index] += 1j * _STEP
        columns.append(np.imag(function(moved, *rest)) / _STEP)
    shape = np.shape(function(place, *rest))
    return np.stack(columns, axis=-1).reshape(shape + place.shape) if columns else np.zeros(shape + place.shape)


class _DerivCurve:
    """A function of a number, with the exact slope of its secant over [a, b]."""

    def __init__(self, name, function, secant):
        self.name, self.function, self._secant = name, function, secant

    def __call__(self, x):
        return float(self.function(x))

    def __repr__(self):
        return self.name

    def secant(self, a, b):
        return float(self._secant(a, b)) if a != b else 0.0


def _deriv_curves():
    def half(a, b):
        return (b - a) / 2

    exp = _DerivCurve("exp", np.exp, lambda a, b: np.exp((a + b) / 2) * np.sinh(half(a, b)) / half(a, b))
    return exp, _DerivCurve("sin", np.sin, lambda a, b: np.cos((a + b) / 2) * np.sin(half(a, b)) / half(a, b))


def _deriv_cubic(degree=3):
    """A random polynomial. The slope of x^n over [a, b] is the sum of all a^i b^(n - 1 - i)."""
    c = check.rng().standard_normal(4)
    c[degree + 1 :] = 0.0
    name = " + ".join(f"{factor:.3g} x^{n}" for n, factor in enumerate(c[: degree + 1]))
    return _DerivCurve(
        name,
        lambda x: c[0] + x * (c[1] + x * (c[2] + x * c[3])),
        lambda a, b: c[1] + c[2] * (a + b) + c[3] * (a * a + a * b + b * b),
    )


def _deriv_asked_twice(difference, name):
    places = []

    def f(x):
        places.append(x)
        return 3 * x

    check.call(difference, f, 2.0, 0.25)
    fact = f"{name} called f {len(places)} times, and two places are all that a secant needs."
    check.require(len(places) == 2, fact, "f may be a whole network: each call of it costs time.")


def _deriv_sin_and_cos():
    return _ProbMap("sin x", np.sin), _ProbMap("cos x", np.cos)


def _deriv_chains(x):
    """A label, g, what chain_rule_scalar takes (dg, f, df), and where the slope is taken."""
    sin, cos = _deriv_sin_and_cos()
    exp = _ProbMap("exp x", np.exp)
    six, line, minus_two = (
        _ProbMap("6", lambda x: 6.0),
        _ProbMap("-2x + 5", lambda x: -2 * x + 5),
        _ProbMap("-2", lambda x: -2.0),
    )
    bend, square, double = (
        _ProbMap("1 - tanh² x", lambda x: 1 - np.tanh(x) ** 2),
        _ProbMap("x²", lambda x: x**2),
        _ProbMap("2x", lambda x: 2 * x),
    )
    cube, of_cube = _ProbMap("x³", lambda x: x**3), _ProbMap("3x²", lambda x: 3 * x**2)
    three, zero = _ProbMap("3", lambda x: 0 * x + 3), _ProbMap("0", lambda x: 0 * x)
    return [
        ("g(z) = 6z + 3 of f(x) = -2x + 5", lambda z: 6 * z + 3, (six, line, minus_two), 0.7),
        ("tanh of the square, at 0.5", np.tanh, (bend, square, double), 0.5),
        ("sin of the cube, of an array", np.sin, (cos, cube, of_cube), x),
        ("exp of sin", np.exp, (exp, sin, cos), float(x[1])),
        ("the square of a constant", lambda z: z**2, (double, three, zero), x),
    ]


def _deriv_require_slope(chain_rule_scalar, slope, arguments, place, expected, label):
    if not callable(slope):
        fact = "a function is asked, and something else came back."
        check.require(False, fact, got=repr(slope), mistake="number" if isinstance(slope, int | float | np.number) else "")
    try:
        check.agrees(slope, [check.case(place, label=label)], lambda _: expected)
    except CheckFailure as failure:
        seen = failure.explanation
        names = zip(("dg", "f", "df"), map(repr, arguments), strict=True)
        shown = (*names, ("x", seen.arguments[-1][1] if seen.arguments else repr(place)))
        call = f"chain_rule_scalar(dg, f, df)(x)   on {label}"
        told = {"call": call, "arguments": shown, **_deriv_told(chain_rule_scalar)}
        raise CheckFailure(replace(seen, **told)) from None


def _deriv_told(chain_rule_scalar):
    """What a failure says of the known mistake that gives the same slopes: functions came back, which no table can compare."""
    if current().verdict_only:
        return {}
    places = np.array([0.4, -0.7])
    for mistake in mistakes_of(current()):
        try:
            pairs = [
                (mistake.answer(*arguments)(places), chain_rule_scalar(*arguments)(places))
                for _, _, arguments, _ in _deriv_chains(places)
            ]
            if all(_deriv_equal(*pair) for pair in pairs):
                return {"mistake": mistake.sentence, "mistake_name": mistake.name}
        except Exception:  # the learner's function may do anything
            continue
    return {}


def _deriv_equal(one, other):
    return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, rtol=1e-9, atol=1e-12))


def _deriv_of_polynomial(terms):
    """Both slopes of the sum of c x1^i x2^j over the terms {(i, j): c}."""

    def slopes(x1, x2):
        first = sum(c * i * x1 ** (i - 1) * x2**j for (i, j), c in terms.items() if i)
        second = sum(c * j * x1**i * x2 ** (j - 1) for (i, j), c in terms.items() if j)
        return float(first), float(second)

    return slopes


def _deriv_there(answer, text, **names):
    """The function x -> `text`, made where the answer lives: it may move its array in place before it calls the function again."""
    source = f"""
import numpy as np

class Function:
    def __call__(self, x):
        return {text}

    def __repr__(self):
        return {"x -> " + text!r}

function = Function()
"""
    return check.define(source, "function", answer=answer, **names)


def _deriv_easy_slopes(x, h):
    x1, x2 = x.tolist()
    return np.array([2 * x1 * x2 + x2**3, x1**2 + x1 * (3 * x2**2 + h**2)])


def _deriv_require_untouched(numerical_gradient, x):
    before, calls = x.copy(), []

    def f(place):
        calls.append(1)
        if len(calls) == 4:
            raise ArithmeticError("f has no value here")
        return place.sum()

    with suppress(ArithmeticError):
        numerical_gradient(f, x)
    fact = "f raised an error on the way, and the caller's x was not as before."
    check.require(np.array_equal(x, before), fact, "Whoever moves the caller's array must bring it back in every case.")


def _deriv_path(t):
    return np.array([np.sin(t), np.cos(t)])


def _deriv_along_the_path(t):
    def height(x):
        return x[0] ** 2 + 2 * x[1]

    row, column = _deriv_imaginary_all(height, _deriv_path(t)), _deriv_imaginary(_deriv_path, t)
    return row[None], column[:, None], float(_deriv_imaginary(lambda t: height(_deriv_path(t)), t))


def _deriv_half_square(x, A, y):
    residual = y - A @ x
    return (residual * residual).sum() / 2


def _deriv_maps():
    """Functions as text, what stands in them, their exact central differences, and places where they are taken."""
    rng = check.rng()
    A, square, v = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), rng.standard_normal((3, 3)), rng.standard_normal(3)
    B, C = rng.standard_normal((5, 3)), rng.standard_normal((4, 2))

    def itself(x, h):
        return np.eye(x.size).reshape(x.shape + x.shape)

    def times_v(x, h):
        return np.stack([np.kron(row, v).reshape(x.shape) for row in np.eye(len(x))])

    def both(x, h):
        return B[:, None, :, None] * C.T[None, :, None, :]

    tall, wide, number = rng.standard_normal((4, 3)), rng.standard_normal((2, 3)), np.array(rng.standard_normal())
    whole = rng.integers(-4, 5, 3)
    return [
        ("A @ x", {"A": A}, lambda x, h: A.copy(), [(np.array([1.0, -1.0]), "the example")]),
        ("A @ x", {"A": square}, lambda x, h: square.copy(), [(v, "a square A"), (whole, "whole numbers")]),
        ("x @ v", {"v": v}, times_v, [(square, "a matrix in, a vector out"), (wide, "a 2 x 3 matrix in, two numbers out")]),
        (
            "x**3",
            {},
            lambda x, h: np.diag(3 * x**2 + h**2),
            [(v, 0.1, "h = 0.1"), (v[:1], "one entry in"), (whole, "whole numbers")],
        ),
        ("B @ x @ C", {"B": B, "C": C}, both, [(tall.T.copy(), "a 3 x 4 matrix in, 5 x 2 out"), (tall.T, "a transposed view in")]),
        ("(x**3).sum()", {}, lambda x, h: 3 * x**2 + h**2, [(wide, "a matrix in, a number out")]),
        ("np.sin(x)", {}, lambda x, h: np.cos(x) * np.sin(h) / h, [(number, 0.5, "a number in, a number out")]),
        ("np.stack([x, x**2])", {}, lambda x, h: np.stack([np.ones(x.shape), 2 * x]), [(number, "a number in, two out")]),
        ("x.T", {}, lambda x, h: np.moveaxis(itself(x, h), 0, 1), [(wide, "f gives a transposed view")]),
        ("x[::-1]", {}, lambda x, h: itself(x, h)[::-1], [(v, "f gives a view that runs backwards")]),
        ("x", {}, itself, [(v, "f gives what it takes")]),
    ]


def _deriv_layer(x, A, b):
    return np.tanh(A @ x + b)


def _deriv_layer_and_jacobians(x, A, b):
    return (
        _deriv_layer(x, A, b),
        _deriv_imaginary_all(lambda A: _deriv_layer(x, A, b), A),
        _deriv_imaginary_all(lambda b: _deriv_layer(x, A, b), b),
        _deriv_imaginary_all(lambda x: _deriv_layer(x, A, b), x),
    )


def _deriv_layer_loss(x, A, b, y):
    def loss(A, b):
        residual = y - _deriv_layer(x, A, b)
        return (residual * residual).sum() / 2

    slopes = _deriv_imaginary_all(lambda A: loss(A, b), A), _deriv_imaginary_all(lambda b: loss(A, b), b)
    return float(loss(A, b)), *slopes


_DERIV_PEAK = """
import tracemalloc

def peak(*args):
    tracemalloc.start()
    try:
        function(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
"""


def _deriv_require_small(layer_loss_gradients, n):
    """A layer of n by n must not need a table of three axes, n times as large as A."""
    A, x, b, y = (check.rng().standard_normal(shape) / n for shape in ((n, n), n, n, n))
    peak = check.call(check.define(_DERIV_PEAK, "peak", function=layer_loss_gradients), x, A, b, y)
    held = f"{peak / 1e6:.0f} MB at once, where A has {A.nbytes / 1e6:.1f}"
    fact = f"the values are right, but for a layer of {n} by {n} you held {held}."
    advice = "Carry one row from the left, and ask what it does with dz/dA entry by entry. For 400 by 400 it is half a gigabyte."
    check.require(peak < n * A.nbytes / 2, fact, advice, mistake="big_tensor")


def _deriv_large_layer_loss(x, A, b, y):
    z = A.dot(x) + b
    uphill = (np.tanh(z) - y) / np.cosh(z) ** 2
    return float(np.linalg.norm(np.tanh(z) - y) ** 2 / 2), uphill[:, None] * x[None, :], uphill


# --- descent: expected values -------------------------------------------------------------------------------

_DESCENT_WIDTHS = [(3, 4, 2), (2, 5), (3, 3, 3), (2, 3, 2, 4, 3), (4, 2, 5, 1, 3, 2), (1, 1, 1)]


def _descent_poly(theta, x, y):
    def loss(theta):
        value = 0 * x
        for coefficient in theta[::-1]:
            value = value * x + coefficient
        return ((y - value) ** 2).sum()

    return float(loss(theta)), _deriv_imaginary_all(loss, theta)


class _DescentBowl:
    """theta -> H theta, the gradient of half theta^T H theta, for parameters of any shape."""

    def __init__(self, H):
        self.H = H

    @classmethod
    def random(cls, n):
        Q = check.rng().standard_normal((n, n))
        return cls(Q @ Q.T / n + np.eye(n))

    def __call__(self, theta):
        return (self.H @ np.ravel(theta)).reshape(np.shape(theta))

    def __repr__(self):
        return f"the gradient of a bowl in {len(self.H)} dimensions"

    def path(self, theta0, lr, steps):
        one_step = np.eye(len(self.H)) - lr * self.H
        places = [np.linalg.matrix_power(one_step, k) @ np.ravel(theta0) for k in range(steps + 1)]
        return np.stack(places).reshape(steps + 1, *np.shape(theta0))


def _descent_require_count(gradient_descent, start):
    calls = []

    def flat(theta):
        calls.append(1)
        return 0 * theta

    path = check.call(gradient_descent, flat, start, 0.1, 5)
    fact = f"for five steps grad was called {len(calls)} times."
    check.require(len(calls) == 5, fact, "Every step asks for the slope once, at the place where it begins.")
    check.require(isinstance(path, np.ndarray) and path.shape == (6, 2), "where the slope is zero the path was something else.")
    shared = any(np.shares_memory(one, other) for one, other in itertools.pairwise(path))
    check.require(not shared, "two rows of the path are the same memory: writing into one would change the other.")


def _descent_fit(x, y, degree, lr, steps):
    """Closed form: along each eigenvector of V^T V the distance to the best fit shrinks by a fixed factor each step."""
    V = x[:, None] ** np.arange(degree + 1)
    sizes, directions = np.linalg.eigh(V.T @ V)
    best = directions.T @ np.linalg.lstsq(V, y, rcond=None)[0]
    left = (1 - 2 * lr * sizes[:, None]) ** np.arange(steps + 1)
    thetas = directions @ ((1 - left) * best[:, None])
    return thetas[:, -1], ((y[:, None] - V @ thetas) ** 2).sum(axis=0)


def _descent_network(*widths):
    rng = check.rng()
    pairs = list(itertools.pairwise(widths))
    weights = [rng.standard_normal((n_out, n_in)) * 1.2 / math.sqrt(n_in) for n_in, n_out in pairs]
    return (
        rng.standard_normal(widths[0]),
        weights,
        [rng.standard_normal(n) / 2 for n in widths[1:]],
        rng.standard_normal(widths[-1]),
    )


def _descent_views(*widths):
    rng = check.rng()
    weights = [rng.standard_normal((n_in, n_out)).T for n_in, n_out in itertools.pairwise(widths)]
    biases = [rng.standard_normal(2 * n)[::2] for n in widths[1:]]
    return rng.standard_normal(2 * widths[0])[::2], weights, biases, rng.standard_normal(3 * widths[-1])[::3]


def _descent_deep_case(layers):
    rng = check.rng()
    weights = [np.full((1, 1), sign) for sign in rng.choice([-1.0, 1.0], layers)]
    biases = [np.zeros(1) for _ in range(layers)]
    return check.case(rng.uniform(0.5, 1.0, 1), np.ones(1), weights, biases, label=f"{layers} layers")


def _descent_units(x, weights, biases):
    """Activations, one unit after the other."""
    found = [x]
    for A, b in zip(weights, biases, strict=True):
        before = found[-1].tolist()
        sums = [
            sum(map(math.prod, zip(row, before, strict=True))) + shift for row, shift in zip(A.tolist(), b.tolist(), strict=True)
        ]
        found.append(np.array([math.tanh(total) for total in sums]))
    return found


def _descent_nudged(x, y, weights, biases):
    """Loss and slopes: one copy of the network for each parameter, in which that one makes an imaginary step."""
    count = sum(A.size + b.size for A, b in zip(weights, biases, strict=True))
    copies = np.tile(x.astype(complex), (count, 1))
    at, places = 0, []
    for A, b in zip(weights, biases, strict=True):
        z = copies @ A.T + b
        to, fro = (index.ravel() for index in np.indices(A.shape))
        of_A, of_b = at + np.arange(A.size), at + A.size + np.arange(b.size)
        z[of_A, to] += 1j * _STEP * copies[of_A, fro]
        z[of_b, np.arange(b.size)] += 1j * _STEP
        places.append((of_A, of_b))
        at += A.size + b.size
        copies = np.tanh(z)
    losses = ((y - copies) ** 2).sum(axis=1)
    slopes = losses.imag / _STEP
    of_weights = [slopes[rows].reshape(A.shape) for (rows, _), A in zip(places, weights, strict=True)]
    return float(losses[0].real), of_weights, [slopes[rows] for _, rows in places]


# --- pictures -----------------------------------------------------------------------------------------------

_INK, _FAINT = "#767676", "rgba(128,128,128,0.3)"  # readable on white and on black
_LINES = [("#2f80c9", "solid"), ("#d9682b", "dash"), ("#3a9b5c", "dot"), ("#9b6bd3", "dashdot")]
_CELL_TEXT = {"color": "#1b1b1b", "size": 13}
_PALE = [[0.0, "#e07b5a"], [0.5, "#f1f3f6"], [1.0, "#6ea0d6"]]


def _calculus_frame(title, x, y, width=620, height=390, **layout):
    """An empty figure with titled axes, on any background."""
    import plotly.graph_objects as go

    axis = {"gridcolor": _FAINT, "zerolinecolor": _FAINT, "linecolor": _INK, "automargin": True}
    return go.Figure(
        layout={
            "template": "none",
            "title": {"text": title, "font": {"size": 14}, "x": 0.02},
            "width": width,
            "height": height,
            "margin": {"l": 60, "r": 20, "t": 60, "b": 50},
            "font": {"color": _INK, "size": 13},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": {**axis, "title": {"text": x}},
            "yaxis": {**axis, "title": {"text": y}},
            "meta": {"alt": title.replace("<br>", " ")},
            **layout,
        }
    )


def _calculus_line(number, **rest):
    colour, dash = _LINES[number % len(_LINES)]
    return {"mode": "lines", "line": {"color": colour, "dash": dash, "width": 2.5}, **rest}


def _calculus_table(table, **rest):
    """A heat map with its numbers, row 0 at the top once the axis is turned round."""
    import plotly.graph_objects as go

    table = np.asarray(table, dtype=float)
    most = max(1e-9, float(np.abs(table).max()))
    text = [[f"{entry + 0.0:.3g}" for entry in row] for row in table.round(3).tolist()]
    look = {"colorscale": _PALE, "zmin": -most, "zmax": most, "showscale": False, "xgap": 2, "ygap": 2, "hoverinfo": "skip"}
    return go.Heatmap(z=table.round(3).tolist(), text=text, texttemplate="%{text}", textfont=_CELL_TEXT, **look, **rest)


def draw_product(A, B):
    """A to the left, B above, A B where they cross, with a line that says which sizes meet."""
    (m, inner), k = A.shape, B.shape[1]
    whole = np.full((inner + 1 + m, inner + 1 + k), np.nan)
    whole[:inner, inner + 1 :], whole[inner + 1 :, :inner], whole[inner + 1 :, inner + 1 :] = B, A, A @ B
    title = f"A ({m} x {inner}) to the left, B ({inner} x {k}) above, AB ({m} x {k}) where they cross"
    figure = _calculus_frame(title, "", "", width=max(560, 130 + 60 * whole.shape[1]), height=110 + 40 * whole.shape[0])
    cells = _calculus_table(np.nan_to_num(whole))
    empty = np.isnan(whole)
    cells.z = [
        [None if gone else entry for entry, gone in zip(*rows, strict=True)] for rows in zip(whole.tolist(), empty, strict=True)
    ]
    cells.text = [
        ["" if gone else f"{entry:g}" for entry, gone in zip(*rows, strict=True)] for rows in zip(whole, empty, strict=True)
    ]
    figure.add_trace(cells)
    for x0, x1, y0, y1 in [(-0.5, inner - 0.5, inner + 0.5, inner + 1.5), (inner + 0.5, inner + 1.5, -0.5, inner - 0.5)]:
        figure.add_shape(type="rect", x0=x0, x1=x1, y0=y0, y1=y1, line={"color": "#c2185b", "width": 3})
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    return figure.update_xaxes(**hidden).update_yaxes(**hidden, autorange="reversed")


def draw_secants(f, x, widths, name):
    """A curve, its secants from x to x + h for some widths h, and the end of each."""
    figure = _calculus_frame(f"Secants of {name} from x = {x:g}: the closer the second point, the closer to the tangent", "x", name)
    line = np.linspace(x - 1.2, x + max(widths) + 0.3, 60)
    figure.add_scatter(x=line.tolist(), y=f(line).round(4).tolist(), mode="lines", name=name, line={"color": _INK, "width": 4})
    ends = np.array([x - 1.0, x + max(widths) + 0.2])
    for number, h in enumerate(widths):
        slope = (f(x + h) - f(x)) / h
        points = f(x) + slope * (ends - x)
        look = _calculus_line(number, name=f"h = {h:g}, slope {slope:.3g}")
        figure.add_scatter(x=ends.tolist(), y=points.tolist(), **look)
        marks = {"size": 10, "symbol": number, "color": look["line"]["color"]}
        figure.add_scatter(x=[x + h], y=[float(f(x + h))], mode="markers", marker=marks, showlegend=False)
    return figure


def _deriv_error_lines(forward_difference, central_difference):
    """Error of both quotients against h, for exp at 1."""
    title = "Error of the slope of exp at 1: to the right h is too wide, to the left digits are lost"
    figure = _calculus_frame(title, "h", "error")
    widths = 10.0 ** -np.arange(0.5, 15.5, 0.5)
    for number, (name, difference) in enumerate([("forward", forward_difference), ("central", central_difference)]):
        errors = [max(1e-13, abs(float(difference(np.exp, 1.0, h)) - math.e)) for h in widths.tolist()]
        look = {**_calculus_line(number, name=name), "mode": "lines+markers", "marker": {"symbol": number, "size": 7}}
        figure.add_scatter(x=widths.tolist(), y=errors, **look)
    power = {"type": "log", "exponentformat": "power", "dtick": 2}
    return figure.update_xaxes(**power).update_yaxes(**power)


def _deriv_chain_lines(chain_rule_scalar):
    """tanh of the square, and the slope that the student's function gives."""
    x = np.linspace(-2, 2, 81)
    slope = chain_rule_scalar(lambda z: 1 - np.tanh(z) ** 2, lambda x: x**2, lambda x: 2 * x)
    figure = _calculus_frame("chain_rule_scalar: tanh of the square, and your slope of it", "x", "")
    figure.add_scatter(x=x.tolist(), y=np.tanh(x**2).round(4).tolist(), **_calculus_line(0, name="tanh(x²)"))
    values = np.round([float(slope(each)) for each in x.tolist()], 4).tolist()
    return figure.add_scatter(x=x.tolist(), y=values, **_calculus_line(1, name="its slope"))


def _calculus_contours(figure, f, x1, x2, lines=14, **rest):
    """Lines of equal height of f(x1, x2)."""
    grid1, grid2 = np.meshgrid(x1, x2)
    look = {"contours": {"coloring": "lines", "showlabels": True}, "showscale": False, "hoverinfo": "skip", "line": {"width": 1.2}}
    look["colorscale"] = [[0, "#7aa7d6"], [1, "#7a7a7a"]]
    heights = np.asarray(f(grid1, grid2)).round(2).tolist()
    return figure.add_contour(x=x1.round(3).tolist(), y=x2.round(3).tolist(), z=heights, ncontours=lines, **look, **rest)


def _deriv_arrows(partials_easy):
    """Lines of equal height, and arrows that point to where the two slopes say that it goes up."""
    figure = _calculus_frame(
        "partials_easy: your two slopes as one arrow, across the lines of equal height", "x1", "x2", height=560
    )
    figure.update_yaxes(scaleanchor="x", constrain="domain").update_xaxes(constrain="domain")
    _calculus_contours(figure, lambda x1, x2: x1**2 * x2 + x1 * x2**3, np.linspace(0, 2, 31), np.linspace(0, 2, 31))
    for x1, x2 in itertools.product(np.linspace(0.25, 1.75, 5).tolist(), repeat=2):
        arrow = np.array(partials_easy(x1, x2), dtype=float)
        tip = np.array([x1, x2]) + 0.05 * arrow / np.sqrt(np.linalg.norm(arrow))
        figure.add_annotation(
            x=float(tip[0]),
            y=float(tip[1]),
            ax=x1,
            ay=x2,
            axref="x",
            ayref="y",
            showarrow=True,
            text="",
            arrowhead=2,
            arrowwidth=2,
            arrowcolor="#d9682b",
        )
    return figure


def _deriv_path_lines(path_derivative):
    """The height along the path, and the student's slope of it."""
    t = np.linspace(0, 2 * math.pi, 61)
    figure = _calculus_frame("path_derivative: the height along the path, and your product", "t", "")
    height = np.sin(t) ** 2 + 2 * np.cos(t)
    figure.add_scatter(x=t.round(4).tolist(), y=height.round(4).tolist(), **_calculus_line(0, name="f(x(t))"))
    slopes = [round(float(path_derivative(each)[2]), 4) for each in t.tolist()]
    return figure.add_scatter(x=t.round(4).tolist(), y=slopes, **_calculus_line(1, name="df/dx · dx/dt"))


def draw_bowl(A, y, place, row):
    """The loss of least squares over the plane of two parameters, and the way up from one place."""
    figure = _calculus_frame(
        "Half the squared length of y - Ax: the gradient at the dot points straight uphill", "x1", "x2", height=560
    )
    figure.update_yaxes(scaleanchor="x", constrain="domain").update_xaxes(constrain="domain")
    x1, x2 = np.linspace(-1.5, 1.5, 37), np.linspace(-2.0, 1.5, 37)

    def loss(x1, x2):
        return sum((target - a * x1 - b * x2) ** 2 for (a, b), target in zip(A.tolist(), y.tolist(), strict=True)) / 2

    _calculus_contours(figure, loss, x1, x2, lines=40)
    figure.add_scatter(x=[place[0]], y=[place[1]], mode="markers", marker={"size": 11, "color": "#c2185b"}, showlegend=False)
    tip = place + row / 45
    ends = {"x": float(tip[0]), "y": float(tip[1]), "ax": float(place[0]), "ay": float(place[1]), "axref": "x", "ayref": "y"}
    return figure.add_annotation(**ends, showarrow=True, text="", arrowhead=2, arrowwidth=2.5, arrowcolor="#c2185b")


def _calculus_dress(grid, frame, top, bottom):
    """Give a figure of several panels the looks of `frame`."""
    kept = ("template", "title", "width", "height", "font", "paper_bgcolor", "plot_bgcolor", "meta")
    grid.update_layout({key: frame.layout[key] for key in kept}, margin={"l": 60, "r": 20, "t": top, "b": bottom})


def _calculus_panels(tables, titles, title, rows="", columns="", **sizes):
    """Tables with numbers, side by side, on one scale of colours."""
    from plotly.subplots import make_subplots

    most = max(float(np.abs(table).max()) for table in tables)
    widest, highest = sum(table.shape[1] for table in tables), max(table.shape[0] for table in tables)
    grid = make_subplots(rows=1, cols=len(tables), subplot_titles=titles, horizontal_spacing=0.06)
    for number, table in enumerate(tables, 1):
        cells = _calculus_table(table)
        cells.zmin, cells.zmax = -most, most
        grid.add_trace(cells, row=1, col=number)
    frame = _calculus_frame(title, "", "", width=max(620, 120 + 46 * widest), height=170 + 34 * highest, **sizes)
    _calculus_dress(grid, frame, top=90, bottom=50)
    plain = {"showgrid": False, "zeroline": False, "dtick": 1}
    grid.update_xaxes(title_text=columns, **plain).update_yaxes(autorange="reversed", **plain)
    return grid.update_yaxes(title_text=rows, row=1, col=1)


def _deriv_grids(jacobian_ax_wrt_a):
    """The (m, m, n) Jacobian as m grids, one for each output."""
    tensor = np.asarray(jacobian_ax_wrt_a(np.ones((3, 2)), np.array([5.0, 7.0])))
    titles = [f"output i = {i}" for i in range(3)]
    title = "jacobian_ax_wrt_a for m = 3, n = 2, x = (5, 7): one grid for each output, in the shape of A"
    return _calculus_panels(list(tensor), titles, title, rows="row k of A", columns="column j of A")


def _deriv_two_routes(da_dx_by_slices, da_dx_by_flattening):
    """Left the slices of the first route, right the Jacobian of the flattened matrix, of A(x) with (4, 2, 3) slopes."""
    numbers = np.arange(24.0).reshape(4, 2, 3)

    def matrix(x):
        return numbers @ x

    slices, flat = (np.asarray(route(matrix, np.zeros(3))).round(6) for route in (da_dx_by_slices, da_dx_by_flattening))
    titles = [*(f"slice x{k}" for k in (1, 2, 3)), "flattened"]
    title = "matrix_by_vector: your slices of 4 x 2, and your second result, flattened to 8 x 3"
    return _calculus_panels([*np.moveaxis(slices, -1, 0), flat.reshape(8, 3)], titles, title)


def draw_bend():
    """tanh and its slope."""
    z = np.linspace(-4, 4, 81)
    figure = _calculus_frame("tanh is steep in the middle and flat outside", "z", "", height=320)
    for number, (name, values) in enumerate([("tanh z", np.tanh(z)), ("its slope", 1 / np.cosh(z) ** 2)]):
        figure.add_scatter(x=z.round(3).tolist(), y=values.round(4).tolist(), **_calculus_line(number, name=name))
    return figure


def draw_residuals(x, y, theta):
    """Points, a polynomial, and the distances whose squares the loss adds up."""
    figure = _calculus_frame("Points, a curve, and the residuals between them", "x", "y")
    line = np.linspace(x.min() - 0.2, x.max() + 0.2, 60)
    curve = {"x": line.round(4).tolist(), "y": np.polyval(theta[::-1], line).round(4).tolist()}
    figure.add_scatter(**curve, **_calculus_line(0, name="curve"))
    for number, (across, point, height) in enumerate(zip(x, y, np.polyval(theta[::-1], x), strict=True)):
        shown = {"name": "residual", "legendgroup": "residual", "showlegend": number == 0}
        figure.add_scatter(x=[across, across], y=[float(height), float(point)], **_calculus_line(1, **shown))
    marks = {"size": 9, "color": _INK}
    return figure.add_scatter(x=x.tolist(), y=y.tolist(), mode="markers", marker=marks, name="points")


def _descent_paths(gradient_descent):
    """Paths of the student's descent on (x^2 + 10 y^2) / 2 for four step sizes, over lines of equal height."""
    from plotly.subplots import make_subplots

    rates = (0.02, 0.1, 0.19, 0.21)
    grid = make_subplots(rows=2, cols=2, subplot_titles=[f"lr = {lr:g}" for lr in rates], vertical_spacing=0.16)
    x, y = np.linspace(-0.4, 1.3, 25), np.linspace(-2, 2, 25)
    for number, lr in enumerate(rates):
        row, col = divmod(number, 2)
        grid_at = {"row": row + 1, "col": col + 1}
        path = np.asarray(gradient_descent(lambda p: p * np.array([1.0, 10.0]), np.ones(2), lr, 12 if lr > 0.2 else 25))
        _calculus_contours(grid, lambda x, y: (x**2 + 10 * y**2) / 2, x, y, **grid_at)
        marks = {"size": 6, "color": "#d9682b"}
        points = {"x": path[:, 0].round(3).tolist(), "y": path[:, 1].round(3).tolist()}
        line = {"color": "#d9682b", "width": 1.5}
        grid.add_scatter(**points, mode="lines+markers", marker=marks, line=line, showlegend=False, **grid_at)
    title = "gradient_descent: your path on (x² + 10 y²) / 2 from (1, 1), for four step sizes.<br>The last one leaves the picture."
    frame = _calculus_frame(title, "", "", width=620, height=560)
    _calculus_dress(grid, frame, top=100, bottom=50)
    plain = {"showgrid": False, "zeroline": False}
    grid.update_xaxes(range=[-0.4, 1.3], **plain).update_yaxes(title_text="y", range=[-2, 2], **plain)
    return grid.update_xaxes(title_text="x", row=2)


def _descent_fits(fit_polynomial):
    """Points, the student's fit and its losses, with a slider for the step size."""
    from plotly.subplots import make_subplots

    x = np.linspace(-1, 1, 21)
    y = 1 - 2 * x + x**2 / 2 + 0.15 * np.sin(37 * np.arange(21))  # rough, and the same every time
    rates = (0.0005, 0.002, 0.01, 0.03, 0.041, 0.0425)
    grid = make_subplots(rows=1, cols=2, subplot_titles=["points and fit", "loss after each step"])
    grid.add_scatter(
        x=x.round(3).tolist(), y=y.round(3).tolist(), mode="markers", name="points", marker={"color": _INK}, row=1, col=1
    )
    for lr in rates:
        theta, losses = fit_polynomial(x, y, 2, lr, 60)
        fit, losses = np.polyval(np.asarray(theta)[::-1], x), np.maximum(np.asarray(losses), 1e-9)
        shown = {"visible": lr == rates[0], "name": f"lr = {lr:g}"}
        grid.add_scatter(x=x.round(3).tolist(), y=fit.round(4).tolist(), **_calculus_line(0, **shown), row=1, col=1)
        steps = {"x": list(range(61)), "y": [float(f"{loss:.4g}") for loss in losses]}
        grid.add_scatter(**steps, **_calculus_line(1, **shown), showlegend=False, row=1, col=2)
    steps = [
        {"label": f"{lr:g}", "method": "restyle", "args": ["visible", [True, *(n // 2 == number for n in range(2 * len(rates)))]]}
        for number, lr in enumerate(rates)
    ]
    frame = _calculus_frame(
        "fit_polynomial: move the slider to another step size (60 steps, degree 2)", "", "", width=620, height=510
    )
    _calculus_dress(grid, frame, top=90, bottom=120)
    grid.update_layout(sliders=[{"steps": steps, "currentvalue": {"prefix": "lr = "}, "pad": {"t": 75}}])
    grid.update_xaxes(gridcolor=_FAINT, zeroline=False).update_yaxes(gridcolor=_FAINT, zeroline=False)
    grid.update_yaxes(range=[-1, 4], row=1, col=1)
    return grid.update_yaxes(type="log", row=1, col=2).update_xaxes(title_text="step", row=1, col=2)


def _descent_chain(backprop_deltas):
    """Four layers of one unit: activations above, the student's slopes for weights and biases below, on their way back."""
    x, y = np.array([1.0]), np.array([1.0])
    weights, biases = [np.array([[w]]) for w in (0.5, 2.0, -1.0, 1.5)], [np.zeros(1) for _ in range(4)]
    values = [f.item() for f in _descent_units(x, weights, biases)]
    loss, of_weights, of_biases = backprop_deltas(x, y, weights, biases)
    figure = _calculus_frame(
        f"backprop_deltas: forward above, your slopes on the way back below; the loss is {float(loss):.3f}", "", ""
    )
    figure.update_layout(width=620, height=330)
    figure.update_xaxes(visible=False, range=[-0.6, 4.6]).update_yaxes(visible=False, range=[-1.4, 1.2])
    for number, value in enumerate(values):
        figure.add_shape(type="rect", x0=number - 0.22, x1=number + 0.22, y0=-0.25, y1=0.25, line={"color": _INK, "width": 2})
        figure.add_annotation(x=number, y=0, text=f"f{number}<br>{value:.3f}", showarrow=False)
    for number, (A, dA, db) in enumerate(zip(weights, of_weights, of_biases, strict=True)):
        for y0, colour, left, right in [
            (0.12, _LINES[0][0], number + 0.24, number + 0.76),
            (-0.12, _LINES[1][0], number + 0.76, number + 0.24),
        ]:
            ends = {"x": right, "ax": left, "y": y0, "ay": y0, "axref": "x", "ayref": "y"}
            figure.add_annotation(**ends, text="", showarrow=True, arrowhead=2, arrowwidth=2, arrowcolor=colour)
        figure.add_annotation(x=number + 0.5, y=0.55, text=f"A{number} = {A.item():g}", showarrow=False)
        delta = db.item() / (1 - values[number + 1] ** 2)
        figure.add_annotation(x=number + 1, y=-0.42, text=f"δ{number + 1} = {delta:.3f}", showarrow=False)
        slopes = f"dL/dA{number} = {dA.item():.3f}<br>dL/db{number} = {db.item():.3f}"
        figure.add_annotation(x=number + 0.5, y=-0.85, text=slopes, showarrow=False)
    figure.add_annotation(x=-0.5, y=0.95, text="forward: activations →", showarrow=False, xanchor="left")
    return figure.add_annotation(x=4.5, y=-1.25, text="← backward: deltas", showarrow=False, xanchor="right")

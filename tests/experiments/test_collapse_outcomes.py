"""When a training counts as collapsed; the tests of hypotheses against sums of their own and SciPy's."""

import json
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from prelu_rules.errors import InvalidValueError
from prelu_rules.experiments.collapse import LEVEL, CollapseRun, Share, better_than_chance, outcome, shares


@given(st.integers(1, 60), st.sampled_from([0.1, 1 / 3, 0.5]))
def test_better_than_chance_is_an_exact_binomial_test(n_rows, chance):
    weights = [comb(n_rows, k) * chance**k * (1 - chance) ** (n_rows - k) for k in range(n_rows + 1)]
    expected = [sum(weights[k:]) < LEVEL for k in range(n_rows + 1)]
    assert better_than_chance(range(n_rows + 1), n_rows, chance).tolist() == expected
    k = n_rows // 2
    assert expected[k] == (binomtest(k, n_rows, chance, alternative="greater").pvalue < LEVEL)


def test_guesses_hardly_ever_pass_for_better():
    correct = np.random.default_rng(0).binomial(1792, 0.1, size=200_000)
    assert 0 < better_than_chance(correct, 1792, 0.1).mean() <= LEVEL


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ([0.5, 0.9, 0.95, 0.1, 0.1, 0.1], "collapsed"),
        ([0.5, 0.9, 0.95, 0.02, 0.11, 0.09], "collapsed"),
        # It has not stayed there yet.
        ([0.5, 0.9, 0.95, 0.95, 0.1, 0.1], "fell"),
        ([0.5, 0.9, 0.95, 0.1, 0.1, 0.2], "fell"),
        ([0.5, 0.9, 0.95, 0.1, 0.1, 0.9], "learned"),
        ([0.5, 0.9, 0.95, 0.5, 0.5, 0.5], "fell"),
        ([0.5, 0.9, 0.95, 0.6, 0.6, 0.6], "learned"),
        ([0.1, 0.1, 0.09, 0.11, 0.1, 0.1], "never learned"),
        ([0.5, 0.9, 0.9, 0.9, 0.9, 0.9], "learned"),
    ],
)
def test_what_became_of_a_training(accuracies, expected):
    assert outcome(np.rint(1000 * np.array(accuracies)).astype(int), 1000, 0.1) == expected


@pytest.mark.parametrize(
    ("correct", "chance", "message"),
    [
        ([1, 2, 3], 0.1, r"shape \(3,\); give one number for each of at least 4"),
        ([[1, 2, 3, 4]], 0.1, r"shape \(1, 4\)"),
        ([1, 2, 3, 4], 1.0, "chance is 1.0"),
        ([1, 2, 3, 11], 0.1, "11 of 10 rows"),
    ],
)
def test_numbers_out_of_range(correct, chance, message):
    with pytest.raises(InvalidValueError, match=message):
        outcome(correct, 10, chance)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_clopper_and_pearsons(numbers):
    """At its ends, so few or so many have a probability of 2.5%."""
    count, n_runs = numbers
    low, high = Share(count, n_runs).interval
    weights = [[comb(n_runs, k) * p**k * (1 - p) ** (n_runs - k) for k in range(n_runs + 1)] for p in (low, high)]
    assert low <= count / n_runs <= high
    assert (low == 0) if count == 0 else sum(weights[0][count:]) == pytest.approx(0.025)
    assert (high == 1) if count == n_runs else sum(weights[1][: count + 1]) == pytest.approx(0.025)


def run(seed, became, size=10.0):
    return CollapseRun(seed, became, 0.9, 0.1, None, size, 1.0, 1.0, 1.0, bool(np.isfinite(size)))


def test_shares_are_of_all_runs():
    found = shares([run(0, "collapsed"), run(1, "learned"), run(2, "collapsed")])
    assert {name: share.count for name, share in found.items()} == {
        "learned": 1,
        "fell": 0,
        "collapsed": 2,
        "never learned": 0,
    }
    assert found["collapsed"].value == 2 / 3 and str(found["fell"]) == "0 of 3 (0-71%)"


def test_records_are_json_also_without_finite_logits():
    record = run(0, "collapsed", np.nan).record()
    assert record["logit_size"] is None and record["finite"] is False and record["lost_at"] is None
    assert json.loads(json.dumps(record, allow_nan=False)) == record

from dataclasses import replace

import numpy as np
import pytest
from refine_networks import random_system, random_task

from prelu_rules.refine.criterion import akaike, criterion, observed, price


def test_a_number_costs_its_price_and_a_bend_inside_another_half_of_it_more():
    rng = np.random.default_rng(0)
    task = random_task(rng, "squared")
    system, outputs = random_system(rng), np.zeros((60, 1))
    for row, column, cost in ((-1, 0, 1.0), (1, 3, 1.5), (1, 2, 1.0)):
        support = system.support.copy()
        support[row, column] = False
        fewer = system.with_support(support)
        saved = criterion(system, task, outputs) - criterion(fewer, task, outputs)
        assert saved == pytest.approx(cost * price(system, task))


def test_numbers_cost_more_where_there_are_more_to_choose_from_and_more_rows():
    rng = np.random.default_rng(0)
    small, large = (random_task(rng, "squared", n_rows) for n_rows in (60, 600))
    few, many = random_system(rng, n_units=1), random_system(rng, n_units=4)
    assert price(few, small) < price(many, small) < price(many, large)
    assert few.possible.sum() == 1 * 4 + 1 * 5 and many.possible.sum() == 4 * 4 + 6 + 8
    assert price(many, small) == pytest.approx(np.log(60) + 0.5 * np.log(30))


def test_for_classes_it_is_akaikes():
    rng = np.random.default_rng(0)
    task, system = random_task(rng, "logistic"), random_system(rng)
    task = replace(task, weights=np.full(60, 1 / 60))
    loss = float(task.weights @ task.loss.rows(system.predict(task.x), task.y))
    assert criterion(system, task) == pytest.approx(akaike(loss, system.n_numbers, 60))


def test_a_row_with_several_classes_was_observed_several_times():
    task = random_task(np.random.default_rng(0), "logistic")
    x, y, weights = task.x.copy(), task.y.copy(), np.full(60, 1 / 60)
    x[1], y[0], y[1], weights[:2] = x[0], 0, 1, (0.4, 0.1)
    found = observed(replace(task, x=x, y=y, weights=weights))
    np.testing.assert_array_equal(found[:2], 0.1)
    np.testing.assert_array_equal(found[2:], weights[2:])


def test_akaikes_criterion_estimates_the_loss_of_other_rows():
    """In the mean over many samples, for the frequencies of three classes."""
    rng, shares = np.random.default_rng(0), np.array([0.5, 0.3, 0.2])
    errors = []
    for counts in rng.multinomial(200, shares, size=2000):
        fitted = np.log(counts / 200)
        errors.append(akaike(-fitted @ counts / 200, 2, 200) + fitted @ shares)
    # Two numbers are worth 1 % of the loss.
    assert abs(np.mean(errors)) < 0.1 * 2 / 200


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_outputs_need_not_be_known(n_outputs):
    rng = np.random.default_rng(0)
    task, system = random_task(rng, "squared", n_outputs=n_outputs), random_system(rng, n_outputs=n_outputs)
    assert criterion(system, task) == pytest.approx(criterion(system, task, system.predict(task.x)))

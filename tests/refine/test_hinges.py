import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refine_networks import random_system, random_task
from scipy.optimize import minimize_scalar

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task, objective
from prelu_rules.refine.hinges import hinges, with_hinges
from prelu_rules.refine.knot_sweep import sweep
from prelu_rules.refine.refit import refit


def linear(n_inputs, n_outputs=1):
    return CompactForm(np.zeros((n_outputs, n_inputs + 1)), np.ones((n_outputs, n_inputs + 1), dtype=bool), n_inputs)


def all_hinges(x):
    """Every hinge at a value of a column that is neither its smallest nor its largest."""
    for column, sign in itertools.product(range(x.shape[1]), (1, -1)):
        for knot in np.unique(x[:, column])[1:-1]:
            yield column, sign, knot


def best_outputs(features, task):
    """The smallest objective over the output weights of these features, the last of which is constant."""
    second = (features.T * task.weights) @ features
    second[np.diag_indices(len(second) - 1)] += task.ridge
    weights = np.linalg.solve(second, (features.T * task.weights) @ task.y)
    loss = 0.5 * task.weights @ ((features @ weights - task.y) ** 2).sum(axis=1)
    return loss + 0.5 * task.ridge * (weights[:-1] ** 2).sum()


def of_units(system, task):
    return 0.5 * task.ridge * (system.weights[: system.n_units] ** 2).sum()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(0, 2), st.sampled_from([1e-8, 1e-3, 3e-2]))
def test_no_knot_and_no_scale_is_better(seed, n_units, ridge):
    rng = np.random.default_rng(seed)
    task = random_task(rng, "squared", n_rows=18, n_inputs=2, n_outputs=2, ridge=ridge)
    # Values that occur twice are one knot.
    task.x[:, 1] = task.x[:, 1].round(1)
    system = random_system(rng, n_inputs=2, n_units=n_units, n_outputs=2)
    features, units = system.features(task.x), of_units(system, task)

    def with_hinge(column, sign, knot, scale):
        hinge = scale * np.maximum(0, sign * (task.x[:, column] - knot))
        joined = np.column_stack([hinge, features])
        return best_outputs(joined, task) + units + 0.5 * ridge * scale**2 * (1 + knot**2)

    least = min(
        minimize_scalar(lambda log, hinge=hinge: with_hinge(*hinge, np.exp(log)), bounds=(-8, 8), method="bounded").fun
        for hinge in all_hinges(task.x)
    )
    joined = with_hinges(system, task)
    before = best_outputs(features, task) + units
    found = min((best_outputs(one.features(task.x), task) + of_units(one, task) for one in joined), default=before)
    # A hinge with a scale near 0 lowers the objective by nothing.
    assert found == pytest.approx(min(least, before), rel=1e-5)


@pytest.mark.parametrize(("loss", "n_outputs"), [("logistic", 1), ("softmax", 3)])
def test_for_other_losses_it_is_the_best_second_order_step(loss, n_outputs):
    rng = np.random.default_rng(n_outputs)
    task = random_task(rng, loss, n_rows=40, n_inputs=2, n_outputs=n_outputs, ridge=1e-10)
    system, _ = refit(linear(2, n_outputs), task)
    features = system.features(task.x)
    first = task.loss.gradient(system.outputs(features), task.y) * task.weights[:, None]
    second = (task.loss.root(system.outputs(features)) ** 2).sum(axis=2) * task.weights[:, None]

    def decrease(columns):
        """Of the second-order model, the outputs apart from each other."""
        parts = [(columns.T @ first[:, o], (columns.T * second[:, o]) @ columns) for o in range(n_outputs)]
        return sum(0.5 * g @ np.linalg.solve(h, g) for g, h in parts)

    gains = {}
    for column, sign, knot in all_hinges(task.x):
        hinge = np.maximum(0, sign * (task.x[:, column] - knot))
        gains[column, sign, knot] = decrease(np.column_stack([hinge, features]))
    best = max(gains, key=gains.get)
    unit = with_hinges(system, task)[0].scaled()
    column = int(np.flatnonzero(unit.support[0, :-1])[0])
    knot = -unit.weights[0, -1] / unit.weights[0, column]
    assert column == best[0] and knot == pytest.approx(best[2])


def test_a_sweep_is_the_products_knot_by_knot():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 12, 30) / 7.0
    basis, curvature, pull = rng.normal(size=(30, 4)), rng.uniform(size=30), rng.normal(size=(30, 2))
    order = np.argsort(-values, kind="stable")
    pulls, squares, rests = sweep(values, order, basis, curvature, pull)
    met = {values.max(), values.min()}
    for i, row in enumerate(order):
        hinge = np.maximum(0, values - values[row]) * (values[row] not in met)
        met.add(values[row])
        np.testing.assert_allclose(pulls[i], hinge @ pull, atol=1e-12)
        np.testing.assert_allclose(squares[i], hinge**2 @ curvature, atol=1e-12)
        np.testing.assert_allclose(rests[i], squares[i] - (((hinge * curvature) @ basis) ** 2).sum(), atol=1e-12)


def test_planted_hinges_are_found():
    rng = np.random.default_rng(1)
    x = rng.uniform(-2, 2, size=(1000, 5))
    y = np.maximum(0, x[:, 0] - 0.5) * 3 - np.maximum(0, -0.7 - x[:, 3]) * 2 + np.maximum(0, x[:, 3] - 1) - x[:, 1]
    y += rng.normal(size=1000) * 0.05
    task = Task(x, y[:, None], np.full(1000, 1e-3), Squared(), 1e-6)
    *_, found = hinges(linear(5), task, 3)
    columns = found.support[:3, :-1].argmax(axis=1)
    knots = -found.weights[:3, -1] / found.weights[range(3), columns]
    bends = set(zip(columns.tolist(), knots.round(1).tolist(), strict=True))
    assert bends == {(0, 0.5), (3, -0.7), (3, 1.0)}


@pytest.mark.parametrize(("loss", "n_outputs"), [("squared", 2), ("logistic", 1), ("softmax", 3)])
def test_each_network_has_one_more_bend_of_one_column_and_a_smaller_objective(loss, n_outputs):
    task = random_task(np.random.default_rng(0), loss, n_outputs=n_outputs)
    start = linear(3, n_outputs)
    values = [refit(start, task)[1]]
    for size, system in enumerate(hinges(start, task, 4), start=1):
        assert system.n_units == size
        assert (system.support[:size, :-1].sum(axis=1) == 1).all() and system.support[:size, -1].all()
        assert not system.support[:size, 3:-1].any() and system.support[size:].all()
        values.append(objective(system, task))
    assert len(values) > 1 and values == sorted(values, reverse=True)


def test_it_goes_on_from_any_network_and_leaves_its_units_as_free_as_they_were():
    rng = np.random.default_rng(2)
    system, task = random_system(rng, n_units=2), random_task(rng, "squared")
    larger = next(hinges(system, task, 1))
    assert larger.n_units == 3
    np.testing.assert_array_equal(larger.support[:2, :5], system.support[:2, :5])


def test_it_ends_where_no_bend_helps():
    x = np.linspace(-1, 1, 30)[:, None]
    task = Task(x, np.full((30, 1), 2.0), np.full(30, 1 / 30), Squared(), 1e-4)
    assert not list(hinges(linear(1), task, 5))
    # Columns of two values have no place to bend.
    x = np.column_stack([np.arange(30) % 2, np.zeros(30)]).astype(float)
    task = Task(x, x[:, :1] ** 2 + 1, np.full(30, 1 / 30), Squared(), 1e-4)
    assert not with_hinges(linear(2), task)

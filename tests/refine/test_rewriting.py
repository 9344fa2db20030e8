import numpy as np
import pytest
from refine_networks import random_system

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.outputs import outputs_refitted
from prelu_rules.refine.rewriting import flipped, rewritten

ROWS = np.random.default_rng(1).uniform(-2, 2, size=(300, 2))


def system_of(weights, n_inputs=2):
    weights = np.array(weights, dtype=np.float64)
    support = weights != 0
    support[:, -1] = True
    return CompactForm(weights, support, n_inputs)


def same(one, other):
    return np.allclose(one.predict(ROWS), other.predict(ROWS), atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_mirror_image_computes_the_same(seed):
    system = random_system(np.random.default_rng(seed), n_inputs=2, n_outputs=2)
    for unit in range(system.n_units):
        turned = flipped(system, unit)
        assert same(turned, system)
        np.testing.assert_array_equal(turned.weights[unit], -system.weights[unit])
        assert not turned.weights[~turned.support].any()


@pytest.mark.parametrize("seed", range(5))
def test_every_way_is_a_network_of_the_same_size(seed):
    rng = np.random.default_rng(seed)
    system = random_system(rng, n_inputs=2)
    support = system.support & ((rng.random(system.support.shape) < 0.6) | np.eye(5, 7, 2, dtype=bool))
    forms = [form for form, _ in rewritten(system.with_support(support))]
    assert forms
    for form in forms:
        k = form.n_units
        assert k == system.n_units and form.n_outputs == 1
        assert not np.triu(form.support[:k, 2:-1]).any(), "a unit uses itself or a later one"
        assert not form.weights[~form.support].any()


def test_a_bend_that_is_open_only_where_the_bend_inside_is_can_do_without_it():
    # The second unit is open from x = 1 on, where the first one is x.
    nested = system_of([[1, 0, 0, 0, 0], [0, 0.3, 1, 0, -2], [0, 1, 2, 3, 0]])
    flat = [form for form, _ in rewritten(nested) if form.n_nested == 0]
    assert any(same(form, nested) for form in flat)


def test_a_bend_that_is_open_only_where_the_bend_inside_is_closed_can_do_without_it():
    # The second unit is closed wherever the first one is open.
    nested = system_of([[1, 0, 0, 0, 0], [-1, 0, -9, 0, -0.5], [0, 1, 2, 3, 0]])
    mirror = flipped(nested, 1)
    assert any(same(form, nested) for form, _ in rewritten(mirror) if form.n_nested == 0)


def test_a_bend_can_take_the_place_of_a_column():
    flat = system_of([[1, 0.5, 0, 0, 2], [1, 0.5, 0, 0, -1], [0, 1, 2, 3, 0]])
    nested = [form for form, _ in rewritten(flat) if form.n_nested == 1 and same(form, flat)]
    assert min(form.n_numbers for form in nested) == flat.n_numbers - 1


def test_where_three_lines_meet_any_two_of_them_may_be_inside():
    """`max(a, 0, b)` is the same with the bend between any two of its lines inside."""
    corner = system_of([[2, -2, 0, 0, 0.4], [0, 1, 0.5, 0, 0.1], [0, 0, 0, 1, 0]])
    targets = corner.predict(ROWS)
    task = Task(ROWS, targets, np.full(300, 1 / 300), Squared(), 1e-12)
    refitted = [outputs_refitted(form, task)[0] for form, turned in rewritten(corner) if turned]
    inside = {
        tuple(np.round(np.abs(form.weights[0, :2]) / np.abs(form.weights[0, :2]).max(), 6))
        for form in refitted
        if same(form, corner)
    }
    # The lines are 0, x1 + 0.1 and x0 + 0.3, up to their sign.
    assert inside >= {(1.0, 1.0), (0.0, 1.0), (1.0, 0.0)}


def test_nothing_can_be_written_otherwise_without_two_bends_of_common_columns():
    assert not list(rewritten(system_of([[1, 0, 0, 0, 0.5], [0, 1, 0, 0, 0.5], [0, 0, 2, 3, 0]])))


@pytest.mark.parametrize("negligible", [5e-324, 1e-310, 1e-12])
def test_a_bend_does_not_take_the_place_of_a_column_that_it_hardly_uses(negligible):
    # The factor would overflow, or drown the other weights.
    system = system_of([[1, negligible, 0, 0, 1], [1, 1, 0, 0, 2], [0, 0, 1, 1, 0]])
    assert all(np.abs(form.weights).max() <= 4 for form, _ in rewritten(system))

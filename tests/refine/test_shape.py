import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refine_networks import random_system, random_task

from prelu_rules.errors import InvalidValueError
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.elimination import cheapest_eliminations, eliminations
from prelu_rules.refine.shape import Shape

shapes = st.builds(Shape, st.none() | st.integers(1, 3), st.booleans())


def columns_of(system):
    """The slow twin: the columns that each unit's free weights lead to, followed one by one."""
    found = []
    for unit in range(system.n_units):
        columns = {j for j in range(system.n_inputs) if system.support[unit, j]}
        for other in range(unit):
            if system.support[unit, system.n_inputs + other]:
                columns |= found[other]
        found.append(columns)
    return found


def within(system, shape):
    flat = not system.support[: system.n_units, system.n_inputs : -1].any()
    most = system.n_inputs if shape.max_columns_per_bend is None else shape.max_columns_per_bend
    return (flat or shape.nesting) and all(len(columns) <= most for columns in columns_of(system))


def sparse_system(rng, n_units=4, n_inputs=4, n_outputs=1):
    system = random_system(rng, n_inputs=n_inputs, n_units=n_units, n_outputs=n_outputs)
    return system.with_support(system.support & (rng.random(system.support.shape) < 0.7))


@given(st.integers(0, 10**6), shapes)
def test_a_restricted_network_is_within_and_only_smaller(seed, shape):
    system = sparse_system(np.random.default_rng(seed), n_outputs=2)
    restricted = shape.restricted(system)
    assert within(restricted, shape)
    assert not (restricted.support & ~system.support).any()
    assert restricted == system.with_support(restricted.support)
    np.testing.assert_array_equal(restricted.support[4:], system.support[4:])
    np.testing.assert_array_equal(restricted.support[:, -1], system.support[:, -1])
    assert shape.restricted(restricted) == restricted


@given(st.integers(0, 10**6), shapes, st.integers(0, 3), st.booleans())
def test_a_network_within_stays_within_without_a_unit(seed, shape, unit, always):
    system = shape.restricted(sparse_system(np.random.default_rng(seed)))
    assert within(system.without(unit, always), shape)


@given(st.integers(0, 10**6), shapes)
def test_what_is_within_stays_and_a_new_unit_is_cut(seed, shape):
    rng = np.random.default_rng(seed)
    system = shape.restricted(sparse_system(rng))
    larger = system.with_unit(rng.normal(size=system.weights.shape[1]), rng.normal(size=1))
    restricted = shape.restricted(larger)
    assert within(restricted, shape)
    old = np.delete(np.arange(6), 4)
    np.testing.assert_array_equal(restricted.support[old], larger.support[old])


@pytest.mark.parametrize("shape", [Shape(1), Shape(2), Shape(1, nesting=False), Shape(nesting=False)])
def test_elimination_never_leaves_the_shape(shape):
    rng = np.random.default_rng(0)
    task = random_task(rng, "squared", n_inputs=4)
    start = shape.restricted(random_system(rng, n_inputs=4))
    assert all(within(candidate, shape) for candidate in cheapest_eliminations(start, task))
    path = list(eliminations([start], task))
    assert [system.n_units for system in path] == [4, 3, 2, 1, 0]
    assert all(within(system, shape) for system in path)


def test_without_limits_nothing_changes():
    system = random_system(np.random.default_rng(0))
    assert Shape().restricted(system) is system
    assert Shape(nesting=False).restricted(system) == system.shallow()


def test_the_largest_weights_stay_as_far_as_columns_vary():
    weights, support = np.array([[1.0, 2.0, 0, 3], [0, 0, 1, 0]]), np.array([[1, 1, 0, 1], [1, 1, 1, 1]], dtype=bool)
    system = CompactForm(weights, support, 2)
    kept = Shape(1).restricted(system).weights[0]
    np.testing.assert_array_equal(kept, [0, 2, 0, 3])
    kept = Shape(1).restricted(system, np.array([9.0, 1.0])).weights[0]
    np.testing.assert_array_equal(kept, [1, 0, 0, 3])


def test_a_bend_inside_another_counts_for_the_columns_it_uses():
    # The outer bend uses column 0 a little, and a bend of column 1 much.
    weights = np.array([[0, 1.0, 0, 0, 0.5], [0.2, 0, 5, 0, 0], [0, 0, 0, 1, 0]])
    support = np.array([[1, 1, 0, 0, 1], [1, 1, 1, 0, 1], [1, 1, 1, 1, 1]], dtype=bool)
    restricted = Shape(1).restricted(CompactForm(weights, support, 2))
    assert columns_of(restricted) == [{1}, {1}]
    assert restricted.weights[1, 2] == 5 and restricted.weights[1, 0] == 0


@pytest.mark.parametrize("most", [0, -1, 1.5, True, "one"])
def test_limits_that_are_none_are_refused(most):
    with pytest.raises(InvalidValueError, match="max_columns_per_bend is"):
        Shape(most)

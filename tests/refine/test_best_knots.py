import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelu_rules.refine.best_knots import best_knots


def error(x, y, weights, knots):
    """The slow twin: least squares on hinges with these knots."""
    root = np.sqrt(weights)
    columns = np.column_stack([np.ones_like(x), x, *(np.maximum(0, x - knot) for knot in knots)])
    fitted = np.linalg.lstsq(columns * root[:, None], y * root, rcond=None)[0]
    return (((columns @ fitted - y) * root) ** 2).sum()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(4, 11))
def test_no_other_choice_of_values_is_better(seed, n):
    rng = np.random.default_rng(seed)
    # Some values occur twice, and some rows do not count.
    x, y = rng.choice(rng.normal(size=n), n + 3), rng.normal(size=n + 3)
    weights = rng.uniform(size=n + 3) * (rng.uniform(size=n + 3) < 0.9)
    values = np.unique(x[weights > 0])[1:-1]
    found = best_knots(x, y, weights, 3)
    assert len(found) == min(3, len(values))
    for size, knots in enumerate(found, start=1):
        assert len(knots) == size and (np.diff(knots) > 0).all() and np.isin(knots, values).all()
        least = min(error(x, y, weights, choice) for choice in itertools.combinations(values, size))
        assert error(x, y, weights, knots) == pytest.approx(least, rel=1e-7, abs=1e-10)


def test_on_a_selection_of_values_it_is_the_best_before_knots_move(monkeypatch):
    monkeypatch.setattr("prelu_rules.refine.best_knots.STRIDES", ())
    rng = np.random.default_rng(0)
    x, weights = np.sort(rng.uniform(size=60)), np.full(60, 1 / 60)
    y = np.sin(9 * x) + rng.normal(size=60) * 0.1
    among = x[np.linspace(0, 59, 12).round().astype(int)][1:-1]
    for size, knots in enumerate(best_knots(x, y, weights, 3, grid=12), start=1):
        least = min(error(x, y, weights, choice) for choice in itertools.combinations(among, size))
        assert np.isin(knots, among).all() and error(x, y, weights, knots) == pytest.approx(least)


def test_knots_move_from_a_selection_of_values_to_where_they_belong():
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(-1, 1, 700))
    true = x[[101, 222, 290, 555]]
    y = np.maximum(0, x[:, None] - true) @ [5.0, -9, 7, -8] + x
    knots = best_knots(x, y, np.full(700, 1 / 700), 4, grid=20)[-1]
    np.testing.assert_allclose(knots, true)


def test_sixteen_knots_are_found_among_noise():
    rng = np.random.default_rng(2)
    x = np.linspace(0, 17, 1000)
    y = np.abs((x + 0.5) % 2 - 1) + rng.normal(size=1000) * 0.05
    knots = best_knots(x, y, np.full(1000, 1e-3), 17)[16]
    np.testing.assert_allclose(knots, np.arange(17) + 0.5, atol=0.1)


def test_there_is_nowhere_to_bend():
    assert best_knots(np.array([0.0, 1, 1]), np.arange(3.0), np.ones(3), 4) == []
    assert best_knots(np.arange(5.0), np.arange(5.0), np.zeros(5), 4) == []

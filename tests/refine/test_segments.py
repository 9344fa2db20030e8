"""Bends of one column by dynamic programming, against all segments one by one."""

from itertools import combinations, pairwise

import numpy as np
import planted
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.both_ways import both_ways
from prelu_rules.refine.growth import linear_fit
from prelu_rules.refine.refit import refit
from prelu_rules.refine.segments import FEWEST_VALUES, _best_ends, _blocks, _costs, bent_at_segments
from prelu_rules.refine.shape import SHALLOW
from prelu_rules.refine.task import Task, objective


def task_of(x, y, weights=None, ridge=1e-9):
    weights = np.ones(len(x)) if weights is None else weights
    return Task(x[:, None], np.asarray(y).reshape(len(x), -1), weights / weights.sum(), Squared(), ridge)


def left_over(x, y, weights):
    """What the best line leaves over, by least squares."""
    root = np.sqrt(weights)[:, None]
    terms, targets = root * np.column_stack([x, np.ones(len(x))]), root * y
    return ((targets - terms @ np.linalg.lstsq(terms, targets)[0]) ** 2).sum()


def zigzag(x, knots, slopes):
    return slopes[0] * x + sum(
        (after - before) * np.maximum(x - knot, 0)
        for knot, before, after in zip(knots, slopes[:-1], slopes[1:], strict=True)
    )


@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(1, 2))
def test_the_segments_are_the_best_of_all(seed, n_bends, n_outputs):
    rng = np.random.default_rng(seed)
    # Some values occur several times; they are never in two segments.
    x = np.sort(rng.choice(rng.normal(size=14), size=20))
    y, weights = rng.normal(size=(20, n_outputs)), rng.uniform(0.5, 2, size=20)
    task, distinct = task_of(x, y, weights), np.unique(x)
    _, sums, fewest = _blocks(task)
    found = list(_best_ends(_costs(sums), n_bends, fewest))
    place = np.searchsorted(distinct, x)

    def cost(ends):
        borders = [0, *ends, len(distinct)]
        if min(np.diff(borders)) < FEWEST_VALUES:
            return np.inf
        parts = [(place >= start) & (place < end) for start, end in pairwise(borders)]
        return sum(left_over(x[part], y[part], task.weights[part]) for part in parts)

    best = min(map(cost, combinations(range(1, len(distinct)), n_bends)), default=np.inf)
    assert len(found) == n_bends if np.isfinite(best) else len(found) < n_bends
    if np.isfinite(best):
        assert cost(found[-1]) == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("n_knots", [1, 4, 9, 16])
@pytest.mark.parametrize("n_rows", [400, 3000])
def test_bends_of_a_zigzag_are_found_exactly(n_knots, n_rows):
    rng = np.random.default_rng(n_knots)
    x = np.sort(rng.uniform(-1, 1, n_rows))
    knots = -1 + 2 * (np.arange(n_knots) + rng.uniform(0.3, 0.7, n_knots) + 0.5) / (n_knots + 1)
    slopes = rng.uniform(1, 3, n_knots + 1) * (-1.0) ** np.arange(n_knots + 1)
    task = task_of(x, zigzag(x, knots, slopes))
    *_, start = bent_at_segments(linear_fit(task), n_knots, task)
    system, _ = refit(start, task)
    bent = system.weights[:n_knots]
    np.testing.assert_allclose(np.sort(-bent[:, -1] / bent[:, 0]), knots, atol=1e-4)
    assert not system.support[:n_knots, 1:-1].any()


def test_the_search_takes_them_where_growth_ends_elsewhere(monkeypatch):
    tasks = []
    for seed in (1, 16):
        x, y = planted.knots(16, np.random.default_rng(seed)).rows(1000, 0.05, np.random.default_rng(1))
        tasks.append(task_of(x[:, 0], y, ridge=1e-6))
    found = [both_ways(task, 16, np.random.default_rng(0), SHALLOW) for task in tasks]
    monkeypatch.setattr("prelu_rules.refine.both_ways.bent_at_segments", lambda *_: [])
    grown = [both_ways(task, 16, np.random.default_rng(0), SHALLOW) for task in tasks]
    values, others = (
        np.array([objective(one[16], task) for one, task in zip(networks, tasks, strict=True)])
        for networks in (found, grown)
    )
    # Growth ends elsewhere for one form in twelve.
    assert values.sum() < 0.9 * others.sum()


def test_too_few_values_for_another_segment_end_it():
    x = np.repeat(np.arange(5.0), 10)
    task = task_of(x, np.abs(x - 2))
    linear = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
    assert list(bent_at_segments(linear, 4, task)) == []
    assert len(list(bent_at_segments(linear, 4, task_of(np.arange(9.0), np.arange(9.0) ** 2)))) == 2

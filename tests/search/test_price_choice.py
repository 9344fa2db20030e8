from dataclasses import replace

import numpy as np
import pytest

from prelu_rules.losses.huber import Huber
from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.squared import Squared
from prelu_rules.refine.criterion import price
from prelu_rules.refine.shape import FREE, SHALLOW
from prelu_rules.refine.sparsification import sparsify
from prelu_rules.rows.rows import Rows
from prelu_rules.search.left_out_choice import tried
from prelu_rules.search.parts import Growth
from prelu_rules.search.path import train_path
from prelu_rules.search.price_choice import CLEARLY, SHARES, _sparse_at, chosen_price_share
from prelu_rules.search.settings import PathSettings


def growth_of(x, y, loss=None):
    loss = loss or Squared()
    rows = Rows(x, y if loss.of_classes else y[:, None], np.ones(len(x)))
    return Growth.of_folds(rows, loss, PathSettings(), seed=0)


def share_of(growth, shape=FREE):
    trials = tried(growth.parts, growth.held, [1e-3], [shape], 1, seed=0)
    return chosen_price_share(trials, growth.parts, growth.held, shape)


def effects(seed, n_effects, size, n_rows=400):
    """A target that depends on some of thirty columns, each by as much, and on noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, 30))
    return x, x @ (size * rng.choice([-1, 1], 30) * (np.arange(30) < n_effects)) + rng.normal(size=n_rows)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("n_effects", "size", "share"), [(30, 0.13, 0.5), (3, 1.0, 1.0)])
def test_many_weak_effects_cost_half_and_few_strong_ones_the_whole_price(seed, n_effects, size, share):
    assert share_of(growth_of(*effects(seed, n_effects, size))) == share


@pytest.mark.parametrize("seed", range(3))
def test_the_share_is_what_left_out_rows_say_of_networks_made_sparse_without_them(seed):
    growth = growth_of(*effects(seed, 30, 0.15, n_rows=200))
    trials = tried(growth.parts, growth.held, [1e-3], [FREE], 1, seed=0)
    (variant,), size = trials.networks, trials.enough()
    losses = {share: np.zeros(200) for share in SHARES}
    for part, networks in zip(growth.parts, trials.networks[variant], strict=True):
        task = replace(part.train, ridge=1e-3)
        for share in SHARES:

            def value(version, task=task, share=share):
                mean_square = float(task.weights @ (version.predict(task.x) - task.y)[:, 0] ** 2)
                return len(task) * np.log(mean_square) + share * price(version, task) * (
                    version.n_numbers + 0.5 * version.n_nested
                )

            best = min(sparsify(networks[size], task), key=value)
            errors = best.predict(growth.held.x[part.held]) - growth.held.y[part.held]
            losses[share][part.held] = 0.5 * errors[:, 0] ** 2
    excess = losses[1.0] - losses[0.5]
    clearly = excess.mean() > CLEARLY * excess.std(ddof=1) / np.sqrt(200)
    assert chosen_price_share(trials, growth.parts, growth.held) == (0.5 if clearly else 1.0)


def test_at_a_lower_price_there_are_more_numbers():
    growth = growth_of(*effects(0, 30, 0.15))
    trials = tried(growth.parts, growth.held, [1e-3], [FREE], 1, seed=0)
    system = next(iter(trials.networks.values()))[0][0]
    numbers = [version.n_numbers for version in _sparse_at((1.0, 0.5, 0.0), system, growth.parts[0].train)]
    assert numbers == sorted(numbers) and numbers[0] < numbers[1] < numbers[2] == 31


def test_where_no_criterion_chooses_or_nothing_is_searched_the_price_is_whole():
    x, y = effects(0, 30, 0.13)
    assert share_of(growth_of(x, y)) == share_of(growth_of(x, y), SHALLOW) == 0.5
    # Under a limit nothing is searched among sparse networks.
    assert train_path(x, y, settings=PathSettings(max_nonlinear=1, nesting=False)).price_share == 1.0
    assert share_of(growth_of(x, y, Huber())) == 1.0
    assert share_of(growth_of(x[:, :1], y)) == 1.0
    assert share_of(growth_of(x[:100], (y[:100] > 0) * 1.0, Logistic())) == 1.0


def test_the_path_keeps_the_share_and_versions_follow_it():
    x, y = effects(0, 30, 0.13)
    path = train_path(x, y, settings=PathSettings(max_nonlinear=1))
    assert path.price_share == 0.5
    assert path[0].n_numbers > replace(path, price_share=1.0)[0].n_numbers

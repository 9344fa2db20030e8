from dataclasses import replace

import numpy as np

from prelu_rules.losses.squared import Squared
from prelu_rules.refine.both_ways import both_ways
from prelu_rules.refine.shape import FREE, SHALLOW
from prelu_rules.rows.rows import Rows
from prelu_rules.search.left_out_choice import Trials, Variant, tried
from prelu_rules.search.parts import Growth
from prelu_rules.search.settings import PathSettings


def rows_of(x, y):
    return Rows(x, y[:, None], np.ones(len(x)))


def growth_of(x, y, **settings):
    return Growth.of_folds(rows_of(x, y), Squared(), PathSettings(**settings), seed=0)


def test_outputs_are_those_of_networks_that_had_not_seen_the_row():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    growth = growth_of(x, np.abs(x[:, 0]) + 0.1 * rng.normal(size=60))
    variant = Variant(1e-3, SHALLOW)
    trials = tried(growth.parts, growth.held, [1e-3], [SHALLOW], 2, seed=5)
    for place, part in enumerate(growth.parts):
        # The slow twin: the same search, by hand, on the rows of the part.
        task = replace(part.train, ridge=1e-3)
        networks = both_ways(task, 2, np.random.default_rng([5, place, 2]), SHALLOW)
        for size, network in enumerate(networks):
            found = trials.outputs[variant, size][part.held]
            np.testing.assert_allclose(found, network.predict(x[part.held]), atol=1e-9)
        assert not set(map(tuple, part.train.x)) & set(map(tuple, x[part.held]))


def test_growth_goes_on_while_it_helps():
    x = np.linspace(-1, 1, 300)[:, None]
    wave, line = (
        growth_of(x, np.sin(9 * x[:, 0])),
        growth_of(x, x[:, 0] + 0.1 * np.random.default_rng(0).normal(size=300)),
    )
    assert tried(wave.parts, wave.held, [1e-4], [SHALLOW], None, seed=0).most > 5
    assert tried(line.parts, line.held, [1e-4], [SHALLOW], None, seed=0).most <= 5


def test_a_ridge_that_is_clearly_worse_is_given_up():
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (200, 2))
    growth = growth_of(x, np.abs(x[:, 0]))
    good, fair, bad = (Variant(ridge, FREE) for ridge in (1e-4, 1e-2, 1.0))
    noise = np.random.default_rng(0).normal(size=(3, 100)) ** 2
    losses = {(good, 1): noise[0], (fair, 1): noise[1], (bad, 1): noise[2] + 1, (bad, 0): noise[2] + 9}
    race = Trials({good: (), fair: (), bad: ()}, {}, losses, np.full(100, 0.01))
    assert list(race.promising()) == [good, fair]
    trials = tried(growth.parts, growth.held, [1e-4, 10.0], [FREE, SHALLOW], None, seed=0)
    assert trials.ridge == 1e-4 and set(trials.networks) == {Variant(1e-4, FREE), Variant(1e-4, SHALLOW)}


def test_workers_do_not_change_the_choice():
    x = np.random.default_rng(2).normal(size=(80, 2))
    growth = growth_of(x, np.abs(x[:, 0]))
    one, two = (tried(growth.parts, growth.held, [1e-3], [FREE], 1, 0, n_jobs=n).losses for n in (1, 2))
    assert all(np.array_equal(one[key], two[key]) for key in one)

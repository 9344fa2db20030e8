from dataclasses import replace

import numpy as np
import pytest

from prelu_rules.losses.squared import Squared
from prelu_rules.refine.both_ways import both_ways
from prelu_rules.refine.curvature import objective
from prelu_rules.refine.refit import refit
from prelu_rules.refine.shape import FREE, SHALLOW, Shape
from prelu_rules.rows.rows import Rows
from prelu_rules.search import left_out_choice
from prelu_rules.search.left_out_choice import Trials, Variant, _searched, _with_ridge, tried
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


def trials_of(excess):
    """Sizes that are worse than the best by so many standard errors; one shape is much worse everywhere."""
    rows, noise = np.random.default_rng(0).normal(size=(2, 200))
    noise = (noise - noise.mean()) / noise.std()
    losses = {
        (Variant(1e-4, shape), size): rows**2 + much + noise * (errors > 0) + errors / np.sqrt(200)
        for shape, much in ((SHALLOW, 9.0), (FREE, 0.0))
        for size, errors in enumerate(excess)
    }
    return Trials({}, {}, losses, np.full(200, 1 / 200))


def test_the_smallest_size_that_is_not_clearly_worse_is_enough():
    trials = trials_of([20.0, 1.5, 0.0])
    assert [trials.enough(), trials.enough(1.0), trials.enough(3.0)] == [2, 2, 1]


def test_growth_goes_on_if_the_largest_sizes_are_clearly_the_best_or_the_largest_is_taken():
    assert trials_of([20.0, 9.0, 9.0, 1.5, 0.0]).largest_are_best()
    assert trials_of([20.0, 1.5, 1.5, 1.5, 0.0]).largest_are_best()
    assert not trials_of([20.0, 1.5, 1.5, 0.5, 0.0]).largest_are_best()


def test_the_first_shape_is_enough_unless_another_is_clearly_better():
    flat, nested = Variant(1e-4, SHALLOW), Variant(1e-4, FREE)
    noise = np.random.default_rng(0).normal(size=(3, 200)) ** 2
    networks, weights = {flat: [[None] * 2], nested: [[None]]}, np.full(200, 1 / 200)

    def shapes(better):
        losses = {(flat, 0): noise[0] + 2, (flat, 1): noise[0], (nested, 0): noise[1] - better}
        found = Trials(networks, dict(losses), losses, weights).of_first_shape_if_enough()
        assert {key[0] for key in found.losses} == {key[0] for key in found.outputs} == set(found.networks)
        return [variant.shape for variant in found.networks]

    assert shapes(0.0) == [SHALLOW] and shapes(1.0) == [FREE, SHALLOW]


def test_a_shape_that_is_clearly_worse_is_given_up():
    free, shallow, pairs = (Variant(1e-4, shape) for shape in (FREE, SHALLOW, Shape(2)))
    noise = np.random.default_rng(0).normal(size=(3, 200)) ** 2
    losses = {(free, 0): noise[0], (shallow, 0): noise[1], (pairs, 0): noise[2] + 1, (free, 1): noise[2]}
    networks = {free: [[None] * 2], shallow: [[None]], pairs: [[None]]}
    trials = Trials(networks, {}, losses, np.full(200, 1 / 200))
    assert trials.shapes(0) == [FREE, SHALLOW] and trials.shapes(1) == [FREE]
    few = {key: found[:50] for key, found in losses.items()}
    assert Trials(networks, {}, few, np.full(50, 1 / 50)).shapes(0) == [FREE, SHALLOW, Shape(2)]


def test_a_shape_leads_unless_the_best_of_another_is_clearly_better():
    free, shallow, pairs = (Variant(1e-4, shape) for shape in (FREE, SHALLOW, Shape(2)))
    rows, noise = np.random.default_rng(0).normal(size=(2, 200)) ** 2
    noise = (noise - noise.mean()) / noise.std()
    # Only the best size of a shape counts: worse by one standard error and a half, by half of one, and the best.
    worse, close = (rows + noise + errors / np.sqrt(200) for errors in (1.5, 0.5))
    losses = {(free, 0): worse, (shallow, 0): rows + 9, (shallow, 1): close, (pairs, 0): rows}
    networks = {free: [[None]], shallow: [[None] * 2], pairs: [[None]]}

    def leading(standard_errors, kept=(), n=200):
        some = {key: found[:n] for key, found in losses.items()}
        found = Trials(networks, dict(some), some, np.full(n, 1 / n)).of_leading_shapes(standard_errors, kept)
        assert {key[0] for key in found.losses} == {key[0] for key in found.outputs} == set(found.networks)
        return [variant.shape for variant in found.networks]

    assert leading(2.0) == [FREE, SHALLOW, Shape(2)] and leading(1.2) == [SHALLOW, Shape(2)]
    assert leading(0.0) == [Shape(2)] and leading(0.0, [FREE]) == [FREE, Shape(2)]
    assert leading(0.0, n=50) == [FREE, SHALLOW, Shape(2)]


def three_columns(n_columns=4, n=400):
    """Rows of two bends of three columns each."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(n, n_columns))
    y = np.maximum(x[:, :3].sum(axis=1), 0) + np.maximum(x[:, :4] @ [1.0, -1.0, 0.0, 1.0] - 0.5, 0)
    return growth_of(x, y + 0.05 * rng.normal(size=n))


SHAPES = [FREE, SHALLOW, Shape(2)]


def test_bends_of_three_columns_leave_no_search_for_bends_of_two():
    def left(growth, kept=()):
        trials = tried(growth.parts, growth.held, [1e-4], SHAPES, None, 0, kept=kept)
        return {variant.shape for variant in trials.networks}

    assert Shape(2) not in left(three_columns()) and Shape(2) in left(three_columns(), kept=[Shape(2)])
    x = np.random.default_rng(6).normal(size=(300, 4))
    assert Shape(2) in left(growth_of(x, np.maximum(x[:, 0] + x[:, 1], 0) + np.abs(x[:, 2])))


@pytest.mark.parametrize("only", ["CLEARLY_WORSE", "LEADING"])
def test_shapes_are_given_up_on_the_way_and_in_the_end(monkeypatch, only):
    searched = []

    def recorded(task, variant, most, *rest):
        searched.append((variant.shape, most))
        return _searched(task, variant, most, *rest)

    monkeypatch.setattr(left_out_choice, "_searched", recorded)
    # Growth goes on to a second stage in any case.
    monkeypatch.setattr(Trials, "largest_are_best", lambda trials: trials.most < 7)
    monkeypatch.setattr(left_out_choice, {"CLEARLY_WORSE": "LEADING", "LEADING": "CLEARLY_WORSE"}[only], 1e9)
    growth = three_columns()
    trials = tried(growth.parts, growth.held, [1e-4], SHAPES, None, 0)
    assert Shape(2) not in {variant.shape for variant in trials.networks}
    assert ((Shape(2), 7) in searched) == (only == "LEADING") and (Shape(2), 5) in searched


@pytest.mark.parametrize("kept", [[SHALLOW], []])
def test_shapes_that_are_always_kept_decide_how_far_to_grow(monkeypatch, kept):
    """Bends inside bends make up for some of the bends of a single column, which would stop too early with them."""
    asked = []
    monkeypatch.setattr(Trials, "largest_are_best", lambda trials: asked.append({v.shape for v in trials.networks}))
    x = np.linspace(-1, 1, 200)[:, None]
    growth = growth_of(x, np.sin(9 * x[:, 0]))
    trials = tried(growth.parts, growth.held, [1e-4], [SHALLOW, FREE], None, 0, kept=kept)
    assert SHALLOW in {variant.shape for variant in trials.networks} or not kept
    assert asked == [{SHALLOW}] if kept else FREE in asked[0]


def test_searches_with_other_shapes_go_on_with_the_ridge_that_was_chosen(monkeypatch):
    known, changed = [], []

    def recorded(task, variant, most, seed, found):
        known.append((replace(task, ridge=variant.ridge), found))
        changed.append((variant.shape, variant.ridge))
        return _searched(task, variant, most, seed, found)

    monkeypatch.setattr(left_out_choice, "_searched", recorded)
    monkeypatch.setattr(left_out_choice, "CLEARLY_WORSE", 1e9)
    monkeypatch.setattr(Trials, "largest_are_best", lambda trials: trials.most < 7)
    ridge = property(lambda trials: (max if trials.most < 7 else min)(key[0].ridge for key in trials.losses))
    monkeypatch.setattr(Trials, "ridge", ridge)
    growth = three_columns(n=150)
    tried(growth.parts, growth.held, [1e-3, 1e-2, 1e-1], SHAPES, None, 0)
    assert {ridge for shape, ridge in changed if shape == Shape(2)} == {1e-1, 1e-2}
    # Refits end when a step gains little, a few of them early.
    fitted = [objective(one, task) <= refit(one, task)[1] * 1.01 for task, found in known for one in found]
    assert np.mean(fitted) > 0.9


def test_the_ridge_follows_the_noise():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 12))
    clean, noisy = growth_of(x, np.abs(x[:, 0])), growth_of(x, x[:, 0] + 5 * rng.normal(size=60))
    ridges = [1e-4, 1e-2, 1e-1, 1e1]
    chosen = [tried(one.parts, one.held, ridges, [FREE, SHALLOW], None, seed=0) for one in (clean, noisy)]
    assert chosen[0].ridge == 1e-4 and chosen[1].ridge >= 0.1
    assert all(set(one.networks) == {Variant(one.ridge, FREE), Variant(one.ridge, SHALLOW)} for one in chosen)
    # With so small a limit, the first search is the last.
    assert tried(clean.parts, clean.held, ridges, [FREE], 1, seed=0).ridge == 1e-4


def test_refits_with_another_ridge_are_at_their_minimum():
    x = np.random.default_rng(3).uniform(-1, 1, (90, 2))
    growth = growth_of(x, np.abs(x[:, 0]))
    found = [both_ways(replace(part.train, ridge=1e-2), 1, np.random.default_rng(0)) for part in growth.parts]
    assert _with_ridge(found, growth.parts, 1e-2, 1e-2) is found
    for part, networks in zip(growth.parts, _with_ridge(found, growth.parts, 1e-2, 1e-4), strict=True):
        task = replace(part.train, ridge=1e-4)
        assert all(objective(one, task) <= refit(one, task)[1] * (1 + 1e-3) for one in networks)


def test_workers_do_not_change_the_choice():
    x = np.random.default_rng(2).normal(size=(80, 2))
    growth = growth_of(x, np.abs(x[:, 0]))
    one, two = (tried(growth.parts, growth.held, [1e-3], [FREE], 1, 0, n_jobs=n).losses for n in (1, 2))
    assert all(np.array_equal(one[key], two[key]) for key in one)


def test_a_search_that_missed_something_starts_again_from_what_others_found():
    x = np.random.default_rng(4).uniform(-1, 1, (90, 2))
    growth = growth_of(x, np.abs(x[:, 0]) + 0.1 * x[:, 1])
    good = both_ways(replace(growth.rows, ridge=1e-4), 1, np.random.default_rng(0), SHALLOW)
    variant = Variant(1e-4, SHALLOW)
    trials = tried(growth.parts, growth.held, [1e-4], [SHALLOW], 1, seed=0)
    # A search that came to a unit that does not help, in one part only.
    missed = [
        [found[0], found[0].with_unit(np.array([0.0, 1.0, -0.9]), np.zeros(1))] for found in trials.networks[variant]
    ]
    broken = replace(trials, networks={variant: [missed[0], *trials.networks[variant][1:]]})
    mended = broken.started_from({SHALLOW: good}, growth.parts, growth.held)
    part = replace(growth.parts[0].train, ridge=1e-4)
    assert objective(mended.networks[variant][0][1], part) < 0.5 * objective(missed[0][1], part)
    assert mended.networks[variant][1:] == broken.networks[variant][1:]
    # Where the searches found as much, they stay what they were, to the last bit.
    same = trials.started_from({SHALLOW: good}, growth.parts, growth.held)
    assert all(np.array_equal(same.losses[key], trials.losses[key]) for key in trials.losses)

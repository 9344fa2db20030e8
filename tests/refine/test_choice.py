import numpy as np
import pytest

from prelu_rules.refine.choice import best_size, fewest_not_worse, schwarz


def test_weights_count_as_repeated_rows():
    rng = np.random.default_rng(0)
    losses = {size: rng.uniform(size=20) + size * 0.01 for size in range(4)}
    counts = rng.integers(1, 4, 20)
    repeated = {size: np.repeat(rows, counts) for size, rows in losses.items()}
    assert best_size(losses, counts.astype(float)) == best_size(repeated)


def test_zero_units_can_win():
    rows, noise = np.random.default_rng(0).normal(size=(2, 50))
    # One unit is better on the mean by half a standard error of the difference.
    noise = (noise - noise.mean()) / noise.std(ddof=1) + 0.5 / np.sqrt(50)
    assert best_size({0: rows + noise, 1: rows}) == 1 and fewest_not_worse({0: rows + noise, 1: rows}) == 0
    assert fewest_not_worse({0: rows + noise + 0.6 / np.sqrt(50), 1: rows}) == 1


def test_a_clear_difference_is_seen():
    rows = np.random.default_rng(0).uniform(size=50)
    assert fewest_not_worse({0: rows + 1, 1: rows}) == 1


def test_a_number_costs_the_logarithm_of_the_rows():
    assert schwarz(-5.0, 3, 100) - schwarz(-5.0, 2, 100) == pytest.approx(np.log(100))

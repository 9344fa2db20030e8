import numpy as np
import pytest

from prelu_rules.refine.choice import best_size, compared, fewest_not_worse, not_worse


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


def test_the_standard_error_is_that_of_repeated_draws():
    """Of many draws of the rows, with weights that stay theirs, the excess has this standard error."""
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.2, 3, 40)
    draws = rng.normal(size=(4000, 40))
    errors = [compared({0: draw, 1: np.zeros(40)}, weights)[0 if draw @ weights > 0 else 1] for draw in draws[:300]]
    expected = (draws @ weights / weights.sum()).std()
    assert np.mean([one.standard_error for one in errors]) == pytest.approx(expected, rel=0.05)


def test_where_one_row_has_nearly_all_the_weight_nothing_is_clear():
    rows = np.random.default_rng(0).normal(size=30)
    weights = np.append(np.ones(29), 1e5)
    assert not_worse({0: rows + 0.1 * rows[::-1], 1: rows}, weights) == [0, 1]


def test_the_smallest_size_that_is_right_everywhere_is_not_worse():
    rows = np.random.default_rng(0).uniform(size=50)
    losses = {0: rows + 1, 1: rows + 0.5, 2: rows}
    assert not_worse(losses) == [2] and not_worse(losses, right=[1, 2]) == [1, 2]
    assert fewest_not_worse(losses) == 2

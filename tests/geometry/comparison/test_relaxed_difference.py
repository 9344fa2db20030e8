"""The band around a difference of positive parts, against a grid."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.geometry.comparison.relaxed_difference import narrow_band


@given(st.integers(0, 10**6))
def test_the_band_holds_and_is_narrower_than_the_range(seed):
    rng = np.random.default_rng(seed)
    (low, high), (other_low, other_high) = np.sort(rng.normal(size=(2, 2)) + rng.normal(size=(2, 1)), axis=1)
    z, z_other = np.meshgrid(np.linspace(low, high, 41), np.linspace(other_low, other_high, 41))
    # The difference may be known better than from the two ranges.
    moved_low, moved_high = np.sort(rng.uniform(other_low - high, other_high - low, 2))
    known = (z_other - z >= moved_low) & (z_other - z <= moved_high)
    share, below, above = narrow_band(low, high, other_low, other_high, moved_low, moved_high)
    rest = np.maximum(z_other, 0) - np.maximum(z, 0) - share * (z_other - z)
    assert 0 <= share <= 1 and (rest[known] >= below - 1e-12).all() and (rest[known] <= above + 1e-12).all()
    assert above - below <= max(moved_high, 0) - min(moved_low, 0) + 1e-12


def test_without_open_signs_there_is_no_gap():
    assert narrow_band(0.0, 1.0, 2.0, 3.0, 1.0, 3.0) == (1.0, 0.0, 0.0)
    assert narrow_band(-2.0, 0.0, -3.0, -1.0, -3.0, 1.0) == (0.0, 0.0, 0.0)
    # One positive, the other negative by very little: nearly the argument of the first.
    _, below, above = narrow_band(0.0, 1.0, -1e-3, 0.0, -1.0, 0.0)
    assert above - below < 2e-3

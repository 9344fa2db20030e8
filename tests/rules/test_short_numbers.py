from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.rules.short_numbers import DENOMINATORS, as_fraction, digits, short_row, shortest


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.9999, 0.001, 1.0),
        (-1.0001, 0.001, -1.0),
        (1e-9, 1e-6, 0.0),
        (0.3333, 0.05, 0.3),
        (0.3333, 0.01, 1 / 3),
        (-0.6601, 0.01, -2 / 3),
        (0.84, 0.008, 5 / 6),
        (0.1428, 0.001, 1 / 7),
        (0.1428, 0.005, 0.14),
        (0.111, 0.0001, 0.111),
        (0.1111, 0.00002, 1 / 9),
        (33.33, 0.02, 100 / 3),
        (1.66, 0.1, 5 / 3),
        (1.62, 0.1, 1.6),
        (1.664, 0.01, 5 / 3),
        (0.247, 0.005, 0.25),
        (0.262, 0.015, 0.25),
        (123.4, 5.0, 120.0),
        (123.4, 0.5, 123.0),
        (-0.0123456, 1e-6, -0.012346),
        (1e300, 1e298, 1e300),
        (5e-320, 0.0, 5e-320),
        (0.1 + 0.2, 1e-12, 0.3),
        (9.96, 0.05, 10.0),
        (7.0, np.inf, 0.0),
    ],
)
def test_the_shortest_number(value, error, expected):
    assert shortest(value, error) == expected


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 10))
def test_the_shortest_number_is_within_the_error_and_no_shorter_one_is(value, error):
    short = shortest(value, error)
    assert abs(short - value) <= error
    if 1 < digits(short) < 15:
        assert abs(float(f"{value:.{digits(short) - 2}e}") - value) > error
    for q in range(3, 10):
        nearest = Fraction(round(value * q), q)
        if abs(float(nearest) - value) <= error and abs(value) > error:
            assert digits(short) <= len(f"{abs(nearest.numerator)}{nearest.denominator}")


@given(st.integers(-(10**9), 10**9), st.integers(1, 12))
def test_a_fraction_is_the_float_and_shorter_than_its_decimals(p, q):
    fraction = as_fraction(p / q)
    if fraction is None:
        lowest = Fraction(p, q)
        decimals = len(repr(abs(p / q)).replace(".", "").strip("0"))
        assert lowest.denominator not in DENOMINATORS or decimals <= len(f"{abs(lowest.numerator)}{lowest.denominator}")
    else:
        assert fraction == Fraction(p, q) and float(fraction) == p / q


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_hardly_any_float_is_a_fraction_and_none_is_another_one(value):
    fraction = as_fraction(value)
    assert fraction is None or float(fraction) == value


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.floats(1e-6, 1.0))
def test_a_short_row_changes_by_at_most_the_error_in_its_box(seed, n_inputs, error):
    rng = np.random.default_rng(seed)
    row, centre, radius = rng.normal(size=n_inputs + 1), rng.normal(size=n_inputs), rng.exponential(size=n_inputs)
    short = short_row(row, centre, radius, error)
    corners = centre + radius * rng.choice([-1, 1], (200, n_inputs))
    change = (short - row)[:-1] @ corners.T + (short - row)[-1]
    assert np.abs(change).max() <= error * (1 + 1e-9)
    assert sum(map(digits, short)) <= sum(map(digits, row))
    kept = int(rng.integers(n_inputs))
    assert short_row(row, centre, radius, error, keep=kept)[kept] == row[kept]


def test_digits():
    assert [digits(v) for v in (0.0, 1.0, -0.25, 120.0, 1e-7, 1.5e300, 1 / 3, 0.1 + 0.2)] == [0, 1, 2, 2, 1, 2, 2, 17]

"""Floats as the numbers that people read in them."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.rules.presentation.decimals import exact, plain


@given(st.floats(-1e15, 1e15, allow_nan=False))
def test_no_number_changes_by_more_than_rounding_errors(value):
    assert abs(plain(exact(value)) - value) <= 1e-14 * abs(value)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(0, 6))
def test_sums_of_short_decimals_are_short(first, second, places):
    one, other = first / 10**places, second / 10**places
    assert exact(one) + exact(other) == exact(one + other) == Fraction(first + second, 10**places)


def test_thirds():
    assert exact(1 / 3) + exact(2 / 3) == 1
    assert str(plain(exact(-0.0))) == "0.0"

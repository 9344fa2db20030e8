"""Numbers far outside their column: codes and slips are found, long tails and states are not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import datasets

from prelu_rules.columns.outliers import FAR, FAR_AS_CODE, MOST_NUMBERS, is_code, outliers
from prelu_rules.tolerances import LEAST_ROWS

FALSE_ALARMS = 0.002
"""Columns of 16 to 1,000 rows with long tails that may have an outlier: the largest of them may be one in fact."""

TABLES = {
    name: getattr(datasets, f"load_{name}") for name in "diabetes wine breast_cancer digits iris linnerud".split()
}
CODES = [-999.0, 9999.0, 999999999.0, 1e9, -(2.0**31), 2.0**31 - 1, 3.4028234663852886e38]

TAILS = {
    "log-normal 1": lambda rng, n: rng.lognormal(0, 1, n),
    "log-normal 1.5": lambda rng, n: rng.lognormal(0, 1.5, n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "t of 3 degrees": lambda rng, n: rng.standard_t(3, n),
    "counts": lambda rng, n: rng.negative_binomial(0.3, 0.01, n).astype(float),
    "prices": lambda rng, n: np.round(rng.lognormal(3, 1.2, n)) - 0.01,
    "whole prices": lambda rng, n: np.round(rng.lognormal(4, 1.2, n)),
    "mostly zero": lambda rng, n: rng.lognormal(3, 1.5, n) * (rng.random(n) < 0.1),
    "zero or much": lambda rng, n: 1000.0 * (rng.random(n) < 0.1),
    "two groups": lambda rng, n: rng.normal(size=n) * np.where(rng.random(n) < 0.3, 1e6, 1),
}


def by_definition(values):
    """The outliers, number by number: the slow twin."""
    distinct = sorted(set(values.tolist()))
    if len(values) < LEAST_ROWS:
        return set()
    middle = np.median(distinct)
    inwards = sorted(distinct, key=lambda v: -abs(v - middle))
    found = set()
    for n_far in range(1, MOST_NUMBERS + 1):
        far, others = inwards[:n_far], inwards[n_far:]
        codes = all(is_code(v) for v in far)
        n_rows = sum(v in far for v in values.tolist())
        if len(others) < (2 if codes else 5) or n_rows > (0.5 if codes else 0.05) * len(values):
            continue
        rest = np.median(others)
        ratio = FAR_AS_CODE if codes else FAR
        if min(abs(v - rest) for v in far) > ratio * max(abs(v - rest) for v in others):
            found = set(far)
    return found


numbers = arrays(
    np.float64,
    st.integers(1, 60),
    elements=st.one_of(st.integers(0, 9).map(float), st.sampled_from([-999.0, 9999.0, 1e7 + 1, -3e7])),
)


@given(numbers)
def test_they_are_those_of_the_definition(values):
    found = outliers(values)
    assert {one.value for one in found} == by_definition(values)
    for one in found:
        np.testing.assert_array_equal(one.rows, np.flatnonzero(values == one.value))
        others = values[~np.isin(values, [other.value for other in found])]
        assert (one.lower, one.upper) == (others.min(), others.max())


@given(numbers, st.sampled_from([2.0**-40, 0.5, 2.0**30]), st.integers(0, 10**6))
def test_they_depend_on_no_unit_and_no_order(values, factor, seed):
    values = np.where(np.abs(values) > 9, values + 0.25, values)  # no codes
    order = np.random.default_rng(seed).permutation(len(values))
    before = {one.value for one in outliers(values)}
    assert {one.value / factor for one in outliers(factor * values[order])} == before


@pytest.mark.parametrize("name", TAILS)
def test_long_tails_and_states_raise_no_alarm(name):
    rng = np.random.default_rng(0)
    alarms = [bool(outliers(TAILS[name](rng, n))) for n in (16, 30, 100, 1000) for _ in range(500)]
    assert np.mean(alarms) <= FALSE_ALARMS


@pytest.mark.parametrize("name", TABLES)
def test_public_tables_raise_no_alarm(name):
    table = TABLES[name]()
    for column in np.column_stack([table.data, table.target]).T:
        assert outliers(column) == ()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("n_cells", [1, 3, 100])
def test_codes_are_found(code, n_cells):
    rng = np.random.default_rng(1)
    for others in (rng.random(400), rng.integers(18, 80, 400), rng.integers(0, 2, 400), rng.lognormal(0, 1, 400)):
        values = others.astype(float)
        rows = np.sort(rng.permutation(400)[:n_cells])
        values[rows] = code
        (found,) = outliers(values)
        assert found.value == code
        np.testing.assert_array_equal(found.rows, rows)


def test_a_slip_is_found_once():
    values = np.random.default_rng(2).uniform(0, 100, 200)
    values[7] = 51234.5
    (found,) = outliers(values)
    assert (found.value, found.rows.tolist()) == (51234.5, [7])
    # The same number in a tenth of the rows is a state.
    values[::10] = 51234.5
    assert outliers(values) == ()


def test_a_negative_one_among_positive_numbers_is_not_far():
    values = np.random.default_rng(3).uniform(0, 10, 100)
    values[[3, 8]] = -1.0
    assert outliers(values) == ()


def test_cells_without_a_number_do_not_count():
    values = np.append(np.arange(20.0), [1e9, 1e9])
    there = np.ones(22, dtype=bool)
    there[21] = False
    assert outliers(values, there)[0].rows.tolist() == [20]
    there[20] = False
    assert outliers(values, there) == ()


def test_extremes_of_float64_do_not_overflow():
    big = np.finfo(np.float64).max
    values = np.append(np.arange(20.0), [big, -big])
    assert {one.value for one in outliers(values)} == {big, -big}

"""Sums are rounded as the compact form is printed."""

from fractions import Fraction

import networks
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.fewest_numbers import rounded_weights
from prelu_rules.network.precision import Precision
from prelu_rules.rules.presentation.by_state import function_of
from prelu_rules.rules.presentation.decimals import plain
from prelu_rules.rules.presentation.places import Places
from prelu_rules.rules.presentation.statements import Letter


def as_row(linear, columns, n_units):
    numbers = [plain(linear.weights.get(column.name, Fraction(0))) for column in columns]
    bends = [plain(linear.weights.get(Letter(k), Fraction(0))) for k in range(n_units)]
    return [*numbers, *bends, plain(linear.constant)]


@given(networks.seeds, networks.widths, st.integers(2, 8))
def test_each_row_is_rounded_as_it_is_printed(seed, widths, digits):
    compact = CompactForm.of(networks.random_form(seed, widths))
    rng = np.random.default_rng(seed)
    precision = Precision(digits, 10 ** rng.uniform(-3, 3, widths[0]), 10 ** rng.uniform(-3, 3, widths[-1]))
    columns = [Column(f"x{k}") for k in range(widths[0])]
    n = compact.n_units
    places = Places(columns, compact.weights[:n], precision)
    printed = rounded_weights(compact.weights, compact.n_inputs, precision)
    for number, (row, wanted) in enumerate(zip(compact.weights, printed, strict=True)):
        ((_, linear),) = function_of(columns, row[: widths[0]], row[-1], row[widths[0] : -1])
        rounding = places.unit(number) if number < n else places.output(number - n)
        np.testing.assert_array_equal(as_row(rounding(linear), columns, n), wanted)


def test_a_smaller_unit_has_more_places():
    columns = [Column("x")]
    units = np.array([[1.0, 0.0, -3.0]])
    places = Places(columns, units, Precision(2, [1.0], [1.0]))
    ((_, linear),) = function_of(columns, [0.123456], 0.0)
    assert places.unit(0)(linear).weights["x"] == Fraction(12, 100)
    assert places.unit(0, Fraction(10))(linear).weights["x"] == Fraction(123, 1000)
    ((_, user),) = function_of(columns, [0.0], 0.0, [0.123456])
    assert places.output(0)(user).weights[Letter(0)] == Fraction(12, 100)
    places.rescale(0, Fraction(100))
    assert not places.output(0)(user).weights


def test_all_digits():
    places = Places([Column("x")], np.array([[1.0, 0.0, -3.0]]), None)
    ((_, linear),) = function_of([Column("x")], [0.123456], 1 / 3)
    assert places.unit(0)(linear) == places.output(0)(linear) == linear

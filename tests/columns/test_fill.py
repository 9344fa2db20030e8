from dataclasses import replace
from fractions import Fraction

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_tables import raw_tables

from prelu_rules.columns.column import Column
from prelu_rules.columns.encoding import inferred_columns
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.columns.fill import Fill
from prelu_rules.columns.tables import table_cells
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.values import exact_array


def exact(fill):
    return replace(fill, values=exact_array(fill.values))


def filled_by_hand(table, columns):
    """Encoded rows, with the mean of the others where a number is missing."""
    rows = feature_rows(columns, table)
    place = 0
    for column in columns:
        if column.missing and column.kind in ("number", "integer"):
            there = [float(cell) for cell in table[column.name] if cell is not None]
            gone = np.array([cell is None for cell in table[column.name]])
            rows[gone, place] = np.mean(there)
        place += len(column.features)
    return rows


@given(raw_tables(kinds=("number", "yes/no", "category")))
def test_missing_numbers_are_at_the_mean_of_the_others(raw):
    table, _ = raw
    columns = inferred_columns(table_cells(table))
    x = feature_rows(columns, table)
    before = x.copy()
    fill = Fill.of_rows(columns, x)
    np.testing.assert_allclose(fill.filled(x), filled_by_hand(table, columns), rtol=1e-12, atol=1e-6)
    np.testing.assert_array_equal(x, before)


@given(raw_tables(), networks.seeds)
def test_the_folded_network_is_the_same_function_exactly(raw, seed):
    table, _ = raw
    columns = inferred_columns(table_cells(table))
    x = feature_rows(columns, table)
    fill = exact(Fill.of_rows(columns, x))
    form = networks.random_form(seed, (x.shape[1], 3, 2, 2)).exact()
    rows = exact_array(x)
    filled = rows.copy()
    filled[:, fill.numbers] += fill.values * rows[:, fill.indicators]
    folded = fill.folded(form)
    assert (folded.pre_activations(rows) == form.pre_activations(filled)).all()
    assert (folded.predict(rows) == form.predict(filled)).all()


@given(networks.seeds)
def test_rules_of_the_folded_network_have_the_same_conditions(seed):
    """A rule covers the row with a missing number if the unfolded one covers the row with its mean."""
    columns = [Column("a", missing=True), Column("b", missing=True)]
    rng = np.random.default_rng(seed)
    fill = Fill(np.array([0, 2]), np.array([1, 3]), exact_array(rng.integers(-8, 8, 2) / 4))
    form = networks.random_form(seed, (4, 3, 1)).exact()
    rules = extract_rules(fill.folded(form), columns=columns, max_nonlinear=3)
    unfolded = extract_rules(form, max_nonlinear=3)
    for a, b in [(None, None), (None, 0.5), (2.25, None), (-1.0, 3.0)]:
        cells = [
            Fraction(0 if a is None else a),
            Fraction(a is None),
            Fraction(0 if b is None else b),
            Fraction(b is None),
        ]
        row = np.array([cells], dtype=object)
        filled = row.copy()
        filled[:, [0, 2]] += fill.values * row[:, [1, 3]]
        (rule,) = [rule for rule in rules.rules if rule.covers(row)[0]]
        (twin,) = [rule for rule in unfolded.rules if rule.covers(filled)[0]]
        assert (rule.outputs(row) == twin.outputs(filled)).all()
        assert [c.nonnegative for c in rule.conditions] == [c.nonnegative for c in twin.conditions]
        for condition, other in zip(rule.conditions, twin.conditions, strict=True):
            assert row @ condition.coef + condition.intercept == filled @ other.coef + other.intercept


def test_the_mean_is_weighted():
    columns, x = [Column("c", missing=True)], np.array([[1.0, 0.0], [4.0, 0.0], [0.0, 1.0]])
    assert Fill.of_rows(columns, x, np.array([2.0, 1.0, 5.0])).values == [2.0]
    assert Fill.of_rows(columns, x, np.array([0.5, 0.25, 5.0])).values == [2.0]
    assert Fill.of_rows(columns, x[2:]).values == [0.0]


@given(st.integers(0, 999))
def test_the_mean_does_not_depend_on_the_order_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.append(rng.normal(size=20), 0.0), np.append(np.zeros(20), 1.0)])
    weights, order = rng.integers(1, 5, 21) * 1.0, rng.permutation(21)
    columns = [Column("c", missing=True)]
    fill = Fill.of_rows(columns, x, weights)
    assert Fill.of_rows(columns, x[order], weights[order]) == fill
    copies = x.repeat(weights.astype(int), axis=0)
    np.testing.assert_allclose(Fill.of_rows(columns, copies).values, fill.values, rtol=1e-12)


@pytest.mark.parametrize(
    "columns", [[Column("a")], [Column("a", "yes/no", missing=True)], [Column("a", "category", ("x",), True)]]
)
def test_only_numbers_are_filled(columns):
    width = len(columns[0].features)
    form = networks.random_form(0, (width, 2, 1))
    fill = Fill.of_rows(columns, np.ones((2, width)))
    assert not len(fill.values) and fill.folded(form) is form

"""Missing numbers without a feature of their own, and cells that training never saw."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.columns.column import Column
from prelu_rules.columns.encoding import encoded_cells, inferred_columns
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.columns.substitutes import with_substitutes
from prelu_rules.columns.tables import table_cells
from prelu_rules.errors import InvalidValueError, UnknownValueWarning

TABLE = {
    "kwh": [*range(100, 200)],
    "age": [0.5 + k for k in range(99)] + [None],
    "kind": ["farm"] * 30 + ["home"] * 60 + ["shop"] * 10,
    "open": [True] * 70 + [False] * 30,
    "known": ["a", None] * 50,
    "gap": [1.25, None] * 50,
}


def columns_of(table, unknown, weights=None):
    cells = table_cells(table)
    columns = inferred_columns(cells)
    n_rows = len(next(iter(table.values())))
    return with_substitutes(
        columns, encoded_cells(columns, cells), np.ones(n_rows) if weights is None else weights, unknown
    )


def test_a_rare_missing_number_counts_as_about_the_mean_and_has_no_feature():
    age = columns_of(TABLE, "error")[1]
    assert age == Column("age", missing=True, fill=49.5)
    rows = feature_rows([age], {"age": [None, 3.0]})
    assert rows.tolist() == [[49.5], [3.0]]
    assert [column.indicates_missing for column in columns_of(TABLE, "error")] == [False] * 4 + [True] * 2
    assert columns_of({"n": [*range(50), 52, None] * 2}, "error")[0].indicates_missing is False
    assert columns_of({"n": [1, 2, None] * 40}, "error")[0].fill is None


@pytest.mark.parametrize(
    ("unknown", "found"),
    [
        ("error", [None] * 6),
        ("reference", [(150.0,), None, (0.0, 1.0, 0.0), (1.0,), (1.0, 0.0), None]),
        ("mean", [(150.0,), None, (0.3, 0.6, 0.1), (0.7,), (0.5, 0.5), None]),
    ],
)
def test_what_unknown_cells_count_as(unknown, found):
    columns = columns_of(TABLE, unknown)
    assert [None if c.unknown is None else pytest.approx(c.unknown) for c in columns] == found
    row = {"kwh": [None], "age": [None], "kind": ["zoo"], "open": [None], "known": ["b"], "gap": [None]}
    if unknown == "error":
        with pytest.raises(InvalidValueError, match="is missing in row 0, but was never missing in training"):
            feature_rows(columns, row)
        return
    with pytest.warns(UnknownValueWarning) as caught:
        features = feature_rows(columns, row)
    assert features[0] == pytest.approx([*found[0], 49.5, *found[2], *found[3], *found[4], 0.0, 1.0])
    assert len(caught) == 4


def test_the_warning_names_column_value_rows_and_what_it_counts_as():
    columns = columns_of(TABLE, "reference")
    rows = {name: values[:4] for name, values in TABLE.items()} | {
        "kind": ["zoo", "pub", None, "farm"],
        "kwh": [1, 2, None, 4],
    }
    with pytest.warns(UnknownValueWarning) as caught:
        feature_rows(columns, rows)
    assert [str(one.message) for one in caught] == [
        "column 'kwh' is missing in 1 row, which it never was in training; counted as 150.",
        "column 'kind' holds 'zoo' and 2 other unknown values in 3 rows, which training never saw; counted as 'home'.",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        feature_rows(columns, {name: values[:4] for name, values in TABLE.items()})


@given(st.lists(st.floats(-1e6, 1e6), min_size=40, max_size=60), st.integers(0, 9))
def test_the_number_is_short_and_near_the_mean_in_any_order(values, seed):
    values = [*values, None]
    rng = np.random.default_rng(seed)
    order, weights = rng.permutation(len(values)), rng.integers(1, 4, len(values)).astype(float)
    weights[0] = 1
    (column,) = columns_of({"x": values}, "error", weights)
    there = np.array(values[:-1])
    if column.fill is not None:
        mean = np.average(there, weights=weights[:-1])
        deviation = np.sqrt(np.average((there - mean) ** 2, weights=weights[:-1]))
        assert abs(column.fill - mean) <= 0.0101 * deviation + 1e-9 * abs(mean)
        assert (column,) == columns_of({"x": [values[k] for k in order]}, "error", weights[order])
    copies = np.repeat(np.array(values, dtype=object), weights.astype(int)).tolist()
    (repeated,) = columns_of({"x": copies}, "error")
    assert (repeated.fill is None) == (column.fill is None)


def test_of_whole_numbers_it_is_one():
    assert columns_of({"n": [*range(60), None]}, "error")[0].fill in (29.0, 30.0)
    assert columns_of({"n": [2.5] * 60 + [None]}, "error")[0].fill == 2.5


def test_no_other_option():
    with pytest.raises(InvalidValueError, match="unknown is 'skip'; it must be 'error', 'reference' or 'mean'"):
        columns_of(TABLE, "skip")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fill": 3.0}, "has a fill; only numbers that may be missing can have one"),
        ({"fill": np.inf, "missing": True}, "the fill of column 'x' is inf; it must be a finite number"),
        ({"fill": True, "missing": True}, "the fill of column 'x' is True"),
        ({"fill": 1.0, "missing": True, "kind": "yes/no"}, "of kind 'yes/no' and has a fill"),
        ({"unknown": (1.0, 2.0)}, "a finite number for each of its 1 features"),
        ({"unknown": (np.nan,)}, "a finite number for each of its 1 features"),
    ],
)
def test_substitutes_that_do_not_fit_a_column(options, message):
    with pytest.raises(InvalidValueError, match=message):
        Column("x", **options)

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_tables import CELLS, raw_tables

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.encoding import encoded_cells, inferred_columns, number_columns
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.columns.tables import table_cells
from prelu_rules.errors import CellTypeError, DataError, InvalidValueError, ShapeError


def encoded_by_hand(table, columns):
    """The slow twin: cell by cell."""
    rows = []
    for cells in zip(*table.values(), strict=True):
        row = []
        for column, cell in zip(columns, cells, strict=True):
            if column.kind == "category":
                row += [float(cell == level) for level in column.levels]
            else:
                row.append(0.0 if cell is None else float(cell))
            if column.missing:
                row.append(float(cell is None))
        rows.append(row)
    return np.array(rows)


@given(raw_tables())
def test_rows_are_what_their_cells_say(raw):
    table, kinds = raw
    columns = inferred_columns(table_cells(table))
    for column, (name, cells) in zip(columns, table.items(), strict=True):
        levels = tuple(sorted(set(cells) - {None})) if kinds[name] == "category" else ()
        assert column == Column(name, kinds[name], levels, missing=None in cells)
    x = feature_rows(columns, table)
    np.testing.assert_array_equal(x, encoded_by_hand(table, columns))
    assert x.dtype == np.float64 and x.shape[1] == len(features_of(columns))
    for k, feature in enumerate(features_of(columns)):
        if feature.is_indicator:
            assert set(x[:, k]) <= {0.0, 1.0}


@given(st.integers(0, 99))
def test_numbers_stay_as_they_are(seed):
    x = np.random.default_rng(seed).normal(size=(5, 3))
    columns = inferred_columns(table_cells(pd.DataFrame(x, columns=["a", "b", "c"])))
    assert columns == number_columns(["a", "b", "c"])
    for rows in (x, x.tolist(), pd.DataFrame(x, columns=["a", "b", "c"])):
        np.testing.assert_array_equal(feature_rows(columns, rows), x)


@pytest.mark.parametrize(
    ("trained", "cells", "error", "message"),
    [
        (
            [1.0, 2],
            [1.0, np.nan],
            InvalidValueError,
            "column 'c' is missing in row 1, but was never missing in training",
        ),
        ([1.0, 2], [1.0, "x"], InvalidValueError, "column 'c' holds texts as well as the number 1.0"),
        ([1.0, 2], ["1", "x"], InvalidValueError, "column 'c' holds '1' in row 0, where a number is needed"),
        ([1.0, None], [-np.inf, None], InvalidValueError, "column 'c' holds -inf in row 0"),
        ([True, False], ["yes"], InvalidValueError, "column 'c' holds 'yes' in row 0, where yes or no is needed"),
        ([True, False], [1, 2], InvalidValueError, "column 'c' holds 2 in row 1; it takes yes or no"),
        (
            ["a", "b"],
            ["a", "z"],
            InvalidValueError,
            "holds 'z' in row 1, which no training row had; its levels are 'a'",
        ),
        (
            ["a", "b"],
            ["a", None],
            InvalidValueError,
            "column 'c' is missing in row 1, but was never missing in training",
        ),
        (["1", "2"], [1, 2], InvalidValueError, "column 'c' holds 1 in row 0, .*its levels are '1', '2'"),
        (["01", "1"], ["001"], InvalidValueError, "column 'c' holds '001' in row 0"),
        (["NA", "x"], ["none"], InvalidValueError, "column 'c' holds 'none' in row 0"),
        (["a", "b"], [["a"], "b"], CellTypeError, r"column 'c' holds \['a'\] in row 0"),
    ],
)
def test_rows_that_training_knew_nothing_of(trained, cells, error, message):
    columns = inferred_columns(table_cells({"c": trained}))
    with pytest.raises(error, match=message):
        feature_rows(columns, {"c": cells})


def test_an_unknown_level_is_told_with_the_levels_there_are():
    columns = inferred_columns(table_cells({"c": ["a", "b", None]}))
    with pytest.raises(InvalidValueError, match=r"its levels are 'a', 'b'\.$") as caught:
        feature_rows(columns, {"c": [None, ""]})
    assert str(caught.value).startswith("column 'c' holds '' in row 1")
    many = [Column("c", "category", [f"l{k}" for k in range(30)])]
    with pytest.raises(InvalidValueError, match=r"'l19', \.\.\.\.$"):
        feature_rows(many, {"c": "z"})


def test_yes_and_no_may_be_1_and_0():
    columns = inferred_columns(table_cells({"c": [True, None]}))
    for cells in ([1, 0, None], [1.0, 0.0, np.nan], pd.array([True, False, None], dtype="boolean")):
        assert feature_rows(columns, {"c": cells}).tolist() == [[1, 0], [0, 0], [0, 1]]


@pytest.mark.parametrize("empty", [None, np.nan, pd.NA])
def test_a_column_that_is_missing_everywhere(empty):
    for cells in ([empty] * 3, pd.Series([empty] * 3, dtype=object), pd.Categorical([empty] * 3, ["a"])):
        with pytest.raises(InvalidValueError, match="column 'c' is missing in all rows; leave it out"):
            inferred_columns(table_cells({"c": cells}))


def test_texts_of_their_own_are_not_categories():
    names = [f"name {k}" for k in range(12)]
    with pytest.raises(InvalidValueError, match="column 'c' has 12 different texts in 12 rows, too many"):
        inferred_columns(table_cells({"c": names}))
    assert len(inferred_columns(table_cells({"c": names * 2}))[0].levels) == 12
    assert len(inferred_columns(table_cells({"c": pd.Categorical(names)}))[0].levels) == 12


@pytest.mark.parametrize(
    "table",
    [
        {"c": ["x", "y"], "c = x": [1, 2]},
        {"c": [1.0, None], "c is missing": [1, 2]},
        {"c": ["x", None], "c is missing": [True, False]},
        {"c": pd.Categorical([1, "1"])},
    ],
)
def test_features_of_one_name(table):
    with pytest.raises(InvalidValueError, match="both make a feature called|two levels that are written '1'"):
        inferred_columns(table_cells(table))


def test_another_number_of_columns():
    with pytest.raises(ShapeError, match="the table has 1 columns, but must have 2"):
        encoded_cells(number_columns(["a", "b"]), table_cells({"a": 1}))
    with pytest.raises(ShapeError, match="must have 2 columns"):
        feature_rows(number_columns(["a", "b"]), [[1.0]])
    with pytest.raises(DataError, match="no column 'b'"):
        feature_rows(number_columns(["a", "b"]), [{"a": 1}, {"a": 2}])


def test_rows_as_dicts_may_leave_out_what_is_missing():
    columns = [Column("a", missing=True), Column("b")]
    assert feature_rows(columns, [{"a": 1, "b": 2}, {"b": 3}]).tolist() == [[1, 0, 2], [0, 1, 3]]


@given(st.sampled_from(list(CELLS)), st.data())
def test_every_cell_of_a_kind_can_be_used_alone(kind, data):
    cells = data.draw(st.lists(CELLS[kind], min_size=2, max_size=6))
    if kind == "category":
        cells.append("never a date")
    columns = inferred_columns(table_cells({"c": cells}))
    together = feature_rows(columns, {"c": cells})
    np.testing.assert_array_equal(np.vstack([feature_rows(columns, {"c": cell}) for cell in cells]), together)

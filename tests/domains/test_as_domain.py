import networks
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from raw_tables import raw_tables

from prelu_rules.columns.column import Column, features_of
from prelu_rules.columns.encoding import inferred_columns, number_columns
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.columns.fill import Fill
from prelu_rules.columns.tables import table_cells
from prelu_rules.domains.as_domain import as_domain, domain_of_rows
from prelu_rules.domains.box import Box
from prelu_rules.errors import DataError, InvalidValueError, ShapeError

TABLE = {"age": [10, 30, None], "colour": ["red", "blue", "red"]}
COLUMNS = inferred_columns(table_cells(TABLE))


@given(raw_tables())
def test_rows_lie_in_their_domain(raw):
    table, _ = raw
    columns = inferred_columns(table_cells(table))
    x = feature_rows(columns, table)
    assert as_domain(table, columns).contains(x).all()
    assert as_domain(x, columns) == as_domain(table, columns) == domain_of_rows(columns, x)
    assert as_domain(table, len(features_of(columns))) == as_domain(table, columns)
    fill = Fill.of_rows(columns, x)
    assert domain_of_rows(columns, fill.filled(x), fill).contains(fill.filled(x)).all()


@given(networks.seeds)
def test_of_numbers_it_is_the_box(seed):
    x = np.random.default_rng(seed).normal(size=(5, 2))
    for rows in (x, x.tolist(), pd.DataFrame(x, columns=["a", "b"]), pl.DataFrame({"b": x[:, 1], "a": x[:, 0]})):
        assert as_domain(rows, number_columns(["a", "b"])) == Box.from_data(x)
    assert as_domain(x[0], 2) == Box(x[0], x[0])


def test_domains_are_themselves():
    box = Box([0.0], [1.0])
    assert as_domain(box, 1) is box and as_domain(box, COLUMNS) is box and as_domain(None, COLUMNS) is None


def test_what_no_row_can_be_is_off_the_domain():
    assert [feature.name for feature in features_of(COLUMNS)] == [
        "age",
        "age is missing",
        "colour = blue",
        "colour = red",
    ]
    rows = {
        (20, 0, 1, 0): True,
        (10, 0, 0, 1): True,
        (0, 1, 1, 0): True,
        # Half missing is half way between.
        (5, 0.5, 0, 1): True,
        # A missing age that is not 0, no age that is 0, two colours, no colour.
        (20, 1, 1, 0): False,
        (0, 0, 1, 0): False,
        (10, 0, 1, 1): False,
        (10, 0, 0, 0): False,
    }
    assert as_domain(TABLE, COLUMNS).contains(list(rows)).tolist() == list(rows.values())


def test_with_a_fill_a_missing_number_is_at_the_mean():
    columns = [Column("age", missing=True)]
    x = np.array([[10.0, 0], [30.0, 0], [0.0, 1]])
    fill = Fill.of_rows(columns, x)
    domain = domain_of_rows(columns, fill.filled(x), fill)
    assert domain.contains([[20, 1], [10, 0], [30, 0], [0, 1], [21, 1], [9, 0]]).tolist() == [True] * 3 + [False] * 3


def test_a_missing_category_is_a_choice_as_well():
    columns = [Column("c", "category", ("x", "y"), missing=True)]
    domain = as_domain({"c": ["x", "y", None]}, columns)
    assert domain.contains([[0, 0, 1], [1, 0, 0], [1, 0, 1], [0, 0, 0]]).tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("domain", "columns", "error", "message"),
    [
        ([[1.0]], COLUMNS, ShapeError, "must have 4 columns"),
        ([[1.0]], 2, ShapeError, "must have 2 columns"),
        ({"age": [1]}, COLUMNS, DataError, "the table has no column 'colour'"),
        (TABLE, 2, ShapeError, "2 columns, which make 4 features, but the network has 2 inputs"),
        ({"age": [], "colour": []}, COLUMNS, InvalidValueError, "row"),
        (np.ones((0, 4)), COLUMNS, InvalidValueError, "row"),
        (TABLE | {"colour": ["red", "pink", "red"]}, COLUMNS, InvalidValueError, "holds 'pink' in row 1"),
        ([[np.nan]], 1, InvalidValueError, "nan"),
    ],
)
def test_what_is_no_domain(domain, columns, error, message):
    with pytest.raises(error, match=message):
        as_domain(domain, columns)

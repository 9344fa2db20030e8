import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelu_rules.domains.box import Box
from prelu_rules.errors import CellTypeError, InvalidValueError, ShapeError
from prelu_rules.estimators.encoding import CategoryColumn, Encoding, NumberColumn

numbers = st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-1000, 1000), st.booleans())
texts = st.one_of(st.none(), st.text(max_size=3))
columns = st.lists(st.one_of(st.just(numbers), st.just(texts)), min_size=1, max_size=4)


@st.composite
def tables(draw):
    n_rows = draw(st.integers(1, 8))
    cells = [draw(st.lists(kind, min_size=n_rows, max_size=n_rows)) for kind in draw(columns)]
    return pd.DataFrame({f"c{k}": pd.Series(column, dtype=object) for k, column in enumerate(cells)})


def encoded_by_hand(table, encoding):
    """The slow twin: cell by cell."""
    rows = []
    for _, cells in table.iterrows():
        row = []
        for column, cell in zip(encoding.columns, cells, strict=True):
            missing = pd.isna(cell)
            if isinstance(column, NumberColumn):
                row.append(column.fill if missing else float(cell))
                row.extend([float(missing)] if column.fill is not None else [])
            else:
                row.extend(float(not missing and cell == category) for category in column.categories)
                row.extend([float(missing)] if column.may_miss else [])
        rows.append(row)
    return np.array(rows)


@given(tables())
def test_rows_are_what_their_cells_say_and_lie_in_the_domain(table):
    if table.isna().all().any():
        with pytest.raises(InvalidValueError, match="is missing in every row"):
            Encoding.of(table)
        return
    encoding = Encoding.of(table)
    x = encoding.transform(table)
    np.testing.assert_array_equal(x, encoded_by_hand(table, encoding))
    assert x.shape[1] == len(encoding.feature_names)
    assert encoding.domain(x).contains(x).all()
    for indicator in encoding.indicators:
        assert set(x[:, encoding.feature_names.index(indicator.name)]) <= {0.0, 1.0}


@given(st.integers(0, 99))
def test_numbers_stay_as_they_are(seed):
    x = np.random.default_rng(seed).normal(size=(5, 3))
    encoding = Encoding.of(pd.DataFrame(x, columns=["a", "b", "c"]))
    np.testing.assert_array_equal(encoding.transform(pd.DataFrame(x)), x)
    assert encoding.feature_names == ("a", "b", "c") and encoding.indicators == ()
    assert encoding.domain(x) == Box.from_data(x)


def column_of(cells):
    return Encoding.of(pd.DataFrame({"c": cells})).columns[0]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ([True, False], NumberColumn("c")),
        (np.array([1, 2], dtype="float32"), NumberColumn("c")),
        (pd.array([1, None, 2], dtype="Int64"), NumberColumn("c", 1.5)),
        (pd.array([True, None], dtype="boolean"), NumberColumn("c", 1.0)),
        (pd.Series([1, None, 2.0, np.nan, pd.NA], dtype=object), NumberColumn("c", 1.5)),
        (["red", "blue", "red"], CategoryColumn("c", ("blue", "red"))),
        (["red", None], CategoryColumn("c", ("red",), may_miss=True)),
        (["1", "2"], CategoryColumn("c", ("1", "2"))),
        (pd.Categorical(["low", "high"], categories=["low", "high", "top"]), CategoryColumn("c", ("low", "high"))),
        (pd.Categorical([3, 1, None]), CategoryColumn("c", (1, 3), may_miss=True)),
    ],
)
def test_each_kind_of_column(cells, column):
    assert column_of(cells) == column


def test_intervals_are_categories_too():
    ages = pd.cut(pd.Series([5, 30, 70]), [0, 18, 65, 99])
    encoding = Encoding.of(pd.DataFrame({"age": ages}))
    assert encoding.feature_names == ("age = (0, 18]", "age = (18, 65]", "age = (65, 99]")
    np.testing.assert_array_equal(encoding.transform(pd.DataFrame({"age": ages[::-1]})), np.eye(3)[::-1])


def test_the_mean_is_weighted():
    table = pd.DataFrame({"c": [1.0, 4.0, np.nan]})
    assert Encoding.of(table, [2, 1, 5]).columns[0].fill == 2.0
    assert Encoding.of(table, [0.5, 0.25, 5]).columns[0].fill == 2.0


@given(st.integers(0, 999))
def test_the_mean_does_not_depend_on_the_order_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    cells, weights = np.append(rng.normal(size=20), np.nan), rng.integers(1, 5, 21)
    order = rng.permutation(21)
    by_weight = Encoding.of(pd.DataFrame({"c": cells[order]}), weights[order])
    assert by_weight == Encoding.of(pd.DataFrame({"c": cells.repeat(weights)}))


@pytest.mark.parametrize(
    ("cells", "error", "message"),
    [
        (["red", 1], InvalidValueError, "column 'c' holds strings as well as the number 1"),
        ([1.0, np.inf], InvalidValueError, "column 'c' holds inf in row 1"),
        ([{"a": 1}, 2.0], CellTypeError, r"column 'c' holds {'a': 1} in row 0, but a cell"),
        (pd.to_datetime(["2020-01-01"]), CellTypeError, "column 'c' holds Timestamp"),
        ([1j, 2], CellTypeError, "column 'c' holds 1j in row 0"),
    ],
)
def test_training_rows_that_cannot_be_used(cells, error, message):
    with pytest.raises(error, match=message):
        Encoding.of(pd.DataFrame({"c": cells})).transform(pd.DataFrame({"c": cells}))


@pytest.mark.parametrize(
    ("trained", "cells", "error", "message"),
    [
        ([1.0, 2], [1.0, np.nan], InvalidValueError, "column 'c' holds NaN in row 1, but never did in training"),
        ([1.0, 2], [1.0, "x"], InvalidValueError, "column 'c' holds 'x' in row 1, but held numbers"),
        ([1.0, None], [-np.inf, None], InvalidValueError, "column 'c' holds -inf in row 0"),
        (["a", "b"], ["a", "z"], InvalidValueError, "column 'c' holds 'z' in row 1, .*categories are a, b"),
        (
            ["a", "b"],
            ["a", None],
            InvalidValueError,
            "column 'c' holds (None|nan) in row 1",
        ),
        (["a", None], ["z", None], InvalidValueError, "holds 'z' in row 0, .*categories are a, missing"),
        (["1", "2"], [1, 2], InvalidValueError, "column 'c' holds 1 in row 0"),
        (["a", "b"], [["a"], "b"], CellTypeError, r"column 'c' holds \['a'\] in row 0"),
    ],
)
def test_rows_that_training_knew_nothing_of(trained, cells, error, message):
    encoding = Encoding.of(pd.DataFrame({"c": trained}))
    with pytest.raises(error, match=message):
        encoding.transform(pd.DataFrame({"c": cells}))


def test_another_number_of_columns():
    with pytest.raises(ShapeError, match="the table has 1 columns, but must have 2"):
        Encoding.of(pd.DataFrame([[1.0, 2.0]])).transform(pd.DataFrame([[1.0]]))


def test_what_no_row_can_be_is_off_the_domain():
    table = pd.DataFrame({"age": [10, 30, None], "colour": ["red", "blue", "red"]})
    encoding = Encoding.of(table)
    assert encoding.feature_names == ("age", "age is missing", "colour = blue", "colour = red")
    domain = encoding.domain(encoding.transform(table))
    rows = {(20, 1, 1, 0): True, (10, 0, 0, 1): True, (30, 1, 1, 0): False, (10, 0, 1, 1): False, (10, 0, 0, 0): False}
    assert domain.contains(list(rows)).tolist() == list(rows.values())

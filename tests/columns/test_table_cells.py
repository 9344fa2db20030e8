import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_tables import raw_tables, shapes

from prelu_rules.columns.column import Column
from prelu_rules.columns.encoding import encoded_cells, inferred_columns
from prelu_rules.columns.feature_rows import feature_rows
from prelu_rules.columns.tables import is_table, known_cells, table_cells, to_pandas
from prelu_rules.errors import CellTypeError, DataError, InvalidValueError


@settings(max_examples=60)
@given(raw_tables())
def test_a_table_is_the_same_in_every_library(raw):
    table, kinds = raw
    cells = table_cells(table)
    columns = inferred_columns(cells)
    assert {column.name: column.kind for column in columns} == kinds
    x = encoded_cells(columns, cells)
    for name, same in shapes(table, kinds):
        if name != "rows as dicts":
            assert inferred_columns(table_cells(same)) == columns, name
        np.testing.assert_array_equal(feature_rows(columns, same), x, err_msg=name)


@given(raw_tables(), st.randoms(use_true_random=False))
def test_columns_come_in_any_order_and_others_are_not_looked_at(raw, random):
    table, _ = raw
    columns = inferred_columns(table_cells(table))
    n_rows = len(next(iter(table.values())))
    others = {"mixed": [1, "a", *[None] * 8], "date": [datetime.date(2026, 1, 31)] * 10, "list": [[1]] * 10}
    more = [*table.items(), *((name, cells[:n_rows]) for name, cells in others.items())]
    random.shuffle(more)
    x = feature_rows(columns, table)
    np.testing.assert_array_equal(feature_rows(columns, dict(more)), x)
    np.testing.assert_array_equal(feature_rows(columns, pd.DataFrame({n: pd.Series(c) for n, c in more})), x)
    frame = pl.DataFrame({name: pl.Series(cells, dtype=pl.Object) for name, cells in others.items()}).head(n_rows)
    plain = pl.DataFrame(table, strict=False).select(random.sample(list(table), len(table)))
    np.testing.assert_array_equal(feature_rows(columns, frame.hstack(plain)), x)


@given(raw_tables())
def test_a_row_is_told_by_name(raw):
    table, kinds = raw
    columns = inferred_columns(table_cells(table))
    x = feature_rows(columns, table)
    frames = [dict(shapes(table, kinds))[name] for name in ("objects", "NumPy", "nullable", "categorical")]
    for k in range(len(x)):
        row = {name: cells[k] for name, cells in table.items()}
        backwards = dict(reversed(row.items()))
        rows = [row, backwards, pd.Series(row, dtype=object), pd.Series(backwards, dtype=object)]
        for frame in frames:
            rows += [frame.iloc[k], frame.iloc[k][::-1], frame.iloc[[k]]]
        for one in rows:
            np.testing.assert_array_equal(feature_rows(columns, one), x[[k]])


@given(raw_tables())
def test_pandas_holds_all_that_cells_say(raw):
    cells = table_cells(raw[0])
    again = table_cells(to_pandas(cells))
    assert inferred_columns(again) == inferred_columns(cells)
    for old, new in zip(cells, again, strict=True):
        assert (old.name, old.kind) == (new.name, new.kind) and (old.missing == new.missing).all()
        assert [v for v, gone in zip(old.values.tolist(), old.missing, strict=True) if not gone] == [
            v for v, gone in zip(new.values.tolist(), new.missing, strict=True) if not gone
        ]


def test_pandas_holds_large_numbers_and_levels():
    cells = table_cells(
        {"a": [2**70, None], "b": [np.uint64(2**63), None], "c": pd.Categorical(["y", None], ["y", "x"])}
    )
    again = table_cells(to_pandas(cells))
    assert [one.values[0] for one in again] == [2**70, 2**63, "y"] and again[2].levels == ("y",)


def test_a_row_without_names_is_refused():
    columns = [Column("a"), Column("b")]
    with pytest.raises(DataError, match="the table has no column 'a'; its columns are '0', '1'"):
        feature_rows(columns, pd.Series([1.0, 2.0]))
    with pytest.raises(DataError, match="no column 'b'; its columns are 'a'"):
        feature_rows(columns, {"a": 1})
    with pytest.raises(DataError, match="no column 'a'; its columns are none"):
        feature_rows(columns, {})
    assert feature_rows(columns, [1.0, 2.0]).tolist() == [[1.0, 2.0]]


DAY, NOON = datetime.date(2026, 1, 31), datetime.datetime(2026, 1, 31, 12)
DATES = [
    pd.DataFrame({"d": pd.to_datetime(["2026-01-31", None])}),
    pd.DataFrame({"d": pd.to_datetime(["2026-01-31"]).tz_localize("Europe/Zurich")}),
    pd.DataFrame({"d": pd.to_timedelta(["1D"])}),
    pd.DataFrame({"d": pd.period_range("2026-01", periods=2, freq="M")}),
    pd.DataFrame({"d": pd.Series([DAY, None], dtype=object)}),
    pd.DataFrame({"d": pd.array([DAY], dtype=pd.ArrowDtype(pa.date32()))}),
    pd.DataFrame({"d": np.array(["2026-01-31"], dtype="datetime64[s]")}),
    pl.DataFrame({"d": [DAY]}),
    pl.DataFrame({"d": [NOON]}),
    pl.DataFrame({"d": [datetime.timedelta(1)]}),
    pl.DataFrame({"d": [datetime.time(1)]}),
    pa.table({"d": [DAY]}),
    pa.table({"d": pa.array([NOON], pa.timestamp("ns", "UTC"))}),
    pa.table({"d": pa.array([1], pa.duration("s"))}),
    pa.table({"d": pa.array([1], pa.time32("s"))}),
    {"d": np.array(["2026-01-31"], dtype="datetime64[ns]")},
    {"d": np.array([1], dtype="timedelta64[ns]")},
    {"d": pd.Series(pd.to_datetime(["2026-01-31"]))},
    {"d": pd.to_datetime(["2026-01-31"])},
    {"d": pd.DatetimeIndex(["2026-01-31"]).to_period("D")},
    {"d": NOON},
    {"d": ["2026-01-31", "2026-02-01"]},
    pd.DataFrame({"d": ["31.1.2026", None]}),
    pl.DataFrame({"d": ["31.1.2026", None]}),
    pa.table({"d": ["31.1.2026", None]}),
    pd.Series({"d": pd.Timestamp(NOON)}),
]


@pytest.mark.parametrize("table", DATES)
def test_dates_are_refused_with_advice(table):
    with pytest.raises(InvalidValueError, match="column 'd' holds dates or times; replace it by numbers"):
        inferred_columns(table_cells(table))


@pytest.mark.parametrize(
    "table",
    [
        {"c": [[1], [2]]},
        {"c": [{"a": 1}]},
        {"c": [1j, 2]},
        {"c": np.array([1j])},
        {"c": np.ones((2, 2))},
        {"c": {"a": 1}},
        {"c": b"x"},
        pd.DataFrame({"c": [1j]}),
        pd.DataFrame({"c": [[1], [2]]}),
        pd.DataFrame({"c": pd.interval_range(0, 2)}),
        pl.DataFrame({"c": [[1], [2]]}),
        pl.DataFrame({"c": [{"a": 1}]}),
        pl.DataFrame({"c": [b"x"]}),
        pa.table({"c": [[1], [2]]}),
        pa.table({"c": [{"a": 1}]}),
        pa.table({"c": [b"x"]}),
    ],
)
def test_what_is_no_cell_is_refused(table):
    with pytest.raises(
        CellTypeError, match="column 'c' holds .*, but a cell of the argument must be a string or a number"
    ):
        table_cells(table)


@pytest.mark.parametrize(
    "values",
    [
        [2**53 + 1, 1],
        np.array([2**53 + 1, 1]),
        pd.array([2**53 + 1, None], dtype="Int64"),
        pd.Series([2**64 - 1], dtype="uint64"),
        pd.array([2**53 + 1], dtype=pd.ArrowDtype(pa.int64())),
        pl.Series([2**53 + 1, None]),
        pa.chunked_array([[2**53 + 1, None]]),
        pa.array([2**53 + 1, None]),
        [Decimal(2**53 + 1)],
        pa.array([Decimal(2**53 + 1)]),
        pd.Series([2**53 + 1, 0.5], dtype=object),
    ],
)
def test_large_whole_numbers_do_not_become_others(values):
    with pytest.raises(InvalidValueError, match=r"holds \d+ in row 0, which float64 cannot hold exactly"):
        inferred_columns(table_cells({"id": values}))


def test_they_may_be_codes():
    ids = pd.Categorical([2**53 + 1, 2**53, None])
    columns = inferred_columns(table_cells({"id": ids}))
    assert columns[0].levels == (2**53, 2**53 + 1)
    assert feature_rows(columns, {"id": ids}).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    "values",
    [
        [Decimal("0.5"), None, Decimal(2)],
        pd.Series([Decimal("0.5"), None, Decimal(2)]),
        pl.Series([Decimal("0.5"), None, Decimal(2)]),
        pa.array([Decimal("0.5"), None, Decimal(2)]),
        pa.chunked_array([[Decimal("0.5"), None, Decimal(2)]]),
        pd.array([Decimal("0.5"), None, Decimal(2)], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
    ],
)
def test_decimals_are_numbers(values):
    columns = inferred_columns(table_cells({"price": values}))
    assert columns == (Column("price", missing=True),)
    assert feature_rows(columns, {"price": values}).tolist() == [[0.5, 0], [0, 1], [2, 0]]
    assert feature_rows(columns, {"price": Decimal("1.5")}).tolist() == [[1.5, 0]]


LEVELS = {
    "sizes": (["M", "S", None, "M"], ["S", "M", "L"], ("S", "M")),
    "codes": (["1", "01", None], ["1", "01"], ("1", "01")),
    "words": (["none", "NA", "", None], ["NA", "", "none"], ("NA", "", "none")),
}


@pytest.mark.parametrize(("cells", "declared", "used"), LEVELS.values(), ids=LEVELS)
def test_levels_keep_the_declared_order(cells, declared, used):
    arrow = pa.DictionaryArray.from_arrays(
        pa.array([None if cell is None else declared.index(cell) for cell in cells], pa.int8()), declared
    )
    series = [
        pd.Categorical(cells, declared),
        pd.Series(pd.Categorical(cells, declared, ordered=True)),
        pl.Series(cells, dtype=pl.Enum(declared)),
        arrow,
        pa.chunked_array([arrow, arrow]),
        pd.Series(pd.array(arrow, dtype=pd.ArrowDtype(arrow.type))),
    ]
    for values in series:
        for table in ({"c": values}, pa.table({"c": values}) if isinstance(values, pa.ChunkedArray) else {"c": values}):
            assert inferred_columns(table_cells(table)) == (Column("c", "category", used, missing=True),), values
    assert inferred_columns(table_cells({"c": cells}))[0].levels == tuple(sorted(used))


@pytest.mark.parametrize("levels", [(3, 1), (True, False), (2.5, 0.5)])
def test_categories_of_numbers_stay_categories(levels):
    values = pd.Categorical([levels[0], levels[1], None], categories=levels)
    columns = inferred_columns(table_cells(pd.DataFrame({"c": values})))
    assert columns == (Column("c", "category", levels, missing=True),)
    assert [type(level) for level in columns[0].levels] == [type(level) for level in levels]
    # Whatever the numbers are held in when the rules are used.
    for same in (values, list(values), [float(level) for level in levels] + [np.nan], pl.Series([*levels, None])):
        np.testing.assert_array_equal(feature_rows(columns, {"c": same}), np.eye(3))
    # A text file writes them as texts.
    assert feature_rows(columns, {"c": str(levels[1])}).tolist() == [[0, 1, 0]]


def test_intervals_and_dates_that_are_declared_categories_are_levels():
    ages = pd.Series(pd.cut([5, 30, 70, 30], [0, 18, 65, 99]))
    columns = inferred_columns(table_cells({"age": ages}))
    assert columns[0].levels == ("(0, 18]", "(18, 65]", "(65, 99]")
    assert feature_rows(columns, pd.DataFrame({"age": ages}).iloc[2]).tolist() == [[0, 0, 1]]
    assert feature_rows(columns, {"age": ages[::-1].tolist()}).tolist() == [[0, 1, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]
    days = pd.Categorical([DAY, DAY])
    columns = inferred_columns(table_cells({"day": days}))
    assert columns[0].levels == ("2026-01-31",)
    assert feature_rows(columns, {"day": [DAY, "2026-01-31"]}).tolist() == [[1], [1]]


def test_texts_that_look_like_dates_in_a_few_rows_are_still_levels():
    columns = inferred_columns(table_cells({"version": ["1.12.10", "beta"]}))
    assert feature_rows(columns, {"version": "1.12.10"}).tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "the table has two columns named 'a'"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "the table has two columns named '1'"),
        ({1: [1], "1": [2]}, "the table has two columns named '1'"),
        (pd.Series([1, 2], index=["a", "a"]), "the table has two columns named 'a'"),
        (pa.table([[1], [2]], names=["a", "a"]), "the table has columns with the same name: .*'a'"),
        ({"a": [1, 2], "b": [1]}, "column 'b' has 1 rows, but column 'a' has 2; all columns need the same number"),
        ({"a": 1, "b": [1, 2]}, "column 'b' has 2 rows, but column 'a' has 1"),
        (3, "cannot read a table from int; give a pandas, polars or pyarrow table, or a dict"),
        (pl.LazyFrame({"a": [1]}), "cannot read a table from LazyFrame"),
    ],
)
def test_what_is_not_a_table(table, message):
    with pytest.raises(DataError, match=message):
        table_cells(table)


def test_columns_by_place():
    columns = [Column("a"), Column("b", "category", ("x",))]
    table = pd.DataFrame({"other": [1.5], "name": ["x"]})
    assert encoded_cells(columns, known_cells(table, columns, by_place=True)).tolist() == [[1.5, 1.0]]
    with pytest.raises(DataError, match="the table has 2 columns, but must have 1"):
        known_cells(table, columns[:1], by_place=True)


def test_names_that_are_not_text_become_text():
    for table in (pd.DataFrame([[1, 2]]), {0: [1], 1: [2]}, pd.Series([1, 2])):
        assert [cells.name for cells in table_cells(table)] == ["0", "1"]
    double = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    assert table_cells(double)[0].name == "('a', 'b')"


def test_tables_without_rows():
    columns = [Column("a"), Column("b", "category", ("x",)), Column("c", "yes/no", missing=True)]
    for empty in ({"a": [], "b": [], "c": []}, pd.DataFrame(columns=["a", "b", "c"])):
        assert feature_rows(columns, empty).shape == (0, 4)


def test_what_is_a_table():
    frame = pd.DataFrame({"a": [1]})
    tables = [frame, frame.iloc[0], pl.DataFrame(frame), pa.table({"a": [1]}), pa.record_batch({"a": [1]}), {"a": 1}]
    assert all(map(is_table, tables))
    assert not any(map(is_table, [[[1.0]], np.eye(2), pl.Series([1.0]), "a", 3, None, (1, 2)]))


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1.5, np.nan, None]),
        pd.Series(pd.array([1.5, np.nan, None], dtype="Float64")),
        pd.Series([1.5, float("nan"), None], dtype=pd.ArrowDtype(pa.float64())),
        pl.Series([1.5, float("nan"), None]),
        pa.chunked_array([[1.5, float("nan"), None]]),
        [1.5, float("nan"), None],
    ],
)
def test_nan_is_missing_whatever_the_library_calls_null(values):
    cells = table_cells({"c": values})[0]
    assert cells.kind == "number" and cells.missing.tolist() == [False, True, True]
    assert feature_rows([Column("c", missing=True)], {"c": values}).tolist() == [[1.5, 0], [0, 1], [0, 1]]

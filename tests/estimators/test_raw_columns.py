"""What estimators and `fit_rules` refuse of tables and targets, and that they do so before any training."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import prelu_rules as pr
from prelu_rules.errors import CellTypeError, DataError, InvalidValueError
from prelu_rules.search import path

pytestmark = pytest.mark.slow

QUICK = {"starts": "force", "members": 1, "hidden": (2,), "warm_up_steps": 100, "force_steps": 100, "jit": False}
N_ROWS = 12
X = np.arange(float(N_ROWS))[:, None]
Y = np.arange(float(N_ROWS))


@pytest.fixture
def untrained(monkeypatch):
    def train(*_args, **_options):
        raise AssertionError("training has started")

    monkeypatch.setattr(path, "train_path", train)


def repeated(*values):
    return [value for _ in range(N_ROWS // len(values)) for value in values]


GONE = {
    "None": repeated("a", None),
    "NaN in a list": repeated("a", float("nan")),
    "NaN in objects": np.array(repeated("a", np.nan, "b"), dtype=object),
    "numbers": repeated(0.0, np.nan),
    "array of numbers": np.array(repeated(0.0, np.nan)),
    "pandas": pd.Series(repeated("a", None)),
    "pandas objects": pd.Series(repeated("a", pd.NA), dtype=object),
    "pandas string": pd.Series(repeated("a", None), dtype="string"),
    "pandas category": pd.Series(pd.Categorical(repeated("a", None))),
    "bare category": pd.Categorical(repeated("a", None)),
    "pandas Int64": pd.Series(repeated(0, None), dtype="Int64"),
    "pandas boolean": pd.Series(repeated(True, None), dtype="boolean"),
    "bools in objects": pd.Series(repeated(True, None), dtype=object),
    "Arrow in pandas": pd.Series(repeated("a", None), dtype=pd.ArrowDtype(pa.string())),
    "polars": pl.Series(repeated("a", None)),
    "polars category": pl.Series(repeated("a", None), dtype=pl.Categorical),
    "polars numbers": pl.Series(repeated(1.0, float("nan"))),
    "polars bools": pl.Series(repeated(True, None)),
    "Arrow": pa.chunked_array([repeated("a", None)]),
    "Arrow array": pa.array(repeated("a", None)),
    "a column of a frame": pd.DataFrame({"y": repeated("a", None)}),
    "a column of polars": pl.DataFrame({"y": repeated("a", None)}),
}


@pytest.mark.parametrize("y", GONE.values(), ids=GONE)
def test_missing_labels_are_no_class(untrained, y):
    with pytest.raises(InvalidValueError, match="y is missing in row 1; leave out the rows without a class"):
        pr.PReLURuleClassifier(**QUICK).fit(X, y)


@pytest.mark.parametrize(
    "y",
    [
        pd.to_datetime(repeated("2026-01-31", "2026-02-28")),
        pd.Series(pd.to_datetime(repeated("2026-01-31", "2026-02-28"))),
        np.array(repeated("2026-01-31", "2026-02-28"), dtype="datetime64[ns]"),
        np.array(repeated(1, 2), dtype="timedelta64[s]"),
        repeated(datetime.date(2026, 1, 31), datetime.date(2026, 2, 28)),
    ],
    ids=lambda y: type(y).__name__,
)
def test_dates_are_no_targets(untrained, y):
    with pytest.raises(InvalidValueError, match="column 'y' holds dates or times; replace it by numbers"):
        pr.PReLURuleClassifier(**QUICK).fit(X, y)
    if not isinstance(y, list):
        with pytest.raises(InvalidValueError, match="column 'y' holds dates or times"):
            pr.PReLURuleRegressor(**QUICK).fit(X, y)


def test_labels_of_several_types_are_refused(untrained):
    with pytest.raises(InvalidValueError, match="column 'y' holds texts as well as the number 1"):
        pr.PReLURuleClassifier(**QUICK).fit(X, np.array(repeated("a", 1), dtype=object))


def test_datasets_too(untrained):
    import tensorflow as tf

    rows = tf.data.Dataset.from_tensor_slices((X, np.array(repeated(0.0, np.nan)))).batch(5)
    with pytest.raises(InvalidValueError, match="y is NaN in a row of the dataset"):
        pr.PReLURuleClassifier(**QUICK).fit(rows)


DATE = "holds dates or times; replace it by numbers"
FRAMES = {
    "level and column": (
        {"c": repeated("x", "y"), "c = x": Y},
        InvalidValueError,
        "both make a feature called 'c = x'",
    ),
    "missing and column": (
        {"a": repeated(1.0, None), "a is missing": Y},
        InvalidValueError,
        "both make a feature called 'a is missing'",
    ),
    "two levels": ({"c": pd.Categorical(repeated(1, "1"))}, InvalidValueError, "two levels that are written '1'"),
    "dates": ({"d": pd.date_range("2026", periods=N_ROWS)}, InvalidValueError, DATE),
    "zones": ({"d": pd.date_range("2026", periods=N_ROWS, tz="Europe/Zurich")}, InvalidValueError, DATE),
    "date objects": ({"d": repeated(datetime.date(2026, 1, 31))}, InvalidValueError, DATE),
    "date texts": ({"d": repeated("2026-01-31", "2026-02-28")}, InvalidValueError, DATE),
    "durations": ({"d": pd.to_timedelta(range(N_ROWS), unit="D")}, InvalidValueError, DATE),
    "periods": ({"d": pd.period_range("2026", periods=N_ROWS, freq="M")}, InvalidValueError, DATE),
    "large numbers": ({"id": [2**53 + 1 + k for k in range(N_ROWS)]}, InvalidValueError, "float64 cannot hold exactly"),
    "complex": ({"a": Y * 1j}, CellTypeError, "but a cell of the argument must be a string or a number"),
    "lists": ({"a": [[1]] * N_ROWS}, CellTypeError, "but a cell of the argument must be a string or a number"),
    "dicts": ({"a": [{"b": 1}] * N_ROWS}, CellTypeError, "but a cell of the argument must be a string or a number"),
    "mixed": ({"a": repeated("x", 1)}, InvalidValueError, "column 'a' holds texts as well as the number 1"),
    "nothing": ({"a": [None] * N_ROWS}, InvalidValueError, "column 'a' is missing in all rows"),
    "names": ({"a": [f"name {k}" for k in range(N_ROWS)]}, InvalidValueError, "12 different texts in 12 rows"),
    "infinite": ({"a": np.append(Y[1:], np.inf)}, InvalidValueError, "column 'a' holds inf in row 11"),
}


@pytest.mark.parametrize(("table", "error", "message"), FRAMES.values(), ids=FRAMES)
def test_tables_that_cannot_be_used_are_refused_before_any_training(untrained, table, error, message):
    with pytest.raises(error, match=message):
        pr.fit_rules({**table, "price": Y}, target="price", **QUICK)
    with pytest.raises(error, match=message):
        pr.PReLURuleRegressor(**QUICK).fit(pd.DataFrame(table), Y)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.array([["2026-01-31"]] * N_ROWS, dtype="datetime64[ns]"), InvalidValueError, f"column 'x0' {DATE}"),
        ([["2026-01-31"]] * N_ROWS, InvalidValueError, f"column 'x0' {DATE}"),
        (np.array([[1j]] * N_ROWS, dtype=object), CellTypeError, "column 'x0' holds 1j"),
        (np.array([[2**53 + 1]] * N_ROWS), InvalidValueError, "column 'x0' holds 9007199254740993"),
        (pl.LazyFrame({"a": Y}), DataError, "cannot read a table from LazyFrame"),
        (pd.DataFrame(np.ones((N_ROWS, 2)), columns=["a", "a"]), DataError, "the table has two columns named 'a'"),
    ],
    ids=lambda x: type(x).__name__,
)
def test_arrays_that_cannot_be_used(untrained, x, error, message):
    with pytest.raises(error, match=message):
        pr.PReLURuleRegressor(**QUICK).fit(x, Y)


def test_the_user_may_say_what_columns_are():
    table = {
        "mixed": repeated("x", 1),
        "day": repeated(datetime.date(2026, 1, 31), datetime.date(2026, 2, 28)),
        "zip": [8001.0, 3012.0, np.nan] * (N_ROWS // 3),
        "text": [str(k) for k in range(N_ROWS)],
        7: Y,
        "y": Y,
    }
    fitted = pr.fit_rules(table, "y", category=["mixed", "day", "zip"], number=["text"], **QUICK)
    levels = [column.levels for column in fitted.rules.columns]
    assert levels == [(1, "x"), ("2026-01-31", "2026-02-28"), (3012, 8001), (), ()]
    assert [column.kind for column in fitted.rules.columns[3:]] == ["integer", "number"]
    rows = {**table, "text": list(range(N_ROWS))}
    assert fitted.predict(rows).shape == (N_ROWS,)
    for names in ({"category": ["zip"], "number": ["zip"]}, {"category": "zip"}, {"number": "zip"}):
        with pytest.raises(InvalidValueError, match="in both category and number|is the text 'zip'; give a list"):
            pr.fit_rules(table, "y", **names)
    with pytest.raises(DataError, match="no column 'zap'; did you mean 'zip'"):
        pr.fit_rules({"zip": Y, "y": Y}, "y", category=["zap"])


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table, dict], ids=lambda make: make.__module__)
def test_tables_of_every_library_have_names(make):
    table = {"a": Y.tolist(), "b": repeated("x", "y"), "c": [Decimal(k) for k in range(N_ROWS)]}
    model = pr.PReLURuleRegressor(**QUICK, random_state=0).fit(make(table), Y)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    assert model.rules_.feature_names == ("a", "b = x", "b = y", "c")
    np.testing.assert_array_equal(model.predict(make(table)), model.rules_.predict(make(table))[:, 0])
    with pytest.raises(ValueError, match="in the same order"):
        model.predict(make(dict(reversed(table.items()))))


def test_columns_called_by_numbers_are_found_by_them():
    frame = pd.DataFrame(np.column_stack([Y, Y[::-1] ** 2]))
    model = pr.PReLURuleRegressor(**QUICK, random_state=0).fit(frame, Y)
    np.testing.assert_array_equal(model.predict(frame[[1, 0]]), model.predict(frame))
    # Columns with other names are those of the training by their places, as rows of an array are.
    np.testing.assert_array_equal(model.predict(frame.to_numpy()), model.predict(frame))
    np.testing.assert_array_equal(model.predict(frame.set_axis([5, 6], axis=1)), model.predict(frame))


def test_outputs_are_not_called_like_columns():
    table = pd.DataFrame({"y": Y, "predicted_y": Y[::-1]})
    model = pr.PReLURuleRegressor(**QUICK, random_state=0).fit(table, pd.Series(Y, name="y"))
    assert model.rules_.output_names == ("predicted_predicted_y",)
    both = pr.PReLURuleRegressor(**QUICK, random_state=0).fit(
        table[["y"]], pd.DataFrame({"y": Y, "predicted_y": Y[::-1]})
    )
    assert both.rules_.output_names == ("predicted_predicted_y", "predicted_y")
    arrays = pr.PReLURuleRegressor(**QUICK, random_state=0).fit(table[["y"]], Y)
    assert arrays.rules_.output_names == ("predicted_y",)
    level = pd.DataFrame({"y": repeated("a", "b"), "logit(y = b)": Y})
    classes = pr.PReLURuleClassifier(**QUICK, random_state=0).fit(level[["logit(y = b)"]], level["y"])
    assert classes.rules_.output_names == ("predicted_logit(y = b)",)


def test_names_that_cannot_be_written_are_refused_before_any_training(untrained):
    with pytest.raises(InvalidValueError, match="is not valid Unicode"):
        pr.PReLURuleRegressor(**QUICK).fit(X, pd.Series(Y, name="a\udc80"))


@pytest.mark.parametrize("labels", [[0.0, 1.0], [0, 1], [True, False], ["01", "1"], ["NA", "none"]])
def test_two_values_are_classes(labels):
    table = {"x": Y, "y": repeated(*labels)}
    fitted = pr.fit_rules(table, target="y", **QUICK)
    assert fitted.task == "classification" and fitted.rules.classes == tuple(sorted(labels))
    predicted = fitted.predict(table)
    assert set(predicted.tolist()) <= set(labels) and {type(label) for label in fitted.rules.classes} <= {
        int if isinstance(labels[0], float) else type(labels[0])
    }

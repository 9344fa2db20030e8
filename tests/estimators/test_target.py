import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from prelu_rules.columns.tables import table_cells
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.estimators.target import Target, label_array


def target(values, task=None):
    return Target.of_cells(table_cells({"y": values})[0], task)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([0.0, 1.0], (0, 1)),
        ([0, 1], (0, 1)),
        ([Decimal(0), Decimal(1)], (0, 1)),
        (np.array([0, 1], dtype="uint8"), (0, 1)),
        ([True, False], (False, True)),
        (pd.array([True, False], dtype="boolean"), (False, True)),
        (pl.Series([True, False]), (False, True)),
        (pa.array([True, False]), (False, True)),
        (["b", "a"], ("a", "b")),
        (["01", "1"], ("01", "1")),
        (["NA", "none"], ("NA", "none")),
        (pd.Categorical(["low", "high"], ["low", "high", "top"]), ("low", "high")),
        (pd.Categorical([3, 1]), (1, 3)),
        (pd.array(["b", "a"], dtype="string"), ("a", "b")),
        (pl.Series(["b", "a"], dtype=pl.Categorical), ("a", "b")),
        (pa.array(["b", "a"]).dictionary_encode(), ("b", "a")),
    ],
)
def test_classes(values, classes):
    repeated = pd.Series(values).repeat(3) if not isinstance(values, (pl.Series, pa.Array)) else values
    if isinstance(values, pl.Series):
        repeated = pl.concat([values] * 3)
    elif isinstance(values, pa.Array):
        repeated = pa.chunked_array([values] * 3)
    found = target(repeated)
    assert (found.task, found.classes) == ("classification", classes)
    assert [type(label) for label in found.classes] == [type(label) for label in classes]
    labels = found.labels.tolist()
    assert labels == (repeated.to_pylist() if isinstance(values, pa.Array) else repeated.to_list())


@pytest.mark.parametrize(
    "values", [[0.0, 1.0, 2.0], [1, 2, 3], [0.5, 1.0], pd.array([1, 5], dtype="Int64"), pl.Series([0.1, 0.2])]
)
def test_numbers(values):
    found = target(values)
    assert (found.task, found.classes) == ("regression", None)
    assert found.labels.tolist() == list(map(float, values))


def test_the_task_decides():
    assert target([0, 1] * 3, "regression").classes is None
    assert target([True, False] * 3, "regression").values.tolist() == [1, 0] * 3
    assert target([3, 1.5, -2] * 3, "classification").classes == (-2, 1.5, 3)
    assert target(pd.Categorical([3, 1] * 3), "regression").values.tolist() == [3, 1] * 3
    with pytest.raises(InvalidValueError, match="task is 'guess'; it must be 'regression' or 'classification'"):
        target([1, 2], "guess")


GONE = [
    ["a", None, "b"],
    ["a", np.nan, "b"],
    np.array(["a", np.nan, "b"], dtype=object),
    pd.Series(["a", None, "b"]),
    pd.Series(["a", None, "b"], dtype="string"),
    pd.Series(["a", np.nan, "b"], dtype=object),
    pd.Series(["a", pd.NA, "b"], dtype=object),
    pd.Categorical(["a", None, "b"]),
    pd.array(["a", None, "b"], dtype=pd.ArrowDtype(pa.string())),
    [0.0, np.nan, 1.0],
    pd.array([0, None, 1], dtype="Int64"),
    pd.array([True, None, False], dtype="boolean"),
    pd.Series([True, None, False], dtype=object),
    pl.Series(["a", None, "b"]),
    pl.Series(["a", None, "b"], dtype=pl.Categorical),
    pl.Series([0.0, float("nan"), 1.0]),
    pl.Series([1, None, 2]),
    pa.array(["a", None, "b"]),
    pa.chunked_array([["a", None], ["b"]]),
    [1, pd.NaT, 2],
]


@pytest.mark.parametrize("values", GONE)
def test_what_is_missing_is_no_class(values):
    with pytest.raises(DataError, match="the target 'y' is missing in row 1; leave out the rows without a target"):
        target(values)


@pytest.mark.parametrize(
    ("values", "task", "error", "message"),
    [
        ([None, None], None, DataError, "the target 'y' is missing in row 0"),
        ([3, 3], None, DataError, "the target 'y' is 3 in every row; choose one that varies"),
        ([0, 0], None, DataError, "the target 'y' is 0 in every row; choose one with at least two classes"),
        (["a"] * 3, None, DataError, "the target 'y' is 'a' in every row"),
        (["a"] * 3 + ["b"] * 2, None, DataError, "class 'b' of the target 'y' has fewer than 3 rows; drop the class"),
        (["a", "b"], "regression", DataError, "cannot be predicted as a number: column 'y' holds 'a' in row 0"),
        ([1.0, np.inf], None, InvalidValueError, "column 'y' holds inf in row 1"),
        ([2**53 + 1, 2**53] * 3, "classification", InvalidValueError, "holds 9007199254740993 in row 0"),
        ([2**53 + 1, 2**53] * 3, None, (InvalidValueError, DataError), "holds 9007199254740993 in row 0"),
        (["2026-01-31", "2026-02-28"] * 3, None, InvalidValueError, "column 'y' holds dates or times"),
        ([datetime.date(2026, 1, 31)] * 3, None, InvalidValueError, "column 'y' holds dates or times"),
    ],
)
def test_what_cannot_be_predicted(values, task, error, message):
    with pytest.raises(error, match=message):
        target(values, task)


def test_codes_too_large_for_a_float_may_be_classes_as_categories():
    ids = pd.Categorical([2**53 + 1, 2**53] * 3)
    assert target(ids).classes == (2**53, 2**53 + 1)


def test_labels_of_several_types_stay_as_they_are():
    assert label_array(["no", 1, True]).tolist() == ["no", 1, True]
    assert label_array([1, 2]).dtype == np.int64 and label_array([True, False]).dtype == bool

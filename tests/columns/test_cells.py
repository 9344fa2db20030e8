import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from prelu_rules.columns.cells import as_level, cells_of_values, check_no_dates, dates_refused, numbers
from prelu_rules.errors import CellTypeError, InvalidValueError

GONE = [None, np.nan, float("nan"), pd.NA, pd.NaT, np.float32("nan"), Decimal("NaN"), np.datetime64("NaT")]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "integer"),
        ([1, 2.0], "number"),
        ([np.int8(1), np.uint64(2)], "integer"),
        ([np.float32(0.5)], "number"),
        ([True, False], "yes/no"),
        ([np.bool_(True)], "yes/no"),
        ([True, 2], "integer"),
        ([Decimal("0.1"), Decimal(3)], "number"),
        ([Fraction(1, 2)], "number"),
        (["a", "b"], "category"),
        (["01", "1"], "category"),
        ([np.str_("a")], "category"),
        ([""], "category"),
    ],
)
@pytest.mark.parametrize("gone", [(), (None,), tuple(GONE)])
def test_a_column_is_what_all_its_values_are(values, kind, gone):
    cells = cells_of_values("c", [*values, *gone])
    assert cells.kind == kind
    assert cells.missing.tolist() == [False] * len(values) + [True] * len(gone)
    if kind != "category":
        assert numbers(cells).tolist() == [float(value) for value in values] + [0.0] * len(gone)
    else:
        assert cells.values[: len(values)].tolist() == values


def test_nothing_is_of_no_kind():
    cells = cells_of_values("c", GONE)
    assert cells.kind is None and cells.missing.all() and not numbers(cells).any()
    assert cells_of_values("c", [None], levels=("a",)).kind is None


@pytest.mark.parametrize("text", ["NA", "none", "nan", "null", "N/A", "-", " "])
def test_texts_are_never_missing(text):
    cells = cells_of_values("c", [text, "x", None])
    assert cells.missing.tolist() == [False, False, True] and cells.values[0] == text


@pytest.mark.parametrize(
    "value", [2**53 + 1, -(2**53) - 1, 2**63 - 1, 10**400, Decimal(2**53 + 1), np.uint64(2**64 - 1)]
)
@pytest.mark.parametrize("others", [[], [3], [0.5], [None, Decimal("0.5")]])
def test_whole_numbers_that_a_float_would_merge_are_refused(value, others):
    with pytest.raises(InvalidValueError, match="which float64 cannot hold exactly; leave"):
        numbers(cells_of_values("c", [*others, value]))


@pytest.mark.parametrize("value", [2**53, -(2**53), 2**60, Decimal(2**70), 2**53 + 2])
def test_whole_numbers_that_a_float_is_equal_to_are_taken(value):
    assert int(numbers(cells_of_values("c", [value]))[0]) == value


@pytest.mark.parametrize(
    "value",
    [
        datetime.date(2026, 1, 31),
        datetime.datetime(2026, 1, 31, 12),
        datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC),
        datetime.time(12, 30),
        datetime.timedelta(days=1),
        pd.Timestamp("2026-01-31"),
        pd.Timestamp("2026-01-31", tz="Europe/Zurich"),
        pd.Timedelta("1D"),
        pd.Period("2026-01"),
        np.datetime64("2026-01-31"),
        np.datetime64("2026-01-31T12:00", "ns"),
        np.timedelta64(3, "h"),
    ],
)
@pytest.mark.parametrize("others", [[], [None], [3.0]])
def test_dates_are_refused_with_advice(value, others):
    with pytest.raises(InvalidValueError, match="holds dates or times; replace it by numbers"):
        cells_of_values("c", [value, *others])


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "2026/1/31",
        "2026-01-31 12:30",
        "2026-01-31T12:30:59.123+01:00",
        "31.01.2026",
        "31.1.26",
        "1/31/2026",
        "31-01-2026",
        "1/31/2026 9:30",
        "12:30",
        "9:30:15",
    ],
)
def test_texts_that_are_all_dates_are_dates(text):
    with pytest.raises(InvalidValueError, match="column 'c' holds dates"):
        check_no_dates(cells_of_values("c", [text, text, None]))
    check_no_dates(cells_of_values("c", [text, "never"]))
    check_no_dates(cells_of_values("c", [text], levels=(text,)))


@pytest.mark.parametrize("text", ["01", "1.5", "2026", "A-12", "1-2", "3.11.2.1", "2026-01-31b", "12:3"])
def test_other_texts_are_none(text):
    check_no_dates(cells_of_values("c", [text]))


@pytest.mark.parametrize("value", [1j, np.complex64(1), [1], (1, 2), {"a": 1}, {1}, b"x", np.array([1.0]), np.array(1)])
def test_what_is_no_cell_is_refused(value):
    for levels in (None, ("a",)):
        with pytest.raises(
            CellTypeError,
            match=r"column 'c' holds .* in row 1, but a cell of the argument must be a string or a number",
        ):
            cells_of_values("c", [None, value], levels)


@pytest.mark.parametrize("value", [object(), pd.Interval(0, 1), int])
def test_other_things_are_refused(value):
    with pytest.raises(CellTypeError, match="column 'c' holds"):
        cells_of_values("c", [1.0, value])


def test_text_among_numbers():
    with pytest.raises(InvalidValueError, match="column 'c' holds texts as well as the number 1;"):
        cells_of_values("c", ["red", 1])


@pytest.mark.parametrize("value", [float("inf"), -np.inf, Decimal("Infinity")])
def test_numbers_must_be_finite(value):
    with pytest.raises(InvalidValueError, match=r"column 'c' holds -?inf in row 1; only finite numbers"):
        numbers(cells_of_values("c", [1.0, value]))


def test_levels_are_taken_as_they_are():
    cells = cells_of_values("c", [1, "1", None, True, datetime.date(2026, 1, 31), pd.Interval(0, 18)], levels=("1",))
    assert cells.kind == "category"
    assert cells.values.tolist() == [1, "1", None, True, "2026-01-31", "(0, 18]"]
    assert [as_level(value) for value in (np.float64(0.5), Decimal("0.5"), np.bool_(False))] == [0.5, 0.5, False]


def test_numbers_of_a_category_are_those_of_its_levels():
    assert numbers(cells_of_values("c", [3, None, 5], levels=(3, 5))).tolist() == [3.0, 0.0, 5.0]
    with pytest.raises(InvalidValueError, match="column 'c' holds 'a' in row 0, where a number is needed"):
        numbers(cells_of_values("c", ["a"]))


def test_some_of_the_cells():
    cells = cells_of_values("c", ["a", None, "b"], levels=("b", "a")).taken(np.array([2, 1]))
    assert cells.values[0] == "b" and cells.missing.tolist() == [False, True] and cells.levels == ("b", "a")


def test_the_error_says_what_to_do():
    assert "leave the column out" in str(dates_refused("day")) and "column 'day'" in str(dates_refused("day"))

import numpy as np
import pytest

from prelu_rules.columns.column import Column, Feature, check_columns, features_of
from prelu_rules.errors import InvalidValueError


@pytest.mark.parametrize(
    ("column", "features"),
    [
        (Column("a"), [Feature("a")]),
        (Column("a", "integer", missing=True), [Feature("a"), Feature("a", "missing")]),
        (Column("a", "yes/no"), [Feature("a", "yes")]),
        (Column("a", "yes/no", missing=True), [Feature("a", "yes"), Feature("a", "missing")]),
        (Column("a", "category", ("x", 3)), [Feature("a", "level", "x"), Feature("a", "level", 3)]),
        (Column("a", "category", ("x",), True), [Feature("a", "level", "x"), Feature("a", "missing")]),
    ],
)
def test_the_features_of_each_kind(column, features):
    assert list(column.features) == features
    assert features_of([column, Column("b")]) == (*features, Feature("b"))


def test_names_of_features():
    columns = [Column("age", missing=True), Column("smoker", "yes/no"), Column("zip", "category", (8001, "new", True))]
    names = ["age", "age is missing", "smoker", "zip = 8001", "zip = new", "zip = True"]
    assert [feature.name for feature in features_of(columns)] == names
    assert [feature.is_indicator for feature in features_of(columns)] == [False, True, True, True, True, True]


def test_numbers_of_numpy_become_plain_levels():
    levels = Column("a", "category", (np.int64(3), np.float64(0.5), np.bool_(True), np.str_("x"))).levels
    assert levels == (3, 0.5, True, "x") and list(map(type, levels)) == [int, float, bool, str]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3,), r"the column names \[3\] must all be text"),
        (("a\udc80",), "is not valid Unicode"),
        (("a", "date"), "is of kind 'date'; it must be one of number, integer, yes/no, category"),
        (("a", "category"), "has 0 levels; a category needs at least one"),
        (("a", "number", ("x",)), "has 1 levels; a category needs"),
        (("a", "category", ("x", "x")), "two levels that are written 'x'"),
        (("a", "category", (1, "1")), "two levels that are written '1'; rename one of them"),
        (("a", "category", ("1", True, "True")), "two levels that are written 'True'"),
        (("a", "category", ((1, 2),)), "has the level a list of 2"),
        (("a", "category", (None,)), "has the level None"),
        (("a", "category", (float("nan"),)), "has the level nan"),
        (("a", "category", ("\ud800",)), "a level must be Unicode text or a finite number"),
        (("a", "number", (), 1), "missing is 1 for column 'a'"),
        (("a", "number", (), False, 3), "the unit of column 'a' is 3"),
        (("a", "number", (), False, None, ["x"]), "the description of column 'a' is"),
    ],
)
def test_what_a_column_cannot_be(arguments, message):
    with pytest.raises(InvalidValueError, match=message):
        Column(*arguments)


def test_levels_that_read_as_missing_stay_apart():
    column = Column("a", "category", ("NA", "none", "None", "nan", ""), missing=True)
    assert len({feature.name for feature in column.features}) == 6


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([Column("a"), Column("a", "yes/no")], "the column name 'a' is used twice"),
        ([Column("a", missing=True), Column("a is missing")], "'a' and 'a is missing' both make a feature called"),
        ([Column("a = x"), Column("a", "category", ("x",))], "'a = x' and 'a' both make a feature called 'a = x'"),
        (
            [Column("a", "category", ("b = c",)), Column("a = b", "category", ("c",))],
            "'a' and 'a = b' both make a feature called 'a = b = c'; rename one",
        ),
    ],
)
def test_columns_whose_features_cannot_be_told_apart(columns, message):
    with pytest.raises(InvalidValueError, match=message):
        check_columns(columns)

import numpy as np
import pytest
from raw_tables import TEXTS

from prelu_rules.columns.cells import cells_of_values, numbers
from prelu_rules.columns.column import Column
from prelu_rules.columns.encoding import encoded_cells, inferred_columns
from prelu_rules.columns.recasting import recast
from prelu_rules.errors import InvalidValueError


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([8001, 3012, None], (3012, 8001)),
        # NumPy has no whole numbers beside a missing one.
        ([8001.0, 3012.0, np.nan], (3012, 8001)),
        ([0.5, 2.0, np.nan], (0.5, 2.0)),
        ([True, False], (False, True)),
        (TEXTS, tuple(sorted(TEXTS))),
        ([2**53 + 1, 2**53], (2**53, 2**53 + 1)),
    ],
)
def test_a_category_has_a_level_for_each_value(values, levels):
    cells = recast(cells_of_values("c", values), "category")
    assert cells.levels == levels and [type(level) for level in cells.levels] == [type(level) for level in levels]
    columns = inferred_columns([cells])
    assert columns == (Column("c", "category", levels, missing=bool(cells.missing.any())),)
    np.testing.assert_array_equal(encoded_cells(columns, [cells]).sum(axis=1), 1)


def test_declared_levels_keep_their_order():
    cells = cells_of_values("c", ["M", "S"], levels=("S", "M"))
    assert recast(cells, "category").levels == ("S", "M")


def test_texts_are_numbers_if_the_user_says_so():
    cells = recast(cells_of_values("c", ["01", " 2 ", None, "0.5", "1e3"]), "number")
    assert cells.kind == "number" and numbers(cells).tolist() == [1, 2, 0, 0.5, 1000]
    assert recast(cells_of_values("c", ["01", "2"]), "number").kind == "integer"
    assert numbers(recast(cells_of_values("c", [True, False]), "number")).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("red", "column 'c' holds 'red' in row 1, where a number is needed"),
        ("", "column 'c' holds '' in row 1, where a number is needed"),
        ("inf", "column 'c' holds inf in row 1; only finite numbers"),
        ("9007199254740993", "holds 9007199254740993 in row 1, which float64 cannot hold"),
    ],
)
def test_texts_that_are_none(text, message):
    with pytest.raises(InvalidValueError, match=message):
        numbers(recast(cells_of_values("c", ["1", text]), "number"))

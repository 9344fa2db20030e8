import re

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prelu_rules.columns.dialect import Dialect
from prelu_rules.columns.plain_numbers import plain_numbers
from prelu_rules.columns.records import records
from prelu_rules.columns.text_cells import inferred

CELLS = st.sampled_from(["0", "-0", "7", "-12", "0.5", "1.0", "-1e3", "2E-05", "999999999999999", "1.234"]) | st.floats(
    allow_nan=False, allow_infinity=False
).map(repr)


def cell_by_cell(text):
    names, columns, _ = records(text, None, "data.csv")
    cells = (pd.Series(column, name=name, dtype=object) for name, column in zip(names, columns, strict=True))
    return {column.name: inferred(column, Dialect(), "data.csv") for column in cells}


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_short_way_leads_to_the_same_columns(rows, end, ended):
    text = end.join(["a, b ,c", *map(",".join, rows)]) + end * ended
    found, expected = plain_numbers(text), cell_by_cell(text)
    # Exponents of three digits may be more than a float64 holds, and so may whole numbers of 16 digits.
    long = re.compile(r"e[+-]?[0-9]{3}|^-?[0-9]{16}")
    assert (found is None) == any(long.search(cell) for row in rows for cell in row)
    for name, column in (found or {}).items():
        assert column.dtype == expected[name].dtype and column.tolist() == expected[name].tolist()


@given(st.lists(st.lists(st.sampled_from([*'017.,-+ne"\r \n', "1,1\n"]), max_size=8).map("".join), max_size=4))
@example(["1,1\n", "1\n"])
@example(["1,1\n\n", "1,1"])
def test_what_the_short_way_takes_is_a_table(parts):
    text = "a,b\n" + "".join(parts)
    found = plain_numbers(text)
    if found is not None:
        expected = cell_by_cell(text)
        assert all((found[name] == expected[name]).all() for name in "ab") and len(found["a"]) == len(expected["a"])


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,01\n",
        "a,b\n1,\n",
        "a,b\n1,+1\n",
        "a,b\n1,1e999\n",
        "a,b\n1,1234567890123456\n",
        "a,b\n1,x\n",
        "a,b\n1,2\n3\n",
        "a,b\n1,2\n3,4,5\n",
        "a,a\n1,2\n",
        "a,\n1,2\n",
        '"a,c",b\n1,2\n',
        "a\n1\n",
        "a,b\n",
        "a,b",
        "",
    ],
)
def test_what_needs_a_second_look_takes_the_long_way(text):
    assert plain_numbers(text) is None

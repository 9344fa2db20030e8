"""pandas against the rules; equal to Python to the last bit."""

import decimal

import by_python
import executed
import networks
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import InvalidValueError
from prelu_rules.export.holding import held_by
from prelu_rules.export.pandas import answers, write
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.rule_system import RuleSystem
from prelu_rules.network.affine import AffineMap

TYPES = {
    "objects": {"truth": "object", "number": "object", "text": "object"},
    "nullable": {"truth": "boolean", "number": "Float64", "text": "string"},
    "arrow": {"truth": pd.ArrowDtype(pa.bool_()), "number": "double[pyarrow]", "text": pd.ArrowDtype(pa.string())},
    "categories": {"truth": "category", "number": "category", "text": "category"},
    "usual": {"truth": "object", "number": "float64", "text": "str"},
}
"""Types of columns by what they hold; mixed levels are objects."""


def frame_of(system, table, types="usual"):
    """A frame with an index that is not a range, of columns of Python values."""
    columns = {}
    for column in system.columns:
        dtype = {**TYPES[types], "mixed": "object"}[held_by(column)]
        whole = column.kind == "integer" or all(isinstance(level, int) for level in column.levels or [0.5])
        if types == "nullable" and held_by(column) == "number" and whole:
            dtype = "Int64"
        columns[column.name] = pd.Series(table[column.name], dtype="object").astype(dtype)
    frame = pd.DataFrame(columns)
    return frame.set_axis([f"row {k}" for k in range(len(frame))])


def parts(system, shape, found):
    """Outputs, rules and classes of a frame of answers, None where there is none."""
    n_outputs = len(system.output_names)
    assert list(found.columns[:n_outputs]) == list(system.output_names)
    assert found.shape[1] == n_outputs + (shape == "list") + (system.classes is not None)
    columns = [[None if pd.isna(value) else value for value in found.iloc[:, k]] for k in range(found.shape[1])]
    outputs = [list(row) for row in zip(*columns[:n_outputs], strict=True)]
    rules = columns[n_outputs] if shape == "list" else None
    assert rules is None or found.dtypes.iloc[n_outputs] == "Int64"
    return outputs, rules, None if system.classes is None else columns[-1]


def check_all(case, shape, types="usual"):
    frame = frame_of(case.system, case.rows, types)
    before = frame.copy()
    found = answers(case.system, frame, shape)
    assert found.index.equals(frame.index)
    pd.testing.assert_frame_equal(frame, before)
    by_python.check(case, shape, *parts(case.system, shape, found))


CASES = [(name, shape) for name in executed.NAMES for shape in executed.case(name).shapes]


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_answers_are_those_of_the_rules(name, shape):
    case = executed.case(name)
    check_all(case, shape)
    found = answers(case.system, frame_of(case.system, case.refused), shape)
    executed.check_refused(
        case, *([None if pd.isna(v) else v for v in found.iloc[:, k]] for k in range(found.shape[1]))
    )


@pytest.mark.parametrize("types", TYPES)
@pytest.mark.parametrize("name", ["tariff", "three outputs", "kinds of levels", "truth"])
def test_columns_may_be_of_any_fitting_type(name, types):
    check_all(executed.case(name), "list", types)


@pytest.mark.parametrize("pair", [*executed.PAIRS, ("np", "pd"), ("index", "known")], ids=executed.pair_id)
def test_names_are_data(pair):
    case = executed.hostile_case(*pair)
    for shape in case.shapes:
        check_all(case, shape)


@pytest.mark.parametrize("make", by_python.CASES)
def test_long_sums_and_lists_with_gaps(make):
    check_all(make(), "list")

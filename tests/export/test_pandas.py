"""pandas against the rules; equal to Python to the last bit."""

import decimal
import subprocess
import sys

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


COLUMNS = (
    Column("x", missing=True),
    Column("n", "integer"),
    Column("kind", "category", ("farm", "house"), missing=True),
    Column("zone", "category", (1, 2.5)),
    Column("open", "yes/no"),
)
SYSTEM = extract_rules(networks.random_form(3, (9, 2, 1)), columns=COLUMNS)
ROW = {"x": 1.5, "n": 3, "kind": "farm", "zone": 1.0, "open": True}


def answered(changes=None, **cells):
    """The output, None where there is none, for a row of which some cells or columns are others."""
    frame = pd.DataFrame({**ROW, **(changes or {}), **cells}, index=None if changes or cells else [0])
    return [None if value != value else value for value in answers(SYSTEM, frame)["out1"]]


def column(values, dtype):
    return pd.Series(values, dtype=dtype)


@pytest.mark.parametrize("dtype", ["object", "str", "string", "category", pd.ArrowDtype(pa.string())], ids=str)
def test_texts_may_be_of_any_type_of_texts(dtype):
    found = answered(kind=column(["farm", "house", None, "barn"], dtype))
    assert found[3] is None
    expected = [SYSTEM.predict({**ROW, "kind": kind})[0, 0] for kind in ("farm", "house", None)]
    assert found[:3] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("n", column([3], "int8")),
        ("n", column([3], "uint64")),
        ("n", column([3], "float32")),
        ("n", column([3], "Int64")),
        ("n", column([3], "Float32")),
        ("n", column([3], "int64[pyarrow]")),
        ("n", column([3], pd.ArrowDtype(pa.decimal128(10, 2)))),
        ("n", column([3], "category")),
        ("n", column([3], "object")),
        ("n", column([decimal.Decimal(3)], "object")),
        ("n", column([np.int16(3)], "object")),
        ("n", column([3], "Sparse[int64]")),
        ("x", column([1.5], "Sparse[float64]")),
        ("open", column([1], "int64")),
        ("open", column([1.0], "float64")),
        ("open", column([True], "boolean")),
        ("open", column([True], "object")),
        ("open", column([True], "category")),
        ("zone", column([1], "int64")),
        ("zone", column([1], "category")),
        ("zone", column([True], "bool")),
    ],
)
def test_numbers_may_be_of_any_type_of_numbers(name, series):
    assert answered({name: series}) == answered({name: [ROW[name]]})


@pytest.mark.parametrize(
    ("name", "series", "said"),
    [
        ("x", column(["1.5"], "object"), "column 'x' holds text where numbers are needed"),
        ("x", column(["1.5"], "str"), "column 'x' holds text"),
        ("x", column([b"1.5"], "object"), "column 'x' holds text"),
        ("x", column(["1.5"], "category"), "column 'x' holds text"),
        ("x", column([0], "datetime64[ns]"), None),
        ("x", column([0], "timedelta64[ns]"), None),
        ("x", column([1 + 1j], "complex128"), None),
        ("x", column([[1.0]], "object"), None),
        ("zone", column(["1"], "object"), "column 'zone' holds text"),
        ("open", column(["True"], "object"), "column 'open' holds text"),
        ("kind", column([1], "int64"), "column 'kind' holds int64 where texts are needed"),
        ("kind", column([True], "bool"), "column 'kind' holds bool where"),
        ("kind", column([1], "category"), "column 'kind' holds int64 where"),
        ("kind", column([0], "datetime64[ns]"), "column 'kind' holds datetime64"),
    ],
)
def test_a_column_of_another_type_is_an_error(name, series, said):
    with pytest.raises(TypeError, match=said):
        answered({name: series})


def test_columns_have_to_be_there_once():
    with pytest.raises(KeyError, match="zone"):
        answers(SYSTEM, pd.DataFrame({k: v for k, v in ROW.items() if k != "zone"}, index=[0]))
    frame = pd.DataFrame({**ROW, "x 2": 1.0}, index=[0]).rename(columns={"x 2": "x"})
    with pytest.raises(ValueError, match="there are two columns 'x'"):
        answers(SYSTEM, frame)


@pytest.mark.parametrize("gap", [None, float("nan"), pd.NA, pd.NaT], ids=str)
def test_missing_cells(gap):
    expected = [SYSTEM.predict({**ROW, "x": None})[0, 0], SYSTEM.predict(ROW)[0, 0]]
    assert answered(x=column([gap, 1.5], "object")) == pytest.approx(expected, rel=1e-12)
    assert answered(kind=column([gap, "farm"], "object"))[0] is not None
    for name in ("n", "zone", "open"):
        assert answered({name: column([gap, ROW[name]], "object")}) == [None, *answered({name: [ROW[name]]})]
    # A column without any cells may be of any type.
    assert answered(x=column([gap], "object")) == answered(x=column([None], "str")) == answered(x=[np.nan])
    assert answered(kind=column([gap], "object")) == answered(kind=[np.nan])


@pytest.mark.parametrize("name", ["x", "n", "zone", "open"])
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 7.25e300])
def test_numbers_have_to_be_finite(name, value):
    finite = value == 7.25e300 and name in ("x", "n")
    assert (answered({name: [value]}) == [None]) != finite


def test_cells_without_an_answer_and_numbers_that_overflow_warn_of_nothing():
    rules = extract_rules(networks.random_form(0, (2, 2, 1)), feature_names=["a", "b"])
    huge = 1.7e308
    frame = pd.DataFrame({"a": [np.inf, -np.inf, huge, 1.0], "b": [np.inf, np.inf, huge, 1.0]})
    for shape in ("formula", "list"):
        found = answers(rules, frame, shape)["out1"]
        assert found.isna().tolist()[:2] == [True, True]
        assert np.isfinite(found[3])


@pytest.mark.parametrize("dtype", ["int64", "Int64", "uint64", "object", "category", "int64[pyarrow]"])
def test_integers_have_to_be_floats(dtype):
    cells = [2**53, 2**53 + 1, 2**53 + 2, 2**60, 2**62 + 1, 2**63 - 1, 3]
    there = [value is not None for value in answered(x=column(cells, dtype))]
    assert there == [float(cell) == cell for cell in cells]


def test_a_level_that_a_float_does_not_tell_from_its_neighbour_has_no_answer():
    rules = extract_rules(networks.random_form(0, (2, 1)), columns=[Column("zip", "category", (2**53, 5))])
    found = answers(rules, pd.DataFrame({"zip": [2**53, 2**53 + 1, 5]}))
    assert found["out1"].isna().tolist() == [False, True, False]


def test_mixed_levels_may_be_texts():
    columns = [Column("code", "category", ("farm", 3, 2.5))]
    rules = extract_rules(networks.random_form(0, (3, 1)), columns=columns)
    found = answers(rules, pd.DataFrame({"code": column(["farm", 3, "3", 3.0, 2.5, "2.5", "4", 4], "object")}))["out1"]
    expected = rules.predict({"code": ["farm", 3, 3, 3, 2.5, 2.5]})[:, 0]
    np.testing.assert_allclose(found[:6], expected, rtol=1e-12)
    assert found[6:].isna().all()
    assert answers(rules, pd.DataFrame({"code": [3]}))["out1"].tolist() == [found[1]]


@pytest.mark.parametrize("rows", [0, 1, 10_000, 10_001, 25_000])
def test_blocks_of_rows_come_together(rows):
    x = np.linspace(-3, 3, rows)
    rest = {name: [value] * rows for name, value in ROW.items() if name != "x"}
    found = answers(SYSTEM, pd.DataFrame({"x": x, **rest}, index=np.arange(rows) * 2))
    assert found.index.tolist() == list(range(0, 2 * rows, 2))
    assert found.dtypes.tolist() == answers(SYSTEM, pd.DataFrame(ROW, index=[0])).dtypes.tolist()
    if rows:
        np.testing.assert_allclose(found["out1"], SYSTEM.predict({"x": x, **rest})[:, 0], rtol=1e-12)


def test_no_rows_of_any_type():
    found = answers(SYSTEM, pd.DataFrame({name: column([], "object") for name in ROW}))
    assert found.shape == (0, 2)


@pytest.mark.parametrize(
    ("classes", "dtype"),
    [((1, 20), "Int64"), ((1, 2.5), "float64"), ((True, False), "boolean"), (("a", 1), "object"), (("a", "b"), None)],
)
def test_classes_are_of_a_type_that_has_room_for_them(classes, dtype):
    rules = extract_rules(networks.random_form(2, (1, 2, 1)), feature_names=["x"], classes=classes)
    found = answers(rules, pd.DataFrame({"x": [-5.0, 0.0, 5.0, np.inf]}))["class"]
    assert found.dtype == (dtype or pd.Series(["a", None]).dtype)
    assert found.isna().tolist() == [False, False, False, True]
    assert answers(rules, pd.DataFrame({"x": [-5.0, -5.0]}, index=[7, 7]))["class"].dtype == found.dtype
    assert [*found[:3]] == rules.classify({"x": [-5.0, 0.0, 5.0]}).tolist()


def test_an_answer_called_like_a_column_is_computed_from_the_column():
    form = networks.random_form(0, (2, 2, 2))
    rules = extract_rules(form, feature_names=["a", "rule"], output_names=["rule", "index"])
    frame = pd.DataFrame({"a": [1.0, -2.0], "rule": [0.5, 3.0]})
    found = answers(rules, frame)
    assert list(found.columns) == ["rule", "index", "rule 2"]
    np.testing.assert_allclose(found[["rule", "index"]], rules.predict(frame), rtol=1e-12)


def test_the_module_stands_alone(tmp_path):
    (tmp_path / "price_rules.py").write_text(write(SYSTEM, function="price"), encoding="utf-8")
    script = f"import price_rules, pandas; print(price_rules.price(pandas.DataFrame([{ROW!r}]))['out1'].item())"
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert [float(done.stdout)] == answered()


def test_what_it_cannot_hold_is_refused_by_name():
    form = networks.random_form(0, (1, 1))
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(form, columns=[Column("x", "category", (2**54 + 1,))]))
    with pytest.raises(InvalidValueError, match="function is 'BLOCK', which is not a Python identifier"):
        write(extract_rules(form), function="BLOCK")
    with pytest.raises(InvalidValueError, match="the class 9223372036854775808 has more than 64 bits"):
        write(extract_rules(form, classes=(1, 2**63)))
    with pytest.raises(InvalidValueError, match="9007199254740993 is not a double"):
        write(extract_rules(form, classes=(0.5, 2**53 + 1)))
    columns = [Column("x", "category", (1, True))]
    with pytest.raises(InvalidValueError, match="column 'x' has the levels 1 and True, which are equal in pandas"):
        write(extract_rules(networks.random_form(0, (2, 1)), columns=columns))

"""polars against the rules, eager, lazy and streaming; equal to Python to the last bit."""

import subprocess
import sys

import by_python
import executed
import networks
import numpy as np
import pytest

from prelu_rules.columns.column import Column
from prelu_rules.errors import DataError, InvalidValueError
from prelu_rules.export import frames
from prelu_rules.export.holding import held_by, holding_of
from prelu_rules.export.polars import answers, expressions, write
from prelu_rules.export.program import program_of
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

pl = executed.module("polars")


def frame_of(system, table, text=None):
    """A polars frame of columns of Python values; mixed levels are texts."""
    text = pl.String if text is None else text
    types = {"truth": pl.Boolean, "number": pl.Float64, "text": text, "mixed": text}
    frame = {}
    for column in system.columns:
        cells = table[column.name]
        if held_by(column) == "mixed":
            cells = [None if cell is None else str(cell) for cell in cells]
        dtype = pl.Int64 if column.kind == "integer" else types[held_by(column)]
        frame[column.name] = pl.Series(column.name, cells, dtype=dtype)
    return pl.DataFrame(frame)


def parts(system, shape, found):
    """Outputs, rules and classes of a frame of answers."""
    names = [name for name, _ in frames.results_of(program_of(system, shape))]
    assert found.columns == names
    n_outputs = len(system.output_names)
    assert found.dtypes[:n_outputs] == [pl.Float64] * n_outputs
    columns = [found[:, k].to_list() for k in range(found.width)]
    rules = columns[n_outputs] if shape == "list" else None
    assert rules is None or found.dtypes[n_outputs] == pl.Int64
    classes = None
    if system.classes is not None:
        mixed = holding_of(system.classes) == "mixed"
        labels = {None: None, **{str(label) if mixed else label: label for label in system.classes}}
        classes = [labels[label] for label in columns[-1]]
    return [list(row) for row in zip(*columns[:n_outputs], strict=True)], rules, classes


def check_all(case, shape, table=None, text=None):
    """Compare what all engines answer."""
    frame = frame_of(case.system, case.rows, text)
    found = answers(case.system, frame, shape)
    by_python.check(case, shape, *parts(case.system, shape, found))
    lazy = answers(case.system, frame.lazy(), shape)
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect_schema() == found.schema
    assert lazy.collect(engine="streaming").equals(found)
    assert frame.select(expressions(case.system, shape)).equals(found)
    assert frame.lazy().select(expressions(case.system, shape)).collect().equals(found)


CASES = [(name, shape) for name in executed.NAMES for shape in executed.case(name).shapes]


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_answers_are_those_of_the_rules(name, shape):
    case = executed.case(name)
    check_all(case, shape)
    found = answers(case.system, frame_of(case.system, case.refused), shape)
    executed.check_refused(case, *(found[:, k].to_list() for k in range(found.width)))


@pytest.mark.parametrize("pair", executed.PAIRS, ids=executed.pair_id)
def test_names_are_data(pair):
    case = executed.hostile_case(*pair)
    for shape in case.shapes:
        check_all(case, shape)


@pytest.mark.parametrize("pair", [("*", "^.*$"), ("^x", "x$"), ("pl", "cs"), ("value", "known")], ids=str)
def test_names_that_mean_something_to_polars_are_names(pair):
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
    """The output for one row, of which some cells or series are others."""
    return answers(SYSTEM, pl.DataFrame({**ROW, **(changes or {}), **cells}))["out1"].to_list()


def predicted(**cells):
    return SYSTEM.predict({**ROW, **cells})[:, 0].tolist()


@pytest.mark.parametrize("text", [pl.String, pl.Categorical, pl.Enum(["house", "farm", "barn"])], ids=str)
def test_texts_may_be_of_any_type_of_texts(text):
    kinds = pl.Series(["farm", "house", None, "barn"], dtype=text)
    frame = pl.DataFrame({"kind": kinds}).with_columns(**{k: pl.lit(v) for k, v in ROW.items() if k != "kind"})
    found = answers(SYSTEM, frame)["out1"].to_list()
    assert found[3] is None
    assert found[:3] == pytest.approx([predicted(kind=kind)[0] for kind in ("farm", "house", None)], rel=1e-12)
    assert frame.select(expressions(SYSTEM))["out1"].to_list() == found


@pytest.mark.parametrize(
    "series",
    [
        pl.Series("n", [3], dtype=pl.Int8),
        pl.Series("n", [3], dtype=pl.UInt64),
        pl.Series("n", [3], dtype=pl.Float32),
        pl.Series("n", [3], dtype=pl.Decimal(10, 2)),
        pl.Series("open", [1]),
        pl.Series("open", [1.0]),
        pl.Series("zone", [1], dtype=pl.Int32),
        pl.Series("zone", [True]),
    ],
    ids=lambda series: f"{series.name} {series.dtype}",
)
def test_numbers_may_be_of_any_type_of_numbers(series):
    assert answered({series.name: series}) == answered()


def test_numbers_of_32_bits_are_computed_with_as_doubles():
    x = pl.Series([0.1], dtype=pl.Float32)
    assert answered(x=x) == answered(x=x.cast(pl.Float64))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("x", ["1.5"]),
        ("x", pl.Series([0], dtype=pl.Date)),
        ("x", pl.Series([0], dtype=pl.Duration)),
        ("x", pl.Series(["1"], dtype=pl.Categorical)),
        ("x", [[1.0]]),
        ("zone", ["1"]),
        ("open", ["true"]),
        ("kind", [1]),
        ("kind", [True]),
        ("kind", pl.Series([0], dtype=pl.Date)),
    ],
)
def test_a_column_of_another_type_is_an_error_of_polars(name, cells):
    with pytest.raises(pl.exceptions.PolarsError):
        answered({name: cells})
    with pytest.raises(pl.exceptions.PolarsError):
        pl.DataFrame({**ROW, name: cells}).select(expressions(SYSTEM))


@pytest.mark.parametrize("name", [column.name for column in COLUMNS])
def test_a_column_that_is_not_there_is_an_error_of_polars(name):
    frame = pl.DataFrame({k: v for k, v in ROW.items() if k != name})
    with pytest.raises(pl.exceptions.ColumnNotFoundError, match=name):
        answers(SYSTEM, frame)


def test_nan_is_missing():
    nan = float("nan")
    assert answered(x=nan) == answered(x=None) == pytest.approx(predicted(x=None), rel=1e-12)
    assert answered(n=nan) == answered(zone=nan) == answered(open=nan) == [None]


def test_nulls_without_a_type_are_missing():
    assert answered(x=pl.Series([None]), kind=pl.Series([None])) == pytest.approx(predicted(x=None, kind=None))
    assert answered(n=pl.Series([None])) == [None]


@pytest.mark.parametrize("name", ["x", "n", "zone", "open"])
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 7.25e300])
def test_numbers_have_to_be_finite(name, value):
    finite = value == 7.25e300 and name in ("x", "n")
    assert (answered({name: value}) == [None]) != finite


@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt64, pl.Int128])
def test_integers_have_to_be_doubles(dtype):
    cells = [2**53, 2**53 + 1, 2**53 + 2, 2**60, 2**62 + 1, 2**63 - 1, 3]
    rest = {k: v for k, v in ROW.items() if k != "x"}
    frame = pl.DataFrame({"x": pl.Series(cells, dtype=dtype)}).with_columns(**{k: pl.lit(v) for k, v in rest.items()})
    for found in (answers(SYSTEM, frame), frame.select(expressions(SYSTEM))):
        there = [value is not None for value in found["out1"].to_list()]
        assert there == [float(cell) == cell for cell in cells]
    if dtype == pl.UInt64:
        assert answered(x=pl.Series([2**64 - 1], dtype=dtype)) == [None]


def test_a_level_that_a_double_does_not_tell_from_its_neighbour_has_no_answer():
    rules = extract_rules(networks.random_form(0, (2, 1)), columns=[Column("zip", "category", (2**53, 5))])
    frame = pl.DataFrame({"zip": [2**53, 2**53 + 1, 5]})
    assert [value is None for value in answers(rules, frame)["out1"]] == [False, True, False]


def test_no_rows_and_one_row():
    frame = pl.DataFrame(ROW)
    found = answers(SYSTEM, frame.clear())
    assert found.is_empty()
    assert found.schema == answers(SYSTEM, frame).schema
    assert frame.clear().with_columns(expressions(SYSTEM)).is_empty()


def test_nothing_is_collected_of_a_lazy_frame():
    def fail(frame):
        raise AssertionError("collected")

    frame = pl.DataFrame(ROW)
    lazy = frame.lazy().map_batches(fail, schema=frame.schema)
    assert answers(SYSTEM, lazy).collect_schema().names() == ["out1", "rule"]
    assert lazy.with_columns(expressions(SYSTEM)).collect_schema().names() == [*ROW, "out1", "rule"]


def test_expressions_go_wherever_polars_takes_some():
    frame = pl.DataFrame({**ROW, "n": [1, 2, 3]})
    found = answers(SYSTEM, frame)
    with_all = frame.with_columns(expressions(SYSTEM))
    assert with_all.equals(pl.concat([frame, found], how="horizontal"))
    output, rule = expressions(SYSTEM)
    assert frame.filter(output > found["out1"].min()).height == 2
    assert frame.sort(output)["n"].to_list() == with_all.sort("out1")["n"].to_list()
    assert frame.group_by(rule).agg(output.max()).height == found["rule"].n_unique()
    sql = pl.SQLContext(people=frame.lazy().with_columns(output, rule))
    assert sql.execute("SELECT SUM(out1) AS s FROM people WHERE rule > 0").collect().item() == found["out1"].sum()


def test_an_answer_called_like_a_column_is_computed_from_the_column():
    form = networks.random_form(0, (2, 2, 2))
    rules = extract_rules(form, feature_names=["a", "rule"], output_names=["rule", "a"])
    frame = pl.DataFrame({"a": [1.0, -2.0], "rule": [0.5, 3.0]})
    found = answers(rules, frame)
    assert found.columns == ["rule", "a", "rule 2"]
    assert frame.with_columns(expressions(rules)).select(found.columns).equals(found)
    assert found.select("rule", "a").to_numpy() == pytest.approx(rules.predict(frame), rel=1e-12)


def test_the_module_stands_alone(tmp_path):
    path = tmp_path / "price_rules.py"
    path.write_text(write(SYSTEM, function="price"), encoding="utf-8")
    script = f"import price_rules, polars; print(price_rules.price(polars.DataFrame({ROW!r}))['out1'].item())"
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert [float(done.stdout)] == answered()


def test_many_rules_are_a_choice_of_choices():
    bounds = np.linspace(-3, 3, 299)
    rules = [Rule((Condition([1.0, 0.0], -b, False),), AffineMap([[b, 1.0]], [b])) for b in bounds]
    system = RuleSystem((*rules, Rule((), AffineMap([[2.0, 0.0]], [1.0]))), ("a", "b"), ("y",))
    case = executed.Case("many rules", system, {"a": [*bounds, 4.0], "b": [1.0] * 300}, {})
    by_python.check(case, "list", *parts(system, "list", answers(system, frame_of(system, case.rows))))


def test_polars_may_not_be_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(DataError, match=r"polars is not installed; pip install 'prelu-rules\[polars\]'"):
        expressions(SYSTEM)
    assert "import polars" in write(SYSTEM)


def test_what_it_cannot_hold_is_refused_by_name():
    form = networks.random_form(0, (1, 1))
    with pytest.raises(InvalidValueError, match="18014398509481985 is not a double"):
        write(extract_rules(form, columns=[Column("x", "category", (2**54 + 1,))]))
    with pytest.raises(InvalidValueError, match="function is 'pl', which is not a Python identifier"):
        write(extract_rules(form), function="pl")
    with pytest.raises(InvalidValueError, match="the class 9223372036854775808 has more than 64 bits"):
        write(extract_rules(form, classes=(1, 2**63)))
    with pytest.raises(InvalidValueError, match=r"the class '\\ud800' is not Unicode"):
        write(extract_rules(form, classes=("a", "\ud800")))

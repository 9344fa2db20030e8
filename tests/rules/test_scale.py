"""Many rows: the same answers as one by one, lazily, in batches, and with bounded memory."""

from dataclasses import replace
from fractions import Fraction

import executed
import networks
import numpy as np
import pandas as pd
import pytest
from by_python import answers
from hypothesis import given
from hypothesis import strategies as st
from large_tables import PEAK, large_rules, python, write_large

import prelu_rules as pr
from prelu_rules.columns import feature_rows
from prelu_rules.columns.feature_rows import FeatureParts
from prelu_rules.domains.box import Box
from prelu_rules.network.affine import AffineMap
from prelu_rules.rules import evaluation
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.rule import Condition, Rule
from prelu_rules.rules.rule_system import RuleSystem

COLUMNS = (pr.Column("kwh"), pr.Column("kind", "category", ("farm", "home")), pr.Column("age", missing=True))


def table_of(n_rows, seed=0):
    rng = np.random.default_rng(seed)
    ages = rng.normal(size=n_rows)
    return pd.DataFrame(
        {
            "note": "x",
            "kwh": rng.normal(size=n_rows),
            "kind": rng.choice(["farm", "home"], n_rows),
            "age": np.where(ages > 1, np.nan, ages),
        }
    )


def tariff(n_outputs=1, **names):
    form = networks.random_form(n_outputs, (5, 3, n_outputs))
    return extract_rules(form, columns=COLUMNS, **names)


def slow_twin(rules, x):
    """Row by row and term by term, in Python."""

    def total(weights, constant, row):
        terms = [float(weight) * float(number) for weight, number in zip(weights, row, strict=True)]
        so_far = terms[0]
        for term in [*terms[1:], float(constant)]:
            so_far += term
        return so_far

    found = []
    for row in x:
        rule = next(
            rule
            for rule in rules
            if all((total(c.coef, c.intercept, row) >= 0) == c.nonnegative for c in rule.conditions)
        )
        found.append([total(*one, row) for one in zip(rule.outputs.coef, rule.outputs.intercept, strict=True)])
    return np.array(found)


@pytest.fixture
def small_parts(monkeypatch):
    """So that few rows are many parts."""
    monkeypatch.setattr(feature_rows, "PART_ROWS", 100)


@pytest.fixture
def compiled(monkeypatch):
    monkeypatch.setattr(evaluation, "COMPILED_FROM", 0)
    monkeypatch.setattr(evaluation, "CHUNK", 64)


@given(networks.seeds, st.integers(1, 12), st.integers(1, 6), st.integers(1, 3), st.sampled_from([1, 3, 64, 200]))
def test_every_row_has_the_same_bits_alone_in_a_chunk_and_compiled(seed, n_inputs, n_units, n_outputs, n_rows):
    rules = extract_rules(networks.random_form(seed, (n_inputs, n_units, n_outputs)), max_nonlinear=6)
    x = np.random.default_rng(seed).normal(size=(n_rows, n_inputs)) * 10.0 ** (seed % 7)
    expected = slow_twin(rules, x)
    np.testing.assert_array_equal(rules.predict(x), expected)
    np.testing.assert_array_equal(rules.predict(np.asfortranarray(x)), expected)
    np.testing.assert_array_equal(np.vstack([rules.predict(row[None]) for row in x]), expected)
    written = np.full((n_rows, n_outputs), -1.0)
    assert rules.evaluation.write_quickly(x, written)
    np.testing.assert_array_equal(written, expected)
    assert (rules.assign(x) == [rules.assign(row)[0] for row in x]).all()


@pytest.mark.parametrize("name", executed.NAMES)
def test_rules_predict_as_exported_python_to_the_last_bit(name):
    """Where rules are exported as a list, which computes the same sums."""
    case = executed.case(name)
    outputs, _, _ = answers(case.system, "list", case.rows)
    there = [k for k, row in enumerate(outputs) if row[0] is not None]
    rows = pd.DataFrame({key: [value[k] for k in there] for key, value in case.rows.items()})
    expected = np.array([outputs[k] for k in there], dtype=float)
    np.testing.assert_array_equal(case.system.predict(rows), expected)


def test_exact_rules_stay_exact():
    third = Rule((), AffineMap(np.array([[Fraction(1, 3)] * 3]), np.array([Fraction(0)])))
    rules = RuleSystem((third,), ("a", "b", "c"), ("y",))
    x = np.array([[Fraction(1), Fraction(10**20), Fraction(-(10**20))]])
    assert rules.predict(x).tolist() == [[1 / 3]] and not rules.evaluation.write_quickly(x, np.empty((1, 1)))


@pytest.mark.parametrize("many", [False, True], ids=["few boundaries", "more than can be looked up"])
def test_many_rules_and_outputs(compiled, many):
    bounds = np.arange(90.0 if many else 16.0)
    maps = [AffineMap([[k, 1.0], [-k, 0.5]], [k, 1 / 3]) for k in [*bounds, -1.0]]
    conditions = [(Condition([1.0, 0.0], -bound, False),) for bound in bounds]
    rules = RuleSystem(tuple(map(Rule, [*conditions, ()], maps)), ("a", "b"), ("y", "z"))
    x = np.random.default_rng(0).uniform(-2, len(bounds) + 2, (500, 2))
    assert rules.evaluation.write_quickly(x, np.empty((500, 2))) is not many
    np.testing.assert_array_equal(rules.predict(x), slow_twin(rules, x))


def test_conditions_that_repeat_or_exclude_each_other(compiled):
    high, low = (Condition([1.0, 0.0], 0.0, side) for side in (True, False))
    maps = [AffineMap([[float(k), 1.0]], [0.0]) for k in range(3)]
    rules = RuleSystem((Rule((high, low), maps[0]), Rule((high, high), maps[1]), Rule((), maps[2])), ("a", "b"), ("y",))
    x = np.random.default_rng(0).normal(size=(100, 2))
    assert rules.evaluation.write_quickly(x, np.empty((100, 1)))
    np.testing.assert_array_equal(rules.predict(x), slow_twin(rules, x))
    assert set(rules.assign(x)) == {1, 2}


def test_many_inputs_are_not_unrolled(compiled):
    rules = extract_rules(networks.random_form(0, (40, 3, 2)))
    x = np.random.default_rng(0).normal(size=(200, 40))
    assert rules.evaluation.write_quickly(x, np.empty((200, 2)))
    np.testing.assert_array_equal(rules.predict(x), slow_twin(rules, x))


def test_a_row_on_a_bend_is_on_its_non_negative_side_in_compiled_code(compiled):
    """Where the outputs on both sides differ, as those of rules that somebody wrote may."""
    maps = [AffineMap([[0.0]], [float(k)]) for k in range(2)]
    rules = RuleSystem((Rule((Condition([1.0], -3.0, True),), maps[1]), Rule((), maps[0])), ("x",), ("y",))
    written = np.empty((3, 1))
    assert rules.evaluation.write_quickly(np.array([[2.0], [3.0], [4.0]]), written)
    assert written.ravel().tolist() == rules.predict([[2.0], [3.0], [4.0]]).ravel().tolist() == [0.0, 1.0, 1.0]


def test_xor_is_xor_in_compiled_code(compiled):
    rules = extract_rules(networks.xor_form(), networks.BINARY)
    x = np.tile(networks.BINARY, (20, 1))
    written = np.empty((len(x), 2))
    assert rules.evaluation.write_quickly(np.ascontiguousarray(x, dtype=float), written)
    np.testing.assert_array_equal(written, rules.predict(x[:16])[np.arange(len(x)) % 16])


def test_off_the_domain_compiled_code_leaves_rows_to_the_line_to_its_middle(compiled, small_parts):
    low = Rule((Condition([1.0], 20.0, True), Condition([1.0], 0.0, False)), AffineMap([[-1.0]], [0.0]))
    high = Rule((Condition([1.0], 0.0, True), Condition([1.0], -20.0, False)), AffineMap([[2.0]], [0.0]))
    rules = RuleSystem((low, high), ("x",), ("y",), domain=Box([-20.0], [20.0]))
    x = np.linspace(-100, 100, 1000)[:, None]
    np.testing.assert_array_equal(rules.predict(x), np.where(x < 0, -x, 2 * x))
    gap = replace(rules, domain=None)
    with pytest.raises(pr.OutsideDomainError, match=r"row 750 \(\[50\.\d+\]\) is covered by no rule"):
        gap.predict(np.vstack([np.zeros((750, 1)), x[750:]]))


@pytest.mark.parametrize("quick", [False, True], ids=["NumPy", "compiled"])
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nan", "the input holds nan at index (250, 1)"),
        ("infinite", "the input holds inf at index (250, 1)"),
        ("table", "column 'kwh' holds inf in row 250;"),
        ("level", "column 'kind' holds 'castle' in row 250,"),
        ("missing", "column 'kwh' is missing in row 250,"),
    ],
)
def test_errors_count_rows_from_the_first_one(small_parts, monkeypatch, kind, message, quick):
    monkeypatch.setattr(evaluation, "COMPILED_FROM", 0 if quick else 10**9)
    monkeypatch.setattr(evaluation, "CHUNK", 64)
    x = table_of(400).drop(columns="note")
    if kind in ("nan", "infinite"):
        x = tariff().encoded(x)
        x[250, 1] = np.nan if kind == "nan" else np.inf
    else:
        name, value = {"table": ("kwh", np.inf), "level": ("kind", "castle"), "missing": ("kwh", None)}[kind]
        x.loc[250, name] = value
    for method in ("predict", "assign", "rule_numbers"):
        with pytest.raises(pr.InvalidValueError) as caught:
            getattr(tariff(), method)(x)
        assert message in str(caught.value)


def test_numbers_too_large_for_a_sum_are_infinite_and_no_error(compiled):
    rules = RuleSystem((Rule((), AffineMap([[1e300]], [0.0])),), ("x",), ("y",))
    assert rules.predict(np.full((200, 1), 1e300)).tolist() == [[np.inf]] * 200


@pytest.mark.parametrize("library", ["pandas", "objects", "categorical", "polars", "arrow", "record batch", "dict"])
def test_tables_in_parts_are_the_table(library, small_parts, monkeypatch):
    import polars
    import pyarrow

    table = table_of(350)
    monkeypatch.setattr(feature_rows, "PART_ROWS", 10**6)
    whole = tariff(2).predict(table)
    monkeypatch.setattr(feature_rows, "PART_ROWS", 100)
    assert list(FeatureParts(COLUMNS, table).starts) == [0, 100, 200, 300]
    given = {
        "pandas": lambda: table,
        "objects": lambda: table.assign(kind=table["kind"].astype(object)),
        "categorical": lambda: table.assign(kind=table["kind"].astype("category")),
        "polars": lambda: polars.from_pandas(table),
        "arrow": lambda: pyarrow.Table.from_pandas(table.astype({"kind": "category"})),
        "record batch": lambda: pyarrow.RecordBatch.from_pandas(table),
        "dict": lambda: {name: table[name].tolist() for name in table},
    }[library]()
    np.testing.assert_array_equal(tariff(2).predict(given), whole)
    assert (tariff(2).assign(given) == tariff(2).assign(table)).all()
    np.testing.assert_array_equal(tariff(2).encoded(given), np.vstack([tariff(2).encoded(row) for row in parts(table)]))


def parts(table, size=70):
    return [table[start : start + size] for start in range(0, len(table), size)]


def test_few_rows_load_no_compiled_code_but_many_small_batches_do(monkeypatch):
    monkeypatch.setattr(evaluation, "COMPILED_FROM", 30_000)
    one = tariff().evaluation
    assert not any(one.is_worth_compiling(1) for _ in range(40_000))
    assert [one.is_worth_compiling(10_000) for _ in range(4)] == [False, False, True, True]
    assert not one.is_worth_compiling(1)


# Batches


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    import pyarrow
    from pyarrow import parquet

    folder = tmp_path_factory.mktemp("stored")
    table = pyarrow.Table.from_pandas(table_of(5000), preserve_index=False)
    parquet.write_table(table, folder / "data.parquet", row_group_size=1500)
    return folder / "data.parquet"


@pytest.mark.parametrize("source", ["reader", "file", "dataset", "scanner", "table", "tables", "arrays"])
def test_batches_are_predicted_one_by_one(stored, source, monkeypatch):
    import pyarrow
    from pyarrow import dataset, parquet

    monkeypatch.setattr("prelu_rules.columns.table_batches.PART_ROWS", 1000)
    table = parquet.read_table(stored)
    rules = tariff(2)
    given = {
        "reader": lambda: pyarrow.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=700)),
        "file": lambda: parquet.ParquetFile(stored),
        "dataset": lambda: dataset.dataset(stored),
        "scanner": lambda: dataset.dataset(stored).scanner(batch_size=800),
        "table": lambda: table,
        "tables": lambda: parts(table.to_pandas(), 900),
        "arrays": lambda: (rules.encoded(part) for part in parts(table.to_pandas(), 900)),
    }[source]()
    found = list(rules.predict_batches(given))
    assert source == "table" or len(found) >= 5
    np.testing.assert_array_equal(np.vstack(found), rules.predict(table_of(5000)))


def test_only_needed_columns_of_a_file_are_read(stored):
    from pyarrow import parquet

    class Watched(parquet.ParquetFile):
        def iter_batches(self, *arguments, columns=None, **options):
            asked.append(columns)
            return super().iter_batches(*arguments, columns=columns, **options)

    asked = []
    list(tariff().predict_batches(Watched(stored)))
    assert asked == [["kwh", "kind", "age"]] * 4
    other = RuleSystem((Rule((), AffineMap([[1.0]], [0.0])),), ("size",), ("y",))
    with pytest.raises(pr.DataError, match="batch 0: the table has no column 'size'; its columns are 'note', 'kwh'"):
        list(other.predict_batches(Watched(stored)))


def test_a_batch_with_a_bad_cell_is_named_after_those_before_it():
    good = table_of(5)
    found = tariff().predict_batches([good, good[:0], good.assign(kind="castle")])
    np.testing.assert_array_equal(next(found), tariff().predict(good))
    assert next(found).shape == (0, 1)
    with pytest.raises(pr.InvalidValueError, match="batch 2: column 'kind' holds 'castle' in row 0"):
        next(found)


@pytest.mark.parametrize("what", [table_of(3), {"kwh": [1.0]}, np.zeros((3, 5)), "data.parquet", 7, None])
def test_one_table_is_no_batches(what):
    with pytest.raises(pr.DataError, match="does not give batches; .* use predict for one table"):
        next(tariff().predict_batches(what))


# Dask


@pytest.fixture
def frames():
    dd = pytest.importorskip("dask.dataframe")
    return dd.from_pandas(table_of(1000), npartitions=4)


@pytest.mark.parametrize("method", ["predict", "assign", "rule_numbers", "classify", "probabilities"])
def test_dask_gives_dask_lazily(frames, method, monkeypatch):
    rules = tariff(3, classes=("low", "middle", "high"))
    expected = getattr(rules, method)(table_of(1000))
    calls = []
    monkeypatch.setattr("prelu_rules.rules.lazily._answers", count(calls))
    array = rules.encoded(table_of(1000))
    import dask.array

    blocks = dask.array.from_array(array, chunks=(300, 2))
    for rows, lengths in ((frames, (np.nan,) * 4), (blocks, (300, 300, 300, 100))):
        found = getattr(rules, method)(rows)
        assert isinstance(found, dask.array.Array) and not calls
        assert found.dtype == expected.dtype and found.ndim == expected.ndim
        assert found.shape[1:] == expected.shape[1:]
        np.testing.assert_array_equal(found.chunks[0], lengths)
        np.testing.assert_array_equal(found.compute(), expected)
        assert len(calls) == 4
        calls.clear()


def count(calls):
    from prelu_rules.rules import lazily

    real = lazily._answers

    def counted(*arguments):
        calls.append(1)
        return real(*arguments)

    return counted


def test_dask_reads_only_the_columns_that_rules_need(frames):
    found = tariff().predict(frames.assign(note=frames["note"].map(int, meta=("note", int))))
    np.testing.assert_array_equal(found.compute(), tariff().predict(table_of(1000)))


def test_errors_of_dask_come_at_once_where_they_can_and_name_the_partition_elsewhere(frames):
    import dask.array

    with pytest.raises(pr.DataError, match="the table has no column 'age'; its columns are 'note', 'kwh', 'kind'"):
        tariff().predict(frames.drop(columns="age"))
    with pytest.raises(pr.ShapeError, match="must have 5 columns"):
        tariff().predict(dask.array.zeros((8, 4), chunks=2))
    with pytest.raises(pr.InvalidValueError, match="predicts numbers, not classes"):
        tariff().classify(frames)
    bad = table_of(1000)
    bad.loc[600, "kind"] = "castle"
    import dask.dataframe as dd

    later = tariff().predict(dd.from_pandas(bad, npartitions=4))
    with pytest.raises(pr.InvalidValueError, match="partition 2: column 'kind' holds 'castle' in row 100,"):
        later.compute()
    blocks = dask.array.from_array(np.where(np.arange(40).reshape(8, 5) == 37, np.nan, 0.0), chunks=(3, 5))
    with pytest.raises(pr.InvalidValueError, match=r"partition 2: the input holds nan at index \(1, 2\)"):
        tariff().predict(blocks).compute()
    with pytest.raises(pr.DataError, match="is a dask collection"):
        tariff().encoded(frames)


def test_one_row_of_dask_and_rules_on_demand(frames):
    import dask.array

    row = tariff().encoded(table_of(1))[0]
    np.testing.assert_array_equal(tariff().predict(dask.array.from_array(row)).compute(), tariff().predict(row))
    on_demand = pr.extract(tariff().form, columns=COLUMNS, on_demand=True)
    np.testing.assert_allclose(on_demand.predict(frames).compute(), on_demand.predict(table_of(1000)), rtol=1e-12)


def test_dask_is_not_needed_and_not_imported(tmp_path):
    done = python("import sys; sys.modules['dask'] = None; import prelu_rules as pr\n" + ONE_RULE + "print(y.tolist())")
    assert (done.stdout, done.stderr) == ("[[2.0]]\n", "")
    done = python("import sys; import prelu_rules as pr\n" + ONE_RULE + "print('dask' in sys.modules)")
    assert (done.stdout, done.stderr) == ("False\n", "")


# Memory


ONE_RULE = """
rules = pr.RuleSystem((pr.Rule((), pr.AffineMap([[2.0]], [0.0])),), ("x",), ("y",))
y = rules.predict([[1.0]])
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows"])
def test_batches_need_memory_for_a_batch_only(tmp_path, suffix):
    """400 MB of numbers pass through less than 100 MB."""
    path = tmp_path / f"data.{suffix}"
    write_large(path, batches=100, rows=50_000)
    code = (
        PEAK
        + """
import sys
import numpy as np, pandas, pyarrow, pyarrow.ipc, pyarrow.parquet
import prelu_rules as pr
path = sys.argv[1]
rules = pr.read_rules(sys.argv[2])
source = {
    "parquet": lambda: pyarrow.parquet.ParquetFile(path),
    "arrow": lambda: (file.get_batch(k) for file in [pyarrow.ipc.open_file(pyarrow.OSFile(path))]
                      for k in range(file.num_record_batches)),
    "arrows": lambda: pyarrow.ipc.open_stream(pyarrow.OSFile(path)),
}[path.rpartition(".")[2]]()
# What is loaded once, compiled code above all, does not count.
for _ in range(16):
    rules.predict(np.zeros((65_536, 10)))
next(rules.predict_batches([{f"x{k}": [0.0] for k in range(10)}]))
before = peak()
rows = sum(len(y) for y in rules.predict_batches(source))
print(rows, (peak() - before) // 10**6)
"""
    )
    large_rules().export("json", tmp_path / "rules.json")
    done = python(code, path, tmp_path / "rules.json")
    assert done.stderr == ""
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 5_000_000 and megabytes < 100


@pytest.mark.slow
@pytest.mark.parametrize("library", ["array", "pandas", "arrow"])
def test_tables_need_memory_for_parts_beside_the_result(library):
    """Of 240 MB of numbers, 24 MB of results and a few parts of 5 MB are made."""
    code = (
        PEAK
        + """
import sys
import numpy as np, pandas, pyarrow
import prelu_rules as pr
rng = np.random.default_rng(0)
names = [f"x{k}" for k in range(10)]
maps = [pr.AffineMap(rng.normal(size=(1, 10)), [1.0]) for _ in range(2)]
bend = rng.normal(size=10)
rules = pr.RuleSystem((pr.Rule((pr.Condition(bend, 0.5, True),), maps[0]), pr.Rule((), maps[1])), names, ("y",))
rules.predict(np.zeros((1_000_000, 10)))
x = rng.normal(size=(10, 3_000_000))
table = {
    "array": lambda: x.T,
    "pandas": lambda: pandas.DataFrame(x.T, columns=names),
    "arrow": lambda: pyarrow.table(dict(zip(names, x))),
}[sys.argv[1]]()
before = peak()
y = rules.predict(table)
print(len(y), (peak() - before) // 10**6)
"""
    )
    done = python(code, library)
    assert done.stderr == ""
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 3_000_000 and megabytes < 100

"""`rules.predict` on 10,000,000 rows x 10 columns with 8 rules: rows per second of each path, in one run.

`python benchmarks/predict.py [rows]` prints a table, and writes it to `benchmarks/results/predict.csv` if all rows were
asked for. The limit is what the memory allows: one pass that reads all rows, NumPy's `sum` of parts of the array, in as
many threads as `predict` uses. A second pass also writes a number for each row into a new array, as a prediction must.
These and `predict` take turns, 30 times, so that other programs on the machine meet all of them. DuckDB computes the
exported SQL view over its own table in memory, and returns the answers as an array. Keras predicts with the network
that the rules are of, in batches of 8192, of a tenth of the rows. A time is the median of several, 3 where nothing else
is said.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import pandas as pd

from prelu_rules.columns.feature_rows import PART_ROWS
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules
from prelu_rules.rules.in_parts import MOST_THREADS
from prelu_rules.rules.rule_system import RuleSystem

N_ROWS, N_FEATURES, N_UNITS = 10_000_000, 10, 3
RESULTS = Path(__file__).parent / "results" / "predict.csv"
THREADS = min(MOST_THREADS, joblib.cpu_count())


class Line(NamedTuple):
    """A path and its time."""

    path: str
    rows: int
    seconds: float


def times(*calls: Callable[[], object], repeats: int) -> np.ndarray:
    """The seconds of each call, `(repeats, n_calls)`; they take turns, so that all meet the same machine."""
    seconds = np.empty((repeats, len(calls)))
    for turn in range(repeats):
        for k, call in enumerate(calls):
            start = time.perf_counter()
            call()
            seconds[turn, k] = time.perf_counter() - start
    return seconds


def usual(call: Callable[[], object], repeats: int = 3) -> float:
    """The median number of seconds of a call."""
    return float(np.median(times(call, repeats=repeats)))


def one_pass(x: np.ndarray, y: np.ndarray | None) -> None:
    """Read all numbers, in parts of the size that the rules use and in as many threads, and perhaps write one a row."""

    def read(start: int) -> None:
        total = x[start : start + PART_ROWS].sum()
        if y is not None:
            y[start : start + PART_ROWS] = total

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(read, range(0, len(x), PART_ROWS)))


def network() -> tuple[list[np.ndarray], list[np.ndarray], RuleSystem]:
    """Weights, and the 8 rules of the network."""
    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=(N_FEATURES, N_UNITS)), rng.normal(size=(N_UNITS, 1))]
    biases = [rng.normal(size=N_UNITS), rng.normal(size=1)]
    form = NormalForm.from_layers(kernels, biases, [np.zeros(N_UNITS)])
    return kernels, biases, extract_rules(form, output_names=["y"])


def arrays(rules: RuleSystem, x: np.ndarray) -> Iterator[Line]:
    """The limit, and rows in an array."""
    import dask.array

    from prelu_rules.rules import evaluation

    rules.predict(x)
    turns = times(
        lambda: one_pass(x, None), lambda: one_pass(x, np.empty(len(x))), lambda: rules.predict(x), repeats=30
    )
    reading, writing, ours = np.median(turns, axis=0).tolist()
    of_reading, of_writing = np.median(turns[:, 2:] / turns[:, :2], axis=0)
    print(f"predict takes {of_reading:.1f} times reading, {of_writing:.1f} times reading and writing, median of turns")
    yield Line(f"limit: reading the array, {THREADS} threads", len(x), reading)
    yield Line(f"reading it, and writing a result, {THREADS} threads", len(x), writing)
    yield Line("NumPy array", len(x), ours)
    yield Line("NumPy array, rule of each row (assign)", len(x), usual(lambda: rules.assign(x)))
    lazy = dask.array.from_array(x, chunks=(len(x) // 16, -1))
    yield Line("dask array, 16 chunks", len(x), usual(lambda: dask.compute(rules.predict(lazy))[0]))
    compiled_from, evaluation.COMPILED_FROM = evaluation.COMPILED_FROM, 10**12
    yield Line("NumPy array, without compiled code", len(x), usual(lambda: rules.predict(x)))
    evaluation.COMPILED_FROM = compiled_from


def tables(rules: RuleSystem, frame: pd.DataFrame, expected: np.ndarray) -> Iterator[Line]:
    """Rows in tables and in a file."""
    import dask.dataframe
    import polars
    import pyarrow
    from pyarrow import parquet

    arrow = pyarrow.Table.from_pandas(frame, preserve_index=False)
    parts = dask.dataframe.from_pandas(frame, npartitions=16)

    def batches() -> pyarrow.RecordBatchReader:
        return pyarrow.RecordBatchReader.from_batches(arrow.schema, arrow.to_batches(max_chunksize=65_536))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        parquet.write_table(arrow, path, row_group_size=1_000_000)
        of_polars = polars.from_arrow(arrow)
        paths: dict[str, Callable[[], Any]] = {
            "pandas table": lambda: rules.predict(frame),
            "polars table": lambda: rules.predict(of_polars),
            "Arrow table": lambda: rules.predict(arrow),
            "Arrow batches of 65,536 rows": lambda: np.vstack(list(rules.predict_batches(batches()))),
            "dask table, 16 partitions": lambda: dask.compute(rules.predict(parts))[0],
            "Parquet file, read and predicted": lambda: np.vstack(
                list(rules.predict_batches(parquet.ParquetFile(path, pre_buffer=False)))
            ),
            "features of a pandas table (encoded)": lambda: rules.encoded(frame),
        }
        for name, call in paths.items():
            if name.startswith("features"):
                assert np.array_equal(call(), frame.to_numpy())
            else:
                assert np.array_equal(call(), expected), name
            yield Line(name, len(frame), usual(call))
        yield from duckdb_view(rules, arrow, expected)
        yield command_line(rules, arrow[: len(arrow) // 10], Path(folder))


def duckdb_view(rules: RuleSystem, arrow: Any, expected: np.ndarray) -> Iterator[Line]:
    """The exported SQL, in DuckDB."""
    import duckdb

    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.register("given", arrow)
        connection.execute("CREATE TABLE rows_ AS SELECT * FROM given")
        connection.execute(rules.export("sql", table="rows_", view="answers"))

        def answers() -> np.ndarray:
            return np.asarray(connection.execute("SELECT y FROM answers").fetchnumpy()["y"])

        assert np.array_equal(np.sort(answers()), np.sort(expected[:, 0]))
        yield Line(f"DuckDB {duckdb.__version__}, exported view", len(arrow), usual(answers))


def command_line(rules: RuleSystem, arrow: Any, folder: Path) -> Line:
    """`prelu-rules predict` with a Parquet file in and out, with the rule and the reason for each row."""
    import subprocess

    from pyarrow import parquet

    rules.export("json", folder / "rules.json")
    parquet.write_table(arrow, folder / "some.parquet")
    words = ["predict", folder / "rules.json", folder / "some.parquet", "--out", folder / "out.parquet"]
    command = [sys.executable, "-m", "prelu_rules.cli", *map(str, words)]
    seconds = usual(lambda: subprocess.run(command, check=True, capture_output=True), repeats=2)
    return Line("prelu-rules predict, Parquet to Parquet", len(arrow), seconds)


def keras_model(kernels: list[np.ndarray], biases: list[np.ndarray], x: np.ndarray, expected: np.ndarray) -> Line:
    """The network, in float32."""
    import keras

    model = keras.Sequential(
        [keras.Input((N_FEATURES,)), keras.layers.Dense(N_UNITS, activation="relu"), keras.layers.Dense(1)]
    )
    model.set_weights([kernels[0], biases[0], kernels[1], biases[1]])
    rows = x.astype(np.float32)

    def predict() -> np.ndarray:
        return model.predict(rows, batch_size=8192, verbose=0)

    print(f"largest difference of Keras, in float32: {np.abs(predict() - expected).max():.1e}")
    return Line("Keras model", len(x), usual(predict))


def single_rows(rules: RuleSystem, frame: pd.DataFrame) -> Iterator[Line]:
    """The time of a call with one row."""
    row = frame[:1]
    cells, numbers = row.iloc[0].to_dict(), row.to_numpy()
    for name, given in (("array", numbers), ("dict", cells), ("pandas table", row)):
        yield Line(f"1 row, {name}", 1, usual(partial(rules.predict, given), repeats=1000))


def main(n_rows: int) -> None:
    """Print the table, and keep it."""
    kernels, biases, rules = network()
    x = np.random.default_rng(1).normal(size=(n_rows, N_FEATURES))
    expected = rules.predict(x)
    lines = list(arrays(rules, x))
    frame = pd.DataFrame(x, columns=rules.feature_names)
    lines += tables(rules, frame, expected)
    lines += single_rows(rules, frame)
    lines.append(keras_model(kernels, biases, x[: n_rows // 10], expected[: n_rows // 10]))
    limit = lines[0].seconds / n_rows
    table = pd.DataFrame(lines)
    table["rows_per_second"] = table["rows"] / table["seconds"]
    table["passes"] = table["seconds"] / table["rows"] / limit
    bandwidth = x.nbytes / lines[0].seconds / 1e9
    print(f"{len(rules)} rules, {n_rows} rows x {N_FEATURES} columns, read with {bandwidth:.1f} GB/s")
    print(f"{'path':50s} {'rows':>10s} {'seconds':>10s} {'rows/s':>14s} {'passes':>8s}")
    for line, rate, passes in zip(lines, table["rows_per_second"], table["passes"], strict=True):
        relative = f"{rate:14,.0f} {passes:8.1f}" if line.rows > 1 else ""
        print(f"{line.path:50s} {line.rows:10d} {line.seconds:10.3g} {relative}".rstrip())
    if n_rows == N_ROWS:
        rounded = {"seconds": "{:.3g}".format, "rows_per_second": "{:.3g}".format, "passes": "{:.3g}".format}
        for name, form in rounded.items():
            table[name] = table[name].map(form)
        table.to_csv(RESULTS, index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else N_ROWS)

"""One rule system with a category and missing values in every export target, run by its consumer on the same rows.

`PYTHONPATH=tests:tests/export:benchmarks python benchmarks/targets.py` writes `benchmarks/results/targets.csv`. The
time is that of the consumer from start to answer, compilers and virtual machines included. The difference is the
largest to `rules.predict`, as a share of the answer; targets that nothing computes are read back, parsed or drawn.
"""

from __future__ import annotations

import csv
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version as version_of
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import by_python
import executed
import numpy as np
import onnx_consumers
import sql_consumers
import test_c
import test_dmn
import test_excel
import test_graphviz
import test_javascript
import test_julia
import test_keras
import test_mermaid
import test_pandas
import test_pmml
import test_polars
import test_r
import test_rust
import test_sympy_source

from prelu_rules import export
from prelu_rules.export import json as rules_json
from prelu_rules.export import pandas, polars
from prelu_rules.export.program import Shape
from prelu_rules.rules.rule_system import RuleSystem

RESULTS = Path(__file__).parent / "results" / "targets.csv"
N_ROWS = 1000

CASE = executed.case("three outputs")
SYSTEM: RuleSystem = CASE.system
ROWS = {name: cells[-N_ROWS:] for name, cells in CASE.rows.items()}
"""The last rows, among which are those on bends, at corners, far outside, with every level and gap."""


class Run(NamedTuple):
    """A consumer of a target.

    Attributes:
        target: the name of the target.
        shape: "list" or "formula".
        consumer: its name and version.
        outputs: runs it, and gives the outputs of all rows; of a target that nothing computes None.
    """

    target: str
    shape: Shape
    consumer: str
    outputs: Callable[[Path], Any]


def said(*command: str) -> str:
    """The first line that a program says of its version."""
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).splitlines()[0][:60]


def installed(*names: str) -> str:
    """Python packages and their versions."""
    return ", ".join(f"{name} {version_of(name)}" for name in names)


def databases(shape: Shape) -> Iterator[Run]:
    """SQL in each database that is run."""

    def asked(database: Any) -> Any:
        ((_, found),) = sql_consumers.run(database, CASE, ROWS, [(shape, "query")])
        return found[0]

    yield Run("sql", shape, installed("duckdb"), lambda _: asked(sql_consumers.DuckDB()))
    yield Run("sql", shape, f"SQLite {sql_consumers.sqlite3.sqlite_version}", lambda _: asked(sql_consumers.SQLite()))
    server = sql_consumers.PostgreSQL()
    try:
        yield Run("sql", shape, said("psql", "--version"), lambda _: asked(server))
    finally:
        server.stop()


def programs(shape: Shape) -> Iterator[Run]:
    """Languages and engines, each with a function of its tests that runs it."""
    work = [(SYSTEM, shape, ROWS)]
    yield Run("python", shape, said("python", "--version"), lambda _: by_python.answers(*work[0])[0])
    yield Run("c", shape, said("gcc", "--version"), lambda folder: test_c.ran(folder, SYSTEM, shape, ROWS)[0][0])
    yield Run("javascript", shape, f"node {said('node', '--version')}", lambda f: test_javascript.ran(f, work)[0][0])
    yield Run("r", shape, said("R", "--version"), lambda folder: test_r.ran(folder, work)[0][0])
    yield Run("rust", shape, said("rustc", "--version"), lambda f: test_rust.ran(f, work, "rustc")[0][0])
    yield Run("julia", shape, installed("tree-sitter-julia"), lambda _: test_julia.answers(*work[0])[0])
    yield Run("dmn", shape, "feelin, dmn-moddle", lambda _: test_dmn.ran([(*work[0], True)])[0][0])
    yield Run("pmml", shape, installed("jpmml-evaluator"), lambda f: test_pmml.ran(f, "jpmml", work)[0][0])
    yield Run("pmml", shape, installed("pypmml"), lambda f: test_pmml.ran(f, "pypmml", work)[0][0])
    model = SYSTEM.export("onnx", shape=shape)
    for consumer, name in zip(onnx_consumers.CONSUMERS, ("onnxruntime", "onnx"), strict=True):
        yield Run("onnx", shape, installed(name), by_onnx(model, consumer))
    yield Run("excel", shape, installed("pycel"), lambda f: test_excel.Recalculated(f, SYSTEM, shape).table(ROWS)[0])
    names = list(SYSTEM.output_names)
    frame = test_polars.frame_of(SYSTEM, ROWS)
    yield Run("polars", shape, installed("polars"), lambda _: polars.answers(SYSTEM, frame, shape)[names].to_numpy())
    of_pandas = test_pandas.frame_of(SYSTEM, ROWS)
    yield Run(
        "pandas",
        shape,
        installed("pandas"),
        lambda _: pandas.answers(SYSTEM, of_pandas, shape)[names].to_numpy(),
    )
    yield Run("sympy", shape, installed("sympy"), lambda _: by_sympy(shape))
    yield from databases(shape)


def by_sympy(shape: Shape) -> Any:
    """The outputs of expressions."""
    outputs = test_sympy_source.outputs_of(SYSTEM.export("sympy", shape=shape))
    return test_sympy_source.answers(SYSTEM, outputs, ROWS)


def by_onnx(model: bytes, consumer: Any) -> Callable[[Path], Any]:
    """Something that runs a model in one of the consumers."""
    return lambda _: onnx_consumers.answers(CASE, model, consumer, ROWS)[0]


def by_keras(folder: Path) -> Any:
    """The outputs of a model from a file."""
    model = test_keras.loaded(folder, SYSTEM)
    return test_keras.answers_of(SYSTEM, model(test_keras.cells_of(SYSTEM, ROWS)))[0]


def drawn(text: str, ask: Callable[..., Any], *more: Any) -> Callable[[Path], None]:
    """Something that draws a diagram."""

    def draw(folder: Path) -> None:
        ask(folder, [text], *more)

    return draw


def others() -> Iterator[Run]:
    """Targets that have one shape only."""
    here = "prelu_rules reads it back"
    yield Run("keras", "formula", installed("keras", "tensorflow"), by_keras)
    yield Run("json", "list", here, lambda _: rules_json.read(SYSTEM.export("json")).predict(ROWS))
    yield Run("text", "list", here, lambda _: export.read_text(SYSTEM.export("text")).predict(ROWS))
    yield Run("graphviz", "list", said("dot", "-V"), drawn(SYSTEM.export("graphviz"), test_graphviz.drawn))
    yield Run("mermaid", "list", "mermaid in chromium", drawn(SYSTEM.export("mermaid"), test_mermaid.rendered))


def largest_difference(outputs: Any) -> str:
    """The largest difference to the rules, as a share of the answer."""
    if outputs is None:
        return ""
    expected = SYSTEM.predict(ROWS)
    found = np.array(outputs, dtype=float).reshape(expected.shape)
    return f"{np.max(np.abs(found - expected) / np.maximum(np.abs(expected), 1)):.1e}"


def main() -> None:
    """Print and write a line for each target and consumer."""
    lines = [("target", "shape", "consumer", "largest difference", "bytes", "seconds")]
    for run in chain(programs("list"), programs("formula"), others()):
        target = export.targets()[run.target]
        content = target.write(SYSTEM, **({"shape": run.shape} if "shape" in target.options else {}))
        size = len(content if isinstance(content, bytes) else content.encode())
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            outputs = run.outputs(Path(folder))
            seconds = time.perf_counter() - start
        lines.append((run.target, run.shape, run.consumer, largest_difference(outputs), str(size), f"{seconds:.2f}"))
        print(json.dumps(lines[-1]))
    with RESULTS.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


if __name__ == "__main__":
    main()

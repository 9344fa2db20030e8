"""Refits from moments against Jacobian products: CPU time of one evaluation and of a whole refit, in one run.

`python benchmarks/refits.py` prints a table, and writes it to `benchmarks/results/refits.csv`. Both start from the same
random networks and learn a random network with noise from the same rows; the products are what the package uses for
losses that need them, in one thread. An evaluation is the gradient and the second derivative; a refit takes the default
number of steps. A time is the smallest of several; the two take turns, so that other programs on the machine meet both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from prelu_rules.losses.named import LossName, loss_named
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.curvature import Task, curvature, curvature_by_products
from prelu_rules.refine.refit import refit, refit_by_products

RESULTS = Path(__file__).parent / "results" / "refits.csv"
CASES: list[tuple[LossName, int, int, int, int]] = [
    ("squared", 2_000, 10, 3, 1),
    ("squared", 2_000, 10, 5, 1),
    ("squared", 2_000, 10, 8, 1),
    ("squared", 8_000, 10, 5, 1),
    ("squared", 2_000, 30, 5, 1),
    ("squared", 20_000, 30, 5, 1),
    ("logistic", 2_000, 10, 5, 1),
    ("softmax", 1_400, 20, 2, 10),
]
REPEATS = 3


class Line(NamedTuple):
    """A case, and CPU milliseconds."""

    loss: str
    rows: int
    columns: int
    units: int
    outputs: int
    evaluation_by_products: float
    evaluation: float
    refit_by_products: float
    refit: float


def network(rng: np.random.Generator, n_inputs: int, n_units: int, n_outputs: int) -> CompactForm:
    """A random network without units inside units."""
    flat = CompactForm(rng.normal(size=(n_outputs, n_inputs + 1)), np.ones((n_outputs, n_inputs + 1), bool), n_inputs)
    for unit in range(n_units):
        own = np.concatenate([rng.normal(size=n_inputs), np.zeros(unit), rng.normal(size=1)])
        flat = flat.with_unit(own, rng.normal(size=n_outputs))
    return flat


def task(rng: np.random.Generator, loss: LossName, n_rows: int, truth: CompactForm) -> Task:
    """Rows that a network has answered, with noise."""
    x = rng.normal(size=(n_rows, truth.n_inputs))
    outputs = truth.predict(x)
    outputs += outputs.std() * 0.3 * rng.normal(size=outputs.shape)
    y = {"squared": outputs / outputs.std(), "logistic": (outputs[:, 0] > 0) * 1.0}.get(loss)
    y = outputs.argmax(axis=1) * 1.0 if y is None else y
    return Task(x, y, np.full(n_rows, 1 / n_rows), loss_named(loss), 1e-4)


def times(*calls: Callable[[], object]) -> list[float]:
    """The CPU milliseconds of each call."""
    least = [np.inf] * len(calls)
    for _ in range(REPEATS):
        for k, call in enumerate(calls):
            start = time.process_time()
            call()
            least[k] = min(least[k], 1e3 * (time.process_time() - start))
    return least


def line(loss: LossName, n_rows: int, n_inputs: int, n_units: int, n_outputs: int) -> Line:
    """Measure a case."""
    rng = np.random.default_rng(0)
    rows = task(rng, loss, n_rows, network(rng, n_inputs, n_units, n_outputs))
    start = network(rng, n_inputs, n_units, n_outputs)
    refit(start, rows, 1)
    evaluations = times(lambda: curvature_by_products(start, rows), lambda: curvature(start, rows))
    refits = times(lambda: refit_by_products(start, rows), lambda: refit(start, rows))
    return Line(loss, n_rows, n_inputs, n_units, n_outputs, *evaluations, *refits)


def main() -> None:
    """Print and write the table."""
    with threadpool_limits(1):
        found = pd.DataFrame([line(*case) for case in CASES])
    found["times_as_fast"] = found.refit_by_products / found.refit
    print(found.round(3).to_string(index=False))
    found.round(4).to_csv(RESULTS, index=False)


if __name__ == "__main__":
    main()

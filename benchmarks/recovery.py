"""Are planted forms found again: their size, the columns of every hinge, and where it bends?

    python benchmarks/recovery.py                               # every cell, 40 forms each: many hours
    python benchmarks/recovery.py --cells 'flat-*' --forms 10   # some of them
    python benchmarks/recovery.py --required                    # the cells of the figures that are required
    python benchmarks/recovery.py --list

A cell is a kind of form, whether columns are correlated, a number of rows and a noise:

- `flat` and `nested`: 2 to 8 hinges, drawn evenly, of one to three of 3 to 10 columns; in `nested` the last hinge also
  uses the first. `planted.py` says how they are drawn and when a bend counts as found.
- `correlated`: the same with columns correlated about .8.
- `knots`: 4, 8, 12 or 16 bends of one column.
- `persistent`: one form that searches have missed at every number of rows; only the rows differ.

Noise is in percent of the deviation of the signal. Each form is given to the regressor with default settings; nothing
is said about its size. `size`, `columns`, `5%` and `10%` are shares of the forms with the right number of units, the
right columns in every hinge, and every bend within 5% and 10%; `error` is the median error on rows without noise,
relative to the deviation of the signal, and `CPU-s` the median time of a fit. The forms of a cell, and of the same cell
with other rows and noise, are those of a seed; the first ones do not depend on how many are asked for.
"""

from __future__ import annotations

import argparse
import csv
import platform
import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from planted import Planted, knots, persistent, planted, recovery

import prelu_rules as pr

RESULTS = Path(__file__).parent / "results" / "recovery.csv"
ROWS = (200, 1000, 5000)
NOISES = (0, 5, 20)
CORRELATION = 0.8
FEWEST, MOST = 2, 8
KNOTS = (4, 8, 12, 16)
REQUIRED = {200: (85, 45, 60), 1000: (97, 75, 92)}
"""By the number of rows, percent of forms with the right size, all bends within 5% and all within 10%, for independent
columns and 5% of noise."""


@dataclass(frozen=True)
class Cell:
    """What is planted, and in which rows.

    Attributes:
        kind: "flat", "nested", "knots" or "persistent".
        correlated: whether columns are.
        n_rows: the number of rows.
        noise: in percent.
    """

    kind: str
    correlated: bool
    n_rows: int
    noise: int

    @property
    def name(self) -> str:
        """As it is selected and printed."""
        return f"{self.kind}{'-correlated' if self.correlated else ''}-n{self.n_rows}-noise{self.noise}"

    @property
    def required(self) -> bool:
        """Whether `REQUIRED` speaks of it."""
        plain = self.kind in ("flat", "nested") and not self.correlated
        return plain and self.noise == 5 and self.n_rows in REQUIRED

    def form(self, number: int, seed: int) -> Planted:
        """The form of a number."""
        if self.kind == "persistent":
            return persistent()
        # Kinds and correlations have forms of their own; other rows and noises of a kind have the same.
        rng = np.random.default_rng([seed, number, ("flat", "nested", "knots").index(self.kind), self.correlated])
        if self.kind == "knots":
            return knots(KNOTS[number % len(KNOTS)], rng)
        n_hinges = FEWEST + number % (MOST - FEWEST + 1)
        return planted(n_hinges, self.kind == "nested", CORRELATION * self.correlated, rng)


CELLS = [
    *(Cell(*four) for four in product(("flat", "nested"), (False, True), ROWS, NOISES)),
    *(Cell(kind, False, n, noise) for kind, n, noise in product(("knots", "persistent"), ROWS, (0, 5))),
]


class Found(NamedTuple):
    """How a form of a cell was found."""

    size: bool
    columns: bool
    within_5: bool
    within_10: bool
    error: float
    seconds: float


def found(cell: Cell, number: int, seed: int, n_rows: int | None = None) -> Found:
    """Plant a form, fit, and compare.

    Args:
        cell: what is planted.
        number: of the form.
        seed: of all forms and rows, and of the fit.
        n_rows: None for those of the cell.

    Returns:
        The comparison.
    """
    truth = cell.form(number, seed)
    x, y = truth.rows(n_rows or cell.n_rows, cell.noise / 100, np.random.default_rng([seed, number, 1]))
    start = time.process_time()
    with warnings.catch_warnings():
        # Rows that are left out as outlying, and the like, are part of the defaults.
        warnings.simplefilter("ignore")
        model = pr.PReLURuleRegressor(random_state=seed).fit(x, y)
    seconds = time.process_time() - start
    compared = recovery(truth, model.point_.form)
    signal = truth.form.predict(truth.sample)[:, 0]
    error = np.sqrt(np.mean((model.predict(truth.sample) - signal) ** 2)) / signal.std()
    return Found(compared.size, compared.columns, compared.within(0.05), compared.within(0.1), float(error), seconds)


class Line(NamedTuple):
    """A cell of the table."""

    cell: str
    forms: int
    size: float
    columns: float
    within_5: float
    within_10: float
    error: float
    seconds: float

    def __str__(self) -> str:
        shares = "".join(f"{100 * share:8.1f}" for share in self[2:6])
        return f"{self.cell:<34}{self.forms:>6}{shares}{self.error:>10.4f}{self.seconds:>8.2f}"


HEADER = f"{'cell':<34}{'forms':>6}{'size %':>8}{'columns':>8}{'5%':>8}{'10%':>8}{'error':>10}{'CPU-s':>8}"


def line(name: str, rows: Sequence[Found]) -> Line:
    """Summarise forms."""
    shares = np.mean([row[:4] for row in rows], axis=0)
    medians = np.median([row[4:] for row in rows], axis=0)
    return Line(name, len(rows), *map(float, shares), *map(float, medians))


def versions() -> str:
    """What the figures were made with."""
    packages = ["numpy", "scipy", "scikit-learn", "numba"]
    known = [f"{name} {version(name)}" for name in packages]
    try:
        own = version("prelu-rules")
    except PackageNotFoundError:
        own = "of this tree"
    return ", ".join([f"prelu-rules {own}", f"Python {platform.python_version()}", *known])


def write(lines: Iterable[Line], path: Path, seed: int) -> None:
    """Write the table, after a line with the versions."""
    with path.open("w", newline="") as file:
        file.write(f"# {versions()}; seed {seed}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Line._fields)
        for one in lines:
            writer.writerow([f"{value:.4g}" if isinstance(value, float) else value for value in one])


def verdicts(of_cells: dict[Cell, list[Found]]) -> list[str]:
    """What is required beside what was found, for each number of rows, over flat and nested forms."""
    said = []
    for n_rows, least in REQUIRED.items():
        rows = [row for cell, rows in of_cells.items() if cell.required and cell.n_rows == n_rows for row in rows]
        if rows:
            one = line("", rows)
            pairs = zip(("size", "5%", "10%"), (one.size, one.within_5, one.within_10), least, strict=True)
            text = ", ".join(f"{name} {100 * share:.0f}% (required {wanted}%)" for name, share, wanted in pairs)
            said.append(f"n={n_rows}, {len(rows)} forms: {text}")
    return said


def run(cells: Sequence[Cell], forms: int, seed: int, jobs: int, path: Path, n_rows: int | None = None) -> list[Line]:
    """Print the table and write it, cell by cell, so that nothing is lost.

    Args:
        cells: which.
        forms: in each.
        seed: of everything.
        jobs: processes.
        path: of the table.
        n_rows: in place of those of the cells; None for theirs.

    Returns:
        The lines.
    """
    print(HEADER, flush=True)
    lines: list[Line] = []
    of_cells: dict[Cell, list[Found]] = {}
    with Parallel(n_jobs=jobs) as parallel:
        for cell in cells:
            of_cells[cell] = parallel(delayed(found)(cell, number, seed, n_rows) for number in range(forms))
            lines.append(line(cell.name, of_cells[cell]))
            print(lines[-1], flush=True)
            write(lines, path, seed)
    print(*verdicts(of_cells), sep="\n")
    return lines


def main() -> None:
    """Run the cells that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="+", default=["*"], help="names of cells, with * and ?")
    parser.add_argument("--required", action="store_true", help="only the cells of the figures that are required")
    parser.add_argument("--forms", type=int, default=40, help="how many forms a cell has")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--list", action="store_true", help="print the names of all cells")
    given = parser.parse_args()
    cells = [cell for cell in CELLS if any(fnmatch(cell.name, pattern) for pattern in given.cells)]
    cells = [cell for cell in cells if cell.required or not given.required]
    if given.list:
        print(*(cell.name for cell in cells), sep="\n")
        return
    run(cells, given.forms, given.seed, given.jobs, given.results)


if __name__ == "__main__":
    main()

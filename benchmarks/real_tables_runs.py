"""Fits of real tables, each learner in a process of its own, so that no fit takes more CPU time than it may."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pandas as pd
from real_tables_learners import LEARNERS, OURS
from real_tables_list import REAL_TABLES
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold, StratifiedKFold

FOLDS = 5
PATH = "path "
"""How the setting of a network of our path begins; its number of units follows."""


@dataclass(frozen=True)
class Row:
    """A line of the results.

    Attributes:
        table: the table.
        fold: the fold, from 0.
        learner: the learner.
        setting: empty for the default; for ours, `PATH` and a size for each network of the path.
        score: R2 or accuracy on the test rows.
        numbers: how many a reader has to read.
        seconds: CPU time of the fit, after the imports of the learner.
        failure: why there is no score, or an empty text.
    """

    table: str
    fold: int
    learner: str
    setting: str = ""
    score: float = float("nan")
    numbers: float = float("nan")
    seconds: float = float("nan")
    failure: str = ""


def split(table: str) -> tuple[pd.DataFrame, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """A table, its target, and the training and test rows of each fold: shuffled, for classes stratified."""
    x, y = REAL_TABLES[table].load()
    splitter = (StratifiedKFold if REAL_TABLES[table].classes else KFold)(FOLDS, shuffle=True, random_state=0)
    return x, y, list(splitter.split(x, y))


def fitted_rows(table: str, fold: int, learner: str) -> Iterator[Row]:
    """Fit a learner to a fold: a line for its default and, for ours, one for each network of its path."""
    x, y, folds = split(table)
    train, test = folds[fold]
    classes = REAL_TABLES[table].classes
    model = LEARNERS[learner].make(classes)
    if model is None:
        yield Row(table, fold, learner, failure="is not made for this task")
        return

    def score(fitted: Any) -> float:
        return float((accuracy_score if classes else r2_score)(y[test], np.asarray(fitted.predict(x.iloc[test]))))

    start = time.process_time()
    model.fit(x.iloc[train], y[train])
    seconds = time.process_time() - start
    yield Row(table, fold, learner, "", score(model), LEARNERS[learner].numbers(model), seconds)
    if learner == OURS:
        for size, point in enumerate(model.path_):
            of_size = score(model.choose(size))
            yield Row(table, fold, learner, f"{PATH}{size}", of_size, float(point.n_numbers))


def _serve(connection: Connection, learner: str) -> None:
    """Answer each fold of a table with its lines and None, until None comes."""
    # Warnings about convergence do not matter here; the score does.
    warnings.simplefilter("ignore")
    for table, fold, limit in iter(connection.recv, None):
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime + limit) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
        try:
            for row in fitted_rows(table, fold, learner):
                connection.send(row)
        except Exception as error:  # Any error of a library becomes a line of the results.
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
            connection.send(Row(table, fold, learner, failure=reason))
        connection.send(None)


class Worker:
    """A process that fits one learner, and is started again when the limit has ended it."""

    def __init__(self, learner: str, limit: float) -> None:
        self._learner, self._limit = learner, limit
        self._process: Any = None

    def rows(self, table: str, fold: int) -> list[Row]:
        """The lines of a fold; a fit that takes longer than the limit has a line that says so."""
        if self._process is None:
            self._start()
        self._connection.send((table, fold, self._limit))
        found: list[Row] = []
        try:
            while (row := self._connection.recv()) is not None:
                found.append(row)
        except EOFError:
            self._process.join()
            ended = self._process.exitcode == -signal.SIGXCPU
            reason = f"takes more than {self._limit:g} CPU-s" if ended else f"ended with {self._process.exitcode}"
            self._process = None
            # What was sent before stands: the default, and the first networks of our path.
            return found or [Row(table, fold, self._learner, failure=reason)]
        return found

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._connection.send(None)
            self._process.join()

    def _start(self) -> None:
        # A process that is forked would share the threads of OpenMP, which then wait forever.
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self._learner), daemon=True)
        self._process.start()
        other.close()

"""The data sets of the benchmarks and their splits: scikit-learn's own, so nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from sklearn import datasets
from sklearn.model_selection import KFold, StratifiedKFold

Table = tuple[np.ndarray, np.ndarray]

REGRESSIONS: dict[str, Callable[[], Table]] = {
    "friedman1": lambda: datasets.make_friedman1(n_samples=2000, noise=1.0, random_state=0),
    "friedman2": lambda: datasets.make_friedman2(n_samples=1000, noise=125, random_state=0),
    "friedman3": lambda: datasets.make_friedman3(n_samples=1000, noise=0.1, random_state=0),
    "diabetes": lambda: datasets.load_diabetes(return_X_y=True),
}
CLASSES: dict[str, Callable[[], Table]] = {
    "moons": lambda: datasets.make_moons(n_samples=2000, noise=0.25, random_state=0),
    "breast_cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "wine": lambda: datasets.load_wine(return_X_y=True),
    "iris": lambda: datasets.load_iris(return_X_y=True),
    "digits": lambda: datasets.load_digits(return_X_y=True),
}
TABLES = {**REGRESSIONS, **CLASSES}

FOLDS = 5
OVERLAP = 1 / (FOLDS - 1)
"""The number of test rows per training row of a fold, for `intervals.interval`."""


def folds(name: str, x: np.ndarray, y: np.ndarray) -> Iterator[Table]:
    """The training and test rows of each fold of a data set: stratified for classes, shuffled, random state 0."""
    splitter = (StratifiedKFold if name in CLASSES else KFold)(FOLDS, shuffle=True, random_state=0)
    yield from splitter.split(x, y)

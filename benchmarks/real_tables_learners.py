"""The learners that meet on real tables, all with default settings, and what turns a table into rows for each.

Learners that take text and missing values as they are get the table. All others get a matrix: numbers with the median
of the training rows where they are missing and a column that says so, and a column of 0 and 1 for every level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from peers import PEERS, Peer, aplr, boosting, mars, parc, pilot
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

OURS = "prelu_rules"


@dataclass(frozen=True)
class Learner:
    """A learner with one setting.

    Attributes:
        make: for numbers (False) or classes (True), an unfitted estimator for tables; None if it is not made for that.
        numbers: counts what a reader of a fitted one has to read.
    """

    make: Callable[[bool], Any]
    numbers: Callable[[Any], float]


def matrix(table: pd.DataFrame) -> ColumnTransformer:
    """What turns such a table into a matrix of numbers."""
    text = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    levels = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False, drop="if_binary"),
    )
    others = [name for name in table if name not in text]
    return ColumnTransformer(
        [("numbers", SimpleImputer(strategy="median", add_indicator=True), others), ("levels", levels, text)]
    )


def as_categories(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with pandas categories in place of text."""
    text = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    return table.astype(dict.fromkeys(text, "category"))


class _OnMatrix:
    """A pipeline whose first step is made for the table that it is fitted to."""

    def __init__(self, model: Any, first: Callable[[pd.DataFrame], Any]) -> None:
        self.model, self._first = model, first

    def fit(self, table: pd.DataFrame, y: np.ndarray) -> _OnMatrix:
        self._pipeline = Pipeline([("rows", self._first(table)), ("model", self.model)]).fit(table, y)
        return self

    def predict(self, table: pd.DataFrame) -> np.ndarray:
        return np.asarray(self._pipeline.predict(table))


def _of(peer: Peer, setting: str = "", first: Callable[[pd.DataFrame], Any] = matrix) -> Learner:
    def make(classes: bool) -> Any:
        model = peer.variants(classes).get(setting)
        return None if model is None else _OnMatrix(model, first)

    return Learner(make, lambda fitted: peer.numbers(fitted.model))


def _numbers_of_ebm(fitted: Any) -> int:
    """As in `peers.ebm`, but a level has its effect and no threshold."""
    model = fitted.model
    names = [f for features in model.term_features_ if len(features) == 1 for f in features]
    levels = sum(len(model.bins_[f][0]) + 1 for f in names if isinstance(model.bins_[f][0], Mapping))
    return PEERS["EBM"].numbers(model) - levels


def _ours(classes: bool) -> Any:
    import prelu_rules as pr

    return (pr.PReLURuleClassifier if classes else pr.PReLURuleRegressor)(random_state=0)


def _as_it_is(_: pd.DataFrame) -> FunctionTransformer:
    return FunctionTransformer()


def _with_categories(_: pd.DataFrame) -> FunctionTransformer:
    return FunctionTransformer(as_categories)


LEARNERS: dict[str, Learner] = {
    OURS: Learner(_ours, lambda fitted: float(fitted.point_.n_numbers)),
    "linear": _of(PEERS["linear"]),
    "linear L1": _of(PEERS["linear"], "L1"),
    "tree": _of(PEERS["tree"]),
    "Cubist": _of(PEERS["Cubist"]),
    "PILOT": _of(pilot.PEER),
    "HistGradientBoosting": _of(boosting.HISTOGRAMS, first=_with_categories),
    "LightGBM": _of(boosting.LIGHTGBM, first=_with_categories),
    "FIGS": _of(PEERS["FIGS"]),
    "linear-tree": _of(PEERS["linear-tree"]),
    "RuleFit": _of(PEERS["RuleFit"]),
    "EBM": Learner(_of(PEERS["EBM"], first=_as_it_is).make, _numbers_of_ebm),
    "MARS": _of(mars.PEER),
    "PARC": _of(parc.PEER),
    "APLR": _of(aplr.PEER),
}
"""By name, in the order in which they are run: those that take long come last."""

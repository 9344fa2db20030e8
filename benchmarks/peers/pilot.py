"""PILOT (Raymaekers et al., "Fast linear model trees by PILOT", 2024), from fast-model-trees: a tree of small steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from peers.peer import Peer

ROUNDING = 1e-12
_WEIGHTS = ["intercept_left", "slope_left", "intercept_right", "slope_right"]


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings; there is none for classes."""
    return {} if classes else {"": _Pilot()}


class _Pilot(RegressorMixin, BaseEstimator):
    """With the names of scikit-learn's methods."""

    def fit(self, X: Any, y: Any) -> Self:
        from pilot import PILOT

        self.tree_ = PILOT()
        self.tree_.train(np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64))
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.asarray(self.tree_.predict(np.asarray(X, dtype=np.float64))).ravel()


def numbers(model: Any) -> int:
    """The threshold of each split, and the constants and slopes that each step adds."""
    steps = model.tree_.tree_summary()
    weights = np.abs(np.nan_to_num(steps[_WEIGHTS].to_numpy(dtype=np.float64)))
    # Steps that add nothing are rounding errors of a mean of 0.
    return int(steps["split_value"].notna().sum() + np.count_nonzero(weights > ROUNDING * weights.max(initial=0)))


PEER = Peer("PILOT", variants, numbers)

"""Gradient boosting, which nobody can read: it shows which accuracy is possible on real tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from peers.peer import Peer


def _of_scikit_learn(classes: bool) -> Mapping[str, Any]:
    """With default settings; columns of categories are taken as such."""
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return {"": kind(categorical_features="from_dtype", random_state=0)}


def _of_lightgbm(classes: bool) -> Mapping[str, Any]:
    """With default settings, in one thread and without a word."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    return {"": (LGBMClassifier if classes else LGBMRegressor)(n_jobs=1, verbose=-1, random_state=0)}


def _numbers_of_scikit_learn(model: Any) -> int:
    """A threshold for every split, and a value for every leaf."""
    rounds = model._predictors  # scikit-learn shows its trees nowhere else
    return sum(len(tree.nodes) for trees in rounds for tree in trees)


def _numbers_of_lightgbm(model: Any) -> int:
    """A threshold for every split, and a value for every leaf."""
    trees = model.booster_.dump_model()["tree_info"]
    return sum(2 * tree["num_leaves"] - 1 for tree in trees)


HISTOGRAMS = Peer("HistGradientBoosting", _of_scikit_learn, _numbers_of_scikit_learn)
LIGHTGBM = Peer("LightGBM", _of_lightgbm, _numbers_of_lightgbm)

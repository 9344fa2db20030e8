"""Explainable boosting machines (Nori et al., "InterpretML", 2019): a sum of step functions of one or two features."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings."""
    from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

    kind = ExplainableBoostingClassifier if classes else ExplainableBoostingRegressor
    return {"": kind(n_jobs=1, random_state=0)}


def numbers(model: Any) -> int:
    """The steps of every function, their positions, and the constant; usually they are read off a plot."""
    steps = int(np.count_nonzero(model.intercept_))
    for features, scores in zip(model.term_features_, model.term_scores_, strict=True):
        # Functions of two features have coarser bins, which are the last ones in each feature's list.
        cuts = [model.bins_[f][min(len(features), len(model.bins_[f])) - 1] for f in features]
        n_outputs = int(np.prod(np.shape(scores)[len(features) :]))
        steps += sum(map(len, cuts)) + prod(len(c) + 1 for c in cuts) * n_outputs
    return steps


PEER = Peer("EBM", variants, numbers)

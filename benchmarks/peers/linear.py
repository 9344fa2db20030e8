"""scikit-learn's linear models: with all features, and with those that an L1 penalty leaves (by cross-validation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import LassoCV, LinearRegression, LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """Both of them, on standardised columns."""
    if classes:
        sparse = LogisticRegressionCV(
            l1_ratios=(1.0,), solver="saga", max_iter=300, use_legacy_attributes=False, random_state=0
        )
        models = {"": LogisticRegression(), "L1": sparse}
    else:
        models = {"": LinearRegression(), "L1": LassoCV(random_state=0)}
    return {name: make_pipeline(StandardScaler(), model) for name, model in models.items()}


def numbers(model: Any) -> int:
    """Coefficients and constants."""
    return int(np.count_nonzero(model[-1].coef_) + np.count_nonzero(model[-1].intercept_))


PEER = Peer("linear", variants, numbers)

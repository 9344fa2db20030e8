"""linear-tree (M. Cerliani): trees with a linear model in each leaf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils.validation import validate_data

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings, and with few leaves."""
    from lineartree import LinearTreeClassifier, LinearTreeRegressor

    base: Any = LinearTreeClassifier if classes else LinearTreeRegressor

    class Current(base):
        """With the input check by which scikit-learn 1.6 has replaced the method that linear-tree calls."""

        def _validate_data(self, X: Any, y: Any = "no_validation", **options: Any) -> Any:
            if "force_all_finite" in options:
                options["ensure_all_finite"] = options.pop("force_all_finite")
            return validate_data(self, X, y, **options)

    leaf = LogisticRegression() if classes else LinearRegression()
    return {"": Current(leaf), "4 leaves": Current(leaf, max_depth=2), "8 leaves": Current(leaf, max_depth=3)}


def numbers(model: Any) -> int:
    """A threshold for every split, and a linear model for every leaf."""
    return sum(1 if "children" in node else _of_leaf(node["models"]) for node in model.summary().values())


def _of_leaf(model: Any) -> int:
    # A leaf with one class has a model of that class alone, without coefficients.
    if not hasattr(model, "coef_"):
        return 1
    return int(np.count_nonzero(model.coef_) + np.count_nonzero(model.intercept_))


PEER = Peer("linear-tree", variants, numbers)

"""APLR (von Ottenbreit and De Bin, "Automatic piecewise linear regression", 2024): boosted hinges and products."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from peers.peer import Peer

_HINGE = re.compile(r"(?:max|min)\(")


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings, in one thread; for classes, a model of each class against the others."""
    if classes:
        return {"": _Classifier()}
    from aplr import APLRRegressor

    return {"": APLRRegressor(random_state=0, n_jobs=1)}


class _Classifier(ClassifierMixin, BaseEstimator):
    """For classes of any type; it takes a list of strings only."""

    def fit(self, X: Any, y: Any) -> Self:
        from aplr import APLRClassifier

        self.classes_, codes = np.unique(y, return_inverse=True)
        self.model_ = APLRClassifier(random_state=0, n_jobs=1)
        self.model_.fit(X, [str(code) for code in codes])
        return self

    def predict(self, X: Any) -> np.ndarray:
        return self.classes_[np.array(self.model_.predict(X), dtype=np.intp)]


def numbers(model: Any) -> int:
    """The weights of terms, the constants, and the thresholds of the hinges."""
    if isinstance(model, _Classifier):
        return sum(numbers(model.model_.get_logit_model(name)) for name in model.model_.get_categories())
    terms = zip(model.get_term_names(), model.get_term_coefficients(), strict=True)
    return sum(1 + len(_HINGE.findall(name)) for name, weight in terms if weight)


PEER = Peer("APLR", variants, numbers)

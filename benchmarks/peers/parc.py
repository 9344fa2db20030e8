"""PARC (Bemporad, "A piecewise linear regression and classification algorithm", 2023), from pyparc.

Linear models on cells between which linear functions decide.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings, on standardised columns and numbers, for which its penalties are made."""
    return {"": _Classifier() if classes else _Regressor()}


def _new() -> Any:
    # Its pictures of cells need this library, which needs a compiler; nothing else does.
    sys.modules.setdefault("pypoman", ModuleType("pypoman"))
    from pyparc import parc

    # scikit-learn 1.8 has removed an argument that names what has become the only way.
    parc.LogisticRegression = lambda multi_class=None, **options: LogisticRegression(**options)
    return parc.PARC(verbose=0)


class _Regressor(RegressorMixin, BaseEstimator):
    """With the names of scikit-learn's methods, and its state in NumPy's."""

    def fit(self, X: Any, y: Any) -> Self:
        self.inputs_, self.target_ = StandardScaler(), StandardScaler()
        np.random.seed(0)  # noqa: NPY002, it takes its first cells from there
        self.model_ = _new()
        self.model_.fit(self.inputs_.fit_transform(X), self.target_.fit_transform(np.reshape(y, (-1, 1))))
        return self

    def predict(self, X: Any) -> np.ndarray:
        outputs = self.model_.predict(self.inputs_.transform(X))[0]
        return self.target_.inverse_transform(np.reshape(outputs, (-1, 1)))[:, 0]


class _Classifier(ClassifierMixin, BaseEstimator):
    """The same for classes."""

    def fit(self, X: Any, y: Any) -> Self:
        self.inputs_ = StandardScaler()
        self.classes_, codes = np.unique(y, return_inverse=True)
        np.random.seed(0)  # noqa: NPY002, as above
        self.model_ = _new()
        self.model_.fit(self.inputs_.fit_transform(X), codes.reshape(-1, 1), categorical=np.array([True]))
        return self

    def predict(self, X: Any) -> np.ndarray:
        outputs = self.model_.predict(self.inputs_.transform(X))[0]
        return self.classes_[np.ravel(outputs).astype(np.intp)]


def numbers(model: Any) -> int:
    """The linear model of each cell, and the linear functions between the cells."""
    parc = model.model_
    parts = (parc.coef_, parc.intercept_, parc.omega, parc.gamma)
    return sum(_nonzero(part) for part in parts)


def _nonzero(part: Any) -> int:
    if isinstance(part, (list, tuple)):
        return sum(map(_nonzero, part))
    return int(np.count_nonzero(part))


PEER = Peer("PARC", variants, numbers)

"""MARS (Friedman, "Multivariate adaptive regression splines", 1991), from mars-earth: hinges of single columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings; for classes, a logistic regression on the hinges that separate their numbers."""
    from pymars import EarthClassifier, EarthRegressor

    return {"": (EarthClassifier if classes else EarthRegressor)()}


def numbers(model: Any) -> int:
    """The weights, and the knots of the hinges that have one."""
    weights = np.atleast_2d(model.classifier_.coef_ if hasattr(model, "classifier_") else model.coef_)
    constants = getattr(getattr(model, "classifier_", None), "intercept_", 0.0)
    knots = sum(_knots(term) for term, used in zip(model.basis_, np.any(weights, axis=0), strict=True) if used)
    return int(np.count_nonzero(weights) + np.count_nonzero(constants)) + knots


def _knots(term: Any) -> int:
    # A term is a product of its parents and its own factor; the constant has none of these.
    parents = [getattr(term, name, None) for name in ("parent1", "parent2")]
    return int(getattr(term, "is_hinge_term", False)) + sum(_knots(parent) for parent in parents if parent is not None)


PEER = Peer("MARS", variants, numbers)

"""RuleFit (Friedman and Popescu, "Predictive learning via rule ensembles", 2008), from imodels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings, and with few rules."""
    from imodels import RuleFitClassifier, RuleFitRegressor

    kind = RuleFitClassifier if classes else RuleFitRegressor
    return {"": kind(random_state=0)} | {
        f"{rules} rules": kind(max_rules=rules, random_state=0) for rules in (4, 8, 16)
    }


def numbers(model: Any) -> int:
    """The weights of linear terms and of rules, the thresholds of those rules, and the constant."""
    weights = np.asarray(model.coef, dtype=np.float64)
    rules = [str(rule) for rule in model.rules_without_feature_names_]
    of_rules = weights[len(weights) - len(rules) :] if rules else weights[:0]
    conditions = sum(rule.count(" and ") + 1 for rule, weight in zip(rules, of_rules, strict=True) if weight)
    return int(np.count_nonzero(weights)) + conditions + int(np.count_nonzero(model.intercept))


PEER = Peer("RuleFit", variants, numbers)

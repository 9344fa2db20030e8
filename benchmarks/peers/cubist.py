"""Cubist (J. R. Quinlan's, in its Python package): rules with a linear model each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings, and with few rules; there is none for classes."""
    if classes:
        return {}
    from cubist import Cubist

    return {"": Cubist(random_state=0)} | {
        f"{rules} rules": Cubist(n_rules=rules, random_state=0) for rules in (4, 8, 16)
    }


def numbers(model: Any) -> int:
    """The thresholds in all conditions of each rule, and the linear models."""
    splits = 0 if model.splits_ is None else len(model.splits_)
    weights = model.coeffs_.drop(columns=["committee", "rule"]).to_numpy(dtype=np.float64)
    return splits + int(np.count_nonzero(np.nan_to_num(weights)))


PEER = Peer("Cubist", variants, numbers)

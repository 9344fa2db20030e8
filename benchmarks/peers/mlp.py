"""scikit-learn's multilayer perceptron, which nobody can read: it shows which accuracy is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings, on standardised columns and targets, without which its default steps are far too few."""
    kind = MLPClassifier if classes else MLPRegressor
    model = make_pipeline(StandardScaler(), kind(random_state=0))
    return {"": model if classes else TransformedTargetRegressor(model, transformer=StandardScaler())}


def numbers(model: Any) -> int:
    """Weights and constants."""
    network = getattr(model, "regressor_", model)[-1]
    return sum(int(np.count_nonzero(part)) for part in (*network.coefs_, *network.intercepts_))


PEER = Peer("MLP", variants, numbers)

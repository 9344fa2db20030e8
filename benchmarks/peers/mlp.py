"""scikit-learn's multilayer perceptron, which nobody reads: a mark for what accuracy there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """As it comes, of standardised columns."""
    kind = MLPClassifier if classes else MLPRegressor
    return {"": make_pipeline(StandardScaler(), kind(random_state=0))}


def numbers(model: Any) -> int:
    """Weights and constants."""
    return sum(int(np.count_nonzero(part)) for part in (*model[-1].coefs_, *model[-1].intercepts_))


PEER = Peer("MLP", variants, numbers)

"""scikit-learn's decision trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """As deep as possible, and with few leaves."""
    kind = DecisionTreeClassifier if classes else DecisionTreeRegressor
    return {"": kind(random_state=0)} | {
        f"{leaves} leaves": kind(max_leaf_nodes=leaves, random_state=0) for leaves in (4, 8, 16, 32)
    }


def numbers(model: Any) -> int:
    """A threshold for every split, and a value for every leaf."""
    return int(model.tree_.node_count)


PEER = Peer("tree", variants, numbers)

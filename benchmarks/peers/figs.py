"""FIGS (Tan et al., "Fast interpretable greedy-tree sums", 2022), from imodels: a sum of small trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from peers.peer import Peer


def variants(classes: bool) -> Mapping[str, Any]:
    """With default settings, and with few splits."""
    from imodels import FIGSClassifier, FIGSRegressor

    kind = FIGSClassifier if classes else FIGSRegressor
    return {"": kind(random_state=0)} | {
        f"{splits} splits": kind(max_rules=splits, random_state=0) for splits in (4, 8, 16)
    }


def numbers(model: Any) -> int:
    """A threshold for every split, and a value for every leaf, or one per class if there are more than two."""
    return sum(_of_node(tree) for tree in model.trees_)


def _of_node(node: Any) -> int:
    if node.left is None:
        return max(1, int(np.count_nonzero(node.value)))
    return 1 + _of_node(node.left) + _of_node(node.right)


PEER = Peer("FIGS", variants, numbers)

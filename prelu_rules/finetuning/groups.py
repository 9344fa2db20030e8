"""Which units are eliminated next, a whole group at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.values import BoolArray, FloatArray


def sizes_left(n_units: int, share: float, fewest: int = 0) -> list[int]:
    """How many units are left after each round, if each eliminates a share of what the one before has left.

    Args:
        n_units: units at the beginning.
        share: above 0 and below 1; each round eliminates at least one unit.
        fewest: where it ends.

    Returns:
        Falling sizes from below `n_units` to `fewest`; none if there are no more units than that.

    Example:
        >>> sizes_left(100, 0.5)
        [50, 25, 12, 6, 3, 1, 0]
    """
    sizes: list[int] = []
    while n_units > fewest:
        n_units = max(fewest, min(n_units - 1, int(n_units * (1 - share))))
        sizes.append(n_units)
    return sizes


def least_units(saliencies: Sequence[FloatArray], candidates: Sequence[BoolArray], n_units: int) -> list[BoolArray]:
    """The units of several layers whose saliencies are the smallest of all.

    Args:
        saliencies: of each layer, of any shape.
        candidates: which units may be taken, of the same shapes.
        n_units: how many to take; all candidates if there are fewer.

    Returns:
        For each layer, which units are taken, of the same shape; of equal ones those of the first layers.

    Example:
        >>> least_units([np.array([3.0, 1.0]), np.array([[2.0]])], [np.array([True, True]), np.array([[True]])], 2)
        [array([False,  True]), array([[ True]])]
    """
    values = np.concatenate([np.ravel(saliency) for saliency in saliencies])
    allowed = np.flatnonzero(np.concatenate([np.ravel(which) for which in candidates]))
    taken = np.zeros(len(values), dtype=bool)
    taken[allowed[np.argsort(values[allowed], kind="stable")[:n_units]]] = True
    ends = np.cumsum([saliency.size for saliency in saliencies])
    parts = np.split(taken, ends[:-1])
    return [part.reshape(saliency.shape) for part, saliency in zip(parts, saliencies, strict=True)]

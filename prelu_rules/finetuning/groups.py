"""Chooses which units to eliminate next, a whole group at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.values import BoolArray, FloatArray


def sizes_left(n_units: int, share: float, fewest: int = 0) -> list[int]:
    """How many units are left after each round, if each round eliminates a share of the remaining ones.

    Args:
        n_units: the number of units at the beginning.
        share: between 0 and 1; each round eliminates at least one unit.
        fewest: the number of units at the end.

    Returns:
        Decreasing sizes from below `n_units` to `fewest`; empty if `n_units` is not above `fewest`.

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
    """Choose the units with the smallest saliencies across several layers.

    Args:
        saliencies: the saliencies of each layer, of any shape.
        candidates: which units may be chosen, of the same shapes.
        n_units: how many to choose; all candidates if there are fewer.

    Returns:
        For each layer, which units are chosen, of the same shape; on a tie, those of the first layers.

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

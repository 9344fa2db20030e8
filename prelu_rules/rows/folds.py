"""Folds of rows, so that each row is left out of a search once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from prelu_rules.losses.loss import Loss
from prelu_rules.rows.distinct import first_of_each, row_hashes
from prelu_rules.rows.rows import FEWEST_TO_SPLIT, Rows, light_groups
from prelu_rules.values import IntArray


class Fold(NamedTuple):
    """Rows to learn from, and rows that are left out.

    Attributes:
        train: their indices.
        held: their indices.
    """

    train: IntArray
    held: IntArray


def folds(rows: Rows, loss: Loss, n_folds: int, seed: int) -> list[Fold]:
    """Split distinct rows into folds; for classes, each fold has its share of every class.

    Rows with equal inputs stay together if the targets are classes, since their class would be known otherwise. A row
    with a large part of all weight is in no fold: it would decide alone, and nothing could be learned without it.

    Args:
        rows: distinct rows.
        loss: says whether the targets are classes.
        n_folds: the number of folds, at least 2.
        seed: the seed of the split.

    Returns:
        The folds; a single one with all rows on both sides if there are too few.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> rows = Rows(np.arange(10.0)[:, None], np.arange(10.0)[:, None], np.ones(10))
        >>> [len(fold.held) for fold in folds(rows, Squared(), 5, seed=0)]
        [2, 2, 2, 2, 2]
    """
    n_rows = len(rows.y)
    group = first_of_each(row_hashes(rows.x))[1] if loss.of_classes else np.arange(n_rows)
    light, labels = light_groups(group, rows.y if loss.of_classes else None, rows.weights, 1 / n_folds)
    if len(light) < max(FEWEST_TO_SPLIT, n_folds):
        return [Fold(np.arange(n_rows), np.arange(n_rows))]
    # scikit-learn warns of classes with fewer rows than folds, and spreads those that there are.
    stratified = labels is not None and np.unique(labels, return_counts=True)[1].min() >= n_folds
    splitter = (StratifiedKFold if stratified else KFold)(n_folds, shuffle=True, random_state=seed)
    found = []
    for _, part in splitter.split(light, labels):
        apart = np.isin(group, light[part])
        found.append(Fold(np.flatnonzero(~apart), np.flatnonzero(apart)))
    return found

"""A sample of rows that is enough to search on."""

from __future__ import annotations

import numpy as np

from prelu_rules.losses.loss import Loss
from prelu_rules.rows.rows import Rows

LEAST_OF_A_CLASS = 200
"""So many rows of each class are in a sample, if there are as many: the rarest class says most about its boundary."""


def sample(rows: Rows, most: int, loss: Loss, rng: np.random.Generator) -> Rows:
    """Draw rows at random; of classes, at least some of each.

    Args:
        rows: the rows.
        most: the largest number of rows, but for classes that are rare.
        loss: says whether the targets are classes.
        rng: the generator.

    Returns:
        The rows in their order, weighted so that each class has the weight that it has among all rows.

    Example:
        >>> from prelu_rules.losses.logistic import Logistic
        >>> classes = (np.arange(1000) < 10).astype(float)
        >>> few = sample(Rows(np.eye(1000), classes, np.ones(1000)), 100, Logistic(), np.random.default_rng(0))
        >>> len(few.y), int(few.y.sum()), round(float(few.weights[few.y == 1].sum() / few.weights.sum()), 6)
        (109, 10, 0.01)
    """
    if len(rows.y) <= most:
        return rows
    labels = rows.y.astype(np.intp) if loss.of_classes else np.zeros(len(rows.y), dtype=np.intp)
    counts = np.bincount(labels)
    least = min(LEAST_OF_A_CLASS, most // len(counts))
    wanted = np.minimum(counts, np.maximum(np.round(most * counts / len(labels)).astype(np.intp), least))
    parts = [rng.choice(np.flatnonzero(labels == k), n, replace=False) for k, n in enumerate(wanted)]
    chosen = np.sort(np.concatenate(parts)).astype(np.intp)
    before, after = (
        np.bincount(labels[on], weights=rows.weights[on], minlength=len(counts)) for on in (slice(None), chosen)
    )
    drawn = rows.taken(chosen)
    weights = drawn.weights * (before / np.maximum(after, np.finfo(float).tiny))[labels[chosen]]
    return Rows(drawn.x, drawn.y, weights / weights.mean())

"""Rows as tasks to fit networks to."""

from __future__ import annotations

import math

from prelu_rules.losses.loss import Loss
from prelu_rules.refine.curvature import Task
from prelu_rules.rows.rows import Rows


def task_of(rows: Rows, loss: Loss, ridge: float | None = None, n_logits: int | None = None) -> Task:
    """Rows to fit networks to.

    Args:
        rows: standardised rows.
        loss: the loss that is minimised.
        ridge: the penalty; None for the default of the loss, or a multiple of it that is chosen later.
        n_logits: the number of logits, for classes; None for as many as the rows show.

    Returns:
        The task.

    Example:
        >>> import numpy as np
        >>> from prelu_rules.losses.squared import Squared
        >>> task_of(Rows(np.eye(2), np.eye(2), np.ones(2)), Squared()).weights
        array([0.5, 0.5])
    """
    share = rows.weights / rows.weights.sum()
    # The number of rows of equal weight with the same sum of squared weights. If one row has nearly all the weight, a
    # penalty of one over the number of rows would outweigh the others.
    n_rows = round(len(share) ** 2 * float(share @ share))
    default = loss.ridge(n_rows)
    most_on_bends = loss.most_on_bends(default) if ridge is None else math.inf
    return Task(rows.x, rows.y, share, loss, ridge or default, n_logits, most_on_bends)

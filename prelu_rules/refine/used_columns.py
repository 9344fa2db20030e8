"""The columns that a network uses: sparse networks of wide tables use few, and moments grow with their square."""

from __future__ import annotations

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.task import Task

WORTH = 0.75
"""Columns are left out if at most this share of them is used; copying the others takes time, too."""


def on_used_columns(system: CompactForm, task: Task) -> tuple[CompactForm, Task]:
    """The same network and rows without the columns that no free weight is of.

    Args:
        system: the network.
        task: the rows.

    Returns:
        A network with the same free weights, in the same order, and its rows; or those given, if nearly all columns are
        used.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(3), np.ones((3, 1)), np.full(3, 1 / 3), Squared(), 1e-9)
        >>> third = np.array([[False, False, True, True]])
        >>> narrow, rows = on_used_columns(CompactForm(np.array([[0.0, 0, 5, 1]]), third, 3), task)
        >>> narrow.weights, rows.x[:, 0]
        (array([[5., 1.]]), array([0., 0., 1.]))
    """
    d = system.n_inputs
    used = np.asarray(system.support[:, :d].any(axis=0))
    n_used = int(np.count_nonzero(used))
    if n_used > WORTH * d:
        return system, task
    kept = np.concatenate([used, np.ones(system.weights.shape[1] - d, dtype=bool)])
    narrow = CompactForm(system.weights[:, kept], system.support[:, kept], n_used)
    return narrow, task.with_columns(used)

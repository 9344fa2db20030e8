"""The outputs of a network, fitted while its units stay as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.refit import refit
from prelu_rules.refine.task import Task


def outputs_refitted(
    system: CompactForm, task: Task, max_steps: int = 30, least_gain: float = 1e-4
) -> tuple[CompactForm, float]:
    """Minimise the objective over the outputs, for which units are inputs like any other, also in the penalty.

    Args:
        system: the network.
        task: the rows.
        max_steps: as in `refit`.
        least_gain: as in `refit`.

    Returns:
        The network, and the objective without the penalty on weights of units.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> x = np.linspace(-1, 1, 41)[:, None]
        >>> task = Task(x, np.abs(x), np.full(41, 1 / 41), Squared(), 1e-9)
        >>> flat = CompactForm(np.zeros((1, 2)), np.ones((1, 2), dtype=bool), 1)
        >>> bent = flat.with_unit(np.array([1.0, 0.0]), np.zeros(1))
        >>> bool(np.abs(outputs_refitted(bent, task)[0].predict(x) - np.abs(x)).max() < 1e-6)
        True
    """
    k = system.n_units
    start = system.weights[k:]
    flat = CompactForm(start, np.ones_like(start, dtype=bool), system.n_inputs + k)
    fitted, value = refit(flat, replace(task, x=system.features(task.x)[:, :-1]), max_steps, least_gain)
    return replace(system, weights=np.vstack([system.weights[:k], fitted.weights])), value

"""What compiled passes over the rows of a task need to know of a network, and room for them to work in."""

from __future__ import annotations

from typing import NamedTuple

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.layout import Layout, layout, penalties_of
from prelu_rules.refine.room import DerivativeRoom, StepRoom, derivative_room, step_room
from prelu_rules.refine.task import Task
from prelu_rules.values import FloatArray


class Prepared(NamedTuple):
    """Arguments of compiled functions.

    Attributes:
        laid: the weights, which they may change.
        penalties: `(n_free,)`, the ridge of each free weight.
        steps: room for steps.
        room: room for derivatives.
    """

    laid: Layout
    penalties: FloatArray
    steps: StepRoom
    room: DerivativeRoom


def prepared(system: CompactForm, task: Task) -> Prepared:
    """Lay a network out, and make room.

    Args:
        system: the network.
        task: the rows.

    Returns:
        Arrays that are its own.

    Example:
        >>> import numpy as np
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(2), np.ones((2, 1)), np.full(2, 0.5), Squared(), 0.1)
        >>> prepared(CompactForm(np.ones((1, 3)), np.ones((1, 3), dtype=bool), 2), task).penalties
        array([0. , 0.1, 0.1])
    """
    laid, n_units = layout(system), system.n_units
    n_free = laid.places.shape[1]
    return Prepared(
        laid,
        penalties_of(laid, n_units, task.ridge, task.ridge_on_bends),
        step_room(len(task), laid.weights, n_units, n_free),
        derivative_room(len(task), laid.weights.shape, n_units, n_free),
    )

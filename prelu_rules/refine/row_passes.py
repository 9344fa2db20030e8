"""The objective and its derivatives from compiled passes over the rows, for losses that NumPy computes.

The second derivative comes from moments, so it must be one factor per row: for one output that of any loss, for several
outputs the identity.
"""

from __future__ import annotations

import numpy as np

from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.layout import order_of_free
from prelu_rules.refine.linear_solution import solve_damped
from prelu_rules.refine.passes import backward, forward
from prelu_rules.refine.prepared import prepared
from prelu_rules.refine.second_derivative import add_second
from prelu_rules.refine.task import Task
from prelu_rules.values import FloatArray


class RowPasses:
    """Passes over the rows of a task for networks with one support, in the layout of compiled refits.

    Args:
        system: the network to start from.
        task: the rows.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.array([[1.0], [2.0]]), np.array([[1.0], [2.0]]), np.full(2, 0.5), Squared(), 0.0)
        >>> RowPasses(CompactForm(np.array([[1.0, 1.0]]), np.ones((1, 2), dtype=bool), 1), task).objective()
        0.5
    """

    def __init__(self, system: CompactForm, task: Task) -> None:
        self._task, self._system = task, system
        self._laid, self._penalties, self._steps, self._room = prepared(system, task)
        self.weights = self._laid.weights

    @property
    def _free(self) -> FloatArray:
        return self.weights[tuple(self._laid.places)]

    def objective(self) -> float:
        """Compute units and outputs.

        Returns:
            The loss plus the penalty; infinite if the network overflows.
        """
        forward(self._task.columns, self.weights, self._steps.units[0], self._steps.errors[0])
        with np.errstate(over="ignore", invalid="ignore"):
            loss = float(self._task.weights @ self._task.loss.rows(self._steps.errors[0].T, self._task.y))
            value = loss + 0.5 * float(self._penalties @ self._free**2)
        return value if np.isfinite(value) else np.inf

    def differentiate(self) -> tuple[FloatArray, FloatArray]:
        """Compute the derivatives at the weights whose objective was computed last.

        Returns:
            The gradient `(n_free,)` and the lower half of the second derivative `(n_free, n_free)`, in the order of the
            layout; both are written anew at the next call.
        """
        task, room, outputs = self._task, self._room, self._steps.errors[0].T
        slopes = np.ascontiguousarray((task.loss.gradient(outputs, task.y) * task.weights[:, None]).T)
        root, factors = task.loss.root(outputs), task.row_weights
        if root is not None:
            room.state[:] = 0
            factors = factors * root[:, 0, 0] ** 2
        room.first[:] = self._penalties * self._free
        room.second[:] = 0.0
        np.fill_diagonal(room.second, self._penalties)
        units, laid = self._steps.units[0], self._laid
        backward(task.columns, units, slopes, self.weights, laid.runs, room.back, room.first)
        add_second(task.columns, factors, units, self.weights, laid.starts, laid.places, room)
        return room.first, room.second

    def step(self, damping: float) -> FloatArray | None:
        """The damped step for the derivatives computed last.

        Args:
            damping: added to the diagonal of the second derivative, relative to that.

        Returns:
            What it adds to the weights, of their shape; None if the second derivative is not positive definite.
        """
        if not solve_damped(self._room.first, self._room.second, damping, self._steps.factor, self._steps.step):
            return None
        step = np.zeros_like(self.weights)
        step[tuple(self._laid.places)] = self._steps.step
        return step

    def curvature(self) -> tuple[FloatArray, FloatArray]:
        """The derivatives in the order of the compact form's free weights.

        Returns:
            `(n_free,)` and `(n_free, n_free)`.
        """
        self.objective()
        first, second = self.differentiate()
        whole, order = np.tril(second) + np.tril(second, -1).T, order_of_free(self._system)
        return first[order], whole[np.ix_(order, order)]


def from_moments(system: CompactForm, task: Task) -> bool:
    """Whether moments give the second derivative.

    Args:
        system: the network.
        task: the rows.

    Returns:
        True if it is one factor per row.
    """
    return system.n_outputs == 1 or task.loss.root(np.zeros((1, system.n_outputs))) is None

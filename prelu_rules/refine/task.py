"""Rows to learn from, and what is minimised on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from prelu_rules.losses.loss import Loss
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.layout import constant_first
from prelu_rules.refine.second_order import squared_loss
from prelu_rules.values import BoolArray, FloatArray

KEPT, KEPT_SIZE = 4, 1_000_000
"""How many narrower tasks are kept for the next network that uses the same columns, and the most numbers of each."""


@dataclass(frozen=True)
class Task:
    """Rows to learn from.

    Attributes:
        x: `(n_rows, n_inputs)` float64, scaled to a size near 1.
        y: `(n_rows, n_outputs)` targets, or `(n_rows,)` classes, depending on the loss.
        weights: `(n_rows,)`, which sum to 1.
        loss: the loss, whose weighted mean over the rows is minimised.
        ridge: the penalty on half the sum of squares of the free weights, except the outputs' constants.
        most_on_bends: the largest penalty on the weights of units, and on their uses, whatever `ridge` is.
        n_logits: the number of logits, since a part of the rows may lack the last classes; None for as many as the rows
            show.
    """

    x: FloatArray
    y: FloatArray
    weights: FloatArray
    loss: Loss
    ridge: float
    n_logits: int | None = None
    most_on_bends: float = np.inf

    def __len__(self) -> int:
        return len(self.x)

    def __getstate__(self) -> dict[str, Any]:
        """Other processes compute what is cached here anew."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def ridge_on_bends(self) -> float:
        """The penalty on the weights of units, and on their uses."""
        return min(self.ridge, self.most_on_bends)

    @property
    def n_outputs(self) -> int:
        """The number of outputs that a network for these rows has."""
        if self.y.ndim == 2:
            return self.y.shape[1]
        return self.loss.n_outputs(np.atleast_1d(self.y.max())) if self.n_logits is None else self.n_logits

    @cached_property
    def columns(self) -> FloatArray:
        """The columns of `x` for compiled passes, `(n_inputs, n_rows)`: contiguous, writable float64."""
        return np.require(self.x.T, np.float64, ["C", "W"])

    @cached_property
    def targets(self) -> FloatArray:
        """The columns of `y`, in the same way."""
        return np.require(self.y.T, np.float64, ["C", "W"])

    @cached_property
    def row_weights(self) -> FloatArray:
        """The weights, in the same way."""
        return np.require(self.weights, np.float64, ["C", "W"])

    def with_columns(self, used: BoolArray) -> Task:
        """The rows with some of their columns only; the last few of such tasks are kept, if they are small.

        Args:
            used: `(n_inputs,)`, which columns.

        Returns:
            The task, whose `columns` need no copy.

        Example:
            >>> task = Task(np.eye(2), np.ones((2, 1)), np.full(2, 0.5), Squared(), 1e-9)
            >>> task.with_columns(np.array([True, False])).x.tolist()
            [[1.0], [0.0]]
        """
        if len(self) * int(used.sum()) > KEPT_SIZE:
            return self._narrowed(used)
        return self._known_columns(used.tobytes())

    def _narrowed(self, used: BoolArray) -> Task:
        # The transpose of `x` is contiguous, as compiled passes need it.
        return replace(self, x=self.columns[used].T)

    @cached_property
    def _known_columns(self) -> Callable[[bytes], Task]:
        return lru_cache(KEPT)(lambda used: self._narrowed(np.frombuffer(used, dtype=bool)))


def objective(system: CompactForm, task: Task) -> float:
    """The loss plus the penalty.

    Args:
        system: the network.
        task: the rows.

    Returns:
        The value that refits minimise; infinite if the network overflows.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if isinstance(task.loss, Squared):
            loss = squared_loss_of(system, task)
        else:
            loss = float(task.weights @ task.loss.rows(system.predict(task.x), task.y))
        value = loss + penalty(system, task)
    return value if np.isfinite(value) else np.inf


def squared_loss_of(system: CompactForm, task: Task) -> float:
    """The loss of squared errors by a compiled pass over the rows, which takes a third of the time.

    Args:
        system: the network.
        task: the rows; their loss is that of squared errors.

    Returns:
        Half the weighted mean of squared errors, summed over the outputs; it may be infinite or not a number.

    Example:
        >>> task = Task(np.eye(2), np.array([[1.0], [3.0]]), np.full(2, 0.5), Squared(), 1e-9)
        >>> squared_loss_of(CompactForm(np.array([[0.0, 0.0, 2.0]]), np.ones((1, 3), dtype=bool), 2), task)
        0.5
    """
    units, errors = np.empty((system.n_units, len(task))), np.empty((system.n_outputs, len(task)))
    return squared_loss(task.columns, task.targets, task.row_weights, constant_first(system.weights), units, errors)


def penalty(system: CompactForm, task: Task) -> float:
    """What the weights of a network add to the objective.

    Args:
        system: the network.
        task: the penalties.

    Returns:
        Half the sum of the squares of the free weights, each times its penalty.
    """
    return 0.5 * float(penalties(system, task) @ system.free**2)


def penalties(system: CompactForm, task: Task) -> FloatArray:
    """The penalty of each free weight, which is 0 for the outputs' constants.

    Args:
        system: the network.
        task: the penalties.

    Returns:
        `(n_free,)`.

    Example:
        >>> task = Task(np.eye(1), np.ones((1, 1)), np.ones(1), Squared(), 0.1, most_on_bends=0.01)
        >>> penalties(CompactForm(np.ones((2, 3)), np.array([[1, 0, 1], [1, 1, 1]], dtype=bool), 1), task)
        array([0.01, 0.01, 0.1 , 0.01, 0.  ])
    """
    found = np.full(system.weights.shape, task.ridge)
    found[: system.n_units] = found[:, system.n_inputs : -1] = task.ridge_on_bends
    found[system.n_units :, -1] = 0
    return found[system.support]

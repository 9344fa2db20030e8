"""What chooses among versions of a network that differ in which numbers they have."""

from __future__ import annotations

import numpy as np

from prelu_rules.losses.class_loss import ClassLoss
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.refine.left_out import left_out_losses
from prelu_rules.refine.task import Task, squared_loss_of
from prelu_rules.rows.distinct import first_of_each, row_hashes
from prelu_rules.values import FloatArray

NESTED = 0.5
"""A bend inside another is harder to read than a column in its place, as if there were so much of a number more."""

SEARCHED = 0.25
"""How much it counts that numbers were chosen from many; Chen and Chen call it gamma, from 0 to 1."""


def criterion(system: CompactForm, task: Task, outputs: FloatArray | None = None) -> float:
    """What chooses among versions of a network: Akaike's criterion for classes, Schwarz's for other likelihoods.

    Args:
        system: a network that was fitted to the rows.
        task: the rows.
        outputs: `(n_rows, n_outputs)`, of the network on them, if they are known already.

    Returns:
        The criterion, smaller is better; for losses that are no likelihoods, the loss of left-out rows.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(2), np.array([[1.0], [3.0]]), np.full(2, 0.5), Squared(), 1e-9)
        >>> round(criterion(CompactForm(np.array([[0.0, 0.0, 2.0]]), np.ones((1, 3), dtype=bool), 2), task), 3)
        1.242
    """
    if outputs is None and isinstance(task.loss, Squared) and system.n_outputs == 1:
        mean_square = np.array([2 * squared_loss_of(system, task)])
        return -2 * task.loss.log_likelihood_of(mean_square, len(task)) + price_of_numbers(system, task)
    outputs = system.predict(task.x) if outputs is None else outputs
    if isinstance(task.loss, ClassLoss):
        loss = float(task.weights @ task.loss.rows(outputs, task.y))
        return akaike(loss, system.n_numbers, float((task.weights / observed(task)).sum()))
    log_likelihood = task.loss.log_likelihood(outputs, task.y, task.weights)
    if log_likelihood is None:
        return float(task.weights @ left_out_losses(system, task, observed(task)))
    return -2 * log_likelihood + price_of_numbers(system, task)


def price_of_numbers(system: CompactForm, task: Task) -> float:
    """What all numbers of a network cost in the criterion of a likelihood.

    Args:
        system: the network.
        task: the rows.

    Returns:
        The price of a number for each, and a share of it for each bend inside another; 0 for losses whose criterion is
        an estimate of the loss of left-out rows.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(4), np.ones((4, 1)), np.full(4, 0.25), Squared(), 1e-9)
        >>> round(price_of_numbers(CompactForm(np.ones((1, 5)), np.ones((1, 5), dtype=bool), 4), task), 3)
        10.955
    """
    if task.loss.chosen_by != "criterion":
        return 0.0
    return price(system, task) * (system.n_numbers + NESTED * system.n_nested)


def price(system: CompactForm, task: Task) -> float:
    """What each number costs in the criterion of a likelihood.

    It is the logarithm of the number of rows (Schwarz 1978), and more where numbers were chosen from many (Chen and
    Chen, "Extended Bayesian information criteria for model selection with large model spaces", 2008).

    Args:
        system: the network; what counts are the weights that it could have.
        task: the rows.

    Returns:
        The price.

    Example:
        >>> from prelu_rules.losses.squared import Squared
        >>> task = Task(np.eye(4), np.ones((4, 1)), np.full(4, 0.25), Squared(), 1e-9)
        >>> round(price(CompactForm(np.ones((1, 5)), np.ones((1, 5), dtype=bool), 4), task), 3)
        2.191
    """
    return float(np.log(len(task)) + 2 * SEARCHED * np.log(system.possible.sum()))


def akaike(loss: float, n_numbers: int, n_observations: float) -> float:
    """The information criterion of Akaike (1974), per row: an estimate of the loss on rows that were left out.

    Args:
        loss: the mean loss on the rows that the numbers were fitted to, which is minus the logarithm of a likelihood.
        n_numbers: how many numbers were fitted.
        n_observations: how many there are in these rows.

    Returns:
        The criterion; smaller is better.

    Example:
        >>> akaike(0.3, 10, 100)
        0.4
    """
    return loss + n_numbers / n_observations


def observed(task: Task) -> FloatArray:
    """The weight of a single observation of each row.

    Copies of a row have its class. If equal inputs have several classes, they were observed several times, and no
    observation of such inputs weighs more than the lightest one.

    Args:
        task: distinct rows.

    Returns:
        `(n_rows,)`.
    """
    weights = task.weights
    if not task.loss.of_classes:
        return weights
    _, inputs = first_of_each(row_hashes(task.x))
    several = np.bincount(inputs)[inputs] > 1
    return np.where(several, weights.min(where=several, initial=np.inf), weights)

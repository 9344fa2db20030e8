"""Scores the networks of a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.losses.class_loss import ClassLoss
from prelu_rules.losses.loss import Loss
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.refine.choice import akaike, schwarz
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.left_out import left_out_losses
from prelu_rules.refine.path import PathPoint
from prelu_rules.rows.distinct import first_of_each, row_hashes
from prelu_rules.rows.rows import Rows, Split
from prelu_rules.rows.scale import Scale
from prelu_rules.values import FloatArray


@dataclass(frozen=True)
class Measure:
    """Scores networks.

    Attributes:
        scale: how rows are standardised.
        held: the validation rows, which choose the size, standardised.
        task: all rows.
        domain: where rules are counted.
    """

    scale: Scale
    held: Rows
    task: Task
    domain: Domain

    def point(self, system: CompactForm, outputs: FloatArray) -> PathPoint:
        """A network on the path.

        Args:
            system: the network, fitted to all rows.
            outputs: `(n_held, n_outputs)`, on the validation rows, of a network of this size that was not fitted to
                them.

        Returns:
            The network in the user's units, with its scores.
        """
        held, fitted = self.held, system.predict(self.task.x)
        return PathPoint(
            form=self.scale.user_units(system),
            domain=self.domain,
            train_score=self.task.loss.score(fitted, self.task.y, self.task.weights),
            validation_score=self.task.loss.score(outputs, held.y, held.weights),
            validation_losses=self.task.loss.rows(outputs, held.y),
            criterion=criterion(system, self.task, fitted),
        )


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
        0.693
    """
    outputs = system.predict(task.x) if outputs is None else outputs
    if isinstance(task.loss, ClassLoss):
        loss = float(task.weights @ task.loss.rows(outputs, task.y))
        return akaike(loss, system.n_numbers, float((task.weights / observed(task)).sum()))
    log_likelihood = task.loss.log_likelihood(outputs, task.y, task.weights)
    if log_likelihood is None:
        return float(task.weights @ left_out_losses(system, task, observed(task)))
    return schwarz(log_likelihood, system.n_numbers, len(task))


def best_form(forms: Sequence[NormalForm], split: Split, loss: Loss) -> NormalForm:
    """The network with the smallest loss on the validation rows.

    Args:
        forms: networks for standardised rows.
        split: the rows.
        loss: the loss.

    Returns:
        That network, in the user's units, in its compact form.
    """
    held = split.standardised(split.held)

    def mean_loss(form: NormalForm) -> float:
        return float(held.weights @ loss.rows(form.predict(held.x), held.y))

    return split.scale.user_units(CompactForm.of(min(forms, key=mean_loss)))


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

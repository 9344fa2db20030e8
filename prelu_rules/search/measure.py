"""Scores the networks of a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.refine.choice import schwarz
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.left_out import left_out_losses
from prelu_rules.refine.path import PathPoint
from prelu_rules.rows.distinct import first_of_each, row_hashes
from prelu_rules.rows.rows import Rows
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

    @cached_property
    def _observed(self) -> FloatArray:
        """The weight of a single observation of each row.

        Copies of a row have its class. If equal inputs have several classes, they were observed several times, and no
        observation of such inputs weighs more than the lightest one.
        """
        weights = self.task.weights
        if not self.task.loss.of_classes:
            return weights
        _, inputs = first_of_each(row_hashes(self.task.x))
        several = np.bincount(inputs)[inputs] > 1
        return np.where(several, weights.min(where=several, initial=np.inf), weights)

    def point(self, system: CompactForm, tried: CompactForm) -> PathPoint:
        """A network on the path.

        Args:
            system: the network, fitted to all rows.
            tried: the network of this size that was not fitted to the validation rows.

        Returns:
            The network in the user's units, with its scores.
        """
        held = self.held
        outputs, fitted = tried.predict(held.x), system.predict(self.task.x)
        return PathPoint(
            form=self.scale.user_units(system),
            domain=self.domain,
            train_score=self.task.loss.score(fitted, self.task.y, self.task.weights),
            validation_score=self.task.loss.score(outputs, held.y, held.weights),
            validation_losses=self.task.loss.rows(outputs, held.y),
            criterion=self._criterion(system, fitted),
        )

    def best(self, forms: Sequence[NormalForm]) -> NormalForm:
        """The network with the smallest loss on the validation rows.

        Args:
            forms: networks for standardised rows.

        Returns:
            That network, in the user's units.
        """
        held = self.held

        def loss(form: NormalForm) -> float:
            return float(held.weights @ self.task.loss.rows(form.predict(held.x), held.y))

        return self.scale.user_units(CompactForm.of(min(forms, key=loss)))

    def _criterion(self, system: CompactForm, outputs: FloatArray) -> float:
        """Schwarz's criterion if the loss defines a likelihood of the rows, otherwise the loss of left-out rows."""
        log_likelihood = self.task.loss.log_likelihood(outputs, self.task.y, self.task.weights)
        if log_likelihood is None:
            return float(self.task.weights @ left_out_losses(system, self.task, self._observed))
        return schwarz(log_likelihood, system.n_numbers, len(self.task))

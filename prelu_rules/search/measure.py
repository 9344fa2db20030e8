"""Scores the networks of a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prelu_rules.domains.domain import Domain
from prelu_rules.losses.loss import Loss
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.refine.criterion import criterion, price_of_numbers
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.path import PathPoint
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
            price=price_of_numbers(system, self.task),
        )


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

"""What is recorded when the doctor looks at a model: numbers only, so that checks need no Keras."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.outputs import Outputs
from prelu_rules.values import FloatArray


@dataclass(frozen=True)
class LayerLook:
    """The output of one layer on the rows looked at.

    Attributes:
        name: of the layer.
        largest: the largest absolute output; NaN or infinite if any output is.
        units: units of a layer with an activation that bends, channels of a convolution; 0 for any other layer.
        dead: how many of them give the same output for every row.
        slopes: `(n,)` slopes of a PReLU layer, else None.
    """

    name: str
    largest: float
    units: int = 0
    dead: int = 0
    slopes: FloatArray | None = None


@dataclass(frozen=True)
class WeightLook:
    """One trainable weight.

    Attributes:
        name: its path, such as "dense/kernel".
        largest: its largest absolute entry; NaN or infinite if any entry is.
        gradient: the Euclidean norm of the loss's gradient with respect to it; None if unknown.
        total: the sum of its entries, which tells whether it has moved.
    """

    name: str
    largest: float
    gradient: float | None = None
    total: float = 0.0


@dataclass(frozen=True)
class Ranges:
    """Between which numbers outputs and targets lie.

    Attributes:
        outputs: the least and the largest output.
        targets: the least and the largest target.
        row_sum: of the outputs of one row, the one that is furthest from 1.
        unreached: the share of targets that no output can be, for its activation; 0 if that is not known.
    """

    outputs: tuple[float, float]
    targets: tuple[float, float]
    row_sum: float
    unreached: float = 0.0


@dataclass(frozen=True)
class Setup:
    """How the model is set up for its training.

    Attributes:
        parts: what it has: activations by name, "softmax at the end" and the like, "batch norm", "regulariser",
            "wide layer".
        last_activation: that of its outputs; None without one, or if unknown.
        cross_entropy: the kind, if the loss is one of Keras's cross-entropies or ours; else None.
        from_logits: whether that takes logits; None for other losses.
        trainable: how many trainable variables it has.
        weights: how many variables it has.
        learning_rate: of the optimiser now; None if unknown.
        steps_per_update: batches whose gradients are added up before weights move.
        own_step: whether the training step is not Keras's own.
        ranges: None for models of several outputs.
    """

    parts: frozenset[str] = frozenset()
    last_activation: str | None = None
    cross_entropy: Literal["categorical", "binary"] | None = None
    from_logits: bool | None = None
    trainable: int = 1
    weights: int = 1
    learning_rate: float | None = None
    steps_per_update: int = 1
    own_step: bool = False
    ranges: Ranges | None = None


@dataclass(frozen=True)
class ForceLook:
    """The force that pulls slopes to 1 (`prelu_rules.IdentityForce`).

    Attributes:
        rate: by which each slope is pulled in one step.
        threshold: the error above which the force sleeps; None if its rate does not follow the error.
        learning_rate: of the optimiser.
        adaptive: whether the optimiser scales the gradient, so that no weight moves by much more than the learning
            rate in a step (Adam, RMSprop and the like; not SGD).
        pull: the largest absolute gradient of the loss with respect to a slope that is not linear; 0 if all are.
    """

    rate: float
    threshold: float | None
    learning_rate: float
    adaptive: bool
    pull: float


@dataclass(frozen=True)
class Look:
    """One look at a model.

    Attributes:
        where: in the training.
        loss: the mean loss of the rows looked at; None if unknown.
        outputs: of the model, against the labels; None for models of several outputs.
        layers: in the order in which the model calls them.
        weights: the trainable ones, in the model's order.
        output_gradient: the largest absolute gradient of the loss with respect to the logits of a row, times the
            number of rows, so that it does not depend on how many are looked at; None if unknown.
        force: None without one.
        setup: of the model; None if there is no model to see.
    """

    where: Place
    loss: float | None = None
    outputs: Outputs | None = None
    layers: tuple[LayerLook, ...] = ()
    weights: tuple[WeightLook, ...] = ()
    output_gradient: float | None = None
    force: ForceLook | None = None
    setup: Setup | None = None

    @property
    def gradient(self) -> float | None:
        """The Euclidean norm of the gradient with respect to all weights; None if unknown."""
        norms = [weight.gradient for weight in self.weights if weight.gradient is not None]
        return sum(norm * norm for norm in norms) ** 0.5 if norms else None

    @property
    def finite(self) -> bool:
        """Whether the loss, all weights and all activations are finite."""
        sizes = [weight.largest for weight in self.weights] + [layer.largest for layer in self.layers]
        return all(map(math.isfinite, [*sizes, self.loss or 0.0]))

    @property
    def largest_weight(self) -> WeightLook | None:
        """The weight with the largest entry; None if there is none."""
        return max(self.weights, key=lambda weight: weight.largest, default=None)

    @property
    def slopes(self) -> tuple[FloatArray, ...]:
        """The slopes of each PReLU layer."""
        return tuple(layer.slopes for layer in self.layers if layer.slopes is not None)

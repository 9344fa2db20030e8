"""What the doctor records when it looks at a model: numbers only, so that checks do not need Keras."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.outputs import Outputs
from prelu_rules.values import FloatArray


@dataclass(frozen=True)
class LayerLook:
    """The output of one layer for the examined rows.

    Attributes:
        name: the name of the layer.
        largest: the largest absolute output; NaN or infinite if any output is.
        units: the number of units of a layer with a nonlinear activation, or of channels of a convolution; otherwise 0.
        dead: how many of them have the same output for every row.
        slopes: `(n,)` slopes of a PReLU layer, otherwise None.
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
        total: the sum of its entries, which shows whether it has moved.
    """

    name: str
    largest: float
    gradient: float | None = None
    total: float = 0.0


@dataclass(frozen=True)
class Ranges:
    """The ranges of outputs and targets.

    Attributes:
        outputs: the smallest and the largest output.
        targets: the smallest and the largest target.
        row_sum: the sum of a row's outputs, for the row where it is furthest from 1.
        unreached: the share of targets outside of the range of the outputs' activation; 0 if that is unknown.
    """

    outputs: tuple[float, float]
    targets: tuple[float, float]
    row_sum: float
    unreached: float = 0.0


@dataclass(frozen=True)
class Setup:
    """How a model is set up for its training.

    Attributes:
        parts: the parts of the model: activations by name, "softmax at the end" and the like, "batch norm",
            "regulariser", "wide layer".
        last_activation: the activation of its outputs; None if there is none, or it is unknown.
        cross_entropy: the kind, if the loss is one of Keras's cross-entropies or ours; otherwise None.
        from_logits: whether the cross-entropy takes logits; None for other losses.
        trainable: the number of trainable variables.
        weights: the number of variables.
        learning_rate: the current learning rate of the optimiser; None if unknown.
        steps_per_update: the number of batches whose gradients are accumulated before weights move.
        own_step: whether the model overrides Keras's training step.
        ranges: the ranges of outputs and targets; None for models with several outputs.
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
        rate: how far each slope is pulled in one step.
        threshold: the error above which the force sleeps; None if its rate does not follow the error.
        learning_rate: the learning rate of the optimiser.
        adaptive: whether the optimiser scales the gradient, so that no weight moves by much more than the learning rate
            in a step (Adam, RMSprop and the like; not SGD).
        pull: the largest absolute gradient of the loss with respect to a nonlinear slope; 0 if all slopes are linear.
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
        where: the position in the training.
        loss: the mean loss of the examined rows; None if unknown.
        outputs: the outputs compared with the labels; None for models with several outputs.
        layers: the layers in the order in which the model calls them.
        weights: the trainable weights, in the model's order.
        output_gradient: the largest absolute gradient of the loss with respect to the logits of a row, times the number
            of rows, so that it does not depend on this number; None if unknown.
        force: the force; None if there is none.
        setup: the setup of the model; None if the model is unknown.
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

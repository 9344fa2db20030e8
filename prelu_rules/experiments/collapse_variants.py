"""A training that collapses to 1/N, and variants of it with one remedy of the second article each.

Source: E. P. Csirmaz, "Decreasing accuracy in neural nets during training - things to try", in the order of its list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from prelu_rules.errors import InvalidValueError

LossKind = Literal["probabilities", "not clipped", "keras", "keras hidden", "stable"]
"""`-log(p)` of clipped softmax probabilities; the same without clipping; Keras's cross-entropy on a softmax whose
logits it can find; the same after a reshape, where it cannot; and in one operation on logits."""

OptimizerKind = Literal["adam", "rmsprop", "sgd"]
ActivationKind = Literal["leaky_relu", "relu", "prelu", "tanh"]


@dataclass(frozen=True)
class Variant:
    """How a classifier is built and trained.

    Attributes:
        name: a short name.
        change: how it differs from the baseline, for a reader.
        loss: the kind of cross-entropy.
        optimizer: the optimiser.
        learning_rate: the learning rate.
        momentum: the momentum of "sgd".
        epsilon: the epsilon of "adam", which limits the denominator from below.
        activation: the activation of the hidden layers.
        hidden: the number of units in each hidden layer.
        largest_norm: the largest Euclidean norm of the weights into each unit; None for no limit.
        l2: the factor of the squared weights in the loss.
        batch_norm: whether there is a batch normalisation before each activation.
    """

    name: str
    change: str
    loss: LossKind = "probabilities"
    optimizer: OptimizerKind = "adam"
    learning_rate: float = 0.03
    momentum: float = 0.0
    epsilon: float = 1e-7
    activation: ActivationKind = "leaky_relu"
    hidden: tuple[int, ...] = (128, 128, 128)
    largest_norm: float | None = None
    l2: float = 0.0
    batch_norm: bool = False


BASELINE = Variant("probabilities", "clipped probabilities, Adam 0.03, 3 x 128 leaky ReLU")
"""It collapses nearly every time."""


def _but(name: str, change: str, **changes: object) -> Variant:
    return replace(BASELINE, name=name, change=change, **changes)  # type: ignore[arg-type]


VARIANTS = (
    BASELINE,
    _but("stable", "1. fused cross-entropy on logits", loss="stable"),
    _but("keras", "Keras's cross-entropy behind a softmax", loss="keras"),
    _but("keras-hidden", "the same, with a reshape between them", loss="keras hidden"),
    _but("not-clipped", "2. (a fault) probabilities not clipped: log of 0", loss="not clipped"),
    _but("rate-0.01", "4. learning rate 0.01", learning_rate=0.01),
    _but("rate-0.003", "4. learning rate 0.003", learning_rate=0.003),
    _but("sgd", "5. SGD, the same rate", optimizer="sgd"),
    _but("momentum", "5. SGD with momentum 0.9", optimizer="sgd", momentum=0.9),
    _but("rmsprop", "5. RMSprop, the same rate", optimizer="rmsprop"),
    _but("rmsprop-stable", "5. and 1. RMSprop and the fused loss", optimizer="rmsprop", loss="stable"),
    _but("epsilon", "5. Adam with epsilon 0.01", epsilon=0.01),
    _but("relu", "6. ReLU", activation="relu"),
    _but("prelu", "6. PReLU with slopes from 0 to 1", activation="prelu"),
    _but("tanh", "6. tanh", activation="tanh"),
    _but("clamp", "6. weights into a unit clamped to a norm of 2", largest_norm=2.0),
    _but("l2", "6, 7. squared weights at 0.001 in the loss", l2=1e-3),
    _but("batch-norm", "7. batch normalisation", batch_norm=True),
    _but("narrow", "8. 3 x 32 units", hidden=(32, 32, 32)),
    _but("wide", "8. (the other way) 3 x 256 units", hidden=(256, 256, 256)),
    _but("wide-stable", "8. and 1. 3 x 256 units, the fused loss", hidden=(256, 256, 256), loss="stable"),
    _but("shallow", "8. (the other way) 1 x 512 units", hidden=(512,)),
    _but("shallow-wide", "8. (the other way) 1 x 2048 units", hidden=(2048,)),
)
"""The baseline, then one change at a time; the numbers are those of the article's remedies."""


def variants_named(names: Sequence[str]) -> tuple[Variant, ...]:
    """Select variants by their names.

    Args:
        names: as in `VARIANTS`; none for all of them.

    Returns:
        The variants, in the order of `VARIANTS`.

    Raises:
        InvalidValueError: if there is no variant with such a name.

    Example:
        >>> [variant.loss for variant in variants_named(["stable", "probabilities"])]
        ['probabilities', 'stable']
    """
    known = [variant.name for variant in VARIANTS]
    for name in names:
        if name not in known:
            raise InvalidValueError(f"there is no variant {name!r}; choose from {', '.join(known)}.")
    return tuple(variant for variant in VARIANTS if not names or variant.name in names)

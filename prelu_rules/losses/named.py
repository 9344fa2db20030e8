"""The losses that have names."""

from __future__ import annotations

from typing import Literal

from prelu_rules.errors import InvalidValueError
from prelu_rules.losses.huber import Huber
from prelu_rules.losses.logistic import Logistic
from prelu_rules.losses.loss import Loss
from prelu_rules.losses.softmax import Softmax
from prelu_rules.losses.squared import Squared

LossName = Literal["squared", "huber", "logistic", "softmax"]
"""Half the squared error; Huber's loss, for targets with heavy tails; cross-entropy of one logit; cross-entropy of one
logit per class."""

_LOSSES: dict[str, Loss] = {
    "squared": Squared(),
    "huber": Huber(),
    "logistic": Logistic(),
    "softmax": Softmax(),
}


def loss_named(loss: LossName | Loss) -> Loss:
    """The loss with a given name.

    Args:
        loss: "squared", "huber", "logistic" or "softmax"; a loss itself is returned as it is.

    Returns:
        The loss.

    Raises:
        InvalidValueError: if it is neither one of these names nor a loss.

    Example:
        >>> loss_named("squared"), loss_named(Squared())
        (Squared(), Squared())
    """
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str) or loss not in _LOSSES:
        raise InvalidValueError(f"loss is {loss!r}; it must be one of {', '.join(_LOSSES)}, or a Loss.")
    return _LOSSES[loss]

"""Saturation: probabilities that are rounded to 0 or 1, and a loss whose gradient has vanished."""

from __future__ import annotations

from prelu_rules.doctor.finding import Finding
from prelu_rules.doctor.record import Record
from prelu_rules.doctor.remedies import SCALE_INPUTS, STABLE_SIGMOID, article
from prelu_rules.tolerances import ROUNDED_PROBABILITY

LOST_ROWS = 0.05
"""If more than this share of rows are certain of a wrong class, outliers and wrong labels cannot explain it."""

VANISHED = 1e-6
"""A gradient below this has no effect; per row, and relative to the largest possible one of a cross-entropy."""


def saturation(record: Record) -> list[Finding]:
    """Looks for rows whose true class has a probability that float32 rounds to 0.

    Rounded probabilities do no harm where they are right: every classifier that separates its data has them. They do
    where they are wrong, since a clipped probability has no gradient. This is a fault if the remaining gradient, for
    all rows together, has vanished; and a warning if a softmax before the loss is the only sign.

    Args:
        record: the record of the training.

    Returns:
        One finding or none.

    Example:
        >>> saturation(Record())
        []
    """
    look = record.newest
    if look is None or look.outputs is None or look.outputs.lost is None:
        return []
    outputs = look.outputs
    lost, rounded = outputs.lost or 0.0, outputs.rounded or 0.0
    if lost <= LOST_ROWS:
        return []
    gradient = look.output_gradient
    vanished = gradient is not None and gradient < VANISHED
    numbers = {"lost": lost, "rounded": rounded, "rows": float(outputs.rows)}
    tail = ""
    if gradient is not None:
        numbers["output_gradient"] = gradient
        tail = f" The loss has a gradient of at most {gradient:.1e} per row with respect to the logits."
    return [
        Finding(
            "saturation",
            "fault" if vanished else "warning",
            f"{lost:.1%} of {outputs.rows} rows give their true class a probability below {ROUNDED_PROBABILITY:.0e}, "
            f"and {rounded:.1%} give some class a probability of 1 in float32.{tail}",
            look.where,
            "Probabilities that are rounded to 0 or 1 are clipped before the log is taken, and clipped values have no "
            "gradient: these rows can no longer teach the network anything."
            if vanished
            else "The network is certain and wrong. The logits are far too large: the steps, the initial weights or "
            "the inputs are too large.",
            (
                *article("stable loss"),
                STABLE_SIGMOID,
                SCALE_INPUTS,
                *article("learning rate", "optimiser", "activation", "regularisers", "width"),
            ),
            numbers,
        )
    ]

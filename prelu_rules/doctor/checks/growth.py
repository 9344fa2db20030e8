"""Growth: an exploding loss, gradient or weights."""

from __future__ import annotations

import math

from prelu_rules.doctor.finding import Finding
from prelu_rules.doctor.record import Record
from prelu_rules.doctor.remedies import SCALE_INPUTS, article

EXPLODED_GRADIENT = 1e4
"""A gradient explodes if it has grown by this factor since the beginning; healthy ones grow by hundreds at most."""

EXPLODED_WEIGHT = 100.0
"""A weight has run away if it is above this, and above this many times the largest initial weight."""


_REMEDIES = ("learning rate", "optimiser", "activation", "regularisers", "width")


def growth(record: Record) -> list[Finding]:
    """Compares the loss of batches, the gradient and the weights with their initial values.

    Args:
        record: the record of the training.

    Returns:
        At most one finding: the loss if it has exploded, otherwise the gradient, otherwise the weights.

    Example:
        >>> from prelu_rules.doctor.finding import Place
        >>> from prelu_rules.doctor.record import Surge
        >>> print(growth(Record(surge=Surge(5e6, 2.0, Place(step=9))))[0])
        fault: growth at step 9: the loss of a batch is 5e+06, 2.5e+06 times the initial loss (2).
    """
    meaning = (
        "The steps are too large: each one overshoots by more than the one before. The learning rate is too high for "
        "the scale of the inputs, targets or weights."
    )
    remedies = (SCALE_INPUTS, *article(*_REMEDIES))
    surge = record.surge
    if surge is not None:
        times = surge.loss / surge.first
        return [
            Finding(
                "growth",
                "fault",
                f"the loss of a batch is {surge.loss:.3g}, {times:.2g} times the initial loss ({surge.first:.3g}).",
                surge.where,
                meaning,
                remedies,
                {"loss": surge.loss, "first_loss": surge.first},
            )
        ]
    if len(record.looks) < 2:
        return []
    first, now = record.looks[0], record.looks[-1]
    before, after = first.gradient, now.gradient
    if before and after is not None and math.isfinite(after) and after > EXPLODED_GRADIENT * before:
        steepest = max(now.weights, key=lambda weight: weight.gradient or 0.0)
        return [
            Finding(
                "growth",
                "fault",
                f"the gradient has the norm {after:.3g}, {after / before:.2g} times the initial one ({first.where}); "
                f"most of it is in {steepest.name} ({steepest.gradient:.3g}).",
                now.where,
                "Exploding gradients: " + meaning[0].lower() + meaning[1:],
                remedies,
                {"gradient": after, "first_gradient": before},
            )
        ]
    largest, was = now.largest_weight, first.largest_weight
    if largest is not None and was is not None and math.isfinite(largest.largest):
        if largest.largest > EXPLODED_WEIGHT * max(1.0, was.largest):
            return [
                Finding(
                    "growth",
                    "fault",
                    f"the largest entry of {largest.name} is {largest.largest:.3g}; the largest of any weight was "
                    f"{was.largest:.3g} at {first.where}.",
                    now.where,
                    "The weights grow without limit: nothing restrains them.",
                    remedies,
                    {"largest_weight": largest.largest, "first_largest_weight": was.largest},
                )
            ]
    return []

"""Oscillation: a loss that rises as often as it falls, by large amounts, without progress."""

from __future__ import annotations

import itertools
import math

from prelu_rules.doctor.finding import Finding, Place
from prelu_rules.doctor.record import Record
from prelu_rules.doctor.remedies import SCALE_INPUTS, article

OSCILLATION_PERIODS = 8
"""How many periods are judged, by their mean losses."""

OSCILLATION_RISE = 0.1
"""A rise between two periods counts if it exceeds this share of the first loss, and of the loss that it rises from."""

OSCILLATION_RISES = 3
"""With at least this many rises in the judged periods, and without progress, the loss oscillates."""

PROGRESS = 0.9
"""There is progress if the smallest loss is below this share of an earlier one."""


def oscillation(record: Record) -> list[Finding]:
    """Counts rises among the mean losses of the last periods.

    A rise counts if it exceeds `OSCILLATION_RISE` of the first period's loss and of the loss that it rises from, so
    that the jitter of a loss near 0 does not count. There is no progress if the smallest loss in the later half of the
    periods is not below `PROGRESS` of that in the earlier half.

    Args:
        record: the record of the training.

    Returns:
        One finding or none.

    Example:
        >>> oscillation(Record(periods=(2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0)))[0].numbers["rises"]
        3.0
        >>> oscillation(Record(periods=(2.0, 1.0, 0.5, 0.3, 0.2, 0.21, 0.2, 0.19)))
        []
    """
    last = record.periods[-OSCILLATION_PERIODS:]
    if len(last) < OSCILLATION_PERIODS or not all(math.isfinite(loss) for loss in record.periods):
        return []
    least = OSCILLATION_RISE * abs(record.periods[0])
    rises = sum(
        after - before > max(least, OSCILLATION_RISE * abs(before)) for before, after in itertools.pairwise(last)
    )
    half = OSCILLATION_PERIODS // 2
    if rises < OSCILLATION_RISES or min(last[half:]) < PROGRESS * min(last[:half]):
        return []
    numbers = {"rises": float(rises), "least": min(last), "largest": max(last), "first": record.periods[0]}
    return [
        Finding(
            "oscillation",
            "warning",
            f"the mean loss rose {rises} times in the last {len(last)} periods, and swings between {min(last):.3g} and "
            f"{max(last):.3g} without falling (it began with {record.periods[0]:.3g}).",
            record.newest.where if record.newest else Place(),
            "The steps jump back and forth across a valley: the learning rate is too high, or a few batches pull in "
            "very different directions.",
            (SCALE_INPUTS, *article("learning rate", "optimiser", "regularisers", "width")),
            numbers,
        )
    ]

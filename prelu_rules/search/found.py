"""What a search has found."""

from __future__ import annotations

from typing import NamedTuple

from prelu_rules.refine.path import PathPoint
from prelu_rules.values import FloatArray

INTERRUPTED = (
    "interrupted: the path has the networks found so far, without sparser ones; train again for the whole path."
)


class Found(NamedTuple):
    """What a search has found.

    Attributes:
        points: networks of all sizes, in no order.
        validation_weights: `(n_validation,)`, of the rows that choose.
        complete: whether the search came to its end.
        price_share: as in `RulePath`.
    """

    points: list[PathPoint]
    validation_weights: FloatArray
    complete: bool
    price_share: float = 1.0

"""What the benchmark wants to know of a learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Peer:
    """A learner, in its default settings and with a few budgets.

    Attributes:
        name: what it is called in tables.
        variants: for numbers (False) or for classes (True), unfitted scikit-learn estimators by the name of the
            setting; none where the learner does not offer the task.
        numbers: of a fitted one, what a reader has to read.
    """

    name: str
    variants: Callable[[bool], Mapping[str, Any]]
    numbers: Callable[[Any], int]

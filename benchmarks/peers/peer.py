"""What the benchmark needs to know about a learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Peer:
    """A learner with its default settings and with a few budgets.

    Attributes:
        name: its name in tables.
        variants: for numbers (False) or classes (True), unfitted scikit-learn estimators by the name of the setting;
            none if the learner does not support the task.
        numbers: counts what a reader of a fitted one has to read.
    """

    name: str
    variants: Callable[[bool], Mapping[str, Any]]
    numbers: Callable[[Any], int]

"""How a population is trained."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal, get_args

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.values import Shown

STEPS_PER_EXECUTION = 100
"""How many steps one call of the compiled function takes; members are checked between calls."""

ForceName = Literal["ramp", "error"]
"""A rate that rises linearly, or the paper's, which follows the error of each member."""


@dataclass(frozen=True)
class PopulationSettings(Shown):
    """How a population is trained.

    Attributes:
        members: the number of networks.
        hidden: the number of units in each hidden layer.
        learning_rate: the learning rate of Adam.
        warm_up_steps: the largest number of optimiser steps before the force wakes.
        force_steps: the largest number of optimiser steps with the force.
        batch_size: the number of rows per step.
        noise: the standard deviation of Gaussian noise that is added to the inputs in every step.
        force: "ramp" for a rate that rises linearly to `full_rate`, for data with noise that no network can fit;
            "error" for the paper's rate, from the error of each member's batch.
        full_rate: the rate at the end of the ramp; Adam moves a slope by at most the learning rate.
        refresh_every: the number of steps after which the rate is updated from the error; for "error".
        settle: whether each member is handled separately: the force wakes, and training ends, as soon as it is stable,
            and its best state is returned (`Settling`). Otherwise all members take all steps, and their last states are
            returned.
        jit: whether to compile the steps with XLA: three times as fast, after about two more seconds at the start.

    Raises:
        InvalidValueError: if a number is out of range.

    Example:
        >>> PopulationSettings(members=4).hidden
        (8, 8)
    """

    members: int = 8
    hidden: tuple[int, ...] = (8, 8)
    learning_rate: float = 3e-3
    warm_up_steps: int = 1000
    force_steps: int = 1000
    batch_size: int = 64
    noise: float = 0.0
    force: ForceName = "ramp"
    full_rate: float = 3e-3
    refresh_every: int = 100
    settle: bool = True
    jit: bool = True

    def __post_init__(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise InvalidValueError(f"hidden is {list(self.hidden)}; give at least one layer of at least one unit.")
        for name in ("members", "warm_up_steps", "force_steps", "batch_size", "refresh_every"):
            if getattr(self, name) != int(getattr(self, name)) or getattr(self, name) < 1:
                raise InvalidValueError(f"{name} is {getattr(self, name)}; it must be an integer of at least 1.")
        for name in ("learning_rate", "full_rate"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InvalidValueError(f"{name} is {getattr(self, name)}; it must be a positive finite number.")
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise InvalidValueError(f"noise is {self.noise}; it must be a finite number of at least 0.")
        if self.force not in get_args(ForceName):
            raise InvalidValueError(f"force is {self.force!r}; it must be one of {', '.join(get_args(ForceName))}.")

    @property
    def steps(self) -> int:
        """The largest number of optimiser steps in total, an integer number of executions."""
        return STEPS_PER_EXECUTION * ceil((self.warm_up_steps + self.force_steps) / STEPS_PER_EXECUTION)

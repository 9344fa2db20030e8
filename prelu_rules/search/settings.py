"""How a path is trained."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.values import Shown


@dataclass(frozen=True)
class PathSettings(Shown):
    """How a path is trained.

    Attributes:
        population: how the population is trained.
        max_nonlinear: the largest size on the path.
        ridge: the penalty in the refits, on half the sum of the squared weights for standardised numbers. None for the
            default of the loss: 1e-4 for squared errors, and one over the number of distinct rows for classes (less if
            weights are unequal), which keeps the weights of separable classes finite and is also the default of
            scikit-learn's `LogisticRegression`. Classes that a network without units separates are also fitted with a
            thousandth of that.
        refine_rows: the largest number of rows for elimination and refits, and for validation; drawn at random if there
            are more. The population is trained on all of them.

    Raises:
        InvalidValueError: if a number is out of range.

    Example:
        >>> PathSettings(max_nonlinear=3).population.members
        8
    """

    population: PopulationSettings = field(default_factory=PopulationSettings)
    max_nonlinear: int = 5
    ridge: float | None = None
    refine_rows: int = 50_000

    def __post_init__(self) -> None:
        if self.max_nonlinear != int(self.max_nonlinear) or self.max_nonlinear < 0:
            raise InvalidValueError(f"max_nonlinear is {self.max_nonlinear}; it must be an integer of at least 0.")
        if self.refine_rows != int(self.refine_rows) or self.refine_rows < 1:
            raise InvalidValueError(f"refine_rows is {self.refine_rows}; it must be an integer of at least 1.")
        if self.ridge is not None and not (np.isfinite(self.ridge) and self.ridge > 0):
            raise InvalidValueError(f"ridge is {self.ridge}; it must be a positive finite number.")

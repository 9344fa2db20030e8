"""How a path is searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from prelu_rules.errors import InvalidValueError
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.refine.shape import FREE, Shape
from prelu_rules.values import Shown

Starts = Literal["growth", "force", "both"]
"""Where small networks come from: growth from a network without units, trained networks after the force, or both."""

MOST_UNITS = 16
"""Growth without a limit ends at this size at the latest."""

PAIRS = 2
"""Without a limit, networks are also grown whose bends use so many columns: they are often as good, and shorter."""


@dataclass(frozen=True)
class PathSettings(Shown):
    """How a path is searched.

    Attributes:
        population: how the population is trained, if there is one.
        starts: "growth" adds units one by one to a network without any, and needs no Keras; "force" trains a population
            of networks with the force and only removes units, as in the paper; "both" takes the better network of each
            size.
        max_nonlinear: the largest size on the path. None to go on while rows that were left out improve, to at most
            16, and for "force" to 5.
        ridge: the penalty in the refits, on half the sum of the squared weights for standardised numbers. None to
            choose it by rows that are left out, from `Loss.ridges`; that of bends is then at most
            `Loss.most_on_bends`. For "force" it is `Loss.ridge`.
        max_columns_per_bend: how many columns a bend may use; with 1, bends are thresholds such as `age > 41`. None for
            any number. A limit of growth.
        nesting: whether bends may use other bends. A limit of growth.
        n_folds: the number of parts that are left out of the search one by one, to choose the ridge and the size. Where
            there are more than `folds_up_to` rows, or several logits, whose refits take long, it is a single part.
        folds_up_to: the largest number of distinct rows for folds.
        search_rows: the largest number of rows that growth searches on where a single part is left out. The networks
            found are then fitted to `refine_rows` rows.
        refine_rows: the largest number of rows for refits, and for validation; drawn at random if there are more. The
            population is trained on all of them.

    Raises:
        InvalidValueError: if a number is out of range, or `starts` is unknown.

    Example:
        >>> PathSettings(max_nonlinear=3).population.members
        8
    """

    population: PopulationSettings = field(default_factory=PopulationSettings)
    starts: Starts = "growth"
    max_nonlinear: int | None = None
    ridge: float | None = None
    max_columns_per_bend: int | None = None
    nesting: bool = True
    n_folds: int = 5
    folds_up_to: int = 1_500
    search_rows: int = 4_000
    refine_rows: int = 50_000

    def __post_init__(self) -> None:
        if self.starts not in get_args(Starts):
            raise InvalidValueError(f"starts is {self.starts!r}; it must be one of {', '.join(get_args(Starts))}.")
        for name, least in (
            ("max_nonlinear", 0),
            ("n_folds", 2),
            ("folds_up_to", 0),
            ("search_rows", 1),
            ("refine_rows", 1),
        ):
            value = getattr(self, name)
            if value is not None and (value != int(value) or value < least):
                raise InvalidValueError(f"{name} is {value}; it must be an integer of at least {least}.")
        limited = Shape(self.max_columns_per_bend, self.nesting)
        if self.starts != "growth" and limited != FREE:
            raise InvalidValueError(
                f"starts is {self.starts!r}, but max_columns_per_bend and nesting are limits of growth; set starts to "
                "'growth'."
            )
        if self.ridge is not None and not (np.isfinite(self.ridge) and self.ridge > 0):
            raise InvalidValueError(f"ridge is {self.ridge}; it must be a positive finite number.")

    @property
    def is_free(self) -> bool:
        """Whether bends may use all columns, and one another."""
        return Shape(self.max_columns_per_bend, self.nesting) == FREE

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """What bends may use in the searches by growth, all of which are within the limits."""
        most, nesting = self.max_columns_per_bend, self.nesting
        found = [Shape(most, nesting), Shape(most, False)]
        if most is None:
            found.append(Shape(PAIRS, nesting))
        return tuple(dict.fromkeys(found))

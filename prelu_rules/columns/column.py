"""What the columns of a table are, and the features that rules use."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from prelu_rules.errors import InvalidValueError, quoted
from prelu_rules.values import Shown

Kind = Literal["number", "integer", "yes/no", "category"]
"""What a cell holds: a number, an integer, yes or no, or one of a list of levels."""

Level = str | int | float | bool
"""A value of a category."""

Says = Literal["number", "yes", "level", "missing"]
"""What a feature is: the number in the cell; or an indicator, 1 where a cell is yes, has the level, or is missing."""


@dataclass(frozen=True)
class Feature(Shown):
    """A number that rules compute with, derived from a cell.

    Attributes:
        column: the name of the column.
        says: "number" for the number in the cell, which counts as 0, or as the `fill` of its column, where it is
            missing; otherwise the feature is an indicator, 1 or 0, of whether the cell is yes, has the level, or is
            missing.
        level: the level that it indicates.

    Example:
        >>> Feature("colour", "level", "red").name, Feature("age", "missing").name
        ('colour = red', 'age is missing')
    """

    column: str
    says: Says = "number"
    level: Level | None = None

    @property
    def name(self) -> str:
        """The name of the feature; the column's name if that is enough."""
        if self.says == "level":
            return f"{self.column} = {self.level}"
        return f"{self.column} is missing" if self.says == "missing" else self.column

    @property
    def is_indicator(self) -> bool:
        """Whether the feature can only be 0 or 1."""
        return self.says != "number"


@dataclass(frozen=True)
class Column(Shown):
    """A column of the user's table.

    Attributes:
        name: the name of the column.
        kind: "number", "integer", "yes/no" or "category".
        levels: the levels of a category, in order; cells with other values are refused, unless `unknown` is given.
        missing: whether cells may be missing.
        unit: the unit of the numbers, if it should be shown.
        description: what the column means, if it should be shown.
        fill: the number that a missing cell counts as, where so few are missing that no feature indicates it. None
            where a feature does, beside which a missing number counts as 0.
        unknown: the features that a cell counts as whose level is not in `levels`, or that is missing where no cell may
            be; see `columns.substitutes`. None to refuse such cells.

    Raises:
        InvalidValueError: if the name is not text, the kind is not one of these, the levels do not fit the kind or
            cannot be told apart, or `fill` or `unknown` do not fit the column.

    Example:
        >>> [feature.name for feature in Column("colour", "category", ("blue", "red"), missing=True).features]
        ['colour = blue', 'colour = red', 'colour is missing']
        >>> [feature.name for feature in Column("age", missing=True).features]
        ['age', 'age is missing']
        >>> [feature.name for feature in Column("age", missing=True, fill=41.0).features]
        ['age']
    """

    name: str
    kind: Kind = "number"
    levels: tuple[Level, ...] = ()
    missing: bool = False
    unit: str | None = None
    description: str | None = None
    fill: float | None = None
    unknown: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        plain = tuple(level.item() if isinstance(level, np.generic) else level for level in self.levels)
        object.__setattr__(self, "levels", plain)
        check_names("column", [self.name])
        for field, text in (("unit", self.unit), ("description", self.description)):
            if text is not None and not isinstance(text, str):
                raise InvalidValueError(
                    f"the {field} of column {quoted(self.name)} is {quoted(text)}; it must be text, or None."
                )
        if not isinstance(self.missing, bool):
            raise InvalidValueError(
                f"missing is {quoted(self.missing)} for column {quoted(self.name)}; it must be True or False."
            )
        of_kind = f"column {quoted(self.name)} is of kind {quoted(self.kind)}"
        if self.kind not in get_args(Kind):
            raise InvalidValueError(f"{of_kind}; it must be one of {', '.join(get_args(Kind))}.")
        if (self.kind == "category") != bool(self.levels or (self.kind == "category" and self.missing)):
            raise InvalidValueError(
                f"{of_kind} and has {len(self.levels)} levels; a category needs at least one, and other kinds have "
                "none."
            )
        check_levels(self.name, self.levels)
        self._check_substitutes(of_kind)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features of a cell, in order; the last one indicates that it is missing, see `indicates_missing`."""
        if self.kind == "category":
            found = [Feature(self.name, "level", level) for level in self.levels]
        else:
            found = [Feature(self.name, "yes" if self.kind == "yes/no" else "number")]
        return (*found, Feature(self.name, "missing")) if self.indicates_missing else tuple(found)

    @property
    def indicates_missing(self) -> bool:
        """Whether a feature tells missing cells from others."""
        return self.missing and self.fill is None

    def _check_substitutes(self, of_kind: str) -> None:
        if self.fill is not None:
            is_number = isinstance(self.fill, (int, float, np.number)) and not isinstance(self.fill, bool)
            if not is_number or not math.isfinite(self.fill):
                raise InvalidValueError(
                    f"the fill of column {quoted(self.name)} is {quoted(self.fill)}; it must be a finite number, or "
                    "None."
                )
            if not self.missing or self.kind not in ("number", "integer"):
                raise InvalidValueError(
                    f"{of_kind} and has a fill; only numbers that may be missing can have one, so leave it out."
                )
            object.__setattr__(self, "fill", float(self.fill))
        if self.unknown is not None:
            unknown = tuple(float(value) for value in self.unknown)
            if len(unknown) != len(self.features) or not all(map(math.isfinite, unknown)):
                raise InvalidValueError(
                    f"unknown is {quoted(self.unknown)} for column {quoted(self.name)}; it must be a finite number for "
                    f"each of its {len(self.features)} features, or None."
                )
            object.__setattr__(self, "unknown", unknown)


def features_of(columns: Sequence[Column]) -> tuple[Feature, ...]:
    """The features of all columns, in order.

    Args:
        columns: the columns of a table.

    Returns:
        `n_features` features.

    Example:
        >>> [feature.name for feature in features_of([Column("age"), Column("smoker", "yes/no")])]
        ['age', 'smoker']
    """
    return tuple(feature for column in columns for feature in column.features)


def check_columns(columns: Sequence[Column]) -> None:
    """Check that the names of columns and of their features are distinct.

    Args:
        columns: the columns of a table.

    Raises:
        InvalidValueError: if two have the same name, or the same name for a feature.

    Example:
        >>> check_columns([Column("age"), Column("colour", "category", ("red",))])
    """
    check_names("column", [column.name for column in columns])
    owners: dict[str, str] = {}
    for feature in features_of(columns):
        if feature.name in owners:
            raise InvalidValueError(
                f"the columns {quoted(owners[feature.name])} and {quoted(feature.column)} both make a feature called "
                f"{quoted(feature.name)}; rename one of them."
            )
        owners[feature.name] = feature.column


def check_names(kind: str, names: Sequence[str]) -> None:
    """Check that names are distinct and can be written down.

    Args:
        kind: what the names are for, for the error message.
        names: the names.

    Raises:
        InvalidValueError: if a name is not text, not valid Unicode, or used twice.

    Example:
        >>> check_names("output", ["age", "income (EUR)"])
    """
    if not all(isinstance(name, str) for name in names):
        raise InvalidValueError(f"the {kind} names {list(names)} must all be text; rename them.")
    unwritable = [name for name in names if not _is_unicode(name)]
    if unwritable:
        raise InvalidValueError(f"the {kind} name {quoted(unwritable[0])} is not valid Unicode; rename it.")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidValueError(f"the {kind} name {quoted(name)} is used twice; rename one of them.")
        seen.add(name)


def check_levels(name: str, levels: Sequence[Level]) -> None:
    """Check that the levels of a category are distinct and can be written down.

    Args:
        name: the name of the column.
        levels: its levels.

    Raises:
        InvalidValueError: if a level is neither text nor a finite number, or two are written alike.

    Example:
        >>> check_levels("colour", ["red", "blue"])
    """
    texts: set[str] = set()
    for level in levels:
        good = isinstance(level, (str, int, float)) and not (isinstance(level, float) and not math.isfinite(level))
        if not good or (isinstance(level, str) and not _is_unicode(level)):
            raise InvalidValueError(
                f"column {quoted(name)} has the level {quoted(level)}; a level must be Unicode text or a finite number."
            )
        if str(level) in texts:
            raise InvalidValueError(
                f"column {quoted(name)} has two levels that are written {quoted(str(level))}; rename one of them."
            )
        texts.add(str(level))


_SURROGATE = re.compile("[\\ud800-\\udfff]")


def _is_unicode(text: str) -> bool:
    return _SURROGATE.search(text) is None

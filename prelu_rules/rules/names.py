"""The names of features, outputs and classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from prelu_rules.errors import InvalidValueError, ShapeError


class Indicator(NamedTuple):
    """What a 0/1 feature says of a column: that it has a value, or that it is missing.

    Attributes:
        column: the column's name.
        value: the value; None for that it is missing.

    Example:
        >>> Indicator("colour", "red").name, Indicator("age", None).name
        ('colour = red', 'age is missing')
    """

    column: str
    value: str | None

    @property
    def name(self) -> str:
        """The name of the feature."""
        return f"{self.column} is missing" if self.value is None else f"{self.column} = {self.value}"


def check_names(kind: str, names: Sequence[str]) -> None:
    """Refuse names that could not be told apart or written down.

    Args:
        kind: what is named, for the error.
        names: the names.

    Raises:
        InvalidValueError: if a name is no text, no Unicode, or used twice.

    Example:
        >>> check_names("feature", ["age", "income (EUR)"])
    """
    if not all(isinstance(name, str) for name in names):
        raise InvalidValueError(f"the {kind} names {list(names)} must all be text.")
    unwritable = [name for name in names if any("\ud800" <= letter <= "\udfff" for letter in name)]
    if unwritable:
        raise InvalidValueError(f"the {kind} name {unwritable[0]!r} is no Unicode text; rename it.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidValueError(f"the {kind} name {twice!r} is used twice; names must be distinct.")


def check_classes(classes: Sequence[str | int | float | bool]) -> None:
    """Refuse class labels that could not be written down.

    Args:
        classes: the labels.

    Raises:
        InvalidValueError: if a label is NaN or infinite.

    Example:
        >>> check_classes(["no", 1, True])
    """
    for label in classes:
        if isinstance(label, float) and not math.isfinite(label):
            raise InvalidValueError(f"the class {label} is no finite number; name it by a text.")


def default_names(names: Sequence[str] | None, prefix: str, count: int) -> tuple[str, ...]:
    """Names that were given, checked, or `prefix1`, `prefix2`, ... where none were.

    Args:
        names: the names, or None.
        prefix: what default names start with.
        count: how many there must be.

    Returns:
        `count` names.

    Raises:
        ShapeError: if another number of names was given.
        InvalidValueError: if one text was given instead of a list of names.

    Example:
        >>> default_names(None, "in", 2)
        ('in1', 'in2')
    """
    if names is None:
        return tuple(f"{prefix}{number + 1}" for number in range(count))
    if isinstance(names, str):
        raise InvalidValueError(f"the names are the text {names!r}; give a list of names.")
    if len(names) != count:
        raise ShapeError(
            f"there are {len(names)} names for {count} columns ({', '.join(map(str, names))}); give one each."
        )
    return tuple(map(str, names))

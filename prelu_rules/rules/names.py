"""The names of classes, and default names of features and outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain, count

from prelu_rules.errors import InvalidValueError, ShapeError

ClassLabel = str | int | float | bool
"""The label of a class."""


def check_classes(classes: Sequence[ClassLabel] | None, n_outputs: int) -> None:
    """Check that class labels can be written down, and that their number fits the logits.

    Args:
        classes: the labels; None if numbers are predicted.
        n_outputs: the number of logits.

    Raises:
        InvalidValueError: if a label is NaN or infinite.
        ShapeError: if there is neither a label for each logit, nor two labels for a single one.

    Example:
        >>> check_classes(["no", 1, True], 3)
    """
    for label in classes or ():
        if isinstance(label, float) and not math.isfinite(label):
            raise InvalidValueError(f"the class {label} is not a finite number; use a text as its name.")
    if classes is not None and len(classes) != max(2, n_outputs):
        raise ShapeError(f"there are {len(classes)} classes for {n_outputs} logits; give one each, or two for one.")


def default_names(names: Sequence[str] | None, prefix: str, count: int) -> tuple[str, ...]:
    """Check names, or make default names `prefix1`, `prefix2`, ...

    Args:
        names: the names, or None.
        prefix: the beginning of default names.
        count: how many names there must be.

    Returns:
        `count` names.

    Raises:
        ShapeError: if the wrong number of names is given.
        InvalidValueError: if a text is given instead of a list of names.

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


def free_name(name: str, taken: Iterable[str], *, ignore_case: bool = False) -> str:
    """A name that is not taken yet.

    Args:
        name: the name that is wanted.
        taken: all that are there.
        ignore_case: whether names that differ only in case are one.

    Returns:
        The name, with a number if it is taken.

    Example:
        >>> free_name("rule", ["rule", "rule 2"]), free_name("rule", ["Rule"], ignore_case=True)
        ('rule 3', 'rule 2')
    """
    fold = str.lower if ignore_case else str
    folded = set(map(fold, taken))
    numbered = (f"{name} {number}" for number in count(2))
    return next(one for one in chain([name], numbered) if fold(one) not in folded)

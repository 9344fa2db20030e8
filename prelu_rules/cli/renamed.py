"""Old names of options, which still work with a warning."""

from __future__ import annotations

from typing import TypeVar

from prelu_rules.renamed import warn_renamed

T = TypeVar("T")


def renamed_option(old: T | None, old_name: str, name: str, value: T) -> T:
    """The value of an option that may also be given by its old name.

    Args:
        old: the value that was given by the old name; None if there is none.
        old_name: the old name.
        name: the new name.
        value: the value that was given by the new name.

    Returns:
        The value given by the old name if there is one, otherwise the other one.

    Example:
        >>> renamed_option(None, "--seed", "--random-state", 3)
        3
    """
    if old is None:
        return value
    warn_renamed(old_name, name)
    return old

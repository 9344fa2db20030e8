"""Options that were called otherwise before, which still work and say so."""

from __future__ import annotations

from typing import TypeVar

from prelu_rules.renamed import warn_renamed

T = TypeVar("T")


def renamed_option(old: T | None, old_name: str, name: str, value: T) -> T:
    """The value of an option that may be given by its old name.

    Args:
        old: what was given by the old name; None for nothing.
        old_name: the old name.
        name: the new one.
        value: what was given by the new name.

    Returns:
        The value of the old name if there is one.

    Example:
        >>> renamed_option(None, "--seed", "--random-state", 3)
        3
    """
    if old is None:
        return value
    warn_renamed(old_name, name)
    return old

"""Options that were called otherwise before, which still work and say so."""

from __future__ import annotations

import warnings
from typing import TypeVar

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
    warn_of_option(old_name, f"it is now called {name}")
    return old


def warn_of_option(name: str, reason: str) -> None:
    """Say that an option goes in the next version.

    Args:
        name: the option.
        reason: why, or what to give instead.
    """
    warnings.warn(f"{name} goes in the next version: {reason}.", FutureWarning, stacklevel=2)

"""Old names that still work, and say so once; they go in the next version."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_said: set[str] = set()


def warn_renamed(old: str, new: str) -> None:
    """Say once that a name has changed.

    Args:
        old: what was used, as the user writes it.
        new: what to write instead.

    Example:
        >>> import pytest
        >>> with pytest.warns(FutureWarning, match="fit_rules.seed=. is now called random_state="):
        ...     warn_renamed("fit_rules(seed=)", "random_state=")
    """
    if old not in _said:
        _said.add(old)
        warnings.warn(f"{old} is now called {new}; the old name goes in the next version.", FutureWarning, stacklevel=3)


def renamed_arguments(**names: str) -> Callable[[F], F]:
    """A decorator for functions some of whose arguments were called otherwise.

    Args:
        names: for each old name the new one.

    Returns:
        The decorator; the function takes both names, and warns once of the old one.

    Raises:
        TypeError: when called with both names of an argument.

    Example:
        >>> import pytest
        >>> @renamed_arguments(seed="random_state")
        ... def draw(random_state: int) -> int:
        ...     return random_state
        >>> with pytest.warns(FutureWarning):
        ...     draw(**{"seed": 3})
        3
    """

    def decorated(function: F) -> F:
        @wraps(function)
        def with_old_names(*args: Any, **kwargs: Any) -> Any:
            for old, new in names.items():
                if old in kwargs:
                    if new in kwargs:
                        raise TypeError(
                            f"{function.__name__} was given both {new} and {old}, its old name; give {new}."
                        )
                    warn_renamed(f"{function.__name__}({old}=)", f"{new}=")
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return cast(F, with_old_names)

    return decorated

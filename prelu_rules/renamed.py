"""Old names still work, with one warning, and are removed in the next version."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_said: set[str] = set()


def warn_renamed(old: str, new: str) -> None:
    """Warn once that a name has changed.

    Args:
        old: the old name, as the user writes it.
        new: the name to use instead.

    Example:
        >>> import pytest
        >>> with pytest.warns(FutureWarning, match="fit_rules.seed=. is now called random_state="):
        ...     warn_renamed("fit_rules(seed=)", "random_state=")
    """
    if old not in _said:
        _said.add(old)
        warnings.warn(
            f"{old} is now called {new}; the old name will be removed in the next version.", FutureWarning, stacklevel=3
        )


def renamed_arguments(**names: str) -> Callable[[F], F]:
    """A decorator for functions whose arguments have been renamed.

    Args:
        names: the new name for each old one.

    Returns:
        The decorator; the decorated function takes both names, and warns once about the old one.

    Raises:
        TypeError: if the function is called with both names of an argument.

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
                            f"{function.__name__} was given both {new} and its old name {old}; give only {new}."
                        )
                    warn_renamed(f"{function.__name__}({old}=)", f"{new}=")
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return cast(F, with_old_names)

    return decorated

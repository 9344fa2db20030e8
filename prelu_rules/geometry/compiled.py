"""Functions that Numba compiles, wherever the package is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function when it is first called, and keep what was compiled for the next process.

    Several threads can run it at once.

    It is kept beside the source, or in the user's cache folder. Where neither can be written, as in a container with a
    read-only package and no home, each process compiles anew, in some seconds. A shared temporary folder would not do:
    what is kept there is run by whoever loads it.

    Args:
        function: of numbers and arrays.

    Returns:
        The same function, compiled.

    Example:
        >>> compiled(lambda x: 2 * x)(3)
        6
    """
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)

"""Functions that Numba compiles, wherever the package is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

from prelu_rules.geometry.compile_log import log_compilation

log_compilation()

_ANY_ORDER = {"reassoc", "contract", "nsz"}


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
    return _compiled(function)


def compiled_in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled`, for functions that make no arrays, only change those that they are given.

    Then nothing has to count who holds an array, which takes more than half of the time of small functions. Divisions
    by 0 give infinity.

    Args:
        function: of numbers and arrays; it may take parts of arrays, but must not make, copy, or return any.

    Returns:
        The same function, compiled.

    Example:
        >>> import numpy as np
        >>> compiled_in_place(lambda x: x[0] + x[1])(np.array([1, 2]))
        3
    """
    return _compiled(function, error_model="numpy", _nrt=False)


def compiled_sums(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled_in_place`, for functions whose sums may be added up in any order.

    Then the processor adds up several parts of a sum at once, which is several times as fast. The result still depends
    on the machine and the numbers only, as long as all sums that it calls are a `part_of_sums`.

    Args:
        function: of numbers and arrays; it may take parts of arrays, but must not make, copy, or return any.

    Returns:
        The same function, compiled.

    Example:
        >>> import numpy as np
        >>> compiled_sums(lambda x: x[0] + x[1])(np.array([1, 2]))
        3
    """
    return _compiled(function, error_model="numpy", _nrt=False, fastmath=_ANY_ORDER)


def part_of_compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled_in_place`, for parts of a function that has a file of its own only to be read.

    It is compiled anew wherever it is called, so that nothing has to be passed; passing thirty arrays takes longer than
    most of these parts.

    Args:
        function: of numbers and arrays; it may take parts of arrays, but must not make, copy, or return any.

    Returns:
        The same function, compiled.

    Example:
        >>> import numpy as np
        >>> part_of_compiled(lambda x: x[0] + x[1])(np.array([1, 2]))
        3
    """
    return _compiled(function, error_model="numpy", _nrt=False, inline="always")


def part_of_sums(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `compiled_sums`, for parts of another such function.

    It becomes a part of each function that calls it. Otherwise there would be two versions that add up in different
    orders, one inside the caller and one beside it, and which one runs would depend on what Numba's cache holds.

    Args:
        function: of numbers and arrays; it may take parts of arrays, but must not make, copy, or return any.

    Returns:
        The same function; called from Python, it is compiled on its own.

    Example:
        >>> import numpy as np
        >>> part_of_sums(lambda x: x[0] + x[1])(np.array([1, 2]))
        3
    """
    return _compiled(function, error_model="numpy", _nrt=False, fastmath=_ANY_ORDER, inline="always")


def _compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    try:
        return njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:
        return njit(nogil=True, **options)(function)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function into each compiled function that calls it, for what is called millions of times a second.

    Args:
        function: of numbers and arrays.

    Returns:
        The same function; called from Python, it is compiled on its own.

    Example:
        >>> inlined(lambda x: 2 * x)(3)
        6
    """
    return njit(nogil=True, inline="always")(function)

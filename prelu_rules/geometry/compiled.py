"""Functions that Numba compiles, wherever the package is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.extending import intrinsic


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


@intrinsic
def borrowed(_: Any, array: Any) -> Any:
    """The same array, without counting the references to it, for use in compiled code only.

    Where short functions pass many arrays around, counting takes longer than the work. The caller holds the array.

    Args:
        array: any array.

    Returns:
        An array of the same memory.
    """

    def without_count(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo = view.meminfo.type(None)
        return view._getvalue()

    return array(array), without_count

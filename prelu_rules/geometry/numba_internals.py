"""What is only possible with private names of Numba; no other file uses them."""

from __future__ import annotations

from typing import Any

from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
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


def is_loaded(function: Any) -> bool:
    """Whether a compiled function has run in this process, so that it runs at once.

    Args:
        function: a function that `compiled` or `compiled_in_place` returned.

    Returns:
        True if it was compiled, or loaded from the cache.

    Example:
        >>> from prelu_rules.geometry.compiled import compiled
        >>> is_loaded(compiled(lambda x: 2 * x))
        False
    """
    return bool(function.signatures)


def is_compiled(function: Any) -> bool:
    """Whether a compiled function can run without being compiled first.

    Args:
        function: a function that `compiled` or `compiled_in_place` returned.

    Returns:
        True if it was compiled in this process, or for an earlier one that left it in the cache.

    Example:
        >>> from prelu_rules.geometry.compiled import compiled
        >>> double = compiled(lambda x: 2 * x)
        >>> double(3), is_compiled(double)
        (6, True)
    """
    # Without a place to keep what is compiled, there is a cache that has no file.
    kept = getattr(function._cache, "_cache_file", None)
    return is_loaded(function) or (kept is not None and bool(kept._load_index()))

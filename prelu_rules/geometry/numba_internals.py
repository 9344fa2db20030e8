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

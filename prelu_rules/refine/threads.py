"""How many threads matrix products take."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def single_blas_thread() -> AbstractContextManager[Any]:
    """One thread for matrix products, in workers too, so that sums are computed in the same order.

    Returns:
        A context; what libraries are there is looked up once for each process.

    Example:
        >>> with single_blas_thread():
        ...     pass
    """
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()

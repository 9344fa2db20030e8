"""Processes that were forked from one in which TensorFlow ran.

A fork copies memory and one thread. TensorFlow's thread pools, of which `tf.function` waits for one and large products
for the other, do not come along, so that a child waits for them for ever. What runs in NumPy, HiGHS and Numba, that is
all that rules do, works in a child.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from prelu_rules.errors import BackendError

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds for which a child waits for what TensorFlow may be able to do in it."""

_REMEDY = "start processes with multiprocessing's 'spawn' or 'forkserver', or fork before anything is trained"

_threads_are_lost = False


def refuse_in_forked_child() -> None:
    """Refuse to train where it would never end.

    Raises:
        BackendError: in a process that was forked from one in which TensorFlow ran.

    Example:
        >>> refuse_in_forked_child()
    """
    if _threads_are_lost:
        raise BackendError(f"this process was forked from one that ran TensorFlow, so nothing trains in it; {_REMEDY}.")


def with_patience(compute: Callable[[], T]) -> T:
    """What TensorFlow computes, in a forked child only if it does not take for ever.

    Small models need no thread beside the one that asks.

    Args:
        compute: a function without arguments.

    Returns:
        What it returns.

    Raises:
        BackendError: if it has not returned for ten seconds in a forked child.

    Example:
        >>> with_patience(lambda: 3)
        3
    """
    if not _threads_are_lost:
        return compute()
    results: list[T] = []
    problems: list[BaseException] = []

    def work() -> None:
        try:
            results.append(compute())
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if problems:
        raise problems[0]
    if not results:
        raise BackendError(
            "this process was forked from one that ran TensorFlow, so a model of this size cannot be run in it; "
            f"{_REMEDY}."
        )
    return results[0]


def _look_after_fork() -> None:
    global _threads_are_lost
    # What is not imported does not run.
    if "keras" in sys.modules and "tensorflow" in sys.modules:
        from prelu_rules.training.keras_internals import tensorflow_runs

        _threads_are_lost = tensorflow_runs()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_look_after_fork)

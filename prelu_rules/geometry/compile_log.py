"""Says in the log when functions of this package are about to be compiled, since that takes seconds."""

from __future__ import annotations

import logging
from typing import Any

from numba.core import event

PACKAGE = "prelu_rules"

_logger = logging.getLogger(PACKAGE)


def log_compilation() -> None:
    """Log from now on, at level INFO to the logger "prelu_rules", which functions are compiled.

    Those that are only compiled for another one are not mentioned, nor is what is loaded from the cache.

    Example:
        >>> log_compilation()
    """
    if not _LISTENING:
        _LISTENING.append(_CompileLog())
        event.register("numba:compile", _LISTENING[0])


class _CompileLog(event.Listener):  # type: ignore[misc]
    """Numba compiles under a lock, so that functions that are compiled at once are parts of one another."""

    def __init__(self) -> None:
        self._depth = 0

    def on_start(self, event: Any) -> None:
        """A function is about to be compiled."""
        self._depth += 1
        function = event.data["dispatcher"].py_func
        if self._depth == 1 and function.__module__.split(".")[0] == PACKAGE:
            _logger.info(
                "compiling %s.%s, which may take some seconds; it is kept for the next process.",
                function.__module__,
                function.__qualname__,
            )

    def on_end(self, event: Any) -> None:
        """It has been compiled."""
        self._depth -= 1


_LISTENING: list[_CompileLog] = []

"""Makes sure that Ctrl-C is never lost.

Python drops a `KeyboardInterrupt` that is raised while an object is destroyed, and modules that try optional imports
may swallow one. In both cases the interruption is repeated until it takes effect.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PAUSE = 0.05
"""Seconds after which a lost interruption is repeated."""


@contextmanager
def heard_interruptions() -> Iterator[None]:
    """Make every Ctrl-C within the block raise `KeyboardInterrupt` there, if not immediately, then soon.

    If Ctrl-C is ignored, as in a shell's background, or has another handler, nothing is changed.

    Example:
        >>> try:
        ...     with heard_interruptions():
        ...         signal.raise_signal(signal.SIGINT)
        ... except KeyboardInterrupt:
        ...     print("interrupted")
        interrupted
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    before = sys.unraisablehook

    def on_interruption(_: int, frame: FrameType | None) -> None:
        if _imports(frame):
            _repeat()
        else:
            raise KeyboardInterrupt

    def on_dropped(dropped: sys.UnraisableHookArgs) -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            _repeat()
        else:
            before(dropped)

    signal.signal(signal.SIGINT, on_interruption)
    sys.unraisablehook = on_dropped
    try:
        yield
    finally:
        sys.unraisablehook = before
        # Who ignored them within the block ignores them after it.
        if signal.getsignal(signal.SIGINT) is on_interruption:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def ignore_interruptions() -> None:
    """Ignore Ctrl-C from now on: all work is done, and only the interpreter has to exit."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _repeat() -> None:
    """Interrupt the main thread again after a pause."""
    if hasattr(signal, "pthread_kill"):
        main = threading.main_thread().ident
        assert main is not None, "the main thread has started"
        # A signal to the thread itself also ends a waiting system call.
        timer = threading.Timer(PAUSE, signal.pthread_kill, (main, signal.SIGINT))
    else:
        timer = threading.Timer(PAUSE, signal.raise_signal, (signal.SIGINT,))
    timer.daemon = True
    timer.start()


def _imports(frame: FrameType | None) -> bool:
    """Whether an interruption arrives while a module is being imported."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False

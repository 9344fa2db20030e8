"""Starts TensorFlow faster, and without its messages about the processor, which mean nothing to a reader of rules."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""TensorFlow's own setting: 0 to print everything, 3 to print what ends the process only."""


def start_tensorflow() -> None:
    """Import TensorFlow quietly; what it prints meanwhile is shown only if that fails.

    Its log level is set to 3 unless the user has set it, and with a level of 0 nothing is held back. Where TensorFlow
    has been imported before, nothing is done at all. Python's garbage collector waits meanwhile: it would look again
    and again at modules that are there to stay, for a quarter of the time. Afterwards it passes over them.

    Raises:
        ImportError: if TensorFlow cannot be imported.
    """
    if sys.modules.get("tensorflow") is not None:
        return
    quiet = os.environ.setdefault(LEVEL, "3") != "0"
    collecting = gc.isenabled()
    gc.disable()
    try:
        with _held_back() if quiet else nullcontext():
            import tensorflow  # noqa: F401
        gc.freeze()
    finally:
        if collecting:
            gc.enable()


@contextmanager
def _held_back() -> Iterator[None]:
    """Hold back what is written to the file descriptor of standard error: TensorFlow does so before it has levels."""
    try:
        kept = os.dup(2)
    except OSError:
        # A process without standard error has nothing to hold back.
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    with _held() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _held() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError:
        # Without a folder for it, it is lost.
        return Path(os.devnull).open("w+b")

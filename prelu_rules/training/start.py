"""TensorFlow's start, fast and without its reports on the processor, which say nothing to a reader of rules."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def start_tensorflow() -> None:
    """Import TensorFlow and let it find its devices; what it prints is shown only if that fails.

    TensorFlow writes to the file descriptor of standard error before its own log levels apply, so that is where it is
    held back. Python's garbage collector waits meanwhile: it would look again and again at modules that are there to
    stay, for a quarter of the time. Afterwards it passes over them.

    Raises:
        ImportError: if TensorFlow cannot be imported.
    """
    loaded, collecting = "tensorflow" in sys.modules, gc.isenabled()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _standard_error_held():
        gc.disable()
        try:
            import tensorflow as tf

            tf.config.list_logical_devices()
            if not loaded:
                gc.freeze()
        finally:
            if collecting:
                gc.enable()


@contextmanager
def _standard_error_held() -> Iterator[None]:
    """Within the block nothing is printed on the descriptor of standard error; if it fails, that comes after it."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        # It is closed.
        yield
        return
    with _held() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
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

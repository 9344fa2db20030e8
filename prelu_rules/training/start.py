"""Starts TensorFlow faster, and without its messages about the processor, which mean nothing to a reader of rules."""

from __future__ import annotations

import gc
import os
import sys
import tempfile


def start_tensorflow() -> None:
    """Import TensorFlow and let it find its devices; its messages are shown only if that fails.

    TensorFlow writes to the file descriptor of standard error before its own log levels apply, so that is where the
    messages are intercepted. Python's garbage collector is paused meanwhile, since it would take a quarter of the time
    to scan modules again and again that stay in memory. Afterwards it ignores them.

    Raises:
        ImportError: if TensorFlow cannot be imported.
    """
    loaded, collecting = "tensorflow" in sys.modules, gc.isenabled()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        gc.disable()
        try:
            import tensorflow as tf

            tf.config.list_logical_devices()
            if not loaded:
                gc.freeze()
        except Exception:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            if collecting:
                gc.enable()
            os.dup2(kept, 2)
            os.close(kept)

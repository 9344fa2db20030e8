"""Keras may run on several backends; the package trains and reads networks on TensorFlow."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from prelu_rules.errors import BackendError, quoted


def require_tensorflow() -> None:
    """Refuse what Keras and TensorFlow would end in a traceback for, before they are imported.

    Raises:
        BackendError: if Keras runs, or is set to run, on something else than TensorFlow; or if there is no folder for
            temporary files.

    Example:
        >>> require_tensorflow()
    """
    loaded = sys.modules.get("keras")
    if loaded is not None and hasattr(loaded, "config"):
        name, source = loaded.config.backend(), "it was imported with that"
    elif "KERAS_BACKEND" in os.environ:
        name, source = os.environ["KERAS_BACKEND"], "KERAS_BACKEND says so"
    else:
        name, source = _configured(), "keras.json says so"
    if name != "tensorflow":
        raise BackendError(
            f"Keras runs on {quoted(name)} ({source}), but prelu_rules needs TensorFlow; set KERAS_BACKEND=tensorflow "
            "before Keras is imported."
        )
    if "tensorflow" not in sys.modules:
        try:
            tempfile.gettempdir()
        except OSError:
            raise BackendError(
                "TensorFlow needs a folder for temporary files, and there is none; set TMPDIR to one that is writable."
            ) from None


def _configured() -> str:
    """What the file says that Keras looks into."""
    try:
        folder = Path(os.environ["KERAS_HOME"]) if "KERAS_HOME" in os.environ else Path.home() / ".keras"
        found = json.loads((folder / "keras.json").read_text(encoding="utf-8"))
        return str(found.get("backend", "tensorflow"))
    except (OSError, ValueError, RuntimeError, AttributeError):
        # Whatever cannot be read says nothing.
        return "tensorflow"

"""`.keras` files of unknown origin: bounded before they are unpacked, and refused in a sentence."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

import prelu_rules.training  # noqa: F401

# isort: split
import h5py
import keras

from prelu_rules.errors import LONGEST_REASON, DataError, FormatError, PReLURulesError, quoted, shortened
from prelu_rules.training.forked import with_patience
from prelu_rules.training.keras_internals import weights_bounded

MAX_UNPACKED = 256_000_000
"""Bytes of all parts of a file, and of the arrays that these declare."""

MAX_CONFIGURATION = 1_000_000
"""Bytes of the description of the layers; Keras takes seconds to build more."""

MAX_PARTS = 1000

_CONFIGURATIONS = "config.json", "metadata.json"
_BY_YOURSELF = "if you trust it, load it with keras.saving.load_model and give the model"


def load_keras(path: str | os.PathLike[str]) -> keras.Model:
    """Load a `.keras` file that may use the package's own layers.

    What a file declares, in its directory, its description of layers and its arrays, is added up before memory is taken
    for it, so that a small file cannot ask for much.

    Args:
        path: the file.

    Returns:
        The model.

    Raises:
        DataError: if the file does not exist.
        FormatError: if it is not a Keras model, or larger than a network that rules can be read from.
        BackendError: if it is too large to be loaded in a process that was forked.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "model.keras"
        >>> keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]).save(path)
        >>> load_keras(path).output_shape
        (None, 3)
    """
    if not Path(path).is_file():
        raise DataError(f"there is no file {path}; give the path of a .keras file.")
    if not zipfile.is_zipfile(path):
        raise FormatError(f"{path} is not a .keras file; save the model with model.save('name.keras').")
    try:
        _check_parts(path)
        return with_patience(lambda: _loaded(path))
    except PReLURulesError:
        raise
    except Exception as problem:
        # Keras, HDF5 and zipfile raise errors of all kinds for files that are damaged.
        reason = (str(problem).strip().splitlines() or [""])[0] or type(problem).__name__
        raise FormatError(
            f"{path} cannot be loaded as a Keras model: {shortened(reason, LONGEST_REASON).rstrip('.')}."
        ) from None


def _loaded(path: str | os.PathLike[str]) -> keras.Model:
    with weights_bounded(MAX_UNPACKED // 4) as weights:
        try:
            return keras.saving.load_model(path, compile=False)
        finally:
            # Whatever Keras made of the error.
            if weights.refused is not None:
                raise FormatError(f"{path} declares {quoted(weights.refused)} weights; {_BY_YOURSELF}.")


def save_keras(model: keras.Model, path: str | os.PathLike[str]) -> None:
    """Save a model as a `.keras` file.

    Args:
        model: any.
        path: the file.

    Raises:
        OSError: if it cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "model.keras"
        >>> save_keras(keras.Sequential([keras.Input((2,)), keras.layers.ReLU()]), path)
        >>> zipfile.is_zipfile(path)
        True
    """
    with warnings.catch_warnings():
        # Keras asks for copies in a way that NumPy 2 warns of.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        model.save(path)


def _check_parts(path: str | os.PathLike[str]) -> None:
    """Refuse an archive whose parts, or whose arrays, are larger than networks are."""
    if Path(path).stat().st_size > MAX_UNPACKED:
        raise FormatError(f"{path} has more than {MAX_UNPACKED} bytes; {_BY_YOURSELF}.")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise FormatError(f"{path} has {len(parts)} parts; a .keras file has a handful.")
        total = sum(part.file_size for part in parts)
        if total > MAX_UNPACKED:
            raise FormatError(f"{path} unpacks to {total} bytes; {_BY_YOURSELF}.")
        for part in parts:
            if part.filename in _CONFIGURATIONS and part.file_size > MAX_CONFIGURATION:
                raise FormatError(
                    f"{path} describes its layers in {part.file_size} bytes; at most {MAX_CONFIGURATION} are read."
                )
            if part.filename.endswith(".h5"):
                _check_arrays(path, archive.read(part))


def _check_arrays(path: str | os.PathLike[str], data: bytes) -> None:
    """Refuse arrays that take more memory than they have bytes, or are in other files."""
    total = 0

    def add(name: str, part: Any) -> None:
        nonlocal total
        if isinstance(part, h5py.Dataset):
            if part.external or part.is_virtual:
                raise FormatError(f"{path} has its array {quoted(name)} in another file; save the model anew.")
            total += part.nbytes
            if total > MAX_UNPACKED:
                raise FormatError(f"{path} declares arrays of more than {MAX_UNPACKED} bytes; {_BY_YOURSELF}.")

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(add)

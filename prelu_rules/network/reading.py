"""What a network can be read from: one function for all that take a network, whatever describes it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeAlias, Union

from prelu_rules.errors import UnsupportedModelError
from prelu_rules.network.normal_form import NormalForm

if TYPE_CHECKING:
    import keras

NetworkLike: TypeAlias = Union[NormalForm, "keras.Model", str, os.PathLike[str]]
"""A `NormalForm`, a Keras model, or the path of a `.keras` file."""


def read_network(network: NetworkLike) -> NormalForm:
    """The normal form of whatever describes a network.

    Args:
        network: a `NormalForm`, a Keras model, or the path of a `.keras` file.

    Returns:
        The form.

    Raises:
        UnsupportedModelError: if it is something else, or has a part without an exact piecewise linear form.
        DataError: if a file cannot be read.
        FormatError: if a file is not a Keras model.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]]], [[0.0]], [])
        >>> read_network(form) is form
        True
    """
    if isinstance(network, NormalForm):
        return network
    if isinstance(network, (str, os.PathLike)):
        from prelu_rules.readers.keras import load_keras, read_keras

        return read_keras(load_keras(network))
    # Whoever holds a Keras model has imported Keras; so nobody else pays for it.
    loaded = sys.modules.get("keras")
    if loaded is not None and isinstance(network, loaded.Model):
        from prelu_rules.readers.keras import read_keras

        return read_keras(network)
    raise UnsupportedModelError(
        f"cannot read a network from {type(network).__name__}; give a Keras model, the path of a .keras file or a "
        "NormalForm."
    )

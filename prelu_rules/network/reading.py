"""What a network can be read from: one entry point for every function that takes a network."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, Union

import numpy.typing as npt
from scipy.special import expit, softmax

from prelu_rules.errors import UnsupportedModelError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import FloatArray, Value

if TYPE_CHECKING:
    import keras

Link = Literal["softmax", "sigmoid"]
"""What turns logits into probabilities: one per class, or one for each output on its own."""


@dataclass(frozen=True, eq=False)
class ReadNetwork(Value):
    """A network as it was read: its piecewise linear part, and the link that it ends in.

    Attributes:
        form: the network without the link; if there is a link, its outputs are logits.
        link: the function that the network applies to its outputs last; None if it ends in the outputs of the form.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]]], [[0.0]], [])
        >>> ReadNetwork(form, "sigmoid").predict([[0.0], [1000.0]])
        array([[0.5],
               [1. ]])
    """

    form: NormalForm
    link: Link | None = None

    @property
    def classes(self) -> tuple[int, ...] | None:
        """The numbers of the classes that the link gives probabilities of, counted from 0; None without a link.

        A sigmoid of one output is the probability of class 1 as opposed to class 0. Sigmoids of several outputs answer
        several questions and have no common classes, so the result is None as well.
        """
        if self.link == "softmax":
            return tuple(range(self.form.n_outputs))
        return (0, 1) if self.link == "sigmoid" and self.form.n_outputs == 1 else None

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """The outputs of the network, after the link.

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            `(n_rows, n_outputs)`, or `(n_outputs,)` for one row.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
            InvalidValueError: if `x` holds NaN or infinity.
        """
        outputs: FloatArray = self.form.predict(x)
        if self.link == "softmax":
            outputs = softmax(outputs, axis=-1)
        elif self.link == "sigmoid":
            outputs = expit(outputs)
        return outputs


NetworkLike: TypeAlias = Union[NormalForm, ReadNetwork, "keras.Model", str, os.PathLike[str]]
"""A `NormalForm`, a `ReadNetwork`, a Keras model, or the path of a `.keras` file."""


def read_network(network: NetworkLike) -> NormalForm:
    """The normal form of a network, whatever it is given as.

    Args:
        network: a `NormalForm`, a `ReadNetwork`, a Keras model, or the path of a `.keras` file.

    Returns:
        The form; if the network ends in a softmax or sigmoid, its outputs are the logits.

    Raises:
        UnsupportedModelError: if it is something else, or has a part without an exact piecewise linear form.
        DataError: if a file cannot be read.
        FormatError: if a file is not a Keras model.

    Example:
        >>> form = NormalForm.from_layers([[[1.0]]], [[0.0]], [])
        >>> read_network(form) is form
        True
    """
    return read_with_link(network).form


def read_with_link(network: NetworkLike) -> ReadNetwork:
    """The normal form of a network, whatever it is given as, and the link that the network ends in.

    Args:
        network: as for `read_network`.

    Returns:
        The form and the link; a `NormalForm` has no link.

    Raises:
        UnsupportedModelError: if it is something else, or has a part without an exact piecewise linear form.
        DataError: if a file cannot be read.
        FormatError: if a file is not a Keras model.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
        >>> found = read_with_link(model)
        >>> found.link, found.classes
        ('softmax', (0, 1, 2))
    """
    if isinstance(network, ReadNetwork):
        return network
    if isinstance(network, NormalForm):
        return ReadNetwork(network)
    if isinstance(network, (str, os.PathLike)):
        from prelu_rules.readers.keras import read_keras_file

        return read_keras_file(network)
    # Someone who has a Keras model has imported Keras; nobody else should pay for the import.
    loaded = sys.modules.get("keras")
    if loaded is not None and isinstance(network, loaded.Model):
        from prelu_rules.readers.keras import read_keras_with_link

        return read_keras_with_link(network)
    raise UnsupportedModelError(
        f"cannot read a network from {type(network).__name__}; give a Keras model, the path of a .keras file or a "
        "NormalForm."
    )

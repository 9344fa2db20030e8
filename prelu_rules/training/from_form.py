"""Converts a normal form to a Keras model."""

from __future__ import annotations

from itertools import pairwise

import keras
import numpy as np

from prelu_rules.network.normal_form import NormalForm
from prelu_rules.training.prelu import PReLU


def keras_model(form: NormalForm) -> keras.Sequential:
    """The Keras model of a normal form, with the same weights to the last bit.

    Units that use one another are put on separate layers. A layer passes the inputs and the earlier units on by slopes
    of 1, where a PReLU is the identity, so that the model only needs Dense and PReLU layers.

    Args:
        form: the form, in float64.

    Returns:
        A model in float64, not compiled, which `NormalForm.from_keras` reads as the same function.

    Example:
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[3], C=[[-1]], D=[[2]], e=[0], slopes=[0])
        >>> model = keras_model(form)
        >>> [type(layer).__name__ for layer in model.layers], float(model(np.array([[2.0]]))[0, 0])
        (['Dense', 'PReLU', 'Dense'], 8.0)
    """
    units = np.hstack([form.A, form.B])
    layers: list[keras.layers.Layer] = []
    weights = []
    for start, stop in pairwise([0, *(block.stop for block in form.blocks)]):
        # The inputs and the earlier units come in and are passed on; the units of this block are added.
        known, new = form.n_inputs + start, stop - start
        layers += [keras.layers.Dense(known + new, dtype="float64"), PReLU(dtype="float64")]
        kernel = np.vstack([np.eye(known), units[start:stop, :known]]).T
        weights += [kernel, np.append(np.zeros(known), form.b[start:stop])]
        weights += [np.append(np.ones(known), form.slopes[start:stop])]
    layers.append(keras.layers.Dense(form.n_outputs, dtype="float64"))
    weights += [np.hstack([form.C, form.D]).T, form.e]
    model = keras.Sequential([keras.Input((form.n_inputs,), dtype="float64"), *layers])
    model.set_weights(weights)
    return model

"""Converts a normal form to a Keras model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from prelu_rules.network.normal_form import NormalForm
from prelu_rules.training.prelu import PReLU


def keras_model(form: NormalForm, plain: bool = False, name: str | None = None) -> keras.Model:
    """The Keras model of a normal form, with the same weights to the last bit.

    There is a layer of units for each block of units that do not use one another. It sees the inputs and all earlier
    units, and so does the layer of the outputs, so that every weight is a number of the form.

    Args:
        form: the form, in float64.
        plain: whether to use built-in layers only, ReLU in the place of PReLU; for a form whose slopes are all 0.
        name: what the model is called.

    Returns:
        A model in float64, not compiled, which `NormalForm.from_keras` reads as the same function.

    Example:
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[3], C=[[-1]], D=[[2]], e=[0], slopes=[0])
        >>> model = keras_model(form)
        >>> [layer.name for layer in model.layers], float(model(np.array([[2.0]]))[0, 0])
        (['features', 'bends_1', 'prelu_1', 'joined_1', 'outputs'], 8.0)
    """
    assert not plain or not form.slopes.any(), "a ReLU has a slope of 0"
    known = start = keras.Input((form.n_inputs,), dtype="float64", name="features")
    units = np.hstack([form.A, form.B])
    for number, block in enumerate(form.blocks, start=1):
        kernel = units[block, : form.n_inputs + block.start]
        bends = _dense(known, kernel, form.b[block], f"bends_{number}", "relu" if plain else None)
        if not plain:
            layer = PReLU(dtype="float64", name=f"prelu_{number}")
            bends = layer(bends)
            layer.set_weights([form.slopes[block]])
        known = keras.layers.Concatenate(dtype="float64", name=f"joined_{number}")([known, bends])
    return keras.Model(start, _dense(known, np.hstack([form.C, form.D]), form.e, "outputs"), name=name)


def _dense(given: Any, kernel: Any, bias: Any, name: str, activation: str | None = None) -> Any:
    """A layer with these weights, a row of the kernel for each unit."""
    layer = keras.layers.Dense(len(bias), activation, dtype="float64", name=name)
    result = layer(given)
    layer.set_weights([kernel.T, bias])
    return result

"""The slopes of a Keras model, in all of its layers."""

from __future__ import annotations

import keras
import numpy as np

from prelu_rules.network.slopes import is_linear
from prelu_rules.tolerances import LINEAR_SLOPE
from prelu_rules.training.arrays import as_array
from prelu_rules.training.keras_internals import all_layers


def prelu_layers(model: keras.Model) -> list[keras.layers.PReLU]:
    """All PReLU layers of a model, ours and Keras's own, including those of nested models and layers.

    Args:
        model: any Keras model, also a subclassed one.

    Returns:
        Each layer once, in the order of storage.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.Sequential([keras.layers.PReLU()])])
        >>> len(prelu_layers(model))
        1
    """
    return [layer for layer in all_layers(model) if isinstance(layer, keras.layers.PReLU)]


def count_nonlinear(model: keras.Model, threshold: float = LINEAR_SLOPE) -> int:
    """Count the slopes of a model that are still nonlinear.

    Args:
        model: a built Keras model.
        threshold: a slope above this counts as 1.

    Returns:
        The number of slopes; a shared one counts once.

    Raises:
        InvalidValueError: if the threshold is not in [0, 1).

    Example:
        >>> count_nonlinear(keras.Sequential([keras.Input((2,)), keras.layers.PReLU()]))
        2
    """
    return sum(
        int((~is_linear(np.asarray(as_array(layer.alpha), dtype=np.float64), threshold)).sum())
        for layer in prelu_layers(model)
    )


def count_evaluations(model: keras.Model, threshold: float = LINEAR_SLOPE) -> int | None:
    """Count the nonlinear PReLUs that a model evaluates for one row of inputs.

    A shared slope counts at every position that uses it; a layer that is called twice counts once.

    Args:
        model: a built Keras model.
        threshold: a slope above this counts as 1.

    Returns:
        The number; None if the number of positions varies between inputs.

    Raises:
        InvalidValueError: if the threshold is not in [0, 1).

    Example:
        >>> layers = [keras.Input((8, 8, 3)), keras.layers.PReLU(shared_axes=[1, 2])]
        >>> count_evaluations(keras.Sequential(layers))
        192
    """
    total = 0
    for layer in prelu_layers(model):
        shape = layer.get_build_config()["input_shape"][1:]
        if None in shape:
            return None
        nonlinear = ~is_linear(np.asarray(as_array(layer.alpha), dtype=np.float64), threshold)
        total += int(np.broadcast_to(nonlinear, shape).sum())
    return total

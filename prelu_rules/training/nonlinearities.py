"""The table of Keras nonlinearities: which layers and functions are rectifiers, and which are links at the end.

A rectifier is `max(0, z) + a min(0, z)`: ReLU, leaky ReLU and PReLU, as a layer, as the activation of a layer, or as an
operation in a graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import UnsupportedModelError
from prelu_rules.network.reading import Link
from prelu_rules.training.arrays import as_array
from prelu_rules.training.keras_internals import operation_class
from prelu_rules.values import FloatArray

Kind = Literal["linear", "relu", "leaky_relu", "prelu", "softmax", "sigmoid"]

_FUNCTIONS: dict[Callable[..., Any], Kind] = {
    keras.activations.linear: "linear",
    keras.activations.relu: "relu",
    keras.ops.relu: "relu",
    tf.nn.relu: "relu",
    keras.activations.leaky_relu: "leaky_relu",
    keras.ops.leaky_relu: "leaky_relu",
    tf.nn.leaky_relu: "leaky_relu",
    keras.activations.softmax: "softmax",
    keras.ops.softmax: "softmax",
    tf.nn.softmax: "softmax",
    keras.activations.sigmoid: "sigmoid",
    keras.ops.sigmoid: "sigmoid",
    tf.nn.sigmoid: "sigmoid",
}
_LAYERS: dict[type, Kind] = {
    keras.layers.ReLU: "relu",
    keras.layers.LeakyReLU: "leaky_relu",
    keras.layers.PReLU: "prelu",
    keras.layers.Softmax: "softmax",
}
# In a graph, functions are represented by instances of classes that are not exported.
_OPERATIONS: dict[type, Kind] = {
    operation_class(function): kind
    for function, kind in _FUNCTIONS.items()
    if kind != "linear" and function.__module__.partition(".")[0] == "keras"
}
_CLASSES = _LAYERS | _OPERATIONS
_OTHERS = (keras.layers.ELU,)
"""Nonlinear layers that are neither rectifiers nor links."""

LEAKY_SLOPE = 0.2
"""The slope of leaky_relu as a plain function, without an argument for it, in both Keras and TensorFlow."""


def kind_of(part: Any) -> Kind | None:
    """The kind of a layer, an operation of a graph, or an activation function.

    Args:
        part: one of the three; for the activation of a layer, give `layer.activation`. None is linear, like an
            activation of None.

    Returns:
        The kind; None for anything that is not in the table, such as a subclass that overrides `call`.

    Example:
        >>> kind_of(keras.layers.LeakyReLU()), kind_of(keras.activations.relu), kind_of(keras.layers.Dense(1))
        ('leaky_relu', 'relu', None)
    """
    if part is None:
        return "linear"
    for kind in type(part).__mro__:
        if kind in _CLASSES:
            return _CLASSES[kind] if type(part).call is kind.call else None  # type: ignore[attr-defined]
    # By identity, since users' functions need not be hashable.
    return next((kind for function, kind in _FUNCTIONS.items() if function is part), None)


def negative_slope(part: Any) -> FloatArray | None:
    """The slope of a rectifier for negative inputs.

    Args:
        part: a layer, an operation of a graph, or an activation function.

    Returns:
        float64, one number or, for a PReLU, one for each unit; None if it is not a rectifier.

    Raises:
        UnsupportedModelError: if it is a ReLU with a threshold or a maximum value, or a PReLU that is not built.

    Example:
        >>> negative_slope(keras.layers.ReLU(negative_slope=0.5)), negative_slope(keras.activations.tanh)
        (array(0.5), None)
    """
    kind = kind_of(part)
    if kind == "prelu":
        if not part.built:
            raise UnsupportedModelError(
                f"layer {part.name!r} ({type(part).__name__}) cannot be read: it has no slopes yet, because the model "
                "was never called; call it on one row first."
            )
        return np.asarray(as_array(part.alpha), dtype=np.float64)
    if kind not in ("relu", "leaky_relu"):
        return None
    largest, threshold = getattr(part, "max_value", None), getattr(part, "threshold", 0)
    if largest is not None or threshold != 0:
        raise UnsupportedModelError(
            f"layer {part.name!r} is a ReLU with max_value={largest} and threshold={threshold}, which is not a PReLU; "
            "replace it by a plain ReLU."
        )
    default = LEAKY_SLOPE if kind == "leaky_relu" else 0.0
    # TensorFlow stores it in float32, whatever the dtype of the layer.
    return np.array(np.float32(getattr(part, "negative_slope", default)), dtype=np.float64)


def link_of(part: Any) -> Link | None:
    """The link that a layer, an operation or an activation function is, which turns logits into probabilities.

    Args:
        part: one of the three.

    Returns:
        "softmax" or "sigmoid"; None if it is neither.

    Example:
        >>> link_of(keras.layers.Softmax()), link_of(keras.activations.sigmoid), link_of(keras.layers.ReLU())
        ('softmax', 'sigmoid', None)
    """
    kind = kind_of(part)
    return kind if kind == "softmax" or kind == "sigmoid" else None


def is_nonlinear(layer: keras.layers.Layer) -> bool:
    """Whether a layer is nonlinear: a rectifier, or a layer with a nonlinear activation.

    Args:
        layer: any layer.

    Returns:
        True if it is, whatever its nonlinearity.

    Example:
        >>> is_nonlinear(keras.layers.Dense(1, "tanh")), is_nonlinear(keras.layers.Dense(1))
        (True, False)
    """
    if kind_of(layer) in ("relu", "leaky_relu", "prelu") or isinstance(layer, _OTHERS):
        return True
    activation = getattr(layer, "activation", None)
    return callable(activation) and kind_of(activation) != "linear"

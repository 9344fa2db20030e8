"""The one table of Keras's nonlinearities: which layers and functions are rectifiers, and which are the link at an end.

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
# In a graph an instance of a class that is not exported stands for a function.
_OPERATIONS: dict[type, Kind] = {
    operation_class(function): kind
    for function, kind in _FUNCTIONS.items()
    if kind != "linear" and function.__module__.partition(".")[0] == "keras"
}
_CLASSES = _LAYERS | _OPERATIONS
_OTHERS = (keras.layers.ELU,)
"""Layers that bend, but are neither rectifiers nor links."""

LEAKY_SLOPE = 0.2
"""The slope of leaky_relu as a plain function, which has no argument for it, in Keras and TensorFlow alike."""


def kind_of(part: Any) -> Kind | None:
    """What a layer, an operation of a graph, or an activation function is.

    Args:
        part: any of the three; for the activation of a layer give `layer.activation`. None counts as linear, as an
            activation of None does.

    Returns:
        The kind; None for what the table does not have, such as a subclass with a `call` of its own.

    Example:
        >>> kind_of(keras.layers.LeakyReLU()), kind_of(keras.activations.relu), kind_of(keras.layers.Dense(1))
        ('leaky_relu', 'relu', None)
    """
    if part is None:
        return "linear"
    for kind in type(part).__mro__:
        if kind in _CLASSES:
            return _CLASSES[kind] if type(part).call is kind.call else None  # type: ignore[attr-defined]
    # By identity: what users give need not be hashable.
    return next((kind for function, kind in _FUNCTIONS.items() if function is part), None)


def negative_slope(part: Any) -> FloatArray | None:
    """The slope of a rectifier below 0.

    Args:
        part: a layer, an operation of a graph, or an activation function.

    Returns:
        float64, one number or, of a PReLU, one for each unit; None for what is not a rectifier.

    Raises:
        UnsupportedModelError: if it is a ReLU with a threshold or a largest value, or a PReLU that is not built.

    Example:
        >>> negative_slope(keras.layers.ReLU(negative_slope=0.5)), negative_slope(keras.activations.tanh)
        (array(0.5), None)
    """
    kind = kind_of(part)
    if kind == "prelu":
        if not part.built:
            raise UnsupportedModelError(
                f"layer {part.name!r} ({type(part).__name__}) cannot be read: it has no slopes yet, since the model "
                "was never called; call it on one row."
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
    # TensorFlow keeps it in float32, whatever the dtype of the layer.
    return np.array(np.float32(getattr(part, "negative_slope", default)), dtype=np.float64)


def link_of(part: Any) -> Link | None:
    """The link that a layer, an operation or an activation function is: what makes probabilities of logits.

    Args:
        part: any of the three.

    Returns:
        "softmax", "sigmoid" or None.

    Example:
        >>> link_of(keras.layers.Softmax()), link_of(keras.activations.sigmoid), link_of(keras.layers.ReLU())
        ('softmax', 'sigmoid', None)
    """
    kind = kind_of(part)
    return kind if kind == "softmax" or kind == "sigmoid" else None


def is_nonlinear(layer: keras.layers.Layer) -> bool:
    """Whether a layer bends: a rectifier, or a layer with an activation that is not linear.

    Args:
        layer: any.

    Returns:
        True if it does, whatever its nonlinearity is.

    Example:
        >>> is_nonlinear(keras.layers.Dense(1, "tanh")), is_nonlinear(keras.layers.Dense(1))
        (True, False)
    """
    if kind_of(layer) in ("relu", "leaky_relu", "prelu") or isinstance(layer, _OTHERS):
        return True
    activation = getattr(layer, "activation", None)
    return callable(activation) and kind_of(activation) != "linear"

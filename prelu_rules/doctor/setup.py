"""How a model is set up for its training: its parts, its loss, the range of its outputs, and its trainable weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.doctor.look import Ranges, Setup
from prelu_rules.doctor.rows import Rows
from prelu_rules.training.arrays import as_array
from prelu_rules.training.keras_internals import known_logits
from prelu_rules.training.stable_loss import StableSoftmaxCrossentropy
from prelu_rules.values import Array

WIDE_LAYER = 64
"""A layer with more units than this can be made narrower and still learn."""


REACH: dict[str, tuple[float, float]] = {
    "sigmoid": (0, 1),
    "hard_sigmoid": (0, 1),
    "softmax": (0, 1),
    "tanh": (-1, 1),
    "hard_tanh": (-1, 1),
    "softsign": (-1, 1),
    "relu": (0, np.inf),
    "relu6": (0, 6),
    "softplus": (0, np.inf),
    "exponential": (0, np.inf),
}
"""The range of an activation's outputs."""

_CLASSES: dict[type, Literal["categorical", "binary"]] = {
    keras.losses.CategoricalCrossentropy: "categorical",
    keras.losses.SparseCategoricalCrossentropy: "categorical",
    keras.losses.CategoricalFocalCrossentropy: "categorical",
    keras.losses.BinaryCrossentropy: "binary",
    keras.losses.BinaryFocalCrossentropy: "binary",
    StableSoftmaxCrossentropy: "categorical",
}
_FUNCTIONS: dict[Any, Literal["categorical", "binary"]] = {
    keras.losses.categorical_crossentropy: "categorical",
    keras.losses.sparse_categorical_crossentropy: "categorical",
    keras.losses.categorical_focal_crossentropy: "categorical",
    keras.losses.binary_crossentropy: "binary",
    keras.losses.binary_focal_crossentropy: "binary",
}
_LAYERS: dict[Any, str] = {
    keras.layers.ReLU: "relu",
    keras.layers.LeakyReLU: "leaky_relu",
    keras.layers.PReLU: "prelu",
    keras.layers.ELU: "elu",
    keras.layers.Softmax: "softmax",
}
_PASSING = (keras.layers.Reshape, keras.layers.Flatten, keras.layers.Dropout, keras.layers.Identity)
_REGULARISERS = ("kernel_regularizer", "bias_regularizer", "embeddings_regularizer", "activity_regularizer")


def setup_of(
    model: keras.Model,
    layers: Iterable[keras.layers.Layer],
    rows: Rows,
    outputs: Any,
    calls: Iterable[tuple[keras.layers.Layer, Any]],
) -> Setup:
    """Reads how a model is set up.

    Args:
        model: a built model.
        layers: all of its layers.
        rows: the rows that it was run on.
        outputs: its outputs for these rows.
        calls: every layer with what it returned.

    Returns:
        The setup, a value that does not need Keras.
    """
    loss, from_logits = cross_entropy(model, outputs)
    last = _last_activation(outputs, calls)
    optimizer = getattr(model, "optimizer", None)
    rate = getattr(optimizer, "learning_rate", None)
    return Setup(
        parts=_parts(layers) | ({f"{last} at the end"} if last else set()),
        last_activation=last,
        cross_entropy=loss,
        from_logits=from_logits,
        trainable=len(model.trainable_variables),
        weights=len(model.weights),
        learning_rate=None if rate is None else float(as_array(rate)),
        steps_per_update=getattr(optimizer, "gradient_accumulation_steps", None) or 1,
        own_step=type(model).train_step is not keras.Model.train_step,
        ranges=_ranges(rows, outputs, None if loss else last),
    )


def cross_entropy(model: keras.Model, outputs: Any) -> tuple[Literal["categorical", "binary"] | None, bool | None]:
    """Which cross-entropy a model is trained with, and whether it takes logits.

    Args:
        model: a model, compiled or not.
        outputs: its outputs.

    Returns:
        The kind and whether it takes logits; None for both if the loss is another one.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(loss="binary_crossentropy")
        >>> cross_entropy(model, model(np.ones((1, 2))))
        ('binary', False)
    """
    given = keras.tree.flatten(getattr(model, "loss", None))
    loss: Any = given[0] if len(given) == 1 else None
    if loss in ("crossentropy", "ce"):
        wide = tf.is_tensor(outputs) and outputs.shape[-1] != 1
        return "categorical" if wide else "binary", False
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if type(loss) in _CLASSES:
        return _CLASSES[type(loss)], bool(getattr(loss, "from_logits", True))
    kind = _FUNCTIONS.get(loss) if callable(loss) and not isinstance(loss, keras.losses.Loss) else None
    return kind, None if kind is None else False


def _last_activation(outputs: Any, calls: Iterable[tuple[keras.layers.Layer, Any]]) -> str | None:
    """The activation that produced the outputs; None if it is unknown, or there is none."""
    if not tf.is_tensor(outputs):
        return None
    ends = False
    for layer, output in reversed(list(calls)):
        ends = ends or output is outputs
        # A model's own layers come next, and layers that only reshape outputs are skipped.
        if ends and not isinstance(layer, (keras.Model, *_PASSING)):
            if (name := _activation(layer)) is not None:
                return name
            break
    # Keras's softmax and sigmoid attach their inputs here, wherever they are called.
    if known_logits(outputs) is None:
        return None
    return "sigmoid" if outputs.shape[-1] == 1 or not _sum_to_one(_array(outputs)) else "softmax"


def _activation(layer: Any) -> str | None:
    for kind, name in _LAYERS.items():
        if isinstance(layer, kind):
            # A ReLU layer can be leaky or have a maximum.
            leaks, most, begins = (getattr(layer, one, 0) for one in ("negative_slope", "max_value", "threshold"))
            plain = name != "relu" or not (leaks or most or begins)
            return name if plain else "leaky_relu" if leaks else None
    activation = getattr(layer, "activation", None)
    return None if activation is None or activation is keras.activations.linear else getattr(activation, "__name__", "")


def _parts(layers: Iterable[keras.layers.Layer]) -> frozenset[str]:
    found = set()
    for layer in layers:
        found.add(_activation(layer) or "")
        if isinstance(layer, keras.layers.BatchNormalization):
            found.add("batch norm")
        if any(getattr(layer, name, None) is not None for name in _REGULARISERS):
            found.add("regulariser")
        if isinstance(layer, keras.layers.Dense) and layer.units > WIDE_LAYER:
            found.add("wide layer")
    return frozenset(found - {""})


def _ranges(rows: Rows, outputs: Any, activation: str | None) -> Ranges | None:
    """The ranges of outputs and targets; targets are compared with the range of the activation."""
    if not tf.is_tensor(outputs) or rows.y is None or isinstance(rows.y, dict | list | tuple):
        return None
    values = _array(outputs).astype(np.float64)
    targets = as_array(rows.y)
    if not values.size or not np.isfinite(values).all() or targets.dtype.kind not in "biuf":
        return None
    targets = targets.astype(np.float64)
    finite = targets[np.isfinite(targets)]
    unreached = 0.0
    if activation in REACH and targets.size == values.size and finite.size:
        least, largest = REACH[activation]
        margin = 1e-3 * max(1.0, float(np.ptp(finite)))
        unreached = float(((finite < least - margin) | (finite > largest + margin)).mean())
    return Ranges(
        outputs=(float(values.min()), float(values.max())),
        targets=(float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0),
        row_sum=float(values.sum(axis=-1).ravel()[np.abs(values.sum(axis=-1) - 1).argmax()]),
        unreached=unreached,
    )


def _sum_to_one(values: Array) -> bool:
    return bool(np.allclose(values.astype(np.float64).sum(axis=-1), 1, atol=1e-2))


def _array(value: Any) -> Array:
    return as_array(value)

"""Removes the softmax or sigmoid at the end of a classifier (second article, remedy 1).

Keras works around the trouble with cross-entropies on probabilities: on TensorFlow, and only there, its losses go back
from a softmax to the logits, if they can. They can if the tensor that the loss gets is the one that `keras.ops.softmax`
returned, for a Softmax layer or an activation "softmax" (in eager mode, in graphs and with XLA), or, in graphs, one
that `tf.nn.softmax` returned. Any operation in between hides the softmax: a Reshape or Flatten layer, a Dropout, a
concatenation, a factor or a clip after the softmax; a cast, as after a softmax in float16 or bfloat16 with mixed
precision; a softmax with a mask, in a TimeDistributed layer, or written by hand; a `call` that is itself a
`tf.function`. A user-defined loss `-sum(y log p)` does not look for a softmax at all. In these cases the loss clips
probabilities at 1e-7, and a row whose class has a smaller probability has no gradient.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from prelu_rules.errors import UnsupportedModelError
from prelu_rules.network.reading import Link
from prelu_rules.tolerances import SAME_OUTPUT
from prelu_rules.training.arrays import as_array
from prelu_rules.training.copies import set_weights
from prelu_rules.training.keras_internals import input_structure, is_graph, origin
from prelu_rules.training.nonlinearities import link_of
from prelu_rules.training.stable_loss import StableSoftmaxCrossentropy
from prelu_rules.values import FloatArray

PROBES = 8
"""The number of random inputs on which the copy is compared with the model."""

_LAYERS = (
    keras.layers.Dense,
    keras.layers.EinsumDense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
)
_LOSSES: dict[Link, tuple[type, ...]] = {
    "softmax": (
        keras.losses.CategoricalCrossentropy,
        keras.losses.SparseCategoricalCrossentropy,
        StableSoftmaxCrossentropy,
    ),
    "sigmoid": (keras.losses.BinaryCrossentropy,),
}
_LOSS_FUNCTIONS: dict[Link, tuple[Any, ...]] = {
    "softmax": (keras.losses.categorical_crossentropy, keras.losses.sparse_categorical_crossentropy),
    "sigmoid": (keras.losses.binary_crossentropy,),
}
# These only depend on the order of the classes, which is the same for logits.
_METRICS = (
    keras.metrics.CategoricalAccuracy,
    keras.metrics.SparseCategoricalAccuracy,
    keras.metrics.TopKCategoricalAccuracy,
    keras.metrics.SparseTopKCategoricalAccuracy,
)
_METRIC_NAMES: dict[Link, tuple[str, ...]] = {
    "softmax": ("accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy"),
    "sigmoid": ("accuracy", "acc", "binary_accuracy"),
}


def link_at_end(model: keras.Model) -> Link | None:
    """The softmax or sigmoid that a model ends in, if `with_logits` can remove it.

    Args:
        model: any model; if it is not built of layers, this cannot be determined.

    Returns:
        "softmax" if the last step is one over the last axis: a Softmax layer, `keras.ops.softmax`, or the activation of
        a layer; "sigmoid" in the same way; otherwise None.

    Example:
        >>> link_at_end(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")]))
        'softmax'
        >>> link_at_end(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])) is None
        True
    """
    if not is_graph(model) or len(model.outputs) != 1:
        return None
    last, sources = origin(model.outputs[0])
    if isinstance(last, keras.Model):
        return link_at_end(last)
    if type(last) in _LAYERS:
        return link_of(last.activation)
    # A second input is a mask.
    return _link_alone(last, len(model.outputs[0].shape)) if len(sources) == 1 else None


def ends_in_softmax(model: keras.Model) -> bool:
    """Whether the output of a model is that of a softmax over its last axis which `with_logits` can remove.

    Args:
        model: any model, as for `link_at_end`.

    Returns:
        True if it is.

    Example:
        >>> ends_in_softmax(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")]))
        True
    """
    return link_at_end(model) == "softmax"


def with_logits(model: keras.Model) -> keras.Model:
    """Copy a classifier without the softmax or sigmoid at its end, so that its outputs are logits.

    Weights are kept. If the model is compiled, so is the copy: with a new optimiser with the same settings, and with a
    cross-entropy on logits instead of one on probabilities: `StableSoftmaxCrossentropy`, or
    `keras.losses.BinaryCrossentropy(from_logits=True)` after a sigmoid. Metrics stay the same, except that the
    threshold of a binary accuracy is converted to one for the logit.

    Args:
        model: a built Sequential or functional model with one output, which is that of a softmax over the last axis or
            of a sigmoid: of a Softmax layer, `keras.ops.softmax` or `keras.ops.sigmoid`, or a layer with the activation
            softmax or sigmoid, possibly in a nested model.

    Returns:
        A functional copy; the model itself is not changed.

    Raises:
        UnsupportedModelError: if the model is not built, not made of layers, has several outputs, or does not end in
            such a softmax or sigmoid; if it is compiled with a loss other than a cross-entropy, or with a metric that
            needs probabilities; or if the copy, followed by the softmax or sigmoid, does not give the same outputs.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
        >>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        >>> copy = with_logits(model)
        >>> copy.layers[-1].activation.__name__, type(copy.loss).__name__
        ('linear', 'StableSoftmaxCrossentropy')
    """
    link = _checked_link(model)
    compiled = _compiled(model, link) if getattr(model, "compiled", False) else None
    copy = _without_link(model)
    given = keras.tree.pack_sequence_as(input_structure(model), [_probes(one) for one in model.inputs])
    apply = keras.ops.softmax if link == "softmax" else keras.ops.sigmoid
    before, after = (
        _array(keras.tree.flatten(y)[0]) for y in (model(given, training=False), copy(given, training=False))
    )
    after = _array(apply(after))
    if not np.allclose(before, after, rtol=0, atol=10 * SAME_OUTPUT):
        raise UnsupportedModelError(
            f"the copy of {model.name!r} without its {link} differs in its outputs by up to "
            f"{np.abs(before - after).max():.3g}; remove it by hand."
        )
    if compiled is not None:
        copy.compile(**compiled)
    return copy


def _link_alone(layer: Any, rank: int) -> Link | None:
    """The link that a layer or operation is, if that is all it does, and it applies to the last of `rank` axes."""
    link = link_of(layer.activation if type(layer) is keras.layers.Activation else layer)
    return link if link != "softmax" or getattr(layer, "axis", -1) in (-1, rank - 1) else None


def _checked_link(model: Any) -> Link:
    if not is_graph(model):
        raise UnsupportedModelError(
            f"the model {getattr(model, 'name', model)!r} is not built of layers; give a Sequential or functional "
            "model with an Input."
        )
    if len(model.outputs) != 1:
        raise UnsupportedModelError(
            f"the model {model.name!r} has {len(model.outputs)} outputs; remove their softmax by hand."
        )
    link = link_at_end(model)
    if link is None:
        last, _ = origin(model.outputs[0])
        raise UnsupportedModelError(
            f"the model {model.name!r} ends in {last.name!r} ({type(last).__name__}), which is neither a softmax over "
            "the classes nor a sigmoid; if there is one before it, remove it by hand."
        )
    return link


def _without_link(model: Any) -> keras.Model:
    last, sources = origin(model.outputs[0])
    inside = type(last) in _LAYERS or isinstance(last, keras.Model)
    end = model.outputs[0] if inside else sources[0]
    graph = keras.Model(input_structure(model), end, name=model.name)

    def copied(layer: Any) -> Any:
        if layer is last and inside:
            if isinstance(layer, keras.Model):
                return _without_link(layer)
            return type(layer).from_config({**layer.get_config(), "activation": "linear"})
        return type(layer).from_config(layer.get_config())

    copy = keras.models.clone_model(graph, clone_function=copied)
    set_weights(copy, graph.get_weights())
    return copy


def _compiled(model: keras.Model, link: Link) -> dict[str, Any]:
    """The arguments of `compile` for the copy."""
    loss = _on_logits(model, link)
    arguments = keras.saving.deserialize_keras_object(model.get_compile_config())
    for key in ("metrics", "weighted_metrics"):
        arguments[key] = keras.tree.map_structure(lambda metric: _metric(model, link, metric), arguments[key])
    return {**arguments, "loss": loss}


def _metric(model: keras.Model, link: Link, metric: Any) -> Any:
    """The same metric for logits."""
    if metric is None or type(metric) in _METRICS:
        return metric
    if isinstance(metric, str) and metric in _METRIC_NAMES[link]:
        return metric if link == "softmax" else keras.metrics.BinaryAccuracy(metric, threshold=0.0)
    if link == "sigmoid" and type(metric) is keras.metrics.BinaryAccuracy and 0 < metric.threshold < 1:
        return keras.metrics.BinaryAccuracy(metric.name, threshold=math.log(metric.threshold / (1 - metric.threshold)))
    name = metric if isinstance(metric, str) else getattr(metric, "name", metric)
    raise UnsupportedModelError(
        f"the model {model.name!r} is compiled with the metric {name!r}, which may need probabilities; compile the "
        "model without it first."
    )


def _on_logits(model: keras.Model, link: Link) -> keras.losses.Loss:
    given = keras.tree.flatten(model.loss)
    loss: Any = given[0] if len(given) == 1 else None
    if link == "softmax" and loss in ("crossentropy", "ce"):
        return StableSoftmaxCrossentropy()
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    over_classes = getattr(loss, "axis", -1) == -1 and getattr(loss, "ignore_class", None) is None
    if loss in _LOSS_FUNCTIONS[link] or (type(loss) in _LOSSES[link] and over_classes):
        smoothing, reduction = getattr(loss, "label_smoothing", 0.0), getattr(loss, "reduction", "sum_over_batch_size")
        if link == "softmax":
            return StableSoftmaxCrossentropy(smoothing, reduction=reduction)
        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing, reduction=reduction)
    name = model.loss if isinstance(model.loss, str) else getattr(loss, "name", getattr(loss, "__name__", model.loss))
    raise UnsupportedModelError(
        f"the model {model.name!r} is compiled with the loss {name!r}, which is not a plain cross-entropy on the "
        f"probabilities of a {link}; compile it with one first."
    )


def _probes(symbolic: Any) -> Any:
    """Random inputs with the shape of a symbolic one."""
    rng = np.random.default_rng(0)
    shape = (PROBES, *(n or 4 for n in symbolic.shape[1:]))
    # Integers may be indices of an embedding.
    values = rng.integers(0, 2, shape) if "int" in symbolic.dtype else rng.normal(size=shape)
    return keras.ops.convert_to_tensor(values, dtype=symbolic.dtype)


def _array(tensor: Any) -> FloatArray:
    return np.asarray(as_array(tensor), dtype=np.float64)

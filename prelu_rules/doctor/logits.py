"""A classifier that ends in a softmax, and the same one without it (second article, remedy 1).

Keras knows of the trouble with cross-entropy on probabilities: on TensorFlow, and there only, its losses go back from a
softmax to the logits where they can see it. They see it if the tensor that the loss is given is the very one that
`keras.ops.softmax` made, for a Softmax layer or an activation "softmax": in eager mode, in graphs and under XLA alike;
or, in graphs, one that `tf.nn.softmax` made. Whatever computes in between hides it: a Reshape or Flatten layer, a
Dropout, a concatenation, a factor or a clip behind the softmax; a cast, as after a softmax in float16 or bfloat16 under
mixed precision; a softmax with a mask, in a TimeDistributed layer, or written by hand; a `call` that is a `tf.function`
of its own. A loss of one's own, `-sum(y log p)`, does not look for it. Then the loss takes probabilities clipped at
1e-7, and a row whose class has less than that has no gradient.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from prelu_rules.errors import UnsupportedModelError
from prelu_rules.tolerances import SAME_OUTPUT
from prelu_rules.training.copies import set_weights
from prelu_rules.training.stable_loss import StableSoftmaxCrossentropy
from prelu_rules.values import FloatArray

PROBES = 8
"""Random inputs on which the copy is compared with the model."""

_LAYERS = (
    keras.layers.Dense,
    keras.layers.EinsumDense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
)
_LOSSES = (keras.losses.CategoricalCrossentropy, keras.losses.SparseCategoricalCrossentropy, StableSoftmaxCrossentropy)
_LOSS_FUNCTIONS = (keras.losses.categorical_crossentropy, keras.losses.sparse_categorical_crossentropy)
_METRICS = (
    keras.metrics.CategoricalAccuracy,
    keras.metrics.SparseCategoricalAccuracy,
    keras.metrics.TopKCategoricalAccuracy,
    keras.metrics.SparseTopKCategoricalAccuracy,
)
_METRIC_NAMES = ("accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy")


def ends_in_softmax(model: keras.Model) -> bool:
    """Whether the output of a model is that of a softmax over its last axis, which `with_logits` can take off.

    Args:
        model: any model; for one that is not built of layers this cannot be seen.

    Returns:
        True if its last step is a Softmax layer, `keras.ops.softmax`, or a layer with the activation softmax.

    Example:
        >>> ends_in_softmax(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")]))
        True
        >>> ends_in_softmax(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]))
        False
    """
    if not _is_graph(model) or len(model.outputs) != 1:
        return False
    last = model.outputs[0]._keras_history.operation
    return _before_softmax(model) is not None or _has_softmax(last) or ends_in_softmax(last)


def with_logits(model: keras.Model) -> keras.Model:
    """The same classifier without the softmax at its end: its outputs are logits.

    Weights are kept. If the model is compiled, so is the copy: with a fresh optimiser of the same settings, with
    `StableSoftmaxCrossentropy` in the place of the cross-entropy on probabilities, and with the same metrics.

    Args:
        model: a built Sequential or functional model with one output, which is that of a softmax over the last axis: of
            a Softmax layer, `keras.ops.softmax`, or a layer with the activation softmax, in a nested model or not.

    Returns:
        A copy, functional; the model itself stays as it is.

    Raises:
        UnsupportedModelError: if the model is not built, not made of layers, has several outputs, or does not end in
            such a softmax; if it is compiled with another loss than cross-entropy, or with a metric that needs
            probabilities; or if the softmax of the copy does not give the same outputs.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
        >>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        >>> copy = with_logits(model)
        >>> copy.layers[-1].activation.__name__, type(copy.loss).__name__
        ('linear', 'StableSoftmaxCrossentropy')
    """
    compiled = _compiled(model) if getattr(model, "compiled", False) else None
    copy = _without_softmax(model)
    x = [_probes(one) for one in model.inputs]
    given = x if len(x) > 1 else x[0]
    before = _array(model(given, training=False))
    after = _array(keras.ops.softmax(copy(given, training=False)))
    if not np.allclose(before, after, rtol=0, atol=10 * SAME_OUTPUT):
        raise UnsupportedModelError(
            f"without its softmax {model.name!r} gives other outputs, by up to {np.abs(before - after).max():.3g}; "
            "take it out by hand."
        )
    if compiled is not None:
        copy.compile(**compiled)
    return copy


def _is_graph(model: Any) -> bool:
    # A model with a call of its own has no graph of layers that could be copied.
    return (
        isinstance(model, keras.Model)
        and bool(getattr(model, "inputs", None))
        and type(model).call.__module__.partition(".")[0] == "keras"
    )


def _has_softmax(layer: Any) -> bool:
    return type(layer) in _LAYERS and layer.activation is keras.activations.softmax


def _before_softmax(model: keras.Model) -> Any:
    """The symbolic logits, if the last step of the model is a softmax over the last axis and nothing else."""
    output = model.outputs[0]
    last, node, _ = output._keras_history
    # Keras does not export the class of `keras.ops.softmax`, which has the name of the layer.
    softmax = type(last).__name__ == "Softmax" and type(last).__module__.partition(".")[0] == "keras"
    if softmax and last.axis not in (-1, len(output.shape) - 1):
        return None
    if not softmax and not (type(last) is keras.layers.Activation and last.activation is keras.activations.softmax):
        return None
    sources = last._inbound_nodes[node].input_tensors
    # A second input is a mask.
    return sources[0] if len(sources) == 1 else None


def _without_softmax(model: Any) -> keras.Model:
    if not _is_graph(model):
        raise UnsupportedModelError(
            f"the model {getattr(model, 'name', model)!r} is not built of layers; give a Sequential or functional "
            "model with an Input."
        )
    if len(model.outputs) != 1:
        raise UnsupportedModelError(
            f"the model {model.name!r} has {len(model.outputs)} outputs; take their softmax out by hand."
        )
    if not ends_in_softmax(model):
        last = model.outputs[0]._keras_history.operation
        raise UnsupportedModelError(
            f"the model {model.name!r} ends in {last.name!r} ({type(last).__name__}), which is not a softmax over the "
            "classes; if there is one before it, take it out by hand."
        )
    last = model.outputs[0]._keras_history.operation
    logits = _before_softmax(model)
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    graph = keras.Model(inputs, model.outputs[0] if logits is None else logits, name=model.name)

    def copied(layer: Any) -> Any:
        if layer is last and logits is None:
            if isinstance(layer, keras.Model):
                return _without_softmax(layer)
            return type(layer).from_config({**layer.get_config(), "activation": "linear"})
        return type(layer).from_config(layer.get_config())

    copy = keras.models.clone_model(graph, clone_function=copied)
    set_weights(copy, graph.get_weights())
    return copy


def _compiled(model: keras.Model) -> dict[str, Any]:
    """The arguments of `compile` for the copy."""
    loss = _stable(model)
    arguments = keras.saving.deserialize_keras_object(model.get_compile_config())
    for metric in keras.tree.flatten([arguments["metrics"], arguments["weighted_metrics"]]):
        if metric is not None and type(metric) not in _METRICS and metric not in _METRIC_NAMES:
            name = metric if isinstance(metric, str) else getattr(metric, "name", metric)
            raise UnsupportedModelError(
                f"the model {model.name!r} is compiled with the metric {name!r}, which may need probabilities; compile "
                "the model without it first."
            )
    return {**arguments, "loss": loss}


def _stable(model: keras.Model) -> StableSoftmaxCrossentropy:
    given = keras.tree.flatten(model.loss)
    loss: Any = given[0] if len(given) == 1 else None
    if loss in ("crossentropy", "ce"):
        return StableSoftmaxCrossentropy()
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if loss in _LOSS_FUNCTIONS:
        return StableSoftmaxCrossentropy()
    if type(loss) in _LOSSES and getattr(loss, "axis", -1) == -1 and getattr(loss, "ignore_class", None) is None:
        return StableSoftmaxCrossentropy(getattr(loss, "label_smoothing", 0.0), reduction=loss.reduction)
    name = model.loss if isinstance(model.loss, str) else getattr(loss, "name", getattr(loss, "__name__", model.loss))
    raise UnsupportedModelError(
        f"the model {model.name!r} is compiled with the loss {name!r}, which is not a plain cross-entropy over "
        "classes; compile it with one first."
    )


def _probes(symbolic: Any) -> Any:
    """Random inputs of the shape of a symbolic one."""
    rng = np.random.default_rng(0)
    shape = (PROBES, *(n or 4 for n in symbolic.shape[1:]))
    # Whole numbers may be indices of an embedding.
    values = rng.integers(0, 2, shape) if "int" in symbolic.dtype else rng.normal(size=shape)
    return keras.ops.convert_to_tensor(values, dtype=symbolic.dtype)


def _array(tensor: Any) -> FloatArray:
    return np.asarray(keras.ops.convert_to_numpy(tensor), dtype=np.float64)

"""Replaces the ReLUs of a network by PReLUs, so that the force can train it further (paper, introduction)."""

from __future__ import annotations

from typing import Any, Literal, get_args

import keras
import numpy as np

from prelu_rules.errors import InvalidValueError, UnsupportedModelError
from prelu_rules.tolerances import SAME_OUTPUT
from prelu_rules.training.arrays import as_array
from prelu_rules.training.copies import set_weights
from prelu_rules.training.keras_internals import input_structure
from prelu_rules.training.nonlinearities import kind_of, negative_slope
from prelu_rules.training.prelu import PReLU

PROBES = 8
"""The number of random inputs on which the copy is compared with the model."""

SlopeSharing = Literal["channel", "unit"]
"""One slope for all positions of a channel, or one for each position."""


def with_prelus(model: keras.Model, *, slopes: SlopeSharing = "channel", eliminable: bool = False) -> keras.Model:
    """Copy a model, and replace every ReLU and leaky ReLU, layer or activation, by a PReLU of the same function.

    Weights are kept. A PReLU after a layer named `dense` is called `dense_prelu`; one that replaces a layer takes its
    name. Existing PReLUs keep their slopes.

    Args:
        model: a built Sequential or functional model, nested or not.
        slopes: after convolutions, "channel" for one slope per channel, or "unit" for one per channel and position, of
            which more can become linear.
        eliminable: whether to make all PReLUs eliminable, including Keras's own, as `finetune` needs them.

    Returns:
        A copy, to be compiled and trained, for instance with `IdentityForce`; the model itself is not changed.

    Raises:
        UnsupportedModelError: if the model is not built or not made of layers, a ReLU has a threshold or a maximum
            value, a slope is not in [0, 1], or the copy does not give the same outputs.
        InvalidValueError: if `slopes` is not one of these, or is "unit" although the number of positions varies.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="relu", name="hidden")])
        >>> [layer.name for layer in with_prelus(model).layers][1:]
        ['hidden', 'hidden_prelu']
    """
    if slopes not in get_args(SlopeSharing):
        raise InvalidValueError(f"slopes is {slopes!r}; it must be one of {', '.join(get_args(SlopeSharing))}.")
    copy = _copy(model, slopes, eliminable)
    inputs = model.inputs
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(PROBES, *(n or 4 for n in one.shape[1:]))).astype(np.float32) for one in inputs]
    # Inputs may have names; Keras keeps their structure here.
    given = keras.tree.pack_sequence_as(input_structure(model), x)
    for before, after in zip(*(_outputs(network, given) for network in (model, copy)), strict=True):
        if not np.allclose(before, after, rtol=0, atol=SAME_OUTPUT * (1 + np.abs(before).max()) * 10):
            raise UnsupportedModelError(
                f"the copy of {model.name!r} with PReLUs differs in its outputs by up to "
                f"{np.abs(before - after).max():.3g}; replace the ReLUs by PReLUs by hand."
            )
    return copy


def _outputs(model: keras.Model, x: Any) -> list[Any]:
    return [as_array(one) for one in keras.tree.flatten(model(x, training=False))]


def _copy(model: keras.Model, sharing: SlopeSharing, eliminable: bool) -> keras.Model:
    if isinstance(model, keras.Sequential) and model.built:
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    # A model that overrides `call` has no graph of layers that could be copied.
    if not getattr(model, "inputs", None) or not hasattr(model, "operations"):
        raise UnsupportedModelError(
            f"the model {model.name!r} is not built of layers; give a Sequential or functional model with an Input."
        )
    slopes: dict[str, float] = {}
    # A layer that is used twice has one activation, and so one PReLU.
    activations: dict[str, PReLU] = {}

    def prelu(slope: float, tensor: Any, name: str) -> PReLU:
        return PReLU(slope, _shared_axes(tensor, sharing, name), eliminable, name=name)

    def copied(layer: Any) -> Any:
        if isinstance(layer, keras.Model):
            return _copy(layer, sharing, eliminable)
        if eliminable and isinstance(layer, keras.layers.PReLU):
            kept = {"name": layer.name, "dtype": layer.dtype_policy, "trainable": layer.trainable}
            return PReLU(shared_axes=layer.shared_axes, eliminable=True, **kept)
        config = layer.get_config()
        slope = _slope(layer)
        if slope is None:
            return type(layer).from_config(config)
        if kind_of(layer) is not None or isinstance(layer, keras.layers.Activation):
            return prelu(slope, layer.input, layer.name)
        slopes[layer.name] = slope
        return type(layer).from_config({**config, "activation": "linear"})

    def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
        y = layer(*args, **kwargs)
        if layer.name not in slopes:
            return y
        if layer.name not in activations:
            activations[layer.name] = prelu(slopes[layer.name], y, f"{layer.name}_prelu")
        return activations[layer.name](y)

    copy = keras.models.clone_model(model, clone_function=copied, call_function=called)
    for layer in model.layers:
        # A nested model already has its weights, and an activation has none of its own.
        if layer.weights and not isinstance(layer, keras.Model):
            ours = copy.get_layer(layer.name)
            # A PReLU that was made eliminable has one more weight than the original.
            set_weights(ours, [*layer.get_weights(), *ours.get_weights()[len(layer.weights) :]])
    return copy


def _slope(layer: Any) -> float | None:
    """The negative slope of a layer's activation if it is a ReLU or leaky ReLU, otherwise None."""
    part = getattr(layer, "activation", layer)
    slope = None if kind_of(part) == "prelu" else negative_slope(part)
    if slope is None:
        return None
    if not 0 <= slope <= 1:
        raise UnsupportedModelError(
            f"layer {layer.name!r} has the slope {float(slope)}; a PReLU's slope must be from 0 to 1."
        )
    return float(slope)


def _shared_axes(tensor: Any, sharing: SlopeSharing, name: str) -> list[int] | None:
    """All axes except rows and channels; None if every unit has its own slope."""
    if sharing == "channel":
        return list(range(1, len(tensor.shape) - 1)) or None
    if None in tensor.shape[1:]:
        raise InvalidValueError(
            f"layer {name!r} has rows of shape {tuple(tensor.shape[1:])}, so its units cannot have a slope each; leave "
            "slopes at 'channel'."
        )
    return None

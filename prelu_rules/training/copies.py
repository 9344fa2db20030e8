"""Copies of Keras models that share nothing with them, compiled alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from prelu_rules.errors import UnsupportedModelError
from prelu_rules.training.keras_internals import all_layers, compile_arguments


def copied(model: keras.Model) -> keras.Model:
    """The same model once more, with its weights, compiled as it is if it is.

    Args:
        model: a built model; one with a `call` of its own needs a `get_config` that makes it again.

    Returns:
        A model with layers, weights, optimiser and metrics of its own.

    Raises:
        UnsupportedModelError: if the model is not built, or cannot be made again.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> copied(model).get_weights()[0].shape
        (2, 1)
    """
    copy = remade(model)
    try:
        set_weights(copy, model.get_weights())
    except ValueError as problem:
        raise _not_copied(model, problem) from None
    if getattr(model, "compiled", False):
        compile_like(copy, model)
    return copy


def remade(model: keras.Model) -> keras.Model:
    """A new model of the same layers, as it was before any training; not compiled.

    Args:
        model: as for `copied`.

    Returns:
        A model with layers and weights of its own.

    Raises:
        UnsupportedModelError: if the model is not built, or cannot be made again.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> remade(model).count_params()
        3
    """
    if not model.built:
        raise UnsupportedModelError(
            f"the model {model.name!r} is not built; give it a keras.Input, or call it on a batch of inputs first."
        )
    try:
        copy = keras.models.clone_model(model)
        if not copy.built:
            copy.build_from_config(model.get_build_config())
    except (NotImplementedError, TypeError, ValueError, AttributeError) as problem:
        raise _not_copied(model, problem) from None
    return copy


def set_weights(model: keras.Model | keras.layers.Layer, weights: Sequence[Any]) -> None:
    """Give a model or a layer weights, also to those layers that compute with a copy of theirs.

    Keras's `Normalization` makes that copy when it is adapted or loaded, but not in its own `set_weights`.

    Args:
        model: a built model or layer.
        weights: as `get_weights` gives them.

    Example:
        >>> import numpy as np
        >>> layer = keras.layers.Normalization()
        >>> layer.build((None, 1))
        >>> set_weights(layer, [np.array([5.0]), np.array([4.0]), np.array(1)])
        >>> float(layer(np.array([[9.0]]))[0, 0])
        2.0
    """
    model.set_weights(list(weights))
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.Normalization) and layer.built:
            layer.finalize_state()


def compile_like(copy: keras.Model, model: keras.Model, learning_rate: float | None = None) -> None:
    """Compile a model as another one is, with an optimiser and metrics of its own.

    Args:
        copy: what is compiled.
        model: a compiled model.
        learning_rate: a constant one instead of the model's own.
    """
    # What compile was given: its serialised form would need every function of the user's to be registered.
    given = compile_arguments(model)
    optimizer = given["optimizer"]
    changed = {} if learning_rate is None else {"learning_rate": learning_rate}
    given["optimizer"] = type(optimizer).from_config({**optimizer.get_config(), **changed})
    for name in ("metrics", "weighted_metrics"):
        given[name] = keras.tree.map_structure(_fresh, given[name])
    copy.compile(**given)
    # Keras saves an optimiser without variables in a way that it cannot load.
    copy.optimizer.build(copy.trainable_variables)


def _fresh(metric: Any) -> Any:
    """A metric that counts by itself; names and functions keep no count."""
    return type(metric).from_config(metric.get_config()) if isinstance(metric, keras.metrics.Metric) else metric


def _not_copied(model: keras.Model, problem: Exception) -> UnsupportedModelError:
    reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
    return UnsupportedModelError(
        f"the model {model.name!r} cannot be copied: {reason}; give it a get_config that returns the arguments of its "
        "constructor."
    )

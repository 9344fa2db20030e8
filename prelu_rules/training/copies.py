"""Independent copies of Keras models, compiled in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from prelu_rules.errors import UnsupportedModelError
from prelu_rules.training.keras_internals import all_layers, compile_arguments


def copied(model: keras.Model) -> keras.Model:
    """Copy a model with its weights; the copy is compiled like the model.

    Args:
        model: a built model; if it overrides `call`, it needs a `get_config` from which it can be recreated.

    Returns:
        A model with its own layers, weights, optimiser and metrics.

    Raises:
        UnsupportedModelError: if the model is not built, or cannot be recreated.

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
    """Recreate the layers of a model with new weights; the result is not compiled.

    Args:
        model: as for `copied`.

    Returns:
        A model with its own layers and weights.

    Raises:
        UnsupportedModelError: if the model is not built, or cannot be recreated.

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
    """Set the weights of a model or a layer, and update layers that compute with copies of their weights.

    Keras's `Normalization` makes such a copy when it is adapted or loaded, but not in its own `set_weights`.

    Args:
        model: a built model or layer.
        weights: as returned by `get_weights`.

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
    """Compile a model in the same way as another one, with its own optimiser and metrics.

    Args:
        copy: the model to compile.
        model: a compiled model.
        learning_rate: a constant learning rate, instead of the model's own.
    """
    # The arguments of compile; its serialised form would need every function of the user's to be registered.
    given = compile_arguments(model)
    optimizer = given["optimizer"]
    changed = {} if learning_rate is None else {"learning_rate": learning_rate}
    given["optimizer"] = type(optimizer).from_config({**optimizer.get_config(), **changed})
    for name in ("metrics", "weighted_metrics"):
        given[name] = keras.tree.map_structure(_fresh, given[name])
    copy.compile(**given)
    # Keras saves an optimiser without variables in a form that it cannot load.
    copy.optimizer.build(copy.trainable_variables)


def _fresh(metric: Any) -> Any:
    """A metric with its own state; names and functions have no state."""
    return type(metric).from_config(metric.get_config()) if isinstance(metric, keras.metrics.Metric) else metric


def _not_copied(model: keras.Model, problem: Exception) -> UnsupportedModelError:
    reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
    return UnsupportedModelError(
        f"the model {model.name!r} cannot be copied: {reason}; give it a get_config that returns the arguments of its "
        "constructor."
    )

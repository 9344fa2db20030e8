"""The networks that `fit` trains: on standardised numbers inside, in the user's units outside."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from prelu_rules.training.prelu import PReLU
from prelu_rules.values import FloatArray


def build_network(n_inputs: int, hidden: Sequence[int], n_outputs: int, seed: int) -> keras.Sequential:
    """A feed-forward network with a PReLU after every layer but the last, for standardised inputs.

    Args:
        n_inputs: features.
        hidden: units of each hidden layer.
        n_outputs: outputs of the last layer.
        seed: of the initial weights; the same seed gives the same weights.

    Returns:
        A built model, not compiled.

    Example:
        >>> [type(layer).__name__ for layer in build_network(3, [4], 1, seed=0).layers]
        ['Dense', 'PReLU', 'Dense']
    """
    seeds = np.random.SeedSequence(seed).generate_state(len(hidden) + 1).tolist()
    layers: list[keras.layers.Layer] = [keras.Input((n_inputs,))]
    for width, layer_seed in zip(hidden, seeds[:-1], strict=True):
        initial = keras.initializers.GlorotUniform(seed=layer_seed)
        layers += [keras.layers.Dense(width, kernel_initializer=initial), PReLU()]
    initial = keras.initializers.GlorotUniform(seed=seeds[-1])
    layers.append(keras.layers.Dense(n_outputs, kernel_initializer=initial))
    return keras.Sequential(layers)


def in_user_units(
    core: keras.Sequential, x_mean: FloatArray, x_deviation: FloatArray, y_mean: float = 0.0, y_deviation: float = 1.0
) -> keras.Sequential:
    """A network on raw features that predicts the raw target, from one on standardised numbers.

    Args:
        core: maps `(x - x_mean) / x_deviation` to `(y - y_mean) / y_deviation`; its last layer is Dense.
        x_mean: `(n_inputs,)`, in the units of the features.
        x_deviation: `(n_inputs,)`, in the units of the features, above 0.
        y_mean: in the unit of the target.
        y_deviation: in the unit of the target, above 0.

    Returns:
        A new model that shares nothing with `core`: a Normalization layer, then the layers of `core`, the last of
        them with the scale of the target folded in.

    Example:
        >>> core = build_network(1, [2], 1, seed=0)
        >>> model = in_user_units(core, np.array([5.0]), np.array([2.0]), y_mean=100.0, y_deviation=10.0)
        >>> bool(np.isclose(model(np.array([[5.0]])), 100 + 10 * core(np.array([[0.0]]))).all())
        True
    """
    copy = keras.models.clone_model(core)
    copy.set_weights(core.get_weights())
    kernel, bias = copy.layers[-1].get_weights()
    copy.layers[-1].set_weights([kernel * y_deviation, bias * y_deviation + y_mean])
    normalise = keras.layers.Normalization(mean=x_mean, variance=x_deviation**2)
    return keras.Sequential([keras.Input((len(x_mean),)), normalise, *copy.layers])

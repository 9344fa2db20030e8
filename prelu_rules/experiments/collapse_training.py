"""Trains small classifiers of scikit-learn's digits, which may collapse to 1/N (second article)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import prelu_rules.training  # noqa: F401

# isort: split
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from scipy.special import log_softmax
from sklearn.datasets import load_digits

from prelu_rules.experiments.collapse import CollapseRun, better_than_chance, outcome
from prelu_rules.experiments.collapse_variants import Variant
from prelu_rules.training.arrays import as_array
from prelu_rules.training.prelu import PReLU
from prelu_rules.training.stable_loss import StableSoftmaxCrossentropy
from prelu_rules.values import FloatArray, IntArray

N_CLASSES = 10
BATCH_SIZE = 64
STEPS_PER_EPOCH = 28
"""All rows except the five that do not fill a batch; which ones these are changes in each epoch."""

EPOCHS = 30
CLIP = 1e-7
"""Keras clips probabilities at this distance from 0 and 1."""


class Digits(NamedTuple):
    """Handwritten digits.

    Attributes:
        x: `(1797, 64)` float32, the darkness of each pixel, from 0 to 1.
        y: `(1797,)` int, the digit.
    """

    x: FloatArray
    y: IntArray


@cache
def digits() -> Digits:
    """Load scikit-learn's digits.

    Returns:
        All of them.

    Example:
        >>> digits().x.shape, np.bincount(digits().y).tolist()
        ((1797, 64), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    """
    x, y = load_digits(return_X_y=True)
    return Digits((x / 16).astype(np.float32), y.astype(np.int32))


def network(variant: Variant, seed: int) -> keras.Sequential:
    """Build a classifier of digits that ends in logits.

    Args:
        variant: how to build it.
        seed: the seed of the initial weights.

    Returns:
        A built model, not compiled.

    Example:
        >>> from prelu_rules.experiments.collapse_variants import BASELINE
        >>> [type(layer).__name__ for layer in network(BASELINE, seed=0).layers]
        ['Dense', 'LeakyReLU', 'Dense', 'LeakyReLU', 'Dense', 'LeakyReLU', 'Dense']
    """
    seeds = iter(np.random.SeedSequence(seed).generate_state(len(variant.hidden) + 1).tolist())

    def dense(width: int) -> Any:
        return layers.Dense(
            width,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            kernel_constraint=None if variant.largest_norm is None else keras.constraints.MaxNorm(variant.largest_norm),
            kernel_regularizer=keras.regularizers.L2(variant.l2) if variant.l2 else None,
        )

    parts: list[Any] = [keras.Input((digits().x.shape[1],))]
    for width in variant.hidden:
        parts.append(dense(width))
        if variant.batch_norm:
            parts.append(layers.BatchNormalization())
        parts.append(_ACTIVATIONS[variant.activation]())
    return keras.Sequential([*parts, dense(N_CLASSES)])


def compiled(variant: Variant, logits: keras.Sequential) -> keras.Model:
    """Add what a variant needs to a network of logits, and compile it; the models share their weights.

    Args:
        variant: the loss and the optimiser.
        logits: a built network that outputs `(n_rows, 10)`.

    Returns:
        A compiled model.

    Example:
        >>> from prelu_rules.experiments.collapse_variants import BASELINE
        >>> compiled(BASELINE, network(BASELINE, seed=0)).layers[-1].name.startswith("softmax")
        True
    """
    end, loss = _ENDS[variant.loss]
    model = keras.Model(logits.inputs[0], end(logits.outputs[0]))
    model.compile(
        _optimizer(variant), loss(), metrics=["accuracy"], steps_per_execution=STEPS_PER_EPOCH, jit_compile=False
    )
    return model


def train(variant: Variant, seeds: Sequence[int], epochs: int = EPOCHS) -> tuple[CollapseRun, ...]:
    """Train a variant independently for several seeds; it is compiled once.

    Args:
        variant: how to train.
        seeds: one per training.
        epochs: passes over the data, at least four.

    Returns:
        One run per seed.

    Raises:
        InvalidValueError: if there are too few epochs.

    Example:
        >>> from prelu_rules.experiments.collapse_variants import variants_named
        >>> (stable,) = variants_named(["stable"])
        >>> [run.outcome for run in train(stable, seeds=[0], epochs=4)]
        ['learned']
    """
    data, logits = digits(), network(variant, seed=0)
    model = compiled(variant, logits)
    model.optimizer.build(model.trainable_variables)
    beginning = [np.array(variable) for variable in model.optimizer.variables]
    runs = []
    for seed in seeds:
        logits.set_weights(network(variant, seed).get_weights())
        for variable, value in zip(model.optimizer.variables, beginning, strict=True):
            variable.assign(value)
        rows = tf.data.Dataset.from_tensor_slices(tuple(data)).shuffle(len(data.x), seed=seed)
        batches = rows.batch(BATCH_SIZE, drop_remainder=True)
        accuracy = model.fit(batches, epochs=epochs, shuffle=False, verbose=0).history["accuracy"]
        correct = np.rint(np.array(accuracy) * STEPS_PER_EPOCH * BATCH_SIZE).astype(np.intp)
        runs.append(_run(seed, correct, logits))
    return tuple(runs)


_ACTIVATIONS = {
    "leaky_relu": layers.LeakyReLU,
    "relu": layers.ReLU,
    "prelu": PReLU,
    "tanh": lambda: layers.Activation("tanh"),
}


def _cross_entropy(y: Any, p: Any) -> Any:
    """By the formula: where a probability is rounded to 0, `0 log 0` is NaN."""
    return -ops.sum(ops.one_hot(ops.cast(y, "int32"), N_CLASSES) * ops.log(p), axis=-1)


def _clipped(y: Any, p: Any) -> Any:
    return _cross_entropy(y, ops.clip(p, CLIP, 1 - CLIP))


def _softmax(z: Any) -> Any:
    return layers.Softmax()(z)


def _hidden_softmax(z: Any) -> Any:
    return layers.Reshape((N_CLASSES,))(_softmax(z))


# What follows the logits, and a function that creates the loss. A user-defined loss function gets the probabilities;
# Keras's losses look for the logits behind them.
_ENDS: dict[str, tuple[Callable[[Any], Any], Callable[[], Any]]] = {
    "probabilities": (_softmax, lambda: _clipped),
    "not clipped": (_softmax, lambda: _cross_entropy),
    "keras": (_softmax, keras.losses.SparseCategoricalCrossentropy),
    "keras hidden": (_hidden_softmax, keras.losses.SparseCategoricalCrossentropy),
    "stable": (lambda z: z, StableSoftmaxCrossentropy),
}


def _optimizer(variant: Variant) -> Any:
    if variant.optimizer == "adam":
        return keras.optimizers.Adam(variant.learning_rate, epsilon=variant.epsilon)
    if variant.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(variant.learning_rate)
    return keras.optimizers.SGD(variant.learning_rate, momentum=variant.momentum)


def _run(seed: int, correct: IntArray, logits: keras.Sequential) -> CollapseRun:
    x, y = digits()
    n_rows, chance = STEPS_PER_EPOCH * BATCH_SIZE, 1 / N_CLASSES
    z = as_array(logits(x)).astype(np.float64)
    answers = z.argmax(axis=1)
    wrong = answers != y
    # Not from the softmax, which rounds such probabilities to 0.
    of_class = log_softmax(z, axis=1)[np.arange(len(y)), y]
    lost = (of_class[wrong] < np.log(CLIP)).mean() if wrong.any() else 0.0
    better = np.flatnonzero(better_than_chance(correct, n_rows, chance))
    lost_at = int(better[-1]) + 2 if len(better) else 1
    return CollapseRun(
        seed=seed,
        outcome=outcome(correct, n_rows, chance),
        best=float(correct.max() / n_rows),
        final=float(1 - wrong.mean()),
        lost_at=lost_at if lost_at <= len(correct) else None,
        logit_size=float(np.median(np.abs(z).max(axis=1))),
        logit_spread=float(np.median(z.std(axis=1))),
        majority=float(np.bincount(answers).max() / len(y)),
        without_gradient=float(np.where(np.isfinite(z).all(), lost, np.nan)),
        finite=all(bool(np.isfinite(weight).all()) for weight in logits.get_weights()),
    )

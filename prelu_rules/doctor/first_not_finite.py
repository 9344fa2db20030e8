"""Finds where in a training step the first NaN came from, by running the step's batch again."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.probe import run
from prelu_rules.doctor.record import NotFinite
from prelu_rules.doctor.rows import Rows
from prelu_rules.training.arrays import as_array
from prelu_rules.values import Array


def first_not_finite(
    model: keras.Model,
    rows: Rows | None,
    where: Place,
    weights: list[Any] | None,
    weights_of: int | None,
    earlier: Iterable[tuple[Place, Rows]] = (),
) -> NotFinite:
    """Finds what was not finite first, in the order of a step: data, activations, loss, gradient.

    By the time a loss is NaN the weights are too, and reveal nothing. So the batch is run with the last finite weights;
    if nothing is wrong with it then, the weights have grown beyond all bounds since. A ReLU can turn NaN into 0, so
    that the loss of a bad batch is finite but its gradient is not; this is why the data of earlier batches are searched
    first.

    Args:
        model: the model whose loss was not finite.
        rows: the batch; None if it is unknown.
        where: the position in the training.
        weights: the last finite weights, as returned by `model.get_weights()`; None for the current ones.
        weights_of: the step after which these weights were recorded.
        earlier: the batches since then, oldest first.

    Returns:
        The first thing that was not finite.
    """
    now = model.get_weights()
    if weights is not None:
        model.set_weights(weights)
    try:
        for place, batch in [*earlier, *([] if rows is None else [(where, rows)])]:
            found = not_finite_in_data(batch, place)
            if found is not None and not _is_dealt_with(model, batch):
                return found
        found = None if rows is None else _in_pass(model, rows, where)
    finally:
        model.set_weights(now)
    if found is not None:
        return replace(found, weights_of=weights_of)
    for variable in model.trainable_variables:
        bad, size = _count(variable)
        if bad:
            return NotFinite(replace(where, layer=variable.path), "weights", bad, size)
    return NotFinite(where, "loss", 1, 1)


def not_finite_in_data(rows: Rows, where: Place) -> NotFinite | None:
    """Finds numbers in data that are not finite.

    Args:
        rows: the data.
        where: the position in the training.

    Returns:
        What was found; None if all numbers are finite.

    Example:
        >>> found = not_finite_in_data(Rows(np.array([[1.0, np.inf]])), Place(step=0))
        >>> assert found is not None
        >>> found.examples
        ((0, 1),)
    """
    for cause, part in (("inputs", rows.x), ("labels", rows.y), ("sample weights", rows.weights)):
        for values in tf.nest.flatten(part):
            array = np.asarray(values)
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                bad = np.argwhere(~np.isfinite(array))
                examples = tuple(tuple(index) for index in bad[:5].tolist())
                return NotFinite(where, cause, len(bad), array.size, examples)
    return None


def _is_dealt_with(model: keras.Model, rows: Rows) -> bool:
    """Whether the loss and its gradient are finite nevertheless, as for a model that fills in missing values."""
    seen = run(model, rows)
    if seen.loss is None or not math.isfinite(seen.loss):
        return False
    gradients = [tf.convert_to_tensor(gradient) for gradient in seen.gradients if gradient is not None]
    return bool(gradients) and not any(_count(gradient)[0] for gradient in gradients)


def _in_pass(model: keras.Model, rows: Rows, where: Place) -> NotFinite | None:
    seen = run(model, rows)
    for layer, output in seen.calls:
        for part in tf.nest.flatten(output):
            if hasattr(part, "numpy"):
                bad, size = _count(part)
                if bad:
                    return NotFinite(replace(where, layer=layer.name), "activations", bad, size)
    if seen.loss is not None and not math.isfinite(seen.loss):
        return NotFinite(where, "loss", 1, 1)
    for variable, gradient in zip(model.trainable_variables, seen.gradients, strict=True):
        if gradient is not None:
            bad, size = _count(tf.convert_to_tensor(gradient))
            if bad:
                return NotFinite(replace(where, layer=variable.path), "gradient", bad, size)
    return None


def _count(value: Any) -> tuple[int, int]:
    array: Array = as_array(value)
    return (int((~np.isfinite(array)).sum()) if array.dtype.kind == "f" else 0), array.size

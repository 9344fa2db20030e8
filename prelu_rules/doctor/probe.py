"""Looks at a Keras model: one forward pass and one gradient on some rows, and the numbers that the checks need.

Nothing is compiled, and the pass runs in inference mode, so that a look does not change the model, its metrics or its
random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from prelu_rules.doctor.finding import Place
from prelu_rules.doctor.look import ForceLook, LayerLook, Look, WeightLook
from prelu_rules.doctor.outputs import Outputs, outputs_of
from prelu_rules.doctor.rows import Rows
from prelu_rules.doctor.setup import setup_of
from prelu_rules.doctor.task import Task
from prelu_rules.network.slopes import is_linear
from prelu_rules.tolerances import LEAST_ROWS
from prelu_rules.training.arrays import as_array
from prelu_rules.training.force import IdentityForce
from prelu_rules.training.keras_internals import all_layers, known_logits
from prelu_rules.training.nonlinearities import is_nonlinear
from prelu_rules.training.slopes import prelu_layers
from prelu_rules.values import Array


class Pass(NamedTuple):
    """A forward pass with its gradient."""

    outputs: Any
    loss: float | None
    calls: list[tuple[keras.layers.Layer, Any]]
    gradients: list[Any]
    output_gradient: Any


def task_of(model: keras.Model, n_outputs: int) -> Task | None:
    """The task that a model's loss is for.

    Args:
        model: a model, compiled or not.
        n_outputs: the number of outputs per row.

    Returns:
        The task; None if the loss leaves it open, so that the labels decide.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> model.compile(loss="sparse_categorical_crossentropy")
        >>> task_of(model, 3)
        'multiclass'
    """
    loss = getattr(model, "loss", None)
    name = (loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)).lower().replace("_", "")
    if "categorical" in name or "softmax" in name:
        return "multiclass"
    if "binary" in name:
        return "binary" if n_outputs == 1 else "multilabel"
    return None


def n_outputs(model: keras.Model, x: Any) -> int | None:
    """The number of outputs of a model per row.

    Args:
        model: a built model.
        x: inputs, at least one row.

    Returns:
        The last dimension; None for models with several outputs.
    """
    outputs = model(tf.nest.map_structure(lambda part: part[:1], x), training=False)
    return outputs.shape[-1] if tf.is_tensor(outputs) and outputs.shape.rank else None


def from_logits(model: keras.Model) -> bool | None:
    """Whether a model's loss takes logits.

    Args:
        model: a model, compiled or not.

    Returns:
        Whether it does; None if the loss leaves it open.
    """
    loss = getattr(model, "loss", None)
    return getattr(loss, "from_logits", None)


def look_at(
    model: keras.Model, rows: Rows, where: Place, task: Task | None = None, force: IdentityForce | None = None
) -> Look:
    """Looks at a model.

    Args:
        model: a built and compiled model.
        rows: the rows to use; a few hundred.
        where: the position in the training.
        task: the task; None to infer it from the loss and the labels.
        force: the force that the model is trained with.

    Returns:
        The look.
    """
    seen = run(model, rows)
    last = {id(output) for output in tf.nest.flatten(seen.outputs)}
    weights = tuple(
        WeightLook(variable.path, _largest(variable), None if gradient is None else _norm(gradient), _total(variable))
        for variable, gradient in zip(model.trainable_variables, seen.gradients, strict=True)
    )
    n_rows = len(rows)
    return Look(
        where,
        seen.loss,
        _outputs(model, rows, seen.outputs, task),
        tuple(_layer(layer, output, id(output) in last) for layer, output in _first_calls(seen.calls)),
        weights,
        None if seen.output_gradient is None else float(np.abs(_array(seen.output_gradient)).max()) * n_rows,
        None if force is None else _force(model, force, seen.gradients),
        setup_of(model, all_layers(model), rows, seen.outputs, seen.calls),
    )


def run(model: keras.Model, rows: Rows) -> Pass:
    """One forward pass and one gradient; the model is not changed.

    Args:
        model: a built and compiled model.
        rows: the rows to use.

    Returns:
        Outputs, loss, what every layer returned, in the order of the calls, and the gradients of the loss with respect
        to the trainable variables and to the logits (None if there is none).
    """
    with _recorded(model) as calls, tf.GradientTape() as tape:
        outputs = model(rows.x, training=False)
        loss = _loss(model, rows, outputs)
    variables = model.trainable_variables
    if loss is None:
        return Pass(outputs, None, calls, [None] * len(variables), None)
    single = outputs if tf.is_tensor(outputs) else None
    # Keras's cross-entropies bypass a softmax and use the logits, so only those have a gradient.
    known = known_logits(single)
    logits = single if known is None else known
    sources = [variable.value for variable in variables] + ([] if logits is None else [logits])
    gradients = tape.gradient(loss, sources)
    output_gradient = None if logits is None else gradients.pop()
    return Pass(outputs, float(loss), calls, gradients, output_gradient)


def guessing_loss(model: keras.Model, rows: Rows, outputs: Outputs | None) -> float | None:
    """The loss of a model that ignores its inputs.

    Args:
        model: a compiled model.
        rows: rows with labels to guess.
        outputs: the outputs of the model for these rows.

    Returns:
        The loss; None if the model has several outputs, or no loss of its own.
    """
    if outputs is None:
        return None
    if outputs.task != "regression":
        return float(np.log(max(2, outputs.n_outputs)))
    y = tf.convert_to_tensor(_array(rows.y).astype(np.float32))
    loss = _loss(model, rows, tf.zeros_like(y) + tf.reduce_mean(y, axis=0, keepdims=True))
    return None if loss is None else float(loss)


def _loss(model: keras.Model, rows: Rows, outputs: Any) -> Any:
    """The loss; None for a model whose own train_step has a loss that compute_loss does not know."""
    with _unchanged_metrics(model, outputs):
        try:
            return model.compute_loss(x=rows.x, y=rows.y, y_pred=outputs, sample_weight=rows.weights)
        except (ValueError, NotImplementedError):
            return None


def _outputs(model: keras.Model, rows: Rows, outputs: Any, task: Task | None) -> Outputs | None:
    if not tf.is_tensor(outputs) or isinstance(rows.y, dict | list | tuple) or rows.y is None:
        return None
    logits = known_logits(outputs)
    raw = None if logits is None else _array(logits)
    task = task or task_of(model, outputs.shape[-1])
    is_logits = None if task is None else from_logits(model)
    if logits is not None:
        is_logits = False
    weights = rows.weights if rows.weights is None else _array(rows.weights)
    return outputs_of(_array(outputs), _array(rows.y), task=task, from_logits=is_logits, logits=raw, weights=weights)


def _layer(layer: keras.layers.Layer, output: Any, is_last: bool) -> LayerLook:
    values = [_array(part) for part in tf.nest.flatten(output) if _is_float(part)]
    # NumPy's maximum propagates NaN.
    largest = max((float(np.abs(part).max()) for part in values if part.size), default=0.0, key=_nan_is_most)
    slopes = _array(layer.alpha).astype(np.float64) if isinstance(layer, keras.layers.PReLU) else None
    if is_last or not is_nonlinear(layer) or len(values) != 1 or values[0].ndim < 2 or len(values[0]) < LEAST_ROWS:
        return LayerLook(layer.name, largest, slopes=slopes)
    units = values[0].reshape(-1, values[0].shape[-1])
    dead = int((units.max(axis=0) == units.min(axis=0)).sum())
    return LayerLook(layer.name, largest, units.shape[1], dead, slopes)


def _force(model: keras.Model, force: IdentityForce, gradients: list[Any]) -> ForceLook:
    of = {id(variable): gradient for variable, gradient in zip(model.trainable_variables, gradients, strict=True)}
    pull = 0.0
    for layer in prelu_layers(model):
        gradient = of.get(id(layer.alpha))
        bent = ~is_linear(_array(layer.alpha).astype(np.float64))
        if gradient is not None and bent.any():
            pull = max(pull, float(np.abs(_array(gradient)[bent]).max()))
    optimizer = model.optimizer
    sgd = isinstance(optimizer, keras.optimizers.SGD)
    # With momentum, this is how many steps add up.
    rate = float(optimizer.learning_rate) / (1 - float(optimizer.momentum) if sgd else 1)
    return ForceLook(force.rate, force.threshold if force.follows_error else None, rate, not sgd, pull)


def _first_calls(calls: list[tuple[keras.layers.Layer, Any]]) -> Iterator[tuple[keras.layers.Layer, Any]]:
    seen: set[int] = set()
    for layer, output in calls:
        if id(layer) not in seen and all(hasattr(part, "numpy") for part in tf.nest.flatten(output)):
            seen.add(id(layer))
            yield layer, output


@contextmanager
def _recorded(model: keras.Model) -> Iterator[list[tuple[keras.layers.Layer, Any]]]:
    """Records what every layer within a model returns, in the order in which the calls end."""
    calls: list[tuple[keras.layers.Layer, Any]] = []

    def recording(layer: keras.layers.Layer, call: Any) -> Any:
        def recorded(*args: Any, **kwargs: Any) -> Any:
            output = call(*args, **kwargs)
            calls.append((layer, output))
            return output

        return recorded

    layers = [layer for layer in all_layers(model) if layer is not model]
    before = {id(layer): vars(layer).get("call") for layer in layers}
    for layer in layers:
        vars(layer)["call"] = recording(layer, layer.call)
    try:
        yield calls
    finally:
        for layer in layers:
            if before[id(layer)] is None:
                del vars(layer)["call"]
            else:
                vars(layer)["call"] = before[id(layer)]


@contextmanager
def _unchanged_metrics(model: keras.Model, outputs: Any) -> Iterator[None]:
    """Restores the state of the metrics: the loss of a model with several outputs counts its parts."""
    variables = [] if tf.is_tensor(outputs) else model.metrics_variables
    before = [variable.numpy() for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


def _array(value: Any) -> Array:
    return as_array(value)


def _is_float(value: Any) -> bool:
    return keras.backend.is_float_dtype(keras.backend.standardize_dtype(value.dtype))


def _largest(variable: Any) -> float:
    values = _array(variable)
    return float(np.abs(values).max()) if values.size else 0.0


def _total(variable: Any) -> float:
    return float(_array(variable).astype(np.float64).sum())


def _norm(gradient: Any) -> float:
    values = gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient
    return float(np.linalg.norm(_array(values).astype(np.float64)))


def _nan_is_most(value: float) -> float:
    return np.inf if np.isnan(value) else value

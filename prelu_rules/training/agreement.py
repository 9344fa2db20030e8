"""Compares what was read from a Keras model with what the model computes.

A layer may compute something else than its class says: its weights may be quantized, an attribute replaced by hand, or
its reader may be the user's. Whatever the cause, a forward pass on some rows reveals it. The two cannot agree to the
last bit, since the model rounds in its own dtype; the expected rounding error is computed for each row.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from prelu_rules.errors import UnsupportedModelError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.reading import ReadNetwork
from prelu_rules.training.arrays import as_array
from prelu_rules.training.forked import with_patience
from prelu_rules.training.keras_internals import all_layers, input_structure
from prelu_rules.values import FloatArray

ROUNDING_DEVIATIONS = 8.0
"""A form and a Keras model agree if they differ by at most this many standard deviations of the model's rounding error;
random networks with up to nine layers stay below 1.3, in float16, bfloat16, float32 and float64."""


SAMPLED_SCALES = (0.1, 1.0, 10.0, 1000.0)
"""Magnitudes of the numbers in sampled rows."""

ROWS_PER_SCALE = 6

SAMPLED_UNITS = 12
"""The number of units, across all levels, for which a row is sampled where the unit bends."""

_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
_LARGEST = {"float64": 1e308, "float32": 3e38, "float16": 65504.0, "bfloat16": 3e38}
_LEAST = {"float64": 1e-307, "float32": 1e-37, "float16": 6.2e-5, "bfloat16": 1e-37}


def check_agreement(model: keras.Model, found: ReadNetwork, layered: NormalForm) -> None:
    """Raise an error if a model does not compute what was read from it, on sampled rows.

    Args:
        model: a model with one input and one output.
        found: what was read from it.
        layered: the same form in the steps in which the model computes it, for its rounding error.

    Raises:
        UnsupportedModelError: if an output differs by more than rounding in the model's dtype can explain.
        BackendError: if the model cannot be run, in a process that was forked.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.ReLU()])
        >>> identity = NormalForm.from_layers([[[1.0]]], [[0.0]], [])
        >>> check_agreement(model, ReadNetwork(identity), identity)
        Traceback (most recent call last):
        ...
        prelu_rules.errors.UnsupportedModelError: what was read from ... is not what the model computes: ...
    """
    dtype = _coarsest(model)
    rows = _sampled(found.form, str(model.inputs[0].dtype))
    computed = with_patience(lambda: _computed(model, rows))
    noise, largest = _rounding(layered, rows, dtype)
    if found.link is not None:
        # A probability changes by less than its logits do, and is rounded once more.
        noise = noise.max(axis=1, keepdims=True) + 4 * _ROUNDOFF[dtype]
    # Sums of half the largest number of a dtype may overflow; then the model's output says nothing.
    told = largest < _LARGEST[dtype] / 2
    difference = np.abs(computed - found.predict(rows))[told]
    allowed = np.broadcast_to(ROUNDING_DEVIATIONS * noise, computed.shape)[told]
    wrong = ~(difference <= allowed)
    if wrong.any():
        worst = np.unravel_index(
            np.argmax(np.where(wrong, np.nan_to_num(difference / allowed, nan=np.inf), -1)), wrong.shape
        )
        raise UnsupportedModelError(
            f"what was read from {model.name!r} is not what the model computes: on sampled rows they differ by "
            f"{difference[worst]:.3g}, but rounding in {dtype} can explain at most {allowed[worst]:.3g}; "
            "find the layer that does not compute what its class and weights say."
        )


def _coarsest(model: keras.Model) -> str:
    """The dtype with the coarsest rounding in a model."""
    # Models and inputs do not round: sampled rows are exact in every dtype of an input.
    layers = [layer for layer in all_layers(model) if not isinstance(layer, keras.Model | keras.layers.InputLayer)]
    dtypes = {str(layer.compute_dtype) for layer in layers}
    return max(dtypes & set(_ROUNDOFF), key=_ROUNDOFF.__getitem__, default="float32")


def _sampled(form: NormalForm, dtype: str) -> FloatArray:
    """Rows of zeros, of small and large numbers of both signs, and points where units bend; exact in `dtype`."""
    rng = np.random.default_rng(0)
    n = form.n_inputs
    parts = [np.zeros((1, n))] + [scale * rng.normal(size=(ROWS_PER_SCALE, n)) for scale in SAMPLED_SCALES]
    units = rng.permutation(form.n_units)[:SAMPLED_UNITS]
    if len(units):
        # The point closest to 0 at which the unit would bend if the earlier units did not.
        normals = form.A[units]
        points = -form.b[units, None] * normals / np.maximum((normals**2).sum(axis=1, keepdims=True), 1e-30)
        parts.append(points + rng.normal(size=points.shape))
    rows = np.concatenate(parts)
    if "int" in dtype or dtype == "bool":
        low, high = (0, 1) if dtype == "bool" else (0 if dtype.startswith("u") else -100, 100)
        return np.clip(np.rint(rows), low, high)
    # Numbers that are exact in every float dtype, since layers may compute with fewer digits than the input has.
    return np.asarray(rows.astype("float16" if dtype == "float16" else "float32"), dtype=np.float64)


def _computed(model: keras.Model, rows: FloatArray) -> FloatArray:
    """The output of the model itself, `(n_rows, n_outputs)`."""
    symbolic = model.inputs[0]
    size = symbolic.shape[0] or len(rows)
    # A model for batches of a fixed size gets as many rows as it takes.
    padded = np.resize(rows, (-(-len(rows) // size) * size, rows.shape[1]))
    outputs = []
    # On the CPU, since float32 may have fewer digits on accelerators than its name says.
    with keras.device("cpu"):
        for start in range(0, len(padded), size):
            batch = padded[start : start + size].reshape(size, *symbolic.shape[1:])
            tensor = keras.ops.convert_to_tensor(batch, dtype=symbolic.dtype)
            given = keras.tree.pack_sequence_as(input_structure(model), [tensor])
            outputs.append(_array(keras.tree.flatten(model(given, training=False))[0]).reshape(size, -1))
    return np.concatenate(outputs)[: len(rows)]


def _rounding(form: NormalForm, rows: FloatArray, dtype: str) -> tuple[FloatArray, FloatArray]:
    """The standard deviation of each output's rounding error, `(n_rows, n_outputs)`, and the largest sum of each row.

    Every sum is rounded by at most its terms times the roundoff. Errors of different sums add up as independent ones
    do, by their squares (Higham and Mary 2019, "A new approach to probabilistic rounding error analysis").
    """
    roundoff, least = _ROUNDOFF[dtype], _LEAST[dtype]
    z = form.pre_activations(rows)
    p = np.where(z >= 0, z, form.slopes * z)
    steepness = np.maximum(1, np.abs(form.slopes))
    deviation, largest = np.zeros_like(z), np.abs(rows).max(axis=1)

    def of_sums(of_inputs: Any, of_units: Any, constants: Any, before: int) -> FloatArray:
        nonlocal largest
        terms = np.abs(rows) @ np.abs(of_inputs).T + np.abs(p[:, :before]) @ np.abs(of_units).T + np.abs(constants)
        largest = np.maximum(largest, terms.max(axis=1, initial=0))
        return np.sqrt(deviation[:, :before] ** 2 @ (of_units**2).T + (roundoff * terms) ** 2) + least

    for block in form.blocks:
        sums = of_sums(form.A[block], form.B[block, : block.start], form.b[block], block.start)
        deviation[:, block] = steepness[block] * (sums + roundoff * np.abs(z[:, block]))
    return of_sums(form.C, form.D, form.e, form.n_units), largest


def _array(tensor: Any) -> FloatArray:
    return np.asarray(as_array(tensor), dtype=np.float64)

"""Reads Keras models; with `training`, the only place that knows Keras.

A model's graph is walked from its output to its input. Each kind of layer has one function that maps a tensor of
affine functions to the next; `register_layer` adds more.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from prelu_rules.errors import DataError, FormatError, UnsupportedModelError
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.readers.form_builder import FormBuilder
from prelu_rules.training.prelu import PReLU
from prelu_rules.values import Array, FloatArray

LayerReader = Callable[[Any, Array, FormBuilder], Array]
"""From a layer and the tensor that it is applied to, `(*shape, width)`, to the tensor that it returns."""


def load_keras(path: str | os.PathLike[str]) -> keras.Model:
    """Load a `.keras` file; the package's own layers are known.

    Args:
        path: the file.

    Returns:
        The model.

    Raises:
        DataError: if there is no such file.
        FormatError: if it is not a Keras model.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "model.keras"
        >>> keras.Sequential([keras.Input((2,)), PReLU()]).save(path)
        >>> load_keras(path).layers[0].slopes
        array([0.25, 0.25])
    """
    if not Path(path).is_file():
        raise DataError(f"there is no file {path}; give the path of a .keras file.")
    if not zipfile.is_zipfile(path):
        raise FormatError(f"{path} is not a .keras file; save the model with model.save('name.keras').")
    try:
        return keras.saving.load_model(path, compile=False)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as problem:
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise FormatError(f"{path} cannot be loaded as a Keras model: {reason}") from None


def read_keras(model: keras.Model) -> NormalForm:
    """The normal form of a Keras model.

    Args:
        model: a built Sequential or functional model, one input and one output, of Dense, PReLU, ReLU, LeakyReLU,
            Activation, BatchNormalization, Normalization, Rescaling, Flatten, Dropout and noise layers, or models
            made of these. Dropout and noise are as at inference.

    Returns:
        The form, float64; inputs and outputs of more than one axis are read in row-major order.

    Raises:
        UnsupportedModelError: if the model is not built, or a layer has no exact piecewise linear form.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), PReLU(), keras.layers.Flatten()])
        >>> read_keras(model).evaluate([[-4.0], [4.0]])
        array([[-1.],
               [ 4.]])
    """
    if not getattr(model, "inputs", None):
        raise UnsupportedModelError(
            f"the model {getattr(model, 'name', model)!r} shows no graph of layers; build it as a Sequential or "
            "functional model with a known input shape."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise UnsupportedModelError(
            f"the model {model.name!r} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
            "only one of each can be read."
        )
    shape = tuple(model.inputs[0].shape[1:])
    if None in shape:
        raise UnsupportedModelError(
            f"the model {model.name!r} has the input shape {shape}; every axis needs a known size."
        )
    builder = FormBuilder(shape)
    return builder.form(_read_model(model, builder.inputs, builder))


def _read_model(model: Any, tensor: Array, builder: FormBuilder) -> Array:
    if type(model).call.__module__.partition(".")[0] != "keras":
        raise _unsupported(model, "it has a method 'call' of its own, so its graph is not what it computes")
    known: dict[int, Array] = {id(model.inputs[0]): tensor}

    def value_of(symbolic: Any) -> Array:
        if id(symbolic) not in known:
            operation, node_index, _ = symbolic._keras_history
            sources = operation._inbound_nodes[node_index].input_tensors
            if len(sources) != 1:
                raise _unsupported(operation, f"it joins {len(sources)} tensors")
            known[id(symbolic)] = _read_layer(operation, value_of(sources[0]), builder)
        return known[id(symbolic)]

    return value_of(model.outputs[0])


def _read_layer(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    if isinstance(layer, (keras.Sequential, keras.Model)) and getattr(layer, "inputs", None):
        return _read_model(layer, tensor, builder)
    # The exact type: a subclass may compute something else.
    if type(layer) not in _readers:
        raise _unsupported(layer, "it has no exact piecewise linear form that is known here")
    return _readers[type(layer)](layer, tensor, builder)


def _unsupported(layer: Any, reason: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"layer {layer.name!r} ({type(layer).__name__}) cannot be read: {reason}; use PReLU, ReLU or LeakyReLU as "
        "nonlinearities, and Dense, batch normalisation or Flatten between them."
    )


def _float64(variable: Any) -> FloatArray:
    return np.asarray(keras.ops.convert_to_numpy(variable), dtype=np.float64)


def _keep(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    return tensor


def _scale(tensor: Array, factor: Array, offset: Array) -> Array:
    """`factor * tensor + offset`, both broadcast to the shape of the tensor."""
    result = tensor * np.asarray(factor)[..., None]
    result[..., 0] += offset
    return result


def _apply_activation(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    activation = getattr(layer, "activation", None)
    if activation in (None, keras.activations.linear):
        return tensor
    if activation is keras.activations.relu:
        return builder.prelu(tensor, np.array(0.0))
    if activation is keras.activations.leaky_relu:
        # The default of keras.activations.leaky_relu, which a plain function cannot change.
        return builder.prelu(tensor, np.array(0.2))
    if isinstance(activation, keras.layers.Layer):
        return _read_layer(activation, tensor, builder)
    name = getattr(activation, "__name__", type(activation).__name__)
    remedy = " (rules speak of logits: let the last layer have none)" if name in ("softmax", "sigmoid") else ""
    raise _unsupported(layer, f"its activation {name!r} is not piecewise linear{remedy}")


def _dense(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    result = np.einsum("...iw,io->...ow", tensor, _float64(layer.kernel), optimize=True)
    if layer.use_bias:
        result[..., 0] += _float64(layer.bias)
    return _apply_activation(layer, result, builder)


def _prelu(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    if not layer.built:
        raise _unsupported(layer, "it has no slopes yet, since the model was never called")
    return builder.prelu(tensor, _float64(layer.alpha))


def _relu(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    if layer.max_value is not None or layer.threshold != 0:
        raise _unsupported(layer, f"it has max_value={layer.max_value} and threshold={layer.threshold}")
    return builder.prelu(tensor, np.array(float(layer.negative_slope)))


def _leaky_relu(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    return builder.prelu(tensor, np.array(float(layer.negative_slope)))


def _flatten(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    if layer.data_format != "channels_last" and tensor.ndim > 2:
        raise _unsupported(layer, f"it has data_format={layer.data_format!r}")
    return tensor.reshape(-1, tensor.shape[-1])


def _batch_normalization(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    rank = tensor.ndim - 1
    axis = layer.axis - 1 if layer.axis > 0 else layer.axis + rank
    shape = [1] * rank
    shape[axis] = -1
    factor = 1 / np.sqrt(_float64(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        factor = factor * _float64(layer.gamma)
    offset = -_float64(layer.moving_mean) * factor
    if layer.center:
        offset = offset + _float64(layer.beta)
    return _scale(tensor, factor.reshape(shape), offset.reshape(shape))


def _normalization(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    mean, variance = _float64(layer.mean)[0], _float64(layer.variance)[0]
    deviation = np.maximum(np.sqrt(variance), keras.config.epsilon())
    if layer.invert:
        return _scale(tensor, deviation, mean)
    return _scale(tensor, 1 / deviation, -mean / deviation)


def _rescaling(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    return _scale(tensor, np.asarray(layer.scale, dtype=np.float64), np.asarray(layer.offset, dtype=np.float64))


_readers: dict[type, LayerReader] = {
    keras.layers.Activation: _apply_activation,
    keras.layers.BatchNormalization: _batch_normalization,
    keras.layers.Dense: _dense,
    keras.layers.Dropout: _keep,
    keras.layers.Flatten: _flatten,
    keras.layers.GaussianDropout: _keep,
    keras.layers.GaussianNoise: _keep,
    keras.layers.Identity: _keep,
    keras.layers.LeakyReLU: _leaky_relu,
    keras.layers.Normalization: _normalization,
    keras.layers.PReLU: _prelu,
    keras.layers.ReLU: _relu,
    keras.layers.Rescaling: _rescaling,
    PReLU: _prelu,
}


def register_layer(layer_type: type, reader: LayerReader) -> None:
    """Teach the reader another kind of layer.

    Args:
        layer_type: the exact class; subclasses are not meant.
        reader: from the layer, a tensor of affine functions `(*shape, width)` and the builder to the next tensor.

    Example:
        >>> class Halve(keras.layers.Layer):
        ...     def call(self, x):
        ...         return x / 2
        >>> register_layer(Halve, lambda layer, tensor, builder: tensor / 2)
        >>> read_keras(keras.Sequential([keras.Input((1,)), Halve()])).evaluate([3.0])
        array([1.5])
    """
    _readers[layer_type] = reader

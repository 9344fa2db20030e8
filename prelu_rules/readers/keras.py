"""Reads Keras models; besides `training`, the only module that depends on Keras.

A model's graph is walked from its output to its input. Each kind of layer has one function that maps a tensor of
affine functions to the next; `register_layer` adds more.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import prelu_rules.training  # noqa: F401

# isort: split
import keras
import numpy as np

from prelu_rules.errors import LONGEST_REASON, FormatError, PReLURulesError, UnsupportedModelError, shortened
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.network.reading import Link, ReadNetwork
from prelu_rules.readers.form_builder import FormBuilder
from prelu_rules.readers.keras_file import load_keras
from prelu_rules.registry import Registry
from prelu_rules.training.agreement import check_agreement
from prelu_rules.training.arrays import as_array
from prelu_rules.training.keras_internals import calls_as_keras, origin
from prelu_rules.training.nonlinearities import kind_of, link_of, negative_slope
from prelu_rules.training.prelu import PReLU
from prelu_rules.values import Array, FloatArray

LARGEST_FORM = 50_000_000
"""Numbers in the form of a file; with its copies a gigabyte."""

LayerReader = Callable[[Any, Array, FormBuilder], Array]
"""Maps a layer and the tensor that it is applied to, `(*shape, width)`, to the tensor that it returns."""


def read_keras(model: keras.Model) -> NormalForm:
    """The normal form of a Keras model; that of its logits if it ends in a softmax or sigmoid.

    Args:
        model: as for `read_keras_with_link`.

    Returns:
        The form, float64; inputs and outputs of more than one axis are read in row-major order.

    Raises:
        UnsupportedModelError: as for `read_keras_with_link`.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), PReLU(), keras.layers.Flatten()])
        >>> read_keras(model).predict([[-4.0], [4.0]])
        array([[-1.],
               [ 4.]])
    """
    return read_keras_with_link(model).form


def read_keras_with_link(model: keras.Model, largest: int | None = None) -> ReadNetwork:
    """The normal form of a Keras model and the link that it ends in, checked against the output of the model.

    Args:
        model: a built Sequential or functional model with one input and one output, made of Dense, PReLU, ReLU,
            LeakyReLU, Activation, BatchNormalization, Normalization, Rescaling, Flatten, Reshape, Concatenate, Dropout
            and noise layers, or of such models. Dropout and noise behave as at inference. The model may end in a
            sigmoid, or in one softmax over all of its outputs.
        largest: the largest number of entries in a form; None for no limit.

    Returns:
        The form and the link, float64; inputs and outputs with more than one axis are read in row-major order.

    Raises:
        UnsupportedModelError: if the model is not built, or a layer has no exact piecewise linear form (a quantized
            layer, for example); or if the form differs from the model on sampled rows by more than rounding errors.
        LimitError: if a form would have more than `largest` entries.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
        >>> read_keras_with_link(model).link
        'sigmoid'
    """
    if not getattr(model, "inputs", None):
        raise UnsupportedModelError(
            f"the model {getattr(model, 'name', model)!r} has no graph of layers; build it as a Sequential or "
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
    found = _read(model, FormBuilder(shape, largest=largest))
    check_agreement(model, found, _read(model, FormBuilder(shape, layered=True, largest=largest)).form)
    return found


def read_keras_file(path: str | os.PathLike[str]) -> ReadNetwork:
    """The normal form of a saved Keras model and the link that it ends in.

    Args:
        path: a `.keras` file, of any origin.

    Returns:
        As `read_keras_with_link`.

    Raises:
        DataError: if there is no such file.
        FormatError: if it is not a Keras model.
        UnsupportedModelError: as `read_keras_with_link`.
        LimitError: if the form of the model would take more than a gigabyte.

    Example:
        >>> import tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
        >>> keras.Sequential([keras.Input((1,)), keras.layers.ReLU()]).save(path)
        >>> read_keras_file(path).predict([[-4.0], [4.0]])
        array([[0.],
               [4.]])
    """
    model = load_keras(path)
    try:
        return read_keras_with_link(model, LARGEST_FORM)
    except PReLURulesError:
        raise
    except Exception as problem:
        # A model that somebody made by hand may fail wherever it is looked at.
        reason = shortened(str(problem) or type(problem).__name__, LONGEST_REASON)
        raise FormatError(f"{path} holds a model that cannot be run: {reason.rstrip('.')}.") from None


def _read(model: Any, builder: FormBuilder) -> ReadNetwork:
    form = builder.form(_read_model(model, builder.inputs, builder))
    return ReadNetwork(form, builder.end[0] if builder.end else None)


def _read_model(model: Any, tensor: Array, builder: FormBuilder) -> Array:
    if not calls_as_keras(model):
        raise _unsupported(model, "it overrides the method 'call', so its graph is not what it computes")
    known: dict[int, Array] = {id(model.inputs[0]): tensor}

    def value_of(symbolic: Any) -> Array:
        if id(symbolic) not in known:
            operation, sources = origin(symbolic)
            # Not in a comprehension, which would take twice the depth of calls for deep networks.
            for source in sources:
                value_of(source)
            tensors = [known[id(source)] for source in sources]
            if type(operation) is keras.layers.Concatenate:
                # It computes nothing, so that nothing is rounded in it.
                known[id(symbolic)] = _concatenated(operation, tensors, builder)
            elif len(sources) != 1:
                raise _unsupported(operation, f"it joins {len(sources)} tensors")
            else:
                known[id(symbolic)] = builder.between_layers(_read_layer(operation, tensors[0], builder))
        return known[id(symbolic)]

    return value_of(model.outputs[0])


def _read_layer(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    if isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
        return _read_model(layer, tensor, builder)
    mode = getattr(layer, "quantization_mode", None)
    if mode is not None:
        raise UnsupportedModelError(
            f"layer {layer.name!r} ({type(layer).__name__}) is quantized to {mode}: it rounds its inputs, so it is not "
            "piecewise linear, and its weights are codes; give the model as it was before it was quantized."
        )
    if not _keeps_values(layer):
        _check_no_end(layer, builder)
    # The exact type, since a subclass may compute something else.
    if type(layer) in _readers:
        return _readers[type(layer)](layer, tensor, builder)
    if kind_of(layer) is not None:
        return _nonlinearity(layer, tensor, builder)
    raise _unsupported(layer, "it has no known exact piecewise linear form")


def _check_no_end(layer: Any, builder: FormBuilder) -> None:
    """Refuse a layer that computes with probabilities."""
    if builder.end is not None:
        link, name = builder.end
        raise UnsupportedModelError(
            f"layer {name!r} cannot be read: its {link} is not the end of the model, since layer {layer.name!r} "
            f"({type(layer).__name__}) follows; only a {link} at the end can be read; remove this one with "
            "prelu_rules.with_logits."
        )


def _unsupported(layer: Any, reason: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"layer {layer.name!r} ({type(layer).__name__}) cannot be read: {reason}; use PReLU, ReLU or LeakyReLU as "
        "nonlinearities, and Dense, batch normalisation or Flatten between them."
    )


def _float64(variable: Any) -> FloatArray:
    return np.asarray(as_array(variable), dtype=np.float64)


def _keep(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    return tensor


def _scale(tensor: Array, factor: Array, offset: Array) -> Array:
    """`factor * tensor + offset`, both broadcast to the shape of the tensor."""
    result = tensor * np.asarray(factor)[..., None]
    result[..., 0] += offset
    return result


def _apply_activation(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    activation = getattr(layer, "activation", None)
    if isinstance(activation, keras.layers.Layer):
        return _read_layer(activation, tensor, builder)
    if kind_of(activation) == "linear":
        return tensor
    link, slope = link_of(activation), negative_slope(activation)
    if link is not None:
        return _end(link, layer, -1, tensor, builder)
    if slope is not None:
        return builder.prelu(tensor, slope)
    name = getattr(activation, "__name__", type(activation).__name__)
    raise _unsupported(layer, f"its activation {name!r} is not piecewise linear with one bend, at 0")


def _nonlinearity(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    """A layer or operation that only applies a nonlinearity."""
    slope, link = negative_slope(layer), link_of(layer)
    if slope is not None:
        return builder.prelu(tensor, slope)
    if link is not None:
        return _end(link, layer, getattr(layer, "axis", -1), tensor, builder)
    raise _unsupported(layer, "it has no known exact piecewise linear form")


def _end(link: Link, layer: Any, axis: Any, tensor: Array, builder: FormBuilder) -> Array:
    """End the network: the form stops before the link."""
    shape = tensor.shape[:-1]
    if link == "softmax":
        size = int(np.prod(shape))
        if not isinstance(axis, int) or axis == 0 or shape[axis - (axis > 0)] != size:
            raise _unsupported(layer, f"its softmax is over axis {axis} of {shape}, not over all outputs together")
        if size == 1:
            raise _unsupported(layer, "its softmax is over a single output, so it is always 1")
    builder.end = link, layer.name
    return tensor


def _dense(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    result = np.einsum("...iw,io->...ow", tensor, _float64(layer.kernel), optimize=True)
    if layer.use_bias:
        result[..., 0] += _float64(layer.bias)
    return _apply_activation(layer, result, builder)


def _concatenated(layer: Any, tensors: list[Array], builder: FormBuilder) -> Array:
    _check_no_end(layer, builder)
    width = max(tensor.shape[-1] for tensor in tensors)
    # Units that were added after a tensor was made have no weight in it.
    wide = [np.pad(tensor, [(0, 0)] * (tensor.ndim - 1) + [(0, width - tensor.shape[-1])]) for tensor in tensors]
    # Here there is no axis of rows in front, but one of weights behind.
    if layer.axis in (0, -wide[0].ndim):
        raise _unsupported(layer, "it joins tensors along their rows")
    return np.concatenate(wide, axis=layer.axis - 1)


def _flatten(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    if layer.data_format != "channels_last" and tensor.ndim > 2:
        raise _unsupported(layer, f"it has data_format={layer.data_format!r}")
    return tensor.reshape(-1, tensor.shape[-1])


def _reshape(layer: Any, tensor: Array, builder: FormBuilder) -> Array:
    shape = layer.compute_output_shape((None, *tensor.shape[:-1]))[1:]
    return tensor.reshape(*shape, tensor.shape[-1])


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


_readers: Registry[type, LayerReader] = Registry(
    "layer",
    {
        keras.layers.Activation: _apply_activation,
        keras.layers.BatchNormalization: _batch_normalization,
        keras.layers.Dense: _dense,
        keras.layers.Dropout: _keep,
        keras.layers.Flatten: _flatten,
        keras.layers.GaussianDropout: _keep,
        keras.layers.GaussianNoise: _keep,
        keras.layers.Identity: _keep,
        keras.layers.LeakyReLU: _nonlinearity,
        keras.layers.Normalization: _normalization,
        keras.layers.PReLU: _nonlinearity,
        keras.layers.ReLU: _nonlinearity,
        keras.layers.Rescaling: _rescaling,
        keras.layers.Reshape: _reshape,
        keras.layers.Softmax: _nonlinearity,
        PReLU: _nonlinearity,
    },
    write=lambda kind: kind.__name__,
)


def _keeps_values(layer: Any) -> bool:
    """Whether a layer passes its input on unchanged, in the same order: a link before it is still the end."""
    if type(layer) is keras.layers.Activation:
        return kind_of(layer.activation) == "linear"
    return type(layer) in _readers and _readers[type(layer)] in (_keep, _flatten, _reshape)


def register_layer(layer_type: type, reader: LayerReader) -> None:
    """Add a reader for a kind of layer; it replaces one that was registered before.

    Args:
        layer_type: the exact class; subclasses are not included.
        reader: maps the layer, a tensor of affine functions `(*shape, width)` and the builder to the next tensor. The
            result of reading a model is checked against the model, so that a wrong reader is noticed.

    Raises:
        InvalidValueError: if the package has a reader for this kind of layer.

    Example:
        >>> class Halve(keras.layers.Layer):
        ...     def call(self, x):
        ...         return x / 2
        >>> register_layer(Halve, lambda layer, tensor, builder: tensor / 2)
        >>> read_keras(keras.Sequential([keras.Input((1,)), Halve()])).predict([3.0])
        array([1.5])
    """
    _readers.register(layer_type, reader)


def unregister_layer(layer_type: type) -> None:
    """Remove the reader of a kind of layer that was registered.

    Args:
        layer_type: the class.

    Raises:
        InvalidValueError: if there is no such reader, or it is one of the package.

    Example:
        >>> class Third(keras.layers.Layer):
        ...     def call(self, x):
        ...         return x / 3
        >>> register_layer(Third, lambda layer, tensor, builder: tensor / 3)
        >>> unregister_layer(Third)
    """
    _readers.unregister(layer_type)

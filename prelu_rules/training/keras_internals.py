"""All uses of Keras and TensorFlow internals, which may change in any version.

These are names that begin with an underscore, undocumented attributes, and classes that are not exported. They are used
in this file only, each in a function with its own test, so that a new version that changes one of them is noticed here
and can be fixed here.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.eager import context

TrainFunction = Callable[[Any], Any]
"""A function from an iterator of batches to the logs of one execution."""


def is_graph(model: Any) -> bool:
    """Whether a model computes what its graph of layers shows.

    Args:
        model: anything.

    Returns:
        False for anything that is not a model, for a model that is not built, and for one that overrides `call`.

    Example:
        >>> is_graph(keras.Sequential([keras.Input((2,)), keras.layers.ReLU()])), is_graph(keras.Sequential())
        (True, False)
    """
    return isinstance(model, keras.Model) and bool(getattr(model, "inputs", None)) and calls_as_keras(model)


def calls_as_keras(layer: keras.layers.Layer) -> bool:
    """Whether a layer or model uses a `call` method of Keras.

    Args:
        layer: any layer or model.

    Returns:
        False if one of the user's classes defines `call`.

    Example:
        >>> calls_as_keras(keras.layers.Dense(1))
        True
    """
    return _is_of_keras(type(layer).call)


def origin(tensor: Any) -> tuple[Any, list[Any]]:
    """Find what produced a tensor of a graph.

    Args:
        tensor: a symbolic tensor, such as one of `model.outputs`.

    Returns:
        The layer or operation, and the symbolic tensors that it was called with.

    Example:
        >>> start = keras.Input((2,))
        >>> layer, given = origin(keras.layers.ReLU()(start))
        >>> type(layer).__name__, given[0] is start
        ('ReLU', True)
    """
    operation, node, _ = tensor._keras_history
    return operation, list(operation._inbound_nodes[node].input_tensors)


def operation_class(function: Callable[[Any], Any]) -> type:
    """The class of operations that represents a function in a graph; Keras does not export it.

    Args:
        function: a function of one tensor, from `keras.ops` or `keras.activations`.

    Returns:
        The class.

    Example:
        >>> start = keras.Input((2,))
        >>> isinstance(origin(keras.ops.softmax(start))[0], operation_class(keras.ops.softmax))
        True
    """
    return type(origin(function(keras.KerasTensor((None, 2))))[0])


def all_layers(model: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """A model and all layers within it, whichever attributes they are stored in.

    Args:
        model: any model or layer.

    Yields:
        The model, then each layer once, in the order of storage; an outer layer comes before its inner ones.

    Example:
        >>> inner = keras.Sequential([keras.layers.PReLU()])
        >>> [type(layer).__name__ for layer in all_layers(keras.Sequential([keras.Input((2,)), inner]))]
        ['Sequential', 'InputLayer', 'Sequential', 'InputLayer', 'PReLU']
    """
    seen: set[int] = set()

    def walk(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            # Keras lists every inner layer here, whatever attribute it is stored in.
            for inner in layer._layers:
                yield from walk(inner)

    yield from walk(model)


def input_structure(model: keras.Model) -> Any:
    """The inputs of a functional model in the structure that the user gave them: names in a dict, or a list.

    Args:
        model: a model built of layers.

    Returns:
        One symbolic tensor, or a structure of them.

    Example:
        >>> start = keras.Input((2,), name="a")
        >>> list(input_structure(keras.Model({"a": start}, start)))
        ['a']
    """
    return getattr(model, "_inputs_struct", model.inputs[0])


def compile_arguments(model: keras.Model) -> dict[str, Any]:
    """The arguments of `compile`, as they were given.

    Args:
        model: a compiled model.

    Returns:
        A copy of the arguments by name.

    Example:
        >>> model = keras.Sequential([keras.Input((2,))])
        >>> model.compile(loss="mse")
        >>> compile_arguments(model)["loss"]
        'mse'
    """
    return dict(model._compile_config.config)


def known_logits(outputs: Any) -> Any:
    """The logits that Keras attaches to the output of its softmax or sigmoid, for its cross-entropies.

    Args:
        outputs: a tensor, symbolic or not.

    Returns:
        The logits; None if Keras attached none.

    Example:
        >>> logits = keras.ops.convert_to_tensor([[1.0, 2.0]])
        >>> known_logits(keras.activations.softmax(logits)) is logits, known_logits(logits)
        (True, None)
    """
    return getattr(outputs, "_keras_logits", None)


def metric_direction(metric: keras.metrics.Metric) -> str | None:
    """Whether larger or smaller values of a metric are better, determined in the same way as in Keras's callbacks.

    Args:
        metric: any metric.

    Returns:
        "up" or "down"; None if the metric does not say.

    Example:
        >>> metric_direction(keras.metrics.MeanSquaredError()), metric_direction(keras.metrics.BinaryAccuracy())
        ('down', 'up')
    """
    direction: str | None = getattr(metric, "_direction", None)
    return direction


def train_function(model: keras.Model) -> TrainFunction | None:
    """The function that `fit` calls for each execution.

    Args:
        model: a compiled model.

    Returns:
        The function; None before `fit` has created it.

    Example:
        >>> train_function(keras.Sequential([keras.Input((2,))])) is None
        True
    """
    function: TrainFunction | None = model.train_function
    return function


def set_train_function(model: keras.Model, function: TrainFunction | None) -> None:
    """Replace the function that `fit` calls for each execution.

    Args:
        model: a compiled model.
        function: maps an iterator of batches to logs; None to let `fit` create a new one from `train_step`.

    Example:
        >>> model = keras.Sequential([keras.Input((2,))])
        >>> set_train_function(model, lambda batches: {})
        >>> made = train_function(model)
        >>> assert made is not None
        >>> made([])
        {}
    """
    model.train_function = function


def make_train_function(model: keras.Model, force: bool = False) -> TrainFunction:
    """Create the function that `fit` calls from the model's current `train_step`.

    Args:
        model: a compiled model.
        force: whether to create it even if there is one already.

    Returns:
        The function, which is also stored in the model.

    Example:
        >>> model = keras.Sequential([keras.Input((2,))])
        >>> model.compile(loss="mse")
        >>> make_train_function(model) is train_function(model)
        True
    """
    model.make_train_function(force=force)
    function: TrainFunction = model.train_function
    return function


def set_maker(model: keras.Model, make: Callable[..., None] | None) -> None:
    """Replace the method by which a model creates its training function.

    Args:
        model: any model.
        make: takes `force` and sets the training function; None to restore Keras's own method.

    Example:
        >>> model = keras.Sequential([keras.Input((2,))])
        >>> set_maker(model, lambda force=False: set_train_function(model, len))
        >>> make_train_function(model) is len
        True
    """
    # Bypasses Keras's own tracking of attributes.
    vars(model).pop("make_train_function", None)
    if make is not None:
        vars(model)["make_train_function"] = make


def keras_train_function(model: keras.Model, force: bool = False) -> TrainFunction:
    """Like `make_train_function`, but always by Keras's own method, even after `set_maker`.

    Args:
        model: a compiled model.
        force: whether to create it even if there is one already.

    Returns:
        The function, which is also stored in the model.

    Example:
        >>> model = keras.Sequential([keras.Input((2,))])
        >>> model.compile(loss="mse")
        >>> set_maker(model, lambda force=False: set_train_function(model, len))
        >>> keras_train_function(model) is len
        False
    """
    type(model).make_train_function(model, force=force)
    function: TrainFunction = model.train_function
    return function


def steps_per_execution(model: keras.Model) -> int:
    """How many batches one call of the training function takes.

    Args:
        model: a compiled model.

    Returns:
        The number of batches.

    Example:
        >>> model = keras.Sequential([keras.Input((2,))])
        >>> model.compile(loss="mse", steps_per_execution=3)
        >>> steps_per_execution(model)
        3
    """
    return int(model.steps_per_execution)


def strategy_of(model: keras.Model) -> tf.distribute.Strategy:
    """The strategy that a model's variables are distributed by.

    Args:
        model: any model.

    Returns:
        TensorFlow's default strategy, with one replica, for a model that was created outside any scope.

    Example:
        >>> strategy_of(keras.Sequential([keras.Input((2,))])).num_replicas_in_sync
        1
    """
    return model.distribute_strategy


def update_variables(update: Callable[..., None], *args: Any) -> None:
    """Run a function that updates variables, once for all replicas, inside a training step.

    Args:
        update: takes the strategy and `args`, merged over the replicas.
        *args: the arguments of the calling replica.

    Example:
        >>> variable = tf.Variable(1.0)
        >>> update_variables(lambda strategy, value: variable.assign(value), 2.0)
        >>> float(variable)
        2.0
    """
    tf.__internal__.distribute.interim.maybe_merge_call(update, tf.distribute.get_strategy(), *args)


def tensorflow_runs() -> bool:
    """Whether TensorFlow has found its devices and started its threads.

    Returns:
        False as long as it is only imported.

    Example:
        >>> tensor = tf.constant(1.0) + 1.0
        >>> tensorflow_runs()
        True
    """
    started = context.context_safe()
    return started is not None and started._context_handle is not None


class WeightCount:
    """How many weights layers have made, and how many were too many.

    Attributes:
        made: so far.
        refused: the number that would have been too many; None while there was none.
    """

    def __init__(self) -> None:
        self.made = 0
        self.refused: int | None = None


@contextmanager
def weights_bounded(most: int) -> Iterator[WeightCount]:
    """Within the block layers that this thread builds refuse to make more weights than that, before memory is taken.

    Args:
        most: how many.

    Yields:
        The count.

    Example:
        >>> with weights_bounded(10) as count:
        ...     keras.layers.Dense(2).build((None, 3))
        >>> count.made
        8
    """
    count, thread, add_weight = WeightCount(), threading.get_ident(), keras.layers.Layer.add_weight

    def counted(layer: keras.layers.Layer, shape: Any = None, *args: Any, **options: Any) -> Any:
        if threading.get_ident() == thread:
            count.made += math.prod((shape,) if isinstance(shape, int) else tuple(shape or ()))
            if count.made > most:
                count.refused = count.made
                raise MemoryError(f"{count.made} weights are more than {most}")
        return add_weight(layer, shape, *args, **options)

    keras.layers.Layer.add_weight = counted
    try:
        yield count
    finally:
        keras.layers.Layer.add_weight = add_weight


def _is_of_keras(thing: Any) -> bool:
    return str(thing.__module__).partition(".")[0] == "keras"

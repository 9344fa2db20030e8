"""Everything that the package uses of Keras and TensorFlow without their promise to keep it.

Names that begin with an underscore, attributes that no documentation mentions, and classes that are not exported may
move in any version. They stand here and nowhere else, each behind a function with a test of its own, so that a new
version that moves one is noticed, and fixed, in one place.
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
"""From an iterator of batches to the logs of one execution."""


def is_graph(model: Any) -> bool:
    """Whether a model computes what its graph of layers shows.

    Args:
        model: anything.

    Returns:
        False for what is not a model, for a model that is not built, and for one with a `call` of its own.

    Example:
        >>> is_graph(keras.Sequential([keras.Input((2,)), keras.layers.ReLU()])), is_graph(keras.Sequential())
        (True, False)
    """
    return isinstance(model, keras.Model) and bool(getattr(model, "inputs", None)) and calls_as_keras(model)


def calls_as_keras(layer: keras.layers.Layer) -> bool:
    """Whether the method `call` of a layer or model is one that Keras brings.

    Args:
        layer: any layer or model.

    Returns:
        False if a class of the user's defines `call`.

    Example:
        >>> calls_as_keras(keras.layers.Dense(1))
        True
    """
    return _is_of_keras(type(layer).call)


def origin(tensor: Any) -> tuple[Any, list[Any]]:
    """What made a tensor of a graph.

    Args:
        tensor: a symbolic tensor, such as one of `model.outputs`.

    Returns:
        The layer or operation, and the symbolic tensors that it was given in that call.

    Example:
        >>> start = keras.Input((2,))
        >>> layer, given = origin(keras.layers.ReLU()(start))
        >>> type(layer).__name__, given[0] is start
        ('ReLU', True)
    """
    operation, node, _ = tensor._keras_history
    return operation, list(operation._inbound_nodes[node].input_tensors)


def operation_class(function: Callable[[Any], Any]) -> type:
    """The class whose instance stands for a function in a graph; Keras does not export it.

    Args:
        function: of `keras.ops` or `keras.activations`, of one tensor.

    Returns:
        The class.

    Example:
        >>> start = keras.Input((2,))
        >>> isinstance(origin(keras.ops.softmax(start))[0], operation_class(keras.ops.softmax))
        True
    """
    return type(origin(function(keras.KerasTensor((None, 2))))[0])


def all_layers(model: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """A model and all layers within it, whatever attribute of what layer holds them.

    Args:
        model: any model or layer.

    Yields:
        The model, then each layer once, in the order in which they are held; a layer before those that it holds.

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
            # Keras names every layer that another one holds here, whatever the attribute it was stored under.
            for inner in layer._layers:
                yield from walk(inner)

    yield from walk(model)


def input_structure(model: keras.Model) -> Any:
    """The inputs of a functional model in the structure in which it was given them: names in a dict, or a list.

    Args:
        model: built of layers.

    Returns:
        One symbolic tensor, or a structure of them.

    Example:
        >>> start = keras.Input((2,), name="a")
        >>> list(input_structure(keras.Model({"a": start}, start)))
        ['a']
    """
    return getattr(model, "_inputs_struct", model.inputs[0])


def compile_arguments(model: keras.Model) -> dict[str, Any]:
    """What `compile` was given, as it was given.

    Args:
        model: compiled.

    Returns:
        The arguments by name; a copy.

    Example:
        >>> model = keras.Sequential([keras.Input((2,))])
        >>> model.compile(loss="mse")
        >>> compile_arguments(model)["loss"]
        'mse'
    """
    return dict(model._compile_config.config)


def known_logits(outputs: Any) -> Any:
    """The logits that Keras keeps with what its softmax or sigmoid returned, for its cross-entropies.

    Args:
        outputs: a tensor, symbolic or not.

    Returns:
        The logits; None where it knows of none.

    Example:
        >>> logits = keras.ops.convert_to_tensor([[1.0, 2.0]])
        >>> known_logits(keras.activations.softmax(logits)) is logits, known_logits(logits)
        (True, None)
    """
    return getattr(outputs, "_keras_logits", None)


def metric_direction(metric: keras.metrics.Metric) -> str | None:
    """Whether a metric is better when larger; Keras's own callbacks ask its metrics in this way.

    Args:
        metric: any.

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
        model: compiled.

    Returns:
        The function; None before `fit` has made it.

    Example:
        >>> train_function(keras.Sequential([keras.Input((2,))])) is None
        True
    """
    function: TrainFunction | None = model.train_function
    return function


def set_train_function(model: keras.Model, function: TrainFunction | None) -> None:
    """Let `fit` call another function for each execution.

    Args:
        model: compiled.
        function: from an iterator of batches to logs; None to let `fit` make a new one from `train_step`.

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
    """Make the function that `fit` calls from the model's `train_step` as it is now.

    Args:
        model: compiled.
        force: whether it is made anew if there is one.

    Returns:
        The function, which the model also keeps.

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
    """Let a model make its training function in another way.

    Args:
        model: any.
        make: takes `force` and sets the training function; None for Keras's own way again.

    Example:
        >>> model = keras.Sequential([keras.Input((2,))])
        >>> set_maker(model, lambda force=False: set_train_function(model, len))
        >>> make_train_function(model) is len
        True
    """
    # Past Keras's own bookkeeping of attributes.
    vars(model).pop("make_train_function", None)
    if make is not None:
        vars(model)["make_train_function"] = make


def keras_train_function(model: keras.Model, force: bool = False) -> TrainFunction:
    """The same as `make_train_function` in Keras's own way, whatever `set_maker` has put in its place.

    Args:
        model: compiled.
        force: whether it is made anew if there is one.

    Returns:
        The function, which the model also keeps.

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
        model: compiled.

    Returns:
        The number.

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
        model: any.

    Returns:
        TensorFlow's default strategy, of one replica, for a model that was made outside any scope.

    Example:
        >>> strategy_of(keras.Sequential([keras.Input((2,))])).num_replicas_in_sync
        1
    """
    return model.distribute_strategy


def update_variables(update: Callable[..., None], *args: Any) -> None:
    """Run a function that updates variables once for all replicas, inside a training step.

    Args:
        update: takes the strategy, then `args`, merged over the replicas.
        *args: of the replica that calls.

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

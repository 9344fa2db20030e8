"""What the package uses of Keras without its promise: a version that moves a name fails here, and says which."""

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

import prelu_rules as pr
from prelu_rules.training import keras_internals as internals

layers = keras.layers
X = np.ones((8, 3), "float32")


def compiled(**options):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), pr.PReLU()])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


class OwnCall(keras.Model):
    """A model with a graph that is not what it computes."""

    def call(self, x):
        return x


def test_is_graph():
    start = keras.Input((3,))
    end = layers.Dense(1)(start)
    assert internals.is_graph(keras.Model(start, end)) and internals.is_graph(compiled())
    for other in (
        OwnCall(),
        OwnCall(start, end),
        keras.Sequential([layers.Dense(1)]),
        layers.Dense(1),
        "model",
        None,
    ):
        assert not internals.is_graph(other)


def test_calls_as_keras():
    assert internals.calls_as_keras(layers.Dense(1)) and internals.calls_as_keras(compiled())
    start = keras.Input((3,))
    assert not internals.calls_as_keras(OwnCall(start, layers.Dense(1)(start)))


def test_origin():
    start, dense = keras.Input((3,)), layers.Dense(3)
    first, other = dense(start), layers.ReLU()(start)
    second, total = dense(first), layers.Add()([first, other])
    assert internals.origin(first)[0] is dense and internals.origin(first)[1][0] is start
    # The second call of the same layer.
    assert internals.origin(second)[0] is dense and internals.origin(second)[1][0] is first
    operation, given = internals.origin(total)
    assert isinstance(operation, layers.Add) and given[0] is first and given[1] is other


@pytest.mark.parametrize("function", [keras.ops.relu, keras.activations.relu, keras.ops.sigmoid, keras.ops.softmax])
def test_operation_class(function):
    found = internals.operation_class(function)
    made = internals.origin(function(keras.Input((3,))))[0]
    assert type(made) is found and not issubclass(found, layers.Layer)


def test_all_layers():
    inner = keras.Sequential([keras.Input((2,)), pr.PReLU(name="inner"), layers.Dense(1, name="last")])
    held = layers.Dense(2, activation=layers.LeakyReLU(name="held"), name="dense")
    model = keras.Sequential(
        [
            keras.Input((3,)),
            held,
            inner,
            layers.Reshape((1, 1)),
            layers.TimeDistributed(layers.Dense(1, name="wrapped")),
        ]
    )
    names = [layer.name for layer in internals.all_layers(model) if not isinstance(layer, layers.InputLayer)]
    assert names[0] == model.name and names[-1] == "wrapped"
    assert [name for name in names if name in ("dense", "held", "inner", "last")] == ["dense", "held", "inner", "last"]
    shared = pr.PReLU()
    twice = keras.Sequential([keras.Input((3,)), shared, layers.Dense(3)])
    twice.kept = shared
    assert sum(layer is shared for layer in internals.all_layers(twice)) == 1


def test_input_structure():
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    both = layers.Concatenate()([a, b])
    assert list(internals.input_structure(keras.Model({"a": a, "b": b}, both))) == ["a", "b"]
    assert internals.input_structure(keras.Model([a, b], both))[1] is b
    assert internals.input_structure(compiled()).shape == (None, 3)


def test_compile_arguments():
    metric = keras.metrics.MeanSquaredError()
    given = internals.compile_arguments(compiled(metrics=[metric], loss="mae"))
    # As it was given, not a copy made from its description.
    assert given["loss"] == "mae" and given["metrics"][0] is metric and "optimizer" in given
    given.clear()
    assert internals.compile_arguments(compiled())


@pytest.mark.parametrize("activation", [keras.activations.softmax, keras.activations.sigmoid, keras.ops.softmax])
def test_known_logits(activation):
    logits = tf.constant([[1.0, 2.0]])
    assert internals.known_logits(logits) is None
    if activation is keras.ops.softmax:
        assert internals.known_logits(layers.Softmax()(logits)) is not None
    else:
        assert internals.known_logits(activation(logits)) is logits


def test_metric_direction():
    assert internals.metric_direction(keras.metrics.BinaryAccuracy()) == "up"
    assert internals.metric_direction(keras.metrics.MeanAbsoluteError()) == "down"
    assert internals.metric_direction(keras.metrics.Mean()) is None


def test_train_function_and_set_train_function():
    model = compiled()
    assert internals.train_function(model) is None
    model.fit(X, X[:, :2], verbose=0)
    found = internals.train_function(model)
    assert callable(found)
    calls = []

    def counting(iterator):
        calls.append(1)
        return found(iterator)

    # Fit calls what was set, and makes a new one of None.
    internals.set_train_function(model, counting)
    model.fit(X, X[:, :2], batch_size=4, verbose=0)
    assert len(calls) == 2
    internals.set_train_function(model, None)
    model.fit(X, X[:, :2], batch_size=4, verbose=0)
    assert len(calls) == 2


def test_make_train_function():
    model = compiled()
    first = internals.make_train_function(model)
    assert internals.make_train_function(model) is first is internals.train_function(model)
    assert internals.make_train_function(model, force=True) is not first


def test_set_maker():
    model, calls = compiled(), []

    def make(force=False):
        calls.append(force)
        internals.keras_train_function(model, force)

    internals.set_maker(model, make)
    # Fit makes its function in that way.
    model.fit(X, X[:, :2], verbose=0)
    assert len(calls) == 1
    internals.make_train_function(model, force=True)
    assert calls[1:] == [True]
    internals.set_maker(model, None)
    internals.make_train_function(model, force=True)
    assert len(calls) == 2 and vars(model).keys() & {"make_train_function"} == set()


def test_keras_train_function():
    model = compiled()
    internals.set_maker(model, lambda force=False: None)
    made = internals.keras_train_function(model, force=True)
    batches = iter(tf.data.Dataset.from_tensors((X, X[:, :2])))
    assert "loss" in made(batches) and internals.train_function(model) is made


@pytest.mark.parametrize("number", [1, 4])
def test_steps_per_execution(number):
    assert internals.steps_per_execution(compiled(steps_per_execution=number)) == number


def test_strategy_of():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = compiled()
    assert isinstance(internals.strategy_of(model), tf.distribute.MirroredStrategy)
    assert internals.strategy_of(compiled()).num_replicas_in_sync == 1


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_update_variables():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        variable = tf.Variable(1.0)

    def update(strategy, value):
        strategy.extended.update(variable, lambda one, new: one.assign_add(new), args=(value,), group=False)

    strategy.run(lambda: internals.update_variables(update, 2.0))
    assert float(variable.numpy()) == 3


def test_weights_bounded():
    """Only of this thread, and only within the block."""
    add_weight = layers.Layer.add_weight
    with internals.weights_bounded(20) as count:
        layers.Dense(4).build((None, 3))
        assert (count.made, count.refused) == (16, None)
        thread = threading.Thread(target=lambda: layers.Dense(4).build((None, 30)))
        thread.start()
        thread.join()
        assert count.made == 16
        with pytest.raises(MemoryError):
            layers.Dense(10**9).build((None, 10**9))
        assert count.refused == 16 + 10**18
    assert layers.Layer.add_weight is add_weight

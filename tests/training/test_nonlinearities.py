"""The table of nonlinearities against what they compute."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import prelu_rules as pr
from prelu_rules.errors import UnsupportedModelError
from prelu_rules.training.keras_internals import origin
from prelu_rules.training.nonlinearities import is_nonlinear, kind_of, link_of, negative_slope

layers = keras.layers


def operation(function):
    return origin(function(keras.Input((2,))))[0]


RECTIFIERS = {
    "ReLU": layers.ReLU(),
    "ReLU with a slope": layers.ReLU(negative_slope=0.5),
    "LeakyReLU": layers.LeakyReLU(),
    "LeakyReLU of its own slope": layers.LeakyReLU(0.1),
    "PReLU": pr.PReLU(0.125),
    "Keras's PReLU": layers.PReLU(keras.initializers.Constant(-0.5)),
    "relu": keras.activations.relu,
    "leaky_relu": keras.activations.leaky_relu,
    "ops.relu": keras.ops.relu,
    "ops.leaky_relu": keras.ops.leaky_relu,
    "tf.nn.relu": tf.nn.relu,
    "tf.nn.leaky_relu": tf.nn.leaky_relu,
    "relu in a graph": operation(keras.ops.relu),
    "activation in a graph": operation(lambda x: keras.activations.relu(x, negative_slope=0.25)),
    "leaky_relu in a graph": operation(lambda x: keras.ops.leaky_relu(x, 0.75)),
}


@pytest.mark.parametrize("name", RECTIFIERS)
def test_the_slope_is_what_is_computed_below_zero(name):
    rectifier = RECTIFIERS[name]
    computed = np.asarray(rectifier(tf.constant([[-1.0, 3.0]])))
    slope = np.broadcast_to(negative_slope(rectifier), (2,))
    np.testing.assert_array_equal(computed[0], [-slope[0], 3])
    assert link_of(rectifier) is None
    if isinstance(rectifier, layers.Layer):
        assert is_nonlinear(rectifier)


class Same(layers.ReLU):
    pass


class Other(layers.ReLU):
    def call(self, x):
        return -x


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (None, "linear"),
        (keras.activations.linear, "linear"),
        (layers.Softmax(), "softmax"),
        (keras.ops.softmax, "softmax"),
        (operation(keras.ops.softmax), "softmax"),
        (operation(keras.activations.sigmoid), "sigmoid"),
        (tf.nn.sigmoid, "sigmoid"),
        (Same(), "relu"),
        (Other(), None),
        (keras.activations.relu6, None),
        (operation(keras.ops.tanh), None),
        (layers.ELU(), None),
        (layers.Dense(1, "relu"), None),
        ("relu", None),
    ],
)
def test_kinds(part, kind):
    assert kind_of(part) == kind
    assert link_of(part) == (kind if kind in ("softmax", "sigmoid") else None)
    assert (negative_slope(part) is not None) == (kind == "relu")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (layers.ReLU(max_value=6, name="six"), "layer 'six' is a ReLU with max_value=6"),
        (layers.ReLU(threshold=1.0, name="late"), "layer 'late' is a ReLU .*threshold=1"),
        (operation(lambda x: keras.activations.relu(x, max_value=2.0)), "max_value=2"),
        (pr.PReLU(name="open"), "layer 'open' .* has no slopes yet"),
    ],
)
def test_what_has_no_one_slope_is_refused(part, message):
    with pytest.raises(UnsupportedModelError, match=message):
        negative_slope(part)


@pytest.mark.parametrize(
    ("layer", "bends"),
    [
        (layers.Dense(1), False),
        (layers.Dense(1, "tanh"), True),
        (layers.Dense(1, activation=layers.ReLU()), True),
        (layers.Activation("linear"), False),
        (layers.Activation("relu"), True),
        (layers.ELU(), True),
        (layers.Softmax(), False),
        (layers.BatchNormalization(), False),
    ],
)
def test_layers_that_bend(layer, bends):
    assert is_nonlinear(layer) == bends

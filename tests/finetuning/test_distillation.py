"""A network that learns from its own earlier outputs, against losses written out in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import prelu_rules as pr
from prelu_rules.finetuning.distillation import SelfDistillation
from prelu_rules.training.copies import copied

pytestmark = pytest.mark.slow

layers = keras.layers
rng = np.random.default_rng(0)
X = rng.normal(size=(24, 2)).astype("float32")
Y = rng.normal(size=(24, 3)).astype("float32")
WEIGHTS = np.linspace(0, 2, 24).astype("float32")
RATE = 0.01


def linear(n_outputs=3, **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), layers.Dense(n_outputs, use_bias=False)])
    model.compile(**{"optimizer": keras.optimizers.SGD(RATE), "loss": "mse", "jit_compile": False, **options})
    return model


def after_a_step(model, then, data, weight, n_batches=5):
    """The weights after a step that begins at `then`, and the loss of it; what the model was is remembered."""
    distillation = SelfDistillation(model, copied(model), data, n_batches, weight)
    distillation.remember()
    model.set_weights([then])
    with distillation.active():
        loss = model.fit(data, shuffle=False, verbose=0).history["loss"][0]
    return model.get_weights()[0], loss


def data(*arrays, batch=24):
    return tf.data.Dataset.from_tensor_slices(arrays).batch(batch)


def mse_gradient(kernel, target, weights):
    return 2 * X.T @ ((X @ kernel - target) * weights[:, None]) / Y.size


@pytest.mark.parametrize("weights", [np.ones(24, "float32"), WEIGHTS])
def test_a_step_is_that_of_both_losses(weights):
    # The remembered network is the best there is, so that it gains something over means.
    best = np.linalg.lstsq(X, Y, rcond=None)[0].astype("float32")
    model, then = linear(), np.zeros((2, 3), "float32")
    model.set_weights([best])
    outputs = X @ best
    spread = np.mean((outputs - outputs.mean(axis=0)) ** 2)
    losses = [np.mean(weights[:, None] * (Y - out) ** 2) for out in (outputs.mean(axis=0), outputs)]
    assert losses[0] > losses[1]
    scale = 0.7 * (losses[0] - losses[1]) / spread
    expected = then - RATE * (mse_gradient(then, Y, weights) + scale * mse_gradient(then, outputs, weights))
    kernel, loss = after_a_step(model, then, data(X, Y, weights), 0.7)
    np.testing.assert_allclose(kernel, expected, rtol=1e-4, atol=1e-6)
    # What is reported is the model's own loss.
    assert loss == pytest.approx(np.mean(weights[:, None] * Y**2), rel=1e-5)


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_the_unit_of_the_targets_does_not_matter(factor):
    best, then = np.linalg.lstsq(X, Y, rcond=None)[0].astype("float32"), np.ones((2, 3), "float32")
    kernels = []
    for unit in (1.0, factor):
        model = linear()
        model.set_weights([unit * best])
        kernels.append(after_a_step(model, np.float32(unit) * then, data(X, np.float32(unit) * Y), 0.5)[0] / unit)
    assert np.abs(kernels[0] - then).max() > 1e-3
    np.testing.assert_allclose(kernels[0], kernels[1], rtol=1e-4)


def test_a_network_no_better_than_its_means_teaches_nothing():
    kernels = []
    for weight in (0.0, 0.5):
        model = linear()
        model.set_weights([-10 * np.linalg.lstsq(X, Y, rcond=None)[0]])
        kernels.append(after_a_step(model, np.ones((2, 3), "float32"), data(X, Y), weight)[0])
    np.testing.assert_array_equal(*kernels)


def test_before_something_is_remembered_targets_alone_count():
    model, plain = linear(), linear()
    with SelfDistillation(model, copied(model), data(X, Y), 5, 0.5).active():
        model.fit(data(X, Y), shuffle=False, verbose=0)
    plain.fit(data(X, Y), shuffle=False, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], plain.get_weights()[0], rtol=1e-6)


def test_what_is_remembered_last_counts():
    """At what it remembers a network is not pulled, and a step is one of its own loss alone."""
    best, then = np.linalg.lstsq(X, Y, rcond=None)[0], np.ones((2, 3), "float32")
    model, plain = linear(), linear()
    model.set_weights([best])
    distillation = SelfDistillation(model, copied(model), data(X, Y), 5, 0.5)
    distillation.remember()
    model.set_weights([then])
    distillation.remember()
    plain.set_weights([then])
    with distillation.active():
        model.fit(data(X, Y), shuffle=False, verbose=0)
    plain.fit(data(X, Y), shuffle=False, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], plain.get_weights()[0], rtol=1e-6)


def test_afterwards_the_network_is_as_any_other():
    best, then = np.linalg.lstsq(X, Y, rcond=None)[0], np.zeros((2, 3), "float32")
    model, plain = linear(), linear()
    model.set_weights([best])
    taught, _ = after_a_step(model, then, data(X, Y), 0.5)
    for one in (model, plain):
        one.set_weights([then])
        one.fit(data(X, Y), shuffle=False, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], plain.get_weights()[0], rtol=1e-6)
    assert np.abs(taught - plain.get_weights()[0]).max() > 1e-4
    assert "compute_loss" not in vars(model)


def test_several_outputs_of_varying_length_each_with_its_weights():
    def batches(weight_p):
        for length in (3, 5):
            x = np.ones((4, length, 2), "float32") * np.arange(4, dtype="float32")[:, None, None]
            weights = {"p": np.full((4, 1), weight_p, "float32"), "q": np.ones((4, 1), "float32")}
            yield x, {"p": 2 * x, "q": x[:, 0]}, weights

    spec = tf.TensorSpec
    signature = (
        spec((None, None, 2)),
        {"p": spec((None, None, 2)), "q": spec((None, 2))},
        {"p": spec((None, 1)), "q": spec((None, 1))},
    )

    def kernel(weight_p, distillation_weight):
        inputs = keras.Input((None, 2))
        outputs = {"p": layers.Dense(2, name="p")(inputs), "q": layers.GlobalAveragePooling1D(name="q")(inputs)}
        model = keras.Model(inputs, outputs)
        model.compile(keras.optimizers.SGD(RATE / 10), {"p": "mse", "q": "mae"}, jit_compile=False)
        rows = tf.data.Dataset.from_generator(lambda: batches(weight_p), output_signature=signature)
        model.get_layer("p").set_weights([2 * np.eye(2), np.zeros(2)])
        distillation = SelfDistillation(model, copied(model), rows, 2, distillation_weight)
        distillation.remember()
        model.get_layer("p").set_weights([np.eye(2), np.zeros(2)])
        with distillation.active():
            model.fit(rows, shuffle=False, verbose=0, steps_per_epoch=2)
        return model.get_layer("p").get_weights()[0][0, 0]

    assert 1 < kernel(1, 0.0) < kernel(1, 0.5) < 2
    assert kernel(0, 0.5) == 1


def test_the_force_acts_beside_it():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(4), pr.PReLU(), layers.Dense(3)])
    model.compile("sgd", "mse", jit_compile=False)
    distillation = SelfDistillation(model, copied(model), data(X, Y), 5, 0.5)
    distillation.remember()
    with distillation.active():
        model.fit(data(X, Y), epochs=8, shuffle=False, verbose=0, callbacks=[pr.IdentityForce(rate=0.1)])
    np.testing.assert_array_equal(model.layers[1].slopes, 1)

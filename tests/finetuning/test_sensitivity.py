"""The estimate for all slopes at once against Jacobians, row by row."""

import keras
import numpy as np
import tensorflow as tf

import prelu_rules as pr
from prelu_rules.finetuning.sensitivity import OutputSensitivity
from prelu_rules.training.slopes import prelu_layers

rng = np.random.default_rng(0)


def network(n_outputs):
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Conv2D(2, 3),
            pr.PReLU(0.3, shared_axes=[1, 2]),
            keras.layers.Conv2D(2, 2),
            keras.layers.PReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(n_outputs),
        ]
    )


def by_jacobians(model, x):
    slopes = [layer.alpha.value for layer in prelu_layers(model)]
    sums = [np.zeros(slope.shape) for slope in slopes]
    for row in x:
        with tf.GradientTape() as tape:
            outputs = model(row[None])[0]
        for total, jacobian in zip(sums, tape.jacobian(outputs, slopes), strict=True):
            total += (jacobian.numpy() ** 2).sum(axis=0)
    return [(1 - slope.numpy()) ** 2 * total for slope, total in zip(slopes, sums, strict=True)]


def test_single_rows_and_one_output_are_exact():
    model = network(1)
    x = rng.normal(size=(10, 4, 4, 1)).astype("float32")
    for ours, theirs in zip(OutputSensitivity(model)(x[:, None]), by_jacobians(model, x), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_batches_and_outputs_are_estimated_without_bias():
    model = network(3)
    x = rng.normal(size=(8, 4, 4, 1)).astype("float32")
    measure = OutputSensitivity(model)
    draws = [measure([x], seed) for seed in range(400)]
    for layer, exact in enumerate(by_jacobians(model, x)):
        estimates = np.stack([draw[layer] for draw in draws])
        error = estimates.std(axis=0) / np.sqrt(len(draws))
        assert (np.abs(estimates.mean(axis=0) - exact) <= 4 * error).all()


def test_a_seed_repeats_the_signs():
    model, x = network(3), rng.normal(size=(2, 8, 4, 4, 1)).astype("float32")
    measure = OutputSensitivity(model)
    first, second, other = measure(x, 5), measure(x, 5), measure(x, 6)
    np.testing.assert_array_equal(first[0], second[0])
    assert not np.array_equal(first[0], other[0])


def test_a_linear_unit_moves_nothing_and_several_outputs_add_up():
    inputs = keras.Input((2,))
    bent = pr.PReLU(1.0)(inputs)
    model = keras.Model(inputs, {"a": keras.layers.PReLU()(bent), "b": keras.layers.Rescaling(2.0)(bent)})
    linear, bend = OutputSensitivity(model)([np.array([[-3.0, 1.0]], "float32")])
    assert linear.tolist() == [0, 0]
    np.testing.assert_allclose(bend, [9, 0])


def test_dropout_is_as_at_inference():
    model = keras.Sequential([keras.Input((1,)), keras.layers.PReLU(), keras.layers.Dropout(0.9)])
    assert OutputSensitivity(model)([np.array([[-2.0]], "float32")])[0].tolist() == [4]

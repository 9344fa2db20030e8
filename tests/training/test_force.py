"""The force against its twin, and in every way in which Keras runs a training step."""

import itertools
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import paper_twin
import pytest
import tensorflow as tf

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, TrainingError, UnsupportedModelError
from prelu_rules.experiments.paper_training import layered
from prelu_rules.experiments.toy import XOR

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*shuffle=True.*was passed:UserWarning")]

rng = np.random.default_rng(0)
X = rng.normal(size=(256, 4)).astype("float32")
Y = (np.abs(X[:, :1]) + X[:, 1:2]).astype("float32")


def batches(size=32):
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(size)


def network(layer=pr.PReLU, **compiling):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6), layer(), keras.layers.Dense(1)])
    model.compile(**{"optimizer": keras.optimizers.SGD(0.05), "loss": "mse", "jit_compile": False, **compiling})
    return model


def force(**changes):
    """A force that is awake and refreshed within a few steps."""
    return pr.IdentityForce(**{"eta_0": 0.5, "threshold": 10.0, "refresh_every": 7, **changes})


def trained_slopes(model, callback=None, epochs=4):
    model.fit(batches(), epochs=epochs, verbose=0, callbacks=[callback or force()])
    return np.concatenate([layer.alpha.numpy().ravel() for layer in model.layers if hasattr(layer, "alpha")])


@pytest.fixture(scope="module")
def plain():
    return trained_slopes(network())


def test_three_thousand_steps_agree_with_the_slow_twin():
    keras.utils.set_random_seed(3)
    widths = (4, 5, 5, 5, 5, 3)
    parts = [keras.Input((4,))]
    for fan_in, width in itertools.pairwise(widths):
        start = [keras.initializers.RandomUniform(-(fan_in**-0.5), fan_in**-0.5, seed=s) for s in (width, fan_in)]
        parts += [keras.layers.Dense(width, kernel_initializer=start[0], bias_initializer=start[1]), pr.PReLU()]
    model = keras.Sequential(parts[:-1])
    begin = layered(model)
    steps, targets = 3000, np.tile(XOR.targets, (4, 1))
    noise = np.random.default_rng(4).normal(0, 0.01, (steps, 64, 4))
    noisy = (np.tile(XOR.inputs, (4, 1)) + noise).astype("float32")
    # The paper's threshold of 0.01 is not reached so early; with 1 the force works from the first refresh on.
    arguments = {"eta_0": 0.01, "threshold": 1.0, "refresh_every": 100}
    model.compile(keras.optimizers.SGD(0.01), "mse", steps_per_execution=500, jit_compile=False)
    data = tf.data.Dataset.from_tensor_slices(noisy).map(lambda x: (x, targets.astype("float32")))
    callback = pr.IdentityForce(**arguments)
    model.fit(data, epochs=1, verbose=0, callbacks=[callback])

    twin = paper_twin.train(begin.kernels, begin.biases, begin.slopes, noisy, targets, learning_rate=0.01, **arguments)
    end = layered(model)
    for ours, theirs in zip((end.kernels, end.biases, end.slopes), twin[:3], strict=True):
        for array, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(array, other, rtol=0, atol=2e-4)
    assert callback.rate == pytest.approx(twin[3], rel=1e-3) and callback.rate > 0
    assert np.mean(np.concatenate(end.slopes)) > np.mean(np.concatenate(begin.slopes)) + 0.1


@pytest.mark.parametrize(
    "compiling",
    [
        {"steps_per_execution": 5},
        {"jit_compile": True},
        {"jit_compile": True, "steps_per_execution": 8},
        {"run_eagerly": True},
    ],
    ids=str,
)
def test_however_the_step_is_compiled_the_slopes_are_the_same(plain, compiling):
    np.testing.assert_allclose(trained_slopes(network(**compiling)), plain, rtol=1e-4)


def test_the_force_acts(plain):
    model = network()
    model.fit(batches(), epochs=4, verbose=0)
    assert (plain > model.layers[1].slopes + 0.1).all()


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad"])
def test_any_optimiser(optimizer):
    assert (trained_slopes(network(optimizer=optimizer), pr.IdentityForce(rate=0.1)) == 1).all()


def test_keras_own_prelu_layers_are_pulled_too():
    model = network(layer=keras.layers.PReLU, optimizer=keras.optimizers.SGD(0.0))
    assert (trained_slopes(model, pr.IdentityForce(rate=0.1)) == 1).all()


def test_two_replicas_are_one_device():
    code = f"""
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import sys
sys.path[:0] = {[str(folder) for folder in Path(__file__).parents[:2]]!r}
import keras, test_force as t
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
for layer in (t.pr.PReLU, keras.layers.PReLU):
    for callback in (t.force, lambda: t.force(error=lambda y, p: tf.reduce_mean((y - p) ** 2))):
        alone = t.trained_slopes(t.network(layer), callback())
        with strategy.scope():
            model = t.network(layer)
        np.testing.assert_allclose(t.trained_slopes(model, callback()), alone, rtol=1e-4)
print("same")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("same"), done.stderr[-2000:]


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.bend, self.last = keras.layers.Dense(6), pr.PReLU(), keras.layers.Dense(1)

    def call(self, x):
        return self.last(self.bend(self.first(x)))


class OwnStep(Subclassed):
    """A training step that never calls `compute_loss`."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x) - y) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


@pytest.mark.parametrize("kind", [Subclassed, OwnStep])
def test_subclassed_models(kind):
    model = kind()
    model.compile(keras.optimizers.SGD(0.05), "mse", jit_compile=False)
    callback = force()
    model.fit(batches(), verbose=0, callbacks=[callback])
    assert callback.rate > 0
    model.fit(batches(), verbose=0, callbacks=[pr.IdentityForce(rate=0.5)])
    assert (model.bend.slopes == 1).all()


def test_an_error_of_ones_own_needs_compute_loss():
    model = OwnStep()
    model.compile(keras.optimizers.SGD(0.05), "mse")
    with pytest.raises(TrainingError, match="never calls compute_loss"):
        model.fit(batches(), verbose=0, callbacks=[force(error=lambda y, p: tf.reduce_mean(y - p))])


def test_slopes_arrive_at_exactly_one_and_stay():
    """The force is the proximal step of the rate times |1 - a|: whatever the data do not hold back ends at 1."""
    model = network(optimizer=keras.optimizers.SGD(1e-3))
    history = model.fit(batches(), epochs=6, verbose=0, callbacks=[pr.IdentityForce(rate=0.03)])
    assert model.layers[1].slopes.tolist() == [1.0] * 6
    assert history.history["nonlinear_units"][-3:] == [0, 0, 0]


def test_the_rate_follows_the_error_of_the_last_batch():
    model = network(optimizer=keras.optimizers.SGD(0.0))
    callback = force(eta_0=0.02, threshold=100.0, refresh_every=8)
    history = model.fit(batches(), epochs=2, verbose=0, callbacks=[callback], shuffle=False)
    error = np.mean((model.predict(X[-32:], verbose=0) - Y[-32:]) ** 2)
    # Only the second epoch's slopes differ from those that the first rate was computed with.
    assert history.history["force_rate"][0] == pytest.approx(0.02 * 0.01 * np.log10(100 / error), rel=0.02)
    assert history.history["nonlinear_units"] == [6, 6]


def test_the_force_sleeps_above_the_threshold():
    model = network()
    with_force = trained_slopes(model, force(threshold=1e-6))
    other = network()
    other.fit(batches(), epochs=4, verbose=0)
    np.testing.assert_array_equal(with_force, other.layers[1].alpha.numpy())


OUTSIDE = np.array([-0.7, -0.1, 0.0, 0.5, 1.0, 1.5], "float32")


def unlimited(**compiling):
    """Keras's own PReLU, with slopes outside [0, 1]."""
    model = network(layer=keras.layers.PReLU, **compiling)
    model.layers[1].alpha.assign(OUTSIDE)
    return model


@pytest.mark.parametrize("compiling", [{}, {"jit_compile": True}, {"run_eagerly": True}], ids=str)
@pytest.mark.parametrize(
    "asleep",
    [
        {"threshold": 1e-6},
        {"refresh_every": 1000},
        {"rate": 0.0},
        {"rate": lambda step: 0.0 * tf.cast(step, "float32")},
    ],
    ids=["error above the threshold", "not started", "rate 0", "schedule of 0"],
)
def test_a_sleeping_force_leaves_slopes_outside_its_limits(asleep, compiling):
    plain, forced = unlimited(**compiling), unlimited(**compiling)
    plain.fit(batches(), epochs=2, verbose=0)
    forced.fit(batches(), epochs=2, verbose=0, callbacks=[force(**asleep)])
    for ours, theirs in zip(forced.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert forced.layers[1].alpha.numpy()[0] < -0.1 and forced.layers[1].alpha.numpy()[-1] > 1.1


def test_a_force_that_wakes_limits_slopes_as_in_the_paper():
    model = unlimited(optimizer=keras.optimizers.SGD(0.0))
    wakes = keras.optimizers.schedules.PiecewiseConstantDecay([6], [0.0, 0.01])
    model.fit(batches(), verbose=0, callbacks=[pr.IdentityForce(rate=wakes)])
    # One of eight steps is pushed: a <- max(0, min(1, a + eta sgn(1 - a))).
    expected = np.clip(OUTSIDE + 0.01 * np.sign(1 - OUTSIDE), 0, 1)
    np.testing.assert_allclose(model.layers[1].alpha.numpy(), expected, atol=1e-6)


def test_rates_of_ones_own():
    model = network(optimizer=keras.optimizers.SGD(0.0))
    callback = pr.IdentityForce(rate=keras.optimizers.schedules.PiecewiseConstantDecay([9], [0.0, 0.01]))
    model.fit(batches(), epochs=2, verbose=0, callbacks=[callback])
    # Steps 10 to 15, counted from 0, are pushed.
    np.testing.assert_allclose(model.layers[1].slopes, 0.25 + 6 * 0.01, rtol=1e-5)
    assert callback.rate == pytest.approx(0.01)


@pytest.mark.parametrize("error", [0.0, np.nan, np.inf])
def test_errors_that_are_no_numbers_leave_slopes_that_are(error):
    slopes = trained_slopes(network(), force(error=lambda y, p: tf.constant(error, tf.float32)), epochs=1)
    assert np.isfinite(slopes).all() and (slopes <= 1).all()
    # An error of 0 is a reason to pull hard; others are none.
    assert (slopes.min() > 0.5) == (error == 0)


def test_frozen_layers_are_left_alone():
    model = keras.Sequential([keras.Input((4,)), pr.PReLU(), keras.layers.Dense(2), pr.PReLU(), keras.layers.Dense(1)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    model.fit(batches(), verbose=0, callbacks=[pr.IdentityForce(rate=1.0)])
    assert model.layers[0].slopes.tolist() == [0.25] * 4 and model.layers[2].slopes.tolist() == [1.0] * 2


class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 3:
            raise KeyboardInterrupt


@pytest.mark.parametrize("interrupted", [False, True])
def test_nothing_of_the_force_is_left_behind(interrupted, tmp_path):
    """A second fit without the force is that of a model which never had one, also after an interruption."""
    model = network()
    before = set(vars(model))
    if interrupted:
        with pytest.raises(KeyboardInterrupt):
            model.fit(batches(), verbose=0, callbacks=[force(), Stop()])
    else:
        model.fit(batches(), verbose=0, callbacks=[force()])
    fresh = network()
    fresh.set_weights(model.get_weights())
    for one in (model, fresh):
        one.fit(batches(), epochs=3, verbose=0)
    for ours, theirs in zip(model.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert "compute_loss" not in vars(model) and "train_step" not in vars(model)
    assert set(vars(model)) - before <= set(vars(fresh))
    assert len(model.weights) == len(fresh.weights)
    model.save(tmp_path / "model.keras")


def test_a_checkpoint_may_be_saved_while_the_force_works(tmp_path):
    model = network()
    model.fit(batches(), verbose=0, callbacks=[keras.callbacks.ModelCheckpoint(tmp_path / "m.keras"), force()])
    np.testing.assert_array_equal(
        keras.saving.load_model(tmp_path / "m.keras").layers[1].slopes, model.layers[1].slopes
    )


def test_a_second_fit_with_the_force_starts_afresh():
    callback = pr.IdentityForce(rate=lambda step: tf.cast(step, tf.float32) * 1e-3)
    model = network(optimizer=keras.optimizers.SGD(0.0))
    model.fit(batches(), verbose=0, callbacks=[callback])
    once = model.layers[1].slopes
    model.fit(batches(), verbose=0, callbacks=[callback])
    np.testing.assert_allclose(model.layers[1].slopes - once, once - 0.25, rtol=1e-4)


def test_bad_use_is_named():
    with pytest.raises(TrainingError, match="two IdentityForce callbacks"):
        network().fit(batches(), verbose=0, callbacks=[force(), force()])
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(UnsupportedModelError, match="has no trainable PReLU layer"):
        model.fit(batches(), verbose=0, callbacks=[force()])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"eta_0": 0.0}, r"eta_0 is 0\.0"),
        ({"threshold": np.nan}, "threshold is nan"),
        ({"refresh_every": 0}, "refresh_every is 0"),
        ({"refresh_every": 1.5}, r"refresh_every is 1\.5"),
        ({"error": "accuracy"}, "error is 'accuracy'"),
        ({"rate": -1.0}, r"rate is -1\.0"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InvalidValueError, match=message):
        pr.IdentityForce(**arguments)

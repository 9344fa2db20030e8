"""Models without their softmax, and where Keras finds the logits by itself."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import prelu_rules as pr
from prelu_rules.doctor.logits import ends_in_softmax, link_at_end
from prelu_rules.errors import UnsupportedModelError


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)


def sequential(*parts, n_inputs=3):
    return keras.Sequential([keras.Input((n_inputs,)), *parts])


def functional(step, n_inputs=3):
    x = keras.Input((n_inputs,))
    return keras.Model(x, step(x))


def nested():
    inner = sequential(layers.Dense(4, activation="softmax"), n_inputs=5)
    return sequential(layers.Dense(5), inner)


def two_inputs():
    a, b = keras.Input((2,)), keras.Input((4,), dtype="int32")
    words = layers.Flatten()(layers.Embedding(2, 3)(b))
    return keras.Model([a, b], layers.Dense(3, activation="softmax")(layers.Concatenate()([a, words])))


def softmax_used_twice():
    x, softmax = keras.Input((3,)), layers.Softmax()
    return keras.Model(x, softmax(layers.Dense(4)(softmax(x))))


MODELS = {
    "activation of the last layer": lambda: sequential(layers.Dense(4, activation="softmax")),
    "a layer": lambda: sequential(layers.BatchNormalization(), layers.Dense(4), layers.Softmax()),
    "an Activation layer": lambda: functional(lambda x: layers.Activation("softmax")(layers.Dense(4)(x))),
    "an operation": lambda: functional(lambda x: keras.ops.softmax(layers.Dense(4)(x))),
    "the last axis by its number": lambda: sequential(layers.Dense(4), layers.Softmax(axis=1)),
    "a nested model": nested,
    "two inputs": two_inputs,
    "twice": softmax_used_twice,
    "a convolution": lambda: keras.Sequential([keras.Input((6, 2)), layers.Conv1D(4, 3, activation="softmax")]),
}


def random_inputs(model):
    rng = np.random.default_rng(1)
    x = [rng.integers(0, 2, (7, *one.shape[1:])).astype(one.dtype) for one in model.inputs]
    return x if len(x) > 1 else x[0]


@pytest.mark.parametrize("name", MODELS)
def test_the_softmax_of_the_copy_is_the_model(name):
    model = MODELS[name]()
    copy = pr.with_logits(model)
    x = random_inputs(model)
    np.testing.assert_allclose(keras.ops.softmax(copy(x)), model(x), atol=1e-6)
    assert ends_in_softmax(model) and not ends_in_softmax(copy)
    assert np.abs(np.array(copy(x)).sum(axis=-1) - 1).max() > 1e-3
    # The copy has weights of its own.
    before = np.array(model(x))
    for weight in copy.trainable_weights:
        weight.assign_add(np.ones(weight.shape))
    np.testing.assert_array_equal(model(x), before)


@pytest.mark.parametrize(
    ("loss", "smoothing"),
    [
        ("sparse_categorical_crossentropy", 0),
        ("crossentropy", 0),
        (keras.losses.sparse_categorical_crossentropy, 0),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.1, reduction="sum"), 0.1),
        ([keras.losses.SparseCategoricalCrossentropy(from_logits=False)], 0),
    ],
)
def test_a_compiled_model_is_compiled_again(loss, smoothing):
    model = sequential(layers.Dense(3, activation="softmax"))
    model.compile(keras.optimizers.SGD(0.3, momentum=0.5), loss, metrics=["accuracy"])
    copy = pr.with_logits(model)
    assert copy.optimizer is not model.optimizer
    assert copy.optimizer.get_config() == model.optimizer.get_config()
    assert isinstance(copy.loss, pr.StableSoftmaxCrossentropy) and copy.loss.label_smoothing == smoothing
    assert copy.loss.reduction == ("sum" if smoothing else "sum_over_batch_size")


def test_a_compiled_copy_trains_as_the_model_does_where_keras_finds_the_logits():
    model = sequential(layers.Dense(3, activation="softmax"))
    model.compile(keras.optimizers.SGD(0.3), "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    copy = pr.with_logits(model)
    x = np.random.default_rng(0).normal(size=(30, 3)).astype("float32")
    y = np.argmax(x, axis=1)
    ours, theirs = (one.fit(x, y, epochs=2, shuffle=False, verbose=0).history for one in (copy, model))
    np.testing.assert_allclose(ours["loss"], theirs["loss"], rtol=1e-5)
    assert ours["accuracy"] == theirs["accuracy"]


SIGMOIDS = {
    "activation of the last layer": lambda: sequential(layers.Dense(2, activation="relu"), layers.Dense(1, "sigmoid")),
    "several outputs": lambda: sequential(layers.Dense(3, activation="sigmoid")),
    "an Activation layer": lambda: sequential(layers.Dense(1), layers.Activation("sigmoid")),
    "an operation": lambda: functional(lambda x: keras.ops.sigmoid(layers.Dense(1)(x))),
    "a nested model": lambda: sequential(layers.Dense(5), sequential(layers.Dense(1, "sigmoid"), n_inputs=5)),
    "behind a softmax": lambda: sequential(layers.Softmax(), layers.Dense(2, activation="sigmoid")),
    "a convolution": lambda: keras.Sequential([keras.Input((6, 2)), layers.Conv1D(4, 3, activation="sigmoid")]),
}


@pytest.mark.parametrize("name", SIGMOIDS)
def test_the_sigmoid_of_the_copy_is_the_model(name):
    model = SIGMOIDS[name]()
    copy = pr.with_logits(model)
    x = 3 * random_inputs(model) - 1
    np.testing.assert_allclose(keras.ops.sigmoid(copy(x)), model(x), atol=1e-6)
    assert link_at_end(model) == "sigmoid" and link_at_end(copy) is None and not ends_in_softmax(model)
    assert np.array(copy(x)).min() < 0


@pytest.mark.parametrize(
    "loss", ["binary_crossentropy", keras.losses.binary_crossentropy, keras.losses.BinaryCrossentropy()]
)
def test_a_copy_without_sigmoid_trains_and_counts_as_the_model_does(loss):
    model = sequential(layers.Dense(1, activation="sigmoid"))
    metrics = ["accuracy", keras.metrics.BinaryAccuracy(name="strict", threshold=0.7)]
    model.compile(keras.optimizers.SGD(0.3), loss, metrics=metrics, jit_compile=False)
    copy = pr.with_logits(model)
    assert copy.loss.from_logits and copy.optimizer is not model.optimizer
    x = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
    y = (x[:, :1] > 0).astype("float32")
    ours, theirs = (one.fit(x, y, epochs=3, shuffle=False, verbose=0).history for one in (copy, model))
    assert set(ours) == set(theirs) == {"loss", "accuracy", "strict"}
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-5)
    assert theirs["accuracy"] != theirs["strict"]


@pytest.mark.parametrize(
    ("loss", "metrics", "message"),
    [
        ("mse", None, "with the loss 'mse', which is not a plain cross-entropy on the probabilities of a sigmoid"),
        ("categorical_crossentropy", None, "'categorical_crossentropy'"),
        ("binary_focal_crossentropy", None, "'binary_focal_crossentropy'"),
        ("binary_crossentropy", [keras.metrics.AUC(name="area")], "metric 'area', which may need"),
        ("binary_crossentropy", [keras.metrics.Precision(name="share")], "metric 'share'"),
    ],
)
def test_sigmoids_compiled_for_something_else_are_refused(loss, metrics, message):
    model = sequential(layers.Dense(2, activation="sigmoid"))
    model.compile("sgd", loss, metrics=metrics)
    with pytest.raises(UnsupportedModelError, match=message):
        pr.with_logits(model)


class Own(keras.Model):
    """A model with a call of its own."""

    def call(self, x):
        return keras.ops.softmax(x)


def two_outputs():
    x = keras.Input((3,))
    return keras.Model(x, [layers.Softmax()(x), layers.Softmax()(x)])


def shared():
    x, last = keras.Input((3,)), layers.Dense(3, activation="softmax", name="shared")
    return keras.Model(x, last(last(x)), name="m")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: sequential(layers.Dense(2, name="last")), r"ends in 'last' \(Dense\), which is neither a softmax"),
        (lambda: sequential(layers.Softmax(), layers.Reshape((3,), name="last")), r"'last' \(Reshape\)"),
        (lambda: sequential(layers.Softmax(), layers.Dense(2, name="last", activation="tanh")), r"\(Dense\)"),
        (lambda: functional(lambda x: layers.Softmax(name="last")(x, mask=x > 0)), r"'last' \(Softmax\)"),
        (lambda: keras.Sequential([keras.Input((2, 3)), layers.Softmax(axis=1)]), r"\(Softmax\)"),
        (lambda: sequential(sequential(layers.Dense(3, activation="relu"))), r"\(Sequential\)"),
        (two_outputs, "has 2 outputs"),
        (lambda: Own(name="own"), "the model 'own' is not built of layers"),
        (lambda: keras.Sequential([layers.Softmax()], name="open"), "the model 'open' is not built"),
        (lambda: "no model", "'no model' is not built"),
        (shared, "the copy of 'm' without its softmax differs in its outputs by up to"),
    ],
)
def test_models_that_do_not_end_in_a_softmax_are_refused(model, message):
    with pytest.raises(UnsupportedModelError, match=message):
        pr.with_logits(model())


@pytest.mark.parametrize(
    ("loss", "metrics", "message"),
    [
        ("mse", None, "compiled with the loss 'mse', which is not a plain cross-entropy"),
        (keras.losses.SparseCategoricalCrossentropy(ignore_class=0), None, "'sparse_categorical_crossentropy'"),
        ("categorical_crossentropy", ["accuracy", keras.metrics.AUC(name="area")], "metric 'area', which may need"),
        ("categorical_crossentropy", ["mse"], "metric 'mse'"),
    ],
)
def test_models_compiled_for_probabilities_are_refused(loss, metrics, message):
    model = sequential(layers.Dense(3, activation="softmax"))
    model.compile("sgd", loss, metrics=metrics)
    with pytest.raises(UnsupportedModelError, match=message):
        pr.with_logits(model)


IN_BETWEEN = {
    "nothing": lambda: sequential(layers.Softmax()),
    "an identity": lambda: sequential(layers.Softmax(), layers.Activation("linear")),
    "TensorFlow's own": lambda: sequential(layers.Lambda(tf.nn.softmax)),
    "a reshape": lambda: sequential(layers.Softmax(), layers.Reshape((3,))),
    "a concatenation": lambda: functional(lambda x: layers.Concatenate()([layers.Softmax()(x)])),
    "a cast": lambda: sequential(layers.Softmax(dtype="mixed_float16")),
    "a mask": lambda: functional(lambda x: layers.Softmax()(x, mask=x > -1)),
}


@pytest.mark.parametrize("mode", ["graph", "jit", "eager"])
@pytest.mark.parametrize("name", IN_BETWEEN)
def test_where_keras_finds_the_logits(name, mode):
    """What the module says of Keras: a row whose class is 30 below has a loss of 30, or of 16.1 where it is clipped."""
    model = IN_BETWEEN[name]()
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=mode == "eager", jit_compile=mode == "jit")
    loss = float(model.test_on_batch(np.array([[30.0, 0.0, 0.0]], "float32"), np.array([1])))
    found = name in ("nothing", "an identity") or (name == "TensorFlow's own" and mode != "eager")
    assert loss == pytest.approx(30 if found else -np.log(1e-7), rel=1e-3)

"""The stable loss against TensorFlow's, SciPy's and Keras's, and what it refuses."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import log_softmax, softmax

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.training.stable_loss import softmax_crossentropy

SHAPES = st.tuples(st.integers(1, 5), st.integers(2, 6))
SIZES = st.sampled_from([1.0, 100.0, 1e4])


@st.composite
def problems(draw):
    """Logits of up to 1e4, and a class for each row."""
    shape = draw(SHAPES)
    logits = draw(SIZES) * draw(arrays("float32", shape, elements=st.floats(-1, 1, width=32)))
    return draw(arrays("int64", shape[0], elements=st.integers(0, shape[1] - 1))), logits.astype("float32")


def one_hot(classes, n_classes):
    return np.eye(n_classes, dtype="float32")[classes]


@given(problems(), st.sampled_from([0.0, 0.1, 1.0]))
def test_it_is_what_scipy_and_tensorflow_say(problem, smoothing):
    classes, logits = problem
    n_classes = logits.shape[1]
    dense = one_hot(classes, n_classes)
    smooth = (1 - smoothing) * dense + smoothing / n_classes
    # Exact up to float64: SciPy is given the very logits.
    expected = -(smooth * log_softmax(logits.astype("float64"), axis=1)).sum(axis=1)
    close = {"rtol": 1e-5, "atol": 1e-6}
    for labels in (dense, classes, classes[:, None]):
        np.testing.assert_allclose(softmax_crossentropy(labels, logits, smoothing), expected, **close)
        loss = pr.StableSoftmaxCrossentropy(smoothing)(labels, logits)
        np.testing.assert_allclose(loss, expected.mean(), **close)
    theirs = tf.nn.softmax_cross_entropy_with_logits(smooth.astype("float32"), logits)
    np.testing.assert_allclose(softmax_crossentropy(dense, logits, smoothing), theirs, **close)


@given(problems(), st.booleans())
def test_its_gradient_is_softmax_minus_label_for_logits_of_any_size(problem, sparse):
    classes, logits = problem
    dense = one_hot(classes, logits.shape[1])
    labels, outputs = tf.constant(classes if sparse else dense), tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch([outputs, labels] if not sparse else outputs)
        loss = pr.StableSoftmaxCrossentropy()(labels, outputs)
    by_outputs, by_labels = tape.gradient(loss, [outputs, labels])
    expected = (softmax(logits.astype("float64"), axis=1) - dense) / len(classes)
    np.testing.assert_allclose(by_outputs, expected, rtol=1e-5, atol=1e-6)
    assert by_labels is None, "a gradient flows into the labels"


def test_a_cross_entropy_on_probabilities_has_no_gradient_where_this_one_has():
    """The reason for all this; a reshape keeps Keras from finding the logits."""
    logits = tf.constant([[30.0, 0.0, 0.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        probabilities = keras.ops.reshape(keras.ops.softmax(logits), (1, 3))
        clipped = keras.losses.SparseCategoricalCrossentropy()(np.array([1]), probabilities)
        stable = pr.StableSoftmaxCrossentropy()(np.array([1]), logits)
    assert np.abs(tape.gradient(clipped, logits)).max() == 0
    np.testing.assert_allclose(tape.gradient(stable, logits), [[1, -1, 0]], atol=1e-6)


def test_sample_weights_and_further_axes_are_as_in_keras():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4, 3, 5)).astype("float32")
    classes, weights = rng.integers(0, 5, (4, 3)), rng.uniform(size=(4, 3))
    ours, theirs = pr.StableSoftmaxCrossentropy(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for labels in (classes, classes[:, :, None], one_hot(classes, 5)):
        for w in (None, weights, weights[:, :1]):
            np.testing.assert_allclose(ours(labels, logits, w), theirs(classes, logits, w), rtol=1e-6)
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2, reduction="sum")
    ours = pr.StableSoftmaxCrossentropy(label_smoothing=0.2, reduction="sum")
    np.testing.assert_allclose(ours(classes, logits), theirs(one_hot(classes, 5), logits), rtol=1e-6)


def trained(loss, labels):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile(keras.optimizers.SGD(0.5), loss, metrics=["accuracy"], jit_compile=False)
    x = np.random.default_rng(0).normal(size=(len(labels), 2)).astype("float32")
    model.fit(x, labels, batch_size=10, epochs=2, verbose=0, shuffle=False)
    return model, x


def test_training_with_labels_of_either_kind_saving_and_loading(tmp_path):
    labels = np.random.default_rng(0).integers(0, 3, 40)
    model, x = trained(pr.StableSoftmaxCrossentropy(0.1), labels)
    dense, _ = trained(keras.losses.CategoricalCrossentropy(True, label_smoothing=0.1), one_hot(labels, 3))
    np.testing.assert_allclose(model.get_weights()[0], dense.get_weights()[0], rtol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(again.loss, pr.StableSoftmaxCrossentropy) and again.loss.get_config() == model.loss.get_config()
    assert again.loss.get_config()["label_smoothing"] == 0.1
    for copy in (model, again):
        copy.fit(x, labels, epochs=1, verbose=0, shuffle=False)
    np.testing.assert_allclose(again.get_weights()[0], model.get_weights()[0], rtol=1e-6)


def test_classes_beyond_the_logits_are_not_passed_over():
    with pytest.raises(tf.errors.InvalidArgumentError, match="label value of 3 which is outside the valid range"):
        softmax_crossentropy(np.array([3]), np.zeros((1, 3), "float32"))


@pytest.mark.parametrize(
    ("labels", "logits", "message"),
    [
        (np.zeros(2), np.zeros((2, 1)), r"logits have the shape \(2, 1\); their last axis"),
        (np.zeros(()), np.zeros(()), r"logits have the shape \(\)"),
        (np.zeros((2, 4)), np.zeros((2, 3)), r"labels have the shape \(2, 4\) and the logits \(2, 3\); give one index"),
        (np.zeros(()), np.zeros((2, 3)), r"labels have the shape \(\)"),
    ],
)
def test_shapes_that_do_not_fit(labels, logits, message):
    with pytest.raises(ShapeError, match=message):
        pr.StableSoftmaxCrossentropy()(labels.astype("float32"), logits.astype("float32"))


def test_labels_of_an_unknown_number_of_axes():
    @tf.function(autograph=False, input_signature=[tf.TensorSpec(None), tf.TensorSpec((None, 3))])
    def loss(labels, logits):
        return softmax_crossentropy(labels, logits)

    with pytest.raises(ShapeError, match="compile the model again"):
        loss(np.zeros(2, "float32"), np.zeros((2, 3), "float32"))


def test_probabilities_and_smoothing_out_of_range_are_refused():
    with pytest.raises(InvalidValueError, match="the output of a softmax; remove it"):
        pr.StableSoftmaxCrossentropy()(np.array([0]), keras.ops.softmax(np.zeros((1, 3), "float32")))
    with pytest.raises(InvalidValueError, match="label_smoothing is 1.5"):
        pr.StableSoftmaxCrossentropy(1.5)

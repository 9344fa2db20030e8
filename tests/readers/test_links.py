"""Models that end in a softmax or sigmoid: rules of their logits, and probabilities that are the model's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import prelu_rules as pr
from prelu_rules.domains.box import Box
from prelu_rules.errors import InvalidValueError, UnsupportedModelError
from prelu_rules.network.reading import ReadNetwork, read_network, read_with_link

layers = keras.layers
ROWS = np.random.default_rng(5).normal(size=(40, 3)) * np.geomspace(0.1, 20, 40)[:, None]


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)


def network(*last, dtype="float32", n_inputs=3):
    parts = [keras.Input((n_inputs,), dtype=dtype), layers.Dense(3, dtype=dtype), pr.PReLU(dtype=dtype)]
    return keras.Sequential([*parts, *last])


def operation(function, width):
    start = keras.Input((3,))
    return keras.Model(start, function(layers.Dense(width)(pr.PReLU()(layers.Dense(3)(start)))))


ENDS = {
    "softmax": lambda: network(layers.Dense(3, activation="softmax")),
    "two classes": lambda: network(layers.Dense(2, activation="softmax")),
    "Softmax layer": lambda: network(layers.Dense(3), layers.Softmax()),
    "last axis by its number": lambda: network(layers.Dense(3), layers.Softmax(axis=1)),
    "Activation layer": lambda: network(layers.Dense(3), layers.Activation("softmax")),
    "layer as activation": lambda: network(layers.Dense(3, activation=layers.Softmax())),
    "softmax operation": lambda: operation(keras.ops.softmax, 3),
    "TensorFlow's softmax": lambda: network(layers.Dense(3, activation=tf.nn.softmax)),
    "float64": lambda: network(layers.Dense(3, activation="softmax", dtype="float64"), dtype="float64"),
    "sigmoid": lambda: network(layers.Dense(1, activation="sigmoid")),
    "sigmoid layer": lambda: network(layers.Dense(1), layers.Activation("sigmoid")),
    "sigmoid operation": lambda: operation(keras.activations.sigmoid, 1),
    "sigmoid in float64": lambda: network(layers.Dense(1, activation="sigmoid", dtype="float64"), dtype="float64"),
    "nested": lambda: keras.Sequential([keras.Input((3,)), network(layers.Dense(1, activation="sigmoid"))]),
    "idle layers behind": lambda: network(
        layers.Dense(3, "softmax"), layers.Dropout(0.5), layers.Identity(), layers.Flatten(), layers.Reshape((3, 1))
    ),
    "nested, idle layers behind": lambda: keras.Sequential(
        [keras.Input((3,)), network(layers.Dense(3, "softmax")), layers.Flatten(), layers.Activation("linear")]
    ),
    "softmax of a matrix of one row": lambda: network(layers.Dense(3), layers.Reshape((1, 3)), layers.Softmax()),
}


def probabilities(model, rows):
    """What the model gives, one column for each class."""
    given = np.asarray(model(rows.astype(model.inputs[0].dtype))).reshape(len(rows), -1)
    return given if given.shape[1] > 1 else np.hstack([1 - given, given])


@pytest.mark.parametrize("name", ENDS)
def test_probabilities_are_what_the_model_gives(name, tmp_path):
    model = ENDS[name]()
    model.save(tmp_path / "model.keras")
    # A layer as activation has no dtype of the model's, so the tolerance is that of the input.
    tolerance = 1e-12 if model.inputs[0].dtype == "float64" else 1e-6
    rows = ROWS.astype("float32").astype("float64")
    for network_like in (model, tmp_path / "model.keras", read_with_link(model)):
        if name == "TensorFlow's softmax" and network_like == tmp_path / "model.keras":
            # Keras does not load functions that are not its own.
            continue
        rules = pr.extract(network_like)
        expected = probabilities(model, rows)
        assert rules.classes == tuple(range(expected.shape[1]))
        np.testing.assert_allclose(rules.probabilities(rows), expected, rtol=0, atol=tolerance)
        np.testing.assert_array_equal(rules.classify(rows), expected.argmax(axis=1))
    assert pr.extract(model).certify(model, Box([-9] * 3, [9] * 3)).upper.max() < 1e-12


@pytest.mark.parametrize(("name", "link"), [("softmax", "softmax"), ("sigmoid", "sigmoid")])
def test_the_form_is_that_of_the_logits(name, link):
    model = ENDS[name]()
    found = read_with_link(model)
    assert found.link == link and found.form == read_network(model)
    np.testing.assert_allclose(found.form.predict(ROWS), pr.with_logits(model)(ROWS), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.predict(ROWS), model(ROWS), atol=1e-6)


def test_networks_without_link_have_no_classes():
    model = network(layers.Dense(2))
    found = read_with_link(model)
    assert found == ReadNetwork(pr.NormalForm.from_keras(model)) and found.link is None and found.classes is None
    with pytest.raises(InvalidValueError, match="predicts numbers, not classes"):
        pr.extract(model).probabilities(ROWS)


def test_labels_that_are_given_count():
    rules = pr.extract(ENDS["sigmoid"](), classes=["no", "yes"])
    assert rules.classes == ("no", "yes")


def test_several_sigmoids_are_several_questions():
    model = network(layers.Dense(2, activation="sigmoid"))
    with pytest.raises(UnsupportedModelError, match=r"a sigmoid of 2 outputs.*prelu_rules\.with_logits"):
        pr.extract(model)
    logits = pr.extract(pr.with_logits(model))
    assert logits.classes is None and logits.certify(model).equal
    np.testing.assert_allclose(1 / (1 + np.exp(-logits.predict(ROWS))), model(ROWS), atol=1e-6)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            lambda: network(layers.Dense(2, activation="softmax", name="mid"), layers.Dense(1, name="last")),
            r"layer 'mid' cannot be read: its softmax is not the end.*'last' \(Dense\) follows.*\.with_logits",
        ),
        (
            lambda: network(layers.Dense(2, activation="sigmoid", name="mid"), layers.BatchNormalization()),
            "layer 'mid' cannot be read: its sigmoid is not the end",
        ),
        (lambda: network(layers.Softmax(name="mid"), pr.PReLU()), "layer 'mid' cannot be read: its softmax"),
        (lambda: network(layers.Softmax(name="mid"), layers.Rescaling(2.0)), "layer 'mid' cannot be read: its softmax"),
        (
            lambda: keras.Sequential([keras.Input((3,)), network(layers.Softmax(name="mid")), layers.Dense(1)]),
            "layer 'mid' cannot be read: its softmax",
        ),
        (lambda: network(layers.Softmax(name="mid"), layers.Activation("sigmoid")), "layer 'mid' cannot be read"),
        (lambda: network(layers.Reshape((3, 1)), layers.Softmax(name="end")), r"layer 'end'.*over axis -1 of \(3, 1\)"),
        (lambda: network(layers.Dense(1, activation="softmax", name="end")), "layer 'end'.*always 1"),
        (lambda: network(layers.Softmax(axis=(1,), name="end")), "layer 'end'"),
    ],
)
def test_other_softmaxes_and_sigmoids_are_refused_by_name(model, message):
    with pytest.raises(UnsupportedModelError, match=message):
        read_with_link(model())

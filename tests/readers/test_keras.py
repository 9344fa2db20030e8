"""Keras models against what they compute themselves."""

import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import prelu_rules as pr
from prelu_rules.errors import DataError, FormatError, InvalidValueError, UnsupportedModelError
from prelu_rules.readers.keras import read_keras, register_layer, unregister_layer

layers = keras.layers


def scrambled(model, seed=0):
    """The model with weights that are not those of a fresh layer: positive ones where they are scales."""
    rng = np.random.default_rng(seed)
    model.set_weights(
        [
            rng.uniform(0.2, 1.5, w.shape) if w.ndim == 1 or "alpha" in v.name else rng.normal(size=w.shape)
            for v, w in zip(model.weights, model.get_weights(), strict=True)
        ]
    )
    return model


def functional():
    start = keras.Input((3,))
    return keras.Model(start, layers.Dense(2)(layers.PReLU()(layers.Dense(4, activation="relu")(start))))


def nested():
    inner = keras.Sequential([keras.Input((4,)), layers.PReLU(), layers.Dense(3)])
    return keras.Sequential([keras.Input((2,)), layers.Dense(4), inner, pr.PReLU(), layers.Dense(1)])


def twice():
    start, shared = keras.Input((3,)), layers.Dense(3)
    return keras.Model(start, shared(layers.PReLU()(shared(start))))


def skipping():
    """Each layer sees the inputs and all layers before it."""
    start = keras.Input((3,))
    first = layers.Dense(4, activation="relu")(start)
    both = layers.Concatenate()([start, first])
    second = layers.PReLU()(layers.Dense(2)(both))
    return keras.Model(start, layers.Dense(2)(layers.Concatenate(axis=1)([second, both, start])))


def joining(axis):
    start = keras.Input((2, 3))
    other = layers.ReLU()(layers.Dense(3)(start))
    return keras.Model(start, layers.Concatenate(axis=axis)([start, layers.PReLU()(other), other]))


MODELS = {
    "dense": lambda: keras.Sequential([keras.Input((3,)), layers.Dense(2, use_bias=False)]),
    "prelu": lambda: keras.Sequential([keras.Input((3,)), layers.Dense(4), pr.PReLU(), layers.Dense(2)]),
    "functional": functional,
    "nested": nested,
    "relus": lambda: keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, activation="leaky_relu"),
            layers.ReLU(negative_slope=0.3),
            layers.Dense(4),
            layers.LeakyReLU(0.7),
            layers.Dense(3, activation=layers.ReLU(negative_slope=0.1)),
            layers.Activation("relu"),
            layers.Dense(1, activation="linear"),
        ]
    ),
    "image": lambda: keras.Sequential(
        [
            keras.Input((2, 3, 2)),
            layers.Dense(3),
            layers.PReLU(shared_axes=[1, 2]),
            layers.BatchNormalization(),
            pr.PReLU(shared_axes=[3]),
            layers.BatchNormalization(axis=1, scale=False),
            layers.Flatten(),
            layers.Dense(2),
        ]
    ),
    "idle": lambda: keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dropout(0.5),
            layers.GaussianNoise(1.0),
            layers.GaussianDropout(0.5),
            layers.Identity(),
            layers.Rescaling(2.0, offset=-1.0),
            layers.Dense(2),
            layers.BatchNormalization(center=False),
        ]
    ),
    "one layer used twice": twice,
    "skip connections": skipping,
    "joined along the first axis": lambda: joining(1),
    "joined along the last axis": lambda: joining(2),
    "joined along an axis counted from the end": lambda: joining(-2),
    "matrix output": lambda: keras.Sequential([keras.Input((2, 3)), layers.Dense(2), pr.PReLU()]),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_form_is_the_model(name):
    model = scrambled(MODELS[name]())
    x = np.random.default_rng(1).normal(size=(20, *model.inputs[0].shape[1:])).astype("float32")
    form = pr.NormalForm.from_keras(model)
    expected = model.predict(x, verbose=0).reshape(20, -1)
    np.testing.assert_allclose(form.predict(x.reshape(20, -1)), expected, rtol=1e-4, atol=1e-4)


def agrees(model, x):
    expected = np.asarray(model(x)).reshape(len(x), -1)
    found = pr.NormalForm.from_keras(model).predict(x.reshape(len(x), -1))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


TABLES = np.random.default_rng(0).normal(5, [1, 10, 2], (50, 2, 3)).astype("float32")


@pytest.mark.parametrize(
    "options", [{}, {"axis": 1}, {"axis": (1, 2)}, {"axis": None}, {"invert": True}, {"axis": None, "invert": True}]
)
def test_normalisation(options):
    layer = layers.Normalization(**options)
    layer.adapt(TABLES)
    agrees(keras.Sequential([keras.Input((2, 3)), layer]), TABLES)


def test_normalisation_of_a_constant_column():
    x = TABLES[:, 0] * np.array([1, 1, 0], dtype="float32")
    layer = layers.Normalization()
    layer.adapt(x)
    agrees(keras.Sequential([keras.Input((3,)), layer]), x)


def test_normalisation_by_given_statistics():
    layer = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])
    agrees(keras.Sequential([keras.Input((2, 3)), layer]), TABLES)


@pytest.mark.parametrize("axis", [1, -1])
def test_batch_normalisation_after_training(axis):
    model = keras.Sequential([keras.Input((2, 3)), layers.BatchNormalization(axis=axis, momentum=0.5)])
    model.compile("sgd", "mse")
    model.fit(TABLES, TABLES, epochs=2, verbose=0)
    agrees(model, TABLES)


OPERATIONS = {
    "relu": keras.ops.relu,
    "leaky relu": lambda x: keras.ops.leaky_relu(x, negative_slope=0.3),
    "activation": lambda x: keras.activations.relu(x, negative_slope=0.1),
    "TensorFlow's": layers.Dense(3, activation=tf.nn.relu),
    "operation as activation": layers.Dense(3, activation=keras.ops.leaky_relu),
    "layer as activation": layers.Dense(3, activation=layers.LeakyReLU(0.4)),
    "reshape": layers.Reshape((3, 1)),
    "reshape with a free axis": layers.Reshape((1, -1)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_and_functions_as_nonlinearities(name):
    start = keras.Input((3,))
    model = keras.Model(start, layers.Dense(2)(OPERATIONS[name](layers.Dense(3)(start))))
    agrees(scrambled(model), np.random.default_rng(0).normal(size=(20, 3)).astype("float32"))


def test_a_relu_operation_with_a_largest_value_is_refused():
    start = keras.Input((3,))
    with pytest.raises(UnsupportedModelError, match="max_value=6"):
        read_keras(keras.Model(start, keras.activations.relu(start, max_value=6)))


def test_slopes_are_read_as_the_model_rounds_them():
    """TensorFlow keeps the slope of a leaky ReLU in float32, in float64 models too."""
    model = keras.Sequential([keras.Input((1,), dtype="float64"), layers.LeakyReLU(0.3, dtype="float64")])
    assert read_keras(model).predict([-1.0]) == np.array(model(np.array([[-1.0]])))[0]


def test_units_are_named_by_level_and_number():
    form = pr.NormalForm.from_keras(functional())
    assert [tuple(label) for label in form.labels] == [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 3), (2, 4)]


def test_weights_are_read_without_rounding():
    model = scrambled(MODELS["dense"]())
    np.testing.assert_array_equal(pr.NormalForm.from_keras(model).C.T, model.layers[0].kernel.numpy())


class MyDense(layers.Dense):
    pass


class Subclassed(keras.Model):
    def call(self, x):
        return x


class Doubled(keras.Model):
    def call(self, x):
        return 2 * super().call(x)


def doubled():
    start = keras.Input((2,))
    return Doubled(start, layers.Dense(1)(start))


def joined():
    start = keras.Input((2,))
    return keras.Model(start, layers.Add()([start, layers.Dense(2)(start)]))


def joined_after_a_link():
    start = keras.Input((2,))
    return keras.Model(start, layers.Concatenate()([start, layers.Softmax()(start)]))


def joined_along_rows():
    start = keras.Input((2,), batch_size=1)
    return keras.Model(start, layers.Concatenate(axis=0)([start, layers.ReLU()(start)]))


def two_inputs():
    starts = keras.Input((2,)), keras.Input((2,))
    return keras.Model(starts, layers.Add()(starts))


def ending(*last):
    return keras.Sequential([keras.Input((2,)), layers.Dense(2, name="first"), *last])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: ending(layers.Dense(1, activation="tanh", name="mine")), r"layer 'mine' \(Dense\).*'tanh'"),
        (lambda: ending(layers.Activation("relu6")), "'relu6' is not piecewise linear with one bend, at 0"),
        (lambda: ending(layers.Activation("log_softmax")), "'log_softmax' is not piecewise"),
        (lambda: ending(layers.ELU()), "no known exact piecewise linear form"),
        (lambda: ending(MyDense(1)), r"\(MyDense\) cannot be read"),
        (lambda: ending(layers.ReLU(max_value=6.0)), "max_value=6"),
        (lambda: ending(layers.Dense(1, activation=layers.PReLU())), "it has no slopes yet"),
        (joined, "it joins 2 tensors"),
        (joined_after_a_link, "its softmax is not the end of the model, since layer .* \\(Concatenate\\) follows"),
        (joined_along_rows, "it joins tensors along their rows"),
        (two_inputs, "has 2 inputs and 1 outputs"),
        (Subclassed, "has no graph of layers"),
        (doubled, "it overrides the method 'call'"),
        (lambda: keras.Sequential([keras.Input((2,)), doubled()]), "it overrides the method 'call'"),
        (lambda: keras.Sequential([layers.Dense(1)]), "has no graph of layers"),
        (lambda: keras.Sequential([keras.Input((None, 2)), layers.Dense(1)]), r"input shape \(None, 2\)"),
    ],
)
def test_what_cannot_be_read_is_named(model, message):
    with pytest.raises(UnsupportedModelError, match=message):
        pr.NormalForm.from_keras(model())


class Halve(layers.Layer):
    def call(self, x):
        return x / 2


def test_users_teach_the_reader_their_layers():
    model = ending(Halve())
    with pytest.raises(UnsupportedModelError, match=r"\(Halve\) cannot be read"):
        read_keras(model)
    # The cell of a notebook, run again with the mistake put right.
    register_layer(Halve, lambda layer, tensor, builder: tensor / 3)
    with pytest.raises(UnsupportedModelError, match="is not what the model computes: on sampled rows they differ by"):
        read_keras(model)
    register_layer(Halve, lambda layer, tensor, builder: tensor / 2)
    agrees(model, np.array([[1.0, 2.0]], "float32"))
    unregister_layer(Halve)
    with pytest.raises(UnsupportedModelError, match=r"\(Halve\) cannot be read"):
        read_keras(model)


def test_readers_of_the_package_stay():
    with pytest.raises(InvalidValueError, match="the layer 'Dense' is built in; choose another name"):
        register_layer(layers.Dense, lambda layer, tensor, builder: tensor)
    with pytest.raises(InvalidValueError, match="the layer 'PReLU' is built in and cannot be removed"):
        unregister_layer(pr.PReLU)
    with pytest.raises(InvalidValueError, match="there is no layer 'MyDense'"):
        unregister_layer(MyDense)


def test_saved_models(tmp_path):
    model = scrambled(MODELS["prelu"]())
    model.save(tmp_path / "model.keras")
    assert pr.collapse(tmp_path / "model.keras", threshold=0.9999) == pr.collapse(model, threshold=0.9999)
    assert len(pr.extract(str(tmp_path / "model.keras"))) == len(pr.extract(model)) > 1


def test_files_that_are_no_models_are_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*missing\.keras"):
        pr.extract(tmp_path / "missing.keras")
    (tmp_path / "text.keras").write_text("hello")
    with pytest.raises(FormatError, match=r"text\.keras is not a \.keras file"):
        pr.extract(tmp_path / "text.keras")
    with zipfile.ZipFile(tmp_path / "empty.keras", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(FormatError, match="cannot be loaded as a Keras model: "):
        pr.extract(tmp_path / "empty.keras")


@pytest.mark.parametrize("part", ["config.json", "model.weights.h5"])
def test_files_that_were_tampered_with_are_named(tmp_path, part):
    MODELS["prelu"]().save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    half = {**parts, part: parts[part][: len(parts[part]) // 2]}
    with zipfile.ZipFile(tmp_path / "half.keras", "w") as archive:
        for name, content in half.items():
            archive.writestr(name, content)
    with pytest.raises(FormatError, match=r"half\.keras cannot be loaded as a Keras model: "):
        pr.extract(tmp_path / "half.keras")


def test_a_file_with_a_flipped_bit_is_named(tmp_path):
    """The zip archive notices by its checksum, with an exception of its own."""
    MODELS["prelu"]().save(tmp_path / "model.keras")
    content = bytearray((tmp_path / "model.keras").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "flipped.keras").write_bytes(content)
    with pytest.raises(FormatError, match=r"flipped\.keras cannot be loaded as a Keras model: Bad CRC-32"):
        pr.extract(tmp_path / "flipped.keras")


def test_other_objects_are_refused():
    with pytest.raises(UnsupportedModelError, match="cannot read a network from list"):
        pr.extract([1, 2])

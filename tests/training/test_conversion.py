import keras
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, UnsupportedModelError
from prelu_rules.network.normal_form import NormalForm


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)


def kinds(model):
    return [type(layer).__name__ for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def test_a_sequential_model():
    layers = [keras.layers.Dense(5, activation="relu"), keras.layers.Dense(4, "leaky_relu"), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    copy = pr.with_prelus(model)
    assert kinds(copy) == ["Dense", "PReLU", "Dense", "PReLU", "Dense"]
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    np.testing.assert_allclose(copy(x), model(x), atol=1e-6)
    form = NormalForm.from_keras(copy)
    np.testing.assert_allclose(form.slopes, [0.0] * 5 + [0.2] * 4, atol=1e-7)
    np.testing.assert_allclose(form.predict(x), model(x), atol=1e-5)
    # The model is as it was, and the copy has weights of its own.
    assert kinds(model) == ["Dense"] * 3
    copy.get_layer(index=1).kernel.assign_add(np.ones((3, 5)))
    assert np.abs(copy(x) - model(x)).max() > 0.1


def test_a_functional_model_with_branches_and_layers_of_every_kind():
    x = keras.Input((4,))
    a = keras.layers.ReLU(name="first")(keras.layers.BatchNormalization()(keras.layers.Dense(3)(x)))
    b = keras.layers.LeakyReLU(negative_slope=0.3)(keras.layers.Dense(3)(x))
    c = keras.layers.Activation("relu")(keras.layers.Dropout(0.5)(b))
    inner = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2, activation="relu")], name="inner")
    shared = keras.layers.Dense(2, activation="relu", name="shared")
    y = keras.layers.Concatenate()([a, c])
    model = keras.Model(x, [keras.layers.Add()([inner(y), shared(a)]), shared(c)])
    copy = pr.with_prelus(model)
    rows = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
    for ours, theirs in zip(copy(rows), model(rows), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert "ReLU" not in kinds(copy) and kinds(copy).count("PReLU") == 4
    assert copy.get_layer("first").slopes.tolist() == [0, 0, 0]
    assert kinds(copy.get_layer("inner")) == ["Dense", "PReLU"]


def test_a_convolution_has_one_slope_per_channel_and_training_goes_on():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    copy = pr.with_prelus(model)
    assert copy.get_layer("conv_prelu").slopes.shape == (1, 1, 4)
    x = np.random.default_rng(0).normal(size=(64, 8, 8, 1)).astype("float32")
    copy.compile("adam", "mse")
    copy.fit(x, x.mean(axis=(1, 2)), epochs=3, verbose=0, callbacks=[pr.IdentityForce(rate=0.05)])
    assert (copy.get_layer("conv_prelu").slopes > 0).all()


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (keras.layers.ReLU(max_value=6, name="six"), "layer 'six' is a ReLU with max_value=6 and threshold=0"),
        (keras.layers.ReLU(threshold=1, name="late"), "threshold=1"),
        (keras.layers.LeakyReLU(negative_slope=1.5, name="steep"), "layer 'steep' has the slope 1.5"),
    ],
)
def test_other_relus_are_refused(layer, message):
    with pytest.raises(UnsupportedModelError, match=message):
        pr.with_prelus(keras.Sequential([keras.Input((2,)), layer]))


def test_models_that_are_not_built_of_layers_are_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    for model in (Own(name="own"), keras.Sequential([keras.layers.Dense(1)], name="open")):
        with pytest.raises(UnsupportedModelError, match="is not built of layers"):
            pr.with_prelus(model)


def test_a_slope_per_unit_that_can_be_eliminated():
    convolution = keras.layers.Conv2D(4, 3, activation="relu", name="conv")
    own = keras.layers.PReLU(keras.initializers.Constant(0.7), shared_axes=[1], name="own", trainable=False)
    model = keras.Sequential([keras.Input((8, 8, 1)), convolution, own, keras.layers.Flatten(), keras.layers.Dense(1)])
    copy = pr.with_prelus(model, slopes="unit", eliminable=True)
    assert copy.get_layer("conv_prelu").slopes.shape == (6, 6, 4)
    taken = copy.get_layer("own")
    assert isinstance(taken, pr.PReLU) and taken.eliminable and not taken.trainable
    np.testing.assert_allclose(taken.slopes, np.full((1, 6, 4), 0.7), rtol=1e-6)
    # What has been eliminated in a model stays so in its copies.
    copy.get_layer("conv_prelu").eliminate(np.arange(144).reshape(6, 6, 4) < 100)
    assert pr.with_prelus(copy, eliminable=True).get_layer("conv_prelu").eliminated.sum() == 100


def test_slopes_per_unit_need_a_fixed_number_of_places():
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(4, 3, activation="relu", name="conv")])
    with pytest.raises(InvalidValueError, match="layer 'conv_prelu' has rows of shape"):
        pr.with_prelus(model, slopes="unit")
    with pytest.raises(InvalidValueError, match="slopes is 'both'; it must be one of channel, unit"):
        pr.with_prelus(model, slopes="both")


def test_named_inputs_and_outputs_keep_their_names():
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    hidden = keras.layers.Dense(3, "relu")(keras.layers.Concatenate()([a, b]))
    model = keras.Model({"a": a, "b": b}, {"p": keras.layers.Dense(1)(hidden), "q": hidden})
    rows = {"a": np.ones((4, 2), "float32"), "b": np.ones((4, 1), "float32")}
    ours, theirs = pr.with_prelus(model)(rows), model(rows)
    np.testing.assert_allclose(ours["p"], theirs["p"], atol=1e-6)
    np.testing.assert_allclose(ours["q"], theirs["q"], atol=1e-6)

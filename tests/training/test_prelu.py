import subprocess
import sys

import keras
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, ShapeError, UnsupportedModelError
from prelu_rules.training.slopes import count_evaluations, count_nonlinear, prelu_layers


def test_the_layer_is_the_formula():
    z = np.random.default_rng(0).normal(size=(10, 3)).astype("float32")
    layer = pr.PReLU(initial_slope=0.4)
    np.testing.assert_allclose(layer(z).numpy(), np.maximum(0, z) + 0.4 * np.minimum(0, z), rtol=1e-6)
    assert layer.slopes.dtype == np.float64 and layer.slopes.shape == (3,)


def test_shared_axes_are_those_of_keras():
    layer = pr.PReLU(shared_axes=[1, 2])
    layer.build((None, 4, 5, 3))
    assert layer.slopes.shape == (1, 1, 3)


def test_slopes_stay_between_0_and_1():
    model = keras.Sequential([keras.Input((2,)), pr.PReLU()])
    model.compile(keras.optimizers.SGD(10.0), "mse")
    x = -np.ones((4, 2), "float32")
    model.fit(x, x * [5, -5], verbose=0)  # the best slopes are 5 and -5
    assert model.layers[0].slopes.tolist() == [1.0, 0.0]


def test_nonlinear_units():
    layer = pr.PReLU()
    layer.build((None, 3))
    layer.alpha.assign([0.9995, 0.9996, 1.0])
    assert layer.nonlinear().tolist() == [True, False, False]
    assert layer.nonlinear(threshold=0.9999).tolist() == [True, True, False]


def test_slopes_are_found_wherever_they_are():
    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inside = [pr.PReLU()]

        def call(self, x):
            return self.inside[0](x)

    shared = pr.PReLU()
    inner = keras.Sequential([keras.Input((2,)), keras.layers.PReLU(), shared])
    model = keras.Sequential([keras.Input((2,)), inner, shared, Block()])
    model(np.ones((1, 2)))
    assert len(prelu_layers(model)) == 3
    assert count_nonlinear(model) == 6


def test_a_saved_model_loads_without_custom_objects(tmp_path):
    model = keras.Sequential([keras.Input((2, 3)), pr.PReLU(0.5, shared_axes=[1], name="mine")])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == model.layers[0].get_config()
    assert loaded.layers[0].get_config()["initial_slope"] == 0.5
    # In a fresh interpreter, which has seen neither the model nor the layer.
    code = f"""
import keras
import prelu_rules
model = keras.saving.load_model({str(tmp_path / "model.keras")!r})
print(type(model.layers[0]).__module__, model.layers[0].slopes.tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "prelu_rules.training.prelu [[0.5, 0.5, 0.5]]"


def test_bad_slopes_are_named():
    with pytest.raises(InvalidValueError, match=r"initial_slope is 1\.5"):
        pr.PReLU(1.5)


def eliminable(**compiling):
    """A network that wants slopes of 0, with two of six units eliminated."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), pr.PReLU(eliminable=True)])
    model.layers[0].eliminate(np.arange(6) < 2)
    model.compile(**{"optimizer": keras.optimizers.Adam(0.1), "loss": "mse", "jit_compile": False, **compiling})
    return model


def relu_rows():
    x = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
    return x, np.maximum(x, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "compiling",
    [
        {},
        {"jit_compile": True},
        {"optimizer": keras.optimizers.AdamW(0.1, weight_decay=0.1)},
        {"optimizer": keras.optimizers.SGD(0.5, momentum=0.9)},
    ],
    ids=["adam", "jit", "decay", "momentum"],
)
def test_eliminated_slopes_stay_at_exactly_1(compiling):
    model = eliminable(**compiling)
    model.fit(*relu_rows(), epochs=5, verbose=0)
    slopes = model.layers[0].slopes
    assert slopes[:2].tolist() == [1, 1] and (slopes[2:] < 0.25).all()
    # Units that were trained before are eliminated just as well, whatever the optimiser remembers of them.
    model.layers[0].eliminate(np.arange(6) == 5)
    model.fit(*relu_rows(), epochs=5, verbose=0)
    assert model.layers[0].slopes[[0, 1, 5]].tolist() == [1, 1, 1]
    assert model.layers[0].eliminated.tolist() == [True, True, False, False, False, True]
    assert model.layers[0].nonlinear().sum() == 3


def test_the_force_leaves_eliminated_slopes_where_they_are():
    model = eliminable()
    model.fit(*relu_rows(), epochs=3, verbose=0, callbacks=[pr.IdentityForce(rate=0.01)])
    assert model.layers[0].slopes[:2].tolist() == [1, 1] and (model.layers[0].slopes[2:] < 0.5).all()


def test_eliminated_slopes_survive_saving(tmp_path):
    model = eliminable()
    model.fit(*relu_rows(), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].eliminated.tolist() == model.layers[0].eliminated.tolist()
    np.testing.assert_array_equal(loaded.layers[0].slopes, model.layers[0].slopes)
    loaded.fit(*relu_rows(), epochs=3, verbose=0)
    assert loaded.layers[0].slopes[:2].tolist() == [1, 1] and (loaded.layers[0].slopes[2:] < 0.25).all()


def test_elimination_needs_an_eliminable_layer():
    layer = pr.PReLU(name="fixed")
    layer.build((None, 2))
    assert layer.eliminated.tolist() == [False, False]
    with pytest.raises(UnsupportedModelError, match="layer 'fixed' cannot eliminate units"):
        layer.eliminate(np.array([True, False]))
    layer = pr.PReLU(eliminable=True)
    layer.build((None, 2))
    with pytest.raises(ShapeError, match=r"units has shape \(3,\), but must have the shape of the slopes, \(2,\)"):
        layer.eliminate(np.zeros(3, dtype=bool))


def test_evaluations_are_counted_at_every_place():
    shared = pr.PReLU(shared_axes=[1, 2])
    model = keras.Sequential([keras.Input((5, 4, 3)), shared, keras.layers.Flatten(), keras.layers.PReLU()])
    assert count_evaluations(model) == 60 + 60
    shared.alpha.assign([[[1.0, 0.5, 1.0]]])
    assert count_evaluations(model) == 20 + 60
    assert count_evaluations(keras.Sequential([keras.Input((None, 3)), pr.PReLU(shared_axes=[1])])) is None

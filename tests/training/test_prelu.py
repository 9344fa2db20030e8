import subprocess
import sys

import keras
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError
from prelu_rules.training.slopes import count_nonlinear, prelu_layers


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

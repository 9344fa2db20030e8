import keras
import numpy as np

import prelu_rules as pr
from prelu_rules.training.copies import copied

X = np.random.default_rng(0).normal(7, 3, size=(50, 2)).astype("float32")


def normalising(last="linear"):
    keras.utils.set_random_seed(0)
    scale = keras.layers.Normalization()
    scale.adapt(X)
    dense = keras.layers.Dense(3, "relu")
    return keras.Sequential([keras.Input((2,)), scale, dense, keras.layers.Dense(2, last)])


def test_an_adapted_layer_stays_adapted():
    """Keras's Normalization computes with a copy of its weights, which setting them leaves as it was.

    Copies of such a model saw inputs that were not normalised, and `with_prelus` refused the model.
    """
    model = normalising()
    for copy in (copied(model), pr.with_prelus(model)):
        np.testing.assert_allclose(copy(X), model(X), atol=1e-5)


def test_a_model_without_its_softmax_normalises_too():
    model = normalising("softmax")
    np.testing.assert_allclose(keras.ops.softmax(pr.with_logits(model)(X)), model(X), atol=1e-5)

"""Easy data: models that work and models that do not, of every shape of input."""

import keras
import numpy as np
import pytest
from trainings import LOGITS, network

import prelu_rules as pr
from prelu_rules.doctor import easy_data_check
from prelu_rules.errors import InvalidValueError, UnsupportedModelError

pytestmark = pytest.mark.slow


def compiled(model, loss=LOGITS, learning_rate=0.02):
    model.compile(keras.optimizers.Adam(learning_rate), loss)
    return model


def images():
    layers = [keras.Input((6, 6, 2)), keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.Flatten()]
    return compiled(
        keras.Sequential([*layers, keras.layers.Dense(5, activation="softmax")]), "categorical_crossentropy"
    )


def words():
    layers = [keras.Input((None,), dtype="int32"), keras.layers.Embedding(10, 8), keras.layers.GlobalAveragePooling1D()]
    return compiled(keras.Sequential([*layers, keras.layers.Dense(4)]))


def two_inputs():
    one, two = keras.Input((3,), name="one"), keras.Input((4,), name="two")
    hidden = keras.layers.Dense(16, activation="relu")(keras.layers.Concatenate()([one, two]))
    return compiled(keras.Model({"one": one, "two": two}, keras.layers.Dense(6)(hidden)))


def one_output():
    return compiled(network(5, [8], 1, pr.PReLU), keras.losses.BinaryCrossentropy(from_logits=True))


def squared_errors():
    return compiled(network(5, [16], 3), "mse")


@keras.saving.register_keras_serializable()
class Copied(keras.Model):
    def __init__(self, width=16, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.hidden, self.out = keras.layers.Dense(width, activation="relu"), keras.layers.Dense(3)

    def call(self, inputs):
        return self.out(self.hidden(inputs))

    def get_config(self):
        return {"width": self.width}


def subclassed():
    model = Copied()
    model(np.zeros((1, 4), dtype="float32"))
    return compiled(model)


MODELS = [images, words, two_inputs, one_output, squared_errors, subclassed]


@pytest.mark.parametrize("build", MODELS)
def test_a_model_that_works_converges_and_is_not_touched(build):
    keras.utils.set_random_seed(0)
    model = build()
    before = model.get_weights()
    seen = easy_data_check(model)
    assert seen.converges and seen.accuracy == 1 and seen.steps < 2000 and seen.last_loss < seen.first_loss, seen
    assert seen.words == max(2, model.compute_output_shape(model.input_shape)[-1] if build is images else seen.words)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert int(model.optimizer.iterations) == 0 and str(seen).startswith("converges: ")


def test_a_function_that_makes_the_model_and_a_model_that_is_not_compiled():
    assert easy_data_check(one_output).words == 2
    assert easy_data_check(network(5, [16], 4, last="softmax")).converges


@pytest.mark.parametrize(
    ("learning_rate", "dead", "verdict"), [(0.02, True, "stuck"), (1e-7, False, "stuck"), (1e-3, False, "slow")]
)
def test_a_model_that_does_not_is_told_from_a_slow_one(learning_rate, dead, verdict):
    start = {"bias_initializer": keras.initializers.Constant(-1e3)} if dead else {}
    seen = easy_data_check(compiled(network(5, [8], 6, **start), learning_rate=learning_rate), steps=60)
    assert (seen.verdict, seen.steps) == (verdict, 60) and seen.accuracy < 1
    assert seen.remedies and seen.remedies[0].text in str(seen)


def test_a_model_that_diverges():
    model = network(5, [8, 8], 3)
    model.compile(keras.optimizers.SGD(1e3), "mse")
    seen = easy_data_check(model)
    assert seen.verdict == "diverges" and seen.steps < 1000


def test_the_words_are_different_in_the_least_vocabulary_that_allows_it():
    layers = [keras.Input((1,), dtype="int32"), keras.layers.Embedding(4, 8), keras.layers.Flatten()]
    assert easy_data_check(compiled(keras.Sequential([*layers, keras.layers.Dense(4)]))).converges
    layers = [keras.Input((1,), dtype="int32"), keras.layers.Embedding(3, 8), keras.layers.Flatten()]
    with pytest.raises(UnsupportedModelError, match="fewer than 4 different inputs of 1 integers below 3"):
        easy_data_check(compiled(keras.Sequential([*layers, keras.layers.Dense(4)])))


def test_what_cannot_be_checked_says_so():
    given = keras.Input((3,))
    several = keras.Model(given, [keras.layers.Dense(2)(given), keras.layers.Dense(2)(given)])
    with pytest.raises(UnsupportedModelError, match="several outputs"):
        easy_data_check(several)
    with pytest.raises(UnsupportedModelError, match="is not built"):
        easy_data_check(keras.Sequential([keras.layers.Dense(2)]))
    with pytest.raises(InvalidValueError, match="words is 4, but must be from 2 to 3 for 3 classes"):
        easy_data_check(squared_errors(), words=4)

import keras
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from refine_networks import random_form

from prelu_rules.network.collapse import collapse_form
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.training.from_form import keras_model


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(0, 4), st.integers(1, 3))
def test_the_model_is_the_function_of_the_form(seed, n_units, n_outputs):
    rng = np.random.default_rng(seed)
    form = random_form(rng, n_units=n_units, n_outputs=n_outputs)
    x = rng.normal(size=(20, 3))
    model = keras_model(form)
    np.testing.assert_allclose(model(x), form.predict(x), rtol=1e-12, atol=1e-12)
    # Exactly, since no weight is rounded and passing on is by factors of 1.
    again = collapse_form(NormalForm.from_keras(model).exact())
    exact = form.exact().predict(np.array([[1, 2, -3]], dtype=object))
    assert (again.predict(np.array([[1, 2, -3]], dtype=object)) == exact).all()
    assert again.n_units == n_units


def test_units_that_do_not_use_one_another_share_a_layer():
    form = random_form(np.random.default_rng(0), n_units=3)
    flat = NormalForm(form.A, np.zeros((3, 3)), form.b, form.C, form.D, form.e, form.slopes)
    assert [layer.name for layer in keras_model(flat).layers if "bends" in layer.name] == ["bends_1"]
    assert len([layer for layer in keras_model(form).layers if "bends" in layer.name]) == 3


def test_a_plain_model_has_built_in_layers_only():
    form = random_form(np.random.default_rng(0), n_units=3)
    form = NormalForm(form.A, form.B, form.b, form.C, form.D, form.e, np.zeros(3))
    model = keras_model(form, plain=True)
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    again = NormalForm.from_keras(model)
    for one, other in zip(
        (again.A, again.B, again.b, again.C, again.D, again.e),
        (form.A, form.B, form.b, form.C, form.D, form.e),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_a_saved_model_is_the_same(tmp_path):
    form = random_form(np.random.default_rng(0))
    keras_model(form).save(tmp_path / "model.keras")
    x = np.random.default_rng(1).normal(size=(5, 3))
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), keras_model(form)(x))

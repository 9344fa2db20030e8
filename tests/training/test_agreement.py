"""What was read of a model is what the model computes, or it is refused."""

import keras
import numpy as np
import pytest

import prelu_rules as pr
from prelu_rules.errors import UnsupportedModelError
from prelu_rules.readers.keras import read_keras

layers = keras.layers


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)


def network(dtype="float32", n_inputs=4, **ending):
    parts = [layers.Dense(4, dtype=dtype, name="first"), pr.PReLU(dtype=dtype), layers.Dense(2, dtype=dtype, **ending)]
    return keras.Sequential([keras.Input((n_inputs,)), *parts])


def quantized(mode):
    model = network()
    model.quantize(mode)
    return model


def one_layer(mode):
    model = network()
    model.layers[0].quantize(mode)
    return model


def saved(mode, folder):
    quantized(mode).save(folder / "model.keras")
    return keras.saving.load_model(folder / "model.keras")


def with_lora(mode):
    model = network()
    model.layers[0].enable_lora(2)
    model.layers[0].quantize(mode)
    return model


def lora_on_codes(mode):
    model = network()
    model.layers[0].quantize(mode)
    model.layers[0].enable_lora(2)
    return model


WAYS = {"model": quantized, "layer": one_layer, "lora": with_lora}


@pytest.mark.filterwarnings("ignore:.*does not have a `quantize` method:UserWarning")
@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
@pytest.mark.parametrize("way", [*WAYS, "saved", "lora on codes", "policy"])
def test_quantized_layers_are_refused_by_name(way, mode, tmp_path):
    if way == "saved":
        model = saved(mode, tmp_path)
    elif way == "policy":
        model = network(f"{mode}_from_float32") if mode != "int4" else quantized(mode)
    elif way == "lora on codes":
        if mode == "float8":
            pytest.skip("Keras has no LoRA on float8")
        model = lora_on_codes(mode)
    else:
        model = WAYS[way](mode)
    with pytest.raises(
        UnsupportedModelError, match=rf"layer 'first' \(Dense\) is quantized to {mode}.*before it was q"
    ):
        pr.extract(model)
    rules = pr.extract(network())
    with pytest.raises(UnsupportedModelError, match="is quantized"):
        rules.certify(model)


def test_weights_with_lora_are_read_merged():
    model = network()
    first = model.layers[0]
    first.enable_lora(2)
    first.lora_kernel_b.assign(np.random.default_rng(0).normal(size=first.lora_kernel_b.shape))
    x = np.random.default_rng(1).normal(size=(30, 4)).astype("float32")
    np.testing.assert_allclose(read_keras(model).predict(x), model(x), rtol=1e-4, atol=1e-4)
    assert pr.extract(model).certify(model).equal


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float32", "float64"])
@pytest.mark.parametrize("activation", [None, "softmax"])
def test_models_that_compute_in_any_float_are_read(dtype, activation):
    model = network(dtype, activation=activation)
    rules = pr.extract(model)
    x = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
    found = rules.predict(x) if activation is None else rules.probabilities(x)
    digits = {"float16": 1e-2, "bfloat16": 1e-1, "float32": 1e-5, "float64": 1e-12}[dtype.removeprefix("mixed_")]
    given = np.asarray(keras.ops.cast(model(x), "float64"))
    np.testing.assert_allclose(found, given, atol=digits * np.abs(given).max())


@pytest.mark.parametrize("dtype", ["float16", "int32", "uint8", "bool"])
def test_inputs_of_any_type(dtype):
    start = keras.Input((3,), dtype=dtype)
    model = keras.Model(start, layers.Dense(2)(layers.Dense(4, activation="relu")(layers.Rescaling(0.5)(start))))
    assert read_keras(model).n_units == 4


@pytest.mark.parametrize("scale", [1e-6, 1e3, 1e4])
def test_float16_that_overflows_says_nothing(scale):
    """Large rows overflow in the model, small numbers are rounded to multiples of 6e-8; neither is another function."""
    model = network("float16")
    model.layers[0].kernel.assign(scale * model.layers[0].kernel)
    assert read_keras(model).n_units == 4


@pytest.mark.parametrize("seed", range(5))
def test_what_cancels_within_a_model_is_rounding(seed):
    """Means of thousands, taken off by a layer, and linear layers in a row."""
    rng = np.random.default_rng(seed)
    norm = layers.Normalization(mean=rng.normal(2000, 500, 4), variance=rng.uniform(1, 30, 4))
    batch = layers.BatchNormalization()
    parts = [norm, layers.Dense(32), batch, layers.Dense(32), layers.Dense(16), pr.PReLU(), layers.Dense(2)]
    model = keras.Sequential([keras.Input((4,)), *parts])
    batch.moving_mean.assign(rng.normal(0, 100, 32))
    batch.moving_variance.assign(rng.uniform(0.01, 30, 32))
    assert read_keras(model).n_units == 16


def test_models_for_batches_of_one_size():
    model = keras.Sequential([keras.Input(batch_shape=(7, 3)), layers.Dense(2, activation="relu")])
    assert read_keras(model).n_units == 2


def test_models_with_named_inputs_and_outputs():
    start = keras.Input((3,), name="a")
    model = keras.Model({"a": start}, {"p": layers.Dense(2, activation="relu")(start)})
    assert read_keras(model).n_units == 2


def test_reading_leaves_the_model_as_it_was():
    model = network()
    before = [np.array(weight) for weight in model.weights]
    kept = set(vars(model))
    read_keras(model)
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    assert set(vars(model)) == kept and not model.compiled


def replaced_call(model):
    first = model.layers[0]
    own = first.call
    vars(first)["call"] = lambda x, **options: 1.001 * own(x)


def replaced_slopes(model):
    prelu = model.layers[1]
    own = prelu.call
    vars(prelu)["call"] = lambda x, **options: keras.ops.where(x < -5, 0.9 * own(x), own(x))


def replaced_kernel(model):
    """What `layer.kernel` says is not what the layer multiplies by."""
    first = model.layers[0]
    kernel = np.array(first.kernel)
    vars(first)["call"] = lambda x, **options: (
        keras.ops.matmul(x, np.where(kernel == kernel.max(), 0, kernel)) + first.bias
    )


def not_a_number(model):
    vars(model.layers[2])["call"] = lambda x, **options: keras.ops.sqrt(x[:, :2])


@pytest.mark.parametrize("change", [replaced_call, replaced_slopes, replaced_kernel, not_a_number])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_that_computes_something_else_is_refused(change, dtype):
    model = network(dtype)
    change(model)
    message = (
        rf"from '{model.name}' is not what the model computes: .* differ by .*, but rounding in {dtype} can explain"
    )
    with pytest.raises(UnsupportedModelError, match=message):
        read_keras(model)
    rules = pr.extract(network(dtype))
    with pytest.raises(UnsupportedModelError, match="is not what the model computes"):
        rules.certify(model)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_few_digits_do_not_hide_another_function(dtype):
    model = network(dtype)
    first = model.layers[0]
    own = first.call
    vars(first)["call"] = lambda x, **options: 1.5 * own(x)
    with pytest.raises(UnsupportedModelError, match=rf"rounding in {dtype} can explain"):
        read_keras(model)

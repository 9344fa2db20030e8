"""Training on with elimination, on networks that take seconds."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from html_reader import read

import prelu_rules as pr
from prelu_rules.errors import InvalidValueError, ShapeError, TrainingError, UnsupportedModelError
from prelu_rules.finetuning.row_losses import RowLosses
from prelu_rules.training.copies import copied
from prelu_rules.training.slopes import prelu_layers

pytestmark = pytest.mark.slow

layers = keras.layers
rng = np.random.default_rng(0)
X = rng.normal(size=(160, 2)).astype("float32")
Y = (np.abs(X[:, :1]) + X[:, 1:]).astype("float32")
QUICK = pr.FinetuneSettings(warm_up_epochs=1, round_epochs=1, share=0.5, learning_rate=0.01)


def compiled(model, **changes):
    options = {"optimizer": keras.optimizers.Adam(0.01), "loss": "mse", "metrics": ["mae"], "jit_compile": False}
    model.compile(**{**options, **changes})
    return model


def dense(**changes):
    keras.utils.set_random_seed(0)
    return compiled(keras.Sequential([keras.Input((2,)), layers.Dense(6, "relu"), layers.Dense(1)]), **changes)


@pytest.fixture(scope="module")
def trained():
    """A network that knows the function, its weights, and the path that was trained from it."""
    model = dense()
    model.fit(X, Y, epochs=60, batch_size=16, verbose=0)
    weights = model.get_weights()
    settings = pr.FinetuneSettings(warm_up_epochs=2, round_epochs=12, share=0.4)
    return model, weights, pr.finetune(model, X, Y, batch_size=16, settings=settings)


def test_the_model_stays_as_it_was(trained):
    model, weights, path = trained
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "Dense"]
    assert path[0].validation_scores["loss"] < 0.05


def test_the_path_goes_down_to_no_unit(trained):
    path = trained[2]
    assert [point.n_nonlinear for point in path] == [6, 6, 3, 1, 0]
    assert [point.n_evaluations for point in path] == [6, 6, 3, 1, 0]
    # One bend is enough for the function, and none is not.
    assert path[3].validation_scores["loss"] < 0.02 < 0.1 < path[4].validation_scores["loss"]
    assert path.choose(max_drop=0.1).n_nonlinear == 1


def test_scores_are_those_of_the_models_on_the_path(trained):
    path = trained[2]
    order = np.random.default_rng([0, 3]).permutation(len(X))[:32]
    for point in path:
        scores = path.model(point).evaluate(X[order], Y[order], verbose=0, return_dict=True)
        for name, score in scores.items():
            assert point.validation_scores[name] == pytest.approx(score, rel=1e-4)
        assert point.validation_losses.mean() == pytest.approx(scores["loss"], rel=1e-4)
        assert point.validation_losses.shape == (32,) and set(point.train_scores) == {"loss", "mae"}


def test_eliminated_units_stay_away(trained, tmp_path):
    path = trained[2]
    model = path.model(3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for network in (model, loaded):
        network.fit(X, Y, epochs=2, verbose=0)
        slopes = prelu_layers(network)[0].slopes
        assert (slopes == 1).sum() == 5
    # A second path begins where the first one ended.
    again = pr.finetune(model, X, Y, settings=QUICK)
    assert [point.n_nonlinear for point in again] == [1, 1, 0]


def test_a_dense_network_becomes_rules(trained):
    path = trained[2]
    model = path.model(path.choose(max_nonlinear=1))
    rules = pr.extract(model, domain=X)
    assert len(rules.rules) == 2
    np.testing.assert_allclose(rules.predict(X), model.predict(X, verbose=0), atol=1e-4)


def test_choices(trained):
    path = trained[2]
    assert path.choose(max_nonlinear=0) is path[-1]
    assert path.choose(max_nonlinear=3).n_nonlinear in (1, 3)
    assert path.choose().n_nonlinear >= 1
    assert path.choose(max_drop=10.0, metric="loss") is path[-1]
    with pytest.raises(InvalidValueError, match="max_drop is -1"):
        path.choose(max_drop=-1)
    with pytest.raises(InvalidValueError, match=r"max_nonlinear is 0\.5"):
        path.choose(max_nonlinear=0.5)
    with pytest.raises(InvalidValueError, match=r"lost at most 1e-06 of mae; raise max_drop"):
        path.choose(max_drop=1e-6, max_nonlinear=0)
    with pytest.raises(InvalidValueError, match="metric is 'auc'; it must be one of loss, mae"):
        path.choose(max_drop=0.1, metric="auc")


def test_the_table_and_the_plot(trained):
    path = trained[2]
    frame = path.to_frame()
    columns = ["n_nonlinear", "n_evaluations", "removed", "train_loss", "train_mae", "val_loss", "val_mae"]
    assert sorted(frame.columns) == sorted(columns) and frame["removed"].tolist() == [0, 0, 0.5, 1 - 1 / 6, 1]
    reader = read(path)
    names = "training loss,validation loss,training mae,validation mae"
    assert reader.tables[0][0] == ["nonlinear units", "removed", *names.split(","), ""]
    assert [row[1] for row in reader.tables[0][1:]] == ["0.0%", "0.0%", "50.0%", "83.3%", "100.0%"]
    place = list(path).index(path.choose())
    assert reader.bold_rows == [reader.tables[0][1 + place]] and reader.bold_rows[0][-1] == "chosen"
    axes = path.plot(path[2], metric="loss")
    assert axes.get_ylabel() == "loss"
    chosen = [line for line in axes.lines if line.get_label() == "chosen"]
    np.testing.assert_allclose(chosen[0].get_xydata(), [[0.5, path[2].validation_scores["loss"]]])


@pytest.mark.parametrize(("slopes", "n_units"), [("channel", 3 + 4), ("unit", 6 * 6 * 3 + 4)])
def test_a_convolution_from_a_dataset(slopes, n_units):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    block = keras.Sequential([keras.Input((6, 6, 3)), layers.AveragePooling2D(3), layers.Flatten()])
    h = block(layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(3, 3)(inputs))))
    model = keras.Model(inputs, layers.Dense(2)(layers.Dropout(0.1)(layers.Dense(4, "relu")(h))))
    compiled(model, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    x = rng.normal(size=(64, 8, 8, 1)).astype("float32")
    y = (x.mean(axis=(1, 2, 3)) > 0).astype(int)
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    # Of a dataset without end and of unknown length, four batches are an epoch.
    endless = data.repeat().filter(lambda x, y: True)
    settings = pr.FinetuneSettings(warm_up_epochs=1, round_epochs=1, share=0.9, probe_batches=2)
    path = pr.finetune(model, endless, steps_per_epoch=4, validation_data=data, slopes=slopes, settings=settings)
    assert path[0].n_nonlinear == n_units and path[-1].n_nonlinear == 0
    assert path[0].n_evaluations == 6 * 6 * 3 + 4 and path[-1].n_evaluations == 0
    assert path.metric == "accuracy" and path.larger_is_better == {"loss": False, "accuracy": True}
    np.testing.assert_allclose(path.model(0).predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-4)
    assert path[0].validation_losses.mean() == pytest.approx(path[0].validation_scores["loss"], rel=1e-4)


class Own(keras.Model):
    """A model with a call of its own."""

    def __init__(self, eliminable=True, **kwargs):
        super().__init__(**kwargs)
        self.first, self.last = layers.Dense(3), layers.Dense(1)
        self.bends = [pr.PReLU(0.0, eliminable=eliminable)]

    def call(self, x):
        return self.last(self.bends[0](self.first(x)))


def test_a_model_with_a_call_of_its_own():
    model = compiled(Own())
    model(X)
    path = pr.finetune(model, X, Y, settings=QUICK, callbacks=[pr.IdentityForce(rate=1e-4)])
    assert [point.n_nonlinear for point in path] == [3, 3, 1, 0]
    np.testing.assert_allclose(path.model(0)(X), model(X), atol=1e-6)


def test_other_prelus_of_the_user_are_taken_over():
    keras.utils.set_random_seed(0)
    start = keras.initializers.Constant(-0.1)
    frozen = pr.PReLU(trainable=False)
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(4), layers.PReLU(start), layers.Dense(2), frozen, layers.Dense(1)]
    )
    path = pr.finetune(compiled(model), X, Y, settings=QUICK)
    assert path[0].n_nonlinear == 6 and path[-1].n_nonlinear == 2
    np.testing.assert_allclose(path.model(0)(X), model(X), atol=1e-6)
    last = prelu_layers(path.model(-1))
    assert last[0].slopes.tolist() == [1] * 4 and last[1].slopes.tolist() == [0.25] * 2
    assert prelu_layers(path.model(1))[0].slopes.min() >= 0


def test_several_inputs_and_outputs_with_weights():
    keras.utils.set_random_seed(0)
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    h = layers.Dense(3, "relu")(layers.Concatenate()([a, b]))
    outputs = {"p": layers.Dense(1, name="p")(h), "q": layers.Dense(1, name="q")(h)}
    model = compiled(keras.Model({"a": a, "b": b}, outputs), metrics=None, loss={"p": "mse", "q": "mae"})
    x, y, weights = {"a": X, "b": X[:, :1]}, {"p": Y, "q": -Y}, np.linspace(0, 2, len(X))
    held = (x, y, weights)
    path = pr.finetune(model, x, y, sample_weight=weights, validation_data=held, settings=QUICK)
    assert [point.n_nonlinear for point in path] == [3, 3, 1, 0]
    predicted = path.model(0).predict(x, verbose=0)
    rows = ((predicted["p"] - Y) ** 2 + np.abs(predicted["q"] + Y))[:, 0]
    np.testing.assert_allclose(path[0].validation_losses, rows, rtol=1e-4)
    np.testing.assert_allclose(path.validation_weights, weights, rtol=1e-6)


def test_an_interrupt_keeps_the_path():
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted: the path ends at 3 nonlinear units, 2 of 4 rounds early"):
        path = pr.finetune(dense(), X, Y, settings=QUICK, callbacks=[Interrupt()])
    assert [point.n_nonlinear for point in path] == [6, 6, 3]


def test_a_diverging_loss_says_where():
    class Break(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == self.params["epochs"] - 3:
                self.model.layers[1].kernel.assign(np.full((2, 6), np.nan))

    with pytest.raises(
        TrainingError, match=r"the loss is nan in round 1, with 3 units left; lower learning_rate=0\.01"
    ):
        pr.finetune(dense(), X, Y, settings=QUICK, callbacks=[Break()])


def test_the_rate_falls_in_each_round_from_where_the_schedule_began():
    rates = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    decay = keras.optimizers.schedules.CosineDecay(0.02, 10)
    model = dense(optimizer=keras.optimizers.Adam(decay))
    model.fit(X, Y, epochs=4, batch_size=16, verbose=0)
    settings = pr.FinetuneSettings(warm_up_epochs=1, round_epochs=2, share=0.9)
    pr.finetune(model, X, Y, batch_size=32, settings=settings, callbacks=[Watch()])
    # 4 batches of 128 rows an epoch.
    one = 0.01 * (1 + np.cos(np.pi * np.arange(4) / 4))
    two = 0.01 * (1 + np.cos(np.pi * np.arange(8) / 8))
    np.testing.assert_allclose(rates, [*one, *two], rtol=1e-5)


def test_rounds_after_the_warm_start_learn_from_the_outputs_before_them(trained):
    paths = [pr.finetune(trained[0], X, Y, settings=replace(QUICK, distillation=weight)) for weight in (0.0, 0.5)]
    for ours, other in zip(*(path[1].weights for path in paths), strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-6, atol=1e-7)
    kernels = [path[2].weights[0] for path in paths]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-4


def test_functions_and_metrics_of_ones_own_are_taken_along():
    def cubed(y, prediction):
        return keras.ops.mean(keras.ops.abs(y - prediction) ** 3)

    model = dense(loss=cubed, metrics=[keras.metrics.MeanSquaredError(name="square"), cubed])
    path = pr.finetune(model, X, Y, settings=QUICK)
    assert path.metric == "square" and path.larger_is_better == {"loss": False, "square": False}
    with pytest.raises(InvalidValueError, match="whether larger values of 'cubed' are better"):
        path.choose(max_drop=0.1, metric="cubed")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": X[:10], "y": Y}, ShapeError, r"have \[10, 160\] rows"),
        ({"y": None}, InvalidValueError, "y is missing"),
        ({"validation_fraction": 1.0}, InvalidValueError, r"validation_fraction is 1\.0"),
        ({"validation_data": X}, InvalidValueError, r"validation_data must be rows \(x, y\)"),
        ({"random_state": -1}, InvalidValueError, "random_state is -1"),
        ({"slopes": "pixel"}, InvalidValueError, "slopes is 'pixel'; it must be one of channel, unit"),
        ({"x": tf.data.Dataset.from_tensors((X, Y))}, InvalidValueError, "which must contain y and sample_weight"),
        ({"x": tf.data.Dataset.from_tensors((X, Y)), "y": None}, InvalidValueError, "give validation_data"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        pr.finetune(dense(), **{"x": X, "y": Y, **arguments})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"share": 1.0}, r"share is 1\.0"),
        ({"warm_up_epochs": 0}, "warm_up_epochs is 0; it must be an integer of at least 1"),
        ({"max_nonlinear": 1.5}, r"max_nonlinear is 1\.5"),
        ({"learning_rate": 0.0}, r"learning_rate is 0\.0"),
        ({"distillation": -0.5}, r"distillation is -0\.5; it must be a finite number of at least 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(InvalidValueError, match=message):
        pr.FinetuneSettings(**settings)


def test_models_that_cannot_be_trained_on():
    linear = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    with pytest.raises(UnsupportedModelError, match="is not compiled; compile it"):
        pr.finetune(linear, X, Y)
    with pytest.raises(UnsupportedModelError, match="has no ReLU or PReLU"):
        pr.finetune(compiled(linear), X, Y)
    with pytest.raises(UnsupportedModelError, match="is not built; give it"):
        pr.finetune(compiled(Own()), X, Y)
    hidden = compiled(Own(eliminable=False))
    hidden(X)
    hidden.get_config = lambda: {"eliminable": False}
    with pytest.raises(UnsupportedModelError, match=r"make it prelu_rules\.PReLU\(eliminable=True\)"):
        pr.finetune(hidden, X, Y)

    class NoConfig(Own):
        def get_config(self):
            raise NotImplementedError

    closed = compiled(NoConfig(name="closed"))
    closed(X)
    with pytest.raises(UnsupportedModelError, match="the model 'closed' cannot be copied"):
        pr.finetune(closed, X, Y)


def test_a_copy_shares_nothing():
    model = dense(metrics=[keras.metrics.MeanAbsoluteError(name="mae")])
    copy = copied(model)
    copy.fit(X, Y, verbose=0)
    assert np.abs(copy.get_weights()[0] - model.get_weights()[0]).max() > 0
    assert copy.optimizer is not model.optimizer and int(model.optimizer.iterations) == 0


def test_rows_with_several_weights_are_refused():
    data = tf.data.Dataset.from_tensors((X, Y, np.ones((len(X), 2), "float32")))
    with pytest.raises(InvalidValueError, match="give one weight per row"):
        RowLosses(dense())(data)
    with pytest.raises(InvalidValueError, match="validation_data has no rows"):
        RowLosses(dense())(data.take(0))

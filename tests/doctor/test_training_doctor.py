"""The callback: that it changes nothing and sees everything, however Keras runs a training, and what it does."""

import re
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from trainings import LOGITS, PLANTED, digits, fit, missing_value, network

import prelu_rules as pr
from prelu_rules.doctor import TrainingDoctor, TrainingWarning, check
from prelu_rules.errors import InvalidValueError, ShapeError, TrainingError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*shuffle=True.*was passed:UserWarning"),
    # Keras says so of every generator of unknown length.
    pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning"),
]

X, Y = (part[:200] for part in digits())


def model_of(**compiling):
    model = network(64, [16], 10, pr.PReLU)
    model.compile(**{"optimizer": keras.optimizers.Adam(0.01), "loss": LOGITS, **compiling})
    return model


def trained(model, *callbacks, x=X, y=Y, **arguments):
    arguments = {"epochs": 2, "batch_size": 32, "verbose": 0, **arguments}
    history = model.fit(x, y, callbacks=list(callbacks), **arguments)
    return history.history


def untouched(model):
    return "train_step" not in vars(model) and not hasattr(model.train_function, "ordinary")


@pytest.mark.parametrize(
    ("order", "compiling"),
    [
        ("doctor first", {}),
        ("force first", {"metrics": ["accuracy"]}),
        ("no force", {"run_eagerly": True}),
        ("force first", {"steps_per_execution": 3}),
        ("doctor first", {"steps_per_execution": 3, "jit_compile": True}),
    ],
    ids=str,
)
def test_a_training_is_the_same_to_the_last_bit(order, compiling):
    keras.utils.set_random_seed(0)
    alone, watched = model_of(**compiling), model_of(**compiling)
    doctor = TrainingDoctor()
    forces = [[pr.IdentityForce(rate=0.01)] if order != "no force" else [] for _ in range(2)]
    keras.utils.set_random_seed(1)
    expected = trained(alone, *forces[0])
    keras.utils.set_random_seed(1)
    history = trained(watched, *([doctor, *forces[1]] if order == "doctor first" else [*forces[1], doctor]))
    assert history == expected
    for one, other in zip(alone.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert untouched(watched)
    looks = doctor.report().record.looks
    # Of several steps in one execution only the last batch is seen: the third, the sixth, and the seventh of 8 rows.
    assert len(looks) == 4 and looks[-1].outputs.rows == (72 if "steps_per_execution" in compiling else 200)
    assert all(look.gradient > 0 for look in looks)
    assert all((look.force is not None) == (order != "no force") for look in looks)
    if order != "no force":
        assert looks[-1].force.rate == pytest.approx(0.01)


def test_batch_norm_dropout_and_metrics_of_several_outputs_are_left_alone():
    def build():
        keras.utils.set_random_seed(0)
        given = keras.Input((64,))
        hidden = keras.layers.Dropout(0.3)(keras.layers.BatchNormalization()(keras.layers.Dense(8)(given)))
        model = keras.Model(given, [keras.layers.Dense(10, name="a")(hidden), keras.layers.Dense(1, name="b")(hidden)])
        model.compile("adam", {"a": LOGITS, "b": "mse"}, metrics={"a": "accuracy"})
        return model

    target = {"a": Y, "b": X.sum(axis=1)}
    alone, watched, doctor = build(), build(), TrainingDoctor()
    keras.utils.set_random_seed(1)
    expected = trained(alone, y=target)
    keras.utils.set_random_seed(1)
    assert trained(watched, doctor, y=target) == expected
    for one, other in zip(alone.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    report = doctor.report()
    assert "several outputs" in report.record.notes[0] and report.record.newest.outputs is None


def test_what_is_seen_is_what_keras_says():
    model, doctor = model_of(metrics=["accuracy"]), TrainingDoctor(data=(X, Y))
    trained(model, doctor)
    look = doctor.report().record.newest
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    assert look.loss == pytest.approx(loss, rel=1e-5) and look.outputs.accuracy == pytest.approx(accuracy)
    with tf.GradientTape() as tape:
        value = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(Y, model(X), from_logits=True))
    gradients = tape.gradient(value, [variable.value for variable in model.trainable_variables])
    assert [weight.gradient for weight in look.weights] == pytest.approx(
        [np.linalg.norm(g) for g in gradients], rel=1e-4
    )
    assert [weight.name for weight in look.weights] == [variable.path for variable in model.trainable_variables]
    hidden = keras.Sequential(model.layers[:2])(X).numpy()
    assert look.layers[1].largest == pytest.approx(np.abs(hidden).max())
    assert (look.layers[1].units, look.layers[1].dead) == (16, int((np.ptp(hidden, axis=0) == 0).sum()))


def test_the_loss_of_each_period_is_that_of_its_batches():
    doctor, history = TrainingDoctor(), None
    history = trained(model_of(), doctor, epochs=3)
    assert doctor.report().record.periods == pytest.approx(history["loss"], rel=1e-4)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(16, activation="relu"), keras.layers.Dense(10)

    def call(self, inputs):
        return self.out(self.hidden(inputs))


def stream():
    """A generator that does not say how long it is."""
    for start in range(0, 200, 20):
        yield X[start : start + 20], Y[start : start + 20]


def endless():
    signature = (tf.TensorSpec((None, 64), tf.float32), tf.TensorSpec((None,), tf.int32))
    return tf.data.Dataset.from_generator(stream, output_signature=signature).repeat()


@pytest.mark.parametrize(
    ("form", "build"),
    [
        ("generator", model_of),
        ("endless dataset", model_of),
        ("weights", Subclassed),
        ("one-hot", Subclassed),
        ("class weights", model_of),
    ],
)
def test_any_data_and_any_model(form, build):
    keras.utils.set_random_seed(0)
    model, doctor = build(), TrainingDoctor()
    loss = keras.losses.CategoricalCrossentropy(from_logits=True) if form == "one-hot" else LOGITS
    model.compile("adam", loss)
    data = {
        "generator": {"x": stream()},
        "endless dataset": {"x": endless(), "steps_per_epoch": 12, "epochs": 2},
        "weights": {"x": X, "y": Y, "sample_weight": (Y < 5).astype("float32")},
        "one-hot": {"x": X, "y": np.eye(10)[Y]},
        "class weights": {"x": X, "y": Y, "class_weight": {label: 1.0 + label for label in range(10)}},
    }[form]
    model.fit(**data, verbose=0, callbacks=[doctor])
    seen = doctor.report().record
    assert seen.newest.outputs.task == "multiclass" and seen.notes == ()
    assert seen.newest.outputs.rows == {"weights": (Y < 5).sum(), "endless dataset": 240}.get(form, 200)
    assert seen.labels.seen >= 200 and seen.newest.gradient > 0 and len(seen.newest.layers) >= 2


def test_a_train_step_of_ones_own_with_a_loss_of_its_own():
    class Own(Subclassed):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, self(x), from_logits=True))
            self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
            return {"loss": loss}

    model, doctor = Own(), TrainingDoctor()
    model.compile("adam")
    trained(model, doctor)
    seen = doctor.report().record
    assert seen.newest.outputs.rows == 200 and seen.newest.loss is None and seen.newest.gradient is None
    assert len(seen.periods) == 2 and 0.5 < seen.periods[-1] < seen.periods[0] < 5


@pytest.mark.parametrize("steps", [1, 4])
def test_the_batch_of_a_missing_value_is_found(steps):
    model, arguments = missing_value()
    model.compile("adam", LOGITS, steps_per_execution=steps)
    doctor = TrainingDoctor(on_finding=lambda finding: None)
    model.fit(**arguments, verbose=0, callbacks=[doctor])
    first = doctor.report()[0]
    # Row 700 is row 60 of batch 11.
    assert (first.kind, first.where.batch) == ("not finite", 11) and "[60, 13]" in first.seen


def test_a_missing_value_is_found_where_relu_may_hide_it_from_the_loss():
    # On some processors the kernel of product, bias and ReLU makes 0 of NaN; the loss is finite, a weight is not.
    model, arguments = missing_value("relu")
    doctor = TrainingDoctor(on_finding=lambda finding: None)
    model.fit(**arguments, verbose=0, callbacks=[doctor])
    first = doctor.report()[0]
    assert first.kind == "not finite" and first.where.epoch == 1 and first.where.batch >= 11


@keras.saving.register_keras_serializable()
class Root(keras.layers.Layer):
    def call(self, inputs):
        return keras.ops.sqrt(inputs)


@pytest.mark.parametrize(
    ("layer", "loss", "words", "where"),
    [
        (Root, "mse", "numbers in the output of layer middle, the first", "middle"),
        (None, lambda y, p: keras.ops.log(keras.ops.abs(p[:, 0]) * 0), "the loss is NaN or infinite", None),
        (None, lambda y, p: keras.ops.sqrt(keras.ops.abs(p[:, 0]) * 0), "numbers in the gradient of", "first/kernel"),
    ],
    ids=["activation", "loss", "gradient"],
)
def test_the_first_thing_that_is_not_finite_is_named(layer, loss, words, where):
    keras.utils.set_random_seed(0)
    middle = (layer or keras.layers.ReLU)(name="middle")
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(4, name="first"), middle, keras.layers.Dense(1)])
    model.compile("sgd", loss)
    doctor = TrainingDoctor(on_finding=lambda finding: None)
    trained(model, doctor, y=X.sum(axis=1))
    first = doctor.report()[0]
    assert first.kind == "not finite" and words in first.seen and (first.where.layer or "").endswith(where or "")


def test_stop_puts_back_the_best_weights():
    doctor = TrainingDoctor(on_finding="stop")
    model = fit(PLANTED["accuracy at chance"], doctor)
    report = doctor.report()
    best = max(report.record.looks, key=lambda look: look.outputs.accuracy)
    assert report[0].kind == "accuracy at chance" and report.record.newest.where.epoch < 6
    assert f"weights were restored to those of step {best.where.step}" in report.actions[0]
    x, y = digits()
    assert np.mean(model.predict(x, verbose=0).argmax(axis=1) == y) > 0.9
    assert untouched(model)


def test_the_best_weights_by_a_monitored_metric():
    kept = []

    class Poison(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept.append((logs["val_loss"], self.model.get_weights()))
            if epoch == 3:
                self.model.layers[0].kernel.assign(self.model.layers[0].kernel * np.nan)

    model = model_of(optimizer=keras.optimizers.SGD(0.5))
    doctor = TrainingDoctor("stop", monitor="val_loss")
    trained(model, doctor, Poison(), epochs=9, validation_data=(X, Y))
    assert len(kept) == 5
    best = min(kept[:4], key=lambda pair: pair[0])[1]
    for one, other in zip(best, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_raise_raises_and_leaves_the_model_as_it_was():
    model, arguments = missing_value()
    before = model.get_weights()
    with pytest.raises(TrainingError, match=r"fault: not finite at epoch 1, batch 11 .* First remedy: Drop the rows"):
        model.fit(**arguments, verbose=0, callbacks=[TrainingDoctor("raise")])
    assert untouched(model) and np.isfinite(np.concatenate([w.ravel() for w in model.get_weights()])).all()
    assert [weight.shape for weight in before] == [weight.shape for weight in model.get_weights()]


def test_warn_warns_once_of_each_finding():
    model, arguments = missing_value()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(**arguments, verbose=0, callbacks=[TrainingDoctor()])
    messages = [str(warning.message) for warning in caught if warning.category is TrainingWarning]
    assert len(messages) == 1 and messages[0].startswith("fault: not finite")


def test_data_are_examined_before_the_first_step():
    x = X.copy()
    x[17, 5] = np.inf
    for data, words in (((x, Y), "[17, 5]"), ((X, Y + 4), "not one of the 10 classes 0 to 9: ")):
        model = model_of()
        before = model.get_weights()
        with pytest.raises(TrainingError, match=re.escape(words)):
            trained(model, TrainingDoctor("raise", data=data))
        for one, other in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_an_error_of_the_step_is_explained():
    doctor = TrainingDoctor()
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        trained(model_of(), doctor, y=Y + 1)
    assert "is not one of the 10 classes 0 to 9: 10" in caught.value.__notes__[0].replace("are not", "is not")
    assert doctor.report()[0].kind == "labels"


def test_an_interrupted_fit_leaves_a_model_that_trains():
    def interrupt(batch, logs):
        if batch == 3:
            raise KeyboardInterrupt

    model = model_of()
    force = pr.IdentityForce(rate=0.01)
    stop = keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)
    for callbacks in ([TrainingDoctor()], [TrainingDoctor(), force], [force, TrainingDoctor()]):
        with pytest.raises(KeyboardInterrupt):
            trained(model, *callbacks, stop)
        assert set(trained(model, epochs=1)) == {"loss"}
    doctor = TrainingDoctor()
    trained(model, doctor)
    assert doctor.report().record.newest.outputs.rows == 200 and untouched(model)


def test_one_doctor_sees_several_fits_anew():
    doctor, model = TrainingDoctor(), model_of()
    for _ in range(2):
        trained(model, doctor)
        assert doctor.report().record.looks[0].where.step == 1 and len(doctor.report().record.looks) == 4


def test_the_doctor_follows_a_loop_of_ones_own():
    rng = np.random.default_rng(0)
    doctor = TrainingDoctor(on_finding=lambda finding: None)
    labels = np.arange(60) % 3
    for _ in range(5):
        assert doctor.check(np.eye(3)[labels] * 5, labels, 0.1).findings == ()
    report = doctor.check(500 + rng.normal(size=(60, 3)), labels, 1.3)
    assert report[0].kind == "accuracy at chance" and report[0].level == "fault" and report[0].where.step == 6
    assert "from 100.0% (step 1)" in report[0].seen and doctor.report()[0] == report[0]
    with pytest.raises(TrainingError, match="labels"):
        TrainingDoctor("raise").check([[0.0, 1.0]], [2], 0.1)


def test_a_single_check():
    assert check([[1.0, 3.0]] * 3, [1, 1, 1], 0.2).at_least("warning") == ()
    assert check(tf.constant([[1.0], [3.0]]), np.array([0.9, 3.3]), 0.2).record.newest.outputs.task == "regression"
    assert check([[np.nan, 1.0]], [1], np.nan)[0].where.layer == "logits"
    assert check([[2.0, 1.0]], [[np.nan, 1.0]], 0.1, task="multiclass")[0].seen.startswith(
        "1 of 2 numbers in the labels"
    )
    assert check([[2.0, 1.0]], [0], [0.1, np.inf])[0].kind == "not finite"
    saturated = check(np.eye(2)[[0, 0, 1, 1] * 10], [0, 1] * 20, 8.0)
    assert saturated[0].kind == "saturation" and saturated[0].numbers["lost"] == 0.5
    with pytest.raises(ShapeError, match=r"labels have the shape \(3,\); 1 rows of 2 outputs"):
        check([[1.0, 2.0]], [0, 1, 1])
    with pytest.raises(InvalidValueError, match="task is 'ranking'"):
        check([[1.0, 2.0]], [0], task="ranking")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"on_finding": "shout"}, "on_finding is 'shout'"),
        ({"budget": 0}, "budget is 0"),
        ({"rows": 1.5}, "rows is 1.5"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InvalidValueError, match=message):
        TrainingDoctor(**arguments)


def poisoned(part, row, value, hidden="relu", optimizer="adam"):
    """Two epochs of eight batches of 25 rows, one number of them not finite; ReLU may hide it from the loss."""
    x, y, weights = X.copy(), X.sum(axis=1), np.ones(200, dtype="float32")
    {"inputs": x[:, 3], "labels": y, "sample weights": weights}[part][row] = value
    model = network(64, [16], 1, hidden)
    model.compile(optimizer, "mse")
    return model, {"x": x, "y": y, "sample_weight": weights, "epochs": 2, "batch_size": 25, "shuffle": False}


@pytest.mark.parametrize("part", ["inputs", "labels", "sample weights"])
@pytest.mark.parametrize("row", [3, 99, 199])
@pytest.mark.parametrize(("value", "steps", "compiled"), [(np.nan, 1, False), (np.inf, 1, False), (np.nan, 3, True)])
def test_the_batch_is_named_behind_a_relu(part, row, value, steps, compiled):
    model, arguments = poisoned(part, row, value)
    model.compile("adam", "mse", steps_per_execution=steps, jit_compile=compiled)
    doctor = TrainingDoctor(on_finding=lambda finding: None)
    model.fit(**arguments, verbose=0, callbacks=[doctor])
    (found,) = doctor.report().at_least("warning")
    assert (found.kind, found.where.epoch, found.where.batch) == ("not finite", 1, row // 25 + 1)
    assert part in found.seen and "softmax" not in str(found.remedies) and "grew" not in found.meaning


def test_what_a_model_fills_in_is_not_blamed():
    @keras.saving.register_keras_serializable()
    class Filled(keras.layers.Layer):
        def call(self, inputs):
            return keras.ops.where(keras.ops.isfinite(inputs), inputs, 0.0)

    x = X.copy()
    x[::7, 3] = np.nan
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((64,)), Filled(), keras.layers.Dense(1, name="end")])
    for rate in (0.01, 1e30):
        model.compile(keras.optimizers.SGD(rate), "mse")
        doctor = TrainingDoctor(on_finding=lambda finding: None)
        trained(model, doctor, x=x, y=X.sum(axis=1))
        found = doctor.report().at_least("warning")
        assert bool(found) == (rate > 1) and all("inputs of the batch" not in finding.seen for finding in found)
